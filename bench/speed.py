"""Dropout on ten million float32 values, against PyTorch and TensorFlow on the same CPU."""

import tracemalloc

import numpy as np

from bench.table import print_table, time_in_turns
from dropout_lab import dropout

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
    """Print the table of speed and memory."""
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
