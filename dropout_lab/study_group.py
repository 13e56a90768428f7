"""The study group: the popular story about dropout as a linear model one can run and solve.

A question has an answer y, standard normal. Friend i sees it with noise of standard deviation
sigma_i, and the group answers with a weighted sum of what the friends see. With dropout, each
friend sits out each practice question with probability `rate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Mask, Numbers, Reduced
from dropout_lab.layer import dropout

__all__ = [
    "FRIENDS",
    "StudyGroup",
    "best_weights",
    "decay_weights",
    "effective_friends",
    "exam_score",
    "practice_weights",
    "reliance",
    "train",
    "weights_for_masks",
]


@dataclass(frozen=True)
class StudyGroup:
    """Friends who each see the answer y of a question as ``y + sigma * noise``.

    Parameters
    ----------
    names : sequence of str
        One distinct name per friend.
    sigmas : sequence of float
        Standard deviation of each friend's noise, greater than 0, in units of the standard
        deviation of the answers.

    Raises
    ------
    TypeError
        If `names` is no sequence or a sigma not a real number.
    ValueError
        If there are no friends, a name is no string or repeats, the lengths differ, or a sigma is
        not positive.

    Notes
    -----
    Answers and noises are independent standard normal variables.

    Examples
    --------
    >>> pair = StudyGroup(("Alex", "Bo"), (0.5, 1.0))
    >>> pair.covariance
    array([[1.25, 1.  ],
           [1.  , 2.  ]])
    """

    names: Sequence[str]
    sigmas: Sequence[float]

    def __post_init__(self) -> None:
        """Check and freeze both fields."""
        names = check.sequence(self.names, "names", "strings")
        strings = all(isinstance(name, str) for name in names)
        if not names or not strings or len(set(names)) < len(names):
            raise ValueError(f"names must be distinct strings, at least one, got {names!r}")
        sigmas = check.numbers(self.sigmas, "sigmas", f"{len(names)}", finite=True, sequence=True)
        if not np.all(sigmas > 0):
            raise ValueError(f"sigmas must be positive, got {self.sigmas!r}")
        self.__dict__.update(names=names, sigmas=tuple(sigmas.tolist()))  # frozen from now on

    @property
    def variances(self) -> Doubles:
        """Noise variance of each friend: array of float64, shape (n,)."""
        return np.square(self.sigmas)

    @property
    def covariance(self) -> Doubles:
        """Covariance of the friends' views, ``11' + diag(sigma**2)``: float64, shape (n, n)."""
        return 1.0 + np.diag(self.variances)

    def questions(self, count: int, rng: np.random.Generator) -> tuple[Doubles, Doubles]:
        """Draw questions: what each friend sees, and the true answers.

        Parameters
        ----------
        count : int
            How many questions, at least 1.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        views : numpy.ndarray
            float64, shape (count, n): one row per question, one column per friend.
        answers : numpy.ndarray
            float64, shape (count,).

        Raises
        ------
        TypeError
            If `count` is not an integer or `rng` not a Generator.
        ValueError
            If `count` is less than 1.
        """
        count = check.count(count, "count")
        answers = check.rng(rng).standard_normal(count)
        noise = rng.standard_normal((count, len(self.names)))
        return answers[:, None] + noise * self.sigmas, answers


FRIENDS = StudyGroup(("Alex", "Bo", "Cleo", "Dara", "Emil", "Fay"), (1 / 3, 1, 1, 1, 1, 1))
"""The group of the book: Alex has a ninth of the others' noise variance."""


def train(
    group: StudyGroup,
    rate: float,
    sessions: int,
    rng: np.random.Generator,
    *,
    questions: int = 50,
    step: float = 0.02,
) -> Doubles:
    """Learn the group's weights by gradient descent with dropout.

    Each session brings new questions. Each friend sits out each question with probability
    `rate`, by a coin of its own; the views of those who answer are multiplied by
    ``1 / (1 - rate)``. One gradient step on half the mean squared error follows.

    Parameters
    ----------
    group : StudyGroup
        Who studies.
    rate : float
        Probability of sitting out, ``0 <= rate <= 1``.
    sessions : int
        Number of sessions, at least 0.
    rng : numpy.random.Generator
        Source of questions and coins.
    questions : int, default 50
        Questions per session.
    step : float, default 0.02
        Step size of gradient descent, greater than 0. The mean weights approach their limit
        below 2 over the largest eigenvalue of ``C + rate / (1 - rate) diag(C)``, which for
        `FRIENDS` is 0.29 at rate 0 and 0.08 at rate 0.9; beyond it they blow up.

    Returns
    -------
    numpy.ndarray
        float64, shape (sessions + 1, n): the weights before the first session (all zero) and
        after each session. At rate 1 nobody ever answers and they stay zero.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If `rate` lies outside [0, 1], a count is too small or `step` is not positive.

    See Also
    --------
    best_weights : Where it ends on average, without noise.

    Notes
    -----
    The weights keep jittering around `best_weights`; in expectation they approach it.

    Examples
    --------
    >>> train(FRIENDS, 0.5, 200, np.random.default_rng(0)).shape
    (201, 6)
    """
    rate = check.rate(rate)
    sessions = check.count(sessions, "sessions", minimum=0)
    questions = check.count(questions, "questions")
    step = check.number(step, "step", positive=True)
    check.rng(rng)
    weights = np.zeros((sessions + 1, len(_checked(group).names)))
    for session in range(sessions):
        views, answers = group.questions(questions, rng)
        heard = dropout(views, rate, rng)  # a coin for each friend at each question
        error = answers - heard @ weights[session]
        weights[session + 1] = weights[session] + step * heard.T @ error / questions
    return weights


