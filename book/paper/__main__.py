"""Print the built site as one PDF: python -m book.paper."""

import shutil

from book.drafts import draft_of
from book.header import wanted
from book.paper.paper import print_page
from book.paper.press import ROOT, SITE, press

TARGET = ROOT / "_build" / "pdf" / "dropout-lab.pdf"


def main():
    """Write the PDF."""
    with press(TARGET) as (page, source, draft, config):
        print_page(page, source, draft, config["author"])
    if wanted("PDF"):  # the pages have a link to it, see book/header.py
        with draft_of(SITE / TARGET.name) as draft:
            shutil.copy(TARGET, draft)


if __name__ == "__main__":
    main()
