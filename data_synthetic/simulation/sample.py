"""Write a few lines of a synthetic breach in readable form, with their description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from analysis import reference, store

LINES = 30
FILE = "sample.csv"
DESCRIPTION = "datapackage.json"
TYPES = {"text": "string", "date": "date"}


def write_sample(breach: store.Breach, folder: Path, *, lines: int = LINES) -> None:
    """
    Write the first lines of a synthetic breach as CSV, and the columns as a Data Package.

    Parameters
    ----------
    breach : storage.Breach
        A breach that was drawn.
    folder : pathlib.Path
        Where ``sample.csv`` and ``datapackage.json`` go.
    lines : int, default 30
        How many records.

    Raises
    ------
    ValueError
        If the breach is not synthetic: nobody's real line is ever copied out.
    """
    if not breach.manifest["is_synthetic"]:
        raise ValueError(f"{breach.folder} is not synthetic; a sample of it would name people")
    records = pq.read_table(breach.partitions("records")[0])[:lines]
    pc.write_csv(_as_text(records), folder / FILE)
    description = json.dumps(describe_sample(), ensure_ascii=False, indent=2)
    (folder / DESCRIPTION).write_text(description + "\n", encoding="utf-8")


def describe_sample() -> dict[str, Any]:
    """
    Describe the columns of a record as a Data Package.

    Returns
    -------
    dict
        One resource, ``sample.csv``, with a field per row of the data dictionary.
    """
    fields = [
        {"name": name, "type": TYPES[row["type"]], "description": row["description_en"]}
        for name, row in reference.read_dictionary().iterrows()
    ]
    resource = {
        "name": "sample",
        "title": "Synthetic records: nobody's data",
        "path": FILE,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {"fields": fields, "primaryKey": ["record_id"], "missingValues": [""]},
    }
    return {
        "name": "synthetic-breach",
        "title": "A synthetic breach of laboratory records",
        "profile": "data-package",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [resource],
    }


def _as_text(records: pa.Table) -> pa.Table:
    columns = [column.cast(pa.string()).fill_null("") for column in records.columns]
    return pa.table(dict(zip(records.column_names, columns, strict=True)))
