"""Marks: what the site makes of a tick in a sentence, and what a reader gets from it."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from recorded import chapter_paths, code_cells, parsed, prose
from sphinx.errors import ExtensionError

from book.ledger import records_of
from book.marks import place_marks
from dropout_lab.teaching.claiming import claim, claims

CHAPTER = "chapters/01_study_group.html"
IDS = "claim-one-is-half-of-two", "claim-two"


def notebook(*links, tags=("remove-input",)):
    """Return cells: a text with marks, and two claims."""
    made = claims(claim("One is half of two.", 1, equals=1), claim("Two", 2, above=1))
    cell = new_code_cell("claims(...)", metadata={"tags": list(tags)})
    cell.outputs = [new_output("execute_result", data=made._repr_mimebundle_())]
    text = "".join(f" So it is. [✓](ledger.md#{link})" for link in links)
    return [new_markdown_cell(text), cell]


def test_a_mark_takes_the_place_of_the_line_of_its_claim():
    (text, cell), records = place_marks(notebook(IDS[0]), "x.ipynb")
    assert tuple(records) == IDS
    assert text.source == f" So it is.{{claim}}`{IDS[0]}`"
    page = cell.outputs[0]["data"]["text/html"]
    assert "One is half" not in page
    assert "Two: <b>2</b>" in page
    kept, _ = place_marks(notebook(*IDS, tags=()), "x.ipynb")
    assert [len(kept), kept[1].outputs] == [2, []]  # its code is for the page
    (text,), _ = place_marks(notebook(*IDS), "x.ipynb")
    assert text.cell_type == "markdown"


def test_a_mark_of_nothing_stops_the_build():
    with pytest.raises(ExtensionError, match=r"x\.ipynb marks what .*: claim-three$"):
        place_marks(notebook(IDS[0], "claim-three"), "x.ipynb")


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_every_mark_tells_its_claim_and_leads_to_the_ledger_which_leads_back(path):
    page, ledger = parsed(path.stem), parsed("ledger")
    stored = {record["id"]: record for cell in code_cells(path) for record in records_of(cell)}
    written = re.findall(r"\[✓\]\(ledger\.md#([\w-]+)\)", prose(path))
    marks = page.select(".claim-mark")
    assert [mark["id"] for mark in marks] == written
    for mark in marks:
        note, record = mark.find(attrs={"popover": True}), stored[mark["id"]]
        assert mark.button["popovertarget"] == note["id"]
        said = [re.sub("\\W", "", text) for text in (note.get_text(), record["text"])]
        assert said[0].startswith(said[1])
        file, _, anchor = note.a["href"].partition("#")
        row = ledger.find(id=anchor)
        assert (file, row.a["href"]) == ("ledger.html", f"{path.stem}.html#{mark['id']}")
        assert note.b.get_text() == row.strong.get_text()
        assert mark.button["aria-label"] == f"Checked: {note.b.get_text()}"
        assert note.get_text().endswith(f". It must be {row.find_all('td')[2].get_text()}. Ledger")
    unmarked = [p["id"] for p in page.select(".xp-claims p")]
    assert sorted(unmarked + written) == sorted(stored)


@pytest.mark.firefox
def test_a_mark_tells_its_value_beside_it_to_hands_and_keys_without_a_script(browser, site_url):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 700})
    tab = context.new_page()
    tab.goto(site_url + CHAPTER)
    button = tab.locator(".claim-mark > button").first
    note = tab.locator(".claim-mark > [popover]").first
    assert not note.is_visible()
    button.click()
    assert "2.279 friends" in note.inner_text()
    box, mark = note.bounding_box(), button.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert 0 < mark["y"] - box["y"] - box["height"] < 30 or 0 < box["y"] - mark["y"] < 40
    tab.keyboard.press("Escape")
    assert not note.is_visible()
    button.focus()
    tab.keyboard.press("Enter")
    assert note.is_visible()
    tab.keyboard.press("Tab")  # into the note
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/ledger.html#claim-*")
    context.close()
