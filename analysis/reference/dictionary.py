"""What each table must look like: the data dictionary and the contracts of tables."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pyarrow

REFERENCE = Path(__file__).parent
PLACES = ("home", "prescriber", "laboratory")
SEXES = ("F", "M", "unknown")
STATUSES = ("shown", "none", "suppressed", "unknown place", "abroad", "absent")


@cache
def _read(name: str, key: str) -> pd.DataFrame:
    path = REFERENCE / name
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if table[key].duplicated().any():
        twice = table.loc[table[key].duplicated(), key].tolist()
        raise ValueError(f"{path}: column {key} must be unique; twice: {twice}")
    return table.set_index(key)


def read_dictionary() -> pd.DataFrame:
    """
    Read the data dictionary: one row per field of a record.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``field``, in the order of the file's columns; each field has exactly one
        ``category``.
    """
    return _read("data_dictionary.csv", "field").copy()


def read_categories() -> pd.DataFrame:
    """
    Read the categories of data: one row per category.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``category``: group, what it is read from (``fields`` of the data dictionary,
        or what the ``comments`` say), data subject, labels in English and French, GDPR article
        9, and the types of ENISA, CNIL and VERIS.
    """
    table = _read("categories.csv", "category").copy()
    table["is_article_9"] = table["is_article_9"].eq("true")
    return table


def read_claims() -> pd.DataFrame:
    """
    Read the published statements of size that the project compares.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``claim_id``: subject, value as text, the units and the place basis it can be
        read in, date, the fact that carries its source, and our wording of it in two languages.
    """
    return _read("claims.csv", "claim_id").copy()


def list_patient_categories() -> list[str]:
    """
    List the categories of data about patients.

    Returns
    -------
    list of str
        In the order of the table of categories.

    Examples
    --------
    >>> list_patient_categories()[:2]
    ['identity', 'nir']
    """
    table = read_categories()
    return table.index[table["data_subject"].eq("patient")].tolist()


def list_topics() -> list[str]:
    """
    List the categories that are read from comments, in the order of their table.

    Examples
    --------
    >>> list_topics()[:3]
    ['pregnancy', 'fertility', 'hiv_status']
    """
    table = read_categories()
    return table.index[table["read_from"].eq("comments")].tolist()


def read_facts() -> pd.DataFrame:
    """
    Read the published figures the project is calibrated to.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``fact_id``: statement, value as text, unit, source and confidence.
    """
    return _read("published_facts.csv", "fact_id").copy()


def read_crosswalk() -> pd.DataFrame:
    """
    Read what the terms of three methods for severity stand beside one another for.

    Returns
    -------
    pandas.DataFrame
        One row per factor or level (``kind``): ENISA 2013, EDPB Guidelines 9/2022 (IV.B) and the
        CNIL's PIA scale, in English and French. It compares words and gives no second score.
    """
    return _read("severity_crosswalk.csv", "enisa_en").reset_index()


def read_profiles() -> pd.DataFrame:
    """
    Read the rules for small cells.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``profile``: threshold, dominance, status and source, as text.
    """
    return _read("disclosure_profiles.csv", "profile").copy()


def read_events() -> pd.DataFrame:
    """
    Read the events that timelines show, each a published fact.

    Returns
    -------
    pandas.DataFrame
        One row per event: ``event_on``, ``label_en``, ``label_fr``, ``fact_id``.
    """
    return _read("events.csv", "event_on").reset_index()


def record_schema() -> pyarrow.Schema:
    """
    Build the Arrow schema of a record from the data dictionary.

    Returns
    -------
    pyarrow.Schema
        One column per field: dates as ``date32``, everything else as text, all nullable.
    """
    arrow_type = {"text": pyarrow.string(), "date": pyarrow.date32()}
    fields = read_dictionary()["type"].items()
    return pyarrow.schema([pyarrow.field(str(name), arrow_type[kind]) for name, kind in fields])


def check_fields(columns: list[str], *, source: str) -> None:
    """
    Refuse a file whose columns the data dictionary does not know.

    Parameters
    ----------
    columns : list of str
        Column names of the file.
    source : str
        Name of the file, for the message.

    Returns
    -------
    None
        All columns are fields, and those that counts need are there.

    Raises
    ------
    ValueError
        If a column is not a field, or if the three fields that every count needs
        (``record_id``, ``laboratory_id``, ``sampled_on``) are not all there.

    Examples
    --------
    >>> check_fields(["record_id", "laboratory_id", "sampled_on", "nir"], source="my.parquet")
    """
    known = read_dictionary().index
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise ValueError(
            f"{source}: columns {unknown} are not in the data dictionary; rename them to its "
            f"fields, or add a row each to {REFERENCE.name}/data_dictionary.csv"
        )
    missing = [n for n in ("record_id", "laboratory_id", "sampled_on") if n not in columns]
    if missing:
        raise ValueError(f"{source}: columns {missing} are missing; every count needs them")


def check_known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """
    Refuse names that nobody knows.

    Parameters
    ----------
    what : str
        What they are names of, for the message.
    names : iterable of str
        The names asked for.
    known : iterable of str
        The names there are.

    Returns
    -------
    None
        All names are known.

    Raises
    ------
    ValueError
        If one is not.

    Examples
    --------
    >>> check_known("category", ["dna"], ["nir", "phone"])
    Traceback (most recent call last):
    ValueError: unknown category ['dna']; known are ['nir', 'phone']
    """
    known = list(known)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"unknown {what} {unknown}; known are {known}")


def select_fields(categories: str | list[str]) -> list[str]:
    """
    List the fields of one or more categories.

    Parameters
    ----------
    categories : str or list of str
        Names of categories.

    Returns
    -------
    list of str
        Fields in the order of the data dictionary, then topics read from comments, which stand
        for themselves.

    Raises
    ------
    ValueError
        If a category is not in the table of categories.

    Examples
    --------
    >>> select_fields(["phone", "cancer"])
    ['landline', 'mobile', 'cancer']
    """
    wanted = [categories] if isinstance(categories, str) else categories
    check_known("category", wanted, read_categories().index)
    table = read_dictionary()
    fields = table.index[table["category"].isin(wanted)].tolist()
    return fields + [topic for topic in list_topics() if topic in wanted]


def _has_persons_within_records(table: pd.DataFrame) -> pd.Series:
    if "n_records" not in table or "category" not in table:
        return pd.Series(True, index=table.index)
    within = (table["n_persons"] <= table["n_records"]).fillna(True).astype(bool)
    return within | table["category"].str.contains("+", regex=False)


def _hides_suppressed(table: pd.DataFrame) -> pd.Series:
    return table["status"].ne("suppressed") | table["n_persons"].isna()


def counts_schema() -> pa.DataFrameSchema:
    """
    Build the contract of a table of counts, before and after the gate.

    Returns
    -------
    pandera.DataFrameSchema
        Counts [records, persons] are whole and not negative, or missing; a cell's persons never
        exceed its records, where both are counted (but for ``a+b``, where a person may carry each
        on another line);
        ``status`` is one of `STATUSES`; a suppressed cell shows no count.
    """
    columns = {
        "category": pa.Column(str, required=False),
        "n_records": pa.Column("Int64", pa.Check.ge(0), nullable=True, required=False),
        "n_persons": pa.Column("Int64", pa.Check.ge(0), nullable=True),
        "status": pa.Column(str, pa.Check.isin(STATUSES)),
    }
    checks = [
        pa.Check(_has_persons_within_records, error="more persons than records"),
        pa.Check(_hides_suppressed, error="a suppressed cell shows its count"),
    ]
    return pa.DataFrameSchema(columns, checks=checks)
