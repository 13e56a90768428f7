"""explore(): its arguments, what it publishes, and what it says about errors."""

import gc
import itertools
import math
import os
import shutil
import subprocess
import sys
import weakref
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

import dropout_lab
from dropout_lab.explorer import drawing
from dropout_lab.explorer.drawing import explore
from dropout_lab.explorer.page import Published, read_published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE

PACKAGE = Path(dropout_lab.__file__).parent


@pytest.fixture(autouse=True)
def publishing(monkeypatch):
    """Publish; and whatever a test does, pyplot must be as it was."""
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    plt.close("all")
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert left == []


def published(draw, **arguments):
    """Return what `explore` publishes, read back."""
    return read_published(explore(draw, **arguments).html)[0]


def card(**values):
    """Draw nothing but the values, as fast as matplotlib can."""
    figure = plt.figure(figsize=(2, 1))
    figure.text(0.1, 0.5, str(values))
    return figure


def untouched(**values):
    raise AssertionError("draw was called before the arguments were checked")


# Arguments


def at(start):
    return {"a": [1, 2, 3], "b": {"ten": 10}, "start": start}


NO_AXIS = [  # a value, and what of it the message names
    *((empty, ValueError, "axis power is empty") for empty in ([], {}, range(0), np.array([]))),
    ([1, 2, 1], ValueError, "holds '1' more than once"),
    ([0.1 + 0.2, 0.3], ValueError, "holds '0.3' more"),
    (["a", "b", "a"], ValueError, "holds 'a' more"),
    ([True, True], ValueError, "holds 'True' more"),
    ([1.0, math.nan], ValueError, "axis power must hold finite numbers, got nan"),
    (np.array([1, -math.inf]), ValueError, "must hold finite numbers, got -inf"),
    ([0.5, True], TypeError, "axis power must hold numbers.* got True"),
    ([1, "a"], TypeError, "must hold numbers.* got 'a'"),
    ([None, 1], TypeError, "must hold numbers.* got None"),
    (np.ones((2, 2)), TypeError, r"must hold numbers.* got \[1.0, 1.0\]"),
    ("abc", TypeError, r"axis power must be a sequence .*\(str\)"),
    ((i for i in range(3)), TypeError, r"must be a sequence .*\(generator\)"),
    (torch.tensor(3.0), TypeError, r"must be a sequence .*\(Tensor\)"),
    ({1: "a"}, TypeError, "axis power must have strings as labels"),
]
REFUSED = [
    ({}, ValueError, "one to three axes, got 0"),
    ({name: [1] for name in "abcd"}, ValueError, "one to three axes, got 4: a, b, c, d"),
    ({"a": range(20), "b": range(21)}, ValueError, "a 20 x b 21 makes 420 frames; at most 400"),
    *(({"power": values}, error, words) for values, error, words in NO_AXIS),
    (at({"other": 1}), ValueError, "start names 'other', which is no axis: a, b"),
    (at({"a": "1"}), ValueError, "start of axis a must be one of its values, got '1'"),
    (at({"b": 10}), ValueError, "start of axis b .* got 10"),
    (at([("a", 1)]), TypeError, "start must be a mapping"),
    (at(None) | {"labels": {"other": "x"}}, ValueError, "labels names 'other', which is no axis"),
    (at(None) | {"labels": {"a": None}}, TypeError, "labels must map 'a' to a string, got None"),
    (at(None) | {"play": "b"}, ValueError, r"slider \(a\), got 'b'"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), REFUSED)
def test_what_is_refused_before_anything_is_drawn(arguments, error, words):
    with pytest.raises(error, match=words) as caught:
        explore(untouched, **arguments)
    assert caught.type is error


AXES = [
    # numbers in any row
    *(("slider", values, ["1", "2"]) for values in ([1, 2], (1, 2), range(1, 3))),
    *(("slider", np.array([1, 2], dtype), ["1", "2"]) for dtype in ("i8", "u1", "f4")),
    ("slider", torch.tensor([1.0, 2.0], requires_grad=True), ["1", "2"]),
    ("slider", pd.Series([1, 2], index=["x", "y"]), ["1", "2"]),
    # written alike, and apart
    ("slider", [0, 0.5, np.float64(0.25)], ["0.00", "0.50", "0.25"]),
    ("slider", [10, 9, 100], ["10", "9", "100"]),
    ("slider", [-1.5, 2], ["-1.5", "2.0"]),
    ("slider", [1e-6, 1], ["0.000001", "1.000000"]),
    ("slider", [1e-9, 1], ["1e-09", "1"]),
    ("slider", [1000000.0, 1e20], ["1000000", "100000000000000000000"]),
    ("slider", np.arange(0, 0.5, 0.1), ["0.0", "0.1", "0.2", "0.3", "0.4"]),  # 0.1 + 0.2
    ("slider", [Fraction(1, 2), Fraction(1, 4)], ["0.50", "0.25"]),
    ("slider", np.linspace(0, 1, 4), ["0", "0.3333", "0.6667", "1"]),
    ("slider", [1 / 3, 0.33334], ["0.33333", "0.33334"]),
    ("slider", [2**60, 2**60 + 1], ["1152921504606846976", "1152921504606846977"]),
    *(("menu", kind(["x", "y"]), ["x", "y"]) for kind in (list, tuple, np.array, pd.Series)),
    *(("menu", kind([True, False]), ["True", "False"]) for kind in (list, np.array, torch.tensor)),
    ("menu", [np.True_, np.False_], ["True", "False"]),
    *(("menu", kind({"x": None, "y": 2}), ["x", "y"]) for kind in (dict, MappingProxyType)),
]


