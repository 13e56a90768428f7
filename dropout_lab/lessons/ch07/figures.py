"""Figures of chapter 7: digits as a network sees them, and what dropout does on MNIST."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons.kit import line_key, signed

__all__ = [
    "activation_shares",
    "digit_activations",
    "draw_pixels",
    "first_layer",
    "learning_curves",
    "mistake",
    "pixel_dropout",
    "size_gap",
]


_ORANGE, _BLUE, _GRAY = COLORS["with"], COLORS["without"], COLORS["dropped"]
_LEVELS = 4  # shades of ink


def draw_pixels(axes, image, color=INK, *, hollow=False):
    """Draw the dark pixels of an image as squares, in the color of the text by default.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Gets the limits of the image, an equal aspect and no frame.
    image : numpy.ndarray
        Ink of each pixel, shape (rows, columns): 0 is paper, 1 and more is full ink.
    color : str
        Of the ink.
    hollow : bool, default False
        Draw no shades, but one thin outline around every pixel that has any ink.

    Notes
    -----
    Shades are stacked layers: every layer covers the pixels from its level upward, so there is
    one path for each level, and no seam between neighbors of one level.
    """
    rows, columns = image.shape
    if hollow:
        shape = _path(image > 1 / (2 * _LEVELS), together=False)
        axes.add_patch(PathPatch(shape, facecolor="none", edgecolor=color, linewidth=0.5))
    else:
        below = 0.0
        for level in range(1, _LEVELS + 1):
            part = image > (level - 0.5) / _LEVELS
            wanted = level / _LEVELS
            alpha = 1 - (1 - wanted) / (1 - below)  # stacked on the layers below, it gives `wanted`
            below = wanted
            if part.any():
                patch = PathPatch(_path(part), facecolor=color, alpha=alpha, linewidth=0)
                axes.add_patch(patch)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    axes.axis("off")


def digit_activations(image, label, before, after, rate, draw):
    """Draw a digit and a hidden layer that reads it, before and after one mask.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, 0 to 1, shape (rows, columns).
    label : int
        Its class.
    before, after : numpy.ndarray
        Activations of the layer, shape (n,); where `before` is positive and `after` is 0, the
        mask has dropped the unit.
    rate : float
        Dropout rate of the layer.
    draw : int
        Number of the mask.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.6 inches.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.6))
    left = figure.add_axes((0.0, 0.36, 0.24, 0.34))
    draw_pixels(left, image)
    figure.text(0.12, 0.76, f"a test image\nof class {label}", ha="center", va="bottom")
    units = np.arange(1, len(before) + 1)
    top = figure.add_axes((0.31, 0.61, 0.67, 0.3))
    bottom = figure.add_axes((0.31, 0.135, 0.67, 0.3))
    gone = (before > 0) & (after == 0)
    height = 1.08 * before.max() / (1 - rate)
    top.bar(units, before, 0.8, color=_BLUE)
    bottom.bar(units, after, 0.8, color=_ORANGE)
    bottom.bar(units[gone], before[gone], 0.8, facecolor="none", edgecolor=_GRAY, linewidth=0.7)
    for panel in (top, bottom):
        panel.set(xlim=(0, len(before) + 1), ylim=(0, height))
        panel.set_yticks([0, before.max()], ["0", f"{before.max():.1f}"])
        panel.set_xticks([1, *range(16, len(before) + 1, 16)])
    top.set_title("before dropout")
    bottom.set_title(f"after: survivors × {1 / (1 - rate):.0f}, dropped hollow")
    bottom.set_xlabel("unit")
    active = int((before > 0).sum())
    return describe(
        figure,
        f"A handwritten {label}: {active} of {len(before)} units are active before dropout. "
        f"Mask {draw} drops {gone.sum()} of these and multiplies the other "
        f"{active - gone.sum()} by {1 / (1 - rate):.0f}. "
        f"The mean activation is {before.mean():.2f} before and {after.mean():.2f} after.",
    )


