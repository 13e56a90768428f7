"""Start a Firefox, or install one: python -m browsers.firefox."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from browsers.install import make_sure

BRIDGE = Path(__file__).with_name("firefox_bridge.py")
PATIENCE = 120_000  # milliseconds: four processes may start one at the same time


def launch_firefox(playwright):
    """Return a running headless Firefox, Playwright's own build or the machine's, or None."""
    for options in _candidates(playwright):
        try:
            running = playwright.firefox.launch(timeout=PATIENCE, **options)
            running.new_context().close()
        except Error as error:
            print("A Firefox did not start:", str(error)[:500], flush=True)
        else:
            return running
    return None


def _candidates(playwright):
    """Yield what tells Playwright to start one Firefox of this machine after the other."""
    if Path(playwright.firefox.executable_path).exists():
        yield {}
    # The bridge is a script of this environment.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for name in (os.environ.get("FIREFOX"), "firefox", "firefox-esr"):
        if name and (path := shutil.which(name)):
            environment = {**os.environ, "FIREFOX": path, "PATH": search}
            yield {"channel": "moz-firefox", "executable_path": BRIDGE, "env": environment}


def starts():
    """Say whether this machine has a Firefox that shows a page."""
    with sync_playwright() as playwright:
        running = launch_firefox(playwright)
        if running:
            running.close()
    return running is not None


def main():
    """Make sure of a Firefox; without one, warn."""
    warning = (
        "NO FIREFOX: the tests run in Chromium alone. To run those of the pages in Firefox\n"
        "too, install Firefox or set FIREFOX to its path, then run again."
    )
    make_sure("firefox", ["firefox-esr"], starts, warning)


if __name__ == "__main__":
    main()
