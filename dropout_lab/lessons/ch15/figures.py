"""Figures of chapter 15: means that move, noise that stays, and rates in few bits."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.lessons import kit
from dropout_lab.lessons.ch15.ranks import noise_left

__all__ = ["few_bits", "place_curves", "pooling_curves", "rank_noise"]


def place_curves(z, plain, dropout, at, name, place, rate):
    """Draw the mean output of an activation over its input, without and with dropout.

    Parameters
    ----------
    z : numpy.ndarray
        Inputs, shape (n,).
    plain, dropout : numpy.ndarray
        Outputs without dropout, and mean outputs with it, shape (n,).
    at : int
        Which of the inputs is marked.
    name, place : str
        The activation, and where dropout stands: "before" or "after" it.
    rate : float
        The dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.3, left=0.1, right=0.98, top=0.88, bottom=0.15)
    for values, look, marker in ((plain, kit.WITHOUT, "o"), (dropout, kit.WITH, "s")):
        panel.plot(z, values, linewidth=2, **look)
        kit.point(panel, z[at], values[at], marker, look["color"], 8 - 2 * (marker == "s"))
    ticks = kit.labeled((-3, -2, -1, 0, 1, 2, 3))
    kit.scales(
        panel, x=(-3, 4.6), y=(-1.2, 3.2), xticks=ticks, yticks=kit.labeled((-1, 0, 1, 2, 3))
    )
    kit.scales(panel, xlabel="input", title=f"mean output of {name}")
    panel.spines["bottom"].set_bounds(-3, 3)
    kit.label_ends(panel, 3.12, (plain[-1], "no dropout"), (dropout[-1], f"{place}, {rate:g}"))
    for values, height, text in ((plain, 2.75, "without"), (dropout, 2.3, "with")):
        panel.text(-2.8, height, f"input {z[at]:g}, {text}: {kit.minus(values[at])}")
    return describe(
        figure,
        f"Dropout {place} {name} at rate {rate:.2f}: input {z[at]:g} gives {dropout[at]:.2f} on "
        f"average, and {plain[at]:.2f} without dropout.",
    )


def pooling_curves(rates, before, without, at, window):
    """Draw the mean of a maximum over rates, with dropout before and after max-pooling.

    Parameters
    ----------
    rates, before : numpy.ndarray
        Rates, and means with dropout before pooling, shape (n,).
    without : float
        The mean without dropout, which is also that with dropout after pooling.
    at : int
        Which rate is marked.
    window : int
        How many numbers the maximum is taken of.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=2.9, left=0.1, right=0.98, top=0.88, bottom=0.17)
    panel.plot(rates, np.full(len(rates), without), linewidth=2, **kit.WITHOUT)
    panel.plot(rates, before, linewidth=2, **kit.WITH)
    kit.point(panel, rates[at], without, "o", kit.BLUE)
    kit.point(panel, rates[at], before[at], "s", kit.ORANGE, 7)
    kit.scales(panel, x=(0, 1.14), y=(0, 3.2), xticks=(0, 0.2, 0.4, 0.6, 0.8))
    kit.scales(panel, xlabel="dropout rate", title=f"mean maximum of {window} numbers")
    panel.spines["bottom"].set_bounds(0, 0.8)
    kit.label_ends(
        panel, 0.83, (without, f"{without:.2f} after"), (before[-1], f"{before[-1]:.2f} before")
    )
    panel.text(0.02, 3.0, f"rate {rates[at]:g}: {before[at]:.2f} before, {without:.2f} after")
    return describe(
        figure,
        f"Dropout at rate {rates[at]:.2f} before a maximum of {window} numbers raises its mean "
        f"from {without:.2f} to {before[at]:.2f}; after the maximum it stays.",
    )


def rank_noise(alone, common, rate, net):
    """Draw the mask noise of an averaged gradient over the number of ranks.

    Parameters
    ----------
    alone, common : float
        As `dropout_lab.lessons.ch15.ranks.mask_noise` returns them.
    rate : float
        The dropout rate.
    net : str
        Which net.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.0, left=0.14, right=0.98, top=0.88, bottom=0.17)
    ranks = 2 ** np.arange(7)
    own, shared = noise_left(alone, common, ranks)
    panel.plot(ranks, own, linewidth=2, **kit.PLAIN)
    panel.plot(ranks, shared, linewidth=2, **kit.DROPOUT)
    ticks = {1 / 64: "1.6 %", 1 / 16: "6 %", 1 / 4: "25 %", 1: "100 %"}
    kit.scales(panel, log="xy", x=(0.9, 500), y=(0.012, 1.2), yticks=ticks)
    kit.scales(panel, xticks=kit.labeled(ranks), title="mask noise of the averaged gradient")
    panel.spines["bottom"].set_bounds(1, 64)
    panel.set_xlabel("ranks", x=0.33)
    kit.label_ends(
        panel, 78, (own[-1], f"{own[-1]:.1%} own seeds"), (shared[-1], f"{shared[-1]:.1%} one seed")
    )
    return describe(
        figure,
        f"Rate {rate:.2f}, the net {net}: with 64 ranks {100 * own[-1]:.1f} percent of the "
        f"variance that masks bring is left with a seed for each, and {100 * shared[-1]:.1f} "
        "percent with one seed for all.",
    )


def few_bits(rates, dropped, mean, at, kind):
    """Draw what two frameworks really drop, and the mean output, over the rate asked for.

    Parameters
    ----------
    rates : numpy.ndarray
        The rates asked for, shape (n,).
    dropped, mean : mapping of str to numpy.ndarray
        For "PyTorch" and "Keras" the probability of dropping, and the mean output for an input
        of 1, shape (n,).
    at : int
        Which rate is marked.
    kind : str
        Name of the numbers.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, both = kit.panels(
        2, height=4.1, left=0.15, right=0.98, top=0.93, bottom=0.12, hspace=0.4, sharex=True
    )
    looks = {"PyTorch": (kit.WITHOUT, "o", 8), "Keras": (kit.WITH, "s", 6)}
    for panel, values in zip(both, (dropped, mean), strict=True):
        for name, (look, marker, size) in looks.items():
            panel.plot(rates, values[name], linewidth=2, **look)
            kit.point(panel, rates[at], values[name][at], marker, look["color"], size)
    percents = kit.percent(0, 5, 10)
    kit.scales(both[0], x=(0, 0.14), y=(0, 0.112), xticks=percents, yticks=percents)
    kit.scales(both[0], title=f"really dropped, {kind}")
    ticks = {0.985: "0.985", 1: "1", 1.015: "1.015"}
    kit.scales(both[1], y=(0.98, 1.02), yticks=ticks, title="mean output of an input of 1")
    both[1].plot([0, 0.1], [1, 1], **kit.TARGET)
    both[1].set_xlabel("dropout rate asked for", x=0.36)
    for panel, values, form in zip(both, (dropped, mean), (".2%", ".4f"), strict=True):
        panel.spines["bottom"].set_bounds(0, 0.1)
        rows = [(values[name][-1], name) for name in looks]
        kit.label_ends(panel, 0.103, *rows)
        words = " and ".join(f"{name} {values[name][at]:{form}}" for name in looks)
        panel.text(0.002, panel.get_ylim()[1], words, va="top")
    return describe(
        figure,
        f"Rate {rates[at]:.3f} in {kind}: PyTorch drops {100 * dropped['PyTorch'][at]:.2f} percent "
        f"and Keras {100 * dropped['Keras'][at]:.2f} percent; the mean output for an input of 1 is "
        f"{mean['PyTorch'][at]:.4f} and {mean['Keras'][at]:.4f}.",
    )
