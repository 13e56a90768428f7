import hashlib
import os
import runpy
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, send

from dropout_lab.data import DataUnavailable
from dropout_lab.data.files import fetch, own_file

BODY = bytes(range(256)) * 400
SHA256 = hashlib.sha256(BODY).hexdigest()
NAME = "numbers.gz"
FIRST, SECOND = f"/first/{NAME}", f"/second/{NAME}"


@pytest.fixture
def server(monkeypatch):
    for variable in "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "http_proxy":
        monkeypatch.delenv(variable, raising=False)
    with data_server() as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "set"


def get(address, folder):
    """Fetch the file from the two mirrors of a server, and return its content."""
    return fetch(NAME, SHA256, folder, [f"{address}/first/", f"{address}/second/"]).read_bytes()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_downloaded_once_with_a_bar_where_nothing_is_published(
    server, folder, capsys, monkeypatch
):
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", sys.stderr)  # as it is now
    wanted = []

    def answer(handler):
        wanted.append(handler.headers["Accept-Encoding"])
        send(BODY)(handler)

    server.answers[FIRST] = answer
    for publishing, bar in ("1", ""), ("0", "100%"):
        monkeypatch.setenv("EXPLORE_PUBLISH", publishing)
        assert get(server.address, folder) == get(server.address, folder) == BODY
        assert names_in(folder) == [NAME]
        out, err = capsys.readouterr()
        assert out == ""
        assert bar in err
        assert bool(bar) == bool(err)
        assert str(folder) not in err
        (folder / NAME).unlink()
    assert server.asked == [FIRST, FIRST]
    assert wanted == ["identity"] * 2  # or a server may unpack what it sends


@pytest.mark.parametrize(
    ("misbehavior", "words"),
    [
        (404, "404 Client Error: Not Found"),
        (503, "503 Server Error: Service Unavailable"),
        (break_off(BODY), "broke off in the middle"),
        (WEB_PAGE, "what it sent is a web page, not the file"),
        (BODY[:-1], "does not match the known hash"),
        (b"", "does not match the known hash"),
    ],
)
def test_nothing_wrong_is_used_or_kept(server, folder, message_of, misbehavior, words):
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(BODY[:500])  # a bad file in the cache
    server.answers = {FIRST: misbehavior, SECOND: 500}
    message = message_of(DataUnavailable, get, server.address, folder)
    assert message.startswith(f"{NAME} could not be downloaded (127.0.0.1")
    assert words in message
    assert "500 Server Error: Internal Server Error" in message
    assert "\n" not in message
    assert "go online and try again, or set DROPOUT_LAB_DATA to a folder that holds" in message
    assert "holds set/numbers.gz" in message
    assert names_in(folder) == [NAME]
    server.answers[SECOND] = BODY
    assert get(server.address, folder) == (folder / NAME).read_bytes() == BODY
    assert server.asked == [FIRST, SECOND] * 2
    assert names_in(folder) == [NAME]


def test_the_name_stands_for_the_whole_file_whoever_else_is_downloading(server, folder):
    server.answers[FIRST] = send(BODY, seconds=0.3)
    both = [threading.Thread(target=get, args=(server.address, folder)) for _ in range(2)]
    for thread in both:
        thread.start()
    seen = set()
    while any(thread.is_alive() for thread in both):
        if (folder / NAME).exists():
            seen.add((folder / NAME).read_bytes() == BODY)
        time.sleep(0.01)
    assert seen <= {True}
    assert names_in(folder) == [NAME]
    assert get(server.address, folder) == BODY
    assert server.asked == [FIRST] * 2


class TestOnTheWay:
    """What stands between the reader and the mirror, named with its own remedy."""

    def test_nobody_and_silence(self, server, folder, monkeypatch, message_of):
        with data_server() as gone:
            pass
        assert "could not be reached" in message_of(DataUnavailable, get, gone.address, folder)
        monkeypatch.setattr("dropout_lab.data.files.TIMEOUT", (0.2, 0.2))
        server.answers = {FIRST: lambda handler: time.sleep(1), SECOND: 404}
        message = message_of(DataUnavailable, get, server.address, folder)
        assert "did not answer in time" in message

    def test_certificates(self, server, certificate, folder, tmp_path, monkeypatch, message_of):
        with data_server(certificate) as secure:
            secure.answers[FIRST] = BODY
            for address, named, words in (
                (secure.address, None, "no connection that is trusted"),
                (secure.address, tmp_path / "gone.pem", f"invalid path: {tmp_path}/gone.pem"),
                (server.address.replace("http:", "https:"), None, "no connection that is trusted"),
            ):
                if named:
                    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(named))
                message = message_of(DataUnavailable, get, address, folder)
                monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
                assert words in message
                assert "let REQUESTS_CA_BUNDLE name a file of the certificates" in message
                assert "go online" not in message
                assert names_in(folder) == []
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
            assert get(secure.address, folder) == BODY

    @pytest.mark.parametrize(
        ("answers", "words"), [(True, "407"), (False, "could not be reached through the proxy")]
    )
    def test_proxy(self, server, folder, monkeypatch, message_of, answers, words):
        with data_server() as proxy:
            proxy.answers[f"{server.address}{FIRST}"] = 407
            monkeypatch.setenv("HTTP_PROXY", proxy.address)
            monkeypatch.setenv("http_proxy", proxy.address)
            monkeypatch.setenv("no_proxy", "")
            if answers:
                message = message_of(DataUnavailable, get, server.address, folder)
        if not answers:
            message = message_of(DataUnavailable, get, server.address, folder)
        assert words in message
        assert "correct the proxy that HTTP_PROXY and HTTPS_PROXY name" in message
        assert server.asked == names_in(folder) == []


