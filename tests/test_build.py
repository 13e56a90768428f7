"""A book that builds, changes and breaks; and what executes its chapters."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.utils import canonicalize_name
from PIL import Image
from recorded import ROOT, contents, output_of
from test_binder import WITH_EVERY_PYTHON, all_needed_by, pins

from book.sources import WIDGET, cell_fault
from dropout_lab.explorer.page import live_html, published_html
from dropout_lab.teaching.claiming import MIME_TYPE, claim

ADDRESS = "https://example.org/a-book/"
AROUND = ("REPOSITORY=https://github.com/some-one/lab.2", "LITE=1", "PDF=1", f"SITE_URL={ADDRESS}")
ALONE = ("REPOSITORY=", "LITE=0", "PDF=", "SITE_URL=")
# Python runs it as it starts.
HIDE = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name in {hidden} else find(name, *more)
"""
TOC = """format: jb-book
root: chapters/index
parts:
- caption: Use dropout
  chapters:
  - file: chapters/second
- caption: A part without a card of its own
  chapters:
  - file: chapters/words
  - file: chapters/ledger
"""
WORDS = "# Words\n\n```{{glossary}}\n{}\n  A word.\n```\n\n```{{index}} mask\n```\n"
HOSTILE = "<b>So</b> [it](x) &amp; $is$ `at` **{0}** {term}`unit` \u202elast"
LEDGER = "# Ledger\n\nAll claims.\n\n```{ledger}\n```\n"
TEXT = "What the first page says. A {term}`unit`, see [](words.md).\n\n$$\nx = 1\n$$ (eq-a)\n"


@pytest.fixture
def mini_book(tmp_path):
    """Return a folder with all of a book but its chapters."""
    for name in ("_config.yml", "book", "assets", "references.bib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    (tmp_path / "chapters").mkdir()
    return tmp_path


@pytest.fixture
def first_command(tmp_path_factory, monkeypatch):
    """Hide what `make book` does not install where it is the first command in a fresh clone."""
    there = all_needed_by(pins(ROOT / "requirements-book.txt"))
    there |= WITH_EVERY_PYTHON | {"pip", "dropout-lab"}
    packages = importlib.metadata.packages_distributions().items()
    hidden = {name for name, homes in packages if there.isdisjoint(map(canonicalize_name, homes))}
    assert {"matplotlib", "torch"} <= hidden
    folder = tmp_path_factory.mktemp("hiding")
    (folder / "sitecustomize.py").write_text(HIDE.format(hidden=hidden))
    monkeypatch.setenv("PYTHONPATH", str(folder))


def write(path, *cells, **metadata):
    """Write a chapter."""
    title = new_markdown_cell(f"# The {path.stem}")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=[title, *cells], metadata={"kernelspec": kernel, **metadata})
    nbformat.write(notebook, path)


def executed(source, **data):
    """Return a cell that was executed and shows something."""
    shown = [new_output("execute_result", data=data, execution_count=1)] * bool(data)
    return new_code_cell(source, execution_count=1, outputs=shown)


