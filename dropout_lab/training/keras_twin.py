"""The Keras twin of the PyTorch loop."""

import contextlib
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dropout_lab._extras import need
from dropout_lab._torch import seeded
from dropout_lab._types import Floats
from dropout_lab.training.data import Loss, Pair, Settings, Split, check_classes, check_data
from dropout_lab.training.history import History, run_epochs
from dropout_lab.training.start import initial_weights

if TYPE_CHECKING:
    import keras

__all__ = ["fit_keras", "perceptron_keras"]


def perceptron_keras(
    sizes: Sequence[int], rate: float, *, input_rate: float = 0.0, seed: int
) -> "keras.Sequential":
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
        Draws the weights. `dropout_lab.training.perceptron_torch` with the same seed starts
        from the same ones. The dropout layers are seeded from it too, until `fit_keras` does.

    Returns
    -------
    keras.Sequential
        Built, not compiled.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    fit_keras : Trains it.
    dropout_lab.training.perceptron_torch : The same network in PyTorch.

    Notes
    -----
    Weights are Glorot uniform and biases zero, Keras's own defaults. No
    global random state is touched.

    References
    ----------
    Glorot and Bengio (2010), AISTATS.
    """
    need("keras")
    import keras

    weights = initial_weights(sizes, rate, input_rate, seed)
    # Keras takes Python's numbers alone.
    rate, input_rate, seed = float(rate), float(input_rate), int(seed)
    layers = [keras.Input((len(weights[0]),))]
    if input_rate > 0:
        layers.append(keras.layers.Dropout(input_rate, seed=seed))
    # Zeros for the moment: Keras's own draw would advance Python's global generator for nothing.
    dense = functools.partial(keras.layers.Dense, kernel_initializer="zeros")
    for number, weight in enumerate(weights[:-1], 1):
        layers.append(dense(weight.shape[1], activation="relu"))
        layers.append(keras.layers.Dropout(rate, seed=(seed + number) % 2**63))
    model = keras.Sequential([*layers, dense(weights[-1].shape[1])])
    model.set_weights([array for w in weights for array in (w, np.zeros(w.shape[1]))])
    return model


def fit_keras(
    model: "keras.Model",
    train: Pair,
    validation: Pair,
    *,
    epochs: int,
    seed: int,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    loss: Loss = "cross_entropy",
    patience: int | None = None,
    progress: bool | None = None,
) -> History:
    """Train a Keras model with Adam, and return the history.

    Parameters
    ----------
    model : keras.Model
        Built; returns logits: ``(n, classes)``, or ``(n,)`` or ``(n, 1)`` for binary labels.
        Changed in place, and compiled anew.
    train, validation : tuple (x, labels)
        NumPy arrays or tensors: inputs of shape ``(n, ...)`` and a floating dtype, integer
        labels of shape ``(n,)``; binary labels may be boolean or floating too. The validation
        labels must hold at least two classes.
    epochs, seed, batch_size, learning_rate, loss, patience, progress
        As in `dropout_lab.training.fit_torch`. The same seed shuffles alike in both; the masks
        differ, because the generators do.

    Returns
    -------
    History
        Losses, metrics, time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.
    FloatingPointError
        If a loss turns NaN or infinite. The model is then of no more use.

    See Also
    --------
    dropout_lab.training.fit_torch : The same loop in PyTorch.

    Notes
    -----
    Keras keeps a random state in each dropout layer; all of them are set
    from `seed`. Therefore ``keras.utils.set_random_seed`` is not needed, no global random state
    is touched, and on one machine, on the CPU, the same seed gives the same bytes.

    With TensorFlow behind Keras, fifty steps are run between two visits to Python, which halves
    the time of a small network; with PyTorch behind it, one. Compiling with XLA
    (``jit_compile=True``) makes it slower on a CPU.
    """
    need("keras")
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a keras.Model, got {type(model).__name__}")
    settings = Settings(epochs, seed, batch_size, learning_rate, loss, patience, progress)
    learned, held_out = check_data(train, validation, loss)
    if not model.built:
        raise ValueError(
            "model must be built, or its weights would not depend on a seed of yours; call it "
            f"once, or begin it with keras.Input({learned.x.shape[1:]})"
        )
    if not model.trainable_weights:
        raise ValueError("model has no weights to train")
    logits = model(held_out.x[:1], training=False)
    if not keras.ops.is_tensor(logits):
        raise TypeError(f"model must return one tensor of logits, got {type(logits).__name__}")
    check_classes(logits.shape, loss, (learned, held_out))
    twin = _KerasTwin(model, learned, held_out, settings)
    with contextlib.ExitStack() as stack:
        if keras.backend.backend() == "torch":  # layers without a seed draw from its generator
            from torch import device

            stack.enter_context(seeded(settings.seed, device(twin.device)))
        return run_epochs(twin, learned, held_out, settings, device=twin.device)


class _KerasTwin:
    """Keras's part of `run_epochs`."""

    def __init__(
        self, model: "keras.Model", train: Split, validation: Split, settings: Settings
    ) -> None:
        import keras

        self._model, self._train, self._validation = model, train, validation
        self._size = settings.batch_size
        self._binary = settings.loss == "binary_cross_entropy"
        losses = keras.losses
        make = losses.BinaryCrossentropy if self._binary else losses.SparseCategoricalCrossentropy
        steps = -(-len(train.labels) // self._size)
        model.compile(
            keras.optimizers.Adam(settings.learning_rate, epsilon=1e-8),
            make(from_logits=True),
            # Return to Python once in 50 steps; the steps themselves are the same. PyTorch cannot.
            steps_per_execution=1 if keras.backend.backend() == "torch" else min(50, steps),
        )
        states = [v for v in model.variables if v.path.endswith("seed_generator_state")]
        seeds = np.random.SeedSequence(settings.seed).generate_state(2 * len(states), np.uint32)
        for state, words in zip(states, seeds.reshape(-1, 2), strict=True):
            state.assign(words)
        # "cpu:0" of TensorFlow's "/job:localhost/replica:0/task:0/device:CPU:0"
        self.device = str(model.weights[0].value.device).rpartition("device:")[2].lower()

    def train_epoch(self, order: NDArray[np.int64]) -> float:
        x, labels = self._train.x[order], self._train.labels[order]
        found = self._model.fit(x, labels, batch_size=self._size, shuffle=False, verbose=0)
        return found.history["loss"][0]

    def logits(self) -> Floats:
        from keras.ops import convert_to_numpy

        # Called, not model.predict(): that would build one more graph before the first batch.
        parts = np.array_split(self._validation.x, -(-len(self._validation.x) // 4096))
        logits = np.concatenate([convert_to_numpy(self._model(x, training=False)) for x in parts])
        return logits.reshape(-1) if self._binary else logits

    def weights(self) -> Any:
        return self._model.get_weights()

    def set_weights(self, weights: Any) -> None:
        self._model.set_weights(weights)
