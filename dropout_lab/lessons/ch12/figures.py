"""Figures of chapter 12: the relatives of dropout, and the evidence on two of them."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = [
    "attention_rows", "block_drops", "family_member", "memory", "schedule_effects", "two_outputs",
    "variance_shift",
]  # fmt: skip

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
    """
    figure, left, panel = kit.placed(3.3, (0.065, 0.09, 0.55, 0.8), (0.75, 0.2, 0.23, 0.52))
    _squares(left, factors * (1 - rate))
    rows, columns = factors.shape
    for part in range(1, exhibit.parts):
        at = part * columns / exhibit.parts - 0.5
        left.plot([at, at], [-0.5, rows - 0.5], color=INK, linewidth=0.8)
        left.plot([-0.5, columns - 0.5], [at, at], color=INK, linewidth=0.8)
    left.set_title(name)
    figure.text(0.34, 0.045, exhibit.columns, ha="center", va="center")
    figure.text(0.03, 0.49, exhibit.rows, ha="center", va="center", rotation=90)

    counts, _ = np.histogram(np.clip(factors, _EDGES[0], _EDGES[-1]), _EDGES)
    some = counts > 0
    panel.bar(_EDGES[:-1][some] + 0.125, counts[some] / factors.size, 0.25, color=kit.ORANGE)
    ticks = kit.percent(0, 50, 100)
    kit.scales(panel, x=(-2, 4), y=(0, 1), xticks=[-2, 0, 2, 4], yticks=ticks, xlabel="factor")
    figure.text(0.66, 0.89, "share by factor", va="center", fontsize=10.5)
    figure.text(0.66, 0.81, f"mean {kit.minus(factors.mean())}", va="center", fontsize=10.5)
    zero, below = np.mean(np.abs(factors) < 0.005), np.mean(factors < 0)
    negative = f"{below:.0%} are negative, " if below else ""
    return describe(
        figure,
        f"{name}, rate {rate:.1f}: in this draw {zero:.0%} of the factors are 0.00, {negative}"
        f"their mean is {kit.minus(factors.mean())} and their variance "
        f"{factors.var():.2f}. Rows are {exhibit.rows}, columns {exhibit.columns}.",
    )


def two_outputs(ways, rate):
    """Draw two outputs of a layer under all of its masks, for each way to drop.

    Parameters
    ----------
    ways : mapping of str to tuple of numpy.ndarray
        For each of two ways the outputs, shape (masks, 2), and the probability of each mask.
    rate : float
        Probability of dropping.

    Returns
    -------
    matplotlib.figure.Figure
        The area of a square is in proportion to the probability of its mask.
    """
    figure, said = kit.under_all_masks(ways, "output", (-5, 7), ticks=[-4, 0, 4])
    return describe(figure, f"Two outputs of a layer under all masks of rate {rate:.1f}: {said}.")


