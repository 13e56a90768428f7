"""Measure and judge: python -m bench [part [what of it]]; parts are the names in PARTS and LONG."""

import sys
import traceback

from bench import explorer, long, pages, python, train, weights
from bench.data import use_shared_data
from bench.table import budgets, failure, judge, markdown, store

PARTS = {
    "weights": weights.measure,
    "python": python.measure,
    "explorer": explorer.measure,
    "pages": pages.measure,
    "train": train.measure,
}
LONG = {
    "dragging": long.dragging,
    "training": long.training,
    "drawing": long.drawing,
    "browsing": long.browsing,
    "teaching": long.teaching,
}


def judged(parts, agreed, whole, chosen=()):
    """Run measurements and judge them; one that fails is a line, and the others still run."""
    lines = []
    for name, measure in parts.items():
        print(f"Measuring: {name}", file=sys.stderr, flush=True)
        try:
            for row in measure(*chosen):
                lines.append(judge(row, agreed[row.budget]))
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            why = f"{type(error).__name__}: {error}".split("\n")[0].replace("|", "/")
            lines.append(failure(f"python -m bench {name}", f"failed: {why}"))
    missing = agreed.keys() - {line["budget"] for line in lines} if whole else ()
    return lines + [failure(name, "not measured") for name in agreed if name in missing]


def main(part="bench", *chosen):
    """Print and store the table; return 1 if a budget is broken, or one was not measured."""
    use_shared_data()
    is_long = part == "long" or part in LONG
    of_one_kind = LONG if is_long else PARTS
    whole = part in ("bench", "long")
    parts = of_one_kind if whole else {part: of_one_kind[part]}
    lines = judged(parts, budgets(is_long), whole, chosen)
    print(markdown(lines))
    store(lines, part)
    return any(line["verdict"] not in ("met", "within the noise") for line in lines)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
