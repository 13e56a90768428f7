"""What chapter 5 says goes wrong in PyTorch and Keras, entry by entry.

Each test pins the behavior of the installed frameworks. If one fails after an update, the
framework has changed: correct the failure gallery of chapter 5, then the test. What cells of the
chapter print or assert themselves is found when they are executed, and not repeated here.
"""

import inspect
import math
import warnings

import numpy as np
import pytest
from scipy import optimize, special

from dropout_lab.lessons.ch05.exercises import _loss_floor
from dropout_lab.masks import all_masks

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

N = 10_000
FIVE_SIGMA = 5 * math.sqrt(0.25 / N)  # of a share that is 1/2 on average


@pytest.fixture(autouse=True, scope="module")
def import_tensorflow():
    """Import TensorFlow only where these tests run: each test process collects all files."""
    global keras, tf
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")


@pytest.fixture(autouse=True)
def seeded():
    """Seed PyTorch, and put its generator back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        yield


def share_of_zeros(values):
    return float(np.mean(np.asarray(values) == 0))


def drops_half(values):
    return abs(share_of_zeros(values) - 0.5) < FIVE_SIGMA


# --- 1 the switch --------------------------------------------------------------------------


def test_the_mode_and_the_rate_are_no_part_of_the_weights():
    net, trained = nn.Sequential(nn.Dropout(0.5)), nn.Sequential(nn.Dropout(0.9)).eval()
    assert net.load_state_dict(trained.state_dict()).missing_keys == []
    assert (net[0].training, net[0].p) == (True, 0.5)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.proves("Without gradients, PyTorch still drops", chapter=5)
def test_no_gradients_does_not_mean_no_dropout(context):
    layer, ones = nn.Dropout(0.5), torch.ones(N)
    with context():
        assert drops_half(layer(ones))
    assert torch.equal(layer.eval()(ones), ones)


@pytest.mark.proves("F.dropout without its training argument drops in eval mode", chapter=5)
def test_functional_dropout_does_not_see_the_mode_of_its_module():
    class Forgetful(nn.Module):
        def forward(self, x):
            return functional.dropout(x, 0.5)

    assert drops_half(Forgetful().eval()(torch.ones(N)))


@pytest.mark.proves("eval() does not reach layers in a plain list", chapter=5)
def test_eval_does_not_reach_layers_in_a_plain_list():
    class Hidden(nn.Module):
        def __init__(self, holder):
            super().__init__()
            self.layers = holder([nn.Dropout(0.5)])

        def forward(self, x):
            return self.layers[0](x)

    ones = torch.ones(N)
    assert drops_half(Hidden(list).eval()(ones))
    assert torch.equal(Hidden(nn.ModuleList).eval()(ones), ones)


@pytest.mark.proves(
    "After a validation a model trains without dropout until train() is called", chapter=5
)
def test_evaluation_stays_until_train_is_called():
    net = nn.Sequential(nn.Dropout(0.5)).eval()
    ones = torch.ones(N, requires_grad=True)
    net(ones).sum().backward()  # a training step does not switch the mode
    assert torch.equal(net(ones), ones)
    assert drops_half(net.train()(ones).detach())


DROPS = (
    nn.modules.dropout._DropoutNd,
    nn.MultiheadAttention,
    nn.RNNBase,
    nn.TransformerEncoderLayer,
)


@pytest.mark.proves("eval() makes the spread of Monte-Carlo dropout zero", chapter=5)
def test_eval_silences_monte_carlo_dropout_until_what_drops_is_switched_on():
    net = nn.Sequential(nn.BatchNorm1d(1), nn.Dropout(0.5)).eval()
    ones = torch.ones(N, 1)
    with torch.no_grad():
        assert torch.equal(net(ones), net(ones))
        for module in net.modules():
            if isinstance(module, DROPS):
                module.training = True
        assert not net[0].training  # batch normalization stays in evaluation mode
        assert drops_half(net(ones))


def test_whatever_takes_a_rate_is_on_the_list_or_made_of_what_is():
    takes = {
        kind
        for kind in vars(nn).values()
        if inspect.isclass(kind) and "dropout" in inspect.signature(kind).parameters
    }
    made = {nn.Transformer, nn.TransformerDecoderLayer}
    assert {kind for kind in takes if not issubclass(kind, DROPS)} == made
    kinds = [kind for name, kind in vars(nn).items() if "Dropout" in name]
    assert all(issubclass(kind, DROPS) for kind in kinds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nested tensors and norm_first: not meant here
        whole = nn.Transformer(8, 2, 1, 1, 16)
    parts = {type(part).__name__ for part in whole.modules() if isinstance(part, DROPS)}
    assert parts == {"Dropout", "MultiheadAttention", "TransformerEncoderLayer"}


@pytest.mark.proves(
    "In eval mode a transformer layer does not drop, even if the dropout layers within it are on",
    chapter=5,
)
def test_the_fused_path_of_a_transformer_layer_has_no_dropout():
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.5, batch_first=True).eval()
    x = torch.randn(4, 20, 16)
    with torch.no_grad():
        for module in layer.modules():
            if isinstance(module, nn.Dropout):
                module.training = True
        assert torch.equal(layer(x), layer(x))
        layer.training = True
        assert not torch.equal(layer(x), layer(x))


# --- 2 the place ---------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
@pytest.mark.proves("A dropped logit costs at least the rate times ln 2", chapter=5)
def test_dropout_on_a_logit_costs_the_rate_times_log_two(rate):
    # The best logits there are: +40 for class 1. A dropped logit is 0, probability one half.
    logits, labels = torch.full((N,), 40.0), torch.ones(N)
    dropped = functional.dropout(logits, rate)
    loss = functional.binary_cross_entropy_with_logits(dropped, labels).item()
    share = share_of_zeros(dropped)
    assert loss == pytest.approx(share * math.log(2), rel=1e-5)
    assert share == pytest.approx(rate, abs=5 * math.sqrt(rate * (1 - rate) / N))


@pytest.mark.parametrize(("rate", "of_ten"), [(0.2, 0.185), (0.5, 0.831), (0.8, 1.674)])
def test_no_logits_beat_the_floor_of_dropout_before_the_softmax(rate, of_ten):
    masks, chances = all_masks(3, rate)

    def loss(logits):
        """Return the cross-entropy of class 0 over all masks on three logits."""
        dropped = masks * logits / (1 - rate)
        return chances @ (special.logsumexp(dropped, axis=1) - dropped[:, 0])

    start, bounds = np.random.default_rng(0).normal(0, 3, 3), [(-200, 200)] * 3
    found = optimize.minimize(loss, start, bounds=bounds).fun
    assert -1e-9 <= found - _loss_floor(rate, 3) <= 1e-2
    assert _loss_floor(rate, 10) == pytest.approx(of_ten, abs=5e-4)


# --- 3 layers that do something else -------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.proves("A recurrent net of one layer does not drop in PyTorch", chapter=5)
def test_one_recurrent_layer_warns_and_does_not_drop(kind):
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        layer = getattr(nn, kind)(8, 16, dropout=0.9)
    assert layer.training
    x = torch.randn(5, 3, 8)
    assert torch.equal(layer(x)[0], layer(x)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer = getattr(nn, kind)(8, 16, num_layers=2, dropout=0.5)
    first, second = layer(x)[0], layer(x)[0]
    assert not torch.equal(first, second)  # two of them drop between them
    assert share_of_zeros(first.detach()) == 0  # the output itself is not dropped


def test_keras_drops_the_inputs_of_one_recurrent_layer():
    layer = keras.layers.LSTM(4, dropout=0.5, seed=1)
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    assert not np.array_equal(layer(x, training=True), layer(x, training=True))
    np.testing.assert_array_equal(layer(x), layer(x))


@pytest.mark.proves("Attention layers drop weights and not outputs", chapter=5)
def test_multihead_attention_drops_weights_and_not_outputs():
    layer = nn.MultiheadAttention(16, 2, dropout=0.5, batch_first=True)
    x = torch.randn(4, 20, 16)
    output, weights = layer(x, x, x, average_attn_weights=False)
    assert abs(share_of_zeros(weights.detach()) - 0.5) < 5 * math.sqrt(0.25 / weights.numel())
    assert share_of_zeros(output.detach()) == 0
    assert weights.sum(-1).std().item() > 0.1  # rows no longer add up to 1
    _, weights = layer.eval()(x, x, x, average_attn_weights=False)
    torch.testing.assert_close(weights.sum(-1), torch.ones(4, 2, 20))


def test_one_image_without_a_batch_axis_loses_rows_instead_of_maps():
    image = torch.ones(3, 200, 6)  # channels, rows, columns
    with pytest.warns(UserWarning, match="3D input"):
        kept = functional.dropout2d(image, 0.5) != 0
    assert torch.equal(kept.all(dim=2), kept.any(dim=2))  # whole rows
    assert not torch.equal(kept.all(dim=(1, 2)), kept.any(dim=(1, 2)))  # not whole maps


@pytest.mark.proves("A rate of 1 is accepted and stops all learning", chapter=5)
def test_rate_one_is_accepted_and_stops_all_learning():
    x = torch.ones(N, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = nn.Dropout(1.0)(x)
    y.sum().backward()
    assert share_of_zeros(y.detach()) == share_of_zeros(x.grad) == 1
    assert share_of_zeros(keras.layers.Dropout(1.0)(np.ones(N, np.float32), training=True)) == 1


# --- 4 Keras -------------------------------------------------------------------------------


@pytest.mark.proves(
    "Keras drops inside fit and where training=True is passed, and nowhere else", chapter=5
)
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_keras_drops_only_when_told_or_fitting():
    ones = np.ones((100, N // 100), np.float32)
    layer = keras.layers.Dropout(0.5, seed=3)
    model = keras.Sequential([keras.Input((N // 100,)), layer])
    # With weights that stay as they are, the loss of ones against ones is the dropout noise.
    model.compile(optimizer="sgd", loss="mse")
    assert model.fit(ones, ones, verbose=0).history["loss"] == [pytest.approx(1)]  # off by 1 each
    assert model.evaluate(ones, ones, verbose=0) == 0
    for output in (layer(ones), model(ones), model.predict(ones, verbose=0)):
        np.testing.assert_array_equal(output, ones)
    assert drops_half(layer(ones, training=True))
    assert drops_half(model(ones, training=True))


@pytest.mark.proves(
    "Two Keras layers with one seed draw the same mask; a function with an integer draws one mask",
    chapter=5,
)
def test_one_seed_for_two_keras_layers_is_one_mask():
    ones = np.ones(N, np.float32)
    first, second = (keras.layers.Dropout(0.5, seed=7) for _ in range(2))
    masks = [np.asarray(layer(ones, training=True)) for layer in (first, second, first, second)]
    assert np.array_equal(masks[0], masks[1])
    assert np.array_equal(masks[2], masks[3])
    assert not np.array_equal(masks[0], masks[2])
    with pytest.raises(ValueError, match="seed"):
        keras.layers.Dropout(0.5, seed=keras.random.SeedGenerator(7))
    compiled = tf.function(lambda x: keras.random.dropout(x, 0.5, seed=0))
    assert np.array_equal(compiled(ones), compiled(ones))
    # Independent masks agree in about half of all places.
    moving = keras.random.SeedGenerator(0)
    first, second = (np.asarray(keras.random.dropout(ones, 0.5, seed=moving)) for _ in range(2))
    assert drops_half(first == second)


@pytest.mark.proves(
    "With from_logits=True, Keras finds the logits behind a sigmoid and squashes bare "
    "probabilities twice",
    chapter=5,
)
@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`")
def test_keras_recovers_the_logits_of_a_sigmoid_but_not_of_bare_probabilities():
    x = np.linspace(-3, 3, 8, dtype=np.float32)[:, None]
    y = np.array([0, 1, 0, 1, 1, 0, 1, 1], np.float32)[:, None]

    def loss(logits):
        return np.mean(np.logaddexp(0, logits) - y * logits)

    given = keras.Input((1,))
    sigmoid = keras.layers.Activation("sigmoid")(given)
    bare = keras.layers.Reshape((1,))(sigmoid)
    twice = loss(1 / (1 + np.exp(-x)))
    for output, expected in (sigmoid, loss(x)), (bare, twice):
        model = keras.Model(given, output)
        model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
        assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert abs(twice - loss(x)) > 0.05
