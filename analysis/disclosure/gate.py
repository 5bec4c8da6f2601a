"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure import past
from analysis.disclosure.ledger import Entry, Ledger, hash_entry, open_ledger
from analysis.disclosure.past import ConflictError
from analysis.disclosure.primary import gather_cells, lay_out_tables
from analysis.disclosure.protection import Choice, protect, round_cells
from analysis.disclosure.system import Ints
from analysis.exposure import COUNTED_FROM, DIMENSIONS, CodedRecords, Counts, Measure, Source
from analysis.impact import PERIOD, POPULATION_YEAR, count_places

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
        return replace(self, table=rows)


def release(counts: Counts, *, ledger: Ledger | None = None, **chosen: Any) -> Release:
    """
    Pass one table of counts through the gate.

    Parameters
    ----------
    counts : Counts
        What is to be shown.
    ledger
        See the glossary of `analysis.disclosure`.
    **chosen
        ``rule``, ``threshold``, ``cost``, ``sensitive`` and ``rounded_to`` of the same glossary;
        what is left out is as `Choice` has it.

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
    return release_together({"table": counts}, ledger=ledger, **chosen)["table"]


def release_together(
    tables: Mapping[str, Counts], *, ledger: Ledger | None = None, **chosen: Any
) -> dict[str, Release]:
    """
    Pass tables through the gate that are shown together.

    Parameters
    ----------
    tables : mapping of str to Counts
        Counts of one source, by name; whatever hangs together is protected together.
    ledger
        See the glossary of `analysis.disclosure`.
    **chosen
        ``rule``, ``threshold``, ``cost``, ``sensitive`` and ``rounded_to`` of the same glossary;
        what is left out is as `Choice` has it.

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
    choice = Choice(**chosen)
    sources = {counts.source for counts in tables.values()}
    if len(sources) != 1:
        raise ValueError(f"counts of one source are released together, not of {len(sources)}")
    source = sources.pop()
    ledger = ledger or open_ledger(source)
    asked = lay_out_tables(tables)
    key = _hash_request(asked, tables, choice)
    with ledger.hold() as entries:
        same = (entry for entry in entries if entry["key"] == key)
        entry = next(same, None) or ledger.add(
            {"key": key, "source": source.content_hash, **_decide(tables, asked, entries, choice)}
        )
    return {name: _show(name, counts, entry) for name, counts in tables.items()}


def release_edition(
    coded: CodedRecords,
    start: str = PERIOD[0],
    end: str = PERIOD[1],
    *,
    population_year: int = POPULATION_YEAR,
    ledger: Ledger | None = None,
) -> dict[str, dict[str, Release]]:
    """
    Release the tables by place before any page asks for less of them.

    Parameters
    ----------
    coded
        See the glossary of `analysis.exposure`.
    start, end : str
        First day in and first day out, as ``YYYY-MM-DD``.
    population_year : int, default 2019
        Year of the residents [persons].
    ledger
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    dict of str to dict of str to Release
        For each place basis the tables of `analysis.impact.count_places`. Released one by one,
        those that come first would leave the later ones nothing to hide behind.

    Raises
    ------
    ConflictError, ExposedError
        As `analysis.disclosure.release_together` does.
    """
    counted = {
        place: count_places(coded, start, end, place=place, population_year=population_year)
        for place in reference.PLACES
    }
    tables = {f"{at}/{name}": one for at, named in counted.items() for name, one in named.items()}
    released = release_together(tables, ledger=ledger)
    return {at: {name: released[f"{at}/{name}"] for name in counted[at]} for at in counted}


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
        why, narrowest, given = protect(gathered, tables, choice)
        cells, state = gathered.cells, np.where(why.ne(""), past.SUPPRESSED, past.SHOWN)
    else:
        gathered, narrowest, given = gather_cells(tables), None, []
        cells = round_cells(gathered, base=choice.rounded_to)
        state = np.full(len(cells), past.ROUNDED)
    shown = {
        name: _mark(asked[asked["table"].eq(name)], cells, state, gathered.places[name])
        for name in tables
    }
    said = _describe(choice, pd.concat(shown.values()))
    return {
        "audit": {**said, "narrowest_interval": narrowest, "n_earlier": len(entries)},
        "tables": {name: past.pack_cells(rows) for name, rows in shown.items()},
        "known": _name_given(given, gathered),
    }


def _mark(asked: pd.DataFrame, cells: pd.DataFrame, state: np.ndarray, place: Ints) -> pd.DataFrame:
    """Mark what is shown of each cell of a table, and leave out what is not."""
    there = place >= 0
    rows = asked.drop(columns="table").reset_index(drop=True)
    rows["before"] = np.append(state, past.ABSENT)[place]
    is_shown = there & (rows["before"] != past.SUPPRESSED)
    for name in COUNTED:
        rows[name] = cells[name].reindex(place).reset_index(drop=True).where(is_shown)
    return rows


def _name_given(given: Sequence[past.Known], gathered: past.Gathered) -> list[list[Any]]:
    """Name what measures give away by tables and rows."""
    at: dict[int, tuple[str, int]] = {}
    for name, places in gathered.places.items():
        for row, cell in enumerate(places.tolist()):
            at.setdefault(cell, (name, row))
    return [
        [[[*at[cell], unit, by] for cell, unit, by in terms], low, high]
        for terms, low, high in given
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


def _describe(choice: Choice, shown: pd.DataFrame) -> dict[str, Any]:
    """
    Say what the gate did; nothing by which a hidden cell is known better.

    The information kept is the logarithms of all counts shown, divided by those of all counts; a
    hidden one is taken for ``threshold - 1``, so that this gives nothing away.
    """
    rule = choice.read_rule()
    n_hidden = int(shown["before"].eq(past.SUPPRESSED).sum())
    kept, lost = np.log1p(shown["n_persons"].fillna(0)).sum(), n_hidden * np.log(rule.threshold)
    return {
        "profile": rule.name,
        "threshold": rule.threshold,
        "rule_status": rule.status,
        "rule_source": rule.source,
        "cost": f"{choice.cost} hidden",
        "rounded_to": choice.rounded_to,
        "n_cells": len(shown),
        "n_hidden": n_hidden,
        "n_none": int(shown["n_persons"].eq(0).sum()),
        "information_kept": round(float(kept / (kept + lost)), 3) if kept + lost else 1.0,
    }
