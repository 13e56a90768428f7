"""Formulas and what touches them."""

import pytest
from typography import keep_with_formula

MATH = r'<span class="math notranslate nohighlight">\(0.4^k\)</span>'
BLOCK = r'<div class="math notranslate nohighlight">\[x.\]</div>.'


@pytest.mark.parametrize(
    ("before", "after"), [("", "."), ("(", ")."), ("“", "”,"), ("", "’s"), ("", "-fold")]
)
def test_punctuation_stays_with_its_formula(before, after):
    kept = "’" if after == "’s" else after  # within a word no line breaks anyway
    expected = f'<p>so <span class="formula">{before}{MATH}{kept}</span>'
    assert keep_with_formula(f"<p>so {before}{MATH}{after} And").startswith(expected)


@pytest.mark.parametrize("text", [f"take {MATH} and go.", BLOCK, "no formula."])
def test_everything_else_stays_as_it_is(text):
    assert keep_with_formula(text) == text
