"""The sweeps behind the evidence chapters: define them, run them, read what they found."""

from dropout_lab.experiments.experiment import Experiment
from dropout_lab.experiments.results import Results, load_results

__all__ = ["Experiment", "Results", "load_results"]
