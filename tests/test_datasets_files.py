import hashlib
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pooch
import pytest
from data_server import WEB_PAGE, break_off, data_server, dribble, status

from dropout_lab.datasets import DataUnavailable
from dropout_lab.datasets.files import cache_folder, check_sha256, fetch, own_folder

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
        (BODY[:-1], "sent a file with the wrong SHA-256"),
        (b"", "sent a file with the wrong SHA-256"),
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


def test_silent_mirror_is_given_up(server, mirrors, folder, monkeypatch, message_of):
    monkeypatch.setattr("dropout_lab.datasets.files.TIMEOUT", (0.2, 0.2))
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
from dropout_lab.datasets.files import fetch
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


class TestOwnFolder:
    def test_not_set(self, monkeypatch):
        monkeypatch.delenv("DROPOUT_LAB_DATA", raising=False)
        assert own_folder("mnist") is None
        monkeypatch.setenv("DROPOUT_LAB_DATA", "")
        assert own_folder("mnist") is None

    def test_set(self, monkeypatch, tmp_path):
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path))
        assert own_folder("mnist") == tmp_path / "mnist"

    def test_not_a_folder(self, monkeypatch, tmp_path, message_of):
        monkeypatch.setenv("DROPOUT_LAB_DATA", str(tmp_path / "typo"))
        message = message_of(DataUnavailable, own_folder, "mnist")
        assert "DROPOUT_LAB_DATA" in message
        assert "typo" in message
        assert "unset it" in message


def test_cache_folder_is_where_pooch_keeps_things(monkeypatch, tmp_path):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    assert cache_folder("mnist") == tmp_path / "dropout-lab" / "mnist"
    assert names_in(tmp_path) == []
