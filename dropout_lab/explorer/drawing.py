"""One drawing function, two lives: drawn as a notebook runs, or all at once for a page."""

import datetime
import gc
import math
import numbers
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from .frames import figure_to_nodes, sentence_of
from .live import LiveExplorer
from .page import Published, published_html
from .publishing import publishing
from .style import figure_style

__all__ = ["explore"]

MAX_FRAMES = 400
"""More combinations than this are refused: the page would be too heavy."""

_MAX_BYTES = 400_000  # stored with the notebook


def explore(draw, /, *, start=None, labels=None, play=None, **axes):
    """Show a drawing function with a control for each of its parameters.

    The result is HTML that moves without a kernel, also after a notebook was saved and opened
    again. With the environment variable ``EXPLORE_PUBLISH=1`` every combination is drawn now. In a
    live notebook the cell draws for half a second, some values of each axis first; the others
    follow while the kernel is idle, and the notebook stores what there is.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` returns a matplotlib Figure, or one or several Axes of one. Let it end in
        ``return describe(figure, "one sentence with the numbers")``. Whatever style the reader
        has set, it starts from matplotlib's defaults and the book's settings. Where it sets no
        margins, layout or places, labels get the room they need, and axes may move from frame
        to frame; ``figure.subplots_adjust(left=0.15)`` holds them. It must change nothing that
        other cells use: live, frames are drawn between the cells.
    start : mapping of str to object, optional
        Where axes stand first: a value of a sequence, a label of a mapping. By default the
        first of each.
    labels : mapping of str to str, optional
        What the reader sees beside a control instead of the parameter's name.
    play : str, optional
        A slider whose values are steps in time: it gets a play button.
    **axes
        One to three parameters of `draw`. A sequence of numbers or of dates (``datetime``,
        pandas, NumPy) becomes a slider, in the order given; a sequence of strings or booleans,
        or a mapping of labels to values, becomes a drop-down. None among the values makes a
        drop-down of any sequence, and is written "none". A sequence is a list, tuple or range,
        or what has one dimension and a ``tolist``: an array, a tensor, a pandas Series, Index
        or Categorical. `draw` gets the elements of a list as they are, those of an array or
        tensor as Python's numbers. Dates are written as 2024-03-01 or 2024-03-01 14:30, as
        precisely as all of them need.

    Returns
    -------
    object
        What the notebook displays; its attribute ``html`` is the whole page.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or `draw` returns nothing that stands in one Figure.
    ValueError
        If an axis is empty, repeats a value or holds NaN, NaT or infinity, if there are no axes or
        more than three, or more than 400 combinations; when publishing, also if the figures
        differ in size (a live explorer says so in place of the frame).
    RuntimeError
        If `draw` raises while publishing; the message names the values it was called with. A
        live explorer raises what `draw` raises for the frame where the axes start, and says the
        rest in place of the frame.

    Warns
    -----
    UserWarning
        If what is published weighs more than 400 kB: how much, and what makes it lighter.

    Examples
    --------
    >>> from dropout_lab import describe
    >>> def draw(power):
    ...     figure, axes = plt.subplots()
    ...     axes.plot([0, 1, 2], [0, 1, 2**power])
    ...     return describe(figure, f"Two to the power {power} is {2**power}.")
    >>> explorer = explore(draw, power=range(1, 5))
    """
    if not callable(draw):
        raise TypeError(f"draw must be a function that returns a Figure, got {draw!r}")
    __tracebackhide__ = True  # IPython then leaves this frame out
    plan = _plan(axes, start, labels, play)
    return _publish(draw, plan) if publishing() else _live(draw, plan)


class _NotAFigure(TypeError):
    """The drawing function returned something else."""


@dataclass(frozen=True)
class _Axis:
    """One parameter: its values, and how each is written."""

    parameter: str
    name: str
    kind: str
    values: list
    labels: list
    start: int


