"""Make an e-book of the built site: python -m book.paper.ebook."""

import os
import time
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from book.paper.formulas import open_book
from book.paper.press import ROOT, SITE, press
from dropout_lab.explorer.text import without_controls

__all__ = ["read_chapters", "write_ebook"]

TARGET = ROOT / "_build" / "epub" / "dropout-lab.epub"
_FILES = Path(__file__).with_name("epub")


def read_chapters(page):
    """Return the chapters of a book as an e-book shows them; what the page shows is lost.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The page that `paper.formulas.open_book` opened.

    Returns
    -------
    list of dict
        For each its ``key``, the caption of the ``part`` that it opens, its ``title``, its
        ``sections``, the ``properties`` that say whether it holds formulas or
        pictures, and its ``text`` in XML.
    """
    return page.evaluate((_FILES / "turn.js").read_text(encoding="utf-8"))


def write_ebook(target, chapters, site, title, author):
    """Write an e-book: a ZIP file whose first member says what it is.

    Parameters
    ----------
    target : pathlib.Path
        The EPUB.
    chapters : list of dict
        From `read_chapters`.
    site : pathlib.Path
        The folder of the built site, which has the colors of code and the mark of the book.
    title, author : str
        What its catalog card says.
    """
    parts = []
    for chapter in chapters[1:]:
        if chapter["part"] or not parts:
            parts.append((chapter["part"], []))
        parts[-1][1].append(chapter)
    date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), UTC)
    words = {
        "chapters": chapters,
        "parts": parts,
        "title": title,
        "author": author,
        "identifier": uuid.uuid5(uuid.NAMESPACE_DNS, f"{title}, {author}"),
        "date": f"{date:%Y-%m-%dT%H:%M:%SZ}",
    }
    templates = Environment(loader=FileSystemLoader(_FILES), autoescape=True)
    files = {
        "META-INF/container.xml": templates.get_template("container.xml").render(),
        "book/package.opf": templates.get_template("package.opf").render(words),
        "book/contents.xhtml": templates.get_template("contents.xhtml").render(words),
        "book/style.css": (_FILES / "style.css").read_text(encoding="utf-8"),
        "book/mark.svg": (site / "_static" / "mark.svg").read_text(encoding="utf-8"),
    }
    for chapter in chapters:
        text = templates.get_template("page.xhtml").render(chapter=chapter)
        files[f"book/{chapter['key']}.xhtml"] = text
    with zipfile.ZipFile(target, "w") as book:  # whose members have no date: a clock may be wrong
        book.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip")
        for name, text in files.items():
            text = without_controls(text)  # a cell may have printed some
            book.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def main():
    """Write the e-book."""
    with press(TARGET) as (page, source, draft, config):
        open_book(page, source)
        write_ebook(draft, read_chapters(page), SITE, config["title"], config["author"])


if __name__ == "__main__":
    main()
