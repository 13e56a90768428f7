"""What the book measured for and against dropout: gains with intervals, from stored results."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
    unit : str
        Unit of the gains.
    chapter : int
        The chapter that tells how.
    experiment : str
        The stored results it is read from; empty if it is computed exactly.
    limits : tuple of float
        Ends of the axis of a figure.
    find : callable
        Called without arguments, returns a list of `Row`.
    """

    title: str
    unit: str
    chapter: int
    experiment: str
    limits: tuple
    find: Callable

    def rows(self):
        """Return the lines of this evidence.

        Returns
        -------
        list of Row
            From the stored results, one for each setting.
        """
        return self.find()


def _gains(name, value, pairs, factor=100.0, **common):
    """Return a row for each pair of settings: gain of the first over the second, seeds paired."""
    from dropout_lab.sweeps import load_results

    results, rows = load_results(name), []
    for label, settings in pairs.items():
        some, none = (
            results.array(value, **setting, **common, seed=results.seeds) for setting in settings
        )
        gain, half = t_interval(factor * (some - none))
        rows.append(Row(label, float(gain), float(half), _uses_dropout(settings[0])))
    return rows


def _uses_dropout(setting):
    """Say whether a setting is one with dropout; a method says so in its name."""
    return "dropout" in setting.get("method", "dropout")


def _by_rate(rates, **also):
    """Return pairs of settings: each rate against 0, with what else they have in common."""
    return {f"rate {rate}": ({"rate": rate, **also}, {"rate": 0.0, **also}) for rate in rates}


def _sizes():
    """Gain of a wide net by number of images."""
    some, none = {"rate": 0.5, "input_rate": 0.2}, {"rate": 0.0, "input_rate": 0.0}
    pairs = {
        f"{size:,} images": ({"size": size, **some}, {"size": size, **none})
        for size in (100, 500, 2_000, 10_000, 60_000)
    }
    return _gains("mnist-sizes", "final_test_accuracy", pairs, net="512-512")


def _published():
    """Gain of the published net by rate."""
    return _gains("mnist-rates", "final_test_accuracy", _by_rate((0.2, 0.5, 0.7)), epochs=20)


def _inputs():
    """Gain of the published net by rate of its pixels."""
    pairs = {
        f"rate {rate}": ({"input_rate": rate}, {"input_rate": 0.0}) for rate in (0.1, 0.2, 0.3, 0.5)
    }
    return _gains("mnist-input", "final_test_accuracy", pairs)


def _rates():
    """Gain at one width by rate on the images that nothing else looked at; less error is a gain."""
    pairs = _by_rate((0.1, 0.3, 0.5, 0.7), fixed="width", width=256)
    return _gains("choosing-rates", "unseen_error", pairs, -100.0)


def _regularizers():
    """Gain of each regularizer over none, at the strength that its validation error chooses."""
    from dropout_lab.sweeps import load_results

    results = load_results("choosing-regularizers")
    tried = {}
    for cell in results.cells:
        setting = {key: value for key, value in cell["parameters"].items() if key != "seed"}
        tried.setdefault(setting["method"], {})[tuple(setting.items())] = setting
    pairs = {}
    for method, settings in tried.items():
        errors = {
            key: results.array("validation_error", **setting, seed=results.seeds).mean()
            for key, setting in settings.items()
        }
        pairs[method] = settings[min(errors, key=errors.get)], {"method": "none"}
    del pairs["none"]
    return _gains("choosing-regularizers", "test_error", pairs, -100.0)


def _cards():
    """Gain on real card data by rate and split; the intervals count the luck of the rows, too."""
    from dropout_lab.lessons.ch06.sweeps import card_gain
    from dropout_lab.sweeps import load_results

    results, rows = load_results("fraud-cards"), []
    for split in ("stratified", "time"):
        for label, pair in _by_rate((0.2, 0.5), model="hidden", width=64).items():
            gain, half = card_gain(results, *pair, split)
            rows.append(Row(f"{label}, {split}", float(100 * gain), float(100 * half)))
    return rows


