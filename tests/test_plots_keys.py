"""The key of lines: each kind as it is drawn, and what it means."""

import matplotlib.pyplot as plt
import pytest

from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.kit import line_key


def test_a_key_shows_each_line_as_it_is_drawn_and_its_text_behind_it():
    with figure_style():
        figure, axes = plt.subplots()
        curve = axes.plot([0, 1], "--")[0]
        dashed, dotted = {"color": "red", "linestyle": "--"}, {"color": "blue", "linestyle": ":"}
        rows = (0.1, 0.9, dashed, "one"), (0.5, 0.8, {**dotted, "linewidth": 1.4}, "other")
        line_key(figure, *rows, length=0.06)
        pieces, texts = figure.artists, figure.texts
    looks = [(piece.get_color(), piece.get_linestyle()) for piece in pieces]
    assert looks == [("red", "--"), ("blue", ":")]
    assert [piece.get_linewidth() for piece in pieces] == [curve.get_linewidth(), 1.4]
    assert [list(piece.get_xdata()) for piece in pieces] == [
        [0.1, pytest.approx(0.16)],
        [0.5, pytest.approx(0.56)],
    ]
    assert [list(piece.get_ydata()) for piece in pieces] == [[0.9, 0.9], [0.8, 0.8]]
    assert [text.get_text() for text in texts] == ["one", "other"]
    places = [text.get_position() for text in texts]
    assert places == [pytest.approx((0.175, 0.9)), pytest.approx((0.575, 0.8))]
    plt.close(figure)
