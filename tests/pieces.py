"""What a reader does with a piece that computes in the page, for its tests."""

from dropout_lab.explorer.page import script_text


def press(page, *names):
    """Press buttons of the piece, one after the other."""
    for name in names:
        page.figure.get_by_role("button", name=name, exact=True).click()


def wait_for(page, text):
    """Wait until the sentence says so."""
    page.says.filter(has_text=text).wait_for(timeout=60_000)


def read(text):
    """Read a number as the page writes it."""
    return float(text.replace("−", "-"))


def with_scripts(page, *names):
    """Give an empty page scripts of the playground, and no piece."""
    for name in names:
        page.add_script_tag(content=script_text(f"{name}.js", "dropout_lab.playground"))
    return page
