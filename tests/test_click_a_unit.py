"""The piece in which a reader drops the units of a small net, against the package's own net."""

import itertools
import re

import numpy as np
import pytest
from figure_checks import drawn
from pieces import read

from dropout_lab.network import MLP, softmax
from dropout_lab.playground import click_a_unit
from dropout_lab.playground.clicking import (
    CLASSES,
    EXAMPLE,
    LABEL,
    SAYS,
    WEIGHTS,
    _still,
    net_to_click,
)

MASKS = ["".join(bits) for bits in itertools.product("01", repeat=4)]
RATES = (0.0, 0.3, 0.5, 0.95, 1.0)
# All that stands in the piece, by where a reader looks for it.
SHOWN = """figure => {
    const texts = (where, inside = figure) =>
        [...inside.querySelectorAll(where)].map(each => each.textContent.trim());
    const rows = where => [...figure.querySelectorAll(where)].map(each => texts("b", each));
    const buttons = [...figure.querySelectorAll("[name=unit]")];
    return {
        into: rows(".pg-click-by:first-child"),
        out: rows(".pg-click-by:last-child"),
        sends: texts(".pg-click-sends").map(each => each.split(/[×=]/)),
        classes: rows(".pg-click-out p"),
        rows: [...figure.querySelectorAll("tr")].map(row => texts("td", row)),
        names: buttons.map(each => each.ariaLabel),
        pressed: buttons.map(each => each.getAttribute("aria-pressed")),
        looks: buttons.map(each => each.dataset.is),
        struck: [...figure.querySelectorAll("tr:last-child td[class] s")].map(
            each => getComputedStyle(each).textDecorationLine === "line-through"),
        resting: [...figure.querySelectorAll("svg g")].map(
            each => getComputedStyle(each.firstChild).strokeDasharray !== "none"),
        says: figure.querySelector("figcaption").textContent,
    };
}"""


@pytest.fixture
def piece(open_piece):
    """Return a function that opens the piece."""

    def open_it(after="", **how):
        return open_piece(click_a_unit(), after, **how)

    return open_it


def unit(page, number):
    return page.figure.get_by_role("button", name=f"hidden unit {number},")


def shown(page):
    return page.figure.evaluate(SHOWN)


def assert_shows(texts, values):
    """Compare what is written with what it should be, to the digits that are written."""
    for text, value in zip(np.ravel(texts), np.ravel(values), strict=True):
        digits = len(text.partition(".")[2])
        assert abs(read(text) - value) <= 0.5 * 10**-digits + 1e-5, (text, value)
        assert digits or value == 0  # 0 is said of what is exactly 0


@pytest.mark.firefox("all")
def test_every_number_is_the_package_s_for_all_masks_and_rates(piece):
    page = piece()
    for mask, rate in itertools.product(MASKS, RATES):
        page.figure.evaluate(
            """(figure, [mask, rate]) => {
                figure.querySelector("[name=mask]").value = mask;
                const slider = figure.querySelector("[type=range]");
                slider.value = rate;
                slider.dispatchEvent(new Event("input", {bubbles: true}));
            }""",
            [mask, rate],
        )
        assert_net(shown(page), mask, rate)


def assert_net(found, mask, rate):
    net = net_to_click(rate)
    kept = np.array([each == "1" for each in mask]) & (rate < 1)
    gradients = net.gradients(EXAMPLE, np.array([LABEL]), [kept])
    scores = net.forward(EXAMPLE, [kept])[0]
    hidden = np.maximum(EXAMPLE @ WEIGHTS[0], 0)[0]
    factor = 1 / (1 - rate) if rate < 1 else 1
    sent = hidden * kept * factor * (rate < 1)
    assert_shows(found["into"], gradients.weights[0].T)
    assert_shows(found["out"], gradients.weights[1])
    assert_shows(found["sends"], np.transpose([hidden, kept * factor, sent]))
    given = np.transpose([softmax(scores), gradients.biases[1]])
    assert_shows(found["classes"], given)
    _, m, *sums = found["rows"]
    assert "".join(m) == str(kept.astype(int).tolist()).replace(" ", "")
    for k, row in enumerate(sums):
        assert_shows(row[-1].lstrip("= "), scores[k])
        for term, value, weights in zip(row, hidden, WEIGHTS[1], strict=False):
            sends, weight = re.fullmatch(r"([\d.]+)·([\d.]+?)0?", term).groups()
            assert_shows([sends], [value * factor])
            assert read(weight) == weights[k]
    # Where a number is 0 because nothing arrives, the look says so.
    silent = sent == 0
    assert found["struck"] == (~kept).tolist()
    assert found["resting"] == silent.tolist()
    for gradients in (found["into"], found["out"]):
        np.testing.assert_array_equal(np.array(gradients) == "0", np.transpose([silent] * 2))
    assert found["pressed"] == [str(not each).lower() for each in kept]
    states = np.where(silent, np.where(kept, "silent", "dropped"), "kept")
    assert found["looks"] == states.tolist()
    for name, number, state, value in zip(found["names"], range(1, 5), states, sent, strict=True):
        beginning, _, told = name.rpartition(" ")
        assert beginning == f"hidden unit {number}, {state}, sends"
        assert_shows([told], [value])


