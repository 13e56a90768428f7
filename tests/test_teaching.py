"""What the teachers' page says about the chapters, against the chapters."""

import re

import pytest
from recorded import CHAPTERS, lesson_paths, prose

from book.lite import browser_installs

PAGE = (CHAPTERS / "teaching.md").read_text(encoding="utf-8")
LESSONS = lesson_paths()
EXERCISE = re.compile(r"(?s):::\{exercise\}[^\n]*\n:label: (\S+)\n(.*?)\n:::")


def table_row(number):
    """Return the cells of a chapter's row in the table of exercises."""
    section = PAGE.split("## Which exercises")[1]
    (row,) = re.findall(rf"(?m)^\| {number} \|(.*)\|$", section)
    return row.split(" | ")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_minutes_and_exercises_are_those_of_the_chapter_and_homework_checks_itself(path):
    (row,) = re.findall(rf"(?m)^\| \[[^]]*\]\({path.name}\) \| (\d+) \|", PAGE)
    (minutes,) = re.findall(r"\*\*Time:\*\* about (\d+) minutes", prose(path))
    assert row == minutes
    texts = dict(EXERCISE.findall(prose(path)))
    assert len(texts) >= 3
    groups = [re.findall(r"<(ex-[a-z-]+)>", cell) for cell in table_row(int(path.stem[:2]))]
    in_class, at_home, project = groups
    assert all(groups)
    assert {*in_class, *at_home, *project} <= set(texts)
    assert [label for label in at_home if "check(" not in texts[label]] == []


def test_the_chapters_for_the_browser_are_those_that_run_there():
    (text,) = re.findall(r"chapters that need only NumPy \(([^)]*)\)", PAGE)
    named = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", text):
        named.update(range(int(first), int(last or first) + 1))
    assert named == {int(path.stem[:2]) for path in LESSONS if browser_installs(path)}
