"""What values look like: their semantic type, their date format, the contract of each field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
from stdnum.fr import nir

DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y")
SHORT_DAYS = ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%y%m%d", "%Y%m%d", "%d%m%Y")
TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%SZ", "T%H:%M:%S.%f", " %H:%M:%S.%f")
FORMATS = (*(day + time for day in DAYS for time in TIMES), *SHORT_DAYS)
FIRST_YEAR = 1900
CENTURY = 100
NIR = re.compile(r"[123478]\d{2}(0[1-9]|1[0-2]|[2-9]\d)(\d{2}|2[AB])\d{6}(\d{2})?")
POSTAL_CODE = re.compile(r"(\d{4,5}|\d{2} \d{3}|2[AB]\d{3})( CEDEX.*)?", re.IGNORECASE)
POSTAL_CODE_CITY = re.compile(r"\s*(?P<code>\d{2} ?\d{3})[\s,-]+(?P<town>\D.*)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
BLOOD_GROUP = re.compile(r"(A|B|AB|O)\s*(\+|-|POS|NEG|RH).*", re.IGNORECASE)
SEXES = {
    **dict.fromkeys(["F", "FEMME", "FEMALE", "FEMININ", "FÉMININ", "WOMAN", "2"], "F"),
    **dict.fromkeys(["M", "H", "HOMME", "MALE", "MASCULIN", "MAN", "1"], "M"),
    **dict.fromkeys(["U", "I", "X", "0", "3", "9", "INCONNU", "UNKNOWN", "INDETERMINE"], "unknown"),
}
TITLES = {"M", "MR", "MME", "MLLE", "MS", "MRS", "MISS", "MONSIEUR", "MADAME", "MADEMOISELLE"}
TITLES |= {"ENFANT", "ENF", "BEBE", "BÉBÉ", "BB", "SOEUR", "SŒUR", "DR", "PR", "CHILD", "BABY"}
_PHONE = (r"(\+33|0)[ .-]?[1-9]([ .-]?\d{2}){4}", "no French number of ten digits")
_EMAIL = (EMAIL.pattern, "no e-mail address")
_FIVE_DIGITS = (r"\d{5}", "no five digits")
# What a value should match once it is read, and what to say of one that does not.
CONTRACT = {
    "nir": (r"\d{6}[\dAB]\d{6}(\d{2})?", "no 13 digits, with or without the key of 2"),
    **dict.fromkeys(["postal_code", "prescriber_postal_code", "sampler_postal_code"], _FIVE_DIGITS),
    **dict.fromkeys(["landline", "mobile", "prescriber_phone"], _PHONE),
    **dict.fromkeys(["email", "prescriber_email"], _EMAIL),
    "sex": ("[FM]", "neither F nor M"),
}


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
        try:
            day = datetime.strptime(text, date_format).date()
            if "%y" in date_format and day > latest:
                day = day.replace(year=day.year - CENTURY)
        except ValueError:
            continue
        return day
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
        The first of the best in `FORMATS`: day before month where both fit.
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

    fits = {date_format: fit(date_format) for date_format in FORMATS}
    best = max(fits, key=lambda date_format: fits[date_format])
    return best, fits[best]


def has_valid_key(text: str) -> bool:
    """
    Say whether a NIR carries the key that its digits ask for.

    Parameters
    ----------
    text : str
        A number of 15 signs, with or without spaces.

    Returns
    -------
    bool
        False too where it is no such number.

    Examples
    --------
    >>> has_valid_key("2 95 10 99 126 111 93")
    True
    """
    return bool(nir.is_valid(text))


def is_nir(text: str) -> bool:
    """
    Say whether a text could be a NIR, with or without its key.

    Parameters
    ----------
    text : str
        A value.

    Returns
    -------
    bool
        By its digits and letters alone; spaces and points do not count.
    """
    return NIR.fullmatch(re.sub(r"[\s.]", "", text).upper()) is not None


def is_phone(text: str) -> bool:
    """
    Say whether a text could be a phone number.

    Parameters
    ----------
    text : str
        A value.

    Returns
    -------
    bool
        True for 9 to 13 digits, signs between them or not, that are no NIR.
    """
    digits = re.sub(r"[\s.()/+-]", "", text)
    return digits.isdigit() and 9 <= len(digits) <= 13 and not is_nir(text)


def _is_name(text: str) -> bool:
    return any(letter.isalpha() for letter in text) and not any(c.isdigit() for c in text)


SEMANTIC_TYPES: dict[str, Callable[[str], object]] = {
    "a social security number": is_nir,
    "an e-mail address": EMAIL.fullmatch,
    "a phone number": is_phone,
    "a postal code": POSTAL_CODE.fullmatch,
    "a postal code and a town": POSTAL_CODE_CITY.fullmatch,
    "a sex": lambda text: text.upper().strip(".") in SEXES,
    "a title": lambda text: text.upper().strip(".") in TITLES,
    "a blood group": BLOOD_GROUP.fullmatch,
    "a name": _is_name,
}


def measure_share(values: Sequence[str], semantic_type: str) -> float:
    """
    Measure how many values are of a semantic type, by what they look like.

    Parameters
    ----------
    values : sequence of str
        Some filled cells of a column.
    semantic_type : str
        One of `SEMANTIC_TYPES`.

    Returns
    -------
    float
        0 to 1; 0 if there is no value.

    Examples
    --------
    >>> measure_share(["A+", "O-", "?"], "a blood group")
    0.6666666666666666
    """
    fits = SEMANTIC_TYPES[semantic_type]
    return sum(map(bool, map(fits, values))) / len(values) if values else 0.0


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
        Records, by field and what is wrong: a value does not match the `CONTRACT` of its field, or
        somebody is born after the sample was taken. No value of a record is told.

    Examples
    --------
    >>> count_breaches(pa.table({"email": ["a@example.org", "none"]}))
    Counter({'email: no e-mail address': 1})
    """
    wrong = {
        f"{name}: {words}": pc.invert(pc.match_substring_regex(records[name], f"^({pattern})$"))
        for name, (pattern, words) in CONTRACT.items()
        if name in records.column_names
    }
    if {"born_on", "sampled_on"} <= {*records.column_names}:
        born_after = pc.greater(records["born_on"], records["sampled_on"])
        wrong["born_on: after the sample was taken"] = born_after
    return +Counter({name: pc.sum(flags).as_py() or 0 for name, flags in sorted(wrong.items())})
