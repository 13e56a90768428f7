"""The API reference: an entry for every public name, and links from chapters and back."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest
from recorded import ROOT, SITE, chapter_paths, code_cells, parsed
from sphinx.util.inventory import InventoryFile

from book import reference

LESSONS = [path.stem for path in chapter_paths() if path.stem[0].isdigit()]
PAGES = [f"api/{path.stem}" for path in sorted((SITE / "chapters/api").glob("*.html"))]


@cache
def _inventory():
    """Return the place of each name and module that the built site documents."""
    with (SITE / "objects.inv").open("rb") as file:
        read = InventoryFile.load(file, "", lambda base, path: path)
    kinds = ("py:function", "py:class", "py:data", "py:module")
    return {name: entry[2] for kind in kinds for name, entry in read.get(kind, {}).items()}


def _entry(address):
    """Return the part of the built site that describes a public name."""
    name, _, anchor = _inventory()[address].partition(".html#")
    return parsed(name.removeprefix("chapters/")).find(id=anchor).parent


def _links(stem, prose):
    """Return the text and the anchor of a chapter's links from its prose or its code."""
    kind = "a.api-link.reference" if prose else "a.api-link:not(.reference)"
    links = parsed(stem).select(f"article {kind}")
    return [(link.get_text(), link["href"].partition("#")[2]) for link in links]


def _names_on_the_page(stem):
    """Return the names of ours that the code of a chapter's page uses, wherever it imports them."""
    cells = code_cells(ROOT / "chapters" / f"{stem}.ipynb")
    imports = ast.walk(ast.parse("\n".join(cell.source for cell in cells)))
    ours = {
        name.asname or name.name
        for node in imports
        if isinstance(node, ast.ImportFrom) and re.match(r"dropout_lab(?!\.lessons)", node.module)
        for name in node.names
    }
    shown = [cell.source for cell in cells if "remove-input" not in cell.metadata.get("tags", [])]
    nodes = ast.walk(ast.parse("\n".join(shown)))
    return ours & {node.id for node in nodes if isinstance(node, ast.Name)}


def test_every_public_name_has_one_entry_that_says_something():
    addresses = reference.addresses()
    shown = [
        sign["id"]
        for page in PAGES
        for sign in parsed(page).select("dl.py:is(.function, .class, .data) > dt.sig")
    ]
    assert sorted(shown) == sorted(addresses.values())
    assert set(addresses.values()) <= set(_inventory())
    silent = [name for name in shown if not _entry(name).find("dd").get_text(strip=True)]
    assert silent == []


YOURS, OURS = ["dropout", "networks", "theory", "data"], ["page", "experiments", "plots"]


def test_names_for_your_own_work_stand_apart_from_how_the_book_is_made():
    shown = reference.pages()
    assert {*YOURS, *OURS} == {page for page, modules in shown.items() if modules}
    made = re.compile(r"dropout_lab\.(lessons|sweeps|playground|teaching|explorer|results)\b")
    for page in YOURS:
        assert [module for module in shown[page] if made.match(module)] == []
    halves = parsed("api/overview").article.select("section > section:has(> section)")
    links = [
        {Path(link["href"].partition("#")[0]).stem for link in half.select("dt a[href]")}
        for half in halves
    ]
    assert links == [{*YOURS}, {*OURS}]


@pytest.mark.parametrize("page", YOURS)
def test_each_function_leads_to_its_neighbors(page):
    for entry in parsed(f"api/{page}").select("dl.py.function"):
        assert entry.select(".seealso a.reference[href*='#dropout_lab']"), entry.dt["id"]


