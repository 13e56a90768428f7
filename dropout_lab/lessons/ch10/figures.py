"""Figures of chapter 10: dropout as a penalty, sampled, in closed form, and approximated."""

import matplotlib.pyplot as plt
import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["approximation", "sampled_masks", "shared_load", "two_paths", "words_kept"]

_BLUE, _ORANGE, _GRAY = COLORS["without"], COLORS["with"], COLORS["dropped"]
_DASHES = ("-", (0, (6, 2)), (0, (1.2, 1.2)), (0, (6, 2, 1.2, 2)))


def sampled_masks(names, least_squares, exact, found, counts, distances, count, rate):
    """Draw weights fitted to masked copies beside the closed form, and how near they come.

    Parameters
    ----------
    names : sequence of str
        The d features.
    least_squares, exact : numpy.ndarray
        Weights without dropout and by the closed form, shape (d,).
    found : numpy.ndarray
        Weights fitted to `count` masked copies, shape (repeats, d).
    counts : sequence of int
        The k numbers of copies of the lower panel, `count` among them.
    distances : numpy.ndarray
        Root mean square distance of the fitted weights from the closed form and from least
        squares, shape (2, k), averaged over repeats.
    count : int
        Number of copies of this frame.
    rate : float
        Dropout rate of this frame.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars reach from the lowest to the highest repeat.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, 4.2), gridspec_kw={"height_ratios": (1.5, 1)}
    )
    figure.subplots_adjust(left=0.125, right=0.97, top=0.875, bottom=0.115, hspace=0.55)
    places = np.arange(len(names))
    top.axhline(0, color=INK, linewidth=0.6)
    low, high = found.min(axis=0), found.max(axis=0)
    top.bar(places, high - low, 0.26, low, color=_ORANGE, hatch="////")
    top.plot(places - 0.33, least_squares, "s", color=_BLUE, markersize=5)
    top.hlines(exact, places - 0.28, places + 0.28, color=INK, linewidth=2)
    top.set(xlim=(-0.6, len(names) - 0.4), ylim=(-72, 72), yticks=[-50, 0, 50])
    top.set_xticks(places, names)
    top.tick_params(axis="x", length=0)
    at = list(counts).index(count)
    looks = ((_ORANGE, "--", "o"), (_BLUE, "-", "s"))
    for row, (color, line, marker) in zip(distances, looks, strict=True):
        bottom.plot(counts, row, color=color, linestyle=line)
        bottom.plot(count, row[at], marker, color=color, markeredgecolor=INK, markersize=7)
    bottom.set(xscale="log", yscale="log", ylim=(0.4, 120), xlim=(0.8, counts[-1] * 1.25))
    bottom.minorticks_off()
    bottom.set_xticks(counts, [str(k) for k in counts])
    bottom.set_yticks([1, 10, 100], ["1", "10", "100"])
    bottom.set_xlabel("masked copies of the data")
    bottom.set_title("distance from the closed form and from least squares")
    for panel in (top, bottom):
        panel.grid(axis="y")
    marks = (
        (0.125, "s", _BLUE, "least squares"),
        (0.4, "_", INK, "closed form"),
        (0.66, "s", _ORANGE, f"{count} masked cop{'y' if count == 1 else 'ies'}"),
    )
    for x, marker, color, text in marks:
        mark = plt.Line2D([x + 0.012], [0.94], marker=marker, color=color, ls="none", ms=8, mew=2)
        figure.add_artist(mark)
        figure.text(x + 0.04, 0.94, text, va="center")
    widest = int(np.argmax(np.abs(least_squares - exact)))
    return describe(
        figure,
        f"Rate {rate:.1f}, {count} masked cop{'y' if count == 1 else 'ies'}: the weight of "
        f"{names[widest]} is {least_squares[widest]:.1f} by least squares, {exact[widest]:.1f} by "
        f"the closed form, and {low[widest]:.1f} to {high[widest]:.1f} over {len(found)} repeats. "
        f"The fitted weights lie {distances[0, at]:.1f} from the closed form and "
        f"{distances[1, at]:.1f} from least squares.",
    )


def two_paths(rates, names, paths, marked, rate, unit):
    """Draw how weights change with the rate under dropout and under one price for all.

    Parameters
    ----------
    rates : sequence of float
        The k rates, `rate` among them.
    names : sequence of str
        The d features.
    paths : sequence of numpy.ndarray
        Weights per standard deviation, two arrays of shape (k, d): dropout, plain ridge.
    marked : sequence of str
        Up to four names to draw strongly.
    rate : float
        The rate to mark.
    unit : str
        How the features are measured.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.5 inches.
    """
    figure, panels = plt.subplots(1, 2, sharey=True, figsize=(FIGURE_WIDTH, 3.5))
    figure.subplots_adjust(left=0.115, right=0.98, top=0.8, bottom=0.145, wspace=0.09)
    at, columns = list(rates).index(rate), [names.index(name) for name in marked]
    looks = (("dropout", _ORANGE), ("plain ridge", _BLUE))
    for panel, path, (title, color) in zip(panels, paths, looks, strict=True):
        others = np.delete(path, columns, axis=1)
        panel.axhline(0, color=INK, linewidth=0.6)
        panel.axvline(rate, color=INK, linewidth=0.8, alpha=0.5)
        panel.plot(rates, others, color=_GRAY, linewidth=0.7)
        for column, dash in zip(columns, _DASHES, strict=False):
            panel.plot(rates, path[:, column], color=color, linestyle=dash)
            panel.plot(rate, path[at, column], "s", color=color, markeredgecolor=INK, ms=5)
        panel.set(xlim=(-0.03, rates[-1] + 0.03), ylim=(-48, 52), xlabel="dropout rate")
        panel.set_xticks([0, 0.2, 0.4, 0.6, 0.8], ["0", "0.2", "0.4", "0.6", "0.8"])
        panel.set_title(title)
    panels[0].set_yticks([-40, -20, 0, 20, 40])
    for x, name, dash in zip((0.115, 0.34, 0.56, 0.78), marked, _DASHES, strict=False):
        figure.add_artist(plt.Line2D([x, x + 0.09], [0.94, 0.94], color=INK, ls=dash))
        figure.text(x + 0.105, 0.94, name, va="center")
    dropout, ridge = (
        ", ".join(f"{name} {path[at, c]:.1f}" for name, c in zip(marked, columns, strict=True))
        for path in paths
    )
    return describe(
        figure,
        f"Rate {rate:.2f}, features in {unit}, weights per standard deviation. "
        f"Dropout: {dropout}. Plain ridge: {ridge}.",
    )


def shared_load(path, truth, rate, correlation):
    """Draw loss and penalty over the two weights of a pair of correlated features.

    Both features have variance 1, and the loss is the expected squared error.

    Parameters
    ----------
    path : numpy.ndarray
        The solutions from rate 0 to rate 1, shape (k, 2).
    truth : numpy.ndarray
        The weights that made the answers, shape (2,): the solution at rate 0.
    rate : float
        The rate of this frame.
    correlation : float
        Correlation of the features.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.3 inches.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.3))
    panel = figure.add_axes((0.125, 0.145, 0.55, 0.815))
    bars = figure.add_axes((0.78, 0.145, 0.2, 0.5))
    R = np.array([[1.0, correlation], [correlation, 1.0]])
    here = np.linalg.solve((1 - rate) * R + rate * np.eye(2), (1 - rate) * R @ truth)
    turn = np.linspace(0, 2 * np.pi, 37)
    circle = np.array([np.cos(turn), np.sin(turn)])
    half = np.linalg.inv(np.linalg.cholesky(R)).T  # half @ circle has loss 1
    loss = np.sqrt((here - truth) @ R @ (here - truth))
    panel.axhline(0, color=INK, linewidth=0.5)
    panel.axvline(0, color=INK, linewidth=0.5)
    for radius, width in ((loss, 1.6), (loss + 0.25, 0.7)):
        panel.plot(*(truth[:, None] + radius * half @ circle), color=_BLUE, linewidth=width)
    panel.plot(*(np.linalg.norm(here) * circle), color=_GRAY, linestyle=(0, (3, 2)), linewidth=1.6)
    panel.plot(*path.T, color=_ORANGE, linewidth=2.4)
    panel.plot(*truth, "s", color=_BLUE, markeredgecolor=INK, markersize=7)
    panel.plot(*here, "o", color=_ORANGE, markeredgecolor=INK, markersize=8)
    panel.set(xlim=(-0.45, 1.4), ylim=(-0.85, 1.0), aspect="equal")
    panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    panel.set_yticks([-0.5, 0, 0.5, 1], ["−0.5", "0", "0.5", "1"])
    panel.set_xlabel("weight of feature 1", labelpad=2)
    figure.text(0.012, 0.55, "weight of feature 2", rotation=90, va="center")
    bars.bar([0, 1], truth, 0.75, facecolor="none", edgecolor=_BLUE, linewidth=1.4)
    bars.bar([0, 1], here, 0.75, color=_ORANGE, hatch="////")
    bars.axhline(0, color=INK, linewidth=0.6)
    bars.set(xlim=(-0.6, 1.6), ylim=(-0.35, 1.05))
    bars.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    bars.set_xticks([0, 1], ["1", "2"])
    bars.set_xlabel("feature", labelpad=2)
    rows = ((0.93, _BLUE, "-", "loss"), (0.855, _GRAY, (0, (3, 2)), "penalty"))
    for y, color, dash, text in (*rows, (0.78, _ORANGE, "-", "all rates")):
        figure.add_artist(plt.Line2D([0.69, 0.75], [y, y], color=color, ls=dash, lw=2))
        figure.text(0.765, y, text, va="center")
    return describe(
        figure,
        f"Correlation {_minus(correlation, 2)}, rate {rate:.2f}: dropout gives feature 1 the "
        f"weight {here[0]:.2f} and feature 2 the weight {_minus(here[1], 2)}, where the truth is "
        f"{truth[0]:.0f} and {truth[1]:.0f}.",
    )


