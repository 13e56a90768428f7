"""Find a Chromium, or install one: python -m browsers.chromium."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from browsers.install import make_sure

# The first is made to be driven: the same pages, a third less time. Playwright prefers it too.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium():
    """Return the path of a Chromium that starts on this machine, or None."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        if name and (path := shutil.which(name)) and _starts(path):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and _starts(path) else None


@contextlib.contextmanager
def running_chromium():
    """Yield a Chromium that runs without a window and is closed at the end, or stop."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        sys.exit("NO CHROMIUM, and pages need one. Install it, or set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _starts(path):
    """Say whether a browser shows an empty page; a stub or one without its libraries does not."""
    command = [path, "--headless", *ARGUMENTS, "--dump-dom", "about:blank"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def main():
    """Make sure of a Chromium; without one, fail in continuous integration, else warn."""
    warning = (
        "NO CHROMIUM: the tests in a real browser will be skipped. Install Chromium or\n"
        "set CHROMIUM to its path, then run again."
    )
    if not make_sure("chromium", NAMES[:2], find_chromium, warning):
        sys.exit(os.environ.get("CI") == "true")


if __name__ == "__main__":
    main()
