"""Small sweeps for the tests of the runner; a module, so that other processes find it."""

import os
import time
from pathlib import Path

import numpy as np

from dropout_lab.sweeps import Sweep, grid


def note(line):
    """Append a line to the log that the test reads: one write, so that processes do not mix."""
    with Path(os.environ["TOY_LOG"]).open("a") as log:
        log.write(line + "\n")


def squares(base, seed):
    """A cell that takes a moment and leaves a trace."""
    note(f"{base} {seed}")
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))
    return {"square": base**2, "noisy": np.float64(base + seed / 3), "list": np.arange(3)}


def fails_on_two(base, seed):
    """A cell that fails for one base."""
    if base == 2:
        raise ZeroDivisionError("two is not allowed here")
    return squares(base, seed)


def kills_its_process(base, seed):
    """A cell that takes its process with it, as the kernel does when memory runs out."""
    if base == 2:
        os._exit(9)
    return squares(base, seed)


def prepare():
    """Leave a trace of having prepared."""
    note("prepare")


CELLS = grid(base=[1, 2, 3], seed=[0, 1])
MENDED = Sweep("fails", "Mended.", CELLS, squares)
TOYS = {
    toy.name: toy
    for toy in (
        Sweep("squares", "Squares of small numbers.", CELLS, squares, prepare),
        Sweep("fails", "One base fails.", CELLS, fails_on_two),
        Sweep("dies", "One base kills its process.", CELLS, kills_its_process),
        Sweep("many", "Enough to be killed.", grid(base=[1, 2, 3], seed=range(8)), squares),
    )
}
