"""The figures of chapter 11 show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.ch11.figures import (
    gap,
    odd_detection,
    reliability,
    spread_by_data,
    turning_digit,
)
from dropout_lab.network import softmax

ANGLES = list(range(0, 181, 15))
NAMES = [
    "no dropout: largest prob.",
    "dropout off: largest prob.",
    "50 passes: largest prob.",
    "50 passes: entropy",
    "50 passes: mutual inf.",
    "five nets: entropy",
    "five nets: mutual inf.",
]
ROLES = ["without", "with", "with", "with", "with", "ensemble", "ensemble"]
GRID = np.linspace(-2, 2, 41).round(1)


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_digit(angle=30, passes=None):
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (28, 28)) * (rng.uniform(size=(28, 28)) < 0.3)
    passes = softmax(rng.normal(0, 3, (100, 10))) if passes is None else passes
    doubts = np.stack([0.2 + np.sin(np.radians(ANGLES)) * part for part in (0.5, 1.5, 0.7)])
    return turning_digit(image, angle, passes, np.eye(10)[7] * 0.97, ANGLES, doubts)


def draw_reliability(rate=0.5, angle=60, answers=2_000):
    shares = np.array([0, 0, 0.01, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.59])
    counts = np.stack([shares, shares * np.linspace(0.05, 0.95, 10), shares * 0.9]) * answers
    return reliability([np.tile(counts, (5, 1, 1))] * 3, rate, angle)


def draw_odd(kind="mirrored", values=None):
    rng = np.random.default_rng(0)
    values = rng.uniform(0.45, 1, (7, 5)) if values is None else values
    return odd_detection(rng.uniform(0, 1, (28, 28)), kind, NAMES, values, ROLES, 0.5)


def draw_gap(hidden=1, rate=0.05, n=640, scale=1.0):
    x = np.random.default_rng(0).uniform(0.6, 1.4, n)
    curve = scale * GRID**2
    exact = np.sin(GRID), np.full(41, 0.5)
    return gap(GRID, (x, x), (GRID, curve), exact, np.full(41, 0.25), hidden, rate)


def draw_spread(rate=0.05, noise=0.1):
    counts = np.logspace(1, 6, 20)
    return spread_by_data(counts, np.full(20, 0.3), noise / np.sqrt(counts), rate, noise)


FIGURES = [
    *(lambda a=a: draw_digit(a) for a in (0, 90, 180)),
    lambda: draw_digit(15, np.tile(np.eye(10)[3], (100, 1))),
    draw_reliability,
    lambda: draw_reliability(0.2, 0, 20),
    *(lambda k=k: draw_odd(k) for k in ("turned 90°", "two halves", "noise")),
    lambda: draw_odd(values=np.ones((7, 5))),
    *(lambda h=h, r=r: draw_gap(h, r) for h in (1, 2) for r in (0.05, 0.5)),
    lambda: draw_gap(2, 0.5, 10, 20.0),
    *(lambda r=r, s=s: draw_spread(r, s) for r in (0.05, 0.95) for s in (0.1, 1)),
]


@pytest.mark.parametrize("draw", FIGURES)
def test_texts_are_inside_apart_and_large_enough(draw):
    figure = draw()
    check_texts(figure)
    check_frame(figure)


def test_a_bar_is_as_wide_as_the_root_of_the_share_of_passes():
    passes = np.zeros((100, 10))
    passes[:25, 0], passes[25:, 0] = 0.97, 0.02
    figure = draw_digit(30, passes)
    ends = figure.axes[1].patches[0].get_path().vertices.reshape(2, 2, 2)
    np.testing.assert_allclose(np.ptp(ends[:, :, 0], axis=1), 0.9 * np.sqrt([0.75, 0.25]))
    np.testing.assert_allclose(ends[:, 0, 1], [0.05, 0.95])
    assert len(figure.axes[1].patches[5].get_path().vertices) == 2  # all zeros: one stroke


def test_an_image_is_drawn_as_runs_of_dark_pixels():
    image = np.zeros((28, 28))
    image[3, 4:9], image[3, 20], image[5, 4] = 1.0, 0.3, 0.1
    figure = turning_digit(image, 0, np.eye(10)[:2], np.eye(10)[0], ANGLES, np.zeros((3, 13)))
    light, dark = (patch.get_path().vertices.tolist() for patch in figure.axes[0].patches)
    assert light == [[3.5, 3], [8.5, 3], [19.5, 3], [20.5, 3]]
    assert dark == [[3.5, 3], [8.5, 3]]


def test_the_turned_digit_says_what_the_passes_say():
    passes = np.tile(np.eye(10)[2] * 0.6 + np.eye(10)[5] * 0.4, (100, 1))
    passes[:30] = np.eye(10)[5]
    sentence = sentence_of(draw_digit(90, passes), "")
    assert "Turned by 90 degrees: with dropout off the net says 7 with probability 0.97" in sentence
    # class 5 has 0.3 + 0.7 * 0.4 = 0.58, and 30 passes
    assert "says 5 with 0.58, and 30 passes vote for it" in sentence
    assert "Entropy 0.70 off and 1.70 on, of which mutual information 0.90" in sentence


def test_small_bins_are_left_out_and_errors_are_those_of_the_counts():
    figure = draw_reliability()
    for line in figure.axes[0].lines[1:]:
        assert len(line.get_xdata()) == 8
        np.testing.assert_allclose(line.get_ydata(), 0.9)
        np.testing.assert_allclose(line.get_xdata(), np.linspace(0.25, 0.95, 8))
    shares = np.array([0.01, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.59])
    error = (shares * np.abs(np.linspace(0.25, 0.95, 8) - 0.9)).sum()
    assert f"is {error:.3f} ± 0.000 without" in sentence_of(figure, "")


def test_odd_inputs_are_ranked_by_their_mean():
    values = np.tile(np.linspace(0.5, 0.8, 7)[:, None], (1, 5))
    values[3] = 0.95
    sentence = sentence_of(draw_odd(values=values), "")
    assert "The highest is 50 passes: entropy." in sentence
    assert "five nets: mutual inf. 0.80" in sentence


def test_the_gap_is_compared_with_the_data():
    sentence = sentence_of(draw_gap(1, 0.2, 40), "")
    assert "1 hidden layer, rate 0.2, 40 points" in sentence
    assert "dropout on 0.000 in the gap and 1.000 at the data" in sentence
    assert "exact posterior 0.500 in the gap and 0.500 at the data" in sentence
    points = draw_gap(2, 0.2, 640).axes[0].patches[-1]
    assert len(points.get_path().vertices) == 2 * 40


def test_both_ends_of_the_spread_are_said():
    sentence = sentence_of(draw_spread(0.2, 0.1), "")
    assert "with 10 examples the spread over masks is 0.300 and that of the posterior 0.032" in (
        sentence
    )
    assert "with 1,000,000 examples they are 0.300 and 0.0001" in sentence
