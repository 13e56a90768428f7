"""Print the built site as one PDF: python -m book.paper."""

import shutil

from book.header import wanted
from book.paper.paper import print_page
from book.paper.press import ROOT, SITE, press

TARGET = ROOT / "_build" / "pdf" / "dropout-lab.pdf"


def main():
    """Write the PDF."""
    with press(TARGET) as (page, source, config):
        print_page(page, source, TARGET, config["author"])
    if wanted("PDF"):
        shutil.copy(TARGET, SITE)  # its pages have a link to it, see book/header.py


if __name__ == "__main__":
    main()
