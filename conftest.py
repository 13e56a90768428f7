"""Settings for all tests, the doctests and nbval's run over the chapters included."""

import functools
import http.server
import os
import re
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SITE = ROOT / "_build" / "html"
FIREFOX_PAGES = ("01_study_group", "index")
SLOW = (
    "test_site",
    "test_live_chapters",
    "test_jupyterlab",
    "test_lite",
    "test_build",
    "test_new_chapter",
    "test_printing",
    "test_cards",
)
TENSORFLOW = (
    "test_audit",
    "test_dropout_oracles",
    "test_family_oracles",
    "test_framework_failures",
    "test_training_keras",
)

# nbval compares with the stored outputs, which are the published ones.
os.environ["EXPLORE_PUBLISH"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Several processes share the cores. Small matrix products that also spread over threads spend
# twenty times their work on waiting for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from bench.data import use_shared_data  # noqa: E402, it lies on that path

use_shared_data()  # without real data, tests that need it say so


def pytest_collect_file(file_path, parent):
    """Run the chapters with nbval, once for all that needs a run."""
    if file_path.suffix == ".ipynb":
        from chapter_run import Chapter

        return Chapter.from_parent(parent, path=file_path)
    return None


def pytest_itemcollected(item):
    """Leave most to Chromium; in Firefox only `make test ALL=1` runs all that is marked so."""
    if "[firefox" in item.nodeid:
        page = re.search(r"\[firefox-.*?(\w+)\.html", item.nodeid)
        marks = item.iter_markers("firefox")
        if (page and page[1] not in FIREFOX_PAGES) or any("all" in mark.args for mark in marks):
            item.add_marker(pytest.mark.all)


def pytest_collection_modifyitems(config, items):
    """Put in order: unit tests and doctests, notebooks, what needs a run of a chapter or a build.

    Several processes take it the other way round, so that none is left with a long piece of work
    while the others have none. What belongs together stands together.
    """
    several = hasattr(config, "workerinput")
    first = {}
    for number, item in enumerate(items):
        first.setdefault(_scope(item.nodeid), number)

    def place(item):
        rank = 1 if item.path.suffix == ".ipynb" else 2 if item.path.stem in SLOW else 0
        return -rank if several else rank, first[_scope(item.nodeid)]

    items.sort(key=place)


def _scope(nodeid):
    """Name what belongs together.

    The cells of a notebook need one kernel, the tests of a page one opened page, those in Firefox
    one Firefox, and those of TensorFlow one import of it; a build stands alone; the rest goes file
    by file.
    """
    file = nodeid.partition("::")[0]
    if Path(file).stem in TENSORFLOW:
        return "tensorflow"
    if file.endswith("test_build.py"):
        return nodeid
    if "[firefox" in nodeid:
        return "firefox"
    page = re.search(r"\[.*?(\w+)\.html", nodeid)
    return f"{file} {page[1]}" if page else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep together what belongs together when several processes share the work."""
    from xdist.scheduler import LoadScopeScheduling

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _scope(nodeid)

    return ByScope(config, log)


def pytest_generate_tests(metafunc):
    """Run what uses a browser in Chromium, and what is marked so in Firefox too."""
    if "browser" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("firefox")
        names = ["chromium", "firefox"] if both else ["chromium"]
        metafunc.parametrize("browser", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def playwright():
    """Yield Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright):
    """Yield a running headless Chromium; without one skip, but fail in continuous integration."""
    from browsers.chromium import ARGUMENTS, find_chromium

    path = find_chromium()
    if path is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("NO CHROMIUM on this machine: the tests in a real browser did not run")
    running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield running
    running.close()


@pytest.fixture(scope="session")
def firefox(playwright):
    """Yield a running headless Firefox; without one skip."""
    from browsers.firefox import launch_firefox

    running = launch_firefox(playwright)
    if running is None:
        pytest.skip("NO FIREFOX that starts on this machine: the tests ran in Chromium alone")
    yield running
    running.close()


@pytest.fixture(scope="session")
def browser(request):
    """Return the running browser that the test asks for."""
    return request.getfixturevalue(request.param)


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def serve():
    """Yield a function that serves a folder on this machine and returns its address."""
    servers = []

    def start(folder):
        handler = functools.partial(_QuietHandler, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site_url(serve):
    """Return the address of the built site."""
    if not (SITE / "index.html").exists():
        pytest.fail(f"{SITE} does not exist; run: make book")
    return serve(SITE)
