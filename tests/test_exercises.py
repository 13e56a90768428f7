"""Exercises that check themselves: whatever a reader hands over, the answer is a report."""

import re
import sys
from unittest import mock

import numpy as np
import pytest
from published import SHOWN, elements, only, seen

from dropout_lab.teaching import check, checking, judging
from dropout_lab.teaching.checking import exercises
from dropout_lab.teaching.comparing import agrees, complaint
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped
from dropout_lab.teaching.report import Report

EXERCISES = {exercise.name: exercise for exercise in exercises()}
EACH = pytest.mark.parametrize("name", list(EXERCISES))


def report_on(function, *tries, hint=""):
    """Return what is said about a function in an exercise made of these trials and mistakes."""
    exercise = Exercise("toy(...) returns something.", *tries, hint=hint)
    return Report(exercise, *judging.judge(exercise, function))


def double(x):
    return 2 * x


DOUBLE = Trial("twice the numbers 1 to 3", lambda: (np.arange(1.0, 4.0),), double)
NUMBER = Trial("twice three", lambda: (3.0,), 6.0)


# The exercises of the book


def test_exercises_come_in_the_order_of_the_chapters():
    chapters = [exercise.chapter for exercise in exercises()]
    assert chapters == sorted(chapters)


@EACH
def test_an_exercise_says_what_it_asks_and_asks_the_same_each_time(name):
    exercise = EXERCISES[name]
    assert exercise.asks.endswith(".")
    assert len({trial.says for trial in exercise.trials}) == len(exercise.trials) >= 2
    assert exercise.mistakes or exercise.hint
    assert all(mistake.hint.endswith((".", "?")) for mistake in exercise.mistakes)
    first, *others = exercise.trials  # one answer for all is wrong, and keeping for dropping
    if all(trial.measure is None for trial in exercise.trials):
        assert not all(agrees(trial.value(), first.value(), trial.tolerance) for trial in others)
    names = re.search(r"\((.*?)\)", exercise.asks)[1].split(", ")
    if "rate" in names:
        assert {trial.arguments()[names.index("rate")] for trial in exercise.trials} != {0.5}
    for trial in exercise.trials:
        assert not trial.says.endswith(".")
        assert agrees(trial.value(), trial.value(), 0.0)
        for one, other in zip(trial.arguments(), trial.arguments(), strict=True):
            assert type(one).__name__ == type(other).__name__
            if isinstance(one, np.ndarray):
                assert one is not other
                assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
            if isinstance(one, np.random.Generator):
                assert one is not other
                assert one.random() == other.random()


@EACH
def test_mistakes_are_caught_and_told_apart(name):  # right answers are run with their chapter
    hints = [mistake.hint for mistake in EXERCISES[name].mistakes]
    assert len(hints) >= 2, "write mistakes that readers make into the chapter's exercises.py"
    reports = [check(name, mistake.answer) for mistake in EXERCISES[name].mistakes]
    assert not any(report.passed for report in reports)
    assert [report.hint for report in reports] == hints


# Wrong code of all kinds


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


def inside_itself(*arguments):
    inside = []
    inside.extend([inside] * 8)
    return inside


CODE = {
    "a built-in function without a signature": min,
    "recursive": endless,
    "raises an error that cannot be shown": raising(Unshowable()),
    "hostile function": Hostile(),
    "inside itself": inside_itself,
}
ANSWERS = {
    "matrix": np.ones((1, 2)).view(np.matrix),
    "masked": np.ma.masked_all(3),
    "huge": np.zeros(10**6),
    "whole number without end": 10**5000,
    "a list without a length": Lengthless(),
    "hostile object": Hostile(),
    "functions that exit": (sys.exit, sys.exit),
    "functions that never end": (endless, endless),
    "list of hostile objects": [Hostile()] * 3,
}


@pytest.mark.parametrize("kind", [*CODE, *ANSWERS])
def test_wrong_code_is_answered_and_never_raises(kind):
    function = CODE[kind] if kind in CODE else lambda *arguments: ANSWERS[kind]
    for name in ("mask_mean", "channel_mask", "diagnose", "dropout_layer"):
        report = check(name, function)
        assert report.passed is False
        assert report.hint
        assert any(line.startswith("Not yet: ") for line in report.lines)
        assert max(len(line) for line in report.lines) < 600
        assert repr(report).startswith(f"{name}: ")
        assert only(report._repr_html_(), "ul")


def in_place(factor):
    def function(x):
        x *= factor
        return x

    return function


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
        (lambda x: 2 * x + 0j, "got an array of complex128", "Complex"),
        (lambda x: x / 0, "expected [2, 4, 6], got [inf, inf, inf]", "division by zero"),
        (lambda x: 3 * x, "got [3, 6, 9]", "1.5 times the expected one"),
        (lambda x: 2 * x + 1, "got [3, 5, 7]", "by hand"),
        (lambda x: {}["x"], "your function raised KeyError: 'x'", "by hand"),
        (lambda x: exit(), "your function raised SystemExit", "by hand"),
        (in_place(3), "got [3, 6, 9]", "1.5 times the expected one"),
    ],
)
def test_what_is_said_about_wrong_code(function, line, hint, recwarn):
    before = np.geterr()
    report = report_on(function, DOUBLE)
    assert report.passed is False
    assert line in report.lines[0]
    assert hint in report.hint
    assert not recwarn.list  # the reader's warnings are not repeated
    assert np.geterr() == before


