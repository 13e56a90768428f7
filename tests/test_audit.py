"""The audit: mistakes planted one at a time, their repairs, and networks known to be right."""

import random
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from recorded import ROOT

from dropout_lab import Dropout
from dropout_lab.audit import KINDS, Finding, Report, audit, diagnose
from dropout_lab.audit.__main__ import main
from dropout_lab.conventions import CONVENTIONS

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional
ROWS = torch.arange(24.0).reshape(4, 6).sin()
STEPS = torch.arange(48.0).reshape(2, 4, 6).cos()


class Calling(nn.Module):
    """A module that calls what it holds, in its own way."""

    def __init__(self, forward, **held):
        super().__init__()
        self.way = forward
        for name, one in held.items():
            setattr(self, name, one)

    def forward(self, x):
        return self.way(self, x)


class ConventionDrop(nn.Module):
    """Dropout as a convention has it, backward too."""

    def __init__(self, name, rate=0.5):
        super().__init__()
        self.p, self.convention = rate, CONVENTIONS[name]

    def forward(self, x):
        if not self.training:
            return x * self.convention.s_eval(self.p)
        x = x * (torch.rand_like(x) >= self.p)
        forward, backward = self.convention.s_train(self.p), self.convention.s_backward(self.p)
        return backward * x + (forward - backward) * x.detach()


def net(*layers):
    return nn.Sequential(nn.Linear(6, 8), *layers)


def functional_net(training):
    return Calling(
        lambda self, x: self.last(functional.dropout(x, 0.3, self.training or training)),
        last=nn.Linear(6, 2),
    )


def attention(rate):
    attend = functional.scaled_dot_product_attention
    return Calling(lambda self, x: self.last(attend(x, x, x, dropout_p=rate)), last=nn.Linear(6, 2))


def switched(model, *kinds, mode=True):
    """Return a model in evaluation mode, all layers of some kinds in another."""
    for module in model.eval().modules():
        if isinstance(module, kinds):
            module.training = mode
    return model


def encoder(*kinds):
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.1, batch_first=True)
    return switched(nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), *kinds)


def stacked(*kinds):
    recurrent = nn.LSTM(6, 4, 2, dropout=0.5)
    held = {"recurrent": recurrent, "drop": nn.Dropout(0.5), "last": nn.Linear(4, 2)}
    return switched(
        Calling(lambda self, x: self.last(self.drop(self.recurrent(x)[0])), **held), *kinds
    )


