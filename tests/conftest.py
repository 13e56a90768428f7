"""Settings and fixtures that the unit tests share."""

import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a test that passed once passes again.
settings.register_profile("dropout_lab", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("dropout_lab")


@pytest.fixture
def rng():
    """Return a generator with a fixed seed."""
    return np.random.default_rng(20140615)


@pytest.fixture
def message_of():
    """Return a function that calls `call`, expects exactly `error` and returns its message."""

    def expect(error, call, *arguments, **keywords):
        with pytest.raises(error) as caught:
            call(*arguments, **keywords)
        assert caught.type is error
        return str(caught.value)

    return expect


@pytest.fixture
def torch():
    """Return PyTorch, its generator seeded and afterwards put back."""
    module = pytest.importorskip("torch")
    with module.random.fork_rng(devices=[]):
        module.manual_seed(1)
        yield module


@pytest.fixture
def keras():
    """Return Keras, imported only where a test asks for it: each process collects all files."""
    return pytest.importorskip("keras")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Return a file with a certificate for this machine, which nobody trusts, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    parts = [path.with_suffix(suffix) for suffix in (".key", ".crt")]
    command += ["-keyout", parts[0], "-out", parts[1]]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path
