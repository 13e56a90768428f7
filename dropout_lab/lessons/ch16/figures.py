"""Figures of chapter 16: what a loss promises, what a threshold costs, and detectors compared."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from dropout_lab.explorer import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit

__all__ = ["compared", "cost_curve", "promise_curve"]

_PROBABILITIES = kit.labeled((0.001, 0.01, 0.1, 1))


def promise_curve(truth, promised, name, at=0.01):
    """Draw what the minimum of a loss promises against the true probability of fraud.

    Parameters
    ----------
    truth, promised : numpy.ndarray
        Shape ``(n,)`` each, rising.
    name : str
        The loss, for the title.
    at : float, default 0.01
        The true probability that is marked.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.3, top=0.91, left=0.13, right=0.96, bottom=0.15)
    ends = (0.0004, 1.3)
    panel.plot(ends, ends, **kit.TARGET)
    panel.plot(truth, promised, color=INK, linewidth=2)
    there = float(np.interp(at, truth, promised))
    kit.point(panel, at, there, "o", kit.GRAY, 9)
    panel.text(at * 1.3, there * (0.6 if there > 0.25 else 0.75), f"{there:.3f}", va="center")
    kit.scales(
        panel, x=ends, y=ends, xticks=_PROBABILITIES, yticks=_PROBABILITIES, log="xy",
        xlabel="true probability of fraud", title=f"Probability promised: {name}",
    )  # fmt: skip
    return describe(
        figure,
        f"{name.capitalize()}: where {100 * at:g} % of the payments are frauds, the minimum of "
        f"the loss promises {there:.3f}.",
    )


def cost_curve(thresholds, costs, marks, title):
    """Draw what a threshold costs, and where some thresholds stand.

    Parameters
    ----------
    thresholds, costs : numpy.ndarray
        Shape ``(n,)``: the costs in euros per payment.
    marks : dict of str to float
        Named thresholds, the first drawn as a circle, the second as a diamond, the third hollow.
    title : str
        What the detector was trained with.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.2, top=0.82, left=0.13, right=0.96, bottom=0.16)
    panel.plot(thresholds, costs, color=INK)
    looks = (
        {"marker": "o", "color": kit.GRAY, "markersize": 12},
        {"marker": "D", "color": INK, "markersize": 6},
        {"marker": "s", "color": INK, "markerfacecolor": "none", "markersize": 9},
    )
    said, places = [], (0.13, 0.42, 0.74)
    for (name, threshold), look, x in zip(marks.items(), looks, places, strict=False):
        cost = float(np.interp(threshold, thresholds, costs))
        panel.plot(threshold, cost, linestyle="none", **look)
        kit.point_key(figure, (x, 0.955, {"linestyle": "none", **look}, name))
        said.append(f"{name} at {threshold:.3f}, {cost:.2f} euros")
    ticks = kit.labeled((0.001, 0.01, 0.1, 0.5, 1))
    kit.scales(
        panel, x=(0.001, 1), y=(0, 1.3), xticks=ticks, yticks=[0, 0.5, 1], log="x",
        xlabel="threshold on the promised probability", title=f"Euros lost per payment: {title}",
    )  # fmt: skip
    return describe(figure, f"{title.capitalize()}: {'; '.join(said)} per payment.")


def compared(names, groups, title, limits, *, zero=False, unit=""):
    """Draw several scores of each of several detectors, with their intervals.

    Parameters
    ----------
    names : sequence of str
        The n rows, the first on top.
    groups : sequence of tuple
        For each kind of score its name, means and halves of the intervals, shape ``(n,)`` each,
        NaN where there is none, and its look.
    title : str
        What the scores are.
    limits : tuple of float
        Ends of the axis.
    zero : bool, default False
        Whether they are differences: then 0 has a line.
    unit : str
        For the sentence.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.8, top=0.83, left=0.34, right=0.96, bottom=0.1)
    if zero:
        panel.axvline(0, **kit.TARGET)
    shifts = np.linspace(0.27, -0.27, len(groups))
    for (_, mean, half, look), shift in zip(groups, shifts, strict=True):
        style = {**look, "linestyle": "none", "markersize": 6, "capsize": 2}
        panel.errorbar(mean, shift - np.arange(len(names)), xerr=half, **style)
    panel.set_yticks(-np.arange(len(names)), names)
    panel.tick_params(axis="y", length=0)
    panel.set(ylim=(0.6 - len(names), 0.6), xlim=limits)
    panel.xaxis.set_major_locator(MaxNLocator(4))
    panel.grid(axis="x")
    panel.set_title(title, loc="left", x=-0.54)
    starts = (0.02, 0.3) if len(groups) < 4 else (0.02, 0.16, 0.35, 0.66)
    for (name, *_, look), x in zip(groups, starts, strict=True):
        point = {**look, "linestyle": "none", "markersize": 6}
        kit.point_key(figure, (x + 0.01, 0.96, point, name))
    said = []
    for name, mean, half, _ in groups:
        best = int(np.nanargmax(mean))
        digits = 3 if abs(mean[best]) < 1 else 1
        said.append(
            f"{name}: highest is {names[best]}, {kit.minus(mean[best], digits)} plus or minus "
            f"{half[best]:.{digits}f}{unit}"
        )
    return describe(figure, f"{title}; {'; '.join(said)}.")
