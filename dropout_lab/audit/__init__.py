"""Find dropout mistakes in your own network: ``audit(model, example)``.

It reads a PyTorch module or a Keras model, runs it a few times on your example, and names what
chapter 5 warns of, each with the layer and the chapter. It would rather miss a mistake than name
one that is none. ``python -m dropout_lab.audit module:factory`` does the same in a terminal.
"""

from dropout_lab.audit.auditing import audit
from dropout_lab.audit.report import Finding, Report
from dropout_lab.audit.scaling import Diagnosis, diagnose

__all__ = ["Diagnosis", "Finding", "Report", "audit", "diagnose"]
