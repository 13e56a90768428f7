"""Fetch axe-core, the judge of the pages' accessibility: python -m browsers.axe.

No package for Python brings the newest one; npm's registry does. Version and digest stand in
``package-lock.json`` beside this file.
"""

import json
import os
import sys
from pathlib import Path

from browsers.npm import address, fetch

LOCK = Path(__file__).with_name("package-lock.json")
TARGET = Path(sys.prefix, "share", "axe-core")


def pinned():
    """Return the version of axe-core and the digest of its package, both as npm writes them."""
    entry = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]["node_modules/axe-core"]
    return entry["version"], entry["integrity"]


def script():
    """Return where the script lies, or will lie; its name says the version."""
    return TARGET / f"axe-{pinned()[0]}.min.js"


def main():
    """Fetch the script, unless it is there, or say what is missing."""
    path = script()
    if path.exists():
        return
    version, integrity = pinned()
    try:
        with fetch("axe-core", version, integrity) as package:
            source = package.extractfile("package/axe.min.js").read()
    except (OSError, ValueError) as error:
        sys.exit(
            f"axe-core {version}, which judges the pages, did not come from "
            f"{address('axe-core', version)}: {error}\nGo online, or set npm_config_registry to a "
            "registry that this machine reaches, then run again."
        )
    TARGET.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(source)
    draft.replace(path)


if __name__ == "__main__":
    main()
