"""How an explorer follows the hand in Chromium, on a phone's processor, beside a bare slider."""

import statistics
from itertools import pairwise, zip_longest

from bench.table import SITE, ratio
from browsers.chromium import running_chromium
from dropout_lab.explorer.page import read_published

SLOWER = 4  # a phone's processor
HEAVIEST = 3  # each takes a minute
ROUNDS = 6
# A slider that writes one word: what the browser itself needs for a step.
BARE = """<!doctype html><figure class="xp" data-xp="bare">
<input type="range" class="xp-axis" max="18"><figcaption class="xp-say">9</figcaption></figure>
<script>
document.querySelector("figure").oninput = event =>
    document.querySelector("figcaption").textContent = event.target.value;
</script>"""
# A figure that waits for an answer is hidden, and costs no painting.
REVEAL = "document.querySelectorAll('.xp-predict form').forEach(form => form.requestSubmit())"
SHOW = """async number => {
    document.querySelectorAll('.xp[data-xp]')[number].scrollIntoView({block: 'center'});
    await new Promise(done => setTimeout(done, 700));
}"""
# Sweep each control of an explorer, as a hand does, and note the time from each frame that the
# screen shows to the next.
SWEEP = """async number => {
    const frame = () => new Promise(done => requestAnimationFrame(() => done(performance.now())));
    const root = document.querySelectorAll('.xp[data-xp]')[number], times = [];
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
    return times;
}"""


def explorers():
    """Return page and number of all explorers, those first whose steps change most elements."""
    found = []
    for path in sorted(SITE.glob("chapters/*.html")):
        for number, explorer in enumerate(read_published(path.read_text("utf-8"))):
            size = [part.count("<") for part in explorer.parts]
            steps = [
                sum(size[new] for old, new in zip_longest(*pair) if new not in (None, old))
                for pair in pairwise(explorer.frames)
            ]
            found.append((-statistics.mean(steps), path, number))
    return [(path, number) for _, path, number in sorted(found)]


def measure(*chapters):
    """Yield the rows of the heaviest explorers, or of all in chapters whose names begin so."""
    chosen = explorers()
    if chapters:
        chosen = sorted(each for each in chosen if each[0].stem.startswith(chapters))
    else:
        chosen = chosen[:HEAVIEST]
    with running_chromium() as browser:
        bare = _open(browser, lambda page: page.set_content(BARE))
        pages = {
            path: _open(browser, lambda page, path=path: page.goto(path.as_uri()))
            for path in {path for path, _ in chosen}
        }
        rounds = []
        for _ in range(ROUNDS):
            beside = _sweep(*bare, 0)
            rounds.append([(beside, _sweep(*pages[path], number)) for path, number in chosen])
    for (path, number), found in zip(chosen, zip(*rounds, strict=True), strict=True):
        where = f"{path.stem}, figure {number + 1}"
        beside, own = zip(*found, strict=True)
        for n, budget in enumerate(
            ["from one frame to the next, 95 of 100 steps", "the page's own work for a step"]
        ):
            each, all_ = [one[n] for one in own], [one[n] for one in beside]
            yield ratio(budget, each, all_, "ms", where)


def _open(browser, show):
    """Return a page at rest, and its session."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    show(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")  # it works in slices
    page.evaluate(REVEAL)
    page.mouse.move(700, 450)  # a hand is on the figure: the browser asks what lies below it
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return page, session


def work(session):
    """Return the milliseconds of processor that a page's main thread has used.

    Other work on the machine leaves them as they are, and the screen's 60 Hz too.
    """
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration") * 1e3


def _sweep(page, session, number):
    """Return the 95th percentile from frame to frame, and the main thread's work for a step."""
    page.bring_to_front()
    page.evaluate(SHOW, number)
    before = work(session)
    times = page.evaluate(SWEEP, number)
    return statistics.quantiles(times, n=20)[-1], (work(session) - before) / len(times)
