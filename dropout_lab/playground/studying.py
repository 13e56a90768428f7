"""A session of the study group: six friends, a question, and the weights that it moves."""

from functools import partial
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dropout_lab import _checks as check
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.style import COLORS, INK
from dropout_lab.layer import sample_mask
from dropout_lab.playground.page import button, canvas, piece, seed_field, slider
from dropout_lab.study_group import FRIENDS, train

__all__ = ["study_session"]

STEP = 0.06  # one question moves weights that one can see; times (1 - rate)**2, they stay small
STEADY = 100  # sessions; from then on steps shrink like one over the session, and weights settle
FEW = 300  # sessions: from then on nine seeds in ten show the same winner at rate 0.35
REACH = 3.5  # of the number line
SHOWN = 8  # the session that stands there without scripts


def study_session(rate: float = 0.35, seed: int = 3) -> Published:
    """Let the reader play the story of the study group, session by session, and take its exam.

    Each session is one question. Each friend hears it through noise and stays at home with
    probability `rate`; the group adds the voices by its weights, and one gradient step moves the
    weights. The exam compares with a group that practiced the same questions without dropout.

    Parameters
    ----------
    rate : float, default 0.35
        The dropout rate that the reader finds there, from 0 to 1.
    seed : int, default 3
        The seed that the reader finds there, from 0 to 999999.

    Returns
    -------
    object
        What the notebook displays. Without scripts it shows one session at rate 0.35.

    Raises
    ------
    TypeError, ValueError
        If `rate` or `seed` is none of these.
    """
    rate = check.rate(rate)
    if check.count(seed, "seed", minimum=0) > 999_999:
        raise ValueError(f"seed must be at most 999999, got {seed!r}")
    more = {
        "Next session": 1,
        "Ten more": 10,
        "500 more": 500,
        "Exam": 0,
        "Morph": 0,
        "Start again": -10_000,
    }
    controls = (
        slider("dropout rate", rate, 0, 1, 0.01)
        + seed_field(seed)
        + '<input type="range" name="sessions" max="9999" value="0" hidden>'
        + "".join(button(name, first=name == "Next session") for name in list(more)[:4])
        + button("Morph").replace(">", ' aria-pressed="false">', 1)
        + button("Start again")
    )
    return piece(
        "group",
        "A session of the study group",
        partial(_still, 0.35, 4),
        controls=controls,
        view=_view(),
        scripts=("study_session",),
        names=FRIENDS.names,
        sigmas=FRIENDS.sigmas,
        step=STEP,
        steady=STEADY,
        few=FEW,
        more=more,
        start={"dropout rate": rate, "seed": seed, "sessions": 0, "exam": False},
        says=_sentences(),
    )


def _number(name: str, index: int = 0) -> str:
    """Return where the script writes a number."""
    return f'<data value="{name}{index}"></data>'


def _sentences() -> dict[str, str]:
    """Return what the piece may say, with places for numbers."""
    session = (
        f"Session {_number('sessions')}. Home tonight: {_number('home')}. "
        f'<b class="pg-with">The group says {_number("error")} too {{}}</b>, so voices above 0 '
        "{} weight and those below {} it, the louder the more."
    )
    leads = {
        -1: '<b class="pg-without">loses by {}</b>',
        0: "changes nothing",
        1: '<b class="pg-with">wins by {}</b>',
    }
    luck = (
        "",
        " So small a difference may be luck: try other seeds.",
        f" So early that may be luck: go on to session {FEW}.",
    )
    exams = {
        f"{there},{ill},{doubt}": f"Exam after {_number('sessions')} sessions. With everybody "
        f"there dropout {leads[there].format(_number('leads'))}; with Alex ill it "
        f"{leads[ill].format(_number('leads', 1))}.{luck[doubt] if there or ill else ''}"
        for there, ill, doubt in product(leads, leads, range(3))
    }
    return exams | {
        "start": "Nobody has a say yet: all weights are zero. Press Next session.",
        "none": f"Session {_number('sessions')}. Everybody stays home, as always at rate 1, so no "
        "weight moves.",
        "low": session.format("low", "gain", "lose"),
        "high": session.format("high", "lose", "gain"),
    }


