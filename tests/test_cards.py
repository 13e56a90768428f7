"""What a shared page shows elsewhere: a description always, a card where the address is known."""

import re

import pytest
from recorded import SITE
from sphinx.errors import ExtensionError

from book.sharing import own_domain, site_address

ADDRESS = "https://example.org/a-book/"


@pytest.mark.parametrize(
    ("given", "repository", "address", "domain"),
    [
        ("", "", "", ""),
        ("https://example.org/a-book", "", ADDRESS, "example.org"),
        (ADDRESS, "https://github.com/Owner/name", ADDRESS, "example.org"),
        ("", "https://github.com/Owner/Name.git", "https://owner.github.io/Name/", ""),
        ("", "https://github.com/Owner/owner.github.io", "https://owner.github.io/", ""),
    ],
)
def test_the_environment_says_where_the_site_will_stand(given, repository, address, domain):
    assert site_address({"SITE_URL": given, "REPOSITORY": repository}) == address
    assert own_domain(address) == domain  # recorded only if it is the book's own


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org/", "https://", "https://a/?b"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ExtensionError, match=r"SITE_URL is .*leave SITE_URL unset"):
        site_address({"SITE_URL": address})


def test_without_an_address_every_page_has_a_description_and_no_address():
    pages = {path.name: path.read_text("utf-8") for path in (SITE / "chapters").rglob("*.html")}
    find = re.compile('<meta name="description" content="([^"]*)"')
    said = {name: find.search(page)[1] for name, page in pages.items()}
    assert {name: text for name, text in said.items() if not 20 <= len(text) <= 250} == {}
    root = (SITE / "index.html").read_text(encoding="utf-8")
    assert f'content="{said["index.html"]}"' in root
    if not any("og:url" in page for page in pages.values()):
        assert not (SITE / "_static" / "cards").exists()
        assert not (SITE / "CNAME").exists()
        assert "http:" not in root
        assert "https:" not in root
