"""The figures of detectors show the numbers they are given, and nothing is cut off or overlaps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts
from scipy.stats import binomtest

from dropout_lab.detection import BIN_EDGES
from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import figure_style
from dropout_lab.lessons.ch06.figures import (
    alert_budget,
    calibration,
    detector_scores,
    precision_recall,
)
from dropout_lab.lessons.ch06.sweeps import RECALLS

SEEDS = 4
RNG = np.random.default_rng(0)
CURVES = {
    name: np.linspace(0.95, 0.1, len(RECALLS)) ** power + RNG.normal(0, 0.01, (SEEDS, len(RECALLS)))
    for name, power in (("plain", 3), ("hidden", 4), ("input", 1), ("ideal", 0.5))
}
COUNTS = np.array(
    [[9000, 900, 300, 200, 90, 40, 30, 25, 0], np.zeros(9), [2, 2, 2, 4, 6, 7, 9, 20, 0]]
)
COUNTS[1] = COUNTS[0] * [0.0005, 0.002, 0.006, 0.02, 0.06, 0.15, 0.4, 0.6, 0.9]
DETECTORS = ["logistic regression", "boosting", "network", "hidden units, rate 0.5"]
RATINGS = np.array([0.88, 0.89, 0.91, 0.85]), np.array([0.02, 0.01, 0.03, 0.05])
ROLES = ("baseline", "baseline", "without", "with")
LONG_TITLE = "Recall in 100 alerts, the full set (estimate)"


@pytest.fixture(autouse=True)
def in_the_style_of_the_book():
    with figure_style():
        yield
    plt.close("all")


def draw_alerts(alerts, found):
    return alert_budget(np.array(RECALLS), np.linspace(1, 0.1, 20), 100, 10_000, alerts, found)


def draw_detectors(title="Average precision, the subset"):
    return detector_scores(DETECTORS, *RATINGS, ROLES, title, (0.6, 1.0))


FRAMES = {
    **{
        f"alerts {alerts}": lambda alerts=alerts, found=found: draw_alerts(alerts, found)
        for alerts, found in ((0, 0), (100, 80), (400, 100))
    },
    "curves": lambda: precision_recall(RECALLS, CURVES, 0.35, 0.01),
    "calibration": lambda: calibration(COUNTS, COUNTS, 0.5, "hidden units"),
    "detectors": lambda: draw_detectors(LONG_TITLE),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_all_text_is_inside_the_figure_and_apart(frame):
    check_texts(frame())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_frames_become_svg_with_a_sentence(frame):
    check_frame(frame())


def test_alerts_are_counted():
    figure = draw_alerts(400, 90)
    sentence = sentence_of(figure, "")
    # 10 frauds missed and 310 false alarms: 320 of 10,000 are wrong
    assert "90 of 100 frauds are found" in sentence
    assert "a recall of 0.90 and a precision of 0.23" in sentence
    assert "accuracy is 96.80%, and 99.00% for never alerting" in sentence
    widths = [bar.get_width() for bar in figure.axes[1].patches]
    assert widths == [90, 10, 90, 310]


def test_no_alerts_have_no_precision():
    sentence = sentence_of(draw_alerts(0, 0), "")
    assert "precision" not in sentence
    assert "accuracy is 99.00%" in sentence


def test_precision_recall_says_what_half_of_the_frauds_cost():
    sentence = sentence_of(precision_recall(RECALLS, CURVES, 0.35, 0.01), "")
    middle = RECALLS.index(0.5)
    for name in CURVES:
        assert f"{CURVES[name][:, middle].mean():.2f}" in sentence


def test_calibration_draws_shares_with_wilson_intervals_where_there_is_data():
    assert COUNTS.shape[1] == len(BIN_EDGES) - 1
    figure = calibration(COUNTS, COUNTS, 0.5, "inputs")
    bars = figure.axes[0].containers[0]
    x, y = bars.lines[0].get_data()
    np.testing.assert_allclose(x, (COUNTS[1] / COUNTS[0].clip(1))[:-1])
    np.testing.assert_allclose(y, (COUNTS[2] / COUNTS[0].clip(1))[:-1])
    for segment, frauds, rows in zip(
        bars.lines[2][0].get_segments(), COUNTS[2], COUNTS[0], strict=False
    ):
        wilson = binomtest(int(frauds), int(rows)).proportion_ci(method="wilson")
        np.testing.assert_allclose(segment[:, 1], [wilson.low, wilson.high], rtol=1e-3)


def test_detectors_are_compared_with_the_network_without_dropout():
    figure = draw_detectors()
    sentence = sentence_of(figure, "")
    assert "network 0.910 plus or minus 0.030" in sentence
    assert "highest is network with 0.910" in sentence
    assert "lowest hidden units, rate 0.5 with 0.850" in sentence
    assert figure.axes[0].lines[0].get_xdata() == pytest.approx([0.91, 0.91])
    for row, bars in enumerate(figure.axes[0].containers):
        x, y = bars.lines[0].get_data()
        assert (float(x[0]), float(y[0])) == pytest.approx((RATINGS[0][row], -row))
        (low, _), (high, _) = bars.lines[2][0].get_segments()[0]
        assert (high - low) / 2 == pytest.approx(RATINGS[1][row])