@dataclass(frozen=True)
class _Plan:
    """All the parameters of an explorer, checked."""

    axes: list
    play: int | None

    def values(self, positions):
        return {
            axis.parameter: axis.values[i] for axis, i in zip(self.axes, positions, strict=True)
        }

    def sentence(self, positions):
        """Say where the controls stand: the sentence of a figure that has none."""
        return ", ".join(
            f"{axis.name} {axis.labels[i]}" for axis, i in zip(self.axes, positions, strict=True)
        )

    def call(self, positions):
        """Write the call as the author would: ``draw(rate=0.5)``."""
        values = self.values(positions)
        return f"draw({', '.join(f'{name}={value!r:.60}' for name, value in values.items())})"

    def summary(self):
        """Say how many frames there are and on which axes."""
        counts = ", ".join(f"{axis.name}: {len(axis.values)}" for axis in self.axes)
        total = math.prod(len(axis.values) for axis in self.axes)
        return f"<explorer of {total} frames ({counts})>"


def _publish(draw, plan):
    """Draw every frame and return the page."""
    __tracebackhide__ = True
    frames, boxes = [], []
    with _collector_paused() as collect:
        for positions in product(*(range(len(axis.values)) for axis in plan.axes)):
            try:
                box, nodes, sentence = _frame(draw, plan, positions)
            except _NotAFigure:
                raise
            except Exception as error:
                cause = _from_draw(error)
                reason = f"{type(error).__name__}: {error}"
                failure = RuntimeError(f"{plan.call(positions)} raised {reason}")
                raise failure.with_traceback(cause.__traceback__) from cause
            frames.append((nodes, sentence))
            boxes.append(box)
            if box != boxes[0]:
                raise ValueError(
                    f"{plan.call(positions)} returned a figure of another size ({box}) than "
                    f"the first frame ({boxes[0]}); give every frame the same figsize"
                )
            collect(0)  # the figure just closed
    page = published_html(
        boxes[0],
        [(axis.kind, axis.name, axis.labels) for axis in plan.axes],
        frames,
        [axis.start for axis in plan.axes],
        plan.play,
    )
    weight = len(page.encode())
    if weight > _MAX_BYTES:
        warnings.warn(
            f"this explorer weighs {weight / 1e3:.0f} kB, and a page stays quick up to "
            f"{_MAX_BYTES / 1e3:.0f} kB; draw fewer frames or fewer points, hold the limits and "
            "margins of the axes, so that frames share what does not change, or draw many points "
            "with rasterized=True",
            stacklevel=3,
        )
    return Published(page, plan.summary())


def _live(draw, plan):
    """Return a page that shows the first frame and grows where a notebook displays it."""
    __tracebackhide__ = True

    def frame(positions):
        __tracebackhide__ = True
        with _collector_paused() as collect:
            try:
                drawn = _frame(draw, plan, positions)
            except Exception as error:
                trace = _from_draw(error).__traceback__
                if trace and not isinstance(error, _NotAFigure):
                    error.add_note(f"line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name}")
                raise
            collect(0)  # the figure just closed
            return drawn

    return LiveExplorer(frame, plan, plan.summary())


def _frame(draw, plan, positions):
    """Call `draw` once; return the frame and leave no open figure behind."""
    __tracebackhide__ = True
    before = set(plt.get_fignums())
    try:
        with figure_style():
            result = draw(**plan.values(positions))
            figure = _figure_of(result)
            if figure is None:
                raise _NotAFigure(
                    f"{plan.call(positions)} must return a matplotlib Figure, "
                    f"got {result!r:.80} ({type(result).__name__})"
                )
            box, nodes = figure_to_nodes(figure)
            return box, nodes, sentence_of(figure, plan.sentence(positions))
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _from_draw(error):
    """Return an error with a traceback that begins in the author's code, not in the explorer's."""
    ours = (__name__, figure_to_nodes.__module__, "contextlib")
    trace = error.__traceback__
    while trace and trace.tb_frame.f_globals.get("__name__") in ours:
        trace = trace.tb_next
    return error.with_traceback(trace)


def _figure_of(result):
    """Return the figure that `draw` returned or that all it returned stands in, or None."""
    if isinstance(result, (list, tuple, np.ndarray)):
        figures = {_figure_of(item) for item in getattr(result, "flat", result)}
        return figures.pop() if len(figures) == 1 else None
    for _ in range(3):  # an Axes may stand in a subfigure
        if isinstance(result, mpl.figure.Figure):
            return result
        result = getattr(result, "figure", None)
    return None


