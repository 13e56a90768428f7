"""What chapter 15 says about frameworks, and what its figures compute, against others.

Each test pins the behavior of the installed frameworks. If one fails after an update, correct the
chapter, then the test. What its cells print or assert themselves is not repeated here.
"""

import ast
import inspect
import math
import re
import shutil
from itertools import product

import numpy as np
import pytest
from figure_checks import drawn, has_line, said
from recorded import CHAPTERS, code_cells, prose

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch15 import figures, sweeps
from dropout_lab.lessons.ch15.places import ACTIVATIONS, mean_before, mean_of_maximum
from dropout_lab.lessons.ch15.ranks import gradients, mask_noise, noise_left
from dropout_lab.lessons.ch15.rounding import BITS, of_keras, of_torch, rounded
from dropout_lab.masks import all_masks

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

ROOT = CHAPTERS.parent
CHAPTER = CHAPTERS / "15_training_scripts.ipynb"


@pytest.fixture(autouse=True)
def seeded():
    """Seed PyTorch, and put its generator back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(15)
        yield


# --- means that move -------------------------------------------------------------------------


def test_activations_are_those_of_pytorch_and_their_means_those_of_both_masks():
    z = np.linspace(-3, 3, 13)
    theirs = {name: getattr(functional, name.lower()) for name in ACTIVATIONS}
    for (name, function), rate in product(theirs.items(), (0.1, 0.8)):
        masks, chances = all_masks(1, rate)
        outputs = function(torch.tensor(masks / (1 - rate) * z)).numpy()  # one row a mask
        np.testing.assert_allclose(mean_before(ACTIVATIONS[name], z, rate), chances @ outputs)


@pytest.mark.parametrize("window", [1, 4, 9])
def test_the_mean_of_a_maximum_is_that_of_an_integral(window):
    for rate in (0.0, 0.3, 0.8):
        # The mean of a positive number is the integral of the probability of being larger.
        x = (np.arange(20_000) + 0.5) / 20_000
        larger = 1 - (rate + (1 - rate) * x) ** window
        assert math.isclose(mean_of_maximum(window, rate), larger.mean() / (1 - rate), rel_tol=1e-7)


# --- the noise that stays --------------------------------------------------------------------


def small_net():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    return net, [part.detach().numpy() for part in net.parameters()]


def test_gradients_under_masks_are_those_of_autograd_and_their_noise_is_enumerated():
    (net, weights), rate = small_net(), 0.3
    x, labels = torch.randn(4, 2).double(), torch.tensor([0.0, 1, 1, 0]).double()
    masks, chances = all_masks(3, rate)
    found = gradients(weights, x.numpy(), labels.numpy(), masks / (1 - rate))
    for i, mask in enumerate(masks):
        for j in range(4):
            net.zero_grad()
            logit = net[2](net[1](net[0](x[j])) * torch.tensor(mask / (1 - rate)))[0]
            functional.binary_cross_entropy_with_logits(logit, labels[j]).backward()
            ours = [part.grad.flatten().numpy() for part in net.parameters()]
            np.testing.assert_allclose(found[i, j], np.concatenate(ours), atol=1e-12)

    def noise(which):  # of the average of these examples' gradients, one mask for all
        values = found[:, which].mean(axis=1)
        mean = chances @ values
        return (chances @ (values - mean) ** 2).sum()

    alone, common = mask_noise(weights, x.numpy(), labels.numpy(), rate)
    assert math.isclose(alone, np.mean([noise([j]) for j in range(4)]))
    assert math.isclose(common, noise([0, 1, 2, 3]))
    pairs = np.mean([noise([i, j]) for i in range(4) for j in range(4)])
    own, shared = noise_left(alone, common, 2)
    assert (own, 1) == (0.5, pytest.approx(pairs / alone / shared))


def test_the_figure_of_the_ranks_shows_both_noises():
    figure = drawn(figures.rank_noise, 2.0, 0.5, 0.5, "trained")
    ranks, own = 2 ** np.arange(7), 0.5 ** np.arange(7)
    (panel,) = figure.axes
    assert has_line(panel, ranks, own, COLORS["without"])
    assert has_line(panel, ranks, own + 0.25 * (1 - own), COLORS["with"])
    assert "26.2 percent with one seed" in said(figure)


def test_the_nets_of_the_sweep_have_dropout_where_they_say(monkeypatch):
    made = []
    monkeypatch.setattr(sweeps, "fitted", lambda model, *_, **how: made.append(model))
    for place in sweeps.PLACES:
        sweeps.run_place("GELU", place, 0)
    kinds = [[type(layer).__name__ for layer in model[1:-1]] for model in made]
    orders = ["GELU"], ["GELU", "Dropout"], ["Dropout", "GELU"]
    assert kinds == [[*order, "Linear", *order] for order in orders]


# --- few bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BITS)
def test_numbers_are_rounded_and_rates_kept_as_in_pytorch(name):
    kind, values = getattr(torch, name), np.random.default_rng(0).uniform(0.01, 9, 500)
    ties = [1 + (k + 0.5) / 2 ** BITS[name] for k in (0, 1)]  # one goes down, one up
    for value in (*values, *ties):
        assert (
            rounded(value, BITS[name]) == torch.tensor(value, dtype=torch.float64).to(kind).item()
        )
    ones = torch.ones(1_000_000, dtype=kind)
    for rate in (0.01, 0.15):
        dropped, factor = of_torch(rate, BITS[name])
        drawn = functional.dropout(ones, rate)
        assert drawn.max().item() == pytest.approx(factor, abs=2 ** -BITS["float32"])
        share = (drawn == 0).double().mean().item()
        assert abs(share - dropped) < 5 * (rate * (1 - rate) / 1e6) ** 0.5


@pytest.mark.parametrize("name", BITS)
def test_keras_on_tensorflow_drops_what_lies_below_the_rate_on_a_grid(keras, name):
    n = 1_000_000
    for rate in (0.002, 0.01, 0.1, 0.3):
        dropped, factor = of_keras(rate, BITS[name])
        layer = keras.layers.Dropout(rate, seed=1, dtype=name)
        out = np.array(keras.ops.cast(layer(np.ones(n), training=True), "float64"))
        assert out.max() == pytest.approx(factor, abs=2 ** -BITS["float32"])
        assert abs(np.mean(out == 0) - dropped) < 5 * (dropped * (1 - dropped) / n) ** 0.5


# --- checkpoints and seeds ---------------------------------------------------------------------


@pytest.mark.proves("Checkpointing does not replay a generator of one's own", chapter=15)
def test_recomputation_replays_the_global_generator_alone():
    from torch.utils.checkpoint import checkpoint

    own = torch.Generator().manual_seed(0)
    weight = torch.ones(1000, requires_grad=True)
    masks = []

    def block(w):
        masks.append((torch.rand(1000, generator=own) >= 0.5).float())
        return functional.dropout(w.sin(), 0.5) * masks[-1]

    out = checkpoint(block, weight, use_reentrant=False)
    out.sum().backward()
    first, second = masks
    assert not torch.equal(first, second)
    assert torch.equal(out != 0, (out != 0) & (first == 1))
    both = (out != 0) & (second == 1)
    assert torch.equal(weight.grad[first == 1] != 0, both[first == 1])


def test_a_file_of_keras_weights_has_no_rate_and_a_count_of_draws_can_be_put_back(keras, tmp_path):
    def build(rate):
        drop = keras.layers.Dropout(rate, seed=7)
        return keras.Sequential([keras.Input((40,)), keras.layers.Dense(40), drop])

    model, other, x = build(0.5), build(0.9), np.ones((1, 40), "float32")
    model(x, training=True)
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    assert other.layers[1].rate == 0.9
    again = build(0.5)
    again.load_weights(tmp_path / "a.weights.h5")
    again.layers[1].seed_generator.state.assign(np.array(model.layers[1].seed_generator.state))
    masks = [np.array(one(x, training=True)) == 0 for one in (model, again)]
    assert np.array_equal(*masks)
    assert masks[0].any()


@pytest.mark.all  # it compiles C++, for half a minute the first time
@pytest.mark.skipif(not shutil.which("c++"), reason="Inductor needs a C++ compiler")
@pytest.mark.proves("Compiled by Inductor, a seed gives other masks than without", chapter=15)
def test_inductor_draws_other_masks_unless_it_is_told_to_fall_back():
    import torch._inductor.config as inductor

    def drop(x):
        return functional.dropout(x, 0.5)

    def drawn(function):
        torch.manual_seed(0)
        return function(torch.ones(10_000))

    plain = drawn(drop)
    for fallback in (False, True):
        torch._dynamo.reset()
        with inductor.patch(fallback_random=fallback):
            compiled = drawn(torch.compile(drop))
        assert torch.equal(plain, compiled) == fallback
        assert abs((compiled == 0).float().mean().item() - 0.5) < 5 * 0.5 / 100
    torch._dynamo.reset()


# --- the audit ---------------------------------------------------------------------------------


def test_a_model_that_is_not_told_but_drops_all_the_same_is_no_finding(keras):
    from dropout_lab.audit import audit

    class Untold(keras.Model):
        def __init__(self, rate=0.5, **told):
            super().__init__()
            self.drop, self.told = keras.layers.Dropout(rate), told
            self.last = keras.layers.Dense(1)

        def call(self, x):
            return self.last(self.drop(x, **self.told))

    class Stepped(Untold):
        def train_step(self, data):
            return {"loss": self.compute_loss(data[0], data[1], self(data[0], training=True))}

    x = np.ones((4, 8), "float32")
    kinds = [
        [one.kind for one in audit(model, x)]
        for model in (Untold(), Untold(0.0), Untold(training=True), Stepped())
    ]
    assert kinds == [["off-in-fit"], [], ["left-on"], []]


# --- Transformers ------------------------------------------------------------------------------

# How the table of the chapter names configurations.
NAMED = {
    "BERT": "BertConfig",
    "RoBERTa": "RobertaConfig",
    "ELECTRA": "ElectraConfig",
    "DistilBERT": "DistilBertConfig",
    "GPT-2": "GPT2Config",
    "T5": "T5Config",
    "BART": "BartConfig",
    "Llama": "LlamaConfig",
    "Mistral": "MistralConfig",
    "Qwen2": "Qwen2Config",
    "Gemma": "GemmaConfig",
    "ViT": "ViTConfig",
    "DINOv2": "Dinov2Config",
    "Swin": "SwinConfig",
    "ConvNeXt": "ConvNextConfig",
    "Wav2Vec2": "Wav2Vec2Config",
}
SMALL = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 16}


def table():
    """Yield model, name, default and cell of each entry of the chapter's table."""
    models = []
    for row, cell in re.findall(r"(?m)^\| ([^|]*) \| ([^|]*`[^|]*) \|$", prose(CHAPTER)):
        if "PEFT" in row:
            continue
        models = models if row.startswith("the same") else row.split(", ")
        for model, (name, default) in product(models, re.findall(r"`(\w+)` (None|[\d.]+)", cell)):
            yield model, name, ast.literal_eval(default), cell


