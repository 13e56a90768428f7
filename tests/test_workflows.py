"""The workflows: modest in what they may do, and in step with the Makefile."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from test_build import make

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
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
    default = {name: content["permissions"] for name, content in WORKFLOWS.items()}
    granted = {
        name: job.get("permissions", default[name.split("/")[0]]) for name, job in JOBS.items()
    }
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
    assert not any(
        "continue-on-error" in part for part in [*JOBS.values(), *(step for _, step in STEPS)]
    )
    stored, fetched = (
        [step["with"] for _, step in STEPS if step.get("uses", "").startswith(f"actions/{action}@")]
        for action in ("upload-artifact", "download-artifact")
    )
    assert [(part["name"], part["path"]) for part in stored] == [("site", "_build/html")]
    assert [(part["name"], part["path"]) for part in fetched] == [("site", "_build/html")]


def test_actions_are_pinned_to_one_commit_each():
    pins = set()
    for path in (GITHUB / "workflows").glob("*.yml"):
        for used in re.findall(r"uses: *(.*)", path.read_text()):
            if not used.startswith("./"):
                action, commit, _ = re.fullmatch(r"(\S+)@([0-9a-f]{40}) # (v\d\S*)", used).groups()
                pins.add((action, commit))
    assert len(pins) == len({action for action, _ in pins}) >= 4


def commands():
    """Return the words of each command in the workflows."""
    return [shlex.split(line) for _, step in STEPS for line in step.get("run", "").splitlines()]


def test_the_makefile_has_what_the_workflows_make():
    made = [words[1:] for words in commands() if words[0] == "make"]
    made += [words[-1].split()[1:] for words in commands() if words[0] == ".github/report.sh"]
    expected = {"lite", "lint", "test", "lowest", "newest", "links", "publish"}
    assert expected <= {words[0] for words in made}
    # A runner starts make afresh. These tests may run in one, with settings such as those of
    # `make newest`.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    for words in made:
        command = ["make", "--dry-run", "--always-make", *words]
        tried = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=outside)
        assert tried.returncode == 0, tried.stderr


def test_the_workflows_try_every_python_that_the_book_allows():
    makefile = (ROOT / "Makefile").read_text()
    first, end = re.search(r"\(3, (\d+)\) <= sys\.version_info < \(3, (\d+)\)", makefile).groups()
    expected = {f"3.{minor}" for minor in range(int(first), int(end))}
    project = (ROOT / "pyproject.toml").read_text()
    allowed = SpecifierSet(re.search(r'requires-python = "(.*)"', project)[1])
    assert all(version in allowed for version in expected)

    def tried(workflow):
        found = set()
        for job in WORKFLOWS[workflow]["jobs"].values():
            found.update(job.get("strategy", {}).get("matrix", {}).get("python", []))
            for step in job.get("steps", []):
                found.add(step.get("with", {}).get("python-version"))
        return {version for version in found if version and "$" not in version}

    assert tried("checks") == expected
    assert set().union(*map(tried, WORKFLOWS)) == expected
    # What is new runs only on a new Python, and all of it.
    assert [step["env"]["ALL"] for name, step in STEPS if step.get("run") == "make newest"] == ["1"]
    newest = [step["with"] for name, step in STEPS if name == "weekly/newest" if "with" in step]
    latest = max(expected, key=lambda version: int(version.split(".")[1]))
    assert latest in [part.get("python-version") for part in newest]


def test_newest_lifts_every_pin_but_keeps_jupyter_book_1(tmp_path):
    files = sorted(ROOT.glob("requirements*.txt"))
    for path in files:
        shutil.copy(path, tmp_path)
    code, said = make("_build/newest/requirements.txt", tmp_path)
    assert code == 0, said

    def read(*paths):
        lines = (line for path in paths for line in path.read_text().splitlines())
        return [Requirement(line) for line in lines if line and line[0] not in "#-"]

    lifted = read(tmp_path / "_build" / "newest" / "requirements.txt")
    pinned = read(*files)
    assert {part.name for part in lifted} == {part.name for part in pinned}
    assert all(part.specifier for part in pinned)
    assert {part.name: str(part.specifier) for part in lifted if part.specifier} == {
        "jupyter-book": "<2"
    }


def test_lowest_installs_each_floor_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    floors = project["project"]["dependencies"]
    floors += project["project"]["optional-dependencies"]["demos"]
    floors = {part.name: part for part in map(Requirement, floors)}
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"grep -oE .*pyproject\.toml.*(?= \\\n\t  > )", makefile)[0]
    said = subprocess.run(recipe, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {part.name: part for part in map(Requirement, said.stdout.split())}
    assert set(floors) - set(found) == {"torch"}  # the pinned one is what there is to try
    for name, part in found.items():
        assert str(floors[name].specifier) == str(part.specifier).replace("==", ">=")
    assert {"numpy", "matplotlib", "ipywidgets"} <= set(found)


@pytest.fixture
def report(tmp_path):
    """Return a function that runs the report with a stand-in for gh, and returns its calls."""
    stand_in = tmp_path / "gh"
    stand_in.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$*" >> "$CALLS"\n[ "$1 $2" != "issue list" ] || echo "$OPEN"\n'
    )
    stand_in.chmod(0o755)
    calls = tmp_path / "calls"

    def run(already_open):
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "OPEN": already_open,
            "GITHUB_SERVER_URL": "https://example.org",
            "GITHUB_REPOSITORY": "OWNER/NAME",
            "GITHUB_RUN_ID": "17",
        }
        command = [str(GITHUB / "report.sh"), "It is broken", "make links"]
        subprocess.run(command, env=environment, check=True)
        said = calls.read_text()
        calls.unlink()
        return said

    return run


def test_a_failure_opens_an_issue_or_adds_to_the_open_one(report):
    run = "https://example.org/OWNER/NAME/actions/runs/17"
    opened = report("")
    assert "issue create --title It is broken --body" in opened
    assert run in opened
    assert "`make links`" in opened
    added = report("12")
    assert f"issue comment 12 --body It failed again: {run}" in added
    assert "issue create" not in added


def test_a_failure_is_reported_whichever_way_a_job_ends():
    report = JOBS["weekly/report"]
    watched = set(WORKFLOWS["weekly"]["jobs"]) - {"report"}
    assert set(report["needs"]) == watched
    for name in watched:
        ended = f"needs.{name}.result != 'success'"
        assert report["if"].startswith("always() && ")
        assert ended in report["if"]
        steps = [step for step in report["steps"] if step.get("if") == f"always() && {ended}"]
        assert [step["run"].split()[0] for step in steps] == [".github/report.sh"]


def test_a_checkout_has_the_same_bytes_whatever_git_does_with_line_ends(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of the repository")
    command = ["git", "clone", "--quiet", "--config", "core.autocrlf=true", str(ROOT), "clone"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    listed = ["git", "-c", "core.autocrlf=false", "ls-files", "--eol"]
    files = subprocess.run(
        listed, cwd=tmp_path / "clone", check=True, capture_output=True, text=True
    )
    ends = {tuple(line.split()[:2]) for line in files.stdout.splitlines()}
    assert ends == {("i/lf", "w/lf"), ("i/-text", "w/-text")}


def test_publish_puts_the_site_on_a_branch_without_a_past(tmp_path):
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"

    def git(*words, folder=clone):
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.split()

    environment = {
        **os.environ,
        **{f"GIT_{who}_NAME": "A reader" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "reader@example.org" for who in ("AUTHOR", "COMMITTER")},
    }
    git("init", "--quiet", "--bare", str(origin), folder=tmp_path)
    git("clone", "--quiet", str(origin), str(clone), folder=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message", "Begin")
    site = clone / "_build" / "html"
    for page in ("first.html", "second.html"):
        shutil.rmtree(site, ignore_errors=True)
        (site / "chapters").mkdir(parents=True)
        (site / "chapters" / page).write_text(page)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code, said = make("publish", clone, "-o", ".venv/publish-is-installed")
        assert code == 0, said
        files = git("ls-tree", "-r", "--name-only", "gh-pages", folder=origin)
        assert files == [".nojekyll", f"chapters/{page}"]
        assert git("rev-list", "--count", "gh-pages", folder=origin) == ["1"]
