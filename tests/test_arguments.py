"""Arguments: what every public function of the core refuses by name, and in which dtype it counts.

A walk over these functions and their signatures, and over some that deal with data and trainings.
A parameter has one right value and is wrong in the same ways wherever it occurs, so that both are
listed by its name; what is special about a function is listed with it. The checks themselves are
tested in `test_checks`.
"""

import dataclasses
import importlib
import inspect
import math
from functools import partial

import numpy as np
import pytest

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.data import make_transactions, stratified_split, time_split
from dropout_lab.data.transactions import transaction_evidence
from dropout_lab.layer import Dropout
from dropout_lab.network import MLP
from dropout_lab.regularizers import Regularizer
from dropout_lab.study_group import FRIENDS
from dropout_lab.training.data import Settings
from dropout_lab.training.start import initial_weights

MODULES = (
    *("layer", "masks", "conventions", "network", "study_group", "ensemble", "ridge"),
    *("uncertainty", "detection", "intervals", "regularizers", "family"),
)
FURTHER = (make_transactions, transaction_evidence, stratified_split, time_split)
FURTHER += (Settings, initial_weights)
NAN, INF = math.nan, math.inf


def numbers(*rows):
    """Return an array that nobody may write to."""
    array = np.array(rows, float)
    array.flags.writeable = False
    return array


# Numbers that all dtypes hold, and whose squares and sums most do not.
BIG = numbers([100, 27, 5], [3, 110, 64], [90, 1, 120])
ROW, LAYER, ONES = numbers(100, 3, 90), numbers([100, 90], [120, 1], [5, 64]), np.ones((3, 3))
FILM = numbers([[100, 90, 3, 7], [120, 1, 9, 11], [5, 64, 99, 2], [8, 8, 8, 8]])
SURE, LABELS, KEPT = numbers([0, 1], [1, 0], [0, 1]), np.array([1, 0, 1]), BIG > 50


def net(*sizes):
    return MLP(sizes or (3, 4, 2), np.random.default_rng(0), rate=0.5)


def used_layer():
    layer = Dropout(0.5, np.random.default_rng(0))
    layer.forward(BIG)
    return layer


# What methods are asked of.
OWNERS = {
    "Convention": lambda: CONVENTIONS["inverted"],
    "Dropout": used_layer,
    "MLP": net,
    "Regularizer": lambda: Regularizer(l1=1, max_norm=1),
    "StudyGroup": lambda: FRIENDS,
}

# Right values of what must be given, by the name of the parameter; of some functions their own.
RIGHT = (
    {"answers": ROW, "batch": 2, "block": 2, "budget": 1, "columns": 3, "count": 2, "epochs": 2}
    | {"features": BIG, "fraud_rate": 0.1, "gain": 1, "grad": BIG, "group": FRIENDS, "half": 0}
    | {"hidden": BIG, "input_rate": 0, "labels": LABELS, "last_rate": 1, "layers": 3}
    | {"log_odds": ROW, "logits": BIG, "mask": KEPT, "masks": [np.eye(5, 4) > 0], "max_norm": 50}
    | {"n": 2, "names": ("a", "b"), "p": SURE, "passes": 2, "penalty": 0, "q": SURE, "rate": 0.5}
    | {"prices": numbers(1, 2, 3), "recalls": [1], "rows": 4, "samples": 2, "scores": ROW}
    | {"score": lambda x: (x * x).sum(axis=1), "seed": 0, "sessions": 1, "shape": (4, 5)}
    | {"sigmas": numbers(1, 2), "sizes": (3, 4, 2), "temperature": 0.1, "update": BIG}
    | {"views": BIG, "weights": ROW, "x": BIG, "y": ROW}
)
RIGHT_FOR = {
    "Convention": {"name": "mine", "training": "1", "inference": "keep", "backward": "rate"},
    "Convention.train_mean": {"x": ROW},
    "Regularizer.add_gradients": {"parameters": []},
    "Regularizer.project": {"parameters": []},
    "Settings": {"batch_size": 2, "learning_rate": 0.1, "loss": "cross_entropy"}
    | {"patience": None, "progress": None},
    "attention": {"queries": BIG, "keys": BIG, "values": LAYER},
    "clip_norms": {"weights": BIG},
    "confident_prices": {"x": numbers([1, 2], [3, 1]), "weights": numbers(1, 2)},
    "decompose": {"probabilities": SURE[:, None]},
    "drop_block": {"x": FILM},
    "drop_connect": {"weights": LAYER, "biases": numbers(1, 2)},
    "drop_connect_moments": {"weights": LAYER, "biases": numbers(1, 2)},
    "exam_score": {"weights": numbers(100, 90, 120, 3, 64, 5)},
    "expected_calibration_error": {"counts": numbers([100, 120], [3, 100], [90, 99])},
    "fit_logistic": {"x": numbers([1, 2], [2, 1], [1, 1]), "price": 1},
    "recurrent_states": {"x": BIG[None], "weights": BIG},
    "sampled_weights": {"counts": [1, 20]},
    "shared_interval": {"values": numbers([1, 3] * 15, [0, 3] * 15)},
    "spatial_dropout": {"x": FILM},
    "stratified_split": {"labels": np.array([0, 1, 0, 1]), "fractions": (0.5, 0.5)},
    "t_interval": {"values": BIG},
    "time_split": {"times": ROW, "fractions": (0.5, 0.5)},
    "top_label_counts": {"probabilities": SURE},
    "transaction_evidence": {"features": np.full((2, 6), 0.5)},
    "variance_ratio": {"mean": ROW, "covariance": numbers([2, 1, 0], [1, 2, 0], [0, 0, 3])},
    "variational_dropout": {"x": FILM},
    "weights_for_masks": {"masks": np.eye(6) == 0},
}

