"""What a checked exercise is made of: trials, and mistakes that are known by name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Exercise", "Mistake", "Trial", "kept_for_dropped"]


@dataclass(frozen=True)
class Trial:
    """One call of the reader's function, and what its answer must be.

    Parameters
    ----------
    says : str
        What is tried, in plain words without a full stop: "five units at rate 0.4".
    arguments : callable
        Called without arguments, returns a tuple: the arguments, built anew at each call and
        always the same.
    expected : object or callable
        The right value, or a function of the arguments that returns it: an array, a number, a
        truth value, a string, or a tuple or list of these.
    measure : callable, optional
        ``measure(answer, *arguments)`` returns what is compared with `expected`. By default the
        answer itself.
    tolerance : float, default 1e-6
        How far a number may be from the expected one, absolutely and relative to it. For
        something random: five standard errors.
    like : callable, optional
        A function of the arguments that returns a value of the kind that the answer must be;
        for trials with a `measure`.

    Examples
    --------
    >>> trial = Trial("two and two", lambda: (2, 2), lambda a, b: a + b)
    >>> trial.value()
    4
    """

    says: str
    arguments: Callable[[], tuple[Any, ...]]
    expected: Any
    measure: Callable[..., Any] | None = None
    tolerance: float = 1e-6
    like: Callable[..., Any] | None = None

    def value(self) -> Any:
        """Return the expected value.

        Returns
        -------
        object
            `expected`, or what it returns for the arguments.
        """
        return self.expected(*self.arguments()) if callable(self.expected) else self.expected

    def measured(self, answer: Any) -> Any:
        """Return what is compared with the expected value.

        Parameters
        ----------
        answer : object
            What a function returned for the arguments.

        Returns
        -------
        object
            The answer itself, or what `measure` makes of it.
        """
        return answer if self.measure is None else self.measure(answer, *self.arguments())


@dataclass(frozen=True)
class Mistake:
    """A wrong function that readers write, and what to tell them.

    Parameters
    ----------
    answer : callable
        The wrong function: it takes the arguments of the exercise's trials. The mistake is
        recognized if the reader's function answers all trials as this one does, within their
        tolerances.
    hint : str
        One or two sentences that lead on without giving the solution away.
    """

    answer: Callable[..., Any]
    hint: str


class Exercise:
    """A function that the reader is asked to write, and how it is tried.

    Parameters
    ----------
    asks : str
        What the function takes and returns, in one sentence with a full stop that begins with a
        call of it: "mask_mean(x, rate, f) returns ...".
    *tries : Trial or Mistake
        At least two trials, the easiest first: the hint is about the first one that fails.
        Mistakes are looked through in their order.
    hint : str, default ""
        What to tell a reader whose answer is wrong in some other way.

    Attributes
    ----------
    name : str
        What `dropout_lab.teaching.check` calls it, unique in the book: that of the function.
    chapter : int or None
        The chapter that sets it: its module's folder says so to `check`.
    trials, mistakes : tuple
        The tries, apart.

    Examples
    --------
    >>> exercise = Exercise("double(x) returns twice x.", Trial("twice three", lambda: (3,), 6))
    >>> exercise.name
    'double'
    """

    def __init__(self, asks: str, *tries: Trial | Mistake, hint: str = "") -> None:
        self.name = asks.partition("(")[0]
        self.chapter: int | None = None
        self.asks, self.hint = asks, hint
        self.trials = tuple(one for one in tries if isinstance(one, Trial))
        self.mistakes = tuple(one for one in tries if isinstance(one, Mistake))


def kept_for_dropped(function: Callable[..., Any]) -> Mistake:
    """Return the mistake of who takes `rate` for the probability of keeping.

    Parameters
    ----------
    function : callable
        A right function; one of its arguments is called ``rate``.

    Returns
    -------
    Mistake
        The function at ``1 - rate``.
    """
    place = list(inspect.signature(function).parameters).index("rate")

    def answer(*arguments: Any) -> Any:
        return function(*arguments[:place], 1 - arguments[place], *arguments[place + 1 :])

    return Mistake(answer, "Rate is the probability of dropping. Did you take it for keeping?")
