"""Figures of chapter 4 that no run compares exactly show the numbers they were given."""

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, said

from dropout_lab.lessons.ch04.figures import difference_errors, learning_curves

STEPS = 10.0 ** np.arange(-11, 0.1, 0.5)
V_SHAPE = STEPS**2 + 1e-16 / STEPS


def mark_of(figure):
    """Return marker, step and error of the point that the figure points out."""
    mark = next(line for line in figure.axes[0].lines if line.get_marker() in "oX")
    return mark.get_marker(), mark.get_xdata()[0], mark.get_ydata()[0]


def test_a_check_that_passes_is_marked_at_its_best_step():
    checks = {"right": V_SHAPE, "unscaled": np.full(len(STEPS), 0.75)}
    figure = drawn(difference_errors, STEPS, checks, "right", 0.5)
    best = STEPS[V_SHAPE.argmin()]
    assert mark_of(figure) == ("o", pytest.approx(best), pytest.approx(V_SHAPE.min()))
    assert said(figure).endswith("the check at 10⁻⁶ passes.")


def test_a_check_that_fails_is_read_on_its_plateau_and_not_in_a_dip():
    # A long step adds an error of its own, which can hide part of the mistake.
    dip = np.where(STEPS > 0.5, 0.6, 0.75)
    figure = drawn(difference_errors, STEPS, {"unscaled": dip}, "unscaled", 0.5)
    assert mark_of(figure) == ("X", pytest.approx(1e-5), 0.75)
    assert "error is 0.75, at the step 10⁻⁵" in said(figure)
    assert said(figure).endswith("the check at 10⁻⁶ fails at every step.")


def test_errors_are_written_as_people_do():
    for error, text in ((3.2e-11, "3.2 × 10⁻¹¹"), (0.75, "0.75"), (2e4, "2 × 10⁴"), (1e-9, "10⁻⁹")):
        errors = {"right": np.full(len(STEPS), error)}
        assert f"{text}, at the step" in said(drawn(difference_errors, STEPS, errors, "right", 0.5))


def test_learning_curves_are_means_with_intervals():
    seeds = np.array([-0.1, 0, 0.1])
    losses = np.linspace(2.5, 1, 12) + seeds[:, None]
    tests = 0.9 + seeds / 10, 0.8 + seeds / 10
    figure = drawn(learning_curves, losses, losses + 0.25, *tests, "SGD, learning rate 0.02")
    half = 4.303 * 0.1 / np.sqrt(3)  # t interval of three seeds that are 0.1 apart
    right, wrong = figure.axes[0].containers
    np.testing.assert_allclose(right[0].get_ydata(), np.linspace(2.5, 1, 12))
    np.testing.assert_allclose(wrong[0].get_ydata(), np.linspace(2.5, 1, 12) + 0.25)
    np.testing.assert_allclose(np.ptp(bar_ends(right), axis=1) / 2, half, rtol=1e-3)
    assert "loss is 1.00 with the right backward pass and 1.25 with the unscaled" in said(figure)
    assert f"0.900 ± {half / 10:.3f} and 0.800 ± {half / 10:.3f}" in said(figure)
