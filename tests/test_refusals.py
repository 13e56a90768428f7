"""What the core refuses: every error names the argument, its value and what is allowed.

The checks themselves are tested in `test_checks`, arrays of other kinds in `test_numbers`. Here
stands that each argument is checked, and what a function asks for beyond that.
"""

import dataclasses
import math

import numpy as np
import pytest

from dropout_lab import Dropout, dropout, dropout_backward, ensemble, family, rates, sample_mask
from dropout_lab.conventions import CONVENTIONS, Convention, convention_named
from dropout_lab.ensemble import exact_ensemble, running_average, sub_network_logits, sub_networks
from dropout_lab.intervals import shared_interval, t_interval, verdict
from dropout_lab.masks import all_masks
from dropout_lab.network import MLP, cross_entropy, evaluate, softmax
from dropout_lab.regularizers import Regularizer, clip_norms
from dropout_lab.ridge import (
    confident_prices,
    dropout_prices,
    fit_logistic,
    logistic_penalty,
    ridge_weights,
    sampled_weights,
)
from dropout_lab.study_group import (
    FRIENDS,
    StudyGroup,
    best_weights,
    decay_weights,
    effective_friends,
    exam_score,
    practice_weights,
    train,
    weights_for_masks,
)
from dropout_lab.uncertainty import (
    decompose,
    expected_calibration_error,
    mc_passes,
    readout_variance,
    top_label_counts,
)

TWO, THREE = np.ones(2), np.ones(3)
TABLE, MAP, MOVIE = np.ones((2, 3)), np.ones((8, 4)), np.ones((1, 2, 3))
EYE = np.eye(2)
GOOD = np.full((2, 2), 0.5)
CLASSIC, INVERTED = CONVENTIONS["classic"], CONVENTIONS["inverted"]


def seeded():
    return np.random.default_rng(0)


def net(rate=0.5):
    return MLP([3, 2, 2, 3], seeded(), rate=rate)


def masks():
    return sub_networks(net())[0]


def refuse(call, bad, error, start):
    """Fail unless a call with a bad value raises just this, and its message starts so."""
    with pytest.raises(error) as caught:
        call(bad)
    assert caught.type is error
    assert str(caught.value).startswith(start), caught.value


RATE = {
    "sample_mask": lambda r: sample_mask(3, r, seeded()),
    "dropout": lambda r: dropout(THREE, r, seeded()),
    "dropout in evaluation": lambda r: dropout(THREE, r, seeded(), training=False),
    "dropout_backward": lambda r: dropout_backward(THREE, THREE > 0, r),
    "Dropout": lambda r: Dropout(r, seeded()),
    "all_masks": lambda r: all_masks(2, r),
    "s_train": CLASSIC.s_train,
    "s_eval": CLASSIC.s_eval,
    "s_backward": CLASSIC.s_backward,
    "eval_over_train": INVERTED.eval_over_train,
    "gradient_ratio": INVERTED.gradient_ratio,
    "apply_training": lambda r: INVERTED.apply_training(TWO, TWO > 0, r),
    "apply_inference": lambda r: INVERTED.apply_inference(TWO, r),
    "apply_backward": lambda r: INVERTED.apply_backward(TWO, TWO > 0, r),
    "train_mean": lambda r: INVERTED.train_mean(TWO, r),
    "MLP": lambda r: MLP([2, 3, 2], seeded(), rate=[r]),
    "train": lambda r: train(FRIENDS, r, 1, seeded()),
    "best_weights": lambda r: best_weights(FRIENDS, r),
    "practice_weights": lambda r: practice_weights(EYE, TWO, r),
    "spatial_dropout": lambda r: family.spatial_dropout(MOVIE, r, seeded()),
    "seed_rate": lambda r: family.seed_rate(r, 1, 2, 2),
    "drop_block": lambda r: family.drop_block(MAP, r, 2, seeded(), training=False),
    "drop_connect": lambda r: family.drop_connect(TABLE, TABLE.T, TWO, r, seeded()),
    "stochastic_depth": lambda r: family.stochastic_depth(EYE, EYE, r, seeded()),
    "variational_dropout": lambda r: family.variational_dropout(MOVIE, r, seeded()),
    "recurrent_states": lambda r: family.recurrent_states(MOVIE, np.eye(3), r, seeded()),
    "attention": lambda r: family.attention(EYE, EYE, EYE, r, seeded()),
}
RATE_BELOW_ONE = {
    "dropout_prices": lambda r: dropout_prices(EYE, r),
    "sampled_weights": lambda r: sampled_weights(EYE, TWO, r, [1], seeded()),
    "logistic_penalty": lambda r: logistic_penalty(EYE, TWO, r),
    "confident_prices": lambda r: confident_prices(EYE, TWO, r),
    "fit_logistic": lambda r: fit_logistic(EYE, TWO, rate=r, price=1),
    "readout_variance": lambda r: readout_variance(EYE, TWO, r),
    "gaussian_dropout": lambda r: family.gaussian_dropout(TWO, r, seeded(), training=False),
    "concrete_mask": lambda r: family.concrete_mask(3, r, 0.1, seeded()),
    "drop_connect_moments": lambda r: family.drop_connect_moments(TABLE, TABLE.T, TWO, r),
    "variance_ratio": lambda r: family.variance_ratio(TWO, TWO, EYE, r),
}


