"""Call a reader's function and compare its answers; nothing that it does may raise here."""

import inspect
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dropout_lab.teaching.comparing import agrees, complaint
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial
from dropout_lab.teaching.words import named, shown

_NOT_CALLABLE = "Hand over the function itself: its name, without parentheses behind it."
_ARGUMENTS = "Write a function of these arguments, in this order."
_CHANGED = "Work on a new array: x = x * mask makes one, x *= mask writes into the caller's."
_BY_HAND = (
    "Try it by hand: keep what check returns, answer = check(...), and call "
    "your_function(*answer.arguments)."
)


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What came of a trial: what is wrong, a hint on that kind of mistake, what was compared."""

    trial: Trial
    wrong: str
    hint: str = ""
    got: object = None


def judge(exercise: Exercise, function: object) -> tuple[list[tuple[bool, str]], str, Trial | None]:
    """Try what the reader handed over on all trials of an exercise.

    For each trial the answer tells whether it is right and what to say about it; then what may
    help with the first one that is not, and that trial, or None if all are or none could be made.
    """
    if not callable(function):
        return [(False, f"expected a function, got {named(function)}")], _NOT_CALLABLE, None
    refused = _refused(exercise.trials[0], function)
    if refused:
        return [(False, refused)], _ARGUMENTS, None
    outcomes = [_try(trial, function) for trial in exercise.trials]
    lines = []
    for earlier, outcome in zip([None, *outcomes], outcomes, strict=False):
        repeats = earlier is not None and earlier.wrong == outcome.wrong
        about = f": {'as above' if repeats else outcome.wrong}" if outcome.wrong else ""
        lines.append((not about, outcome.trial.says + about))
    failed = next((outcome for outcome in outcomes if outcome.wrong), None)
    if failed is None:
        return lines, "", None
    known = _known_mistake(exercise, outcomes, failed)
    return lines, known or failed.hint or exercise.hint or _BY_HAND, failed.trial


def _refused(trial: Trial, function: Callable[..., Any]) -> str:
    """Return what to say if the function cannot take the arguments; empty if it can."""
    arguments = trial.arguments()
    try:
        signature = inspect.signature(function)
    except Exception:  # functions written in C, or with a signature that lies
        return ""
    try:
        signature.bind(*arguments)
    except TypeError:
        count = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}"
        return f"expected a function of {count}, got one that takes {shown(signature, str)}"
    return ""


def _try(trial: Trial, function: Callable[..., Any]) -> _Outcome:
    """Return what came of one call of the function."""
    arguments = trial.arguments()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # A division by zero is told by its result; a warning besides would only confuse.
        warnings.simplefilter("ignore")
        try:
            answer = function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: exit() must not end the notebook
            return _Outcome(trial, f"your function raised {_error(error, function)}")
        outcome = _compare(trial, answer)
    if not outcome.wrong and _changed(arguments, trial.arguments()):
        return _Outcome(trial, "the answer is right, but your function changed its input", _CHANGED)
    return outcome


def _compare(trial: Trial, answer: object) -> _Outcome:
    """Return how an answer compares with the expected one."""
    like = None if trial.like is None else trial.like(*trial.arguments())
    expected = trial.value()
    try:
        if like is not None:
            wrong, hint = complaint(answer, like, tolerance=None)
            if wrong:
                return _Outcome(trial, wrong, hint)
        got = trial.measured(answer)
        return _Outcome(trial, *complaint(got, expected, trial.tolerance), got)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an answer may hold functions, or operators that fail
        cannot = f"got {named(answer)}, which cannot be used here ({_error(error)})"
        return _Outcome(trial, cannot)


def _known_mistake(exercise: Exercise, outcomes: Sequence[_Outcome], failed: _Outcome) -> str:
    """Return the hint of the first mistake that answers all trials as the function did."""
    answered = [outcome for outcome in outcomes if outcome.got is not None]
    if failed not in answered:
        return ""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for mistake in exercise.mistakes:
            if all(_answers_alike(mistake, outcome) for outcome in answered):
                return mistake.hint
    return ""


def _answers_alike(mistake: Mistake, outcome: _Outcome) -> bool:
    """Say whether a mistake gives the answer of an outcome."""
    trial = outcome.trial
    try:
        answer = trial.measured(mistake.answer(*trial.arguments()))
    except Exception:  # a wrong function may fail where another one does not
        return False
    same = agrees(outcome.got, answer, trial.tolerance)
    # Within the tolerance of a wrong answer there may be right ones.
    return same and bool(outcome.wrong) == (not agrees(answer, trial.value(), trial.tolerance))


def _changed(used: Sequence[object], fresh: Sequence[object]) -> bool:
    """Say whether an array among the arguments, or in a list of them, is no longer what it was."""
    return any(
        isinstance(new, (np.ndarray, list, tuple)) and not agrees(old, new, 0.0)
        for old, new in zip(used, fresh, strict=True)
    )


def _error(error: BaseException, function: object = None) -> str:
    """Return an exception in one line, with the line of the reader's function if it is known."""
    text = f"{type(error).__name__}: {shown(error, str)}".removesuffix(": ")
    if not inspect.isfunction(function):
        return text
    file = inspect.unwrap(function).__code__.co_filename
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file and frame.line]
    return f"{text}, at the line {shown(lines[-1].strip())}" if lines else text
