"""Figures of chapter 10: dropout as a penalty, sampled, in closed form, and approximated."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit

__all__ = [
    "approximation", "effects", "restless", "sampled_masks", "shared_load", "shrunk", "two_paths",
    "words_kept",
]  # fmt: skip

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
        Bars reach from the lowest to the highest repeat.
    """
    figure, (top, bottom) = kit.panels(
        2, height=4.2, top=0.875, hspace=0.55, height_ratios=(1.5, 1)
    )
    places = kit.categories(top, names)
    top.axhline(0, color=INK, linewidth=0.6)
    low, high = found.min(axis=0), found.max(axis=0)
    top.bar(places, high - low, 0.26, low, **kit.HATCHED)
    top.plot(places - 0.33, least_squares, "s", color=kit.BLUE, markersize=5)
    top.hlines(exact, places - 0.28, places + 0.28, color=INK, linewidth=2)
    kit.scales(top, y=(-72, 72), yticks=[-50, 0, 50], grid="y")
    at = list(counts).index(count)
    looks = (kit.ORANGE, "--", "o"), (kit.BLUE, "-", "s")
    for row, (color, line, marker) in zip(distances, looks, strict=True):
        bottom.plot(counts, row, color=color, linestyle=line)
        kit.point(bottom, count, row[at], marker, color, 7)
    kit.scales(
        bottom, x=(0.8, counts[-1] * 1.25), y=(0.4, 120), log="xy", grid="y",
        xticks=kit.labeled(counts), yticks=kit.labeled((1, 10, 100)),
        xlabel="masked copies of the data",
        title="distance from the closed form and from least squares",
    )  # fmt: skip
    copies = f"{count} masked cop{'y' if count == 1 else 'ies'}"
    look = {"linestyle": "none", "markersize": 8, "markeredgewidth": 2}
    kit.line_key(
        figure,
        (0.137, 0.94, {"marker": "s", "color": kit.BLUE, **look}, "least squares"),
        (0.412, 0.94, {"marker": "_", "color": INK, **look}, "closed form"),
        (0.672, 0.94, {"marker": "s", "color": kit.ORANGE, **look}, copies),
        length=0, gap=0.028,
    )  # fmt: skip
    widest = int(np.argmax(np.abs(least_squares - exact)))
    return describe(
        figure,
        f"Rate {rate:.1f}, {copies}: the weight of "
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
    """
    figure, both = kit.panels(
        1, 2, height=3.5, left=0.115, right=0.98, top=0.8, bottom=0.145, wspace=0.09, sharey=True
    )
    at, columns = list(rates).index(rate), [names.index(name) for name in marked]
    looks = (("dropout", kit.ORANGE), ("plain ridge", kit.BLUE))
    for panel, path, (title, color) in zip(both, paths, looks, strict=True):
        panel.axhline(0, color=INK, linewidth=0.6)
        panel.axvline(rate, color=INK, linewidth=0.8, alpha=0.5)
        panel.plot(rates, np.delete(path, columns, axis=1), color=kit.GRAY, linewidth=0.7)
        for column, dash in zip(columns, _DASHES, strict=False):
            panel.plot(rates, path[:, column], color=color, linestyle=dash)
            kit.point(panel, rate, path[at, column], "s", color, 5)
        ticks = kit.labeled((0, 0.2, 0.4, 0.6, 0.8))
        kit.scales(panel, x=(-0.03, rates[-1] + 0.03), y=(-48, 52), xticks=ticks, title=title)
        panel.set_xlabel("dropout rate")
    both[0].set_yticks([-40, -20, 0, 20, 40])
    for x, name, dash in zip((0.115, 0.34, 0.56, 0.78), marked, _DASHES, strict=False):
        kit.line_key(figure, (x, 0.94, {"color": INK, "linestyle": dash}, name), length=0.09)
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
    """
    figure, panel, bars = kit.placed(3.3, (0.125, 0.145, 0.55, 0.815), (0.78, 0.145, 0.2, 0.5))
    R = np.array([[1.0, correlation], [correlation, 1.0]])
    here = np.linalg.solve((1 - rate) * R + rate * np.eye(2), (1 - rate) * R @ truth)
    turn = np.linspace(0, 2 * np.pi, 37)
    circle = np.array([np.cos(turn), np.sin(turn)])
    half = np.linalg.inv(np.linalg.cholesky(R)).T  # half @ circle has loss 1
    loss = np.sqrt((here - truth) @ R @ (here - truth))
    dashed = {"color": kit.GRAY, "linestyle": (0, (3, 2))}
    panel.axhline(0, color=INK, linewidth=0.5)
    panel.axvline(0, color=INK, linewidth=0.5)
    for radius, width in ((loss, 1.6), (loss + 0.25, 0.7)):
        panel.plot(*(truth[:, None] + radius * half @ circle), color=kit.BLUE, linewidth=width)
    panel.plot(*(np.linalg.norm(here) * circle), linewidth=1.6, **dashed)
    panel.plot(*path.T, color=kit.ORANGE, linewidth=2.4)
    kit.point(panel, *truth, "s", kit.BLUE, 7)
    kit.point(panel, *here, "o", kit.ORANGE)
    ticks = kit.labeled((-0.5, 0, 0.5, 1))
    kit.scales(panel, x=(-0.45, 1.4), y=(-0.85, 1.0), xticks=kit.labeled((0, 0.5, 1)), yticks=ticks)
    panel.set_aspect("equal")
    panel.set_xlabel("weight of feature 1", labelpad=2)
    figure.text(0.012, 0.55, "weight of feature 2", rotation=90, va="center")
    bars.bar([0, 1], truth, 0.75, **kit.hollow(kit.BLUE, 1.4))
    bars.bar([0, 1], here, 0.75, **kit.HATCHED)
    bars.axhline(0, color=INK, linewidth=0.6)
    ticks = kit.labeled((0, 0.5, 1))
    kit.scales(bars, x=(-0.6, 1.6), y=(-0.35, 1.05), xticks={0: "1", 1: "2"}, yticks=ticks)
    bars.set_xlabel("feature", labelpad=2)
    kit.line_key(
        figure,
        (0.69, 0.93, {"color": kit.BLUE, "linewidth": 2}, "loss"),
        (0.69, 0.855, {**dashed, "linewidth": 2}, "penalty"),
        (0.69, 0.78, {"color": kit.ORANGE, "linewidth": 2}, "all rates"),
        length=0.06,
    )
    return describe(
        figure,
        f"Correlation {kit.minus(correlation)}, rate {rate:.2f}: dropout gives feature 1 the "
        f"weight {here[0]:.2f} and feature 2 the weight {kit.minus(here[1])}, where the truth is "
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
    """
    figure, (top, bottom) = kit.panels(
        2, height=4.0, top=0.915, bottom=0.125, hspace=0.35, sharex=True
    )
    at, ratio = list(rates).index(rate), approximate / exact
    dashed = {"color": kit.GRAY, "linestyle": (0, (4, 2))}
    top.plot(rates, exact, color=kit.ORANGE)
    top.plot(rates, approximate, **dashed)
    kit.point(top, rate, exact[at], "o", kit.ORANGE, 7)
    kit.point(top, rate, approximate[at], "s", kit.GRAY, 6)
    ticks = kit.labeled((0.001, 0.01, 0.1, 1, 10))
    kit.scales(top, y=(3e-4, 20), yticks=ticks, log="y", grid="y", title="penalty per review, nats")
    bottom.axhspan(1 / 1.1, 1.1, color=kit.GRAY, alpha=0.3, linewidth=0)
    bottom.plot(rates, ratio, color=INK)
    kit.point(bottom, rate, ratio[at], "s", kit.GRAY, 6)
    kit.scales(
        bottom, x=(0, 1.2), y=(0.6, 9), xticks=[0, 0.2, 0.4, 0.6, 0.8],
        yticks=kit.labeled((1, 2, 4, 8)), log="y", grid="y", xlabel="dropout rate",
        title="formula ÷ exact (gray: within 10 %)",
    )  # fmt: skip
    ends = (exact[-1], "exact"), (approximate[-1], "formula")
    kit.label_ends(top, rates[-1] + 0.04, *((end, f"{end:.2f} {name}") for end, name in ends))
    for panel in (top, bottom):
        panel.spines["bottom"].set_bounds(0, rates[-1])
    return describe(
        figure,
        f"Rate {rate:.2f}, weights multiplied by {size:g}: the exact penalty is "
        f"{exact[at]:.4f} nats a review and the formula says {approximate[at]:.4f}, "
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
    """
    figure, panel = kit.panels(height=3.0, left=0.115, right=0.98, top=0.86, bottom=0.2)
    labels = [f"{word}\nin {count}" for word, count in zip(words, counts, strict=True)]
    kit.paired_bars(panel, kit.categories(panel, labels), decay, dropout)
    kit.scales(panel, y=(0, 1), yticks=kit.percent(0, 50, 100), grid="y")
    both = (0.115, kit.BLUE, "weight decay"), (0.45, kit.ORANGE, f"rate {rate:.1f}")
    kit.mark_key(figure, 0.94, *both)
    said = "; ".join(
        f"{word} {one:.0%} and {other:.0%}"
        for word, one, other in zip(words, dropout, decay, strict=True)
    )
    return describe(
        figure,
        f"Rate {rate:.1f}, share of each weight that dropout and weight decay leave: {said}.",
    )


def shrunk(sizes, rates, left, rate, units):
    """Draw what dropout on the hidden units of two linear layers leaves of each direction.

    Parameters
    ----------
    sizes : numpy.ndarray
        Singular values of the target, the largest first, shape (k,).
    rates : sequence of float
        The n rates, `rate` among them.
    left : numpy.ndarray
        What is left of them at each rate, shape (n, k).
    rate : float
        The rate of this frame.
    units : int
        Hidden units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, bars, panel = kit.placed(3.3, (0.09, 0.15, 0.3, 0.66), (0.5, 0.15, 0.48, 0.66))
    here = left[list(rates).index(rate)]
    places = kit.categories(bars, range(1, len(sizes) + 1), start=1)
    bars.bar(places, sizes, 0.8, **kit.hollow(kit.BLUE, 1.6))
    bars.bar(places, here, 0.55, **kit.HATCHED)
    top = 1.1 * sizes[0]
    kit.scales(bars, y=(0, top), yticks=range(int(top) + 1), xlabel="direction")
    panel.axvline(rate, color=INK, linewidth=0.8, alpha=0.5)
    for path in left.T:
        panel.plot(rates, path, **kit.WITH)
    kit.point(panel, [rate] * len(sizes), here, "o", kit.ORANGE, 6, linestyle="none")
    ticks = kit.labeled((0, 0.2, 0.4, 0.6, 0.8))
    kit.scales(panel, x=(-0.02, 0.97), y=(0, top), xticks=ticks, yticks=range(int(top) + 1))
    panel.set(xlabel="dropout rate")
    number = int((here > 0).sum())
    names = (0.09, 0.92, kit.hollow(kit.BLUE, 1.6), "target"), (
        0.28, 0.92, kit.HATCHED_BOX, f"{number} of {len(sizes)} directions left"
    )  # fmt: skip
    kit.box_key(figure, *names, height=0.05, below=0.025)
    said = ", ".join(f"{one:.2f}" for one in here)
    return describe(
        figure,
        f"Rate {rate:.2f}, {units} hidden units: of the singular values "
        f"{', '.join(f'{one:g}' for one in sizes)} dropout leaves {said}.",
    )


def restless(steps, iterates, averages, spread, cloud, names, step, rate):
    """Draw how far the steps of gradient descent with dropout, and their average, are from ridge.

    Parameters
    ----------
    steps : sequence of int
        The n numbers of steps.
    iterates, averages : numpy.ndarray
        Root mean square distance from the closed form after each, shape (n,): of the weights,
        and of the mean of all weights so far.
    spread : float
        Root mean square distance of the weights in the long run, from all masks.
    cloud : numpy.ndarray
        Two weights at m late steps minus the closed form, shape (2, m).
    names : sequence of str
        Of these two.
    step : float
        Size of a step.
    rate : float
        Dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, left, right = kit.placed(3.3, (0.105, 0.15, 0.32, 0.66), (0.545, 0.15, 0.43, 0.66))
    left.axhline(0, color=INK, linewidth=0.6)
    left.axvline(0, color=INK, linewidth=0.6)
    left.plot(*cloud, ".", color=kit.ORANGE, markersize=3.5)
    kit.point(left, 0, 0, "X", INK, 8)
    ticks = kit.labeled((-4, -2, 0, 2, 4))
    kit.scales(left, x=(-5, 5), y=(-5, 5), xticks=ticks, yticks=ticks)
    left.set(xlabel=f"{names[0]} minus ridge", title=f"{names[1]} minus ridge")
    right.plot(steps, iterates, **kit.WITH)
    right.plot(steps, averages, **kit.WITHOUT)
    right.axhline(spread, **kit.TARGET)
    kit.scales(
        right, x=(steps[0] * 0.8, steps[-1] * 1.3), y=(0.1, 100), log="xy", grid="y",
        xticks=kit.labeled((10, 100, 1000)), yticks=kit.labeled((0.1, 1, 10, 100)),
        xlabel="steps", title="distance from ridge",
    )  # fmt: skip
    kit.line_key(
        figure,
        (0.105, 0.94, {**kit.WITH, "linewidth": 2}, f"weights {iterates[-1]:.2f}"),
        (0.425, 0.94, {**kit.WITHOUT, "linewidth": 2}, f"average {averages[-1]:.2f}"),
        (0.735, 0.94, kit.TARGET, f"exact {spread:.2f}"),
        length=0.06,
    )  # fmt: skip
    return describe(
        figure,
        f"Rate {rate:.1f}, step {step:g}: after {steps[-1]:,} steps the weights are "
        f"{iterates[-1]:.2f} from the closed form, where all masks say {spread:.2f}, and their "
        f"average is {averages[-1]:.2f} from it.",
    )


def effects(names, error, loss, step):
    """Draw what each part of dropout changes in the test error and in the cross-entropy.

    Parameters
    ----------
    names : sequence of str
        The k ways to train.
    error, loss : tuple of numpy.ndarray
        Mean and half width of each difference from the net without dropout, shape (k,) each, in
        points and in nats.
    step : float
        Size of a step of gradient descent.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, said = kit.minus_no_dropout(
        names, (error, (-1.9, 1.95), (-1, 0, 1)), (loss, (-0.11, 0.11), (-0.1, 0, 0.1)), height=2.9
    )
    return describe(figure, f"Step {step:g}, test error minus no dropout: {said}.")
