"""Figures of chapter 13: a recommendation with its evidence, and what more seeds are worth."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval, verdict
from dropout_lab.lessons import kit

__all__ = ["evidence_figure", "recommendation_figure", "seeds_figure"]

_LOOKS = {
    "helps": {"color": kit.ORANGE, "marker": "o"},
    "harms": {"color": kit.BLUE, "marker": "v"},
    "unclear": {"color": kit.GRAY, "marker": "s"},
}


def recommendation_figure(found, evidence=None, rows=()):
    """Draw a recommendation: the advice, the rates worth a trial, and a measurement or sources.

    Parameters
    ----------
    found : dropout_lab.lessons.ch13.decision.Recommendation
        What `dropout_lab.lessons.ch13.decision.recommend` returned.
    evidence : dropout_lab.lessons.ch13.evidence.Evidence, optional
        What to show beside the advice, if something of this kind was measured.
    rows : sequence of dropout_lab.lessons.ch13.evidence.Row, optional
        Its lines.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are the intervals of the rows.
    """
    figure, scale, panel = kit.placed(4.2, (0.05, 0.76, 0.9, 0.05), (0.36, 0.12, 0.61, 0.43))
    figure.text(0.03, 0.95, found.rule.says, va="center", fontsize=11.5)
    figure.text(0.03, 0.875, found.doubt.says if found.doubt else "", va="center")
    if found.rule.rates:
        scale.barh([0], [found.up_to], 1.0, color=kit.ORANGE, alpha=0.35)
        kit.point(scale, found.rate, 0, "o", kit.ORANGE, 9, clip_on=False)
        ticks = {tick / 10: f"{tick / 10:.1f}" if tick else "rate 0" for tick in range(10)}
        kit.scales(scale, x=(0, 0.9), y=(-1, 1), xticks=ticks, yticks=[])
        scale.spines["left"].set_visible(False)
    else:
        scale.set_axis_off()
    if evidence:
        where = f"Chapter {evidence.chapter}: {evidence.title}"
        _draw_gains(panel, evidence, rows)
        basis = _say(evidence, rows)
    else:
        where = "Not measured here. What others did or found:"
        panel.set_axis_off()
        for line, source in enumerate(found.sources):
            figure.text(0.06, 0.5 - 0.075 * line, source, va="center")
        basis = f"{where} {'; '.join(found.sources)}."
    figure.text(0.03, 0.6, where, va="center")
    return describe(figure, f"{found} {basis}")


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
        Bars are the intervals of the rows.
    """
    figure, panel = kit.placed(3.4, (0.36, 0.15, 0.61, 0.61))
    figure.text(0.03, 0.945, f"Chapter {evidence.chapter}: {evidence.title}", va="center")
    for x, (name, look) in zip((0.36, 0.57, 0.78), _LOOKS.items(), strict=True):
        kit.point_key(figure, (x, 0.845, {**look, "linestyle": "none"}, name))
    _draw_gains(panel, evidence, rows)
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
    """
    figure, panel = kit.panels(height=3.2, top=0.86, bottom=0.155)
    panel.axhline(0, color=INK, linewidth=0.8)
    for seeds in range(2, count + 1):
        mean, half = t_interval(differences[:seeds])
        look = {"capsize": 2, "alpha": 0.45, "linewidth": 1.2}
        if seeds == count:
            look = {"capsize": 4, "alpha": 1.0, "linewidth": 2.4}
        panel.errorbar(seeds, mean, half, **look, **_LOOKS[verdict(mean, half)])
    panel.plot(np.arange(1, count + 1), differences[:count], "_", color=INK, markersize=9)
    seeds = range(1, len(differences) + 1)
    ticks = kit.labeled((-4, -2, 0, 2, 4), "+g")
    kit.scales(panel, x=(0.5, seeds[-1] + 0.5), y=(-4, 4), xticks=seeds, yticks=ticks, grid="y")
    panel.set(xlabel="seeds looked at", title=f"{title}: gain in {unit}")
    return describe(
        figure,
        f"{title}, {count} seeds: the gain is {kit.signed(mean)} ± {half:.2f} {unit}, which says: "
        f"{verdict(mean, half)}. The seeds range from {kit.signed(differences[:count].min())} to "
        f"{kit.signed(differences[:count].max())}.",
    )


def _draw_gains(panel, evidence, rows):
    """Draw one line for each row, the first on top."""
    panel.axvline(0, color=INK, linewidth=0.8)
    gains, halves = ([getattr(row, part) for row in rows] for part in ("gain", "half"))
    looks = [{**_LOOKS[row.verdict], "linewidth": 2} for row in rows]
    kit.forest(panel, [row.label for row in rows], gains, halves, looks)
    low, high = evidence.limits
    panel.set(xlim=evidence.limits, xlabel=f"gain, {evidence.unit}")
    panel.set_xticks([tick for tick in panel.get_xticks() if low <= tick <= high])
    panel.spines["left"].set_visible(False)


def _say(evidence, rows):
    """Return the numbers in words."""
    lines = "; ".join(
        f"{row.label} {kit.signed(row.gain)}" + (f" ± {row.half:.2f}" if row.half else "")
        for row in rows
    )
    return f"Chapter {evidence.chapter}, {evidence.title}, gain in {evidence.unit}: {lines}."
