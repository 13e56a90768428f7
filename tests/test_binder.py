"""What repo2docker makes of `binder/`, without building the image, and what the image can run."""

import importlib.metadata
import os
import re
import runpy
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from docker.utils.build import exclude_paths
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from recorded import ROOT, git_files, output_of
from repo2docker.app import Repo2Docker

BINDER = ROOT / "binder"
RENAMED = {"tensorflow-cpu": "tensorflow"}  # the same release without CUDA
ONLY_ON_BINDER = {"nbgitpuller"}
AROUND_THEM = ("numpy", "joblib")  # of other parts of requirements.txt
WITH_EVERY_PYTHON = {"setuptools", "wheel"}


def pins(*files):
    """Return the version of each requirement that one of the files pins."""
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    found = [Requirement(line.partition("#")[0]) for line in lines if re.match(r"\w", line)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}


def all_needed_by(names):
    """Return the installed packages that some packages need, and these packages."""
    found, waiting = set(), list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            needed = map(Requirement, importlib.metadata.requires(name) or [])
            waiting += [r.name for r in needed if not r.marker or r.marker.evaluate({"extra": ""})]
    return found


def test_repo2docker_builds_a_python_image_without_anything_for_gpus(monkeypatch):
    monkeypatch.chdir(ROOT)
    app = Repo2Docker()
    packs = (kind(base_image=app.base_image) for kind in app.buildpacks)
    pack = next(pack for pack in packs if pack.detect())
    pack.platform = "linux/amd64"
    assert type(pack).__name__ == "PythonBuildPack"
    assert (pack.binder_dir, pack.python_version) == ("binder", "3.11")
    assert pack.get_post_build_scripts() == ["binder/postBuild"]
    # Before the repository is copied: a commit that leaves the pins alone installs nothing anew.
    assert "binder/requirements.txt" in str(pack.get_preassemble_scripts())
    assert not re.search("nvidia|cuda", pack.render(), re.IGNORECASE)
    pinned = pins(BINDER / "requirements.txt")
    # No other index has a release with this local part; a plain "2.13.0" might have CUDA.
    assert pinned["torch"].endswith("+cpu")
    assert "https://download.pytorch.org/whl/cpu" in (BINDER / "requirements.txt").read_text()
    assert not [name for name in pinned if re.match("nvidia|cuda|triton|tensorflow$", name)]


def test_the_image_has_the_versions_that_the_tests_ran_with():
    pinned = pins(BINDER / "requirements.txt")
    files = ("requirements.txt", "requirements-book.txt", "constraints.txt")
    tested = pins(*(ROOT / name for name in files))
    differing = {
        name: version
        for name, version in pinned.items()
        if name not in ONLY_ON_BINDER
        and tested.get(RENAMED.get(name, name)) != version.partition("+")[0]
    }
    assert differing == {}


def test_the_image_pins_all_that_the_chapters_need_and_nothing_else():
    text = (ROOT / "requirements.txt").read_text("utf-8")
    chapters = re.search(r"(?s)# the chapters\b.*?\n(.*?)\n\n", text)[1]
    needed = all_needed_by([*re.findall(r"^[\w-]+", chapters, re.MULTILINE), *AROUND_THEM])
    needed -= all_needed_by(["jupyterlab"])  # what repo2docker's own environment has
    pinned = {RENAMED.get(name, name) for name in pins(BINDER / "requirements.txt")}
    assert pinned - ONLY_ON_BINDER - {"jupyterlab-myst"} == needed - WITH_EVERY_PYTHON


def test_the_image_holds_the_book_and_no_tests():
    ignored = (BINDER / ".dockerignore").read_text("utf-8").split()
    held = exclude_paths(str(ROOT), ignored)
    left_out = {path.partition("/")[0] for path in git_files() if path not in held}
    assert left_out == {".ci", ".github", "bench", "browsers", "tests"}
    assert not any(path.startswith(".git/") for path in held)


def test_post_build_links_the_package_and_installs_the_startup_file(tmp_path):
    for name in ("pip", "jupyter"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    paths = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "NB_PYTHON_PREFIX": str(tmp_path)}
    linked, trusted = output_of(BINDER / "postBuild", env=os.environ | paths).splitlines()
    assert linked.endswith("--editable .")
    assert trusted.startswith("jupyter trust chapters/01_study_group.ipynb")
    # Where IPython looks, in the environment that it runs in.
    assert (tmp_path / "etc/ipython/startup/nearest_checkout.py").exists()


@pytest.mark.parametrize("place", ["image", "image/pulled"])
def test_a_chapter_that_was_pulled_imports_the_package_beside_it(tmp_path, monkeypatch, place):
    for checkout in ("image", "image/pulled"):
        (tmp_path / checkout / "chapters").mkdir(parents=True)
        (tmp_path / checkout / "dropout_lab").mkdir()
        (tmp_path / checkout / "dropout_lab" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path / place / "chapters")
    monkeypatch.setattr(sys, "path", list(sys.path))
    left = runpy.run_path(BINDER / "nearest_checkout.py")
    assert sys.path[0] == str(tmp_path / place)
    assert [name for name in left if not name.startswith("__")] == []  # in the reader's session


def test_the_documented_links_open_the_landing_page():
    text = (BINDER / "README.md").read_text("utf-8")
    plain, pulling = map(urlsplit, re.findall(r"https://mybinder\.org/\S+", text))
    assert parse_qs(plain.query) == {"urlpath": ["lab/tree/chapters/index.ipynb"]}
    # Binder hands its urlpath to the server in the image, where nbgitpuller answers.
    inner = urlsplit(*parse_qs(pulling.query)["urlpath"])
    assert inner.path == "git-pull"
    assert parse_qs(inner.query) == {  # no branch: nbgitpuller finds the default one
        "repo": ["https://github.com/OWNER/NAME"],
        # Pulled into a folder named like the repository.
        "urlpath": ["lab/tree/NAME/chapters/index.ipynb"],
    }
