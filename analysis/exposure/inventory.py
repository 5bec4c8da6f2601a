"""Say what a file holds, field by field, and put it beside what was published."""

from __future__ import annotations

import duckdb
import pandas as pd

from analysis import reference
from analysis.store import Breach

PRESCRIBER = ("prescriber_last_name", "prescriber_first_name", "prescriber_postal_code")
SAMPLER = ("sampler_last_name", "sampler_first_name", "sampler_postal_code")


def count_filled(breach: Breach) -> pd.DataFrame:
    """
    Count, for every field, the records and persons that fill it and its distinct values.

    Parameters
    ----------
    breach : Breach
        A stored breach.

    Returns
    -------
    pandas.DataFrame
        One row per field of the data dictionary, in its order: ``category``, its labels,
        ``n_records`` and ``n_persons`` [that fill it], ``share`` [of all records, 0 to 1],
        ``n_distinct`` [values], ``status``; missing where the file has no such column.
    """
    fields = reference.read_dictionary()
    columns = _columns(breach)
    present = [name for name in fields.index if name in columns]
    counts = ", ".join(
        f'count("{n}"), count(distinct person_id) filter ("{n}" is not null), count(distinct "{n}")'
        for n in present
    )
    row = query_records(
        breach, f"select count(*), {counts} from joined", persons="linked"
    ).fetchone() or (0,)
    table = fields[["category", "label_en", "label_fr"]].copy()
    for position, name in enumerate(("n_records", "n_persons", "n_distinct"), start=1):
        values = pd.Series(row[position::3], index=present).reindex(fields.index)
        table[name] = values.astype("Int64")
    table["share"] = (table["n_records"] / row[0]).astype("Float64")
    table["status"] = _name_status(table["n_persons"])
    return table.rename_axis("field").reset_index()


def count_by_postal_code(breach: Breach) -> pd.Series:
    """
    Count persons by the postal code of their home, as written.

    Parameters
    ----------
    breach : Breach
        A stored breach, linked.

    Returns
    -------
    pandas.Series of int
        Persons [persons], indexed by ``postal_code``; None for lines without one. A person with
        two codes counts at both.
    """
    sql = "select postal_code, count(distinct person_id) as n from joined group by 1 order by 1"
    table = query_records(breach, sql, persons="linked").df()
    codes = table["postal_code"].astype(object).where(table["postal_code"].notna(), None)
    return pd.Series(table["n"].to_numpy(), index=pd.Index(codes, dtype=object), name="n_persons")


def count_third_persons(breach: Breach) -> pd.DataFrame:
    """
    Count the professionals named beside the patients: other persons, with rights of their own.

    Parameters
    ----------
    breach : Breach
        A stored breach with prescribers and samplers.

    Returns
    -------
    pandas.DataFrame
        One row for prescribers and one for samplers: ``n_records`` [records that name one],
        ``n_persons`` [distinct name and postal code], ``n_emails`` [distinct addresses].

    Notes
    -----
    Two professionals of one name in one postal code count as one.
    """
    rows = []
    for category, parts in (("prescriber", PRESCRIBER), ("sampler", SAMPLER)):
        email = "count(distinct prescriber_email)" if category == "prescriber" else "0"
        counted = query_records(
            breach,
            f"select count({parts[0]}), "
            f"count(distinct ({', '.join(parts)})) filter ({parts[0]} is not null), {email} "
            "from filled_up",
        ).fetchone()
        rows.append((category, *(counted or ())))
    names = ["category", "n_records", "n_persons", "n_emails"]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:], "Int64"))
    return table.assign(status=_name_status(table["n_persons"]))


def _name_status(n_persons: pd.Series) -> pd.Series:
    status = pd.Series("shown", index=n_persons.index)
    return status.mask(n_persons.eq(0).fillna(False), "none").mask(n_persons.isna(), "absent")


def _columns(breach: Breach) -> list[str]:
    return [row[0] for row in query_records(breach, "describe select * from records").fetchall()]


def query_records(breach: Breach, sql: str, *, persons: str = "truth") -> duckdb.DuckDBPyConnection:
    """
    Ask the raw records.

    ``filled_up`` adds the fields that the file lacks, all missing; ``joined`` the person as
    well, linked or true (linked where the truth is not known), and the group.
    """
    connection = duckdb.connect()
    folder = str(breach.folder)
    groups = pd.DataFrame(breach.manifest["laboratories"])
    groups = groups.reindex(columns=["laboratory_id", "laboratory_group"]).astype(object)
    connection.register("laboratories", groups)
    connection.execute(
        f"create view records as select * from read_parquet('{folder}/records/*.parquet')"
    )
    present = [row[0] for row in connection.execute("describe records").fetchall()]
    lacking = [name for name in reference.read_dictionary().index if name not in present]
    columns = ", ".join(["*", *(f"null::varchar as {name}" for name in lacking)])
    connection.execute(f"create view filled_up as select {columns} from records")
    if not (breach.folder / persons).is_dir():
        persons = "linked"
    connection.execute(
        f"create view joined as select r.*, t.person_id, "
        f"l.laboratory_group = 'published' as is_published_group from filled_up r "
        f"join read_parquet('{folder}/{persons}/part-*.parquet') t using (record_id) "
        f"left join laboratories l using (laboratory_id)"
    )
    return connection.execute(sql)
