"""Multiple-choice questions that answer back without a kernel and without a script."""

import hashlib
import html
from collections.abc import Mapping

from dropout_lab import _checks as check
from dropout_lab.explorer.page import Published, style_text
from dropout_lab.explorer.text import legible

__all__ = ["quiz"]

# JupyterLab takes the triangle away, and without our style sheet nothing else says "press here".
_MARKED = "display:list-item;list-style:circle inside;cursor:pointer"


def quiz(question: str, options: Mapping[str, str], *, answer: str) -> Published:
    """Show a multiple-choice question whose feedback appears when an option is chosen.

    The page needs neither kernel nor script nor style: each option is a ``<details>`` element,
    which a notebook that is not trusted keeps closed too.

    Parameters
    ----------
    question : str
        The question, plain text.
    options : mapping of str to str
        At least two options and what to tell the reader who chooses each.
    answer : str
        The option that is right.

    Returns
    -------
    object
        Displayed by a notebook as HTML, which is its attribute ``html``.

    Raises
    ------
    TypeError
        If `question` is not a string or `options` not a mapping of strings.
    ValueError
        If there are fewer than two options, or `answer` is none of them.

    See Also
    --------
    dropout_lab.teaching.predict : A guess before a figure.

    Examples
    --------
    >>> quiz("Is a rate of 1 useful?", {"yes": "Nothing is left.", "no": "Right."}, answer="no")
    <quiz: Is a rate of 1 useful?>
    """
    if not isinstance(question, str):
        raise TypeError(f"question must be a string, got {question!r}")
    if not isinstance(options, Mapping) or not all(
        isinstance(text, str) for pair in options.items() for text in pair
    ):
        raise TypeError(f"options must map option texts to feedback texts, got {options!r:.80}")
    shown = {legible(option): legible(feedback) for option, feedback in options.items()}
    if not 2 <= len(shown) == len(options):
        raise ValueError(f"options must hold at least two, each of other looks, got {[*options]}")
    check.choice(answer, "answer", options)
    question, answer, options = legible(question), legible(answer), shown
    key = "quiz" + hashlib.sha256(repr((question, dict(options))).encode()).hexdigest()[:10]
    rows = "".join(
        f'<details class="xp-option" name="{key}"><summary style="{_MARKED}">'
        f"<span>{html.escape(option)}</span>"
        f'</summary><p class="xp-feedback"><b>{"Yes." if option == answer else "Not quite."}</b> '
        f"{html.escape(feedback)}</p></details>"
        for option, feedback in options.items()
    )
    page = (
        f'<style>{style_text("quiz.css", __package__)}</style><fieldset class="xp-quiz">'
        f"<legend>{html.escape(question)}</legend>{rows}</fieldset>"
    )
    return Published(page, f"<quiz: {question}>")
