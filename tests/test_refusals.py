"""What the functions that deal with data and trainings refuse: each wrong argument is named."""

import inspect
import math

import numpy as np
import pytest

from dropout_lab.data import make_transactions, stratified_split, time_split
from dropout_lab.data.transactions import transaction_evidence
from dropout_lab.training.data import Settings
from dropout_lab.training.start import initial_weights

NAN, TWO, EYE = math.nan, np.ones(2), np.eye(2)
RATE = (-0.1, 1.1, NAN, "0.5", None, True)
COUNT = (0, 1.5, "1")
NO_RNG = (0, None, np.random)
FRACTIONS = (
    *(0.5, "half", ("a", "b"), (True, 0.0), (np.timedelta64(1, "s"), 0.5)),
    *((1.0,), (0.5, 0.6), (0.5, 0.4), (1.5, -0.5), (1.0, 0.0), (NAN, 0.5)),
)

CASES = [
    (
        make_transactions,
        {"n": 10, "fraud_rate": 0.1},
        {"n": COUNT, "fraud_rate": RATE, "drift": RATE, "rng": NO_RNG},
    ),
    (
        transaction_evidence,
        {"features": np.full((2, 6), 0.5)},
        {"features": [np.ones((2, 3)), np.ones(3), [[0.5] * 6]], "drift": RATE},
    ),
    (
        stratified_split,
        {"labels": np.array([0, 1, 0, 1]), "fractions": (0.5, 0.5)},
        {"labels": [[0, 1], TWO, np.eye(4, dtype=int), np.array([], int)]}
        | {"fractions": FRACTIONS, "rng": NO_RNG},
    ),
    (
        time_split,
        {"times": np.arange(4.0), "fractions": (0.5, 0.5)},
        {"times": [[1.0, 2.0], EYE, TWO * NAN], "fractions": FRACTIONS},
    ),
    (
        Settings,
        {"epochs": 1, "seed": 0, "batch_size": 2, "learning_rate": 0.1}
        | {"loss": "cross_entropy", "patience": None, "progress": None},
        {"epochs": COUNT, "seed": [-1, 1.5, None], "batch_size": COUNT, "patience": COUNT}
        | {"learning_rate": [0, -1, math.inf, NAN, "1", True], "loss": ["mse", TWO]}
        | {"progress": [1, "yes", np.array([True, False])]},
    ),
    (
        initial_weights,
        {"sizes": [4, 2], "rate": 0.5, "input_rate": 0, "seed": 0},
        {"sizes": [[4], "784", [4, 0]], "rate": RATE, "input_rate": RATE, "seed": [-1, None]},
    ),
]


@pytest.mark.parametrize(("call", "right", "wrong"), CASES)
def test_a_wrong_argument_is_named(call, right, wrong):
    if "rng" in inspect.signature(call).parameters:
        right = {"rng": np.random.default_rng(0)} | right
    call(**right)
    arrays = {name for name, value in right.items() if isinstance(value, np.ndarray)}
    for name in wrong.keys() | arrays:
        for value in (*wrong.get(name, ()), *[np.array([None])] * (name in arrays)):
            with pytest.raises((TypeError, ValueError), match=f"^(every entry of )?{name} must "):
                call(**right | {name: value})
