"""Run by `make wheel` where the wheel is installed and nothing else."""

import importlib
import importlib.util
import os
import pkgutil
from pathlib import Path

import numpy as np

import dropout_lab
from dropout_lab import data, playground, teaching, training
from dropout_lab.audit import audit, diagnose
from dropout_lab.detection import permutation_importance
from dropout_lab.layer import dropout
from dropout_lab.sweeps import load_results

ELSEWHERE = (
    "torch",
    "tensorflow",
    "keras",
    "sklearn",
    "scipy",
    "pandas",
    "pooch",
    "tqdm",
    "joblib",
)

# What says which package it misses, by the name that pip knows.
INCOMPLETE = {
    "torch": lambda: training.perceptron_torch([2, 2], 0.5, seed=0),
    "tensorflow": lambda: training.perceptron_keras([2, 2], 0.5, seed=0),
    "scikit-learn": lambda: permutation_importance(len, np.eye(2), np.eye(2), np.eye(2)),
    "pandas": data.load_creditcard,
    "pooch": data.load_mnist,
}


def draw(rate):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.bar([0], [rate])
    return dropout_lab.describe(figure, f"The rate is {rate}.")


def complaint(call, *arguments):
    """Return what a call says that cannot be done here."""
    try:
        call(*arguments)
    except (ModuleNotFoundError, TypeError) as error:
        return str(error)
    raise AssertionError(f"{call} works")


def main():
    """Import all there is, and draw with it."""
    here = Path(__file__).resolve().parents[1] / "dropout_lab"
    assert not Path(dropout_lab.__file__).is_relative_to(here), (
        "this is the checkout, not the wheel"
    )
    assert [name for name in ELSEWHERE if importlib.util.find_spec(name)] == []

    for module in pkgutil.walk_packages(dropout_lab.__path__, "dropout_lab."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert Path(dropout_lab.__file__).with_name("py.typed").is_file()

    kept = dropout(np.ones(10_000), 0.3, np.random.default_rng(0))
    assert abs(kept.mean() - 1) < 5 * (0.3 / 0.7 / 10_000) ** 0.5
    assert load_results("mnist-rates").cells

    assert diagnose(dropout_lab.Dropout(0.5, np.random.default_rng(0))).right
    assert teaching.claim("One is one", 1, equals=1).value == 1
    assert not teaching.check("mask_mean", lambda x, rate, f: f(x))
    assert "a torch.nn.Module or a Keras model" in complaint(audit, None)
    for package, call in INCOMPLETE.items():
        assert complaint(call).endswith(f": pip install {package}")

    os.environ["EXPLORE_PUBLISH"] = "1"
    pages = [dropout_lab.explore(draw, rate=[0.1, 0.5])]
    pages += [make() for make in (playground.click_a_unit, playground.draw_a_digit)]
    pages += [make() for make in (playground.study_session, playground.type_your_own_layer)]
    pages += [playground.train_it_here("dropout loses")]
    for page in pages:
        html = (
            page._repr_html_()
            if hasattr(page, "_repr_html_")
            else page._repr_mimebundle_()["text/html"]
        )
        assert html.count("<svg") + html.count("<img")
        assert "<script" in html
    print(f"{len(pages)} figures and pieces, and no framework")


if __name__ == "__main__":
    main()
