"""The figures of chapter 8 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import drawn, heights, said, t_half

from dropout_lab.ensemble import sub_networks
from dropout_lab.lessons.ch08.figures import (
    average_of_samples,
    one_pass_gap,
    samples_needed,
    sub_network,
)
from dropout_lab.network import MLP

RATES = [0.1, 0.2, 0.3, 0.4, 0.5]
COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
KS = [1, 2, 3, 5, 10, 20, 50, 100]
LIMITS_FOLLOW_DATA = {"samples_needed"}
POINTS = np.random.default_rng(1).random((2, 50))
PREDICTIONS = np.random.default_rng(2).dirichlet(np.ones(5), 3)
DISTANCES = 0.3 / np.sqrt(COUNTS)[:, None] * np.random.default_rng(2).uniform(0.5, 1.5, (9, 50))
GAPS = {
    name: scale * np.array(RATES)[:, None] + np.random.default_rng(0).uniform(0, scale / 20, (5, 5))
    for name, scale in (("last layer", 0), ("first layer", 0.7), ("both layers", 0.35))
}


def sub(number, rate):
    masks, weights = sub_networks(MLP([3, 4, 3], np.random.default_rng(0), rate=rate))
    kept = np.ones(3, bool), masks[0][number - 1], np.ones(3, bool)
    chances = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    return partial(sub_network, kept, number, weights, *chances, rate)


def curve(level, height):
    noise = np.random.default_rng(3).normal(0, 0.01, (8, 5))
    return level + height / np.array(KS)[:, None] - 0.03 * height + noise


def samples(level, height, measure, spread=None):
    title = "60,000 training images, arithmetic mean"
    whole = np.full(5, level)
    return partial(samples_needed, KS, curve(level, height), spread, whole, title, measure)


gap = partial(one_pass_gap, POINTS, GAPS, RATES)
average = partial(average_of_samples, PREDICTIONS, DISTANCES, 0.2, COUNTS)
FRAMES = [
    *(sub(*each) for each in ((1, 0.2), (11, 0.5), (16, 0.8))),
    partial(gap, "last layer", "geometric", 0.1),
    partial(gap, "both layers", "arithmetic", 0.5),
    partial(average, 1, 0.3),
    partial(average, 500, 0.3),
    samples(2.1, 2.0, "error", np.full((8, 5), 0.1)),
    samples(6.6, 2.6, "error"),
    samples(0.3, 0.2, "loss"),
    samples(0.08, 0.09, "loss"),
]


def test_a_sub_network_shows_its_weight_and_what_it_says():
    figure = drawn(sub(6, 0.2))
    _, right, bottom = figure.axes
    assert heights(right) == [0.5, 0.3, 0.2, 0.1, 0.2, 0.7]
    weights = heights(bottom)
    assert sum(weights[:16]) == pytest.approx(1)
    assert weights[16] == weights[5] == pytest.approx(0.2**2 * 0.8**2)
    assert "sub-network 6 drops 2 of 4 hidden units and has the weight 0.0256" in said(figure)
    assert "the classes 0.50, 0.30, 0.20; the whole network gives them 0.10, 0.20" in said(figure)


def test_a_gap_is_the_mean_over_seeds_with_its_interval():
    figure = drawn(gap, "first layer", "geometric", 0.3)
    top, bottom = figure.axes
    here = GAPS["first layer"][2]
    assert f"geometric mean by {here.mean():.3f} ± {t_half(here):.3f}" in said(figure)
    assert f"both layers: {GAPS['both layers'][2].mean():.3f}" in said(figure)
    assert "last layer: 0.000" in said(figure)
    drawn_means = bottom.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(drawn_means, GAPS["first layer"].mean(axis=1))
    strokes = np.array(top.lines[1].get_data()).reshape(2, -1, 3)
    np.testing.assert_allclose(strokes[0, :, :2].mean(axis=1), POINTS[0])
    np.testing.assert_allclose(strokes[1, :, 0], POINTS[1])


def test_an_average_is_compared_with_the_exact_mean_and_one_pass():
    figure = drawn(average, 20, 0.3)
    top, bottom = figure.axes
    np.testing.assert_allclose(heights(top), PREDICTIONS[0])
    exact = [segment[0][1] for segment in top.collections[0].get_segments()]
    np.testing.assert_allclose(exact, PREDICTIONS[1])
    np.testing.assert_allclose(top.lines[0].get_ydata(), PREDICTIONS[2])
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), DISTANCES.mean(axis=1))
    low, high = np.quantile(DISTANCES[4], (0.1, 0.9))
    assert f"is {DISTANCES[4].mean():.3f} on average over 50 repeats" in said(figure)
    assert f"between {low:.3f} and {high:.3f}; one pass is 0.200 away" in said(figure)


def test_differences_are_paired_and_what_is_off_the_panel_is_marked():
    figure = drawn(samples(6.6, 2.6, "error"))
    top, bottom = figure.axes
    values = curve(6.6, 2.6)
    np.testing.assert_allclose(top.containers[0].lines[0].get_ydata(), values.mean(axis=1))
    gaps = values.mean(axis=1) - 6.6
    edge = bottom.get_ylim()[1]
    np.testing.assert_allclose(bottom.containers[0].lines[0].get_ydata(), gaps[gaps < edge])
    (beyond,) = [line for line in bottom.lines if line.get_marker() == "^"]
    np.testing.assert_array_equal(beyond.get_xdata(), np.array(KS)[gaps >= edge])
    assert len(beyond.get_xdata()) >= 1
    wanted = f"{gaps[6]:+.3f} ± {t_half(values[6]):.3f}".replace("-", "−")
    assert f"k = 50: {values[6].mean():.3f}, difference {wanted}" in said(figure)
    first = next(k for k, value in zip(KS, gaps, strict=True) if value <= 0)
    assert f"first not above it at k = {first}" in said(figure)
    figure = drawn(samples_needed, KS, values, None, np.full(5, 5.0), "title", "error")
    assert "above it at every k" in said(figure)
