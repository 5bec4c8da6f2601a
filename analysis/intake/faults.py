"""Say of a broken file what is wrong, whichever library found it."""

from __future__ import annotations

import csv
import errno
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

FAULTS = (
    csv.Error,
    duckdb.Error,
    EOFError,
    NotImplementedError,
    OSError,
    pa.ArrowException,
    RuntimeError,  # a zip's part that claims to need a password
    python_calamine.CalamineError,
    sqlite3.Error,
    UnicodeError,
    zipfile.BadZipFile,
    zlib.error,
    zstandard.ZstdError,
)
PANIC = "PanicException"  # how the reader of workbooks gives up; no name to import


@contextmanager
def explain_faults(path: Path) -> Iterator[None]:
    """
    Turn what a library says of a broken file into one message.

    Parameters
    ----------
    path : pathlib.Path
        The file that is read within.

    Raises
    ------
    ValueError
        Instead of every fault of a reader; it names the file and never quotes it.
    OSError
        If the system refuses: no file, no right, a full disk.
    """
    try:
        yield
    except FAULTS as fault:
        if isinstance(fault, OSError) and fault.errno not in (None, errno.EINVAL):
            raise
        raise ValueError(_explain(path, fault)) from fault
    except ValueError as fault:
        raise ValueError(_name(path, str(fault))) from fault
    except BaseException as fault:
        if type(fault).__name__ != PANIC:
            raise
        raise ValueError(_explain(path, fault)) from None


def _name(path: Path, message: str) -> str:
    return message if message.startswith(path.name) else f"{path.name}: {message}"


def _explain(path: Path, fault: BaseException) -> str:
    return (
        f"{path.name} cannot be read ({type(fault).__name__}): it is damaged, cut short, or of "
        "another kind than `kind` in the mapping says; export it again"
    )
