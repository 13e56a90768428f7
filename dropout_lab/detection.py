"""How good a detector of rare events is: alerts, precision and recall, reliance, calibration."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dropout_lab import _checks as check
from dropout_lab._extras import need
from dropout_lab._types import Doubles, Labels, Numbers

__all__ = ["alert_recall", "permutation_importance", "precision_at", "reliability_counts"]

BIN_EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Ends of the bins of predicted probability in which calibration is measured."""


def alert_recall(
    labels: Labels, scores: Numbers, budget: float, genuine_weight: float = 1.0
) -> float:
    """Return which share of the frauds is found if the `budget` highest scores are looked at.

    Parameters
    ----------
    labels : numpy.ndarray of int
        1 for fraud, 0 for genuine, shape ``(n,)``, at least one fraud.
    scores : numpy.ndarray of float
        The higher, the more suspicious, shape ``(n,)``.
    budget : float
        How many alerts somebody can look at.
    genuine_weight : float, default 1.0
        How many genuine transactions each genuine row stands for, if only some of them were
        kept. The result is then an estimate.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    precision_at : The share of alerts that are frauds.

    Examples
    --------
    >>> labels, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.3, 0.5])
    >>> alert_recall(labels, scores, budget=2), alert_recall(labels, scores, budget=3)
    (0.5, 1.0)
    """
    ordered = _ranked(labels, scores)
    budget = check.number(budget, "budget", minimum=0, finite=False)
    weight = check.number(genuine_weight, "genuine_weight", minimum=0)
    alerts = np.cumsum(np.where(ordered == 1, 1.0, weight))
    return float(ordered[alerts <= budget].sum() / ordered.sum())


def precision_at(labels: Labels, scores: Numbers, recalls: ArrayLike) -> Doubles:
    """Return the precision of the smallest set of alerts that reaches each recall.

    Parameters
    ----------
    labels, scores : numpy.ndarray
        As in `alert_recall`.
    recalls : sequence of float
        Shares of frauds to be found, above 0 and at most 1.

    Returns
    -------
    numpy.ndarray of float64
        One precision for each recall.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    alert_recall : The share of frauds that are found.

    Examples
    --------
    >>> labels, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.3, 0.5])
    >>> precision_at(labels, scores, [0.5, 1.0]).round(3).tolist()
    [1.0, 0.667]
    """
    places = np.flatnonzero(_ranked(labels, scores))
    recalls = check.numbers(recalls, "recalls", sequence=True)
    if not np.all((recalls > 0) & (recalls <= 1)):
        raise ValueError(f"recalls must lie above 0 and at most at 1, got {recalls!r:.80}")
    found = np.ceil(recalls * len(places) - 1e-9).astype(int).clip(1)
    return found / (places[found - 1] + 1)


def permutation_importance(
    score: Callable[[Numbers], Numbers], features: Numbers, labels: Labels, rng: np.random.Generator
) -> Doubles:
    """Return how much average precision is lost when one column at a time is shuffled.

    Parameters
    ----------
    score : callable
        ``score(features)`` returns one number per row, the higher the more suspicious.
    features : numpy.ndarray
        Shape ``(n, d)``.
    labels : numpy.ndarray of int
        1 for fraud, 0 for genuine, shape ``(n,)``.
    rng : numpy.random.Generator
        Shuffles.

    Returns
    -------
    numpy.ndarray of float64
        One loss per column, shape ``(d,)``; near 0 if `score` does not use the column.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or `score` returns anything else; the message names it.

    See Also
    --------
    dropout_lab.study_group.reliance : How much a linear model leans on an input.

    References
    ----------
    Breiman (2001), Random forests, Machine Learning 45, 5-32, section 10.
    """
    need("sklearn")
    from sklearn.metrics import average_precision_score

    if not callable(score):
        raise TypeError(f"score must be callable, got {score!r:.80}")
    features = check.real_array(features, "features", "n, d")
    labels = _checked_labels(labels, len(features))
    check.rng(rng)

    def precision(features: Numbers) -> float:
        scores = _checked_scores(score(features), "what score returns", f"{len(labels)}")
        # Only their order counts; scikit-learn refuses infinite ones.
        return average_precision_score(labels, np.unique(scores, return_inverse=True)[1])

    intact = precision(features)
    losses = []
    for column in range(features.shape[1]):
        shuffled = features.copy()
        shuffled[:, column] = rng.permutation(shuffled[:, column])
        losses.append(intact - precision(shuffled))
    return np.array(losses)


def reliability_counts(labels: Labels, log_odds: Numbers) -> Doubles:
    """Return, for bins of predicted probability, how many rows, and frauds foretold and found.

    Parameters
    ----------
    labels : numpy.ndarray of int
        1 for fraud, 0 for genuine, shape ``(n,)``.
    log_odds : numpy.ndarray of float
        Predicted logarithm of p / (1 - p), shape ``(n,)``.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(3, 9)``: rows, sum of predicted probabilities, frauds.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    dropout_lab.uncertainty.top_label_counts : For more than two classes.
    """
    log_odds = _checked_scores(log_odds, "log_odds")
    chances = np.exp(-np.logaddexp(0.0, -log_odds))
    return counts_in_bins(check.labels(labels, len(chances), 2), chances, BIN_EDGES)


def counts_in_bins(happened: Labels, chances: Doubles, edges: Sequence[float]) -> Doubles:
    """Return, for bins of foretold probability, how many rows, and sums of both arguments."""
    bins = np.searchsorted(edges[1:-1], chances, side="right")
    sums = (np.ones(len(chances)), chances, happened)
    return np.array([np.bincount(bins, weights=w, minlength=len(edges) - 1) for w in sums])


def _ranked(labels: Labels, scores: Numbers) -> Labels:
    """Return the labels, the most suspicious row first, or raise."""
    scores = _checked_scores(scores)
    return _checked_labels(labels, len(scores))[np.argsort(-scores, kind="stable")]


def _checked_labels(labels: Labels, count: int) -> Labels:
    """Return labels of which at least one is a fraud, or raise."""
    labels = check.labels(labels, count, 2)
    if not labels.any():
        raise ValueError(f"labels must hold at least one fraud, got {labels!r:.80}")
    return labels


def _checked_scores(scores: Numbers, name: str = "scores", axes: str = "n") -> Doubles:
    """Return scores as float64, or raise; infinite ones are the first or the last."""
    scores = check.numbers(scores, name, axes)
    if np.isnan(scores).any():
        raise ValueError(f"{name} must not hold NaN, got {scores!r:.80}")
    return scores
