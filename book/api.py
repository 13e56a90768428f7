"""Sphinx extension of this book: the API reference, written from the package's docstrings."""

import re
import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from numpydoc.xref import DEFAULT_LINKS
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from book.public_names import ROOT, public_names

# Pages of the reference, and the modules that each shows in this order.
THEMES = {
    "dropout": (
        "dropout_lab.layer",
        "dropout_lab.masks",
        "dropout_lab.conventions",
        "dropout_lab.family",
        "dropout_lab.family.noise",
        "dropout_lab.family.weights",
        "dropout_lab.family.maps",
        "dropout_lab.family.depth",
        "dropout_lab.family.sequences",
        "dropout_lab.family.shift",
        "dropout_lab.lessons.ch12.gallery",
    ),
    "networks": (
        "dropout_lab.study_group",
        "dropout_lab.network",
        "dropout_lab.regularizers",
        "dropout_lab.training",
        "dropout_lab.training.torch_twin",
        "dropout_lab.training.keras_twin",
        "dropout_lab.training.history",
        "dropout_lab.training.data",
        "dropout_lab.training.start",
    ),
    "theory": (
        "dropout_lab.ensemble",
        "dropout_lab.ridge",
        "dropout_lab.uncertainty",
        "dropout_lab.detection",
        "dropout_lab.intervals",
    ),
    "data": (
        "dropout_lab.data",
        "dropout_lab.data.transactions",
        "dropout_lab.data.creditcard",
        "dropout_lab.data.mnist",
        "dropout_lab.data.splits",
        "dropout_lab.data.files",
    ),
    "experiments": (
        "dropout_lab.lessons.ch13.evidence",
        "dropout_lab.lessons.ch13.decision",
        "dropout_lab.sweeps",
        "dropout_lab.sweeps.sweep",
        "dropout_lab.sweeps.results",
        "dropout_lab.sweeps.runner",
        "dropout_lab.lessons.ch06.sweeps",
        "dropout_lab.lessons.ch08.sweeps",
        "dropout_lab.lessons.ch09.sweeps",
        "dropout_lab.lessons.ch11.sweeps",
        "dropout_lab.lessons.ch12.sweeps",
        "dropout_lab.lessons.runs",
    ),
    "plots": (
        "dropout_lab.lessons.ch01.figures",
        "dropout_lab.lessons.ch02.figures",
        "dropout_lab.lessons.ch03.figures",
        "dropout_lab.lessons.ch04.figures",
        "dropout_lab.lessons.ch05.figures",
        "dropout_lab.lessons.ch06.figures",
        "dropout_lab.lessons.ch07.figures",
        "dropout_lab.lessons.ch08.figures",
        "dropout_lab.lessons.ch09.figures",
        "dropout_lab.lessons.ch10.figures",
        "dropout_lab.lessons.ch11.figures",
        "dropout_lab.lessons.ch12.figures",
        "dropout_lab.lessons.ch13.figures",
        "dropout_lab.lessons",
        "dropout_lab.lessons.kit",
    ),
    "page": (
        "dropout_lab.explorer",
        "dropout_lab.explorer.drawing",
        "dropout_lab.explorer.frames",
        "dropout_lab.explorer.style",
        "dropout_lab.explorer.publishing",
        "dropout_lab.explorer.page",
        "dropout_lab.explorer.live",
        "dropout_lab.explorer.svg",
        "dropout_lab.teaching",
        "dropout_lab.teaching.quizzes",
        "dropout_lab.teaching.claiming",
        "dropout_lab.teaching.checking",
        "dropout_lab.teaching.exercise",
        "dropout_lab.teaching.report",
        "dropout_lab.teaching.judging",
        "dropout_lab.teaching.comparing",
        "dropout_lab.teaching.words",
    ),
}

# What the package's modules import besides NumPy. None of it is needed to read docstrings.
NOT_IMPORTED = ["matplotlib", "pooch", "tqdm"]

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
    "torch.optim.Adam": "https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html",
    "keras.Model": "https://keras.io/api/models/model/",
    "tqdm.tqdm": "https://tqdm.github.io/docs/tqdm/",
}

_QUOTED = re.compile(r"(?<![`:\w])`([^`]+)`(?![`_])")
_CHAPTERS = re.compile(r"\bchapters?\s+\d+(?:(?:,|,? and|,? or| to)\s+\d+)*(?!\d|\.\d)")
_DATA_SHOWN = 40  # characters of a constant's value


