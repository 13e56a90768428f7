"""One drawing function, two lives: a figure with sliders, on a page and in a notebook."""

from .drawing import explore
from .frames import describe

__all__ = ["describe", "explore"]
