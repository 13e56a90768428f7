"""The PyTorch loop: tensors in memory, shuffled by index, no DataLoader in between."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dropout_lab import _checks as check
from dropout_lab._extras import need
from dropout_lab._torch import seeded
from dropout_lab._types import Floats
from dropout_lab.regularizers import Regularizer
from dropout_lab.training.data import (
    Loss,
    Pair,
    Settings,
    Split,
    check_classes,
    check_data,
    check_inputs,
)
from dropout_lab.training.history import History, run_epochs
from dropout_lab.training.start import initial_weights

if TYPE_CHECKING:
    import torch

__all__ = ["fit_torch", "perceptron_torch", "predict_torch"]


def perceptron_torch(
    sizes: Sequence[int], rate: float, *, input_rate: float = 0.0, seed: int
) -> "torch.nn.Sequential":
    """Return a multilayer perceptron: ReLU, dropout after each hidden layer, logits out.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first: ``[784, 128, 64, 10]`` has two hidden layers.
    rate : float
        Probability of dropping a hidden unit.
    input_rate : float, default 0.0
        Probability of dropping an input; 0 adds no layer.
    seed : int
        Draws the weights. `perceptron_keras` with the same seed starts from the same ones.

    Returns
    -------
    torch.nn.Sequential
        In training mode, float32, on the CPU.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    fit_torch : Trains it.
    dropout_lab.training.perceptron_keras : The same network in Keras.

    Notes
    -----
    Weights are Glorot uniform and biases zero, Keras's defaults. (Left
    to itself `torch.nn.Linear` draws both from ``U(-b, b)``, ``b = 1 / sqrt(inputs)``.) The
    global random state of PyTorch is not touched.

    References
    ----------
    Glorot and Bengio (2010), AISTATS.
    """
    need("torch")
    import torch

    weights = initial_weights(sizes, rate, input_rate, seed)
    # PyTorch takes Python's numbers alone.
    rate, input_rate = float(rate), float(input_rate)
    layers = [torch.nn.Dropout(input_rate)] if input_rate > 0 else []
    for number, weight in enumerate(weights):
        # skip_init: the layer's own draw would advance the global generator for nothing.
        layer = torch.nn.utils.skip_init(torch.nn.Linear, *weight.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T))
            layer.bias.zero_()
        layers.append(layer)
        if number < len(weights) - 1:
            layers += [torch.nn.ReLU(), torch.nn.Dropout(rate)]
    return torch.nn.Sequential(*layers)


def fit_torch(
    model: "torch.nn.Module",
    train: Pair,
    validation: Pair,
    *,
    epochs: int,
    seed: int,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    loss: Loss = "cross_entropy",
    patience: int | None = None,
    device: "str | torch.device | None" = None,
    progress: bool | None = None,
    threads: int = 1,
    regularizer: Regularizer | None = None,
    decay: bool = False,
) -> History:
    """Train a PyTorch model with Adam, and return the history.

    Parameters
    ----------
    model : torch.nn.Module
        Returns logits: ``(n, classes)``, or ``(n,)`` or ``(n, 1)`` for binary labels. Changed
        in place, and left in evaluation mode on the device it was trained on. Lazy layers get
        their weights here, drawn from `seed`.
    train, validation : tuple (x, labels)
        NumPy arrays or tensors: inputs of shape ``(n, ...)`` and a floating dtype, integer
        labels of shape ``(n,)``; binary labels may be boolean or floating too. Inputs take the
        dtype of the model's weights. The validation labels must hold at least two classes.
    epochs : int
        Number of passes over the training data, at least 1.
    seed : int
        Fixes the order of the examples and the dropout masks.
    batch_size : int, default 32
        Examples per step; the last batch of an epoch may be smaller. Batch normalization cannot
        train on one example that gives it one value per channel; a `batch_size` that leaves one
        over is then refused by PyTorch. (Keras takes the value for its own mean.)
    learning_rate : float, default 1e-3
        Of Adam; its other settings are the published ones.
    loss : {"cross_entropy", "binary_cross_entropy"}, default "cross_entropy"
        Both take logits.
    patience : int, optional
        Stop after this many epochs in a row without a new lowest validation loss, and go back
        to the weights of the best epoch, whether or not it came to a stop. By default all
        epochs are run, and the last weights stay.
    device : str or torch.device, optional
        By default CUDA when there, the CPU otherwise.
    progress : bool, optional
        Show a progress bar over epochs. By default yes, but not when publishing
        (``EXPLORE_PUBLISH=1``).
    threads : int, default 1
        CPU threads of PyTorch's operators meanwhile. More of them pay for wide layers and large
        batches on idle cores only: they wait for each other thousands of times a second, and on
        a busy machine that can slow a small network down ten times and more.
    regularizer : dropout_lab.regularizers.Regularizer, optional
        Penalties and a limit to the weights. The losses in the history are without penalties.
    decay : bool, default False
        Let the learning rate fall by the same amount at every step, from `learning_rate` to
        almost 0 at the last. The last weights are then less of an accident.

    Returns
    -------
    History
        Losses, metrics, time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.
    RuntimeError
        Of PyTorch, if it has no such `device`, or the model does not take such inputs.
    FloatingPointError
        If a loss turns NaN or infinite. The model is then of no more use.

    See Also
    --------
    predict_torch : Asks the trained model.
    dropout_lab.training.fit_keras : The same loop in Keras.

    Notes
    -----
    On one machine, on the CPU, the same seed gives the same bytes. The
    global random state of PyTorch is as before when the function returns.

    References
    ----------
    Kingma and Ba (2015), ICLR: Adam.
    """
    need("torch")
    import torch

    _check_module(model)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise ValueError("model has no weights to train: none that requires a gradient")
    settings = Settings(epochs, seed, batch_size, learning_rate, loss, patience, progress)
    threads = check.count(threads, "threads")
    if regularizer is not None and not isinstance(regularizer, Regularizer):
        raise TypeError(f"regularizer must be a Regularizer or None, got {regularizer!r:.60}")
    decay = check.flag(decay, "decay")
    learned, held_out = check_data(train, validation, loss)
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    threads_before = torch.get_num_threads()
    with seeded(settings.seed, device):
        model.to(device)
        try:
            torch.set_num_threads(threads)
            # Lazy layers get their weights here.
            shape = _predict(model, _tensor(held_out.x[:1], _like(model).dtype)).shape
            check_classes(shape, loss, (learned, held_out))
            twin = _TorchTwin(model, learned, held_out, settings, device, regularizer, decay)
            return run_epochs(twin, learned, held_out, settings, device=str(device))
        finally:
            model.eval()
            torch.set_num_threads(threads_before)


def predict_torch(model: "torch.nn.Module", x: ArrayLike, batch_size: int = 4096) -> Floats:
    """Return the logits of a PyTorch model in evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        On any device. Each of its modules is in the mode it was in when the function returns.
    x : numpy.ndarray or torch.Tensor
        Inputs, shape ``(n, ...)``, floating point, on any device.
    batch_size : int, default 4096
        Examples per pass; bounds the memory.

    Returns
    -------
    numpy.ndarray
        Logits, in the shape and dtype the model gives; float32 for a dtype that NumPy lacks,
        such as bfloat16.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.
    RuntimeError
        Of PyTorch, if the model does not take such inputs.

    See Also
    --------
    dropout_lab.uncertainty.mc_passes : Many passes with dropout on.
    """
    need("torch")
    _check_module(model)
    batch_size = check.count(batch_size, "batch_size")
    x = check_inputs(x, "x")
    if not x.ndim:
        raise ValueError(f"x must have shape (n, ...), got {x.shape}")
    return _predict(model, _tensor(x, _like(model).dtype), batch_size)


def _check_module(model: object) -> None:
    """Raise TypeError unless a model is one of PyTorch."""
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")


def _predict(model: "torch.nn.Module", x: "torch.Tensor", batch_size: int = 4096) -> Floats:
    """Return the logits for a tensor on the CPU, of the model's dtype, as an array."""
    import torch

    device = _like(model).device
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():  # not inference_mode: lazy layers may get their weights here
            parts = [model(part.to(device)) for part in x.split(min(batch_size, max(len(x), 1)))]
    finally:
        for module in training:
            module.training = True
    for part in parts:
        if not isinstance(part, torch.Tensor):
            raise TypeError(f"model must return one tensor of logits, got {type(part).__name__}")
    logits = torch.cat(parts).cpu()
    return (logits.float() if logits.dtype == torch.bfloat16 else logits).numpy()