@contextmanager
def _collector_paused():
    """Pause automatic garbage collection, which slows matplotlib by a sixth; yield collect."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield gc.collect
    finally:
        if was_enabled:
            gc.enable()


def _plan(axes, start, labels, play):
    """Check all that the author asked for and return it as a `_Plan`."""
    if not 1 <= len(axes) <= 3:
        raise ValueError(f"explore takes one to three axes, got {len(axes)}: {', '.join(axes)}")
    for argument, name in ((start, "start"), (labels, "labels")):
        if argument is not None and not isinstance(argument, Mapping):
            raise TypeError(f"{name} must be a mapping of axis names, got {argument!r}")
        for key in argument or ():
            if key not in axes:
                raise ValueError(f"{name} names {key!r}, which is no axis: {', '.join(axes)}")
    counts = {name: _length(choices) for name, choices in axes.items()}
    total = math.prod(counts.values())
    if total > MAX_FRAMES:
        sizes = " x ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"{sizes} makes {total} frames; at most {MAX_FRAMES} are allowed")
    checked = []
    for parameter, choices in axes.items():
        kind, values, texts = _axis(parameter, choices)
        name = (labels or {}).get(parameter, parameter.replace("_", " "))
        if not isinstance(name, str):
            raise TypeError(f"labels must map {parameter!r} to a string, got {name!r}")
        position = 0
        if parameter in (start or {}):
            names = texts if isinstance(choices, Mapping) else values
            position = _position(parameter, start[parameter], names)
        checked.append(_Axis(parameter, name, kind, values, texts, position))
    sliders = [axis.parameter for axis in checked if axis.kind == "slider"]
    if play is not None and play not in sliders:
        raise ValueError(f"play must name a slider ({', '.join(sliders)}), got {play!r}")
    return _Plan(checked, None if play is None else list(axes).index(play))


def _is_series(choices):
    """Say whether something is a row of values: a sequence, an array, a tensor, a pandas Series."""
    if isinstance(choices, (str, bytes, Mapping)):
        return False
    return isinstance(choices, Sequence) or (
        hasattr(choices, "tolist")
        and hasattr(choices, "__len__")
        and getattr(choices, "ndim", 1) == 1
    )


def _length(choices):
    """Return the number of values of an axis; 1 for what is no axis and will be refused."""
    return len(choices) if isinstance(choices, Mapping) or _is_series(choices) else 1


def _axis(name, choices):
    """Return kind, values and labels of one axis, or raise naming it."""
    if isinstance(choices, Mapping):
        kind, values, texts = "menu", list(choices.values()), list(choices)
        names = texts
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"axis {name} must have strings as labels, got {texts!r:.80}")
    elif _is_series(choices):
        # Of NumPy's times tolist() makes numbers.
        is_time = getattr(getattr(choices, "dtype", None), "kind", "") in ("M", "m")
        values = list(choices) if is_time or isinstance(choices, Sequence) else choices.tolist()
        names = [_plain(value) for value in values]
        kind, texts = _labels_of(name, names)
    else:
        raise TypeError(
            f"axis {name} must be a sequence of numbers, strings, booleans or dates, or a "
            f"mapping of labels to values, got {choices!r:.80} ({type(choices).__name__})"
        )
    if not values:
        raise ValueError(f"axis {name} is empty; it needs at least one value")
    repeated = [name for i, name in enumerate(names) if name in names[:i] or texts[i] in texts[:i]]
    if repeated:
        raise ValueError(f"axis {name} holds {repeated[0]!r} more than once")
    return kind, values, texts


def _labels_of(name, values):
    """Return the kind of control that a list of values gets, and how each is written."""
    given = [value for value in values if value is not None]
    kind = "menu"
    if all(isinstance(value, str) for value in given):
        texts = given
    elif all(isinstance(value, (bool, np.bool_)) for value in given):
        texts = [str(value) for value in given]
    else:
        times = all(isinstance(value, (datetime.date, np.datetime64)) for value in given)
        for value in given:
            if not times and not _is_number(value):
                raise TypeError(
                    f"axis {name} must hold numbers, or only strings, booleans or dates, "
                    f"got {value!r:.60}"
                )
            if value != value if times else not _is_finite(value):  # no time equals itself but NaT
                what = "dates" if times else "finite numbers"
                raise ValueError(f"axis {name} must hold {what}, got {value!r:.60}")
        texts = _time_labels(given) if times else _number_labels(given)
        kind = "slider"
    if len(given) < len(values):
        kind, rest = "menu", iter(texts)
        texts = ["none" if value is None else next(rest) for value in values]
    return kind, texts


def _is_number(value):
    """Say whether a value is a real number; neither a truth value nor a length of time is one."""
    no_number = isinstance(value, (bool, np.bool_, np.timedelta64))
    return isinstance(value, numbers.Real) and not no_number


def _plain(value):
    """Return the scalar in an array or tensor without dimensions; anything else as it is."""
    if isinstance(value, np.generic) or getattr(value, "ndim", None) != 0:
        return value
    return value[()] if isinstance(value, np.ndarray) else value.item()


def _is_finite(value):
    """Say whether a number is finite and a float can hold it."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _number_labels(values):
    """Write numbers with one number of decimals, the smallest that is exact up to noise."""
    if all(isinstance(value, numbers.Integral) for value in values):
        return [str(value) for value in values]
    floats = [float(value) for value in values]
    # Twelve digits: the 0.30000000000000004 that numpy.arange makes is to be read as 0.3.
    exponents = [Decimal(f"{x:.12g}").normalize().as_tuple().exponent for x in floats]
    decimals = max(0, -min(exponents))
    if decimals <= 6 and len(set(texts := [f"{x:.{decimals}f}" for x in floats])) == len(floats):
        return texts
    ordered = sorted(floats)
    nearest = min((b - a for a, b in pairwise(ordered)), default=abs(floats[0]))
    for digits in range(4, 17):
        texts = [f"{x:.{digits}g}" for x in floats]
        if all(abs(float(text) - x) <= nearest / 20 for text, x in zip(texts, floats, strict=True)):
            return texts
    return [str(value) for value in values]


