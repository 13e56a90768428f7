"""The evidence of chapter 13 is what the stored results say."""

import json

import numpy as np
import pytest

from dropout_lab.lessons.ch13.evidence import EVIDENCE, Row
from dropout_lab.sweeps.results import RESULTS

T95 = {5: 2.7764, 10: 2.2622}  # from a printed table of Student's t


def gain(name, value, some, none, factor=100):
    """Read a result file as plain JSON; return mean gain and half-width of its interval."""
    cells = json.loads((RESULTS / f"{name}.json").read_text())["cells"]

    def by_seed(wanted):
        found = {
            cell["parameters"]["seed"]: cell["values"][value]
            for cell in cells
            if wanted.items() <= cell["parameters"].items()
        }
        return np.array([found[seed] for seed in sorted(found)])

    gains = factor * (by_seed(some) - by_seed(none))
    return gains.mean(), T95[len(gains)] * gains.std(ddof=1) / np.sqrt(len(gains))


@pytest.mark.parametrize(
    ("key", "label", "name", "value", "some", "none", "factor"),
    [
        (
            "sizes",
            "2,000 images",
            "mnist-sizes",
            "final_test_accuracy",
            {"net": "512-512", "size": 2000, "rate": 0.5, "input_rate": 0.2},
            {"net": "512-512", "size": 2000, "rate": 0.0, "input_rate": 0.0},
            100,
        ),
        (
            "rates",
            "rate 0.3",
            "choosing-rates",
            "unseen_error",
            {"fixed": "width", "rate": 0.3},
            {"fixed": "width", "rate": 0.0},
            -100,
        ),
        (
            "regularizers",
            "dropout on pixels",
            "choosing-regularizers",
            "test_error",
            {"method": "dropout on pixels", "input_rate": 0.4},
            {"method": "none"},
            -100,
        ),
        (
            "published",
            "rate 0.5",
            "mnist-rates",
            "final_test_accuracy",
            {"rate": 0.5, "epochs": 20},
            {"rate": 0.0, "epochs": 20},
            100,
        ),
        (
            "inputs",
            "rate 0.2",
            "mnist-input",
            "final_test_accuracy",
            {"input_rate": 0.2},
            {"input_rate": 0.0},
            100,
        ),
        (
            "underfitting",
            "throughout",
            "family-early",
            "test_accuracy",
            {"net": "underfitting", "schedule": "standard"},
            {"net": "underfitting", "schedule": "none"},
            100,
        ),
        (
            "overfitting",
            "first epochs only",
            "family-early",
            "test_accuracy",
            {"net": "overfitting", "schedule": "early"},
            {"net": "overfitting", "schedule": "none"},
            100,
        ),
        (
            "norm",
            "rate 0.5, before",
            "family-norm",
            "test_accuracy",
            {"order": "directly", "rate": 0.5},
            {"order": "directly", "rate": 0.0},
            100,
        ),
    ],
)
def test_a_row_is_the_paired_interval_of_the_stored_cells(
    key, label, name, value, some, none, factor
):
    row = next(row for row in EVIDENCE[key].rows() if row.label == label)
    mean, half = gain(name, value, some, none, factor)
    assert EVIDENCE[key].experiment == name
    assert row.gain == pytest.approx(mean, abs=1e-9)
    assert row.half == pytest.approx(half, rel=1e-3)


def test_the_strength_of_a_regularizer_is_chosen_without_the_test_images():
    path = RESULTS / "choosing-regularizers.json"
    strengths = {}
    for cell in json.loads(path.read_text())["cells"]:
        parameters = dict(cell["parameters"])
        del parameters["seed"]
        strengths.setdefault(json.dumps(parameters), []).append(cell["values"])
    best = min(
        (key for key in strengths if json.loads(key)["method"] == "dropout"),
        key=lambda key: np.mean([values["validation_error"] for values in strengths[key]]),
    )
    none = np.mean([v["test_error"] for v in strengths[json.dumps({"method": "none"})]])
    some = np.mean([v["test_error"] for v in strengths[best]])
    row = next(row for row in EVIDENCE["regularizers"].rows() if row.label == "dropout")
    assert row.gain == pytest.approx(100 * (none - some), abs=1e-9)


