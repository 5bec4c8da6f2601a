"""Count whom a stranger who knows a few facts about somebody can single out in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.exposure import CodedRecords
from analysis.impact import anonymity

# What a stranger may know of somebody: the field it stands in, and how it is read from a record
# ``r`` or its codes ``c``.
CLUES: Mapping[str, tuple[str, str]] = {
    "born_on": ("born_on", "r.born_on"),
    "birth_month": ("born_on", "date_trunc('month', r.born_on)"),
    "birth_year": ("born_on", "year(r.born_on)"),
    "age_band": ("born_on", "$age_band[c.age_band + 1]"),
    "sex": ("sex", "r.sex"),
    "postal_code": ("postal_code", "r.postal_code"),
    "dep_code": ("postal_code", "$dep_code[c.home + 1]"),
    "laboratory_id": ("laboratory_id", "r.laboratory_id"),
    "sampled_on": ("sampled_on", "r.sampled_on"),
    "sampled_month": ("sampled_on", "date_trunc('month', r.sampled_on)"),
    "prescriber": (
        "prescriber_last_name",
        "r.prescriber_last_name || coalesce(r.prescriber_postal_code, '')",
    ),
    "insurer_id": ("insurer_id", "r.insurer_id"),
    "blood_group": ("blood_group", "r.blood_group"),
}
CODED = ("dep_code", "age_band")
CROWDS = {1: "1", 2: "2–4", 5: "5–10", 11: "11+"}  # smallest crowd [persons]: its name
UNKNOWN = "unknown"
ALL = "all"
JOINED = " + "


def count_crowds(
    coded: CodedRecords,
    combinations: Sequence[Sequence[str]],
    *,
    by: Sequence[str] = (),
    among: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Count persons by the size of the crowd they stand in.

    A person's crowd is all persons of whom the file tells the same clues, the person included.

    Parameters
    ----------
    coded : CodedRecords
        The records and the person of each.
    combinations : sequence of sequence of str
        What a stranger knows, each some of `CLUES`.
    by : sequence of str, optional
        ``dep_code`` (of home) and ``age_band``: groups to count in. The crowd is looked for in the
        whole file all the same; a person of two groups counts in each.
    among : mapping of str to str, optional
        Values that the stranger knows as well; only records that carry them are looked at.

    Returns
    -------
    pandas.DataFrame
        One row per (combination, group, crowd): ``known``, ``by``, ``crowd`` (``1``, that is
        singled out; ``2–4``; ``5–10``; ``11+``; ``unknown`` where no record of the person holds
        all clues; ``all``, which the others add up to), ``n_records``, ``n_persons``, ``share``
        [of the group's persons, 0 to 1] and ``status``. Where records of one person differ, the
        smallest crowd counts. A combination with a clue that the file has no column for has
        one row, ``absent``, without numbers.

    Raises
    ------
    ValueError
        If a clue or a group is not known, or the file has no column for a group.
    """
    absent = [known for known in combinations if _list_absent(coded, [*known, *(among or {})])]
    asked = [known for known in combinations if known not in absent]
    names = dict.fromkeys([*by, *(n for known in asked for n in known), *(among or {})])
    if not asked:
        return _leave_out(absent)
    with _open_lines(coded, [*names], among or {}) as lines:
        tables = [_count_one(lines, known, by) for known in asked]
    table = pd.concat(tables, ignore_index=True)
    groups = ["known", *by]
    wholes = table.groupby(groups, as_index=False, sort=False)[["n_records", "n_persons"]].sum()
    table = pd.concat([table, wholes.assign(crowd=ALL)], ignore_index=True)
    whole = table.groupby(groups)["n_persons"].transform("max")
    table["share"] = (table["n_persons"] / whole).astype("Float64")
    table["status"] = np.where(table["n_persons"].eq(0), "none", "shown")
    table.insert(0, "category", "any")
    return pd.concat([table, _leave_out(absent)], ignore_index=True) if absent else table