# Functions that treat each entry by itself and keep floating dtypes; all others count in float64.
KEEPING = {
    *("Convention.apply_backward", "Convention.apply_inference", "Convention.apply_training"),
    *("Dropout.backward", "Dropout.forward", "clip_norms", "drop_block", "dropout"),
    *("dropout_backward", "gaussian_dropout", "spatial_dropout", "stochastic_depth"),
    "variational_dropout",
}
ANY_SHAPE = {name for name in KEEPING if "ropout." in name or "Convention." in name}
ANY_SHAPE |= {"dropout", "dropout_backward", "gaussian_dropout", "time_split"}

RATES = (-0.1, 1.1, NAN, "0.5", None, True, np.timedelta64(0))
COUNTS = (0, 1.5, "1", True, np.timedelta64(1))
COUNTS_FROM_ZERO = (-1, 1.5, "1", None)
POSITIVE = (0, -1, INF, NAN, "1", True)
NOT_NEGATIVE = (-1, NAN, "1")
FLAGS = (None, 1, "no", np.array(True))
FRACTIONS = (
    *(0.5, "half", ("a", "b"), (True, 0.0), (np.timedelta64(1, "s"), 0.5)),
    *((1.0,), (0.5, 0.6), (0.5, 0.4), (1.5, -0.5), (1.0, 0.0), (NAN, 0.5)),
)
WRONG = (
    dict.fromkeys(("drift", "fraud_rate", "input_rate", "last_rate"), RATES)
    | dict.fromkeys(("rate", "start", "stop"), RATES)
    | dict.fromkeys(("batch_size", "block", "columns", "count", "epochs", "layers"), COUNTS)
    | dict.fromkeys(("n", "passes", "patience", "questions", "rows", "samples"), COUNTS)
    | dict.fromkeys(("batch", "sessions"), COUNTS_FROM_ZERO)
    | dict.fromkeys(("learning_rate", "max_norm", "step", "temperature"), POSITIVE)
    | dict.fromkeys(("budget", "genuine_weight", "half", "l1", "l2"), NOT_NEGATIVE)
    | dict.fromkeys(("penalty", "price"), (*NOT_NEGATIVE, INF))
    | dict.fromkeys(("shared", "training"), FLAGS)
    | dict.fromkeys(("group", "model", "net", "score"), ("name", 3, None))
    | {"fractions": FRACTIONS, "rng": (0, None, np.random)}
    | {"convention": ("no", "", 3, np.ones(0)), "shape": (-1, "4", (2.0, 3), None)}
    | {"labels": (LABELS / 1, LABELS[:2], LABELS[None], LABELS + 10, -LABELS, [1, 0, 1])}
    | {"mask": (ONES, [True], np.ones(4, bool), np.ma.array(KEPT))}
    | {"seed": (*COUNTS_FROM_ZERO, 2**63)}
    | {"noise_shape": ("ab", 1, (1.0, 3), (True, 3), (0, 1), (-1, 3))}
)
WRONG_FOR = {
    "Convention": {"training": ["p"], "inference": ["p"], "backward": ["p", None]},
    "Convention.apply_backward": {"mask": [ONES[None] > 0]},
    "Convention.train_mean": {"x": [np.ones(21), np.ones(0)]},
    "Dropout.backward": {"grad": [ROW]},
    "MLP": {"sizes": [[5], "55", 5, [5, 0], [5.0, 2]], "rate": [[0.1, 0.2], [2]]},
    "MLP.fit": {"optimizer": ["lion", None], "x": [LAYER]},
    "MLP.forward": {"x": [LAYER], "masks": [3, np.array(True), [], [ROW], [KEPT[0].tolist()]]},
    "MLP.gradients": {"x": [LAYER]},
    "Regularizer.add_gradients": {"parameters": [[0.5], None, ROW]},
    "Regularizer.project": {"parameters": [1.0, "ab"]},
    "Settings": {"loss": ["mse", ONES], "progress": [1, "yes", KEPT]},
    "StudyGroup": {"names": ["ab", 3, (1, 2), (), ("a", "a")], "sigmas": [(1,), (1, 0), "ab"]},
    "alert_recall": {"labels": [0 * LABELS, 2 * LABELS], "scores": [ROW * NAN]},
    "all_masks": {"n": [21]},
    "attention": {"keys": [LAYER]},
    "block_mask": {"shape": [4, (), (0, 3)], "block": [5]},
    "concrete_mask": {"rate": [0, 1]},
    "decompose": {"probabilities": [SURE[:0, None], 2 * SURE[:, None]]},
    "drop_block": {"x": [FILM[:, :, :0]]},
    "dropout": {"noise_shape": [(), (1,), (None, 1, 1), (2, 2)]},
    "dropout_backward": {"mask": [KEPT[0]]},
    "exact_ensemble": {"net": [net(3, 2), net(3, 17, 2), net(3, 9, 8, 2)], "x": [LAYER]},
    "exam_score": {"weights": [ROW], "absent": [3, None, "Zoe", [ROW]]},
    "expected_calibration_error": {
        "counts": [ONES[:2], *(numbers(k).T for k in ((2, 3, 1), (2, 1, 3), (2, -1, 1), (0, 0, 0)))]
    },
    "fit_logistic": {"labels": [2 * LABELS]},
    "initial_weights": {"sizes": [[4], "784", [4, 0]]},
    "precision_at": {"recalls": [[0.0], [1.1], [NAN], ["1"], [[1], [1, 1]]]},
    "rates": {"stop": [-1], "step": [0, 1e-11]},
    "reliability_counts": {"labels": [2 * LABELS], "log_odds": [ROW * NAN]},
    "practice_weights": {"views": [BIG * 1e200]},
    "ridge_weights": {"prices": [[1, -1, 1], "1"], "x": [BIG * 1e200]},
    "sampled_weights": {"counts": [3, [], [0], [1.5]], "x": [BIG * 1e200]},
    "seed_rate": {"block": [5]},
    "shared_interval": {"values": [ROW, np.ones((2, 29)), np.ones((0, 30))]},
    "softmax": {"logits": [BIG[:, :0]]},
    "spatial_dropout": {"data_format": ["NHWC", None, ["channels_last"]]},
    "stratified_split": {"labels": [LABELS[:0], np.eye(4, dtype=int), np.array([None])]},
    "sub_network_logits": {"masks": [[KEPT], [KEPT] * 2, [np.ones((5, 4))]], "x": [LAYER]},
    "t_interval": {"values": [[1.0], np.zeros((3, 11))]},
    "time_split": {"times": [[1.0, 2.0], BIG, ROW * NAN]},
    "total_variation": {"p": [2 * SURE, -SURE], "q": [SURE / 2]},
    "transaction_evidence": {"features": [ONES, ROW, [[0.5] * 6]]},
    "variance_ratio": {"covariance": [-np.eye(3), LAYER]},
    "verdict": {"gain": [NAN, "1"]},
    "weights_for_masks": {"masks": [KEPT, ONES, np.ones((0, 6), bool), np.eye(6) > 1]},
}
# A rate of 1 has no finite variance.
BELOW_ONE = (
    *("confident_prices", "concrete_mask", "dropout_prices", "drop_connect_moments"),
    *("fit_logistic", "gaussian_dropout", "logistic_penalty", "readout_variance"),
    *("sampled_weights", "variance_ratio"),
)
# NaN and infinity are refused.
FINITE = (
    *("confident_prices", "dropout_prices", "fit_logistic", "logistic_penalty", "ridge_weights"),
    *("sampled_weights", "practice_weights", "reliance", "effective_friends", "StudyGroup"),
    *("expected_calibration_error", "variance_ratio"),
)