@pytest.mark.parametrize(
    ("module", "name", "first", "last"),
    [
        ("dropout_lab", "dropout", "def dropout(", "    return "),
        ("dropout_lab.network", "MLP.forward", "    def forward(", "        return "),
        ("dropout_lab.lessons.ch13.figures", "seeds_figure", "def seeds_figure(", "    )"),
    ],
)
def test_an_entry_leads_to_its_lines_in_the_repository(module, name, first, last, monkeypatch):
    monkeypatch.setenv("REPOSITORY", "https://github.com/some-one/lab.2")
    info = {"module": module, "fullname": name}
    address = reference.source_of("py", info)
    path, begin, end = re.fullmatch(
        r"https://github\.com/some-one/lab\.2/blob/main/(\S+)#L(\d+)-L(\d+)", address
    ).groups()
    lines = (ROOT / path).read_text("utf-8").splitlines()
    assert lines[int(begin) - 1].startswith(first)
    assert lines[int(end) - 1].startswith(last)
    assert reference.source_of("py", {"module": "dropout_lab.conventions", "fullname": "X"}) is None
    monkeypatch.delenv("REPOSITORY")
    assert reference.source_of("py", info) is None


def test_an_entry_shows_what_its_docstring_says():
    entry = _entry("dropout_lab.training.fit_torch")
    heads = [head.get_text() for head in entry.select("dl.field-list > dt, p.rubric")]
    assert heads == ["Parameters:", "Returns:", "Raises:", "Notes", "References"]
    links = {link["href"] for link in entry.find_all("a", href=True)}
    assert "#dropout_lab.training.History" in links
    assert reference.ELSEWHERE["torch.nn.Module"] in links
    assert any(re.match(r"\.\./05_\w+\.html#", link) for link in links)
    example = _entry("dropout_lab.sample_mask").select_one("div.doctest pre, div.highlight pre")
    assert [span.get_text() for span in example.select("span.gp")] == [">>> ", ">>> "]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_clean(name):
    page = parsed(name)
    texts = [text for text in page.article.find_all(string=True) if not text.find_parent("pre")]
    assert [text for text in texts if re.search(r"`|:(py|doc|obj|ref|math):", text)] == []
    assert not page.select('a[href*="_sources"]')
    assert page.select("button.btn-download-pdf-button")


@pytest.mark.parametrize("stem", LESSONS)
def test_a_chapter_links_names_in_its_code_and_only_ours_in_its_prose(stem):
    links = {text.partition(".")[0] for text, _ in _links(stem, prose=False)}
    assert links
    assert _names_on_the_page(stem) - links == set()
    # The same words are methods of PyTorch and Keras, options of a menu, terms of the trade.
    prose = {text for text, _ in _links(stem, prose=True)}
    assert not prose & {"Dropout", "dropout", "train", "evaluate", "rate"}


@pytest.mark.parametrize(
    ("stem", "prose", "text", "address"),
    [
        ("01_study_group", False, "best_weights", "dropout_lab.study_group.best_weights"),
        ("01_study_group", True, "check", "dropout_lab.teaching.check"),
        ("04_backward_pass", False, "layer.forward", "dropout_lab.Dropout.forward"),
        ("04_backward_pass", True, "MLP.forward", "dropout_lab.network.MLP.forward"),
        ("07_mnist", True, "dropout_lab.sweeps", "module-dropout_lab.sweeps"),
        ("12_family", False, "dropout", "dropout_lab.dropout"),
        ("12_family", False, "family.seed_rate", "dropout_lab.family.seed_rate"),
    ],
)
def test_a_name_leads_to_its_entry(stem, prose, text, address):
    assert {anchor for found, anchor in _links(stem, prose) if found == text} == {address}


def test_the_names_that_pytorch_and_keras_share_with_us_are_known():
    import torch

    theirs = set()
    for place in (torch, torch.nn, torch.nn.functional, torch.nn.Module, torch.Tensor):
        theirs |= set(dir(place))
    keras = Path(importlib.util.find_spec("keras").origin).parent  # to import it takes long
    for place in (".", "layers", "callbacks", "losses", "ops", "random", "regularizers"):
        theirs |= set(re.findall(r" as (\w+)", (keras / place / "__init__.py").read_text("utf-8")))
    assert {"Dropout", "EarlyStopping", "softmax", "layers"} <= theirs
    ours = {address.rpartition(".")[2] for address in reference.addresses().values()}
    assert ours & theirs <= reference.SHARED
