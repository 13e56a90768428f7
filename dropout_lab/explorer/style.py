"""How every figure of the book looks: palette, sizes, and the color that follows the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.style

__all__ = ["COLORS", "FIGURE_WIDTH", "INK", "figure_style"]

INK = "#010203"
"""Text and axes are drawn in this color; a published figure turns it into the page's own."""

COLORS = {
    "without": "#2f7fbf",  # without dropout: blue, solid lines, filled bars
    "with": "#d9600a",  # with dropout: orange, dashed lines, hatched bars
    "dropped": "#858585",  # dropped: gray, dotted, hollow
    "reference": INK,  # the true value, a target: thin, in the color of the text
}
"""One color-blind-safe role each, at least 3:1 against both page backgrounds."""

FIGURE_WIDTH = 4.8
"""Inches. Narrow on purpose: at 360 px wide, 10 pt in the figure is still 9 px on the screen."""

_RC: dict[Any, Any] = {
    "figure.figsize": (FIGURE_WIDTH, 3.0),
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # a fixed height spares matplotlib a search on every drawing
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "hatch.linewidth": 0.6,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.6,
    "hatch.color": INK,
    "svg.fonttype": "none",
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Apply the book's matplotlib settings inside a ``with`` block, and undo them after it.

    They start from matplotlib's defaults, whatever style or settings hold outside the block.

    Yields
    ------
    None
        The settings hold until the block ends.

    Examples
    --------
    >>> with figure_style():
    ...     mpl.rcParams["font.size"]
    10.0
    """
    # A style sheet or matplotlibrc of the reader must not change the book's figures.
    with mpl.style.context("default"), mpl.rc_context(_RC):
        yield
