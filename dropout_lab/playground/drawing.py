"""Draw a digit: a field to draw in, and a hundred nets with dropout that vote on it."""

import base64
import json
from collections.abc import Iterable, Sequence
from functools import cache, partial

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Floats, Labels
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH
from dropout_lab.network import MLP, softmax
from dropout_lab.playground.page import button, key, menu, piece, seed_field, slider
from dropout_lab.sweeps import load_results

__all__ = ["TRAINED", "draw_a_digit", "pack_net", "stored_net", "unpack_net"]

TRAINED = {"epochs": 40, "learning_rate": 0.001, "seed": 0}
"""How the net was trained: what the validation images chose, and the first seed."""

RATE = 0.5
PRESSED = 'Erase" aria-pressed="false'  # a button that stays down
NETS = 100
OWN = "your own"
TOLD = "Eval mode says {digit} with {chance}. Votes of {asked} nets with dropout: {first}{rest}."
WIDTH, ROW = 344, 18  # of a picture, and of a digit's row in it


def draw_a_digit(digit: int = 7) -> Published:
    """Let the reader draw a digit, and ask a net with dropout a hundred times what it is.

    The net has 784, 128, 64 and 10 units and was trained on MNIST at rate 0.5. What is drawn is
    centered and scaled as MNIST's images are. The page shows both hidden layers before and after
    dropout, the votes of a hundred passes, their probabilities, and the answer with dropout off.

    Parameters
    ----------
    digit : int, default 7
        Which stored test digit the still picture shows, 0 to 9.

    Returns
    -------
    object
        What the notebook displays. Without scripts it shows a hundred votes on that digit.

    Raises
    ------
    TypeError, ValueError
        If there is no such digit.
    """
    digit = check.count(digit, "digit", minimum=0)
    if digit > 9:
        raise ValueError(f"digit must be 0 to 9, got {digit}")
    drawing = (
        '<div class="pg-field"><div class="pg-paper"><canvas class="pg-pen" width="140" '
        'height="140" tabindex="0" role="application" aria-label="field to draw in" '
        'aria-describedby="pg-keys"></canvas><i class="pg-cursor"></i></div><div class="pg-tools">'
        + "".join(map(button, ["Clear", "Erase", "Add noise"])).replace("Erase", PRESSED, 1)
        + "</div></div>"
    )
    controls = (
        drawing
        + menu("digit", OWN, [OWN, *range(10)])
        + seed_field(0)
        + slider("dropout rate", RATE, 0, 0.95, 0.01)
        + slider("nets asked", NETS, 2, NETS, 1)
        + button("Ask a hundred times", first=True)
        + '<p id="pg-keys">In the field, arrow keys move the pen; Space puts it down or lifts it.'
        "</p>"
    )
    return piece(
        "draw",
        "Draw a digit",
        partial(_still, digit),
        controls=controls,
        view=_view(),
        scripts=("draw_a_digit",),
        texts={"weights": _net_text()},
        says="Draw a digit in the field, or choose one. A hundred nets with dropout will vote.",
        waits="The net is on its way.",
        fails="The net cannot be loaded.",
        keys={
            "ArrowLeft": [-5, 0],
            "ArrowRight": [5, 0],
            "ArrowUp": [0, -5],
            "ArrowDown": [0, 5],
            " ": [0, 0],
        },
        tells=TOLD.replace(
            "{digit} with {chance}", '<b class="pg-without">{digit} with {chance}</b>'
        ).replace("{first}", '<b class="pg-with">{first}</b>'),
    )


def pack_net(weights: Sequence[Floats], biases: Sequence[Floats], images: Sequence[Floats]) -> str:
    """Write a net and images as the text that a page loads.

    Parameters
    ----------
    weights : sequence of numpy.ndarray
        For each layer, shape ``(inputs, outputs)``. A weight becomes a whole number from -127 to
        127 in one byte, times a scale of its unit.
    biases : sequence of numpy.ndarray
        For each layer, shape ``(outputs,)``.
    images : sequence of numpy.ndarray
        784 grays each, from 0 to 1. A gray becomes a whole number from 0 to 255 in one byte.

    Returns
    -------
    str
        JSON, with bytes in base64.
    """
    scales = [np.abs(matrix).max(axis=0) / 127 for matrix in weights]
    levels = [np.rint(matrix / scale) for matrix, scale in zip(weights, scales, strict=True)]
    return json.dumps(
        {
            "sizes": [len(weights[0]), *map(len, biases)],
            "weights": [_written(matrix.astype(np.int8)) for matrix in levels],
            "scales": [_rounded(scale) for scale in scales],
            "biases": [_rounded(bias) for bias in biases],
            "images": [_written(np.rint(255 * image).astype(np.uint8)) for image in images],
        }
    )


def unpack_net(text: str) -> tuple[MLP, Doubles]:
    """Return the net and the images of a text that `pack_net` wrote.

    Parameters
    ----------
    text : str
        What `pack_net` returned.

    Returns
    -------
    net : MLP
        With dropout at rate 0.5 after its hidden layers.
    images : numpy.ndarray of float64
        Grays from 0 to 1, shape ``(images, 784)``.
    """
    told = json.loads(text)
    biases = [np.array(bias) for bias in told["biases"]]
    levels = [
        np.frombuffer(base64.b64decode(each), np.int8).reshape(-1, len(bias))
        for each, bias in zip(told["weights"], biases, strict=True)
    ]
    net = MLP(told["sizes"], np.random.default_rng(0), rate=RATE)
    net.weights = [one * np.array(scale) for one, scale in zip(levels, told["scales"], strict=True)]
    net.biases = biases
    images = [np.frombuffer(base64.b64decode(each), np.uint8) for each in told["images"]]
    return net, np.array(images) / 255


