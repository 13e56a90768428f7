"""The quiz: its words, its arguments, and what belongs together on a page."""

import re
from types import MappingProxyType

import pytest
from published import SHOWN, elements, only, seen

from dropout_lab.teaching.quizzes import quiz

OPTIONS = {"one": "Too few.", "two": "The sum of one and one.", "three": "Too many."}


def feedback_of(page):
    """Return for each option its text and the verdict and feedback that belong to it."""
    rows = [e for e in elements(page) if e.tag == "details"]
    found = []
    for row in rows:
        assert [e.tag for e in row.inside] == ["summary", "span", "p", "b"]
        _, option, feedback, verdict = row.inside
        found.append((option.text, verdict.text, feedback.text.strip()))
    return found


def groups_of(page):
    """Return what groups the options of a page, in order."""
    return [e.attributes["name"] for e in elements(page) if e.tag == "details"]


def test_each_option_has_its_feedback_and_one_is_right():
    for answer in OPTIONS:
        shown = quiz("How many?", MappingProxyType(OPTIONS), answer=answer)
        page = shown._repr_html_()
        assert repr(shown) == "<quiz: How many?>"
        assert feedback_of(page) == [
            (option, "Yes." if option == answer else "Not quite.", feedback)
            for option, feedback in OPTIONS.items()
        ]
        legend = only(page, "legend")
        assert legend.text == "How many?"
        assert legend in only(page, "fieldset").inside
        # Nothing is open, nothing runs and nothing is loaded.
        assert {n for e in elements(page) for n in e.attributes} == {"class", "name", "style"}
        assert {e.tag for e in elements(page)}.isdisjoint({"script", "link", "iframe"})
        assert not re.search(r"url\(|@import", page)


def test_a_quiz_is_a_group_of_its_own():
    one = quiz("How many?", OPTIONS, answer="two").html
    other = quiz("How few?", OPTIONS, answer="two").html
    mended = quiz("How many?", OPTIONS | {"two": "Another feedback."}, answer="two").html
    assert [len(set(groups_of(page))) for page in (one, other, mended)] == [1] * 3
    assert len({*groups_of(one + other + mended)}) == 3
    assert one == quiz("How many?", OPTIONS, answer="two").html
    number_groups = pytest.importorskip("book.text").number_groups  # it needs Sphinx
    page = number_groups(f"<p>{one}{other}{one}</p>{one}")
    names = groups_of(page)
    quizzes = [set(names[start : start + 3]) for start in range(0, 12, 3)]
    assert [len(each) for each in quizzes] == [1] * 4
    assert len(set.union(*quizzes)) == 4
    assert page.startswith(f"<p>{one}{other}")  # what needs no mending keeps its bytes


@pytest.mark.parametrize("text", SHOWN)
def test_hostile_texts_stay_texts(text):
    options = {text: text, "other " + text: "because " + text}
    page = quiz(text, options, answer=text).html
    plain = quiz("question", {"a": "b", "c": "d"}, answer="a").html
    shapes = [[(e.tag, e.attributes.keys()) for e in elements(one)] for one in (page, plain)]
    assert shapes[0] == shapes[1]
    assert only(page, "legend").text == seen(text)
    assert feedback_of(page) == [
        (seen(text), "Yes.", seen(text).strip()),
        (seen(text, "other "), "Not quite.", seen(text, "because ").strip()),
    ]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"question": None}, TypeError, "question must be a string, got None"),
        ({"options": [("one", "a")]}, TypeError, "options must map option texts to feedback texts"),
        ({"options": {"one": 1, "two": "b"}}, TypeError, "options must map option texts"),
        ({"options": {1: "a", "two": "b"}}, TypeError, "options must map option texts"),
        ({"options": {"two": "b"}}, ValueError, "at least two, each of other looks, got ['two']"),
        ({"options": {"two": "", "a\0": "", "a\1": ""}}, ValueError, "each of other looks"),
        (
            {"answer": "four"},
            ValueError,
            "answer must be one of ['one', 'two', 'three'], got 'four'",
        ),
    ],
)
def test_what_is_no_quiz(changed, error, words, message_of):
    right = {"question": "How many?", "options": OPTIONS, "answer": "two"}
    assert words in message_of(error, quiz, **right | changed)
