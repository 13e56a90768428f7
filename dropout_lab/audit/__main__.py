"""The command line: ``python -m dropout_lab.audit module:factory``."""

import argparse
import inspect
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from dropout_lab.audit.auditing import audit

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a model and print the report.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; by default those of the command line.

    Returns
    -------
    int
        Exit status: 0 if nothing was found, 1 if something was. Wrong arguments exit with 2.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dropout_lab.audit",
        description="Find dropout mistakes in a PyTorch module or a Keras model.",
    )
    add = parser.add_argument
    add("model", metavar="MODULE:FACTORY", help="a model, or a function that makes one")
    add("--example", metavar="MODULE:FACTORY", help="what the model takes, or what makes it")
    add("--monte-carlo", action="store_true", help="masks are wanted at prediction time")
    chosen = parser.parse_args(arguments)
    try:
        model = _made(chosen.model)
        example = chosen.example and _made(chosen.example)
        report = audit(model, example, monte_carlo=chosen.monte_carlo)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        parser.error(str(error))
    print(report)
    return 1 if report else 0


def _made(address: str) -> Any:
    """Return what ``module:name`` leads to, called if it is a function or a class."""
    module, colon, name = address.partition(":")
    if not (module and colon and name):
        raise ValueError(f"a model must be named as module:factory, got {address!r}")
    thing = getattr(import_module(module), name)
    return thing() if inspect.isroutine(thing) or inspect.isclass(thing) else thing


if __name__ == "__main__":
    sys.exit(main())
