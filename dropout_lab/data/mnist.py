"""MNIST from its four original files, or scikit-learn's small digits in its place."""

import gzip
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check
from dropout_lab._extras import need
from dropout_lab._types import Labels, Numbers
from dropout_lab.data import files

__all__ = ["Mnist", "load_idx", "load_mnist", "load_mnist_or_digits"]

# Where the files are downloaded from: the first that works.
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of each file as the mirrors send it, and of its content.
SENT = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
CONTENT = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

# Where they may lie in the reader's folder: the book's place, and where torchvision puts them.
FOLDERS = ("mnist", "MNIST/raw", "mnist/MNIST/raw")

DTYPES = ("uint8", "float32")
Dtype = Literal["uint8", "float32"]


@dataclass(frozen=True, eq=False)
class Mnist:
    """Images of handwritten digits with their labels, to train and to test on.

    Attributes
    ----------
    train_images, test_images : numpy.ndarray of uint8 or float32
        Shape ``(images, rows, columns)``: 60,000 and 10,000 of 28 x 28 for MNIST. Ink is high,
        paper is 0: integers up to 255, or fractions up to 1.
    train_labels, test_labels : numpy.ndarray of uint8
        The digit in each image, 0 to 9, or the class, shape ``(images,)``.
    name : str
        ``"MNIST"``, ``"digits"``, or what `load_idx` was told.
    note : str
        One line for the reader: which images these are.
    """

    train_images: Numbers
    train_labels: Labels
    test_images: Numbers
    test_labels: Labels
    name: str = "MNIST"
    note: str = "MNIST: 60,000 images to train on and 10,000 to test on, 28 x 28 pixels each."


def load_mnist(dtype: Dtype = "uint8") -> Mnist:
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

    See Also
    --------
    load_mnist_or_digits : Smaller digits where it is not at hand.

    Notes
    -----
    `load_mnist_or_digits`, which chapters 7, 9 and 11 call, begins here.

    If the environment variable ``DROPOUT_LAB_DATA`` names a folder, the files are taken from
    ``mnist/`` in it and from nowhere else, gzipped or not, under the names that LeCun, Kaggle or
    torchvision give them; torchvision's own folder ``MNIST/raw/`` serves too. Otherwise they come
    from the cache, and on first use from two public mirrors (11 MB). The content of each file is
    checked by its SHA-256. In the cache, a file that fails is downloaded again; one of your own
    stays as it is, and is an error.

    `load_idx` reads other data sets in such files, Fashion-MNIST for example.

    References
    ----------
    LeCun, Cortes, Burges, The MNIST database of handwritten digits; LeCun, Bottou, Bengio,
    Haffner (1998), Gradient-based learning applied to document recognition.
    """
    check.choice(dtype, "dtype", DTYPES)
    images, labels, test_images, test_labels = map(_load, CONTENT)
    return Mnist(_scaled(images, dtype), labels, _scaled(test_images, dtype), test_labels)


def load_mnist_or_digits(dtype: Dtype = "float32") -> Mnist:
    """Return MNIST if it can be had, and else scikit-learn's 8 x 8 digits.

    Parameters
    ----------
    dtype : {"float32", "uint8"}, default "float32"
        As in `load_mnist`.

    Returns
    -------
    Mnist
        `name` and `note` say which images these are, and why; print the note. The digits come
        with every installation of scikit-learn: 1,797 images of 8 x 8 pixels, the first 1,500 to
        train on and the other 297 to test on, with ink scaled to the range of MNIST.

    Raises
    ------
    ValueError
        If `dtype` is not allowed, or a file in your own folder is not the one it should be.

    See Also
    --------
    load_mnist : Nothing else than MNIST.

    References
    ----------
    Alpaydin, Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository.
    """
    try:
        return load_mnist(dtype)
    except files.DataUnavailable as error:
        return _load_digits(dtype, error)


def load_idx(
    folder: str | os.PathLike[str], *, dtype: Dtype = "uint8", name: str | None = None
) -> Mnist:
    """Return another data set of images whose four files are named as MNIST's.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
        ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte`` lie, gzipped or not.
    dtype : {"uint8", "float32"}, default "uint8"
        As in `load_mnist`.
    name : str, optional
        What to call it; by default the folder's name.

    Returns
    -------
    Mnist
        Images of any size, labels of any number of classes. Nothing is known about their
        content, so nothing but their form is checked.

    Raises
    ------
    DataUnavailable
        If a file is missing or cannot be read.
    TypeError
        If `folder` is none.
    ValueError
        If `dtype` is not allowed, or the files do not fit together, are damaged or no IDX files
        of bytes; the message names the file or the folder.

    See Also
    --------
    load_mnist : Reads its four files with it.

    Notes
    -----
    For trials of your own: put the result in the place of MNIST in chapter 7 to see what its
    networks make of Fashion-MNIST or Kuzushiji-MNIST.

    References
    ----------
    Xiao, Rasul, Vollgraf (2017), Fashion-MNIST, arXiv:1708.07747.
    """
    check.choice(dtype, "dtype", DTYPES)
    folder = check.folder(folder)
    arrays = []
    for stem in CONTENT:
        path = files.first_file(folder, _names(stem))
        if path is None:
            raise files.DataUnavailable(f"there is no {stem} in {folder}, gzipped or not")
        arrays.append(parse_idx(_content(path), path, _axes(stem)))
    images, labels, test_images, test_labels = arrays
    for part, count in (images, len(labels)), (test_images, len(test_labels)):
        if part.shape != (count, *images.shape[1:]):
            raise ValueError(
                f"the files in {folder} do not fit together: images of shape {part.shape} for "
                f"{count} labels, where those to train on have shape {images.shape}"
            )
    name = folder.absolute().name if name is None else name
    note = (
        f"{name}: {len(images):,} images to train on and {len(test_images):,} to test on, "
        f"{images.shape[1]} x {images.shape[2]} pixels each. The numbers in the text are for MNIST."
    )
    train, test = _scaled(images, dtype), _scaled(test_images, dtype)
    return Mnist(train, labels, test, test_labels, name, note)


def _load(stem: str) -> NDArray[np.uint8]:
    """Return the array in one of MNIST's files, wherever it lies."""
    path = files.own_file(FOLDERS, _names(stem))
    if path is None:
        path = files.fetch(f"{stem}.gz", SENT[stem], files.cache_folder("mnist"), MIRRORS)
    data = _content(path)
    array = parse_idx(data, path, _axes(stem))  # first: it can tell what is wrong
    hint = "; dropout_lab.data.load_idx reads other data sets"
    files.check_sha256(data, CONTENT[stem], path, hint)
    return array


