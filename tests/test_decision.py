"""The decision page: every answer has a recommendation, and the data still support it."""

import itertools
import re

import pytest
from recorded import CHAPTERS, notebook

from dropout_lab.lessons.ch13.decision import ADDITIONS, QUESTIONS, RULES, recommend
from dropout_lab.lessons.ch13.evidence import EVIDENCE

CASES = list(itertools.product(*(question.answers for question in QUESTIONS)))
NAMES = [question.name for question in QUESTIONS]


def verdicts(key):
    return {row.label: row.verdict for row in EVIDENCE[key].rows()}


def test_every_combination_of_answers_has_a_recommendation_that_can_be_shown():
    for case in CASES:
        found = recommend(*case)
        assert 0 <= found.rate <= found.up_to <= 0.5
        assert found.evidence in EVIDENCE
        assert found.chapters == tuple(sorted(set(found.chapters)))
        assert {*found.chapters} <= set(range(1, 13))
        assert str(found).endswith(f"{found.chapters[-1]}.")


def test_every_rule_decides_somewhere():
    deciding = [recommend(*case) for case in CASES]
    assert {id(found.rule) for found in deciding} == {id(rule) for rule in RULES}
    assert {id(rule) for found in deciding for rule in found.additions} == {
        id(rule) for rule in ADDITIONS
    }


def test_additions_come_with_the_answer_that_asks_for_them():
    both = recommend(batch_norm="yes", uncertainty="yes")
    assert [rule.chapters for rule in both.additions] == [(12,), (8, 11)]
    assert both.evidence == "doubt"
    assert recommend().additions == ()
    assert recommend(data="one pass only", batch_norm="yes").additions == ()


def test_the_stored_results_still_support_the_rates_beside_what_the_chapter_claims():
    assert verdicts("sizes")["60,000 images"] != "helps"
    assert verdicts("rates")["rate 0.7"] == "harms"
    assert "harms" not in {v for label, v in verdicts("norm").items() if "behind" in label}
    assert verdicts("linear") == {"everyone there": "unclear", "Alex ill": "harms"}
    assert EVIDENCE["linear"].rows()[0].gain == 0  # both families hold least squares itself


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_answer_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match=rf"{name} must be one of \['.*got 'perhaps'"):
        recommend(**{name: "perhaps"})


def test_the_table_on_the_page_has_the_rules_in_order():
    roles = pytest.importorskip("book.prose").roles  # it needs Sphinx
    cells = notebook(CHAPTERS / "13_should_i_use_dropout.ipynb").cells
    text = "\n".join(roles(cell.source, []) for cell in cells if cell.cell_type == "markdown")
    table = re.search(r"(?s)\| if \| then \| read \|\n\|---\|---\|---\|\n(.*?)\n\n", text)[1]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()]
    assert len(lines) == len(RULES) + len(ADDITIONS)
    for (_, then, read), rule in zip(lines, (*RULES, *ADDITIONS), strict=True):
        assert tuple(map(int, re.findall(r"\[(\d+)\]", read))) == rule.chapters
        if rule.rates:
            numbers = [float(number) for number in re.findall(r"\d(?:\.\d)?", then.split("{")[0])]
            assert numbers[0] == rule.rates[0]
            assert max(numbers) <= rule.rates[1]
