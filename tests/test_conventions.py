"""The seven conventions against enumeration, finite differences and PyTorch."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout_lab.conventions import CONVENTIONS, Convention, convention_named
from dropout_lab.layer import dropout, dropout_backward, sample_mask
from dropout_lab.masks import all_masks

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
INNER = (0.05, 0.1, 0.25, 0.5, 0.6, 0.9)

# What the seven do, derived by hand: p is the rate. Ratio is inference / mean while training.
RATIOS = {
    "classic": lambda p: 1.0,
    "inverted": lambda p: 1.0,
    "scale by p": lambda p: p / (1 - p),
    "divide at test": lambda p: 1 / (1 - p) ** 2,
    "scale twice": lambda p: 1 - p,
    "never scale": lambda p: 1 / (1 - p),
    "backward unscaled": lambda p: 1.0,
}
AT_ONE = {
    "classic": 1.0,
    "inverted": 1.0,
    "scale by p": math.inf,
    "divide at test": math.inf,
    "scale twice": 0.0,
    "never scale": math.inf,
    "backward unscaled": 1.0,
}

every = pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=list(CONVENTIONS))


@pytest.fixture(autouse=True)
def no_warnings():
    """Turn every warning into an error."""
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        yield


def test_all_seven_are_there():
    assert list(CONVENTIONS) == list(RATIOS)
    assert all(name == convention.name for name, convention in CONVENTIONS.items())
    assert [name for name, c in CONVENTIONS.items() if c.right] == ["classic", "inverted"]
    assert all(convention.says for convention in CONVENTIONS.values())


@every
@pytest.mark.parametrize("rate", INNER)
def test_ratio_is_the_one_derived_by_hand(convention, rate):
    assert convention.eval_over_train(rate) == pytest.approx(RATIOS[convention.name](rate))


@every
@given(
    rate=st.floats(0.01, 0.99),
    x=st.lists(st.floats(-100, 100).filter(lambda v: abs(v) > 1e-3), min_size=1, max_size=6),
)
@settings(max_examples=25)
@pytest.mark.proves(
    "The ratio of inference to training mean of each convention is the one in the table",
    chapter=3,
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
def test_ratio_agrees_with_simulation(convention):
    rate, count = 0.3, 40_000
    masks = sample_mask((count, 5), rate, np.random.default_rng(1))
    outputs = convention.apply_training(np.broadcast_to(X, masks.shape), masks, rate)
    error = outputs.std(axis=0) / math.sqrt(count)
    wanted = convention.apply_inference(X, rate) / RATIOS[convention.name](rate)
    assert np.all(np.abs(outputs.mean(axis=0) - wanted) < 5 * error)


@every
def test_limits_at_rate_0_and_1_need_no_warning(convention):
    at_zero = 0.0 if convention.name == "scale by p" else 1.0
    assert convention.eval_over_train(0.0) == at_zero
    assert convention.eval_over_train(1.0) == AT_ONE[convention.name]
    near = 1 - 1e-12
    assert convention.eval_over_train(near) == pytest.approx(
        AT_ONE[convention.name], abs=1e-11
    ) or (convention.eval_over_train(near) > 1e11)
    assert np.array_equal(convention.apply_training(X, np.zeros(5, bool), 1.0), np.zeros(5))
    assert np.array_equal(convention.apply_backward(X, np.zeros(5, bool), 1.0), np.zeros(5))
    assert np.array_equal(convention.train_mean(X, 1.0), np.zeros(5))
    assert np.array_equal(convention.apply_training(X, np.ones(5, bool), 0.0), X)


def test_dividing_by_zero_keep_leaves_zeros_and_signs():
    out = CONVENTIONS["divide at test"].apply_inference(np.array([0.0, 1.0, -2.0]), 1.0)
    assert np.array_equal(out, [0.0, np.inf, -np.inf])
    assert CONVENTIONS["divide at test"].s_eval(1.0) == math.inf
    assert CONVENTIONS["inverted"].s_train(1.0) == math.inf
    assert CONVENTIONS["inverted"].s_backward(1.0) == math.inf


@pytest.mark.proves(
    "Scaling by the dropout rate is right at one half and at no other rate",
    chapter=3,
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
def test_gradient_ratio_agrees_with_finite_differences(convention, rate):
    rng = np.random.default_rng(2)
    x, grad, mask = rng.normal(size=6), rng.normal(size=6), np.array([1, 1, 0, 1, 0, 1], bool)
    step = 1e-4 * np.eye(6)
    loss = [
        grad @ convention.apply_training(x + sign * row, mask, rate)
        for row in step
        for sign in (1, -1)
    ]
    numeric = (np.array(loss[::2]) - np.array(loss[1::2])) / 2e-4
    found = convention.apply_backward(grad, mask, rate)
    np.testing.assert_allclose(
        found, convention.gradient_ratio(rate) * numeric, rtol=1e-7, atol=1e-9
    )
    wrong = convention.name == "backward unscaled"
    assert convention.gradient_ratio(rate) == pytest.approx(1 - rate if wrong else 1)
    assert convention.gradient_ratio(1.0) == (0.0 if wrong else 1.0)


@every
def test_right_means_both_ratios_are_one(convention):
    both = [
        ratio(rate)
        for ratio in (convention.eval_over_train, convention.gradient_ratio)
        for rate in INNER
    ]
    assert convention.right == all(math.isclose(ratio, 1) for ratio in both)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverted_is_the_dropout_of_the_package(dtype):
    x = np.random.default_rng(3).normal(size=(4, 5)).astype(dtype)
    mask = sample_mask(x.shape, 0.3, np.random.default_rng(4))
    inverted = CONVENTIONS["inverted"]
    out = inverted.apply_training(x, mask, 0.3)
    assert out.dtype == dtype
    assert np.array_equal(out, dropout(x, 0.3, np.random.default_rng(4)))
    assert np.array_equal(inverted.apply_backward(x, mask, 0.3), dropout_backward(x, mask, 0.3))
    assert np.array_equal(inverted.apply_inference(x, 0.3), x)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.75])
def test_inverted_is_the_dropout_of_pytorch(rate):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    x = torch.rand(7, 11) + 1
    out = torch.nn.functional.dropout(x, rate)
    ours = CONVENTIONS["inverted"].apply_training(x.numpy(), (out != 0).numpy(), rate)
    np.testing.assert_allclose(ours, out.numpy(), rtol=1e-6)


@every
def test_one_mask_serves_a_batch_and_nothing_is_changed_in_place(convention):
    x, mask = np.ones((3, 2)), np.array([True, False])
    out = convention.apply_training(x, mask, 0.5)
    assert np.array_equal(out, np.full((3, 2), convention.s_train(0.5)) * [1, 0])
    for new in (convention.apply_inference(x, 0.5), convention.apply_backward(x, mask, 0.5), out):
        assert not np.shares_memory(new, x)
        new += 1
    assert np.array_equal(x, np.ones((3, 2)))


def test_convention_named():
    classic = CONVENTIONS["classic"]
    assert convention_named("classic") is classic
    assert convention_named(classic) is classic
    with pytest.raises(ValueError, match=r"convention must be one of .*'keras'"):
        convention_named("keras")
    with pytest.raises(TypeError, match="convention must be"):
        convention_named(None)


def test_a_convention_is_frozen_and_refuses_other_factors():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONVENTIONS["classic"].right = False
    with pytest.raises(ValueError, match=r"inference must be one of .*'p'"):
        Convention("mine", "Mine.", (), training="1", inference="p", backward="1")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.s_train(1.5), ValueError, "rate must lie between 0 and 1"),
        (lambda c: c.eval_over_train(True), TypeError, "rate must be a real number"),
        (lambda c: c.apply_training([1.0], np.ones(1, bool), 0.5), TypeError, "x must be"),
        (lambda c: c.apply_training(X, np.ones(5), 0.5), TypeError, "mask must be a boolean"),
        (lambda c: c.apply_training(X, np.ones(4, bool), 0.5), ValueError, "mask must broadcast"),
        (lambda c: c.apply_backward(X, np.ones((2, 5), bool), 0.5), ValueError, "shape of grad"),
        (lambda c: c.apply_inference(X, -0.1), ValueError, "rate must lie"),
        (
            lambda c: c.train_mean(np.ones((2, 2)), 0.5),
            ValueError,
            r"x must have shape \(units,\), got \(2, 2\)",
        ),
        (lambda c: c.train_mean(np.ones(99), 0.5), ValueError, "x must hold 1 to 20 units"),
    ],
)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=message):
        call(CONVENTIONS["inverted"])


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