def method(owner, name):
    """Return a method of a fresh object."""
    return getattr(OWNERS[owner](), name)


def public():
    """Return functions that get the public functions, classes and methods of the core, by name."""
    found = {each.__name__: lambda each=each: each for each in FURTHER}
    for module in MODULES:
        home = importlib.import_module(f"dropout_lab.{module}")
        called = [name for name in home.__all__ if callable(getattr(home, name))]
        found |= {name: partial(getattr, home, name) for name in called}
    for owner, fresh in OWNERS.items():
        for name, _ in inspect.getmembers(fresh(), inspect.ismethod):
            if not name.startswith("_"):
                found[f"{owner}.{name}"] = partial(method, owner, name)
    return found


FUNCTIONS = public()
PUBLIC = {name: inspect.signature(get()).parameters for name, get in FUNCTIONS.items()}


def call(name, **given):
    """Call a public function with right arguments, but for those that are given."""
    return FUNCTIONS[name]()(**arguments(name) | given)


def arguments(name):
    """Return right values of all arguments that a function must be given."""
    fresh = {"rng": np.random.default_rng(0), "net": net(), "model": net()}
    known, own = RIGHT | fresh, RIGHT_FOR.get(name, {})
    needed = [n for n, parameter in PUBLIC[name].items() if parameter.default is parameter.empty]
    return {n: known[n] for n in needed if n not in own} | own


