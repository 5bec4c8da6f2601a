"""What one row of a public register says, register by register."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

NOTHING = frozenset({"", "\\N", "NA", "N/A"})
TICKED = frozenset({"1", "TRUE", "True", "true"})
NAME_LENGTH = 16  # of an organisation's fingerprint [hexadecimal digits]
DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})|(\d{4})-(\d{2})-(\d{2})")
MONTH = re.compile(r"(\d{4})-(\d{2})")
BETWEEN = re.compile(r"entre ([\d\s]+) et ([\d\s]+?) personnes?", re.IGNORECASE)
MORE_THAN = re.compile(r"plus de ([\d\s]+?) personnes?", re.IGNORECASE)
# Older exports write action.hacking and asset.assets.Server; newer Hacking and asset.variety.
ACTION = re.compile(r"action\.(?!notes)([A-Za-z]+)")
ASSET = re.compile(r"asset\.(?:assets|variety)\.(?!variety|amount|notes)(.+)")
DATA = re.compile(r"attribute\.confidentiality\.data\.variety\.(.+)")
COUNTRY = re.compile(r"victim\.country\.(.+)")
Row = Mapping[str, str]


class UnfitError(ValueError):
    """
    A cell that cannot be used.

    Attributes
    ----------
    column : str
        Header of the cell's column.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def simplify(header: str) -> str:
    """
    Bring a header to lower-case words parted by single spaces.

    Parameters
    ----------
    header : str
        As written: with dots, underscores, no-break spaces or doubled apostrophes.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> simplify("Name.of.Covered_Entity "), simplify("Secteur d''activité")
    ('name of covered entity', 'secteur d activité')
    """
    return " ".join(re.split(r"[\W_]+", header.casefold())).strip()


@dataclass(frozen=True)
class Parser:
    """
    How the rows of a register are read.

    Attributes
    ----------
    delimiter : str
        Between the cells of a line.
    needed : tuple of str
        Columns without which it is another kind of file.
    read : callable
        Read one row, by column name, into the fields of an incident.
    unit : str
        What the sizes count: ``individuals`` or ``records``.
    name_column : callable
        Bring a header to the name that `read` asks for.
    """

    delimiter: str
    needed: tuple[str, ...]
    read: Callable[[Row], dict[str, Any]]
    unit: str = "individuals"
    name_column: Callable[[str], str] = simplify


def fingerprint(name: str) -> str | None:
    """
    Replace an organisation's name, which can be a physician's, by a mark to match on.

    Parameters
    ----------
    name : str
        As written; case, punctuation and spaces do not count.

    Returns
    -------
    str or None
        Sixteen hexadecimal digits, or None where there is no name.

    Examples
    --------
    >>> fingerprint("St. Mary Hospital, Inc") == fingerprint("ST MARY HOSPITAL INC.")
    True
    """
    words = simplify(name)
    return hashlib.sha256(words.encode()).hexdigest()[:NAME_LENGTH] if words else None


def read_day(text: str) -> pd.Timestamp:
    """
    Read the first day that a cell names.

    Parameters
    ----------
    text : str
        ``MM/DD/YYYY``, ``YYYY-MM-DD``, or a range of them.

    Returns
    -------
    pandas.Timestamp
        The day.

    Raises
    ------
    ValueError
        If it starts with no day, or with one that no calendar has.

    Examples
    --------
    >>> read_day("03/09/2013-03/11/2013").date().isoformat()
    '2013-03-09'
    """
    matched = DAY.match(text)
    if matched is None:
        raise ValueError("not a day; write MM/DD/YYYY or YYYY-MM-DD")
    month, day, year = matched.group(1, 2, 3) if matched.group(3) else matched.group(5, 6, 4)
    return _make_day(year, month, day)


def read_count(text: str) -> int:
    """
    Read a whole number.

    Parameters
    ----------
    text : str
        Digits, with or without commas between thousands.

    Returns
    -------
    int
        The number, zero or more.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> read_count("4,900,000")
    4900000
    """
    if not re.fullmatch(r"\d+|\d{1,3}(,\d{3})+", text):
        raise ValueError("not a whole number of zero or more")
    return int(text.replace(",", ""))


def read_band(text: str) -> tuple[int, int | None]:
    """
    Read a band of persons as its bounds.

    Parameters
    ----------
    text : str
        As the French regulator writes it.

    Returns
    -------
    tuple of int and (int or None)
        Both ends included; None where the band is open.

    Raises
    ------
    ValueError
        If it is no such band, or its ends are in the wrong order.

    Examples
    --------
    >>> read_band("Entre 301 et 5000 personnes"), read_band("Plus de 5000 personnes")
    ((301, 5000), (5001, None))
    """
    if matched := MORE_THAN.fullmatch(text):
        return _join_digits(matched.group(1)) + 1, None
    matched = BETWEEN.fullmatch(text)
    if matched is None:
        raise ValueError("not a band such as 'Entre 6 et 50 personnes'")
    low, high = map(_join_digits, matched.groups())
    if low > high:
        raise ValueError("the lower end of the band is above the upper one")
    return low, high