IN_ENCODER = ("dropout", "dropout1", "dropout2")
# The findings, the mistake, its repair, an example, and whether masks are wanted in prediction.
TORCH = {
    "dropout, batch norm": (
        [("before-batch-norm", "1")],
        lambda: net(nn.Dropout(0.5), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 2)),
        lambda: net(nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2)),
    ),
    "dropout on the logits": (
        [("on-output", "2")],
        lambda: net(nn.Linear(8, 2), nn.Dropout(0.5), nn.Softmax(dim=1)),
        lambda: net(nn.Dropout(0.5), nn.Linear(8, 2), nn.Softmax(dim=1)),
    ),
    "one recurrent layer": (
        [("drops-nothing", "0")],
        lambda: nn.Sequential(nn.GRU(6, 4, dropout=0.5)),
        lambda: nn.Sequential(nn.GRU(6, 4, 2, dropout=0.5)),
    ),
    "rows for maps": (
        [("missing-axis", "1")],
        lambda: net(nn.Dropout1d(0.5), nn.Linear(8, 2)),
        lambda: net(nn.Dropout(0.5), nn.Linear(8, 2)),
    ),
    "no axis for the batch": (
        [("missing-axis", "0")],
        lambda: nn.Sequential(nn.Dropout2d(0.5), nn.Conv1d(4, 2, 1)),
        lambda: nn.Sequential(nn.Dropout1d(0.5), nn.Conv1d(4, 2, 1)),
        STEPS,
    ),
    "rate 1": (
        [("drops-everything", "1")],
        lambda: net(nn.Dropout(1.0), nn.Linear(8, 2)),
        lambda: net(nn.Dropout(0.99), nn.Linear(8, 2)),
    ),
    "a function without a mode": (
        [("ignores-eval", "(model)")],
        lambda: functional_net(True),
        lambda: functional_net(False),
    ),
    "attention without a mode": (
        [("ignores-eval", "0")],
        lambda: nn.Sequential(attention(0.5)),
        lambda: nn.Sequential(attention(0.0)),
        STEPS,
    ),
    "a plain list": (
        [("ignores-eval", "(model)")],
        lambda: Calling(lambda self, x: self.drops[0](x).sum(1), drops=[nn.Dropout(0.5)]),
        lambda: Calling(
            lambda self, x: self.drops[0](x).sum(1), drops=nn.ModuleList([nn.Dropout(0.5)])
        ),
    ),
    "left on": (
        [("left-on", "1")],
        lambda: switched(net(nn.Dropout2d(0.5), nn.Linear(8, 2)), nn.Dropout2d),
        lambda: net(nn.Dropout2d(0.5), nn.Linear(8, 2)),
        STEPS[None],
    ),
    "never scaled": (
        [("wrong-scale", "1")],
        lambda: net(ConventionDrop("never scale"), nn.Linear(8, 2)),
        lambda: net(ConventionDrop("classic"), nn.Linear(8, 2)),
    ),
    "a transformer's fused path": (
        [("silent", f"layers.0.{name}") for name in ("self_attn", *IN_ENCODER)],
        lambda: encoder(nn.Dropout),
        lambda: encoder(nn.Dropout, nn.MultiheadAttention, nn.TransformerEncoderLayer),
        *(STEPS, True),
    ),
    "a recurrent net in evaluation mode": (
        [("silent", "recurrent")],
        lambda: stacked(nn.Dropout),
        lambda: stacked(nn.Dropout, nn.LSTM),
        *(STEPS, True),
    ),
}


def found(report):
    return [(one.kind, one.place) for one in report]


@pytest.mark.filterwarnings("ignore:.*dropout.*:UserWarning")
@pytest.mark.parametrize("name", TORCH)
def test_a_mistake_in_pytorch_is_found_and_its_repair_is_none(torch, name):
    right, wrong, repaired, *how = TORCH[name]
    example, monte_carlo = *how, *(ROWS, False)[len(how) :]
    report = audit(wrong(), example, monte_carlo=monte_carlo)
    assert (found(report), report.unchecked) == (right, ())
    report = audit(repaired(), example, monte_carlo=monte_carlo)
    assert (found(report), report.unchecked) == ([], ())


# --- silence where nothing is wrong ----------------------------------------------------------


