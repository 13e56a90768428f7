"""Run by `make wheel` where the wheel is installed and nothing else."""

import importlib
import importlib.util
import os
import pkgutil
from pathlib import Path

import numpy as np

import dropout_lab
from dropout_lab import playground
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


def draw(rate):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.bar([0], [rate])
    return dropout_lab.describe(figure, f"The rate is {rate}.")


def main():
    """Import all there is, and draw with it."""
    here = Path(__file__).resolve().parents[1] / "dropout_lab"
    assert not Path(dropout_lab.__file__).is_relative_to(here), (
        "this is the checkout, not the wheel"
    )
    assert [name for name in ELSEWHERE if importlib.util.find_spec(name)] == []

    for module in pkgutil.walk_packages(
        dropout_lab.__path__, "dropout_lab.", onerror=lambda _: None
    ):
        # The data sets are downloaded by pooch, which comes with the extra "demos".
        if not module.name.startswith("dropout_lab.data") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    kept = dropout(np.ones(10_000), 0.3, np.random.default_rng(0))
    assert abs(kept.mean() - 1) < 5 * (0.3 / 0.7 / 10_000) ** 0.5
    assert load_results("mnist-rates").cells

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
