"""What pages cost on the phone and the network of a patient reader: bytes, and time."""

import gzip
import http.server
import threading
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.explorer import BARE
from bench.table import SITE, plain
from browsers.chromium import running_chromium

NETWORK = {
    "offline": False,
    "latency": 150,  # milliseconds, from each request to the first byte of its answer
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
CPU_SLOWDOWN = 4
ROUNDS = 6
COMPRESSED = (".html", ".css", ".js", ".json", ".svg")
# In each frame that the page paints, try the first explorer as a hand would: is its slider (or
# menu) laid out, and does the sentence under the figure follow it? The time counts once the
# frame that shows the answer was painted. Nothing is tried before the first paint, which the
# trial would hold up.
WATCH = """(() => {
    const seen = {};
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
        if (entry.name == 'first-contentful-paint') seen.paint = entry.startTime / 1e3;
    })).observe({type: 'paint', buffered: true});
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
    window.interactive = new Promise(done => {
        const look = () => {
            const axis = document.querySelector('.xp .xp-axis');
            if (seen.paint && axis && axis.getClientRects().length && answers(axis))
                requestAnimationFrame(() => setTimeout(() =>
                    done([seen.paint, performance.now() / 1e3])));
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
})()"""


class _LikePages(http.server.SimpleHTTPRequestHandler):
    """Answer as GitHub Pages does: gzip for text, ten minutes in the cache, one connection kept.

    GitHub Pages speaks HTTP/2, which has no limit of six requests at a time: pages of many
    small files are a little faster there than here.
    """

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Send a file of the site, or the bare page."""
        path = Path(self.translate_path(urlsplit(self.path).path))
        if not path.is_file() and path.stem != "bare":
            self.send_error(404)
            return
        body = path.read_bytes() if path.is_file() else BARE.encode()
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


def _page(browser):
    """Return a page of a phone in a context of its own, and its session."""
    page = browser.new_context(viewport={"width": 412, "height": 823}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    return page, session


def _bytes(browser, *addresses):
    """Open pages one after the other with one cache; return what each loaded, in kB."""
    page, session = _page(browser)
    loaded, sizes = [], []
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    for address in addresses:
        loaded.clear()
        page.goto(address)
        page.evaluate("window.MathJax?.startup?.promise.then(() => 0)")
        page.wait_for_load_state("networkidle")
        sizes.append(sum(loaded) / 1e3)
    page.context.close()
    return sizes


def _visit(browser, address):
    """Return the seconds until a page was painted first, and until its explorer answered."""
    page, session = _page(browser)
    page.add_init_script(WATCH)
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    page.goto(address, wait_until="commit")
    seen = page.evaluate("interactive")
    page.context.close()
    return seen


def measure():
    """Yield the rows of the heaviest lesson, and the times of the first one too."""
    lessons = sorted(SITE.glob("chapters/[0-9]*.html"))
    heaviest = max(lessons, key=lambda path: len(gzip.compress(path.read_bytes())))
    handler = partial(_LikePages, directory=str(SITE))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        running_chromium() as browser,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/"
        index, page, empty = (
            f"{home}chapters/index.html",
            f"{home}chapters/{heaviest.name}",
            f"{home}search.html",
        )
        (first,), (nothing,) = _bytes(browser, page), _bytes(browser, empty)
        second, nothing_more = (_bytes(browser, index, other)[1] for other in (page, empty))
        yield plain("a first visit, gzipped", [first], [nothing], heaviest.stem)
        yield plain("a second page, gzipped", [second], [nothing_more], heaviest.stem)
        names = [f"chapters/{path.name}" for path in (lessons[0], heaviest)]
        rounds = [
            [_visit(browser, home + name) for name in ("bare.html", *names)] for _ in range(ROUNDS)
        ]
        server.shutdown()
    bare, *pages = zip(*rounds, strict=True)
    for path, found in zip((lessons[0], heaviest), pages, strict=True):
        for budget, own, beside in zip(
            ("until the first paint", "until the first figure answers"),
            zip(*found, strict=True),
            zip(*bare, strict=True),
            strict=True,
        ):
            yield plain(budget, own, beside, path.stem)
