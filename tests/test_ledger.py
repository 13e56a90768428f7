"""The ledger of claims: what is collected, and whether the built page lists all of it."""

import re
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from recorded import SITE, chapter_paths

from book import ledger
from dropout_lab import sweeps
from dropout_lab.sweeps import results
from dropout_lab.teaching.claiming import MIME_TYPE, claim, claims

ROOT = Path(__file__).parents[1]
BUILT = SITE / "chapters"
PATHS = chapter_paths()
RESULTS = sorted(path.stem for path in (ROOT / "dropout_lab" / "results").glob("*.json"))
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


def test_no_sentence_stands_twice():
    sentences = [each["text"] for path in PATHS for each in stored(path)]
    for path in (ROOT / "tests").glob("test_*.py"):
        sentences += [text for _, text, _ in ledger.proofs_of(path.read_text(encoding="utf-8"))]
    assert [text for text, times in Counter(sentences).items() if times > 1] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_chapter_stores_claims_that_keep_their_bounds_and_rest_on_stored_results(path):
    entries = ledger.claims_of(nbformat.read(path, as_version=4))
    assert len(entries) >= 3
    for entry in entries:
        assert set(entry.results) <= set(RESULTS), entry.record["text"]
        each = entry.record
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


def test_every_claim_says_how_it_is_tested(page):
    expected = {}
    for path in PATHS:
        for entry in ledger.claims_of(nbformat.read(path, as_version=4)):
            files = "".join(f", from {name}.json" for name in entry.results)
            how = "" if entry.compared and files else ", exact" if entry.compared else ", bounded"
            expected[f"{path.stem}.html#{entry.record['id']}"] = how + files
    for cells, (link,) in rows_of(page, "cells"):
        assert cells[2].endswith(expected[link]), link
        assert not (", exact" in cells[2] and ".json" in cells[2])


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
    assert [entry.compared for entry in found] == [True, True, False]
    assert [entry.exact for entry in found] == [True, True, False]
    assert [entry.results for entry in found] == [()] * 3


# What a claim rests on, and the cells before it and its own. In a cell, ⏎ begins another line, @ is
# the module of the evidence, and ROWS stands for two cells that read all of it.
ROWS = "from @ import EVIDENCE | rows = {name: each.rows() for name, each in EVIDENCE.items()}"
FOLLOWED = """
mnist-rates | claim('x', load_results('mnist-rates').cells)
one         | a = load_results('one') | b = a.array('x') | claim('x', b)
one         | a = load_results('one') | def f(): ⏎     return a | claim('x', f())
-           | a, b = load_results('one'), 1 | a = 2 | claim('x', a)
one         | a = {} | a['x'] = load_results('one') | claim('x', a)
one,two     | a = load_results('two') | claim('x', a + load_results('one'))
-           | a = load_results('one') | print(a) ⏎ claim('x', 3)
# Names that are bound within a function or a comprehension mean nothing outside of it.
-           | a = load_results('one') | def f(): ⏎     b = a ⏎     return b | b = 2 | claim('x', b)
-           | def f(): ⏎     b = load_results('one') ⏎     return 1 | claim('x', b)
-           | a = load_results('one') | c = [b for b in a] | claim('x', b)
-           | a = load_results('one') | def f(a): ⏎     return a | claim('x', f(3))
one         | def f(x=load_results('one')): ⏎     return x | claim('x', f())
one         | a = load_results('one') | f = lambda x: x + a | claim('x', f(3))
-           | a = load_results('one') | import numpy as a | claim('x', a.pi)
# Entries stay apart, and what stands beside results in one statement is none of them.
-           | a, b = load_results('one'), range(3) | claim('x', b[0])
-           | a = {'k': load_results('one'), 'l': 2} | claim('x', a['l'])
one         | a = {'k': load_results('one'), 'l': 2} | claim('x', a['k'])
-           | a = {'k': load_results('one'), 'l': 2} | for k in a: print(k) | claim('x', a[k])
two         | a = {n: load_results(n) for n in ('one', 'two')} | claim('x', a['two'].array('y'))
one         | a = [] | a.append(load_results('one')) | claim('x', a[0])
one         | a = load_results('one') | b = 1 ⏎ b += a | claim('x', b)
one         | a = load_results('one') if real else 3 | claim('x', a)
one         | a = 1 ⏎ if real: ⏎     a = load_results('one') | claim('x', a)
one         | a = load_results('one') | with open(a) as b: ⏎     c = b | claim('x', c)
one         | a, b = load_results('one'), [1, 2] | claim('x', b[a.array('y').argmin()])
one         | def f(n): ⏎     return f(n - 1) + load_results('one') | claim('x', f(9))
-           | f = lambda n: f(n - 1) + f(n - 2) | claim('x', f(9))
one         | def f(n): ⏎     return load_results(n) | claim('x', f('one'))
# A body that may break off, and a function that gives its results one by one.
one         | try: ⏎     a = load_results('one') ⏎ except E: a = 1 | claim('x', a)
one         | try: ⏎     a = load_results('one') ⏎     a = 1 ⏎ except E: pass | claim('x', a)
one         | a = load_results('one') | try: f() ⏎ except E: b = a | claim('x', b)
-           | a = load_results('one') | try: b = 1 ⏎ except E: b = 2 | claim('x', b)
one         | def f(): ⏎     a = load_results('one') ⏎     yield a ⏎     a = 1 | claim('x', *f())
one         | def f(a): ⏎     yield from a | claim('x', *f(load_results('one')))
-           | def f(): ⏎     yield 1 | a = load_results('one') | claim('x', next(f()))
one         | class A: ⏎     a = load_results('one') | claim('x', A.a)
# A loop that may not run, or again; an entry that may stay; loading under another name.
one         | a = load_results('one') | for i in g(): a = 1 | claim('x', a)
one         | a = load_results('one') | while g(): a = 1 | claim('x', a)
one         | a = 1 ⏎ while g(): ⏎     b = a ⏎     a = load_results('one') | claim('x', b)
one         | a = 1 ⏎ for i in g(): ⏎     b = a ⏎     a = load_results('one') | claim('x', b)
one         | a = {'k': load_results('one')} | if g(): a['k'] = 1 | claim('x', a['k'])
?           | f = load_results | claim('x', f('one'))
# Settings are no measurements.
-           | a = load_results('one') | claim('x', f(3, seed=a.seeds, n=a.choices('n')))
# The package's evidence loads results where nobody sees it.
fraud-cards | ROWS | claim('x', rows['cards'][0].gain)
-           | ROWS | claim('x', rows['linear'][0].gain)
family-norm | import @ as e | claim('x', e.EVIDENCE['norm'].rows())
family-norm | import @ | claim('x', @.EVIDENCE['norm'].rows())
family-norm | from dropout_lab.lessons.ch13 import evidence as e | claim('x', e.EVIDENCE['norm'])
family-norm | from @ import * | claim('x', EVIDENCE['norm'])
-           | import dropout_lab | claim('x', dropout_lab.layer(3))
family-norm | ROWS | def row(n, k): ⏎     return rows[n][k] | claim('x', row('norm', 1))
"""


