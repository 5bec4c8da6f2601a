"""Account for every row of a file: used, set aside, or used with a remark."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.chunks import REASONS, SetAside

COLUMNS = ("file", "line", "n_lines", "column", "reason")
REMARKS = {
    "placeholder": "emptied: it says that nothing is known",
    "impossible date": "emptied: before 1900-01-02, or after the last day that can be",
    "cut by a spreadsheet": "emptied: digits were lost in a number such as 1.8E+14",
    "control character": "removed",
    "zero put back": "repaired: a postal code of four digits",
    "not split": "kept whole as the town",
    "line feed": "kept",
    "unreadable letter": "kept: a byte that the encoding does not know; check `encoding`",
    "like a formula": "kept: never open a derived file in a spreadsheet without care",
    "postal code abroad": "kept: counts as abroad",
    "postal code of an office": "kept: a CEDEX, placed by its first digits",
    "postal code unreadable": "kept: counts as unknown place",
}
HASHES = 2**20  # held at once


@dataclass
class Account:
    """
    What became of the rows of a file.

    Attributes
    ----------
    n_used, n_aside : int
        Rows [rows].
    reasons : Counter of str
        Rows set aside, by reason.
    remarks : Counter of (str, str)
        Cells remarked on, by column and remark.
    breaches : Counter of str
        Records that break the contract, by field and what is wrong; counted by a check only.
    repeated : dict of str to int
        Rows that repeat an earlier one, as ``lines`` and in their ``contents``, the number of
        the line apart [rows].
    """

    n_used: int = 0
    n_aside: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    remarks: Counter[tuple[str, str]] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    repeated: dict[str, int] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows in the file [rows]."""
        return self.n_used + self.n_aside


@contextmanager
def keep_quarantine(path: Path | None, file_name: str) -> Iterator[Quarantine]:
    """
    Keep a list of rows set aside, as CSV without any value of the file.

    Parameters
    ----------
    path : pathlib.Path or None
        The list: ``file``, ``line``, ``n_lines``, ``column``, ``reason``; nothing is written
        without it.
    file_name : str
        Name of the file that is read.
    """
    if path is None:
        yield Quarantine(file_name, None)
        return
    with path.open("w", encoding="utf-8", newline="") as sheet:
        csv.writer(sheet).writerow(COLUMNS)
        yield Quarantine(file_name, sheet)


class Quarantine:
    """A list of rows set aside that grows on disk, with the account of all rows."""

    def __init__(self, file_name: str, sheet: IO[str] | None) -> None:
        self._file_name, self._writer = file_name, csv.writer(sheet) if sheet else None
        self.account = Account()

    def add(
        self, n_rows: int, n_used: int, aside: Iterable[SetAside], remarks: Counter[tuple[str, str]]
    ) -> None:
        """
        Account for a batch.

        Parameters
        ----------
        n_rows, n_used : int
            Rows of the batch, and those of them used [rows].
        aside : iterable of SetAside
            The others.
        remarks : Counter of (str, str)
            Cells remarked on.

        Raises
        ------
        ValueError
            If a row is neither used nor set aside.
        """
        listed = sorted(aside)
        if n_used + len(listed) != n_rows:
            raise ValueError(f"{n_rows} rows read, {n_used} used, {len(listed)} set aside")
        self.account.n_used += n_used
        self.account.n_aside += len(listed)
        self.account.reasons.update(row.reason for row in listed)
        self.account.remarks.update(remarks)
        if self._writer is not None:
            self._writer.writerows((self._file_name, *row) for row in listed)


def count_repeats(path: Path) -> int:
    """
    Count the rows that repeat an earlier one.

    Parameters
    ----------
    path : pathlib.Path
        Hashes of the rows, 64 bits each, one after the other.

    Returns
    -------
    int
        Rows less distinct hashes [rows].

    Notes
    -----
    The file is read several times, each time for another share of the hashes, so that memory
    holds about `HASHES` of them however many there are.
    """
    n_rows = path.stat().st_size // np.dtype(np.uint64).itemsize
    n_passes = max(1, n_rows // HASHES)
    n_distinct = 0
    for number in range(n_passes):
        share = [part[part % np.uint64(n_passes) == number] for part in _read_hashes(path)]
        n_distinct += len(np.unique(np.concatenate(share))) if share else 0
    return n_rows - n_distinct


def _read_hashes(path: Path) -> Iterator[npt.NDArray[np.uint64]]:
    with path.open("rb") as file:
        while len(part := np.fromfile(file, dtype=np.uint64, count=HASHES)):
            yield part


def count_rows(account: Account) -> pd.DataFrame:
    """
    Count the rows of a file by what became of them.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``fate`` (``used``, ``set aside``, ``all``): ``n_rows`` [rows]; the first two
        sum to the last.

    Examples
    --------
    >>> count_rows(Account(n_used=2, n_aside=1))["n_rows"].tolist()
    [2, 1, 3]
    """
    counts = {"used": account.n_used, "set aside": account.n_aside, "all": account.n_rows}
    return pd.Series(counts, name="n_rows").rename_axis("fate").to_frame()


def list_reasons(account: Account) -> pd.DataFrame:
    """
    List why rows were set aside.

    Returns
    -------
    pandas.DataFrame
        One row per ``reason``, most frequent first: ``n_rows`` [rows] and ``what_to_do``.
    """
    rows = [(reason, n, REASONS[reason]) for reason, n in account.reasons.most_common()]
    return pd.DataFrame(rows, columns=["reason", "n_rows", "what_to_do"])


def list_remarks(account: Account) -> pd.DataFrame:
    """
    List what was remarked on in rows that are used.

    Returns
    -------
    pandas.DataFrame
        One row per (``column``, ``remark``): ``n_cells`` [cells] and ``what_was_done``.
    """
    rows: list[tuple[Any, ...]] = [
        (column, remark, n, REMARKS[remark]) for (column, remark), n in account.remarks.items() if n
    ]
    return pd.DataFrame(rows, columns=["column", "remark", "n_cells", "what_was_done"])


def describe_account(account: Account) -> str:
    """
    Describe an account in lines of text.

    Examples
    --------
    >>> print(describe_account(Account(2, 1, Counter({"ragged row": 1}))))
    3 rows in = 2 used + 1 set aside
      1 ragged row: another number of cells than the header: look for a stray delimiter or quote
    """
    lines = [f"{account.n_rows} rows in = {account.n_used} used + {account.n_aside} set aside"]
    lines += [
        f"  {n} rows repeat the {what} of an earlier one" for what, n in account.repeated.items()
    ]
    for row in list_reasons(account).itertuples():
        lines.append(f"  {row.n_rows} {row.reason}: {row.what_to_do}")
    for row in list_remarks(account).itertuples():
        lines.append(f"  {row.column!r}: {row.n_cells} {row.remark} ({row.what_was_done})")
    lines += [f"  {n} records used, but look at {wrong}" for wrong, n in account.breaches.items()]
    return "\n".join(lines)