SHARED = nn.Dropout(0.5)
RIGHT = {
    "a residual branch": lambda: Calling(
        lambda self, x: x + self.drop(self.one(x)), drop=nn.Dropout(0.5), one=nn.Linear(6, 6)
    ),
    "both branches of one tensor": lambda: Calling(
        lambda self, x: self.norm(x) + self.one(self.drop(x)),
        drop=nn.Dropout(0.5),
        one=nn.Linear(6, 6),
        norm=nn.BatchNorm1d(6),
    ),
    "one layer at two places": lambda: net(SHARED, nn.Linear(8, 8), SHARED, nn.Linear(8, 2)),
    "a norm without memory": lambda: net(
        nn.Dropout(0.5), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 2)
    ),
    "a layer norm": lambda: net(nn.Dropout(0.5), nn.LayerNorm(8), nn.Linear(8, 2)),
    "alpha dropout": lambda: net(nn.SELU(), nn.AlphaDropout(0.5), nn.BatchNorm1d(8)),
    "rate 0": lambda: net(nn.Dropout(0.0), nn.BatchNorm1d(8), nn.Linear(8, 2), nn.Dropout(0.0)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_of_what_is_right(torch, name):
    report = audit(RIGHT[name](), ROWS)
    assert (found(report), report.unchecked) == ([], ())
    assert str(report) == "Nothing found."


def test_what_could_not_be_checked_is_said(torch):
    noise = Calling(lambda self, x: self.one(x + torch.randn_like(x)), one=nn.Linear(6, 2))
    for model, example, said in (
        (noise, ROWS, "something else draws"),
        (noise, None, "needs an example"),
        (noise, STEPS[:, :, :5], "RuntimeError: mat1 and mat2"),
        (net(ConventionDrop("inverted")).double(), ROWS.double().numpy(), None),
        (Calling(lambda self, x: 1 / 0), ROWS, "ZeroDivisionError"),
    ):
        report = audit(model, example)
        assert found(report) == []
        assert said is None or said in str(report)
        assert bool(said) == ("could be checked" in str(report))


def test_examples_are_tuples_mappings_and_arrays_and_are_left_alone(torch):
    two = nn.Sequential(nn.Linear(6, 2), nn.ReLU(inplace=True), nn.Dropout(0.5, inplace=True))
    for example in (ROWS, (ROWS,), {"input": ROWS}, ROWS.double().numpy()):
        assert found(audit(two, example)) == [("on-output", "2")]
    held = ROWS.clone()
    assert found(audit(two[1:], held)) == [("on-output", "2")]
    assert torch.equal(held, ROWS)
    assert not hasattr(held, "_dropped_by")


# --- nothing is touched ----------------------------------------------------------------------


def state_of(model):
    tensors = {**model.state_dict(keep_vars=True), **dict(model.named_parameters())}
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [list(module._forward_hooks) for module in model.modules()],
        "values": {name: one.detach().tolist() for name, one in tensors.items()},
        "grads": {name: str(one.grad) for name, one in tensors.items()},
        "asked": {name: one.requires_grad for name, one in tensors.items()},
        "rates": [getattr(module, "p", None) for module in model.modules()],
        "torch": torch.random.get_rng_state().tolist(),
        "cuda": [one.tolist() for one in torch.cuda.get_rng_state_all()],
        "numpy": str(np.random.get_state()),  # noqa: NPY002, what others may have seeded
        "python": random.getstate(),
    }


@pytest.mark.parametrize("training", [True, False])
def test_a_module_and_all_generators_are_as_before(torch, training):
    def noisy(self, x):
        np.random.rand(), random.random()  # noqa: NPY002
        return self.inner(x)

    inner = net(nn.BatchNorm1d(8), nn.Dropout(0.5), ConventionDrop("inverted"), nn.Linear(8, 1))
    model = Calling(noisy, inner=inner)
    model.inner[0].bias.requires_grad_(False)
    model.inner[2].register_forward_hook(lambda *_: None)
    model(ROWS).sum().backward()
    switched(model, nn.Dropout, mode=training)
    before = state_of(model)
    for monte_carlo in (False, True):
        audit(model, ROWS, monte_carlo=monte_carlo)
    diagnose(model.inner[3])
    assert state_of(model) == before


# --- Keras -----------------------------------------------------------------------------------


