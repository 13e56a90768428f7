"""The published page: read back, by the package and with a parser, and used in a browser."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published import HOSTILE, elements, only

from dropout_lab.explorer.page import live_html, published_html, read_published, script_text
from dropout_lab.explorer.svg import ID_MARK

BOX = "0 0 100 50"
SKELETON = ["figure", "style", "p", "div", "div", "img", "figcaption", "script", "script"]


def text_node(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<text x="1" y="20">{escaped}</text>'


def clipped(number):
    """Return nodes whose ids must stay apart when several figures share a page."""
    clip = f'<defs><clipPath id="{ID_MARK}c"><rect width="{number}" height="9"/></clipPath></defs>'
    return [clip, f'<path d="M0 0L100 50" clip-path="url(#{ID_MARK}c)" style="stroke:red"/>']


def page_of(*sizes, start=None, play=None, kind="slider", say="frame"):
    """Return a page with one axis per size, whose every frame shows and says its positions."""
    positions = list(itertools.product(*map(range, sizes)))
    frames = [([text_node(str(at)), *clipped(sum(at))], f"{say} {at}") for at in positions]
    axes = [
        (kind, name, [f"{name}{i}" for i in range(n)])
        for name, n in zip("abc", sizes, strict=False)
    ]
    return published_html(BOX, axes, frames, start or [0] * len(sizes), play)


# What the page is made of


def test_the_script_is_small_and_whole_and_nothing_is_asked_of_another_address():
    script, page = script_text(), page_of(3, 2, play=0)
    assert len(script.encode()) <= 1500
    assert script.isascii()
    assert not re.search("\n|//|</script|<!--|<script", script, re.IGNORECASE)
    key, last = read_published(page)[0].key, elements(page)[-1]
    assert (last.tag, last.text) == ("script", script.replace("EXPLORER_KEY", key))
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"fetch\(|XMLHttp|WebSocket|import\(|eval\(|@import", page)


def test_the_same_arguments_give_the_same_bytes_and_others_another_key():
    assert page_of(3) == page_of(3)
    pages = [page_of(3), page_of(4), page_of(3, say="other"), page_of(3, kind="menu")]
    assert len({read_published(page)[0].key for page in pages}) == 4
    assert re.fullmatch("xp[0-9a-f]{10}", read_published(pages[0])[0].key)


# Read back, and texts that try to leave their place

TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=5)


@st.composite
def explorers(draw):
    """Draw the arguments of one explorer."""
    labels = draw(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3))
    axes = [(draw(st.sampled_from(["slider", "menu"])), draw(TEXTS), texts) for texts in labels]
    nodes = st.lists(st.builds(text_node, TEXTS) | st.just(clipped(1)[1]), max_size=3)
    frames = [(draw(nodes), draw(TEXTS)) for _ in itertools.product(*labels)]
    start = [draw(st.integers(0, len(texts) - 1)) for texts in labels]
    return BOX, axes, frames, start, draw(st.none() | st.integers(0, len(axes) - 1))


@given(st.lists(explorers(), max_size=3))
def test_what_is_read_is_what_was_published(written):
    pages = [published_html(*one) for one in written]
    read = read_published("<p>before</p>" + live_html("".join(pages), "name", 1, 2))
    assert [one.html for one in read] == pages
    for explorer, (box, axes, frames, start, play) in zip(read, written, strict=True):
        assert explorer.key == only(explorer.html, "figure").attributes["data-xp"]
        assert (explorer.box, explorer.axes) == (box, axes)
        assert (explorer.start, explorer.play) == (start, play)
        assert explorer.labels == [labels for _, _, labels in axes]
        shown = [explorer.nodes(n).replace(explorer.key, ID_MARK) for n in range(len(frames))]
        assert list(zip(shown, explorer.sentences, strict=True)) == [
            ("".join(nodes), says) for nodes, says in frames
        ]
        # Without scripts the page shows and says the frame where it starts.
        first = explorer.number({})
        assert explorer.picture == explorer.svg(first).replace(explorer.key, "f")
        # A parser that knows nothing of explorers finds the same elements whatever the texts.
        assert [element.tag for element in elements(explorer.html)] == SKELETON
        image = only(explorer.html, "img").attributes
        assert image.keys() == {"alt", "style", "src"}
        kind, _, picture = image["src"].partition(",")
        assert kind == "data:image/svg+xml;charset=utf-8"
        assert not set('"<>#&') & set(picture), "these would end the URL or the attribute"
        assert image["alt"] == only(explorer.html, "figcaption").text == explorer.sentences[first]
        assert "<" not in only(explorer.html, "script", type="application/json").text


def test_a_frame_is_found_by_what_its_controls_say():
    (explorer,) = read_published(page_of(2, 3, start=[1, 2], kind="menu"))
    wanted = [{}, {"a": "a0"}, {"b": "b1"}, {"a": "a0", "b": "b0"}]
    assert [explorer.number(positions) for positions in wanted] == [5, 2, 4, 0]
    picture = ElementTree.fromstring(explorer.svg(4))
    assert picture.get("aria-label") == explorer.sentences[4] == "frame (1, 1)"
    assert picture[0].text == "(1, 1)"
    for wrong, words in (({"c": "b0"}, r"names \['c'\]"), ({"a": "b0"}, "'a' is never 'b0'")):
        with pytest.raises(ValueError, match=words):
            explorer.number(wrong)


@pytest.mark.parametrize(
    "damage",
    [
        lambda page: page.replace('"says"', '"sagt"'),
        lambda page: page.replace('{"controls"', "{controls"),
        lambda page: re.sub(r'"labels":\[.*?\]\]', '"labels":[]', page),
        lambda page: page[: page.index("<script")],
    ],
)
def test_data_that_no_script_could_read_is_an_error(damage):
    assert damage(page_of(2)) != page_of(2)
    with pytest.raises(ValueError, match="explorer 2 has no data that its script can read"):
        read_published(page_of(3) + damage(page_of(2)))
    no_explorer = '<figure class="xp"><figcaption>none</figcaption></figure>'
    assert read_published(no_explorer + re.sub("<img.*?>", "", page_of(2)))[0].picture == ""


# In a browser


def move(control, value):
    """Set a slider or menu as a reader's hand would, as far as the script can tell."""
    control.evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})) }",
        str(value),
    )


