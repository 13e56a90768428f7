"""explore(): its arguments, the published explorer and the live one."""

import gc
import gzip
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
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
from published import HOSTILE, elements, first_picture, frame, only, payload

import dropout_lab
from dropout_lab.explorer.drawing import MAX_FRAMES, explore
from dropout_lab.explorer.frames import ID_MARK, describe, figure_to_nodes
from dropout_lab.explorer.page import Published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE
from dropout_lab.explorer.style import COLORS, figure_style

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


def card(**values):
    """Draw nothing but the values, as fast as matplotlib can."""
    figure = plt.figure(figsize=(2, 1))
    figure.text(0.1, 0.5, shown(values))
    return figure


def shown(values):
    return "; ".join(f"{name}={value}" for name, value in values.items())


def untouched(**values):
    raise AssertionError("draw was called before the arguments were checked")


def texts_of(svg):
    document = f'<svg xmlns="http://www.w3.org/2000/svg">{svg}</svg>'
    return [text.text for text in ElementTree.fromstring(document).iter(TEXT)]


# Arguments


def test_no_axes(live):
    with pytest.raises(ValueError, match="one to three axes, got 0"):
        explore(untouched)


def test_four_axes(live):
    with pytest.raises(ValueError, match="one to three axes, got 4: a, b, c, d"):
        explore(untouched, a=[1], b=[1], c=[1], d=[1])


def test_too_many_frames(publishing):
    assert MAX_FRAMES == 400
    with pytest.raises(ValueError, match="a 20 x b 21 makes 420 frames; at most 400"):
        explore(untouched, a=range(20), b=range(21))


@pytest.mark.parametrize("draw", [None, "plot", Figure(), [len]])
def test_draw_must_be_callable(live, draw):
    with pytest.raises(TypeError, match="draw must be a function"):
        explore(draw, a=[1])


@pytest.mark.parametrize("empty", [[], (), {}, range(0), np.array([])])
def test_an_empty_axis(live, empty):
    with pytest.raises(ValueError, match="axis power is empty"):
        explore(untouched, power=empty)


@pytest.mark.parametrize(
    "values",
    [
        *([1, 2, 1], [1, 1.0], [0, -0.0], ["a", "b", "a"], [1, Fraction(1, 1)], [True, True]),
        *([None, 1, None], [None, "none"], [date(2024, 3, 1), datetime(2024, 3, 1)]),
        np.array([0.5, 0.5]),
    ],
)
def test_an_axis_that_repeats_a_value(live, values):
    last = values.tolist()[-1] if isinstance(values, np.ndarray) else values[-1]
    with pytest.raises(ValueError, match=f"axis power holds {re.escape(repr(last))} more"):
        explore(untouched, power=values)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
@pytest.mark.parametrize("kind", [list, np.array])
def test_an_axis_with_a_number_that_is_none(live, bad, kind):
    with pytest.raises(ValueError, match=f"axis power must hold finite numbers, got .*{bad}"):
        explore(untouched, power=kind([1.0, bad]))


@pytest.mark.parametrize(
    ("values", "culprit"),
    [
        ([0.5, True], "True"),
        ([1, np.True_], "True"),
        ([datetime(2024, 3, 1), 1], "datetime"),
        ([np.timedelta64(1, "D")], "timedelta64"),
        (np.array([1, 2], "m8[ns]"), "timedelta64"),
        ([1, "a"], "'a'"),
        (["a", 1], "'a'"),
        ([1j], "1j"),
        ([[1, 2], [3]], r"\[1, 2\]"),
        ([{"a": 1}], "{'a': 1}"),
        ([b"a"], "b'a'"),
        ([np.array([1])], "array"),
    ],
)
def test_an_axis_that_holds_something_else(live, values, culprit):
    with pytest.raises(TypeError, match=f"axis power must hold numbers.* got .*{culprit}"):
        explore(untouched, power=values)


