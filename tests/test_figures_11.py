"""The figures of chapter 11 show the numbers they were given."""

from functools import partial

import numpy as np
from figure_checks import bar_ends, drawn, has_line, said, t_half

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch11.figures import (
    gap,
    odd_detection,
    reliability,
    spread_by_data,
    turning_digit,
)
from dropout_lab.network import softmax

RNG = np.random.default_rng(0)
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
IMAGE = RNG.uniform(0, 1, (28, 28)) * (RNG.uniform(size=(28, 28)) < 0.3)
PASSES = softmax(RNG.normal(0, 3, (100, 10)))
STILL = np.eye(10)[7] * 0.97
DOUBTS = np.stack([0.2 + np.sin(np.radians(ANGLES)) * part for part in (0.5, 1.5, 0.7)])
AUROC = RNG.uniform(0.45, 1, (7, 5))
SHARES = np.array([0, 0, 0.01, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.59])
CONFIDENCE = np.linspace(0.05, 0.95, 10)


def digit(angle, passes=PASSES):
    return partial(turning_digit, IMAGE, angle, passes, STILL, ANGLES, DOUBTS)


def reliable(rate=0.5, angle=60, answers=2_000):
    counts = np.stack([SHARES, SHARES * CONFIDENCE, SHARES * 0.9]) * answers
    return partial(reliability, [np.tile(counts, (5, 1, 1))] * 3, rate, angle)


def odd(kind, values=AUROC):
    return partial(odd_detection, IMAGE, kind, NAMES, values, ROLES, 0.5)


def band(hidden, rate, count=640, scale=1.0):
    x = RNG.uniform(0.6, 1.4, count)
    exact = np.sin(GRID), np.full(41, 0.5)
    spread = scale * GRID**2
    return partial(gap, GRID, (x, x), (GRID, spread), exact, np.full(41, 0.25), hidden, rate)


def spread(rate, noise):
    counts = np.logspace(1, 6, 20)
    return partial(spread_by_data, counts, np.full(20, 0.3), noise / np.sqrt(counts), rate, noise)


FRAMES = [
    *map(digit, (0, 90, 180)),
    digit(15, np.tile(np.eye(10)[3], (100, 1))),
    reliable(),
    reliable(0.2, 0, 20),
    *map(odd, ("turned 90°", "two halves")),
    odd("noise", np.ones((7, 5))),
    band(1, 0.05),
    band(2, 0.5, 10, 20.0),
    *(spread(*each) for each in ((0.05, 0.1), (0.95, 1))),
]


def test_a_bar_is_as_wide_as_the_root_of_the_share_of_passes():
    passes = np.zeros((100, 10))
    passes[:25, 0], passes[25:, 0] = 0.97, 0.02
    top = drawn(digit(30, passes)).axes[1]
    ends = top.patches[0].get_path().vertices.reshape(2, 2, 2)
    np.testing.assert_allclose(np.ptp(ends[:, :, 0], axis=1), 0.9 * np.sqrt([0.75, 0.25]))
    np.testing.assert_allclose(ends[:, 0, 1], [0.05, 0.95])
    assert len(top.patches[5].get_path().vertices) == 2  # all zeros: one stroke
    np.testing.assert_allclose(top.lines[0].get_ydata()[::3], STILL)


def test_an_image_is_drawn_as_runs_of_dark_pixels():
    image = np.zeros((28, 28))
    image[3, 4:9], image[3, 20], image[5, 4] = 1.0, 0.3, 0.1
    figure = drawn(turning_digit, image, 0, PASSES, STILL, ANGLES, DOUBTS)
    light, dark = (patch.get_path().vertices.tolist() for patch in figure.axes[0].patches)
    assert light == [[3.5, 3], [8.5, 3], [19.5, 3], [20.5, 3]]
    assert dark == [[3.5, 3], [8.5, 3]]


def test_the_turned_digit_says_what_the_passes_say():
    passes = np.tile(np.eye(10)[2] * 0.6 + np.eye(10)[5] * 0.4, (100, 1))
    passes[:30] = np.eye(10)[5]
    figure = drawn(digit(90, passes))
    sentence = said(figure)
    assert "Turned by 90 degrees: with dropout off the net says 7 with probability 0.97" in sentence
    # class 5 has 0.3 + 0.7 * 0.4 = 0.58, and 30 passes
    assert "says 5 with 0.58, and 30 passes vote for it" in sentence
    assert "Entropy 0.70 off and 1.70 on, of which mutual information 0.90" in sentence
    colors = COLORS["without"], COLORS["with"], COLORS["reference"]
    for values, color in zip(DOUBTS, colors, strict=True):
        assert has_line(figure.axes[2], ANGLES, values, color)
        assert has_line(figure.axes[2], [90], [values[6]], color)


def test_small_bins_are_left_out_and_errors_are_those_of_the_counts():
    figure = drawn(reliable())
    for line in figure.axes[0].lines[1:]:
        np.testing.assert_allclose(line.get_xdata(), CONFIDENCE[2:])
        np.testing.assert_allclose(line.get_ydata(), 0.9 + 0 * CONFIDENCE[2:])
    error = (SHARES * np.abs(CONFIDENCE - 0.9)).sum()
    assert f"is {error:.3f} ± 0.000 without" in said(figure)


def test_odd_inputs_are_ranked_by_their_mean():
    values = np.linspace(0.5, 0.8, 7)[:, None] + 0.01 * np.arange(5)
    values[3] += 0.3
    figure = drawn(odd("mirrored", values))
    assert "The highest is 50 passes: entropy." in said(figure)
    assert "five nets: mutual inf. 0.82" in said(figure)
    looks = {"without": "without", "with": "with", "ensemble": "dropped"}
    for row, container in enumerate(figure.axes[1].containers):
        (x,), (y,) = container.lines[0].get_data()
        assert (round(x, 9), y) == (round(values[row].mean(), 9), -row)
        assert container.lines[0].get_color() == COLORS[looks[ROLES[row]]]
        half = np.ptp(bar_ends(container)) / 2
        np.testing.assert_allclose(half, t_half(values[row]), rtol=1e-3)


def test_the_gap_is_compared_with_the_data():
    figure = drawn(band(1, 0.2, 40))
    assert "1 hidden layer, rate 0.2, 40 points" in said(figure)
    assert "dropout on 0.000 in the gap and 1.000 at the data" in said(figure)
    assert "exact posterior 0.500 in the gap and 0.500 at the data" in said(figure)
    shade = figure.axes[0].collections[0].get_paths()[0].vertices
    assert shade[np.isclose(shade[:, 0], 1), 1].max() == 1 + 2 * 1  # mean and two spreads
    points = drawn(band(2, 0.2)).axes[0].patches[-1]
    assert len(points.get_path().vertices) == 2 * 40


def test_both_ends_of_the_spread_are_said():
    figure = drawn(spread(0.2, 0.1))
    assert "10 examples the spread over masks is 0.300 and that of the posterior 0.032" in (
        said(figure)
    )
    assert "with 1,000,000 examples they are 0.300 and 0.0001" in said(figure)
    exact, dropout = figure.axes[0].lines
    assert (exact.get_color(), dropout.get_color()) == (COLORS["without"], COLORS["with"])
    np.testing.assert_allclose(dropout.get_ydata(), 0.3)