def approximation(rates, exact, approximate, rate, size):
    """Draw the exact dropout penalty of a logistic regression and its quadratic approximation.

    Parameters
    ----------
    rates : sequence of float
        The k rates, `rate` among them.
    exact, approximate : numpy.ndarray
        Penalty per example in nats, greater than 0, shape (k,).
    rate : float
        The rate to mark.
    size : float
        By how much the fitted weights were multiplied.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.0 inches.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.0), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.97, top=0.83, bottom=0.125, hspace=0.35)
    at, ratio = list(rates).index(rate), approximate / exact
    top.plot(rates, exact, color=_ORANGE)
    top.plot(rates, approximate, color=_GRAY, linestyle=(0, (4, 2)))
    top.plot(rate, exact[at], "o", color=_ORANGE, markeredgecolor=INK, markersize=7)
    top.plot(rate, approximate[at], "s", color=_GRAY, markeredgecolor=INK, markersize=6)
    top.set(yscale="log", ylim=(3e-4, 20))
    top.set_yticks([0.001, 0.01, 0.1, 1, 10], ["0.001", "0.01", "0.1", "1", "10"])
    top.set_title("penalty per review, nats")
    bottom.axhspan(1 / 1.1, 1.1, color=_GRAY, alpha=0.3, linewidth=0)
    bottom.plot(rates, ratio, color=INK)
    bottom.plot(rate, ratio[at], "s", color=_GRAY, markeredgecolor=INK, markersize=6)
    bottom.set(yscale="log", ylim=(0.6, 9), xlabel="dropout rate", xlim=(0, 0.95))
    bottom.set_xticks([0, 0.2, 0.4, 0.6, 0.8])
    bottom.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    bottom.set_title("approximation ÷ exact (gray: within 10 %)")
    for panel in (top, bottom):
        panel.minorticks_off()
        panel.grid(axis="y")
    for x, color, dash, text in (
        (0.125, _ORANGE, "-", "exact, all masks"),
        (0.53, _GRAY, (0, (4, 2)), "approximation"),
    ):
        figure.add_artist(plt.Line2D([x, x + 0.08], [0.955, 0.955], color=color, ls=dash, lw=2))
        figure.text(x + 0.1, 0.955, text, va="center")
    return describe(
        figure,
        f"Rate {rate:.2f}, weights multiplied by {size:g}: the exact penalty is "
        f"{exact[at]:.4f} nats a review and the approximation {approximate[at]:.4f}, "
        f"{ratio[at]:.2f} times as much.",
    )


def words_kept(words, counts, dropout, decay, rate):
    """Draw what share of each weight is left under dropout, and under weight decay.

    Parameters
    ----------
    words : sequence of str
        The d features.
    counts : sequence of int
        In how many examples each occurs.
    dropout, decay : numpy.ndarray
        Weight divided by the weight without penalty, shape (d,).
    rate : float
        The dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.0 inches.
    """
    figure, panel = plt.subplots(figsize=(FIGURE_WIDTH, 3.0))
    figure.subplots_adjust(left=0.115, right=0.98, top=0.86, bottom=0.2)
    places = np.arange(len(words))
    panel.bar(places - 0.2, decay, 0.38, color=_BLUE)
    panel.bar(places + 0.2, dropout, 0.38, color=_ORANGE, hatch="////")
    panel.set(xlim=(-0.6, len(words) - 0.4), ylim=(0, 1), yticks=[0, 0.5, 1])
    labels = [f"{word}\nin {count}" for word, count in zip(words, counts, strict=True)]
    panel.set_xticks(places, labels)
    panel.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    panel.tick_params(axis="x", length=0)
    panel.grid(axis="y")
    for x, color, text in ((0.115, _BLUE, "weight decay"), (0.45, _ORANGE, f"rate {rate:.1f}")):
        figure.text(x, 0.94, "■", color=color, va="center", fontsize=12)
        figure.text(x + 0.04, 0.94, text, va="center")
    said = "; ".join(
        f"{word} {one:.0%} and {other:.0%}"
        for word, one, other in zip(words, dropout, decay, strict=True)
    )
    return describe(
        figure,
        f"Rate {rate:.1f}, share of each weight that dropout and weight decay leave: {said}.",
    )


def _minus(value, digits):
    """Write a number with a minus sign that is as wide as a plus."""
    return f"{value:.{digits}f}".replace("-", "−")