def test_calibration_is_that_of_upright_images():
    cells = json.loads((RESULTS / "uncertainty-calibration.json").read_text())["cells"]

    def errors(passes, members, rate):
        found = []
        for seed in range(5):
            wanted = {"members": members, "rate": rate, "seed": seed}
            cell = next(cell for cell in cells if cell["parameters"] == wanted)
            answers, confidence, right = np.array(cell["values"][f"{passes}_counts"])[0]
            found.append(100 * np.abs(confidence - right).sum() / answers.sum())
        return np.array(found)

    row = next(row for row in EVIDENCE["doubt"].rows() if row.label == "masks on, rate 0.5")
    gains = errors("off", 1, 0.0) - errors("on", 1, 0.5)
    assert row.gain == pytest.approx(gains.mean())
    assert row.half == pytest.approx(2.7764 * gains.std(ddof=1) / np.sqrt(5), rel=1e-3)


def test_what_is_no_dropout_is_marked():
    others = {row.label for e in EVIDENCE.values() for row in e.rows() if not row.dropout}
    assert others == {"L1", "L2", "max-norm", "five nets"}


@pytest.mark.parametrize("split", ["stratified", "time"])
def test_card_rows_count_the_luck_of_the_rows(split):
    cells = json.loads((RESULTS / "fraud-cards.json").read_text())["cells"]
    some, none = (
        np.array(
            [
                cell["values"]["average_precision"]
                for cell in cells
                if cell["parameters"].items()
                >= {"model": "hidden", "width": 64, "rate": rate, "split": split}.items()
            ]
        )
        for rate in (0.5, 0.0)
    )
    mean, seeds_alone = 100 * (some - none).mean(), 100 * t_half(some - none)
    row = next(row for row in EVIDENCE["cards"].rows() if row.label == f"rate 0.5, {split}")
    assert row.gain == pytest.approx(mean, abs=1e-9)
    if split == "stratified":  # ten splits into 60 % to train on and 20 % to test on
        assert row.half == pytest.approx(seeds_alone * np.sqrt(1 + 10 / 3), rel=1e-3)
    else:
        assert row.half > 1.1 * seeds_alone


def t_half(values):
    return 2.262 * values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize(("row", "present"), [(0, slice(0, 6)), (1, slice(1, 6))])
def test_the_study_group_is_exact(row, present):
    # Chapter 1: v = 1/9 for Alex, who is the first, and 1 for five others, by equation 1.1.
    v, best = np.array([1 / 9, 1, 1, 1, 1, 1]), []
    for shrink in (lambda k: 1 - k, lambda k: 1):  # dropout at a rate, weight decay at a price
        scores = []
        for k in np.arange(100) / 100:
            precision = shrink(k) / (v + k)
            w = (precision / (1 + precision.sum()))[present]
            scores.append(1 - (1 - w.sum()) ** 2 - w**2 @ v[present])
        best.append(max(scores))
    found = EVIDENCE["linear"].rows()[row]
    assert found.gain == pytest.approx(100 * (best[0] - best[1]), abs=1e-9)
    assert found.half == 0


@pytest.mark.parametrize("key", EVIDENCE)
def test_every_interval_fits_on_its_axis(key):
    low, high = EVIDENCE[key].limits
    assert low < 0 < high
    for row in EVIDENCE[key].rows():
        assert low < row.gain - row.half, row.label
        assert row.gain + row.half < high, row.label


@pytest.mark.parametrize(
    ("gain_", "half", "verdict"),
    [(1, 0.5, "helps"), (-1, 0.5, "harms"), (0.3, 0.5, "unclear"), (0.5, 0.5, "unclear")],
)
def test_a_verdict_is_about_the_whole_interval(gain_, half, verdict):
    assert Row("", gain_, half).verdict == verdict
