"""Figures of chapter 7 that no run compares exactly show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import drawn, heights, said, t_half

from dropout_lab.lessons.ch07.figures import (
    _draw_pixels,
    _outline_pixels,
    activation_shares,
    digit_activations,
    first_layer,
    four_losses,
    mistake,
    pixel_dropout,
)

RATES = [0.0, 0.1, 0.2, 0.5]
IMAGE = np.eye(28)


def test_bars_of_a_layer_are_its_activations_and_dropped_ones_are_hollow():
    before, after = np.array([0.0, 1.0, 2.0, 0.5]), np.array([0.0, 2.0, 0.0, 1.0])
    figure = drawn(digit_activations, IMAGE, 7, before, after, 0.5, 2)
    _, top, bottom = figure.axes
    assert heights(top) == before.tolist()
    assert heights(bottom) == [*after.tolist(), 2.0]
    assert bottom.patches[-1].get_facecolor()[3] == 0
    assert "3 of 4 units are active before dropout" in said(figure)
    assert "drops 1 of these and multiplies the other 2 by 2" in said(figure)
    assert "0.88 before and 0.75 after" in said(figure)


def test_losses_are_those_of_the_epoch_and_hatched_where_dropout_is_on():
    losses = np.array([[0.8, 0.6, 0.4, 0.45], [0.5, 0.4, 0.3, 0.35]])
    figure = drawn(four_losses, losses, 2)
    (panel,) = figure.axes
    assert heights(panel) == losses[1].tolist()
    assert [text.get_text() for text in panel.texts] == ["0.500", "0.400", "0.300", "0.350"]
    assert [bool(bar.get_hatch()) for bar in panel.patches] == [True, True, False, False]
    assert "After epoch 2" in said(figure)
    told = "0.500 as reported, 0.400 with masks on and 0.300 with masks off; the validation loss"
    assert f"{told} is 0.350" in said(figure)


def test_dropped_pixels_are_counted():
    image, kept = np.zeros((4, 4)), np.ones((4, 4), bool)
    image[1, :3] = 1
    kept[1, 0] = kept[3, 3] = False  # the second of these is paper
    test = np.random.default_rng(0).normal(0.9, 0.002, (4, 5))
    figure = drawn(pixel_dropout, image, kept, 0.2, RATES, test)
    assert "of 3 pixels with ink, 1 are dropped and the others multiplied by 1.25" in said(figure)
    change = 100 * (test - test[0])
    wanted = f"{change[2].mean():+.2f} ± {t_half(change[2]):.2f} points."
    assert wanted.replace("-", "−") in said(figure)
    (bars,) = figure.axes[2].containers
    np.testing.assert_allclose(bars.lines[0].get_ydata(), change.mean(axis=1))


def test_shares_count_what_is_positive():
    values = [np.array([[0.0, 1.0], [3.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 2.0]])]
    stored = np.full((4, 5), 0.5)
    stored[-1] = 0.25
    figure = drawn(activation_shares, values, RATES, stored, "Layer", 0.5)
    assert "50% of the units active without dropout and 25% at rate 0.5" in said(figure)
    assert "their mean is 2.00 and 2.00" in said(figure)
    assert "the share is 50% at rate 0 and 25% at 0.5" in said(figure)
    bars = np.reshape(heights(figure.axes[0]), (2, -1))
    assert bars.sum(axis=1) == pytest.approx([0.5, 0.25])


def test_a_filter_is_orange_where_it_is_positive_and_blue_where_negative():
    weights = np.full((24, 8, 8), 1e-6)  # too faint to be seen
    weights[0, 0, 0], weights[1, 2, 3] = 1.0, -0.5
    picture = drawn(first_layer, weights, 1.0, "Any").axes[0].images[0].get_array()
    assert picture[..., 3].sum() == 1.5
    (red, _, blue, alpha), (less, _, more, half) = picture[0, 0], picture[2, 10 + 3]
    assert red > blue
    assert more > less
    assert (alpha, half) == (1, 0.5)
    weights = np.full((24, 10, 10), 1.0)
    weights[:, 0] = 3.0  # a tenth of the pixels, with 90 of 180 in squares
    assert "holds 50% of the sum" in said(drawn(first_layer, weights, 1.0, "Any"))


def test_a_mistake_says_label_and_answer():
    chances = np.full(10, 0.001)
    chances[0] = 0.991
    figure = drawn(mistake, IMAGE, 9, chances, 0.5, 3, 366)
    assert heights(figure.axes[1])[0] == pytest.approx(0.991)
    assert "mistake 3 of 366" in said(figure)
    assert "labeled 9 is read as 0 with probability 0.9910; its label gets 0.0010" in said(figure)


def test_stacked_shades_add_up_to_the_ink_and_outlines_go_around_each_pixel():
    image, axes = np.array([[0.0, 0.25, 0.5, 0.75, 1.0]]), plt.Figure().add_subplot()
    _draw_pixels(axes, image)
    for column, ink in enumerate(image[0]):
        paper = 1.0
        for patch in axes.patches:
            if patch.get_path().contains_point((column, 0)):
                paper *= 1 - patch.get_alpha()
        assert 1 - paper == pytest.approx(ink)
    axes = plt.Figure().add_subplot()
    _outline_pixels(axes, np.array([[1.0, 0.5], [0.0, 0.0]]))
    (patch,) = axes.patches
    assert patch.get_facecolor()[3] == 0
    assert len(patch.get_path().vertices) == 2 * 5
