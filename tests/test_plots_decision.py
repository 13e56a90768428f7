"""The figures of chapter 13 show the numbers they were given."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import check_frame, check_texts

from dropout_lab.explorer.frames import sentence_of
from dropout_lab.explorer.style import COLORS, figure_style
from dropout_lab.lessons.ch13.decision import QUESTIONS, recommend
from dropout_lab.lessons.ch13.evidence import EVIDENCE
from dropout_lab.lessons.ch13.figures import evidence_figure, recommendation_figure, seeds_figure


@pytest.fixture(scope="module")
def rows():
    return {key: evidence.rows() for key, evidence in EVIDENCE.items()}


@pytest.fixture(autouse=True)
def _style():
    with figure_style():
        yield
    plt.close("all")


def advice(rows, **answers):
    found = recommend(**answers)
    return recommendation_figure(found, EVIDENCE[found.evidence], rows[found.evidence])


def test_every_recommendation_is_legible(rows):
    seen = set()
    for case in itertools.product(*(question.answers for question in QUESTIONS)):
        answers = dict(zip([q.name for q in QUESTIONS], case, strict=True))
        found = recommend(**answers)
        looks = found.rule.says, found.evidence, found.measured
        if looks not in seen:
            seen.add(looks)
            check_texts(advice(rows, **answers))
            check_frame(advice(rows, **answers))
            plt.close("all")


def test_the_scale_has_rate_and_band(rows):
    scale = advice(rows).axes[0]
    assert scale.get_lines()[0].get_xdata() == [recommend().rate]
    assert scale.patches[0].get_width() == recommend().up_to


def test_the_sentence_holds_advice_and_numbers(rows):
    said = sentence_of(advice(rows, batch_norm="yes"), "")
    assert said.startswith("Start with 0.2; take 0.5 in wider layers.")
    assert "Put dropout behind the last batch norm." in said
    assert "rate 0.5, before −" in said
    assert "not measured here" in sentence_of(advice(rows, layer="recurrent"), "")


@pytest.mark.parametrize("key", EVIDENCE)
def test_evidence_is_drawn_row_by_row(rows, key):
    figure = evidence_figure(EVIDENCE[key], rows[key])
    check_texts(figure)
    check_frame(figure)
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == [r.label for r in rows[key]]
    role = {"helps": "with", "harms": "without", "unclear": "dropped"}
    for row, drawn in zip(rows[key], panel.containers, strict=True):
        line, _, (bar,) = drawn.lines
        assert line.get_xdata()[0] == pytest.approx(row.gain)
        assert line.get_color() == COLORS[role[row.verdict]]
        (low, _), (high, _) = bar.get_segments()[0]
        assert (low, high) == pytest.approx((row.gain - row.half, row.gain + row.half))


class TestSeeds:
    gains = np.array([-1.2, 0.1, -0.8, 0.1, -0.2, -0.5, -1.0, -0.1, 0.2, -1.1])

    @pytest.mark.parametrize("count", [2, 6, 10])
    def test_the_figure_is_legible(self, count):
        figure = seeds_figure(self.gains, count, "points of average precision", "rate 0.2")
        check_texts(figure)
        check_frame(figure)

    def test_each_interval_uses_the_seeds_so_far(self):
        panel = seeds_figure(self.gains, 3, "points", "rate 0.2").axes[0]
        two, three = panel.containers
        assert two.lines[0].get_ydata()[0] == pytest.approx(-0.55)
        (_, low), (_, high) = three.lines[2][0].get_segments()[0]
        first = self.gains[:3]
        half = 4.303 * first.std(ddof=1) / np.sqrt(3)
        assert (low, high) == pytest.approx((first.mean() - half, first.mean() + half))

    def test_the_sentence_says_what_may_be_said(self):
        assert "which says: unclear" in sentence_of(seeds_figure(self.gains, 2, "points", "x"), "")
        assert "which says: harms" in sentence_of(seeds_figure(self.gains, 10, "points", "x"), "")
