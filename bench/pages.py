"""The weight and the speed of each page, on the phone and the network of a patient reader."""

import gzip
import http.server
import statistics
import threading
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.table import print_table
from browsers.chromium import running_chromium

SITE = Path(__file__).parents[1] / "_build" / "html"
NETWORK = {
    "offline": False,
    "latency": 150,  # milliseconds, from each request to the first byte of its answer
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
CPU_SLOWDOWN = 4
ROUNDS = 3
COMPRESSED = (".html", ".css", ".js", ".json", ".svg")
HEADER = ["first paint", "interactive", "first load", "next page", "shift", "page"]
TARGET = ["<= 1.0 s", "<= 1.5 s", "<= 600 kB", "<= 150 kB", "", "target"]
# In each frame that the page paints, try the first explorer as a hand would: is its slider (or
# menu) laid out, and does the sentence under the figure follow it? The time counts once the
# frame that shows the answer was painted. Nothing is tried before the first paint, which the
# trial would hold up.
WATCH = """(() => {
    const seen = window.seen = {paint: null, interactive: null, shift: 0};
    const watch = (type, note) => new PerformanceObserver(
        list => list.getEntries().forEach(note)).observe({type, buffered: true});
    watch('paint', entry => {
        if (entry.name == 'first-contentful-paint') seen.paint = entry.startTime;
    });
    watch('layout-shift', entry => { if (!entry.hadRecentInput) seen.shift += entry.value; });
    const answers = axis => {
        const say = axis.closest('.xp').querySelector('.xp-say');
        const before = say.textContent, start = axis.value, follows = value => {
            axis.value = value;
            axis.dispatchEvent(new Event('input', {bubbles: true}));
            return say.textContent != before;
        };
        const followed = [0, 1, 2, 3].some(follows);
        follows(start);
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
        body = path.read_bytes()
        self.send_response(200)
        if path.suffix in COMPRESSED:
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


def _visit(browser, *addresses):
    """Open pages one after the other with one cache; return what each saw, and its bytes."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    page = context.new_page()
    page.add_init_script(WATCH)
    sizes, visits = [], []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    for address in addresses:
        sizes.clear()
        page.goto(address)
        page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
        page.wait_for_load_state("networkidle")
        visits.append((page.evaluate("seen"), sum(sizes)))
    context.close()
    return visits


def _measure(browser, address, following):
    """Return the medians of what the table shows of a page; a page may have no explorer."""
    runs = []
    for _ in range(ROUNDS):
        (seen, size), (_, second) = _visit(browser, address, following)
        runs.append([seen["paint"], seen["interactive"] or 0, size, second, seen["shift"]])
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def _row(name, measured):
    paint, interactive, size, second, shift = measured
    times = [f"{paint / 1e3:.2f} s", f"{interactive / 1e3:.2f} s" if interactive else "none"]
    return [*times, f"{size / 1e3:.0f} kB", f"{second / 1e3:.0f} kB", f"{shift:.3f}", name]


def main():
    """Print the table of all pages."""
    pages = sorted(page.stem for page in (SITE / "chapters").glob("*.html"))
    handler = partial(_LikePages, directory=str(SITE))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        running_chromium() as browser,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/chapters/{{}}.html"
        found = {
            name: _measure(browser, address.format(name), address.format(following))
            for name, following in zip(pages, [*pages[1:], pages[0]], strict=True)
        }
        server.shutdown()
    chapters = [measured for name, measured in found.items() if name[0].isdigit()]
    for label, choose in (("the worst chapter", max), ("the median chapter", statistics.median)):
        found = {label: [choose(column) for column in zip(*chapters, strict=True)]} | found
    print_table(
        f"Pages at 1.6 Mbit/s, 150 ms, a processor {CPU_SLOWDOWN}x slower (median of {ROUNDS})",
        HEADER,
        [TARGET, *(_row(name, measured) for name, measured in found.items())],
    )
