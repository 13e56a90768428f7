"""Names for the arrays in signatures. What else an array must be, its docstring says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating | np.integer]
"""What most functions take: real numbers of any dtype."""

Floats = NDArray[np.floating]
"""Real numbers that keep their own floating dtype."""

Doubles = NDArray[np.float64]

Reduced = Any
"""What sums over an axis leave: an array, or a number where no axis is left. So says NumPy, too."""

Real = float | np.floating | np.integer
"""One number, of Python's or of NumPy's."""

Labels = NDArray[np.integer]

Mask = NDArray[np.bool]

Shape = int | Sequence[int]
