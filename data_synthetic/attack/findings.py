"""Judge an edition by what an intruder finds in it: the truth is recounted here, and only here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations
from math import inf
from typing import Any

import duckdb
import pandas as pd

from analysis import reference
from data_synthetic.attack.edition import (
    NOTEBOOKS,
    WINDOWS,
    Shown,
    plan_runs,
)
from data_synthetic.attack.intruder import Number, System, pose_statements
from data_synthetic.attack.reader import (
    ANY,
    LARGEST_SMALL,
    PERSONS,
    RECORDS,
    Cell,
    Statement,
    list_wider,
    read_edition,
)

CODED = "coded_linked"
KINDS = ("exact", "tighter", "period", "window", "complement", "place", "level", "misread")
COLUMNS = ["kind", "unit", *Cell._fields, "low", "high", "beside"]
COUNTED = """
select {place} as place, count(*) as records, count(distinct (filename, person)) as persons
from read_parquet('{files}', filename=true)
where sampled_on >= date '{start}' - date '1970-01-01'
  and sampled_on < date '{end}' - date '1970-01-01' and {filled}
group by 1
"""


def plan_small() -> list[tuple[str, dict[str, Any]]]:
    """
    List the runs of a small edition: three départements, two place bases.

    Returns
    -------
    list of tuple of str and dict
        As `edition.plan_runs` lists them.
    """
    return plan_runs(
        pages=["04_exposure_by_time_window"],
        dep_codes=["28", "60", "971"],
        windows=WINDOWS[:1],
    )


def summarise(edition: Sequence[Shown], found: pd.DataFrame) -> dict[str, Any]:
    """
    Count what was found, by kind.

    Parameters
    ----------
    edition : sequence of Shown
        The runs.
    found : pandas.DataFrame
        As `find_everything` returns it.

    Returns
    -------
    dict
        ``n_runs`` and ``n_refused`` [runs of pages]; ``n_statements``; ``n_hidden``, hidden
        numbers attacked, ``n_small`` of which are truly 1 to 10; ``finds``: how many of each of
        `KINDS`. No number of a cell.
    """
    statements = read_edition(edition)
    hidden = list_hidden(statements)
    return {
        "n_runs": len(edition),
        "n_refused": sum(bool(shown.refused) for shown in edition),
        "n_statements": len(statements),
        "n_hidden": len(hidden),
        "n_small": sum(_is_small(recount(number)) for number in hidden),
        "finds": {kind: int(found["kind"].eq(kind).sum()) for kind in KINDS},
    }


def find_everything(edition: Sequence[Shown]) -> pd.DataFrame:
    """
    Find all that an edition gives away.

    Parameters
    ----------
    edition : sequence of Shown
        As `edition.gather_edition` returns it.

    Returns
    -------
    pandas.DataFrame
        One row per find: its kind, unit and cell, the interval worked out, and for a difference
        the cell ``beside``. ``exact``: a hidden number is known. ``tighter``: a hidden number
        of 1 to 10 is known to lie in less than that, more closely than what is published as
        hidden or zero implies. ``complement``, ``window``, ``place``, ``level``: two shown
        numbers of cells, one within the other, differ by 1 to 10. ``period``: several together
        give 1 to 10 records of a period that no output names. ``misread``: the truth lies
        outside, so that the attack errs.
    """
    statements = read_edition(edition)
    posed, hidden = pose_statements(statements), list_hidden(statements)
    known = System(posed, statements)
    known.narrow()
    known.solve([number for number in hidden if _may_be_small(number)], enough=LARGEST_SMALL + 1)
    rule = System(posed, [_forget(one) for one in statements if len(one.terms) == 1])
    rule.narrow()
    differences = [*find_differences(statements)]
    found = [*_find_hidden(hidden, known, rule), *_find_periods(statements, known), *differences]
    return pd.DataFrame(found, columns=COLUMNS)


def list_worst(found: pd.DataFrame, *, top: int = 10) -> list[str]:
    """
    List the finds that say most: exact ones first, then the narrowest, then the smallest.

    Parameters
    ----------
    found : pandas.DataFrame
        As `find_everything` returns it.
    top : int, default 10
        How many of each kind.

    Returns
    -------
    list of str
        Lines for the screen of whoever runs the attack. They tell what is hidden: never store
        them.
    """
    ordered = found.assign(order=found["kind"].map(KINDS.index), width=found["high"] - found["low"])
    ordered = ordered.sort_values(["order", "width", "high"], kind="stable")
    lines = []
    for _, row in ordered.groupby("kind", sort=False).head(top).iterrows():
        label = _label(Cell(*row[[*Cell._fields]]))
        beside = f" beyond {row['beside']}" if row["beside"] else ""
        lines.append(
            f"{row['kind']}: {label}{beside}: {row['low']:.0f} to {row['high']:.0f} {row['unit']}"
        )
    return lines


def list_hidden(statements: Iterable[Statement]) -> list[Number]:
    """
    List the numbers that some output hides, whatever others show.

    Parameters
    ----------
    statements : iterable of Statement
        What is known.

    Returns
    -------
    list of tuple of str and Cell
        In the order of their first appearance.
    """
    return [*dict.fromkeys(one.terms[0][0] for one in statements if one.is_hidden)]


def find_differences(statements: Iterable[Statement]) -> Iterator[tuple[Any, ...]]:
    """
    Find shown numbers of nested cells that differ by 1 to 10.

    Parameters
    ----------
    statements : iterable of Statement
        What is known.

    Yields
    ------
    tuple
        A row of `find_everything`: the larger cell, the difference, the smaller cell.
    """
    shown = {
        one.terms[0][0]: one.low
        for one in statements
        if len(one.terms) == 1 and one.low == one.high > 0
    }
    families: dict[Number, list[Cell]] = {}
    for unit, cell in shown:
        families.setdefault((unit, cell._replace(start="", end="")), []).append(cell)
    for (unit, _), members in families.items():
        pairs = [(kind, cell, one) for cell in members for kind, one in _list_holding(cell)]
        pairs += [("window", b, a) for a, b in permutations(members, 2) if _is_within(b, a)]
        for kind, cell, whole in pairs:
            gap = shown.get((unit, whole), inf) - shown[unit, cell]
            if 1 <= gap <= LARGEST_SMALL:
                yield (kind, unit, *whole, gap, gap, _label(cell))


@cache
def recount(number: Number) -> float | None:
    """
    Count the records or persons of a cell once more.

    Parameters
    ----------
    number : tuple of str and Cell
        Unit and cell.

    Returns
    -------
    float or None
        The number [records or persons]; None for cells that are parted by more than place, kind
        of data and period.
    """
    unit, cell = number
    if cell.part or "+" in cell.category or not cell.start:
        return None
    counted = _recount(cell._replace(place=""))
    return counted.get(cell.place, {RECORDS: 0, PERSONS: 0})[unit]


def _find_hidden(
    hidden: Sequence[Number], known: System, rule: System
) -> Iterator[tuple[Any, ...]]:
    for number in hidden:
        (low, high), truth = known.interval(number), recount(number)
        row = (number[0], *number[1], low, high, "")
        if truth is not None and not low <= truth <= high:
            yield ("misread", *row)
        elif low == high:
            yield ("exact", *row)
        elif (high < LARGEST_SMALL or low > rule.interval(number)[0]) and _is_small(truth, high):
            yield ("tighter", *row)


def _find_periods(statements: Sequence[Statement], known: System) -> Iterator[tuple[Any, ...]]:
    """Find what more than two numbers give; two that differ are found as such."""
    stated = {number for one in statements for number, _ in one.terms}
    days = {(cell.start, cell.end) for _, cell in stated}
    for unit, cell in known.numbers:
        low, high = known.interval((unit, cell))
        if unit == PERSONS or (unit, cell) in stated or not 1 <= low == high <= LARGEST_SMALL:
            continue
        by_two = any((cell.start, end) in days for start, end in days if start == cell.end)
        by_two |= any((start, cell.end) in days for start, end in days if end == cell.start)
        if not by_two:
            yield ("period", unit, *cell, low, high, "")


def _may_be_small(number: Number) -> bool:
    return _is_small(recount(number), 0)


def _is_small(truth: float | None, high: float = inf) -> bool:
    """Tell whether a number is 1 to 10; where it was not recounted, whether it must be."""
    return 1 <= (high if truth is None else truth) <= LARGEST_SMALL


def _forget(one: Statement) -> Statement:
    """Keep of a number only whether it is zero."""
    return one if one.high == 0 else replace(one, low=min(one.low, 1), high=inf)


def _list_holding(cell: Cell) -> Iterator[tuple[str, Cell]]:
    for category in list_wider(cell.category):
        yield "complement", cell._replace(category=category)
    if cell.basis:
        yield "place", cell._replace(basis="", place="")
    if cell.part:
        yield "level", cell._replace(part="")


def _is_within(cell: Cell, whole: Cell) -> bool:
    return whole.start <= cell.start and cell.end <= whole.end


def _label(cell: Cell) -> str:
    return " ".join(part for part in cell[1:] if part)


@cache
def _recount(cell: Cell) -> Mapping[str, Mapping[str, int]]:
    folder = (NOTEBOOKS / cell.file).resolve() / CODED
    said = json.loads((folder / "stage.json").read_text(encoding="utf-8"))
    query = COUNTED.format(
        place=cell.basis or "-1",
        files=folder / "part-*.parquet",
        start=cell.start,
        end=cell.end,
        filled=_list_filled(cell.category, said["fields"]),
    )
    codes = [*said["meanings"]["dep_code"], ""]
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
    return {codes[place]: {RECORDS: records, PERSONS: n} for place, records, n in rows}


def _list_filled(category: str, fields: Sequence[str]) -> str:
    if category == ANY:
        return "true"
    known = reference.read_categories()
    members = known.index[known["category_group"].eq(category)].tolist() or [category]
    mask = sum(1 << fields.index(name) for name in reference.select_fields(members))
    return f"(filled & {mask}) <> 0"
