"""The transformers of chapter 14 in PyTorch, with a rate for each place where dropout may stand."""

from functools import cache

from dropout_lab._torch import seeded
from dropout_lab.family import linear_decay

__all__ = ["PLACES", "transformer"]

PLACES = ("embedding", "attention", "residual", "path")
"""Embedding sums, attention weights, outputs of sub-layers unit by unit, and whole branches."""


def transformer(entry, exits, *, length, width, blocks, heads, rates, causal, seed):
    """Return a transformer with layer norms in front of its sub-layers.

    Parameters
    ----------
    entry : int
        Number of symbols that come in, or of pixels of a patch, see `causal`.
    exits : int
        Logits that come out.
    length, width, blocks, heads : int
        Tokens of an input, units of a token, blocks of two sub-layers, heads of attention.
    rates : mapping of str to float
        By place, see `PLACES`; 0 for what is missing. The rate of "path" is that of the last
        block, and grows linearly up to there.
    causal : bool
        True for text: symbols come in as numbers, a token sees what came before it, and each
        has its own logits. False for images: patches come in, and there are logits for the mean
        of the tokens.
    seed : int
        Draws the weights, the same for all rates.

    Returns
    -------
    torch.nn.Module
        On the CPU, in training mode.
    """
    import torch

    if unknown := set(rates) - set(PLACES):
        raise ValueError(f"rates must name places out of {PLACES}, got {sorted(unknown)}")
    with seeded(seed, torch.device("cpu")):
        return _classes()(entry, exits, length, width, blocks, heads, rates, causal)


def _waves(length, width):
    """Return sines and cosines of the places, fast ones first, shape (length, width)."""
    import torch

    angles = torch.arange(length)[:, None] / 100 ** (torch.arange(width // 2) / (width // 2))
    return torch.cat([angles.sin(), angles.cos()], dim=1)


@cache
def _classes():
    """Return the class of the net: PyTorch is imported with the first one."""
    import torch
    from torch import nn
    from torch.nn.functional import dropout, scaled_dot_product_attention

    class Block(nn.Module):
        """Attention and two layers of weights, each added to what came in."""

        def __init__(self, width, heads, attention, residual, path, causal):
            super().__init__()
            self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2)])
            self.ask, self.answer = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.think = nn.Sequential(
                nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width)
            )
            self.heads, self.causal = heads, causal
            self.attention, self.residual, self.path = attention, residual, path

        def attend(self, x):
            batch, length, width = x.shape
            parts = self.ask(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            rate = self.attention if self.training else 0.0
            mixed = scaled_dot_product_attention(*parts, dropout_p=rate, is_causal=self.causal)
            return self.answer(mixed.transpose(1, 2).reshape(batch, length, width))

        def drop(self, update):
            update = dropout(update, self.residual, self.training)
            once = torch.ones(len(update), 1, 1)  # one decision per example
            return update * dropout(once, self.path, self.training)

        def forward(self, x):
            x = x + self.drop(self.attend(self.norms[0](x)))
            return x + self.drop(self.think(self.norms[1](x)))

    class Transformer(nn.Module):
        """Tokens, their places, the blocks, a last norm, logits."""

        def __init__(self, entry, exits, length, width, blocks, heads, rates, causal):
            super().__init__()
            self.entry = nn.Embedding(entry, width) if causal else nn.Linear(entry, width)
            if causal:
                nn.init.normal_(self.entry.weight, std=0.3)
            self.positions = nn.Parameter(0.3 * _waves(length, width))
            attention, residual = rates.get("attention", 0.0), rates.get("residual", 0.0)
            self.blocks = nn.Sequential(
                *(
                    Block(width, heads, attention, residual, path, causal)
                    for path in linear_decay(blocks, rates.get("path", 0.0))
                )
            )
            self.norm, self.exit = nn.LayerNorm(width), nn.Linear(width, exits)
            self.embedding, self.causal = rates.get("embedding", 0.0), causal

        def forward(self, x):
            x = dropout(self.entry(x) + self.positions, self.embedding, self.training)
            x = self.norm(self.blocks(x))
            return self.exit(x if self.causal else x.mean(dim=1))

    return Transformer
