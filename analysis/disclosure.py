"""The gate: no table is shown before its small counts are hidden."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import schema
from analysis.storage import Breach

# Practice of French health-data releases: no cell of 1 to 10 persons.
THRESHOLD = 11
SHORT_HASH = 12
COUNTED = (
    "n_records",
    "n_persons",
    "n_distinct",
    "n_emails",
    "generated",
    "difference",
    "low",
    "high",
    "rate_per_1000",
    "rate_low",
    "rate_high",
    "ratio_to_national",
    "share",
)


@dataclass(frozen=True)
class Release:
    """
    A table that has passed the gate; only releases are drawn or exported.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cell; a suppressed cell has no count, no rate, and status ``suppressed``.
    threshold : int
        Smallest number of persons shown.
    is_synthetic : bool
        Whether the records were drawn; every picture then says so.
    source : str
        First characters of the content hash of the records.
    """

    table: pd.DataFrame
    threshold: int
    is_synthetic: bool
    source: str

    def select(self, query: str) -> Release:
        """
        Keep the rows that a query names; what was hidden stays hidden.

        Parameters
        ----------
        query : str
            An expression for `pandas.DataFrame.query`.
        """
        rows = self.table.query(query).reset_index(drop=True)
        return Release(rows, self.threshold, self.is_synthetic, self.source)


def release(counts: pd.DataFrame, breach: Breach, *, threshold: int = THRESHOLD) -> Release:
    """
    Pass a table of counts through the gate.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per cell with ``n_persons``, ``n_records`` and ``status``, and perhaps rates.
    breach : Breach
        What was counted.
    threshold : int, default 11
        Smallest number of persons shown; 1 to ``threshold - 1`` are hidden.

    Returns
    -------
    Release
        Cells of zero persons are shown as zero (``none``); hidden cells keep their place, with
        missing values.

    Raises
    ------
    ValueError
        If the threshold is below 2, or the table breaks its contract.

    Notes
    -----
    This is a primary rule only: it hides small cells, and does not yet hide others so that
    margins cannot give them back.

    Examples
    --------
    >>> counts = pd.DataFrame({
    ...     "category": ["nir", "email"],
    ...     "n_records": pd.array([9, 30], dtype="Int64"),
    ...     "n_persons": pd.array([8, 25], dtype="Int64"),
    ...     "status": ["shown", "shown"],
    ... })
    >>> breach = Breach(None, {"is_synthetic": True, "content_hash": "0" * 64})
    >>> release(counts, breach).table["status"].tolist()
    ['suppressed', 'shown']
    """
    if threshold < 2:
        raise ValueError(f"threshold must be 2 or more, got {threshold}")
    table = schema.counts_schema().validate(counts).reset_index(drop=True)
    small = table["n_persons"].between(1, threshold - 1).fillna(False).astype(bool)
    for name in [name for name in COUNTED if name in table]:
        table[name] = table[name].mask(small)
    table["status"] = table["status"].mask(small, "suppressed")
    checked = schema.counts_schema().validate(table)
    return Release(
        checked,
        threshold,
        breach.manifest["is_synthetic"],
        breach.manifest["content_hash"][:SHORT_HASH],
    )
