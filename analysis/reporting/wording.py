"""Texts and numbers in the language of the page, French or English, with its typography."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from babel.dates import format_date as format_babel_date
from babel.numbers import format_decimal as format_babel_number

WORDING = Path(__file__).parent / "wording.csv"
LOCALES = {"en": "en_GB", "fr": "fr_FR"}
LANGUAGES = tuple(LOCALES)
SMALLEST_SHARE = 0.001
HUNDRED = 100
DUST = 1e-9  # what is left of a rate of zero after rounding errors
_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def read_texts(path: Path) -> Mapping[str, Mapping[str, str]]:
    """
    Read a table of texts.

    Parameters
    ----------
    path : pathlib.Path
        CSV file.

    Returns
    -------
    mapping of str to mapping
        Its rows by their first column; each has its texts by column.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


def set_language(language: str) -> None:
    """
    Set the language in which everything is shown from here on.

    Parameters
    ----------
    language : {'en', 'fr'}
        Language of texts, names and numbers; English before the first call.

    Returns
    -------
    None
        `current_language` returns this one.

    Raises
    ------
    ValueError
        If it is any other.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {language!r}")
    _language.set(language)


def current_language() -> str:
    """
    Return the language in which things are shown now.

    Returns
    -------
    {'en', 'fr'}
        As set last, or as spoken in the block around.
    """
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """
    Show things in a language for a while, then again in the one before.

    Parameters
    ----------
    language : {'en', 'fr'}
        Language inside the ``with`` block.

    Yields
    ------
    None
        Things are shown in the language until the block ends.

    Raises
    ------
    ValueError
        If it is any other.

    Examples
    --------
    >>> with speaking("fr"):
    ...     format_number(0.5)
    '0,5'
    >>> format_number(0.5)
    '0.5'
    """
    before = current_language()
    set_language(language)
    try:
        yield
    finally:
        set_language(before)


def has_text(key: str) -> bool:
    """
    Tell whether a text exists.

    Parameters
    ----------
    key : str
        Row of ``reporting/wording.csv``.

    Returns
    -------
    bool
        Whether there is such a row.
    """
    return key in read_texts(WORDING)


def list_keys(beginning: str) -> list[str]:
    """
    List the texts whose keys begin alike.

    Parameters
    ----------
    beginning : str
        How they begin.

    Returns
    -------
    list of str
        The rest of their keys, in the order of ``reporting/wording.csv``.

    Examples
    --------
    >>> list_keys("reading.")
    ['home', 'laboratory', 'published', 'doctors']
    """
    keys = read_texts(WORDING)
    return [key.removeprefix(beginning) for key in keys if key.startswith(beginning)]


def text(key: str, **values: Any) -> str:
    """
    Read a text and fill in its values.

    Parameters
    ----------
    key : str
        Row of ``reporting/wording.csv``.
    **values
        What the names in braces stand for, already written in the language.

    Returns
    -------
    str
        The text.

    Raises
    ------
    KeyError
        If there is no such row, or the text needs a value that is not given.

    Examples
    --------
    >>> text("interval", low="2", high="3")
    '2 to 3'
    """
    pattern = find_row(WORDING, key)[current_language()]
    try:
        return pattern.format(**values)
    except KeyError as error:
        raise KeyError(f"{WORDING.name}, row {key!r}, needs a value for {error}") from error


def find_row(path: Path, key: str) -> Mapping[str, str]:
    """
    Find a row of a table of texts.

    Parameters
    ----------
    path : pathlib.Path
        CSV file, as `read_texts` reads it.
    key : str
        First column of the row.

    Returns
    -------
    mapping of str to str
        The row, by column.

    Raises
    ------
    KeyError
        If there is no such row; the message names the nearest.
    """
    rows = read_texts(path)
    if key not in rows:
        nearest = get_close_matches(key, rows, n=3)
        raise KeyError(f"{path.name} has no row {key!r}; add it, or use one of {nearest}")
    return rows[key]


def format_number(number: float, kind: str = "number") -> str:
    """
    Write a number as numbers of its kind are.

    Parameters
    ----------
    number : float
        Number to write.
    kind : {'number', 'count', 'decimal', 'share', 'fine_share', 'rate', 'no_rate'}
        Which pattern of ``reporting/wording.csv`` it has: three decimals at most, none, two; a
        percentage with one or two decimals; three significant digits; a zero with one decimal.

    Returns
    -------
    str
        Its digits, grouped by thousands, with the signs of the language; French parts the sign
        of a percentage by a narrow no-break space. A rate of a hundred or more is written whole.
        A share above 0 and below 0.1 % is said to be so, never written 0.0 %.

    Raises
    ------
    ValueError
        If the number is missing.

    Examples
    --------
    >>> format_number(1500000), format_number(0.7201)
    ('1,500,000', '0.72')
    >>> format_number(-23.078, "decimal"), format_number(0.99789, "fine_share")
    ('-23.08', '99.79%')
    >>> [format_number(rate, "rate") for rate in (0.01234, 5.306, 176.4)]
    ['0.0123', '5.31', '176']
    >>> format_number(0.362, "share"), format_number(0.0002, "share")
    ('36.2%', '<0.1%')
    """
    if pd.isna(number):
        raise ValueError("a missing number cannot be written; name the status of the cell instead")
    if kind == "rate" and not DUST < number < HUNDRED:
        kind = "count" if number >= HUNDRED else "no_rate"
    is_tiny = kind == "share" and 0 < number < SMALLEST_SHARE
    pattern, locale = text(f"pattern.{kind}"), LOCALES[current_language()]
    written = format_babel_number(SMALLEST_SHARE if is_tiny else number, pattern, locale)
    return text("below", number=written) if is_tiny else written


def format_count(count: float) -> str:
    """
    Write a whole number.

    Parameters
    ----------
    count : float
        Whole number to write; a missing one has no digits, name its status instead.

    Returns
    -------
    str
        English groups thousands by a comma, French by a narrow no-break space.

    Raises
    ------
    ValueError
        If the number is missing.

    Examples
    --------
    >>> format_count(491840)
    '491,840'
    """
    return format_number(count, "count")


def format_date(day: date) -> str:
    """
    Write a day in full.

    Parameters
    ----------
    day : datetime.date or pandas.Timestamp
        Day to write.

    Returns
    -------
    str
        Day, month and year; French writes the first of a month as an ordinal.

    Examples
    --------
    >>> format_date(date(2021, 2, 14))
    '14 February 2021'
    """
    written = format_babel_date(day, "d MMMM y", locale=LOCALES[current_language()])
    return f"1er{written[1:]}" if current_language() == "fr" and day.day == 1 else written


def format_month(day: date) -> str:
    """
    Write the month a day lies in, short.

    Parameters
    ----------
    day : datetime.date or pandas.Timestamp
        Any day of the month.

    Returns
    -------
    str
        Month and year.

    Examples
    --------
    >>> format_month(date(2021, 2, 14))
    'Feb 2021'
    """
    return format_babel_date(day, "MMM y", locale=LOCALES[current_language()])


def format_interval(low: float, high: float, kind: str) -> str:
    """
    Write an interval, or one number where both ends are written alike.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    kind : str
        How `format_number` writes each end.

    Returns
    -------
    str
        Both ends, lowest first.

    Raises
    ------
    ValueError
        If an end is missing.

    Examples
    --------
    >>> format_interval(175.2, 178, "rate"), format_interval(0.25, 0.37, "rate")
    ('175 to 178', '0.250 to 0.370')
    """
    first, last = format_number(low, kind), format_number(high, kind)
    return first if first == last else text("interval", low=first, high=last)
