"""Claims: what they refuse, what they show, and what a stored notebook keeps of them."""

import json
import math
from fractions import Fraction

import nbformat
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg
from published import HOSTILE, elements, only

from dropout_lab.teaching.claiming import MIME_TYPE, claim, claims

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def bundle_of(thing):
    return thing._repr_mimebundle_()


def number(shown):
    return float(shown.replace(",", ""))


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"above": 0.4}, "above 0.4"),
        ({"below": 0.6}, "below 0.6"),
        ({"below": 1e6}, "below 1,000,000"),
        ({"above": 1e-6, "below": 2.5e6}, "between 1e-06 and 2,500,000"),
        ({"equals": 0.5}, "equal to 0.5"),
        ({"equals": 0.4, "tolerance": 0.125}, "equal to 0.4 to within 0.125"),
        ({"above": -math.pi, "below": Fraction(2, 3)}, "between -3.14159 and 0.666667"),
    ],
)
def test_a_value_that_keeps_its_bound_is_accepted(bounds, words):
    for value in (0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)):
        made = claim("A half", value, **bounds)
        assert (made.value, made.bound) == (0.5, words)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"above": 0.5}, "be above 0.5"),  # strictly
        ({"below": 0.5}, "be below 0.5"),
        ({"above": 0.6}, "be above 0.6"),
        ({"below": 0.4}, "be below 0.4"),
        ({"above": 0.1, "below": 0.5}, "be between 0.1 and 0.5"),
        ({"above": 0.5, "below": 0.9}, "be between 0.5 and 0.9"),
        ({"equals": 0.5000001}, "equal 0.5"),
        ({"equals": 0.25, "tolerance": 0.2}, "equal 0.25 to within 0.2"),
        ({"equals": 0.75, "tolerance": 0.2}, "equal 0.75 to within 0.2"),
    ],
)
def test_a_value_that_breaks_its_bound_is_an_error(bounds, words, message_of):
    said = message_of(AssertionError, claim, "This is so.", 0.5, unit="bits", **bounds)
    assert said == f"the claim fails: This is so: 0.5 bits (must {words})"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (0.123456, "0.1235"),
        (2 / 3, "0.6667"),
        (3.0000000000000004, "3"),
        (98.76543, "98.77"),
        (109_386, "109,386"),
        (12_345.6, "12,346"),
        (-1234.4, "-1,234"),
        (3.21e-8, "3.21e-08"),
        (4.4e-16, "0"),  # rounding error
    ],
)
def test_values_are_rounded_for_the_reader(value, shown):
    assert claim("So it is", value, below=1e9).shown == shown


def test_more_digits_are_shown_where_they_are_needed_to_see_that_the_bound_is_kept():
    assert claim("So it is", 2 / 3, below=0.66667).shown == "0.666667"


@given(NUMBERS, NUMBERS, NUMBERS)
@example(0.0, -1.0, -1.016e-172)  # next to nothing, and yet below zero
def test_the_number_on_display_keeps_the_bound_too(first, second, third):
    low, value, high = sorted((first, second, third))
    if low < value < high:
        for bounds in ({"above": low}, {"below": high}, {"above": low, "below": high}):
            shown = number(claim("So it is", value, **bounds).shown)
            assert bounds.get("above", -math.inf) < shown < bounds.get("below", math.inf)
            assert shown == pytest.approx(value, rel=1e-3, abs=1e-12)


def test_what_a_reader_sees():
    shown = claim("Dropout halves the gap.", 0.512, below=0.6, unit="points")
    line = "Checked. Dropout halves the gap: 0.512 points (below 0.6)."
    assert repr(shown) == bundle_of(shown)["text/plain"] == line
    page = bundle_of(shown)["text/html"]
    paragraph = only(page, "p")
    assert paragraph.text == " Dropout halves the gap:  (below 0.6)."
    assert [bold.text for bold in paragraph.inside] == ["Checked.", "0.512 points"]
    assert repr(claim("All", 100, equals=100, unit="%")).endswith("100% (equal to 100).")
    assert bundle_of(claims(shown)) == bundle_of(shown), "a group of one is the same"
    assert repr(claims(shown)) == repr(shown)
    assert {e.tag for e in elements(page)} == {"style", "div", "p", "b"}
    assert {name for e in elements(page) for name in e.attributes} == {"class", "id"}
    assert "url(" not in page, "nothing is loaded"
    assert "color" not in page, "the page's own colors, light or dark"


