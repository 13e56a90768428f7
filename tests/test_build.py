"""A chapter that fails must stop the build, on both ways to the page."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.errors import ExtensionError

from book import pages
from dropout_lab.explorer.page import live_html, published_html
from dropout_lab.teaching.claiming import MIME_TYPE, claim

ROOT = Path(__file__).parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def mini_book(tmp_path):
    """Return a function that lays out a book of one chapter in a folder of its own."""
    for name in ("_config.yml", "_toc.yml", "book", "assets", "references.bib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    (tmp_path / "chapters").mkdir()

    def write(*cells):
        path = tmp_path / "chapters" / "index.ipynb"
        notebook = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, path)
        return path

    return write


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


def explorer_cell(page):
    """Return a cell that stores an explorer."""
    shown = new_output("execute_result", data={"text/html": page}, execution_count=1)
    return new_code_cell("explore(draw, rate=[0, 1])", execution_count=1, outputs=[shown])


def test_a_book_builds_until_a_frame_is_missing(mini_book):
    frames = [(["<path/>"], "First."), (["<g/>"], "Second.")]
    explorer = published_html("0 0 9 9", [("slider", "rate", ["0", "1"])], frames, [0])
    folder = mini_book(explorer_cell(explorer)).parents[1]
    (folder / "chapters" / "old.md").write_text("# Old\n\nA page that will leave.\n")
    toc = folder / "_toc.yml"
    alone = toc.read_text()
    toc.write_text(alone + "chapters:\n- file: chapters/old\n")
    code, said = make("book", folder)
    assert code == 0, said
    built = folder / "_build" / "html"
    assert (built / "chapters" / "index.html").read_text().count("<figure") == 1
    assert 'content="0; url=chapters/index.html"' in (built / "index.html").read_text()
    assert (built / "chapters" / "old.html").exists()

    toc.write_text(alone)
    mini_book(explorer_cell(explorer.replace('"Second."', '""')))
    for _ in range(2):
        code, said = make("book", folder)
        assert code != 0
        assert "chapters/index explorer 1 has no sentence for each of its 2 frames" in said
    assert not (built / "chapters" / "old.html").exists()
    assert not (built / "_sources" / "chapters" / "old.md").exists()


def contents(folder):
    """Return the bytes of each file of the site that lies in a folder, by its path."""
    site = folder / "_build" / "html"
    return {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_a_site_does_not_depend_on_the_builds_before(mini_book, tmp_path_factory):
    folder = mini_book(new_markdown_cell("A {term}`unit`, see [](words.md).")).parents[1]
    words, toc = folder / "chapters" / "words.md", folder / "_toc.yml"
    page = "# {}\n\n```{{glossary}}\n{}\n  A word.\n```\n\n```{{index}} mask\n```\n"
    words.write_text(page.format("Words", "unit"))
    toc.write_text(toc.read_text() + "chapters:\n- file: chapters/words\n")
    code, said = make("book", folder)
    assert code == 0, said
    first = contents(folder)
    entries = first[Path("searchindex.js")].decode().partition('"indexentries"')[2]
    assert '"mask"' in entries
    assert '"unit"' in entries
    code, said = make("book", folder)
    assert code == 0, said
    assert contents(folder) == first

    # A title and a term change on one page, and the links to them on the others.
    words.write_text(page.format("Other words", "units\nunit"))
    (folder / "assets" / "mark.svg").rename(folder / "assets" / "sign.svg")
    config = folder / "_config.yml"
    config.write_text(config.read_text().replace("assets/mark.svg", "assets/sign.svg"))
    elsewhere = tmp_path_factory.mktemp("deeper") / "clone"
    shutil.copytree(folder, elsewhere, ignore=shutil.ignore_patterns("_build"))
    for place in (folder, elsewhere):
        code, said = make("book", place)
        assert code == 0, said
    assert contents(folder) == contents(elsewhere) != first


def test_a_stored_error_stops_the_build(mini_book):
    error = new_output("error", ename="ZeroDivisionError", evalue="no such number", traceback=[])
    path = mini_book(new_code_cell("1 / 0", execution_count=1, outputs=[error]))
    code, said = make("book", path.parents[1])
    assert code != 0
    assert "index.ipynb, cell 1 failed: no such number" in said


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (new_code_cell("1 + 1"), "was not executed"),
        (
            new_code_cell(
                "slider",
                execution_count=1,
                outputs=[new_output("display_data", data={WIDGET: {"model_id": "0"}})],
            ),
            "stores a widget or an explorer of a live notebook",
        ),
        (
            new_code_cell(
                "slider",
                execution_count=1,
                outputs=[new_output("display_data", {"text/html": live_html("", "x", 1, 2)})],
            ),
            "stores a widget or an explorer of a live notebook",
        ),
    ],
)
def test_what_cannot_be_published_stops_the_build_too(mini_book, cell, fault):
    written = SimpleNamespace(doc2path=lambda docname: mini_book(cell))
    with pytest.raises(ExtensionError, match=f"index.ipynb, cell 1 {fault}"):
        pages.check_outputs(None, written, ["chapters/index"])


def test_a_warning_stops_the_build_and_the_next_one(mini_book):
    path = mini_book(new_markdown_cell("{cite}`nobody1900`"))
    for _ in range(2):
        code, said = make("book", path.parents[1])
        assert code != 0
        assert "nobody1900" in said


class _Pages(http.server.BaseHTTPRequestHandler):
    """Answer for one page, and for no other."""

    def do_HEAD(self):
        self.send_response(200 if self.path == "/there" else 404)
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *arguments):
        pass


def test_make_links_names_the_broken_ones(mini_book):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{server.server_port}"
        links = f"[a]({site}/there), [b]({site}/gone), [c](https://doi.org/10.1000/unasked)"
        path = mini_book(new_markdown_cell(links))
        code, said = make("links", path.parents[1])
        server.shutdown()
    assert code != 0
    assert f"broken link: {site}/gone" in said
    assert "/there" not in said
    assert "doi.org" not in said


def test_make_chapters_stops_at_a_failing_cell_and_leaves_the_file_alone(mini_book):
    path = mini_book(new_code_cell("1 / 0"), new_code_cell("print('never')"))
    before = path.read_bytes()
    code, said = make("chapters", path.parents[1])
    assert code != 0
    assert "ZeroDivisionError" in said
    assert path.read_bytes() == before


def test_make_chapters_stops_at_a_claim_that_fails(mini_book):
    source = "from dropout_lab.teaching.claiming import claim\nclaim('Two is small', 2, below=1)"
    path = mini_book(new_code_cell(source))
    code, said = make("chapters", path.parents[1])
    assert code != 0
    assert "the claim fails: Two is small: 2 (must be below 1)" in said


@pytest.mark.parametrize(
    ("source", "words"), [("print('a' * 200_000)", "File too large"), ("1 / 0", "ZeroDivision")]
)
def test_make_chapters_keeps_the_old_one_where_it_cannot_write_a_new_one(mini_book, source, words):
    path = mini_book(new_code_cell("print('a')"))
    folder = path.parents[1]
    code, said = make("chapters", folder)
    assert code == 0, said
    assert json.loads(path.read_bytes())["cells"][1]["outputs"][0]["text"] == ["a\n"]
    mini_book(new_code_cell(source))
    before = path.read_bytes()
    code, said = make("chapters", folder, largest_file=150_000)  # stands for a full disk
    assert code != 0
    assert words in said
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_ledger_follows_its_notebooks(mini_book):
    for value in (2, 3):
        data = claim("It is large", value, above=1)._repr_mimebundle_()
        shown = new_output("execute_result", data=data, execution_count=1)
        path = mini_book(new_code_cell("1 + 1", execution_count=1, outputs=[shown]))
        folder = path.parents[1]
        (folder / "chapters" / "ledger.md").write_text("# Ledger\n\n```{ledger} cells\n```\n")
        toc = "format: jb-book\nroot: chapters/index\nchapters:\n- file: chapters/ledger\n"
        (folder / "_toc.yml").write_text(toc)
        code, said = make("book", folder)
        assert code == 0, said
        page = (folder / "_build/html/chapters/ledger.html").read_text()
        assert f"<strong>{value}</strong> (above 1)" in page
        assert f"index.html#{data[MIME_TYPE][0]['id']}" in page


def launch_links(page):
    """Return what a page's menu of launch buttons links to, by the text that the reader sees."""
    links = BeautifulSoup(page.read_text("utf-8"), "html.parser").select(
        ".dropdown-launch-buttons a"
    )
    for icon in [icon for link in links for icon in link.select("img")]:
        assert (page.parent / icon["src"]).exists()
    return {link.get_text().strip(): link["href"] for link in links}


