"""Write the files of a new chapter, which executes, builds and passes its tests as it is."""

import contextlib
import re
from pathlib import Path

from book.drafts import draft_of

__all__ = ["write_chapter"]

TEMPLATE = Path(__file__).with_name("template")
NAME = re.compile(r"(\d\d)_([a-z]+(?:_[a-z]+)*)")
CARD = """\
:::{{grid-item-card}} {number}. {title}
:link: {name}.ipynb
:link-type: doc
Say in two sentences what the chapter shows.
:::
"""
TIME = "| [{number}. {title}]({name}.ipynb) | 20 | none | Say it in one line |\n"
HOMEWORK = (
    "| {number} | {{ref}}`On paper <ex-{slug}-paper>` | {{ref}}`The mean <ex-{slug}-mean>` "
    "| {{ref}}`One number of many <ex-{slug}-chance>` |\n"
)


def write_chapter(root, name):
    """Write a chapter in the book's frame, and enter it where the others stand.

    Parameters
    ----------
    root : pathlib.Path
        The repository.
    name : str
        The name of its file: two digits and words in small letters, such as ``17_title``.

    Returns
    -------
    list of pathlib.Path
        The files that were written or changed. The notebook is still to be executed.

    Raises
    ------
    ValueError
        If the name is no such name, or not that of the next chapter.
    FileExistsError
        If one of the files to write is there. Then nothing is written.
    """
    before = sorted(path.stem for path in (root / "chapters").glob("[0-9][0-9]_*.ipynb"))[-1]
    found = NAME.fullmatch(name)
    if not found or int(found[1]) != int(before[:2]) + 1:
        raise ValueError(
            f"NAME must be {int(before[:2]) + 1:02}_ and words in small letters, joined by "
            f"underscores, not {name!r}"
        )
    slug = found[2].replace("_", "-")
    words = {"number": int(found[1]), "name": name, "slug": slug, "identifier": found[2]}
    words["title"] = slug.replace("-", " ").capitalize()
    new = _new_files(words)
    if there := [path for path in new if (root / path).exists()]:
        raise FileExistsError(f"{there[0]} is there; nothing was written")
    changed = {
        path: change((root / path).read_text(encoding="utf-8"), words, before)
        for path, change in (
            ("_toc.yml", _enter_contents),
            ("chapters/index.ipynb", _enter_card),
            ("chapters/teaching.md", _enter_plan),
        )
    }
    with contextlib.ExitStack() as whole:  # all of them, or none
        for path, text in (new | changed).items():
            draft = whole.enter_context(draft_of(root / path))
            draft.write_text(text, encoding="utf-8")
    return [root / path for path in new | changed]


def _new_files(words):
    """Return the text of each new file by its path; chapter 99 of the template gets a name."""
    lesson = f"dropout_lab/lessons/ch{words['number']:02}"
    places = {
        "chapter.ipynb": f"chapters/{words['name']}.ipynb",
        "__init__.py": f"{lesson}/__init__.py",
        "figures.py": f"{lesson}/figures.py",
        "exercises.py": f"{lesson}/exercises.py",
    }
    found = {}
    for source, place in places.items():
        text = (TEMPLATE / source).read_text(encoding="utf-8")
        for old, new in (
            ("chapter_title", words["identifier"]),
            ("chapter-title", words["slug"]),
            ("Chapter title", words["title"]),
            ("99", f"{words['number']:02}"),
        ):
            text = text.replace(old, new)
        found[place] = text
    return found


def _after(text, line, new):
    """Return the text with something new behind the one line that matches a pattern."""
    (found,) = re.finditer(line, text, re.MULTILINE)
    return text[: found.end()] + new + text[found.end() :]


def _enter_contents(text, words, before):
    entry = "      - file: chapters/{name}\n".format(**words)
    return _after(text, rf"^ *- file: chapters/{before}\n", entry)


def _enter_card(text, words, before):
    # The lines of a cell's source, as JSON: behind those of the last card.
    lines = "".join(f'    "{line}\\n",\n' for line in ["", *CARD.format(**words).splitlines()])
    return _after(text, rf'^ *":link: {before}\.ipynb\\n",\n(?:.*\n)*?^ *":::\\n",\n', lines)


def _enter_plan(text, words, before):
    number = int(before[:2])
    text = _after(text, rf"^\| \[.*\]\({before}\.ipynb\).*\n", TIME.format(**words))
    text = _after(text, rf"^\| {number} \| \{{ref\}}.*\n", HOMEWORK.format(**words))
    # It runs in a browser until it imports what that does not have.
    (found,) = re.finditer(r"only NumPy \([\d, a-z]+ and (\d+)\)", text)
    both = found[0].replace(f" and {found[1]})", f", {found[1]} and {words['number']})")
    return text.replace(found[0], both, 1)
