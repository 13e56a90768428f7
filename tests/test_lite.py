"""Python in the reader's browser: the wheel, the notebooks, and the application around them."""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from data_server import break_off, data_server, nobody_knows_the_name
from packaging.metadata import Metadata
from recorded import ROOT, chapter_paths, code_cells, contents, output_of

from book.lite import __main__ as build
from book.lite import browser_installs, pyodide
from browsers import npm

WHEELS = Path(sys.prefix, "browser-wheels")
KERNEL = "extensions/@jupyterlite/pyodide-kernel-extension"
IN_PYODIDE = {"ipython", "matplotlib", "numpy", "traitlets"}  # and needed by a wheel of ours
MAX_BYTES = 40_000_000
IN_BROWSER = [path for path in chapter_paths() if browser_installs(path)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a folder with the application, built once."""
    if not WHEELS.is_dir():
        pytest.fail(f"{WHEELS} does not exist; `make lite` and `make test` download them")
    folder = tmp_path_factory.mktemp("site") / "lite"
    output_of(sys.executable, "-m", "book.lite", folder, WHEELS)
    return folder


@pytest.fixture(scope="module")
def wheel(site):
    """Return the wheel that was built with it."""
    (path,) = site.glob("pypi/dropout_lab-*.whl")
    return path


def requirements(path):
    """Return the names of what a wheel always needs."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(archive.read(name), validate=False)
    wanted = [r for r in metadata.requires_dist or () if not r.marker or r.marker.evaluate()]
    return metadata, {requirement.name.replace("_", "-").lower() for requirement in wanted}


# --- which chapters ----------------------------------------------------------------------------


def code_of(path):
    return "\n".join(cell.source for cell in code_cells(path))


def test_chapters_without_frameworks_run_in_the_browser():
    without = [path for path in chapter_paths() if "torch" not in code_of(path)]
    assert without == IN_BROWSER
    assert len(without) >= 8
    assert not browser_installs(ROOT / "chapters" / "glossary.md")


# --- the wheel ---------------------------------------------------------------------------------


@pytest.mark.all
def test_the_wheel_holds_the_package_with_the_stored_results_and_finds_them(wheel, tmp_path):
    package = {
        path.relative_to(ROOT).as_posix()
        for kind in ("*.py", "*.css", "*.js", "*.json")
        for path in (ROOT / "dropout_lab").rglob(kind)
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == package
        archive.extractall(tmp_path)
    code = "import dropout_lab.sweeps as e; print(e.__file__, e.load_results('mnist-keras').cells)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    said = output_of(sys.executable, "-c", code, cwd=tmp_path, env=environment)
    assert said.startswith(str(tmp_path / "dropout_lab/sweeps/__init__.py"))


# --- what the kernel installs ------------------------------------------------------------------


@pytest.mark.all
def test_all_that_the_package_needs_is_here_with_its_hash_or_in_pyodide(site, wheel):
    index = json.loads((site / "pypi/all.json").read_text())
    for project in index.values():
        for (release,) in project["releases"].values():
            path = site / "pypi" / release["url"]
            assert release["digests"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    kernel = json.loads((site / KERNEL / "static/pypi/all.json").read_text())
    found, waiting = set(), [wheel]
    while waiting:
        metadata, names = requirements(waiting.pop())
        assert metadata.requires_python is None or "3.14" in metadata.requires_python
        for name in names - found - kernel.keys() - IN_PYODIDE:
            (path,) = site.glob(f"pypi/{name.replace('-', '_')}-*.whl")
            waiting.append(path)
            found.add(name)
    assert {"ipywidgets", "comm"} <= found <= index.keys()
    assert "dropout-lab" in index


@pytest.mark.all
def test_the_kernel_looks_nowhere_but_here_and_in_pyodide(site):
    config = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    kernel = config["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["disablePyPIFallback"] is True
    assert "http" not in json.dumps(config["litePluginSettings"])
    names = {extension["name"] for extension in config["federated_extensions"]}
    assert {"@jupyter-widgets/jupyterlab-manager", "jupyterlab-myst"} <= names


# --- the notebooks -----------------------------------------------------------------------------


@pytest.mark.all
def test_each_notebook_that_runs_there_installs_what_it_needs_and_shows_nothing_yet(site):
    files = site / "files"
    listed = json.loads((site / "api/contents/all.json").read_text())["content"]
    expected = {path.name for path in IN_BROWSER}
    assert {entry["path"] for entry in listed} == expected
    assert {path.name for path in files.iterdir()} == expected
    for path in IN_BROWSER:
        notebook = nbformat.read(files / path.name, as_version=4)
        nbformat.validate(notebook)
        first, *code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert first.source == f"%pip install -q {' '.join(browser_installs(path))}"
        assert "\n".join(cell.source for cell in code) == code_of(path)
        assert not [cell for cell in code if cell.outputs or cell.execution_count]
        assert notebook.metadata.kernelspec.name == "python"
        prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        linked = re.findall(r"\]\(([\w./-]+\.(?:ipynb|md))[)#]", prose)
        assert [name for name in linked if name not in expected] == []


# --- Pyodide from the site itself ----------------------------------------------------------------


@pytest.fixture
def distribution(tmp_path):
    """Return a folder that looks like a distribution: one wheel is needed by a chapter's own."""
    folder = tmp_path / "here" / "pyodide"
    folder.mkdir(parents=True)
    for name in pyodide.CORE:
        (folder / name).write_text(f"// {name}")
    needs = {"numpy": [], "scikit-learn": ["scipy"], "scipy": ["openblas"], "openblas": []}
    packages = {}
    for name, depends in {**needs, "astropy": ["numpy"]}.items():
        content = name.encode()
        (folder / f"{name}.whl").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        packages[name] = {"file_name": f"{name}.whl", "depends": depends, "sha256": digest}
    (folder / pyodide.LOCK).write_text(json.dumps({"packages": packages}))
    return folder


NEEDED = {"numpy.whl", "scikit-learn.whl", "scipy.whl", "openblas.whl"}


@pytest.mark.parametrize("kind", ["folder", "bztar", "zip"])
def test_a_distribution_at_hand_gives_what_the_chapters_need(distribution, tmp_path, kind):
    source = distribution
    if kind != "folder":
        source = Path(shutil.make_archive(str(tmp_path / "all"), kind, distribution.parent))
    pyodide.take_distribution(source, tmp_path / "site" / "pyodide")
    taken = {path.name: path.read_bytes() for path in (tmp_path / "site/pyodide").iterdir()}
    assert taken.keys() == NEEDED | {*pyodide.CORE, pyodide.LOCK}
    assert all(taken[name] == (distribution / name).read_bytes() for name in taken)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / pyodide.LOCK).unlink(), "no distribution of Pyodide"),
        (lambda folder: (folder / "scipy.whl").unlink(), r"scipy\.whl is missing"),
        (
            lambda folder: (folder / "openblas.whl").write_text("other"),
            r"openblas\.whl is not what",
        ),
    ],
)
def test_a_distribution_that_is_not_whole_is_refused_by_name(distribution, tmp_path, spoil, said):
    spoil(distribution)
    with pytest.raises(ValueError, match=said):
        pyodide.take_distribution(distribution, tmp_path / "site")


