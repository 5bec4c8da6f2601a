"""Break files at random and see whether a row is lost or a fault escapes.

``python tests/fuzzing.py 10000 FILE`` breaks ten thousand files, writes what became of them to
FILE as JSON, and fails if anything was lost.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from analysis.intake import load, unpack
from analysis.intake.mapping import Mapping, read_mapping, write_mapping
from analysis.intake.propose import propose_mapping
from analysis.intake.tables import open_source

LATEST = date(2021, 2, 23)
HEADER = ["Nom", "Prénom", "Date naissance", "Date prélèvement", "Code postal", "Email"]
N_ROWS = 40
SIGNS = [b'"', b";", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1a", b'"\n"', b"\xe2\x80"]


def draw_rows(rng: np.random.Generator) -> list[list[str]]:
    """Draw some rows of a file."""
    days = [f"{d:02d}/{m:02d}/{y}" for d, m, y in _dates(rng, 2 * N_ROWS)]
    return [
        [
            f"NOM{'É' * (k % 3)}{'; X' * (k % 7 == 0)}",
            "Zoé" if k % 2 else "",
            days[2 * k],
            days[2 * k + 1],
            f"{rng.integers(1000, 96000):05d}",
            f"p{k}@example.org",
        ]
        for k in range(N_ROWS)
    ]


def _dates(rng: np.random.Generator, n: int) -> list[tuple[int, int, int]]:
    return list(
        zip(
            rng.integers(1, 29, n).tolist(),
            rng.integers(1, 13, n).tolist(),
            rng.integers(1930, 2020, n).tolist(),
            strict=True,
        )
    )


def write_text(rows: list[list[str]], path: Path) -> None:
    """Write rows as delimited text in Windows-1252."""
    _frame(rows).to_csv(path, sep=";", index=False, encoding="windows-1252")


def write_utf_16(rows: list[list[str]], path: Path) -> None:
    """Write rows as delimited text in UTF-16."""
    _frame(rows).to_csv(path, sep="\t", index=False, encoding="utf-16")


def write_gzip(rows: list[list[str]], path: Path) -> None:
    """Write rows as text in gzip."""
    path.write_bytes(gzip.compress(_frame(rows).to_csv(index=False).encode()))


def write_zstd(rows: list[list[str]], path: Path) -> None:
    """Write rows as text in zstd."""
    path.write_bytes(zstandard.compress(_frame(rows).to_csv(index=False).encode()))


def write_zip(rows: list[list[str]], path: Path) -> None:
    """Write rows as text in a zip."""
    options = {"method": "zip", "archive_name": "a.csv"}
    _frame(rows).to_csv(path, index=False, compression=options)


def write_json(rows: list[list[str]], path: Path) -> None:
    """Write rows as JSON lines."""
    _frame(rows).to_json(path, orient="records", lines=True, force_ascii=False)


def write_workbook(rows: list[list[str]], path: Path) -> None:
    """Write rows as a workbook."""
    book = openpyxl.Workbook()
    for cells in [HEADER, *rows]:
        book.active.append(cells)
    book.save(path)


def write_parquet(rows: list[list[str]], path: Path) -> None:
    """Write rows as Parquet."""
    pq.write_table(pa.Table.from_pandas(_frame(rows)), path)


def write_sqlite(rows: list[list[str]], path: Path) -> None:
    """Write rows as an SQLite table."""
    with closing(sqlite3.connect(path)) as base:
        _frame(rows).to_sql("visits", base, index=False)


def write_duckdb(rows: list[list[str]], path: Path) -> None:
    """Write rows as a DuckDB table."""
    with duckdb.connect(str(path)) as base:
        base.register("frame", _frame(rows))
        base.execute("create table visits as select * from frame")


WRITERS: dict[str, Callable[[list[list[str]], Path], None]] = {
    "text": write_text,
    "UTF-16": write_utf_16,
    "gzip": write_gzip,
    "zstd": write_zstd,
    "zip": write_zip,
    "JSON lines": write_json,
    "workbook": write_workbook,
    "Parquet": write_parquet,
    "SQLite": write_sqlite,
    "DuckDB": write_duckdb,
}
# Text is what people hold, and where a row can be lost without a library noticing.
TURNS = ["text", "text", "text", "text", "UTF-16", "JSON lines", *WRITERS]


def _frame(rows: list[list[str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=HEADER)


def break_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits, put in signs that matter, leave bytes out, or cut the end."""
    broken = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(len(broken) + 1))
        what = rng.integers(5)
        if what == 0 and at < len(broken):
            broken[at] ^= 1 << int(rng.integers(8))
        elif what == 1:
            broken[at:at] = SIGNS[rng.integers(len(SIGNS))]
        elif what == 2:
            del broken[at : at + int(rng.integers(1, 20))]
        elif what == 3:
            broken[at:at] = broken[at : at + 50]
        elif rng.integers(4) == 0:
            del broken[at:]
    return bytes(broken)


