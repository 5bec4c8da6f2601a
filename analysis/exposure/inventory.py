"""Say what a file holds, field by field."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from analysis import reference, store
from analysis.exposure.coding import LINKED, CodedRecords
from analysis.exposure.counting import complete_cells
from analysis.exposure.counts import Counts, Source
from analysis.exposure.measures import Attribute, Own
from analysis.store import Breach


def open_records(
    breach: Breach, *, persons: str = LINKED, coded: Sequence[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """
    Open the records of a breach to be asked in SQL.

    Parameters
    ----------
    breach : Breach
        See the glossary of `analysis.exposure`.
    persons : {'linked', 'truth'}
        Whose ``person_id`` tells persons apart.
    coded : sequence of pathlib.Path, optional
        The coded partitions of these records, if they are to be asked, too.

    Returns
    -------
    duckdb.DuckDBPyConnection
        ``records``, with every field of the data dictionary, missing where the file lacks it;
        ``persons`` and ``coded``, by ``record_id``; and ``joined``: the records with their
        ``person_id``.
    """
    views = {"records": breach.partitions("records"), "persons": breach.partitions(persons)}
    if coded:
        views["coded"] = list(coded)
    connection = store.open_views(views, schemas={"records": reference.record_schema()})
    joined = "select r.*, p.person_id from records r join persons p using (record_id)"
    connection.execute(f"create view joined as {joined}")
    return connection


def count_filled(coded: CodedRecords) -> Counts:
    """
    Count, for every field, the records and persons that fill it and its distinct values.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`.

    Returns
    -------
    Counts
        One row per ``field`` of the data dictionary, in its order: ``category``, its labels,
        ``n_records`` and ``n_persons`` [that fill it], ``share`` [of all records, 0 to 1],
        ``n_distinct`` [values], ``status``; missing where the file has no such column.
    """
    fields = reference.read_dictionary()
    counted = ", ".join(
        f'count("{n}"), count(distinct person_id) filter ("{n}" is not null), count(distinct "{n}")'
        for n in fields.index
    )
    with open_records(coded.breach, persons=coded.persons) as connection:
        row = connection.execute(f"select {counted} from joined").fetchone() or ()
    cells = fields[["category", "label_en", "label_fr"]].copy()
    for position, name in enumerate(("n_records", "n_persons", "n_distinct")):
        cells[name] = pd.array(row[position::3], dtype="Int64")
        cells[name] = cells[name].mask(cells.index.isin(coded.absent))
    n_records = coded.breach.manifest["n_records"]  # public
    cells["share"] = (cells["n_records"] / n_records).astype("Float64")
    labels = {"label_en": Attribute(), "label_fr": Attribute()}
    return complete_cells(
        cells.rename_axis("field").reset_index(),
        Source.of(coded.breach),
        measures={**labels, "n_distinct": Own(), "share": Own()},
    )


def count_by_postal_code(coded: CodedRecords) -> pd.Series:
    """
    Count persons by the postal code of their home, as written.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`.

    Returns
    -------
    pandas.Series of int
        Persons [persons], indexed by ``postal_code``; None for lines without one. A person with
        two codes counts at both. For `analysis.impact.bound_places`, not to be shown.
    """
    sql = "select postal_code, count(distinct person_id) as n from joined group by 1 order by 1"
    with open_records(coded.breach, persons=coded.persons) as connection:
        by_code = connection.sql(sql).df()
    codes = by_code["postal_code"].astype(object).where(by_code["postal_code"].notna(), None)
    return pd.Series(by_code["n"].to_numpy(), index=pd.Index(codes, dtype=object), name="n_persons")


def count_third_persons(breach: Breach) -> Counts:
    """
    Count the professionals named beside the patients: other persons, with rights of their own.

    Parameters
    ----------
    breach : Breach
        See the glossary of `analysis.exposure`; with prescribers and samplers.

    Returns
    -------
    Counts
        One row for prescribers and one for samplers: ``n_records`` [records that name one],
        ``n_persons`` [distinct name and postal code], ``n_emails`` [distinct addresses].

    Notes
    -----
    Two professionals of one name in one postal code count as one.
    """
    query = " union all ".join(
        f"select '{who}' as category, count({who}_last_name) as n_records, "
        f"count(distinct ({who}_last_name, {who}_first_name, {who}_postal_code)) "
        f"filter ({who}_last_name is not null) as n_persons, {n_emails} as n_emails from records"
        for who, n_emails in (("prescriber", "count(distinct prescriber_email)"), ("sampler", "0"))
    )
    views = {"records": breach.partitions("records")}
    schemas = {"records": reference.record_schema()}
    with store.open_views(views, schemas=schemas) as connection:
        cells = connection.sql(f"{query} order by category").df().astype({"n_emails": "Int64"})
    return complete_cells(cells, Source.of(breach), measures={"n_emails": Own()})
