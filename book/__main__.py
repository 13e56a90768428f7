"""``python -m book build .``: jupyter-book, alone, and without what it would import in vain."""

import contextlib
import fcntl
import os
import shutil
import sys
from pathlib import Path

BUILT = Path("_build", "site-is-built")  # holds what a whole site was made of
UNFINISHED = BUILT.with_suffix(".draft")


@contextlib.contextmanager
def alone():
    """Wait until nobody else builds here; the lock of a build that was killed is open."""
    BUILT.parent.mkdir(exist_ok=True)
    with BUILT.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build is under way in this folder; waiting for its end.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(asked):
    """Build, unless somebody has just built what is asked for; leave no half that seems whole."""
    # Where this is installed, jsonschema compiles its grammar of addresses, which takes a second.
    sys.modules["rfc3987_syntax"] = None
    # It would import matplotlib, to draw cards that nobody asks for.
    sys.modules["sphinxext.opengraph._social_cards"] = None
    from jupyter_book.cli.main import main as build

    with alone():
        if BUILT.exists() and BUILT.read_text(encoding="utf-8") == asked:
            return
        # Sphinx warns once: with the notes of a build that failed or was killed, or of other
        # programs, the next one would keep silent.
        notes = BUILT.with_name(".doctrees")
        if not BUILT.exists():
            shutil.rmtree(notes, ignore_errors=True)
        UNFINISHED.write_text(asked, encoding="utf-8")
        BUILT.unlink(missing_ok=True)
        try:
            build(standalone_mode=False)
        except BaseException:
            shutil.rmtree(notes, ignore_errors=True)
            raise
        UNFINISHED.replace(BUILT)


if __name__ == "__main__":
    main(os.environ.get("ASKED", ""))
