"""Figures of chapter 11: a turning digit, calibration, odd inputs, a gap, and endless data."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval
from dropout_lab.uncertainty import expected_calibration_error

__all__ = ["gap", "odd_detection", "reliability", "spread_by_data", "turning_digit"]

_BLUE, _ORANGE, _GRAY = COLORS["without"], COLORS["with"], COLORS["dropped"]
_DASHED, _DOTTED = (0, (5, 1.5)), (0, (1, 1.5))
_LEAST = 20  # answers in a bin, below which its share is not drawn


def turning_digit(image, angle, passes, still, angles, doubts):
    """Draw a turned digit, what many passes make of it, and doubt at all angles.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, 0 to 1, shape (rows, columns): the digit as turned.
    angle : float
        One of `angles`.
    passes : numpy.ndarray
        Probabilities with dropout on, shape (passes, 10).
    still : numpy.ndarray
        Probabilities with dropout off, shape (10,).
    angles : sequence of float
        The k angles in degrees, between 0 and 180.
    doubts : numpy.ndarray
        Shape (3, k), in nats: entropy with dropout off, entropy of the mean over passes, mutual
        information.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. The width of a bar is the root of the share of passes in that tenth of
        the probability scale.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.2))
    _draw_rows(figure, (0.0, 0.57, 0.25, 0.286), image)
    figure.text(0.125, 0.895, f"turned by {angle:.0f}°", ha="center", va="bottom")
    top = figure.add_axes((0.345, 0.57, 0.635, 0.3))
    for number, values in enumerate(passes.T):
        top.add_patch(_strokes(_profile(number, values), 0.3 * 4.2 * 72 / 10.4, _ORANGE))
    dashes = np.arange(10)[:, None] + [-0.45, 0.45, np.nan]
    heights = np.repeat(still, 3)
    top.plot(dashes.ravel(), heights, color=_BLUE, linewidth=2.6, solid_capstyle="butt")
    top.set(xlim=(-0.6, 9.6), ylim=(-0.02, 1.02), xticks=range(10), yticks=[0, 0.5, 1])
    top.tick_params(axis="x", length=0)
    top.set_xlabel("class", labelpad=1)
    figure.text(0.345, 0.965, "probability of each class", va="center")
    figure.text(0.345, 0.905, "▬", color=_BLUE, va="center")
    figure.text(0.395, 0.905, "dropout off", va="center")
    figure.text(0.645, 0.905, "■", color=_ORANGE, va="center")
    figure.text(0.69, 0.905, f"{len(passes)} passes, on", va="center")
    bottom = figure.add_axes((0.115, 0.12, 0.84, 0.22))
    looks = ((_BLUE, "-"), (_ORANGE, _DASHED), (INK, _DOTTED))
    names = ("entropy, off", "entropy, on", "mutual information")
    at = list(angles).index(angle)
    for x, name, values, (color, line) in zip(
        (0.115, 0.37, 0.62), names, doubts, looks, strict=True
    ):
        bottom.plot(angles, values, color=color, linestyle=line)
        bottom.plot(angle, values[at], "o", color=color, markersize=5)
        figure.add_artist(plt.Line2D([x, x + 0.055], [0.385] * 2, color=color, ls=line))
        figure.text(x + 0.067, 0.385, name, va="center", fontsize=9.5)
    bottom.axvline(angle, color=INK, linewidth=0.6)
    bottom.set(xlim=(min(angles) - 2, max(angles) + 2), ylim=(0, 2.0), yticks=[0, 1, 2])
    bottom.set_xticks(range(0, 181, 45))
    bottom.set_xlabel("angle in degrees; doubt in nats", labelpad=2)
    bottom.grid(axis="y")
    mean = passes.mean(axis=0)
    said, first = int(np.argmax(still)), int(np.argmax(mean))
    votes = int((passes.argmax(axis=1) == first).sum())
    return describe(
        figure,
        f"Turned by {angle:.0f} degrees: with dropout off the net says {said} with probability "
        f"{still[said]:.2f}; with dropout on the mean of {len(passes)} passes says {first} with "
        f"{mean[first]:.2f}, and {votes} passes vote for it. Entropy {doubts[0, at]:.2f} off and "
        f"{doubts[1, at]:.2f} on, of which mutual information {doubts[2, at]:.2f}.",
    )


