"""Quantitative claims: checked where they are made, shown, and listed in the ledger of claims."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_lab import _checks as check
from dropout_lab._types import Real
from dropout_lab.explorer.page import style_text
from dropout_lab.explorer.text import legible

__all__ = ["claim", "claims"]

MIME_TYPE = "application/vnd.dropout-lab.claim+json"
"""What a stored notebook keeps a cell's claims under: a list, see `Claim.record`."""

_ROUNDING = 1e-12  # results this small differ from machine to machine


@dataclass(frozen=True, repr=False)
class Claim:
    """A sentence without its period, and the number that satisfies the bound told in words."""

    text: str
    value: float
    bound: str
    shown: str
    unit: str

    @property
    def record(self) -> dict[str, str]:
        """What the ledger reads: text, value, bound, unit and the id of its place on the page.

        The value is the one on display, so that executing a cell again stores the same.
        """
        return {
            "text": self.text,
            "value": self.shown,
            "bound": self.bound,
            "unit": self.unit,
            "id": "claim-" + re.sub("[^a-z0-9]+", "-", self.text.lower()).strip("-"),
        }

    def __repr__(self) -> str:
        """Return the line that is shown."""
        return f"Checked. {self.text}: {self.shown}{_after(self.unit)} ({self.bound})."

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        return Claims((self,))._repr_mimebundle_()


@dataclass(frozen=True, repr=False)
class Claims:
    """Several claims of one cell, shown one below the other."""

    members: tuple[Claim, ...]

    def __repr__(self) -> str:
        """Return one line for each."""
        return "\n".join(map(repr, self.members))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        page = f"<style>{style_text('claims.css', __package__)}</style>"
        page += '<div class="xp-claims mathjax_ignore">'
        return {
            "text/plain": repr(self),
            "text/html": f"{page}{''.join(map(_row, self.members))}</div>",
            MIME_TYPE: [each.record for each in self.members],
        }


def claim(
    text: str,
    value: Real,
    *,
    above: Real | None = None,
    below: Real | None = None,
    equals: Real | None = None,
    tolerance: Real = 0.0,
    unit: str = "",
) -> Claim:
    """Check a number and show it beside the sentence that rests on it.

    Make it the last expression of its cell: the notebook then shows one line and keeps what the
    ledger of claims lists.

    Parameters
    ----------
    text : str
        A full sentence that can be understood alone. A period at its end is not needed.
    value : float
        The number. At most four digits of it are shown, more only where they are needed to
        see that it keeps its bound. Without a bound `above`, rounding errors under 1e-12 are
        shown as 0.
    above, below : float, optional
        The value must be strictly greater, strictly smaller. Both together are allowed.
    equals : float, optional
        The value must differ from this by at most `tolerance`. Not with `above` or `below`.
    tolerance : float, default 0
        Allowed with `equals` only.
    unit : str, default ""
        The unit that stands behind the number.

    Returns
    -------
    object
        Shown by a notebook as one line.

    Raises
    ------
    AssertionError
        If the value does not satisfy its bounds.
    TypeError
        If `text` or `unit` is not a string, or a number not a real number. Booleans are refused:
        a claim is about a number.
    ValueError
        If `text` is empty or longer than one line, if a number is infinite or NaN, if there is
        no bound, or if the bounds contradict each other.

    See Also
    --------
    claims : Several claims in one cell.

    Examples
    --------
    >>> claim("A mask of rate 0.2 keeps most of its units", 0.79, above=0.5)
    Checked. A mask of rate 0.2 keeps most of its units: 0.79 (above 0.5).
    >>> claim("A half is a third", 1 / 2, equals=0.33, tolerance=0.01)
    Traceback (most recent call last):
        ...
    AssertionError: the claim fails: A half is a third: 0.5 (must be equal to 0.33 to within 0.01)
    """
    text = legible(_line(text, "text").rstrip("."))
    if not text:
        raise ValueError("text must be a sentence, got an empty text")
    value = check.number(value, "value")
    unit = legible(_line(unit, "unit"))
    limits = {
        name: check.number(limit, name)
        for name, limit in (("above", above), ("below", below), ("equals", equals))
        if limit is not None
    }
    tolerance = check.number(tolerance, "tolerance")
    _check_bounds(limits, tolerance)
    bound = _words(limits, tolerance)
    if not _holds(value, limits, tolerance):
        raise AssertionError(
            f"the claim fails: {text}: {value:.10g}{_after(unit)} (must be {bound})"
        )
    return Claim(text, value, bound, _shown(value, limits, tolerance), unit)


