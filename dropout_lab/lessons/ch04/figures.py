"""Figures of chapter 4: where the gradient goes, and how a wrong one is caught."""

import numpy as np
from matplotlib.collections import LineCollection

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = ["difference_errors", "gradient_flow", "layer_gradients", "learning_curves", "two_tests"]

_LEVELS = 6  # thicknesses; a few, so that frames share their lines
_LOWEST, _HIGHEST = 1e-12, 1e3  # ends of the error axis
_RIGHT = {"color": INK, "marker": "o", "markerfacecolor": "none"}


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
    """
    figure, both = kit.panels(
        2, height=4.2, left=0.02, right=0.98, top=0.93, bottom=0.135, hspace=0.2
    )
    names = ["inputs", *(f"hidden {n}" for n in range(1, len(masks) - 1)), "outputs"]
    places = kit.places_of(masks)
    titles = ("forward: what each weight passes on", "backward: how far each weight is moved")
    for panel, values, scale, title in zip(both, (signals, gradients), scales, titles, strict=True):
        kit.draw_network(panel, masks, layer_names=names if panel is both[1] else None, size=110)
        panel.set_title(title)
        lines, widths, styles = [], [], []
        for layer, matrix in enumerate(values):
            levels = np.minimum(np.round(_LEVELS * np.abs(matrix) / scale), _LEVELS)
            for i, j in np.argwhere(levels >= 1):
                lines.append((places[layer][i], places[layer + 1][j]))
                widths.append(0.8 * levels[i, j])
                styles.append((0, (2, 0.8)) if matrix[i, j] < 0 else "-")
        look = {"linewidths": widths, "linestyles": styles, "colors": kit.BLUE, "zorder": 1.5}
        panel.add_collection(LineCollection(lines, **look))
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
        The check to draw, a key of `errors`; the others are drawn thin and dotted, each with
        its name where it begins.
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
    """
    figure, axes = kit.panels(height=3.4, left=0.145, top=0.91, bottom=0.15)
    clipped = {key: np.clip(values, _LOWEST, _HIGHEST) for key, values in errors.items()}
    taken = []
    for key, other in clipped.items():
        axes.plot(steps, other, color=kit.GRAY, linewidth=0.9, linestyle=":")
        if all(abs(np.log10(other[0] / height)) > 1 for height in taken):  # else the same line
            taken.append(other[0])
            high = other[0] > 1
            place = steps[0] * 1.7, other[0] * (0.5 if high else 1.6)
            axes.text(*place, key, va="top" if high else "bottom")
    axes.axhline(tolerance, color=INK, linewidth=0.8, linestyle="--")
    axes.text(steps[-1], tolerance / 2, "passes", ha="right", va="top")
    best = int(np.argmin(errors[name]))
    passed = errors[name][best] < tolerance
    at = best if passed else int(np.argmin(np.abs(np.log(steps / usual))))
    look = kit.WITHOUT if passed else kit.WITH
    axes.plot(steps, clipped[name], linewidth=2.4, **look)
    kit.point(axes, steps[at], clipped[name][at], "o" if passed else "X", look["color"])
    error, step = _short(errors[name][at]), _short(steps[at])
    kit.scales(
        axes, x=(steps[0], steps[-1]), y=(_LOWEST, _HIGHEST), log="xy", grid="y",
        xticks=_powers(range(-10, 1, 2)), yticks=_powers(range(-12, 4, 3)), xlabel="step h",
        title=f"relative error, {'smallest' if passed else f'at the step {step}'}: {error}",
    )  # fmt: skip
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
    """
    figure, axes = kit.panels(height=3.2, left=0.13, right=0.98, top=0.8, bottom=0.155)
    names = [f"weights {layer}" for layer in range(1, len(right) + 1)]
    places = kit.categories(axes, names, start=1)
    # Points, not bars: a logarithmic axis has no zero for a bar to stand on.
    unscaled, true = {"color": kit.ORANGE, "marker": "s"}, {**_RIGHT, "markersize": 11}
    axes.vlines(places, wrong, right, color=kit.ORANGE, linewidth=1.2)
    axes.plot(places, wrong, linestyle="none", **unscaled)
    axes.plot(places, right, linestyle="none", **true)
    ratios = [f"{b / a:.3g}" for a, b in zip(right, wrong, strict=True)]
    for place, height, ratio in zip(places, right, ratios, strict=True):
        axes.text(place, height * 1.35, f"× {ratio}", ha="center", va="bottom")
    decades = range(int(np.ceil(np.log10(limits[0]))), int(np.log10(limits[1])) + 1)
    kit.scales(axes, x=(0.4, layers + 0.6), y=limits, yticks=_powers(decades), log="y", grid="y")
    axes.set_ylabel("norm of the gradient")
    ratio = "unscaled, and its ratio to right"
    kit.point_key(figure, (0.15, 0.925, true, "right"), (0.35, 0.925, unscaled, ratio))
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
        Bars are 95 % t intervals over seeds.
    """
    figure, axes = kit.panels(height=3.4, left=0.09, right=0.72, top=0.79, bottom=0.14)
    epochs = np.arange(1, right.shape[1] + 1)
    ends, tests, named, thin = [], [], [], {**_RIGHT, "linewidth": 1.0}
    for number, (losses, accuracy, look, key, name) in enumerate(
        (
            (right, right_accuracy, thin, _RIGHT, "right"),
            (wrong, wrong_accuracy, kit.DROPOUT, kit.DROPOUT, "unscaled"),
        )
    ):
        look = {**look, "capsize": 2, "markersize": 5}
        mean, _ = kit.interval_line(axes, epochs + 0.12 * number, losses.T, **look)
        middle, spread = (float(value) for value in t_interval(accuracy))
        ends.append(float(mean[-1]))
        tests.append(f"{middle:.3f} ± {spread:.3f}")
        named.append((ends[-1], f"{ends[-1]:.2f} {name}", key))
    kit.scales(axes, x=(0.5, epochs[-1] + 0.6), y=(0, 3.2), xticks=epochs[1::2], grid="y")
    axes.set(xlabel="epoch", title="Training loss in nats")
    kit.label_ends(axes, epochs[-1] + 1.4, *named, least=12)
    differences = wrong[:, -1] - right[:, -1], wrong_accuracy - right_accuracy
    gaps = [f"{kit.signed(mean, 3)} ± {half:.3f}" for mean, half in map(t_interval, differences)]
    told = f"test accuracy: right {tests[0]}, unscaled {tests[1]}"
    figure.text(0.02, 0.965, told, va="center")
    figure.text(0.02, 0.9, f"difference: loss {gaps[0]}, accuracy {gaps[1]}", va="center")
    return describe(
        figure,
        f"{how}: after {epochs[-1]} epochs the training loss is {ends[0]:.2f} with the right "
        f"backward pass and {ends[1]:.2f} with the unscaled one, the test accuracy "
        f"{tests[0]} and {tests[1]}. Unscaled minus right, seed by seed: loss {gaps[0]}, accuracy "
        f"{gaps[1]}.",
    )


