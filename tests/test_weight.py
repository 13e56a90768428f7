"""What the site leaves out to be light must be what nobody needs."""

import json
import re

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from recorded import SITE

from book import weight
from book.paper.press import ROOT
from book.readme_pictures import PICTURES
from book.styles import class_names, join_styles, thin


def thinned(style, *classes):
    return thin(tinycss2.parse_stylesheet(style, True, True), set(classes))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (".card{a:b}", ".card{a:b}"),
        (".gone{a:b}", ""),
        (".card,.gone{a:b}", ".card{a:b}"),
        (".card .gone>p{a:b}", ""),
        ("p{a:b}", "p{a:b}"),
        (".card:not(.gone,.lost){a:b}", ".card:not(.gone,.lost){a:b}"),
        (":is(.gone,.lost) p,.gone{a:b}", ":is(.gone,.lost) p{a:b}"),
        ('a[href$=".pdf"]{a:b}', 'a[href$=".pdf"]{a:b}'),
        (r".sm\:card{a:b}", r".sm\:card{a:b}"),
        (".tip-top{a:b}", ".tip-top{a:b}"),  # a script puts "tip-" and a side together
        (".top-tip{a:b}", ""),
        ("@media print{.gone{a:b}.card{c:d}}", "@media print{.card{c:d}}"),
        ("@media print{.gone{a:b}}p{c:d}", "p{c:d}"),
        ("@keyframes gone{from{a:b}50%{c:d}}", "@keyframes gone{from{a:b}50%{c:d}}"),
        ("@font-face{font-family:gone;src:url(x.y)}", "@font-face{font-family:gone;src:url(x.y)}"),
        (".card{background:url('data:;a.gone,b')}", '.card{background:url("data:;a.gone,b")}'),
    ],
)
def test_a_rule_goes_only_where_it_needs_a_class_that_nobody_has(rule, kept):
    assert thinned(rule, "card", "sm:card", "tip-", "top") == kept


def test_a_class_is_in_use_where_a_page_has_it_or_a_script_can_give_it(tmp_path):
    (tmp_path / "bootstrap.js").write_text(
        '"tooltip-inner";"toast-body";"fade";kt="bs-"+side;b=top-x'
    )
    (tmp_path / "theme.js").write_text("add('toast-button');")
    page = (
        '<p class="card wide">prose</p><i data-bs-toggle="tooltip"></i>'
        '<script>classList.add("open")</script>'
        '<script type="application/json">{"svg": "<g class=\\"frame\\"> hidden"}</script>'
    )
    names = class_names(tmp_path, [page])
    assert names >= {"card", "wide", "open", "frame", "tooltip-inner", "fade", "toast-button"}
    assert "bs-" in names
    assert names.isdisjoint({"prose", "hidden", "toast-body", "top-", "data-bs-toggle", "kt"})


def walked(path):
    """Return the places that a path of straight lines visits, as SVG 2 reads it, in hundredths."""
    places, here, start = [], (0, 0), (0, 0)
    for command, numbers in re.findall(r"([MLHVZ])([^MLHVZ]*)", path, re.IGNORECASE):
        values = [round(100 * float(n)) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        base = here if command.islower() else (0, 0)
        if command in "zZ":
            here = start
        elif command in "hH":
            here = base[0] + values[0], here[1]
        elif command in "vV":
            here = here[0], base[1] + values[0]
        else:
            here = base[0] + values[0], base[1] + values[1]
            start = here if command in "mM" else start
        places.append((command.upper() if command in "mMzZ" else "L", here))
    return places


@given(
    st.lists(
        st.tuples(st.sampled_from("MLHVz"), *[st.integers(-99_999, 99_999)] * 2),
        min_size=1,
        max_size=9,
    )
)
def test_a_path_of_steps_visits_the_same_places(drawn):
    def text(hundredths):
        return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")

    form = {"M": "M{} {}", "L": "L{} {}", "H": "H{}", "V": "V{}", "z": "z"}
    path = "M3.5 -.25" + "".join(form[c].format(text(x), text(y)) for c, x, y in drawn)
    assert walked(weight.shorter_path(path)) == walked(path)
    assert weight.shorter_path("M0 0L1.234 5") == "M0 0L1.234 5"
    assert weight.shorter_path("M29.5 144L35.4 144L35.4 111L29.5 111z") == "M29.5 144h5.9v-33h-5.9z"


def test_frames_in_fewer_letters_are_the_same_data_and_end_no_script():
    frames = {"parts": ['<g><path d="M1 2L3 2"/></g>'], "said": "a </script> <!-- b <SCRIPT>"}
    stored = json.dumps(frames).replace("<", r"\u003c")
    page = weight.shorter_frames(stored)
    assert len(page) < len(stored)
    assert json.loads(page) == {**frames, "parts": ['<g><path d="M1 2h2"/></g>']}
    assert not re.search("<(/?script|!--)", page, re.IGNORECASE)


def test_style_sheets_are_joined_in_order_with_what_they_import(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text("p{background:url(file.png)}.gone{a:b}")
    (static / "styles" / "theme.css").write_text('/* why */ @import "../basic.css";\nh1{c:d}')
    (static / "book.css").write_text("h2{e:f}")
    page = (
        '<html><head><link href="../_static/styles/theme.css?v=1" rel="stylesheet" />'
        '<link rel="icon" href="../_static/mark.svg"/>'
        '<link rel="stylesheet" href="../_static/book.css">'
    )
    pages = {tmp_path / "page.html": (page, "</head></html>")}
    join_styles(tmp_path, pages, tmp_path)
    (joined,) = static.rglob("*.css")
    assert joined.read_text() == "p{background:url(../file.png)}h1{c:d}h2{e:f}"
    ((text, _),) = pages.values()
    assert text.count("stylesheet") == 1
    assert f'href="../_static/styles/{joined.name}?v=' in text
    assert '<link rel="icon" href="../_static/mark.svg"/>' in text


def test_scripts_wait_behind_the_text_and_those_for_formulas_are_fetched_once():
    formulas = set()
    for path in SITE.glob("chapters/*.html"):
        head, _, body = path.read_text(encoding="utf-8").partition("</head>")
        assert " src=" not in head.replace("data-src=", ""), path.name
        assert head.index("const DOCUMENTATION_OPTIONS") < head.index("OPTIONS.pagename")
        text, _, behind = body.partition("</main>")
        assert not re.search("<script[^>]* src=", text)
        scripts = re.findall(r'<script([^>]*) src="([^"]*)"', behind)
        assert all(" defer" in options for options, _ in scripts)
        assert "searchindex" not in behind
        ahead = re.findall(r'<link as="script" rel="prefetch" href="([^"]*)"', head)
        formulas |= set(ahead or [scripts[-1][1]])
    # Whether asked for or fetched ahead, it is the same file, so that it comes once.
    (script,) = formulas
    assert "/tex-chtml.js?" in script
    assert not [*(SITE / "_static").rglob("*.map"), *(SITE / "_static").rglob("fontawesome.js")]


def test_the_readme_shows_the_book_in_motion_and_stays_light():
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', (ROOT / "README.md").read_text("utf-8"))
    assert [ROOT / path for path in shown] == [PICTURES["dark"], PICTURES["light"]]
    assert sum(path.stat().st_size for path in PICTURES.values()) <= 500_000
    for path in PICTURES.values():
        with Image.open(path) as picture:
            assert picture.n_frames > 5
            assert picture.info["loop"] == 1  # what moves without being asked comes to rest