def split_values(text: str) -> tuple[str, ...]:
    """
    Split the values of a cell.

    Parameters
    ----------
    text : str
        Values joined by a bare comma; a comma followed by a space belongs to a value.

    Returns
    -------
    tuple of str
        The values that are not empty.

    Examples
    --------
    >>> split_values("Vol, perte,Autre")
    ('Vol, perte', 'Autre')
    """
    return tuple(part.strip() for part in re.split(r",(?=\S)", text) if part.strip())


def _read_hhs(row: Row) -> dict[str, Any]:
    size = _take(row, "individuals affected", read_count, required=True)
    natures = _take(row, "type of breach", _split_commas)
    return {
        "organisation": fingerprint(row["name of covered entity"]),
        "place": _take(row, "state", _read_state),
        "sector": _take(row, "covered entity type"),
        "breached_on": _take(row, "date of breach", read_day),
        "reported_on": _take(row, "breach submission date", read_day),
        "size_low": size,
        "size_high": size,
        "natures": natures or (),
        "locations": _take(row, "location of breached information", _split_commas) or (),
    }


def _read_cnil(row: Row) -> dict[str, Any]:
    band = _take(row, "nombre de personnes impactées", read_band) or (None, None)
    return {
        "sector": _take(row, "secteur d activité de l organisme concerné"),
        "reported_on": _take(row, "date de réception de la notification", _read_month, True),
        "size_low": band[0],
        "size_high": band[1],
        "natures": _take(row, "natures de la violation", split_values) or (),
        "contents": _take(row, "typologies des données impactées", split_values) or (),
        "causes": _take(row, "causes de l incident", split_values) or (),
    }


def _read_veris(row: Row) -> dict[str, Any]:
    size = _take(row, "attribute.confidentiality.data_total", read_count)
    ticked = [name for name, cell in row.items() if cell in TICKED]
    countries = _list_values(ticked, COUNTRY)
    return {
        "organisation": fingerprint(row.get("victim.victim_id", "")),
        "place": _take(row, "victim.country") or (countries[0] if countries else None),
        "sector": _take(row, "victim.industry"),
        "breached_on": _read_parts(row, "timeline.incident", required=True),
        "reported_on": _read_parts(row, "plus.timeline.notification"),
        "size_low": size,
        "size_high": size,
        "natures": tuple(name.lower() for name in _list_values(ticked, ACTION)),
        "contents": _list_values(ticked, DATA),
        "locations": _list_values(ticked, ASSET),
    }


def _take(
    row: Row, column: str, read: Callable[[str], Any] = str, required: bool = False
) -> Any | None:
    """Read a cell; None where it says nothing or the file has no such column."""
    text = row.get(column, "").strip().replace("''", "'")  # an export doubles its apostrophes
    if text in NOTHING:
        if required:
            raise UnfitError(column, "empty")
        return None
    try:
        return read(text)
    except ValueError as error:
        raise UnfitError(column, str(error)) from error


def _read_parts(row: Row, stem: str, *, required: bool = False) -> pd.Timestamp | None:
    """Read a date whose month and day may be unknown, from three columns."""
    year, month, day = (
        _take(row, f"{stem}.{part}", read_count, required and part == "year")
        for part in ("year", "month", "day")
    )
    if year is None:
        return None
    try:
        return _make_day(year, month or 1, day if month and day else 1)
    except ValueError as error:
        raise UnfitError(f"{stem}.year", str(error)) from error


def _list_values(ticked: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """List the values whose column is ticked, in the order of the columns."""
    matches = (pattern.fullmatch(name) for name in ticked)
    return tuple(match.group(1).replace(".", " ") for match in matches if match)


def _read_month(text: str) -> pd.Timestamp:
    matched = MONTH.fullmatch(text)
    if matched is None:
        raise ValueError("not a month; write YYYY-MM")
    return _make_day(matched.group(1), matched.group(2), 1)


def _make_day(year: str | int, month: str | int, day: str | int) -> pd.Timestamp:
    try:
        return pd.Timestamp(year=int(year), month=int(month), day=int(day))
    except ValueError as error:
        raise ValueError("no calendar has this day") from error


def _read_state(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError("not a state's two capital letters")
    return text


def _split_commas(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _join_digits(text: str) -> int:
    return int(re.sub(r"\s", "", text))


PARSERS = {
    "hhs": Parser(",", ("name of covered entity", "individuals affected"), _read_hhs),
    "cnil": Parser(
        ";", ("date de réception de la notification", "nombre de personnes impactées"), _read_cnil
    ),
    "veris": Parser(
        ",", ("incident_id", "timeline.incident.year"), _read_veris, "records", str.strip
    ),
}