def claims(*several: Claim) -> Claims:
    """Show several claims as the result of one cell.

    Parameters
    ----------
    *several : object
        At least one, each from `claim`.

    Returns
    -------
    object
        Shown by a notebook as one line for each.

    Raises
    ------
    TypeError
        If one of them is none.
    ValueError
        If there is none.

    See Also
    --------
    claim : One of them.

    Examples
    --------
    >>> claims(claim("One is positive", 1, above=0), claim("Two is even", 2 % 2, equals=0))
    Checked. One is positive: 1 (above 0).
    Checked. Two is even: 0 (equal to 0).
    """
    for position, each in enumerate(several, 1):
        if not isinstance(each, Claim):
            raise TypeError(f"claims must hold results of claim(), got {each!r:.80} ({position}.)")
    if not several:
        raise ValueError("claims must hold at least one claim, got none")
    return Claims(several)


def _check_bounds(limits: Mapping[str, float], tolerance: float) -> None:
    """Raise ValueError unless the bounds make sense together."""
    if not limits:
        raise ValueError("claim needs a bound: above, below or equals")
    if "equals" in limits and len(limits) > 1:
        raise ValueError(f"equals cannot stand beside above or below, got {limits}")
    if tolerance and "equals" not in limits:
        raise ValueError(f"tolerance needs equals, got tolerance {tolerance!r} without it")
    if len(limits) == 2 and not limits["above"] < limits["below"]:
        raise ValueError(f"above must be smaller than below, got {limits}")


def _holds(value: float, limits: Mapping[str, float], tolerance: float) -> bool:
    """Say whether a value satisfies every bound."""
    return (
        ("above" not in limits or value > limits["above"])
        and ("below" not in limits or value < limits["below"])
        and ("equals" not in limits or abs(value - limits["equals"]) <= tolerance)
    )


def _words(limits: Mapping[str, float], tolerance: float) -> str:
    """Return the bounds in words."""
    number = {name: _text(limit, 6) for name, limit in limits.items()}
    if "equals" in number:
        return f"equal to {number['equals']}" + f" to within {tolerance:g}" * bool(tolerance)
    if len(number) == 2:
        return f"between {number['above']} and {number['below']}"
    return " ".join(*number.items())


def _shown(value: float, limits: Mapping[str, float], tolerance: float) -> str:
    """Return a value as few digits that still keep the bound."""
    if abs(value) < _ROUNDING and "above" not in limits and _holds(0.0, limits, tolerance):
        value = 0.0
    for digits in range(4, 18):
        text = _text(value, digits)
        if "equals" in limits or _holds(float(text.replace(",", "")), limits, tolerance):
            return text
    return repr(value)


def _text(value: float, digits: int) -> str:
    """Write a number with so many digits, and none before the point left out."""
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e15:
        digits = max(digits, len(f"{abs(value):.0f}"))
    return f"{value:,.{digits}g}"


def _line(text: str, name: str) -> str:
    """Return a text without blanks around it, or raise."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string, got {text!r:.80} ({type(text).__name__})")
    if len(text.splitlines()) > 1:
        raise ValueError(f"{name} must be one line, got {text!r:.80}")
    return text.strip()


def _after(unit: str) -> str:
    """Return the unit as it follows a number."""
    return unit if unit in ("", "%") else f" {unit}"


def _row(each: Claim) -> str:
    """Return one claim as HTML."""
    text, shown, bound = map(html.escape, (each.text, each.shown + _after(each.unit), each.bound))
    return f'<p id="{each.record["id"]}"><b>Checked.</b> {text}: <b>{shown}</b> ({bound}).</p>'