@pytest.mark.firefox
def test_every_position_shows_its_frame(show):
    tab = show(page_of(3, 2, 2, start=[2, 0, 1]))
    sliders, texts = tab.locator("input").all(), tab.locator("svg text")
    assert texts.all_text_contents() == ["(2, 0, 1)"]
    assert tab.locator("img, .xp-note").count() == 0
    for at in itertools.product(range(3), range(2), range(2)):
        for slider, value in zip(sliders, at, strict=True):
            move(slider, value)
        labels = [f"{name}{i}" for name, i in zip("abc", at, strict=True)]
        assert texts.all_text_contents() == [str(at)]
        assert tab.locator("figcaption").text_content() == f"frame {at}"
        assert tab.locator("svg").get_attribute("aria-label") == f"frame {at}"
        assert tab.locator("b").all_text_contents() == labels
        assert [slider.get_attribute("aria-valuetext") for slider in sliders] == labels
    # The keyboard moves a slider, and nobody else hears it but for shortcuts of a program around.
    tab.evaluate("document.heard = 0; document.body.onkeydown = () => document.heard++; 0")
    slider = tab.get_by_role("slider", name="b")
    slider.press("ArrowLeft")
    assert texts.all_text_contents() == ["(2, 0, 1)"]
    assert tab.evaluate("document.heard") == 0
    slider.press("Control+ArrowLeft")
    assert tab.evaluate("document.heard") == 2


def test_what_stays_is_not_painted_again_and_what_goes_leaves_nothing(show):
    letters = ["abc", "a", "", "cab", "bd"]
    frames = [([text_node(letter) for letter in word], word) for word in letters]
    tab = show(published_html(BOX, [("slider", "word", letters)], frames, [0]))
    tab.evaluate("document.querySelectorAll('svg text').forEach(e => { e.dataset.old = 1 })")
    for position, kept in ((1, ["a"]), (0, ["a"]), (3, []), (2, []), (4, [])):
        move(tab.locator("input"), position)
        assert tab.locator("svg text").all_text_contents() == list(letters[position])
        assert tab.locator("svg text[data-old]").all_text_contents() == kept


def test_a_shorter_sentence_keeps_the_room_of_a_longer_one(show):
    frames, heights = [([], says) for says in ("short", "long " * 99, "short")], []
    tab = show(published_html(BOX, [("slider", "a", ["0", "1", "2"])], frames, [0]))
    for position in (1, 2, 0):
        move(tab.locator("input"), position)
        heights.append(tab.locator("figcaption").bounding_box()["height"])
    assert len(set(heights)) == 1


