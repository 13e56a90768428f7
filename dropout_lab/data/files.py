"""Where a data file comes from: the reader's own folder, the cache, or a public mirror."""

import errno
import hashlib
import os
import ssl
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import pooch

from dropout_lab.explorer.publishing import publishing

__all__ = [
    "DATA_VARIABLE",
    "DataUnavailable",
    "cache_folder",
    "check_no_web_page",
    "check_sha256",
    "fetch",
    "first_file",
    "own_file",
    "remedy",
]

DATA_VARIABLE = "DROPOUT_LAB_DATA"
"""Name of the environment variable that points at the reader's own copy of the data."""

TIMEOUT = (10, 30)
"""Seconds to wait for a connection, and then for each piece of the answer."""


class DataUnavailable(RuntimeError):
    """The data are not on this machine and could not be fetched; the message says what to do."""


def own_file(folders, names):
    """Return one file of the reader's own, or None if the reader did not say where they are.

    Parameters
    ----------
    folders : sequence of str
        Where it may lie in the folder that ``DROPOUT_LAB_DATA`` names, the best place first.
    names : sequence of str
        What it may be called, the best name first.

    Returns
    -------
    pathlib.Path or None
        The first file that is there. None if the variable is not set or empty.

    Raises
    ------
    DataUnavailable
        If the variable is set, but names no folder or one without that file; the message says
        what is there instead.

    Notes
    -----
    When the variable is set, that folder is the only source: nothing is downloaded behind the
    reader's back, and nothing in the folder is ever changed or deleted.
    """
    value = os.environ.get(DATA_VARIABLE, "")
    if not value:
        return None
    root = Path(value).expanduser()
    if not root.is_dir():
        raise DataUnavailable(
            f"{DATA_VARIABLE} is set to {value!r}, which is not a folder; "
            "correct it, or unset it to download the data"
        )
    for place in (root, *root.absolute().parents[:2]):
        paths = (first_file(place / folder, names) for folder in folders)
        path = next(filter(None, paths), None)
        if path is not None and place == root:
            return path
        if path is not None:
            raise DataUnavailable(
                f"{DATA_VARIABLE} is set to {value!r}, which is too deep; set it to {str(place)!r}"
            )
    wanted = root / folders[0]
    raise DataUnavailable(
        f"no {names[0]} in {wanted} ({_what_is_there(root, wanted)}); put the file there, correct "
        f"{DATA_VARIABLE}, or unset it to download the data"
    )


def first_file(folder, names):
    """Return the path of the first of several names that is a file, or None.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look.
    names : sequence of str
        What to look for.

    Returns
    -------
    pathlib.Path or None
        None if no name is a file.

    Raises
    ------
    DataUnavailable
        If the folder may not be looked into.
    """
    try:
        return next((folder / name for name in names if (folder / name).is_file()), None)
    except OSError as error:
        raise DataUnavailable(f"cannot read {folder}: {error.strerror}") from error


def _what_is_there(root, wanted):
    """Say what a folder holds in which a file is missing, or the one above it."""
    folder = wanted if wanted.is_dir() else root
    held = sorted(path.name for path in folder.iterdir())
    holds = f"holds {', '.join(held[:5])}{' and more' if held[5:] else ''}" if held else "is empty"
    return f"it {holds}" if folder == wanted else f"there is no such folder; {root} {holds}"


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


def fetch(name, sha256, folder, mirrors, unpack=bytes):
    """Return a file's content from the cache, and download it first if need be.

    Parameters
    ----------
    name : str
        Name of the file, in the cache and on the mirrors.
    sha256 : str
        The SHA-256 of its unpacked content, in hexadecimal. Nothing else is ever returned or kept.
    folder : pathlib.Path
        Where to keep it.
    mirrors : sequence of str
        Addresses of folders on the web, each ending in a slash. The next is tried if one fails.
    unpack : callable, optional
        Takes the bytes of the file and returns its content, or raises ValueError. By default
        they are the same.

    Returns
    -------
    bytes
        The content, unpacked and checked.

    Raises
    ------
    DataUnavailable
        If no mirror sends the file, or `folder` cannot be written to.

    Notes
    -----
    A file in the cache with the wrong content is deleted, and downloaded again once. pooch
    downloads to a temporary name in the same folder and renames the file once its content is
    right. So the final name never holds half a file, whoever else is downloading.
    """
    path = folder / name

    def read():
        content = unpack(path.read_bytes())
        check_sha256(content, sha256, path)
        return content

    try:
        return read()
    except FileNotFoundError:
        pass
    except ValueError:
        with _writing_to_the_cache(path):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DataUnavailable(f"cannot read {path}: {error.strerror}") from error
    _download_from_any(mirrors, path, _checking_download(sha256, unpack))
    return read()


