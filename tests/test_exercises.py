"""Exercises that check themselves: whatever a reader hands over, the answer is a report."""

import ast
import asyncio
import importlib
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import HOSTILE, elements, only

from dropout_lab.teaching import check, judging
from dropout_lab.teaching.checking import exercises
from dropout_lab.teaching.comparing import agrees, complaint
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial
from dropout_lab.teaching.report import Report

TESTS = Path(__file__).parent
ANSWERS = {
    int(path.stem[-2:]): importlib.import_module(path.stem) for path in TESTS.glob("answers_*.py")
}
RIGHT = {name: function for module in ANSWERS.values() for name, function in module.RIGHT.items()}
WRONG = {name: wrong for module in ANSWERS.values() for name, wrong in module.WRONG.items()}
BY_NAME = {exercise.name: exercise for exercise in exercises()}


def every(attribute):
    """Return one parameter for each trial or mistake of each exercise."""
    return [
        pytest.param(exercise, one, id=f"{exercise.name}-{number}")
        for exercise in exercises()
        for number, one in enumerate(getattr(exercise, attribute))
    ]


def report_on(function, *trials, mistakes=(), hint=""):
    """Return what is said about a function in an exercise made of these trials."""
    exercise = Exercise("toy", 1, "toy(...) returns something.", trials, mistakes, hint)
    return Report(exercise, *judging.judge(exercise, function))


def double(x):
    return 2 * x


DOUBLE = Trial("twice the numbers 1 to 3", lambda: (np.arange(1.0, 4.0),), double)
NUMBER = Trial("twice three", lambda: (3.0,), 6.0)


# The exercises of the book


def test_names_are_unique_and_every_chapter_comes_in_order():
    names = [exercise.name for exercise in exercises()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    chapters = [exercise.chapter for exercise in exercises()]
    assert chapters == sorted(chapters)
    assert names[chapters.index(2)] == "mask_mean"


@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.name)
def test_an_exercise_says_what_it_asks_and_knows_a_mistake(exercise):
    assert exercise.name in exercise.asks or "(" in exercise.asks
    assert exercise.asks.endswith(".")
    assert len(exercise.trials) >= 2
    assert exercise.mistakes or exercise.hint
    says = [trial.says for trial in exercise.trials]
    assert len(set(says)) == len(says)
    assert not [text for text in says if text.endswith(".")]
    hints = [mistake.hint for mistake in exercise.mistakes]
    assert all(hint.endswith((".", "?")) for hint in hints)


@pytest.mark.parametrize(("exercise", "trial"), every("trials"))
def test_a_trial_is_the_same_each_time(exercise, trial):
    assert agrees(trial.value(), trial.value(), 0.0)
    for one, other in zip(trial.arguments(), trial.arguments(), strict=True):
        assert type(one).__name__ == type(other).__name__
        if isinstance(one, np.ndarray):
            assert one is not other
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        if isinstance(one, np.random.Generator):
            assert one is not other
            assert one.random() == other.random()


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_right_answer_passes(name):
    assert name in RIGHT, f"write a right answer into tests/answers_{BY_NAME[name].chapter:02}.py"
    report = check(name, RIGHT[name])
    assert report.passed, report
    assert report.hint == ""
    assert report.arguments == ()


@pytest.mark.parametrize("name", list(BY_NAME))
def test_plausible_wrong_answers_are_refused(name):
    assert len(WRONG.get(name, ())) >= 2
    for number, wrong in enumerate(WRONG[name]):
        report = check(name, wrong)
        assert not report.passed, number
        assert report.hint, number


def test_answers_are_to_exercises_that_exist():
    assert set(RIGHT) | set(WRONG) <= set(BY_NAME)


@pytest.mark.parametrize(("exercise", "mistake"), every("mistakes"))
def test_a_known_mistake_gets_its_own_hint(exercise, mistake):
    report = check(exercise.name, mistake.answer)
    assert not report.passed
    assert report.hint == mistake.hint


# Wrong code of all kinds


def lazily(*arguments):
    yield 1.0


async def later(*arguments):
    return 1.0


def endless(*arguments):
    return endless(*arguments)


def raising(error):
    def function(*arguments):
        raise error

    return function


