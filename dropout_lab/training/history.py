"""What a training returns, and the part of the loop that PyTorch and Keras share."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dropout_lab._types import Doubles, Floats
from dropout_lab.explorer.publishing import publishing
from dropout_lab.network import cross_entropy
from dropout_lab.training.data import Settings, Split

__all__ = ["History"]


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so no == of two histories
class History:
    """What happened in a training: one entry per epoch that was run.

    Attributes
    ----------
    train_loss : numpy.ndarray of float64
        Mean loss over the examples of each epoch in nats, shape ``(epochs,)``: with dropout on,
        and gathered while the weights move. It can therefore lie above `validation_loss`.
    validation_loss : numpy.ndarray of float64
        Loss on the validation data after each epoch in nats, in evaluation mode.
    metrics : dict of str to numpy.ndarray of float64
        Validation scores after each epoch: ``"accuracy"`` always, and for binary labels
        ``"average_precision"``, the area under the precision-recall curve.
    seconds : float
        Wall time of all epochs, validation included; in Keras with the tracing of its graph.
    seed : int
        The seed of order and masks.
    device : str
        Where it was trained, as the framework calls it: ``"cpu"``, ``"cuda"``, ``"gpu:0"``.
    best_epoch : int
        Index of the lowest validation loss, the first epoch being 0. With `patience` the model
        was left as it was after this epoch; without, as after the last.
    """

    train_loss: Doubles
    validation_loss: Doubles
    metrics: dict[str, Doubles]
    seconds: float
    seed: int
    device: str
    best_epoch: int


def scores(logits: Floats, labels: NDArray[np.int64], loss: str) -> tuple[float, dict[str, float]]:
    """Return the mean loss of a set of logits in nats, and a dict of their metrics as in `History`.

    Beside a loss of NaN, where a logit is not finite, there are none.
    """
    if not np.isfinite(logits).all():  # of a ruined network: arithmetic would only warn
        return math.nan, {}
    logits = logits.astype(np.float64)
    if loss == "cross_entropy":
        value = cross_entropy(logits, labels)
        return value, {"accuracy": float((logits.argmax(axis=1) == labels).mean())}
    from sklearn.metrics import average_precision_score  # slow to import, and not always needed

    value = float(np.mean(np.logaddexp(0.0, logits) - labels * logits))
    return value, {
        "accuracy": float(((logits > 0) == labels).mean()),
        "average_precision": float(average_precision_score(labels, logits)),
    }


class Twin(Protocol):
    """A framework's part of a training."""

    def train_epoch(self, order: NDArray[np.int64]) -> float: ...

    def logits(self) -> Floats: ...

    def weights(self) -> Any: ...

    def set_weights(self, weights: Any) -> None: ...


def run_epochs(
    twin: Twin, train: Split, validation: Split, settings: Settings, *, device: str
) -> History:
    """Train epoch by epoch, keep the books, stop early if asked to, and return the `History`.

    `twin` is the framework's part: ``train_epoch(order)`` returns the mean loss of an epoch,
    ``logits()`` those of the validation data; ``weights()`` copies all weights and
    ``set_weights(weights)`` puts them back. A loss that is not finite raises FloatingPointError.
    """
    order_rng = np.random.default_rng(settings.seed)  # the same order in both frameworks
    train_losses, validation_losses, metrics = [], [], []
    best, best_weights = 0, None
    start = time.perf_counter()
    with _bar(settings) as bar:
        for epoch in range(settings.epochs):
            train_losses.append(twin.train_epoch(order_rng.permutation(len(train.labels))))
            _check_finite(train_losses[-1], "training", epoch, [train])
            value, found = scores(twin.logits(), validation.labels, settings.loss)
            _check_finite(value, "validation", epoch, [validation, train])
            validation_losses.append(value)
            metrics.append(found)
            bar.set_postfix(loss=f"{value:.3f}", accuracy=f"{found['accuracy']:.3f}")
            bar.update()
            if value < validation_losses[best] or epoch == 0:
                best = epoch
                best_weights = None if settings.patience is None else twin.weights()
            elif settings.patience is not None and epoch - best >= settings.patience:
                break
    if best_weights is not None and best != epoch:
        twin.set_weights(best_weights)
    return History(
        train_loss=np.array(train_losses),
        validation_loss=np.array(validation_losses),
        metrics={name: np.array([each[name] for each in metrics]) for name in metrics[0]},
        seconds=time.perf_counter() - start,
        seed=settings.seed,
        device=device,
        best_epoch=best,
    )


@contextmanager
def _bar(settings: Settings) -> Iterator[Any]:
    """Yield a progress bar over epochs, which is not seen when publishing or not wanted."""
    from tqdm.auto import tqdm  # a widget in a notebook, text in a terminal
    from tqdm.notebook import tqdm_notebook

    wanted = not publishing() if settings.progress is None else settings.progress
    options = {"total": settings.epochs, "desc": "epochs", "leave": False}
    if not wanted or not issubclass(tqdm, tqdm_notebook):
        with tqdm(**options, disable=not wanted) as bar:
            yield bar
        return
    from IPython.display import display

    bar = tqdm(**options, display=False)
    place = display(bar.container, display_id=True)
    try:
        yield bar
    finally:
        bar.close()
        # A saved notebook could not show the widget again, and would say so in red.
        place.update({"text/plain": ""}, raw=True)


def _check_finite(value: float, which: str, epoch: int, splits: Sequence[Split]) -> None:
    """Raise FloatingPointError, with the likely cause, unless a loss is finite."""
    if math.isfinite(value):
        return
    cause = "a smaller learning_rate, or inputs of a smaller scale, usually helps"
    wrong = [split.name for split in splits if not np.isfinite(split.x).all()]
    if wrong:
        cause = f"{wrong[0]} x holds NaN or infinite values"
    raise FloatingPointError(f"the {which} loss turned {value} in epoch {epoch}: {cause}")
