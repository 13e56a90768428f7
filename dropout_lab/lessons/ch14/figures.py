"""Figures of chapter 14: which units a mask keeps, and how many masks keep how many."""

import numpy as np

from dropout_lab.explorer import describe
from dropout_lab.lessons import kit

__all__ = ["counts_figure", "mask_figure"]


def mask_figure(mask):
    """Draw which units a mask keeps.

    Parameters
    ----------
    mask : numpy.ndarray
        Shape (n,), of bool: True where a unit is kept.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=2.4, top=0.84, left=0.04, right=0.96, bottom=0.22)
    units = np.arange(1, len(mask) + 1)
    panel.bar(units, mask, **kit.HATCHED)
    panel.bar(units, ~mask, **kit.hollow(kit.GRAY), linestyle=":")
    panel.set(xlim=(0.4, len(mask) + 0.6), ylim=(0, 1.05), yticks=[], xlabel="unit")
    panel.set_title("hatched: kept, dotted: dropped")
    return describe(figure, f"{mask.sum()} of {len(mask)} units are kept.")


def counts_figure(shares, rate):
    """Draw how probable each number of kept units is.

    Parameters
    ----------
    shares : numpy.ndarray
        Shape (n + 1,): the probability of keeping 0 to n units.
    rate : float
        The rate, for the sentence.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=2.6, top=0.96, left=0.14, right=0.96, bottom=0.2)
    panel.bar(np.arange(len(shares)), shares, **kit.HATCHED)
    panel.set(xlim=(-0.6, 10.6), ylim=(0, 1))  # room for ten units, in all frames
    panel.set(xlabel="units kept", ylabel="probability")
    likely = shares.argmax()
    sentence = f"At rate {rate}, {likely} kept is the most probable number: {shares[likely]:.2f}."
    return describe(figure, sentence)
