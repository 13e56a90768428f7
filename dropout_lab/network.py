"""A multilayer perceptron with dropout and back-propagation in NumPy, to be read in one sitting."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Floats, Labels, Mask, Numbers
from dropout_lab.conventions import Convention, convention_named
from dropout_lab.layer import sample_mask

__all__ = ["MLP", "cross_entropy", "evaluate", "softmax"]


class Gradients(NamedTuple):
    """A loss and its gradient with respect to every weight and bias of an `MLP`."""

    loss: float
    weights: list[Doubles]
    biases: list[Doubles]


class Scores(NamedTuple):
    """How well, and how surely, a network classifies: means over examples."""

    accuracy: float
    confidence: float
    cross_entropy: float


class MLP:
    """ReLU hidden layers, dropout after each of them, class scores at the end.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first and classes last: ``[64, 100, 100, 10]`` has two hidden
        layers.
    rng : numpy.random.Generator
        Draws the initial weights, normal with variance ``2 / inputs`` (He et al., 2015).
    rate : float or sequence of float, default 0.0
        Probability of dropping, one for all hidden layers or one for each.
    convention : Convention or str, default "inverted"
        Where the scale factor goes, see `dropout_lab.conventions`.

    Attributes
    ----------
    weights, biases : list of numpy.ndarray of float64
        One of each per layer, shapes ``(inputs, outputs)`` and ``(outputs,)``. Yours to change.
    rates : list of float
        One rate per hidden layer. Yours to change.
    convention : Convention
        What `forward`, `gradients` and `fit` follow unless told otherwise.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    Examples
    --------
    >>> net = MLP([2, 3, 2], np.random.default_rng(0), rate=0.5)
    >>> x = np.array([[1.0, -1.0]])
    >>> net.forward(x).shape
    (1, 2)
    >>> masks = [np.array([True, False, True])]
    >>> bool(np.allclose(net.forward(x, masks), net.forward(x)))
    False
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rng: np.random.Generator,
        *,
        rate: float | Sequence[float] = 0.0,
        convention: Convention | str = "inverted",
    ) -> None:
        sizes = check.counts(sizes, "sizes")
        if len(sizes) < 2:
            raise ValueError(f"sizes must list at least inputs and classes, got {sizes!r}")
        check.rng(rng)
        hidden = len(sizes) - 2
        each = list(rate) if isinstance(rate, Sequence) else [rate] * hidden
        if len(each) != hidden:
            raise ValueError(f"rate must be one number or {hidden} of them, got {rate!r}")
        self.rates = [check.rate(value) for value in each]
        self.convention = convention_named(convention)
        shapes = list(itertools.pairwise(sizes))
        self.weights = [rng.normal(0.0, math.sqrt(2 / shape[0]), shape) for shape in shapes]
        self.biases = [np.zeros(shape[1]) for shape in shapes]

    def __repr__(self) -> str:
        """Return how the network is built."""
        sizes = [len(self.weights[0]), *(bias.size for bias in self.biases)]
        return f"MLP({sizes}, rate={self.rates}, convention={self.convention.name!r})"

    def sample_masks(self, batch: int, rng: np.random.Generator) -> list[Mask]:
        """Draw one mask per hidden layer.

        Parameters
        ----------
        batch : int
            Number of examples; each gets its own units dropped.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        list of numpy.ndarray of bool
            Shapes ``(batch, units)``, True where a unit is kept.

        Raises
        ------
        TypeError, ValueError
            If an argument is not allowed; the message names it.
        """
        batch = check.count(batch, "batch", minimum=0)
        layers = zip(self.biases[:-1], self.rates, strict=True)
        return [sample_mask((batch, bias.size), rate, rng) for bias, rate in layers]

    def forward(
        self,
        x: Numbers,
        masks: Sequence[Mask] | None = None,
        *,
        convention: Convention | str | None = None,
    ) -> Doubles:
        """Return the class scores (logits) of a batch.

        Parameters
        ----------
        x : numpy.ndarray
            Inputs, shape ``(batch, inputs)``.
        masks : list of numpy.ndarray of bool, optional
            One per hidden layer, each broadcasting to ``(batch, units)``: a training pass.
            None: an inference pass, all units at work.
        convention : Convention or str, optional
            Follow another convention than the network's own in this pass.

        Returns
        -------
        numpy.ndarray of float64
            Logits, shape ``(batch, classes)``; `softmax` makes probabilities of them.

        Raises
        ------
        TypeError, ValueError
            If an argument is not allowed; the message names it.
        """
        return self._pass(x, masks, self._convention(convention))[0]

    def gradients(
        self,
        x: Numbers,
        labels: Labels,
        masks: Sequence[Mask] | None = None,
        *,
        convention: Convention | str | None = None,
    ) -> Gradients:
        """Return the mean cross-entropy of a batch and its gradient, by back-propagation.

        Parameters
        ----------
        x : numpy.ndarray
            Inputs, shape ``(batch, inputs)``.
        labels : numpy.ndarray of int
            Class of each example, shape ``(batch,)``.
        masks : list of numpy.ndarray of bool, optional
            As in `forward`; None is the gradient of the inference pass.
        convention : Convention or str, optional
            Follow another convention than the network's own in this pass.

        Returns
        -------
        Gradients
            A named tuple: the `loss` in nats, and the lists `weights` and `biases` of arrays
            shaped like the network's own.

        Raises
        ------
        TypeError, ValueError
            If an argument is not allowed; the message names it.
        """
        convention = self._convention(convention)
        logits, inputs, hidden = self._pass(x, masks, convention)
        labels = check.labels(labels, *logits.shape)
        rows = np.arange(len(labels))
        grad: Floats = softmax(logits)
        grad[rows, labels] -= 1.0  # softmax and cross-entropy together: probability minus truth
        grad /= len(labels)
        by_weight: list[Doubles] = []
        by_bias: list[Doubles] = []
        for layer in reversed(range(len(self.weights))):
            by_weight.insert(0, inputs[layer].T @ grad)
            by_bias.insert(0, grad.sum(axis=0))
            if layer > 0:
                grad = grad @ self.weights[layer].T
                rate = self.rates[layer - 1]
                if masks is None:
                    grad = convention.apply_inference(grad, rate)  # linear, so its own gradient
                else:
                    grad = convention.apply_backward(grad, masks[layer - 1], rate)
                grad = grad * (hidden[layer - 1] > 0)
        return Gradients(cross_entropy(logits, labels), by_weight, by_bias)

    def fit(
        self,
        x: Numbers,
        labels: Labels,
        rng: np.random.Generator,
        *,
        epochs: int,
        batch_size: int = 100,
        learning_rate: float = 0.005,
        optimizer: Literal["adam", "sgd"] = "adam",
    ) -> Doubles:
        """Train on shuffled batches with fresh masks, and return the loss of each epoch.

        Parameters
        ----------
        x : numpy.ndarray
            Inputs, shape ``(examples, inputs)``.
        labels : numpy.ndarray of int
            Class of each example, shape ``(examples,)``.
        rng : numpy.random.Generator
            Draws order and masks.
        epochs : int
            Number of passes over the data, at least 1.
        batch_size : int, default 100
            Examples per step, at least 1; the last batch may be smaller.
        learning_rate : float, default 0.005
            Step size, greater than 0.
        optimizer : {"adam", "sgd"}, default "adam"
            Adam with its published settings, or gradient descent with momentum 0.9.

        Returns
        -------
        numpy.ndarray of float64
            Mean training loss of each epoch in nats, with dropout on, shape ``(epochs,)``.

        Raises
        ------
        TypeError, ValueError
            If an argument is not allowed; the message names it.
        """
        epochs, size = check.count(epochs, "epochs"), check.count(batch_size, "batch_size")
        x = check_inputs(self, x)
        labels = check.labels(labels, len(x), len(self.biases[-1]))
        learning_rate = check.number(learning_rate, "learning_rate", positive=True)
        check.choice(optimizer, "optimizer", _OPTIMIZERS)
        check.rng(rng)
        step = _OPTIMIZERS[optimizer](self.weights + self.biases, learning_rate)
        losses = np.zeros(epochs)
        for epoch in range(epochs):
            order = rng.permutation(len(x))
            for batch in (order[start : start + size] for start in range(0, len(x), size)):
                masks = self.sample_masks(len(batch), rng)
                found = self.gradients(x[batch], labels[batch], masks)
                step(found.weights + found.biases)
                losses[epoch] += found.loss * len(batch) / len(x)
        return losses

    def _convention(self, given: Convention | str | None) -> Convention:
        """Return the convention that is given, by its name or itself, or else the network's."""
        return convention_named(self.convention if given is None else given)

    def _pass(
        self, x: Numbers, masks: Sequence[Mask] | None, convention: Convention
    ) -> tuple[Doubles, list[Floats], list[Doubles]]:
        """Return logits, the input of each layer, and the hidden activations before dropout."""
        x = check_inputs(self, x)
        if masks is not None:
            check_masks(self, masks)
        inputs: list[Floats] = [x]
        hidden: list[Doubles] = []
        for layer, rate in enumerate(self.rates):
            hidden.append(np.maximum(inputs[-1] @ self.weights[layer] + self.biases[layer], 0.0))
            if masks is None:
                inputs.append(convention.apply_inference(hidden[-1], rate))
            else:
                inputs.append(convention.apply_training(hidden[-1], masks[layer], rate))
        return inputs[-1] @ self.weights[-1] + self.biases[-1], inputs, hidden


