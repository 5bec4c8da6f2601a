"""How the values of each column are written: by what the column is declared to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import reference
from analysis.published import CONDITIONAL
from analysis.reporting import wording
from analysis.reporting.wording import current_language, find_row, format_number, has_text, text

COLUMNS = Path(__file__).parent / "columns.csv"
NO_NUMBER = "–"
NUMBERLESS = ("suppressed", "absent", "missing")
LONG_AGO = 1900
WORD = re.compile(r"[a-z]+(?: [a-z]+)*")
NUMBERS = ("count", "number", "decimal", "share", "fine_share", "rate")


def write_heading(column: str) -> str:
    """
    Write the heading of a column.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.

    Returns
    -------
    str
        The heading.

    Raises
    ------
    KeyError
        If the column is not declared.

    Examples
    --------
    >>> write_heading("n_records")
    'records'
    """
    return find_row(COLUMNS, column)[current_language()]


def is_number(column: str) -> bool:
    """
    Tell whether a column holds numbers.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.

    Returns
    -------
    bool
        Whether its kind is one of `NUMBERS`.

    Raises
    ------
    KeyError
        If the column is not declared.
    """
    return find_row(COLUMNS, column)["kind"] in NUMBERS


def write_cell(column: str, row: Mapping[str, Any] | pd.Series) -> str:
    """
    Write what a row holds in a column, with the interval that goes with it.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``.
    row : mapping or pandas.Series
        Values of the row, by column.

    Returns
    -------
    str
        A count that is not shown is told by its status; anything else that is missing is a dash.

    Raises
    ------
    KeyError
        If the column is not declared, or its words do not know the value.

    Examples
    --------
    >>> write_cell("rate_per_1000", {"rate_per_1000": 5, "rate_low": 4.5, "rate_high": 5.5})
    '5.00 (4.50 to 5.50)'
    """
    declared = find_row(COLUMNS, column)
    kind, stem = declared["kind"], declared["stem"]
    if kind == "translated":
        return str(row[f"{stem}_{current_language()}"])
    if kind == "span":
        return write_span(row["window_start"], row["window_end"])
    if kind == "verdict":
        return say_verdict(row)
    value = row[column]
    if kind not in NUMBERS or not stem or pd.isna(row.get(f"{stem}_low")):
        is_told = kind == "count" and pd.isna(value) and row.get("status") in NUMBERLESS
        return text(f"status.{row['status']}") if is_told else write_value(column, value)
    return write_with_interval(value, row[f"{stem}_low"], row[f"{stem}_high"], kind)


def say_verdict(row: Mapping[str, Any] | pd.Series) -> str:
    """
    Write a verdict, with its condition where it has one.

    Parameters
    ----------
    row : mapping or pandas.Series
        Row of a judgement by `analysis.published`: ``verdict``, ``condition`` (a code) and the
        numbers that the condition names.

    Returns
    -------
    str
        The verdict.

    Raises
    ------
    KeyError
        If a code has no words, or a number of the condition is not in the row.

    Examples
    --------
    >>> say_verdict({"verdict": "conditional", "condition": "base", "value": 169_000})
    'compatible only if the share is of the 169,000 persons, not of the whole'
    """
    if row["verdict"] != CONDITIONAL:
        return text(f"verdict.{row['verdict']}")
    return text("verdict.conditional", condition=_say_condition(row))


def _say_condition(row: Mapping[str, Any] | pd.Series) -> str:
    code = row["condition"]
    if code == "unit":
        units = [{"n": format_number(n, "count"), "unit": text(unit)} for n, unit in row["units"]]
        return text("alt.join").join(text("condition.unit", **unit) for unit in units)
    if code == "base":
        return text("condition.base", n=format_number(row["value"], "count"))
    basis, share = text(f"reading.{row['reading']}"), format_number(row["share_needed"], "share")
    ratio = format_number(row["ratio_needed"], "rate")
    return text(f"condition.{code}", basis=basis, share=share, ratio=ratio)


def write_value(column: str, value: Any) -> str:
    """
    Write one value as its column is declared.

    Parameters
    ----------
    column : str
        Row of ``reporting/columns.csv``, of a kind that needs no other column.
    value : object
        What to write.

    Returns
    -------
    str
        A number, a name or a word; a dash for what is missing.

    Raises
    ------
    KeyError
        If the column is not declared, or its words do not know the value.

    Examples
    --------
    >>> write_value("sex", "F"), write_value("laboratory_id", "LAB-A"), write_value("share", 0.5)
    ('women and girls', 'laboratory LAB-A', '50.0%')
    """
    kind = find_row(COLUMNS, column)["kind"]
    if not isinstance(value, (list, tuple)) and pd.isna(value):
        return NO_NUMBER
    return format_number(value, kind) if kind in NUMBERS else NAMES[kind](column, value)


def write_with_interval(value: float, low: float, high: float, kind: str) -> str:
    """
    Write a number followed by its interval.

    Parameters
    ----------
    value, low, high : float
        The number and the ends of its interval.
    kind : str
        How `format_number` writes each of the three.

    Returns
    -------
    str
        The number, then the interval in brackets, unless both are written alike.
    """
    number, interval = format_number(value, kind), wording.format_interval(low, high, kind)
    is_exact = number == interval
    return number if is_exact else text("rate_with_interval", rate=number, interval=interval)


def write_span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """
    Write a half-open window by its first and last day.

    Parameters
    ----------
    start, end : pandas.Timestamp
        First day in, first day out.

    Returns
    -------
    str
        Both days; the last alone where the window is open towards the past.

    Examples
    --------
    >>> write_span(pd.Timestamp("2018-01-01"), pd.Timestamp("2019-01-01"))
    'from 1 January 2018 to 31 December 2018'
    """
    last = wording.format_date(end - pd.Timedelta(days=1))
    if start.year <= LONG_AGO:
        return text("span_open", last=last)
    return text("span", first=wording.format_date(start), last=last)


def name_place(code: str) -> str:
    """
    Name a département with its code, a region, or one of the two other places.

    Parameters
    ----------
    code : str
        ``dep_code`` or ``region_code``.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    KeyError
        If it is neither.

    Examples
    --------
    >>> name_place("56"), name_place("abroad")
    ('Morbihan (56)', 'Abroad')
    """
    places = _read_names("dep")
    if code not in places:
        return text(f"dep_code.{code}")
    return text("place_name", name=places[code], code=code)


@cache
def _read_names(stem: str) -> dict[str, str]:
    places = reference.read_departements()
    return dict(zip(places[f"{stem}_code"], places[f"{stem}_name"], strict=True))


def name_category(category: str) -> str:
    """
    Name a category, a group of categories, or several joined by ``+``.

    Parameters
    ----------
    category : str
        Its short name.

    Returns
    -------
    str
        Its label.

    Raises
    ------
    KeyError
        If it is neither a category nor a group.

    Examples
    --------
    >>> name_category("email"), name_category("any")
    ('E-mail address', 'Any data about the patient')
    """
    if "+" in category:
        first, last = category.rsplit("+", 1)
        return text("and", first=name_category(first), last=name_category(last))
    labels, language = reference.read_categories(), current_language()
    groups = dict(zip(labels["category_group"], labels[f"group_label_{language}"], strict=True))
    names = groups | labels[f"label_{language}"].to_dict()
    return str(names[category]) if category in names else text(f"category.{category}")


def _write_word(column: str, value: Any) -> str:
    return text(f"{column}.{value}") if value != "" else ""


def _write_words(column: str, value: str) -> str:
    return " + ".join(_write_word(column, part.strip()) for part in value.split("+"))


def _write_label(column: str, value: str) -> str:
    """Write a word that the column keeps for itself, or any other behind the column's text."""
    key = f"{column}.{value}"
    return text(key) if has_text(key) else text(column, label=value)


def _write_categories(_: str, value: str | tuple[str, ...]) -> str:
    names = value.split("+") if isinstance(value, str) else value
    return " + ".join(name_category(name) for name in names if name)


def _write_choice(column: str, value: str) -> str:
    """Write a choice, whose words have rows and whose numbers stay."""
    return WORD.sub(lambda found: text(f"{column}.{found.group()}"), value)


def _write_series(_: str, values: Sequence[Any]) -> str:
    return "; ".join(format_number(v) if isinstance(v, int | float) else str(v) for v in values)


NAMES: Mapping[str, Callable[[str, Any], str]] = {
    "place": lambda column, value: name_place(value),
    "region": lambda column, value: _read_names("region").get(value) or name_place(value),
    "category": lambda column, value: name_category(value),
    "categories": _write_categories,
    "word": _write_word,
    "words": _write_words,
    "label": _write_label,
    "choice": _write_choice,
    "flag": lambda column, value: text("yes" if value else "no"),
    "series": _write_series,
    "text": lambda column, value: str(value),
}
