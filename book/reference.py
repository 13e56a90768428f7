"""The API reference: what each ``__all__`` names, from its docstring, and links to it and back.

autodoc and numpydoc write the entries, and sphinx-codeautolink follows names through code. Its
extension would read a page's code anew for each block and write the whole page again, which takes
longer than the rest of the build; so the links are set here.
"""

import ast
import json
import pkgutil
import re
from contextlib import suppress
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from inspect import getsourcefile, getsourcelines, isclass, isroutine, unwrap
from pathlib import Path

from docutils import nodes
from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment
from numpydoc import docscrape_sphinx
from numpydoc.xref import DEFAULT_LINKS
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.ext.autodoc.mock import mock
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import make_refnode
from sphinx_codeautolink.extension import resolve
from sphinx_codeautolink.extension.block import construct_name_pattern
from sphinx_codeautolink.extension.resolve import CouldNotResolve, resolve_location
from sphinx_codeautolink.parse import parse_names

from book import header

ROOT = Path(__file__).parents[1]
PACKAGE = "dropout_lab"
# What the package's modules import besides NumPy. None of it is needed to read docstrings and
# figures: a site is built without what draws.
NOT_IMPORTED = ["matplotlib", "PIL"]

# Where others document what our docstrings name. No inventory is fetched while building.
ELSEWHERE = {
    "numpy.ndarray": "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html",
    "numpy.random.Generator": "https://numpy.org/doc/stable/reference/random/generator.html",
    "matplotlib.figure.Figure": (
        "https://matplotlib.org/stable/api/_as_gen/matplotlib.figure.Figure.html"
    ),
    "matplotlib.axes.Axes": "https://matplotlib.org/stable/api/_as_gen/matplotlib.axes.Axes.html",
    "pathlib.Path": "https://docs.python.org/3/library/pathlib.html#pathlib.Path",
    "torch.Tensor": "https://docs.pytorch.org/docs/stable/tensors.html",
    "torch.device": "https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.device",
    "torch.nn.Dropout": "https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html",
    "torch.nn.Linear": "https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html",
    "torch.nn.Module": "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html",
    "keras.Model": "https://keras.io/api/models/model/",
    "tqdm.tqdm": "https://tqdm.github.io/docs/tqdm/",
}

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

_PATTERNS = re.compile(r"^\.\. api:: (.*)$", re.MULTILINE)
_NAMES = re.compile(r"^\.\. api-names:: (.*)$", re.MULTILINE)
_DATA_SHOWN = 40  # characters of a constant's value
_CODE = re.compile(r'<div class="highlight-i?python3? notranslate">.*?</pre>', re.DOTALL)


# --- which names there are, and where ----------------------------------------------------------


@cache
def modules():
    """Return the public modules of the package by name."""
    with mock(NOT_IMPORTED):
        found = pkgutil.walk_packages(import_module(PACKAGE).__path__, f"{PACKAGE}.")
        names = [PACKAGE, *(module.name for module in found)]
        return {name: import_module(name) for name in names if "._" not in name}


@cache
def addresses():
    """Return the address of each public name, the shortest to import it by.

    The keys are its home, the module that defines it, and what it is called there.
    """
    paths = {}
    for module, contents in modules().items():
        for name in getattr(contents, "__all__", ()):
            home = _home(name, getattr(contents, name))
            paths.setdefault((home, name), [f"{home}.{name}"]).append(f"{module}.{name}")
    return {home: min(found, key=lambda path: path.count(".")) for home, found in paths.items()}


def _home(name, thing):
    """Return the module that defines a public name and says what it is."""
    if isclass(thing) or isroutine(thing):
        found = thing.__module__ if thing.__doc__ else None
    else:
        same = [module for module, held in modules().items() if vars(held).get(name) is thing]
        documented = (module for module in same if ("", name) in _analyzer(module).attr_docs)
        found = next(documented, None)
    if found is None:
        raise ExtensionError(f"{name}, which an __all__ names, has no docstring")
    return found


