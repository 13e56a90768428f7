"""The experiments there are."""

from dropout_lab.lessons import parts

__all__ = ["experiments"]


def experiments():
    """Return the experiments of all lessons.

    Returns
    -------
    dict of str to Experiment
        By name: what the modules ``dropout_lab/lessons/chNN/sweeps.py`` hold.
    """
    return {one.name: one for module in parts("sweeps") for one in module.EXPERIMENTS}
