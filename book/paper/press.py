"""What both kinds of book begin with: the built site as one page, and a browser to open it in."""

import contextlib
import sys
from pathlib import Path

import yaml

from book.drafts import draft_of
from book.paper.one_page import one_page
from browsers.chromium import running_chromium

__all__ = ["ROOT", "SITE", "chromium_page", "press"]

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"


@contextlib.contextmanager
def chromium_page():
    """Yield an empty page of a browser that is closed at the end."""
    with running_chromium() as browser:
        yield browser.new_page()


@contextlib.contextmanager
def press(target):
    """Lay the site out for a book and start a browser, or say what is missing.

    Parameters
    ----------
    target : pathlib.Path
        The book to write.

    Yields
    ------
    page : playwright.sync_api.Page
        An empty page of the browser, closed at the end.
    source : pathlib.Path
        The site as one page of HTML, deleted at the end.
    draft : pathlib.Path
        Where to write the book; it is moved to its place at the end.
    config : dict
        The book's configuration, with its title and author.
    """
    if not (SITE / "index.html").exists():
        sys.exit(f"{SITE} does not exist; run: make book")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    with draft_of(target) as draft:
        source = draft.with_suffix(".html")
        try:
            source.write_text(one_page(SITE, config["title"], config["author"]), encoding="utf-8")
            with chromium_page() as page:
                yield page, source, draft, config
        finally:
            source.unlink(missing_ok=True)
