"""The built site in a real browser, as its readers meet it.

What a page's own text decides is tried on every page; what all pages share, on a few of them.
"""

import functools
import gzip
import io
import itertools
import random
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin

import nbformat
import numpy as np
import pytest
from recorded import CHAPTERS, SITE, code_cells, sampled, stored_explorers

from browsers import axe
from dropout_lab.explorer.page import read_published, script_text

PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] not in ("_static", "lite")  # no pages of the book
)
BOOK_PAGES = [page for page in PAGES if page != "index.html"]  # which leads to another
CHAPTER_PAGES = [page for page in PAGES if page.startswith("chapters/")]
EXPLORED = [page for page in CHAPTER_PAGES if "data-xp=" in (SITE / page).read_text("utf-8")]
LESSONS = [page for page in EXPLORED if "index" not in page]
FIRST_LESSON = LESSONS[0]
MAX_SITE_BYTES = 15_000_000
MAX_FIRST_LOAD_BYTES = 600_000  # gzipped
MAX_SECOND_PAGE_BYTES = 150_000
MAX_SCRIPT_BYTES = 1_500
FRAMES_PER_EXPLORER = 4
PHONE = 320  # the narrowest screen of WCAG 1.4.10

on_every_page = pytest.mark.parametrize("page", PAGES)
where_explorers_are = pytest.mark.parametrize("page", EXPLORED)
in_some_chapters = pytest.mark.parametrize("page", sampled(LESSONS))
in_the_first_chapter = pytest.mark.parametrize("page", [FIRST_LESSON])


def _open(browser, site_url, path, base=None, mode="light", width=1400, **options):
    """Open a page in a context of its own, and note on it what goes wrong."""
    base = base or site_url
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=mode, **options
    )
    page = context.new_page()
    page.trouble, page.files = [], set()
    page.on("pageerror", lambda error: page.trouble.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: _note_failure(page, request))
    page.on("console", lambda message: _note_console(page, message))
    page.on("request", lambda request: _note_request(page, request, base))
    page.on("response", lambda response: _note_response(page, response))
    page.goto(base + path)
    if options.get("java_script_enabled", True):
        page.wait_for_function("!document.querySelector('meta[http-equiv=refresh i]')")
        page.evaluate("window.MathJax?.startup?.promise")  # formulas change the layout
    page.at_first = page.locator(".xp[data-xp]").evaluate_all(
        """roots => roots.map(root => [
            [...root.querySelectorAll('.xp-axis')].map(axis => +axis.value),
            root.querySelector('.xp-say').textContent])"""
    )
    return page


@pytest.fixture
def open_page(browser, site_url):
    """Return a function that opens a page that nobody has touched yet."""
    pages = []

    def open_it(path, **options):
        pages.append(_open(browser, site_url, path, **options))
        return pages[-1]

    yield open_it
    for page in pages:
        page.context.close()


# The theme waits 0.3 seconds before it looks again which boxes scroll, and makes those stops of the
# keyboard. An earlier test may have changed their width meanwhile, or have printed the page.
SETTLED = """mode => document.documentElement.dataset.theme == mode
    && [...document.querySelectorAll('pre, .cell_output > .output')].every(box =>
        (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight)
        == (box.tabIndex == 0))"""


@pytest.fixture(scope="session")
def look_at(browser, site_url):
    """Return a function that opens a page, or gives the one that an earlier test opened.

    For tests that do not care where the sliders stand and which solutions are open; `at_first` says
    where the sliders stood. All else is put back. The tests of one page run one after the other, so
    only the last page is kept.
    """
    kept = {}

    def look(path, mode="light", width=1400):
        if path not in kept:
            close()
            kept[path] = _open(browser, site_url, path)
            # What is far from the screen is not laid out, and axe and a new width need that.
            kept[path].add_style_tag(content="section { content-visibility: visible !important }")
        page = kept[path]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(
            media="screen",
            color_scheme=mode,
            forced_colors="none",
            reduced_motion="no-preference",
        )
        page.evaluate("scrollTo({top: 0, behavior: 'instant'}); dispatchEvent(new Event('resize'))")
        page.wait_for_function(SETTLED, arg=mode)
        page.evaluate("document.getAnimations().forEach(change => change.finish())")
        return page

    def close():
        while kept:
            kept.popitem()[1].context.close()

    yield look
    close()


def _note_console(page, message):
    if message.type in ("error", "warning"):
        page.trouble.append(f"console {message.type}: {message.text}")


def _note_failure(page, request):
    # A browser that is sent on to another page gives up what it was still loading.
    # What the server fails to deliver has another error or a status.
    if request.failure not in ("net::ERR_ABORTED", "NS_BINDING_ABORTED"):
        page.trouble.append(f"failed: {request.url}: {request.failure}")


def _note_request(page, request, base):
    if request.url.startswith(base):
        page.files.add(request.url.removeprefix(base).partition("?")[0])
    if not request.url.startswith((base, "data:", "blob:")):
        page.trouble.append(f"request to elsewhere: {request.url}")


def _note_response(page, response):
    if response.status >= 400:
        page.trouble.append(f"status {response.status}: {response.url}")


