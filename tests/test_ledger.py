"""The ledger of claims: what is collected, and whether the built page lists all of it."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from recorded import CHAPTERS, ROOT, chapter_paths, code_cells, notebook, parsed

from book import ledger
from dropout_lab import sweeps
from dropout_lab.sweeps import results
from dropout_lab.teaching.claiming import claim, claims

RESULTS = sorted(path.stem for path in (ROOT / "dropout_lab" / "results").glob("*.json"))
PLAIN = str.maketrans("‘’“”−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "''\"\"--0123456789")  # as before the site set them


def entries(path):
    """Return the claims that a notebook shows."""
    return ledger.claims_of(notebook(path))


def rows_of(*kinds):
    """Return the rows of the built page of some kinds: the words of the cells, and the row."""
    return [
        ([" ".join(cell.get_text().translate(PLAIN).split()) for cell in row.find_all("td")], row)
        for row in parsed("ledger").select(", ".join(f"table.ledger tr.{kind}" for kind in kinds))
    ]


# --- what is stored ----------------------------------------------------------------------------


def test_no_sentence_stands_twice():
    sentences = [each.record["text"] for path in chapter_paths() for each in entries(path)]
    for path in (ROOT / "tests").glob("test_*.py"):
        sentences += [text for _, text, _ in ledger.proofs_of(path.read_text(encoding="utf-8"))]
    assert [text for text, times in Counter(sentences).items() if times > 1] == []


# --- what the page shows -----------------------------------------------------------------------


def test_every_claim_stands_on_the_page_with_its_value_its_place_and_how_it_is_tested():
    expected = []
    for path in chapter_paths():
        assert len(entries(path)) >= 3 or not path.stem[0].isdigit()
        for entry in entries(path):
            each = entry.record
            assert set(entry.results) <= set(RESULTS)
            unit = each["unit"] if each["unit"] in ("", "%") else f" {each['unit']}"
            # 3e-07 and 1e-07 are 3 × 10-7 and 10-7 once the raised digits are plain again.
            numbers = re.sub(r"e-0?(\d)", r" × 10-\1", f"{each['value']}{unit}|{each['bound']}")
            value, bound = re.sub(r"\b1 × 10", "10", numbers).split("|")
            how = "" if entry.heading.endswith("?") else "."
            how += "" if entry.compared else " Its bound is tested."
            how += "".join(f" Stored in {name}.json." for name in entry.results)
            address = f"{path.stem}.html#{each['id']}"
            kind = "stored" if entry.results else "here"
            expected.append((f"{each['text']}.", value, bound, how, each["id"], address, kind))
    found = []
    for (*cells, proof), row in rows_of("here", "stored"):
        (link,) = row.find_all("a")
        how = proof.removeprefix(" ".join(link.get_text().translate(PLAIN).split()))
        kind = next(kind for kind in ("here", "stored") if kind in row["class"])
        found.append((*cells, how, row["id"], link["href"], kind))
    assert found == expected  # in the order of the book


def test_what_a_reader_chooses_is_shown_and_all_of_it_without_a_choice(browser, site_url):
    tab = browser.new_context(java_script_enabled=False).new_page()
    tab.goto(f"{site_url}chapters/ledger.html")
    rows, chapters = (tab.locator(f"{css}:visible") for css in ("tbody tr", ".ledger-chapter"))
    everything = rows.count()
    shown = 0
    for kind in ("here", "stored", "test"):
        tab.locator(f"input[value={kind}]").check()
        assert rows.count() == tab.locator(f"table.ledger tr.{kind}").count() > 10
        assert all(f" {kind}" in f" {each.get_attribute('class')} " for each in rows.all()[::9])
        assert chapters.count() == tab.locator(f".ledger-chapter:has(tr.{kind})").count()
        shown += rows.count()
    tab.locator("input[value=all]").check()
    assert rows.count() == everything == shown
    tab.context.close()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("-6.9e-12", "−6.9\xa0×\xa010⁻¹²"), ("below 1e+06", "below 10⁶"), ("1,234.5", "1,234.5")],
)
def test_numbers_stand_as_a_person_writes_them(stored, shown):
    assert ledger.written(stored) == shown


def test_every_marked_test_stands_on_the_page():
    marked = {
        path.name: re.sub(r'"\s+"', "", path.read_text(encoding="utf-8"))  # each text in one piece
        for path in (ROOT / "tests").glob("test_*.py")
        if path.name != Path(__file__).name
    }
    rows = rows_of("test")
    assert len(rows) == sum(text.count("\n@pytest.mark.proves(") for text in marked.values()) >= 15
    for (sentence, _, _, proof), row in rows:
        file, _, name = proof.removeprefix("The test ").partition("::")
        chapter = row.find_parent("section").h2.a["href"]
        above = marked[file].partition(f"\ndef {name}(")[0].rpartition("\ndef ")[2]
        assert re.search(rf'"{re.escape(sentence)}?",\s*chapter={int(chapter[:2])}\b', above)


# --- how it is collected -----------------------------------------------------------------------


def cell_with(*found, source="", tags=()):
    """Return an executed cell that shows claims."""
    data = claims(*found)._repr_mimebundle_()
    cell = new_code_cell(source, outputs=[new_output("execute_result", data=data)])
    cell.metadata.tags = list(tags)
    return cell


def test_claims_are_found_under_the_heading_above_them_and_each_has_its_own_results():
    one, two, three, four = (claim(f"Claim {number}", 1, equals=1) for number in range(4))
    source = "claims(claim('x', a), claim('y', 2, above=1), claim('z', a + b))"
    cells = [
        new_markdown_cell("# Title\n\n## First `part`\n\n```python\n# no heading\n```\n"),
        new_code_cell("a = load_results('one')\nb = load_results('two')"),
        cell_with(one, two, three, source=source),
        new_markdown_cell("Words only."),
        cell_with(four, source="print(a)\nelsewhere(b)", tags=["hide", "nbval-ignore-output"]),
    ]
    found = ledger.claims_of(new_notebook(cells=cells))
    assert {entry.heading for entry in found} == {"First `part`"}
    assert [(entry.record, entry.compared, entry.results) for entry in found] == [
        (one.record, True, ("one",)),
        (two.record, True, ()),
        (three.record, True, ("one", "two")),
        (four.record, False, ("two",)),
    ]


# What a claim rests on, and the cells before it and its own. In a cell, ⏎ begins another line.
FOLLOWED = """
mnist-rates | claim('x', load_results('mnist-rates').cells)
one         | a = load_results('one') | b = a.array('x') | claim('x', b)
one,two     | a = load_results('two') | claim('x', a + load_results('one'))
-           | a, b = load_results('one'), 1 | a = 2 | claim('x', a)
-           | a = load_results('one') | print(a) ⏎ claim('x', 3)
-           | a = load_results('one') | import numpy as b | claim('x', b.pi)
# Settings are no measurements.
-           | a = load_results('one') | claim('x', f(3, seed=a.seeds, n=a.choices('n')))
# Names that are bound within a function or a comprehension mean nothing outside of it.
-           | a = load_results('one') | c = [b for b in a] | claim('x', b)
-           | a = load_results('one') | def f(a): ⏎     return a | claim('x', f(3))
one         | def f(): ⏎     return a | a = load_results('one') | claim('x', f())
one         | def f(n): ⏎     return f(n - 1) + load_results('one') | claim('x', f(9))
one         | def f(x=load_results('one')): ⏎     return x | claim('x', f())
# What is put into something.
one         | a = {} | a['x'] = load_results('one') | claim('x', a)
one         | a = [] | for i in g(): a.append(load_results('one')) | claim('x', a[0])
one         | a = load_results('one') | b = 1 ⏎ b += a | claim('x', b)
# A loop or a branch that may not run, or again.
one         | a = 1 ⏎ if real: ⏎     a = load_results('one') ⏎ else: ⏎     a = 2 | claim('x', a)
one         | a = load_results('one') | for i in g(): a = 1 | claim('x', a)
one         | a = 1 ⏎ for i in g(): ⏎     b = a ⏎     a = load_results('one') | claim('x', b)
-           | a = load_results('one') | for i in a: b = 1 | claim('x', b)
one         | a = load_results('one') | with open(a) as b: c = b | claim('x', c)
one         | try: ⏎     a = load_results('one') ⏎ except E: a = 1 | claim('x', a)
one         | def f(): ⏎     global a ⏎     a = load_results('one') | f() | claim('x', a)
# What is loaded by another name, or under a name that is not written there.
?           | from dropout_lab.sweeps import load_results as f | claim('x', f('one'))
?           | f = load_results | claim('x', f('one'))
?           | a = {n: load_results(n) for n in names} | claim('x', a['one'])
# The package's evidence loads results where nobody sees it.
fraud-cards | rows = {n: each.rows() for n, each in EVIDENCE.items()} | claim('x', rows['cards'])
-           | rows = {n: each.rows() for n, each in EVIDENCE.items()} | claim('x', rows['linear'])
family-norm | def row(n): ⏎     return e.EVIDENCE[n] | claim('x', row('norm'))
"""


@pytest.mark.parametrize("case", re.findall(r"(?m)^[^#\n].*", FOLLOWED))
def test_stored_results_are_followed_through_names(case):
    results, *before, last = case.replace(" ⏎ ", "\n").split(" | ")
    cells = [new_code_cell(source) for source in before]
    cells.append(cell_with(claim("One is one", 1, equals=1), source=last))
    (entry,) = ledger.claims_of(new_notebook(cells=cells))
    assert entry.results == tuple(re.findall(r"[\w?][\w-]*", results))


def test_only_the_evidence_loads_results_behind_the_scenes():
    # What a chapter can import outside of the sweeps must not hide where numbers come from.
    modules = {
        path for path in (ROOT / "dropout_lab").rglob("*.py") if path.parent.name != "sweeps"
    }
    loading = {path.name for path in modules if "load_results(" in path.read_text("utf-8")}
    # No claim rests on the picture of a piece.
    assert loading == {"drawing.py", "evidence.py", "training.py"}


def test_a_claim_rests_on_the_files_whose_numbers_change_it(monkeypatch):
    # Run the decision page with one file at a time distorted: what moves rests on that file.
    path = CHAPTERS / "13_should_i_use_dropout.ipynb"
    usual = values_in(path, monkeypatch, None)
    assert len(usual) == len(entries(path)) >= 8
    bent = {name: values_in(path, monkeypatch, name) for name in RESULTS}
    for place, entry in enumerate(entries(path)):
        found = {name for name in RESULTS if bent[name][place] != usual[place]}
        # Counts of verdicts may survive a distortion; nothing else does.
        assert found <= set(entry.results)
        assert found == set(entry.results) or len(entry.results) > 3, entry.record["text"]


def values_in(path, monkeypatch, distorted):
    """Return the numbers of all claims of a chapter, with the numbers of one file distorted."""
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
    for cell in code_cells(path):
        exec(cell.source, space)
        unseen = {"claims": lambda *noted: None, "explore": lambda *a, **k: None}
        space.update(claim=note, load_results=load, **unseen)
    return found
