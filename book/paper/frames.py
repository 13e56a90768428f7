"""Which frame of an explorer stands on paper."""

import html
import json

from bs4 import BeautifulSoup

__all__ = ["MOST_TELLING", "frame"]

# An explorer begins where its reader should begin. Where that says little without a slider, paper
# shows another frame: by page and number of the figure, the positions of the controls.
MOST_TELLING = {
    ("01_study_group", 2): {"session": "800"},
    ("02_mask_mathematics", 2): {"pass": "24"},
    ("10_ridge", 1): {"masked copies": "100"},
    ("11_uncertainty", 1): {"angle, degrees": "45"},
    ("13_should_i_use_dropout", 4): {"seeds": "10"},
}


def frame(figure, positions):
    """Return a frame of a published explorer.

    Parameters
    ----------
    figure : bs4.Tag
        The explorer, as `dropout_lab.explorer.drawing` wrote it.
    positions : dict of str to str
        The value of each control that is moved, by its label. The others stay where they are.

    Returns
    -------
    svg : str
        The picture.
    sentence : str
        What it shows.

    Raises
    ------
    ValueError
        If the explorer has no such control, or the control has no such value.
    """
    data = json.loads(figure.select_one('script[type="application/json"]').string)
    controls = BeautifulSoup(data["controls"], "html.parser").find_all("label")
    names = [control.span.get_text() for control in controls]
    if unknown := positions.keys() - names:
        raise ValueError(f"positions names {sorted(unknown)}; the explorer has {names}")
    number = 0
    for control, name, values in zip(controls, names, data["labels"], strict=True):
        if name in positions and positions[name] not in values:
            raise ValueError(f"{name!r} is never {positions[name]!r}; it takes {values}")
        place = values.index(positions[name]) if name in positions else _start(control)
        number = number * len(values) + place
    sentence = data["says"][number]
    parts = "".join(data["parts"][part] for part in data["frames"][number])
    head = data["svg"].partition("<g>")[0]
    head = head.replace('aria-label=""', f'aria-label="{html.escape(sentence)}"')
    return f"{head}{parts}</svg>", sentence


def _start(control):
    """Return which value of a control is chosen when the page opens."""
    if slider := control.find("input"):
        return int(slider["value"])
    options = control.find_all("option")
    return next((n for n, option in enumerate(options) if option.has_attr("selected")), 0)