def count_lines(path: Path, mapping: Mapping) -> int | None:
    """Count the lines of text after its header, by the line ends alone."""
    layout = mapping.layout
    if layout.kind not in ("text", "jsonl"):
        return None
    with unpack.open_bytes(path) as stream:
        text = stream.read().decode(layout.encoding or "utf-8", errors="replace")
    if layout.kind == "text":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.count("\n") + (text[-1:] not in ("", "\n"))


def count_accounted(path: Path, mapping: Mapping) -> int:
    """Count the lines that belong to a row, used or set aside, or to what stands before."""
    n_lines = 0
    with open_source(path, mapping.layout) as (_, chunks):
        for chunk in chunks:
            first = [*chunk.lines.tolist(), *(row.line for row in chunk.set_aside)]
            if len(set(first)) != len(first):
                raise AssertionError("two rows begin on one line")
            n_lines += len(chunk.lines) + sum(row.n_lines for row in chunk.set_aside)
            for column in chunk.rows.columns:
                if mapping.layout.kind == "text":
                    n_lines += sum((cell or "").count("\n") for cell in column.to_pylist())
    return n_lines


def follow(path: Path, folder: Path) -> str:
    """
    Propose, read back and import; say what became of the file.

    Raises
    ------
    AssertionError
        If a row was lost.
    """
    try:
        proposed, _ = propose_mapping(path, latest=LATEST)
        write_mapping(proposed, folder / "mapping.yaml")
        mapping = read_mapping(folder / "mapping.yaml")
        account = load.import_file(path, mapping, folder / "out")
    except ValueError:
        return "refused"
    n_lines = count_lines(path, mapping)
    if n_lines is not None:
        before = n_lines - count_accounted(path, mapping)
        is_header = before >= mapping.layout.header_line
        if mapping.layout.kind == "jsonl" and before:
            raise AssertionError(f"{before} lines lost")
        if mapping.layout.kind == "text" and not is_header:
            raise AssertionError("lines counted twice")
        if mapping.layout.kind == "text" and before > mapping.layout.header_line + _folds(proposed):
            raise AssertionError(f"{before - mapping.layout.header_line} lines lost")
    return "all used" if account.n_aside == 0 else "some set aside"


def _folds(mapping: Mapping) -> int:
    """Count the line feeds that a header may hold within quotes."""
    return 20 if mapping.layout.quote else 0


def break_files(n_files: int, seed: int) -> dict[str, Counter[str]]:
    """Break files in turn; return what became of them, by kind."""
    rng = np.random.default_rng(seed)
    found: dict[str, Counter[str]] = {kind: Counter() for kind in WRITERS}
    whole: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(n_files):
            kind = TURNS[number % len(TURNS)]
            path = folder / "file"
            if kind not in whole or number % 100 == 0:
                path.unlink(missing_ok=True)
                WRITERS[kind](draw_rows(rng), folder / f"whole.{number}")
                whole[kind] = (folder / f"whole.{number}").read_bytes()
                (folder / f"whole.{number}").unlink()
            path.write_bytes(break_bytes(whole[kind], rng))
            found[kind][follow(path, folder)] += 1
    return found


if __name__ == "__main__":
    result = break_files(int(sys.argv[1]), seed=20210223)
    Path(sys.argv[2]).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
