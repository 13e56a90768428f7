"""The live explorer: what it draws when, and what it sends to a notebook."""

import asyncio
import itertools
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import matplotlib.pyplot as plt
import pytest
from jupyter_client.manager import start_new_kernel
from published import elements

from dropout_lab import describe, explore
from dropout_lab.explorer import live
from dropout_lab.explorer.page import read_published
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE


@pytest.fixture(autouse=True)
def alive(monkeypatch):
    monkeypatch.delenv(PUBLISH_VARIABLE, raising=False)


class Recorder:
    """A drawing function that remembers its calls and fails for some of them."""

    def __init__(self, fails=()):
        self.calls, self.fails = [], fails

    def __call__(self, **values):
        self.calls.append(tuple(values.values()))
        if self.calls[-1] in self.fails:
            raise ValueError("<img src=x onerror=alert(1)> & more")
        figure = plt.figure(figsize=(2, 1))
        figure.text(0.1, 0.5, str(values))
        return describe(figure, f"a sentence on {values}")


AXES = {"a": list(range(9)), "b": ["x", "y", "z"], "c": [0.5, 0.25]}


def test_before_it_is_displayed_one_frame_is_drawn():
    draw = Recorder()
    explorer = explore(draw, **AXES, start={"a": 4, "b": "y"})
    assert draw.calls == [(4, "y", 0.5)]
    assert repr(explorer) == "<explorer of 54 frames (a: 9, b: 3, c: 2)>"
    (page,) = read_published(explorer.page)
    assert (page.labels, len(page.frames)) == ([["4"], ["y"], ["0.50"]], 1)
    more = [e.text for e in elements(explorer.page) if e.attributes.get("class") == "xp-more"]
    assert more[0].startswith("1 of 54 frames.")


@pytest.mark.parametrize("start", [{}, {"a": 4, "c": 0.25}, {"a": 8, "b": "z"}])
def test_drawn_to_the_end_it_holds_the_published_page(monkeypatch, start):
    draw = Recorder()
    explorer = explore(draw, **AXES, start=start, play="a", labels={"b": "letter"})
    whole = explorer.html
    assert sorted(draw.calls) == sorted(itertools.product(*AXES.values())), "each of them once"
    assert explorer.html == whole
    assert len(draw.calls) == 54
    assert 'class="xp-more"' not in whole
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    assert explore(draw, **AXES, start=start, play="a", labels={"b": "letter"}).html in whole