def test_what_a_notebook_keeps():
    both = claims(claim("One is positive", 1, above=0), claim("Two is two", 2, equals=2, unit="x"))
    kept = bundle_of(both)[MIME_TYPE]
    assert [{**each, "id": ""} for each in kept] == [
        {"text": "One is positive", "value": "1", "bound": "above 0", "unit": "", "id": ""},
        {"text": "Two is two", "value": "2", "bound": "equal to 2", "unit": "x", "id": ""},
    ]
    assert json.loads(json.dumps(kept)) == kept
    page = bundle_of(both)["text/html"]
    assert [e.attributes["id"] for e in elements(page) if e.tag == "p"] == [e["id"] for e in kept]
    assert len({each["id"] for each in kept}) == 2
    message = {"header": {"msg_type": "execute_result"}, "content": {"execution_count": 1}}
    message["content"] |= {"data": bundle_of(both), "metadata": {}}
    notebook = new_notebook(cells=[new_code_cell("1", outputs=[output_from_msg(message)])])
    nbformat.validate(notebook)
    again = nbformat.reads(nbformat.writes(notebook), as_version=4)
    assert again.cells[0].outputs[0].data == bundle_of(both)


def test_rounding_errors_of_another_machine_change_nothing():
    bundles = [bundle_of(claim("Equal", value, below=1e-9)) for value in (0.0, 2.2e-16, 4.4e-15)]
    assert bundles[0] == bundles[1] == bundles[2]
    near = [
        bundle_of(claim("Equal", value, equals=0.3, tolerance=1e-9)) for value in (0.3, 0.1 + 0.2)
    ]
    assert near[0] == near[1]


def test_hostile_texts_stay_texts():
    for text in HOSTILE:
        if len(text.splitlines()) == 1:
            page = bundle_of(claim(text, 1, above=0, unit=text))["text/html"]
            assert [e.tag for e in elements(page)] == ["style", "div", "p", "b", "b"]
            line, said = only(page, "p"), text.strip()
            assert line.text == f" {said.rstrip('.')}:  (above 0)."
            assert [bold.text for bold in line.inside] == ["Checked.", f"1 {said}"]


def test_what_is_no_sentence(message_of):
    for wrong in (None, 3, b"bytes", ["So it is"]):
        assert "text must be a string, got" in message_of(TypeError, claim, wrong, 1, above=0)
    for wrong in ("", "  ", ".", " . "):
        assert "text must be a sentence" in message_of(ValueError, claim, wrong, 1, above=0)
    assert "text must be one line" in message_of(ValueError, claim, "Two\nlines", 1, above=0)


def test_numbers_are_real_and_finite(message_of):
    for name in ("above", "below", "equals", "tolerance"):
        for wrong in ("1", True, np.True_, 1j, [1.0], np.ones(1)):
            said = message_of(TypeError, claim, "So it is", 1, **{name: wrong})
            assert f"{name} must be a real number, got" in said
    for wrong in (None, "1", True, np.False_, 1j, [1.0], np.ones(1)):
        said = message_of(TypeError, claim, "So it is", wrong, above=0)
        assert "value must be a real number, got" in said
    for wrong in (math.nan, math.inf, -math.inf, np.float32("nan")):
        assert "value must be finite" in message_of(ValueError, claim, "So it is", wrong, above=0)
        assert "below must be finite" in message_of(ValueError, claim, "So it is", 0, below=wrong)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({}, "needs a bound"),
        ({"tolerance": 0.1}, "needs a bound"),
        ({"above": 0, "tolerance": 0.1}, "tolerance needs equals"),
        ({"equals": 1, "tolerance": -0.1}, "tolerance must be at least 0"),
        ({"equals": 1, "above": 0}, "equals cannot stand beside"),
        ({"equals": 1, "below": 2}, "equals cannot stand beside"),
        ({"above": 2, "below": 1}, "above must be smaller than below"),
        ({"above": 1, "below": 1}, "above must be smaller than below"),
    ],
)
def test_bounds_must_make_sense(bounds, words, message_of):
    assert words in message_of(ValueError, claim, "So it is", 1, **bounds)


def test_a_group_holds_claims_only_and_at_least_one(message_of):
    one = claim("One", 1, above=0)
    for wrong in ("So it is", 1, None, [one]):
        assert "claims must hold results of claim()" in message_of(TypeError, claims, one, wrong)
    assert "at least one claim" in message_of(ValueError, claims)
