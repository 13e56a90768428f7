"""The sweeps behind the evidence chapters: define them, run them, read what they found."""

from dropout_lab.sweeps.experiment import Experiment
from dropout_lab.sweeps.results import Results, load_results

__all__ = ["Experiment", "Results", "load_results"]