# --- without a browser -------------------------------------------------------------------------


def test_the_site_is_there_and_light():
    assert "chapters/index.html" in EXPLORED
    assert len(LESSONS) >= 3
    files = [path for path in SITE.rglob("*") if path.is_file()]
    book = [path for path in files if path.relative_to(SITE).parts[0] != "lite"]
    assert sum(path.stat().st_size for path in book) < MAX_SITE_BYTES


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.ids = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self.links += [attrs[name] for name in ("href", "src") if attrs.get(name)]


@functools.cache
def _parse(page):
    parser = _Links()
    parser.feed((SITE / page).read_text(encoding="utf-8"))
    return parser


def test_no_link_inside_the_site_is_dead():
    parsed = {page: _parse(page) for page in PAGES}
    dead = []
    for page, link in [(path, link) for path in PAGES for link in parsed[path].links]:
        if link.startswith(("http:", "https:", "mailto:", "data:", "javascript:")):
            continue
        target, fragment = urldefrag(urljoin(page, unquote(link)))
        target = target.partition("?")[0]
        if not (SITE / target).exists() or (
            fragment and target in parsed and fragment not in parsed[target].ids
        ):
            dead.append(f"{page}: {link}")
    assert dead == []


def _notebook(page):
    """Return the notebook behind a page."""
    return (CHAPTERS / page.split("/")[-1]).with_suffix(".ipynb")


@functools.cache
def _explorers(page):
    """Return the explorers in the text of a page."""
    return read_published((SITE / page).read_text("utf-8"))


@where_explorers_are
def test_a_page_carries_the_explorers_that_its_notebook_stores(page):
    def without_style(explorer):
        # The first on a page keeps the style for all, and pictures inside get a palette.
        text = re.sub(r"(?s)<style>.*?</style>", "", explorer.html)
        return re.sub(r"(?<=data:image/png;base64,)(?:[\w+/=\s]|\\n)+", "", text)

    shown = _explorers(page)
    stored = stored_explorers(_notebook(page))
    assert list(map(without_style, shown)) == list(map(without_style, stored))
    assert len(script_text().encode()) <= MAX_SCRIPT_BYTES


@on_every_page
def test_no_element_has_a_color_of_its_own(page):
    text = re.sub(r'(?s)<figure class="xp\b.*?</figure>', "", (SITE / page).read_text("utf-8"))
    colored = re.findall(r'<[^>]*\sstyle="[^"]*(?:color|background|fill)[^"]*"[^>]*>', text)
    assert colored == []


@where_explorers_are
def test_a_downloaded_notebook_is_the_chapter_with_its_first_frames(page):
    chapter = code_cells(_notebook(page))
    download = nbformat.read(SITE / "_sources" / "chapters" / _notebook(page).name, as_version=4)
    code = [cell for cell in download.cells if cell.cell_type == "code"]
    if download.cells[1].id == "install-on-colab":  # the site was built with its repository
        del code[0]
    assert [cell.source for cell in code] == [cell.source for cell in chapter]
    shown = str([cell.outputs for cell in code])
    stored = str([cell.outputs for cell in chapter])
    assert shown.count("data:image/svg+xml") == stored.count('<figure class="xp ') > 0
    assert "<script" not in shown


# --- loading -----------------------------------------------------------------------------------


@on_every_page
def test_a_page_loads_without_a_complaint_or_a_foreign_request(look_at, page):
    assert look_at(page).trouble == []


@pytest.mark.parametrize("page", sampled(PAGES))
def test_a_page_loads_from_a_folder(open_page, page):
    opened = open_page(page, base=SITE.as_uri() + "/")
    assert opened.trouble == []
    assert opened.locator("mjx-merror").count() == 0
    if page in EXPLORED:
        assert _moves(opened)


def _moves(opened):
    """Say whether the first explorer of a page shows another sentence once its control moves."""
    return opened.locator(".xp[data-xp]").first.evaluate(
        """root => {
            const axis = root.querySelector('.xp-axis'), say = root.querySelector('.xp-say');
            const before = say.textContent;
            axis.value = axis.value == 0 ? 1 : 0;
            axis.dispatchEvent(new Event('input', {bubbles: true}));
            return say.textContent != before;
        }"""
    )


@pytest.mark.firefox
@pytest.mark.parametrize(
    "page", [p for p in CHAPTER_PAGES if 'class="math ' in (SITE / p).read_text("utf-8")]
)
def test_formulas_are_typeset(look_at, page):
    opened = look_at(page)
    formulas = opened.locator("div.math, span.math").count()
    assert opened.locator("mjx-container").count() == formulas > 0
    assert opened.locator("mjx-merror").count() == 0
    # The page kept room for those that its reader sees first.
    guesses = opened.locator(".bd-article > section > p span.math[style]").evaluate_all(
        """spans => spans.map(span => [parseFloat(span.style.getPropertyValue('--width')),
            span.getBoundingClientRect().width / parseFloat(getComputedStyle(span).fontSize)])"""
    )
    assert all(abs(guess - width) < max(1, width / 4) for guess, width in guesses), guesses