@pytest.mark.firefox
def test_a_click_drops_a_unit_and_another_brings_it_back(piece):
    page = piece()
    assert shown(page)["says"] == SAYS["start"]
    button = page.figure.get_by_role("button", name="hidden unit 2, kept, sends 1.60")
    button.click()
    # The picture for readers without scripts shows this state, and says the same.
    assert shown(page)["says"] == repr(click_a_unit())
    assert "unit 2 is dropped. It sends 0 instead of 1.60, and none of its 4 " in repr(
        click_a_unit()
    )
    page.figure.get_by_label("dropout rate").fill("0.75")
    unit(page, 1).click()
    said = {"unit": 1, "instead": "4.80", "scale": "4.00"}
    assert shown(page)["says"] == SAYS["dropped"].format(**said)
    unit(page, 2).click()
    said = {"unit": 2, "sent": "3.20", "scale": "4.00", "value": "0.80"}
    assert shown(page)["says"] == SAYS["kept"].format(**said)
    page.figure.get_by_role("button", name="Start again").click()
    assert shown(page)["says"] == SAYS["start"]
    assert shown(page)["pressed"] == ["false"] * 4


def test_a_listener_hears_which_weight_a_number_belongs_to(piece):
    page = piece()
    unit(page, 2).click()
    found = page.figure.locator(".pg-click-row").nth(1).locator("p > span").all_text_contents()
    assert found == [
        "weight from input 1 to hidden unit 2 −0.2, gradient 0",
        "weight from input 2 to hidden unit 2 0.5, gradient 0",
        "0.80× 0= 0",
        "weight from hidden unit 2 to cat 0.2, gradient 0",
        "weight from hidden unit 2 to dog 0.7, gradient 0",
    ]


def test_dropping_a_silent_unit_changes_nothing(piece):
    page = piece()
    before = shown(page)
    unit(page, 3).click()
    after = shown(page)
    assert after["says"] == SAYS["silent"].format(unit=3)
    assert [after["looks"][2], before["looks"][2]] == ["dropped", "silent"]
    for part in ("into", "out", "classes", "resting"):
        assert after[part] == before[part]


def test_where_nothing_is_sent_a_sentence_says_so(piece):
    page = piece()
    for number in (1, 2, 4):
        unit(page, number).click()
    assert shown(page)["says"] == SAYS["nobody"]
    page.figure.get_by_label("dropout rate").fill("1")
    unit(page, 1).click()
    assert shown(page)["says"] == SAYS["all"]
    page.figure.get_by_label("dropout rate").fill("0.5")
    assert shown(page)["pressed"] == ["false", "true", "false", "true"]


def test_a_toss_drops_at_the_rate_and_the_slider_only_scales(piece):
    draws = "let k = 0; Math.random = () => [0.49, 0.5, 0.3, 0.9][k++ % 4];"
    page = piece(before=draws)
    page.figure.get_by_role("button", name="Toss").click()
    found = shown(page)
    assert found["pressed"] == ["true", "false", "true", "false"]
    assert found["says"] == SAYS["some"].format(dropped=2, moving=8, scale="2.00")
    page.figure.get_by_label("dropout rate").fill("0.25")
    found = shown(page)
    assert found["pressed"] == ["true", "false", "true", "false"]
    assert found["says"] == SAYS["some"].format(dropped=2, moving=8, scale="1.33")
    page.figure.get_by_role("button", name="Toss").click()
    assert shown(page)["pressed"] == ["false"] * 4


LIT = """figure => [0, 1, 2, 3].map(unit => {
    const parts = [...figure.querySelectorAll(`.pg-click-${unit}`)].flatMap(part =>
        part.matches("g, td, button") ? part : [...part.querySelectorAll("p > span")]);
    const looks = parts.map(part => {
        const style = getComputedStyle(part.matches("g") ? part.firstChild : part);
        return part.matches("g") ? style.strokeWidth : style.backgroundColor;
    });
    return [...new Set(looks)].length + " looks of " + parts.length + ": " + [...new Set(looks)];
})"""


@pytest.mark.firefox("all")
@pytest.mark.parametrize("how", ["hover", "focus"])
def test_a_unit_lights_up_with_its_edges_entry_and_terms(piece, how):
    page = piece()
    before = page.figure.evaluate(LIT)
    if how == "hover":
        page.figure.locator("td.pg-click-1").first.hover()
    else:
        page.figure.get_by_label("dropout rate").focus()
        for _ in range(4):
            page.keyboard.press("Tab")
        assert "hidden unit 2" in page.evaluate("document.activeElement.ariaLabel")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    edge = "getComputedStyle(document.querySelector('g.pg-click-1 path')).strokeWidth"
    page.wait_for_function(f"{edge} === '2.5px'")
    after = page.figure.evaluate(LIT)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True, True]
    # Edges, four weights, a product, a button, an entry and two terms: all of them, all alike.
    assert re.match("2 looks of 10: 2.5px,", after[1])