def two_tests(names, outputs, gradients, rate, tolerance=1e-6):
    """Draw which conventions the three-line test catches, and which the gradient check.

    Parameters
    ----------
    names : sequence of str
        The k conventions.
    outputs, gradients : sequence of float
        What each test finds for each, where 1 is right: output at inference divided by the mean
        output while training, and gradient divided by the measured one.
    rate : float
        Dropout rate, for the sentence.
    tolerance : float, default 1e-6
        How far from 1 a test still passes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = kit.panels(height=3.2, left=0.33, right=0.99, top=0.88, bottom=0.02)
    tests = {"three lines: output": outputs, "check: gradient": gradients}
    caught = []
    for column, (head, ratios) in enumerate(tests.items()):
        found = np.abs(np.asarray(ratios) - 1) > tolerance
        caught.append(found)
        axes.text(column - 0.06, 0.85, head, va="center")
        for row, (ratio, wrong) in enumerate(zip(ratios, found, strict=True)):
            look = {"marker": "X"} if wrong else {"marker": "o", "markerfacecolor": "none"}
            axes.plot(column, -row, color=INK, markersize=7, **look)
            words = f"× {_short(ratio)}: caught" if wrong else "right"
            axes.text(column + 0.07, -row, words, va="center")
    axes.set_yticks(-np.arange(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(-0.1, 1.75), ylim=(0.5 - len(names), 0.6), xticks=[])
    axes.spines[:].set_visible(False)
    both = [name for name, one, other in zip(names, *caught, strict=True) if not one and not other]
    return describe(
        figure,
        f"Rate {rate:.2f}: the three-line test catches {int(caught[0].sum())} of {len(names)} "
        f"conventions, the gradient check {int(caught[1].sum())}; both let pass: "
        f"{', '.join(both)}.",
    )


def _powers(exponents):
    """Return ticks at powers of ten."""
    return {10.0**n: _power(n) for n in exponents}


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
