"""What a chapter costs to run: its time, training included, and the memory that a kernel needs."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.table import print_table

CHAPTERS = sorted(Path(__file__).parents[1].glob("chapters/[0-9][0-9]_*.ipynb"))


def run(chapter, folder):
    """Execute a chapter once, all of its frames drawn; return seconds and peak bytes."""
    command = [sys.executable, "-m", "nbconvert", "--log-level=ERROR", "--to", "notebook"]
    command += ["--execute", "--output-dir", folder, str(chapter)]
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)  # its own peak, and that of the kernel it started
    if status:
        raise RuntimeError(f"{chapter.name} failed")
    in_kilobytes = sys.platform != "darwin"
    return time.perf_counter() - start, used.ru_maxrss * (1024 if in_kilobytes else 1)


def main():
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        costs = {chapter.stem: run(chapter, folder) for chapter in CHAPTERS}
    lightest = min(peak for _, peak in costs.values())
    rows = [
        [f"{peak / lightest:.1f}", f"{peak / 1e6:.0f} MB", f"{seconds:.0f} s", name]
        for name, (seconds, peak) in costs.items()
    ]
    header = ["memory, ratio to the lightest", "memory", "to execute", "chapter"]
    print_table("Running a chapter", header, rows)
