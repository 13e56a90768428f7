"""Figures of chapter 12 that show what was measured: batch norm, and dropout early or late."""

import matplotlib.pyplot as plt
import numpy as np

from dropout_lab.frames import describe
from dropout_lab.intervals import t_interval
from dropout_lab.plots.keys import line_key
from dropout_lab.plots.text import signed
from dropout_lab.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["schedule_effects", "variance_shift"]

_ORANGE, _BLUE, _GRAY = COLORS["with"], COLORS["without"], COLORS["dropped"]


def variance_shift(ratios, formula, kept, renewed, rates, order, rate):
    """Draw by how much masks raise the variance that each norm sees, and what that costs.

    Parameters
    ----------
    ratios : numpy.ndarray
        Variance with masks over variance without, shape (k, seeds, norms).
    formula : numpy.ndarray
        The same by formula, for the first norm behind a dropout, shape (k, seeds).
    kept, renewed : numpy.ndarray
        Test accuracy with statistics of masked passes, and with those of passes without masks,
        shape (k, seeds).
    rates : sequence of float
        The k rates.
    order : str
        Where dropout stands.
    rate : float
        Which of the rates to show.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Bars are 95 % t intervals over seeds.

    Notes
    -----
    Taught in: chapter 12.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(FIGURE_WIDTH, 4.2))
    figure.subplots_adjust(left=0.14, right=0.97, top=0.93, bottom=0.115, hspace=0.88)
    at = list(rates).index(rate)
    mean, half = t_interval(ratios[at].T)
    norms = np.arange(1, ratios.shape[-1] + 1)
    top.bar(norms, mean, 0.6, color=_ORANGE, hatch="////")
    top.errorbar(norms, mean, half, color=INK, linestyle="none", capsize=3, linewidth=1)
    top.axhline(1, color=INK, linewidth=0.8)
    first = next((k for k in range(len(mean)) if ratios[:, :, k].max() > 1.01), None)
    if first is not None:
        level = formula[at].mean()
        top.plot(norms[first], level, "D", color=_BLUE, markeredgecolor=INK, markersize=7)
    top.set(xlim=(0.4, norms[-1] + 0.6), ylim=(0, 8.5), yticks=[1, 2, 4, 6, 8], xticks=norms)
    top.set_title("variance with masks ÷ without")
    top.set_xlabel("batch norm of hidden layer")
    top.grid(axis="y")

    for values, color, line, marker in ((kept, _ORANGE, "--", "s"), (renewed, _BLUE, "-", "o")):
        middle, margin = t_interval(100 * values)
        bottom.errorbar(
            rates, middle, margin, color=color, linestyle=line, marker=marker, capsize=2
        )
    bottom.axvline(rate, color=_GRAY, linestyle=":", linewidth=1.2)
    bottom.set(xlim=(-0.02, max(rates) + 0.02), ylim=(40, 100), xticks=list(rates))
    bottom.set_yticks([40, 60, 80, 100], ["40 %", "60 %", "80 %", "100 %"])
    bottom.set_xlabel("dropout rate")
    bottom.grid(axis="y")
    rows = (
        (0.14, 0.44, _ORANGE, "--", "statistics with masks"),
        (0.6, 0.44, _BLUE, "-", "without masks"),
    )
    line_key(figure, rows, length=0.06)
    lost, margin = t_interval(100 * (renewed - kept))
    text = ", ".join(f"{value:.2f}" for value in mean)
    said = f"Dropout {order}, rate {rate:.1f}: variance ratios {text} from the first norm to the "
    said += "last; "
    if first is not None:
        said += f"by formula {formula[at].mean():.2f} at norm {norms[first]}; "
    return describe(
        figure,
        f"{said}test accuracy {kept[at].mean():.1%} with statistics of masked passes and "
        f"{renewed[at].mean():.1%} with statistics of passes without masks, a difference of "
        f"{signed(lost[at])} ± {margin[at]:.2f} points.",
    )


def schedule_effects(validation, changes, epochs_before, net, schedule, measure):
    """Draw a schedule of dropout against no dropout: loss by epoch, and where training ends.

    Parameters
    ----------
    validation : mapping of str to numpy.ndarray
        For each schedule, and for "none", the validation loss by epoch, shape (seeds, epochs).
    changes : mapping of str to numpy.ndarray
        For each schedule the score at the end minus that without dropout, shape (seeds,).
    epochs_before : int
        After how many epochs early dropout ends and late dropout begins.
    net : str
        The name of the net.
    schedule : str
        Which schedule to show.
    measure : {"training loss", "test loss", "test accuracy"}
        What the scores are: nats, or shares.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 x 4.2 inches. Shades and bars are 95 % t intervals over seeds.

    Notes
    -----
    Taught in: chapter 12.
    """
    figure = plt.figure(figsize=(FIGURE_WIDTH, 4.2))
    top = figure.add_axes((0.145, 0.535, 0.825, 0.325))
    epochs = np.arange(1, validation["none"].shape[1] + 1)
    for name, color, line in (("none", _BLUE, "-"), (schedule, _ORANGE, "--")):
        mean, half = t_interval(validation[name].T)
        top.fill_between(epochs, mean - half, mean + half, color=color, alpha=0.2, linewidth=0)
        top.plot(epochs, mean, line, color=color)
    if schedule != "standard":
        top.axvline(epochs_before + 0.5, color=_GRAY, linestyle=":", linewidth=1.4)
    top.set(xlim=(1, epochs[-1]), ylim=(0.2, 0.6), yticks=[0.2, 0.3, 0.4, 0.5, 0.6])
    top.set_xticks([1, *range(len(epochs) // 5, len(epochs) + 1, len(epochs) // 5)])
    top.set_title("validation loss in nats")
    top.set_xlabel("epoch")
    top.grid(axis="y")
    rows = (
        (0.145, 0.965, _BLUE, "-", "no dropout"),
        (0.5, 0.965, _ORANGE, "--", f"{schedule} dropout"),
    )
    line_key(figure, rows)

    loss = measure.endswith("loss")
    bottom = figure.add_axes((0.145, 0.075, 0.825, 0.255))
    bottom.axhline(0, color=INK, linewidth=0.8)
    for place, (name, values) in enumerate(changes.items()):
        mean, half = t_interval(values if loss else 100 * values)
        mine = name == schedule
        look = {"color": _ORANGE, "marker": "s"} if mine else {"color": _GRAY, "marker": "o"}
        bottom.errorbar(place, mean, half, linestyle="none", capsize=4, **look)
        if mine:
            change, margin = mean, half
    bottom.set(xlim=(-0.5, len(changes) - 0.5))
    bottom.set_xticks(range(len(changes)), list(changes))
    limit, ticks = (0.07, (-0.05, 0, 0.05)) if loss else (1.4, (-1, 0, 1))
    bottom.set(ylim=(-limit, limit))
    bottom.set_yticks(ticks, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks])
    unit = "nats" if loss else "points"
    bottom.set_title(f"{measure} minus none, {unit}, at the end")
    bottom.grid(axis="y")
    digits = 3 if loss else 2
    return describe(
        figure,
        f"The {net} net with {schedule} dropout: {measure} at the end minus that without "
        f"dropout is {signed(change, digits)} ± {margin:.{digits}f} {unit}.",
    )
