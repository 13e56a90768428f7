"""Figures of "Before you start": a unit, a layer, softmax, cross-entropy, a step, slopes."""

import numpy as np

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import INK
from dropout_lab.lessons import kit

__all__ = ["chain", "descent", "layer", "probabilities", "surprise", "unit"]


def unit(inputs, weights, bias):
    """Draw what a unit adds up, and what ReLU makes of the sum.

    Parameters
    ----------
    inputs, weights : numpy.ndarray
        Shape (n,) each.
    bias : float
        What is added to the sum of their products.

    Returns
    -------
    matplotlib.figure.Figure
    """
    parts = [*(inputs * weights), bias]
    total = round(sum(parts), 6) + 0  # no -0
    said = max(total, 0)
    figure, panel = kit.panels(height=2.6, left=0.1, top=0.88, bottom=0.24)
    products = (f"{x:g} × {w:g}".replace("-", "−") for x, w in zip(inputs, weights, strict=True))
    places = kit.categories(panel, [*products, "bias", "sum", "after\nReLU"])
    panel.bar(places[:-2], parts, 0.6, **kit.hollow())
    panel.bar(places[-2:], [total, said], 0.6, color=kit.BLUE)
    for place, value in zip(places, [*parts, total, said], strict=True):
        _write(panel, place, value, 1)
    panel.axhline(0, color=INK, linewidth=0.8)
    panel.spines["bottom"].set_visible(False)
    kit.scales(panel, y=(-4.4, 4.4), yticks=[-4, -2, 0, 2, 4], title="What one unit adds up")
    passes = (
        f"ReLU lets {kit.minus(said, 1)} through" if said else "ReLU makes it 0: the unit is silent"
    )
    return describe(
        figure, f"With bias {kit.minus(bias, 1)} the sum is {kit.minus(total, 1)}, and {passes}."
    )


def _write(panel, place, value, digits):
    """Write the value of a bar beyond its end."""
    where = {"xytext": (0, 2 if value >= 0 else -3), "textcoords": "offset points"}
    up = "bottom" if value >= 0 else "top"
    panel.annotate(kit.minus(value, digits), (place, value), ha="center", va=up, **where)


def layer(inputs, units, classes):
    """Draw a net with one hidden layer, and count what it has to learn.

    Parameters
    ----------
    inputs, units, classes : int
        How many values come in, units there are, and scores go out.

    Returns
    -------
    matplotlib.figure.Figure
    """
    sizes = inputs, units, classes
    figure, panel = kit.panels(height=3.0, left=0.08, right=0.92, top=0.98, bottom=0.14)
    names = ["inputs", "hidden layer", "class scores"]
    look = {"layer_names": names, "size": 120, "color": kit.BLUE}
    lines = kit.draw_network(panel, [np.ones(n, bool) for n in sizes], **look)
    hidden = f"{units} hidden unit{'s' * (units > 1)}"
    return describe(
        figure,
        f"{inputs} inputs, {hidden}, {classes} class scores: {lines} weights, one a line, and "
        f"{units + classes} biases, {lines + units + classes} numbers to learn.",
    )