@pytest.mark.parametrize("case", re.findall(r"(?m)^[^#\n].*", FOLLOWED))
def test_stored_results_are_followed_through_variables(case):
    case = case.replace("ROWS", ROWS).replace("@", "dropout_lab.lessons.ch13.evidence")
    results, *before, last = case.replace(" ⏎ ", "\n").split(" | ")
    cells = [new_code_cell(source) for source in before]
    cells.append(cell_with(claim("One is one", 1, equals=1), source=last))
    (entry,) = ledger.claims_of(new_notebook(cells=cells))
    assert entry.results == tuple(re.findall(r"[\w?][\w-]*", results))
    assert entry.exact == (not entry.results)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def f():\n    global a\n    a = load_results('one')\nf()", "Global"),
        ("def f():\n    nonlocal a\nf()", "Nonlocal"),
        ("match load_results('one'):\n    case a: pass", "Match"),
        ("async def f():\n    return load_results('one')", "AsyncFunctionDef"),
        ("from dropout_lab.sweeps import load_results as a", "load_results"),
    ],
)
def test_what_cannot_be_followed_is_refused(source, kind):
    cells = [new_code_cell(source)]
    cells.append(cell_with(claim("One is one", 1, equals=1), source="claim('x', a)"))
    with pytest.raises(ValueError, match=kind):
        ledger.claims_of(new_notebook(cells=cells))


def test_each_of_several_claims_has_its_own_results():
    cells = [
        new_code_cell("a, b = load_results('one'), load_results('two')"),
        cell_with(
            claim("One is one", 1, equals=1),
            claim("Two is two", 2, equals=2),
            claim("Three is three", 3, equals=3),
            source="claims(claim('x', a), claim('y', 2, above=1), claim('z', a + b))",
        ),
    ]
    found = [entry.results for entry in ledger.claims_of(new_notebook(cells=cells))]
    assert found == [("one",), (), ("one", "two")]


def test_only_the_evidence_loads_results_behind_the_scenes():
    # What a chapter can import outside of the sweeps must not hide where numbers come from.
    package = ROOT / "dropout_lab"
    loading = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "load_results(" in path.read_text(encoding="utf-8") and path.parent.name != "sweeps"
    }
    assert loading == {"lessons/ch13/evidence.py"}


def test_a_claim_rests_on_the_files_whose_numbers_change_it(monkeypatch):
    # Run the decision page with one file at a time distorted: what moves rests on that file.
    notebook = nbformat.read(ROOT / "chapters" / "13_should_i_use_dropout.ipynb", as_version=4)
    entries = ledger.claims_of(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    usual = values_in(cells, monkeypatch, None)
    assert len(usual) == len(entries) >= 8
    moved = [set() for _ in entries]
    for name in RESULTS:
        for place, value in enumerate(values_in(cells, monkeypatch, name)):
            if value != usual[place]:
                moved[place].add(name)
    for entry, found in zip(entries, moved, strict=True):
        # Counts of verdicts may survive a distortion; nothing else does.
        assert found <= set(entry.results)
        assert found == set(entry.results) or len(entry.results) > 3, entry.record["text"]


def values_in(cells, monkeypatch, distorted):
    """Return the numbers of all claims of some cells, with the numbers of one file distorted."""
    found = []

    class Distorted(results.Results):
        def array(self, value, **parameters):
            numbers = super().array(value, **parameters)
            bent = np.sign(numbers) * np.abs(numbers) ** 1.1  # in the same order as before
            return bent if self.name == distorted else numbers

    def load(name):
        return Distorted(**vars(results.load_results(name)))

    def note(text, value, **bounds):
        found.append(value)

    space = {"__name__": "chapter"}
    monkeypatch.setattr(sweeps, "load_results", load)
    for cell in cells:
        exec(cell.source, space)
        space.update(claim=note, explore=lambda *a, **k: None, load_results=load)
    return found


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
