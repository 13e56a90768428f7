"""Figures of chapter 6 that no run compares exactly show the numbers they were given."""

import numpy as np
import pytest
from figure_checks import drawn, said

from dropout_lab.lessons.ch06.figures import decision_surface, toy_losses


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
