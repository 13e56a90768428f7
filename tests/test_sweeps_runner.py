"""Sweeps run to their end: in one process, in several, on Dask, after failures and after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor
from recorded import no_file_above
from toy_sweeps import CELLS, MENDED, TOYS, squares

from dropout_lab.sweeps import Sweep, load_results
from dropout_lab.sweeps.__main__ import main
from dropout_lab.sweeps.runner import SweepError, run_sweep, versions
from dropout_lab.sweeps.sweep import cell_key

DRIVER = """
import sys
from toy_sweeps import TOYS
from dropout_lab.sweeps.__main__ import main
sys.exit(main(sys.argv[1:], TOYS))
"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Return a function that reads which cells were run, in all processes."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("TOY_LOG", str(path))
    get_reusable_executor().shutdown(wait=True)  # workers of an earlier test know an older log
    return lambda: path.read_text().split("\n")[:-1]


@pytest.fixture
def output(tmp_path):
    """Return where results go."""
    return tmp_path / "results" / "out.json"


def ran(log):
    return sorted(line for line in log() if line != "prepare")


EVERY_CELL = sorted(f"{cell['base']} {cell['seed']}" for cell in CELLS)


def check_squares(results):
    assert [cell["parameters"] for cell in results.cells] == CELLS
    for cell in results.cells:
        base, seed = cell["parameters"]["base"], cell["parameters"]["seed"]
        rounded = float(f"{base + seed / 3:.5g}")
        assert cell["values"] == {"square": base**2, "noisy": rounded, "list": [0, 1, 2]}
        assert cell["seconds"] >= 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sweep_runs_each_cell_once_and_stores_how(log, output, jobs, capsys):
    arguments = ["squares", "--jobs", str(jobs), "--output", str(output)]
    assert main(arguments, TOYS) == 0
    assert ran(log) == EVERY_CELL
    assert log()[0] == "prepare"
    assert log().count("prepare") == 1
    results = load_results("out", output.parent)
    check_squares(results)
    assert results.name == "squares"
    assert results.command == f"python -m dropout_lab.sweeps squares --jobs {jobs}"
    assert results.seeds == [0, 1]
    assert results.versions == versions()
    assert results.versions["python"] == sys.version.split()[0]
    assert list(output.parent.iterdir()) == [output]
    shown = capsys.readouterr()
    assert "6/6" in shown.err
    assert "6 cells" in shown.out


@pytest.mark.parametrize(
    ("where", "words"),
    [(".", "a file to write, got the folder"), ("in the way/out.json", "File exists: ")],
)
def test_a_place_that_will_not_do_is_known_before_the_sweep(log, tmp_path, capsys, where, words):
    (tmp_path / "in the way").touch()
    assert main(["squares", "--output", str(tmp_path / where)], TOYS) == 1
    assert words in capsys.readouterr().err
    assert log() == []


