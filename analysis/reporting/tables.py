"""Write a release in words: a table to print, sentences to quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting.captions import DIMENSIONS, JOINED, name_category, name_value, write_span

WRITE: Mapping[str, Callable[[Any, str], str]] = {
    "n_records": reference.format_count,
    "n_persons": reference.format_count,
    "n_distinct": reference.format_count,
    "n_emails": reference.format_count,
    "low": reference.format_count,
    "high": reference.format_count,
    "corrected": reference.format_count,
    "corrected_low": reference.format_count,
    "corrected_high": reference.format_count,
    "rank": reference.format_count,
    "rank_low": reference.format_count,
    "rank_high": reference.format_count,
    "residents": reference.format_count,
    "share": reference.format_share,
    "rate_per_1000": reference.format_rate,
    "ratio_to_national": reference.format_rate,
}
NO_NUMBER = "–"
NUMBERLESS = ("suppressed", "absent", "missing")


def write_table(
    release: Release,
    columns: Sequence[str],
    *,
    language: str = "en",
    by: str | None = None,
    top: int | None = None,
) -> pd.DataFrame:
    """
    Write a release as a table to print.

    Parameters
    ----------
    release : Release
        What to write: any dimensions, with the numbers of `columns`.
    columns : sequence of str
        Numbers to write, among the keys of `WRITE`; a rate brings its interval along.
    language : {'en', 'fr'}
        Language of headings, names and numbers.
    by : str, optional
        Number to order the rows by, highest first; the default keeps their order.
    top : int, optional
        How many rows to keep.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by the names of the dimensions that vary. A hidden count reads as such, a
        missing rate as a dash, zero as 0.

    Raises
    ------
    TypeError
        If it is not a release.
    ValueError
        If a column is not there or has no way to be written.
    """
    table = _check(release, columns).table
    varying = [name for name in ("field", *DIMENSIONS) if name in table and _varies(table[name])]
    if by is not None:
        table = table.sort_values(by, ascending=False, na_position="last", kind="stable")
    table = table.head(len(table) if top is None else top)
    index = {
        reference.text(f"column.{name}", language): [
            _name(name, row, language) for _, row in table.iterrows()
        ]
        for name in varying
    }
    written = {
        reference.text(f"column.{name}", language): [
            _write_number(row, name, language) for _, row in table.iterrows()
        ]
        for name in columns
    }
    shown = pd.DataFrame({**index, **written}, dtype=object)
    return shown.set_index(list(index)) if index else shown


def write_sentences(release: Release, *, language: str = "en") -> str:
    """
    Write each cell of a release as a sentence that can be quoted as it stands.

    Parameters
    ----------
    release : Release
        One row per sentence, with ``n_persons``, ``status`` and perhaps a rate.
    language : {'en', 'fr'}
        Language of the sentences.

    Returns
    -------
    str
        A Markdown list: who, how many, which data, since when, on which place basis, with the
        interval of the rate; hidden and empty cells say so.

    Raises
    ------
    TypeError
        If it is not a release.
    """
    table = _check(release, ["n_persons"]).table
    notice = reference.text("synthetic_notice", language) if release.is_synthetic else ""
    lines = [f"- {_write_sentence(row, language)}" for _, row in table.iterrows()]
    return "\n".join([*lines, "", f"*{notice}*"] if notice else lines)


def translate_table(table: pd.DataFrame, *, language: str = "en") -> pd.DataFrame:
    """
    Write a small table of a page in a language.

    Parameters
    ----------
    table : pandas.DataFrame
        Headings are names of columns, or values of the dimension that ``columns.name`` says.
        What it counts comes from a release, or from facts that are public.
    language : {'en', 'fr'}
        Language of headings, words and numbers.

    Returns
    -------
    pandas.DataFrame of str
        Numbers with three decimals at most, a dash for a missing one; text that
        ``wording.csv`` does not know, such as a source, as it stands.

    Raises
    ------
    KeyError
        If a heading has no row in ``wording.csv``.

    Examples
    --------
    >>> facts = pd.DataFrame({"level": ["high"], "share": [0.25]})
    >>> translate_table(facts, language="fr").to_dict("list")
    {'gravité': ['élevée'], 'part': ['0,25']}
    """
    named = [str(name) for name in table.index.names if name is not None]
    flat = table.reset_index(named)
    across = None if table.columns.name is None else str(table.columns.name)
    written = {
        _write_heading(name, None if name in named else across, language): [
            _write_value(name, value, language) for value in flat[name]
        ]
        for name in map(str, flat)
    }
    shown = pd.DataFrame(written, index=flat.index, dtype=object)
    return shown.set_index([*shown.columns[: len(named)]]) if named else shown


def _write_heading(name: str, across: str | None, language: str) -> str:
    if across is not None:
        return name_value(across, name, language)
    return reference.text(f"column.{name.removesuffix(f'_{language}')}", language)


def _write_value(column: str, value: Any, language: str) -> str:
    if isinstance(value, (tuple, list)):
        parts = [_write_value(column, part, language) for part in value]
        return (" + " if isinstance(value[0], str) else "; ").join(parts)
    if isinstance(value, (bool, np.bool_)):
        return reference.text("yes" if value else "no", language)
    if isinstance(value, str):
        return _write_word(column, value, language)
    if pd.isna(value):
        return NO_NUMBER
    if isinstance(value, (int, float, np.number)):
        return reference.format_number(float(value), language)
    return str(value)


def _write_word(column: str, value: str, language: str) -> str:
    """Name a value that is known; of a choice, its first word."""
    if column in JOINED or reference.has_text(f"{column}.{value}"):
        return name_value(column, value, language)
    if column in ("category", "name") and value in reference.read_categories().index:
        return name_category(value, language)
    first, *rest = value.split(" ")
    if column == "choice" and reference.has_text(f"type.{first}"):
        return " ".join([reference.text(f"type.{first}", language), *rest])
    return value


def _check(release: Release, columns: Sequence[str]) -> Release:
    if not isinstance(release, Release):
        raise TypeError(
            f"only a Release is written, got {type(release).__name__}; "
            "pass the table through analysis.disclosure.release first"
        )
    unknown = [name for name in columns if name not in release.table or name not in WRITE]
    if unknown:
        raise ValueError(f"the release has no column {unknown} to write; known are {list(WRITE)}")
    return release


def _varies(column: pd.Series) -> bool:
    return len(column.dropna().unique()) > 1


def _name(dimension: str, row: pd.Series, language: str) -> str:
    if dimension == "field":
        return str(row[f"label_{language}"])
    return name_value(dimension, row[dimension], language, row=row)


def _write_number(row: pd.Series, column: str, language: str) -> str:
    if pd.isna(row[column]):
        is_count = column in ("n_records", "n_persons")
        named = is_count and row["status"] in NUMBERLESS
        return reference.text(f"status.{row['status']}", language) if named else NO_NUMBER
    number = WRITE[column](row[column], language)
    if column != "rate_per_1000" or pd.isna(row.get("rate_low")):
        return number
    interval = reference.format_interval(row["rate_low"], row["rate_high"], language)
    return reference.text("rate_with_interval", language, rate=number, interval=interval)


def _write_sentence(row: pd.Series, language: str) -> str:
    status = row["status"] if row["status"] in (*NUMBERLESS, "none") else "shown"
    values = {
        "place": name_value("dep_code", row["dep_code"], language) if "dep_code" in row else "",
        "basis": reference.text(f"place.{row['place']}", language) if "place" in row else "",
        "subject": name_value("category", row["category"], language),
        "span": write_span(row["window_start"], row["window_end"], language),
    }
    where = reference.text("say.where" if values["place"] else "say.whole", language, **values)
    if status == "shown":
        values["n"] = reference.format_count(row["n_persons"], language)
    sentence = reference.text(f"say.{status}", language, where=where, **values)
    if status != "shown" or pd.isna(row.get("rate_per_1000")):
        return sentence
    rate = _write_number(row, "rate_per_1000", language)
    return sentence + " " + reference.text("say.rate", language, rate=rate)
