"""Figures of chapter 5 that no run compares exactly show the numbers they were given."""

import numpy as np
from figure_checks import drawn, heights, said

from dropout_lab.lessons.ch05.figures import failure_scores, learning_curves, pass_histogram


def test_bars_are_shares_of_the_passes():
    passes = np.array([0.01] * 30 + [0.02] * 20 + [0.49] * 25 + [0.98] * 25)
    figure = drawn(pass_histogram, passes, 0.3, 0.5, tallest=0.4)
    (axes,) = figure.axes
    assert len(heights(axes)) == 20
    assert heights(axes)[0] == 0.4  # half of the passes: cut off, and written on top
    assert heights(axes)[9] == heights(axes)[19] == 0.25
    assert [text.get_text() for text in axes.texts] == ["50%"]
    assert list(axes.lines[1].get_xdata()) == [0.3, 0.3]
    assert "from 0.01 to 0.98, mean 0.37" in said(figure)
    assert "gives 0.30 every time. 25% of the passes name the other class" in said(figure)


def test_the_curves_are_the_ones_given():
    falling = np.linspace(0.9, 0.1, 30)
    losses = {
        "PyTorch": (falling, falling + 0.1, falling[::-1]),
        "Keras": (falling + 0.02, falling + 0.3, falling[::-1]),
    }
    figure = drawn(learning_curves, losses, 0.5, top=1.2)
    for axes, shift in zip(figure.axes, (0.1, 0.3), strict=True):
        without, validation, train = axes.lines
        np.testing.assert_array_equal(without.get_ydata(), falling[::-1])
        np.testing.assert_allclose(validation.get_ydata(), falling + shift)
        assert train.get_ydata()[0] > train.get_ydata()[-1]
        np.testing.assert_array_equal(train.get_xdata(), np.arange(1, 31))
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--", ":"]
    assert "PyTorch: training loss 0.10 and validation loss 0.20" in said(figure)
    assert "Keras: training loss 0.12 and validation loss 0.40" in said(figure)
    assert said(figure).count("against 0.90 without dropout, whose lowest is 0.10") == 2
    assert figure.axes[0].lines[0].get_markevery() == [0]  # the lowest is the first


def test_scores_show_every_seed_and_join_the_means():
    right = np.array([0.85, 0.4]) + np.zeros((3, 3, 2)) + [[[-0.01, 0.1]], [[0, 0]], [[0, 0]]]
    wrong = right + np.array([-0.1, 0.2]) * np.arange(1, 4)[:, None, None]
    figure = drawn(failure_scores, (0.2, 0.5, 0.8), right, wrong, "train() forgotten", top=1.5)
    each, means = figure.axes[1].lines[2:]
    np.testing.assert_allclose(each.get_ydata(), [0.7] * 3 + [0.8] * 3 + [1.0] * 3)
    np.testing.assert_allclose(means.get_ydata(), [0.7, 0.8, 1.0])
    assert said(figure).startswith(
        "The mistake: train() forgotten. At rate 0.50 accuracy 0.650 and loss 0.80 where"
    )
    assert "at rate 0.80 accuracy 0.550 and loss 1.00 where correct code has 0.850" in said(figure)
