"""Chapters where nobody understands MyST, or where the other pages of the book are missing."""

import json
import re
from collections import Counter

import pytest
from recorded import CHAPTERS, SITE, chapter_paths, parsed, prose

from book.downloads import prepare
from book.prose import Prose, plain_markdown, roles, term_anchor
from book.sources import glossary_terms

BIBLIOGRAPHY = CHAPTERS.parent / "references.bib"
ADDRESS = "https://example.org/book/"
FENCED = re.compile(r"(?ms)^```.*?^```")


@pytest.mark.parametrize(
    ("markdown", "alone", "on_the_web"),
    [
        (
            "some [units](glossary.md#term-unit)",
            "some units",
            "some [units](SITE/glossary.html#term-unit)",
        ),
        (
            "[[A](references.md#a); [B](references.md#b)]",
            "[A; B]",
            "[[A](SITE/references.html#a); [B](SITE/references.html#b)]",
        ),
        ("[there](there.ipynb#part)", "there", "[there](SITE/there.html#part)"),
        (":link: there.ipynb\n:link-type: doc\n", "", ":link: SITE/there.html\n"),
    ],
)
def test_prose_stands_alone_or_leads_to_the_site(markdown, alone, on_the_web):
    assert Prose().standing_alone(markdown) == alone
    there = on_the_web.replace("SITE", f"{ADDRESS}chapters")
    assert Prose(site=ADDRESS).standing_alone(markdown) == there


@pytest.mark.parametrize("site", ["", ADDRESS])
def test_what_is_at_hand_or_no_page_of_ours_stays(site):
    for text in ("[here](here.ipynb#a)", "[web](https://a.b), [part](#a)", "`x[:4](a[:1])`"):
        assert Prose({"here.ipynb"}, site).standing_alone(text) == text
    card = ":link: here.ipynb\n"
    assert Prose({"here.ipynb"}, site).standing_alone(f"{card}:link-type: doc\n") == card


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            ":::{admonition} Predict\n:class: tip\nHow many?\n\n- one\n:::",
            "> **Predict**\n>\n> How many?\n>\n> - one",
        ),
        (
            ":::{admonition} Why\n:class: note dropdown\nSo.\n:::",
            "<details>\n<summary>Why</summary>\n\nSo.\n\n</details>",
        ),
        (
            "See {ref}`ex-b` and {eq}`eq-a`.\n\n$$\nx = 1\n$$ (eq-a)\n\n"
            ":::{exercise} First\n:label: ex-a\n\nTry.\n:::\n\n"
            ":::{exercise} Next\n:label: ex-b\n\n```python\nx\n```\n:::\n\n"
            ":::{solution} ex-a\n:class: dropdown\n\nDone.\n:::",
            "See Exercise 7.2 and (7.1).\n\n$$\nx = 1\n\\tag{7.1}\n$$\n\n"
            "**Exercise 7.1 (First)**\n\nTry.\n\n"
            "**Exercise 7.2 (Next)**\n\n```python\nx\n```\n\n"
            "<details>\n<summary>Solution to Exercise 7.1</summary>\n\nDone.\n\n</details>",
        ),
        (
            "::::{grid} 1 1 3 3\n:gutter: 3\n\n:::{grid-item-card} One\n:link: a.ipynb\n"
            ":link-type: doc\nWords.\n:::\n::::\nEnd",
            "\n- **[One](a.ipynb)** Words.\n\nEnd",
        ),
    ],
)
def test_boxes_become_plain_markdown(markdown, expected):
    assert plain_markdown([markdown], "7") == [expected]


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_chapter_has_no_role_that_jupyterlab_cannot_resolve(path):
    terms = glossary_terms(CHAPTERS / "glossary.md")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            found = set(re.findall(r"\{([a-z][\w:-]*)\}`", FENCED.sub("", source)))
            assert found <= {"eq", "ref"}, "write links; CONTRIBUTING.md shows how"
            # Each link names an entry.
            assert not re.search(r"references\.md#|glossary\.md#", roles(source, terms))


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_citation_says_what_the_entry_says(path):
    cited = Counter(re.findall(r"\[([^\[\]]+)\]\(references\.md#", prose(path)))
    shown = " ".join(parsed(path.stem).article.get_text().split())
    for there, here in (("[", "("), ("]", ")"), (" and others", " et al.")):
        shown = shown.replace(there, here)
    assert [text for text, times in cited.items() if shown.count(text) < times] == []


def test_the_site_has_what_the_links_of_a_chapter_lead_to():
    for name, anchors in (
        ("glossary", map(term_anchor, glossary_terms(CHAPTERS / "glossary.md"))),
        ("references", re.findall(r"(?m)^@\w+\{(\w+),", BIBLIOGRAPHY.read_text(encoding="utf-8"))),
    ):
        page = (SITE / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        missing = [anchor for anchor in anchors if f'id="{anchor}"' not in page]
        assert missing == []


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_download_needs_no_myst_and_leads_to_pages_that_exist(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    download = prepare(path, Prose(site=ADDRESS), "")
    for before, after in zip(notebook["cells"], download["cells"], strict=True):
        if before["cell_type"] == "code":
            assert after == before
    cells = [cell for cell in download["cells"] if cell["cell_type"] == "markdown"]
    text = FENCED.sub("", "\n\n".join("".join(cell["source"]) for cell in cells))
    assert not re.search(r"\{[a-z][\w:-]*\}`|^:|^```\{|^\([\w-]+\)=|\$\$ \(", text, re.MULTILINE)
    targets = re.findall(r"\]\(([^)#\s]+\.(?:html|ipynb|md))(?=[)#])", text)
    ours = [target.removeprefix(ADDRESS) for target in targets if target.startswith(ADDRESS)]
    assert len(ours) == sum(not target.startswith("http") for target in targets) + len(ours)
    assert [target for target in ours if not (SITE / target).exists()] == []

    # Sphinx numbers exercises and equations on the page of the chapter.
    page = (SITE / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
    exercises = re.findall(r'class="caption-number">(Exercise [\d.]+) </span>', page)
    assert re.findall(r"^\*\*(Exercise [\d.]+) \(", text, re.MULTILINE) == exercises
    equations = re.findall(r'class="eqno">\(([\d.]+)\)', page)
    assert re.findall(r"^\\tag\{(.*)\}$", text, re.MULTILINE) == equations
    assert exercises or not path.stem[0].isdigit()


PAGES = [*chapter_paths(), *sorted(CHAPTERS.glob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_site_says_what_is_written(path):
    source = prose(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    written = re.findall(r"[A-Za-z][A-Za-z ,;.]{30,}[a-z]", source)  # what has no markup inside
    shown, *words = (
        re.sub(r"\W+", " ", text) for text in (parsed(path.stem).article.get_text(), *written)
    )
    assert [each for each in words if each not in shown] == []


def test_the_cards_of_the_landing_page_name_files_that_jupyterlab_opens():
    text = (CHAPTERS / "index.ipynb").read_text(encoding="utf-8")
    named = re.findall(r'":link: (\S+)\\n"', text)
    assert named == [path.name for path in chapter_paths() if path.stem[0].isdigit()]