def softmax(logits: Numbers) -> Doubles:
    """Return class probabilities.

    Parameters
    ----------
    logits : numpy.ndarray
        Class scores, shape ``(..., classes)``, at least one class. NaN and infinity give NaN,
        minus infinity a probability of 0.

    Returns
    -------
    numpy.ndarray of float64
        Same shape; positive or zero, and 1 in sum along the last axis.

    Raises
    ------
    TypeError
        If `logits` is not a numeric array.
    ValueError
        If it has no axis, or no class.

    See Also
    --------
    cross_entropy : The loss on top of it.

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return np.exp(_log_softmax(logits))


def cross_entropy(logits: Numbers, labels: Labels) -> float:
    """Return the mean of minus the log-probability of the right class.

    Parameters
    ----------
    logits : numpy.ndarray
        Class scores, shape ``(examples, classes)``, at least one example.
    labels : numpy.ndarray of int
        Right class of each example, shape ``(examples,)``.

    Returns
    -------
    float
        In nats: 0 is perfect, ``log(classes)`` is a uniform guess, and a sure mistake costs
        without limit.

    Raises
    ------
    TypeError, ValueError
        If `logits` is not such an array, or `labels` does not hold one class per row of it.

    See Also
    --------
    softmax : The probabilities that it judges.

    Examples
    --------
    >>> round(cross_entropy(np.zeros((1, 10)), np.array([3])), 4)
    2.3026
    """
    logits = check.numbers(logits, "logits", "examples, classes")
    labels = check.labels(labels, *logits.shape)
    return float(-_log_softmax(logits)[np.arange(len(labels)), labels].mean())


def evaluate(
    net: MLP,
    x: Numbers,
    labels: Labels,
    masks: Sequence[Mask] | None = None,
    *,
    convention: Convention | str | None = None,
) -> Scores:
    """Return accuracy, mean confidence and cross-entropy of a network.

    Parameters
    ----------
    net : MLP
        The network.
    x : numpy.ndarray
        Inputs, shape ``(examples, inputs)``, at least one example.
    labels : numpy.ndarray of int
        Class of each example, shape ``(examples,)``.
    masks : list of numpy.ndarray of bool, optional
        As in `MLP.forward`; by default an inference pass.
    convention : Convention or str, optional
        Follow another convention than the network's own.

    Returns
    -------
    Scores
        A named tuple: `accuracy`, the fraction classified right, `confidence`, the mean
        probability of the chosen class, and the mean `cross_entropy` in nats.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    MLP : The network that it asks.

    Examples
    --------
    >>> net = MLP([1, 2], np.random.default_rng(0))
    >>> evaluate(net, np.zeros((4, 1)), np.array([0, 0, 0, 1]))
    Scores(accuracy=0.75, confidence=0.5, cross_entropy=0.6931471805599453)
    """
    logits = check_net(net).forward(x, masks, convention=convention)
    labels = check.labels(labels, *logits.shape)
    return Scores(
        float((logits.argmax(axis=1) == labels).mean()),
        float(softmax(logits).max(axis=1).mean()),
        cross_entropy(logits, labels),
    )


def _log_softmax(logits: Numbers) -> Doubles:
    """Return log-probabilities without overflow."""
    logits = check.numbers(logits, "logits", "..., classes")
    if not logits.shape[-1]:
        raise ValueError(f"logits must have at least one class, got shape {logits.shape}")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def check_net(net: object) -> MLP:
    """Return `net`, or raise TypeError unless it is an `MLP`."""
    if not isinstance(net, MLP):
        raise TypeError(f"net must be a dropout_lab.network.MLP, got {type(net).__name__}")
    return net


def check_inputs(net: MLP, x: Numbers) -> Doubles:
    """Return a batch of inputs to a network as float64, or raise."""
    return check.numbers(x, "x", f"batch, {len(check_net(net).weights[0])}")


def check_masks(net: MLP, masks: Sequence[Mask]) -> None:
    """Raise unless there is a boolean array for each hidden layer of a network."""
    if not isinstance(masks, (list, tuple, np.ndarray)) or not np.iterable(masks):
        raise TypeError(f"masks must be a list of arrays, got {masks!r:.80}")
    if len(masks) != len(net.rates):
        raise ValueError(f"masks must hold {len(net.rates)} masks, got {len(masks)}")
    for mask in masks:
        check.mask(mask, "every entry of masks")


_Step = Callable[[list[Doubles]], None]


def _sgd(parameters: list[Doubles], learning_rate: float, momentum: float = 0.9) -> _Step:
    """Return a function that takes one step of gradient descent with momentum, in place."""
    speeds = [np.zeros_like(values) for values in parameters]

    def step(gradients: list[Doubles]) -> None:
        for values, speed, gradient in zip(parameters, speeds, gradients, strict=True):
            speed *= momentum
            speed -= learning_rate * gradient
            values += speed

    return step


def _adam(
    parameters: list[Doubles],
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> _Step:
    """Return a function that takes one step of Adam (Kingma and Ba, 2015), in place."""
    means = [np.zeros_like(values) for values in parameters]
    squares = [np.zeros_like(values) for values in parameters]
    count = 0

    def step(gradients: list[Doubles]) -> None:
        nonlocal count
        count += 1
        moments = zip(parameters, means, squares, gradients, strict=True)
        for values, mean, square, gradient in moments:
            mean += (1 - beta1) * (gradient - mean)
            square += (1 - beta2) * (gradient**2 - square)
            size = np.sqrt(square / (1 - beta2**count)) + epsilon
            values -= learning_rate / (1 - beta1**count) * mean / size

    return step


_OPTIMIZERS: dict[str, Callable[[list[Doubles], float], _Step]] = {"adam": _adam, "sgd": _sgd}
