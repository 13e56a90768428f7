"""Penalties and norm limits against scipy, mathematics, and autograd."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize

from dropout_lab.regularizers import Regularizer, clip_norms

MATRICES = arrays(np.float64, (4, 3), elements=st.floats(-5, 5, allow_subnormal=False))


@given(MATRICES, st.floats(0.1, 4))
def test_norms_keep_the_limit_and_directions_stay(weights, limit):
    clipped = clip_norms(weights, limit)
    norms, before = np.linalg.norm(clipped, axis=0), np.linalg.norm(weights, axis=0)
    np.testing.assert_allclose(norms, np.minimum(before, limit), rtol=1e-12)
    np.testing.assert_allclose(clipped * before, weights * norms, rtol=1e-9, atol=1e-12)


def test_the_result_is_the_nearest_allowed_point():
    weights = np.random.default_rng(0).normal(0, 2, (3, 4))
    for column, clipped in zip(weights.T, clip_norms(weights, 1.5).T, strict=True):
        ball = {"type": "ineq", "fun": lambda w: 1.5**2 - w @ w}
        nearest = optimize.minimize(
            lambda w, target=column: ((w - target) ** 2).sum(), np.zeros(3), constraints=ball
        )
        np.testing.assert_allclose(clipped, nearest.x, atol=1e-4)


def test_zero_weights_stay_zero_and_float32_stays_float32():
    clipped = clip_norms(np.zeros((2, 2), dtype=np.float32), 1.0)
    assert clipped.dtype == np.float32
    np.testing.assert_array_equal(clipped, 0)


def test_pytorch_weights_are_clipped_by_unit():
    layer = torch.nn.Linear(5, 4)
    with torch.no_grad():
        layer.weight.mul_(4)
    expected = clip_norms(layer.weight.detach().numpy().T.copy(), 1.2).T
    bias = layer.bias.detach().clone()
    layer(torch.ones(1, 5)).sum().backward()
    Regularizer(max_norm=1.2).project(layer.parameters())
    np.testing.assert_allclose(layer.weight.detach(), expected, rtol=1e-5)
    assert torch.equal(layer.bias, bias)


def test_filters_of_a_convolution_are_clipped_whole():
    layer = torch.nn.Conv2d(2, 3, 3)
    expected = clip_norms(layer.weight.detach().numpy().reshape(3, -1).T.copy(), 0.1).T
    layer(torch.ones(1, 2, 3, 3)).sum().backward()
    Regularizer(max_norm=0.1).project(layer.parameters())
    np.testing.assert_allclose(layer.weight.detach().reshape(3, -1), expected, rtol=1e-5)


def test_gradients_are_those_of_the_penalized_loss():
    torch.manual_seed(0)
    layer = torch.nn.Linear(5, 4).double()
    x = torch.randn(7, 5, dtype=torch.float64)
    penalty = 0.3 * layer.weight.abs().sum() + 0.2 / 2 * (layer.weight**2).sum()
    (layer(x).tanh().sum() + penalty).backward()
    expected = [each.grad.clone() for each in layer.parameters()]
    layer.zero_grad()
    layer(x).tanh().sum().backward()
    Regularizer(l1=0.3, l2=0.2).add_gradients(layer.parameters())
    for found, wanted in zip(layer.parameters(), expected, strict=True):
        torch.testing.assert_close(found.grad, wanted)


def test_what_was_not_trained_is_left_alone():
    layer = torch.nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    regularizer = Regularizer(l1=1.0, l2=1.0, max_norm=0.01)
    regularizer.add_gradients(layer.parameters())
    regularizer.project(layer.parameters())
    assert layer.weight.grad is None
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("wrong", [None, 1.0, np.ones((2, 2)), [0.5], "ab"])
@pytest.mark.parametrize("method", ["add_gradients", "project"])
def test_what_is_no_parameter_is_refused(method, wrong):
    with pytest.raises(TypeError, match=r"^parameters must be an iterable of torch.nn.Parameter"):
        getattr(Regularizer(l1=1.0, max_norm=1.0), method)(wrong)


@pytest.mark.parametrize("name", ["l1", "l2", "max_norm"])
@pytest.mark.parametrize("wrong", [-1e-9, math.nan, math.inf])
def test_strengths_out_of_range_are_refused(name, wrong):
    with pytest.raises(ValueError, match=rf"^{name} must be finite and .*, got {wrong!r}"):
        Regularizer(**{name: wrong})


@pytest.mark.parametrize("name", ["l1", "l2", "max_norm"])
@pytest.mark.parametrize("wrong", ["1", True, [1.0]])
def test_strengths_that_are_no_numbers_are_refused(name, wrong):
    with pytest.raises(TypeError, match=rf"^{name} must be a real number, got "):
        Regularizer(**{name: wrong})


def test_a_limit_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"^max_norm must be finite and greater than 0, got 0"):
        clip_norms(np.ones((2, 2)), 0)
    with pytest.raises(ValueError, match=r"^max_norm must be finite and greater than 0, got 0"):
        Regularizer(max_norm=0)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        (np.ones(3), ValueError, r"weights must have shape \(inputs, units\), got \(3,\)"),
        (np.ones((2, 2), dtype=bool), TypeError, "weights must hold floating-point or integer"),
    ],
)
def test_weights_of_another_kind_are_refused(weights, error, message):
    with pytest.raises(error, match=message):
        clip_norms(weights, 1.0)
