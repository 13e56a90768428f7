"""What "Train it here" takes in Chromium: until it answers, and until it has a verdict."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from bench.table import SITE, plain, ratio
from browsers.chromium import running_chromium
from dropout_lab.network import MLP
from dropout_lab.playground.training import CASES, digit_parts

CASE = "dropout wins"
ROUNDS = 6
SLOWER = 4  # a phone's processor
# The times of the first change under the figure after a click and of the first step that was
# trained; beside them, that of a worker which only answers. The page itself says when it is over:
# Playwright would ask again and again, and make tasks of its own.
WATCH = """figure => {
    const seen = {}, say = figure.querySelector('figcaption');
    const worker = new Worker(URL.createObjectURL(new Blob(['onmessage = () => postMessage(0)'])));
    worker.onmessage = () => seen.bare ??= performance.now() - seen.click;
    figure.addEventListener('click', () => {
        seen.click ??= performance.now();
        worker.postMessage(0);
    }, true);
    window.over = new Promise(done => new MutationObserver(() => {
        if (!seen.click) return;
        seen.motion ??= performance.now() - seen.click;
        if (/Step [1-9]/.test(say.textContent)) seen.step ??= performance.now() - seen.click;
        if (/^After /.test(say.textContent)) done(seen);
    }).observe(figure.querySelector('.pg-view'), {subtree: true, childList: true}));
}"""

PRESS = "figure => figure.querySelector('[name=Train]').click()"


def opened(browser):
    """Return a page that shows the piece, and the figure, on the case that takes longest."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((SITE / "chapters" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    figure = page.get_by_role("figure", name="Train it here")
    figure.get_by_label("case").select_option(CASE)
    return page, figure


def measure():
    """Yield the rows."""
    with running_chromium() as browser:
        runs = [(*_train(browser), _in_numpy()) for _ in range(ROUNDS)]
        slow = [_longest_tasks(browser) for _ in range(ROUNDS)]
    seen, processor, in_numpy = zip(*runs, strict=True)
    bare = [one["bare"] for one in seen]
    yield plain("from the click to the first change", [one["motion"] for one in seen], bare)
    yield plain("from the click to the first trained step", [one["step"] for one in seen], bare)
    yield plain("the longest task, processor 4x slower", *zip(*slow, strict=True))
    yield ratio("the processor for a training and its verdict", processor, in_numpy, "s")


def processor_of(session):
    """Return the seconds of processor that a browser has used."""
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(process["cpuTime"] for process in processes)


def _train(browser):
    """Train the case once; return what was seen, and the seconds of processor."""
    page, figure = opened(browser)
    session = browser.new_browser_cdp_session()
    figure.evaluate(WATCH)
    before = processor_of(session)
    figure.get_by_role("button", name="Train").click()
    seen = page.evaluate("over")
    used = processor_of(session) - before
    page.close()
    return seen, used


def _longest_tasks(browser):
    """Return the milliseconds that the longest task of a training keeps the page, and a bare one.

    They are those of the main thread itself: other work on the machine stretches the clock's.
    """
    page, figure = opened(browser)
    slower = page.context.new_cdp_session(page)
    slower.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    figure.evaluate(WATCH)
    bare = _traced(browser, page, lambda: page.evaluate("new Promise(requestAnimationFrame)"))
    longest = _traced(browser, page, lambda: (figure.evaluate(PRESS), page.evaluate("over")))
    page.close()
    return longest, bare


def _traced(browser, page, act):
    """Return the milliseconds of the longest task of a renderer's main thread meanwhile."""
    trace, events, ended = browser.new_browser_cdp_session(), [], []
    trace.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    trace.on("Tracing.tracingComplete", lambda event: ended.append(event))
    kinds = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]
    how = {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": kinds}}
    trace.send("Tracing.start", how)
    act()
    trace.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    trace.detach()
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    return max(
        event.get("tdur", 0) / 1e3
        for event in events
        if event["name"].endswith("RunTask")
        and names[event["pid"], event["tid"]] == "CrRendererMain"
    )


def _in_numpy():
    """Return the seconds that NumPy takes for the same steps of both nets."""
    case, rng = CASES[CASE], np.random.default_rng(0)
    x, labels, *_ = digit_parts()
    x, labels = x[: case["images"]] / 16, labels[: case["images"]]
    sizes, start = [64, case["units"], case["units"], 10], time.process_time()
    with threadpool_limits(1):
        for rate in (0, case["rate"]):
            MLP(sizes, rng, rate=rate).fit(
                x, labels, rng, epochs=round(case["steps"] / -(-len(x) // 32)), batch_size=32
            )
    return time.process_time() - start
