"""The family side by side: what each member multiplies 16 x 16 things by."""

from typing import NamedTuple

import numpy as np

from dropout_lab.family.depth import linear_decay, stochastic_depth
from dropout_lab.family.maps import drop_block, spatial_dropout
from dropout_lab.family.noise import concrete_mask, gaussian_dropout
from dropout_lab.family.sequences import variational_dropout
from dropout_lab.layer import dropout

__all__ = ["GALLERY", "SIDE", "Exhibit"]

SIDE = 16
"""Rows and columns of what is shown."""


class Exhibit(NamedTuple):
    """How one member of the family is shown.

    Parameters
    ----------
    rows, columns : str
        What the rows and the columns are.
    sample : callable
        ``sample(rate, rng)`` returns the factors, shape ``(SIDE, SIDE)``.
    parts : int, default 1
        Into how many feature maps each side is divided; 1 for a plain matrix.
    """

    rows: str
    columns: str
    sample: object
    parts: int = 1


_ONES = np.ones((SIDE, SIDE))
_ONES.setflags(write=False)


def _plain(rate, rng):
    """Return what dropout multiplies each thing by, one by one."""
    return dropout(_ONES, rate, rng)


def _sheet(maps):
    """Lay maps of shape (1, n * n, side, side) out as n rows of n."""
    n, side = round(maps.shape[1] ** 0.5), maps.shape[2]
    return maps.reshape(n, n, side, side).swapaxes(1, 2).reshape(n * side, n * side)


def _depth(rate, rng):
    """Return, for examples as rows, the factor of each layer's update, `rate` at the last."""
    zero = np.zeros((SIDE, 1))
    layers = [stochastic_depth(zero, zero + 1, p, rng) for p in linear_decay(SIDE, rate)]
    return np.hstack(layers)


_UNITS = "examples", "units of a layer"
_WEIGHTS = "inputs of a layer", "outputs of a layer"

GALLERY = {
    "dropout": Exhibit(*_UNITS, _plain),
    "Gaussian dropout": Exhibit(*_UNITS, lambda rate, rng: gaussian_dropout(_ONES, rate, rng)),
    "concrete dropout": Exhibit(
        *_UNITS, lambda rate, rng: concrete_mask(_ONES.shape, rate, 0.1, rng) / (1 - rate)
    ),
    "dropout, on weights": Exhibit(  # all weights of an input share its fate
        *_WEIGHTS, lambda rate, rng: dropout(_ONES, rate, rng, noise_shape=(None, 1))
    ),
    "DropConnect": Exhibit(*_WEIGHTS, _plain),
    "spatial dropout": Exhibit(
        *["pixels of 16 maps"] * 2,
        lambda rate, rng: _sheet(spatial_dropout(np.ones((1, 16, 4, 4)), rate, rng)),
        parts=4,
    ),
    "DropBlock": Exhibit(
        *["pixels of 4 maps"] * 2,
        lambda rate, rng: _sheet(drop_block(np.ones((1, 4, 8, 8)), rate, 3, rng)),
        parts=2,
    ),
    "stochastic depth": Exhibit("examples", "layers, bottom to top", _depth),
    "variational dropout": Exhibit(
        "units of a sequence",
        "time steps",
        lambda rate, rng: variational_dropout(_ONES.T[None], rate, rng)[0].T,
    ),
}
"""Each member by name, the original first."""
