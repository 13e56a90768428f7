"""Dropout itself, in plain NumPy: sample a mask, apply it, pass the gradient back.

`rate` is always the probability of dropping, as in PyTorch (``p``) and Keras (``rate``).
The scaling is the inverted one of both frameworks: survivors are multiplied by
``1 / (1 - rate)`` while training, and evaluation changes nothing.
"""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Floats, Mask, Numbers, Shape

__all__ = ["Dropout", "dropout", "dropout_backward", "rates", "sample_mask"]


def sample_mask(
    shape: Shape,
    rate: float,
    rng: np.random.Generator,
    *,
    noise_shape: Sequence[int | None] | None = None,
) -> Mask:
    """Draw a dropout mask: True where a unit is kept, False where it is dropped.

    A unit is kept where ``u >= rate`` for ``u`` uniform in [0, 1). The same generator state
    therefore gives nested masks: whatever a small rate drops, a larger rate drops too.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the mask, that is, of the array it will be applied to.
    rate : float
        Probability of dropping each unit, ``0 <= rate <= 1``. The uniforms have 24 bits,
        so a rate is honored to within ``2**-24``.
    rng : numpy.random.Generator
        Source of randomness. It advances by the same amount at every rate.
    noise_shape : tuple of (int or None), optional
        One entry per axis, as in Keras: None or the axis length draws independently along
        that axis, 1 shares one decision along it. By default every unit is independent.

    Returns
    -------
    numpy.ndarray of bool
        A new array of shape `shape`.

    Raises
    ------
    TypeError
        If `shape`, `rate`, `rng` or `noise_shape` has the wrong type.
    ValueError
        If `rate` lies outside [0, 1], a length is negative, or `noise_shape` does not fit.

    See Also
    --------
    dropout : Apply a mask, with the scale.
    dropout_lab.masks.all_masks : Every mask there is, with its probability.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), JMLR 15. The paper's
    p is the probability of keeping, ``1 - rate``.

    Examples
    --------
    >>> sample_mask(5, 0.4, np.random.default_rng(0))
    array([ True,  True,  True, False, False])
    >>> sample_mask((2, 3), 0.5, np.random.default_rng(6), noise_shape=(None, 1))
    array([[False, False, False],
           [ True,  True,  True]])
    """
    shape = check.shape(shape)
    rate = check.rate(rate)
    check.rng(rng)
    drawn = _drawn_shape(noise_shape, shape)
    keep = _at_least(rate, drawn, rng)
    return keep if drawn == shape else np.broadcast_to(keep, shape).copy()


def dropout(
    x: Numbers,
    rate: float,
    rng: np.random.Generator,
    *,
    training: bool = True,
    noise_shape: Sequence[int | None] | None = None,
) -> Floats:
    """Apply inverted dropout: zero each unit with probability `rate`, scale up the others.

    While training the result is ``x * mask / (1 - rate)``, whose mean over masks is `x`.
    Otherwise it is `x`, unscaled.

    Parameters
    ----------
    x : numpy.ndarray
        Activations, any shape, 0-d and empty included. float16, float32 and float64 keep
        their dtype; integers become float64, since scaled values are not whole.
    rate : float
        Probability of dropping each unit, ``0 <= rate <= 1``. Rate 1 gives zeros.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: nothing is dropped and nothing is scaled.
    noise_shape : tuple of (int or None), optional
        Share decisions along axes, see `sample_mask`.

    Returns
    -------
    numpy.ndarray
        Always a new array of the shape and memory order of `x`, never a view of it, also where
        the values are unchanged. `x` itself is never written to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If `rate` lies outside [0, 1] or `noise_shape` does not fit `x`.

    See Also
    --------
    dropout_backward : The gradient, by the same mask.
    Dropout : Both as a layer.
    dropout_lab.conventions.CONVENTIONS : The other places for the scale, right and wrong.

    Notes
    -----
    A dropped NaN or infinity gives NaN below rate 1, as in PyTorch; Keras gives 0.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, section 10, describes this scaling as an equivalent
    of theirs.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> dropout(x, 0.5, np.random.default_rng(0))
    array([2., 4., 6., 0., 0.])
    >>> dropout(x, 0.5, np.random.default_rng(0), training=False)
    array([1., 2., 3., 4., 5.])
    """
    x = check.real_array(x, "x")
    rate = check.rate(rate)
    check.rng(rng)
    if check.flag(training):
        return masked(x, sample_mask(x.shape, rate, rng, noise_shape=noise_shape), rate)
    _drawn_shape(noise_shape, x.shape)
    return x.copy(order="K")


