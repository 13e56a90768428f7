"""The policy that a page sets for itself: what it names, and that each page has one.

What a browser makes of it is tried in `test_site`.
"""

import re

import pytest
from recorded import SITE
from sphinx.errors import ExtensionError

from book.policy import policy_of, write_policies

# The example of the standard: https://www.w3.org/TR/CSP3/#external-hash, and of MDN.
EXAMPLE = "alert('Hello, world.');"
DIGEST = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
HEAD = '<html data-content_root=""><head><meta charset="utf-8" /><link href="a.css"></head>'


def test_a_policy_names_what_runs_in_the_page_by_its_digest():
    data = '<script type="application/json">"<script>1"</script><script src="a.js"></script>'
    one = f"<script>{EXAMPLE}</script>"
    for page in (one, data + one + one, f'<script data-part="a">{EXAMPLE}</script>'):
        assert f"; script-src SITE {DIGEST}; " in policy_of(page)
    assert "; script-src SITE; " in policy_of(data)


@pytest.mark.parametrize("wrong", ['<b onclick="f()">', '<a href="javascript:f()">'])
def test_an_attribute_that_would_run_stops_the_build(tmp_path, wrong):
    page, other = tmp_path / "page.html", tmp_path / "lite.html"
    other.write_text(wrong)
    page.write_text(HEAD + f"<script>'{wrong}'</script>")
    write_policies(None, tmp_path)
    assert other.read_text() == wrong
    assert page.read_text().startswith(HEAD[: HEAD.index("<link")] + "<script>{\nconst policy")
    page.write_text(HEAD + wrong)
    with pytest.raises(
        ExtensionError, match=r"page\.html: no policy allows the script in '(on|href)"
    ):
        write_policies(None, tmp_path)


def test_each_page_sets_its_policy_before_it_asks_for_anything():
    for path in SITE.rglob("*.html"):
        if path.relative_to(SITE).parts[0] not in ("_static", "lite"):
            before = re.split(r"<link|\ssrc=", path.read_text("utf-8"), maxsplit=1)[0]
            assert before.count("Content-Security-Policy") == 1, path
