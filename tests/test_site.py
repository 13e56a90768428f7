"""The built site in a real browser, as its readers meet it.

What a page's own text decides is tried on every page; what all pages share, on a few of them.
"""

import functools
import gzip
import html
import itertools
import random
import re
from urllib.parse import unquote, urldefrag, urljoin

import numpy as np
import pytest
from browsing import trouble_of, wait_until
from recorded import CHAPTERS, SITE, code_cells, sampled
from test_style import contrast

from book.weight import shorter_frames
from browsers import axe, npm
from dropout_lab.explorer.page import read_published

PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] not in ("_static", "lite")  # no pages of the book
)
BOOK_PAGES = [page for page in PAGES if page != "index.html"]  # which leads to another
INDEX_FIRST = sorted(BOOK_PAGES, key="chapters/index.html".__ne__)
CHAPTER_PAGES = [page for page in PAGES if page.startswith("chapters/")]
GENERATED = [page for page in BOOK_PAGES if "/api/" in page]  # all by the same templates
WRITTEN = [page for page in BOOK_PAGES if page not in GENERATED]
EXPLORED = [page for page in CHAPTER_PAGES if "data-xp=" in (SITE / page).read_text("utf-8")]
LESSONS = [page for page in EXPLORED if re.search(r"/\d+_", page)]
FIRST_LESSON = LESSONS[0]
COMPUTING = [page for page in CHAPTER_PAGES if "data-piece=" in (SITE / page).read_text("utf-8")]
MAX_SITE_BYTES = 15_000_000
MAX_FIRST_LOAD_BYTES = 600_000  # gzipped
MAX_SECOND_PAGE_BYTES = 150_000
MAX_PREDICT_BYTES = 1_000  # gzipped, as all that follow
MAX_COMPUTING_BYTES = 10_000  # all that computes in any page
MAX_DATA_BYTES = {"digits": 45_000, "weights": 110_000}
FRAMES_PER_EXPLORER = 4
PHONE = 320  # the narrowest screen of WCAG 1.4.10

on_every_page = pytest.mark.parametrize("page", PAGES)
where_explorers_are = pytest.mark.parametrize("page", EXPLORED)
in_some_chapters = pytest.mark.parametrize("page", sampled(EXPLORED))
in_the_first_chapter = pytest.mark.parametrize("page", [FIRST_LESSON])


def _open(browser, site_url, path, base=None, mode="light", width=1400, answer=None, **options):
    """Open a page in a context of its own, and note on it what goes wrong."""
    base = base or site_url
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=mode, **options
    )
    if answer:
        context.route("**", answer)
    page = context.new_page()
    _take_notes(page, base)
    page.goto(base + path)
    if options.get("java_script_enabled", True):
        wait_until(page, "!document.querySelector('meta[http-equiv=refresh i]')")
        page.wait_for_load_state()
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


# Sections far from the screen are not laid out, and may have a former width; colors take time, and
# what opens comes slowly.
LAID_OUT = """section { content-visibility: visible !important }
    * { transition: none !important; animation: none !important }"""
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
            kept[path].add_style_tag(content=LAID_OUT)
        page = kept[path]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(
            media="screen",
            color_scheme=mode,
            forced_colors="none",
            reduced_motion="no-preference",
        )
        page.evaluate("scrollTo({top: 0, behavior: 'instant'}); dispatchEvent(new Event('resize'))")
        wait_until(page, SETTLED, mode)
        return page

    def close():
        while kept:
            kept.popitem()[1].context.close()

    yield look
    close()


def _take_notes(page, base):
    """Note which files of the site a page asks for, and what goes wrong."""
    page.trouble, page.files = trouble_of(page, base), set()

    def note_request(request):
        if request.url.startswith(base):
            page.files.add(request.url.removeprefix(base).partition("?")[0])

    def note_failure(request):
        # A browser that is sent on to another page gives up what it was still loading.
        if request.failure not in ("net::ERR_ABORTED", "NS_BINDING_ABORTED"):
            page.trouble.append(f"failed: {request.url}")

    def note_answer(answer):
        if answer.status >= 400:
            page.trouble.append(f"status {answer.status}: {answer.url}")

    page.on("request", note_request)
    page.on("requestfailed", note_failure)
    page.on("response", note_answer)


# --- without a browser -------------------------------------------------------------------------


