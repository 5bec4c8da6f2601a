"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure import past
from analysis.disclosure.ledger import Entry, Ledger, hash_entry, open_ledger
from analysis.disclosure.past import ConflictError, Gathered
from analysis.disclosure.primary import gather_cells, lay_out_tables
from analysis.disclosure.protection import Choice, Verdict, protect, round_cells
from analysis.disclosure.system import Ints
from analysis.exposure import COUNTED_FROM, DIMENSIONS, Counts, Measure, Source

COUNTED = ("n_persons", "n_records")


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
    source : Source
        What was counted.
    dimensions : tuple of str
        Names of its dimensions, in the order in which tables show them.
    measures : mapping of str to Measure
        What its other columns are.
    audit : mapping
        What the gate did and what the attacker found; see `analysis.reporting`.
    """

    table: pd.DataFrame
    threshold: int
    source: Source
    dimensions: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    audit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_synthetic(self) -> bool:
        """Whether the records were drawn; every picture then says so."""
        return self.source.is_synthetic

    def select(self, query: str) -> Release:
        """
        Keep the rows that a query names; what was hidden stays hidden.

        Parameters
        ----------
        query : str
            An expression for `pandas.DataFrame.query`.

        Returns
        -------
        Release
            Its rows; all else is the same.
        """
        rows = self.table.query(query).reset_index(drop=True)
        return Release(
            rows, self.threshold, self.source, self.dimensions, self.measures, self.audit
        )


def release(  # noqa: PLR0913 - all that can be chosen
    counts: Counts,
    *,
    ledger: Ledger | None = None,
    rule: str = "health",
    threshold: int | None = None,
    cost: str = "persons",
    sensitive: Sequence[str] | None = None,
    rounded_to: int | None = None,
) -> Release:
    """
    Pass one table of counts through the gate.

    Parameters
    ----------
    counts : Counts
        What is to be shown.
    ledger, rule, threshold, cost, sensitive, rounded_to
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    Release
        Cells of zero persons are shown as zero (``none``); hidden cells keep their place, with
        missing values.

    Raises
    ------
    ExposedError, ValueError
        As `release_together` does.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "category": ["nir", "email"],
    ...     "n_records": pd.array([9, 30], dtype="Int64"),
    ...     "n_persons": pd.array([8, 25], dtype="Int64"),
    ...     "status": ["shown", "shown"],
    ... })
    >>> release(Counts(table, Source("0" * 64, True))).table["status"].tolist()
    ['suppressed', 'shown']
    """
    together = release_together(
        {"table": counts},
        ledger=ledger,
        rule=rule,
        threshold=threshold,
        cost=cost,
        sensitive=sensitive,
        rounded_to=rounded_to,
    )
    return together["table"]


def release_together(  # noqa: PLR0913 - all that can be chosen
    tables: Mapping[str, Counts],
    *,
    ledger: Ledger | None = None,
    rule: str = "health",
    threshold: int | None = None,
    cost: str = "persons",
    sensitive: Sequence[str] | None = None,
    rounded_to: int | None = None,
) -> dict[str, Release]:
    """
    Pass tables through the gate that are shown together.

    Parameters
    ----------
    tables : mapping of str to Counts
        Counts of one source, by name; whatever hangs together is protected together.
    ledger, rule, threshold, cost, sensitive, rounded_to
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    dict of str to Release
        A release for each table.

    Raises
    ------
    ExposedError
        If the attacker knows a hidden cell too well whatever is hidden.
    ConflictError
        If this does not go with an earlier release, which the message names.
    ValueError
        If a choice is unknown, the tables are of several sources, one cell has two counts, or the
        ledger was changed.
    """
    choice = Choice(rule, threshold, cost, sensitive, rounded_to)
    source = find_source(tables)
    ledger = ledger or open_ledger(source)
    asked = lay_out_tables(tables)
    key = _hash_request(asked, tables, choice)
    with ledger.hold() as entries:
        same = (entry for entry in entries if entry["key"] == key)
        entry = next(same, None) or ledger.add(
            {"key": key, "source": source.content_hash, **_decide(tables, asked, entries, choice)}
        )
    return {name: _show(name, counts, entry) for name, counts in tables.items()}


def publish(table: pd.DataFrame, *, source: str, holds_published_counts: bool = False) -> Release:
    """
    Let a table through that counts nobody of a file: published facts, registers, models, choices.

    Parameters
    ----------
    table : pandas.DataFrame
        Numbers that anybody could look up or work out. What its index is called names its rows,
        as do columns of the names of dimensions.
    source : str
        Where they come from, as it is to be shown.
    holds_published_counts : bool, default False
        Whether columns of the names of counts hold numbers that were published elsewhere.

    Returns
    -------
    Release
        The same table, its named index as columns; nothing in it is hidden.

    Raises
    ------
    ValueError
        If the table was counted from a breach, or looks as if it were.

    Examples
    --------
    >>> publish(pd.DataFrame({"fine": [1_500_000]}), source="CNIL").is_synthetic
    False
    """
    keys = [str(name) for name in table.index.names if name is not None]
    rows = table.reset_index(level=keys) if keys else table.copy()
    counted = [name for name in COUNTED if name in rows]
    if table.attrs.get(COUNTED_FROM) or (counted and not holds_published_counts):
        raise ValueError(
            f"a table with {counted or 'counts'} goes through analysis.disclosure.release; if "
            "they were published elsewhere, say so with holds_published_counts"
        )
    written = rows.to_json(orient="records", default_handler=str)
    audit = {
        "profile": "published",
        "threshold": 1,
        "rounded_to": None,
        "n_cells": len(rows),
        "n_hidden": 0,
        "n_none": 0,
        "narrowest_interval": None,
        "information_kept": 1.0,
        "n_earlier": 0,
        "hash": hash_entry({"source": source, "table": written}),
    }
    dimensions = (*keys, *(name for name in DIMENSIONS if name in rows and name not in keys))
    return Release(rows, 1, Source("", False, source), dimensions, {}, audit)


def find_source(tables: Mapping[str, Counts]) -> Source:
    """
    Find the one source of some tables.

    Parameters
    ----------
    tables : mapping of str to Counts
        Tables, by name.

    Returns
    -------
    Source
        What all of them were counted from.

    Raises
    ------
    ValueError
        If there is no table, or they are of several sources.
    """
    sources = {counts.source for counts in tables.values()}
    if len(sources) != 1:
        raise ValueError(f"counts of one source are released together, not of {len(sources)}")
    return sources.pop()


def _hash_request(asked: pd.DataFrame, tables: Mapping[str, Counts], choice: Choice) -> str:
    """Hash what is asked for: which cells, in which order, with which measures, by which rule."""
    labels = asked.drop(columns=[*COUNTED, "residents", "largest_share", "before"])
    measures = {
        name: {column: str(measure) for column, measure in counts.measures.items()}
        for name, counts in tables.items()
    }
    said = {"cells": labels.to_json(orient="split"), "measures": measures, **asdict(choice)}
    return hash_entry({**said, "rule": str(choice.read_rule())})


def _decide(
    tables: Mapping[str, Counts], asked: pd.DataFrame, entries: Sequence[Entry], choice: Choice
) -> dict[str, Any]:
    """Decide what is shown of some tables, with all that was released before."""
    earlier = past.recall(entries, asked, is_rounded=choice.rounded_to is not None)
    if choice.rounded_to is None:
        gathered = gather_cells(tables, earlier)
        verdict = protect(gathered, tables, choice)
        cells, state = gathered.cells, np.where(verdict.why.ne(""), past.SUPPRESSED, past.SHOWN)
    else:
        gathered = gather_cells(tables)
        verdict = Verdict(pd.Series("", index=gathered.cells.index), np.nan)
        cells = round_cells(gathered, base=choice.rounded_to)
        state = np.full(len(cells), past.ROUNDED)
    shown = {
        name: _mark(asked[asked["table"].eq(name)], cells, state, gathered.places[name])
        for name in tables
    }
    said = _describe(choice, verdict, pd.concat(shown.values()))
    return {
        "audit": {**said, "n_earlier": len(entries)},
        "tables": {name: past.pack_cells(rows) for name, rows in shown.items()},
        "known": _name_given(verdict, gathered, tables),
    }


def _mark(asked: pd.DataFrame, cells: pd.DataFrame, state: np.ndarray, place: Ints) -> pd.DataFrame:
    """Mark what is shown of each cell of a table, and leave out what is not."""
    there = place >= 0
    rows = asked.drop(columns="table").reset_index(drop=True)
    rows["before"] = np.where(there, state[place], past.ABSENT)
    is_shown = there & (rows["before"] != past.SUPPRESSED)
    for name in COUNTED:
        rows[name] = cells[name].take(place).reset_index(drop=True).where(is_shown)
    return rows


def _name_given(
    verdict: Verdict, gathered: Gathered, tables: Mapping[str, Counts]
) -> list[list[Any]]:
    """Name what measures give away by tables and rows."""
    at: dict[int, tuple[str, int]] = {}
    for name in tables:
        for row, cell in enumerate(gathered.places[name].tolist()):
            at.setdefault(cell, (name, row))
    return [
        [[[*at[cell], unit, by] for cell, unit, by in terms], low, high]
        for terms, low, high in verdict.given
    ]


def _show(name: str, counts: Counts, entry: Entry) -> Release:
    """Show of a table what its entry in the ledger says."""
    said, table = past.unpack_cells(entry["tables"][name]), counts.table.copy()
    table.attrs = {}
    if entry["audit"]["rounded_to"] is None:
        _check_counts(said, table, entry["audit"]["n_earlier"] + 1)
        hidden = said["before"].eq(past.SUPPRESSED)
        for column in counts.hidden_with_cells:
            table[column] = table[column].mask(hidden)
        table["status"] = table["status"].mask(hidden, "suppressed")
    else:
        for column in counts.hidden_with_cells:
            table[column] = pd.Series(pd.NA, index=table.index, dtype="Float64")
        for column in COUNTED:
            table[column] = said[column].astype("Int64")
        is_zero = said["before"].eq(past.ROUNDED) & table["n_persons"].eq(0).fillna(False)
        table["status"] = table["status"].mask(is_zero, "none")
    return Release(
        reference.counts_schema().validate(table),
        entry["audit"]["threshold"],
        counts.source,
        counts.dimensions,
        counts.measures,
        {**entry["audit"], "hash": entry["hash"]},
    )


def _check_counts(said: pd.DataFrame, table: pd.DataFrame, number: int) -> None:
    """Check that what was shown before is what is counted now."""
    for column in [column for column in COUNTED if column in table]:
        other = (said[column] != table[column].astype("Float64")).fillna(False)
        if other.any():
            raise ConflictError(
                f"release {number} of the ledger is this table with {int(other.sum())} other "
                f"counts in {column}; "
                "their differences would tell of single persons: restore the records that were "
                "counted then, or count something else"
            )


def _describe(choice: Choice, verdict: Verdict, shown: pd.DataFrame) -> dict[str, Any]:
    """Say what the gate did; nothing by which a hidden cell is known better."""
    rule = choice.read_rule()
    return {
        "profile": rule.name,
        "threshold": rule.threshold,
        "rule_status": rule.status,
        "rule_source": rule.source,
        "cost": f"{choice.cost} hidden",
        "rounded_to": choice.rounded_to,
        "n_cells": len(shown),
        "n_hidden": int(shown["before"].eq(past.SUPPRESSED).sum()),
        "n_none": int(shown["n_persons"].eq(0).sum()),
        "narrowest_interval": None if np.isnan(verdict.narrowest) else round(verdict.narrowest),
        "information_kept": _keep_information(shown, rule.threshold),
    }


def _keep_information(shown: pd.DataFrame, threshold: int) -> float:
    """
    Divide the logarithms of all counts shown by those of all counts.

    A hidden one is taken for ``threshold - 1``, so that this gives nothing away.
    """
    kept = np.log1p(shown["n_persons"].fillna(0)).sum()
    lost = shown["before"].eq(past.SUPPRESSED).sum() * np.log(threshold)
    return round(float(kept / (kept + lost)), 3) if kept + lost else 1.0
