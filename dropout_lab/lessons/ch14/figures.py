"""Figures of chapter 14: places in a block, two norms, and the evidence of two studies."""

import numpy as np
from matplotlib.patches import Polygon

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit
from dropout_lab.lessons.ch14.places import SEQUENCES, TOKENS

__all__ = ["norm_shifts", "pass_effects", "path_effects", "place_factors", "stream_points"]

_PATH = {"color": INK, "linestyle": ":", "marker": "D"}  # whole updates, where units are orange


def place_factors(factors, place, name, rate, draw):
    """Draw where in a block dropout stands, and what it multiplies there.

    Parameters
    ----------
    factors : numpy.ndarray
        Shape (rows, columns); nan where there is nothing.
    place : dropout_lab.lessons.ch14.places.Place
        Says where.
    name : str
        Of the place.
    rate : float
        Probability of dropping.
    draw : int
        Number of the mask.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, block, grid = kit.placed(3.9, (0.01, 0.02, 0.4, 0.9), (0.52, 0.1, 0.46, 0.8))
    _draw_block(block, place)
    columns = factors.shape[1]
    kit.show_cells(grid, factors)
    _stroke(grid, factors == 0, 0.2, kit.GRAY)
    _stroke(grid, factors > 0, 0.8, kit.ORANGE)
    for sequence in range(1, SEQUENCES):
        at = sequence * TOKENS - 0.5
        grid.plot([-0.5, columns - 0.5], [at, at], color=INK, linewidth=0.8)
    figure.text(0.75, 0.95, name, ha="center", va="center", fontsize=10.5)
    figure.text(0.75, 0.05, place.columns, ha="center", va="center")
    for sequence in range(SEQUENCES):
        y = 0.9 - 0.8 * (sequence + 0.5) / SEQUENCES
        words = f"sequence {sequence + 1}"
        figure.text(0.49, y, words, ha="center", va="center", rotation=90)
    zeros, some = np.sum(factors == 0), np.sum(~np.isnan(factors))
    return describe(
        figure,
        f"Dropout on the {name}, rate {rate:.1f}, draw {draw}: {place.decisions()} decisions for "
        f"{some} factors, of which {zeros} are 0. Rows are the tokens of {SEQUENCES} sequences.",
    )


def _draw_block(panel, place):
    """Draw a block from the bottom up, with the place of dropout marked."""
    panel.set(xlim=(0, 10), ylim=(0, 20.5))
    panel.axis("off")
    panel.annotate(
        "", (1.5, 20.4), (1.5, 1.6), arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 1.4}
    )
    panel.text(0.1, 0.7, "embeddings", va="center")
    for base, word in ((4.4, "attention"), (12.8, "small net")):
        panel.plot([1.5, 6, 6], [base, base, base + 0.8], color=INK, linewidth=1)
        panel.plot([6, 6], [base + 2.4, base + 3.2], color=INK, linewidth=1)
        panel.plot([6, 6, 1.5], [base + 4.8, base + 5.8, base + 5.8], color=INK, linewidth=1)
        panel.plot(1.5, base + 5.8, "+", color=INK, markersize=9)
        for y, text in ((base + 1.6, "norm"), (base + 4, word)):
            panel.text(6, y, text, ha="center", va="center")
            panel.add_patch(_box(3.4, y - 0.8, 5.2, 1.6))
    spots = {
        "entry": [(1.5, 3)],
        "weights": [(9.3, 8.8)],
        "output": [(3.6, 10.2), (3.6, 18.6)],
        "hidden": [(9.3, 17.2)],
        "lora": [(9.3, 7.6), (9.3, 16)],
    }
    for x, y in (spot for each in spots.values() for spot in each):
        panel.plot(x, y, "o", color="none", markeredgecolor=kit.GRAY, markersize=8)
    for x, y in spots[place.spot]:
        kit.point(panel, x, y, "s", kit.ORANGE, 10)


def _box(x, y, width, height):
    """Return a rectangle in ink, as a polygon: it is no bar."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return Polygon(corners, **kit.hollow(linewidth=0.8))


def stream_points(ways, rate):
    """Draw two numbers of the residual stream under all masks on an update, for each way to drop.

    Parameters
    ----------
    ways : mapping of str to tuple of numpy.ndarray
        For each of two ways the numbers, shape (masks, 2), and the probability of each mask.
    rate : float
        Probability of dropping.

    Returns
    -------
    matplotlib.figure.Figure
        The area of a square is in proportion to the probability of its mask.
    """
    figure, said = kit.under_all_masks(ways, "number", (0, 5), ticks=[0, 2, 4])
    for panel, (points, chances) in zip(figure.axes, ways.values(), strict=True):
        panel.plot(*(chances @ points), "+", color=INK, markersize=10)
    return describe(
        figure,
        f"Two numbers of the stream under all masks of rate {rate:.1f}: {said}. "
        "A cross marks the mean, which is the same.",
    )


