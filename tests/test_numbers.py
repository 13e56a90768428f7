"""Every public function that takes arrays counts in float64, whatever dtype it is given."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import dropout_lab
from dropout_lab import detection, ensemble, family, network, ridge, study_group, uncertainty
from dropout_lab.conventions import CONVENTIONS
from dropout_lab.data.splits import time_split
from dropout_lab.intervals import shared_interval, t_interval
from dropout_lab.layer import Dropout, dropout, dropout_backward
from dropout_lab.regularizers import clip_norms

PACKAGE = Path(dropout_lab.__file__).parent
FRIENDS = study_group.FRIENDS
ANSWERS = np.array([1, 0, 1])
KEPT = np.array([True, False, True])


def seeded():
    return np.random.default_rng(0)


def net():
    return network.MLP([3, 4, 2], seeded(), rate=0.5)


def trained(x):
    fitted = net()
    losses = fitted.fit(x, ANSWERS, seeded(), epochs=2, batch_size=2)
    return losses, fitted.weights, fitted.biases


def passed_back(x):
    layer = Dropout(0.5, seeded())
    return layer.forward(x), layer.backward(x)


# What stands here are numbers that all dtypes hold, and whose squares and sums most do not.
BIG = [[100, 27, 5], [3, 110, 64], [90, 1, 120]]
ROW = [100, 3, 90]
LAYER = [[100, 90], [120, 1], [5, 64]]
MOVIE = [[[100, 90, 3, 7], [120, 1, 9, 11], [5, 64, 99, 2], [8, 8, 8, 8]]]
GROUP = [100, 90, 120, 3, 64, 5]
INVERTED = CONVENTIONS["inverted"]

# For functions that add entries up: of them float16 and float32 are asked, too.
SUMS = {
    "conventions.Convention.train_mean": lambda a: INVERTED.train_mean(a(ROW), 0.2),
    "detection.alert_recall": lambda a: detection.alert_recall(ANSWERS, a(ROW), 1),
    "detection.precision_at": lambda a: detection.precision_at(ANSWERS, a(ROW), a([1])),
    "detection.reliability_counts": lambda a: detection.reliability_counts(ANSWERS, a(ROW)),
    "ensemble.exact_ensemble": lambda a: ensemble.exact_ensemble(net(), a(BIG)),
    "ensemble.running_average": lambda a: ensemble.running_average(net(), a(BIG), 2, seeded()),
    "ensemble.sub_network_logits": lambda a: ensemble.sub_network_logits(
        net(), a(BIG), ensemble.sub_networks(net())[0]
    ),
    "ensemble.total_variation": lambda a: ensemble.total_variation(a([[0, 1]]), a([1, 0])),
    "family.attention": lambda a: family.attention(a(BIG), a(BIG), a(LAYER), 0.5, seeded()),
    "family.drop_connect": lambda a: family.drop_connect(
        a(BIG), a(LAYER), a([1, 2]), 0.5, seeded()
    ),
    "family.drop_connect_moments": lambda a: family.drop_connect_moments(
        a(BIG), a(LAYER), a([1, 2]), 0.5
    ),
    "family.recurrent_states": lambda a: family.recurrent_states(
        a([BIG]), a(BIG), 0.5, seeded(), training=False
    ),
    "family.variance_ratio": lambda a: family.variance_ratio(
        a(ROW), a(ROW), a([[2, 1, 0], [1, 2, 0], [0, 0, 3]]), 0.5
    ),
    "intervals.shared_interval": lambda a: shared_interval(a([[1, 3] * 15, [0, 3] * 15])),
    "intervals.t_interval": lambda a: t_interval(a(BIG)),
    "network.MLP.fit": lambda a: trained(a(BIG)),
    "network.MLP.forward": lambda a: net().forward(a(BIG), [np.eye(3, 4, dtype=bool)]),
    "network.MLP.gradients": lambda a: net().gradients(a(BIG), ANSWERS),
    "network.cross_entropy": lambda a: network.cross_entropy(a(BIG), ANSWERS),
    "network.evaluate": lambda a: network.evaluate(net(), a(BIG), ANSWERS),
    "network.softmax": lambda a: network.softmax(a([[0, 1, 2], [100, 99, 98]])),
    "ridge.confident_prices": lambda a: ridge.confident_prices(a([[1, 2], [3, 1]]), a([1, 2]), 0.5),
    "ridge.dropout_prices": lambda a: ridge.dropout_prices(a(BIG), 0.5),
    "ridge.fit_logistic": lambda a: ridge.fit_logistic(
        a([[1, 2], [2, 1], [1, 1]]), a([1, 0, 1]), price=1
    ),
    "ridge.logistic_penalty": lambda a: ridge.logistic_penalty(a(BIG), a(ROW), 0.5),
    "ridge.ridge_weights": lambda a: ridge.ridge_weights(a(BIG), a(ROW), a([1, 2, 3])),
    "ridge.sampled_weights": lambda a: ridge.sampled_weights(
        a(BIG), a(ROW), 0.5, [1, 20], seeded()
    ),
    "study_group.effective_friends": lambda a: study_group.effective_friends(a([GROUP, GROUP])),
    "study_group.exam_score": lambda a: study_group.exam_score(FRIENDS, a(GROUP), "Bo"),
    "study_group.practice_weights": lambda a: study_group.practice_weights(a(BIG), a(ROW), 0.5),
    "study_group.reliance": lambda a: study_group.reliance(a(GROUP)),
    "uncertainty.decompose": lambda a: uncertainty.decompose(a([[[0, 1]], [[1, 0]]])),
    "uncertainty.expected_calibration_error": lambda a: uncertainty.expected_calibration_error(
        a([[100, 120], [3, 100], [90, 99]])
    ),
    "uncertainty.mc_passes": lambda a: uncertainty.mc_passes(net(), a(BIG), 2, seed=0),
    "uncertainty.readout_variance": lambda a: uncertainty.readout_variance(a(BIG), a(ROW), 0.5),
    "uncertainty.top_label_counts": lambda a: uncertainty.top_label_counts(
        ANSWERS, a([[0, 1], [1, 0], [0, 1]])
    ),
}

# For functions that treat every entry by itself, and keep floating dtypes.
EACH = {
    "conventions.Convention.apply_backward": lambda a: INVERTED.apply_backward(a(ROW), KEPT, 0.2),
    "conventions.Convention.apply_inference": lambda a: CONVENTIONS["classic"].apply_inference(
        a(ROW), 0.2
    ),
    "conventions.Convention.apply_training": lambda a: INVERTED.apply_training(a(ROW), KEPT, 0.2),
    "layer.Dropout.backward": lambda a: passed_back(a(BIG)),
    "layer.Dropout.forward": lambda a: Dropout(0.2, seeded()).eval().forward(a(BIG)),
    "layer.dropout": lambda a: dropout(a(BIG), 0.5, seeded()),
    "layer.dropout_backward": lambda a: dropout_backward(a(ROW), KEPT, 0.5),
    "family.drop_block": lambda a: family.drop_block(a(MOVIE), 0.4, 2, seeded()),
    "family.gaussian_dropout": lambda a: family.gaussian_dropout(a(BIG), 0.5, seeded()),
    "family.spatial_dropout": lambda a: family.spatial_dropout(a(MOVIE), 0.5, seeded()),
    "family.stochastic_depth": lambda a: family.stochastic_depth(a(BIG), a(BIG), 0.5, seeded()),
    "family.variational_dropout": lambda a: family.variational_dropout(a(MOVIE), 0.5, seeded()),
    "regularizers.clip_norms": lambda a: clip_norms(a(BIG), 50),
}

# Functions that hand an array on, or only ask for its order.
OTHERS = {
    "data.splits.time_split": lambda a: time_split(a(ROW), (0.5, 0.5)),
    "detection.permutation_importance": lambda a: detection.permutation_importance(
        lambda x: (x * x).sum(axis=1), a(BIG), ANSWERS, seeded()
    ),
}
CALLS = SUMS | EACH | OTHERS
NO_NUMBERS = {
    "study_group.weights_for_masks",  # takes booleans
    "data.splits.stratified_split",  # takes labels
}
MODULES = sorted({name.partition(".")[0] for name in SUMS | EACH} | {"data.splits", "masks"})


def entries(result):
    """Return all numbers of a result, one array after the other."""
    if isinstance(result, (tuple, list)):
        return [array for each in result for array in entries(each)]
    return [np.asarray(result)]


def takes_arrays(function):
    """Say whether the documented parameters of a function are arrays."""
    parameters = re.split(r"\n *(?:Returns|Raises)\n", inspect.getdoc(function) or "")[0]
    return re.search(r"^[\w, ]+ : .*(numpy\.ndarray|array_like)", parameters, re.MULTILINE)


def documented():
    """Return the names of all public functions and methods that take arrays."""
    found = set()
    for module in MODULES:
        home = importlib.import_module(f"dropout_lab.{module}")
        for name in home.__all__:
            thing = getattr(home, name)
            if inspect.isclass(thing):
                methods = inspect.getmembers(thing, inspect.isfunction)
                found |= {f"{module}.{name}.{m}" for m, each in methods if takes_arrays(each)}
            elif inspect.isfunction(thing) and takes_arrays(thing):
                found.add(f"{module}.{name}")
    return found


def test_every_function_that_takes_arrays_is_asked():
    assert documented() - NO_NUMBERS == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_integers_give_what_float64_gives_and_sums_are_taken_in_it(name):
    floating = ("f2", "f4", ">f4", "longdouble") if name in SUMS else ()
    wanted = entries(CALLS[name](lambda x: np.array(x, "f8")))
    for dtype in ("i1", "u1", "i2", "u2", "i8", "u8", *floating):
        found = entries(CALLS[name](lambda x, dtype=dtype: np.array(x, dtype)))
        for one, other in zip(found, wanted, strict=True):
            assert one.dtype == other.dtype, dtype
            np.testing.assert_array_equal(one, other, err_msg=dtype)


@pytest.mark.parametrize("dtype", ["f2", "f4", "longdouble"])
@pytest.mark.parametrize("name", EACH)
def test_functions_of_single_entries_keep_the_dtype_and_the_memory_order(name, dtype):
    wanted = entries(EACH[name](np.array))
    for order in "CF":
        found = entries(EACH[name](lambda x, order=order: np.array(x, dtype, order=order)))
        for one, other in zip(found, wanted, strict=True):
            assert one.dtype == np.dtype(dtype)
            assert one.flags[f"{order}_CONTIGUOUS"]
            np.testing.assert_allclose(
                one, other.astype(dtype), rtol=1e-6 if dtype[-1] == "4" else 0.002
            )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "change",
    [
        lambda x: dropout(x, 0.5, seeded(), training=False),
        lambda x: dropout(x, 1, seeded()),
        lambda x: dropout(x, 0.5, seeded(), noise_shape=(None, 1, None)),
        lambda x: Dropout(0.5, seeded()).eval().forward(x),
        lambda x: INVERTED.apply_training(x, np.ones(3, bool), 1),
        lambda x: INVERTED.apply_inference(x, 0.5),
        lambda x: family.gaussian_dropout(x, 0.5, seeded(), training=False),
        lambda x: family.drop_block(x, 0.5, 2, seeded(), training=False),
        lambda x: family.spatial_dropout(x, 0.5, seeded(), training=False),
        lambda x: family.variational_dropout(x, 1, seeded()),
    ],
)
def test_training_and_evaluation_keep_the_memory_order(change, order):
    x = np.array(np.arange(24.0).reshape(2, 4, 3), np.float32, order=order)
    out = change(x)
    assert out.flags[f"{order}_CONTIGUOUS"]
    assert out.flags.owndata
    assert out.dtype == np.float32


@pytest.mark.parametrize("name", CALLS)
def test_masked_arrays_and_other_dtypes_are_refused(name):
    with pytest.raises(TypeError, match="must not be a masked array"):
        CALLS[name](lambda x: np.ma.array(x, float, mask=np.ones_like(x)))
    for bad in (complex, object, bool, str, "m8[s]"):
        with pytest.raises(TypeError, match=r"^\w+ must hold floating-point or integer values"):
            CALLS[name](lambda x, bad=bad: np.array(x).astype(bad))


def test_what_a_check_returns_is_what_is_used():
    # A check whose result is dropped has converted nothing.
    converting = {"check_real_array", "check_numbers", "check_probabilities", "check_labels"}
    dropped = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") in converting
    ]
    assert dropped == []
