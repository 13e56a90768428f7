import gzip
import hashlib
import os
import tracemalloc

import numpy as np
import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, status
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from dropout_lab.data import (
    DataUnavailable,
    load_idx,
    load_mnist,
    load_mnist_or_digits,
    mnist,
)
from dropout_lab.data.mnist import parse_idx

REAL = os.environ.get("DROPOUT_LAB_DATA", "")
needs_real_data = pytest.mark.skipif(
    not REAL, reason="DROPOUT_LAB_DATA is not set: the tests with the real MNIST did not run"
)


def idx(array):
    """Write an array of bytes as the format's description says."""
    header = bytes([0, 0, 8, array.ndim])
    for length in array.shape:
        header += int(length).to_bytes(4, "big")
    return gzip.compress(header + array.tobytes(), mtime=0)


@pytest.fixture
def small(monkeypatch, rng):
    """Put four small files in MNIST's place; return name -> content, and the arrays."""
    arrays, contents, files = [], {}, {}
    for stem in mnist.FILES:
        count = 6 if stem.startswith("train") else 4
        shape = (count, 3, 5) if "images" in stem else (count,)
        array = rng.integers(0, 256 if "images" in stem else 10, shape).astype(np.uint8)
        arrays.append(array)
        contents[f"{stem}.gz"] = idx(array)
        files[stem] = (shape, hashlib.sha256(gzip.decompress(idx(array))).hexdigest())
    monkeypatch.setattr(mnist, "FILES", files)
    return contents, arrays


