"""Figures of chapter 9: how much to drop, and what else regularizes."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons.kit import line_key, signed

__all__ = ["by_size", "features", "nets", "rate_curve", "regularizers"]


_ORANGE, _BLUE, _GRAY = COLORS["with"], COLORS["without"], COLORS["dropped"]

# Name, unit, factor, limits and ticks of the axis
_MEASURES = {
    "error": ("error", "%", 100, (0, 14), (0, 4, 8, 12)),
    "loss": ("cross-entropy", "nats", 1, (0, 0.56), (0, 0.2, 0.4)),
}


def rate_curve(rates, widths, train, validation, test, other, changes, rate, fixed, measure):
    """Draw a score against the rate, and how wide the layers are and how much a mask leaves.

    Parameters
    ----------
    rates : sequence of float
        The k rates, `rate` among them.
    widths : sequence of int
        Units in each hidden layer at each rate.
    train, validation, test : numpy.ndarray
        Scores with dropout off, shape (k, seeds). The second chooses a rate.
    other : numpy.ndarray
        Test scores of the other sweep, for comparison, shape (k, seeds).
    changes : sequence of numpy.ndarray
        Test score minus that at rate 0, in the unit of the axis: means and half-widths of their
        intervals, shape (k,) each.
    rate : float
        The rate to mark.
    fixed : str
        What is the same at all rates, in words.
    measure : {"error", "loss"}
        What the scores are: shares of wrong answers, or cross-entropies in nats.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds; a mean beyond the axis, which is
        the same in all frames, is written there.
    """
    name, unit, factor, limits, ticks = _MEASURES[measure]
    figure, (panel, strip) = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, 4.2), gridspec_kw={"height_ratios": (4.2, 1)}
    )
    figure.subplots_adjust(left=0.125, right=0.97, top=0.81, bottom=0.12, hspace=0.75)
    at = list(rates).index(rate)
    train, test, other = (factor * part for part in (train, test, other))
    mean, half = t_interval(test)
    panel.plot(rates, other.mean(axis=1), "-", color=_GRAY, linewidth=1.2)
    panel.plot(rates, train.mean(axis=1), ":", color=INK, linewidth=1.6)
    panel.errorbar(rates, mean, half, color=_ORANGE, linestyle="--", marker="s", capsize=2)
    beyond = mean > limits[1]
    for x, value in zip(np.array(rates)[beyond], mean[beyond], strict=True):
        text = f"{_number(value, measure)} at {x:.1f} ▲"
        panel.text(0.78, 0.93 * limits[1], text, ha="right", va="center")
    if not beyond[at]:
        look = {"color": _ORANGE, "markeredgecolor": INK, "markersize": 9, "zorder": 5}
        panel.plot(rate, mean[at], "s", **look)
    panel.set(xlim=(-0.03, 0.93), ylim=limits, xlabel="dropout rate")
    panel.set_xticks(np.arange(0, 1, 0.1))
    panel.set_yticks(ticks)
    panel.set_title(f"{name} in {unit}")
    panel.grid(axis="y")
    kept = (1 - rate) * widths[at]
    strip.barh([0], [kept], 0.7, color=_ORANGE, hatch="////")
    strip.barh([0], [widths[at] - kept], 0.7, left=kept, facecolor="none", edgecolor=_GRAY)
    strip.set(xlim=(0, 640), ylim=(-0.5, 0.5), yticks=[])
    strip.set_xticks(np.arange(0, 601, 100))
    strip.spines["left"].set_visible(False)
    strip.set_title(f"{widths[at]} units in each hidden layer, {kept:.0f} of them at work")
    line_key(
        figure,
        (
            (0.125, 0.96, _ORANGE, "--", f"test, fixed {fixed}"),
            (0.125, 0.895, INK, ":", "training"),
            (0.56, 0.895, _GRAY, "-", "test, other sweep"),
        ),
    )
    best = int(validation.mean(axis=1).argmin())
    change, room = (each[best] for each in changes)
    return describe(
        figure,
        f"Fixed {fixed}, rate {rate:.1f}: {widths[at]} units in each hidden layer, {kept:.0f} of "
        f"them at work on average; test {name} {_number(mean[at], measure)} ± "
        f"{_number(half[at], measure)} {unit}, training {name} "
        f"{_number(train[at].mean(), measure)}, the other sweep "
        f"{_number(other[at].mean(), measure)}. Validation images choose rate {rates[best]:.1f}: "
        f"test {name} {_number(mean[best], measure)}, a change of "
        f"{signed(change, 2 if measure == 'error' else 3)} ± {_number(room, measure)} from rate 0.",
    )


def by_size(sizes, errors, net, dropout):
    """Draw the test error against the size of the training set, and its ratio.

    Parameters
    ----------
    sizes : sequence of int
        The k sizes.
    errors : numpy.ndarray
        Shares of wrong answers without and with dropout, shape (2, k, seeds).
    net, dropout : str
        The name of the net, and which dropout.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds, of paired ratios below.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.97, top=0.865, bottom=0.115, hspace=0.3)
    for part, color, line, marker in zip(
        errors, (_BLUE, _ORANGE), ("-", "--"), ("o", "s"), strict=True
    ):
        mean, half = t_interval(100 * part)
        look = {"color": color, "linestyle": line, "marker": marker, "capsize": 2}
        top.errorbar(sizes, mean, half, **look)
    ratio, half = t_interval(np.log(errors[1] / errors[0]))
    middle, low, high = np.exp(ratio), np.exp(ratio - half), np.exp(ratio + half)
    bottom.axhline(1, color=INK, linewidth=0.8)
    span = np.array([middle - low, high - middle])
    bottom.errorbar(sizes, middle, span, color=_ORANGE, linestyle="none", marker="s", capsize=3)
    top.set_title("test error in %")
    top.set(xscale="log", yscale="log", ylim=(1.2, 45))
    top.set_yticks([2, 5, 10, 20, 40], ["2", "5", "10", "20", "40"])
    bottom.set_title("error with dropout ÷ error without")
    bottom.set(yscale="log", ylim=(0.6, 2.4), xlabel="training images")
    bottom.set_yticks([0.7, 1, 1.5, 2], ["0.7", "1", "1.5", "2"])
    bottom.set(xlim=(0.7 * sizes[0], 1.4 * sizes[-1]))
    bottom.set_xticks(sizes, [f"{size:,}" for size in sizes])
    for panel in (top, bottom):
        panel.minorticks_off()
        panel.grid(axis="y")
    line_key(
        figure,
        ((0.125, 0.955, _BLUE, "-", "no dropout"), (0.45, 0.955, _ORANGE, "--", dropout)),
    )
    means = 100 * errors.mean(axis=2)
    said = "; ".join(
        f"{size:,} images: {one:.1f} and {two:.1f} %, ratio {value:.2f} ({a:.2f} to {b:.2f})"
        for size, one, two, value, a, b in zip(sizes, *means, middle, low, high, strict=True)
    )
    return describe(figure, f"Net {net}, test error without dropout and with {dropout}. {said}.")


