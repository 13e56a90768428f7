"""The evidence of chapter 13 is chosen honestly; what it says, the run of the chapter compares."""

import json

import numpy as np
import pytest

from dropout_lab.lessons.ch13.evidence import EVIDENCE
from dropout_lab.sweeps import load_results


@pytest.mark.parametrize("method", ["dropout", "dropout on pixels"])
def test_the_strength_of_a_regularizer_is_chosen_without_the_test_images(method):
    tried = {}
    for cell in load_results("choosing-regularizers").cells:
        setting = json.dumps(cell["parameters"] | {"seed": None})
        tried.setdefault(setting, []).append(cell["values"])
    errors = {
        setting: np.mean([(one["validation_error"], one["test_error"]) for one in seeds], axis=0)
        for setting, seeds in tried.items()
    }
    mine = [found for setting, found in errors.items() if json.loads(setting)["method"] == method]
    (none,) = [found for setting, found in errors.items() if '"none"' in setting]
    (row,) = [row for row in EVIDENCE["regularizers"].rows() if row.label == method]
    assert row.gain == pytest.approx(100 * (none[1] - min(mine, key=lambda found: found[0])[1]))
