"""Right and wrong answers to the checked exercises of chapter 3."""

import numpy as np

from dropout_lab.conventions import CONVENTIONS


def symmetric_dropout(x, mask, rate, grad):
    root = np.sqrt(1 - rate)
    return np.where(mask, x / root, 0), root * x, np.where(mask, grad / root, 0)


def diagnose(ratio, rate):
    """Write the ratios of the chapter's table down."""
    ratios = {
        "scale by p": rate / (1 - rate),
        "divide at test": 1 / (1 - rate) ** 2,
        "scale twice": 1 - rate,
        "never scale": 1 / (1 - rate),
    }
    return [name for name in CONVENTIONS if abs(ratios.get(name, 1.0) - ratio) < 1e-9]


def gap_thresholds(contributions, rate):
    scaled = contributions / (1 - rate)
    return -np.maximum(scaled, 0).sum(), np.maximum(-scaled, 0).sum()


def first(number, function):
    """Return the function with all but one of its outputs replaced by the input."""

    def answer(x, mask, rate, grad):
        outputs = [x, x, grad]
        outputs[number] = function(x, mask, rate, grad)[number]
        return tuple(outputs)

    return answer


RIGHT = {
    "symmetric_dropout": symmetric_dropout,
    "diagnose": diagnose,
    "gap_thresholds": gap_thresholds,
}
WRONG = {
    "symmetric_dropout": (
        lambda *arguments: symmetric_dropout(*arguments)[:2],
        lambda x, mask, rate, grad: symmetric_dropout(x, ~mask, rate, grad),
        lambda x, mask, rate, grad: symmetric_dropout(x, mask, rate, x),
        *(first(number, symmetric_dropout) for number in range(3)),
    ),
    "diagnose": (
        lambda ratio, rate: list(CONVENTIONS),
        lambda ratio, rate: [],
        lambda ratio, rate: diagnose(ratio, 0.2),
        lambda ratio, rate: [name for name in diagnose(ratio, rate) if name != "scale by p"],
        lambda ratio, rate: ", ".join(diagnose(ratio, rate)),
    ),
    "gap_thresholds": (
        lambda contributions, rate: (contributions.min(), contributions.max()),
        lambda contributions, rate: gap_thresholds(contributions, 1 - rate),
        lambda contributions, rate: gap_thresholds(contributions, rate)[0],
        lambda contributions, rate: (-np.abs(contributions).sum(), np.abs(contributions).sum()),
    ),
}
