"""Budgets, what was measured against them, the verdict, and the table that tells it."""

import json
import math
import re
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from book.drafts import draft_of

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
HEADER = ("What", "Value", "Its noise", "At most", "Beside it", "Verdict")


class Budget(NamedTuple):
    """A line of CONTRIBUTING's tables: less is better, always."""

    at_most: float
    unit: str  # "x" for a ratio to what was measured beside it
    beside: str


class Row(NamedTuple):
    """What was measured against a budget: in its unit, one value a round."""

    budget: str
    values: list
    own: float | None = None  # what stands behind a ratio
    beside: float | None = None
    unit: str = ""  # of these two, if not the budget's
    where: str = ""


def budgets(long=False):
    """Read the budgets of `make bench`, or those of long use, from where they are agreed on."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    text = text.partition("\n## Budgets\n")[2].partition("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = re.findall(r"(?m)^\| (.+?) \| ([\d.]+) (\S+) \| (.+?) \|$", tables[long])
    return {name: Budget(float(most), unit, beside) for name, most, unit, beside in lines}


def plain(budget, values, beside, where=""):
    """Return the row of what is judged by itself; `beside` holds what the peer measured."""
    return Row(budget, values, None, statistics.median(beside), "", where)


def ratio(budget, own, beside, unit, where=""):
    """Return the row of what is judged by its ratios to what was measured in the same rounds."""
    ratios = [mine / other for mine, other in zip(own, beside, strict=True)]
    return Row(budget, ratios, statistics.median(own), statistics.median(beside), unit, where)


def interval(values):
    """Return the ends of the median's 95 % interval, or all that there is of fewer than six.

    Each value lies below the true median as often as above it, whatever their distribution.
    """
    ordered, count = sorted(values), len(values)
    below = [sum(math.comb(count, k) for k in range(n + 1)) / 2**count for n in range(count)]
    cut = max(sum(2 * chance <= 0.05 for chance in below) - 1, 0)
    return ordered[cut], ordered[count - 1 - cut]


def judge(row, budget):
    """Return what a line of the table tells. Broken is what is too much at its best."""
    low, high = interval(row.values)
    value = statistics.median(row.values)
    kept = value <= budget.at_most
    verdict = "met" if kept else "within the noise" if low <= budget.at_most else "broken"
    found = row._asdict() | {"value": value, "low": low, "high": high, "verdict": verdict}
    return found | {"at_most": budget.at_most, "in": budget.unit, "peer": budget.beside}


def failure(what, why):
    """Return the line of what could not be judged."""
    return {"budget": what, "verdict": why}


def markdown(lines):
    """Return the table."""
    cells = [HEADER, ["---"] * len(HEADER), *map(_cells, lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _cells(line):
    """Return the words of a line."""
    what = line["budget"]
    if "values" not in line:
        return [what, "", "", "", "", f"**{line['verdict']}**"]
    unit, value = line["in"], f"{_number(line['value'])} {line['in']}"
    if line["own"] is not None:
        value += f" ({_number(line['own'])} {line['unit']})"
    exact = line["low"] == line["high"]
    return [
        f"{what}, {line['where']}" if line["where"] else what,
        value,
        "exact" if exact else f"{_number(line['low'])} to {_number(line['high'])}",
        f"{line['at_most']:g} {unit}",
        f"{line['peer']}: {_number(line['beside'])} {line['unit'] or unit}",
        line["verdict"] if line["verdict"] == "met" else f"**{line['verdict']}**",
    ]


def _number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def store(lines, name):
    """Write the table as markdown and JSON beside the built site, each whole or not at all."""
    folder = ROOT / "_build" / "bench"
    for kind, text in (("md", markdown(lines)), ("json", json.dumps(lines, indent=1) + "\n")):
        with draft_of(folder / f"{name}.{kind}") as draft:
            draft.write_text(text, encoding="utf-8")


def in_turns(functions, rounds, clock=time.perf_counter):
    """Return each function's milliseconds, measured in turns so that noise hits all alike."""
    for function in functions:
        function()  # the first call of anything is slower
    found = [[] for _ in functions]
    for _ in range(rounds):
        for times, function in zip(found, functions, strict=True):
            start = clock()
            function()
            times.append((clock() - start) * 1e3)
    return found