@pytest.fixture
def own(keras):
    """Return classes of Keras's, and some of a reader's own."""
    layers, ops = keras.layers, keras.ops

    class Always(layers.Layer):
        def call(self, x):
            return keras.random.dropout(x, 0.5)

    class Told(keras.Model):
        def __init__(self, training):
            super().__init__()
            self.told = {} if training is None else {"training": training}
            self.drop, self.last = layers.Dropout(0.5, name="drop"), layers.Dense(2)

        def call(self, x, training=False):
            return self.last(self.drop(x, **self.told))

    class ConventionDrop(layers.Layer):
        def __init__(self, convention, **options):
            super().__init__(**options)
            self.rate, self.convention = 0.5, CONVENTIONS[convention]
            self.seeds = keras.random.SeedGenerator(0)

        def call(self, x, training=False):
            if not training:
                return x * self.convention.s_eval(self.rate)
            x *= ops.cast(keras.random.uniform(x.shape, seed=self.seeds) >= self.rate, x.dtype)
            scales = self.convention.s_train(self.rate), self.convention.s_backward(self.rate)
            return scales[1] * x + (scales[0] - scales[1]) * ops.stop_gradient(x)

    def model(*rest, shape=(6,)):
        return keras.Sequential([keras.Input(shape), layers.Dense(8), *rest])

    def functional(training):
        start = keras.Input((6,))
        told = {"training": True} if training else {}
        return keras.Model(start, layers.Dense(2)(layers.Dropout(0.5, name="drop")(start, **told)))

    names = {name: getattr(layers, name) for name in dir(layers) if name[:1].isupper()}
    mine = {one.__name__: one for one in (Always, Told, ConventionDrop)}
    return SimpleNamespace(**names, **mine, model=model, functional=functional)


# As for PyTorch; the layer to find is called drop.
KERAS = {
    "dropout, batch norm": (
        [("before-batch-norm", "drop")],
        lambda k, drop: k.model(drop(0.5), k.ReLU(), k.BatchNormalization(), k.Dense(2)),
        lambda k, drop: k.model(k.BatchNormalization(), k.ReLU(), drop(0.5), k.Dense(2)),
    ),
    "dropout in a model, batch norm": (
        [("before-batch-norm", "drop")],
        lambda k, drop: k.model(k.model(drop(0.5), shape=(8,)), k.BatchNormalization(), k.Dense(2)),
        lambda k, drop: k.model(k.model(drop(0.5), k.Dense(8), shape=(8,)), k.BatchNormalization()),
    ),
    "dropout on the logits": (
        [("on-output", "drop")],
        lambda k, drop: k.model(k.Dense(2), drop(0.5), k.Activation("softmax")),
        lambda k, drop: k.model(drop(0.5), k.Dense(2), k.Activation("softmax")),
    ),
    "rate 1": (
        [("drops-everything", "drop")],
        lambda k, drop: k.model(drop(1.0), k.Dense(2)),
        lambda k, drop: k.model(drop(0.99), k.Dense(2)),
    ),
    "rate 1 in a recurrent layer": (
        [("drops-nothing", "drop")],
        lambda k, drop: k.model(k.GRU(3, dropout=1.0, name="drop"), shape=(4, 6)),
        lambda k, drop: k.model(k.GRU(3, dropout=0.9, recurrent_dropout=0.1), shape=(4, 6)),
        *(STEPS, True),
    ),
    "rate 1 in a simple recurrent layer": (
        [("drops-everything", "drop")],
        lambda k, drop: k.model(k.SimpleRNN(3, dropout=1.0, name="drop"), shape=(4, 6)),
        lambda k, drop: k.model(k.SimpleRNN(3, dropout=0.9), shape=(4, 6)),
        *(STEPS, True),
    ),
    "a function without a mode": (
        [("ignores-eval", "drop")],
        lambda k, drop: k.model(k.Always(name="drop"), k.Dense(2)),
        lambda k, drop: k.model(k.GaussianNoise(0.5, name="drop"), k.Dense(2)),
    ),
    "training=True in a graph": (
        [("left-on", "drop")],
        lambda k, drop: k.functional(True),
        lambda k, drop: k.functional(False),
    ),
    "one seed": (
        [("same-seed", "drop")],
        lambda k, drop: k.model(k.Dropout(0.5, seed=1), k.Dense(8), drop(0.2, seed=1), k.Dense(2)),
        lambda k, drop: k.model(k.Dropout(0.5, seed=2), k.Dense(8), drop(0.2, seed=1), k.Dense(2)),
    ),
    "never scaled": (
        [("wrong-scale", "drop")],
        lambda k, drop: k.model(k.ConventionDrop("never scale", name="drop"), k.Dense(2)),
        lambda k, drop: k.model(k.ConventionDrop("classic", name="drop"), k.Dense(2)),
    ),
    "a mode of its own": (
        [("silent", "drop")],
        lambda k, drop: k.Told(training=False),
        lambda k, drop: k.Told(training=None),
        *(ROWS, True),
    ),
}


