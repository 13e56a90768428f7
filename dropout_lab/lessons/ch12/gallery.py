"""The family side by side: what each member multiplies 16 x 16 things by."""

from types import MappingProxyType
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
    parts : int
        Into how many feature maps each side is divided; 1 for a plain matrix.
    sample : callable
        ``sample(rate, rng)`` returns the factors, shape ``(SIDE, SIDE)``.
    """

    rows: str
    columns: str
    parts: int
    sample: object


_ONES = np.ones((SIDE, SIDE))
_ONES.setflags(write=False)


def _weights_below_dropout(rate, rng):
    """Return what dropout of the inputs of one example does to each of its weights."""
    return dropout(_ONES, rate, rng, noise_shape=(None, 1))


def _sheet(maps):
    """Lay maps of shape (1, n * n, side, side) out as n rows of n."""
    n, side = round(maps.shape[1] ** 0.5), maps.shape[2]
    return maps.reshape(n, n, side, side).swapaxes(1, 2).reshape(n * side, n * side)


def _depth(rate, rng):
    """Return, for examples as rows, the factor of each layer's update, `rate` at the last."""
    zero = np.zeros((SIDE, 1))
    layers = [stochastic_depth(zero, zero + 1, p, rng) for p in linear_decay(SIDE, rate)]
    return np.hstack(layers)


GALLERY = MappingProxyType(
    {
        "dropout": Exhibit(
            "examples", "units of a layer", 1, lambda rate, rng: dropout(_ONES, rate, rng)
        ),
        "Gaussian dropout": Exhibit(
            "examples", "units of a layer", 1, lambda rate, rng: gaussian_dropout(_ONES, rate, rng)
        ),
        "concrete dropout": Exhibit(
            "examples",
            "units of a layer",
            1,
            lambda rate, rng: concrete_mask(_ONES.shape, rate, 0.1, rng) / (1 - rate),
        ),
        "dropout, on weights": Exhibit(
            "inputs of a layer", "outputs of a layer", 1, _weights_below_dropout
        ),
        "DropConnect": Exhibit(
            "inputs of a layer",
            "outputs of a layer",
            1,
            lambda rate, rng: dropout(_ONES, rate, rng),
        ),
        "spatial dropout": Exhibit(
            "pixels of 16 maps",
            "pixels of 16 maps",
            4,
            lambda rate, rng: _sheet(spatial_dropout(np.ones((1, 16, 4, 4)), rate, rng)),
        ),
        "DropBlock": Exhibit(
            "pixels of 4 maps",
            "pixels of 4 maps",
            2,
            lambda rate, rng: _sheet(drop_block(np.ones((1, 4, 8, 8)), rate, 3, rng)),
        ),
        "stochastic depth": Exhibit("examples", "layers, bottom to top", 1, _depth),
        "variational dropout": Exhibit(
            "units of a sequence",
            "time steps",
            1,
            lambda rate, rng: variational_dropout(_ONES.T[None], rate, rng)[0].T,
        ),
    }
)
"""Each member by name, the original first."""
