"""Figures of chapter 6: the toy payments, the card transactions, and what a detector is worth."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = [
    "alert_budget",
    "calibration",
    "decision_surface",
    "detector_scores",
    "drift_curves",
    "importance_bars",
    "precision_recall",
    "toy_losses",
]

_DROPOUT = {**kit.DROPOUT, "linestyle": (0, (5, 1.5))}
_INPUT = {"color": kit.ORANGE, "linestyle": "-", "marker": "^", "linewidth": 2.4}
_IDEAL = {"color": INK, "linestyle": ":", "linewidth": 1.2}
_LEVELS = (0.01, 0.1, 0.5)  # probabilities of fraud at which a surface changes its shade


def toy_losses(losses, right, name):
    """Draw the training loss on five rows, one line per seed.

    Parameters
    ----------
    losses : numpy.ndarray
        Binary cross-entropy in nats while training, shape ``(seeds, epochs)``.
    right : sequence of int
        How many of the five rows each seed classifies correctly in the end.
    name : str
        How the five rows were presented.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = kit.panels(height=2.9, right=0.9, top=0.9, bottom=0.17)
    seeds, epochs = losses.shape
    shown = np.unique(np.linspace(0, epochs - 1, 34).astype(int))
    axes.plot(shown + 1, np.maximum(losses[:, shown].T, 0.011), color=kit.ORANGE, linewidth=0.9)
    for height, text in ((40.0, "40"), (float(np.log(2)), "0.69")):
        axes.axhline(height, **kit.TARGET)
        axes.text(epochs + 3, height, text, va="center")
    perfect = int(np.sum(np.asarray(right) == 5))
    kit.scales(
        axes, x=(1, epochs + 1), y=(0.01, 2000), log="y", xlabel="epoch",
        xticks=[1, *(epochs * np.arange(1, 5) // 4)],
        yticks=kit.labeled((0.01, 0.1, 1, 10, 100, 1000)),
        title=f"Loss of {seeds} seeds; all five rows right: {perfect} of {seeds}",
    )  # fmt: skip
    return describe(
        figure,
        f"{name}: after {epochs} epochs the median loss of {seeds} seeds is "
        f"{np.median(losses[:, -1]):.2f}, and {perfect} of {seeds} networks classify all five "
        "rows correctly.",
    )


def importance_bars(names, plain, dropout, ideal, rate, where):
    """Draw how much average precision each column is worth, without dropout and with it.

    Parameters
    ----------
    names : sequence of str
        The d columns.
    plain, dropout : numpy.ndarray
        Permutation importance without dropout and at `rate`, shape ``(seeds, d)``.
    ideal : numpy.ndarray
        That of the ideal detector, shape ``(d,)``.
    rate : float
        The dropout rate.
    where : str
        What is dropped: ``"hidden units"`` or ``"inputs"``.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, axes = kit.panels(height=3.3, left=0.105, right=0.98, top=0.92, bottom=0.15)
    places = kit.categories(axes, [name.replace("_", "\n") for name in names])
    (mean, half), (other, margin) = t_interval(plain.T), t_interval(dropout.T)
    kit.paired_bars(axes, places, mean, other)
    for shift, middle, reach in ((-0.2, mean, half), (0.2, other, margin)):
        bars = {"color": INK, "linestyle": "none", "elinewidth": 1.2}
        axes.errorbar(places + shift, middle, reach, **bars)
    dashed = {"color": INK, "linestyle": (0, (2, 1)), "linewidth": 1.6}
    axes.hlines(ideal, places - 0.42, places + 0.42, **dashed)
    kit.scales(axes, y=(-0.02, 0.82), yticks=[0, 0.2, 0.4, 0.6, 0.8])
    axes.set_title("Average precision lost when a column is shuffled")
    both = (0.745, "without dropout"), (0.66, f"rate {rate:.2f} on {where}")
    kit.paired_key(axes, -0.35, -0.15, *both)
    axes.plot([-0.45, -0.25], [0.575] * 2, **dashed)
    axes.text(-0.15, 0.575, "ideal detector", va="center")
    return describe(
        figure,
        f"Rate {rate:.2f} on {where}: shuffling {names[-1].replace('_', ' ')} costs "
        f"{dropout[:, -1].mean():.2f} of average precision, against {plain[:, -1].mean():.2f} "
        f"without dropout and {ideal[-1]:.2f} for the ideal detector; the other columns cost "
        f"{dropout[:, :-1].mean():.2f} each on average, against {plain[:, :-1].mean():.2f}.",
    )


def drift_curves(drifts, scores, rate):
    """Draw average precision while the crutch fails.

    Parameters
    ----------
    drifts : sequence of float
        The k drifts.
    scores : mapping of str to numpy.ndarray
        Average precision, shape ``(seeds, k)`` each, under ``"plain"``, ``"hidden"``,
        ``"input"``, ``"without score"`` and ``"told"``.
    rate : float
        The dropout rate of ``"hidden"`` and ``"input"``.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, axes = kit.panels(height=3.7, left=0.08, right=0.61, top=0.92, bottom=0.135)
    hollow_gray = {"color": kit.GRAY, "linestyle": ":", "marker": "v", "markerfacecolor": "none"}
    rows = (
        ("told", _IDEAL, "ideal, told"),
        ("without score", hollow_gray, "without score"),
        ("plain", kit.PLAIN, "no dropout"),
        ("hidden", _DROPOUT, "hidden units"),
        ("input", _INPUT, "inputs"),
    )
    axes.plot(drifts, scores["told"].mean(axis=0), **_IDEAL)
    for number, (name, look, _) in enumerate(rows[1:], start=1):
        places = np.asarray(drifts) + 0.008 * (number - 2.5)
        kit.interval_line(axes, places, scores[name].T, elinewidth=1.1, **look)
    ticks = [0, 0.2, 0.4, 0.6, 0.8]
    kit.scales(axes, x=(-0.03, 1.03), y=(0, 0.95), xticks=drifts, yticks=ticks, grid="y")
    axes.set(xlabel="drift: share of frauds that imitate")
    axes.set_title(f"Average precision, with dropout of rate {rate:.2f}")
    last = {name: float(values[:, -1].mean()) for name, values in scores.items()}
    named = [(last[name], f"{last[name]:.2f} {text}", look) for name, look, text in rows]
    kit.label_ends(axes, 1.13, *named, least=12)
    ends = {name: (values[:, 0].mean(), values[:, -1].mean()) for name, values in scores.items()}
    return describe(
        figure,
        f"Rate {rate:.2f}: from drift 0 to drift 1 average precision falls from "
        f"{ends['plain'][0]:.2f} to {ends['plain'][1]:.2f} without dropout, from "
        f"{ends['hidden'][0]:.2f} to {ends['hidden'][1]:.2f} with dropout on hidden units, and "
        f"from {ends['input'][0]:.2f} to {ends['input'][1]:.2f} with dropout on inputs; trained "
        f"without the score it stays at {ends['without score'][1]:.2f}.",
    )


def decision_surface(amounts, hours, log_odds, ideal, title, at):
    """Draw the probability of fraud over amount and hour, with the ideal detector's contours.

    Parameters
    ----------
    amounts : numpy.ndarray
        In euros, shape ``(a,)``.
    hours : numpy.ndarray
        Of the day, shape ``(h,)``.
    log_odds, ideal : numpy.ndarray
        Of the network and of the ideal detector, shape ``(h, a)``.
    title : str
        What was trained, for the title.
    at : tuple of float
        Amount and hour whose probability the sentence states: grid points.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = kit.panels(height=3.5, left=0.105, right=0.945, top=0.82, bottom=0.145)
    levels = np.log(np.array(_LEVELS) / (1 - np.array(_LEVELS)))
    top = max(60.0, float(log_odds.max()) + 1)
    shades, lines = (0.18, 0.45, 0.85), ("dotted", "dashed", "solid")
    bands = axes.contourf(amounts, hours, log_odds, [*levels, top], colors=[kit.ORANGE] * 3)
    bands.set_alpha(list(shades))
    axes.contour(amounts, hours, ideal, levels, colors=INK, linewidths=1.2, linestyles=lines)
    kit.scales(
        axes, x=(amounts[0], amounts[-1]), y=(0, 24), log="x", yticks=[0, 6, 12, 18, 24],
        xticks=kit.labeled((1, 10, 100, 1000, 10000)), xlabel="amount in euros",
        title=f"{title}; hour of the day upward",
    )  # fmt: skip
    for x, shade, line, level in zip((0.105, 0.36, 0.63), shades, lines, _LEVELS, strict=True):
        box = plt.Rectangle((x, 0.945), 0.045, 0.036, facecolor=kit.ORANGE, alpha=shade)
        figure.add_artist(box)
        look = {"color": INK, "linewidth": 1.2, "linestyle": line}
        figure.add_artist(plt.Line2D([x + 0.055, x + 0.105], [0.963] * 2, **look))
        figure.text(x + 0.115, 0.962, f"from {level:.0%}", va="center", fontsize=9.5)
    column = int(np.argmin(np.abs(amounts - at[0])))
    row = int(np.argmin(np.abs(hours - at[1])))
    chances = [1 / (1 + np.exp(-grid[row, column])) for grid in (log_odds, ideal)]
    return describe(
        figure,
        f"{title}: for {at[0]:.0f} euros at {at[1]:.0f} o'clock the network sees a probability "
        f"of fraud of {chances[0]:.1%}, the ideal detector {chances[1]:.1%}.",
    )


def alert_budget(recalls, precisions, frauds, rows, alerts, found):
    """Draw a precision-recall curve with the budget on it, and what that budget finds and misses.

    Parameters
    ----------
    recalls, precisions : numpy.ndarray
        The curve, shape ``(k,)`` each.
    frauds, rows : int
        Number of frauds, and of transactions.
    alerts, found : int
        How many of the most suspicious transactions are looked at, and how many of those are
        frauds.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (top, bottom) = kit.panels(
        2, height=4.0, top=0.925, bottom=0.04, hspace=0.62, height_ratios=(1.75, 1)
    )
    top.plot(recalls, precisions, color=kit.BLUE)
    top.axhline(frauds / rows, **kit.TARGET)
    if alerts:
        kit.point(top, found / frauds, found / alerts, "o", kit.BLUE, 9)
    kit.scales(top, x=(0, 1.02), y=(0, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    top.set(xlabel="recall: share of frauds found")
    top.set_title("Precision: share of alerts that are frauds")

    missed, false = frauds - found, alerts - found
    wrong = missed + false
    bottom.barh(1, found, 0.6, color=kit.BLUE)
    bottom.barh(1, missed, 0.6, left=found, linestyle="--", facecolor="none", edgecolor=kit.GRAY)
    bottom.barh(0, found, 0.6, color=kit.BLUE)
    bottom.barh(0, false, 0.6, left=found, **kit.HATCHED)
    bottom.text(frauds + 12, 1, f"{found} frauds found, {missed} missed", va="center")
    bottom.text(alerts + 12, 0, f"{alerts} alerts, {false} false", va="center")
    bottom.set(xlim=(0, 780), ylim=(-0.5, 1.5))
    bottom.axis("off")
    bottom.set_title(f"Accuracy {1 - wrong / rows:.2%}, never alerting {1 - frauds / rows:.2%}")
    precision = f" and a precision of {found / alerts:.2f}" if alerts else ""
    return describe(
        figure,
        f"With {alerts} alerts among {rows:,} transactions, {found} of {frauds} frauds are found"
        f", a recall of {found / frauds:.2f}{precision}; the accuracy is "
        f"{1 - wrong / rows:.2%}, and {1 - frauds / rows:.2%} for never alerting.",
    )


def precision_recall(recalls, curves, rate, prevalence):
    """Draw mean precision-recall curves of detectors with and without dropout.

    Parameters
    ----------
    recalls : sequence of float
        The k recalls.
    curves : mapping of str to numpy.ndarray
        Precision, shape ``(seeds, k)`` each, under ``"plain"``, ``"hidden"``, ``"input"`` and
        ``"ideal"``.
    rate : float
        The dropout rate of ``"hidden"`` and ``"input"``.
    prevalence : float
        Share of frauds: the precision of blind alerts.

    Returns
    -------
    matplotlib.figure.Figure
        Bars at three recalls are 95 % t intervals over seeds.
    """
    figure, axes = kit.panels(height=3.7, left=0.105, right=0.98, top=0.77, bottom=0.135)
    recalls = np.asarray(recalls)
    marked = [int(np.argmin(np.abs(recalls - x))) for x in (0.25, 0.5, 0.75)]
    rows = (
        ("ideal", _IDEAL, "ideal detector", 0.565, 0.89),
        ("plain", kit.PLAIN, "no dropout", 0.105, 0.955),
        ("hidden", _DROPOUT, f"rate {rate:.2f}, hidden units", 0.105, 0.89),
        ("input", _INPUT, f"rate {rate:.2f}, inputs", 0.565, 0.955),
    )
    for name, look, *_ in rows:
        mean, half = t_interval(curves[name].T)
        axes.plot(recalls, mean, **look, markevery=marked)
        if name != "ideal":
            bars = {"color": look["color"], "linestyle": "none", "elinewidth": 1.1}
            axes.errorbar(recalls[marked], mean[marked], half[marked], **bars)
    kit.line_key(figure, *((x, y, look, text) for _, look, text, x, y in rows), fontsize=9.5)
    axes.axhline(prevalence, **kit.TARGET)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    kit.scales(axes, x=(0, 1.02), y=(0, 1.04), xticks=ticks, yticks=ticks)
    axes.set(xlabel="recall: share of frauds found")
    axes.set_title("Precision: share of alerts that are frauds")
    half_way = {name: curves[name][:, marked[1]].mean() for name in curves}
    return describe(
        figure,
        f"Rate {rate:.2f}: to find half of the frauds, the share of alerts that are frauds is "
        f"{half_way['plain']:.2f} without dropout, {half_way['hidden']:.2f} with dropout on "
        f"hidden units, {half_way['input']:.2f} with dropout on inputs and "
        f"{half_way['ideal']:.2f} for the ideal detector.",
    )


def calibration(plain, dropout, rate, where):
    """Draw observed shares of fraud against predicted probabilities, on logarithmic axes.

    Parameters
    ----------
    plain, dropout : numpy.ndarray
        Counts summed over seeds, shape ``(3, bins)``: rows, sum of predicted probabilities,
        frauds. Bins with fewer than 20 rows or without a fraud are not drawn.
    rate : float
        The dropout rate of the second.
    where : str
        What is dropped: ``"hidden units"`` or ``"inputs"``.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % Wilson intervals of the pooled counts.
    """
    figure, axes = kit.panels(height=3.6, top=0.92, bottom=0.14)
    ends = (1e-4, 1.2)
    axes.plot(ends, ends, **kit.TARGET)
    said = []
    for counts, look in ((plain, kit.PLAIN), (dropout, _DROPOUT)):
        rows, predicted, frauds = counts[:, (counts[0] >= 20) & (counts[2] > 0)]
        low, high = _wilson(frauds, rows)
        share = frauds / rows
        axes.errorbar(predicted / rows, share, (share - low, high - share), elinewidth=1.1, **look)
        rows, predicted, frauds = counts[:, -1]
        said.append(f"{predicted / rows:.2f} and {frauds / rows:.2f}" if rows else "no rows")
    key = (0.6, kit.PLAIN, "no dropout"), (0.25, _DROPOUT, f"rate {rate:.2f} on {where}")
    for height, look, text in key:
        axes.plot([1.3e-4, 2.1e-4, 3.4e-4], [height] * 3, markevery=[1], **look)
        axes.text(4.2e-4, height, text, va="center")
    ticks = kit.labeled((0.0001, 0.001, 0.01, 0.1, 1))
    kit.scales(axes, x=ends, y=ends, xticks=ticks, yticks=ticks, log="xy")
    axes.set(xlabel="predicted probability of fraud", title="Share of frauds that came true")
    return describe(
        figure,
        f"Rate {rate:.2f} on {where}: where a probability of at least 0.75 is predicted, mean "
        f"prediction and share of frauds are {said[1]}, without dropout {said[0]}.",
    )


def detector_scores(names, mean, half, roles, title, limits):
    """Draw one score of several detectors, one row each, with its interval.

    Parameters
    ----------
    names : sequence of str
        The detectors, top row first.
    mean, half : numpy.ndarray
        Their scores and half of each interval, shape ``(detectors,)``.
    roles : sequence of str
        One for each detector: ``"baseline"``, ``"without"`` or ``"with"`` dropout. A line marks
        the mean of the first one without.
    title : str
        What the score is.
    limits : tuple of float
        Ends of the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are the intervals.
    """
    figure, axes = kit.panels(height=3.4, left=0.39, right=0.95, top=0.92, bottom=0.1)
    compare = list(roles).index("without")
    axes.axvline(mean[compare], **{**kit.TARGET, "color": kit.BLUE})
    baseline = {"color": kit.GRAY, "marker": "D", "markerfacecolor": "none"}
    looks = {"baseline": baseline, "without": kit.PLAIN, "with": kit.DROPOUT}
    rows = [{**looks[role], "linestyle": "none", "markersize": 7} for role in roles]
    kit.forest(axes, names, mean, half, rows)
    axes.set_xlim(limits)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(title, loc="left", x=-0.64)
    best = int(np.argmax(mean))
    return describe(
        figure,
        f"{title}: {names[compare]} {mean[compare]:.3f} plus or minus {half[compare]:.3f}; "
        f"highest is {names[best]} with {mean[best]:.3f} plus or minus {half[best]:.3f}, lowest "
        f"{names[int(np.argmin(mean))]} with {mean.min():.3f}.",
    )


def _wilson(hits, trials):
    """Return the ends of the 95 % Wilson score interval of a share."""
    z = 1.96
    share, weight = hits / trials, z**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * np.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return middle - half, middle + half
