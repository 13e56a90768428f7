"""The directive that writes the ledger of claims, and what marks read of claims too."""

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
# Without :has() all stays on display.
_CHOICE = """<fieldset class="ledger-choice"><legend>Show</legend>
<label><input type="radio" name="shown" value="all" checked> all claims</label>
<label><input type="radio" name="shown" value="here"> those computed in a chapter</label>
<label><input type="radio" name="shown" value="stored"> from stored runs</label>
<label><input type="radio" name="shown" value="test"> from a test</label></fieldset>"""
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


def records_of(cell):
    """Return what is stored of the claims in a cell's outputs."""
    outputs = cell.get("outputs", ())
    return [record for each in outputs for record in each.get("data", {}).get(MIME_TYPE, ())]


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
            records = records_of(cell)
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


def valued(record):
    """Return a claim's value with its unit, as a person writes them."""
    unit = record["unit"]
    return written(record["value"]) + (unit if unit in ("", "%") else f" {unit}")


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
    """``{ledger}``: for each chapter a table of what its cells claim and what tests prove."""

    def run(self):
        """Return what chooses among the claims, and a section for each chapter that has any."""
        folder, proofs = Path(self.env.srcdir, "tests"), {}
        for path in sorted(folder.glob("test_*.py")):
            for chapter, *proof in proofs_of(path.read_text(encoding="utf-8")):
                proofs.setdefault(chapter, []).append((*proof, path.name))
        sections = [nodes.raw("", _CHOICE, format="html")]
        for docname in sorted(self.env.found_docs):
            path = Path(self.env.doc2path(docname))
            if path.suffix == ".ipynb":
                title, entries = self._read(docname, path)
                number = int(path.name[:2]) if path.name[:2].isdigit() else None
                rows = [self._claim_row(docname, entry) for entry in entries]
                rows += [_test_row(*proof) for proof in proofs.get(number, ())]
                if rows:
                    name = f"ledger-{path.stem}"
                    section = nodes.section(ids=[name], names=[name], classes=["ledger-chapter"])
                    heading = nodes.reference("", "", *self._inline(title), internal=True)
                    heading["refuri"] = self._address(docname)
                    section += nodes.title("", "", heading)
                    section += _table(("Claim", "Value", "Must be", "Proof"), rows)
                    sections.append(section)
        return sections

    def _read(self, docname, path):
        """Return a chapter's title and its claims, read anew where it has changed."""
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
        return known[docname][1:]

    def _claim_row(self, docname, entry):
        """Return the row of a claim, under the id that its mark in the chapter leads to."""
        record = entry.record
        place = nodes.reference("", "", *self._inline(entry.heading), internal=True)
        place["refuri"] = self._address(docname, record["id"])
        end = "" if entry.heading.endswith("?") else "."
        proof = [place, nodes.Text(end + " Its bound is tested." * (not entry.compared))]
        for name in entry.results:
            proof += [nodes.Text(" Stored in "), nodes.literal("", f"{name}.json"), nodes.Text(".")]
        cells = [nodes.Text(record["text"] + ".")], [nodes.strong("", valued(record))]
        row = _row([*cells, [nodes.Text(written(record["bound"]))], proof])
        row["ids"], row["classes"] = [record["id"]], ["stored" if entry.results else "here"]
        return row

    def _address(self, docname, anchor=""):
        """Return the address of a place on a page of the book."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, docname)
        return f"{page}#{anchor}" if anchor else page

    def _inline(self, text):
        """Return Markdown within a line as nodes."""
        return self.state.inline_text(text, self.lineno)[0]


def _test_row(sentence, test, file):
    """Return the row of what a test proves, for any value that it tries."""
    name = nodes.literal("", f"{file}::{test}")
    row = _row([[nodes.Text(sentence + ".")], [], [], [nodes.Text("The test "), name]])
    row["classes"] = ["test"]
    return row


def _table(head, rows):
    """Return a table with a head; every cell is one paragraph of the given nodes."""
    table = nodes.table(classes=["ledger"])
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", _row([[nodes.Text(word)] for word in head]))
    group += nodes.tbody("", *rows)
    table += group
    return table


def _row(cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
