"""A synthetic breach as the files that somebody might hold."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.exposure import coding, counting, windows
from analysis.store.breach import (
    Breach,
    join_hashes,
    open_breach,
    replace_folder,
    write_manifest,
    write_partition,
)

EXPORTS = {
    "Windows-1252 CSV": "a.csv",
    "UTF-16 TSV": "a.tsv",
    "xlsx": "a.xlsx",
    "SQLite": "a.sqlite",
    "Parquet": "a.parquet",
}


def read_all(breach: Breach, kind: str = "records") -> pa.Table:
    """Read all partitions of a breach as one table."""
    return pa.concat_tables(map(pq.read_table, breach.partitions(kind)))


def export(breach: Breach, kind: str, folder: Path) -> Path:
    """Write the records of a breach as one file of a kind in `EXPORTS`."""
    path, table = folder / EXPORTS[kind], read_all(breach)
    if kind == "Parquet":
        pq.write_table(table, path)
    elif kind == "xlsx":
        _write_workbook(table, path)
    elif kind == "SQLite":
        with closing(sqlite3.connect(path)) as base:
            _french(table.to_pandas()).to_sql("visits", base, index=False)
    elif kind == "UTF-16 TSV":
        _french(table.to_pandas()).to_csv(path, sep="\t", index=False, encoding="utf-16")
    else:
        _french(table.to_pandas()).to_csv(path, sep=";", index=False, encoding="windows-1252")
    return path


def regroup(imported: Path, original: Breach, folder: Path) -> Breach:
    """Lay an import out as the original, with the original's truth, so that both are counted."""
    found = read_all(open_breach(imported))
    places = {number: k for k, number in enumerate(found["record_id"].to_pylist())}
    hashes = []
    with replace_folder(folder) as aside:
        for path in original.partitions("truth"):
            truth = pq.read_table(path)
            mine = found.take([places[number] for number in truth["record_id"].to_pylist()])
            write_partition(truth, aside / "truth" / path.name)
            hashes.append(write_partition(mine, aside / "records" / path.name))
        manifest = original.manifest | {"content_hash": join_hashes(hashes)}
        write_manifest(aside, manifest)
    return open_breach(folder)


def compare_counts(one: coding.CodedRecords, other: coding.CodedRecords) -> int:
    """Compare two breaches cell for cell; return the number of cells, all of them equal."""
    years = windows.calendar_windows("2015-01-01", "2021-01-01", unit="year")
    n_cells = 0
    for place in ("home", "prescriber", "laboratory"):
        tables = [
            counting.count(
                coded, years, by=["dep_code"], categories=["any", "nir", "comments"], place=place
            ).table
            for coded in (one, other)
        ]
        pd.testing.assert_frame_equal(*tables)
        n_cells += 2 * len(tables[0])
    return n_cells


def _french(table: pd.DataFrame) -> pd.DataFrame:
    """Write dates the French way."""
    for name in ("sampled_on", "born_on"):
        table[name] = pd.to_datetime(table[name]).dt.strftime("%d/%m/%Y")
    return table


def _write_workbook(table: pa.Table, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("visits")
    sheet.append(table.column_names)
    for batch in table.to_batches(max_chunksize=10_000):
        columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            sheet.append(cells)
    book.save(path)
