"""Passes with dropout on, and the measures of doubt, against enumeration and other formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dropout_lab.lessons.ch11.process import _relu_kernel
from dropout_lab.lessons.ch11.sweeps import gap_data
from dropout_lab.masks import all_masks
from dropout_lab.network import MLP, softmax
from dropout_lab.training import predict_torch
from dropout_lab.uncertainty import (
    decompose,
    expected_calibration_error,
    mc_passes,
    readout_variance,
    top_label_counts,
)

torch = pytest.importorskip("torch")
nn = torch.nn
X = np.random.default_rng(0).normal(size=(3, 4))
SEQUENCES = np.random.default_rng(1).normal(size=(3, 5, 8))


def classifier(rate=0.5, units=6):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, units), nn.ReLU(), nn.Dropout(rate), nn.Linear(units, 2))


class Calling(nn.Module):
    """A module that calls a layer in its own way."""

    def __init__(self, layer, forward):
        super().__init__()
        self.layer, self.way = layer, forward

    def forward(self, x):
        return self.way(self.layer, x)


def dropping(kind):
    """Return something with a dropout of 0.4 for vectors of 8 numbers."""
    how = {"dropout": 0.4, "batch_first": True}
    if kind == "MultiheadAttention":
        return Calling(nn.MultiheadAttention(8, 2, **how), lambda layer, x: layer(x, x, x)[0])
    if kind == "LSTM":
        return Calling(nn.LSTM(8, 8, num_layers=2, **how), lambda layer, x: layer(x)[0])
    if kind == "TransformerDecoderLayer":
        return Calling(nn.TransformerDecoderLayer(8, 2, 16, **how), lambda layer, x: layer(x, x))
    if kind == "TransformerEncoder":
        return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, **how), 2)
    return getattr(nn, kind)(0.4)


DROPPING = (
    *("Dropout", "Dropout1d", "FeatureAlphaDropout", "MultiheadAttention", "LSTM"),
    *("TransformerEncoder", "TransformerDecoderLayer"),
)


def test_passes_of_our_network_draw_its_masks_one_after_the_other():
    net, rng = MLP([4, 6, 2], np.random.default_rng(0), rate=0.3), np.random.default_rng(1)
    right = [net.forward(X, net.sample_masks(3, rng)) for _ in range(5)]
    np.testing.assert_array_equal(mc_passes(net, X, 5, seed=1), right)


@pytest.mark.parametrize("kind", DROPPING)
@pytest.mark.parametrize("beside", [None, 0.0])
def test_all_that_drops_answers_as_in_train_mode(kind, beside):
    # Nothing here but dropout knows its mode, so PyTorch's own train mode is the right answer.
    torch.manual_seed(0)
    parts = [nn.Linear(8, 8), dropping(kind)]
    net = nn.Sequential(*parts if beside is None else (*parts, nn.Dropout(beside))).double()
    torch.manual_seed(7)
    with torch.no_grad():
        x = torch.tensor(SEQUENCES)
        right = [net.train()(x).numpy() for _ in range(3)]
    net.eval()
    state = torch.get_rng_state()
    found = mc_passes(net, SEQUENCES, 3, seed=7)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(found, right)
    assert found.std(axis=0).any()
    assert not any(module.training for module in net.modules())
    assert torch.backends.mha.get_fastpath_enabled()


def test_batch_normalization_inside_a_transformer_stays_in_evaluation_mode():
    class Rows(nn.BatchNorm1d):
        def forward(self, x):
            seen.append(self.training)
            return super().forward(x.mT).mT

    seen, layer = [], dropping("TransformerEncoder").layers[0]
    layer.norm1 = Rows(8)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    assert mc_passes(layer.train(), SEQUENCES, 4, seed=0).std(axis=0).all()
    assert seen == [False] * 4
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(module.training for module in layer.modules())


def test_a_layer_that_works_in_place_does_not_change_the_next_pass():
    net = nn.Sequential(nn.Dropout(0.5, inplace=True))
    x = np.ones((1000, 1))
    found = mc_passes(net, x, 8, seed=0)
    assert set(found.ravel()) == {0, 2}
    assert np.all(np.abs(found.mean(axis=(1, 2)) - 1) < 5 / np.sqrt(1000))
    np.testing.assert_array_equal(x, 1)


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_inputs_follow_the_dtype_of_the_model(dtype):
    net = classifier(units=40).to(getattr(torch, dtype))
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
            assert (x.device, x.dtype) == (self.linear.weight.device, torch.float64)
            return self.drop(torch.ones(3, 1))  # elsewhere, for meta tensors hold no numbers

    assert set(mc_passes(Elsewhere(), X, 8, seed=0).ravel()) == {0, 2}


def test_a_model_without_anything_that_drops_or_without_a_tensor_is_refused():
    for net in (nn.Linear(4, 2), nn.GRU(4, 2), nn.MultiheadAttention(4, 2)):
        with pytest.raises(ValueError, match="must have a dropout layer"):
            mc_passes(net, X, 3, seed=0)
    with pytest.raises(TypeError, match="model must return a tensor, got tuple"):
        mc_passes(nn.LSTM(4, 2, 2, dropout=0.5), X, 3, seed=0)


@pytest.mark.parametrize("passes", [1, 2, 5])
def test_equal_passes_are_refused_where_a_rate_says_that_they_differ(passes):
    # A layer of dropout is there, but another function drops, in a mode that it is never in.
    net = Calling(nn.Dropout(1e-9), lambda _, x: nn.functional.dropout(x, 0.5, net.training))
    with pytest.raises(ValueError, match=r"outputs that depend on its masks.*a rate is 1e-09"):
        mc_passes(net, X, passes, seed=0)
    assert (net.training, net.layer.training, net.layer.p) == (True, True, 1e-9)


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
    # The mutual information of class and pass is the mean divergence of a pass from the mean.
    divergence = stats.entropy(values, doubt.mean[None], axis=2).mean(axis=0)
    np.testing.assert_allclose(doubt.mutual, divergence, atol=1e-10)
    assert np.all(doubt.mutual >= 0)


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
    both = expected_calibration_error(np.stack([found, found]))
    np.testing.assert_allclose(both, [error, error], atol=1e-12)


@pytest.mark.parametrize("end", [0.1, 0.3, 0.6, 0.7, 0.9, 1.0])
def test_a_confidence_at_the_end_of_a_bin_is_in_the_next_one(end):
    row = np.array([[end, *[(1 - end) / 19] * 19]])
    assert top_label_counts(np.array([0]), row)[0].argmax() == min(round(10 * end), 9)


@given(st.integers(0, 99), st.floats(0, 0.9))
def test_the_variance_of_a_readout_is_that_over_all_masks(seed, rate):
    rng = np.random.default_rng(seed)
    hidden, weights = np.maximum(rng.normal(size=(2, 5)), 0), rng.normal(size=5)
    masks, chances = all_masks(5, rate)
    outputs = (hidden[:, None] * masks / (1 - rate)) @ weights
    mean = outputs @ chances
    variance = (outputs - mean[:, None]) ** 2 @ chances
    np.testing.assert_allclose(readout_variance(hidden, weights, rate), variance, atol=1e-10)


def test_a_prior_scale_of_4_makes_the_40_points_of_the_chapter_most_probable():
    def evidence(n, scale):
        x, y = gap_data(n)
        kernel = _relu_kernel(x, x, scale) + 0.1**2 * np.eye(n)
        return stats.multivariate_normal(cov=kernel).logpdf(y)

    assert max(range(1, 10), key=lambda scale: evidence(40, scale)) == 4
    for n in (10, 640):
        gain = max(evidence(n, scale) for scale in (1.5, 2.0, 2.5, 3.0, 3.5)) - evidence(n, 4)
        assert 0 < gain < np.log(3)
