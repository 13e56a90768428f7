"""The figures of chapter 3 show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_texts

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import figure_style
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


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_train_versus_eval(name, rate):
    convention = CONVENTIONS[name]
    gradient = [convention.gradient_ratio(r) for r in RATES]
    mean, output = convention.train_mean(X, rate), convention.apply_inference(X, rate)
    return train_versus_eval(mean, output, gradient, RATES, CURVES, name, rate)


def draw_trained_scores(name):
    rng = np.random.default_rng(0)
    right = np.abs([0.9, 0.8, 0.3] + 0.02 * rng.normal(size=(4, 5, 3)))
    return trained_scores((0.1, 0.3, 0.5, 0.8), right, right * [1, 1, 90], name, "inverted")


def draw_digit(name):
    right, chosen = np.eye(10)[8] * 0.7 + 0.03, np.eye(10)[3]
    image = np.linspace(0, 1, 64).reshape(8, 8)
    return digit_probabilities(image, 8, right, chosen, name, 0.5)


def draw_jensen(rate, bias):
    weights, steps, means = np.array([1, -0.5, 0.5, -0.75, 0.4]), rates(0, 0.6, 0.1), []
    for r in steps:
        masks, p = all_masks(5, r)
        means.append(float(p @ np.maximum((masks * X / (1 - r)) @ weights + bias, 0)))
    masks, p = all_masks(5, rate)
    return jensen_gap((masks * X / (1 - rate)) @ weights + bias, p, steps, means, rate, bias)


FRAMES = {
    **{
        f"{name} {rate}": lambda name=name, rate=rate: draw_train_versus_eval(name, rate)
        for name in CONVENTIONS
        for rate in (0.0, 0.9)
    },
    **{f"scores {name}": lambda name=name: draw_trained_scores(name) for name in LONGEST},
    **{f"digit {name}": lambda name=name: draw_digit(name) for name in LONGEST},
    **{
        f"jensen {rate} {bias}": lambda rate=rate, bias=bias: draw_jensen(rate, bias)
        for rate in (0.0, 0.6)
        for bias in (-4, 4)
    },
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    figure = frame()
    box, nodes = figure_to_nodes(figure)
    assert box.startswith("0 0 ")
    assert nodes
    sentence = sentence_of(figure, "")
    assert sentence.endswith(".")
    assert "nan" not in sentence


def test_bars_have_the_heights_given():
    figure = draw_train_versus_eval("scale twice", 0.4)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, [*X, *(0.6 * X)])
    assert "3.00 while training and gives 1.80 at inference" in sentence_of(figure, "")
    assert "0.6 times what is right" in sentence_of(figure, "")


def test_bars_that_are_cut_off_carry_their_value():
    figure = draw_train_versus_eval("divide at test", 0.8)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["10", "15", "20", "25"]
    assert "25 times what is right" in sentence_of(figure, "")


def test_the_missing_backward_scale_is_said():
    sentence = sentence_of(draw_train_versus_eval("backward unscaled", 0.75), "")
    assert "which is right, but its gradient is 0.25 times what is right" in sentence


def test_right_conventions_are_said_to_be_right():
    for name in ("classic", "inverted"):
        assert sentence_of(draw_train_versus_eval(name, 0.3), "").endswith("which is right.")


def test_trained_scores_draw_means_and_t_intervals():
    figure = draw_trained_scores("never scale")
    rng = np.random.default_rng(0)
    right = np.abs([0.9, 0.8, 0.3] + 0.02 * rng.normal(size=(4, 5, 3)))
    line = figure.axes[0].containers[0]
    np.testing.assert_allclose(line.lines[0].get_ydata(), right[:, :, 0].mean(axis=1))
    # 2.776 is the 97.5 % point of t with 4 degrees of freedom
    half = 2.776 * right[:, :, 0].std(axis=1, ddof=1) / np.sqrt(5)
    upper = np.array([segment[1][1] for segment in line.lines[2][0].get_segments()])
    np.testing.assert_allclose(upper, right[:, :, 0].mean(axis=1) + half, rtol=1e-3)


def test_digit_sentence_names_both_answers():
    sentence = sentence_of(draw_digit("never scale"), "")
    assert "never scale says 3 with probability 1.00" in sentence
    assert "says 8 with probability 0.73" in sentence


def test_jensen_gap_is_exact():
    # Without a bias the sum is 0.5 on average; over the 32 equally likely masks at rate 1/2 the
    # positive parts of 2 * (subset sums of 1, -1, 1.5, -3, 2) add up to 63.
    sums = [0.0]
    for value in (2, -2, 3, -6, 4):
        sums += [s + value for s in sums]
    wanted = sum(max(s, 0) for s in sums) / 32
    sentence = sentence_of(draw_jensen(0.5, 0), "")
    assert f"over all masks is {wanted:.2f}, the output at inference 0.50" in sentence
