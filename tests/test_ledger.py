"""The ledger of claims: what is collected, and whether the built page lists all of it."""

import re
from collections import Counter
from pathlib import Path

import ledger
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from recorded import SITE, chapter_paths

from dropout_lab.claims import MIME_TYPE, claim, claims

ROOT = Path(__file__).parents[1]
BUILT = SITE / "chapters"
PATHS = chapter_paths()
LESSONS = [path for path in PATHS if path.stem[0].isdigit()]
PLAIN = str.maketrans("‘’“”−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "''\"\"--0123456789")  # as before the site set them
MARK = re.compile(r"^@pytest\.mark\.proves\(", re.MULTILINE)


@pytest.fixture(scope="module")
def page():
    """Return the built page, parsed."""
    path = BUILT / "ledger.html"
    if not path.exists():
        pytest.fail(f"{path} does not exist; run: make book")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def stored(path):
    """Return the claims that a notebook shows."""
    outputs = [
        output
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    return [each for output in outputs for each in output.get("data", {}).get(MIME_TYPE, [])]


def rows_of(page, kind):
    """Return the rows of the tables of a kind: words of the cells, signs plain, and links."""
    found = []
    for row in page.select(f"table.ledger-{kind} tbody tr"):
        cells = [" ".join(cell.get_text().translate(PLAIN).split()) for cell in row.find_all("td")]
        found.append((cells, [link["href"] for link in row.find_all("a")]))
    return found


# --- what is stored ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_chapter_makes_claims(path):
    assert len(stored(path)) >= 3


def test_no_sentence_stands_twice():
    sentences = [each["text"] for path in PATHS for each in stored(path)]
    for path in (ROOT / "tests").glob("test_*.py"):
        sentences += [text for _, text, _ in ledger.proofs_of(path.read_text(encoding="utf-8"))]
    assert [text for text, times in Counter(sentences).items() if times > 1] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_is_stored_keeps_its_bound(path):
    for each in stored(path):
        value = float(each["value"].replace(",", ""))
        limits = [
            float(n.replace(",", "")) for n in re.findall(r"-?[\d.,]+(?:e-?\d+)?", each["bound"])
        ]
        word = each["bound"].split()[0]
        if word == "equal":
            assert value == pytest.approx(limits[0], abs=sum(limits[1:]), rel=1e-3)
        elif word == "between":
            assert limits[0] < value < limits[1]
        else:
            assert value > limits[0] if word == "above" else value < limits[0]


# --- what the page shows -----------------------------------------------------------------------


def test_every_claim_stands_on_the_page_with_its_value_and_its_place(page):
    expected = []
    for path in PATHS:
        for each in stored(path):
            unit = each["unit"] if each["unit"] in ("", "%") else f" {each['unit']}"
            numbers = f"{each['value']}{unit} ({each['bound']})"
            # 3e-07 and 1e-07 are 3 × 10-7 and 10-7 once the raised digits are plain again.
            numbers = re.sub(r"e-0?(\d)", r" × 10-\1", numbers)
            words = f"{each['text']}.", re.sub(r"\b1 × 10", "10", numbers)
            expected.append((*words, f"{path.stem}.html#{each['id']}"))
    found = [(*cells[:2], *links) for cells, links in rows_of(page, "cells")]
    assert sorted(found) == sorted(expected)
    assert all(cells[2] for cells, _ in rows_of(page, "cells"))


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("below 1e-06", "below 10⁻⁶"),
        ("6.971e-12", "6.971\xa0×\xa010⁻¹²"),
        ("equal to -1.5 to within 1e-10", "equal to −1.5 to within 10⁻¹⁰"),
        ("above -1e-09", "above −10⁻⁹"),
        ("between 1.1e-07 and 0.001", "between 1.1\xa0×\xa010⁻⁷ and 0.001"),
        ("2e+20", "2\xa0×\xa010²⁰"),
        ("1,234.5", "1,234.5"),
        ("0.0001", "0.0001"),
    ],
)
def test_numbers_stand_as_a_person_writes_them(stored, shown):
    assert ledger.written(stored) == shown


