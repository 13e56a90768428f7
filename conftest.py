"""Settings for all tests, the doctests and nbval's run over the chapters included."""

import functools
import http.server
import os
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SITE = ROOT / "_build" / "html"
SLOW = ("test_site", "test_build", "test_live_chapters")

# nbval compares with the stored outputs, which are the published ones.
os.environ["EXPLORE_PUBLISH"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Real data, where a folder of it lies beside the clone. Without it, tests that need it say so.
if (ROOT.parent / "shared" / "data").is_dir():
    os.environ.setdefault("DROPOUT_LAB_DATA", str(ROOT.parent / "shared" / "data"))

sys.path.insert(0, str(ROOT / "tests"))


def pytest_collection_modifyitems(items):
    """Run fast tests first: unit tests, doctests, chapters, and last the site.

    Several processes may share the work (pytest-xdist). What belongs to one chapter stays
    together: a notebook's cells share a kernel, and a page's tests one run of its chapter.
    """

    def rank(item):
        if item.path.suffix == ".ipynb":
            return 1
        return 2 if item.path.stem in SLOW else 0

    def group(item):
        values = getattr(item, "callspec", None) and item.callspec.params
        about = values and (values.get("page") or values.get("path"))
        if item.path.stem in ("test_site", "test_solutions") and about:
            return f"page {Path(about).stem}"
        return f"{item.path.stem} {Path(about).stem if about else ''}"

    items.sort(key=rank)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))


@pytest.fixture(scope="session")
def chromium_path():
    """Return the browser to drive; without one skip, but fail in continuous integration."""
    from chromium import find_chromium

    path = find_chromium()
    if path is None:
        reason = "NO CHROMIUM on this machine: the tests in a real browser did not run"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path):
    """Yield a running headless Chromium."""
    from chromium import ARGUMENTS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield running
        running.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def site_url():
    """Yield the address of a server for the built site on this machine."""
    if not (SITE / "index.html").exists():
        pytest.fail(f"{SITE} does not exist; run: make book")
    handler = functools.partial(_QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
