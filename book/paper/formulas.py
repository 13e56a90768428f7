"""Formulas that can be heard: what a PDF says where it shows one."""

from importlib.util import find_spec
from pathlib import Path

from pypdf.generic import DictionaryObject, NameObject

__all__ = ["open_book", "structure", "tag_formulas"]

_SPEAK = Path(__file__).with_name("speak.js")


def open_book(page, source):
    """Open a page, wait for its formulas, and name each by what a teacher would say.

    Parameters
    ----------
    page : playwright.sync_api.Page
        An empty page of a running Chromium.
    source : pathlib.Path
        The book as one page of HTML, from `paper.one_page.one_page`.

    Returns
    -------
    list of str
        What is said, each text once. The speech rules come with the site's MathJax and speak
        English; no page of the site loads them.
    """
    page.goto(source.as_uri())
    page.evaluate("window.MathJax.startup.promise")
    page.evaluate("document.fonts.ready")
    package = find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
    mathjax = Path(package, "static", "mathjax")
    page.add_script_tag(path=mathjax / "a11y" / "sre.js")
    files = [mathjax / "sre" / "mathmaps" / f"{name}.json" for name in ("base", "en")]
    rules = {file.stem: file.read_text(encoding="utf-8") for file in files}
    return page.evaluate(_SPEAK.read_text(encoding="utf-8"), rules)


def structure(pdf):
    """Yield the elements of a PDF's structure: what assistive technology reads.

    Parameters
    ----------
    pdf : pypdf.PdfReader or pypdf.PdfWriter
        The PDF.

    Yields
    ------
    pypdf.generic.DictionaryObject
        An element: ``/S`` is its kind, ``/Alt`` its text if it has one.
    """
    rest = [pdf.root_object["/StructTreeRoot"]]
    while rest:
        element = rest.pop().get_object()
        if isinstance(element, DictionaryObject):
            if "/S" in element:
                yield element
            kids = element.get("/K", [])
            rest += kids if isinstance(kids, list) else [kids]


def tag_formulas(pdf, spoken):
    """Call formulas formulas: Chromium has one name for all that it takes for a picture.

    Parameters
    ----------
    pdf : pypdf.PdfWriter
        A PDF with structure.
    spoken : list of str
        What `open_book` returned.
    """
    said = set(spoken)
    for element in structure(pdf):
        if element["/S"] == "/Figure" and element.get("/Alt") in said:
            element[NameObject("/S")] = NameObject("/Formula")
