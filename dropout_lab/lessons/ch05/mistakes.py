"""What mistakes around a dropout layer cost: nets of chapter 5, trained and asked with each."""

from itertools import product

import numpy as np

from dropout_lab import training

__all__ = ["MISTAKES", "ask_often", "costs_of", "train_forgetful"]

MISTAKES = (
    "eval() forgotten",
    "train() forgotten",
    "dropout on the logit",
    "ReLU, dropout, sigmoid",
)
"""The mistakes that `costs_of` makes."""


def ask_often(net, example, passes):
    """Return what a binary classifier says of one example in train mode and in eval mode.

    Parameters
    ----------
    net : torch.nn.Module
        Returns one logit; it is left in eval mode.
    example : numpy.ndarray
        Shape ``(inputs,)``, float32.
    passes : int
        How often to ask in train mode. Each pass draws a mask of its own, from PyTorch's
        generator.

    Returns
    -------
    often : numpy.ndarray
        Probabilities of class 1 in train mode, shape ``(passes,)``.
    once : float
        The probability in eval mode.
    """
    import torch

    copies = torch.tensor(np.tile(example, (passes, 1)))  # each row draws its mask
    copies = copies.to(next(net.parameters()))  # `fit_torch` may use a GPU
    with torch.no_grad():
        often = net.train()(copies).sigmoid().view(-1).cpu().numpy()
        once = net.eval()(copies[:1]).sigmoid().item()
    return often, once


def train_forgetful(train, validation, sizes, rate, seed, *, epochs, batch_size, learning_rate):
    """Train a perceptron by a loop that calls ``train()`` once, before its first epoch.

    Parameters
    ----------
    train, validation : tuple of numpy.ndarray
        Inputs, float32, and labels 0 or 1.
    sizes, rate, seed
        As in `dropout_lab.training.perceptron_torch`.
    epochs, batch_size, learning_rate
        As in `dropout_lab.training.fit_torch`. After each epoch the net is validated.

    Returns
    -------
    tuple of float
        Accuracy and loss on the validation data, and the loss of the last batch.
    """
    import torch

    net = training.perceptron_torch(sizes, rate, seed=seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
    (x, y), loss_of = _tensors(train), torch.nn.functional.binary_cross_entropy_with_logits
    torch.manual_seed(seed)
    net.train()  # once, and too far up
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch_size):
            loss = loss_of(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scores = _scores(net, validation)  # leaves eval mode
    return *scores, loss.item()


def costs_of(train, validation, sizes, rates, seeds, **settings):
    """Train with each mistake, and without, and return what the validation data say.

    Parameters
    ----------
    train, validation : tuple of numpy.ndarray
        Inputs, float32, and labels 0 or 1.
    sizes : sequence of int
        Units per layer of the perceptron, inputs first; the last is 1.
    rates, seeds : sequence
        Dropout rates, and seeds of weights, batches and masks.
    **settings
        ``epochs``, ``batch_size`` and ``learning_rate``.

    Returns
    -------
    dict of str to numpy.ndarray
        For ``"none"``, each of `MISTAKES`, and ``"none, logits × (1-r)"``, a temperature put on
        the correct net: accuracy and loss, shape ``(rates, seeds, 2)``.
    """
    names = ("none", *MISTAKES, "none, logits × (1-r)")
    found = {name: np.empty((len(rates), len(seeds), 2)) for name in names}
    data = train, validation
    for (i, rate), (j, seed) in product(enumerate(rates), enumerate(seeds)):
        right, logit, relu = (
            _fitted(data, sizes, rate, seed, tail, settings) for tail in ("", "drop", "relu drop")
        )
        scores = (
            _scores(right, validation),
            _scores(right, validation, training=True),
            train_forgetful(*data, sizes, rate, seed, **settings)[:2],
            _scores(logit, validation),
            _scores(relu, validation),
            _scores(right, validation, scale=1 - rate),
        )
        for name, pair in zip(names, scores, strict=True):
            found[name][i, j] = pair
    return found


def _fitted(data, sizes, rate, seed, tail, settings):
    """Return a perceptron with something behind its last layer, trained with it there."""
    from torch import nn

    ends = [nn.ReLU() if end == "relu" else nn.Dropout(rate) for end in tail.split()]
    net = nn.Sequential(*training.perceptron_torch(sizes, rate, seed=seed), *ends)
    how = {"seed": seed, "loss": "binary_cross_entropy", "progress": False, **settings}
    training.fit_torch(net, *data, **how)
    return net


def _scores(net, validation, *, training=False, scale=1.0):
    """Return accuracy and loss of logits times `scale`; the net is left in the mode asked for."""
    import torch
    from torch.nn import functional

    x, y = _tensors(validation)
    with torch.random.fork_rng(devices=[]), torch.no_grad():  # a loop may go on afterwards
        torch.manual_seed(0)
        logits = scale * net.train(training)(x.to(next(net.parameters()))).cpu()
    right = ((logits >= 0) == (y > 0.5)).float().mean()  # the sigmoid is at least 0.5
    return right.item(), functional.binary_cross_entropy_with_logits(logits, y).item()


def _tensors(pair):
    """Return inputs, and labels as a column of floats."""
    import torch

    x, labels = pair
    return torch.tensor(x), torch.tensor(labels).float().view(-1, 1)
