"""Questions that a reader answers before a figure does, on a page without a kernel."""

import hashlib
import html
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dropout_lab import _checks as check
from dropout_lab._types import Real
from dropout_lab.explorer.page import Published, script_text, style_text
from dropout_lab.explorer.text import legible

__all__ = ["predict"]

Choices = Sequence[str] | Mapping[str, str]
Question = dict[str, Any]  # checked, in the words of its script

_KEY_MARK = "PREDICT_KEY"
# The veil is a rule, as a live explorer is drawn anew, in an output of its own, while it is veiled.
_VEIL = (
    f"@media not print{{html:has([data-predict={_KEY_MARK}][data-on=asks]) "
    f"[data-veil={_KEY_MARK}]{{--xp-veil:hidden;--xp-ground:var(--pst-color-surface,"
    "var(--jp-layout-color2,#f4f5f6));--xp-words:'Drawn when you have answered'}}"
)

# The marks of the line, named where the button was.
_FOOT = (
    '<div class="xp-foot"><button>Show without a guess</button><small aria-hidden="true">'
    '<span><i class="xp-ring"></i>your guess</span><span><i class="xp-disc"></i>the answer</span>'
    "</small></div>"
)


def predict(
    question: str | Sequence[Mapping[str, Any]],
    choices: Choices | None = None,
    *,
    answer: Real | str | None = None,
    low: Real | None = None,
    high: Real | None = None,
    step: float | None = None,
    unit: str | None = None,
    figure: Any = None,
) -> "_Prediction":
    """Ask the reader for a guess, then show the figure and say how far off the guess was.

    A guess is a number, a ring on a line from `low` to `high`, or one of `choices`. Until the
    reader has pressed the button, a veil covers the data of the figure; its axes stay. Then a disc
    marks the answer, and a sentence says how far it is from the guess. Whoever has no guess
    presses the button all the same. Without scripts, on paper and in a notebook that is not
    trusted the question stands above the open figure.

    Parameters
    ----------
    question : str or sequence of mapping
        The question, plain text; or several that share a button, each a mapping of the arguments
        below: ``dict(question="How many?", answer=3, low=0, high=5)``.
    choices : sequence of str or mapping of str to str, optional
        At least two answers to choose from, and what to tell the reader who chooses each.
    answer : float or str
        The right number, or the right choice. Compute it, so that it follows the figure.
    low, high : float
        Where the slider of a number begins and ends.
    step : float, optional
        Between two guesses; as many decimals has the answer. By default the largest power of ten
        that leaves twenty guesses.
    unit : str, optional
        What stands behind each number: ``" %"``.
    figure : object, optional
        What `dropout_lab.explorer.explore` returned, or anything else with an attribute ``html``.

    Returns
    -------
    object
        Displayed by a notebook: the questions, and below them the figure.

    Raises
    ------
    TypeError
        If an argument lacks, has the wrong type or does not belong to this kind of question.
    ValueError
        If there is no question, if there are fewer than two choices, if `answer` is none of them
        or not between `low` and `high`, or if `step` is no power of ten.

    See Also
    --------
    dropout_lab.teaching.quiz : A question without a figure.

    Examples
    --------
    >>> predict("How many of ten coins show heads?", answer=5, low=0, high=10)
    <predict: How many of ten coins show heads?>
    >>> predict("Is a rate of 1 useful?", ["yes", "no"], answer="no")
    <predict: Is a rate of 1 useful?>
    """
    one: dict[str, Any] = {"choices": choices, "answer": answer}
    one |= {"low": low, "high": high, "step": step, "unit": unit}
    several = isinstance(question, Sequence) and all(each is None for each in one.values())
    if isinstance(question, str):
        asked = [_question(question, **one)]
    elif several:
        asked = [_question(**each) for each in question]
    else:
        raise TypeError(f"question must be a string, got {question!r:.80}")
    if not asked:
        raise ValueError("question must hold at least one question, got none")
    is_live = hasattr(figure, "around")  # and draws itself to the end if asked for its HTML
    if not is_live and figure is not None and not isinstance(getattr(figure, "html", None), str):
        raise TypeError(f"figure must have an attribute html, got {figure!r:.80}")
    return _Prediction(asked, figure)


class _Prediction:
    """Questions above a figure that they veil."""

    def __init__(self, asked: Sequence[Question], figure: Any) -> None:
        self._figure = figure
        self._summary = f"<predict: {' '.join(each['question'] for each in asked)}>"
        plain = "".join(f"<p>{html.escape(each['question'])}</p>" for each in asked)
        controls = "".join(map(_control, asked))
        # A page has several of these landmarks, so each has a name of its own.
        name = html.escape(f"Predict: {asked[0]['question']}")
        form = f'<form aria-label="{name}">{controls}{_FOOT}</form>'
        told = json.dumps({"form": form, "asked": asked}, ensure_ascii=False)
        told = told.replace("<", "\\u003c")  # which alone could end the script element early
        page = (
            f'<div class="xp-predict mathjax_ignore" data-predict="{_KEY_MARK}">'
            f'<style data-part="predict">{style_text("predict.css", __package__)}</style>'
            f"<style>{_VEIL}</style><b>Predict</b>"
            f'<div>{plain}</div><script type="application/json">{told}</script>'
            f'<script data-part="predict">{script_text("predict.js", __package__)}</script>'
            f'<script>dropoutLabPredict("{_KEY_MARK}")</script></div>'
        )
        key = "ask" + hashlib.sha256(page.encode()).hexdigest()[:10]
        self._form = page.replace(_KEY_MARK, key)
        self._around = f'<div class="xp-veil" data-veil="{key}">', "</div>"

    @property
    def html(self) -> str:
        """The page: questions and figure."""
        before, after = self._around
        return self._form + (f"{before}{self._figure.html}{after}" if self._figure else "")

    def _ipython_display_(self) -> None:
        """Show the questions; the figure below may still be drawn while they are answered."""
        from IPython.display import display  # not needed to publish

        if not hasattr(self._figure, "around"):
            display(Published(self.html, self._summary))
        else:
            display(Published(self._form, self._summary))
            self._figure.around = self._around
            display(self._figure)

    def __repr__(self) -> str:
        """Return the summary."""
        return self._summary


