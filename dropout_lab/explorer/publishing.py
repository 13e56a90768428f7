"""Whether notebooks are executed for a reader at the keyboard or for the pages of the book."""

import os

__all__ = ["PUBLISH_VARIABLE", "publishing"]

PUBLISH_VARIABLE = "EXPLORE_PUBLISH"
"""Set this environment variable to 1 to draw all frames of an explorer before its cell ends."""


def publishing() -> bool:
    """Say whether pages are wanted: all frames at once, no progress bars.

    Returns
    -------
    bool
        True if the environment variable `PUBLISH_VARIABLE` is set, and not to 0.
    """
    return os.environ.get(PUBLISH_VARIABLE, "") not in ("", "0")
