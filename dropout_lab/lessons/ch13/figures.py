"""Figures of chapter 13: a recommendation with its evidence, and what more seeds are worth."""

import matplotlib.pyplot as plt
import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval, verdict
from dropout_lab.lessons.kit import signed

__all__ = ["evidence_figure", "recommendation_figure", "seeds_figure"]

_BLUE, _ORANGE, _GRAY = COLORS["without"], COLORS["with"], COLORS["dropped"]
_LOOKS = {"helps": (_ORANGE, "o"), "harms": (_BLUE, "v"), "unclear": (_GRAY, "s")}


def recommendation_figure(found, evidence, rows):
    """Draw a recommendation: the advice, the rates worth a trial, and a measurement.

    Parameters
    ----------
    found : dropout_lab.lessons.ch13.decision.Recommendation
        What `dropout_lab.lessons.ch13.decision.recommend` returned.
    evidence : dropout_lab.lessons.ch13.evidence.Evidence
        What to show beside the advice.
    rows : sequence of dropout_lab.lessons.ch13.evidence.Row
        Its lines.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.0 inches. Bars are the intervals of the rows.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.0))
    figure.text(0.03, 0.945, found.rule.says, va="center", fontsize=11.5)
    scale = figure.add_axes((0.05, 0.79, 0.9, 0.055))
    scale.barh([0], [found.up_to], 1.0, color=_ORANGE, alpha=0.35)
    scale.plot(found.rate, 0, "o", color=_ORANGE, markeredgecolor=INK, markersize=9, clip_on=False)
    scale.set(xlim=(0, 0.9), ylim=(-1, 1), yticks=[])
    ticks = np.arange(10) / 10
    scale.set_xticks(ticks, ["rate 0", *(f"{tick:.1f}" for tick in ticks[1:])])
    scale.spines["left"].set_visible(False)
    if not found.measured:
        figure.text(0.03, 0.66, "This layer was not measured here. Nearest:", va="center")
    figure.text(0.03, 0.605, f"Chapter {evidence.chapter}: {evidence.title}", va="center")
    _forest(figure.add_axes((0.36, 0.13, 0.61, 0.43)), evidence, rows)
    nearest = "" if found.measured else "This layer was not measured here; the nearest is: "
    return describe(figure, f"{found} {nearest}{_say(evidence, rows)}")


def evidence_figure(evidence, rows):
    """Draw gains by dropout with their intervals.

    Parameters
    ----------
    evidence : dropout_lab.lessons.ch13.evidence.Evidence
        What was measured.
    rows : sequence of dropout_lab.lessons.ch13.evidence.Row
        Its lines.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.0 inches. Bars are the intervals of the rows.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.0))
    figure.text(0.03, 0.94, f"Chapter {evidence.chapter}: {evidence.title}", va="center")
    for x, name in zip((0.36, 0.57, 0.78), _LOOKS, strict=True):
        color, marker = _LOOKS[name]
        figure.add_artist(plt.Line2D([x], [0.845], marker=marker, color=color, ls="none"))
        figure.text(x + 0.025, 0.845, name, va="center")
    _forest(figure.add_axes((0.36, 0.17, 0.61, 0.6)), evidence, rows)
    return describe(figure, _say(evidence, rows))


def seeds_figure(differences, count, unit, title):
    """Draw what the first few seeds say about a difference, and how that changes with more.

    Parameters
    ----------
    differences : numpy.ndarray
        With minus without dropout, one value a seed, shape (seeds,), 2 to 10 of them.
    count : int
        How many seeds are looked at, at least 2.
    unit : str
        Unit of the differences.
    title : str
        What was compared.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.2 inches.
    """
    figure, panel = plt.subplots(figsize=(FIGURE_WIDTH, 3.2))
    figure.subplots_adjust(left=0.125, right=0.97, top=0.86, bottom=0.155)
    panel.axhline(0, color=INK, linewidth=0.8)
    for seeds in range(2, count + 1):
        mean, half = t_interval(differences[:seeds])
        color, marker = _LOOKS[verdict(mean, half)]
        strong = seeds == count
        panel.errorbar(
            seeds,
            mean,
            half,
            color=color,
            marker=marker,
            capsize=4 if strong else 2,
            alpha=1.0 if strong else 0.45,
            linewidth=2.4 if strong else 1.2,
        )
    panel.plot(np.arange(1, count + 1), differences[:count], "_", color=INK, markersize=9)
    panel.set(xlim=(0.5, len(differences) + 0.5), ylim=(-4, 4), xlabel="seeds looked at")
    panel.set_xticks(range(1, len(differences) + 1))
    panel.set_yticks([-4, -2, 0, 2, 4], ["−4", "−2", "0", "+2", "+4"])
    panel.grid(axis="y")
    panel.set_title(f"{title}: gain in {unit}")
    return describe(
        figure,
        f"{title}, {count} seeds: the gain is {signed(mean)} ± {half:.2f} {unit}, which says: "
        f"{verdict(mean, half)}. The seeds range from {signed(differences[:count].min())} to "
        f"{signed(differences[:count].max())}.",
    )


def _forest(panel, evidence, rows):
    """Draw one line for each row, the first on top."""
    panel.axvline(0, color=INK, linewidth=0.8)
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows, strict=True):
        color, marker = _LOOKS[row.verdict]
        panel.errorbar(
            row.gain, place, xerr=row.half, color=color, marker=marker, capsize=3, linewidth=2
        )
    panel.set(xlim=evidence.limits, ylim=(-0.6, len(rows) - 0.4), xlabel=f"gain, {evidence.unit}")
    panel.set_yticks(places, [row.label for row in rows])
    low, high = evidence.limits
    panel.set_xticks([tick for tick in panel.get_xticks() if low <= tick <= high])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(axis="x")


def _say(evidence, rows):
    """Return the numbers in words."""
    lines = "; ".join(
        f"{row.label} {signed(row.gain)} ± {row.half:.2f}"
        if row.half
        else f"{row.label} {signed(row.gain)}"
        for row in rows
    )
    return f"Chapter {evidence.chapter}, {evidence.title}, gain in {evidence.unit}: {lines}."