def first_layer(weights, largest, title):
    """Draw what the first units of a net look for: weights of each as a picture.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (24, rows, columns).
    largest : float
        A weight of this size is drawn in full color; keep it the same in all frames.
    title : str
        What these are.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.5 inches. Orange wants ink, blue wants paper.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.5))
    axes = figure.add_axes((0.0, 0.0, 1.0, 0.87))
    units, rows, columns = weights.shape
    across, gap = 6, 2
    down = -(-units // across)
    sheet = np.zeros((down * (rows + gap) - gap, across * (columns + gap) - gap, 4))
    levels = np.round(np.clip(weights / largest, -1, 1) * 6) / 6  # few levels, a small picture
    for number, one in enumerate(levels):
        y, x = (number // across) * (rows + gap), (number % across) * (columns + gap)
        tile = sheet[y : y + rows, x : x + columns]
        tile[..., :3] = np.where(one[..., None] > 0, _rgb(_ORANGE), _rgb(_BLUE))
        tile[..., 3] = np.abs(one)
    axes.imshow(sheet, interpolation="none")
    axes.axis("off")
    figure.text(0.5, 0.94, title, ha="center", va="center", fontsize=10.5)
    squares = np.sort(weights.reshape(units, -1) ** 2, axis=1)[:, ::-1]
    tenth = squares[:, : squares.shape[1] // 10].sum(axis=1) / squares.sum(axis=1)
    return describe(
        figure,
        f"{title}: first-layer weights of {units} units as pictures. The strongest tenth of the "
        f"pixels holds {tenth.mean():.0%} of the sum of squared weights of a unit, on average.",
    )


def mistake(image, label, probabilities, rate, rank, total):
    """Draw an image that a net reads wrong, and how sure it is.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, 0 to 1, shape (rows, columns).
    label : int
        What it is said to be.
    probabilities : numpy.ndarray
        What the net gives to each class, shape (10,).
    rate : float
        Dropout rate of the net.
    rank, total : int
        Where this mistake stands among all, the surest first, and how many there are.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 2.6 inches.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 2.6))
    left = figure.add_axes((0.0, 0.1, 0.3, 0.62))
    draw_pixels(left, image)
    figure.text(0.15, 0.83, f"labeled {label}", ha="center", va="center", fontsize=10.5)
    panel = figure.add_axes((0.4, 0.19, 0.58, 0.58))
    classes, said = np.arange(10), int(np.argmax(probabilities))
    panel.bar(classes, probabilities, 0.8, color=_ORANGE, hatch="////")
    panel.bar([label], [1.0], 0.8, facecolor="none", edgecolor=INK, linewidth=1.2)
    panel.set(xlim=(-0.6, 9.6), ylim=(0, 1), xticks=classes, yticks=[0, 0.5, 1], xlabel="class")
    panel.tick_params(axis="x", length=0)
    panel.set_title(f"read as {said}, probability {probabilities[said]:.4f}", y=1.06)
    return describe(
        figure,
        f"Net trained at rate {rate:.1f}, mistake {rank} of {total}, the surest first: an image "
        f"labeled {label} is read as {said} with probability {probabilities[said]:.4f}; its label "
        f"gets {probabilities[label]:.4f}.",
    )


