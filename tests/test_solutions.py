"""The exercises of the pages and those that check themselves; `chapter_run` runs the solutions."""

import re

import pytest
from chapter_run import SOLUTION
from recorded import lesson_paths, prose
from solving import CHECK

from dropout_lab.teaching.checking import exercises

EXERCISE = re.compile(r"(?s):::+\{exercise\}[^\n]*\n:label: (\S+)\n(.*?)\n:::")


def checks(path, directive):
    """Return the lines that call `check`, as pairs of names, by label."""
    found = {label: CHECK.findall(text) for label, text in directive.findall(prose(path))}
    return {label: calls for label, calls in found.items() if calls}


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_a_page_uses_the_exercises_of_its_chapter_and_no_others(path):
    known = [exercise.name for exercise in exercises() if exercise.chapter == int(path.stem[:2])]
    used = [name for calls in checks(path, SOLUTION).values() for name, _ in calls]
    assert sorted(used) == sorted(known)
    assert len(set(known)) >= 2


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_an_exercise_shows_the_same_check_as_its_solution(path):
    assert checks(path, EXERCISE) == checks(path, SOLUTION)
    for _, text in EXERCISE.findall(prose(path)):
        for name, function in CHECK.findall(text):
            # The text says what to write: the function with its arguments.
            assert re.search(rf"`{function}\([^`]+\)`", text), name


def test_every_checked_exercise_belongs_to_a_chapter_of_the_book():
    assert {e.chapter for e in exercises()} <= {int(path.stem[:2]) for path in lesson_paths()}
