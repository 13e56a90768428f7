"""The figures of chapter 5 show the numbers they were given."""

from functools import partial

import numpy as np
from figure_checks import drawn, heights, said
from matplotlib.colors import to_hex

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch05.figures import (
    failure_scores,
    feature_maps,
    learning_curves,
    pass_histogram,
)

NAMES = ("brighter →", "← brighter", "brighter ↓", "brighter ↑")
FALLING = np.linspace(0.9, 0.1, 30)


def passes(values, at_evaluation, rate=0.5):
    return partial(pass_histogram, np.asarray(values), at_evaluation, rate, tallest=0.4)


def curves(rate):
    losses = {
        "PyTorch": (FALLING, FALLING + 0.1, FALLING[::-1]),
        "Keras": (FALLING + 0.02, FALLING + 0.3, FALLING[::-1]),
    }
    return partial(learning_curves, losses, rate, top=1.2)


def maps(kind, rate, explained):
    values = np.linspace(0, 1, 4 * 20 * 20).reshape(4, 20, 20)
    mask = np.ones(values.shape, dtype=bool)
    if kind == "spatial" and explained is not None:
        mask[[1, 2]] = False
    elif explained is not None:
        mask[:, ::2] = False
    return partial(feature_maps, values * mask, mask, values, NAMES, kind, rate, explained)


def scores(name):
    right = np.array([0.85, 0.4]) + np.zeros((3, 3, 2)) + [[[-0.01, 0.1]], [[0, 0]], [[0, 0]]]
    wrong = right + np.array([-0.1, 0.2]) * np.arange(1, 4)[:, None, None]
    return partial(failure_scores, (0.2, 0.5, 0.8), right, wrong, name, top=1.5)


FRAMES = [
    passes(np.full(200, 0.999), 1.0),
    passes(np.full(200, 0.001), 0.0),
    passes(np.linspace(0, 1, 200), 0.4, rate=0.35),
    *map(curves, (0.0, 0.8)),
    maps("element", 0.25, 0.88),
    maps("spatial", 0.75, 0.02),
    maps("spatial", 0, None),
    *map(scores, ("ReLU, dropout, sigmoid", "eval() forgotten")),
]


def test_bars_are_shares_of_the_passes():
    figure = drawn(passes([0.01] * 30 + [0.02] * 20 + [0.49] * 25 + [0.98] * 25, 0.3))
    (axes,) = figure.axes
    assert len(heights(axes)) == 20
    assert heights(axes)[0] == 0.4  # half of the passes: cut off, and written on top
    assert heights(axes)[9] == heights(axes)[19] == 0.25
    assert [text.get_text() for text in axes.texts] == ["50%"]
    assert list(axes.lines[1].get_xdata()) == [0.3, 0.3]
    assert "from 0.01 to 0.98, mean 0.37" in said(figure)
    assert "gives 0.30 every time. 25% of the passes name the other class" in said(figure)


def test_the_curves_are_the_ones_given():
    figure = drawn(curves(0.5))
    for axes, shift in zip(figure.axes, (0.1, 0.3), strict=True):
        without, validation, train = axes.lines
        np.testing.assert_array_equal(without.get_ydata(), FALLING[::-1])
        np.testing.assert_allclose(validation.get_ydata(), FALLING + shift)
        assert train.get_ydata()[0] > train.get_ydata()[-1]
        np.testing.assert_array_equal(train.get_xdata(), np.arange(1, 31))
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--", ":"]
    assert "PyTorch: training loss 0.10 and validation loss 0.20" in said(figure)
    assert "Keras: training loss 0.12 and validation loss 0.40" in said(figure)
    assert said(figure).count("against 0.90 without dropout") == 2


def painted(axes):
    """Return the strokes in each shade: their ends, two a stroke."""
    lines = [line for line in axes.lines if to_hex(line.get_color()) == COLORS["with"]]
    return {line.get_alpha(): line.get_xdata().reshape(-1, 3)[:, :2].tolist() for line in lines}


def test_a_map_is_painted_in_the_nearest_of_four_shades():
    values = np.array([[[0.0, 0.1, 0.2, 0.3], [0.4, 0.45, 0.55, 0.6], [0.7, 0.8, 0.9, 1.0]]])
    kept = np.ones((1, 3, 4), dtype=bool)
    figure = drawn(feature_maps, values, kept, values * 0, ["one"], "element", 0, None)
    above, below = (
        {shade: np.ptp(ends, axis=1).sum() for shade, ends in painted(axes).items() if ends}
        for axes in figure.axes
    )
    assert above == {0.25: 2, 0.5: 4, 0.75: 2, 1.0: 2}  # 0 and 0.1 are nearer to nothing
    assert below == {}


def test_equal_neighbors_share_a_stroke_and_maps_do_not_run_into_each_other():
    ones = np.ones((2, 3, 5))
    figure = drawn(feature_maps, ones, ones > 0, ones, ["one", "two"], "element", 0.5, 0.5)
    assert painted(figure.axes[0])[1.0] == [[-0.5, 4.5], [6.5, 11.5]] * 3


def test_dropped_maps_are_crossed_out_and_counted():
    figure = drawn(maps("spatial", 0.5, 0.08))
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert len(dotted) == 4  # two frames, two crosses
    assert "removes 800 of 1600 values here" in said(figure)
    assert "gives back 8% of the variance" in said(figure)
    lines = drawn(maps("element", 0.5, 0.8)).axes[0].lines
    assert not [line for line in lines if line.get_linestyle() == ":"]


def test_scores_show_every_seed_and_join_the_means():
    figure = drawn(scores("train() forgotten"))
    each, means = figure.axes[1].lines[2:]
    np.testing.assert_allclose(each.get_ydata(), [0.7] * 3 + [0.8] * 3 + [1.0] * 3)
    np.testing.assert_allclose(means.get_ydata(), [0.7, 0.8, 1.0])
    assert said(figure).startswith(
        "The mistake: train() forgotten. At rate 0.50 accuracy 0.650 and loss 0.80 where"
    )
    assert "at rate 0.80 accuracy 0.550 and loss 1.00 where correct code has 0.850" in said(figure)
