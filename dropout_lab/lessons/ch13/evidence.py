"""What the book measured for and against dropout: gains with intervals, from stored results."""

from collections.abc import Callable
from dataclasses import dataclass

from dropout_lab.intervals import t_interval, verdict

__all__ = ["EVIDENCE", "Evidence", "Row"]


@dataclass(frozen=True)
class Row:
    """One line of evidence: what was changed, and what it gained.

    Parameters
    ----------
    label : str
        What was compared with plain training.
    gain : float
        Mean gain; negative where dropout loses.
    half : float
        Half of the 95 % interval: over seeds, for the card data over test rows, too; 0 where
        the number is exact.
    dropout : bool
        False where something else than dropout was tried, for comparison.
    """

    label: str
    gain: float
    half: float
    dropout: bool = True

    @property
    def verdict(self):
        """What the interval says: "helps", "harms" or "unclear"."""
        return verdict(self.gain, self.half)


@dataclass(frozen=True)
class Evidence:
    """A comparison of training with and without dropout that the book made.

    Parameters
    ----------
    title : str
        What was measured, on what.
    chapter : int
        The chapter that tells how.
    sweep : str
        The sweep whose stored results it is read from; empty if it is computed exactly.
    find : callable
        Called with these results, or with None, returns a list of `Row`.
    models : tuple of str
        The kinds of model it is about, as the first question of the decision page names them.
    limits : tuple of float
        Ends of the axis of a figure.
    unit : str
        Unit of the gains.
    """

    title: str
    chapter: int
    sweep: str
    find: Callable
    models: tuple = ("fully connected",)
    limits: tuple = (-3, 1)
    unit: str = "points of test accuracy"

    def rows(self):
        """Return the lines of this evidence.

        Returns
        -------
        list of Row
            From the stored results, one for each setting.
        """
        from dropout_lab.sweeps import load_results

        return self.find(load_results(self.sweep) if self.sweep else None)


def _gains(value, pairs, factor=100.0, **common):
    """Return what finds a row for each pair of settings: gain of the first, seeds paired."""

    def find(results):
        which = {**common, "seed": results.seeds}
        rows = []
        for label, settings in pairs.items():
            some, none = (results.array(value, **setting, **which) for setting in settings)
            # A method with dropout says so in its name; the other sweeps change nothing else.
            dropout = "dropout" in settings[0].get("method", "dropout")
            rows.append(_row(label, t_interval(factor * (some - none)), dropout))
        return rows

    return find


def _row(label, interval, dropout=True):
    return Row(label, *map(float, interval), dropout)


def _by_rate(*rates, name="rate", **also):
    """Return pairs of settings: each rate against 0, with what else they have in common."""
    return {f"rate {rate}": ({name: rate, **also}, {name: 0.0, **also}) for rate in rates}


def _regularizers(results):
    """Gain of each regularizer over none, at the strength that its validation error chooses."""
    tried = {}
    for cell in results.cells:
        setting = {key: value for key, value in cell["parameters"].items() if key != "seed"}
        error = results.array("validation_error", **setting, seed=results.seeds).mean()
        tried.setdefault(setting["method"], []).append((error, setting))
    none = tried.pop("none")[0][1]
    best = {method: min(each, key=lambda one: one[0])[1] for method, each in tried.items()}
    pairs = {method: (setting, none) for method, setting in best.items()}
    return _gains("test_error", pairs, -100.0)(results)


def _cards(results):
    """Gain on real card data by rate and split; the intervals count the luck of the rows, too."""
    from dropout_lab.lessons.ch06.sweeps import card_gain

    rows = []
    for split in ("stratified", "time"):
        for label, pair in _by_rate(0.2, 0.5, model="hidden", width=64).items():
            gain, half = card_gain(results, *pair, split)
            rows.append(_row(f"{label}, {split}", (100 * gain, 100 * half)))
    return rows


def _doubt(results):
    """Gain in calibration on upright digits over one pass of nets trained without dropout."""
    from dropout_lab.uncertainty import expected_calibration_error

    def error(passes, members, rate):
        which = {"members": members, "rate": rate, "seed": results.seeds}
        upright = results.array(f"{passes}_counts", **which)[:, 0]
        return 100 * expected_calibration_error(upright)

    settings = {"a temperature": ("scaled", 1, 0.0), "one pass, rate 0.5": ("off", 1, 0.5)}
    settings |= {f"masks on, rate {rate}": ("on", 1, rate) for rate in (0.2, 0.5, 0.7)}
    settings |= {"five nets": ("on", 5, 0.0)}
    plain = error("off", 1, 0.0)
    return [
        _row(label, t_interval(plain - error(*setting)), dropout=setting[2] > 0)
        for label, setting in settings.items()
    ]


def _linear(_):
    """Gain of dropout over plain ridge for the study group, each at its best strength, exact.

    At the same number for both, dropout would lose by shrinking more, which says nothing.
    """
    from dropout_lab.study_group import FRIENDS, best_weights, decay_weights, exam_score

    rows = []
    for label, absent in (("everyone there", ()), ("Alex ill", "Alex")):
        dropout, ridge = (
            max(exam_score(FRIENDS, solve(FRIENDS, k / 100), absent) for k in range(100))
            for solve in (best_weights, decay_weights)
        )
        rows.append(_row(label, (100 * (dropout - ridge), 0.0)))
    return rows


