import gzip
import hashlib
import os
import runpy
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, dribble, status

from dropout_lab.data import DataUnavailable
from dropout_lab.data.files import cache_folder, check_sha256, fetch, own_file

BODY = bytes(range(256)) * 400
SHA256 = hashlib.sha256(BODY).hexdigest()
NAME = "numbers.gz"


@pytest.fixture
def server():
    with data_server() as running:
        yield running


@pytest.fixture
def mirrors(server):
    return [f"{server.address}/first/", f"{server.address}/second/"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "set"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_file_is_downloaded_once_and_then_read_from_the_cache(server, mirrors, folder):
    server.answers[f"/first/{NAME}"] = BODY
    assert fetch(NAME, SHA256, folder, mirrors) == BODY
    assert fetch(NAME, SHA256, folder, mirrors) == BODY
    assert server.asked == [f"/first/{NAME}"]
    assert names_in(folder) == [NAME]


@pytest.mark.parametrize(
    ("misbehavior", "words"),
    [
        (status(404), "answered 404 Not Found"),
        (status(503), "answered 503 Service Unavailable"),
        (break_off(BODY), "broke off in the middle"),
        (WEB_PAGE, "what it sent is a web page, not the file"),
        (BODY[:-1], "sent a file with the wrong content"),
        (b"", "sent a file with the wrong content"),
    ],
)
class TestMisbehavior:
    def test_second_mirror_is_tried(self, server, mirrors, folder, misbehavior, words):
        server.answers = {f"/first/{NAME}": misbehavior, f"/second/{NAME}": BODY}
        assert fetch(NAME, SHA256, folder, mirrors) == BODY
        assert server.asked == [f"/first/{NAME}", f"/second/{NAME}"]
        assert names_in(folder) == [NAME]

    def test_error_names_file_and_cause(
        self, server, mirrors, folder, message_of, misbehavior, words
    ):
        server.answers = {f"/first/{NAME}": misbehavior, f"/second/{NAME}": status(500)}
        message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, mirrors)
        assert message.startswith(f"{NAME} could not be downloaded (127.0.0.1")
        assert words in message
        assert "500 Internal Server Error" in message
        assert "\n" not in message
        assert "set DROPOUT_LAB_DATA to a folder that holds set/numbers.gz" in message
        assert names_in(folder) == []

    def test_bad_cached_file_is_never_used(
        self, server, mirrors, folder, message_of, misbehavior, words
    ):
        folder.mkdir(parents=True)
        (folder / NAME).write_bytes(BODY[:500])
        server.answers = {f"/first/{NAME}": misbehavior, f"/second/{NAME}": misbehavior}
        message_of(DataUnavailable, fetch, NAME, SHA256, folder, mirrors)
        assert names_in(folder) == []


def test_what_counts_is_the_content(server, mirrors, folder, message_of):
    packed = [gzip.compress(BODY, level, mtime=level) for level in (1, 9)]
    server.answers[f"/first/{NAME}"] = packed
    for raw in packed:
        assert fetch(NAME, SHA256, folder, mirrors, unpack=gzip.decompress) == BODY
        assert (folder / NAME).read_bytes() == raw
        assert fetch(NAME, SHA256, folder, mirrors, unpack=gzip.decompress) == BODY  # the cached
        (folder / NAME).unlink()
    server.answers[f"/first/{NAME}"] = gzip.compress(BODY[1:])
    message = message_of(
        DataUnavailable, fetch, NAME, SHA256, folder, mirrors, unpack=gzip.decompress
    )
    assert "sent a file with the wrong content" in message
    assert names_in(folder) == []


def test_bad_cached_file_is_downloaded_again_once(server, mirrors, folder):
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(WEB_PAGE)
    server.answers[f"/first/{NAME}"] = BODY
    assert fetch(NAME, SHA256, folder, mirrors) == BODY
    assert (folder / NAME).read_bytes() == BODY
    assert server.asked == [f"/first/{NAME}"]


def test_nobody_at_the_other_end(folder, message_of):
    with data_server() as gone:
        address = f"{gone.address}/"
    message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, [address])
    assert "could not be reached" in message
    assert names_in(folder) == []


