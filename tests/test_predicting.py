"""Predictions: what is asked and refused, and in a browser the veil, the guess and the verdict."""

import json

import pytest
from published import SHOWN, elements, only, seen

from dropout_lab.explorer.live import LiveExplorer
from dropout_lab.explorer.page import Published, published_html, read_published, script_text
from dropout_lab.teaching import predict

RATIONAL = {"yes": "No quotient has this square.", "no": "Pythagoras knew."}
ROOT = {"question": "How much is the root of 2?", "answer": 2**0.5, "low": 1, "high": 3}
CHOICE = {"question": "Is it rational?", "choices": RATIONAL, "answer": "no"}
INK = "fill:currentColor"
NODES = [
    f'<text style="font-size:9.5px;{INK}" x="1" y="9">tick</text>',
    f'<text style="font-size:10px;{INK}" x="1" y="29">data</text>',
]
FIGURE = Published(
    published_html("0 0 90 40", [("slider", "a", ["0", "1"])], [(NODES, "It says 1.41.")] * 2, [0]),
    "a figure",
)
PAGE = predict([ROOT, CHOICE], figure=FIGURE).html


def told(page):
    """Return what the script reads."""
    return json.loads(only(page, "script", type="application/json").text)


def test_without_scripts_the_questions_stand_above_the_open_figure():
    assert [e.text for e in elements(PAGE) if e.tag == "p"][:2] == [
        ROOT["question"],
        CHOICE["question"],
    ]
    assert not any(e.tag in {"form", "input", "button"} for e in elements(PAGE))
    assert [one.html for one in read_published(PAGE)] == [FIGURE.html]
    assert PAGE.index(ROOT["question"]) < PAGE.index(FIGURE.html)
    assert predict([ROOT, CHOICE], figure=FIGURE).html == PAGE
    assert predict(**ROOT).html in predict(**ROOT, figure=FIGURE).html
    assert repr(predict(**ROOT)) == "<predict: How much is the root of 2?>"


@pytest.mark.parametrize(
    ("low", "high", "answer", "step", "shown"),
    [
        (0, 1, 0.5349, None, "0.53"),
        (0, 2, 0.5, None, "0.5"),
        (0, 24, 8.4, None, "8"),
        (0, 100, 7.96, None, "8"),
        (0, 5000, 720, None, "720"),
        (-11, 0, -4.6, 1, "-5"),
        (1, 9, 1.25, 0.01, "1.25"),
    ],
)
def test_an_answer_has_the_decimals_of_its_slider(low, high, answer, step, shown):
    (asked,) = told(predict("?", answer=answer, low=low, high=high, step=step).html)["asked"]
    least, most, by = asked["range"]
    assert asked["answer"] == shown
    assert (least, most) == (low, high)
    assert 20 <= round((most - least) / by) < 200 or step


@pytest.mark.parametrize("text", SHOWN)
def test_hostile_texts_stay_texts(text):
    page = predict(text, {text: text, "b": "c"}, answer=text).html
    plain = predict("a", {"d": "e", "b": "c"}, answer="b").html
    for one in (page, plain):
        assert [e.tag for e in elements(one)] == [e.tag for e in elements(plain)]
    assert only(page, "p").text == seen(text)
    form, same = (told(each)["form"] for each in (page, plain))
    assert [e.tag for e in elements(form)] == [e.tag for e in elements(same)]
    assert only(form, "legend").text == seen(text)
    values = [e.attributes["value"] for e in elements(form) if e.tag == "input"]
    (asked,) = told(page)["asked"]
    assert values == [*asked["choices"]] == [seen(text), "b"]
    assert asked["choices"][asked["answer"]] == seen(text)


@pytest.mark.parametrize(
    ("question", "changed", "error", "words"),
    [
        (ROOT, {"question": 3}, TypeError, "question must be a string, got 3"),
        (ROOT, {"answer": "1"}, TypeError, "answer must be a real number, got '1'"),
        (ROOT, {"low": None}, TypeError, "low must be a real number, got None"),
        (ROOT, {"high": 1}, ValueError, "low must lie below high, both finite, got 1 and 1"),
        (ROOT, {"answer": float("nan")}, ValueError, "answer must lie between 1 and 3, got nan"),
        (ROOT, {"answer": 4}, ValueError, "answer must lie between 1 and 3, got 4"),
        (ROOT, {"step": 0.02}, ValueError, "step must be a power of ten, such as 0.01, got 0.02"),
        (ROOT, {"step": 0}, ValueError, "step must be a power of ten"),
        (ROOT, {"figure": "<p>"}, TypeError, "figure must have an attribute html, got '<p>'"),
        (ROOT, {"choices": RATIONAL}, TypeError, "low, high, step and unit belong to numbers"),
        (ROOT, {"unti": "%"}, TypeError, "unti"),
        (CHOICE, {"choices": ["yes", 1]}, TypeError, "choices must hold strings, got ['yes', 1]"),
        (CHOICE, {"choices": ["no"]}, ValueError, "choices must hold at least two, each of other"),
        (CHOICE, {"choices": ["no", "a\0", "a\1"]}, ValueError, "each of other looks"),
        (CHOICE, {"answer": "so"}, ValueError, "answer must be one of ['yes', 'no'], got 'so'"),
        (CHOICE, {"question": []}, TypeError, "question must be a string, got []"),
        ({"question": []}, {}, ValueError, "at least one question"),
    ],
)
def test_what_is_no_question(question, changed, error, words, message_of):
    assert words in message_of(error, predict, **question | changed)


