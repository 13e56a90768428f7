"""The command line: ``python -m dropout_lab.sweeps NAME``."""

import argparse
import sys
from pathlib import Path

from dropout_lab.sweeps.results import RESULTS
from dropout_lab.sweeps.runner import run_experiment
from dropout_lab.sweeps.table import experiments as known_experiments

__all__ = ["main"]


def main(arguments=None, experiments=None):
    """Run one experiment, or list them all.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; by default those of the command line.
    experiments : mapping of str to Experiment, optional
        The experiments to choose from; by default those of the book.

    Returns
    -------
    int
        Exit status: 0 when the results are written, 1 if something failed, 2 if the
        arguments are wrong, 130 if interrupted.
    """
    if experiments is None:
        experiments = known_experiments()
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for one in experiments.values():
            print(f"{one.name:20} {len(one.cells):4} cells  {one.description}")
        return 0
    if chosen.name is None:
        parser.error("say the name of an experiment, or --list")
    if chosen.name not in experiments:
        parser.error(f"no experiment {chosen.name!r}; there are: {', '.join(experiments)}")
    if chosen.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {chosen.jobs}")
    path = chosen.output or RESULTS / f"{chosen.name}.json"
    try:
        results = run_experiment(
            experiments[chosen.name],
            path,
            jobs=chosen.jobs,
            scheduler=chosen.scheduler,
            command=_command(chosen),
            bar=_bar(chosen.name),
        )
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except (RuntimeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {len(results.cells)} cells, {results.wall_seconds:.0f} s")
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m dropout_lab.sweeps",
        description="Run a sweep and store its results. A killed run goes on where it was.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the experiment")
    parser.add_argument("--list", action="store_true", help="list the experiments and stop")
    parser.add_argument("--jobs", type=int, default=1, help="parallel processes (default 1)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: dropout_lab/results/NAME.json"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the workers of this Dask scheduler"
    )
    return parser


def _command(chosen):
    """Return the command to store: without paths and addresses of one machine."""
    how = "--scheduler ADDRESS" if chosen.scheduler else f"--jobs {chosen.jobs}"
    return f"python -m dropout_lab.sweeps {chosen.name} {how}"


def _bar(name):
    """Return a progress bar that says how many cells are finished."""
    from tqdm import tqdm

    def bar(outcomes, total, initial):
        return tqdm(outcomes, desc=name, total=total, initial=initial, unit="cell")

    return bar


if __name__ == "__main__":
    sys.exit(main())