@pytest.mark.firefox
@pytest.mark.parametrize("key", [" ", "Enter"])
def test_keys_drop_a_unit(piece, key):
    page = piece()
    unit(page, 4).focus()
    page.keyboard.press(key)
    assert shown(page)["pressed"] == ["false", "false", "false", "true"]
    assert "hidden unit 4, dropped" in page.evaluate("document.activeElement.ariaLabel")


def test_the_address_keeps_the_mask_and_bears_a_wrong_one(piece):
    page = piece("#piece=click&dropout+rate=0.75&mask=1010")
    assert shown(page)["says"] == SAYS["some"].format(dropped=2, moving=4, scale="4.00")
    unit(page, 1).click()
    assert "dropout+rate=0.75" in page.url
    assert "mask=0010" in page.url


@pytest.mark.parametrize("wrong", ["", "12", "2222", "11111", "<b>1</b>"])
def test_a_mask_that_is_none_is_no_mask(piece, wrong):
    page = piece(f"#piece=click&mask={wrong}&dropout+rate=much")
    assert shown(page)["pressed"] == ["false"] * 4
    unit(page, 1).click()
    assert shown(page)["pressed"] == ["true", "false", "false", "false"]


TEXTS = """figure => {
    const walker = document.createTreeWalker(figure.querySelector(".pg-view"), 4);
    const found = [...figure.querySelectorAll("[name=unit]")].map(button => {
        const {left, right, top, bottom} = button.getBoundingClientRect();
        return ["button", left, right, top, bottom, 11];
    });
    while (walker.nextNode()) {
        const node = walker.currentNode, style = getComputedStyle(node.parentNode);
        const range = document.createRange();
        range.selectNodeContents(node);
        const {left, right, top, bottom, width} = range.getBoundingClientRect();
        if (width > 2 && node.data.trim() && !node.parentNode.closest(".pg-click-told, button"))
            found.push([node.data, left, right, top, bottom, parseFloat(style.fontSize)]);
    }
    return found;
}"""


@pytest.mark.parametrize("width", [360, 768])
def test_numbers_are_legible_and_nothing_jumps(piece, width):
    look = "body { font: 17px DejaVu Sans; margin: 0 16px }"
    page = piece(style=look, viewport={"width": width, "height": 900})
    heights = set()
    for rate in ("0.95", "0", "0.5", "1"):
        page.figure.get_by_label("dropout rate").fill(rate)
        for number in (1, 3, 2, 4, 1):
            unit(page, number).click()
            heights.add(page.figure.bounding_box()["height"])
            texts = page.figure.evaluate(TEXTS)
            assert min(size for *_, size in texts) >= 11
            for (a, *one, _), (b, *other, _) in itertools.combinations(texts, 2):
                across = min(one[1], other[1]) - max(one[0], other[0])
                down = min(one[3], other[3]) - max(one[2], other[2])
                assert across < 1 or down < 4, (a, b)
    assert len(heights) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for number in range(1, 5):
        box = unit(page, number).bounding_box()
        assert min(box["width"], box["height"]) >= 40


def test_the_net_is_told_as_it_is():
    net = net_to_click(0.5)
    assert isinstance(net, MLP)
    hidden = EXAMPLE @ np.array(WEIGHTS[0])
    assert (hidden[0] > 0).tolist() == [True, True, False, True]
    answers = [net.forward(EXAMPLE, [np.arange(4) != unit])[0].argmax() for unit in range(5)]
    # With all units or without one of them it says cat, but without the first unit dog.
    assert [CLASSES[answer] for answer in answers] == ["dog", "cat", "cat", "cat", "cat"]


def test_without_scripts_a_picture_and_a_sentence_stand_there():
    html = click_a_unit()._repr_html_()
    assert '<img alt="Hidden unit 2 is dropped. It sends 0 instead of 1.60, and none of ' in html
    (axes,) = drawn(_still).axes
    # One unit is dropped in it. Numbers that come back have a sign, where they are not 0.
    net, mask = net_to_click(0.5), np.array([True, False, True, True])
    found = net.gradients(EXAMPLE, np.array([LABEL]), [mask])
    back = np.concatenate([*map(np.ravel, found.weights), found.biases[1]])
    texts = [text.get_text().replace("−", "-") for text in axes.texts]
    signed = [text for text in texts if re.fullmatch(r"\+[\d.]+|-\d\.\d\d", text)]
    assert sorted(signed) == sorted(f"{value:+.2f}" for value in back[back != 0])
    assert texts.count("0") == 9  # of four weights each of two units, and of one activation
    assert "m = [1, 0, 1, 1]" in texts
    score = net.forward(EXAMPLE, [mask])[0, LABEL]
    assert f"cat = 2.40·0.9 + 0 + 0·0.6 + 1.00·0.4 = {score:.2f}" in texts
