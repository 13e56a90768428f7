"""Long use: what is left in memory, and what a step takes, in the later half beside the first.

Each measurement takes samples at equal intervals, behind a first one that warms up. Flat is what
has the same median in both halves, but for its noise.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_notebook

from bench.explorer import REVEAL, SHOW, SWEEP, explorers, work
from bench.table import ROOT, SITE, plain, ratio
from bench.train import opened, processor_of
from browsers.chromium import running_chromium

# What the page for teachers counts memory for.
KINDS = {"NumPy": "02", "PyTorch": "07", "both frameworks": "05"}
# A training that has come to its verdict begins anew. The page says when it is over.
TRAIN = """figure => new Promise(done => {
    const say = figure.querySelector('figcaption');
    let begun = false; // the verdict is that of the training before, word by word
    const seen = new MutationObserver(() => {
        begun ||= !/^After /.test(say.textContent);
        if (!begun || !/^After /.test(say.textContent)) return;
        seen.disconnect();
        done();
    });
    seen.observe(say, {childList: true, subtree: true, characterData: true});
    figure.querySelector('[name=Train]').click();
})"""
COUNT = """number => {
    const root = document.querySelectorAll('.xp[data-xp]')[number];
    const axis = root.querySelector('[type=range]');
    const {x, y, width, height} = axis.getBoundingClientRect();
    window.moved = 0;
    axis.addEventListener('input', () => window.moved++);
    axis.value = 0;
    return {x, y: y + height / 2, width, height, most: +axis.max};
}"""
CELL = """
import gc, time
import matplotlib.pyplot as plt
import psutil
from dropout_lab import describe, explore
from dropout_lab.explorer import live
times = []
def frame(rate, step):
    times.append(time.process_time())
    figure, axes = plt.subplots()
    axes.plot([0, 1], [0, rate])
    return describe(figure, f"The line ends at {rate} after {step} steps.")
display(explore(frame, rate=range(20), step=range(20)))
"""
ASK = """
if not live._waiting:
    gc.collect()
    print([len(times), times[-1] - times[0], len(gc.get_objects()),
        psutil.Process().memory_info().rss / 1e6, len(plt.get_fignums())])
