"""What the site, its scripts, its data and its figures weigh."""

import gzip
import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import sklearn.datasets

from bench.table import ROOT, SITE, budgets, plain
from dropout_lab import describe, dropout, explore, rates
from dropout_lab.explorer.page import read_published

BYTES = {"MB": 1e6, "kB": 1e3}


def draw(rate):
    """Draw a hundred activations before and after dropout, as a reader would write it."""
    x = np.random.default_rng(1).random(100)
    y = dropout(x, rate, np.random.default_rng(0))
    figure, (before, after) = plt.subplots(2, 1, sharex=True, figsize=(4.8, 3.6))
    before.bar(range(100), x)
    before.set_title("before")
    after.bar(range(100), y)
    after.set_title("after")
    after.set_ylim(0, 10)
    return describe(figure, f"rate {rate:.2f}: {np.sum(y == 0)} of 100 units dropped.")


def measure():
    """Yield the rows."""
    files = [path for path in SITE.rglob("*") if path.is_file()]
    book = [path for path in files if path.relative_to(SITE).parts[0] != "lite"]
    yield _row("the whole site", _size(book), _size(ROOT.glob("chapters/*.ipynb")))
    yield _scripts()
    data = {path.stem: _zipped(path.read_bytes()) for path in SITE.glob("_static/data/*.js")}
    stored = Path(sklearn.datasets.__file__).parent / "data" / "digits.csv.gz"
    yield _row("the digits, gzipped", data.pop("digits"), stored.stat().st_size)
    yield _row("the weights of a net, gzipped", data.pop("weights"), _zipped(_as_torch_stores_it()))
    assert not data, f"there is no budget for the data {sorted(data)}"
    figures = {
        f"{path.stem}, figure {number}": len(explorer.html.encode())
        for path in sorted(ROOT.glob("chapters/*.ipynb"))
        for number, explorer in enumerate(_explorers(path), 1)
    }
    heaviest = max(figures, key=figures.get)
    median = sorted(figures.values())[len(figures) // 2]
    yield _row("a stored figure", figures[heaviest], median, heaviest)
    page = _zipped(explore(draw, rate=rates()).html.encode())
    yield _row("a bar figure of 19 frames, gzipped", page, _zipped(b"".join(map(as_svg, rates()))))


def _row(budget, size, beside, where=""):
    scale = BYTES[budgets()[budget].unit]
    return plain(budget, [size / scale], [beside / scale], where)


def _size(paths):
    return sum(path.stat().st_size for path in paths)


def _zipped(data):
    return len(gzip.compress(data, mtime=0))


def _scripts():
    """Return the row of all that computes in any page; a question computes nothing."""
    parts = {}
    pages = SITE / "chapters"  # a reader begins with the index
    for path in (pages / "index.html", *sorted(pages.glob("*.html"))):
        text = path.read_text("utf-8")
        parts |= dict(re.findall(r'(?s)<script data-part="(\w+)">(.*?)</script>', text))
    parts.pop("predict")
    theme = [path.read_bytes() for path in SITE.glob("_static/scripts/*.js")]
    size = _zipped("".join(parts.values()).encode())
    return _row("all scripts that compute, gzipped", size, _zipped(b"".join(theme)))


def _as_torch_stores_it():
    import torch

    sizes = [784, 128, 64, 10]
    layers = [torch.nn.Linear(*sizes[n : n + 2]) for n in range(3)]
    torch.save(torch.nn.Sequential(*layers).state_dict(), file := io.BytesIO())
    return file.getvalue()


def _explorers(path):
    import nbformat

    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", ()):
            yield from read_published(output.get("data", {}).get("text/html", ""))


def as_svg(rate):
    """Return a frame as Matplotlib writes it by itself."""
    figure, file = draw(rate), io.BytesIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    return file.getvalue()
