"""Sphinx extension of this book: lines do not break between a formula and its punctuation."""

import re

# Between a formula, which is a box for the browser, and the period behind it a line may break.
_GLUED = re.compile(
    r'(?P<before>[(\[“‘]*)(?P<formula><span class="math[^"]*">[^<]*</span>)'
    r"(?P<after>(?:[.,;:!?)\]”’]|-\w+)*)"
)


def keep_with_formula(html):
    """Return a page whose inline formulas hold on to the punctuation that touches them.

    Parameters
    ----------
    html : str
        The body of a page as Sphinx writes it.

    Returns
    -------
    str
        The same with a ``span`` of the class ``formula`` around each formula that is touched.
    """
    return _GLUED.sub(_glue, html)


def _glue(match):
    text = match[0]
    touched = match["before"] or match["after"]
    return f'<span class="formula">{text}</span>' if touched else text


def mend_lines(app, pagename, templatename, context, doctree):
    """Do it for a page."""
    if "body" in context:
        context["body"] = keep_with_formula(context["body"])


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("html-page-context", mend_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
