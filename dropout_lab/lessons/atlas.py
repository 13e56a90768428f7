"""The atlas of dropout bugs: where each stands, what it does, and one number that follows.

Each entry was read in its source at the commit that it names. No line of it was copied: the tests
say in own words what it does, and find the number of the entry.
"""

import math
from dataclasses import dataclass
from datetime import date

KINDS = ("scaling", "mask", "mode", "place")
READ_ON = date(2026, 11, 30)
GITHUB = "https://github.com/"


@dataclass(frozen=True)
class Entry:
    """One place in a public repository where dropout goes wrong.

    Parameters
    ----------
    repository : str
        Owner and name on GitHub.
    language : str
        What it is written in.
    path : str
        The file.
    line : int
        The line, counted from one.
    commit : str
        The full name of the commit at which it was read.
    kind : {"scaling", "mask", "mode", "place"}
        What is wrong.
    does : str
        What the code does, in Markdown.
    follows : str
        What follows, with ``{value}`` where the number stands.
    value, right : float
        The number, and what it would be if all were well.
    read : tuple of str
        The chapter that explains it, and the section.
    status : str
        Whether it was mended, in Markdown.
    rate : float
        The probability of dropping for which the number holds.
    convention : str, optional
        Its name in `dropout_lab.conventions.CONVENTIONS`, if it has one.
    also : tuple of tuple
        Path and line of other places of the same commit that belong to it.
    read_on : datetime.date
        When it was read.
    """

    repository: str
    language: str
    path: str
    line: int
    commit: str
    kind: str
    does: str
    follows: str
    value: float
    right: float
    read: tuple
    status: str
    rate: float
    convention: str | None = None
    also: tuple = ()
    read_on: date = READ_ON

    @property
    def mended(self):
        """Whether a later commit is right."""
        return self.status.startswith("Mended")

    @property
    def places(self):
        """The path, the line and the permanent address of each of its places."""
        every = ((self.path, self.line), *self.also)
        blob = f"{GITHUB}{self.repository}/blob/{self.commit}"
        return tuple((path, line, f"{blob}/{path}#L{line}") for path, line in every)


def commit(repository, name):
    """Return a link to a commit."""
    return f"[{name[:7]}]({GITHUB}{repository}/commit/{name})"


def thread(repository, number, what="issue"):
    """Return a link to an issue or a pull request."""
    folder = {"issue": "issues", "pull request": "pull"}[what]
    return f"[{what} {number}]({GITHUB}{repository}/{folder}/{number})"


RIGHT = "03_inference_scaling", "A popular wrong one"
FOUR_MORE = "03_inference_scaling", "Four more wrong ones"
THREE_LINES = "03_inference_scaling", "Test your own code in three lines"
BACKWARD = "04_backward_pass", "The derivation"
SWITCH = "05_frameworks", "The switch"
PLACE = "05_frameworks", "The place and the number"
NO_ISSUE = "Open; we found no issue about it."

