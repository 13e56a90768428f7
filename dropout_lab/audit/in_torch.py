"""What an audit asks of a PyTorch module."""

import copy
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dropout_lab.audit.passes import Arrays, Rated, same, silent
from dropout_lab.audit.report import Finding
from dropout_lab.audit.scaling import rate_name, scale

if TYPE_CHECKING:
    import torch

Shapes = dict[str, tuple[int, ...]]  # of what each layer was given

# Where a function has its rate, how large it is if nobody says, and whether it then drops.
FOLLOWED = ("dropout", "dropout1d", "dropout2d", "dropout3d")  # the others keep variances
DROPS = dict.fromkeys(FOLLOWED, (1, 0.5, True))
DROPS |= dict.fromkeys(("alpha_dropout", "feature_alpha_dropout"), (1, 0.5, False))
DROPS["scaled_dot_product_attention"] = (4, 0.0, True)

AXES = {"dropout1d": 3, "dropout2d": 4, "dropout3d": 4}  # least number; PyTorch adds a batch axis

# Functions behind which a dropped unit is still one unit, and as a rule still zero.
CARRIES = {
    *("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "elu", "gelu", "silu", "mish", "tanh"),
    *("hardswish", "hardtanh", "sigmoid", "softmax", "log_softmax", "mul", "mul_", "div", "div_"),
    *("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose"),
    *("contiguous", "clone", "to", "float", "double", "half", "__get__", "__getitem__", "__rmul__"),
}
MARK = "_dropped_by"  # an attribute of tensors that come out of dropout
NEEDED = "order of layers, evaluation mode and the scale of your own layers: they need an example"


class Call(NamedTuple):
    """A call of a function that drops."""

    place: str
    function: str
    rate: float
    on: bool
    shape: tuple[int, ...]


def look(
    model: "torch.nn.Module", example: Any, monte_carlo: bool, unchecked: list[str]
) -> Iterator[Finding]:
    """Yield what is wrong with a module, see `audit`; add to what is `unchecked`."""
    rated = list(_rated(model))
    for place, module, name in rated:
        yield from _structure(place, module, getattr(module, name), model, monte_carlo)
    shapes: Shapes = {}
    if example is None:
        unchecked.append(NEEDED)
    else:
        try:
            yield from _run(model, example, unchecked, shapes)
            if monte_carlo:
                yield from _monte_carlo(model, example)
        except Exception as error:  # whatever somebody else's module may raise
            said = f"{type(error).__name__}: {error}"
            unchecked.append(f"what a pass shows: it stopped with {said:.300}")
    for place, module, _ in rated:
        if _is_foreign(module) and place in shapes:
            yield from scale(place, module, shapes[place], unchecked)


def _rated(model: "torch.nn.Module") -> Iterator[Rated]:
    """Yield place, module and name of the rate of all modules that drop."""
    from torch import nn
    from torch.nn.modules.dropout import _DropoutNd  # what all dropout layers derive from

    for place, module in model.named_modules():
        has_its_own = isinstance(module, nn.MultiheadAttention | nn.RNNBase)
        name = "dropout" if has_its_own else None
        if isinstance(module, _DropoutNd) or _is_foreign(module):
            name = rate_name(module)
        if name is not None:
            yield place or "(model)", module, name


def _is_foreign(module: "torch.nn.Module") -> bool:
    """Say whether a module seems to be somebody's own layer of dropout and nothing else."""
    kind = type(module)
    named = "drop" in kind.__name__.lower() and not kind.__module__.startswith("torch.")
    alone = not [*module.parameters(), *module.children()]
    return named and alone and rate_name(module) is not None


def _structure(
    place: str, module: "torch.nn.Module", rate: float, model: "torch.nn.Module", monte_carlo: bool
) -> Iterator[Finding]:
    """Yield what a module shows that stands still."""
    from torch import nn

    if isinstance(module, nn.RNNBase) and module.num_layers == 1:
        if rate > 0:
            kind = type(module).__name__
            why = f"dropout={rate:g} acts between stacked layers, and this {kind} has one"
            yield Finding("drops-nothing", place, why)
    elif rate == 1 and not _is_foreign(module):
        yield Finding("drops-everything", place, "at rate 1 every unit and every gradient is zero")
    elif rate > 0 and module.training and not model.training and not monte_carlo:
        why = f"it drops at rate {rate:g}, while the model as a whole is in evaluation mode"
        yield Finding("left-on", place, why)


def _run(
    model: "torch.nn.Module", example: Any, unchecked: list[str], shapes: Shapes
) -> Iterator[Finding]:
    """Yield what passes of a copy in evaluation mode show."""
    twin = copy.deepcopy(model).eval()
    calls, norms, last = _watch(twin, example, shapes)
    layers = {place for place, _, _ in _rated(twin)}
    for call, norm in norms:
        why = (
            f"dropping at rate {call.rate:g} multiplies variances by at least "
            f"{1 / (1 - call.rate):.3g}; the batch norm {norm} learns them, and in evaluation "
            "mode nothing is dropped"
        )
        yield Finding("before-batch-norm", call.place, why)
    if last:
        why = f"a share of {last.rate:g} of the outputs is replaced by zeros while training"
        yield Finding("on-output", last.place, why)
    for call in calls:
        if len(call.shape) < AXES.get(call.function, 0) and call.rate > 0:
            yield Finding("missing-axis", call.place, _what_falls(call))
        if call.rate == 1 and call.place not in layers:
            yield Finding("drops-everything", call.place, f"{call.function} is called with rate 1")
    first, second = (_pass(twin, example) for _ in range(2))
    if not same(first, second):
        on = [call for call in calls if call.on and 0 < call.rate < 1]
        for call in on:
            why = (
                f"{call.function} drops at rate {call.rate:g} in evaluation mode too: it was not "
                "given training=self.training, or its layer is in a plain list"
            )
            yield Finding("ignores-eval", call.place, why)
        if not on:
            unchecked.append(
                "why two passes in evaluation mode differ: no function of PyTorch drops there, "
                "and something else draws"
            )


def _monte_carlo(model: "torch.nn.Module", example: Any) -> Iterator[Finding]:
    """Yield what stays silent although masks are wanted at prediction time."""
    twin = copy.deepcopy(model)  # without our hooks, which keep transformers off the fused path
    rates = [(one, getattr(one[1], one[2])) for one in _rated(twin)]
    live = [one for one, rate in rates if 0 < rate < 1 and not _has_one_layer(one[1])]
    for place, module, name in live:
        if not module.training:
            rate = getattr(module, name)
            why = f"it has rate {rate:g} and is in evaluation mode: its masks change no answer"
            yield Finding("silent", place, why)
    on = [one for one in live if one[1].training]
    for place in silent(on, partial(_pass, twin, example)):
        why = (
            "it is in training mode, and passes at rate 0.5 agree: attention in evaluation mode, "
            "a fused path or whatever follows ignores its masks"
        )
        yield Finding("silent", place, why)
    if not any(rate for _, rate in rates) and same(_pass(twin, example), _pass(twin, example)):
        yield Finding("silent", "(model)", "two passes agree, and no layer has a rate above 0")


def _has_one_layer(module: "torch.nn.Module") -> bool:
    return getattr(module, "num_layers", 2) == 1


def _pass(module: "torch.nn.Module", example: Any) -> Arrays:
    """Return the arrays that a module makes of an example."""
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arrays = list(_arrays(_ask(module, example)))
    if not arrays:
        raise TypeError("model must return tensors, or a tuple, list or mapping of them")
    return arrays


def _ask(module: "torch.nn.Module", example: Any) -> Any:
    """Call a module with a copy of an example; arrays follow its device and dtype."""
    import torch

    like = next((one for one in module.parameters() if one.is_floating_point()), torch.empty(0))

    def own(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value = torch.as_tensor(value, device=like.device)
            return value.to(like.dtype, copy=True) if value.is_floating_point() else value.clone()
        return value.detach().clone() if isinstance(value, torch.Tensor) else value

    if isinstance(example, Mapping):
        return module(**{name: own(value) for name, value in example.items()})
    return module(*map(own, example if isinstance(example, tuple) else (example,)))


def _arrays(output: Any) -> Iterator[NDArray[Any]]:
    """Yield all tensors of an output as arrays."""
    import torch

    if isinstance(output, torch.Tensor):
        yield output.detach().to("cpu", torch.float64).numpy()
    elif isinstance(output, Mapping | list | tuple):
        for one in output.values() if isinstance(output, Mapping) else output:
            yield from _arrays(one)


def _watch(
    twin: "torch.nn.Module", example: Any, shapes: Shapes
) -> tuple[list[Call], list[tuple[Call, str]], Call | None]:
    """Run a pass in which each function is seen.

    Returns the calls that drop, pairs of such a call and the batch norm that its output reaches,
    and the call whose output is the model's, or None. Fills in the shapes of inputs by place.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    inside: list[str] = []
    calls: list[Call] = []
    norms: list[tuple[Call, str]] = []

    # Types are checked without PyTorch installed, so its classes are unknown to mypy.
    class Watch(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(
            self,
            function: Any,
            types: Any,
            args: tuple[Any, ...] = (),
            kwargs: dict[str, Any] | None = None,
        ) -> Any:
            kwargs = kwargs or {}
            given = [one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor)]
            marks = [getattr(one, MARK, None) for one in given]  # before it may work in place
            out = function(*args, **kwargs)
            name = getattr(function, "__name__", "")
            mark = marks[0] if marks and all(marks) and name in CARRIES else None
            if name in DROPS:
                calls.append(_read(name, args, kwargs, inside[-1], tuple(given[0].shape)))
                if 0 < calls[-1].rate < 1 and name in FOLLOWED:
                    mark = calls[-1]
                out = out.clone()  # in evaluation mode it is the input itself
            elif name == "batch_norm" and marks[0] and (*args, None)[1] is not None:  # statistics
                norms.append((marks[0], inside[-1]))
            if isinstance(out, torch.Tensor) and (mark or hasattr(out, MARK)):
                setattr(out, MARK, mark)
            return out

    def enter(place: str, module: "torch.nn.Module", args: tuple[Any, ...]) -> None:
        inside.append(place or "(model)")
        if args and isinstance(args[0], torch.Tensor) and args[0].is_floating_point():
            shapes[inside[-1]] = tuple(args[0].shape)

    def leave(*_: object) -> None:
        inside.pop()

    for place, module in twin.named_modules():
        module.register_forward_pre_hook(partial(enter, place))
        module.register_forward_hook(leave, always_call=True)
    with torch.no_grad(), Watch(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = _ask(twin, example)
    output = output.get("logits") if isinstance(output, Mapping) else output
    return calls, norms, getattr(output, MARK, None)


def _read(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], place: str, shape: tuple[int, ...]
) -> Call:
    """Return the call of a function that drops."""
    position, rate, on = DROPS[name]
    rest = args[position:]
    rate = kwargs.get("p", kwargs.get("dropout_p", rest[0] if rest else rate))
    if name != "scaled_dot_product_attention":  # which drops whenever it is called
        on = kwargs.get("training", kwargs.get("train", rest[1] if len(rest) > 1 else on))
    return Call(place, name, float(rate), bool(on), shape)


def _what_falls(call: Call) -> str:
    """Return a sentence about what falls together in an input with too few axes."""
    import torch
    from torch.nn import functional

    probe = torch.ones(*[8] * (len(call.shape) - 1), 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = getattr(functional, call.function)(probe, 0.5, True)
    rows = bool((out == out[..., :1]).all())
    falls = "whole rows fall together" if rows else "single numbers fall, not maps"
    return f"{call.function} got an input of shape {call.shape}, which has too few axes: {falls}"
