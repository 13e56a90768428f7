"""The figures of chapter 13 show the numbers they were given."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from figure_checks import bar_ends, drawn, said, t_half

from dropout_lab.explorer.style import COLORS
from dropout_lab.lessons.ch13.decision import QUESTIONS, recommend
from dropout_lab.lessons.ch13.evidence import EVIDENCE
from dropout_lab.lessons.ch13.figures import evidence_figure, recommendation_figure, seeds_figure

ROWS = {key: evidence.rows() for key, evidence in EVIDENCE.items()}
GAINS = np.array([-1.2, 0.1, -0.8, 0.1, -0.2, -0.5, -1.0, -0.1, 0.2, -1.1])
LIMITS_FOLLOW_DATA = {"recommendation_figure", "evidence_figure"}


def advice(**answers):
    found = recommend(**answers)
    return partial(recommendation_figure, found, EVIDENCE[found.evidence], ROWS[found.evidence])


def every_look():
    """Return answers that lead to each advice and, measured and not, to each evidence."""
    seen, cases = set(), []
    for case in product(*(question.answers for question in QUESTIONS)):
        answers = dict(zip((question.name for question in QUESTIONS), case, strict=True))
        found = recommend(**answers)
        looks = {found.rule.says, (found.evidence, found.measured)}
        if not looks <= seen:
            seen |= looks
            cases.append(answers)
    return cases


def seeds(count, unit="points of average precision"):
    return partial(seeds_figure, GAINS, count, unit, "Rate 0.2")


FRAMES = [
    *(advice(**answers) for answers in every_look()),
    *(partial(evidence_figure, EVIDENCE[key], ROWS[key]) for key in EVIDENCE),
    *map(seeds, (2, 6, 10)),
]


def test_a_recommendation_has_rate_band_and_numbers():
    figure = drawn(advice())
    scale = figure.axes[0]
    assert list(scale.lines[0].get_xdata()) == [recommend().rate]
    assert scale.patches[0].get_width() == recommend().up_to
    sentence = said(drawn(advice(batch_norm="yes")))
    assert sentence.startswith("Start with 0.2; take 0.5 in wider layers.")
    assert "Put dropout behind the last batch norm." in sentence
    assert "rate 0.5, before −" in sentence
    assert "not measured here" in said(drawn(advice(layer="recurrent")))


@pytest.mark.parametrize("key", EVIDENCE)
def test_evidence_is_drawn_row_by_row(key):
    (panel,) = drawn(evidence_figure, EVIDENCE[key], ROWS[key]).axes
    names = dict(
        zip(panel.get_yticks(), (t.get_text() for t in panel.get_yticklabels()), strict=True)
    )
    role = {"helps": "with", "harms": "without", "unclear": "dropped"}
    for row, container in zip(ROWS[key], panel.containers, strict=True):
        (gain,), (place,) = container.lines[0].get_data()
        assert gain == pytest.approx(row.gain)
        assert names[place] == row.label
        assert container.lines[0].get_color() == COLORS[role[row.verdict]]
        assert bar_ends(container)[0] == pytest.approx((row.gain - row.half, row.gain + row.half))


def test_each_interval_uses_the_seeds_so_far():
    (panel,) = drawn(seeds(3)).axes
    two, three = panel.containers
    assert two.lines[0].get_ydata()[0] == pytest.approx(-0.55)
    half = t_half(GAINS[:3])
    ends = GAINS[:3].mean() - half, GAINS[:3].mean() + half
    np.testing.assert_allclose(bar_ends(three)[0], ends, rtol=1e-3)
    assert list(panel.lines[-1].get_ydata()) == GAINS[:3].tolist()
    assert "which says: unclear" in said(drawn(seeds(2)))
    assert "gain is −0.45 ± 0.39 points of average precision, which says: harms" in said(
        drawn(seeds(10))
    )
    assert "range from −1.20 to +0.20" in said(drawn(seeds(10)))
