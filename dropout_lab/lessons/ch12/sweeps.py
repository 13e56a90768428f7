"""The sweeps of chapter 12: dropout switched during training, and dropout beside batch norm."""

import numpy as np

from dropout_lab._torch import seeded
from dropout_lab.family import variance_ratio
from dropout_lab.lessons.runs import SEEDS, drawn, fitted, mnist_rows, scores
from dropout_lab.sweeps import Sweep, grid
from dropout_lab.training import perceptron_torch

__all__ = ["NETS", "NORM_RATES", "ORDERS", "SCHEDULES"]

NETS = {
    # sizes, training images, epochs, batch size, dropout rate, epochs before the switch
    "underfitting": ([784, 16, 16, 10], 20_000, 20, 100, 0.1, 4),
    "overfitting": ([784, 256, 256, 10], 2_000, 50, 50, 0.5, 10),
}
"""A net too small for its many images, and one with room for all of its few."""

SCHEDULES = {
    "none": (False, False),
    "early": (True, False),
    "late": (False, True),
    "standard": (True, True),
}
"""Whether dropout is on before the switch, and after it."""

ORDERS = ("directly", "weights between", "after the last")
"""Where dropout stands: before each norm, before the weights of each norm, behind all norms."""

NORM_SIZES = [784, *[100] * 6, 10]
"""Units of each layer of the nets with batch norm."""

NORM_RATES = [0.0, 0.1, 0.3, 0.4, 0.5]
"""The rates that they are trained with."""

NORM_IMAGES = 5_000


# --- early and late dropout ------------------------------------------------------------------


def run_early(net, schedule, seed):
    """Train one net on one schedule with one Adam, and return its curves and its scores."""
    from torch import nn

    sizes, images, epochs, batch, rate, switch = NETS[net]
    train, watched = _split(images, seed)
    before, after = (rate * on for on in SCHEDULES[schedule])
    model = perceptron_torch(sizes, before, seed=seed)
    steps = switch * -(-images // batch)
    for layer in model:
        if isinstance(layer, nn.Dropout):
            switch_rate(layer, steps, after)
    history = fitted(model, train, watched, epochs=epochs, batch_size=batch, seed=seed)
    return {
        "reported_loss": history.train_loss,
        "validation_loss": history.validation_loss,
        "validation_accuracy": history.metrics["accuracy"],
        **scores(model, train=train, test=mnist_rows()[2:]),
    }


def switch_rate(layer, steps, rate):
    """Let a dropout layer change its rate after some training steps, whoever trains it.

    One optimizer sees the whole training, so that its running averages go through the switch. The
    layer counts its forward passes in training mode.
    """
    done = 0

    def count(layer, _inputs):
        nonlocal done
        if layer.training:
            if done == steps:
                layer.p = rate
            done += 1

    layer.register_forward_pre_hook(count)


# --- batch norm --------------------------------------------------------------------------------


def run_norm(order, rate, seed):
    """Train one net with batch norm and dropout, and compare its statistics on and off."""
    import torch

    train, watched = _split(NORM_IMAGES, seed)
    model = norm_torch(order, rate, seed=seed)
    fitted(model, train, watched, epochs=15, batch_size=100, seed=seed)
    test = mnist_rows()[2:]
    found = scores(model, test=test)
    images = torch.from_numpy(train[0])
    with seeded(seed, torch.device("cpu")):
        # Running averages lag behind the weights. Estimated again on all training images, the
        # two differ in nothing but the masks.
        for masks, name in ((True, "kept"), (False, "renewed")):
            renew_statistics(model, images, masks=masks)
            found |= scores(model, **{name: test})
        ratios, formula = _variance_ratios(model, images, order, rate)
    return {**found, "ratios": ratios, "formula": formula}


def norm_torch(order, rate, *, seed):
    """Return a perceptron with a batch norm in each hidden layer, and dropout somewhere.

    Parameters
    ----------
    order : str
        One of `ORDERS`. "directly": weights, ReLU, dropout, norm in each hidden layer.
        "weights between": weights, norm, ReLU, dropout, so that the weights of the next layer
        stand between dropout and the next norm. "after the last": the same, with dropout in
        the last hidden layer only.
    rate : float
        Probability of dropping.
    seed : int
        Draws the weights.
    """
    from torch import nn

    plain = perceptron_torch(NORM_SIZES, rate, seed=seed)
    layers, hidden = [], len(NORM_SIZES) - 2
    for number in range(hidden):
        linear, relu, dropout = plain[3 * number : 3 * number + 3]
        norm = nn.BatchNorm1d(linear.out_features)
        if order == "directly":
            layers += [linear, relu, dropout, norm]
        elif order == "weights between" or number == hidden - 1:
            layers += [linear, norm, relu, dropout]
        else:
            layers += [linear, norm, relu]
    return nn.Sequential(*layers, plain[-1])


def renew_statistics(model, x, *, masks=False):
    """Estimate the means and variances of all batch norms again, by default with dropout off.

    All of `x` makes one batch. The weights stay as they are, and the model in evaluation mode.
    """
    import torch

    model.train()
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.train(masks)
        if isinstance(layer, torch.nn.BatchNorm1d):
            layer.reset_running_stats()
            layer.momentum = None  # the plain average over the batches that follow
    with torch.inference_mode():
        model(x)
    model.eval()


def _variance_ratios(model, x, order, rate):
    """Return, for each norm, by how much masks multiply the variance of what arrives there.

    Medians over units. The second result is the same by formula, for the first norm with a
    dropout before it: nothing else is random there, so the formula holds for it exactly.
    """
    import torch

    def arriving():
        values, found = x, []
        for layer in model:
            if isinstance(layer, torch.nn.BatchNorm1d):
                found.append(values.double().var(dim=0))
            values = layer(values)
        return found

    model.eval()
    variances = []
    with torch.inference_mode():
        for on in (True, False):
            for layer in model:
                if isinstance(layer, torch.nn.Dropout):
                    layer.train(on)
            variances.append(arriving())
        ratios = [(on / off)[off > 0].median().item() for on, off in zip(*variances, strict=True)]
        first = model[: 2 if order == "directly" else 3]  # until the first dropout
        hidden = first(x).double().numpy()
    if order == "after the last":
        return ratios, 1.0
    mean, covariance = hidden.mean(axis=0), np.cov(hidden.T)
    if order == "directly":  # each unit by itself
        weights = np.eye(len(mean))[np.diag(covariance) > 0]
    else:
        weights = model[4].weight.detach().double().numpy()
    each = [variance_ratio(row, mean, covariance, rate) for row in weights]
    return ratios, float(np.median(each))


def _split(images, seed):
    """Return images to train on and 2,000 others to watch, drawn by the seed."""
    return drawn(seed, 0, images), drawn(seed, images, images + 2_000)


SWEEPS = (
    Sweep(
        "family-early",
        "An underfitting and an overfitting net, dropout never, early, late and always.",
        grid(net=list(NETS), schedule=list(SCHEDULES), seed=SEEDS),
        run_early,
        mnist_rows,
    ),
    Sweep(
        "family-norm",
        "Six hidden layers with batch norm, dropout in one of three places, at five rates.",
        grid(order=list(ORDERS), rate=NORM_RATES, seed=SEEDS),
        run_norm,
        mnist_rows,
    ),
)