@pytest.mark.parametrize("times", [np.array(["2024", "NaT"], "M8[ns]"), pd.Series([pd.NaT])])
def test_an_axis_with_a_time_that_is_none(live, times):
    with pytest.raises(ValueError, match=r"axis power must hold dates, got .*NaT"):
        explore(untouched, power=times)


class Unsized:
    """What turns into a list but has no length."""

    def tolist(self):
        return [1, 2]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("abc", "str"),
        (b"abc", "bytes"),
        ({1, 2}, "set"),
        (frozenset({1}), "frozenset"),
        ((i for i in range(3)), "generator"),
        (3, "int"),
        (None, "NoneType"),
        (np.ones((2, 2)), "ndarray"),
        (np.array(3.0), "ndarray"),
        (torch.tensor(3.0), "Tensor"),
        (pd.DataFrame({"a": [1]}), "DataFrame"),
        ({"a": 1}.values(), "dict_values"),
        (Unsized(), "Unsized"),
    ],
)
def test_an_axis_that_is_no_sequence(live, values, kind):
    with pytest.raises(TypeError, match=rf"(?s)axis power must be a sequence .*\({kind}\)"):
        explore(untouched, power=values)


@pytest.mark.parametrize("values", [{1: "a"}, {"a": 1, None: 2}, {b"a": 1}])
def test_a_mapping_needs_strings_as_labels(live, values):
    with pytest.raises(TypeError, match="axis power must have strings as labels"):
        explore(untouched, power=values)


@pytest.mark.parametrize(
    ("start", "error", "words"),
    [
        ({"other": 1}, ValueError, "start names 'other', which is no axis: a, b"),
        ({"a": 4}, ValueError, "start of axis a must be one of its values, got 4"),
        ({"flag": 1}, ValueError, "start of axis flag must be one of its values, got 1"),
        ({"flag": "True"}, ValueError, "start of axis flag must be one of its values, got 'True'"),
        ({"a": "1"}, ValueError, "start of axis a must be one of its values, got '1'"),
        ({"a": True}, ValueError, "start of axis a must be one of its values, got True"),
        ({"a": None}, ValueError, "start of axis a must be one of its values, got None"),
        ({"b": 10}, ValueError, "start of axis b must be one of its values, got 10"),
        ([("a", 1)], TypeError, "start must be a mapping"),
        (1, TypeError, "start must be a mapping"),
    ],
)
def test_bad_start(live, start, error, words):
    with pytest.raises(error, match=words):
        explore(untouched, a=[1, 2, 3], b={"ten": 10}, flag=[False, True], start=start)


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ({"other": "name"}, ValueError, "labels names 'other', which is no axis: a"),
        ({"a": 3}, TypeError, "labels must map 'a' to a string, got 3"),
        ({"a": None}, TypeError, "labels must map 'a' to a string, got None"),
        ("a", TypeError, "labels must be a mapping"),
        (["a"], TypeError, "labels must be a mapping"),
    ],
)
def test_bad_labels(live, labels, error, words):
    with pytest.raises(error, match=words):
        explore(untouched, a=[1, 2, 3], labels=labels)


@pytest.mark.parametrize("play", ["other", "menu", "", 0, True])
def test_bad_play(live, play):
    with pytest.raises(ValueError, match=rf"play must name a slider \(a\), got {play!r}"):
        explore(untouched, a=[1, 2], menu=["x", "y"], play=play)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1, 2),
        range(1, 3),
        np.array([1, 2]),
        np.array([1, 2], dtype=np.uint8),
        np.array([1.0, 2.0], dtype=np.float32),
        [np.int64(1), np.float64(2)],
        [Fraction(1), 2.0],
        [np.array(1), torch.tensor(2.0)],
        torch.tensor([1, 2]),
        torch.tensor([1.0, 2.0], requires_grad=True),
        pd.Series([1, 2], index=["x", "y"]),
        pd.Series([1, 2], dtype="Int64"),
        pd.Index([1.0, 2.0]),
        pd.RangeIndex(1, 3),
        pd.Categorical([1, 2]),
    ],
    ids=repr,
)
def test_a_sequence_of_numbers_is_a_slider(publishing, values):
    data = payload(explore(card, power=values).html)
    assert data["labels"] == [["1", "2"]]
    assert [e.tag for e in elements(data["controls"])] == ["label", "span", "input", "b"]


