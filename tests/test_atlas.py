"""The atlas of dropout bugs: each entry is told in own words, and its number found."""

import re
import warnings
from collections import Counter

import numpy as np
import pytest
from recorded import CHAPTERS, notebook, parsed

from book.atlas import anchor, number_of
from dropout_lab.audit import diagnose
from dropout_lab.conventions import CONVENTIONS
from dropout_lab.lessons.atlas import ATLAS, KINDS

COUNT = 1_000_000  # of ones that a layer gets
EXACT = 1e-12  # no chance is at work
FOUND = {}


def reproduces(*repositories, kind=None):
    """Enter a function of an entry that finds its number, and how far chance may move that."""

    def enter(function):
        FOUND.update({(repository, kind): function for repository in repositories})
        return function

    return enter


def reproduction(entry):
    """Return the function that was entered for an entry."""
    return FOUND.get((entry.repository, entry.kind)) or FOUND.get((entry.repository, None))


def share(hits):
    """Return a share, and five of its standard errors."""
    hits = np.asarray(hits)
    p = hits.mean()
    return p, 5 * np.sqrt(p * (1 - p) / hits.size)


def masked(size, rate):
    """Return a mask."""
    return np.random.default_rng(0).random(size) >= rate


# --- layers that multiply ----------------------------------------------------------------------


class Layer:
    """A layer told by its factors: on what it keeps while training, at inference, backward."""

    def __init__(self, rate, train, infer, back, keep=lambda r: 1 - r):
        self.rate, self.factors, self.keep = rate, (train, infer, back), keep
        self.rng = np.random.default_rng(0)

    def forward(self, x, training):
        train, infer, _ = (factor(self.rate) for factor in self.factors)
        self.mask = self.rng.random(x.shape) < self.keep(self.rate)
        return x * self.mask * train if training else x * infer

    def backward(self, grad):
        return grad * self.mask * self.factors[2](self.rate)


def one(r):
    return 1


def rate(r):
    return r


def keep(r):
    return 1 - r


def over_keep(r):
    return 1 / (1 - r)


def over_rate(r):
    return 1 / r


FACTORS = {
    "karpathy/convnetjs": (one, rate, one),
    "denosaurs/netsaur": (lambda r: 1.0 / 1.0 - r, one, lambda r: 1.0 / 1.0 - r),
    "wvabrinskas/Neuron": (over_keep, keep, over_keep),
    "tiny-dnn/tiny-dnn": (over_keep, one, one, rate),  # its mask is one with probability rate
    "kaldi-asr/kaldi": (over_rate, one, over_rate),
    "lmjohns3/theanets": (over_rate, one, over_rate),
    "ayrna/dlordinal": (rate, one, rate),
    "denizyuret/Knet.jl": (one, one, one),
    "gorgonia/gorgonia": (over_keep, one, over_rate),
    "wichtounet/dll": (over_keep, one, one),
}
WITH_FACTORS = [entry for entry in ATLAS if entry.repository in FACTORS]


def layer_of(entry):
    """Return the layer of an entry; one of them forgets its mask on the way back."""
    layer = Layer(entry.rate, *FACTORS[entry.repository])
    if entry.repository == "wichtounet/dll":
        layer.backward = lambda grad: grad
    return layer


def means(entry):
    """Return the output at inference and the mean while training of ones, and its error."""
    layer, ones = layer_of(entry), np.ones(COUNT)
    out = layer.forward(ones, training=True)
    return layer.forward(ones, training=False).mean(), out.mean(), out.std() / COUNT**0.5


@reproduces(
    "karpathy/convnetjs",
    "denosaurs/netsaur",
    "wvabrinskas/Neuron",
    "tiny-dnn/tiny-dnn",
    "ayrna/dlordinal",
    "denizyuret/Knet.jl",
)
def inference_over_training(entry):
    inference, training, error = means(entry)
    return inference / training, 5 * error / training * inference / training


@reproduces("kaldi-asr/kaldi", "lmjohns3/theanets")
def training_over_input(entry):
    _, training, error = means(entry)
    return training, 5 * error


