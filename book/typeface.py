"""Make the fonts of the pages, ``assets/fonts``: python -m book.typeface.

Literata carries prose, headings and controls, IBM Plex Mono code; both under the SIL Open Font
License. The files lie in the repository because they change so seldom, and so that a build needs no
network. To make them again: ``.venv/bin/python -m pip install brotli``, then the command.
"""

import io
from pathlib import Path

FONTS = Path(__file__).parents[1] / "assets" / "fonts"
# ASCII, no-break space, signs, the letters of names, quotation marks, dashes, ellipsis, minus.
# What else the pages show, mathematics most of all, comes from fonts of the reader's machine.
CHARACTERS = "".join(map(chr, range(0x20, 0x7F))) + "\xa0©°±²³·¹×÷áäçéëíïñóöüß–—‘’“”…−"
FEATURES = ["ccmp", "kern", "liga", "lnum", "locl", "mark", "tnum"]
PACKAGES = {
    "literata": (
        "5.3.0",
        "sha512-9JGMT5+YfBK49thoMq9ASaMRJErHT4V4QuMhAEwKHRLreOsIMP2xP6ZRLhPJ0e6YlET+kjWTJuN7LAxt9/gWGQ==",
        ["400-normal", "600-normal", "400-italic"],
    ),
    "ibm-plex-mono": (
        "5.3.0",
        "sha512-eTgnZjZEGk1QtD3ZstF+Vclo2HLAni8YMy34/DxllwZvyz1lR/1RF/xTiAquOBO7MvqBx8D2Ig2WCPMVfdZu7Q==",
        ["400-normal"],
    ),
}


def subset(file, codes, flavor, features, names):
    """Return a font with the characters of these codes alone; None if it has none of them.

    `features` and `names` say what it keeps of its layout and of what it tells of itself.
    """
    from fontTools.subset import Options, Subsetter  # seldom needed, and not fast
    from fontTools.ttLib import TTFont

    font = TTFont(file, recalcTimestamp=False)
    here = set(codes) & set(font.getBestCmap())
    if not here:
        return None
    subsetter = Subsetter(Options(hinting=False, layout_features=features, name_IDs=names))
    subsetter.populate(unicodes=here)
    subsetter.subset(font)
    font.flavor = flavor
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()


def main():
    """Fetch the packages from npm's registry, and write their fonts and licenses."""
    from book.drafts import draft_of
    from browsers.npm import fetch

    for family, (version, integrity, styles) in PACKAGES.items():
        with fetch(f"@fontsource/{family}", version, integrity) as package:
            for style in styles:
                name = f"package/files/{family}-latin-{style}.woff2"
                font, codes = io.BytesIO(package.extractfile(name).read()), map(ord, CHARACTERS)
                made = subset(font, codes, "woff2", FEATURES, names=[0, 1, 2, 13, 14])
                with draft_of(FONTS / f"{family}-{style}.woff2") as draft:
                    draft.write_bytes(made)
            license_text = package.extractfile("package/LICENSE").read()
            (FONTS / f"{family}-license.txt").write_bytes(license_text)


if __name__ == "__main__":
    main()
