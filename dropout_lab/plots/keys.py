"""The key of a figure: what its lines mean, above or between the panels."""

import matplotlib.pyplot as plt

__all__ = ["line_key"]


def line_key(figure, rows, *, length=0.07, dotted=1.8):
    """Write what kinds of lines mean, each beside a piece of such a line.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Gets the key.
    rows : sequence of tuple
        For each kind the place where it begins, x and y in the coordinates of the figure, then
        color, style of line and text.
    length : float, default 0.07
        Of the pieces, in widths of the figure.
    dotted : float, default 1.8
        Width of dotted lines in points, where their curves are thinner than those of the style.
    """
    for x, y, color, line, text in rows:
        width = {"linewidth": dotted} if line == ":" else {}
        piece = plt.Line2D([x, x + length], [y, y], color=color, linestyle=line, **width)
        figure.add_artist(piece)
        figure.text(x + length + 0.015, y, text, va="center")
