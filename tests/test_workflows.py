"""The workflows: modest in what they may do, and in step with the Makefile."""

import os
import re
import shutil
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from recorded import ROOT, git_files, output_of
from test_binder import pins
from test_build import make

GITHUB = ROOT / ".github"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text()) for path in (GITHUB / "workflows").glob("*.yml")
}
JOBS = {
    f"{workflow}/{name}": job
    for workflow, content in WORKFLOWS.items()
    for name, job in content["jobs"].items()
}
STEPS = [(name, step) for name, job in JOBS.items() for step in job.get("steps", [])]


def test_each_job_may_write_only_what_it_is_there_for():
    granted = {name: job.get("permissions", {}) for name, job in JOBS.items()}
    granted |= {name: content["permissions"] for name, content in WORKFLOWS.items()}
    writing = {
        (name, scope)
        for name, scopes in granted.items()
        for scope, level in scopes.items()
        if level != "read"
    }
    assert writing == {("deploy/publish", "contents"), ("weekly/report", "issues")}


def test_nothing_is_published_that_was_not_checked():
    assert WORKFLOWS["deploy"][True]["push"]["branches"] == ["main"]  # YAML 1.1 reads "on" as true
    assert JOBS["deploy/publish"]["needs"] == "checks"
    assert "if" not in JOBS["deploy/publish"]
    assert JOBS["deploy/checks"]["uses"] == "./.github/workflows/checks.yml"
    assert JOBS["deploy/checks"]["with"] == {"all": True}
    assert {"lint", "test", "lowest", "site"} <= set(WORKFLOWS["checks"]["jobs"])
    parts = [*JOBS.values(), *(step for _, step in STEPS)]
    assert not any("continue-on-error" in part for part in parts)
    for action in ("upload-artifact", "download-artifact"):
        (site,) = (step["with"] for _, step in STEPS if f"/{action}@" in step.get("uses", ""))
        assert (site["name"], site["path"]) == ("site", "_build/html")


def test_the_makefile_has_what_the_workflows_make():
    text = "\n".join(path.read_text() for path in GITHUB.glob("workflows/*.yml"))
    made = re.findall(r"\bmake ([a-z][\w/.-]*)", re.sub("#.*", "", text))
    assert {"lite", "lint", "test", "lowest", "newest", "links", "publish"} <= set(made)
    for target in made:
        code, said = make(target, ROOT, "--dry-run", "--always-make")
        assert code == 0, said
        assert "Nothing to be done" not in said, target


def test_the_workflows_try_every_python_that_the_book_allows():
    makefile = (ROOT / "Makefile").read_text()
    first, end = re.search(r"\(3, (\d+)\) <= sys\.version_info < \(3, (\d+)\)", makefile).groups()
    expected = {f"3.{minor}" for minor in range(int(first), int(end))}
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert all(version in allowed for version in expected)
    (tested,) = (s["with"] for s in JOBS["checks/test"]["steps"] if "setup-python" in str(s))
    others = JOBS["checks/versions"]["strategy"]["matrix"]["python"]
    assert {tested["python-version"], *others} == expected
    # The package itself needs no TensorFlow, and runs where a browser's Python does.
    assert {*JOBS["checks/wheel"]["strategy"]["matrix"]["python"]} == expected | {"3.14"}
    # What is new runs only on a new Python, and all of it.
    (newest,) = (step for _, step in STEPS if step.get("run") == "make newest")
    assert newest["env"]["ALL"] == "1"
    latest = max(expected, key=lambda version: int(version.split(".")[1]))
    steps = JOBS["weekly/newest"]["steps"]
    assert latest in [step.get("with", {}).get("python-version") for step in steps]


def test_what_makes_the_site_is_installed_by_digest_in_the_versions_that_are_pinned():
    text = (ROOT / "hashes.txt").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    digests = re.findall(
        r"^[\w.-]+==\S+ \\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, re.M
    )
    assert len(digests) == len(locked)
    elsewhere = pins(*ROOT.glob("requirements*.txt"), ROOT / "constraints.txt")
    other = {name for name in elsewhere.keys() & locked.keys() if locked[name] != elsewhere[name]}
    assert other == set()
    wanted = pins(*(ROOT / f"requirements-{part}.txt" for part in ("book", "lite")))
    assert wanted.keys() | pins(ROOT / "hashes.in").keys() <= locked.keys()
    for job in (JOBS["checks/site"], *(s for _, s in STEPS if s.get("run") == "make publish")):
        assert job["env"]["HASHES"] == "1"
    for part in ("book", "lite", "pdf", "publish"):
        recipe = "--dry-run", "--always-make", f".venv/{part}-is-installed", "HASHES=1"
        installs = re.findall(r"pip .*install.*", output_of("make", *recipe, cwd=ROOT))
        assert installs
        assert all("--require-hashes -r hashes.txt" in line for line in installs)


