"""The directive that writes the atlas of dropout bugs."""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book import reference


class Atlas(SphinxDirective):
    """``{atlas} scaling`` lists the entries of one kind; ``{atlas}`` says how many there are."""

    optional_arguments = 1

    def run(self):
        """Return a list of definitions, or a sentence."""
        if not self.arguments:
            return [nodes.paragraph("", "", *self._inline(summary()))]
        kind = self.arguments[0]
        kinds, entries = _data().KINDS, _data().ATLAS
        if kind not in kinds:
            raise self.error(f"atlas knows {', '.join(kinds)}, got {kind}")
        items = [self._item(entry) for entry in entries if entry.kind == kind]
        return [nodes.definition_list("", *items, classes=["atlas"])]

    def _item(self, entry):
        """Return what is said of an entry, below the name of its repository."""
        name = anchor(entry)
        term = nodes.term("", "", *self._inline(title(entry)), ids=[name], names=[name])
        parts = [nodes.paragraph("", "", *self._inline(text)) for text in paragraphs(entry)]
        return nodes.definition_list_item("", term, nodes.definition("", *parts))

    def _inline(self, text):
        """Return Markdown within a line as nodes."""
        return self.state.inline_text(text, self.lineno)[0]


def summary():
    """Return how many places in how many repositories, and when they were read, in Markdown."""
    entries = _data().ATLAS
    mended = sum(entry.mended for entry in entries)
    repositories = len({entry.repository for entry in entries})
    return (
        f"{len(entries)} places in {repositories} repositories, {mended} of them mended since. All "
        f"were read on {_data().READ_ON:%B %-d, %Y}."
    )


def anchor(entry):
    """Return the name under which an entry can be linked."""
    return f"atlas-{entry.kind}-{entry.repository.replace('/', '-').replace('.', '-').lower()}"


def title(entry):
    """Return the repository and its language in Markdown."""
    return f"[{entry.repository}]({_data().GITHUB}{entry.repository}), {entry.language}"


def paragraphs(entry):
    """Return what is said of an entry in Markdown: what it does, where, and its state."""
    chapter, section = entry.read
    number = int(chapter[:2])
    status = re.sub("^(Open|Mended|Known and kept)", r"**\1**", entry.status)
    name = f" This book calls it `{entry.convention}`." if entry.convention else ""
    return (
        f"{entry.does} {entry.follows.format(value=f'**{number_of(entry.value)}**')}{name}",
        f"At commit {entry.commit[:7]}: {'; '.join(files(entry))}.",
        f"{status} Read [chapter {number}]({chapter}.ipynb), “{section}”.",
    )


def files(entry):
    """Return each file of an entry with links to its lines, in Markdown."""
    lines = {}
    for path, line, address in entry.places:
        lines.setdefault(path, []).append(f"[line {line}]({address})")
    return [f"`{path}`, {', '.join(links)}" for path, links in lines.items()]


def number_of(value):
    """Return a number with three digits, as a person writes it."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _data():
    """Return the entries' module; a site is built without what other modules of ours import."""
    return reference.modules()["dropout_lab.lessons.atlas"]
