"""The code in the hidden solutions runs, in the state that its chapter leaves behind."""

import contextlib
import io
import re

import nbformat
import pytest
from recorded import chapter_paths, run_chapter

SOLUTION = re.compile(r"(?s):::+\{solution\} (\S+)\n(.*?)\n:::")
CODE = re.compile(r"(?s)```python\n(.*?)```")


def solutions():
    for path in chapter_paths():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for name, text in SOLUTION.findall(cell.source):
                    for number, code in enumerate(CODE.findall(text)):
                        yield pytest.param(path, code, id=f"{path.stem}-{name}-{number}")


@pytest.mark.parametrize(("path", "code"), list(solutions()))
def test_a_solution_runs_and_prints_what_its_comments_say(path, code):
    namespace = dict(run_chapter(path)[0])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, path.name, "exec"), namespace)
    claims = re.findall(r"print\(.*\)\s*# ([\[\]\d.\s-]+)$", code, flags=re.MULTILINE)
    for claim in claims:
        assert " ".join(claim.split()) in " ".join(printed.getvalue().split())
