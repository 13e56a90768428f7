"""The figures of chapter 4 show the numbers they are given, and no text is cut off or overlaps."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts
from matplotlib.collections import LineCollection

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, figure_style
from dropout_lab.lessons.ch04.figures import (
    difference_errors,
    gradient_flow,
    layer_gradients,
    learning_curves,
)
from dropout_lab.network import MLP

STEPS = 10.0 ** np.arange(-11, 0.1, 0.5)
V_SHAPE = STEPS**2 + 1e-16 / STEPS
CHECKS = {
    "right": V_SHAPE,
    "right, one-sided": STEPS + 1e-16 / STEPS,
    "unscaled": np.full(len(STEPS), 0.75),
    "right, fresh masks": 1 / STEPS,
}
SIZES = (4, 5, 5, 3)


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_flow(dropped=(), asleep=(), signal=0.5, gradient=-0.5):
    """Draw a network whose weights all pass on and get back the same, but for silent units."""
    masks, on = ([np.ones(n, bool) for n in SIZES] for _ in range(2))
    for layer, unit in dropped:
        masks[layer][unit] = False
    for layer, unit in asleep:
        on[layer][unit] = False
    alive = [a & b for a, b in zip(masks, on, strict=True)]
    both = [np.outer(a, b) for a, b in pairwise(alive)]
    signals, gradients = ([size * pair for pair in both] for size in (signal, gradient))
    return gradient_flow(masks, on, signals, gradients, (1.0, 1.0), 0.4, 3)


def draw_layers(rate, layers):
    right = np.logspace(0.5, 1, layers)
    return layer_gradients(
        right, right * (1 - rate) ** np.arange(layers)[::-1], rate, 5, (1e-3, 30)
    )


def draw_curves(how="SGD, learning rate 0.02"):
    seeds = np.array([-0.1, 0, 0.1])
    right = np.linspace(2.5, 1, 12) + seeds[:, None]
    return learning_curves(right, right + 0.25, 0.9 + seeds / 10, 0.8 + seeds / 10, how)


FRAMES = {
    "nothing dropped": draw_flow,
    "much dropped": lambda: draw_flow([(1, 0), (1, 4), (2, 2)], [(1, 1), (2, 3)]),
    "a layer dropped": lambda: draw_flow([(1, unit) for unit in range(5)]),
    **{f"check {name}": lambda name=name: difference_errors(STEPS, CHECKS, name, 0.5)
       for name in CHECKS},
    **{f"{n} layers at {rate}": lambda n=n, rate=rate: draw_layers(rate, n)
       for n in (2, 5) for rate in (0.0, 0.8)},
    "curves": draw_curves,
}  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    check_frame(frame())


def thick_lines(panel):
    """Return the segments that stand for signals or gradients, without the thin network below."""
    blue = plt.matplotlib.colors.to_rgb(COLORS["without"])
    return [
        (lines, segment)
        for lines in panel.collections
        if isinstance(lines, LineCollection) and len(lines.get_segments())
        if tuple(lines.get_colors()[0][:3]) == blue
        for segment in lines.get_segments()
    ]


@pytest.mark.parametrize(
    ("dropped", "asleep", "weights", "silent"),
    [
        ([], [], 4 * 5 + 5 * 5 + 5 * 3, 0),
        ([(1, 0), (2, 1), (2, 4)], [], 4 * 4 + 4 * 3 + 3 * 3, 0),
        ([(1, 0)], [(1, 2), (2, 1)], 4 * 3 + 3 * 4 + 4 * 3, 2),
    ],
)
def test_flow_draws_and_counts_the_weights_that_are_moved(dropped, asleep, weights, silent):
    figure = draw_flow(dropped, asleep)
    for panel in figure.axes:
        assert len(thick_lines(panel)) == weights
        bars = [line for line in panel.lines if line.get_marker() == "_"]
        assert sum(len(line.get_xdata()) for line in bars) == silent
    assert (
        f"{len(dropped)} of 10 hidden units are dropped and {silent} more have a ReLU that gives "
        f"0; {weights} of 60 weights get a gradient other than 0" in sentence_of(figure, "")
    )


def test_flow_is_thicker_where_more_flows_and_leaves_out_what_is_next_to_nothing():
    widths = []
    for signal in (0.01, 0.2, 0.5, 1.0, 5.0):
        found = thick_lines(draw_flow(signal=signal).axes[0])
        widths.append(found[0][0].get_linewidths()[0] if found else 0.0)
    assert widths[0] == 0
    assert 0 < widths[1] < widths[2] < widths[3] == widths[4]  # full thickness at the scale


def mark_of(figure):
    """Return marker, step and error of the point that the figure points out."""
    mark = next(line for line in figure.axes[0].lines if line.get_marker() in "oX")
    return mark.get_marker(), mark.get_xdata()[0], mark.get_ydata()[0]


def test_difference_errors_mark_the_best_step_of_a_check_that_passes():
    figure = difference_errors(STEPS, CHECKS, "right", 0.5)
    best = STEPS[V_SHAPE.argmin()]
    assert mark_of(figure) == ("o", pytest.approx(best), pytest.approx(V_SHAPE.min()))
    assert sentence_of(figure, "").endswith("the check at 10⁻⁶ passes.")


def test_difference_errors_read_a_check_that_fails_on_its_plateau_and_not_in_a_dip():
    # A long step adds an error of its own, which can hide part of the mistake.
    dip = np.where(STEPS > 0.5, 0.6, 0.75)
    figure = difference_errors(STEPS, {"unscaled": dip}, "unscaled", 0.5)
    assert mark_of(figure) == ("X", pytest.approx(1e-5), 0.75)
    said = sentence_of(figure, "")
    assert "error is 0.75, at the step 10⁻⁵" in said
    assert said.endswith("the check at 10⁻⁶ fails at every step.")


def test_difference_errors_write_numbers_as_people_do():
    for error, text in ((3.2e-11, "3.2 × 10⁻¹¹"), (0.75, "0.75"), (2e4, "2 × 10⁴"), (1e-9, "10⁻⁹")):
        errors = {"right": np.full(len(STEPS), error)}
        figure = difference_errors(STEPS, errors, "right", 0.5)
        assert f"{text}, at the step" in sentence_of(figure, "")


def test_layer_gradients_have_the_norms_as_heights_and_say_the_ratios():
    net = MLP([6, 5, 5, 3], np.random.default_rng(0), rate=0.5)
    x, labels = np.random.default_rng(1).normal(size=(40, 6)), np.arange(40) % 3
    masks = net.sample_masks(40, np.random.default_rng(2))
    right, wrong = (
        np.array([np.linalg.norm(w) for w in net.gradients(x, labels, masks, convention=c).weights])
        for c in (CONVENTIONS["inverted"], CONVENTIONS["backward unscaled"])
    )
    figure = layer_gradients(right, wrong, 0.5, 5, (1e-3, 30))
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, [*wrong, *right])
    assert "0.25, 0.5, 1 times the right one" in sentence_of(figure, "")


def test_learning_curves_show_means_with_intervals_and_say_where_they_end():
    figure = draw_curves()
    half = 4.303 * 0.1 / np.sqrt(3)  # t interval of three seeds that are 0.1 apart
    right, wrong = figure.axes[0].containers
    np.testing.assert_allclose(right[0].get_ydata(), np.linspace(2.5, 1, 12))
    np.testing.assert_allclose(wrong[0].get_ydata(), np.linspace(2.5, 1, 12) + 0.25)
    low, high = right[2][0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(half, rel=1e-3)
    said = sentence_of(figure, "")
    assert "loss is 1.00 with the right backward pass and 1.25 with the unscaled one" in said
    assert f"0.900 ± {half / 10:.3f} and 0.800 ± {half / 10:.3f}" in said
