import gzip
import hashlib
import json
import lzma
import pickle
import re
import socket

import numpy as np
import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server
from sklearn.datasets import _openml

from dropout_lab.data import DataUnavailable, creditcard, load_creditcard

NAMES = ("Time", *(f"V{i}" for i in range(1, 29)), "Amount")
HEADER = [*NAMES, "Class"]


@pytest.fixture
def rows(rng):
    """Return rows of text, as a file has them, without repeats: numbers of all digits."""
    table = rng.normal(size=(30, 31))
    table[:, 0] = np.arange(30) * 10
    return [[*map(repr, row[:-1].tolist()), str(int(i < 6))] for i, row in enumerate(table)]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Give the reader a folder of their own; return the one for card data, still empty."""
    folder = tmp_path / "data" / "creditcard"
    folder.mkdir(parents=True)
    monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / "data"))
    return folder


def csv_of(rows, header=HEADER):
    lines = [",".join(f'"{name}"' for name in header), *map(",".join, rows)]
    return ("\n".join(lines) + "\n").encode()


def assert_holds(data, rows):
    expected = np.array(rows, float)
    np.testing.assert_array_equal(data.features, expected[:, :-1], strict=True)
    np.testing.assert_array_equal(data.labels, expected[:, -1].astype(np.uint8), strict=True)
    assert data.names == NAMES


class TestOwnFile:
    @pytest.mark.parametrize(
        ("name", "pack"), [("csv", bytes), ("csv.gz", gzip.compress), ("csv.xz", lzma.compress)]
    )
    def test_content_to_the_last_bit(self, folder, rows, name, pack):
        (folder / f"creditcard.{name}").write_bytes(pack(csv_of(rows)))
        data = load_creditcard()
        assert_holds(data, rows)
        assert data.source == f"creditcard.{name}"
        assert (data.n_repeats, data.is_subset) == (0, True)

    def test_columns_are_found_by_name_and_repeats_dropped(self, folder, rows, message_of):
        nearly = [*rows[3][:-2], "77.5", rows[3][-1]]
        other_class = [*rows[4][:-1], "0"]
        repeated = [*rows, rows[3], rows[20], nearly, rows[3], other_class]
        turned = [[*reversed(row), "none"] for row in repeated]
        assert message_of(DataUnavailable, load_creditcard).startswith(
            f"no creditcard.csv in {folder} (it is empty); put the file there"
        )
        path = folder / "creditcard_subset.csv.xz"
        path.write_bytes(lzma.compress(csv_of(rows)))
        message = message_of(ValueError, load_creditcard)
        assert message.startswith(f"{path} has the wrong SHA-256")
        (folder / "creditcard.csv").write_bytes(csv_of(turned, [*reversed(HEADER), "Comment"]))
        data = load_creditcard()  # the whole file is preferred to the subset
        assert_holds(data, [*rows, nearly, other_class])
        assert data.n_repeats == 3
        assert data.fraud_share == 7 / 32

    @pytest.mark.parametrize(
        ("count", "frauds", "words"),
        [
            (30, 6, "creditcard.csv: all rows; 1 exact repeats dropped, 29 rows left, 6 of them"),
            (29, 6, "a subset of 29 of the 30 rows; 0 exact repeats dropped, 29 rows left"),
            (30, 5, "a subset of 30 of the 30 rows"),
        ],
    )
    def test_full_or_subset(self, folder, rows, monkeypatch, count, frauds, words):
        monkeypatch.setattr(creditcard, "FULL_ROWS", 30)  # a small set stands for the full one
        monkeypatch.setattr(creditcard, "FULL_FRAUDS", 6)
        rows[29] = rows[28]
        rows[5][-1] = str(frauds - 5)
        (folder / "creditcard.csv").write_bytes(csv_of(rows[:count]))
        data = load_creditcard()
        assert words in data.note
        assert data.is_subset is ((count, frauds) != (30, 6))

    @pytest.mark.parametrize(
        ("name", "spoil", "words"),
        [
            ("csv", lambda raw: raw.replace(b"Time", b"Date"), "lacks the column(s) Time; commas"),
            ("csv", lambda raw: raw.replace(b",", b";"), "lacks the column(s) Time, V1, V2"),
            ("csv", lambda raw: raw.replace(b",1\n", b",2\n"), "row 1: Class must be 0 or 1, got"),
            ("csv", lambda raw: raw.replace(b"\n0.0", b"\ninf"), "row 1: Time must be a finite"),
            ("csv", lambda raw: raw.replace(b"\n0.0", b"\n" + b"9" * 400), "Time must be a finite"),
            ("csv", lambda raw: raw.replace(b"0.0,", b"0,0,"), "is not a table of comma-separated"),
            ("csv", lambda raw: b"Time," + raw, "has the column(s) Time more than once"),
            ("csv", lambda raw: re.sub(rb",[01]\n", b",True\n", raw), "Class must be a finite"),
            ("csv", lambda raw: raw[:-40], "row 30: "),
            ("csv", lambda raw: raw[: raw.index(b"\n") + 1], "must hold at least one row"),
            ("csv", lambda raw: raw + b"1," * 40, "is not a table of comma-separated values"),
            ("csv", lambda raw: bytes(range(128, 256)), "is not a table of comma-separated values"),
            ("csv", lambda raw: b"", "is not a table of comma-separated values"),
            ("csv", lambda raw: WEB_PAGE, "is a web page"),
            ("csv.gz", lambda raw: gzip.compress(raw)[:-30], "is damaged: Compressed file ended"),
            ("csv.gz", lambda raw: raw, "is damaged: Not a gzipped file"),
            ("csv.xz", lambda raw: lzma.compress(raw)[:-30], "is damaged: Compressed file ended"),
        ],
    )
    def test_bad_file_is_named_with_the_cause(self, folder, rows, message_of, name, spoil, words):
        path = folder / f"creditcard.{name}"
        path.write_bytes(spoil(csv_of(rows)))
        assert message_of(ValueError, load_creditcard).startswith(str(path))
        assert words in message_of(ValueError, load_creditcard)


class OpenML:
    """Put a data set on a local server the way OpenML does."""

    KINDS = ("data/", "features/", "qualities/", "file")

    def __init__(self, server, monkeypatch):
        self.server = server
        self.paths = {kind: f"/api/{kind}42175" for kind in self.KINDS[:3]} | {"file": "/set.arff"}
        for kind, name in zip(self.KINDS, ("INFO", "FEATURES", "QUALITIES"), strict=False):
            monkeypatch.setattr(_openml, f"_DATA_{name}", f"{server.address}/api/{kind}{{}}")

    def publish(self, rows, columns=HEADER, class_type="numeric", quote=""):
        values = f"{{{quote}0{quote},{quote}1{quote}}}" if class_type == "nominal" else "REAL"
        kinds = ["REAL"] * (len(columns) - 1) + [values]
        lines = [f"@ATTRIBUTE {name} {kind}" for name, kind in zip(columns, kinds, strict=True)]
        lines += ["@DATA", *(",".join([*row[:-1], f"{quote}{row[-1]}{quote}"]) for row in rows)]
        self.arff = "\n".join(["@RELATION cards", *lines, ""]).encode()
        features = [
            {"index": str(index), "name": name, "number_of_missing_values": "0"}
            | {"data_type": class_type if name == columns[-1] else "numeric"}
            | {"is_target": "false", "is_ignore": "false", "is_row_identifier": "false"}
            for index, name in enumerate(columns)
        ]
        description = {"id": "42175", "name": "cards", "version": "1", "description": "Cards"}
        description |= {"format": "ARFF", "status": "active"}
        description |= {"url": self.server.address + self.paths["file"]}
        description |= {"md5_checksum": hashlib.md5(self.arff).hexdigest()}
        answers = [
            {"data_set_description": description},
            {"data_features": {"feature": features}},
            {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": len(rows)}]}},
        ]
        bodies = [*(json.dumps(answer).encode() for answer in answers), self.arff]
        self.server.answers = dict(zip(self.paths.values(), bodies, strict=True))


@pytest.fixture
def openml(monkeypatch, tmp_path):
    """Run a local OpenML; the reader has no folder of their own and an empty cache."""
    monkeypatch.delenv("DROPOUT_LAB_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    monkeypatch.setattr(_openml.time, "sleep", lambda seconds: None)  # between its retries
    with data_server() as server:
        yield OpenML(server, monkeypatch)


class TestOpenML:
    @pytest.mark.parametrize(
        ("target", "class_type", "quote"), [("Class", "numeric", ""), ("class", "nominal", "'")]
    )
    def test_content(self, openml, rows, target, class_type, quote):
        openml.publish([*rows, rows[5]], [*NAMES, target], class_type, quote)
        data = load_creditcard()
        np.testing.assert_allclose(data.features, np.array(rows, float)[:, :-1], rtol=1e-15)
        assert data.labels.tolist() == [int(row[-1]) for row in rows]
        assert data.n_repeats == 1
        assert data.source == "OpenML data set 42175"

    def test_cached_as_text_and_asked_again_only_if_damaged(
        self, openml, rows, tmp_path, monkeypatch
    ):
        openml.publish(rows)
        for patience in 77.0, None:  # of others is left alone
            socket.setdefaulttimeout(patience)
            load_creditcard()
            assert socket.getdefaulttimeout() == patience
        assert len(openml.server.asked) == 4
        for name in "load", "loads", "Unpickler":
            monkeypatch.delattr(pickle, name)
        assert len(load_creditcard().labels) == 30
        assert len(openml.server.asked) == 4
        (path,) = (tmp_path / "dropout-lab").rglob("*.arff.gz")
        path.write_bytes(path.read_bytes()[:-20])
        assert len(load_creditcard().labels) == 30
        assert openml.server.asked.count(openml.paths["file"]) == 2

    def test_not_asked(self, openml, folder, rows, monkeypatch, message_of):
        (folder / "creditcard.csv").write_bytes(csv_of(rows[:12]))
        assert len(load_creditcard().labels) == 12
        monkeypatch.delenv("DROPOUT_LAB_DATA")
        message = message_of(DataUnavailable, load_creditcard, download=False)
        assert "set it to a folder that holds creditcard/creditcard.csv" in message
        assert openml.server.asked == []

    @pytest.mark.parametrize("kind", OpenML.KINDS)
    @pytest.mark.parametrize(
        ("misbehavior", "words"),
        [(503, "503"), (break_off(b"{}" * 500), ""), (WEB_PAGE, "")],
        ids=["error", "broken off", "page"],
    )
    def test_misbehavior(self, openml, rows, message_of, kind, misbehavior, words):
        openml.publish(rows)
        openml.server.answers[openml.paths[kind]] = misbehavior
        message = message_of(DataUnavailable, load_creditcard)
        assert message.startswith("the card data could not be fetched from OpenML (")
        if misbehavior == WEB_PAGE:
            words = "md5" if kind == "file" else "perhaps a web page"
        assert words in message
        assert "set DROPOUT_LAB_DATA to a folder that holds creditcard/creditcard.csv" in message
        assert "\n" not in message
        openml.publish(rows)
        assert len(load_creditcard().labels) == 30

    def test_a_column_that_is_missing(self, openml, rows, message_of):
        openml.publish([row[1:] for row in rows], HEADER[1:])
        message = message_of(ValueError, load_creditcard)
        assert message.startswith("OpenML data set 42175 lacks the column(s) Time")

    def test_on_the_way(self, openml, rows, monkeypatch, tmp_path, message_of, certificate):
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with data_server(certificate) as secure:
            OpenML(secure, monkeypatch)
            message = message_of(DataUnavailable, load_creditcard)
        assert "CERTIFICATE_VERIFY_FAILED" in message
        assert "let SSL_CERT_FILE name a file of the certificates" in message
        message = message_of(DataUnavailable, load_creditcard)  # by now nobody answers
        assert "refused" in message
        assert "go online and try again" in message
        (tmp_path / "dropout-lab").rename(tmp_path / "gone")
        (tmp_path / "dropout-lab").write_text("in the way")
        assert f"make {tmp_path}/dropout-lab" in message_of(DataUnavailable, load_creditcard)
