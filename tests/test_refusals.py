"""What the core refuses: each argument is checked, and the error names it.

The checks themselves, with their types and words, are tested in `test_checks`, arrays of other
kinds in `test_numbers`.
"""

import dataclasses
import inspect
import math
import re
from functools import partial

import numpy as np
import pytest

from dropout_lab import (
    Dropout,
    dropout,
    dropout_backward,
    ensemble,
    family,
    intervals,
    network,
    rates,
    ridge,
    sample_mask,
    study_group,
    uncertainty,
)
from dropout_lab.conventions import CONVENTIONS, Convention, convention_named
from dropout_lab.masks import all_masks
from dropout_lab.regularizers import Regularizer, clip_norms

TWO, THREE, EYE, TABLE = np.ones(2), np.ones(3), np.eye(2), np.ones((2, 3))
MAP, MOVIE, HALF = np.ones((8, 4)), np.ones((1, 2, 3)), np.full((2, 2), 0.5)
NAN, CLASSES = np.nan, np.array([0, 1])
ALL_SIX = np.ones((2, 6))
FRIENDS, INVERTED = study_group.FRIENDS, CONVENTIONS["inverted"]
RNG = np.random.default_rng(0)
NET = network.MLP([3, 2, 2, 3], RNG, rate=0.5)
MASKS = ensemble.sub_networks(NET)[0]

RATE = (-0.1, 1.1, NAN, "0.5", None, True)
BELOW_ONE = (*RATE, 1)
COUNT = (0, 1.5, "1")
POSITIVE = (0, -1, math.inf, NAN, "1")
NO_RNG = (0, None, np.random)
FLAG = (None, 1, "no", np.array(True))
NOISE_SHAPE = (
    *("ab", 1, (1.0, 3), (True, 3), (None, "1"), np.array([1, 3]), (np.timedelta64(1), 3)),
    *((), (1,), (None, 1, 1), (2, 2), (3, 2), (0, 1), (-1, 3)),
)
STAND_IN = {"rate": 0.5, "rng": RNG}  # right values of what most functions take


NO_COUNTS = [[[2], [3], [1]], [[2], [1], [3]], [[2], [-1], [1]], [[-1]] * 3, [[0]] * 3]


def forward(training, rate, rng, x=TABLE, noise_shape=None):
    layer = Dropout(rate, rng, noise_shape=noise_shape)
    layer.training = training
    return layer.forward(x)


def backward(training, grad):
    layer = Dropout(**STAND_IN)
    layer.training = training
    layer.forward(TABLE)
    return layer.backward(grad)


def whole_group(masks):
    return study_group.weights_for_masks(FRIENDS, masks)


