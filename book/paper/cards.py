"""Draw the social cards, which are stored: python -m book.paper.cards, when a part changes."""

import html
from pathlib import Path

import yaml

from book.cards import CARDS, HEIGHT, SUMMARY, WIDTH, card_name
from browsers.chromium import ARGUMENTS, find_chromium

ROOT = Path(__file__).parents[1]
MARK = (ROOT / "assets" / "mark.svg").read_text(encoding="utf-8")
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; width: {width}px; height: {height}px; box-sizing: border-box; padding: 70px 80px;
  font-family: "Source Sans 3", "Liberation Sans", Arial, sans-serif; color: #1b2733;
  background: #fff; border-bottom: 18px solid #2f7fbf; display: grid;
  grid-template-columns: 1fr 270px; gap: 50px; align-items: center }}
p {{ margin: 0 }}
.book {{ font-size: 36px; font-weight: 700; color: #1d5f94; margin-bottom: 22px }}
.title {{ font-size: 78px; font-weight: 700; line-height: 1.08; letter-spacing: -1px }}
.line {{ margin-top: 28px; font-size: 34px; line-height: 1.35; color: #44525f }}
svg {{ width: 270px; height: 270px }}
</style><div><p class="book">{book}</p><p class="title">{title}</p><p class="line">{line}</p></div>
{mark}"""


def texts():
    """Return the title and the line of each card, by the caption of its part."""
    lines = {
        "": ("Drag a slider. Watch units fall silent.", SUMMARY),
        "Understand dropout": (
            "",
            "The study group, the mathematics of a mask, and where the 1/(1 \N{MINUS SIGN} p) goes",
        ),
        "Use dropout": ("", "PyTorch and Keras, card fraud, and the MNIST demo that loses"),
        "Ask for the evidence": (
            "",
            "Ensembles, rates, ridge regression, uncertainty: what holds and what does not",
        ),
        "Reference": ("", "A cheat sheet, a glossary, and a ledger of every claim in numbers"),
    }
    return {part: (title or part, line) for part, (title, line) in lines.items()}


def main():
    """Draw them all with Chromium."""
    from playwright.sync_api import sync_playwright

    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    CARDS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for part, (title, line) in texts().items():
            words = {"book": html.escape(book), "title": html.escape(title)}
            words |= {"line": html.escape(line), "mark": MARK, "width": WIDTH, "height": HEIGHT}
            page.set_content(PAGE.format(**words))
            page.screenshot(path=CARDS / card_name(part))
        browser.close()


if __name__ == "__main__":
    main()
