"""The figures of chapter 6 show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.data.transactions import NAMES
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.ch06.figures import (
    decision_surface,
    drift_curves,
    importance_bars,
    toy_losses,
)
from dropout_lab.lessons.ch06.sweeps import DRIFTS

SEEDS = 4
RNG = np.random.default_rng(0)
SHARES = RNG.uniform(0.02, 0.5, (2, SEEDS, len(NAMES)))
SCORES = {
    name: 0.9 - np.linspace(0, fall, len(DRIFTS)) + RNG.normal(0, 0.02, (SEEDS, len(DRIFTS)))
    for name, fall in (
        ("plain", 0.8), ("hidden", 0.7), ("input", 0.5), ("without score", 0.0), ("told", 0.2)
    )
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_toy():
    return toy_losses(np.geomspace(60, 0.001, 100) * np.ones((3, 1)), [5, 3, 5], "raw")


def draw_importance(where="hidden units"):
    return importance_bars(NAMES, *SHARES, np.full(len(NAMES), 0.3), 0.35, where)


def draw_surface(title="Rate 0.5 on hidden units"):
    amounts, hours = np.logspace(0, 4, 9), np.linspace(0, 24, 9)
    ideal = np.log10(amounts) * 3 - 8 + 0 * hours[:, None]
    return decision_surface(amounts, hours, ideal + 1, ideal, title, (100, 3))


FRAMES = {
    "toy": draw_toy,
    **{
        f"importance {where}": lambda where=where: draw_importance(where)
        for where in ("hidden units", "inputs")
    },
    "drift": lambda: drift_curves(DRIFTS, SCORES, 0.35),
    "surface": draw_surface,
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    check_frame(frame())


def test_toy_losses_are_drawn_per_seed_and_counted():
    figure = draw_toy()
    curves = figure.axes[0].lines[:3]
    assert all(curve.get_ydata()[0] == pytest.approx(60) for curve in curves)
    assert "median loss of 3 seeds is 0.00, and 2 of 3 networks" in sentence_of(figure, "")


def test_importance_bars_have_the_means_as_heights():
    figure = draw_importance()
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, SHARES.mean(axis=1).ravel())
    assert f"device score costs {SHARES[1, :, -1].mean():.2f}" in sentence_of(figure, "")


def test_drift_curves_draw_means_and_t_intervals():
    figure = drift_curves(DRIFTS, SCORES, 0.35)
    drawn = {tuple(np.round(line.get_ydata(), 12)) for line in figure.axes[0].lines}
    for values in SCORES.values():
        assert tuple(np.round(values.mean(axis=0), 12)) in drawn
    # 3.182 is the 97.5 % point of t with 3 degrees of freedom
    plain = figure.axes[0].containers[1]
    half = 3.182 * SCORES["plain"].std(axis=0, ddof=1) / np.sqrt(SEEDS)
    ends = np.array([segment[:, 1] for segment in plain.lines[2][0].get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * half, rtol=1e-3)
    low, high = SCORES["input"][:, -1].mean(), SCORES["input"][:, 0].mean()
    assert f"from {high:.2f} to {low:.2f} with dropout on inputs" in sentence_of(figure, "")


def test_the_surface_says_both_probabilities():
    # log10(100) * 3 - 8 = -2, and one more for the network
    sentence = sentence_of(draw_surface(), "")
    assert f"{1 / (1 + np.exp(1)):.1%}, the ideal detector {1 / (1 + np.exp(2)):.1%}" in sentence