def _schedules(net):
    """Gain by when dropout is on."""
    names = {"first epochs only": "early", "last epochs only": "late", "throughout": "standard"}
    pairs = {
        label: ({"schedule": schedule}, {"schedule": "none"}) for label, schedule in names.items()
    }
    return _gains("family-early", "test_accuracy", pairs, net=net)


def _norm():
    """Gain before and behind batch norms, each against rate 0."""
    pairs = {
        f"{label}, {words}": pair
        for words, order in (("before", "directly"), ("behind", "after the last"))
        for label, pair in _by_rate((0.1, 0.3, 0.5), order=order).items()
    }
    return _gains("family-norm", "test_accuracy", pairs)


def _doubt():
    """Gain in calibration on upright digits over one pass of nets trained without dropout."""
    from dropout_lab.sweeps import load_results
    from dropout_lab.uncertainty import expected_calibration_error

    results = load_results("uncertainty-calibration")

    def error(passes, members, rate):
        which = {"members": members, "rate": rate, "seed": results.seeds}
        upright = results.array(f"{passes}_counts", **which)[:, 0]
        return 100 * expected_calibration_error(upright)

    plain, rows = error("off", 1, 0.0), []
    for label, setting in {
        "one pass, rate 0.5": ("off", 1, 0.5),
        "masks on, rate 0.2": ("on", 1, 0.2),
        "masks on, rate 0.5": ("on", 1, 0.5),
        "masks on, rate 0.7": ("on", 1, 0.7),
        "five nets": ("on", 5, 0.0),
    }.items():
        gain, half = t_interval(plain - error(*setting))
        rows.append(Row(label, float(gain), float(half), dropout=setting[2] > 0))
    return rows


def _linear():
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
        rows.append(Row(label, float(100 * (dropout - ridge)), 0.0))
    return rows


_POINTS = "points of test accuracy"
_PRECISION = "points of average precision"


EVIDENCE = {
    "sizes": Evidence(
        "512-512 net, rate 0.5, pixels 0.2", _POINTS, 7, "mnist-sizes", (-3.5, 8.5), _sizes
    ),
    "rates": Evidence("256-256 net, 5,000 images", _POINTS, 9, "choosing-rates", (-3, 1), _rates),
    "regularizers": Evidence(
        "256-256 net, 5,000 images, strength by validation",
        _POINTS,
        9,
        "choosing-regularizers",
        (-3, 1),
        _regularizers,
    ),
    "published": Evidence(
        "128-64 net, 48,000 images", _POINTS, 7, "mnist-rates", (-3, 1), _published
    ),
    "inputs": Evidence(
        "128-64 net, dropout on pixels only", _POINTS, 7, "mnist-input", (-3, 1), _inputs
    ),
    "cards": Evidence("card fraud, 64 hidden units", _PRECISION, 6, "fraud-cards", (-3, 1), _cards),
    "underfitting": Evidence(
        "small net, many images",
        _POINTS,
        12,
        "family-early",
        (-3, 1),
        partial(_schedules, "underfitting"),
    ),
    "overfitting": Evidence(
        "large net, few images",
        _POINTS,
        12,
        "family-early",
        (-3, 1),
        partial(_schedules, "overfitting"),
    ),
    "norm": Evidence("six layers with batch norm", _POINTS, 12, "family-norm", (-50, 10), _norm),
    "doubt": Evidence(
        "256-256 net, 4,000 images",
        "points of calibration error",
        11,
        "uncertainty-calibration",
        (-3, 3.5),
        _doubt,
    ),
    "linear": Evidence(
        "dropout or ridge, each at its best", "points of R²", 10, "", (-6, 1), _linear
    ),
}
"""What the book measured, by name; a gain below zero is a loss."""