def test_tensors_are_not_taken_for_arrays_or_numbers():
    import torch

    report = report_on(lambda x: torch.tensor(double(x)), DOUBLE)
    assert "expected a NumPy array of real numbers, shape (3,), got a Tensor" in report.lines[0]
    assert ".detach().numpy()" in report.hint
    learned = torch.tensor(6.0, requires_grad=True)
    report = report_on(lambda x: learned, NUMBER)
    assert "expected a number, got a Tensor" in report.lines[0]
    assert ".item()" in report.hint


def test_a_number_or_an_array_is_right_in_any_real_dtype():
    for dtype in (np.int64, np.float32, np.float64, np.longdouble):
        assert report_on(lambda x, dtype=dtype: double(x).astype(dtype), DOUBLE).passed
    for kind in (int, float, np.float32, np.int8, np.array):
        assert report_on(lambda x, kind=kind: kind(6), NUMBER).passed
    for wrong in (True, "6", [6], np.array([6.0]), 6 + 0j, None):
        assert not report_on(lambda x, wrong=wrong: wrong, NUMBER).passed


def test_a_changed_input_is_told_and_does_not_reach_the_next_trial():
    report = report_on(in_place(2), DOUBLE, Trial("the same again", DOUBLE.arguments, double))
    assert [line.rpartition(": ")[2] for line in report.lines] == [
        "the answer is right, but your function changed its input.",
        "as above.",
    ]
    assert "new array" in report.hint
    lists = Trial("a list", lambda: ([3.0, 1.0],), 3.0)
    assert report_on(lambda x: sorted(x)[-1], lists).passed
    assert not report_on(lambda x: x.pop(0), lists).passed


def test_an_interrupt_passes():
    interrupted = raising(KeyboardInterrupt())
    for name, function in (
        ("mask_mean", interrupted),
        ("dropout_layer", lambda rate, rng: (interrupted, interrupted)),
    ):
        with pytest.raises(KeyboardInterrupt):
            check(name, function)