def _zipped(path):
    return len(gzip.compress((SITE / path).read_bytes(), 6))


def _assets(page):
    """Return the style sheets and the scripts that a page asks for."""
    links = [urljoin(page, link).partition("?")[0] for link in _parse(page).links]
    return {link for link in links if link.endswith((".css", ".js"))}


@pytest.mark.parametrize("page", CHAPTER_PAGES)
def test_a_first_visit_is_light_and_a_second_page_lighter(look_at, page):
    opened = look_at(page)
    opened.wait_for_load_state("networkidle")
    assert _assets(page) < opened.files
    assert sum(map(_zipped, opened.files)) <= MAX_FIRST_LOAD_BYTES
    # Whichever page a reader comes from, it brought what all pages share.
    own = {page} | (_assets(page) - set.intersection(*map(_assets, CHAPTER_PAGES)))
    assert sum(map(_zipped, own)) <= MAX_SECOND_PAGE_BYTES


@pytest.mark.parametrize("page", sampled(CHAPTER_PAGES))
def test_icons_come_from_the_font_that_the_page_carries(look_at, page):
    drawn, loaded = look_at(page).evaluate(
        """[[...document.querySelectorAll('i.fa-solid')].filter(icon => icon.checkVisibility())
            .map(icon => getComputedStyle(icon, '::before').content),
            document.fonts.check('900 16px "Font Awesome 6 Free"')]"""
    )
    assert drawn
    assert "none" not in drawn
    assert loaded


# Where the start of a section stands in the window; one near the end cannot reach its top.
PLACE = """id => {
    const root = document.documentElement;
    const top = document.getElementById(id).getBoundingClientRect().y;
    return root.scrollHeight - root.scrollTop - innerHeight < 2 && top > 0 ? 0 : top;
}"""


@in_the_first_chapter
def test_a_link_to_a_section_leads_to_it(open_page, page):
    opened = open_page(page)
    address = opened.url
    contents = opened.locator(".bd-sidebar-secondary a[href^='#']")
    links = [link.get_attribute("href") for link in contents.all()]
    assert len(links) > 3
    for link in [*links[1::3], links[1]]:  # also back up
        opened.locator(f".bd-sidebar-secondary a[href='{link}']").click()
        opened.wait_for_timeout(100)
        assert -20 <= opened.evaluate(PLACE, link[1:]) <= 120, link
    for width, link in itertools.product((1400, 360), links[2::6]):  # from elsewhere
        opened.set_viewport_size({"width": width, "height": 900})
        opened.goto("about:blank")
        opened.goto(address + link)
        opened.evaluate("window.MathJax?.startup?.promise")
        assert -20 <= opened.evaluate(PLACE, link[1:]) <= 120, link


# --- explorers ---------------------------------------------------------------------------------

# Moves an explorer as a reader's hand does, in one call since each costs time. Returns for each
# move whether the figure is drawn as asked, the sentence and the accessible name.
SHOWN = """(root, moves) => moves.map(([positions, nodes]) => {
    [...root.querySelectorAll('.xp-axis')].forEach((axis, k) => {
        axis.value = positions[k];
        axis.dispatchEvent(new Event('input', {bubbles: true}));
    });
    const svg = root.querySelector('.xp-view svg'), asked = svg.cloneNode();
    asked.innerHTML = nodes;
    // Ids begin with the explorer's key and, on the page, with its number.
    const plain = text => text.replace(/xp[0-9a-f]{10}\\d*/g, '');
    const shown = [...svg.children].map(group => group.innerHTML).join('');
    return [plain(shown) == plain(asked.innerHTML),
            root.querySelector('.xp-say').textContent, svg.getAttribute('aria-label')];
})"""


@pytest.mark.firefox
@where_explorers_are
def test_every_explorer_moves_and_shows_the_frame_asked_for(look_at, page):
    opened = look_at(page)
    explorers = _explorers(page)
    assert opened.at_first == [[one.start, one.sentences[one.number({})]] for one in explorers]
    chosen = random.Random(0)
    for number, explorer in enumerate(explorers):
        sizes = [len(labels) for labels in explorer.labels]
        last = len(explorer.frames) - 1
        frames = [0, last, *(chosen.randint(0, last) for _ in range(FRAMES_PER_EXPLORER))]
        moves = [
            (list(map(int, np.unravel_index(frame, sizes))), explorer.nodes(frame))
            for frame in frames
        ]
        shown = opened.locator(".xp[data-xp]").nth(number).evaluate(SHOWN, moves)
        said = [explorer.sentences[frame] for frame in frames]
        assert shown == [[True, sentence, sentence] for sentence in said]
        assert len(set(said)) > 1
    # What they drew for it keeps ids of its own, and finds them.
    ids, missing = opened.evaluate(
        r"""[[...document.querySelectorAll('.xp [id]')].map(node => node.id),
            [...document.querySelectorAll('.xp svg')].flatMap(svg =>
                [...svg.innerHTML.matchAll(/(?:url\(|href=")#([^")]+)/g)]
                .map(match => match[1]).filter(id => !svg.querySelector('#' + CSS.escape(id))))]"""
    )
    assert len(ids) == len(set(ids))
    assert missing == []
    assert opened.trouble == []


