"""explore(): its arguments, the published explorer and the live one."""

import gc
import importlib
import itertools
import math
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import weakref
import xml.etree.ElementTree as ElementTree
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from published import HOSTILE, elements

import dropout_lab
from dropout_lab.explorer.drawing import explore
from dropout_lab.explorer.frames import describe, figure_to_nodes
from dropout_lab.explorer.page import Published, read_published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE
from dropout_lab.explorer.style import figure_style
from dropout_lab.explorer.svg import ID_MARK

PACKAGE = Path(dropout_lab.__file__).parent
TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    """Whatever a test does, pyplot must be as it was."""
    plt.close("all")
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert left == []


@pytest.fixture
def publishing(monkeypatch):
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv(PUBLISH_VARIABLE, raising=False)


def published(draw, **arguments):
    """Return what `explore` publishes, read back."""
    return read_published(explore(draw, **arguments).html)[0]


def card(**values):
    """Draw nothing but the values, as fast as matplotlib can."""
    figure = plt.figure(figsize=(2, 1))
    figure.text(0.1, 0.5, shown(values))
    return figure


def shown(values):
    return "; ".join(f"{name}={value}" for name, value in values.items())


def untouched(**values):
    raise AssertionError("draw was called before the arguments were checked")


def texts_of(explorer, number):
    return [text.text for text in ElementTree.fromstring(explorer.svg(number)).iter(TEXT)]


# Arguments


class Unsized:
    """What turns into a list but has no length."""

    def tolist(self):
        return [1, 2]


def at(start):
    return {"a": [1, 2, 3], "b": {"ten": 10}, "flag": [False, True], "start": start}


NO_AXIS = [  # a value, and what of it the message names
    *((empty, ValueError, "axis power is empty") for empty in ([], {}, range(0), np.array([]))),
    ([1, 2, 1], ValueError, "holds 1 more than once"),
    ([1, 1.0], ValueError, "holds 1.0 more"),
    ([0, -0.0], ValueError, "holds -0.0 more"),
    ([1, Fraction(1, 1)], ValueError, r"holds Fraction\(1, 1\) more"),
    (["a", "b", "a"], ValueError, "holds 'a' more"),
    ([True, True], ValueError, "holds True more"),
    ([None, 1, None], ValueError, "holds None more"),
    ([None, "none"], ValueError, "holds 'none' more"),
    ([date(2024, 3, 1), datetime(2024, 3, 1)], ValueError, "holds datetime.* more"),
    (np.array([0.5, 0.5]), ValueError, "holds 0.5 more"),
    ([1.0, math.nan], ValueError, "axis power must hold finite numbers, got nan"),
    ([math.inf], ValueError, "must hold finite numbers, got inf"),
    (np.array([1, -math.inf]), ValueError, "must hold finite numbers, got -inf"),
    ([10**400], ValueError, "must hold finite numbers, got 1000"),
    (np.array(["2024", "NaT"], "M8[ns]"), ValueError, "axis power must hold dates, got .*NaT"),
    (pd.Series([pd.NaT]), ValueError, "must hold dates, got .*NaT"),
    ([0.5, True], TypeError, "axis power must hold numbers.* got True"),
    ([1, np.True_], TypeError, "must hold numbers.* got .*True"),
    ([datetime(2024, 3, 1), 1], TypeError, "must hold numbers.* got datetime"),
    ([np.timedelta64(1, "D")], TypeError, "must hold numbers.* got .*timedelta64"),
    (np.array([1, 2], "m8[ns]"), TypeError, "must hold numbers.* got .*timedelta64"),
    ([1, "a"], TypeError, "must hold numbers.* got 'a'"),
    ([1j], TypeError, "must hold numbers.* got 1j"),
    ([[1, 2], [3]], TypeError, r"must hold numbers.* got \[1, 2\]"),
    ([np.array([1])], TypeError, "must hold numbers.* got array"),
    ("abc", TypeError, r"axis power must be a sequence .*\(str\)"),
    (b"abc", TypeError, r"must be a sequence .*\(bytes\)"),
    ({1, 2}, TypeError, r"must be a sequence .*\(set\)"),
    ((i for i in range(3)), TypeError, r"must be a sequence .*\(generator\)"),
    (3, TypeError, r"must be a sequence .*\(int\)"),
    (None, TypeError, r"must be a sequence .*\(NoneType\)"),
    (np.ones((2, 2)), TypeError, r"(?s)must be a sequence .*\(ndarray\)"),
    (np.array(3.0), TypeError, r"must be a sequence .*\(ndarray\)"),
    (torch.tensor(3.0), TypeError, r"must be a sequence .*\(Tensor\)"),
    (pd.DataFrame({"a": [1]}), TypeError, r"(?s)must be a sequence .*\(DataFrame\)"),
    ({"a": 1}.values(), TypeError, r"must be a sequence .*\(dict_values\)"),
    (Unsized(), TypeError, r"must be a sequence .*\(Unsized\)"),
    ({1: "a"}, TypeError, "axis power must have strings as labels"),
    ({"a": 1, None: 2}, TypeError, "must have strings as labels"),
]
REFUSED = [
    ({}, ValueError, "one to three axes, got 0"),
    ({name: [1] for name in "abcd"}, ValueError, "one to three axes, got 4: a, b, c, d"),
    ({"a": range(20), "b": range(21)}, ValueError, "a 20 x b 21 makes 420 frames; at most 400"),
    *(({"power": values}, error, words) for values, error, words in NO_AXIS),
    (at({"other": 1}), ValueError, "start names 'other', which is no axis: a, b, flag"),
    (at({"a": 4}), ValueError, "start of axis a must be one of its values, got 4"),
    (at({"flag": 1}), ValueError, "start of axis flag must be one of its values, got 1"),
    (at({"flag": "True"}), ValueError, "start of axis flag .* got 'True'"),
    (at({"a": "1"}), ValueError, "start of axis a .* got '1'"),
    (at({"a": True}), ValueError, "start of axis a .* got True"),
    (at({"a": None}), ValueError, "start of axis a .* got None"),
    (at({"b": 10}), ValueError, "start of axis b .* got 10"),
    (at([("a", 1)]), TypeError, "start must be a mapping"),
    ({"a": [1], "labels": {"other": "x"}}, ValueError, "labels names 'other', which is no axis: a"),
    ({"a": [1], "labels": {"a": 3}}, TypeError, "labels must map 'a' to a string, got 3"),
    ({"a": [1], "labels": {"a": None}}, TypeError, "labels must map 'a' to a string, got None"),
    ({"a": [1], "labels": ["a"]}, TypeError, "labels must be a mapping"),
    *(
        ({"a": [1], "b": ["x"], "play": play}, ValueError, rf"slider \(a\), got {play!r}")
        for play in ("other", "b", "", 0, True)
    ),
]