@pytest.mark.parametrize("name", RATE | RATE_BELOW_ONE)
def test_rates(name):
    call = (RATE | RATE_BELOW_ONE)[name]
    refuse(call, -0.1, ValueError, "rate must lie between 0 and 1 (both allowed), got -0.1")
    refuse(call, math.nan, ValueError, "rate must lie between 0 and 1 (both allowed), got nan")
    refuse(call, "0.5", TypeError, "rate must be a real number between 0 and 1, got '0.5' (str)")
    if name in RATE_BELOW_ONE:
        refuse(call, 1, ValueError, "rate must ")
    else:
        call(1)
    call(0.5)


RNG = {
    "sample_mask": lambda r: sample_mask(3, 0.5, r),
    "dropout": lambda r: dropout(THREE, 0.5, r),
    "dropout in evaluation": lambda r: dropout(THREE, 0.5, r, training=False),
    "Dropout": lambda r: Dropout(0.5, r),
    "MLP": lambda r: MLP([5, 2], r),
    "sample_masks": lambda r: net().sample_masks(3, r),
    "fit": lambda r: net().fit(TABLE, np.array([0, 1]), r, epochs=1),
    "running_average": lambda r: running_average(net(), TABLE, 2, r),
    "sampled_weights": lambda r: sampled_weights(EYE, TWO, 0.5, [1], r),
    "questions": lambda r: FRIENDS.questions(3, r),
    "train": lambda r: train(FRIENDS, 0.5, 0, r),
    "gaussian_dropout": lambda r: family.gaussian_dropout(TWO, 0.5, r, training=False),
    "concrete_mask": lambda r: family.concrete_mask(3, 0.3, 0.1, r),
    "block_mask": lambda r: family.block_mask((4, 4), 0.3, 2, r),
    "drop_block": lambda r: family.drop_block(MAP, 0.1, 2, r, training=False),
    "drop_connect": lambda r: family.drop_connect(TABLE, TABLE.T, TWO, 0.5, r, training=False),
    "attention": lambda r: family.attention(EYE, EYE, EYE, 0.5, r, training=False),
}


@pytest.mark.parametrize("name", RNG)
def test_generators(name):
    refuse(RNG[name], 0, TypeError, "rng must be a numpy.random.Generator")
    RNG[name](seeded())


TRAINING = {
    "dropout": lambda t: dropout(THREE, 0.5, seeded(), training=t),
    "gaussian_dropout": lambda t: family.gaussian_dropout(TWO, 0.1, seeded(), training=t),
    "drop_block": lambda t: family.drop_block(MAP, 0.1, 2, seeded(), training=t),
    "drop_connect": lambda t: family.drop_connect(TABLE, TABLE.T, TWO, 0.5, seeded(), training=t),
}


