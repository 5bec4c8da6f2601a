"""Which cells are hidden for themselves, before anything is subtracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from analysis.disclosure.hierarchies import ALL, LABELS, label_cells
from analysis.disclosure.rules import Profile
from analysis.disclosure.system import Bools, Floats, Ints
from analysis.exposure import ANY

# Columns that tell which cell it is, or what everybody knows about it.
PUBLIC = ("residents", "population_year", "status")
SETTING_APART = ("where", "laboratory_id", "sex", "age_band")  # labels that tell who
# Why a cell is hidden for itself, in the order in which the reasons count.
REASONS = ("small", "denominator", "dominance", "group", "earlier")


@dataclass(frozen=True)
class Gathered:
    """
    The cells of all tables of a release, and of those released before, each once.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell: `analysis.disclosure.LABELS`, ``n_persons``, ``n_records`` (missing where
        they were hidden before and are not counted now), ``residents``, ``largest_share``, and
        ``before`` (``shown`` or ``suppressed`` if released before).
    places : dict of str to numpy.ndarray of int
        For each table, the cell of each row; -1 where a file has no such field.
    """

    cells: pd.DataFrame
    places: dict[str, Ints]


def list_counted(counts: pd.DataFrame) -> list[str]:
    """
    List the columns that are hidden with a cell: all numbers but the public ones.

    Examples
    --------
    >>> list_counted(pd.DataFrame({"dep_code": ["56"], "residents": [9], "n_persons": [2]}))
    ['n_persons']
    """
    return [
        str(name)
        for name in counts
        if types.is_numeric_dtype(counts[name])
        and not types.is_bool_dtype(counts[name])
        and name not in PUBLIC
    ]


def lay_out(table: pd.DataFrame) -> pd.DataFrame:
    """
    Lay out the rows of a table as cells.

    Returns
    -------
    pandas.DataFrame
        The columns of ``Gathered.cells``, same index.
    """
    cells = label_cells(table, counted=[*list_counted(table), *PUBLIC])
    for name in ("n_persons", "n_records", "residents", "largest_share"):
        missing = pd.Series(pd.NA, index=table.index)
        cells[name] = table.get(name, missing).astype("Float64")
    cells["before"] = ""
    return cells


def gather_cells(tables: Mapping[str, pd.DataFrame], earlier: Sequence[pd.DataFrame]) -> Gathered:
    """
    Gather the cells of some tables; a cell that two of them share is one cell.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables of counts, by name.
    earlier : sequence of pandas.DataFrame
        Cells released before, as kept in a ledger.

    Returns
    -------
    Gathered
        Cells in the order of the tables, then those released before.

    Raises
    ------
    ValueError
        If one cell has two counts.
    """
    rows = [lay_out(table).assign(table=name) for name, table in tables.items()]
    rows += [cells.assign(table="a release before") for cells in earlier]
    stack = pd.concat(rows, ignore_index=True)
    counted = stack[stack["n_persons"].notna() | stack["before"].ne("")]
    groups = counted.groupby(list(LABELS), sort=False)
    _check_one_count(groups)
    cells = groups.agg(
        n_persons=("n_persons", "first"),
        n_records=("n_records", "first"),
        residents=("residents", "first"),
        largest_share=("largest_share", "first"),
        before=("before", _join_before),
    ).reset_index()
    number = groups.ngroup().reindex(stack.index, fill_value=-1)
    places = {name: number[stack["table"].eq(name)].to_numpy() for name in tables}
    return Gathered(cells, places)


def find_reasons(gathered: Gathered, rule: Profile, *, sensitive: Sequence[str]) -> pd.Series:
    """
    Say why each cell is hidden for itself.

    Parameters
    ----------
    gathered : Gathered
        The cells.
    rule : Profile
        Threshold and dominance.
    sensitive : sequence of str
        Categories that nobody, or everybody, in a cell must not be known to have.

    Returns
    -------
    pandas.Series of str, shape (n_cells,)
        One of `REASONS`, or empty: fewer persons than the threshold, but not none; fewer
        residents to divide by; one contributor with too large a share; nobody in the cell with
        a sensitive category; hidden in an earlier release.
    """
    cells = gathered.cells
    persons = cells["n_persons"].astype("Float64")
    small = persons.between(1, rule.threshold - 1)
    tests = {
        "small": small,
        "denominator": cells["residents"].lt(rule.threshold) & persons.gt(0),
        "dominance": cells["largest_share"].gt(rule.dominance) & persons.gt(0),
        "group": guard_groups(cells, sensitive) & persons.eq(0) & _is_peopled(cells, rule),
        "earlier": cells["before"].eq("suppressed"),
    }
    reasons = pd.Series("", index=cells.index)
    for name in reversed(REASONS):
        reasons = reasons.mask(tests[name].fillna(False).astype(bool), name)
    return reasons


def guard_groups(cells: pd.DataFrame, sensitive: Sequence[str]) -> pd.Series:
    """
    Find the cells of sensitive categories of a group of people that is set apart.

    By a place, a laboratory, a sex or an age: then *nobody* or *everybody* tells of each of
    them. What-ifs tell of nobody.
    """
    is_group = pd.concat([cells[label].ne(ALL) for label in SETTING_APART], axis=1).any(axis=1)
    is_real = cells["level"].eq(ALL) & cells["outcome"].eq(ALL)
    return cells["category"].isin(sensitive) & is_group & is_real


def pair_with_any(cells: pd.DataFrame, chosen: Bools) -> list[tuple[int, int]]:
    """Pair some cells, each with that of any data of the same persons."""
    others = [name for name in LABELS if name != "category"]
    keys = pd.MultiIndex.from_frame(cells[others])
    whole = cells["category"].eq(ANY).to_numpy()
    of_any = dict(zip(keys[whole], np.flatnonzero(whole), strict=True))
    rows = np.flatnonzero(chosen).tolist()
    return [(row, int(of_any[keys[row]])) for row in rows if keys[row] in of_any]


def bound_persons(cells: pd.DataFrame) -> Floats:
    """Return the most persons that anybody would believe: at home, no more than residents."""
    at_home = cells["where"].str.startswith("home/")
    residents = cells["residents"].astype("Float64").where(at_home)
    return residents.fillna(np.inf).to_numpy(dtype=float)


def _is_peopled(cells: pd.DataFrame, rule: Profile) -> pd.Series:
    peopled = pd.Series(True, index=cells.index)
    for cell, whole in pair_with_any(cells, np.ones(len(cells), dtype=bool)):
        persons = cells["n_persons"].iloc[whole]
        peopled.iloc[cell] = bool(pd.notna(persons) and persons > 0)
    return peopled


def _join_before(states: pd.Series) -> str:
    return next((state for state in ("shown", "suppressed") if state in {*states}), "")


def _check_one_count(groups: pd.api.typing.DataFrameGroupBy) -> None:
    for name in ("n_persons", "n_records"):
        twice = groups[name].nunique()
        if (twice > 1).any():
            cell = dict(zip(LABELS, twice.index[twice > 1][0], strict=True))
            raise ValueError(f"one cell has two counts in column {name}: {cell}; count it once")


def list_hideable(cells: pd.DataFrame) -> Bools:
    """Return which cells may be hidden: those that are not zero, and not public already."""
    persons = cells["n_persons"].astype("Float64").gt(0).fillna(False)
    return (persons & cells["before"].ne("shown")).to_numpy(dtype=bool)