def best_weights(group: StudyGroup, rate: float) -> Doubles:
    """Return the weights that gradient descent with dropout approaches.

    They minimize ``E[(y - sum_i m_i w_i x_i / (1 - rate))**2]`` over answers, noises and
    masks m, which is ``w'(C + rate / (1 - rate) diag(C))w - 2 w'1 + 1`` with C the covariance
    of the views: a ridge penalty.

    Parameters
    ----------
    group : StudyGroup
        Who studies.
    rate : float
        Probability of sitting out, ``0 <= rate <= 1``.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,). At rate 1 all are zero: the limit, and what `train` returns.

    Raises
    ------
    TypeError
        If `group` is not a `StudyGroup` or `rate` not a real number.
    ValueError
        If `rate` lies outside [0, 1].

    See Also
    --------
    decay_weights : The same with one price for all.
    practice_weights : From a few rounds.
    exam_score : How good they are.

    Notes
    -----
    A masked and scaled view has noise variance ``(sigma**2 + rate) / (1 - rate)``, and the best
    weight is proportional to its inverse.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, section 9.1, for any linear regression; the paper's p
    is ``1 - rate``.

    Examples
    --------
    >>> best_weights(FRIENDS, 0.0) * 15
    array([9., 1., 1., 1., 1., 1.])
    >>> best_weights(FRIENDS, 0.5) * 115
    array([27., 11., 11., 11., 11., 11.])
    """
    rate = check.rate(rate)
    return _by_precision((1 - rate) / (_checked(group).variances + rate))


def decay_weights(group: StudyGroup, penalty: float) -> Doubles:
    """Return the weights of least squares with plain weight decay.

    Parameters
    ----------
    group : StudyGroup
        Who studies.
    penalty : float
        Weight of ``sum(w**2)`` beside the expected squared error, at least 0.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Raises
    ------
    TypeError
        If `group` is not a `StudyGroup` or `penalty` not a real number.
    ValueError
        If `penalty` is negative or not finite.

    See Also
    --------
    best_weights : What dropout does instead.

    Notes
    -----
    A penalty of the same number as a dropout rate gives the same shares as dropout, and less
    shrinkage.

    Examples
    --------
    >>> decay_weights(FRIENDS, 0.5).round(3)
    array([0.274, 0.112, 0.112, 0.112, 0.112, 0.112])
    """
    penalty = check.number(penalty, "penalty", minimum=0)
    return _by_precision(1 / (_checked(group).variances + penalty))


def weights_for_masks(group: StudyGroup, masks: Mask) -> Doubles:
    """Return the best weights when each question meets one of the given masks, equally likely.

    Each friend's view is scaled by one over the share of masks that keep this friend.

    Parameters
    ----------
    group : StudyGroup
        Who studies.
    masks : numpy.ndarray of bool
        Shape (k, n): one possible group per row, True where the friend answers. Rows may
        repeat, which makes them more likely.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Raises
    ------
    TypeError
        If `group` is not a `StudyGroup` or `masks` not a boolean array.
    ValueError
        If `masks` has no row, a wrong number of columns, or a friend who never comes.

    See Also
    --------
    practice_weights : Draws the masks.

    Examples
    --------
    >>> one_at_home = ~np.eye(6, dtype=bool)
    >>> weights_for_masks(FRIENDS, one_at_home).round(3)
    array([0.388, 0.101, 0.101, 0.101, 0.101, 0.101])
    """
    n, masks = len(_checked(group).names), check.mask(masks, "masks")
    if masks.ndim != 2 or not len(masks) or masks.shape[1] != n:
        raise ValueError(f"masks must have shape (k, {n}), got {masks.shape}")
    attendance = masks.mean(axis=0)
    if not attendance.all():
        raise ValueError(f"masks must let each friend come at least once, got {masks!r:.80}")
    scaled = masks / attendance
    together = scaled.T @ scaled / len(masks)
    return np.linalg.solve(group.covariance * together, np.ones(n))


