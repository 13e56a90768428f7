"""MNIST from its four original files, or scikit-learn's small digits in its place."""

import gzip
import math
import zlib
from dataclasses import dataclass

import numpy as np

from dropout_lab.datasets.files import (
    DATA_VARIABLE,
    DataUnavailable,
    cache_folder,
    check_no_web_page,
    check_sha256,
    fetch,
    own_folder,
)

__all__ = ["FILES", "MIRRORS", "Mnist", "load_mnist", "load_mnist_or_digits", "parse_idx"]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Where the files are downloaded from: the first that works."""

FILES = {
    "train-images-idx3-ubyte.gz": (
        (60_000, 28, 28),
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "train-labels-idx1-ubyte.gz": (
        (60_000,),
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "t10k-images-idx3-ubyte.gz": (
        (10_000, 28, 28),
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    "t10k-labels-idx1-ubyte.gz": (
        (10_000,),
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}
"""Shape and SHA-256 of each file."""

DIGITS_TO_TRAIN_ON = 1500
"""How many of scikit-learn's 1,797 digits are for training; the others are for testing."""


@dataclass(frozen=True, eq=False)
class Mnist:
    """Images of handwritten digits with their labels, to train and to test on.

    Attributes
    ----------
    train_images, test_images : numpy.ndarray of uint8 or float32
        Shape ``(images, rows, columns)``: 60,000 and 10,000 of 28 x 28 for MNIST. Ink is high,
        paper is 0: integers up to 255, or fractions up to 1.
    train_labels, test_labels : numpy.ndarray of uint8
        The digit in each image, 0 to 9, shape ``(images,)``.
    name : str
        ``"MNIST"`` or ``"digits"``.
    note : str
        One line for the reader: which images these are.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    name: str = "MNIST"
    note: str = "MNIST: 60,000 images to train on and 10,000 to test on, 28 x 28 pixels each."


def load_mnist(dtype="uint8"):
    """Return MNIST, from your own folder, the cache, or the web.

    Parameters
    ----------
    dtype : {"uint8", "float32"}, default "uint8"
        Pixels as stored, 0 to 255, or divided by 255.

    Returns
    -------
    Mnist
        60,000 training and 10,000 test images of 28 x 28 pixels. Labels are uint8 always.

    Raises
    ------
    DataUnavailable
        If the files are neither on this machine nor to be had from the web; the message says
        what to do.
    ValueError
        If `dtype` is not allowed, or a file in your own folder is not the one it should be.

    Notes
    -----
    `load_mnist_or_digits`, which chapters 7, 9 and 11 call, begins here.

    If the environment variable ``DROPOUT_LAB_DATA`` names a folder, the files are taken from
    ``mnist/`` in it and from nowhere else. Otherwise they come from the cache, and on first use
    from two public mirrors (11 MB). Each file is checked by its SHA-256. A cached file that fails
    is deleted and downloaded again; a file of your own is never deleted, it is an error.

    References
    ----------
    LeCun, Cortes, Burges, The MNIST database of handwritten digits; LeCun, Bottou, Bengio,
    Haffner (1998), Gradient-based learning applied to document recognition.
    """
    _check_dtype(dtype)
    return Mnist(*(_load(name, *expected, dtype) for name, expected in FILES.items()))


def load_mnist_or_digits(dtype="float32"):
    """Return MNIST if it can be had, and else scikit-learn's 8 x 8 digits.

    Parameters
    ----------
    dtype : {"float32", "uint8"}, default "float32"
        As in `load_mnist`.

    Returns
    -------
    Mnist
        `name` and `note` say which images these are; print the note. The digits come with every
        installation of scikit-learn: 1,797 images of 8 x 8 pixels, the first 1,500 to train on
        and the other 297 to test on, with ink scaled to the range of MNIST.

    Raises
    ------
    ValueError
        If `dtype` is not allowed, or a file in your own folder is not the one it should be.

    Notes
    -----
    Taught in: chapter 7.

    References
    ----------
    Alpaydin, Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository.
    """
    try:
        return load_mnist(dtype)
    except DataUnavailable:
        return _load_digits(dtype)


def _load(name, shape, sha256, dtype):
    """Return one file as an array, checked in every way; only images take another dtype."""
    folder = own_folder("mnist")
    if folder is None:
        path = cache_folder("mnist") / name
        array = parse_idx(fetch(name, sha256, path.parent, MIRRORS), path, len(shape))
    else:
        path = folder / name
        array = _parse_own(path, sha256, len(shape))
    if array.shape != shape:
        raise ValueError(f"{path} must hold an array of shape {shape}, not {array.shape}")
    if len(shape) == 1 and array.max() > 9:
        raise ValueError(f"{path} must hold labels from 0 to 9, not {array.max()}")
    if len(shape) == 3 and dtype == "float32":
        return np.divide(array, np.float32(255), dtype=np.float32)  # no float64 in between
    return array


def _parse_own(path, sha256, axes):
    """Return the array in the reader's own file, or raise with the best reason there is."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataUnavailable(
            f"cannot read {path}: {error.strerror}; put the file there, "
            f"or unset {DATA_VARIABLE} to download MNIST"
        ) from error
    array = parse_idx(raw, path, axes)  # first, because it can tell what is wrong with a file
    check_sha256(raw, sha256, path)
    return array


