"""Hostile texts in all that people write: what they show, and what they leave alone."""

import html
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
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


@pytest.mark.firefox
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_page_shows_hostile_texts_and_keeps_what_stands_beside_them(show):
    parts = [explorer()]
    for text in SHOWN:
        parts += [
            f'<section lang="en">{quiz(text, {text: text, "b": "c"}, answer=text).html}',
            predict(text, {text: "then", "b": "c"}, answer="b").html,
            report_on(text)._repr_html_(),
            claim(" ".join(text.splitlines()), 1, above=0)._repr_mimebundle_()["text/html"],
            "</section>",
        ]
    tab = show("".join(parts), viewport={"width": 1400, "height": 900})
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
