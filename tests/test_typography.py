"""What the text of a page is given: lines that hold together, groups and styles."""

import html
import re

import pytest
from recorded import SITE

from book.text import keep_with_formula, keep_with_number, mend, reserve_width
from book.typeface import CHARACTERS, FONTS
from dropout_lab.teaching.quizzes import quiz

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


def test_a_matrix_and_a_formula_of_its_own_reserve_no_width():
    matrix = MATH.replace("0.4^k", r"\begin{pmatrix} 1 & 2 \end{pmatrix}")
    assert reserve_width(matrix + BLOCK) == matrix + BLOCK


def test_a_page_is_given_all_of_it():
    one = quiz("How many?", {"1": "No.", "2": "Yes."}, answer="2").html
    page = f'<p role="doc-biblioentry">{MATH}, 95 %, Solution to<a href="#x"> 1</a></p>'
    mended = mend(page + one + one)
    assert 'role="listitem"' in mended
    assert mended.count('class="formula"') == mended.count("--width:") == 1
    assert "95\N{NO-BREAK SPACE}%" in mended
    assert 'Solution to <a href="#x">1</a>' in mended
    assert len(set(re.findall(r'<details class="xp-option" name="([^"]*)"', mended))) == 2
    assert mended.count("<style>") == 1


def test_the_faces_are_light_and_have_every_letter_of_the_prose():
    assert sum(path.stat().st_size for path in FONTS.glob("*.woff2")) <= 60_000
    # Fonts of the reader's machine draw mathematics, bullets, and one letter of one name; nobody
    # draws the word joiner of a mark.
    elsewhere = set("\n\u2060Łκπ◦→⁰⁵⁶⁷⁸⁹⁻")
    not_prose = r'(?s)<(script|style|pre|code|svg|head)\b.*?</\1>|<span class="math.*?</span>'
    typed = set("$\\`")  # of a formula or code that nobody has set
    found = {}
    for path in SITE.glob("chapters/**/*.html"):
        text = re.sub(not_prose, "", path.read_text(encoding="utf-8"))
        text = re.sub(r'(?s)<div class="math.*?</div>|<[^>]*>', "", text)
        known = set(CHARACTERS) - typed | elsewhere
        found |= dict.fromkeys(set(html.unescape(text)) - known, path.name)
    assert found == {}
