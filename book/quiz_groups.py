"""Sphinx extension of this book: two quizzes with the same text on one page stay two quizzes.

The name that a quiz's options share comes from its text, so that the same input gives the same
bytes. Equal quizzes would be one group, in which choosing here takes back the choice there.
"""

import re

_QUIZ = re.compile(r'<fieldset class="xp-quiz">.*?</fieldset>', re.DOTALL)
_NAME = re.compile(r'(<details class="xp-option" name=")([^"]*)"')


def number_groups(html):
    """Return a page on which no two quizzes share a group of options.

    Parameters
    ----------
    html : str
        The body of a page as Sphinx writes it.

    Returns
    -------
    str
        The same, but the second quiz of a name has a 2 behind its name, and so on.
    """
    seen = {}

    def number(quiz):
        found = _NAME.search(quiz[0])
        name = found and found[2]
        seen[name] = seen.get(name, 0) + 1
        again = f"-{seen[name]}" if seen[name] > 1 else ""
        return _NAME.sub(rf'\1\2{again}"', quiz[0])

    return _QUIZ.sub(number, html)


def mend_quizzes(app, pagename, templatename, context, doctree):
    """Do it for a page."""
    if "body" in context:
        context["body"] = number_groups(context["body"])


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("html-page-context", mend_quizzes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
