"""Click a unit: a net with its numbers, whose hidden units a reader drops one by one."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.style import COLORS
from dropout_lab.network import MLP, softmax
from dropout_lab.playground.page import button, canvas, piece, slider

__all__ = ["click_a_unit"]

EXAMPLE = np.array([[1.0, 2.0]])
CLASSES = ("cat", "dog")
LABEL = 0
RATE = 0.5  # where the slider starts
# Inputs by units, and units by classes. The third unit is silent: its ReLU gives 0.
WEIGHTS = (
    [[0.6, -0.2, 0.6, 0.9], [0.3, 0.5, -0.5, -0.2]],
    [[0.9, 0.3], [0.2, 0.7], [0.6, 0.5], [0.4, 0.8]],
)
HIDDEN = np.maximum(EXAMPLE @ WEIGHTS[0], 0)[0]
UNITS = len(HIDDEN)
HEADS = ("input", "hidden unit", "class")
DROPPED = 1  # in the picture for readers without scripts

# Where things stand: hundredths of the width, and pixels from the top.
ROW, APART = 64, 13
ENDS = (64, 192)  # of the inputs, and of the classes
HEIGHT = ROW * UNITS
# Where the edges of a unit leave the other end, become level, bend and arrive.
BEFORE, AFTER = (4, 12, 31, 39), (89, 81, 62, 60)


SAYS = {
    "start": "All four hidden units are kept. Click one of them to drop it.",
    "dropped": "Hidden unit {unit} is dropped. It sends 0 instead of {instead}, and none of its 4 "
    "weights moves in this step. Each kept unit counts {scale} times.",
    "kept": "Hidden unit {unit} is kept. It sends {sent}, which is {scale} times {value}, and all "
    "of its 4 weights move in this step.",
    "silent": "Nothing changes. Hidden unit {unit} sends 0 in any case: its ReLU gives 0, which "
    "blocks the gradient as dropping does.",
    "some": "Dropped: {dropped} of 4 hidden units. In this step {moving} of 16 weights move. Each "
    "kept unit counts {scale} times.",
    "nobody": "No hidden unit speaks: both scores are 0, and no weight moves in this step.",
    "all": "At rate 1 every unit is dropped: both scores are 0, and no weight moves in this step.",
}


def net_to_click(rate: float = RATE) -> MLP:
    """Return the net that `click_a_unit` shows: no biases, and four hidden units."""
    net = MLP([2, UNITS, 2], np.random.default_rng(0), rate=rate)
    net.weights = [np.array(values) for values in WEIGHTS]
    return net


def click_a_unit() -> Published:
    """Let the reader drop the hidden units of a small net and see what follows.

    Each weight stands in the net with its gradient, for one example. A click on a unit drops it
    or brings it back: what it sends, its terms in the scores, its entry in the mask and the
    gradients of its weights change together, and a sentence says how. The rate sets how often a
    kept unit counts, and how likely a toss drops one.

    Returns
    -------
    object
        What the notebook displays. Without scripts it shows the net with one unit dropped.
    """
    controls = (
        slider("dropout rate", RATE, 0, 1, 0.05)
        + f'<input type="hidden" name="mask" value="{"1" * UNITS}" autocomplete="off">'
        + button("Toss")
        + button("Start again")
    )
    return piece(
        "click",
        "Click a unit",
        _still,
        controls=controls,
        view=f'<div class="pg-click">{_net()}{_KEY}{_sums()}</div>',
        scripts=("click_a_unit",),
        says=SAYS,
        x=EXAMPLE[0].tolist(),
        label=LABEL,
        weights=[np.ravel(values).tolist() for values in WEIGHTS],
    )


_KEY = (
    '<p class="pg-key"><span><b>0.6</b> a weight</span>'
    '<span><b class="pg-with">−0.53</b> its gradient</span>'
    '<span><i class="pg-disc"></i>speaks</span><span><i class="pg-dot"></i>silent by ReLU</span>'
    '<span><i class="pg-ring"></i>dropped</span><span><b>←</b> the right class</span></p>'
)
_HOLE = "<b data-n></b>"  # where the script writes a number, in the order of the page


def _number(value: float, sign: str = "") -> str:
    """Write a number as the script does."""
    digits = 2 if abs(value) < 9.995 else 1
    return f"{value:{sign}.{digits}f}".replace("-", "−") if value else "0"


def _net() -> str:
    """Return the net: its edges, and a row for each unit with a button in it."""
    edges, rows = "", ""
    for unit, value in enumerate(HIDDEN):
        y = ROW * (unit + 0.5)
        lines = f'<path d="M{BEFORE[3]} {y}H{AFTER[3]}"/>'
        for end, level in zip(ENDS, (y - APART, y + APART), strict=True):
            for a, b, c, d in (BEFORE, AFTER):
                first, last = (a + b) / 2, (c + d) / 2
                lines += f'<path d="M{a} {end}C{first} {end} {first} {level} {b} {level}'
                lines += f'H{c}C{last} {level} {last} {y} {d} {y}"/>'
        edges += f'<g class="pg-click-{unit}">{lines}</g>'
        name = f"hidden unit {unit + 1}"
        into = {f"from input {k + 1} to {name}": row[unit] for k, row in enumerate(WEIGHTS[0])}
        out = {f"from {name} to {CLASSES[k]}": each for k, each in enumerate(WEIGHTS[1][unit])}
        rows += (
            f'<div class="pg-click-row pg-click-{unit}">{_labels(into)}<button type="button" '
            f'name="unit" value="{unit}" class="pg-click-{unit}">{unit + 1}</button>'
            f'<p class="pg-click-sends"><span>{_number(value)}<br>× {_HOLE}<br>= {_HOLE}</span></p>'
            f"{_labels(out)}</div>"
        )
    heads = "".join(f"<span>{name}</span>" for name in HEADS)
    inputs = "".join(
        f'<p style="top:{y}px">{value:.1f}</p>' for y, value in zip(ENDS, EXAMPLE[0], strict=True)
    )
    outputs = "".join(
        f'<p style="top:{y}px">{_class(k)}<br>{_HOLE}<br><span class="pg-with">{_HOLE}</span></p>'
        for k, y in enumerate(ENDS)
    )
    return (
        f'<p class="pg-click-heads">{heads}</p><div class="pg-click-net">'
        f'<svg viewBox="0 0 100 {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{edges}'
        f'</svg><div class="pg-click-in">{inputs}</div>{rows}'
        f'<div class="pg-click-out">{outputs}</div></div>'
    )


def _labels(weights: Mapping[str, float]) -> str:
    """Return weights with a place for their gradients."""
    told = "".join(
        f'<span><span class="pg-click-told">weight {which} </span>{_number(weight)[:-1]}'
        f'<span class="pg-click-told">, gradient</span> <span class="pg-with">{_HOLE}</span></span>'
        for which, weight in weights.items()
    )
    return f'<p class="pg-click-by">{told}</p>'


def _class(k: int) -> str:
    """Return the name of a class; the right one is marked."""
    return f"<strong>{CLASSES[k]}</strong>" + " ←" * (k == LABEL)


def _sums() -> str:
    """Return the mask and the sum behind each score, with a column for each unit."""
    heads = "".join(f'<th scope="col">unit {unit + 1}</th>' for unit in range(UNITS))
    mask = "".join(
        f'<td class="pg-click-{unit}">{"[" * (unit == 0)}{_HOLE}{",]"[unit == UNITS - 1]}</td>'
        for unit in range(UNITS)
    )
    rows = f'<tr><th scope="row">m =</th>{mask}<td></td></tr>'
    for k, name in enumerate(CLASSES):
        terms = "".join(
            f'<td class="pg-click-{unit}"><s>{_HOLE}·{weights[k]}</s><i>0</i></td>'
            for unit, weights in enumerate(WEIGHTS[1])
        )
        rows += f'<tr><th scope="row">{name}</th>{terms}<td>= {_HOLE}</td></tr>'
    return f'<table><tr><td></td>{heads}<th scope="col">score</th></tr>{rows}</table>'


def _still() -> Figure:
    """Draw the net with one unit dropped: what there is to see without scripts."""
    net, mask, scale = net_to_click(), np.arange(UNITS) != DROPPED, 1 / (1 - RATE)
    scores, factors = net.forward(EXAMPLE, [mask])[0], mask * scale
    found = net.gradients(EXAMPLE, np.array([LABEL]), [mask])
    figure, axes = canvas(4.6, (0, 100), (HEIGHT + 56, -20), margin=0.01)
    write = partial(axes.text, va="center")
    back = partial(write, color=COLORS["with"])
    for x, name, side in zip((0, 48, 100), HEADS, ("left", "center", "right"), strict=True):
        write(x, -12, name, ha=side)
    for k, end in enumerate(ENDS):
        write(2, end, f"{EXAMPLE[0, k]:.1f}", ha="center")
        write(95, end - 16, CLASSES[k] + " ←" * (k == LABEL), fontweight="bold", ha="center")
        write(95, end, f"{softmax(scores)[k]:.2f}", ha="center")
        back(95, end + 16, _number(found.biases[1][k], "+"), ha="center")
    for unit, (value, factor) in enumerate(zip(HIDDEN, factors, strict=True)):
        y = ROW * (unit + 0.5)
        product = (_number(value), f"× {_number(factor)}", f"= {_number(value * factor)}")
        for line, words in enumerate(product):
            write(59.5, y + 16 * (line - 1), words, ha="right")
        look = {"edgecolor": COLORS["with"], "linewidth": 1}
        if not value * factor:
            look = {"edgecolor": COLORS["dropped"], "linewidth": 0.8, "linestyle": (0, (2, 3))}
        for k, (end, level) in enumerate(zip(ENDS, (y - APART, y + APART), strict=True)):
            for places, weight, gradient in (
                (BEFORE, net.weights[0][k, unit], found.weights[0][k, unit]),
                (AFTER, net.weights[1][unit, k], found.weights[1][unit, k]),
            ):
                _curve(axes, places[:2], (end, level), **look)
                _curve(axes, places[2:], (level, y), **look)
                middle = sum(places[1:3]) / 2
                write(middle - 1.5, level, _number(weight)[:-1], ha="right")
                back(middle - 0.5, level, _number(gradient, "+"), ha="left")
        size = 12 * np.sqrt(value * factor) if value * factor else 2.5 if factor else 12
        face, edge = (COLORS["with"],) * 2 if factor else ("none", COLORS["dropped"])
        axes.plot(42.5, y, "o", markersize=size, markerfacecolor=face, markeredgecolor=edge)
    terms = [
        f"{_number(value * factor)}·{weights[LABEL]}" if factor else "0"
        for value, factor, weights in zip(HIDDEN, factors, WEIGHTS[1], strict=True)
    ]
    write(2, HEIGHT + 24, f"m = [{', '.join(str(int(each)) for each in mask)}]")
    score = f"{CLASSES[LABEL]} = {' + '.join(terms)} = {_number(scores[LABEL])}"
    write(2, HEIGHT + 44, score)
    told = {"unit": DROPPED + 1, "instead": _number(HIDDEN[DROPPED] * scale)}
    return describe(figure, SAYS["dropped"].format(scale=_number(scale), **told))


def _curve(axes: Axes, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
    """Draw a line that leaves and arrives level."""
    middle = sum(x) / 2
    places = [(x[0], y[0]), (middle, y[0]), (middle, y[1]), (x[1], y[1])]
    path = Path(places, [Path.MOVETO, *[Path.CURVE4] * 3])
    axes.add_patch(PathPatch(path, facecolor="none", **look))