@pytest.mark.firefox
@where_explorers_are
def test_the_keyboard_moves_every_slider(look_at, page):
    opened = look_at(page)

    def press(key):
        opened.keyboard.press(key)
        return slider.evaluate(
            "axis => [axis.value, axis.ariaValueText, axis.nextSibling.textContent]"
        )

    for slider in opened.locator(".xp input[type=range]:not([max='0'])").all():
        last = slider.get_attribute("max")
        slider.focus()
        first = press("Home")
        second = press("ArrowRight")
        assert (first[0], second[0]) == ("0", "1")
        assert first[1] != second[1]
        value, text, shown = press("End")
        assert value == last
        assert shown == text
    for menu in opened.locator(".xp select").all():
        root = menu.locator("xpath=ancestor::figure[1]")
        _set_first(menu)
        before = root.locator(".xp-view").inner_html()
        menu.focus()
        opened.keyboard.press("End")
        assert menu.input_value() == str(menu.locator("option").count() - 1)
        assert root.locator(".xp-view").inner_html() != before


def _set_first(menu):
    """Choose the first option of a drop-down and show its frame."""
    menu.evaluate("axis => { axis.selectedIndex = 0; axis.closest('.xp').oninput(); }")


@in_some_chapters
def test_moving_a_slider_parses_only_the_parts_that_differ(look_at, page):
    # Milliseconds are for `make bench`. What makes a move cheap can be counted: a part of the
    # figure that looks the same before and after keeps its nodes.
    written, differing = look_at(page).evaluate(
        """async () => {
            const root = document.querySelector('.xp[data-xp]'), svg = root.querySelector('svg');
            const parts = [...svg.children], look = () => parts.map(part => part.innerHTML);
            const observer = new MutationObserver(() => {});
            observer.observe(svg, {childList: true, subtree: true});
            const written = [], differing = [];
            for (const axis of root.querySelectorAll('.xp-axis')) {
                const count = axis.type == 'range' ? +axis.max + 1 : axis.options.length;
                for (let i = 0; i < Math.min(count, 15); i++) {
                    const before = look();
                    axis.value = i;
                    axis.dispatchEvent(new Event('input', {bubbles: true}));
                    const after = look(), numbers = parts.map((part, k) => k);
                    const targets = observer.takeRecords().map(record => record.target);
                    written.push(numbers.filter(k => targets.includes(parts[k])));
                    differing.push(numbers.filter(k => before[k] != after[k]));
                }
            }
            return [written, differing];
        }"""
    )
    assert written == differing
    assert any(differing)


def test_play_steps_through_time_unless_the_reader_wants_no_motion(look_at):
    page, number, axis = next(
        (page, number, explorer.play)
        for page in EXPLORED
        for number, explorer in enumerate(_explorers(page))
        if explorer.play is not None
    )
    opened = look_at(page)
    root = opened.locator(".xp[data-xp]").nth(number)
    slider, button = root.locator(".xp-axis").nth(axis), root.locator("button")
    sentence = root.locator(".xp-say")
    slider.focus()
    opened.keyboard.press("End")
    before = sentence.text_content()
    for pressed, live in (("Pause", "off"), ("Play", "polite")):
        button.focus()
        opened.keyboard.press("Enter")
        assert button.text_content() == pressed
        assert sentence.get_attribute("aria-live") == live
        if pressed == "Pause":
            assert slider.input_value() == "0"
            opened.wait_for_function(
                "([node, text]) => node.textContent != text",
                arg=[sentence.element_handle(), before],
            )
    opened.emulate_media(reduced_motion="reduce")
    assert not button.is_visible()
    opened.emulate_media(reduced_motion="no-preference")


# --- without scripts, on paper, on a phone, in the dark ----------------------------------------


@in_some_chapters
def test_without_scripts_the_first_frame_stands_there_and_says_so(open_page, page):
    opened = open_page(page, java_script_enabled=False)
    figures = opened.locator(".xp[data-xp]")
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        picture = figure.locator("img")
        box = picture.bounding_box()
        assert box["width"] > 300
        assert box["height"] > 150
        assert picture.get_attribute("alt") == figure.locator(".xp-say").text_content()
        assert "scripts" in figure.locator(".xp-note").text_content()
        assert figure.locator(".xp-axis").count() == 0
    _assert_quizzes_answer(opened)


@pytest.mark.parametrize("mode", ["light", "dark"])
@in_some_chapters
def test_a_printed_explorer_keeps_figure_and_sentence_in_black(look_at, page, mode):
    opened = look_at(page, mode=mode)
    opened.emulate_media(media="print")
    printed = opened.locator(".xp[data-xp]").evaluate_all(
        """roots => roots.map(root => [
            ...['.xp-ui', 'svg', '.xp-say'].map(s => root.querySelector(s).checkVisibility()),
            getComputedStyle(root).color])"""
    )
    opened.emulate_media(media="screen")
    assert set(map(tuple, printed)) == {(False, True, True, "rgb(0, 0, 0)")}


