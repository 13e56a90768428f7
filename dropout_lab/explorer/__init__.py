"""One drawing function, two lives: a figure with sliders, on a page and in a notebook."""

from dropout_lab.explorer.drawing import explore
from dropout_lab.explorer.frames import describe

__all__ = ["describe", "explore"]
