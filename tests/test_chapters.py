"""What the stored notebooks promise: complete, clean, and within their budgets."""

import ast
import gzip
import json
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from recorded import (
    CHAPTERS,
    chapter_paths,
    code_cells,
    lesson_paths,
    notebook,
    prose,
    stored_explorers,
    tags,
)

PATHS = chapter_paths()
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
every_lesson = pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
HIDDEN = {"hide-input", "remove-input"}
_OF_ONE_MACHINE = (
    r"(?<![\w.:/])/(?:home|Users|root|tmp|work|usr|opt|var)/\w|[A-Z]:\\+Users|site-packages"
    r"|\b20\d\d-\d\d-\d\d\b"
)
MAX_STORED_BYTES = 400_000
MAX_ZIPPED_BYTES = 60_000
MAX_CELL_LINES = 15
MAX_BARS = 3  # behind which code is folded
MAX_LINE_LENGTH = 80  # longer lines are cut off on the page
# Of a lesson, which ends where the exercises begin: all its words, and lines of code on the page.
MAX_WORDS, MAX_WORDS_AT_FIRST = 2500, 1300
MAX_LINES, MAX_LINES_ABOUT_CODE = 120, 200
ABOUT_CODE = {"05_frameworks", "06_fraud_detection", "15_training_scripts"}
PARTS = yaml.safe_load((CHAPTERS.parent / "_toc.yml").read_text("utf-8"))["parts"]
FIRST_PART = {
    Path(page["file"]).stem
    for part in PARTS
    if part["caption"] == "Understand dropout"
    for page in part["chapters"]
}


def functions_of(path):
    """Return the functions of a chapter by name, and the names of those that it draws with."""
    nodes = list(ast.walk(ast.parse("\n".join(cell.source for cell in code_cells(path)))))
    found = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return found, {
        ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func) == "explore"
    }


def shown(path):
    """Return the code cells of a notebook that its page shows."""
    return [cell for cell in code_cells(path) if "remove-input" not in tags(cell)]


@every_notebook
def test_drawing_changes_nothing_that_other_cells_use(path):
    # A live notebook draws frames between the cells that its reader runs.
    functions, waiting = functions_of(path)
    drawn = set()
    while waiting := (waiting & set(functions)) - drawn:
        drawn |= waiting
        inside = [node for name in waiting for node in ast.walk(functions[name])]
        waiting = {node.id for node in inside if isinstance(node, ast.Name)}
    assert drawn or path.stem == "index"  # which trains instead
    for name in drawn:
        nodes = list(ast.walk(functions[name]))
        own = {node.arg for node in nodes if isinstance(node, ast.arg)}
        own |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in nodes:
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
                root = next(n.id for n in ast.walk(node.value) if isinstance(n, ast.Name))
                assert root in own, f"{name} changes {ast.unparse(node)}"


@every_notebook
def test_code_that_the_book_hides_is_hidden_in_a_notebook_too(path):
    # A quiz tells its answer there. JupyterLab and Notebook 7 read the one, Colab the other.
    tagged = [cell for cell in code_cells(path) if HIDDEN & tags(cell)]
    assert tagged
    for cell in tagged:
        assert cell.metadata.get("jupyter") == {"source_hidden": True}, cell.id
        assert cell.metadata.get("cellView") == "form", cell.id
    quizzes = [cell for cell in code_cells(path) if "quiz(" in cell.source]
    assert [cell.id for cell in quizzes if cell not in tagged] == []
    for cell in quizzes:  # JupyterLab shows the first line of what is hidden
        assert cell.source.startswith(("quiz(\n", "question = ")), cell.id


@every_notebook
def test_code_on_the_page_teaches(path):
    assert sum("hide-input" in tags(cell) for cell in code_cells(path)) <= MAX_BARS
    assert [cell for cell in shown(path) if re.search(r"\bclaims?\(", cell.source)] == []


@every_notebook
def test_every_cell_was_executed_in_order_and_succeeded(path):
    nbformat.validate(notebook(path))
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    # What a cell prints is one output, in however many pieces it arrived.
    printed = [output.get("name") == "stdout" for cell in cells for output in [{}, *cell.outputs]]
    assert (True, True) not in pairwise(printed)
    # No path of a machine, which has its user in it, and no day.
    stored = json.dumps([outputs, notebook(path).metadata])
    assert re.findall(_OF_ONE_MACHINE, stored) == []
    # Only published explorers are stored.
    assert "widgets" not in notebook(path).metadata
    assert not [kind for output in outputs for kind in output.get("data", {}) if "widget" in kind]


@every_notebook
def test_code_cells_are_short_enough_to_teach(path):
    for cell in code_cells(path):
        assert sum(map(bool, map(str.strip, cell.source.splitlines()))) <= MAX_CELL_LINES
    lines = [line for cell in shown(path) for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > MAX_LINE_LENGTH] == []


@every_lesson
def test_a_lesson_can_be_read_in_one_sitting(path):
    words, lines = 0, 0
    for cell in notebook(path).cells:
        if cell.cell_type == "code":
            lines += 0 if HIDDEN & tags(cell) else len(cell.source.splitlines())
            continue
        text, ends, _ = cell.source.partition("## Exercises")
        words += len(text.split())
        if ends:
            break
    assert 0 < words <= (MAX_WORDS_AT_FIRST if path.stem in FIRST_PART else MAX_WORDS)
    assert 0 < lines <= (MAX_LINES_ABOUT_CODE if path.stem in ABOUT_CODE else MAX_LINES)


@every_notebook
def test_explorers_keep_their_budget(path):
    for explorer in stored_explorers(path):
        stored = explorer.html.encode()
        assert len(stored) <= MAX_STORED_BYTES
        assert len(gzip.compress(stored, mtime=0)) <= MAX_ZIPPED_BYTES


@every_lesson
def test_a_chapter_has_the_frame_of_a_chapter(path):
    text = prose(path)
    assert len(stored_explorers(path)) >= 2
    assert "In this chapter" in text
    assert any("predict(" in cell.source and cell.outputs for cell in code_cells(path))
    assert "{admonition} Predict" not in text
    for heading in ("## Pitfalls", "## Summary", "## Exercises", "## Further reading"):
        assert heading in text, heading
    exercises = re.findall(r":label: (\S+)", text)
    assert len(exercises) >= 3
    assert exercises == re.findall(r":::+\{solution\} (\S+)\n:class: dropdown", text)
    quizzes = [cell for cell in code_cells(path) if "quiz(" in cell.source]
    assert len([cell for cell in quizzes if cell.outputs]) >= 3


@every_notebook
def test_trained_numbers_are_bounded_here_or_in_the_next_cell(path):
    def bounded(cell):
        return "claim(" in cell.source or "assert" in cell.source

    cells = code_cells(path)
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        drawn = "explore(" in cell.source or "predict(" in cell.source
        if "nbval-ignore-output" in tags(cell) and not drawn:
            assert bounded(cell) or (following and bounded(following)), cell.source
