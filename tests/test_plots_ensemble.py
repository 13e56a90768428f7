"""The figures of chapter 8 show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.ensemble import sub_networks
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.ch08.figures import (
    average_of_samples,
    one_pass_gap,
    samples_needed,
    sub_network,
)
from dropout_lab.network import MLP

T4 = 2.776  # 97.5 % point of t with 4 degrees of freedom
RATES = [0.1, 0.2, 0.3, 0.4, 0.5]
COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
KS = [1, 2, 3, 5, 10, 20, 50, 100]


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_sub_network(number, rate):
    masks, weights = sub_networks(MLP([3, 4, 3], np.random.default_rng(0), rate=rate))
    kept = np.ones(3, bool), masks[0][number - 1], np.ones(3, bool)
    return sub_network(
        kept, number, weights, np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7]), rate
    )


def gaps_of(scale):
    noise = np.random.default_rng(0).uniform(0, 0.02, (5, 5))
    return {
        "last layer": np.zeros((5, 5)),
        "first layer": scale * np.array(RATES)[:, None] + noise,
        "both layers": 0.5 * scale * np.array(RATES)[:, None] + noise,
    }


def draw_gap(place, mean, rate, scale=0.5):
    right = np.random.default_rng(1).random((2, 50))
    return one_pass_gap(right, gaps_of(scale), RATES, place, mean, rate)


def draw_average(k):
    rng = np.random.default_rng(2)
    predictions = rng.dirichlet(np.ones(5), 3)
    distances = 0.3 / np.sqrt(COUNTS)[:, None] * rng.uniform(0.5, 1.5, (9, 50))
    return average_of_samples(predictions, distances, 0.2, COUNTS, k, 0.3)


def curve(level, height, seed=3):
    rng = np.random.default_rng(seed)
    return level + height / np.array(KS)[:, None] - 0.03 * height + rng.normal(0, 0.01, (8, 5))


def draw_samples(level, height, measure, spread=True):
    bars = np.full((8, 5), 0.1) if spread else None
    title = "60,000 training images, arithmetic mean"
    return samples_needed(KS, curve(level, height), bars, np.full(5, level), title, measure)


FRAMES = {
    "whole network": lambda: draw_sub_network(1, 0.2),
    "some network": lambda: draw_sub_network(11, 0.5),
    "empty network": lambda: draw_sub_network(16, 0.8),
    "gap geometric": lambda: draw_gap("last layer", "geometric", 0.1),
    "gap arithmetic": lambda: draw_gap("both layers", "arithmetic", 0.5, 0.7),
    "average of 1": lambda: draw_average(1),
    "average of 500": lambda: draw_average(500),
    "error 60,000": lambda: draw_samples(2.1, 2.0, "error"),
    "error 2,000": lambda: draw_samples(6.6, 2.6, "error"),
    "error without spread": lambda: draw_samples(6.6, 2.6, "error", False),
    "loss": lambda: draw_samples(0.3, 0.2, "loss", False),
    "small loss": lambda: draw_samples(0.08, 0.09, "loss", False),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    check_frame(frame())


# --- numbers -----------------------------------------------------------------------------------


def test_a_sub_network_shows_its_weight_and_what_it_says():
    figure = draw_sub_network(6, 0.2)
    _, right, bottom = figure.axes
    heights = [bar.get_height() for bar in right.patches]
    assert heights == [0.5, 0.3, 0.2, 0.1, 0.2, 0.7]
    weights = np.array([bar.get_height() for bar in bottom.patches])
    assert weights[:16].sum() == pytest.approx(1)
    assert weights[16] == weights[5] == pytest.approx(0.2**2 * 0.8**2)
    sentence = sentence_of(figure, "")
    assert "sub-network 6 drops 2 of 4 hidden units and has the weight 0.0256" in sentence
    assert "gives the classes 0.50, 0.30, 0.20; the whole network gives them 0.10, 0.20, 0.70" in (
        sentence
    )


def test_a_gap_is_the_mean_over_seeds_with_its_interval():
    figure = draw_gap("first layer", "geometric", 0.3)
    top, bottom = figure.axes
    middle = gaps_of(0.5)["first layer"][2]
    half = T4 * middle.std(ddof=1) / np.sqrt(5)
    sentence = sentence_of(figure, "")
    assert f"geometric mean by {middle.mean():.3f} ± {half:.3f}" in sentence
    assert f"both layers: {gaps_of(0.5)['both layers'][2].mean():.3f}" in sentence
    assert "last layer: 0.000" in sentence
    drawn = bottom.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(drawn, gaps_of(0.5)["first layer"].mean(axis=1))
    points = top.lines[1]
    x = points.get_xdata().reshape(-1, 3)
    right = np.random.default_rng(1).random((2, 50))
    np.testing.assert_allclose(x[:, :2].mean(axis=1), right[0])
    np.testing.assert_allclose(points.get_ydata().reshape(-1, 3)[:, 0], right[1])


def test_an_average_is_compared_with_the_exact_mean_and_one_pass():
    figure = draw_average(20)
    top, bottom = figure.axes
    rng = np.random.default_rng(2)
    sampled, _, whole = rng.dirichlet(np.ones(5), 3)
    np.testing.assert_allclose([bar.get_height() for bar in top.patches], sampled)
    np.testing.assert_allclose(top.lines[0].get_ydata(), whole)
    distances = 0.3 / np.sqrt(COUNTS)[:, None] * rng.uniform(0.5, 1.5, (9, 50))
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), distances.mean(axis=1))
    low, high = np.quantile(distances[4], (0.1, 0.9))
    sentence = sentence_of(figure, "")
    assert f"is {distances[4].mean():.3f} on average over 50 repeats" in sentence
    assert f"between {low:.3f} and {high:.3f}; one pass is 0.200 away" in sentence


def test_differences_are_paired_and_what_is_off_the_panel_is_marked():
    figure = draw_samples(6.6, 2.6, "error")
    top, bottom = figure.axes
    values = curve(6.6, 2.6)
    np.testing.assert_allclose(top.containers[0].lines[0].get_ydata(), values.mean(axis=1))
    gap = values.mean(axis=1) - 6.6
    half = T4 * values.std(axis=1, ddof=1) / np.sqrt(5)
    edge = bottom.get_ylim()[1]
    drawn = bottom.containers[0].lines[0]
    np.testing.assert_allclose(drawn.get_ydata(), gap[gap < edge])
    (beyond,) = [line for line in bottom.lines if line.get_marker() == "^"]
    np.testing.assert_array_equal(beyond.get_xdata(), np.array(KS)[gap >= edge])
    assert len(beyond.get_xdata()) >= 1
    sentence = sentence_of(figure, "")
    wanted = f"{gap[6]:+.3f} ± {half[6]:.3f}".replace("-", "−")
    assert f"k = 50: {values[6].mean():.3f}, difference {wanted}" in sentence
    first = next(k for k, value in zip(KS, gap, strict=True) if value <= 0)
    assert f"first not above it at k = {first}" in sentence


def test_a_curve_that_never_reaches_one_pass_is_said_not_to():
    values = curve(6.6, 2.6)
    figure = samples_needed(KS, values, None, np.full(5, 5.0), "title", "error")
    assert "above it at every k" in sentence_of(figure, "")
