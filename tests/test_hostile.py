"""Hostile texts in all that people write: what they show, and what they leave alone."""

import html
import re
from urllib.parse import urlencode
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from browsing import trouble_of, wait_until
from hypothesis import given
from hypothesis import strategies as st
from published import ISOLATE, SHOWN, seen

from dropout_lab import describe, explore
from dropout_lab.explorer.page import read_published
from dropout_lab.explorer.text import legible
from dropout_lab.teaching import claim, predict, quiz
from dropout_lab.teaching.exercise import Exercise, Trial
from dropout_lab.teaching.judging import judge
from dropout_lab.teaching.report import Report

LONG = max(SHOWN, key=len)
PIECES = {
    "chapters/01_study_group.html": ["group"],
    "chapters/02_mask_mathematics.html": ["layer"],
    "chapters/04_backward_pass.html": ["click"],
    "chapters/07_mnist.html": ["draw", "train"],
}
TURNED = [text for text in SHOWN if SHOWN[text].startswith(ISOLATE)]


@given(st.text(st.characters()))
def test_xml_takes_any_legible_text_and_gives_it_back(text):
    shown = legible(text)
    assert ElementTree.fromstring(f"<a>{html.escape(shown)}</a>").text in (shown, shown or None)


def test_what_is_legible_stays_as_it_is():
    assert [*map(legible, SHOWN)] == [*SHOWN.values()]


def draw(text):
    """Write a text into a figure, and say it; matplotlib itself takes no half of a pair."""
    figure = plt.figure(figsize=(3, 1))
    figure.text(0.1, 0.5, text[:99].replace("\ud83d", "\ufffd"), parse_math=False)
    return describe(figure, text)


def explorer():
    """Return the page of an explorer that shows, says and names hostile texts."""
    return explore(draw, text=[*SHOWN], labels={"text": next(iter(TURNED))}).html


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("publish", ["", "1"])
def test_explorers_show_hostile_texts(monkeypatch, publish):
    monkeypatch.setenv("EXPLORE_PUBLISH", publish)
    (read,) = read_published(explorer())
    assert read.axes == [("menu", seen(TURNED[0]), [*SHOWN.values()])]
    assert read.sentences == [" ".join(text.split()) for text in SHOWN.values()]
    for number, text in enumerate(SHOWN):
        drawn = "".join(ElementTree.fromstring(read.svg(number)).itertext())
        wanted = seen(text)[:99] if text not in TURNED else text  # which stands by itself
        assert drawn.replace("\n", "") == wanted.replace("\n", "")


# In a browser: what is shown, and on which side of a text its neighbors stand.

SIDES = """(root, text) => {
    const nodes = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) nodes.push(walk.currentNode);
    const whole = nodes.map(node => node.data).join(''), start = whole.indexOf(text);
    const box = (from, to) => {
        const range = document.createRange();
        const at = n => { for (const node of nodes) {
            if (n <= node.length) return [node, n]; n -= node.length; } };
        range.setStart(...at(from)); range.setEnd(...at(to));
        return range.getBoundingClientRect();
    };
    const [before, own, after] = [box(0, start), box(start, start + text.length),
        box(start + text.length, whole.length)];
    return [before.right - own.left, own.right - after.left, own.height > 30];
}"""


def report_on(text):
    """Return a report in which all that may come from elsewhere is a text."""
    exercise = Exercise(text, Trial(text, lambda: (1.0,), text + "!"), hint=text)
    return Report(exercise, *judge(exercise, lambda x: text))


def everything():
    """Return all that can hold hostile texts: an explorer of all, and a section for each."""
    parts = [explorer()]
    for text in SHOWN:
        parts += [
            f'<section lang="en">{quiz(text, {text: text, "b": "c"}, answer=text).html}',
            predict(text, {text: "then", "b": "c"}, answer="b").html,
            report_on(text)._repr_html_(),
            claim(" ".join(text.splitlines()), 1, above=0)._repr_mimebundle_()["text/html"],
            "</section>",
        ]
    return "".join(parts)


