"""The experiments there are."""

from dropout_lab.experiments import choosing, ensemble, family, fraud, mnist, uncertainty

__all__ = ["EXPERIMENTS"]

EXPERIMENTS = {
    one.name: one
    for module in (mnist, ensemble, choosing, fraud, family, uncertainty)
    for one in module.EXPERIMENTS
}
"""By name. To add one, put it into the ``EXPERIMENTS`` of its module, and the module above."""
