"""Breaches written by hand or cut to a small size, for the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.comments import labels_stage, mark_topics
from analysis.reference import dictionary
from analysis.store.breach import (
    Breach,
    join_hashes,
    open_breach,
    partition_name,
    replace_folder,
    write_manifest,
    write_partition,
)
from data_synthetic.simulation.scenario import Scenario, replace_values

ROOT = Path(__file__).resolve().parents[1]
VOCABULARY = ROOT / "data_synthetic" / "vocabulary"
LABORATORIES = [
    {"laboratory_id": "LAB-A", "laboratory_group": "others", "dep_code": "56"},
    {"laboratory_id": "LAB-B", "laboratory_group": "others", "dep_code": "27"},
]


def write_breach(folder: Path, rows: list[dict[str, Any]], n_partitions: int = 2) -> Breach:
    """Store hand-made records; a row's ``person_id`` goes to the truth, not to the record."""
    fields = [f for f in dictionary.record_schema() if any(f.name in row for row in rows)]
    hashes = []
    with replace_folder(folder) as aside:
        for partition in range(n_partitions):
            mine = [row for row in rows if row["person_id"] % n_partitions == partition]
            records = pa.table(
                {f.name: pa.array([row.get(f.name) for row in mine], type=f.type) for f in fields}
            )
            truth = pa.table(
                {
                    "record_id": records["record_id"],
                    "person_id": pa.array([row["person_id"] for row in mine], type=pa.int64()),
                }
            )
            name = partition_name(partition)
            hashes.append(write_partition(records, aside / "records" / name))
            write_partition(truth, aside / "truth" / name)
        manifest = {
            "name": "hand-made",
            "is_synthetic": True,
            "n_records": len(rows),
            "n_partitions": n_partitions,
            "content_hash": join_hashes(hashes),
            "laboratories": LABORATORIES,
        }
        write_manifest(aside, manifest)
    return open_breach(folder)


HAND_MADE = [
    # record, person, laboratory, sampled on, home, prescriber, NIR, e-mail
    ("r01", 1, "LAB-A", "2018-01-10", "56000", "56000", "n1", None),
    ("r02", 1, "LAB-A", "2018-03-05", "56000", "35000", None, "e1"),
    ("r03", 1, "LAB-A", "2019-02-01", "22000", "35000", "n1", None),
    ("r04", 2, "LAB-A", "2018-01-31", "56000", "56000", "n2", "e2"),
    ("r05", 2, "LAB-A", "2018-01-31", "56000", "56000", "n2", "e2"),
    ("r06", 3, "LAB-B", "2018-02-01", "27000", "27000", None, None),
    ("r07", 4, "LAB-B", "2018-12-31", "27000", None, "n4", None),
    ("r08", 4, "LAB-B", "2019-01-01", "27000", "27000", None, "e4"),
    ("r09", 5, "LAB-B", "2019-06-15", None, "27000", "n5", None),
    ("r10", 6, "LAB-A", "2019-06-30", "99100", "56000", None, "e6"),
    ("r11", 7, "LAB-A", "2019-12-31", "56999", "56000", "n7", None),
    ("r12", 7, "LAB-A", None, "56999", "56000", None, "e7"),
]


def hand_made_rows() -> list[dict[str, Any]]:
    """Return the dozen records as mappings."""
    names = ("record_id", "person_id", "laboratory_id", "sampled_on", "postal_code")
    names += ("prescriber_postal_code", "nir", "email")
    rows = [dict(zip(names, row, strict=True)) for row in HAND_MADE]
    for row in rows:
        row["sampled_on"] = row["sampled_on"] and date.fromisoformat(row["sampled_on"])
        row["sex"] = "F" if row["person_id"] % 2 else "M"
        row["born_on"] = date(1980, 2, 1)
    return rows


def small_plan(scenario: Scenario, **values: Any) -> Scenario:
    """Return a fiftieth of a scenario, cut into several partitions."""
    plan = replace_values(scenario, **{"persons_per_partition": 2500, **values})
    return replace(plan, factor=0.02)


SAID = {
    "r03": "pregnancy:affirmed",
    "r04": "practical:affirmed",
    "r08": "hiv_test:affirmed;hiv_status:negated",
    "r12": "cancer:affirmed",
}


def severe_rows() -> list[dict[str, Any]]:
    """
    Return the dozen records with a password, comments and two persons hard to identify.

    Persons 1, 2 and 4 have a comment, on r03, r04 and r08, and person 7 one on r12, which has no
    date; person 3 has a password. Person 5 has neither NIR nor home, person 6 neither name nor
    birth date.
    """
    rows = {row["record_id"]: row for row in hand_made_rows()}
    for record_id in SAID:
        rows[record_id]["comment_file"] = "c"
    rows["r06"]["portal_password"] = "p"
    rows["r09"]["nir"] = rows["r10"]["sex"] = rows["r10"]["born_on"] = None
    return list(rows.values())


def write_labels(breach: Breach, said: dict[str, str]) -> None:
    """Store labels of comments as if the reader had found them, by record."""
    with labels_stage(breach).writing() as (aside, stamp):
        for path in breach.partitions("records"):
            record_ids = pq.read_table(path, columns=["record_id"])["record_id"]
            labels = pd.Series(record_ids.to_pylist()).map(said).fillna("")
            table = {"record_id": record_ids, "said": mark_topics([labels])}
            write_partition(pa.table(table), aside / path.name)
        stamp["fields"] = ["comment_file"]