def _path(part, together=True):
    """Return one path around the pixels of `part`, neighbors in a row drawn as one rectangle."""
    corners = []
    for row, inside in enumerate(part):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
        spans = edges.reshape(-1, 2)
        if not together:
            spans = np.array([(x, x + 1) for x in np.flatnonzero(inside)]).reshape(-1, 2)
        for left, right in spans - 0.5:
            top, bottom = row - 0.5, row + 0.5
            corners += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.array(corners).reshape(-1, 2), codes * (len(corners) // 5))


def _rgb(color):
    """Return a color as three numbers between 0 and 1."""
    return [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]


# Name, unit, factor that makes a larger score a better one, ticks of the gap and of the gain
_MEASURES = {
    "accuracy": ("accuracy", "points", 100, (0.3, 1, 3, 10, 30), (-2, 0, 2, 4, 6)),
    "loss": ("cross-entropy", "nats", -1, (0.01, 0.1, 1, 10), (-6, -1, -0.1, 0, 0.1)),
}


def learning_curves(train_loss, validation_loss, accuracy, rate):
    """Draw losses and accuracy by epoch, at rate 0 and at another rate.

    Parameters
    ----------
    train_loss, validation_loss, accuracy : numpy.ndarray
        Shape (2, seeds, epochs): at rate 0 and at `rate`. The accuracy is on validation data.
    rate : float
        The other rate.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Shades are 95 % t intervals over seeds.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.97, top=0.82, bottom=0.115, hspace=0.3)
    epochs = np.arange(1, train_loss.shape[-1] + 1)
    looks = ((_BLUE, "-"), (_ORANGE, "--"))
    for which in range(2 if rate > 0 else 1):
        color, line = looks[which]
        top.plot(epochs, train_loss[which].mean(axis=0), ":", color=color, linewidth=1.6)
        for panel, values in ((top, validation_loss), (bottom, accuracy)):
            mean, half = t_interval(values[which].T)
            panel.fill_between(epochs, mean - half, mean + half, color=color, alpha=0.2, lw=0)
            panel.plot(epochs, mean, line, color=color)
    top.set(ylim=(0, 0.6), yticks=[0, 0.2, 0.4, 0.6])
    top.set_title("loss in nats")
    bottom.set(ylim=(0.92, 0.985), yticks=[0.92, 0.94, 0.96, 0.98])
    bottom.set_title("validation accuracy")
    bottom.set(xlim=(1, epochs[-1]), xlabel="epoch", xticks=[1, 5, 10, 15, 20])
    for panel in (top, bottom):
        panel.grid(axis="y")
    rows = (
        (0.125, 0.96, _BLUE, "-", "validation, rate 0"),
        (0.125, 0.9, _BLUE, ":", "training, rate 0"),
        (0.54, 0.96, _ORANGE, "--", f"validation, rate {rate:.1f}"),
        (0.54, 0.9, _ORANGE, ":", f"training, rate {rate:.1f}"),
    )
    line_key(figure, rows[: 4 if rate > 0 else 2], dotted=1.6)
    five, last = accuracy[:, :, 4].mean(axis=1), accuracy[:, :, -1].mean(axis=1)
    said = (
        f"Rate {rate:.1f}: validation accuracy {five[1]:.4f} after 5 epochs and {last[1]:.4f} "
        f"after {epochs[-1]}"
    )
    if rate > 0:
        said += f", against {five[0]:.4f} and {last[0]:.4f} without dropout"
    losses = train_loss[1, :, -1].mean(), validation_loss[1, :, -1].mean()
    return describe(
        figure,
        f"{said}; at the end its training loss, as the loop reports it, is {losses[0]:.3f} and "
        f"its validation loss {losses[1]:.3f}.",
    )


def size_gap(sizes, train, test, net, dropout, measure):
    """Draw how far training and test score lie apart by size of the training set, and the gain.

    Parameters
    ----------
    sizes : sequence of int
        The n sizes.
    train, test : numpy.ndarray
        Scores with dropout off, of nets trained without and with it: shape (2, n, seeds).
    net, dropout : str
        The name of the net, and which dropout.
    measure : {"accuracy", "loss"}
        What the scores are; a loss is a cross-entropy in nats.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds, of paired differences below.
    """
    name, unit, factor, gap_ticks, gain_ticks = _MEASURES[measure]
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.97, top=0.865, bottom=0.115, hspace=0.3)
    gaps = []
    for which, (color, line, marker) in enumerate(((_BLUE, "-", "o"), (_ORANGE, "--", "s"))):
        gap, half = t_interval(factor * (train[which] - test[which]))
        look = {"color": color, "linestyle": line, "marker": marker, "capsize": 2}
        top.errorbar(sizes, gap, (np.minimum(half, 0.9 * gap), half), **look)
        gaps.append(gap)
    gain, half = t_interval(factor * (test[1] - test[0]))
    bottom.axhline(0, color=INK, linewidth=0.8)
    bottom.errorbar(sizes, gain, half, color=_ORANGE, linestyle="none", marker="s", capsize=3)
    top.set_title(f"{name}: gap between training and test, {unit}")
    top.set(yscale="log", ylim=(0.7 * gap_ticks[0], 1.4 * gap_ticks[-1]))
    top.minorticks_off()
    top.set_yticks(gap_ticks, [f"{tick:g}" for tick in gap_ticks])
    bottom.set_title(f"what dropout gains on the test images, {unit}")
    bottom.set(xlabel="training images", xscale="log")
    if measure == "loss":  # gains of 0.01 and losses of 3 in one picture
        bottom.set_yscale("symlog", linthresh=0.1, linscale=0.8)
    bottom.set(ylim=(gain_ticks[0], 1.5 * gain_ticks[-1] if measure == "loss" else gain_ticks[-1]))
    labels = [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in gain_ticks]
    bottom.set_yticks(gain_ticks, labels)
    bottom.minorticks_off()
    bottom.set(xlim=(0.7 * sizes[0], 1.4 * sizes[-1]))
    bottom.set_xticks(sizes, [f"{size:,}" for size in sizes])
    for panel in (top, bottom):
        panel.grid(axis="y")
    rows = ((0.125, _BLUE, "-", "no dropout"), (0.45, _ORANGE, "--", dropout))
    line_key(figure, [(x, 0.955, color, line, text) for x, color, line, text in rows])
    said = "; ".join(
        f"{size:,} images: gap {one:.2f} and {other:.2f}, gain {signed(value)} ± {margin:.2f}"
        for size, one, other, value, margin in zip(sizes, *gaps, gain, half, strict=True)
    )
    return describe(figure, f"Net {net}, no dropout against {dropout}, {name} in {unit}. {said}.")


def pixel_dropout(image, kept, rate, input_rates, test):
    """Draw a digit with pixels dropped, and what dropout on pixels does to the published net.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, 0 to 1, shape (rows, columns).
    kept : numpy.ndarray of bool
        Same shape: which pixels the mask keeps.
    rate : float
        The rate of the mask, one of `input_rates`.
    input_rates : sequence of float
        The k rates at which nets were trained, the first of them 0.
    test : numpy.ndarray
        Test accuracy, shape (k, seeds).

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.4 inches. Bars are 95 % t intervals over seeds, of paired differences.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.4))
    seen, ink = kept & (image > 0), int((image > 0).sum())
    for bottom, title in ((0.55, "before"), (0.04, "after")):
        place = figure.add_axes((0.01, bottom, 0.27, 0.37))
        if title == "before":
            draw_pixels(place, image)
        else:
            draw_pixels(place, np.where(kept, 0, image), _GRAY, hollow=True)
            draw_pixels(place, np.where(kept, image, 0) / (1 - rate))
        figure.text(0.145, bottom + 0.38, title, ha="center", va="bottom")
    panel = figure.add_axes((0.44, 0.155, 0.54, 0.6))
    mean, half = t_interval(100 * (test - test[:1]))
    at = list(input_rates).index(rate)
    panel.axhline(0, color=INK, linewidth=0.8)
    panel.errorbar(input_rates, mean, half, color=_GRAY, marker="o", linestyle="none", capsize=3)
    panel.plot(rate, mean[at], "o", color=_ORANGE, markeredgecolor=INK, markersize=8, zorder=5)
    panel.set(xlim=(-0.03, max(input_rates) + 0.03), ylim=(-0.7, 0.8))
    panel.set_yticks([-0.5, 0, 0.5], ["−0.5", "0", "+0.5"])
    panel.set_xticks(list(input_rates))
    panel.set_xlabel("dropout rate of the pixels")
    panel.grid(axis="y")
    figure.text(0.44, 0.93, "change of test accuracy,", va="center", fontsize=10.5)
    figure.text(0.44, 0.86, "points, published net", va="center", fontsize=10.5)
    change = f" The test accuracy changes by {signed(mean[at])} ± {half[at]:.2f} points."
    return describe(
        figure,
        f"Input rate {rate:.1f}: of {ink} pixels with ink, {ink - seen.sum()} are dropped and the "
        f"others multiplied by {1 / (1 - rate):.2f}.{change if rate > 0 else ''}",
    )