def _time_labels(times):
    """Write times as ISO 8601 does, without what is zero in all of them and without their zone."""
    texts, zones = [], []
    for time in times:
        is_aware = getattr(time, "tzinfo", None) is not None
        naive = time.replace(tzinfo=None) if is_aware else time
        texts.append(str(naive) if isinstance(naive, np.datetime64) else naive.isoformat())
        zones.append(time.isoformat().removeprefix(texts[-1]) if is_aware else "")
    if not all(re.fullmatch(r"\d{4}(-.*)?", text) for text in texts):  # NumPy's far years
        return texts
    zero = "0000-01-01T00:00:00.000000000"
    full = [text + zero[len(text) :] for text in texts]
    if len(set(zones)) == 1:
        zones, least = [""] * len(zones), min(10, max(map(len, texts)))
    else:
        least = 16
    lengths = (n for n in (4, 7, 10, 16, 19, 23, 26, 29) if n >= least)
    length = next((n for n in lengths if all(text[n:] == zero[n:] for text in full)), None)
    shown = [text[:length].replace("T", " ") for text in full]
    return [text + zone for text, zone in zip(shown, zones, strict=True)]


def _is_close(value, choice):
    """Say whether two numbers differ by rounding noise only."""
    both = (value, choice)
    return all(isinstance(x, numbers.Real) for x in both) and math.isclose(*both, rel_tol=1e-9)


def _position(name, value, choices):
    """Return where `value` stands on an axis, or raise naming both."""
    for i, choice in enumerate(map(_plain, choices)):
        truth = {isinstance(x, (bool, np.bool_)) for x in (value, choice)}
        if len(truth) == 1 and (value == choice or _is_close(value, choice)):
            return i
    raise ValueError(f"start of axis {name} must be one of its values, got {value!r}")
