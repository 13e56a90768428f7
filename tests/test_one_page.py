"""The site as one page for paper: all of it, without the browser that prints it."""

import re
from html import unescape
from urllib.parse import unquote

from recorded import SITE, page_names

from book.paper.one_page import one_page


def test_the_site_becomes_one_page_with_every_figure_and_a_target_for_every_link():
    page = one_page(SITE, "Dropout Lab", "The Dropout Lab authors")
    names = page_names()
    assert re.findall(r'<article[^>]* id="([^"]+)"', page) == names
    paths = [SITE / "chapters" / f"{name}.html" for name in names]
    site = "".join(path.read_text(encoding="utf-8") for path in paths)
    figures, drawn = r'<figure [^>]*class="(?:xp|pg) [^>]*>', r'<div class="\w+-view"[^>]*><svg '
    assert len(re.findall(drawn, page)) == len(re.findall(figures, site)) > 60
    for kind in ("solution", "quiz"):
        shown = len(re.findall(f'class="paper-{kind}"', page))
        assert shown == len(re.findall(rf'class="(?:xp-)?{kind}\b', site)) > 30
    anchors = set(re.findall(r'\bid="([^"]+)"', page))
    targets = [unquote(unescape(link)) for link in re.findall(r'href="#([^"]+)"', page)]
    patterns = re.findall(r"url\(#([^)]+)\)", page)  # and borders of pictures
    assert len(targets) > 1000
    assert len(patterns) > 100
    assert {*targets, *patterns} <= anchors