def measure_classes(
    coded: CodedRecords, combinations: Sequence[Sequence[str]], *, sensitive: str
) -> pd.DataFrame:
    """
    Measure k-anonymity, l-diversity and t-closeness of what the file tells.

    Parameters
    ----------
    coded : CodedRecords
        The records and the person of each.
    combinations : sequence of sequence of str
        What a stranger knows, each some of `CLUES`.
    sensitive : str
        What the stranger wants to know, one of `CLUES`.

    Returns
    -------
    pandas.DataFrame
        Two rows per combination ``known``, measured on ``all records`` and on ``one record per
        person``, the latest: ``n_records``, ``n_persons``, ``k_anonymity``, ``l_diversity``,
        ``t_closeness``, ``status``. What is missing is a value like any other.

    Raises
    ------
    ValueError
        If a clue is not known, or the file has no column for it.
    """
    names = dict.fromkeys(["sampled_on", sensitive, *(n for c in combinations for n in c)])
    with _open_lines(coded, [*names], {}) as connection:
        query = "select * from lines order by person_id, sampled_on nulls first, record_id"
        records = connection.sql(query).df()
    clues = [name for name in names if name != "sampled_on" or sensitive == name]
    records[clues] = records[clues].apply(lambda values: pd.factorize(values)[0])
    latest = records.drop_duplicates("person_id", keep="last")
    measured = {"all records": records, "one record per person": latest}
    rows = [
        {
            "category": "any",
            "known": JOINED.join(known),
            "measured_on": name,
            "n_records": len(lines),
            "n_persons": len(latest),
            "k_anonymity": anonymity.k_anonymity(lines, known),
            "l_diversity": anonymity.l_diversity(lines, known, sensitive),
            "t_closeness": anonymity.t_closeness(lines, known, sensitive),
            "status": "shown",
        }
        for known in combinations
        for name, lines in measured.items()
    ]
    return pd.DataFrame(rows).astype({"n_records": "Int64", "n_persons": "Int64"})


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


def _list_absent(coded: CodedRecords, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in CLUES and CLUES[name][0] in coded.absent]


def _leave_out(combinations: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Return a row without numbers for each combination with a clue that is absent."""
    named = [JOINED.join(known) for known in combinations]
    cells = {"category": "any", "known": named, "crowd": ALL, "n_records": None}
    table = pd.DataFrame({**cells, "n_persons": None, "share": None, "status": "absent"})
    return table.astype({"n_records": "Int64", "n_persons": "Int64", "share": "Float64"})


def _open_lines(
    coded: CodedRecords, names: Sequence[str], among: Mapping[str, str]
) -> duckdb.DuckDBPyConnection:
    """Put the clues of all records into a table ``lines`` of a database in memory."""
    unknown = [name for name in names if name not in CLUES]
    absent = _list_absent(coded, names)
    if unknown or absent:
        raise ValueError(f"unknown clues {unknown}; clues that the file has no column for {absent}")
    selected = ", ".join(f"{CLUES[name][1]} as {name}" for name in names)
    matched = " and ".join(["true", *(f"{CLUES[name][1]} = ${name}_among" for name in among)])
    values: dict[str, Any] = {
        name: coded.meanings[name] for name in CODED if f"${name}[" in selected
    }
    values |= {f"{name}_among": value for name, value in among.items()}
    folder = coded.breach.folder
    connection = duckdb.connect()
    connection.execute(
        f"create table lines as select record_id, person_id, {selected} "
        f"from read_parquet('{folder}/records/*.parquet') r "
        f"join read_parquet('{folder}/{coded.persons}/part-*.parquet') t using (record_id) "
        f"join read_parquet('{folder}/coded_{coded.persons}/*.parquet') c using (record_id) "
        f"where {matched}",
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
    sizes = {"n_records": "Int64", "n_persons": "Int64"}
    return every.merge(counts, how="left").fillna(dict.fromkeys(sizes, 0)).astype(sizes)
