"""Dropout for feature maps: whole channels, and square blocks."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check
from dropout_lab._types import Floats, Mask, Numbers, Shape
from dropout_lab.layer import dropout, sample_mask

__all__ = ["block_mask", "drop_block", "drop_probabilities", "seed_rate", "spatial_dropout"]


def spatial_dropout(
    x: Numbers,
    rate: float,
    rng: np.random.Generator,
    *,
    training: bool = True,
    data_format: Literal["channels_first", "channels_last"] = "channels_first",
) -> Floats:
    """Drop whole channels: one decision for all pixels of a feature map.

    Parameters
    ----------
    x : numpy.ndarray
        Feature maps, shape ``(batch, channels, ...)``, or ``(batch, ..., channels)`` with
        channels last. Nothing in an array tells which of the two it is.
    rate : float
        Probability of dropping a channel, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: `x` as it is.
    data_format : {"channels_first", "channels_last"}, default "channels_first"
        Where the channels stand, in the words of Keras.

    Returns
    -------
    numpy.ndarray
        A new array of the shape, dtype and memory order of `x`; kept channels are multiplied by
        ``1 / (1 - rate)``. Its mean over masks is `x`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    drop_block : Squares of a map.
    dropout_lab.dropout : Single units.

    Notes
    -----
    PyTorch calls it ``Dropout2d``, with channels first. Keras calls it
    ``SpatialDropout2D``, and takes channels last unless told otherwise.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler (2015), CVPR.

    Examples
    --------
    >>> spatial_dropout(np.ones((1, 3, 2)), 0.5, np.random.default_rng(12))
    array([[[2., 2.],
            [0., 0.],
            [2., 2.]]])
    """
    layouts = ("channels_first", "channels_last")
    check.choice(data_format, "data_format", layouts)
    x = check.real_array(x, "x", "batch, channels, ...")
    pixels = (1,) * (x.ndim - 2)
    shared = (None, None, *pixels) if data_format == layouts[0] else (None, *pixels, None)
    return dropout(x, rate, rng, training=training, noise_shape=shared)


def seed_rate(rate: float, block: int, rows: int, columns: int) -> float:
    """Return the gamma of DropBlock: how often a block starts, so that about `rate` is dropped.

    A block has ``block**2`` pixels, and it may start only where it fits into the map. So
    ``rate / block**2`` is stretched by the pixels of the map over the places to start. That
    counts pixels twice where blocks overlap, hence "about"; see `drop_probabilities`.

    Parameters
    ----------
    rate : float
        Share of pixels to drop, ``0 <= rate <= 1``.
    block : int
        Side of a block in pixels, from 1 to the smaller side of the map.
    rows, columns : int
        Size of a feature map in pixels.

    Returns
    -------
    float
        The probability that a block starts at a place where it fits, at most `rate`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    drop_probabilities : What it comes to for each pixel.

    References
    ----------
    Ghiasi, Lin and Le (2018), NeurIPS 31, equation 1, with ``1 - keep_prob`` as `rate`.

    Examples
    --------
    >>> seed_rate(0.1, 1, 8, 8)
    0.1
    >>> round(seed_rate(0.1, 3, 8, 8), 4)
    0.0198
    """
    rate, block = check.rate(rate), check.count(block, "block")
    rows, columns = check.count(rows, "rows"), check.count(columns, "columns")
    if block > min(rows, columns):
        raise ValueError(f"block must fit into a map of {rows} x {columns} pixels, got {block}")
    places = (rows - block + 1) * (columns - block + 1)
    return rate / block**2 * (rows * columns / places)


def block_mask(shape: Shape, rate: float, block: int, rng: np.random.Generator) -> Mask:
    """Draw the mask of DropBlock: False in squares that start at random places.

    Parameters
    ----------
    shape : tuple of int
        Shape of the feature maps, rows and columns last. Every map has its own blocks.
    rate : float
        Share of pixels to drop, counted as if blocks did not overlap, ``0 <= rate <= 1``.
    block : int
        Side of a block in pixels. 1 is dropout; the side of the map is spatial dropout.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of bool
        True where a pixel is kept, shape `shape`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    drop_block : Applies it.

    References
    ----------
    Ghiasi, Lin and Le (2018), NeurIPS 31.

    Examples
    --------
    >>> block_mask((4, 5), 0.3, 2, np.random.default_rng(1)).astype(int)
    array([[1, 1, 1, 1, 1],
           [0, 0, 1, 1, 1],
           [0, 0, 1, 1, 1],
           [1, 1, 1, 1, 1]])
    """
    shape = check.shape(shape)
    if len(shape) < 2 or 0 in shape[-2:]:
        raise ValueError(f"shape must be (..., rows, columns), one of each or more, got {shape}")
    *others, rows, columns = shape
    start = seed_rate(rate, block, rows, columns)
    down, across = rows - block + 1, columns - block + 1
    begins = ~sample_mask((*others, down, across), start, rng)
    dropped = np.zeros(shape, dtype=bool)
    for row in range(block):
        for column in range(block):
            dropped[..., row : row + down, column : column + across] |= begins
    return ~dropped


def drop_block(
    x: Numbers, rate: float, block: int, rng: np.random.Generator, *, training: bool = True
) -> Floats:
    """Drop square blocks of feature maps, and scale up what is left by what was really dropped.

    Parameters
    ----------
    x : numpy.ndarray
        Feature maps, shape ``(..., rows, columns)``.
    rate : float
        Share of pixels to drop, counted as if blocks did not overlap, ``0 <= rate <= 1``.
    block : int
        Side of a block in pixels.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: `x` as it is.

    Returns
    -------
    numpy.ndarray
        A new array of the shape, dtype and memory order of `x`. Kept pixels are multiplied by
        the number of all pixels over the number of kept ones, counted over the whole array. If
        nothing is kept, zeros.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    block_mask : Its mask.
    seed_rate : How often a square starts.
    spatial_dropout : Whole maps.

    Notes
    -----
    With this scale the *sum of the factors* is the number of pixels in
    every draw. The mean over masks of a single pixel is not what it was: pixels at the rim are
    dropped less often, and come out larger.

    References
    ----------
    Ghiasi, Lin and Le (2018), NeurIPS 31, algorithm 1.

    Examples
    --------
    >>> drop_block(np.ones((4, 4)), 0.4, 2, np.random.default_rng(1)).sum()
    np.float64(16.0)
    """
    x = check.real_array(x, "x", "..., rows, columns")
    if 0 in x.shape[-2:]:
        raise ValueError(f"x must have one row and one column at least, got shape {x.shape}")
    check.rng(rng)
    if not check.flag(training):
        seed_rate(rate, block, *x.shape[-2:])
        return x.copy(order="K")
    mask = block_mask(x.shape, rate, block, rng)
    scale = mask.size / max(int(mask.sum()), 1)
    return np.multiply(x, mask * scale, out=np.empty_like(x))


def drop_probabilities(rate: float, block: int, rows: int, columns: int) -> Floats:
    """Return how likely DropBlock drops each pixel of a map, exactly.

    A pixel is dropped if any block that would cover it starts. In the middle ``block**2``
    places would, in a corner only one.

    Parameters
    ----------
    rate, block, rows, columns
        As in `seed_rate`.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(rows, columns)``. Their mean is at most `rate`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    seed_rate : How often a square starts.

    Examples
    --------
    >>> drop_probabilities(0.3, 2, 3, 3).round(3)
    array([[0.169, 0.309, 0.169],
           [0.309, 0.523, 0.309],
           [0.169, 0.309, 0.169]])
    """
    start = seed_rate(rate, block, rows, columns)

    def covering(length: int) -> NDArray[np.int64]:
        places = np.arange(length)
        first, last = np.maximum(places - block + 1, 0), np.minimum(places, length - block)
        return last - first + 1

    return 1 - (1 - start) ** np.outer(covering(rows), covering(columns))
