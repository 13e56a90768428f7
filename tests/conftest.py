"""Settings and fixtures that the unit tests share."""

import locale
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from browsing import trouble_of
from hypothesis import settings

from book.parts import share_parts

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


@pytest.fixture(scope="session")  # its operators can be defined once only
def vision():
    """Return torchvision's models, beside a PyTorch without CUDA too."""
    torch = pytest.importorskip("torch")
    if torch.version.cuda is None and sys.platform == "linux":
        # PyPI's torchvision is built for CUDA and defines its operators nowhere else. Their
        # names must be there when it is imported; no net below calls them.
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")
    return pytest.importorskip("torchvision").models


@pytest.fixture
def transformers(vision):
    """Return Hugging Face's Transformers, which import torchvision where there is one."""
    return pytest.importorskip("transformers")


@pytest.fixture
def open_piece(browser, tmp_path):
    """Return a function that opens a piece from a folder, published as in the book."""
    pages = []

    def open_it(piece, after="", before="", style="", **options):
        path = tmp_path / "page.html"
        head = f'<!doctype html><html data-content_root=""><style>{style}</style>'
        head += '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        html = piece._repr_html_()
        path.write_text(head + html, encoding="utf-8")
        (tmp_path / "_static").mkdir(exist_ok=True)
        share_parts(None, tmp_path)
        page = browser.new_page(**options)
        pages.append(page)
        page.trouble = trouble_of(page, tmp_path.as_uri())
        page.add_init_script(before)
        page.goto(path.as_uri() + after)
        name = re.search('aria-label="([^"]*)"', html)[1]
        page.figure = page.get_by_role("figure", name=name, exact=True)
        page.says = page.figure.locator("figcaption")
        return page

    yield open_it
    for page in pages:
        assert page.trouble == []
        page.close()


@pytest.fixture
def show(browser):
    """Return a function that opens HTML in a new tab, and fail on any error or request there."""
    tabs = []

    def open_tab(body, stopped=False, **options):
        tab = browser.new_page(**options)
        tabs.append((tab, trouble_of(tab, "about:")))
        if stopped:
            tab.clock.install(time=0)  # it runs on until it is told to stand still
        tab.set_content(f"<!doctype html><title>as it was</title><body>{body}")
        return tab

    yield open_tab
    for tab, trouble in tabs:
        assert (tab.title(), trouble) == ("as it was", [])
        tab.close()


@pytest.fixture
def decimal_comma(tmp_path, monkeypatch):
    """Let Python, and what it starts, write numbers as Germans do; skip where nothing can."""
    made = tmp_path / "de_DE.UTF-8"
    command = ["localedef", "--inputfile=de_DE", "--charmap=UTF-8", "--no-archive", str(made)]
    if not shutil.which("localedef") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("NO GERMAN LOCALE: localedef cannot make one on this machine")
    monkeypatch.setenv("LOCPATH", str(tmp_path))
    monkeypatch.setenv("LC_ALL", made.name)
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "")
    yield
    locale.setlocale(locale.LC_ALL, before)


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