def remedy(error, variable="REQUESTS_CA_BUNDLE"):
    """Return what helps against a failed download, as the second half of a sentence.

    Parameters
    ----------
    error : Exception
        Why it failed.
    variable : str, default "REQUESTS_CA_BUNDLE"
        The environment variable that names certificates to whoever did the download.

    Returns
    -------
    str
        ``"go online and try again"`` where nothing better is known.
    """
    causes = [error]
    for cause in causes:  # grows: what libraries wrap, they keep in one of these places
        inside = [*getattr(cause, "args", ()), getattr(cause, "reason", None), cause.__cause__]
        causes += [each for each in inside if isinstance(each, Exception) and each not in causes]
    text = " ".join(map(str, causes))
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "TLS CA certificate" in text:
        named = os.environ.get(variable)
        if named and not Path(named).exists():
            return f"correct {variable}, which names {named!r}, where there is nothing"
        return f"let {variable} name a file of the certificates that your network uses"
    if getattr(error, "errno", None) in (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOTDIR):
        return f"make {error.filename or 'the cache'} writable, with room for the data"
    if "proxy" in text.lower():
        return "correct the proxy that HTTP_PROXY and HTTPS_PROXY name"
    if {"http", "https"} & set(getproxies()):
        return "go online, or correct the proxy that HTTP_PROXY and HTTPS_PROXY name"
    return "go online and try again"


def _download_from_any(mirrors, path, download):
    """Put a file into the cache from the first mirror that sends it whole."""
    from requests import RequestException

    failures = []
    for mirror in mirrors:
        try:
            with _writing_to_the_cache(path), _pooch_kept_quiet():
                pooch.retrieve(
                    mirror + path.name,
                    known_hash=None,  # of the file as it is sent: `download` checks what is in it
                    fname=path.name,
                    path=path.parent,
                    downloader=download,
                )
            return
        except (RequestException, ValueError, OSError) as error:
            failures.append(f"{urlsplit(mirror).netloc} {_cause_in_words(error)}")
            last = error
    raise DataUnavailable(
        f"{path.name} could not be downloaded ({'; '.join(failures)}); {remedy(last)}, "
        f"or set {DATA_VARIABLE} to a folder that holds {path.parent.name}/{path.name}"
    ) from last


def _checking_download(sha256, unpack):
    """Return a function that downloads a file as pooch asks for it, and refuses a wrong one."""

    def download(url, output_file, pup):
        fetch_it = pooch.HTTPDownloader(
            progressbar=not publishing(),  # its output would end up on the page
            chunk_size=2**16,
            timeout=TIMEOUT,
            headers={"Accept-Encoding": "identity"},  # or a server may unpack what it sends
        )
        fetch_it(url, output_file, pup)
        raw = Path(output_file).read_bytes()
        check_no_web_page(raw, "what it sent")
        try:
            content = unpack(raw)
        except ValueError:
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("sent a file with the wrong content")

    return download


@contextmanager
def _writing_to_the_cache(path):
    """Turn a refusal by the file system into DataUnavailable."""
    from requests import RequestException

    try:
        yield
    except RequestException:
        raise  # an OSError, too, but not one of the file system
    except OSError as error:
        if type(error) is OSError and error.errno is None:  # of requests: no such certificates
            raise
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
    from requests.exceptions import ChunkedEncodingError, ProxyError, SSLError

    if isinstance(error, HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, Timeout):
        return "did not answer in time"
    if isinstance(error, ChunkedEncodingError):
        return "broke off in the middle"
    if isinstance(error, SSLError):
        failed = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return "has a certificate that is not trusted" if failed else "did not answer in TLS"
    if isinstance(error, ProxyError):
        return "could not be reached through the proxy"
    if isinstance(error, ConnectionError):
        return "could not be reached"
    return str(error)
