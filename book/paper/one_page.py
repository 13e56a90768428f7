"""All pages of the built site as one page for paper."""

import html
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from urllib.parse import unquote, urldefrag, urljoin

from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader

from dropout_lab.explorer.page import read_published

__all__ = ["Part", "SitePage", "most_telling", "one_page", "read_parts"]

START = "chapters/index.html"
# An explorer begins where its reader should begin. Where that says little without a slider, paper
# shows another frame: by page the positions of controls, for the explorer that has them.
MOST_TELLING = {
    "01_study_group": {"rounds": "800"},
    "02_mask_mathematics": {"pass": "24"},
    "10_ridge": {"masked copies": "100"},
    "11_uncertainty": {"angle, degrees": "45"},
    "13_should_i_use_dropout": {"seeds": "10"},
}
_TEMPLATE = Path(__file__).with_name("book.html")
_STYLE = Path(__file__).with_name("paper.css")
_FOR_THE_SCREEN = (
    "script, style, button, .headerlink, .viewcode-link, details.hide, .xp-ui, .xp-note, .pg-ui, "
    ".pg-note, .toctree-wrapper, .ledger-choice, .d-print-none"
)
# Code in the color of the text needs no elements of its own; they are half of a PDF with structure.
_PLAIN_TOKENS = ", ".join(f".highlight span.{kind}" for kind in ("n", "nn", "p", "w"))
_NUMBER_UNKNOWN = "000"  # as wide as a number, so that the real ones do not move a line


@dataclass(frozen=True)
class SitePage:
    """A page of the site: its address there, its title in the sidebar, and its text."""

    address: str
    title: str
    article: BeautifulSoup

    @property
    def key(self):
        """What the page's anchors begin with once all pages are one."""
        return Path(self.address).stem

    @property
    def text(self):
        """The HTML of the chapter."""
        return self.article.decode_contents()

    @property
    def sections(self):
        """The anchor and the heading of each numbered section."""
        found = self.article.select("section > h3")
        headings = [(heading.parent["id"], heading.get_text()) for heading in found]
        return [(anchor, text) for anchor, text in headings if re.match(r"\d", text)]


@dataclass(frozen=True)
class Part:
    """A part of the book: its caption and its pages."""

    caption: str
    pages: tuple


def read_parts(site):
    """Read the pages of the built site, in the order of its sidebar.

    Parameters
    ----------
    site : pathlib.Path
        The folder of the site.

    Returns
    -------
    list of Part
        The first has no caption and holds the landing page. Pages in folders below that of the
        chapters are for the screen: what documents the code is generated, and long.
    """
    soup = BeautifulSoup((site / START).read_text(encoding="utf-8"), "html.parser")
    parts = [Part("", (_page(site, START, "About this book"),))]
    for caption in soup.select("nav.bd-docs-nav p.caption"):
        entries = caption.find_next_sibling("ul").find_all("li", recursive=False)
        links = [entry.find("a") for entry in entries]
        pages = [(urljoin(START, link["href"]), link.get_text().strip()) for link in links]
        pages = [page for page in pages if posixpath.dirname(page[0]) == posixpath.dirname(START)]
        if pages:
            parts.append(Part(caption.get_text(), tuple(_page(site, *page) for page in pages)))
    return parts


def _page(site, address, title):
    soup = BeautifulSoup((site / address).read_text(encoding="utf-8"), "html.parser")
    return SitePage(address, title, soup.select_one("article.bd-article").extract())


def one_page(site, title, author):
    """Return the whole book as one page, every link inside it an anchor on the same page.

    Parameters
    ----------
    site : pathlib.Path
        The folder of the built site.
    title, author : str
        What the title page says.

    Returns
    -------
    str
        HTML for a file two folders beside the site's pages, that is in ``_build/pdf``. Style
        sheets and MathJax are the site's own. ``<a class="page-number">`` stands where the number
        of the page that it links to belongs.
    """
    parts = read_parts(site)
    pages = [page for part in parts for page in part.pages]
    keys = {page.address: page.key for page in pages}
    styles = [style.get_text() for page in pages for style in page.article.find_all("style")]
    for page in pages:
        _prepare(page, keys)
    figure = _take_figure(pages[0])
    start = BeautifulSoup((site / START).read_text(encoding="utf-8"), "html.parser")
    template = Environment(loader=FileSystemLoader(_TEMPLATE.parent), autoescape=True)
    return template.get_template(_TEMPLATE.name).render(
        title=title,
        author=author,
        parts=parts,
        figure=figure,
        number_unknown=_NUMBER_UNKNOWN,
        folder=f"../{site.name}",
        sheets=[link["href"] for link in start.select("link[rel=stylesheet]")],
        scripts=[tag["src"] for tag in start.select("script[src]") if "mathjax" in tag["src"]],
        styles=[*dict.fromkeys(styles), _STYLE.read_text(encoding="utf-8")],
    )


def _take_figure(page):
    """Take the figure of the landing page out of it, for the title page."""
    page.article.find("h1").string = page.title
    return page.article.find("figure").extract()


# --- from a page of the site to a chapter on paper --------------------------------------------


