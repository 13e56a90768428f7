"""Where the 1/(1-p) goes: the two right answers, and the wrong ones by name.

A convention says by what number dropout multiplies the surviving units while training, all
units at inference, and the gradient on its way back. Two of the seven below are right: in both
the mean over masks while training equals the output at inference.
"""

import math
from dataclasses import dataclass

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Floats, Mask, Numbers
from dropout_lab.layer import masked, scaled
from dropout_lab.masks import MAX_UNITS, all_masks

__all__ = ["CONVENTIONS", "Convention"]

EXPONENTS = {"1": (0, 0), "1/keep": (-1, 0), "keep": (1, 0), "rate": (0, 1)}  # keep**a * rate**b


@dataclass(frozen=True)
class Convention:
    """One answer to the question where dropout's scale factor goes.

    Parameters
    ----------
    name : str
        What the book calls it; its key in `CONVENTIONS`.
    training, inference, backward : {"1", "1/keep", "keep", "rate"}
        The factor on surviving units while training, on all units at inference, and on the
        gradient of surviving units.

    Raises
    ------
    ValueError
        If a factor is none of the four.

    Examples
    --------
    >>> CONVENTIONS["scale by p"].eval_over_train(0.2)
    0.25
    >>> [name for name, convention in CONVENTIONS.items() if convention.right]
    ['classic', 'inverted']
    """

    name: str
    training: str
    inference: str
    backward: str

    def __post_init__(self) -> None:
        """Refuse factors that are none of the four."""
        for role in ("training", "inference", "backward"):
            check.choice(getattr(self, role), role, EXPONENTS)

    @property
    def right(self) -> bool:
        """Whether inference matches the training mean, and the gradient the forward pass."""
        (a_train, b_train), (a_eval, b_eval) = EXPONENTS[self.training], EXPONENTS[self.inference]
        return (a_eval - a_train, b_eval - b_train) == (1, 0) and self.backward == self.training

    def s_train(self, rate: float) -> float:
        """Return the factor on surviving units while training.

        Parameters
        ----------
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        float
            The factor; ``1/keep`` at rate 1 is infinity, without a warning.

        Raises
        ------
        TypeError, ValueError
            If `rate` is not allowed.
        """
        return _scale(rate, *EXPONENTS[self.training])

    def s_eval(self, rate: float) -> float:
        """Return the factor on all units at inference.

        Parameters
        ----------
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        float
            The factor; ``1/keep`` at rate 1 is infinity, without a warning.

        Raises
        ------
        TypeError, ValueError
            If `rate` is not allowed.
        """
        return _scale(rate, *EXPONENTS[self.inference])

    def s_backward(self, rate: float) -> float:
        """Return the factor on the gradient of surviving units.

        Parameters
        ----------
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        float
            The factor; ``1/keep`` at rate 1 is infinity, without a warning.

        Raises
        ------
        TypeError, ValueError
            If `rate` is not allowed.
        """
        return _scale(rate, *EXPONENTS[self.backward])

    def eval_over_train(self, rate: float) -> float:
        """Return the output at inference divided by the mean output while training.

        The mean over masks while training is ``keep * s_train`` times the input, so this is
        ``s_eval / (keep * s_train)`` for every input. 1 is right; 4 means that inference is
        four times too large. The mean while training over the output at inference is its
        reciprocal.

        Parameters
        ----------
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        float
            The ratio. At rate 1, where both sides may vanish, its limit: infinity for the
            conventions that grow without bound.

        Raises
        ------
        TypeError, ValueError
            If `rate` is not allowed.

        Examples
        --------
        >>> CONVENTIONS["never scale"].eval_over_train(0.5)
        2.0
        >>> CONVENTIONS["never scale"].eval_over_train(1.0)
        inf
        """
        (a_train, b_train), (a_eval, b_eval) = EXPONENTS[self.training], EXPONENTS[self.inference]
        return _scale(rate, a_eval - a_train - 1, b_eval - b_train)

    def gradient_ratio(self, rate: float) -> float:
        """Return the gradient this convention passes back divided by the true one.

        Parameters
        ----------
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        float
            ``s_backward / s_train``, at rate 1 its limit. 1 is right.

        Raises
        ------
        TypeError, ValueError
            If `rate` is not allowed.

        Examples
        --------
        >>> CONVENTIONS["backward unscaled"].gradient_ratio(0.75)
        0.25
        """
        (a_train, b_train), (a_back, b_back) = EXPONENTS[self.training], EXPONENTS[self.backward]
        return _scale(rate, a_back - a_train, b_back - b_train)

    def apply_training(self, x: Numbers, mask: Mask, rate: float) -> Floats:
        """Return what the layer passes on while training.

        Parameters
        ----------
        x : numpy.ndarray
            Activations, any shape; integers become float64.
        mask : numpy.ndarray of bool
            True where a unit is kept; must broadcast to the shape of `x`.
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        numpy.ndarray
            ``x * mask * s_train``, a new array in the dtype of `x`; zeros at rate 1, as in
            `dropout_lab.layer`.

        Raises
        ------
        TypeError
            If `x` is not a numeric array or `mask` not a boolean one.
        ValueError
            If `mask` does not fit `x`, or `rate` lies outside [0, 1].
        """
        return _masked(x, mask, check.rate(rate), self.s_train(rate), "x")

    def apply_inference(self, x: Numbers, rate: float) -> Floats:
        """Return what the layer passes on at inference.

        Parameters
        ----------
        x : numpy.ndarray
            Activations, any shape; integers become float64.
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        numpy.ndarray
            ``x * s_eval``, a new array in the dtype of `x`. Where the factor is infinite
            (``1/keep`` at rate 1), zeros stay zero and everything else becomes infinite.

        Raises
        ------
        TypeError
            If `x` is not a numeric array.
        ValueError
            If `rate` lies outside [0, 1].
        """
        x, scale = check.real_array(x, "x"), self.s_eval(rate)
        with np.errstate(invalid="ignore"):
            out = scaled(x.copy(order="K"), scale)
        if math.isinf(scale):
            out[x == 0] = 0
        return out

    def apply_backward(self, grad: Numbers, mask: Mask, rate: float) -> Floats:
        """Return the gradient with respect to the input of the layer, as this convention has it.

        Parameters
        ----------
        grad : numpy.ndarray
            Gradient of the loss with respect to the output while training, any shape.
        mask : numpy.ndarray of bool
            The mask of the forward pass; must broadcast to the shape of `grad`.
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        numpy.ndarray
            ``grad * mask * s_backward``, a new array in the dtype of `grad`; zeros at rate 1.

        Raises
        ------
        TypeError
            If `grad` is not a numeric array or `mask` not a boolean one.
        ValueError
            If `mask` does not fit `grad`, or `rate` lies outside [0, 1].
        """
        return _masked(grad, mask, check.rate(rate), self.s_backward(rate), "grad")

    def train_mean(self, x: Numbers, rate: float) -> Doubles:
        """Return the exact mean of `apply_training` over all masks, by enumeration.

        Parameters
        ----------
        x : numpy.ndarray
            Activations of a few units, one-dimensional, at most 20.
        rate : float
            Probability of dropping, ``0 <= rate <= 1``.

        Returns
        -------
        numpy.ndarray of float64
            One mean per unit: ``sum over masks of P(mask) * apply_training(x, mask, rate)``.

        Raises
        ------
        TypeError
            If `x` is not a numeric array.
        ValueError
            If `x` is not one-dimensional or has too many units, or `rate` lies outside [0, 1].

        Examples
        --------
        >>> CONVENTIONS["classic"].train_mean(np.array([1.0, 2.0]), 0.5)
        array([0.5, 1. ])
        """
        x = check.numbers(x, "x", "units")
        if not 1 <= len(x) <= MAX_UNITS:
            raise ValueError(f"x must hold 1 to {MAX_UNITS} units, got {len(x)}")
        masks, probabilities = all_masks(len(x), rate)
        return probabilities @ self.apply_training(np.broadcast_to(x, masks.shape), masks, rate)


