"""Figures of chapter 3: where the 1/(1-r) goes, and what the wrong places cost."""

import math

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = ["digit_probabilities", "jensen_gap", "train_versus_eval", "trained_scores"]

_TOP = 8.0  # bars that are higher are cut off and carry their value
_ENDS = 0.03, 150.0  # of the ratio axis; what lies beyond is drawn there
_RATIO_TICKS = kit.labeled((0.1, 1, 10, 100))


def train_versus_eval(train_mean, eval_output, rates, curves, name, rate):
    """Draw the mean while training beside the output at inference, and their ratio at all rates.

    Parameters
    ----------
    train_mean, eval_output : numpy.ndarray
        One value per unit, shape (n,).
    rates : sequence of float
        The k rates of the curves, `rate` among them.
    curves : mapping of str to sequence of float
        Under the name of each convention: output at inference divided by the mean while
        training, k values, 0 and infinity allowed.
    name : str
        The convention to draw, a key of `curves`.
    rate : float
        The rate to mark.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (top, bottom) = kit.panels(2, height=4.2, left=0.115, right=0.98, top=0.89, hspace=0.62)
    names = [f"unit {number}" for number in range(1, len(train_mean) + 1)]
    places = kit.categories(top, names, start=1)
    top.bar(places - 0.2, np.minimum(train_mean, _TOP), 0.38, **kit.HATCHED)
    top.bar(places + 0.2, np.minimum(eval_output, _TOP), 0.38, color=kit.BLUE)
    for place, value in zip(places, eval_output, strict=True):
        if value > _TOP:
            top.text(place + 0.2, _TOP, f"{value:.0f}", ha="center", va="bottom", fontsize=9)
    kit.scales(top, y=(0, _TOP), yticks=[0, 2, 4, 6, 8])
    training, inference = (kit.ORANGE, "training mean"), (kit.BLUE, "at inference")
    kit.mark_key(figure, 0.955, (0.115, *training), (0.46, *inference))

    for other in dict.fromkeys(tuple(curve) for curve in curves.values()):
        bottom.plot(rates, np.clip(other, *_ENDS), color=kit.GRAY, linewidth=0.9, linestyle=":")
    bottom.plot(rates, np.clip(curves[name], *_ENDS), color=kit.BLUE, linewidth=2.4)
    ratio = curves[name][list(rates).index(rate)]
    shape = "v" if ratio < _ENDS[0] else "o"
    kit.point(bottom, rate, np.clip(ratio, *_ENDS), shape, kit.BLUE, clip_on=False)
    kit.scales(
        bottom, x=(-0.02, max(rates) + 0.22), y=_ENDS, log="y", grid="y",
        xticks=np.arange(0, max(rates) + 1e-9, 0.1), yticks=_RATIO_TICKS,
        xlabel="dropout rate r", title=f"inference ÷ training mean: {_times(ratio)}",
    )  # fmt: skip
    ends = {"right" if np.allclose(each, 1) else key: each[-1] for key, each in curves.items()}
    for text, end in ends.items():
        bottom.text(max(rates) + 0.03, np.clip(end, *_ENDS), text, va="center")
    middle = (len(places) - 1) // 2
    return describe(
        figure,
        f"Convention {name}, rate {rate:.2f}: unit {places[middle]} averages "
        f"{train_mean[middle]:.2f} while training and gives {eval_output[middle]:.2f} at "
        f"inference, which is {_verdict(ratio)}.",
    )


def trained_scores(rates, right, chosen, name, right_name, told=0.5):
    """Draw what a convention makes of trained networks: accuracy, confidence, cross-entropy.

    Parameters
    ----------
    rates : sequence of float
        The k rates at which networks were trained.
    right, chosen : numpy.ndarray
        Scores under the right convention and under the chosen one, shape (k, s, 3): rate,
        seed, and accuracy, mean confidence, cross-entropy. At least two seeds.
    name, right_name : str
        The names of the two.
    told : float, default 0.5
        The sentence tells the scores at this rate.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, three = kit.panels(
        3, height=4.2, left=0.125, right=0.98, top=0.87, hspace=0.42, sharex=True
    )
    titles = ("accuracy", "mean confidence", "cross-entropy in nats, log scale")
    open_circle = {"color": INK, "marker": "o", "markerfacecolor": "none"}
    looks = {**open_circle, "linewidth": 1.0}, kit.DROPOUT
    for column, (panel, title) in enumerate(zip(three, titles, strict=True)):
        for scores, look in zip((right, chosen), looks, strict=True):
            mean, half = t_interval(scores[:, :, column])
            low = np.minimum(half, 0.9 * mean)  # keeps the bar on a logarithmic axis
            panel.errorbar(rates, mean, (low, half), capsize=2, **look)
        limits = (min(rates) - 0.04, max(rates) + 0.04)
        kit.scales(panel, x=limits, xticks=rates, grid="y", title=title)
        if column < 2:
            kit.scales(panel, y=(0, 1.05), yticks=[0, 0.5, 1])
    kit.scales(panel, y=(0.02, 150), yticks=_RATIO_TICKS, log="y")
    panel.set_xlabel("dropout rate r while training")
    square = {"color": kit.ORANGE, "marker": "s"}
    rows = (0.135, 0.965, open_circle, f"{right_name} (right)"), (0.51, 0.965, square, name)
    kit.point_key(figure, *rows)
    at = int(np.argmin(np.abs(np.asarray(rates) - told)))
    mine, truth = chosen[at].mean(axis=0), right[at].mean(axis=0)
    return describe(
        figure,
        f"Convention {name}, at rate {rates[at]:.2f}: accuracy {mine[0]:.3f}, mean confidence "
        f"{mine[1]:.3f} and cross-entropy {mine[2]:.3f}, where {right_name} has "
        f"{truth[0]:.3f}, {truth[1]:.3f} and {truth[2]:.3f}; at rate "
        f"{rates[-1]:.2f} its accuracy is {chosen[-1, :, 0].mean():.3f} and its cross-entropy "
        f"{chosen[-1, :, 2].mean():.1f}.",
    )