def _axes(stem: str) -> int:
    """Return how many axes the array in a file has, by its name."""
    return 3 if "idx3" in stem else 1


def _names(stem: str) -> tuple[str, ...]:
    """Return what a file may be called: by LeCun, torchvision, and in two ways by Kaggle."""
    return f"{stem}.gz", stem, stem.replace("-idx", ".idx"), f"{stem}/{stem}"


def _content(path: Path) -> bytes:
    """Return the content of a file, which may be gzipped or not."""
    with files.reading(path):
        raw = path.read_bytes()
        files.check_no_web_page(raw, path)
        return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw


def _scaled(images: NDArray[np.uint8], dtype: str) -> Numbers:
    """Return images in the dtype that is wanted."""
    if dtype == "float32":
        return np.divide(images, np.float32(255), dtype=np.float32)  # no float64 in between
    return images


def parse_idx(data: bytes, path: Path | str, axes: int) -> NDArray[np.uint8]:
    """Return the array of bytes in an IDX file's content, of so many axes.

    ValueError names the file if it has the wrong magic number, or holds more or less than its
    header says.

    An IDX file starts with its magic number: two zero bytes, a code for the type (8 is unsigned
    byte) and the number of axes. Then come the length of each axis as a big-endian 32-bit
    integer, and the values.

    Examples
    --------
    >>> header = bytes([0, 0, 8, 1]) + (3).to_bytes(4, "big")
    >>> parse_idx(header + bytes([5, 0, 4]), "labels", axes=1)
    array([5, 0, 4], dtype=uint8)
    """
    magic = bytes([0, 0, 8, axes])
    if data[:4] != magic:
        raise ValueError(
            f"{path} has the wrong magic number: it starts with {data[:4].hex(' ') or 'nothing'} "
            f"instead of {magic.hex(' ')}"
        )
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) != start + math.prod(shape):
        raise ValueError(f"{path} of {len(data)} bytes does not hold the shape {shape} as it says")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()  # to be writable


def _load_digits(dtype: str, error: Exception) -> Mnist:
    """Return scikit-learn's digits in the shape of `Mnist`, and in the note the error behind it."""
    need("sklearn")
    from sklearn.datasets import load_digits

    digits = load_digits()
    ink = digits.images / 16  # stored are 0 to 16
    images = np.rint(ink * 255).astype(np.uint8) if dtype == "uint8" else ink.astype(np.float32)
    labels = digits.target.astype(np.uint8)
    end = 1500  # of 1,797
    note = (
        "MNIST is not at hand, so these are scikit-learn's digits: 1,500 images to train on "
        "and 297 to test on, 8 x 8 pixels each. The numbers in the text are for MNIST. "
        f"What is missing: {error}."
    )
    return Mnist(images[:end], labels[:end], images[end:], labels[end:], "digits", note)
