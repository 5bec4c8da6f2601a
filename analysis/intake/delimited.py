"""Read delimited text in chunks, accounting for every line of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from analysis.intake.chunks import (
    LONGEST_CELL,
    LONGEST_ROW,
    Chunk,
    Flags,
    Ints,
    Layout,
    SetAside,
    has_byte,
    name_columns,
    set_rows_aside,
)
from analysis.intake.unpack import Transcoded

MOST_HEADER_LINES = 20


def read_header(text: Transcoded, layout: Layout) -> list[str]:
    """
    Read past the preamble and the header of a file.

    Parameters
    ----------
    text : Transcoded
        A file at its start; afterwards it stands at the first row.
    layout : Layout
        How the file is written.

    Returns
    -------
    list of str
        Names of the columns, all different.

    Raises
    ------
    ValueError
        If there is no such line.
    """
    for _ in range(layout.header_line - 1):
        text.take_line()
    line = text.take_line()
    for _ in range(MOST_HEADER_LINES if layout.quote else 0):
        if line.count(layout.quote or "") % 2 == 0:
            break
        line += "\n" + text.take_line()
    cells: list[str] = next(read_cells([line], layout.delimiter, layout.quote), [])
    if not any(cells):
        raise ValueError(f"line {layout.header_line} names no column; set `header_line`")
    return name_columns(cells)


def read_delimited(stream: IO[bytes], layout: Layout) -> tuple[list[str], Iterator[Chunk]]:
    """
    Read delimited text.

    Parameters
    ----------
    stream : binary file
        The bytes, unpacked.
    layout : Layout
        Encoding, delimiter, quote and line of the header.

    Returns
    -------
    columns : list of str
        Names of the columns.
    chunks : iterator of Chunk
        All rows. Every line of the file belongs to one row, used or set aside.

    Raises
    ------
    ValueError
        If there is no header; while reading, if a row is longer than `LONGEST_ROW`.
    """
    text = Transcoded(stream, layout.encoding or "utf-8")
    columns = read_header(text, layout)
    return columns, _settle(columns, text, layout)


def _settle(columns: list[str], text: Transcoded, layout: Layout) -> Iterator[Chunk]:
    """Hold the last chunk back: only the end of the file tells whether a quote was closed."""
    counter, held = _Lines(text.n_lines + 1), None
    for chunk in _parse(columns, text, layout, counter):
        if held is None or len(chunk.lines):
            if held is not None:
                yield _check_cells(held, layout)
            held = chunk
        else:
            held = replace(held, set_aside=[*held.set_aside, *chunk.set_aside])
    excess = counter.line - 1 - text.n_lines
    if held is None or excess not in (0, 1) or excess > len(held.lines):
        raise ValueError(f"{excess} lines could not be accounted for; the file is refused")
    if excess:
        last = int(held.lines[-1])
        aside = SetAside(last, text.n_lines + 1 - last, "", "quote not closed")
        held = Chunk(held.rows[:-1], held.lines[:-1], [*held.set_aside, aside])
    yield _check_cells(held, layout)


class _Lines:
    """Where the parser stands: the next row and the line it begins at."""

    def __init__(self, first_line: int) -> None:
        self.row, self.line = 1, first_line
        self.ragged: dict[int, int] = {}

    def refuse(self, row: pa_csv.InvalidRow) -> str:
        self.ragged[row.number] = row.text.count("\n") + 1
        return "skip"

    def place(self, extents: Ints) -> tuple[Ints, list[SetAside]]:
        """Give lines to the rows of a chunk, and to the ragged ones before and between them."""
        numbers = np.arange(self.row, self.row + len(extents) + len(self.ragged))
        is_ragged = np.isin(numbers, list(self.ragged))
        if len(extents):  # ragged rows behind the last row belong to the next chunk
            n = int(np.flatnonzero(~is_ragged)[len(extents) - 1]) + 1
            numbers, is_ragged = numbers[:n], is_ragged[:n]
        lengths = np.empty(len(numbers), dtype=np.int64)
        lengths[~is_ragged] = extents
        lengths[is_ragged] = [self.ragged.pop(int(k)) for k in numbers[is_ragged]]
        begins = self.line + np.cumsum(lengths) - lengths
        self.row += len(numbers)
        self.line += int(lengths.sum())
        ragged = zip(begins[is_ragged], lengths[is_ragged], strict=True)
        aside = [SetAside(int(line), int(n), "", "ragged row") for line, n in ragged]
        return begins[~is_ragged], aside


def _parse(
    columns: list[str], text: Transcoded, layout: Layout, counter: _Lines
) -> Iterator[Chunk]:
    try:
        reader = _open(columns, text, layout, counter)
        for batch in reader:
            rows = pa.Table.from_batches([batch])
            lines, aside = counter.place(1 + _count_line_feeds(rows))
            yield Chunk(rows, lines, aside)
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise ValueError(
                f"near line {counter.line}, a row is longer than {LONGEST_ROW} bytes: a quote may "
                "be opened there and never closed; close it, or map `quote: null`"
            ) from error
    lines, aside = counter.place(np.empty(0, dtype=np.int64))
    empty = pa.schema([(name, pa.string()) for name in columns]).empty_table()
    yield Chunk(empty, lines, aside)


def _open(
    columns: list[str], text: Transcoded, layout: Layout, counter: _Lines
) -> pa_csv.CSVStreamingReader:
    return pa_csv.open_csv(
        pa.PythonFile(text, mode="r"),
        pa_csv.ReadOptions(use_threads=False, block_size=LONGEST_ROW, column_names=columns),
        pa_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote or False,
            newlines_in_values=layout.quote is not None,
            ignore_empty_lines=False,
            invalid_row_handler=counter.refuse,
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _count_line_feeds(rows: pa.Table) -> Ints:
    counts = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        if has_byte(column, b"\n"):
            counts += pc.count_substring(column, "\n").to_numpy()
    return counts


def _check_cells(chunk: Chunk, layout: Layout) -> Chunk:
    """Set aside rows that are blank, hold whole lines in a cell, or a cell too long."""
    return set_rows_aside(
        chunk, _find_faults(chunk.rows, layout), 1 + _count_line_feeds(chunk.rows)
    )


def _find_faults(rows: pa.Table, layout: Layout) -> Iterator[tuple[str, str, Flags]]:
    is_blank = np.ones(rows.num_rows, dtype=bool)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        size = pc.binary_length(column).to_numpy()
        is_blank &= size == 0
        yield name, "cell too long", size > LONGEST_CELL
        if rows.num_columns > 1 and has_byte(column, b"\n"):
            yield name, "lines in one cell", _find_folded(column, layout, rows.num_columns)
    yield "", "blank line", is_blank


def _find_folded(column: pa.ChunkedArray, layout: Layout, n_columns: int) -> Flags:
    """Find cells one of whose lines could be a row of its own."""
    is_folded = pc.match_substring(column, "\n").to_numpy(zero_copy_only=False)
    for k in np.flatnonzero(is_folded):
        lines = column[int(k)].as_py().split("\n")
        is_folded[k] = max(line.count(str(layout.delimiter)) for line in lines) >= n_columns - 1
    return is_folded


def read_cells(lines: Iterable[str], delimiter: str | None, quote: str | None) -> Any:
    """
    Read a few lines with the standard library, which never gives up on a stray quote.

    Parameters
    ----------
    lines : iterable of str
        Lines of a file.
    delimiter, quote : str or None
        As in the glossary of `analysis.intake`, under `layout`.

    Returns
    -------
    csv reader
        An iterator over lists of cells that counts its lines.
    """
    if quote is None:
        return csv.reader(lines, delimiter=delimiter or ",", quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter or ",", quotechar=quote)