@reproduces("gorgonia/gorgonia")
def gradient_over_the_true_one(entry):
    layer, ones = layer_of(entry), np.ones(100)
    out = layer.forward(ones, training=True)  # of ones, so the true gradient is the output
    gradient, kept = layer.backward(ones), out != 0
    assert not gradient[~kept].any()
    return (gradient[kept] / out[kept]).mean(), EXACT


@reproduces("wichtounet/dll")
def gradient_of_what_was_dropped(entry):
    layer, ones = layer_of(entry), np.ones(100)
    out = layer.forward(ones, training=True)
    return layer.backward(ones)[out == 0].mean(), EXACT


@pytest.mark.parametrize("entry", WITH_FACTORS, ids=lambda entry: entry.repository)
def test_a_diagnosis_names_the_convention_of_an_entry_or_finds_it_wrong(entry):
    found = diagnose(layer_of(entry))
    assert found.convention == entry.convention
    assert not found.right


# --- other scales ------------------------------------------------------------------------------


@reproduces("yusugomori/DeepLearning")
def weights_that_shrink_at_each_prediction(entry):
    net = {"weights": np.ones(3)}

    def predict(x):
        net["weights"] = (1 - entry.rate) * net["weights"]
        return x @ net["weights"]

    first, _, third = (predict(np.ones(3)) for _ in range(3))
    return third / first, EXACT


@reproduces("CSTR-Edinburgh/mlpractical")
def slope_of_a_scaled_sigmoid(entry):
    def forward(a):
        return 1 / (1 - entry.rate) / (1 + np.exp(-a))  # of a unit that is kept

    a, step = np.log(3), 1e-6  # its sigmoid is 0.75
    true = (forward(a + step) - forward(a - step)) / (2 * step)
    stored = forward(a)
    return stored * (1 - stored) / true, 1e-6


@reproduces("elixir-nx/axon", kind="scaling")
def variance_behind_alpha_dropout(entry):
    x, dropped = np.random.default_rng(1).normal(size=COUNT), -1.7580993408473766
    kept, keep = masked(COUNT, entry.rate), 1 - entry.rate

    def variance(stretch):
        out = np.where(kept, x, dropped) * stretch - stretch * dropped * entry.rate
        assert abs(out.mean()) < 5 * out.std() / COUNT**0.5
        return out.var(), 5 * ((out - out.mean()) ** 2).std() / COUNT**0.5

    right, error = variance((keep * (1 + entry.rate * dropped**2)) ** -0.5)
    assert abs(right - 1) < error
    return variance((keep * dropped**2) ** -0.5)


# --- masks -------------------------------------------------------------------------------------


@reproduces("ddbourgin/numpy-ml")
def gradient_of_a_dropped_input(entry):
    keep, mask = 1 - entry.rate, masked(100, entry.rate)

    def forward(x):
        return (mask * x).sum() / keep  # around a layer that adds up

    def backward(grad):
        return grad / keep * np.ones(100)

    x, dropped, step = np.ones(100), int(np.argmin(mask)), 1e-3
    moved = x + step * (np.arange(100) == dropped)
    assert forward(moved) == forward(x)  # so its gradient is 0
    return backward(1.0)[dropped], EXACT


def number_of_masks(step):
    """Return how many different masks ten steps use."""
    return len({step().tobytes() for _ in range(10)}), EXACT


@reproduces("fff-rs/juice")
def generator_made_anew_in_each_pass(entry):
    return number_of_masks(lambda: np.random.default_rng(42).random(100) >= entry.rate)


@reproduces("elixir-nx/axon", kind="mask")
def key_made_when_the_model_is_built(entry):
    key = np.random.SeedSequence()  # of the time
    return number_of_masks(lambda: np.random.default_rng(key).random(100) >= entry.rate)


@reproduces("mcgillmrl/prob_mbrl")
def resampling_only_with_a_seed(entry):
    kept = {"mask": masked(100, entry.rate)}

    def resample(seed=None):
        if seed is not None:
            kept["mask"] = np.random.default_rng(seed).random(100) >= entry.rate
        return kept["mask"]

    assert (resample(seed=1) != resample(seed=2)).any()
    return number_of_masks(resample)