@pytest.mark.parametrize(("arguments", "error", "words"), REFUSED)
def test_what_is_refused_before_anything_is_drawn(live, arguments, error, words):
    with pytest.raises(error, match=words) as caught:
        explore(untouched, **arguments)
    assert caught.type is error


def test_what_is_called_is_a_function_and_400_frames_are_allowed(live):
    for draw in (None, "plot", Figure(), [len]):
        with pytest.raises(TypeError, match="draw must be a function"):
            explore(draw, a=[1])
    assert "400 frames" in repr(explore(card, a=range(20), b=range(20)))


NOON = datetime(2024, 3, 1, 12, 30)
SLIDERS = [
    # numbers in any row
    *((values, ["1", "2"]) for values in ([1, 2], (1, 2), range(1, 3), [Fraction(1), 2.0])),
    *((np.array([1, 2], dtype), ["1", "2"]) for dtype in ("i8", "u1", "f4")),
    ([np.int64(1), np.float64(2)], ["1", "2"]),
    ([np.array(1), torch.tensor(2.0)], ["1", "2"]),
    (torch.tensor([1.0, 2.0], requires_grad=True), ["1", "2"]),
    (pd.Series([1, 2], index=["x", "y"]), ["1", "2"]),
    (pd.Series([1, 2], dtype="Int64"), ["1", "2"]),
    (pd.RangeIndex(1, 3), ["1", "2"]),
    (pd.Categorical([1, 2]), ["1", "2"]),
    # written alike, and apart
    ([0, 0.5, 0.25], ["0.00", "0.50", "0.25"]),
    ([10, 9, 100], ["10", "9", "100"]),
    ([-1.5, 2], ["-1.5", "2.0"]),
    ([1e-6, 1], ["0.000001", "1.000000"]),
    ([np.float64(1e-9), 1], ["1e-09", "1"]),
    ([1000000.0, 1e20], ["1000000", "100000000000000000000"]),
    (np.arange(0, 0.5, 0.1), ["0.0", "0.1", "0.2", "0.3", "0.4"]),  # 0.30000000000000004
    ([Fraction(1, 2), Fraction(1, 4)], ["0.50", "0.25"]),
    (np.linspace(0, 1, 4), ["0", "0.3333", "0.6667", "1"]),
    ([2**60, 2**60 + 1], ["1152921504606846976", "1152921504606846977"]),
    ([0.1 + 0.2, 0.3], ["0.30000000000000004", "0.3"]),
    # dates, as precise as all of them need
    ([date(2024, 3, 1), date(2023, 1, 1)], ["2024-03-01", "2023-01-01"]),
    ([datetime(2024, 3, 1), datetime(2024, 3, 2)], ["2024-03-01", "2024-03-02"]),
    ([NOON, datetime(2024, 3, 2)], ["2024-03-01 12:30", "2024-03-02 00:00"]),
    ([NOON, NOON.replace(second=5)], ["2024-03-01 12:30:00", "2024-03-01 12:30:05"]),
    ([NOON.replace(microsecond=250_000)], ["2024-03-01 12:30:00.250"]),
    ([NOON.replace(tzinfo=UTC)], ["2024-03-01 12:30"]),
    (
        [datetime(2024, 3, 1, tzinfo=zone) for zone in (UTC, timezone(timedelta(hours=-5)))],
        ["2024-03-01 00:00+00:00", "2024-03-01 00:00-05:00"],
    ),
    (np.array(["2024-03-01", "2024-03-02"], "M8[ns]"), ["2024-03-01", "2024-03-02"]),
    (np.array(["2024-03", "2024-04"], "M8[M]"), ["2024-03", "2024-04"]),
    (np.array(["2024", "2025"], "M8[Y]"), ["2024", "2025"]),
    (np.array(["12024-01-01"], "M8[D]"), ["12024-01-01"]),
    ([np.datetime64(1, "fs")], ["1970-01-01 00:00:00.000000000000001"]),
    ([np.datetime64("2024-03-01T12"), NOON], ["2024-03-01 12:00", "2024-03-01 12:30"]),
    (pd.date_range("2024-03-01", periods=2), ["2024-03-01", "2024-03-02"]),
    (pd.Series(pd.to_datetime(["2024-03-01 06:00"])), ["2024-03-01 06:00"]),
    ([pd.Timestamp("2024-03-01 00:00:00.000000001")], ["2024-03-01 00:00:00.000000001"]),
]
MENUS = [
    *((kind(["x", "y"]), ["x", "y"]) for kind in (list, tuple, np.array, pd.Series, pd.Index)),
    ({"x": 1, "y": 2}, ["x", "y"]),
    (MappingProxyType({"x": 1, "y": 2}), ["x", "y"]),
    (pd.Categorical(["x", "y"], categories=["y", "x"]), ["x", "y"]),
    ([False, True], ["False", "True"]),
    ([np.True_, np.False_], ["True", "False"]),
    *((kind([True, False]), ["True", "False"]) for kind in (np.array, torch.tensor, pd.Series)),
    ([None, 0.5, 0.25], ["none", "0.50", "0.25"]),
    (["a", None], ["a", "none"]),
    ([None], ["none"]),
    ([True, None], ["True", "none"]),
    ([date(2024, 3, 1), None], ["2024-03-01", "none"]),
]


