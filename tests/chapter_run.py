"""The one run of a chapter: nbval's, extended by all that needs a chapter that has run.

Each explorer is compared with the stored one, frame by frame, and keeps what all must keep. A
chapter for the browser runs without what a browser does not have. The code of the hidden solutions
runs at the end.
"""

import re
from pathlib import Path

from figure_checks import check_pictures
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell, IPyNbFile
from recorded import explorers

SOLUTION = re.compile(r"(?s):::+\{solution\} (\S+)\n(.*?)\n:::")
CODE = re.compile(r"(?s)```python\n(.*?)```")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
ASKED = re.compile(r'"question": "[^"]*"|id="claim-[\w-]+"')
TOLERANCE = 0.011  # of a coordinate
NOT_IN_A_BROWSER = ["torch", "keras", "tensorflow", "pooch", "requests", "tqdm", "pandas"]
AS_IN_A_BROWSER = """
import sys

class Absent:
    def find_spec(name, path, target=None):
        if name in {absent}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent)
"""
WATCH = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
__import__("figure_checks").watch_explorers({{chapter!r}})
"""
SOLVE = """
from solving import run_solution
run_solution({code!r}, globals())
"""


def before(notebook):
    """Return code that makes a kernel like the one that the readers of a chapter have."""
    installed = notebook.metadata.get("dropout_lab", {}).get("browser")
    if not installed:  # it runs in no browser
        return "pass"
    more = [] if "scikit-learn" in installed else ["sklearn", "scipy"]
    return AS_IN_A_BROWSER.format(absent=NOT_IN_A_BROWSER + more)


class Chapter(IPyNbFile):
    """The cells of a notebook, and then the solutions in it."""

    def setup(self):
        """Start the kernel, and let it check the figures of explorers."""
        super().setup()
        for code in (before(self.nb), WATCH.format(chapter=self.path.stem[:2])):
            reply = self.kernel.kc.execute(code, reply=True)["content"]
            assert reply["status"] == "ok", reply

    def collect(self):
        """Yield a test for each code cell and for each piece of code in a solution."""
        number = 0
        for cell in super().collect():
            yield Cell.from_parent(
                self, name=cell.name, cell_num=number, cell=cell.cell, options=cell.options
            )
            number += 1
        prose = "\n\n".join(cell.source for cell in self.nb.cells if cell.cell_type == "markdown")
        for name, text in SOLUTION.findall(prose):
            for part, code in enumerate(CODE.findall(text)):
                yield IPyNbCell.from_parent(
                    self,
                    name=f"{name} {part}",
                    cell_num=number,
                    cell=new_code_cell(SOLVE.format(code=code)),
                    options={"skip": False, "check": False, "check_exception": False},
                )
                number += 1


class Cell(IPyNbCell):
    """A cell whose explorers are those that the notebook stores."""

    def runtest(self):
        """Run it."""
        super().runtest()
        outputs = self.test_outputs, self.cell.outputs
        asked, known = (
            {NUMBER.sub("", words) for words in ASKED.findall(str(each))} for each in outputs
        )
        if not asked <= known:  # without data at hand there are fewer
            self.raise_cell_error("Not stored", f"{asked - known}; run: make chapters")
        drawn, stored = explorers(self.test_outputs), explorers(self.cell.outputs)
        if len(drawn) != len(stored):
            self.raise_cell_error(f"{len(drawn)} explorers instead of {len(stored)}", "")
        for one, other in zip(drawn, stored, strict=True):
            check_pictures(one)
            if fault := difference(one, other, trained=not self.options["check"]):
                self.raise_cell_error(f"An explorer differs: {fault}", "")


def difference(drawn, stored, trained):
    """Say where an explorer differs from the stored one, or return None."""
    for name in ("axes", "start", "play"):
        if getattr(drawn, name) != getattr(stored, name):
            return f"{name}: {getattr(drawn, name)} instead of {getattr(stored, name)}"
    numbers = range(len(stored.frames))
    if trained:  # another machine may train to slightly other weights
        numbers = {0, stored.number({}), numbers[-1]}
    for number in numbers:
        shown = drawn.sentences[number], stored.sentences[number]
        same = NUMBER.split(shown[0]) == NUMBER.split(shown[1]) if trained else shown[0] == shown[1]
        if not same:
            return f"{shown[0]!r} instead of {shown[1]!r}"
        if not trained and not same_drawing(drawn, stored, number):
            return f"the drawing for {shown[1]!r}"
    return None


def same_drawing(drawn, stored, number):
    """Compare two frames: words exactly, numbers within the tolerance."""
    # Each names what it draws after itself.
    texts = [one.nodes(number).replace(one.key, "") for one in (drawn, stored)]
    if texts[0] == texts[1]:
        return True
    if NUMBER.split(texts[0]) != NUMBER.split(texts[1]):
        return False
    pairs = zip(*map(NUMBER.findall, texts), strict=True)
    return all(abs(float(one) - float(other)) <= TOLERANCE for one, other in pairs)