# A call, right arguments, and wrong values for each of them.
CASES = [
    (sample_mask, {"shape": (2, 3)}, {"shape": [(2.0, 3), -1], "noise_shape": NOISE_SHAPE}),
    *(
        (
            dropout,
            {"x": TABLE, "training": training},
            {"rate": RATE, "rng": NO_RNG, "noise_shape": NOISE_SHAPE, "training": FLAG},
        )
        for training in (True, False)
    ),
    (dropout_backward, {"grad": EYE, "mask": EYE > 0}, {"mask": [EYE, TWO > 0, True]}),
    (Dropout, {}, {"rate": RATE, "rng": NO_RNG, "noise_shape": [(0, 1), [np.int8(-3)], "ab"]}),
    (partial(forward, True), {"x": TABLE}, {"noise_shape": NOISE_SHAPE}),
    (partial(forward, False), {"x": TABLE}, {"noise_shape": NOISE_SHAPE}),
    (partial(backward, True), {"grad": TABLE}, {"grad": [THREE, 1.0]}),
    (partial(backward, False), {"grad": TABLE}, {"grad": [THREE, 1.0]}),
    (
        rates,
        {"start": 0.2, "stop": 0.5, "step": 0.1},
        {"start": RATE, "stop": [*RATE, 0.1], "step": [*RATE, 0, 1e-11]},
    ),
    (all_masks, {"n": 2}, {"n": [*COUNT, 21, True], "rate": RATE}),
    *(
        (getattr(INVERTED, name), {}, {"rate": RATE})
        for name in ("s_train", "s_eval", "s_backward", "eval_over_train", "gradient_ratio")
    ),
    (INVERTED.apply_training, {"x": TWO, "mask": TWO > 0}, {"mask": [TWO, THREE > 0, EYE > 0]}),
    (INVERTED.apply_backward, {"grad": TWO, "mask": TWO > 0}, {"mask": [TWO, THREE > 0]}),
    (INVERTED.apply_inference, {"x": TWO}, {"rate": RATE}),
    (INVERTED.train_mean, {"x": TWO}, {"x": [EYE, np.ones(21), np.ones(0)], "rate": RATE}),
    (convention_named, {"convention": "classic"}, {"convention": ["keras", None]}),
    (
        partial(Convention, "name", "says"),
        {"training": "1", "inference": "keep", "backward": "rate"},
        {"training": ["p"], "inference": ["p"], "backward": ["p", None]},
    ),
    (
        network.MLP,
        {"sizes": [5, 3, 2]},
        {"sizes": [[5], "55", 5, [5, 0], [5.0, 2]], "convention": ["no"], "rng": NO_RNG}
        | {"rate": [*RATE, [0.1, 0.2], [0.1, 2]]},
    ),
    (NET.sample_masks, {"batch": 3}, {"batch": [-1, 1.5], "rng": NO_RNG}),
    (
        NET.forward,
        {"x": TABLE, "masks": [TWO > 0] * 2},
        {"x": [EYE, THREE], "masks": [3, [TWO > 0], [TWO, TWO]], "convention": ["no"]},
    ),
    (
        NET.gradients,
        {"x": TABLE, "labels": CLASSES},
        {"x": [EYE, TABLE[:0]], "labels": [TWO, CLASSES[:1], 3 * CLASSES]},
    ),
    (
        NET.fit,
        {"x": TABLE, "labels": CLASSES, "epochs": 1},
        {"x": [TABLE[:0], THREE], "labels": [TWO, 3 * CLASSES], "epochs": COUNT, "rng": NO_RNG}
        | {"batch_size": COUNT, "learning_rate": POSITIVE, "optimizer": ["lion"]},
    ),
    (
        network.evaluate,
        {"net": NET, "x": TABLE, "labels": CLASSES},
        {"net": ["net"], "x": [TABLE[:0]], "labels": [TWO, 3 * CLASSES]},
    ),
    (
        network.cross_entropy,
        {"logits": TABLE, "labels": CLASSES},
        {"logits": [TABLE[:0], THREE], "labels": [TWO, 3 * CLASSES, CLASSES[:1]]},
    ),
    (network.softmax, {"logits": THREE}, {"logits": [np.ones((2, 0)), np.array(1.0)]}),
    (
        ensemble.sub_networks,
        {"net": NET},
        {"net": ["net", *(network.MLP(s, RNG) for s in ([2, 2], [2, 17, 2], [2, 9, 8, 2]))]},
    ),
    (
        ensemble.sub_network_logits,
        {"net": NET, "x": TABLE, "masks": MASKS},
        {"net": [None], "x": [EYE]}
        | {"masks": [MASKS[:1], [MASKS[0], MASKS[1][:4]], [TWO > 0] * 2, [m * 1 for m in MASKS]]},
    ),
    (ensemble.exact_ensemble, {"net": NET, "x": TABLE}, {"net": [3], "x": [EYE]}),
    (
        ensemble.running_average,
        {"net": NET, "x": TABLE, "samples": 1},
        {"net": ["net"], "x": [EYE], "samples": COUNT, "rng": NO_RNG},
    ),
    (
        ensemble.total_variation,
        {"p": HALF, "q": HALF},
        {"p": [TWO], "q": [TWO, np.full((3, 2), 0.5)]},
    ),
    (ridge.dropout_prices, {"x": EYE}, {"x": [THREE, TABLE[:0], EYE * NAN], "rate": BELOW_ONE}),
    (
        ridge.ridge_weights,
        {"x": EYE, "y": TWO, "prices": 1.0},
        {"y": [THREE, TWO * np.inf], "prices": ["1", THREE, -1.0, np.inf, TWO * NAN]},
    ),
    (
        ridge.sampled_weights,
        {"x": EYE, "y": TWO, "counts": [1]},
        {"y": [THREE], "counts": [3, [], [0], [1.5]], "rate": BELOW_ONE, "rng": NO_RNG},
    ),
    *(
        (call, {"x": EYE, "weights": TWO}, {"weights": [THREE, EYE, TWO * NAN], "rate": BELOW_ONE})
        for call in (ridge.confident_prices, ridge.logistic_penalty)
    ),
    (
        ridge.fit_logistic,
        {"x": EYE, "labels": CLASSES, "price": 1},
        {"labels": [THREE, TWO * NAN, TWO / 2], "price": [-1, math.inf, NAN, "1"]}
        | {"rate": BELOW_ONE},
    ),
    (
        study_group.StudyGroup,
        {"names": ("a", "b"), "sigmas": (1, 2)},
        {"names": ["ab", 3, (1, 2), (), ("a", "a")]}
        | {"sigmas": [(1,), (1, 0), (1, -1), (1, NAN), ("x", "y"), [[1], [1, 2]]]},
    ),
    (FRIENDS.questions, {"count": 3}, {"count": COUNT, "rng": NO_RNG}),
    (
        study_group.train,
        {"group": FRIENDS, "sessions": 0},
        {"group": [None], "rate": RATE, "sessions": [-1, 1.5], "rng": NO_RNG}
        | {"questions": COUNT, "step": POSITIVE},
    ),
    (study_group.best_weights, {"group": FRIENDS}, {"group": ["group"], "rate": RATE}),
    (study_group.decay_weights, {"group": FRIENDS, "penalty": 0}, {"penalty": [-1, NAN, "1"]}),
    (
        whole_group,
        {"masks": ALL_SIX > 0},
        {"masks": [ALL_SIX, TABLE > 0, ALL_SIX[0] > 0, ALL_SIX[:0] > 0, np.arange(6)[None] < 5]},
    ),
    (
        study_group.practice_weights,
        {"views": EYE, "answers": TWO},
        {"views": [TWO, np.eye(3), EYE * NAN], "rate": RATE},
    ),
    (study_group.effective_friends, {"weights": TWO}, {"weights": [0 * TWO, TWO * np.inf]}),
    (
        study_group.exam_score,
        {"group": FRIENDS, "weights": np.ones(6)},
        {"group": [3], "weights": [THREE, [1.0] * 6], "absent": [3, None, "Zoe", [TWO]]},
    ),
    (
        uncertainty.mc_passes,
        {"model": NET, "x": TABLE, "passes": 1, "seed": 0},
        {"model": [abs], "x": [[[1.0]]], "passes": COUNT, "seed": [-1, 0.5]},
    ),
    (
        uncertainty.decompose,
        {"probabilities": HALF[None]},
        {"probabilities": [HALF, HALF[None][:0], 2 * HALF[None]]},
    ),
    (
        uncertainty.top_label_counts,
        {"labels": CLASSES, "probabilities": HALF, "edges": (0, 1)},
        {"labels": [TWO, 2 * CLASSES], "probabilities": [2 * HALF, TWO / 2]}
        | {"edges": [(0, 2), (0, 0.5), (0, 0.5, 0.5, 1), (0.1, 1), (1,), (0, 0.6, 0.5, 1)]},
    ),
    (
        uncertainty.expected_calibration_error,
        {"counts": [[2.0], [1], [2]]},
        {"counts": [EYE, [[NAN]] * 3, *NO_COUNTS]},
    ),
    (uncertainty.readout_variance, {"hidden": EYE, "weights": TWO}, {"weights": [THREE, EYE]}),
    (intervals.t_interval, {"values": TWO}, {"values": [[1.0], np.zeros((3, 11)), 1.0]}),
    (
        intervals.shared_interval,
        {"values": np.zeros((5, 30))},
        {"values": [np.zeros(40), np.zeros((5, 29)), 1.0]},
    ),
    (intervals.verdict, {"gain": -1, "half": 0}, {"gain": [NAN, "1"], "half": [-1, NAN]}),
    (
        clip_norms,
        {"weights": EYE, "max_norm": 1},
        {"weights": [THREE, EYE > 0], "max_norm": POSITIVE},
    ),
    (
        Regularizer,
        {"max_norm": None},
        {"l1": [-1e-9, math.inf, "1"], "l2": [-1e-9, NAN, [1.0]], "max_norm": [*POSITIVE, True]},
    ),
    (Regularizer(l1=1.0).add_gradients, {}, {"parameters": [[0.5], None, TWO]}),
    (Regularizer(max_norm=1).project, {}, {"parameters": [1.0, "ab"]}),
    (
        family.gaussian_dropout,
        {"x": TWO, "training": False},
        {"rate": BELOW_ONE, "rng": NO_RNG, "training": FLAG},
    ),
    (
        family.concrete_mask,
        {"shape": 3, "temperature": 0.1},
        {"shape": [-1, (2.0,), None], "rate": [0, *BELOW_ONE], "rng": NO_RNG}
        | {"temperature": POSITIVE},
    ),
    (
        family.spatial_dropout,
        {"x": MOVIE},
        {"x": [THREE], "rate": RATE, "data_format": ["NHWC", None, ["channels_last"]]},
    ),
    *(
        (call, {"block": 2, "rows": 8, "columns": 4}, {"rate": RATE, "block": [5, *COUNT]})
        for call in (family.seed_rate, family.drop_probabilities)
    ),
    (family.seed_rate, {"block": 1, "rows": 1, "columns": 1}, {"rows": COUNT, "columns": COUNT}),
    (
        family.block_mask,
        {"shape": (4, 4), "block": 2},
        {"shape": [4, (), (4.0, 4), None, (4, -1)], "rng": NO_RNG, "rate": RATE},
    ),
    *(
        (
            family.drop_block,
            {"x": MAP, "block": 2, "training": training},
            {"x": [TWO], "rate": RATE, "block": [5], "rng": NO_RNG, "training": FLAG},
        )
        for training in (True, False)
    ),
    (family.linear_decay, {"layers": 3, "last_rate": 1}, {"layers": COUNT, "last_rate": RATE}),
    (family.stochastic_depth, {"x": EYE, "update": EYE}, {"update": [EYE[:1], TWO], "rate": RATE}),
    (
        family.drop_connect,
        {"x": TABLE, "weights": TABLE.T, "biases": TWO, "training": False},
        {"x": [THREE], "weights": [TABLE], "biases": [THREE], "rng": NO_RNG, "training": FLAG},
    ),
    (
        family.drop_connect_moments,
        {"x": TABLE, "weights": TABLE.T, "biases": TWO},
        {"weights": [TABLE], "biases": [THREE], "rate": BELOW_ONE},
    ),
    (
        family.variance_ratio,
        {"weights": TWO, "mean": TWO, "covariance": EYE},
        {"weights": [EYE], "mean": [THREE], "covariance": [TWO, -EYE], "rate": BELOW_ONE},
    ),
    (
        family.recurrent_states,
        {"x": MOVIE, "weights": np.eye(3)},
        {"x": [TABLE], "weights": [EYE], "rate": RATE, "rng": NO_RNG, "shared": FLAG},
    ),
    (family.variational_dropout, {"x": MOVIE}, {"x": [TABLE], "rate": RATE, "rng": NO_RNG}),
    (
        family.attention,
        {"queries": EYE, "keys": EYE, "values": EYE, "training": False},
        {"queries": [TWO], "keys": [TABLE], "values": [TABLE.T], "rate": RATE, "rng": NO_RNG},
    ),
]


