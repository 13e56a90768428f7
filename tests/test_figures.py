"""What the figures of all lessons must keep, and what no network can be drawn of."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_pictures, watch_explorers

import dropout_lab
from dropout_lab import describe, explore, explorer
from dropout_lab.explorer.page import read_published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE
from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.kit import BLUE, WITHOUT, draw_network, network_diagram

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


# --- what is no network --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("masks", "error"),
    [
        ([np.ones(2, bool)], ValueError),
        ([np.ones(2, bool), np.ones(2)], TypeError),
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
        draw_network(None, [np.ones(2, bool)] * 3, layer_names=("in", "out"))