def nets(curves, widths, depths, width, depth, dropout):
    """Draw the validation error of many nets by epoch, without and with dropout.

    Parameters
    ----------
    curves : numpy.ndarray
        Shares of wrong answers, shape (2, widths, depths, seeds, epochs): without, with dropout.
    widths, depths : sequence of int
        Units in each hidden layer, and numbers of hidden layers.
    width, depth : int
        The net to mark.
    dropout : str
        Which dropout.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.8 inches.
    """
    figure, panel = plt.subplots(figsize=(FIGURE_WIDTH, 3.8))
    figure.subplots_adjust(left=0.125, right=0.97, top=0.82, bottom=0.13)
    means = 100 * curves.mean(axis=3)
    epochs = np.arange(1, means.shape[-1] + 1)
    here = widths.index(width), depths.index(depth)
    for color, line, part in zip((_BLUE, _ORANGE), ("-", "--"), means, strict=True):
        for each in part.reshape(-1, len(epochs)):
            panel.plot(epochs, each, line, color=color, linewidth=0.9, alpha=0.45)
        panel.plot(epochs, part[here], line, color=color, linewidth=3)
    panel.set(xlim=(1, epochs[-1]), yscale="log", ylim=(4, 92), xlabel="epoch")
    panel.minorticks_off()
    panel.set_xticks([1, 5, 10, 15, 20])
    panel.set_yticks([5, 10, 20, 40, 80], ["5", "10", "20", "40", "80"])
    panel.set_title(f"validation error in %; bold: {depth} layers of {width}")
    panel.grid(axis="y")
    line_key(
        figure,
        (
            (0.125, 0.95, _BLUE, "-", "no dropout"),
            (0.45, 0.95, _ORANGE, "--", dropout),
        ),
    )
    last = 100 * curves[:, *here, :, -1]
    change, half = t_interval(last[1] - last[0])
    ends = means[..., -1].reshape(2, -1)
    return describe(
        figure,
        f"{depth} hidden layers of {width} units: validation error after {epochs[-1]} epochs "
        f"{last[0].mean():.2f} % without dropout and {last[1].mean():.2f} % with {dropout}, a "
        f"change of {signed(change)} ± {half:.2f} points. All {ends.shape[1]} nets end between "
        f"{ends[0].min():.1f} and {ends[0].max():.1f} % without, between {ends[1].min():.1f} and "
        f"{ends[1].max():.1f} % with dropout.",
    )


def _number(value, measure):
    """Write a score with the digits it deserves."""
    return f"{value:.2f}" if measure == "error" else f"{value:.3f}"


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
