"""Train it here: two small nets that a reader trains in the page, with and without dropout."""

import json
from functools import cache, partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from dropout_lab import _checks as check
from dropout_lab._types import Labels
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH
from dropout_lab.intervals import shared_interval, verdict
from dropout_lab.playground.page import button, key, menu, piece, seed_field, slider
from dropout_lab.sweeps import load_results

__all__ = ["CASES", "digit_parts", "train_it_here"]

_CASE = ("images", "redrawn", "units", "steps", "learningRate", "rate")
CASES = {
    name: dict(zip(_CASE, values, strict=True))
    for name, values in {
        "dropout wins": (200, 0.3, 128, 600, 0.001, 0.5),
        "dropout loses": (1000, 0.0, 16, 400, 0.003, 0.5),
        "nobody knows": (60, 0.0, 64, 800, 0.001, 0.5),
    }.items()
}
"""Where a reader may start: training images, the share of their labels that are redrawn at random,
units in each of two hidden layers, steps of Adam in batches of 32, its learning rate, and the
dropout rate of one of the two nets."""

KEYS = {
    "dropout rate": "rate",
    "training images": "images",
    "labels redrawn": "redrawn",
    "units per layer": "units",
    "seed": "seed",
    "steps": "steps",
    "learning rate": "learningRate",
}  # what each control sets
SAYS = {
    "start": "Two nets with the same first weights see the same images in the same order. "
    "Press Train.",
    "first": "Step {step} of {steps}: too early to say who leads.",
    "going": "Step {step} of {steps}: {found}",
    "over": "After {step} steps {found} That is one seed. Press Five seeds, or choose a case.",
    "without": '<b class="pg-without">the net without dropout leads by {lead} points</b>',
    "with": '<b class="pg-with">dropout leads by {lead} points</b>',
    "wins": "{who}, {dropped} against {without}.",
    "loses": "{who}, {without} against {dropped}.",
    "nobody": "nobody leads, {dropped} with dropout and {without} without: too few images to tell.",
    "seeds": "{count} of 5 seeds are trained; the curves show the next.",
    "five": "Five seeds, {steps} steps each: {who}. Dropout's lead has the 95 % interval {low} to "
    "{high}. The curves show the fifth.",
    "unclear": "nobody leads for sure",
    "fold": "{images} images, {redrawn} % of labels redrawn, {units} units, seed {seed}",
    "fails": "The digits cannot be loaded.",
}
OWN = "your own"
OLD = "on images that it trains on"
TESTED = 797  # of 1,797 digits; the others are there to train on
EVERY = 20  # steps between two looks at the test images
SEEDS = 5
RATES = (0.0, 0.5)


def train_it_here(case: str = "dropout wins") -> Published:
    """Let the reader train two nets in the page, one of them with dropout.

    Both have the same first weights and see the same batches of scikit-learn's digits. Their
    curves grow while they train; a sentence says who leads, on one seed or on five.

    Parameters
    ----------
    case : str, default "dropout wins"
        Where the reader starts, one of `CASES`.

    Returns
    -------
    object
        What the notebook displays. Without scripts it shows the curves of five trainings in
        PyTorch.

    Raises
    ------
    TypeError, ValueError
        If there is no such case.
    """
    start = CASES[check.choice(case, "case", CASES)]
    own = (
        slider("training images", start["images"], 50, 1000, 10)
        + slider("labels redrawn", round(100 * start["redrawn"]), 0, 40, 1, " %")
        + menu("units per layer", start["units"], [16, 32, 64, 128])
        + seed_field(0)
    )
    # What a case sets and no control shows, so that the address keeps it.
    unseen = "".join(
        f'<input type="range" hidden name="{name}" min="{low}" max="{high}" step="{low}" '
        f'value="{start[KEYS[name]]}">'
        for name, low, high in (("steps", 40, 2000), ("learning rate", 0.001, 0.01))
    )
    controls = (
        menu("case", case, [*CASES, OWN])
        + button("Train", first=True)
        + "".join(map(button, ["Step", "Start again", "Five seeds"]))
        + slider("dropout rate", start["rate"], 0, 0.95, 0.01)
        + '<details><summary class="pg-fold"></summary><div class="pg-own-case">'
        + f"{own}</div></details>"
        + unseen
    )
    heads = "".join(f"<span>{head}</span>" for head in ("pixels", "layer 1", "layer 2", "digit"))
    heads = f'<p class="pg-heads" aria-hidden="true">{heads}</p>'
    nets = "".join(
        f'<div><b class="pg-{name}">{name.title()} dropout</b>{heads}'
        '<canvas width="688" height="372" role="img" '
        f'aria-label="units of the net {name} dropout"></canvas></div>'
        for name in ("without", "with")
    )
    view = (
        f'<div class="pg-curves"></div>{key("lines", solid=f"on {TESTED} new images", dotted=OLD)}'
        f'<div class="pg-nets">{nets}</div>'
        + key(
            "units",
            disc="speaks, larger when louder",
            dot="stays at zero",
            ring="dropped now",
            label="its label",
        )
    )
    return piece(
        "train",
        "Train it here",
        partial(_still, case),
        controls=controls,
        view=view,
        scripts=("experiment", "train_it_here"),
        texts={"digits": _digits_text()},
        says=SAYS,
        charts=[
            (_chart("Accuracy", 1), "accuracy", 1),
            (_chart("Loss, in nats", 3), "crossEntropy", 3),
        ],
        line='<polyline class="pg-{name} pg-own" points="{train}"/><polyline class="pg-{name}" '
        'points="{test}"/><text class="pg-{name}" x="{x}" y="{y}">{end} {name}</text>',
        dots='<svg class="pg-seeds pg-{side}" viewBox="0 0 688 66" aria-hidden="true">'
        '<path class="pg-grid" d="M344 4V46"/><g text-anchor="middle"><text x="344" y="62">0</text>'
        '<text x="103" y="62">dropout loses</text><text x="585" y="62">dropout wins</text></g>'
        '<path d="{interval}"/><path class="pg-dots" d="{dots}"/></svg>',
        keys=KEYS,
        cases={
            name: {**one, "redrawn": round(100 * one["redrawn"])} for name, one in CASES.items()
        },
        start={"case": case, "seed": 0},
        own=OWN,
    )