def _analyzer(module):
    analyzer = ModuleAnalyzer.for_module(module)
    analyzer.analyze()
    return analyzer


@cache
def documented(path):
    """Return the address of what a dotted path leads to, through whatever module that is."""
    parent, _, name = path.rpartition(".")
    if not parent:
        return path
    return addresses().get((parent, name)) or f"{documented(parent)}.{name}"


@cache
def pages():
    """Return the modules of each page: a module stands where a pattern of a page fits it best."""
    found = {}
    for page in sorted((ROOT / "chapters/api").glob("*.rst")):
        for line in _PATTERNS.findall(page.read_text("utf-8")):
            found |= {(page.stem, pattern): [] for pattern in line.split()}
    homes = {home for home, _ in addresses()}
    for module, contents in sorted(modules().items()):
        if module in homes or (module != PACKAGE and hasattr(contents, "__all__")):
            fitting = [place for place in found if fnmatch(module, place[1])]
            found[max(fitting, key=lambda place: len(place[1]))].append(module)
    shown = {page: [] for page, _ in found}
    for (page, _), fitting in found.items():
        shown[page] += fitting
    return shown


def entries(module):
    """Return the public names that a module defines: name, address, summary, in their order."""
    analyzer, contents = _analyzer(module), modules()[module]
    names = [name for home, name in addresses() if home == module]
    for name in sorted(names, key=analyzer.tagorder.get):
        text = analyzer.attr_docs.get(("", name)) or [getattr(contents, name).__doc__]
        yield name, addresses()[module, name], first_paragraph("\n".join(text))


def first_paragraph(docstring):
    """Return the first paragraph of a docstring in one line."""
    return " ".join(docstring.strip().partition("\n\n")[0].split())


# --- the pages ---------------------------------------------------------------------------------


def write_page(app, docname, source):
    """Put into a page what ``.. api:: PATTERN ...`` and ``.. api-names:: PAGE`` stand for."""
    if docname.startswith("chapters/api/"):
        page = Path(docname).name
        text = _PATTERNS.sub(lambda _: "\n".join(map(_section, pages()[page])), source[0])
        source[0] = _NAMES.sub(lambda named: "\n".join(map(_names, pages()[named[1]])), text)


def _section(module):
    """Return what there is to say about a module and its names."""
    anchor, title = "api-" + re.sub("[._]", "-", module), f"``{module}``"
    lines = [f".. _{anchor}:", "", title, "-" * len(title), "", f".. automodule:: {module}", ""]
    for name, address, _ in entries(module):
        thing = getattr(modules()[module], name)
        kind = "class" if isclass(thing) else "function" if isroutine(thing) else "data"
        lines += [f".. auto{kind}:: {address.rpartition('.')[0]}::{name}"]
        if kind == "class":
            lines += ["   :members:"]
        elif kind == "data" and len(repr(thing)) > _DATA_SHOWN:
            lines += ["   :no-value:"]
        lines += [""]
    return "\n".join(lines)


def _names(module):
    """Return the names of a module, each with its first sentence."""
    lines = [f".. py:currentmodule:: {module}", "", ".. rst-class:: api-module", ""]
    sentence = first_paragraph(modules()[module].__doc__)
    lines += [f":py:mod:`{module}`: {sentence}", "", ".. rst-class:: api-names", ""]
    for _, address, summary in entries(module):
        lines += [f":py:obj:`~{address}`", f"   {summary}"]
    return "\n".join([*lines, ""])


def find_name(app, env, node, contnode):
    """Lead a name to its entry, here or elsewhere; in backticks it need not have one."""
    if node.get("refdomain") != "py":
        return None
    target, module = node["reftarget"], modules().get(node.get("py:module"))
    if target in ELSEWHERE:
        return nodes.reference("", "", contnode, refuri=ELSEWHERE[target], internal=False)
    first, dot, rest = target.partition(".")
    home = getattr(getattr(module, first, None), "__module__", None)
    entry = env.get_domain("py").objects.get(documented(f"{home}.{first}{dot}{rest}"))
    if entry:
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode)
    return nodes.literal("", node.astext()) if node["reftype"] == "obj" else None


