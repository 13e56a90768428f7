"""What all pieces share: a picture and a sentence for everybody, data and scripts that play."""

import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.page import Published, image_html, script_text, style_text
from dropout_lab.explorer.style import FIGURE_WIDTH, figure_style

__all__ = ["piece"]


def piece(
    kind: str,
    name: str,
    draw: Callable[[], Figure],
    *,
    controls: str,
    view: str,
    scripts: Sequence[str],
    texts: Mapping[str, str] | None = None,
    **data: Any,
) -> Published:
    """Return a piece: what a notebook keeps and shows, with or without scripts.

    Parameters
    ----------
    kind : str
        The word by which its script finds it.
    name : str
        What readers and screen readers call it.
    draw : callable
        Returns the figure that stands there, with the sentence that `describe` gave it, until a
        script runs.
    controls, view : str
        HTML that its script puts there.
    scripts : sequence of str
        Names of its scripts in this folder, besides those that all pieces share.
    texts : dict of str to str, optional
        Long data that its script loads when it is first used. The site moves them into files.
    **data
        What else its script reads, in words of JSON.

    Returns
    -------
    Published
        The piece, as a cell displays it.
    """
    with figure_style():
        figure = draw()
        sentence = sentence_of(figure, name)
        picture = image_html(*figure_to_nodes(figure), sentence)
    plt.close(figure)
    told = json.dumps({"controls": controls, "view": view, **data})
    # Inside a script element only "<" could end it early; JSON can write it another way.
    told = told.replace("<", "\\u003c")
    held = [
        f'<script type="text/plain" data-text="{text}">{content}</script>'
        for text, content in (texts or {}).items()
    ]
    parts = [
        f'<script data-part="{part}">{script_text(f"{part}.js", __package__)}</script>'
        for part in ("engine", *scripts[:-1], "piece", *scripts[-1:])
    ]
    page = (
        f'<figure class="pg mathjax_ignore" data-piece="{kind}" aria-label="{html.escape(name)}">'
        f"<style>{style_text('playground.css', __package__)}</style>"
        '<p class="pg-note">It computes in this page once scripts run; in a notebook, run the '
        "cell or trust the notebook.</p>"
        '<div class="pg-piece"><div class="pg-ui"></div>'
        # What a notebook that is not trusted must keep stands inline: it drops style elements.
        f'<div class="pg-view" style="max-width:36rem">{picture}</div></div>'
        f'<figcaption class="pg-say" aria-live="polite">{html.escape(sentence)}</figcaption>'
        f'<script type="application/json">{told}</script>'
        f"{''.join(held)}{''.join(parts)}</figure>"
    )
    return Published(page, sentence)


def canvas(
    height: float, x: tuple[float, float], y: tuple[float, float], margin: float = 0
) -> tuple[Figure, Axes]:
    """Return a figure of the book's width, and axes with these limits and no frame that fill it."""
    figure, panel = plt.subplots(figsize=(FIGURE_WIDTH, height))
    figure.subplots_adjust(margin, margin, 1 - margin, 1 - margin)
    panel.set(xlim=x, ylim=y)
    panel.axis("off")
    return figure, panel


def slider(name: str, value: float, low: float, high: float, step: float, unit: str = "") -> str:
    """Return a slider with its value, and its unit, beside it."""
    limits = f'min="{low}" max="{high}" step="{step}" value="{value}" data-unit="{unit}"'
    return _labeled(name, f'<b aria-hidden="true"></b><input type="range" {limits} {{}}>')


def menu(name: str, value: object, options: Iterable[object]) -> str:
    """Return a menu; `value` is chosen."""
    listed = "".join(f"<option{' selected' * (each == value)}>{each}</option>" for each in options)
    return _labeled(name, f"<select {{}}>{listed}</select>")


def seed_field(value: int) -> str:
    """Return a field for a seed; its title says what is allowed."""
    kind = 'inputmode="numeric" required pattern="[0-9]{{1,6}}"'
    title = 'title="The seed is a whole number from 0 to 999999."'
    return _labeled("seed", f'<input value="{value}" {kind} {title} {{}}>')


def _labeled(name: str, control: str) -> str:
    """Return a control with its name, which its script finds it by, in front of it."""
    given = f'name="{name}" autocomplete="off"'
    return f"<label><span>{name}</span>{control.format(given)}</label>"


def button(name: str, first: bool = False) -> str:
    """Return a button; the first thing to do is filled."""
    look = ' class="pg-first"' * first
    return f'<button type="button" name="{name}"{look}>{name}</button>'


def key(kind: str, **signs: str) -> str:
    """Return what signs mean: their class in the style sheet, and a few words."""
    read = "".join(
        f'<span><i class="pg-{sign}"></i>{words}</span>' for sign, words in signs.items()
    )
    return f'<p class="pg-key pg-{kind}">{read}</p>'
