"""The sweep of chapter 10: what dropout adds to the loss, and what it adds to the gradient."""

import math

from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, scores
from dropout_lab.sweeps import Sweep, grid
from dropout_lab.training import perceptron_torch

__all__ = ["KINDS", "MASKS"]

FEW = 1_000  # training images; 5,000 others choose the step
NET, RATE = [784, 128, 128, 10], 0.5
BATCH, EPOCHS = 20, 30

MASKS = 8
"""Masks for each example and step over which the gradient of dropout's loss is averaged."""

KINDS = {
    "none": (0, 0),
    "noise": (0, 1),
    "averaged": (MASKS, 0),
    "averaged + noise": (MASKS, 1),
    "dropout": (1, 0),
}
"""Masks of the loss, 0 for the loss without dropout; and whether the noise of one is added."""


def run_effect(kind, step, seed):
    """Train on 1,000 images by gradient descent with a constant step, and score the net."""
    import torch

    train = drawn(seed, 0, FEW)
    x, labels = (torch.from_numpy(part) for part in train)
    net = perceptron_torch(NET, RATE, seed=seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums on every machine, and no waiting for each other
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for _ in range(EPOCHS):
                for rows in torch.randperm(FEW).split(BATCH):
                    slopes = slope(net, x[rows], labels[rows], *KINDS[kind])
                    with torch.no_grad():
                        for weights, down in zip(net.parameters(), slopes, strict=True):
                            weights -= step * down
    finally:
        torch.set_num_threads(threads)
        net.eval()
    parts = {"validation": drawn(seed, FEW, FEW + 5_000), "test": mnist_rows()[2:]}
    return scores(net, "error", **parts, train=train)


def slope(net, x, labels, masks, noisy):
    """Return the gradient of the mean cross-entropy for each array of weights.

    Parameters
    ----------
    net : torch.nn.Module
        Has dropout layers.
    x, labels : torch.Tensor
        A batch.
    masks : int
        How many masks each example gets, over which the gradient is averaged; 0: dropout is off.
    noisy : bool or int
        Add what the gradient of a single mask lacks or has too much. With two independent
        masks, their difference over the square root of 2 has the covariance of one around its
        mean, and the average of k masks has a k-th of that already.

    Returns
    -------
    list of torch.Tensor
        Shaped like the weights.
    """
    import torch
    from torch.nn import functional

    def gradient(copies):
        net.train(copies > 0)
        copies = max(copies, 1)
        logits = net(x.repeat_interleave(copies, dim=0))
        loss = functional.cross_entropy(logits, labels.repeat_interleave(copies))
        return torch.autograd.grad(loss, list(net.parameters()))

    found = gradient(masks)
    if not noisy:
        return found
    size = math.sqrt((1 - 1 / masks if masks else 1) / 2)
    pairs = zip(found, gradient(1), gradient(1), strict=True)
    return [mean + size * (one - other) for mean, one, other in pairs]


SWEEPS = (
    Sweep(
        "ridge-effects",
        "Dropout's loss and dropout's gradient noise, each alone and both, on 1,000 images.",
        [
            cell
            for cell in grid(seed=SEEDS, kind=list(KINDS), step=[0.05, 0.2])
            if (cell["kind"], cell["step"]) != ("noise", 0.2)  # with it a net ends in NaN
        ],
        run_effect,
        mnist_rows,
    ),
)
