"""The sweeps of chapter 8: one pass at inference against averages of sub-networks."""

from functools import cache

import numpy as np

from dropout_lab.ensemble import exact_ensemble, total_variation
from dropout_lab.layer import sample_mask
from dropout_lab.lessons.runs import SEEDS, drawn, fitted, mnist_rows, scores, trained
from dropout_lab.network import MLP, cross_entropy, softmax
from dropout_lab.sweeps import Sweep, grid
from dropout_lab.training import perceptron_torch, predict_torch

__all__ = ["MASK_RATES", "few_digits", "train_small"]

PLACES = {"last layer": (False, True), "first layer": (True, False), "both layers": (True, True)}
"""Which of the two hidden layers of the small net have dropout."""

SAMPLE_COUNTS = (1, 2, 3, 5, 10, 20, 50, 100)
"""How many sub-networks are averaged."""

NET = [784, 256, 256, 10]
RATE = 0.5
SHOWN = 10  # test images of the small net whose probabilities are stored
POOL = 200  # sub-networks drawn for each test image: two disjoint groups of 100, four of 50, ...

FEW = 2_000  # training images of the controls; 5,000 others choose the learning rate
MASK_RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Rates at which two masks of one trained net are compared."""
MEMBERS = 10  # independent networks in an ensemble of cut-out nets
SPEEDS = (3e-3, 1e-2)
"""Adam's first learning rates of the controls, of which the validation images choose."""


def run_gaps(place, rate, seed):
    """Train the small net, enumerate its sub-networks, and compare the averages."""
    *_, test_x, test_labels = few_digits()
    net = train_small([rate * on for on in PLACES[place]], seed)
    found = exact_ensemble(net, test_x)
    right = np.array([each[np.arange(len(test_x)), test_labels] for each in found])
    arithmetic, geometric, whole = found
    return {
        "accuracy": [(each.argmax(axis=1) == test_labels).mean() for each in found],
        "loss": -np.log(right).mean(axis=1),
        "geometric_gap": total_variation(geometric, whole).mean(),
        "arithmetic_gap": total_variation(arithmetic, whole).mean(),
        "right": right[:, :SHOWN],
    }


def train_small(rates, seed):
    """Train a 64-8-8-5 net, small enough for all its sub-networks, on the digits 0 to 4.

    Parameters
    ----------
    rates : sequence of float
        Dropout rate of each of the two hidden layers.
    seed : int
        Draws weights, order and masks.

    Returns
    -------
    dropout_lab.network.MLP
        The trained net.
    """
    x, labels, *_ = few_digits()
    net = MLP([64, 8, 8, 5], np.random.default_rng(seed), rate=list(rates))
    net.fit(x, labels, np.random.default_rng(seed), epochs=40, batch_size=25, learning_rate=0.01)
    return net