def probabilities(scores, names):
    """Draw class scores, and the probabilities that softmax makes of them.

    Parameters
    ----------
    scores : numpy.ndarray
        Shape (k,), between -4 and 8.
    names : sequence of str
        The k classes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from dropout_lab.network import softmax

    found = softmax(scores[None])[0]
    figure, (left, right) = kit.panels(
        1, 2, height=2.4, left=0.08, top=0.86, bottom=0.14, wspace=0.3
    )
    for panel, values, low, high, digits, title in (
        (left, scores, -4, 8, 1, "Scores"),
        (right, found, 0, 1, 2, "Probabilities"),
    ):
        places = kit.categories(panel, names)
        panel.bar(places, values, 0.6, color=kit.BLUE)
        panel.axhline(0, color=INK, linewidth=0.8)
        panel.spines["bottom"].set_visible(False)
        for place, value in zip(places, values, strict=True):
            _write(panel, place, value, digits)
        room = (1.3 * low, 1.15 * high)
        kit.scales(panel, y=room, yticks=[low, 0, high] if low else [0, 0.5, 1])
        panel.set_title(title)
    listed = ", ".join(f"{value:.2f} for {name}" for name, value in zip(names, found, strict=True))
    return describe(figure, f"Softmax says {listed}.")


def surprise(probability):
    """Draw the cross-entropy of one example against the probability of its right class.

    Parameters
    ----------
    probability : float
        The one to mark, from 0.01 to 1.

    Returns
    -------
    matplotlib.figure.Figure
    """
    grid = np.linspace(0.005, 1, 200)
    loss = -np.log(probability) + 0
    figure, panel = kit.panels(height=2.6, left=0.1, top=0.88, bottom=0.18)
    panel.plot(grid, -np.log(grid), color=kit.BLUE)
    kit.point(panel, probability, loss, "o", kit.BLUE)
    words = {"xlabel": "probability of the right class", "title": "Cross-entropy, in nats"}
    kit.scales(panel, x=(0, 1.02), y=(0, 5.4), xticks=[0, 0.25, 0.5, 0.75, 1], grid="y", **words)
    return describe(
        figure,
        f"The right class got probability {probability:.2f}: the cross-entropy is {loss:.2f} nats.",
    )


def descent(path, loss, step):
    """Draw steps of gradient descent on the loss of one weight.

    Parameters
    ----------
    path : numpy.ndarray
        Shape (n,): the weight before and after each step.
    loss : callable
        Of weights, element by element.
    step : int
        How many steps are taken.

    Returns
    -------
    matplotlib.figure.Figure
    """
    grid = np.linspace(-0.4, 4.2, 100)
    figure, panel = kit.panels(height=2.6, left=0.1, top=0.88, bottom=0.18)
    panel.plot(grid, loss(grid), color=kit.BLUE)
    panel.plot(path[: step + 1], loss(path[: step + 1]), "o-", color=INK, linewidth=1, markersize=4)
    kit.point(panel, path[step], loss(path[step]), "o", kit.BLUE)
    kit.scales(panel, x=(-0.4, 4.2), y=(0, 3.5), xlabel="weight", title="Loss", grid="y")
    return describe(
        figure,
        f"After {step} step{'s' * (step != 1)} the weight is {kit.minus(path[step])} and the loss "
        f"{loss(path[step]):.2f}.",
    )


def chain(change, slopes):
    """Draw how far a number moves, and those that hang on it one behind the other.

    Parameters
    ----------
    change : float
        How far the first moves, at most 0.3 either way.
    slopes : tuple of float
        How many times as far y moves as x, and the loss as y.

    Returns
    -------
    matplotlib.figure.Figure
    """
    moves = np.round(change * np.cumprod([1, *slopes]), 6) + 0  # no -0
    figure, panel = kit.panels(height=2.4, left=0.27, right=0.97, top=0.86, bottom=0.07)
    panel.barh([0, -1, -2], moves, 0.5, color=kit.BLUE)
    panel.axvline(0, color=INK, linewidth=0.8)
    for row, move in enumerate(moves):
        beyond = {"xytext": (5 if move >= 0 else -5, 0), "textcoords": "offset points"}
        side = "left" if move >= 0 else "right"
        panel.annotate(kit.minus(move, 1), (move, -row), ha=side, va="center", **beyond)
    by = [f"{slope:g}".replace("-", "−") for slope in (*slopes, np.prod(slopes))]
    names = ("x", f"y: {by[0]} times x", f"loss: {by[1]} times y")
    kit.scales(panel, x=(-2.6, 2.6), y=(-2.6, 0.6), xticks=[])
    panel.set_yticks([0, -1, -2], names)
    panel.tick_params(axis="y", length=0)
    panel.set_title("How far each of them moves")
    panel.spines[["left", "bottom"]].set_visible(False)
    x, y, loss = (kit.minus(move, 1) for move in moves)
    return describe(
        figure, f"x moves by {x}, y by {y}, and the loss by {loss}: {by[2]} times as far as x."
    )
