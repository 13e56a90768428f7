"""PyTorch's own gradient check, as chapter 4 uses it: dropout passes if its mask is held still."""

import numpy as np
import pytest

from dropout_lab.conventions import CONVENTIONS

RATE = 0.3


@pytest.fixture
def x(torch):
    return torch.randn(5, 4, dtype=torch.float64, requires_grad=True)


@pytest.mark.proves(
    "PyTorch's gradcheck refuses a right gradient if masks are drawn afresh", chapter=4
)
def test_gradcheck_refuses_dropout_with_fresh_masks(torch, x):
    layer = torch.nn.Dropout(RATE)

    def frozen(x):
        torch.manual_seed(0)
        return layer(x)

    assert torch.autograd.gradcheck(frozen, x)
    with pytest.raises(RuntimeError):
        torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("name", list(CONVENTIONS))
@pytest.mark.proves("PyTorch's gradcheck finds the backward pass without its scale", chapter=4)
def test_gradcheck_finds_the_backward_pass_without_its_scale_and_no_other(torch, x, name):
    convention, mask = CONVENTIONS[name], np.random.default_rng(0).random((5, 4)) >= RATE

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.tensor(convention.apply_training(x.detach().numpy(), mask, RATE))

        @staticmethod
        def backward(ctx, grad):
            return torch.tensor(convention.apply_backward(grad.numpy(), mask, RATE))

    if name == "backward unscaled":
        with pytest.raises(RuntimeError, match="Jacobian mismatch"):
            torch.autograd.gradcheck(Layer.apply, x)
    else:
        assert torch.autograd.gradcheck(Layer.apply, x)