def shorten(app, what, name, obj, options, lines):
    """Leave of what stands beside one lesson its first paragraph; the source has the rest."""
    if getattr(obj, "__module__", None) in pages()["plots"] and "" in lines:
        del lines[lines.index("") :]


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, whose docstring says "Alias for field number 0"."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def drop_source(pagename, context):
    """Offer no source of a page that was written from the package: it is only a directive."""
    if pagename.startswith("chapters/api/"):
        for menu in context.get("header_buttons", ()):
            if menu.get("label") == "download-buttons":
                source = "download-source-button"
                menu["buttons"] = [one for one in menu["buttons"] if one.get("label") != source]


# --- links to the pages, and back --------------------------------------------------------------


def read_code(app, doctree):
    """Note which of the package's names stand where in the code of a page; its blocks add up.

    Cells of plumbing, which the page does not show, import what those that it shows use.
    """
    blocks, source = [], ""
    hidden = _plumbing(Path(app.env.doc2path(app.env.docname)))
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") not in ("ipython3", "python"):
            continue
        section = block.parent
        while section.parent and not isinstance(section[0], nodes.title):
            section = section.parent
        parts = [(block.astext(), True)]
        if block.parent.get("nb_element") == "cell_code_source":
            parts.insert(0, (next(hidden), False))
        for text, shown in parts:
            try:
                ast.parse(text)
            except SyntaxError:  # a command of IPython
                text = "\n" * text.count("\n")
            blocks.append((source.count("\n"), section["ids"][0], [], shown))
            source += text + "\n"
    for name in parse_names(source, doctree):
        if name.import_components[0] == PACKAGE:
            above, _, names, _ = [block for block in blocks if block[0] < name.lineno][-1]
            name.lineno, name.end_lineno = name.lineno - above, name.end_lineno - above
            names.append(name)
    vars(app.env).setdefault("api_code", {})[app.env.docname] = [block[1:] for block in blocks]


def _plumbing(path):
    """Yield for each cell of code that the page shows what of the notebook it hides before it."""
    above = ""
    for cell in json.loads(path.read_text("utf-8"))["cells"] if path.suffix == ".ipynb" else ():
        if cell["cell_type"] == "code":
            if "remove-input" in cell["metadata"].get("tags", []):
                above += "".join(cell["source"]) + "\n"
            else:
                yield above
                above = ""


def find_entries(app, env):
    """Find the entries that pages name in their code, and the section that uses each first."""
    objects = env.get_domain("py").objects
    env.api_links, env.api_uses, env.api_imports = {}, {}, {}
    for page, blocks in sorted(env.api_code.items()):
        env.api_links[page], imports = [], env.api_imports.setdefault(page, {})
        for section, names, shown in blocks:
            links = {}
            if shown:
                env.api_links[page].append(links)
            for name in names:
                with suppress(CouldNotResolve, KeyError):
                    entry = objects[documented(resolve_location(name, objects))]
                    links.setdefault(entry.node_id, (name, entry))
                    if name.context == "import_target":
                        imports[name.code_str] = entry.node_id.removeprefix("module-")
                    if not name.context.startswith("import"):
                        env.api_uses.setdefault(entry.node_id, {}).setdefault(page, section)


def link_code(app, pagename, body):
    """Make a link of each name in the code of a page where it stands first in its block."""
    blocks = iter(app.env.api_links.get(pagename, ()))
    return _CODE.sub(lambda code: _link(app, pagename, code[0], next(blocks)), body)


def _link(app, page, html, links):
    lines = html.split("\n")
    for name, entry in links.values():
        rows = slice(name.lineno - 1, name.end_lineno)
        text = "\n".join(lines[rows])
        found = re.search(construct_name_pattern(name), text)
        start, end = found.end(1), found.end()
        link = f'<a class="api-link" href="{_place(app, page, entry)}">{text[start:end]}</a>'
        lines[rows] = (text[:start] + link + text[end:]).split("\n")
    return "\n".join(lines)


