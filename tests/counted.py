"""Counts written by hand, for the tests."""

from __future__ import annotations

import pandas as pd

from analysis.exposure.counts import Counts, Source
from analysis.exposure.measures import Measure

SOURCE = Source("ab" * 32, True, "hand-made")
OTHER = Source("cd" * 32, True, "another")


def make_counts(
    table: pd.DataFrame, measures: dict[str, Measure] | None = None, *, source: Source = SOURCE
) -> Counts:
    """Fill in what every table of counts has."""
    counted = {name: "Int64" for name in ("n_persons", "n_records") if name in table}
    table = table.astype(counted)
    if "status" not in table:
        zero = table["n_persons"].eq(0).fillna(False)
        table = table.assign(status=zero.map({True: "none", False: "shown"}))
    return Counts(table, source, measures or {})