def test_an_archive_that_is_none_is_refused(tmp_path):
    (tmp_path / "pyodide.tar.bz2").write_text("not packed")
    with pytest.raises(ValueError, match="no archive that Python can read"):
        pyodide.take_distribution(tmp_path / "pyodide.tar.bz2", tmp_path / "site")


@pytest.mark.parametrize("kind", ["bztar", "gztar", "zip"])
def test_half_an_archive_is_refused(distribution, tmp_path, kind):
    source = Path(shutil.make_archive(str(tmp_path / "all"), kind, distribution.parent))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(ValueError, match=f"{source}: no archive that Python can read"):
        pyodide.take_distribution(source, tmp_path / "site")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (break_off(b"scipy"), r"scipy\.whl broke off in the middle"),
        (b"other", r"scipy\.whl is not what"),
        (404, "404: Not Found"),
        (lambda handler: time.sleep(1), "timed out"),
    ],
)
def test_what_is_fetched_is_whole_or_the_older_one_stays(
    distribution, tmp_path, monkeypatch, last, said
):
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz") as archive:
        archive.add(distribution, "package")
    digest = base64.b64encode(hashlib.sha512(package.getvalue()).digest()).decode()
    monkeypatch.setattr(pyodide, "INTEGRITY", f"sha512-{digest}")
    monkeypatch.setattr(npm, "PATIENCE", 0.3)
    folder = tmp_path / "built" / "pyodide"
    with data_server() as server:
        monkeypatch.setattr(pyodide, "WHEELS", server.address)
        monkeypatch.setenv("npm_config_registry", server.address)
        name = f"/pyodide/-/pyodide-{pyodide.VERSION}.tgz"
        server.answers = {f"/{wheel}": (distribution / wheel).read_bytes() for wheel in NEEDED}
        server.answers[name] = package.getvalue()
        pyodide.fetch_distribution(folder)
        whole = contents(folder)
        assert whole.keys() == NEEDED | {*pyodide.CORE, pyodide.LOCK}
        server.answers["/scipy.whl"] = last
        with pytest.raises((OSError, ValueError), match=said):
            pyodide.fetch_distribution(folder)
        server.answers[name] = break_off(package.getvalue())
        with pytest.raises(OSError, match=f"{name} broke off in the middle"):
            pyodide.fetch_distribution(folder)
    with pytest.raises(OSError, match="Connection refused"):
        pyodide.fetch_distribution(folder)
    monkeypatch.setattr("socket.getaddrinfo", nobody_knows_the_name)
    with pytest.raises(OSError, match="Name or service not known"):
        pyodide.fetch_distribution(folder)
    assert contents(folder) == whole
    assert list(folder.parent.iterdir()) == [folder]


