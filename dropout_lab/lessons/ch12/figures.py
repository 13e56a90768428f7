"""Figures of chapter 12: the relatives of dropout, and the evidence on two of them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons.kit import line_key, signed

__all__ = ["attention_rows", "family_member", "memory", "schedule_effects", "variance_shift"]


_ORANGE, _BLUE, _GRAY = COLORS["with"], COLORS["without"], COLORS["dropped"]
_SIZES = (0.36, 0.54, 0.72, 0.86)  # sides of a square, in cells; the dot of a zero has 0.2
_EDGES = np.linspace(-2, 4, 25)


def family_member(factors, exhibit, name, rate):
    """Draw what a member of the family multiplies things by, and how often by how much.

    Parameters
    ----------
    factors : numpy.ndarray
        Shape (rows, columns).
    exhibit : dropout_lab.lessons.ch12.gallery.Exhibit
        Says what rows and columns are.
    name : str
        The member.
    rate : float
        Its rate.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.3 inches.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.3))
    left = figure.add_axes((0.065, 0.09, 0.55, 0.8))
    _squares(left, factors * (1 - rate))
    for part in range(1, exhibit.parts):
        at = part * factors.shape[1] / exhibit.parts - 0.5
        left.plot([at, at], [-0.5, factors.shape[0] - 0.5], color=INK, linewidth=0.8)
        left.plot([-0.5, factors.shape[1] - 0.5], [at, at], color=INK, linewidth=0.8)
    left.set_title(name)
    figure.text(0.34, 0.045, exhibit.columns, ha="center", va="center")
    figure.text(0.03, 0.49, exhibit.rows, ha="center", va="center", rotation=90)

    panel = figure.add_axes((0.75, 0.2, 0.23, 0.52))
    counts, _ = np.histogram(np.clip(factors, _EDGES[0], _EDGES[-1]), _EDGES)
    some = counts > 0
    panel.bar(_EDGES[:-1][some] + 0.125, counts[some] / factors.size, 0.25, color=_ORANGE)
    panel.set(xlim=(-2, 4), ylim=(0, 1), xticks=[-2, 0, 2, 4], xlabel="factor")
    panel.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    figure.text(0.66, 0.89, "share by factor", va="center", fontsize=10.5)
    figure.text(0.66, 0.81, f"mean {_number(factors.mean())}", va="center", fontsize=10.5)
    zero, below = np.mean(np.abs(factors) < 0.005), np.mean(factors < 0)
    said = f"{name}, rate {rate:.1f}: in this draw {zero:.0%} of the factors are 0.00, "
    if below:
        said += f"{below:.0%} are negative, "
    return describe(
        figure,
        f"{said}their mean is {_number(factors.mean())} and their variance "
        f"{factors.var():.2f}. Rows are {exhibit.rows}, columns {exhibit.columns}.",
    )


def memory(factors, rate, shared):
    """Draw which units keep a memory over time, under fresh masks or under one for all steps.

    Parameters
    ----------
    factors : numpy.ndarray
        What each unit is multiplied by at each step, shape (units, steps).
    rate : float
        Probability of dropping.
    shared : bool
        Whether one mask serves all steps.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches.
    """
    units, steps = factors.shape
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.2))
    top = figure.add_axes((0.125, 0.545, 0.85, 0.39))
    alive = np.cumprod(factors > 0, axis=1)
    _squares(top, np.where(alive, 1.0, 0.15 * (factors > 0)))  # small: kept, but too late
    top.set_title("one mask for all steps" if shared else "a fresh mask at every step")
    figure.text(0.1, 0.74, "units", ha="right", va="center")
    bottom = figure.add_axes((0.125, 0.115, 0.85, 0.315))
    times = np.arange(1, steps + 1)
    expected = np.full(steps, 1 - rate) if shared else (1 - rate) ** times
    bottom.plot(times, expected, color=INK, linewidth=1)
    bottom.plot(times, alive.mean(axis=0), "s--", color=_ORANGE, markersize=5, clip_on=False)
    bottom.set(xlim=(0.5, steps + 0.5), ylim=(0, 1.05), xlabel="time step", xticks=times[::3])
    bottom.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    bottom.set_title("share of units that still remember the first step")
    bottom.grid(axis="y")
    how = "One mask for all steps" if shared else "A fresh mask at every step"
    return describe(
        figure,
        f"{how}, rate {rate:.2f}: of {units} units {alive[:, 0].sum()} remember the first input "
        f"after 1 step, {alive[:, steps // 2 - 1].sum()} after {steps // 2} and "
        f"{alive[:, -1].sum()} after {steps}. Expected are {expected[0]:.0%}, "
        f"{expected[steps // 2 - 1]:.0%} and {expected[-1]:.0%}.",
    )


