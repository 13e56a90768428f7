"""What to install where a package is missing that not every reader needs."""

from importlib.util import find_spec

PACKAGES = {"dask": "distributed", "keras": "tensorflow", "sklearn": "scikit-learn"}
"""Modules that pip knows by another name."""


def need(*modules: str) -> None:
    """Raise ModuleNotFoundError that says what to install unless these modules are there."""
    for module in modules:
        if find_spec(module) is None:
            install = f"pip install {PACKAGES.get(module, module)}"
            raise ModuleNotFoundError(f"{module} is not installed: {install}", name=module)