@pytest.mark.parametrize(
    "values",
    [
        ["x", "y"],
        ("x", "y"),
        np.array(["x", "y"]),
        {"x": 1, "y": 2},
        MappingProxyType({"x": 1, "y": 2}),
        pd.Series(["x", "y"]),
        pd.Index(["x", "y"]),
        pd.Categorical(["x", "y"], categories=["y", "x"]),
    ],
    ids=repr,
)
def test_strings_and_mappings_are_menus(publishing, values):
    controls = elements(payload(explore(card, power=values).html)["controls"])
    assert [e.text for e in controls if e.tag == "option"] == ["x", "y"]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 0.5, 0.25], ["0.00", "0.50", "0.25"]),
        ([10, 9, 100], ["10", "9", "100"]),
        ([1.0, 2.0], ["1", "2"]),
        ([-1.5, 2], ["-1.5", "2.0"]),
        ([1e-6, 1], ["0.000001", "1.000000"]),
        ([1e-9, 1], ["1e-09", "1"]),
        ([1000000.0, 1e20], ["1000000", "100000000000000000000"]),
        (np.arange(0, 0.5, 0.1), ["0.0", "0.1", "0.2", "0.3", "0.4"]),  # 0.30000000000000004
        ([np.float64(1e-9), np.float64(0.5)], ["1e-09", "0.5"]),
        ([Fraction(1, 2), Fraction(1, 4)], ["0.50", "0.25"]),
        (np.linspace(0, 1, 4), ["0", "0.3333", "0.6667", "1"]),
        ([2**60, 2**60 + 1], ["1152921504606846976", "1152921504606846977"]),
        ([0.1 + 0.2, 0.3], ["0.30000000000000004", "0.3"]),
    ],
    ids=repr,
)
def test_numbers_are_written_alike_and_stay_apart(publishing, values, labels):
    assert payload(explore(card, power=values).html)["labels"] == [labels]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([False, True], ["False", "True"]),
        (np.array([True, False]), ["True", "False"]),
        (torch.tensor([True, False]), ["True", "False"]),
        (pd.Series([True, False]), ["True", "False"]),
        ([None, 0.5, 0.25], ["none", "0.50", "0.25"]),
        (["a", None], ["a", "none"]),
        ([None], ["none"]),
        ([True, None], ["True", "none"]),
        ([date(2024, 3, 1), None], ["2024-03-01", "none"]),
    ],
    ids=repr,
)
def test_truth_values_and_none_make_a_menu(publishing, values, labels):
    controls = elements(payload(explore(card, power=values).html)["controls"])
    assert [e.text for e in controls if e.tag == "option"] == labels


NOON = datetime(2024, 3, 1, 12, 30)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([date(2024, 3, 1), date(2023, 1, 1)], ["2024-03-01", "2023-01-01"]),
        ([datetime(2024, 3, 1), datetime(2024, 3, 2)], ["2024-03-01", "2024-03-02"]),
        ([NOON, datetime(2024, 3, 2)], ["2024-03-01 12:30", "2024-03-02 00:00"]),
        ([NOON, NOON.replace(second=5)], ["2024-03-01 12:30:00", "2024-03-01 12:30:05"]),
        ([NOON.replace(microsecond=250_000)], ["2024-03-01 12:30:00.250"]),
        ([NOON.replace(tzinfo=UTC)], ["2024-03-01 12:30"]),
        (
            [NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=timezone(timedelta(hours=-5)))],
            ["2024-03-01 12:30+00:00", "2024-03-01 12:30-05:00"],
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
    ],
    ids=repr,
)
def test_dates_make_a_slider_and_are_written_as_precisely_as_they_need(publishing, values, labels):
    data = payload(explore(card, power=values).html)
    assert data["labels"] == [labels]
    assert [e.tag for e in elements(data["controls"])] == ["label", "span", "input", "b"]


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


