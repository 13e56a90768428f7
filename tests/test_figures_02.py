"""The figures of chapter 2 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import drawn, heights, said
from matplotlib.colors import to_hex

from dropout_lab import dropout, sample_mask
from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch02.figures import (
    activation_bars,
    keep_or_drop,
    mask_counts,
    mask_grid,
    mask_sum,
)
from dropout_lab.masks import all_masks

X = np.random.default_rng(1).uniform(0.2, 0.8, 100)
X5 = np.arange(1.0, 6.0)
BINOMIAL = [0.07776, 0.2592, 0.3456, 0.2304, 0.0768, 0.01024]  # 5 units at rate 0.4, by hand
CHECKERED = np.indices((6, 10)).sum(axis=0) % 2 == 0


def bars(rate, seed=0):
    mask = sample_mask(100, rate, np.random.default_rng(seed))
    return partial(activation_bars, X, X * mask / (1 - rate), mask, rate, top=8)


def counts(mask, dropped_so_far):
    kept = np.array(mask, dtype=bool)
    so_far = np.array(dropped_so_far)
    return partial(mask_counts, X5, X5 * kept / 0.6, so_far, np.array(BINOMIAL), 24)


def sums(rate, most):
    return partial(mask_sum, X5, *all_masks(5, rate), rate, most)


def grid(mask, kind="element"):
    return partial(mask_grid, np.array(mask, dtype=bool), kind, 60, 0.105)


def readings(number, meaning):
    as_keep, as_drop = (
        sample_mask((5, 20), rate, np.random.default_rng(0)) for rate in (1 - number, number)
    )
    return partial(keep_or_drop, as_keep, as_drop, number, meaning)


FRAMES = [
    *(bars(rate) for rate in (0.0, 0.5, 0.9)),
    counts([1] * 5, [0]),
    counts([0] * 5, [2] * 10 + [5]),
    *(sums(*each) for each in ((0.4, 0), (0.3, 2), (0.6, 5))),
    *(grid(mask) for mask in (CHECKERED, CHECKERED & False, CHECKERED | True)),
    readings(0.8, "keep"),
    readings(0.9, "drop"),
]


def filled(axes, role="with"):
    """Return the filled bars of one role."""
    return [
        bar
        for bar in axes.patches
        if bar.get_fill() and to_hex(bar.get_facecolor()) == COLORS[role]
    ]


def outlines(axes):
    """Count the hollow boxes, drawn as one line broken by NaN in the color of dropped units."""
    lines = [line for line in axes.lines if line.get_color() == COLORS["dropped"]]
    return np.isnan(lines[0].get_xdata()).sum()


@pytest.mark.parametrize("rate", [0.0, 0.35, 0.9])
def test_bars_show_every_value_the_means_and_every_dropped_unit(rate):
    mask = sample_mask(100, rate, np.random.default_rng(0))
    y = dropout(X, rate, np.random.default_rng(0))
    figure = drawn(activation_bars, X, y, mask, rate, top=8)
    before, after = figure.axes
    np.testing.assert_array_equal([bar.get_height() for bar in filled(before, "without")], X)
    np.testing.assert_array_equal([bar.get_height() for bar in filled(after)], y[mask])
    places = [bar.get_x() + bar.get_width() / 2 for bar in filled(after)]
    np.testing.assert_allclose(places, np.flatnonzero(mask) + 1)
    assert outlines(after) == 100 - mask.sum()
    for axes, values in ((before, X), (after, y)):
        np.testing.assert_allclose(axes.lines[-1].get_ydata(), values.mean())
        assert axes.texts[0].get_text() == f"mean {values.mean():.2f}"
    assert f"{100 - mask.sum()} of 100 units are dropped" in said(figure)
    assert f"{X.mean():.2f} before and {y.mean():.2f} after" in said(figure)


def test_both_panels_of_bars_have_one_scale():
    figure = drawn(bars(0.5))
    scales = [axes.get_position().height / np.ptp(axes.get_ylim()) for axes in figure.axes]
    assert scales[0] == pytest.approx(scales[1])
    assert (X * 10).max() <= figure.axes[1].get_ylim()[1]


def test_one_block_stands_for_each_pass_and_the_latest_is_hollow():
    figure = drawn(counts([1, 0, 1, 1, 0], [1, 2, 0, 2, 2]))
    layer, tally = figure.axes
    np.testing.assert_allclose([bar.get_height() for bar in filled(layer)], [1 / 0.6, 5, 4 / 0.6])
    blocks = filled(tally)
    assert [bar.get_x() + bar.get_width() / 2 for bar in blocks] == pytest.approx([1, 2, 0, 2])
    assert [int(bar.get_y()) for bar in blocks] == [0, 0, 0, 1]
    assert [int(bar.get_y()) for bar in tally.patches if bar.get_hatch()] == [2]
    expected = [bar.get_height() for bar in tally.patches if bar.get_linestyle() == ":"]
    np.testing.assert_allclose(expected, 24 * np.array(BINOMIAL))
    assert "1.67, 0, 5.00, 6.67, 0" in said(figure)
    assert "3 of 5 passes dropped 2; the probability is 34.6%" in said(figure)


def test_the_sum_over_masks_grows_to_the_input():
    for rate in (0.3, 0.6):
        rows = filled(drawn(sums(rate, 5)).axes[1])
        np.testing.assert_allclose([bar.get_width() for bar in rows], X5)
    # At most one unit dropped: unit i survives in the full mask and in four of the other five.
    figure = drawn(sums(0.4, 1))
    part = (0.6**5 + 4 * 0.4 * 0.6**4) / 0.6
    np.testing.assert_allclose([bar.get_width() for bar in filled(figure.axes[1])], part * X5)
    shown = {text.get_text() for text in figure.axes[0].texts}
    assert {"7.8%", "25.9%", "34.6%", "23.0%", "7.7%", "1.0%"} <= shown


def test_grids_fill_what_is_kept_and_cross_what_is_dropped():
    figure = drawn(grid([[True, False, True], [False, False, True]]))
    (axes,) = figure.axes
    places = [(round(bar.get_y() + 0.35), round(bar.get_x() + 0.35)) for bar in filled(axes)]
    assert places == [(0, 0), (0, 2), (1, 2)]
    assert [np.isnan(line.get_xdata()).sum() for line in axes.lines] == [3, 6]  # boxes, crosses
    assert "3 of 6 entries" in said(figure)


@pytest.mark.parametrize(("meaning", "intended"), [("keep", 0), ("drop", 1)])
def test_the_intended_reading_is_framed_and_both_factors_are_given(meaning, intended):
    figure = drawn(readings(0.8, meaning))
    framed = [axes.spines["top"].get_visible() for axes in figure.axes]
    assert framed == [number == intended for number in range(2)]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    for title, factor, axes in zip(titles, ("1.25", "5.00"), figure.axes, strict=True):
        assert title.endswith(f"{len(filled(axes))} kept, 1/keep = {factor}")
    assert said(figure).startswith(f"Read as meant as {meaning} 0.8, ")
    one, other = (heights(axes) for axes in drawn(readings(0.5, meaning)).axes)
    assert one == other  # at one half both readings are the same mask
