"""Tell what the values of a column look like, from a sample of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from stdnum.exceptions import ValidationError
from stdnum.fr import nir

DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y")
SHORT_DAYS = ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%y%m%d", "%Y%m%d", "%d%m%Y")
TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%SZ", "T%H:%M:%S.%f", " %H:%M:%S.%f")
FORMATS = (*(day + time for day in DAYS for time in TIMES), *SHORT_DAYS)
FIRST_YEAR = 1900
CENTURY = 100
NIR = re.compile(r"[123478]\d{2}(0[1-9]|1[0-2]|[2-9]\d)(\d{2}|2[AB])\d{6}(\d{2})?")
POSTAL_CODE = re.compile(r"(\d{4,5}|\d{2} \d{3}|2[AB]\d{3})( CEDEX.*)?", re.IGNORECASE)
POSTAL_CODE_CITY = re.compile(r"\s*(\d{2} ?\d{3})[\s,-]+(\D.*)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
BLOOD_GROUP = re.compile(r"(A|B|AB|O)\s*(\+|-|POS|NEG|RH).*", re.IGNORECASE)
SEXES = {
    **dict.fromkeys(["F", "FEMME", "FEMALE", "FEMININ", "FÉMININ", "WOMAN", "2"], "F"),
    **dict.fromkeys(["M", "H", "HOMME", "MALE", "MASCULIN", "MAN", "1"], "M"),
    **dict.fromkeys(["U", "I", "X", "0", "3", "9", "INCONNU", "UNKNOWN", "INDETERMINE"], "unknown"),
}
TITLES = {"M", "MR", "MME", "MLLE", "MS", "MRS", "MISS", "MONSIEUR", "MADAME", "MADEMOISELLE"}
TITLES |= {"ENFANT", "ENF", "BEBE", "BÉBÉ", "BB", "SOEUR", "SŒUR", "DR", "PR", "CHILD", "BABY"}


def read_day(text: str, patterns: Sequence[str], *, latest: date) -> date | None:
    """
    Read a date by the first format that fits.

    Parameters
    ----------
    text : str
        What stands in the file.
    patterns : sequence of str
        Formats, tried in order.
    latest : datetime.date
        Last day that a date can be: a year of two digits that is read as later is a century off.

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
    for pattern in patterns:
        try:
            day = datetime.strptime(text, pattern).date()
            if "%y" in pattern and day > latest:
                day = day.replace(year=day.year - CENTURY)
        except ValueError:
            continue
        return day
    return None


def find_date_format(values: Sequence[str], *, latest: date) -> tuple[str, float]:
    """
    Find the date format that fits most values.

    Returns
    -------
    pattern : str
        The first of the best in `FORMATS`: day before month where both fit.
    share : float
        Values that it reads as a day from `FIRST_YEAR` to `latest`, 0 to 1; a day that cannot
        be is still a date, and counts half.

    Examples
    --------
    >>> find_date_format(["01/02/2018", "28/02/2018"], latest=date(2021, 2, 23))
    ('%d/%m/%Y', 1.0)
    """

    def fit(pattern: str) -> float:
        days = [read_day(value, [pattern], latest=latest) for value in values]
        good = [day is not None and FIRST_YEAR <= day.year <= latest.year for day in days]
        return (sum(good) + sum(day is not None for day in days)) / 2 / max(len(values), 1)

    fits = {pattern: fit(pattern) for pattern in FORMATS}
    best = max(fits, key=lambda pattern: fits[pattern])
    return best, fits[best]


def has_valid_key(text: str) -> bool:
    """
    Say whether a NIR carries the key that its digits ask for.

    Examples
    --------
    >>> has_valid_key("2 95 10 99 126 111 93")
    True
    """
    try:
        return bool(nir.validate(text))
    except ValidationError:
        return False


def is_nir(text: str) -> bool:
    """Say whether a text has the shape of a NIR, with or without its key."""
    return NIR.fullmatch(re.sub(r"[\s.]", "", text).upper()) is not None


def is_phone(text: str) -> bool:
    """Say whether a text has the shape of a phone number."""
    digits = re.sub(r"[\s.()/+-]", "", text)
    return digits.isdigit() and 9 <= len(digits) <= 13 and not is_nir(text)


def is_name(text: str) -> bool:
    """Say whether a text could be a name: letters, and no digit."""
    return any(letter.isalpha() for letter in text) and not any(c.isdigit() for c in text)


def is_text(text: str) -> bool:
    """Say whether a text is one; all are."""
    return bool(text)


SHAPES: dict[str, Callable[[str], bool]] = {
    "a social security number": is_nir,
    "an e-mail address": lambda text: EMAIL.fullmatch(text) is not None,
    "a phone number": is_phone,
    "a postal code": lambda text: POSTAL_CODE.fullmatch(text) is not None,
    "a postal code and a town": lambda text: POSTAL_CODE_CITY.fullmatch(text) is not None,
    "a sex": lambda text: text.upper().strip(".") in SEXES,
    "a title": lambda text: text.upper().strip(".") in TITLES,
    "a blood group": lambda text: BLOOD_GROUP.fullmatch(text) is not None,
    "a name": is_name,
    "text": is_text,
}


def measure_share(values: Sequence[str], shape: str) -> float:
    """
    Measure how many values have a shape.

    Returns
    -------
    float
        0 to 1; 0 if there is no value.

    Examples
    --------
    >>> measure_share(["A+", "O-", "?"], "a blood group")
    0.6666666666666666
    """
    return sum(map(SHAPES[shape], values)) / len(values) if values else 0.0