@pytest.mark.parametrize(("kind", "choices", "labels"), AXES, ids=repr)
def test_values_get_their_control_and_their_labels_and_stay_what_they_are(kind, choices, labels):
    found_kind, values, texts = drawing._axis("power", choices)
    assert (found_kind, texts) == (kind, labels)
    given = choices.tolist() if hasattr(choices, "tolist") else choices
    expected = list(given.values() if hasattr(given, "values") else given)
    assert list(values) == expected
    assert list(map(type, values)) == list(map(type, expected))


@pytest.mark.parametrize(
    ("start", "positions"),
    [
        (None, [0, 0, 0]),
        ({"a": 3}, [2, 0, 0]),
        ({"a": 2.0, "b": "twenty", "c": 0.3}, [1, 1, 0]),
        ({"a": np.array(3), "c": 0.4}, [2, 0, 1]),
    ],
)
def test_axes_start_where_they_are_told(start, positions):
    axes = {"a": [1, 2, 3], "b": {"ten": 10, "twenty": 20}, "c": [0.1 + 0.2, 0.4]}
    assert [axis.start for axis in drawing._plan(axes, start, None, None).axes] == positions


@pytest.mark.parametrize("value", ["", "0"])
def test_publishing_can_be_switched_off(monkeypatch, value):
    monkeypatch.setenv(PUBLISH_VARIABLE, value)
    assert dropout_lab.explore is explore
    explorer = explore(card, a=range(20), b=range(20))
    assert not isinstance(explorer, Published)
    assert "400 frames" in repr(explorer), "so many are allowed"


# Publishing


def test_the_last_axis_runs_fastest_and_a_figure_without_a_sentence_is_told_by_its_controls():
    axes = {"power": [1, 2], "hidden_units": {"few": 8, "none": None}, "scale": np.array([3, 5])}
    explorer = published(card, **axes, labels={"power": "exponent"}, start={"hidden_units": "none"})
    expected = itertools.product([1, 2], ["few", "none"], [3, 5])
    words = "exponent {}, hidden units {}, scale {}"
    assert explorer.sentences == [words.format(*values) for values in expected]
    assert explorer.start == [0, 1, 0]


# It draws what asks matplotlib for its settings, and what it might write in another order.
PROGRAM = """
import numpy as np, matplotlib.pyplot as plt
from matplotlib.patches import Circle
from dropout_lab.explorer import describe, explore

def draw(rate, look):
    figure, panels = plt.subplots(2, 2, figsize=(4.8, 3))
    figure.suptitle("all")
    x = np.arange(8)
    panels[0, 0].plot(x, x * rate, "o--", x, -x, label="line")
    panels[0, 0].legend()
    bars = panels[0, 1].bar(x, np.sin(x + rate), hatch=look)
    bars[0].set_clip_path(Circle((0, 0), 0.4, transform=panels[0, 1].transData))
    panels[0, 1].errorbar(x, x, 1)
    panels[1, 0].imshow([[rate, 1], [2, 3]])
    panels[1, 0].set_xlabel(r"$\\sum_i x_i^2$")
    panels[1, 1].scatter(x, np.cos(x), c=x)
    panels[1, 1].contour(np.add.outer(x, -x))
    return describe(figure, f"rate {rate}")

page = explore(draw, rate=[0.2], look=["/"]).html
"""
ELSEWHERE = """
import importlib, pkgutil, sys
import taken_elsewhere as package
for module in pkgutil.iter_modules(package.__path__):
    imported = importlib.import_module(f'taken_elsewhere.{module.name}')
    assert getattr(package, module.name) is imported, 'a function of that name hides it'
print('dropout_lab' in sys.modules, page)
"""


@pytest.fixture
def program():
    """Return the names that the program leaves."""
    names = {}
    exec(PROGRAM, names)
    return names


