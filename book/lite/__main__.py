"""The command line: ``python -m book.lite FOLDER WHEELS [PYODIDE]``; ``make lite`` runs it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from book.drafts import draft_of
from book.lite import browser_installs
from book.lite.notebooks import prepare
from book.lite.pyodide import take_distribution
from book.prose import Prose
from book.sharing import site_address

ROOT = Path(__file__).parents[2]

APPS = ("notebooks", "tree")
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "jupyterlab-myst",
)
_PYODIDE = re.compile(r"https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/pyodide\.mjs")
_HERE = "static/pyodide"  # where JupyterLite's extension looks first
EPOCH = "1767225600"  # the same input gives the same bytes; a ZIP file needs some date


def build_wheel(folder):
    """Build the wheel of `dropout_lab` from a copy, so that no earlier build leaks into it.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put it.
    """
    with tempfile.TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        no_cache = shutil.ignore_patterns("__pycache__", "*.partial.jsonl")
        shutil.copytree(ROOT / "dropout_lab", Path(copy, "dropout_lab"), ignore=no_cache)
        command = [sys.executable, "-m", "pip", "wheel", copy, "--wheel-dir", str(folder)]
        _run([*command, "--no-deps", "--no-build-isolation", "--quiet"])


def write_notebooks(folder):
    """Write the chapters that run in a browser.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put them.
    """
    paths = [path for path in sorted(ROOT.glob("chapters/*.ipynb")) if browser_installs(path)]
    at_hand = {path.name for path in paths}
    prose = Prose(at_hand, site_address())
    for path in paths:
        nbformat.write(prepare(path, browser_installs(path), prose), folder / path.name)


def pyodide_address(output):
    """Return where the kernel looks for Pyodide if it does not come with the site.

    Parameters
    ----------
    output : pathlib.Path
        The folder of the site.

    Returns
    -------
    str
        An address of another host.
    """
    kernel = output / "extensions" / EXTENSIONS[0] / "static"
    texts = (path.read_text(encoding="utf-8") for path in sorted(kernel.glob("*.js")))
    address = next((found[0] for text in texts if (found := _PYODIDE.search(text))), None)
    if address is None:
        sys.exit(f"{kernel}: no script names the address of Pyodide as {_PYODIDE.pattern}")
    return address


def say_when_python_is_out_of_reach(output, address):
    """Give each page of the application the script that tells when Pyodide does not come.

    Parameters
    ----------
    output : pathlib.Path
        The folder of the site.
    address : str
        Where Pyodide comes from, seen from those pages.
    """
    script = (ROOT / "book" / "lite" / "waiting.js").read_text(encoding="utf-8")
    for app in APPS:
        page = output / app / "index.html"
        text = page.read_text(encoding="utf-8")
        added = f"<script>{script.replace('PYODIDE', address)}</script></body>"
        page.write_text(text.replace("</body>", added), encoding="utf-8")


def main(output, wheels, pyodide=None):
    """Build the site of the browser's notebooks.

    Parameters
    ----------
    output : str or pathlib.Path
        Its folder; an older one is replaced.
    wheels : str or pathlib.Path
        A folder with the wheels that `dropout_lab` needs and Pyodide has not.
    pyodide : str or pathlib.Path, optional
        A distribution of Pyodide for the site to serve, a folder or an archive. Without one the
        reader's browser asks Pyodide's host.
    """
    with draft_of(Path(output).resolve()) as draft, tempfile.TemporaryDirectory() as source:
        source = Path(source)
        (source / "contents").mkdir()
        if pyodide:
            try:
                take_distribution(Path(pyodide), source / _HERE)
            except (OSError, ValueError) as error:
                sys.exit(str(error))
        write_notebooks(source / "contents")
        shutil.copytree(wheels, source / "pypi")
        build_wheel(source / "pypi")
        for name in ("jupyter-lite.json", "overrides.json"):
            shutil.copy(ROOT / "book" / "lite" / name, source)
        (source / "jupyter_lite_config.json").write_text(json.dumps(_settings(draft)))
        _run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=source)
        address = f"../{_HERE}/pyodide.mjs" if pyodide else pyodide_address(draft)
        say_when_python_is_out_of_reach(draft, address)


def _settings(output):
    shared = Path(sys.prefix, "share", "jupyter", "labextensions")
    return {
        "LiteBuildConfig": {
            "output_dir": str(output),
            "contents": ["contents"],
            "apps": APPS,
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(shared / name) for name in EXTENSIONS],
        }
    }


def _run(command, **options):
    """Run a program quietly; if it fails show what it said and stop."""
    options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    result = subprocess.run(command, env=environment, **options)
    if result.returncode:
        sys.exit(f"{result.stdout}\n{' '.join(command)} failed")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python -m book.lite FOLDER WHEELS [PYODIDE]")
    main(*sys.argv[1:])