ATLAS = (
    # --- scaling ---------------------------------------------------------------------------------
    Entry(
        "karpathy/convnetjs",
        "JavaScript",
        "src/convnet_layers_dropout.js",
        36,
        "4c3358a315b4d71f31a0d532eb5d1700e9e592ee",
        "scaling",
        "Masks while training, and at prediction multiplies by the probability of dropping. The "
        "probability of keeping is meant. The default is 0.5, where the two are one number and "
        "nothing gives it away.",
        "At rate 0.2 prediction sends {value} times the mean while training.",
        0.2 / (1 - 0.2),
        1,
        RIGHT,
        f"Open: {thread('karpathy/convnetjs', 61, 'pull request')}, of 2016, mends it, and "
        f"{thread('karpathy/convnetjs', 106, 'pull request')}, of 2019, was closed as its double.",
        0.2,
        "scale by p",
    ),
    Entry(
        "denosaurs/netsaur",
        "Rust",
        "crates/core/src/cpu/layers/dropout.rs",
        35,
        "c1efc3e2df6e2aaf4a1672590a404143203885a6",
        "scaling",
        "Means to divide survivors by the probability of keeping. The formula is written without "
        "parentheses, so one divided by one comes first, and survivors are multiplied by it.",
        "At rate 0.5 prediction sends {value} times the mean while training.",
        1 / (1 - 0.5) ** 2,
        1,
        FOUR_MORE,
        NO_ISSUE,
        0.5,
    ),
    Entry(
        "wvabrinskas/Neuron",
        "Swift",
        "Sources/Neuron/Layers/Dropout.swift",
        88,
        "ca3695f82f562e420fde957bf913ed44cd1c6e47",
        "scaling",
        "Enlarges survivors while training, and shrinks everything at inference too. Each half is "
        "right by itself.",
        "At rate 0.5 inference sends {value} times the mean while training.",
        1 - 0.5,
        1,
        FOUR_MORE,
        NO_ISSUE,
        0.5,
        "scale twice",
        (("Sources/Neuron/Layers/Dropout.swift", 113),),
    ),
    Entry(
        "tiny-dnn/tiny-dnn",
        "C++",
        "tiny_dnn/layers/dropout_layer.h",
        108,
        "c0f576f5cb7b35893f62127cb7aec18f77a3bcc5",
        "scaling",
        "Keeps a unit with the probability that is documented as that of dropping, and enlarges "
        "survivors as if it were the other. The gradient passes the mask, without the factor. The "
        "library's own test of the mask expects what the layer does.",
        "At rate 0.1 inference sends {value} times the mean while training.",
        (1 - 0.1) / 0.1,
        1,
        FOUR_MORE,
        f"Open: {thread('tiny-dnn/tiny-dnn', 961)}, of 2018, explains it.",
        0.1,
        also=(
            ("tiny_dnn/layers/dropout_layer.h", 84),
            ("test/test_dropout_layer.h", 36),
        ),
    ),
    Entry(
        "kaldi-asr/kaldi",
        "C++",
        "src/nnet3/nnet-general-component.cc",
        1699,
        "d9c2eb3a811a8e1f721db2f09f2cc8f06d77b54f",
        "scaling",
        "Divides survivors by the proportion that is dropped. That of the others is meant.",
        "At rate 0.1 the mean while training is {value} times the input.",
        (1 - 0.1) / 0.1,
        1,
        RIGHT,
        "Mended in "
        + commit("kaldi-asr/kaldi", "69a09b3862c2cb515c45af716d1f1558bc4eccde")
        + f"; {thread('kaldi-asr/kaldi', 2814)}.",
        0.1,
    ),
    Entry(
        "lmjohns3/theanets",
        "Python",
        "theanets/regularizers.py",
        811,
        "f271173732bca93ce8af7c796129eabc71e55002",
        "scaling",
        "Divides survivors by the probability of dropping, as Kaldi did.",
        "At rate 0.1, that of its documentation, the mean while training is {value} times the "
        "input.",
        (1 - 0.1) / 0.1,
        1,
        RIGHT,
        "Mended in "
        + commit("lmjohns3/theanets", "a0181f297445769ac1f89c4778fa1466f4e5e481")
        + f"; the author of {thread('lmjohns3/theanets', 123, 'pull request')} explains the factor "
        "in one paragraph.",
        0.1,
    ),
    Entry(
        "ayrna/dlordinal",
        "Python, PyTorch",
        "dlordinal/dropout/hybrid_dropout.py",
        180,
        "8f0e4e5a5c572ca21b1c625192b5e2b294e03c61",
        "scaling",
        "Multiplies survivors by the share of units that was dropped, where one divided by the "
        "share that was kept is meant.",
        "Where half of the units fall, inference sends {value} times the mean while training.",
        1 / (0.5 * (1 - 0.5)),
        1,
        FOUR_MORE,
        "Mended in "
        + commit("ayrna/dlordinal", "cfc7c675ef980fd5d5f951ecb5a8a5f403f4ae11")
        + ", with a test that measures the factor.",
        0.5,
    ),
    Entry(
        "denizyuret/Knet.jl",
        "Julia",
        "examples/hyperband.jl",
        120,
        "0618796270776b1d35262a41230c3c6e2da0a97f",
        "scaling",
        "Masks while training, and never scales. It is an example that chooses the rate by search: "
        "a rate that was judged without the factor.",
        "At rate 0.5 inference sends {value} times the mean while training.",
        1 / (1 - 0.5),
        1,
        FOUR_MORE,
        "Mended in "
        + commit("denizyuret/Knet.jl", "1cf6c298fa14797e2fcb57fa1511ea7b4e95fc63")
        + ".",
        0.5,
        "never scale",
    ),
    Entry(
        "yusugomori/DeepLearning",
        "Python",
        "python/Dropout.py",
        102,
        "739dfd1d7919c328e0d3b8129855c2ad71b80036",
        "scaling",
        "Shrinks the weights for prediction, which is right, and stores them so, which is right "
        "once: each further prediction shrinks them again. The same author's version in Java has a "
        "function of its own for this step.",
        "At rate 0.5 the third prediction uses {value} of the weights of the first.",
        (1 - 0.5) ** 2,
        1,
        ("03_inference_scaling", "Two right answers"),
        NO_ISSUE,
        0.5,
    ),
    Entry(
        "gorgonia/gorgonia",
        "Go",
        "op_dropout.go",
        222,
        "d7a3ce27c9a1ffbee531d7850485229584db8d97",
        "scaling",
        "Forward all is right. Backward the gradient is divided by the probability of dropping, "
        "where that of keeping was used forward; at rate 0 it is set to zero. The tests of the "
        "layer state these numbers.",
        "At rate 0.2 the gradient is {value} times the true one.",
        (1 - 0.2) / 0.2,
        1,
        ("04_backward_pass", "Catch the missing factor"),
        f"{NO_ISSUE[:-1]}. An older fault of the forward pass was mended after "
        f"{thread('gorgonia/gorgonia', 387)}.",
        0.2,
    ),
    Entry(
        "CSTR-Edinburgh/mlpractical",
        "Python, NumPy",
        "mlp/layers.py",
        122,
        "9969b47ba46cfdcba14074208deb14c0e130a067",
        "scaling",
        "Scales the stored output of a sigmoid in place. The backward pass computes the slope from "
        "that stored output, which is a sigmoid's no more, and leaves out the factor. A course of "
        "the University of Edinburgh, and the finest trap of this page.",
        "At rate 0.5 a unit whose sigmoid is 0.75 gets {value} times its true gradient: it learns "
        "in the wrong direction.",
        (1.5 * (1 - 1.5)) / (2 * 0.75 * (1 - 0.75)),
        1,
        ("04_backward_pass", "Check it with finite differences"),
        "Mended in "
        + commit("CSTR-Edinburgh/mlpractical", "ca8c429973cd89cee53b064f6c63a6b609ebe8ef")
        + ", with a comment that says why.",
        0.5,
        also=(("mlp/layers.py", 150), ("mlp/layers.py", 399)),
    ),
    Entry(
        "elixir-nx/axon",
        "Elixir",
        "lib/axon/layers.ex",
        1612,
        "dfec027dd1cbfb401ca5a657197c7024093298ef",
        "scaling",
        "Alpha dropout replaces dropped units by a constant, then stretches and shifts so that "
        "mean 0 and variance 1 stay. In the factor for stretching a part is missing.",
        "At rate 0.5 an input of variance 1 leaves with variance {value}.",
        (1 + 0.5 * (1.6732632423543772 * 1.0507009873554805) ** 2)
        / (1.6732632423543772 * 1.0507009873554805) ** 2,
        1,
        THREE_LINES,
        NO_ISSUE,
        0.5,
    ),
    # --- mask ------------------------------------------------------------------------------------
    Entry(
        "ddbourgin/numpy-ml",
        "Python, NumPy",
        "numpy_ml/neural_nets/wrappers/wrappers.py",
        232,
        "b0359af5285fbf9699d64fd5ec059493228af03e",
        "mask",
        "Stores the mask of the forward pass, and hands the gradient on without it. Dropped inputs "
        "are blamed as if they had been there. A library that teaches by being read, and was read.",
        "At rate 0.5 a dropped input gets {value} times the gradient behind it.",
        1 / (1 - 0.5),
        0,
        BACKWARD,
        f"Open: {thread('ddbourgin/numpy-ml', 94)}, of 2024, asks about this line.",
        0.5,
    ),
    Entry(
        "wichtounet/dll",
        "C++",
        "include/dll/neural/dropout/dropout_layer_impl.hpp",
        120,
        "5bdc4b61afa1c15d43f186af69f8f4b8323e580b",
        "mask",
        "Masks and enlarges forward, and copies the errors backward: neither the mask nor the "
        "factor is on the way back.",
        "A dropped unit gets {value} times the gradient behind it.",
        1,
        0,
        BACKWARD,
        NO_ISSUE,
        0.5,
        also=(("include/dll/neural/dropout/dyn_dropout_layer_impl.hpp", 127),),
    ),
    Entry(
        "fff-rs/juice",
        "Rust",
        "coaster-nn/src/frameworks/native/mod.rs",
        970,
        "09253d3d89b4f9cd6b221e5a2c268df5036187eb",
        "mask",
        "On the processor, each forward pass makes its generator anew, from the same seed: the "
        "mask never changes, so the net is smaller and nothing is averaged. Nothing is scaled, "
        "there is no mode, and the backward pass is a note to come back.",
        "Ten steps see {value} mask.",
        1,
        10,
        ("05_frameworks", "Five rarer mistakes"),
        f"Open: {thread('fff-rs/juice', 11)} asks for the backward pass.",
        0.75,
        also=(
            ("coaster-nn/src/frameworks/native/mod.rs", 976),
            ("coaster-nn/src/frameworks/native/mod.rs", 993),
        ),
    ),
    Entry(
        "elixir-nx/axon",
        "Elixir",
        "lib/axon/compiler.ex",
        679,
        "b7a20fd7856ceea2e7969565181aee08493f37e6",
        "mask",
        "Made the key of each dropout layer when the model was built, and used it in every step. "
        "Functions without hidden state are safe from many faults; here they made one.",
        "Ten steps see {value} mask.",
        1,
        10,
        ("05_frameworks", "Five rarer mistakes"),
        "Mended in "
        + commit("elixir-nx/axon", "4ffbe7717702445986c3ffe370fb1e71b4d01518")
        + f"; {thread('elixir-nx/axon', 423)} by the author says it best.",
        0.5,
        also=(("lib/axon/compiler.ex", 36),),
    ),
    Entry(
        "mcgillmrl/prob_mbrl",
        "Python, PyTorch",
        "prob_mbrl/models/modules.py",
        205,
        "cb5425792d7df8bf47c7bb2d7afd55e3e41ecdb2",
        "mask",
        "Keeps a mask on purpose until `resample()` is called. Called without a seed, that "
        "function of a whole network resampled nothing.",
        "Ten calls leave {value} mask.",
        1,
        10,
        ("12_family", "Over time: recurrent nets"),
        "Mended in "
        + commit("mcgillmrl/prob_mbrl", "97bbfc6e13cf813d0207187d2c505092f7c3688e")
        + f"; {thread('mcgillmrl/prob_mbrl', 8)}.",
        0.5,
    ),
    Entry(
        "FluxML/Flux.jl",
        "Julia",
        "src/layers/normalise.jl",
        109,
        "66a84efbafaa7d6fcaa31329dfbc44f78ce281d0",
        "mask",
        "Alpha dropout compared normal numbers with a probability, where uniform ones are meant. "
        "The factor for stretching was upside down, too.",
        "At rate 0.5 a share of {value} is kept.",
        math.erfc((1 - 0.5) / 2**0.5) / 2,
        0.5,
        ("02_mask_mathematics", "One unit: a coin and a scale"),
        "Mended in "
        + commit("FluxML/Flux.jl", "dfacc9c82fdac44080932176da4f89d672b96312")
        + ", with the tests that had been missing.",
        0.5,
        also=(("src/layers/normalise.jl", 111),),
    ),
    # --- mode ------------------------------------------------------------------------------------
    Entry(
        "BrainJS/brain.js",
        "TypeScript",
        "src/feed-forward.ts",
        279,
        "7c9db32d9c3894ae494e6497eb7b7a9ff28a6999",
        "mode",
        "Sets up every layer for training, for `run()` too; a note at this line plans to tell the "
        "two apart. Once it does, the layer's own function for prediction comes into use, and that "
        "multiplies by the probability of dropping.",
        "At rate 0.5 a share of {value} of the units is missing in `run()`.",
        0.5,
        0,
        SWITCH,
        NO_ISSUE,
        0.5,
        also=(("src/layer/dropout.ts", 35),),
    ),
    Entry(
        "parasdahal/deepnet",
        "Python, NumPy",
        "deepnet/layers.py",
        196,
        "51a9e61c351138b7dc637f4b748a0e6ca2e15595",
        "mode",
        "Mask, factor and gradient are right, and there is no mode: `predict` takes the same way "
        "as training. Its `prob` keeps.",
        "By default a share of {value} of the units is missing in each prediction.",
        0.5,
        0,
        SWITCH,
        NO_ISSUE,
        0.5,
        also=(("deepnet/nnet.py", 36),),
    ),
    Entry(
        "chiphuyen/stanford-tensorflow-tutorials",
        "Python, TensorFlow 1",
        "examples/07_convnet_layers.py",
        68,
        "51e53daaa2a32cfe7a1966f060b28dbbd081791c",
        "mode",
        "Builds the graph while `training` is `False`, and sets it to `True` later. A graph keeps "
        "what it was built with. (The 0.75 in the line before is a probability of keeping where a "
        "rate is asked, which nobody can notice.) Its sibling has the opposite: there units are "
        "dropped in the evaluation, too. A course at Stanford.",
        "While training a share of {value} is dropped.",
        0,
        0.25,
        SWITCH,
        NO_ISSUE,
        0.25,
        also=(
            ("examples/07_convnet_layers.py", 67),
            ("examples/07_convnet_mnist.py", 95),
        ),
    ),
    Entry(
        "google-research/vision_transformer",
        "Python, JAX",
        "vit_jax/train.py",
        60,
        "ff5f82ad448796cf0419c93b244d811f6e8f9ace",
        "mode",
        "Calls the model in the loss without `train=True`, whose default is `False`. All of its "
        "configured dropout rests.",
        "While training a share of {value} is dropped; the configuration says 0.1.",
        0,
        0.1,
        SWITCH,
        "Mended in "
        + commit("google-research/vision_transformer", "6fba202f04622a17c6361a8c81ef471540facaa7")
        + f"; {thread('google-research/vision_transformer', 19)}. The authors then wrote into "
        "their README which published runs had none ("
        + commit("google-research/vision_transformer", "f952d612e1b55d1099b2fbf87fc04218d5c4fe18")
        + "). That is how to do it.",
        0.1,
    ),
    Entry(
        "d2l-ai/d2l-en",
        "Python, PyTorch",
        "chapter_multilayer-perceptrons/dropout.md",
        409,
        "aa600c0f9b8e62c6419c34d340f58a64b67d206b",
        "mode",
        "Asks a flag of its own, `is_training`, which nobody turns. `eval()` turns `training`. A "
        "textbook that builds its layers from scratch, as this book does.",
        "In eval mode a share of {value} of the second layer is missing.",
        0.5,
        0,
        SWITCH,
        "Mended in "
        + commit("d2l-ai/d2l-en", "16f8d3ecfca4b94cc6d80274bb9be3e3231031cd")
        + f"; {thread('d2l-ai/d2l-en', 1093)}.",
        0.5,
        also=(("chapter_multilayer-perceptrons/dropout.md", 413),),
    ),
    Entry(
        "karpathy/nanoGPT",
        "Python, PyTorch",
        "model.py",
        72,
        "a82b33b525ca9855d705656387698e13eb8e8d4b",
        "mode",
        "`scaled_dot_product_attention` belongs to no module and knows no mode. It got the rate in "
        "eval mode, too. The default rate is 0; one configuration has 0.2.",
        "In eval mode a share of {value} of the attention weights is missing.",
        0.2,
        0,
        SWITCH,
        "Mended in "
        + commit("karpathy/nanoGPT", "7399dfe39d24579cc1fb391475864ad28f19f6f7")
        + ". WeNet mended the same call in "
        + commit("wenet-e2e/wenet", "bbd6d4729b1274ee23805af706ab47723793b028")
        + ".",
        0.2,
    ),
    Entry(
        "deepchem/deepchem",
        "Python, PyTorch",
        "deepchem/models/torch_models/scscore.py",
        94,
        "fbe3b911a94a6eb8c84c1a9e7ac67a472c49ea80",
        "mode",
        "`F.dropout` without `training=`, in two models. Most of its others hand it on. The "
        "default of this one is 0.",
        "At rate 0.2 a share of {value} is missing in eval mode.",
        0.2,
        0,
        SWITCH,
        f"Open: {thread('deepchem/deepchem', 5087, 'pull request')} mends one, "
        f"{thread('deepchem/deepchem', 5094, 'pull request')} the other.",
        0.2,
        also=(
            ("deepchem/models/torch_models/scscore.py", 100),
            ("deepchem/models/torch_models/layers.py", 2804),
        ),
    ),
    Entry(
        "namisan/mt-dnn",
        "Python, PyTorch",
        "mt_dnn/matcher.py",
        16,
        "eb0aef4cbcdbde097f4535580af64ebaf9666108",
        "mode",
        "Keeps its dropout layers in a plain list, where `eval()` does not look. A linear head "
        "then predicts with units missing.",
        "At rate 0.1 a share of {value} is missing in eval mode.",
        0.1,
        0,
        SWITCH,
        "Mended in "
        + commit("namisan/mt-dnn", "a7f74e0afcffd17ab68fb752fa1cc06eabaacda3")
        + f", on the day of {thread('namisan/mt-dnn', 45)}.",
        0.1,
        also=(("mt_dnn/matcher.py", 111),),
    ),
    Entry(
        "fartashf/vsepp",
        "Python, PyTorch",
        "train.py",
        184,
        "abe382fd9c751d1b92c95030df8fb804a7d5ef53",
        "mode",
        "Validates in the middle of an epoch, in eval mode, and stays there until the next epoch.",
        "Of an epoch of ten steps with a validation behind each third, {value} are trained in "
        "train mode.",
        3,
        10,
        SWITCH,
        "Known and kept: "
        + commit("fartashf/vsepp", "6c20140d5877608ce685262b182a569206aa0137")
        + " added an option that mends it, and left the default so that the published results can "
        f"be repeated; {thread('fartashf/vsepp', 4)}.",
        0.5,
        also=(("train.py", 147),),
    ),
    Entry(
        "sdemyanov/ConvNet",
        "MATLAB",
        "cnnff.m",
        62,
        "667e51916a90ac82623c3317cb05aff90260e784",
        "mode",
        "The forward pass compares the regime with 0 to know that it trains, and the training loop "
        "says 1. So training used the scaled weights, and classification dropped.",
        "At rate 0.5 a share of {value} is missing when it classifies.",
        0.5,
        0,
        SWITCH,
        "Mended in "
        + commit("sdemyanov/ConvNet", "fd7ea9d33509402e19527e1e9240423da95977d4")
        + ", the day after the first commit.",
        0.5,
        also=(("cnntrain_mat.m", 43),),
    ),
    # --- place and number ------------------------------------------------------------------------
    Entry(
        "aymericdamien/TensorFlow-Examples",
        "Python, TensorFlow 1",
        "examples/6_MultiGPU/multigpu_cnn.py",
        65,
        "6dcbe14649163814e72a22a999f20c5e247ce988",
        "place",
        "A probability of keeping, 0.75 and named so in a comment, is handed on as a rate. One "
        "function of TensorFlow 1 wanted the one, its neighbor the other.",
        "A share of {value} is kept, where 0.75 was meant.",
        0.25,
        0.75,
        PLACE,
        "Open here and in two more examples; mended in a fourth after "
        f"{thread('aymericdamien/TensorFlow-Examples', 205)}.",
        0.75,
        also=(
            ("examples/6_MultiGPU/multigpu_cnn.py", 70),
            ("examples/5_DataManagement/tensorflow_dataset_api.py", 80),
            ("examples/5_DataManagement/build_an_image_dataset.py", 152),
        ),
    ),
    Entry(
        "hunkim/DeepLearningZeroToAll",
        "Python, TensorFlow 1",
        "lab-11-4-mnist_cnn_layers.py",
        46,
        "9f8fb944c5574365e50887aca0170e5c4a9462ed",
        "place",
        "The same two functions, in a course: 0.7 was a probability of keeping before the layer "
        "was exchanged.",
        "A share of {value} is kept, where 0.7 was meant.",
        0.3,
        0.7,
        PLACE,
        "Mended in "
        + commit("hunkim/DeepLearningZeroToAll", "976102ee4a9bf826f51382ca6399313182e7b445")
        + f"; {thread('hunkim/DeepLearningZeroToAll', 122)}.",
        0.7,
    ),
    Entry(
        "titu1994/Inception-v4",
        "Python, Keras",
        "inception_v4.py",
        214,
        "52417ac0e878d9e67031fda1323a73760ec08049",
        "place",
        "The paper keeps 0.8, as the issue quotes it. Keras takes the rate.",
        "A share of {value} is kept, where 0.8 was meant.",
        0.2,
        0.8,
        PLACE,
        f"Open: {thread('titu1994/Inception-v4', 5)}, of 2017.",
        0.8,
        also=(("inception_resnet_v1.py", 207), ("inception_resnet_v2.py", 238)),
    ),
    Entry(
        "qiuqiangkong/audioset_tagging_cnn",
        "Python, PyTorch",
        "pytorch/models.py",
        223,
        "d2f4b8c18eab44737fcc0de1248ae21eb43f6aa4",
        "place",
        "Gives the dropped values a new name, and classifies with the old one. Autograd cannot "
        "miss what nobody uses.",
        "At rate 0.5 a share of {value} is dropped on the way to the classes.",
        0,
        0.5,
        ("05_frameworks", "Where dropout goes"),
        f"Open: {thread('qiuqiangkong/audioset_tagging_cnn', 52)}. We read the same of an exercise "
        f"of a textbook, in {thread('ageron/handson-ml', 304)}; its notebook is too large for our "
        "copy.",
        0.5,
        also=(("pytorch/models.py", 222),),
    ),
    Entry(
        "facebookresearch/InferSent",
        "Python, PyTorch",
        "models.py",
        31,
        "31eede6b3543571951276cbbf7040b4f8479985a",
        "place",
        "Hands its option for dropout to an LSTM of one layer. PyTorch drops between layers, and "
        "there is no between. The configurations in the repository have 0, where nothing is lost.",
        "At rate 0.5, ten passes in train mode give {value} output.",
        1,
        10,
        ("05_frameworks", "Five rarer mistakes"),
        NO_ISSUE,
        0.5,
    ),
    Entry(
        "kshitizrimal/Fast-SCNN",
        "Python, Keras",
        "tf_2_0_fast_scnn.py",
        123,
        "6004e7f09f61c59d53c0343afb452a170d0eaaac",
        "place",
        "Drops class scores, between the last layer and the softmax.",
        "At rate 0.3 a net that is sure and right among 19 classes, with 0 for the others, pays a "
        "loss of {value} while training.",
        0.3 * math.log(19),
        0,
        PLACE,
        f"Open: {thread('kshitizrimal/Fast-SCNN', 1)} proposes a better place.",
        0.3,
    ),
    Entry(
        "TimDettmers/ConvE",
        "Python, PyTorch",
        "model.py",
        39,
        "34bb07d64a92f8a8698382c2ef4d9add58c93e65",
        "place",
        "Dropout twice on the same values, in one of its models. Means stay right, so only the "
        "rate is another.",
        "At rate 0.2 a share of {value} is dropped.",
        1 - (1 - 0.2) ** 2,
        0.2,
        PLACE,
        "Mended in "
        + commit("TimDettmers/ConvE", "2ec2858ce5e4c42762fd695fb6c28b988d4b81eb")
        + f"; {thread('TimDettmers/ConvE', 19)}.",
        0.2,
        also=(("model.py", 34),),
    ),
    Entry(
        "luigibonati/mlcolvar",
        "Python, PyTorch",
        "mlcolvar/core/nn/feedforward.py",
        97,
        "6c81022b6bcbffbb460e7c906b4aa6588bad319b",
        "place",
        "Who asked for both got dropout directly in front of batch normalization, as documented. "
        "The norm then learns a variance that it never meets again.",
        "At rate 0.5, behind a ReLU of standard normal numbers, it learns {value} times the "
        "variance of inference.",
        1 + 0.5 / (1 - 0.5) * 0.5 / (0.5 - 1 / (2 * math.pi)),
        1,
        ("12_family", "Dropout and batch norm disagree"),
        "Mended by another order in "
        + commit("luigibonati/mlcolvar", "11097e33aedf2942fcc777d3310e6c0ec59b90f9")
        + f"; {thread('luigibonati/mlcolvar', 267)}.",
        0.5,
    ),
)
