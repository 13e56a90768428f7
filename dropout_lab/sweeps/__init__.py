"""The sweeps behind the evidence chapters: define them, run them, read what they found."""

from dropout_lab.sweeps.results import Results, load_results
from dropout_lab.sweeps.sweep import Sweep, grid

__all__ = ["Results", "Sweep", "grid", "load_results"]
