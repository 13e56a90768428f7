"""Figures of chapter 3 that no run compares exactly show the numbers they were given."""

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, heights, said, t_half

from dropout_lab.lessons.ch03.figures import digit_probabilities, trained_scores

RIGHT = np.abs([0.9, 0.8, 0.3] + 0.02 * np.random.default_rng(0).normal(size=(4, 5, 3)))


def test_trained_scores_are_means_with_t_intervals():
    wrong, rates = RIGHT * [1, 1, 90], (0.1, 0.3, 0.5, 0.8)
    figure = drawn(trained_scores, rates, RIGHT, wrong, "never scale", "inverted")
    right, wrong = figure.axes[0].containers
    accuracy = RIGHT[:, :, 0]
    for container in (right, wrong):
        np.testing.assert_allclose(container.lines[0].get_ydata(), accuracy.mean(axis=1))
        reach = accuracy.mean(axis=1) + t_half(accuracy)
        np.testing.assert_allclose(bar_ends(container)[:, 1], reach, rtol=1e-3)
    wrong = figure.axes[2].containers[1].lines[0].get_ydata()
    np.testing.assert_allclose(wrong, 90 * RIGHT[:, :, 2].mean(axis=1))
    at = RIGHT.mean(axis=1)[2]
    assert f"accuracy {at[0]:.3f}, mean confidence {at[1]:.3f} and cross-entropy " in said(figure)
    assert f"{90 * at[2]:.3f}, where inverted has {at[0]:.3f}" in said(figure)


def test_a_digit_gets_both_answers():
    image, right = np.linspace(0, 1, 64).reshape(8, 8), np.eye(10)[8] * 0.7 + 0.03
    figure = drawn(digit_probabilities, image, 8, right, np.eye(10)[3], "never scale", 0.5)
    np.testing.assert_allclose(heights(figure.axes[1])[:10], np.eye(10)[3])
    assert heights(figure.axes[1])[18] == pytest.approx(0.73)
    assert "never scale says 3 with probability 1.00" in said(figure)
    assert "says 8 with probability 0.73" in said(figure)
