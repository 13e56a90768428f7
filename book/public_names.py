"""What the package makes public, read from its source without importing it."""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[1]
PACKAGE = "dropout_lab"


@dataclass(frozen=True)
class Name:
    """A public name.

    Parameters
    ----------
    address : str
        The shortest path that it can be imported by, as in ``dropout_lab.training.fit_torch``.
    module : str
        Where it is defined.
    kind : str
        "function", "class" or "data".
    summary : str
        The first paragraph of its docstring; empty if it has none.
    members : frozenset of str
        Public attributes and methods that the body of a class defines.
    parameters : frozenset of str
        What a function, or any method of a class, accepts.
    value : str
        The expression behind a constant.
    """

    address: str
    module: str
    kind: str
    summary: str
    members: frozenset = frozenset()
    parameters: frozenset = frozenset()
    value: str = ""


@dataclass
class Module:
    """A module of the package: its file, what it says and defines, where its names come from."""

    path: Path
    docstring: str
    exported: tuple = ()
    defined: dict = field(default_factory=dict)
    imported: dict = field(default_factory=dict)


class PublicNames:
    """The public names of a package: those in some ``__all__``, at their shortest address.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds the package. Without the package there are no names.
    package : str
        Its name.
    """

    def __init__(self, root, package):
        self.package = package
        self.modules = {}
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            self.modules[".".join(parts)] = _read(path)
        self.names = {}
        self._homes = {}  # module and name of a definition: its address
        for module, exported in self._exports():
            home = self._definition(module, exported)
            if home is None:
                raise ExtensionError(f"{module}.__all__ names {exported}, which nobody defines")
            self._homes.setdefault(home, []).append(f"{module}.{exported}")
        for (module, name), paths in self._homes.items():
            own = f"{module}.{name}"
            address = min(paths, key=lambda path, own=own: (path.count("."), path != own))
            self._homes[module, name] = address
            self.names[address] = self._describe(address, module, name)

    def _describe(self, address, module, name):
        """Return a public name with what its definition says about it."""
        kind, node, summary = self.modules[module].defined[name]
        members, parameters = _inside(node)
        value = ast.unparse(node.value) if kind == "data" else ""
        return Name(address, module, kind, summary, members, parameters, value)

    def _exports(self):
        """Yield module and name for each entry of an ``__all__``; private modules have none."""
        for path, module in self.modules.items():
            if not any(part.startswith("_") for part in path.split(".")):
                for name in module.exported:
                    yield path, name

    def _definition(self, module, name):
        """Return the module that defines a name, and its name there; None if nobody does."""
        while module in self.modules:
            if name in self.modules[module].defined:
                return module, name
            source = self.modules[module].imported.get(name)
            if source is None:
                return None
            module, _, name = source.rpartition(".")
        return None

    def defined_in(self, module):
        """Return the public names that a module defines, in the order of its text."""
        return [
            self.names[self._homes[module, name]]
            for name in self.modules[module].defined
            if (module, name) in self._homes
        ]

    def address(self, path):
        """Return where a dotted path leads.

        Parameters
        ----------
        path : str
            As in ``dropout_lab.family.maps.drop_block`` or ``dropout_lab.network.MLP.forward``.

        Returns
        -------
        str or None
            The address of a public name or of a public member of one; None if there is none.
        """
        parts = path.split(".")
        for length in range(len(parts) - 1, 0, -1):
            home = self._homes.get(self._definition(".".join(parts[:length]), parts[length]))
            if home is not None:
                member = ".".join(parts[length + 1 :])
                known = not member or member in self.names[home].members
                return ".".join([home, *parts[length + 1 :]]) if known else None
        return None

    def meaning(self, name, module):
        """Return the address of a name as code of a module would understand it, or None."""
        first, _, rest = name.partition(".")
        if first == self.package:
            return self.address(name)
        known = self.modules[module]
        start = f"{module}.{first}" if first in known.defined else known.imported.get(first)
        return start and self.address(f"{start}.{rest}" if rest else start)


@cache
def public_names():
    """Return the public names of this book's package."""
    return PublicNames(ROOT, PACKAGE)


def first_sentence(docstring):
    """Return the first paragraph of a docstring in one line."""
    return " ".join((docstring or "").partition("\n\n")[0].split())


def _read(path):
    """Return what a file of Python holds."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = Module(path, ast.get_docstring(tree) or "")
    following = [*tree.body[1:], None]
    for node, after in zip(tree.body, following, strict=True):
        if isinstance(node, ast.ImportFrom):
            package = (".".join(path.parts[len(ROOT.parts) : -1]) + ".") * node.level
            for alias in node.names:
                source = f"{package}{node.module}.{alias.name}"
                module.imported[alias.asname or alias.name] = source
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            summary = first_sentence(ast.get_docstring(node))
            module.defined[node.name] = (kind, node, summary)
        elif isinstance(node, ast.Assign):
            summary = first_sentence(_text(after))
            targets = [part.id for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)]
            module.defined |= dict.fromkeys(targets, ("data", node, summary))
            if "__all__" in targets:
                module.exported = tuple(ast.literal_eval(node.value))
    return module


def _text(node):
    """Return the text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node.value.value if isinstance(node.value.value, str) else ""
    return ""


def _inside(node):
    """Return the public members of a class, and what it or a function accepts."""
    if isinstance(node, ast.FunctionDef):
        return frozenset(), _parameters(node)
    if not isinstance(node, ast.ClassDef):
        return frozenset(), frozenset()
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    members = frozenset(method.name for method in methods if not method.name.startswith("_"))
    fields = [part.target.id for part in node.body if isinstance(part, ast.AnnAssign)]
    return members, frozenset(fields).union(*map(_parameters, methods))


def _parameters(function):
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    found += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return frozenset(argument.arg for argument in found)