def arrays(name):
    """Return the arguments of a function that are arrays of numbers."""
    given = arguments(name).items()
    return {n: v for n, v in given if isinstance(v, np.ndarray) and v.dtype == float}


def entries(result):
    """Return all numbers of a result, one array after the other."""
    if isinstance(result, (tuple, list)):
        return [array for each in result for array in entries(each)]
    return [np.asarray(result)]


def wrong_values(name):
    """Return pairs of a parameter of a function and a value that it must refuse."""
    own = WRONG_FOR.get(name, {})
    for parameter in PUBLIC[name]:
        for value in (*WRONG.get(parameter, ()), *own.get(parameter, ())):
            yield parameter, value
    if name in BELOW_ONE:
        yield "rate", 1
    for parameter, array in arrays(name).items():
        yield parameter, np.array([None])
        if name not in ANY_SHAPE and parameter not in ("prices", "recalls"):
            yield parameter, np.array(1.0)
        if name in FINITE:
            yield from ((parameter, np.full_like(array, bad)) for bad in (NAN, INF))


SWITCHED = [name for name, taken in PUBLIC.items() if {"rng", "training"} <= taken.keys()]


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_wrong_argument_is_named(name):
    for mode in [{}, {"training": False}] if name in SWITCHED else [{}]:
        call(name, **mode)
        for parameter, value in wrong_values(name):
            wrong = f"^(every entry of )?{parameter} must .*[,;] got "
            with pytest.raises((TypeError, ValueError), match=wrong):
                call(name, **mode | {parameter: value})


NUMERIC = [name for name in PUBLIC if arrays(name)]


@pytest.mark.parametrize("name", [name for name in NUMERIC if len(arrays(name)) > 1])
def test_arrays_that_do_not_fit_each_other_are_named(name):
    for parameter, array in list(arrays(name).items())[1:]:
        with pytest.raises(ValueError, match=f"^({'|'.join(arrays(name))}) must "):
            call(name, **{parameter: array[:-1]})