@pytest.mark.parametrize("name", KERAS)
def test_a_mistake_in_keras_is_found_and_its_repair_is_none(own, name):
    right, wrong, repaired, *how = KERAS[name]
    example, monte_carlo = *how, *(ROWS, False)[len(how) :]
    for findings, make in ((right, wrong), ([], repaired)):
        model = make(own, partial(own.Dropout, name="drop"))
        report = audit(model, example.numpy(), monte_carlo=monte_carlo)
        assert found(report) == findings
        assert all("subclassed" in note for note in report.unchecked)


def test_a_subclassed_model_that_drops_is_found_by_an_example(own):
    model = own.Told(training=True)
    assert "what drops at inference: this needs an example" in audit(model).unchecked
    report = audit(model, ROWS.numpy())
    assert found(report) == [("left-on", "drop")]
    assert found(audit(model, ROWS.numpy(), monte_carlo=True)) == []


def test_a_keras_model_and_all_generators_are_as_before(own, keras):
    keras.utils.set_random_seed(3)
    keras.random.uniform((2,))  # now there is a generator of whoever names no seed
    model = own.model(own.BatchNormalization(), own.Dropout(0.5), own.Always(), own.Dense(2))
    model.add(own.ConventionDrop("inverted"))

    def state():
        kept = [*model.variables, keras.src.random.seed_generator.global_seed_generator().state]
        values = [one.numpy().tolist() for one in kept]
        draws = torch.random.get_rng_state().tolist(), str(np.random.get_state())  # noqa: NPY002
        rates = [getattr(layer, "rate", None) for layer in model.layers]
        return values, rates, draws, random.getstate(), keras.Layer.__call__

    before = state()
    for monte_carlo in (False, True):
        report = audit(model, ROWS.numpy(), monte_carlo=monte_carlo)
        assert found(report) == [("ignores-eval", "always")]
    assert state() == before


# --- the scale -------------------------------------------------------------------------------


class PlainDrop:
    """Dropout in NumPy as a convention has it."""

    def __init__(self, name):
        self.rate, self.convention = 0.5, CONVENTIONS[name]
        self.rng = np.random.default_rng(0)

    def __call__(self, x, training=False):
        self.mask = self.rng.random(x.shape) >= self.rate if training else np.ones(x.shape, bool)
        if training:
            return self.convention.apply_training(x, self.mask, self.rate)
        return x * self.convention.s_eval(self.rate)

    def backward(self, grad):
        return grad * self.mask * self.convention.s_backward(self.rate)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_is_recognized_in_numpy_pytorch_and_keras(torch, own, name):
    for make in (PlainDrop, ConventionDrop, own.ConventionDrop):
        said = diagnose(make(name))
        assert (said.convention, said.right) == (name, CONVENTIONS[name].right), make
        expected = [CONVENTIONS[name].eval_over_train(rate) for rate in (0.2, 0.7)]
        # Each number has a noise of 1.53 times its mean at rate 0.7, and there are 150,000.
        np.testing.assert_allclose(said.ratios, expected, rtol=6 * 1.53 / 150_000**0.5)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (nn.Linear(3, 3), (3,), "must have a rate between 0 and 1 as p or rate, got Linear"),
        (type("Fixed", (nn.Dropout,), {"forward": nn.Identity.forward})(), (9,), "drops nothing"),
        (nn.Dropout2d(0.5), (3, "4"), "every entry of shape must be a whole number"),
        (nn.AlphaDropout(0.5), (9, 9), "set what it drops to zero"),
        (
            type("Always", (nn.Dropout,), {"train": lambda self, mode: self})(),
            (99,),
            "by one number",
        ),
        (
            type("Flat", (nn.Dropout,), {"forward": lambda self, x: x[0]})(),
            (9, 9),
            "keep the shape",
        ),
        (type("Broken", (nn.Dropout,), {"forward": lambda self, x: 1 / 0})(), (9,), "ZeroDivision"),
        (type("Mute", (), {"rate": 0.5, "forward": lambda self, x: x})(), (9,), "told the mode"),
    ],
)
def test_what_cannot_be_diagnosed_is_said(torch, layer, shape, said):
    with pytest.raises((ValueError, TypeError), match=said):
        diagnose(layer, shape)