def test_the_folder_can_be_taken_elsewhere_and_gives_the_same_bytes(program, tmp_path):
    assert explore(program["draw"], rate=[0.2], look=["/"]).html == program["page"]
    shutil.copytree(PACKAGE / "explorer", tmp_path / "taken_elsewhere")
    elsewhere = PROGRAM.replace("dropout_lab.explorer", "taken_elsewhere") + ELSEWHERE
    done = subprocess.run(
        [sys.executable, "-c", elsewhere],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": "7", "MPLBACKEND": "agg"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.stderr, done.stdout) == ("", f"False {program['page']}\n")


@pytest.mark.filterwarnings("ignore::matplotlib.MatplotlibDeprecationWarning")
@pytest.mark.parametrize("look", ["classic", "dark_background", "xkcd"])
def test_the_settings_of_the_reader_change_no_published_figure(program, look):
    mine = {"svg.fonttype": "path", "svg.hashsalt": "mine", "figure.dpi": 40, "font.size": 20}
    with plt.xkcd() if look == "xkcd" else mpl.style.context(look), mpl.rc_context(mine):
        assert explore(program["draw"], rate=[0.2], look=["/"]).html == program["page"]


def test_a_comma_for_decimals_changes_no_published_figure(decimal_comma):
    def draw(rate):
        figure, axes = plt.subplots()
        axes.set_xticks([0.2])
        return figure

    with mpl.rc_context({"axes.formatter.use_locale": True}):
        figure = draw(0.5)
        figure.canvas.draw()
        assert figure.axes[0].get_xticklabels()[0].get_text() == "0,2"
        plt.close(figure)
        page = explore(draw, rate=[0.5]).html
    assert "0.2" in page
    assert "0,2" not in page


def test_an_explorer_too_heavy_for_a_page_says_so(monkeypatch, recwarn):
    page = explore(card, a=[1, 2]).html
    assert not recwarn.list
    monkeypatch.setattr(drawing, "_MAX_BYTES", 1_000)
    assert explore(card, a=[1, 2]).html == page
    (warning,) = recwarn.list
    assert warning.filename == __file__
    weight = f"weighs {len(page.encode()) / 1e3:.0f} kB"
    assert f"{weight}, and a page stays quick up to 1 kB; draw" in str(warning.message)


# Errors while publishing


def test_an_error_of_draw_names_the_values_and_keeps_its_cause():
    cause = ZeroDivisionError("of all things")

    def draw(rate, word):
        plt.figure()
        if rate == 0.5 and word == "b":
            plt.subplots()
            raise cause
        mpl.rcParams["lines.linewidth"] = 77
        return card().add_axes((0, 0, 1, 1))

    line = draw.__code__.co_firstlineno + 4
    words = rf"draw\(rate=0.5, word='b'\) raised ZeroDivisionError: of all things \(line {line} "
    settings, mine = dict(mpl.rcParams), plt.figure()
    with pytest.raises(RuntimeError, match=words) as caught:
        explore(draw, rate=[0, 0.5], word=["a", "b"])
    assert caught.value.__cause__ is cause
    assert (dict(mpl.rcParams), gc.isenabled()) == (settings, True)
    assert plt.get_fignums() == [mine.number], "the author's own figure is not explore's to close"
    plt.close(mine)
    cause = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        explore(draw, rate=[0.5], word=["b"])
    with pytest.raises(RuntimeError, match=r"unexpected keyword argument 'a'$"):
        explore(lambda: card(), a=[1])
    with pytest.raises(ValueError, match=r"draw\(height=3\) .* another size .*144.*figsize"):
        explore(lambda height: plt.figure(figsize=(2, height)), height=[2, 3])


def test_draw_must_be_a_function_and_return_a_figure():
    for draw in (None, "plot", [len]):
        with pytest.raises(TypeError, match="draw must be a function"):
            explore(draw, a=[1])
    for result in (None, 3, "figure", [], np.ones(2)):
        kind = type(result).__name__
        words = rf"(?s)draw\(rate=0.5\) must return a matplotlib Figure, got .*\({kind}\)"
        with pytest.raises(TypeError, match=words):
            explore(lambda rate, result=result: plt.figure() and result, rate=[0.5])


def test_many_frames_leave_no_figure_behind():
    figures, alive = [], []

    def draw(a):
        alive.append(sum(figure() is not None for figure in figures))
        figure = card(a=a)
        figures.append(weakref.ref(figure))
        return figure

    explorer = explore(draw, a=range(60))
    gc.collect()
    assert [figure for figure in figures if figure() is not None] == []
    assert len(alive) == 60
    assert max(alive) <= 20, "figures must not pile up until the last frame"
    assert repr(explorer) == "<explorer of 60 frames (a: 60)>"


# In IPython

SESSION = f"""
import os, sys
sys.modules['ipywidgets'] = None
import matplotlib.pyplot as plt
from dropout_lab import explore

def draw(rate):
    return 1 / rate and plt.figure(figsize=(1, 1))  # here

display(explore(draw, rate=[1, 2]))
os.environ["{PUBLISH_VARIABLE}"] = "0"
display(explore(draw, rate=[1, 2]))
explore(draw, rate=[0])
"""


def test_an_explorer_needs_no_widgets_and_a_traceback_shows_only_the_code_of_the_author():
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", "-c", SESSION],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert said.startswith("<explorer of 2 frames (rate: 2)>\n" * 2)
    assert "# here" in said
    assert "draw(rate=0) raised ZeroDivisionError: division by zero" in said
    assert "drawing.py" not in said