def digit_probabilities(image, label, right, chosen, name, rate):
    """Draw one digit and the probabilities it gets under the right and the chosen convention.

    Parameters
    ----------
    image : numpy.ndarray
        Pixels between 0 (paper) and 1 (ink), shape (8, 8).
    label : int
        The true class.
    right, chosen : numpy.ndarray
        Class probabilities as they should be and under the chosen convention, shape (10,).
    name : str
        The name of the chosen convention.
    rate : float
        The dropout rate of the network.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (left, panel) = kit.panels(
        1, 2, height=2.6, left=0.02, right=0.98, top=0.77, bottom=0.19, wspace=0.32,
        width_ratios=(1, 2.6),
    )  # fmt: skip
    rows, columns = np.nonzero(image)
    left.scatter(columns, rows, s=74, marker="s", color=INK, alpha=image[rows, columns], lw=0)
    left.set(xlim=(-0.6, 7.6), ylim=(7.6, -0.6), aspect="equal", title=f"class {label}")
    left.axis("off")
    classes = kit.categories(panel, range(len(right)))
    panel.bar(classes, chosen, 0.8, **kit.HATCHED)
    panel.bar(classes, right, 0.8, **kit.hollow())
    kit.scales(panel, y=(0, 1), yticks=[0, 0.5, 1], xlabel="class")
    rows = (0.375, 0.93, kit.HATCHED_BOX, name), (0.375, 0.84, kit.HOLLOW_BOX, "right")
    kit.box_key(figure, *rows, height=0.05, below=0.025)
    picked, best = int(np.argmax(chosen)), int(np.argmax(right))
    return describe(
        figure,
        f"A handwritten {label}, network trained at rate {rate:.2f}. Convention {name} says "
        f"{picked} with probability {chosen[picked]:.2f}; the right one says {best} with "
        f"probability {right[best]:.2f}.",
    )


def jensen_gap(sums, probabilities, rates, means, rate, bias):
    """Draw why a unit behind dropout is not its own mean: averages before and after the ReLU.

    Parameters
    ----------
    sums : numpy.ndarray
        The weighted sum that enters the unit under each mask, shape (m,).
    probabilities : numpy.ndarray
        Probability of each mask, shape (m,).
    rates : sequence of float
        The k rates of the curve, `rate` among them.
    means : sequence of float
        Exact mean of the unit's output at each rate.
    rate, bias : float
        Dropout rate and bias of the frame.

    Returns
    -------
    matplotlib.figure.Figure
    """
    mean_sum = float(probabilities @ sums)
    at_mean = max(mean_sum, 0.0)
    mean_output = means[list(rates).index(rate)]
    figure, (top, bottom) = kit.panels(
        2, height=4.2, left=0.1, right=0.98, top=0.93, hspace=0.62, height_ratios=(1.7, 1)
    )
    top.plot([-15, 0, 16], [0, 0, 16], color=INK, linewidth=1)
    # Squares, since a circle is ten times as much SVG; masks of one sum share a square.
    places, which = np.unique(np.round(sums, 6), return_inverse=True)
    areas = 500 * np.bincount(which, probabilities)
    look = {"marker": "s", "color": kit.ORANGE, "alpha": 0.5, "lw": 0}
    top.scatter(places, np.maximum(places, 0), s=areas, **look)
    top.plot([mean_sum] * 2, [at_mean, mean_output], color=INK, linewidth=1.2, zorder=4)
    kit.point(top, mean_sum, at_mean, "D", kit.BLUE, 6, zorder=5)
    kit.point(top, mean_sum, mean_output, "o", kit.ORANGE, 7, zorder=5)
    ticks = kit.labeled((-15, -10, -5, 0, 5))
    kit.scales(top, x=(-15, 16), y=(-0.7, 16), xticks=ticks, yticks=[0, 5, 10, 15])
    top.set_title("output of the unit under every mask")
    top.text(0.99, -0.03, "weighted sum", transform=top.transAxes, ha="right", va="top")
    kit.point(top, -14.2, 14.3, "o", kit.ORANGE, 7)
    top.text(-13.5, 14.3, f"training mean {mean_output:.2f}", va="center")
    kit.point(top, -14.2, 12.2, "D", kit.BLUE, 7)
    top.text(-13.5, 12.2, f"at inference {at_mean:.2f}", va="center")
    bottom.plot(rates, means, **kit.WITH)
    bottom.axhline(at_mean, color=kit.BLUE)
    bottom.plot([rate] * 2, [at_mean, mean_output], color=INK, linewidth=1.2)
    kit.point(bottom, rate, at_mean, "D", kit.BLUE, 6, clip_on=False, zorder=5)
    kit.point(bottom, rate, mean_output, "o", kit.ORANGE, 6, clip_on=False, zorder=5)
    ticks = np.arange(0, max(rates) + 1e-9, 0.1)
    kit.scales(bottom, x=(-0.01, max(rates) + 0.02), y=(-0.2, 6), xticks=ticks, yticks=[0, 2, 4, 6])
    bottom.set(
        xlabel="dropout rate r", title=f"both at every rate; gap here: {mean_output - at_mean:.2f}"
    )
    return describe(
        figure,
        f"Rate {rate:.2f}, bias {bias:g}: the mean output over all masks is {mean_output:.2f}, "
        f"the output at inference {at_mean:.2f}, a gap of {mean_output - at_mean:.2f}, although "
        f"the weighted sum averages {mean_sum:.2f} in both.".replace("-", "−"),
    )


def _times(ratio):
    """Write a ratio with three significant digits at most."""
    if math.isinf(ratio):
        return "infinite"
    return f"{ratio:.0f}" if ratio >= 99.5 else f"{ratio:.3g}"


def _verdict(ratio):
    """Say a ratio in words."""
    return "right" if math.isclose(ratio, 1.0) else f"{_times(ratio)} times what is right"
