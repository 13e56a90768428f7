"""Where a data file comes from: the reader's own folder, the cache, or a public mirror."""

import errno
import gzip
import hashlib
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from dropout_lab._extras import need
from dropout_lab.explorer.publishing import publishing

__all__ = ["DataUnavailable"]

DATA_VARIABLE = "DROPOUT_LAB_DATA"  # names the folder with the reader's own copy of the data

TIMEOUT = (10, 30)  # seconds to wait for a connection, and then for each piece of the answer

# What the long messages of requests mean, by the name of the error.
IN_SHORT = {
    "ReadTimeout": "did not answer in time",
    "ReadTimeoutError": "did not answer in time",  # within a ConnectionError: in the middle
    "ChunkedEncodingError": "broke off in the middle",
    "SSLError": "offers no connection that is trusted",
    "ProxyError": "could not be reached through the proxy",
    "ConnectionError": "could not be reached",
}

# What a file system says, besides that it is forbidden, where nothing can be written.
UNWRITABLE = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR)


class DataUnavailable(RuntimeError):
    """The data are not on this machine and could not be fetched; the message says what to do."""


def own_file(folders: Sequence[str], names: Sequence[str]) -> Path | None:
    """Return the first file in the folder that ``DROPOUT_LAB_DATA`` names; None if it is not set.

    `folders` in it and `names` in these are tried in their order. Where the variable is set, that
    folder is the only source: nothing is downloaded behind the reader's back, and nothing in it
    is changed. So a wrong folder or a missing file raises DataUnavailable.
    """
    value = os.environ.get(DATA_VARIABLE, "")
    if not value:
        return None
    root = Path(os.path.expanduser(value))  # as it is where the user has no home
    if not root.is_dir():
        raise DataUnavailable(
            f"{DATA_VARIABLE} is set to {value!r}, which is not a folder; "
            "correct it, or unset it to download the data"
        )
    path = first_file(root, [f"{folder}/{name}" for folder in folders for name in names])
    if path is not None:
        return path
    wanted = root / folders[0]
    raise DataUnavailable(
        f"no {names[0]} in {wanted} ({_what_is_there(root, wanted)}); put the file there, correct "
        f"{DATA_VARIABLE}, or unset it to download the data"
    )


def first_file(folder: Path, names: Iterable[str]) -> Path | None:
    """Return the path of the first name that is a file in a folder, or None."""
    with reading(folder):
        return next((folder / name for name in names if (folder / name).is_file()), None)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise DataUnavailable where something cannot be read, ValueError where it is damaged."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise DataUnavailable(f"cannot read {path}: {error.strerror}") from error


def _what_is_there(root: Path, wanted: Path) -> str:
    """Say what a folder holds in which a file is missing, or the one above it."""
    folder = wanted if wanted.is_dir() else root
    held = sorted(path.name for path in folder.iterdir())
    holds = f"holds {', '.join(held[:5])}{' and more' if held[5:] else ''}" if held else "is empty"
    return f"it {holds}" if folder == wanted else f"there is no such folder; {root} {holds}"


def cache_folder(name: str) -> Path:
    """Return where downloads of a data set are kept, on Linux in ``~/.cache/dropout-lab``."""
    need("pooch")
    import pooch

    try:
        folder = Path(pooch.os_cache("dropout-lab"))
    except RuntimeError:  # of platformdirs, or an older one takes "~" for a name
        folder = Path("~")
    if not folder.is_absolute():
        raise DataUnavailable(
            f"there is no home folder to keep downloads in; set HOME, or set {DATA_VARIABLE} to a "
            f"folder that holds {name}"
        )
    return folder / name


def check_sha256(raw: bytes, sha256: str, path: Path, hint: str = "") -> None:
    """Raise ValueError, naming the file, unless these bytes have the SHA-256 they should have."""
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} has the wrong SHA-256: {found} instead of {sha256}{hint}")


def check_no_web_page(start: bytes, path: Path | str) -> None:
    """Raise ValueError, naming the file, if it starts as a web page does: saved in its place."""
    if start[:64].lstrip().startswith(b"<"):
        raise ValueError(f"{path} is a web page, not the file it should be")


def fetch(name: str, sha256: str, folder: Path, mirrors: Iterable[str]) -> Path:
    """Return the path of a file in the cache; download it if it is not there as it should be.

    The mirrors, addresses that end in a slash, are asked in their order. pooch gives a file its
    name once its SHA-256 is right, so nobody ever finds half of it. If none sends it, or it cannot
    be written, the message of DataUnavailable says what each of them did and what helps.
    """
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    failures = []
    for mirror in mirrors:
        try:
            logger.setLevel("WARNING")  # or it writes the folders of this machine into a notebook
            path = pooch.retrieve(mirror + name, sha256, name, folder, downloader=_download)
            return Path(path)
        except (OSError, ValueError) as error:  # what requests raises is an OSError, too
            failures.append(f"{urlsplit(mirror).netloc} {_in_short(error)}")
            last = error
            if isinstance(error, OSError) and error.errno in UNWRITABLE and not error.filename:
                error.filename = str(folder)  # a full disk does not say where
        finally:
            logger.setLevel(level)
    raise DataUnavailable(
        f"{name} could not be downloaded ({'; '.join(failures)}); {remedy(last)}, "
        f"or set {DATA_VARIABLE} to a folder that holds {folder.name}/{name}"
    ) from last


def _download(url: str, output_file: str, asker: Any) -> None:
    """Download a file for pooch, and refuse the page that a network may send in its place."""
    import pooch

    download = pooch.HTTPDownloader(
        progressbar=not publishing(),  # its output would end up on the page
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # or a server may unpack what it sends
    )
    download(url, output_file, asker)
    check_no_web_page(Path(output_file).read_bytes(), "what it sent")


def _in_short(error: Exception) -> str:
    """Return what went wrong with a mirror: in words of ours, or as requests or pooch say it."""
    kinds = [kind.__name__ for cause in (*error.args, error) for kind in type(cause).__mro__]
    return next((IN_SHORT[kind] for kind in kinds if kind in IN_SHORT), f"failed: {error}")


def remedy(error: Exception, variable: str = "REQUESTS_CA_BUNDLE") -> str:
    """Return what helps against a failed download, as the second half of a sentence.

    `variable` is the environment variable that names certificates to whoever did the download.
    """
    text = str(error)
    if "SSL" in text or "TLS CA certificate" in text:
        return f"let {variable} name a file of the certificates that your network uses"
    if isinstance(error, OSError) and (
        isinstance(error, PermissionError) or error.errno in UNWRITABLE
    ):
        return f"make {error.filename or 'the cache'} writable, with room for the data"
    if "proxy" in text.lower() or {"http", "https"} & set(getproxies()):
        return "go online, or correct the proxy that HTTP_PROXY and HTTPS_PROXY name"
    return "go online and try again"
