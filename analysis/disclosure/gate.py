"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure.ledger import FIRST, add_entry, hash_entry, read_ledger
from analysis.disclosure.primary import gather_cells, lay_out, list_counted
from analysis.disclosure.protection import Choice, Verdict, protect, round_cells
from analysis.store import Breach

SHORT_HASH = 12


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
    audit : mapping
        What the gate did and what the attacker found; see `analysis.reporting`.
    """

    table: pd.DataFrame
    threshold: int
    is_synthetic: bool
    source: str
    audit: Mapping[str, Any] = field(default_factory=dict)

    def select(self, query: str) -> Release:
        """
        Keep the rows that a query names; what was hidden stays hidden.

        Parameters
        ----------
        query : str
            An expression for `pandas.DataFrame.query`.
        """
        rows = self.table.query(query).reset_index(drop=True)
        return Release(rows, self.threshold, self.is_synthetic, self.source, self.audit)


def release(
    counts: pd.DataFrame,
    breach: Breach,
    *,
    after: Sequence[Release] = (),
    ledger: Path | None = None,
    **choices: Any,
) -> Release:
    """
    Pass one table of counts through the gate.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per cell with ``n_persons``, ``n_records`` and ``status``, and perhaps rates.
    breach : Breach
        What was counted.
    after : sequence of Release
        Earlier releases of the same records that the reader has, too.
    ledger : pathlib.Path, optional
        File of earlier releases: they are taken into account, and this one is added.
    **choices
        ``threshold``, ``profile`` and what else `analysis.disclosure.Choice` takes.

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
    together = release_together({"table": counts}, breach, after=after, ledger=ledger, **choices)
    return together["table"]


def release_together(
    tables: Mapping[str, pd.DataFrame],
    breach: Breach,
    *,
    after: Sequence[Release] = (),
    ledger: Path | None = None,
    **choices: Any,
) -> dict[str, Release]:
    """
    Pass tables through the gate that are shown together.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables of counts, by name; whatever hangs together is protected together.
    breach : Breach
        What was counted.
    after : sequence of Release
        Earlier releases of the same records that the reader has, too.
    ledger : pathlib.Path, optional
        File of earlier releases: they are taken into account, and this one is added.
    **choices
        ``threshold``, ``profile`` and what else `analysis.disclosure.Choice` takes.

    Returns
    -------
    dict of str to Release
        A release for each table.

    Raises
    ------
    ExposedError
        If the attacker knows a hidden cell too well whatever is hidden.
    ValueError
        If a choice is unknown, a table breaks its contract, one cell has two counts, an earlier
        release is of other records, or the ledger was changed or has the same records in
        another version.
    """
    choice = Choice(**choices)
    checked = {
        name: reference.counts_schema().validate(table).reset_index(drop=True)
        for name, table in tables.items()
    }
    past = [*_recall(after, breach), *read_past(ledger, breach)]
    gathered = gather_cells(checked, past)
    if choice.rounded_to is None:
        verdict = protect(gathered, checked, choice)
        shown = {n: _hide(t, verdict.why, gathered.places[n]) for n, t in checked.items()}
    else:
        verdict = Verdict(pd.Series("", index=gathered.cells.index), np.nan)
        rounded = round_cells(gathered, base=choice.rounded_to, adding=choice.adding)
        shown = {n: _round(t, rounded, gathered.places[n]) for n, t in checked.items()}
    audit = {**_describe(choice, verdict, shown), "n_earlier": len(past)}
    audit["hash"] = _enter(ledger, breach, audit, shown)
    checks = reference.counts_schema()
    return {
        name: Release(
            checks.validate(table),
            choice.read_rule().threshold,
            breach.manifest["is_synthetic"],
            breach.manifest["content_hash"][:SHORT_HASH],
            audit,
        )
        for name, table in shown.items()
    }


def read_past(path: Path | None, breach: Breach) -> list[pd.DataFrame]:
    """
    Read the cells of earlier releases of the same records.

    Parameters
    ----------
    path : pathlib.Path, optional
        Ledger; without one, nothing was released.
    breach : Breach
        The records.

    Returns
    -------
    list of pandas.DataFrame
        One table per table released, as `analysis.disclosure.gather_cells` takes them.
    """
    if path is None:
        return []
    mine = [e for e in read_ledger(path) if e["source"] == breach.manifest["content_hash"]]
    return [pd.DataFrame(cells) for entry in mine for cells in entry["tables"].values()]


def _recall(after: Sequence[Release], breach: Breach) -> list[pd.DataFrame]:
    """List the cells of earlier releases as they were shown."""
    source = breach.manifest["content_hash"][:SHORT_HASH]
    if any(before.source != source for before in after):
        raise ValueError(f"an earlier release is not of the records {source}; leave it out")
    return [pd.DataFrame(_list_cells(before.table)) for before in after]


def _hide(counts: pd.DataFrame, why: pd.Series, place: np.ndarray) -> pd.DataFrame:
    """Blank every number of the hidden cells."""
    hidden = np.isin(place, np.flatnonzero(why.ne("")))
    table = counts.copy()
    for name in list_counted(table):
        table[name] = table[name].mask(hidden)
    table["status"] = table["status"].mask(hidden, "suppressed")
    return table


def _round(counts: pd.DataFrame, rounded: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """Replace the counts by rounded ones; nothing that was calculated from them stays."""
    table, there = counts.copy(), place >= 0
    for name in list_counted(table):
        table[name] = pd.Series(pd.NA, index=table.index, dtype="Float64")
    for name in ("n_persons", "n_records"):
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
    path: Path | None,
    breach: Breach,
    audit: Mapping[str, Any],
    shown: Mapping[str, pd.DataFrame],
) -> str:
    """Enter what is shown, and nothing else, in the ledger; return the hash of the release."""
    content = {
        "source": breach.manifest["content_hash"],
        "audit": audit,
        "tables": {name: _list_cells(table) for name, table in shown.items()},
    }
    if path is None:
        return hash_entry({**content, "previous": FIRST})
    return str(add_entry(path, content)["hash"])


def _list_cells(table: pd.DataFrame) -> list[dict[str, Any]]:
    cells = lay_out(table)
    cells["before"] = np.where(table["status"].eq("suppressed"), "suppressed", "shown")
    rows = cells[table["status"].ne("absent")].to_json(orient="records")
    found: list[dict[str, Any]] = json.loads(rows)
    return found
