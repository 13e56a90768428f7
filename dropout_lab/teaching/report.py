"""What `check` answers: one line for each trial, and a hint."""

import html
from collections.abc import Sequence
from typing import Any

from dropout_lab.explorer.page import style_text
from dropout_lab.explorer.text import legible
from dropout_lab.teaching.exercise import Exercise, Trial

__all__ = ["Report"]


class Report:
    """How a reader's function did, as a notebook shows it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    lines : list of tuple of (bool, str)
        For each trial whether it is right, and what to say about it.
    hint : str
        What may help with the first trial that is not right; empty if all are.
    trial : Trial or None
        The first trial that is not right.

    Attributes
    ----------
    passed : bool
        Whether all trials are right.
    lines : list of str
        One sentence for each trial, "Right: ..." or "Not yet: ...".
    hint : str
        The hint; empty if all is right.
    arguments : tuple
        The arguments of the first trial that is not right, to call the function by hand; empty
        if there is none.
    """

    def __init__(
        self, exercise: Exercise, lines: Sequence[tuple[bool, str]], hint: str, trial: Trial | None
    ) -> None:
        right = sum(good for good, _ in lines)
        self.passed = right == len(lines)
        self.lines = [f"{'Right' if good else 'Not yet'}: {legible(text)}." for good, text in lines]
        self.hint = legible(hint)
        self.arguments: tuple[Any, ...] = () if trial is None else trial.arguments()
        self._asks = "" if self.passed else f"Asked for: {legible(exercise.asks)}"
        count = f"all {right}" if self.passed else f"{right} of {len(exercise.trials)}"
        self._title = f"{legible(exercise.name)}: {count} trials right"

    def __bool__(self) -> bool:
        """Return whether all trials are right."""
        return self.passed

    def _repr_html_(self) -> str:
        rows = []
        for line in self.lines:
            verdict, _, text = line.partition(": ")
            good = verdict == "Right"
            mark = f'<b><span aria-hidden="true">{"✓" if good else "✗"}</span> {verdict}:</b>'
            style = "xp-right" if good else "xp-not-yet"
            rows.append(f'<li class="{style}">{mark} {html.escape(text)}</li>')
        hint = f"<p><b>Hint:</b> {html.escape(self.hint)}</p>" if self.hint else ""
        asks = f"<p>{html.escape(self._asks)}</p>" if self._asks else ""
        return (
            f"<style>{style_text('check.css', __package__)}</style>"
            '<div class="xp-check" role="status">'
            f"<p><b>{html.escape(self._title)}</b></p>{asks}<ul>{''.join(rows)}</ul>{hint}</div>"
        )

    def __repr__(self) -> str:
        """Return the same words without HTML."""
        hint = [f"Hint: {self.hint}"] if self.hint else []
        asks = [self._asks] if self._asks else []
        return "\n".join([self._title, *asks, *self.lines, *hint])
