"""The figures of chapter 9 show the numbers they are given, and nothing is cut off or overlaps."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.ch09.figures import by_size, features, nets, rate_curve, regularizers

T4 = 2.776  # 97.5 % point of t with 4 degrees of freedom
RATES = [round(0.1 * step, 1) for step in range(10)]
SIZES = [100, 500, 2_000, 10_000, 60_000]
NAMES = ["none", "L2", "dropout", "dropout + max-norm"]
PAPER = [None, 1.62, None, 1.05]


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def spread(means, step):
    """Return five seeds around each mean, with a standard deviation of `step`."""
    return np.asarray(means)[..., None] + step * np.array([-1, -1, 0, 1, 1])


def draw_rates(rate=0.5, fixed="width", measure="error", test=None):
    curve = 0.04 + 0.06 * (np.array(RATES) - 0.5) ** 2
    widths = [256] * 10 if fixed == "width" else [round(64 / (1 - each)) for each in RATES]
    test = spread(curve, 0.002) if test is None else test
    # Validation images prefer 0.3, test images 0.5.
    held = spread(0.04 + 0.06 * (np.array(RATES) - 0.3) ** 2, 0.002)
    parts = spread(curve / 2, 0.001), held, test, spread(curve + 0.01, 0.001)
    changes = 100 * (curve - curve[0]), np.full(10, 0.123)
    return rate_curve(RATES, widths, *parts, changes, rate, fixed, measure)


def draw_sizes(ratio=0.8):
    none = spread([0.25, 0.13, 0.07, 0.03, 0.02], 0.001)
    return by_size(SIZES, np.array([none, ratio * none]), "512-512", "rate 0.5, pixels 0.2")


def draw_nets(width=32, depth=2):
    ends = np.array([0.05, 0.04])[:, None, None] + np.array([0.01, 0.005, 0])[:, None]
    curves = spread(ends + np.zeros(3), 0.001)[..., None] + 0.1 * np.exp(-np.arange(20) / 2)
    return nets(curves, [32, 96, 256], [2, 3, 4], width, depth, "rate 0.5, pixels 0.2")


def draw_regularizers(method="L2"):
    test = spread([0.05, 0.048, 0.044, 0.042], 0.001)
    validation = spread([0.06, 0.055, 0.058], 0.001)
    strengths = ["c = 1", "c = 1.5", "c = 2"]
    changes = np.array([0, -0.2, -0.6, -0.8]), np.array([0, 0.12, 0.13, 0.14])
    return regularizers(NAMES, test, changes, PAPER, strengths, validation, method)


def draw_features(rate=0.5):
    filters = np.random.default_rng(0).integers(-9, 10, (6, 14, 14))
    edges = np.arange(0, 10.5, 0.5)
    bins = np.exp(-edges) * np.array([[0.1], [0.05]])
    return features(filters, bins, edges, [1.9, 0.8], rate)


FRAMES = [
    *(
        (draw_rates, (rate, fixed, measure))
        for rate in (0.0, 0.9)
        for fixed in ("width", "keep × width")
        for measure in ("error", "loss")
    ),
    (draw_sizes, ()),
    (draw_nets, ()),
    (draw_nets, (256, 4)),
    *((draw_regularizers, (name,)) for name in NAMES),
    (draw_features, (0.0,)),
    (draw_features, (0.5,)),
]


@pytest.mark.parametrize(("draw", "arguments"), FRAMES)
def test_texts_are_whole_and_apart(draw, arguments):
    figure = draw(*arguments)
    check_texts(figure)
    check_frame(figure)


def test_rates_say_width_score_and_what_validation_chooses():
    sentence = sentence_of(draw_rates(0.9, "keep × width"), "")
    assert "640 units in each hidden layer, 64 of them at work on average" in sentence
    half = T4 * 0.2 / math.sqrt(5)
    assert f"test error 4.96 ± {half:.2f} %" in sentence
    assert "the other sweep 5.96" in sentence
    chosen = "Validation images choose rate 0.3: test error 4.24, a change of −1.26 ± 0.12 from"
    assert chosen in sentence


def test_the_strip_is_as_wide_as_the_layer():
    figure = draw_rates(0.8, "width")
    kept, dropped = figure.axes[1].patches
    assert kept.get_width() == pytest.approx(0.2 * 256)
    assert kept.get_width() + dropped.get_width() == pytest.approx(256)


def test_rates_keep_their_axes():
    one, other = draw_rates(0.0), draw_rates(0.9, "keep × width")
    for axes, others in zip(one.axes, other.axes, strict=True):
        assert axes.get_xlim() == others.get_xlim()
        assert axes.get_ylim() == others.get_ylim()


def test_a_mean_beyond_the_axis_is_written():
    test = spread([0.05] * 9 + [0.45], 0.002)
    figure = draw_rates(0.9, test=test)
    check_texts(figure)
    (text,) = (each.get_text() for each in figure.axes[0].texts)
    assert text == "45.00 at 0.9 ▲"


def test_a_constant_ratio_has_no_spread():
    figure = draw_sizes(0.8)
    sentence = sentence_of(figure, "")
    assert sentence.count("ratio 0.80 (0.80 to 0.80)") == 5
    assert "100 images: 25.0 and 20.0 %" in sentence
    (points,) = (line for line in figure.axes[1].lines if line.get_marker() == "s")
    np.testing.assert_allclose(points.get_ydata(), 0.8)


def test_nets_say_the_paired_change():
    sentence = sentence_of(draw_nets(96, 3), "")
    assert "3 hidden layers of 96 units: validation error after 20 epochs 5.50 %" in sentence
    assert "a change of −1.00 ± 0.00 points" in sentence  # every seed falls by the same
    assert "All 9 nets end between 5.0 and 6.0 % without, between 4.0 and 5.0 % with" in sentence


def test_the_lowest_validation_error_is_chosen():
    sentence = sentence_of(draw_regularizers("dropout + max-norm"), "")
    assert "Chosen: c = 1.5, test error 4.20 %, a change of −0.80 ± 0.14 points." in sentence
    assert "Chosen: c = 1.5, test error 5.00 %. The paper" in sentence_of(
        draw_regularizers("none"), ""
    )
    assert "The paper has 1.05 % on its own, larger net." in sentence
    assert "The paper has no such row." in sentence_of(draw_regularizers("none"), "")


def test_shares_are_the_sums_of_the_bins():
    sentence = sentence_of(draw_features(0.0), "")
    whole = sum(0.1 * math.exp(-0.5 * step) for step in range(21))
    assert f"makes {whole:.0%} of the hidden units positive without dropout" in sentence
    assert f"and {whole / 2:.0%} at rate 0.5" in sentence
    assert "the mean activation is 1.90 and 0.80" in sentence