def norm_shifts(found, rate):
    """Draw what two norms pass on at inference, as a share of what they pass on while training.

    Parameters
    ----------
    found : mapping of str to tuple of float
        For each norm by how much its variance changes, and the mean of a number.
    rate : float
        Probability of dropping in front of it.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, both = kit.panels(1, 2, height=2.6, left=0.24, top=0.86, bottom=0.2, wspace=0.15)
    names, told = list(found), []
    for panel, part, title in zip(both, (0, 1), ("variance", "mean of a number"), strict=True):
        values = [found[name][part] for name in names]
        panel.barh(range(len(names)), values, 0.5, **kit.HATCHED)
        panel.axvline(1, color=INK, linewidth=1)
        for row, value in enumerate(values):
            panel.text(value + 0.04, row, f"{value:.2f}", va="center")
        kit.scales(
            panel, x=(0, 1.75), y=(1.6, -0.6), xticks=[0, 0.5, 1, 1.5], yticks=[], title=title
        )
        told.append(f"{title} {values[0]:.2f} behind {names[0]}, {values[1]:.2f} behind {names[1]}")
    both[0].set_yticks(range(len(names)), names)
    both[0].tick_params(axis="y", length=0)
    figure.text(0.6, 0.04, "at inference ÷ while training", ha="center", va="center")
    return describe(
        figure,
        f"Dropout at rate {rate:.1f} in front of a norm, at inference divided by while "
        f"training: {'; '.join(told)}.",
    )


def pass_effects(curves, changes, passes, rate):
    """Draw losses while a text is read so often, and what dropout changed at the end.

    Parameters
    ----------
    curves : mapping of float to numpy.ndarray
        By rate the validation loss in bits, shape (seeds, looks).
    changes : mapping of int to numpy.ndarray
        By number of passes the test loss with dropout less that without, shape (seeds,).
    passes : int
        Whose curves are drawn.
    rate : float
        Which rate.

    Returns
    -------
    matplotlib.figure.Figure
        Shades and bars are 95 % t intervals over seeds.
    """
    figure, top, bottom = kit.placed(4.2, (0.125, 0.535, 0.85, 0.395), (0.125, 0.115, 0.85, 0.255))
    looks = np.arange(1, curves[0.0].shape[1] + 1) / curves[0.0].shape[1]
    ends = [curves[key].mean(axis=0)[-1] for key in (0.0, rate)]
    for key, look in ((0.0, kit.WITHOUT), (rate, kit.WITH)):
        kit.interval_band(top, looks, curves[key].T, look)
    times = "once" if passes == 1 else f"{passes} times"
    kit.scales(
        top, x=(0, 1.35), y=(2.5, 6), yticks=[3, 4, 5, 6], grid="y", xlabel="share of the steps",
        xticks=kit.percent(0, 50, 100), title=f"validation loss in bits, text read {times}",
    )  # fmt: skip
    top.spines["bottom"].set_bounds(0, 1)
    named = zip(ends, ("without", "with"), strict=True)
    kit.label_ends(top, 1.02, *((end, f"{end:.2f} {name}") for end, name in named), apart=0.45)
    bottom.axhline(0, color=INK, linewidth=0.8)
    for place, (each, values) in enumerate(changes.items()):
        look = {"color": kit.GRAY, "marker": "o", "linestyle": "none", "capsize": 4}
        if each == passes:
            look |= {"color": kit.ORANGE, "marker": "s"}
        mean, half = kit.interval_line(bottom, place, values, **look)
        if each == passes:
            change, margin = mean, half
    kit.scales(
        bottom, x=(-0.5, len(changes) - 0.5), y=(-1.6, 0.9), yticks=kit.labeled((-1, 0), "+g"),
        xticks=dict(enumerate(map(str, changes))), grid="y", xlabel="passes",
        title="test loss minus that without dropout, bits",
    )  # fmt: skip
    return describe(
        figure,
        f"Text read {times}, rate {rate:.1f}: validation loss {ends[1]:.2f} at the end, without "
        f"dropout {ends[0]:.2f}. The test loss changes by {kit.signed(change)} ± {margin:.2f} bits "
        "a character.",
    )


def path_effects(changes, rates, measure):
    """Draw what dropped units and dropped updates change, by rate.

    Parameters
    ----------
    changes : mapping of str to numpy.ndarray
        For each of two ways the difference to no dropout, shape (rates, seeds).
    rates : sequence of float
        The rates.
    measure : str
        What is measured; its unit stands behind a comma.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, panel = kit.panels(height=3.1, left=0.14, top=0.89, bottom=0.27)
    panel.axhline(0, color=INK, linewidth=0.8)
    told = []
    looks = kit.DROPOUT, _PATH
    for shift, look, (name, values) in zip((-1, 1), looks, changes.items(), strict=True):
        places = np.array(rates) + 0.006 * shift
        mean, half = kit.interval_line(panel, places, values, capsize=3, **look)
        said = (f"{kit.signed(m, 3)} ± {h:.3f}" for m, h in zip(mean, half, strict=True))
        told.append(f"{name} {', '.join(said)}")
    top, tick = {"nats": (0.18, 0.1), "points": (6.5, 4)}[measure.rpartition(", ")[2]]
    kit.scales(
        panel, x=(min(rates) - 0.04, max(rates) + 0.04), y=(-top, top), xticks=rates, grid="y",
        yticks=kit.labeled((-tick, 0, tick), "+g"), xlabel="rate",
        title=f"{measure}, minus that without dropout",
    )  # fmt: skip
    rows = zip((0.14, 0.6), looks, changes, strict=True)
    kit.line_key(figure, *((x, 0.04, look, name) for x, look, name in rows))
    listed = ", ".join(f"{rate:.1f}" for rate in rates)
    return describe(
        figure,
        f"{measure.capitalize()}, at rates {listed}, minus that without dropout: "
        f"{'; '.join(told)}.",
    )


def _stroke(axes, cells, size, color):
    """Draw cells as dashes of thick lines; `size` is how much of a cell is filled, each way."""
    box = axes.get_window_extent()
    rows, columns = cells.shape
    side = size * box.height / rows * 72 / axes.figure.dpi
    pitch = box.width / columns * 72 / axes.figure.dpi / side
    dashes = (0, (size * pitch, (1 - size) * pitch))
    strokes = [(a - size / 2, b - 1 + size / 2, row) for row, a, b in kit.runs_of(cells)]
    kit.draw_strokes(axes, strokes, side, color, linestyle=dashes)
