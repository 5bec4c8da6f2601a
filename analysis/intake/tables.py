"""Read workbooks, Parquet, databases and JSON lines in the same batches as text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
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
    Batch,
    Layout,
    SetAside,
    gather_rows,
    name_columns,
)
from analysis.intake.unpack import check_workbook

Source = tuple[list[str], Iterator[Batch]]
FIRST_LINES = 1000  # of JSON lines, whose keys name the columns


def read_workbook(path: Path, layout: Layout) -> Source:
    """
    Read a sheet of an xlsx or ods workbook.

    Parameters
    ----------
    path : pathlib.Path
        The workbook; every part of it is unpacked once beforehand, to refuse a bomb.
    layout : Layout
        Sheet and line of the header.

    Returns
    -------
    columns, batches
        Names of the columns, all rows; dates as YYYY-MM-DD, whole numbers without a point.

    Raises
    ------
    ValueError
        If the sheet is not named and there are several, or the header line is empty.
    """
    check_workbook(path)
    with closing(python_calamine.CalamineWorkbook.from_path(str(path))) as book:
        name = choose_table(book.sheet_names, layout.table, path.name, kind="sheet")
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    header = rows[layout.header_line - 1] if len(rows) >= layout.header_line else []
    if not any(header):
        raise ValueError(f"{path.name}: row {layout.header_line} names no column")
    columns = name_columns(header)
    numbered = enumerate(rows[layout.header_line :], start=layout.header_line + 1)
    return columns, gather_rows(columns, numbered)


def read_parquet(path: Path, layout: Layout) -> Source:
    """
    Read a Parquet file, or a folder of them in the order of their names.

    Raises
    ------
    ValueError
        If a folder holds none, files differ in their columns, or a column is nested.
    """
    paths = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not paths:
        raise ValueError(f"{path.name} holds no file named *.parquet")
    schemas = [pq.read_schema(found) for found in paths]
    names = schemas[0].names
    for found, schema in zip(paths, schemas, strict=True):
        if schema.names != names:
            raise ValueError(f"{found.name} has other columns than {paths[0].name}")
        nested = [column.name for column in schema if pa.types.is_nested(column.type)]
        if nested:
            raise ValueError(f"{found.name}: columns {nested} hold lists or objects; flatten them")
    return name_columns(names), _read_arrow(name_columns(names), _scan_parquet(paths))


def read_sqlite(path: Path, layout: Layout) -> Source:
    """
    Read a table of an SQLite file, opened for reading only.

    Raises
    ------
    ValueError
        If the table is not named and there are several.
    """
    link = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(link, uri=True)) as database:
        listed = database.execute("select name from sqlite_master where type = 'table'")
        name = choose_table([row[0] for row in listed], layout.table, path.name, kind="table")
        header = database.execute(f"select * from {_quote(name)} limit 0").description
    columns = name_columns([column[0] for column in header])
    return columns, gather_rows(columns, _scan_sqlite(link, name))


def read_duckdb(path: Path, layout: Layout) -> Source:
    """
    Read a table of a DuckDB file, opened for reading only.

    Raises
    ------
    ValueError
        If the table is not named and there are several.
    """
    with _open_duckdb(path) as database:
        listed = database.execute("select table_name from duckdb_tables()").fetchall()
        name = choose_table([row[0] for row in listed], layout.table, path.name, kind="table")
        header = database.execute(f"select * from {_quote(name)} limit 0").description
    columns = name_columns([column[0] for column in header or []])
    return columns, _read_arrow(columns, _scan_duckdb(path, name))


def read_json_lines(stream: IO[bytes], first_lines: Sequence[bytes]) -> Source:
    """
    Read one JSON object a line.

    Parameters
    ----------
    stream : binary file
        The bytes, unpacked, at their start.
    first_lines : sequence of bytes
        The first lines, whose keys are the columns.

    Returns
    -------
    columns, batches
        Keys in the order met, all lines; a missing key is an empty cell.

    Raises
    ------
    ValueError
        If none of the first lines is an object.
    """
    found = [_parse_object(line) for line in first_lines]
    columns = list(dict.fromkeys(key for row in found if row is not None for key in row))
    if not columns:
        raise ValueError("none of the first lines is a JSON object with a key")
    return columns, gather_rows(columns, _scan_json(stream, columns))


def choose_table(names: Sequence[str], wanted: str | None, file_name: str, *, kind: str) -> str:
    """
    Choose the table that is named, or the only one there is.

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


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _scan_parquet(paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=ROWS)


def _open_duckdb(path: Path) -> duckdb.DuckDBPyConnection:
    safe: dict[str, Any] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
    }
    return duckdb.connect(str(path), read_only=True, config=safe)


def _scan_duckdb(path: Path, name: str) -> Iterator[pa.RecordBatch]:
    with _open_duckdb(path) as database:
        yield from database.sql(f"select * from {_quote(name)}").to_arrow_reader(ROWS)


def _read_arrow(columns: list[str], found: Iterator[pa.RecordBatch]) -> Iterator[Batch]:
    line = 1
    for batch in found:
        arrays = [_write_text(column) for column in batch.columns]
        rows = pa.Table.from_arrays(arrays, names=columns)
        lines = np.arange(line, line + batch.num_rows)
        line += batch.num_rows
        yield _check_lengths(Batch(rows, lines))


def _write_text(column: pa.Array) -> pa.Array:
    """Write a typed column as `batches.write_cell` writes a cell, all at once."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        days = column.cast(pa.date32(), safe=False)
        column = days if pc.all(pc.equal(days.cast(column.type), column)).as_py() else column
    if pa.types.is_floating(column.type):
        whole = pc.all(pc.equal(pc.floor(column), column), min_count=0).as_py()
        column = column.cast(pa.int64()) if whole else column
    return column.cast(pa.string())


def _check_lengths(batch: Batch) -> Batch:
    kept = np.ones(len(batch.lines), dtype=bool)
    aside = []
    for name, column in zip(batch.rows.column_names, batch.rows.columns, strict=True):
        size = pc.fill_null(pc.binary_length(column), 0).to_numpy()
        long = kept & (size > LONGEST_CELL)
        aside += [SetAside(int(line), 1, name, "cell too long") for line in batch.lines[long]]
        kept &= ~long
    return Batch(batch.rows.filter(pa.array(kept)), batch.lines[kept], aside)


def _scan_sqlite(link: str, name: str) -> Iterator[tuple[int, Sequence[Any]]]:
    with closing(sqlite3.connect(link, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
        database.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        yield from enumerate(database.execute(f"select * from {_quote(name)}"), start=1)


def _scan_json(
    stream: IO[bytes], columns: Sequence[str]
) -> Iterator[tuple[int, Sequence[Any] | SetAside]]:
    known, line = set(columns), 0
    while raw := stream.readline(LONGEST_ROW):
        line += 1
        if len(raw) == LONGEST_ROW:
            raise ValueError(f"line {line} is longer than {LONGEST_ROW} bytes; the file is refused")
        found = _parse_object(raw)
        if found is None:
            reason = "not JSON" if raw.strip() else "blank line"
            yield line, SetAside(line, 1, "", reason)
        elif unknown := next((key for key in found if key not in known), None):
            yield line, SetAside(line, 1, unknown, "unknown column")
        else:
            yield line, [found.get(name) for name in columns]


def _parse_object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