def attention_rows(before, after, rate, draw):
    """Draw attention weights after dropout, and what each row sums to.

    Parameters
    ----------
    before, after : numpy.ndarray
        Weights before dropout and after, one row per query, shape (n, n).
    rate : float
        Probability of dropping a weight.
    draw : int
        Number of the mask.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 2.9 inches.
    """
    n = len(before)
    figure = plt.figure(figsize=(FIGURE_WIDTH, 2.9))
    left = figure.add_axes((0.075, 0.12, 0.455, 0.753))
    gone = (before > 0) & (after == 0)
    _limits(left, after)
    for low, high, size in zip((0, 0.1, 0.25, 0.5), (0.1, 0.25, 0.5, 99), _SIZES, strict=True):
        _stroke(left, (after > low) & (after <= high), size, _ORANGE)
    _stroke(left, gone, 0.2, _GRAY)
    left.set_title("weights after dropout")
    figure.text(0.3, 0.06, "keys", ha="center", va="center")
    figure.text(0.04, 0.5, "queries", ha="center", va="center", rotation=90)
    panel = figure.add_axes((0.6, 0.165, 0.375, 0.708))
    sums = after.sum(axis=1)
    panel.barh(np.arange(n), sums, 0.7, color=_ORANGE, hatch="////")
    panel.axvline(1, color=INK, linewidth=1)
    panel.set(xlim=(0, 2.5), ylim=(n - 0.5, -0.5), xticks=[0, 1, 2], yticks=[])
    panel.set_title("sum of each row")
    return describe(
        figure,
        f"Rate {rate:.1f}, draw {draw}: {gone.sum()} of {np.sum(before > 0)} attention weights "
        f"are dropped. The rows sum to {sums.min():.2f} at least and {sums.max():.2f} at most, "
        f"{sums.mean():.2f} on average; without dropout each sums to 1.",
    )


def _squares(axes, values):
    """Draw a square in each cell, its area growing with the value; a dot where it is 0.

    A value of 1 and more fills the cell. Negative ones are blue.
    """
    _limits(axes, values)
    _stroke(axes, values == 0, 0.2, _GRAY)
    size = np.minimum(np.sqrt(np.abs(values)), 1) * _SIZES[-1]
    level = np.abs(size[..., None] - np.array(_SIZES)).argmin(axis=-1)
    for number, width in enumerate(_SIZES):
        for sign, color in ((1, _ORANGE), (-1, _BLUE)):
            _stroke(axes, (level == number) & (np.sign(values) == sign), width, color)


def _limits(axes, cells):
    """Let the cells of a matrix fill the axes, the first row on top."""
    rows, columns = cells.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.axis("off")


def _stroke(axes, cells, size, color):
    """Draw squares of one size as dashes of thick lines: hundreds of cells, one SVG element.

    `size` is the side of a square, in cells. The limits of the axes must be set.
    """
    points = []
    for row, inside in enumerate(cells):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
        for first, end in edges.reshape(-1, 2):
            points += [(first - size / 2, row), (end - 1 + size / 2, row)]
    if points:
        box = axes.get_window_extent()
        width, height = (
            length / count * 72 / axes.figure.dpi
            for length, count in zip((box.width, box.height), cells.shape[::-1], strict=True)
        )
        side = size * height
        path = Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))
        axes.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=color,
                linewidth=side,
                linestyle=(0, (size * width / side, (1 - size) * width / side)),
                capstyle="butt",
            )
        )


def _number(value):
    """Write a number with two decimals and a true minus."""
    return f"{value:.2f}".replace("-", "−")