@cache
def few_digits():
    """Return scikit-learn's digits 0 to 4: 600 to train on, and 100 others to test.

    Returns
    -------
    x, labels, test_x, test_labels : numpy.ndarray
        Images as rows of 64 numbers from 0 to 1, and their classes.
    """
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(n_class=5, return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    train, test = order[:600], order[600:700]
    return pixels[train] / 16, digits[train], pixels[test] / 16, digits[test]


def run_samples(size, epochs, seed):
    """Train one net with dropout, and score averages of its sub-networks on the test images."""
    model, _ = trained(NET, drawn(seed, 0, size), rate=RATE, epochs=epochs, seed=seed)
    *_, test_x, test_labels = mnist_rows()
    return averages(*_draw(model, test_x, np.random.default_rng(seed)), test_labels)


def averages(members, whole, labels, counts=SAMPLE_COUNTS):
    """Score the averages of k of the drawn sub-networks, and the network at inference.

    Parameters
    ----------
    members : numpy.ndarray
        Logits of m sub-networks, shape ``(m, examples, classes)``.
    whole : numpy.ndarray of float64
        Logits of the network at inference, shape ``(examples, classes)``.
    labels : numpy.ndarray of int
        Shape ``(examples,)``.
    counts : sequence of int
        The values of k, each at most ``m / 2``.

    Returns
    -------
    dict
        For each k, over the ``m // k`` disjoint groups: ``error`` and ``error_sd``, mean and
        standard deviation of the share of examples that the mean of the probabilities gets
        wrong; ``loss``, its mean cross-entropy in nats; ``geometric_error`` and
        ``geometric_loss``, the same of the geometric mean. And ``whole_error`` and
        ``whole_loss`` of the network at inference.
    """
    rows = np.arange(len(labels))
    chances = np.stack([softmax(each.astype(np.float64)) for each in members])
    names = ("error", "error_sd", "loss", "geometric_error", "geometric_loss")
    found = {name: [] for name in names}
    for k in counts:
        scores = []
        for start in range(0, len(members) - k + 1, k):
            group = slice(start, start + k)
            mean = chances[group].mean(axis=0)
            logits = members[group].mean(axis=0, dtype=np.float64)
            errors = [(each.argmax(axis=1) != labels).mean() for each in (mean, logits)]
            loss = -np.log(mean[rows, labels]).mean()
            scores.append((errors[0], loss, errors[1], cross_entropy(logits, labels)))
        means, spread = np.mean(scores, axis=0), np.std(scores, axis=0, ddof=1)
        values = (means[0], spread[0], *means[1:])
        for name, value in zip(names, values, strict=True):
            found[name].append(value)
    return {
        **found,
        "whole_error": (whole.argmax(axis=1) != labels).mean(),
        "whole_loss": cross_entropy(whole, labels),
    }


def _draw(model, x, rng):
    """Return the logits of `POOL` sub-networks, each drawn anew for each example, and of all."""
    import torch

    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums on every machine, and no waiting for each other
    try:
        with torch.inference_mode():
            first = linear[0](torch.from_numpy(x))  # no mask touches what comes before
            whole = _rest(linear[1:], first, None).double().numpy()
            members = np.stack([_rest(linear[1:], first, rng).numpy() for _ in range(POOL)])
    finally:
        torch.set_num_threads(threads)
    return members, whole


def _rest(layers, values, rng):
    """Return the logits from the first layer's sums: of all units, or of one mask an example."""
    import torch

    for layer in layers:
        values = torch.relu(values)
        if rng is not None:
            mask = sample_mask(tuple(values.shape), RATE, rng)
            values = values * torch.from_numpy(mask) / (1 - RATE)
        values = layer(values)
    return values


def run_control(method, rate, input_rate, learning_rate, seed):
    """Train on 2,000 images without dropout, with it, or by boosting, and score one pass.

    ``members`` instead trains `MEMBERS` networks that share nothing, each cut out of the net by a
    mask of its own that stays, and scores averages of the first k. ``pair`` trains two nets with
    dropout from two starts, and counts how often they contradict each other, and how often two
    masks of one of them do.
    """
    train, validation = drawn(seed, 0, FEW), drawn(seed, FEW, FEW + 5_000)
    how = {"epochs": 30, "learning_rate": learning_rate, "decay": True}
    parts = {"validation": validation, "test": mnist_rows()[2:]}
    if method == "members":
        return _members(train, parts, rate, input_rate, seed, how)
    nets = [
        perceptron_torch(NET, rate, input_rate=input_rate, seed=start)
        for start in ([seed, seed + 100] if method == "pair" else [seed])
    ]
    for number, net in enumerate(nets):
        model = boosting_torch(net) if method == "boosting" else net
        fitted(model, train, seed=seed + 100 * number, **how)
    if method == "pair":
        return _pair(nets, *parts["test"], seed)
    return scores(nets[0], "error", **parts, train=train)


def boosting_torch(net):
    """Return a model that trains a net by dropout boosting.

    In training its logits have the value of the whole net, and the gradient of a sub-network: so
    the cross-entropy corrects what the ensemble says, and only the units that a mask
    left are moved. In evaluation it is the net.

    Parameters
    ----------
    net : torch.nn.Module
        Has dropout layers. Trained in place.

    Returns
    -------
    torch.nn.Module
        Shares its weights.
    """
    import torch

    class Boosting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            if not self.training:
                return self.net(x)
            masked = self.net(x)
            self.net.eval()
            with torch.no_grad():
                whole = self.net(x)
            self.net.train()
            return whole + masked - masked.detach()

    return Boosting()


def _members(train, parts, rate, input_rate, seed, how):
    """Train networks that share nothing, and score averages of the first k of them."""
    rng, found = np.random.default_rng(seed), {}
    logits = {name: [] for name in parts}
    for number in range(MEMBERS):
        sees = sample_mask((NET[0],), input_rate, rng).astype(np.float32)
        sizes = [NET[0], *(int(sample_mask((n,), rate, rng).sum()) for n in NET[1:-1]), NET[-1]]
        data = train[0] * sees, train[1]
        net, _ = trained(sizes, data, rate=0.0, seed=seed + 100 * number, **how)
        for name, (x, _) in parts.items():
            logits[name].append(predict_torch(net, x * sees).astype(np.float64))
    for name, (_, labels) in parts.items():
        means = {
            "geometric": np.cumsum(logits[name], axis=0),  # divided by k their order is the same
            "arithmetic": np.cumsum(softmax(np.array(logits[name])), axis=0),
        }
        for mean, values in means.items():
            found[f"{name}_{mean}_error"] = (values.argmax(axis=-1) != labels).mean(axis=-1)
        sums = means["geometric"] / np.arange(1, MEMBERS + 1)[:, None, None]
        found[f"{name}_loss"] = [cross_entropy(each, labels) for each in sums]
    return found


def _pair(nets, x, labels, seed):
    """Return error and disagreement of two nets, and of two masks of the first at each rate."""
    import torch

    pairs = [[predict_torch(net, x).argmax(axis=1) for net in nets]]
    layers = [layer for layer in nets[0].train() if isinstance(layer, torch.nn.Dropout)]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for rate in MASK_RATES:
            for layer in layers:
                layer.p = rate
            masked = [nets[0](torch.from_numpy(x)) for _ in range(2)]
            pairs.append([logits.argmax(dim=1).numpy() for logits in masked])
    errors = [np.mean([answers != labels for answers in pair]) for pair in pairs]
    apart = [np.mean(one != other) for one, other in pairs]
    names = ("nets_error", "mask_errors"), ("nets_disagree", "masks_disagree")
    found = {}
    for (net, mask), values in zip(names, (errors, apart), strict=True):
        found |= {net: values[0], mask: values[1:]}
    return found


SWEEPS = (
    Sweep(
        "ensemble-gaps",
        "A 64-8-8-5 net with dropout in three places: one pass against all 65,536 sub-networks.",
        grid(place=list(PLACES), rate=[0.1, 0.2, 0.3, 0.4, 0.5], seed=SEEDS),
        run_gaps,
    ),
    Sweep(
        "ensemble-samples",
        "A 784-256-256-10 net trained at rate 0.5: averages of 1 to 100 sub-networks.",
        grid(size=[60_000], epochs=[10], seed=SEEDS) + grid(size=[2_000], epochs=[30], seed=SEEDS),
        run_samples,
        mnist_rows,
    ),
    Sweep(
        "ensemble-controls",
        "On 2,000 images: dropout, dropout boosting, networks that share nothing, two starts.",
        [
            {"method": method, "rate": rate, "input_rate": pixels, "learning_rate": speed, **cell}
            for cell in grid(seed=SEEDS)
            for method, rate, inputs, speeds in (
                ("none", 0.0, (0.0,), SPEEDS),
                ("dropout", RATE, (0.0, 0.2), SPEEDS),
                ("boosting", RATE, (0.0, 0.2), SPEEDS),
                ("members", RATE, (0.0, 0.2), SPEEDS),
                ("pair", RATE, (0.0,), SPEEDS[:1]),
            )
            for pixels in inputs
            for speed in speeds
        ],
        run_control,
        mnist_rows,
    ),
)