@pytest.mark.parametrize(("call", "right", "wrong"), CASES)
def test_a_wrong_argument_is_named(call, right, wrong):
    taken = inspect.signature(call).parameters
    right = {name: STAND_IN[name] for name in STAND_IN if name in taken} | right
    if "parameters" not in wrong:
        call(**right)
    arrays = {name for name, value in right.items() if isinstance(value, np.ndarray)}
    for name in wrong.keys() | arrays:
        for value in (*wrong.get(name, ()), *[np.array([None])] * (name in arrays)):
            with pytest.raises((TypeError, ValueError)) as caught:
                call(**right | {name: value})
            assert re.match(rf"(every entry of )?{name} must ", str(caught.value)), caught.value


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Dropout(0.5, RNG).backward(TABLE),
            ValueError,
            r"grad of shape \(2, 3\) .* call forward before backward",
        ),
        (lambda: sample_mask((2, 3), 0.5, RNG, None), TypeError, "positional"),
        (lambda: dropout(THREE, 0.5, RNG, True), TypeError, "positional"),
        (lambda: Dropout(0.5, RNG, None), TypeError, "positional"),
        (
            lambda: setattr(INVERTED, "training", "keep"),
            dataclasses.FrozenInstanceError,
            "cannot assign",
        ),
        (
            lambda: ridge.ridge_weights(np.ones((3, 2)), THREE, 0.0),
            ValueError,
            r"x of shape \(3, 2\) with prices .* has no unique minimum",
        ),
        (
            lambda: ridge.fit_logistic(np.array([[1.0], [-1.0]]), np.array([1, 0])),
            RuntimeError,
            "do the features separate the classes",
        ),
        (
            lambda: ridge.fit_logistic(EYE * [1, 0], CLASSES),  # the second weight may be any
            RuntimeError,
            "no minimum found",
        ),
        (
            lambda: family.attention(EYE[:0], EYE[:0], EYE[:0], 0.5, RNG),
            ValueError,
            "keys must have at least one place",
        ),
        (
            lambda: family.attention(np.ones((2, 2, 2)), np.ones((3, 2, 2)), EYE, 0.5, RNG),
            ValueError,
            "queries, keys and values must have axes in front that broadcast",
        ),
    ],
)
def test_errors_of_other_words(call, error, message):
    with pytest.raises(error, match=message):
        call()
