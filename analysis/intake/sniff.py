"""Find out how a file is written: kind, encoding, delimiter, line of the header."""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path

import charset_normalizer

from analysis.intake.chunks import Kind, Layout, explain_faults
from analysis.intake.delimited import read_cells
from analysis.intake.unpack import MIB, PACKINGS, open_bytes, read_start

DELIMITERS = ";,\t|^~:"
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
    if read_start(start) in PACKINGS:
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


def _find_binary_kind(path: Path) -> Kind | None:
    with path.open("rb") as file:
        signature = read_start(file.read(16))
    if signature == "old workbook":
        raise ValueError(f"{path.name} is a workbook of the old kind; save it as .xlsx")
    if signature == "zip":
        with zipfile.ZipFile(path) as archive:
            parts = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
            return "workbook" if parts & set(archive.namelist()) else None
    return None if signature in PACKINGS else signature


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
