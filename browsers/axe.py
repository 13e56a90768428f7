"""Fetch axe-core, the judge of the pages' accessibility: python -m browsers.axe.

No package for Python brings the newest one. npm's registry does; npm itself is not needed. Version
and digest stand in ``package-lock.json`` beside this file.
"""

import base64
import hashlib
import io
import json
import os
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
    """Return the registry that npm is told to use on this machine."""
    named = [os.environ.get(name) for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")]
    return next(filter(None, [*named, REGISTRY])).rstrip("/")


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


def main():
    """Fetch the script, unless it is there, or say what is missing."""
    path = script()
    if path.exists():
        return
    address = f"{registry()}/axe-core/-/axe-core-{pinned()[0]}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            source = unpack(answer.read())
    except (OSError, ValueError) as error:
        sys.exit(
            f"axe-core {pinned()[0]}, which judges the pages, did not come from {address}: "
            f"{error}\nGo online, or set npm_config_registry to a registry that this machine "
            "reaches, then run again."
        )
    TARGET.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(source)
    draft.replace(path)


if __name__ == "__main__":
    main()
