"""Formulas and numbers, and what belongs to them."""

import pytest

from book.typography import keep_with_formula, keep_with_number, reserve_width

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


def test_what_belongs_to_a_number_stays_with_it():
    shown = keep_with_number(
        "<p>Of 95 % times <em>1 - rate</em>, 2 - 1, a % b, <b>-0.5</b>, 784-128-10, 1e-10.</p>"
    )
    kept = "<p>Of 95~% times <em>1~-~rate</em>, 2 - 1, a % b, <b>_0.5</b>, 784-128-10, 1e_10.</p>"
    assert shown == kept.replace("~", "\N{NO-BREAK SPACE}").replace("_", "\N{MINUS SIGN}")


@pytest.mark.parametrize(
    "text",
    [
        "<pre>x\n1 - p and 5 % 2</pre>",
        "<code class='x'><span>1 - p</span></code>",
        '<figure class="xp mathjax_ignore"><figcaption>95 % of</figcaption></figure>',
        '<script type="application/json">["95 %"]</script>',
        '<span class="pre">-0.9,</span>',
        '<img alt="95 % of all">',
        MATH.replace("0.4^k", "1 - p"),
    ],
)
def test_code_figures_formulas_and_attributes_stay_as_they_are(text):
    assert keep_with_number(text) == text


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("x", "1-p"),
        (r"\tilde x_i", "x_i + 1"),
        (r"\frac12", "1/2"),
        (r"\operatorname{E}[m]", r"\operatorname{E}[m^2]"),
        (r"a \le b", r"aa \le bb"),
    ],
)
def test_a_formula_reserves_room_for_what_shows_of_it(shorter, longer):
    widths = []
    for tex in (shorter, longer):
        span = reserve_width(MATH.replace("0.4^k", tex))
        widths.append(float(span.partition('style="--width:')[2].partition("em")[0]))
    assert 0 < widths[0] < widths[1] < 10


def test_a_matrix_and_a_formula_of_its_own_reserve_none():
    matrix = MATH.replace("0.4^k", r"\begin{pmatrix} 1 & 2 \end{pmatrix}")
    assert reserve_width(matrix + BLOCK) == matrix + BLOCK
