"""All sub-networks of a small net, against brute force and mathematics."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from dropout_lab.ensemble import (
    exact_ensemble,
    running_average,
    sub_network_logits,
    sub_networks,
    total_variation,
)
from dropout_lab.network import MLP

RATES = st.floats(0.05, 0.95)
SEEDS = st.integers(0, 2**32 - 1)


def small_net(sizes, rate, seed=0, convention="inverted"):
    """Return a net with biases, and three inputs."""
    rng = np.random.default_rng(seed)
    net = MLP(sizes, rng, rate=rate, convention=convention)
    for bias in net.biases:
        bias += rng.normal(0, 0.5, bias.shape)
    return net, rng.normal(size=(3, sizes[0]))


def brute_force(net, x):
    """Return weight and prediction of each sub-network for one input, one unit after another."""
    units = [bias.size for bias in net.biases[:-1]]
    for mask in itertools.product([1, 0], repeat=sum(units)):
        left, weight, values = list(mask), 1.0, x
        for layer, rate in enumerate(net.rates):
            sums = values @ net.weights[layer] + net.biases[layer]
            values = np.zeros(units[layer])
            for unit in range(units[layer]):
                kept = left.pop(0)
                weight *= 1 - rate if kept else rate
                values[unit] = max(sums[unit], 0.0) / (1 - rate) if kept else 0.0
        yield mask, weight, softmax(values @ net.weights[-1] + net.biases[-1])


@pytest.mark.proves(
    "For two classes at rate 0.5, with masks in the last layer alone, the arithmetic mean of all "
    "sub-networks is never surer than the geometric one; at rate 0.8 it can be",
    chapter=8,
)
@given(SEEDS)
def test_which_mean_is_surer(seed):
    # At 0.5 the difference of the two logits lies symmetrically around its mean, and the logistic
    # function, averaged over a symmetric pair, moves towards a half.
    net, x = small_net([3, 4, 5, 2], [0.0, 0.5], seed)
    found = exact_ensemble(net, x)
    assert (found.arithmetic.max(axis=1) <= found.geometric.max(axis=1) + 1e-12).all()
    # One hidden unit, kept with probability 0.2, then five times as strong: the logits of class 1
    # are -1 and 5, 0.2 on the mean. Four of five members say class 0, and are heard.
    net = MLP([1, 1, 2], np.random.default_rng(0), rate=0.8)
    net.weights = [np.array([[1.2]]), np.array([[0.0, 1.0]])]
    net.biases = [np.zeros(1), np.array([0.0, -1.0])]
    arithmetic, geometric, _ = (mean[0] for mean in exact_ensemble(net, np.ones((1, 1))))
    one = 0.8 / (1 + math.e) + 0.2 / (1 + math.exp(-5))
    np.testing.assert_allclose(arithmetic, [1 - one, one])
    np.testing.assert_allclose(geometric[1], 1 / (1 + math.exp(-0.2)))
    assert arithmetic.max() > geometric.max() + 0.03
    assert arithmetic.argmax() != geometric.argmax()


@pytest.mark.parametrize(
    ("sizes", "rate", "block"),
    [([3, 4, 3], 0.3, 2**18), ([3, 3, 2, 4], [0.2, 0.6], 70), ([2, 3, 2, 1, 3], 0.5, 1)],
)
def test_averages_agree_with_brute_force(sizes, rate, block, monkeypatch):
    monkeypatch.setattr("dropout_lab.ensemble._BLOCK", block)
    net, x = small_net(sizes, rate)
    found = exact_ensemble(net, x)
    assert exact_ensemble(net, x[:0]).geometric.shape == (0, sizes[-1])
    for row, example in enumerate(x):
        members = list(brute_force(net, example))
        mean = sum(weight * p for _, weight, p in members)
        logs = sum(weight * np.log(p) for _, weight, p in members)
        np.testing.assert_allclose(found.arithmetic[row], mean, rtol=1e-12)
        np.testing.assert_allclose(found.geometric[row], softmax(logs), rtol=1e-12)
        np.testing.assert_allclose(
            found.weight_scaling[row], softmax(net.forward(example[None])[0]), rtol=1e-12
        )


def test_each_sub_network_has_its_weight_and_its_prediction():
    net, x = small_net([3, 3, 2, 4], [0.2, 0.6], seed=1)
    masks, probabilities = sub_networks(net)
    logits = sub_network_logits(net, x, masks)
    assert logits.shape == (2**5, 3, 4)
    rows = {tuple(row): i for i, row in enumerate(np.hstack(masks).astype(int).tolist())}
    for mask, weight, prediction in brute_force(net, x[1]):
        i = rows.pop(mask)
        assert probabilities[i] == pytest.approx(weight, rel=1e-12)
        np.testing.assert_allclose(softmax(logits[i, 1]), prediction, rtol=1e-12)
    assert not rows
    # The masks that drop the fewest units come first.
    dropped = (~np.hstack(masks)).sum(axis=1)
    np.testing.assert_array_equal(dropped, np.repeat(range(6), [math.comb(5, k) for k in range(6)]))


@given(rate=st.floats(0.0, 0.95), seed=SEEDS, convention=st.sampled_from(["inverted", "classic"]))
def test_one_pass_is_the_geometric_mean_where_only_the_last_layer_drops(rate, seed, convention):
    net, x = small_net([3, 4, 5, 3], [0.0, rate], seed, convention)
    found = exact_ensemble(net, x)
    np.testing.assert_allclose(found.geometric, found.weight_scaling, atol=1e-10)


def test_the_running_average_is_the_mean_of_the_first_draws():
    net, x = small_net([3, 4, 3], 0.4)
    averages = running_average(net, x, 6, np.random.default_rng(4))
    assert averages.shape == (6, 3, 3)
    rng, total = np.random.default_rng(4), np.zeros((3, 3))
    for k in range(1, 7):
        logits = net.forward(x, net.sample_masks(3, rng))
        total += [softmax(row) for row in logits]
        np.testing.assert_allclose(averages[k - 1], total / k, rtol=1e-12)


def test_total_variation_is_the_largest_difference_over_events():
    rng = np.random.default_rng(5)
    p, q = rng.dirichlet(np.ones(4), 2)
    events = itertools.product([0, 1], repeat=4)
    assert total_variation(p, q) == pytest.approx(max(np.dot(event, p - q) for event in events))
    assert total_variation(p, p) == 0
    assert total_variation(np.array([1.0, 0.0]), np.array([[0.0, 1.0]])).tolist() == [1.0]


@pytest.mark.parametrize("sizes", [[2, 1, 2], [2, 8, 8, 2]])
def test_one_unit_and_sixteen_can_be_enumerated(sizes):
    masks, probabilities = sub_networks(MLP(sizes, np.random.default_rng(0), rate=0.5))
    assert len(masks[0]) == len(probabilities) == 2 ** sum(sizes[1:-1])
    assert probabilities.sum() == pytest.approx(1)


def test_blocks_hold_memory_down(monkeypatch):
    shapes = []
    monkeypatch.setattr(
        "dropout_lab.ensemble.softmax", lambda logits: shapes.append(logits.shape) or logits
    )
    net, x = small_net([3, 5, 4, 6], 0.4)
    monkeypatch.setattr("dropout_lab.ensemble._BLOCK", 16 * 6 * 3)  # 3 examples, 6 units at most
    exact_ensemble(net, x)
    assert shapes == [(16, 3, 6)] * 32 + [(3, 6)] * 2
