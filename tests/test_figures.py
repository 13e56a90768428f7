"""What the figures of all lessons must keep, and the vocabulary that they are drawn in."""

import importlib
from functools import partial
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from figure_checks import check_frame, drawn, said
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba
from recorded import CHAPTERS, code_cells

import dropout_lab
from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons import parts
from dropout_lab.lessons.kit import draw_network, line_key, network_diagram

LESSONS = {module.__name__.split(".")[-2][2:]: module for module in parts("figures")}


def frames_of(number):
    """Return name and frames of each figure of a lesson, and names of those with exceptions.

    They are the FRAMES of its test file, LIMITS_FOLLOW_DATA and COLOR_ALONE; where there is no
    such file the explorers of the chapter, without exceptions.
    """
    if (Path(__file__).parent / f"test_figures_{number}.py").exists():
        examples = importlib.import_module(f"test_figures_{number}")
        frames = {}
        for frame in examples.FRAMES:
            frames.setdefault(frame.func.__name__, []).append(frame)
        assert frames.keys() >= set(LESSONS[number].__all__), "a figure without an example"
        return frames, *(
            getattr(examples, name, ()) for name in ("LIMITS_FOLLOW_DATA", "COLOR_ALONE")
        )
    frames = {}

    def record(draw, /, *, start=None, labels=None, play=None, **axes):
        values = {
            name: list(each.values() if isinstance(each, dict) else each)
            for name, each in axes.items()
        }
        frames[f"explorer {len(frames) + 1}"] = [
            partial(draw, **{name: each[end] for name, each in values.items()}) for end in (0, -1)
        ]

    (path,) = CHAPTERS.glob(f"{number}_*.ipynb")
    variables = {"__name__": "__main__"}
    with mock.patch.object(dropout_lab, "explore", record):
        for cell in code_cells(path):
            exec(cell.source, variables)
    return frames, (), ()


@pytest.mark.parametrize("number", LESSONS)
def test_figures_keep_what_all_must_keep(number):
    frames, follow_data, color_alone = frames_of(number)
    for name, each in frames.items():
        seen = []
        for frame in each:
            looks = {"alike": name in color_alone, "as_svg": frame is each[-1]}
            try:
                seen.append(check_frame(frame, **looks))
            except AssertionError as error:
                error.add_note(f"{name} of chapter {number}, frame {len(seen) + 1}")
                raise
        moved = [limits for limits in seen if limits != seen[0]]
        assert name in follow_data or not moved, f"{name} of chapter {number} moves its axes"


def test_a_new_chapter_is_tested_with_its_own_explorers(monkeypatch, tmp_path):
    code = """
import matplotlib.pyplot as plt
from dropout_lab import describe, explore
def draw(top):
    figure, axes = plt.subplots(figsize=(4.8, 3), layout="constrained")
    axes.set(ylim=(0, top), title="any")
    return describe(figure, "Up to 2.")
explore(draw, top=[1, 2])"""
    cells = [nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "99_new.ipynb")
    monkeypatch.setitem(LESSONS, "99", None)
    monkeypatch.setattr(f"{__name__}.CHAPTERS", tmp_path)
    with pytest.raises(AssertionError, match="moves its axes"):
        test_figures_keep_what_all_must_keep("99")


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
    check_frame(lambda: network_diagram(MASKS, layer_names=names, title="Rate 0.5", height=2.4))
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
    with pytest.raises(error, match="masks"):
        network_diagram(masks)
    assert not plt.get_fignums()
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