@pytest.mark.parametrize(
    ("kind", "values", "labels"),
    [*(("slider", *case) for case in SLIDERS), *(("menu", *case) for case in MENUS)],
    ids=repr,
)
def test_values_get_their_control_and_their_labels(publishing, kind, values, labels):
    assert published(card, power=values).axes == [(kind, "power", labels)]


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ([None, True, False], None),
        ([np.float32(0.5), Fraction(1, 3)], None),
        ([np.array(0.5), np.array(1)], None),
        ([date(2024, 3, 1), NOON, np.datetime64("2024-03-02")], None),
        (np.array(["2024-03-01"], "M8[ns]"), [np.datetime64("2024-03-01", "ns")]),
        (pd.date_range("2024-03-01", periods=1), [pd.Timestamp("2024-03-01")]),
        (np.array([0.5, 1]), [0.5, 1.0]),
        (torch.tensor([0.5, 1]), [0.5, 1.0]),
        (pd.Categorical(["b", "a"]), ["b", "a"]),
    ],
    ids=repr,
)
def test_draw_gets_the_values_as_they_were_given(publishing, values, given):
    got = []

    def draw(power):
        got.append(power)
        return card()

    explore(draw, power=values, start={"power": list(values)[-1]})
    expected = list(values) if given is None else given
    assert got == expected
    assert list(map(type, got)) == list(map(type, expected))


