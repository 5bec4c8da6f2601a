"""Delimited text: how it is written, and its rows in chunks, every line accounted for."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import IO, Any

import charset_normalizer
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from analysis.intake import chunks
from analysis.intake.chunks import LONGEST_ROW, Chunk, Ints, Layout, SetAside
from analysis.intake.patterns import say
from analysis.intake.unpack import MIB, join_pieces, read_start

MOST_HEADER_LINES = 20
SAMPLE_LINES = 200
DELIMITERS = ";,\t|^~:"
# Bytes that French text uses in only one of the two: 0x80 is the euro sign of Windows, 0x9c and
# 0x92 its ligature and its apostrophe; the other has its euro sign and its ligatures here.
WINDOWS_ONLY = bytes(range(0x80, 0xA0))
LATIN_9_ONLY = b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe"


def find_text_layout(start: bytes, name: str = "the file") -> Layout:
    """
    Find out how delimited text is written.

    Parameters
    ----------
    start : bytes
        The beginning of the file.
    name : str
        Its name, for messages.

    Returns
    -------
    Layout
        Encoding, delimiter, quote and line of the header.

    Raises
    ------
    ValueError
        If it does not look like text.

    Examples
    --------
    >>> layout = find_text_layout("Prénom;Ville\\nZoé;Évreux\\n".encode("cp1252"))
    >>> layout.encoding, layout.delimiter, layout.header_line
    ('windows-1252', ';', 1)
    """
    encoding = find_encoding(start)
    text = start.decode(encoding, errors="replace")
    if text.count("\0") > len(text) / 100:
        raise ValueError(say("no kind", name))
    lines = text.splitlines(keepends=True)
    whole = lines[: SAMPLE_LINES if len(lines) > SAMPLE_LINES else len(lines) - 1] or lines
    return Layout("text", encoding, *_find_dialect(whole))


def find_encoding(start: bytes) -> str:
    """
    Find the encoding of text.

    Parameters
    ----------
    start : bytes
        The beginning of a file; it may end within a letter.

    Returns
    -------
    str
        By its mark if it has one, else UTF-16 by its zero bytes, else UTF-8 if it is valid, else
        one of the two one-byte encodings of French by the letters only one has, else what
        charset-normalizer says.

    Examples
    --------
    >>> find_encoding("cœur, 12 €".encode("iso-8859-15"))
    'iso-8859-15'
    """
    if marked := read_start(start, "mark"):
        return str(marked)
    if start[:200].count(0) > len(start[:200]) / 4:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    text, _ = codecs.utf_8_decode(start, "replace", False)  # the last letter may be cut
    if text.count("\ufffd") <= len(re.findall(r"[^\x00-\x7f]", text)) / 2:
        return "utf-8"
    if set(start) & set(WINDOWS_ONLY):
        return "windows-1252"
    return "iso-8859-15" if set(start) & set(LATIN_9_ONLY) else _ask_for_encoding(start)


def _ask_for_encoding(start: bytes) -> str:
    """Ask charset-normalizer only where the language is not one of Western Europe."""
    best = charset_normalizer.from_bytes(start[: MIB // 8]).best()
    if best and best.chaos == 0 and best.encoding in ("cp1251", "cp1253", "big5"):
        return best.encoding
    return "windows-1252"


def _find_dialect(lines: Sequence[str]) -> tuple[str, str | None, int]:
    """Take delimiter and quote under which most rows have one number of cells, and the header."""
    ranked = {dialect: _rank(lines, *dialect) for dialect in product(('"', None), DELIMITERS)}
    best = max(ranked, key=lambda dialect: ranked[dialect][0])
    quote, delimiter = best if ranked[best][0] else ('"', ",")
    return delimiter, quote, ranked[quote, delimiter][1]


def _rank(lines: Sequence[str], quote: str | None, delimiter: str) -> tuple[float, int]:
    """Score a dialect, and find the first row that has as many cells as most rows."""
    reader = read_cells(lines, delimiter, quote)
    measured, line = [], 1  # of each row that is not blank, the first line and the number of cells
    with suppress(csv.Error):  # a cell beyond the limit of the standard library
        for cells in reader:
            if any(cells):
                measured.append((line, len(cells)))
            line = reader.line_num + 1
    widths = Counter(width for _, width in measured)
    width, n_rows = widths.most_common(1)[0] if widths else (1, 0)
    score = n_rows / max(widths.total(), 1) * max(min(width - 1, 3), 0)
    return score, next((line for line, own in measured if own == width), 1)


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
            raise ValueError(say("long row", lines.line, LONGEST_ROW)) from error
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
    quoting: Any = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    return csv.reader(lines, delimiter=delimiter or ",", quotechar=quote, quoting=quoting)
