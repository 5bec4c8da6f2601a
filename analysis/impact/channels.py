"""Find by which channels each person of a file can be told in private."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from analysis import reference
from analysis.exposure import ANY, CodedRecords

ADULT_AT = 18  # [years]
CELLS = ("dep_code", "laboratory_id")
FLAGS = (
    "has_email",
    "has_own_email",
    "has_mobile",
    "has_own_mobile",
    "has_landline",
    "has_address",
    "is_sensitive",
    "is_minor",
    "has_parent",
)
USED = ("email", "mobile", "landline", "address", "postal_code", "born_on", "nir")
# An e-mail address is shared if two persons have it; a number, if they live together.
SHARED_WITHIN = {"email": "email", "mobile": "mobile, address, postal_code"}
PEOPLE = """
    select who, count(*) as n_records,
        coalesce(arg_max(home, (sampled_on, record_id)) filter (home <> {unknown}), {unknown})
            as dep_code,
        bool_or(email is not null) as has_email,
        bool_or(email is not null and not email_is_shared) as has_own_email,
        bool_or(mobile is not null) as has_mobile,
        bool_or(mobile is not null and not mobile_is_shared) as has_own_mobile,
        bool_or(landline is not null) as has_landline,
        bool_or(address is not null and postal_code is not null) as has_address,
        bool_or(filled & {mask} <> 0) as is_sensitive,
        coalesce(max(born_on) > date '{adult_since}', false) as is_minor,
        is_minor and bool_or(nir is not null and nir_is_adults) as has_parent
    from lines group by who
"""
JOINED = """
    (select who, laboratory_id, count(*) as n_records from lines group by all)
    join (select * exclude (n_records) from people) using (who)
