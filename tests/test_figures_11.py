"""Figures of chapter 11 that no run compares exactly show the numbers they were given."""

import numpy as np
from figure_checks import bar_ends, drawn, has_line, said, t_half

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch11.figures import odd_detection, turning_digit

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
IMAGE = RNG.uniform(0, 1, (28, 28)) * (RNG.uniform(size=(28, 28)) < 0.3)
STILL = np.eye(10)[7] * 0.97
DOUBTS = np.stack([0.2 + np.sin(np.radians(ANGLES)) * part for part in (0.5, 1.5, 0.7)])


def turned(angle, passes, image=IMAGE):
    return drawn(turning_digit, image, angle, passes, STILL, ANGLES, DOUBTS)


def test_a_bar_is_as_wide_as_the_root_of_the_share_of_passes():
    passes = np.zeros((100, 10))
    passes[:25, 0], passes[25:, 0] = 0.97, 0.02
    top = turned(30, passes).axes[1]
    ends = top.patches[0].get_path().vertices.reshape(2, 2, 2)
    np.testing.assert_allclose(np.ptp(ends[:, :, 0], axis=1), 0.9 * np.sqrt([0.75, 0.25]))
    np.testing.assert_allclose(ends[:, 0, 1], [0.05, 0.95])
    assert len(top.patches[5].get_path().vertices) == 2  # all zeros: one stroke
    np.testing.assert_allclose(top.lines[0].get_ydata()[::3], STILL)


def test_an_image_is_drawn_as_runs_of_dark_pixels():
    image = np.zeros((28, 28))
    image[3, 4:9], image[3, 20], image[5, 4] = 1.0, 0.3, 0.1
    figure = turned(0, np.full((100, 10), 0.1), image)
    light, dark = (patch.get_path().vertices.tolist() for patch in figure.axes[0].patches)
    assert light == [[3.5, 3], [8.5, 3], [19.5, 3], [20.5, 3]]
    assert dark == [[3.5, 3], [8.5, 3]]


def test_the_turned_digit_says_what_the_passes_say():
    passes = np.tile(np.eye(10)[2] * 0.6 + np.eye(10)[5] * 0.4, (100, 1))
    passes[:30] = np.eye(10)[5]
    figure = turned(90, passes)
    sentence = said(figure)
    assert "Turned by 90 degrees: with dropout off the net says 7 with probability 0.97" in sentence
    # class 5 has 0.3 + 0.7 * 0.4 = 0.58, and 30 passes
    assert "says 5 with 0.58, and 30 passes vote for it" in sentence
    assert "Entropy 0.70 off and 1.70 on, of which mutual information 0.90" in sentence
    colors = COLORS["without"], COLORS["with"], COLORS["reference"]
    for values, color in zip(DOUBTS, colors, strict=True):
        assert has_line(figure.axes[2], ANGLES, values, color)
        assert has_line(figure.axes[2], [90], [values[6]], color)


def test_odd_inputs_are_ranked_by_their_mean():
    values = np.linspace(0.5, 0.8, 7)[:, None] + 0.01 * np.arange(5)
    values[3] += 0.3
    figure = drawn(odd_detection, IMAGE, "mirrored", NAMES, values, ROLES, 0.5)
    assert "The highest is 50 passes: entropy." in said(figure)
    assert "five nets: mutual inf. 0.82" in said(figure)
    looks = {"without": "without", "with": "with", "ensemble": "dropped"}
    for row, container in enumerate(figure.axes[1].containers):
        (x,), (y,) = container.lines[0].get_data()
        assert (round(x, 9), y) == (round(values[row].mean(), 9), -row)
        assert container.lines[0].get_color() == COLORS[looks[ROLES[row]]]
        half = np.ptp(bar_ends(container)) / 2
        np.testing.assert_allclose(half, t_half(values[row]), rtol=1e-3)