PAINTED = """() => [...document.querySelectorAll('body, main *')].filter(
    node => node.checkVisibility()).map(node => {
    const {color, backgroundColor, borderTopColor, fill, stroke, filter} = getComputedStyle(node);
    return [node.tagName, color, backgroundColor, borderTopColor, fill, stroke, filter].join(' ');
})"""


@pytest.mark.parametrize("page", sampled(BOOK_PAGES))
def test_paper_has_the_light_palette_whatever_the_screen_has(look_at, page):
    opened, painted = look_at(page), {}
    # What waits for the reader to come near is laid out, and no color is on its way.
    still = "* { transition: none !important; content-visibility: visible !important }"
    style = opened.add_style_tag(content=still)
    for media in ("print", "screen"):
        opened.emulate_media(media=media)
        for theme in ("dark", "light"):
            opened.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            painted[media, theme] = opened.evaluate(PAINTED)
    style.evaluate("style => style.remove()")
    assert painted["print", "light"] == painted["print", "dark"]
    assert painted["screen", "light"] != painted["screen", "dark"]


@pytest.mark.firefox
@pytest.mark.parametrize("page", ["chapters/index.html"])
def test_paper_keeps_the_sentence_of_an_explorer(look_at, page):
    from playwright.sync_api import Error
    from pypdf import PdfReader

    opened = look_at(page)
    try:
        printed = PdfReader(io.BytesIO(opened.pdf()))
    except Error as error:
        if "PDF generation" not in str(error):
            raise
        pytest.skip("Playwright's own Firefox prints no PDF; the machine's Firefox would")
    text = " ".join(" ".join(sheet.extract_text() for sheet in printed.pages).split())
    assert opened.locator(".xp[data-xp] .xp-say").first.text_content() in text


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_cheat_sheet_prints_on_one_page(open_page, paper):
    printed = open_page("chapters/cheat_sheet.html").pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("page", CHAPTER_PAGES)
def test_a_phone_shows_it_all_without_sideways_scrolling(look_at, page):
    opened = look_at(page, width=PHONE)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE
    figures = opened.locator(".xp[data-xp]").evaluate_all(
        """roots => roots.map(root => {
            const svg = root.querySelector('svg'), box = svg.getBoundingClientRect();
            const scale = box.width / svg.viewBox.baseVal.width;
            const controls = [...root.querySelectorAll('.xp-axis')]
                .map(axis => axis.getBoundingClientRect());
            return [box.left, Math.max(box.right, ...controls.map(control => control.right)),
                Math.min(...[...svg.querySelectorAll('text')].map(
                    text => parseFloat(getComputedStyle(text).fontSize) * scale)),
                Math.min(...controls.map(control => control.height))];
        })"""
    )
    for left, right, letters, control in figures:
        assert left >= 0
        assert right <= PHONE
        assert letters >= 8
        assert control >= 43.5


# Text at twice its size by the browser's zoom, by its own size, and as WCAG 1.4.12 spaces it.
ENLARGED = [
    (640, ""),
    (1280, "html { font-size: 200% !important }"),
    (
        PHONE,
        """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important } p { margin-bottom: 2em !important }""",
    ),
]


@pytest.mark.parametrize("page", sampled(CHAPTER_PAGES))
def test_larger_text_and_wider_spacing_lose_nothing(look_at, page):
    opened = look_at(page, width=PHONE)
    for width, style in ENLARGED:
        opened.set_viewport_size({"width": width, "height": 900})
        too_wide, cut = opened.evaluate(
            """style => {
                const added = document.createElement('style');
                added.textContent = 'section { content-visibility: visible !important }' + style;
                document.head.append(added);
                const root = document.documentElement;
                const cut = [...document.querySelectorAll('body *')].filter(node =>
                    node.clientWidth && node.scrollWidth > node.clientWidth + 1
                    && !node.closest('.math') && node.checkVisibility({visibilityProperty: true})
                    && ['hidden', 'clip'].includes(getComputedStyle(node).overflowX));
                const found = [root.scrollWidth - root.clientWidth, cut.map(n => n.className)];
                added.remove();
                return found;
            }""",
            style,
        )
        assert (too_wide, cut) == (0, [])
    opened.set_viewport_size({"width": PHONE, "height": 900})


@pytest.mark.firefox
@where_explorers_are
def test_no_text_of_a_figure_is_cut_off(look_at, page):
    opened = look_at(page, width=PHONE)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE
    # Firefox rounds the box of a text outward to whole pixels, so that one pixel is not enough.
    cut = opened.locator(".xp[data-xp]").evaluate_all(
        """roots => roots.flatMap(root => {
            const axes = [...root.querySelectorAll('.xp-axis')], cut = [];
            for (const last of [false, true]) {
                for (const axis of axes)
                    axis.value = last ? axis.max || axis.options.length - 1 : 0;
                axes[0].dispatchEvent(new Event('input', {bubbles: true}));
                const box = root.querySelector('svg').getBoundingClientRect();
                for (const text of root.querySelectorAll('svg text')) {
                    const own = text.getBoundingClientRect();
                    if (own.left < box.left - 2 || own.right > box.right + 2
                        || own.top < box.top - 2 || own.bottom > box.bottom + 2)
                        cut.push(text.textContent);
                }
            }
            return cut;
        })"""
    )
    assert cut == []