def test_the_last_axis_runs_fastest(publishing):
    axes = {"a": [1, 2, 3], "b": {"one": "first", "two": None}, "c": np.array([0.5, 0.25])}
    data = payload(explore(card, **axes).html)
    choices = [(1, 2, 3), ("first", None), (0.5, 0.25)]
    expected = [dict(zip("abc", values, strict=True)) for values in itertools.product(*choices)]
    assert len(data["frames"]) == len(data["says"]) == 12
    assert [texts_of(frame(data, i)) for i in range(12)] == [[shown(v)] for v in expected]
    assert data["says"][3] == "a 1, b two, c 0.25"
    assert data["says"][10] == "a 3, b two, c 0.50"


def test_each_frame_is_the_figure_that_draw_returns(publishing):
    def draw(power, scale):
        figure, axes = plt.subplots(figsize=(4, 3))
        axes.plot(np.arange(9), scale * np.arange(9) ** power)
        axes.bar(range(9), scale, hatch="/")
        return figure

    page = explore(draw, power=[1, 2], scale=[3, 5, 7]).html
    key = only(page, "figure").attributes["data-xp"]
    data = payload(page)
    for number, (power, scale) in enumerate(itertools.product([1, 2], [3, 5, 7])):
        with figure_style():
            figure = draw(power=power, scale=scale)
            _, nodes = figure_to_nodes(figure)
        plt.close(figure)
        assert frame(data, number).replace(key, ID_MARK) == "".join(nodes)


@pytest.mark.parametrize(
    ("start", "values"),
    [
        (None, {"a": 1, "b": 10}),
        ({}, {"a": 1, "b": 10}),
        ({"a": 3}, {"a": 3, "b": 10}),
        ({"a": 2.0, "b": "twenty"}, {"a": 2, "b": 20}),
    ],
)
def test_the_image_shows_where_the_explorer_starts(publishing, start, values):
    axes = {"a": [1, 2, 3], "b": {"ten": 10, "twenty": 20}}

    def draw(**values):
        return describe(card(**values), f"A sentence on {shown(values)}.")

    page = explore(draw, **axes, start=start).html
    picture = ElementTree.fromstring(first_picture(page))
    assert [text.text for text in picture.iter(TEXT)] == [shown(values)]
    assert only(page, "img").attributes["alt"] == f"A sentence on {shown(values)}."
    assert only(page, "figcaption").text == f"A sentence on {shown(values)}."


def test_a_figure_without_description_says_where_the_controls_stand(publishing):
    labels = {"rate": "dropout rate"}
    axes = {"rate": [0, 0.25], "hidden_units": [8, 16], "mask": {"by row": 0, "by element": 1}}
    says = payload(explore(card, **axes, labels=labels).html)["says"]
    assert says[0] == "dropout rate 0.00, hidden units 8, mask by row"
    assert says[-1] == "dropout rate 0.25, hidden units 16, mask by element"


def test_names_of_controls(publishing):
    page = explore(card, rate=[0, 1], hidden_units=[8], labels={"rate": "dropout rate"}).html
    names = [e.text for e in elements(payload(page)["controls"]) if e.tag == "span"]
    assert names == ["dropout rate", "hidden units"]


def test_what_is_published(publishing):
    result = explore(card, a=[1, 2, 3], b=["x", "y"], labels={"b": "letter"}, play="a")
    assert isinstance(result, Published)
    assert result._repr_html_() == result.html
    assert repr(result) == "<explorer of 6 frames (a: 3, letter: 2)>"
    assert payload(result.html)["play"] == 0
    assert explore is dropout_lab.explore


