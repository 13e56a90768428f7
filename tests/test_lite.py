"""Python in the reader's browser: the wheel, the notebooks, and the application around them."""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from packaging.metadata import Metadata
from recorded import chapter_paths

from book.lite import browser_installs

ROOT = Path(__file__).parents[1]
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
    subprocess.run([sys.executable, "-m", "book.lite", folder, WHEELS], cwd=ROOT, check=True)
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
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


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
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert said.stdout.startswith(bytes(tmp_path / "dropout_lab/sweeps/__init__.py"))


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
