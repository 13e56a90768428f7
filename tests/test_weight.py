"""What the site leaves out to be light must be what nobody needs."""

import base64
import io

import pytest
from PIL import Image

from book.page_images import MIN_BYTES, shrink_images
from book.page_scripts import drop_repeated_styles, fetch_formulas_ahead, scripts_last
from book.page_styles import class_names, drop_unused, join_styles, print_in_light


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
        (".card{background:url('data:;a.gone,b')}", ".card{background:url('data:;a.gone,b')}"),
    ],
)
def test_a_rule_goes_only_where_it_needs_a_class_that_nobody_has(rule, kept):
    assert drop_unused(rule, {"card", "tip-", "top"}) == kept


@pytest.mark.parametrize(
    ("rule", "printed"),
    [
        ("p{a:b}", "p{a:b}"),
        ("html[data-theme] p{a:b}", "html[data-theme] p{a:b}"),
        ("[data-theme=dark] p{a:b}", "@media not print{[data-theme=dark] p{a:b}}"),
        (
            "[data-theme='light'] p{a:b}",
            "[data-theme='light'] p{a:b}@media print{[data-theme=\"dark\"] p{a:b}}",
        ),
        (
            "h1{}@media x{i,:is(p,q)[data-theme=dark],html[data-theme=light]{a:b}}",
            "h1{}@media x{i,html[data-theme=light]{a:b}"
            "@media not print{:is(p,q)[data-theme=dark]{a:b}}"
            '@media print{html[data-theme="dark"]{a:b}}}',
        ),
    ],
)
def test_paper_takes_the_light_palette(rule, printed):
    assert print_in_light(rule) == printed


def test_a_class_is_in_use_where_a_page_has_it_or_a_script_can_give_it(tmp_path):
    static = tmp_path / "_static"
    static.mkdir()
    (static / "bootstrap.js").write_text(
        '"tooltip-inner";"toast-body";"fade";kt="bs-"+side;b=top-x'
    )
    (static / "theme.js").write_text("add('toast-button');")
    page = (
        '<p class="card wide">prose</p><i data-bs-toggle="tooltip"></i>'
        '<script>classList.add("open")</script>'
        '<script type="application/json">{"svg": "<g class=\\"frame\\"> hidden"}</script>'
    )
    names = class_names(tmp_path, {tmp_path / "page.html": page})
    assert names >= {"card", "wide", "open", "frame", "tooltip-inner", "fade", "toast-button"}
    assert "bs-" in names
    assert names.isdisjoint({"prose", "hidden", "toast-body", "top-", "data-bs-toggle", "kt"})


def test_style_sheets_are_joined_in_order_with_what_they_import(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text("p{background:url(file.png)}.gone{a:b}")
    (static / "styles" / "theme.css").write_text('/* why */ @import "../basic.css";\nh1{c:d}')
    (static / "book.css").write_text("h2{e:f}")
    page = (
        '<html><head><link href="../_static/styles/theme.css?v=1" rel="stylesheet" />'
        '<link rel="icon" href="../_static/mark.svg"/>'
        '<link rel="stylesheet" href="../_static/book.css"></head></html>'
    )
    pages = {tmp_path / "page.html": page}
    join_styles(tmp_path, pages)
    (joined,) = static.rglob("*.css")
    style = joined.read_text()
    assert "p{background:url(../file.png)}\nh1{c:d}\nh2{e:f}" in style.replace("\n\n", "\n")
    text = pages[tmp_path / "page.html"]
    assert text.count("stylesheet") == 1
    assert f'href="../_static/styles/{joined.name}?v=' in text
    assert '<link rel="icon" href="../_static/mark.svg"/>' in text


def test_scripts_wait_behind_the_text_in_their_order_and_formulas_come_last():
    page = (
        '<head><script src="../_static/documentation_options.js"></script>'
        '<script src="../_static/doctools.js"></script><script>let said = "here";</script>'
        '<script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>'
        '<link rel="preload" as="script" href="../_static/theme.js">'
        '<script src="../searchindex.js"></script></head>'
        '<body><p>text</p><script defer src="../_static/theme.js"></script></body>'
    )
    moved = scripts_last(page, "const OPTIONS = 1;")
    head, _, body = moved.partition("</head>")
    assert "src=" not in head
    assert head.index("const OPTIONS = 1;") < head.index('let said = "here";')
    order = [body.index(name) for name in ("text", "doctools", "theme", "tex-chtml", "</body>")]
    assert order == sorted(order)
    assert body.count("<script defer") == 3
    assert "searchindex" not in moved


def test_pages_without_formulas_fetch_their_script_ahead():
    page = '<html data-content_root="{}"><head>{}</head></html>'
    script = '<script defer src="../_static/mathjax/tex-chtml.js?v=1"></script>'
    pages = {
        "formulas": page.format("../", script),
        "words": page.format("../../", ""),
        "search": page.format("./", "").replace("./", ""),
    }
    fetch_formulas_ahead(pages, "_static/fonts")
    assert pages["formulas"] == page.format("../", script)
    assert (
        'rel="prefetch" as="script" href="../../_static/mathjax/tex-chtml.js?v=1"' in pages["words"]
    )
    assert 'href="_static/mathjax/tex-chtml.js?v=1"' in pages["search"]
    assert pages["words"].count('href="../../_static/fonts/MathJax_') == 2


def test_a_style_element_stands_once_on_a_page():
    page = "<style>a{}</style><p>1</p><style>b{}</style><p>2</p><style>a{}</style><p>3</p>"
    once = "<style>a{}</style><p>1</p><style>b{}</style><p>2</p><p>3</p>"
    assert drop_repeated_styles(page) == once


def _pixels(page):
    data = page.partition("base64,")[2].partition('"')[0].replace("\\n", "")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    return image.convert("RGBA").tobytes(), len(data)


def test_an_image_of_few_colors_shrinks_and_keeps_every_pixel(rng):
    colors = rng.integers(0, 256, (16, 4), dtype="uint8")
    picture = Image.fromarray(colors[rng.integers(0, 16, (120, 180))], "RGBA")
    written = io.BytesIO()
    picture.save(written, "png")
    assert len(written.getvalue()) > MIN_BYTES
    data = base64.encodebytes(written.getvalue()).decode().replace("\n", "\\n")
    page = f'<image href="data:image/png;base64, {data}"/>'
    before, after = _pixels(page), _pixels(shrink_images(page))
    assert after[0] == before[0]
    assert after[1] < before[1] / 2


def test_an_image_of_many_colors_stays_as_it_is(rng):
    picture = Image.fromarray(rng.integers(0, 256, (60, 60, 4), dtype="uint8"), "RGBA")
    written = io.BytesIO()
    picture.save(written, "png")
    page = f'<image href="data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"/>'
    assert shrink_images(page) == page