"""


class _Heaps:
    """What is held by a page and by the workers that it starts from now on."""

    def __init__(self, page):
        self._page, self._workers, self._answers, self._asked = page, [], {}, 0
        self._session = page.context.new_cdp_session(page)
        self._session.on("Target.attachedToTarget", self._greet)
        self._session.on("Target.receivedMessageFromTarget", self._hear)
        how = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self._session.send("Target.setAutoAttach", how)

    def _greet(self, event):
        self._workers.append(event["sessionId"])

    def _hear(self, event):
        answer = json.loads(event["message"])
        self._answers[answer.get("id")] = answer.get("result")

    def _ask_worker(self, worker, method):
        self._asked += 1
        message = json.dumps({"id": self._asked, "method": method})
        self._session.send("Target.sendMessageToTarget", {"sessionId": worker, "message": message})
        while self._asked not in self._answers:
            self._page.wait_for_timeout(10)
        return self._answers.pop(self._asked)

    def sample(self):
        """Collect garbage; return megabytes of heaps and arrays, and elements and listeners."""
        held = 0
        for ask in (self._session.send, *(partial(self._ask_worker, w) for w in self._workers)):
            ask("HeapProfiler.enable")
            ask("HeapProfiler.collectGarbage")
            usage = ask("Runtime.getHeapUsage")
            held += usage["usedSize"] + usage["backingStorageSize"]
        counters = self._session.send("Memory.getDOMCounters")
        return held / 1e6, counters["nodes"] + counters["jsEventListeners"]


def _later(budget, samples, unit):
    """Return the row of a later half of samples beside the first."""
    half = len(samples) // 2
    return ratio(budget, samples[-half:], samples[-2 * half : -half], unit)


def _rows(name, samples, time_of):
    """Yield the rows of what was sampled in a browser."""
    held, counts, times = zip(*samples, strict=True)
    yield _later(f"{name}: memory", held, "MB")
    yield _later(f"{name}: elements and listeners", counts, "together")
    yield _later(f"{name}: {time_of}", times, "ms")


def dragging(steps=10_000, samples=20):
    """Drag the heaviest figure with a slider; yield the rows."""
    with running_chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        path, number = next(each for each in explorers() if 'type="range"' in _html(*each))
        page.goto(path.as_uri())
        page.evaluate(REVEAL)
        page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
        page.evaluate(SHOW, number)
        session, heaps = page.context.new_cdp_session(page), _Heaps(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        slider = page.evaluate(COUNT, number)
        page.mouse.move(slider["x"] + slider["height"] / 2, slider["y"])
        page.mouse.down()
        found, most = [], slider["most"]
        track, block = slider["width"] - slider["height"], int(steps) // int(samples)
        for part in range(int(samples)):
            before = work(session)
            for step in range(part * block + 1, (part + 1) * block + 1):
                value = abs((step + most) % (2 * most) - most)  # up, down, and up again
                across = slider["height"] / 2 + track * value / most
                page.mouse.move(slider["x"] + across, slider["y"])
            took = (work(session) - before) / block
            found.append((*heaps.sample(), took))
        moved = page.evaluate("moved")
        assert moved == block * int(samples), f"the slider moved {moved} times"
    yield from _rows("dragged 10,000 steps", found[1:], "work of a step")


def _html(path, number):
    from dropout_lab.explorer.page import read_published

    return read_published(path.read_text("utf-8"))[number].html.replace('\\"', '"')


def training(minutes=30):
    """Train again and again for so many minutes; yield the rows."""
    found, end = [], time.monotonic() + 60 * float(minutes)
    with running_chromium() as browser:
        page, figure = opened(browser)
        session, heaps = browser.new_browser_cdp_session(), _Heaps(page)
        while time.monotonic() < end:
            before = processor_of(session)
            figure.evaluate(TRAIN)
            took = (processor_of(session) - before) * 1e3
            found.append((*heaps.sample(), took))
    yield from _rows("trained for 30 minutes", found[1:], "processor of a training")


def drawing(runs=7):
    """Draw 400 live frames in a kernel, and run the cell again and again; yield the rows."""
    environment = {name: os.environ[name] for name in os.environ if name != "EXPLORE_PUBLISH"}
    manager, client = start_new_kernel(env=environment, cwd=str(ROOT))
    try:
        found = []
        for _ in range(int(runs)):
            _printed(client, CELL, "drawing")
            while not (said := _printed(client, ASK, "asking")):
                time.sleep(1)
            found.append(json.loads(said))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    frames, seconds, objects, resident, figures = zip(*found[1:], strict=True)
    assert set(frames) == {400}
    yield _later("400 live frames: objects of Python", objects, "together")
    yield _later("400 live frames: memory of the kernel", resident, "MB")
    yield _later("400 live frames: processor for all", [1e3 * each for each in seconds], "ms")
    yield plain("400 live frames: figures that stay open", figures, figures)


def teaching():
    """Execute a chapter of each kind; yield the rows of what a student's kernel needs at most."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.ipynb")
        nbformat.write(new_notebook(cells=[new_code_cell("1")]), empty)
        bare = _peak(empty, folder)
        for kind, name in KINDS.items():
            (chapter,) = ROOT.glob(f"chapters/{name}_*.ipynb")
            yield plain(f"a class in {kind}: memory for each", [_peak(chapter, folder)], [bare])


def _peak(notebook, folder):
    """Return the megabytes that a notebook's kernel needs at most."""
    command = [sys.executable, "-m", "nbconvert", "--log-level=ERROR", "--to", "notebook"]
    command += ["--execute", "--output-dir", folder, str(notebook)]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)  # the larger of itself and the kernel it started
    if status:
        raise RuntimeError(f"{notebook.name} failed")
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _printed(client, code, cell):
    """Run a cell as JupyterLab does, and return what it printed."""
    client.session.metadata = {"cellId": cell}
    said = []

    def hear(message):
        content = message["content"]
        if message["msg_type"] == "error":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        said.append(content.get("text", ""))

    client.execute_interactive(code, allow_stdin=False, output_hook=hear, timeout=600)
    return "".join(said)


def browsing(rounds=13):
    """Keep ten pages open and move a figure of each in turn; yield the rows."""
    found = []
    with running_chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        pages = []
        for path in sorted(SITE.glob("chapters/[0-9]*.html"))[:10]:
            page = context.new_page()
            page.goto(path.as_uri())
            page.evaluate(REVEAL)
            page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            pages.append((page, session, _Heaps(page)))
        for _ in range(int(rounds)):
            used, steps = 0, 0
            for page, session, _ in pages:
                page.bring_to_front()
                page.evaluate(SHOW, 0)
                before = work(session)
                steps += len(page.evaluate(SWEEP, 0))
                used += work(session) - before
            samples = [heaps.sample() for *_, heaps in pages]
            held, counts = (sum(column) for column in zip(*samples, strict=True))
            found.append((held, counts, used / steps))
    yield from _rows("ten pages open", found[1:], "work of a step")
