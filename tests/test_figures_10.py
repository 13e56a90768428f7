"""A figure of chapter 10: where loss and penalty touch."""

import numpy as np
import pytest
from figure_checks import drawn, has_line

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch10.figures import shared_load

TRUTH = np.array([1.0, 0.0])
WITH, WITHOUT, DROPPED = COLORS["with"], COLORS["without"], COLORS["dropped"]


def pair(rate, correlation):
    R = np.array([[1, correlation], [correlation, 1]])
    return np.linalg.solve((1 - rate) * R + rate * np.eye(2), (1 - rate) * R @ TRUTH)


@pytest.mark.parametrize(("rate", "correlation"), [(0.5, 0.8), (0.2, -0.8), (0.8, 0.0)])
def test_the_curves_of_loss_and_penalty_touch_at_the_solution(rate, correlation):
    path = np.array([pair(each, correlation) for each in np.linspace(0, 1, 41)])
    panel = drawn(shared_load, path, TRUTH, rate, correlation).axes[0]
    here = pair(rate, correlation)
    assert has_line(panel, [here[0]], [here[1]], WITH)
    R = np.array([[1, correlation], [correlation, 1]])
    contours = [
        np.column_stack(line.get_data()).astype(float)
        for line in panel.get_lines()
        if line.get_color() in (WITHOUT, DROPPED) and len(line.get_xdata()) > 10
    ]
    inner, outer, circle = contours[0] - TRUTH, contours[1] - TRUTH, contours[-1]
    level = (here - TRUTH) @ R @ (here - TRUTH)
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", inner, R, inner), level)
    further = (np.sqrt(level) + 0.25) ** 2
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", outer, R, outer), further)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), np.linalg.norm(here))
    # They touch: both gradients lie on one line.
    slope = R @ (here - TRUTH)
    assert slope[0] * here[1] - slope[1] * here[0] == pytest.approx(0, abs=1e-12)
