"""Real card transactions: the ULB data set, from the reader's folder or from OpenML."""

import shutil
import socket
import warnings
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dropout_lab._extras import need
from dropout_lab._types import Doubles, Labels
from dropout_lab.data import files

if TYPE_CHECKING:
    import pandas

__all__ = ["CardData", "load_creditcard"]

NAMES = ("Time", *(f"V{number}" for number in range(1, 29)), "Amount")  # of the features

FULL_ROWS, FULL_FRAUDS = 284_807, 492  # repeats included; anything else is a subset

# What is looked for in the reader's folder, in this order.
FILES = ("creditcard.csv", "creditcard.csv.gz", "creditcard.csv.xz", "creditcard_subset.csv.xz")

# Of the last one, on which the stored results of the book rest.
SUBSET_SHA256 = "c42fb29f4a6a0a598603be1f064d7836df71d13030ded332dd5d0aeb674872a1"

# The version on OpenML that has the column Time; number 1597, better known, lacks it.
OPENML_ID = 42175


@dataclass(frozen=True, eq=False)
class CardData:
    """Card transactions without exact repeats.

    Attributes
    ----------
    features : numpy.ndarray of float64
        Shape ``(n, 30)``, columns as in `names`: seconds since the first transaction, 28
        anonymous principal components, and the amount.
    labels : numpy.ndarray of uint8
        1 for fraud, 0 for genuine, shape ``(n,)``.
    names : tuple of str
        ``("Time", "V1", ..., "V28", "Amount")``.
    source : str
        File or address.
    n_repeats : int
        How many rows were dropped because an equal one stands before them.
    is_subset : bool
        True unless these are all 284,807 rows with their 492 frauds. Never report a score on a
        subset as one on the full set: its share of frauds is another.
    """

    features: Doubles
    labels: Labels
    names: tuple[str, ...]
    source: str
    n_repeats: int
    is_subset: bool

    @property
    def fraud_share(self) -> float:
        """Fraction of frauds among the rows, repeats dropped: a float."""
        return float(self.labels.mean())

    @property
    def note(self) -> str:
        """One line for the reader: which rows these are."""
        rows = len(self.labels) + self.n_repeats
        which = f"a subset of {rows:,} of the {FULL_ROWS:,} rows" if self.is_subset else "all rows"
        return (
            f"{self.source}: {which}; {self.n_repeats:,} exact repeats dropped, "
            f"{len(self.labels):,} rows left, {int(self.labels.sum())} of them frauds "
            f"({self.fraud_share:.3%})."
        )


def load_creditcard(*, download: bool = True) -> CardData:
    """Return the ULB card transactions, exact repeats dropped.

    Parameters
    ----------
    download : bool, default True
        Whether OpenML may be asked (about 150 MB on first use, then cached). With False, only
        your own folder will do.

    Returns
    -------
    CardData
        Print its `note`: it says which rows these are.

    Raises
    ------
    DataUnavailable
        If there is no file in your folder, or OpenML cannot be reached; the message says what
        to do.
    ValueError
        If a file is damaged, lacks a column, or holds something else than numbers; the message
        names the file and the cause.

    If the environment variable ``DROPOUT_LAB_DATA`` names a folder, the file is taken from
    ``creditcard/`` in it and from nowhere else: ``creditcard.csv`` as Kaggle has it
    (mlg-ulb/creditcardfraud), as it is or compressed with gzip or xz, or else
    ``creditcard_subset.csv.xz`` (checked by SHA-256). Otherwise scikit-learn's `fetch_openml`
    fetches the data and checks their MD5. What it caches is compressed text; no pickle is ever
    loaded.

    Repeats leak from training to test if they are split apart, so they are dropped before
    anybody can split: 1,081 rows of the full set, 19 of them frauds. `stratified_split` and
    `time_split` do the splitting.

    See Also
    --------
    dropout_lab.data.stratified_split : Parts with the same share of frauds.
    dropout_lab.data.time_split : Parts in order of time.

    References
    ----------
    Dal Pozzolo, Caelen, Johnson, Bontempi (2015), Calibrating probability with undersampling
    for unbalanced classification, IEEE Symposium on Computational Intelligence and Data Mining.
    """
    need("pandas")
    path = files.own_file(["creditcard"], FILES)
    if path is not None:
        return _checked(_read_csv(path), path, path.name)
    if not download:
        raise files.DataUnavailable(
            f"{files.DATA_VARIABLE} is not set; set it to a folder that holds "
            f"creditcard/{FILES[0]}, or call load_creditcard() to download the data"
        )
    source = f"OpenML data set {OPENML_ID}"
    return _checked(_fetch_frame(), source, source)


