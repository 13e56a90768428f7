"""Penalties and norm limits against mathematics and autograd."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dropout_lab.regularizers import Regularizer, clip_norms

torch = pytest.importorskip("torch")
MATRICES = arrays(np.float64, (4, 3), elements=st.floats(-5, 5, allow_subnormal=False))


@given(MATRICES, st.floats(0.1, 4))
def test_norms_keep_the_limit_and_directions_stay(weights, limit):
    clipped = clip_norms(weights, limit)
    norms, before = np.linalg.norm(clipped, axis=0), np.linalg.norm(weights, axis=0)
    np.testing.assert_allclose(norms, np.minimum(before, limit), rtol=1e-12)
    np.testing.assert_allclose(clipped * before, weights * norms, rtol=1e-9, atol=1e-12)


def test_zeros_and_large_weights_and_the_dtype():
    clipped = clip_norms(np.zeros((2, 2), np.float32), 1.0)
    assert clipped.dtype == np.float32
    np.testing.assert_array_equal(clipped, 0)
    # No square overflows: 3 / sqrt(2) each.
    np.testing.assert_allclose(clip_norms(np.full((2, 1), 300, "f2"), 3), 3 / 2**0.5, rtol=1e-3)
    np.testing.assert_allclose(clip_norms(np.full((2, 1), 1e300), 3), 3 / 2**0.5)


def test_pytorch_weights_are_clipped_by_unit_and_filters_whole():
    for layer, x in (
        (torch.nn.Linear(5, 4), torch.ones(1, 5)),
        (torch.nn.Conv2d(2, 3, 3), torch.ones(1, 2, 3, 3)),
    ):
        units = layer.weight.detach().reshape(len(layer.weight), -1)
        expected = clip_norms(units.numpy().T.copy(), 0.3).T
        assert not np.allclose(expected, units)
        bias = layer.bias.detach().clone()
        layer(x).sum().backward()
        Regularizer(max_norm=0.3).project(layer.parameters())
        np.testing.assert_allclose(units, expected, rtol=1e-5)
        assert torch.equal(layer.bias, bias)


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
