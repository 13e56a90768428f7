"""The evidence of chapter 13 is what the stored results say."""

import json

import numpy as np
import pytest

from dropout_lab.lessons.ch13.evidence import EVIDENCE, Row
from dropout_lab.sweeps.results import RESULTS

T95 = {5: 2.7764, 10: 2.2622}  # from a printed table of Student's t


def cells_of(key):
    """Read the result file of a piece of evidence as plain JSON."""
    return json.loads((RESULTS / f"{EVIDENCE[key].sweep}.json").read_text())["cells"]


def by_seed(cells, value, **wanted):
    """Return one value of the cells with these parameters, in the order of their seeds."""
    found = {
        cell["parameters"]["seed"]: cell["values"][value]
        for cell in cells
        if wanted.items() <= cell["parameters"].items()
    }
    return np.array([found[seed] for seed in sorted(found)])


def check_row(key, label, gains, wider=1.0):
    """Compare a row with the mean of gains, and with their t interval, or one that is wider."""
    row = next(row for row in EVIDENCE[key].rows() if row.label == label)
    half = T95[len(gains)] * gains.std(ddof=1) / np.sqrt(len(gains))
    assert row.gain == pytest.approx(gains.mean(), abs=1e-9)
    assert row.half == pytest.approx(wider * half, rel=1e-3)


PLAIN = {"rate": 0.0, "input_rate": 0.0, "schedule": "none"}
WIDE = {"net": "512-512", "size": 2000, "rate": 0.5, "input_rate": 0.2}


@pytest.mark.parametrize(
    ("key", "label", "value", "setting"),
    [
        ("sizes", "2,000 images", "final_test_accuracy", WIDE),
        ("rates", "rate 0.3", "unseen_error", {"fixed": "width", "rate": 0.3}),
        ("published", "rate 0.5", "final_test_accuracy", {"epochs": 20, "rate": 0.5}),
        ("inputs", "rate 0.2", "final_test_accuracy", {"input_rate": 0.2}),
        ("underfitting", "throughout", "test_accuracy", {"schedule": "standard"}),
        ("overfitting", "first epochs only", "test_accuracy", {"schedule": "early"}),
        ("norm", "rate 0.5, before", "test_accuracy", {"order": "directly", "rate": 0.5}),
        ("norm", "rate 0.3, behind", "test_accuracy", {"order": "after the last", "rate": 0.3}),
    ],
)
def test_a_row_is_the_paired_interval_of_the_stored_cells(key, label, value, setting):
    if "schedule" in setting:
        setting = {"net": key, **setting}
    plain = {name: PLAIN.get(name, its) for name, its in setting.items()}
    some, none = (by_seed(cells_of(key), value, **which) for which in (setting, plain))
    check_row(key, label, 100 * (none - some if "error" in value else some - none))


@pytest.mark.parametrize("method", ["dropout", "dropout on pixels"])
def test_the_strength_of_a_regularizer_is_chosen_without_the_test_images(method):
    cells, strengths = cells_of("regularizers"), {}
    for cell in cells:
        parameters = {**cell["parameters"], "seed": None}
        strengths.setdefault(json.dumps(parameters), []).append(cell["values"])
    best = min(
        (key for key in strengths if json.loads(key)["method"] == method),
        key=lambda key: np.mean([values["validation_error"] for values in strengths[key]]),
    )
    some = np.array([values["test_error"] for values in strengths[best]])
    check_row("regularizers", method, 100 * (by_seed(cells, "test_error", method="none") - some))


def test_calibration_is_that_of_upright_images():
    cells = cells_of("doubt")

    def errors(passes, rate):
        counts = by_seed(cells, f"{passes}_counts", members=1, rate=rate)[:, 0]
        answers, confidence, right = np.moveaxis(counts, 1, 0)
        return 100 * np.abs(confidence - right).sum(axis=1) / answers.sum(axis=1)

    check_row("doubt", "masks on, rate 0.5", errors("off", 0.0) - errors("on", 0.5))
    check_row("doubt", "one pass, rate 0.5", errors("off", 0.0) - errors("off", 0.5))


def test_what_is_no_dropout_is_marked():
    others = {row.label for e in EVIDENCE.values() for row in e.rows() if not row.dropout}
    assert others == {"L1", "L2", "max-norm", "five nets"}


def test_card_rows_count_the_luck_of_the_rows():
    cells = cells_of("cards")
    which = {"model": "hidden", "width": 64}
    for split in ("stratified", "time"):
        some, none = (
            {
                value: by_seed(cells, value, **which, rate=rate, split=split)
                for value in ("average_precision", *["resampled"] * (split == "time"))
            }
            for rate in (0.5, 0.0)
        )
        gains = 100 * (some["average_precision"] - none["average_precision"])
        wider = np.sqrt(1 + 10 / 3)  # ten splits into 60 % to train on and 20 % to test on
        if split == "time":
            rows = 100 * (some["resampled"] - none["resampled"]).mean(axis=0).std(ddof=1)
            wider = np.hypot(1, 1.96 * rows / (T95[10] * gains.std(ddof=1) / np.sqrt(10)))
        check_row("cards", f"rate 0.5, {split}", gains, wider)


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


def test_every_interval_fits_on_its_axis():
    for key, evidence in EVIDENCE.items():
        low, high = evidence.limits
        assert low < 0 < high
        for row in evidence.rows():
            assert low < row.gain - row.half, (key, row.label)
            assert row.gain + row.half < high, (key, row.label)


def test_a_verdict_is_about_the_whole_interval():
    gains = (1, 0.5), (-1, 0.5), (0.3, 0.5), (0.5, 0.5)
    verdicts = [Row("", gain, half).verdict for gain, half in gains]
    assert verdicts == ["helps", "harms", "unclear", "unclear"]
