"""Draw the social cards, which are stored: python -m book.paper.cards, when a part changes."""

import html
from pathlib import Path
from string import Template

from book.drafts import draft_of
from book.paper.press import ROOT, chromium_page
from book.sharing import CARDS, HEIGHT, SUMMARY, WIDTH, card_name

PAGE = Template(Path(__file__).with_name("card.html").read_text(encoding="utf-8"))
TITLE = "Drag a slider. Watch units fall silent."  # of the book's own card
LINES = {
    "": SUMMARY,
    "Understand dropout": (
        "The study group, the mathematics of a mask, and where the 1/(1 \N{MINUS SIGN} p) goes"
    ),
    "Use dropout": "PyTorch and Keras, card fraud, and the MNIST demo that loses",
    "Ask for the evidence": (
        "Ensembles, rates, ridge regression, uncertainty: what holds and what does not"
    ),
    "Reference": "A cheat sheet, a glossary, and a ledger of every claim in numbers",
}


def main():
    """Draw one for each part of the book, and one for the book."""
    mark = (ROOT / "assets" / "mark.svg").read_text(encoding="utf-8")
    with chromium_page() as page:
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        for part, line in LINES.items():
            title, line = html.escape(part or TITLE), html.escape(line)
            page.set_content(PAGE.substitute(title=title, line=line, mark=mark))
            with draft_of(CARDS / card_name(part)) as draft:
                draft.write_bytes(page.screenshot())


if __name__ == "__main__":
    main()
