"""Fetch a package from npm's registry; npm itself is not needed."""

import base64
import hashlib
import http.client
import io
import os
import tarfile
import urllib.request

REGISTRY = "https://registry.npmjs.org"
PATIENCE = 60  # seconds to wait for each piece


def registry():
    """Return the registry that npm is told to use on this machine."""
    named = [os.environ.get(name) for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")]
    return next(filter(None, [*named, REGISTRY])).rstrip("/")


def address(name, version):
    """Return where the registry has a package."""
    return f"{registry()}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"


def fetch(name, version, integrity):
    """Fetch a package, and check that it is the pinned one.

    Parameters
    ----------
    name, version, integrity : str
        Its name, its version and its digest, as npm writes them.

    Returns
    -------
    tarfile.TarFile
        The package; its files stand in the folder ``package``.

    Raises
    ------
    OSError
        If the registry gives no answer.
    ValueError
        If the package is not the pinned one.
    """
    return opened(download(address(name, version)), integrity)


def download(url):
    """Return the bytes of an address, or raise OSError: also where the answer breaks off."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"{url} broke off in the middle: {error}") from error


def opened(package, integrity):
    """Return a package, from its bytes, if it is the pinned one."""
    kind, _, digest = integrity.partition("-")
    if base64.b64encode(hashlib.new(kind, package).digest()).decode() != digest:
        raise ValueError(f"the package is not the pinned one, {integrity}")
    return tarfile.open(fileobj=io.BytesIO(package))
