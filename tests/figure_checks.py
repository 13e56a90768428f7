"""What every figure of the book must keep: its texts inside, apart and large enough."""

from itertools import combinations

import matplotlib.pyplot as plt

from dropout_lab.explorer.frames import figure_to_nodes, sentence_of
from dropout_lab.explorer.style import FIGURE_WIDTH


def check_texts(figure):
    """Assert the book's width, and that all texts are in the figure, apart, and at least 9 pt."""
    assert figure.get_size_inches()[0] == FIGURE_WIDTH
    assert 2.4 <= figure.get_size_inches()[1] <= 4.2
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(plt.Text)
        if text.get_text() and text.get_visible() and _in_view(text)
    ]
    assert boxes
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        touching = a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
        assert not touching, (one, other)
    assert all(text.get_fontsize() >= 9 for text in figure.findobj(plt.Text) if text.get_text())


def check_frame(figure):
    """Assert that a figure becomes SVG and carries a whole sentence."""
    box, nodes = figure_to_nodes(figure)
    assert box.startswith("0 0 ")
    assert nodes
    sentence = sentence_of(figure, "")
    assert sentence.endswith(".")
    assert "nan" not in sentence


def _in_view(text):
    """Say whether matplotlib draws a text: not the labels of ticks beyond the axis."""
    axes = text.axes
    if axes is None or not axes.axison:
        return axes is None or text is axes._left_title or text in axes.texts
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        for tick in axis.get_major_ticks():
            if text in (tick.label1, tick.label2):
                return min(low, high) <= tick.get_loc() <= max(low, high)
    return True