def _place(app, page, entry):
    return f"{app.builder.get_relative_uri(page, entry.docname)}#{entry.node_id}"


def link_prose(app, doctree, docname):
    """Make links of names in the prose that the code of the page imports from the package."""
    imports = app.env.api_imports.get(docname, {})
    known = {name: place for name, place in imports.items() if name not in SHARED}
    known[PACKAGE] = PACKAGE
    for literal in list(doctree.findall(nodes.literal)):
        first, dot, rest = literal.astext().removesuffix("()").partition(".")
        entry = app.env.get_domain("py").objects.get(f"{known.get(first)}{dot}{rest}")
        if entry and first + rest != PACKAGE and not _is_apart(literal):
            place = _place(app, docname, entry)
            link = nodes.reference("", "", refuri=place, internal=True, classes=["api-link"])
            literal.replace_self(link)
            link += literal


def _is_apart(node):
    """Say whether a node stands in a heading or a link."""
    while node is not None and not isinstance(node, nodes.title | nodes.reference):
        node = node.parent
    return node is not None


def list_uses(app, doctree, docname):
    """End each entry with the chapters that use it."""
    for entry in doctree.findall(addnodes.desc):
        uses = app.env.api_uses.get((entry[0]["ids"] or [""])[0], {})
        chapters = [page for page in uses if Path(page).name[:2].isdigit()]
        if chapters:
            plural = "s" * (len(chapters) > 1)
            entry[-1] += nodes.paragraph(
                "", f"In the code of chapter{plural} ", classes=["api-uses"]
            )
            for page in chapters:
                place = f"{app.builder.get_relative_uri(docname, page)}#{uses[page]}"
                number = str(int(Path(page).name[:2]))
                entry[-1][-1] += nodes.reference("", number, refuri=place, internal=True)
                entry[-1][-1] += nodes.Text("." if page == chapters[-1] else ", ")


def source_of(domain, info):
    """Return where the repository shows a name's source, or None where the book knows none."""
    if domain == "py" and header.repository():
        thing = import_module(info["module"])
        for part in info["fullname"].split("."):
            thing = getattr(thing, part, None)
        with suppress(TypeError, OSError):  # a constant has no lines of its own
            lines, first = getsourcelines(unwrap(thing))
            path = Path(getsourcefile(unwrap(thing))).relative_to(ROOT).as_posix()
            last = first + len(lines) - 1
            return f"{header.repository()}/blob/main/{path}#L{first}-L{last}"
    return None


def configure(config):
    """Set what autodoc and numpydoc have to know; the package says most of it."""
    # numpydoc would make one for each docstring, and compile its template again.
    templates = FileSystemLoader(Path(docscrape_sphinx.__file__).with_name("templates"))
    environment = SandboxedEnvironment(loader=templates)
    docscrape_sphinx.SandboxedEnvironment = lambda loader: environment
    # Types are for editors: here they would make links of all variables that hold what a call
    # returned, and import the frameworks that only types name.
    resolve.get_return_annotation = lambda function: None
    resolve.populate_type_checking = lambda module: None
    config.default_role = "py:obj"
    config.linkcode_resolve = source_of
    config.autodoc_mock_imports = NOT_IMPORTED
    config.autodoc_typehints = "none"  # the docstrings say more
    config.autodoc_preserve_defaults = True
    config.autosummary_generate = False  # numpydoc brings it; it would search all notebooks
    config.numpydoc_show_class_members = False  # autodoc shows them
    config.numpydoc_xref_param_type = True
    config.numpydoc_xref_ignore = "all"  # words that are no names
    links = {word: word for word in DEFAULT_LINKS}  # "float" need not be a link
    links |= {name: f":py:obj:`{name}`" for name in ELSEWHERE}
    for (home, name), address in addresses().items():
        if isclass(getattr(modules()[home], name)):
            link = f":py:obj:`~{address}`"
            links |= {f"{home}.{name}": link, address: link, name: link}
    config.numpydoc_xref_aliases = links
