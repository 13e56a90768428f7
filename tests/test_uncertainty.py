"""Passes with dropout on, and the measures of doubt, against enumeration and other formulas."""

import contextlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import nn

from dropout_lab.lessons.ch11.sweeps import gap_data
from dropout_lab.masks import all_masks
from dropout_lab.network import MLP, softmax
from dropout_lab.training import predict_torch
from dropout_lab.uncertainty import (
    decompose,
    expected_calibration_error,
    mc_passes,
    readout_variance,
    relu_process,
    top_label_counts,
)

X = np.random.default_rng(0).normal(size=(3, 4))


def classifier(rate=0.5, units=6):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, units), nn.ReLU(), nn.Dropout(rate), nn.Linear(units, 2))


def many_passes(net):
    """Return 20,000 passes over X: 200 copies of every example, and 100 passes."""
    return mc_passes(net, np.tile(X, (200, 1)), 100, seed=1).reshape(20_000, *X[:, 0].shape, -1)


# --- passes ------------------------------------------------------------------------------------


def test_passes_of_a_module_have_the_moments_of_all_masks():
    net = classifier(0.3)
    found = many_passes(net)
    hidden = np.maximum(X @ net[0].weight.detach().numpy().T + net[0].bias.detach().numpy(), 0)
    masks, chances = all_masks(6, 0.3)
    outputs = np.stack([predict_torch(net[3], hidden * mask / 0.7) for mask in masks])
    mean = np.tensordot(chances, outputs, 1)
    variance = np.tensordot(chances, (outputs - mean) ** 2, 1)
    error = np.sqrt(variance / len(found))
    assert np.all(np.abs(found.mean(axis=0) - mean) < 5 * error)
    np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.08)
    assert np.all(variance > 0)


def test_passes_of_an_mlp_have_the_moments_of_all_masks():
    net = MLP([4, 5, 3], np.random.default_rng(0), rate=0.4)
    found = many_passes(net)
    masks, chances = all_masks(5, 0.4)
    outputs = np.stack([net.forward(X, [mask[None]]) for mask in masks])
    mean = np.tensordot(chances, outputs, 1)
    variance = np.tensordot(chances, (outputs - mean) ** 2, 1)
    assert np.all(np.abs(found.mean(axis=0) - mean) < 5 * np.sqrt(variance / len(found)) + 1e-12)
    np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.08)


