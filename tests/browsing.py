"""What goes wrong on a page that a browser opens."""


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
    return trouble
