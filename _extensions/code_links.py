"""Sphinx extension of this book: code in the chapters leads to the API reference, and back.

The names are followed through the text of the code. Nothing is imported or executed for it:
a chapter's code speaks of PyTorch and TensorFlow, and the site is built without them.
"""

import ast
import re
from pathlib import Path

from docutils import nodes
from public_names import PACKAGE, public_names
from sphinx.util.docutils import SphinxDirective

LANGUAGES = ("ipython3", "python")
_PIECES = re.compile(r"<[^>]*>|&[^;]+;|\n|[^<&\n]+")


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
    """

    def __init__(self, names):
        self.names = names
        self.known = {}
        self.used = set()
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
            self.known.pop(node.id, None)

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
        self.generic_visit(node)

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
        self.known.pop(node.name, None)

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
        for part in body:
            self.visit(part)
        self.known = outside

    def _bind(self, name, path):
        self.known.pop(name, None)
        if path.partition(".")[0] == PACKAGE:
            self.known[name] = path

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


def read_code(app, doctree):
    """Note on each block of code of a page which names of the package stand where."""
    env = app.env
    uses, imported = {}, {}
    reader = CodeReader(public_names())
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") not in LANGUAGES:
            continue
        places = reader.read(block.astext())
        if places:
            block["api_links"] = places
            section = block.parent
            while section is not None and not isinstance(section, nodes.section):
                section = section.parent
            anchor = section["ids"][0] if section else ""
            for *_, address in places:
                (uses if address in reader.used else imported).setdefault(address, anchor)
    if Path(env.docname).name[:2].isdigit():
        _uses(env)[env.docname] = imported | uses


def link_names(html, links):
    """Turn places in highlighted code into links.

    Parameters
    ----------
    html : str
        What Pygments made of the code; each name is a piece of its own.
    links : list of tuple
        Line, first column, last column (exclusive) and target of each link, in order.

    Returns
    -------
    str
        The same with links.
    """
    head, mark, rest = html.partition("<pre>")
    code, end, tail = rest.rpartition("</pre>")
    waiting, done = list(links), []
    line = column = depth = 0
    closing = None
    for piece in _PIECES.findall(code):
        opens = not piece.startswith("</")
        here = closing is None and waiting and waiting[0][:2] == (line, column)
        if here and opens and piece != "<span>":  # Pygments begins with an empty one
            _, _, stop, target = waiting.pop(0)
            done.append(f'<a class="api-link" href="{target}">')
            closing = (line, stop, depth)
        done.append(piece)
        if piece.startswith("<"):
            depth += 1 if opens else -1
        elif piece == "\n":
            line, column = line + 1, 0
        else:
            column += 1 if piece.startswith("&") else len(piece)
        if closing == (line, column, depth) and piece != "\n":
            done.append("</a>")
            closing = None
    return head + mark + "".join(done) + end + tail


def visit_literal_block(self, node):
    """Write a block of code as ever, then put the links into it."""
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        targets = _targets(self.builder, self.builder.current_docname)
        links = [(*place, targets(address)) for *place, address in node.get("api_links", ())]
        links = [tuple(link) for link in links if link[-1]]
        if links:
            self.body[-1] = link_names(self.body[-1], links)
        raise


def depart_literal_block(self, node):
    """End a block that was not highlighted."""
    type(self).depart_literal_block(self, node)


def _targets(builder, docname):
    """Return a function that gives the address on the site of a public name, or None."""
    objects = builder.env.get_domain("py").objects

    def target(address):
        found = objects.get(address)
        if found is None:
            return None
        return f"{builder.get_relative_uri(docname, found.docname)}#{found.node_id}"

    return target


class api_uses(nodes.General, nodes.Element):
    """Stands for the list of chapters that use a name until all of them have been read."""


class ApiUses(SphinxDirective):
    """``.. api-uses:: ADDRESS``: the chapters whose code uses a public name."""

    required_arguments = 1

    def run(self):
        """Return what is replaced later."""
        return [api_uses("", address=self.arguments[0])]


def list_uses(app, doctree, docname):
    """Replace what stands for the chapters that use a name."""
    for place in list(doctree.findall(api_uses)):
        found = [
            (page, uses[place["address"]])
            for page, uses in sorted(_uses(app.env).items())
            if place["address"] in uses
        ]
        paragraph = nodes.paragraph(classes=["api-uses"])
        paragraph += nodes.Text(f"In the code of chapter{'s' * (len(found) > 1)} ")
        for number, (page, anchor) in enumerate(found):
            if number:
                paragraph += nodes.Text(" and " if number == len(found) - 1 else ", ")
            address = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
            chapter = str(int(Path(page).name[:2]))
            paragraph += nodes.reference("", chapter, refuri=address, internal=True)
        paragraph += nodes.Text(".")
        place.replace_self([paragraph] if found else [])


def _uses(env):
    """Return which names each chapter uses, and the section where it does so first."""
    if not hasattr(env, "api_uses"):
        env.api_uses, env.api_uses_listed = {}, {}
    return env.api_uses


def forget(app, env, docname):
    """Forget a page that will be read again."""
    _uses(env).pop(docname, None)


def merge(app, env, docnames, other):
    """Take over what another process read."""
    _uses(env).update({name: uses for name, uses in _uses(other).items() if name in docnames})


def renew_lists(app, env):
    """Write the reference again where the chapters use other names than before."""
    uses = _uses(env)
    if uses == env.api_uses_listed:
        return []
    env.api_uses_listed = {name: dict(found) for name, found in uses.items()}
    return sorted({entry.docname for entry in env.get_domain("py").objects.values()})


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.add_node(api_uses)
    app.add_node(
        nodes.literal_block, override=True, html=(visit_literal_block, depart_literal_block)
    )
    app.add_directive("api-uses", ApiUses)
    app.connect("doctree-read", read_code)
    app.connect("doctree-resolved", list_uses)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", renew_lists)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
