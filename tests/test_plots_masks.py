"""The figures of chapter 2: do they draw the numbers they were given, and stay readable?"""

import gzip
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dropout_lab import dropout, explore, rates, sample_mask
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, figure_style
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


@pytest.fixture(autouse=True)
def _styled():
    with figure_style():
        yield
    plt.close("all")


def bars(rate, seed=0, top=8):
    mask = sample_mask(100, rate, np.random.default_rng(seed))
    return activation_bars(X, X * mask / (1 - rate), mask, rate, top=top)


def counts(mask, dropped_so_far):
    mask = np.array(mask, dtype=bool)
    return mask_counts(X5, X5 * mask / 0.6, np.array(dropped_so_far), np.array(BINOMIAL), 24)


def sums(rate, most):
    return mask_sum(X5, *all_masks(5, rate), rate, most)


def grid(mask, kind="element"):
    return mask_grid(np.array(mask, dtype=bool), kind, 60, 0.105)


def readings(number, meaning):
    as_keep = sample_mask((5, 20), 1 - number, np.random.default_rng(0))
    as_drop = sample_mask((5, 20), number, np.random.default_rng(0))
    return keep_or_drop(as_keep, as_drop, number, meaning)


def filled(ax, role="with"):
    """Return the filled bars of one role."""
    color = plt.matplotlib.colors.to_rgba(COLORS[role])
    return [bar for bar in ax.patches if bar.get_fill() and bar.get_facecolor() == color]


def outlines(ax):
    """Count the hollow boxes, drawn as one line broken by NaN in the color of dropped units."""
    lines = [line for line in ax.lines if line.get_color() == COLORS["dropped"]]
    return np.isnan(lines[0].get_xdata()).sum()


FRAMES = {
    "bars at rate 0": lambda: bars(0.0),
    "bars at rate 0.5": lambda: bars(0.5),
    "bars at rate 0.9": lambda: bars(0.9),
    "bars, another draw": lambda: bars(0.8, 3, top=4),
    "counts, nothing dropped": lambda: counts([1, 1, 1, 1, 1], [0]),
    "counts, all dropped": lambda: counts([0, 0, 0, 0, 0], [2] * 10 + [5]),
    "sum, one mask": lambda: sums(0.4, 0),
    "sum, low rate": lambda: sums(0.3, 2),
    "sum, high rate": lambda: sums(0.6, 5),
    "grid, mixed": lambda: grid(np.indices((6, 10)).sum(axis=0) % 2),
    "grid, all dropped": lambda: grid(np.zeros((6, 10)), "row"),
    "grid, all kept": lambda: grid(np.ones((6, 10)), "channel"),
    "read as keep": lambda: readings(0.8, "keep"),
    "read as drop": lambda: readings(0.9, "drop"),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_have_the_size_of_the_book_and_a_sentence(frame):
    figure = FRAMES[frame]()
    assert figure.get_figwidth() == FIGURE_WIDTH
    assert 2.4 <= figure.get_figheight() <= 4.2
    assert any(character.isdigit() for character in sentence_of(figure, ""))


@pytest.mark.parametrize("frame", FRAMES)
def test_no_text_is_cut_off_small_or_overlapped(frame):
    figure = FRAMES[frame]()
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(plt.Text) if text.get_visible() and text.get_text()]
    boxes = {text: text.get_window_extent() for text in texts}
    for text, box in boxes.items():
        assert text.get_fontsize() >= 9
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    for (one, here), (other, there) in itertools.combinations(boxes.items(), 2):
        assert not here.overlaps(there), (one, other)


@pytest.mark.parametrize("rate", [0.0, 0.35, 0.9])
def test_bars_show_every_value_the_means_and_every_dropped_unit(rate):
    mask = sample_mask(100, rate, np.random.default_rng(0))
    y = dropout(X, rate, np.random.default_rng(0))
    figure = activation_bars(X, y, mask, rate, top=8)
    before, after = figure.axes
    np.testing.assert_array_equal([bar.get_height() for bar in filled(before, "without")], X)
    np.testing.assert_array_equal([bar.get_height() for bar in filled(after)], y[mask])
    places = [bar.get_x() + bar.get_width() / 2 for bar in filled(after)]
    np.testing.assert_allclose(places, np.flatnonzero(mask) + 1)
    assert outlines(after) == 100 - mask.sum()
    for ax, values in ((before, X), (after, y)):
        line = [line for line in ax.lines if line.get_color() == COLORS["reference"]][-1]
        np.testing.assert_allclose(line.get_ydata(), values.mean())
    text = sentence_of(figure, "")
    assert f"{100 - mask.sum()} of 100 units are dropped" in text
    assert f"{X.mean():.2f} before and {y.mean():.2f} after" in text


