"""The small pictures of the cards: from each chapter, one of its figures without its words."""

import json
import re
from pathlib import Path

from book.complete import explorers

# Which figure of a chapter shows best what it is about, counted from 0; of others the first.
CHOSEN = {
    "01_study_group": 2,
    "04_backward_pass": 4,
    "06_fraud_detection": 3,
    "07_mnist": 3,
    "08_ensemble": 1,
    "09_choosing_the_rate": 1,
    "10_ridge": 2,
    "11_uncertainty": 3,
    "13_should_i_use_dropout": 2,
}
_CARD = re.compile(r'(?s)(<div class="sd-card [^>]*>)((?:(?!"sd-card ).)*?href="(\w+)\.html)')
_WORDS = re.compile(r"(?s)<text\b.*?</text>")


def draw_cards(app, pagename, context):
    """Give each card of the landing page that leads to a chapter a picture."""
    if pagename == app.config.root_doc:
        context["body"] = _CARD.sub(lambda card: _drawn(app, *card.groups()), context["body"])


def _drawn(app, start, rest, name):
    notebook = Path(app.srcdir, "chapters", f"{name}.ipynb")
    stored = _stored(notebook) if notebook.exists() else []
    if not stored:
        return start + rest
    explorer = stored[CHOSEN.get(name, 0)]
    shapes = _WORDS.sub("", explorer.nodes(explorer.number({})))
    return (
        f'{start}<figure class="xp-small" aria-hidden="true"><svg viewBox="{explorer.box}">'
        f"{shapes}</svg></figure>{rest}"
    )


def _stored(notebook):
    """Return the explorers that a notebook stores."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    return explorers("".join(pages))
