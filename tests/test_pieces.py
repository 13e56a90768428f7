"""What all pieces that compute in the page share: what they refuse, keep and hold still."""

import re
from urllib.parse import urlencode

import pytest
from pieces import press, wait_for

from dropout_lab.playground import (
    click_a_unit,
    draw_a_digit,
    study_session,
    train_it_here,
    type_your_own_layer,
)

NO_SEEDS = ["", "two", "-1", "1.5", "1e3", "1234567"]
REFUSED = "The seed is a whole number from 0 to 999999."
# Where all stands that a reader presses, moves or reads.
PLACES = """figure => [figure, ...figure.querySelectorAll("button, input, select, figcaption")].map(
    each => JSON.stringify(each.getBoundingClientRect()))"""


@pytest.fixture
def opened(open_piece):
    """Return a function that opens a piece with what an address says."""

    def open_it(piece, address, width=720):
        viewport, margin = {"width": width, "height": 900}, "body { margin: 0 8px }"
        return open_piece(piece(), f"#piece={address}", viewport=viewport, style=margin)

    return open_it


@pytest.mark.parametrize(
    ("piece", "sent", "kept", "told"),
    [
        (
            draw_a_digit,
            "draw&digit=3&dropout+rate=7&nets+asked=none&seed=5",
            "digit=3 dropout+rate=0.95 nets+asked=51 seed=6",
            "Votes of 51 nets",
        ),
        (
            study_session,
            "group&dropout+rate=0.5&sessions=99999&seed=5",
            "dropout+rate=0.5 sessions=9999 seed=6",
            "Session 9999.",
        ),
        (
            train_it_here,
            "train&case=none&dropout+rate=9&training+images=9999&seed=5",
            "case=dropout+wins dropout+rate=0.95 training+images=1000 seed=6",
            "Press Train",
        ),
        (
            type_your_own_layer,
            "layer&convention=scale+by+p&dropout+rate=0.2&activation+3=30&tosses=60&seed=5",
            "convention=scale+by+p dropout+rate=0.2 activation+3=30 tosses=60 seed=6",
            "Toss 60. Unit 3 went in as 30.00",
        ),
    ],
)
def test_an_address_sets_what_it_may_and_a_seed_that_is_none_is_refused(
    opened, piece, sent, kept, told
):
    page = opened(piece, sent)
    wait_for(page, told)
    before = page.locator(".pg-view").inner_html()
    for seed in NO_SEEDS:
        page.get_by_label("seed").fill(seed)
        wait_for(page, REFUSED)
        assert page.locator(".pg-view").inner_html() == before
    page.get_by_label("seed").fill("6")
    wait_for(page, told)
    assert page.locator(".pg-view").inner_html() != before or piece is train_it_here
    assert set(kept.split()) <= set(page.url.split("&"))


TYPED = ["1e999", "-1e999", "-1", "", "-0", "1e-320", "0x10", "1,5", ",", "٣", "9" * 10_000, "NaN"]
# What stands in the page, names for a listener and shapes too, that is no number.
NO_NUMBER = r"""figure => {
    const shown = figure.cloneNode(true);
    for (const each of shown.querySelectorAll("script")) each.remove();
    return shown.outerHTML.match(/.{30}\b(NaN|Infinity|undefined|null)\b.{9}/)?.[0];
}"""
TYPE_ALL = f"""async (figure, [typed, button]) => {{
    const found = [], press = () => [...figure.querySelectorAll("button")]
        .find(each => each.textContent.trim() === button).click();
    for (const control of figure.querySelectorAll("input:not([hidden], [type=hidden])")) {{
        for (const value of [...typed, control.value]) {{
            control.value = value;
            for (const type of ["input", "change"])
                control.dispatchEvent(new Event(type, {{bubbles: true}}));
            press();
            await new Promise(requestAnimationFrame);
            const none = ({NO_NUMBER})(figure);
            if (none) found.push([control.name, value.slice(0, 9), none]);
        }}
    }}
    return found;
}}"""
every_piece = pytest.mark.parametrize(
    ("piece", "kind", "button"),
    [
        *((click_a_unit, "click", "Toss"), (draw_a_digit, "draw", "Add noise")),
        *((study_session, "group", "Next session"), (train_it_here, "train", "Step")),
        (type_your_own_layer, "layer", "Toss"),
    ],
)


