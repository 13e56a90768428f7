"""Read published HTML back with the standard library's parser, for several test files."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}

HOSTILE = [
    "</script><script>document.title = 'hacked'</script>",
    "</SCRIPT\n><img src=x onerror=\"document.title='hacked'\">",
    '"><img src=x onerror="document.title=\'hacked\'">',
    "' onfocus='document.title=1' autofocus x='",
    "</style></svg></select></figure><b>bold</b>",
    "<!-- <script> ",
    "--> ]]> <![CDATA[ %3Cb%3E",
    "&lt;b&gt; & &amp;amp; &copy; &#60;",
    "line\u2028paragraph\u2029separator",
    "\U0001f600 \u05e9\u05dc\u05d5\u05dd \u202eright to left",
    "${key} `tick` \\u003c \\n \\ {0} %s #frag #010203 1.23456789",
]
"""Texts that would leave the place where they belong if nobody escaped them."""

ISOLATE, END = "\u2068", "\u2069"
SHOWN = {text: text for text in HOSTILE if "\u202e" not in text} | {
    "$x$ and $5, \\(y\\) \\[z\\] \\begin{a}": "$x$ and $5, \\(y\\) \\[z\\] \\begin{a}",
    "**a** [b](javascript:c) {d}`e` |f": "**a** [b](javascript:c) {d}`e` |f",
    "x" * 10_000: "x" * 10_000,
    "nul\0 bell\a esc\x1b[31m \x7f \x9b1m": "nul\ufffd bell\ufffd esc\ufffd[31m \ufffd \ufffd1m",
    "half \ud83d, no sign \uffff": "half \ufffd, no sign \ufffd",
    "one\rtwo\r\nthree": "one\ntwo\nthree",
    "\u05e9\u05dc\u05d5\u05dd": f"{ISOLATE}\u05e9\u05dc\u05d5\u05dd{END}",
    "right \u202eto left": f"{ISOLATE}right \u202eto left{END}",
    "\u2067open \u2066twice": f"{ISOLATE}\u2067open \u2066twice{END * 3}",
    "\u2067shut\u2069 twice\u2069": f"{ISOLATE}\u2067shut\u2069 twice{END}",
}
"""Hostile texts, and what is to be seen of each."""


def seen(text, before=""):
    """Return what is to be seen of a hostile text with some words before it."""
    isolate = ISOLATE * SHOWN[text].startswith(ISOLATE)
    return isolate + before + SHOWN[text].removeprefix(isolate)


@dataclass
class Element:
    """One element: its tag, its attributes and the text directly inside it."""

    tag: str
    attributes: dict
    text: str = ""
    inside: list = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice on <{tag}>: {names}"
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        for outer in self.open:
            outer.inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        assert self.open or not data.strip(), f"outside of all elements: {data}"
        if self.open:
            self.open[-1].text += data


def elements(page):
    """Return the elements of a page in document order; anything unbalanced or extra fails."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open, f"never closed: {[element.tag for element in reader.open]}"
    return reader.elements


def only(page, tag, **attributes):
    """Return the one element with this tag and these attributes."""
    found = [
        element
        for element in elements(page)
        if element.tag == tag and attributes.items() <= element.attributes.items()
    ]
    assert len(found) == 1, f"{len(found)} of <{tag}> {attributes}"
    return found[0]