def test_several_explorers_on_a_page_do_not_meddle(show):
    same, other = page_of(4, start=[1]), page_of(4, say="other")
    tab = show(same + same + other + page_of(3, start=[1], kind="menu"))
    shown = tab.locator("svg text")
    assert shown.all_text_contents() == ["(1,)", "(1,)", "(0,)", "(1,)"]
    for number, value in enumerate((3, 2, 1)):
        move(tab.locator("input").nth(number), value)
    tab.get_by_role("combobox", name="a").select_option("a2")
    assert shown.all_text_contents() == ["(3,)", "(2,)", "(1,)", "(2,)"]
    ids = tab.evaluate("[...document.querySelectorAll('svg [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) == 4
    clips = tab.evaluate(
        "[...document.querySelectorAll('svg path')].map(p => document.querySelector("
        "p.getAttribute('clip-path').slice(4, -1)).firstChild.getAttribute('width'))"
    )
    assert clips == ["3", "2", "1", "2"]


def test_a_fuller_page_takes_over_where_the_reader_stands(show):
    few, all_of_it = page_of(2, 2), page_of(3, 2)
    first = live_html(few.replace("a1", "a2"), "one", 4, 6)
    tab = show(f"<main>{first}</main><aside>{live_html(page_of(2), 'two', 2, 2)}</aside>")
    assert tab.locator(".xp-more").all_text_contents()[0].startswith("4 of 6 frames.")
    slider = tab.get_by_role("slider", name="a").first
    slider.focus()
    slider.press("ArrowRight")
    replace = """([place, html]) => {
        const node = document.querySelector(place);
        node.innerHTML = html;
        for (const old of node.querySelectorAll("script:not([type])")) {
            const script = document.createElement("script");
            script.textContent = old.textContent;
            old.replaceWith(script);
        }
    }"""
    tab.evaluate(replace, ["main", live_html(all_of_it, "one", 6, 6)])
    assert tab.locator("main svg text").all_text_contents() == ["(2, 0)"]
    assert tab.locator("main b").all_text_contents() == ["a2", "b0"]
    assert tab.locator("aside svg text").all_text_contents() == ["(0,)"]
    assert tab.locator("main .xp-more").count() == 0
    tab.keyboard.press("ArrowLeft")
    assert tab.locator("main svg text").all_text_contents() == ["(1, 0)"], "it keeps the focus"
    tab.get_by_role("slider", name="a").last.focus()
    tab.wait_for_timeout(20)
    tab.evaluate(replace, ["main", live_html(all_of_it, "one", 6, 6)])
    assert tab.locator("main svg text").all_text_contents() == ["(1, 0)"]
    assert tab.evaluate("document.activeElement.closest('aside') != null"), "and takes no other's"


def test_hostile_texts_stay_texts_in_a_browser(show):
    axes = [("slider", HOSTILE[0], ["1", HOSTILE[1]]), ("menu", HOSTILE[2], HOSTILE)]
    frames = [([text_node(text)], text) for text in HOSTILE * 2]
    tab = show(published_html(BOX, axes, frames, [1, 0]))
    assert tab.evaluate("document.querySelectorAll('img, body script').length") == 2
    assert tab.locator("option").all_text_contents() == HOSTILE
    assert tab.locator("label span, b").all_text_contents() == [*HOSTILE[:2], HOSTILE[2]]
    for number, text in enumerate(HOSTILE):
        tab.locator("select").select_option(index=number)
        assert tab.locator("svg text, figcaption").all_text_contents() == [text, text]
        assert tab.locator("svg").get_attribute("aria-label") == text
    tab.wait_for_timeout(50)


def test_playing_goes_to_the_end_and_starts_again(show):
    tab = show(page_of(4, 2, play=0) + page_of(2), stopped=True)
    tab.clock.pause_at(1_000_000)
    slider, button = tab.locator("input").first, tab.locator("button")  # of one explorer alone
    says = tab.locator("figcaption").first  # a listener hears no sentence every 0.6 seconds
    button.click()
    assert (button.text_content(), says.get_attribute("aria-live")) == ("Pause", "off")
    seen = [slider.input_value()]
    for _ in range(5):
        tab.clock.run_for(600)
        seen.append(slider.input_value())
    assert seen == ["0", "1", "2", "3", "3", "3"]
    assert (button.text_content(), says.get_attribute("aria-live")) == ("Play", "polite")
    assert tab.locator("svg text").first.text_content() == "(3, 0)"
    button.click()
    assert slider.input_value() == "0"
    button.click()
    tab.clock.run_for(6000)
    assert (slider.input_value(), button.text_content()) == ("0", "Play")
    button.click()
    tab.clock.run_for(600)
    move(slider, 3)  # the reader drags it to the end
    tab.clock.run_for(1200)
    assert (slider.input_value(), button.text_content()) == ("3", "Play")
    tab.emulate_media(reduced_motion="reduce")  # nothing plays for readers who asked for that
    assert not button.is_visible()