@pytest.mark.parametrize("name", TRAINING)
def test_training_is_true_or_false(name):
    for bad in (None, 1, "no", np.array(True)):
        refuse(TRAINING[name], bad, TypeError, f"training must be True or False, got {bad!r}")


NOISE_SHAPE = {
    "sample_mask": lambda n: sample_mask((2, 3), 0.5, seeded(), noise_shape=n),
    "dropout": lambda n: dropout(TABLE, 0.5, seeded(), noise_shape=n),
    "in evaluation": lambda n: dropout(TABLE, 0.5, seeded(), training=False, noise_shape=n),
    "Dropout": lambda n: Dropout(0.5, seeded(), noise_shape=n).forward(TABLE),
    "Dropout in evaluation": lambda n: Dropout(0.5, seeded(), noise_shape=n).eval().forward(TABLE),
}


@pytest.mark.parametrize("name", NOISE_SHAPE)
def test_noise_shapes(name):
    call, types = NOISE_SHAPE[name], "noise_shape must be None or a tuple of ints and None, got "
    for bad in ("ab", 1, (1.0, 3), (True, 3), (None, "1"), np.array([1, 3])):
        refuse(call, bad, TypeError, f"{types}{bad!r}")
    fits = "noise_shape must have one entry per axis of (2, 3), each None, 1 or the length of that"
    for bad in ((), (1,), (None, 1, 1), (2, 2), (3, 2)):
        refuse(call, bad, ValueError, f"{fits} axis, got {bad!r}")
    none = "noise_shape must be None or a tuple of None and ints of at least 1, got "
    for bad in ((0, 1), (-1, 3)):  # a layer, made for many arrays, refuses what fits none
        refuse(call, bad, ValueError, f"{none}{bad!r}" if "Dropout" in name else fits)


def test_a_layer_refuses_a_noise_shape_before_it_meets_an_array():
    for bad in ((0, 1), [np.int8(-3)]):
        refuse(
            lambda n: Dropout(0.5, seeded(), noise_shape=n), bad, ValueError, "noise_shape must be"
        )


def test_options_are_keyword_only():
    for call in (
        lambda: sample_mask((2, 3), 0.5, seeded(), None),
        lambda: dropout(THREE, 0.5, seeded(), True),
        lambda: Dropout(0.5, seeded(), None),
    ):
        with pytest.raises(TypeError, match="positional"):
            call()


GRAD = "grad must have the shape of the last forward input, (2, 3), got (3,)"


def after_forward(training):
    layer = Dropout(0.5, seeded())
    layer.training = training
    layer.forward(TABLE)
    return layer


def fit(**changes):
    net().fit(TABLE, np.array([0, 1]), seeded(), **{"epochs": 1} | changes)