"""


def count_reach(
    coded: CodedRecords,
    *,
    told_on: date,
    sensitive: Sequence[str] = ("comments",),
    by: str | None = None,
) -> pd.DataFrame:
    """
    Count persons by the channels they can be reached on.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach; the raw records beside them are read for who shares what.
    told_on : datetime.date
        Day the persons are told; who is younger than 18 on it is a minor.
    sensitive : sequence of str
        Categories whose presence makes a message harmful in the wrong hands; the default takes
        any comment for sensitive, whatever a reader of comments made of it.
    by : {'dep_code', 'laboratory_id'}, optional
        What makes a cell: the département of the latest known home, or each laboratory that
        holds a record of the person, who then counts in each.

    Returns
    -------
    pandas.DataFrame
        One row per cell and combination of `FLAGS` that occurs, with ``n_records`` [records] and
        ``n_persons`` [persons]; for ``dep_code`` with ``place``.

    Raises
    ------
    ValueError
        If `by` is anything else, a category is unknown, or it is read from comments that nobody
        read: everybody would seem safe to tell anyhow.

    Notes
    -----
    An e-mail address is a person's own (``has_own_email``) if nobody else in the file has it; a
    mobile, if nobody at the same address has it (lines without one count as one address). A
    minor's parent is in the file (``has_parent``) if an adult of the file carries the number
    (NIR) on the minor's line. Where birth dates differ between lines the youngest counts.
    """
    if by not in (None, *CELLS):
        raise ValueError(f"by must be one of {CELLS} or None, got {by!r}")
    people = _gather_people(coded, told_on, _sensitive_mask(coded, sensitive))
    cell = f"{by}, " if by else ""
    source = JOINED if by == "laboratory_id" else "people"
    table = people.execute(
        f"select {cell}{', '.join(FLAGS)}, sum(n_records) as n_records, count(*) as n_persons "
        f"from {source} group by all order by all"
    ).df()
    if by:
        table[by] = pd.Series(coded.meanings[by]).reindex(table[by]).to_numpy()
    if by == "dep_code":
        table.insert(0, "place", "home")
    return table.astype({"n_records": "Int64", "n_persons": "Int64"})


def count_channels(reach: pd.DataFrame) -> pd.DataFrame:
    """
    Count the persons whom each channel reaches, whoever else it reaches too.

    Parameters
    ----------
    reach : pandas.DataFrame
        As made by `count_reach`.

    Returns
    -------
    pandas.DataFrame
        One row per cell and ``channel``: ``all`` persons; with an ``email``, a ``mobile``, a
        ``landline``, a ``letter``; by ``letter_only``; by ``none`` of these. ``n_records``,
        ``n_persons`` and ``status``, ready for the gate.
    """
    electronic = reach["has_email"] | reach["has_mobile"] | reach["has_landline"]
    groups = {
        "all": pd.Series(True, index=reach.index),
        "email": reach["has_email"],
        "mobile": reach["has_mobile"],
        "landline": reach["has_landline"],
        "letter": reach["has_address"],
        "letter_only": reach["has_address"] & ~electronic,
        "none": ~reach["has_address"] & ~electronic,
    }
    return count_groups(reach, groups, name="channel")


def count_care(reach: pd.DataFrame) -> pd.DataFrame:
    """
    Count the persons who must be told with care.

    Parameters
    ----------
    reach : pandas.DataFrame
        As made by `count_reach`.

    Returns
    -------
    pandas.DataFrame
        One row per cell and ``care``: minors ``minor_parent`` (told through a parent who is in
        the file) and ``minor_other`` (through whoever represents them); ``sensitive`` persons;
        among them ``sensitive_shared``, who have an e-mail or a mobile but none that is theirs
        alone, ``sensitive_minor``; and ``deceased``, which the file does not say.
    """
    alone = reach["has_own_email"] | reach["has_own_mobile"]
    electronic = reach["has_email"] | reach["has_mobile"]
    groups = {
        "minor_parent": reach["is_minor"] & reach["has_parent"],
        "minor_other": reach["is_minor"] & ~reach["has_parent"],
        "sensitive": reach["is_sensitive"],
        "sensitive_shared": reach["is_sensitive"] & electronic & ~alone,
        "sensitive_minor": reach["is_sensitive"] & reach["is_minor"],
        "deceased": pd.Series(False, index=reach.index),
    }
    counts = count_groups(reach, groups, name="care")
    unknown = counts["care"].eq("deceased")
    counts.loc[unknown, ["n_records", "n_persons"]] = pd.NA
    counts["status"] = counts["status"].mask(unknown, "absent")
    return counts


def count_groups(reach: pd.DataFrame, groups: dict[str, pd.Series], *, name: str) -> pd.DataFrame:
    """
    Add up the persons of some groups, cell by cell.

    Parameters
    ----------
    reach : pandas.DataFrame
        As made by `count_reach`.
    groups : dict of str to pandas.Series of bool
        The rows of `reach` that belong to each group; they may overlap.
    name : str
        Column that names the group.

    Returns
    -------
    pandas.DataFrame
        The complete grid: one row per cell and group, ``n_records``, ``n_persons``, ``status``.
    """
    cells = [cell for cell in ("place", *CELLS) if cell in reach]
    counts = []
    for group, rows in groups.items():
        kept = reach[["n_records", "n_persons"]].where(rows, 0)
        summed = kept.groupby([reach[c] for c in cells]).sum() if cells else kept.sum().to_frame().T
        counts.append(summed.reset_index(drop=not cells).assign(**{name: group}))
    table = pd.concat(counts, ignore_index=True).astype(
        {"n_records": "Int64", "n_persons": "Int64"}
    )
    table = table[[*cells, name, "n_records", "n_persons"]].assign(category=ANY, status="shown")
    if "dep_code" in table:
        elsewhere = {"unknown": "unknown place", "abroad": "abroad"}
        table["status"] = table["dep_code"].map(elsewhere).fillna("shown")
    table["status"] = table["status"].mask(table["n_persons"].eq(0), "none")
    return table


def _gather_people(coded: CodedRecords, told_on: date, sensitive: int) -> duckdb.DuckDBPyConnection:
    """Put all lines and, one row each, all persons into a database of this process."""
    connection = duckdb.connect()
    connection.execute(f"create temp table lines as {_select_lines(coded, told_on)}")
    people = PEOPLE.format(
        unknown=coded.meanings["dep_code"].index("unknown"),
        mask=sensitive,
        adult_since=_adult_since(told_on),
    )
    connection.execute(f"create temp table people as {people}")
    return connection


def _sensitive_mask(coded: CodedRecords, sensitive: Sequence[str]) -> int:
    fields = reference.select_fields(list(sensitive))
    if unread := sorted({*fields} & {*coded.absent} & {*reference.list_topics()}):
        raise ValueError(f"no comment was read, so {unread} are unknown; use 'comments' instead")
    return coded.field_mask(fields)


def _select_lines(coded: CodedRecords, told_on: date) -> str:
    """Write the query for all lines: coded numbers, contact details, and who shares them."""
    present = pq.read_schema(coded.breach.partitions("records")[0]).names
    details = ", ".join(_select_detail(name, present) for name in USED)
    numbered = " union all ".join(
        f"select ({number}::bigint << 32) + person as who, * from read_parquet('{path}')"
        for number, path in enumerate(coded.partitions)
    )
    records = [str(path) for path in coded.breach.partitions("records")]
    lines = (
        f"select c.*, {details} from ({numbered}) c "
        f"join read_parquet({records}) r using (record_id)"
    )
    shared = ", ".join(
        f"min(who) over (partition by {key}) <> max(who) over (partition by {key}) "
        f"as {name}_is_shared"
        for name, key in SHARED_WITHIN.items()
    )
    adult = f"bool_or(born_on <= date '{_adult_since(told_on)}') over (partition by nir)"
    return f"select *, {shared}, {adult} as nir_is_adults from ({lines})"


def _select_detail(name: str, present: Sequence[str]) -> str:
    """Select a field of a record, as typed by anybody; a field the file lacks is empty."""
    if name not in present:
        return f"cast(null as {'date' if name == 'born_on' else 'varchar'}) as {name}"
    if name == "born_on":
        return f"r.{name}"
    return f"nullif(lower(trim(r.{name})), '') as {name}"


def _adult_since(told_on: date) -> date:
    """Return the last birthday of somebody who is an adult on a day."""
    return (pd.Timestamp(told_on) - pd.DateOffset(years=ADULT_AT)).date()
