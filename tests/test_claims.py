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
    "bounds",
    [
        {"above": 0.4},
        {"below": 0.6},
        {"above": 0.4, "below": 0.6},
        {"equals": 0.5},
        {"equals": 0.4, "tolerance": 0.125},
        {"above": -math.pi, "below": Fraction(2, 3)},
    ],
)
@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)])
def test_a_value_that_keeps_its_bound_is_accepted(value, bounds):
    assert claim("A half", value, **bounds).value == 0.5


@pytest.mark.parametrize(
    "bounds",
    [
        {"above": 0.5},  # strictly
        {"below": 0.5},
        {"above": 0.6},
        {"below": 0.4},
        {"above": 0.1, "below": 0.5},
        {"above": 0.5, "below": 0.9},
        {"equals": 0.5000001},
        {"equals": 0.25, "tolerance": 0.2},
        {"equals": 0.75, "tolerance": 0.2},
    ],
)
def test_a_value_that_breaks_its_bound_is_an_error(bounds, message_of):
    said = message_of(AssertionError, claim, "This is so.", 0.5, unit="bits", **bounds)
    assert "the claim fails: This is so: 0.5 bits (must " in said


@pytest.mark.parametrize(
    ("bounds", "words", "demand"),
    [
        ({"above": 0}, "above 0", "be above 0"),
        ({"below": 1e-6}, "below 1e-06", "be below 1e-06"),
        ({"above": 1000, "below": 2.5e6}, "between 1,000 and 2,500,000", None),
        ({"equals": 5, "tolerance": 0.25}, "equal to 5 to within 0.25", None),
        ({"equals": 5}, "equal to 5", "equal 5"),
    ],
)
def test_the_bound_is_told_in_words(bounds, words, demand, message_of):
    inside = {"above": 1500, "equals": 5}.get(next(iter(bounds)), 1e-7)
    assert claim("So it is", inside, **bounds).bound == words
    if demand:
        assert f"(must {demand})" in message_of(
            AssertionError, claim, "No", -3e9 if "above" in bounds else 3e9, **bounds
        )


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


def test_percent_signs_stand_at_their_number():
    assert repr(claim("All", 100, equals=100, unit="%")).endswith("100% (equal to 100).")


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


def test_one_claim_and_a_group_of_one_are_the_same():
    one = claim("One is positive", 1, above=0)
    assert bundle_of(claims(one)) == bundle_of(one)
    assert repr(claims(one)) == repr(one)


def test_rounding_errors_of_another_machine_change_nothing():
    bundles = [bundle_of(claim("Equal", value, below=1e-9)) for value in (0.0, 2.2e-16, 4.4e-15)]
    assert bundles[0] == bundles[1] == bundles[2]
    near = [
        bundle_of(claim("Equal", value, equals=0.3, tolerance=1e-9)) for value in (0.3, 0.1 + 0.2)
    ]
    assert near[0] == near[1]


def test_nothing_runs_and_nothing_is_loaded():
    page = bundle_of(claim("So it is", 1, above=0))["text/html"]
    assert {e.tag for e in elements(page)} == {"style", "div", "p", "b"}
    assert {name for e in elements(page) for name in e.attributes} == {"class", "id"}
    assert "url(" not in page
    assert "color" not in page  # the page's own colors, light or dark


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text.splitlines()) == 1])
def test_hostile_texts_stay_texts(text):
    shown = claim(text, 1, above=0, unit=text)
    page = bundle_of(shown)["text/html"]
    assert [e.tag for e in elements(page)] == ["style", "div", "p", "b", "b"]
    assert only(page, "p").text == f" {text.strip().rstrip('.')}:  (above 0)."
    assert [bold.text for bold in only(page, "p").inside] == ["Checked.", f"1 {text.strip()}"]


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["So it is"]])
def test_the_text_must_be_a_string(text, message_of):
    assert "text must be a string, got" in message_of(TypeError, claim, text, 1, above=0)


@pytest.mark.parametrize("text", ["", "  ", ".", " . "])
def test_the_text_must_say_something(text, message_of):
    assert "text must be a sentence" in message_of(ValueError, claim, text, 1, above=0)


def test_the_text_must_be_one_line(message_of):
    assert "text must be one line" in message_of(ValueError, claim, "Two\nlines", 1, above=0)


@pytest.mark.parametrize("name", ["above", "below", "equals", "tolerance"])
@pytest.mark.parametrize("wrong", ["1", True, np.True_, 1j, [1.0], np.ones(1)])
def test_bounds_must_be_real_numbers(name, wrong, message_of):
    said = message_of(TypeError, claim, "So it is", 1, **{name: wrong})
    assert f"{name} must be a real number, got" in said


@pytest.mark.parametrize("wrong", [None, "1", True, np.False_, 1j, [1.0], np.ones(1)])
def test_the_value_must_be_a_real_number(wrong, message_of):
    said = message_of(TypeError, claim, "So it is", wrong, above=0)
    assert "value must be a real number, got" in said


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_numbers_must_be_finite(wrong, message_of):
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


@pytest.mark.parametrize("wrong", ["So it is", 1, None, [claim("One", 1, above=0)]])
def test_a_group_holds_claims_only(wrong, message_of):
    one = claim("One", 1, above=0)
    assert "claims must hold results of claim()" in message_of(TypeError, claims, one, wrong)


def test_a_group_holds_something(message_of):
    assert "at least one claim" in message_of(ValueError, claims)
