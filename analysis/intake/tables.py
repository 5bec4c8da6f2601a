"""Find out of what kind somebody's file is, and open it as columns and chunks of text."""

import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from analysis.intake import chunks
from analysis.intake.chunks import LONGEST_ROW, ROWS, Chunk, Kind, Layout, SetAside, gather_rows
from analysis.intake.delimited import find_text_layout, read_delimited
from analysis.intake.unpack import MIB, PACKINGS, check_workbook, open_bytes, read_start

Source = tuple[list[str], Iterator[Chunk]]
FIRST_LINES = 1000  # of JSON lines, whose keys name the columns
# How a database of somebody's is opened: it reaches nothing else.
CLOSED: dict[str, Any] = {"enable_external_access": False, "autoinstall_known_extensions": False}


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
    if path.is_dir():
        return Layout("parquet")
    with chunks.explain_faults(path):
        kind = _find_binary_kind(path)
        if kind is not None:
            return Layout(kind)
        with open_bytes(path) as stream:
            start = stream.read(MIB)
    if read_start(start) in PACKINGS:
        raise ValueError(f"{path.name} is packed twice; unpack it once and pass the result")
    if not start.strip():
        raise ValueError(f"{path.name} is empty")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Layout("jsonl")
    return find_text_layout(start, path.name)


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
    read = _READERS[layout.kind]
    with chunks.explain_faults(path), read(path, layout) as (columns, unchecked):
        nothing = pa.table(dict.fromkeys(columns, pa.array([], pa.string())))
        last = Chunk(nothing, np.empty(0, dtype=np.int64))  # so that there is always one
        yield columns, (chunks.check_rows(chunk, layout) for chunk in chain(unchecked, [last]))


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


@contextmanager
def _read_text(path: Path, layout: Layout) -> Iterator[Source]:
    with open_bytes(path) as stream:
        yield read_delimited(stream, layout)


@contextmanager
def _read_workbook(path: Path, layout: Layout) -> Iterator[Source]:
    """Read a sheet; every part of the file is unpacked once beforehand, to refuse a bomb."""
    check_workbook(path)
    with closing(CalamineWorkbook.from_path(str(path))) as book:
        name = choose_table(book.sheet_names, layout.table, path.name, kind="sheet")
        rows = iter(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    header = next(islice(rows, layout.header_line - 1, None), [])
    if not any(header):
        raise ValueError(f"{path.name}: row {layout.header_line} names no column")
    columns = chunks.name_columns(header)
    yield columns, gather_rows(columns, enumerate(rows, start=layout.header_line + 1))


@contextmanager
def _read_parquet(path: Path, layout: Layout) -> Iterator[Source]:
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
    batches = (pq.ParquetFile(part).iter_batches(batch_size=ROWS) for part in paths)
    columns = chunks.name_columns(names)
    yield columns, _read_arrow(columns, chain.from_iterable(batches))


@contextmanager
def _read_sqlite(path: Path, layout: Layout) -> Iterator[Source]:
    link = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(link, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
        listed = database.execute("select name from sqlite_master where type = 'table'")
        query = _write_query(listed.fetchall(), layout, path)
        database.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        rows = database.execute(query)
        columns = chunks.name_columns([column[0] for column in rows.description])
        yield columns, gather_rows(columns, enumerate(rows, start=1))


def _write_query(listed: Sequence[tuple[str]], layout: Layout, path: Path) -> str:
    name = choose_table([row[0] for row in listed], layout.table, path.name, kind="table")
    return 'select * from "' + name.replace('"', '""') + '"'


@contextmanager
def _read_duckdb(path: Path, layout: Layout) -> Iterator[Source]:
    with duckdb.connect(str(path), read_only=True, config=CLOSED) as database:
        listed = database.execute("select table_name from duckdb_tables()")
        query = _write_query(listed.fetchall(), layout, path)
        batches = database.sql(query).to_arrow_reader(ROWS)
        columns = chunks.name_columns(batches.schema.names)
        yield columns, _read_arrow(columns, batches)


def _read_arrow(columns: list[str], batches: Iterable[pa.RecordBatch]) -> Iterator[Chunk]:
    line = 1
    for batch in batches:
        rows = pa.Table.from_arrays(list(map(_write_text, batch.columns)), names=columns)
        yield Chunk(rows, np.arange(line, line + batch.num_rows))
        line += batch.num_rows


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


@contextmanager
def _read_json_lines(path: Path, layout: Layout) -> Iterator[Source]:
    """Read one object a line; the keys of the first lines, in the order met, are the columns."""
    with open_bytes(path) as stream:
        objects = _scan_json(stream)
        first = list(islice(objects, FIRST_LINES))
        columns = list(dict.fromkeys(key for _, _, cells in first for key in cells or ()))
        if not columns:
            raise ValueError("none of the first lines is a JSON object with a key")
        rows = (_check_object(columns, *line) for line in chain(first, objects))
        yield columns, gather_rows(columns, rows)


def _scan_json(stream: IO[bytes]) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
    """Yield the number of each line, the line, and the object on it, if it is one."""
    for line, raw in enumerate(iter(partial(stream.readline, LONGEST_ROW), b""), start=1):
        if len(raw) == LONGEST_ROW:
            raise ValueError(f"line {line} is longer than {LONGEST_ROW} bytes; the file is refused")
        try:
            parsed = json.loads(raw.decode("utf-8-sig", errors="replace"))
        except (ValueError, RecursionError):
            parsed = None
        yield line, raw, parsed if isinstance(parsed, dict) else None


def _check_object(
    columns: Sequence[str], line: int, raw: bytes, cells: dict[str, Any] | None
) -> tuple[int, list[Any]] | SetAside:
    if cells is None:
        return SetAside(line, 1, "", "not JSON" if raw.strip() else "blank line")
    if unknown := [key for key in cells if key not in columns]:
        return SetAside(line, 1, unknown[0], "unknown column")
    if nested := [key for key in columns if isinstance(cells.get(key), list | dict)]:
        return SetAside(line, 1, nested[0], "nested value")
    return line, [cells.get(name) for name in columns]


_READERS = {
    "text": _read_text,
    "jsonl": _read_json_lines,
    "workbook": _read_workbook,
    "parquet": _read_parquet,
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
}
