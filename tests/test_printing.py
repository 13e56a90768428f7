"""The book as a PDF and as an e-book: complete, linked, without a trace of what made them."""

import contextlib
import gc
import itertools
import re
import tempfile
import time
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pytest
from browsing import trouble_of
from bs4 import BeautifulSoup
from published import SHOWN
from pypdf import PdfReader
from recorded import SITE, contents, page_names, parsed
from test_hostile import everything

from book.paper import __main__ as printing
from book.paper import ebook as binding
from book.paper import press
from book.paper.ebook import read_chapters, write_ebook
from book.paper.formulas import structure
from book.paper.one_page import most_telling, one_page
from book.paper.paper import page_numbers, print_page
from dropout_lab.explorer.page import read_published

pytestmark = pytest.mark.all  # only a change of the build can break them

TITLE = "Dropout Lab"
AUTHOR = "The Dropout Lab authors"


def _plain(text):
    """Return the letters and figures of a text: line ends and ligatures differ in print."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def source():
    """Return the path of the book as one page of HTML."""
    # A folder beside the site, which the page names; another run has its own.
    with tempfile.TemporaryDirectory(dir=SITE.parent) as folder:
        path = Path(folder, "test.html")
        path.write_text(one_page(SITE, TITLE, AUTHOR), encoding="utf-8")
        yield path


@pytest.fixture(scope="module")
def books(browser, source, tmp_path_factory):
    """Return the paths of the printed book and of the e-book."""
    target = tmp_path_factory.mktemp("books") / "book.pdf"
    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    print_page(page, source, target, AUTHOR)
    write_ebook(target.with_suffix(".epub"), read_chapters(page), SITE, TITLE, AUTHOR)
    page.close()
    assert not said
    gc.disable()  # it would look through all objects of the book again and again
    yield target, target.with_suffix(".epub")
    gc.enable()


@pytest.fixture(scope="module")
def ebook(books):
    """Return the files of the e-book, each as a tree where it is XML."""
    with ZipFile(books[1]) as files:
        return {
            name: ElementTree.fromstring(files.read(name))
            for name in files.namelist()
            if name.endswith((".xhtml", ".opf", ".xml", ".svg"))
        }


@pytest.fixture(scope="module")
def book(books):
    """Return the printed book, opened."""
    return PdfReader(books[0])


@pytest.fixture(scope="module")
def starts(books):
    """Return on which page of the printed book each anchor stands."""
    return page_numbers(books[0])


@pytest.fixture(scope="module")
def texts(book):
    """Return the text of each page, letters and figures only."""
    return [_plain(page.extract_text()) for page in book.pages]


@pytest.fixture(scope="module")
def elements(book):
    """Return the elements of the book's structure, which assistive technology reads."""
    return list(structure(book))


@pytest.fixture(scope="module")
def site_pages():
    """Return the pages of the site that belong to the book, in its order, each as a tree."""
    return {name: parsed(name).article for name in page_names()}


def _titles(outline, depth=0):
    """Yield the title and the depth of each entry of an outline."""
    for entry in outline:
        if isinstance(entry, list):
            yield from _titles(entry, depth + 1)
        else:
            yield entry.title, depth


def _headings(article, level):
    return [
        heading.get_text().removesuffix("#").strip() for heading in article.find_all(f"h{level}")
    ]


@pytest.mark.parametrize(
    ("module", "step", "place"), [(printing, "print_page", 2), (binding, "write_ebook", 0)]
)
def test_half_a_book_has_not_the_name_of_one(tmp_path, monkeypatch, module, step, place):
    folder, site = tmp_path / "books", tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(module, "TARGET", folder / "book")
    monkeypatch.setattr(module, "SITE", site)
    monkeypatch.setenv("PDF", "1")
    monkeypatch.setattr(press, "one_page", lambda *_: "")
    monkeypatch.setattr(press, "chromium_page", contextlib.nullcontext)
    for name in ("open_book", "read_chapters"):
        monkeypatch.setattr(binding, name, lambda *_: None)
    monkeypatch.setattr(module, step, lambda *given: given[place].write_text("old"))
    module.main()
    whole = contents(tmp_path)
    assert whole["books/book"] == b"old"

    def stop(*given):
        given[place].write_text("half")
        raise RuntimeError("the browser is gone")

    monkeypatch.setattr(module, step, stop)
    with pytest.raises(RuntimeError, match="the browser is gone"):
        module.main()
    assert contents(tmp_path) == whole


def test_the_book_says_what_it_is(book):
    assert book.metadata.title == TITLE
    assert book.metadata.author == AUTHOR
    assert book.trailer["/Root"]["/Lang"] == "en"
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert book.pdf_header >= "%PDF-1.4"  # the first with structure
    for page in book.pages:
        assert [round(float(x) * 25.4 / 72) for x in page.mediabox[2:]] == [210, 297]  # A4


