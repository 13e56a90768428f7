"""Type your own layer: five activations, the masks that a reader tosses, and where means walk."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dropout_lab import _checks as check
from dropout_lab._types import Floats, Mask
from dropout_lab.conventions import CONVENTIONS, EXPONENTS
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.style import COLORS, INK
from dropout_lab.layer import sample_mask
from dropout_lab.playground.page import button, canvas, menu, piece, seed_field, slider

__all__ = ["type_your_own_layer"]

ACTIVATIONS = UNITS = (1, 2, 3, 4, 5)
MAX_RATE = 0.95
ROWS = 4  # the last tosses, which are seen
HOLDS = ("dropped", "kept", "by chance")
UNIT = 3  # whom the sentence is about, until the reader turns to another

_CHANCE = (
    "Toss {tosses}. Unit {unit} went in as {x}; its mean, {mean} ± {error} so far, walks toward "
    "{expected}. Inference passes on {inference}"
)
SAYS = {
    "none": "No toss yet. Each toss drops each unit with probability {rate}, whatever happens to "
    "the others. Press Toss.",
    "held": "Toss {tosses}. You hold unit {unit}, so nothing is left to chance: it passes on "
    "{mean} every time. Inference passes on {inference}.",
    "wrong": f"{_CHANCE}, which is <b>{{ratio}} times that</b>.",
    "gradient": f"{_CHANCE}, the same, but the gradient is {{gradient}} times the true one.",
    "right": f"{_CHANCE}, the same.",
}
"""What the sentence says. The script knows the cases by their order, and so it does the numbers
in them."""

_NUMBERS = (
    "rate", "tosses", "unit", "mean", "expected", "inference", "x", "error", "ratio", "gradient",
)  # fmt: skip


def type_your_own_layer(
    convention: str = "inverted", *, rate: float = 0.4, choose: bool = True
) -> Published:
    """Let the reader type five activations and toss masks for them in the page.

    Each toss is a row: what left each unit, or that it was dropped. Below, the mean of each unit
    walks toward its expectation, beside what inference passes on, and the numbers of units dropped
    are counted beside those expected. A unit can be held kept or dropped.

    Parameters
    ----------
    convention : str, default "inverted"
        Where the scale factor goes at first, a name in `dropout_lab.conventions.CONVENTIONS`.
    rate : float, default 0.4
        Probability of dropping at first, ``0 <= rate <= 0.95``.
    choose : bool, default True
        Whether the reader may choose another convention.

    Returns
    -------
    object
        What the notebook displays. Without scripts it shows the last of a hundred tosses, and the
        means of all.

    Raises
    ------
    TypeError
        If `rate` is not a real number.
    ValueError
        If there is no such convention, or `rate` lies outside its limits.
    """
    check.choice(convention, "convention", CONVENTIONS)
    rate = check.rate(rate)
    if rate > MAX_RATE:
        raise ValueError(f"rate must be at most {MAX_RATE}, got {rate!r}")
    controls = (
        (menu("convention", convention, CONVENTIONS) if choose else "")
        + slider("dropout rate", rate, 0, MAX_RATE, 0.01)
        + seed_field(0)
        + _tosses("Toss", 1, first=True)
        + _tosses("A hundred", 100)
        + _tosses("Clear", 0)
        + f'<div class="pg-x"><span aria-hidden="true">activation</span>{_fields()}</div>'
        + ("" if choose else _hidden("convention", convention, convention))
        + "".join(_hidden(f"hold {unit}", "[012]", 2) for unit in UNITS)
        + _hidden("tosses", r"\d{1,3}|1000", 0, "A thousand tosses are the most. Press Clear.")
    )
    places = {name: f"{{{place}}}" for place, name in enumerate(_NUMBERS)}
    return piece(
        "layer",
        "Type your own layer",
        partial(_still, convention, rate),
        controls=controls,
        view=_tables(),
        scripts=("type_your_own_layer",),
        conventions={
            name: [EXPONENTS[factor] for factor in (way.training, way.inference, way.backward)]
            for name, way in CONVENTIONS.items()
        },
        says=[text.format(**places) for text in SAYS.values()],
    )


def _tosses(name: str, count: int, first: bool = False) -> str:
    """Return a button that tosses so many times; 0 begins anew."""
    return button(name, first).replace("<button", f'<button value="{count}"')


def _field(name: str, value: object, pattern: str, allowed: str) -> str:
    """Return a field that the browser checks; its title says what is allowed.

    It asks for no keyboard of its own: a phone's for decimals may have no minus, or a comma.
    """
    limits = f'pattern="{pattern}" title="{allowed}" required'
    typed = f'<input name="{name}" value="{value}" autocomplete="off" {limits}>'
    return f"<label><span>{name}</span>{typed}</label>"


def _fields() -> str:
    """Return a field for each activation."""
    pattern = r"\s*-?0*(100(\.0*)?|\d{1,2}(\.\d*)?|\.\d+)\s*"
    room = "a number from −100 to 100, such as 2.5. Until then its last number counts."
    return "".join(
        _field(f"activation {unit}", x, pattern, f"Activation {unit} is {room}")
        for unit, x in zip(UNITS, ACTIVATIONS, strict=True)
    )


def _hidden(name: str, pattern: str, value: object, allowed: str = "") -> str:
    """Return what the address keeps though no control shows it."""
    return f'<input hidden name="{name}" pattern="{pattern}" value="{value}" title="{allowed}">'


def _tables() -> str:
    """Return tables that the script fills: first a column a unit, then a row a count of units."""
    told = "<td></td>" * len(UNITS)
    holds = "".join(f"<b>{hold}</b>" for hold in HOLDS)
    buttons = "".join(
        f'<th scope="col"><button type="button" name="unit {unit}"><span>unit {unit}: </span>'
        f"{holds}</button></th>"
        for unit in UNITS
    )
    # The mean of n tosses is off by 1/√n, so a share s of the way there it was off by 1/√s of that.
    path = np.linspace(0.02, 1, 50)
    places, off = np.append(path, path[::-1]), np.append(path**-0.5, -(path[::-1] ** -0.5))
    band = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(places, off, strict=True))
    strip = (
        '<th><svg viewBox="-.03 -.06 1.06 1.12" preserveAspectRatio="none">'
        f'<path class="pg-zero" d="M0 1H1"/><path class="pg-band" d="M{band}Z"/>'
        '<path class="pg-infer" d="M0 0H1"/>'
        '<path class="pg-above" d="M.4 .2L.5 .05L.6 .2"/>'
        '<path class="pg-target" d="M0 0H1"/><path class="pg-now" d="M1 0h0"/>'
        "<polyline/></svg></th>"
    )
    scale = "<i>2</i><i>1</i><i>0</i>"
    means = {"with": "mean", "target": "expected", "infer": "inference"}
    counts = "".join(
        f'<tr><th scope="row">{count}</th><td></td><td></td>'
        '<th aria-hidden="true"><i></i><i></i></th></tr>'
        for count in (0, *UNITS)
    )
    return (
        f'<table class="pg-layer"><tr><th scope="row">unit</th>{buttons}</tr>'
        + f"<tr><td></td>{told}</tr>" * ROWS
        + '<tr aria-hidden="true"><th colspan="6">mean so far ÷ activation</th></tr>'
        + f'<tr class="pg-strip" aria-hidden="true"><th>{scale}</th>{strip * len(UNITS)}</tr>'
        + "".join(
            f'<tr class="pg-told-{look}"><th scope="row">{name}</th>{told}</tr>'
            for look, name in means.items()
        )
        + '</table><table class="pg-counts"><tr><th scope="col">dropped</th>'
        '<th scope="col">tosses</th><th scope="col">expected</th><th>share of tosses</th></tr>'
        f"{counts}</table>"
    )


def _number(value: float) -> str:
    """Write a number as the page does."""
    return f"{value:.{2 if abs(value) < 100 else 0}f}".replace("-", "−")


def _still(convention: str, rate: float) -> Figure:
    """Draw the last of a hundred tosses and the means of all: what is seen without scripts."""
    way, x, tosses = CONVENTIONS[convention], np.array(ACTIVATIONS, float), 100
    masks = sample_mask((tosses, len(x)), rate, np.random.default_rng(0))
    outputs = way.apply_training(np.broadcast_to(x, masks.shape), masks, rate)
    means, expected, inference = (
        outputs.mean(axis=0), way.train_mean(x, rate), way.apply_inference(x, rate),
    )  # fmt: skip
    figure, panel = canvas(2.7, (-1.6, 4.5), (7.7, -0.7))

    def row(
        height: float, name: str, values: Floats, look: Mapping[str, Any], kept: Mask | None = None
    ) -> None:
        panel.text(-1.55, height, name, va="center")
        for unit, value in enumerate(values):
            if kept is None or kept[unit]:
                panel.text(unit, height, _number(value), va="center", ha="center", **look)
            else:
                ring: dict[str, Any] = {
                    "markerfacecolor": "none",
                    "markeredgecolor": COLORS["dropped"],
                }
                panel.plot(unit, height, "o", markersize=8, **ring)

    orange = {"color": COLORS["with"], "weight": "bold"}
    row(0, "activation", x, {})
    for height in range(1, ROWS + 1):
        toss = tosses - height
        row(height, f"toss {toss + 1}", outputs[toss], {"color": COLORS["with"]}, masks[toss])
    panel.plot([-1.55, 4.4], [ROWS + 0.6] * 2, color=INK, linewidth=0.6)
    row(ROWS + 1.2, f"mean of {tosses}", means, orange)
    row(ROWS + 2.2, "expected", expected, {})
    row(ROWS + 3.2, "inference", inference, {"color": COLORS["without"], "weight": "bold"})
    unit, ratio = UNIT - 1, way.eval_over_train(rate)
    error = x[unit] * way.s_train(rate) * np.sqrt(rate * (1 - rate) / tosses)
    case = "wrong" if not np.isclose(ratio, 1) else "right" if way.right else "gradient"
    values = x[unit], means[unit], error, expected[unit], inference[unit], ratio
    names = "x", "mean", "error", "expected", "inference", "ratio"
    told = {name: _number(value) for name, value in zip(names, values, strict=True)}
    told["gradient"] = _number(way.gradient_ratio(rate))
    sentence = SAYS[case].format(tosses=tosses, unit=UNIT, **told)
    return describe(figure, sentence.replace("<b>", "").replace("</b>", ""))
