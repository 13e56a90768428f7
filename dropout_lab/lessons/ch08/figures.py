"""Figures of chapter 8: sub-networks, their averages, and how well one pass replaces them."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = [
    "average_of_samples", "contradictions", "controls", "one_pass_gap", "samples_needed",
    "sub_network",
]  # fmt: skip


def sub_network(masks, number, weights, prediction, whole, rate):
    """Draw one sub-network, what it predicts, and how likely dropout is to draw it.

    Parameters
    ----------
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, inputs and outputs included, True where kept.
    number : int
        Which sub-network it is, from 1.
    weights : numpy.ndarray
        Probability of each sub-network, shape (m,), the fewest units dropped first.
    prediction, whole : numpy.ndarray
        Class probabilities of this sub-network, and of the whole network at inference.
    rate : float
        Dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, left, right, bottom = kit.placed(
        4.2, (0.01, 0.5, 0.4, 0.4), (0.52, 0.5, 0.46, 0.4), (0.12, 0.16, 0.86, 0.19)
    )
    kit.draw_network(left, masks, size=170)
    figure.text(0.02, 0.935, f"sub-network {number} of {len(weights)}", fontsize=10.5)
    names = [f"class {each}" for each in range(1, len(whole) + 1)]
    classes = kit.categories(right, names, start=1)
    right.bar(classes, prediction, 0.6, **kit.HATCHED)
    right.bar(classes, whole, 0.8, **kit.hollow(kit.BLUE, 1.8))
    kit.scales(right, y=(0, 1), yticks=[0, 0.5, 1], title="its prediction")
    places = np.arange(1, len(weights) + 1)
    bottom.bar(places, weights, 0.7, **kit.hollow(kit.GRAY, 1))
    bottom.bar([number], weights[[number - 1]], 0.7, **kit.HATCHED)
    ticks = kit.labeled((1, 4, 8, 12, 16))
    kit.scales(bottom, x=(0.4, len(weights) + 0.6), y=(0, 0.45), xticks=ticks, yticks=[0, 0.2, 0.4])
    bottom.set(xlabel="sub-network", title=f"its weight: {weights[number - 1]:.4f}")
    box = (0.52, 0.405, kit.hollow(kit.BLUE, 1.8), "whole network")
    kit.box_key(figure, box, height=0.025, below=0.013, gap=0.02, fontsize=9.5)
    dropped = int(np.sum(~np.concatenate(masks)))
    said, said_whole = (", ".join(f"{p:.2f}" for p in each) for each in (prediction, whole))
    return describe(
        figure,
        f"Rate {rate:.1f}: sub-network {number} drops {dropped} of {len(masks[1])} hidden units "
        f"and has the weight {weights[number - 1]:.4f}. It gives the classes {said}; "
        f"the whole network gives them {said_whole} at inference.",
    )