def test_each_chapter_begins_on_a_page_of_its_own(starts, texts, site_pages):
    pages = [starts[name] for name in site_pages]
    assert pages == sorted(set(pages))
    contents = "".join(texts[1 : starts["index"] - 1])
    for name, article in list(site_pages.items())[1:]:
        title = _plain(_headings(article, 1)[0])
        assert title in texts[starts[name] - 1]
        assert f"{title}{starts[name]}" in contents  # which names the page
    # A chapter is 30 to 45 minutes of reading: no fewer than 8 pages, no more than 30.
    chapters = [starts[name] for name in site_pages if name[0] in "01"] + [starts["cheat_sheet"]]
    assert all(8 <= after - before <= 30 for before, after in itertools.pairwise(chapters))
    assert starts["glossary"] == starts["cheat_sheet"] + 1  # one page


def test_the_outline_has_every_heading(book, site_pages):
    outline = list(_titles(book.outline))
    for name, article in list(site_pages.items())[1:]:
        for level in (1, 2, 3):
            for heading in _headings(article, level):
                assert (heading, level) in outline, name
    parts = [title for title, depth in outline if depth == 0]
    assert parts[:4] == ["Contents", "About this book", "New to networks?", "Understand dropout"]
    assert parts[-1] == "Reference"


def test_every_explorer_is_there_with_its_picture_and_its_sentence(texts, elements, site_pages):
    everything = "".join(texts)
    pictures = [element.get("/Alt") for element in elements if element["/S"] == "/Figure"]
    sentences = [
        explorer.sentences[most_telling(name, explorer)]
        for name, article in site_pages.items()
        for explorer in read_published(str(article))
    ]
    pieces = [image["alt"] for page in site_pages.values() for image in page.select(".pg img")]
    assert len(sentences) > 60
    assert len(pieces) > 5
    assert sorted(pictures) == sorted(sentences + pieces)
    assert [sentence for sentence in sentences if _plain(sentence) not in everything] == []


def test_every_formula_is_said_in_words(elements, site_pages):
    formulas = [f.get_text() for article in site_pages.values() for f in article.select(".math")]
    spoken = [element for element in elements if element["/S"] == "/Formula"]
    assert len(spoken) == len(formulas) > 700
    texts = [element["/Alt"] for element in spoken]
    assert all(texts)
    assert not any("\\" in text for text in texts)
    for tex, words in ((r"\sqrt", "square root"), (r"\sum", "the sum"), (r"\log", "log")):
        assert sum(words in text for text in texts) == sum(tex in text for text in formulas)
    assert all("/K" in element for element in spoken)  # a place on its page


def test_exercises_quizzes_and_answers_are_there_in_this_order(texts, site_pages):
    everything = "".join(texts)
    for name, article in site_pages.items():
        for question in article.select(".xp-quiz"):
            asked = everything.index(_plain(question.legend.get_text()))
            right = [p for p in question.select(".xp-feedback") if p.b.get_text() == "Yes."]
            answered = _plain(right[0].get_text().removeprefix("Yes."))
            answered = everything.index(answered, asked)
            assert "AnswersSolutionto" in everything[asked:answered], name
            for option in question.select("summary span"):
                assert _plain(option.get_text()) in everything[asked : asked + 2000]
        for solution in article.select("div.solution .admonition-title"):
            assert _plain(solution.get_text()) in everything
    for words in ("Show the code", "Click to show", "Moving through the others needs"):
        assert _plain(words) not in everything


def test_links_lead_into_the_book_or_to_the_web(books, starts, book):
    inside = 0
    for page in book.pages:
        for annotation in page.get("/Annots", ()):
            link = annotation.get_object()
            if "/Dest" in link:
                assert str(link["/Dest"]).removeprefix("/") in starts
                inside += 1
            else:
                assert re.match(r"https?://|mailto:", link["/A"]["/URI"])
    assert inside > 1000
    assert b"file:" not in books[0].read_bytes()


def test_an_ebook_says_first_what_it_is_and_lists_its_files(books, ebook, site_pages):
    with ZipFile(books[1]) as files:
        first = files.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
        assert files.read(first) == b"application/epub+zip"
        names = files.namelist()
    package = ebook["book/package.opf"]
    items = {item.get("id"): item.get("href") for item in package.iterfind(".//{*}item")}
    besides = {"mimetype", "META-INF/container.xml", "book/package.opf"}
    assert {f"book/{name}" for name in items.values()} == set(names) - besides
    order = [items[entry.get("idref")] for entry in package.iterfind(".//{*}itemref")]
    pages = ["title-page", "contents", *site_pages]
    assert order == [f"{name}.xhtml" for name in pages]
    said = [package.find(f".//{{*}}{name}").text for name in ("title", "creator")]
    assert said == [TITLE, AUTHOR]


