"""Figures of chapter 8 that no run compares exactly show the numbers they were given."""

import numpy as np
from figure_checks import drawn, heights, said

from dropout_lab.lessons.ch08.figures import average_of_samples

COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
PREDICTIONS = np.random.default_rng(2).dirichlet(np.ones(5), 3)
DISTANCES = 0.3 / np.sqrt(COUNTS)[:, None] * np.random.default_rng(2).uniform(0.5, 1.5, (9, 50))


def test_an_average_is_compared_with_the_exact_mean_and_one_pass():
    figure = drawn(average_of_samples, PREDICTIONS, DISTANCES, 0.2, COUNTS, 20, 0.3)
    top, bottom = figure.axes
    np.testing.assert_allclose(heights(top), PREDICTIONS[0])
    exact = [segment[0][1] for segment in top.collections[0].get_segments()]
    np.testing.assert_allclose(exact, PREDICTIONS[1])
    np.testing.assert_allclose(top.lines[0].get_ydata(), PREDICTIONS[2])
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), DISTANCES.mean(axis=1))
    low, high = np.quantile(DISTANCES[4], (0.1, 0.9))
    assert f"is {DISTANCES[4].mean():.3f} on average over 50 repeats" in said(figure)
    assert f"between {low:.3f} and {high:.3f}; one pass is 0.200 away" in said(figure)