def test_newest_lifts_every_pin_but_keeps_jupyter_book_1(tmp_path):
    files = sorted(ROOT.glob("requirements*.txt"))
    for path in files:
        shutil.copy(path, tmp_path)
    code, said = make("_build/newest/requirements.txt", tmp_path)
    assert code == 0, said

    lifted = pins(tmp_path / "_build" / "newest" / "requirements.txt")
    pinned = pins(*files)
    assert lifted.keys() == pinned.keys()
    assert all(pinned.values())
    assert {name: version for name, version in lifted.items() if version} == {"jupyter-book": "<2"}


def test_lowest_installs_each_floor_of_the_package():
    named = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["demos"]
    floors = {part.name: part for part in map(Requirement, named)}
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"grep -oE .*pyproject\.toml.*(?= \\\n\t  > )", makefile)[0]
    found = {part.name: part for part in map(Requirement, output_of("sh", "-c", recipe).split())}
    assert set(floors) - set(found) == {"torch"}  # the pinned one is what there is to try
    for name, part in found.items():
        assert str(floors[name].specifier) == str(part.specifier).replace("==", ">=")
    assert {"numpy", "matplotlib", "ipywidgets"} <= set(found)


@pytest.mark.parametrize("already_open", ["", "12"])
def test_a_failure_opens_an_issue_or_adds_to_the_open_one(tmp_path, already_open):
    stand_in = tmp_path / "gh"
    stand_in.write_text('#!/bin/sh\n[ "$1 $2" != "issue list" ] && echo "$@" || echo "$OPEN"\n')
    stand_in.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "OPEN": already_open,
        "GITHUB_SERVER_URL": "https://example.org",
        "GITHUB_REPOSITORY": "OWNER/NAME",
        "GITHUB_RUN_ID": "17",
    }
    said = output_of(GITHUB / "report.sh", "It is broken", "make links", env=environment)
    beginning = "issue comment 12 --body" if already_open else "issue create --title It is broken"
    assert said.startswith(beginning)
    assert said.count("issue c") == 1
    assert "https://example.org/OWNER/NAME/actions/runs/17" in said
    assert already_open or "`make links`" in said


def test_a_failure_is_reported_whichever_way_a_job_ends():
    report = JOBS["weekly/report"]
    watched = set(WORKFLOWS["weekly"]["jobs"]) - {"report"}
    assert set(report["needs"]) == watched
    assert report["if"].startswith("always() && ")
    for name in watched:
        ended = f"needs.{name}.result != 'success'"
        assert ended in report["if"]
        (step,) = (step for step in report["steps"] if step.get("if") == f"always() && {ended}")
        assert step["run"].startswith(".github/report.sh")


def test_a_checkout_has_the_same_bytes_whatever_git_does_with_line_ends():
    files = git_files("--eol")
    assert [line for line in files if not re.match("i/(lf|none|-text).* eol=lf", line)] == []


def test_publish_puts_the_site_on_a_branch_without_a_past(tmp_path, monkeypatch):
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"

    def git(*words, folder=clone):
        return output_of("git", *words, cwd=folder).split()

    settings = tmp_path / "settings"
    settings.write_text("[user]\nname = A reader\nemail = reader@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    git("init", "--quiet", "--bare", str(origin), folder=tmp_path)
    git("clone", "--quiet", str(origin), str(clone), folder=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message", "Begin")
    site = clone / "_build" / "html"
    for page in ("first.html", "second.html"):
        shutil.rmtree(site, ignore_errors=True)
        (site / "chapters").mkdir(parents=True)
        (site / "chapters" / page).write_text(page)
        code, said = make("publish", clone, "-o", ".venv/publish-is-installed")
        assert code == 0, said
        files = git("ls-tree", "-r", "--name-only", "gh-pages", folder=origin)
        assert files == [".nojekyll", f"chapters/{page}"]
        assert git("rev-list", "--count", "gh-pages", folder=origin) == ["1"]
    # Nothing that is not whole.
    for path, text, words in (
        (site / ".lite.draft" / "index.html", "half", "is not whole, see _build/html/.lite.draft"),
        (
            site / "chapters" / "02.html",
            '<a href="../lite/notebooks/index.html">',
            "run: make lite",
        ),
        (
            site / "chapters" / "02.html",
            '<a href="../dropout-lab.pdf">',
            "run: make lite, make pdf",
        ),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        code, said = make("publish", clone, "-o", ".venv/publish-is-installed")
        assert code != 0
        assert words in said
        path.unlink()
        if path.parent.name == ".lite.draft":
            path.parent.rmdir()
    assert git("ls-tree", "-r", "--name-only", "gh-pages", folder=origin) == files


def test_half_a_list_of_parts_is_not_taken_for_one(tmp_path):
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    (site / "sbom.cdx.json").write_text("whole")
    program = tmp_path / "cyclonedx-py"
    program.write_text('#!/bin/sh\nfor last; do :; done; echo half > "$last"; exit 1\n')
    program.chmod(0o755)
    assert make("sbom", tmp_path, "BIN=.", "-o", ".venv/audit-is-installed")[0] != 0
    assert (site / "sbom.cdx.json").read_text() == "whole"
