"""Figures of chapter 9: how much to drop, and what else regularizes."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit

__all__ = ["by_size", "nets", "rate_curve", "regularizers"]

# Name, unit, factor, limits and ticks of the axis, digits
_MEASURES = {
    "error": ("error", "%", 100, (0, 14), (0, 4, 8, 12), 2),
    "loss": ("cross-entropy", "nats", 1, (0, 0.56), (0, 0.2, 0.4), 3),
}


def rate_curve(rates, widths, train, validation, test, other, changes, rate, fixed, measure):
    """Draw a score against the rate, and how wide the layers are and how much a mask leaves.

    Parameters
    ----------
    rates : sequence of float
        The k rates, `rate` among them.
    widths : sequence of int
        Units in each hidden layer at each rate.
    train, validation, test : numpy.ndarray
        Scores with dropout off, shape (k, seeds). The second chooses a rate.
    other : numpy.ndarray
        Test scores of the other sweep, for comparison, shape (k, seeds).
    changes : sequence of numpy.ndarray
        Test score minus that at rate 0, in the unit of the axis: means and half-widths of their
        intervals, shape (k,) each.
    rate : float
        The rate to mark.
    fixed : str
        What is the same at all rates, in words.
    measure : {"error", "loss"}
        What the scores are: shares of wrong answers, or cross-entropies in nats.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds; a mean beyond the axis, which is
        the same in all frames, is written there.
    """
    name, unit, factor, limits, ticks, digits = _MEASURES[measure]
    figure, (panel, strip) = kit.panels(
        2, height=4.2, top=0.81, bottom=0.12, hspace=0.75, height_ratios=(4.2, 1)
    )
    at = list(rates).index(rate)
    gray, dotted = {"color": kit.GRAY}, {"color": INK, "linestyle": ":"}
    means = [factor * part.mean(axis=1) for part in (other, train)]
    panel.plot(rates, means[0], linewidth=1.2, **gray)
    panel.plot(rates, means[1], linewidth=1.6, **dotted)
    mean, half = kit.interval_line(panel, rates, factor * test, capsize=2, **kit.DROPOUT)
    beyond = mean > limits[1]
    for x, value in zip(np.array(rates)[beyond], mean[beyond], strict=True):
        text = f"{value:.{digits}f} at {x:.1f} ▲"
        panel.text(0.78, 0.93 * limits[1], text, ha="right", va="center")
    if not beyond[at]:
        kit.point(panel, rate, mean[at], "s", kit.ORANGE, 9, zorder=5)
    kit.scales(
        panel, x=(-0.03, 0.93), y=limits, xticks=np.arange(0, 1, 0.1), yticks=ticks, grid="y",
        xlabel="dropout rate", title=f"{name} in {unit}",
    )  # fmt: skip
    kept = (1 - rate) * widths[at]
    strip.barh([0], [kept], 0.7, **kit.HATCHED)
    strip.barh([0], [widths[at] - kept], 0.7, left=kept, facecolor="none", edgecolor=kit.GRAY)
    kit.scales(strip, x=(0, 640), y=(-0.5, 0.5), xticks=np.arange(0, 601, 100), yticks=[])
    strip.spines["left"].set_visible(False)
    strip.set_title(f"{widths[at]} units in each hidden layer, {kept:.0f} of them at work")
    kit.line_key(
        figure,
        (0.125, 0.96, kit.WITH, f"test, fixed {fixed}"),
        (0.125, 0.895, dotted, "training"),
        (0.56, 0.895, gray, "test, other sweep"),
    )
    best = int(validation.mean(axis=1).argmin())
    change, room = (each[best] for each in changes)
    values = mean[at], half[at], means[1][at], means[0][at], mean[best], room
    said = [f"{value:.{digits}f}" for value in values]
    return describe(
        figure,
        f"Fixed {fixed}, rate {rate:.1f}: {widths[at]} units in each hidden layer, {kept:.0f} of "
        f"them at work on average; test {name} {said[0]} ± {said[1]} {unit}, training {name} "
        f"{said[2]}, the other sweep {said[3]}. Validation images choose rate {rates[best]:.1f}: "
        f"test {name} {said[4]}, a change of {kit.signed(change, digits)} ± {said[5]} from rate 0.",
    )


def by_size(sizes, errors, net, dropout):
    """Draw the test error against the size of the training set, and its ratio.

    Parameters
    ----------
    sizes : sequence of int
        The k sizes.
    errors : numpy.ndarray
        Shares of wrong answers without and with dropout, shape (2, k, seeds).
    net, dropout : str
        The name of the net, and which dropout.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds, of paired ratios below.
    """
    figure, (top, bottom) = kit.panels(2, height=4.2, top=0.93, hspace=0.3, sharex=True)
    for part, look in zip(errors, (kit.PLAIN, kit.DROPOUT), strict=True):
        kit.interval_line(top, sizes, 100 * part, capsize=2, **look)
    ratio, half = t_interval(np.log(errors[1] / errors[0]))
    middle, low, high = np.exp(ratio), np.exp(ratio - half), np.exp(ratio + half)
    bottom.axhline(1, color=INK, linewidth=0.8)
    look = {**kit.DROPOUT, "linestyle": "none", "capsize": 3}
    bottom.errorbar(sizes, middle, np.array([middle - low, high - middle]), **look)
    ticks = kit.labeled((2, 5, 10, 20, 40))
    kit.scales(top, y=(1.2, 45), yticks=ticks, log="xy", grid="y", title="test error in %")
    kit.scales(
        bottom, x=(0.7 * sizes[0], 7 * sizes[-1]), y=(0.6, 2.4), xticks=kit.labeled(sizes, ","),
        yticks=kit.labeled((0.7, 1, 1.5, 2)), log="y", grid="y", xlabel="training images",
        title="error with dropout ÷ error without",
    )  # fmt: skip
    for panel in (top, bottom):
        panel.spines["bottom"].set_bounds(0.7 * sizes[0], 1.4 * sizes[-1])
    means = 100 * errors.mean(axis=2)
    ends = zip(means[:, -1], ("without", "with"), strict=True)
    kit.label_ends(top, 1.3 * sizes[-1], *((end, f"{end:.1f} {name}") for end, name in ends))
    said = "; ".join(
        f"{size:,} images: {one:.1f} and {two:.1f} %, ratio {value:.2f} ({a:.2f} to {b:.2f})"
        for size, one, two, value, a, b in zip(sizes, *means, middle, low, high, strict=True)
    )
    return describe(figure, f"Net {net}, test error without dropout and with {dropout}. {said}.")


def nets(curves, widths, depths, width, depth, dropout):
    """Draw the validation error of many nets by epoch, without and with dropout.

    Parameters
    ----------
    curves : numpy.ndarray
        Shares of wrong answers, shape (2, widths, depths, seeds, epochs): without, with dropout.
    widths, depths : sequence of int
        Units in each hidden layer, and numbers of hidden layers.
    width, depth : int
        The net to mark.
    dropout : str
        Which dropout.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panel = kit.panels(height=3.6, top=0.9, bottom=0.135)
    means = 100 * curves.mean(axis=3)
    epochs = np.arange(1, means.shape[-1] + 1)
    here = widths.index(width), depths.index(depth)
    for look, part in zip((kit.WITHOUT, kit.WITH), means, strict=True):
        for each in part.reshape(-1, len(epochs)):
            panel.plot(epochs, each, linewidth=0.9, alpha=0.45, **look)
        panel.plot(epochs, part[here], linewidth=3, **look)
    kit.scales(
        panel, x=(1, 1.36 * epochs[-1]), y=(4, 92), xticks=[1, 5, 10, 15, 20], log="y", grid="y",
        yticks=kit.labeled((5, 10, 20, 40, 80)), xlabel="epoch",
        title=f"validation error in %; bold: {depth} layers of {width}",
    )  # fmt: skip
    panel.spines["bottom"].set_bounds(1, epochs[-1])
    last = 100 * curves[:, *here, :, -1]
    named = zip(last.mean(axis=1), ("without", "with"), strict=True)
    kit.label_ends(panel, 1.03 * epochs[-1], *((end, f"{end:.2f} {name}") for end, name in named))
    change, half = t_interval(last[1] - last[0])
    ends = means[..., -1].reshape(2, -1)
    return describe(
        figure,
        f"{depth} hidden layers of {width} units: validation error after {epochs[-1]} epochs "
        f"{last[0].mean():.2f} % without dropout and {last[1].mean():.2f} % with {dropout}, a "
        f"change of {kit.signed(change)} ± {half:.2f} points. All {ends.shape[1]} nets end between "
        f"{ends[0].min():.1f} and {ends[0].max():.1f} % without, between {ends[1].min():.1f} and "
        f"{ends[1].max():.1f} % with dropout.",
    )