@pytest.mark.proves("The table of configurations is that of Transformers", chapter=15)
def test_names_and_defaults_of_the_table_are_those_of_the_configurations(transformers):
    found = list(table())
    for model, name, default, cell in found:
        config = getattr(transformers, NAMED[model])()
        assert getattr(config, name) == default, (model, name)
        if "no other" in cell:
            assert [one for one in vars(config) if "drop" in one] == [name], model
    assert {model for model, *_ in found} == {*NAMED}
    assert len(found) == 32


@pytest.mark.proves("from_pretrained returns a model in eval mode", chapter=15)
def test_mode_and_rates_of_a_model_are_those_of_its_making(transformers, tmp_path):
    kind = transformers.BertForSequenceClassification
    config = transformers.BertConfig(**SMALL, dropout=0.3)
    model = kind(config)
    assert (model.training, config.dropout, model.dropout.p) == (True, 0.3, 0.1)
    config.hidden_dropout_prob = 0.4
    assert model.dropout.p == 0.1
    model.save_pretrained(tmp_path)
    loaded = kind.from_pretrained(tmp_path, hidden_dropout_prob=0.2)
    assert (loaded.training, loaded.dropout.p) == (False, 0.2)
    assert "model.train()" in inspect.getsource(transformers.Trainer.training_step)
    assert "set_seed(args.seed)" in inspect.getsource(transformers.Trainer)


