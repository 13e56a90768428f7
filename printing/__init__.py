"""What `make pdf` runs: the built site as one page, and that page as one PDF."""

import sys
from pathlib import Path

# The browser that prints is found as the tests find theirs; cards are shared with the pages.
sys.path += [str(Path(__file__).parents[1] / name) for name in ("tests", "_extensions")]