def block_drops(chances, rate, block):
    """Draw how often DropBlock drops each pixel of a map, and what that comes to.

    Parameters
    ----------
    chances : numpy.ndarray
        Probability that a pixel is dropped, shape (n, n).
    rate : float
        What DropBlock was asked for.
    block : int
        Side of a square.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, left, panel = kit.placed(3.0, (0.03, 0.04, 0.53, 0.848), (0.64, 0.04, 0.33, 0.848))
    _squares(left, chances / chances.max())
    left.set_title(f"map of {len(chances)} × {len(chances)}, blocks of {block} × {block}")
    middle = len(chances) // 2
    shares = {
        "is the rate": rate,
        "drop on average": chances.mean(),
        "in the center": chances[middle, middle],
        "in a corner": chances[0, 0],
    }
    panel.barh(range(4), list(shares.values()), 0.36, **kit.HATCHED)
    panel.patches[0].set(hatch=None, facecolor=kit.GRAY)
    for row, (name, share) in enumerate(shares.items()):
        panel.text(0, row - 0.25, f"{100 * share:.0f} % {name}", va="bottom")
    kit.scales(panel, x=(0, 1), y=(3.5, -0.75))
    panel.axis("off")
    said = ", ".join(f"{share:.0%} {name}" for name, share in shares.items())
    return describe(
        figure,
        f"DropBlock at rate {rate:.1f} with blocks of {block} by {block} pixels: {said}.",
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
    """
    units, steps = factors.shape
    figure, top, bottom = kit.placed(4.2, (0.125, 0.545, 0.85, 0.39), (0.125, 0.115, 0.85, 0.315))
    alive = np.cumprod(factors > 0, axis=1)
    _squares(top, np.where(alive, 1.0, 0.15 * (factors > 0)))  # small: kept, but too late
    how = "one mask for all steps" if shared else "a fresh mask at every step"
    top.set_title(how)
    figure.text(0.1, 0.74, "units", ha="right", va="center")
    times = np.arange(1, steps + 1)
    expected = np.full(steps, 1 - rate) if shared else (1 - rate) ** times
    bottom.plot(times, expected, color=INK, linewidth=1)
    bottom.plot(times, alive.mean(axis=0), markersize=5, clip_on=False, **kit.DROPOUT)
    kit.scales(
        bottom, x=(0.5, steps + 0.5), y=(0, 1.05), xticks=times[::3],
        yticks=kit.percent(0, 50, 100), grid="y", xlabel="time step",
        title="share of units that still remember the first step",
    )  # fmt: skip
    return describe(
        figure,
        f"{how.capitalize()}, rate {rate:.2f}: of {units} units {alive[:, 0].sum()} remember the "
        f"first input after 1 step, {alive[:, steps // 2 - 1].sum()} after {steps // 2} and "
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
    """
    n = len(before)
    figure, left, panel = kit.placed(2.9, (0.075, 0.12, 0.455, 0.753), (0.6, 0.165, 0.375, 0.708))
    gone = (before > 0) & (after == 0)
    kit.show_cells(left, after)
    for low, high, size in zip((0, 0.1, 0.25, 0.5), (0.1, 0.25, 0.5, 99), _SIZES, strict=True):
        _stroke(left, (after > low) & (after <= high), size, kit.ORANGE)
    _stroke(left, gone, 0.2, kit.GRAY)
    left.set_title("weights after dropout")
    figure.text(0.3, 0.06, "keys", ha="center", va="center")
    figure.text(0.04, 0.5, "queries", ha="center", va="center", rotation=90)
    sums = after.sum(axis=1)
    panel.barh(np.arange(n), sums, 0.7, **kit.HATCHED)
    panel.axvline(1, color=INK, linewidth=1)
    kit.scales(panel, x=(0, 2.5), y=(n - 0.5, -0.5), xticks=[0, 1, 2], yticks=[])
    panel.set_title("sum of each row")
    return describe(
        figure,
        f"Rate {rate:.1f}, draw {draw}: {gone.sum()} of {np.sum(before > 0)} attention weights "
        f"are dropped. The rows sum to {sums.min():.2f} at least and {sums.max():.2f} at most, "
        f"{sums.mean():.2f} on average; without dropout each sums to 1.",
    )


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
        Bars are 95 % t intervals over seeds.
    """
    figure, (top, bottom) = kit.panels(2, height=4.2, left=0.14, top=0.93, hspace=0.88)
    at = list(rates).index(rate)
    mean, half = t_interval(ratios[at].T)
    norms = np.arange(1, ratios.shape[-1] + 1)
    top.bar(norms, mean, 0.6, **kit.HATCHED)
    top.errorbar(norms, mean, half, color=INK, linestyle="none", capsize=3, linewidth=1)
    top.axhline(1, color=INK, linewidth=0.8)
    predicted = ""
    first = next((k for k in range(len(mean)) if ratios[:, :, k].max() > 1.01), None)
    if first is not None:
        level = formula[at].mean()
        kit.point(top, norms[first], level, "D", kit.BLUE, 7)
        predicted = f"by formula {level:.2f} at norm {norms[first]}; "
    kit.scales(
        top, x=(0.4, norms[-1] + 0.6), y=(0, 8.5), xticks=norms, yticks=[1, 2, 4, 6, 8],
        grid="y", title="variance with masks ÷ without", xlabel="batch norm of hidden layer",
    )  # fmt: skip
    kit.interval_line(bottom, rates, 100 * kept, capsize=2, **kit.DROPOUT)
    kit.interval_line(bottom, rates, 100 * renewed, capsize=2, **kit.PLAIN)
    bottom.axvline(rate, color=kit.GRAY, linestyle=":", linewidth=1.2)
    kit.scales(
        bottom, x=(-0.02, max(rates) + 0.02), y=(40, 100), xticks=rates, grid="y",
        yticks={tick: f"{tick} %" for tick in (40, 60, 80, 100)}, xlabel="dropout rate",
    )  # fmt: skip
    masked, plain = (kit.WITH, "statistics with masks"), (kit.WITHOUT, "without masks")
    kit.line_key(figure, (0.14, 0.44, *masked), (0.6, 0.44, *plain), length=0.06)
    lost, margin = t_interval(100 * (renewed - kept))
    text = ", ".join(f"{value:.2f}" for value in mean)
    return describe(
        figure,
        f"Dropout {order}, rate {rate:.1f}: variance ratios {text} from the first norm to the "
        f"last; {predicted}test accuracy {kept[at].mean():.1%} with statistics of masked passes "
        f"and {renewed[at].mean():.1%} with statistics of passes without masks, a difference of "
        f"{kit.signed(lost[at])} ± {margin[at]:.2f} points.",
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
        Shades and bars are 95 % t intervals over seeds.
    """
    figure, top, bottom = kit.placed(4.2, (0.145, 0.53, 0.825, 0.4), (0.145, 0.075, 0.825, 0.255))
    epochs = np.arange(1, validation["none"].shape[1] + 1)
    ends = [validation[name].mean(axis=0)[-1] for name in ("none", schedule)]
    for name, look in (("none", kit.WITHOUT), (schedule, kit.WITH)):
        kit.interval_band(top, epochs, validation[name].T, look)
    if schedule != "standard":
        top.axvline(epochs_before + 0.5, color=kit.GRAY, linestyle=":", linewidth=1.4)
    ticks = [1, *range(len(epochs) // 5, len(epochs) + 1, len(epochs) // 5)]
    kit.scales(
        top, x=(1, 1.3 * epochs[-1]), y=(0.2, 0.6), xticks=ticks, grid="y",
        yticks=[0.2, 0.3, 0.4, 0.5, 0.6], title="validation loss in nats", xlabel="epoch",
    )  # fmt: skip
    top.spines["bottom"].set_bounds(1, epochs[-1])
    named = zip(ends, ("none", schedule), strict=True)
    rows = ((end, f"{end:.2f} {name}") for end, name in named)
    kit.label_ends(top, 1.02 * epochs[-1], *rows, apart=0.05)

    loss = measure.endswith("loss")
    bottom.axhline(0, color=INK, linewidth=0.8)
    for place, (name, values) in enumerate(changes.items()):
        look = {"color": kit.GRAY, "marker": "o", "linestyle": "none", "capsize": 4}
        if name == schedule:
            look |= {"color": kit.ORANGE, "marker": "s"}
        mean, half = kit.interval_line(bottom, place, values if loss else 100 * values, **look)
        if name == schedule:
            change, margin = mean, half
    limit, ticks = (0.07, (-0.05, 0, 0.05)) if loss else (1.4, (-1, 0, 1))
    unit, digits = ("nats", 3) if loss else ("points", 2)
    kit.scales(
        bottom, x=(-0.5, len(changes) - 0.5), y=(-limit, limit), xticks=dict(enumerate(changes)),
        yticks=kit.labeled(ticks, "+g"), title=f"{measure} minus none, {unit}, at the end",
        grid="y",
    )  # fmt: skip
    return describe(
        figure,
        f"The {net} net with {schedule} dropout: {measure} at the end minus that without "
        f"dropout is {kit.signed(change, digits)} ± {margin:.{digits}f} {unit}.",
    )


def _squares(axes, values):
    """Draw a square in each cell, its area growing with the value; a dot where it is 0.

    A value of 1 and more fills the cell. Negative ones are blue.
    """
    kit.show_cells(axes, values)
    _stroke(axes, values == 0, 0.2, kit.GRAY)
    size = np.minimum(np.sqrt(np.abs(values)), 1) * _SIZES[-1]
    level = np.abs(size[..., None] - np.array(_SIZES)).argmin(axis=-1)
    for number, width in enumerate(_SIZES):
        for sign, color in ((1, kit.ORANGE), (-1, kit.BLUE)):
            _stroke(axes, (level == number) & (np.sign(values) == sign), width, color)


def _stroke(axes, cells, size, color):
    """Draw squares of one size as dashes of thick lines: hundreds of cells, one SVG element.

    `size` is the side of a square, in cells. The limits of the axes must be set.
    """
    box = axes.get_window_extent()
    rows, columns = cells.shape
    side = size * box.height / rows * 72 / axes.figure.dpi
    pitch = box.width / columns * 72 / axes.figure.dpi / side
    dashes = (0, (size * pitch, (1 - size) * pitch))
    strokes = [(a - size / 2, b - 1 + size / 2, row) for row, a, b in kit.runs_of(cells)]
    kit.draw_strokes(axes, strokes, side, color, linestyle=dashes)