def variance_shift(ratios, formula, kept, renewed, rates, order, rate):
    """Draw by how much masks raise the variance that each norm sees, and what that costs.

    Parameters
    ----------
    ratios : numpy.ndarray
        Variance with masks over variance without, shape (k, seeds, norms).
    formula : numpy.ndarray
        The same by formula, for the first norm behind a dropout, shape (k, seeds).
    kept, renewed : numpy.ndarray
        Test accuracy with statistics of masked passes, and with those of passes without masks,
        shape (k, seeds).
    rates : sequence of float
        The k rates.
    order : str
        Where dropout stands.
    rate : float
        Which of the rates to show.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2))
    figure.subplots_adjust(left=0.14, right=0.97, top=0.93, bottom=0.115, hspace=0.88)
    at = list(rates).index(rate)
    mean, half = t_interval(ratios[at].T)
    norms = np.arange(1, ratios.shape[-1] + 1)
    top.bar(norms, mean, 0.6, color=_ORANGE, hatch="////")
    top.errorbar(norms, mean, half, color=INK, linestyle="none", capsize=3, linewidth=1)
    top.axhline(1, color=INK, linewidth=0.8)
    first = next((k for k in range(len(mean)) if ratios[:, :, k].max() > 1.01), None)
    if first is not None:
        level = formula[at].mean()
        top.plot(norms[first], level, "D", color=_BLUE, markeredgecolor=INK, markersize=7)
    top.set(xlim=(0.4, norms[-1] + 0.6), ylim=(0, 8.5), yticks=[1, 2, 4, 6, 8], xticks=norms)
    top.set_title("variance with masks ÷ without")
    top.set_xlabel("batch norm of hidden layer")
    top.grid(axis="y")

    for values, color, line, marker in ((kept, _ORANGE, "--", "s"), (renewed, _BLUE, "-", "o")):
        middle, margin = t_interval(100 * values)
        bottom.errorbar(
            rates, middle, margin, color=color, linestyle=line, marker=marker, capsize=2
        )
    bottom.axvline(rate, color=_GRAY, linestyle=":", linewidth=1.2)
    bottom.set(xlim=(-0.02, max(rates) + 0.02), ylim=(40, 100), xticks=list(rates))
    bottom.set_yticks([40, 60, 80, 100], ["40 %", "60 %", "80 %", "100 %"])
    bottom.set_xlabel("dropout rate")
    bottom.grid(axis="y")
    rows = (
        (0.14, 0.44, _ORANGE, "--", "statistics with masks"),
        (0.6, 0.44, _BLUE, "-", "without masks"),
    )
    line_key(figure, rows, length=0.06)
    lost, margin = t_interval(100 * (renewed - kept))
    text = ", ".join(f"{value:.2f}" for value in mean)
    said = f"Dropout {order}, rate {rate:.1f}: variance ratios {text} from the first norm to the "
    said += "last; "
    if first is not None:
        said += f"by formula {formula[at].mean():.2f} at norm {norms[first]}; "
    return describe(
        figure,
        f"{said}test accuracy {kept[at].mean():.1%} with statistics of masked passes and "
        f"{renewed[at].mean():.1%} with statistics of passes without masks, a difference of "
        f"{signed(lost[at])} ± {margin[at]:.2f} points.",
    )


def schedule_effects(validation, changes, epochs_before, net, schedule, measure):
    """Draw a schedule of dropout against no dropout: loss by epoch, and where training ends.

    Parameters
    ----------
    validation : mapping of str to numpy.ndarray
        For each schedule, and for "none", the validation loss by epoch, shape (seeds, epochs).
    changes : mapping of str to numpy.ndarray
        For each schedule the score at the end minus that without dropout, shape (seeds,).
    epochs_before : int
        After how many epochs early dropout ends and late dropout begins.
    net : str
        The name of the net.
    schedule : str
        Which schedule to show.
    measure : {"training loss", "test loss", "test accuracy"}
        What the scores are: nats, or shares.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Shades and bars are 95 % t intervals over seeds.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.2))
    top = figure.add_axes((0.145, 0.535, 0.825, 0.325))
    epochs = np.arange(1, validation["none"].shape[1] + 1)
    for name, color, line in (("none", _BLUE, "-"), (schedule, _ORANGE, "--")):
        mean, half = t_interval(validation[name].T)
        top.fill_between(epochs, mean - half, mean + half, color=color, alpha=0.2, linewidth=0)
        top.plot(epochs, mean, line, color=color)
    if schedule != "standard":
        top.axvline(epochs_before + 0.5, color=_GRAY, linestyle=":", linewidth=1.4)
    top.set(xlim=(1, epochs[-1]), ylim=(0.2, 0.6), yticks=[0.2, 0.3, 0.4, 0.5, 0.6])
    top.set_xticks([1, *range(len(epochs) // 5, len(epochs) + 1, len(epochs) // 5)])
    top.set_title("validation loss in nats")
    top.set_xlabel("epoch")
    top.grid(axis="y")
    rows = (
        (0.145, 0.965, _BLUE, "-", "no dropout"),
        (0.5, 0.965, _ORANGE, "--", f"{schedule} dropout"),
    )
    line_key(figure, rows)

    loss = measure.endswith("loss")
    bottom = figure.add_axes((0.145, 0.075, 0.825, 0.255))
    bottom.axhline(0, color=INK, linewidth=0.8)
    for place, (name, values) in enumerate(changes.items()):
        mean, half = t_interval(values if loss else 100 * values)
        mine = name == schedule
        look = {"color": _ORANGE, "marker": "s"} if mine else {"color": _GRAY, "marker": "o"}
        bottom.errorbar(place, mean, half, linestyle="none", capsize=4, **look)
        if mine:
            change, margin = mean, half
    bottom.set(xlim=(-0.5, len(changes) - 0.5))
    bottom.set_xticks(range(len(changes)), list(changes))
    limit, ticks = (0.07, (-0.05, 0, 0.05)) if loss else (1.4, (-1, 0, 1))
    bottom.set(ylim=(-limit, limit))
    bottom.set_yticks(ticks, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks])
    unit = "nats" if loss else "points"
    bottom.set_title(f"{measure} minus none, {unit}, at the end")
    bottom.grid(axis="y")
    digits = 3 if loss else 2
    return describe(
        figure,
        f"The {net} net with {schedule} dropout: {measure} at the end minus that without "
        f"dropout is {signed(change, digits)} ± {margin:.{digits}f} {unit}.",
    )
