"""Figures of chapter 5: what a framework's dropout layer does, and what misuse of it costs."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import FIGURE_WIDTH, INK
from dropout_lab.lessons import kit

__all__ = ["failure_scores", "feature_maps", "learning_curves", "pass_histogram"]

_TRAINING = {"color": INK, "linestyle": ":", "linewidth": 1.4}
_LEVELS = 4  # shades of a feature map; few, so that equal neighbors share a stroke


def pass_histogram(passes, at_evaluation, rate, *, tallest):
    """Draw the answers of many passes in training mode, and the one answer in evaluation mode.

    Parameters
    ----------
    passes : numpy.ndarray
        Probabilities that the network gave to class 1 in training mode, shape (n,).
    at_evaluation : float
        The probability it gives in evaluation mode.
    rate : float
        Dropout rate of the network.
    tallest : float
        Where the vertical axis ends, a share of the passes; keep it the same in all frames.

    Returns
    -------
    matplotlib.figure.Figure
        Bars that are higher than `tallest` are cut off and carry their value.
    """
    figure, axes = kit.panels(height=3.0, top=0.8, bottom=0.17)
    counts, edges = np.histogram(passes, bins=20, range=(0, 1))
    shares = counts / len(passes)
    middles = (edges[:-1] + edges[1:]) / 2
    axes.bar(middles, np.minimum(shares, tallest), 0.05, **kit.HATCHED)
    for middle, share in zip(middles, shares, strict=True):
        if share > tallest:
            place = min(max(middle, 0.04), 0.96)
            axes.text(place, tallest, f"{share:.0%}", ha="center", va="bottom", fontsize=9)
    for color, width in ((INK, 4.6), (kit.BLUE, 2.4)):  # edged, to stand out on bars
        axes.plot([at_evaluation] * 2, [0, tallest], color=color, linewidth=width, clip_on=False)
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
    ticks = {tick: f"{tick:.0%}" for tick in (0, tallest / 2, tallest)}
    kit.scales(axes, x=(-0.005, 1.005), y=(0, tallest), yticks=ticks)
    kit.scales(axes, xticks=[0, 0.25, 0.5, 0.75, 1], xlabel="probability of class 1")
    orange = (0.125, kit.ORANGE, f"{len(passes)} passes, train mode")
    kit.mark_key(figure, 0.94, orange, (0.66, kit.BLUE, "eval mode", "┃"))
    other = np.mean((passes > 0.5) != (at_evaluation > 0.5))
    return describe(
        figure,
        f"Rate {rate:.2f}: {len(passes)} passes in train mode give probabilities from "
        f"{passes.min():.2f} to {passes.max():.2f}, mean {passes.mean():.2f}; eval mode gives "
        f"{at_evaluation:.2f} every time. {other:.0%} of the passes name the other class.",
    )


def learning_curves(curves, rate, *, top):
    """Draw training and validation loss by epoch in two frameworks, with and without dropout.

    Parameters
    ----------
    curves : mapping of str to tuple of numpy.ndarray
        For each of two frameworks: training loss and validation loss at `rate`, and validation
        loss at rate 0, each of shape (epochs,).
    rate : float
        The dropout rate of the frame.
    top : float
        Where the loss axis ends; keep it the same in all frames.

    Returns
    -------
    matplotlib.figure.Figure
        A dot marks the lowest validation loss at rate 0.
    """
    figure, both = kit.panels(
        2, height=4.2, left=0.1, right=0.99, top=0.93, bottom=0.115, hspace=0.35, sharex=True
    )
    said = []
    for panel, (name, (train, validation, without)) in zip(both, curves.items(), strict=True):
        last = len(train)
        dot = {"marker": "o", "markersize": 5, "markevery": [int(np.argmin(without))]}
        lines = [("validation, rate 0", without, {**kit.WITHOUT, **dot})]
        lines += [(f"validation, rate {rate:g}", validation, kit.WITH)] if rate else []
        lines += [(f"training, rate {rate:g}", train, _TRAINING)]
        for _, losses, look in lines:
            panel.plot(np.arange(1, last + 1), losses, **look)
        ticks = [1, last // 2, last]
        kit.scales(panel, x=(1, 1.75 * last), y=(0, top), xticks=ticks, grid="y")
        panel.set_title(f"{name}: loss in nats")
        ends = ((losses[-1], f"{losses[-1]:.2f} {words}") for words, losses, _ in lines)
        kit.label_ends(panel, 1.03 * last, *ends, apart=top / 8)
        panel.spines["bottom"].set_bounds(1, last)
        said.append(
            f"{name}: training loss {train[-1]:.2f} and validation loss {validation[-1]:.2f} "
            f"after the last epoch, against {without[-1]:.2f} without dropout, whose lowest is "
            f"{without.min():.2f}"
        )
    both[1].set_xlabel("epoch", x=0.29)
    return describe(figure, f"Rate {rate:.2f}. {'. '.join(said)}.")


def feature_maps(after, mask, repaired, names, kind, rate, explained):
    """Draw feature maps with dropped places marked, and what their neighbors give back.

    Parameters
    ----------
    after, repaired : numpy.ndarray
        Feature maps after dropout (unscaled), and with each dropped place filled in from its
        surroundings; values from 0 to 1, shape (maps, rows, columns).
    mask : numpy.ndarray of bool
        True where a value was kept, same shape.
    names : sequence of str
        What each map responds to.
    kind : str
        Name of the kind of dropout.
    rate : float
        The dropout rate.
    explained : float or None
        Share of the variance of dropped values that the repair recovers, over the whole photo;
        None if nothing was dropped.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.5 inches: the maps above, the repaired maps below.
    """
    figure, rows = kit.panels(
        2, height=3.5, left=0.015, right=0.985, top=0.86, bottom=0.015, hspace=0.27
    )
    maps, height, width = after.shape
    step = width + 2
    pitch = 0.97 * FIGURE_WIDTH * 72 / (maps * step - 1.6)  # points from row to row
    for axes, values in zip(rows, (after, repaired), strict=True):
        wide = np.zeros((height, maps * step))
        for number, one in enumerate(values):
            wide[:, number * step : number * step + width] = one
        _shade(axes, wide, pitch)
        axes.set(xlim=(-0.7, maps * step - 2.3), ylim=(height - 0.3, -0.7), aspect="equal")
        axes.axis("off")
    for number, name in enumerate(names):
        left, right, bottom = number * step - 0.5, number * step + width - 0.5, height - 0.5
        rows[0].text((left + right) / 2, -1.3, name, ha="center", fontsize=9.5)
        gone = not mask[number].any()
        look = {"color": kit.GRAY, "linewidth": 1, "linestyle": ":" if gone else "-"}
        for axes in rows:
            frame = ([left, right, right, left, left], [-0.5, -0.5, bottom, bottom, -0.5])
            axes.plot(*frame, clip_on=False, **look)
        if gone:
            cross = ([left, right, np.nan, left, right], [-0.5, bottom, np.nan, bottom, -0.5])
            rows[0].plot(*cross, **look)
    dropped = int(np.sum(~mask))
    figure.text(0.015, 0.95, f"after {kind} dropout, rate {rate:g}", fontsize=10.5)
    if explained is None:
        rows[1].set_title("nothing to refill")
        return describe(figure, f"{len(names)} feature maps; at rate 0 nothing is dropped.")
    rows[1].set_title(f"refilled from what is left: {explained:.0%} of the variance")
    return describe(
        figure,
        f"{kind.capitalize()} dropout at rate {rate:.2f} removes {dropped} of {mask.size} values "
        f"here. Over the whole photo, what is left gives back {explained:.0%} of the variance of "
        "what was dropped.",
    )


def failure_scores(rates, right, failing, name, *, top):
    """Draw what a mistake does to accuracy and loss at several dropout rates.

    Parameters
    ----------
    rates : sequence of float
        The k rates at which networks were trained.
    right, failing : numpy.ndarray
        Validation accuracy and loss of correct code and with the mistake, shape
        (k, seeds, 2).
    name : str
        Name of the mistake.
    top : float
        Where the loss axis ends; keep it the same in all frames.

    Returns
    -------
    matplotlib.figure.Figure
        Lines join the means; a small mark is one seed.
    """
    figure, both = kit.panels(
        2, height=3.7, left=0.115, right=0.98, top=0.84, bottom=0.135, hspace=0.35, sharex=True
    )
    marks = (right, kit.WITHOUT, "s", -0.004), (failing, kit.WITH, "D", 0.004)
    titles = ("validation accuracy", "validation loss in nats")
    for column, (panel, title) in enumerate(zip(both, titles, strict=True)):
        for scores, look, marker, shift in marks:
            places = np.asarray(rates) + shift
            each = np.repeat(places, scores.shape[1])
            seeds = scores[:, :, column]
            panel.plot(each, seeds.ravel(), marker, color=look["color"], markersize=3.5)
            panel.plot(places, seeds.mean(axis=1), **look)
        limits = (min(rates) - 0.04, max(rates) + 0.04)
        kit.scales(panel, x=limits, xticks=rates, grid="y", title=title)
    kit.scales(both[0], y=(0.45, 0.9), yticks=[0.5, 0.6, 0.7, 0.8, 0.9])
    kit.scales(both[1], y=(0, top), xlabel="dropout rate")
    correct = (0.125, 0.955, {"marker": "s", "color": kit.BLUE, "linewidth": 0}, "correct")
    wrong = (0.37, 0.955, {"marker": "D", "color": kit.ORANGE, "linewidth": 0}, name)
    kit.point_key(figure, correct, wrong)
    said = []
    for at in (len(rates) // 2, -1):
        mine, truth = failing[at].mean(axis=0), right[at].mean(axis=0)
        said.append(
            f"at rate {rates[at]:.2f} accuracy {mine[0]:.3f} and loss {mine[1]:.2f} where correct "
            f"code has {truth[0]:.3f} and {truth[1]:.2f}"
        )
    return describe(figure, f"The mistake: {name}. {'; '.join(said).capitalize()}.")


def _shade(axes, values, width):
    """Draw values from 0 to 1 as horizontal strokes in a few shades; low ones stay empty.

    Neighbors of one shade share a stroke, and all strokes of a shade are one line.
    """
    levels = np.rint(np.clip(values, 0, 1) * _LEVELS)
    for level in range(1, _LEVELS + 1):
        found = np.array(list(kit.runs_of(levels == level))).reshape(-1, 3)
        ends = np.insert(found[:, 1:] - 0.5, 2, np.nan, axis=1)
        look = {"color": kit.ORANGE, "alpha": level / _LEVELS, "solid_capstyle": "butt"}
        axes.plot(ends.ravel(), np.repeat(found[:, 0], 3), linewidth=width, **look)
