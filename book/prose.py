"""The book's Markdown for places that know less than the site does.

The chapters are written in MyST. In the browser's JupyterLab, which understands it, links to other
pages still lead nowhere; Colab, VS Code and a bare JupyterLab show the rest raw too.
"""

import re

__all__ = ["Prose", "plain_markdown", "roles", "term_anchor"]

_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([\w./-]+)\.(ipynb|md)(#[^()\s]*)?\)")
_TERM_LINK = re.compile(r"\[([^\[\]]+)\]\(glossary\.md#(term-[\w-]+)\)")
_CITED = r"\[[^\[\]]+\]\(references\.md#(\w+)\)"
_CITED_ASIDE = re.compile(rf"\[({_CITED}(?:; {_CITED})*)\]")
_CARD = re.compile(r"^:link: (\S+)\.ipynb\n:link-type: doc\n", re.MULTILINE)

_DIRECTIVE = re.compile(
    r"^:::\{([\w-]+)\} *(.*)\n((?::[\w-]+:.*\n)*)((?s:.*?))^:::[ ]*$", re.MULTILINE
)
_GRID = re.compile(r"^::::(?:\{grid\}.*\n(?::[\w-]+:.*\n)*|[ ]*$)", re.MULTILINE)
_LABEL = re.compile(r"^:label: (\S+)", re.MULTILINE)
_EQUATION = re.compile(r"\n\$\$ \(([\w-]+)\)[ ]*$", re.MULTILINE)
_REFERENCE = re.compile(r"\{(?:ref|eq)\}`([^`]*)`")


class Prose:
    """The book's Markdown without what only the site can resolve.

    Parameters
    ----------
    at_hand : collection of str
        The files beside the notebook.
    site : str
        The site's address, which ends in a slash; empty where nobody knows it.
    """

    def __init__(self, at_hand=(), site=""):
        self._at_hand = at_hand
        self._site = site

    def standing_alone(self, markdown):
        """Return Markdown in which nothing points to a page that is not there.

        Parameters
        ----------
        markdown : str
            The source of a cell.

        Returns
        -------
        str
            Links lead to the files at hand and to pages of the site, those of citations and terms
            too; without an address of the site, only their text is left.
        """
        return _LINK.sub(self._link, _CARD.sub(self._card, markdown))

    def _target(self, name, suffix):
        if f"{name}.{suffix}" in self._at_hand:
            return f"{name}.{suffix}"
        return self._site and f"{self._site}chapters/{name}.html"

    def _link(self, found):
        text, name, suffix, part = found.groups(default="")
        target = self._target(name, suffix)
        return f"[{text}]({target}{part})" if target else text

    def _card(self, found):
        target = self._target(found[1], "ipynb")
        return f":link: {target}\n" if target else ""


def term_anchor(term):
    """Return the anchor that Sphinx gives to a term of the glossary."""
    return "term-" + re.sub(r"[^A-Za-z0-9]+", "-", term).strip("-")


def roles(markdown, terms):
    """Return Markdown as the site reads it: with roles where links lead to entries.

    Parameters
    ----------
    markdown : str
        The source of a cell, with links to ``references.md`` and ``glossary.md`` or with roles.
    terms : iterable of str
        The terms of the glossary.

    Returns
    -------
    str
        The same with ``{cite}``, ``{cite:t}`` and ``{term}``.
    """
    entries = {term_anchor(term).lower(): term for term in terms}

    def term(found):
        entry = entries.get(found[2].lower())
        if entry is None:
            return found[0]
        return f"{{term}}`{found[1]}`" if entry == found[1] else f"{{term}}`{found[1]} <{entry}>`"

    def aside(found):
        return f"{{cite}}`{','.join(re.findall(_CITED, found[1]))}`"

    markdown = _CITED_ASIDE.sub(aside, markdown)
    return _TERM_LINK.sub(term, re.sub(_CITED, r"{cite:t}`\1`", markdown))


def plain_markdown(sources, chapter=""):
    """Turn a notebook's MyST into Markdown that every notebook program shows.

    Parameters
    ----------
    sources : list of str
        The sources of its Markdown cells.
    chapter : str
        The chapter's number, before those of exercises and equations; empty for none.

    Returns
    -------
    list of str
        Boxes are quotations, solutions fold, exercises and equations have the site's numbers, and
        cards are a list. Links are as they were: see `Prose`.
    """
    numbers, first = {}, f"{chapter}." if chapter else ""
    text = "\n".join(sources)
    exercises = [d for d in _DIRECTIVE.finditer(text) if d[1] == "exercise"]
    for number, exercise in enumerate(exercises, 1):
        numbers[_LABEL.search(exercise[3])[1]] = f"Exercise {first}{number}"
    for number, equation in enumerate(_EQUATION.finditer(text), 1):
        numbers[equation[1]] = f"({first}{number})"

    def box(found):
        kind, title, options, body = found.groups()
        body = body.strip()
        if kind == "grid-item-card":
            link = re.search(r"^:link: (\S+)", options, re.MULTILINE)
            return f"- **[{title}]({link[1]})** {body}"
        if kind == "exercise":
            return f"**{numbers[_LABEL.search(options)[1]]} ({title})**\n\n{body}"
        if kind == "solution":
            return _folded(f"Solution to {numbers[title]}", body)
        if "dropdown" in options:
            return _folded(title, body)
        return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.split("\n")])

    def plain(source):
        source = _DIRECTIVE.sub(box, _GRID.sub("", source))
        source = _EQUATION.sub(lambda found: f"\n\\tag{{{numbers[found[1]][1:-1]}}}\n$$", source)
        return _REFERENCE.sub(lambda found: numbers[found[1]], source)

    return [plain(source) for source in sources]


def _folded(summary, body):
    # The empty lines make what lies between the tags Markdown again.
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"
