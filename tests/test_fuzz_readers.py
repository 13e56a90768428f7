"""Data files spoiled at random: a reader returns what stands in them, or names the file.

What stands in them is read a second time by other means: `struct` and `zlib`, `csv` and `float`.
"""

import csv
import gzip
import io
import lzma
import math
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout_lab.data import load_creditcard, load_idx, mnist
from dropout_lab.data.creditcard import NAMES

CASES = [40, pytest.param(1000, marks=pytest.mark.all)]
PLACES = st.floats(0, 1, exclude_max=True)
# Cut there, or put these bytes there in place of so many.
SPOILED = st.tuples(PLACES, st.none() | st.binary(max_size=9), st.integers(0, 9))
LENGTHS = st.sampled_from([0, 1, 2, 3, 2**20, 2**31, 2**32 - 1])
TOKENS = [
    *(b"", b",", b";", b"\t", b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf"),
    *(b"\xff", b"\xfe\xff", b"1,5", b"1.5", b"1e999", b"1e-320", b"-0", b"nan", b"inf", b"NA"),
    *(b"0x10", b"1_000", b"True", b" 1 ", b"\xd9\xa3", b"#", b"1e", b"+1", b"1d5", b"9" * 400),
    *(b'"1.5"', b'"1,5"', b"()", b"=1+1", b"1.5\0", b"V1", b"Time", b"Class", b"<html>"),
]


def spoil(content, changes):
    for place, put, count in changes:
        at = int(place * len(content))
        content = content[:at] if put is None else content[:at] + put + content[at + count :]
    return content


def outcome(load, *arguments):
    """Return what a reader returns, or else the message with which it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return load(*arguments), ""
        except ValueError as error:
            return None, str(error)


def unpacked(content):
    """Return what a file holds, gzipped or not, by the rules of the format, or raise zlib.error."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    found = b""
    while content.strip(b"\0"):
        stream = zlib.decompressobj(wbits=31)
        found += stream.decompress(content)
        if not stream.eof:
            raise zlib.error
        content = stream.unused_data
    return found


@pytest.mark.parametrize("cases", CASES)
def test_idx_files(cases, tmp_path):
    shapes = [(3, 2, 2), (3,), (2, 2, 2), (2,)]
    paths = [tmp_path / f"{stem}.gz" for stem in mnist.CONTENT]

    def attempt(which, header, changes, packed, packed_changes):
        for k, (path, shape) in enumerate(zip(paths, shapes, strict=True)):
            lengths = header if header and k == which else shape
            content = struct.pack(f">4B{len(lengths)}I", 0, 0, 8, len(shape), *lengths)
            content += bytes(range(math.prod(shape)))
            content = spoil(content, changes) if k == which else content
            content = gzip.compress(content) if packed else content
            path.write_bytes(spoil(content, packed_changes) if k == which else content)
        tracemalloc.start()
        data, refused = outcome(load_idx, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2**20  # whatever a header promises
        tracemalloc.stop()
        if refused:
            assert refused.startswith((f"{paths[which]} ", f"the files in {tmp_path} ")), refused
            return
        found = (data.train_images, data.train_labels, data.test_images, data.test_labels)
        for path, array in zip(paths, found, strict=True):
            written = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            assert unpacked(path.read_bytes()) == written + array.tobytes()

    some = st.lists(SPOILED, max_size=2)
    header = st.none() | st.lists(LENGTHS, min_size=1, max_size=4)
    settings(max_examples=cases)(
        given(st.integers(0, 3), header, some, st.booleans(), some)(attempt)
    )()


def table_of(content):
    """Return the numbers of a file of card data as Python reads them, repeats dropped."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    found = [tuple(float(row[name]) for name in (*NAMES, "Class")) for row in rows if row]
    return [list(row) for row in dict.fromkeys(found)]


@pytest.mark.parametrize("cases", CASES)
def test_card_data(cases, tmp_path, monkeypatch):
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path))
    folder = tmp_path / "creditcard"
    folder.mkdir()
    packers = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}

    def attempt(rows, changes, lines, end, packing, packed_changes):
        values = [[f"{k + 0.5}"] * 30 + [f"{k % 2}"] for k in range(rows)]
        table = [[*NAMES, "Class"], *values]
        for place, token, where in changes:
            at, text = int(place * 31 * (rows + 1)), token.decode("latin-1")
            if where == "place":
                table[at // 31][at % 31] = text
            for row in table[1:]:
                if where == "column":
                    row[at % 31] = text
                elif where != "place":
                    row.insert(at % 31, text)
            if where == "new column":
                table[0].insert(at % 31, NAMES[at % 30])
        content = end.join(",".join(row) for row in table).encode("latin-1") + end.encode()
        content = spoil(content, lines)
        path = folder / f"creditcard.csv{packing}"
        path.write_bytes(spoil(packers[packing](content), packed_changes))
        data, refused = outcome(load_creditcard)
        path.unlink()
        if refused:
            assert refused.startswith(str(path)), refused
            return
        assert table_of(content) == np.column_stack([data.features, data.labels]).tolist()

    token = st.sampled_from(TOKENS)
    where = st.sampled_from(["place", "column", "one too many", "new column"])
    changes = st.lists(st.tuples(PLACES, token, where), max_size=2)
    spoiled = st.lists(st.tuples(PLACES, st.none() | token, st.integers(0, 3)), max_size=1)
    ends, packing = st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "", ".gz", ".xz"])
    packed = st.just([]) | st.lists(SPOILED, max_size=1)
    drawn = given(st.integers(0, 3), changes, spoiled, ends, packing, packed)
    settings(max_examples=cases)(drawn(attempt))()
