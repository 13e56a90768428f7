"""The sweeps of chapter 14: text read once or many times, and DropPath against unit dropout."""

import math

import numpy as np

from dropout_lab._torch import seeded
from dropout_lab.lessons.ch14.nets import transformer
from dropout_lab.lessons.ch14.text import fingerprint, leaks, manual
from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, scores
from dropout_lab.sweeps import Sweep, grid

__all__ = ["PASSES", "PATH_RATES", "RATES", "SPREAD", "TRAININGS"]

LENGTH, BATCH = 64, 4
"""Characters of a window of text, and windows of a step."""

PASSES = [1, 5, 20, 50]
"""How often the text is read: all of it once, a fifth of it five times, and so on."""

RATES = [0.0, 0.1, 0.2, 0.3]
"""Rates of dropout on text, the same at each place."""

SPREAD = ("embedding", "attention", "residual")
"""Where "all" places are, in a language model."""

LOOKS, TEST_PARTS = 8, 32
"""How often the validation loss is taken, and into how many parts the test text is cut."""

PATH_RATES = [0.1, 0.2, 0.3]
"""Rates on images."""

IMAGES_A_STEP, PATCH = 50, 7
"""Training images of a step, and pixels of the side of a patch."""

TRAININGS = {"500 images, 60 epochs": (500, 60), "1,000 images, 20 epochs": (1_000, 20)}
"""How many images are seen how often: until they are known by heart, and not quite."""

LEARNING_RATE = 3e-3
"""Of AdamW, at its highest."""


# --- text ----------------------------------------------------------------------------------------


def run_passes(passes, rate, seed):
    """Train a language model on a part of the text, and return its losses in bits a character."""
    return _read(passes, rate, "all", seed)


def run_places(place, rate, seed):
    """Train the model of 20 passes with dropout at one of its places."""
    return _read(20, rate, place, seed)


def run_longer(rate, seed):
    """Train on a fifth of the text four times as long as the others: for 20 passes."""
    return _read(5, rate, "all", seed, longer=4)