@in_the_first_chapter
def test_a_page_follows_the_system_until_its_reader_chooses(open_page, page):
    opened = open_page(page, mode="dark")
    look = "[document.documentElement.dataset.theme, document.documentElement.dataset.mode]"
    assert opened.evaluate(look) == ["dark", "auto"]
    opened.emulate_media(color_scheme="light")  # the evening ends while the page is open
    opened.wait_for_function("document.documentElement.dataset.theme == 'light'")
    opened.emulate_media(color_scheme="dark")
    opened.get_by_role("button", name="Color mode").click()
    assert opened.evaluate(look) == ["light", "light"]
    opened.reload()
    assert opened.evaluate(look) == ["light", "light"]
    assert opened.trouble == []


# The contrast of each text of a figure with the page, as WCAG 2 defines it.
CONTRAST = """root => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = color => {
        const [r, g, b] = color.slice(0, 3).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let node = root, back;
    while (node && (back = rgb(getComputedStyle(node).backgroundColor))[3] === 0)
        node = node.parentElement;
    return [...root.querySelectorAll('svg text, .xp-say, .xp-ui span')].map(text => {
        const fore = rgb(getComputedStyle(text)[text.closest('svg') ? 'fill' : 'color']);
        const [low, high] = [light(fore), light(back)].sort((a, b) => a - b);
        return [text.textContent, (high + 0.05) / (low + 0.05)];
    });
}"""


@pytest.mark.parametrize("mode", ["light", "dark"])
@where_explorers_are
def test_figures_are_legible_in_both_modes(look_at, page, mode):
    texts = (
        look_at(page, mode=mode)
        .locator(".xp[data-xp]")
        .evaluate_all(f"roots => roots.flatMap({CONTRAST})")
    )
    assert texts
    for text, ratio in texts:
        # What is a shape, such as the square before a legend's line, needs less than letters.
        assert ratio >= (4.5 if re.search(r"\w", text) else 3), text


def _axe(opened, **options):
    """Return what axe finds on a page as it stands."""
    opened.evaluate(_axe_script())
    found = opened.evaluate(
        "options => axe.run(document, options)",
        {"resultTypes": ["violations"], **options},  # listing what is in order takes time
    )
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@functools.cache
def _axe_script():
    path = axe.script()
    if not path.exists():
        pytest.fail(f"{path} is missing; run: python -m browsers.axe")
    return path.read_text(encoding="utf-8")


# Left alone, axe skips its experiments, its newest rules and those of WCAG 2.2.
MORE_RULES = {
    name: {"enabled": True}
    for name in [
        "css-orientation-lock",
        "focus-order-semantics",
        "hidden-content",
        "label-content-name-mismatch",
        "p-as-heading",
        "table-fake-caption",
        "target-size",
        "td-has-header",
    ]
}


@pytest.mark.parametrize("page", BOOK_PAGES)
def test_axe_finds_no_violation_on_the_whole_page(look_at, page):
    assert _axe(look_at(page), rules=MORE_RULES) == []


@pytest.mark.parametrize("page", sampled(BOOK_PAGES, 4))
def test_axe_finds_enough_contrast_in_the_dark(look_at, page):
    # All that the mode changes is the palette, which all pages share.
    assert _axe(look_at(page, mode="dark"), runOnly=["color-contrast"]) == []


def test_axe_is_the_pinned_one_or_none():
    with pytest.raises(ValueError, match=r"not the one that package-lock\.json names"):
        axe.unpack(b"another package")


def test_without_a_registry_axe_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/npm/")
    monkeypatch.setattr(axe, "TARGET", tmp_path)
    with pytest.raises(SystemExit, match=r"127\.0\.0\.1:9/npm/axe-core/-/axe-core-") as stopped:
        axe.main()
    assert "npm_config_registry" in str(stopped.value)
    assert list(tmp_path.iterdir()) == []


# --- what a page can be made to do ---------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [next(page for page in PAGES if "&gt;&gt;&gt; </span>" in (SITE / page).read_text())]
)
def test_what_is_copied_can_be_run(open_page, page):
    opened = open_page(page, permissions=["clipboard-read", "clipboard-write"])
    blocks = [
        block
        for block in opened.locator("div.highlight").all()
        if ">>> " in block.locator("pre").text_content()
    ]
    assert blocks
    for block in blocks[:3]:
        shown = block.locator("pre").text_content().splitlines()
        block.hover()
        block.locator("button.copybtn").click()
        copied = opened.evaluate("navigator.clipboard.readText()")
        assert copied.split("\n") == [
            line[4:] for line in shown if line.startswith((">>> ", "... "))
        ]