def regularizers(names, test, changes, paper, strengths, validation, method):
    """Draw what several regularizers change, and how the strength of one was chosen.

    Parameters
    ----------
    names : sequence of str
        The m methods.
    test : numpy.ndarray
        Shares of wrong answers at the chosen strengths, shape (m, seeds).
    changes : sequence of numpy.ndarray
        Test error minus that of the first method, in points: means and half-widths of their
        intervals, shape (m,) each.
    paper : sequence of (float or None)
        Errors in % from the paper, None where it has none.
    strengths : sequence of str
        The strengths of `method`, in words.
    validation : numpy.ndarray
        Its validation errors at each of them, shape (strengths, seeds).
    method : str
        The method to mark, one of `names`.

    Returns
    -------
    matplotlib.figure.Figure
        Bars below are 95 % t intervals over seeds.
    """
    figure, top, bottom = kit.placed(4.2, (0.375, 0.42, 0.45, 0.5), (0.375, 0.1, 0.6, 0.18))
    at = list(names).index(method)
    top.axvline(0, color=INK, linewidth=0.8)
    plain, dropout = {"color": kit.BLUE, "marker": "o"}, {"color": kit.ORANGE, "marker": "s"}
    looks = [{"capsize": 2, **(dropout if "dropout" in name else plain)} for name in names]
    looks[at] |= {"markeredgecolor": INK, "markersize": 9}
    kit.forest(top, names, *changes, looks, room=0.5)
    kit.scales(top, x=(-1.15, 0.35), xticks=kit.labeled((-1, -0.5, 0)))
    for row, printed in enumerate(paper):
        height = 0.92 - 0.5 * (row + 0.5) / len(names)
        text = f"{printed:.2f}" if printed else "–"
        figure.text(0.93, height, text, ha="center", va="center")
    for x, title in ((0.6, f"test error minus {names[0]}, points"), (0.93, "paper")):
        figure.text(x, 0.96, title, ha="center", va="center", fontsize=10.5)
    look = {"color": looks[at]["color"], "marker": "o"}
    places = np.arange(len(strengths))
    open_circles = {**look, "linestyle": "none", "markerfacecolor": "none", "capsize": 3}
    tries, room = kit.interval_line(bottom, places, 100 * validation, **open_circles)
    best = int(tries.argmin())
    kit.point(bottom, best, tries[best], **look)
    limits = (-0.5, max(len(strengths) - 0.5, 0.5))
    ticks = dict(enumerate(strengths))
    kit.scales(bottom, x=limits, y=(3.5, 6.3), xticks=ticks, yticks=[4, 5, 6], grid="y")
    figure.text(0.005, 0.2, f"{method}:\nvalidation\nerror in %", va="center")
    said = "; ".join(
        f"{label}: {value:.2f} ± {margin:.2f} %"
        for label, value, margin in zip(strengths, tries, room, strict=True)
    )
    change, half = (each[at] for each in changes)
    change = f", a change of {kit.signed(change)} ± {half:.2f} points" if at else ""
    row = f"{paper[at]:.2f} % on its own, larger net" if paper[at] else "no such row"
    return describe(
        figure,
        f"{method[0].upper() + method[1:]}: validation error {said}. Chosen: {strengths[best]}, "
        f"test error {100 * test[at].mean():.2f} %{change}. The paper has {row}.",
    )
