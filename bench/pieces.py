"""What the pieces that compute cost: their weight, and the time of "Train it here" in Chromium."""

import gzip
import re
import statistics
import time
from pathlib import Path

from bench.table import print_table
from browsers.chromium import running_chromium

SITE = Path(__file__).parents[1] / "_build" / "html"
ROUNDS = 3
# The times of the first change under the figure after a click and of the first step that was
# trained, and all tasks of the main thread since then that are longer than 50 ms. The page itself
# says when it is over: Playwright would ask again and again, and make tasks of its own.
WATCH = """figure => {
    const seen = {long: []}, say = figure.querySelector('figcaption');
    new PerformanceObserver(list => seen.long.push(...list.getEntries()
        .filter(e => e.startTime + e.duration > seen.click).map(e => e.duration)))
        .observe({type: 'longtask'});
    figure.addEventListener('click', () => seen.click ??= performance.now(), true);
    window.over = new Promise(done => new MutationObserver(() => {
        if (!seen.click) return;
        seen.motion ??= performance.now() - seen.click;
        if (/Step [1-9]/.test(say.textContent)) seen.step ??= performance.now() - seen.click;
        if (/^After /.test(say.textContent)) done(seen);
    }).observe(figure.querySelector('.pg-view'), {subtree: true, childList: true}));
}"""


def _weights():
    """Print what all scripts and all data of the site's pieces weigh, gzipped."""
    parts = {}
    for page in sorted((SITE / "chapters").glob("*.html")):
        found = re.findall(r'(?s)<script data-part="(\w+)">(.*?)</script>', page.read_text("utf-8"))
        parts |= dict(found)
    parts.pop("predict", None)  # a question, which computes nothing
    rows = [[_gzipped("".join(parts.values()).encode()), "<= 10 kB", f"all {len(parts)} scripts"]]
    rows += [[_gzipped(text.encode()), "", f"{name}.js by itself"] for name, text in parts.items()]
    targets = {"digits": "<= 45 kB"}
    for path in sorted((SITE / "_static" / "data").glob("*.js")):
        target = targets.get(path.stem, "<= 110 kB")
        rows.append([_gzipped(path.read_bytes()), target, f"{path.name}, on demand"])
    print_table("Pieces that compute, gzipped", ["measured", "target", "what"], rows)


def _gzipped(data):
    return f"{len(gzip.compress(data)) / 1e3:.1f} kB"


def _train(browser, slowdown):
    """Train the case "dropout wins" once; return what was seen, its seconds and those of CPU."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((SITE / "chapters" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    session = browser.new_browser_cdp_session()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    figure = page.get_by_role("figure", name="Train it here")
    figure.get_by_label("case").select_option("dropout wins")
    figure.evaluate(WATCH)

    def processor():
        return sum(
            process["cpuTime"]
            for process in session.send("SystemInfo.getProcessInfo")["processInfo"]
        )

    before, start = processor(), time.perf_counter()
    figure.get_by_role("button", name="Train").click()
    seen = page.evaluate("over")
    seconds = time.perf_counter() - start
    used = processor() - before
    page.close()
    return seen, seconds, used


def _in_the_browser():
    """Print how long a reader waits, and what the processor does meanwhile."""
    with running_chromium() as browser:
        runs = [_train(browser, 1) for _ in range(ROUNDS)]
        slow = [_train(browser, 4)[0]["long"] for _ in range(ROUNDS)]
    motion, step = (
        statistics.median(seen[name] for seen, *_ in runs) for name in ("motion", "step")
    )
    seconds, used = (statistics.median(column) for column in list(zip(*runs, strict=True))[1:])
    longest = statistics.median(max(tasks, default=0) for tasks in slow)
    rows = [
        [f"{used:.1f} s", "<= 5 s", "processor for a verdict, all of Chromium"],
        [f"{seconds:.1f} s", "", "clock for a verdict"],
        [f"{motion:.0f} ms", "<= 100 ms", "from the click to the first change"],
        [f"{step:.0f} ms", "<= 100 ms", "from the click to the first trained step"],
        [f"{longest:.0f} ms", "<= 50 ms", "longest task over 50 ms, processor 4x slower"],
    ]
    print_table(f"Train it here (median of {ROUNDS})", ["measured", "target", "what"], rows)


def main():
    """Print both tables."""
    _weights()
    _in_the_browser()