# Publishing


def test_what_is_published(publishing):
    def draw(power, hidden_units, scale):
        figure, axes = plt.subplots(figsize=(2, 1))
        axes.plot(np.arange(9), scale * np.arange(9) ** power, label=str(hidden_units))
        axes.bar(range(9), scale, hatch="/")
        axes.set_title(f"{power}, {hidden_units}, {scale}")
        return figure

    choices = {"power": [1, 2], "hidden_units": {"few": 8, "none": None}, "scale": np.array([3, 5])}
    more = {"labels": {"power": "exponent"}, "play": "scale", "start": {"hidden_units": "none"}}
    result = explore(draw, **choices, **more)
    assert isinstance(result, Published)
    assert result._repr_html_() == result.html
    assert repr(result) == "<explorer of 8 frames (exponent: 2, hidden units: 2, scale: 2)>"
    (explorer,) = read_published(result.html)
    assert [name for _, name, _ in explorer.axes] == ["exponent", "hidden units", "scale"]
    assert (explorer.start, explorer.play) == ([0, 1, 0], 2)
    assert ">1, None, 3<" in explorer.picture
    positions = list(itertools.product([1, 2], [8, None], [3, 5]))  # the last runs fastest
    assert len(explorer.frames) == len(positions)
    for number, values in enumerate(positions):
        with figure_style():
            figure = draw(*values)
            _, nodes = figure_to_nodes(figure)
        plt.close(figure)
        assert explorer.nodes(number).replace(explorer.key, ID_MARK) == "".join(nodes)
    assert explorer.sentences[3] == "exponent 1, hidden units none, scale 5"


def test_explorers_are_the_same_by_any_name_and_start_where_they_are_told(publishing):
    assert explore is dropout_lab.explore
    axes = {"a": [1, 2, 3], "b": {"ten": 10, "twenty": 20}, "c": [0.1 + 0.2, 0.4]}
    for start, positions in (
        (None, [0, 0, 0]),
        ({"a": 3}, [2, 0, 0]),
        ({"a": 2.0, "b": "twenty", "c": 0.3}, [1, 1, 0]),
        ({"a": np.array(3), "c": 0.4}, [2, 0, 1]),
    ):
        explorer = published(card, **axes, start=start)
        assert explorer.start == positions


@pytest.mark.parametrize("value", ["", "0"])
def test_publishing_can_be_switched_off(monkeypatch, value):
    monkeypatch.setenv(PUBLISH_VARIABLE, value)
    assert not isinstance(explore(card, a=[1]), Published)


def test_hostile_texts_stay_texts(publishing):
    def draw(choice, number):
        return describe(card(choice=choice, number=number), f"{number}: {choice}")

    labels = {"choice": HOSTILE[0], "number": HOSTILE[2]}
    page = explore(draw, choice={text: text for text in HOSTILE}, number=[1, 2], labels=labels).html
    plain = explore(card, choice=["a", "b"], number=[1, 2]).html
    assert [e.tag for e in elements(page)] == [e.tag for e in elements(plain)]
    (explorer,) = read_published(page)
    assert [(name, values) for _, name, values in explorer.axes] == [
        (HOSTILE[0], HOSTILE),
        (HOSTILE[2], ["1", "2"]),
    ]
    for number, text in enumerate(HOSTILE):
        said = " ".join(text.split())  # describe makes one line of a sentence
        assert explorer.sentences[2 * number] == f"1: {said}"
        assert "\n".join(texts_of(explorer, 2 * number)) == f"choice={text}; number=1"


# It draws what asks matplotlib for its settings, and what it might write in another order.
PROGRAM = """
import numpy as np, matplotlib.pyplot as plt
from matplotlib.patches import Circle
from dropout_lab.explorer import describe, explore

def draw(rate, look):
    figure, panels = plt.subplots(2, 3, figsize=(4.8, 3))
    figure.suptitle("all")
    x = np.arange(8)
    panels[0, 0].plot(x, x * rate, "o--", x, -x, label="line")
    panels[0, 0].legend()
    bars = panels[0, 1].bar(x, np.sin(x + rate), hatch=look)
    bars[0].set_clip_path(Circle((0, 0), 0.4, transform=panels[0, 1].transData))
    panels[0, 1].errorbar(x, x, 1)
    panels[0, 2].plot([np.datetime64("2024-03-01T22:00"), np.datetime64("2024-03-02T03:00")], x[:2])
    panels[1, 0].imshow([[rate, 1], [2, 3]])
    panels[1, 0].set_xlabel(r"$\\sum_i x_i^2$")
    panels[1, 1].boxplot([x, x**2])
    panels[1, 1].scatter(x, np.cos(x), c=x)
    panels[1, 2].contour(np.add.outer(x, -x))
    panels[1, 2].text(3, 3, "text", bbox={})
    return describe(figure, f"rate {rate}")

page = explore(draw, rate=[0.2], look=["/"]).html
"""
ELSEWHERE = """
import importlib, pkgutil, sys
import taken_elsewhere as package
for module in pkgutil.iter_modules(package.__path__, 'taken_elsewhere.'):
    importlib.import_module(module.name)
print('dropout_lab' in sys.modules, page)
"""


