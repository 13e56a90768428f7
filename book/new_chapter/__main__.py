"""Write a new chapter: python -m book.new_chapter 17_title."""

import sys
from pathlib import Path

from book.new_chapter import write_chapter


def main(arguments):
    """Write it and say which files it has, or what is wrong."""
    if len(arguments) != 1:
        sys.exit("say which: make chapter NAME=17_title")
    root = Path.cwd()
    try:
        for path in write_chapter(root, arguments[0]):
            print(path.relative_to(root))
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
