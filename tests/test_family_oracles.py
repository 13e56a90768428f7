"""Members of the family that PyTorch or Keras have, beside theirs on the same masks."""

import numpy as np
import pytest

from dropout_lab.family import attention, drop_block, gaussian_dropout, spatial_dropout
from dropout_lab.lessons.ch12.gallery import GALLERY, SIDE
from dropout_lab.network import softmax

N = 100_000


@pytest.fixture(scope="module")
def torch():
    """Return PyTorch, its generator seeded and afterwards put back."""
    module = pytest.importorskip("torch")
    with module.random.fork_rng(devices=[]):
        module.manual_seed(1)
        yield module


@pytest.fixture(scope="module")
def keras():
    """Return Keras."""
    return pytest.importorskip("keras")


def shared_axes(out):
    """Return the axes along which all decisions are one, once it is clear that it is dropout."""
    np.testing.assert_allclose(np.unique(out), [0, 1 / 0.7], rtol=1e-6)
    return [axis for axis in range(out.ndim) if np.all(out == out.take([0], axis))]


@pytest.mark.parametrize(
    ("layout", "axes"), [("channels_first", [2, 3]), ("channels_last", [1, 2]), (None, [1, 2])]
)
def test_keras_drops_channels_as_we_do(keras, layout, axes):
    x = np.ones((20, 30, 31, 32), "float32")
    theirs = keras.layers.SpatialDropout2D(0.3, data_format=layout, seed=1)(x, training=True)
    rng, ours_is = np.random.default_rng(0), layout or "channels_last"  # the default of Keras
    ours = spatial_dropout(x, 0.3, rng, data_format=ours_is)
    assert shared_axes(np.asarray(theirs)) == shared_axes(ours) == axes


def test_keras_drops_whole_sequences_as_we_do(keras):
    over_time = keras.layers.SpatialDropout1D(0.3, seed=1)
    out = np.asarray(over_time(np.ones((50, 4, 20), "float32"), training=True))
    assert np.all(out == out[:, :1])
    assert 0 < np.mean(out == 0) < 1


def test_keras_has_the_same_gaussian_noise(keras):
    rate = 0.4
    layer = keras.layers.GaussianDropout(rate, seed=1)
    theirs = np.asarray(layer(np.ones(N, "float32"), training=True))
    ours = gaussian_dropout(np.ones(N), rate, np.random.default_rng(1))
    variance = rate / (1 - rate)
    for noise in (theirs, ours):
        assert noise.mean() == pytest.approx(1, abs=5 * np.sqrt(variance / N))
        assert noise.var() == pytest.approx(variance, abs=5 * variance * np.sqrt(2 / N))
    # The same distribution: quantiles agree within five of their standard errors.
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    quantiles = [np.quantile(noise, levels) for noise in (theirs, ours)]
    density = np.exp(-((quantiles[1] - 1) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    error = np.sqrt(2 * levels * (1 - levels) / N) / density
    assert np.all(np.abs(quantiles[0] - quantiles[1]) < 5 * error)


def test_keras_uses_one_recurrent_mask_for_all_steps(keras):
    units, steps, rate = 400, 5, 0.3
    layer = keras.layers.SimpleRNN(
        units,
        activation="linear",
        kernel_initializer="ones",
        recurrent_initializer="identity",
        recurrent_dropout=rate,
        return_sequences=True,
        seed=1,
    )
    x = np.zeros((1, steps, 1), "float32")
    x[0, 0] = 1.0
    states = np.asarray(layer(x, training=True))[0]
    kept = states[-1] > 0
    # Units either remember, scaled up at every step, or have forgotten at the first one.
    np.testing.assert_allclose(
        states[:, kept].T, [(1 / 0.7) ** np.arange(steps)] * kept.sum(), rtol=1e-5
    )
    assert not states[1:, ~kept].any()
    assert kept.mean() == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / units))


def test_pytorch_drops_attention_weights_after_the_softmax(torch):
    rng = np.random.default_rng(0)
    q, k, values = rng.normal(size=(300, 4)), rng.normal(size=(8, 4)), np.eye(8)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *(torch.tensor(array)[None] for array in (q, k, values)), dropout_p=0.3
    )[0].numpy()
    before = softmax(q @ k.T / 2)
    kept = theirs > 0
    np.testing.assert_allclose(theirs[kept], before[kept] / 0.7, rtol=1e-6)
    assert np.mean(~kept) == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / before.size))
    ours, _ = attention(q, k, values, 0.3, rng)
    kept = ours > 0
    np.testing.assert_allclose(ours[kept], before[kept] / 0.7)
    # Neither renormalizes the rows.
    assert not np.isclose(theirs.sum(axis=1), 1, atol=1e-3).all()


def test_max_pooling_makes_the_same_blocks(torch):
    """Dilating the starts of blocks by max pooling is how deep-learning code draws them."""
    rng = np.random.default_rng(2)
    ours = drop_block(np.ones((1, 1, 9, 9)), 0.3, 3, rng)[0, 0] == 0
    from dropout_lab.family import seed_rate
    from dropout_lab.layer import sample_mask

    begins = ~sample_mask((1, 1, 7, 7), seed_rate(0.3, 3, 9, 9), np.random.default_rng(2))
    padded = torch.nn.functional.pad(torch.tensor(begins, dtype=torch.float32), (2, 2, 2, 2))
    theirs = torch.nn.functional.max_pool2d(padded, 3, stride=1)[0, 0].numpy() > 0
    np.testing.assert_array_equal(ours, theirs)


# --- the gallery -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GALLERY)
def test_every_exhibit_multiplies_by_1_on_average(name):
    exhibit, draws = GALLERY[name], 400
    rng = np.random.default_rng(3)
    factors = np.array([exhibit.sample(0.3, rng) for _ in range(draws)])
    assert factors.shape == (draws, SIDE, SIDE)
    means = factors.mean(axis=(1, 2))
    error = 5 * means.std() / np.sqrt(draws)
    # A concrete mask has mean 1 only approximately.
    room = 0.02 if name == "concrete dropout" else 1e-9
    assert means.mean() == pytest.approx(1, abs=error + room)


def test_exhibits_share_what_they_say():
    rng = np.random.default_rng(0)
    rows = GALLERY["dropout, on weights"].sample(0.5, rng)
    assert np.all(rows == rows[:, :1])
    over_time = GALLERY["variational dropout"].sample(0.5, rng)
    assert np.all(over_time == over_time[:, :1])
    assert 0 < over_time[:, 0].mean() < 2
    tiles = GALLERY["spatial dropout"].sample(0.5, rng).reshape(4, 4, 4, 4)
    assert np.all(tiles == tiles[:, :1, :, :1])
    assert len(np.unique(tiles)) == 2
    layers = GALLERY["stochastic depth"].sample(0.5, rng)
    np.testing.assert_allclose(layers.max(axis=0), 1 / (1 - 0.5 * np.arange(1, 17) / 16))