def activation_shares(values, rates, stored, layer, rate):
    """Draw how a layer's activations are distributed, and how many are active at each rate.

    Parameters
    ----------
    values : sequence of numpy.ndarray
        Activations on test images of two trained nets, at rate 0 and at `rate`.
    rates : sequence of float
        The k rates of the stored shares.
    stored : numpy.ndarray
        Share of activations that are positive, shape (k, seeds).
    layer : str
        The name of the layer.
    rate : float
        The rate of the second net.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.0 inches.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.0))
    figure.subplots_adjust(left=0.125, right=0.97, top=0.86, bottom=0.12, hspace=0.75)
    edges = np.linspace(0, 6, 13)
    shares = [np.mean(part > 0) for part in values]
    means = [part[part > 0].mean() for part in values]
    for which, (color, hatch) in enumerate(((_BLUE, None), (_ORANGE, "////"))):
        counts, _ = np.histogram(values[which][values[which] > 0], edges)
        density = counts / values[which].size
        shift = (which - 0.5) * 0.2
        top.bar(edges[:-1] + 0.25 + shift, density, 0.2, color=color, hatch=hatch)
    top.set(xlim=(0, 6), ylim=(0, 0.13), xlabel="activation")
    top.set_yticks([0, 0.05, 0.1], ["0 %", "5 %", "10 %"])
    top.set_title(f"{layer}: activations above zero")
    mean, half = t_interval(stored)
    bottom.errorbar(rates, mean, half, color=_ORANGE, marker="s", linestyle="--", capsize=3)
    bottom.set(xlim=(-0.03, max(rates) + 0.03), ylim=(0, 0.7), xlabel="dropout rate")
    bottom.set_yticks([0, 0.2, 0.4, 0.6], ["0 %", "20 %", "40 %", "60 %"])
    bottom.set_xticks(list(rates))
    bottom.set_title("share of units at work, five seeds, 20 epochs")
    for panel in (top, bottom):
        panel.grid(axis="y")
    for x, color, text in ((0.125, _BLUE, "rate 0"), (0.54, _ORANGE, f"rate {rate:.1f}")):
        figure.text(x, 0.955, "■", color=color, va="center", fontsize=12)
        figure.text(x + 0.04, 0.955, text, va="center")
    return describe(
        figure,
        f"{layer}: a test image makes {shares[0]:.0%} of the units active without dropout and "
        f"{shares[1]:.0%} at rate {rate:.1f}; where active, their mean is {means[0]:.2f} and "
        f"{means[1]:.2f}. Over five seeds the share is {mean[0]:.0%} at rate 0 and "
        f"{mean[-1]:.0%} at {rates[-1]:.1f}.",
    )
