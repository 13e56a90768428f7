"""What every figure of the book must keep, and how tests read what a figure shows."""

import re
from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from scipy import stats

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, figure_style

MOST_BYTES = 40_000  # of one frame as SVG


def drawn(draw, *arguments, **keywords):
    """Return a figure in the style of the book, and leave none open."""
    with figure_style():
        figure = draw(*arguments, **keywords)
    plt.close(figure)
    return figure


def said(figure):
    """Return the sentence of a figure."""
    return sentence_of(figure, "")


def heights(axes):
    """Return the heights of all bars, in the order in which they were drawn."""
    return [bar.get_height() for bar in axes.patches]


def has_line(axes, x, y, color=None):
    """Say whether a line of these points, in this color if one is named, is drawn."""
    wanted = np.column_stack([x, y]).astype(float)
    lines = [line for line in axes.get_lines() if color in (None, line.get_color())]
    found = [np.column_stack(line.get_data()).astype(float) for line in lines]
    return any(points.shape == wanted.shape and np.allclose(points, wanted) for points in found)


def bar_ends(container):
    """Return the ends of error bars, shape (points, 2): across or up."""
    segments = np.array(container.lines[2][0].get_segments())
    return segments[:, :, 0 if container.has_xerr else 1]


def t_half(values):
    """Return half of each 95 % t interval over the last axis."""
    return stats.sem(values, axis=-1) * stats.t.ppf(0.975, np.shape(values)[-1] - 1)


def check_frame(draw, *, alike=False, as_svg=True):
    """Assert all that holds for a figure of any lesson; return its size and its axes' limits.

    What is `alike` has lines of two roles that differ in color alone.
    """
    # NumPy's old global state is only looked at, to see that no figure draws from it.
    settings, dice = dict(mpl.rcParams), np.random.get_state()[1].copy()  # noqa: NPY002
    opened = plt.get_fignums()
    with figure_style():
        inside = dict(mpl.rcParams)
        figure = draw()
        assert dict(mpl.rcParams) == inside, "changes settings"
        left = [number for number in plt.get_fignums() if number not in opened]
        plt.close(figure)
        assert len(left) == 1, "leaves figures open"
        _check_texts(figure)
        picture = "".join(figure_to_nodes(figure)[1]) if as_svg else ""
        limits = [tuple(figure.get_size_inches())]
        limits += [(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes]
        assert alike or not _looks_alike(figure), "two roles differ in color alone"
    assert dict(mpl.rcParams) == settings
    assert (np.random.get_state()[1] == dice).all(), "draws random numbers"  # noqa: NPY002
    assert len(picture) < MOST_BYTES
    assert set(re.findall("#[0-9a-f]{6}", picture)) <= set(COLORS.values()), "colors of no role"
    _check_sentence(figure)
    return limits


def _check_texts(figure):
    """Assert the book's width, and that all texts are in the figure, apart, and at least 9 pt."""
    assert figure.get_size_inches()[0] == FIGURE_WIDTH
    assert 2.4 <= figure.get_size_inches()[1] <= 4.2
    figure.draw_without_rendering()
    unseen = _unseen_labels(figure)
    texts = [
        text
        for text in figure.findobj(plt.Text)
        if text.get_text() and text.get_visible() and text not in unseen
    ]
    assert all(text.get_fontsize() >= 9 for text in texts)
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    assert boxes
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        touching = a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
        assert not touching, (one, other)


def _unseen_labels(figure):
    """Return labels that matplotlib keeps but does not draw: beyond an axis, or without one."""
    unseen = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            if not axes.axison:
                unseen.add(axis.label)
            for tick in (*axis.majorTicks, *axis.minorTicks):
                if not axes.axison or not low <= tick.get_loc() <= high:
                    unseen |= {tick.label1, tick.label2}
    return unseen


def _looks_alike(figure):
    """Say whether in a panel a blue and an orange bar, or such lines, have one look but color.

    Single points and the caps of error bars do not count: they stand on lines, or beside words.
    """
    for axes in figure.axes:
        looks = {COLORS["without"]: set(), COLORS["with"]: set()}
        for bar in (patch for patch in axes.patches if isinstance(patch, Rectangle)):
            filled = bar.get_facecolor()[3] > 0
            color = to_hex(bar.get_facecolor() if filled else bar.get_edgecolor())
            looks.get(color, set()).add((filled, bar.get_hatch(), bar.get_linestyle()))
        for line in (line for line in axes.lines if len(line.get_xdata()) > 1):
            look = line.get_linestyle(), line.get_marker(), line.get_linewidth()
            if look[0] != "None":
                looks.get(to_hex(line.get_color()), set()).add(look)
        if set.intersection(*looks.values()):
            return True
    return False


def _check_sentence(figure):
    """Assert a whole sentence with numbers, among them all broken ones that a title states."""
    sentence = said(figure)
    assert sentence.endswith(".")
    assert re.search(r"\d", sentence)
    assert "nan" not in sentence
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    for number in re.findall(r"\d+\.\d+", titles):
        assert number in sentence, f"{number} stands in a title, not in the sentence"
