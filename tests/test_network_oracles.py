"""PyTorch's own gradient check, as chapter 4 uses it: dropout passes if its mask is held still."""

import numpy as np
import pytest

from dropout_lab.conventions import CONVENTIONS

RATE = 0.3


def frozen(torch, seed):
    """Return dropout as a function that draws from `seed` in every call; None: never again."""
    layer = torch.nn.Dropout(RATE)

    def function(x):
        if seed is not None:
            torch.manual_seed(seed)
        return layer(x)

    return function


def with_backward_of(torch, name):
    """Return dropout under one mask, with the backward pass of a convention of the book."""
    convention, mask = CONVENTIONS[name], np.random.default_rng(0).random((5, 4)) >= RATE

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.tensor(convention.apply_training(x.detach().numpy(), mask, RATE))

        @staticmethod
        def backward(ctx, grad):
            return torch.tensor(convention.apply_backward(grad.numpy(), mask, RATE))

    return Layer.apply


@pytest.fixture
def torch():
    """Return PyTorch, its generator seeded and afterwards put back."""
    module = pytest.importorskip("torch")
    with module.random.fork_rng():
        module.manual_seed(1)
        yield module


@pytest.fixture
def x(torch):
    return torch.randn(5, 4, dtype=torch.float64, requires_grad=True)


def test_gradcheck_accepts_dropout_whose_mask_comes_from_one_seed(torch, x):
    assert torch.autograd.gradcheck(frozen(torch, 0), x)


@pytest.mark.proves(
    "PyTorch's gradcheck refuses a right gradient if masks are drawn afresh",
    chapter=4,
)
def test_gradcheck_refuses_dropout_with_fresh_masks(torch, x):
    with pytest.raises(RuntimeError):
        torch.autograd.gradcheck(frozen(torch, None), x)


@pytest.mark.parametrize("name", list(CONVENTIONS))
@pytest.mark.proves("PyTorch's gradcheck finds the backward pass without its scale", chapter=4)
def test_gradcheck_finds_the_backward_pass_without_its_scale_and_no_other(torch, x, name):
    function = with_backward_of(torch, name)
    if name == "backward unscaled":
        with pytest.raises(RuntimeError, match="Jacobian mismatch"):
            torch.autograd.gradcheck(function, x)
    else:
        assert torch.autograd.gradcheck(function, x)
