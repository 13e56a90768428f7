"""What a checked exercise is made of: trials, and mistakes that are known by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Exercise", "Mistake", "Trial"]


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
    arguments: Callable
    expected: Any
    measure: Callable | None = None
    tolerance: float = 1e-6
    like: Callable | None = None

    def value(self):
        """Return the expected value.

        Returns
        -------
        object
            `expected`, or what it returns for the arguments.
        """
        return self.expected(*self.arguments()) if callable(self.expected) else self.expected

    def measured(self, answer):
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

    answer: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """A function that the reader is asked to write, and how it is tried.

    Parameters
    ----------
    name : str
        What `dropout_lab.teaching.check` calls it, unique in the book.
    chapter : int
        The chapter that sets it.
    asks : str
        What the function takes and returns, in one sentence with a full stop.
    trials : tuple of Trial
        At least two, the easiest first: the hint is about the first one that fails.
    mistakes : tuple of Mistake, default ()
        Looked through in this order.
    hint : str, default ""
        What to tell a reader whose answer is wrong in some other way.
    """

    name: str
    chapter: int
    asks: str
    trials: tuple
    mistakes: tuple = ()
    hint: str = ""
