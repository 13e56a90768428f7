"""The vocabulary of drawing: what the figures of several chapters have in common.

Colors go by role, and each role has a second cue: without dropout blue, solid and filled, with
dropout orange, dashed and hatched, dropped gray and hollow.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import offset_copy

from dropout_lab import _checks as check
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval

__all__ = [
    "draw_network", "labeled", "network_diagram", "panels", "placed", "scales", "signed",
    "training_and_test",
]  # fmt: skip

BLUE, ORANGE, GRAY = COLORS["without"], COLORS["with"], COLORS["dropped"]
WITHOUT = {"color": BLUE, "linestyle": "-"}
WITH = {"color": ORANGE, "linestyle": "--"}
PLAIN = {**WITHOUT, "marker": "o"}
DROPOUT = {**WITH, "marker": "s"}
HATCHED = {"color": ORANGE, "hatch": "////"}
HATCHED_BOX = {"facecolor": ORANGE, "edgecolor": "none", "hatch": "////"}  # in a key
HOLLOW_BOX = {"facecolor": "none", "edgecolor": INK}
TARGET = {"color": INK, "linewidth": 0.8, "linestyle": (0, (4, 3))}


def hollow(color=INK, linewidth=1.2):
    """Return the look of a bar that is an outline."""
    return {"facecolor": "none", "edgecolor": color, "linewidth": linewidth}


# --- panels and their axes ----------------------------------------------------------------------


def panels(
    rows=1, columns=1, *, height, top, left=0.125, right=0.97, bottom=0.115, wspace=None,
    hspace=None, **grid,
):  # fmt: skip
    """Return a figure of the book's width and its panels.

    Parameters
    ----------
    rows, columns : int, default 1
        How many panels below and beside each other.
    height : float
        Of the figure, in inches.
    top, left, right, bottom : float
        Where the panels end, as shares of the figure.
    wspace, hspace : float, optional
        Between panels, as shares of one.
    **grid
        What else `matplotlib.pyplot.subplots` takes.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Without a sentence yet.
    axes : matplotlib.axes.Axes or numpy.ndarray of them
        The one panel, or all of them.
    """
    figure, axes = plt.subplots(rows, columns, figsize=(FIGURE_WIDTH, height), **grid)
    figure.subplots_adjust(
        left=left, right=right, top=top, bottom=bottom, wspace=wspace, hspace=hspace
    )
    return figure, axes


def placed(height, *places):
    """Return a figure of the book's width and a panel at each place: left, bottom, width, height.

    Parameters
    ----------
    height : float
        Of the figure, in inches.
    *places : tuple of float
        As shares of the figure.

    Returns
    -------
    list
        The figure, then the panels.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, height))
    return [figure, *(figure.add_axes(place) for place in places)]


def scales(panel, *, x=None, y=None, xticks=None, yticks=None, log="", grid="", **words):
    """Set what the axes of a panel show, the same in all frames.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Which one.
    x, y : tuple of float, optional
        Limits.
    xticks, yticks : sequence of float or mapping of float to str, optional
        Ticks, or what is written at each: see `labeled`.
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic; they get no minor ticks.
    grid : {"", "x", "y"}
        At the ticks of which axis the panel gets thin lines.
    **words
        ``xlabel``, ``ylabel`` and ``title``.
    """
    for axis, limits, ticks in (("x", x, xticks), ("y", y, yticks)):
        if axis in log:
            panel.set(**{f"{axis}scale": "log"})
        if ticks is not None:
            labels = list(ticks.values()) if isinstance(ticks, dict) else None
            getattr(panel, f"set_{axis}ticks")(list(ticks), labels)
        if limits is not None:
            panel.set(**{f"{axis}lim": limits})
    if log:
        panel.minorticks_off()
    if grid:
        panel.grid(axis=grid)
    panel.set(**words)


