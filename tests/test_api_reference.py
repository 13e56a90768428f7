"""The API reference: an entry for every public name, and links from chapters and back."""

import importlib.util
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from recorded import SITE, chapter_paths
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx.util.inventory import InventoryFile

import dropout_lab
from book import api, code_links, public_names

ROOT = Path(__file__).parents[1]
EXTENSIONS = ROOT / "book"
PROSE = re.compile(r'<a class="api-link reference[^>]* href="([^"]*)"><code[^>]*><\w[^>]*>([^<]*)<')
NAMED = {  # in the prose of these chapters, among others
    "01_study_group": {"check"},
    "04_backward_pass": {"MLP.forward"},
    "05_frameworks": {"fit_torch", "perceptron_keras"},
    "07_mnist": {"dropout_lab.sweeps"},
}
LESSONS = [path for path in chapter_paths() if path.stem[0].isdigit()]


def _modules():
    """Return every public module of the package by importing it."""
    found = pkgutil.walk_packages(dropout_lab.__path__, "dropout_lab.")
    names = ["dropout_lab", *(module.name for module in found)]
    return {
        name: importlib.import_module(name)
        for name in names
        if not any(part.startswith("_") for part in name.split("."))
    }


MODULES = _modules()
EXPORTED = [(name, item) for name in MODULES for item in getattr(MODULES[name], "__all__", ())]


def _resolve(address):
    """Return the object that an address names."""
    module, _, name = address.rpartition(".")
    if module in sys.modules and hasattr(sys.modules[module], name):
        return getattr(sys.modules[module], name)
    return getattr(_resolve(module), name)


@cache
def _inventory():
    """Return kind by address for the package's entries of the built site, and their places."""
    with (SITE / "objects.inv").open("rb") as file:
        read = InventoryFile.load(file, "", lambda base, path: path)
    kinds = ("py:function", "py:class", "py:data")
    return {
        address: (kind[3:], place.replace("$", address))
        for kind in kinds
        for address, (_, _, place, _) in read.get(kind, {}).items()
    }


@cache
def _page(path):
    """Return a page of the reference, and what has an id there."""
    page = BeautifulSoup((SITE / path).read_text("utf-8"), "html.parser")
    return page, {node["id"]: node for node in page.find_all(id=True)}


def _entry(address):
    """Return the part of the built site that describes a public name."""
    path, _, anchor = _inventory()[address][1].partition("#")
    return _page(path)[1][anchor].parent


def _links(entry):
    return {link["href"] for link in entry.find_all("a", href=True)}


def _chapter_of(href):
    found = re.match(r"\.\./(\d\d)_\w+\.html", href)
    return found and int(found[1])


# --- the entries -----------------------------------------------------------------------------


def test_every_public_name_has_one_entry():
    places = {}
    for address, (kind, place) in _inventory().items():
        places.setdefault(id(_resolve(address)), set()).add((kind, place))
    missing = [
        f"{module}.{name}"
        for module, name in EXPORTED
        if id(getattr(MODULES[module], name)) not in places
    ]
    assert missing == []
    # Two constants may be one object, such as a small number.
    twice = [found for found in places.values() if len(found) > 1 and "data" not in dict(found)]
    assert twice == []


def test_every_entry_stands_where_its_name_is_imported_from():
    for _, place in _inventory().values():
        module, _, name = place.partition("#")[2].rpartition(".")
        assert name in MODULES[module].__all__


def test_every_entry_says_something():
    silent = [name for name in _inventory() if not _entry(name).find("dd").get_text(strip=True)]
    assert silent == []


def test_an_entry_shows_what_its_docstring_says():
    entry = _entry("dropout_lab.training.fit_torch")
    heads = [head.get_text() for head in entry.select("dl.field-list > dt, p.rubric")]
    assert heads == ["Parameters:", "Returns:", "Raises:", "Notes", "References"]
    assert "#dropout_lab.training.History" in _links(entry)
    assert "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html" in _links(entry)
    example = _entry("dropout_lab.sample_mask").select_one("div.doctest pre, div.highlight pre")
    assert [span.get_text() for span in example.select("span.gp")] == [">>> ", ">>> "]


def test_no_page_of_the_reference_offers_its_source():
    for page in (SITE / "chapters/api").glob("*.html"):
        page = _page(f"chapters/api/{page.name}")[0]
        assert not page.select('a[href*="_sources"]')
        assert page.select("button.btn-download-pdf-button")


def test_no_docstring_leaves_markup_on_the_page():
    left = [
        f"{page.stem}: {text[:80]}"
        for page in (SITE / "chapters/api").glob("*.html")
        for text in _page(f"chapters/api/{page.name}")[0].article.find_all(string=True)
        if re.search(r"`|:(py|doc|obj|ref|math):", text) and not text.find_parent("pre")
    ]
    assert left == []


