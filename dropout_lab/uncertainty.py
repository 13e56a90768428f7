"""Doubt as a number: passes with dropout on, what their spread says, and whether it is right."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dropout_lab import _checks as check
from dropout_lab._extras import need
from dropout_lab._torch import seeded
from dropout_lab._types import Doubles, Floats, Labels, Numbers, Reduced
from dropout_lab.detection import counts_in_bins
from dropout_lab.network import MLP

if TYPE_CHECKING:
    import torch

__all__ = [
    "decompose",
    "expected_calibration_error",
    "mc_passes",
    "readout_variance",
    "top_label_counts",
]

CONFIDENCE_EDGES = tuple(np.linspace(0, 1, 11).round(1).tolist())
"""Ends of ten bins of confidence, equally wide."""


class Doubt(NamedTuple):
    """What many answers to the same inputs say together, see `decompose`."""

    mean: Doubles
    variance: Doubles
    total: Doubles
    expected: Doubles
    mutual: Doubles


def mc_passes(model: "MLP | torch.nn.Module", x: Numbers, passes: int, *, seed: int) -> Doubles:
    """Return the outputs of many passes through a network with its dropout on.

    Parameters
    ----------
    model : torch.nn.Module or MLP
        A module on the CPU or a CUDA device. What drops in it is switched on: all layers of
        dropout, attention, stacked recurrent layers, and transformer layers, which so leave
        their fused path. Everything else, batch normalization above all, is in evaluation mode.
        Modes and rates are as before when the function returns. An `MLP` draws its own masks.
    x : numpy.ndarray of float
        Inputs, shape ``(n, ...)``. They follow the module to its device and floating dtype.
    passes : int
        Number of passes, at least 1.
    seed : int
        Draws the masks. The global random state of PyTorch is as before when the function
        returns.

    Returns
    -------
    numpy.ndarray of float64
        Outputs as the model gives them, logits of a classifier; shape ``(passes, n, ...)``.

    Raises
    ------
    TypeError
        If `model` is neither of the two or returns no tensor, or `x` is no array of numbers.
    ValueError
        If all passes would be equal and look like certainty: a module has nothing that drops,
        or no mask changes its outputs although a rate lies between 0 and 1. Calls of
        ``torch.nn.functional.dropout`` are no layers and cannot be found.
    RuntimeError
        Of PyTorch, if a module does not take such inputs.

    See Also
    --------
    decompose : What the passes say about doubt.
    dropout_lab.training.predict_torch : One pass with dropout off.

    Notes
    -----
    Every pass draws one mask for each example. Passes may be equal where
    all rates are 0 or 1, and, by chance, where rates are tiny. Where they are equal, as a single
    one always is with itself, further passes at a rate of 1/2 look whether any mask changes the
    outputs: two as a rule, 31 at most.

    References
    ----------
    Gal and Ghahramani (2016), ICML.

    Examples
    --------
    >>> net = MLP([2, 50, 3], np.random.default_rng(0), rate=0.5)
    >>> mc_passes(net, np.ones((4, 2)), 10, seed=0).shape
    (10, 4, 3)
    """
    x = check.real_array(x, "x", "n, ...")
    passes, seed = check.count(passes, "passes"), check.seed(seed)
    if isinstance(model, MLP):
        rng = np.random.default_rng(seed)
        masks = (model.sample_masks(len(x), rng) for _ in range(passes))
        return np.stack([model.forward(x, drawn) for drawn in masks])
    return _torch_passes(model, x, passes, seed)


def decompose(probabilities: Numbers) -> Doubt:
    """Return the mean of many predictions and how much doubt there is in and between them.

    Parameters
    ----------
    probabilities : numpy.ndarray of float
        Shape ``(passes, n, classes)``: of Monte Carlo passes, or of the members of an ensemble.

    Returns
    -------
    Doubt
        A named tuple: `mean` and `variance` of each probability over the passes, shape
        ``(n, classes)``, and in nats, shape ``(n,)``, the entropies `total`, that of the mean,
        `expected`, that of a single pass on the mean, and `mutual`, their difference: the doubt
        that comes from passes contradicting each other.

    Raises
    ------
    TypeError, ValueError
        If `probabilities` is no such array, an entry lies outside [0, 1], or a row does not sum
        to 1: logits go through `dropout_lab.network.softmax` first.

    See Also
    --------
    mc_passes : Where such answers come from.

    Notes
    -----
    The mutual information between class and mask is known as BALD.

    References
    ----------
    Houlsby, Huszár, Ghahramani, Lengyel (2011), arXiv:1112.5745.

    Examples
    --------
    Two passes, each of them sure, that contradict each other:

    >>> doubt = decompose(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    >>> doubt.total.round(3), doubt.expected.round(3), doubt.mutual.round(3)
    (array([0.693]), array([0.]), array([0.693]))
    """
    values = check.probabilities(probabilities, "probabilities", "passes, n, classes")
    if not len(values):
        raise ValueError(f"probabilities must hold at least one pass, got shape {values.shape}")
    mean = values.mean(axis=0)
    total, expected = _entropy(mean), _entropy(values).mean(axis=0)
    mutual = np.maximum(total - expected, 0.0)  # rounding could make it negative
    return Doubt(mean, values.var(axis=0), total, expected, mutual)


def top_label_counts(labels: Labels, probabilities: Numbers) -> Doubles:
    """Return, for ten bins of confidence, how many answers, their confidence, how many are right.

    Parameters
    ----------
    labels : numpy.ndarray of int
        Right class of each example, shape ``(n,)``.
    probabilities : numpy.ndarray of float
        Shape ``(n, classes)``. The answer is the class with the largest probability, and that
        probability is its confidence.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(3, 10)``: answers, sum of their confidences, right ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it. Rows of `probabilities` sum to 1:
        logits go through `dropout_lab.network.softmax` first.

    See Also
    --------
    expected_calibration_error : One number from them.
    dropout_lab.detection.reliability_counts : The same for two classes.
    """
    probabilities = check.probabilities(probabilities, "probabilities", "n, classes")
    labels = check.labels(labels, *probabilities.shape)
    right = probabilities.argmax(axis=1) == labels
    return counts_in_bins(right, probabilities.max(axis=1), CONFIDENCE_EDGES)


def expected_calibration_error(counts: ArrayLike) -> Reduced:
    """Return the mean distance between confidence and accuracy, bin by bin.

    Parameters
    ----------
    counts : numpy.ndarray of float
        Shape ``(..., 3, k)``, from `top_label_counts`.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(...)``, from 0 to 1. With few answers it is too large even for a perfectly
        calibrated model, because chance does not cancel within absolute values.

    Raises
    ------
    TypeError
        If `counts` does not hold numbers.
    ValueError
        If it has another shape, holds no answer, or more confidence or right answers than
        answers.

    See Also
    --------
    top_label_counts : What it is computed from.

    References
    ----------
    Guo, Pleiss, Sun, Weinberger (2017), ICML, equation 3.

    Examples
    --------
    Ten answers with confidence 0.9 of which 6 are right:

    >>> counts = np.array([[0.0, 10.0], [0.0, 9.0], [0.0, 6.0]])
    >>> expected_calibration_error(counts).round(3)
    np.float64(0.3)
    """
    counts = check.numbers(counts, "counts", "..., 3, k", finite=True, sequence=True)
    answers, confidence, right = np.moveaxis(counts, -2, 0)
    most = answers[..., None, :] * (1 + 1e-6)  # sums of confidences are rounded
    if not np.all((counts >= 0) & (counts <= most)) or not np.all(answers.sum(axis=-1) > 0):
        allowed = "answers, at least one, their confidences and right ones, both at most as large"
        raise ValueError(f"counts must hold {allowed}, got {counts!r:.80}")
    return np.abs(confidence - right).sum(axis=-1) / answers.sum(axis=-1)


def readout_variance(hidden: Numbers, weights: Numbers, rate: float) -> Doubles:
    """Return the variance that dropout in a layer gives the output of the layer above it.

    Parameters
    ----------
    hidden : numpy.ndarray of float
        Activations before dropout, shape ``(n, units)``.
    weights : numpy.ndarray of float
        Weights that lead to the output, shape ``(units,)``.
    rate : float
        Probability of dropping, below 1.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(n,)``, exact: ``rate / (1 - rate) * sum((hidden * weights)**2)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    mc_passes : The same by sampling.

    Notes
    -----
    For one hidden layer of ReLU units this is a convex function of the
    input: it cannot be larger between two points than at both of them.

    References
    ----------
    Foong, Burt, Li, Turner (2020), NeurIPS.

    Examples
    --------
    >>> readout_variance(np.array([[1.0, 2.0]]), np.array([3.0, 1.0]), 0.5)
    array([13.])
    """
    hidden = check.numbers(hidden, "hidden", "n, units")
    weights = check.numbers(weights, "weights", f"{hidden.shape[1]}")
    return check.odds(rate) * ((hidden * weights) ** 2).sum(axis=1)


def _torch_passes(model: "torch.nn.Module", x: Floats, passes: int, seed: int) -> Doubles:
    """Return `mc_passes` of a PyTorch module."""
    need("torch")
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model must be a torch.nn.Module or an MLP, got {type(model).__name__}")
    tensors = (*model.parameters(), *model.buffers())
    like = next((one for one in tensors if one.is_floating_point()), torch.empty(0))
    inputs = torch.tensor(x.astype(np.float64), dtype=like.dtype, device=like.device)

    def ask() -> Doubles:
        output = model(inputs.clone())  # a layer that works in place must not change the next pass
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"model must return a tensor, got {type(output).__name__}")
        return output.to("cpu", torch.float64).numpy()

    with torch.no_grad(), seeded(seed, like.device), _dropping(model) as rates:
        outputs = np.stack([ask() for _ in range(passes)])
        live = [place for place, rate in rates.items() if 0 < rate < 1]
        if live and outputs.size and (outputs == outputs[0]).all():
            # Is it chance, at a tiny rate? At 1/2 one pass in thirty differs, if any can.
            for module, name in live:
                setattr(module, name, 0.5)
            first = ask()
            if all(np.array_equal(first, ask()) for _ in range(30)):
                raise ValueError(
                    "model must give outputs that depend on its masks, or passes look like "
                    f"certainty; got the same for this x although a rate is {rates[live[0]]}: its "
                    "dropout is never called, or what follows ignores it"
                )
    return outputs


@contextmanager
def _dropping(model: "torch.nn.Module") -> "Iterator[dict[tuple[torch.nn.Module, str], float]]":
    """Let only what drops in a module be in training mode; yield its rates by their places."""
    from torch import nn
    from torch.nn.modules.dropout import _DropoutNd  # what all dropout layers derive from

    rates = {}
    for module in model.modules():
        if isinstance(module, _DropoutNd):
            rates[module, "p"] = module.p
        elif isinstance(module, nn.MultiheadAttention) or (
            isinstance(module, nn.RNNBase) and module.num_layers > 1
        ):
            rates[module, "dropout"] = module.dropout
    if not any(name == "p" or rate > 0 for (_, name), rate in rates.items()):
        raise ValueError("model must have a dropout layer, or all passes are the same; got none")
    drops = {module for module, _ in rates}
    modes = {module: module.training for module in model.modules()}
    try:
        for module in modes:  # not eval(): a module may do more than switch there
            module.training = module in drops or isinstance(module, nn.TransformerEncoderLayer)
        yield rates
    finally:
        for module, mode in modes.items():
            module.training = mode
        for (module, name), rate in rates.items():
            setattr(module, name, rate)


def _entropy(probabilities: Doubles) -> Doubles:
    """Return the entropy along the last axis in nats; 0 log 0 is 0."""
    logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return -(probabilities * logs).sum(axis=-1)
