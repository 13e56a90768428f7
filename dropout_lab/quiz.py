"""Multiple-choice questions that answer back without a kernel and without a script."""

import hashlib
import html
from collections.abc import Mapping
from importlib import resources

__all__ = ["quiz"]


class _Quiz:
    """A question as HTML."""

    def __init__(self, page, summary):
        self.html = page
        self._summary = summary

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return self._summary


def quiz(question, options, *, answer):
    """Show a multiple-choice question whose feedback appears when an option is chosen.

    The page needs neither kernel nor script: the feedback of the chosen radio button is made
    visible by the style sheet.

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
        Displayed by a notebook as HTML.

    Raises
    ------
    TypeError
        If `question` is not a string or `options` not a mapping of strings.
    ValueError
        If there are fewer than two options, or `answer` is none of them.

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
    if len(options) < 2:
        raise ValueError(f"options must hold at least two options, got {len(options)}")
    if answer not in options:
        raise ValueError(f"answer must be one of {list(options)}, got {answer!r}")
    key = "quiz" + hashlib.sha256(repr((question, dict(options))).encode()).hexdigest()[:10]
    rows = "".join(
        f'<div class="xp-option"><label><input type="radio" name="{key}" autocomplete="off"> '
        f"<span>{html.escape(option)}</span></label>"
        f'<p class="xp-feedback"><b>{"Yes." if option == answer else "Not quite."}</b> '
        f"{html.escape(feedback)}</p></div>"
        for option, feedback in options.items()
    )
    style = "".join(resources.files("dropout_lab").joinpath("quiz.css").read_text().splitlines())
    page = (
        f'<style>{style}</style><fieldset class="xp-quiz">'
        f"<legend>{html.escape(question)}</legend>{rows}</fieldset>"
    )
    return _Quiz(page, f"<quiz: {question}>")
