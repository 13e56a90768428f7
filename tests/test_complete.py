"""The build's last look at the site: what it calls complete, what it removes, what it refuses."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from recorded import contents

from book import complete
from dropout_lab.explorer.page import published_html, read_published

AXES = [("slider", "rate", ["0", "0.5"]), ("menu", "model", ["a", "b", "c"])]
PAGE = "<title>1. Two &amp; three &#8212; Book</title><h1>1. Two &amp; <em>three</em><a>#</a></h1>"


def explorer(sentences=("one", "two", "three", "four", "five", "six"), nodes="<path/>", axes=AXES):
    """Return a published explorer with one frame for each sentence."""
    frames = [
        ([nodes and f"<g>{number}</g>{nodes}"], text) for number, text in enumerate(sentences)
    ]
    return published_html("0 0 10 10", axes, frames, [0] * len(axes))


def notebook(*cells):
    """Return a notebook of code cells, each a source and the HTML of its outputs."""
    return new_notebook(
        cells=[new_markdown_cell("# Title")]
        + [
            new_code_cell(
                source, outputs=[new_output("display_data", {"text/html": page}) for page in pages]
            )
            for source, *pages in cells
        ]
    )


def fault_of(page):
    """Return what is missing in the one explorer of a page."""
    (one,) = read_published(page)
    return complete.explorer_fault(one)


def test_a_published_explorer_is_complete():
    other = '<figure class="xp"><figcaption class="xp-say">no explorer</figcaption></figure>'
    assert fault_of(f"<p>{explorer()}</p>{other}") is None
    assert "an empty drawing for frame 0" in fault_of(explorer(nodes=""))


@pytest.mark.parametrize(
    ("pattern", "damage", "expected"),
    [
        (r'"frames":\[\[', '"frames":[[],[', "7 frames for 6 positions"),
        (r'"frames":\[\[.*?\],', '"frames":[', "5 frames for 6"),
        ('"four"', '" "', "no sentence for each of its 6 frames"),
        (',"six"]', "]", "no sentence for each of its 6 frames"),
        (r'\["0","0.5"\]', "[]", "an axis without values"),
        (r'"parts":\[.*?\],"frames', '"parts":[],"frames', "no complete drawing for frame 0"),
        (r'"frames":\[\[.*?\],', '"frames":[[],', "no complete drawing for frame 0"),
        (r"<img.*?>", "", "no picture for readers without scripts"),
        (r'src=".*?"', 'src="data:image/svg+xml,"', "no picture"),
    ],
)
def test_a_damaged_explorer_is_not(pattern, damage, expected):
    assert expected in fault_of(re.sub(pattern, damage, explorer(), count=1))


def test_a_page_has_the_title_of_its_source():
    assert complete.page_faults(PAGE, "Two & three") == []
    assert complete.page_faults(PAGE, "Two & four") == [
        "does not have 'Two & four' as its title",
        "does not have 'Two & four' as its first heading",
    ]
    assert complete.page_faults(PAGE.replace("h1", "h2"), "Two & three") == [
        "does not have 'Two & three' as its first heading"
    ]
    assert "has no title" in complete.page_faults(PAGE, " ")[0]


def test_a_page_shows_the_explorers_of_its_notebook():
    first, second = explorer(), explorer(list("uvwxyz"))
    source = notebook(("explore(draw, rate=rates)", first), ("explore(draw, rate=rates)", second))

    def faults(*shown):
        return complete.page_faults(PAGE + "".join(shown), "Two", source)

    order = "does not show the explorers of its notebook, in their order: "
    assert faults(first, second) == []
    assert faults(first) == [order + "1 instead of 2"]
    assert faults(second, first) == [order + "2 instead of 2"]
    assert faults(first, first, second) == [order + "3 instead of 2"]
    broken = second.replace('"z"', '""')
    assert faults(first, broken) == [
        "explorer 2 has no sentence for each of its 6 frames; run: make chapters"
    ]
    (fault,) = faults(first, second.replace('"says"', '"sagt"'))
    assert re.fullmatch(r"explorer 2 has no data .*; run: make chapters", fault)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("explore(draw, rate=rates)", True),
        ("%pip install x\nlab.explore(\n    draw,\n    rate=rates,\n)", True),
        ("display(explore(draw, rate=rates))", True),
        ("figure = explore(draw, rate=rates)", False),
        ("def later():\n    explore(draw, rate=rates)", False),
        ("'explore(draw)'", False),
    ],
)
def test_a_cell_that_explores_stores_an_explorer(source, missing):
    _, faults = complete.stored_explorers(notebook((source,)))
    expected = ["calls explore in cell 1 and stores no explorer there; run: make chapters"]
    assert faults == (expected if missing else [])
    assert complete.stored_explorers(notebook((source, explorer())))[1] == []


def test_a_hidden_output_need_not_be_on_the_page():
    source = notebook(("explore(draw, rate=rates)", explorer()))
    source.cells[1].metadata["tags"] = ["remove-output"]
    assert complete.stored_explorers(source) == ([], [])


def test_a_page_without_words_in_the_index_cannot_be_found():
    index = 'Search.setIndex({"docnames": ["a", "b", "c"], "terms": {"x": 0, "y": [0, 2]}})'
    assert complete.searchable_pages(index) == {"a", "c"}


def test_only_what_other_commands_put_into_the_site_outlasts_a_build(tmp_path):
    kept = ["lite/index.html", "dropout-lab.pdf"]
    for name in [*kept, "_sources/a.ipynb", "a.html", "x/lite/b.html", "searchindex.js"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    complete.clear_site(tmp_path)
    assert contents(tmp_path).keys() == set(kept)