def dropout_backward(grad: Numbers, mask: Mask, rate: float) -> Floats:
    """Pass a gradient back through dropout: the same mask, the same scale.

    The forward pass multiplies by ``mask / (1 - rate)``, a constant once the mask is drawn,
    so the chain rule multiplies the gradient by exactly that constant.

    Parameters
    ----------
    grad : numpy.ndarray
        Gradient of the loss with respect to the output of dropout, any shape.
    mask : numpy.ndarray of bool
        The mask of the forward pass, same shape as `grad`.
    rate : float
        The rate of the forward pass, ``0 <= rate <= 1``.

    Returns
    -------
    numpy.ndarray
        Gradient with respect to the input, shape and dtype of `grad` (integers become
        float64); always a new array.

    Raises
    ------
    TypeError
        If `grad` is not a numeric array, `mask` not a boolean one, or `rate` not a number.
    ValueError
        If `mask` has another shape than `grad`, or `rate` lies outside [0, 1].

    See Also
    --------
    dropout : The forward pass.

    Examples
    --------
    >>> dropout_backward(np.ones(3), np.array([True, False, True]), 0.5)
    array([2., 0., 2.])
    """
    grad = check.real_array(grad, "grad")
    rate = check.rate(rate)
    mask = check.mask(mask)
    if mask.shape != grad.shape:
        raise ValueError(f"mask must have the shape of grad, {grad.shape}, got {mask.shape}")
    return masked(grad, mask, rate)


