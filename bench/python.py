"""What the package takes: dropout against PyTorch and TensorFlow, sub-networks, and a frame."""

import gc
import time
import tracemalloc

import numpy as np

from bench.table import in_turns, ratio
from bench.weights import as_svg, draw
from dropout_lab import dropout, explore, rates
from dropout_lab.ensemble import exact_ensemble
from dropout_lab.network import MLP

SIZE = 10_000_000
RATE = 0.5
PASSES = 1024  # one by one; all sub-networks are 64 times as many


def measure():
    """Yield the rows."""
    yield from _dropout()
    yield _ensemble()
    yield _frame()


def _dropout():
    import tensorflow as tf
    import torch

    rng = np.random.default_rng(0)
    x = rng.random(SIZE, dtype=np.float32)
    as_torch, as_tf = torch.from_numpy(x), tf.constant(x)
    functions = [
        lambda: dropout(x, RATE, rng),
        lambda: torch.nn.functional.dropout(as_torch, RATE),
        lambda: tf.nn.dropout(as_tf, RATE).numpy(),
    ]
    own, by_torch, by_tf = in_turns(functions, 9)
    yield ratio("dropout of ten million values, against PyTorch", own, by_torch, "ms")
    yield ratio("dropout of ten million values, against TensorFlow", own, by_tf, "ms")
    tracemalloc.start()
    held = x.copy()
    result = dropout(held, RATE, rng)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.nbytes == held.nbytes
    yield ratio("peak memory of that dropout", [peak / 1e6], [held.nbytes / 1e6], "MB")


def _ensemble():
    """Return the row of all 65,536 sub-networks of sixteen hidden units, for one input."""
    rng = np.random.default_rng(0)
    net, x = MLP([64, 8, 8, 10], rng, rate=RATE), rng.normal(size=(1, 64))
    masks = net.sample_masks(1, rng)

    def one_by_one():
        for _ in range(PASSES):
            net.forward(x, masks)

    together, apart = in_turns([lambda: exact_ensemble(net, x), one_by_one], 6, time.process_time)
    apart = [took * 2**16 / PASSES for took in apart]
    return ratio("all 65,536 sub-networks of a net", together, apart, "ms")


def _frame():
    """Return the row of a frame of the bar figure, drawn and stored."""
    some = rates()[::4]

    def by_matplotlib():
        for rate in some:
            as_svg(rate)
        gc.collect()

    all_ = in_turns([lambda: explore(draw, rate=some).html, by_matplotlib], 6, time.process_time)
    own, plain = ([took / len(some) for took in one] for one in all_)
    return ratio("a frame of that bar figure, drawn and stored", own, plain, "ms")
