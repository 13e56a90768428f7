"""Where a data file comes from: the reader's own folder, the cache, or a public mirror."""

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from dropout_lab.publishing import publishing

__all__ = [
    "DATA_VARIABLE",
    "DataUnavailable",
    "cache_folder",
    "check_no_web_page",
    "check_sha256",
    "fetch",
    "own_folder",
]

DATA_VARIABLE = "DROPOUT_LAB_DATA"
"""Name of the environment variable that points at the reader's own copy of the data."""

TIMEOUT = (10, 30)
"""Seconds to wait for a connection, and then for each piece of the answer."""


class DataUnavailable(RuntimeError):
    """The data are not on this machine and could not be fetched; the message says what to do."""


def own_folder(name):
    """Return where the reader keeps a data set, or None if the reader did not say.

    Parameters
    ----------
    name : str
        Name of the data set's folder, for example ``"mnist"``.

    Returns
    -------
    pathlib.Path or None
        The folder `name` inside the one that ``DROPOUT_LAB_DATA`` names. None if the variable
        is not set or empty.

    Raises
    ------
    DataUnavailable
        If the variable names something that is not a folder.

    Notes
    -----
    When the variable is set, that folder is the only source: nothing is downloaded behind the
    reader's back, and nothing in the folder is ever changed or deleted.
    """
    value = os.environ.get(DATA_VARIABLE, "")
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise DataUnavailable(
            f"{DATA_VARIABLE} is set to {value!r}, which is not a folder; "
            "correct it, or unset it to download the data"
        )
    return folder / name


def cache_folder(name):
    """Return the folder for downloads of a data set, without creating it.

    Parameters
    ----------
    name : str
        Name of the data set's folder.

    Returns
    -------
    pathlib.Path
        A folder in this system's place for caches (on Linux ``~/.cache/dropout-lab``).
    """
    return Path(pooch.os_cache("dropout-lab")) / name


def check_sha256(raw, sha256, path):
    """Raise unless these are the bytes they should be.

    Parameters
    ----------
    raw : bytes
        The content of the file.
    sha256 : str
        The expected SHA-256, in hexadecimal.
    path : str or pathlib.Path
        What the error message calls the file.

    Raises
    ------
    ValueError
        If the SHA-256 of `raw` is another one.
    """
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} has the wrong SHA-256: {found} instead of {sha256}")


def check_no_web_page(start, path):
    """Raise if a file starts the way a web page does: an error page saved in its place.

    Parameters
    ----------
    start : bytes
        The first bytes of the file, or all of them.
    path : str or pathlib.Path
        What the error message calls the file.

    Raises
    ------
    ValueError
        If the first character that is no blank is ``<``.
    """
    if start[:64].lstrip().startswith(b"<"):
        raise ValueError(f"{path} is a web page, not the file it should be")


def fetch(name, sha256, folder, mirrors):
    """Return a file's content from the cache, and download it first if need be.

    Parameters
    ----------
    name : str
        Name of the file, in the cache and on the mirrors.
    sha256 : str
        Its SHA-256, in hexadecimal. Nothing else is ever returned or kept.
    folder : pathlib.Path
        Where to keep it.
    mirrors : sequence of str
        Addresses of folders on the web, each ending in a slash. The next is tried if one fails.

    Returns
    -------
    bytes
        The content, checked.

    Raises
    ------
    DataUnavailable
        If no mirror sends the file, or `folder` cannot be written to.

    Notes
    -----
    A file in the cache with the wrong content is deleted, and downloaded again once. pooch
    downloads to a temporary name in the same folder and renames the file once its SHA-256 is
    right. So the final name never holds half a file, whoever else is downloading.
    """
    path = folder / name
    try:
        raw = path.read_bytes()
        check_sha256(raw, sha256, path)
    except FileNotFoundError:
        pass
    except ValueError:
        with _writing_to_the_cache(path):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DataUnavailable(f"cannot read {path}: {error.strerror}") from error
    else:
        return raw
    _download_from_any(mirrors, path, sha256)
    return path.read_bytes()


def _download_from_any(mirrors, path, sha256):
    """Put a file into the cache from the first mirror that sends it whole."""
    from requests import RequestException

    failures = []
    for mirror in mirrors:
        try:
            with _writing_to_the_cache(path), _pooch_kept_quiet():
                pooch.retrieve(
                    mirror + path.name,
                    f"sha256:{sha256}",
                    fname=path.name,
                    path=path.parent,
                    downloader=_download,
                )
            return
        except (RequestException, ValueError) as error:
            failures.append(f"{urlsplit(mirror).netloc} {_cause_in_words(error)}")
            last = error
    raise DataUnavailable(
        f"{path.name} could not be downloaded ({'; '.join(failures)}); go online and try again, "
        f"or set {DATA_VARIABLE} to a folder that holds {path.parent.name}/{path.name}"
    ) from last


def _download(url, output_file, pup):
    """Download a file as pooch asks for it; refuse a web page, which needs no hash to see."""
    download = pooch.HTTPDownloader(
        progressbar=not publishing(),  # its output would end up on the page
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # or a server may unpack what it sends
    )
    download(url, output_file, pup)
    with open(output_file, "rb") as file:
        check_no_web_page(file.read(64), "what it sent")


@contextmanager
def _writing_to_the_cache(path):
    """Turn a refusal by the file system into DataUnavailable."""
    from requests import RequestException

    try:
        yield
    except RequestException:
        raise  # an OSError, too, but not one of the file system
    except OSError as error:
        cause = error.strerror or "permission denied"  # pooch raises a bare PermissionError
        raise DataUnavailable(
            f"cannot write {path} to the cache: {cause}; make the folder writable, "
            f"or set {DATA_VARIABLE} to a folder that holds {path.parent.name}/{path.name}"
        ) from error


@contextmanager
def _pooch_kept_quiet():
    """Keep pooch from announcing addresses and folders of this machine in the notebook."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)


def _cause_in_words(error):
    """Return what went wrong with a mirror in a few words."""
    from requests import ConnectionError, HTTPError, Timeout
    from requests.exceptions import ChunkedEncodingError

    if isinstance(error, HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, Timeout):
        return "did not answer in time"
    if isinstance(error, ChunkedEncodingError):
        return "broke off in the middle"
    if isinstance(error, ConnectionError):
        return "could not be reached"
    if "hash of downloaded file" in str(error):
        return "sent a file with the wrong SHA-256"
    return str(error)