@pytest.mark.parametrize("name", NUMERIC)
def test_masked_arrays_and_other_dtypes_are_refused(name):
    for parameter, array in arrays(name).items():
        masked = np.ma.array(array, mask=np.ones_like(array))
        for bad in (masked, *map(array.astype, (complex, object, bool, str, "m8[s]"))):
            with pytest.raises(TypeError, match=f"^{parameter} must be a numpy.ndarray of float"):
                call(name, **{parameter: bad})


# The risk of a merchant lies between 0 and 1.
@pytest.mark.parametrize("name", [name for name in NUMERIC if name != "transaction_evidence"])
def test_integers_give_what_float64_gives_and_sums_are_taken_in_it(name):
    wanted = entries(call(name))
    floating = () if name in KEEPING | {"time_split"} else ("f2", "f4", ">f4", "longdouble")
    for dtype in ("i1", "u1", "i2", "u2", "i8", "u8", *floating):
        found = entries(call(name, **{n: v.astype(dtype) for n, v in arrays(name).items()}))
        for one, other in zip(found, wanted, strict=True):
            assert one.dtype == other.dtype, dtype
            np.testing.assert_array_equal(one, other, err_msg=dtype)


CHANGES = [
    (name, change)
    for name in sorted(KEEPING)
    for change in ({}, {"training": False}, {"rate": 1})
    if change.keys() <= PUBLIC[name].keys() and not ("rate" in change and name in BELOW_ONE)
]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_functions_of_single_entries_keep_the_dtype_and_the_memory_order(name, change):
    with np.errstate(invalid="ignore"):
        wanted = call(name, **change)
    for dtype, order in (("f2", "C"), ("f4", "F"), ("longdouble", "F")):
        given = {n: v.astype(dtype, order=order) for n, v in arrays(name).items()}
        found = call(name, **given, **change)
        assert found.dtype == np.dtype(dtype)
        assert found.flags[f"{order}_CONTIGUOUS"]
        assert found.flags.owndata
        tolerance = 1e-6 if dtype == "f4" else 0.002
        np.testing.assert_allclose(found, wanted.astype(dtype), rtol=tolerance)


@pytest.mark.parametrize("name", SWITCHED)
def test_at_inference_nothing_is_drawn_and_the_input_comes_back(name):
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    found = call(name, rng=rng, training=False)
    assert rng.bit_generator.state == state
    if name in KEEPING - {"stochastic_depth"}:
        x = arguments(name)["x"]
        np.testing.assert_array_equal(found, x)
        assert not np.shares_memory(found, x)


@pytest.mark.parametrize(
    ("name", "given", "error", "message"),
    [
        ("attention", {"queries": BIG[:, :0], "keys": BIG[:, :0]}, ValueError, "one place and one"),
        (
            *("attention", {"queries": np.ones((2, 3, 3)), "keys": np.ones((3, 3, 3))}),
            *(ValueError, "queries, keys and values must broadcast"),
        ),
        ("fit_logistic", {"price": 0}, RuntimeError, "do the features separate the classes"),
        ("fit_logistic", {"price": 0, "x": ONES}, RuntimeError, "no minimum found"),
        ("permutation_importance", {"score": abs}, ValueError, "what score returns must have"),
        ("rates", {"start": 0.5, "stop": 0.4}, ValueError, "stop must be at least start = 0.5"),
        ("ridge_weights", {"prices": 0.0, "x": ONES}, ValueError, "prices must be greater than 0"),
        ("ridge_weights", {"prices": 0, "x": BIG * [1, 0, 1]}, ValueError, "prices must be great"),
    ],
)
def test_errors_of_other_words(name, given, error, message):
    with pytest.raises(error, match=message):
        call(name, **given)


def test_what_a_layer_needs_first_and_what_stays_as_it_is():
    layer = Dropout(0.5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="call forward before backward"):
        layer.backward(BIG)
    with pytest.raises(TypeError, match="positional"):
        Dropout(0.5, np.random.default_rng(0), None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONVENTIONS["inverted"].training = "keep"
