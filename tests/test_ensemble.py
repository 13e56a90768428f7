"""All sub-networks of a small net, against brute force and mathematics."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout_lab.ensemble import (
    MAX_HIDDEN,
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


def softmax(scores):
    powers = [math.exp(score) for score in scores]
    return np.array(powers) / sum(powers)


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
@settings(max_examples=50, deadline=None)
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
    ("sizes", "rate"), [([3, 4, 3], 0.3), ([3, 3, 2, 4], [0.2, 0.6]), ([2, 2, 2, 2, 3], 0.5)]
)
def test_averages_agree_with_brute_force(sizes, rate):
    net, x = small_net(sizes, rate)
    found = exact_ensemble(net, x)
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


def test_the_whole_network_comes_first_and_the_empty_one_last():
    net, _ = small_net([3, 3, 2, 4], 0.3)
    masks, probabilities = sub_networks(net)
    assert all(mask[0].all() and not mask[-1].any() for mask in masks)
    dropped = (~np.hstack(masks)).sum(axis=1)
    assert (np.diff(dropped) >= 0).all()
    np.testing.assert_array_equal(np.bincount(dropped), [math.comb(5, k) for k in range(6)])
    np.testing.assert_allclose(probabilities[[0, -1]], [0.7**5, 0.3**5])


@given(first=RATES, second=RATES)
def test_weights_sum_to_one_and_keep_each_unit_as_often_as_its_layer_says(first, second):
    net, _ = small_net([2, 3, 2, 2], [first, second])
    masks, probabilities = sub_networks(net)
    assert probabilities.sum() == pytest.approx(1, rel=1e-12)
    for mask, rate in zip(masks, (first, second), strict=True):
        np.testing.assert_allclose(probabilities @ mask, 1 - rate, rtol=1e-9)


# --- where one pass is exact -------------------------------------------------------------------


@given(rate=st.floats(0.0, 0.95), seed=SEEDS, convention=st.sampled_from(["inverted", "classic"]))
def test_one_pass_is_the_geometric_mean_where_only_the_last_layer_drops(rate, seed, convention):
    net, x = small_net([3, 4, 5, 3], [0.0, rate], seed, convention)
    found = exact_ensemble(net, x)
    np.testing.assert_allclose(found.geometric, found.weight_scaling, atol=1e-10)


@given(rate=RATES, seed=SEEDS)
def test_one_pass_is_the_geometric_mean_where_no_relu_ever_bends(rate, seed):
    net, x = small_net([3, 3, 3, 3], rate, seed)
    net.weights[1] = np.abs(net.weights[1])
    for bias in net.biases[:-1]:
        bias += 50.0  # far above zero under every mask, so the net is linear
    net.weights[2] /= 100.0
    found = exact_ensemble(net, x)
    np.testing.assert_allclose(found.geometric, found.weight_scaling, atol=1e-10)


def test_one_pass_is_not_the_geometric_mean_below_a_relu_nor_the_arithmetic_one():
    net, x = small_net([3, 5, 5, 3], [0.5, 0.0], seed=2)
    below = exact_ensemble(net, x)
    assert total_variation(below.geometric, below.weight_scaling).max() > 0.01
    net.rates = [0.0, 0.5]
    above = exact_ensemble(net, x)
    assert total_variation(above.arithmetic, above.weight_scaling).max() > 0.01


def test_a_wrong_convention_is_not_exact_even_there():
    net, x = small_net([3, 4, 3], 0.3, convention="never scale")
    found = exact_ensemble(net, x)
    assert total_variation(found.geometric, found.weight_scaling).max() > 0.01


def test_at_rate_zero_all_agree_and_at_rate_one_only_the_biases_speak():
    net, x = small_net([3, 3, 2, 4], 0.0)
    for each in exact_ensemble(net, x):
        np.testing.assert_allclose(each, exact_ensemble(net, x).weight_scaling, rtol=1e-12)
    net.rates = [0.4, 1.0]
    np.testing.assert_allclose(
        exact_ensemble(net, x).arithmetic, [softmax(net.biases[-1])] * 3, rtol=1e-12
    )


@settings(max_examples=30)
@given(rate=RATES, seed=SEEDS, label=st.integers(0, 2))
def test_both_averages_lose_no_more_than_their_members_do(rate, seed, label):
    net, x = small_net([3, 3, 3, 3], rate, seed)
    masks, weights = sub_networks(net)
    losses = []
    for logits in sub_network_logits(net, x, masks):
        top = logits.max(axis=1, keepdims=True)
        losses.append((np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]) - logits[:, label])
    found = exact_ensemble(net, x)
    for mean in (found.arithmetic, found.geometric):
        assert (-np.log(mean[:, label]) <= weights @ np.array(losses) + 1e-9).all()


# --- size --------------------------------------------------------------------------------------


def test_sixteen_units_take_little_memory():
    net, _ = small_net([64, 8, 8, 10], 0.5)
    x = np.random.default_rng(0).normal(size=(10, 64))
    tracemalloc.start()
    found = exact_ensemble(net, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6  # all logits at once would take 65,536 x 10 x 10 x 8 bytes = 52 MB alone
    np.testing.assert_allclose(found.arithmetic.sum(axis=1), 1, rtol=1e-9)


def test_blocks_do_not_change_the_result(monkeypatch):
    net, x = small_net([3, 5, 4, 3], 0.4)
    whole = exact_ensemble(net, x)
    monkeypatch.setattr("dropout_lab.ensemble._BLOCK", 70)
    for one, other in zip(exact_ensemble(net, x), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


# --- sampling ----------------------------------------------------------------------------------


def test_samples_have_the_exact_mean_and_the_exact_variance():
    net, x = small_net([3, 4, 4, 3], 0.4, seed=3)
    exact = exact_ensemble(net, x[:1]).arithmetic[0]
    masks, weights = sub_networks(net)
    members = np.array([softmax(each[0]) for each in sub_network_logits(net, x[:1], masks)])
    variance = weights @ (members - exact) ** 2
    repeats, k = 4000, 5
    averages = running_average(net, np.repeat(x[:1], repeats, axis=0), k, np.random.default_rng(0))
    for count in (1, k):
        drawn = averages[count - 1]
        error = np.sqrt(variance / count / repeats)
        assert (np.abs(drawn.mean(axis=0) - exact) < 5 * error).all()
        np.testing.assert_allclose(drawn.var(axis=0), variance / count, rtol=0.2)


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


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[2, 2], [2, MAX_HIDDEN + 1, 2], [2, 9, 8, 2]])
def test_too_few_and_too_many_units_are_refused(sizes):
    net = MLP(sizes, np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"net must have 1 to {MAX_HIDDEN} hidden units"):
        exact_ensemble(net, np.zeros((1, 2)))


def test_wrong_arguments_are_named():
    net, x = small_net([3, 2, 2, 3], 0.5)
    masks, _ = sub_networks(net)
    with pytest.raises(TypeError, match="net must be"):
        sub_networks(net.forward)
    with pytest.raises(TypeError, match="net must be"):
        running_average("net", x, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"x must have shape \(batch, 3\), got \(3, 2\)"):
        exact_ensemble(net, x[:, :2])
    with pytest.raises(ValueError, match="masks must hold 2 masks, got 1"):
        sub_network_logits(net, x, masks[:1])
    with pytest.raises(ValueError, match=r"masks must hold shape \(16, 2\), got \(4, 2\)"):
        sub_network_logits(net, x, [masks[0], masks[1][:4]])
    with pytest.raises(TypeError, match="every entry of masks must be a boolean"):
        sub_network_logits(net, x, [mask.astype(int) for mask in masks])
    with pytest.raises(ValueError, match="samples must be"):
        running_average(net, x, 0, np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng must be"):
        running_average(net, x, 2, 0)