@pytest.mark.all
@pytest.mark.firefox
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_page_shows_hostile_texts_and_keeps_what_stands_beside_them(show):
    tab = show(everything(), viewport={"width": 1400, "height": 900})
    assert tab.locator("option").all_text_contents() == [*SHOWN.values()]
    for text, part in zip(SHOWN, tab.locator("section").all(), strict=True):
        assert part.locator("legend").all_text_contents() == [seen(text)] * 2
        said = part.locator(".xp-option").first.text_content()
        assert said == f"{seen(text)}Yes. {seen(text)}"
        part.locator(".xp-choices input").first.evaluate("one => one.click()")
        part.locator(".xp-predict button").evaluate("one => one.click()")
        answered = f"You said “{seen(text)}”. It is “b”. then"
        assert part.locator("output").text_content() == answered
        assert part.locator(".xp-check").text_content().count(seen(text)) >= 3
        if text in TURNED:
            boxes = part.locator(".xp-claims p, output, .xp-check > p").all()
            for box in boxes[1:]:
                left, right, wraps = box.evaluate(SIDES, seen(text))
                assert not wraps
                assert max(left, right) < 1, box.text_content()
    assert tab.locator("img, svg image, body script:not([type])").count() == len(SHOWN) * 2 + 1


# What readers type, paste, are sent, or have stored; on the site, a refused script is trouble.

TYPED = ["</script><img src=x onerror=f()><b>bold</b>", *[text for text in SHOWN if "\0" in text]]
TYPED += [TURNED[1], LONG, "${key} {0} %s \\\"'`", "-1e999"]
MADE = "() => document.querySelectorAll('img[src=x], iframe, [onerror]').length"


@pytest.fixture
def visit(browser, site_url):
    """Return a function that opens a page of the site on a phone, and fail on any trouble there."""
    context = browser.new_context(viewport={"width": 360, "height": 800})
    tab = context.new_page()
    trouble = trouble_of(tab, site_url)

    def go(page):
        tab.goto("about:blank")
        tab.goto(site_url + page)
        return tab

    yield go
    assert (trouble, tab.evaluate(MADE)) == ([], 0)
    context.close()


@pytest.mark.all
@pytest.mark.firefox
@pytest.mark.parametrize("page", sorted(PIECES))
def test_pieces_take_any_address_and_any_typing(visit, page):
    tab = visit(page)
    for kind in PIECES[page]:
        root = f"[data-piece={kind}]"
        controls = tab.locator(f"{root} .pg-ui :is(input, select)")
        names = controls.evaluate_all("all => all.map(one => one.name)")
        assert names
        for text in TYPED:
            sent = urlencode({"piece": kind} | dict.fromkeys(names, text))
            visit(f"{page}#{sent}")
            says = tab.locator(f"{root} .pg-say")
            told = [says.text_content()]
            typed = tab.locator(f"{root} .pg-ui input[type=text]:visible")
            for control in typed.all():
                control.select_text()
                tab.keyboard.insert_text(text)
                told.append(says.text_content())
            assert not re.search(r"undefined|NaN|Infinity|\[object|bold|\{", "".join(told))
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.all
@pytest.mark.firefox
def test_pages_bear_what_is_stored_or_searched_for(visit):
    tab = visit("chapters/cheat_sheet.html")
    for text in TYPED:
        keys = ["mode", "theme", "sphinx_highlight_terms"]
        tab.evaluate(
            "([keys, text]) => keys.forEach(key => localStorage[key] = text)", [keys, text]
        )
        visit("chapters/cheat_sheet.html")
        assert tab.evaluate("document.documentElement.dataset.theme") in ("light", "dark")
        assert tab.evaluate(MADE) == 0
        visit("search.html?" + urlencode({"q": text}))
        wait_until(tab, "document.querySelector('.search-summary')?.textContent")
        tab.wait_for_load_state("networkidle")  # it fetches what it quotes
        assert tab.evaluate(MADE) == 0
