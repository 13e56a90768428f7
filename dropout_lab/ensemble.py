"""Dropout as an ensemble: every sub-network of a small net, and the ways to average them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Mask, Numbers, Reduced
from dropout_lab.masks import all_masks
from dropout_lab.network import MLP, check_inputs, check_masks, check_net, softmax

__all__ = [
    "exact_ensemble",
    "running_average",
    "sub_network_logits",
    "sub_networks",
    "total_variation",
]

MAX_HIDDEN = 16
"""Hidden units that may be enumerated: 16 have 65,536 sub-networks."""

_BLOCK = 2**18  # activations held at once: 2 MB in float64, which stays in a processor's cache


class Ensemble(NamedTuple):
    """Class probabilities by three ways of averaging, each of shape ``(batch, classes)``."""

    arithmetic: Doubles
    geometric: Doubles
    weight_scaling: Doubles


def sub_networks(net: MLP) -> tuple[list[Mask], Doubles]:
    """Return every mask of a network's hidden units, and how likely dropout is to draw it.

    Parameters
    ----------
    net : dropout_lab.network.MLP
        Has n hidden units in all its layers together, 1 to 16.

    Returns
    -------
    masks : list of numpy.ndarray of bool
        One per hidden layer, shape ``(2**n, units)``: row i of all of them is sub-network i,
        True where a unit is kept. The whole network is the first, the empty one the last.
    probabilities : numpy.ndarray of float64
        Shape ``(2**n,)``: for each unit its layer's rate where it is dropped, 1 minus the rate
        where it is kept, multiplied. They sum to 1.

    Raises
    ------
    TypeError
        If `net` is not an `MLP`.
    ValueError
        If it has no hidden unit, or more than 16.

    See Also
    --------
    sub_network_logits : What they answer.

    Examples
    --------
    >>> from dropout_lab.network import MLP
    >>> net = MLP([2, 1, 1, 2], np.random.default_rng(0), rate=[0.5, 0.2])
    >>> masks, probabilities = sub_networks(net)
    >>> masks[1][:, 0]
    array([ True,  True, False, False])
    >>> probabilities
    array([0.4, 0.4, 0.1, 0.1])
    """
    units = [bias.size for bias in check_net(net).biases[:-1]]
    if not 1 <= sum(units) <= MAX_HIDDEN:
        raise ValueError(f"net must have 1 to {MAX_HIDDEN} hidden units, got {sum(units)}")
    masks, _ = all_masks(sum(units), 0.5)
    rates = np.repeat(net.rates, units)
    probabilities = np.where(masks, 1.0 - rates, rates).prod(axis=1)
    return np.split(masks, np.cumsum(units)[:-1], axis=1), probabilities


def sub_network_logits(net: MLP, x: Numbers, masks: Sequence[Mask]) -> Doubles:
    """Return the class scores that each of many sub-networks gives to each example.

    Parameters
    ----------
    net : dropout_lab.network.MLP
        The network. Its survivors are scaled as in a training pass.
    x : numpy.ndarray
        Inputs, shape ``(batch, inputs)``.
    masks : list of numpy.ndarray of bool
        One per hidden layer, shape ``(m, units)``: row i of all of them is sub-network i, as
        `sub_networks` returns them.

    Returns
    -------
    numpy.ndarray of float64
        Logits, shape ``(m, batch, classes)``.

    Raises
    ------
    TypeError
        If `net` is not an `MLP`, or an array has the wrong type.
    ValueError
        If an array has the wrong shape; the message names it.

    See Also
    --------
    exact_ensemble : Their average.
    """
    x = check_inputs(net, x)
    check_masks(net, masks)
    for mask, bias in zip(masks, net.biases, strict=False):  # the last bias is no hidden one
        wanted = (len(masks[0]), bias.size)
        if mask.shape != wanted:
            raise ValueError(f"masks must hold shape {wanted}, got {mask.shape}")
    return _logits(net, x, masks)


def exact_ensemble(net: MLP, x: Numbers) -> Ensemble:
    """Average the predictions of all sub-networks, each weighted by its probability.

    Parameters
    ----------
    net : dropout_lab.network.MLP
        1 to 16 hidden units.
    x : numpy.ndarray
        Inputs, shape ``(batch, inputs)``.

    Returns
    -------
    Ensemble
        A named tuple: `arithmetic`, the mean of the probabilities; `geometric`, their geometric
        mean divided by its sum over classes; `weight_scaling`, what the network says at inference.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    running_average : By sampling.
    dropout_lab.masks.all_masks : The masks behind it.

    Notes
    -----
    The geometric mean is taken as the softmax of the mean logits, which
    is the same: the logarithm of a softmax is the logits minus a number common to all classes,
    and what is common cancels when the result is normalized. Sub-networks are handled in
    blocks, so that memory does not grow with their number.

    References
    ----------
    Baldi and Sadowski (2013), NIPS 26; Warde-Farley et al. (2014), ICLR.

    Examples
    --------
    >>> from dropout_lab.network import MLP
    >>> net = MLP([2, 3, 2], np.random.default_rng(0), rate=0.5)
    >>> found = exact_ensemble(net, np.array([[1.0, -1.0]]))
    >>> bool(np.allclose(found.geometric, found.weight_scaling))  # one hidden layer
    True
    """
    masks, probabilities = sub_networks(net)
    x = check_inputs(net, x)
    classes = net.biases[-1].size
    arithmetic, logits = np.zeros((2, len(x), classes))
    widest = max(*(mask.shape[1] for mask in masks), classes)
    size = max(1, _BLOCK // (widest * max(1, len(x))))
    for start in range(0, len(probabilities), size):
        part = slice(start, start + size)
        found = _logits(net, x, [mask[part] for mask in masks])
        weights = probabilities[part]
        logits += np.tensordot(weights, found, 1)
        arithmetic += np.tensordot(weights, softmax(found), 1)
    return Ensemble(arithmetic, softmax(logits), softmax(net.forward(x)))


def running_average(net: MLP, x: Numbers, samples: int, rng: np.random.Generator) -> Doubles:
    """Average the probabilities of randomly drawn sub-networks, after each draw.

    Parameters
    ----------
    net : dropout_lab.network.MLP
        Any number of hidden units.
    x : numpy.ndarray
        Inputs, shape ``(batch, inputs)``.
    samples : int
        Number of draws, at least 1. Each draws one sub-network for each example.
    rng : numpy.random.Generator
        Draws the masks.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(samples, batch, classes)``: entry ``k - 1`` is the mean of the first k draws.
        In expectation each of them is the arithmetic mean over all sub-networks.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    exact_ensemble : Over all masks.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, section 7.5.
    """
    samples = check.count(samples, "samples")
    x = check_inputs(net, x)
    drawn = [softmax(net.forward(x, net.sample_masks(len(x), rng))) for _ in range(samples)]
    return np.cumsum(drawn, axis=0) / np.arange(1, samples + 1)[:, None, None]


def total_variation(p: Numbers, q: Numbers) -> Reduced:
    """Return how far apart two predictions are: the largest difference over sets of classes.

    Parameters
    ----------
    p, q : numpy.ndarray
        Class probabilities, shapes ``(..., classes)`` that broadcast.

    Returns
    -------
    numpy.ndarray of float64
        Half the sum of absolute differences over the last axis, between 0 and 1. Shape
        ``(...)``.

    Raises
    ------
    TypeError
        If an argument is not a numeric array.
    ValueError
        If an entry lies outside [0, 1], a row does not sum to 1, or the shapes do not fit.

    See Also
    --------
    exact_ensemble : What to compare with.

    Examples
    --------
    >>> float(total_variation(np.array([0.5, 0.5]), np.array([0.25, 0.75])))
    0.25
    """
    p, q = check.probabilities(p, "p"), check.probabilities(q, "q")
    try:
        difference = p - q
    except ValueError as error:
        raise ValueError(f"q must fit the shape of p, {p.shape}, got {q.shape}") from error
    return 0.5 * np.abs(difference).sum(axis=-1)


def _logits(net: MLP, x: Doubles, masks: Sequence[Mask]) -> Doubles:
    """Return the logits of all sub-networks, shape (m, batch, classes)."""
    values = (x @ net.weights[0] + net.biases[0])[None]  # no mask touches it
    for layer, rate in enumerate(net.rates):
        mask = masks[layer][:, None]
        hidden = np.maximum(values, 0.0)
        hidden = np.broadcast_to(hidden, (len(mask), *hidden.shape[1:]))
        kept = net.convention.apply_training(hidden, mask, rate)
        values = kept @ net.weights[layer + 1] + net.biases[layer + 1]
    return values
