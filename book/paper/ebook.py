"""Make an e-book of the built site: python -m book.paper.ebook."""

import html
import os
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from book.paper.formulas import open_book
from book.paper.press import ROOT, SITE, press

__all__ = ["read_chapters", "write_ebook"]

TARGET = ROOT / "_build" / "epub" / "dropout-lab.epub"
_STYLE = Path(__file__).with_name("ebook.css")

# The page for paper with what paper cannot have: formulas as MathML, links in place of page
# numbers. Chromium writes it as the XML that the format asks for.
_TURN = r"""() => {
    const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;
    const source = new SerializedMmlVisitor(), parser = new DOMParser();
    for (const formula of MathJax.startup.document.math) {
        const drawn = formula.typesetRoot;
        const math = parser.parseFromString(source.visitTree(formula.root), 'text/xml');
        const said = drawn.querySelector('mjx-math').getAttribute('aria-label');
        math.documentElement.setAttribute('alttext', said);
        for (const element of math.querySelectorAll('*')) {
            for (const name of element.getAttributeNames()) {
                if (name.startsWith('data-')) element.removeAttribute(name);
            }
        }
        drawn.replaceWith(document.adoptNode(math.documentElement));
    }
    for (const pointer of document.querySelectorAll('.pointer')) {
        const link = pointer.querySelector('a');
        link.textContent = 'Solution';
        link.className = '';
        pointer.replaceChildren(link);
    }
    const ids = new Set();  // some exercises of a chapter share one, which no link uses
    for (const element of document.querySelectorAll('[id]')) {
        if (ids.has(element.id)) element.removeAttribute('id');
        else ids.add(element.id);
    }
    for (const link of document.querySelectorAll('a[href^="#"]')) {
        const anchor = decodeURIComponent(link.hash.slice(1)), key = anchor.split('--')[0];
        link.setAttribute('href', `${key}.xhtml` + (anchor === key ? '' : `#${anchor}`));
    }
    document.querySelector('.title-page').append(document.querySelector('.about-print'));
    const xml = new XMLSerializer();
    return [...document.querySelectorAll('.title-page, article')].map(chapter => ({
        key: chapter.dataset.page ?? 'title-page',
        part: chapter.querySelector('h1.part')?.textContent ?? '',
        title: chapter.querySelector('h1:not(.part), h2, .title').textContent,
        sections: [...chapter.querySelectorAll('section[id] > h3')].map(
            heading => [heading.parentElement.id, heading.textContent]),
        properties: ['math', 'svg'].filter(name => chapter.querySelector(name)),
        text: xml.serializeToString(chapter).replace(/src="[^"]*\/(?=mark\.svg")/, 'src="'),
    }));
}"""


def read_chapters(page):
    """Return the chapters of a book as an e-book shows them; what the page shows is lost.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The page that `printing.formulas.open_book` opened.

    Returns
    -------
    list of dict
        For each its ``key``, the caption of the ``part`` that it opens, its ``title``, its
        ``sections``, whether it holds "math" or "svg" as ``properties``, and its ``text`` in XML.
    """
    return page.evaluate(_TURN)


def write_ebook(target, chapters, site, title, author):
    """Write an e-book: a ZIP file whose first member says what it is.

    Parameters
    ----------
    target : pathlib.Path
        The EPUB.
    chapters : list of dict
        From `read_chapters`.
    site : pathlib.Path
        The folder of the built site, which has the colors of code and the mark of the book.
    title, author : str
        What its catalog card says.
    """
    files = {
        "META-INF/container.xml": _CONTAINER,
        "book/package.opf": _package(chapters, title, author),
        "book/contents.xhtml": _contents(chapters),
        "book/style.css": _STYLE.read_text(encoding="utf-8"),
        "book/mark.svg": (site / "_static" / "mark.svg").read_text(encoding="utf-8"),
    }
    for chapter in chapters:
        text = _page(chapter["title"], chapter["text"])
        files[f"book/{chapter['key']}.xhtml"] = text
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, text in files.items():
            book.writestr(name, text)


_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""

_PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language><dc:creator>{author}</dc:creator>
<meta property="dcterms:modified">{date:%Y-%m-%dT%H:%M:%SZ}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Each figure and each formula has a text.</meta>
</metadata><manifest>
<item id="contents" href="contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
<item id="mark" href="mark.svg" media-type="image/svg+xml"/>
{items}
</manifest><spine>{spine}</spine></package>"""


def _package(chapters, title, author):
    """Return the list of files, and in which order they are read."""
    items, spine = [], []
    for chapter in chapters:
        named = {"math": "mathml", "svg": "svg"}
        properties = " ".join(named[name] for name in chapter["properties"])
        properties = f' properties="{properties}"' if properties else ""
        name = f"page-{chapter['key']}"
        items.append(
            f'<item id="{name}" href="{chapter["key"]}.xhtml" '
            f'media-type="application/xhtml+xml"{properties}/>'
        )
        spine.append(f'<itemref idref="{name}"/>')
    spine.insert(1, '<itemref idref="contents"/>')
    return _PACKAGE.format(
        identifier=uuid.uuid5(uuid.NAMESPACE_DNS, f"{title}, {author}"),
        title=html.escape(title),
        author=html.escape(author),
        date=datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", _now())), UTC),
        items="\n".join(items),
        spine="".join(spine),
    )


def _now():
    return datetime.now(UTC).timestamp()


def _contents(chapters):
    """Return the table of contents, which readers also show beside the text."""
    lines, open_part = [], False
    for chapter in chapters[1:]:
        if chapter["part"]:
            lines.append("</ol></li>" * open_part)
            lines.append(f"<li><span>{html.escape(chapter['part'])}</span><ol>")
            open_part = True
        file = f"{chapter['key']}.xhtml"
        sections = "".join(
            f'<li><a href="{file}#{anchor}">{html.escape(text)}</a></li>'
            for anchor, text in chapter["sections"]
        )
        sections = f"<ol>{sections}</ol>" if sections else ""
        title = html.escape(chapter["title"])
        lines.append(f'<li><a href="{file}">{title}</a>{sections}</li>')
    lines.append("</ol></li>" * open_part)
    lines = "".join(lines)
    return _page("Contents", f'<nav epub:type="toc"><h1>Contents</h1><ol>{lines}</ol></nav>')


def _page(title, text):
    """Return a page of the e-book."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="en" xml:lang="en"><head><title>{html.escape(title)}</title>'
        f'<link rel="stylesheet" href="style.css"/></head><body>{text}</body></html>'
    )


def main():
    """Write the e-book."""
    with press(TARGET) as (page, source, config):
        open_book(page, source)
        chapters = read_chapters(page)
    write_ebook(TARGET, chapters, SITE, config["title"], config["author"])


if __name__ == "__main__":
    main()