def _view() -> str:
    """Return the seats, the number line and the exam, as HTML."""
    friends = "".join(
        f'<div class="pg-group-friend" style="--k:{k};--v:var(--views{k});--l:var(--levels{k});'
        f'--w:var(--weights{k});--o:var(--others{k})"><i class="pg-group-in"></i>'
        '<i class="pg-group-out"></i><i class="pg-group-ring"></i>'
        '<i class="pg-group-disc"></i><i class="pg-group-minus"></i><i class="pg-group-other"></i>'
        f'<i class="pg-group-chip" aria-hidden="true">{name[0]}</i>'
        f"<b>{name}</b><span><i>says </i>{_number('views', k)}<em>home</em><em>ill</em></span>"
        f'<span><i>moves </i><data class="pg-group-signed" value="moves{k}"></data></span>'
        f"<span><i>weight </i>{_number('weights', k)}</span>"
        f"<span><i>without dropout </i>{_number('others', k)}</span></div>"
        for k, name in enumerate(FRIENDS.names)
    )
    labels = "".join(f"<span>{word}</span>" for word in ("says", "moves", "weight", "without"))
    ticks = "".join(f'<i style="--v:{v}">{v:d}</i>'.replace(">-", ">−") for v in range(-3, 4))
    layers = "".join(f"<span>{word}</span>" for word in ("input", "hidden units", "output"))
    rows = "".join(
        f'<div class="pg-group-row"><span>score, {who}</span>'
        + "".join(
            f'<b class="pg-{name}" style="--x:var(--scores{2 * side + ill})"><i></i>'
            f"<span>{_number('scores', 2 * side + ill)} {name}</span></b>"
            for side, name in enumerate(("with", "without"))
        )
        + "</div>"
        for ill, who in enumerate(("everybody there", "Alex ill"))
    )
    return (
        f'<div class="pg-group-stage">{friends}<div class="pg-group-words" aria-hidden="true">'
        f'{labels}</div><div class="pg-group-axis" aria-hidden="true">{ticks}</div>'
        '<i class="pg-group-error"></i>'
        f'<b class="pg-group-truth"><i></i><span>truth {_number("truth")}</span></b>'
        f'<b class="pg-group-said"><i></i><span>the group {_number("said")}</span></b>'
        f'<div class="pg-group-layers" aria-hidden="true">{layers}</div>'
        f'<div class="pg-group-exam">{rows}<div class="pg-group-scale" aria-hidden="true">'
        "<i>0</i><i>0.5</i><i>1</i></div></div></div>"
        f'<p class="pg-key">A disc is a weight after the session, a hollow one a weight below '
        f"zero. A voice that is there counts {_number('scale')} times. A session is one question "
        f"and one step down the gradient; after {STEADY} sessions steps grow smaller.</p>"
    )


def _still(rate: float, seed: int) -> Figure:
    """Draw one session of Python's own: what there is to see without scripts."""
    rng, step = np.random.default_rng(seed), STEP * (1 - rate) ** 2
    weights = train(FRIENDS, rate, SHOWN - 1, rng, questions=1, step=step)[-1]
    (views,), (truth,) = FRIENDS.questions(1, rng)
    mask = sample_mask(len(views), rate, rng)
    heard = views * mask / (1 - rate)
    said = heard @ weights
    weights = weights + step * (truth - said) * heard
    figure, panel = canvas(2.9, (0, 100), (20, 0))
    for k, (name, there) in enumerate(zip(FRIENDS.names, mask, strict=True)):
        seat, disc = 20 + 14.5 * k, 900 * abs(weights[k]) / 0.7
        color = COLORS["with" if there else "dropped"]
        full = there and weights[k] > 0
        edge: dict[str, Any] = {
            "edgecolors": color if not there else INK,
            "linestyles": "-" if there else "--",
        }
        panel.scatter(seat, 2.6, 900, facecolors="none", linewidths=0.8, **edge)
        panel.scatter(seat, 2.6, disc, color if full else "none", edgecolors=color)
        panel.text(seat, 6.2, name, ha="center", weight="bold" if there else "normal")
        panel.text(seat, 8.3, _shown(views[k]) if there else "home", ha="center")
        panel.text(seat, 10, _shown(weights[k]), ha="center")
        if there:
            end, wide = _place(views[k]), 0.7 + 7 * abs(weights[k])
            panel.plot([seat, end], [10.5, 15], color=color, linewidth=wide, alpha=0.55)
            panel.plot(end, 15, "o", color=color)
    panel.text(0, 8.3, "says")
    panel.text(0, 10, "weight")
    panel.plot([2, 98], [15, 15], color=INK, linewidth=0.8)
    for value in range(-3, 4):
        panel.text(_place(value), 16.5, f"{value}".replace("-", "−"), ha="center", size=9)
    panel.plot([_place(truth)] * 2, [13.5, 17.2], color=INK, linewidth=1.5)
    panel.plot(_place(said), 15.7, "^", color=COLORS["with"], markersize=7)
    write = partial(panel.text, ha="center", weight="bold")
    write(_place(truth), 18.2, f"truth {_shown(truth)}", color=INK)
    write(_place(said), 19.7, f"the group {_shown(said)}", color=COLORS["with"])
    home = [name for name, there in zip(FRIENDS.names, mask, strict=True) if not there]
    low = said < truth
    return describe(
        figure,
        f"Session {SHOWN}. Home tonight: {' and '.join(home) or 'nobody'}. The group says "
        f"{abs(truth - said):.2f} too {'low' if low else 'high'}, so voices above 0 "
        f"{'gain' if low else 'lose'} weight and those below {'lose' if low else 'gain'} it, the "
        "louder the more.",
    )


def _shown(value: float) -> str:
    """Write a number as the page does."""
    return f"{value + 0.0:.2f}".replace("-", "−")


def _place(value: float) -> float:
    """Return where a number stands on the line, which has 0 in its middle, in percent."""
    return 50 + 13.7 * np.clip(value, -REACH, REACH)
