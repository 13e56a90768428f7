"""What a sweep is, and how its results are written and read back."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_sweeps import CELLS, squares

from dropout_lab.sweeps import Results, Sweep, grid, load_results
from dropout_lab.sweeps.results import clean_values, save_results, write_atomically


def results_of(cells):
    return Results("toy", "A toy.", "make it", [0, 1], {"numpy": "2"}, 1.5, cells)


def cell(values, **parameters):
    return {"parameters": parameters, "values": values, "seconds": 0.5}


# --- definitions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "error", "part"),
    [
        ([], ValueError, "at least one cell"),
        ([{"base": 1, "seed": 0}, {"seed": 0, "base": 1}], ValueError, "twice"),
        ([{"base": 1}], ValueError, "integer seed"),
        ([{"base": 1, "seed": 1.0}], ValueError, "integer seed"),
        ([{"base": 1, "seed": True}], ValueError, "integer seed"),
        ([{"base": (1, 2), "seed": 0}], TypeError, "'base': (1, 2)"),
        ([{"base": math.nan, "seed": 0}], TypeError, "'base': nan"),
        ([{"base": np.int64(1), "seed": 0}], TypeError, "must map names to strings"),
        ([(1, 0)], TypeError, "got (1, 0)"),
    ],
)
def test_cells_that_are_refused(message_of, cells, error, part):
    assert part in message_of(error, Sweep, "toy", "A toy.", cells, squares)


def test_names_that_could_not_be_file_names_are_refused(message_of):
    for name in ("Toy", "toy_1", "-toy", "toy--a", "../toy", "", 3):
        assert repr(name) in message_of(ValueError, Sweep, name, "A toy.", CELLS, squares)


# --- values ------------------------------------------------------------------------------------


def test_values_are_plain_and_rounded_to_five_digits():
    given = {
        "a": np.float32(0.1),
        "b": np.array([[1 / 3, 12345.678]]),
        "c": np.int64(3),
        "d": np.bool_(True),
        "e": ("x", None),
        "f": 123456789,
    }
    b = [[0.33333, 12346.0]]
    expected = {"a": 0.1, "b": b, "c": 3, "d": True, "e": ["x", None], "f": 123456789}
    assert clean_values(given) == json.loads(json.dumps(clean_values(given))) == expected


@pytest.mark.parametrize(
    "bad", [[1.0, math.nan], np.array([-math.inf]), {1, 2}, object(), b"x", np.array([1j])]
)
def test_values_that_have_no_place_in_json_are_refused(message_of, bad):
    message = message_of(ValueError, clean_values, {"fine": 1.0, "loss": bad})
    assert message.startswith("loss must hold finite numbers and texts, got ")


def test_a_cell_must_return_a_dict(message_of):
    for bad in (None, 1.0, [1], {1: 2}):
        assert "must return a dict" in message_of(TypeError, clean_values, bad)


# --- files -------------------------------------------------------------------------------------

plain = st.recursive(
    st.integers(-(10**9), 10**9) | st.floats(-1e300, 1e300) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(values=st.dictionaries(st.text(), plain, max_size=4))
def test_what_was_saved_is_read_back_one_cell_a_line(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("results") / "toy.json"
    cells = [cell(clean_values(values), rate=0.5, seed=seed) for seed in (0, 1, 2)]
    save_results(results_of(cells), path)
    assert load_results("toy", path.parent) == results_of(cells)
    lines = path.read_text().split("\n")[:-1]
    inside = [line for line in lines if line.startswith('{"parameters"')]
    assert [json.loads(line.rstrip(",")) for line in inside] == cells
    assert len(lines) == len(cells) + 10  # braces, six fields, "cells", "]"


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "toy.json"
    write_atomically(path, "old")
    with pytest.raises(ValueError, match="JSON"):
        save_results(results_of([cell({"loss": math.nan}, seed=0)]), path)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk is full")))
    with pytest.raises(OSError, match="disk is full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, "does not exist"),
        ('{"name": "toy"', "delimiter"),
        ("[1, 2]", "must be a mapping"),
        ('{"name": "toy"}', "missing"),
        ('{"name": NaN}', "it holds NaN"),
    ],
)
def test_missing_or_damaged_results_say_which_command_writes_them(message_of, tmp_path, text, part):
    if text is not None:
        (tmp_path / "toy.json").write_text(text)
    error = FileNotFoundError if text is None else ValueError
    message = message_of(error, load_results, "toy", tmp_path)
    assert "toy.json" in message
    assert "python -m dropout_lab.sweeps toy" in message
    assert part in message


# --- arrays ------------------------------------------------------------------------------------

FOUND = results_of(
    [
        cell({"loss": one["rate"] + one["seed"], "curve": [one["seed"], one["rate"]]}, **one)
        for one in grid(net=("a", "b"), rate=(0.0, 0.1, 0.3), seed=(0, 1))
    ]
)


def test_arrays_have_an_axis_for_each_sequence_in_the_order_given():
    seeds, rates = [1, 0], np.array([0.3, 0.0])
    loss = FOUND.array("loss", seed=seeds, net="b", rate=rates)
    np.testing.assert_array_equal(loss, np.array(seeds)[:, None] + rates)
    curve = FOUND.array("curve", net="a", rate=0.1, seed=[0, 1])
    np.testing.assert_array_equal(curve, [[0, 0.1], [1, 0.1]])
    assert FOUND.array("loss", net="a", rate=0.1, seed=1) == 1.1
    # Rates are found despite rounding noise.
    assert FOUND.array("loss", net="a", rate=np.arange(4)[3] * 0.1, seed=0) == 0.3
    assert FOUND.choices("rate") == [0.0, 0.1, 0.3]
    assert FOUND.choices("net") == ["a", "b"]


@pytest.mark.parametrize(
    ("part", "value", "which"),
    [
        ("0 cells of toy have", "loss", {"net": "c", "rate": 0.1, "seed": 0}),
        ("2 cells of toy have", "loss", {"net": "a", "rate": 0.1}),
        ("'wrong'", "wrong", {"net": "a", "rate": 0.1, "seed": 0}),
    ],
)
def test_what_is_not_there_is_named(message_of, part, value, which):
    assert part in message_of(KeyError, FOUND.array, value, **which)
    assert "'width'" in message_of(KeyError, FOUND.choices, "width")
