"""Find the exercises of all chapters."""

import functools
import importlib
import pkgutil

import dropout_lab.exercises as package

__all__ = ["exercises"]


@functools.cache
def exercises():
    """Return the checked exercises of the book, in the order of its chapters.

    Returns
    -------
    tuple of Exercise
        What the modules ``dropout_lab/exercises/chapter_NN.py`` hold.

    Examples
    --------
    >>> [exercise.name for exercise in exercises() if exercise.chapter == 2][:1]
    ['mask_mean']
    """
    chapters = sorted(
        module.name
        for module in pkgutil.iter_modules(package.__path__)
        if module.name.startswith("chapter_")
    )
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in chapters]
    return tuple(exercise for module in modules for exercise in module.EXERCISES)
