"""The audit: which framework a model is of, and what to ask it."""

import sys
from typing import Any

from dropout_lab import _checks as check
from dropout_lab.audit.passes import untouched
from dropout_lab.audit.report import Report

__all__ = ["audit"]


def audit(model: object, example: Any = None, *, monte_carlo: bool = False) -> Report:
    """Look for dropout mistakes in a model.

    Parameters
    ----------
    model : torch.nn.Module or keras.Model
        Your network, in the modes that you use it in. A PyTorch module is copied and the copy is
        run; a Keras model is run itself, and what a pass changes is put back. A Keras model that
        was never called is built.
    example : optional
        What the model takes: an array or tensor, for PyTorch a tuple of arguments or a mapping of
        keyword arguments too. A few rows will do. Without it only what needs no pass is checked.
    monte_carlo : bool
        Whether you want masks at prediction time. Then layers that drop in a model in evaluation
        mode are right, and those that stay silent are findings.

    Returns
    -------
    Report
        A sequence of `Finding`, empty if there is none; it prints as text. Modes, weights,
        statistics, gradients, hooks and generators are as before.

    Raises
    ------
    TypeError
        If `model` is neither a PyTorch module nor a Keras layer or model, or `monte_carlo` is
        not True or False.

    See Also
    --------
    dropout_lab.audit.diagnose : Which convention a layer of your own follows.

    Notes
    -----
    In PyTorch the order of layers is that of one pass: a tensor that comes out of dropout is
    followed through activations, reshaping and scaling, not through weights, pooling or sums. So
    dropout on a residual branch is no dropout on the output. Of several outputs only ``logits``
    are looked at. In Keras the graph of a functional or sequential model says the order.

    Examples
    --------
    >>> from torch import nn
    >>> report = audit(nn.Sequential(nn.LSTM(8, 16, dropout=0.5)))  # doctest: +SKIP
    >>> [(one.kind, one.place) for one in report]  # doctest: +SKIP
    [('drops-nothing', '0')]
    """
    check.flag(monte_carlo, "monte_carlo")
    # Whoever has a model has imported its framework. Keras first: on PyTorch it is both.
    if isinstance(model, getattr(sys.modules.get("keras"), "Layer", ())):
        from dropout_lab.audit.in_keras import look
    elif "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        from dropout_lab.audit.in_torch import look
    else:
        wanted = "a torch.nn.Module or a Keras model"
        raise TypeError(f"model must be {wanted}, got {model!r:.80} ({type(model).__name__})")
    unchecked: list[str] = []
    with untouched(model):
        findings = list(look(model, example, monte_carlo, unchecked))
    return Report(findings, unchecked)
