"""Open somebody's file, whatever its kind, as columns and chunks of text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import python_calamine

from analysis.intake.chunks import (
    LONGEST_CELL,
    LONGEST_ROW,
    ROWS,
    Chunk,
    Flags,
    Layout,
    SetAside,
    explain_faults,
    gather_rows,
    name_columns,
    set_rows_aside,
)
from analysis.intake.delimited import read_delimited
from analysis.intake.unpack import check_workbook, open_bytes

Source = tuple[list[str], Iterator[Chunk]]
FIRST_LINES = 1000  # of JSON lines, whose keys name the columns


@contextmanager
def open_source(path: Path, layout: Layout) -> Iterator[Source]:
    """
    Open a file.

    Parameters
    ----------
    path : pathlib.Path
        The file, or a folder of Parquet files.
    layout : Layout
        How it is written.

    Yields
    ------
    columns : list of str
        Names of its columns, all different.
    chunks : iterator of Chunk
        Its rows, read as they are asked for. Dates of typed columns are written YYYY-MM-DD, whole
        numbers without a point; a key that a JSON object lacks is an empty cell.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        Whatever is wrong with the file, or if `layout` names no table and there are several; the
        message names the file and says what to do.
    """
    if not path.exists():
        raise FileNotFoundError(f"no file at {path}")
    with explain_faults(path):
        if layout.kind in _READERS:
            yield _READERS[layout.kind](path, layout)
        elif layout.kind == "jsonl":
            with open_bytes(path) as stream:
                first_lines = [stream.readline(LONGEST_ROW) for _ in range(FIRST_LINES)]
            with open_bytes(path) as stream:
                yield _read_json_lines(stream, first_lines)
        else:
            with open_bytes(path) as stream:
                yield read_delimited(stream, layout)


def choose_table(names: Sequence[str], wanted: str | None, file_name: str, *, kind: str) -> str:
    """
    Choose the table that is named, or the only one there is.

    Parameters
    ----------
    names : sequence of str
        Tables of a file.
    wanted : str or None
        The one that is named.
    file_name : str
        Name of the file, for messages.
    kind : str
        What a table is called there.

    Returns
    -------
    str
        One of `names`.

    Raises
    ------
    ValueError
        If there is no such table, or none is named and there are several.

    Examples
    --------
    >>> choose_table(["visits"], None, "a.sqlite", kind="table")
    'visits'
    """
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    asked = f"has no {kind} {wanted!r}" if wanted else f"has {len(names)} {kind}s"
    raise ValueError(f"{file_name} {asked}; set `table` to one of {sorted(names)}")


def _read_workbook(path: Path, layout: Layout) -> Source:
    """Read a sheet; every part of the file is unpacked once beforehand, to refuse a bomb."""
    check_workbook(path)
    with closing(python_calamine.CalamineWorkbook.from_path(str(path))) as book:
        name = choose_table(book.sheet_names, layout.table, path.name, kind="sheet")
        rows = iter(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    header = next(islice(rows, layout.header_line - 1, None), [])
    if not any(header):
        raise ValueError(f"{path.name}: row {layout.header_line} names no column")
    columns = name_columns(header)
    return columns, gather_rows(columns, enumerate(rows, start=layout.header_line + 1))


def _read_parquet(path: Path, layout: Layout) -> Source:
    """Read a file, or a folder of files in the order of their names."""
    paths = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not paths:
        raise ValueError(f"{path.name} holds no file named *.parquet")
    schemas = {part: pq.read_schema(part) for part in paths}
    names = schemas[paths[0]].names
    for part, schema in schemas.items():
        if schema.names != names:
            raise ValueError(f"{part.name} has other columns than {paths[0].name}")
        if nested := [column.name for column in schema if pa.types.is_nested(column.type)]:
            raise ValueError(f"{part.name}: columns {nested} hold lists or objects; flatten them")
    return name_columns(names), _read_arrow(name_columns(names), _scan_parquet(paths))


def _scan_parquet(paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=ROWS)


def _read_sqlite(path: Path, layout: Layout) -> Source:
    link = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(link, uri=True)) as database:
        listed = database.execute("select name from sqlite_master where type = 'table'")
        name = choose_table([row[0] for row in listed], layout.table, path.name, kind="table")
        header = database.execute(f"select * from {_quote(name)} limit 0").description
    columns = name_columns([column[0] for column in header])
    return columns, gather_rows(columns, _scan_sqlite(link, name))


def _scan_sqlite(link: str, name: str) -> Iterator[tuple[int, Sequence[Any]]]:
    with closing(sqlite3.connect(link, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
        database.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        yield from enumerate(database.execute(f"select * from {_quote(name)}"), start=1)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read_duckdb(path: Path, layout: Layout) -> Source:
    with _open_duckdb(path) as database:
        listed = database.execute("select table_name from duckdb_tables()").fetchall()
        name = choose_table([row[0] for row in listed], layout.table, path.name, kind="table")
        header = database.execute(f"select * from {_quote(name)} limit 0").description
    columns = name_columns([column[0] for column in header or []])
    return columns, _read_arrow(columns, _scan_duckdb(path, name))


def _open_duckdb(path: Path) -> duckdb.DuckDBPyConnection:
    safe: dict[str, Any] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
    }
    return duckdb.connect(str(path), read_only=True, config=safe)


def _scan_duckdb(path: Path, name: str) -> Iterator[pa.RecordBatch]:
    with _open_duckdb(path) as database:
        yield from database.sql(f"select * from {_quote(name)}").to_arrow_reader(ROWS)


def _read_arrow(columns: list[str], batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk]:
    line = 1
    for batch in batches:
        rows = pa.Table.from_arrays([_write_text(c) for c in batch.columns], names=columns)
        lines = np.arange(line, line + batch.num_rows)
        line += batch.num_rows
        yield set_rows_aside(Chunk(rows, lines), _find_long(rows))


def _write_text(column: pa.Array) -> pa.Array:
    """Write a typed column as `chunks.write_cell` writes a cell, all at once."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        days = column.cast(pa.date32(), safe=False)
        column = days if pc.all(pc.equal(days.cast(column.type), column)).as_py() else column
    if pa.types.is_floating(column.type):
        whole = pc.all(pc.equal(pc.floor(column), column), min_count=0).as_py()
        column = column.cast(pa.int64()) if whole else column
    return column.cast(pa.string())


