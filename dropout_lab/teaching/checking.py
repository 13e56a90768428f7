'''Exercises that check themselves: a reader's function is tried, and answered with a hint.

A reader writes ``check("mask_mean", mask_mean)``. What `check` tries is declared in one module a
chapter, ``dropout_lab/lessons/chNN/exercises.py``, which is found by its name. A complete one::

    """The checked exercises of chapter 2."""

    import numpy as np

    from dropout_lab.teaching.exercise import Exercise, Mistake, Trial
    from dropout_lab.masks import all_masks


    def _mean(x, rate, f):
        """Return the exact mean of f over all outputs of inverted dropout."""
        masks, probabilities = all_masks(len(x), rate)
        outputs = masks * x / (1 - rate)
        return sum(chance * f(y) for chance, y in zip(probabilities, outputs))


    EXERCISES = (
        Exercise(
            "mask_mean(x, rate, f) returns the mean of f(y) over all masks.",
            Trial(
                "the square of a single 3 at rate 0.4",
                lambda: (np.array([3.0]), 0.4, lambda y: y[0] ** 2),
                15.0,  # x**2 / (1 - rate)
            ),
            Trial(
                "the largest of four outputs at rate 0.2",
                lambda: (np.random.default_rng(0).normal(size=4), 0.2, np.max),
                _mean,
            ),
            Mistake(
                lambda x, rate, f: f(x),
                "That is f of the mean. Take f of each output first, then the mean.",
            ),
        ),
        # A random function is judged by something measured in its answer. `like` says which
        # shape and dtype the answer itself must have.
        Exercise(
            "invert(x, rate, rng) returns x after inverted dropout, a new array.",
            Trial(
                "the mean of 100,000 ones at rate 0.2",
                lambda: (np.ones(100_000), 0.2, np.random.default_rng(1)),
                1.0,
                measure=lambda answer, x, rate, rng: answer.mean(),
                tolerance=5 * np.sqrt(0.2 / 0.8 / 100_000),  # five standard errors
                like=lambda x, rate, rng: x,
            ),
            Trial(
                "what values occur",
                lambda: (np.ones(100), 0.2, np.random.default_rng(2)),
                [0.0, 1.25],
                measure=lambda answer, x, rate, rng: np.unique(answer).tolist(),
            ),
            Mistake(
                lambda x, rate, rng: x * (rng.random(x.shape) >= rate),
                "The survivors are not scaled: divide them by 1 - rate.",
            ),
        ),
    )

Rules for authors:

- A trial's arguments are built anew for each call, by a function without arguments: seeds are
  fixed, and nothing a wrong function does to its input reaches the next trial.
- An expected value is a value, or a function of the arguments: mathematics, enumeration or the
  package. It decides what kind of answer is asked for: an array of the same shape (bool where
  bool is expected), a number, a truth value, a text, or a tuple or list of these.
- `measure(answer, *arguments)` turns an answer into what is compared. It may assume nothing but
  `like`: where it raises, the answer counts as wrong.
- A mistake is a wrong function and what to tell the reader who wrote it. It is recognized by its
  answers, which must be those of the reader's function in all trials.
- PyTorch and TensorFlow may be imported inside a trial's functions, never at the top.

The page's exercise shows ``check("mask_mean", mask_mean)``, and the solution ends with the same
line: there the one right answer stands. At least two mistakes stand here, and none may pass:
`tests/test_exercises.py` tries them all.
'''

import difflib
import functools

from dropout_lab.lessons import parts
from dropout_lab.teaching.exercise import Exercise
from dropout_lab.teaching.judging import judge
from dropout_lab.teaching.report import Report

__all__ = ["check", "exercises"]


def check(name: str, function: object) -> Report:
    """Try a reader's function, and say what is right, what is not yet, and what may help.

    Wrong code never raises here: an exception of the function, a wrong shape or an infinite
    value is an answer like any other. Only an interrupt from the keyboard passes, which is also
    the way out of a function that never returns: nothing here stops it.

    Parameters
    ----------
    name : str
        Which exercise; the page tells.
    function : callable
        The reader's function itself, not a call of it.

    Returns
    -------
    dropout_lab.teaching.report.Report
        ``passed`` says whether all is right. A notebook shows one line for each trial and a hint
        for the first one that failed.

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If there is no exercise of that name.

    See Also
    --------
    exercises : All there are.

    Examples
    --------
    >>> check("mask_mean", lambda x, rate, f: f(x)).hint
    'That is f of the mean. Take f of each output first, then the mean.'
    """
    if not isinstance(name, str):
        raise TypeError(
            f"name must be a string such as 'mask_mean', got {name!r:.80} ({type(name).__name__})"
        )
    known = {exercise.name: exercise for exercise in exercises()}
    if name not in known:
        close = difflib.get_close_matches(name.lower(), known, n=1)
        guess = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"name must be one of {list(known)}, got {name!r}.{guess}")
    return Report(known[name], *judge(known[name], function))


@functools.cache
def exercises() -> tuple[Exercise, ...]:
    """Return the checked exercises of the book, in the order of its chapters.

    Returns
    -------
    tuple of Exercise
        What the modules ``dropout_lab/lessons/chNN/exercises.py`` hold.

    See Also
    --------
    check : Tries one.

    Examples
    --------
    >>> [exercise.name for exercise in exercises() if exercise.chapter == 2][:1]
    ['mask_mean']
    """
    found = []
    for module in parts("exercises"):
        for exercise in module.EXERCISES:
            exercise.chapter = int(module.__name__.split(".")[-2][-2:])
            found.append(exercise)
    return tuple(found)
