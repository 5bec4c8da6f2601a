"""Texts and numbers in French and in English, with the typography of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from babel.dates import format_date as format_babel_date
from babel.numbers import format_decimal

WORDING = Path(__file__).parent / "wording.csv"
LOCALES = {"en": "en_GB", "fr": "fr_FR"}
LANGUAGES = tuple(LOCALES)
SHARE_PATTERNS = {"en": "#,##0.0%", "fr": "#,##0.0\u202f%"}
SMALLEST_SHARE = 0.001
SIGNIFICANT = "@@@"
HUNDRED = 100


@cache
def _read_wording() -> pd.DataFrame:
    return pd.read_csv(WORDING, dtype=str, keep_default_na=False).set_index("key")


def check_language(language: str) -> str:
    """
    Check that texts exist in a language.

    Parameters
    ----------
    language : str
        ``'en'`` or ``'fr'``.

    Returns
    -------
    str
        The same language.

    Raises
    ------
    ValueError
        If it is any other.

    Examples
    --------
    >>> check_language("fr")
    'fr'
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {language!r}")
    return language


def has_text(key: str) -> bool:
    """Tell whether a text of this key exists."""
    return key in _read_wording().index


def text(key: str, language: str, **values: Any) -> str:
    """
    Read a text and fill in its values.

    Parameters
    ----------
    key : str
        Row of ``reference/wording.csv``.
    language : {'en', 'fr'}
        Column of it.
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
    ValueError
        If the language is neither English nor French.

    Examples
    --------
    >>> text("place.home", "fr")
    'par département de domicile'
    >>> text("interval", "fr", low="2", high="3")
    '2 à 3'
    """
    check_language(language)
    wording = _read_wording()
    if key not in wording.index:
        nearest = get_close_matches(key, wording.index, n=3)
        raise KeyError(f"{WORDING.name} has no row {key!r}; add it, or use one of {nearest}")
    try:
        return str(wording.loc[key, language]).format(**values)
    except KeyError as error:
        raise KeyError(f"{WORDING.name}, row {key!r}, needs a value for {error}") from error


def format_count(count: float, language: str) -> str:
    """
    Write a whole number.

    Parameters
    ----------
    count : float
        Whole number to write; a missing one has no digits, name its status instead.
    language : {'en', 'fr'}
        English groups thousands by a comma, French by a narrow no-break space.

    Raises
    ------
    ValueError
        If the number is missing, or the language unknown.

    Examples
    --------
    >>> format_count(491840, "en")
    '491,840'
    >>> format_count(491840, "fr")
    '491\\u202f840'
    """
    return _format(count, language, "#,##0")


def format_number(number: float, language: str) -> str:
    """
    Write any number with three decimals at most.

    Examples
    --------
    >>> format_number(1500000, "en"), format_number(0.7201, "fr")
    ('1,500,000', '0,72')
    """
    return _format(number, language, "#,##0.###")


def format_rate(rate: float, language: str) -> str:
    """
    Write a rate with three significant digits.

    Parameters
    ----------
    rate : float
        Persons per 1,000 residents.
    language : {'en', 'fr'}
        Decides the decimal sign.

    Raises
    ------
    ValueError
        If the rate is missing, or the language unknown.

    Examples
    --------
    >>> [format_rate(rate, "fr") for rate in (0.01234, 5.306, 176.4)]
    ['0,0123', '5,31', '176']
    """
    is_large = pd.notna(rate) and rate >= HUNDRED
    return _format(rate, language, "#,##0" if is_large else SIGNIFICANT)


def format_share(share: float, language: str) -> str:
    """
    Write a share as a percentage with one decimal.

    Parameters
    ----------
    share : float
        Share, 0 to 1. One above 0 and below 0.1 % is said to be so, never written 0.0 %.
    language : {'en', 'fr'}
        French parts the sign by a narrow no-break space.

    Raises
    ------
    ValueError
        If the share is missing, or the language unknown.

    Examples
    --------
    >>> format_share(0.362, "en"), format_share(0.0002, "en")
    ('36.2%', '<0.1%')
    >>> format_share(0.362, "fr")
    '36,2\\u202f%'
    """
    pattern = SHARE_PATTERNS[check_language(language)]
    if pd.notna(share) and 0 < share < SMALLEST_SHARE:
        sign = "<" if language == "en" else "<\u202f"
        return sign + _format(SMALLEST_SHARE, language, pattern)
    return _format(share, language, pattern)


def format_date(day: date, language: str) -> str:
    """
    Write a day in full.

    Parameters
    ----------
    day : datetime.date or pandas.Timestamp
        Day to write.
    language : {'en', 'fr'}
        French writes the first of a month as an ordinal.

    Raises
    ------
    ValueError
        If the language is unknown.

    Examples
    --------
    >>> format_date(date(2021, 2, 14), "en"), format_date(date(2021, 2, 1), "fr")
    ('14 February 2021', '1er février 2021')
    """
    written = format_babel_date(day, "d MMMM y", locale=LOCALES[check_language(language)])
    return f"1er{written[1:]}" if language == "fr" and day.day == 1 else written


def format_month(day: date, language: str) -> str:
    """
    Write the month a day lies in, short.

    Examples
    --------
    >>> format_month(date(2021, 2, 14), "en"), format_month(date(2021, 2, 14), "fr")
    ('Feb 2021', 'févr. 2021')
    """
    return format_babel_date(day, "MMM y", locale=LOCALES[check_language(language)])


def format_interval(
    low: float,
    high: float,
    language: str,
    *,
    format_number: Callable[[float, str], str] = format_rate,
) -> str:
    """
    Write an interval, or one number where both ends are written alike.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    language : {'en', 'fr'}
        Decides the typography.
    format_number : callable, default `format_rate`
        Writes each end.

    Raises
    ------
    ValueError
        If an end is missing, or the language unknown.

    Examples
    --------
    >>> format_interval(175.2, 178, "fr"), format_interval(0.25, 0.37, "en")
    ('175 à 178', '0.250 to 0.370')
    """
    ends = format_number(low, language), format_number(high, language)
    return ends[0] if ends[0] == ends[1] else text("interval", language, low=ends[0], high=ends[1])


def _format(number: float, language: str, pattern: str) -> str:
    locale = LOCALES[check_language(language)]
    if pd.isna(number):
        raise ValueError("a missing number cannot be written; name the status of the cell instead")
    return format_decimal(number, format=pattern, locale=locale)