def test_an_error_is_told_with_its_line(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text("def mine(x):\n    wrong = x[7]\n    return wrong\n")
    namespace = {}
    exec(compile(source.read_text(), source, "exec"), namespace)
    report = report_on(namespace["mine"], DOUBLE)
    assert "IndexError: index 7 is out of bounds" in report.lines[0]
    assert "at the line 'wrong = x[7]'" in report.lines[0]


def test_the_arguments_of_the_first_failure_are_at_hand():
    report = report_on(lambda x: 6.0, NUMBER, Trial("twice four", lambda: (4.0,), 8.0))
    assert report.lines == ["Right: twice three.", "Not yet: twice four: expected 8, got 6."]
    assert report.arguments == (4.0,)
    assert not report


def test_values_agree_within_the_tolerance_and_not_beyond():
    for value, room in ((0.0, 1e-3), (1e6, 1e3)):  # absolutely, and relative to it
        assert agrees(value + 0.9 * room, value, 1e-3)
        assert not agrees(value + 1.1 * room, value, 1e-3)
    assert agrees((1.0, 2.0), [1.0, 2.0], 1e-9)
    for whole in ([1.0, 2.0], np.arange(2.0)):
        assert not agrees(whole[:-1], whole, 1e-9)


def test_values_that_are_not_finite_can_be_expected():
    for value in (np.nan, np.inf, -np.inf):
        assert agrees(np.array([value]), np.array([value]), 1e-6)
        assert not agrees(np.array([value]), np.array([1.0]), 1e-6)
        assert not agrees(1.0, value, 1e-6)
    assert not agrees(-np.inf, np.inf, 1e-6)


def test_numbers_that_differ_are_shown_to_differ():
    expected = np.zeros((3, 4))
    got = expected.copy()
    got[1, 2] = got[2, 0] = 0.5
    assert complaint(got, expected, 1e-6)[0] == (
        "2 of 12 entries differ; at index (1, 2) expected 0, got 0.5"
    )
    wrong, _ = complaint(0.5 + 2**-30, 0.5, 1e-10)
    assert wrong == "expected 0.5, got 0.50000000093132257"  # 2**-30 is 9.3132257e-10
    got = np.array([1.0, 2.0 + 1e-8])
    assert complaint(got, np.array([1.0, 2.0]), 1e-9)[0].startswith(
        "1 of 2 entries differ; at index 1 expected 2, got 2.0000000"
    )


# Mistakes


def test_a_mistake_is_recognized_by_all_answers():
    plus_one = Mistake(lambda x: 2 * x + 1, "Do not add one.")
    square = Mistake(lambda x: x * x, "Do not square.")
    two = Trial("twice two", lambda: (2.0,), 4.0)  # where the square is right
    tries = two, NUMBER, plus_one, square
    assert report_on(lambda x: x**2, *tries).hint == "Do not square."
    assert report_on(lambda x: x + x + 1, *tries).hint == "Do not add one."
    # 7 at 3.0 is what one mistake gives, but at 2.0 the answers differ.
    assert report_on(lambda x: x + 4, *tries, hint="Look again.").hint == "Look again."
    # A mistake that cannot take the arguments is passed over.
    broken = Mistake(lambda x: x / 0, "Never said.")
    assert report_on(lambda x: 2 * x + 1, NUMBER, broken, plus_one).hint == "Do not add one."


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
    flipped = kept_for_dropped(masks)
    assert report_on(masks, share, flipped).passed
    # Another stream than the mistake's, and still the same mistake.
    mine = report_on(lambda rate, rng: rng.integers(0, 10, 10_000) < 10 * rate, share, flipped)
    assert mine.hint == "Rate is the probability of dropping. Did you take it for keeping?"
    assert "expected about 0.8, got 0." in mine.lines[0]
    floats = report_on(lambda rate, rng: masks(rate, rng) * 1.0, share, flipped)
    assert "a NumPy array of bool, shape (10000,), got an array of float64" in floats.lines[0]


# What is shown


def test_a_report_says_the_same_in_plain_words_and_on_the_page():
    right = report_on(double, DOUBLE, NUMBER)
    assert right
    assert repr(right) == (
        "toy: all 2 trials right\nRight: twice the numbers 1 to 3.\nRight: twice three."
    )
    wrong = report_on(lambda x: 6.0, DOUBLE, NUMBER, hint="Twice.")
    assert repr(wrong) == (
        "toy: 1 of 2 trials right\n"
        "Asked for: toy(...) returns something.\n"
        "Not yet: twice the numbers 1 to 3: expected a NumPy array of real numbers, shape (3,), "
        "got the number 6.\n"
        "Right: twice three.\n"
        "Hint: Twice."
    )
    page = wrong._repr_html_()
    rows = [element for element in elements(page) if element.tag == "li"]
    assert [row.inside[0].text.strip() for row in rows] == ["Not yet:", "Right:"]
    shown = [row.text.strip() + "." for row in rows]
    assert shown == [line.partition(": ")[2] + "." for line in wrong.lines]
    spans = [element.attributes for element in elements(page) if element.tag == "span"]
    assert spans == [{"aria-hidden": "true"}] * 2
    assert not {e.tag for e in elements(page)} & {"script", "img", "link", "iframe", "object"}


@pytest.mark.parametrize("text", SHOWN)
def test_hostile_texts_stay_texts(text):
    def shape(report):
        return [(e.tag, e.attributes) for e in elements(report._repr_html_())]

    exercise = Exercise(text, Trial(text, lambda: (1.0,), text + "!"), hint=text)
    plain = report_on(lambda x: "a", Trial("says", lambda: (1.0,), "b"), hint="hint")
    for function in (lambda x: text, raising(ValueError(text))):
        report = Report(exercise, *judging.judge(exercise, function))
        assert shape(report) == shape(plain)
        assert not set("\0\a\x1b\x7f\x9b\ud83d\uffff") & set(repr(report))
        title = next(e for e in elements(report._repr_html_()) if e.tag == "b")
        assert title.text == f"{seen(text).partition('(')[0]}: 0 of 1 trials right"


# Names, and the example


@pytest.mark.parametrize("name", [None, 3, b"mask_mean", ["mask_mean"], double])
def test_the_name_must_be_a_string(name):
    with pytest.raises(TypeError, match="name must be a string such as 'mask_mean', got"):
        check(name, double)


def test_an_unknown_name_is_told_with_a_close_one_and_the_known_ones():
    for name in ("mask_men", "MASK_MEAN", "maskmean", "mask mean"):
        with pytest.raises(ValueError, match=f"got '{name}'. Did you mean 'mask_mean'"):
            check(name, double)
    with pytest.raises(ValueError, match="name must be one of") as caught:
        check("", double)
    assert all(repr(name) in str(caught.value) for name in EXERCISES)
    assert "Did you mean" not in str(caught.value)


def test_the_example_for_authors_works():
    lines = checking.__doc__.split("A complete one::\n")[1].split("\nRules for authors:")[0]
    code = "\n".join(line.removeprefix("    ") for line in lines.splitlines())
    namespace = {}
    exec(compile(code, "example", "exec"), namespace)
    shown = namespace["EXERCISES"]
    with mock.patch.object(checking, "exercises", return_value=shown):
        assert check("mask_mean", shown[0].trials[1].expected).passed
        right = check("invert", lambda x, rate, rng: x * (rng.random(x.shape) >= rate) / (1 - rate))
        assert right.passed
        for exercise in shown:
            for mistake in exercise.mistakes:
                assert check(exercise.name, mistake.answer).hint == mistake.hint
