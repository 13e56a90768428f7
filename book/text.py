"""What the text of a page is given before it goes into its frame: roles, names, lines, styles."""

import re

# Between a formula, which is a box for the browser, and the period behind it a line may break.
_GLUED = re.compile(
    r'(?P<before>[(\[“‘]*)(?P<formula><span class="math[^"]*">[^<]*</span>)'
    r"(?P<after>(?:[.,;:!?)\]”’]|-\w+)*)"
)

# Code, formulas, figures (whose script writes their sentences anew) and tags stay as they are.
_LOOSE = re.compile(
    r'(?s)<(?P<kept>script|style|pre|code)\b.*?</(?P=kept)>|<figure class="xp.*?</figure>'
    r'|<\w+ class="(?:math\b|pre")[^>]*>[^<]*|<[^>]*>'
    r"|(?<=\d) (?=%)|(?<=1) - (?=(?:p|r|rate)\b)|(?:(?<=\de)|(?<![\w)]))-(?=\d)"
)
_NO_BREAK = "\N{NO-BREAK SPACE}"

_INLINE = re.compile(r'<span class="math [^"]*"(?=>\\\((?P<tex>[^<]*)\\\)</span>)')
# From TeX to the letters that show.
_FRACTION = re.compile(r"\\d?frac(\{[^{}]*\}|\d)(\{[^{}]*\}|\w)")
_SILENT = re.compile(r"\\(?:text|operatorname|left|right|big|bar|hat|tilde|sqrt)(?![a-z])|\\[,;!]")
_SPACED = re.compile(
    r"\\(?:approx|cdot|times|le|ge|to|in|mid|odot)(?![a-z])|[=<>]|&[lg]t;|(?<=[\w)}])\s*[-+]"
)
_COMMAND = re.compile(r"\\(ln|log|exp|max|min)|\\[A-Za-z]+|&\w+;")
_SCRIPT = re.compile(r"[_^](\{[^{}]*\}|\w)")
_LABEL = re.compile(r'<span class="label"><span class="fn-bracket">.*?</span>.*?</span></span>\n?')
# The extension for exercises underlines the space before a link.
_LATE_SPACE = re.compile(r"(Solution to)(<a\b[^>]*>) ")

_QUIZ = re.compile(r'<fieldset class="xp-quiz">.*?</fieldset>', re.DOTALL)
_GROUP = re.compile(r'(<details class="xp-option" name=")([^"]*)"')
_STYLE = re.compile(r"(?s)<style\b[^>]*>.*?</style>")


def mend(body):
    """Return the body of a page, mended.

    Parameters
    ----------
    body : str
        HTML as Sphinx writes it.

    Returns
    -------
    str
        The same to a reader, but for what the functions below say.
    """
    # The role that their list asks for; docutils' own is deprecated.
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    body = _LATE_SPACE.sub(r"\1 \2", keep_with_number(keep_with_formula(number_groups(body))))
    return drop_repeated_styles(reserve_width(body))


def name_entries(body, citations):
    """Let a link to an entry of the bibliography name it by its key.

    Labels go: the text cites authors and years, and some labels are wider than a phone.

    Parameters
    ----------
    body : str
        The body of a page.
    citations : iterable of sphinxcontrib.bibtex.domain.Citation
        The entries on it.

    Returns
    -------
    str
        The same with one anchor more for each of them, and no labels.
    """
    body = _LABEL.sub("", body)
    for entry in citations:
        here = f'<div class="citation" id="{entry.citation_id}"'
        body = body.replace(here, f'<span id="{entry.key}"></span>{here}', 1)
    return body


def number_groups(html):
    """Return a page on which no two quizzes share a group of options.

    The name that a quiz's options share comes from its text, so that the same input gives the same
    bytes. Equal quizzes would be one group, in which choosing here takes back the choice there.

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
        found = _GROUP.search(quiz[0])
        name = found and found[2]
        seen[name] = seen.get(name, 0) + 1
        again = f"-{seen[name]}" if seen[name] > 1 else ""
        return _GROUP.sub(rf'\1\2{again}"', quiz[0])

    return _QUIZ.sub(number, html)


def drop_repeated_styles(html):
    """Keep the first of the style elements that say the same; each explorer brings its own."""
    seen = set()

    def once(style):
        new = style[0] not in seen
        seen.add(style[0])
        return style[0] * new

    return _STYLE.sub(once, html)


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


def keep_with_number(html):
    """Return a page in which "95 %", "1 - p" and "1e-10" stay on one line, and "-1" has a minus.

    Parameters
    ----------
    html : str
        The body of a page as Sphinx writes it.

    Returns
    -------
    str
        The same with spaces that do not break, and with minus signs instead of hyphens.
    """
    return _LOOSE.sub(lambda found: _bound(found[0]), html)


def _bound(text):
    if text == "-":
        return "\N{MINUS SIGN}"
    return text if text.strip("- ") else text.replace(" ", _NO_BREAK)


def reserve_width(html):
    """Return a page whose inline formulas say about how wide they will be.

    Until they are typeset, formulas stand there as TeX, which is about twice as wide. A paragraph
    that loses a line then moves what stands below it under the eyes of the reader. Letters, small
    letters and signs with room around them are counted: on average the guess is half an em off.

    Parameters
    ----------
    html : str
        The body of a page as Sphinx writes it.

    Returns
    -------
    str
        The same with the custom property ``--width`` for the style sheet.
    """
    return _INLINE.sub(_reserve, html)


def _reserve(match):
    tex = match["tex"]
    if r"\begin" in tex:  # a matrix
        return match[0]
    tex = _SILENT.sub("", _FRACTION.sub(lambda part: "_" + max(part.groups(), key=len), tex))
    spaced = len(_SPACED.findall(tex))
    tex = _COMMAND.sub(lambda name: name[1] or "x", tex)
    small = _letters("".join(_SCRIPT.findall(tex)))
    width = 0.64 * _letters(_SCRIPT.sub("", tex)) + 0.46 * small + 0.7 * spaced
    return f'{match[0]} style="--width:{width:.1f}em"'


def _letters(tex):
    return len(re.sub(r"[{}\s\\]", "", tex))
