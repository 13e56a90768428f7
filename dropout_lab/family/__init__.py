"""Relatives of dropout, each in a few lines of NumPy: noise, weights, maps, depth, sequences."""

from dropout_lab.family.depth import linear_decay, stochastic_depth
from dropout_lab.family.maps import (
    block_mask,
    drop_block,
    drop_probabilities,
    seed_rate,
    spatial_dropout,
)
from dropout_lab.family.noise import concrete_mask, gaussian_dropout
from dropout_lab.family.sequences import attention, recurrent_states, variational_dropout
from dropout_lab.family.shift import variance_ratio
from dropout_lab.family.weights import drop_connect, drop_connect_moments

__all__ = [
    "attention",
    "block_mask",
    "concrete_mask",
    "drop_block",
    "drop_connect",
    "drop_connect_moments",
    "drop_probabilities",
    "gaussian_dropout",
    "linear_decay",
    "recurrent_states",
    "seed_rate",
    "spatial_dropout",
    "stochastic_depth",
    "variance_ratio",
    "variational_dropout",
]
