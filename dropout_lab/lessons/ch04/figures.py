"""Figures of chapter 4: where the gradient goes, and how a wrong one is caught."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons.kit import draw_network, places_of

__all__ = ["difference_errors", "gradient_flow", "layer_gradients", "learning_curves"]

_LEVELS = 6  # thicknesses; a few, so that frames share their lines
_LOWEST, _HIGHEST = 1e-12, 1e3  # ends of the error axis
_RIGHT = {"color": INK, "linewidth": 1.0, "marker": "o", "markerfacecolor": "none"}
_WRONG = {"color": COLORS["with"], "linestyle": "--", "marker": "s"}


def gradient_flow(masks, on, signals, gradients, scales, rate, draw):
    """Draw one pass through a small network: what goes up, and what comes back.

    Parameters
    ----------
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, inputs and outputs included, True where kept.
    on : sequence of numpy.ndarray of bool
        Same shapes: False where a ReLU gives zero.
    signals, gradients : sequence of numpy.ndarray
        One array of shape (units below, units above) per layer of weights: weight times the
        activation that it multiplies, 0 where the unit above is dropped; and the derivative of
        the loss with respect to the weight.
    scales : tuple of float
        The absolute signal and the absolute gradient that are drawn at full thickness.
    rate : float
        Dropout rate, for the sentence.
    draw : int
        Number of the draw, for the sentence.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches.
    """
    figure, panels = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2))
    figure.subplots_adjust(left=0.02, right=0.98, top=0.93, bottom=0.135, hspace=0.2)
    names = ["inputs", *(f"hidden {n}" for n in range(1, len(masks) - 1)), "outputs"]
    places = places_of(masks)
    titles = ("forward: what each weight passes on", "backward: how far each weight is moved")
    for panel, values, scale, title in zip(
        panels, (signals, gradients), scales, titles, strict=True
    ):
        last = panel is panels[1]
        draw_network(panel, masks, layer_names=names if last else None, size=110)
        panel.set_title(title)
        lines, widths, styles = [], [], []
        for layer, matrix in enumerate(values):
            for i, j in np.argwhere(np.round(_LEVELS * np.abs(matrix) / scale) >= 1):
                level = min(round(_LEVELS * abs(matrix[i, j]) / scale), _LEVELS)
                lines.append((places[layer][i], places[layer + 1][j]))
                widths.append(0.8 * level)
                styles.append((0, (2, 0.8)) if matrix[i, j] < 0 else "-")
        panel.add_collection(
            LineCollection(
                lines, linewidths=widths, linestyles=styles, colors=COLORS["without"], zorder=1.5
            )
        )
        off = np.vstack(places)[np.concatenate(masks) & ~np.concatenate(on)]
        panel.plot(*off.T, "_", color=INK, markersize=10, markeredgewidth=2, zorder=3)
    figure.text(0.5, 0.025, "dashed: negative  ·  bar: ReLU gives 0", ha="center", fontsize=9)
    hidden = np.concatenate(masks[1:-1])
    asleep = int(np.sum(hidden & ~np.concatenate(on[1:-1])))
    moving = sum(int(np.sum(matrix != 0)) for matrix in gradients)
    return describe(
        figure,
        f"Rate {rate:.2f}, draw {draw}: {int(np.sum(~hidden))} of {hidden.size} hidden units are "
        f"dropped and {asleep} more have a ReLU that gives 0; {moving} of "
        f"{sum(matrix.size for matrix in gradients)} weights get a gradient other than 0.",
    )


def difference_errors(steps, errors, name, rate, tolerance=1e-6, usual=1e-5):
    """Draw the disagreement of a gradient with finite differences against their step.

    Parameters
    ----------
    steps : numpy.ndarray
        The k steps, ascending, positive.
    errors : mapping of str to numpy.ndarray
        Under the name of each check: the relative error at each step, k values.
    name : str
        The check to draw, a key of `errors`; the others are drawn thin and dotted.
    rate : float
        Dropout rate, for the sentence.
    tolerance : float, default 1e-6
        The error below which a check is passed.
    usual : float, default 1e-5
        The step at which a check that fails is read: there only the mistake is left of its
        error. A check that passes is read where its error is smallest.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.4 inches.
    """
    figure, axes = plt.subplots(figsize=(FIGURE_WIDTH, 3.4))
    figure.subplots_adjust(left=0.145, right=0.97, top=0.91, bottom=0.15)
    clipped = {key: np.clip(values, _LOWEST, _HIGHEST) for key, values in errors.items()}
    for other in clipped.values():
        axes.plot(steps, other, color=COLORS["dropped"], linewidth=0.9, linestyle=":")
    axes.axhline(tolerance, color=INK, linewidth=0.8, linestyle="--")
    axes.text(steps[-1], tolerance / 2, "passes", ha="right", va="top")
    best = int(np.argmin(errors[name]))
    passed = errors[name][best] < tolerance
    at = best if passed else int(np.argmin(np.abs(np.log(steps / usual))))
    color = COLORS["without" if passed else "with"]
    axes.plot(steps, clipped[name], color=color, linestyle="-" if passed else "--", linewidth=2.4)
    axes.plot(
        steps[at], clipped[name][at], "o" if passed else "X", color=color,
        markeredgecolor=INK, markersize=8,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.set(xlim=(steps[0], steps[-1]), ylim=(_LOWEST, _HIGHEST), xlabel="step h")
    for axis, ticks in ((axes.xaxis, range(-10, 1, 2)), (axes.yaxis, range(-12, 4, 3))):
        axis.set_ticks([10.0**n for n in ticks], [_power(n) for n in ticks])
    axes.grid(axis="y")
    error, step = _short(errors[name][at]), _short(steps[at])
    axes.set_title(f"relative error, {'smallest' if passed else f'at the step {step}'}: {error}")
    least = "smallest, " if passed else ""
    verdict = "passes" if passed else "fails at every step"
    return describe(
        figure,
        f"Rate {rate:.2f}, {name}: the relative error is {least}{error}, at the step {step}; "
        f"the check at {_short(tolerance)} {verdict}.",
    )


def layer_gradients(right, wrong, rate, layers, limits):
    """Draw the size of the gradient of each layer's weights, right and without the scale.

    Parameters
    ----------
    right, wrong : numpy.ndarray
        Norm of the gradient per layer of weights, shape (k,), the lowest layer first.
    rate : float
        Dropout rate, for the sentence.
    layers : int
        Room for this many layers, at least k.
    limits : tuple of float
        Ends of the logarithmic axis.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.2 inches.
    """
    figure, axes = plt.subplots(figsize=(FIGURE_WIDTH, 3.2))
    figure.subplots_adjust(left=0.13, right=0.98, top=0.8, bottom=0.155)
    places = np.arange(1, len(right) + 1)
    axes.bar(places, wrong, 0.7, bottom=0, color=COLORS["with"], hatch="////")
    axes.bar(places, right, 0.7, bottom=0, facecolor="none", edgecolor=INK, linewidth=1.2)
    ratios = [f"{b / a:.3g}" for a, b in zip(right, wrong, strict=True)]
    for place, height, ratio in zip(places, right, ratios, strict=True):
        axes.text(place, height * 1.12, f"× {ratio}", ha="center", va="bottom")
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.set(xlim=(0.4, layers + 0.6), ylim=limits, ylabel="norm of the gradient")
    decades = range(int(np.ceil(np.log10(limits[0]))), int(np.log10(limits[1])) + 1)
    axes.set_yticks([10.0**n for n in decades], [_power(n) for n in decades])
    axes.set_xticks(places, [f"weights {place}" for place in places])
    axes.tick_params(axis="x", length=0)
    for x, face, edge, hatch, text in (
        (0.13, "none", INK, None, "right"),
        (0.35, COLORS["with"], "none", "////", "unscaled, and its ratio to right"),
    ):
        box = plt.Rectangle((x, 0.905), 0.035, 0.045, facecolor=face, edgecolor=edge)
        box.set_hatch(hatch)
        figure.add_artist(box)
        figure.text(x + 0.05, 0.925, text, va="center")
    return describe(
        figure,
        f"Rate {rate:.2f}, {len(right)} layers of weights, lowest first: the unscaled gradient is "
        f"{', '.join(ratios)} times the right one.",
    )


def learning_curves(right, wrong, right_accuracy, wrong_accuracy, how):
    """Draw training losses by epoch with the right and with the unscaled backward pass.

    Parameters
    ----------
    right, wrong : numpy.ndarray
        Mean training loss in nats, shape (seeds, epochs).
    right_accuracy, wrong_accuracy : numpy.ndarray
        Test accuracy after the last epoch, shape (seeds,).
    how : str
        How the networks were trained, for the sentence.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 3.4 inches. Bars are 95 % t intervals over seeds.
    """
    figure, axes = plt.subplots(figsize=(FIGURE_WIDTH, 3.4))
    figure.subplots_adjust(left=0.11, right=0.98, top=0.81, bottom=0.14)
    epochs = np.arange(1, right.shape[1] + 1)
    ends = []
    for number, (losses, accuracy, style, name) in enumerate(
        ((right, right_accuracy, _RIGHT, "right"), (wrong, wrong_accuracy, _WRONG, "unscaled"))
    ):
        mean, half = t_interval(losses.T)
        axes.errorbar(epochs + 0.12 * number, mean, half, capsize=2, markersize=5, **style)
        middle, spread = (float(value) for value in t_interval(accuracy))
        ends.append((float(mean[-1]), middle, spread))
        height = 0.955 - 0.07 * number
        line = {key: value for key, value in style.items() if key != "linewidth"}
        figure.add_artist(plt.Line2D([0.11, 0.15, 0.19], [height] * 3, markevery=[1], **line))
        figure.text(0.22, height, f"{name}: test accuracy {middle:.3f} ± {spread:.3f}", va="center")
    axes.set(xlim=(0.5, epochs[-1] + 0.6), ylim=(0, 3.2), xlabel="epoch", xticks=epochs[1::2])
    axes.set_title("training loss in nats", y=0.9, loc="right")
    axes.grid(axis="y")
    (loss, middle, spread), (other, other_middle, other_spread) = ends
    return describe(
        figure,
        f"{how}: after {epochs[-1]} epochs the training loss is {loss:.2f} with the right "
        f"backward pass and {other:.2f} with the unscaled one, the test accuracy "
        f"{middle:.3f} ± {spread:.3f} and {other_middle:.3f} ± {other_spread:.3f}.",
    )


def _power(exponent):
    """Write a power of ten with a raised exponent, without the cost of mathtext."""
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return {0: "1", 1: "10"}.get(exponent, f"10{raised}")


def _short(value):
    """Write a number with two digits, very small and very large ones with a power of ten."""
    if 0.01 <= value < 1000:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    mantissa = mantissa.removesuffix(".0")
    power = _power(int(exponent))
    return power if mantissa == "1" else f"{mantissa} × {power}"