def one_pass_gap(right, gaps, rates, place, mean, rate):
    """Draw one pass at inference against an average over all sub-networks.

    Parameters
    ----------
    right : numpy.ndarray
        Probability of the right class for n examples, shape (2, n): by the average, by one pass.
    gaps : mapping of str to numpy.ndarray
        Under the name of each place of dropout: mean distance of the two predictions at each
        rate, shape (rates, seeds).
    rates : sequence of float
        The rates.
    place : str
        The place to draw, a key of `gaps`; the others are drawn thin and dotted.
    mean : str
        Which average it is.
    rate : float
        The rate of the examples above, one of `rates`.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, top, bottom = kit.placed(4.2, (0.13, 0.52, 0.84, 0.4), (0.13, 0.115, 0.53, 0.24))
    top.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    # Points as short thick strokes of one line: a tenth of the SVG that markers would take.
    strokes = right[0][:, None] + [-0.006, 0.006, np.nan]
    heights = np.repeat(right[1][:, None], 3, axis=1)
    top.plot(strokes.ravel(), heights.ravel(), color=kit.ORANGE, linewidth=5, solid_capstyle="butt")
    ticks = [0, 0.5, 1]
    kit.scales(top, x=(-0.02, 1.02), y=(-0.03, 1.03), xticks=ticks, yticks=ticks)
    top.set_title("right class: one pass (upward) against the average")
    for other in gaps.values():
        bottom.plot(rates, other.mean(axis=-1), color=kit.GRAY, linewidth=1, linestyle=":")
    middle, half = kit.interval_line(bottom, rates, gaps[place], capsize=3, **kit.DROPOUT)
    at = list(rates).index(rate)
    kit.point(bottom, rate, middle[at], "o", kit.BLUE, 9, zorder=5)
    kit.scales(
        bottom, x=(min(rates) - 0.03, max(rates) + 0.03), y=(-0.02, 0.4), xticks=rates,
        yticks=[0, 0.2, 0.4], grid="y", xlabel="dropout rate",
        title=f"distance from the {mean} mean: {middle[at]:.3f}",
    )  # fmt: skip
    ends = [(each[-1].mean(), f"{each[-1].mean():.3f} {name}") for name, each in gaps.items()]
    kit.label_ends(bottom, max(rates) + 0.04, *ends)
    others = ", ".join(f"{other}: {gaps[other][at].mean():.3f}" for other in gaps if other != place)
    return describe(
        figure,
        f"Dropout in {place} at rate {rate:.1f}: one pass differs from the {mean} mean by "
        f"{middle[at]:.3f} ± {half[at]:.3f} in total variation ({others}).",
    )


def average_of_samples(predictions, distances, whole_distance, counts, k, rate):
    """Draw the average of k sampled sub-networks beside the exact one and one pass.

    Parameters
    ----------
    predictions : sequence of numpy.ndarray
        Class probabilities of one example, shape (classes,) each: the average of k samples, the
        mean over all sub-networks, one pass at inference.
    distances : numpy.ndarray
        Distance of averages of samples from the exact mean, shape (counts, repeats).
    whole_distance : float
        Distance of one pass from the exact mean.
    counts : sequence of int
        The numbers of samples.
    k : int
        The number to mark, one of `counts`.
    rate : float
        Dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
        The shade holds the middle 80 % of the repeats.
    """
    figure, top, bottom = kit.placed(4.2, (0.13, 0.57, 0.84, 0.28), (0.13, 0.115, 0.84, 0.3))
    sampled, exact, whole = predictions
    classes = kit.categories(top, range(len(exact)))
    top.bar(classes, sampled, 0.6, **kit.HATCHED)
    top.hlines(exact, classes - 0.45, classes + 0.45, color=INK, linewidth=2)
    kit.point(top, classes, whole, "D", kit.BLUE, 6, clip_on=False)
    kit.scales(top, y=(-0.1, 1.08), yticks=[0, 0.5, 1], title="probability of each digit")
    kit.mark_key(
        figure, 0.96, (0.13, kit.ORANGE, f"average of {k}"), (0.44, INK, "all sub-networks", "—"),
        (0.77, kit.BLUE, "one pass", "◆"), size=11, fontsize=9.5,
    )  # fmt: skip
    at = list(counts).index(k)
    low, high = np.quantile(distances, (0.1, 0.9), axis=1)
    middle = distances.mean(axis=1)
    bottom.fill_between(counts, low, high, color=kit.ORANGE, alpha=0.2, linewidth=0)
    bottom.plot(counts, middle, **kit.WITH)
    bottom.axhline(whole_distance, color=kit.BLUE)
    kit.point(bottom, k, middle[at], "s", kit.ORANGE, zorder=5)
    kit.scales(
        bottom, x=(counts[0] * 0.9, counts[-1] * 1.15), y=(0.003, 1), log="xy", grid="y",
        xticks=kit.labeled([1, 10, 100, 1000][: 1 + int(np.log10(counts[-1]))]),
        yticks=kit.labeled((0.01, 0.1, 1)), xlabel="sub-networks in the average, k",
        title=f"distance from all sub-networks: {middle[at]:.3f}",
    )  # fmt: skip
    return describe(
        figure,
        f"Rate {rate:.1f}, {k} sub-networks averaged: their distance from the exact mean is "
        f"{middle[at]:.3f} on average over {distances.shape[1]} repeats, the middle 80 % of them "
        f"between {low[at]:.3f} and {high[at]:.3f}; one pass is {whole_distance:.3f} away.",
    )


def samples_needed(counts, sampled, spread, whole, title, measure):
    """Draw the test score of averages of k sub-networks against one pass: Figure 11's shape.

    Parameters
    ----------
    counts : sequence of int
        The n numbers of sub-networks averaged.
    sampled : numpy.ndarray
        Score of their averages, shape (n, seeds), in the unit of the axis.
    spread : numpy.ndarray or None
        Standard deviation of one such average, same shape.
    whole : numpy.ndarray
        Score of one pass at inference, shape (seeds,).
    title : str
        Which net and which average.
    measure : {"error", "loss"}
        Test error in percent, or cross-entropy in nats.

    Returns
    -------
    matplotlib.figure.Figure
        Bars above are one standard deviation of an average, those below 95 %
        t intervals over seeds of paired differences.
    """
    name, unit = {"error": ("test error", "%"), "loss": ("cross-entropy", "nats")}[measure]
    figure, (top, bottom) = kit.panels(
        2, height=4.2, left=0.14, right=0.7, top=0.85, hspace=0.38, sharex=True
    )
    mean, level = sampled.mean(axis=1), whole.mean()
    bars = None if spread is None else np.sqrt((spread**2).mean(axis=1))
    look = {**kit.DROPOUT, "capsize": 3}
    top.errorbar(counts, mean, bars, **look)
    top.axhline(level, color=kit.BLUE)
    least = min(mean.min(), level)
    room = 0.24 * (mean.max() - least)
    kit.scales(top, y=(least - room, mean.max() + room), grid="y", title=f"{name}, {unit}")
    gap, half = t_interval(sampled - whole)
    bottom.axhline(0, color=kit.BLUE)
    edge = 1.15 * np.abs(np.concatenate([gap[3:] - half[3:], gap[3:] + half[3:]])).max()
    inside = gap < edge
    shown, beyond = np.array(counts)[inside], np.array(counts)[~inside]
    bottom.errorbar(shown, gap[inside], half[inside], **{**look, "linestyle": "none"})
    bottom.plot(beyond, np.full(len(beyond), 0.87 * edge), "^", color=kit.ORANGE, markersize=7)
    step = next(step for step in (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if step < 0.9 * edge)
    kit.scales(
        bottom, x=(0.85 * counts[0], 1.18 * counts[-1]), y=(-edge, edge), log="x", grid="y",
        xticks=kit.labeled(counts), yticks=kit.labeled((-step, 0, step), "+g"),
        xlabel="sub-networks in the average, k",
        title=f"minus one pass, {'points' if measure == 'error' else unit}",
    )  # fmt: skip
    figure.text(0.14, 0.955, title, va="center", fontsize=10.5)
    ends = (mean[-1], f"{mean[-1]:.3f} at k = {counts[-1]}"), (level, f"{level:.3f} one pass")
    kit.label_ends(top, 1.3 * counts[-1], *ends)
    crossed = [k for k, value in zip(counts, gap, strict=True) if value <= 0]
    where = f"first not above it at k = {crossed[0]}" if crossed else "above it at every k"
    values = "; ".join(
        f"k = {k}: {value:.3f}, difference {kit.signed(d, 3)} ± {margin:.3f}"
        for k, value, d, margin in zip(counts, mean, gap, half, strict=True)
        if k in (1, 10, 50, 100)
    )
    return describe(
        figure,
        f"{title}, {name} in {unit}: {level:.3f} with one pass; the averages are, on the mean of "
        f"the seeds, {where}. {values}.",
    )


def controls(names, error, loss, seen):
    """Draw test error and cross-entropy of several ways to train minus those without dropout.

    Parameters
    ----------
    names : sequence of str
        The k ways.
    error, loss : tuple of numpy.ndarray
        Mean and half width of each difference, shape (k,) each, in points and in nats.
    seen : str
        Which masks there are.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, said = kit.minus_no_dropout(
        names, (error, (-1.3, 1.9), (-1, 0, 1)), (loss, (-0.14, 0.09), (-0.1, 0)), height=2.7
    )
    return describe(figure, f"Masks on {seen}, test error minus no dropout: {said}.")