def _prepare(page, keys):
    """Turn a page of the site into a chapter on paper."""
    article = page.article
    for figure in article.select("figure.xp"):
        (explorer,) = read_published(str(figure))
        _draw(figure, explorer, most_telling(page.key, explorer))
        figure["role"] = "group"  # a figure in a PDF needs a text; here the picture has it
    for figure in article.select("figure.pg"):
        _draw_piece(figure)
    _shorten_code(article)
    for mark in article.select(".claim-mark"):
        _raise_tick(mark)
    answers = _take_solutions(article) + _take_answers(article)
    for element in article.select(_FOR_THE_SCREEN):
        element.decompose()
    for cell in article.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find(["img", "svg"]):
            cell.decompose()  # it only prepared something
    for card in article.select(".sd-card"):
        _shelve(card)
    if answers:
        heading = '<section class="answers" id="answers"><h2>Answers</h2></section>'
        section = _parse(heading).section
        section.extend(answers)
        article.find("section").append(section)
    _mend_links(page, keys)
    for heading in article.find_all(re.compile("^h[1-5]$")):
        if page.address != START:
            heading.name = f"h{int(heading.name[1]) + 1}"  # the first level belongs to the parts


def most_telling(key, explorer):
    """Return the number of the frame that paper shows of an explorer on a page."""
    names = [name for _, name, _ in explorer.axes]
    wanted = MOST_TELLING.get(key, {}).items()
    return explorer.number({name: value for name, value in wanted if name in names})


def _draw(figure, explorer, number):
    """Put one frame of an explorer into the page itself: its letters become text."""
    figure.find("img").replace_with(_parse(explorer.svg(number)))
    figure.select_one(".xp-say").string = explorer.sentences[number]


def _draw_piece(figure):
    """Put the picture of a piece that computes into the page itself, as an explorer's is."""
    image = figure.img
    picture = _parse(unquote(image["src"].partition(",")[2])).svg
    picture["role"], picture["aria-label"] = "img", image["alt"]
    image.replace_with(picture)
    figure["role"] = "group"


def _raise_tick(mark):
    """Make of a claim's mark a raised tick that leads to its line in the ledger."""
    target = mark.button["popovertarget"].removeprefix("about-")
    tick = f'<sup><a href="ledger.html#{target}" aria-label="Checked">✓</a></sup>'
    mark.clear()
    mark.append(_parse(tick))


def _shorten_code(article):
    """Leave of the code what paper needs: never two empty lines, and fewer elements."""
    for token in article.select(_PLAIN_TOKENS):
        token.unwrap()
    for code in article.select(".highlight pre"):
        code.smooth()
        for text in code.find_all(string=re.compile("\n{3}")):
            text.replace_with(re.sub("\n{3,}", "\n\n", text))


def _take_solutions(article):
    """Take the solutions out of a chapter; each exercise names the page that has its own."""
    solutions = article.select("div.solution")
    for number, solution in enumerate(solutions, 1):
        solution["class"] = "paper-solution"
        solution["id"] = f"paper-solution-{number}"
        exercise = article.find(id=solution.select_one(".admonition-title a")["href"][1:])
        pointer = f'<span class="pointer">solution on page {_page_number(solution["id"])}</span>'
        exercise.p.extend((" ", _parse(pointer)))
    return [solution.extract() for solution in solutions]


def _take_answers(article):
    """Turn the quizzes of a chapter into print; return the paragraphs that give the answers."""
    answers = []
    for number, quiz in enumerate(article.select(".xp-quiz"), 1):
        options, question = [], quiz.legend.decode_contents()
        for letter, option in zip(ascii_lowercase, quiz.select(".xp-option"), strict=False):
            text = option.summary.span.decode_contents()
            options.append(f"<li>{text}</li>")
            feedback = option.select_one(".xp-feedback")
            if feedback.b.extract().get_text() == "Yes.":
                answer = f"<b>Question {number}: {letter}.</b> {feedback.decode_contents()}"
                answers.append(_parse(f'<p class="paper-answer">{answer}</p>'))
        options = f'<ol type="a">{"".join(options)}</ol>'
        question = f'<p class="paper-question"><b>Question {number}.</b> {question}</p>'
        quiz.replace_with(_parse(f'<div class="paper-quiz">{question}{options}</div>'))
    return answers


def _shelve(card):
    """Turn a card of the landing page into a line."""
    title = card.select_one(".sd-card-title").get_text().strip()
    link = f'<a href="{card.select_one("a")["href"]}">{html.escape(title)}</a>'
    line = (
        f'<p class="card-line"><b>{link}</b><br> {card.select_one(".sd-card-text").get_text()}</p>'
    )
    card.find_parent(class_="sd-col").replace_with(_parse(line))


def _mend_links(page, keys):
    """Make anchors unique, and links lead to them, to the web, or nowhere."""
    for element in page.article.find_all(id=True):
        if element.find_parent("svg"):
            continue  # a figure has its own, and refers to them
        element["id"] = f"{page.key}--{element['id']}"
    for link in page.article.find_all("a", href=True):
        target, anchor = urldefrag(urljoin(page.address, link["href"]))
        if target in keys:
            link["href"] = f"#{keys[target]}--{unquote(anchor)}" if anchor else f"#{keys[target]}"
        elif not target.startswith(("http:", "https:", "mailto:")):
            link.unwrap()  # a file of the site, which no paper has


def _page_number(anchor):
    """Return a link that shows the number of the page where an anchor stands, once known."""
    return f'<a class="page-number" href="#{anchor}">{_NUMBER_UNKNOWN}</a>'


def _parse(text):
    return BeautifulSoup(text, "html.parser")
