"""The figures of chapter 10 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, figure_style
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
TRUTH = np.array([1.0, 0.0])


@pytest.fixture(autouse=True)
def _style():
    with figure_style():
        yield
    plt.close("all")


def has_line(axes, x, y, color=None):
    wanted = np.column_stack([x, y]).astype(float)
    lines = [line for line in axes.get_lines() if color in (None, line.get_color())]
    drawn = [np.column_stack(line.get_data()).astype(float) for line in lines]
    return any(points.shape == wanted.shape and np.allclose(points, wanted) for points in drawn)


def sampled(count=10, rate=0.5):
    found = np.linspace(-30, 30, 10) + np.array([[-2.0], [0.0], [3.0]])
    distances = np.array([[20.0, 10, 5, 3, 1.5], [55.0, 54, 53, 53, 53]])
    plain = np.linspace(-40, 40, 10)
    data = NAMES, plain, np.linspace(-30, 30, 10), found, COPIES, distances, count, rate
    return sampled_masks(*data)


def pair(rate, correlation):
    R = np.array([[1, correlation], [correlation, 1]])
    return np.linalg.solve((1 - rate) * R + rate * np.eye(2), (1 - rate) * R @ TRUTH)


def load(rate, correlation):
    path = np.array([pair(r, correlation) for r in np.linspace(0, 1, 41)])
    return shared_load(path, TRUTH, rate, correlation)


def paths(rate, unit):
    one = np.outer(1 - np.array(FINE), np.linspace(-40, 40, 10))
    return two_paths(FINE, NAMES, (one, one / 2), ("bmi", "tc", "ldl", "ltg"), rate, unit)


def penalties(rate):
    rates = [0.05, 0.1, 0.5, 0.9]
    exact = np.array([4e-4, 1e-2, 0.5, 1.5])
    return approximation(rates, exact, exact * [0.9, 1.0, 1.5, 5.0], rate, 4)


def words(rate):
    kept = np.array([0.4, 0.5, 0.3, 0.55, 0.4]), np.array([0.4, 0.5, 0.3, 0.08, 0.1])
    return words_kept(["good", "nice", "slow", "superb", "blue"], [89, 92, 97, 12, 9], *kept, rate)


@pytest.mark.parametrize(
    "draw",
    [
        *(lambda c=c: sampled(c, 0.9) for c in (1, 100)),
        *(lambda r=r, u=u: paths(r, u) for r in (0.0, 0.95) for u in ("mg/dl", "other units")),
        *(lambda r=r, c=c: load(r, c) for r in (0.0, 0.4, 0.95) for c in (-0.8, 0.0, 0.95)),
        *(lambda r=r: penalties(r) for r in (0.05, 0.9)),
        *(lambda r=r: words(r) for r in (0.1, 0.9)),
    ],
)
def test_every_figure_is_legible_and_says_its_numbers(draw):
    check_texts(draw())
    check_frame(draw())


class TestSampledMasks:
    def test_bars_span_the_repeats_and_markers_are_the_data(self):
        top, bottom = sampled().axes
        low = np.linspace(-30, 30, 10) - 2
        np.testing.assert_allclose([bar.get_y() for bar in top.patches], low)
        np.testing.assert_allclose([bar.get_height() for bar in top.patches], 5.0)
        squares = next(line for line in top.get_lines() if line.get_color() == COLORS["without"])
        np.testing.assert_allclose(squares.get_ydata(), np.linspace(-40, 40, 10))
        lines = top.collections[0].get_segments()
        np.testing.assert_allclose([segment[0][1] for segment in lines], np.linspace(-30, 30, 10))
        assert has_line(bottom, COPIES, [20, 10, 5, 3, 1.5], COLORS["with"])
        assert has_line(bottom, [10], [5], COLORS["with"])
        assert has_line(bottom, [10], [53], COLORS["without"])

    def test_the_sentence_is_about_the_weight_that_moved_most(self):
        said = sentence_of(sampled(), "")
        assert "the weight of age is -40.0 by least squares, -30.0 by the closed form" in said
        assert "and -32.0 to -27.0 over 3 repeats" in said
        assert "1 masked copy:" in sentence_of(sampled(1), "")


def test_two_paths_draw_both_methods_and_mark_the_rate():
    figure = paths(0.3, "mg/dl")
    for panel, factor, color in zip(
        figure.axes, (1, 0.5), (COLORS["with"], COLORS["without"]), strict=True
    ):
        weight = np.linspace(-40, 40, 10)[2] * factor  # of bmi
        assert has_line(panel, FINE, weight * (1 - np.array(FINE)), color)
        assert has_line(panel, [0.3], [weight * 0.7], color)
    assert "Dropout: bmi -15.6, tc -3.1" in sentence_of(figure, "")


class TestSharedLoad:
    @pytest.mark.parametrize(("rate", "correlation"), [(0.5, 0.8), (0.2, -0.8), (0.8, 0.0)])
    def test_the_curves_touch_at_the_solution(self, rate, correlation):
        panel = load(rate, correlation).axes[0]
        here = pair(rate, correlation)
        assert has_line(panel, [here[0]], [here[1]], COLORS["with"])
        R = np.array([[1, correlation], [correlation, 1]])
        contours = [
            np.column_stack(line.get_data()).astype(float)
            for line in panel.get_lines()
            if line.get_color() in (COLORS["without"], COLORS["dropped"])
            and len(line.get_xdata()) > 10
        ]
        inner, circle = contours[0] - TRUTH, contours[-1]
        level = (here - TRUTH) @ R @ (here - TRUTH)
        np.testing.assert_allclose(np.einsum("ij,jk,ik->i", inner, R, inner), level)
        np.testing.assert_allclose(np.linalg.norm(circle, axis=1), np.linalg.norm(here))
        # They touch: both gradients lie on one line.
        slope = R @ (here - TRUTH)
        assert slope[0] * here[1] - slope[1] * here[0] == pytest.approx(0, abs=1e-12)

    def test_the_bars_are_the_weights(self):
        bars = load(0.5, 0.8).axes[1].patches
        np.testing.assert_allclose([bar.get_height() for bar in bars], [1, 0, 17 / 42, 10 / 42])

    def test_the_sentence_names_the_correlation_that_the_reader_chose(self):
        assert sentence_of(load(0.5, 0.95), "").startswith("Correlation 0.95, rate 0.50")


def test_the_approximation_is_drawn_with_its_ratio():
    figure = penalties(0.5)
    top, bottom = figure.axes
    assert has_line(top, [0.5], [0.5], COLORS["with"])
    assert has_line(top, [0.5], [0.75], COLORS["dropped"])
    assert has_line(bottom, [0.05, 0.1, 0.5, 0.9], [0.9, 1.0, 1.5, 5.0])
    assert "0.7500, 1.50 times as much" in sentence_of(figure, "")


def test_words_are_drawn_with_both_shares():
    figure = words(0.5)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, [0.4, 0.5, 0.3, 0.08, 0.1, 0.4, 0.5, 0.3, 0.55, 0.4])
    assert "superb 55% and 8%" in sentence_of(figure, "")