class Dropout:
    """A dropout layer that remembers its mask between forward and backward.

    Parameters
    ----------
    rate : float
        Probability of dropping each unit, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness, advanced by every forward pass in training mode.
    noise_shape : tuple of (int or None), optional
        Share decisions along axes, see `sample_mask`. Ints are at least 1.

    Attributes
    ----------
    rate : float
        The rate of the next forward pass. Yours to change.
    noise_shape : tuple or None
        A tuple of its own, also where a list was given.
    training : bool
        True after construction and after `train`, False after `eval`.
    mask : numpy.ndarray of bool or None
        The mask of the last forward pass; None before the first one and in evaluation mode.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, see `sample_mask`.

    Examples
    --------
    >>> layer = Dropout(0.5, np.random.default_rng(0))
    >>> layer.forward(np.ones(4))
    array([2., 2., 2., 0.])
    >>> layer.backward(np.ones(4))
    array([2., 2., 2., 0.])
    >>> layer.eval().forward(np.ones(4))
    array([1., 1., 1., 1.])
    """

    def __init__(
        self,
        rate: float,
        rng: np.random.Generator,
        *,
        noise_shape: Sequence[int | None] | None = None,
    ) -> None:
        self.rate = check.rate(rate)
        self.rng = check.rng(rng)
        self.noise_shape = _check_noise_shape(noise_shape)
        self.training = True
        self.mask: Mask | None = None
        self._shape: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        """Return how the layer was made, and its mode."""
        shared = "" if self.noise_shape is None else f", noise_shape={self.noise_shape}"
        return f"Dropout(rate={self.rate}{shared}, training={self.training})"

    def train(self) -> Self:
        """Switch to training mode: the next forward pass drops units.

        Returns
        -------
        Dropout
            The layer itself, so that calls can be chained.
        """
        self.training = True
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode: the next forward pass changes nothing.

        Returns
        -------
        Dropout
            The layer itself, so that calls can be chained.
        """
        self.training = False
        return self

    def forward(self, x: Numbers) -> Floats:
        """Apply dropout in training mode, or return a copy of `x` in evaluation mode.

        Parameters
        ----------
        x : numpy.ndarray
            Activations, any shape.

        Returns
        -------
        numpy.ndarray
            A new array of the shape of `x`.

        Raises
        ------
        TypeError, ValueError
            If `x` or `noise_shape` is not allowed, see `dropout`.
        """
        x = check.real_array(x, "x")
        if self.training:
            self.mask = sample_mask(x.shape, self.rate, self.rng, noise_shape=self.noise_shape)
            out = masked(x, self.mask, self.rate)
        else:
            _drawn_shape(self.noise_shape, x.shape)
            self.mask, out = None, x.copy(order="K")
        self._shape, self._rate = x.shape, self.rate
        return out

    def backward(self, grad: Numbers) -> Floats:
        """Pass the gradient back through the last forward pass.

        Parameters
        ----------
        grad : numpy.ndarray
            Gradient with respect to the output, shape of the last input.

        Returns
        -------
        numpy.ndarray
            Gradient with respect to the input; a new array.

        Raises
        ------
        TypeError
            If `grad` is not a numeric array.
        ValueError
            If there was no forward pass yet, or `grad` has another shape than its input.
        """
        grad = check.real_array(grad, "grad")
        if self._shape is None:
            raise ValueError("grad must come after a forward pass: call forward before backward")
        if grad.shape != self._shape:
            raise ValueError(f"grad must have the input's shape, {self._shape}, got {grad.shape}")
        return grad.copy(order="K") if self.mask is None else masked(grad, self.mask, self._rate)


def rates(start: float = 0.0, stop: float = 0.9, step: float = 0.05) -> tuple[float, ...]:
    """Return evenly spaced dropout rates, end included, free of floating-point dust.

    Parameters
    ----------
    start, stop : float
        First and last rate, ``0 <= start <= stop <= 1``.
    step : float
        Distance between neighbors, at least 1e-10.

    Returns
    -------
    tuple of float
        ``start, start + step, ...`` up to `stop`, each rounded to 10 decimals.

    Raises
    ------
    TypeError
        If an argument is not a real number.
    ValueError
        If an argument lies outside [0, 1], `step` is below 1e-10, or `stop` is below `start`.

    See Also
    --------
    dropout_lab.explore : A figure with a slider over them.

    Examples
    --------
    >>> rates(0, 0.3, 0.1)
    (0.0, 0.1, 0.2, 0.3)
    """
    start, stop = check.rate(start, "start"), check.rate(stop, "stop")
    step = check.rate(step, "step")
    if step < 1e-10:  # the results, rounded to 10 decimals, would repeat
        raise ValueError(f"step must be at least 1e-10, got {step}")
    if stop < start:
        raise ValueError(f"stop must be at least start = {start}, got {stop}")
    count = math.floor((stop - start) / step + 1e-9) + 1
    return tuple(round(start + i * step, 10) for i in range(count))


def _at_least(rate: float, shape: tuple[int, ...], rng: np.random.Generator) -> Mask:
    """Return, for an array of uniforms, where they are at least `rate`."""
    keep = np.empty(shape, dtype=bool)
    flat = keep.reshape(-1)
    # Block by block: uniforms that stay in the cache cost half of what a large array does.
    for start in range(0, flat.size, 2**16):
        part = flat[start : start + 2**16]
        np.greater_equal(rng.random(part.size, np.float32), np.float32(rate), out=part)
    return keep


def masked(values: Floats, mask: Mask, rate: float, scale: float | None = None) -> Floats:
    """Return ``values * mask * scale`` as a new array in the dtype of `values`, zeros at rate 1.

    The scale is ``1 / (1 - rate)`` if none is given.
    """
    if rate == 1.0:  # 0 / 0 otherwise
        return np.zeros_like(values)
    # One multiplication by the rounded reciprocal, as in TensorFlow. PyTorch rounds 1 - rate
    # to float32 first, so that at some rates its float32 results differ in the last bits.
    scale = 1.0 / (1.0 - rate) if scale is None else scale
    return scaled(np.multiply(values, mask, out=np.empty_like(values)), scale)


def scaled(values: Floats, scale: float) -> Floats:
    """Multiply a floating-point array by a number in place, keeping its dtype, and return it."""
    kind = values.dtype.type
    if float(np.finfo(kind).max) < scale < math.inf:
        kind = np.float64  # a scale beyond float16 would make NaN of zeros
    values *= kind(scale)
    return values


def _check_noise_shape(noise_shape: Sequence[int | None] | None) -> tuple[int | None, ...] | None:
    """Return `noise_shape` as a tuple of None and ints of at least 1, or None, or raise."""
    if noise_shape is None:
        return None
    entries = check.sequence(noise_shape, "noise_shape", "None and whole numbers")
    return tuple(n if n is None else check.count(n, "every entry of noise_shape") for n in entries)


def _drawn_shape(
    noise_shape: Sequence[int | None] | None, shape: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the shape to draw: `noise_shape` with None replaced by the axis length, or raise."""
    noise_shape = _check_noise_shape(noise_shape)
    if noise_shape is None:
        return shape
    pairs = list(zip(noise_shape, shape, strict=False))
    if len(noise_shape) != len(shape) or any(n not in (None, 1, length) for n, length in pairs):
        allowed = f"one entry per axis of {shape}, each None, 1 or the length of that axis"
        raise ValueError(f"noise_shape must have {allowed}, got {noise_shape!r}")
    return tuple(length if n is None else n for n, length in pairs)
