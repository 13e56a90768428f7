"""What an audit asks of a Keras model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from dropout_lab.audit.passes import Arrays, Rated, same, silent
from dropout_lab.audit.report import Finding
from dropout_lab.audit.scaling import Run, rate_name, scale

if TYPE_CHECKING:
    import keras

Seen = tuple[Any, NDArray[Any], NDArray[Any]]  # a layer, what went in, what came out

# Layers and operations behind which a dropped unit is still one unit, and as a rule still zero.
CARRIES = {
    *("activation", "relu", "leakyrelu", "elu", "gelu", "softmax", "logsoftmax", "sigmoid", "tanh"),
    *("silu", "flatten", "reshape", "permute", "transpose", "squeeze", "expanddims", "getitem"),
    "identity",
}


def look(
    model: "keras.Layer", example: Any, monte_carlo: bool, unchecked: list[str]
) -> Iterator[Finding]:
    """Yield what is wrong with a model, see `audit`; add to what is `unchecked`."""
    from keras import layers

    rated = list(_rated(model))
    for place, owner, name in rated:
        if getattr(owner, name) == 1 and isinstance(owner, layers.GRUCell | layers.LSTMCell):
            yield Finding("drops-nothing", place, f"Keras takes {name}=1 here for no dropout")
        elif getattr(owner, name) == 1 and not _is_foreign(owner):
            yield Finding("drops-everything", place, f"at {name}=1 every number is zero")
    yield from _seeds(rated)
    shapes: dict[int, tuple[int, ...]] = {}
    if example is None:
        unchecked.append("inference, and the scale of your own layers: they need an example")
    else:
        try:
            yield from _run(model, example, monte_carlo, unchecked, shapes)
            yield from _off_in_fit(model, example, rated)
            if monte_carlo:
                yield from _monte_carlo(model, example)
        except Exception as error:  # whatever somebody else's model may raise
            said = f"{type(error).__name__}: {error}"
            unchecked.append(f"what a pass shows: it stopped with {said:.300}")
    if _nodes(model):
        yield from _graph(model, monte_carlo)
        drop = _source(model.outputs[0]) if len(model.outputs) == 1 else None
        if drop:
            why = f"a share of {drop.rate:g} of the outputs is replaced by zeros while training"
            yield Finding("on-output", drop.name, why)
    else:
        unchecked.append("order of layers: a subclassed model, or one not yet built, has no graph")
    for place, owner, _ in rated:
        if _is_foreign(owner) and id(owner) in shapes:
            yield from scale(place, owner, shapes[id(owner)], unchecked)


def runner(layer: "keras.Layer", name: str, shape: tuple[int, ...]) -> Run:
    """Return a function of rate and mode that returns output and gradient of a layer on ones.

    The gradient is None on another backend than TensorFlow.
    """
    import keras

    def run(rate: float, training: bool) -> tuple[NDArray[Any], NDArray[Any] | None]:
        before, ones = getattr(layer, name), keras.ops.ones(shape)
        setattr(layer, name, rate)
        try:
            if keras.backend.backend() != "tensorflow":
                return _array(layer(ones, training=training)), None
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(ones)
                out = layer(ones, training=training)
            return _array(out), _array(tape.gradient(out, ones))
        finally:
            setattr(layer, name, before)

    return run


def _array(tensor: Any) -> NDArray[Any]:
    import keras

    return np.array(keras.ops.convert_to_numpy(tensor))  # a copy: some backends share memory


def _is_dropout(layer: object) -> bool:
    """Say whether a layer is one of Keras's own that drop."""
    from keras import layers

    return isinstance(layer, layers.Dropout | layers.GaussianDropout | layers.AlphaDropout)


def _is_foreign(layer: "keras.Layer") -> bool:
    """Say whether a layer seems to be somebody's own layer of dropout and nothing else."""
    kind = type(layer)
    named = "drop" in kind.__name__.lower() and not kind.__module__.startswith("keras.")
    return named and not layer.weights and not layer._layers and rate_name(layer) is not None


def _rated(model: "keras.Layer") -> Iterator[Rated]:
    """Yield place, owner and name of all rates in a model."""
    from keras import layers

    for layer in model._flatten_layers():
        if isinstance(layer, layers.RNN):
            for name in ("dropout", "recurrent_dropout"):
                if hasattr(layer.cell, name):
                    yield layer.name, layer.cell, name
        elif (_is_dropout(layer) or _is_foreign(layer)) and (own := rate_name(layer)):
            yield layer.name, layer, own


def _seeds(rated: Sequence[Rated]) -> Iterator[Finding]:
    """Yield layers that draw the same masks because they were given one integer."""
    layers = [owner for _, owner, _ in rated if _is_dropout(owner) and 0 < owner.rate < 1]
    for first, second in combinations(layers, 2):
        if isinstance(first.seed, int) and first.seed == second.seed:
            why = f"it has the seed {first.seed} of {first.name}: both draw one mask at every call"
            yield Finding("same-seed", second.name, why)


