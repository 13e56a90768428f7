"""The notebooks that the site offers for download, and to Colab.

They are the chapters for a reader who has this one file: Markdown that every notebook program
shows, and, where the repository is known, a cell that says how to get the book's package.
"""

import json
import re
from pathlib import Path

from book.header import repository
from book.prose import Prose, plain_markdown

CELL_ID = "install-on-colab"
CELL = """\
# On Colab, this installs the book's package. Everywhere else, it does nothing.
# On your own machine, run this once in a terminal:
#     pip install {elsewhere}
import sys

if "google.colab" in sys.modules:
    %pip install --quiet {package}
"""
NEEDS_EXTRAS = re.compile(
    r"^\s*(?:from|import) (?:keras|pandas|sklearn|tensorflow|torch|"
    r"dropout_lab\.(?:data|sweeps|training))\b",
    re.MULTILINE,
)
NEEDS_TENSORFLOW = re.compile(r"^\s*(?:from|import) (?:keras|tensorflow)\b", re.MULTILINE)
_FRAMES = re.compile(r"(?s)<script\b.*?</script>")


def install_cell(notebook, address):
    """Return the cell that installs on Colab what a notebook needs.

    Colab has NumPy, matplotlib, ipywidgets, PyTorch, TensorFlow and the rest. Pip leaves alone
    what satisfies our requirements, so the cell replaces none of it. Whoever runs the notebook
    elsewhere reads there what to install.

    Parameters
    ----------
    notebook : dict
        The notebook's JSON.
    address : str
        Where git finds the package.

    Returns
    -------
    dict
        A code cell's JSON.
    """
    code = "\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"
    )
    extras = "[demos]" if NEEDS_EXTRAS.search(code) else ""
    package = f'"dropout-lab{extras} @ git+{address}"'
    tensorflow = " tensorflow" if NEEDS_TENSORFLOW.search(code) else ""
    source = CELL.format(package=package, elsewhere=f"jupyterlab{tensorflow} {package}").rstrip()
    cell = {"cell_type": "code", "execution_count": None, "id": CELL_ID, "metadata": {}}
    return cell | {"outputs": [], "source": source.splitlines(keepends=True)}


def prepare(path, prose, repository):
    """Return a chapter as a notebook that stands alone.

    Parameters
    ----------
    path : pathlib.Path
        The chapter.
    prose : book.prose.Prose
        Resolves its links.
    repository : str
        Where git finds the package; empty where nobody knows it.

    Returns
    -------
    dict
        The notebook's JSON, with its outputs.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    chapter = re.match(r"0*(\d+)_", path.name)
    sources = plain_markdown(["".join(cell["source"]) for cell in texts], chapter and chapter[1])
    for cell, source in zip(texts, sources, strict=True):
        cell["source"] = prose.standing_alone(source).splitlines(keepends=True)
    if repository:
        kinds = [cell["cell_type"] for cell in notebook["cells"]]
        first = kinds.index("code") if "code" in kinds else len(kinds)
        notebook["cells"].insert(first, install_cell(notebook, repository))
    return notebook


def write_downloads(app, site):
    """Write them over the copies of the chapters that Sphinx made for the site.

    Each explorer keeps its first frame, and each piece its picture; running the notebook brings
    the rest.
    """
    prose = Prose(site=app.config.ogp_site_url)
    for copy in (site / "_sources").rglob("*.ipynb"):
        chapter = Path(app.srcdir, copy.relative_to(site / "_sources"))
        notebook = prepare(chapter, prose, repository())
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                page = "".join(output.get("data", {}).get("text/html", ""))
                if re.search("data-(xp|piece|predict)=", page):
                    output["data"]["text/html"] = _FRAMES.sub("", page)
        copy.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