def make(target, folder, *variables, largest_file=None):
    """Run one of the Makefile's recipes in a folder, with this environment's programs."""
    command = ["make", "-f", str(ROOT / "Makefile"), target, f"BIN={Path(sys.executable).parent}"]
    command += [*variables, "-o", ".venv/book-is-installed", "-o", ".venv/all-is-installed"]
    if largest_file:  # in bytes; ulimit counts blocks of 512
        command = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(largest_file // 512), *command]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return result.returncode, result.stdout + result.stderr


@pytest.mark.usefixtures("first_command")
def test_a_book_is_built_again_as_if_for_the_first_time_and_breaks(mini_book, tmp_path_factory):
    chapters, site = mini_book / "chapters", mini_book / "_build/html"
    frames = [(["<path/>"], "First."), (["<g/>"], "Second.")]
    explorer = published_html("0 0 9 9", [("slider", "rate", ["0", "1"])], frames, [0])

    def write_index(text=TEXT, page=explorer, value=2):
        said = claim(HOSTILE, value, above=1)._repr_mimebundle_()
        cells = [executed("1 + 1", **said), executed("explore(d, r=[0])", **{"text/html": page})]
        write(chapters / "index.ipynb", new_markdown_cell(text), *cells)
        return said[MIME_TYPE][0]["id"]

    identifier = write_index()
    write(
        chapters / "second.ipynb",
        new_markdown_cell("What the second page says."),
        executed("import torch"),
        dropout_lab={"browser": ["dropout-lab"]},
    )
    (chapters / "words.md").write_text(WORDS.format("unit"))
    (chapters / "ledger.md").write_text(LEDGER)
    (chapters / "old.md").write_text("# Old\n\nA page that will leave.\n")
    (mini_book / "_toc.yml").write_text(TOC + "  - file: chapters/old\n")

    # With a repository, an address, a PDF, and Python in the browser beside it.
    code, said = make("book", mini_book, *AROUND)
    assert code == 0, said
    look_at_ledger(site, identifier, 2)
    look_at_what_stands_around(site)
    look_at_what_is_shared(site)
    assert (site / "chapters/index.html").read_text().count("<figure") == 1
    assert (site / "chapters/old.html").exists()
    (site / "dropout-lab.pdf").touch()

    # Different, and alone: in this folder, and in one without an earlier build.
    identifier = write_index(value=3)
    (mini_book / "_toc.yml").write_text(TOC)
    (chapters / "words.md").write_text(WORDS.format("units\nunit"))
    (mini_book / "assets/mark.svg").rename(mini_book / "assets/sign.svg")
    config = mini_book / "_config.yml"
    config.write_text(config.read_text().replace("assets/mark.svg", "assets/sign.svg"))
    elsewhere = tmp_path_factory.mktemp("deeper") / "clone"
    shutil.copytree(mini_book, elsewhere, ignore=shutil.ignore_patterns("_build"))
    for folder in (mini_book, elsewhere):
        code, said = make("book", folder, *ALONE)
        assert code == 0, said
    (site / "dropout-lab.pdf").unlink()  # which outlasts a build
    assert contents(site) == contents(elsewhere / "_build/html")
    look_at_ledger(site, identifier, 3)
    for name in ("index", "second"):
        page = (site / f"chapters/{name}.html").read_text()
        assert "launch" not in page
        assert f'href="../_sources/chapters/{name}.ipynb"' in page  # the download stays
        cells = cells_of(site, f"_sources/chapters/{name}.ipynb")
        assert not [cell for cell in cells if "google.colab" in cell.source]
    assert "og:" not in (site / "chapters/index.html").read_text()
    assert not {"CNAME", "chapters/old.html", "_sources/chapters/old.md"} & set(contents(site))

    # Nothing has changed; then the book might look different.
    assert "-m book build" not in make("book", mini_book, *ALONE, "BIN=missing")[1]
    other = ("BIN=missing", "VENV=other", "-o", "other/book-is-installed")
    assert "-m book build" in make("book", mini_book, *ALONE, *other)[1]

    # With a frame that is missing, and a warning of Sphinx's.
    write_index(TEXT + "{cite}`nobody1900`", explorer.replace('"Second."', '""'))
    code, said = make("book", mini_book, *ALONE)
    assert code != 0
    assert "chapters/index explorer 1 has no sentence for each of its 2 frames" in said
    assert "nobody1900" in said
    # A second try would keep silent about what Sphinx has noted.
    assert not (mini_book / "_build/.doctrees").exists()
    assert not (mini_book / "_build/site-is-built").exists()


def cells_of(site, path):
    return nbformat.read(site / path, as_version=4).cells


def look_at_ledger(site, identifier, value):
    """See what the ledger takes from a notebook."""
    page = (site / "chapters/ledger.html").read_text()
    assert f"<p>\u2068{escape(HOSTILE)}\u2069.</p>" in page
    assert re.search(rf"<strong>{value}</strong>.*?above 1<", page, re.DOTALL)
    assert f"index.html#{identifier}" in page


def look_at_what_stands_around(site):
    """See the buttons and the notebooks of a site that knows its repository."""
    assert launch_links(site / "chapters/words.html") == {}
    for name, extras in (("index", ""), ("second", "[demos]")):
        path = f"chapters/{name}.ipynb"
        links = {
            "Run on Binder": f"https://mybinder.org/v2/gh/some-one/lab.2/HEAD?urlpath=lab/tree/{path}",
            # From the site's branch, the file that was just built.
            "Run on Colab": "https://colab.research.google.com/github/some-one/lab.2/blob/gh-pages/"
            f"_sources/{path}",
        }
        if name == "second":
            links["Run in your browser"] = "../lite/notebooks/index.html?path=second.ipynb"
        assert launch_links(site / f"chapters/{name}.html") == links
        package = f'"dropout-lab{extras} @ git+https://github.com/some-one/lab.2"'
        assert package in cells_of(site, f"_sources/{path}")[2].source


def launch_links(page):
    """Return what a page's menu of launch buttons links to, by the text that the reader sees."""
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    links = soup.select(".dropdown-launch-buttons a")
    assert all((page.parent / link.img["src"]).exists() for link in links)
    assert soup.find("a", href="../dropout-lab.pdf")
    return {link.get_text().strip(): link["href"] for link in links}


def look_at_what_is_shared(site):
    """See what other sites show of a site that knows its address."""
    images = {}
    for name, title in (("index", "The index"), ("second", "The second"), ("words", "Words")):
        tags = meta_tags(site / f"chapters/{name}.html")
        assert (tags["og:title"], tags["og:site_name"]) == (title, "Dropout Lab")
        assert tags["og:url"] == f"{ADDRESS}chapters/{name}.html"
        assert tags["description"] == tags["og:description"]
        assert tags["twitter:card"] == "summary_large_image"
        images[name] = tags["og:image"].removeprefix(ADDRESS)
        assert Image.open(site / images[name]).size == (1200, 630)
    assert images["second"] != images["index"] == images["words"]
    assert meta_tags(site / "chapters/second.html")["description"] == "What the second page says."
    # Whoever shares the site's root shares its landing page.
    assert meta_tags(site / "chapters/index.html").items() <= meta_tags(site / "index.html").items()
    root = (site / "index.html").read_text()
    assert f'<link rel="canonical" href="{ADDRESS}chapters/index.html">' in root
    assert (site / "CNAME").read_text() == "example.org\n"


def meta_tags(path):
    """Return the name and the content of each meta tag of a page that has both."""
    tags = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]+)"', path.read_text())
    return dict(tags)


