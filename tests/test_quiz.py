"""The quiz: its words, its arguments, and what a browser shows."""

import re
from types import MappingProxyType

import pytest
from published import HOSTILE, elements, only

from book.quiz_groups import number_groups
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


@pytest.mark.parametrize("answer", list(OPTIONS))
def test_each_option_has_its_feedback_and_one_is_right(answer):
    page = quiz("How many?", OPTIONS, answer=answer)._repr_html_()
    assert feedback_of(page) == [
        (option, "Yes." if option == answer else "Not quite.", feedback)
        for option, feedback in OPTIONS.items()
    ]
    assert only(page, "legend").text == "How many?"


def test_a_quiz_is_one_group_of_options_and_none_is_open():
    page = quiz("How many?", OPTIONS, answer="two").html
    options = [e.attributes for e in elements(page) if e.tag == "details"]
    assert len(options) == 3
    assert len({option["name"] for option in options}) == 1
    assert not any("open" in option for option in options)
    assert only(page, "legend") in only(page, "fieldset").inside


def test_nothing_runs_and_nothing_is_loaded():
    page = quiz("How many?", OPTIONS, answer="two").html
    assert not {e.tag for e in elements(page)} & {"script", "img", "link", "iframe", "object"}
    names = {name for element in elements(page) for name in element.attributes}
    assert names <= {"class", "name", "style"}
    assert "url(" not in page
    assert "@import" not in page


def test_different_quizzes_on_a_page_are_different_groups():
    pages = [
        quiz("How many?", OPTIONS, answer="two").html,
        quiz("How few?", OPTIONS, answer="two").html,
        quiz("How many?", OPTIONS | {"two": "Another feedback."}, answer="two").html,
    ]
    assert len({elements(page)[-4].tag for page in pages}) == 1
    names = [{e.attributes["name"] for e in elements(page) if e.tag == "details"} for page in pages]
    assert len(set.union(*names)) == 3
    assert pages[0] == quiz("How many?", OPTIONS, answer="two").html


def test_equal_quizzes_on_a_page_of_the_site_are_different_groups():
    one = quiz("How many?", OPTIONS, answer="two").html
    other = quiz("How few?", OPTIONS, answer="two").html
    page = number_groups(f"<p>{one}{other}{one}</p>{one}")
    names = [e.attributes["name"] for e in elements(page) if e.tag == "details"]
    quizzes = [set(names[start : start + 3]) for start in range(0, 12, 3)]
    assert [len(each) for each in quizzes] == [1] * 4
    assert len(set.union(*quizzes)) == 4
    assert page.startswith(f"<p>{one}{other}")  # what needs no mending keeps its bytes
    assert number_groups(page.partition("</p>")[0]) == page.partition("</p>")[0]


def test_what_stands_in_its_place_without_html():
    assert repr(quiz("How many?", OPTIONS, answer="two")) == "<quiz: How many?>"


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


def test_any_mapping_will_do():
    assert quiz("?", MappingProxyType(OPTIONS), answer="two").html == (
        quiz("?", OPTIONS, answer="two").html
    )


@pytest.mark.parametrize("question", [None, 3, b"bytes", ["How many?"]])
def test_the_question_must_be_a_string(question):
    with pytest.raises(TypeError, match="question must be a string, got"):
        quiz(question, OPTIONS, answer="two")


@pytest.mark.parametrize(
    "options",
    [None, "one two", ["one", "two"], [("one", "a")], {"one": 1, "two": "b"}, {1: "a", "two": "b"}],
)
def test_the_options_must_map_strings_to_strings(options):
    with pytest.raises(TypeError, match="options must map option texts to feedback texts, got"):
        quiz("How many?", options, answer="two")


@pytest.mark.parametrize("options", [{}, {"two": "b"}])
def test_a_choice_needs_two_options(options):
    with pytest.raises(ValueError, match=f"at least two options, got {len(options)}"):
        quiz("How many?", options, answer="two")


@pytest.mark.parametrize("answer", ["four", "", None, 2, "Two"])
def test_the_answer_must_be_an_option(answer):
    with pytest.raises(ValueError, match=f"answer must be one of .* got {answer!r}"):
        quiz("How many?", OPTIONS, answer=answer)


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
