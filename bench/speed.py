"""Dropout on ten million values against PyTorch and TensorFlow, and all sub-networks of a net."""

import tracemalloc

import numpy as np

from bench.table import print_table, time_in_turns
from dropout_lab import dropout
from dropout_lab.ensemble import exact_ensemble
from dropout_lab.network import MLP

SIZE = 10_000_000
RATE = 0.5
ROUNDS = 9


def _peak_over_input(x, rng):
    """Return the peak of traced memory, input included, as a multiple of the input."""
    tracemalloc.start()
    held = x.copy()
    result = dropout(held, RATE, rng)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.nbytes == held.nbytes
    return peak / held.nbytes


def main():
    """Print the tables of speed and memory."""
    _dropout()
    _ensemble()


def _ensemble():
    """Print what all 65,536 sub-networks of sixteen hidden units cost, in passes of the net."""
    rng = np.random.default_rng(0)
    net, x = MLP([64, 8, 8, 10], rng, rate=0.5), rng.normal(size=(1, 64))
    seconds = time_in_turns(
        {"one": lambda: net.forward(x), "all": lambda: exact_ensemble(net, x)}, rounds=5
    )
    print_table(
        "All 65,536 sub-networks of a net for one input",
        ["ratio to one pass", "median", "target"],
        [[f"{seconds['all'] / seconds['one']:.0f}", f"{seconds['all']:.3f} s", "< 5 s"]],
    )


def _dropout():
    import tensorflow as tf
    import torch

    rng = np.random.default_rng(0)
    x = rng.random(SIZE, dtype=np.float32)
    as_torch, as_tf = torch.from_numpy(x), tf.constant(x)
    functions = {
        "dropout_lab.layer": lambda: dropout(x, RATE, rng),
        "torch.nn.functional.dropout": lambda: torch.nn.functional.dropout(as_torch, RATE),
        "tf.nn.dropout": lambda: tf.nn.dropout(as_tf, RATE).numpy(),
    }
    seconds = time_in_turns(functions, ROUNDS)
    ours = seconds["dropout_lab.layer"]
    wanted = {"torch.nn.functional.dropout": ">= 5", "tf.nn.dropout": ">= 1"}
    rows = [
        [f"{took / ours:.2f}", wanted.get(name, ""), f"{took * 1e3:.1f} ms", name]
        for name, took in seconds.items()
    ]
    print_table(
        f"Dropout of {SIZE:,} float32 values: time as a multiple of ours",
        ["ratio", "target", "median", "function"],
        rows,
    )
    ratio = _peak_over_input(x, rng)
    print_table(
        "Peak memory, input included, as a multiple of the input",
        ["ratio", "target", "function"],
        [[f"{ratio:.2f}", "<= 2.5", "dropout_lab.layer"]],
    )
