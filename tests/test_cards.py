"""What a shared page shows elsewhere: a description always, a card where the address is known."""

import os
import struct
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from recorded import CHAPTERS, SITE
from sphinx.errors import ExtensionError

from book.cards import site_address
from book.forward import own_domain

ROOT = CHAPTERS.parent

ADDRESS = "https://example.org/a-book/"
TOC = """format: jb-book
root: chapters/index
parts:
- caption: Use dropout
  chapters:
  - file: chapters/lesson
- caption: A part without a card of its own
  chapters:
  - file: chapters/other
"""


def _tags(path):
    """Return the name and the content of each meta tag of a page that has both."""
    head = path.read_text(encoding="utf-8").partition("</head>")[0]
    soup = BeautifulSoup(head, "html.parser")
    tags = [tag for tag in soup.find_all("meta") if tag.get("content")]
    return {tag.get("property") or tag.get("name"): tag["content"] for tag in tags}


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        ({"SITE_URL": "", "REPOSITORY": ""}, ""),
        ({"SITE_URL": "https://example.org/a-book"}, ADDRESS),
        ({"SITE_URL": ADDRESS, "REPOSITORY": "https://github.com/Owner/name"}, ADDRESS),
        ({"REPOSITORY": "https://github.com/Owner/Name"}, "https://owner.github.io/Name/"),
        ({"REPOSITORY": "https://github.com/Owner/name.git"}, "https://owner.github.io/name/"),
        ({"REPOSITORY": "https://github.com/Owner/owner.github.io"}, "https://owner.github.io/"),
        ({"REPOSITORY": "https://elsewhere.example/Owner/name"}, ""),
    ],
)
def test_the_environment_says_where_the_site_will_stand(environment, address):
    assert site_address(environment) == address


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org/", "https://", "https://a/?b"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ExtensionError, match=r"SITE_URL is .*leave SITE_URL unset"):
        site_address({"SITE_URL": address})


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://owner.github.io/name/", ""),
        ("https://book.example.org/", "book.example.org"),
        ("", ""),
    ],
)
def test_only_a_domain_of_the_books_own_is_recorded(address, domain):
    assert own_domain(address) == domain


def test_a_site_with_an_address_and_a_pdf_says_so_on_every_page(tmp_path):
    for name in ("_config.yml", "book", "assets", "references.bib"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "chapters").mkdir()
    for name in ("index", "lesson", "other"):
        text = f"# The {name}\n\nWhat the {name} is about.\n"
        (tmp_path / "chapters" / f"{name}.md").write_text(text)
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-W", "-n", "--quiet"]
    environment = {**os.environ, "SITE_URL": ADDRESS, "PDF": "1"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    site = tmp_path / "_build" / "html"
    images = {}
    for name in ("index", "lesson", "other"):
        page = site / "chapters" / f"{name}.html"
        assert 'href="../dropout-lab.pdf"' in page.read_text(encoding="utf-8")
        tags = _tags(page)
        assert tags["og:title"] == f"The {name}"
        assert tags["og:site_name"] == "Dropout Lab"
        assert tags["og:url"] == urljoin(ADDRESS, f"chapters/{name}.html")
        assert tags["description"] == tags["og:description"]
        assert tags["twitter:card"] == "summary_large_image"
        assert tags["og:image"].startswith(ADDRESS)
        images[name] = tags["og:image"].removeprefix(ADDRESS)
        header = (site / images[name]).read_bytes()[:24]
        assert header[:8] == b"\x89PNG\r\n\x1a\n"
        size = struct.unpack(">II", header[16:])
        assert size == (int(tags["og:image:width"]), int(tags["og:image:height"])) == (1200, 630)
    assert images["lesson"] != images["index"] == images["other"]
    # Whoever shares the site's root shares its landing page.
    landing = _tags(site / "chapters" / "index.html")
    del landing["docsearch:language"]
    assert landing.items() <= _tags(site / "index.html").items()
    canonical = f'<link rel="canonical" href="{ADDRESS}chapters/index.html">'
    assert canonical in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "CNAME").read_text() == "example.org\n"
    assert _tags(site / "chapters" / "lesson.html")["description"] == "What the lesson is about."


def test_without_an_address_every_page_has_a_description_and_no_address():
    pages = sorted((SITE / "chapters").rglob("*.html"))
    described = {page.name: _tags(page) for page in pages}
    assert described
    for name, tags in described.items():
        assert 20 <= len(tags["description"]) <= 210, name
    root = (SITE / "index.html").read_text(encoding="utf-8")
    assert _tags(SITE / "index.html")["description"] == described["index.html"]["description"]
    if not any("og:url" in tags for tags in described.values()):
        assert not (SITE / "_static" / "cards").exists()
        assert not (SITE / "CNAME").exists()
        assert "http:" not in root
        assert "https:" not in root
