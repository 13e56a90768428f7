"""What every figure of the book must keep, and how tests read what a figure shows.

`chapter_run` asks it of each explorer; a kernel without SciPy can import it.
"""

import re
from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import dropout_lab
from dropout_lab import explorer
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, figure_style

MOST_BYTES = 40_000  # of one frame as SVG
# Explorers that may do what others must not, by chapter and drawing function.
# Axes may follow the data along these controls.
MOVES = {
    "07 draw_sizes": {"measure"},
    "07 draw_layer": {"digit"},
    "08 figure_eleven": {"size", "measure", "mean"},
    "09 draw_rate": {"measure"},
    "09 draw_method": {"method"},
    "12 draw_schedule": {"net", "measure"},
    "13 decide": {"model", "curves", "doubt"},
    "13 browse": {"measurement"},
    "14 draw_path": {"measure"},
    "16 draw_losses": {"measure"},
    "16 draw_week": {"measure"},
}
# Losses while training are dotted in both roles.
COLOR_ALONE = {"07 draw_curves"}
# Sentences may say means, differences and what is beyond the axes, without a mark in the figure.
DERIVED = {
    "05 ask",
    "06 draw_calibration",
    "06 draw_cards",
    "06 draw_reliance",
    "06 draw_surface",
    "06 draw_toy",
    "07 draw_layer",
    "07 draw_pixels",
    "07 draw_shares",
    "08 figure_eleven",
    "09 draw_rate",
    "09 draw_net",
    "09 draw_method",
    "11 draw_gap",
    "11 draw_turned",
    "12 draw_member",
    "12 draw_attention",
    "14 draw_path",
}


def watch_explorers(chapter):
    """Let each explorer that a chapter makes from now on be checked."""
    explore = explorer.explore

    def checked(draw, /, *, start=None, labels=None, play=None, **axes):
        check_explorer(draw, axes, f"{chapter} {getattr(draw, '__name__', '')}")
        return explore(draw, start=start, labels=labels, play=play, **axes)

    for module in (dropout_lab, explorer):
        module.explore = checked


def check_explorer(draw, axes, name):
    """Check the frames on a walk from the first to the last, one control at a time."""
    look = {"alike": name in COLOR_ALONE, "derived": name in DERIVED}
    choices = {
        control: list(each.values() if isinstance(each, dict) else each)
        for control, each in axes.items()
    }
    values = {control: each[0] for control, each in choices.items()}
    limits = check_frame(draw, values, **look)
    for control, each in choices.items():
        values[control] = each[-1]
        before, limits = limits, check_frame(draw, values, **look)
        follows = control in MOVES.get(name, ())
        assert follows or limits == before, f"{control} moves the axes"


def check_pictures(published):
    """Assert what a published explorer tells of each of its frames."""
    for number, sentence in enumerate(published.sentences):
        assert sentence.endswith("."), sentence
        assert re.search(r"\d", sentence), sentence
        assert not re.search(r"\bnan\b", sentence), sentence
        picture = published.nodes(number)
        assert len(picture) < MOST_BYTES, sentence
        colors = set(re.findall("#[0-9a-f]{6}", picture))
        assert colors <= set(COLORS.values()), f"colors of no role: {sentence}"


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
    from scipy import stats

    return stats.sem(values, axis=-1) * stats.t.ppf(0.975, np.shape(values)[-1] - 1)


def check_frame(draw, values, *, alike=False, derived=False):
    """Assert all that holds for a figure of any chapter; return its size and its axes' limits.

    What is `alike` has lines of two roles that differ in color alone; what is `derived` says
    numbers that are not drawn.
    """
    # NumPy's old global state is only looked at, to see that no figure draws from it.
    settings, dice = dict(mpl.rcParams), np.random.get_state()[1].copy()  # noqa: NPY002
    opened = plt.get_fignums()
    with figure_style():
        inside = dict(mpl.rcParams)
        figure = draw(**values)
        assert dict(mpl.rcParams) == inside, "changes settings"
        left = [number for number in plt.get_fignums() if number not in opened]
        plt.close(figure)
        assert len(left) == 1, "leaves figures open"
        _check_texts(figure)
        limits = [tuple(figure.get_size_inches())]
        limits += [(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes]
        assert alike or not _looks_alike(figure), "two roles differ in color alone"
    assert dict(mpl.rcParams) == settings
    assert (np.random.get_state()[1] == dice).all(), "draws random numbers"  # noqa: NPY002
    _check_sentence(figure, values, derived)
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
    assert all(text.get_fontsize() >= 9 for text in texts), "small letters"
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    assert boxes or not any(axes.axison for axes in figure.axes), "axes without a word"
    for text, box in boxes:
        corners = (box.x0, box.y0), (box.x1, box.y1)
        assert figure.bbox.count_contains(corners) == 2, f"cut off: {text}"
    for (one, a), (other, b) in combinations(boxes, 2):
        touching = a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
        assert not touching, f"texts touch: {one}, {other}"


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


def _check_sentence(figure, values, derived):
    """Assert that a sentence has the broken numbers of the titles, and none that is not shown.

    Shown is what is drawn, written or set by a control, all of them also in percent.
    """
    sentence = said(figure)
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    for number in re.findall(r"\d+\.\d+", titles):
        assert number in sentence, f"{number} stands in a title, not in the sentence"
    texts = [text.get_text() for panel in (figure, *figure.axes) for text in panel.texts]
    words = " ".join([titles, *texts, *map(str, values.values())])
    written = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", words)]
    shown = np.abs([*_coordinates(figure), *written])
    shown = np.concatenate([shown, 100 * shown, shown / 100])
    for number in re.findall(r"\d+\.\d+", sentence):
        rounding = 0.5001 * 10.0 ** -len(number.partition(".")[2])
        is_shown = (np.abs(shown - float(number)) <= rounding).any()
        assert derived or is_shown, f"{number} is said and not shown: {sentence}"


def _coordinates(figure):
    """Return places of all that is drawn into the panels, sizes of bars and halves of intervals."""
    found = [[]]
    for axes in figure.axes:
        found += [line.get_xydata() for line in axes.lines]
        outlines = [
            (patch.get_patch_transform().transform(patch.get_path().vertices), 1)
            for patch in axes.patches
        ]
        paths = [path for each in axes.collections for path in each.get_paths()]
        outlines += [(path.vertices, 1 / 2) for path in paths]
        for corners, part in outlines:
            found += [corners, part * np.ptp(corners, axis=0)] if len(corners) else []
    numbers = np.concatenate([np.ravel(each) for each in found])
    return numbers[np.isfinite(numbers)]