@pytest.mark.all
def test_the_same_sweep_runs_on_dask(log, output, capsys):
    distributed = pytest.importorskip("dask.distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert main(["squares", "--scheduler", address, "--output", str(output)], TOYS) == 0
        assert main(["fails", "--scheduler", address, "--output", str(output)], TOYS) == 1
    results = load_results("out", output.parent)
    check_squares(results)
    assert address not in output.read_text()
    assert results.command == "python -m dropout_lab.sweeps squares --scheduler ADDRESS"
    assert "two is not allowed here" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cell_that_raises_is_named_and_the_others_are_kept(
    log, output, jobs, capsys, monkeypatch
):
    monkeypatch.setenv("TOY_SECONDS", "0.05")
    arguments = ["fails", "--jobs", str(jobs), "--output", str(output)]
    assert main(arguments, TOYS) == 1
    shown = capsys.readouterr().err
    assert "cell {'base': 2, 'seed': " in shown
    assert "so did 1 more" in shown
    assert "4 finished cells are kept in out.partial.jsonl" in shown
    assert "ZeroDivisionError: two is not allowed here" in shown
    assert not output.exists()
    results = run_sweep(MENDED, output)
    check_squares(results)
    assert ran(log) == EVERY_CELL
    assert results.wall_seconds >= 0.3 / jobs  # six cells, most of them in the first run


def test_a_worker_that_dies_is_reported_and_finished_cells_are_kept(log, output):
    with pytest.raises(SweepError, match="a worker process died"):
        run_sweep(TOYS["dies"], output, jobs=2)
    assert not output.exists()
    kept = output.with_suffix(".partial.jsonl").read_text().splitlines()[1:]
    assert all(json.loads(line)["values"]["square"] for line in kept)


def test_a_sweep_survives_kill_9_and_runs_no_finished_cell_again(log, output):
    toy, partial = TOYS["many"], output.with_suffix(".partial.jsonl")
    environment = {**os.environ, "TOY_SECONDS": "0.05", "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", DRIVER, "many", "--jobs", "2", "--output", str(output)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        while not partial.exists() or partial.read_bytes().count(b"\n") < 6:
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not output.exists()
    lines = partial.read_bytes().split(b"\n")[1:-1]
    finished = {cell_key(json.loads(line)["parameters"]) for line in lines}
    assert 5 <= len(finished) < len(toy.cells)
    results = run_sweep(toy, output)
    assert [cell["parameters"] for cell in results.cells] == toy.cells
    runs = Counter(log())
    for cell in toy.cells:
        count = runs[f"{cell['base']} {cell['seed']}"]
        assert count == 1 if cell_key(cell) in finished else count in (1, 2)
    assert not partial.exists()


def leave_partial(output, lines):
    """Run two cells of a sweep, then write the lines that a test asks for."""
    partial = output.with_suffix(".partial.jsonl")
    with pytest.raises(SweepError):
        run_sweep(TOYS["fails"], output)
    partial.write_bytes(lines(partial.read_bytes()))
    return partial


def test_a_line_cut_off_by_the_kill_is_one_cell_less(log, output):
    leave_partial(output, lambda text: text[:-20])
    check_squares(run_sweep(MENDED, output))
    assert Counter(ran(log)) == Counter(EVERY_CELL) + Counter(["3 1"])


def test_a_full_disk_is_named_and_finished_cells_are_kept(log, output, capsys):
    with no_file_above(600):
        assert main(["fails", "--output", str(output)], {"fails": MENDED}) == 1
    partial = output.with_suffix(".partial.jsonl")
    assert f"File too large: '{partial}'" in capsys.readouterr().err
    kept = partial.read_bytes().count(b"\n") - 1
    assert 0 < kept < len(CELLS)
    check_squares(run_sweep(MENDED, output))
    assert len(ran(log)) == len(CELLS) + 1  # the cell that found no room


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda text: text.replace(b'"square"', b'"square', 1), 2),
        (lambda text: b"\xff\xfe\n" + text, 1),
        (lambda text: text.replace(b'"base": 1', b'"base": 9', 1), 2),
        (lambda text: text + b"[]\n", 6),
    ],
)
def test_a_damaged_partial_file_is_named_with_the_line(log, output, damage, line, message_of):
    partial = leave_partial(output, damage)
    before = partial.read_bytes()
    message = message_of(ValueError, run_sweep, TOYS["fails"], output)
    assert f"line {line} of {partial}" in message
    assert partial.read_bytes() == before


def test_a_partial_file_of_another_sweep_or_of_other_versions_is_refused(log, output, capsys):
    partial = leave_partial(output, bytes)
    other = Sweep("fails", "Other cells.", CELLS[:4], squares)
    assert Sweep("other", "Another name.", CELLS, squares).fingerprint != TOYS["fails"].fingerprint
    assert main(["fails", "--output", str(output)], {"fails": other}) == 1
    message = capsys.readouterr().err
    assert message.index(TOYS["fails"].fingerprint) < message.index(other.fingerprint)
    assert "delete it to start again" in message
    numpy = versions()["numpy"]
    partial.write_text(partial.read_text().replace(f'"numpy": "{numpy}"', '"numpy": "1.0"'))
    assert main(["fails", "--output", str(output)], TOYS) == 1
    assert "'numpy': '1.0'" in capsys.readouterr().err


# --- command line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nothing"], "invalid choice: 'nothing' (choose from "),
        ([], "say the name of a sweep, or --list"),
        (["squares", "--jobs", "0"], "--jobs must be at least 1, got 0"),
        (["squares", "--jobs", "two"], "invalid int value"),
    ],
)
def test_wrong_arguments_are_answered(capsys, arguments, part):
    with pytest.raises(SystemExit) as caught:
        main(arguments, TOYS)
    assert caught.value.code == 2
    assert part in capsys.readouterr().err


def test_the_list_names_every_sweep(capsys):
    assert main(["--list"], TOYS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(TOYS)
    assert "6 cells  Squares of small numbers." in lines[0]


def test_an_interrupt_keeps_what_is_finished(log, output, capsys):
    def interrupted(base, seed):
        if base == 2:
            raise KeyboardInterrupt
        return squares(base, seed)

    toy = Sweep("fails", "A toy.", CELLS, interrupted)
    assert main(["fails", "--output", str(output)], {"fails": toy}) == 130
    assert "goes on from here" in capsys.readouterr().err
    run_sweep(MENDED, output)
    assert ran(log) == EVERY_CELL
    run_sweep(MENDED, output)  # and another one starts afresh
    assert ran(log) == sorted(2 * EVERY_CELL)
