"""The explorer's budgets: weight, script, time a frame takes to draw and to appear."""

import bisect
import gzip
import json
import statistics
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from bench.table import print_table
from browsers.chromium import running_chromium
from dropout_lab import describe, dropout, explore, rates

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
# Sweep each control of each explorer on a page, as a hand does, and mark where each step begins.
# An input event of a real hand arrives at the start of a frame.
SWEEP = """async () => {
    const roots = document.querySelectorAll('.xp[data-xp]');
    for (const [number, root] of roots.entries()) {
        root.scrollIntoView({block: 'center'});
        await new Promise(done => setTimeout(done, 700));
        for (const axis of root.querySelectorAll('.xp-axis')) {
            const count = axis.type == 'range' ? +axis.max + 1 : axis.options.length;
            for (let i = 0; i < 60; i++) {
                await new Promise(done => requestAnimationFrame(() => {
                    const channel = new MessageChannel();
                    channel.port1.onmessage = done;
                    performance.mark(`step ${number}`);
                    axis.value = i % count;
                    axis.dispatchEvent(new Event('input', {bubbles: true}));
                    channel.port2.postMessage(0);
                }));
            }
        }
        performance.mark('step over');
    }
}"""
TASK = "ThreadControllerImpl::RunTask"
SLOWER = 4  # a phone's processor
FRAME = 1000 / 60


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


def _in_the_browser(chapters):
    """Print how long the processor needs from the input event to the paint, in Chromium."""
    rows = []
    with running_chromium() as browser:
        if browser is None:
            print("\nNo Chromium: the time from slider to paint was not measured.")
            return
        for path in sorted((SITE / "chapters").glob("*.html")):
            if chapters and not path.stem.startswith(chapters):
                continue
            (bare,) = _step_times(browser, lambda page: page.set_content(BARE))
            found = _step_times(browser, lambda page, path=path: page.goto(path.as_uri()))
            for number, times in enumerate(found, 1):
                late = sum(spent * SLOWER > FRAME for spent in times) / len(times)
                rows.append(
                    [
                        f"{_p95(times) / _p95(bare):.1f}",
                        "<= 1.3",
                        f"{statistics.median(times) / statistics.median(bare):.1f}",
                        f"{_p95(times) * SLOWER:.1f} ms",
                        f"{late:.0%}",
                        f"{path.stem}, explorer {number}",
                    ]
                )
    print_table(
        f"From slider to paint; ratios to a page with a slider and a word; a processor {SLOWER}x "
        "slower",
        ["p95, ratio", "target", "median, ratio", "p95", "misses a frame", "where"],
        rows,
    )


def _step_times(browser, show):
    """Return the milliseconds that the steps of each explorer take the page's own thread.

    Of the processor, not of the clock: that shows what else the machine does, and a throttled
    Chromium makes a thread wait four times as long for each time that another was in its way.
    """
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    show(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")  # it works in slices
    browser.start_tracing(page=page, categories=["toplevel", "blink.user_timing"])
    page.evaluate(SWEEP)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    page.close()
    return _times(events)


def _times(events):
    """Return the times that a trace holds, a list for each explorer."""
    marks = sorted(
        (event["ts"], event["name"].removeprefix("step "), event["pid"], event["tid"])
        for event in events
        if event["name"].startswith("step ")
    )
    starts = [mark[0] for mark in marks]
    spent = [0] * len(marks)
    for event in events:
        of_the_page = (event["pid"], event["tid"]) == marks[0][2:]
        if event["name"] == TASK and of_the_page and "tdur" in event:  # the shortest have none
            step = bisect.bisect(starts, event["ts"] + event["dur"]) - 1
            if step >= 0:
                spent[step] += event["tdur"] / 1e3
    found = {}
    for (_, number, *_), milliseconds in zip(marks, spent, strict=True):
        found.setdefault(number, []).append(milliseconds)
    found.pop("over")
    return list(found.values())


def _p95(times):
    return statistics.quantiles(times, n=20)[-1]


def main(*chapters):
    """Print both tables of the explorer; of all chapters, or of those whose names begin so."""
    _publish()
    _in_the_browser(chapters)


if __name__ == "__main__":
    main(*sys.argv[1:])
