"""The text of chapter 14: Python's own manual as characters, each paragraph once."""

import hashlib
import re
from functools import cache
from typing import NamedTuple

import numpy as np

__all__ = ["Text", "fingerprint", "leaks", "manual", "shared_windows"]

BLOCKS = 40
"""Into how many pieces the text is cut; of each ten, one validates and one tests."""

PARTS = {"validation": 4, "test": 9}
"""Which piece of each ten is held out for what; the rest is for training."""


class Text(NamedTuple):
    """The manual in three parts, as numbers of symbols.

    Parameters
    ----------
    symbols : str
        All characters that occur, in the order of their numbers.
    train, validation, test : numpy.ndarray of int64
        Each part, one number a character.
    """

    symbols: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def spell(self, numbers):
        """Return numbers of symbols as text.

        Parameters
        ----------
        numbers : iterable of int
            Numbers of symbols.

        Returns
        -------
        str
            One character each.
        """
        return "".join(self.symbols[number] for number in numbers)


@cache
def manual():
    """Return the manual that ships with Python, each paragraph once, in three parts.

    Returns
    -------
    Text
        Another one in another version of Python.

    Notes
    -----
    The module `pydoc_data.topics` holds chapters of the manual and sections of these chapters
    again. So each paragraph is kept where it stands first, spaces and line ends not counted. What
    is left is cut between paragraphs into `BLOCKS` pieces of about the same length.
    """
    found = paragraphs()
    ends = np.cumsum([len(one) + 2 for one in found])
    pieces = (ends - 1) * BLOCKS // ends[-1]  # of which piece each paragraph is
    symbols = "".join(sorted(set("".join(found)) | {"\n"}))
    number = {symbol: at for at, symbol in enumerate(symbols)}
    texts = {name: [] for name in ("train", *PARTS)}
    places = {place: name for name, place in PARTS.items()}
    for piece, text in zip(pieces, found, strict=True):
        texts[places.get(piece % 10, "train")].append(text)
    return Text(
        symbols,
        *(
            np.array([number[symbol] for symbol in "\n\n".join(texts[name])])
            for name in ("train", *PARTS)
        ),
    )


def paragraphs():
    """Return the paragraphs of the manual, each where it stands first, topics by name."""
    from pydoc_data.topics import topics

    found = {}
    for name in sorted(topics):
        for text in re.split(r"\n\s*\n", topics[name].strip()):
            found.setdefault(" ".join(text.split()), text)
    return list(found.values())


def fingerprint():
    """Return the first 16 digits of the SHA-256 of the text: which manual this Python has.

    Returns
    -------
    str
        The same for the same paragraphs.
    """
    return hashlib.sha256("\n\n".join(paragraphs()).encode()).hexdigest()[:16]


def shared_windows(one, other, length=40):
    """Return which share of the windows of one text stand in another one, too.

    Parameters
    ----------
    one, other : numpy.ndarray of int
        Texts as numbers, shape (n,).
    length : int, default 40
        Characters of a window.

    Returns
    -------
    float
        From 0 to 1.
    """
    own, others = (
        [text[at : at + length].tobytes() for at in range(len(text) - length + 1)]
        for text in (one, other)
    )
    known = set(others)
    return sum(window in known for window in own) / len(own)


@cache
def leaks():
    """Return which share of what is held out stands in the training text, too, word for word.

    Returns
    -------
    tuple of float
        Of the windows of the validation text, and of the test text.
    """
    text = manual()
    return tuple(shared_windows(part, text.train) for part in (text.validation, text.test))
