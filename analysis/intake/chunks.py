"""A bounded number of rows of somebody's file, as text, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ROWS = 50_000  # in a batch, at most
LONGEST_CELL = 2**20  # bytes
LONGEST_ROW = 16 * 2**20  # bytes
REASONS = {
    "ragged row": "another number of cells than the header: look for a stray delimiter or quote",
    "quote not closed": "a quote is opened and never closed: close it, or map `quote: null`",
    "lines in one cell": "a quote left open took in the next lines: close it, or map `quote: null`",
    "blank line": "nothing on the line: nothing to do",
    "cell too long": "one cell is longer than 1 MiB: look for a quote left open",
    "not JSON": "the line is not one JSON object: write one object a line",
    "nested value": "a list or an object stands in a cell: flatten it first",
    "unknown column": "the object has a key that the first lines lack: fill in missing keys first",
    "date not readable": "no date format of the mapping fits: add the format to `dates`",
}


class SetAside(NamedTuple):
    """A row that is not used: its first line, its number of lines, the column, the reason."""

    line: int
    n_lines: int
    column: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """
    How a file is written.

    Attributes
    ----------
    kind : str
        ``text``, ``workbook``, ``parquet``, ``sqlite``, ``duckdb`` or ``jsonl``.
    encoding, delimiter : str or None
        Of text.
    quote : str or None
        Sign around cells that hold a delimiter; none if the file uses none.
    header_line : int
        Line that names the columns, from 1; those above are a preamble.
    table : str or None
        Sheet of a workbook, table of a database.
    """

    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = '"'
    header_line: int = 1
    table: str | None = None


@dataclass(frozen=True)
class Batch:
    """
    Some rows of a file.

    Attributes
    ----------
    rows : pyarrow.Table
        One text column per column of the file, named as there.
    lines : numpy.ndarray of int, shape (n_rows,)
        Line (of text), or row (of a sheet or table), where each row begins.
    set_aside : list of SetAside
        Rows met on the way that cannot be used.
    """

    rows: pa.Table
    lines: npt.NDArray[np.int64]
    set_aside: list[SetAside] = field(default_factory=list)


def name_columns(header: Sequence[Any]) -> list[str]:
    """
    Name the columns of a file, all differently.

    Examples
    --------
    >>> name_columns(["Nom ", "", "Nom", None])
    ['Nom', 'column 2', 'Nom (2)', 'column 4']
    """
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        name = " ".join(str(cell if cell is not None else "").split()) or f"column {position}"
        again, candidate = 2, name
        while candidate in names:
            candidate, again = f"{name} ({again})", again + 1
        names.append(candidate)
    return names


def write_cell(value: Any) -> str | None:
    """
    Write a cell of a sheet or table as text.

    Raises
    ------
    TypeError
        If it is a list or an object.

    Examples
    --------
    >>> write_cell(56000.0), write_cell(datetime(2018, 1, 31)), write_cell("")
    ('56000', '2018-01-31', None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, list | dict):
        raise TypeError("a list or an object is no cell")
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def gather_rows(
    columns: Sequence[str], rows: Iterable[tuple[int, Sequence[Any] | SetAside]]
) -> Iterator[Batch]:
    """
    Gather rows of Python values into batches.

    Parameters
    ----------
    columns : sequence of str, length n_columns
        Names of the columns.
    rows : iterable of (int, sequence or SetAside)
        Line and cells of each row, or why it is set aside.

    Yields
    ------
    Batch
        At most `ROWS` rows; a row whose cells do not fit is set aside.
    """
    cells: list[list[str | None]] = []
    lines: list[int] = []
    aside: list[SetAside] = []
    for line, row in rows:
        found = row if isinstance(row, SetAside) else _check_row(line, row, columns)
        if isinstance(found, SetAside):
            aside.append(found)
        else:
            cells.append(found)
            lines.append(line)
        if len(cells) + len(aside) >= ROWS:
            yield _build(columns, cells, lines, aside)
            cells, lines, aside = [], [], []
    yield _build(columns, cells, lines, aside)


def _check_row(
    line: int, row: Sequence[Any], columns: Sequence[str]
) -> list[str | None] | SetAside:
    if len(row) != len(columns):
        return SetAside(line, 1, "", "ragged row")
    cells: list[str | None] = []
    for name, value in zip(columns, row, strict=True):
        try:
            text = write_cell(value)
        except TypeError:
            return SetAside(line, 1, name, "nested value")
        if text is not None and len(text) > LONGEST_CELL:
            return SetAside(line, 1, name, "cell too long")
        cells.append(text)
    if not any(cells):
        return SetAside(line, 1, "", "blank line")
    return cells


def _build(
    columns: Sequence[str],
    cells: list[list[str | None]],
    lines: list[int],
    aside: list[SetAside],
) -> Batch:
    transposed = list(zip(*cells, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, type=pa.string()) for column in transposed]
    rows = pa.Table.from_arrays(arrays, names=list(columns))
    return Batch(rows, np.array(lines, dtype=np.int64), aside)
