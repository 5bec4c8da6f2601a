"""Which cells are hidden for themselves, by which rule, before anything is subtracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure.hierarchies import (
    CATEGORY,
    WHERE,
    find_groups,
    label_cells,
    list_labels,
)
from analysis.disclosure.past import ConflictError, Known, Past, describe_releases
from analysis.disclosure.system import Bools, Floats, Ints
from analysis.exposure import (
    ALL,
    ANY,
    DIMENSIONS,
    Counts,
    LargestShare,
    Measure,
    Residents,
)

CHOSEN, PAST = "chosen", "a release before"
# Why a cell is hidden for itself, in the order in which the reasons count.
REASONS = ("small", "denominator", "dominance", "group", "earlier")


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
    return Rule(CHOSEN, threshold, dominance, "house rule", "chosen by the analyst")


@dataclass(frozen=True)
class Gathered:
    """
    The cells of all tables of a release, and of those released before, each once.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell: its labels, ``n_persons``, ``n_records`` (missing where
        they were hidden before and are not counted now), ``residents``, ``largest_share``, and
        ``before`` (``shown`` or ``suppressed`` if released before)
        and ``release``.
    places : dict of str to numpy.ndarray of int
        For each table, the cell of each row; -1 where a file has no such field.
    past : numpy.ndarray of int
        Cell of each of those released before.
    known : sequence of tuple
        What measures gave away of these (`Past`).
    """

    cells: pd.DataFrame
    places: dict[str, Ints]
    past: Ints
    known: Sequence[Known] = ()


def lay_out(
    table: pd.DataFrame, dimensions: Sequence[str], measures: Mapping[str, Measure]
) -> pd.DataFrame:
    """
    Lay out the rows of a table as cells.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell, before or behind the gate.
    dimensions : sequence of str
        Its dimensions.
    measures : mapping of str to Measure
        What its other columns are.

    Returns
    -------
    pandas.DataFrame
        The columns of ``Gathered.cells``, same index.
    """
    cells = label_cells(table, dimensions)
    columns = {"n_persons": ["n_persons"], "n_records": ["n_records"]}
    for number, kind in (("residents", Residents), ("largest_share", LargestShare)):
        columns[number] = [name for name, m in measures.items() if isinstance(m, kind)]
    for number, names in columns.items():
        missing = pd.Series(pd.NA, index=table.index)
        found = [table[name] for name in names if name in table]
        cells[number] = (found[0] if found else missing).astype("Float64")
    return cells.assign(before="")


def gather_cells(tables: Mapping[str, Counts], past: Past | None = None) -> Gathered:
    """
    Gather the cells of some tables; a cell that two of them share is one cell.

    Parameters
    ----------
    tables : mapping of str to Counts
        Tables, by name.
    past : Past, optional
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
    labels = list_labels()
    stack = pd.concat([lay_out_tables(tables), _as_rows(past)], ignore_index=True)
    counted = stack[stack["n_persons"].notna() | stack["before"].ne("")]
    groups = counted.groupby(labels, sort=False)
    _check_one_count(groups)
    cells = groups.agg(
        n_persons=("n_persons", "first"),
        n_records=("n_records", "first"),
        residents=("residents", "first"),
        largest_share=("largest_share", "first"),
        before=("before", "max"),
        release=("release", "first"),
    ).reset_index()
    number = groups.ngroup().reindex(stack.index, fill_value=-1)
    places = {name: number[stack["table"].eq(name)].to_numpy() for name in tables}
    before = number[stack["table"].eq(PAST)].to_numpy()
    return Gathered(cells, places, before, past.known if past else ())


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
        What `lay_out` returns for each, and the name of its ``table``.
    """
    rows = [
        lay_out(counts.table, counts.dimensions, counts.measures).assign(table=name)
        for name, counts in tables.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _as_rows(past: Past | None) -> pd.DataFrame:
    """Lay out what was released before as the cells of one more table."""
    if past is None or past.cells.empty:
        return pd.DataFrame({"release": pd.Series(dtype="Int64")})
    return past.cells.assign(table=PAST)


def find_reasons(gathered: Gathered, rule: Rule, *, sensitive: Sequence[str]) -> pd.Series:
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


def bound_persons(cells: pd.DataFrame) -> Floats:
    """
    Return the most persons that anybody would believe in each cell.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels and its ``residents`` [persons].

    Returns
    -------
    numpy.ndarray of float, shape (n_cells,)
        Residents of a cell of people who live there [persons]; infinite for all others, and where
        they are missing.
    """
    at_home = cells[WHERE].str.startswith("home/")
    residents = cells["residents"].astype("Float64").where(at_home)
    return residents.fillna(np.inf).to_numpy(dtype=float)


def _is_peopled(cells: pd.DataFrame, rule: Rule) -> pd.Series:
    peopled = pd.Series(True, index=cells.index)
    for cell, whole in pair_with_any(cells, np.ones(len(cells), dtype=bool)):
        persons = cells["n_persons"].iloc[whole]
        peopled.iloc[cell] = bool(pd.notna(persons) and persons > 0)
    return peopled


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


def list_hideable(cells: pd.DataFrame) -> Bools:
    """
    Return which cells may be hidden.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell: ``n_persons`` [persons] and ``before``, as in `Gathered`.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        True for cells that are not zero, nor missing, nor public already.
    """
    persons = cells["n_persons"].astype("Float64").gt(0).fillna(False)
    return (persons & cells["before"].ne("shown")).to_numpy(dtype=bool)
