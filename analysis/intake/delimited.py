"""Read delimited text in chunks, accounting for every line of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from analysis.intake import chunks
from analysis.intake.chunks import LONGEST_ROW, Chunk, Ints, Layout, SetAside
from analysis.intake.unpack import MIB, join_pieces

MOST_HEADER_LINES = 20


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
        If there is no header; while reading, if a row is longer than `chunks.LONGEST_ROW`.
    """
    lines = _Lines(stream, layout.encoding or "utf-8")
    columns = _read_header(lines, layout)
    return columns, _settle(_parse(columns, lines, layout), lines)


class _Lines:
    """
    The lines of a file, and where its reader stands: the next row and the line it begins at.

    A byte that the encoding does not know becomes U+FFFD; lines end in a bare line feed, the last
    one too.
    """

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self.text = join_pieces(self._transcode(stream, encoding))
        self.n_read, self.row, self.line = 0, 1, 1
        self.ragged: dict[int, int] = {}

    def _transcode(self, stream: IO[bytes], encoding: str) -> Iterator[bytes]:
        text, last = io.TextIOWrapper(stream, encoding, errors="replace"), "\n"
        while part := text.read(MIB):
            self.n_read, last = self.n_read + part.count("\n"), part[-1]
            yield part.encode("utf-8", errors="replace")
        if last != "\n":
            self.n_read += 1
            yield b"\n"

    def take(self) -> str:
        """Read the next line, without its end."""
        line = self.text.readline(MIB + 1)
        if line and not line.endswith(b"\n"):
            raise ValueError(f"line {self.line} is longer than {MIB} bytes")
        self.line += len(line) > 0
        return line.decode("utf-8").removesuffix("\n")

    def refuse(self, row: pa_csv.InvalidRow) -> str:
        """Note a row that has another number of cells than the header."""
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


def _read_header(lines: _Lines, layout: Layout) -> list[str]:
    """Read past the preamble and the header, which may hold line feeds within quotes."""
    for _ in range(layout.header_line - 1):
        lines.take()
    header = lines.take()
    for _ in range(MOST_HEADER_LINES if layout.quote else 0):
        if header.count(layout.quote or "") % 2 == 0:
            break
        header += "\n" + lines.take()
    cells: list[str] = next(read_cells([header], layout.delimiter, layout.quote), [])
    if not any(cells):
        raise ValueError(f"line {layout.header_line} names no column; set `header_line`")
    return chunks.name_columns(cells)


def _settle(parsed: Iterator[Chunk], lines: _Lines) -> Iterator[Chunk]:
    """Hold the last chunk back: only the end of the file tells whether a quote was closed."""
    held = next(parsed)
    for chunk in parsed:
        if len(chunk.lines):
            yield held
            held = chunk
        else:
            held = replace(held, set_aside=[*held.set_aside, *chunk.set_aside])
    excess = lines.line - 1 - lines.n_read
    if excess not in (0, 1) or excess > len(held.lines):
        raise ValueError(f"{excess} lines could not be accounted for; the file is refused")
    if excess:
        last = int(held.lines[-1])
        aside = SetAside(last, lines.n_read + 1 - last, "", "quote not closed")
        held = Chunk(held.rows[:-1], held.lines[:-1], [*held.set_aside, aside])
    yield held


def _parse(columns: list[str], lines: _Lines, layout: Layout) -> Iterator[Chunk]:
    """Yield the rows that have as many cells as columns, at the end without any."""
    schema = pa.schema([(name, pa.string()) for name in columns])
    try:
        for batch in pa_csv.open_csv(
            pa.PythonFile(lines.text, mode="r"),
            pa_csv.ReadOptions(use_threads=False, block_size=LONGEST_ROW, column_names=columns),
            pa_csv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char=layout.quote or False,
                newlines_in_values=layout.quote is not None,
                ignore_empty_lines=False,
                invalid_row_handler=lines.refuse,
            ),
            pa_csv.ConvertOptions(column_types=schema, strings_can_be_null=False, check_utf8=False),
        ):
            rows = pa.Table.from_batches([batch])
            yield Chunk(rows, *lines.place(1 + chunks.count_line_feeds(rows)))
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise ValueError(
                f"near line {lines.line}, a row is longer than {LONGEST_ROW} bytes: a quote may "
                "be opened there and never closed; close it, or map `quote: null`"
            ) from error
    yield Chunk(schema.empty_table(), *lines.place(np.empty(0, dtype=np.int64)))


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
