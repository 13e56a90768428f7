"""What `make bench` makes of its measurements; what they find is nothing for a test to assert."""

import json

import numpy as np
import pytest
import test_chapters
import test_site
from scipy import stats

from bench import __main__ as bench
from bench import table
from bench.table import Budget, Row, budgets, interval, judge
from dropout_lab.explorer import drawing


def test_tests_and_package_hold_the_budgets_that_are_agreed_on():
    agreed = {
        name: budget.at_most * {"MB": 1e6, "kB": 1e3}[budget.unit]
        for name, budget in budgets().items()
        if budget.unit in ("MB", "kB")
    }
    assert agreed.pop("a bar figure of 19 frames, gzipped") < agreed["a stored figure"]
    assert agreed == {
        "the whole site": test_site.MAX_SITE_BYTES,
        "a first visit, gzipped": test_site.MAX_FIRST_LOAD_BYTES,
        "a second page, gzipped": test_site.MAX_SECOND_PAGE_BYTES,
        "all scripts that compute, gzipped": test_site.MAX_COMPUTING_BYTES,
        "the digits, gzipped": test_site.MAX_DATA_BYTES["digits"],
        "the weights of a net, gzipped": test_site.MAX_DATA_BYTES["weights"],
        "a stored figure": test_chapters.MAX_STORED_BYTES,
    }
    assert drawing._MAX_BYTES == test_chapters.MAX_STORED_BYTES


@pytest.mark.parametrize("count", [6, 9, 20, 41])
def test_the_noise_is_the_median_s_interval_at_95_percent(rng, count):
    values = rng.normal(size=count)
    found = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    assert interval(list(values)) == (found.low, found.high)


def test_of_few_values_the_noise_is_all_of_them():
    assert interval([3, 1, 2]) == (1, 3)
    assert interval([7]) == (7, 7)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1, 2, 3], "met"),
        ([2], "met"),
        ([1, 2.5, 3], "within the noise"),
        ([2, 2.5, 3], "within the noise"),
        ([2.1, 2.2, 9], "broken"),
    ],
)
def test_broken_is_what_is_too_much_at_its_best(values, verdict):
    assert judge(Row("a", values), Budget(2, "x", "b"))["verdict"] == verdict


def test_a_ratio_compares_what_was_measured_in_the_same_round():
    row = table.ratio("a", [1, 20, 300], [1, 10, 100], "ms")
    assert (row.values, row.own, row.beside) == ([1, 2, 3], 20, 10)


AGREED = {name: Budget(1, "kB", "a peer") for name in ("light", "heavy", "lost", "first")}


def test_what_fails_is_a_line_and_the_others_are_measured(capsys):
    def fails():
        yield Row("first", [1], None, 3)
        raise ValueError("a | b\nc")

    def goes_on():
        yield Row("heavy", [2.5], None, 4, where="page 1")
        yield Row("light", [0.5], None, 4)

    lines = bench.judged({"one": fails, "two": goes_on}, AGREED, whole=True)
    assert [(line["budget"], line["verdict"]) for line in lines] == [
        ("first", "met"),
        ("python -m bench one", "failed: ValueError: a / b"),
        ("heavy", "broken"),
        ("light", "met"),
        ("lost", "not measured"),
    ]
    rows = table.markdown(lines).splitlines()
    assert "| heavy, page 1 | 2.5 kB | exact | 1 kB | a peer: 4 kB | **broken** |" in rows
    assert {row.count("|") for row in rows} == {7}


@pytest.mark.parametrize(
    ("values", "code"), [([0.5], False), ([0.5, 1.5, 2], False), ([1.5, 2], True), (None, True)]
)
def test_only_what_is_surely_broken_or_unknown_fails_the_run(tmp_path, monkeypatch, values, code):
    def measure(chosen):
        assert chosen == "03"
        yield Row("light", values or [1 / 0], 1, 1, "ms")

    monkeypatch.setattr(bench, "PARTS", {"some": measure})
    monkeypatch.setattr(bench, "budgets", lambda long: AGREED)
    monkeypatch.setattr(table, "ROOT", tmp_path)
    assert bench.main("some", "03") is code
    (line,) = json.loads((tmp_path / "_build/bench/some.json").read_text())
    assert line.get("values") == values
    assert "light" in (tmp_path / "_build/bench/some.md").read_text() or values is None


def test_a_table_is_stored_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "ROOT", tmp_path)
    table.store([table.failure("a", "not measured")], "bench")
    folder = tmp_path / "_build" / "bench"
    before = {path: path.read_text() for path in folder.iterdir()}
    assert {path.name for path in before} == {"bench.md", "bench.json"}
    with pytest.raises(TypeError):
        table.store([table.failure("b", "not measured") | {"own": np.float32(1)}], "bench")
    assert {path: path.read_text() for path in folder.iterdir()} == before
