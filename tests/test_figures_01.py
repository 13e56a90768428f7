"""The figures of chapter 1 show the numbers they were given."""

from functools import partial

import numpy as np
import pytest
from figure_checks import drawn, has_line, heights, said

from dropout_lab.lessons.ch01.figures import (
    learning_curves,
    practice_scores,
    price_of_absence,
    reliance_and_scores,
)

NAMES = ("Alex", "Bo", "Cleo", "Dee", "Eli", "Fay")
BEFORE, AFTER = np.array([0.6, 0.2, 0.1, 0.1, 0, 0]), np.array([0.5, 0.2, 0.2, 0.1, 0, 0])
RATES = (0.0, 0.5, 0.9)
SCORES = {
    None: np.array([0.9, 0.8, 0.5]),
    "Alex": np.array([0.4, 0.6, 0.35]),
    "Bo": np.array([0.85, 0.7, 0.45]),
}
SESSIONS = (0, 1, 3, 1000)
RUNS = np.random.default_rng(0).uniform(0, 0.001, (2, 1001, 6)).cumsum(axis=1)
TARGETS = np.array([0.6, *[0.1] * 5]), np.array([0.3, *[0.2] * 5])
ONE = np.array([[0.93, 0.53], [0.9, 0.7], [0.8, 0.6]])
OTHER = np.array([[0.93, 0.53], [0.91, 0.72], [0.89, 0.74]])
PRACTICE = np.array([[0.1, 0.5, 0.4], [0.6, 0.7, 0.45], [0.9, 0.8, 0.5]])

scores = partial(reliance_and_scores, NAMES, BEFORE, AFTER, RATES, SCORES)
curves = partial(learning_curves, NAMES, RUNS, TARGETS, 0.4, SESSIONS)
FRAMES = [
    *(partial(scores, rate) for rate in RATES),
    partial(scores, 0.9, "Alex"),
    *(partial(curves, session) for session in SESSIONS),
    *(partial(price_of_absence, RATES, ONE, OTHER, rate, 5 / 6) for rate in RATES),
    *(partial(practice_scores, RATES, PRACTICE, SCORES[None], count) for count in (9, 99)),
]


def test_bars_and_curves_of_reliance_are_the_data():
    figure = drawn(scores, 0.5)
    top, bottom = figure.axes
    np.testing.assert_allclose(heights(top), [*BEFORE, *AFTER])
    assert [label.get_text() for label in top.get_xticklabels()] == list(NAMES)
    assert [text.get_text() for text in top.texts] == ["without dropout", "with dropout, rate 0.50"]
    assert all(has_line(bottom, RATES, each) for each in SCORES.values())
    assert has_line(bottom, [0.5], [0.8])  # the marker
    assert "with everyone there the group scores 0.80 at the exam" in said(figure)
    sentence = said(drawn(scores, 0.5, "Bo"))
    assert "0.50, 50% of the weight lies on Alex; with Bo ill" in sentence
    assert "scores 0.70 at the exam, against 0.85 without" in sentence


def test_who_is_ill_is_hollow_and_marked():
    top, bottom = drawn(scores, 0.9, "Alex").axes
    assert [bar.get_facecolor()[3] == 0 for bar in top.patches] == [True, *[False] * 5] * 2
    assert top.get_xticklabels()[0].get_text() == "Alex (ill)"
    assert has_line(bottom, [0.9], [0.35])
    assert not has_line(bottom, [0.9], [0.5])


def test_learning_is_drawn_in_pieces_up_to_the_session():
    figure = drawn(curves, 3)
    for axes, run, target in zip(figure.axes, RUNS, TARGETS, strict=True):
        assert has_line(axes, [4], run[3, :1])
        assert has_line(axes, [4] * 5, run[3, 1:])
        assert has_line(axes, [1, 2], run[[0, 1], 0])
        assert has_line(axes, [2, 3, 4], run[[1, 2, 3], 0])
        assert has_line(axes, [0, 1], [target[0]] * 2)
        assert has_line(axes, [0, 1], [target[-1]] * 2)
        # the targets run from 0 to 1 in the coordinates of the axes
        assert max(np.nanmax(line.get_xdata()) for line in axes.lines) == 4
    assert figure.axes[1].get_title(loc="left") == "With dropout, rate 0.4"
    here = [f"{run[3, 0]:.2f} and {run[3, 1:].mean():.2f}" for run in RUNS]
    assert "After 3 sessions" in said(figure)
    assert f"are {here[0]} without dropout, {here[1]} at rate 0.4" in said(figure)


def test_the_price_is_both_paths_with_a_mark_at_the_rate():
    figure = drawn(price_of_absence, RATES, ONE, OTHER, 0.5, 5 / 6)
    (axes,) = figure.axes
    for path in (ONE, OTHER):
        assert has_line(axes, *path.T)
        assert has_line(axes, *path[1:2].T)
    assert has_line(axes, [0, 1], [5 / 6] * 2)
    assert "rate 0.50 scores 0.90 and 0.70 with" in said(figure)
    assert "penalty 0.50 scores 0.91 and 0.72" in said(figure)


def test_practice_is_median_band_and_best_rate():
    figure = drawn(practice_scores, RATES, PRACTICE, SCORES[None], 9)
    (axes,) = figure.axes
    assert has_line(axes, RATES, [0.6, 0.7, 0.45])
    assert has_line(axes, RATES, SCORES[None])
    assert has_line(axes, [0.5], [0.7])
    corners = axes.collections[0].get_paths()[0].vertices
    for rate, low, high in zip(RATES, [0.2, 0.54, 0.41], [0.84, 0.78, 0.49], strict=True):
        at = corners[np.isclose(corners[:, 0], rate), 1]
        assert (at.min(), at.max()) == pytest.approx((low, high))
    assert "9 questions" in axes.get_title(loc="left")
    for part in ("9 practice", "scores 0.60", "most, 0.70, at rate 0.5", "below 0.20"):
        assert part in said(figure)
