"""The NumPy chapters with Python in the reader's browser: what ``make lite`` builds.

Pyodide has neither PyTorch nor TensorFlow, and a notebook in it downloads no data. Which chapters
run there, and what each installs, their metadata say: ``"dropout_lab": {"browser": [...]}``. NumPy,
matplotlib and ipywidgets come with our package.
"""

import json

__all__ = ["browser_installs"]


def browser_installs(path):
    """Return what a chapter installs in a browser.

    Parameters
    ----------
    path : pathlib.Path
        A file of the book.

    Returns
    -------
    list of str
        Empty if it does not run there, as what is no notebook.
    """
    if path.suffix != ".ipynb":
        return []
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("dropout_lab", {}).get("browser", [])
