"""The Sphinx extension that makes this book's site. What happens, and in which order, stands here.

The other modules hold the functions, `prose` and `ledger` what the site shares with notebooks and
tests, `lite` and `paper` what is made of the book besides: Python in a browser, a PDF, an e-book.
"""

import atexit
import contextlib
import gc
import io
import os
from functools import cache
from pathlib import Path

from pybtex.backends.plaintext import Backend
from pybtex.plugin import register_plugin
from sphinx.search.en import SearchEnglish

from book import (
    complete,
    downloads,
    header,
    parts,
    pictures,
    policy,
    reference,
    scripts,
    sharing,
    sources,
    text,
    weight,
)
from book.atlas import Atlas
from book.ledger import Ledger
from book.marks import mark


class English(SearchEnglish):
    """The language of the search; most words stand on several pages, and find their stem once."""

    stem = cache(SearchEnglish.stem)


FINISHING = (  # once all pages are written
    downloads.write_downloads,
    sharing.copy_cards,
    sharing.name_domain,
    parts.share_parts,
    weight.drop_source_maps,
    weight.lighten_pages,
    policy.write_policies,  # once no script changes any more
    complete.check_site,  # last, as it looks at what readers will get
)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    # Pages are trees of millions of nodes, which would be searched for garbage again and again,
    # and once more at the end.
    gc.disable()
    atexit.register(gc.freeze)
    app.connect("config-inited", configure)  # before numpydoc looks
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("numpydoc")
    app.setup_extension("sphinx.ext.linkcode")
    with contextlib.redirect_stdout(io.StringIO()):  # it would ask for matplotlib, to draw cards
        app.setup_extension("sphinxext.opengraph")
    app.add_directive("atlas", Atlas)
    app.add_directive("ledger", Ledger)
    app.add_role("claim", mark)
    app.add_search_language(English)

    # Before others put their files into the site.
    app.connect("builder-inited", begin, priority=0)
    app.connect("env-get-outdated", sources.find_outdated)
    app.connect("env-before-read-docs", sources.check_outputs)
    app.connect("source-read", sources.read_links)
    app.connect("source-read", reference.write_page)
    app.connect("autodoc-skip-member", reference.skip_fields)
    app.connect("autodoc-process-docstring", reference.shorten, priority=400)  # before numpydoc
    app.connect("doctree-read", reference.read_code)
    app.connect("env-updated", reference.find_entries)
    app.connect("env-updated", share_work)  # once all is read
    app.connect("missing-reference", sources.find_notebook)
    app.connect("missing-reference", reference.find_name)
    app.connect("doctree-resolved", reference.list_uses)
    app.connect("doctree-resolved", reference.link_prose)
    # Before opengraph, at 500, reads what the page says of itself.
    app.connect("html-page-context", sharing.choose_card, priority=400)
    # After it, and after the theme has laid out its header.
    app.connect("html-page-context", make_page, priority=900)
    # After others have copied their style sheets, and sphinx-external-toc its page for the root.
    app.connect("build-finished", finish, priority=900)
    return {"env_version": 2, "parallel_read_safe": False, "parallel_write_safe": True}


def configure(app, config):
    """Take from the environment what _config.yml cannot know; refuse what it says wrongly."""
    header.repository()
    config.ogp_site_url = sharing.site_address()
    config.ogp_social_cards = {"enable": False}
    reference.configure(config)
    scripts.silence_thebe(app)
    # sphinxcontrib-bibtex asks for it at each citation, and would search all packages each time.
    register_plugin("pybtex.backends", "plaintext", Backend, force=True)


def begin(app):
    """Begin a new site."""
    if app.builder.name == "html":
        complete.clear_site(Path(app.outdir))
        scripts.copy_mathjax(Path(app.outdir))


def share_work(app, env):
    """Write the pages on all cores; not all extensions allow to read them so.

    Sphinx counts itself, though it only prepares what the others write.
    """
    app.parallel = 1 + (os.cpu_count() or 1)


def make_page(app, pagename, templatename, context, doctree):
    """Change what Sphinx and the theme say about a page before its template is filled in."""
    if "body" in context:
        citations = app.env.get_domain("cite").citations
        here = [entry for entry in citations if entry.bibliography_key.docname == pagename]
        context["body"] = text.mend(text.name_entries(context["body"], here))
        context["body"] = reference.link_code(app, pagename, context["body"])
        pictures.draw_cards(app, pagename, context)
    header.add_buttons(app, pagename, context)
    reference.drop_source(pagename, context)
    scripts.place_scripts(app, pagename, context)
    sharing.keep_what_holds(app, pagename, context)
    sharing.share_root(app, pagename, context)


def finish(app, exception):
    """Finish a site whose pages are written."""
    if exception is None and app.builder.name == "html":
        for step in FINISHING:
            step(app, Path(app.outdir))
