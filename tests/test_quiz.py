"""The quiz: its words, its arguments, and what a browser shows."""

import re
from types import MappingProxyType

import pytest
from published import HOSTILE, elements, only

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


def test_each_option_has_its_feedback_and_one_is_right():
    for answer in OPTIONS:
        shown = quiz("How many?", MappingProxyType(OPTIONS), answer=answer)
        page = shown._repr_html_()
        assert repr(shown) == "<quiz: How many?>"
        assert feedback_of(page) == [
            (option, "Yes." if option == answer else "Not quite.", feedback)
            for option, feedback in OPTIONS.items()
        ]
        assert only(page, "legend").text == "How many?"
        assert only(page, "legend") in only(page, "fieldset").inside
        options = [e.attributes for e in elements(page) if e.tag == "details"]
        assert len({option["name"] for option in options}) == 1
        assert not any("open" in option for option in options)
        # Nothing runs and nothing is loaded.
        assert not {e.tag for e in elements(page)} & {"script", "img", "link", "iframe", "object"}
        assert {n for e in elements(page) for n in e.attributes} <= {"class", "name", "style"}
        assert not re.search(r"url\(|@import", page)


def test_different_quizzes_on_a_page_are_different_groups():
    pages = [
        quiz("How many?", OPTIONS, answer="two").html,
        quiz("How few?", OPTIONS, answer="two").html,
        quiz("How many?", OPTIONS | {"two": "Another feedback."}, answer="two").html,
    ]
    names = [{e.attributes["name"] for e in elements(page) if e.tag == "details"} for page in pages]
    assert len(set.union(*names)) == 3
    assert pages[0] == quiz("How many?", OPTIONS, answer="two").html


def test_equal_quizzes_on_a_page_of_the_site_are_different_groups():
    number_groups = pytest.importorskip("book.text").number_groups  # it needs Sphinx
    one = quiz("How many?", OPTIONS, answer="two").html
    other = quiz("How few?", OPTIONS, answer="two").html
    page = number_groups(f"<p>{one}{other}{one}</p>{one}")
    names = [e.attributes["name"] for e in elements(page) if e.tag == "details"]
    quizzes = [set(names[start : start + 3]) for start in range(0, 12, 3)]
    assert [len(each) for each in quizzes] == [1] * 4
    assert len(set.union(*quizzes)) == 4
    assert page.startswith(f"<p>{one}{other}")  # what needs no mending keeps its bytes
    assert number_groups(page.partition("</p>")[0]) == page.partition("</p>")[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text):
    options = {text: text, "other " + text: "because " + text}
    page = quiz(text, options, answer=text).html
    plain = quiz("question", {"a": "b", "c": "d"}, answer="a").html
    assert [e.tag for e in elements(page)] == [e.tag for e in elements(plain)]
    assert only(page, "legend").text == text
    assert feedback_of(page) == [
        (text, "Yes.", text.strip()),
        ("other " + text, "Not quite.", ("because " + text).strip()),
    ]
    assert [e.attributes.keys() for e in elements(page)] == [
        e.attributes.keys() for e in elements(plain)
    ]


def test_what_is_no_quiz(message_of):
    for wrong in (None, 3, b"bytes", ["How many?"]):
        said = message_of(TypeError, quiz, wrong, OPTIONS, answer="two")
        assert "question must be a string, got" in said
    for wrong in (None, "one two", [("one", "a")], {"one": 1, "two": "b"}, {1: "a", "two": "b"}):
        said = message_of(TypeError, quiz, "How many?", wrong, answer="two")
        assert "options must map option texts to feedback texts, got" in said
    for wrong in ({}, {"two": "b"}):
        said = message_of(ValueError, quiz, "How many?", wrong, answer="two")
        assert f"at least two options, got {len(wrong)}" in said
    for wrong in ("four", "", None, 2, "Two"):
        said = message_of(ValueError, quiz, "How many?", OPTIONS, answer=wrong)
        assert said.startswith("answer must be one of")
        assert said.endswith(f"got {wrong!r}")


@pytest.mark.parametrize("style", [True, False])
def test_choosing_shows_the_feedback_of_that_option_alone(browser, style):
    # A notebook that is not trusted drops style elements.
    tab = browser.new_page(java_script_enabled=False)
    try:
        page = quiz("How many?", OPTIONS, answer="two").html
        other = quiz("How few?", OPTIONS, answer="one").html
        both = page + other if style else re.sub("<style>.*?</style>", "", page + other)
        tab.set_content(f"<!doctype html><body>{both}")
        first = tab.get_by_role("group", name="How many?")
        feedback = first.locator("p")
        assert [p.is_visible() for p in feedback.all()] == [False] * 3
        for chosen, option in enumerate(OPTIONS):
            first.locator("summary", has_text=option).click()
            assert [p.is_visible() for p in feedback.all()] == [i == chosen for i in range(3)]
        tab.get_by_role("group", name="How few?").locator("summary", has_text="one").click()
        assert [p.is_visible() for p in tab.locator("p").all()] == [
            *(False, False, True),
            *(True, False, False),
        ]
    finally:
        tab.close()