def test_chapters_stand_in_the_order_of_the_book(page):
    pages = [links[0].partition(".html")[0] for _, links in rows_of(page, "cells")]
    assert pages == sorted(pages)
    assert set(pages) >= {path.stem for path in LESSONS}


def test_every_link_leads_to_one_place(page):
    anchors = {path.stem: Counter() for path in PATHS}
    for path in PATHS:
        text = (BUILT / f"{path.stem}.html").read_text(encoding="utf-8")
        anchors[path.stem].update(re.findall(r'<p id="(claim-[0-9a-f]{10})"', text))
    for _, (link, *more) in rows_of(page, "cells"):
        assert not more
        name, _, anchor = link.partition("#")
        assert anchors[name.removesuffix(".html")][anchor] == 1


def test_every_marked_test_stands_on_the_page(page):
    marked = {
        path.name: path.read_text(encoding="utf-8")
        for path in (ROOT / "tests").glob("test_*.py")
        if path.name != Path(__file__).name
    }
    rows = rows_of(page, "tests")
    assert len(rows) == sum(len(MARK.findall(text)) for text in marked.values()) >= 15
    for (sentence, _, test), links in rows:
        file, _, name = test.partition("::")
        assert f"\ndef {name}(" in marked[file]
        assert sentence.endswith(".")
        assert (BUILT / links[0]).exists()


# --- how it is collected -----------------------------------------------------------------------


def cell_with(*found, source="", tags=()):
    """Return an executed cell that shows claims."""
    data = claims(*found)._repr_mimebundle_()
    cell = new_code_cell(source, outputs=[new_output("execute_result", data=data)])
    cell.metadata.tags = list(tags)
    return cell


def test_claims_are_found_under_the_heading_above_them():
    one, two = claim("One is one", 1, equals=1), claim("Two is two", 2, equals=2)
    three = claim("Three is less", 3, below=4)
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Title\n\n## First `part`\n\n```python\n# no heading\n```\n"),
            new_code_cell("print(1)", outputs=[new_output("stream", text="1")]),
            cell_with(one, two),
            new_markdown_cell("Words only."),
            cell_with(three, tags=["hide-input", "nbval-ignore-output"]),
        ]
    )
    found = ledger.claims_of(notebook)
    assert [entry.record for entry in found] == [one.record, two.record, three.record]
    assert [entry.heading for entry in found] == ["First `part`"] * 3
    assert [entry.exact for entry in found] == [True, True, False]
    assert [entry.results for entry in found] == [()] * 3


@pytest.mark.parametrize(
    ("sources", "results"),
    [
        (["claim('x', load_results('mnist-rates').cells)"], ("mnist-rates",)),
        (["a = load_results('one')", "b = a.array('x')", "claim(b)"], ("one",)),
        (["a = load_results('one')", "def f():\n    return a", "claim(f())"], ("one",)),
        (["a, b = load_results('one'), 1", "a = 2", "claim(a)"], ()),
        (["a = {}", "a['x'] = load_results('one')", "claim(a)"], ("one",)),
        (["a = load_results('two')", "claim(a + load_results('one'))"], ("one", "two")),
        (["a = load_results('one')", "print(a)\nclaim(3)"], ()),
    ],
)
def test_stored_results_are_followed_through_variables(sources, results):
    *before, last = sources
    cells = [new_code_cell(source) for source in before]
    cells.append(cell_with(claim("One is one", 1, equals=1), source=last))
    (entry,) = ledger.claims_of(new_notebook(cells=cells))
    assert entry.results == results


def test_marks_are_read_without_running_the_tests():
    source = """
import nowhere

@pytest.mark.proves("All is well.", chapter=3)
@pytest.mark.parametrize("x", [1])
@pytest.mark.proves(
    "Two "
    "lines", chapter=12
)
def test_it(x): ...

@pytest.mark.slow
def test_other(): ...
"""
    assert ledger.proofs_of(source) == [
        (3, "All is well", "test_it"),
        (12, "Two lines", "test_it"),
    ]
