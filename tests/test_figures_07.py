"""The figures of chapter 7 show the numbers they were given."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import bar_ends, drawn, heights, said, t_half

from dropout_lab.lessons.ch07.figures import (
    _draw_pixels,
    _outline_pixels,
    activation_shares,
    digit_activations,
    first_layer,
    learning_curves,
    mistake,
    pixel_dropout,
    size_gap,
)

SIZES = [100, 500, 2_000, 10_000, 60_000]
RATES = [0.0, 0.1, 0.2, 0.5]
LIMITS_FOLLOW_DATA = {"digit_activations", "size_gap", "first_layer"}
COLOR_ALONE = {"learning_curves"}  # the losses while training, both dotted
Y, X = np.mgrid[:28, :28] - 13.5
RING = np.clip(1.5 - abs(np.hypot(X, Y) - 28 / 3), 0, 1)


def noisy(*shape):
    return np.random.default_rng(0).normal(0, 0.002, shape)


def curves(rate):
    fall = np.exp(-np.arange(20) / 3)
    train = 0.02 + 0.4 * fall + np.array([0, rate / 4])[:, None, None] + noisy(2, 5, 20)
    accuracy = 0.975 - 0.03 * fall - np.array([0, rate / 40])[:, None, None] + noisy(2, 5, 20)
    return partial(learning_curves, train, 0.1 + 0.2 * fall + noisy(2, 5, 20), accuracy, rate)


def size_scores(measure):
    if measure == "loss":
        test = np.array([1.3, 0.7, 0.4, 0.2, 0.1])[:, None] + noisy(2, 5, 5)
        return 0.1 * test, test
    test = np.array([0.75, 0.87, 0.935, 0.957, 0.975])[:, None] + noisy(2, 5, 5)
    return np.minimum(1.0, test + np.array([0.3, 0.2, 0.1, 0.04, 0.01])[:, None]), test


def sizes(measure):
    return partial(
        size_gap, SIZES, *size_scores(measure), "512-512", "rate 0.5, pixels 0.2", measure
    )


def activations(seed):
    rng = np.random.default_rng(seed)
    before = np.maximum(rng.normal(size=64), 0)
    after = 2 * before * (rng.random(64) > 0.5)
    return partial(digit_activations, RING, 0, before, after, 0.5, seed)


def pixels(rate):
    kept = np.random.default_rng(1).random((28, 28)) >= rate
    return partial(pixel_dropout, RING, kept, rate, RATES, 0.97 + noisy(4, 5))


def filters(side):
    weights = np.random.default_rng(2).normal(0, 0.1, (24, side, side))
    return partial(first_layer, weights, 0.25, "Dropout at rate 0.5")


def shares():
    rng = np.random.default_rng(3)
    values = [np.maximum(rng.normal(-shift, 1.5, (200, 64)), 0) for shift in (0.2, 1)]
    stored = np.array([0.4, 0.3, 0.2, 0.15])[:, None] + noisy(4, 5)
    return partial(activation_shares, values, RATES, stored, "Second hidden layer", 0.5)


def wrong(label, answer):
    chances = np.full(10, 0.001)
    chances[answer] = 0.991
    return partial(mistake, RING, label, chances, 0.5, 3, 366)


FRAMES = [
    *map(curves, (0.0, 0.5)),
    *map(sizes, ("accuracy", "loss")),
    activations(1),
    *map(pixels, (0.0, 0.5)),
    *map(filters, (28, 8)),
    shares(),
    wrong(0, 9),
    wrong(9, 0),
]


def test_curves_are_means_and_shades_are_t_intervals():
    accuracy, losses = 0.97 + noisy(2, 5, 20), 0.2 + noisy(2, 5, 20)
    figure = drawn(learning_curves, losses, losses + 0.1, accuracy, 0.2)
    top, bottom = figure.axes
    np.testing.assert_allclose([line.get_ydata() for line in bottom.lines], accuracy.mean(axis=1))
    assert [line.get_linestyle() for line in top.lines] == [":", "-", ":", "--"]
    shade = bottom.collections[1].get_paths()[0].vertices[:, 1]
    reach = accuracy[1].mean(axis=0) + t_half(accuracy[1].T)
    assert shade.max() == pytest.approx(reach.max(), abs=1e-6)
    assert f"{accuracy[1, :, 4].mean():.4f} after 5 epochs" in said(figure)
    assert f"{accuracy[1, :, -1].mean():.4f} after 20, against" in said(figure)
    figure = drawn(curves(0.0))  # nothing to compare with
    assert [len(axes.lines) for axes in figure.axes] == [2, 1]
    assert "against" not in said(figure)


@pytest.mark.parametrize(("measure", "factor"), [("accuracy", 100), ("loss", -1)])
def test_gains_are_paired_and_a_gain_is_better(measure, factor):
    train, test = size_scores(measure)
    figure = drawn(sizes(measure))
    top, bottom = figure.axes
    gap = [bars.lines[0].get_ydata() for bars in top.containers]
    np.testing.assert_allclose(gap, factor * (train - test).mean(axis=-1))
    assert [bars.lines[0].get_linestyle() for bars in top.containers] == ["-", "--"]
    gain = factor * (test[1] - test[0])
    (bars,) = bottom.containers
    np.testing.assert_allclose(bars.lines[0].get_ydata(), gain.mean(axis=-1))
    reach = gain.mean(axis=-1) + t_half(gain)
    np.testing.assert_allclose(bar_ends(bars)[:, 1], reach, rtol=1e-3, atol=1e-6)
    wanted = f"{gain[4].mean():+.2f}".replace("-", "−")
    assert f"60,000 images: gap {gap[0][4]:.2f} and {gap[1][4]:.2f}, gain {wanted} ±" in said(
        figure
    )


def test_bars_of_a_layer_are_its_activations_and_dropped_ones_are_hollow():
    before, after = np.array([0.0, 1.0, 2.0, 0.5]), np.array([0.0, 2.0, 0.0, 1.0])
    figure = drawn(digit_activations, RING, 7, before, after, 0.5, 2)
    _, top, bottom = figure.axes
    assert heights(top) == before.tolist()
    assert heights(bottom) == [*after.tolist(), 2.0]
    assert bottom.patches[-1].get_facecolor()[3] == 0
    assert "3 of 4 units are active before dropout" in said(figure)
    assert "drops 1 of these and multiplies the other 2 by 2" in said(figure)
    assert "0.88 before and 0.75 after" in said(figure)


def test_dropped_pixels_are_counted():
    image, kept = np.zeros((4, 4)), np.ones((4, 4), bool)
    image[1, :3] = 1
    kept[1, 0] = kept[3, 3] = False  # the second of these is paper
    test = 0.9 + noisy(4, 5)
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
    figure = drawn(wrong(9, 0))
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
