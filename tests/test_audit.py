"""The audit: mistakes planted one at a time, their repairs, and networks known to be right."""

import random
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from recorded import ROOT

from dropout_lab import Dropout
from dropout_lab.audit import Finding, Report, audit, diagnose
from dropout_lab.audit.__main__ import main
from dropout_lab.audit.report import KINDS
from dropout_lab.conventions import CONVENTIONS

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
ROWS = torch.arange(24.0).reshape(4, 6).sin()
STEPS = torch.arange(48.0).reshape(2, 4, 6).cos()


class Calling(nn.Module):
    """A module that has its own way."""

    def __init__(self, way):
        super().__init__()
        self.last, self.drop, self.norm = nn.Linear(6, 2), nn.Dropout(0.5), nn.BatchNorm1d(6)
        self.way, self.p = way, 0.5

    def forward(self, x):
        return self.way(self, x)


class ConventionDrop(nn.Module):
    """Dropout as a convention has it, backward too."""

    def __init__(self, name):
        super().__init__()
        self.p, self.convention = 0.5, CONVENTIONS[name]

    def forward(self, x):
        if not self.training:
            return x * self.convention.s_eval(self.p)
        x = x * (torch.rand_like(x) >= self.p)
        return scaled(self.convention, self.p, x, x.detach())


def scaled(convention, rate, x, constant):
    """Scale masked numbers in one way and their gradient in another; `constant` has none."""
    back = convention.s_backward(rate)
    return back * x + (convention.s_train(rate) - back) * constant


def net(*layers):
    return nn.Sequential(nn.Linear(6, 8), *layers)


def ordered(wrong, *layers):
    return layers if wrong else layers[::-1]


def switched(model, *kinds):
    """Return a model in evaluation mode, its modules of some kinds in training mode."""
    for module in model.eval().modules():
        module.training = isinstance(module, kinds)
    return model


def planted(wrong):
    """Yield for each mistake its kind, its places, a model that makes it or not, an example."""
    half, last, norm = nn.Dropout(0.5), nn.Linear(8, 2), nn.BatchNorm1d(8)
    yield "before-batch-norm", "1", net(*ordered(wrong, half, nn.ReLU(), norm), last), ROWS
    yield "on-output", "2", net(*ordered(wrong, last, half), nn.Softmax(dim=1)), ROWS
    recurrent = nn.GRU(6, 4, 1 if wrong else 2)
    recurrent.dropout = 0.5  # without the warning that PyTorch gives when it is made
    yield "drops-nothing", "0", nn.Sequential(recurrent), ROWS
    yield "missing-axis", "1", net(nn.Dropout1d(0.5) if wrong else half, last), ROWS
    maps = (nn.Dropout1d, nn.Dropout2d)[wrong](0.5)
    yield "missing-axis", "0", nn.Sequential(maps, nn.Conv1d(4, 2, 1)), STEPS
    yield "drops-everything", "1", net(nn.Dropout(1.0 if wrong else 0.99), last), ROWS
    model = Calling(lambda self, x: self.last(F.dropout(x, 0.3, self.training or wrong)))
    yield "ignores-eval", "0", nn.Sequential(model), ROWS
    model = Calling(lambda self, x: self.last(F.dropout(x, 0.5 + wrong / 2, self.training)))
    yield "drops-everything", "(model)", model, ROWS
    attend, rate = F.scaled_dot_product_attention, 0.5 * wrong
    model = Calling(lambda self, x: self.last(attend(x, x, x, dropout_p=rate)))
    yield "ignores-eval", "(model)", model, STEPS
    model = Calling(lambda self, x: self.last(self.drops[0](x)))
    model.drops = [nn.Dropout(0.5)] if wrong else nn.ModuleList([half])
    yield "ignores-eval", "(model)", model, ROWS
    yield "left-on", "1", switched(net(nn.Dropout(0.5), last), *[nn.Dropout] * wrong), ROWS
    yield "wrong-scale", "1", net(ConventionDrop(("classic", "never scale")[wrong]), last), ROWS
    on = [nn.Dropout] if wrong else [nn.Dropout, nn.MultiheadAttention, nn.LSTM]
    model = Calling(lambda self, x: self.last(self.drop(self.lstm(x)[0])))
    model.lstm = nn.LSTM(6, 6, 2, dropout=0.5)
    yield "silent", "lstm", switched(model, *on), STEPS
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.1, batch_first=True)
    model = switched(nn.Sequential(layer), *on, *[nn.TransformerEncoderLayer] * (not wrong))
    yield "silent", "0.self_attn 0.dropout 0.dropout1 0.dropout2", model, STEPS
    yield "silent", "(model)", nn.Sequential(*[half] * (not wrong), nn.Linear(6, 2)), ROWS