def reliability(counts, rate, angle):
    """Draw the share of right answers against their confidence, for three ways to answer.

    Parameters
    ----------
    counts : sequence of numpy.ndarray
        Three, each of shape (seeds, 3, bins), from `dropout_lab.uncertainty.top_label_counts`:
        without dropout, trained with dropout and asked without, asked with.
    rate : float
        The dropout rate of the second and third.
    angle : float
        By how many degrees the images are turned.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.9 inches. Bins with fewer than 20 answers are not drawn. The key gives the
        calibration error, mean and 95 % t interval over seeds.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 3.9))
    axes = figure.add_axes((0.115, 0.13, 0.865, 0.55))
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    looks = (
        {"color": _BLUE, "linestyle": "-", "marker": "o"},
        {"color": _ORANGE, "linestyle": "-", "marker": "^"},
        {"color": _ORANGE, "linestyle": _DASHED, "marker": "s"},
    )
    names = (
        "no dropout",
        f"rate {rate:.1f}, off when asked",
        f"rate {rate:.1f}, mean of 50 passes",
    )
    errors = []
    for row, (one, name, look) in enumerate(zip(counts, names, looks, strict=True)):
        answers, confidence, right = one.sum(axis=0)
        drawn = answers >= _LEAST
        axes.plot(confidence[drawn] / answers[drawn], right[drawn] / answers[drawn], **look)
        mean, half = t_interval(expected_calibration_error(one))
        errors.append(f"{mean:.3f} ± {half:.3f}")
        y = 0.905 - 0.057 * row
        figure.add_artist(plt.Line2D([0.115, 0.15, 0.185], [y] * 3, **{**look, "markevery": [1]}))
        figure.text(0.2, y, name, va="center", fontsize=9.5)
        figure.text(0.98, y, errors[-1], va="center", ha="right", fontsize=9.5)
    figure.text(0.115, 0.965, f"images turned by {angle:.0f}°", va="center")
    figure.text(0.98, 0.965, "calibration error", va="center", ha="right", fontsize=9.5)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence")
    axes.set_title("share of right answers")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_yticks(ticks, ["0", "", "0.5", "", "1"])
    return describe(
        figure,
        f"Images turned by {angle:.0f} degrees: the calibration error is {errors[0]} without "
        f"dropout, {errors[1]} for nets trained at rate {rate:.1f} and asked with dropout off, "
        f"and {errors[2]} for the mean of 50 passes.",
    )


def odd_detection(image, kind, names, auroc, roles, rate):
    """Draw an odd input, and how well several scores tell such inputs from digits.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, shape (rows, columns).
    kind : str
        What has been done to it.
    names : sequence of str
        The scores, top row first.
    auroc : numpy.ndarray
        Area under the ROC curve, shape (scores, seeds): 0.5 is chance, 1 never errs.
    roles : sequence of str
        For each score ``"without"``, ``"with"`` or ``"ensemble"``.
    rate : float
        The dropout rate of the rows ``"with"``.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.0 inches. Bars are 95 % t intervals over seeds.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.0))
    _draw_rows(figure, (0.02, 0.715, 0.225, 0.27), image)
    figure.text(0.3, 0.93, f"odd input: {kind}", va="center", fontsize=10.5)
    figure.text(0.3, 0.865, f"dropout nets at rate {rate:.1f}", va="center")
    figure.text(0.3, 0.745, "area under the ROC curve", va="center")
    axes = figure.add_axes((0.4, 0.105, 0.56, 0.58))
    mean, half = t_interval(auroc)
    looks = {
        "without": {"color": _BLUE, "marker": "o"},
        "with": {"color": _ORANGE, "marker": "s"},
        "ensemble": {"color": _GRAY, "marker": "D"},
    }
    for row, role in enumerate(roles):
        look = {**looks[role], "linestyle": "none", "markersize": 6.5}
        axes.errorbar(mean[row], -row, xerr=half[row], capsize=3, **look)
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set(xlim=(0.2, 1.02), ylim=(-len(names) + 0.4, 0.6))
    axes.set_yticks(-np.arange(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([0.2, 0.4, 0.6, 0.8, 1.0])
    axes.grid(axis="x")
    best = int(np.argmax(mean))
    said = "; ".join(f"{name} {value:.2f}" for name, value in zip(names, mean, strict=True))
    return describe(
        figure,
        f"Digits against input {kind}, dropout nets at rate {rate:.1f}, area under the ROC curve: "
        f"{said}. The highest is {names[best].rstrip('.')}.",
    )


def gap(grid, data, network, exact, ensemble, hidden, rate):
    """Draw a regression with a gap in its data: the band of dropout, and three spreads.

    Parameters
    ----------
    grid : numpy.ndarray
        Where the nets were asked, shape (k,).
    data : tuple of numpy.ndarray
        The points, x and y; at most 40 are drawn.
    network, exact : tuple of numpy.ndarray
        Mean and spread, shape (k,) each: of Monte Carlo dropout, and of the exact posterior.
    ensemble : numpy.ndarray
        Spread over nets trained without dropout, shape (k,).
    hidden : int
        Number of hidden layers.
    rate : float
        The dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. The band is the mean plus and minus two spreads; the gray stripes are
        where the points lie; the thin line is the truth.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.97, top=0.9, bottom=0.115, hspace=0.62)
    mean, spread = network
    for panel in (top, bottom):
        for start in (-1.4, 0.6):
            panel.axvspan(start, start + 0.8, color=_GRAY, alpha=0.15, linewidth=0)
    top.fill_between(grid, mean - 2 * spread, mean + 2 * spread, color=_ORANGE, alpha=0.3, lw=0)
    top.plot(grid, mean, color=_ORANGE, linestyle=_DASHED)
    top.plot(grid, np.sin(2.5 * grid), color=INK, linewidth=0.8)
    # One path of forty short strokes; forty markers would weigh more than the rest.
    strokes = [(x - 0.012, x + 0.012, y) for x, y in zip(*data, strict=True)]
    top.add_patch(_strokes(strokes[:40], 2.4, INK))
    top.set(xlim=(-2, 2), ylim=(-2.5, 2.5), yticks=[-2, 0, 2])
    layers = f"{hidden} hidden layer{'s' * (hidden > 1)}"
    top.set_title(f"{layers}, rate {rate:g}, {len(data[0])} points")
    looks = ((_ORANGE, _DASHED), (_BLUE, "-"), (_GRAY, _DOTTED))
    texts = ("dropout on", "exact posterior", "five plain nets")
    places = (0.125, 0.38, 0.685)
    spreads = spread, exact[1], ensemble
    for x, text, values, (color, line) in zip(places, texts, spreads, looks, strict=True):
        bottom.plot(grid, values, color=color, linestyle=line)
        figure.add_artist(plt.Line2D([x, x + 0.05], [0.465] * 2, color=color, ls=line))
        figure.text(x + 0.06, 0.465, text, va="center", fontsize=9.5)
    bottom.set(ylim=(0, 0.85), yticks=[0, 0.4, 0.8], xticks=[-2, -1, 0, 1, 2], xlabel="x")
    bottom.set_ylabel("spread")
    bottom.grid(axis="y")
    middle, inside = np.isclose(grid, 0), np.isclose(np.abs(grid), 1)
    said = "; ".join(
        f"{text} {values[middle][0]:.3f} in the gap and {values[inside].mean():.3f} at the data"
        for text, values in zip(texts, spreads, strict=True)
    )
    return describe(
        figure, f"{layers}, rate {rate:g}, {len(data[0])} points; the spread is: {said}."
    )


def spread_by_data(counts, dropout, exact, rate, noise):
    """Draw the spread of a linear prediction against the number of examples, in logarithms.

    Parameters
    ----------
    counts : numpy.ndarray
        Numbers of examples, shape (k,), rising.
    dropout, exact : numpy.ndarray
        Standard deviations, shape (k,): over masks, and of the posterior.
    rate : float
        The dropout rate.
    noise : float
        Standard deviation of the noise in the examples.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.4 inches.
    """
    figure, axes = plt.subplots(figsize=(FIGURE_WIDTH, 3.4))
    figure.subplots_adjust(left=0.155, right=0.96, top=0.82, bottom=0.155)
    for values, color, line in ((exact, _BLUE, "-"), (dropout, _ORANGE, _DASHED)):
        axes.loglog(counts, values, color=color, linestyle=line)
    axes.minorticks_off()
    ticks = [10, 1_000, 100_000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_yticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
    axes.set(xlim=(counts[0], counts[-1]), ylim=(2e-4, 2), xlabel="examples")
    axes.grid(axis="y")
    figure.text(0.01, 0.95, "spread of a prediction", va="center", fontsize=10.5)
    for x, color, line, text in (
        (0.155, _ORANGE, _DASHED, f"dropout on, rate {rate:g}"),
        (0.58, _BLUE, "-", f"posterior, noise {noise:g}"),
    ):
        figure.add_artist(plt.Line2D([x, x + 0.06], [0.87] * 2, color=color, ls=line))
        figure.text(x + 0.072, 0.87, text, va="center", fontsize=9.5)
    return describe(
        figure,
        f"Rate {rate:g}, noise {noise:g}: with {counts[0]:,.0f} examples the spread over masks "
        f"is {dropout[0]:.3f} and that of the posterior {exact[0]:.3f}; with "
        f"{counts[-1]:,.0f} examples they are {dropout[-1]:.3f} and {exact[-1]:.4f}.",
    )


def _profile(number, values):
    """Return strokes, one in each tenth of the scale, wide where many `values` are."""
    shares, edges = np.histogram(values, np.linspace(0, 1, 11))
    halves = 0.45 * np.sqrt(shares / len(values))  # the root, or few passes would be a hairline
    return [
        (number - half, number + half, low + 0.05)
        for half, low in zip(halves, edges[:-1], strict=True)
        if half > 0
    ]


def _draw_rows(figure, place, image):
    """Draw an image in two shades, row by row: a stroke for each run of dark pixels."""
    axes = figure.add_axes(place)
    rows, columns = image.shape
    height = place[3] * figure.get_size_inches()[1] * 72 / rows
    for level, alpha in ((0.15, 0.4), (0.6, 1.0)):
        runs = []
        for row, inside in enumerate(image > level):
            ends = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
            runs += [(left - 0.5, right - 0.5, row) for left, right in ends.reshape(-1, 2)]
        if runs:
            axes.add_patch(_strokes(runs, 1.04 * height, INK, alpha))
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    axes.axis("off")


def _strokes(strokes, width, color, alpha=1.0):
    """Return horizontal strokes (left, right, height) as one path, much lighter than rectangles."""
    ends = [[(left, y), (right, y)] for left, right, y in strokes]
    path = Path(np.array(ends).reshape(-1, 2), [Path.MOVETO, Path.LINETO] * len(ends))
    look = {"edgecolor": color, "facecolor": "none", "linewidth": width, "alpha": alpha}
    return PathPatch(path, capstyle="butt", **look)
