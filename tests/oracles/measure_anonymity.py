"""
Write what pyCANON measures on two small tables to anonymity.json.

Run it in an environment of its own, since pyCANON holds pandas below 3::

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install pycanon==1.3.6
    /tmp/oracle/bin/python tests/oracles/measure_anonymity.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from pycanon import anonymity

# The sample of pyCANON's documentation (hospital_anonymized.csv): age is one band for all.
HOSPITAL = [
    ("Female", "Kerala", "Viral infection"),
    ("Female", "Kerala", "Heart-related"),
    ("Female", "Tamil Nadu", "Cancer"),
    ("Female", "Tamil Nadu", "TB"),
    ("Male", "Karnataka", "No illness"),
    ("Male", "Karnataka", "TB"),
    ("Male", "Karnataka", "Heart-related"),
    ("Male", "Kerala", "Cancer"),
    ("Male", "Kerala", "Heart-related"),
    ("Male", "Kerala", "Viral infection"),
    ("Male", "Tamil Nadu", "Cancer"),
    ("Male", "Tamil Nadu", "Cancer"),
    ("Male", "Tamil Nadu", "Cancer"),
]


def tables() -> dict[str, tuple[pd.DataFrame, list[str], str]]:
    """Return each table with its clues and its sensitive column."""
    hospital = pd.DataFrame(HOSPITAL, columns=["gender", "city", "disease"])
    hospital.insert(0, "age", "[17, 30[")
    rng = np.random.default_rng(2007)
    columns = {"a": "xyz", "b": "pq", "c": "klmn", "s": "uvw"}
    drawn = pd.DataFrame({n: rng.choice(list(v), 400) for n, v in columns.items()})
    return {
        "hospital": (hospital, ["age", "gender", "city"], "disease"),
        "hospital, city alone": (hospital, ["city"], "disease"),
        "drawn": (drawn, ["a", "b", "c"], "s"),
    }


def measure(table: pd.DataFrame, clues: list[str], sensitive: str) -> dict[str, object]:
    """Return the rows of a table and what pyCANON says of them."""
    return {
        "rows": table.to_dict(orient="list"),
        "clues": clues,
        "sensitive": sensitive,
        "k": int(anonymity.k_anonymity(table, clues)),
        "l": int(anonymity.l_diversity(table, clues, [sensitive])),
        "t": float(anonymity.t_closeness(table, clues, [sensitive])),
    }


if __name__ == "__main__":
    made_by = f"pycanon {version('pycanon')}: k_anonymity, l_diversity, t_closeness"
    result = {"made_by": made_by, "tables": {n: measure(*t) for n, t in tables().items()}}
    path = Path(__file__).with_name("anonymity.json")
    path.write_text(json.dumps(result) + "\n", encoding="utf-8")
