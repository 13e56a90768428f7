"""The look of the figures: settings that come and go, colors that can be told apart."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK, figure_style

PAGES = ["#ffffff", "#14181e"]  # light and dark, the backgrounds of the book's theme
ROLES = [color for role, color in COLORS.items() if role != "reference"]


def matrix(numbers):
    """Return a matrix of three rows."""
    return np.array(numbers.split(), float).reshape(3, 3)


# Machado, Oliveira and Fernandes 2009, complete loss of one kind of cone, on linear RGB.
VISION = {
    "all": np.eye(3),
    "no L": matrix("""0.152286  1.052583 -0.204868
                      0.114503  0.786281  0.099216
                     -0.003882 -0.048116  1.051998"""),
    "no M": matrix("""0.367322  0.860646 -0.227968
                      0.280085  0.672501  0.047413
                     -0.011820  0.042940  0.968881"""),
    "no S": matrix("""1.255528 -0.076749 -0.178779
                     -0.078411  0.930809  0.147602
                      0.004733  0.691367  0.303900"""),
}
# From linear RGB to XYZ, as IEC 61966-2-1 defines it.
TO_XYZ = matrix("0.4124 0.3576 0.1805   0.2126 0.7152 0.0722   0.0193 0.1192 0.9505")


def linear(color):
    """Return linear RGB, after IEC 61966-2-1."""
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted(linear(color) @ [0.2126, 0.7152, 0.0722] for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(color, vision):
    """Return CIE L*a*b* of a color as seen with these cones."""
    x, y, z = np.cbrt(TO_XYZ @ np.clip(vision @ linear(color), 1e-2, 1) / TO_XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_oracle_knows_black_and_white():
    assert contrast("white", "black") == pytest.approx(21)
    assert lab("white", VISION["all"]) == pytest.approx([100, 0, 0], abs=0.01)


def test_colors_stand_out_from_the_page():
    assert INK not in ROLES
    for color, page in itertools.product(ROLES, PAGES):
        assert contrast(color, page) >= 3, (color, page)


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION.keys())
def test_colors_can_be_told_apart_with_any_cones(vision):
    for one, other in itertools.combinations(ROLES, 2):
        # 2.3 is just noticeable; ten is plain to see
        assert np.linalg.norm(lab(one, vision) - lab(other, vision)) > 10, (one, other)


def test_the_settings_hold_inside_and_are_undone_also_after_an_error():
    def spoil():
        mpl.rcParams["lines.linewidth"] = 77
        raise ZeroDivisionError

    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), figure_style():
        spoil()
    assert dict(mpl.rcParams) == before


def test_all_is_ink_and_large_enough_on_a_transparent_ground():
    with figure_style():
        figure = Figure()
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], label="a line")
        axes.set(xlabel="x", ylabel="y", title="title")
        axes.text(0.5, 0.5, "text")
        axes.legend()
        axes.grid(True)
        (bar,) = axes.bar([0], [1], hatch="//")
        figure.suptitle("all")
        figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    texts += [*axes.get_xticklabels(), *axes.get_yticklabels()]
    words = {text.get_text() for text in texts}
    assert words >= {"x", "y", "title", "a line", "text", "all", "0.0"}
    assert min(text.get_fontsize() for text in texts) >= 9
    colors = [text.get_color() for text in texts]
    colors += [axes.spines["left"].get_edgecolor(), axes.xaxis.get_ticklines()[0].get_color()]
    colors += [axes.xaxis.get_gridlines()[0].get_color(), bar.get_hatchcolor()]
    assert {mpl.colors.to_hex(color) for color in colors} == {INK}
    assert (figure.get_facecolor()[3], axes.get_facecolor()[3]) == (0, 0)
    assert not axes.spines["top"].get_visible()
    # On a phone the figure is 330 pixels wide; 10 points must not fall below 9 pixels.
    assert figure.get_figwidth() == FIGURE_WIDTH <= 10 * 330 / 9 / 72
