"""Let counts of a public register through the gate: they hold what is published already."""

from __future__ import annotations

import pandas as pd

from analysis.disclosure import Release, publish
from analysis.published.register import Register

ROW_LEVEL = ("organisation", "line")


def release_register(counts: pd.DataFrame, register: Register) -> Release:
    """
    Release a table of incidents counted from a public register.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per group of incidents, or per year of a triangle.
    register : Register
        What was counted.

    Returns
    -------
    Release
        The same table, with the register's name and day as its source.

    Raises
    ------
    ValueError
        If the table still lists incidents one by one: names of organisations can be names of
        physicians, so only counts leave.

    Notes
    -----
    The cells count incidents, and sizes that the regulator prints beside each incident. No
    person can be looked for in them beyond what is printed, so no cell is hidden.
    """
    rows = [name for name in ROW_LEVEL if name in counts or name in counts.index.names]
    if rows:
        raise ValueError(f"a released register has no columns {rows}; count the incidents first")
    source = f"{register.name}, {register.vintage_on:%Y-%m-%d}"
    return publish(counts, source=source, holds_published_counts=True)