def test_layers_of_other_makes_are_diagnosed(torch, keras):
    layers = keras.layers
    mine = Dropout(0.3, np.random.default_rng(0), noise_shape=(None, 1))
    for layer in (mine, nn.Dropout(0.1), nn.Dropout1d(0.1), layers.Dropout(0.1)):
        assert diagnose(layer, (400, 20)).convention == "inverted"
    assert diagnose(nn.Dropout3d(0.5), (20, 20, 2, 2, 2)).convention == "inverted"
    assert diagnose(layers.GaussianDropout(0.1))[:2] == (None, True)
    swapped = type("Swapped", (nn.Dropout,), {})(0.2)
    swapped.forward = lambda x: functional.dropout(x, 1 - swapped.p, swapped.training)
    assert mine.rate == 0.3


# --- networks known to be right ---------------------------------------------------------------


@pytest.fixture(scope="module")
def vision():
    """Return torchvision's models, beside a PyTorch without CUDA too."""
    if torch.version.cuda is None:
        # PyPI's torchvision is built for CUDA and defines its operators nowhere else. Their
        # names must be there when it is imported; no network below calls them.
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            if not hasattr(torch.ops.torchvision, name):
                library.define(f"{name}(Tensor boxes, Tensor scores, float least) -> Tensor")
        yield pytest.importorskip("torchvision").models
    else:
        yield pytest.importorskip("torchvision").models


VISION = (
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "mobilenet_v2", "resnet18"),
    *("squeezenet1_1", "VisionTransformer"),
)
OF_VISION = {
    "alexnet": {"size": 64},
    "densenet121": {"drop_rate": 0.1},
    "squeezenet1_1": {"size": 64},
    "VisionTransformer": {"image_size": 32, "patch_size": 16, "num_layers": 2, "num_heads": 2}
    | {"hidden_dim": 16, "mlp_dim": 32, "dropout": 0.1, "attention_dropout": 0.1},
}


@pytest.mark.parametrize("name", VISION)
def test_nothing_is_found_in_the_nets_of_torchvision(torch, vision, name):
    settings = dict(OF_VISION.get(name, {}))
    images = torch.rand(2, 3, *[settings.pop("size", 32)] * 2)
    report = audit(getattr(vision, name)(**settings), images)
    assert (found(report), report.unchecked) == ([], ())


