"""The figures of chapter 9 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import bar_ends, check_frame, drawn, said, t_half

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch09.figures import by_size, features, nets, rate_curve, regularizers

RATES = [round(0.1 * step, 1) for step in range(10)]
SIZES = [100, 500, 2_000, 10_000, 60_000]
NAMES = ["none", "L2", "dropout", "dropout + max-norm"]
PAPER = [None, 1.62, None, 1.05]
LIMITS_FOLLOW_DATA = {"rate_curve"}  # other scores, other axes


def spread(means, step):
    """Return five seeds around each mean, with a standard deviation of `step`."""
    return np.asarray(means)[..., None] + step * np.array([-1, -1, 0, 1, 1])


CURVE = 0.04 + 0.06 * (np.array(RATES) - 0.5) ** 2
TEST = spread(CURVE, 0.002)


def curve(rate=0.5, fixed="width", measure="error", test=TEST):
    widths = [256] * 10 if fixed == "width" else [round(64 / (1 - each)) for each in RATES]
    # Validation images prefer 0.3, test images 0.5.
    held = spread(0.04 + 0.06 * (np.array(RATES) - 0.3) ** 2, 0.002)
    parts = spread(CURVE / 2, 0.001), held, test, spread(CURVE + 0.01, 0.001)
    changes = 100 * (CURVE - CURVE[0]), np.full(10, 0.123)
    return partial(rate_curve, RATES, widths, *parts, changes, rate, fixed, measure)


def sizes():
    none = spread([0.25, 0.13, 0.07, 0.03, 0.02], 0.001)
    return partial(by_size, SIZES, np.array([none, 0.8 * none]), "512-512", "rate 0.5, pixels 0.2")


def many(width, depth):
    ends = np.array([0.05, 0.04])[:, None, None] + np.array([0.01, 0.005, 0])[:, None]
    curves = spread(ends + np.zeros(3), 0.001)[..., None] + 0.1 * np.exp(-np.arange(20) / 2)
    return partial(nets, curves, [32, 96, 256], [2, 3, 4], width, depth, "rate 0.5, pixels 0.2")


def methods(method):
    test = spread([0.05, 0.048, 0.044, 0.042], 0.001)
    changes = np.array([0, -0.2, -0.6, -0.8]), np.array([0, 0.12, 0.13, 0.14])
    held = spread([0.06, 0.055, 0.058], 0.001)
    strengths = ["c = 1", "c = 1.5", "c = 2"]
    return partial(regularizers, NAMES, test, changes, PAPER, strengths, held, method)


def units(rate):
    filters = np.random.default_rng(0).integers(-9, 10, (6, 14, 14))
    edges = np.arange(0, 10.5, 0.5)
    bins = np.exp(-edges) * np.array([[0.1], [0.05]])
    return partial(features, filters, bins, edges, [1.9, 0.8], rate)


FRAMES = [
    *(
        curve(0.0, fixed, measure)
        for fixed in ("width", "keep × width")
        for measure in ("error", "loss")
    ),
    curve(0.9, "keep × width"),
    sizes(),
    *(many(*each) for each in ((32, 2), (256, 4))),
    *map(methods, NAMES),
    *map(units, (0.0, 0.5)),
]


def test_rates_say_width_score_and_what_validation_chooses():
    figure = drawn(curve(0.9, "keep × width"))
    panel, strip = figure.axes
    (bars,) = panel.containers
    np.testing.assert_allclose(bars.lines[0].get_ydata(), 100 * CURVE)
    np.testing.assert_allclose(np.ptp(bar_ends(bars), axis=1) / 2, t_half(100 * TEST), rtol=1e-3)
    other, train = (line.get_ydata() for line in panel.lines[:2])
    np.testing.assert_allclose(other, 100 * CURVE + 1)
    np.testing.assert_allclose(train, 50 * CURVE)
    kept, dropped = (bar.get_width() for bar in strip.patches)
    assert (kept, dropped) == pytest.approx((64, 576))
    assert "640 units in each hidden layer, 64 of them at work on average" in said(figure)
    assert f"test error 4.96 ± {t_half(100 * TEST)[9]:.2f} %, training error 2.48" in said(figure)
    assert "the other sweep 5.96. Validation images choose rate 0.3" in said(figure)
    assert "test error 4.24, a change of −1.26 ± 0.12 from" in said(figure)


def test_rates_keep_their_axes_and_write_what_is_beyond():
    limits = check_frame(curve(0.0))
    beyond = curve(0.9, "keep × width", test=spread([0.05] * 9 + [0.45], 0.002))
    assert check_frame(beyond) == limits
    assert [text.get_text() for text in drawn(beyond).axes[0].texts] == ["45.00 at 0.9 ▲"]


def test_a_constant_ratio_has_no_spread():
    figure = drawn(sizes())
    assert said(figure).count("ratio 0.80 (0.80 to 0.80)") == 5
    assert "100 images: 25.0 and 20.0 %" in said(figure)
    np.testing.assert_allclose(figure.axes[1].containers[0].lines[0].get_ydata(), 0.8)
    lines = [container.lines[0] for container in figure.axes[0].containers]
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([25, 20])
    assert [line.get_color() for line in lines] == [COLORS["without"], COLORS["with"]]


def test_nets_say_the_paired_change():
    figure = drawn(many(96, 3))
    assert "3 hidden layers of 96 units: validation error after 20 epochs 5.50 %" in said(figure)
    assert "a change of −1.00 ± 0.00 points" in said(figure)  # every seed falls by the same
    assert "9 nets end between 5.0 and 6.0 % without, between 4.0 and 5.0 % with" in said(figure)
    bold = [line for line in figure.axes[0].lines if line.get_linewidth() == 3]
    assert [line.get_linestyle() for line in bold] == ["-", "--"]
    assert [line.get_ydata()[-1] for line in bold] == pytest.approx([5.5, 4.5], abs=0.01)


def test_the_lowest_validation_error_is_chosen():
    figure = drawn(methods("dropout + max-norm"))
    assert "c = 1: 6.00 ± 0.12 %; c = 1.5: 5.50 ± 0.12 %" in said(figure)
    assert "Chosen: c = 1.5, test error 4.20 %, a change of −0.80 ± 0.14 points" in said(figure)
    assert "The paper has 1.05 % on its own, larger net." in said(figure)
    for row, container in enumerate(figure.axes[0].containers):
        assert container.lines[0].get_xdata()[0] == [0, -0.2, -0.6, -0.8][row]
        assert np.ptp(bar_ends(container)) / 2 == pytest.approx([0, 0.12, 0.13, 0.14][row])
    sentence = said(drawn(methods("none")))
    assert "Chosen: c = 1.5, test error 5.00 %. The paper has no such row." in sentence


def test_shares_are_the_sums_of_the_bins():
    sentence = said(drawn(units(0.0)))
    whole = sum(0.1 * np.exp(-0.5 * step) for step in range(21))
    assert f"makes {whole:.0%} of the hidden units positive without dropout" in sentence
    assert f"and {whole / 2:.0%} at rate 0.5" in sentence
    assert "the mean activation is 1.90 and 0.80" in sentence
