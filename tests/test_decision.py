"""The decision page: every path through it, what it says there, and what that rests on."""

import itertools
import re
import unicodedata

import numpy as np
import pytest
from recorded import CHAPTERS, notebook
from scipy.optimize import brentq

from dropout_lab.lessons.ch11.sweeps import best_temperature
from dropout_lab.lessons.ch13.decision import DOUBTS, QUESTIONS, RULES, SOURCES, recommend
from dropout_lab.lessons.ch13.evidence import EVIDENCE
from dropout_lab.network import softmax

PATHS = list(itertools.product(*(question.answers for question in QUESTIONS)))
NAMES = [question.name for question in QUESTIONS]


def verdicts(key):
    return {row.label: row.verdict for row in EVIDENCE[key].rows()}


def rates_in(text):
    return [float(number) for number in re.findall(r"(?<![\d.])0(?:\.\d+)?(?!\d)", text)]


@pytest.mark.parametrize("path", PATHS, ids=" / ".join)
def test_each_path_says_one_thing_and_tells_what_it_rests_on(path):
    model, curves, doubt = path
    found = recommend(*path)
    assert (found.doubt is None) == (doubt == "no")
    assert {*found.chapters} <= set(range(1, 17))
    assert str(found).endswith(f"{found.chapters[-1]}.")
    # What stands there rests on a measurement of the reader's kind, or on somebody who is named.
    assert found.evidence is None or model in EVIDENCE[found.evidence].models
    assert found.evidence or found.rule.sources
    assert len(found.sources) == len({*found.sources})
    if not found.rule.rates:
        assert found.rule.says in ("Not covered here", "Leave the rates as the model came")
        return
    # No sentence stands against another: neither the rate, nor the place, nor the passes.
    assert 0 <= found.rate <= found.up_to <= 0.5
    advised = rates_in(found.rule.says)
    assert advised[:1] == [found.rate] * bool(advised[:1]) or "compare" in found.rule.says
    assert all(rate <= found.up_to for rate in advised)
    assert (found.rate == 0) == bool(re.search(r"Leave|without|ridge|compare", found.rule.says))
    if curves in ("underfits", "seen once"):
        assert found.up_to <= (0.1 if curves == "underfits" else 0.2 * (model[:4] == "rows"))
        assert "average passes" not in str(found)
    if "batch norm" in model and found.rate > 0:
        assert "behind the last batch norm" in str(found)


def test_every_rule_decides_somewhere():
    found = [recommend(*path) for path in PATHS]
    assert {id(one.rule) for one in found} == {id(rule) for rule in RULES}
    assert {id(one.doubt) for one in found if one.doubt} == {id(rule) for rule in DOUBTS}


def test_every_measurement_is_about_a_model_that_can_be_chosen():
    for evidence in EVIDENCE.values():
        assert {*evidence.models} <= {*QUESTIONS[0].answers}
        assert evidence.models


def test_the_stored_results_still_support_the_rates_beside_what_the_chapter_claims():
    assert verdicts("sizes")["60,000 images"] != "helps"
    assert verdicts("rates")["rate 0.7"] == "harms"
    assert "harms" not in {v for label, v in verdicts("norm").items() if "behind" in label}
    assert verdicts("linear") == {"everyone there": "unclear", "Alex ill": "harms"}
    assert EVIDENCE["linear"].rows()[0].gain == 0  # both families hold least squares itself
    assert verdicts("doubt")["a temperature"] == "helps"


def test_the_best_temperature_is_where_the_slope_of_the_loss_is_zero():
    rng = np.random.default_rng(0)
    logits = 4 * rng.normal(size=(2_000, 3))
    labels = np.array([rng.choice(3, p=p) for p in softmax(logits / 2.5)])

    def slope(temperature):
        chances = softmax(logits / temperature)
        right = logits[np.arange(len(labels)), labels]
        return (right - (chances * logits).sum(axis=1)).mean()

    np.testing.assert_allclose(best_temperature(logits, labels), brentq(slope, 0.5, 20), rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_answer_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match=rf"{name} must be one of \['.*got 'perhaps'"):
        recommend(**{name: "perhaps"})


def test_the_table_on_the_page_has_the_rules_in_order_with_their_rates_and_sources():
    cells = notebook(CHAPTERS / "13_should_i_use_dropout.ipynb").cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    table = re.search(r"(?s)\| if \| then \| read \|\n\|---\|---\|---\|\n(.*?)\n\n", text)[1]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()]
    for (_, then, read), rule in zip(lines, (*RULES, *DOUBTS), strict=True):
        assert tuple(map(int, re.findall(r"\[(\d+)\]", read))) == rule.chapters
        cited = re.findall(r"\[([^\[\]]+)\]\(references\.md#(\w+)\)", then)
        assert cited == [(SOURCES[key][0], key) for key in rule.sources]
        if rule.rates:
            numbers = rates_in(then.split("[")[0])
            assert numbers[0] == rule.rates[0]
            assert max(numbers) == rule.rates[1]


def test_each_source_is_a_reference_of_that_author_and_year():
    entries = (CHAPTERS.parent / "references.bib").read_text(encoding="utf-8")
    for key, (name, _) in SOURCES.items():
        entry = re.search(rf"(?s)@\w+\{{{key},(.*?)\n\}}", entries)[1]
        first = re.search(r"author += \{(.*?),", entry)[1]
        first = re.sub(r"\\\W|\\\w(?=\{)|[{}]", "", first)  # accents, as BibTeX writes them
        year = re.search(r"year += \{(\d+)", entry)[1]
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        assert re.split(r" et al\., | and .*, ", plain) == [first, year]
