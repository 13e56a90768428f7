"""Arguments drawn at random, right and hostile ones, for every function that a reader imports.

`test_arguments` lists what each function must refuse; here nothing is known but what is written.
Whatever it is given, a function answers, or raises what its docstring lists under Raises in a
message that names an argument. It changes nothing that it was given and draws nothing if it
raises. Numbers of a sane size lead to finite numbers and to no warning; others may lead to NumPy's
own about overflow and NaN, and to no other.
"""

import importlib
import inspect
import math
import pickle
import pkgutil
import re
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from test_arguments import FUNCTIONS, PUBLIC, arguments, entries

import dropout_lab
from dropout_lab.explorer import explore
from dropout_lab.layer import Dropout
from dropout_lab.sweeps import grid
from dropout_lab.teaching import claim, claims
from dropout_lab.training import perceptron_torch

NAN, INF, TINY = math.nan, math.inf, 5e-324
SANE = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -7.25, 1e-6, 1e6, 0.1)
WILD = (*SANE, NAN, INF, -INF, TINY, -TINY, 1e-310, 1e300, -1.7e308, 65504.0, 3e38, 1e-45)
ENDS = (TINY, np.nextafter(1, 0), np.nextafter(1, 2), np.nextafter(0, -1), -0.0, 0, 1, 0.5)
DTYPES = [
    "f2",
    "f4",
    "f8",
    ">f8",
    "longdouble",
    "i1",
    "u1",
    "i8",
    "u8",
    "?",
    "c16",
    "O",
    "U3",
    "m8[s]",
]
RANGES = ((0, 2), (0, 3), (-1, 2), (-(2**62), 2**62))

# What a reader does not call: what functions return and raise, and what takes TensorFlow ten
# seconds to import and shares its checks with the twin in PyTorch.
RETURNED = {"CardData", "Finding", "Diagnosis", "History", "Mnist", "Report", "Transactions"}
RETURNED |= {"DataUnavailable", "Results"}
IN_KERAS = {"fit_keras", "perceptron_keras"}


def sketch(power=1):
    """Return a figure that takes little time to draw."""
    figure = Figure((1, 1))
    figure.text(0.5, 0.5, f"{power}")
    return figure


def two_classes():
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    return x, np.array([0, 1, 0, 1, 1, 0])


def net():
    return perceptron_torch([3, 4, 2], 0.5, seed=0)


# Right arguments of functions that `test_arguments` leaves out, made anew.
OTHERS = {
    "audit": lambda: {"model": net(), "example": two_classes()[0]},
    "check": lambda: {"name": "mask_mean", "function": lambda x, rate, f: f(x)},
    "claim": lambda: {"text": "So it is", "value": 0.5, "above": 0.25, "unit": " m"},
    "claims": lambda: {"several": claim("So it is", 1, above=0)},
    "click_a_unit": dict,
    "describe": lambda: {"figure": sketch(), "sentence": "One."},
    "diagnose": lambda: {"layer": Dropout(0.5, np.random.default_rng(0)), "shape": (20, 20)},
    "draw_a_digit": lambda: {"digit": 7},
    "explore": lambda: {"draw": sketch, "start": {"power": 2}, "power": range(1, 4)},
    "fit_torch": lambda: (
        {"model": net(), "train": two_classes(), "validation": two_classes()}
        | {"epochs": 1, "seed": 0, "progress": False}
    ),
    "grid": lambda: {"rate": [0.0, 0.5], "seed": [0, 1]},
    "load_creditcard": lambda: {"download": False},
    "load_idx": lambda: {"folder": "here", "dtype": "uint8", "name": "digits"},
    "load_mnist": lambda: {"dtype": "uint8"},
    "load_mnist_or_digits": lambda: {"dtype": "uint8"},
    "load_results": lambda: {"name": "choosing-rates"},
    "perceptron_torch": lambda: {"sizes": (3, 4, 2), "rate": 0.5, "input_rate": 0.1, "seed": 0},
    "predict": lambda: {"question": "How many?", "answer": 3.0, "low": 0.0, "high": 5.0},
    "predict_torch": lambda: {"model": net(), "x": two_classes()[0], "batch_size": 4},
    "quiz": lambda: {"question": "Which?", "options": {"a": "A.", "b": "B."}, "answer": "a"},
    "study_session": lambda: {"rate": 0.35, "seed": 3},
    "Sweep": lambda: {"name": "toy", "description": "A toy.", "cells": [{"seed": 0}], "run": dict},
    "toy_transactions": dict,
    "train_it_here": lambda: {"case": "dropout wins"},
    "type_your_own_layer": lambda: {"convention": "inverted", "rate": 0.4, "choose": True},
}