class TestOnTheWay:
    """What stands between the reader and the mirror, named with its own remedy."""

    @pytest.fixture
    def secure(self, certificate):
        with data_server(certificate) as running:
            running.answers[f"/first/{NAME}"] = BODY
            yield running

    def message(self, message_of, folder, address):
        message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, [f"{address}/first/"])
        assert "set DROPOUT_LAB_DATA" in message
        assert names_in(folder) == []
        return message

    def test_certificates_that_are_named_help(self, secure, certificate, folder, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetch(NAME, SHA256, folder, [f"{secure.address}/first/"]) == BODY

    def test_certificate_that_nobody_trusts(self, secure, folder, monkeypatch, message_of):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        message = self.message(message_of, folder, secure.address)
        assert "has a certificate that is not trusted" in message
        assert "let REQUESTS_CA_BUNDLE name a file of the certificates" in message
        assert "go online" not in message

    def test_certificates_that_are_not_there(
        self, secure, folder, tmp_path, monkeypatch, message_of
    ):
        gone = str(tmp_path / "gone.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", gone)
        message = self.message(message_of, folder, secure.address)
        assert f"correct REQUESTS_CA_BUNDLE, which names {gone!r}" in message
        assert "cache" not in message
        assert "go online" not in message

    def test_no_tls_at_all(self, server, folder, message_of):
        message = self.message(message_of, folder, server.address.replace("http:", "https:"))
        assert "did not answer in TLS" in message

    @pytest.mark.parametrize("answers", [True, False])
    def test_proxy(self, server, folder, monkeypatch, message_of, answers):
        with data_server() as proxy:
            proxy.answers[f"{server.address}/first/{NAME}"] = status(407)
            if answers:
                self.through(proxy, server, folder, monkeypatch, message_of, "answered 407")
        if not answers:
            words = "could not be reached through the proxy"
            self.through(proxy, server, folder, monkeypatch, message_of, words)

    def through(self, proxy, server, folder, monkeypatch, message_of, words):
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", "")
        message = self.message(message_of, folder, server.address)
        assert words in message
        assert "correct the proxy that HTTP_PROXY and HTTPS_PROXY name" in message
        assert server.asked == []


def test_silent_mirror_is_given_up(server, mirrors, folder, monkeypatch, message_of):
    monkeypatch.setattr("dropout_lab.data.files.TIMEOUT", (0.2, 0.2))
    server.answers[f"/first/{NAME}"] = lambda handler: time.sleep(1)
    message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, mirrors)
    assert "did not answer in time" in message
    server.answers[f"/second/{NAME}"] = BODY
    assert fetch(NAME, SHA256, folder, mirrors) == BODY


def test_server_is_asked_not_to_compress(server, mirrors, folder):
    headers = []

    def reply(handler):
        headers.append(handler.headers["Accept-Encoding"])
        handler.send_error(404)

    server.answers[f"/first/{NAME}"] = reply
    server.answers[f"/second/{NAME}"] = BODY
    fetch(NAME, SHA256, folder, mirrors)
    assert headers == ["identity"]


def test_progress_bar_unless_publishing(server, mirrors, folder, capsys, monkeypatch):
    server.answers[f"/first/{NAME}"] = BODY
    monkeypatch.setenv("EXPLORE_PUBLISH", "1")
    fetch(NAME, SHA256, folder, mirrors)
    assert capsys.readouterr() == ("", "")
    (folder / NAME).unlink()
    monkeypatch.setenv("EXPLORE_PUBLISH", "0")
    fetch(NAME, SHA256, folder, mirrors)
    errors = capsys.readouterr().err
    assert "100%" in errors
    assert str(folder) not in errors


def test_cache_that_is_not_a_folder(server, mirrors, tmp_path, message_of):
    (tmp_path / "cache").write_text("in the way")
    server.answers[f"/first/{NAME}"] = BODY
    folder = tmp_path / "cache" / "set"
    message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, mirrors)
    assert str(folder / NAME) in message
    assert "Not a directory" in message


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
@pytest.mark.parametrize("content", [None, b"bad"], ids=["empty", "bad file"])
def test_read_only_cache(server, mirrors, message_of, content):
    server.answers[f"/first/{NAME}"] = BODY
    with tempfile.TemporaryDirectory() as parent:  # pytest's own folders are closed to others
        folder = Path(parent) / "set"
        folder.mkdir()
        if content:
            (folder / NAME).write_bytes(content)
        for path, bits in [(Path(parent), 0o755), (folder, 0o555)]:
            path.chmod(bits)
        with ordinary_user():
            message = message_of(DataUnavailable, fetch, NAME, SHA256, folder, mirrors)
        assert names_in(folder) == ([NAME] if content else [])
        folder.chmod(0o755)
    assert message.startswith(f"cannot write {folder / NAME} to the cache: ")
    assert "permission denied; make the folder writable" in message.lower()


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a matter of POSIX systems")
def test_unreadable_file_in_the_cache(server, mirrors, message_of):
    with tempfile.TemporaryDirectory() as parent:
        path = Path(parent) / NAME
        path.write_bytes(BODY)
        path.chmod(0)
        Path(parent).chmod(0o755)
        with ordinary_user():
            message = message_of(DataUnavailable, fetch, NAME, SHA256, Path(parent), mirrors)
    assert message == f"cannot read {path}: Permission denied"
    assert server.asked == []


FETCH = """
import sys
from pathlib import Path
from dropout_lab.data.files import fetch
name, sha256, folder, mirror = sys.argv[1:]
print(len(fetch(name, sha256, Path(folder), [mirror])))
"""


def start_fetching(folder, mirror):
    command = [sys.executable, "-c", FETCH, NAME, SHA256, str(folder), mirror]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once(server, mirrors, folder):
    server.answers[f"/first/{NAME}"] = dribble(BODY, seconds=1)
    both = [start_fetching(folder, mirrors[0]) for _ in range(2)]
    seen = set()
    while any(process.poll() is None for process in both):
        if (folder / NAME).exists():
            seen.add((folder / NAME).read_bytes() == BODY)
        time.sleep(0.01)
    for process in both:
        output, errors = process.communicate()
        assert (process.returncode, output.strip()) == (0, str(len(BODY))), errors
    assert seen <= {True}
    assert names_in(folder) == [NAME]


