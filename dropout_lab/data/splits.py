"""Splitting examples into parts: each class in its share, or the past before the future."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check
from dropout_lab._types import Labels, Numbers

__all__ = ["stratified_split", "time_split"]


def stratified_split(
    labels: Labels, fractions: Sequence[float], rng: np.random.Generator
) -> tuple[NDArray[np.intp], ...]:
    """Split at random, so that each part holds its share of each class.

    Parameters
    ----------
    labels : numpy.ndarray of int
        Class of each example, shape ``(examples,)``.
    fractions : sequence of float
        Size of each part, adding up to 1: ``(0.6, 0.2, 0.2)`` for training, validation, test.
    rng : numpy.random.Generator
        Draws who goes where.

    Returns
    -------
    tuple of numpy.ndarray of int
        Positions of the examples in each part, in ascending order. Every example is in exactly
        one part. The number of each class in each part differs from its fraction by 1 at most.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If `labels` is not one-dimensional, `fractions` are not allowed, or a class is too rare
        for every part to get at least one of it.

    See Also
    --------
    time_split : Parts in order of time.

    Notes
    -----
    Behind the stored results of chapter 6 on card data. Drop repeats before you split: a row
    that stands in two parts lets the test leak into the training.

    Examples
    --------
    >>> labels = np.array([0, 1, 0, 0, 0, 1, 0, 0])
    >>> train, test = stratified_split(labels, (0.5, 0.5), np.random.default_rng(0))
    >>> len(train), len(test), int(labels[train].sum()), int(labels[test].sum())
    (4, 4, 1, 1)
    """
    fractions = _check_fractions(fractions)
    check.rng(rng)
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels must be a numpy.ndarray of integers, got {labels!r:.80}")
    if labels.ndim != 1:
        raise ValueError(f"labels must have shape (examples,), got {labels.shape}")
    if not labels.size:
        raise ValueError(f"labels must hold at least one example, got shape {labels.shape}")
    classes = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
    for label, members in classes.items():  # before anything is drawn
        if not all(np.diff([0, *_cuts(len(members), fractions), len(members)])):
            raise ValueError(
                f"labels must hold enough of class {label} for {len(fractions)} parts of fractions "
                f"{fractions}, got {len(members)}"
            )
    parts: list[list[NDArray[np.intp]]] = [[] for _ in fractions]
    for members in classes.values():
        pieces = np.split(rng.permutation(members), _cuts(len(members), fractions))
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return tuple(np.sort(np.concatenate(part)) for part in parts)


def time_split(times: Numbers, fractions: Sequence[float]) -> tuple[NDArray[np.intp], ...]:
    """Split into earlier and later parts, the earliest first.

    Parameters
    ----------
    times : numpy.ndarray
        When each example happened, shape ``(examples,)``, in any unit and order.
    fractions : sequence of float
        Size of each part, adding up to 1.

    Returns
    -------
    tuple of numpy.ndarray of int
        Positions of the examples in each part, in order of time. Every example is in exactly
        one part, and each part ends strictly before the next begins: examples of the same
        moment stay together, in the later part, so sizes can differ from `fractions`.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If `times` is not one-dimensional or not finite, `fractions` are not allowed, or a part
        would be empty.

    See Also
    --------
    stratified_split : Parts with the same share of frauds.

    Notes
    -----
    This is the harder and the more honest test for fraud: you train on
    the past and are examined on what comes next.

    Examples
    --------
    >>> time_split(np.array([30.0, 10.0, 20.0, 20.0]), (0.5, 0.5))
    (array([1]), array([2, 3, 0]))
    """
    fractions = _check_fractions(fractions)
    times = check.real_array(times, "times")
    if times.ndim != 1 or not np.isfinite(times).all():
        raise ValueError(f"times must be finite and of shape (examples,), got {times!r:.80}")
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    cuts = [cut for cut in _cuts(len(times), fractions) if cut < len(times)]
    parts = np.split(order, np.searchsorted(ordered, ordered[cuts]))  # to the start of a tie
    if len(parts) < len(fractions) or not all(part.size for part in parts):
        raise ValueError(
            f"times must have enough different values for {len(fractions)} parts of fractions "
            f"{fractions}, got {times!r:.80}"
        )
    return tuple(parts)


def _cuts(count: int, fractions: Sequence[float]) -> list[int]:
    """Return where to cut `count` ordered things, by rounding the exact places."""
    return [round(count * math.fsum(fractions[:end])) for end in range(1, len(fractions))]


def _check_fractions(fractions: Sequence[float]) -> tuple[float, ...]:
    """Return fractions as a tuple of float, or raise."""
    wanted = "two or more numbers above 0 that add up to 1"
    if not isinstance(fractions, Sequence) or not all(map(check.is_real, fractions)):
        raise TypeError(f"fractions must be a tuple of {wanted}, got {fractions!r}")
    adds_up = math.isclose(math.fsum(fractions), 1.0, abs_tol=1e-9)
    if len(fractions) < 2 or not all(part > 0 for part in fractions) or not adds_up:
        raise ValueError(f"fractions must be {wanted}, got {fractions!r}")
    return tuple(float(part) for part in fractions)
