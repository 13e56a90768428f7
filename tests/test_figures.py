"""What the figures of all lessons must keep, and the vocabulary that they are drawn in."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import bar_ends, check_pictures, drawn, said, t_half, watch_explorers
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba

import dropout_lab
from dropout_lab import describe, explore, explorer
from dropout_lab.explorer.page import read_published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE
from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.kit import (
    BLUE,
    WITHOUT,
    draw_network,
    interval_band,
    interval_line,
    label_ends,
    line_key,
    network_diagram,
)

# --- what all figures must keep -------------------------------------------------------------------


def plain(spoil, top):
    """Draw what keeps the rules, and spoil it."""
    figure, axes = plt.subplots(figsize=(4.8, 3), layout="constrained")
    axes.plot([0, 1], [0, 1.25], **WITHOUT)
    axes.set(ylim=(0, 2), title="any")
    describe(figure, "Up to 1.25.")
    spoil(figure, axes, top)
    return figure


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda figure, axes, top: axes.set(ylim=(0, top)), "top moves the axes"),
        (lambda figure, axes, top: figure.text(0.9, 0.5, "a long text"), "cut off: a long text"),
        (lambda figure, axes, top: axes.text(0.5, 0.1, "x", fontsize=7), "small letters"),
        (lambda figure, axes, top: [axes.text(0.5, 1, word) for word in "ab"], "texts touch: a, b"),
        (lambda figure, axes, top: axes.plot([0, 1], [1, 0], color=COLORS["with"]), "color alone"),
        (lambda figure, axes, top: axes.set_title("Rate 0.7"), "0.7 stands in a title"),
        (lambda figure, axes, top: describe(figure, "Up to 1.35."), "1.35 is said and not shown"),
        (lambda figure, axes, top: plt.rcParams.update({"font.size": 7}), "changes settings"),
        (lambda figure, axes, top: plt.figure(), "leaves figures open"),
        # The fault itself: a figure that draws from NumPy's global state.
        (lambda figure, axes, top: np.random.random(), "draws random numbers"),  # noqa: NPY002
    ],
)
def test_an_explorer_is_watched(monkeypatch, spoil, fault):
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    for module in (dropout_lab, explorer):  # puts back what the watch replaces
        monkeypatch.setattr(module, "explore", module.explore)
    watch_explorers("99")
    explorer.explore(partial(plain, lambda *any_: None), top=[2, 3])
    with pytest.raises(AssertionError, match=fault):
        dropout_lab.explore(partial(plain, spoil), top=[2, 3])
    plt.close("all")


@pytest.mark.parametrize(
    ("sentence", "color"), [("No end of 1", BLUE), ("None.", BLUE), ("1 nan.", BLUE), ("1.", "red")]
)
def test_each_frame_has_a_sentence_and_colors_of_roles(monkeypatch, sentence, color):
    def spoil(figure, axes, top):
        if top == 3:
            axes.lines[0].set_color(color)
            describe(figure, sentence)

    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    (published,) = read_published(explore(partial(plain, spoil), top=[2, 3, 4]).html)
    with pytest.raises(AssertionError, match=sentence):
        check_pictures(published)


# --- the vocabulary ------------------------------------------------------------------------------

MASKS = (np.array([True] * 3), np.array([True, False, True, False]), np.array([True]))


def network(masks, **keywords):
    """Return connections, kept units and dropped ones as drawn, and the figure."""
    figure = drawn(network_diagram, masks, **keywords)
    return *figure.axes[0].collections, figure


def test_connections_join_kept_units_alone():
    edges, kept, dropped, figure = network(MASKS)
    assert isinstance(edges, LineCollection)
    segments = np.array(edges.get_segments())
    assert len(segments) == 3 * 2 + 2 * 1
    assert {tuple(segment[:, 0]) for segment in segments} == {(0.0, 1.0), (1.0, 2.0)}
    ends = {tuple(end) for segment in segments for end in segment}
    assert ends == set(map(tuple, kept.get_offsets()))
    assert not ends & set(map(tuple, dropped.get_offsets()))
    assert "2 of 8 units are dropped, and 8 of 16 connections remain" in said(figure)
    assert "2 of 4 units" in said(network(MASKS, droppable=4)[-1])
    assert "0 of 6 connections" in said(network([np.zeros(2, bool), np.zeros(3, bool)])[-1])


def test_dropped_units_are_hollow_gray_and_dashed():
    _, kept, dropped, _ = network(MASKS)
    assert isinstance(kept, PathCollection)
    assert (len(kept.get_offsets()), len(dropped.get_offsets())) == (6, 2)
    assert len(dropped.get_facecolors()) == 0
    assert tuple(dropped.get_edgecolors()[0]) == to_rgba(COLORS["dropped"])
    assert dropped.get_linestyles()[0][1] is not None
    assert tuple(kept.get_facecolors()[0]) == to_rgba(COLORS["with"])
    assert kept.get_linestyles()[0][1] is None


def test_units_keep_their_places():
    def places(masks):
        _, kept, dropped, _ = network(masks)
        return {tuple(p) for units in (kept, dropped) for p in np.round(units.get_offsets(), 9)}

    everyone = [np.ones(len(mask), bool) for mask in MASKS]
    assert places(MASKS) == places(everyone) == places([~mask for mask in everyone])
    assert len(places(everyone)) == 8


def test_a_network_has_title_and_names():
    names = ("in", "hidden", "out")
    *_, figure = network(MASKS, layer_names=names, title="Rate 0.5", height=2.4)
    assert figure.get_size_inches() == pytest.approx([4.8, 2.4])
    assert [text.get_text() for text in figure.axes[0].texts] == list(names)
    assert figure.axes[0].get_title(loc="left") == "Rate 0.5"
    assert said(figure).startswith("Rate 0.5: ")
    assert draw_network(plt.Figure().add_subplot(), MASKS) == 8


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
def test_networks_refuse_what_is_no_mask(masks, error):
    before = plt.get_fignums()
    with pytest.raises(error, match="masks"):
        network_diagram(masks)
    assert plt.get_fignums() == before
    with pytest.raises(ValueError, match="layer_names"):
        draw_network(None, MASKS, layer_names=("in", "out"))


def test_a_key_shows_each_line_as_it_is_drawn_and_its_text_behind_it():
    figure = plt.Figure()
    dashed = {"color": "red", "linestyle": "--", "linewidth": 1.4}
    line_key(figure, (0.1, 0.9, dashed, "one"), (0.5, 0.8, {"color": "blue"}, "two"), length=0.06)
    line_key(figure, (0.1, 0.7, {"marker": "o"}, "three"), length=0.06, gap=0.02)
    one, two, three = figure.artists
    assert (one.get_color(), one.get_linestyle(), one.get_linewidth()) == ("red", "--", 1.4)
    assert (two.get_color(), two.get_linestyle()) == ("blue", "-")
    assert three.get_markevery() == [1]  # a point amid its line
    for piece, x, y in ((one, [0.1, 0.16], 0.9), (two, [0.5, 0.56], 0.8)):
        assert list(piece.get_xdata()) == pytest.approx(x)
        assert set(piece.get_ydata()) == {y}
    assert [text.get_text() for text in figure.texts] == ["one", "two", "three"]
    places = [text.get_position() for text in figure.texts]
    np.testing.assert_allclose(places, [(0.175, 0.9), (0.575, 0.8), (0.18, 0.7)])


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_labels_stand_at_the_ends_of_their_lines_and_apart_where_these_meet(scale):
    figure, axes = plt.subplots()
    axes.set(yscale=scale, ylim=(1, 1000))
    dotted = {"color": "red", "marker": "s"}
    alone = (30, "alone", dotted)
    label_ends(axes, 2, (400, "first"), alone, (401, "second"), (400.5, "between"))
    heights = {
        text.get_text(): axes.transData.transform(text.get_position())[1] for text in axes.texts
    }
    figure.draw_without_rendering()
    assert {text.get_position()[0] for text in axes.texts} == {2}
    at = axes.transData.transform((2, 30))
    assert heights["alone"] == pytest.approx(at[1])
    (mark,) = axes.lines  # before its text
    assert (mark.get_color(), mark.get_marker()) == ("red", "s")
    before, height = mark.get_transform().transform(mark.get_xydata())[0]
    assert before < at[0]
    assert height == pytest.approx(at[1])
    step = 15 / 72 * figure.dpi
    middle = heights["between"]
    assert middle == pytest.approx(axes.transData.transform((2, 400.5))[1], abs=0.1)
    assert (heights["first"], heights["second"]) == pytest.approx((middle - step, middle + step))


def test_intervals_over_seeds_are_drawn_as_scipy_has_them(rng):
    values = rng.normal(3, 1, (4, 6))
    mean, half = values.mean(axis=1), t_half(values)
    _, axes = plt.subplots()
    interval_line(axes, range(4), values, **WITHOUT)
    interval_band(axes, range(4), values, WITHOUT)
    plt.close("all")
    (bars,), (_, shade) = axes.containers, axes.collections
    np.testing.assert_allclose(bar_ends(bars), np.stack([mean - half, mean + half], 1), rtol=1e-3)
    for x, place in enumerate(mean):
        at = shade.get_paths()[0].vertices
        at = at[at[:, 0] == x, 1]
        assert (at.min(), at.max()) == pytest.approx((place - half[x], place + half[x]), rel=1e-3)
    for line in (bars.lines[0], axes.lines[-1]):
        np.testing.assert_allclose(line.get_ydata(), mean)