def said(model, example, monte_carlo=False):
    """Return what an audit finds and what it could not check."""
    report = audit(model, example, monte_carlo=monte_carlo)
    return [(one.kind, one.place) for one in report], report.unchecked


PAIRS = [*zip(planted(True), planted(False), strict=True)]


@pytest.mark.parametrize(("wrong", "right"), PAIRS, ids=lambda case: case[0])
def test_a_mistake_in_pytorch_is_found_and_its_repair_is_none(torch, wrong, right):
    kind, places, model, example = wrong
    monte_carlo = kind in ("silent", "drops-nothing")
    findings = [(kind, place) for place in places.split()]
    assert said(model, example, monte_carlo) == (findings, ())
    assert said(right[2], example, monte_carlo) == ([], ())


# Nets in which there is no mistake, though it looks like one.
RIGHT = {
    "a residual branch": Calling(lambda self, x: x + self.drop(x)),
    "a branch before dropout": Calling(lambda self, x: (self.last(self.drop(x)), self.norm(x))),
    "a gate": Calling(lambda self, x: self.norm(self.drop(x) * x)),
    "no memory": net(nn.Dropout(0.5), nn.BatchNorm1d(8, track_running_stats=False)),
    "alpha dropout": net(nn.SELU(), nn.AlphaDropout(0.5), nn.BatchNorm1d(8)),
    "rate 0": net(nn.Dropout(0.0), nn.BatchNorm1d(8), nn.Dropout(0.0)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_of_what_is_right(torch, name):
    assert said(RIGHT[name], ROWS) == ([], ())


def test_what_could_not_be_checked_is_said(torch):
    wild = nn.Dropout(0.5)
    wild.p = 1.5  # which PyTorch refuses only when it is called
    noise = Calling(lambda self, x: self.last(self.drop(x) + torch.randn_like(x)))
    always = type("AlwaysDrop", (nn.Dropout,), {"train": lambda self, mode=True: self})
    for model, example, why in (
        (noise, ROWS, "something else draws"),
        (noise, None, "they need an example"),
        (Calling(lambda self, x: {1: "a"}), ROWS, "stopped with TypeError: model must return"),
        (wild, ROWS, "stopped with ValueError: dropout probability has to be between 0 and 1"),
        (net(ConventionDrop("inverted"), always(0.0)), ROWS, "the scale at 2: layer must"),
    ):
        why = f"^Nothing found in what could be checked.\nNot checked: .*({why})"
        assert re.search(why, str(audit(model, example)))


def test_examples_are_tuples_mappings_and_arrays_and_are_left_alone(torch):
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(0.5, inplace=True))
    before = ROWS.clone()
    for example in (ROWS, (ROWS,), {"input": ROWS}, ROWS.double().numpy()):
        assert said(model, example) == ([("on-output", "1")], ())
    assert torch.equal(ROWS, before)


def generators():
    cuda = [one.tolist() for one in torch.cuda.get_rng_state_all()]
    numpy = str(np.random.get_state())  # noqa: NPY002, what others may have seeded
    return torch.random.get_rng_state().tolist(), cuda, numpy, random.getstate()


def test_a_module_and_all_generators_are_as_before(torch):
    model = Calling(lambda self, x: self.inner(x + np.random.rand() * random.random()))  # noqa: NPY002
    mine = ConventionDrop("inverted")
    model.inner = net(nn.BatchNorm1d(8), nn.Dropout(0.5), mine, nn.Linear(8, 1))
    model.inner[0].bias.requires_grad_(False)
    model.inner[2].register_forward_hook(lambda *_: None)
    model(ROWS).sum().backward()
    switched(model, nn.Dropout, nn.Linear)

    def state():
        tensors = [*model.parameters(), *model.buffers()]
        yield [(one.tolist(), str(one.grad), one.requires_grad) for one in tensors]
        for module in model.modules():
            yield module.training, getattr(module, "p", None), list(module._forward_hooks)
        yield generators()

    before = list(state())
    for monte_carlo in (False, True):
        audit(model, ROWS, monte_carlo=monte_carlo)
    diagnose(mine)
    assert list(state()) == before


# --- Keras -----------------------------------------------------------------------------------


@pytest.fixture
def own(keras):
    """Return Keras's layers, and what a reader may make of them."""
    layers, ops = keras.layers, keras.ops

    class Told(keras.Model):
        def __init__(self, training=None):
            super().__init__()
            self.told = {} if training is None else {"training": training}
            self.drop, self.last = layers.Dropout(0.5, name="drop"), layers.Dense(2)

        def call(self, x, training=False):
            return self.last(self.drop(x, **self.told))

    class Untold(Told):
        def call(self, x):
            return self.last(self.drop(x, **self.told))

    class KerasDrop(layers.Layer):
        def __init__(self, convention, **options):
            super().__init__(**options)
            self.rate, self.convention = 0.5, CONVENTIONS[convention]
            self.seeds = keras.random.SeedGenerator(0)

        def call(self, x, training=False):
            if not training:
                return x * self.convention.s_eval(self.rate)
            x *= ops.cast(keras.random.uniform(x.shape, seed=self.seeds) >= self.rate, x.dtype)
            return scaled(self.convention, self.rate, x, ops.stop_gradient(x))

    def model(*rest, shape=(6,)):
        return keras.Sequential([keras.Input(shape), layers.Dense(8), *rest])

    def graph(**told):
        start = keras.Input((6,))
        return keras.Model(start, layers.Dense(2)(drop(0.5)(start, **told)))

    def always(**options):
        drops = layers.Lambda(lambda x: keras.random.dropout(x, 0.5), **options)
        return keras.Sequential([drops, layers.ReLU()])  # which has a random output, too

    def steps(kind, bad):
        return model(drop(3, kind, dropout=1.0 if bad else 0.9), shape=(4, 6))

    def drop(rate, kind=layers.Dropout, **options):
        return kind(rate, name="drop", **options)

    mine = {
        one.__name__: one for one in (always, Told, Untold, KerasDrop, model, graph, steps, drop)
    }
    mine |= {"norm": layers.BatchNormalization, "dropouts": (layers.AlphaDropout, layers.Dropout)}
    return SimpleNamespace(**mine, **vars(layers))


def nested(k, bad):
    inner = k.model(*ordered(bad, k.Dense(8), k.drop(0.5)), shape=(8,))
    return k.model(inner, k.ReLU(), k.norm(), k.Dense(2))


# Models that make a mistake with a layer called drop, or do not.
KERAS = {
    "before-batch-norm": lambda k, bad: k.model(*ordered(bad, k.drop(0.5), k.norm()), k.Dense(2)),
    "before-batch-norm, nested": nested,
    "before-batch-norm, frozen": lambda k, bad: k.model(k.drop(0.5), k.norm(trainable=bad)),
    "before-batch-norm, alpha": lambda k, bad: k.model(k.drop(0.5, k.dropouts[bad]), k.norm()),
    "on-output": lambda k, bad: k.model(*ordered(bad, k.Dense(2), k.drop(0.5)), k.Softmax()),
    "drops-everything": lambda k, bad: k.model(k.drop(1.0 if bad else 0.9), k.Dense(2)),
    "drops-everything, in steps": lambda k, bad: k.steps(k.SimpleRNN, bad),
    "drops-nothing": lambda k, bad: k.steps(k.GRU, bad),
    "ignores-eval": lambda k, bad: k.model(
        (k.ReLU, k.always)[bad](name="drop"), k.Dense(6, "relu")
    ),
    "left-on": lambda k, bad: k.graph(**{"training": True} if bad else {}),
    "left-on, subclassed": lambda k, bad: k.Told(True if bad else None),
    "off-in-fit": lambda k, bad: (k.Told, k.Untold)[bad](),
    "same-seed": lambda k, bad: k.model(
        k.Dropout(0.5, seed=1), k.drop(0.2, seed=2 - bad), k.Dense(2)
    ),
    "wrong-scale": lambda k, bad: k.model(k.drop(("classic", "never scale")[bad], k.KerasDrop)),
    "silent": lambda k, bad: k.Told(False if bad else None),
}


@pytest.mark.parametrize("case", KERAS)
def test_a_mistake_in_keras_is_found_and_its_repair_is_none(own, case):
    kind = case.partition(",")[0]
    for wrong in (True, False):
        model = KERAS[case](own, wrong)
        example = STEPS if model.built and len(model.input_shape) == 3 else ROWS
        findings, unchecked = said(model, example.numpy(), kind == "silent")
        assert findings == [(kind, "drop")] * wrong
        assert all("subclassed" in note for note in unchecked)


def test_a_keras_model_and_all_generators_are_as_before(own, keras):
    keras.random.uniform((2,))  # now there is a generator of whoever names no seed
    layers = own.BatchNormalization(), own.Dropout(0.5), own.always(name="always")
    model = own.model(*layers, own.KerasDrop("inverted"), own.Dense(2))

    def state():
        kept = [*model.variables, keras.src.random.seed_generator.global_seed_generator().state]
        rates = [getattr(layer, "rate", None) for layer in model.layers]
        return [one.numpy().tolist() for one in kept], rates, generators(), keras.Layer.__call__

    before = state()
    for monte_carlo in (False, True):
        findings, _ = said(model, ROWS.numpy(), monte_carlo)
        assert findings == [("ignores-eval", "always")]
    assert state() == before


# --- the scale -------------------------------------------------------------------------------


class PlainDrop:
    """Dropout in NumPy as a convention has it."""

    def __init__(self, name):
        self.rate, self.convention = 0.5, CONVENTIONS[name]
        self.rng = np.random.default_rng(0)

    def __call__(self, x, training=False):
        self.kept = self.rng.random(x.shape) >= self.rate * training
        scale = self.convention.s_train if training else self.convention.s_eval
        return x * self.kept * scale(self.rate)

    def backward(self, grad):
        return grad * self.kept * self.convention.s_backward(self.rate)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_is_recognized_in_numpy_pytorch_and_keras(torch, own, name):
    for make in (PlainDrop, ConventionDrop, own.KerasDrop):
        found = diagnose(make(name))
        assert found[:2] == (name, CONVENTIONS[name].right), make
        expected = [CONVENTIONS[name].eval_over_train(rate) for rate in (0.2, 0.7)]
        # Each number has a noise of 1.53 times its mean at rate 0.7, and there are 150,000.
        np.testing.assert_allclose(found.ratios, expected, rtol=6 * 1.53 / 150_000**0.5)


def test_layers_of_other_makes_are_diagnosed(torch, own):
    mine = Dropout(0.3, np.random.default_rng(0), noise_shape=(None, 1))
    for layer in (mine, nn.Dropout(0.1), nn.Dropout1d(0.1), own.Dropout(0.1)):
        assert diagnose(layer, (400, 20)).convention == "inverted"
    assert diagnose(own.GaussianDropout(0.1))[:2] == (None, True)
    keeps = Calling(lambda self, x: x * (torch.rand_like(x) < self.p) if self.training else x)
    assert diagnose(keeps)[:2] == (None, False)
    through = Calling(lambda self, x: x + (F.dropout(x, self.p, self.training) - x).detach())
    assert diagnose(through)[:2] == (None, False)


@pytest.mark.parametrize(
    ("way", "why"),
    [
        (lambda self, x: x, "drops nothing at 0.2 and 0.7"),
        (lambda self, x: F.dropout(x, 0.5, self.training), "drops alike"),
        (lambda self, x: F.dropout(x, self.p), "by one number in evaluation mode"),
        (lambda self, x: F.alpha_dropout(x, self.p, self.training), "set what it drops to zero"),
        (lambda self, x: 1 / 0, "got ZeroDivisionError"),
    ],
)
def test_what_cannot_be_diagnosed_is_said(torch, message_of, way, why):
    assert why in message_of(ValueError, diagnose, Calling(way))
    assert "must have a rate" in message_of(ValueError, diagnose, nn.Linear(1, 1))


# --- networks known to be right ----------------------------------------------------------------


SMALL = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
GPT2 = {"vocab_size": 50, "n_embd": 16, "n_layer": 1, "n_head": 2}
T5 = {"vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
VIT = {"image_size": 64, "patch_size": 16, "num_layers": 1, "num_heads": 2, "hidden_dim": 16}
SMALL |= {"image_size": 8, "patch_size": 4, "hidden_dropout_prob": 0.1}
OF_VISION = {
    **{name: {} for name in ("alexnet", "efficientnet_b0", "mobilenet_v2", "resnet18")},
    "densenet121": {"drop_rate": 0.1},
    "VisionTransformer": VIT | {"mlp_dim": 32, "dropout": 0.1, "attention_dropout": 0.1},
}


@pytest.mark.proves("An audit finds no mistake in six networks of torchvision", chapter=5)
@pytest.mark.parametrize("name", OF_VISION)
def test_nothing_is_found_in_the_nets_of_torchvision(torch, vision, name):
    model = getattr(vision, name)(**OF_VISION[name])
    assert said(model, torch.rand(2, 3, 64, 64)) == ([], ())


@pytest.mark.parametrize(
    ("name", "sizes", "silent"),
    [
        ("BertForMaskedLM", SMALL, "bert.encoder.layer.0.attention.self.dropout"),
        ("GPT2LMHeadModel", GPT2, "transformer.h.0.attn.attn_dropout"),
        ("T5Model", T5, ""),
        ("ViTForImageClassification", SMALL, ""),
    ],
)
def test_nothing_is_found_in_transformers_but_silent_attention(torch, vision, name, sizes, silent):
    kind = getattr(pytest.importorskip("transformers"), name)
    model = kind(kind.config_class(**sizes))
    names = ["input_ids"] + ["decoder_input_ids"] * name.startswith("T5")
    example = dict.fromkeys(names, torch.arange(8).reshape(2, 4))
    example = torch.rand(2, 3, 8, 8) if name.startswith("ViT") else example
    assert said(model, example) == ([], ())
    # Attention drops by its own mode, not by that of the layer of dropout that it holds.
    findings, _ = said(switched(model, nn.Dropout), example, monte_carlo=True)
    assert findings == [("silent", silent)] * bool(silent)


@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNet"])
def test_nothing_is_found_in_the_nets_of_keras(keras, name):
    model = getattr(keras.applications, name)(weights=None, classes=2, input_shape=(32, 32, 3))
    example = np.ones((1, 32, 32, 3), "float32") if name == "MobileNet" else None
    assert said(model, example)[0] == []


# --- the report and the command line ---------------------------------------------------------


def test_a_report_is_a_sequence_a_text_and_a_table_that_escapes(message_of):
    one = Finding("left-on", "<b>", "3 < 4 & 5")
    report = Report([one, one], ["<i>"])
    assert list(report) == [one]
    text = "1 finding:\n<b>: left-on (chapter 5)\n    3 < 4 & 5\nNot checked: <i>"
    assert (str(report), one.chapter) == (text, "05_frameworks")
    html = report._repr_html_()
    assert all(
        part in html for part in ("&lt;b&gt;", "3 &lt; 4 &amp; 5", "&lt;i&gt;", "<table class=")
    )
    assert Report([])._repr_html_() == "<p>Nothing found.</p>"
    assert "kind must be one of" in message_of(ValueError, Finding, "typo", "x", "y")


def test_each_kind_is_planted_above_and_leads_to_a_chapter():
    kinds = {kind for kind, *_ in planted(True)} | {case.partition(",")[0] for case in KERAS}
    assert kinds == {*KINDS}
    assert all((ROOT / "chapters" / f"{chapter}.ipynb").exists() for chapter in KINDS.values())


def test_the_exit_status_says_whether_something_was_found(torch, monkeypatch, capsys):
    good, bad = net(nn.Dropout(0.5), nn.Linear(8, 2)), net(nn.Dropout(0.5))
    monkeypatch.setitem(sys.modules, "nets", SimpleNamespace(good=lambda: good, bad=bad, rows=ROWS))
    rows = ["--example", "nets:rows", "--monte-carlo"]
    assert (main(["nets:good", *rows]), capsys.readouterr().out) == (0, "Nothing found.\n")
    assert main(["nets:bad", *rows[:2]]) == 1
    assert "\n1: on-output (chapter 5)" in capsys.readouterr().out
    for wrong in ("nets", "nets:none", "no_such_module:x", "nets:rows"):
        with pytest.raises(SystemExit, match="2"):
            main([wrong])


def test_a_wrong_model_is_named_and_frameworks_are_imported_late(message_of):
    assert "model must be a torch.nn.Module or a Keras model" in message_of(TypeError, audit, 3)
    wrong = message_of(TypeError, audit, nn.Identity(), monte_carlo=1)
    assert "monte_carlo must be True or False" in wrong
    code = "import sys, dropout_lab.audit; print({'torch', 'keras', 'tensorflow'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
