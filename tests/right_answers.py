"""The right answers to the checked exercises, read from the chapters' hidden solutions."""

import ast
import functools
import re

from recorded import CHAPTERS, notebook

_SOLUTION = re.compile(r'(?s)```python\n((?:(?!```).)*?^check\("(\w+)", (\w+)\).*?)```', re.M)
_IMPORTS, _DEFINITIONS = (ast.Import, ast.ImportFrom), (ast.FunctionDef, ast.ClassDef)


@functools.cache
def right_answers():
    """Return by exercise the function that a solution hands to `check`.

    Of a solution only imports and definitions run, and of its chapter the imports that they use.
    """
    found = {}
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        cells = notebook(path).cells
        codes = [ast.parse(cell.source).body for cell in cells if cell.cell_type == "code"]
        for cell in cells:
            for code, name, function in _SOLUTION.findall(cell.source):
                parts = [n for n in ast.parse(code).body if isinstance(n, _IMPORTS + _DEFINITIONS)]
                tree = ast.Module(parts, [])
                used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
                imports = [n for body in codes for n in body if _binds(n, used)]
                space = {"__name__": path.stem}
                exec(compile(ast.Module([*imports, *parts], []), path.name, "exec"), space)
                if function in space:  # not where the exercise only shows the call
                    found[name] = space[function]
    return found


def _binds(node, names):
    """Say whether a statement imports one of some names."""
    return isinstance(node, _IMPORTS) and any((n.asname or n.name) in names for n in node.names)
