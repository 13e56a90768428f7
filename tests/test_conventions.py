"""The seven conventions against enumeration and the Jacobian."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.conventions import CONVENTIONS, Convention, convention_named
from dropout_lab.layer import dropout_backward
from dropout_lab.masks import all_masks

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
INNER = (0.05, 0.1, 0.25, 0.5, 0.6, 0.9)

# What the seven say, p being the rate: the factors while training, at inference and backward.
FACTORS = {
    "classic": lambda p: (1, 1 - p, 1),
    "inverted": lambda p: (1 / (1 - p), 1, 1 / (1 - p)),
    "scale by p": lambda p: (1, p, 1),
    "divide at test": lambda p: (1, 1 / (1 - p), 1),
    "scale twice": lambda p: (1 / (1 - p), 1 - p, 1 / (1 - p)),
    "never scale": lambda p: (1, 1, 1),
    "backward unscaled": lambda p: (1 / (1 - p), 1, 1),
}
# The ratio of inference to training at rate 1.
AT_ONE = dict.fromkeys(FACTORS, 1.0) | {"scale twice": 0.0}
AT_ONE |= dict.fromkeys(("scale by p", "divide at test", "never scale"), math.inf)

# Infinities at rates 0 and 1 must not warn behind the reader's back.
pytestmark = pytest.mark.filterwarnings("error")
every = pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=list(CONVENTIONS))


@every
def test_factors_ratios_and_who_is_right(convention):
    assert list(CONVENTIONS) == list(FACTORS)
    assert CONVENTIONS[convention.name] is convention
    assert convention_named(convention.name) is convention_named(convention) is convention
    for p in INNER:
        train, infer, back = FACTORS[convention.name](p)
        assert convention.s_train(p) == pytest.approx(train)
        assert convention.s_eval(p) == pytest.approx(infer)
        assert convention.s_backward(p) == pytest.approx(back)
        # The mean over masks while training is 1 - p times the factor.
        assert convention.eval_over_train(p) == pytest.approx(infer / (1 - p) / train)
        assert convention.gradient_ratio(p) == pytest.approx(back / train)
    assert convention.right == (convention.name in ("classic", "inverted"))


def test_a_convention_of_ones_own():
    mine = Convention("mine", "rate", "rate", "rate")
    assert mine.eval_over_train(0.2) == pytest.approx(1 / 0.8)
    assert mine.gradient_ratio(0.2) == pytest.approx(1)


@every
@given(
    rate=st.floats(0.01, 0.99),
    x=st.lists(st.floats(-100, 100).filter(lambda v: abs(v) > 1e-3), min_size=1, max_size=6),
)
@pytest.mark.proves(
    "The ratio of inference to training mean of each convention is the one in the table", chapter=3
)
def test_ratio_agrees_with_enumeration(convention, rate, x):
    x = np.array(x)
    masks, probabilities = all_masks(len(x), rate)
    rows = [convention.apply_training(x, mask, rate) for mask in masks]
    mean = sum(p * row for p, row in zip(probabilities, rows, strict=True))
    np.testing.assert_allclose(convention.train_mean(x, rate), mean, rtol=1e-12)
    np.testing.assert_allclose(
        convention.apply_inference(x, rate), convention.eval_over_train(rate) * mean, rtol=1e-9
    )


@every
def test_limits_at_rate_0_and_1_need_no_warning(convention):
    at_zero = 0.0 if convention.name == "scale by p" else 1.0
    assert convention.eval_over_train(0.0) == at_zero
    assert convention.eval_over_train(1.0) == AT_ONE[convention.name]
    assert np.array_equal(convention.apply_training(X, np.zeros(5, bool), 1.0), np.zeros(5))
    assert np.array_equal(convention.apply_backward(X, np.zeros(5, bool), 1.0), np.zeros(5))
    assert np.array_equal(convention.train_mean(X, 1.0), np.zeros(5))
    assert np.array_equal(convention.apply_training(X, np.ones(5, bool), 0.0), X)


def test_the_mean_is_taken_over_as_many_units_as_masks_are_listed_of(monkeypatch):
    monkeypatch.setattr("dropout_lab.conventions.MAX_UNITS", 5)
    np.testing.assert_array_equal(CONVENTIONS["classic"].train_mean(X, 0.5), X / 2)


def test_dividing_by_zero_keep_leaves_zeros_and_signs():
    out = CONVENTIONS["divide at test"].apply_inference(np.array([0.0, 1.0, -2.0]), 1.0)
    assert np.array_equal(out, [0.0, np.inf, -np.inf])
    inverted = CONVENTIONS["inverted"]
    assert inverted.s_train(1.0) == inverted.s_backward(1.0) == math.inf


@pytest.mark.proves(
    "Scaling by the dropout rate is right at one half and at no other rate", chapter=3
)
def test_scaling_by_the_rate_is_right_only_at_one_half():
    trap = CONVENTIONS["scale by p"]
    rates = np.linspace(0, 1, 101)
    assert [r for r in rates if trap.eval_over_train(r) == pytest.approx(1)] == [0.5]
    assert np.array_equal(
        trap.apply_inference(X, 0.5), CONVENTIONS["classic"].apply_inference(X, 0.5)
    )


@every
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_gradient_ratio_agrees_with_the_jacobian(convention, rate):
    rng = np.random.default_rng(2)
    grad, mask = rng.normal(size=6), np.array([1, 1, 0, 1, 0, 1], bool)
    # The map is linear: what it makes of a single 1 is a column of its Jacobian.
    true = [grad @ convention.apply_training(row, mask, rate) for row in np.eye(6)]
    found = convention.apply_backward(grad, mask, rate)
    np.testing.assert_allclose(found, convention.gradient_ratio(rate) * np.array(true))
    assert convention.gradient_ratio(1) == (0 if convention.name == "backward unscaled" else 1)


@every
def test_one_mask_serves_a_batch_and_an_array_without_axes_stays_one(convention):
    out = convention.apply_training(np.ones((3, 2)), np.array([True, False]), 0.5)
    assert np.array_equal(out, np.full((3, 2), convention.s_train(0.5)) * [1, 0])
    zero_d = convention.apply_training(np.array(2.0), np.array(True), 0.5)
    assert (type(zero_d), zero_d.shape) == (np.ndarray, ())


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.99998, 0.99999, 1.0])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_inverted_convention_is_dropout_in_every_dtype(rate, dtype):
    # 1 / (1 - rate) may be beyond the largest float16: dropped units are zeros all the same.
    grad, mask = np.array([0.1, 0.01, 0.1, 0.0], dtype), np.array([True, True, False, True])
    wanted = dropout_backward(grad, mask, rate)
    for apply in ("apply_training", "apply_backward"):
        found = getattr(CONVENTIONS["inverted"], apply)(grad, mask, rate)
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == grad.dtype
    assert np.isfinite(wanted).all()
