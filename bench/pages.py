"""The weight and the speed of each page, on the phone and the network of a patient reader."""

import gzip
import http.server
import mimetypes
import statistics
import threading
from pathlib import Path
from urllib.parse import urlsplit

from bench.table import print_table
from browsers.chromium import ARGUMENTS, find_chromium

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
NETWORK = {
    "offline": False,
    "latency": 150,  # milliseconds, from each request to the first byte of its answer
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
CPU_SLOWDOWN = 4
ROUNDS = 3
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
FCP, INTERACTIVE, FIRST_LOAD, SECOND_PAGE = "<= 1.0 s", "<= 1.5 s", "<= 600 kB", "<= 150 kB"
# In each frame that the page paints, try the first explorer as a hand would: is its slider (or
# menu) laid out, and does the sentence under the figure follow it? The time counts once the
# frame that shows the answer was painted. Nothing is tried before the first paint, which the
# trial would hold up.
WATCH = """(() => {
    const seen = window.seen = {paint: null, interactive: null, long: [], shift: 0};
    const watch = (type, note) => new PerformanceObserver(
        list => list.getEntries().forEach(note)).observe({type, buffered: true});
    watch('paint', entry => {
        if (entry.name == 'first-contentful-paint') seen.paint = entry.startTime;
    });
    watch('longtask', entry => seen.long.push([entry.startTime, entry.duration]));
    watch('layout-shift', entry => { if (!entry.hadRecentInput) seen.shift += entry.value; });
    const answers = axis => {
        const root = axis.closest('.xp'), say = root.querySelector('.xp-say');
        const before = say.textContent, start = axis.value, move = value => {
            axis.value = value;
            axis.dispatchEvent(new Event('input', {bubbles: true}));
        };
        for (const value of [0, 1, 2, 3]) {
            move(value);
            if (say.textContent != before) break;
        }
        const followed = say.textContent != before;
        move(start);
        return followed;
    };
    const look = () => {
        const axis = document.querySelector('.xp .xp-axis');
        if (seen.paint && axis && axis.getClientRects().length && answers(axis))
            requestAnimationFrame(() => setTimeout(() => seen.interactive = performance.now()));
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})()"""


class _LikePages(http.server.SimpleHTTPRequestHandler):
    """Answer as GitHub Pages does: gzip for text, ten minutes in the cache, one connection kept.

    GitHub Pages speaks HTTP/2, which has no limit of six requests at a time: pages of many
    small files are a little faster there than here.
    """

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Send a file of the site."""
        path = Path(self.translate_path(urlsplit(self.path).path))
        if not path.is_file():
            self.send_error(404)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        body = path.read_bytes()
        self.send_response(200)
        if kind.replace("text/javascript", "application/javascript").startswith(COMPRESSED):
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments):
        """Say nothing: a browser that leaves a page drops its connections."""


class _Visit:
    """Pages that one reader opens one after the other, with one cache."""

    def __init__(self, browser):
        self.context = browser.new_context(viewport={"width": 412, "height": 823})
        self.page = self.context.new_page()
        self.page.add_init_script(WATCH)
        session = self.context.new_cdp_session(self.page)
        session.on("Network.loadingFinished", self._note)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})

    def _note(self, event):
        self.sizes.append(event["encodedDataLength"])

    def open(self, url):
        """Return what the page saw, what came over the network, and in how many answers."""
        self.sizes = []
        self.page.goto(url)
        self.page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(1000)  # a long task is told only after it has ended
        sizes = [size for size in self.sizes if size > 0]
        return self.page.evaluate("seen"), sum(sizes), len(sizes)

    def close(self):
        """Forget the cache."""
        self.context.close()


def measure(browser, url, path, following, rounds=ROUNDS):
    """Open one page with an empty cache, then the one that follows it, and take medians.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        A running Chromium.
    url : str
        The address of the site's server.
    path, following : str
        The page, and the one that a reader opens next.
    rounds : int
        How often to do so.

    Returns
    -------
    dict
        Milliseconds under "paint", "interactive" (None without an explorer), "quiet" (the end
        of the last long task, or of the two before) and "blocked" (the part of each task above
        50 ms); bytes and answers under "bytes", "answers" and "second"; "shift".
    """
    runs = []
    for _ in range(rounds):
        visit = _Visit(browser)
        seen, size, answers = visit.open(url + path)
        _, second, _ = visit.open(url + following)
        visit.close()
        ends = [start + length for start, length in seen["long"]]
        runs.append(
            {
                "paint": seen["paint"],
                "interactive": seen["interactive"],
                "quiet": max([seen["paint"], seen["interactive"] or 0, *ends]),
                "blocked": sum(length - 50 for _, length in seen["long"]),
                "shift": seen["shift"],
                "bytes": size,
                "answers": answers,
                "second": second,
            }
        )
    return {
        name: None if runs[0][name] is None else statistics.median(run[name] for run in runs)
        for name in runs[0]
    }


def _row(name, found):
    """Write what was measured of a page."""

    def seconds(milliseconds):
        return "none" if milliseconds is None else f"{milliseconds / 1e3:.2f} s"

    return [
        seconds(found["paint"]),
        seconds(found["interactive"]),
        f"{found['bytes'] / 1e3:.0f} kB",
        f"{found['second'] / 1e3:.0f} kB",
        f"{found['answers']:.0f}",
        seconds(found["quiet"]),
        seconds(found["blocked"]),
        f"{found['shift']:.3f}",
        name,
    ]


def main(site=SITE, names=(), rounds=ROUNDS):
    """Print the table of all pages, or of those whose names are given."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        print("\nNo Chromium: the weight and the speed of the pages were not measured.")
        return
    pages = sorted(page.stem for page in (site / "chapters").glob("*.html"))
    following = dict(zip(pages, [*pages[1:], pages[0]], strict=True))
    found = {}

    def handler(*arguments):
        return _LikePages(*arguments, directory=str(site))

    with (
        _Server(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        url = f"http://127.0.0.1:{server.server_port}/chapters/"
        for name in names or pages:
            then = following[name]
            found[name] = measure(browser, url, f"{name}.html", f"{then}.html", rounds)
        browser.close()
        server.shutdown()
    header = ["first paint", "interactive", "first load", "next page", "answers"]
    header += ["quiet at", "blocked", "shift", "page"]
    target = [FCP, INTERACTIVE, FIRST_LOAD, SECOND_PAGE, "", "", "", "", "target"]
    chapters = [value for name, value in found.items() if name[0].isdigit()]
    rows = [target]
    for label, choose in (("the median chapter", statistics.median), ("the worst chapter", max)):
        if chapters:
            summary = {key: choose(chapter[key] for chapter in chapters) for key in chapters[0]}
            rows.append(_row(label, summary))
    rows += [_row(name, value) for name, value in found.items()]
    print_table(
        f"Pages at 1.6 Mbit/s, 150 ms, a processor {CPU_SLOWDOWN}x slower (median of {rounds})",
        header,
        rows,
    )