def _find_long(rows: pa.Table) -> Iterator[tuple[str, str, Flags]]:
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        size = pc.fill_null(pc.binary_length(column), 0).to_numpy()
        yield name, "cell too long", size > LONGEST_CELL


def _read_json_lines(stream: IO[bytes], first_lines: Sequence[bytes]) -> Source:
    """Read one object a line; the keys of the first lines, in the order met, are the columns."""
    objects = [_parse_object(line) or {} for line in first_lines]
    columns = list(dict.fromkeys(key for cells in objects for key in cells))
    if not columns:
        raise ValueError("none of the first lines is a JSON object with a key")
    return columns, gather_rows(columns, _scan_json(stream, columns))


def _scan_json(
    stream: IO[bytes], columns: Sequence[str]
) -> Iterator[tuple[int, Sequence[Any] | SetAside]]:
    known = set(columns)
    for line, raw in enumerate(iter(lambda: stream.readline(LONGEST_ROW), b""), start=1):
        if len(raw) == LONGEST_ROW:
            raise ValueError(f"line {line} is longer than {LONGEST_ROW} bytes; the file is refused")
        cells = _parse_object(raw)
        if cells is None:
            yield line, SetAside(line, 1, "", "not JSON" if raw.strip() else "blank line")
        elif unknown := next((key for key in cells if key not in known), None):
            yield line, SetAside(line, 1, unknown, "unknown column")
        else:
            yield line, [cells.get(name) for name in columns]


def _parse_object(raw: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(raw.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


_READERS = {
    "workbook": _read_workbook,
    "parquet": _read_parquet,
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
}