def test_process_killed_in_the_middle(server, mirrors, folder):
    server.answers[f"/first/{NAME}"] = [dribble(BODY, seconds=3), BODY]
    process = start_fetching(folder, mirrors[0])
    while not any(path.stat().st_size for path in folder.glob("*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert NAME not in names_in(folder)
    assert fetch(NAME, SHA256, folder, mirrors) == BODY


def test_wrong_hash_names_the_file(message_of):
    check_sha256(BODY, SHA256, "a.gz")
    message = message_of(ValueError, check_sha256, BODY[:-1], SHA256, "a.gz")
    found = hashlib.sha256(BODY[:-1]).hexdigest()
    assert message == f"a.gz has the wrong SHA-256: {found} instead of {SHA256}"


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

    @pytest.mark.parametrize("value", [None, ""])
    def test_not_set(self, monkeypatch, value):
        monkeypatch.delenv("DROPOUT_LAB_DATA")
        if value is not None:
            monkeypatch.setenv("DROPOUT_LAB_DATA", value)
        assert own_file(*self.PLACES) is None

    def test_places_and_names_in_their_order(self, root):
        found = []
        for place in "SET/raw/numbers", "SET/raw/numbers.gz", "set/numbers", "set/numbers.gz":
            path = self.put(root / place)
            found.append(own_file(*self.PLACES) == path)
        assert found == [True] * 4

    def test_a_folder_is_no_file(self, root):
        (root / "set" / "numbers.gz").mkdir(parents=True)
        path = self.put(root / "set" / "numbers")
        assert own_file(*self.PLACES) == path

    def test_not_a_folder(self, monkeypatch, root, message_of):
        monkeypatch.setenv("DROPOUT_LAB_DATA", f"{root}/typo")
        assert message_of(DataUnavailable, own_file, *self.PLACES) == (
            f"DROPOUT_LAB_DATA is set to '{root}/typo', which is not a folder; "
            "correct it, or unset it to download the data"
        )

    @pytest.mark.parametrize(
        ("file", "named"),
        [
            ("set/numbers", "set"),
            ("SET/raw/numbers", "SET/raw"),
            ("SET/raw/numbers", "SET"),
            ("set/numbers", "other"),
        ],
    )
    def test_too_deep(self, monkeypatch, root, message_of, file, named):
        self.put(root / file)
        (root / named).mkdir(exist_ok=True)
        monkeypatch.setenv("DROPOUT_LAB_DATA", f"{root}/{named}")
        expected = f"DROPOUT_LAB_DATA is set to '{root}/{named}', which is too deep; set it to "
        assert message_of(DataUnavailable, own_file, *self.PLACES) == f"{expected}'{root}'"
        monkeypatch.chdir(root / named)
        monkeypatch.setenv("DROPOUT_LAB_DATA", ".")
        message = message_of(DataUnavailable, own_file, *self.PLACES)
        assert message.endswith(f"'.', which is too deep; set it to '{root}'")

    @pytest.mark.parametrize(
        ("files", "words"),
        [
            ([], "there is no such folder; {root} is empty"),
            (["numbers", "b/c"], "there is no such folder; {root} holds b, numbers"),
            (["set/x.zip"], "it holds x.zip"),
            ([f"set/{name}" for name in "fedcba"], "it holds a, b, c, d, e and more"),
        ],
    )
    def test_missing(self, root, message_of, files, words):
        for file in files:
            self.put(root / file)
        assert message_of(DataUnavailable, own_file, *self.PLACES) == (
            f"no numbers.gz in {root}/set ({words.format(root=root)}); put the file there, "
            "correct DROPOUT_LAB_DATA, or unset it to download the data"
        )


@pytest.mark.parametrize("named", [None, "elsewhere"])
def test_measurements_find_the_data_that_the_tests_find(monkeypatch, tmp_path, named):
    monkeypatch.setattr("bench.data.ROOT", tmp_path / "clone")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    monkeypatch.setenv("DROPOUT_LAB_DATA", "")  # put back afterwards, whatever comes
    monkeypatch.delenv("DROPOUT_LAB_DATA")
    if named is not None:
        monkeypatch.setenv("DROPOUT_LAB_DATA", named)
    seen = []
    for part in "chapters", "ensemble", "explorer", "pages", "speed", "training":
        monkeypatch.setattr(
            f"bench.{part}.main", lambda: seen.append(os.environ.get("DROPOUT_LAB_DATA"))
        )
    runpy.run_module("bench", run_name="__main__")
    assert seen == [named or str(tmp_path / "shared" / "data")] * 6


def test_cache_folder_is_where_pooch_keeps_things(monkeypatch, tmp_path):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    assert cache_folder("mnist") == tmp_path / "dropout-lab" / "mnist"
    assert names_in(tmp_path) == []