@reproduces("FluxML/Flux.jl")
def normal_noise_where_uniform_is_meant(entry):
    rng = np.random.default_rng(0)
    assert abs(np.mean(rng.random(COUNT) > 1 - entry.rate) - entry.right) < 0.003
    return share(rng.standard_normal(COUNT) > 1 - entry.rate)


# --- modes -------------------------------------------------------------------------------------


@reproduces("BrainJS/brain.js")
def kernels_for_training_in_run_too(entry):
    kernels = {True: lambda x: x * masked(len(x), entry.rate), False: lambda x: x * entry.rate}
    layer = kernels[True]  # whether the net will train or run
    return share(layer(np.ones(COUNT)) == 0)


@reproduces("parasdahal/deepnet")
def layer_without_a_mode(entry):
    prob = 1 - entry.rate  # its name for keeping

    def predict(x):
        return x * np.random.default_rng(0).binomial(1, prob, size=x.shape) / prob

    return share(predict(np.ones(COUNT)) == 0)


@reproduces("chiphuyen/stanford-tensorflow-tutorials")
def flag_that_is_read_when_the_graph_is_built(entry):
    def build(training):
        mask = masked(COUNT, entry.rate)
        return (lambda x: x * mask) if training else (lambda x: x)

    net = {"training": False}
    graph, sibling = build(net["training"]), build(training=True)
    net["training"] = True
    assert share(sibling(np.ones(COUNT)) == 0)[0] > 0.2  # in the evaluation, too
    return share(graph(np.ones(COUNT)) == 0)


@reproduces("google-research/vision_transformer")
def loss_that_forgets_to_say_train(entry):
    def model(x, train=False):
        return x * masked(len(x), entry.rate) if train else x

    def loss(x):
        return np.mean(model(x) == 0)

    return loss(np.ones(COUNT)), EXACT


@reproduces("sdemyanov/ConvNet")
def regimes_with_their_numbers_exchanged(entry):
    def forward(x, regime):
        return x * masked(len(x), entry.rate) if regime == 0 else x * (1 - entry.rate)

    train, classify = (forward(np.ones(COUNT), regime) for regime in (1, 0))
    assert train.all()
    return share(classify == 0)


@reproduces("d2l-ai/d2l-en")
def flag_of_its_own(entry):
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.is_training = True

        def forward(self, x):
            return x * (torch.rand(x.shape) > entry.rate) if self.is_training else x

    return share(Net().eval()(torch.ones(COUNT)) == 0)


@reproduces("karpathy/nanoGPT")
def attention_that_knows_no_mode(entry):
    import torch
    from torch import nn

    class Attention(nn.Module):
        def forward(self, queries, keys, values):
            attend = nn.functional.scaled_dot_product_attention
            return attend(queries, keys, values, dropout_p=entry.rate)

    values = torch.eye(200)[None, None]  # so that the outputs are the weights
    return share(Attention().eval()(torch.zeros(1, 1, 500, 200), values, values) == 0)


@reproduces("deepchem/deepchem")
def function_without_training(entry):
    import torch
    from torch import nn

    class Net(nn.Module):
        def forward(self, x):
            return nn.functional.dropout(x, p=entry.rate)

    return share(Net().eval()(torch.ones(COUNT)) == 0)


@reproduces("namisan/mt-dnn")
def plain_list_of_layers(entry):
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dropouts = [nn.Dropout(entry.rate)]

        def forward(self, x):
            return self.dropouts[0](x)

    return share(Net().eval()(torch.ones(COUNT)) == 0)


@reproduces("fartashf/vsepp")
def validation_in_the_middle_of_an_epoch(entry):
    from torch import nn

    net, modes = nn.Dropout(entry.rate), []
    net.train()
    for step in range(1, 11):
        modes.append(net.training)
        if step % 3 == 0:
            net.eval()  # to validate
    return sum(modes), EXACT


# --- places and numbers ------------------------------------------------------------------------


