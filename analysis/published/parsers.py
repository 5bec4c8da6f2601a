"""What one row of a public register says, register by register."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.published.incidents import LISTS

# How a cell is written, and what to do where it is not.
PATTERNS = pd.read_csv(Path(__file__).with_name("patterns.csv"), index_col="how").to_dict("index")
# Where each field of an incident stands in each register, and how it is written there; of several
# rows for one field, the first that says something counts. Older exports of VERIS write
# action.hacking and asset.assets.Server; newer Hacking and asset.variety.
COLUMNS = pd.read_csv(Path(__file__).with_name("registers.csv"), keep_default_na=False)
COLUMNS_OF: dict[Any, list[Any]] = {
    name: [*rows.itertuples(index=False)] for name, rows in COLUMNS.groupby("register")
}
Row = Mapping[str, str]


class UnfitError(ValueError):
    """A cell that cannot be used: the header of its column, and the reason."""


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


class Parser(NamedTuple):
    """
    How the rows of a register are read.

    Attributes
    ----------
    name : str
        Of the register in the table of columns.
    delimiter : str
        Between the cells of a line.
    needed : tuple of str
        Columns without which it is another kind of file.
    unit : str
        What the sizes count: ``individuals`` or ``records``.
    name_column : callable
        Bring a header to the name that the table of columns has.
    """

    name: str
    delimiter: str
    needed: tuple[str, ...]
    unit: str = "individuals"
    name_column: Callable[[str], str] = simplify

    def read(self, row: Row) -> dict[str, Any]:
        """
        Read one row into the fields of an incident.

        Parameters
        ----------
        row : mapping of str to str
            Cells by the name of their column.

        Returns
        -------
        dict
            What the row says, by field; nothing for those it does not tell.

        Raises
        ------
        UnfitError
            If a cell cannot be used, or a required one is empty.
        """
        ticked = [name for name, cell in row.items() if cell in ("1", "TRUE", "True", "true")]
        columns = COLUMNS_OF[self.name]
        incident: dict[str, Any] = dict.fromkeys(column.field for column in columns)
        incident |= dict.fromkeys(LISTS, ())
        for column in columns:
            if column.how in TICKS:
                value = TICKS[column.how](_list_values(ticked, column.header))
            elif column.how == "parts":
                value = _read_parts(row, column.header, required=column.is_required)
            else:
                value = _take(row, column.header, READERS[column.how], column.is_required)
            incident[column.field] = incident[column.field] or value or incident[column.field]
        incident["size_low"], incident["size_high"] = incident.pop("size") or (None, None)
        return incident


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
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else None


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
    found = _match("day", text)
    year, month, day = (int(found[n] or found[f"iso_{n}"]) for n in ("year", "month", "day"))
    try:
        return pd.Timestamp(year=year, month=month, day=day)
    except ValueError as error:
        raise ValueError("no calendar has this day") from error


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
    return int(_match("count", text).group().replace(",", ""))


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
    low, high = (int(re.sub(r"\s", "", digits)) for digits in _match("band", text).groups("-1"))
    if low < 0:
        return high + 1, None
    if low > high:
        raise ValueError("the lower end of the band is above the upper one")
    return low, high


def split_values(text: str, *, comma: str = r",(?=\S)") -> tuple[str, ...]:
    """
    Split the values of a cell.

    Parameters
    ----------
    text : str
        Values joined by a comma.
    comma : str
        Pattern of the commas between values; by default a comma followed by a space belongs to a
        value.

    Returns
    -------
    tuple of str
        The values that are not empty.

    Examples
    --------
    >>> split_values("Vol, perte,Autre")
    ('Vol, perte', 'Autre')
    """
    return tuple(part.strip() for part in re.split(comma, text) if part.strip())


def _take(
    row: Row, column: str, read: Callable[[str], Any] = str, required: bool = False
) -> Any | None:
    """Read a cell; None where it says nothing or the file has no such column."""
    text = row.get(column, "").strip().replace("''", "'")  # an export doubles its apostrophes
    if text in ("", "\\N", "NA", "N/A"):
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
    written = f"{year:04}-{month or 1:02}-{day if month and day else 1:02}"
    return _take({f"{stem}.year": written}, f"{stem}.year", read_day)


def _list_values(ticked: Sequence[str], pattern: str) -> list[str]:
    """List the values whose column is ticked, in the order of the columns."""
    matches = (re.fullmatch(pattern, name) for name in ticked)
    return [match.group(1).replace(".", " ") for match in matches if match]


def _match(how: str, text: str) -> re.Match[str]:
    matched = re.fullmatch(PATTERNS[how]["pattern"], text)
    if matched is None:
        raise ValueError(PATTERNS[how]["advice"])
    return matched


READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "name": fingerprint,
    "state": lambda text: _match("state", text).group(),
    "day": read_day,
    "month": lambda text: read_day(f"{_match('month', text).group()}-01"),
    "count": lambda text: (read_count(text), read_count(text)),
    "band": read_band,
    "commas": partial(split_values, comma=","),
    "values": split_values,
}
TICKS: dict[str, Callable[[list[str]], Any]] = {
    "ticked": tuple,
    "ticked lower": lambda values: tuple(value.lower() for value in values),
    "ticked once": lambda values: values[0] if values else None,
}
CNIL_NEEDS = ("date de réception de la notification", "nombre de personnes impactées")
PARSERS = {
    "hhs": Parser("hhs", ",", ("name of covered entity", "individuals affected")),
    "cnil": Parser("cnil", ";", CNIL_NEEDS),
    "veris": Parser("veris", ",", ("incident_id", "timeline.incident.year"), "records", str.strip),
}
