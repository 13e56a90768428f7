"""What a sweep is, and how its results are written and read back."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_sweeps import CELLS, squares

from dropout_lab.sweeps import Results, Sweep, load_results
from dropout_lab.sweeps.results import clean_values, save_results, write_atomically
from dropout_lab.sweeps.sweep import cell_key, grid


def results_of(cells, **fields):
    meta = {"name": "toy", "description": "A toy.", "command": "make it", "seeds": [0, 1]}
    return Results(
        **{**meta, "versions": {"numpy": "2"}, "wall_seconds": 1.5, **fields}, cells=cells
    )


def cell(values, **parameters):
    return {"parameters": parameters, "values": values, "seconds": 0.5}


# --- definitions -------------------------------------------------------------------------------


def test_grid_holds_every_combination_once_the_last_one_fastest():
    cells = grid(net=["a", "b"], rate=[0.0, 0.5], seed=[3, 4])
    assert len({cell_key(cell) for cell in cells}) == 8
    assert [tuple(cell.values()) for cell in cells[:3]] == [
        ("a", 0.0, 3),
        ("a", 0.0, 4),
        ("a", 0.5, 3),
    ]


@pytest.mark.parametrize(
    ("cells", "error", "part"),
    [
        ([], ValueError, "at least one cell"),
        ([{"base": 1, "seed": 0}, {"seed": 0, "base": 1}], ValueError, "twice"),
        ([{"base": 1}], ValueError, "integer seed"),
        ([{"base": 1, "seed": 1.0}], ValueError, "integer seed"),
        ([{"base": 1, "seed": True}], ValueError, "integer seed"),
        ([{"base": [1, 2], "seed": 0}], TypeError, "'base': [1, 2]"),
        ([{"base": math.nan, "seed": 0}], TypeError, "'base': nan"),
        ([{"base": math.inf, "seed": 0}], TypeError, "'base': inf"),
        ([{"base": np.float64(1), "seed": 0}], TypeError, "float64"),
        ([(1, 0)], TypeError, "dicts of parameters"),
    ],
)
def test_cells_that_are_refused(message_of, cells, error, part):
    assert part in message_of(error, Sweep, "toy", "A toy.", cells, squares)


@pytest.mark.parametrize("name", ["Toy", "toy_1", "-toy", "toy--a", "../toy", "", 3])
def test_names_that_could_not_be_file_names_are_refused(message_of, name):
    assert repr(name) in message_of(ValueError, Sweep, name, "A toy.", CELLS, squares)


def test_the_fingerprint_follows_name_and_cells():
    one = Sweep("toy", "A toy.", CELLS, squares)
    assert one.fingerprint == Sweep("toy", "Said otherwise.", CELLS, squares).fingerprint
    assert one.fingerprint != Sweep("toys", "A toy.", CELLS, squares).fingerprint
    assert one.fingerprint != Sweep("toy", "A toy.", CELLS[1:], squares).fingerprint


# --- values ------------------------------------------------------------------------------------


def test_values_are_plain_and_rounded_to_five_digits():
    found = clean_values(
        {
            "a": np.float32(0.1),
            "b": np.array([[1 / 3, 12345.678]]),
            "c": np.int64(3),
            "d": np.bool_(True),
            "e": ("x", None),
            "f": 123456789,
        }
    )
    assert found == {
        "a": 0.1,
        "b": [[0.33333, 12346.0]],
        "c": 3,
        "d": True,
        "e": ["x", None],
        "f": 123456789,
    }
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("bad", [math.nan, math.inf, np.float32("nan"), np.array([-math.inf])])
def test_values_that_are_not_finite_are_refused(message_of, bad):
    message = message_of(ValueError, clean_values, {"fine": 1.0, "loss": [0.0, bad]})
    assert message.startswith("loss[1]")


@pytest.mark.parametrize("bad", [{1, 2}, object(), 1j, np.array([1j]), b"x", {"a": 1}])
def test_values_that_json_does_not_know_are_refused(message_of, bad):
    assert message_of(TypeError, clean_values, {"loss": bad}).startswith("loss")


@pytest.mark.parametrize("bad", [None, 1.0, [1], {1: 2}])
def test_a_cell_must_return_a_dict(message_of, bad):
    assert "must return a dict" in message_of(TypeError, clean_values, bad)


# --- files -------------------------------------------------------------------------------------

plain = st.recursive(
    st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(values=st.dictionaries(st.text(), plain, max_size=4))
def test_what_was_saved_is_read_back(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("results")
    saved = results_of([cell(clean_values(values), rate=0.5, seed=1)])
    save_results(saved, folder / "toy.json")
    assert load_results("toy", folder) == saved


def test_a_file_has_one_cell_a_line_and_no_more_lines(tmp_path):
    cells = [cell({"loss": [s / 7, "line\nbreak"]}, rate=0.5, seed=s) for s in range(3)]
    save_results(results_of(cells), tmp_path / "toy.json")
    lines = (tmp_path / "toy.json").read_text().splitlines()
    inside = [line for line in lines if line.startswith('{"parameters"')]
    assert [json.loads(line.rstrip(",")) for line in inside] == cells
    assert len(lines) == len(cells) + 10  # braces, six fields, "cells", "]"


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "toy.json"
    write_atomically(path, "old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk is full")))
    with pytest.raises(OSError, match="disk is full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_saving_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        save_results(results_of([cell({"loss": math.nan}, seed=0)]), tmp_path / "toy.json")
    assert list(tmp_path.iterdir()) == []


def test_missing_results_say_which_command_writes_them(message_of, tmp_path):
    message = message_of(FileNotFoundError, load_results, "toy", tmp_path)
    assert "python -m dropout_lab.sweeps toy" in message
    assert "toy.json" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Expecting value"),
        ("<html>", "Expecting value"),
        ('{"name": "toy"', "delimiter"),
        ("[1, 2]", "must be a mapping"),
        ('{"name": "toy"}', "missing"),
        ('{"name": NaN}', "it holds NaN"),
        ('{"name": -Infinity}', "it holds -Infinity"),
    ],
)
def test_a_damaged_results_file_is_named(message_of, tmp_path, text, part):
    (tmp_path / "toy.json").write_text(text)
    message = message_of(ValueError, load_results, "toy", tmp_path)
    assert "toy.json" in message
    assert part in message


# --- arrays ------------------------------------------------------------------------------------

FOUND = results_of(
    [
        cell({"loss": rate + seed, "curve": [seed, rate]}, net=net, rate=rate, seed=seed)
        for net in ("a", "b")
        for rate in (0.0, 0.1, 0.3)
        for seed in (0, 1)
    ]
)


def test_arrays_have_an_axis_for_each_sequence_in_the_order_given():
    seeds, rates = [1, 0], np.array([0.3, 0.0])
    loss = FOUND.array("loss", seed=seeds, net="b", rate=rates)
    np.testing.assert_array_equal(loss, np.array(seeds)[:, None] + rates)
    curve = FOUND.array("curve", net="a", rate=0.1, seed=[0, 1])
    np.testing.assert_array_equal(curve, [[0, 0.1], [1, 0.1]])
    assert FOUND.array("loss", net="a", rate=0.1, seed=1) == 1.1


def test_rates_are_found_despite_rounding_noise():
    assert FOUND.array("loss", net="a", rate=np.arange(4)[3] * 0.1, seed=0) == 0.3


def test_choices_keep_the_order_of_the_cells():
    assert FOUND.choices("rate") == [0.0, 0.1, 0.3]
    assert FOUND.choices("net") == ["a", "b"]


def test_what_is_not_there_is_named(message_of):
    assert "0 cells of toy have" in message_of(
        KeyError, lambda: FOUND.array("loss", net="c", rate=0.1, seed=0)
    )
    assert "2 cells of toy have" in message_of(
        KeyError, lambda: FOUND.array("loss", net="a", rate=0.1)
    )
    assert "'wrong'" in message_of(
        KeyError, lambda: FOUND.array("wrong", net="a", rate=0.1, seed=0)
    )
    assert "'width'" in message_of(KeyError, FOUND.choices, "width")