def test_the_dozen_lines_of_the_chapter_see_every_rate(transformers):
    scope = {}
    (source,) = [cell.source for cell in code_cells(CHAPTER) if "def rates_of" in cell.source]
    exec(source.partition("theirs =")[0], scope)
    llama = transformers.LlamaConfig(**SMALL, attention_dropout=0.25)
    bert = transformers.BertConfig(**SMALL, hidden_dropout_prob=0.2)
    swin = transformers.SwinConfig(embed_dim=8, depths=[1, 1], num_heads=[1, 1], image_size=32)
    found = [
        {(rate, mode) for _, rate, mode in scope["rates_of"](model)}
        for model in (
            transformers.LlamaModel(llama),  # whose rate no layer holds
            transformers.BertModel(bert).eval(),
            transformers.SwinModel(swin),
        )
    ]
    assert found[0] == {(0.25, "train")}
    assert found[1] == {(0.2, "eval"), (0.1, "eval")}
    assert (0.1, "train") in found[2]


def test_the_versions_that_the_chapter_names_are_those_that_the_book_pins():
    pins = (ROOT / "requirements.txt").read_text() + (ROOT / "constraints.txt").read_text()
    named = re.findall(r"(PyTorch|Keras|TensorFlow|Transformers) (\d+\.\d+)", prose(CHAPTER))
    assert {name for name, _ in named} == {"PyTorch", "Keras", "TensorFlow", "Transformers"}
    for name, version in named:
        package = {"PyTorch": "torch"}.get(name, name.lower())
        assert re.search(rf"(?m)^{package}=={re.escape(version)}\.", pins), name
