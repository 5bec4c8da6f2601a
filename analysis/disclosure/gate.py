"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure.primary import gather_cells, lay_out
from analysis.disclosure.protection import Choice, Verdict, protect, round_cells
from analysis.exposure import COUNTED_FROM, DIMENSIONS, Counts, Measure, Source

FIRST = "0" * 64  # what the first release of a ledger names as the one before it
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
    after: Sequence[Release] = (),
    ledger: Path | None = None,
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
    after, ledger, rule, threshold, cost, sensitive, rounded_to
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
        after=after,
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
    after: Sequence[Release] = (),
    ledger: Path | None = None,
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
    after, ledger, rule, threshold, cost, sensitive, rounded_to
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    dict of str to Release
        A release for each table.

    Raises
    ------
    ExposedError
        If the attacker knows a hidden cell too well whatever is hidden.
    ValueError
        If a choice is unknown, the tables are of several sources, one cell has two counts, an
        earlier release is of other records, or the ledger was changed.
    """
    choice = Choice(rule, threshold, cost, sensitive, rounded_to)
    source = find_source(tables)
    past = [*_recall(after, source), *read_past(ledger, source)]
    gathered = gather_cells(tables, past)
    if rounded_to is None:
        verdict = protect(gathered, tables, choice)
        shown = {n: _hide(c, verdict.why, gathered.places[n]) for n, c in tables.items()}
    else:
        verdict = Verdict(pd.Series("", index=gathered.cells.index), np.nan)
        rounded = round_cells(gathered, base=rounded_to)
        shown = {n: _round(c, rounded, gathered.places[n]) for n, c in tables.items()}
    audit = {**_describe(choice, verdict, shown), "n_earlier": len(past)}
    smallest, checks = choice.read_rule().threshold, reference.counts_schema()
    released = {
        name: Release(
            checks.validate(table), smallest, source, counts.dimensions, counts.measures, audit
        )
        for (name, counts), table in zip(tables.items(), shown.values(), strict=True)
    }
    audit["hash"] = _enter(ledger, source, audit, released)
    return released


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


def read_past(path: Path | None, source: Source) -> list[pd.DataFrame]:
    """
    Read the cells of earlier releases of the same records.

    Parameters
    ----------
    path : pathlib.Path, optional
        Ledger; without one, nothing was released.
    source : Source
        The records.

    Returns
    -------
    list of pandas.DataFrame
        One table per table released, as `analysis.disclosure.gather_cells` takes them.
    """
    if path is None:
        return []
    mine = [entry for entry in read_ledger(path) if entry["source"] == source.content_hash]
    return [pd.DataFrame(cells) for entry in mine for cells in entry["tables"].values()]


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """
    Read the releases of a ledger, and check that none was changed or taken out.

    Parameters
    ----------
    path : pathlib.Path
        The file: one line of JSON for each release. If it is not there, nothing was released.

    Returns
    -------
    list of dict
        In the order of release: ``previous`` and ``hash`` (which chain them), ``source`` (of
        the records), ``audit``, ``tables`` (name to cells). A cell has its labels and what was
        shown of it: nothing that was not published.

    Raises
    ------
    ValueError
        If a line was changed, taken out or moved.
    """
    entries: list[dict[str, Any]] = []
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        if entry["previous"] != _last_hash(entries) or entry["hash"] != hash_entry(entry):
            raise ValueError(
                f"{path}, line {number}: this release or one before it was changed or taken "
                "out; restore the file, for earlier releases can't be checked without it"
            )
        entries.append(entry)
    return entries


def add_entry(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """
    Add a release at the end of a ledger.

    Parameters
    ----------
    path : pathlib.Path
        The file; made if it is not there.
    content : mapping
        ``source``, ``audit`` and ``tables`` of the release.

    Returns
    -------
    dict
        The line added, with ``previous`` and ``hash``.
    """
    entry = {**content, "previous": _last_hash(read_ledger(path))}
    entry["hash"] = hash_entry(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
    return entry


def _last_hash(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the hash that the next release names as its predecessor's."""
    return str(entries[-1]["hash"]) if entries else FIRST