def test_an_ebook_made_on_another_day_has_the_same_bytes(tmp_path, monkeypatch):
    chapter = {"key": "one", "part": "", "title": "One", "text": "<p>1</p>"}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    made = []
    for day in (1.7e9, 1.8e9):
        monkeypatch.setattr(time, "time", lambda day=day: day)
        write_ebook(tmp_path / "book.epub", [chapter], SITE, TITLE, AUTHOR)
        made.append((tmp_path / "book.epub").read_bytes())
    assert made[0] == made[1]


def test_links_in_an_ebook_lead_into_it_or_to_the_web(ebook):
    ids, links = {}, []
    for name, tree in ebook.items():
        found = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(found) == len(set(found)), name
        ids[name] = set(found)
        links += [link.get("href") for link in tree.iterfind(".//{*}a[@href]")]
    inside = [urldefrag(unquote(link)) for link in links if not re.match("https?://|mailto:", link)]
    assert len(inside) > 1000
    for file, anchor in inside:
        assert not anchor or anchor in ids[f"book/{file}"]
        assert f"book/{file}" in ids


def test_an_ebook_has_every_formula_and_every_figure_with_its_words(ebook, site_pages):
    figures = 0
    for name, article in site_pages.items():
        tree = ebook[f"book/{name}.xhtml"]
        formulas = list(tree.iterfind(".//{http://www.w3.org/1998/Math/MathML}math"))
        assert len(formulas) == len(article.select(".math"))
        assert all(formula.get("alttext") for formula in formulas)
        for figure in tree.iterfind(".//{*}figure"):
            text = "".join(figure.find("{*}figcaption").itertext()).replace("\xa0", " ")
            assert figure.find(".//{http://www.w3.org/2000/svg}svg").get("aria-label") == text
            figures += 1
        text = _plain("".join(tree.itertext()))
        for title in article.select("h2, div.solution .admonition-title, .xp-quiz legend"):
            assert _plain(title.get_text().removesuffix("#")) in text
    assert figures > 60
    for tree in ebook.values():
        tags = {element.tag.partition("}")[2] for element in tree.iter()}
        assert not tags & {"script", "button", "input", "select"}


@pytest.mark.filterwarnings("ignore:Glyph")
def test_hostile_texts_stay_texts_on_paper_and_in_the_e_book(browser, tmp_path):
    site, target = tmp_path / "html", tmp_path / "pdf" / "book.pdf"
    (site / "chapters").mkdir(parents=True)
    (site / "_static").symlink_to(SITE / "_static")
    target.parent.mkdir()
    start, page = (
        BeautifulSoup((SITE / "chapters" / f"{name}.html").read_text("utf-8"), "html.parser")
        for name in ("index", "cheat_sheet")
    )
    for entry in start.select("nav.bd-docs-nav li.toctree-l1"):
        if entry.a["href"] != "cheat_sheet.html":
            entry.decompose()
    # What a cell prints is nobody's text: it comes as it is.
    printed = "<pre>bell \a, escape \x1b[31m, del \x7f, no sign \uffff</pre>"
    added = BeautifulSoup(everything() + printed, "html.parser")
    page.select_one("article section").append(added)
    for name, tree in (("index", start), ("cheat_sheet", page)):
        (site / "chapters" / f"{name}.html").write_text(str(tree), "utf-8")
    source = target.with_suffix(".html")
    source.write_text(one_page(site, TITLE, AUTHOR), encoding="utf-8")
    tab = browser.new_page()
    trouble = trouble_of(tab, tmp_path.as_uri())
    print_page(tab, source, target, AUTHOR)
    write_ebook(target.with_suffix(".epub"), read_chapters(tab), site, TITLE, AUTHOR)
    title = tab.title()
    tab.close()
    assert (trouble, title) == ([], TITLE)
    on_paper = _plain("".join(each.extract_text() for each in PdfReader(target).pages))
    with ZipFile(target.with_suffix(".epub")) as files:
        trees = [
            ElementTree.fromstring(files.read(name))
            for name in files.namelist()
            if name.endswith((".xhtml", ".opf", ".xml", ".svg"))
        ]
    tags = {element.tag.rpartition("}")[2] for tree in trees for element in tree.iter()}
    assert not tags & {"script", "iframe", "object"}
    in_ebook = "".join(text for tree in trees for text in tree.itertext())
    assert "bell \ufffd, escape \ufffd[31m, del \ufffd, no sign \ufffd" in in_ebook
    for text in SHOWN.values():
        assert in_ebook.count(text) >= 3
        assert _plain(text)[:60] in on_paper or not text.isascii()