def _graph(model: "keras.Model", monte_carlo: bool) -> Iterator[Finding]:
    """Yield what the graph of a functional or sequential model shows."""
    import keras

    for node in _nodes(model):
        layer, told = node.operation, node.arguments.kwargs.get("training")
        if isinstance(layer, keras.Model):
            yield from _graph(layer, monte_carlo)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:  # or frozen
            drop = _source(node.arguments.keras_tensors[0])
            if drop:
                why = (
                    f"dropping at rate {drop.rate:g} multiplies variances by at least "
                    f"{1 / (1 - drop.rate):.3g}; the batch norm {layer.name} learns them, and at "
                    "inference nothing is dropped"
                )
                yield Finding("before-batch-norm", drop.name, why)
        if told is True and not monte_carlo and isinstance(layer, keras.Layer):
            rates = [getattr(owner, name) for _, owner, name in _rated(layer)]
            if any(rates):
                why = f"it is called with training=True and drops at rate {max(rates):g}"
                yield Finding("left-on", layer.name, f"{why} in model(x), though not in predict")


def _nodes(model: "keras.Layer") -> list[Any]:
    """Return the calls in a functional or sequential model; otherwise there are none."""
    model = getattr(model, "_functional", None) or model
    return [node for nodes in getattr(model, "_nodes_by_depth", {}).values() for node in nodes]


def _source(tensor: Any) -> Any:
    """Return the layer of dropout that a tensor comes from, or None."""
    import keras

    layer, index, _ = tensor._keras_history
    if isinstance(layer, keras.layers.Dropout):  # alpha dropout keeps variances
        return layer if 0 < layer.rate < 1 else None
    if isinstance(layer, keras.Model) and len(getattr(layer, "outputs", ())) == 1:
        return _source(layer.outputs[0])
    inputs = layer._inbound_nodes[index].arguments.keras_tensors
    carries = type(layer).__name__.lower() in CARRIES and len(inputs) == 1
    return _source(inputs[0]) if carries else None


def _run(
    model: "keras.Layer",
    example: Any,
    monte_carlo: bool,
    unchecked: list[str],
    shapes: dict[int, tuple[int, ...]],
) -> Iterator[Finding]:
    """Yield what two passes at inference show."""
    if not model.built:
        model(example)  # while it is built, its layers are called with symbols
    passes = []
    for _ in range(2):
        with _watched() as seen:
            output = _pass(model, example, training=False)
        passes.append((output, seen))
    (first, one), (second, other) = passes
    guilty = []
    for (layer, x, out), (_, x_again, again) in zip(one, other, strict=False):
        shapes.setdefault(id(layer), x.shape)
        if out.shape != x.shape or any(inner in guilty for inner in layer._flatten_layers()):
            continue
        fell = (out == 0) & (x != 0)
        if np.array_equal(x, x_again) and not np.array_equal(out, again) and fell.any():
            guilty.append(layer)
            share = f"drops {fell.mean():.0%} of its input at inference"
            if not _is_dropout(layer):
                yield Finding("ignores-eval", layer.name, f"it {share}, whatever training says")
            elif not monte_carlo:
                why = f"it is called with training=True and {share}"
                yield Finding("left-on", layer.name, why)
    if not guilty and not same(first, second):
        unchecked.append("why two passes at inference differ: something draws, and no layer drops")


def _off_in_fit(model: "keras.Layer", example: Any, rated: Sequence[Rated]) -> Iterator[Finding]:
    """Yield layers that no step of ``fit`` tells to drop: their model's call has no `training`."""
    import keras

    stepped = getattr(type(model), "train_step", None) is keras.Model.train_step
    if not stepped or model._call_has_training_arg:
        return
    # As `fit` asks such a model, and as it should.
    untold, told = (partial(_pass, model, example, training=how) for how in (None, True))
    if same(untold(), untold()) and not same(told(), told()):
        for place, owner, name in rated:
            if 0 < getattr(owner, name) < 1:
                why = "call() of the model takes no training, so fit trains it without dropout"
                yield Finding("off-in-fit", place, why)


def _monte_carlo(model: "keras.Layer", example: Any) -> Iterator[Finding]:
    """Yield what stays silent although masks are wanted at prediction time."""
    ask = partial(_pass, model, example, training=True)
    rates = [(one, getattr(one[1], one[2])) for one in _rated(model)]
    live = [one for one, rate in rates if 0 < rate < 1]
    for place in silent(live, ask):
        why = "passes with training=True and rate 0.5 agree: its masks change no answer"
        yield Finding("silent", place, why)
    if not any(rate for _, rate in rates) and same(ask(), ask()):
        yield Finding("silent", "(model)", "two passes agree, and no layer has a rate above 0")


def _pass(model: "keras.Layer", example: Any, training: bool | None) -> Arrays:
    """Return the arrays that a model makes of an example."""
    import keras

    return [_array(one) for one in keras.tree.flatten(model(example, training=training))]


@contextmanager
def _watched() -> Iterator[list[Seen]]:
    """Yield a list that fills with layer, input and output of each call of a layer."""
    import keras

    seen, call = [], keras.Layer.__call__

    def watch(self: "keras.Layer", *args: Any, **kwargs: Any) -> Any:
        out = call(self, *args, **kwargs)
        if args and keras.ops.is_tensor(args[0]) and keras.ops.is_tensor(out):
            seen.append((self, _array(args[0]), _array(out)))
        return out

    with mock.patch.object(keras.Layer, "__call__", watch):
        yield seen
