"""Which convention a layer follows: the three-line test of chapter 3, asked of any layer."""

import copy
import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check
from dropout_lab.audit.passes import untouched
from dropout_lab.audit.report import Finding
from dropout_lab.conventions import CONVENTIONS, Convention

if TYPE_CHECKING:
    import torch

__all__ = ["Diagnosis", "diagnose"]

RATES = (0.2, 0.7)  # at 1/2 keep and rate are one number, and mistakes hide
PASSES = 15


class Diagnosis(NamedTuple):
    """What `diagnose` says of a layer."""

    convention: str | None
    right: bool
    ratios: tuple[float, ...]
    why: str


class _Seen(NamedTuple):
    """What a layer makes of ones at one rate."""

    keep: float
    noise: float  # standard error of the share that is kept, and of the mean over the latter
    ratio: float  # of the output at inference to the mean while training
    spread: float
    # On all units at inference, on what is kept while training, on its gradient.
    factors: tuple[float | None, ...]
    backward: bool | None


class Run(Protocol):
    """A pass of ones through a layer: what comes out, and the gradient of its sum."""

    def __call__(self, rate: float, training: bool) -> tuple[NDArray[Any], NDArray[Any] | None]: ...


def diagnose(layer: object, shape: tuple[int, ...] = (100, 100)) -> Diagnosis:
    """Say where a dropout layer puts its factor.

    The layer gets ones, at two rates, in evaluation and 15 times in training mode. What is not
    zero was kept. The output at inference divided by the mean while training must be 1, and the
    gradient must take the way of the forward pass.

    Parameters
    ----------
    layer : torch.nn.Module, keras.Layer or object
        Its attribute ``p`` or ``rate`` is the probability of dropping, and can be set. Any other
        object has ``forward`` or can be called with an array, and is told the mode by an
        argument ``training`` or by methods ``train`` and ``eval``. Its ``backward(grad)`` is
        asked, if there is one. The layer is as before afterwards.
    shape : tuple of int
        Shape of the input, ``(n, c, h, w)`` for a layer that drops whole maps.

    Returns
    -------
    Diagnosis
        A named tuple: `convention`, a name from `dropout_lab.conventions.CONVENTIONS`, or None
        if the layer follows none of them; `right`, whether mean and gradient are right, as with
        Gaussian noise they may be without a name; `ratios`, the output at inference divided by
        the mean while training at rates 0.2 and 0.7; and `why`, a sentence with the numbers.
        Where the gradient could not be asked, "inverted" may be "backward unscaled" too.

    Raises
    ------
    TypeError
        If `shape` does not hold whole numbers.
    ValueError
        If the layer cannot be diagnosed; the message says what stands in the way.

    See Also
    --------
    dropout_lab.audit.audit : Looks through a whole model.
    dropout_lab.conventions.CONVENTIONS : The conventions that it knows.

    Examples
    --------
    >>> from dropout_lab import Dropout
    >>> diagnose(Dropout(0.5, np.random.default_rng(0))).convention
    'inverted'
    """
    shape = check.shape(shape)
    rate = rate_name(layer)
    if rate is None:
        raise ValueError(f"layer must have a rate between 0 and 1 as p or rate, got {layer!r:.80}")
    with untouched(layer):
        try:
            run = _runner(layer, rate, shape)
            seen = [_look(run, value) for value in RATES]
        except ValueError:
            raise
        except Exception as error:  # whatever somebody else's layer may raise
            said = f"{type(error).__name__}: {error}"
            raise ValueError(f"layer must run on ones of shape {shape}, got {said}") from error
    if np.isclose(seen[0].spread, seen[1].spread, rtol=0.1):
        what = "drops alike" if seen[0].spread else "drops nothing"
        raise ValueError(f"layer must follow its {rate}; it {what} at {RATES[0]} and {RATES[1]}")
    return _judge(seen)


def rate_name(layer: object) -> str | None:
    """Return the name under which a layer keeps its rate, or None."""
    for name in ("p", "rate"):
        value = getattr(layer, name, None)
        if check.is_real(value) and 0 <= value <= 1:
            return name
    return None


def scale(
    place: str, layer: object, shape: tuple[int, ...], unchecked: list[str]
) -> Iterator[Finding]:
    """Yield whether the scale of a layer is wrong, if it can be said."""
    try:
        said = diagnose(layer, shape)
        if not said.right:
            yield Finding("wrong-scale", place, f"{said.convention or 'the layer'}: {said.why}")
    except ValueError as error:
        unchecked.append(f"the scale at {place}: {error}")


