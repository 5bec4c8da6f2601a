"""Read a public register of breaches, set aside what cannot be used, release what is counted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.disclosure import Release, publish
from analysis.published.incidents import INCIDENTS, YEARS
from analysis.published.parsers import PARSERS, Parser, UnfitError

ENCODINGS = ("utf-8-sig", "cp1252")  # the first that fits: accents of the second break the first
PREAMBLE = 5  # lines among which the header stands
EARLIEST = pd.Timestamp("1950-01-01")  # an older breach is a slip of the pen
SINGLE = ("organisation", "line")  # columns of single incidents
Lines = Iterable[tuple[int, list[str]]]


class Register(NamedTuple):
    """
    A register as it stood on a day.

    Attributes
    ----------
    name : str
        Of the file or the data set.
    vintage_on : pandas.Timestamp
        Day on which it was extracted.
    unit : str
        What its sizes count: ``individuals`` or ``records``.
    incidents : pandas.DataFrame
        One row per line that can be used.
    set_aside : pandas.DataFrame
        One row per line that cannot: ``file``, ``line``, ``column``, ``reason``.
    n_rows : int
        Lines below the header: those used plus those set aside.
    """

    name: str
    vintage_on: pd.Timestamp
    unit: str
    incidents: pd.DataFrame
    set_aside: pd.DataFrame
    n_rows: int


def read_register(path: Path, parser: str, *, vintage_on: str) -> Register:
    """
    Read the file that a regulator publishes.

    Parameters
    ----------
    path : pathlib.Path
        A text file in UTF-8 or Windows-1252.
    parser : {'hhs', 'cnil', 'veris'}
        The US health department's breach portal (present and archived headers), the French
        regulator's notifications, or the VERIS Community Database.
    vintage_on : str
        Day of the extraction, ``YYYY-MM-DD``; no incident can be later.

    Returns
    -------
    Register
        Its incidents, and the lines set aside with a reason each.

    Raises
    ------
    ValueError
        If there is no such parser, the text is in another encoding, or a needed column is missing.
    """
    chosen, content = _choose_parser(parser), path.read_bytes()
    for encoding in ENCODINGS:
        with suppress(UnicodeDecodeError):
            lines = _number_lines(content.decode(encoding), chosen.delimiter)
            return _collect(lines, chosen, name=path.name, vintage_on=vintage_on)
    raise ValueError(f"{path.name} is neither UTF-8 nor Windows-1252; save it as UTF-8")


def read_table(table: pd.DataFrame, parser: str, *, name: str, vintage_on: str) -> Register:
    """
    Read a register that a package ships as a table.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per incident, under the register's own headers.
    parser, vintage_on
        As for `read_register`.
    name : str
        What to call it.

    Returns
    -------
    Register
        The same as from a file with a header and the table's rows below it.

    Raises
    ------
    ValueError
        As for `read_register`.
    """
    text = table.astype(object).where(table.notna(), "").astype(str)
    numbered = enumerate([[*map(str, table.columns)], *text.to_numpy().tolist()], start=1)
    return _collect(numbered, _choose_parser(parser), name=name, vintage_on=vintage_on)


def count_lines(*registers: Register) -> pd.DataFrame:
    """
    Count the rows of registers by what became of them.

    Parameters
    ----------
    *registers : Register
        As read by `read_register` or `read_table`.

    Returns
    -------
    pandas.DataFrame
        One row per ``register``, which is the index: ``n_rows``, ``n_used`` and ``n_aside``; the
        last two add up to the first.
    """
    rows = {r.name: (r.n_rows, len(r.incidents), len(r.set_aside)) for r in registers}
    columns = ["n_rows", "n_used", "n_aside"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("register")


def release_register(counts: pd.DataFrame, register: Register) -> Release:
    """
    Release a table of incidents counted from a public register.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per group of incidents, or per year of a triangle.
    register : Register
        What was counted.

    Returns
    -------
    Release
        The same table, with the register's name and day as its source.

    Raises
    ------
    ValueError
        If the table still lists incidents one by one: names of organisations can be names of
        physicians, so only counts leave.

    Notes
    -----
    The cells count incidents, and sizes that the regulator prints beside each incident. No
    person can be looked for in them beyond what is printed, so no cell is hidden.
    """
    if single := [name for name in SINGLE if name in counts or name in counts.index.names]:
        raise ValueError(f"a released register has no columns {single}; count the incidents first")
    source = f"{register.name}, {register.vintage_on:%Y-%m-%d}"
    return publish(counts, source=source, holds_published_counts=True)


def _choose_parser(parser: str) -> Parser:
    if parser not in PARSERS:
        raise ValueError(f"parser must be one of {tuple(PARSERS)}, got {parser!r}")
    return PARSERS[parser]


def _number_lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Split a text into rows, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line} is no row: {error}; close its quotes") from error


def _collect(lines: Lines, parser: Parser, *, name: str, vintage_on: str) -> Register:
    """Read every row below the header; what does not fit is set aside."""
    rows, vintage = iter(lines), pd.Timestamp(vintage_on)
    header = _find_header(rows, parser, name)
    used: list[dict[str, Any]] = []
    unused: list[tuple[Any, ...]] = []
    for line, cells in rows:
        try:
            used.append({"line": line, **_read_row(cells, header, parser, vintage)})
        except UnfitError as problem:
            unused.append((name, line, *problem.args))
    set_aside = pd.DataFrame(unused, columns=["file", "line", "column", "reason"])
    listed = pd.DataFrame(used, columns=[*INCIDENTS.columns], dtype=object)
    incidents = INCIDENTS.validate(listed)
    return Register(name, vintage, parser.unit, incidents, set_aside, len(used) + len(unused))


def _find_header(rows: Iterator[tuple[int, list[str]]], parser: Parser, name: str) -> Sequence[str]:
    """Find the header among the first lines; some exports say first when they were made."""
    best: list[str] = list(parser.needed)
    for _, (_, cells) in zip(range(PREAMBLE), rows, strict=False):
        header = [parser.name_column(cell.replace("\ufeff", "")) for cell in cells]
        if not (missing := [column for column in parser.needed if column not in header]):
            return header
        best = min(best, missing, key=len)
    raise ValueError(
        f"{name} has no header with the column {best[0]!r} in its first {PREAMBLE} lines; "
        "choose another parser, or give the file its header back"
    )


def _read_row(
    cells: list[str], header: Sequence[str], parser: Parser, vintage: pd.Timestamp
) -> dict[str, Any]:
    if len(cells) != len(header):
        n_lines = sum(cell.count("\n") for cell in cells) + 1
        span = f" over {n_lines} lines; a quote may be left open" if n_lines > 1 else ""
        raise UnfitError("", f"{len(cells)} cells under {len(header)} headers{span}")
    incident = parser.read(dict(zip(header, cells, strict=True)))
    for column in YEARS.values():
        day = incident.get(column)
        if day is not None and not EARLIEST <= day <= vintage:
            raise UnfitError(column, f"not from {EARLIEST:%Y} to the extraction of {vintage:%F}")
    return incident
