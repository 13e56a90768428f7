"""Figures of chapter 7: digits as a network sees them, and what dropout does on MNIST."""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = [
    "activation_shares",
    "digit_activations",
    "first_layer",
    "four_losses",
    "learning_curves",
    "mistake",
    "pixel_dropout",
    "size_gap",
]

_LEVELS = 4  # shades of ink


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
    """
    figure, left, top, bottom = kit.placed(
        3.6, (0.0, 0.36, 0.24, 0.34), (0.31, 0.61, 0.67, 0.3), (0.31, 0.135, 0.67, 0.3)
    )
    _draw_pixels(left, image)
    figure.text(0.12, 0.76, f"a test image\nof class {label}", ha="center", va="bottom")
    n, highest = len(before), before.max()
    units = np.arange(1, n + 1)
    gone = (before > 0) & (after == 0)
    top.bar(units, before, 0.8, color=kit.BLUE)
    bottom.bar(units, after, 0.8, color=kit.ORANGE)
    bottom.bar(units[gone], before[gone], 0.8, **kit.hollow(kit.GRAY, 0.7))
    for panel in (top, bottom):
        kit.scales(
            panel, x=(0, n + 1), y=(0, 1.08 * highest / (1 - rate)),
            xticks=[1, *range(16, n + 1, 16)], yticks=kit.labeled((0, highest), ".1f"),
        )  # fmt: skip
    top.set_title("before dropout")
    bottom.set_title(f"after: survivors × {1 / (1 - rate):.0f}, dropped hollow")
    bottom.set_xlabel("unit")
    active = int((before > 0).sum())
    return describe(
        figure,
        f"A handwritten {label}: {active} of {n} units are active before dropout. "
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
        Orange wants ink, blue wants paper.
    """
    figure, axes = kit.placed(3.5, (0.0, 0.0, 1.0, 0.87))
    units, rows, columns = weights.shape
    across, gap = 6, 2
    down = -(-units // across)
    sheet = np.zeros((down * (rows + gap) - gap, across * (columns + gap) - gap, 4))
    levels = np.round(np.clip(weights / largest, -1, 1) * 6) / 6  # few levels, a small picture
    for number, one in enumerate(levels):
        y, x = (number // across) * (rows + gap), (number % across) * (columns + gap)
        sheet[y : y + rows, x : x + columns] = kit.tinted(one)
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
    """
    figure, left, panel = kit.placed(2.6, (0.0, 0.1, 0.3, 0.62), (0.4, 0.19, 0.58, 0.58))
    _draw_pixels(left, image)
    figure.text(0.15, 0.83, f"labeled {label}", ha="center", va="center", fontsize=10.5)
    said = int(np.argmax(probabilities))
    panel.bar(kit.categories(panel, range(10)), probabilities, 0.8, **kit.HATCHED)
    panel.bar([label], [1.0], 0.8, **kit.hollow())
    kit.scales(panel, y=(0, 1), yticks=[0, 0.5, 1], xlabel="class")
    panel.set_title(f"read as {said}, probability {probabilities[said]:.4f}", y=1.06)
    return describe(
        figure,
        f"Net trained at rate {rate:.1f}, mistake {rank} of {total}, the surest first: an image "
        f"labeled {label} is read as {said} with probability {probabilities[said]:.4f}; its label "
        f"gets {probabilities[label]:.4f}.",
    )


def _draw_pixels(axes, image):
    """Draw the dark pixels of an image in four shades of ink.

    Shades are stacked layers: every layer covers the pixels from its level upward, so there is
    one path for each level, and no seam between neighbors of one level.
    """
    below = 0.0
    for level in range(1, _LEVELS + 1):
        part = image > (level - 0.5) / _LEVELS
        wanted = level / _LEVELS
        alpha = 1 - (1 - wanted) / (1 - below)  # stacked on the layers below, it gives `wanted`
        below = wanted
        if part.any():
            shape = _rectangles(kit.runs_of(part))
            axes.add_patch(PathPatch(shape, facecolor=INK, alpha=alpha, linewidth=0))
    kit.show_cells(axes, image, aspect="equal")


def _outline_pixels(axes, image):
    """Draw one thin gray outline around every pixel that has any ink."""
    inked = np.argwhere(image > 1 / (2 * _LEVELS))
    shape = _rectangles((row, column, column + 1) for row, column in inked)
    axes.add_patch(PathPatch(shape, **kit.hollow(kit.GRAY, 0.5)))


def _rectangles(spans):
    """Return one path around cells: spans of row, first column and the column behind the last."""
    corners = []
    for row, first, end in spans:
        left, right, top, bottom = first - 0.5, end - 0.5, row - 0.5, row + 0.5
        corners += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.array(corners).reshape(-1, 2), codes * (len(corners) // 5))


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
        Training is dotted. Shades are 95 % t intervals over seeds.
    """
    figure, (top, bottom) = kit.panels(2, height=4.2, top=0.93, right=0.66, hspace=0.3, sharex=True)
    epochs = np.arange(1, train_loss.shape[-1] + 1)
    last, losses, scores = epochs[-1], [], []
    both = ((kit.WITHOUT, "rate 0"), (kit.WITH, f"rate {rate:.1f}"))
    for which, (look, name) in enumerate(both[: 2 if rate > 0 else 1]):
        seen, held = train_loss[which].mean(axis=0), validation_loss[which].T
        top.plot(epochs, seen, color=look["color"], linestyle=":", linewidth=1.6)
        kit.interval_band(top, epochs, held, look)
        kit.interval_band(bottom, epochs, accuracy[which].T, look)
        losses += [(seen[-1], f"training, {name}"), (held[-1].mean(), f"validation, {name}")]
        scores.append((accuracy[which, :, -1].mean(), name))
    kit.scales(top, y=(0, 0.6), yticks=[0, 0.2, 0.4, 0.6], grid="y", title="loss in nats")
    kit.scales(
        bottom, x=(1, last), y=(0.92, 0.985), xticks=[1, 5, 10, 15, 20], xlabel="epoch",
        yticks=[0.92, 0.94, 0.96, 0.98], grid="y", title="validation accuracy",
    )  # fmt: skip
    kit.label_ends(top, last + 0.4, *losses)
    kit.label_ends(bottom, last + 0.4, *((end, f"{end:.4f} at {name}") for end, name in scores))
    five, end = accuracy[:, :, 4].mean(axis=1), accuracy[:, :, -1].mean(axis=1)
    against = f", against {five[0]:.4f} and {end[0]:.4f} without dropout" if rate > 0 else ""
    seen, held = train_loss[1, :, -1].mean(), validation_loss[1, :, -1].mean()
    return describe(
        figure,
        f"Rate {rate:.1f}: validation accuracy {five[1]:.4f} after 5 epochs and {end[1]:.4f} "
        f"after {last}{against}; at the end its training loss, as the loop reports it, is "
        f"{seen:.3f} and its validation loss {held:.3f}.",
    )


def four_losses(losses, epoch):
    """Draw the losses of a net with dropout, reported while it trained and measured after it.

    Parameters
    ----------
    losses : numpy.ndarray
        In nats, shape (epochs, 4): on training images as reported, with masks on and with masks
        off, and on validation images.
    epoch : int
        The epoch to draw, from 1.

    Returns
    -------
    matplotlib.figure.Figure
        Hatched where dropout is on.
    """
    figure, panel = kit.panels(height=2.7, top=0.88, bottom=0.17)
    now, highest = losses[epoch - 1], losses.max()
    places = kit.categories(panel, ["reported", "masks on", "masks off", "validation"])
    panel.bar(places[:2], now[:2], 0.6, **kit.HATCHED)
    panel.bar(places[2:], now[2:], 0.6, color=kit.BLUE)
    for place, loss in zip(places, now, strict=True):
        panel.text(place, loss + 0.02 * highest, f"{loss:.3f}", ha="center", va="bottom")
    kit.scales(panel, y=(0, 1.15 * highest), grid="y", title=f"loss in nats after epoch {epoch}")
    reported, on, off, held = now
    return describe(
        figure,
        f"After epoch {epoch} of a net with dropout, the training loss is {reported:.3f} as "
        f"reported, {on:.3f} with masks on and {off:.3f} with masks off; the validation loss is "
        f"{held:.3f}.",
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
        Bars are 95 % t intervals over seeds, of paired differences below.
    """
    name, unit, factor, gap_ticks, gain_ticks = _MEASURES[measure]
    figure, (top, bottom) = kit.panels(2, height=4.2, top=0.93, right=0.68, hspace=0.3, sharex=True)
    gaps, halves = t_interval(factor * (train - test))
    for gap, half, look in zip(gaps, halves, (kit.PLAIN, kit.DROPOUT), strict=True):
        top.errorbar(sizes, gap, (np.minimum(half, 0.9 * gap), half), capsize=2, **look)
    bottom.axhline(0, color=INK, linewidth=0.8)
    look = {**kit.DROPOUT, "linestyle": "none", "capsize": 3}
    gain, half = kit.interval_line(bottom, sizes, factor * (test[1] - test[0]), **look)
    kit.scales(
        top, y=(0.7 * gap_ticks[0], 1.4 * gap_ticks[-1]), yticks=kit.labeled(gap_ticks), log="y",
        grid="y", title=f"{name}: gap between training and test, {unit}",
    )  # fmt: skip
    highest = gain_ticks[-1]
    if measure == "loss":  # gains of 0.01 and losses of 3 in one picture
        bottom.set_yscale("symlog", linthresh=0.1, linscale=0.8)
        highest *= 1.5
    kit.scales(
        bottom, x=(0.7 * sizes[0], 1.4 * sizes[-1]), y=(gain_ticks[0], highest), log="x",
        xticks=kit.labeled(sizes, ","), yticks=kit.labeled(gain_ticks, "+g"), grid="y",
        title=f"what dropout gains on the test images, {unit}", xlabel="training images",
    )  # fmt: skip
    kit.label_ends(top, 1.5 * sizes[-1], (gaps[0][-1], "no dropout"), (gaps[1][-1], dropout))
    said = "; ".join(
        f"{size:,} images: gap {one:.2f} and {other:.2f}, gain {kit.signed(value)} ± {margin:.2f}"
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
        Bars are 95 % t intervals over seeds, of paired differences.
    """
    figure, before, after, panel = kit.placed(
        3.4, (0.01, 0.55, 0.27, 0.37), (0.01, 0.04, 0.27, 0.37), (0.44, 0.155, 0.54, 0.6)
    )
    seen, ink = kept & (image > 0), int((image > 0).sum())
    _draw_pixels(before, image)
    _outline_pixels(after, np.where(kept, 0, image))
    _draw_pixels(after, np.where(kept, image, 0) / (1 - rate))
    figure.text(0.145, 0.93, "before", ha="center", va="bottom")
    figure.text(0.145, 0.42, "after", ha="center", va="bottom")
    panel.axhline(0, color=INK, linewidth=0.8)
    look = {"color": kit.GRAY, "marker": "o", "linestyle": "none", "capsize": 3}
    mean, half = kit.interval_line(panel, input_rates, 100 * (test - test[:1]), **look)
    at = list(input_rates).index(rate)
    kit.point(panel, rate, mean[at], "o", kit.ORANGE, zorder=5)
    kit.scales(
        panel, x=(-0.03, max(input_rates) + 0.03), y=(-0.7, 0.8), xticks=input_rates,
        yticks=kit.labeled((-0.5, 0, 0.5), "+g"), grid="y", xlabel="dropout rate of the pixels",
    )  # fmt: skip
    figure.text(0.44, 0.93, "change of test accuracy,", va="center", fontsize=10.5)
    figure.text(0.44, 0.86, "points, published net", va="center", fontsize=10.5)
    change = f" The test accuracy changes by {kit.signed(mean[at])} ± {half[at]:.2f} points."
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
    """
    figure, (top, bottom) = kit.panels(2, height=4.0, top=0.86, bottom=0.12, hspace=0.75)
    edges = np.linspace(0, 6, 13)
    shares = [np.mean(part > 0) for part in values]
    means = [part[part > 0].mean() for part in values]
    bars = [np.histogram(part[part > 0], edges)[0] / part.size for part in values]
    kit.paired_bars(top, edges[:-1] + 0.25, *bars, width=0.2, apart=0.2)
    kit.scales(top, x=(0, 6), y=(0, 0.13), yticks=kit.percent(0, 5, 10), grid="y")
    top.set(xlabel="activation", title=f"{layer}: activations above zero")
    mean, _ = kit.interval_line(bottom, rates, stored, capsize=3, **kit.DROPOUT)
    kit.scales(
        bottom, x=(-0.03, max(rates) + 0.03), y=(0, 0.7), xticks=rates, grid="y",
        yticks=kit.percent(0, 20, 40, 60), xlabel="dropout rate",
        title="share of units at work, five seeds, 20 epochs",
    )  # fmt: skip
    both = (0.125, kit.BLUE, "rate 0"), (0.54, kit.ORANGE, f"rate {rate:.1f}")
    kit.mark_key(figure, 0.955, *both)
    return describe(
        figure,
        f"{layer}: a test image makes {shares[0]:.0%} of the units active without dropout and "
        f"{shares[1]:.0%} at rate {rate:.1f}; where active, their mean is {means[0]:.2f} and "
        f"{means[1]:.2f}. Over five seeds the share is {mean[0]:.0%} at rate 0 and "
        f"{mean[-1]:.0%} at {rates[-1]:.1f}.",
    )