def _judge(seen: Sequence[_Seen]) -> Diagnosis:
    """Return the diagnosis of a layer seen at all rates."""
    gradient = [one.backward for one in seen]
    means = [abs(1 - one.ratio) <= 0.02 + 6 * one.noise for one in seen]
    right = all(means) and False not in gradient
    fits = (
        name
        for name, convention in CONVENTIONS.items()
        if all(_fits(convention, rate, one) for rate, one in zip(RATES, seen, strict=True))
    )
    name = next(fits, None)
    low, high = (f"{one.ratio:.3g} at rate {rate}" for rate, one in zip(RATES, seen, strict=True))
    why = f"inference divided by the mean while training is {low} and {high}, and should be 1"
    if False in gradient:
        why += "; the gradient does not go the way of the forward pass"
    elif None in gradient:
        why += "; the gradient could not be asked"
    if name is None:
        why += "; it is none of the seven conventions"
    else:
        right = CONVENTIONS[name].right
    return Diagnosis(name, right, tuple(float(one.ratio) for one in seen), why)


def _fits(convention: Convention, rate: float, seen: _Seen) -> bool:
    """Say whether a layer follows a convention at a rate."""
    expected = convention.s_eval(rate), convention.s_train(rate), convention.s_backward(rate)
    return bool(abs(seen.keep - (1 - rate)) <= 0.01 + 6 * seen.noise) and all(
        found is None or np.isclose(found, right, rtol=1e-3)
        for found, right in zip(seen.factors, expected, strict=True)
    )


def _look(run: Run, rate: float) -> _Seen:
    """Return what a layer makes of ones at one rate."""
    rest, _ = run(rate, training=False)
    if not np.allclose(rest, rest.flat[0], rtol=1e-4) or not rest.flat[0]:
        raise ValueError(
            "layer must multiply all units by one number in evaluation mode; of ones it made "
            f"numbers from {rest.min():.3g} to {rest.max():.3g}"
        )
    passes = [run(rate, training=True) for _ in range(PASSES)]
    out = np.stack([one for one, _ in passes])
    kept = out != 0
    if not kept.any():
        raise ValueError(f"layer must keep something at rate {rate}; it dropped everything")
    gradients = [gradient for _, gradient in passes if gradient is not None]
    back = np.stack(gradients) if gradients else None
    multiplied = back is not None and np.allclose(back, out, rtol=1e-3)  # of ones
    if kept.all() and not multiplied:
        raise ValueError("layer must set what it drops to zero, or multiply by noise")
    factors = [rest.flat[0], _constant(out[kept]), None]
    if back is not None:
        factors[2] = _constant(back[kept]) if not back[~kept].any() else np.nan
    each = out.reshape(PASSES, -1).mean(axis=1)
    mean = each.mean()
    return _Seen(
        keep=kept.mean(),
        noise=each.std(ddof=1) / abs(mean) / PASSES**0.5,
        ratio=rest.flat[0] / mean,
        spread=out.std() / abs(mean),
        factors=tuple(factors),
        backward=None if back is None else multiplied,
    )


def _constant(values: NDArray[Any]) -> float:
    """Return the number that all values are, or NaN."""
    return float(values[0]) if np.allclose(values, values[0], rtol=1e-3) else np.nan


def _runner(layer: Any, name: str, shape: tuple[int, ...]) -> Run:
    """Return a function of rate and mode that returns output and gradient of a layer on ones."""
    if isinstance(layer, getattr(sys.modules.get("keras"), "Layer", ())):
        from dropout_lab.audit.in_keras import runner

        return runner(layer, name, shape)
    layer = copy.deepcopy(layer)
    if "torch" in sys.modules and isinstance(layer, sys.modules["torch"].nn.Module):
        return _torch_runner(layer, name, shape)
    call = getattr(layer, "forward", layer)
    told = "training" in inspect.signature(call).parameters
    if not told and not (hasattr(layer, "train") and hasattr(layer, "eval")):
        raise ValueError("layer must be told the mode, by training= or by train() and eval()")

    def run(rate: float, training: bool) -> tuple[NDArray[Any], NDArray[Any] | None]:
        setattr(layer, name, rate)
        if not told:
            layer.train() if training else layer.eval()
        out = call(np.ones(shape), **({"training": training} if told else {}))
        back = layer.backward(np.ones(shape)) if hasattr(layer, "backward") else None
        return _arrays(out, back, shape)

    return run


def _torch_runner(layer: "torch.nn.Module", name: str, shape: tuple[int, ...]) -> Run:
    """Return `_runner` of a copy of a PyTorch module."""
    import torch

    torch.manual_seed(0)  # `untouched` puts it back

    def run(rate: float, training: bool) -> tuple[NDArray[Any], NDArray[Any] | None]:
        setattr(layer, name, rate)
        layer.train(training)
        with torch.enable_grad():
            x = torch.ones(shape, requires_grad=True)
            out = layer(x * 1.0)  # which it may change in place
            back = None
            if out.requires_grad:
                (back,) = torch.autograd.grad(out.sum(), x)
        return _arrays(out.detach().numpy(), None if back is None else back.numpy(), shape)

    return run


def _arrays(
    out: Any, back: Any, shape: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return output and gradient as arrays, or raise unless they have the input's shape."""
    out, back = np.asarray(out), None if back is None else np.asarray(back)
    if out.shape != shape or (back is not None and back.shape != shape):
        raise ValueError(f"layer must keep the shape of its input, {shape}, got {out.shape}")
    return out, back
