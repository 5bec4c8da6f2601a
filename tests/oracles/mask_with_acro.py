"""
Show what acro publishes of a table with one small cell.

Run in an environment of its own, because acro holds pandas below 3:

    python -m venv /tmp/acro && /tmp/acro/bin/pip install acro
    /tmp/acro/bin/python tests/oracles/mask_with_acro.py tests/oracles/acro.json
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import acro
import pandas as pd

COUNTS = [[60, 40, 35], [50, 7, 30], [44, 25, 28]]


def main(path: Path) -> None:
    """Write the table that acro masks, and the two tables of its margins that it passes."""
    persons = pd.DataFrame(
        [
            (f"row {i}", f"column {j}")
            for i, line in enumerate(COUNTS)
            for j, n in enumerate(line)
            for _ in range(n)
        ],
        columns=["row", "column"],
    )
    session = acro.ACRO(suppress=True)
    everybody = pd.Series("all", index=persons.index)
    inner = session.crosstab(persons["row"], persons["column"])
    totals = {name: session.crosstab(persons[name], everybody) for name in persons}
    found = {
        "package": "acro",
        "version": version("acro"),
        "what": "ACRO(suppress=True).crosstab of the counts, by row, and by column",
        "counts": COUNTS,
        "masked": json.loads(inner.to_json(orient="values")),
        "by_row": totals["row"]["all"].tolist(),
        "by_column": totals["column"]["all"].tolist(),
    }
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


main(Path(sys.argv[1]))
