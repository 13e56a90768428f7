"""The figures of chapter 7 show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_texts

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import figure_style
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

T4 = 2.776  # 97.5 % point of t with 4 degrees of freedom
SIZES = [100, 500, 2_000, 10_000, 60_000]
RATES = [0.0, 0.1, 0.2, 0.5]


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def noisy(*shape):
    return np.random.default_rng(0).normal(0, 0.002, shape)


def draw_curves(rate):
    epochs = np.exp(-np.arange(20) / 3)
    train = 0.02 + 0.4 * epochs + np.array([0, rate / 4])[:, None, None] + noisy(2, 5, 20)
    validation = 0.1 + 0.2 * epochs + noisy(2, 5, 20)
    accuracy = 0.975 - 0.03 * epochs - np.array([0, rate / 40])[:, None, None] + noisy(2, 5, 20)
    return learning_curves(train, validation, accuracy, rate)


def size_scores(measure):
    if measure == "accuracy":
        test = np.array([0.75, 0.87, 0.935, 0.957, 0.975])[:, None] + noisy(2, 5, 5)
        return np.minimum(1.0, test + np.array([0.3, 0.2, 0.1, 0.04, 0.01])[:, None]), test
    test = np.array([1.3, 0.7, 0.4, 0.2, 0.1])[:, None] + noisy(2, 5, 5)
    return 0.1 * test, test


def draw_sizes(measure):
    return size_gap(SIZES, *size_scores(measure), "512-512", "rate 0.5, pixels 0.2", measure)


def ring(side=28):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.clip(1.5 - abs(np.hypot(x, y) - side / 3), 0, 1)


def draw_activations(seed):
    rng = np.random.default_rng(seed)
    before = np.maximum(rng.normal(size=64), 0)
    return digit_activations(ring(), 0, before, 2 * before * (rng.random(64) > 0.5), 0.5, seed)


def draw_pixel_frame(rate):
    kept = np.random.default_rng(1).random((28, 28)) >= rate
    return pixel_dropout(ring(), kept, rate, RATES, 0.97 + noisy(4, 5))


def draw_filters(side):
    weights = np.random.default_rng(2).normal(0, 0.1, (24, side, side))
    return first_layer(weights, 0.25, "dropout at rate 0.5")


def draw_shares():
    rng = np.random.default_rng(3)
    values = [np.maximum(rng.normal(-shift, 1.5, (200, 64)), 0) for shift in (0.2, 1)]
    stored = np.array([0.4, 0.3, 0.2, 0.15])[:, None] + noisy(4, 5)
    return activation_shares(values, RATES, stored, "Second hidden layer", 0.5)


def draw_mistake(label, said):
    chances = np.full(10, 0.001)
    chances[said] = 1 - 0.009
    return mistake(ring(), label, chances, 0.5, 3, 366)


FRAMES = {
    "curves 0": lambda: draw_curves(0.0),
    "curves 0.5": lambda: draw_curves(0.5),
    "sizes accuracy": lambda: draw_sizes("accuracy"),
    "sizes loss": lambda: draw_sizes("loss"),
    "activations": lambda: draw_activations(1),
    "pixels 0": lambda: draw_pixel_frame(0.0),
    "pixels 0.5": lambda: draw_pixel_frame(0.5),
    "filters 28": lambda: draw_filters(28),
    "filters 8": lambda: draw_filters(8),
    "shares": draw_shares,
    "mistake 0 9": lambda: draw_mistake(0, 9),
    "mistake 9 0": lambda: draw_mistake(9, 0),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_small_svg_with_a_sentence(frame):
    figure = frame()
    _, nodes = figure_to_nodes(figure)
    assert 0 < sum(map(len, nodes)) < 40_000
    sentence = sentence_of(figure, "")
    assert sentence.endswith(".")
    assert "nan" not in sentence


# --- numbers -----------------------------------------------------------------------------------


def test_curves_are_means_and_shades_are_t_intervals():
    accuracy = 0.97 + noisy(2, 5, 20)
    losses = 0.2 + noisy(2, 5, 20)
    figure = learning_curves(losses, losses + 0.1, accuracy, 0.2)
    _, bottom = figure.axes
    lines = [line.get_ydata() for line in bottom.lines]
    np.testing.assert_allclose(lines, accuracy.mean(axis=1))
    shade = bottom.collections[1].get_paths()[0].vertices[:, 1]
    half = T4 * accuracy[1].std(axis=0, ddof=1) / np.sqrt(5)
    assert shade.max() == pytest.approx((accuracy[1].mean(axis=0) + half).max(), abs=1e-6)
    sentence = sentence_of(figure, "")
    assert f"{accuracy[1, :, 4].mean():.4f} after 5 epochs" in sentence
    assert f"{accuracy[1, :, -1].mean():.4f} after 20" in sentence


def test_without_dropout_there_is_nothing_to_compare_with():
    figure = draw_curves(0.0)
    assert [len(axes.lines) for axes in figure.axes] == [2, 1]
    assert "against" not in sentence_of(figure, "")


@pytest.mark.parametrize(("measure", "factor"), [("accuracy", 100), ("loss", -1)])
def test_gains_are_paired_and_a_gain_is_better(measure, factor):
    train, test = size_scores(measure)
    figure = draw_sizes(measure)
    top, bottom = figure.axes
    gap = [bars.lines[0].get_ydata() for bars in top.containers]
    np.testing.assert_allclose(gap, factor * (train - test).mean(axis=-1))
    gain = factor * (test[1] - test[0])
    np.testing.assert_allclose(bottom.containers[0].lines[0].get_ydata(), gain.mean(axis=-1))
    upper = [segment[1][1] for segment in bottom.containers[0].lines[2][0].get_segments()]
    half = T4 * gain.std(axis=-1, ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(upper, gain.mean(axis=-1) + half, rtol=1e-3, atol=1e-6)
    wanted = f"{gain[4].mean():+.2f}".replace("-", "−")
    assert (
        f"60,000 images: gap {gap[0][4]:.2f} and {gap[1][4]:.2f}, gain {wanted} ±"
        in sentence_of(figure, "")
    )


def test_bars_of_a_layer_are_its_activations_and_dropped_ones_are_hollow():
    before = np.array([0.0, 1.0, 2.0, 0.5])
    after = np.array([0.0, 2.0, 0.0, 1.0])
    figure = digit_activations(ring(), 7, before, after, 0.5, 2)
    _, top, bottom = figure.axes
    assert [bar.get_height() for bar in top.patches] == before.tolist()
    assert [bar.get_height() for bar in bottom.patches] == [*after.tolist(), 2.0]
    assert bottom.patches[-1].get_facecolor()[3] == 0
    sentence = sentence_of(figure, "")
    assert "3 of 4 units are active before dropout" in sentence
    assert "drops 1 of these and multiplies the other 2 by 2" in sentence
    assert "0.88 before and 0.75 after" in sentence


def test_dropped_pixels_are_counted():
    image = np.zeros((4, 4))
    image[1, :3] = 1
    kept = np.ones((4, 4), bool)
    kept[1, 0] = kept[3, 3] = False  # the second of these is paper
    test = 0.9 + noisy(4, 5)
    sentence = sentence_of(pixel_dropout(image, kept, 0.2, RATES, test), "")
    assert "of 3 pixels with ink, 1 are dropped and the others multiplied by 1.25" in sentence
    change = 100 * (test[2] - test[0])
    wanted = f"{change.mean():+.2f} ± {T4 * change.std(ddof=1) / np.sqrt(5):.2f} points."
    assert wanted.replace("-", "−") in sentence


def test_shares_count_what_is_positive():
    values = [np.array([[0.0, 1.0], [3.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 2.0]])]
    stored = np.full((4, 5), 0.5)
    stored[-1] = 0.25
    figure = activation_shares(values, RATES, stored, "Layer", 0.5)
    sentence = sentence_of(figure, "")
    assert "50% of the units active without dropout and 25% at rate 0.5" in sentence
    assert "their mean is 2.00 and 2.00" in sentence
    assert "the share is 50% at rate 0 and 25% at 0.5" in sentence
    heights = np.array([bar.get_height() for bar in figure.axes[0].patches])
    assert heights.sum() == pytest.approx(0.5 + 0.25)


def test_a_filter_is_orange_where_it_is_positive_and_blue_where_negative():
    weights = np.full((24, 8, 8), 1e-6)  # too faint to be seen
    weights[0, 0, 0], weights[1, 2, 3] = 1.0, -0.5
    picture = first_layer(weights, 1.0, "title").axes[0].images[0].get_array()
    assert picture[..., 3].sum() == 1.5
    red, _, blue, alpha = picture[0, 0]
    assert red > blue
    assert alpha == 1
    red, _, blue, alpha = picture[2, 10 + 3]
    assert blue > red
    assert alpha == 0.5


def test_concentrated_weights_are_said_to_be():
    weights = np.full((24, 10, 10), 1.0)
    weights[:, 0] = 3.0  # a tenth of the pixels, with 90 of 180 in squares
    assert "holds 50% of the sum" in sentence_of(first_layer(weights, 1.0, "title"), "")


def test_a_mistake_says_label_and_answer():
    sentence = sentence_of(draw_mistake(9, 0), "")
    assert "mistake 3 of 366" in sentence
    assert "labeled 9 is read as 0 with probability 0.9910; its label gets 0.0010" in sentence


def test_stacked_shades_add_up_to_the_ink():
    image = np.array([[0.0, 0.25, 0.5, 0.75, 1.0]])
    _, axes = plt.subplots()
    _draw_pixels(axes, image)
    for column, ink in enumerate(image[0]):
        paper = 1.0
        for patch in axes.patches:
            if patch.get_path().contains_point((column, 0)):
                paper *= 1 - patch.get_alpha()
        assert 1 - paper == pytest.approx(ink)


def test_an_outline_goes_around_each_inked_pixel():
    _, axes = plt.subplots()
    _outline_pixels(axes, np.array([[1.0, 0.5], [0.0, 0.0]]))
    (patch,) = axes.patches
    assert patch.get_facecolor()[3] == 0
    assert len(patch.get_path().vertices) == 2 * 5