def contradictions(rates, masks, nets, rate):
    """Draw how often two predictors contradict each other against how often they err.

    Parameters
    ----------
    rates : sequence of float
        The k rates of the masks.
    masks : numpy.ndarray
        Error of two masks of one net and how often they disagree, shape (2, k), in percent.
    nets : numpy.ndarray
        The same of two nets, shape (2,).
    rate : float
        The rate to mark.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.1, left=0.12, right=0.97, top=0.9, bottom=0.16)
    panel.plot(*masks, **kit.WITH)
    at = list(rates).index(rate)
    kit.point(panel, *masks[:, at], "s", kit.ORANGE)
    kit.point(panel, *nets, "D", kit.BLUE)
    panel.text(nets[0], nets[1] + 0.45, f"two nets: {nets[1]:.1f}", ha="right")
    text, far = f"two masks at {rate:g}: {masks[1, at]:.1f}", masks[0, at] > 7.4
    place = masks[:, at] + ((-0.15, 0.1) if far else (0.15, -0.5))
    panel.text(*place, text, ha="right" if far else "left")
    kit.scales(
        panel, x=(5.4, 9.4), y=(0, 9), xticks=range(6, 10), yticks=range(0, 9, 2), grid="y",
        xlabel="test images that one of them misreads, %", title="on which two disagree, %",
    )  # fmt: skip
    return describe(
        figure,
        f"Two masks of one net at rate {rate:g} err on {masks[0, at]:.1f} % of the test images and "
        f"disagree on {masks[1, at]:.1f} %; two nets err on {nets[0]:.1f} % and disagree on "
        f"{nets[1]:.1f} %.",
    )
