"""The figures of chapter 4 show the numbers they were given."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, heights, said
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.explorer.style import COLORS
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


def flow(dropped=(), asleep=(), signal=0.5, gradient=-0.5):
    """Draw a network whose weights all pass on and get back the same, but for silent units."""
    masks, on = ([np.ones(n, bool) for n in SIZES] for _ in range(2))
    for layer, unit in dropped:
        masks[layer][unit] = False
    for layer, unit in asleep:
        on[layer][unit] = False
    alive = [a & b for a, b in zip(masks, on, strict=True)]
    both = [np.outer(a, b) for a, b in pairwise(alive)]
    signals, gradients = ([size * pair for pair in both] for size in (signal, gradient))
    return partial(gradient_flow, masks, on, signals, gradients, (1.0, 1.0), 0.4, 3)


def layers(rate, count):
    right = np.logspace(0.5, 1, count)
    wrong = right * (1 - rate) ** np.arange(count)[::-1]
    return partial(layer_gradients, right, wrong, rate, 5, (1e-3, 30))


def curves():
    seeds = np.array([-0.1, 0, 0.1])
    right = np.linspace(2.5, 1, 12) + seeds[:, None]
    tests = 0.9 + seeds / 10, 0.8 + seeds / 10
    return partial(learning_curves, right, right + 0.25, *tests, "SGD, learning rate 0.02")


FRAMES = [
    flow(),
    flow([(1, 0), (1, 4), (2, 2)], [(1, 1), (2, 3)]),
    flow([(1, unit) for unit in range(5)]),
    *(partial(difference_errors, STEPS, CHECKS, name, 0.5) for name in CHECKS),
    *(layers(rate, count) for count in (2, 5) for rate in (0.0, 0.8)),
    curves(),
]


def thick_lines(panel):
    """Return the segments that stand for signals or gradients, without the thin network below."""
    return [
        (lines, segment)
        for lines in panel.collections
        if isinstance(lines, LineCollection) and len(lines.get_segments())
        if to_hex(lines.get_colors()[0]) == COLORS["without"]
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
    figure = drawn(flow(dropped, asleep))
    for panel in figure.axes:
        assert len(thick_lines(panel)) == weights
        bars = [line for line in panel.lines if line.get_marker() == "_"]
        assert sum(len(line.get_xdata()) for line in bars) == silent
    assert (
        f"{len(dropped)} of 10 hidden units are dropped and {silent} more have a ReLU that gives "
        f"0; {weights} of 60 weights get a gradient other than 0" in said(figure)
    )


def test_flow_is_thicker_where_more_flows_and_dashed_where_it_is_negative():
    widths = []
    for signal in (0.01, 0.2, 0.5, 1.0, 5.0):
        found = thick_lines(drawn(flow(signal=signal)).axes[0])
        widths.append(found[0][0].get_linewidths()[0] if found else 0.0)
    assert widths[0] == 0
    assert 0 < widths[1] < widths[2] < widths[3] == widths[4]  # full thickness at the scale
    forward, backward = (thick_lines(panel)[0][0] for panel in drawn(flow()).axes)
    assert forward.get_linestyles()[0][1] is None
    assert backward.get_linestyles()[0][1] is not None


def mark_of(figure):
    """Return marker, step and error of the point that the figure points out."""
    mark = next(line for line in figure.axes[0].lines if line.get_marker() in "oX")
    return mark.get_marker(), mark.get_xdata()[0], mark.get_ydata()[0]


def test_a_check_that_passes_is_marked_at_its_best_step():
    figure = drawn(difference_errors, STEPS, CHECKS, "right", 0.5)
    best = STEPS[V_SHAPE.argmin()]
    assert mark_of(figure) == ("o", pytest.approx(best), pytest.approx(V_SHAPE.min()))
    assert said(figure).endswith("the check at 10⁻⁶ passes.")


def test_a_check_that_fails_is_read_on_its_plateau_and_not_in_a_dip():
    # A long step adds an error of its own, which can hide part of the mistake.
    dip = np.where(STEPS > 0.5, 0.6, 0.75)
    figure = drawn(difference_errors, STEPS, {"unscaled": dip}, "unscaled", 0.5)
    assert mark_of(figure) == ("X", pytest.approx(1e-5), 0.75)
    assert "error is 0.75, at the step 10⁻⁵" in said(figure)
    assert said(figure).endswith("the check at 10⁻⁶ fails at every step.")


def test_errors_are_written_as_people_do():
    for error, text in ((3.2e-11, "3.2 × 10⁻¹¹"), (0.75, "0.75"), (2e4, "2 × 10⁴"), (1e-9, "10⁻⁹")):
        errors = {"right": np.full(len(STEPS), error)}
        assert f"{text}, at the step" in said(drawn(difference_errors, STEPS, errors, "right", 0.5))


def test_layers_have_their_norms_as_heights_and_their_ratios_in_words():
    net = MLP([6, 5, 5, 3], np.random.default_rng(0), rate=0.5)
    x, labels = np.random.default_rng(1).normal(size=(40, 6)), np.arange(40) % 3
    masks = net.sample_masks(40, np.random.default_rng(2))
    right, wrong = (
        np.array([np.linalg.norm(w) for w in net.gradients(x, labels, masks, convention=c).weights])
        for c in (CONVENTIONS["inverted"], CONVENTIONS["backward unscaled"])
    )
    figure = drawn(layer_gradients, right, wrong, 0.5, 5, (1e-3, 30))
    np.testing.assert_allclose(heights(figure.axes[0]), [*wrong, *right])
    assert "0.25, 0.5, 1 times the right one" in said(figure)


def test_learning_curves_are_means_with_intervals():
    figure = drawn(curves())
    half = 4.303 * 0.1 / np.sqrt(3)  # t interval of three seeds that are 0.1 apart
    right, wrong = figure.axes[0].containers
    np.testing.assert_allclose(right[0].get_ydata(), np.linspace(2.5, 1, 12))
    np.testing.assert_allclose(wrong[0].get_ydata(), np.linspace(2.5, 1, 12) + 0.25)
    np.testing.assert_allclose(np.ptp(bar_ends(right), axis=1) / 2, half, rtol=1e-3)
    assert "loss is 1.00 with the right backward pass and 1.25 with the unscaled" in said(figure)
    assert f"0.900 ± {half / 10:.3f} and 0.800 ± {half / 10:.3f}" in said(figure)
