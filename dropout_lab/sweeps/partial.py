"""The cells finished so far, one line each: what a killed run leaves to the next one."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dropout_lab.sweeps.results import naming
from dropout_lab.sweeps.sweep import Cell, Sweep, cell_key


class Partial:
    """The file of finished cells of a run that is not complete: ``name.partial.jsonl``.

    `finished` holds parameters, values and seconds of each cell by `cell_key`, `wall_seconds` the
    time spent so far. ValueError if the file is damaged, or belongs to another definition of the
    sweep or to other versions.
    """

    def __init__(self, path: Path, sweep: Sweep, versions: Mapping[str, str]) -> None:
        self.path = path.with_suffix(".partial.jsonl")
        self.finished: dict[str, dict[str, Any]] = {}
        self.wall_seconds = 0.0
        self._head = {"fingerprint": sweep.fingerprint, "versions": versions}
        if self.path.exists():
            self._read({cell_key(cell) for cell in sweep.cells})

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the file open for `add`; what was added before stays."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as self._file:
            if self._file.tell() == 0:
                self._write(self._head)
            self._before, self._start = self.wall_seconds, time.perf_counter()
            yield

    def add(self, cell: Cell, outcome: Mapping[str, Any]) -> None:
        """Keep the values and seconds of a finished cell: on the disk before this returns."""
        self.wall_seconds = self._before + time.perf_counter() - self._start
        entry = {"parameters": cell, **outcome}
        self._write({**entry, "wall_seconds": round(self.wall_seconds, 3)})
        self.finished[cell_key(cell)] = entry

    def delete(self) -> None:
        """Remove the file: the results are written."""
        self.path.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, Any]) -> None:
        data = f"{json.dumps(line, allow_nan=False)}\n".encode()
        with naming(self.path):
            while data:  # a disk that gets full takes a part
                data = data[self._file.write(data) :]
            os.fsync(self._file.fileno())

    def _read(self, wanted: set[str]) -> None:
        """Take over what a killed run left."""
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:  # the kill came in the middle of a line; that cell was not finished
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entry = json.loads(line)
                if number == 1:
                    head = {key: entry[key] for key in self._head}
                else:
                    key = cell_key(entry["parameters"])
                    if key not in wanted or not isinstance(entry["values"], dict):
                        raise ValueError("no such cell")
                    self.wall_seconds = float(entry.pop("wall_seconds"))
                    self.finished[key] = entry
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"line {number} of {self.path} is damaged ({error!r}); mend or delete that "
                    "line, or delete the file to start again"
                ) from error
            if number == 1 and head != self._head:
                raise ValueError(
                    f"{self.path} holds cells of another definition of the sweep or of "
                    f"other versions: {head}, now {self._head}; delete it to start again"
                )