def labeled(ticks, form="g"):
    """Return ticks with what is written at each.

    Parameters
    ----------
    ticks : sequence of float
        Where.
    form : str, default "g"
        How, as in a format string: ``"+g"`` gives all but 0 a sign.

    Returns
    -------
    dict of float to str
        Minus signs are as wide as a plus.

    Examples
    --------
    >>> labeled((-1, 0, 0.5), "+g")
    {-1: '−1', 0: '0', 0.5: '+0.5'}
    """
    return {tick: f"{tick:{form}}".replace("-", "−") if tick else "0" for tick in ticks}


def percent(*ticks):
    """Return ticks at shares, given and written in percent."""
    return {tick / 100: f"{tick} %" for tick in ticks}


def categories(panel, names, *, start=0, room=0.6):
    """Name the places `start`, `start` + 1, ... on the x-axis, without marks, and return them."""
    places = np.arange(start, start + len(names))
    panel.set_xticks(places, names)
    panel.tick_params(axis="x", length=0)
    panel.set(xlim=(places[0] - room, places[-1] + room))
    return places


# --- what is drawn into them --------------------------------------------------------------------


def point(panel, x, y, marker, color, size=8, **look):
    """Mark one point so that it stands out from a line of its color."""
    panel.plot(x, y, marker, color=color, markeredgecolor=INK, markersize=size, **look)


def paired_bars(panel, places, without, dropout, *, width=0.38, apart=0.4):
    """Draw filled and hatched bars side by side: without and with dropout; return both."""
    return (
        panel.bar(places - apart / 2, without, width, color=BLUE),
        panel.bar(places + apart / 2, dropout, width, **HATCHED),
    )


def interval_line(panel, x, values, **look):
    """Draw means over the last axis, with bars of 95 % t intervals; return means and halves."""
    mean, half = t_interval(values)
    panel.errorbar(x, mean, half, **look)
    return mean, half


def interval_band(panel, x, values, look):
    """Draw means over the last axis in a shade of 95 % t intervals."""
    mean, half = t_interval(values)
    shade = {"color": look["color"], "alpha": 0.2, "linewidth": 0}
    panel.fill_between(x, mean - half, mean + half, **shade)
    panel.plot(x, mean, **look)


def forest(panel, names, mean, half, looks, *, room=0.6):
    """Draw one point with its interval for each name, the first on top."""
    for row, look in enumerate(looks):
        panel.errorbar(mean[row], -row, xerr=half[row], **{"capsize": 3, **look})
    panel.set_yticks(-np.arange(len(names)), names)
    panel.tick_params(axis="y", length=0)
    panel.set(ylim=(1 - len(names) - room, room))
    panel.grid(axis="x")


# --- keys -----------------------------------------------------------------------------------------


def minus_no_dropout(names, error, loss, *, height):
    """Return a figure of what several ways to train change, in points of error and in nats, told.

    Of each, the mean and half width of the differences, the limits and the ticks are given.
    """
    figure, left, right = placed(height, (0.3, 0.18, 0.32, 0.66), (0.66, 0.18, 0.32, 0.66))
    looks = [{"fmt": "s", "color": ORANGE}] * len(names)
    for panel, title, (differences, limits, ticks) in (
        (left, "error, points", error),
        (right, "nats", loss),
    ):
        panel.axvline(0, color=BLUE)
        forest(panel, names, *differences, looks)
        scales(panel, x=limits, xticks=labeled(ticks), title=title)
    right.set_yticklabels([])
    figure.text(0.64, 0.03, "minus the net without dropout", ha="center")
    said = "; ".join(
        f"{name} {signed(mean)} ± {half:.2f} points"
        for name, mean, half in zip(names, *error[0], strict=True)
    )
    return figure, said