def practice_weights(views: Numbers, answers: Numbers, rate: float) -> Doubles:
    """Return the weights that dropout training approaches on a fixed set of questions.

    With X the views and y the answers they solve
    ``(X'X + rate / (1 - rate) diag(X'X)) w = X'y``.

    Parameters
    ----------
    views : numpy.ndarray
        Shape (questions, n).
    answers : numpy.ndarray
        Shape (questions,).
    rate : float
        Probability of sitting out, ``0 <= rate <= 1``.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,); the shortest solution where there are several. Zero at rate 1.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the shapes do not fit, a number is not finite, or `rate` lies outside [0, 1].

    See Also
    --------
    best_weights : The limit of many rounds.
    weights_for_masks : From masks of your own.

    Examples
    --------
    >>> practice_weights(np.array([[1.0], [2.0]]), np.array([2.0, 4.0]), 0.5)
    array([1.])
    """
    views = check.numbers(views, "views", "questions, n", finite=True)
    answers = check.numbers(answers, "answers", f"{len(views)}", finite=True)
    rate = check.rate(rate)
    # The penalty as extra rows, and both sides times 1 - rate: nothing to divide by at rate 1.
    penalty = np.sqrt(rate) * np.diag(np.linalg.norm(views, axis=0))
    rows = np.vstack([np.sqrt(1 - rate) * views, penalty])
    targets = np.concatenate([np.sqrt(1 - rate) * answers, np.zeros(views.shape[1])])
    return np.linalg.lstsq(check.squares(rows, "views"), targets)[0]


def reliance(weights: Numbers) -> Doubles:
    """Return the share of each friend in the sum of absolute weights.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (..., n).

    Returns
    -------
    numpy.ndarray of float64
        Same shape; shares add up to 1 along the last axis.

    Raises
    ------
    TypeError
        If `weights` is not a numeric array.
    ValueError
        If it has no axis or is not finite, or all weights of a group are zero: then nobody is
        relied on.

    See Also
    --------
    effective_friends : The same as one number.

    Examples
    --------
    >>> reliance(np.array([3.0, 1.0]))
    array([0.75, 0.25])
    """
    size = np.abs(check.numbers(weights, "weights", "..., n", finite=True))
    total = size.sum(axis=-1, keepdims=True)
    if not np.all(total > 0):
        raise ValueError("weights must not all be zero: there are no shares of nothing")
    return size / total


def effective_friends(weights: Numbers) -> Reduced:
    """Return how many equally weighted friends are as spread out as these weights.

    One over the sum of squared shares: n if all weights are equal, 1 if one friend has all.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (..., n).

    Returns
    -------
    numpy.ndarray or float
        Shape (...), between 1 and n.

    Raises
    ------
    TypeError, ValueError
        See `reliance`.

    See Also
    --------
    reliance : The share of each friend.

    Examples
    --------
    >>> round(float(effective_friends(np.array([0.5, 0.5, 0.0]))), 6)
    2.0
    """
    return 1 / np.square(reliance(weights)).sum(axis=-1)


def exam_score(group: StudyGroup, weights: Numbers, absent: str | Sequence[str] = ()) -> Reduced:
    """Return the expected exam score, R squared, when some friends are absent.

    An absent friend contributes 0 to the sum, and the other weights stay as they are:
    ``1 - E[(y - sum of w_i x_i over those present)**2] / Var(y)``. 1 is perfect, 0 is no
    better than always answering the mean.

    Parameters
    ----------
    group : StudyGroup
        Who sits the exam.
    weights : numpy.ndarray
        Shape (..., n).
    absent : str or sequence of str, default ()
        Names of those who do not come.

    Returns
    -------
    numpy.ndarray or float
        Shape (...).

    Raises
    ------
    TypeError
        If `group` is not a `StudyGroup`, `weights` not a numeric array, or `absent` neither a
        name nor a sequence of names.
    ValueError
        If `weights` does not fit the group, or a name in `absent` is not in the group.

    See Also
    --------
    best_weights : The weights to score.

    Examples
    --------
    >>> learned = best_weights(FRIENDS, 0.0)
    >>> print(f"{exam_score(FRIENDS, learned):.3f} {exam_score(FRIENDS, learned, 'Alex'):.3f}")
    0.933 0.533
    """
    weights = check.numbers(weights, "weights", f"..., {len(_checked(group).names)}")
    absent = (absent,) if isinstance(absent, str) else check.sequence(absent, "absent", "names")
    for name in absent:
        check.choice(name, "every entry of absent", group.names)
    heard = weights * [name not in absent for name in group.names]
    missed = 1 - heard.sum(axis=-1)
    return 1 - (np.square(missed) + np.square(heard) @ group.variances)


def _checked(group: object) -> StudyGroup:
    """Return `group`, or raise."""
    if not isinstance(group, StudyGroup):
        raise TypeError(f"group must be a StudyGroup, got {group!r:.80}")
    return group


def _by_precision(precision: Doubles) -> Doubles:
    """Return the least-squares weights of views with these inverse noise variances."""
    return precision / (1 + precision.sum())
