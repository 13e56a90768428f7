"""How good a detector of rare events is: alerts, precision and recall, reliance, calibration."""

import numpy as np

__all__ = [
    "BIN_EDGES",
    "alert_recall",
    "permutation_importance",
    "precision_at",
    "reliability_counts",
]

BIN_EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Ends of the bins of predicted probability in which calibration is measured."""


def alert_recall(labels, scores, budget, genuine_weight=1.0):
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

    Notes
    -----
    Behind the stored results of chapter 6.

    Examples
    --------
    >>> labels, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.3, 0.5])
    >>> alert_recall(labels, scores, budget=2), alert_recall(labels, scores, budget=3)
    (0.5, 1.0)
    """
    ordered = labels[np.argsort(-scores, kind="stable")]
    alerts = np.cumsum(np.where(ordered == 1, 1.0, genuine_weight))
    return float(ordered[alerts <= budget].sum() / labels.sum())


def precision_at(labels, scores, recalls):
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

    Notes
    -----
    Taught in: chapter 6.

    Examples
    --------
    >>> labels, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.3, 0.5])
    >>> precision_at(labels, scores, [0.5, 1.0]).round(3).tolist()
    [1.0, 0.667]
    """
    places = np.flatnonzero(labels[np.argsort(-scores, kind="stable")] == 1)
    found = np.ceil(np.asarray(recalls) * len(places) - 1e-9).astype(int)
    return found / (places[found - 1] + 1)


def permutation_importance(score, features, labels, rng):
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

    References
    ----------
    Breiman (2001), Random forests, Machine Learning 45, 5-32, section 10.

    Notes
    -----
    Taught in: chapter 6.
    """
    from sklearn.metrics import average_precision_score

    intact = average_precision_score(labels, score(features))
    losses = []
    for column in range(features.shape[1]):
        shuffled = features.copy()
        shuffled[:, column] = rng.permutation(shuffled[:, column])
        losses.append(intact - average_precision_score(labels, score(shuffled)))
    return np.array(losses)


def reliability_counts(labels, log_odds, edges=BIN_EDGES):
    """Return, for bins of predicted probability, how many rows, and frauds foretold and found.

    Parameters
    ----------
    labels : numpy.ndarray of int
        1 for fraud, 0 for genuine, shape ``(n,)``.
    log_odds : numpy.ndarray of float
        Predicted logarithm of p / (1 - p), shape ``(n,)``.
    edges : sequence of float
        Ends of the k bins, rising from 0 to 1.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(3, k)``: rows, sum of predicted probabilities, frauds.

    Notes
    -----
    Behind the stored results of chapter 6.
    """
    chances = np.exp(-np.logaddexp(0.0, -log_odds))
    bins = np.searchsorted(edges[1:-1], chances, side="right")
    sums = (np.ones(len(labels)), chances, labels)
    return np.array([np.bincount(bins, weights=w, minlength=len(edges) - 1) for w in sums])
