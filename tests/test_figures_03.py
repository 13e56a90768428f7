"""The figures of chapter 3 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, heights, said, t_half

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.layer import rates
from dropout_lab.lessons.ch03.figures import (
    digit_probabilities,
    jensen_gap,
    train_versus_eval,
    trained_scores,
)
from dropout_lab.masks import all_masks

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
LONGEST = sorted(CONVENTIONS, key=len)[-2:]
RATES = rates(0, 0.9, 0.05)
CURVES = {name: [c.eval_over_train(r) for r in RATES] for name, c in CONVENTIONS.items()}
RIGHT = np.abs([0.9, 0.8, 0.3] + 0.02 * np.random.default_rng(0).normal(size=(4, 5, 3)))
IMAGE = np.linspace(0, 1, 64).reshape(8, 8)


def versus(name, rate):
    convention = CONVENTIONS[name]
    gradient = [convention.gradient_ratio(r) for r in RATES]
    mean, output = convention.train_mean(X, rate), convention.apply_inference(X, rate)
    return partial(train_versus_eval, mean, output, gradient, RATES, CURVES, name, rate)


def scores(name):
    wrong = RIGHT * [1, 1, 90]
    return partial(trained_scores, (0.1, 0.3, 0.5, 0.8), RIGHT, wrong, name, "inverted")


def digit(name):
    right = np.eye(10)[8] * 0.7 + 0.03
    return partial(digit_probabilities, IMAGE, 8, right, np.eye(10)[3], name, 0.5)


def jensen(rate, bias):
    weights, steps, means = np.array([1, -0.5, 0.5, -0.75, 0.4]), rates(0, 0.6, 0.1), []
    for each in steps:
        masks, chances = all_masks(5, each)
        means.append(float(chances @ np.maximum((masks * X / (1 - each)) @ weights + bias, 0)))
    masks, chances = all_masks(5, rate)
    sums = (masks * X / (1 - rate)) @ weights + bias
    return partial(jensen_gap, sums, chances, steps, means, rate, bias)


FRAMES = [
    versus("classic", 0.0),
    *(versus(name, 0.9) for name in CONVENTIONS),
    *map(scores, LONGEST),
    *map(digit, LONGEST),
    *(jensen(*each) for each in ((0.0, -4), (0.6, 4))),
]


def test_bars_are_training_means_beside_outputs():
    figure = drawn(versus("scale twice", 0.4))
    np.testing.assert_allclose(heights(figure.axes[0]), [*X, *(0.6 * X)])
    assert "3.00 while training and gives 1.80 at inference" in said(figure)
    assert "0.6 times what is right" in said(figure)
    figure = drawn(versus("divide at test", 0.8))  # too high: cut off, with the value on top
    assert [text.get_text() for text in figure.axes[0].texts] == ["10", "15", "20", "25"]
    assert "25 times what is right" in said(figure)


def test_what_is_right_and_a_wrong_gradient_are_said():
    sentence = said(drawn(versus("backward unscaled", 0.75)))
    assert "which is right, but its gradient is 0.25 times what is right" in sentence
    for name in ("classic", "inverted"):
        assert said(drawn(versus(name, 0.3))).endswith("which is right.")


def test_trained_scores_are_means_with_t_intervals():
    figure = drawn(scores("never scale"))
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
    figure = drawn(digit("never scale"))
    np.testing.assert_allclose(heights(figure.axes[1])[:10], np.eye(10)[3])
    assert heights(figure.axes[1])[18] == pytest.approx(0.73)
    assert "never scale says 3 with probability 1.00" in said(figure)
    assert "says 8 with probability 0.73" in said(figure)


def test_jensen_gap_is_exact():
    # Without a bias the sum is 0.5 on average; at rate 1/2 all 32 masks are equally likely.
    sums = [0.0]
    for value in (2, -2, 3, -6, 4):
        sums += [each + value for each in sums]
    wanted = sum(max(each, 0) for each in sums) / 32
    figure = drawn(jensen(0.5, 0))
    assert f"over all masks is {wanted:.2f}, the output at inference 0.50" in said(figure)
    for axes, x in zip(figure.axes, (0.5, 0.5), strict=True):
        marks = {
            line.get_marker(): line.get_data()
            for line in axes.lines
            if len(line.get_xdata()) == 1 and line.get_xdata()[0] == x
        }
        assert marks["D"][1][0] == pytest.approx(0.5)
        assert marks["o"][1][0] == pytest.approx(wanted)
