"""Figures of chapter 3: where the 1/(1-p) goes, and what the wrong places cost."""

import math

import matplotlib.pyplot as plt
import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval

__all__ = ["digit_probabilities", "jensen_gap", "train_versus_eval", "trained_scores"]

_TOP = 8.0  # bars that are higher are cut off and carry their value
_LOW, _HIGH = 0.03, 150.0  # ends of the ratio axis
_RATIO_TICKS = {0.1: "0.1", 1: "1", 10: "10", 100: "100"}


def train_versus_eval(train_mean, eval_output, gradient, rates, curves, name, rate):
    """Draw the mean while training beside the output at inference, and their ratio at all rates.

    Parameters
    ----------
    train_mean, eval_output : numpy.ndarray
        One value per unit, shape (n,).
    gradient : sequence of float
        Gradient divided by the true gradient at each rate, k values; drawn in place of the
        ratio where it is not 1 throughout.
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
        4.8 x 4.2 inches.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2))
    figure.subplots_adjust(left=0.115, right=0.98, top=0.89, bottom=0.115, hspace=0.62)
    places = np.arange(1, len(train_mean) + 1)
    orange, blue = COLORS["with"], COLORS["without"]
    top.bar(places - 0.2, np.minimum(train_mean, _TOP), 0.38, color=orange, hatch="////")
    top.bar(places + 0.2, np.minimum(eval_output, _TOP), 0.38, color=blue)
    for place, value in zip(places, eval_output, strict=True):
        if value > _TOP:
            top.text(place + 0.2, _TOP, f"{value:.0f}", ha="center", va="bottom", fontsize=9)
    top.set(xlim=(0.4, len(places) + 0.6), ylim=(0, _TOP), yticks=[0, 2, 4, 6, 8])
    top.set_xticks(places, [f"unit {place}" for place in places])
    top.tick_params(axis="x", length=0)
    for x, color, text in ((0.115, orange, "training mean"), (0.46, blue, "at inference")):
        figure.text(x, 0.955, "■", color=color, va="center", fontsize=12)
        figure.text(x + 0.04, 0.955, text, va="center")

    for other in dict.fromkeys(tuple(curve) for curve in curves.values()):
        bottom.plot(rates, _on_axis(other), color=COLORS["dropped"], linewidth=0.9, linestyle=":")
    bottom.plot(rates, _on_axis(curves[name]), color=blue, linewidth=2.4)
    wrong_back = any(not math.isclose(value, 1.0) for value in gradient)
    if wrong_back:
        bottom.plot(rates, _on_axis(gradient), color=orange, linestyle="--", linewidth=2.4)
    ratio = (gradient if wrong_back else curves[name])[list(rates).index(rate)]
    height = _on_axis([ratio])[0]
    shape = "v" if ratio < _LOW else "o"
    color = orange if wrong_back else blue
    bottom.plot(rate, height, shape, color=color, markeredgecolor=INK, markersize=8, clip_on=False)
    bottom.set_yscale("log")
    bottom.set(xlim=(-0.02, max(rates) + 0.14), ylim=(_LOW, _HIGH), xlabel="dropout rate p")
    bottom.set_xticks(np.arange(0, max(rates) + 1e-9, 0.1))
    bottom.minorticks_off()
    bottom.set_yticks(list(_RATIO_TICKS), list(_RATIO_TICKS.values()))
    bottom.grid(axis="y")
    bottom.text(max(rates) + 0.02, 1.15, "right", va="bottom")
    what = "gradient ÷ true gradient" if wrong_back else "inference ÷ training mean"
    bottom.set_title(f"{what}: {_times(ratio)}")
    middle = (len(places) - 1) // 2
    said = (
        f"Convention {name}, rate {rate:.2f}: unit {places[middle]} averages "
        f"{train_mean[middle]:.2f} while training and gives {eval_output[middle]:.2f} at "
        "inference, "
    )
    if wrong_back:
        said += "which is right, but its gradient is "
    else:
        said += "which is "
    return describe(figure, f"{said}{_verdict(ratio)}.")


def trained_scores(rates, right, chosen, name, right_name):
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

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds.
    """
    figure, panels = plt.subplots(3, 1, figsize=(FIGURE_WIDTH, 4.2), sharex=True)
    figure.subplots_adjust(left=0.125, right=0.98, top=0.87, bottom=0.115, hspace=0.42)
    titles = ("accuracy", "mean confidence", "cross-entropy in nats, log scale")
    marks = (
        (right, INK, "-", {"marker": "o", "markerfacecolor": "none", "linewidth": 1.0}),
        (chosen, COLORS["with"], "--", {"marker": "s"}),
    )
    for column, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        for scores, color, line, style in marks:
            mean, half = t_interval(scores[:, :, column])
            low = np.minimum(half, 0.9 * mean)  # keeps the bar on a logarithmic axis
            panel.errorbar(
                rates, mean, (low, half), color=color, linestyle=line, capsize=2, **style
            )
        panel.set_title(title)
        panel.grid(axis="y")
        panel.set(xlim=(min(rates) - 0.04, max(rates) + 0.04), xticks=list(rates))
        if column < 2:
            panel.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
    panels[2].set_yscale("log")
    panels[2].set(ylim=(0.02, 150), xlabel="dropout rate p while training")
    panels[2].minorticks_off()
    panels[2].set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    for x, color, marker, face, text in (
        (0.125, INK, "o", "none", f"{right_name} (right)"),
        (0.5, COLORS["with"], "s", COLORS["with"], name),
    ):
        figure.add_artist(
            plt.Line2D([x + 0.01], [0.965], marker=marker, color=color, markerfacecolor=face)
        )
        figure.text(x + 0.035, 0.965, text, va="center")
    at = int(np.argmin(np.abs(np.asarray(rates) - 0.5)))
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
        4.8 x 2.6 inches.
    """
    figure, (left, panel) = plt.subplots(
        1, 2, figsize=(FIGURE_WIDTH, 2.6), gridspec_kw={"width_ratios": (1, 2.6)}
    )
    figure.subplots_adjust(left=0.02, right=0.98, top=0.77, bottom=0.19, wspace=0.32)
    rows, columns = np.nonzero(image)
    left.scatter(columns, rows, s=74, marker="s", color=INK, alpha=image[rows, columns], lw=0)
    left.set(xlim=(-0.6, 7.6), ylim=(7.6, -0.6), aspect="equal")
    left.axis("off")
    left.set_title(f"class {label}")
    classes = np.arange(len(right))
    panel.bar(classes, chosen, 0.8, color=COLORS["with"], hatch="////")
    panel.bar(classes, right, 0.8, facecolor="none", edgecolor=INK, linewidth=1.2)
    panel.set(xlim=(-0.6, 9.6), ylim=(0, 1), xticks=classes, yticks=[0, 0.5, 1], xlabel="class")
    panel.tick_params(axis="x", length=0)
    for y, face, edge, hatch, text in (
        (0.93, COLORS["with"], "none", "////", name),
        (0.84, "none", INK, None, "right"),
    ):
        box = plt.Rectangle((0.375, y - 0.025), 0.035, 0.05, facecolor=face, edgecolor=edge)
        box.set_hatch(hatch)
        figure.add_artist(box)
        figure.text(0.425, y, text, va="center")
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
        4.8 x 4.2 inches.
    """
    mean_sum = float(probabilities @ sums)
    at_mean = max(mean_sum, 0.0)
    mean_output = means[list(rates).index(rate)]
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, 4.2), gridspec_kw={"height_ratios": (1.7, 1)}
    )
    figure.subplots_adjust(left=0.1, right=0.98, top=0.93, bottom=0.115, hspace=0.62)
    orange, blue = COLORS["with"], COLORS["without"]
    top.plot([-15, 0, 16], [0, 0, 16], color=INK, linewidth=1)
    # Squares, since a circle is ten times as much SVG; masks of one sum share a square.
    places, which = np.unique(np.round(sums, 6), return_inverse=True)
    weights = np.bincount(which, probabilities)
    top.scatter(
        places, np.maximum(places, 0), s=500 * weights, marker="s", color=orange, alpha=0.5, lw=0
    )
    top.plot([mean_sum] * 2, [at_mean, mean_output], color=INK, linewidth=1.2, zorder=4)
    top.plot(mean_sum, at_mean, "D", color=blue, markeredgecolor=INK, markersize=6, zorder=5)
    top.plot(mean_sum, mean_output, "o", color=orange, markeredgecolor=INK, markersize=7, zorder=5)
    top.set(xlim=(-15, 16), ylim=(-0.7, 16), yticks=[0, 5, 10, 15])
    top.set_title("output of the unit under every mask")
    top.text(0.99, -0.03, "weighted sum", transform=top.transAxes, ha="right", va="top")
    top.set_xticks([-15, -10, -5, 0, 5], ["−15", "−10", "−5", "0", "5"])
    for y, color, marker, text in (
        (14.3, orange, "o", f"training mean {mean_output:.2f}"),
        (12.2, blue, "D", f"at inference {at_mean:.2f}"),
    ):
        top.plot(-14.2, y, marker, color=color, markeredgecolor=INK, markersize=7)
        top.text(-13.5, y, text, va="center")
    bottom.plot(rates, means, color=orange, linestyle="--")
    bottom.axhline(at_mean, color=blue)
    bottom.plot([rate] * 2, [at_mean, mean_output], color=INK, linewidth=1.2)
    bottom.plot(rate, at_mean, "D", color=blue, markeredgecolor=INK, clip_on=False, zorder=5)
    bottom.plot(rate, mean_output, "o", color=orange, markeredgecolor=INK, clip_on=False, zorder=5)
    bottom.set(xlim=(-0.01, max(rates) + 0.02), ylim=(-0.2, 6), yticks=[0, 2, 4, 6])
    bottom.set_xlabel("dropout rate p")
    bottom.set_xticks(np.arange(0, max(rates) + 1e-9, 0.1))
    bottom.set_title(f"the gap: {mean_output - at_mean:.2f}")
    return describe(
        figure,
        f"Rate {rate:.2f}, bias {bias:g}: the mean output over all masks is {mean_output:.2f}, "
        f"the output at inference {at_mean:.2f}, a gap of {mean_output - at_mean:.2f}, although "
        f"the weighted sum averages {mean_sum:.2f} in both.".replace("-", "−"),
    )


def _on_axis(values):
    """Return `values` moved to the ends of the ratio axis where they lie beyond them."""
    return [min(max(value, _LOW), _HIGH) for value in values]


def _times(ratio):
    """Write a ratio with three significant digits at most."""
    if math.isinf(ratio):
        return "infinite"
    return f"{ratio:.0f}" if ratio >= 99.5 else f"{ratio:.3g}"


def _verdict(ratio):
    """Say a ratio in words."""
    if math.isclose(ratio, 1.0):
        return "right"
    return f"{_times(ratio)} times what is right"
