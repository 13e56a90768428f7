"""Print a table, and take turns in timing."""

import statistics
import time


def print_table(title, header, rows):
    """Print rows of strings under a header, columns aligned."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}\n{'-' * len(title)}")
    for row in [header, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)))


def time_in_turns(functions, rounds):
    """Return each function's median seconds, measured in turns so that noise hits all alike."""
    for function in functions.values():
        function()  # the first call of anything is slower
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}
