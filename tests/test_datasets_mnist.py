import gzip
import hashlib
import tracemalloc
from functools import partial

import numpy as np
import pooch
import pytest
from data_server import WEB_PAGE, data_server
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from dropout_lab.data import DataUnavailable, load_idx, load_mnist, load_mnist_or_digits, mnist
from dropout_lab.data.mnist import parse_idx


def idx(array):
    """Write an array of bytes as the format's description says."""
    lengths = b"".join(int(length).to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


def packed(array):
    return gzip.compress(idx(array), mtime=0)


def arrays_of(data):
    return [data.train_images, data.train_labels, data.test_images, data.test_labels]


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


@pytest.fixture
def small(monkeypatch, rng):
    """Put four small files in MNIST's place; return the arrays by the files' names."""
    arrays = {}
    for stem in mnist.CONTENT:
        axes = 3 if "images" in stem else 1
        shape = (6 if stem.startswith("train") else 4, 3, 5)[:axes]
        array = rng.integers(0, 256 if axes == 3 else 10, shape).astype(np.uint8)
        arrays[stem] = array
    for name, form in ("SENT", packed), ("CONTENT", idx):
        hashes = {stem: hashlib.sha256(form(array)).hexdigest() for stem, array in arrays.items()}
        monkeypatch.setattr(mnist, name, hashes)
    return arrays


@pytest.fixture
def own(monkeypatch, tmp_path, small):
    """Put the small files into the reader's own folder; return it."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for stem, array in small.items():
        (folder / f"{stem}.gz").write_bytes(packed(array))
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / "data"))
    return folder


@pytest.fixture
def web(monkeypatch, tmp_path, small):
    """Put the small files on a mirror; the reader has no folder of their own."""
    monkeypatch.delenv("DROPOUT_LAB_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    with data_server() as server:
        server.answers = {f"/{stem}.gz": packed(array) for stem, array in small.items()}
        monkeypatch.setattr(mnist, "MIRRORS", [f"{server.address}/"])
        yield server


class TestOwnFolder:
    def test_content(self, own, small):
        data = load_mnist()
        assert_equal(arrays_of(data), small.values())
        assert all(array.flags.writeable for array in arrays_of(data))  # or PyTorch complains
        data = load_mnist_or_digits()
        assert_equal(arrays_of(data)[1::2], [*small.values()][1::2])
        # The float32 nearest to the quotient, which float64 knows better.
        images = [(array / 255.0).astype(np.float32) for array in [*small.values()][::2]]
        assert_equal(arrays_of(data)[::2], images)
        assert data.name == "MNIST"

    @pytest.mark.parametrize(
        "place",
        [
            "mnist/{dotted}",
            "mnist/{stem}/{stem}",
            "MNIST/raw/{stem}",
            "mnist/MNIST/raw/{stem}",
        ],
    )
    @pytest.mark.parametrize("pack", [lambda raw: gzip.compress(raw, 1, mtime=1), bytes])
    def test_other_places_and_names_packed_again_or_not(self, own, small, place, pack):
        for stem, array in small.items():
            (own / f"{stem}.gz").unlink()
            path = own.parent / place.format(stem=stem, dotted=stem.replace("-idx", ".idx"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pack(idx(array)))
        assert_equal(arrays_of(load_mnist()), small.values())

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda raw: raw[:40] + b"\x00" + raw[41:], "is damaged: Error"),
            (lambda raw: WEB_PAGE, "is a web page"),
            (lambda raw: b"", "it starts with nothing instead of 00 00 08 03"),
            (lambda raw: packed(np.zeros((6, 3, 4), np.uint8)), "load_idx reads other data sets"),
        ],
        ids=["damaged", "page", "empty", "other"],
    )
    def test_bad_file_is_an_error_and_stays(self, own, message_of, spoil, words):
        path = own / "train-images-idx3-ubyte.gz"
        spoiled = spoil(path.read_bytes())
        path.write_bytes(spoiled)
        for load in load_mnist, load_mnist_or_digits:  # digits would hide the reader's mistake
            message = message_of(ValueError, load)
            assert message.startswith(f"{path} ")
            assert words in message
            assert path.read_bytes() == spoiled


class TestOtherDataSets:
    def test_content(self, own, small):
        (own / "train-images-idx3-ubyte.gz").rename(own / "train-images.idx3-ubyte")
        (own / "train-images.idx3-ubyte").write_bytes(idx(small["train-images-idx3-ubyte"]))
        data = load_idx(str(own), name="fashion")
        assert_equal(arrays_of(data), small.values())
        assert data.note == (
            "fashion: 6 images to train on and 4 to test on, 3 x 5 pixels each. "
            "The numbers in the text are for MNIST."
        )
        data = load_idx(own, dtype="float32")
        assert data.name == "mnist"
        expected = (small["train-images-idx3-ubyte"] / 255.0).astype(np.float32)
        assert_equal([data.train_images], [expected])

    @pytest.mark.parametrize(
        ("stem", "array", "words"),
        [
            ("train-labels-idx1-ubyte", np.zeros(5, np.uint8), "images of shape (6, 3, 5) for 5"),
            ("t10k-images-idx3-ubyte", np.zeros((4, 5, 3), np.uint8), "shape (4, 5, 3) for 4"),
        ],
    )
    def test_files_that_do_not_fit_or_are_missing(self, own, message_of, stem, array, words):
        path = own / f"{stem}.gz"
        path.write_bytes(packed(array))
        assert words in message_of(ValueError, load_idx, own)
        path.unlink()
        expected = f"there is no {stem} in {own}, gzipped or not"
        assert message_of(DataUnavailable, load_idx, own) == expected


def test_downloaded_once(web, small):
    for _ in range(2):
        assert_equal(arrays_of(load_mnist()), small.values())
    assert web.asked == [f"/{stem}.gz" for stem in small]


class TestDigits:
    @pytest.fixture(autouse=True)
    def offline(self, web):
        web.answers.clear()

    def test_content(self):
        source = load_digits()
        stored = load_mnist_or_digits("uint8")
        data = load_mnist_or_digits()
        for each, dtype in (stored, np.uint8), (data, np.float32):
            assert [array.dtype for array in arrays_of(each)] == [dtype, np.uint8] * 2
            assert [len(array) for array in arrays_of(each)] == [1500, 1500, 297, 297]
            labels = np.concatenate([each.train_labels, each.test_labels])
            np.testing.assert_array_equal(labels, source.target)
        np.testing.assert_array_equal(np.concatenate(arrays_of(data)[::2]) * 16, source.images)
        pixels = np.concatenate(arrays_of(stored)[::2])
        assert np.abs(pixels - source.images * 255 / 16).max() <= 0.5

    @pytest.mark.parametrize("value", ["typo", None])
    def test_the_note_says_what_is_missing(self, monkeypatch, message_of, value):
        if value is not None:
            monkeypatch.setenv("DROPOUT_LAB_DATA", value)
        data = load_mnist_or_digits()
        assert data.name == "digits"
        cause = message_of(DataUnavailable, load_mnist)
        assert data.note.endswith(f" What is missing: {cause}.")
        assert all(words in data.note for words in ["not at hand", "1,500", "297", "8 x 8"])
        assert "\n" not in data.note
        assert ("DROPOUT_LAB_DATA is set to" in cause) == (value == "typo")
        assert ("holds mnist/train-images-idx3-ubyte.gz" in cause) == (value != "typo")


@pytest.mark.parametrize("load", [load_mnist, load_mnist_or_digits, partial(load_idx, "no folder")])
def test_other_dtypes_are_refused(load, message_of):
    for dtype in "float64", np.float32, None:
        assert "dtype must be" in message_of(ValueError, load, dtype=dtype)


def test_pixels_are_divided_without_float64_in_between():
    images = np.zeros((100, 100, 100), np.uint8)
    tracemalloc.start()
    result = mnist._scaled(images, "float32")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * result.nbytes


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_any_array_is_read_whole_and_refused_cut_or_longer(shape, data):
    count = int(np.prod(shape))
    raw = data.draw(st.binary(min_size=count, max_size=count))
    array = np.frombuffer(raw, np.uint8).reshape(shape)
    content = idx(array)
    np.testing.assert_array_equal(parse_idx(content, "file", len(shape)), array)
    end = data.draw(st.integers(0, len(content) - 1))
    for other in content[:end], content + b"0", content[:4] + b"\xff" * (len(content) - 4):
        with pytest.raises(ValueError, match=r"^some "):
            parse_idx(other, "some", len(shape))
