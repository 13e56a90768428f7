"""Write names and years into the image's chapters, where JupyterLab would show a warning sign.

JupyterLab's MyST cannot look up a citation in the book's bibliography, nor a term in its glossary.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main():
    """Rewrite the Markdown of all chapters in place."""
    sys.path.append(str(ROOT / "_extensions"))
    from prose import Prose

    chapters = ROOT / "chapters"
    prose = Prose(ROOT / "references.bib", {path.name for path in chapters.iterdir()})
    for path in chapters.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                source = prose.standing_alone("".join(cell["source"]))
                cell["source"] = source.splitlines(keepends=True)
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
