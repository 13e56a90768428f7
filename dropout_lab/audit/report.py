"""What an audit found, to read in a terminal and in a notebook."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Self

from dropout_lab import _checks as check

__all__ = ["KINDS", "Finding", "Report"]

KINDS = {
    "before-batch-norm": "12_family",
    "on-output": "05_frameworks",
    "drops-nothing": "05_frameworks",
    "missing-axis": "05_frameworks",
    "drops-everything": "05_frameworks",
    "ignores-eval": "05_frameworks",
    "left-on": "05_frameworks",
    "same-seed": "05_frameworks",
    "off-in-fit": "15_training_scripts",
    "silent": "11_uncertainty",
    "wrong-scale": "03_inference_scaling",
}
"""Kinds of mistakes, and the chapter that explains each."""


@dataclass(frozen=True)
class Finding:
    """One mistake.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    place : str
        Path of a PyTorch module, such as ``encoder.layers.0.dropout``, name of a Keras layer, or
        ``(model)``.
    why : str
        What is wrong there, in a sentence with its numbers.

    Raises
    ------
    ValueError
        If the kind is none of them.
    """

    kind: str
    place: str
    why: str

    def __post_init__(self) -> None:
        """Refuse a kind that no chapter explains."""
        check.choice(self.kind, "kind", KINDS)

    @property
    def chapter(self) -> str:
        """The page that explains it, such as ``05_frameworks``."""
        return KINDS[self.kind]


class Report(tuple[Finding, ...]):
    """A sequence of findings that prints as text and shows as a table in a notebook.

    Parameters
    ----------
    findings : iterable of Finding
        What was found; what was found twice counts once.
    unchecked : iterable of str
        What could not be checked, and why; kept as the attribute `unchecked`.
    """

    unchecked: tuple[str, ...]

    def __new__(cls, findings: Iterable[Finding], unchecked: Iterable[str] = ()) -> Self:
        """Make a tuple with an attribute."""
        report = super().__new__(cls, dict.fromkeys(findings))
        report.unchecked = tuple(dict.fromkeys(unchecked))
        return report

    def __repr__(self) -> str:
        """Return the findings line by line, and what could not be checked."""
        lines = [self._summary()]
        for one in self:
            lines += [f"{one.place}: {one.kind} (chapter {int(one.chapter[:2])})", f"    {one.why}"]
        return "\n".join(lines + [f"Not checked: {what}" for what in self.unchecked])

    def _repr_html_(self) -> str:
        """Return the same as HTML, with everything that comes from the model escaped."""
        rows = [[one.place, one.kind, one.why, one.chapter[:2].lstrip("0")] for one in self]
        html = f"<p>{escape(self._summary())}</p>"
        if rows:
            cells = "".join(f"<th>{name}</th>" for name in ("place", "kind", "why", "chapter"))
            html += f'<table class="table"><tr>{cells}</tr>'
            for row in rows:
                html += "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>"
            html += "</table>"
        return html + "".join(f"<p>Not checked: {escape(what)}</p>" for what in self.unchecked)

    def _summary(self) -> str:
        if not self:
            return "Nothing found" + (" in what could be checked." if self.unchecked else ".")
        return f"{len(self)} finding{'s' * (len(self) > 1)}:"