def test_a_build_that_stops_leaves_the_older_application(tmp_path, monkeypatch):
    folder = tmp_path / "lite"
    (folder / "static").mkdir(parents=True)
    (folder / "static" / "whole").touch()
    (tmp_path / "wheels").mkdir()

    def run(command, cwd=None):
        if cwd:
            draft = json.loads((cwd / "jupyter_lite_config.json").read_text())
            Path(draft["LiteBuildConfig"]["output_dir"]).mkdir()
            sys.exit("no space left")

    monkeypatch.setattr(build, "_run", run)
    with pytest.raises(SystemExit, match="no space left"):
        build.main(folder, tmp_path / "wheels")
    assert contents(tmp_path) == {"lite/static/whole": b""}
    assert {path.name for path in tmp_path.iterdir()} == {"lite", "wheels"}


@pytest.mark.all
def test_what_is_fetched_is_what_the_kernel_asks_for(site):
    assert build.pyodide_address(site) == f"{pyodide.WHEELS}/pyodide.mjs"


@pytest.mark.all
def test_a_site_with_pyodide_asks_no_other_host(distribution, tmp_path, serve, browser):
    output_of(sys.executable, "-m", "book.lite", tmp_path / "lite", WHEELS, distribution)
    base, asked = serve(tmp_path / "lite"), []
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request(f"{base}static/pyodide/pyodide.mjs"):
        page.goto(f"{base}notebooks/index.html?path=02_mask_mathematics.ipynb")
    page.get_by_role("heading", name="Mask mathematics").wait_for(timeout=60_000)
    context.close()
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []


# --- the application ---------------------------------------------------------------------------


@pytest.mark.all
def test_the_buttons_of_the_book_lead_to_an_application_of_its_size(site):
    (address,) = re.findall(r'"lite/([^"]+)"', (ROOT / "book/header.py").read_text("utf-8"))
    assert (site / address).exists()
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < MAX_BYTES


@pytest.mark.all
@pytest.mark.parametrize("network", [True, False])
def test_the_application_shows_a_chapter_and_says_when_python_does_not_come(
    site, serve, browser, network
):
    base, asked = serve(site), []
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))

    def answer(route):
        headers = {"access-control-allow-origin": "*", "content-type": "text/javascript"}
        route.fulfill(body="", headers=headers) if network else route.abort()

    context.route("https://cdn.jsdelivr.net/**", answer)
    page.goto(f"{base}notebooks/index.html?path=02_mask_mathematics.ipynb")
    page.get_by_role("heading", name="Mask mathematics").wait_for(timeout=60_000)
    for text in ("Python in your browser", "%pip install -q dropout-lab", "Python (Pyodide)"):
        page.get_by_text(text).locator("visible=true").first.wait_for()
    alarm = page.get_by_role("alert").filter(has_text="Python cannot start")
    if not network:
        alarm.get_by_text("cdn.jsdelivr.net").wait_for()
        alarm.get_by_role("button", name="Close").click()
    assert alarm.count() == 0
    context.close()
    assert any(url.endswith("/full/pyodide.mjs") for url in asked)
    here = (base, "data:", "blob:", "https://cdn.jsdelivr.net/pyodide/")
    assert [url for url in asked if not url.startswith(here)] == []