@pytest.mark.parametrize("value", ["", "0"])
def test_publishing_can_be_switched_off(monkeypatch, value):
    monkeypatch.setenv(PUBLISH_VARIABLE, value)
    assert not isinstance(explore(card, a=[1]), Published)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(publishing, text):
    said = " ".join(text.split())  # describe makes one line of a sentence

    def draw(choice, number):
        return describe(card(choice=choice, number=number), f"{number}: {text}")

    page = explore(
        draw,
        choice={text: text, "other": 1},
        number=[1, 2],
        labels={"choice": text, "number": text},
        start={"choice": text},
    ).html
    plain = explore(card, choice=["a", "b"], number=[1, 2]).html
    assert [e.tag for e in elements(page)] == [e.tag for e in elements(plain)]
    data = payload(page)
    assert data["labels"][0] == [text, "other"]
    assert data["says"] == [f"1: {said}", f"2: {said}"] * 2
    assert "\n".join(texts_of(frame(data, 0))) == f"choice={text}; number=1"
    spans = [e.text for e in elements(data["controls"]) if e.tag == "span"]
    assert spans == [text, text]
    assert only(page, "img").attributes["alt"] == f"1: {said}"


PROGRAM = """
import hashlib
import numpy as np, matplotlib.pyplot as plt
from matplotlib.patches import Circle
from dropout_lab import describe, explore

def draw(rate, look):
    figure, axes = plt.subplots(figsize=(4, 2.5))
    x = np.arange(8)
    bars = axes.bar(x, np.sin(x + rate), hatch=look)
    bars[0].set_clip_path(Circle((0, 0), 0.4, transform=axes.transData))
    axes.scatter(x, np.cos(x * rate), c=x)
    axes.imshow([[rate, 1], [2, 3]], extent=(0, 2, 0, 1), aspect="auto")
    axes.plot(x, x / 8, "o--", label="line")
    axes.legend()
    return describe(figure, f"rate {rate}")

page = explore(draw, rate=[0.1, 0.2], look=["/", "."]).html
digest = hashlib.sha256(page.encode()).hexdigest()
"""


