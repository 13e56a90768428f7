import errno
import hashlib
import os
import sys
import time

import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, drip, nobody_knows_the_name, send
from recorded import no_file_above

from bench.data import use_shared_data
from dropout_lab.data import DataUnavailable
from dropout_lab.data.files import cache_folder, fetch, own_file, remedy

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


@pytest.mark.parametrize(("publishing", "bar"), [("1", ""), ("0", "100%")])
def test_a_file_is_downloaded_once_with_a_bar_where_nothing_is_published(
    server, folder, capsys, monkeypatch, publishing, bar
):
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", sys.stderr)  # as it is now
    monkeypatch.setenv("EXPLORE_PUBLISH", publishing)

    def answer(handler):
        assert handler.headers["Accept-Encoding"] == "identity"  # or it may unpack what it sends
        send(BODY)(handler)

    server.answers[FIRST] = answer
    assert get(server.address, folder) == get(server.address, folder) == BODY
    assert (names_in(folder), server.asked) == ([NAME], [FIRST])
    out, err = capsys.readouterr()
    assert (out, bool(err)) == ("", bool(bar))
    assert bar in err
    assert str(folder) not in err


@pytest.mark.parametrize(
    ("misbehavior", "words"),
    [
        (404, "404 Client Error: Not Found"),
        (break_off(BODY), "broke off in the middle"),
        (WEB_PAGE, "what it sent is a web page, not the file"),
        (BODY[:-1], "does not match the known hash"),
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
    assert (names_in(folder), (folder / NAME).read_bytes()) == ([NAME], BODY[:500])
    server.answers[SECOND] = BODY
    assert get(server.address, folder) == (folder / NAME).read_bytes() == BODY
    assert server.asked == [FIRST, SECOND] * 2
    assert names_in(folder) == [NAME]


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
        # What comes in drops is taken, however long it takes; what stops in the middle is not.
        server.answers = {FIRST: drip(BODY, 2, 0.3), SECOND: drip(BODY, 8, 0.05)}
        assert get(server.address, folder) == BODY
        (folder / NAME).unlink()
        server.answers[SECOND] = 404
        message = message_of(DataUnavailable, get, server.address, folder)
        assert "(127.0.0.1:" in message
        assert " did not answer in time; " in message
        assert names_in(folder) == []
        monkeypatch.setattr("socket.getaddrinfo", nobody_knows_the_name)
        message = message_of(DataUnavailable, get, "http://mirror.example", folder)
        assert "mirror.example could not be reached; mirror.example could not be reached" in message

    def test_certificates(self, certificate, folder, monkeypatch, message_of):
        with data_server(certificate) as secure:
            secure.answers[FIRST] = BODY
            for bundle, words in ("", "no connection that is trusted"), ("gone.pem", "gone.pem"):
                monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
                message = message_of(DataUnavailable, get, secure.address, folder)
                assert words in message
                assert "let REQUESTS_CA_BUNDLE name a file of the certificates" in message
                assert names_in(folder) == []
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
            assert get(secure.address, folder) == BODY

    def test_proxy(self, server, folder, monkeypatch, message_of):
        with data_server() as proxy:
            monkeypatch.setenv("http_proxy", proxy.address)
            monkeypatch.setenv("no_proxy", "")
        message = message_of(DataUnavailable, get, server.address, folder)
        assert "could not be reached through the proxy" in message
        assert "correct the proxy that HTTP_PROXY and HTTPS_PROXY name" in message
        assert server.asked == []

    def test_a_cache_that_cannot_be_written(self, server, folder, message_of):
        folder.parent.mkdir()
        folder.write_bytes(b"")  # in the way
        message = message_of(DataUnavailable, get, server.address, folder)
        assert f"make {folder}" in message
        assert "writable, with room for the data, or set DROPOUT_LAB_DATA" in message
        assert server.asked == []

    def test_a_disk_that_is_full(self, server, folder, message_of):
        server.answers = {FIRST: BODY, SECOND: BODY}
        with no_file_above(len(BODY) // 2):
            message = message_of(DataUnavailable, get, server.address, folder)
        assert f"make {folder} writable, with room for the data, or set DROPOUT_LAB" in message
        assert names_in(folder) == []

    def test_a_user_without_a_home(self, monkeypatch, message_of):
        for variable in ("HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])
        message = message_of(DataUnavailable, cache_folder, "mnist")
        assert "no home folder to keep downloads in; set HOME, or set DROPOUT_LAB_DATA" in message
        monkeypatch.setenv("DROPOUT_LAB_DATA", "~/data")
        message = message_of(DataUnavailable, own_file, ["set"], [NAME])
        assert "DROPOUT_LAB_DATA is set to '~/data', which is not a folder" in message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "here"), "make here writable"),
        (OSError(errno.ENOSPC, "No space left"), "make the cache writable"),
        (OSError("407 Proxy Authentication Required"), "correct the proxy"),
    ],
)
def test_remedies_of_other_errors(monkeypatch, error, words):
    monkeypatch.delenv("http_proxy", raising=False)
    assert words in remedy(error)


class TestOwnFile:
    PLACES = ["set", "SET/raw"], ["numbers.gz", "numbers"]

    @pytest.fixture(autouse=True)
    def root(self, monkeypatch, tmp_path):
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path))
        return tmp_path

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
        ("files", "words"),
        [
            ([], "there is no such folder; {root} is empty"),
            (["numbers", "b/c"], "there is no such folder; {root} holds b, numbers"),
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


def test_the_data_beside_the_clone_are_found_unless_others_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("bench.data.ROOT", tmp_path / "clone")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    monkeypatch.setenv("DROPOUT_LAB_DATA", "elsewhere")
    use_shared_data()
    assert os.environ["DROPOUT_LAB_DATA"] == "elsewhere"
    monkeypatch.delenv("DROPOUT_LAB_DATA")
    use_shared_data()
    assert os.environ["DROPOUT_LAB_DATA"] == str(tmp_path / "shared" / "data")
