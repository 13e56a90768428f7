"""What both training loops accept: checked data and checked settings."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dropout_lab import _checks as check
from dropout_lab._extras import need
from dropout_lab._types import Floats

LOSSES = ("cross_entropy", "binary_cross_entropy")
Loss = Literal["cross_entropy", "binary_cross_entropy"]
Pair = tuple[ArrayLike, ArrayLike]  # inputs and labels, tensors too


@dataclass(frozen=True)
class Split:
    """Checked inputs and labels: floating-point `x`, int64 `labels` of shape ``(n,)``."""

    name: str
    x: Floats
    labels: NDArray[np.int64]


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

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError if a setting is not allowed; the message names it."""
        counted = ["epochs", "batch_size"] + ["patience"] * (self.patience is not None)
        kept: dict[str, float] = {name: check.count(getattr(self, name), name) for name in counted}
        kept["seed"] = check.seed(self.seed)
        kept["learning_rate"] = check.number(self.learning_rate, "learning_rate", positive=True)
        self.__dict__.update(kept)  # Python's numbers, which PyTorch and Keras ask for
        check.choice(self.loss, "loss", LOSSES)
        need("tqdm", *["sklearn"] * (self.loss == "binary_cross_entropy"))
        if self.progress is not None:
            check.flag(self.progress, "progress")


def check_data(train: Pair, validation: Pair, loss: str) -> tuple[Split, Split]:
    """Return two `Split`, or raise TypeError or ValueError that names which and why.

    Inputs are not copied where both frameworks can read them as they are. Labels must be 0 or 1
    with loss ``"binary_cross_entropy"``, and of two classes at least to validate on.
    """
    learned = _check_split(train, "train", loss)
    held_out = _check_split(validation, "validation", loss)
    if learned.x.shape[1:] != held_out.x.shape[1:]:
        raise ValueError(
            "train x and validation x must agree in all axes but the first, "
            f"got shapes {learned.x.shape} and {held_out.x.shape}"
        )
    if held_out.labels.min() == held_out.labels.max():
        raise ValueError(
            f"validation labels are all {held_out.labels[0]}: whoever always answers that scores "
            "best, so the set must hold at least two classes"
        )
    return learned, held_out


def check_classes(shape: Sequence[int], loss: str, splits: Sequence[Split]) -> None:
    """Raise ValueError unless the shape of a model's output fits the loss and the labels."""
    binary = loss == "binary_cross_entropy"
    if tuple(shape[1:]) not in ((), (1,)) if binary else len(shape) != 2 or shape[1] < 2:
        wanted = "(n,) or (n, 1)" if binary else "(n, classes), at least two classes"
        raise ValueError(
            f"with loss {loss!r} the model must return logits of shape {wanted}, got {tuple(shape)}"
        )
    for split in () if binary else splits:
        if split.labels.max() >= shape[1]:
            raise ValueError(
                f"{split.name} labels must lie between 0 and {shape[1] - 1}, as the model has "
                f"{shape[1]} outputs, got {split.labels.max()}"
            )


def check_inputs(x: ArrayLike, name: str) -> Floats:
    """Return inputs as an array of float32 or float64 in order, or raise TypeError naming them.

    A tensor may require a gradient, and lie on any device.
    """
    x = _as_array(x, name)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{name} must hold floating-point values, got dtype {x.dtype}; "
            "bytes of an image become numbers from 0 to 1 by x / 255"
        )
    # What PyTorch reads; in float32 half precision keeps its values.
    return np.asarray(x, np.float64 if x.dtype.itemsize >= 8 else np.float32, order="C")


def _as_array(values: Any, name: str) -> NDArray[Any]:
    """Return an array or a tensor of any framework as an array."""
    if np.ma.isMaskedArray(values):
        raise TypeError(f"{name} must not be masked: a network would see what the mask hides")
    torch = sys.modules.get("torch")  # whoever has a tensor has imported it
    if torch is not None and isinstance(values, torch.Tensor):
        values = values.detach().cpu()
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} cannot be read as an array: {error}") from error


def _check_split(pair: Pair, name: str, loss: str) -> Split:
    """Return one checked `Split`, or raise naming it."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (x, labels), got {type(pair).__name__}")
    x, labels = check_inputs(pair[0], f"{name} x"), _as_array(pair[1], f"{name} labels")
    if x.ndim < 2 or not len(x) or labels.shape != x.shape[:1]:
        raise ValueError(
            f"{name} must hold inputs of shape (n, ...) and labels of shape (n,), at least one of "
            f"each, got {x.shape} and {labels.shape}"
        )
    binary = loss == "binary_cross_entropy"
    allowed = "the numbers 0 and 1" if binary else "integers from 0, the index of each class"
    if labels.dtype.kind not in ("iubf" if binary else "iu"):
        raise TypeError(f"{name} labels must hold {allowed}, got dtype {labels.dtype}")
    wrong = labels[~np.isin(labels, (0, 1)) if binary else labels < 0]
    if wrong.size:
        raise ValueError(f"{name} labels must hold {allowed}, got {wrong[0]}")
    return Split(name, x, labels.astype(np.int64))