def test_the_same_input_gives_the_same_bytes_in_any_process(publishing):
    digests = []
    for _ in range(2):
        names = {}
        exec(PROGRAM, names)
        digests.append(names["digest"])
    package = str(Path(dropout_lab.__file__).parents[1])
    other = subprocess.run(
        [sys.executable, "-c", PROGRAM + "print(digest)"],
        env=os.environ | {"PYTHONPATH": package, "PYTHONHASHSEED": "7", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [*digests, other.stdout.strip()] == digests[:1] * 3


def everything(rate):
    """Draw what asks matplotlib for its settings: lines, bars, dates, formulas, images, boxes."""
    figure, panels = plt.subplots(2, 3, figsize=(4.8, 3))
    figure.suptitle("all")
    x = np.arange(8)
    panels[0, 0].plot(x, x * rate, x, -x, label="line")
    panels[0, 0].legend()
    panels[0, 1].bar(x, np.sin(x + rate), hatch="/")
    panels[0, 1].errorbar(x, x, 1)
    panels[0, 2].plot([np.datetime64("2024-03-01T22:00"), np.datetime64("2024-03-02T03:00")], x[:2])
    panels[1, 0].imshow([[rate, 1], [2, 3]])
    panels[1, 0].set_xlabel(r"$\sum_i x_i^2$")
    panels[1, 1].boxplot([x, x**2])
    panels[1, 1].scatter(x, np.cos(x), c=x)
    panels[1, 2].contour(np.add.outer(x, -x))
    panels[1, 2].text(3, 3, "text", bbox={})
    return figure


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


STYLES = ["ggplot", "dark_background", "seaborn-v0_8", "fivethirtyeight", "classic", "grayscale"]


@pytest.mark.filterwarnings("ignore::matplotlib.MatplotlibDeprecationWarning")
def test_the_settings_of_the_reader_change_no_published_figure(publishing):
    plain = explore(everything, rate=[0.2]).html
    hostile = hostile_settings()
    assert len(hostile) >= 0.9 * len(mpl.rcParamsDefault)
    for settings in (*map(mpl.style.library.get, STYLES), hostile):
        with mpl.rc_context(settings):
            assert explore(everything, rate=[0.2]).html == plain
    with plt.xkcd():
        assert explore(everything, rate=[0.2]).html == plain


def test_what_a_drawing_function_sets_itself_holds_in_its_figure(publishing):
    def draw(width):
        mpl.rcParams["lines.linewidth"] = width
        figure, axes = plt.subplots()
        axes.plot([0, 1], color="red")
        return figure

    data = payload(explore(draw, width=[3, 7]).html)
    assert ["stroke-width:3" in frame(data, 0), "stroke-width:7" in frame(data, 1)] == [True] * 2
    assert "stroke-width:7" not in frame(data, 0)


@pytest.fixture
def usual():
    """Return the drawing function that the budgets are about: 100 bars before, 100 after."""
    x = np.random.default_rng(1).random(100)
    order = np.random.default_rng(2).random(100)

    def draw(rate):
        y = np.where(order >= rate, x / (1 - rate), 0)
        figure, (before, after) = plt.subplots(2, 1, sharex=True, figsize=(4.8, 3.6))
        before.bar(range(100), x, color=COLORS["without"])
        after.bar(range(100), y, color=COLORS["with"])
        before.set_title("before dropout")
        after.set(title="after dropout", ylim=(0, 10))
        return describe(figure, f"rate {rate:.2f}: {np.sum(y == 0)} of 100 units dropped.")

    return draw


def test_a_figure_of_usual_size_is_light(publishing, usual):
    page = explore(usual, rate=[round(0.05 * i, 2) for i in range(19)], start={"rate": 0.5}).html
    assert len(payload(page)["frames"]) == 19
    assert len(page.encode()) <= 400_000
    assert len(gzip.compress(page.encode())) <= 25_000


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


def test_a_frame_costs_no_more_than_matplotlib_alone(publishing, usual):
    # The budget in milliseconds is measured by `make bench`. What holds on any machine: all that
    # the explorer adds to a frame costs less than it saves.
    rates = [0.1, 0.3, 0.5, 0.7]

    def ours():
        explore(usual, rate=rates)

    def theirs():
        for rate in rates:
            with figure_style():
                figure = usual(rate)
                figure.set_layout_engine("constrained")
                figure.savefig(io.BytesIO(), format="svg")
                plt.close(figure)

    def seconds(function):
        start = time.process_time()
        function()
        return time.process_time() - start

    seconds(ours)
    ratios = [seconds(ours) / seconds(theirs) for _ in range(5)]
    assert sorted(ratios)[2] <= 1, ratios


def test_an_empty_figure_is_a_frame_too(publishing):
    data = payload(explore(lambda a: plt.figure(figsize=(1, 1)), a=[1, 2]).html)
    assert [frame(data, 0), frame(data, 1)] == ["", ""]


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


def two_figures():
    return [Figure().subplots(), Figure().subplots()]


FAILING = """
from dropout_lab import explore

def draw(rate):
    return 1 / rate  # here

explore(draw, rate=[0])
"""


def test_a_traceback_shows_the_code_of_the_author_and_none_of_ours(publishing):
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", "-c", FAILING],
        env=os.environ | {"PYTHONPATH": str(Path(dropout_lab.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    shown = done.stdout + done.stderr
    assert "1 / rate  # here" in shown
    assert "draw(rate=0) raised ZeroDivisionError: division by zero" in shown
    assert "drawing.py" not in shown


@pytest.mark.parametrize("result", [None, 3, "figure", [], [None], two_figures()])
def test_draw_must_return_a_figure(publishing, result):
    def draw(rate):
        plt.figure()
        return result

    kind = re.escape(type(result).__name__)
    words = rf"(?s)draw\(rate=0.5\) must return a matplotlib Figure, got .*\({kind}\)"
    with pytest.raises(TypeError, match=words):
        explore(draw, rate=[0.5])


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

    data = payload(explore(draw, power=[1, 2]).html)
    assert ["power 1" in texts_of(frame(data, 0)), "power 2" in texts_of(frame(data, 1))] == [1, 1]


def test_figures_of_different_size(publishing):
    def draw(height):
        return plt.figure(figsize=(2, height))

    with pytest.raises(ValueError, match=r"draw\(height=3\) .* another size .*144.*figsize"):
        explore(draw, height=[2, 3])


def test_draw_that_does_not_know_an_axis(publishing):
    with pytest.raises(RuntimeError, match="unexpected keyword") as caught:
        explore(lambda a: card(), a=[1], b=[1])
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_interrupt_is_not_an_error_of_draw(publishing):
    def draw(a):
        plt.figure()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore(draw, a=[1])


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_settings_are_as_they_were(publishing, enabled, fails):
    def draw(a):
        mpl.rcParams["font.size"] = 33
        return None if fails else card()

    settings = dict(mpl.rcParams)
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        if fails:
            with pytest.raises(TypeError):
                explore(draw, a=[1])
        else:
            explore(draw, a=[1])
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
    assert dict(mpl.rcParams) == settings


# Memory


@pytest.fixture(scope="module")
def four_hundred():
    """Publish 400 frames; return what they left, and what memory grew by after the 100th."""
    memory, figures, calls = {"peak": 0}, [], itertools.count(1)

    def draw(a, b):
        number = next(calls)
        memory["peak"] = max(memory["peak"], sum(figure() is not None for figure in figures[-99:]))
        if number == 100:
            gc.collect()
            tracemalloc.start(1)
        elif number == 400:
            gc.collect()
            memory["growth"] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
        figure = card(a=a, b=b)
        figures.append(weakref.ref(figure))
        return figure

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PUBLISH_VARIABLE, "1")
        page = explore(draw, a=range(20), b=range(20)).html
    open_figures = plt.get_fignums()
    gc.collect()
    alive = sum(figure() is not None for figure in figures)
    return SimpleNamespace(**memory, open=open_figures, alive=alive, page=page)


def test_four_hundred_frames_leave_no_figure(four_hundred):
    assert four_hundred.open == []
    assert four_hundred.alive == 0
    assert four_hundred.peak <= 20, "figures must not pile up until the last frame"
    assert len(payload(four_hundred.page)["frames"]) == 400


def test_memory_grows_by_the_stored_text_alone(four_hundred):
    with figure_style():
        figure = card(a=10, b=10)
        box, nodes = figure_to_nodes(figure)
    plt.close(figure)
    stored = [box, "a 10, b 10", *nodes]
    frame_bytes = sum(map(sys.getsizeof, stored)) + sys.getsizeof(nodes)
    caches = 100_000  # matplotlib's own; 300 figures that stay would be millions
    assert four_hundred.growth < 300 * 2 * frame_bytes + caches


# What it needs


def test_the_folder_can_be_taken_elsewhere_as_it_is(publishing, tmp_path):
    shutil.copytree(Path(dropout_lab.explorer.__file__).parent, tmp_path / "taken_elsewhere")
    program = PROGRAM.replace("from dropout_lab import", "from taken_elsewhere import")
    program += (
        "import importlib, pkgutil, sys, taken_elsewhere as package\n"
        "for module in pkgutil.iter_modules(package.__path__, 'taken_elsewhere.'):\n"
        "    assert importlib.import_module(module.name).__name__ == module.name\n"
        "    assert getattr(package, module.name.split('.')[1]) is sys.modules[module.name]\n"
        "assert 'dropout_lab' not in sys.modules\n"
        "print(page)"
    )
    names = {}
    exec(PROGRAM, names)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "MPLBACKEND": "agg"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.stderr, done.stdout) == ("", f"{names['page']}\n")


@pytest.mark.parametrize("published", ["0", "1"])
def test_an_explorer_needs_no_widgets(published):
    code = (
        "import sys; sys.modules['ipywidgets'] = None; from dropout_lab import explore; "
        "from IPython.core.interactiveshell import InteractiveShell; "
        "from IPython.display import display; "
        "InteractiveShell.instance(); import matplotlib.pyplot as plt; "
        "display(explore(lambda a: plt.figure(figsize=(1, 1)), a=[1, 2]))"
    )
    package = str(Path(dropout_lab.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": package, "MPLBACKEND": "agg", PUBLISH_VARIABLE: published},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "<explorer of 2 frames (a: 2)>\n"