def _read_csv(path: Path) -> "pandas.DataFrame":
    """Return the columns that count as a pandas.DataFrame, unchecked."""
    import pandas as pd

    # To the last bit, which pandas before 3 does only when asked, and 3 without being asked.
    exact = {"float_precision": "round_trip"} if pd.__version__ < "3" else {}
    try:
        with files.reading(path), warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            with path.open("rb") as file:
                files.check_no_web_page(file.read(64), path)
            if path.name == "creditcard_subset.csv.xz":
                files.check_sha256(path.read_bytes(), SUBSET_SHA256, path)
            # No column of names: a row with one entry too many, as decimal commas make it, would
            # give its first one to that, and put all others into wrong columns.
            return pd.read_csv(path, low_memory=False, index_col=False, **exact)
    except (
        pd.errors.ParserError,
        pd.errors.ParserWarning,
        pd.errors.EmptyDataError,
        UnicodeDecodeError,
    ) as error:
        raise ValueError(f"{path} is not a table of comma-separated values: {error}") from error


def _fetch_frame() -> "pandas.DataFrame":
    """Return the data set of OpenML as a pandas.DataFrame, unchecked."""
    need("sklearn")
    from sklearn.datasets import fetch_openml

    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30)  # fetch_openml itself would wait for ever
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns at each retry; the error says enough
            options = {
                "data_id": OPENML_ID,
                "data_home": files.cache_folder("creditcard"),
                "as_frame": True,
                "parser": "pandas",
                "n_retries": 1,
                "read_csv_kwargs": {"dtype": None},  # as categories, it cannot read a bare 0 or 1
            }
            try:
                data = fetch_openml(**options)
            except (ValueError, EOFError, zlib.error):
                # What is cached may be damaged; scikit-learn before 1.9.1 would read it for ever.
                shutil.rmtree(files.cache_folder("creditcard"), ignore_errors=True)
                data = fetch_openml(**options)
    except (OSError, ValueError, KeyError, EOFError, HTTPException, zlib.error) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, JSONDecodeError):
            cause = "it sent something else than JSON, perhaps a web page"
        raise files.DataUnavailable(
            f"the card data could not be fetched from OpenML ({cause}); "
            f"{files.remedy(error, 'SSL_CERT_FILE')}, or set {files.DATA_VARIABLE} to a folder "
            f"that holds creditcard/{FILES[0]}"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)
    frame = data.frame.rename(columns={"class": "Class"})
    if "Class" in frame:  # a number, or the text of one in quotes
        frame["Class"] = frame["Class"].astype(str).str.strip("'")
    return frame


def _checked(frame: "pandas.DataFrame", path: Path | str, source: str) -> CardData:
    """Return a frame as CardData, or raise with the first thing that is wrong with it."""
    import pandas as pd

    wanted = [*NAMES, "Class"]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise ValueError(
            f"{path} lacks the column(s) {', '.join(missing)}; commas must separate its columns"
        )
    twice = [name for name in wanted if f"{name}.1" in frame.columns]  # as pandas calls the second
    if twice:
        raise ValueError(f"{path} has the column(s) {', '.join(twice)} more than once")
    if not len(frame):
        raise ValueError(f"{path} must hold at least one row")
    table = np.column_stack([_numbers(frame[name], path) for name in wanted])
    odd = np.flatnonzero(~np.isin(table[:, -1], (0, 1)))
    if odd.size:
        raise ValueError(
            f"{path}, row {odd[0] + 1}: Class must be 0 or 1, got {table[odd[0], -1]:g}"
        )
    is_subset = (len(table), table[:, -1].sum()) != (FULL_ROWS, FULL_FRAUDS)
    repeated = pd.DataFrame(table).duplicated().to_numpy()
    features = np.ascontiguousarray(table[~repeated, :-1])
    labels = table[~repeated, -1].astype(np.uint8)
    return CardData(features, labels, NAMES, source, int(repeated.sum()), bool(is_subset))


def _numbers(column: "pandas.Series", path: Path | str) -> Doubles:
    """Return a column as float64, or raise with the first entry that is not a finite number."""
    import pandas as pd

    if column.dtype.kind in "bO":  # as text: True is no number, and a long one overflows
        column = column.astype(str)
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        entry = column.iloc[wrong[0]]
        raise ValueError(
            f"{path}, row {wrong[0] + 1}: {column.name} must be a finite number, got {entry}"
        )
    return values
