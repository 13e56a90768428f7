"""Figures of chapter 9: regularizers side by side, and what the units of an autoencoder learn."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from dropout_lab.frames import describe
from dropout_lab.intervals import t_interval
from dropout_lab.plots.text import signed
from dropout_lab.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["features", "regularizers"]

_ORANGE, _BLUE = COLORS["with"], COLORS["without"]


def regularizers(names, test, changes, paper, strengths, validation, method):
    """Draw what several regularizers change, and how the strength of one was chosen.

    Parameters
    ----------
    names : sequence of str
        The m methods.
    test : numpy.ndarray
        Shares of wrong answers at the chosen strengths, shape (m, seeds).
    changes : sequence of numpy.ndarray
        Test error minus that of the first method, in points: means and half-widths of their
        intervals, shape (m,) each.
    paper : sequence of (float or None)
        Errors in % from the paper, None where it has none.
    strengths : sequence of str
        The strengths of `method`, in words.
    validation : numpy.ndarray
        Its validation errors at each of them, shape (strengths, seeds).
    method : str
        The method to mark, one of `names`.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars below are 95 % t intervals over seeds.

    Notes
    -----
    Taught in: chapter 9.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.2))
    top = figure.add_axes((0.375, 0.42, 0.45, 0.5))
    bottom = figure.add_axes((0.375, 0.1, 0.6, 0.18))
    rows = np.arange(len(names))
    top.axvline(0, color=INK, linewidth=0.8)
    for row, name, value, room, printed in zip(rows, names, *changes, paper, strict=True):
        dropped = "dropout" in name
        color, marker = (_ORANGE, "s") if dropped else (_BLUE, "o")
        look = {"markeredgecolor": INK, "markersize": 9} if name == method else {}
        top.errorbar(value, row, xerr=room, color=color, marker=marker, capsize=2, **look)
        text = f"{printed:.2f}" if printed else "–"
        figure.text(0.93, _row_height(row, len(names)), text, ha="center", va="center")
    top.set(xlim=(-1.15, 0.35), ylim=(len(names) - 0.5, -0.5))
    top.set_xticks([-1, -0.5, 0], ["−1", "−0.5", "0"])
    top.set_yticks(rows, names)
    top.tick_params(axis="y", length=0)
    top.grid(axis="x")
    figure.text(
        0.6, 0.96, f"test error minus {names[0]}, points", ha="center", va="center", fontsize=10.5
    )
    figure.text(0.93, 0.96, "paper", ha="center", va="center", fontsize=10.5)
    tries, room = t_interval(100 * validation)
    places, best = np.arange(len(strengths)), int(tries.argmin())
    color = _ORANGE if "dropout" in method else _BLUE
    bottom.errorbar(
        places, tries, room, color=color, linestyle="none", marker="o", mfc="none", capsize=3
    )
    bottom.plot(best, tries[best], "o", color=color, markeredgecolor=INK, markersize=8)
    bottom.set(xlim=(-0.5, max(len(strengths) - 0.5, 0.5)), ylim=(3.5, 6.3), yticks=[4, 5, 6])
    bottom.set_xticks(places, strengths)
    bottom.grid(axis="y")
    figure.text(0.005, 0.2, f"{method}:\nvalidation\nerror in %", va="center")
    said = "; ".join(
        f"{label}: {value:.2f} ± {margin:.2f} %"
        for label, value, margin in zip(strengths, tries, room, strict=True)
    )
    at = list(names).index(method)
    return describe(
        figure,
        f"{method[0].upper() + method[1:]}: validation error {said}. Chosen: {strengths[best]}, "
        f"test error {100 * test[at].mean():.2f} %"
        + (f", a change of {signed(changes[0][at])} ± {changes[1][at]:.2f} points" if at else "")
        + ". The paper has "
        + (f"{paper[at]:.2f} % on its own, larger net." if paper[at] else "no such row."),
    )


def features(filters, histograms, edges, means, rate):
    """Draw what hidden units of an autoencoder look for, and how strongly they answer.

    Parameters
    ----------
    filters : numpy.ndarray
        Weights of some units at `rate`, from -9 to 9, shape (6, rows, columns).
    histograms : numpy.ndarray
        Share of all activations in each bin, without dropout and at rate 0.5, shape (2, bins).
    edges : numpy.ndarray
        Where the bins begin, shape (bins,); all have the width of the first.
    means : sequence of float
        Mean activation without dropout and at rate 0.5.
    rate : float
        0 or 0.5.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.8 inches.

    Notes
    -----
    Taught in: chapter 9.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.8))
    sheet = np.zeros((filters.shape[1], 0, 4))
    for one in filters / 9:
        tile = np.zeros((*one.shape, 4))
        tile[..., :3] = np.where(one[..., None] > 0, to_rgb(_ORANGE), to_rgb(_BLUE))
        tile[..., 3] = np.abs(one)
        sheet = np.hstack([sheet, tile, np.zeros((len(tile), 1, 4))])
    pictures = figure.add_axes((0.02, 0.66, 0.96, 0.24))
    pictures.imshow(sheet[:, :-1], interpolation="none")
    pictures.axis("off")
    figure.text(0.5, 0.95, f"six units, rate {rate:.1f}", ha="center", va="center", fontsize=10.5)
    panel = figure.add_axes((0.125, 0.13, 0.845, 0.37))
    size = edges[1] - edges[0]
    for which, (color, hatch) in enumerate(((_BLUE, None), (_ORANGE, "////"))):
        places = edges + size * (0.3 + 0.4 * which)
        panel.bar(places, histograms[which], 0.4 * size, color=color, hatch=hatch)
    panel.set(xlim=(0, edges[-1] + size), ylim=(0, 0.16), xlabel="activation")
    panel.set_xticks(np.arange(0, 11, 2))
    panel.set_yticks([0, 0.05, 0.1, 0.15], ["0 %", "5 %", "10 %", "15 %"])
    panel.grid(axis="y")
    for x, color, text in ((0.125, _BLUE, "no dropout"), (0.5, _ORANGE, "rate 0.5")):
        figure.text(x, 0.56, "■", color=color, va="center", fontsize=12)
        figure.text(x + 0.04, 0.56, text, va="center")
    positive = np.sum(histograms, axis=1)
    squares = np.sort(filters.reshape(len(filters), -1).astype(float) ** 2, axis=1)[:, ::-1]
    tenth = squares[:, : squares.shape[1] // 10].sum() / squares.sum()
    return describe(
        figure,
        f"Autoencoder: a test image makes {positive[0]:.0%} of the hidden units positive without "
        f"dropout and {positive[1]:.0%} at rate 0.5; the mean activation is {means[0]:.2f} and "
        f"{means[1]:.2f}. Shown are weights of six units at rate {rate:.1f}: the strongest tenth "
        f"of their points holds {tenth:.0%} of the sum of squares.",
    )


def _row_height(row, rows):
    """Return the height of a row of `regularizers` as a share of the figure."""
    return 0.92 - 0.5 * (row + 0.5) / rows
