"""Count whom a stranger who knows a few facts about somebody can single out in the file."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.exposure import (
    ALL,
    ANY,
    CodedRecords,
    Counts,
    Own,
    Share,
    Source,
    complete_cells,
    open_records,
)

# What a stranger may know of somebody: the field it stands in, and how it is read from a record
# ``r`` or its codes ``c``.
CLUES = pd.read_csv(Path(__file__).with_name("clues.csv"), index_col="clue")
CODED = ("dep_code", "age_band")
CROWDS = {1: "1", 2: "2–4", 5: "5–10", 11: "11+"}  # smallest crowd [persons]: its name
SIZES = {"n_records": "Int64", "n_persons": "Int64"}
UNKNOWN = "unknown"
JOINED = " + "


def count_crowds(
    coded: CodedRecords,
    combinations: Sequence[Sequence[str]],
    *,
    by: Sequence[str] = (),
    among: Mapping[str, str] | None = None,
) -> Counts:
    """
    Count persons by the size of the crowd they stand in.

    A person's crowd is all persons of whom the file tells the same clues, the person included.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`.
    combinations : sequence of sequence of str
        What a stranger knows, each some of `CLUES`.
    by : sequence of str, optional
        ``dep_code`` (of home) and ``age_band``: groups to count in. The crowd is looked for in the
        whole file all the same; a person of two groups counts in each.
    among : mapping of str to str, optional
        Values that the stranger knows as well; only records that carry them are looked at.

    Returns
    -------
    Counts
        One row per (combination, group, crowd): ``known``, ``by``, ``crowd`` (``1``, that is
        singled out; ``2–4``; ``5–10``; ``11+``; ``unknown`` where no record of the person holds
        all clues; ``all``, which the others add up to), ``n_records``, ``n_persons`` and ``share``
        [of the group's persons, 0 to 1]. Where records of one person differ, the smallest crowd
        counts. A combination with a clue that the file has no column for has
        one row, ``absent``, without numbers.

    Raises
    ------
    ValueError
        If a clue or a group is not known, or the file has no column for a group.
    """
    among = among or {}
    absent = [known for known in combinations if _list_absent(coded, [*known, *among])]
    asked = [known for known in combinations if known not in absent]
    cells = [pd.DataFrame({"known": map(JOINED.join, absent), "crowd": ALL})] if absent else []
    if asked:
        names = dict.fromkeys([*by, *chain(*asked), *among])
        with _open_lines(coded, [*names], among) as lines:
            counted = pd.concat([_count_one(lines, known, by) for known in asked])
        wholes = counted.groupby(["known", *by], as_index=False, sort=False)[[*SIZES]].sum()
        cells = [counted, wholes.assign(crowd=ALL), *cells]
    crowds = pd.concat(cells, ignore_index=True).reindex(columns=["known", *by, "crowd", *SIZES])
    crowds = crowds.astype(SIZES).assign(category=ANY)
    n_persons = crowds["n_persons"]
    met = [n_persons.isna(), n_persons.eq(0).fillna(False)]
    crowds["status"] = np.select(met, ["absent", "none"], "shown")
    if among:
        crowds["choice"] = JOINED.join(f"{name}={value}" for name, value in among.items())
    return Counts(crowds, Source.of(coded.breach)).derive("share", Share("crowd", ALL))


def measure_classes(
    coded: CodedRecords, combinations: Sequence[Sequence[str]], *, sensitive: str
) -> Counts:
    """
    Measure k-anonymity, l-diversity and t-closeness of what the file tells.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`.
    combinations : sequence of sequence of str
        What a stranger knows, each some of `CLUES`.
    sensitive : str
        What the stranger wants to know, one of `CLUES`.

    Returns
    -------
    Counts
        Two rows per combination ``known``, ``measured_on`` ``all records`` and on ``one record per
        person``, the latest: ``n_records``, ``n_persons``, and of both what `measure_rows`
        measures. What is missing is a value like any other.

    Raises
    ------
    ValueError
        If a clue is not known, or the file has no column for it.
    """
    names = dict.fromkeys(["sampled_on", sensitive, *chain(*combinations)])
    with _open_lines(coded, [*names], {}) as connection:
        query = "select * from lines order by person_id, sampled_on nulls first, record_id"
        records = connection.sql(query).df()
    clues = [name for name in names if name != "sampled_on" or sensitive == name]
    records[clues] = records[clues].apply(lambda values: pd.factorize(values)[0])
    latest = records.drop_duplicates("person_id", keep="last")
    measured = {"all records": records, "one record per person": latest}
    rows = [
        {
            "category": ANY,
            "known": JOINED.join(known),
            "measured_on": name,
            "n_records": len(lines),
            "n_persons": len(latest),
            **measure_rows(lines, known, sensitive),
        }
        for known in combinations
        for name, lines in measured.items()
    ]
    own = dict.fromkeys(("k_anonymity", "l_diversity", "t_closeness"), Own())
    return complete_cells(pd.DataFrame(rows), Source.of(coded.breach), measures=own)


def unique_share(n_residents: int, n_cells: int) -> float:
    """
    Expect the share of a population whom a combination of facts tells from everybody else.

    Parameters
    ----------
    n_residents : int
        Everybody who lives there [persons], in the file or not.
    n_cells : int
        Possible combinations, taken as equally likely: 78 years of 365 days and two sexes are
        56,940.

    Returns
    -------
    float
        0 to 1: the probability that none of the others falls into a resident's cell.

    Raises
    ------
    ValueError
        If there is no resident or no cell.

    Examples
    --------
    >>> round(unique_share(9_330, 56_940), 5)
    0.84888
    """
    if n_residents < 1 or n_cells < 1:
        raise ValueError(f"residents and cells must be positive: {n_residents}, {n_cells}")
    return float((1 - 1 / n_cells) ** (n_residents - 1))


def expect_unique(sizes: Sequence[int], *, n_cells: int) -> pd.DataFrame:
    """
    Expect whom a combination of facts singles out in places of several sizes.

    Parameters
    ----------
    sizes : sequence of int
        Residents of each place [persons].
    n_cells : int
        Possible combinations, as for `unique_share`.

    Returns
    -------
    pandas.DataFrame
        One row per place, indexed by its ``residents`` [persons]: ``n_combinations`` and
        ``unique_share`` [of the residents, 0 to 1].

    Raises
    ------
    ValueError
        As `unique_share`.
    """
    shares = [unique_share(n, n_cells) for n in sizes]
    places = pd.Index([*sizes], name="residents")
    return pd.DataFrame({"n_combinations": n_cells, "unique_share": shares}, index=places)


def _list_absent(coded: CodedRecords, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in CLUES.index and CLUES["field"][name] in coded.absent]


def _open_lines(
    coded: CodedRecords, names: Sequence[str], among: Mapping[str, str]
) -> duckdb.DuckDBPyConnection:
    """Put the clues of all records into a table ``lines`` of a database in memory."""
    unknown = [name for name in names if name not in CLUES.index]
    absent = _list_absent(coded, names)
    if unknown or absent:
        raise ValueError(f"unknown clues {unknown}; clues that the file has no column for {absent}")
    read_from = CLUES["read_from"]
    selected = ", ".join(f"{read_from[name]} as {name}" for name in names)
    matched = "".join(f" and {read_from[name]} = ${name}_among" for name in among)
    values: dict[str, Any] = {f"{name}_among": value for name, value in among.items()}
    values |= {name: coded.meanings[name] for name in CODED if name in names}
    connection = open_records(coded.breach, persons=coded.persons, coded=coded.partitions)
    connection.execute(
        f"create table lines as select record_id, person_id, {selected} from records r "
        f"join persons p using (record_id) join coded c using (record_id) where true{matched}",
        values,
    )
    return connection


def _count_one(
    lines: duckdb.DuckDBPyConnection, known: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    clues, groups = ", ".join(known), "".join(f"{name}, " for name in by)
    is_known = " and ".join(f"coalesce({name}::text, '{UNKNOWN}') <> '{UNKNOWN}'" for name in known)
    crowd = " ".join(f"when n >= {low} then '{name}'" for low, name in reversed(CROWDS.items()))
    counts = lines.sql(
        f"with seen as (select distinct person_id, {clues} from lines where {is_known}), "
        f"sized as (select person_id, count(*) over (partition by {clues}) as n from seen), "
        f"crowds as (select person_id, min(n) as n from sized group by person_id) "
        f"select {groups}case {crowd} else '{UNKNOWN}' end as crowd, "
        f"count(*) as n_records, count(distinct person_id) as n_persons "
        f"from lines left join crowds using (person_id) group by all"
    ).df()
    counts = counts.assign(known=JOINED.join(known))
    groups = counts[["known", *by]].drop_duplicates().sort_values([*by])
    every = groups.merge(pd.DataFrame({"crowd": [*CROWDS.values(), UNKNOWN]}), how="cross")
    return every.merge(counts, how="left").fillna(dict.fromkeys(SIZES, 0)).astype(SIZES)


def measure_rows(rows: pd.DataFrame, clues: Sequence[str], sensitive: str) -> dict[str, float]:
    """
    Measure how much rows tell a stranger who knows some clues.

    Rows that no clue tells from one another make a class.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per record or per person.
    clues : sequence of str
        Columns that a stranger may know; a missing value is a value like any other.
    sensitive : str
        Column that the stranger wants to know; a missing value is a value like any other.

    Returns
    -------
    dict of str to float
        ``k_anonymity``: the size of the smallest class, 1 or more [rows]; 1 means that the clues
        single some row out. ``l_diversity``: the fewest distinct values of `sensitive` within a
        class, 1 or more; 1 means that some class gives the value away to who knows the clues.
        ``t_closeness``: how far the values of a class can be from those of all rows, 0 (all
        classes look like the whole) to 1.

    Raises
    ------
    ValueError
        If there is no clue, or no row.
    KeyError
        If a column is missing.

    Notes
    -----
    For t, all values are equally far from each other, so that the earth mover's distance is half
    the sum of absolute differences of shares [1]_, which is the sum of the positive ones.

    References
    ----------
    .. [1] N. Li, T. Li, S. Venkatasubramanian, "t-Closeness", ICDE 2007.

    Examples
    --------
    >>> rows = pd.DataFrame({"sex": ["F", "F", "M", "M"], "illness": ["a", "a", "a", "b"]})
    >>> measure_rows(rows, ["sex"], "illness")
    {'k_anonymity': 2, 'l_diversity': 1, 't_closeness': 0.25}
    """
    if missing := [name for name in (*clues, sensitive) if name not in rows]:
        raise KeyError(f"columns {missing} are not in the table; it has {rows.columns.tolist()}")
    if rows.empty or not clues:
        raise ValueError("classes need at least one row and one clue")
    values = _group_alike(rows, [*clues, sensitive]).size().rename("n").reset_index()
    sizes = _group_alike(values, clues)["n"].transform("sum")
    overall = _group_alike(values, [sensitive])["n"].transform("sum") / len(rows)
    excess = (values["n"] / sizes - overall).clip(lower=0)
    classes = _group_alike(values.assign(excess=excess), clues)["excess"]
    return {
        "k_anonymity": int(sizes.min()),
        "l_diversity": int(classes.size().min()),
        "t_closeness": float(classes.sum().max()),
    }


def _group_alike(rows: pd.DataFrame, names: Sequence[str]) -> pd.api.typing.DataFrameGroupBy:
    return rows.groupby(list(names), dropna=False, observed=True, sort=False)