@cache
def stored_net() -> tuple[MLP, Doubles]:
    """Return the net that pages ask, and ten digits.

    Returns
    -------
    net : MLP
        784, 128, 64 and 10 units, trained at rate 0.5, with weights of one byte each.
    digits : numpy.ndarray of float64
        The first test image of each digit, 0 to 9, shape ``(10, 784)``, grays from 0 to 1.
    """
    return unpack_net(_net_text())


def _view() -> str:
    """Write what the script fills: votes and probabilities, and the units of one net."""
    names = "".join(_words(digit, 8, ROW * digit + 35) for digit in range(10))
    counts = "".join(
        f'<text class="pg-count" x="48" y="{ROW * digit + 35}" text-anchor="end"></text>'
        for digit in range(10)
    )
    grid = "".join(
        f'<path class="pg-grid" d="M{26 + x} 22V202"/>{_words(value, 26 + x, 217)}'
        for x, value in ((0, 0), (150, 0.5), (300, 1))
    )
    votes = names + counts + _marks(56, 2.88, "bars")
    chances = names + grid + _marks(26, 300, "each", "mean", "alone")
    pixels = '<rect x="2" y="66" width="92" height="92"/>' + _words("28 × 28 pixels", 48)
    first = _layer(128, 124, "128 units") + _layer(128, 242, "after dropout")
    second = _layer(64, 14, "64 units") + _layer(64, 132, "after dropout")
    answers = "".join(f'<circle cx="0" cy="{ROW * digit // 2}"/>' for digit in range(10))
    digits = "".join(_words(digit, 290, ROW * digit + 35.5) for digit in range(10))
    answers = f'<g transform="translate(272 31) scale(2)">{answers}</g>{digits}'
    return (
        '<div class="pg-curves">'
        + _picture("Votes of the nets asked", 220, votes)
        + _picture("Probability that each of them gives", 220, chances)
        + "</div>"
        + key("lines", each="one net", mean="their mean, below", alone="eval mode, above")
        + '<div class="pg-nets"><div class="pg-first-layer">'
        + _picture("Inside the net asked last", 220, pixels + first)
        + '<canvas class="pg-seen" width="28" height="28"></canvas></div>'
        + _picture("", 220, second + answers + _words("digit", 281))
        + "</div>"
        + key("units", disc="speaks, larger when louder", dot="stays at zero", ring="dropped")
    )


def _picture(title: str, height: int, drawn: str) -> str:
    """Write a picture with its title."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" aria-hidden="true"><text y="13">{title}</text>'
        f"{drawn}</svg>"
    )


def _marks(left: float, across: float, *names: str) -> str:
    """Write what the script draws in: 1 is so many pixels across, and a digit's row down."""
    paths = "".join(f'<path class="pg-{name}"/>' for name in names)
    return f'<g transform="translate({left} 31) scale({across} {ROW})">{paths}</g>'


def _words(text: object, x: float, y: float = 216) -> str:
    """Write words with their middle at x."""
    return f'<text x="{x:g}" y="{y}" text-anchor="middle">{text}</text>'


def _layer(units: int, left: int, words: str) -> str:
    """Write units in eight columns, and a few words under them."""
    top = 26 + (128 - units) / 16 * 5.5
    circles = "".join(
        f'<circle cx="{left + 5 + 11 * (unit % 8)}" cy="{top + 5 + 11 * (unit // 8):g}"/>'
        for unit in range(units)
    )
    return circles + _words(words, left + 43)


def _still(digit: int) -> Figure:
    """Draw a stored digit and its votes: what there is to see without scripts."""
    net, digits = stored_net()
    image = digits[digit : digit + 1]
    masks = net.sample_masks(NETS, np.random.default_rng(0))
    alone = softmax(net.forward(image))[0]
    each = softmax(net.forward(image.repeat(NETS, axis=0), masks))
    counts = np.bincount(each.argmax(axis=1), minlength=10)
    figure, (paper, votes, chances) = plt.subplots(
        1, 3, figsize=(FIGURE_WIDTH, 2.4), width_ratios=(1, 1, 1.2), layout="constrained"
    )
    paper.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    paper.set(title="A test image")
    paper.axis("off")
    rows = np.arange(10)
    votes.barh(rows, counts, 0.7, color=COLORS["with"])
    for row in np.flatnonzero(counts):
        votes.annotate(f" {counts[row]}", (counts[row], row), va="center")
    votes.set(title=f"Votes of {NETS} nets", xlim=(0, 130), xticks=[0, 50, 100])
    ends = np.quantile(each, [0.05, 0.95], axis=0)
    chances.hlines(rows, *ends, color=COLORS["with"], linewidth=5)
    chances.vlines(alone, rows - 0.45, rows + 0.45, color=COLORS["without"], linewidth=2.5)
    chances.set(title="Probability (90 of 100)", xlim=(-0.03, 1.03), xticks=[0, 0.5, 1])
    for panel in (votes, chances):
        panel.set(ylim=(9.6, -0.6), yticks=rows)
    return describe(figure, _sentence(alone, counts))


def _sentence(alone: Doubles, counts: Labels) -> str:
    """Say what eval mode says, and for which digits so many nets vote; the script says it so."""
    said = [
        f"{counts[digit]} for {digit}"
        for digit in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    ]
    chance = f"{alone.max():.2f}"
    told = {"digit": alone.argmax(), "chance": chance, "asked": counts.sum(), "first": said[0]}
    return TOLD.format(**told, rest="".join(f", {each}" for each in said[1:]))


def _net_text() -> str:
    return str(load_results("page-net").array("net", **TRAINED))


def _written(values: Labels) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _rounded(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
