"""Formulas that can be heard: what a PDF says where it shows one."""

from importlib.util import find_spec
from pathlib import Path

from pypdf.generic import DictionaryObject, NameObject

__all__ = ["open_book", "structure", "tag_formulas"]

# Letters that a style sheet draws, as MathJax does, are in no tree of a PDF. So each formula gets
# a name in words, and a box (see paper.css) that is in the tree.
_SPEAK = """async rules => {
    const { Sre } = MathJax._.a11y.sre;
    SREfeature.custom = async name => rules[name];  // a page from a file may not read files
    await Sre.setupEngine({ locale: 'en', domain: 'clearspeak', modality: 'speech' });
    await Sre.sreReady();
    const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;
    const source = new SerializedMmlVisitor();
    const spoken = new Map();
    for (const formula of MathJax.startup.document.math) {
        const mathml = source.visitTree(formula.root);
        if (!spoken.has(mathml)) {
            // Upright letters are no news: E is the mean, and Var has no slant either.
            spoken.set(mathml, Sre.toSpeech(mathml).replaceAll('normal ', ''));
        }
        const drawn = formula.typesetRoot.querySelector('mjx-math');
        drawn.setAttribute('role', 'img');
        drawn.setAttribute('aria-label', spoken.get(mathml));
    }
    return [...spoken.values()];
}"""


def open_book(page, source):
    """Open a page, wait for its formulas, and name each by what a teacher would say.

    Parameters
    ----------
    page : playwright.sync_api.Page
        An empty page of a running Chromium.
    source : pathlib.Path
        The book as one page of HTML, from `printing.one_page.one_page`.

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
    rules = mathjax / "sre" / "mathmaps"
    names = ("base", "en")
    return page.evaluate(
        _SPEAK, {name: (rules / f"{name}.json").read_text(encoding="utf-8") for name in names}
    )


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
