"""Account for every row of a file: used, set aside, or used with a remark."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from analysis.intake.chunks import Chunk
from analysis.intake.patterns import read_words

HASHED = ("lines", "contents", "record_ids")  # what is looked through for repeats
MEMORY = "512MB"  # for counting repeats; what is beyond it waits on disk


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

    def add(self, chunk: Chunk, records: Chunk, remarks: Counter[tuple[str, str]]) -> None:
        """
        Account for a chunk.

        Parameters
        ----------
        chunk : Chunk
            Rows of the file.
        records : Chunk
            The records made of them, and the rows set aside.
        remarks : Counter of (str, str)
            Cells remarked on, by column and remark.

        Returns
        -------
        None
            The account is of all chunks so far.

        Raises
        ------
        ValueError
            If a row is neither used nor set aside.
        """
        n_used, n_aside = records.rows.num_rows, len(records.set_aside)
        if n_used + n_aside != chunk.n_rows:
            raise ValueError(f"{chunk.n_rows} rows read, {n_used} used, {n_aside} set aside")
        self.n_used += n_used
        self.n_aside += n_aside
        self.reasons.update(row.reason for row in sorted(records.set_aside))
        self.remarks.update(remarks)


class Repeats:
    """
    Rows as hashes in a small database on disk, to count those that repeat an earlier one.

    Different rows have the same hash once in 10^19 pairs.
    """

    def __init__(self, path: Path) -> None:
        self._database = duckdb.connect(str(path), config={"memory_limit": MEMORY})
        self._database.execute("create table hashes (kind varchar, row_hash ubigint)")

    def add(self, rows: pa.Table, records: pa.Table) -> None:
        """
        Add the rows of a chunk.

        Parameters
        ----------
        rows : pyarrow.Table
            Rows of the file, as text.
        records : pyarrow.Table
            The records made of them.

        Returns
        -------
        None
            They are in the database.
        """
        contents, record_ids = records.drop_columns("record_id"), records.select(["record_id"])
        for kind, table in zip(HASHED, (rows, contents, record_ids), strict=True):
            self._database.register("chunk", table)
            self._database.execute(
                f"insert into hashes select '{kind}', hash(*columns(*)) from chunk"
            )

    def count(self) -> dict[str, int]:
        """
        Count the rows that repeat an earlier one, and close the database.

        Returns
        -------
        dict of str to int
            For each of `HASHED`, rows less distinct hashes [rows].
        """
        with self._database as database:
            counted = database.execute(
                "select kind, sum(n) - count(*) from "
                "(select kind, row_hash, count(*) as n from hashes group by all) group by all"
            ).fetchall()
        return dict.fromkeys(HASHED, 0) | {kind: int(n) for kind, n in counted}


def count_rows(account: Account) -> pd.DataFrame:
    """
    Count the rows of a file by what became of them.

    Parameters
    ----------
    account : Account
        As in the glossary of `analysis.intake`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``became`` (``used``, ``set aside``, ``all``): ``n_rows`` [rows]; the first two
        sum to the last.

    Examples
    --------
    >>> count_rows(Account(n_used=2, n_aside=1))["n_rows"].tolist()
    [2, 1, 3]
    """
    counts = {"used": account.n_used, "set aside": account.n_aside, "all": account.n_rows}
    return pd.Series(counts, name="n_rows").rename_axis("became").to_frame()


def list_reasons(account: Account) -> pd.DataFrame:
    """
    List why rows were set aside.

    Parameters
    ----------
    account : Account
        As in the glossary of `analysis.intake`.

    Returns
    -------
    pandas.DataFrame
        One row per ``reason``, most frequent first: ``n_rows`` [rows] and ``what_to_do``.
    """
    told = read_words("reason")
    reasons = [(reason, n, told[reason]) for reason, n in account.reasons.most_common()]
    return pd.DataFrame(reasons, columns=["reason", "n_rows", "what_to_do"])


def list_remarks(account: Account) -> pd.DataFrame:
    """
    List what was remarked on in rows that are used.

    Parameters
    ----------
    account : Account
        As in the glossary of `analysis.intake`.

    Returns
    -------
    pandas.DataFrame
        One row per (``column``, ``remark``): ``n_cells`` [cells] and ``what_was_done``.
    """
    told = read_words("remark")
    remarks = [(*key, n, told[key[1]]) for key, n in account.remarks.items() if n]
    return pd.DataFrame(remarks, columns=["column", "remark", "n_cells", "what_was_done"])


def describe_account(account: Account) -> str:
    """
    Describe an account in lines of text.

    Parameters
    ----------
    account : Account
        As in the glossary of `analysis.intake`.

    Returns
    -------
    str
        Rows in, used, set aside and why, repeats, remarks, breaches of the contract.

    Examples
    --------
    >>> print(describe_account(Account(2, 1, Counter({"ragged row": 1}))))
    3 rows in = 2 used + 1 set aside
      1 ragged row: another number of cells than the header: look for a stray delimiter or quote
    """
    lines = [f"{account.n_rows} rows in = {account.n_used} used + {account.n_aside} set aside"]
    for what, n in account.repeated.items():
        lines.append(f"  {n} rows repeat the {what} of an earlier one")
    for reason, n, advice in list_reasons(account).itertuples(index=False):
        lines.append(f"  {n} {reason}: {advice}")
    for column, remark, n, done in list_remarks(account).itertuples(index=False):
        lines.append(f"  {column!r}: {n} {remark} ({done})")
    lines += [f"  {n} records used, but look at {wrong}" for wrong, n in account.breaches.items()]
    return "\n".join(lines)
