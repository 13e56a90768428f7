"""Which chapters run on Python in a browser: those that need only what Pyodide has.

Read off the imports, without running anything. A chapter needs what its cells import, and what
those parts of `dropout_lab` import that its cells use. A function that trains with PyTorch
imports it in its body: a chapter that takes only constants from its module does not need it.
"""

import ast
import functools
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "dropout_lab"

IN_BROWSER = {
    "IPython": "ipython",
    "ipywidgets": "ipywidgets",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}
"""What a chapter may import there, and the name by which one installs it.

All of it comes with Pyodide but ipywidgets, which we serve ourselves.
"""

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def runs_in_browser(path):
    """Say whether Pyodide has all that a notebook imports.

    Parameters
    ----------
    path : pathlib.Path
        A file of the book. What is no notebook runs nowhere.

    Returns
    -------
    bool
        False as soon as it reaches PyTorch, Keras, TensorFlow or a download.
    """
    return path.suffix == ".ipynb" and needed_by(path) <= IN_BROWSER.keys()


@functools.cache
def needed_by(path):
    """Return the packages that a notebook needs, for itself and for what it uses of ours.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.

    Returns
    -------
    frozenset of str
        Names as one imports them, without the standard library and `dropout_lab`.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = [
        line
        for cell in cells
        if cell["cell_type"] == "code"
        for line in "".join(cell["source"]).splitlines()
        if not line.lstrip().startswith(("%", "!"))  # for IPython, no Python
    ]
    search = _Search()
    search.use(ast.parse("\n".join(lines)), {})
    return frozenset(search.packages - sys.stdlib_module_names - {PACKAGE})


class _Search:
    """The packages found so far, and the parts of `dropout_lab` already looked through.

    A part is a pair of a module and a name in it; the name None means the module itself.
    """

    def __init__(self):
        self.packages = set()
        self._seen = set()
        self._meant = {}

    def use(self, tree, around):
        """Look through code that is run; `around` says which parts its names mean."""
        names = around | self._import_all(ast.walk(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in names:
                self._use_part(*names[node.id])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module, name = names.get(node.value.id, ("", ""))
                if name is None:
                    self._use_part(module, node.attr)

    def _use_part(self, module, name):
        """Look through one definition of a module, or follow it to where it comes from."""
        if name is None or (module, name) in self._seen:
            return
        self._seen.add((module, name))
        names = self._names(module)
        if names.get(name, (module, name)) != (module, name):
            self._use_part(*names[name])
        for definition in _definitions(module).get(name, ()):
            self.use(definition, names)

    def _import_all(self, nodes):
        """Import what `nodes` import; return which parts of `dropout_lab` that gives names to."""
        names = {}
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(alias.name)
                    names[alias.asname or alias.name] = (alias.name, None)
            elif isinstance(node, ast.ImportFrom):
                self._import(node.module)
                for alias in node.names:
                    part = (f"{node.module}.{alias.name}", None)
                    if _file(part[0]) is None or alias.name in _named(node.module):
                        part = (node.module, alias.name)  # what a module names hides a file
                    self._import(part[0])
                    names[alias.asname or alias.name] = part
        return {name: part for name, part in names.items() if _file(part[0])}

    def _import(self, module):
        """Import a module: the folders above it, what it imports, what it calls meanwhile."""
        self.packages.add(module.partition(".")[0])
        if _file(module) is None or (module, None) in self._seen:
            return
        self._seen.add((module, None))
        if "." in module:
            self._import(module.rpartition(".")[0])
        names = self._names(module)
        for node in _run_on_import(module):
            if isinstance(node, ast.Call):
                self.use(node.func, names)

    def _names(self, module):
        """Return which part each name at the top of a module means, its own included."""
        if module not in self._meant:
            own = {name: (module, name) for name in _definitions(module)}
            imported = self._import_all(_run_on_import(module))
            self._meant[module] = own | imported
        return self._meant[module]


def _file(module):
    """Return the file of one of our modules, None for anything else."""
    if module.partition(".")[0] != PACKAGE:
        return None
    place = ROOT.joinpath(*module.split("."))
    files = place.with_suffix(".py"), place / "__init__.py"
    return next((file for file in files if file.exists()), None)


@functools.cache
def _tree(module):
    return ast.parse(_file(module).read_text(encoding="utf-8"))


@functools.cache
def _named(module):
    """Return the names at the top of one of our modules."""
    nodes = _run_on_import(module)
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    aliases = (alias for node in imports for alias in node.names)
    return _definitions(module).keys() | {alias.asname or alias.name for alias in aliases}


@functools.cache
def _run_on_import(module):
    """Return the nodes of a module that importing it runs: all outside of functions."""
    found, waiting = [], [_tree(module)]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [n for n in ast.iter_child_nodes(node) if not isinstance(n, _FUNCTIONS)]
    return found


@functools.cache
def _definitions(module):
    """Return the statements at the top of a module that define each name."""
    found = {}
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (n for target in targets for n in ast.walk(target)):
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).append(node)
    return found
