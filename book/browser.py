"""Which chapters run on Python in a browser, and what each of them installs there.

Pyodide has neither PyTorch nor TensorFlow, and a notebook in it downloads no data. A test runs
these chapters without all that, and without scikit-learn where it is not named here; another one
finds the frameworks in the code of the chapters that are left out.
"""

INSTALLS = {
    "index": ["dropout-lab"],
    "01_study_group": ["dropout-lab"],
    "02_mask_mathematics": ["dropout-lab"],
    "03_inference_scaling": ["dropout-lab", "scikit-learn"],
    "04_backward_pass": ["dropout-lab", "scikit-learn"],
    "08_ensemble": ["dropout-lab", "scikit-learn"],
    "10_ridge": ["dropout-lab", "scikit-learn"],
    "12_family": ["dropout-lab"],
    "13_should_i_use_dropout": ["dropout-lab"],
}
"""By the name of a chapter's file. NumPy, matplotlib and ipywidgets come with our package."""


def runs_in_browser(path):
    """Say whether a file of the book is a notebook that runs there.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    bool
        False for pages that are no notebooks.
    """
    return path.suffix == ".ipynb" and path.stem in INSTALLS
