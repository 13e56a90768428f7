"""Figures of chapter 11: a turning digit, calibration, odd inputs, a gap, and endless data."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.intervals import t_interval
from dropout_lab.lessons import kit
from dropout_lab.uncertainty import expected_calibration_error

__all__ = ["gap", "odd_detection", "reliability", "spread_by_data", "turning_digit"]

_WITH = {"color": kit.ORANGE, "linestyle": (0, (5, 1.5))}
_DOTTED = (0, (1, 1.5))
_LEAST = 20  # answers in a bin, below which its share is not drawn


def turning_digit(image, angle, passes, still, angles, doubts):
    """Draw a turned digit, what many passes make of it, and doubt at all angles.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, 0 to 1, shape (rows, columns): the digit as turned.
    angle : float
        One of `angles`.
    passes : numpy.ndarray
        Probabilities with dropout on, shape (passes, 10).
    still : numpy.ndarray
        Probabilities with dropout off, shape (10,).
    angles : sequence of float
        The k angles in degrees, between 0 and 180.
    doubts : numpy.ndarray
        Shape (3, k), in nats: entropy with dropout off, entropy of the mean over passes, mutual
        information.

    Returns
    -------
    matplotlib.figure.Figure
        The width of a bar is the root of the share of passes in that tenth of
        the probability scale.
    """
    figure, digit, top, bottom = kit.placed(
        4.2, (0.0, 0.57, 0.25, 0.286), (0.345, 0.57, 0.635, 0.3), (0.115, 0.12, 0.84, 0.22)
    )
    _draw_rows(digit, image)
    figure.text(0.125, 0.895, f"turned by {angle:.0f}°", ha="center", va="bottom")
    for number, values in enumerate(passes.T):
        kit.draw_strokes(top, _profile(number, values), 0.3 * 4.2 * 72 / 10.4, kit.ORANGE)
    dashes = np.arange(10)[:, None] + [-0.45, 0.45, np.nan]
    heights = np.repeat(still, 3)
    top.plot(dashes.ravel(), heights, color=kit.BLUE, linewidth=2.6, solid_capstyle="butt")
    kit.scales(top, x=(-0.6, 9.6), y=(-0.02, 1.02), xticks=range(10), yticks=[0, 0.5, 1])
    top.tick_params(axis="x", length=0)
    top.set_xlabel("class", labelpad=1)
    for x, y, text, color in (
        (0.345, 0.965, "probability of each class", INK),
        (0.345, 0.905, "▬", kit.BLUE),
        (0.395, 0.905, "dropout off", INK),
        (0.645, 0.905, "■", kit.ORANGE),
        (0.69, 0.905, f"{len(passes)} passes, on", INK),
    ):
        figure.text(x, y, text, color=color, va="center")
    rows = (
        (0.115, 0.385, kit.WITHOUT, "entropy, off"),
        (0.37, 0.385, _WITH, "entropy, on"),
        (0.62, 0.385, {"color": INK, "linestyle": _DOTTED}, "mutual information"),
    )
    kit.line_key(figure, *rows, length=0.055, gap=0.012, fontsize=9.5)
    at = list(angles).index(angle)
    for values, (_, _, look, _) in zip(doubts, rows, strict=True):
        bottom.plot(angles, values, **look)
        bottom.plot(angle, values[at], "o", color=look["color"], markersize=5)
    bottom.axvline(angle, color=INK, linewidth=0.6)
    limits, ticks = (min(angles) - 2, max(angles) + 2), range(0, 181, 45)
    kit.scales(bottom, x=limits, y=(0, 2.0), xticks=ticks, yticks=[0, 1, 2], grid="y")
    bottom.set_xlabel("angle in degrees; doubt in nats", labelpad=2)
    mean = passes.mean(axis=0)
    said, first = int(np.argmax(still)), int(np.argmax(mean))
    votes = int((passes.argmax(axis=1) == first).sum())
    return describe(
        figure,
        f"Turned by {angle:.0f} degrees: with dropout off the net says {said} with probability "
        f"{still[said]:.2f}; with dropout on the mean of {len(passes)} passes says {first} with "
        f"{mean[first]:.2f}, and {votes} passes vote for it. Entropy {doubts[0, at]:.2f} off and "
        f"{doubts[1, at]:.2f} on, of which mutual information {doubts[2, at]:.2f}.",
    )


def reliability(counts, rate, angle):
    """Draw the share of right answers against their confidence, for three ways to answer.

    Parameters
    ----------
    counts : sequence of numpy.ndarray
        Three, each of shape (seeds, 3, bins), from `dropout_lab.uncertainty.top_label_counts`:
        without dropout, trained with dropout and asked without, asked with.
    rate : float
        The dropout rate of the second and third.
    angle : float
        By how many degrees the images are turned.

    Returns
    -------
    matplotlib.figure.Figure
        Bins with fewer than 20 answers are not drawn. The key gives the
        calibration error, mean and 95 % t interval over seeds.
    """
    figure, axes = kit.placed(3.9, (0.115, 0.13, 0.865, 0.55))
    axes.plot([0, 1], [0, 1], **kit.TARGET)
    rows = (
        (kit.PLAIN, "no dropout"),
        ({"color": kit.ORANGE, "marker": "^"}, f"rate {rate:.1f}, off when asked"),
        ({**_WITH, "marker": "s"}, f"rate {rate:.1f}, mean of 50 passes"),
    )
    errors = []
    for row, (one, (look, name)) in enumerate(zip(counts, rows, strict=True)):
        answers, confidence, right = one.sum(axis=0)
        drawn = answers >= _LEAST
        axes.plot(confidence[drawn] / answers[drawn], right[drawn] / answers[drawn], **look)
        mean, half = t_interval(expected_calibration_error(one))
        errors.append(f"{mean:.3f} ± {half:.3f}")
        y = 0.905 - 0.057 * row
        kit.line_key(figure, (0.115, y, look, name), fontsize=9.5)
        figure.text(0.98, y, errors[-1], va="center", ha="right")
    figure.text(0.115, 0.965, f"images turned by {angle:.0f}°", va="center")
    figure.text(0.98, 0.965, "calibration error", va="center", ha="right")
    ticks = kit.labeled((0, 0.25, 0.5, 0.75, 1))
    sparse = {**ticks, 0.25: "", 0.75: ""}
    kit.scales(axes, x=(0, 1.02), y=(0, 1.02), xticks=ticks, yticks=sparse, xlabel="confidence")
    axes.set_title("share of right answers")
    return describe(
        figure,
        f"Images turned by {angle:.0f} degrees: the calibration error is {errors[0]} without "
        f"dropout, {errors[1]} for nets trained at rate {rate:.1f} and asked with dropout off, "
        f"and {errors[2]} for the mean of 50 passes.",
    )


def odd_detection(image, kind, names, auroc, roles, rate):
    """Draw an odd input, and how well several scores tell such inputs from digits.

    Parameters
    ----------
    image : numpy.ndarray
        Ink of each pixel, shape (rows, columns).
    kind : str
        What has been done to it.
    names : sequence of str
        The scores, top row first.
    auroc : numpy.ndarray
        Area under the ROC curve, shape (scores, seeds): 0.5 is chance, 1 never errs.
    roles : sequence of str
        For each score ``"without"``, ``"with"`` or ``"ensemble"``.
    rate : float
        The dropout rate of the rows ``"with"``.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are 95 % t intervals over seeds.
    """
    figure, digit, axes = kit.placed(4.0, (0.02, 0.715, 0.225, 0.27), (0.4, 0.105, 0.56, 0.58))
    _draw_rows(digit, image)
    figure.text(0.3, 0.93, f"odd input: {kind}", va="center", fontsize=10.5)
    figure.text(0.3, 0.865, f"dropout nets at rate {rate:.1f}", va="center")
    figure.text(0.3, 0.745, "area under the ROC curve", va="center")
    mean, half = t_interval(auroc)
    looks = {
        "without": {"color": kit.BLUE, "marker": "o"},
        "with": {"color": kit.ORANGE, "marker": "s"},
        "ensemble": {"color": kit.GRAY, "marker": "D"},
    }
    rows = [{**looks[role], "linestyle": "none", "markersize": 6.5} for role in roles]
    kit.forest(axes, names, mean, half, rows)
    axes.axvline(0.5, **kit.TARGET)
    kit.scales(axes, x=(0.2, 1.02), xticks=[0.2, 0.4, 0.6, 0.8, 1.0])
    best = int(np.argmax(mean))
    said = "; ".join(f"{name} {value:.2f}" for name, value in zip(names, mean, strict=True))
    return describe(
        figure,
        f"Digits against input {kind}, dropout nets at rate {rate:.1f}, area under the ROC curve: "
        f"{said}. The highest is {names[best].rstrip('.')}.",
    )


def gap(grid, data, network, exact, ensemble, hidden, rate):
    """Draw a regression with a gap in its data: the band of dropout, and three spreads.

    Parameters
    ----------
    grid : numpy.ndarray
        Where the nets were asked, shape (k,).
    data : tuple of numpy.ndarray
        The points, x and y; at most 40 are drawn.
    network, exact : tuple of numpy.ndarray
        Mean and spread, shape (k,) each: of Monte Carlo dropout, and of the exact posterior.
    ensemble : numpy.ndarray
        Spread over nets trained without dropout, shape (k,).
    hidden : int
        Number of hidden layers.
    rate : float
        The dropout rate.

    Returns
    -------
    matplotlib.figure.Figure
        The band is the mean plus and minus two spreads; the gray stripes are
        where the points lie; the thin line is the truth.
    """
    figure, (top, bottom) = kit.panels(2, height=4.2, top=0.9, hspace=0.62, sharex=True)
    mean, spread = network
    for panel in (top, bottom):
        for start in (-1.4, 0.6):
            panel.axvspan(start, start + 0.8, color=kit.GRAY, alpha=0.15, linewidth=0)
    top.fill_between(grid, mean - 2 * spread, mean + 2 * spread, color=kit.ORANGE, alpha=0.3, lw=0)
    top.plot(grid, mean, **_WITH)
    top.plot(grid, np.sin(2.5 * grid), color=INK, linewidth=0.8)
    # One path of forty short strokes; forty markers would weigh more than the rest.
    strokes = [(x - 0.012, x + 0.012, y) for x, y in zip(*data, strict=True)]
    kit.draw_strokes(top, strokes[:40], 2.4, INK)
    layers = f"{hidden} hidden layer{'s' * (hidden > 1)}"
    kit.scales(top, x=(-2, 2), y=(-2.5, 2.5), yticks=[-2, 0, 2])
    top.set_title(f"{layers}, rate {rate:g}, {len(data[0])} points")
    rows = (
        (0.125, 0.465, _WITH, "dropout on"),
        (0.38, 0.465, kit.WITHOUT, "exact posterior"),
        (0.685, 0.465, {"color": kit.GRAY, "linestyle": _DOTTED}, "five plain nets"),
    )
    kit.line_key(figure, *rows, length=0.05, gap=0.01, fontsize=9.5)
    middle, inside = np.isclose(grid, 0), np.isclose(np.abs(grid), 1)
    said = []
    for values, (_, _, look, text) in zip((spread, exact[1], ensemble), rows, strict=True):
        bottom.plot(grid, values, **look)
        here, there = values[middle][0], values[inside].mean()
        said.append(f"{text} {here:.3f} in the gap and {there:.3f} at the data")
    kit.scales(bottom, y=(0, 0.85), yticks=[0, 0.4, 0.8], xticks=[-2, -1, 0, 1, 2], grid="y")
    bottom.set(xlabel="x", ylabel="spread")
    return describe(
        figure,
        f"{layers}, rate {rate:g}, {len(data[0])} points; the spread is: {'; '.join(said)}.",
    )


def spread_by_data(counts, dropout, exact, rate, noise):
    """Draw the spread of a linear prediction against the number of examples, in logarithms.

    Parameters
    ----------
    counts : numpy.ndarray
        Numbers of examples, shape (k,), rising.
    dropout, exact : numpy.ndarray
        Standard deviations, shape (k,): over masks, and of the posterior.
    rate : float
        The dropout rate.
    noise : float
        Standard deviation of the noise in the examples.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = kit.panels(height=3.4, left=0.155, right=0.96, top=0.89, bottom=0.155)
    axes.plot(counts, exact, **kit.WITHOUT)
    axes.plot(counts, dropout, **_WITH)
    # Above the level line, and below the falling one.
    axes.text(
        counts[-1], 1.2 * dropout[-1], f"{dropout[-1]:.3f} over masks, rate {rate:g}", ha="right"
    )
    said = f"{exact[-1]:.4f} posterior, noise {noise:g}"
    axes.text(counts[-1] / 1.2, exact[-1] / 1.1, said, ha="right", va="top")
    kit.scales(
        axes, x=(counts[0], counts[-1]), y=(1e-4, 2), log="xy", grid="y", xlabel="examples",
        xticks=kit.labeled((10, 1_000, 100_000), ","), yticks=kit.labeled((0.001, 0.01, 0.1, 1)),
        title="spread of a prediction",
    )  # fmt: skip
    return describe(
        figure,
        f"Rate {rate:g}, noise {noise:g}: with {counts[0]:,.0f} examples the spread over masks "
        f"is {dropout[0]:.3f} and that of the posterior {exact[0]:.3f}; with "
        f"{counts[-1]:,.0f} examples they are {dropout[-1]:.3f} and {exact[-1]:.4f}.",
    )


def _profile(number, values):
    """Return strokes, one in each tenth of the scale, wide where many `values` are."""
    shares, edges = np.histogram(values, np.linspace(0, 1, 11))
    halves = 0.45 * np.sqrt(shares / len(values))  # the root, or few passes would be a hairline
    return [
        (number - half, number + half, low + 0.05)
        for half, low in zip(halves, edges[:-1], strict=True)
        if half > 0
    ]


def _draw_rows(axes, image):
    """Draw an image in two shades, row by row: a stroke for each run of dark pixels."""
    height = axes.get_position().height * axes.figure.get_figheight() * 72 / len(image)
    for level, alpha in ((0.15, 0.4), (0.6, 1.0)):
        strokes = [(first - 0.5, end - 0.5, row) for row, first, end in kit.runs_of(image > level)]
        kit.draw_strokes(axes, strokes, 1.04 * height, INK, alpha=alpha)
    kit.show_cells(axes, image, aspect="equal")
