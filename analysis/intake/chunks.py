"""Chunks of somebody's file: some rows as text, each with its line, or what is wrong with them."""

import csv
import errno
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zipfile import BadZipFile

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import StrictInt
from pydantic.dataclasses import dataclass as settings
from python_calamine import CalamineError

from analysis import reference
from analysis.intake.patterns import say

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["text", "workbook", "parquet", "sqlite", "duckdb", "jsonl"]
TYPED = ("parquet", "duckdb")  # where a row without a value is a row
ROWS = 50_000  # in a chunk, at most
LONGEST_CELL = 2**20  # bytes
LONGEST_ROW = 16 * 2**20  # bytes
# What readers say of a broken file; a part of a zip that asks for a password is a RuntimeError.
FAULTS = (csv.Error, EOFError, OSError, RuntimeError, UnicodeError, BadZipFile, zlib.error)
LIBRARY_FAULTS = (duckdb.Error, pa.ArrowException, CalamineError, sqlite3.Error)
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

    @property
    def n_rows(self) -> int:
        """Rows of the file in it [rows]."""
        return len(self.lines) + len(self.set_aside)


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
        numbered = (f"{name} ({again})" for again in count(2))
        names.append(next(free for free in chain([name], numbered) if free not in names))
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
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def gather_rows(
    columns: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]] | SetAside]
) -> Iterator[Chunk]:
    """
    Gather rows of Python values into chunks.

    Parameters
    ----------
    columns : sequence of str, length n_columns
        Names of the columns.
    rows : iterable of (int, sequence) or SetAside
        Line and cells of each row, as many as columns, or why it is set aside.

    Yields
    ------
    Chunk
        At most `ROWS` rows.
    """
    rows, schema = iter(rows), pa.schema([(name, pa.string()) for name in columns])
    while some := list(islice(rows, ROWS)):
        used = [row for row in some if not isinstance(row, SetAside)]
        written = [dict(zip(columns, map(write_cell, cells), strict=True)) for _, cells in used]
        lines = np.array([line for line, _ in used], dtype=np.int64)
        aside = [row for row in some if isinstance(row, SetAside)]
        yield Chunk(pa.Table.from_pylist(written, schema=schema), lines, aside)


def check_rows(chunk: Chunk, layout: Layout) -> Chunk:
    """
    Set aside rows that are blank, hold a cell too long, or whole lines in a cell.

    Parameters
    ----------
    chunk : Chunk
        Rows of a file.
    layout : Layout
        How it is written; only of text a cell can hold lines by mistake, and only where columns
        have types a row may be blank.

    Returns
    -------
    Chunk
        The other rows.
    """
    n_lines = 1 + count_line_feeds(chunk.rows) if layout.kind == "text" else 1
    return set_rows_aside(chunk, _find_faults(chunk.rows, layout), n_lines)


def _find_faults(rows: pa.Table, layout: Layout) -> Iterator[tuple[str, str, Flags]]:
    is_blank = np.full(rows.num_rows, layout.kind not in TYPED)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        size = pc.fill_null(pc.binary_length(column), 0).to_numpy()
        is_blank &= size == 0
        yield name, "cell too long", size > LONGEST_CELL
        if layout.kind == "text" and rows.num_columns > 1 and has_byte(column, b"\n"):
            yield name, "lines in one cell", _find_folded(column, layout, rows.num_columns)
    yield "", "blank line", is_blank


def _find_folded(column: pa.ChunkedArray, layout: Layout, n_columns: int) -> Flags:
    """Find cells one of whose lines could be a row of its own."""
    is_folded = pc.match_substring(column, "\n").to_numpy(zero_copy_only=False)
    for k in np.flatnonzero(is_folded):
        lines = column[int(k)].as_py().split("\n")
        is_folded[k] = max(line.count(str(layout.delimiter)) for line in lines) >= n_columns - 1
    return is_folded


def count_line_feeds(rows: pa.Table) -> Ints:
    """
    Count the line feeds within the cells of each row.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows of text.

    Returns
    -------
    numpy.ndarray of int, shape (n_rows,)
        Lines that each row takes beyond its first [lines].
    """
    counts = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        if has_byte(column, b"\n"):
            counts += pc.count_substring(column, "\n").to_numpy()
    return counts


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
    if not path.exists():
        raise FileNotFoundError(f"no file at {path}")
    try:
        yield
    except BaseException as fault:
        is_broken = isinstance(fault, FAULTS + LIBRARY_FAULTS) or type(fault).__name__ == PANIC
        is_refused = isinstance(fault, OSError) and fault.errno not in (None, errno.EINVAL)
        if is_refused or not (is_broken or isinstance(fault, ValueError)):
            raise
        broken = say("broken", path.name, type(fault).__name__)
        told = broken if is_broken else str(fault)
        raise ValueError(told if told.startswith(path.name) else f"{path.name}: {told}") from fault
