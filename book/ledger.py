"""The directive that writes the ledger of claims."""

import ast
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book.stored_sources import Reader

MIME_TYPE = "application/vnd.dropout-lab.claim+json"  # see dropout_lab.teaching.claiming
IGNORED = "nbval-ignore-output"
_FENCE = re.compile(r"^(`{3,}).*?^\1`*\s*?$", re.DOTALL | re.MULTILINE)
_POWER = re.compile(r"(?<![\w.])(?:1|(\d[\d.]*))e([+-])0*(\d+)(?!\w)")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "+")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A claim as a stored notebook has it, and how it is tested.

    Parameters
    ----------
    record : dict
        What `dropout_lab.teaching.claiming` stored.
    heading : str
        The heading above it.
    compared : bool
        Whether the tests compare the output of its cell with the stored one.
    results : tuple of str
        The stored results that its number rests on.
    """

    record: dict
    heading: str
    compared: bool
    results: tuple


def claims_of(notebook):
    """Return the claims of a notebook in their order.

    Parameters
    ----------
    notebook : dict
        What its file holds.

    Returns
    -------
    list of Entry
        One for each claim on display.
    """
    found, heading, reader = [], "", Reader(evidence_results())
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = (headings(source) or [heading])[-1]
        elif cell["cell_type"] == "code":
            each, together = reader.read(source)
            compared = IGNORED not in cell["metadata"].get("tags", [])
            records = [
                record
                for output in cell["outputs"]
                for record in output.get("data", {}).get(MIME_TYPE, [])
            ]
            if len(each) != len(records):  # claims that were made elsewhere
                each = [together] * len(records)
            found += [
                Entry(record, heading, compared, results)
                for record, results in zip(records, each, strict=True)
            ]
    return found


def written(text):
    """Return a text whose numbers stand as a person writes them, not as Python does.

    Parameters
    ----------
    text : str
        A claim's value or bound, as in ``below 1e-06`` or ``-6.971e-12``.

    Returns
    -------
    str
        The same with powers of ten and minus signs: ``below 10⁻⁶``, ``−6.971 × 10⁻¹²``.
    """
    return _POWER.sub(_power, text).replace("-", "\N{MINUS SIGN}")


def _power(match):
    factor = f"{match[1]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}" if match[1] else ""
    return f"{factor}10{(match[2] + match[3]).translate(_RAISED)}"


def headings(markdown):
    """Return the headings of a piece of Markdown; lines inside code fences are none."""
    return _HEADING.findall(_FENCE.sub("", markdown))


def proofs_of(source):
    """Return what a file of tests proves.

    Parameters
    ----------
    source : str
        Python. A test with the mark ``pytest.mark.proves("Sentence", chapter=N)`` proves that
        sentence of chapter N. Each test may have several.

    Returns
    -------
    list of tuple
        Chapter, sentence and the test's name, in the order of the file.
    """
    found = []
    for node in ast.walk(ast.parse(source)) if "pytest.mark.proves" in source else ():
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.proves":
                    chapter = {word.arg: word.value.value for word in mark.keywords}["chapter"]
                    found.append((chapter, mark.args[0].value.rstrip("."), node.name))
    return found


def evidence_results():
    """Return for each key of the package's evidence the stored results that it loads."""
    from dropout_lab.lessons.ch13.evidence import EVIDENCE

    return {key: (found.sweep,) * bool(found.sweep) for key, found in EVIDENCE.items()}


class Ledger(SphinxDirective):
    """``{ledger} cells`` and ``{ledger} tests``: the two parts of the ledger of claims."""

    required_arguments = 1

    def run(self):
        """Return the tables."""
        noted = self.env.temp_data  # of this page, which has both parts
        if "ledger" not in noted:
            paths = {name: Path(self.env.doc2path(name)) for name in sorted(self.env.found_docs)}
            notebooks = [each for each in paths.items() if each[1].suffix == ".ipynb"]
            noted["ledger"] = [self._read(*each) for each in notebooks]
        chapters = noted["ledger"]
        parts = {"cells": self._cells, "tests": self._tests}
        if self.arguments[0] not in parts:
            raise self.error(f"the ledger has the parts {sorted(parts)}, not {self.arguments[0]}")
        return parts[self.arguments[0]](chapters)

    def _read(self, docname, path):
        """Return a chapter: its page, its title and its claims, read anew where it has changed."""
        self.env.note_dependency(str(path))
        text, known = path.read_text(encoding="utf-8"), self.env.ledger_chapters
        digest = hashlib.sha256(text.encode()).hexdigest()
        if known.get(docname, ("",))[0] != digest:
            notebook = json.loads(text)
            prose = (c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown")
            title = next(title for cell in prose for title in headings("".join(cell)))
            number = path.name[:2]
            title = f"{int(number)}. {title}" if number.isdigit() else title
            known[docname] = digest, title, claims_of(notebook)
        return docname, *known[docname][1:]

    def _cells(self, chapters):
        """Return a section with a table for each chapter that claims something."""
        sections = []
        for docname, title, entries in chapters:
            if entries:
                rows = [self._claim_row(docname, entry) for entry in entries]
                name = Path(docname).name
                section = nodes.section(ids=[f"ledger-{name}"], names=[f"ledger-{name}"])
                section += nodes.title("", "", *self._inline(title))
                section += _table("cells", ("Claim", "Value", "Where, and how tested"), rows)
                sections.append(section)
        return sections

    def _claim_row(self, docname, entry):
        """Return the three cells of a claim's row."""
        record = entry.record
        unit = record["unit"]
        value, bound = (written(record[part]) for part in ("value", "bound"))
        value += unit if unit in ("", "%") else f" {unit}"
        place = [self._link(docname, record["id"], entry.heading)]
        if not (entry.compared and entry.results):
            place.append(nodes.Text(", exact" if entry.compared else ", bounded"))
        for name in entry.results:
            place += [nodes.Text(", from "), nodes.literal("", f"{name}.json")]
        value = [nodes.strong("", value), nodes.Text(f" ({bound})")]
        return [nodes.Text(record["text"] + ".")], value, place

    def _tests(self, chapters):
        """Return one table of what tests prove."""
        pages = {Path(docname).name[:2]: (docname, title) for docname, title, _ in chapters}
        folder = Path(self.env.srcdir, "tests")
        rows = []
        for path in sorted(folder.glob("test_*.py")):
            for chapter, sentence, name in proofs_of(path.read_text(encoding="utf-8")):
                docname, title = pages[f"{chapter:02d}"]
                test = nodes.literal("", f"{path.name}::{name}")
                cells = [nodes.Text(sentence + ".")], [self._link(docname, "", title)], [test]
                rows.append((chapter, cells))
        rows.sort(key=lambda row: row[0])  # stable: within a chapter in the order of the files
        head = ("Claim", "Chapter", "Test")
        return [_table("tests", head, [cells for _, cells in rows])] if rows else []

    def _link(self, docname, anchor, text):
        """Return a link to a place on a page of the book."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, docname)
        address = f"{page}#{anchor}" if anchor else page
        return nodes.reference("", "", *self._inline(text), refuri=address, internal=True)

    def _inline(self, text):
        """Return Markdown within a line as nodes."""
        return self.state.inline_text(text, self.lineno)[0]


def _table(kind, head, rows):
    """Return a table with a head; every cell is one paragraph of the given nodes."""
    table = nodes.table(classes=["ledger", f"ledger-{kind}"])
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", _row([[nodes.Text(word)] for word in head]))
    group += nodes.tbody("", *map(_row, rows))
    table += group
    return table


def _row(cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