def convention_named(convention: Convention | str) -> Convention:
    """Return a convention given itself or its name, or raise."""
    if isinstance(convention, Convention):
        return convention
    return CONVENTIONS[check.choice(convention, "convention", CONVENTIONS)]


def _scale(rate: float, keep_power: int, rate_power: int) -> float:
    """Return ``keep**a * rate**b`` with its limits at rates 0 and 1."""
    rate = check.rate(rate)
    # Never zero times infinity: one of rate and keep is 1 when the other is 0.
    return _power(1.0 - rate, keep_power) * _power(rate, rate_power)


def _power(base: float, exponent: int) -> float:
    """Return ``base**exponent``, with infinity for zero to a negative power."""
    return math.inf if base == 0.0 and exponent < 0 else base**exponent


def _masked(values: Numbers, mask: Mask, rate: float, scale: float, name: str) -> Floats:
    """Return ``values * mask * scale``, and zeros at rate 1."""
    values, mask = check.real_array(values, name), check.mask(mask)
    try:
        mask = np.broadcast_to(mask, values.shape)
    except ValueError as error:
        shape = values.shape
        raise ValueError(f"mask must broadcast to {name}, {shape}, got {mask.shape}") from error
    return masked(values, mask, rate, scale)


CONVENTIONS = {
    name: Convention(name, *factors)  # while training, at inference, backward
    for name, factors in {
        "classic": ("1", "keep", "1"),
        "inverted": ("1/keep", "1", "1/keep"),
        "scale by p": ("1", "rate", "1"),
        "divide at test": ("1", "1/keep", "1"),
        "scale twice": ("1/keep", "keep", "1/keep"),
        "never scale": ("1", "1", "1"),
        "backward unscaled": ("1/keep", "1", "1"),
    }.items()
}
"""Name to convention, the two right ones first: the choices of a drop-down menu."""
