"""The noise that masks bring into a gradient, and what averaging over ranks leaves of it."""

import numpy as np

from dropout_lab.masks import all_masks

__all__ = ["gradients", "mask_noise", "noise_left"]


def gradients(weights, x, labels, factor):
    """Return the gradient of each example under each mask.

    Parameters
    ----------
    weights : sequence of numpy.ndarray
        Of a net with one hidden layer of H units and ReLU: as PyTorch has them, shapes (H, D),
        (H,), (1, H) and (1,).
    x : numpy.ndarray
        Shape (N, D).
    labels : numpy.ndarray
        0 or 1, shape (N,); the loss is the binary cross-entropy of a logit.
    factor : numpy.ndarray
        What multiplies the hidden units, shape (M, H): masks divided by 1 - rate.

    Returns
    -------
    numpy.ndarray
        Shape (M, N, P), the P parameters in the order of `weights`.
    """
    first, bias, (second,), last = weights
    z = x @ first.T + bias
    hidden = np.maximum(z, 0) * factor[:, None]
    error = 1 / (1 + np.exp(-(hidden @ second + last))) - labels
    back = error[..., None] * second * factor[:, None] * (z > 0)
    outer = back[..., None] * x[None, :, None]
    parts = outer.reshape(*error.shape, -1), back, error[..., None] * hidden, error[..., None]
    return np.concatenate(parts, axis=-1)


def mask_noise(weights, x, labels, rate):
    """Return the variance that masks bring into a gradient, exactly, over all masks.

    Parameters
    ----------
    weights, x, labels
        As `gradients` takes them.
    rate : float
        Probability of dropping a hidden unit.

    Returns
    -------
    alone : float
        The variance of the gradient of one example, summed over parameters, averaged over the
        examples.
    common : float
        The variance of the gradient averaged over all examples, if all of them have one mask.
    """
    masks, chances = all_masks(weights[0].shape[0], rate)
    found = gradients(weights, x, labels, masks / (1 - rate))

    def variance(values):
        mean = np.tensordot(chances, values, 1)
        return (np.tensordot(chances, values**2, 1) - mean**2).sum(axis=-1)

    return variance(found).mean(), float(variance(found.mean(axis=1)))


def noise_left(alone, common, ranks):
    """Return the variance of an average over ranks, with masks of their own and with one mask.

    Parameters
    ----------
    alone, common : float
        As `mask_noise` returns them.
    ranks : int or numpy.ndarray of int
        How many processes, each with an example drawn at random.

    Returns
    -------
    own, shared : float or numpy.ndarray
        As shares of `alone`.
    """
    own = 1 / np.asarray(ranks)
    return own, own + (1 - own) * common / alone