def test_what_main_keeps_from_being_imported_is_not_imported_before():
    code = "import sys, book; print({'jsonschema', 'sphinxext.opengraph'} & set(sys.modules))"
    assert output_of(sys.executable, "-c", code) == "set()\n"


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (new_code_cell("1 + 1"), "was not executed"),
        (executed("slider", **{WIDGET: {"model_id": "0"}}), "stores a widget or an explorer"),
        (
            executed("slider", **{"text/html": live_html("", "x", 1, 2)}),
            "stores a widget or an explorer of a live notebook",
        ),
        (executed("1 + 1", **{"text/plain": "2"}), None),
        (new_code_cell(""), None),
        (new_markdown_cell("1 + 1"), None),
    ],
)
def test_what_cannot_be_published(cell, fault):
    found = cell_fault(cell)
    assert found is None if fault is None else found.startswith(fault)


def test_a_stored_error_stops_the_build(mini_book):
    error = new_output("error", ename="ZeroDivisionError", evalue="no such number", traceback=[])
    failed = new_code_cell("1 / 0", execution_count=1, outputs=[error])
    write(mini_book / "chapters/index.ipynb", failed)
    code, said = make("book", mini_book)
    assert code != 0
    assert "index.ipynb, cell 1 failed: no such number" in said


@pytest.mark.all
def test_make_links_names_the_broken_ones(mini_book, tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "there").touch()
    site = serve(folder)
    links = f"[a]({site}there), [b]({site}gone), [c](https://doi.org/10.1000/unasked)"
    write(mini_book / "chapters/index.ipynb", new_markdown_cell(links))
    code, said = make("links", mini_book)
    assert code != 0
    assert f"broken link: {site}gone" in said
    assert "/there" not in said
    assert "doi.org" not in said


@pytest.mark.all
def test_make_chapters_keeps_the_old_one_where_it_cannot_write_the_right_one(mini_book):
    path = mini_book / "chapters/index.ipynb"
    write(path, new_code_cell("print('a')"))
    code, said = make("chapters", mini_book)
    assert code == 0, said
    assert json.loads(path.read_bytes())["cells"][1]["outputs"][0]["text"] == ["a\n"]
    for source, words in (
        ("print('a' * 200_000)", "File too large"),
        ("1 / 0", "ZeroDivision"),
        ("print('MNIST is not at hand, so these are others')", "data are not at hand"),
    ):
        write(path, new_code_cell(source))
        before = path.read_bytes()
        code, said = make("chapters", mini_book, largest_file=150_000)  # stands for a full disk
        assert code != 0
        assert words in said
        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir()] == [path.name]