def test_the_site_is_there_and_light():
    assert "chapters/index.html" in COMPUTING
    assert len(EXPLORED) >= 3
    files = [path for path in SITE.rglob("*") if path.is_file()]
    book = [path for path in files if path.relative_to(SITE).parts[0] != "lite"]
    assert sum(path.stat().st_size for path in book) < MAX_SITE_BYTES


# Where it is said in words what is no number, and an abbreviation.
SAYS_SO = ("ended in NaN.", "gives NaN in NumPy", "</span>inf)", "mutual inf.")


@pytest.mark.parametrize("page", [page for page in PAGES if "/api/" not in page])
def test_no_page_shows_what_is_no_number(page):
    """Text, names for a listener, attributes and shapes, of all frames: they stand in the file."""
    text = (SITE / page).read_text("utf-8")
    for said in SAYS_SO:
        text = text.replace(said, "")
    assert re.findall(r".{0,30}(?<!\w)(?:NaN|nan|inf|Infinity|undefined)(?!\w).{0,9}", text) == []


@functools.cache
def _links(page):
    """Return what a page links to or shows, and its anchors."""
    text = (SITE / page).read_text("utf-8")
    names = ("(?:data-)?src|href", "id")
    found = (re.findall(rf'<[^>]*\s(?:{name})="([^"]+)"', text) for name in names)
    return [html.unescape(link) for link in next(found)], set(next(found))


def test_no_link_inside_the_site_is_dead():
    dead = []
    for page in PAGES:
        for link in _links(page)[0]:
            target, fragment = urldefrag(urljoin(page, unquote(link)))
            target = target.partition("?")[0]
            if re.match("(https?|mailto|data|javascript):", link):
                continue
            anchors = _links(target)[1] if target in PAGES else {fragment}
            if not (SITE / target).exists() or (fragment and fragment not in anchors):
                dead.append(f"{page}: {link}")
    assert dead == []


def test_every_page_leads_to_all_others_and_to_its_neighbors():
    contents = (CHAPTERS.parent / "_toc.yml").read_text("utf-8")
    order = [f"{page}.html" for page in re.findall(r"chapters/\S+", contents)]
    for before, page, after in zip([None, *order], order, [*order[1:], None], strict=False):
        text = (SITE / page).read_text("utf-8")
        listed = re.findall(r'<li class="toctree-l1[^"]*"><a [^>]*?href="([^"]*)"', text)
        assert [urljoin(page, link) for link in listed] == order[1:], page
        beside = re.findall(r'class="(?:left-prev|right-next)"\s+href="([^"]*)"', text)
        assert [urljoin(page, link) for link in beside] == list(filter(None, (before, after)))
    assert f'content="0; url={order[0]}"' in (SITE / "index.html").read_text("utf-8")


def _notebook(page):
    """Return the notebook behind a page."""
    return (CHAPTERS / page.split("/")[-1]).with_suffix(".ipynb")


@functools.cache
def _explorers(page):
    """Return the explorers in the text of a page."""
    return read_published((SITE / page).read_text("utf-8"))


# Frames, answers and the words of pieces; and quizzes, whose lines and groups the build mends.
TOLD = re.compile(r'(?s)<script type="application/json">(.*?)</script>')
QUIZ = re.compile(r'(?s)<fieldset class="xp-quiz">(.*?)</fieldset>')


@pytest.mark.parametrize("page", [page for page in CHAPTER_PAGES if _notebook(page).exists()])
def test_a_page_tells_what_its_notebook_stores(page):
    def told(text):
        return TOLD.findall(text), [re.sub(r"<[^>]*>|\W", "", quiz) for quiz in QUIZ.findall(text)]

    outputs = [output for cell in code_cells(_notebook(page)) for output in cell.outputs]
    stored = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    stored = TOLD.sub(lambda data: shorter_frames(data[0]), stored)
    assert told((SITE / page).read_text("utf-8")) == told(stored) != ([], [])


@on_every_page
def test_no_element_has_a_color_of_its_own(page):
    text = re.sub(r'(?s)<figure class="(xp|pg)\b.*?</figure>', "", (SITE / page).read_text("utf-8"))
    colored = re.findall(r'<[^>]*\sstyle="[^"]*(?:color|background|fill)[^"]*"[^>]*>', text)
    assert colored == []