@pytest.fixture
def own(monkeypatch, tmp_path, small):
    """Put the small files into the reader's own folder; return it."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for name, content in small[0].items():
        (folder / name).write_bytes(content)
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / "data"))
    return folder


@pytest.fixture
def web(monkeypatch, tmp_path, small):
    """Put the small files on the first of two mirrors; the reader has no folder of their own."""
    monkeypatch.delenv("DROPOUT_LAB_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    with data_server() as server:
        server.answers = {f"/first/{name}": content for name, content in small[0].items()}
        monkeypatch.setattr(
            mnist, "MIRRORS", (f"{server.address}/first/", f"{server.address}/second/")
        )
        yield server


def arrays_of(data):
    return [data.train_images, data.train_labels, data.test_images, data.test_labels]


class TestOwnFolder:
    def test_bytes(self, own, small):
        data = load_mnist()
        for array, expected in zip(arrays_of(data), small[1], strict=True):
            assert array.dtype == np.uint8
            assert array.flags.writeable  # or torch.from_numpy complains
            np.testing.assert_array_equal(array, expected)
        assert data.name == "MNIST"

    def test_fractions(self, own, small):
        data = load_mnist(dtype="float32")
        for array, expected in zip(arrays_of(data)[::2], small[1][::2], strict=True):
            assert array.dtype == np.float32
            # The float32 nearest to the quotient, which float64 knows better.
            np.testing.assert_array_equal(array, (expected / 255.0).astype(np.float32))
        for array, expected in zip(arrays_of(data)[1::2], small[1][1::2], strict=True):
            assert array.dtype == np.uint8
            np.testing.assert_array_equal(array, expected)

    def test_nothing_is_downloaded(self, own, web, monkeypatch):
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(own.parent))
        load_mnist()
        assert web.asked == []

    def test_missing_file(self, own, web, monkeypatch, message_of):
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(own.parent))
        (own / "t10k-labels-idx1-ubyte.gz").unlink()
        message = message_of(DataUnavailable, load_mnist)
        assert message.startswith(f"no t10k-labels-idx1-ubyte.gz in {own} (it holds t10k-images")
        assert web.asked == []

    @pytest.mark.parametrize(
        "place",
        [
            "mnist/{stem}",
            "mnist/{dotted}",
            "mnist/{stem}/{stem}",
            "MNIST/raw/{stem}",
            "MNIST/raw/{stem}.gz",
            "mnist/MNIST/raw/{stem}",
        ],
    )
    @pytest.mark.parametrize("packed", [True, False])
    def test_other_places_and_names(self, own, small, place, packed):
        for name, content in small[0].items():
            (own / name).unlink()
            stem = name.removesuffix(".gz")
            path = own.parent / place.format(stem=stem, dotted=stem.replace("-idx", ".idx"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if packed else gzip.decompress(content))
        for array, expected in zip(arrays_of(load_mnist()), small[1], strict=True):
            np.testing.assert_array_equal(array, expected)

    def test_packed_again(self, own, small):
        for name, content in small[0].items():
            (own / name).write_bytes(gzip.compress(gzip.decompress(content), 1, mtime=1))
        np.testing.assert_array_equal(load_mnist().train_images, small[1][0])

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda raw: raw[:-20], "is cut short"),
            (lambda raw: raw[:40] + b"\x00" + raw[41:], "is not a sound gzip file"),
            (lambda raw: gzip.decompress(raw)[:-1], "holds 89 values, but its header gives"),
            (lambda raw: WEB_PAGE, "is a web page"),
            (lambda raw: b"", "wrong magic number"),
            (lambda raw: idx(np.zeros(6, np.uint8)), "starts with 00 00 08 01 instead of"),
            (lambda raw: idx(np.zeros((6, 3, 4), np.uint8)), "wrong SHA-256"),
        ],
        ids=["cut", "damaged", "unpacked and cut", "page", "empty", "magic", "other"],
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

    @pytest.mark.parametrize("stem", mnist.FILES)
    def test_fashion_mnist_in_its_place(self, own, small, monkeypatch, message_of, stem):
        content = gzip.decompress(small[0][f"{stem}.gz"])
        monkeypatch.setattr(mnist, "FASHION", {hashlib.md5(content).hexdigest()})
        assert message_of(ValueError, load_mnist) == (
            f"{own / stem}.gz belongs to Fashion-MNIST, not to MNIST; "
            f"dropout_lab.data.load_idx({str(own)!r}) reads it"
        )


class TestOtherDataSets:
    @pytest.fixture
    def fashion(self, tmp_path, small):
        """Return the folder of a data set that nobody knows, half of it unpacked."""
        folder = tmp_path / "fashion"
        folder.mkdir()
        for name, content in small[0].items():
            plain = folder / name.removesuffix(".gz")
            plain.write_bytes(gzip.decompress(content))
        (folder / "train-labels-idx1-ubyte").rename(folder / "train-labels.idx1-ubyte")
        return folder

    def test_content(self, fashion, small, monkeypatch):
        monkeypatch.setattr(mnist, "FILES", {n: (s, "") for n, (s, _) in mnist.FILES.items()})
        data = load_idx(str(fashion))
        for array, expected in zip(arrays_of(data), small[1], strict=True):
            np.testing.assert_array_equal(array, expected)
        assert data.name == "fashion"
        assert data.note == (
            "fashion: 6 images to train on and 4 to test on, 3 x 5 pixels each. "
            "The numbers in the text are for MNIST."
        )
        named = load_idx(fashion, dtype="float32", name="Fashion-MNIST")
        assert named.note.startswith("Fashion-MNIST: 6 images")
        expected = (small[1][0] / 255.0).astype(np.float32)
        np.testing.assert_array_equal(named.train_images, expected)
        assert named.train_labels.dtype == np.uint8

    def test_more_classes_and_other_sizes(self, fashion):
        labels = np.arange(20, 26).astype(np.uint8)
        (fashion / "train-labels.idx1-ubyte").write_bytes(idx(labels))
        np.testing.assert_array_equal(load_idx(fashion).train_labels, labels)

    @pytest.mark.parametrize(
        ("name", "array", "words"),
        [
            ("train-labels.idx1-ubyte", np.zeros(5, np.uint8), "as many labels as"),
            ("train-labels.idx1-ubyte", np.zeros((6, 2), np.uint8), "wrong magic number"),
            ("t10k-images-idx3-ubyte", np.zeros((4, 5, 3), np.uint8), "images of 3 x 5 pixels"),
        ],
    )
    def test_files_that_do_not_fit(self, fashion, message_of, name, array, words):
        (fashion / name).write_bytes(idx(array))
        message = message_of(ValueError, load_idx, fashion)
        assert message.startswith(f"{fashion / name} ")
        assert words in message

    def test_missing_file(self, fashion, message_of):
        (fashion / "t10k-labels-idx1-ubyte").unlink()
        assert message_of(DataUnavailable, load_idx, fashion) == (
            f"there is no t10k-labels-idx1-ubyte in {fashion}, gzipped or not"
        )


class TestDownload:
    def test_first_use_and_second(self, web, small):
        for _ in range(2):
            for array, expected in zip(arrays_of(load_mnist()), small[1], strict=True):
                np.testing.assert_array_equal(array, expected)
        assert web.asked == [f"/first/{name}" for name in small[0]]

    def test_bad_cached_file_is_replaced(self, web, small, tmp_path):
        load_mnist()
        path = tmp_path / "dropout-lab" / "mnist" / "train-labels-idx1-ubyte.gz"
        path.write_bytes(path.read_bytes()[:-3])
        web.asked.clear()
        load_mnist()
        assert web.asked == ["/first/train-labels-idx1-ubyte.gz"]
        assert path.read_bytes() == small[0][path.name]

    def test_second_mirror(self, web, small):
        for number, (name, content) in enumerate(small[0].items()):
            web.answers[f"/first/{name}"] = [status(404), break_off(content), WEB_PAGE, b""][number]
            web.answers[f"/second/{name}"] = content
        for array, expected in zip(arrays_of(load_mnist()), small[1], strict=True):
            np.testing.assert_array_equal(array, expected)
        assert len(web.asked) == 8

    def test_no_mirror_works(self, web, message_of):
        web.answers.clear()
        message = message_of(DataUnavailable, load_mnist)
        assert message.startswith("train-images-idx3-ubyte.gz could not be downloaded (127.0.0.1")
        assert "\n" not in message
        assert "holds mnist/train-images-idx3-ubyte.gz" in message

    @pytest.mark.parametrize(
        ("name", "array", "words"),
        [
            ("train-images-idx3-ubyte", np.zeros((6, 3, 4), np.uint8), "shape (6, 3, 5)"),
            ("t10k-labels-idx1-ubyte", np.array([1, 2, 10, 3], np.uint8), "labels from 0 to 9"),
        ],
    )
    def test_shape_and_range_are_checked_too(
        self, web, monkeypatch, message_of, name, array, words
    ):
        sha256 = hashlib.sha256(gzip.decompress(idx(array))).hexdigest()
        monkeypatch.setitem(mnist.FILES, name, (mnist.FILES[name][0], sha256))
        web.answers[f"/first/{name}.gz"] = idx(array)
        message = message_of(ValueError, load_mnist)
        assert name in message
        assert words in message


class TestDigits:
    @pytest.fixture(autouse=True)
    def offline(self, web):
        web.answers.clear()

    def test_structure(self):
        data = load_mnist_or_digits()
        assert [array.shape for array in arrays_of(data)] == [
            (1500, 8, 8),
            (1500,),
            (297, 8, 8),
            (297,),
        ]
        assert [array.dtype for array in arrays_of(data)] == [np.float32, np.uint8] * 2
        assert data.name == "digits"
        assert "\n" not in data.note
        assert all(words in data.note for words in ["not at hand", "1,500", "297", "8 x 8"])

    def test_content(self):
        source = load_digits()
        data, stored = load_mnist_or_digits("float32"), load_mnist_or_digits("uint8")
        images = np.concatenate([data.train_images, data.test_images])
        np.testing.assert_array_equal(images * 16, source.images)
        labels = np.concatenate([data.train_labels, data.test_labels])
        np.testing.assert_array_equal(labels, source.target)
        pixels = np.concatenate([stored.train_images, stored.test_images])
        assert pixels.dtype == np.uint8
        assert (pixels.min(), pixels.max()) == (0, 255)
        assert np.abs(pixels - source.images * 255 / 16).max() <= 0.5

    def test_every_digit_in_both_parts(self):
        data = load_mnist_or_digits()
        for labels in data.train_labels, data.test_labels:
            assert set(labels.tolist()) == set(range(10))

    @pytest.mark.parametrize("value", ["typo", "", None])
    def test_the_note_says_what_is_missing(self, monkeypatch, tmp_path, message_of, value):
        if value is not None:
            monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / value))
        data = load_mnist_or_digits()
        assert data.name == "digits"
        cause = message_of(DataUnavailable, load_mnist)
        assert data.note.endswith(f" What is missing: {cause}.")
        assert ("DROPOUT_LAB_DATA is set to" in cause) == (value == "typo")


@pytest.mark.parametrize(
    "load", [load_mnist, load_mnist_or_digits, lambda dtype: load_idx("no folder", dtype=dtype)]
)
def test_other_dtypes_are_refused(load, message_of):
    for dtype in "float64", np.float32, None:
        assert "dtype must be" in message_of(ValueError, load, dtype)


def test_mnist_or_digits_takes_mnist(own, small):
    data = load_mnist_or_digits()
    assert data.name == "MNIST"
    assert data.train_images.dtype == np.float32
    assert "\n" not in data.note


class TestParse:
    @given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
    def test_any_array(self, shape, data):
        count = int(np.prod(shape))
        raw = data.draw(st.binary(min_size=count, max_size=count))
        array = np.frombuffer(raw, np.uint8).reshape(shape)
        np.testing.assert_array_equal(parse_idx(idx(array), "file", len(shape)), array)

    @given(st.data())
    def test_cut_anywhere(self, data):
        raw = idx(np.arange(60, dtype=np.uint8).reshape(5, 3, 4))
        end = data.draw(st.integers(0, len(raw) - 1))
        with pytest.raises(ValueError, match=r"^some\.gz "):
            parse_idx(raw[:end], "some.gz", 3)

    @given(st.data())
    def test_cut_anywhere_unpacked(self, data):
        raw = gzip.decompress(idx(np.arange(60, dtype=np.uint8).reshape(5, 3, 4)))
        end = data.draw(st.integers(0, len(raw) - 1))
        with pytest.raises(ValueError, match=r"^some "):
            parse_idx(raw[:end], "some", 3)

    @given(st.data())
    def test_damaged_anywhere(self, data):
        array = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
        raw = bytearray(idx(array))
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position] ^= data.draw(st.integers(1, 255))
        parsed, message = array, ""  # gzip's header has bytes that say nothing about the content
        try:
            parsed = parse_idx(bytes(raw), "some.gz", 3)
        except ValueError as error:
            message = str(error)
        np.testing.assert_array_equal(parsed, array)
        assert message == "" or message.startswith("some.gz ")

    @pytest.mark.parametrize("extra", [-1, 1, 300])
    def test_more_or_less_than_promised(self, extra, message_of):
        body = bytes([0, 0, 8, 1, 0, 0, 1, 0]) + bytes(256 + extra)
        message = message_of(ValueError, parse_idx, gzip.compress(body), "a.gz", 1)
        assert message == f"a.gz holds {256 + extra} values, but its header gives the shape (256,)"

    def test_header_cut_short(self, message_of):
        raw = gzip.compress(bytes([0, 0, 8, 3, 0, 0]))
        assert "header" in message_of(ValueError, parse_idx, raw, "a.gz", 3)

    def test_header_that_promises_the_moon(self, message_of):
        raw = gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12)
        assert message_of(ValueError, parse_idx, raw, "a.gz", 3).startswith("a.gz holds 0 values")


def test_the_mirrors_are_two_and_end_in_a_slash():
    assert len(mnist.MIRRORS) == 2
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist.MIRRORS)


@pytest.fixture(scope="module")
def real():
    return load_mnist()


@needs_real_data
class TestRealMnist:
    def test_shapes(self, real):
        assert real.train_images.shape == (60_000, 28, 28)
        assert real.test_images.shape == (10_000, 28, 28)
        assert [array.dtype for array in arrays_of(real)] == [np.uint8] * 4

    def test_md5_of_the_unpacked_files(self, real):
        # As others publish them for the files that they unpacked.
        expected = [
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ]
        for array, md5 in zip(arrays_of(real), expected, strict=True):
            assert hashlib.md5(gzip.decompress(idx(array))).hexdigest() == md5

    def test_class_counts(self, real):
        # As anybody finds them who counts: these stand in many publications.
        assert np.bincount(real.train_labels).tolist() == [
            5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
        ]  # fmt: skip
        assert np.bincount(real.test_labels).tolist() == [
            980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
        ]  # fmt: skip

    def test_mean_and_deviation(self, real):
        # The constants of PyTorch's MNIST example, given there to four decimals.
        pixels = real.train_images
        squares = np.multiply(pixels, pixels, dtype=np.uint16)  # 255 squared still fits
        mean = pixels.mean() / 255
        assert mean == pytest.approx(0.1307, abs=5e-5)
        assert squares.mean() / 255**2 - mean**2 == pytest.approx(0.3081**2, abs=5e-5)

    def test_memory(self):
        tracemalloc.start()
        data = load_mnist(dtype="float32")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # Beyond the result: the bytes of the training images twice (unpacked, and as an array).
        result = sum(array.nbytes for array in arrays_of(data))
        assert peak < result + 2 * 47_040_000