def _chart(title: str, top: float) -> str:
    """Return a chart without its lines, 344 pixels wide: the script draws in 30 to 236."""
    drawn = f'<text y="14">{title}</text><text x="252" y="165">steps</text>'
    for part, steps in ((0, "0"), (0.5, "{half}"), (1, "{steps}")):
        y, x = 146 - 116 * part, 30 + 206 * part
        drawn += (
            f'<path class="pg-grid" d="M30 {y:g}H236"/>'
            f'<text x="24" y="{y + 4:g}" text-anchor="end">{part * top:g}</text>'
            f'<text x="{x:g}" y="165" text-anchor="middle">{steps}</text>'
        )
    return f'<svg viewBox="0 0 344 170" aria-hidden="true">{drawn}{{lines}}</svg>'


@cache
def digit_parts() -> tuple[Labels, Labels, Labels, Labels]:
    """Return scikit-learn's digits as the page splits them.

    Returns
    -------
    x, labels, test_x, test_labels : numpy.ndarray
        1,000 images to train on and 797 to test on, as rows of 64 whole numbers from 0 to 16, and
        their digits; each part in the order of its digits.
    """
    stored = json.loads(_digits_text())
    pixels = np.array([int(gray, 17) for gray in stored["pixels"]]).reshape(64, -1).T
    labels = np.array(stored["labels"])
    return pixels[TESTED:], labels[TESTED:], pixels[:TESTED], labels[:TESTED]


def _digits_text() -> str:
    """Return the digits as `experiment.js` reads them: a character a gray level, pixel by pixel.

    They are stored, so that the page needs no scikit-learn; a test compares.
    """
    return Path(__file__).with_name("digits.json").read_text("utf-8")


def _still(case: str) -> Figure:
    """Draw what trainings of a case in PyTorch gave: what there is to see without scripts."""
    results, steps = load_results("page-cases"), CASES[case]["steps"]
    looks = np.arange(0, steps + 1, EVERY)
    runs = {"case": case, "seed": range(SEEDS)}
    right = [results.array("right", rate=rate, **runs) for rate in RATES]
    figure, panel = plt.subplots(figsize=(FIGURE_WIDTH, 2.6))
    for rate, name, found in zip(RATES, ("without", "with"), right, strict=True):
        curve = results.array("accuracy", rate=rate, **runs).mean(axis=0)
        panel.plot(looks, curve, color=COLORS[name], linestyle="--" if rate else "-")
        end = found.mean()
        panel.annotate(f" {end:.2f} {name}", (steps, end), color=COLORS[name], va="center")
    panel.set(xlim=(0, 1.3 * steps), ylim=(0, 1), xticks=[0, steps // 2, steps], yticks=[0, 0.5, 1])
    panel.spines["bottom"].set_bounds(0, steps)
    panel.set(xlabel="steps", title=f"Accuracy on {TESTED} new images, mean of {SEEDS} seeds")
    mean, half = shared_interval(right[1] - right[0])
    words = {
        "helps": "dropout leads",
        "harms": "the net without dropout leads",
        "unclear": "nobody leads for sure",
    }
    says = (
        f"{SEEDS} trainings in PyTorch of {steps} steps each: {words[verdict(mean, half)]}. "
        f"Dropout's lead is {100 * mean:.1f} points, 95 % interval {100 * (mean - half):.1f} to "
        f"{100 * (mean + half):.1f}."
    )
    return describe(figure, says.replace("-", "−"))
