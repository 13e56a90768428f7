"""The Sphinx extension that makes this book's site."""

PARTS = (
    "api",
    "pages",
    "complete",
    "forward",
    "ledger",
    "launch",
    "quiz_groups",
    "downloads",
    "plain_links",
    "typography",
    "cards",
    "whole_book",
    "weight",
)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    for part in PARTS:
        app.setup_extension(f"book.{part}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
