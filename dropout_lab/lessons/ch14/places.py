"""Where dropout may stand in a block of a transformer, and what it multiplies there."""

from typing import NamedTuple

import numpy as np

from dropout_lab.layer import dropout

__all__ = ["PLACES", "SEQUENCES", "TOKENS", "UNITS", "Place"]

SEQUENCES, TOKENS, UNITS, HIDDEN = 3, 6, 12, 24
"""Sequences of a batch, tokens of each, units of a token, and hidden units of the small net."""


class Place(NamedTuple):
    """One place.

    Parameters
    ----------
    spot : str
        Where it is in the block, see the figure of this chapter.
    columns : str
        What the columns of its factors are; rows are the tokens of all sequences.
    width : int
        How many columns there are.
    shared : tuple
        The noise shape: for sequences, tokens and columns None, or 1 where they share a decision.
    """

    spot: str
    columns: str
    width: int
    shared: tuple = (None, None, None)

    def factors(self, rate, rng):
        """Return what is multiplied by what, shape (rows, columns); nan is nothing to multiply.

        Parameters
        ----------
        rate : float
            Probability of dropping.
        rng : numpy.random.Generator
            Draws the mask.

        Returns
        -------
        numpy.ndarray
            0 or 1 / (1 - rate).
        """
        ones = np.ones((SEQUENCES, TOKENS, self.width))
        found = dropout(ones, rate, rng, noise_shape=self.shared)
        if self.spot == "weights":  # a token sees itself and what came before it
            found[:, ~np.tril(np.ones((TOKENS, TOKENS), bool))] = np.nan
        return found.reshape(-1, self.width)

    def decisions(self):
        """Return how many coins are thrown for a batch.

        Returns
        -------
        int
            One for each factor, or for all that share it.
        """
        if self.spot == "weights":
            return SEQUENCES * TOKENS * (TOKENS + 1) // 2
        sizes = zip(self.shared, (SEQUENCES, TOKENS, self.width), strict=True)
        return int(np.prod([own or size for own, size in sizes]))


PLACES = {
    "embedding sum": Place("entry", "units of a token", UNITS),
    "attention weights": Place("weights", "tokens looked at", TOKENS),
    "output of a sub-layer": Place("output", "units of the update", UNITS),
    "inside the small net": Place("hidden", "its hidden units", HIDDEN),
    "whole update (DropPath)": Place("output", "units of the update", UNITS, (None, 1, 1)),
    "input of a LoRA branch": Place("lora", "units of a token", UNITS),
}
"""Each place by name, from the bottom of the net upward, LoRA last."""