@pytest.mark.parametrize(
    "net", [classifier(units=40), MLP([4, 40, 2], np.random.default_rng(0), rate=0.5)]
)
def test_a_seed_fixes_the_passes_and_every_example_has_its_own_masks(net):
    same = np.tile(X[:1], (50, 1))
    first, again = (mc_passes(net, same, 2, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float64
    assert len(np.unique(first[0, :, 0])) > 10
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first, mc_passes(net, same, 2, seed=4))


class Attention(nn.Module):
    """Attention of a sequence to itself; its dropout is a number, not a layer."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.4, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class Recurrent(nn.Module):
    """Two stacked layers; dropout between them is a number, not a layer."""

    def __init__(self, kind):
        super().__init__()
        self.layers = kind(8, 8, num_layers=2, dropout=0.4, batch_first=True)

    def forward(self, x):
        return self.layers(x)[0]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.4, batch_first=True)

    def forward(self, x):
        return self.layer(x, x)


def encoder_layer(rate=0.4):
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=rate, batch_first=True)


DROPPING = {
    "Dropout": lambda: nn.Dropout(0.4),
    "Dropout1d": lambda: nn.Dropout1d(0.4),
    "AlphaDropout": lambda: nn.AlphaDropout(0.4),
    "FeatureAlphaDropout": lambda: nn.FeatureAlphaDropout(0.4),
    "MultiheadAttention": Attention,
    "RNN": lambda: Recurrent(nn.RNN),
    "LSTM": lambda: Recurrent(nn.LSTM),
    "GRU": lambda: Recurrent(nn.GRU),
    "TransformerEncoderLayer": encoder_layer,
    "TransformerEncoder": lambda: nn.TransformerEncoder(encoder_layer(), 2),
    "TransformerDecoderLayer": Decoder,
}
SEQUENCES = np.random.default_rng(1).normal(size=(3, 5, 8))


@pytest.mark.parametrize("kind", DROPPING)
@pytest.mark.parametrize("beside", [None, 0.0])
def test_all_that_drops_answers_as_in_train_mode(kind, beside):
    # Nothing here but dropout knows its mode, so PyTorch's own train mode is the right answer.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = [nn.Linear(8, 8), DROPPING[kind]()]
        net = nn.Sequential(*parts if beside is None else (*parts, nn.Dropout(beside))).double()
        torch.manual_seed(7)
        with torch.no_grad():
            x = torch.tensor(SEQUENCES)
            right = [net.train()(x).numpy() for _ in range(3)]
    net.eval()
    found = mc_passes(net, SEQUENCES, 3, seed=7)
    np.testing.assert_array_equal(found, right)
    assert found.std(axis=0).any()
    assert not any(module.training for module in net.modules())
    assert torch.backends.mha.get_fastpath_enabled()


def test_batch_normalization_inside_a_transformer_stays_in_evaluation_mode():
    class Rows(nn.BatchNorm1d):
        def forward(self, x):
            seen.append(self.training)
            return super().forward(x.mT).mT

    seen, layer = [], encoder_layer()
    layer.norm1 = Rows(8)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    assert mc_passes(layer.train(), SEQUENCES, 4, seed=0).std(axis=0).all()
    assert seen == [False] * 4
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])


def test_all_kinds_of_dropout_layers_are_switched_on_and_nothing_else_is():
    net = nn.Sequential(nn.Dropout1d(0.5), nn.BatchNorm1d(4), nn.AlphaDropout(0.5)).train()
    net[2].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    found = mc_passes(net, np.ones((8, 4, 3)), 20, seed=0)
    scale = 1 / np.sqrt(1 + 1e-5)  # an untrained normalization layer in evaluation mode
    assert found.std() > 0.1
    net[2] = nn.Identity()
    found = mc_passes(net, np.ones((8, 4, 3)), 20, seed=0)
    np.testing.assert_allclose(np.unique(found.round(5)), [0, 2 * scale], atol=1e-5)
    assert [module.training for module in net] == [True, True, True]
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])


def test_modes_and_the_global_random_state_come_back():
    net = classifier().train()
    net[2].eval()
    state = torch.get_rng_state()
    mc_passes(net, X, 3, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in net] == [True, True, False, True]
    with pytest.raises(RuntimeError):
        mc_passes(net, np.ones((2, 7)), 3, seed=0)
    assert [module.training for module in net] == [True, True, False, True]


def test_buffers_come_back_even_where_dropping_changes_them():
    # In train mode spectral normalization refines its vectors at every call.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Recurrent(nn.LSTM)
        nn.utils.spectral_norm(net.layers, "weight_hh_l0")
    buffers = dict(net.named_buffers())
    before = {name: value.clone() for name, value in buffers.items()}
    mc_passes(net.eval(), SEQUENCES, 3, seed=0)
    assert before
    for name, value in net.named_buffers():
        assert value is buffers[name]
        assert torch.equal(value, before[name])


def test_a_layer_that_works_in_place_does_not_change_the_next_pass():
    net = nn.Sequential(nn.Dropout(0.5, inplace=True))
    x = np.ones((1000, 1))
    found = mc_passes(net, x, 8, seed=0)
    assert set(found.ravel()) == {0, 2}
    assert np.all(np.abs(found.mean(axis=(1, 2)) - 1) < 5 / np.sqrt(1000))
    np.testing.assert_array_equal(x, 1)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_inputs_follow_the_dtype_of_the_model(dtype):
    net = classifier(units=40).to(dtype)
    found = mc_passes(net, X, 4, seed=0)
    assert found.dtype == np.float64
    assert np.all(found.std(axis=0) > 0)
    counted = mc_passes(net, np.ones((3, 4), dtype=np.int8), 4, seed=0)
    np.testing.assert_array_equal(counted, mc_passes(net, np.ones((3, 4)), 4, seed=0))


def test_inputs_follow_the_model_to_its_device():
    class Elsewhere(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = nn.Parameter(torch.ones(1, dtype=torch.int64), requires_grad=False)
            self.linear = nn.Linear(4, 1, dtype=torch.float64, device="meta")
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            far = self.linear(x)  # fails where the two are on different devices
            return self.drop(torch.ones(far.shape))  # back, for meta tensors hold no numbers

    assert set(mc_passes(Elsewhere(), X, 8, seed=0).ravel()) == {0, 2}


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (nn.Linear(4, 2), "must have a dropout layer"),
        (nn.GRU(4, 2), "must have a dropout layer"),
        (nn.MultiheadAttention(4, 2), "must have a dropout layer"),
    ],
)
def test_a_model_without_anything_that_drops_is_refused(net, message):
    with pytest.raises(ValueError, match=message):
        mc_passes(net, X, 3, seed=0)


class Unused(nn.Module):
    """A layer of dropout beside a function that follows a mode which is never switched on."""

    def __init__(self, rate):
        super().__init__()
        self.drop = nn.Dropout(rate)

    def forward(self, x):
        return nn.functional.dropout(x, 0.5, training=self.training)


@pytest.mark.parametrize("passes", [1, 2, 5])
def test_equal_passes_are_refused_where_a_rate_says_that_they_differ(passes):
    net = Unused(1e-9).train()
    with pytest.raises(ValueError, match=r"outputs that depend on its masks.*a rate is 1e-09"):
        mc_passes(net, X, passes, seed=0)
    assert (net.training, net.drop.training, net.drop.p) == (True, True, 1e-9)


def test_what_the_look_at_equal_passes_costs():
    def calls(net, passes):
        seen = []
        net.register_forward_hook(lambda *_: seen.append(1))
        with contextlib.suppress(ValueError):
            mc_passes(net, X, passes, seed=0)
        return len(seen)

    assert [calls(classifier(0.5), passes) for passes in (1, 2)] == [1 + 2, 2]
    assert [calls(classifier(1e-12), passes) for passes in (1, 3)] == [1 + 2, 3 + 2]
    assert [calls(Unused(0.5).train(), passes) for passes in (1, 3)] == [1 + 31, 3 + 31]


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1.0])
def test_passes_may_be_equal_at_rates_that_make_them_so(rate):
    net = classifier(rate)
    found = mc_passes(net, X, 3, seed=0)
    hidden = predict_torch(net[:2], X) if rate < 1 else np.zeros((3, 6))
    np.testing.assert_allclose(found, np.stack([predict_torch(net[3], hidden)] * 3), rtol=1e-6)
    assert net[2].p == rate


def test_two_equal_passes_of_a_small_model_are_no_error():
    net = nn.Sequential(nn.Dropout(0.5))  # one unit: two passes agree half of the time
    found = np.stack([mc_passes(net, np.ones((1, 1)), 2, seed=seed).ravel() for seed in range(40)])
    assert {tuple(pair) for pair in found} == {(0, 0), (0, 2), (2, 0), (2, 2)}
    assert mc_passes(net, np.ones((0, 1)), 2, seed=0).shape == (2, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((lambda x: x, X, 3, 0), TypeError, "model must be a torch.nn.Module or an MLP"),
        ((classifier(), X.tolist(), 3, 0), TypeError, "x must be a numpy.ndarray"),
        ((classifier(), X, 0, 0), ValueError, "passes must be a whole number of at least 1"),
        ((classifier(), X, 3, 0.5), TypeError, "seed must be a whole number"),
        ((nn.LSTM(4, 2, 2, dropout=0.5), X, 3, 0), TypeError, "must return a tensor, got tuple"),
    ],
)
def test_bad_arguments_of_passes_are_named(arguments, error, message):
    model, x, passes, seed = arguments
    with pytest.raises(error, match=message):
        mc_passes(model, x, passes, seed=seed)


# --- doubt -------------------------------------------------------------------------------------


@given(st.integers(1, 6), st.integers(2, 5), st.floats(0, 30), st.integers(0, 99))
def test_doubt_is_entropy_of_the_mean_and_splits_into_two_parts(passes, classes, scale, seed):
    logits = np.random.default_rng(seed).normal(0, 1, (passes, 4, classes)) * scale
    values = softmax(logits)
    doubt = decompose(values)
    np.testing.assert_allclose(doubt.mean, values.mean(axis=0))
    np.testing.assert_allclose(doubt.variance, np.var(values, axis=0), atol=1e-15)
    total = [stats.entropy(row) for row in doubt.mean]
    expected = stats.entropy(values, axis=2).mean(axis=0)
    np.testing.assert_allclose(doubt.total, total, atol=1e-12)
    np.testing.assert_allclose(doubt.expected, expected, atol=1e-12)
    np.testing.assert_allclose(doubt.mutual, doubt.total - doubt.expected, atol=1e-12)
    # The mutual information of class and pass is the mean divergence of a pass from the mean.
    divergence = stats.entropy(values, doubt.mean[None], axis=2).mean(axis=0)
    np.testing.assert_allclose(doubt.mutual, divergence, atol=1e-10)
    assert np.all(doubt.mutual <= min(np.log(passes), np.log(classes)) + 1e-12)
    assert np.all(doubt.mutual >= 0)


def test_equal_passes_do_not_contradict_each_other():
    doubt = decompose(np.full((5, 2, 4), 0.25))
    np.testing.assert_allclose(doubt.mutual, 0, atol=1e-15)
    np.testing.assert_allclose(doubt.total, np.log(4))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (0, 2, 3)])
def test_probabilities_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"must have shape \(passes, n, classes\)"):
        decompose(np.full(shape, 1 / 3))


@given(st.integers(0, 99), st.sampled_from(["f2", "f4", "f8"]))
def test_logits_are_refused_and_their_softmax_is_taken(seed, dtype):
    logits = np.random.default_rng(seed).normal(0, 2, (3, 5, 4)).astype(dtype)
    with pytest.raises(ValueError, match="probabilities must hold probabilities"):
        decompose(logits)
    with pytest.raises(ValueError, match="probabilities must hold probabilities"):
        top_label_counts(np.zeros(5, int), logits[0])
    values = torch.softmax(torch.tensor(logits), dim=-1).numpy()
    exact = decompose(softmax(logits))
    np.testing.assert_allclose(decompose(values).total, exact.total, atol=0.01)
    assert top_label_counts(np.zeros(5, int), values[0]).sum(axis=1)[0] == 5


# --- calibration -------------------------------------------------------------------------------


@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 999))
def test_counts_and_error_are_those_of_a_plain_loop(n, classes, seed):
    rng = np.random.default_rng(seed)
    labels, probabilities = rng.integers(0, classes, n), softmax(rng.normal(0, 2, (n, classes)))
    counts, error = np.zeros((3, 10)), 0.0
    for label, row in zip(labels, probabilities, strict=True):
        place = min(int(10 * row.max()), 9)
        counts[:, place] += 1, row.max(), row.argmax() == label
    found = top_label_counts(labels, probabilities)
    np.testing.assert_allclose(found, counts, atol=1e-12)
    for answers, confidence, right in counts.T:
        if answers:
            error += answers / n * abs(confidence / answers - right / answers)
    assert expected_calibration_error(found) == pytest.approx(error, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (np.ones((2, 4)), r"shape \(\.\.\., 3, k\)"),
        (np.zeros((3, 4)), "at least one"),
        ([[10.0], [-1.0], [3.0]], "confidences"),
        ([[10.0], [11.0], [3.0]], "at most as large"),
        ([[10.0], [5.0], [10.5]], "at most as large"),
        (np.array([[np.nan], [0.0], [0.0]]), "finite"),
    ],
)
def test_counts_that_no_answers_have_are_refused(counts, words):
    with pytest.raises(ValueError, match=f"counts must .*{words}"):
        expected_calibration_error(counts)


@pytest.mark.parametrize("end", [0.1, 0.3, 0.6, 0.7, 0.9])
def test_a_confidence_at_the_end_of_a_bin_is_in_the_next_one(end):
    rest = (1 - end) / 19
    row = np.array([[end, *[rest] * 19]])
    assert top_label_counts(np.array([0]), row)[0].argmax() == round(10 * end)


@pytest.mark.parametrize("edges", [(0, 0.5), (0.1, 1), (0, 0.6, 0.5, 1), (0, 0.5, 0.5, 1), (1,)])
def test_edges_that_do_not_rise_from_0_to_1_are_refused(edges):
    with pytest.raises(ValueError, match="edges must"):
        top_label_counts(np.array([0]), np.array([[0.4, 0.6]]), edges)


def test_full_confidence_is_in_the_last_bin():
    counts = top_label_counts(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_array_equal(counts[:, -1], [2, 2, 1])
    assert expected_calibration_error(counts) == 0.5


def test_answers_as_often_right_as_they_say_have_a_small_error():
    rng = np.random.default_rng(0)
    probabilities = softmax(rng.normal(0, 2, (40_000, 3)))
    labels = (rng.uniform(size=(40_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    counts = top_label_counts(labels, probabilities)
    # Each bin misses by about sqrt(p (1 - p) / n); ten bins together by less than this.
    assert expected_calibration_error(counts) < 10 * np.sqrt(0.25 / 40_000 / 10)
    assert expected_calibration_error(np.stack([counts, counts])).shape == (2,)


# --- one hidden layer --------------------------------------------------------------------------


@given(st.integers(0, 99), st.floats(0, 0.9))
def test_the_variance_of_a_readout_is_that_over_all_masks(seed, rate):
    rng = np.random.default_rng(seed)
    hidden, weights = np.maximum(rng.normal(size=(2, 5)), 0), rng.normal(size=5)
    masks, chances = all_masks(5, rate)
    outputs = (hidden[:, None] * masks / (1 - rate)) @ weights
    mean = outputs @ chances
    variance = (outputs - mean[:, None]) ** 2 @ chances
    np.testing.assert_allclose(readout_variance(hidden, weights, rate), variance, atol=1e-10)


@given(st.integers(0, 99), st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 1))
def test_between_two_inputs_the_variance_lies_below_the_chord(seed, a, b, share):
    rng = np.random.default_rng(seed)
    first, bias, out = rng.normal(size=(3, 20))

    def variance(x):
        return readout_variance(np.maximum(first * x + bias, 0)[None], out, 0.5)[0]

    between = variance(share * a + (1 - share) * b)
    assert between <= share * variance(a) + (1 - share) * variance(b) + 1e-9


def test_a_layer_that_drops_everything_has_no_variance_to_speak_of():
    with pytest.raises(ValueError, match=r"rate must be below 1, got 1\.0: its"):
        readout_variance(np.ones((1, 2)), np.ones(2), 1)


# --- the exact posterior -----------------------------------------------------------------------


def test_the_process_is_regression_on_endlessly_many_random_units():
    rng = np.random.default_rng(0)
    x, where = np.array([-1.2, -0.8, 0.7, 1.1]), np.array([-2.0, 0.0, 0.4, 1.0])
    y, noise, units = np.sin(2 * x), 0.2, 200_000
    weights = rng.normal(size=(2, units))

    def features(at):
        inputs = np.stack([np.ones_like(at), at], axis=1)
        return 3.0 * np.sqrt(2 / units) * np.maximum(inputs @ weights, 0)

    known, asked = features(x), features(where)
    # Weight space, by the matrix inversion lemma: the posterior of a linear regression.
    gain = asked @ known.T @ np.linalg.inv(known @ known.T + noise**2 * np.eye(4))
    spread = np.sqrt(np.diag(asked @ asked.T - gain @ known @ asked.T))
    found = relu_process(x, y, where, noise=noise, scale=3.0)
    np.testing.assert_allclose(found[0], gain @ y, atol=0.03)
    np.testing.assert_allclose(found[1], spread, rtol=0.03)


def test_far_from_data_the_process_returns_to_its_prior():
    _, spread = relu_process(np.array([50.0]), np.zeros(1), np.array([0.0]), noise=1e6, scale=2.0)
    np.testing.assert_allclose(spread, 2.0)


def test_a_known_point_is_known():
    mean, spread = relu_process(np.array([1.0]), np.array([3.0]), np.ones(1), noise=1e-4, scale=1.0)
    np.testing.assert_allclose(mean, 3.0, atol=1e-6)
    np.testing.assert_allclose(spread, 1e-4, rtol=1e-3)


def test_a_prior_scale_of_4_makes_the_40_points_of_the_chapter_most_probable():
    def evidence(n, scale):
        x, y = gap_data(n)
        inputs = np.stack([np.ones(n), x], axis=1)
        size = np.sqrt((inputs**2).sum(axis=1))
        angle = np.arctan2(np.abs(x[:, None] - x), inputs @ inputs.T)  # cross and dot product
        turned = (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
        kernel = scale**2 * np.outer(size, size) * turned
        return stats.multivariate_normal(cov=kernel + 0.1**2 * np.eye(n)).logpdf(y)

    assert max(range(1, 10), key=lambda scale: evidence(40, scale)) == 4
    for n in (10, 640):
        gain = max(evidence(n, scale) for scale in (1.5, 2.0, 2.5, 3.0, 3.5)) - evidence(n, 4)
        assert 0 < gain < np.log(3)