@pytest.fixture(scope="module")
def program():
    """Return the names that the program leaves."""
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PUBLISH_VARIABLE, "1")
        exec(PROGRAM, names)
    return names


def test_the_same_input_gives_the_same_bytes_and_the_folder_can_be_taken_elsewhere(
    publishing, program, tmp_path
):
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


@pytest.mark.parametrize("name", ["explorer", "teaching"])
def test_no_function_hides_a_module(name):
    package = importlib.import_module(f"dropout_lab.{name}")
    for path in (PACKAGE / name).glob("[a-z]*.py"):
        module = importlib.import_module(f"dropout_lab.{name}.{path.stem}")
        assert getattr(package, path.stem) is module


def hostile_settings():
    """Return another value than matplotlib's default for nearly every setting there is."""
    window = {"backend", "backend_fallback", "date.epoch"}
    candidates = [
        *(False, True, 7.5, 3, 0.25, [0.1, 0.2], [0.5, 0.5, 0.5], (3.0, 9.0), (1, 100, 2)),
        *("red", "dashed", "s", "serif", "cm", "top", "right", "center", "large", "bold", "italic"),
        *("tight", "gray", "line", "vertical", "round", "miter", "path", "png", "ps", "major", "x"),
        *("none", "data", "both", "sturges", "bilinear", "log10", "concise", "US/Pacific", "%H"),
        *("lower", "in", "round_numbers", "nearest", "regular", "mpl2005", "landscape"),
        mpl.cycler(color=["red", "lime"], linewidth=[5, 7]),
    ]
    hostile = {}
    for key in set(mpl.rcParamsDefault) - window:
        for candidate in candidates:
            try:
                value = mpl.RcParams({key: candidate})[key]
            except (ValueError, TypeError, AttributeError):
                continue
            if value != mpl.rcParamsDefault[key]:
                hostile[key] = candidate
                break
    return hostile


@pytest.mark.filterwarnings("ignore::matplotlib.MatplotlibDeprecationWarning")
def test_the_settings_of_the_reader_change_no_published_figure(publishing, program):
    hostile = hostile_settings()
    assert len(hostile) >= 0.9 * len(mpl.rcParamsDefault)
    for settings in (mpl.rc_context(hostile), mpl.style.context("classic"), plt.xkcd()):
        with settings:
            assert explore(program["draw"], rate=[0.2], look=["/"]).html == program["page"]


@pytest.mark.parametrize("enabled", [True, False])
def test_what_a_drawing_function_sets_holds_in_its_figure_and_is_undone(publishing, enabled):
    def draw(width):
        mpl.rcParams["lines.linewidth"] = width
        if width == 9:
            return None
        figure, axes = plt.subplots(figsize=(1, 1))
        axes.plot([0, 1], color="red")
        return figure

    settings, was = dict(mpl.rcParams), gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        explorer = published(draw, width=[3, 7])
        with pytest.raises(TypeError):
            explore(draw, width=[3, 9])
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
    assert dict(mpl.rcParams) == settings
    widths = [re.findall("stroke-width:([37])\\b", explorer.nodes(n)) for n in (0, 1)]
    assert widths == [["3"], ["7"]]


def heavy(count):
    """Draw noise as a line, which no two frames share."""
    figure = plt.figure(figsize=(2, 1))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.plot(np.random.default_rng(count).random(count))
    mpl.rcParams["path.simplify"] = False  # asked when the figure is drawn
    return figure


def test_an_explorer_too_heavy_for_a_page_says_so(publishing, recwarn):
    explore(heavy, count=[1_000, 1_001])
    assert not recwarn.list
    page = explore(heavy, count=[15_000, 15_001]).html
    (warning,) = recwarn.list
    assert warning.filename == __file__
    weight = f"weighs {len(page.encode()) / 1e3:.0f} kB"
    assert f"{weight}, and a page stays quick up to 400 kB; draw" in str(warning.message)


