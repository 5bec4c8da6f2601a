"""Open somebody's file, whatever its kind, as columns and batches of text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.intake import tables
from analysis.intake.chunks import LONGEST_ROW, Batch, Layout
from analysis.intake.delimited import read_delimited
from analysis.intake.faults import explain_faults
from analysis.intake.unpack import open_bytes

READERS = {
    "workbook": tables.read_workbook,
    "parquet": tables.read_parquet,
    "sqlite": tables.read_sqlite,
    "duckdb": tables.read_duckdb,
}


@contextmanager
def open_source(path: Path, layout: Layout) -> Iterator[tuple[list[str], Iterator[Batch]]]:
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
    batches : iterator of Batch
        Its rows, read as they are asked for.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        Whatever is wrong with the file; the message names it and says what to do.
    """
    if not path.exists():
        raise FileNotFoundError(f"no file at {path}")
    with explain_faults(path):
        if layout.kind in READERS:
            yield READERS[layout.kind](path, layout)
        elif layout.kind == "jsonl":
            with open_bytes(path) as stream:
                first = [stream.readline(LONGEST_ROW) for _ in range(tables.FIRST_LINES)]
            with open_bytes(path) as stream:
                yield tables.read_json_lines(stream, first)
        else:
            with open_bytes(path) as stream:
                yield read_delimited(stream, layout)