def _like(model: "torch.nn.Module") -> "torch.Tensor":
    """Return a tensor of the dtype and on the device of a model."""
    import torch

    return next(model.parameters(), torch.empty(0))


class _TorchTwin:
    """PyTorch's part of `run_epochs`."""

    def __init__(
        self,
        model: "torch.nn.Module",
        train: Split,
        validation: Split,
        settings: Settings,
        device: "torch.device",
        regularizer: Regularizer | None,
        decay: bool,
    ) -> None:
        import torch
        from torch.nn import functional

        like = _like(model)
        binary = settings.loss == "binary_cross_entropy"
        self._model, self._device = model, device
        self._size = min(settings.batch_size, len(train.x))
        self._x = _tensor(train.x, like.dtype).to(device)
        self._labels = torch.from_numpy(train.labels).to(device, like.dtype if binary else None)
        self._validation = _tensor(validation.x, like.dtype)
        self._binary = binary
        name = "binary_cross_entropy_with_logits" if binary else "cross_entropy"
        self._loss = getattr(functional, name)
        steps = settings.epochs * -(-len(train.x) // settings.batch_size)
        left = np.arange(steps, 0, -1) / steps if decay else np.ones(steps)
        self._step = _adam(model, iter((settings.learning_rate * left).tolist()), regularizer)

    def train_epoch(self, order: NDArray[np.int64]) -> float:
        import torch

        self._model.train()
        losses = []
        batches = torch.from_numpy(order).to(self._device).split(self._size)
        for rows in batches:
            logits = self._model(self._x.index_select(0, rows))
            if self._binary:
                logits = logits.view(-1)
            loss = self._loss(logits, self._labels.index_select(0, rows))
            loss.backward()
            self._step()
            losses.append(loss.detach())  # read once an epoch: .item() would wait at every step
        losses = torch.stack(losses).cpu().double().numpy()
        return float(losses @ [len(rows) for rows in batches] / len(order))

    def logits(self) -> Floats:
        logits = _predict(self._model, self._validation)
        return logits.reshape(-1) if self._binary else logits

    def weights(self) -> "dict[str, torch.Tensor]":
        return {name: value.clone() for name, value in self._model.state_dict().items()}

    def set_weights(self, weights: "dict[str, torch.Tensor]") -> None:
        self._model.load_state_dict(weights)


def _adam(
    model: "torch.nn.Module", learning_rates: Iterator[float], regularizer: Regularizer | None
) -> Callable[[], None]:
    """Return a function that takes one step of Adam and clears the gradients.

    Each step takes its learning rate from the iterator. What the `Regularizer` asks for, if there
    is one, is done before and after the step.

    It calls the kernel under `torch.optim.Adam`, whose bookkeeping takes a small network about
    as long as the update itself.
    """
    import torch
    from torch.optim.adam import adam

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    zeros = torch.zeros_like
    moments = {w: (zeros(w), zeros(w), torch.zeros((), device=w.device)) for w in weights}
    model.zero_grad()

    def step() -> None:
        used = [weight for weight in weights if weight.grad is not None]
        means, squares, counts = zip(*(moments[weight] for weight in used), strict=True)
        if regularizer is not None:
            regularizer.add_gradients(used)
        with torch.no_grad():
            adam(
                used,
                [weight.grad for weight in used],
                list(means),
                list(squares),
                [],
                list(counts),
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=next(learning_rates),
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )
        if regularizer is not None:
            regularizer.project(used)
        for weight in used:
            weight.grad = None

    return step


def _tensor(x: Floats, dtype: "torch.dtype") -> "torch.Tensor":
    """Return `x` as a tensor, sharing memory where it can."""
    import torch

    with warnings.catch_warnings():
        # Arrays from a loader's cache are read-only, and stay unchanged: the loop only reads.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.as_tensor(x).to(dtype)