class Api(SphinxDirective):
    """``.. api:: THEME``: everything public in the modules of a theme, a section a module."""

    required_arguments = 1

    def run(self):
        """Return the sections."""
        self.env.note_dependency(__file__)
        return [self._section(module) for module in _modules(self.arguments[0])]

    def _section(self, module):
        """Return what there is to say about a module and its names."""
        known = public_names()
        self.env.note_dependency(str(known.modules[module].path))
        section = nodes.section(ids=[_anchor(module)], names=[_anchor(module)])
        section += nodes.title("", "", nodes.literal("", module))
        lines = [] if module in known.names else [f".. py:module:: {module}", ""]
        lines += _prose(known.modules[module].docstring.splitlines(), module, self.env)
        for public in known.defined_in(module):
            lines += ["", *_directive(public)]
        self.state.nested_parse(StringList(lines, module), 0, section)
        return section


class ApiNames(SphinxDirective):
    """``.. api-names:: THEME``: the names of a theme, each with its first sentence."""

    required_arguments = 1

    def run(self):
        """Return a paragraph and a list for each module."""
        known, found = public_names(), []
        self.env.note_dependency(__file__)
        for module in _modules(self.arguments[0]):
            self.env.note_dependency(str(known.modules[module].path))
            public = known.defined_in(module)
            if public:
                found.append(self._head(module))
                found.append(nodes.definition_list("", *map(self._item, public)))
                found[-1]["classes"].append("api-names")
        return found

    def _head(self, module):
        """Return a module's name, a link, with its first sentence."""
        sentence = public_names().modules[module].docstring.partition("\n\n")[0]
        page = f"chapters/api/{self.arguments[0]}"
        page = self.env.app.builder.get_relative_uri(self.env.docname, page)
        address = f"{page}#{_anchor(module)}"
        link = nodes.reference("", "", nodes.literal("", module), refuri=address, internal=True)
        rest = self._inline(" ".join(sentence.split()), module)
        return nodes.paragraph("", "", link, nodes.Text(": "), *rest, classes=["api-module"])

    def _item(self, public):
        """Return one name and what it is."""
        link = addnodes.pending_xref(
            "",
            nodes.literal("", public.address.rpartition(".")[2]),
            refdomain="py",
            reftype="obj",
            reftarget=public.address,
            refexplicit=True,
            refwarn=True,
        )
        term = nodes.term("", "", link)
        summary = self._inline(public.summary, public.module, public.parameters)
        return nodes.definition_list_item(
            "", term, nodes.definition("", nodes.paragraph("", "", *summary))
        )

    def _inline(self, text, module, parameters=()):
        """Return one line of a docstring as nodes."""
        line = _prose([text], module, self.env, parameters)[0]
        return self.state.inline_text(line, self.lineno)[0]


def _anchor(module):
    """Return the id of a module's section."""
    return "api-" + module.replace("_", "-").replace(".", "-")


def _modules(theme):
    """Return the modules of a theme; refuse a reference that would leave something out."""
    if theme not in THEMES:
        raise ExtensionError(f"the reference has the themes {list(THEMES)}, not {theme!r}")
    shown = [module for modules in THEMES.values() for module in modules]
    known = public_names()
    missing = [module for module in known.modules if known.defined_in(module)]
    missing = [module for module in missing if module not in shown]
    if missing:
        raise ExtensionError(
            f"no page of the reference shows {', '.join(missing)}; add it to THEMES in book/api.py"
        )
    return THEMES[theme]


def _directive(public):
    """Return what makes autodoc describe a public name."""
    home, _, name = public.address.rpartition(".")
    kind = {"function": "autofunction", "class": "autoclass", "data": "autodata"}[public.kind]
    options = {"function": [], "class": ["   :members:"], "data": []}[public.kind]
    if public.kind == "data" and len(public.value) > _DATA_SHOWN:
        options = ["   :no-value:"]
    return [f".. {kind}:: {home}::{name}", *options]