def test_live_the_questions_stay_while_their_figure_is_drawn(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kinds: shown.append(args[0]))

    class Live(LiveExplorer):
        page = FIGURE.html

        def __init__(self):
            pass

    live = Live()
    live._summary = "live"
    predict([ROOT, CHOICE], figure=live)._ipython_display_()
    questions, figure = shown
    assert figure is live
    # The veil comes back with each fuller page.
    assert questions.html + live._bundle()["text/html"] == PAGE


# In a browser


@pytest.mark.firefox
def test_a_guess_is_made_with_the_keyboard_and_then_the_figure_shows(show):
    tab = show(PAGE)
    data, tick = tab.get_by_text("data"), tab.get_by_text("tick")
    assert tick.is_visible()
    assert not data.is_visible()
    assert not tab.locator("figcaption").is_visible()
    assert tab.get_by_role("slider").count() == 1  # that of the guess
    assert "1.4" not in tab.get_by_role("form", name="Predict").inner_text()
    slider = tab.get_by_role("slider", name="Your guess")
    assert slider.get_attribute("aria-valuetext") == "none yet"
    assert tab.get_by_role("button").all_text_contents() == ["Show without a guess"]
    tab.evaluate("document.heard = 0; document.body.onkeydown = () => document.heard++; 0")
    slider.press("Home")
    assert tab.evaluate("document.heard") == 0
    assert slider.get_attribute("aria-valuetext") == "1.0"
    slider.press("ArrowRight")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    assert tab.get_by_role("button", name="Show").evaluate("e => e == document.activeElement")
    tab.keyboard.press("Enter")
    # The verdicts are live regions, and say how far off: 1.4 - 1.1.
    assert tab.get_by_role("status").all_text_contents() == [
        "You said 1.1. It is 1.4: 0.3 too low.",
        "You said \u201cyes\u201d. It is \u201cno\u201d. No quotient has this square.",
    ]
    assert data.is_visible()
    assert tab.locator("figcaption").is_visible()
    assert tab.get_by_role("button").count() == 0
    tab.keyboard.press("Tab")
    assert tab.get_by_role("slider", name="a").evaluate("e => e == document.activeElement")


@pytest.mark.parametrize(
    ("value", "choice", "verdicts"),
    [
        (
            "1.4",
            "no",
            ["You said 1.4, and so it is.", "You said “no”, and so it is. Pythagoras knew."],
        ),
        ("3", None, ["You said 3.0. It is 1.4: 1.6 too high.", "It is “no”. Pythagoras knew."]),
        (None, None, ["It is 1.4.", "It is “no”. Pythagoras knew."]),
    ],
)
def test_each_guess_has_its_verdict_and_none_is_needed(show, value, choice, verdicts):
    # Two of the same do not meddle, nor does the engine of pieces.
    engine = script_text("engine.js", "dropout_lab.playground")
    tab = show(f"{PAGE}<script>{engine}</script>{PAGE}")
    first = tab.get_by_role("form").first
    if value:
        first.get_by_role("slider").fill(value)
    if choice:
        first.get_by_role("radio", name=choice).check()
    first.get_by_role("button").click()
    assert first.get_by_role("status").all_text_contents() == verdicts
    assert tab.get_by_role("form").last.get_by_role("status").all_text_contents() == ["", ""]


def test_units_and_signs_are_written_and_a_press_where_the_slider_stands_counts(show):
    cold = {"question": "How cold?", "answer": -4, "low": -10, "high": 0, "step": 1, "unit": " °C"}
    wet = {"question": "How wet?", "answer": 82, "low": 0, "high": 100, "unit": " %"}
    tab = show(predict([cold, wet, wet]).html)
    for slider in tab.get_by_role("slider").all():
        slider.click()  # its middle
    slider.fill("81")
    tab.get_by_role("button", name="Show").click()
    assert tab.get_by_role("status").all_text_contents() == [
        "You said \u22125 °C. It is \u22124 °C: 1 °C too low.",
        "You said 50 %. It is 82 %: 32 points too low.",
        "You said 81 %. It is 82 %: 1 point too low.",
    ]


def spans(tab):
    """Return where each mark of a line begins and ends, as a share of the line."""
    return tab.locator(".xp-scale").evaluate(
        """line => {
            const {left, width} = line.getBoundingClientRect();
            return [...line.querySelectorAll("i, u")].map(mark => {
                const box = mark.getBoundingClientRect();
                return [(box.left - left) / width, (box.right - left) / width];
            });
        }"""
    )


