"""From one page of HTML to a PDF, by Chromium's print."""

from pypdf import PdfReader, PdfWriter

from book.paper.formulas import open_book, tag_formulas

__all__ = ["page_numbers", "print_page"]

_PRINTS = 4
_SETTINGS = {
    "prefer_css_page_size": True,
    "print_background": True,
    "tagged": True,
    "outline": True,
}
_FILL_IN = """numbers => document.querySelectorAll('a.page-number').forEach(link => {
    link.textContent = numbers[decodeURIComponent(link.hash.slice(1))];
})"""


def print_page(page, source, target, author):
    """Print a page, with page numbers in its table of contents.

    Chromium cannot say in the text on which page something stands. So the page is printed, the
    numbers are read from the print and filled in, and it is printed again.

    Parameters
    ----------
    page : playwright.sync_api.Page
        An empty page of a running Chromium.
    source, target : pathlib.Path
        The HTML and the PDF.
    author : str
        Whom the PDF names as its author.

    Raises
    ------
    RuntimeError
        If filling in numbers moves the text again and again.
    """
    spoken = open_book(page, source)
    numbers = None
    for _ in range(_PRINTS):
        page.pdf(path=target, **_SETTINGS)
        found = page_numbers(target)
        if found == numbers:
            break
        numbers = found
        page.evaluate(_FILL_IN, numbers)
    else:
        raise RuntimeError(f"page numbers still move after {_PRINTS} prints of {source}")
    _describe(target, author, spoken)


def page_numbers(path):
    """Return on which page each anchor stands that something in a PDF links to.

    Parameters
    ----------
    path : pathlib.Path
        The PDF.

    Returns
    -------
    dict of str to int
        Pages count from 1.
    """
    reader = PdfReader(path)
    order = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    places = reader.named_destinations
    return {name.removeprefix("/"): order[place.page.idnum] for name, place in places.items()}


def _describe(path, author, spoken):
    """Name author and formulas, show the title in the window and the outline beside the pages."""
    writer = PdfWriter(clone_from=path)
    tag_formulas(writer, spoken)
    writer.add_metadata({"/Author": author, "/Creator": "Chromium"})
    writer.pdf_header = "%PDF-1.7"  # pypdf says 1.3, which knows no structure
    writer.page_mode = "/UseOutlines"
    writer.create_viewer_preferences().display_doctitle = True
    writer.write(path)
