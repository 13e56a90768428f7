"""Pyodide from the site itself, so that Python in the browser asks no other host.

``make pyodide`` fetches what the chapters need of its distribution, some 30 MB;
``make lite PYODIDE=FOLDER`` takes it, or the whole distribution, as a folder or an archive.
"""

import hashlib
import json
import shutil
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

from book.drafts import draft_of
from book.lite import browser_installs
from browsers.npm import address, download, fetch

__all__ = ["fetch_distribution", "take_distribution"]

VERSION = "314.0.6"  # the kernel's
INTEGRITY = (
    "sha512-BKDTJyIqFxC4BExLqeRS3f5xvXZIjOt8C3zGLN/Cc7tF"
    "xSwvKVhVkchQQ2AGLOtR4YrVOIFxbV8poyDOOmWwxQ=="
)
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
WHEELS = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full"
# What the kernel loads, and what its wheels and ours need; chapters name the rest.
ALWAYS = ("micropip", "comm", "ipython", "jedi", "matplotlib", "numpy", "traitlets")
ROOT = Path(__file__).parents[2]


def fetch_distribution(folder):
    """Fetch what the chapters need of Pyodide's distribution, and check each file's digest.

    The core comes from npm, as its registry says what the package must be; the core's list says
    what each wheel must be.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put it; an older one is replaced.
    """
    with draft_of(folder) as draft, fetch("pyodide", VERSION, INTEGRITY) as package:
        draft.mkdir()
        for name in (*CORE, LOCK):
            (draft / name).write_bytes(package.extractfile(f"package/{name}").read())
        for wheel, digest in _wheels(draft).items():
            (draft / wheel).write_bytes(download(f"{WHEELS}/{wheel}"))
            _check(draft / wheel, digest)


def take_distribution(source, folder):
    """Copy what the chapters need from a distribution that is at hand.

    Parameters
    ----------
    source : pathlib.Path
        Its folder, or its archive.
    folder : pathlib.Path
        Where to put it.

    Raises
    ------
    ValueError
        If it is none, or a file is missing or not what its list says.
    """
    with tempfile.TemporaryDirectory() as unpacked:
        if source.is_file():
            try:
                safe = {} if source.suffix == ".zip" else {"filter": "data"}
                shutil.unpack_archive(source, unpacked, **safe)
            except (shutil.ReadError, tarfile.TarError, EOFError, zlib.error) as error:
                raise ValueError(f"{source}: no archive that Python can read") from error
        at_hand = Path(unpacked) if source.is_file() else source
        # The archive has all in a folder of its own.
        found = min(at_hand.rglob(LOCK), key=lambda path: len(path.parts), default=None)
        if found is None:
            raise ValueError(f"{source}: no distribution of Pyodide, as it has no {LOCK}")
        wheels = _wheels(found.parent)
        folder.mkdir(parents=True)
        for name in (*CORE, LOCK, *wheels):
            if not (found.parent / name).is_file():
                raise ValueError(f"{source}: {name} is missing")
            shutil.copy(found.parent / name, folder)
        for wheel, digest in wheels.items():
            _check(folder / wheel, digest)


def _wheels(folder):
    """Return the files of all packages that the chapters need, and their digests."""
    packages = json.loads((folder / LOCK).read_text(encoding="utf-8"))["packages"]
    chapters = sorted(ROOT.glob("chapters/*.ipynb"))
    waiting = [*ALWAYS, *(name for path in chapters for name in browser_installs(path))]
    wheels = {}
    while waiting:
        # What is not in the list comes from the site's own wheels.
        package = packages.get(waiting.pop().lower())
        if package and package["file_name"] not in wheels:
            wheels[package["file_name"]] = package["sha256"]
            waiting += package["depends"]
    return wheels


def _check(path, digest):
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise ValueError(f"{path.name} is not what {LOCK} says: another digest")


if __name__ == "__main__":
    try:
        fetch_distribution(Path(sys.argv[1]))
    except (OSError, ValueError) as error:
        sys.exit(
            f"Pyodide {VERSION} did not come from {address('pyodide', VERSION)} and {WHEELS}: "
            f"{error}"
        )