@pytest.mark.firefox
@pytest.mark.parametrize(("guess", "at"), [("2.5", 0.75), ("1", 0), ("3", 1), ("1.4", 0.2)])
@pytest.mark.parametrize("width", [320, 900])
def test_a_guess_is_a_ring_on_a_line_the_answer_a_disc_and_the_distance_between(
    show, guess, at, width
):
    tab = show(predict(**ROOT).html, viewport={"width": width, "height": 700})
    length = tab.locator(".xp-scale").evaluate("line => line.getBoundingClientRect().width")
    pixel = 0.6 / length
    ring, disc, between = (
        tab.locator(f".xp-scale {mark}") for mark in (".xp-ring", ".xp-disc", "u")
    )
    assert tab.locator(".xp-scale").get_attribute("aria-hidden") == "true"
    assert tab.locator(".xp-scale small").all_text_contents() == ["1", "3"]
    slider = tab.get_by_role("slider")
    assert ring.evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"
    slider.fill(guess)
    assert ring.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    assert [each.is_visible() for each in (ring, disc, between)] == [True, False, False]
    tab.get_by_role("button").click()
    line, around, dot = spans(tab)
    assert sum(around) / 2 == pytest.approx(at, abs=pixel)
    assert sum(dot) / 2 == pytest.approx(0.2, abs=pixel)
    assert line == pytest.approx(sorted([at, 0.2]), abs=pixel)
    # Where both are the same, the disc lies in the ring.
    assert disc.is_visible()
    assert around[1] - around[0] > 1.5 * (dot[1] - dot[0])


def test_without_a_guess_there_is_no_ring(show):
    tab = show(predict([ROOT, CHOICE]).html)
    tab.get_by_role("button").click()
    shown = [
        tab.locator(f".xp-scale {mark}").is_visible() for mark in (".xp-ring", "u", ".xp-disc")
    ]
    assert shown == [False, False, True]
    assert tab.locator("small:visible").last.inner_text() == "the answer"
    assert marks(tab) == {"yes": "", "no": "disc"}


def marks(tab):
    """Return how each choice is marked."""
    return tab.locator("[type=radio]").evaluate_all(
        """all => Object.fromEntries(all.map(radio => {
            const {borderTopWidth, outlineStyle} = getComputedStyle(radio);
            const marks = [outlineStyle == "solid" && "ring", borderTopWidth == "6px" && "disc"];
            return [radio.value, marks.filter(Boolean).join(" ")];
        }))"""
    )


@pytest.mark.firefox
@pytest.mark.parametrize(
    ("choice", "found"),
    [("yes", {"yes": "ring", "no": "disc"}), ("no", {"yes": "", "no": "ring disc"})],
)
@pytest.mark.parametrize("colors", ["none", "active"])
def test_a_choice_has_a_ring_and_the_right_one_a_disc(show, choice, found, colors):
    tab = show(predict(**CHOICE).html, forced_colors=colors)
    tab.get_by_role("radio", name=choice).check()
    tab.get_by_role("button").click()
    assert marks(tab) == found


@pytest.mark.parametrize("width", [320, 500, 900])
@pytest.mark.parametrize("guesses", [("1", "yes"), ("3", "no"), ("1.4", None)])
def test_nothing_moves_when_the_answer_comes(show, width, guesses):
    tab = show(PAGE, viewport={"width": width, "height": 900})
    places = """() => [...document.querySelectorAll("legend, label, .xp-line, .xp-veil")].map(
        e => [e.getBoundingClientRect().top, e.getBoundingClientRect().left])"""
    before = tab.evaluate(places)
    tab.get_by_role("slider").fill(guesses[0])
    if guesses[1]:
        tab.get_by_role("radio", name=guesses[1]).check()
    assert tab.evaluate(places) == before
    tab.get_by_role("button").click()
    assert tab.evaluate(places) == before


def test_on_paper_and_without_scripts_nothing_is_veiled(show):
    tab = show(PAGE)
    tab.emulate_media(media="print")
    assert tab.get_by_text("data").is_visible()
    for control in ("[type=range]", ".xp-scale", "button", "small", ".xp-verdict span"):
        assert not tab.locator(f".xp-predict {control}").first.is_visible()
    # Questions alone: no room is kept for what they were answered.
    assert tab.locator(".xp-verdict").first.evaluate("e => e.offsetHeight") == 0
    plain = show(PAGE, java_script_enabled=False)
    assert plain.get_by_text(ROOT["question"]).is_visible()
    assert plain.locator("img").is_visible()
    assert plain.locator("button").count() == 0


def test_it_fits_a_phone_and_shows_in_forced_colors(show):
    tab = show(PAGE, viewport={"width": 320, "height": 700}, forced_colors="active")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    box = tab.locator(".xp-predict")
    assert box.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    heights = tab.locator("label, button").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(heights) >= 44
