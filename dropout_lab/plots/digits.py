"""Figures of chapter 7 that show digits: what a net sees, what it computes, where it errs."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.frames import describe
from dropout_lab.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["digit_activations", "draw_pixels", "first_layer", "mistake"]

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

    Notes
    -----
    Taught in: chapter 7.
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

    Notes
    -----
    Taught in: chapter 7.
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

    Notes
    -----
    Taught in: chapter 7.
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