@where_explorers_are
def test_a_downloaded_notebook_has_the_first_frames_of_its_chapter(page):
    stored = str([cell.outputs for cell in code_cells(_notebook(page))])
    download = SITE / "_sources" / "chapters" / _notebook(page).name
    assert f'href="../{download.relative_to(SITE).as_posix()}"' in (SITE / page).read_text("utf-8")
    shown = str([cell.outputs for cell in code_cells(download)])
    figures = re.findall('<figure class="(?:xp|pg) ', stored)
    assert shown.count("data:image/svg+xml") == len(figures) > 0
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
    """Return the style sheets and the scripts that a page asks for at once."""
    links = [urljoin(page, link).partition("?")[0] for link in _links(page)[0]]
    own = (link for link in links if "://" not in link and "/data/" not in link)
    return {link for link in own if link.endswith((".css", ".js"))}


@pytest.mark.parametrize("page", CHAPTER_PAGES)
def test_a_first_visit_is_light_and_a_second_page_lighter(look_at, page):
    opened = look_at(page)
    opened.wait_for_load_state("networkidle")
    assert _assets(page) < opened.files
    assert sum(map(_zipped, opened.files)) <= MAX_FIRST_LOAD_BYTES
    # Whichever page a reader comes from, it brought what all pages share.
    own = {page} | (_assets(page) - set.intersection(*map(_assets, CHAPTER_PAGES)))
    assert sum(map(_zipped, own)) <= MAX_SECOND_PAGE_BYTES


FACES = {
    "Font Awesome 6 Free 900 normal",
    "IBM Plex Mono normal normal",
    "Literata 400 normal",
    "Literata 400 italic",
    "Literata 600 700 normal",
}


@pytest.mark.parametrize("page", sampled(CHAPTER_PAGES))
def test_letters_and_icons_come_from_the_fonts_that_the_site_carries(look_at, page):
    drawn, loaded = look_at(page).evaluate(
        """document.fonts.ready.then(() => [
            [...document.querySelectorAll('i.fa-solid')].filter(icon => icon.checkVisibility())
            .map(icon => getComputedStyle(icon, '::before').content),
            [...document.fonts].filter(face => face.status == 'loaded')
            .map(face => `${face.family} ${face.weight} ${face.style}`.replaceAll('"', ''))])"""
    )
    assert drawn
    assert "none" not in drawn
    assert page not in LESSONS or set(loaded) >= FACES  # others may have no italics
    assert "Font Awesome 6 Free 900 normal" in loaded


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
        assert last + 1 == np.prod(sizes)
        frames = [0, last, *(chosen.randint(0, last) for _ in range(FRAMES_PER_EXPLORER))]
        moves = [
            (list(map(int, np.unravel_index(frame, sizes))), explorer.nodes(frame))
            for frame in frames
        ]
        shown = opened.locator(".xp[data-xp]").nth(number).evaluate(SHOWN, moves)
        said = [explorer.sentences[frame] for frame in frames]
        assert shown == [[True, sentence, sentence] for sentence in said]
        assert len(set(said)) > 1
    _reveal(opened)
    assert all(says.is_visible() for says in opened.locator(".xp-say").all())
    assert opened.trouble == []


# Gives each slider another value, one a frame.
STEPS = """async () => {
    for (const axis of document.querySelectorAll('.xp-ui input.xp-axis')) {
        axis.value = (+axis.value + 1) % (+axis.max + 1);
        axis.dispatchEvent(new Event('input', {bubbles: true}));
        await new Promise(requestAnimationFrame);
    }
}"""


