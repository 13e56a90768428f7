"""The figures of chapter 10 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import drawn, has_line, heights, said

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch10.figures import (
    approximation,
    sampled_masks,
    shared_load,
    two_paths,
    words_kept,
)

NAMES = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
COPIES = (1, 3, 10, 30, 100)
FINE = [0.0, 0.1, 0.3, 0.6, 0.95]
EXACT, PLAIN = np.linspace(-30, 30, 10), np.linspace(-40, 40, 10)
TRUTH = np.array([1.0, 0.0])
WITH, WITHOUT, DROPPED = COLORS["with"], COLORS["without"], COLORS["dropped"]


def sampled(count=10, rate=0.5):
    found = EXACT + np.array([[-2.0], [0.0], [3.0]])
    distances = np.array([[20.0, 10, 5, 3, 1.5], [55.0, 54, 53, 53, 53]])
    return partial(sampled_masks, NAMES, PLAIN, EXACT, found, COPIES, distances, count, rate)


def pair(rate, correlation):
    R = np.array([[1, correlation], [correlation, 1]])
    return np.linalg.solve((1 - rate) * R + rate * np.eye(2), (1 - rate) * R @ TRUTH)


def load(rate, correlation):
    path = np.array([pair(each, correlation) for each in np.linspace(0, 1, 41)])
    return partial(shared_load, path, TRUTH, rate, correlation)


def paths(rate, unit):
    one = np.outer(1 - np.array(FINE), PLAIN)
    return partial(two_paths, FINE, NAMES, (one, one / 2), ("bmi", "tc", "ldl", "ltg"), rate, unit)


def penalties(rate):
    exact = np.array([4e-4, 1e-2, 0.5, 1.5])
    near = exact * [0.9, 1.0, 1.5, 5.0]
    return partial(approximation, [0.05, 0.1, 0.5, 0.9], exact, near, rate, 4)


def words(rate):
    kept = np.array([0.4, 0.5, 0.3, 0.55, 0.4]), np.array([0.4, 0.5, 0.3, 0.08, 0.1])
    names = ["good", "nice", "slow", "superb", "blue"]
    return partial(words_kept, names, [89, 92, 97, 12, 9], *kept, rate)


FRAMES = [
    *(sampled(count, 0.9) for count in (1, 100)),
    *(paths(*each) for each in ((0.0, "mg/dl"), (0.95, "other units"))),
    *(load(*each) for each in ((0.0, -0.8), (0.4, 0.95), (0.95, 0.0))),
    *map(penalties, (0.05, 0.9)),
    *map(words, (0.1, 0.9)),
]


def test_sampled_weights_span_the_repeats_beside_both_solutions():
    figure = drawn(sampled())
    top, bottom = figure.axes
    np.testing.assert_allclose([bar.get_y() for bar in top.patches], EXACT - 2)
    np.testing.assert_allclose(heights(top), 5.0)
    assert has_line(top, np.arange(10) - 0.33, PLAIN, WITHOUT)
    lines = top.collections[0].get_segments()
    np.testing.assert_allclose([segment[0][1] for segment in lines], EXACT)
    assert has_line(bottom, COPIES, [20, 10, 5, 3, 1.5], WITH)
    assert has_line(bottom, [10], [5], WITH)
    assert has_line(bottom, [10], [53], WITHOUT)
    # It is about the weight that moved most.
    assert "the weight of age is -40.0 by least squares, -30.0 by the closed form" in said(figure)
    assert "and -32.0 to -27.0 over 3 repeats" in said(figure)
    assert "lie 5.0 from the closed form and 53.0 from least squares" in said(figure)
    assert "1 masked copy:" in said(drawn(sampled(1)))


def test_two_paths_draw_both_methods_and_mark_the_rate():
    figure = drawn(paths(0.3, "mg/dl"))
    for panel, factor, color in zip(figure.axes, (1, 0.5), (WITH, WITHOUT), strict=True):
        weight = PLAIN[2] * factor  # of bmi
        assert has_line(panel, FINE, weight * (1 - np.array(FINE)), color)
        assert has_line(panel, [0.3], [weight * 0.7], color)
    assert "Dropout: bmi -15.6, tc -3.1" in said(figure)
    assert "Plain ridge: bmi -7.8, tc -1.6" in said(figure)


@pytest.mark.parametrize(("rate", "correlation"), [(0.5, 0.8), (0.2, -0.8), (0.8, 0.0)])
def test_the_curves_of_loss_and_penalty_touch_at_the_solution(rate, correlation):
    panel = drawn(load(rate, correlation)).axes[0]
    here = pair(rate, correlation)
    assert has_line(panel, [here[0]], [here[1]], WITH)
    R = np.array([[1, correlation], [correlation, 1]])
    contours = [
        np.column_stack(line.get_data()).astype(float)
        for line in panel.get_lines()
        if line.get_color() in (WITHOUT, DROPPED) and len(line.get_xdata()) > 10
    ]
    inner, outer, circle = contours[0] - TRUTH, contours[1] - TRUTH, contours[-1]
    level = (here - TRUTH) @ R @ (here - TRUTH)
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", inner, R, inner), level)
    further = (np.sqrt(level) + 0.25) ** 2
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", outer, R, outer), further)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), np.linalg.norm(here))
    # They touch: both gradients lie on one line.
    slope = R @ (here - TRUTH)
    assert slope[0] * here[1] - slope[1] * here[0] == pytest.approx(0, abs=1e-12)


def test_a_shared_load_has_its_weights_as_bars():
    assert heights(drawn(load(0.5, 0.8)).axes[1]) == pytest.approx([1, 0, 17 / 42, 10 / 42])
    sentence = said(drawn(load(0.5, -0.8)))
    assert sentence.startswith("Correlation −0.80, rate 0.50: dropout gives feature 1 the weight")
    assert "0.40 and feature 2 the weight −0.24, where the truth is 1 and 0" in sentence


def test_the_approximation_is_drawn_with_its_ratio():
    figure = drawn(penalties(0.5))
    top, bottom = figure.axes
    assert has_line(top, [0.5], [0.5], WITH)
    assert has_line(top, [0.5], [0.75], DROPPED)
    assert has_line(bottom, [0.05, 0.1, 0.5, 0.9], [0.9, 1.0, 1.5, 5.0])
    assert "is 0.5000 nats a review and the approximation 0.7500, 1.50 times" in said(figure)


def test_words_are_drawn_with_both_shares():
    figure = drawn(words(0.5))
    decay, dropout = np.reshape(heights(figure.axes[0]), (2, 5))
    np.testing.assert_allclose(decay, [0.4, 0.5, 0.3, 0.08, 0.1])
    np.testing.assert_allclose(dropout, [0.4, 0.5, 0.3, 0.55, 0.4])
    assert "superb 55% and 8%" in said(figure)
