"""``python -m book build .``: jupyter-book, without what it would import in vain."""

import sys

if __name__ == "__main__":
    # Where this is installed, jsonschema compiles its grammar of addresses, which takes a second.
    sys.modules["rfc3987_syntax"] = None
    # It would import matplotlib, to draw cards that nobody asks for.
    sys.modules["sphinxext.opengraph._social_cards"] = None
    from jupyter_book.cli.main import main

    main()