def under_all_masks(ways, what, limits, *, ticks):
    """Return a figure of two numbers under all masks, for each of two ways to drop, and told.

    The area of a square is in proportion to the probability of its mask.
    """
    figure, both = panels(
        1, 2, height=3.4, left=0.12, top=0.75, bottom=0.16, wspace=0.12, sharey=True
    )
    told = []
    for panel, (name, (points, chances)) in zip(both, ways.items(), strict=True):
        off = points - chances @ points
        (first, shared), (_, second) = (off * chances[:, None]).T @ off
        panel.scatter(*points.T, s=np.maximum(400 * chances, 3), color=ORANGE, marker="s")
        variances = f"variances {first:.2f} and {second:.2f}"
        covariance = f"covariance {minus(round(shared, 9) + 0.0)}"  # no minus zero
        scales(panel, x=limits, y=limits, xticks=ticks, yticks=ticks)
        panel.set(title=f"{name}\n{variances}\n{covariance}", xlabel=f"first {what}")
        told.append(f"{name}, {variances}, {covariance}")
    both[0].set_ylabel(f"second {what}")
    return figure, "; ".join(told)


def line_key(figure, *rows, length=0.07, gap=0.015, **font):
    """Write what kinds of lines or points mean, each behind a piece of it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Gets the key.
    *rows : tuple
        For each kind the place where it begins, x and y in the coordinates of the figure, then
        its look, as a mapping, and the text.
    length : float, default 0.07
        Of the pieces, in widths of the figure; 0 for kinds of points.
    gap : float, default 0.015
        Between piece and text.
    **font
        Of the text.
    """
    has_markers = any("marker" in look for _, _, look, _ in rows)
    steps = [0] if not length else [0, length / 2, length] if has_markers else [0, length]
    middle = {"markevery": [1]} if len(steps) == 3 else {}
    for x, y, look, text in rows:
        places = [x + step for step in steps]
        figure.add_artist(plt.Line2D(places, [y] * len(steps), **look, **middle))
        figure.text(x + length + gap, y, text, va="center", **font)


def paired_key(panel, x, behind, *rows):
    """Write within a panel what `paired_bars` are: for each a height and a text, in their order."""
    for (height, text), color in zip(rows, (BLUE, ORANGE), strict=True):
        panel.plot(x, height, "s", color=color, markersize=7)
        panel.text(behind, height, text, va="center")


def mark_key(figure, y, *rows, size=12, **font):
    """Write what colors mean: rows of x, color and text, and a sign if it is not a square."""
    for x, color, text, *sign in rows:
        figure.text(x, y, *sign or "■", color=color, va="center", fontsize=size)
        figure.text(x + 0.04, y, text, va="center", **font)


def point_key(figure, *rows):
    """Write what kinds of points mean: rows as `line_key` takes them."""
    line_key(figure, *rows, length=0, gap=0.025)


def box_key(figure, *rows, height, below, gap=0.015, **font):
    """Write what kinds of bars mean: rows of x, y, look and text; boxes begin `below` their y."""
    for x, y, look, text in rows:
        figure.add_artist(plt.Rectangle((x, y - below), 0.035, height, **look))
        figure.text(x + 0.035 + gap, y, text, va="center", **font)


def label_ends(panel, x, *rows, least=15, apart=None):
    """Write what lines are behind their ends, apart where these meet.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Its limits are those to come.
    x : float
        Where the words begin.
    *rows : tuple
        For each line the height of its end, the text, and its look, as a mapping, if a mark shall
        stand before the text.
    least : float, default 15
        From one text to the next, in points.
    apart : float, optional
        The same in units of the y-axis, if that is linear.
    """
    pixels = panel.transData.transform([(x, end) for end, *_ in rows])
    order, step = np.argsort(pixels[:, 1], kind="stable"), least / 72 * panel.figure.dpi
    if apart is not None:
        step = np.ptp(panel.transData.transform([(x, 0), (x, apart)])[:, 1])
    groups = []  # of texts that push each other apart: the heights they want, less their steps
    for rank, end in enumerate(pixels[order, 1]):
        groups.append([end - rank * step])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    levels = [np.mean(group) for group in groups for _ in group]
    pixels[order, 1] = levels + step * np.arange(len(rows))
    places = panel.transData.inverted().transform(pixels)
    before = offset_copy(panel.transData, panel.figure, -8, units="points")
    for (_, text, *looks), (_, y) in zip(rows, places, strict=True):
        panel.text(x, y, text, va="center")
        for look in looks:
            mark = {"marker": "_", "markersize": 6, **look, "linestyle": "none", "clip_on": False}
            panel.plot(x, y, transform=before, **mark)


