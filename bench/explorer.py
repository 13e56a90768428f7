"""The explorer's budgets: weight, script, time a frame takes to draw and to appear."""

import gzip
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
# Sweep each control of each explorer on a page, as a hand does, and note the time from each frame
# that the screen shows to the next.
SWEEP = """async () => {
    const frame = () => new Promise(done => requestAnimationFrame(() => done(performance.now())));
    const found = [];
    // A figure that waits for an answer is hidden, and costs no painting.
    document.querySelectorAll('.xp-predict form').forEach(form => form.requestSubmit());
    for (const root of document.querySelectorAll('.xp[data-xp]')) {
        root.scrollIntoView({block: 'center'});
        await new Promise(done => setTimeout(done, 700));
        const times = [];
        for (const axis of root.querySelectorAll('.xp-axis')) {
            const count = axis.type == 'range' ? +axis.max + 1 : axis.options.length;
            let last = await frame();
            for (let i = 0; i < 60; i++) {
                axis.value = i % count;
                axis.dispatchEvent(new Event('input', {bubbles: true}));
                const now = await frame();
                times.push(now - last);
                last = now;
            }
        }
        found.push(times);
    }
    return found;
}"""
SLOWER = 4  # a phone's processor
LATE = 25  # milliseconds: a screen of 60 Hz has shown one frame twice


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
    """Print how long a step of each explorer takes in Chromium, from frame to frame."""
    rows = []
    with running_chromium() as browser:
        for path in sorted((SITE / "chapters").glob("*.html")):
            if chapters and not path.stem.startswith(chapters):
                continue
            (bare,) = _frame_times(browser, lambda page: page.set_content(BARE))
            found = _frame_times(browser, lambda page, path=path: page.goto(path.as_uri()))
            for number, times in enumerate(found, 1):
                late = sum(each > LATE for each in times) / len(times)
                rows.append(
                    [
                        f"{_p95(times) / _p95(bare):.1f}",
                        "<= 1.3",
                        f"{statistics.median(times) / statistics.median(bare):.1f}",
                        f"{_p95(times):.0f} ms",
                        f"{late:.0%}",
                        f"{path.stem}, explorer {number}",
                    ]
                )
    print_table(
        f"From frame to frame; ratios to a page with a slider and a word; a processor {SLOWER}x "
        "slower",
        ["p95, ratio", "target", "median, ratio", "p95", "late", "where"],
        rows,
    )


def _frame_times(browser, show):
    """Return the milliseconds from frame to frame while each explorer is swept."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    show(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")  # it works in slices
    page.mouse.move(700, 450)  # a hand is on the figure: the browser asks what lies below it
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    found = page.evaluate(SWEEP)
    page.close()
    return found


def _p95(times):
    return statistics.quantiles(times, n=20)[-1]


def main(*chapters):
    """Print both tables of the explorer; of all chapters, or of those whose names begin so."""
    _publish()
    _in_the_browser(chapters)


if __name__ == "__main__":
    main(*sys.argv[1:])
