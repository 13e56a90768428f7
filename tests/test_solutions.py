"""The code in the hidden solutions runs, in the state that its chapter leaves behind."""

import contextlib
import io
import re
from unittest import mock

import nbformat
import pytest
from recorded import chapter_paths, run_chapter

import dropout_lab.teaching
from dropout_lab.teaching import check
from dropout_lab.teaching.checking import exercises

EXERCISE = re.compile(r"(?s):::+\{exercise\}[^\n]*\n:label: (\S+)\n(.*?)\n:::")
SOLUTION = re.compile(r"(?s):::+\{solution\} (\S+)\n(.*?)\n:::")
CODE = re.compile(r"(?s)```python\n(.*?)```")
CHECK = re.compile(r'(?:^|`)check\("(\w+)", (\w+)\)(?:`|$)', re.MULTILINE)
LESSONS = [path for path in chapter_paths() if path.stem[0].isdigit()]


def texts(path, directive):
    """Return the label and the text of each exercise or solution of a chapter."""
    cells = nbformat.read(path, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return [found for source in sources for found in directive.findall(source)]


def solutions():
    for path in chapter_paths():
        for name, text in texts(path, SOLUTION):
            for number, code in enumerate(CODE.findall(text)):
                yield pytest.param(path, code, id=f"{path.stem}-{name}-{number}")


def checks(path, directive):
    """Return the lines that call `check`, as pairs of names, by label."""
    found = {label: CHECK.findall(text) for label, text in texts(path, directive)}
    return {label: calls for label, calls in found.items() if calls}


@pytest.mark.parametrize(("path", "code"), list(solutions()))
def test_a_solution_runs_and_prints_what_its_comments_say(path, code):
    namespace = dict(run_chapter(path)[0])
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        mock.patch.object(dropout_lab.teaching, "check", side_effect=check) as checked,
    ):
        if namespace.get("check") is check:  # the chapter has imported it
            namespace["check"] = checked
        exec(compile(code, path.name, "exec"), namespace)
    claims = re.findall(r"print\(.*\)\s*# ([\[\]\d.\s-]+)$", code, flags=re.MULTILINE)
    for claim in claims:
        assert " ".join(claim.split()) in " ".join(printed.getvalue().split())
    assert [call.args[0] for call in checked.mock_calls] == [n for n, _ in CHECK.findall(code)]
    for call in checked.mock_calls:
        assert check(*call.args).passed, check(*call.args)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_page_uses_the_exercises_of_its_chapter_and_no_others(path):
    known = [exercise.name for exercise in exercises() if exercise.chapter == int(path.stem[:2])]
    used = [name for calls in checks(path, SOLUTION).values() for name, _ in calls]
    assert sorted(used) == sorted(known)
    assert len(set(known)) >= 2


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_shows_the_same_check_as_its_solution(path):
    assert checks(path, EXERCISE) == checks(path, SOLUTION)
    for _, text in texts(path, EXERCISE):
        for name, function in CHECK.findall(text):
            # The text says what to write: the function with its arguments.
            assert re.search(rf"`{function}\([^`]+\)`", text), name


def test_every_checked_exercise_belongs_to_a_chapter_of_the_book():
    assert {e.chapter for e in exercises()} <= {int(path.stem[:2]) for path in LESSONS}
