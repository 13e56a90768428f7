"""The figures of chapter 5 show the numbers they are given, and no text is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_texts
from matplotlib.colors import to_hex

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import COLORS, figure_style
from dropout_lab.lessons.ch05.figures import (
    failure_scores,
    feature_maps,
    learning_curves,
    pass_histogram,
)

NAMES = ("brighter →", "← brighter", "brighter ↓", "brighter ↑")
RATES = (0.2, 0.5, 0.8)


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_passes(values, at_evaluation, rate=0.5):
    return pass_histogram(np.asarray(values), at_evaluation, rate, tallest=0.4)


def draw_curves(rate, epochs=30):
    falling = np.linspace(0.9, 0.1, epochs)
    curves = {
        "PyTorch": (falling, falling + 0.1, falling[::-1]),
        "Keras": (falling + 0.02, falling + 0.3, falling[::-1]),
    }
    return learning_curves(curves, rate, top=1.2)


def draw_maps(kind, rate, explained):
    maps = np.linspace(0, 1, 4 * 20 * 20).reshape(4, 20, 20)
    mask = np.ones(maps.shape, dtype=bool)
    if kind == "spatial" and explained is not None:
        mask[[1, 2]] = False
    elif explained is not None:
        mask[:, ::2] = False
    return feature_maps(maps * mask, mask, maps, NAMES, kind, rate, explained)


def draw_scores(name):
    right = np.array([0.85, 0.4]) + np.zeros((3, 3, 2)) + [[[-0.01, 0.1]], [[0, 0]], [[0, 0]]]
    wrong = right + np.array([-0.1, 0.2]) * np.arange(1, 4)[:, None, None]
    return failure_scores(RATES, right, wrong, name, top=1.5)


FRAMES = {
    "all on one side": lambda: draw_passes(np.full(200, 0.999), 1.0),
    "all on the other side": lambda: draw_passes(np.full(200, 0.001), 0.0),
    "spread": lambda: draw_passes(np.linspace(0, 1, 200), 0.4, rate=0.35),
    "curves at 0": lambda: draw_curves(0.0),
    "curves at 0.8": lambda: draw_curves(0.8),
    "element": lambda: draw_maps("element", 0.25, 0.88),
    "spatial": lambda: draw_maps("spatial", 0.75, 0.02),
    "nothing dropped": lambda: draw_maps("spatial", 0, None),
    "the longest mistake": lambda: draw_scores("ReLU, dropout, sigmoid"),
    "the shortest mistake": lambda: draw_scores("eval() forgotten"),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    figure = frame()
    _, nodes = figure_to_nodes(figure)
    assert nodes
    sentence = sentence_of(figure, "")
    assert sentence.endswith(".")
    assert "nan" not in sentence


def test_bars_are_shares_of_the_passes():
    figure = draw_passes([0.01] * 30 + [0.02] * 20 + [0.49] * 25 + [0.98] * 25, 0.3)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert len(heights) == 20
    assert heights[0] == 0.4  # half of the passes: cut off, and written on top
    assert heights[9] == heights[19] == 0.25
    assert [text.get_text() for text in figure.axes[0].texts] == ["50%"]
    sentence = sentence_of(figure, "")
    assert "from 0.01 to 0.98" in sentence
    assert "eval mode gives 0.30 every time. 25% of the passes name the other class" in sentence


def test_the_curves_are_the_ones_given():
    figure = draw_curves(0.5)
    for axes, shift in zip(figure.axes, (0.1, 0.3), strict=True):
        without, validation, train = axes.lines
        falling = np.linspace(0.9, 0.1, 30)
        np.testing.assert_array_equal(without.get_ydata(), falling[::-1])
        np.testing.assert_allclose(validation.get_ydata(), falling + shift)
        assert train.get_ydata()[0] > train.get_ydata()[-1]
        np.testing.assert_array_equal(train.get_xdata(), np.arange(1, 31))
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--", ":"]
    sentence = sentence_of(figure, "")
    assert "PyTorch: training loss 0.10 and validation loss 0.20" in sentence
    assert "Keras: training loss 0.12 and validation loss 0.40" in sentence
    assert sentence.count("against 0.90 without dropout") == 2


def painted(axes):
    """Return the area painted in each shade, in squares of one value."""
    areas = {}
    for line in axes.lines:
        if to_hex(line.get_color()) == COLORS["with"]:
            x = line.get_xdata().reshape(-1, 3)
            areas[line.get_alpha()] = float(np.sum(x[:, 1] - x[:, 0]))
    return areas


def test_a_map_is_painted_in_the_nearest_of_four_shades():
    values = np.array([[0.0, 0.1, 0.2, 0.3], [0.4, 0.45, 0.55, 0.6], [0.7, 0.8, 0.9, 1.0]])
    mask = np.ones((1, 3, 4), dtype=bool)
    figure = feature_maps(values[None], mask, values[None] * 0, ["one"], "element", 0, None)
    # 0 and 0.1 are nearer to nothing than to a quarter
    assert painted(figure.axes[0]) == {0.25: 2, 0.5: 4, 0.75: 2, 1.0: 2}
    assert sum(painted(figure.axes[1]).values()) == 0


def test_equal_neighbors_share_a_stroke_and_maps_do_not_run_into_each_other():
    maps = np.ones((2, 3, 5))
    figure = feature_maps(maps, maps > 0, maps, ["one", "two"], "element", 0.5, explained=0.5)
    full = next(line for line in figure.axes[0].lines if line.get_alpha() == 1.0)
    strokes = full.get_xdata().reshape(-1, 3)[:, :2].tolist()
    assert strokes == [[-0.5, 4.5], [6.5, 11.5]] * 3


def test_dropped_maps_are_crossed_out_and_counted():
    figure = draw_maps("spatial", 0.5, 0.08)
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert len(dotted) == 4  # two frames, two crosses
    sentence = sentence_of(figure, "")
    assert "removes 800 of 1600 values here" in sentence
    assert "gives back 8% of the variance" in sentence
    assert not [
        line for line in draw_maps("element", 0.5, 0.8).axes[0].lines if line.get_linestyle() == ":"
    ]


def test_scores_show_every_seed_and_join_the_means():
    figure = draw_scores("train() forgotten")
    each, means = figure.axes[1].lines[2:]
    np.testing.assert_allclose(each.get_ydata(), [0.7] * 3 + [0.8] * 3 + [1.0] * 3)
    np.testing.assert_allclose(means.get_ydata(), [0.7, 0.8, 1.0])
    sentence = sentence_of(figure, "")
    assert sentence.startswith(
        "The mistake: train() forgotten. At rate 0.50 accuracy 0.650 and loss 0.80 where"
    )
    assert "at rate 0.80 accuracy 0.550 and loss 1.00 where correct code has 0.850" in sentence