# Error, beginning of its message, call.
TYPES = [
    ("mask must be a boolean numpy.ndarray", lambda: dropout_backward(TWO, TWO, 0.5)),
    ("shape must be an int or a tuple", lambda: sample_mask((2.0, 3), 0.5, seeded())),
    ("start must be a real number", lambda: rates("0", 1)),
    ("stop must be a real number", lambda: rates(0, None)),
    ("step must be a real number", lambda: rates(0, 1, True)),
    ("n must be a whole number", lambda: all_masks(2.0, 0.5)),
    ("mask must be a boolean", lambda: INVERTED.apply_training(TWO, TWO, 0.5)),
    ("convention must be a Convention or a name, got None", lambda: convention_named(None)),
    ("every entry of masks must be a boolean", lambda: net().forward(TABLE, [TWO, TWO])),
    ("masks must be a list of arrays, got 3", lambda: net().forward(TABLE, 3)),
    ("labels must be", lambda: net().gradients(TABLE, TWO)),
    ("labels must be", lambda: cross_entropy(TABLE, TWO)),
    ("net must be a dropout_lab.network.MLP, got str", lambda: evaluate("net", TABLE, TWO)),
    ("net must be", lambda: sub_networks(3)),
    ("net must be", lambda: running_average("net", TABLE, 2, seeded())),
    ("counts must be a sequence", lambda: sampled_weights(EYE, TWO, 0.5, 3, seeded())),
    ("every entry of counts must", lambda: sampled_weights(EYE, TWO, 0.5, [1.5], seeded())),
    ("prices must hold", lambda: ridge_weights(EYE, TWO, "1")),
    ("price must be a real number", lambda: fit_logistic(EYE, TWO, price="1")),
    ("names must be a sequence of strings", lambda: StudyGroup("ab", (1, 1))),
    ("names must be a sequence of strings", lambda: StudyGroup((1, 2), (1, 1))),
    ("sigmas must hold", lambda: StudyGroup(("a", "b"), ("x", "y"))),
    ("group must be a StudyGroup", lambda: best_weights(None, 0.5)),
    ("group must be a StudyGroup", lambda: train(None, 0.5, 1, seeded())),
    ("sessions must be", lambda: train(FRIENDS, 0.5, 1.5, seeded())),
    ("masks must be a boolean", lambda: weights_for_masks(FRIENDS, np.ones((2, 6)))),
    ("absent must be a sequence of names", lambda: exam_score(FRIENDS, np.ones(6), 3)),
    ("model must be a torch.nn.Module or an MLP", lambda: mc_passes(abs, EYE, 3, seed=0)),
    ("x must be a numpy.ndarray", lambda: mc_passes(net(), [[1.0]], 3, seed=0)),
    ("seed must be a whole number", lambda: mc_passes(net(), TABLE, 3, seed=0.5)),
    ("max_norm must be a real number", lambda: Regularizer(max_norm=True)),
    ("l1 must be a real number", lambda: Regularizer(l1="1")),
    ("l2 must be a real number", lambda: Regularizer(l2=[1.0])),
    ("block must be a whole number", lambda: family.seed_rate(0.1, 2.0, 4, 4)),
    ("shape must be", lambda: family.block_mask((4.0, 4), 0.3, 2, seeded())),
    ("shape must be", lambda: family.concrete_mask(None, 0.3, 0.1, seeded())),
    ("temperature must be a real", lambda: family.concrete_mask(3, 0.5, True, seeded())),
    (
        "shared must be True or False",
        lambda: family.recurrent_states(MOVIE, np.eye(3), 0.5, seeded(), shared=1),
    ),
]
VALUES = [
    ("shape must not hold negative lengths, got -1", lambda: sample_mask(-1, 0.5, seeded())),
    (
        "mask must have the shape of grad, (2, 2), got (1, 2)",  # which would broadcast
        lambda: dropout_backward(EYE, np.ones((1, 2), bool), 0.5),
    ),
    (
        "grad of shape (2, 3) has nothing to pass through: call forward before backward",
        lambda: Dropout(0.5, seeded()).backward(TABLE),
    ),
    (GRAD, lambda: after_forward(True).backward(THREE)),
    (GRAD, lambda: after_forward(False).backward(THREE)),
    ("start must lie between 0 and 1", lambda: rates(-0.1)),
    ("stop must lie between 0 and 1", lambda: rates(0, 1.1)),
    ("step must lie between 0 and 1", lambda: rates(0, 1, math.nan)),
    ("step must be at least 1e-10, got 1e-11", lambda: rates(0, 1, 1e-11)),
    ("stop must be at least start = 0.5, got 0.2", lambda: rates(0.5, 0.2)),
    ("n must be a whole number of at least 1, got 0", lambda: all_masks(0, 0.5)),
    ("n must be at most 20", lambda: all_masks(21, 0.5)),
    (
        "mask must broadcast to the shape of x, (3,), got (2,)",
        lambda: INVERTED.apply_training(THREE, TWO > 0, 0.5),
    ),
    (
        "mask must broadcast to the shape of grad",
        lambda: INVERTED.apply_backward(THREE, EYE > 0, 0.5),
    ),
    ("x must have shape (units,), got (2, 2)", lambda: INVERTED.train_mean(EYE, 0.5)),
    ("x must hold 1 to 20 units, got 21", lambda: INVERTED.train_mean(np.ones(21), 0.5)),
    ("x must hold 1 to 20 units, got 0", lambda: INVERTED.train_mean(np.ones(0), 0.5)),
    ("convention must be one of", lambda: convention_named("keras")),
    ("training must be one of", lambda: Convention("", "", (), "p", "1", "1")),
    ("inference must be one of", lambda: Convention("", "", (), "1", "p", "1")),
    ("backward must be one of", lambda: Convention("", "", (), "1", "1", "p")),
    ("sizes must list at least inputs and classes, got [5]", lambda: MLP([5], seeded())),
    ("sizes must list at least inputs and classes, got '55'", lambda: MLP("55", seeded())),
    ("sizes must list at least inputs and classes, got 5", lambda: MLP(5, seeded())),
    ("every entry of sizes must", lambda: MLP([5, 0], seeded())),
    ("rate must be one number or 1 of them", lambda: MLP([5, 3, 2], seeded(), rate=[0.1, 0.2])),
    ("convention must be one of", lambda: MLP([5, 2], seeded(), convention="no")),
    ("x must have shape (batch, 3), got (2, 2)", lambda: net().forward(EYE)),
    ("x must have shape (batch, 3), got (3,)", lambda: net().forward(THREE)),
    ("masks must hold 2 masks, got 1", lambda: net().forward(TABLE, [TWO > 0])),
    ("labels must hold 2 classes from 0 to 2", lambda: net().gradients(TABLE, np.array([0]))),
    ("labels must hold 2 classes", lambda: net().gradients(TABLE, np.array([0, 3]))),
    ("labels must hold 2 classes", lambda: evaluate(net(), TABLE, np.array([0, 3]))),
    ("x must hold at least one", lambda: net().gradients(TABLE[:0], np.array([], int))),
    ("x must hold at least one", lambda: evaluate(net(), TABLE[:0], np.array([], int))),
    ("x must hold at least one", lambda: net().fit(TABLE[:0], TWO[:0], seeded(), epochs=1)),
    ("logits must hold at least one", lambda: cross_entropy(TABLE[:0], np.array([], int))),
    ("logits must have at least one class", lambda: softmax(np.ones((2, 0)))),
    ("epochs must be", lambda: fit(epochs=0)),
    ("batch_size must be", lambda: fit(batch_size=0)),
    ("optimizer must be one of", lambda: fit(optimizer="lion")),
    ("learning_rate must be finite and greater than 0", lambda: fit(learning_rate=0)),
    ("batch must be a whole number of at least 0", lambda: net().sample_masks(-1, seeded())),
    *(
        (
            f"net must have 1 to {ensemble.MAX_HIDDEN} hidden units",
            lambda sizes=sizes: sub_networks(MLP(sizes, seeded())),
        )
        for sizes in ([2, 2], [2, 17, 2], [2, 9, 8, 2])
    ),
    ("x must have shape (batch, 3), got (2, 2)", lambda: exact_ensemble(net(), EYE)),
    ("masks must hold 2 masks, got 1", lambda: sub_network_logits(net(), TABLE, masks()[:1])),
    (
        "masks must hold shape (16, 2), got (4, 2)",
        lambda: sub_network_logits(net(), TABLE, [masks()[0], masks()[1][:4]]),
    ),
    (
        "masks must hold shape (2, 2), got (2,)",
        lambda: sub_network_logits(net(), TABLE, [TWO > 0, TWO > 0]),
    ),
    ("samples must be", lambda: running_average(net(), TABLE, 0, seeded())),
    ("p must hold probabilities", lambda: ensemble.total_variation(TWO, GOOD)),
    ("q must hold probabilities", lambda: ensemble.total_variation(GOOD, TWO)),
    (
        "q must fit the shape of p, (2, 2), got (3, 2)",
        lambda: ensemble.total_variation(GOOD, np.full((3, 2), 0.5)),
    ),
    ("x must have shape (n, d), at least (1, 1), got (3,)", lambda: dropout_prices(THREE, 0.5)),
    ("x must have shape (n, d)", lambda: dropout_prices(TABLE[:0], 0.5)),
    ("x must be finite, got nan", lambda: dropout_prices(EYE * np.nan, 0.5)),
    ("y must have shape (2,), one value a row of x", lambda: ridge_weights(EYE, THREE, 1.0)),
    ("y must be finite, got inf", lambda: ridge_weights(EYE, TWO * np.inf, 1.0)),
    ("prices must be one number or 2, got", lambda: ridge_weights(EYE, TWO, [1.0, 2.0, 3.0])),
    *(
        ("prices must be finite and not negative", lambda p=p: ridge_weights(EYE, TWO, p))
        for p in (-1.0, np.inf, np.array([1.0, np.nan]))
    ),
    ("x of shape (3, 2) with prices", lambda: ridge_weights(np.ones((3, 2)), THREE, 0.0)),
    ("counts must hold at least one", lambda: sampled_weights(EYE, TWO, 0.5, [], seeded())),
    ("every entry of counts must", lambda: sampled_weights(EYE, TWO, 0.5, [0], seeded())),
    ("weights must have shape (2,), got (3,)", lambda: confident_prices(EYE, THREE, 0.5)),
    ("weights must have shape (2,), got (3,)", lambda: logistic_penalty(EYE, THREE, 0.5)),
    ("weights must be finite", lambda: logistic_penalty(EYE, TWO * np.nan, 0.5)),
    ("weights must be finite", lambda: confident_prices(EYE, TWO * np.nan, 0.5)),
    ("labels must be finite", lambda: fit_logistic(EYE, TWO * np.nan)),
    ("labels must be 0 or 1", lambda: fit_logistic(EYE, np.array([0.5, 1.0]))),
    ("labels must have shape (2,)", lambda: fit_logistic(EYE, THREE)),
    ("price must be finite and at least 0", lambda: fit_logistic(EYE, TWO, price=-1.0)),
    ("names must be distinct and at least one", lambda: StudyGroup((), ())),
    ("names must be distinct and at least one", lambda: StudyGroup(("a", "a"), (1, 1))),
    ("sigmas must hold one value per name, 2", lambda: StudyGroup(("a", "b"), (1,))),
    ("sigmas must be positive", lambda: StudyGroup(("a", "b"), (1, 0))),
    ("sigmas must be finite", lambda: StudyGroup(("a", "b"), (1, np.nan))),
    ("sigmas must have rows", lambda: StudyGroup(("a",), [[1], [1, 2]])),
    ("count must be", lambda: FRIENDS.questions(0, seeded())),
    ("sessions must be", lambda: train(FRIENDS, 0.5, -1, seeded())),
    ("questions must be", lambda: train(FRIENDS, 0.5, 1, seeded(), questions=0)),
    ("step must be finite and greater than 0", lambda: train(FRIENDS, 0.5, 1, seeded(), step=0)),
    ("penalty must be finite and at least 0", lambda: decay_weights(FRIENDS, -1)),
    *(
        (
            "masks must have shape (k, 6)",
            lambda shape=shape: weights_for_masks(FRIENDS, np.ones(shape, bool)),
        )
        for shape in ((2, 5), 6, (0, 6))
    ),
    (
        "masks must let each friend come at least once, not so ['Fay']",
        lambda: weights_for_masks(FRIENDS, np.arange(6)[None] < 5),
    ),
    ("views must have shape (questions, n)", lambda: practice_weights(EYE, THREE, 0.5)),
    ("views must have shape (questions, n)", lambda: practice_weights(TWO, TWO, 0.5)),
    ("views must be finite", lambda: practice_weights(EYE * np.nan, TWO, 0.5)),
    ("answers must be finite", lambda: practice_weights(EYE, TWO * np.nan, 0.5)),
    ("weights must not all be zero", lambda: effective_friends(np.zeros(6))),
    ("weights must be finite", lambda: effective_friends(TWO * np.inf)),
    ("weights must have 6 columns", lambda: exam_score(FRIENDS, THREE)),
    ("absent must name friends out of", lambda: exam_score(FRIENDS, np.ones(6), "Zoe")),
    ("absent must name friends out of", lambda: exam_score(FRIENDS, np.ones(6), [3])),
    ("passes must be a whole number of at least 1", lambda: mc_passes(net(), TABLE, 0, seed=0)),
    ("seed must be a whole number of at least 0", lambda: mc_passes(net(), TABLE, 1, seed=-1)),
    ("probabilities must have shape (passes, n, classes)", lambda: decompose(GOOD)),
    ("probabilities must have shape (passes, n, classes)", lambda: decompose(GOOD[None][:0])),
    ("probabilities must hold probabilities", lambda: decompose(2 * GOOD[None])),
    (
        "probabilities must hold probabilities",
        lambda: top_label_counts(np.array([0, 1]), 2 * GOOD),
    ),
    ("labels must hold 2 classes", lambda: top_label_counts(np.array([0, 2]), GOOD)),
    ("edges must rise", lambda: top_label_counts(np.array([0, 1]), GOOD, (0, 2))),
    ("edges must rise", lambda: top_label_counts(np.array([0, 1]), GOOD, (0, 0.5, 0.5, 1))),
    ("edges must rise", lambda: top_label_counts(np.array([0, 1]), GOOD, (0.1, 1))),
    ("edges must rise", lambda: top_label_counts(np.array([0, 1]), GOOD, (1,))),
    ("counts must have shape (..., 3, k), got", lambda: expected_calibration_error(EYE)),
    *(
        ("counts must hold answers", lambda c=c: expected_calibration_error(np.array(c)[:, None]))
        for c in ([0, 0, 0], [2, 3, 1], [2, 1, 3], [-1, -1, -1], [2, -1, 1])
    ),
    ("counts must be finite", lambda: expected_calibration_error(np.full((3, 1), np.nan))),
    ("weights must have shape (2,), got (3,)", lambda: readout_variance(EYE, THREE, 0.5)),
    ("values must hold 2 to 10 seeds, got 1", lambda: t_interval([1.0])),
    ("values must hold 2 to 10 seeds, got 11", lambda: t_interval(np.zeros((3, 11)))),
    ("values must hold 2 to 10 seeds, got 0", lambda: t_interval(1.0)),
    ("values must hold at least 30 parts", lambda: shared_interval(np.zeros(40))),
    ("values must hold at least 30 parts", lambda: shared_interval(np.zeros((5, 29)))),
    ("gain must be a number", lambda: verdict(math.nan, 1)),
    ("half must be a number and at least 0", lambda: verdict(1, -1)),
    ("max_norm must be finite and greater than 0, got 0", lambda: clip_norms(EYE, 0)),
    ("max_norm must be finite and greater than 0, got 0", lambda: Regularizer(max_norm=0)),
    ("l1 must be finite and at least 0", lambda: Regularizer(l1=-1e-9)),
    ("l2 must be finite and at least 0", lambda: Regularizer(l2=math.inf)),
    ("weights must have shape (inputs, units), got (3,)", lambda: clip_norms(THREE, 1.0)),
    (
        "temperature must be finite and greater than 0",
        lambda: family.concrete_mask(3, 0.5, 0, seeded()),
    ),
    ("rate must lie between 0 and 1, neither", lambda: family.concrete_mask(3, 0, 0.1, seeded())),
    (
        "data_format must be one of ['channels_first', 'channels_last'], got 'NHWC'",
        lambda: family.spatial_dropout(MOVIE, 0.5, seeded(), data_format="NHWC"),
    ),
    (
        "x must have shape (batch, channels, ...), got (3,)",
        lambda: family.spatial_dropout(THREE, 0.5, seeded()),
    ),
    *(
        ("block must fit into a map of 8 x 4 pixels, got 5", call)
        for call in (
            lambda: family.seed_rate(0.1, 5, 8, 4),
            lambda: family.drop_block(MAP, 0.1, 5, seeded()),
            lambda: family.drop_block(MAP, 0.1, 5, seeded(), training=False),
            lambda: family.drop_probabilities(0.1, 5, 8, 4),
        )
    ),
    ("rows must be", lambda: family.seed_rate(0.1, 1, 0, 1)),
    ("columns must be", lambda: family.seed_rate(0.1, 1, 1, 0)),
    (
        "shape must be (..., rows, columns), got (4,)",
        lambda: family.block_mask(4, 0.3, 2, seeded()),
    ),
    ("x must have shape (..., rows, columns)", lambda: family.drop_block(TWO, 0.1, 2, seeded())),
    (
        "update must have the shape of x, (2, 3), got (2, 1)",
        lambda: family.stochastic_depth(TABLE, TABLE[:, :1], 0.5, seeded()),
    ),
    ("layers must be a whole number of at least 1, got 0", lambda: family.linear_decay(0, 0.5)),
    ("last_rate must lie between 0 and 1", lambda: family.linear_decay(3, 1.5)),
    (
        "weights must have shape (3, outputs) for x of shape (2, 3), got (2, 3)",
        lambda: family.drop_connect(TABLE, TABLE, TWO, 0.5, seeded()),
    ),
    (
        "biases must have shape (2,), got (3,)",
        lambda: family.drop_connect(TABLE, TABLE.T, THREE, 0.5, seeded()),
    ),
    ("weights must have shape (n,), got (2, 2)", lambda: family.variance_ratio(EYE, TWO, EYE, 0.5)),
    (
        "mean must have shape (2,), got (3,)",
        lambda: family.variance_ratio(TWO, THREE, EYE, 0.5),
    ),
    (
        "covariance must have shape (2, 2), got (2,)",
        lambda: family.variance_ratio(TWO, TWO, TWO, 0.5),
    ),
    (
        "covariance must give no weighted sum a negative variance, got -2 from",
        lambda: family.variance_ratio(TWO, TWO, -EYE, 0.5),
    ),
    (
        "weights must have shape (3, 3), got (2, 2)",
        lambda: family.recurrent_states(MOVIE, EYE, 0.5, seeded()),
    ),
    (
        "x must have shape (batch, steps, units), got (2, 3)",
        lambda: family.variational_dropout(TABLE, 0.5, seeded()),
    ),
    (
        "queries must have shape (..., length, width)",
        lambda: family.attention(TWO, EYE, EYE, 0.5, seeded()),
    ),
    (
        "keys must have width 3 as queries have, got (2, 2)",
        lambda: family.attention(TABLE, EYE, EYE, 0.5, seeded()),
    ),
    (
        "values must have length 2, got (3, 2)",
        lambda: family.attention(EYE, EYE, TABLE.T, 0.5, seeded()),
    ),
    (
        "keys must have at least one place",
        lambda: family.attention(EYE, EYE[:0], EYE[:0], 0.5, seeded()),
    ),
    (
        "queries, keys and values must have axes in front that broadcast",
        lambda: family.attention(np.ones((2, 2, 2)), np.ones((3, 2, 2)), EYE, 0.5, seeded()),
    ),
]


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [(TypeError, *row) for row in TYPES] + [(ValueError, *row) for row in VALUES],
)
def test_what_is_wrong_is_named(error, message, call):
    refuse(lambda _: call(), None, error, message)


def test_errors_of_other_kinds():
    with pytest.raises(RuntimeError, match="do the features separate the classes"):
        fit_logistic(np.array([[1.0], [-1.0]]), np.array([1, 0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        CLASSIC.training = "keep"
    with pytest.raises(TypeError, match=r"^parameters must be an iterable of torch.nn.Parameter"):
        Regularizer(l1=1.0).add_gradients([0.5])
    with pytest.raises(TypeError, match=r"^parameters must be an iterable of torch.nn.Parameter"):
        Regularizer(max_norm=1.0).project(None)
