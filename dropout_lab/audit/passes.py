"""Passes through somebody else's model that leave no trace, and what two of them say."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]
Rated = tuple[str, Any, str]  # a place, who stands there, and what its rate is called

TRIES = 30  # passes at rate 1/2 that may agree by chance
OFF = 1e-9  # so rare that it never happens; a rate of 0 would lead some layers another way


@contextmanager
def untouched(model: object) -> Iterator[None]:
    """Put back the generators of Python, NumPy, PyTorch and Keras, and a Keras model's own state.

    A PyTorch module is not run itself, only copies of it.
    """
    torch, keras = sys.modules.get("torch"), sys.modules.get("keras")
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002, others use it
        if torch:
            started = torch.cuda.is_initialized()  # a GPU nobody used has no state to keep
            devices = range(torch.cuda.device_count()) if started else ()
            stack.enter_context(torch.random.fork_rng(devices=devices))
        if keras:
            # No public name leads to the generator of whoever names no seed.
            from keras.src.backend.common import global_state

            name = "global_seed_generator"
            generator = global_state.get_global_attribute(name)
            stack.callback(global_state.set_global_attribute, name, generator)
            changing = [] if generator is None else [generator.state]
            if isinstance(model, keras.Layer):  # statistics, and the states of its seeds
                changing += [one for one in model.variables if not one.trainable]
            for one in changing:
                stack.callback(one.assign, np.array(one.numpy()))
        yield


def same(first: Arrays, second: Arrays) -> bool:
    """Say whether two passes gave the same arrays."""
    pairs = zip(first, second, strict=True)
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def silent(rated: Sequence[Rated], ask: Callable[[], Arrays]) -> Iterator[str]:
    """Yield the places whose masks, drawn at rate 1/2 with all others off, change no output.

    `rated` has place, owner and attribute of each rate; `ask` returns the arrays of a new pass.
    """
    before = [(owner, name, getattr(owner, name)) for _, owner, name in rated]
    try:
        for place, owner, name in rated:
            for other, attribute, _ in before:
                setattr(other, attribute, OFF)
            setattr(owner, name, 0.5)
            first = ask()
            if all(same(first, ask()) for _ in range(TRIES)):
                yield place
    finally:
        for owner, name, rate in before:
            setattr(owner, name, rate)