@contextmanager
def ordinary_user():
    """Give up root's right to write anywhere while the block runs; others have not got it."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a matter of POSIX systems")
@pytest.mark.parametrize("trouble", ["a file in the way", "read-only", "unreadable"])
def test_a_cache_that_cannot_be_used(server, message_of, trouble):
    server.answers = {FIRST: BODY, SECOND: BODY}
    with tempfile.TemporaryDirectory() as parent:  # pytest's own folders are closed to others
        folder = Path(parent) / "set"
        Path(parent).chmod(0o755)
        if trouble == "a file in the way":
            folder.write_bytes(b"")
        else:
            folder.mkdir()
            if trouble == "unreadable":
                (folder / NAME).write_bytes(BODY)
                (folder / NAME).chmod(0)
            folder.chmod(0o555)
        with ordinary_user():
            message = message_of(DataUnavailable, get, server.address, folder)
        folder.chmod(0o755)
    assert str(folder) in message
    assert "writable, with room for the data, or set DROPOUT_LAB_DATA" in message
    assert server.asked == []


class TestOwnFile:
    PLACES = ["set", "SET/raw"], ["numbers.gz", "numbers"]

    @pytest.fixture(autouse=True)
    def root(self, monkeypatch, tmp_path):
        root = tmp_path / "data"
        root.mkdir()
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(root))
        return root

    def put(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BODY)
        return path

    def test_no_variable_no_file(self, monkeypatch):
        monkeypatch.setenv("DROPOUT_LAB_DATA", "")
        assert own_file(*self.PLACES) is None
        monkeypatch.delenv("DROPOUT_LAB_DATA")
        assert own_file(*self.PLACES) is None

    def test_places_and_names_in_their_order(self, root):
        for place in "SET/raw/numbers", "SET/raw/numbers.gz", "set/numbers", "set/numbers.gz":
            path = self.put(root / place)
            assert own_file(*self.PLACES) == path
        path.unlink()
        path.mkdir()  # is no file
        assert own_file(*self.PLACES) == root / "set" / "numbers"

    @pytest.mark.parametrize(
        ("file", "named"),
        [("set/numbers", "set"), ("SET/raw/numbers", "SET/raw"), ("SET/raw/numbers", "SET")],
    )
    def test_too_deep(self, monkeypatch, root, message_of, file, named):
        self.put(root / file)
        monkeypatch.chdir(root / named)
        for value in f"{root}/{named}", ".":
            monkeypatch.setenv("DROPOUT_LAB_DATA", value)
            assert message_of(DataUnavailable, own_file, *self.PLACES) == (
                f"DROPOUT_LAB_DATA is set to {value!r}, which is too deep; set it to '{root}'"
            )

    @pytest.mark.parametrize(
        ("files", "words"),
        [
            ([], "there is no such folder; {root} is empty"),
            (["numbers", "b/c"], "there is no such folder; {root} holds b, numbers"),
            (["set/x.zip"], "it holds x.zip"),
            ([f"set/{name}" for name in "fedcba"], "it holds a, b, c, d, e and more"),
        ],
    )
    def test_missing(self, monkeypatch, root, message_of, files, words):
        for file in files:
            self.put(root / file)
        assert message_of(DataUnavailable, own_file, *self.PLACES) == (
            f"no numbers.gz in {root}/set ({words.format(root=root)}); put the file there, "
            "correct DROPOUT_LAB_DATA, or unset it to download the data"
        )
        monkeypatch.setenv("DROPOUT_LAB_DATA", f"{root}/typo")
        assert message_of(DataUnavailable, own_file, *self.PLACES) == (
            f"DROPOUT_LAB_DATA is set to '{root}/typo', which is not a folder; "
            "correct it, or unset it to download the data"
        )


@pytest.mark.parametrize("named", [None, "elsewhere"])
def test_measurements_find_the_data_that_the_tests_find(monkeypatch, tmp_path, named):
    monkeypatch.setattr("bench.data.ROOT", tmp_path / "clone")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    monkeypatch.setenv("DROPOUT_LAB_DATA", named or "")  # put back afterwards, whatever comes
    if named is None:
        monkeypatch.delenv("DROPOUT_LAB_DATA")
    seen = []
    for part in "chapters", "explorer", "pages", "speed", "training":
        monkeypatch.setattr(
            f"bench.{part}.main", lambda: seen.append(os.environ.get("DROPOUT_LAB_DATA"))
        )
    runpy.run_module("bench", run_name="__main__")
    assert seen == [named or str(tmp_path / "shared" / "data")] * 5
