"""Open somebody's file, whatever its kind, as columns and batches of text."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import python_calamine
import zstandard

from analysis import containers
from analysis.batches import LONGEST_ROW, Batch, Layout
from analysis.delimited import read_delimited
from analysis.unpacking import open_bytes

READERS = {
    "workbook": containers.read_workbook,
    "parquet": containers.read_parquet,
    "sqlite": containers.read_sqlite,
    "duckdb": containers.read_duckdb,
}
FAULTS = (
    csv.Error,
    duckdb.Error,
    EOFError,
    json.JSONDecodeError,
    NotImplementedError,
    OSError,
    pa.ArrowException,
    python_calamine.CalamineError,
    sqlite3.Error,
    UnicodeError,
    zipfile.BadZipFile,
    zlib.error,
    zstandard.ZstdError,
)


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
    with explain_faults(path, layout.kind):
        if layout.kind in READERS:
            yield READERS[layout.kind](path, layout)
        elif layout.kind == "jsonl":
            with open_bytes(path) as stream:
                first = [stream.readline(LONGEST_ROW) for _ in range(containers.FIRST_LINES)]
            with open_bytes(path) as stream:
                yield containers.read_json_lines(stream, first)
        else:
            with open_bytes(path) as stream:
                yield read_delimited(stream, layout)


@contextmanager
def explain_faults(path: Path, kind: str) -> Iterator[None]:
    """
    Turn what a library says of a broken file into one message.

    Raises
    ------
    ValueError
        Instead of every fault of a reader; it never quotes the file.
    """
    try:
        yield
    except FAULTS as fault:
        if isinstance(fault, OSError) and fault.errno is not None:  # a full disk, a missing right
            raise
        raise ValueError(_explain(path, kind, fault)) from fault
    except ValueError as fault:
        known = str(fault).startswith(path.name)
        raise ValueError(str(fault) if known else f"{path.name}: {fault}") from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # how the reader of workbooks gives up
            raise
        raise ValueError(_explain(path, kind, fault)) from None


def _explain(path: Path, kind: str, fault: BaseException) -> str:
    return (
        f"{path.name} cannot be read as {kind} ({type(fault).__name__}): it is damaged, cut short, "
        "or of another kind; export it again, or set `kind` in the mapping"
    )
