"""Figures of chapter 7: learning curves, data size, dropout on pixels, sparsity."""

import matplotlib.pyplot as plt
import numpy as np

from dropout_lab.frames import describe
from dropout_lab.intervals import t_interval
from dropout_lab.plots.digits import draw_pixels
from dropout_lab.plots.keys import line_key
from dropout_lab.plots.text import signed
from dropout_lab.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["activation_shares", "learning_curves", "pixel_dropout", "size_gap"]

_ORANGE, _BLUE, _GRAY = COLORS["with"], COLORS["without"], COLORS["dropped"]

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

    Notes
    -----
    Taught in: chapter 7.
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

    Notes
    -----
    Taught in: chapter 7.
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

    Notes
    -----
    Taught in: chapter 7.
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

    Notes
    -----
    Taught in: chapter 7.
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
