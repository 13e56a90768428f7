"""Store the images inside the figures with a palette: the same pixels in a fifth of the bytes."""

import base64
import io
import re

from PIL import Image

_PNG = re.compile(r"(data:image/png;base64,)((?:[A-Za-z0-9+/=\s]|\\n|%0A|%20|%2B|%2F|%3D)+)")
MIN_BYTES = 4_000


def shrink_images(text):
    """Write the large images of a page's figures with a palette where that loses nothing.

    matplotlib writes four bytes for each pixel of a picture that has a dozen colors.
    """
    return _PNG.sub(lambda found: found[1] + _shrunk(found[2]), text)


def _shrunk(encoded):
    """Return an image in base64, smaller if the same pixels can be."""
    plain = re.sub(r"\s|\\n|%0A|%20", "", encoded)
    for code, letter in (("%2B", "+"), ("%2F", "/"), ("%3D", "=")):
        plain = plain.replace(code, letter)
    data = base64.b64decode(plain)
    if len(data) < MIN_BYTES:
        return encoded
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    found = image.getcolors(256)
    if found is None:
        return encoded
    colors = sorted(color for _, color in found)
    number = {bytes(color): place for place, color in enumerate(colors)}
    pixels = image.tobytes()
    places = bytes(number[pixels[at : at + 4]] for at in range(0, len(pixels), 4))
    small = Image.frombytes("P", image.size, places)
    small.putpalette(bytes(part for color in colors for part in color[:3]))
    written = io.BytesIO()
    opacity = bytes(color[3] for color in colors)
    small.save(written, "png", optimize=True, transparency=opacity)
    if written.tell() >= len(data):
        return encoded
    return base64.b64encode(written.getvalue()).decode()