# --- pictures -------------------------------------------------------------------------------------


def training_and_test(steps, own, new, shown, who="the net", color=BLUE):
    """Draw the share of right answers on the training images and on new ones, step by step.

    Parameters
    ----------
    steps : numpy.ndarray of int
        Shape (n,).
    own, new : numpy.ndarray
        Shape (n,): the shares on training images and on new ones.
    shown : int
        The step up to which both are drawn, one of `steps`.
    who : str, optional
        Of whom the sentence tells.
    color : str, optional
        Of both lines: training is dotted.

    Returns
    -------
    matplotlib.figure.Figure
    """
    known = steps <= shown
    figure, panel = panels(height=2.9, left=0.1, right=0.98, top=0.89, bottom=0.17)
    ends = own[known][-1], new[known][-1]
    for values, end, line in zip((own, new), ends, (":", "-"), strict=True):
        panel.plot(steps[known], values[known], line, color=color)
        panel.plot(shown, end, "o", color=color, markersize=4)
    scales(
        panel, x=(0, 1.3 * steps[-1]), y=(0, 1.1), xticks=np.linspace(0, steps[-1], 4), grid="y",
        xlabel="steps of training", title="Share of right answers",
    )  # fmt: skip
    panel.spines["bottom"].set_bounds(0, steps[-1])
    named = (ends[0], f"{ends[0]:.2f} training"), (ends[1], f"{ends[1]:.2f} new")
    label_ends(panel, shown + steps[-1] / 60, *named, apart=0.1)
    best = new[known].argmax()
    told = (
        f"After {shown} steps {who} is right on {ends[0]:.2f} of its training images and on "
        f"{ends[1]:.2f} of new ones"
    )
    past = f"; after {steps[best]} it was {new[best]:.2f}" if new[best] - ends[1] > 0.01 else ""
    return describe(figure, f"{told}{past}.")


def runs_of(cells):
    """Yield row, first column and the column behind the last of each run of True in a row."""
    for row, inside in enumerate(cells):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
        for first, end in edges.reshape(-1, 2):
            yield row, first, end


def draw_strokes(axes, strokes, width, color, **look):
    """Draw horizontal strokes (left, right, height) as one path, much lighter than rectangles."""
    ends = [[(left, y), (right, y)] for left, right, y in strokes]
    if ends:
        path = Path(np.array(ends).reshape(-1, 2), [Path.MOVETO, Path.LINETO] * len(ends))
        look |= {"facecolor": "none", "edgecolor": color, "linewidth": width, "capstyle": "butt"}
        axes.add_patch(PathPatch(path, **look))


def show_cells(axes, cells, **look):
    """Let the cells of a matrix fill the axes, the first row on top, without a frame."""
    rows, columns = cells.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), **look)
    axes.axis("off")


def tinted(weights):
    """Return colors for weights from -1 to 1: orange or blue, the fainter the nearer to 0."""
    color = np.where(weights[..., None] > 0, to_rgb(ORANGE), to_rgb(BLUE))
    return np.concatenate([color, np.abs(weights)[..., None]], axis=-1)


# --- networks -------------------------------------------------------------------------------------


