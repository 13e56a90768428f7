"""Print the built site as one PDF: python -m printing."""

import os
import shutil
import sys
from pathlib import Path

import yaml

from browsers.chromium import ARGUMENTS, find_chromium
from printing.one_page import one_page
from printing.paper import print_page

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "pdf" / "dropout-lab.pdf"


def main():
    """Write the PDF, or say what is missing."""
    from playwright.sync_api import sync_playwright

    if not (SITE / "index.html").exists():
        sys.exit(f"{SITE} does not exist; run: make book")
    path = find_chromium()
    if path is None:
        sys.exit("NO CHROMIUM, and printing needs one. Install it, or set CHROMIUM to its path.")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    source = TARGET.with_suffix(".html")
    source.write_text(one_page(SITE, config["title"], config["author"]), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        print_page(browser.new_page(), source, TARGET, config["author"])
        browser.close()
    source.unlink()
    if os.environ.get("PDF", "") not in ("", "0"):
        shutil.copy(TARGET, SITE)  # its pages have a link to it, see _extensions/whole_book.py


if __name__ == "__main__":
    main()
