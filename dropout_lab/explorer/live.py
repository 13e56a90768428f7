"""An explorer in a live notebook: the published page, which grows while Python is idle."""

import asyncio
import contextvars
import math
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from .page import live_html
from .text import legible

if TYPE_CHECKING:
    from .drawing import _Axis, _Plan

Frame = tuple[str, list[str], str]  # its box, its nodes, its sentence
DrawFrame = Callable[[tuple[int, ...]], Frame]
Cell = tuple[str | None, str | None]  # where it stands, and which run of it

_AT_ONCE = 0.5  # seconds that a cell draws before it shows what there is
_PAUSE = 0.01  # seconds between two frames, in which the kernel takes the next cell
_waiting: "list[LiveExplorer]" = []  # what is displayed and not drawn to the end
_drawing: "list[LiveExplorer]" = []  # the one whose frame is drawn at this moment
_tasks: set[asyncio.Task[None]] = set()  # the event loop itself keeps no task alive


class LiveExplorer:
    """An explorer that a notebook displays at once and that is drawn to the end when it can be.

    What the notebook shows, and stores, is always a published page: it moves without Python
    through the frames that exist. They become more in steps, every second value between those
    that are there, and each step puts a fuller page in the place of the last one.

    Parameters
    ----------
    frame : callable
        ``frame(positions)`` draws one frame: its ``viewBox``, its nodes and its sentence.
    plan : _Plan
        The axes, checked. The frame where they start is drawn at once; what it raises is raised.
    summary : str
        What stands in its place where HTML is not shown.

    Attributes
    ----------
    html : str
        The page with all frames; those that lack are drawn now.
    page : str
        The page with the frames that exist.
    around : tuple of str
        HTML that stands before and after the page where a notebook displays it.
    """

    around: tuple[str, str] = ("", "")

    def __init__(self, frame: DrawFrame, plan: "_Plan", summary: str) -> None:
        __tracebackhide__ = True  # the reader's error is in the drawing function
        self._frame, self._plan, self._summary = frame, plan, summary
        start = tuple(axis.start for axis in plan.axes)
        self._drawn = {start: frame(start)}
        self._box = self._drawn[start][0]
        self._grid: list[Sequence[int]] = [[position] for position in start]
        self._name = "x" + uuid.uuid4().hex[:10]
        self._handles: list[Any] = []

    def __repr__(self) -> str:
        """Return the summary."""
        return self._summary

    @property
    def html(self) -> str:
        """Draw what lacks and return the page."""
        self._growth = self._grow()
        for _ in self._growth:
            pass
        return self.page

    def _ipython_display_(self) -> None:
        """Show what half a second can draw, or all where nothing can be drawn later."""
        from IPython.display import display  # not needed to publish

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        end = time.perf_counter() + _AT_ONCE
        self._growth = self._grow()
        is_late = any(loop and time.perf_counter() > end for _ in self._growth)
        self._handles.append(display(self._bundle(), raw=True, display_id=True))
        if loop is None or not is_late:
            return
        self._context = contextvars.copy_context()  # so that an update belongs to this cell
        self._cell = _running_cell()
        _waiting[:] = [other for other in _waiting if not _replaces(self._cell, other._cell)]
        _waiting.append(self)
        # One that has just ended stays listed until the loop comes round, and draws nothing more.
        if all(task.done() for task in _tasks):
            task = loop.create_task(_draw_while_idle())
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)

    def _grow(self) -> Iterator[None]:
        """Draw frame after frame, yield after each, and show each finer grid when it is whole."""
        for grid in _grids(self._plan.axes):
            if math.prod(map(len, grid)) <= math.prod(map(len, self._grid)):
                continue  # shown before
            for positions in product(*grid):
                if positions not in self._drawn:
                    self._drawn[positions] = self._try(positions)
                    yield
            self._grid = grid
            for handle in self._handles:
                handle.update(self._bundle(), raw=True)

    def _try(self, positions: tuple[int, ...]) -> Frame:
        """Draw a frame; if that fails, the frame is empty and says so."""
        try:
            box, nodes, sentence = self._frame(positions)
        except Exception as error:  # nobody waits for it, and the other frames are of use
            return self._box, [], legible(str(error))
        if box != self._box:
            return self._box, [], self._plan.of_another_size(positions, box, self._box)
        return box, nodes, sentence

    @property
    def page(self) -> str:
        """Return the page of the frames that exist."""
        frames = [self._drawn[positions][1:] for positions in product(*self._grid)]
        page = self._plan.page(self._box, self._grid, frames)
        total = math.prod(len(axis.values) for axis in self._plan.axes)
        return live_html(page, self._name, math.prod(map(len, self._grid)), total)

    def _bundle(self) -> dict[str, str]:
        return {"text/html": self.page.join(self.around), "text/plain": self._summary}


def _grids(axes: "Sequence[_Axis]") -> Iterator[list[Sequence[int]]]:
    """Yield the positions to draw on each axis: first two, then twice as many, at last all."""
    halvings = [(len(axis.values) - 1).bit_length() for axis in axes]
    for step in range(1, max(halvings) + 1):
        strides = [1 << max(0, halving - step) for halving in halvings]
        yield [
            range(axis.start % stride, len(axis.values), stride)
            for axis, stride in zip(axes, strides, strict=True)
        ]


async def _draw_while_idle() -> None:
    """Draw one frame at a time, always of the explorer with the fewest."""
    await asyncio.sleep(_PAUSE)
    while _waiting:
        explorer = min(_waiting, key=lambda explorer: len(explorer._drawn))
        _drawing.append(explorer)
        try:
            _hear_interrupts()
            if explorer._context.run(next, explorer._growth, "done") == "done":
                _waiting.remove(explorer)
        except KeyboardInterrupt:
            _waiting.clear()
        finally:
            _drawing.clear()
        await asyncio.sleep(_PAUSE)


def _hear_interrupts() -> None:
    """Let the reader interrupt what goes on between two cells, where kernels ignore them."""
    # A cell that awaits something lets this run meanwhile, and has a handler of its own.
    between = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if between and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _stop)


def _stop(*_: object) -> None:
    """Draw nothing more, not even the frame in hand."""
    _waiting.clear()
    if _drawing:
        raise KeyboardInterrupt


def _running_cell() -> Cell:
    """Return the id of the cell that runs and that of this run, or None for what is not known."""
    from IPython import get_ipython

    request: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    return request.get("metadata", {}).get("cellId"), request.get("header", {}).get("msg_id")


def _replaces(new: Cell, old: Cell) -> bool:
    """Say whether a run of a cell takes the place of an earlier run of the same cell."""
    return new[0] is not None and new[0] == old[0] and new[1] != old[1]
