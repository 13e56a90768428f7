"""The experiments there are."""

from dropout_lab.experiments import fraud, mnist

__all__ = ["EXPERIMENTS"]

EXPERIMENTS = {one.name: one for one in (*mnist.EXPERIMENTS, *fraud.EXPERIMENTS)}
"""By name. To add one, put it into the ``EXPERIMENTS`` of its module."""