def parse_idx(raw, path, axes):
    """Return the array of bytes in a gzipped IDX file.

    Parameters
    ----------
    raw : bytes
        The content of the file.
    path : str or pathlib.Path
        What an error message calls the file.
    axes : int
        Number of axes that the array must have: 3 for images, 1 for labels.

    Returns
    -------
    numpy.ndarray of uint8
        In the shape that the file's header gives.

    Raises
    ------
    ValueError
        If the file is not gzip, is cut short or damaged, has the wrong magic number, or holds
        more or less than its header says. The message names the file.

    Notes
    -----
    An IDX file starts with its magic number: two zero bytes, a code for the type (8 is unsigned
    byte) and the number of axes. Then come the length of each axis as a big-endian 32-bit
    integer, and the values.

    Examples
    --------
    >>> header = bytes([0, 0, 8, 1]) + (3).to_bytes(4, "big")
    >>> parse_idx(gzip.compress(header + bytes([5, 0, 4])), "labels.gz", axes=1)
    array([5, 0, 4], dtype=uint8)
    """
    check_no_web_page(raw, path)
    try:
        data = gzip.decompress(raw)
    except EOFError as error:
        raise ValueError(f"{path} is cut short: its gzip data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a sound gzip file: {error}") from error
    magic = bytes([0, 0, 8, axes])
    if data[:4] != magic:
        raise ValueError(
            f"{path} has the wrong magic number: it starts with {data[:4].hex(' ') or 'nothing'} "
            f"instead of {magic.hex(' ')}"
        )
    start = 4 + 4 * axes
    if len(data) < start:
        raise ValueError(f"{path} is cut short: its header must give {axes} length(s)")
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) - start != math.prod(shape):
        raise ValueError(
            f"{path} holds {len(data) - start} values, but its header gives the shape {shape}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()  # to be writable


def _load_digits(dtype):
    """Return scikit-learn's digits in the shape of `Mnist`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)  # stored are 0 to 16
    if dtype == "float32":
        images = (digits.images / 16).astype(np.float32)
    labels = digits.target.astype(np.uint8)
    train, test = slice(DIGITS_TO_TRAIN_ON), slice(DIGITS_TO_TRAIN_ON, None)
    return Mnist(
        images[train],
        labels[train],
        images[test],
        labels[test],
        name="digits",
        note=(
            "MNIST is not at hand, so these are scikit-learn's digits: 1,500 images to train on "
            "and 297 to test on, 8 x 8 pixels each. The numbers in the text are for MNIST; "
            "load_mnist() says how to get it."
        ),
    )


def _check_dtype(dtype):
    """Raise unless `dtype` is one of the two names allowed."""
    if dtype not in ("uint8", "float32"):
        raise ValueError(f'dtype must be "uint8" or "float32", got {dtype!r}')
