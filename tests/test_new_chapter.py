"""A new chapter: one command, at most eight files, and it executes, builds and passes."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import ROOT, contents, git_files, lesson_paths
from test_build import make

from book.new_chapter import write_chapter

NUMBER = int(lesson_paths()[-1].stem[:2]) + 1
NAME = f"{NUMBER:02}_kept_units"
MAX_FILES = 8


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the repository without what is built."""
    for path in git_files("--cached", "--others", "--exclude-standard"):
        if (ROOT / path).is_file():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_it_writes_no_other_files_than_it_says_and_few(copy):
    before = contents(copy)
    written = write_chapter(copy, NAME)
    after = contents(copy)
    assert {copy / path for path in after if after[path] != before.get(path)} == set(written)
    assert before.keys() <= after.keys()
    assert len(written) <= MAX_FILES
    for path in written:
        assert "99" not in path.read_text("utf-8") or path.relative_to(copy).as_posix() in before


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kept_units",
        NAME.replace("_", "-"),
        NAME.upper(),
        f"{NAME}.ipynb",
        f"../{NAME}",
        f"{NUMBER - 1:02}_again",
        f"{NUMBER + 1:02}_too_early",
    ],
)
def test_another_name_is_refused_with_what_is_allowed(tmp_path, name):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / f"{NUMBER - 1:02}_before.ipynb").touch()
    with pytest.raises(ValueError, match=f"NAME must be {NUMBER:02}_ and words in small letters"):
        write_chapter(tmp_path, name)


def test_all_files_are_written_or_none(copy, monkeypatch):
    before = contents(copy)
    index = copy / "chapters" / ".index.ipynb.draft"
    write = Path.write_text

    def on_a_full_disk(path, text, **options):
        write(path, text[:1000] if path == index else text, **options)
        if path == index:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", on_a_full_disk)
    with pytest.raises(OSError, match=r"No space left on device: '.*chapters/index\.ipynb'"):
        write_chapter(copy, NAME)
    assert contents(copy) == before


def test_no_file_is_overwritten(copy):
    place = copy / "dropout_lab" / "lessons" / f"ch{NUMBER:02}" / "figures.py"
    place.parent.mkdir()
    place.write_text("mine")
    before = contents(copy)
    with pytest.raises(FileExistsError, match=place.name):
        write_chapter(copy, NAME)
    assert contents(copy) == before


@pytest.mark.all
def test_it_executes_builds_and_passes_as_it_is(copy, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(copy))  # before the package of this clone
    for target in (["chapter", f"NAME={NAME}"], ["book"]):
        code, said = make(target[0], copy, *target[1:])
        assert code == 0, said
    about = [NAME, "test_teaching", "test_solutions", "test_exercises"]
    about += ["test_ledger"]
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-k", " or ".join(about)]
    command += ["tests", f"chapters/{NAME}.ipynb"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=outside)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert f"chapters/{NAME}.ipynb" not in done.stdout  # nor skipped
