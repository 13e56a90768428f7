"""Where the real data lie, for the measurements and for the tests."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def use_shared_data():
    """Let DROPOUT_LAB_DATA name a folder ``shared/data`` beside the clone, if it is not set."""
    folder = ROOT.parent / "shared" / "data"
    if folder.is_dir():
        os.environ.setdefault("DROPOUT_LAB_DATA", str(folder))
