"""The regularizers dropout is compared with: penalties on the weights, a limit to their norm."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dropout_lab import _checks as check
from dropout_lab._types import Floats

if TYPE_CHECKING:
    import torch

__all__ = ["Regularizer", "clip_norms"]


def clip_norms(weights: ArrayLike, max_norm: float) -> Floats:
    """Scale down the incoming weights of every unit whose norm exceeds a limit.

    Parameters
    ----------
    weights : array_like of float
        Shape ``(inputs, units)``: one column for each unit, as in `dropout_lab.network.MLP`.
        Floating dtypes are kept, integers become float64.
    max_norm : float
        The limit c, greater than 0.

    Returns
    -------
    numpy.ndarray
        The nearest weights whose columns have a Euclidean norm of at most `max_norm`: columns
        that are short enough are returned as they are, the others divided by norm / c.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    Regularizer : Max-norm and others, for training.

    References
    ----------
    Srebro and Shraibman (2005), COLT; Srivastava et al. (2014), JMLR 15, section 5.1.

    Examples
    --------
    >>> clip_norms([[3.0, 0.3], [4.0, 0.4]], 2.5)
    array([[1.5, 0.3],
           [2. , 0.4]])
    """
    max_norm = check.number(max_norm, "max_norm", positive=True)
    weights = check.real_array(weights, "weights", "inputs, units", sequence=True)
    norms = np.hypot.reduce(weights, axis=0, dtype=np.float64)  # no square that overflows
    return weights * (max_norm / np.maximum(norms, max_norm)).astype(weights.dtype)


@dataclass(frozen=True)
class Regularizer:
    """What `dropout_lab.training.fit_torch` does to the weights besides following the loss.

    Penalties are added to the loss: ``l1`` times the sum of all absolute weights, and ``l2 / 2``
    times the sum of their squares. The limit is enforced after every step. Biases are left alone.

    Parameters
    ----------
    l1, l2 : float, default 0.0
        Strengths of the penalties.
    max_norm : float, optional
        Limit to the norm of the incoming weights of each unit, of output units too. By default
        there is none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    Notes
    -----
    The gradient of the penalties passes through Adam like that of the loss:
    this is the penalty of the textbooks, not the decoupled decay of AdamW.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, Table 9. Loshchilov and Hutter (2019), ICLR: decoupled decay.

    Examples
    --------
    >>> Regularizer(l2=1e-4, max_norm=3.0)
    Regularizer(l1=0.0, l2=0.0001, max_norm=3.0)
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        kept = {name: check.number(getattr(self, name), name, minimum=0) for name in ("l1", "l2")}
        if self.max_norm is not None:
            kept["max_norm"] = check.number(self.max_norm, "max_norm", positive=True)
        self.__dict__.update(kept)  # Python's numbers, which PyTorch asks for

    def add_gradients(self, parameters: "Iterable[torch.nn.Parameter]") -> None:
        """Add the gradients of the penalties to those of the loss.

        Parameters
        ----------
        parameters : iterable of torch.nn.Parameter
            Those with two axes or more are weights, the unit first, as in PyTorch's layers.
            Parameters without a gradient are left alone.

        Raises
        ------
        TypeError
            If `parameters` holds anything else.
        """
        for weight in _weights(parameters):
            if self.l2:
                weight.grad.add_(weight.detach(), alpha=self.l2)
            if self.l1:
                weight.grad.add_(weight.detach().sign(), alpha=self.l1)

    def project(self, parameters: "Iterable[torch.nn.Parameter]") -> None:
        """Bring the incoming weights of every unit back to a norm of at most `max_norm`.

        Parameters
        ----------
        parameters : iterable of torch.nn.Parameter
            As in `add_gradients`; changed in place.

        Raises
        ------
        TypeError
            If `parameters` holds anything else.
        """
        if self.max_norm is not None:
            for weight in _weights(parameters):
                weight.data.renorm_(2, 0, self.max_norm)


def _weights(parameters: "Iterable[torch.nn.Parameter]") -> "list[torch.nn.Parameter]":
    """Return the weight matrices and filters that were just trained."""
    try:
        return [each for each in parameters if each.grad is not None and each.ndim >= 2]
    except (AttributeError, TypeError) as error:
        wanted = "an iterable of torch.nn.Parameter"
        raise TypeError(f"parameters must be {wanted}, got {parameters!r:.80}") from error