def hash_entry(entry: Mapping[str, Any]) -> str:
    """
    Hash all of a release but its own hash.

    Parameters
    ----------
    entry : mapping
        A release as a ledger keeps it, with or without its ``hash``; all of it can be written as
        JSON.

    Returns
    -------
    str
        SHA-256 of its JSON with sorted keys: 64 hexadecimal digits.
    """
    content = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _recall(after: Sequence[Release], source: Source) -> list[pd.DataFrame]:
    """List the cells of earlier releases as they were shown."""
    if any(before.source != source for before in after):
        raise ValueError(f"an earlier release is not of the records {source}; leave it out")
    return [_mark_before(before) for before in after]


def _hide(counts: Counts, why: pd.Series, place: np.ndarray) -> pd.DataFrame:
    """Blank every number of the hidden cells."""
    hidden = np.isin(place, np.flatnonzero(why.ne("")))
    table = counts.table.copy()
    table.attrs = {}
    for name in counts.hidden_with_cells:
        table[name] = table[name].mask(hidden)
    table["status"] = table["status"].mask(hidden, "suppressed")
    return table


def _round(counts: Counts, rounded: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """Replace the counts by rounded ones; nothing that was calculated from them stays."""
    table, there = counts.table.copy(), place >= 0
    table.attrs = {}
    for name in counts.hidden_with_cells:
        table[name] = pd.Series(pd.NA, index=table.index, dtype="Float64")
    for name in COUNTED:
        table[name] = rounded[name].reindex(place).set_axis(table.index).where(there)
    is_zero = there & table["n_persons"].eq(0).fillna(False)
    table["status"] = table["status"].mask(is_zero, "none")
    return table


def _describe(
    choice: Choice, verdict: Verdict, shown: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    rule = choice.read_rule()
    status = pd.concat([table["status"] for table in shown.values()])
    reasons = verdict.why[verdict.why.ne("")].value_counts()
    return {
        "profile": rule.name,
        "threshold": rule.threshold,
        "rule_status": rule.status,
        "rule_source": rule.source,
        "cost": f"{choice.cost} hidden",
        "rounded_to": choice.rounded_to,
        "n_cells": len(status),
        "n_hidden": int(status.eq("suppressed").sum()),
        "n_none": int(status.eq("none").sum()),
        "hidden_by_rule": {str(name): int(n) for name, n in reasons.items()},
        "narrowest_interval": None if np.isnan(verdict.narrowest) else round(verdict.narrowest),
        "information_kept": _keep_information(shown, rule.threshold),
    }


def _keep_information(shown: Mapping[str, pd.DataFrame], threshold: int) -> float:
    """
    Divide the logarithms of all counts shown by those of all counts.

    A hidden one is taken for ``threshold - 1``, so that this gives nothing away.
    """
    kept = sum(np.log1p(t["n_persons"].astype("Float64").fillna(0)).sum() for t in shown.values())
    hidden = sum(t["status"].eq("suppressed").sum() for t in shown.values())
    lost = hidden * np.log(threshold)
    return round(float(kept / (kept + lost)), 3) if kept + lost else 1.0


def _enter(
    path: Path | None, source: Source, audit: Mapping[str, Any], released: Mapping[str, Release]
) -> str:
    """Enter what is shown, and nothing else, in the ledger; return the hash of the release."""
    cells = {
        name: json.loads(_mark_before(shown).to_json(orient="records"))
        for name, shown in released.items()
    }
    content = {"source": source.content_hash, "audit": {**audit}, "tables": cells}
    if path is None:
        return hash_entry({**content, "previous": FIRST})
    return str(add_entry(path, content)["hash"])


def _mark_before(shown: Release) -> pd.DataFrame:
    """Lay out the cells of a release as a later one sees them."""
    cells = lay_out(shown.table, shown.dimensions, shown.measures)
    is_hidden = shown.table["status"].eq("suppressed")
    cells["before"] = np.where(is_hidden, "suppressed", "shown")
    return cells[shown.table["status"].ne("absent")]
