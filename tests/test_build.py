"""A book that builds, changes and breaks; and what executes its chapters."""

import contextlib
import errno
import fcntl
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
from recorded import ROOT, contents, lesson_paths, output_of
from test_binder import WITH_EVERY_PYTHON, all_needed_by, pins

from book.drafts import draft_of
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


def warned(text):
    """Return a cell that was executed and wrote to the terminal of its machine."""
    said = new_output("stream", name="stderr", text=text)
    return new_code_cell("import matplotlib", execution_count=1, outputs=[said])


def make(target, folder, *variables, largest_file=None):
    """Run one of the Makefile's recipes in a folder, with this environment's programs."""
    with made(target, folder, *variables, largest_file=largest_file) as running:
        said = running.communicate()[0]
    return running.returncode, said


def made(target, folder, *variables, largest_file=None):
    """Return a recipe that has been started, in a group of processes that a test may kill."""
    command = ["make", "-f", str(ROOT / "Makefile"), target, f"BIN={Path(sys.executable).parent}"]
    command += [*variables, "-o", ".venv/book-is-installed", "-o", ".venv/all-is-installed"]
    if largest_file:  # in bytes; ulimit counts blocks of 512
        command = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(largest_file // 512), *command]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **said)


@pytest.mark.usefixtures("first_command")
def test_a_book_is_built_again_as_if_for_the_first_time_and_breaks(
    mini_book, tmp_path_factory, monkeypatch
):
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
        # Elsewhere there is no home, and another language and time.
        for name, value in (("HOME", "/none"), ("LC_ALL", "C"), ("TZ", "Asia/Kathmandu")):
            monkeypatch.setenv(name, value)
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
        (
            warned("Matplotlib created a temporary cache directory"),
            "stores a warning; mend its cause",
        ),
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


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_written_gets_its_name_once_it_is_whole(tmp_path, folder):
    target = tmp_path / "new" / "it"

    def write_down(draft, text):
        if folder:
            draft.mkdir()
        (draft / "part" if folder else draft).write_text(text)

    def there():
        return {path: path.read_text() for path in target.parent.rglob("*") if path.is_file()}

    for text in ("old", "new"):
        with contextlib.suppress(KeyError), draft_of(target) as draft:
            write_down(draft, "half")
            raise KeyError
        with draft_of(target) as draft:
            before = there()
            write_down(draft, text)
            assert before.items() <= there().items()  # until it is whole
        assert list(there().values()) == [text]
        assert list(target.parent.iterdir()) == [target]
        write_down(draft, "what a kill has left")

    def fill_the_disk():
        with draft_of(target) as draft:
            assert not draft.exists()
            write_down(draft, "half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=f"No space left.*{target}'$"):
        fill_the_disk()
    assert list(there().values()) == ["new"]
    assert list(target.parent.iterdir()) == [target]


KILL = """
import os

def {name}(*_, **__):
    os.killpg(0, 9)
"""


@contextlib.contextmanager
def killed_in(path, name):
    """Kill whoever calls a function of a module, with all that works for the same command."""
    text = path.read_text()
    path.write_text(text + KILL.format(name=name))
    yield
    path.write_text(text)


@pytest.mark.all
def test_a_killed_build_is_begun_anew_and_not_published(mini_book):
    page = mini_book / "chapters/index.ipynb"
    write(page, new_markdown_cell("Right words."))
    assert make("book", mini_book)[0] == 0
    write(page, new_markdown_cell("### Wrong level\n\nWrong words."))
    with killed_in(mini_book / "book/complete.py", "check_site"):
        assert make("book", mini_book)[0] == -9
    assert "Wrong words" in (mini_book / "_build/html/chapters/index.html").read_text()
    code, said = make("publish", mini_book, "-o", ".venv/publish-is-installed", "BIN=missing")
    assert code != 0
    assert "_build/html is not whole, see _build/site-is-built.draft" in said
    # The killed one has read the page and told it; to write it alone would keep silent.
    code, said = make("book", mini_book)
    assert code != 0
    assert "Non-consecutive header level" in said


@pytest.mark.all
def test_what_changed_is_built_whatever_the_clock_says(mini_book):
    page = mini_book / "chapters/index.md"
    shown = mini_book / "_build/html/chapters/index.html"
    for number, time in enumerate((None, 0, 2**32)):
        page.write_text(f"# Version {number}\n\nSome words.\n")
        if time is not None:
            os.utime(page, (time, time))
        code, said = make("book", mini_book)
        assert code == 0, said
        assert f"Version {number}" in shown.read_text()
    assert "-m book build" not in make("book", mini_book, "BIN=missing")[1]


@pytest.mark.all
def test_nobody_builds_where_another_does(mini_book):
    write(mini_book / "chapters/index.ipynb", new_markdown_cell("Some words."))
    built = mini_book / "_build"
    built.mkdir()
    with (built / "site-is-built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with made("book", mini_book) as running:
            while "waiting" not in (line := running.stdout.readline()):
                assert line, "it did not wait"
            assert [path.name for path in (mini_book / "_build").iterdir()] == [
                Path(lock.name).name
            ]
            fcntl.flock(lock, fcntl.LOCK_UN)
            said = running.communicate()[0]
    assert running.returncode == 0, said
    assert (built / "html/chapters/index.html").exists()


def test_half_a_package_is_installed_again(tmp_path):
    packages = tmp_path / ".venv/lib/python3/site-packages"
    for file in (
        "whole-1.dist-info/METADATA",
        "whole-1.dist-info/RECORD",
        "half-1.dist-info/METADATA",
    ):
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).touch()
    for name in ("requirements.txt", "requirements-book.txt", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").symlink_to(shutil.which("true"))
    code, said = make(".venv/lint-is-installed", tmp_path, "BIN=.", "-o", ".venv/is-made")
    assert code == 0, said
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


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
def test_make_chapters_keeps_the_old_one_where_it_cannot_write_the_right_one(
    mini_book, tmp_path_factory, monkeypatch
):
    path = mini_book / "chapters/index.ipynb"
    write(path, new_code_cell("print('a')"))
    before = path.read_bytes()
    kill = tmp_path_factory.mktemp("bin") / "mv"
    kill.write_text("#!/bin/sh\nkill -9 0")
    kill.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{kill.parent}:{os.environ['PATH']}")
        assert make("chapters", mini_book)[0] == -9
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.ipynb")) == [path]  # what it left nobody takes for a chapter
    for left in path.parent.glob(".draft-*"):
        shutil.rmtree(left)
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


@pytest.mark.all
@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_a_chapter_executed_twice_has_the_same_bytes(path, tmp_path, monkeypatch):
    folders, running = [tmp_path / "one", tmp_path / "another" / "folder"], []
    for folder, zone, seed in zip(folders, ("UTC", "Asia/Tokyo"), "17", strict=True):
        (folder / "chapters").mkdir(parents=True)
        shutil.copy(path, folder / "chapters")
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        running.append(made("chapters", folder))
    for each in running:
        said = each.communicate()[0]
        assert each.returncode == 0, said
    one, other = (
        re.split(r"(?m)^  \{\n", (folder / "chapters" / path.name).read_text("utf-8"))
        for folder in folders
    )
    different = [pair[0] for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    # Trained or timed, on cores that share the work in another order.
    assert [cell for cell in different if '"nbval-ignore-output"' not in cell] == []
