"""The explorer's budgets: weight, script, time a frame takes to draw and to appear."""

import gzip
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from bench.table import print_table
from browsers.chromium import running_chromium
from dropout_lab import describe, dropout, explore, rates

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
# Sweep each control of each explorer on a page, as a hand does, and time every step from the
# input event to the paint. An input event of a real hand arrives at the start of a frame.
FRAME_TIMES = """async () => {
    const all = [];
    for (const root of document.querySelectorAll('.xp[data-xp]')) {
        root.scrollIntoView({block: 'center'});
        await new Promise(done => setTimeout(done, 700));
        const times = [];
        for (const axis of root.querySelectorAll('.xp-axis')) {
            const count = axis.type == 'range' ? +axis.max + 1 : axis.options.length;
            for (let i = 0; i < 60; i++) {
                times.push(await new Promise(done => requestAnimationFrame(() => {
                    const channel = new MessageChannel(), start = performance.now();
                    channel.port1.onmessage = () => done(performance.now() - start);
                    axis.value = i % count;
                    axis.dispatchEvent(new Event('input', {bubbles: true}));
                    channel.port2.postMessage(0);
                })));
            }
        }
        times.sort((a, b) => a - b);
        all.push([times[times.length / 2], times[Math.floor(times.length * 0.95)]]);
    }
    return all;
}"""


# A slider that writes one word: what the browser itself needs for a step.
BARE = """<!doctype html><figure class="xp" data-xp="bare">
<input type="range" class="xp-axis" max="18"><p></p></figure><script>
document.querySelector("figure").oninput = event =>
    document.querySelector("p").textContent = event.target.value;
</script>"""


def _draw(rate):
    """Draw a hundred activations before and after dropout, as a reader would write it."""
    x = np.random.default_rng(1).random(100)
    y = dropout(x, rate, np.random.default_rng(0))
    figure, (before, after) = plt.subplots(2, 1, sharex=True, figsize=(4.8, 3.6))
    before.bar(range(100), x)
    before.set_title("before")
    after.bar(range(100), y)
    after.set_title("after")
    after.set_ylim(0, 10)
    return describe(figure, f"rate {rate:.2f}: {np.sum(y == 0)} of 100 units dropped.")


def _publish():
    """Print what the nineteen-frame bar figure costs to draw and to store."""
    explore(_draw, rate=rates(0, 0.1))  # fonts are loaded with the first figure
    start = time.perf_counter()
    page = explore(_draw, rate=rates())
    milliseconds = (time.perf_counter() - start) / len(rates()) * 1e3
    rows = [
        [f"{milliseconds:.0f} ms", "<= 120 ms", "a frame, drawn and stored"],
        [f"{len(gzip.compress(page.html.encode())) / 1e3:.1f} kB", "<= 25 kB", "the page, gzipped"],
    ]
    print_table("A bar figure of 19 frames", ["measured", "target", "what"], rows)


def _in_the_browser():
    """Print how long a frame takes from the input event to the paint, in Chromium."""
    rows = []
    with running_chromium() as browser:
        if browser is None:
            print("\nNo Chromium: the time from slider to paint was not measured.")
            return
        for path in sorted((SITE / "chapters").glob("*.html")):
            # In turns with the bare page, as other programs slow all alike.
            ((_, bare),) = _step_times(browser, lambda page: page.set_content(BARE))
            found = _step_times(browser, lambda page, path=path: page.goto(path.as_uri()))
            for number, (median, p95) in enumerate(found, 1):
                ratio = f"{p95 / bare:.1f}"
                where = f"{path.stem}, explorer {number}"
                rows.append([ratio, "<= 1.3", f"{p95:.1f} ms", f"{median:.1f} ms", where])
    print_table(
        "From slider to paint, a processor 4x slower; ratio to a page with a slider and a word",
        ["p95, ratio", "target", "p95", "median", "where"],
        rows,
    )


def _step_times(browser, show):
    """Return the median and the 95th percentile of a step of each explorer, in milliseconds."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    show(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")  # it works in slices
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    times = page.evaluate(FRAME_TIMES)
    page.close()
    return times


def main():
    """Print both tables of the explorer."""
    _publish()
    _in_the_browser()
