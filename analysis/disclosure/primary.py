"""Which cells are hidden for themselves, by which rule, before anything is subtracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure.hierarchies import CATEGORY, find_groups, label_cells, list_labels
from analysis.disclosure.past import NUMBERS, ConflictError, Gathered, describe_releases
from analysis.disclosure.system import Bools
from analysis.exposure import ALL, ANY, DIMENSIONS, Counts, LargestShare, Residents

PAST = "a release before"


@dataclass(frozen=True)
class Rule:
    """
    One rule for small cells.

    Attributes
    ----------
    name : str
        Its name in ``reference/disclosure_profiles.csv``, or ``chosen``.
    threshold : int
        Smallest number of persons (or businesses) shown.
    dominance : float
        Largest share of a cell's total that one contributor may have, 0 to 1.
    status : str
        ``law``, ``regulator's practice`` or ``house rule``.
    source : str
        Who says so.
    """

    name: str
    threshold: int
    dominance: float
    status: str
    source: str


def read_rule(name: str, *, threshold: int | None = None) -> Rule:
    """
    Read a rule from the table of rules.

    Parameters
    ----------
    name : str
        Its name in the table.
    threshold : int, optional
        Another threshold; the rule is then the house's own.

    Returns
    -------
    Rule
        The rule.

    Raises
    ------
    ValueError
        If the name is unknown, or the threshold is below 2.

    Examples
    --------
    >>> read_rule("health").threshold, read_rule("businesses").dominance
    (11, 0.85)
    """
    table = reference.read_profiles()
    if name not in table.index:
        raise ValueError(f"unknown rule {name!r}; known are {table.index.tolist()}")
    row = {column: str(value) for column, value in table.loc[name].items()}
    dominance = float(row["dominance"] or 1.0)
    if threshold is None:
        return Rule(name, int(row["threshold"]), dominance, row["status"], row["source"])
    if threshold < 2:
        raise ValueError(f"threshold must be 2 or more, got {threshold}")
    return Rule("chosen", threshold, dominance, "house rule", "chosen by the analyst")


def lay_out_tables(tables: Mapping[str, Counts]) -> pd.DataFrame:
    """
    Lay out the rows of some tables as cells, one table beneath the other.

    Parameters
    ----------
    tables : mapping of str to Counts
        Tables, by name.

    Returns
    -------
    pandas.DataFrame
        The columns of ``Gathered.cells`` but ``release``, and the name of its ``table``.
    """
    laid_out = []
    for name, counts in tables.items():
        cells = label_cells(counts.table, counts.dimensions)
        columns = {"n_persons": ["n_persons"], "n_records": ["n_records"]}
        for number, kind in (("residents", Residents), ("largest_share", LargestShare)):
            columns[number] = [one for one, m in counts.measures.items() if isinstance(m, kind)]
        for number, ones in columns.items():
            there = [one for one in ones if one in counts.table]
            cells[number] = counts.table[there[0]] if there else pd.NA
        cells = cells.astype(dict.fromkeys(NUMBERS, "Float64"))
        laid_out.append(cells.assign(before="", table=name))
    return pd.concat(laid_out, ignore_index=True)


def gather_cells(tables: Mapping[str, Counts], past: Gathered | None = None) -> Gathered:
    """
    Gather the cells of some tables; a cell that two of them share is one cell.

    Parameters
    ----------
    tables : mapping of str to Counts
        Tables, by name.
    past : Gathered, optional
        What was released before and bears upon them.

    Returns
    -------
    Gathered
        Cells in the order of the tables, then those released before.

    Raises
    ------
    ValueError
        If one cell has two counts.
    ConflictError
        If a cell was released with another count.
    """
    stack = lay_out_tables(tables).assign(release=pd.Series(dtype="Int64"))
    if past is not None and len(past.cells):
        stack = pd.concat([stack, past.cells.assign(table=PAST)], ignore_index=True)
    counted = stack[stack["n_persons"].notna() | stack["before"].ne("")]
    groups = counted.groupby(list_labels(), sort=False)
    _check_one_count(groups)
    firsts = dict.fromkeys([*NUMBERS, "release"], "first")
    cells = groups.agg({**firsts, "before": "max"}).reset_index()
    number = groups.ngroup().reindex(stack.index, fill_value=-1)
    places = {name: number[stack["table"].eq(name)].to_numpy() for name in tables}
    at = number[stack["table"].eq(PAST)].tolist()
    known = [
        ([(at[cell], unit, by) for cell, unit, by in terms], low, high)
        for terms, low, high in (past.known if past else ())
    ]
    return Gathered(cells, known, places)


def find_reasons(gathered: Gathered, rule: Rule, *, sensitive: Sequence[str]) -> pd.Series:
    """
    Say why each cell is hidden for itself.

    Parameters
    ----------
    gathered : Gathered
        The cells.
    rule : Rule
        Threshold and dominance.
    sensitive : sequence of str
        Categories that nobody, or everybody, in a cell must not be known to have.

    Returns
    -------
    pandas.Series of str, shape (n_cells,)
        The first that holds of ``small``, ``denominator``, ``dominance``, ``group`` and
        ``earlier``, or empty: fewer persons than the threshold, but not none; fewer
        residents to divide by; one contributor with too large a share; nobody in the cell with
        a sensitive category; hidden in an earlier release.
    """
    cells = gathered.cells
    persons = cells["n_persons"].astype("Float64")
    peopled = pd.Series(True, index=cells.index)
    for cell, whole in pair_with_any(cells, np.ones(len(cells), dtype=bool)):
        peopled.iloc[cell] = bool(persons.gt(0).fillna(False).iloc[whole])
    reasons = pd.Series("", index=cells.index)
    tests = {
        "earlier": cells["before"].eq("suppressed"),
        "group": guard_groups(cells, sensitive) & persons.eq(0) & peopled,
        "dominance": cells["largest_share"].gt(rule.dominance) & persons.gt(0),
        "denominator": cells["residents"].lt(rule.threshold) & persons.gt(0),
        "small": persons.between(1, rule.threshold - 1),
    }
    for name, holds in tests.items():  # a later reason counts before an earlier one
        reasons = reasons.mask(holds.fillna(False).astype(bool), name)
    return reasons


def guard_groups(cells: pd.DataFrame, sensitive: Sequence[str]) -> pd.Series:
    """
    Find the cells of sensitive categories of a group set apart.

    A group of people is set apart by a place, a laboratory, a sex or an age: then *nobody* or
    *everybody* tells of each of them. What-ifs tell of nobody.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels.
    sensitive
        See the glossary of `analysis.disclosure`.

    Returns
    -------
    pandas.Series of bool, shape (n_cells,)
        Whether a cell is one of these, same index.
    """
    judged = [name for name, one in DIMENSIONS.items() if one.is_judged and name in cells]
    is_real = (cells[judged] == ALL).all(axis=1)
    return cells[CATEGORY].isin(sensitive) & find_groups(cells) & is_real


def pair_with_any(cells: pd.DataFrame, chosen: Bools) -> list[tuple[int, int]]:
    """
    Pair some cells, each with that of any data of the same persons.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels.
    chosen : numpy.ndarray of bool, shape (n_cells,)
        Cells to pair.

    Returns
    -------
    list of (int, int)
        Position of each, and of the cell that differs from it only by the category ``any``; those
        without such a cell are left out.
    """
    others = [name for name in list_labels() if name != CATEGORY]
    keys = pd.MultiIndex.from_frame(cells[others])
    whole = cells[CATEGORY].eq(ANY).to_numpy()
    of_any = dict(zip(keys[whole], np.flatnonzero(whole), strict=True))
    rows = np.flatnonzero(chosen).tolist()
    return [(row, int(of_any[keys[row]])) for row in rows if keys[row] in of_any]


def _check_one_count(groups: pd.api.typing.DataFrameGroupBy) -> None:
    for name in ("n_persons", "n_records"):
        twice = groups[name].nunique()
        if not (twice > 1).any():
            continue
        cell = dict(zip(list_labels(), twice.index[twice > 1][0], strict=True))
        those = groups.get_group(tuple(cell.values()))
        if those["release"].notna().any():
            raise ConflictError(
                f"{describe_releases(those)} showed another {name} than is counted now; their "
                "difference would tell of single persons: restore the records that were counted "
                "then, or leave this cell out"
            )
        raise ValueError(f"one cell has two counts in column {name}: {cell}; count it once")
