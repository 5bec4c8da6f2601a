"""Chunks of somebody's file: some rows as text, each with its line, or what is wrong with them."""

from __future__ import annotations

import csv
import errno
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import python_calamine
from pydantic import StrictInt
from pydantic.dataclasses import dataclass as settings

from analysis import reference

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["text", "workbook", "parquet", "sqlite", "duckdb", "jsonl"]
ROWS = 50_000  # in a chunk, at most
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

FAULTS = (
    csv.Error,
    duckdb.Error,
    EOFError,
    NotImplementedError,
    OSError,
    pa.ArrowException,
    RuntimeError,  # a zip's part that claims to need a password
    python_calamine.CalamineError,
    sqlite3.Error,
    UnicodeError,
    zipfile.BadZipFile,
    zlib.error,
)
PANIC = "PanicException"  # how the reader of workbooks gives up; no name to import


class SetAside(NamedTuple):
    """A row that is not used: its first line, its number of lines, the column, the reason."""

    line: int
    n_lines: int
    column: str
    reason: str


@settings(frozen=True, config=reference.SETTINGS)
class Layout:
    """
    How a file is written.

    Attributes
    ----------
    kind : {'text', 'workbook', 'parquet', 'sqlite', 'duckdb', 'jsonl'}
        What is to read it.
    encoding, delimiter : str or None
        Of text.
    quote : str or None
        Sign around cells that hold a delimiter; none if the file uses none.
    header_line : int
        Line that names the columns, from 1; those above are a preamble.
    table : str or None
        Sheet of a workbook, table of a database.
    """

    kind: Kind
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = '"'
    header_line: StrictInt = 1
    table: str | None = None


@dataclass(frozen=True)
class Chunk:
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
    lines: Ints
    set_aside: list[SetAside] = field(default_factory=list)


def name_columns(header: Sequence[Any]) -> list[str]:
    """
    Name the columns of a file, all differently.

    Parameters
    ----------
    header : sequence, length n_columns
        Cells of its header.

    Returns
    -------
    list of str, length n_columns
        The cells with single spaces, numbered where they are empty or repeat.

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

    Parameters
    ----------
    value : object
        A number, day, text or nothing.

    Returns
    -------
    str or None
        Days as YYYY-MM-DD, whole numbers without a point; nothing for an empty cell.

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
) -> Iterator[Chunk]:
    """
    Gather rows of Python values into chunks.

    Parameters
    ----------
    columns : sequence of str, length n_columns
        Names of the columns.
    rows : iterable of (int, sequence or SetAside)
        Line and cells of each row, or why it is set aside.

    Yields
    ------
    Chunk
        At most `ROWS` rows; a row whose cells do not fit is set aside. There is always one, if
        only an empty one.
    """
    rows, is_first = iter(rows), True
    while (some := list(islice(rows, ROWS))) or is_first:
        checked = [(line, _check_row(line, row, columns)) for line, row in some]
        aside = [row for _, row in checked if isinstance(row, SetAside)]
        used = [(line, row) for line, row in checked if not isinstance(row, SetAside)]
        cells = zip(*(row for _, row in used), strict=True) if used else [()] * len(columns)
        arrays = [pa.array(column, type=pa.string()) for column in cells]
        lines = np.array([line for line, _ in used], dtype=np.int64)
        yield Chunk(pa.Table.from_arrays(arrays, names=list(columns)), lines, aside)
        is_first = False


def _check_row(
    line: int, row: Sequence[Any] | SetAside, columns: Sequence[str]
) -> list[str | None] | SetAside:
    if isinstance(row, SetAside):
        return row
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
    return cells if any(cells) else SetAside(line, 1, "", "blank line")


def set_rows_aside(
    chunk: Chunk, faults: Iterable[tuple[str, str, Flags]], n_lines: Ints | int = 1
) -> Chunk:
    """
    Set rows of a chunk aside, each for the first fault found.

    Parameters
    ----------
    chunk : Chunk
        Rows of a file, or the records made of them.
    faults : iterable of (str, str, numpy.ndarray of bool, shape (n_rows,))
        Column, reason, and the rows it holds for.
    n_lines : int or numpy.ndarray of int, shape (n_rows,)
        Lines that each row takes [lines].

    Returns
    -------
    Chunk
        The rows without any fault; the others are added to those set aside.
    """
    lengths = np.broadcast_to(n_lines, chunk.lines.shape)
    is_kept, aside = np.ones(len(chunk.lines), dtype=bool), list(chunk.set_aside)
    for column, reason, is_wrong in faults:
        new = is_kept & is_wrong
        places = zip(chunk.lines[new].tolist(), lengths[new].tolist(), strict=True)
        aside += [SetAside(line, n, column, reason) for line, n in places]
        is_kept &= ~is_wrong
    return Chunk(chunk.rows.filter(pa.array(is_kept)), chunk.lines[is_kept], aside)


def has_byte(column: pa.Array | pa.ChunkedArray, wanted: bytes) -> bool:
    """
    Say whether a text column holds any of some bytes: fast, and nearly always no.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray of text
        Cells; of a slice, those beside it count too.
    wanted : bytes
        Bytes of UTF-8 to look for.

    Returns
    -------
    bool
        False for certain, true perhaps.
    """
    buffers = [part.buffers()[2] for part in getattr(column, "chunks", [column])]
    parts = [np.frombuffer(buffer, dtype=np.uint8) for buffer in buffers if buffer is not None]
    return any(bool((part == byte).any()) for part in parts for byte in wanted)


@contextmanager
def explain_faults(path: Path) -> Iterator[None]:
    """
    Turn what a library says of a broken file into one message.

    Parameters
    ----------
    path : pathlib.Path
        The file that is read within.

    Yields
    ------
    None
        For the time of reading.

    Raises
    ------
    ValueError
        Instead of every fault of a reader; it names the file and never quotes it.
    OSError
        If the system refuses: no file, no right, a full disk.
    """
    try:
        yield
    except FAULTS as fault:
        if isinstance(fault, OSError) and fault.errno not in (None, errno.EINVAL):
            raise
        raise ValueError(_explain(path, fault)) from fault
    except ValueError as fault:
        raise ValueError(_name(path, str(fault))) from fault
    except BaseException as fault:
        if type(fault).__name__ != PANIC:
            raise
        raise ValueError(_explain(path, fault)) from None


def _name(path: Path, message: str) -> str:
    return message if message.startswith(path.name) else f"{path.name}: {message}"


def _explain(path: Path, fault: BaseException) -> str:
    return (
        f"{path.name} cannot be read ({type(fault).__name__}): it is damaged, cut short, or of "
        "another kind than `kind` in the mapping says; export it again"
    )