@reproduces(
    "aymericdamien/TensorFlow-Examples", "hunkim/DeepLearningZeroToAll", "titu1994/Inception-v4"
)
def probability_of_keeping_handed_on_as_a_rate(entry):
    import torch

    to_keep = entry.right
    return share(torch.nn.Dropout(to_keep)(torch.ones(COUNT)) != 0)


@reproduces("qiuqiangkong/audioset_tagging_cnn")
def dropped_values_under_a_name_that_nobody_uses(entry):
    import torch

    hidden = torch.ones(COUNT, requires_grad=True)
    embedding = torch.nn.functional.dropout(hidden, entry.rate, training=True)
    assert (embedding == 0).any()
    hidden.sum().backward()  # classifies
    return share(hidden.grad == 0)


@reproduces("facebookresearch/InferSent")
def recurrent_net_of_one_layer(entry):
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as everybody did
        net = torch.nn.LSTM(4, 4, 1, bidirectional=True, dropout=entry.rate)
    x = torch.randn(5, 3, 4)
    return number_of_masks(lambda: net(x)[0].detach().numpy())


@reproduces("kshitizrimal/Fast-SCNN")
def dropped_class_scores(entry):
    import torch
    from torch.nn import functional

    scores = torch.zeros(200_000, 19)
    scores[:, 0] = 50
    right = torch.zeros(len(scores), dtype=torch.long)
    losses = functional.cross_entropy(
        functional.dropout(scores, entry.rate), right, reduction="none"
    )
    return losses.mean().item(), 5 * losses.std().item() / len(losses) ** 0.5


@reproduces("TimDettmers/ConvE")
def dropout_twice(entry):
    import torch

    drop = torch.nn.Dropout(entry.rate)
    return share(drop(drop(torch.ones(COUNT))) == 0)


@reproduces("luigibonati/mlcolvar")
def dropout_in_front_of_batch_norm(entry):
    import torch
    from torch import nn

    torch.manual_seed(0)
    norm = nn.BatchNorm1d(1, momentum=None)
    net = nn.Sequential(nn.ReLU(), nn.Dropout(entry.rate), norm)
    x = torch.randn(COUNT, 1)
    net(x)
    learned, met = norm.running_var.item(), x.relu().var().item()
    # A square of what is kept is four times that of a ReLU, and half of them fall.
    error = (4 * x.relu() ** 2 * (torch.rand(COUNT, 1) > 0.5)).std().item() / COUNT**0.5
    return learned / met, 5 * error / met


# --- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ATLAS, ids=anchor)
def test_an_entry_does_what_it_is_said_to_do(entry):
    found, error = reproduction(entry)(entry)
    assert abs(found - entry.value) <= error
    assert abs(entry.value - entry.right) > 5 * error  # so it is wrong, and not by chance


def test_entries_are_complete():
    assert len({entry.repository for entry in ATLAS}) >= 20
    assert {reproduction(entry) for entry in ATLAS} == set(FOUND.values())  # each, and no other
    assert {entry.kind for entry in ATLAS} == set(KINDS)
    assert max(Counter((entry.repository, entry.kind) for entry in ATLAS).values()) == 1
    for entry in ATLAS:
        assert re.fullmatch(r"[0-9a-f]{40}", entry.commit)
        assert entry.convention is None or not CONVENTIONS[entry.convention].right
        assert entry.follows.count("{value}") == 1
        chapter, section = entry.read
        cells = notebook(CHAPTERS / f"{chapter}.ipynb").cells
        assert any(re.search(rf"(?m)^#+ {re.escape(section)}$", cell.source) for cell in cells)


def test_the_page_shows_every_entry_with_its_number_and_a_link_to_each_line():
    page = parsed("atlas")
    links = {link["href"] for link in page.select("article a[href]")}
    for entry in ATLAS:
        term = page.find(id=anchor(entry))
        said = " ".join(term.find_next_sibling("dd").get_text().split())
        assert entry.repository in term.get_text()
        assert number_of(entry.value) in said
        assert {address for *_, address in entry.places} <= links
        assert f"{entry.read[0]}.html" in links