def draw_network(axes, masks, *, layer_names=None, size=200, color=ORANGE):
    """Draw a fully connected network into existing axes.

    Kept units are filled circles, dropped ones hollow with a dashed rim, and only connections
    between kept units are drawn. Layers stand side by side; every unit keeps its place.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw; frame and ticks are removed.
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, True where the unit is kept.
    layer_names : sequence of str, optional
        One label per layer, drawn below it.
    size : float, default 200
        Area of a circle in square points.
    color : str, default that of dropout
        Of the units that are kept.

    Returns
    -------
    int
        The number of connections drawn.

    Raises
    ------
    TypeError
        If a mask is not a boolean array.
    ValueError
        If there are fewer than two layers, a mask is not one-dimensional or empty, or
        `layer_names` has another length than `masks`.
    """
    places = places_of(_checked(masks))
    if layer_names is not None and len(layer_names) != len(masks):
        raise ValueError(f"layer_names must hold {len(masks)} names, got {layer_names!r}")
    present = [place[mask] for place, mask in zip(places, masks, strict=True)]
    lines = [(a, b) for left, right in pairwise(present) for a in left for b in right]
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=0.4, zorder=1, clip_on=False))
    where, kept = np.vstack(places), np.concatenate(masks)
    rims = {"linewidths": 1.2, "clip_on": False, "zorder": 2}
    axes.scatter(*where[kept].T, s=size, color=color, **rims)
    rims |= {"facecolors": "none", "edgecolors": GRAY, "linestyles": "--"}
    axes.scatter(*where[~kept].T, s=size, **rims)
    for x, name in enumerate(layer_names or ()):
        axes.text(x, -0.62, name, ha="center", va="top", color=INK)
    axes.set(xlim=(-0.35, len(masks) - 0.65), ylim=(-0.55, 0.55))
    axes.axis("off")
    return len(lines)


def network_diagram(masks, *, layer_names=None, title=None, droppable=None, height=3.2):
    """Draw a fully connected network from which the dropped units have vanished.

    Parameters
    ----------
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, True where the unit is kept.
    layer_names : sequence of str, optional
        One label per layer.
    title : str, optional
        Title of the figure.
    droppable : int, optional
        How many units dropout may drop, for the sentence; by default all units.
    height : float, default 3.2
        Height in inches; the width is always 4.8.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Its sentence counts the dropped units and the remaining connections.

    Raises
    ------
    TypeError
        If a mask is not a boolean array.
    ValueError
        See `draw_network`.

    Examples
    --------
    >>> figure = network_diagram([np.array([True, True]), np.array([True, False])])
    >>> plt.close(figure)
    """
    _checked(masks)
    below = 0.13 if layer_names is not None else 0.03
    figure, axes = panels(
        height=height, left=0.02, right=0.98, top=0.88 if title else 0.97, bottom=below
    )
    lines = draw_network(axes, masks, layer_names=layer_names)
    if title is not None:
        axes.set_title(title)
    dropped = sum(int(np.sum(~mask)) for mask in masks)
    total = sum(len(a) * len(b) for a, b in pairwise(masks))
    units = sum(map(len, masks)) if droppable is None else droppable
    lead = f"{title}: " if title else ""
    return describe(
        figure,
        f"{lead}{dropped} of {units} units are dropped, and {lines} of {total} connections remain.",
    )


def _checked(masks):
    """Return `masks`, or raise naming what is wrong."""
    if len(masks) < 2:
        raise ValueError(f"masks must hold at least two layers, got {len(masks)}")
    for mask in masks:
        check.mask(mask, "every entry of masks")
        if mask.ndim != 1 or not len(mask):
            raise ValueError(f"masks must hold arrays of shape (units,), got shape {mask.shape}")
    return masks


def places_of(masks):
    """Return one array of shape (units, 2) per layer: x the layer, y centered, first on top."""
    gap = 1 / max(max(map(len, masks)) - 1, 1)
    return [
        np.column_stack([np.full(len(m), x), ((len(m) - 1) / 2 - np.arange(len(m))) * gap])
        for x, m in enumerate(masks)
    ]


# --- words ----------------------------------------------------------------------------------------


def minus(value, digits=2, sign=""):
    """Write a number with a minus that is as wide as a plus."""
    return f"{value:{sign}.{digits}f}".replace("-", "−")


def signed(value, digits=2):
    """Write a difference with its sign.

    Parameters
    ----------
    value : float
        The difference.
    digits : int, default 2
        Digits behind the point.

    Returns
    -------
    str
        With a plus, or a minus that is as wide as a plus.

    Examples
    --------
    >>> signed(0.5), signed(-0.1234, 3)
    ('+0.50', '−0.123')
    """
    return minus(value, digits, "+")
