"""What goes wrong on a page that a browser opens, and waiting there."""

import time

PATIENCE = 30  # seconds
# Firefox says it nowhere else.
_SAY_WHAT_IS_REFUSED = """addEventListener('securitypolicyviolation', event =>
    console.error(`policy: ${event.effectiveDirective} refuses ${event.blockedURI}`))"""


def trouble_of(page, home):
    """Return a list for what goes wrong on a page from now on, or is asked of elsewhere."""
    trouble = []

    def note_said(said):
        # Only tests read a canvas again and again.
        if said.type in ("error", "warning") and "willReadFrequently" not in said.text:
            trouble.append(f"console: {said.text}")

    def note_request(request):
        if not request.url.startswith((home, "data:", "blob:")):
            trouble.append(f"request to elsewhere: {request.url}")

    page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
    page.on("console", note_said)
    page.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
    page.on("request", note_request)
    page.add_init_script(_SAY_WHAT_IS_REFUSED)
    return trouble


def wait_until(page, holds, arg=None):
    """Wait until an expression, or a function, holds on a page.

    Playwright's own `wait_for_function` compiles it in the page, which a policy forbids.
    """
    end = time.monotonic() + PATIENCE
    while not _evaluate(page, holds, arg):
        assert time.monotonic() < end, f"in {PATIENCE} seconds it never came: {holds}"
        page.wait_for_timeout(20)


def _evaluate(page, expression, arg):
    """Return what an expression is on a page, or None while the page gives way to another."""
    from playwright.sync_api import Error  # `make lowest` has no browser

    try:
        return page.evaluate(expression, arg)
    except Error as error:
        if "context was destroyed" not in error.message:
            raise
        return None