def _prose(lines, module, env, parameters=(), owner=None):
    """Return lines of a docstring with its names and chapters as links; code stays as it is.

    Parameters
    ----------
    lines : list of str
        reStructuredText.
    module : str
        The module whose names it speaks of.
    env : sphinx.environment.BuildEnvironment
        Knows the chapters.
    parameters : set of str
        Names that stand for an argument here, whatever else they may mean.
    owner : str, optional
        Address of the class that it describes.

    Returns
    -------
    list of str
        As many lines.
    """
    known = public_names()
    chapters = {Path(name).name[:2]: name for name in env.found_docs if "chapters/" in name}

    def quoted(match):
        text = match[1]
        address = None if text in parameters else known.meaning(text, module)
        if address is None and owner and text in known.names[owner].members:
            address = f"{owner}.{text}"
        if address is None and text in ELSEWHERE:
            address = text
        return f":py:obj:`{text} <{address}>`" if address else f"``{text}``"

    def numbered(match):
        return re.sub(r"(chapters?\s+)?(\d+)", chapter, match[0])

    def chapter(match):
        page = chapters.get(f"{int(match[2]):02d}")
        if page is None:
            return match[0]
        if match[1] and match[1].startswith("chapter "):
            return f":doc:`chapter {match[2]} </{page}>`"
        return f"{match[1] or ''}:doc:`{match[2]} </{page}>`"

    def link(text):
        return _CHAPTERS.sub(numbered, _QUOTED.sub(quoted, text))

    done, waiting, code = [], [], None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if code is not None and line.strip() and indent <= code:
            code = None
        if code is not None or line.lstrip().startswith((">>>", "...")):
            done += link("\n".join(waiting)).split("\n") if waiting else []
            done.append(line)
            waiting = []
            continue
        waiting.append(line)
        if line.endswith("::"):
            code = indent
    return done + (link("\n".join(waiting)).split("\n") if waiting else [])


def link_docstring(app, what, name, obj, options, lines):
    """Make the names and chapters in a docstring links, before numpydoc reads it."""
    known = public_names()
    address = name.replace("::", ".")
    owner = address if address in known.names else address.rpartition(".")[0]
    if owner in known.names:
        public = known.names[owner]
        kin = owner if public.kind == "class" else None
        lines[:] = _prose(lines, public.module, app.env, public.parameters, kin)


def append_uses(app, what, name, obj, options, lines):
    """End the entry of a public name with the chapters that use it."""
    address = name.replace("::", ".")
    if address in public_names().names:
        lines += ["", f".. api-uses:: {address}", ""]


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, whose docstring says "Alias for field number 0"."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def link_elsewhere(app, env, node, contnode):
    """Resolve a reference to what others document."""
    address = ELSEWHERE.get(node.get("reftarget"))
    if node.get("refdomain") == "py" and address:
        return nodes.reference("", "", contnode, refuri=address, internal=False)
    return None


def drop_source(app, pagename, templatename, context, doctree):
    """Offer no source of a page that was written from the package: it is only a directive."""
    if pagename.startswith("chapters/api/"):
        for menu in context.get("header_buttons", ()):
            if menu.get("label") == "download-buttons":
                source = "download-source-button"
                menu["buttons"] = [one for one in menu["buttons"] if one.get("label") != source]


def configure(app, config):
    """Set what autodoc and numpydoc have to know; the package says most of it."""
    config.autodoc_mock_imports = NOT_IMPORTED
    config.autodoc_typehints = "none"  # the docstrings say more
    config.autodoc_preserve_defaults = True
    config.autosummary_generate = False  # it would search all notebooks, and finds nothing
    config.numpydoc_show_class_members = False  # autodoc shows them
    config.numpydoc_xref_param_type = True
    config.numpydoc_xref_ignore = "all"  # words that are no names
    links = {word: word for word in DEFAULT_LINKS}  # "float" need not be a link
    links |= {name: f":py:obj:`{name}`" for name in ELSEWHERE}
    classes = [public for public in public_names().names.values() if public.kind == "class"]
    for public in classes:
        link = f":py:obj:`~{public.address}`"
        links |= {f"{public.module}.{public.address.rpartition('.')[2]}": link}
        links |= {public.address: link, public.address.rpartition(".")[2]: link}
    config.numpydoc_xref_aliases = links
    sys.path.insert(0, str(ROOT))  # the package may not be installed


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("numpydoc")
    app.setup_extension("book.code_links")
    app.add_directive("api", Api)
    app.add_directive("api-names", ApiNames)
    app.connect("config-inited", configure, priority=400)  # before numpydoc looks
    app.connect("autodoc-process-docstring", link_docstring, priority=400)  # before numpydoc
    app.connect("autodoc-process-docstring", append_uses, priority=600)  # after numpydoc
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("missing-reference", link_elsewhere)
    app.connect("html-page-context", drop_source, priority=800)  # after the theme's header
    return {"parallel_read_safe": True, "parallel_write_safe": True}