def test_launch_buttons_come_and_go_with_the_repository(mini_book):
    path = mini_book(new_code_cell("import torch", execution_count=1))
    folder = path.parents[1]
    source, site = path.read_bytes(), folder / "_build/html"
    (folder / "chapters" / "second.ipynb").write_bytes(source.replace(b"# Title", b"# Second"))
    (folder / "chapters" / "words.md").write_text("# Words\n\nDropout without a notebook.\n")
    toc = "format: jb-book\nroot: chapters/index\nchapters:\n"
    toc += "- file: chapters/second\n- file: chapters/words\n"
    (folder / "_toc.yml").write_text(toc)
    # Another extension says which chapters run in a browser.
    says = "def runs_in_browser(path):\n    return path.name == 'second.ipynb'\n"
    (folder / "book" / "browser.py").write_text(says)

    code, said = make("book", folder, "REPOSITORY=https://github.com/some-one/lab.2", "LITE=1")
    assert code == 0, said
    assert launch_links(site / "chapters/words.html") == {}
    for name in ("index", "second"):
        links = launch_links(site / f"chapters/{name}.html")
        binder = urlsplit(links.pop("Run on Binder"))
        assert binder.netloc + binder.path == "mybinder.org/v2/gh/some-one/lab.2/HEAD"
        assert parse_qs(binder.query) == {"urlpath": [f"lab/tree/chapters/{name}.ipynb"]}
        # Colab opens, from the site's branch, the file that was just built.
        colab = links.pop("Run on Colab").removeprefix("https://colab.research.google.com/github/")
        assert colab == f"some-one/lab.2/blob/gh-pages/_sources/chapters/{name}.ipynb"
        cells = nbformat.read(site / colab.partition("gh-pages/")[2], as_version=4).cells
        assert [cell.cell_type for cell in cells] == ["markdown", "code", "code"]
        assert '"dropout-lab[demos] @ git+https://github.com/some-one/lab.2"' in cells[1].source
        lite = {"Run in your browser": "../lite/notebooks/index.html?path=second.ipynb"}
        assert links == (lite if name == "second" else {})

    code, said = make("book", folder, "REPOSITORY=", "LITE=0")
    assert code == 0, said
    for name in ("index", "second"):
        page = (site / f"chapters/{name}.html").read_text("utf-8")
        assert "launch" not in page
        assert f'href="../_sources/chapters/{name}.ipynb"' in page  # the download stays
        cells = nbformat.read(site / f"_sources/chapters/{name}.ipynb", as_version=4).cells
        assert [cell.cell_type for cell in cells] == ["markdown", "code"]
    assert path.read_bytes() == source

    same = ("REPOSITORY=", "LITE=0", "BIN=missing")
    assert "jupyter-book build" not in make("book", folder, *same)[1]
    other = ("VENV=other", "-o", "other/book-is-installed")  # the book may look different there
    assert "jupyter-book build" in make("book", folder, *same, *other)[1]
