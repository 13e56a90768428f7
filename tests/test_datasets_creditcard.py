import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import pickle
import socket
from pathlib import Path

import numpy as np
import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, status
from sklearn.datasets import _openml

from dropout_lab.data import DataUnavailable, creditcard, load_creditcard
from dropout_lab.data.creditcard import NAMES

REAL = os.environ.get("DROPOUT_LAB_DATA", "")
HEADER = [*NAMES, "Class"]


def rows_of(rng, count=30, frauds=6):
    """Return rows of text, as a file has them, without repeats."""
    table = np.round(rng.normal(size=(count, 31)), 6)
    table[:, 0] = np.arange(count) * 10
    table[:, -1] = np.arange(count) < frauds
    return [[*map(str, row[:-1]), str(int(row[-1]))] for row in table]


def csv_text(rows, header=HEADER):
    lines = [",".join(f'"{name}"' for name in header), *map(",".join, rows)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def rows(rng):
    return rows_of(rng)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Give the reader a folder of their own; return the one for card data, still empty."""
    folder = tmp_path / "data" / "creditcard"
    folder.mkdir(parents=True)
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / "data"))
    return folder


class TestOwnFile:
    @pytest.mark.parametrize(
        ("name", "pack"), [("csv", bytes), ("csv.gz", gzip.compress), ("csv.xz", lzma.compress)]
    )
    def test_content(self, folder, rows, name, pack):
        (folder / f"creditcard.{name}").write_bytes(pack(csv_text(rows).encode()))
        data = load_creditcard()
        expected = np.array([[float(entry) for entry in row] for row in rows])
        np.testing.assert_array_equal(data.features, expected[:, :-1])
        np.testing.assert_array_equal(data.labels, expected[:, -1])
        assert data.features.dtype == np.float64
        assert data.labels.dtype == np.uint8
        assert data.names == ("Time", *(f"V{i}" for i in range(1, 29)), "Amount")
        assert data.source == f"creditcard.{name}"
        assert data.n_repeats == 0
        assert data.is_subset is True

    def test_numbers_are_read_to_the_last_bit(self, folder, rows, rng):
        for row in rows:
            row[1:29] = [repr(float(value)) for value in rng.normal(size=28)]
        (folder / "creditcard.csv").write_text(csv_text(rows))
        expected = np.array([[float(entry) for entry in row[:-1]] for row in rows])
        np.testing.assert_array_equal(load_creditcard().features, expected)

    def test_repeats_are_dropped_and_the_first_stays(self, folder, rows):
        nearly = [*rows[3][:-2], "77.5", rows[3][-1]]
        other_class = [*rows[4][:-1], "0"]
        repeated = [*rows, rows[3], rows[20], nearly, rows[3], other_class]
        (folder / "creditcard.csv").write_text(csv_text(repeated))
        data = load_creditcard()
        assert data.n_repeats == 3
        expected = np.array([*rows, nearly, other_class], float)
        np.testing.assert_array_equal(data.features, expected[:, :-1])
        np.testing.assert_array_equal(data.labels, expected[:, -1])
        assert data.fraud_share == 7 / 32

    def test_columns_are_found_by_name(self, folder, rows):
        header = [*reversed(HEADER), "Comment"]
        turned = [[*reversed(row), "none"] for row in rows]
        (folder / "creditcard.csv").write_text(csv_text(turned, header))
        expected = np.array(rows, float)
        np.testing.assert_array_equal(load_creditcard().features, expected[:, :-1])

    def test_whole_file_is_preferred_to_the_subset(self, folder, rows):
        (folder / "creditcard_subset.csv.xz").write_bytes(lzma.compress(csv_text(rows).encode()))
        (folder / "creditcard.csv").write_text(csv_text(rows[:12]))
        assert load_creditcard().source == "creditcard.csv"

    def test_no_file(self, folder, message_of):
        message = message_of(DataUnavailable, load_creditcard)
        assert message.startswith(
            f"no creditcard.csv in {folder} (it is empty); put the file there"
        )
        assert "\n" not in message

    def test_no_pickle_is_loaded(self, folder, rows, monkeypatch):
        (folder / "creditcard.csv.gz").write_bytes(gzip.compress(csv_text(rows).encode()))
        load_creditcard()  # imports what it needs
        for name in "load", "loads", "Unpickler":
            monkeypatch.delattr(pickle, name)
        assert len(load_creditcard().labels) == 30


def spoiled(rows, row, column, entry):
    rows = [list(values) for values in rows]
    rows[row][HEADER.index(column)] = entry
    return csv_text(rows).encode()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("csv", lambda rows: csv_text([row[1:] for row in rows], HEADER[1:]).encode(), "lacks the"),
        ("csv", lambda rows: spoiled(rows, 4, "V7", "many"), "row 5: V7 must be a finite number"),
        ("csv", lambda rows: spoiled(rows, 4, "V7", "many"), "got many"),
        ("csv", lambda rows: spoiled(rows, 29, "Amount", ""), "row 30: Amount must be a finite"),
        ("csv", lambda rows: spoiled(rows, 0, "Time", "inf"), "row 1: Time must be a finite"),
        ("csv", lambda rows: spoiled(rows, 9, "Class", "2"), "row 10: Class must be 0 or 1, got 2"),
        ("csv", lambda rows: csv_text(rows).encode()[:-40], "row 30: "),
        ("csv", lambda rows: csv_text([]).encode(), "at least one row"),
        ("csv", lambda rows: b"", "not a table of comma-separated values"),
        ("csv", lambda rows: WEB_PAGE, "is a web page"),
        ("csv", lambda rows: bytes(range(128, 256)), "not a table of comma-separated values"),
        ("csv", lambda rows: csv_text([["9", *row] for row in rows]).encode(), "more entries"),
        ("csv", lambda rows: csv_text([*rows, ["1"] * 40]).encode(), "line 32, saw 40"),
        ("csv", lambda rows: separated(rows, ";"), "are separated by semicolons"),
        ("csv", lambda rows: separated(rows, ";", point=","), "are separated by semicolons"),
        ("csv", lambda rows: separated(rows, "\t"), "are separated by tabs"),
        ("csv.gz", lambda rows: gzip.compress(separated(rows, ";")), "are separated by semicolons"),
        ("csv.gz", lambda rows: gzip.compress(csv_text(rows).encode())[:-30], "is cut short"),
        ("csv.gz", lambda rows: WEB_PAGE, "is a web page"),
        ("csv.gz", lambda rows: csv_text(rows).encode(), "is damaged: Not a gzipped file"),
        ("csv.gz", lambda rows: flipped(gzip.compress(csv_text(rows).encode())), "is damaged"),
        ("csv.xz", lambda rows: lzma.compress(csv_text(rows).encode())[:-30], "is cut short"),
        ("csv.xz", lambda rows: csv_text(rows).encode(), "is damaged"),
        ("csv.xz", lambda rows: flipped(lzma.compress(csv_text(rows).encode())), "is damaged"),
    ],
)
def test_bad_file_is_named_with_the_cause_and_stays(folder, rows, message_of, name, make, words):
    path = folder / f"creditcard.{name}"
    path.write_bytes(make(rows))
    message = message_of(ValueError, load_creditcard)
    assert message.startswith((str(path), f"the columns of {path}"))
    assert words in message
    assert path.read_bytes() == make(rows)


def separated(rows, separator, point="."):
    """Return the content as a spreadsheet of another country saves it."""
    lines = csv_text(rows).replace(",", separator).splitlines(keepends=True)
    return (lines[0] + "".join(lines[1:]).replace(".", point)).encode()


def flipped(raw):
    """Return the content with one bit in the middle turned over."""
    raw = bytearray(raw)
    raw[len(raw) // 2] ^= 1
    return bytes(raw)


def test_the_subset_is_known_by_its_hash(folder, rows, message_of):
    path = folder / "creditcard_subset.csv.xz"
    path.write_bytes(lzma.compress(csv_text(rows).encode()))
    message = message_of(ValueError, load_creditcard)
    assert message.startswith(f"{path} has the wrong SHA-256")


class TestFullOrSubset:
    """A small set stands for the full one: 30 rows, 6 frauds."""

    @pytest.fixture(autouse=True)
    def size(self, monkeypatch):
        monkeypatch.setattr(creditcard, "FULL_ROWS", 30)
        monkeypatch.setattr(creditcard, "FULL_FRAUDS", 6)

    def load(self, folder, rows):
        (folder / "creditcard.csv").write_text(csv_text(rows))
        return load_creditcard()

    def test_full(self, folder, rows):
        rows[-1] = rows[-2]
        data = self.load(folder, rows)
        assert data.is_subset is False
        assert data.note == (
            "creditcard.csv: all rows; 1 exact repeats dropped, 29 rows left, "
            "6 of them frauds (20.690%)."
        )

    def test_rows_missing(self, folder, rows):
        data = self.load(folder, rows[:-1])
        assert data.is_subset is True
        assert "a subset of 29 of the 30 rows" in data.note

    def test_as_many_rows_but_other_frauds(self, folder, rng):
        assert self.load(folder, rows_of(rng, frauds=5)).is_subset is True


class OpenML:
    """Put a data set on a local server the way OpenML does."""

    def __init__(self, server, monkeypatch):
        self.server = server
        number = creditcard.OPENML_ID
        self.paths = {
            kind: f"/api/{kind}{number}" for kind in ("data/", "features/", "qualities/")
        } | {"file": "/data/v1/download/1/set.arff"}
        for name, kind in [
            ("_DATA_INFO", "data/"),
            ("_DATA_FEATURES", "features/"),
            ("_DATA_QUALITIES", "qualities/"),
        ]:
            monkeypatch.setattr(_openml, name, f"{server.address}/api/{kind}{{}}")

    def publish(self, rows, columns=HEADER, class_type="numeric", quote=""):
        text = "@RELATION cards\n\n"
        features = []
        for index, name in enumerate(columns):
            nominal = name.lower() == "class" and class_type == "nominal"
            values = f"{{{quote}0{quote},{quote}1{quote}}}" if nominal else "REAL"
            text += f"@ATTRIBUTE {name} {values}\n"
            features.append(
                {
                    "index": str(index),
                    "name": name,
                    "data_type": "nominal" if nominal else "numeric",
                    "is_target": str(name.lower() == "class").lower(),
                    "is_ignore": "false",
                    "is_row_identifier": "false",
                    "number_of_missing_values": "0",
                }
            )
        text += "\n@DATA\n"
        for row in rows:
            text += ",".join([*row[:-1], f"{quote}{row[-1]}{quote}"]) + "\n"
        self.arff = text.encode()
        description = {
            "id": "42175",
            "name": "cards",
            "version": "1",
            "description": "Cards",
            "format": "ARFF",
            "status": "active",
            "url": self.server.address + self.paths["file"],
            "md5_checksum": hashlib.md5(self.arff).hexdigest(),
        }
        quality = [{"name": "NumberOfInstances", "value": str(len(rows))}]
        for kind, answer in [
            ("data/", {"data_set_description": description}),
            ("features/", {"data_features": {"feature": features}}),
            ("qualities/", {"data_qualities": {"quality": quality}}),
        ]:
            self.server.answers[self.paths[kind]] = json.dumps(answer).encode()
        self.server.answers[self.paths["file"]] = self.arff


@pytest.fixture
def openml(monkeypatch, tmp_path):
    """Run a local OpenML; the reader has no folder of their own and an empty cache."""
    monkeypatch.delenv("DROPOUT_LAB_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    monkeypatch.setattr(_openml.time, "sleep", lambda seconds: None)  # between its retries
    with data_server() as server:
        yield OpenML(server, monkeypatch)


class TestOpenML:
    @pytest.mark.parametrize("target", ["Class", "class"])
    @pytest.mark.parametrize(
        ("class_type", "quote"), [("numeric", ""), ("nominal", ""), ("nominal", "'")]
    )
    def test_content(self, openml, rows, target, class_type, quote):
        openml.publish([*rows, rows[5]], [*NAMES, target], class_type, quote)
        data = load_creditcard()
        expected = np.array(rows, float)
        np.testing.assert_allclose(data.features, expected[:, :-1], rtol=1e-15)
        np.testing.assert_array_equal(data.labels, expected[:, -1])
        assert data.n_repeats == 1
        assert data.source == "OpenML data set 42175"

    def test_cached_as_text_and_asked_once(self, openml, rows, tmp_path, monkeypatch):
        openml.publish(rows)
        load_creditcard()
        openml.server.asked.clear()
        for name in "load", "loads", "Unpickler":
            monkeypatch.delattr(pickle, name)
        load_creditcard()
        assert openml.server.asked == []
        files = [path for path in (tmp_path / "dropout-lab").rglob("*") if path.is_file()]
        assert len(files) == 4
        for path in files:
            assert gzip.decompress(path.read_bytes()).decode("ascii")

    def test_own_folder_comes_first(self, openml, folder, rows):
        openml.publish(rows)
        (folder / "creditcard.csv").write_text(csv_text(rows[:12]))
        assert len(load_creditcard().labels) == 12
        assert openml.server.asked == []

    def test_no_download(self, openml, rows, message_of):
        openml.publish(rows)
        message = message_of(DataUnavailable, load_creditcard, download=False)
        assert "set it to a folder that holds creditcard/creditcard.csv" in message
        assert openml.server.asked == []

    @pytest.mark.parametrize("kind", ["data/", "features/", "qualities/", "file"])
    @pytest.mark.parametrize(
        ("misbehavior", "words"),
        [(status(503), "503"), (break_off(b"{}" * 500), ""), (WEB_PAGE, "")],
        ids=["error", "broken off", "page"],
    )
    def test_misbehavior(self, openml, rows, message_of, tmp_path, kind, misbehavior, words):
        openml.publish(rows)
        openml.server.answers[openml.paths[kind]] = misbehavior
        message = message_of(DataUnavailable, load_creditcard)
        assert message.startswith("the card data could not be fetched from OpenML (")
        assert words in message
        assert "set DROPOUT_LAB_DATA to a folder that holds creditcard/creditcard.csv" in message
        assert "\n" not in message

    def test_wrong_md5(self, openml, rows, message_of):
        openml.publish(rows)
        openml.server.answers[openml.paths["file"]] = openml.arff[:-10]
        assert "md5" in message_of(DataUnavailable, load_creditcard)
        openml.server.answers[openml.paths["file"]] = openml.arff
        assert len(load_creditcard().labels) == 30

    def test_bad_cached_file_is_downloaded_again(self, openml, rows, tmp_path):
        openml.publish(rows)
        load_creditcard()
        cached = next((tmp_path / "dropout-lab").rglob("*.arff.gz"))
        cached.write_bytes(cached.read_bytes()[:-20])
        openml.server.asked.clear()
        assert len(load_creditcard().labels) == 30
        assert openml.server.asked == [openml.paths["file"]]

    def test_column_missing(self, openml, rows, message_of):
        openml.publish([row[1:] for row in rows], HEADER[1:])
        message = message_of(ValueError, load_creditcard)
        assert message == "OpenML data set 42175 lacks the column(s) Time"

    def test_nobody_there(self, openml, monkeypatch, message_of):
        with data_server() as gone:
            OpenML(gone, monkeypatch)
        assert "refused" in message_of(DataUnavailable, load_creditcard).lower()

    def test_certificate_that_nobody_trusts(self, openml, monkeypatch, message_of, certificate):
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with data_server(certificate) as secure:
            OpenML(secure, monkeypatch)
            message = message_of(DataUnavailable, load_creditcard)
        assert "CERTIFICATE_VERIFY_FAILED" in message
        assert "let SSL_CERT_FILE name a file of the certificates" in message
        assert "go online" not in message

    def test_proxy(self, openml, monkeypatch, message_of):
        with data_server() as gone:
            monkeypatch.setenv("http_proxy", gone.address)
        monkeypatch.setenv("no_proxy", "")
        message = message_of(DataUnavailable, load_creditcard)
        assert "go online, or correct the proxy that HTTP_PROXY and HTTPS_PROXY name" in message

    @pytest.mark.parametrize("patience", [None, 77.0])
    def test_patience_of_others_is_left_alone(self, openml, rows, patience):
        openml.publish(rows)
        socket.setdefaulttimeout(patience)
        load_creditcard()
        assert socket.getdefaulttimeout() == patience
        socket.setdefaulttimeout(None)

    def test_cache_that_is_not_a_folder(self, openml, rows, tmp_path, message_of):
        openml.publish(rows)
        (tmp_path / "dropout-lab").write_text("in the way")
        message = message_of(DataUnavailable, load_creditcard)
        assert "Not a directory" in message
        assert f"make {tmp_path / 'dropout-lab'}" in message
        assert "go online" not in message


def real_files():
    folder = Path(REAL) / "creditcard"
    return [folder / name for name in creditcard.FILES if REAL and (folder / name).exists()]


@pytest.mark.skipif(
    not real_files(),
    reason="DROPOUT_LAB_DATA holds no card data: the test with the real ones did not run",
)
def test_real_card_data():
    data = load_creditcard()
    path = real_files()[0]
    openers = {".gz": gzip.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8") as file:
        reader = csv.reader(io.StringIO(file.read()))
        assert next(reader) == HEADER
        rows = list(dict.fromkeys(tuple(map(float, row)) for row in reader))
    np.testing.assert_array_equal(data.features, [row[:-1] for row in rows])
    np.testing.assert_array_equal(data.labels, [row[-1] for row in rows])
    # Of the 492 frauds 19 are repeats, in the full set as in the subset with every fraud.
    assert data.labels.sum() == 492 - 19
    whole = len(data.labels) + data.n_repeats == 284_807
    assert data.is_subset is not whole
    assert data.fraud_share == pytest.approx(473 / 283_726 if whole else 473 / len(rows))
