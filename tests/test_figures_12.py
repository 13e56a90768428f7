"""The figures of chapter 12 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, heights, said, t_half

from dropout_lab.layer import dropout
from dropout_lab.lessons.ch12.figures import (
    attention_rows,
    family_member,
    memory,
    schedule_effects,
    variance_shift,
)
from dropout_lab.lessons.ch12.gallery import GALLERY

RATES = [0.0, 0.1, 0.5]
SCHEDULES = ("early", "late", "standard")
LIMITS_FOLLOW_DATA = {"schedule_effects", "attention_rows"}
NOISE = np.random.default_rng(7).uniform(0, 0.02, (3, 5))


def member(name, rate=0.3):
    exhibit = GALLERY[name]
    factors = exhibit.sample(rate, np.random.default_rng(1))
    return partial(family_member, factors, exhibit, name, rate)


def kept(rate, shared):
    shape = (None, 1 if shared else None)
    masks = dropout(np.ones((12, 16)), rate, np.random.default_rng(2), noise_shape=shape)
    return partial(memory, masks, rate, shared)


def attention(rate):
    before = np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None]
    after = dropout(before, rate, np.random.default_rng(1))
    return partial(attention_rows, before, after, rate, 1)


def shift(order, rate):
    first = 1 if order == "weights between" else 0
    ratios = np.ones((3, 5, 6))
    if order != "after the last":
        ratios[1:, :, first:] += 70 * np.arange(1, 7 - first) * NOISE[1:, :, None]
    formula = np.ones((3, 5)) + np.array([[0], [0.2], [1.2]])
    accuracies = 0.7 + NOISE, 0.8 + NOISE[:, ::-1]
    return partial(variance_shift, ratios, formula, *accuracies, RATES, order, rate)


def schedule(net, name, measure):
    epochs = 20 if net == "underfitting" else 50
    rng = np.random.default_rng(7)
    curves = {each: rng.uniform(0.3, 0.32, (5, epochs)) for each in ("none", *SCHEDULES)}
    changes = {each: 0.2 * NOISE[number] - 0.001 for number, each in enumerate(SCHEDULES)}
    return partial(schedule_effects, curves, changes, epochs // 5, net, name, measure)


FRAMES = [
    *map(member, GALLERY),
    member("Gaussian dropout", 0.7),
    *(kept(*each) for each in ((0.5, False), (0.05, True))),
    *map(attention, (0.0, 0.5)),
    *(
        shift(*each)
        for each in (("directly", 0.5), ("weights between", 0.1), ("after the last", 0))
    ),
    schedule("underfitting", "early", "training loss"),
    schedule("overfitting", "late", "test accuracy"),
    schedule("overfitting", "standard", "test loss"),
]


def squares(axes):
    """Return how many cells are drawn in each color."""
    found = {}
    for patch in axes.patches:
        ends = patch.get_path().vertices[:, 0].reshape(-1, 2)
        color = patch.get_edgecolor()
        found[color] = found.get(color, 0) + np.ceil(ends[:, 1] - ends[:, 0] - 1e-9).sum()
    return sorted(found.values())


def test_every_factor_is_one_square_dot_or_negative_square():
    exhibit = GALLERY["dropout"]
    factors = GALLERY["Gaussian dropout"].sample(0.5, np.random.default_rng(1))
    figure = drawn(family_member, factors, exhibit, "Any", 0.5)
    assert squares(figure.axes[0]) == sorted([np.sum(factors < 0), np.sum(factors > 0)])
    assert f"{np.mean(factors < 0):.0%} are negative" in said(figure)
    factors = dropout(np.ones((16, 16)), 0.5, np.random.default_rng(1))
    figure = drawn(family_member, factors, exhibit, "Any", 0.5)
    assert squares(figure.axes[0]) == sorted([np.sum(factors == 0), np.sum(factors > 0)])
    shares = np.mean(factors == 0), np.mean(factors > 0)
    assert heights(figure.axes[1]) == pytest.approx(shares)
    assert f"{shares[0]:.0%} of the factors are 0.00, their mean" in said(figure)
    assert f"is {factors.mean():.2f} and their variance {factors.var():.2f}" in said(figure)


def test_memory_counts_who_was_never_dropped():
    factors = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 0, 1]]) * 2.0
    figure = drawn(memory, factors, 0.5, False)
    expected, found = (line.get_ydata() for line in figure.axes[1].lines[:2])
    np.testing.assert_allclose(found, [0.75, 0.5, 0.25, 0.25])
    np.testing.assert_allclose(expected, 0.5 ** np.arange(1, 5))
    words = "of 4 units 3 remember the first input after 1 step, 2 after 2 and 1 after 4"
    assert words in said(figure)
    shared = drawn(memory, factors, 0.5, True).axes[1].lines[0]
    np.testing.assert_allclose(shared.get_ydata(), 0.5)


def test_bars_beside_attention_are_the_sums_of_its_rows():
    before = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]])
    after = np.array([[2.0, 0, 0], [0, 1.0, 0], [0.4, 0, 1.0]])
    figure = drawn(attention_rows, before, after, 0.5, 3)
    assert [bar.get_width() for bar in figure.axes[1].patches] == [2.0, 1.0, 1.4]
    assert squares(figure.axes[0]) == [2, 4]
    assert "2 of 6 attention weights are dropped" in said(figure)
    assert "sum to 1.00 at least and 2.00 at most, 1.47 on average" in said(figure)


def test_the_shift_shows_means_over_seeds_and_paired_differences():
    frame = shift("directly", 0.5)
    ratios, formula, kept, renewed = frame.args[:4]
    figure = drawn(frame)
    top, bottom = figure.axes
    np.testing.assert_allclose(heights(top), ratios[2].mean(axis=0))
    assert top.lines[-1].get_ydata() == [pytest.approx(2.2)]
    for container, values in zip(bottom.containers, (kept, renewed), strict=True):
        np.testing.assert_allclose(container.lines[0].get_ydata(), 100 * values.mean(axis=1))
        half = np.ptp(bar_ends(container), axis=1) / 2
        np.testing.assert_allclose(half, t_half(100 * values), rtol=1e-3)
    gain = 100 * (renewed - kept)[2]
    assert f"a difference of {gain.mean():+.2f} ± {t_half(gain):.2f} points" in said(figure)
    assert f"test accuracy {kept[2].mean():.1%} with statistics of masked" in said(figure)
    assert f"by formula {formula[2].mean():.2f} at norm 1" in said(figure)
    assert "by formula" not in said(drawn(shift("after the last", 0.5)))
    assert "at norm 2" in said(drawn(shift("weights between", 0.5)))


def test_schedules_are_compared_by_paired_changes():
    frame = schedule("underfitting", "standard", "test accuracy")
    curves, changes = frame.args[:2]
    figure = drawn(frame)
    top, bottom = figure.axes
    for line, name in zip(top.lines, ("none", "standard"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), curves[name].mean(axis=0))
        assert line.get_linestyle() == ("-" if name == "none" else "--")
    for container, values in zip(bottom.containers, changes.values(), strict=True):
        assert container.lines[0].get_ydata()[0] == pytest.approx(100 * values.mean())
        assert np.ptp(bar_ends(container)) / 2 == pytest.approx(t_half(100 * values), rel=1e-3)
    values = 100 * changes["standard"]
    assert f"is {values.mean():+.2f} ± {t_half(values):.2f} points" in said(figure)
    early = drawn(schedule("underfitting", "early", "training loss"))
    (switch,) = [line for line in early.axes[0].lines if line.get_linestyle() == ":"]
    assert set(switch.get_xdata()) == {4.5}