@every_piece
def test_whatever_is_typed_for_a_number_no_page_shows_none(opened, piece, kind, button):
    page = opened(piece, "other")
    page.figure.get_by_role("button", name=button, exact=True).wait_for()
    assert page.figure.evaluate(TYPE_ALL, [TYPED, button]) == []


@pytest.mark.parametrize("texts", [["-0"], pytest.param(TYPED, marks=pytest.mark.all)])
@every_piece
def test_whatever_an_address_says_no_page_shows_what_is_no_number(
    opened, piece, kind, button, texts
):
    page = opened(piece, kind)
    names = page.figure.evaluate(
        "figure => [...figure.querySelectorAll('input')].map(each => each.name)"
    )
    for typed in texts:
        page.goto(
            page.url.partition("#")[0]
            + "#"
            + urlencode(dict.fromkeys(names, typed[:999]) | {"piece": kind})
        )
        page.reload()
        press(page, button)
        assert page.figure.evaluate(NO_NUMBER) is None, typed[:9]


@pytest.mark.parametrize("width", [360, 720, 916])
@pytest.mark.parametrize(
    ("piece", "address", "buttons"),
    [
        (study_session, "group", ["Next session", "Ten more", "Exam", "Morph", "Start again"]),
        (type_your_own_layer, "layer&convention=scale+by+p", ["Toss", "A hundred", "Clear"]),
    ],
)
def test_nothing_moves_while_a_reader_plays(opened, piece, address, buttons, width):
    page, places = opened(piece, address, width), set()
    for rate in ("0.7", "0.2"):
        page.get_by_label("dropout rate").fill(rate)
        for name in 2 * buttons:
            press(page, name)
            places.add(tuple(page.figure.evaluate(PLACES)))
    assert len(places) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_notebook_holds_all_of_it_and_its_address_stays(show):
    page = show(draw_a_digit()._repr_html_())
    address = page.url
    page.locator("[name=digit]").select_option("7")
    page.locator("figcaption", has_text="Votes of 100 nets").wait_for()
    assert page.url == address


@pytest.mark.parametrize(
    ("html", "alt"),
    [
        (study_session(), r"Session 8\. Home tonight: \w+ and \w+\. The group says "),
        (train_it_here(), r"5 trainings in PyTorch of 600 steps each: dropout leads\."),
        (
            type_your_own_layer("never scale", rate=0.5),
            r"Toss 100\. Unit 3 went in as 3\.00; its mean, 1\.\d\d ± 0\.15 so far, walks toward "
            r"1\.50\. Inference passes on 3\.00, which is 2\.00 times that\.\"",
        ),
    ],
    ids=["group", "train", "layer"],
)
def test_without_scripts_a_picture_and_a_sentence_stand_there(html, alt):
    assert re.search(f'<img alt="{alt}', html._repr_html_())


@pytest.mark.parametrize(
    ("piece", "arguments", "error", "says"),
    [
        (draw_a_digit, {"digit": 10}, ValueError, "digit must be 0 to 9, got 10"),
        (draw_a_digit, {"digit": "7"}, TypeError, "digit must be "),
        (study_session, {"rate": 1.5}, ValueError, "rate must lie between 0 and 1"),
        (study_session, {"rate": "half"}, TypeError, "rate must be a real number"),
        (study_session, {"seed": -1}, ValueError, "seed must be a whole number"),
        (study_session, {"seed": 1_000_000}, ValueError, "seed must be at most 999999"),
        (train_it_here, {"case": "no case"}, ValueError, "case must be "),
        (type_your_own_layer, {"convention": "none"}, ValueError, "convention must be "),
        (type_your_own_layer, {"rate": 1}, ValueError, "rate must be at most 0.95, got 1"),
    ],
)
def test_bad_arguments_are_named(message_of, piece, arguments, error, says):
    assert message_of(error, piece, **arguments).startswith(says)
