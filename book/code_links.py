"""Sphinx extension of this book: code in the chapters leads to the API reference, and back.

So do names in the prose, where the page's code says whose they are.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from book.code_reader import CodeReader
from book.public_names import public_names

LANGUAGES = ("ipython3", "python")
# Public names that PyTorch or Keras have as well. In prose they mean theirs, or a word: only the
# full path means ours.
SHARED = {
    "Dropout",
    "History",
    "Regularizer",
    "attention",
    "cross_entropy",
    "dropout",
    "evaluate",
    "regularizers",
    "softmax",
    "train",
}
_APART = (nodes.title, nodes.reference, addnodes.pending_xref)
_PIECES = re.compile(r"<[^>]*>|&[^;]+;|\n|[^<&\n]+")


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
    if not env.docname.startswith("chapters/api/"):  # there, the docstrings' own rules hold
        _read_prose(doctree, reader)


def _read_prose(doctree, reader):
    """Note on each piece of code within a sentence whether it is nothing but a name of ours."""
    for literal in doctree.findall(nodes.literal):
        name = literal.astext().removesuffix("()")
        address = None if name in SHARED or _is_apart(literal) else reader.meaning(name)
        if address:
            literal["api_link"] = address


def _is_apart(node):
    """Say whether a node stands in a heading or a link."""
    while node is not None and not isinstance(node, _APART):
        node = node.parent
    return node is not None


def link_prose(app, doctree, docname):
    """Make links of the names in the prose."""
    targets = _targets(app.builder, docname)
    for literal in list(doctree.findall(nodes.literal)):
        target = targets(literal["api_link"]) if "api_link" in literal else None
        if target:
            link = nodes.reference("", "", refuri=target, internal=True, classes=["api-link"])
            literal.replace_self(link)
            link += literal


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
    app.connect("doctree-resolved", link_prose)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", renew_lists)
    return {"env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
