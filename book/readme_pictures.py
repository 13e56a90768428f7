"""Record what the README shows, a training on the landing page: python -m book.readme_pictures."""

import io
import sys

from PIL import Image

from book.drafts import draft_of
from book.paper.press import ROOT, SITE
from browsers.chromium import running_chromium

__all__ = ["PICTURES", "record"]

PICTURES = {mode: ROOT / ".github" / f"train-it-here-{mode}.webp" for mode in ("light", "dark")}
_FRAMES = 10  # of the training; a first and a last one stand beside it
_COLORS = 48  # all that a page of inks and two nets needs: a quarter of the bytes
_HOLD, _EACH, _END = 800, 220, 6000  # in milliseconds


def record(browser, address, mode):
    """Train on the landing page and return it as an animation that plays once.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        Any.
    address : str
        Of the landing page.
    mode : {"light", "dark"}
        The palette of the page.

    Returns
    -------
    bytes
        A WebP image.
    """
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=mode)
    page.goto(address)
    page.evaluate("document.fonts.ready")
    figure = page.get_by_role("figure", name="Train it here")
    figure.get_by_label("case").select_option("dropout wins")
    train = figure.get_by_role("button", name="Train", exact=True)
    box = figure.bounding_box()
    clip = {"x": box["x"] - 16, "y": box["y"] - 8}
    clip |= {"width": box["width"] + 32, "height": box["height"] + 16}
    shots = [page.screenshot(clip=clip)]
    train.click()
    figure.get_by_role("button", name="Pause", exact=True).wait_for()
    while not train.is_visible():
        shots.append(page.screenshot(clip=clip))
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    shots.append(page.screenshot(clip=clip))
    page.close()
    return _animated([Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots])


def _animated(shots):
    """Return some of the shots, the first and the last among them, as one image."""
    between = len(shots) - 2
    number = min(_FRAMES, between)
    kept = [shots[0], *(shots[1 + k * between // number] for k in range(number)), shots[-1]]
    palette = kept[-1].quantize(_COLORS, dither=Image.Dither.NONE)
    first, *rest = (
        shot.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB") for shot in kept
    )
    durations = [_HOLD, *[_EACH] * number, _END]
    animation = {"save_all": True, "append_images": rest, "duration": durations, "loop": 1}
    file = io.BytesIO()
    first.save(file, "WEBP", lossless=True, method=4, minimize_size=True, **animation)
    return file.getvalue()


def main():
    """Record both modes from the built site."""
    page = SITE / "chapters" / "index.html"
    if not page.exists():
        sys.exit(f"{page} does not exist; run: make book")
    with running_chromium() as browser:
        for mode, target in PICTURES.items():
            with draft_of(target) as draft:
                draft.write_bytes(record(browser, page.as_uri(), mode))
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