def _question(
    question: str,
    choices: Choices | None = None,
    answer: Any = None,
    low: Any = None,
    high: Any = None,
    step: Any = None,
    unit: str | None = None,
) -> Question:
    """Return what the script needs to know of a question, or raise."""
    if not isinstance(question, str):
        raise TypeError(f"question must be a string, got {question!r:.80}")
    if choices is not None:
        return _choice(question, answer, choices, (low, high, step, unit))
    for name, value in (("answer", answer), ("low", low), ("high", high)):
        if not check.is_real(value):
            raise TypeError(f"{name} must be a real number, got {value!r:.80}")
    if not isinstance(unit, (str, type(None))):
        raise TypeError(f"unit must be a string, got {unit!r:.80}")
    answer, low, high = (
        value if isinstance(value, (int, float)) else float(value) for value in (answer, low, high)
    )
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"low must lie below high, both finite, got {low!r} and {high!r}")
    if not low <= answer <= high:  # neither does NaN
        raise ValueError(f"answer must lie between {low} and {high}, got {answer!r}")
    if step is None:
        step = 10.0 ** math.floor(math.log10(high / 20 - low / 20) + 1e-9)
    decimals = -round(math.log10(step)) if check.is_real(step) and 0 < step < math.inf else None
    if decimals is None or not math.isclose(step, 10.0**-decimals):
        raise ValueError(f"step must be a power of ten, such as 0.01, got {step!r}")
    decimals = max(decimals, 0)
    return {
        "question": legible(question),
        "answer": f"{answer:.{decimals}f}",
        "decimals": decimals,
        "unit": legible(unit or ""),
        "range": [low, high, round(step, decimals)],
    }


def _choice(question: str, answer: Any, choices: Choices, rest: tuple[object, ...]) -> Question:
    """Return the same of a question with choices, or raise."""
    if rest != (None,) * 4:
        raise TypeError(
            f"low, high, step and unit belong to numbers, and choices is {choices!r:.80}"
        )
    told = choices if isinstance(choices, Mapping) else dict.fromkeys(choices, "")
    if not all(isinstance(text, str) for pair in told.items() for text in pair):
        raise TypeError(f"choices must hold strings, got {choices!r:.80}")
    shown = {legible(choice): legible(more) for choice, more in told.items()}
    if not 2 <= len(shown) == len(told):
        raise ValueError(f"choices must hold at least two, each of other looks, got {[*told]}")
    if answer not in told:
        raise ValueError(f"answer must be one of {list(told)}, got {answer!r}")
    return {"question": legible(question), "answer": legible(answer), "choices": shown}


def _control(asked: Question) -> str:
    """Return the native control of a question, and the place for what its answer was."""
    if "choices" in asked:
        words, before, after = "", f'<div class="xp-choices">{_radios(asked)}</div>', ""
    else:
        words = '<span aria-hidden="true">Your guess <b>?</b></span>'
        before, after = "", _slider(asked)
    return (
        f"<fieldset><legend>{html.escape(asked['question'])}</legend>{before}"
        f'<p class="xp-verdict" data-room="{html.escape(_longest_verdict(asked))}">{words}'
        f"<output></output></p>{after}</fieldset>"
    )


def _radios(asked: Question) -> str:
    """Return the choices."""
    name = hashlib.sha256(asked["question"].encode()).hexdigest()[:10]
    return "".join(
        f'<label><input type="radio" name="{name}" value="{html.escape(choice)}" '
        f'autocomplete="off"{" data-right" * (choice == asked["answer"])}>'
        f"{html.escape(choice)}</label>"
        for choice in asked["choices"]
    )


def _slider(asked: Question) -> str:
    """Return a slider, and the line that draws it: a ring for the guess, a disc for the answer."""
    low, high, step = asked["range"]
    place = (float(asked["answer"]) - low) / (high - low)
    ends = (_shown(f"{end:g}", asked["unit"]) for end in (low, high))
    named = "".join(f"<small>{html.escape(end)}</small>" for end in ends)
    return (
        f'<div class="xp-line" style="--answer:{place:.4g}">'
        f'<input type="range" min="{low}" max="{high}" step="{step}" aria-label="Your guess" '
        'aria-valuetext="none yet" autocomplete="off"><div class="xp-scale" aria-hidden="true">'
        f'<u></u><i class="xp-ring"></i><i class="xp-disc"></i>{named}</div></div>'
    )


def _longest_verdict(asked: Question) -> str:
    """Return words as long as any verdict, which has its room before it comes: nothing moves."""
    answer = asked["answer"]
    if "choices" in asked:
        each = (f"{choice}”. It is “{answer}”. {more}" for choice, more in asked["choices"].items())
        return f"You said “{max(each, key=len)}"
    ends, unit = asked["range"][:2], asked["unit"]
    guesses = (_shown(f"{end:.{asked['decimals']}f}", unit) for end in ends)
    far = (f"{abs(end - float(answer)):.{asked['decimals']}f}" for end in ends)
    far = max(far, key=len) + unit.replace(" %", " points")
    guess = max(guesses, key=len)
    return f"You said {guess}. It is {_shown(answer, unit)}: {far} too high."


def _shown(number: str, unit: str) -> str:
    """Return a number as a reader sees it."""
    return number.replace("-", "\N{MINUS SIGN}") + unit