def _often(results):
    """Gain of reading a fiftieth of a text 50 times with dropout, to the end or stopped early."""
    rows = []
    for end, name in (("to the end", "test_loss"), ("stopped early", "stopped_test_loss")):
        by_rate = {f"{rate}, {end}": pair for rate, pair in _by_rate(0.1, 0.3).items()}
        rows += _gains(name, by_rate, -1.0, passes=50)(results)
    return rows


def _tuned(results):
    """Gain of each tuned detector over the tuned net without dropout; rows of the test count."""
    from dropout_lab.lessons.ch16.sweeps import practice_gains

    return [Row(name, gain, half, has) for name, gain, half, has in practice_gains(results)]


_PATHS = {
    f"{words}, rate {rate}": (
        {"place": place, "rate": rate},
        {"place": "residual", "rate": 0.0},
    )
    for words, place in (("units", "residual"), ("updates", "path"))
    for rate in (0.1, 0.2, 0.3)
}
_WIDE = {"rate": 0.5, "input_rate": 0.2}, {"rate": 0.0, "input_rate": 0.0}
_SIZES = {
    f"{size:,} images": tuple({"size": size, **rates} for rates in _WIDE)
    for size in (100, 500, 2_000, 10_000, 60_000)
}
_SCHEDULES = {
    "first epochs only": ({"schedule": "early"}, {"schedule": "none"}),
    "last epochs only": ({"schedule": "late"}, {"schedule": "none"}),
    "throughout": ({"schedule": "standard"}, {"schedule": "none"}),
}
_NORMS = {
    f"{label}, {words}": pair
    for words, order in (("before", "directly"), ("behind", "after the last"))
    for label, pair in _by_rate(0.1, 0.3, 0.5, order=order).items()
}

EVIDENCE = {
    "sizes": Evidence(
        "512-512 net, rate 0.5, pixels 0.2",
        7,
        "mnist-sizes",
        _gains("final_test_accuracy", _SIZES, net="512-512"),
        limits=(-3.5, 8.5),
    ),
    "rates": Evidence(
        "256-256 net, 5,000 images",
        9,
        "choosing-rates",  # less error is a gain, on the images that nothing else looked at
        _gains("unseen_error", _by_rate(0.1, 0.3, 0.5, 0.7), -100.0, fixed="width", width=256),
    ),
    "regularizers": Evidence(
        "256-256 net, 5,000 images, strength by validation",
        9,
        "choosing-regularizers",
        _regularizers,
    ),
    "published": Evidence(
        "128-64 net, 48,000 images",
        7,
        "mnist-rates",
        _gains("final_test_accuracy", _by_rate(0.2, 0.5, 0.7), epochs=20),
    ),
    "inputs": Evidence(
        "128-64 net, dropout on pixels only",
        7,
        "mnist-input",
        _gains("final_test_accuracy", _by_rate(0.1, 0.2, 0.3, 0.5, name="input_rate")),
    ),
    "cards": Evidence(
        "card fraud, 64 hidden units",
        6,
        "fraud-cards",
        _cards,
        ("rows of a table",),
        unit="points of average precision",
    ),
    "underfitting": Evidence(
        "small net, many images",
        12,
        "family-early",
        _gains("test_accuracy", _SCHEDULES, net="underfitting"),
    ),
    "overfitting": Evidence(
        "large net, few images",
        12,
        "family-early",
        _gains("test_accuracy", _SCHEDULES, net="overfitting"),
    ),
    "norm": Evidence(
        "six layers with batch norm",
        12,
        "family-norm",
        _gains("test_accuracy", _NORMS),
        ("fully connected, batch norm",),
        limits=(-50, 10),
    ),
    "once": Evidence(
        "small transformer, a text read once",
        14,
        "transformer-passes",
        _gains("test_loss", _by_rate(0.1, 0.2, 0.3), -1.0, passes=1),
        ("LLM from scratch",),
        limits=(-0.8, 0.2),
        unit="bits a character",
    ),
    "repeated": Evidence(
        "small transformer, a fiftieth of the text 50 times",
        14,
        "transformer-passes",
        _often,
        ("LLM from scratch",),
        limits=(-0.5, 1.5),
        unit="bits a character",
    ),
    "path": Evidence(
        "small vision transformer, 500 digits",
        14,
        "transformer-path",
        _gains("test_loss", _PATHS, -1.0, training="500 images, 60 epochs"),
        ("ViT or modern CNN",),
        limits=(-0.15, 0.15),
        unit="nats of test loss",
    ),
    "tuned": Evidence(
        "card fraud, each against the net without dropout",
        16,
        "fraud-baselines",
        _tuned,
        ("rows of a table",),
        limits=(-5, 3),
        unit="points of average precision",
    ),
    "doubt": Evidence(
        "256-256 net, 4,000 images",
        11,
        "uncertainty-calibration",
        _doubt,
        limits=(-3, 3.5),
        unit="points of calibration error",
    ),
    "linear": Evidence(
        "dropout or ridge, each at its best",
        10,
        "",
        _linear,
        ("linear or logistic",),
        limits=(-6, 1),
        unit="points of R²",
    ),
}
"""What the book measured, by name; a gain below zero is a loss."""
