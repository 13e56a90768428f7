"""The shortcut through matplotlib: figures are what matplotlib alone would make of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.path import Path

from dropout_lab.explorer._matplotlib import quick_bars
from dropout_lab.explorer.frames import figure_to_nodes


def bars(axes):
    axes.bar([1, 2, 3], [3, -1, 0.5], [0.4, 1.0, 0.0])


def lying_bars(axes):
    axes.barh(["a", "b"], [2, 3], left=[-1, 1])


def histogram_on_a_log_scale(axes):
    axes.hist(np.arange(20) ** 2, bins=7)
    axes.set_yscale("log")


def nothing_to_see(axes):
    axes.bar([5], [0], 0)
    axes.bar([1], [2])


def spans(axes):
    axes.axhspan(1, 2)
    axes.axvspan(-3, 4)


def turned(axes):
    axes.add_patch(Rectangle((1, 1), 3, 1, angle=30))


def partly_in_axes_units(axes):
    axes.add_patch(Rectangle((0, 5), 1, 2, transform=axes.get_yaxis_transform()))
    axes.add_patch(Rectangle((7, 0), 1, 1, transform=axes.get_xaxis_transform()))
    axes.add_patch(Rectangle((0.2, 0.2), 9, 9, transform=axes.transAxes))


def curves_too(axes):
    axes.bar([1], [1])
    axes.add_patch(Circle((4, 4), 2))


DRAWINGS = [
    bars,
    lying_bars,
    histogram_on_a_log_scale,
    nothing_to_see,
    spans,
    turned,
    partly_in_axes_units,
    curves_too,
]


def drawn(draw, **projection):
    figure = Figure()
    axes = figure.add_subplot(**projection)
    draw(axes)
    axes.autoscale_view()
    return axes.dataLim.get_points(), axes.viewLim.get_points(), figure_to_nodes(figure)


@pytest.mark.parametrize(
    ("draw", "projection"), [*((draw, None) for draw in DRAWINGS), (bars, "polar")]
)
def test_figures_are_the_same_with_and_without_it(draw, projection):
    plain = drawn(draw, projection=projection)
    with quick_bars():
        quick = drawn(draw, projection=projection)
    np.testing.assert_array_equal(quick[0], plain[0])
    np.testing.assert_array_equal(quick[1], plain[1])
    assert quick[2] == plain[2]


number = st.floats(-1e6, 1e6)


@given(number, number, number, number, st.floats(-180, 180))
def test_limits_are_the_corners(x, y, width, height, angle):
    limits = []
    for context in (False, True):
        axes = Figure().add_subplot()
        patch = Rectangle((x, y), width, height, angle=angle)
        if context:
            with quick_bars():
                axes.add_patch(patch)
        else:
            axes.add_patch(patch)
        limits.append(axes.dataLim.get_points())
    np.testing.assert_array_equal(*limits)


def _fail():
    raise ZeroDivisionError


def test_it_ends_with_its_block_also_after_an_error():
    before = Path.iter_bezier
    with pytest.raises(ZeroDivisionError), quick_bars():
        _fail()
    assert Path.iter_bezier is before


def test_it_is_taken():
    with quick_bars():
        assert len(list(Path.unit_rectangle().iter_bezier())) == 1
        assert len(list(Path.unit_circle().iter_bezier())) > 1
    assert len(list(Path.unit_rectangle().iter_bezier())) == 5
