"""Measure how alike the rows of a table are: k-anonymity, l-diversity, t-closeness."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def size_classes(rows: pd.DataFrame, clues: Sequence[str]) -> pd.Series:
    """
    Count, for each row, the rows that no clue tells from it, itself included.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per record or per person.
    clues : sequence of str
        Columns that a stranger may know; a missing value is a value like any other.

    Returns
    -------
    pandas.Series of int
        1 or more, in the order of `rows`; 1 means that the clues single the row out.

    Raises
    ------
    ValueError
        If there is no clue, or no row.
    KeyError
        If a clue is not a column.

    Examples
    --------
    >>> rows = pd.DataFrame({"sex": ["F", "F", "M"], "year": [1980, 1980, 1980]})
    >>> size_classes(rows, ["sex", "year"]).tolist()
    [2, 2, 1]
    """
    _check(rows, clues)
    return _classes(rows, clues)[clues[0]].transform("size").astype(int)


def k_anonymity(rows: pd.DataFrame, clues: Sequence[str]) -> int:
    """
    Return the size of the smallest class.

    Examples
    --------
    >>> k_anonymity(pd.DataFrame({"sex": ["F", "F", "M"]}), ["sex"])
    1
    """
    return int(size_classes(rows, clues).min())


def l_diversity(rows: pd.DataFrame, clues: Sequence[str], sensitive: str) -> int:
    """
    Return the fewest distinct values of a sensitive column within a class.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per record or per person.
    clues : sequence of str
        Columns that a stranger may know.
    sensitive : str
        Column that the stranger wants to know; a missing value is a value like any other.

    Returns
    -------
    int
        1 or more; 1 means that some class gives the value away to who knows the clues.

    Raises
    ------
    ValueError
        If there is no clue, or no row.
    KeyError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"sex": ["F", "F", "M"], "illness": ["a", "b", "a"]})
    >>> l_diversity(rows, ["sex"], "illness")
    1
    """
    _check(rows, [*clues, sensitive])
    return int(_classes(rows, clues)[sensitive].nunique(dropna=False).min())


def t_closeness(rows: pd.DataFrame, clues: Sequence[str], sensitive: str) -> float:
    """
    Return how far the values of a class can be from those of all rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per record or per person.
    clues : sequence of str
        Columns that a stranger may know.
    sensitive : str
        Column that the stranger wants to know; a missing value is a value like any other.

    Returns
    -------
    float
        Largest distance over classes, 0 (all classes look like the whole) to 1.

    Raises
    ------
    ValueError
        If there is no clue, or no row.
    KeyError
        If a column is missing.

    Notes
    -----
    All values are equally far from each other, so that the earth mover's distance is half the sum
    of absolute differences of shares [1]_, which is the sum of the positive ones.

    References
    ----------
    .. [1] N. Li, T. Li, S. Venkatasubramanian, "t-Closeness", ICDE 2007.

    Examples
    --------
    >>> rows = pd.DataFrame({"sex": ["F", "F", "M", "M"], "illness": ["a", "a", "a", "b"]})
    >>> t_closeness(rows, ["sex"], "illness")
    0.25
    """
    _check(rows, [*clues, sensitive])
    counts = _classes(rows, [*clues, sensitive]).size().rename("n").reset_index()
    within = counts["n"] / _classes(counts, clues)["n"].transform("sum")
    overall = _classes(counts, [sensitive])["n"].transform("sum") / len(rows)
    excess = counts.assign(excess=(within - overall).clip(lower=0))
    return float(_classes(excess, clues)["excess"].sum().max())


def _classes(rows: pd.DataFrame, clues: Sequence[str]) -> pd.api.typing.DataFrameGroupBy:
    return rows.groupby(list(clues), dropna=False, observed=True, sort=False)


def _check(rows: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in rows]
    if missing:
        raise KeyError(f"columns {missing} are not in the table; it has {rows.columns.tolist()}")
    if rows.empty or not columns:
        raise ValueError("classes need at least one row and one clue")