# --- chapters and entries --------------------------------------------------------------------


def _taught_in(docstring):
    """Return the chapters that a docstring names as its own."""
    found = re.search(r"Taught in: chapters?\s+(\d+(?:(?:,| and| to)\s+\d+)*)", docstring or "")
    return [int(number) for number in re.findall(r"\d+", found[1])] if found else []


def test_an_entry_leads_to_the_chapters_that_teach_it():
    taught = 0
    for address in _inventory():
        if _inventory()[address][0] != "data":
            chapters = _taught_in(_resolve(address).__doc__)
            linked = {_chapter_of(href) for href in _links(_entry(address))}
            assert linked >= set(chapters), address
            taught += bool(chapters)
    assert taught > 100


@cache
def _words(chapter):
    """Return the text and the code of a chapter in small letters, without blanks between words."""
    path = next(path for path in LESSONS if int(path.stem[:2]) == chapter)
    cells = nbformat.read(path, 4).cells
    return re.sub(r"[\s_]", "", "".join(cell.source for cell in cells)).lower()


def test_no_docstring_claims_a_chapter_that_never_names_what_it_describes():
    wrong = [
        (address, chapter)
        for address in _inventory()
        if _inventory()[address][0] != "data"
        for chapter in _taught_in(_resolve(address).__doc__)
        if address.rpartition(".")[2].replace("_", "").lower() not in _words(chapter)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_names_in_a_chapter_lead_to_their_entries_and_these_lead_back(path):
    imports = re.compile(r"^from dropout_lab[\w.]* import (?:\([^)]*\)|.*)", re.MULTILINE)
    namespace = {"dropout_lab": dropout_lab}
    code = [cell.source for cell in nbformat.read(path, 4).cells]
    for statement in imports.findall("\n".join(code)):
        exec(statement, namespace)
    html = (SITE / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
    html = html.replace("<wbr>", "")  # a line may break within a long name
    reached = set()
    for href, inside in re.findall(r'<a class="api-link" href="([^"]*)">(.*?)</a>', html):
        page, _, anchor = href.partition("#")
        text = re.sub("<[^>]*>", "", inside)
        if anchor.startswith("module-"):  # `from package import module as name`, or `name`
            module = MODULES[anchor.removeprefix("module-")]
            assert text == module.__name__.rpartition(".")[2] or namespace[text] is module
            continue
        assert eval(text, namespace) is _resolve(anchor)
        assert SITE / "chapters" / page == SITE / _inventory()[anchor][1].partition("#")[0]
        assert int(path.stem[:2]) in {_chapter_of(href) for href in _links(_entry(anchor))}
        reached.add(anchor)
    public = {id(_resolve(address)) for address in _inventory()}
    bound = {name: thing for name, thing in namespace.items() if id(thing) in public}
    here = {id(_resolve(anchor)) for anchor in reached}
    assert [name for name, thing in bound.items() if id(thing) not in here] == []
    for href, text in PROSE.findall(html):
        page, _, anchor = href.partition("#")
        assert eval(text, namespace) is _resolve(anchor.removeprefix("module-"))
        assert anchor in _page(f"chapters/{page}")[1]
    prose = {text for _, text in PROSE.findall(html)}
    assert prose >= NAMED.get(path.stem, set())
    # The same words are methods of PyTorch and Keras, options of a menu, terms of the trade.
    assert not prose & {"Dropout", "dropout", "train", "evaluate", "rate", "History"}


def test_names_are_followed_through_the_code_of_a_page():
    reader = code_links.CodeReader(public_names.public_names())
    assert reader.read("from dropout_lab import dropout as drop, family, rates") == [
        (0, 24, 31, "dropout_lab.layer"),
        (0, 41, 47, "dropout_lab.family"),
        (0, 49, 54, "dropout_lab.rates"),
    ]
    assert reader.used == set()
    assert reader.read("é = 'ä'; y = family.drop_block(drop(x), family.drop_block.__name__)") == [
        (0, 13, 30, "dropout_lab.family.drop_block"),
        (0, 31, 35, "dropout_lab.layer"),
    ]
    assert reader.read("def f(rates, drop=drop):\n    return rates + drop") == [
        (0, 18, 22, "dropout_lab.layer")
    ]
    assert reader.read("[rates for rates in x], lambda drop: drop") == []
    assert reader.read("rates = rates(0, 1)") == [(0, 8, 13, "dropout_lab.rates")]
    assert reader.read("rates") == []
    assert reader.read("no python at all") == []


def test_a_name_in_the_prose_is_ours_only_if_it_is_everywhere_in_the_code():
    reader = code_links.CodeReader(public_names.public_names())
    reader.read("from dropout_lab import family, rates, sample_mask as mask\nrates(0, 1)")
    assert reader.meaning("rates") == "dropout_lab.rates"
    assert reader.meaning("mask") == "dropout_lab.sample_mask"
    assert reader.meaning("family.drop_block") == "dropout_lab.family.drop_block"
    assert reader.meaning("dropout_lab.network.MLP.forward") == "dropout_lab.network.MLP.forward"
    for unknown in ("sample_mask", "family.nothing", "dropout_lab.nothing", "rate", "rates(0, 1)"):
        assert reader.meaning(unknown) is None
    others = {
        "from elsewhere import rates": "from dropout_lab import rates",
        "rates = 3": "from dropout_lab import rates",
        "def rates(): ...": "from dropout_lab import rates",
        "def f(rates): ...": "from dropout_lab import rates",
        "f(rates=3)": "from dropout_lab import rates",
        "layer.rates(3)": "from dropout_lab import rates",
    }
    for other, ours in others.items():
        for blocks in ((ours, other), (other, ours)):
            reader = code_links.CodeReader(public_names.public_names())
            for block in blocks:
                reader.read(block)
            assert reader.meaning("rates") is None, other


def test_neither_headings_nor_links_get_a_link_to_the_reference():
    reader = code_links.CodeReader(public_names.public_names())
    reader.read("from dropout_lab import dropout, rates")
    places = [
        nodes.paragraph("", "", nodes.literal("", "rates()")),
        nodes.paragraph("", "", nodes.literal("", "dropout")),
        nodes.title("", "", nodes.literal("", "rates")),
        nodes.reference("", "", nodes.strong("", "", nodes.literal("", "rates"))),
        pending_xref("", nodes.literal("", "rates")),
    ]
    page = nodes.section("", *places)
    code_links._read_prose(page, reader)
    found = [literal.get("api_link") for literal in page.findall(nodes.literal)]
    assert found == ["dropout_lab.rates", None, None, None, None]


def test_the_names_that_pytorch_and_keras_share_with_us_are_known():
    import torch

    theirs = set()
    for place in (torch, torch.nn, torch.nn.functional, torch.nn.Module, torch.Tensor):
        theirs |= set(dir(place))
    keras = Path(importlib.util.find_spec("keras").origin).parent  # to import it takes long
    for place in (".", "layers", "callbacks", "losses", "ops", "random", "regularizers"):
        theirs |= set(re.findall(r" as (\w+)", (keras / place / "__init__.py").read_text("utf-8")))
    assert {"Dropout", "EarlyStopping", "softmax", "layers"} <= theirs
    ours = {address.rpartition(".")[2] for address in public_names.public_names().names}
    assert ours & theirs <= code_links.SHARED


def test_links_do_not_change_the_code():
    source = "plots.bars('<&>', \"ä\")\nplots.bars(bars, x[0])"
    html = highlight(source, PythonLexer(), HtmlFormatter())
    linked = code_links.link_names(html, [(0, 0, 10, "#one"), (1, 11, 15, "#two")])
    page = BeautifulSoup(linked, "html.parser")
    assert page.get_text() == BeautifulSoup(html, "html.parser").get_text()
    found = [(link["href"], link.get_text()) for link in page.select("a.api-link")]
    assert found == [("#one", "plots.bars"), ("#two", "bars")]
    assert code_links.link_names(html, []) == html


# --- building it -----------------------------------------------------------------------------


def test_the_reference_is_built_without_a_framework():
    shown = [module for modules in api.THEMES.values() for module in modules]
    code = (
        "import sys, importlib\n"
        "from sphinx.ext.autodoc.mock import mock\n"
        f"with mock({api.NOT_IMPORTED!r}):\n"
        f"    for name in {shown!r}:\n"
        "        importlib.import_module(name)\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'torch', 'tensorflow', 'keras',"
        " 'matplotlib', 'sklearn', 'scipy', 'pandas', 'pooch', 'tqdm', 'ipywidgets'})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout.strip(), result.stderr) == ("set()", "")


def test_a_module_that_no_page_shows_stops_the_build(monkeypatch):
    themes = {**api.THEMES, "theory": api.THEMES["theory"][1:]}
    monkeypatch.setattr(api, "THEMES", themes)
    with pytest.raises(ExtensionError, match=r"no page .* dropout_lab\.ensemble; add it to THEMES"):
        api._modules("dropout")


def test_a_name_that_nobody_defines_stops_the_build(tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "__init__.py").write_text('__all__ = ["nothing"]\n')
    with pytest.raises(ExtensionError, match=r"odd\.__all__ names nothing"):
        public_names.PublicNames(tmp_path, "odd")