# Errors while publishing


def test_an_error_of_draw_names_the_values_and_keeps_its_cause(publishing):
    cause = ZeroDivisionError("of all things")

    def draw(rate, word):
        plt.figure()
        if rate == 0.5 and word == "b":
            plt.subplots()
            raise cause
        return card()

    mine = plt.figure()
    words = r"draw\(rate=0.5, word='b'\) raised ZeroDivisionError: of all things"
    with pytest.raises(RuntimeError, match=words) as caught:
        explore(draw, rate=[0, 0.5], word=["a", "b"])
    assert caught.value.__cause__ is cause
    assert plt.get_fignums() == [mine.number], "the author's own figure is not explore's to close"
    plt.close(mine)
    with pytest.raises(RuntimeError, match="unexpected keyword"):
        explore(lambda a: card(), a=[1], b=[1])
    with pytest.raises(ValueError, match=r"draw\(height=3\) .* another size .*144.*figsize"):
        explore(lambda height: plt.figure(figsize=(2, height)), height=[2, 3])


def test_an_interrupt_is_not_an_error_of_draw(publishing):
    def draw(a):
        plt.figure()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore(draw, a=[1])


def test_draw_must_return_a_figure(publishing):
    for result in (None, 3, "figure", [], [None], [Figure().subplots(), Figure().subplots()]):
        kind = re.escape(type(result).__name__)
        words = rf"(?s)draw\(rate=0.5\) must return a matplotlib Figure, got .*\({kind}\)"
        with pytest.raises(TypeError, match=words):
            explore(lambda rate, result=result: plt.figure() and result, rate=[0.5])


@pytest.mark.parametrize(
    "result",
    [
        lambda figure, panels: panels[0, 0],
        lambda figure, panels: panels,
        lambda figure, panels: list(panels.flat),
        lambda figure, panels: (figure, panels),
        lambda figure, panels: panels[0, 0].plot([1, 2], alpha=0),
        lambda figure, panels: figure.subfigures(1, 1),
        lambda figure, panels: figure.subfigures(1, 1).add_axes((0, 0, 0, 0)),
        lambda figure, panels: SimpleNamespace(figure=figure),  # seaborn's grids
        lambda figure, panels: plt.close(figure) or figure,
    ],
)
def test_what_stands_in_one_figure_is_taken_at_its_figure(publishing, result):
    def draw(power):
        figure, panels = plt.subplots(2, 2, figsize=(2, 2))
        figure.text(0.5, 0.5, f"power {power}")
        return result(figure, panels)

    explorer = published(draw, power=[1, 2])
    assert ["power 1" in texts_of(explorer, 0), "power 2" in texts_of(explorer, 1)] == [1, 1]


# Memory


def test_many_frames_leave_no_figure_and_memory_grows_by_the_stored_text_alone(publishing):
    memory, figures, calls = {"peak": 0}, [], itertools.count(1)

    def draw(a, b):
        number = next(calls)
        memory["peak"] = max(memory["peak"], sum(figure() is not None for figure in figures))
        if number == 40:
            gc.collect()
            tracemalloc.start(1)
        elif number == 120:
            gc.collect()
            memory["growth"] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
        figure = card(a=a, b=b)
        figures.append(weakref.ref(figure))
        return figure

    assert len(published(draw, a=range(10), b=range(12)).frames) == len(figures) == 120
    assert plt.get_fignums() == []
    gc.collect()
    assert [figure for figure in figures if figure() is not None] == []
    assert memory["peak"] <= 20, "figures must not pile up until the last frame"
    with figure_style():
        figure = card(a=10, b=10)
        box, nodes = figure_to_nodes(figure)
    plt.close(figure)
    stored = [box, "a 10, b 10", *nodes]
    frame_bytes = sum(map(sys.getsizeof, stored)) + sys.getsizeof(nodes)
    caches = 250_000  # matplotlib's own; 80 figures that stay would be millions
    assert memory["growth"] < 80 * 2 * frame_bytes + caches


# In IPython

SESSION = f"""
import os, sys
sys.modules['ipywidgets'] = None
import matplotlib.pyplot as plt
from dropout_lab import explore

def draw(rate):
    return 1 / rate and plt.figure(figsize=(1, 1))  # here

for publish in "01":
    os.environ["{PUBLISH_VARIABLE}"] = publish
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
