"""Dropout Lab: the package behind the book's chapters."""

from dropout_lab.explorer import describe, explore
from dropout_lab.layer import Dropout, dropout, dropout_backward, rates, sample_mask

__version__ = "0.1.0"

__all__ = ["Dropout", "describe", "dropout", "dropout_backward", "explore", "rates", "sample_mask"]