def test_both_panels_of_bars_have_one_scale_and_it_never_moves():
    inches_per_unit, limits = set(), set()
    for rate in (0.0, 0.5, 0.9):
        figure = bars(rate)
        for ax in figure.axes:
            low, high = ax.get_ylim()
            limits.add((low, high))
            inches = ax.get_position().height * figure.get_figheight()
            inches_per_unit.add(round(inches / (high - low), 6))
    assert len(inches_per_unit) == 1
    assert len(limits) == 2
    assert (X * 10).max() <= max(high for _, high in limits)


def test_one_block_stands_for_each_pass_and_the_latest_is_hollow():
    figure = counts([1, 0, 1, 1, 0], [1, 2, 0, 2, 2])
    layer, tally = figure.axes
    np.testing.assert_allclose([bar.get_height() for bar in filled(layer)], [1 / 0.6, 5, 4 / 0.6])
    blocks = filled(tally)
    assert [bar.get_x() + bar.get_width() / 2 for bar in blocks] == pytest.approx([1, 2, 0, 2])
    assert [int(bar.get_y()) for bar in blocks] == [0, 0, 0, 1]
    latest = [bar for bar in tally.patches if bar.get_hatch()]
    assert [int(bar.get_y()) for bar in latest] == [2]
    expected = [bar.get_height() for bar in tally.patches if bar.get_linestyle() == ":"]
    np.testing.assert_allclose(expected, 24 * np.array(BINOMIAL))
    assert "1.67, 0, 5.00, 6.67, 0" in sentence_of(figure, "")
    assert "3 of 5 passes dropped 2; the probability is 34.6%" in sentence_of(figure, "")


def test_the_sum_over_masks_grows_to_the_input():
    for rate in (0.3, 0.5, 0.6):
        figure = sums(rate, 5)
        widths = [bar.get_width() for bar in filled(figure.axes[1])]
        np.testing.assert_allclose(widths, X5)
    # At most one unit dropped: unit i survives in the full mask and in four of the other five.
    keep = 0.6
    partial = (keep**5 + 4 * 0.4 * keep**4) / keep
    widths = [bar.get_width() for bar in filled(sums(0.4, 1).axes[1])]
    np.testing.assert_allclose(widths, partial * X5)
    shown = {text.get_text() for text in sums(0.4, 1).axes[0].texts}
    assert {"7.8%", "25.9%", "34.6%", "23.0%", "7.7%", "1.0%"} <= shown


def test_grids_fill_what_is_kept_and_cross_what_is_dropped():
    mask = np.array([[True, False, True], [False, False, True]])
    ax = grid(mask).axes[0]
    places = [(round(bar.get_y() + 0.35), round(bar.get_x() + 0.35)) for bar in filled(ax)]
    assert places == [(0, 0), (0, 2), (1, 2)]
    boxes, crosses = ax.lines
    assert np.isnan(boxes.get_xdata()).sum() == 3
    assert np.isnan(crosses.get_xdata()).sum() == 6
    assert "3 of 6 entries" in sentence_of(grid(mask), "")


@pytest.mark.parametrize(("meaning", "intended"), [("keep", 0), ("drop", 1)])
def test_the_intended_reading_is_framed_and_both_factors_are_given(meaning, intended):
    figure = readings(0.8, meaning)
    framed = [ax.spines["top"].get_visible() for ax in figure.axes]
    assert framed == [i == intended for i in range(2)]
    keep_panel, drop_panel = figure.axes
    assert "1/keep = 1.25" in keep_panel.get_title(loc="left")
    assert "1/keep = 5.00" in drop_panel.get_title(loc="left")
    assert sentence_of(figure, "").startswith(f"Read as meant as {meaning} 0.8, ")


def test_at_one_half_both_readings_are_the_same_mask():
    panels = readings(0.5, "drop").axes
    places = [[(bar.get_x(), bar.get_y()) for bar in filled(ax)] for ax in panels]
    assert places[0] == places[1]


def test_the_signature_explorer_is_light(monkeypatch):
    monkeypatch.setenv("EXPLORE_PUBLISH", "1")
    page = explore(bars, rate=rates(0, 0.9, 0.05), start={"rate": 0.5}).html
    assert len(gzip.compress(page.encode())) <= 25_000
    assert len(page) <= 400_000