SMALL = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
GPT2 = {"vocab_size": 50, "n_embd": 16, "n_layer": 1, "n_head": 2, "bos_token_id": 0}
T5 = {"vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
VIT = {"hidden_dropout_prob": 0.1, "image_size": 8, "patch_size": 4}
TRANSFORMERS = {
    "BertForSequenceClassification": ("BertConfig", SMALL),
    "GPT2LMHeadModel": ("GPT2Config", GPT2 | {"eos_token_id": 0}),
    "T5Model": ("T5Config", T5),
    "T5ForConditionalGeneration": ("T5Config", T5),
    "ViTForImageClassification": ("ViTConfig", SMALL | VIT),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_nothing_is_found_in_transformers_but_silent_attention(torch, vision, name):
    transformers = pytest.importorskip("transformers")
    config, sizes = TRANSFORMERS[name]
    model = getattr(transformers, name)(getattr(transformers, config)(**sizes))
    tokens = torch.arange(8).reshape(2, 4)
    example = {"input_ids": tokens}
    if name.startswith("T5"):
        example["decoder_input_ids"] = tokens
    if name.startswith("ViT"):
        example = torch.rand(2, 3, 8, 8)
    report = audit(model, example)
    assert (found(report), report.unchecked) == ([], ())
    # Attention drops by its own mode, not by that of the layer of dropout that it holds.
    report = audit(switched(model, nn.Dropout), example, monte_carlo=True)
    silent = {
        "BertForSequenceClassification": "bert.encoder.layer.0.attention.self.dropout",
        "GPT2LMHeadModel": "transformer.h.0.attn.attn_dropout",
    }
    assert found(report) == [("silent", silent.get(name))] * (name in silent)


@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNet", "VGG16"])
def test_nothing_is_found_in_the_nets_of_keras(keras, name):
    model = getattr(keras.applications, name)(weights=None, classes=2, input_shape=(32, 32, 3))
    assert found(audit(model)) == []
    if name == "MobileNet":
        report = audit(model, np.ones((1, 32, 32, 3), "float32"))
        assert (found(report), report.unchecked) == ([], ())


# --- the report and the command line ---------------------------------------------------------


def test_a_report_is_a_sequence_a_text_and_a_table_that_escapes():
    one = Finding("left-on", "<b>", "3 < 4 & 5")
    report = Report([one, one], ["<i>"])
    assert list(report) == [one]
    assert (one.chapter, str(report).count("\n")) == ("05_frameworks", 3)
    assert "<b>: left-on (chapter 5)\n    3 < 4 & 5\nNot checked: <i>" in str(report)
    html = report._repr_html_()
    assert all(text in html for text in ("&lt;b&gt;", "3 &lt; 4 &amp; 5", "&lt;i&gt;", "<table>"))
    assert "<table>" not in Report([])._repr_html_()
    with pytest.raises(ValueError, match="kind must be one of"):
        Finding("typo", "x", "y")


def test_each_kind_leads_to_a_chapter_and_is_planted_above():
    assert all((ROOT / "chapters" / f"{chapter}.ipynb").exists() for chapter in KINDS.values())
    planted = {kind for findings, *_ in (*TORCH.values(), *KERAS.values()) for kind, _ in findings}
    assert planted == set(KINDS)


def test_the_command_line_says_by_its_exit_whether_it_found_something(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "nets_to_audit.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def good(): return nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 2))\n"
        "bad = nn.Sequential(nn.Linear(6, 2), nn.Dropout(0.5))\n"
        "rows = torch.ones(3, 6)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    rows = ["--example", "nets_to_audit:rows"]
    assert main(["nets_to_audit:good", *rows]) == 0
    assert "Nothing found." in capsys.readouterr().out
    assert main(["nets_to_audit:bad", *rows]) == 1
    assert "1: on-output (chapter 5)" in capsys.readouterr().out
    assert main(["nets_to_audit:good", *rows, "--monte-carlo"]) == 0
    for wrong in ("nets_to_audit", "nets_to_audit:none", "no_such_module:x", "nets_to_audit:rows"):
        with pytest.raises(SystemExit) as stopped:
            main([wrong])
        assert stopped.value.code == 2


def test_a_wrong_model_is_named_and_frameworks_are_imported_late(message_of):
    assert "model must be a torch.nn.Module or a Keras model" in message_of(TypeError, audit, 3)
    assert "monte_carlo must be True or False" in message_of(
        TypeError, audit, nn.Identity(), monte_carlo=1
    )
    code = "import sys, dropout_lab.audit; print({'torch', 'keras', 'tensorflow'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