@pytest.mark.parametrize(
    "page", ["chapters/03_inference_scaling.html", "chapters/04_backward_pass.html"]
)
def test_a_step_asks_no_element_around_its_figure_what_it_has(open_page, page):
    # One such rule, as "div:has(:target)" or "html:has(...)", doubled the time of each step.
    opened = open_page(page)
    _reveal(opened)
    trace, asked, ended = opened.context.browser.new_browser_cdp_session(), {}, []
    trace.on("Tracing.tracingComplete", lambda event: ended.append(event))

    def note(part):
        for event in part["value"]:
            data = event["args"].get("data") or {}
            asked.setdefault(data.get("reason"), set()).add(data.get("nodeName"))

    trace.on("Tracing.dataCollected", note)
    kinds = ["disabled-by-default-devtools.timeline.invalidationTracking"]
    how = {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": kinds}}
    trace.send("Tracing.start", how)
    opened.evaluate(STEPS)
    trace.send("Tracing.end")
    while not ended:
        opened.wait_for_timeout(20)
    trace.detach()
    assert "path" in asked["Node was inserted into tree"]
    assert asked.get("Affected by :has()", set()) <= {"LABEL", "DIV class='xp-ui'"}


def _reveal(opened):
    """Take the veil from all figures, as a reader does who has no guess."""
    asking = "document.querySelectorAll('[data-on=asks] form')"  # an earlier test may have asked
    opened.evaluate(f"{asking}.forEach(form => form.requestSubmit())")


@pytest.mark.parametrize("page", sampled(LESSONS))
def test_what_answers_a_question_waits_for_its_answer(open_page, page):
    opened = open_page(page)
    opened.add_style_tag(content=LAID_OUT)
    below = opened.locator("[data-asks] ~ .cell .output.stream, [data-asks] + p")
    waiting = below.evaluate_all("all => all.map(e => e.dataset.waited = '')")
    assert len(waiting) > 0
    below = opened.locator("[data-waited]").all()
    assert not any(each.is_visible() for each in below)
    opened.emulate_media(media="print")
    assert all(each.is_visible() for each in below)
    opened.emulate_media(media="screen")
    heights = [each.bounding_box() for each in below]
    _reveal(opened)
    assert all(each.is_visible() for each in below)
    assert [each.bounding_box() for each in below] == heights


@pytest.mark.parametrize("page", ["chapters/03_inference_scaling.html"])
def test_what_waits_stands_open_to_a_link(open_page, page):
    opened = open_page(page)
    mark = opened.locator("[data-asks] + p + p .claim-mark").first
    assert not mark.is_visible()
    opened.evaluate("id => location.hash = id", mark.get_attribute("id"))
    assert mark.is_visible()


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
        assert "scripts" in figure.locator(".xp-note").text_content()


# A canvas keeps its pixels on paper, and so the ground that they were drawn for.
PAINTED = """() => [...document.querySelectorAll('body, main *:not(canvas)')].filter(
    node => node.checkVisibility()).map(node => {
    const {color, backgroundColor, borderTopColor, fill, stroke, filter} = getComputedStyle(node);
    return [node.tagName, color, backgroundColor, borderTopColor, fill, stroke, filter].join(' ');
})"""


PRINTED = "article :is(mjx-container, pre, table, .xp-quiz legend, .solution)"


@pytest.mark.parametrize("page", sampled(INDEX_FIRST, 4))
def test_paper_has_the_light_palette_and_no_controls(look_at, page):
    opened, painted, kept = look_at(page), {}, {}
    for media in ("print", "screen"):
        opened.emulate_media(media=media)
        kept[media] = opened.locator(PRINTED).evaluate_all(
            "all => all.map(one => one.checkVisibility({visibilityProperty: true}))"
        )
        for theme in ("dark", "light"):
            opened.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            painted[media, theme] = opened.evaluate(PAINTED)
    assert [*map(max, kept["print"], kept["screen"])] == kept["print"]  # nothing is lost
    assert painted["print", "light"] == painted["print", "dark"]
    assert painted["screen", "light"] != painted["screen", "dark"]
    opened.emulate_media(media="print")
    says = opened.locator("figcaption, .xp svg, .pg-curves svg, .pg-nets canvas").all()
    assert says or page not in EXPLORED
    assert all(each.is_visible() for each in says)
    assert not any(each.is_visible() for each in opened.locator(".xp-ui, .pg-ui").all())


def test_scripts_that_compute_stand_once_on_a_page_and_are_light_all_together():
    found = {}
    for page in ["chapters/index.html", *COMPUTING]:  # where a reader begins
        text = (SITE / page).read_text("utf-8")
        parts = re.findall(r'(?s)<script data-part="(\w+)">(.*?)</script>', text)
        assert len(parts) == len(dict(parts))
        found |= dict(parts)
    question = found.pop("predict")  # which computes nothing
    assert len(gzip.compress(question.encode())) < MAX_PREDICT_BYTES
    assert len(gzip.compress("".join(found.values()).encode())) < MAX_COMPUTING_BYTES
    data = {path.stem: _zipped(path) for path in SITE.glob("_static/data/*.js")}
    assert data.keys() == MAX_DATA_BYTES.keys()
    assert [name for name in data if data[name] >= MAX_DATA_BYTES[name]] == []


@pytest.mark.firefox
def test_a_piece_loads_its_digits_when_it_is_used_also_from_a_folder(open_page):
    opened = open_page("chapters/index.html", base=f"{SITE.as_uri()}/")
    assert opened.locator("[src*='digits.js']").count() == 0
    opened.get_by_role("button", name="Step").click()
    opened.locator(".pg-say", has_text="Step 1 of 400").wait_for()
    assert opened.locator("[src*='digits.js']").count() == 1
    assert opened.trouble == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_cheat_sheet_prints_on_one_page(open_page, paper):
    printed = open_page("chapters/cheat_sheet.html").pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


# Of each explorer, with all controls at their first and at their last position: its edges, the
# size of its smallest letters, the height of its lowest control, and the texts that are cut off.
# Firefox rounds the box of a text outward to whole pixels, so that one pixel is not enough.
MEASURED = """roots => roots.flatMap(root => [false, true].map(last => {
    const axes = [...root.querySelectorAll('.xp-axis')];
    for (const axis of axes)
        axis.value = last ? axis.max || axis.options.length - 1 : 0;
    axes[0].dispatchEvent(new Event('input', {bubbles: true}));
    const svg = root.querySelector('svg'), box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll('text')];
    const controls = axes.map(axis => axis.getBoundingClientRect());
    const cut = texts.filter(text => {
        const own = text.getBoundingClientRect();
        return own.left < box.left - 2 || own.right > box.right + 2
            || own.top < box.top - 2 || own.bottom > box.bottom + 2;
    });
    return [box.left, Math.max(box.right, ...controls.map(control => control.right)),
        Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize) * scale)),
        Math.min(...controls.map(control => control.height)), cut.map(text => text.textContent)];
}))"""


# What is in tables that scroll, though they have four columns or less and no code of several words.
TABLES = """boxes => boxes.filter(box => box.scrollWidth > box.clientWidth
    && box.querySelector('tr').cells.length < 5
    && ![...box.querySelectorAll('code')].some(code => code.innerText.includes(' ')))
    .map(box => box.innerText)"""


@pytest.mark.firefox
@pytest.mark.parametrize("page", BOOK_PAGES)
def test_a_phone_shows_it_all_without_sideways_scrolling(look_at, page):
    opened = look_at(page, width=PHONE)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE
    figures = opened.locator(".xp[data-xp]").evaluate_all(MEASURED)
    for left, right, letters, control, cut in figures:
        assert left >= 0
        assert right <= PHONE
        assert letters >= 8
        assert control >= 43.5
        assert cut == []
    opened.set_viewport_size({"width": 360, "height": 900})
    assert opened.locator(".pst-scrollable-table-container").evaluate_all(TABLES) == []


# With a word of 10,000 letters in place of each text in turn.
WIDEST = """letters => Math.max(...[...document.querySelectorAll(`.bd-article :is(p, h2, figcaption,
    .xp-ui :is(span, b), .xp-quiz :is(legend, span), .xp-predict :is(legend, label, output))`)
].filter(text => !text.children.length).map(text => {
    const was = text.textContent;
    text.textContent = letters;
    const width = document.documentElement.scrollWidth;
    text.textContent = was;
    return width;
}))"""


@pytest.mark.all
@pytest.mark.firefox
@in_the_first_chapter
def test_a_word_of_ten_thousand_letters_keeps_to_a_phone(look_at, page):
    opened = look_at(page, width=360)
    _reveal(opened)
    opened.evaluate(OPENED, True)
    assert opened.evaluate(WIDEST, "x" * 10_000) <= 360
    opened.evaluate(OPENED, False)


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
                added.textContent = style;
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


@in_the_first_chapter
def test_a_page_follows_the_system_until_its_reader_chooses(open_page, page):
    opened = open_page(page, mode="dark")
    look = "[document.documentElement.dataset.theme, document.documentElement.dataset.mode]"
    assert opened.evaluate(look) == ["dark", "auto"]
    opened.emulate_media(color_scheme="light")  # the evening ends while the page is open
    wait_until(opened, "document.documentElement.dataset.theme == 'light'")
    opened.emulate_media(color_scheme="dark")
    opened.get_by_role("button", name="Color mode").click()
    assert opened.evaluate(look) == ["light", "light"]
    opened.reload()
    assert opened.evaluate(look) == ["light", "light"]
    assert opened.trouble == []


# Each text of a figure with its color and that of the page behind it.
LETTERS = """root => {
    let node = root, back;
    while (node && (back = getComputedStyle(node).backgroundColor) == 'rgba(0, 0, 0, 0)')
        node = node.parentElement;
    return [...root.querySelectorAll('svg text, .xp-say, .xp-ui span')].map(text => [
        text.textContent, getComputedStyle(text)[text.closest('svg') ? 'fill' : 'color'], back]);
}"""


def _contrast(*colors):
    """Return the contrast of two colors, as CSS writes them."""
    shares = [[int(part) / 255 for part in re.findall(r"\d+", color)[:3]] for color in colors]
    return contrast(*shares)


def _assert_legible(opened):
    """See that each text of each figure stands out from the page."""
    texts = opened.locator(".xp[data-xp]").evaluate_all(f"roots => roots.flatMap({LETTERS})")
    assert texts
    for text, color, back in texts:
        # What is a shape, such as the square before a legend's line, needs less than letters.
        assert _contrast(color, back) >= (4.5 if re.search(r"\w", text) else 3), text


@pytest.mark.parametrize("mode", ["light", "dark"])
@where_explorers_are
def test_figures_are_legible_in_both_modes(look_at, page, mode):
    _assert_legible(look_at(page, mode=mode))


def _axe(opened, rules, contrast=True):
    """Return what axe finds on a page as it stands."""
    opened.evaluate(_axe_script())
    # Listing what is in order takes time, and contrast as much as all other rules together.
    options = {"resultTypes": ["violations"], "runOnly": rules}
    options["rules"] = {"color-contrast": {"enabled": contrast}}
    found = opened.evaluate("options => axe.run(document, options)", options)
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


# Left alone, axe skips its experiments and those of WCAG 2.2.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]


@pytest.mark.parametrize("page", [*WRITTEN, *sampled(GENERATED, 2)])
def test_axe_finds_no_violation_on_the_whole_page(look_at, page):
    assert _axe(look_at(page), RULES, contrast=False) == []


# What waits for a press, such as an answer of each quiz.
OPENED = "open => document.querySelectorAll('main details').forEach(one => one.open = open)"


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("page", sampled(BOOK_PAGES, 4))
def test_axe_finds_enough_contrast_in_both_modes(look_at, page, mode):
    # No element has a color of its own: all come from the palette, which all pages share.
    opened = look_at(page, mode=mode)
    opened.evaluate(OPENED, True)
    assert _axe(opened, ["color-contrast"]) == []
    opened.evaluate(OPENED, False)


def test_axe_is_the_pinned_one_or_none():
    with pytest.raises(ValueError, match=r"^the package is not the pinned one, sha512-"):
        npm.opened(b"another package", axe.pinned()[1])


def test_without_a_registry_axe_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/npm/")
    monkeypatch.setattr(axe, "TARGET", tmp_path)
    said = r"(?s)127\.0\.0\.1:9/npm/axe-core/-/axe-core-.*npm_config_registry"
    with pytest.raises(SystemExit, match=said):
        axe.main()
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


@pytest.fixture
def frame(open_page, serve, site_url, tmp_path):
    """Return a function that shows a page in a frame without an origin, as a course may."""

    def embed(page, answer=None):
        (tmp_path / "course.html").write_text(
            f'<!doctype html><title>A course</title><iframe sandbox="allow-scripts" width="780" '
            f'height="880" src="{site_url}{page}"></iframe>'
        )
        opened = open_page("course.html", base=serve(tmp_path), width=800, answer=answer)
        return opened.frames[1]

    return embed


@pytest.mark.firefox
def test_a_frame_without_storage_keeps_search_modes_figures_and_pieces(frame):
    shown = frame("chapters/07_mnist.html")
    shown.get_by_role("button", name="Step").first.click()
    shown.locator(".pg-say", has_text="Step 1 of").wait_for()
    shown.get_by_role("button", name="Color mode").click()
    assert shown.locator("html").get_attribute("data-mode") == "dark"
    shown.get_by_role("button", name="Search").first.click()
    assert shown.get_by_role("dialog", name="Search").is_visible()
    explorer = shown.locator(".xp[data-xp]").first
    was = explorer.locator(".xp-say").text_content()
    explorer.locator(".xp-axis").first.evaluate(
        "axis => { axis.value = axis.max; axis.closest('.xp').oninput() }"
    )
    assert explorer.locator(".xp-say").text_content() != was
    # Firefox says of each font that a frame without an origin may not load it.
    trouble = [line for line in shown.page.trouble if ".woff" not in line]
    assert [line for line in trouble if line.startswith(("script error", "console: policy"))] == []


# What a proxy, or a mistake of ours, may add to a page: what of it passed, what was refused.
ADDED = """async other => {
    const passed = [], refused = new Set();
    addEventListener('securitypolicyviolation', event => refused.add(event.effectiveDirective));
    window.pass = name => passed.push(name);
    const add = (tag, more, into = document.body) =>
        new Promise(done => into.append(Object.assign(document.createElement(tag), more, {
            onload() { if (tag != 'iframe') pass(tag); done(); }, onerror: done})));
    add('script', {textContent: "pass('inline script')"});
    document.body.insertAdjacentHTML('beforeend', `<b id="by-hand" onclick="pass('attribute')"></b>
        <a id="a-link" href="javascript:pass('address')"></a>`);
    document.getElementById('by-hand').click();
    document.getElementById('a-link').click();
    setTimeout("pass('text')");
    await Promise.all([add('img', {src: other + 'a.svg'}), add('script', {src: other + 'a.js'}),
        add('link', {rel: 'stylesheet', href: other + 'a.css'}),
        fetch(other + 'a.js', {mode: 'no-cors'}).then(() => pass('fetch'), () => {})]);
    add('base', {href: other}, document.head);
    if (document.baseURI == other) pass('base');
    add('iframe', {src: other + 'a.html'});
    await new Promise(done => setTimeout(done, 300));
    return [passed.sort(), [...refused].sort()];
}"""
WHERE = [pytest.param(where, marks=pytest.mark.all) for where in ("anywhere", "folder", "framed")]


@pytest.mark.firefox
@pytest.mark.parametrize("where", ["served", *WHERE])
def test_a_page_runs_no_script_but_its_own_and_asks_no_other_host(
    open_page, frame, serve, tmp_path, where
):
    for name in ("a.svg", "a.js", "a.css", "a.html"):
        (tmp_path / name).write_text(
            "<svg xmlns='http://www.w3.org/2000/svg'/>" * (name == "a.svg")
        )
    other, page = serve(tmp_path), "chapters/02_mask_mathematics.html"
    if where == "anywhere":
        shown = open_page("a.html", base=serve(tmp_path))
    elif where == "framed":
        shown = frame(page)
    else:
        shown = open_page(page, **{"base": f"{SITE.as_uri()}/"} if where == "folder" else {})
    passed, refused = shown.evaluate(ADDED, other)
    if where == "anywhere":  # all of this works where nothing refuses it
        everything = ["address", "attribute", "base", "fetch", "img", "inline script", "link"]
        assert (passed, refused) == ([*everything, "script", "text"], [])
    else:
        elements = ["script-src-attr", "script-src-elem", "style-src-elem"]
        kinds = ["base-uri", "connect-src", "frame-src", "img-src", "script-src"]
        assert (passed, refused) == ([], [*kinds, *elements])


@pytest.mark.all
@pytest.mark.firefox
def test_headers_that_a_server_may_add_keep_other_hosts_from_framing_a_page(open_page, frame):
    said = (CHAPTERS.parent / "CONTRIBUTING.md").read_text("utf-8")
    headers = dict(re.findall(r'^add_header (\S+) "(.*)" always;$', said, re.MULTILINE))
    assert len(headers) == 3

    def answer(route):
        found = route.fetch()
        route.fulfill(response=found, headers=found.headers | headers)

    opened = open_page(FIRST_LESSON, answer=answer)
    assert opened.locator(".xp-view svg").count() > 0
    assert opened.trouble == []
    shown = frame(FIRST_LESSON, answer)
    assert shown.locator(".bd-article").count() == 0


def test_the_buttons_of_the_theme_work_without_scripts_in_attributes(open_page):
    opened = open_page(FIRST_LESSON)
    opened.evaluate(
        """() => {
            window.pressed = [];
            for (const name of ["print", "toggleFullScreen"]) {
                if (!window[name]) throw new Error(`there is no ${name}`);
                window[name] = () => pressed.push(name);
            }
        }"""
    )
    opened.get_by_role("button", name="Fullscreen mode").click()
    opened.get_by_role("button", name="Download this page").click()
    opened.locator(".btn-download-pdf-button").click()
    assert opened.evaluate("pressed") == ["toggleFullScreen", "print"]


def test_the_search_finds_the_page_of_a_word(open_page):
    opened = open_page("search.html?q=Bernoulli")
    found = opened.locator("#search-results li a[href*='02_mask_mathematics.html']").first
    assert "Mask mathematics" in found.text_content()
    assert opened.trouble == []


# --- with the keyboard alone -------------------------------------------------------------------

# What has the focus, the color of its ring, and whether it is in sight.
FOCUS = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const rings = [getComputedStyle(node)];
    // Where a button opens a whole box, the ring stands around its title.
    if (node.matches('.toggle-button'))
        rings.push(getComputedStyle(node.closest('.admonition-title'), '::before'));
    const ring = rings.find(r => r.outlineStyle == 'solid' && parseFloat(r.outlineWidth) >= 2);
    const box = node.getBoundingClientRect();
    node.dataset.stop = true;
    return [node.outerHTML.slice(0, 160), ring?.outlineColor,
            box.bottom > 0 && box.top < innerHeight];
}"""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(open_page):
    opened = open_page(FIRST_LESSON, reduced_motion="reduce")
    press = opened.keyboard.press
    press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to main content"
    assert opened.locator(":focus").bounding_box()["y"] >= 0
    press("Tab")
    for _ in range(400):
        stop = opened.evaluate(FOCUS)
        if stop is None:  # past the last stop, on the way back to the browser's own buttons
            break
        markup, ring, in_sight = stop
        assert ring, markup
        assert in_sight, markup
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
    for mode, back in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 26)")):
        opened.evaluate("mode => document.documentElement.dataset.theme = mode", mode)
        opened.evaluate("document.querySelector('.bd-article p a').focus({focusVisible: true})")
        assert _contrast(opened.evaluate(FOCUS)[1], back) >= 3


# Controls that only a background shows, which is gone where the system chooses all colors.
BARE = """() => [...document.querySelectorAll('button, summary, input, select')].filter(node => {
    const {appearance, borderTopStyle} = getComputedStyle(node);
    return node.checkVisibility({visibilityProperty: true}) && !node.matches(':disabled')
        && appearance != 'auto'
        && borderTopStyle != 'solid' && !node.textContent.trim()
        && !node.querySelector('svg, [class*=fa-]')
        && getComputedStyle(node, '::before').borderTopStyle != 'solid';  // a drawn tick
}).map(node => node.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("mode", ["light", "dark"])
@in_the_first_chapter
def test_forced_colors_leave_controls_and_letters(look_at, page, mode):
    opened = look_at(page, mode=mode)
    opened.emulate_media(forced_colors="active")
    back = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(255, 255, 255)" if mode == "light" else "rgb(0, 0, 0)")  # the system's
    assert opened.evaluate(BARE) == []
    _assert_legible(opened)


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
    solution = opened.locator("div.solution").first
    solution.get_by_role("button", name="Solution to Exercise 1.1 (Two friends)").focus()
    press("Enter")
    assert opened.evaluate("document.getAnimations().length") == 0  # nor does anything move
    assert solution.locator("section").first.is_visible()
    # The theme has three states: the button must keep the keyboard to get to the third.
    switch = opened.get_by_role("button", name="Color mode")
    switch.focus()
    modes = []
    for _ in range(3):
        press("Enter")
        modes.append(opened.evaluate("document.documentElement.dataset.mode"))
    assert sorted(modes) == ["auto", "dark", "light"]
    for width, name, title in (
        (1400, re.compile(r"Search\s+\S+\s*\+\s*K"), "Search"),
        (PHONE, "Toggle primary sidebar", "Book"),
        (PHONE, "Toggle secondary", "On this page"),
    ):
        opened.set_viewport_size({"width": width, "height": 900})
        button = opened.get_by_role("button", name=name)
        button.focus()
        press("Enter")
        dialog = opened.get_by_role("dialog", name=title)
        assert dialog.is_visible()
        press("Escape")
        assert not dialog.is_visible()
        assert button.evaluate("node => node === document.activeElement")
    # What scrolls on a phone has a name of its own.
    wait_until(opened, "document.querySelectorAll('pre[tabindex=\"0\"]').length > 9")
    regions = opened.locator("main [role=region]").evaluate_all(
        "boxes => boxes.map(box => box.ariaLabel)"
    )
    assert len(set(regions)) == len(regions) == opened.locator("main [tabindex='0']").count()
    assert "Output, 1.3. Six friends, in numbers, 2" in regions
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
    questions = look_at(page).locator(".xp-quiz").all()
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
