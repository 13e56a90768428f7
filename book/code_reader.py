"""Which of the package's names a page's code uses, and where: read from its text alone.

Nothing is imported or executed for it: a chapter's code speaks of PyTorch and TensorFlow, and the
site is built without them.
"""

import ast

from book.public_names import PACKAGE


class CodeReader(ast.NodeVisitor):
    """Finds the package's names in the code of a page, block by block.

    Parameters
    ----------
    names : public_names.PublicNames
        What there is to find.

    Attributes
    ----------
    known : dict of str to str
        What names mean after the blocks read so far, as dotted paths.
    used : set of str
        The addresses that the last block does not only import.
    meanings : dict of str to set
        What each name means anywhere on the page: dotted paths, and None for what is not the
        package's: a variable, a function of the page itself, an attribute of something else.
    """

    def __init__(self, names):
        self.names = names
        self.known = {}
        self.used = set()
        self.meanings = {}
        self._found = []
        self._lines = []

    def read(self, source):
        """Read the next block of a page.

        Parameters
        ----------
        source : str
            Python. What is none has no names.

        Returns
        -------
        list of tuple
            Line, first column, last column (exclusive, all from 0) and address, one for each
            name: where it stands first.
        """
        self.used, self._found, self._lines = set(), [], source.split("\n")
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return []
        self.visit(tree)
        first = {}
        for place in sorted(self._found):
            first.setdefault(place[3], place)
        return list(first.values())

    def visit_Import(self, node):
        """Note `import dropout_lab` and forget names that something else takes."""
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self._bind(bound, alias.name if alias.asname else bound)

    def visit_ImportFrom(self, node):
        """Note what is imported from the package; the import itself is a place to link from."""
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self._bind(alias.asname or alias.name, path)
            self._note(alias, len(alias.name), path)

    def visit_Name(self, node):
        """Note a name that is used; forget one that is given another meaning."""
        if isinstance(node.ctx, ast.Load):
            if node.id in self.known:
                self._note(node, len(node.id), self.known[node.id])
        else:
            self._bind(node.id, None)

    def visit_Attribute(self, node):
        """Note `module.name`; of `module.name.attribute` the part that is documented."""
        parts = [node]
        while isinstance(parts[-1].value, ast.Attribute):
            parts.append(parts[-1].value)
        root = parts[-1].value
        if isinstance(root, ast.Name) and root.id in self.known:
            for part in parts:
                path = ast.unparse(part).replace(root.id, self.known[root.id], 1)
                if part.lineno == part.end_lineno and self._address(path):
                    self._note(root, part.end_col_offset - root.col_offset, path)
                    return
        self._mean(node.attr, None)
        self.generic_visit(node)

    def visit_keyword(self, node):
        """Note that a name is also the name of an argument."""
        self._mean(node.arg, None)
        self.visit(node.value)

    def visit_Assign(self, node):
        """Look at the value first: `x = f(x)` uses x before it changes."""
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_FunctionDef(self, node):
        """Look into a function: its parameters and variables are its own."""
        defaults = filter(None, [*node.args.defaults, *node.args.kw_defaults])
        for part in [*node.decorator_list, *defaults]:
            self.visit(part)
        self._within(node.body, node)
        self._bind(node.name, None)

    def visit_Lambda(self, node):
        """Look into a function without a name."""
        self._within([node.body], node)

    def _comprehension(self, node):
        self._within(ast.iter_child_nodes(node), node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _within(self, body, node):
        """Visit nodes in a scope of their own."""
        outside = self.known
        own = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        own |= {
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        self.known = {name: path for name, path in outside.items() if name not in own}
        for name in own:
            self._mean(name, None)
        for part in body:
            self.visit(part)
        self.known = outside

    def _bind(self, name, path):
        """Give a name a meaning: a dotted path, or None for something of the page itself."""
        own = path is not None and path.partition(".")[0] == PACKAGE
        self.known.pop(name, None)
        if own:
            self.known[name] = path
        self._mean(name, path if own else None)

    def _mean(self, name, path):
        self.meanings.setdefault(name, set()).add(path)

    def meaning(self, text):
        """Return what a piece of code means on the whole page that was read.

        Parameters
        ----------
        text : str
            As in ``fit_torch``, ``family.drop_block`` or ``dropout_lab.sweeps``.

        Returns
        -------
        str or None
            An address; None where it is not the package's, or not everywhere.
        """
        first, dot, rest = text.partition(".")
        if first == PACKAGE:
            return self._address(text)
        meanings = self.meanings.get(first, ())
        if len(meanings) != 1 or None in meanings:
            return None
        return self._address(f"{next(iter(meanings))}{dot}{rest}")

    def _address(self, path):
        return self.names.address(path) or (path if path in self.names.modules else None)

    def _note(self, node, length, path):
        address = self._address(path) if path.startswith(PACKAGE) else None
        if address:
            line = self._lines[node.lineno - 1].encode()
            start = len(line[: node.col_offset].decode())
            self._found.append((node.lineno - 1, start, start + length, address))
            if not isinstance(node, ast.alias):
                self.used.add(address)
