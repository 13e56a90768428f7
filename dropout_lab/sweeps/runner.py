"""Run the cells of a sweep in parallel, keep each at once, go on after a kill."""

import platform
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from dropout_lab._extras import need
from dropout_lab.sweeps.partial import Partial
from dropout_lab.sweeps.results import Results, clean_values, save_results
from dropout_lab.sweeps.sweep import Cell, Run, Sweep, cell_key

__all__ = ["SweepError", "run_sweep"]

Task = tuple[Run, Cell]
Outcome = tuple[Cell, dict[str, Any]]  # values and seconds, or an error

_PACKAGES = ("numpy", "scikit-learn", "torch")


class SweepError(RuntimeError):
    """Some cells of a sweep failed, or the workers died; finished cells are kept."""


def run_sweep(
    sweep: Sweep,
    path: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    command: str = "",
    bar: Callable[..., Iterable[Outcome]] | None = None,
) -> Results:
    """Run all cells that are not finished yet, and write the results when all are.

    Finished cells are kept in a file beside `path`, one line each, written as they come. A run
    that was killed goes on from there. That file is deleted once the results are written.

    Parameters
    ----------
    sweep : Sweep
        What to run.
    path : pathlib.Path
        Where the results go.
    jobs : int, default 1
        Processes on this machine; 1 runs the cells in this one.
    scheduler : str, optional
        Address of a Dask scheduler, ``tcp://host:8786``: its workers run the cells instead.
        They must be able to import `dropout_lab`, and need the data the cells read.
    command : str
        What the results say about how they came about.
    bar : callable, optional
        Called with the iterator of outcomes, and with ``total`` and ``initial``; returns an
        iterator over the same. `tqdm.tqdm` for example.

    Returns
    -------
    Results
        What was written.

    Raises
    ------
    SweepError
        If cells raise; the others are run and kept, and the message names those that failed.
    ValueError
        If `path` is a folder, or the file of finished cells is damaged, or belongs to another
        definition of the sweep or to other versions.
    OSError
        If nothing can be written beside `path`; known before anything is run.
    """
    if path.is_dir():
        raise ValueError(
            f"path must be a file to write, got the folder {path}; take {path / sweep.name}.json"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=path.parent).close()
    found = versions(sweep.packages)
    partial = Partial(path, sweep, found)
    missing = [cell for cell in sweep.cells if cell_key(cell) not in partial.finished]
    failures = []
    if missing:
        if sweep.prepare is not None:
            sweep.prepare()
        tasks = [(sweep.run, cell) for cell in missing]
        with partial.open(), _outcomes(tasks, jobs, scheduler) as outcomes:
            total = len(sweep.cells)
            if bar is not None:
                outcomes = bar(outcomes, total=total, initial=total - len(missing))
            for cell, outcome in outcomes:
                if "values" in outcome:
                    partial.add(cell, outcome)
                else:
                    failures.append((cell, outcome["error"]))
    if failures:
        cell, error = failures[0]
        others = f"; so did {len(failures) - 1} more" if len(failures) > 1 else ""
        raise SweepError(
            f"{sweep.name}: cell {cell} failed{others}. {len(partial.finished)} finished "
            f"cells are kept in {partial.path.name}.\n{error}"
        )
    results = Results(
        name=sweep.name,
        description=sweep.description,
        command=command,
        seeds=sweep.seeds,
        versions=found,
        wall_seconds=round(partial.wall_seconds, 1),
        cells=[partial.finished[cell_key(cell)] for cell in sweep.cells],
    )
    save_results(results, path)
    partial.delete()
    return results


def versions(packages: Sequence[str] = ()) -> dict[str, str]:
    """Return what the numbers depend on besides parameters and seeds: versions, by name."""
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in (*_PACKAGES, *packages)},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _run_cell(run: Run, cell: Cell) -> Outcome:
    """Run one cell wherever this is; return it with its outcome, or with the text of its error."""
    start = time.perf_counter()
    try:
        values = clean_values(run(**cell))
    except Exception:
        return cell, {"error": traceback.format_exc()}
    return cell, {"values": values, "seconds": round(time.perf_counter() - start, 3)}


@contextmanager
def _outcomes(
    tasks: Sequence[Task], jobs: int, scheduler: str | None
) -> Iterator[Iterable[Outcome]]:
    """Yield an iterator over outcomes in the order in which the cells finish."""
    if scheduler is not None:
        need("dask")
        from dask.distributed import Client

        with Client(scheduler) as client:
            yield _from_dask(client, tasks)
    elif jobs == 1:
        yield (_run_cell(*task) for task in tasks)
    else:
        yield _from_joblib(tasks, jobs)


def _from_joblib(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    need("joblib")
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # One cell a task: a batch would hold back cells that are finished already.
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    try:
        yield from parallel(delayed(_run_cell)(*task) for task in tasks)
    except TerminatedWorkerError as error:
        raise SweepError(
            f"a worker process died, most likely for want of memory; finished cells are kept, "
            f"try again with fewer jobs than {jobs}"
        ) from error


def _from_dask(client: Any, tasks: Sequence[Task]) -> Iterator[Outcome]:
    from dask.distributed import as_completed

    futures = {client.submit(_run_cell, *task, pure=False): task[1] for task in tasks}
    for future in as_completed(futures):
        error = future.exception()  # of the cluster: a cell's own error is an outcome
        yield future.result() if error is None else (futures[future], {"error": repr(error)})
