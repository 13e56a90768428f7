"""Members of the family that PyTorch or Keras have, beside theirs on the same masks."""

import numpy as np
import pytest
from scipy import stats

from dropout_lab.family import attention, gaussian_dropout, spatial_dropout
from dropout_lab.network import softmax

N = 100_000


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


def test_keras_has_the_same_gaussian_noise(keras):
    layer = keras.layers.GaussianDropout(0.4, seed=1)
    theirs = np.asarray(layer(np.ones(N, "float32"), training=True))
    ours = gaussian_dropout(np.ones(N), 0.4, np.random.default_rng(1))
    assert stats.ks_2samp(theirs, ours).pvalue > 1e-3
    assert stats.kstest(ours, stats.norm(1, np.sqrt(0.4 / 0.6)).cdf).pvalue > 1e-3


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
    ours, _ = attention(q, k, values, 0.3, rng)
    for found in theirs, ours:  # neither renormalizes the rows
        kept = found > 0
        np.testing.assert_allclose(found[kept], before[kept] / 0.7, rtol=1e-6)
        assert np.mean(~kept) == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / before.size))
