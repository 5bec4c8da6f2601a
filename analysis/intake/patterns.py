"""What values look like: their semantic type, their date format, the contract of each field."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

WORDS = Path(__file__).parent / "words.csv"
FIRST_YEAR = 1900
CENTURY = 100


@cache
def read_words(kind: str) -> dict[str, str]:
    r"""
    Read the words of a kind and what each means, in the order of the table.

    Parameters
    ----------
    kind : str
        Of headers: ``thing`` (a field of a patient, or what is named of another role), ``role``
        (whom it is about), ``filler`` (passed over), ``field`` (``role_thing`` that is called
        otherwise in the data dictionary). Of values: ``ending`` (of a field: the type of its
        values), ``type`` (its pattern, to match whole in any case; without one, it is any word
        of the kind of that name: ``a sex``, ``a title``), ``date`` (formats to try in this
        order), ``letters`` (for the parts of a format), ``placeholder`` (patterns that say that
        nothing is known). Of records: ``contract`` (what to say of a field that breaks it) and
        ``pattern`` (what such a value should match). Of an account: ``reason`` and ``remark``
        (what was done, or is to be done), ``place`` (quality of a place, and its remark). Of the
        first bytes of a file: ``signature`` (pattern, and the packing or kind it tells) and
        ``mark`` (pattern, and the encoding). And ``message``: what is said.

    Returns
    -------
    dict of str to str
        Meaning by word or words; empty where a word needs none.

    Raises
    ------
    ValueError
        If the table has a word of this kind twice.

    Examples
    --------
    >>> read_words("contract")["sex"], read_words("pattern")["neither F nor M"]
    ('neither F nor M', '[FM]')
    """
    words = pd.read_csv(WORDS, dtype=str, keep_default_na=False)
    own = words[words["kind"].eq(kind)]
    if own["words"].duplicated().any():
        raise ValueError(f"{WORDS}: a word of the kind {kind} stands twice; remove one of the rows")
    return dict(zip(own["words"], own["meaning"], strict=True))


def say(message: str, *values: Any) -> str:
    """
    Say what is wrong with a file, and what to do.

    Parameters
    ----------
    message : str
        A word of the kind ``message``.
    *values : object
        What stands in the places that it leaves open.

    Returns
    -------
    str
        The message.

    Examples
    --------
    >>> say("too much", "a.gz", 200)[:42]
    'a.gz unpacks to more than 200 times its si'
    """
    return read_words("message")[message].format(*values)


def read_day(text: str, formats: Sequence[str], *, latest: date) -> date | None:
    """
    Read a date by the first format that fits.

    Parameters
    ----------
    text : str
        What stands in the file.
    formats : sequence of str
        Formats, tried in order.
    latest : datetime.date
        As in the glossary of `analysis.intake`: a year of two digits that is read as later is a
        century off.

    Returns
    -------
    datetime.date or None
        Nothing if no format fits.

    Examples
    --------
    >>> read_day("31/12/45", ["%d/%m/%y"], latest=date(2021, 2, 23))
    datetime.date(1945, 12, 31)
    >>> read_day("31/02/2018", ["%d/%m/%Y"], latest=date(2021, 2, 23)) is None
    True
    """
    for date_format in formats:
        with suppress(ValueError):
            day = datetime.strptime(text, date_format).date()
            is_ahead = "%y" in date_format and day > latest
            return day.replace(year=day.year - CENTURY) if is_ahead else day
    return None


def find_date_format(values: Sequence[str], *, latest: date) -> tuple[str, float]:
    """
    Find the date format that fits most values.

    Parameters
    ----------
    values : sequence of str
        Some filled cells of a column.
    latest : datetime.date
        As in the glossary of `analysis.intake`.

    Returns
    -------
    date_format : str
        The first of the best in the table of words: day before month where both fit.
    share : float
        Values that it reads as a day from `FIRST_YEAR` to `latest`, 0 to 1; a day that cannot
        be is still a date, and counts half.

    Examples
    --------
    >>> find_date_format(["01/02/2018", "28/02/2018"], latest=date(2021, 2, 23))
    ('%d/%m/%Y', 1.0)
    """

    def fit(date_format: str) -> float:
        days = [read_day(value, [date_format], latest=latest) for value in values]
        good = [day is not None and FIRST_YEAR <= day.year <= latest.year for day in days]
        return (sum(good) + sum(day is not None for day in days)) / 2 / max(len(values), 1)

    fits = {date_format: fit(date_format) for date_format in read_words("date")}
    best = max(fits, key=fits.__getitem__)
    return best, fits[best]


def measure_share(values: Sequence[str], semantic_type: str) -> float:
    """
    Measure how many values are of a semantic type, by what they look like.

    Parameters
    ----------
    values : sequence of str
        Some filled cells of a column.
    semantic_type : str
        A ``type`` of `words.read_words`.

    Returns
    -------
    float
        0 to 1; 0 if there is no value.

    Examples
    --------
    >>> measure_share(["A+", "O-", "?"], "a blood group")
    0.6666666666666666
    """
    listed = rf"\.*({'|'.join(read_words(semantic_type))})\.*"
    fits = re.compile(read_words("type")[semantic_type] or listed, re.IGNORECASE).fullmatch
    return sum(fits(value) is not None for value in values) / max(len(values), 1)


def count_breaches(records: pa.Table) -> Counter[str]:
    """
    Count the records that break the contract of their fields.

    Parameters
    ----------
    records : pyarrow.Table
        Some records; any value and any column may be missing.

    Returns
    -------
    Counter of str
        Records, by field and what is wrong: a value does not match the ``contract`` of its field,
        or somebody is born after the sample was taken. No value of a record is told.

    Examples
    --------
    >>> count_breaches(pa.table({"email": ["a@example.org", "none"]}))
    Counter({'email: no e-mail address': 1})
    """
    wrong, patterns = {}, read_words("pattern")
    for name, words in read_words("contract").items():
        if name in records.column_names:
            is_kept = pc.match_substring_regex(records[name], f"^({patterns[words]})$")
            wrong[f"{name}: {words}"] = pc.invert(is_kept)
    if {"born_on", "sampled_on"} <= {*records.column_names}:
        born_after = pc.greater(records["born_on"], records["sampled_on"])
        wrong["born_on: after the sample was taken"] = born_after
    return +Counter({name: pc.sum(flags).as_py() or 0 for name, flags in sorted(wrong.items())})
