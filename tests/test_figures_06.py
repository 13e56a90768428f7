"""Figures of chapter 6 that no run compares exactly, and intervals of counts."""

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, said
from scipy.stats import binomtest

from dropout_lab.detection import BIN_EDGES
from dropout_lab.lessons.ch06.figures import calibration, decision_surface, toy_losses

ROWS = np.array([9000, 900, 300, 200, 90, 40, 30, 25, 0])
SUMS = ROWS * [0.0005, 0.002, 0.006, 0.02, 0.06, 0.15, 0.4, 0.6, 0.9]
FRAUDS = np.array([2, 2, 2, 4, 6, 7, 9, 20, 0])


def test_toy_losses_are_drawn_per_seed_and_counted():
    losses = np.geomspace(60, 0.001, 100) * np.ones((3, 1))
    figure = drawn(toy_losses, losses, [5, 3, 5], "Raw")
    assert [curve.get_ydata()[0] for curve in figure.axes[0].lines[:3]] == pytest.approx([60] * 3)
    assert "median loss of 3 seeds is 0.00, and 2 of 3 networks" in said(figure)


def test_the_surface_says_both_probabilities():
    amounts, hours = np.logspace(0, 4, 9), np.linspace(0, 24, 9)
    ideal = np.log10(amounts) * 3 - 8 + 0 * hours[:, None]
    # log10(100) * 3 - 8 = -2, and one more for the network
    figure = drawn(decision_surface, amounts, hours, ideal + 1, ideal, "Any", (100, 3))
    assert f"{1 / (1 + np.exp(1)):.1%}, the ideal detector {1 / (1 + np.exp(2)):.1%}" in (
        said(figure)
    )


def test_calibration_is_shares_with_wilson_intervals_where_there_are_data():
    assert len(ROWS) == len(BIN_EDGES) - 1
    counts = np.array([ROWS, SUMS, FRAUDS]), np.array([ROWS, 2 * SUMS, FRAUDS])
    figure = drawn(calibration, *counts, 0.5, "inputs")
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
