"""Figures of chapter 12: their numbers, their sentences, their texts."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.layer import dropout
from dropout_lab.lessons.ch12.figures import (
    attention_rows,
    family_member,
    memory,
    schedule_effects,
    variance_shift,
)
from dropout_lab.lessons.ch12.gallery import GALLERY

T4 = 2.776  # 97.5 % point of Student's t with 4 degrees of freedom
RATES = [0.0, 0.1, 0.5]
SCHEDULES = ("early", "late", "standard")


@pytest.fixture(autouse=True)
def style():
    with figure_style():
        yield
    plt.close("all")


def noisy(*shape):
    return np.random.default_rng(7).uniform(0, 0.02, shape)


def draw_member(name, rate=0.3):
    exhibit = GALLERY[name]
    return family_member(exhibit.sample(rate, np.random.default_rng(1)), exhibit, name, rate)


def draw_memory(rate, shared):
    shape = (None, 1 if shared else None)
    return memory(
        dropout(np.ones((12, 16)), rate, np.random.default_rng(2), noise_shape=shape), rate, shared
    )


def draw_attention(rate):
    before = np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None]
    return attention_rows(before, dropout(before, rate, np.random.default_rng(1)), rate, 1)


def draw_shift(order, rate):
    first = 1 if order == "weights between" else 0
    ratios = np.ones((3, 5, 6))
    if order != "after the last":
        ratios[1:, :, first:] += 1.4 * np.arange(1, 7 - first) * noisy(2, 5, 1) * 50
    kept, renewed = 0.5 + noisy(3, 5), 0.93 + noisy(3, 5)
    formula = np.ones((3, 5)) + np.array([[0], [0.2], [1.2]])
    return variance_shift(ratios, formula, kept, renewed, RATES, order, rate)


def draw_schedule(net, schedule, measure):
    epochs = 20 if net == "underfitting" else 50
    curves = {name: 0.3 + noisy(5, epochs) for name in ("none", *SCHEDULES)}
    factor = 4 if measure.endswith("loss") else 1
    changes = {name: factor * (noisy(5) - 0.01) for name in SCHEDULES}
    return schedule_effects(curves, changes, epochs // 5, net, schedule, measure)


FRAMES = {
    **{name: lambda name=name: draw_member(name) for name in GALLERY},
    "gaussian at 0.7": lambda: draw_member("Gaussian dropout", 0.7),
    "dropout at 0.1": lambda: draw_member("dropout", 0.1),
    "memory fresh": lambda: draw_memory(0.5, False),
    "memory shared": lambda: draw_memory(0.05, True),
    "attention 0": lambda: draw_attention(0.0),
    "attention 0.5": lambda: draw_attention(0.5),
    "shift directly": lambda: draw_shift("directly", 0.5),
    "shift between": lambda: draw_shift("weights between", 0.1),
    "shift after": lambda: draw_shift("after the last", 0.0),
    "early": lambda: draw_schedule("underfitting", "early", "training loss"),
    "late": lambda: draw_schedule("overfitting", "late", "test accuracy"),
    "standard": lambda: draw_schedule("overfitting", "standard", "test loss"),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_texts_are_inside_and_apart_and_frames_are_small(frame):
    figure = frame()
    check_texts(figure)
    check_frame(figure)
    _, nodes = figure_to_nodes(figure)
    assert sum(map(len, nodes)) < 20_000


def strokes(axes):
    """Return for each kind of square in the picture its color and its number."""
    found = {}
    for patch in axes.patches:
        ends = patch.get_path().vertices[:, 0].reshape(-1, 2)
        size = ends[0, 1] - ends[0, 0] - np.floor(ends[0, 1] - ends[0, 0] + 1e-9)
        cells = np.round(ends[:, 1] - ends[:, 0] - size).astype(int) + 1
        color = patch.get_edgecolor()
        found[color] = found.get(color, 0) + cells.sum()
    return found


def test_every_factor_is_one_square_dot_or_negative_square():
    exhibit = GALLERY["Gaussian dropout"]
    factors = exhibit.sample(0.5, np.random.default_rng(1))
    figure = family_member(factors, exhibit, "Gaussian dropout", 0.5)
    counts = strokes(figure.axes[0])
    assert sorted(counts.values()) == sorted([np.sum(factors < 0), np.sum(factors > 0)])
    hard = dropout(np.ones((16, 16)), 0.5, np.random.default_rng(1))
    figure = family_member(hard, GALLERY["dropout"], "dropout", 0.5)
    counts = strokes(figure.axes[0])
    assert sorted(counts.values()) == sorted([np.sum(hard == 0), np.sum(hard > 0)])
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    assert sum(heights) == pytest.approx(1)
    assert heights == pytest.approx([np.mean(hard == 0), np.mean(hard > 0)])
    sentence = sentence_of(figure, "")
    assert f"{np.mean(hard == 0):.0%} of the factors are 0.00" in sentence
    assert f"their mean is {hard.mean():.2f} and their variance {hard.var():.2f}" in sentence


def test_memory_counts_who_was_never_dropped():
    factors = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 0, 1]]) * 2.0
    figure = memory(factors, 0.5, False)
    expected, drawn = (line.get_ydata() for line in figure.axes[1].lines[:2])
    np.testing.assert_allclose(drawn, [0.75, 0.5, 0.25, 0.25])
    np.testing.assert_allclose(expected, 0.5 ** np.arange(1, 5))
    assert "of 4 units 3 remember the first input after 1 step, 2 after 2 and 1 after 4" in (
        sentence_of(figure, "")
    )
    expected = memory(factors, 0.5, True).axes[1].lines[0].get_ydata()
    np.testing.assert_allclose(expected, 0.5)


def test_bars_beside_attention_are_the_sums_of_its_rows():
    before = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]])
    after = np.array([[2.0, 0, 0], [0, 1.0, 0], [0.4, 0, 1.0]])
    figure = attention_rows(before, after, 0.5, 3)
    assert [bar.get_width() for bar in figure.axes[1].patches] == [2.0, 1.0, 1.4]
    sentence = sentence_of(figure, "")
    assert "2 of 6 attention weights are dropped" in sentence
    assert "sum to 1.00 at least and 2.00 at most, 1.47 on average" in sentence


def test_the_shift_shows_means_over_seeds_and_paired_differences():
    ratios = 1 + np.arange(1, 7) * np.array([0, 0.1, 0.5])[:, None, None] + noisy(3, 5, 6)
    kept, renewed = 0.7 + noisy(3, 5), 0.8 + noisy(3, 5)[:, ::-1]
    figure = variance_shift(ratios, ratios[:, :, 0], kept, renewed, RATES, "directly", 0.5)
    top, bottom = figure.axes
    bars = [bar.get_height() for bar in top.patches]
    np.testing.assert_allclose(bars, ratios[2].mean(axis=0))
    lines = [container.lines[0].get_ydata() for container in bottom.containers]
    np.testing.assert_allclose(lines, 100 * np.array([kept.mean(axis=1), renewed.mean(axis=1)]))
    gain = 100 * (renewed - kept)[2]
    half = T4 * gain.std(ddof=1) / np.sqrt(5)
    sentence = sentence_of(figure, "")
    assert f"a difference of {gain.mean():+.2f} ± {half:.2f} points" in sentence
    assert f"by formula {ratios[2, :, 0].mean():.2f} at norm 1" in sentence
    assert "by formula" not in sentence_of(draw_shift("after the last", 0.5), "")
    assert "at norm 2" in sentence_of(draw_shift("weights between", 0.5), "")


def test_schedules_are_compared_by_paired_changes():
    curves = {name: 0.3 + noisy(5, 20) for name in ("none", *SCHEDULES)}
    changes = {name: noisy(5) * (k - 1) for k, name in enumerate(SCHEDULES)}
    figure = schedule_effects(curves, changes, 4, "underfitting", "standard", "test accuracy")
    top, bottom = figure.axes
    np.testing.assert_allclose(top.lines[0].get_ydata(), curves["none"].mean(axis=0))
    points = [container.lines[0].get_ydata()[0] for container in bottom.containers]
    np.testing.assert_allclose(points, [100 * c.mean() for c in changes.values()])
    values = 100 * changes["standard"]
    half = T4 * values.std(ddof=1) / np.sqrt(5)
    assert f"is {values.mean():+.2f} ± {half:.2f} points" in sentence_of(figure, "")
    early = draw_schedule("underfitting", "early", "training loss")
    assert any(line.get_linestyle() == ":" for line in early.axes[0].lines)
    assert all(line.get_linestyle() != ":" for line in top.lines)
