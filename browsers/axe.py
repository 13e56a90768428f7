"""Fetch axe-core, the judge of the pages' accessibility: python -m browsers.axe.

No package for Python brings the newest one. npm's registry does; npm itself is not needed. Version
and digest stand in ``package-lock.json`` beside this file.
"""

import base64
import hashlib
import io
import json
import os
import re
import sys
import tarfile
import urllib.request
from pathlib import Path

LOCK = Path(__file__).with_name("package-lock.json")
REGISTRY = "https://registry.npmjs.org"
TARGET = Path(sys.prefix, "share", "axe-core")


def pinned():
    """Return the version of axe-core and the digest of its package, both as npm writes them."""
    entry = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]["node_modules/axe-core"]
    return entry["version"], entry["integrity"]


def script():
    """Return where the script lies, or will lie; its name says the version."""
    return TARGET / f"axe-{pinned()[0]}.min.js"


def registry():
    """Return the registry that npm is set to on this machine, without reading any secret of it."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    settings = Path.home() / ".npmrc"
    text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
    found = re.search(r"^\s*registry\s*=\s*(https?://\S+)", text, re.MULTILINE)
    return found[1].rstrip("/") if found else REGISTRY


def unpack(package):
    """Return the script that a package of axe-core holds.

    Parameters
    ----------
    package : bytes
        The package as the registry gives it.

    Returns
    -------
    bytes
        The script.

    Raises
    ------
    ValueError
        If the package is not the pinned one.
    """
    kind, _, digest = pinned()[1].partition("-")
    if base64.b64encode(hashlib.new(kind, package).digest()).decode() != digest:
        raise ValueError(f"the package is not the one that {LOCK.name} names")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        return archive.extractfile("package/axe.min.js").read()


def fetch():
    """Fetch the script, unless it is there.

    Raises
    ------
    OSError
        If the registry cannot be reached.
    ValueError
        If it gives another package than the pinned one.
    """
    path = script()
    if path.exists():
        return
    with urllib.request.urlopen(_address(), timeout=60) as answer:
        source = unpack(answer.read())
    TARGET.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(source)
    draft.replace(path)


def _address():
    return f"{registry()}/axe-core/-/axe-core-{pinned()[0]}.tgz"


def main():
    """Fetch it, or say what is missing."""
    try:
        fetch()
    except (OSError, ValueError) as error:
        sys.exit(
            f"axe-core {pinned()[0]}, which judges the pages, did not come from {_address()}: "
            f"{error}\nGo online, or set npm_config_registry to a registry that this machine "
            "reaches, then run again."
        )


if __name__ == "__main__":
    main()
