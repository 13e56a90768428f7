"""The lessons: a folder for each chapter, and `kit` for what the figures of several draw."""

import importlib
import pkgutil
from types import ModuleType

__all__ = ["parts"]


def parts(name: str) -> list[ModuleType]:
    """Return the modules of one name in all lessons that have one.

    Parameters
    ----------
    name : str
        Such as ``"exercises"`` or ``"sweeps"``.

    Returns
    -------
    list of module
        In the order of the chapters.
    """
    found = []
    for lesson in sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")):
        package = importlib.import_module(lesson)
        inside = getattr(package, "__path__", ())
        if name in {module.name for module in pkgutil.iter_modules(inside)}:
            found.append(importlib.import_module(f"{lesson}.{name}"))
    return found