@pytest.mark.firefox
def test_a_frame_without_storage_keeps_search_contents_and_modes(open_page, site_url):
    opened = open_page("search.html", width=800)
    opened.set_content(
        f'<iframe sandbox="allow-scripts" width="780" height="880" '
        f'src="{site_url}{FIRST_LESSON}"></iframe>'
    )
    frame = opened.frame_locator("iframe")
    html = frame.locator("html")
    frame.get_by_role("button", name="Color mode").click()
    assert html.get_attribute("data-mode") == "dark"
    frame.get_by_role("button", name="Search").first.click()
    assert frame.get_by_role("dialog", name="Search").is_visible()
    opened.keyboard.press("Escape")
    frame.get_by_role("button", name="Toggle primary sidebar").click()
    assert frame.get_by_role("dialog", name="Book").is_visible()
    # Such a frame loads no fonts from its server either; that is the browser's word.
    trouble = [line for line in opened.trouble if line.startswith("script error")]
    assert [line for line in trouble if ".woff" not in line] == []


# --- with the keyboard alone -------------------------------------------------------------------

FOCUS = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    // Where a button opens a whole box, the ring stands around its title.
    const rings = [getComputedStyle(node)];
    if (node.matches('.toggle-button'))
        rings.push(getComputedStyle(node.closest('.admonition-title'), '::before'));
    const ring = rings.find(r => r.outlineStyle == 'solid' && parseFloat(r.outlineWidth) >= 2);
    const box = node.getBoundingClientRect();
    node.dataset.stop = true;
    return [node.outerHTML.slice(0, 160), ring?.outlineColor ?? 'no ring',
            box.bottom > 0 && box.top < innerHeight];
}"""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(open_page):
    opened = open_page(FIRST_LESSON, reduced_motion="reduce")
    press, first, colors = opened.keyboard.press, None, set()
    press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to main content"
    assert opened.locator(":focus").bounding_box()["y"] >= 0
    press("Tab")
    for _ in range(400):
        stop = opened.evaluate(FOCUS)
        if stop is None:  # past the last stop, on the way back to the browser's own buttons
            break
        first = first or stop
        markup, ring, in_sight = stop
        assert ring != "no ring", markup
        assert in_sight, markup
        colors.add(ring)
        press("Tab")
    else:
        pytest.fail("the keyboard did not leave the page")
    missed = opened.evaluate(
        """[...document.querySelectorAll('button, summary, a[href], .xp-axis')].filter(node =>
            node.checkVisibility({visibilityProperty: true}) && !node.matches('.skip-link *')
            && !node.dataset.stop).map(node => node.outerHTML.slice(0, 160))"""
    )
    assert missed == []
    assert opened.locator(".xp-quiz:has([data-stop])").count() == opened.locator(".xp-quiz").count()
    for mode in ("light", "dark"):
        page = {"light": (255, 255, 255), "dark": (18, 18, 18)}[mode]
        color = opened.evaluate(
            """mode => {
                document.documentElement.dataset.theme = mode;
                const link = document.querySelector('.bd-article p a');
                link.focus({focusVisible: true});
                return getComputedStyle(link).outlineColor;
            }""",
            mode,
        )
        assert _contrast([int(part) for part in re.findall(r"\d+", color)[:3]], page) >= 3


# What shows a control when the reader's system chooses all colors: its border, or else the color
# of its letters, its icon, or what the browser draws itself; and the ring when it has the focus.
FORCED = """() => {
    const shown = (color, back) => {
        const [r, g, b, alpha = 1] = color.match(/[\\d.]+/g).map(Number);
        return [r, g, b].map((part, k) => alpha * part + (1 - alpha) * back[k]);
    };
    const back = shown(getComputedStyle(document.body).backgroundColor, [0, 0, 0]);
    const all = [...document.querySelectorAll('button, summary, input, select, .xp-quiz')];
    return [back, all.filter(n => n.checkVisibility({visibilityProperty: true})).map(node => {
        const style = getComputedStyle(node);
        const border = style.borderTopStyle == 'solid' && parseFloat(style.borderTopWidth) >= 1;
        const inside = style.appearance == 'auto' || node.textContent.trim()
            || node.querySelector('svg, [class*=fa-]');
        const edge = border ? style.borderTopColor : inside ? style.color : 'rgb(0, 0, 0, 0)';
        node.focus({focusVisible: true});
        const rings = [getComputedStyle(document.activeElement)];
        if (node.matches('.toggle-button'))
            rings.push(getComputedStyle(node.closest('.admonition-title'), '::before'));
        const ring = node.matches('.xp-quiz') ? edge : rings.find(
            r => r.outlineStyle == 'solid' && parseFloat(r.outlineWidth) >= 2)?.outlineColor;
        return [node.outerHTML.slice(0, 160), shown(edge, back), ring && shown(ring, back)];
    })];
}"""


@pytest.mark.parametrize("mode", ["light", "dark"])
@in_the_first_chapter
def test_forced_colors_leave_edges_rings_and_letters(look_at, page, mode):
    opened = look_at(page, mode=mode)
    opened.emulate_media(forced_colors="active")
    back, controls = opened.evaluate(FORCED)
    letters = opened.locator(".xp[data-xp]").evaluate_all(f"roots => roots.flatMap({CONTRAST})")
    opened.emulate_media(forced_colors="none")
    assert back == ([255, 255, 255] if mode == "light" else [0, 0, 0])  # the system's, not ours
    assert len(controls) > 40
    for markup, edge, ring in controls:
        assert _contrast(edge, back) >= 3, markup
        assert ring, markup
        assert _contrast(ring, back) >= 3, markup
    assert min(ratio for _, ratio in letters) >= 4.5


def _contrast(one, other):
    """Return the contrast of two colors of the screen as WCAG 2 defines it."""

    def luminance(color):
        shares = [part / 255 for part in color]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_keys_open_what_is_closed(open_page):
    opened = open_page(FIRST_LESSON, reduced_motion="reduce")
    press = opened.keyboard.press
    # The skip link leads into the text.
    press("Tab")
    press("Enter")
    press("Tab")
    assert opened.evaluate("!!document.activeElement.closest('main')")
    # Who listens learns which page this is, and hears no icon in the name of a list.
    here = opened.locator("nav[aria-label=Main] [aria-current=page]")
    assert here.text_content() == "1. The study group"
    assert opened.get_by_role("navigation", name="Contents", exact=True).count() == 1
    # A solution, and a question's answer.
    solution = opened.locator("div.solution").first
    solution.get_by_role("button", name="Solution to Exercise 1.1 (Two friends)").focus()
    press("Enter")
    assert opened.evaluate("document.getAnimations().length") == 0  # nor does anything move
    assert solution.locator("section").first.is_visible()
    question = opened.locator(".xp-quiz").first
    question.locator("summary").first.focus()
    press("Space")
    assert question.locator(".xp-feedback:visible").count() == 1
    # Hidden code.
    summary = opened.locator("summary").first
    summary.focus()
    press("Enter")
    assert summary.evaluate("node => node.parentElement.open")
    # The theme, which has three states: the button must keep the keyboard to get to the third.
    switch = opened.get_by_role("button", name="Color mode")
    switch.focus()
    modes = []
    for _ in range(3):
        press("Enter")
        modes.append(opened.evaluate("document.documentElement.dataset.mode"))
    assert sorted(modes) == ["auto", "dark", "light"]
    # The search, by its button and by its key, and back to where the reader was.
    button = opened.get_by_role("button", name=re.compile(r"Search\s+\S+\s*\+\s*K"))
    button.focus()
    for key in ("Enter", "ControlOrMeta+k"):
        press(key)
        dialog = opened.get_by_role("dialog", name="Search")
        assert dialog.locator("input").evaluate("node => node === document.activeElement")
        press("Escape")
        assert not dialog.is_visible()
        assert button.evaluate("node => node === document.activeElement")
    # On a phone, what scrolls has a name of its own.
    opened.set_viewport_size({"width": PHONE, "height": 900})
    opened.wait_for_function("document.querySelectorAll('pre[tabindex=\"0\"]').length > 9")
    regions = opened.locator("main [role=region]").evaluate_all(
        "boxes => boxes.map(box => box.ariaLabel)"
    )
    assert len(set(regions)) == len(regions) == opened.locator("main [tabindex='0']").count()
    assert "Output, 1.1. Six friends and one exam, 2" in regions
    # And both lists of links.
    for toggle, name in (("Toggle primary sidebar", "Book"), ("Toggle secondary", "On this page")):
        button = opened.get_by_role("button", name=toggle)
        button.focus()
        press("Enter")
        dialog = opened.get_by_role("dialog", name=name)
        assert dialog.is_visible()
        press("Tab")
        assert dialog.locator(":focus").count() == 1
        press("Escape")
        assert not dialog.is_visible()
        assert button.evaluate("node => node === document.activeElement")
    assert opened.trouble == []


# --- exercises and quizzes ---------------------------------------------------------------------


@pytest.mark.parametrize("page", LESSONS)
def test_solutions_are_hidden_until_asked_for(look_at, page):
    boxes = look_at(page).locator("div.solution")
    solutions = boxes.evaluate_all(
        """boxes => boxes.map(box => {
            const content = box.querySelector('section');
            const visible = () => content.checkVisibility({visibilityProperty: true});
            const before = visible();
            box.querySelector('button, summary, .toggle-button').click();
            return [before, visible()];
        })"""
    )
    assert len(solutions) >= 3
    assert set(map(tuple, solutions)) == {(False, True)}


@pytest.mark.parametrize("page", LESSONS)
def test_a_quiz_answers_without_a_kernel(look_at, page):
    _assert_quizzes_answer(look_at(page))


def _assert_quizzes_answer(opened):
    """Open each answer of each question, and see one of them praised."""
    questions = opened.locator(".xp-quiz").all()
    assert len(questions) >= 3
    for question in questions:
        feedback = question.locator(".xp-feedback:visible")
        assert feedback.count() == 0
        verdicts = []
        for option in question.locator("summary").all():
            option.click()
            assert feedback.count() == 1
            verdicts.append(feedback.text_content().startswith("Yes."))
        assert sum(verdicts) == 1
