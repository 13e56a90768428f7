"""All 65,536 sub-networks of a net with sixteen hidden units, against one pass of it."""

import numpy as np

from bench.table import print_table, time_in_turns
from dropout_lab.ensemble import exact_ensemble
from dropout_lab.network import MLP


def main():
    """Print the table."""
    rng = np.random.default_rng(0)
    net = MLP([64, 8, 8, 10], rng, rate=0.5)
    x = rng.normal(size=(1, 64))
    seconds = time_in_turns(
        {"one pass": lambda: net.forward(x), "all sub-networks": lambda: exact_ensemble(net, x)},
        rounds=5,
    )
    all_of_them = seconds["all sub-networks"]
    print_table(
        "All 65,536 sub-networks of a net for one input",
        ["ratio to one pass", "one by one", "median", "target"],
        [[f"{all_of_them / seconds['one pass']:.0f}", "65536", f"{all_of_them:.3f} s", "< 5 s"]],
    )
