"""What a sweep is: a name, a list of cells, and the function that runs one of them."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dropout_lab import _checks as check

__all__ = ["Sweep", "grid"]

Cell = dict[str, Any]
Run = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Sweep:
    """Many trainings: every cell is one call of `run`, and depends on nothing but its parameters.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens; the results are stored as ``name.json``.
    description : str
        One sentence: what is varied, and what is measured.
    cells : list of dict
        The parameters of each cell: strings, numbers, booleans or None, an integer ``seed``
        among them. No two cells are equal.
    run : callable
        ``run(**cell)`` returns a dict of numbers, strings and (nested) lists of these; NumPy
        arrays and scalars are allowed, NaN and infinity are not. A function at the top of a
        module, so that another process finds it.
    prepare : callable, optional
        Called once, without arguments, before the first cell: downloads data, for example,
        which parallel cells would otherwise all do at once.
    packages : tuple of str, default ()
        Distributions whose versions are stored, besides NumPy, scikit-learn and PyTorch.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    Examples
    --------
    >>> def power(base, seed):
    ...     return {"power": base**seed}
    >>> sweep = Sweep("powers", "Powers of two.", grid(base=[2], seed=[0, 1]), power)
    >>> [sweep.run(**cell) for cell in sweep.cells]
    [{'power': 1}, {'power': 2}]
    """

    name: str
    description: str
    cells: list[Cell]
    run: Run
    prepare: Callable[[], object] | None = None
    packages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what was given."""
        check_name(self.name)
        # A generator would be used up by the checks.
        cells = list(check.sequence(self.cells, "cells", "dicts"))
        packages = check.sequence(self.packages, "packages", "strings")
        self.__dict__.update(cells=cells, packages=packages)
        for name in ("run", "prepare"):
            function = getattr(self, name)
            if not callable(function) and (name == "run" or function is not None):
                raise TypeError(f"{name} must be callable, got {function!r:.80}")
        if not self.cells:
            raise ValueError(f"cells of {self.name} must hold at least one cell, got none")
        seen = set()
        for cell in self.cells:
            _check_cell(cell, self.name)
            if cell_key(cell) in seen:
                raise ValueError(f"cells of {self.name} must differ, got {cell} twice")
            seen.add(cell_key(cell))

    @property
    def seeds(self) -> list[int]:
        """The seeds that the cells use, in ascending order."""
        return sorted({cell["seed"] for cell in self.cells})

    @property
    def fingerprint(self) -> str:
        """Sixteen digits that change with the name or any cell."""
        text = json.dumps([self.name, self.cells], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def grid(**axes: Sequence[Any]) -> list[Cell]:
    """Return one cell for each combination of parameters, the last one varying fastest.

    Parameters
    ----------
    **axes
        For each parameter a sequence of its values.

    Returns
    -------
    list of dict
        The cells.

    Raises
    ------
    TypeError
        If one of them is no sequence.

    Examples
    --------
    >>> grid(rate=[0.0, 0.5], seed=[0, 1])[:3]
    [{'rate': 0.0, 'seed': 0}, {'rate': 0.0, 'seed': 1}, {'rate': 0.5, 'seed': 0}]
    """
    lists = [check.sequence(values, name, "values") for name, values in axes.items()]
    return [dict(zip(axes, values, strict=True)) for values in product(*lists)]


def check_name(name: object) -> None:
    """Raise ValueError unless a sweep may be called so."""
    if not isinstance(name, str) or not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
        allowed = "small letters and digits with single hyphens"
        raise ValueError(f"name must be {allowed}, got {name!r:.80}")


def cell_key(cell: Cell) -> str:
    """Return a text that is equal for equal parameters, whatever their order."""
    return json.dumps(cell, sort_keys=True)


def _check_cell(cell: Any, name: str) -> None:
    """Raise unless `cell` is a dict that a file gives back as it is, with an integer seed."""
    try:
        same = isinstance(cell, dict) and json.loads(json.dumps(cell, allow_nan=False)) == cell
    except (TypeError, ValueError):  # no JSON
        same = False
    if not same:
        raise TypeError(
            f"cells of {name} must map names to strings, finite numbers, booleans or None, "
            f"got {cell!r:.80}"
        )
    if type(cell.get("seed")) is not int:
        raise ValueError(f"cells of {name} must each have an integer seed, got {cell}")