@pytest.mark.parametrize("counts", [(1,), (2,), (3,), (57,), (20, 3), (19, 5, 4), (1, 1, 400)])
def test_each_grid_holds_the_one_before_and_the_start_and_the_last_holds_all(counts):
    axes = [type("Axis", (), {"values": range(count), "start": count * 2 // 3}) for count in counts]
    before = {tuple(axis.start for axis in axes)}
    sizes = [1]
    for grid in live._grids(axes):
        positions = set(itertools.product(*grid))
        assert before <= positions
        sizes.append(len(positions))
        before = positions
    assert before == set(itertools.product(*map(range, counts)))
    assert len(sizes) <= 2 + max(counts).bit_length(), "each grid is shown: there are few"


def test_what_draw_raises_for_the_first_frame_is_raised():
    before = plt.get_fignums()
    with pytest.raises(RuntimeError, match=r"draw\(a=1\) raised ValueError: <img src=x onerror"):
        explore(Recorder(fails=[(1,)]), a=[1, 2])
    with pytest.raises(TypeError, match=r"draw\(a=1\) must return a matplotlib Figure, got 1"):
        explore(lambda a: a, a=[1, 2])
    assert plt.get_fignums() == before


def test_a_later_frame_that_fails_says_so_and_the_others_are_there():
    draw = Recorder(fails=[(2,)])
    (page,) = read_published(explore(draw, a=[1, 2, 3]).html)
    line = Recorder.__call__.__code__.co_firstlineno + 3
    error = "draw(a=2) raised ValueError: <img src=x onerror=alert(1)> & more"
    said = [f"a sentence on {{'a': {number}}}" for number in (1, 3)]
    assert page.sentences == [said[0], f"{error} (line {line} of __call__)", said[1]]
    assert [bool(page.nodes(number)) for number in range(3)] == [True, False, True]
    wider = explore(lambda width: plt.figure(figsize=(width, 1)), width=[2, 3])
    (page,) = read_published(wider.html)
    assert page.sentences[0] == "width 2"
    assert page.sentences[1].startswith("draw(width=3) returned a figure of another size")


def test_what_is_shown_as_the_last_drawing_ends_is_drawn_too(monkeypatch):
    monkeypatch.setattr(live, "_AT_ONCE", 0)
    monkeypatch.setattr("IPython.display.display", mock.Mock())
    draw = Recorder()

    async def show():
        ended = asyncio.ensure_future(asyncio.sleep(0))
        await ended
        monkeypatch.setattr(live, "_tasks", {ended})  # it leaves when the loop comes round
        explore(draw, **AXES)._ipython_display_()
        async with asyncio.timeout(20):
            while live._waiting:
                await asyncio.sleep(0.01)

    with ThreadPoolExecutor() as beside:  # Playwright keeps a loop running in this thread
        beside.submit(asyncio.run, show()).result()
    assert len(draw.calls) == 54


# In a kernel

SLOW = """
import time
import matplotlib.pyplot as plt
from dropout_lab import describe, explore
drawn = []
def draw(rate, step=1):
    time.sleep(0.05)
    drawn.append(rate)
    figure = plt.figure(figsize=(2, 1))
    return describe(figure, f"rate {rate}, step {step}, {word}")
word = "then"
"""


@pytest.fixture(scope="module")
def kernel():
    """Yield a function that starts a cell in a real kernel, and the kernel's two ends."""
    environment = {k: v for k, v in os.environ.items() if k != PUBLISH_VARIABLE}
    manager, client = start_new_kernel(env=environment)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code, cell="one"):
    """Execute a cell as JupyterLab does; return the id of its request."""
    client.session.metadata = {"cellId": cell}
    return client.execute(code, allow_stdin=False)


def listen(client, wanted, seconds=60):
    """Return all messages up to the first for which `wanted` is true."""
    heard, end = [], time.monotonic() + seconds
    while not (heard and wanted(heard[-1])):
        heard.append(client.get_iopub_msg(timeout=end - time.monotonic()))
    return heard


def finished(request):
    return lambda message: (
        message["parent_header"].get("msg_id") == request
        and message["content"].get("execution_state") == "idle"
    )


def printed(heard, request):
    """Return what a cell printed."""
    own = [m for m in heard if m["parent_header"].get("msg_id") == request]
    return "".join(m["content"].get("text", "") for m in own)


def ask(client, code):
    """Run a cell, and return what it printed."""
    request = run(client, code, "asking")
    return printed(listen(client, finished(request)), request)


def shown(heard):
    """Return the displays and their updates."""
    return [m for m in heard if m["msg_type"] in ("display_data", "update_display_data")]


def page_of(message):
    return read_published(message["content"]["data"]["text/html"])[0]


def is_whole(message):
    is_update = message["msg_type"] == "update_display_data"
    return is_update and 'class="xp-more"' not in message["content"]["data"]["text/html"]


def test_a_kernel_draws_on_between_the_cells_and_the_cell_keeps_the_whole_page(kernel):
    _, client = kernel
    # The second cell waits in the kernel already when the first one ends.
    request = run(client, SLOW + "explore(draw, rate=range(40))")
    second = run(client, "print(len(drawn), 'and', 6 * 7); word = 'now'", "asking")
    first = listen(client, finished(request))
    assert [m["content"] for m in first if m["msg_type"] == "error"] == []
    assert [m["msg_type"] for m in shown(first)] == ["display_data"]
    assert len(page_of(shown(first)[0]).frames) < 40
    heard = listen(client, finished(second))
    done, answer = printed(heard, second).split(" and ")
    assert (answer, int(done) < 40) == ("42\n", True), "the cell did not wait for the drawing"
    updates = shown(heard + listen(client, is_whole))
    assert {m["msg_type"] for m in updates} == {"update_display_data"}
    assert {m["parent_header"]["msg_id"] for m in updates} == {request}, "it is that cell's output"
    names = {m["content"]["transient"]["display_id"] for m in shown(first) + updates}
    assert len(names) == 1
    pages = [page_of(message) for message in updates]
    sizes = [len(page.frames) for page in pages]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 40
    assert "then" in pages[-1].sentences[0]
    assert "now" in pages[-1].sentences[-1], "draw sees the variables of the kernel"
    assert ask(client, "print(len(drawn), plt.get_fignums())") == "40 []\n"


def test_a_cell_that_runs_again_leaves_its_earlier_explorer(kernel):
    _, client = kernel
    code = "display(explore(draw, rate=range({}), step=[1, 2]))\nexplore(draw, rate=range(16))"
    run(client, SLOW + code.format(100), "again")
    listen(client, finished(run(client, SLOW + code.format(20), "again")))
    listen(client, is_whole)
    listen(client, is_whole)
    time.sleep(0.3)
    assert ask(client, "print(len(drawn))") == "56\n"


def test_an_interrupt_ends_the_drawing_and_nothing_else(kernel):
    manager, client = kernel
    listen(client, finished(run(client, SLOW + "shown = explore(draw, rate=range(120))\nshown")))
    time.sleep(0.3)  # until frames are drawn between the cells
    os.kill(manager.provisioner.pid, signal.SIGINT)
    waiting = "from dropout_lab.explorer import live; print(len(live._waiting))"
    while ask(client, waiting) != "0\n":
        time.sleep(0.1)
    before = ask(client, "print(drawn)")
    assert ask(client, "import time; time.sleep(0.3); print(drawn)") == before
    rest = ask(client, "word = 'later'; drawn[:] = []; shown.html; print(drawn)")
    before, rest = json.loads(before), json.loads(rest)
    assert sorted({*before, *rest}) == list(range(120))
    assert len(before) < 120
    # The interrupt may have come when a drawing was done and not yet kept.
    assert set(before) & set(rest) <= {before[-1]}


def test_an_interrupt_ends_a_cell_that_waits_while_an_explorer_is_drawn(kernel):
    manager, client = kernel
    listen(client, finished(run(client, SLOW + "explore(draw, rate=range(300))")))
    request = run(client, "import asyncio; print('here'); await asyncio.sleep(600)", "waiting")
    listen(client, lambda message: message["content"].get("text") == "here\n")
    listen(client, lambda message: message["msg_type"] == "update_display_data")  # drawn meanwhile
    os.kill(manager.provisioner.pid, signal.SIGINT)
    heard = listen(client, finished(request))
    assert [m["content"]["ename"] for m in heard if m["msg_type"] == "error"] == ["CancelledError"]
    forget = "from dropout_lab.explorer import live; print(len(drawn) < 300, live._waiting.clear())"
    assert ask(client, forget) == "True None\n"
