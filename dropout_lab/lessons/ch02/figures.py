"""Figures of chapter 2: what masks do to a layer, drawn so that one can count."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit

__all__ = ["before_and_after", "keep_or_drop", "mask_counts", "mask_grid", "mask_sum"]

_HOLLOW = {"color": kit.GRAY, "linewidth": 0.8}


def before_and_after(x, outputs, rate, *, top):
    """Draw what one mask makes of a layer, and below it the mean over all masks so far.

    Parameters
    ----------
    x : numpy.ndarray
        Activations before dropout, shape ``(n,)``, positive.
    outputs : numpy.ndarray
        What dropout made of them under each mask so far, shape ``(masks, n)``, the latest last.
    rate : float
        The rate of dropping, below 1.
    top : float
        Where the scale of both panels ends; keep it the same in all frames.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels on one scale: filled bars are after dropout, the outlines behind them before.
    """
    (count, n), after = outputs.shape, outputs[-1]
    dropped, factor = int(np.sum(after == 0)), 1 / (1 - rate)
    figure, both = kit.panels(
        2, height=4.2, left=0.07, right=0.79, top=0.93, bottom=0.025, hspace=0.22
    )
    units, means = np.arange(1, n + 1), []
    for panel, values in zip(both, (after, outputs.mean(axis=0)), strict=True):
        shown = values > 0
        panel.bar(units[shown], values[shown], 0.5, color=kit.ORANGE)
        panel.bar(units, x, 0.8, fill=False, edgecolor=kit.BLUE, linewidth=1.3)
        means.append(values.mean())
        panel.plot([0.3, n + 0.7], [x.mean()] * 2, **kit.TARGET)
        panel.plot([n + 0.8, n + 1.3], [means[-1]] * 2, color=kit.ORANGE, linewidth=2.4)
        # The two words stand apart where the means meet.
        apart = max(0, 0.13 * top - abs(x.mean() - means[-1])) / 2
        apart *= 1 if means[-1] > x.mean() else -1
        for mean, shift, word in ((x.mean(), -apart, "before"), (means[-1], apart, "now")):
            panel.text(n + 1.5, mean + shift, f"{mean:.2f} {word}", va="center")
        kit.scales(panel, x=(0.3, n + 1.3), y=(0, top), xticks=[], yticks=np.arange(0, top))
        panel.spines["bottom"].set_bounds(0.3, n + 0.7)
    both[0].set_title(f"mask {count}: {dropped} of {n} dropped, the others × {factor:.2f}")
    both[1].set_title(f"mean of {count} masks" if count > 1 else "mean of 1 mask")
    return describe(
        figure,
        f"At rate {rate:.1f}, mask {count} drops {dropped} of {n} units and multiplies the others "
        f"by {factor:.2f}. The mean of all {n} is {means[0]:.2f}, where it was {x.mean():.2f} "
        f"before. Over all masks so far it is {means[1]:.2f}.",
    )


def mask_counts(x, y, counts, probabilities, total):
    """Draw one pass through a small layer, and how many units each pass so far has dropped.

    Parameters
    ----------
    x, y : numpy.ndarray
        The layer before dropout and after the latest pass, shape ``(n,)``, `x` positive.
    counts : numpy.ndarray of int
        Number of units dropped in each pass so far, the latest last.
    probabilities : numpy.ndarray
        Shape ``(n + 1,)``: the probability of dropping 0, 1, ..., n units.
    total : int
        Number of passes there will be; the expected counts are for all of them.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the latest pass; below, one block a pass inside hollow expected bars.
    """
    n, passes, latest = len(x), len(counts), int(counts[-1])
    units, kept = np.arange(1, n + 1), y != 0
    figure, (layer, tally) = kit.panels(
        2, height=4.2, left=0.13, right=0.98, top=0.93, bottom=0.17, hspace=0.4,
        height_ratios=[1, 1.5],
    )  # fmt: skip
    layer.bar(units[kept], y[kept], 0.5, color=kit.ORANGE)
    layer.bar(units, x, 0.7, fill=False, edgecolor=kit.BLUE, linewidth=1.5)
    for unit, before, after in zip(units, x, y, strict=True):
        text = f"{before:g} → {after:.2f}" if after else f"{before:g} → 0"
        layer.text(unit, max(before, after) + 0.4, text, ha="center")
    kit.scales(layer, x=(0.4, n + 0.6), y=(0, 11), xticks=[], yticks=[0, 5, 10])
    layer.set_title(f"pass {passes}: {latest} of {n} dropped (outline: before)")
    outcomes = np.arange(n + 1)
    tally.bar(outcomes, total * probabilities, 0.84, fill=False, edgecolor=INK, linestyle=":")
    heights = np.array([np.sum(counts[:i] == count) for i, count in enumerate(counts)]) + 0.1
    tally.bar(counts[:-1], 0.8, 0.6, bottom=heights[:-1], color=kit.ORANGE)
    hatched = {"fill": False, "hatch": "//////", "edgecolor": kit.ORANGE, "linewidth": 1.5}
    tally.bar(latest, 0.8, 0.6, bottom=heights[-1], **hatched)
    kit.scales(tally, y=(0, 0.5 * total), xticks=outcomes, yticks=[0, 5, 10], ylabel="passes")
    for count, share in enumerate(probabilities):  # no tick labels: those show through a veil
        tally.text(count, -0.11 * total, f"{share:.1%}", ha="center", va="center")
    tally.set_xlabel("units dropped, and the probability of that", labelpad=19)
    tally.set_title(f"blocks: passes so far; dotted: expected in {total}")
    seen = int(np.sum(counts == latest))
    output = ", ".join(f"{value:.2f}" if value else "0" for value in y)
    return describe(
        figure,
        f"Pass {passes} drops {latest} of {n} units and puts out {output}. "
        f"So far {seen} of {passes} passes dropped {latest}; the probability is "
        f"{probabilities[latest]:.1%}.",
    )


def mask_sum(x, masks, probabilities, rate, most_dropped):
    """Draw all masks of a small layer, and its mean output added up mask by mask.

    Parameters
    ----------
    x : numpy.ndarray
        The layer before dropout, shape ``(n,)``, positive.
    masks, probabilities : numpy.ndarray
        As from `dropout_lab.masks.all_masks` at `rate`, shapes ``(2**n, n)`` and ``(2**n,)``.
    rate : float
        The rate of dropping, below 1.
    most_dropped : int
        Only masks that drop at most so many units are added up; the others stay pale.

    Returns
    -------
    matplotlib.figure.Figure
        Above, one column a mask, filled where a unit is kept, with the probability of each
        number dropped; below, the sum of probability times output, against `x`.
    """
    n = len(x)
    dropped = n - masks.sum(axis=1)
    columns = np.arange(len(masks)) + 2 * dropped  # a gap before each further unit dropped
    added = dropped <= most_dropped
    outputs = x * masks / (1 - rate)
    so_far = probabilities[added] @ outputs[added]
    figure, (grid, bars) = kit.panels(2, height=4.0, left=0.09, top=0.86, bottom=0.02, hspace=0.5)
    for chosen, alpha in ((added, 1.0), (~added, 0.3)):
        mask, unit = np.nonzero(masks & chosen[:, None])
        grid.bar(columns[mask], 0.7, 0.7, bottom=unit - 0.35, color=kit.ORANGE, alpha=alpha)
        mask, unit = np.nonzero(~masks & chosen[:, None])
        grid.plot(*_boxes(columns[mask], unit), alpha=alpha, **_HOLLOW)
    for k in range(n + 1):
        middle, share = columns[dropped == k].mean(), probabilities[dropped == k].sum()
        weight = "bold" if k <= most_dropped else "normal"
        grid.text(middle, -0.8, f"{k}", ha="center", weight=weight)
        grid.text(middle, n + 0.1, f"{share:.1%}", ha="center", fontsize=9, weight=weight)
    figure.text(0.09, 0.95, "every mask, by the number of units dropped", fontsize=10.5)
    rows = np.arange(n)
    bars.barh(rows, x, 0.8, fill=False, edgecolor=kit.BLUE, linestyle="--")
    bars.barh(rows, so_far, 0.55, color=kit.ORANGE)
    for row, value in enumerate(so_far):
        bars.text(x[row] + 0.1, row, f"{value:.2f}", va="center")
    bars.set_title("probability × output, added up (dashed: x)", y=1.03)
    labels = {row: f"{value:g}" for row, value in enumerate(x)}
    for panel, limits in ((grid, (-1.2, columns[-1] + 1.8)), (bars, (0, 1.13 * max(x)))):
        kit.scales(panel, x=limits, y=(n - 0.4, -0.6), xticks=[], yticks=labels)
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.tick_params(length=0)
    sums = ", ".join(f"{value:.2f}" for value in so_far)
    return describe(
        figure,
        f"At rate {rate:g}, the {added.sum()} of {len(masks)} masks that drop at most "
        f"{most_dropped} units have probability {probabilities[added].sum():.1%} together; "
        f"probability times output adds up to {sums}.",
    )


def mask_grid(mask, kind, decisions, noise):
    """Draw the mask of a layer whose output is a table of positions and channels.

    Parameters
    ----------
    mask : numpy.ndarray of bool
        Shape ``(positions, channels)``, True where an entry is kept.
    kind : str
        What the mask is called, for the title.
    decisions : int
        How many independent decisions made the mask.
    noise : float
        Standard deviation of the sum of equal entries, as a share of that sum.

    Returns
    -------
    matplotlib.figure.Figure
        Filled squares are kept, hollow crossed ones dropped.
    """
    figure, panel = kit.panels(height=3.5, left=0.08, right=0.98, top=0.91, bottom=0.18)
    _draw_mask(panel, mask)
    panel.set(xlabel="channel", ylabel="position")
    panel.spines[:].set_visible(False)
    panel.set_title(f"{kind} mask: {(~mask).sum()} of {mask.size} entries dropped")
    figure.text(0.08, 0.03, f"{decisions} independent decisions; noise of the sum {noise:.1%}")
    return describe(
        figure,
        f"The {kind} mask takes {decisions} independent decisions; this one drops "
        f"{(~mask).sum()} of {mask.size} entries. If all entries are equal, the standard "
        f"deviation of their sum is {noise:.1%} of it.",
    )


def keep_or_drop(as_keep, as_drop, number, meaning):
    """Draw what one number does to a layer, read as keep and read as drop.

    Parameters
    ----------
    as_keep, as_drop : numpy.ndarray of bool
        The mask if `number` is the probability of keeping, and if it is that of dropping;
        the same two-dimensional shape.
    number : float
        The number in the code, strictly between 0 and 1.
    meaning : {"keep", "drop"}
        What the author of the code means.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels, the intended one framed.
    """
    figure, both = kit.panels(2, height=4.0, left=0.03, top=0.92, bottom=0.03, hspace=0.3)
    words = []
    for panel, reading, mask in zip(both, ("keep", "drop"), (as_keep, as_drop), strict=True):
        keep = number if reading == "keep" else 1 - number
        intended = reading == meaning
        verdict = "as meant" if intended else "misread"
        _draw_mask(panel, mask)
        panel.spines[:].set(visible=intended, linewidth=1.6)
        panel.set_title(
            f"{verdict}: {reading} {number:g}, {mask.sum()} kept; inverted: × {1 / keep:.2f}",
            weight="bold" if intended else "normal",
        )
        words.append(
            f"{verdict} as {reading} {number:g}, {mask.sum()} of {mask.size} units stay, "
            f"inverted dropout multiplies them by {1 / keep:.2f}"
        )
    meant, wrong = words if meaning == "keep" else words[::-1]
    return describe(figure, f"Read {meant}; {wrong}.")


def _draw_mask(panel, mask):
    """Fill a square where a two-dimensional mask keeps; where it drops, cross an empty one."""
    (rows, columns), (gone_rows, gone_columns) = np.nonzero(mask), np.nonzero(~mask)
    panel.bar(columns, 0.7, 0.7, bottom=rows - 0.35, color=kit.ORANGE)
    panel.plot(*_boxes(gone_columns, gone_rows), **_HOLLOW)
    panel.plot(*_crosses(gone_columns, gone_rows), **_HOLLOW)
    height, width = mask.shape
    kit.scales(panel, x=(-0.7, width - 0.3), y=(height - 0.3, -0.7), xticks=[], yticks=[])


def _boxes(x, y, width=0.7, height=0.7):
    """Return one line, broken by NaN, that goes around a box centered at each point."""
    around = np.array([[-1, 1, 1, -1, -1, np.nan], [-1, -1, 1, 1, -1, np.nan]]) / 2
    return _at_each(x, y, around * [[width], [height]])


def _crosses(x, y):
    """Return one line, broken by NaN, that draws a cross at each point."""
    return _at_each(x, y, 0.2 * np.array([[-1, 1, np.nan] * 2, [-1, 1, np.nan, 1, -1, np.nan]]))


def _at_each(x, y, stroke):
    """Repeat a stroke at each point: one line is drawn much faster than many patches."""
    x, y = np.broadcast_arrays(x, y)
    return (x[:, None] + stroke[0]).ravel(), (y[:, None] + stroke[1]).ravel()
