"""
Measure the speed and the memory of drawing, coding and counting, side by side in one run.

Usage::

    python benchmarks/measure_speed.py            # the breach as published, about two minutes
    python benchmarks/measure_speed.py --large    # 19 million records too, some ten minutes more

Every figure is a whole process of its own, so that memory is the operating system's account of it:
the largest process times the number of processes, an upper bound. Ratios compare figures of the
same run; absolute seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "speed.json"
LARGE = 19_000_000 / 491_840
RUNS = 3
PACKAGES = ("numpy", "pandas", "pyarrow", "duckdb")
OPEN = """
from analysis.store import open_breach
from analysis.exposure import open_coded
from analysis.exposure import rolling_windows, calendar_windows, one_window
import time
breach = open_breach({folder!r})
coded = open_coded(breach, processes={processes})
"""
COUNTS = {
    "count by département, home, whole period": """
from analysis.exposure import count
count(coded, one_window("2015-01-01", "2020-11-01"), by=["dep_code"])
""",
    "count by département × 3 categories × month": """
from analysis.exposure import count
months = calendar_windows("2015-01-01", "2020-11-01", unit="month")
count(coded, months, by=["dep_code"], categories=["nir", "phone", "email"])
""",
    "rolling 12-month persons by département": """
from analysis.exposure import count
count(coded, rolling_windows("2015-01-01", "2020-11-01"), by=["dep_code"])
""",
    "the same months in DuckDB SQL (count distinct)": """
import duckdb
files = [str(path) for path in coded.partitions]
parts = " union all ".join(
    f"select *, {k} as part from read_parquet('{f}')" for k, f in enumerate(files)
)
mask = {c: coded.field_mask(f) for c, f in
        (("nir", ["nir"]), ("phone", ["landline", "mobile"]), ("email", ["email"]))}
each = ", ".join(
    f"count(distinct (part, person)) filter (filled & {m} != 0)" for m in mask.values()
)
duckdb.sql(
    f"select home, date_trunc('month', date '1970-01-01' + sampled_on), {each} "
    f"from ({parts}) group by all"
).fetchall()
""",
}


def run_process(arguments: list[str]) -> tuple[float, float]:
    """Run a process; return its seconds and the peak of its largest process [GiB]."""
    command = ["/usr/bin/env", sys.executable, "-c", MEASURED, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, kibibytes = done.stdout.strip().splitlines()[-1].split()
    return float(seconds), int(kibibytes) / 2**20


MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def draw(folder: Path, factor: float, processes: int) -> dict[str, Any]:
    """Draw and code a breach into a new folder; return seconds and memory."""
    program = (
        "import sys; from pathlib import Path; from data_synthetic.simulation import draw; "
        "from data_synthetic.simulation.scenario import read_scenario; "
        "data = Path('data_synthetic'); "
        "plan = read_scenario(data / 'scenario.yaml', factor=float(sys.argv[2])); "
        "draw.draw_breach(plan, data / 'vocabulary', Path(sys.argv[1]), "
        "processes=int(sys.argv[3]))"
    )
    arguments = [sys.executable, "-c", program, str(folder), str(factor), str(processes)]
    seconds, peak = run_process(arguments)
    return {"seconds": round(seconds, 1), "gib_at_most": round(peak * processes, 2)}


def count(folder: Path, name: str, processes: int) -> float:
    """Count inside a process; return the seconds of the count alone, the median of `RUNS`."""
    body = "\n".join(f"    {line}" for line in COUNTS[name].strip().splitlines())
    program = (
        OPEN.format(folder=str(folder), processes=processes)
        + f"def ask():\n{body}\nask()\nfor _ in range({RUNS}):\n"
        + "    start = time.perf_counter(); ask(); print(time.perf_counter() - start)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return sorted(float(line) for line in done.stdout.split())[RUNS // 2]


def measure(folder: Path) -> dict[str, Any]:
    """Measure the breach as published: drawing with one and two processes, and the counts."""
    drawn = {f"{n} processes": draw(folder / f"drawn-{n}", 1.0, n) for n in (1, 2)}
    hashes = {
        json.loads((folder / f"drawn-{n}" / "manifest.json").read_text())["content_hash"]
        for n in (1, 2)
    }
    counted = {name: round(count(Path("data_synthetic/generated"), name, 1), 3) for name in COUNTS}
    ours, theirs = list(counted.values())[1], list(counted.values())[-1]
    return {
        "draw 491,840 records": drawn,
        "same content hash": len(hashes) == 1,
        "count, seconds": counted,
        "DuckDB / ours, months": round(theirs / ours, 2),
    }


def measure_large(folder: Path) -> dict[str, Any]:
    """Measure 19 million records, drawn by two processes."""
    return {"draw 19,000,000 records": {"2 processes": draw(folder / "large", LARGE, 2)}}


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("--large", action="store_true", help="19 million records too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="breach-impact-"))
    start = time.strftime("%Y-%m-%d")
    try:
        results = measure(folder) | (measure_large(folder) if options.large else {})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
    earlier = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept = {key: value for key, value in earlier.items() if key not in results}
    stored = kept | results | {"measured_on": start, "machine": machine}
    RESULTS.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
