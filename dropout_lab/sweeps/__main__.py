"""The command line: ``python -m dropout_lab.sweeps NAME``."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from dropout_lab._extras import need
from dropout_lab.lessons import parts
from dropout_lab.sweeps.results import RESULTS
from dropout_lab.sweeps.runner import run_sweep
from dropout_lab.sweeps.sweep import Sweep

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, sweeps: Mapping[str, Sweep] | None = None) -> int:
    """Run one sweep, or list them all.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; by default those of the command line.
    sweeps : mapping of str to Sweep, optional
        The sweeps to choose from; by default those of the book.

    Returns
    -------
    int
        Exit status: 0 when the results are written, 1 if something failed, 2 if the
        arguments are wrong, 130 if interrupted.
    """
    need("tqdm")
    from tqdm import tqdm

    sweeps = known_sweeps() if sweeps is None else sweeps
    parser = _parser(sweeps)
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for one in sweeps.values():
            print(f"{one.name:20} {len(one.cells):4} cells  {one.description}")
        return 0
    if chosen.name is None:
        parser.error("say the name of a sweep, or --list")
    if chosen.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {chosen.jobs}")
    path = chosen.output or RESULTS / f"{chosen.name}.json"
    # The stored command is without paths and addresses of one machine.
    how = "--scheduler ADDRESS" if chosen.scheduler else f"--jobs {chosen.jobs}"
    try:
        results = run_sweep(
            sweeps[chosen.name],
            path,
            jobs=chosen.jobs,
            scheduler=chosen.scheduler,
            command=f"python -m dropout_lab.sweeps {chosen.name} {how}",
            bar=partial(tqdm, desc=chosen.name, unit="cell"),
        )
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except (RuntimeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {len(results.cells)} cells, {results.wall_seconds:.0f} s")
    return 0


def known_sweeps() -> dict[str, Sweep]:
    """Return by name what the modules ``dropout_lab/lessons/chNN/sweeps.py`` hold."""
    return {one.name: one for module in parts("sweeps") for one in module.SWEEPS}


def _parser(sweeps: Mapping[str, Sweep]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dropout_lab.sweeps",
        description="Run a sweep and store its results. A killed run goes on where it was.",
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", choices=sweeps, help="the sweep")
    add("--list", action="store_true", help="list the sweeps and stop")
    add("--jobs", type=int, default=1, help="parallel processes (default 1)")
    add("--output", type=Path, metavar="FILE", help="default: dropout_lab/results/NAME.json")
    add("--scheduler", metavar="ADDRESS", help="run on the workers of this Dask scheduler")
    return parser


if __name__ == "__main__":
    sys.exit(main())
