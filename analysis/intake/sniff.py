"""Find out how a file is written: kind, encoding, delimiter, line of the header."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import charset_normalizer

from analysis.intake.chunks import Kind, Layout, explain_faults
from analysis.intake.delimited import read_cells
from analysis.intake.unpack import MAGIC, MIB, find_packing, open_bytes

DELIMITERS = ";,\t|^~:"
BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# Bytes that French text uses in only one of the two: 0x80 is the euro sign of Windows, 0x9c and
# 0x92 its ligature and its apostrophe; the other has its euro sign and its ligatures here.
WINDOWS_ONLY = bytes(range(0x80, 0xA0))
LATIN_9_ONLY = b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe"
SAMPLE = MIB  # bytes looked at
SAMPLE_LINES = 200


def find_layout(path: Path) -> Layout:
    """
    Find out how a file is written from its first bytes, never from its name.

    Parameters
    ----------
    path : pathlib.Path
        A file, or a folder of Parquet files.

    Returns
    -------
    Layout
        What a mapping proposes; a person may correct it there.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If it is empty or none of the kinds that can be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"no file at {path}")
    if path.is_dir():
        return Layout("parquet")
    with explain_faults(path):
        kind = _find_binary_kind(path)
        if kind is not None:
            return Layout(kind)
        with open_bytes(path) as stream:
            start = stream.read(SAMPLE)
    if start.startswith(tuple(MAGIC)):
        raise ValueError(f"{path.name} is packed twice; unpack it once and pass the result")
    if not start.strip():
        raise ValueError(f"{path.name} is empty")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Layout("jsonl")
    return find_text_layout(start, path.name)


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
        raise ValueError(
            f"{name} is none of the kinds that can be read: delimited text, JSON lines, Excel, "
            "Parquet, SQLite, DuckDB, plain or in gzip, zip or zstd"
        )
    lines = text.splitlines(keepends=True)
    whole = lines[: SAMPLE_LINES if len(lines) > SAMPLE_LINES else len(lines) - 1] or lines
    delimiter, quote = _find_dialect(whole)
    return Layout("text", encoding, delimiter, quote, _find_header(whole, delimiter, quote))


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
    for bom, encoding in BOMS.items():
        if start.startswith(bom):
            return encoding
    if start[:200].count(0) > len(start[:200]) / 4:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text = decoder.decode(start)  # without an end: the last letter may be cut
    n_bad, n_high = text.count("\ufffd"), sum(letter > "\x7f" for letter in text)
    if n_bad <= n_high / 2:
        return "utf-8"
    counts = Counter(start)
    windows = sum(counts[byte] for byte in WINDOWS_ONLY)
    latin_9 = sum(counts[byte] for byte in LATIN_9_ONLY)
    if windows or latin_9:
        return "windows-1252" if windows else "iso-8859-15"
    return _ask_for_encoding(start)


def _ask_for_encoding(start: bytes) -> str:
    """Ask charset-normalizer only where the language is not one of Western Europe."""
    best = charset_normalizer.from_bytes(start[: MIB // 8]).best()
    western = {"cp1250", "cp1252", "latin_1", "iso8859_15", "cp858", "cp850", "mac_roman"}
    if best is None or best.encoding in western or best.chaos > 0:
        return "windows-1252"
    return best.encoding if best.encoding in ("cp1251", "cp1253", "big5") else "windows-1252"


def _find_binary_kind(path: Path) -> Kind | None:
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start[8:12] == b"DUCK":
        return "duckdb"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(f"{path.name} is a workbook of the old kind; save it as .xlsx")
    if find_packing(path) == "zip":
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
            return "workbook"
    return None


def _find_dialect(lines: Sequence[str]) -> tuple[str, str | None]:
    """Take the delimiter and the quote under which most rows have the same number of cells."""
    best: tuple[float, tuple[str, str | None]] = (0.0, (",", '"'))
    for quote in ('"', None):
        for delimiter in DELIMITERS:
            widths = Counter(width for _, width in _measure_rows(lines, delimiter, quote))
            width, n_rows = widths.most_common(1)[0] if widths else (0, 0)
            score = n_rows / max(widths.total(), 1) * min(width - 1, 3)
            if score > best[0]:
                best = score, (delimiter, quote)
    return best[1]


def _find_header(lines: Sequence[str], delimiter: str, quote: str | None) -> int:
    """Take the first row that has as many cells as most rows."""
    rows = _measure_rows(lines, delimiter, quote)
    widths = Counter(width for _, width in rows)
    most = widths.most_common(1)[0][0] if rows else 0
    return next((line for line, width in rows if width == most), 1)


def _measure_rows(lines: Sequence[str], delimiter: str, quote: str | None) -> list[tuple[int, int]]:
    """List the first line and the number of cells of each row that is not blank."""
    reader = read_cells(lines, delimiter, quote)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cells):
                rows.append((line, len(cells)))
            line = reader.line_num + 1
    except csv.Error:  # a cell beyond the limit of the standard library
        return rows
    return rows