# Those that take some arguments by place alone, or any names.
CALLED = {
    "claims": lambda several: claims(several),
    "explore": lambda draw, start=None, labels=None, play=None, power=1: explore(
        draw, start=start, labels=labels, play=play, power=power
    ),
    "grid": lambda rate, seed: grid(rate=rate, seed=seed),
}


def imported():
    """Return what the modules of the package list in `__all__` and can be called, by name."""
    homes = [dropout_lab]
    for module in pkgutil.iter_modules(dropout_lab.__path__):
        if not module.name.startswith("_") and module.name not in ("lessons", "results"):
            homes.append(importlib.import_module(f"dropout_lab.{module.name}"))
    named = {name: getattr(home, name) for home in homes for name in getattr(home, "__all__", ())}
    return {name: each for name, each in named.items() if callable(each)}


IMPORTED = imported()
METHODS = [name for name in PUBLIC if "." in name]
NAMES = [*sorted(IMPORTED.keys() - RETURNED - IN_KERAS), *METHODS]


def objects():
    """Return what hardly any function asks for, made anew: some of it can be used up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        matrix = np.matrix([[1.0, 2.0]])
    return (
        *(None, True, False, "", "0.5", "a\0b", "٣", "\ud800", b"1", 1j, object(), np.random),
        *((n for n in (0, 1)), [], (), {}, set(), [[1], [1, 2]], ["a", 1], {"a": 1}, range(3)),
        *(Decimal("0.5"), Fraction(1, 2), np.float16(0.5), np.int8(1), np.True_, np.str_("1")),
        *(np.datetime64("2020-01-01"), np.timedelta64(1, "s"), np.array(0.5), np.array([])),
        *(np.array([None, 1.0]), np.array(["x"]), np.ma.array([1.0, 2.0], mask=[True, False])),
        *(np.zeros(2, "f8,i4"), matrix, np.random.RandomState(0), np.longdouble(0.5)),
        *(-1, 0, 1, 2, 3, 7, *ENDS, *WILD, np.float64(NAN)),
    )


def bent(value, draw):
    """Return an array with other entries, of another dtype, shape or layout than this one."""
    if value.dtype.kind == "b":
        array = draw.random(value.shape) < draw.choice([0, 0.3, 0.7, 1])
    elif value.dtype.kind in "iu":
        array = draw.integers(*RANGES[draw.integers(len(RANGES))], value.shape)
    elif draw.random() < 0.4:
        array = value.copy()
    else:
        array = draw.choice(SANE if draw.random() < 0.5 else WILD, value.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if draw.random() < 0.3 and array.dtype.kind != "i":
            array = array.astype(draw.choice(DTYPES))
    shapes = [array[:0], array[..., :1].squeeze(), array[None], array.T, array[:-1], array[::-1]]
    array = [*shapes, *[array] * 6][draw.integers(12)]
    if array.ndim and draw.random() < 0.2:
        array = np.repeat(array, 2, axis=0)[::2]
    if draw.random() < 0.2:
        array = np.asfortranarray(array)
    array.flags.writeable = draw.random() < 0.5
    return array


def drawn(right, parameters, draw):
    """Return arguments of a function, some of them other than right."""
    chosen = dict(right)
    for parameter in parameters:
        value = right.get(parameter)
        if draw.random() < 0.3:
            others = objects()
            chosen[parameter] = others[draw.integers(len(others))]
        elif isinstance(value, np.ndarray):
            chosen[parameter] = bent(value, draw)
        elif isinstance(value, float) or "rate" in parameter:
            numbers = ENDS if draw.random() < 0.6 else WILD
            chosen[parameter] = numbers[draw.integers(len(numbers))]
        elif isinstance(value, int):  # a huge count would only ask for a huge memory
            counts = (-1, 0, 1, 2, 3, 7, 2**63 if parameter == "seed" else 4)
            chosen[parameter] = counts[draw.integers(len(counts))]
    return chosen


def listed(function):
    """Return the names of the exceptions under Raises in a docstring."""
    parts = re.split(r"\n([A-Z][\w ]+)\n-+\n", inspect.getdoc(function))
    raises = dict(zip(parts[1::2], parts[2::2], strict=True)).get("Raises", "")
    return set(re.findall(r"\w+", " ".join(re.findall(r"^\S.*$", raises, re.M))))


def bytes_of(value):
    """Return a value as bytes; of what cannot be written, such as a function, nothing."""
    if isinstance(value, np.ma.MaskedArray):  # to print one changes it
        return value.tobytes()
    try:
        return pickle.dumps(value)
    except Exception:
        return None


def is_sane(value):
    """Say whether all numbers are finite and neither huge nor tiny, nor as short as float16."""
    if isinstance(value, (list, tuple, dict)):
        return all(map(is_sane, value.values() if isinstance(value, dict) else value))
    try:
        array = np.asarray(value)
        sizes = np.abs(array if array.dtype.kind == "c" else array.astype(float))
    except (TypeError, ValueError, OverflowError):
        return True
    short = getattr(value, "dtype", None) == np.float16
    return bool(((sizes <= 1e6) & ((sizes >= 1e-6) | (sizes == 0))).all()) and not short


def is_finite(result):
    for each in entries(result):
        if each.dtype.kind in "fc" and not np.isfinite(each).all():
            return False
    return True


# Where infinity is the answer, as documented.
INFINITE = {"s_train", "s_eval", "s_backward", "eval_over_train", "gradient_ratio"}
INFINITE = {f"Convention.{name}" for name in INFINITE} | {"Convention.apply_inference"}
INFINITE |= {"Convention.train_mean", "variance_ratio"}

# Those that draw a picture, load images or run a net, of which there are few kinds to try.
DEAR = {"audit", "draw_a_digit", "load_mnist_or_digits", "study_session", "train_it_here"}
DEAR |= {"explore", "type_your_own_layer"}

# What a function is there to change.
CHANGED = {
    "MLP.fit": {"model"},
    "describe": {"figure"},
    "fit_torch": {"model"},
    "Regularizer.add_gradients": {"parameters"},
    "Regularizer.project": {"parameters"},
}


def test_no_function_is_forgotten():
    left_out = RETURNED | IN_KERAS
    assert IMPORTED.keys() == (IMPORTED.keys() & PUBLIC.keys()) | OTHERS.keys() | left_out
    assert not OTHERS.keys() & PUBLIC.keys()


def attempt(name, parameters, seed):
    """Call a function with arguments of which some are drawn, and look at all that follows."""
    function = FUNCTIONS[name]() if name in PUBLIC else IMPORTED[name]
    draw = np.random.default_rng(seed)
    right = arguments(name) if name in PUBLIC else OTHERS[name]()
    chosen = drawn(right, parameters, draw)
    before, sane = {n: bytes_of(value) for n, value in chosen.items()}, is_sane(chosen)
    call = f"{name}: {chosen}"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = CALLED.get(name, function)(**chosen)
            failed = None
        except Exception as error:
            result, failed = None, error
    if failed:
        call = f"{call} raises {failed!r}"
        assert type(failed).__name__ in listed(function), call
        if isinstance(failed, (TypeError, ValueError)):
            named = (name, *PARAMETERS[name])
            assert any(re.search(rf"\b{each}\b", str(failed)) for each in named), call
    for one in warned:
        assert not sane, (call, one)
        assert one.category is RuntimeWarning, (call, one)
        assert "encountered in" in str(one.message), (call, one)
    changed = CHANGED.get(name, set()) | (set() if failed else {"rng"})
    for parameter in chosen.keys() - changed:
        assert bytes_of(chosen[parameter]) == before[parameter], (call, parameter)
    if sane and name not in INFINITE:
        assert is_finite(result), (call, result)


PARAMETERS = {
    name: [*inspect.signature(CALLED.get(name, IMPORTED.get(name, FUNCTIONS.get(name)))).parameters]
    if name not in METHODS
    else [*PUBLIC[name]]
    for name in NAMES
}


@pytest.mark.parametrize("cases", [25, pytest.param(1000, marks=pytest.mark.all)])
@pytest.mark.parametrize("name", NAMES)
def test_any_argument_is_answered_or_refused_by_name(name, cases, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path))
    if not PARAMETERS[name]:
        attempt(name, [], 0)
        return
    if name in DEAR:
        cases //= 10
    some = st.lists(st.sampled_from(PARAMETERS[name]), min_size=1, max_size=3, unique=True)
    fuzzed = given(st.just(name), some, st.integers(0, 2**32 - 1))(attempt)
    settings(max_examples=cases)(fuzzed)()
