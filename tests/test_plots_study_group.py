"""The figures of chapter 1 show the numbers they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba

from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, figure_style
from dropout_lab.lessons.ch01.figures import (
    learning_curves,
    practice_scores,
    price_of_absence,
    reliance_and_scores,
)
from dropout_lab.lessons.kit import draw_network, network_diagram

NAMES = ("Alex", "Bo", "Cleo")
BEFORE, AFTER = np.array([0.6, 0.3, 0.1]), np.array([0.5, 0.3, 0.2])
RATES = (0.0, 0.5, 0.9)
SCORES = {
    None: np.array([0.9, 0.8, 0.5]),
    "Alex": np.array([0.4, 0.6, 0.35]),
    "Bo": np.array([0.85, 0.7, 0.45]),
}


@pytest.fixture(autouse=True)
def _style():
    with figure_style():
        yield
    plt.close("all")


def lines_of(axes):
    return [np.column_stack(line.get_data()).astype(float) for line in axes.get_lines()]


def has_line(axes, x, y):
    wanted = np.column_stack([x, y])
    return any(line.shape == wanted.shape and np.allclose(line, wanted) for line in lines_of(axes))


def text_of(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


class TestRelianceAndScores:
    def test_bars_and_curves_are_the_data(self):
        figure = reliance_and_scores(NAMES, BEFORE, AFTER, RATES, SCORES, 0.5)
        top, bottom = figure.axes
        assert figure.get_size_inches() == pytest.approx([4.8, 4.2])
        np.testing.assert_allclose([bar.get_height() for bar in top.patches], [*BEFORE, *AFTER])
        assert [t.get_text() for t in top.get_xticklabels()] == list(NAMES)
        for scores in SCORES.values():
            assert has_line(bottom, RATES, scores)
        assert has_line(bottom, [0.5], [0.8])  # the marker

    def test_who_is_ill_is_hollow_and_marked(self):
        figure = reliance_and_scores(NAMES, BEFORE, AFTER, RATES, SCORES, 0.9, "Alex")
        top, bottom = figure.axes
        hollow = [bar.get_facecolor()[3] == 0 for bar in top.patches]
        assert hollow == [True, False, False] * 2
        assert top.get_xticklabels()[0].get_text() == "Alex (ill)"
        assert has_line(bottom, [0.9], [0.35])
        assert not has_line(bottom, [0.9], [0.5])

    def test_sentence_has_the_numbers(self):
        figure = reliance_and_scores(NAMES, BEFORE, AFTER, RATES, SCORES, 0.5, "Bo")
        sentence = sentence_of(figure, "")
        for part in ("0.50", "50%", "Bo ill", "0.70", "0.85"):
            assert part in sentence

    def test_frames_share_their_limits(self):
        limits = {
            tuple((axes.get_xlim(), axes.get_ylim()) for axes in figure.axes)
            for figure in (
                reliance_and_scores(NAMES, BEFORE, AFTER, RATES, SCORES, rate) for rate in RATES
            )
        }
        assert len(limits) == 1


class TestLearningCurves:
    sessions = (0, 1, 3, 200)
    runs = tuple(
        np.random.default_rng(seed).uniform(0, 0.6, (201, 3)).cumsum(axis=0) / 100
        for seed in (0, 1)
    )
    targets = (np.array([0.6, 0.1, 0.1]), np.array([0.3, 0.2, 0.2]))

    def draw(self, session):
        return learning_curves(NAMES, self.runs, self.targets, 0.4, self.sessions, session)

    def test_dots_stand_at_the_session(self):
        figure = self.draw(3)
        assert figure.get_size_inches() == pytest.approx([4.8, 2.9])
        for axes, run in zip(figure.axes, self.runs, strict=True):
            assert has_line(axes, [4], run[3, :1])
            assert has_line(axes, [4, 4], run[3, 1:])

    def test_pieces_join_to_the_run(self):
        for axes, run in zip(self.draw(3).axes, self.runs, strict=True):
            assert has_line(axes, [1, 2], run[[0, 1], 0])
            assert has_line(axes, [2, 3, 4], run[[1, 2, 3], 0])

    def test_nothing_after_the_session(self):
        for axes in self.draw(1).axes:  # the dashed targets run from 0 to 1 in axes coordinates
            assert max(np.nanmax(line[:, 0]) for line in lines_of(axes)) == 2

    def test_targets_and_titles(self):
        figure = self.draw(200)
        for axes, target in zip(figure.axes, self.targets, strict=True):
            assert has_line(axes, [0, 1], [target[0]] * 2)
            assert has_line(axes, [0, 1], [target[-1]] * 2)
        assert "rate 0.4" in figure.axes[1].get_title(loc="left")
        assert "200 sessions" in sentence_of(figure, "")


class TestPriceOfAbsence:
    def test_paths_and_markers_are_the_data(self):
        one = np.array([[0.93, 0.53], [0.9, 0.7], [0.8, 0.6]])
        other = np.array([[0.93, 0.53], [0.91, 0.72], [0.89, 0.74]])
        figure = price_of_absence(RATES, one, other, 0.5, 5 / 6)
        (axes,) = figure.axes
        assert figure.get_size_inches() == pytest.approx([4.8, 3.4])
        for path in (one, other):
            assert has_line(axes, *path.T)
            assert has_line(axes, *path[1:2].T)
        assert has_line(axes, [0, 1], [5 / 6] * 2)
        assert "0.90 and 0.70" in sentence_of(figure, "")
        assert "0.91 and 0.72" in sentence_of(figure, "")


class TestPracticeScores:
    def test_median_band_and_best_rate(self):
        scores = np.array([[0.1, 0.5, 0.4], [0.6, 0.7, 0.45], [0.9, 0.8, 0.5]])
        figure = practice_scores(RATES, scores, SCORES[None], 9)
        (axes,) = figure.axes
        assert figure.get_size_inches() == pytest.approx([4.8, 3.0])
        assert has_line(axes, RATES, [0.6, 0.7, 0.45])
        assert has_line(axes, RATES, SCORES[None])
        assert has_line(axes, [0.5], [0.7])
        corners = axes.collections[0].get_paths()[0].vertices
        for rate, low, high in zip(RATES, [0.2, 0.54, 0.41], [0.84, 0.78, 0.49], strict=True):
            at = corners[np.isclose(corners[:, 0], rate), 1]
            assert at.min() == pytest.approx(low)
            assert at.max() == pytest.approx(high)
        assert "9 questions" in axes.get_title(loc="left")
        for part in ("9 practice", "0.60", "0.70", "rate 0.5", "0.20"):
            assert part in sentence_of(figure, "")


class TestNetworkDiagram:
    masks = (
        np.array([True, True, True]),
        np.array([True, False, True, False]),
        np.array([True]),
    )

    def test_one_line_per_pair_of_kept_neighbors(self):
        figure = network_diagram(self.masks)
        (edges,) = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
        segments = np.array(edges.get_segments())
        assert len(segments) == 3 * 2 + 2 * 1
        assert {tuple(s[:, 0]) for s in segments} == {(0.0, 1.0), (1.0, 2.0)}

    def test_lines_end_only_at_kept_units(self):
        figure = network_diagram(self.masks)
        edges, kept, dropped = figure.axes[0].collections
        ends = {tuple(end) for segment in edges.get_segments() for end in segment}
        assert ends == set(map(tuple, kept.get_offsets()))
        assert not ends & set(map(tuple, dropped.get_offsets()))

    def test_dropped_units_are_hollow_gray_and_dashed(self):
        figure = network_diagram(self.masks)
        kept, dropped = [c for c in figure.axes[0].collections if isinstance(c, PathCollection)]
        assert (len(kept.get_offsets()), len(dropped.get_offsets())) == (6, 2)
        assert len(dropped.get_facecolors()) == 0
        assert tuple(dropped.get_edgecolors()[0]) == to_rgba(COLORS["dropped"])
        assert dropped.get_linestyles()[0][1] is not None
        assert tuple(kept.get_facecolors()[0]) == to_rgba(COLORS["with"])
        assert kept.get_linestyles()[0][1] is None

    def test_units_keep_their_places(self):
        def places(masks):
            _, kept, dropped = network_diagram(masks).axes[0].collections
            return {tuple(p) for c in (kept, dropped) for p in np.round(c.get_offsets(), 9)}

        everyone = [np.ones(3, bool), np.ones(4, bool), np.ones(1, bool)]
        nobody = [~mask for mask in everyone]
        assert places(self.masks) == places(everyone) == places(nobody)
        assert len(places(everyone)) == 8

    def test_size_title_labels_and_sentence(self):
        figure = network_diagram(
            self.masks, layer_names=("in", "hidden", "out"), title="Rate 0.5", height=2.4
        )
        assert figure.get_size_inches() == pytest.approx([4.8, 2.4])
        assert text_of(figure) == ["in", "hidden", "out"]
        assert figure.axes[0].get_title(loc="left") == "Rate 0.5"
        sentence = sentence_of(figure, "")
        assert sentence.startswith("Rate 0.5: ")
        assert "2 of 8 units" in sentence
        assert "8 of 16 connections" in sentence
        assert "2 of 4 units" in sentence_of(network_diagram(self.masks, droppable=4), "")

    def test_nothing_left(self):
        figure = network_diagram([np.zeros(2, bool), np.zeros(3, bool)])
        assert "0 of 6 connections" in sentence_of(figure, "")

    def test_draws_into_given_axes(self):
        _, axes = plt.subplots()
        assert draw_network(axes, self.masks) == 8
        assert len(axes.collections) == 3

    @pytest.mark.parametrize(
        ("masks", "error"),
        [
            ([np.ones(2, bool)], ValueError),
            ([np.ones(2, bool), np.ones(2)], TypeError),
            ([np.ones(2, bool), [True]], TypeError),
            ([np.ones(2, bool), np.ma.masked_array([True, True], [False, True])], TypeError),
            ([np.ones(2, bool), np.ones((1, 2), bool)], ValueError),
            ([np.ones(2, bool), np.ones(0, bool)], ValueError),
        ],
    )
    def test_refuses_masks(self, masks, error):
        with pytest.raises(error, match="masks"):
            network_diagram(masks)
        assert not plt.get_fignums()

    def test_refuses_names(self):
        with pytest.raises(ValueError, match="layer_names"):
            network_diagram(self.masks, layer_names=("in", "out"))
