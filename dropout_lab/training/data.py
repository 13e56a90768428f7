"""What both training loops accept: checked data and checked settings."""

import math
import numbers
from dataclasses import dataclass

import numpy as np

from dropout_lab._checks import check_count

__all__ = ["Settings", "Split", "check_classes", "check_data", "check_floating"]

LOSSES = ("cross_entropy", "binary_cross_entropy")


@dataclass(frozen=True)
class Split:
    """Checked inputs and labels: floating-point `x`, int64 `labels` of shape ``(n,)``."""

    name: str
    x: np.ndarray
    labels: np.ndarray

    def is_finite(self):
        """Say whether all inputs are finite; asked only when a loss is not."""
        return bool(np.isfinite(self.x).all())


@dataclass(frozen=True)
class Settings:
    """Checked arguments of a fit; see `dropout_lab.training.fit_torch` for their meaning."""

    epochs: int
    seed: int
    batch_size: int
    learning_rate: float
    loss: str
    patience: int | None
    progress: bool | None

    def __post_init__(self):
        """Raise TypeError or ValueError if a setting is not allowed; the message names it."""
        check_count(self.epochs, "epochs")
        check_count(self.seed, "seed", minimum=0)
        check_count(self.batch_size, "batch_size")
        if self.patience is not None:
            check_count(self.patience, "patience")
        rate = self.learning_rate
        if isinstance(rate, bool) or not isinstance(rate, numbers.Real):
            raise TypeError(f"learning_rate must be a number, got {rate!r} ({type(rate).__name__})")
        if not 0 < rate < math.inf:
            raise ValueError(f"learning_rate must be finite and greater than 0, got {rate!r}")
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {list(LOSSES)}, got {self.loss!r}")
        if self.progress not in (None, True, False):
            raise TypeError(f"progress must be True, False or None, got {self.progress!r}")


def check_data(train, validation, loss):
    """Return two `Split`, or raise.

    Parameters
    ----------
    train, validation : tuple of two arrays
        Inputs and labels, NumPy arrays or CPU tensors.
    loss : str
        With ``"binary_cross_entropy"`` labels must be 0 or 1.

    Returns
    -------
    train, validation : Split
        The data, without a copy of the inputs.

    Raises
    ------
    TypeError, ValueError
        If the data cannot be trained on, or not judged; the message names which and why.
    """
    train, validation = (
        _check_split(train, "train", loss),
        _check_split(validation, "validation", loss),
    )
    if train.x.shape[1:] != validation.x.shape[1:]:
        raise ValueError(
            "train x and validation x must agree in all axes but the first, "
            f"got shapes {train.x.shape} and {validation.x.shape}"
        )
    if validation.labels.min() == validation.labels.max():
        raise ValueError(
            f"validation labels are all {validation.labels[0]}: whoever always answers that scores "
            "best, so the set must hold at least two classes"
        )
    return train, validation


def check_classes(shape, loss, splits):
    """Raise ValueError unless a model's output fits the loss and the labels.

    Parameters
    ----------
    shape : tuple of int
        Shape of the model's output, batch first.
    loss : str
        Cross-entropy wants ``(n, classes)``, binary cross-entropy ``(n,)`` or ``(n, 1)``.
    splits : sequence of Split
        Their labels must be smaller than the number of classes.
    """
    if loss == "binary_cross_entropy":
        if tuple(shape[1:]) not in ((), (1,)):
            raise ValueError(
                "with loss 'binary_cross_entropy' the model must return one logit per example, "
                f"shape (n,) or (n, 1), got {tuple(shape)}"
            )
        return
    if len(shape) != 2 or shape[1] < 2:
        raise ValueError(
            "with loss 'cross_entropy' the model must return logits of shape (n, classes), at "
            f"least two classes, got {tuple(shape)}"
        )
    for split in splits:
        if split.labels.max() >= shape[1]:
            raise ValueError(
                f"{split.name} labels must lie between 0 and {shape[1] - 1}, as the model has "
                f"{shape[1]} outputs, got {split.labels.max()}"
            )


def check_floating(x, name):
    """Raise TypeError unless an array is floating-point."""
    if x.dtype.kind != "f":
        raise TypeError(
            f"{name} must hold floating-point values, got dtype {x.dtype}; "
            "bytes of an image become numbers from 0 to 1 by x / 255"
        )


def _check_split(pair, name, loss):
    """Return one checked `Split`, or raise naming it."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (x, labels), got {type(pair).__name__}")
    x, labels = np.asarray(pair[0]), np.asarray(pair[1])
    check_floating(x, f"{name} x")
    if x.ndim < 2:
        raise ValueError(f"{name} x must have shape (n, ...), got {x.shape}")
    if labels.ndim != 1:
        raise ValueError(f"{name} labels must have shape (n,), got {labels.shape}")
    if len(x) != len(labels):
        raise ValueError(
            f"{name} must hold as many labels as inputs, got {len(labels)} and {len(x)}"
        )
    if not len(x):
        raise ValueError(f"{name} must hold at least one example, got x of shape {x.shape}")
    binary = loss == "binary_cross_entropy"
    if labels.dtype.kind not in ("iubf" if binary else "iu"):
        allowed = "the numbers 0 and 1" if binary else "integers, the index of each class"
        raise TypeError(f"{name} labels must hold {allowed}, got dtype {labels.dtype}")
    if binary and not np.isin(labels, (0, 1)).all():
        wrong = labels[~np.isin(labels, (0, 1))][0]
        raise ValueError(f"{name} labels must be 0 or 1, got {wrong}")
    if labels.min() < 0:
        raise ValueError(f"{name} labels must not be negative, got {labels.min()}")
    return Split(name, x, labels.astype(np.int64))
