"""The NumPy chapters with Python in the reader's browser: what ``make lite`` builds."""

import sys
from pathlib import Path

# The book's buttons and these notebooks must agree on which chapters run in a browser.
sys.path.append(str(Path(__file__).parents[1] / "_extensions"))
