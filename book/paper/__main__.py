"""Print the built site as one PDF: python -m book.paper."""

import os
import shutil

from book.paper.paper import print_page
from book.paper.press import ROOT, SITE, press

TARGET = ROOT / "_build" / "pdf" / "dropout-lab.pdf"


def main():
    """Write the PDF."""
    with press(TARGET) as (page, source, config):
        print_page(page, source, TARGET, config["author"])
    if os.environ.get("PDF", "") not in ("", "0"):
        shutil.copy(TARGET, SITE)  # its pages have a link to it, see book/whole_book.py


if __name__ == "__main__":
    main()
