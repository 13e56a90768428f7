"""One drawing function, two lives: drawn as a notebook runs, or all at once for a page."""

import gc
import math
import numbers
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Protocol

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .frames import figure_to_nodes, sentence_of
from .live import DrawFrame, Frame, LiveExplorer
from .page import Published, published_html
from .publishing import publishing
from .style import figure_style
from .text import legible

__all__ = ["explore"]

MAX_FRAMES = 400
"""More combinations than this are refused: the page would be too heavy."""

_MAX_BYTES = 400_000  # stored with the notebook


class _HasTolist(Protocol):
    """An array, a tensor, a pandas Series."""

    def tolist(self) -> Any: ...


Draw = Callable[..., "Figure | Axes"]
Choices = Sequence[Any] | Mapping[str, Any] | _HasTolist


def explore(
    draw: Draw,
    /,
    *,
    start: Mapping[str, object] | None = None,
    labels: Mapping[str, str] | None = None,
    play: str | None = None,
    **axes: Choices,
) -> Published | LiveExplorer:
    """Show a drawing function with a control for each of its parameters.

    The result is HTML that moves without a kernel, also after a notebook was saved and opened
    again. With the environment variable ``EXPLORE_PUBLISH=1`` every combination is drawn now. In a
    live notebook the cell draws for half a second, some values of each axis first; the others
    follow while the kernel is idle, and the notebook stores what there is.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` returns a matplotlib Figure, or an Axes of one. Let it end in
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
        One to three parameters of `draw`. A sequence of numbers becomes a slider, in the order
        given; a sequence of strings or booleans, or a mapping of labels to any values, becomes
        a drop-down. A sequence is a list, tuple or range, or what has one dimension and a
        ``tolist``: an array, a tensor, a pandas Series. `draw` gets the elements of a list as
        they are, those of an array or tensor as Python's numbers.

    Returns
    -------
    object
        What the notebook displays; its attribute ``html`` is the whole page.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or `draw` returns neither a Figure nor an Axes.
    ValueError
        If an axis is empty, repeats a value or holds NaN or infinity, if there are no axes or
        more than three, or more than 400 combinations; when publishing, also if the figures
        differ in size (a live explorer says so in place of the frame).
    RuntimeError
        If `draw` raises; the message names the values it was called with, and the line. A live
        explorer raises it only for the frame where the axes start, and says the rest in place
        of the frame.

    Warns
    -----
    UserWarning
        If what is published weighs more than 400 kB: how much, and what makes it lighter.

    See Also
    --------
    dropout_lab.describe : The sentence of a frame.
    dropout_lab.rates : Rates for a slider.

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
    frame = partial(_frame, draw, plan)
    return _publish(frame, plan) if publishing() else LiveExplorer(frame, plan, plan.summary())


@dataclass(frozen=True)
class _Axis:
    """One parameter: its values, and how each is written."""

    parameter: str
    name: str
    kind: str
    values: Sequence[Any]
    labels: list[str]
    start: int


@dataclass(frozen=True)
class _Plan:
    """All the parameters of an explorer, checked."""

    axes: list[_Axis]
    play: int | None

    def values(self, positions: Sequence[int]) -> dict[str, Any]:
        return {
            axis.parameter: axis.values[i] for axis, i in zip(self.axes, positions, strict=True)
        }

    def sentence(self, positions: Sequence[int]) -> str:
        """Say where the controls stand: the sentence of a figure that has none."""
        return ", ".join(
            f"{axis.name} {axis.labels[i]}" for axis, i in zip(self.axes, positions, strict=True)
        )

    def call(self, positions: Sequence[int]) -> str:
        """Write the call as the author would: ``draw(rate=0.5)``."""
        values = self.values(positions)
        return f"draw({', '.join(f'{name}={value!r:.60}' for name, value in values.items())})"

    def of_another_size(self, positions: Sequence[int], box: str, first: str) -> str:
        """Say what is wrong with a frame that is not as large as the first one."""
        return (
            f"{self.call(positions)} returned a figure of another size ({box}) than "
            f"the first frame ({first}); give every frame the same figsize"
        )

    def page(
        self, box: str, grid: Sequence[Sequence[int]], frames: list[tuple[list[str], str]]
    ) -> str:
        """Return the page with a frame for each combination of some positions on each axis."""
        axes = list(zip(self.axes, grid, strict=True))
        named = [(axis.kind, axis.name, [axis.labels[i] for i in chosen]) for axis, chosen in axes]
        start = [chosen.index(axis.start) for axis, chosen in axes]
        return published_html(box, named, frames, start, self.play)

    def summary(self) -> str:
        """Say how many frames there are and on which axes."""
        counts = ", ".join(f"{axis.name}: {len(axis.values)}" for axis in self.axes)
        total = math.prod(len(axis.values) for axis in self.axes)
        return f"<explorer of {total} frames ({counts})>"


def _publish(frame: DrawFrame, plan: _Plan) -> Published:
    """Draw every frame and return the page."""
    __tracebackhide__ = True
    grid = [range(len(axis.values)) for axis in plan.axes]
    frames: list[tuple[list[str], str]] = []
    first = ""
    for positions in product(*grid):
        box, nodes, sentence = frame(positions)
        first = first or box
        if box != first:
            raise ValueError(plan.of_another_size(positions, box, first))
        frames.append((nodes, sentence))
    page = plan.page(first, grid, frames)
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


def _frame(draw: Draw, plan: _Plan, positions: Sequence[int]) -> Frame:
    """Call `draw` once; return the frame and leave no open figure behind."""
    __tracebackhide__ = True
    before = set(plt.get_fignums())
    try:
        with _collector_paused(), figure_style():
            result = draw(**plan.values(positions))
            figure = getattr(result, "figure", None)  # a Figure's own is itself
            if isinstance(figure, mpl.figure.Figure):
                box, nodes = figure_to_nodes(figure)
    except Exception as error:
        trace = error.__traceback__
        trace = trace and trace.tb_next  # None if `draw` does not take the values
        where = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name})" if trace else ""
        reason = f"{type(error).__name__}: {error}{where}"
        failure = RuntimeError(f"{plan.call(positions)} raised {reason}")
        raise failure.with_traceback(trace) from error  # IPython shows the last frame of each
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    if not isinstance(figure, mpl.figure.Figure):
        raise TypeError(
            f"{plan.call(positions)} must return a matplotlib Figure, "
            f"got {result!r:.80} ({type(result).__name__})"
        )
    return box, nodes, sentence_of(figure, plan.sentence(positions))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause automatic garbage collection, which slows matplotlib by a sixth."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _plan(
    axes: Mapping[str, Choices],
    start: Mapping[str, object] | None,
    labels: Mapping[str, str] | None,
    play: str | None,
) -> _Plan:
    """Check all that the author asked for and return it as a `_Plan`."""
    if not 1 <= len(axes) <= 3:
        raise ValueError(f"explore takes one to three axes, got {len(axes)}: {', '.join(axes)}")
    for argument, name in ((start, "start"), (labels, "labels")):
        if argument is not None and not isinstance(argument, Mapping):
            raise TypeError(f"{name} must be a mapping of axis names, got {argument!r}")
        for key in argument or ():
            if key not in axes:
                raise ValueError(f"{name} names {key!r}, which is no axis: {', '.join(axes)}")
    checked = []
    for parameter, choices in axes.items():
        kind, values, texts = _axis(parameter, choices)
        name = (labels or {}).get(parameter, parameter.replace("_", " "))
        if not isinstance(name, str):
            raise TypeError(f"labels must map {parameter!r} to a string, got {name!r}")
        position = 0
        if start and parameter in start:
            names = texts if isinstance(choices, Mapping) else values
            position = _position(parameter, start[parameter], names)
        shown = list(map(legible, texts))
        checked.append(_Axis(parameter, legible(name), kind, values, shown, position))
    total = math.prod(len(axis.values) for axis in checked)
    if total > MAX_FRAMES:
        sizes = " x ".join(f"{axis.parameter} {len(axis.values)}" for axis in checked)
        raise ValueError(f"{sizes} makes {total} frames; at most {MAX_FRAMES} are allowed")
    sliders = [axis.parameter for axis in checked if axis.kind == "slider"]
    if play is not None and play not in sliders:
        raise ValueError(f"play must name a slider ({', '.join(sliders)}), got {play!r}")
    return _Plan(checked, None if play is None else list(axes).index(play))


def _axis(name: str, choices: Choices) -> tuple[str, Sequence[Any], list[str]]:
    """Return kind, values and labels of one axis, or raise naming it."""
    values: Sequence[Any]
    if isinstance(choices, Mapping):
        kind, values, texts = "menu", list(choices.values()), list(choices)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"axis {name} must have strings as labels, got {texts!r:.80}")
    else:
        values = choices.tolist() if hasattr(choices, "tolist") else choices
        if not isinstance(values, Sequence) or isinstance(values, (str, bytes)):
            raise TypeError(
                f"axis {name} must be a sequence of numbers, strings or booleans, or a "
                f"mapping of labels to values, got {choices!r:.80} ({type(choices).__name__})"
            )
        kind, texts = _labels_of(name, values)
    if not values:
        raise ValueError(f"axis {name} is empty; it needs at least one value")
    repeated = [text for i, text in enumerate(texts) if text in texts[:i]]
    if repeated:
        raise ValueError(f"axis {name} holds {repeated[0]!r} more than once")
    return kind, values, texts


def _labels_of(name: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    """Return the kind of control that a list of values gets, and how each is written."""
    if all(isinstance(value, str) for value in values):
        return "menu", list(values)
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return "menu", [str(value) for value in values]
    for value in values:
        if not isinstance(value, numbers.Real) or isinstance(value, bool):
            raise TypeError(
                f"axis {name} must hold numbers, or only strings or booleans, got {value!r:.60}"
            )
        if not math.isfinite(value):
            raise ValueError(f"axis {name} must hold finite numbers, got {value!r}")
    return "slider", _number_labels(values)


def _number_labels(values: Sequence[float]) -> list[str]:
    """Write numbers with one number of decimals, the smallest that is exact up to noise."""
    if all(isinstance(value, numbers.Integral) for value in values):
        return [str(value) for value in values]
    floats = [float(value) for value in values]
    for decimals in range(7):
        texts = [f"{x:.{decimals}f}" for x in floats]
        if all(map(_is_close, map(float, texts), floats)):
            return texts
    for digits in range(4, 17):
        texts = [f"{x:.{digits}g}" for x in floats]
        if len(set(texts)) == len(texts):
            break
    return texts


def _is_close(one: Any, other: Any) -> bool:
    """Say whether two numbers differ by rounding noise only: numpy.arange makes 0.1 + 0.2."""
    both = (one, other)
    is_number = all(isinstance(x, numbers.Real) for x in both)
    return is_number and math.isclose(*both, rel_tol=1e-11, abs_tol=1e-14)


def _position(name: str, value: object, choices: Sequence[object]) -> int:
    """Return where `value` stands on an axis, or raise naming both."""
    for i, choice in enumerate(choices):
        if value == choice or _is_close(value, choice):
            return i
    raise ValueError(f"start of axis {name} must be one of its values, got {value!r}")
