"""The figures of chapter 6 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, has_line, heights, said, t_half
from scipy.stats import binomtest

from dropout_lab.data.transactions import NAMES
from dropout_lab.detection import BIN_EDGES
from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch06.figures import (
    alert_budget,
    calibration,
    decision_surface,
    detector_scores,
    drift_curves,
    importance_bars,
    precision_recall,
    toy_losses,
)
from dropout_lab.lessons.ch06.sweeps import DRIFTS, RECALLS

SEEDS = 4
RNG = np.random.default_rng(0)
SHARES = RNG.uniform(0.02, 0.5, (2, SEEDS, len(NAMES)))
SCORES = {
    name: 0.9 - np.linspace(0, fall, len(DRIFTS)) + RNG.normal(0, 0.02, (SEEDS, len(DRIFTS)))
    for name, fall in zip(
        ("plain", "hidden", "input", "without score", "told"), (0.8, 0.7, 0.5, 0, 0.2), strict=True
    )
}
CURVES = {
    name: np.linspace(0.95, 0.1, len(RECALLS)) ** power + RNG.normal(0, 0.01, (SEEDS, len(RECALLS)))
    for name, power in (("plain", 3), ("hidden", 4), ("input", 1), ("ideal", 0.5))
}
ROWS = np.array([9000, 900, 300, 200, 90, 40, 30, 25, 0])
SUMS = ROWS * [0.0005, 0.002, 0.006, 0.02, 0.06, 0.15, 0.4, 0.6, 0.9]
FRAUDS = np.array([2, 2, 2, 4, 6, 7, 9, 20, 0])
DETECTORS = ["logistic regression", "boosting", "network", "hidden units, rate 0.5"]
MEANS, HALVES = np.array([0.88, 0.89, 0.91, 0.85]), np.array([0.02, 0.01, 0.03, 0.05])
ROLES = ("baseline", "baseline", "without", "with")


def toy():
    losses = np.geomspace(60, 0.001, 100) * np.ones((3, 1))
    return partial(toy_losses, losses, [5, 3, 5], "Raw")


def importance(where):
    return partial(importance_bars, NAMES, *SHARES, np.full(len(NAMES), 0.3), 0.35, where)


def surface(title):
    amounts, hours = np.logspace(0, 4, 9), np.linspace(0, 24, 9)
    ideal = np.log10(amounts) * 3 - 8 + 0 * hours[:, None]
    return partial(decision_surface, amounts, hours, ideal + 1, ideal, title, (100, 3))


def alerts(count, found):
    return partial(
        alert_budget, np.array(RECALLS), np.linspace(1, 0.1, 20), 100, 10_000, count, found
    )


def detectors(title="Average precision, the subset"):
    return partial(detector_scores, DETECTORS, MEANS, HALVES, ROLES, title, (0.6, 1.0))


drift = partial(drift_curves, DRIFTS, SCORES, 0.35)
recall = partial(precision_recall, RECALLS, CURVES, 0.35, 0.01)
counts = partial(calibration, np.array([ROWS, SUMS, FRAUDS]), np.array([ROWS, 2 * SUMS, FRAUDS]))
FRAMES = [
    toy(),
    *map(importance, ("hidden units", "inputs")),
    drift,
    surface("Rate 0.5 on hidden units"),
    *(alerts(*each) for each in ((0, 0), (100, 80), (400, 100))),
    recall,
    *(partial(counts, 0.5, where) for where in ("hidden units", "inputs")),
    detectors("Recall in 100 alerts, the full set (estimate)"),
]


def test_toy_losses_are_drawn_per_seed_and_counted():
    figure = drawn(toy())
    assert [curve.get_ydata()[0] for curve in figure.axes[0].lines[:3]] == pytest.approx([60] * 3)
    assert "median loss of 3 seeds is 0.00, and 2 of 3 networks" in said(figure)


def test_importance_is_means_with_intervals():
    figure = drawn(importance("inputs"))
    (axes,) = figure.axes
    np.testing.assert_allclose(heights(axes), SHARES.mean(axis=1).ravel())
    for container, shares in zip(axes.containers[2:], SHARES, strict=True):
        half = np.ptp(bar_ends(container), axis=1) / 2
        np.testing.assert_allclose(half, t_half(shares.T), rtol=1e-3)
    plain, dropout = SHARES.mean(axis=1)
    assert f"device score costs {dropout[-1]:.2f} of average precision, " in said(figure)
    assert f"against {plain[-1]:.2f} without dropout and 0.30 for the ideal" in said(figure)
    assert f"cost {dropout[:-1].mean():.2f} each on average, against" in said(figure)


def test_drift_curves_are_means_with_t_intervals():
    figure = drawn(drift)
    (axes,) = figure.axes
    for values, container in zip(
        (SCORES[name] for name in ("without score", "plain", "hidden", "input")),
        axes.containers,
        strict=True,
    ):
        np.testing.assert_allclose(container.lines[0].get_ydata(), values.mean(axis=0))
        half = np.ptp(bar_ends(container), axis=1) / 2
        np.testing.assert_allclose(half, t_half(values.T), rtol=1e-3)
    assert has_line(axes, DRIFTS, SCORES["told"].mean(axis=0))
    texts = [text.get_text() for text in figure.texts]
    keys = dict(zip(texts, (piece.get_marker() for piece in figure.artists), strict=True))
    assert keys["no dropout"] == "o"
    assert keys["rate 0.35, hidden units"] == "s"
    for name, words in (("plain", "without dropout"), ("input", "with dropout on inputs")):
        high, low = SCORES[name][:, [0, -1]].mean(axis=0)
        assert f"from {high:.2f} to {low:.2f} {words}" in said(figure)


def test_the_surface_says_both_probabilities():
    # log10(100) * 3 - 8 = -2, and one more for the network
    sentence = said(drawn(surface("Any")))
    assert f"{1 / (1 + np.exp(1)):.1%}, the ideal detector {1 / (1 + np.exp(2)):.1%}" in sentence


def test_alerts_are_counted():
    figure = drawn(alerts(400, 90))
    # 10 frauds missed and 310 false alarms: 320 of 10,000 are wrong
    assert "90 of 100 frauds are found" in said(figure)
    assert "a recall of 0.90 and a precision of 0.23" in said(figure)
    assert "accuracy is 96.80%, and 99.00% for never alerting" in said(figure)
    assert [bar.get_width() for bar in figure.axes[1].patches] == [90, 10, 90, 310]
    assert has_line(figure.axes[0], [0.9], [90 / 400])
    assert "precision" not in said(drawn(alerts(0, 0)))
    assert "accuracy is 99.00%" in said(drawn(alerts(0, 0)))


def test_half_of_the_frauds_have_their_precision_in_words():
    figure = drawn(recall)
    plain, hidden, inputs, ideal = (
        f"{values[:, RECALLS.index(0.5)].mean():.2f}" for values in CURVES.values()
    )
    assert (
        f"is {plain} without dropout, {hidden} with dropout on hidden units, {inputs} with "
        f"dropout on inputs and {ideal} for the ideal detector" in said(figure)
    )
    looks = {"plain": COLORS["without"], "hidden": COLORS["with"], "input": COLORS["with"]}
    for name, color in looks.items():
        assert has_line(figure.axes[0], RECALLS, CURVES[name].mean(axis=0), color)


def test_calibration_is_shares_with_wilson_intervals_where_there_are_data():
    assert len(ROWS) == len(BIN_EDGES) - 1
    figure = drawn(counts, 0.5, "inputs")
    bars, other = figure.axes[0].containers
    x, y = bars.lines[0].get_data()
    np.testing.assert_allclose(x, SUMS[:-1] / ROWS[:-1])
    np.testing.assert_allclose(y, FRAUDS[:-1] / ROWS[:-1])
    np.testing.assert_allclose(other.lines[0].get_xdata(), 2 * x)
    for ends, frauds, rows in zip(bar_ends(bars), FRAUDS, ROWS, strict=False):
        wilson = binomtest(int(frauds), int(rows)).proportion_ci(method="wilson")
        np.testing.assert_allclose(ends, [wilson.low, wilson.high], rtol=1e-3)
    sure = np.array([[20, 15, 16.0]]).T, np.array([[25, 20, 15.0]]).T
    assert "share of frauds are 0.80 and 0.60, without dropout 0.75 and 0.80." in said(
        drawn(calibration, *sure, 0.5, "inputs")
    )


def test_detectors_are_compared_with_the_network_without_dropout():
    figure = drawn(detectors())
    assert "network 0.910 plus or minus 0.030" in said(figure)
    assert "highest is network with 0.910" in said(figure)
    assert "lowest hidden units, rate 0.5 with 0.850" in said(figure)
    (axes,) = figure.axes
    assert list(axes.lines[0].get_xdata()) == pytest.approx([0.91, 0.91])
    assert [label.get_text() for label in axes.get_yticklabels()] == DETECTORS
    for row, bars in enumerate(axes.containers):
        assert np.ravel(bars.lines[0].get_data()) == pytest.approx([MEANS[row], -row])
        assert np.ptp(bar_ends(bars)) / 2 == pytest.approx(HALVES[row])
