"""Results of a sweep as a file: one cell a line, plain JSON, read back by parameter."""

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check
from dropout_lab.sweeps.sweep import check_name

__all__ = ["Results", "load_results"]

RESULTS = Path(__file__).parents[1] / "results"
"""Where the stored results of the book lie: in the package."""

DIGITS = 5  # significant digits kept: an accuracy over 10,000 images has four


@dataclass(frozen=True)
class Results:
    """What a sweep found, and how.

    Parameters
    ----------
    name, description : str
        Those of the sweep.
    command : str
        What writes this file again.
    seeds : list of int
        The seeds used.
    versions : dict of str to str
        Python, the packages that compute, and the platform.
    wall_seconds : float
        Time it took from first cell to last, breaks not counted.
    cells : list of dict
        For each cell its ``parameters``, its ``values`` and its ``seconds``.
    """

    name: str
    description: str
    command: str
    seeds: list[int]
    versions: dict[str, str]
    wall_seconds: float
    cells: list[dict[str, Any]]

    def choices(self, parameter: str) -> list[Any]:
        """Return the values that a parameter takes, in the order of the cells.

        Parameters
        ----------
        parameter : str
            Its name.

        Returns
        -------
        list
            Each value once.

        Raises
        ------
        KeyError
            If no cell has that parameter.
        """
        found = dict.fromkeys(
            cell["parameters"][parameter] for cell in self.cells if parameter in cell["parameters"]
        )
        if not found:
            raise KeyError(f"no cell of {self.name} has a parameter {parameter!r}")
        return list(found)

    def array(self, value: str, **parameters: Any) -> NDArray[Any]:
        """Return one value of many cells as an array.

        Parameters
        ----------
        value : str
            The name of the value.
        **parameters
            Which cells. A single value picks the cells that have it; a sequence makes an axis
            of the array, in the order in which the parameters are given.

        Returns
        -------
        numpy.ndarray
            One axis per sequence; values that are lists add their own axes behind.

        Raises
        ------
        KeyError
            If a combination picks no cell or more than one, or the cell lacks the value.

        Examples
        --------
        >>> cells = [{"parameters": {"rate": 0.5, "seed": s}, "values": {"loss": s / 4}}
        ...          for s in (0, 1)]
        >>> found = Results("toy", "", "", [0, 1], {}, 0.0, cells)
        >>> found.array("loss", rate=0.5, seed=[1, 0])
        array([0.25, 0.  ])
        """
        lists = {name: np.ndim(wanted) > 0 for name, wanted in parameters.items()}
        axes = {name: list(v) if lists[name] else [v] for name, v in parameters.items()}
        picked = [
            self._one(value, dict(zip(axes, combination, strict=True)))
            for combination in product(*axes.values())
        ]
        shape = [len(axes[name]) for name in axes if lists[name]]
        found = np.array(picked)
        return found.reshape((*shape, *found.shape[1:]))

    def _one(self, value: str, wanted: Mapping[str, Any]) -> Any:
        """Return the value of the one cell with the wanted parameters."""
        found = [
            cell["values"]
            for cell in self.cells
            if all(_same(cell["parameters"].get(name), want) for name, want in wanted.items())
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found)} cells of {self.name} have {wanted}, expected one")
        if value not in found[0]:
            raise KeyError(f"{self.name} has no value {value!r}, only {', '.join(found[0])}")
        return found[0][value]


def load_results(name: str, folder: str | os.PathLike[str] | None = None) -> Results:
    """Read the stored results of a sweep.

    Parameters
    ----------
    name : str
        The name of the sweep.
    folder : str or pathlib.Path, optional
        Where ``name.json`` lies; by default the results that come with the book.

    Returns
    -------
    Results
        Parameters, values and how they came about.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says which command writes it.
    TypeError
        If `folder` is none.
    ValueError
        If `name` or `folder` is no name, or the file is damaged, or holds NaN or infinity.
    """
    check_name(name)
    path = (RESULTS if folder is None else check.folder(folder)) / f"{name}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} does not exist; python -m dropout_lab.sweeps {name} writes it"
        ) from None
    try:
        return Results(**json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is not a results file ({error}); "
            f"python -m dropout_lab.sweeps {name} writes it again"
        ) from error


def save_results(results: Results, path: Path) -> None:
    """Write results as JSON with one cell a line, under the final name only when complete."""
    fields = dict(vars(results))
    cells = ",\n".join(_dump(cell) for cell in fields.pop("cells"))
    head = "".join(f"{_dump(key)}: {_dump(value)},\n" for key, value in fields.items())
    write_atomically(path, f'{{\n{head}"cells": [\n{cells}\n]\n}}\n')


def write_atomically(path: Path, text: str) -> None:
    """Write a file beside its final place, then move it there: whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with naming(path), os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)  # a temporary file is private, a result is not
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error name the file: a full disk does not say where."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def clean_values(values: object) -> dict[str, Any]:
    """Return what a cell returned as plain JSON values, floats rounded to five digits.

    ValueError, with the name, if something has no place in JSON.

    Examples
    --------
    >>> clean_values({"loss": np.array([1 / 3, 2.0])})
    {'loss': [0.33333, 2.0]}
    """
    if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values):
        raise TypeError(f"a cell must return a dict with names as keys, got {values!r:.80}")
    return {key: _clean(value, key) for key, value in values.items()}


def _clean(value: object, name: str) -> Any:
    try:
        text = json.dumps(value, default=lambda array: array.tolist(), allow_nan=False)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold finite numbers and texts, got {value!r:.60}") from error
    return json.loads(text, parse_float=lambda digits: float(f"{float(digits):.{DIGITS}g}"))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")


def _same(have: Any, want: Any) -> bool:
    """Say whether two parameters are equal, floats up to rounding noise."""
    if isinstance(have, float) and not isinstance(want, (str, type(None))):
        return math.isclose(have, want, rel_tol=1e-9, abs_tol=1e-12)
    return have == want
