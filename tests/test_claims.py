"""Claims: what they refuse, what they show, and what a stored notebook keeps of them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from published import SHOWN, elements, only, seen

from dropout_lab.teaching.claiming import claim, claims

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("bounds", "kept", "broken", "words"),
    [
        ({"above": 0.4}, [0.5, np.float32(0.5), Fraction(1, 2)], [0.4, 0.3], "above 0.4"),
        ({"below": 1e6}, [0.5, -1e9], [10**6, 2 * 10**6], "below 1,000,000"),
        ({"above": 1e-6, "below": 2.5e6}, [1], [1e-6, 2500000], "between 1e-06 and 2,500,000"),
        ({"above": Fraction(-2, 3), "below": 1}, [0], [1, -4], "between -0.666667 and 1"),
        ({"equals": 0.5}, [0.5], [0.4999999, 0.5000001], "equal to 0.5"),
        ({"equals": 1, "tolerance": 0.5}, [0.5, 1.5], [0.4, 1.6], "equal to 1 to within 0.5"),
    ],
)
def test_a_value_keeps_its_bound_or_is_an_error(bounds, kept, broken, words, message_of):
    for value in kept:
        made = claim("So it is", value, **bounds)
        assert (made.value, made.bound) == (value, words)
    for value in broken:
        said = message_of(AssertionError, claim, "This is so.", value, unit="bits", **bounds)
        assert said == f"the claim fails: This is so: {value} bits (must be {words})"


@pytest.mark.parametrize(
    ("value", "below", "shown"),
    [
        (-0.0, 1, "0"),
        (2 / 3, 0.66667, "0.666667"),  # as many digits as it takes to see that the bound is kept
        (109_386, 1e9, "109,386"),
        (3.21e-8, 1, "3.21e-08"),
        (4.4e-16, 1, "0"),  # rounding error
    ],
)
def test_values_are_rounded_for_the_reader(value, below, shown):
    assert claim("So it is", value, below=below).shown == shown


@given(NUMBERS, NUMBERS, NUMBERS)
@example(0.0, -1.0, -1.016e-172)  # next to nothing, and yet below zero
def test_the_number_on_display_keeps_the_bound_too(first, second, third):
    low, value, high = sorted((first, second, third))
    if low < value < high:
        for bounds in ({"above": low}, {"below": high}, {"above": low, "below": high}):
            shown = float(claim("So it is", value, **bounds).shown.replace(",", ""))
            assert bounds.get("above", -math.inf) < shown < bounds.get("below", math.inf)
            assert shown == pytest.approx(value, rel=1e-3, abs=1e-12)


def test_hostile_texts_stay_texts():
    for text in SHOWN:
        if len(text.splitlines()) == 1:
            page = claim(text, 1, above=0, unit=text)._repr_mimebundle_()["text/html"]
            assert [e.tag for e in elements(page)] == ["style", "div", "p", "b", "b"]
            line, said = only(page, "p"), seen(text).strip()
            assert line.text == f" {said.rstrip('.')}:  (above 0)."
            assert [bold.text for bold in line.inside] == ["Checked.", f"1 {said}"]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"text": None}, TypeError, "text must be a string, got None"),
        ({"text": " . "}, ValueError, "text must be a sentence"),
        ({"text": "Two\nlines"}, ValueError, "text must be one line"),
        ({"unit": 3}, TypeError, "unit must be a string, got 3"),
        ({"value": "1"}, TypeError, "value must be a real number, got '1'"),
        ({"value": math.inf}, ValueError, "value must be finite"),
        *(
            ({name: True}, TypeError, f"{name} must be a real number, got True")
            for name in ("above", "below", "equals", "tolerance")
        ),
        ({"above": None}, ValueError, "needs a bound"),
        ({"above": None, "tolerance": 0.1}, ValueError, "needs a bound"),
        ({"tolerance": 0.1}, ValueError, "tolerance needs equals"),
        ({"equals": 1}, ValueError, "equals cannot stand beside"),
        ({"below": 0}, ValueError, "above must be smaller than below"),
    ],
)
def test_what_is_no_claim(changed, error, words, message_of):
    right = {"text": "So it is", "value": 1, "above": 0}
    assert words in message_of(error, claim, **right | changed)


def test_a_group_holds_claims_only_and_at_least_one(message_of):
    one = claim("One", 1, above=0)
    assert "claims must hold results of claim()" in message_of(TypeError, claims, one, "So it is")
    assert "at least one claim" in message_of(ValueError, claims)