def _read(parts, rate, place, seed, longer=1):
    """Train on one of so many parts of the text, which begins where the seed says.

    As many windows are read as all of the text has, or several times as many.
    """
    text, rng = manual(), np.random.default_rng(seed)
    size = len(text.train) // parts
    start = rng.integers(len(text.train) - size + 1)
    own = text.train[start : start + size]
    steps = longer * LOOKS * (len(text.train) // (LENGTH * BATCH * LOOKS))
    symbols = len(text.symbols)
    places = SPREAD if place == "all" else (place,)
    model = transformer(
        symbols, symbols, length=LENGTH, width=64, blocks=2, heads=4,
        rates=dict.fromkeys(places, rate), causal=True, seed=seed,
    )  # fmt: skip
    curve, best = [], {}

    def look():
        curve.append(bits(model, text.validation, every=4).mean())
        if curve[-1] == min(curve):
            best.update({name: value.clone() for name, value in model.state_dict().items()})

    def batches():
        read = windows(own, rng)
        for step in range(1, steps + 1):
            batch = np.array([next(read) for _ in range(BATCH)])
            yield batch[:, :-1], batch[:, 1:]
            if step % (steps // LOOKS) == 0:
                look()

    _train(model, batches(), steps, seed)
    losses = bits(model, text.test)
    each = len(losses) // TEST_PARTS
    found = {
        "train_loss": bits(model, own, every=max(1, size // len(text.test))).mean(),
        "validation_loss": bits(model, text.validation).mean(),
        "test_loss": losses.mean(),
        "test_parts": losses[: each * TEST_PARTS].reshape(TEST_PARTS, each).mean(axis=1),
        "validation_curve": curve,
        "characters": [len(own), len(text.validation), len(text.test)],
        "shared": leaks(),
        "text": fingerprint(),
    }
    model.load_state_dict(best)
    return {**found, "stopped_test_loss": bits(model, text.test).mean()}


def windows(text, rng):
    """Yield windows of `LENGTH` + 1 characters, pass after pass, without end.

    A pass begins at a random place, so that each cuts the text elsewhere, and comes in a random
    order.
    """
    while True:
        starts = np.arange(rng.integers(LENGTH), len(text) - LENGTH, LENGTH)
        for start in rng.permutation(starts):
            yield text[start : start + LENGTH + 1]


def bits(model, text, every=1):
    """Return the mean loss of each (n-th) window of a text, without masks, in bits a character."""
    import torch
    from torch.nn.functional import cross_entropy

    count = (len(text) - 1) // LENGTH
    here, after = (
        torch.from_numpy(text[shift : shift + count * LENGTH].reshape(count, LENGTH)[::every])
        for shift in (0, 1)
    )
    was, found = model.training, []
    model.eval()
    with torch.inference_mode():
        for some, wanted in zip(here.split(256), after.split(256), strict=True):
            found.append(cross_entropy(model(some).mT, wanted, reduction="none").mean(dim=1))
    model.train(was)
    return torch.cat(found).double().numpy() / math.log(2)


# --- images --------------------------------------------------------------------------------------


def run_path(training, place, rate, seed):
    """Train a transformer on patches of MNIST images, with noise on its updates; return scores."""
    images, epochs = TRAININGS[training]
    train, watched = drawn(seed, 0, images), drawn(seed, images, images + 2_000)
    parts = {"train": train, "validation": watched, "test": mnist_rows()[2:]}
    parts = {name: (patches(x), labels) for name, (x, labels) in parts.items()}
    model = transformer(
        PATCH**2, 10, length=(28 // PATCH) ** 2, width=32, blocks=4, heads=4,
        rates={place: rate}, causal=False, seed=seed,
    )  # fmt: skip
    order = np.random.default_rng(seed)
    batches = (
        (part[chosen] for part in parts["train"])
        for _ in range(epochs)
        for chosen in order.permutation(images).reshape(-1, IMAGES_A_STEP)
    )
    _train(model, batches, epochs * images // IMAGES_A_STEP, seed)
    return scores(model.eval(), **parts)


def patches(images):
    """Cut images of shape (n, 784) into squares: shape (n, patches, pixels of a patch)."""
    side = 28 // PATCH
    cut = images.reshape(-1, side, PATCH, side, PATCH).swapaxes(2, 3)
    return np.ascontiguousarray(cut.reshape(len(images), side**2, PATCH**2))


# --- both ----------------------------------------------------------------------------------------


def _train(model, batches, steps, seed):
    """Train with AdamW; the rate of learning rises for a twentieth of the steps, and then falls.

    It falls along half a period of a cosine. `batches` yields inputs and targets.
    """
    import torch
    from torch.nn.functional import cross_entropy

    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=0.1, fused=True)
    rise, threads = steps // 20, torch.get_num_threads()
    with seeded(seed, torch.device("cpu")):
        torch.set_num_threads(1)
        for step, (x, wanted) in enumerate(batches):
            fall = max(step - rise, 0) / (steps - rise)
            share = min((step + 1) / rise, (1 + math.cos(math.pi * fall)) / 2)
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * share
            logits = model(torch.from_numpy(x)).flatten(0, -2)
            optimizer.zero_grad()
            cross_entropy(logits, torch.from_numpy(wanted).flatten()).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        torch.set_num_threads(threads)


SWEEPS = (
    Sweep(
        "transformer-passes",
        "A character transformer that reads a text once, or parts of it often, at four rates.",
        grid(passes=PASSES, rate=RATES, seed=SEEDS),
        run_passes,
    ),
    Sweep(
        "transformer-places",
        "The same model, 20 times over a twentieth of the text, with dropout at one place only.",
        grid(place=list(SPREAD), rate=[0.2], seed=SEEDS),
        run_places,
    ),
    Sweep(
        "transformer-longer",
        "The same model on a fifth of the text, four times as long, with and without dropout.",
        grid(rate=[0.0, 0.1], seed=SEEDS),
        run_longer,
    ),
    Sweep(
        "transformer-path",
        "A transformer on few MNIST images, with units or whole updates dropped.",
        grid(training=list(TRAININGS), place=["residual"], rate=[0.0], seed=SEEDS)
        + grid(training=list(TRAININGS), place=["residual", "path"], rate=PATH_RATES, seed=SEEDS),
        run_path,
        mnist_rows,
    ),
)