class Unshowable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class Hostile:
    """An answer that fails whatever is done with it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def _fail(self, *arguments):
        raise RuntimeError("no")

    __call__ = _fail
    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __iter__ = __float__ = __array__ = _fail
    __hash__ = None


class Lengthless(list):
    def __len__(self):
        raise RuntimeError("no length")

    __repr__ = __iter__ = __len__


class Endless:
    """Contains itself."""

    def __call__(self, *arguments):
        inside = []
        inside.extend([inside] * 8)
        return inside


CODE = {
    "nothing": None,
    "a number": 3,
    "a text": "def f(): pass",
    "an array": np.ones(3),
    "a class": dict,
    "a module": np,
    "a method": [].append,
    "a function in C": np.add,
    "a built-in function without a signature": min,
    "no arguments": lambda: 1.0,
    "too many arguments": lambda a, b, c, d, e, f, g: 1.0,
    "arguments by name": lambda *, x: x,
    "returns nothing": lambda *arguments: None,
    "prints": lambda *arguments: print("here I am"),
    "lazy": lazily,
    "asynchronous": later,
    "recursive": endless,
    "divides by zero": lambda *arguments: 1 / 0,
    "raises an error that cannot be shown": raising(Unshowable()),
    "exits": lambda *arguments: sys.exit(),
    "exits with a text": raising(SystemExit("bye")),
    "cancelled": raising(asyncio.CancelledError()),
    "stops a generator": raising(GeneratorExit()),
    "out of memory": raising(MemoryError()),
    "assertion": raising(AssertionError("got <b>3</b>")),
    "group of errors": raising(ExceptionGroup("several", [ValueError("one")])),
    "infinite": lambda *arguments: np.inf,
    "infinite array": lambda *arguments: np.full(3, -np.inf),
    "not a number": lambda *arguments: np.full(5, np.nan),
    "complex": lambda *arguments: np.ones(5) * 1j,
    "a complex number": lambda *arguments: 1j,
    "objects": lambda *arguments: np.array([None, "a"], dtype=object),
    "texts": lambda *arguments: np.array(["a", "b"]),
    "records": lambda *arguments: np.zeros(3, dtype=[("a", float)]),
    "times": lambda *arguments: np.zeros(3, dtype="timedelta64[s]"),
    "matrix": lambda *arguments: np.matrix([[1.0, 2.0]]),
    "masked": lambda *arguments: np.ma.masked_all(3),
    "empty": lambda *arguments: np.empty((0, 3)),
    "huge": lambda *arguments: np.zeros(10**6),
    "ragged": lambda *arguments: [[1], [2, 3]],
    "list": lambda *arguments: [1.0, 2.0],
    "tuple": lambda *arguments: (1.0,),
    "dictionary": lambda *arguments: {"a": 1},
    "set": lambda *arguments: {1, 2},
    "bytes": lambda *arguments: b"1.0",
    "whole number without end": lambda *arguments: 10**5000,
    "true": lambda *arguments: True,
    "text": lambda *arguments: "0.6",
    "itself": lambda *arguments: CODE["itself"],
    "inside itself": Endless(),
    "a list without a length": lambda *arguments: Lengthless(),
    "not a function and without a length": Lengthless(),
    "hostile object": lambda *arguments: Hostile(),
    "hostile function": Hostile(),
    "functions that exit": lambda *arguments: (sys.exit, sys.exit),
    "functions that never end": lambda *arguments: (endless, endless),
    "list of hostile objects": lambda *arguments: [Hostile()] * 3,
    "dtype": lambda *arguments: np.float64,
    "its arguments": lambda *arguments: arguments,
    "its first argument": lambda *arguments: arguments[0],
    "its last argument": lambda *arguments: arguments[-1],
}


@pytest.mark.parametrize("kind", list(CODE))
@pytest.mark.parametrize("name", ["mask_mean", "channel_mask", "diagnose", "dropout_layer"])
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_wrong_code_is_answered_and_never_raises(name, kind):
    report = check(name, CODE[kind])
    assert report.passed is False
    assert report.hint
    assert any(line.startswith("Not yet: ") for line in report.lines)
    assert max(len(line) for line in report.lines) < 600
    assert repr(report).startswith(f"{name}: ")
    assert only(report._repr_html_(), "ul")


def test_tensors_are_not_taken_for_arrays_or_numbers():
    import torch

    report = report_on(lambda x: torch.tensor(double(x)), DOUBLE)
    assert "expected a NumPy array of real numbers, shape (3,), got a Tensor" in report.lines[0]
    assert ".detach().numpy()" in report.hint
    learned = torch.tensor(6.0, requires_grad=True)
    report = report_on(lambda x: learned, NUMBER)
    assert "expected a number, got a Tensor" in report.lines[0]
    assert ".item()" in report.hint


@pytest.mark.parametrize(
    ("function", "line", "hint"),
    [
        (None, "expected a function, got None", "without parentheses"),
        (np.ones(2), "expected a function, got an array of float64, shape (2,)", "without"),
        (lambda x, y: x, "expected a function of 1 argument, got one that takes (x, y)", "order"),
        (lambda x: None, "shape (3,), got None", "return"),
        (lambda x: list(2 * x), "got a list of 3 values, [2, 4, 6]", "np.array"),
        (lambda x: (2 * y for y in x), "got a generator", "generator has computed nothing"),
        (lambda x: 2 * x[:2], "expected shape (3,), got shape (2,)", "by hand"),
        (lambda x: 2 * x[:, None], "expected shape (3,), got shape (3, 1)", "by hand"),
        (lambda x: 2 * x + 0j, "got an array of complex128", "Complex"),
        (lambda x: x > 1, "got an array of bool, shape (3,)", "by hand"),
        (lambda x: x / 0, "expected [2, 4, 6], got [inf, inf, inf]", "division by zero"),
        (lambda x: np.log(-x), "got [nan, nan, nan]", "division by zero"),
        (lambda x: 3 * x, "got [3, 6, 9]", "1.5 times the expected one"),
        (lambda x: -2 * x, "got [-2, -4, -6]", "-1 times the expected one"),
        (lambda x: 2 * x + 1, "got [3, 5, 7]", "by hand"),
        (lambda x: {}["x"], "your function raised KeyError: 'x'", "by hand"),
        (lambda x: exit(), "your function raised SystemExit", "by hand"),
    ],
)
def test_what_is_said_about_wrong_code(function, line, hint):
    report = report_on(function, DOUBLE)
    assert report.passed is False
    assert line in report.lines[0]
    assert hint in report.hint


def test_a_right_answer_of_another_dtype_is_right():
    for dtype in (np.int64, np.float32, np.float64, np.longdouble):
        assert report_on(lambda x, dtype=dtype: double(x).astype(dtype), DOUBLE).passed
    for kind in (int, float, np.float32, np.int8, np.array):
        assert report_on(lambda x, kind=kind: kind(6), NUMBER).passed


@pytest.mark.parametrize("wrong", [True, "6", [6], np.array([6.0]), 6 + 0j, None])
def test_a_number_is_a_real_number(wrong):
    assert not report_on(lambda x: wrong, NUMBER).passed


def test_a_changed_input_is_told_and_does_not_reach_the_next_trial():
    def in_place(x):
        x *= 2
        return x.copy()

    report = report_on(in_place, DOUBLE, Trial("the same again", DOUBLE.arguments, double))
    assert [line.rpartition(": ")[2] for line in report.lines] == [
        "the answer is right, but your function changed its input.",
        "as above.",
    ]
    assert "new array" in report.hint
    lists = Trial("a list", lambda: ([3.0, 1.0],), 3.0)
    assert report_on(lambda x: sorted(x)[-1], lists).passed
    assert not report_on(lambda x: x.pop(0), lists).passed


def test_an_input_changed_to_a_wrong_answer_is_told_by_the_answer():
    def in_place(x):
        x *= 3
        return x

    assert "1.5 times" in report_on(in_place, DOUBLE).hint


def test_an_interrupt_passes():
    interrupted = raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        check("mask_mean", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check("dropout_layer", lambda rate, rng: (interrupted, interrupted))


def test_an_error_is_told_with_its_line(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text("def mine(x):\n    wrong = x[7]\n    return wrong\n")
    namespace = {}
    exec(compile(source.read_text(), source, "exec"), namespace)
    report = report_on(namespace["mine"], DOUBLE)
    assert "IndexError: index 7 is out of bounds" in report.lines[0]
    assert "at the line 'wrong = x[7]'" in report.lines[0]


def test_warnings_of_wrong_code_are_not_repeated(recwarn):
    assert not report_on(lambda x: x / np.zeros(3), DOUBLE).passed
    assert not recwarn.list


def test_settings_of_numpy_are_left_alone():
    before = np.geterr()
    check("mask_mean", lambda x, rate, f: 1 / 0)
    assert np.geterr() == before


def test_the_arguments_of_the_first_failure_are_at_hand():
    second = Trial("twice four", lambda: (4.0,), 8.0)
    report = report_on(lambda x: 6.0, NUMBER, second)
    assert report.lines == ["Right: twice three.", "Not yet: twice four: expected 8, got 6."]
    assert report.arguments == (4.0,)
    assert not report


def answers():
    """Return a strategy for what functions may return."""
    numbers = st.one_of(st.floats(), st.integers(), st.booleans(), st.complex_numbers())
    arrays = st.builds(
        lambda kind, shape: np.ones(shape).astype(kind),
        st.sampled_from(["?", "i1", "u8", "f2", "f8", "c16", "O", "U3", "S2", "M8[s]"]),
        st.lists(st.integers(0, 3), max_size=3).map(tuple),
    )
    leaves = st.one_of(st.none(), numbers, st.text(max_size=5), st.binary(max_size=5), arrays)
    return st.recursive(
        leaves,
        lambda inside: st.one_of(
            st.lists(inside, max_size=3),
            st.lists(inside, max_size=3).map(tuple),
            st.dictionaries(st.text(max_size=3), inside, max_size=2),
        ),
        max_leaves=6,
    )


@given(got=answers(), expected=answers())
@settings(max_examples=200, deadline=None)
def test_whatever_is_returned_is_compared_without_an_error(got, expected):
    report = report_on(lambda x: got, Trial("anything", lambda: (1.0,), np.ones(2)), NUMBER)
    assert isinstance(report._repr_html_(), str)
    assert isinstance(repr(report), str)
    assert report.lines


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), shift=st.floats(1e-4, 1.0))
def test_values_agree_within_the_tolerance_and_not_beyond(values, shift):
    expected = np.array(values)
    tolerance = 1e-9
    assert agrees(expected.copy(), expected, tolerance)
    assert agrees(tuple(values), list(values), tolerance)
    beyond = expected + shift + 2 * tolerance * np.abs(expected)
    one = expected.copy()
    one[-1] = beyond[-1]
    assert not agrees(one, expected, tolerance) or abs(values[-1]) * tolerance > shift
    assert not agrees(expected[:-1], expected, tolerance)
    assert not agrees(values[:-1], values, tolerance)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_can_be_expected(value):
    assert agrees(np.array([value]), np.array([value]), 1e-6)
    assert not agrees(np.array([value]), np.array([1.0]), 1e-6)
    assert not agrees(1.0, value, 1e-6)
    assert not agrees(-np.inf, np.inf, 1e-6)


def test_of_a_long_array_the_first_difference_is_told():
    expected = np.zeros((3, 4))
    got = expected.copy()
    got[1, 2] = got[2, 0] = 0.5
    assert complaint(got, expected, 1e-6)[0] == (
        "2 of 12 entries differ; at index (1, 2) expected 0, got 0.5"
    )


def test_numbers_that_differ_are_shown_to_differ():
    wrong, _ = complaint(0.5 + 2**-30, 0.5, 1e-10)
    assert wrong == "expected 0.5, got 0.50000000093132257"  # 2**-30 is 9.3132257e-10
    got = np.array([1.0, 2.0 + 1e-8])
    assert complaint(got, np.array([1.0, 2.0]), 1e-9)[0].startswith(
        "1 of 2 entries differ; at index 1 expected 2, got 2.0000000"
    )


# Mistakes


TWICE_AND_ONE = Mistake(lambda x: 2 * x + 1, "Do not add one.")
SQUARE = Mistake(lambda x: x * x, "Do not square.")


def test_a_mistake_is_recognized_by_all_answers():
    two = Trial("twice two", lambda: (2.0,), 4.0)  # where the square is right
    trials, mistakes = (two, NUMBER), (TWICE_AND_ONE, SQUARE)
    assert report_on(lambda x: x**2, *trials, mistakes=mistakes).hint == "Do not square."
    assert report_on(lambda x: x + x + 1, *trials, mistakes=mistakes).hint == "Do not add one."
    # 7 at 3.0 is what one mistake gives, but at 2.0 the answers differ.
    other = report_on(lambda x: x + 4, *trials, mistakes=mistakes, hint="Look again.")
    assert other.hint == "Look again."


def test_a_mistake_that_cannot_take_the_arguments_is_passed_over():
    broken = Mistake(lambda x: x / 0, "Never said.")
    report = report_on(lambda x: 2 * x + 1, NUMBER, mistakes=(broken, TWICE_AND_ONE))
    assert report.hint == "Do not add one."


def test_a_mistake_of_a_random_function_is_recognized_by_what_is_measured():
    def masks(rate, rng):
        return rng.random(10_000) >= rate

    share = Trial(
        "the share kept",
        lambda: (0.2, np.random.default_rng(0)),
        0.8,
        measure=lambda mask, rate, rng: mask.mean(),
        tolerance=0.02,  # five standard errors
        like=lambda rate, rng: np.ones(10_000, bool),
    )
    flipped = Mistake(lambda rate, rng: masks(1 - rate, rng), "Rate drops.")
    assert report_on(masks, share, mistakes=(flipped,)).passed
    # Another stream than the mistake's, and still the same mistake.
    mine = report_on(
        lambda rate, rng: rng.integers(0, 10, 10_000) < 10 * rate, share, mistakes=(flipped,)
    )
    assert mine.hint == "Rate drops."
    assert "expected about 0.8, got 0." in mine.lines[0]
    floats = report_on(lambda rate, rng: masks(rate, rng) * 1.0, share, mistakes=(flipped,))
    assert "a NumPy array of bool, shape (10000,), got an array of float64" in floats.lines[0]


# What is shown


def test_a_report_in_plain_words():
    right = report_on(double, DOUBLE, NUMBER)
    assert repr(right) == (
        "toy: all 2 trials right\nRight: twice the numbers 1 to 3.\nRight: twice three."
    )
    assert right
    wrong = report_on(lambda x: 6.0, DOUBLE, NUMBER, hint="Twice.")
    assert repr(wrong) == (
        "toy: 1 of 2 trials right\n"
        "Asked for: toy(...) returns something.\n"
        "Not yet: twice the numbers 1 to 3: expected a NumPy array of real numbers, shape (3,), "
        "got the number 6.\n"
        "Right: twice three.\n"
        "Hint: Twice."
    )


def test_the_page_says_the_same_and_runs_nothing():
    report = report_on(lambda x: 6.0, DOUBLE, NUMBER, hint="Twice.")
    page = report._repr_html_()
    rows = [element for element in elements(page) if element.tag == "li"]
    verdicts = [row.inside[0].text.strip() for row in rows]
    assert verdicts == ["Not yet:", "Right:"]
    assert [row.text.strip() + "." for row in rows] == [
        line.partition(": ")[2] + "." for line in report.lines
    ]
    assert [e.attributes for e in elements(page) if e.tag == "span"] == [
        {"aria-hidden": "true"}
    ] * 2
    assert not {e.tag for e in elements(page)} & {"script", "img", "link", "iframe", "object"}
    names = {name for element in elements(page) for name in element.attributes}
    assert names <= {"class", "role", "aria-hidden"}
    assert "url(" not in page
    assert "@import" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text):
    trial = Trial(text, lambda: (1.0,), text + "!")
    exercise = Exercise(text, 1, text, (trial,), (), text)
    report = Report(exercise, *judging.judge(exercise, lambda x: text))
    plain = report_on(lambda x: "a", Trial("says", lambda: (1.0,), "b"), hint="hint")
    page = report._repr_html_()
    assert [e.tag for e in elements(page)] == [e.tag for e in elements(plain._repr_html_())]
    assert [e.attributes for e in elements(page)] == [
        e.attributes for e in elements(plain._repr_html_())
    ]
    error = Report(exercise, *judging.judge(exercise, raising(ValueError(text))))
    assert [e.tag for e in elements(error._repr_html_())] == [e.tag for e in elements(page)]


# Names, and what is imported


@pytest.mark.parametrize("name", [None, 3, b"mask_mean", ["mask_mean"], double])
def test_the_name_must_be_a_string(name):
    with pytest.raises(TypeError, match="name must be a string such as 'mask_mean', got"):
        check(name, double)


@pytest.mark.parametrize("name", ["mask_men", "MASK_MEAN", "maskmean", "mask mean"])
def test_an_unknown_name_is_told_with_a_close_one(name):
    with pytest.raises(ValueError, match=f"got '{name}'. Did you mean 'mask_mean'"):
        check(name, double)


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match="name must be one of") as caught:
        check("", double)
    assert all(repr(name) in str(caught.value) for name in BY_NAME)
    assert "Did you mean" not in str(caught.value)


def test_importing_the_exercises_needs_no_framework():
    code = (
        "import sys; from dropout_lab.teaching.checking import exercises; exercises(); "
        "check('mask_mean', len); print([name for name in "
        "('torch', 'tensorflow', 'keras', 'sklearn', 'pandas', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == []


def test_the_example_for_authors_works():
    from dropout_lab.teaching import checking as package

    lines = package.__doc__.split("A complete one::\n")[1].split("\nRules for authors:")[0]
    code = "\n".join(line.removeprefix("    ") for line in lines.splitlines())
    namespace = {}
    exec(compile(code, "example", "exec"), namespace)
    shown = {exercise.name: exercise for exercise in namespace["EXERCISES"]}
    with mock.patch.object(package, "exercises", return_value=tuple(shown.values())):
        assert check("mask_mean", RIGHT["mask_mean"]).passed
        right = check("invert", lambda x, rate, rng: x * (rng.random(x.shape) >= rate) / (1 - rate))
        assert right.passed
        for exercise in shown.values():
            for mistake in exercise.mistakes:
                assert check(exercise.name, mistake.answer).hint == mistake.hint
