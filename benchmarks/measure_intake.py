"""
Measure how fast a file is taken in, and whether what goes out comes back.

Usage::

    python benchmarks/measure_intake.py                    # 0.5 million lines
    python benchmarks/measure_intake.py --lines 19000000   # and as many as that
    python benchmarks/measure_intake.py --round-trip       # every kind of export, all its cells

Speed is lines per second of a whole import of a Windows-1252 CSV file, beside DuckDB's bare read
of the same file as text in UTF-8; only the ratio means something elsewhere. Memory is the largest
of the process, as the operating system counts it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))
RESULTS = HERE / "intake.json"
BASE = 500_000
IMPORT = """
import resource, sys, time
from datetime import date
from pathlib import Path
from analysis import intake
file, out = Path(sys.argv[1]), Path(sys.argv[2])
mapping, _ = intake.propose_mapping(file, latest=date(2021, 2, 14), is_synthetic=True)
start = time.perf_counter()
account = intake.import_file(file, mapping, out)
seconds = time.perf_counter() - start
print(account.n_used, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
BARE = """
import sys, time
import duckdb
start = time.perf_counter()
duckdb.execute(
    f"create table t as select * from read_csv('{sys.argv[1]}', all_varchar=true, delim=';')"
)
n = duckdb.execute("select count(*) from t").fetchone()[0]
print(n, time.perf_counter() - start, 0)
"""


def main() -> None:
    """Measure what the command line asks for and store it beside earlier results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, help="measure this many lines too")
    parser.add_argument("--round-trip", action="store_true", help="export and import all kinds")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if options.round_trip:
        results["round trip"] = measure_round_trip()
    for n_lines in [] if options.round_trip else [BASE, *filter(None, [options.lines])]:
        results[f"{n_lines} lines"] = measure_lines(n_lines)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure_lines(n_lines: int) -> dict[str, Any]:
    """Import a CSV file of some lines, and read it with DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        foreign, plain = Path(folder, "a.csv"), Path(folder, "plain.csv")
        write_lines(foreign, n_lines, "windows-1252")
        n_used, seconds, mebibytes = run(IMPORT, foreign, Path(folder, "out"))
        foreign.unlink()
        write_lines(plain, n_lines, "utf-8")
        _, bare, _ = run(BARE, plain)
    return {
        "lines_used": int(n_used),
        "lines_per_second": round(n_used / seconds),
        "times_as_long_as_duckdb": round(seconds / bare, 1),
        "peak_memory_mib": round(mebibytes),
    }


def write_lines(path: Path, n_lines: int, encoding: str) -> None:
    """Write synthetic records over and over, each line with a number of its own."""
    records = read_records().drop_columns("record_id")
    options = pc.WriteOptions(include_header=False, delimiter=";")
    with path.open("wb") as file:
        file.write((";".join(["record_id", *records.column_names]) + "\n").encode(encoding))
        for start in range(0, n_lines, len(records)):
            part = records[: min(len(records), n_lines - start)]
            numbers = pa.array(range(start, start + len(part))).cast(pa.string())
            held = pa.BufferOutputStream()
            pc.write_csv(part.add_column(0, "record_id", numbers), held, options)
            file.write(held.getvalue().to_pybytes().decode("utf-8").encode(encoding))


def read_records() -> pa.Table:
    """Read the records of the drawn breach."""
    paths = sorted((ROOT / "data_synthetic/generated/records").glob("*.parquet"))
    return pa.concat_tables(map(pq.read_table, paths))


def run(code: str, *paths: Path) -> list[float]:
    """Run code in a process of its own; return the numbers it prints."""
    command = [sys.executable, "-c", code, *map(str, paths)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [float(word) for word in told.splitlines()[-1].split()]


def measure_round_trip() -> dict[str, Any]:
    """Export the drawn breach in every kind, import it, and compare all that comes back."""
    import exports
    from analysis.proposal import propose_mapping

    from analysis import exposure, intake, store

    original = store.open_breach(ROOT / "data_synthetic" / "generated")
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = exports.regroup(original.folder, original, folder / "original")
        counted = exposure.code_breach(truth, persons="truth")
        for kind in exports.EXPORTS:
            path, start = exports.export(original, kind, folder), time.perf_counter()
            mapping, reasons = propose_mapping(path, latest=date(2021, 2, 14), is_synthetic=True)
            account = intake.import_file(path, mapping, folder / "in")
            back = exports.regroup(folder / "in", original, folder / "back")
            is_same = back.manifest["content_hash"] == original.manifest["content_hash"]
            n_cells = exports.compare_counts(exposure.code_breach(back, persons="truth"), counted)
            results[kind] = {
                "rows": account.n_rows,
                "rows_used": account.n_used,
                "columns_sure": int(pd.Series(reasons["is_sure"]).sum()),
                "same_records": is_same,
                "equal_counts": n_cells,
                "seconds": round(time.perf_counter() - start, 1),
            }
            path.unlink()
    return results


if __name__ == "__main__":
    main()
