"""Read the comments of a breach, each distinct one once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import reference, store
from analysis.comments import reader
from analysis.comments.labels import FOLDER, LABELS, digest_of, mark_topics, open_comments

CHUNK = 4000  # distinct comments that a worker reads at once


def read_breach_comments(breach: store.Breach, *, processes: int = 1) -> list[Path]:
    """
    Read the comments of a breach and store what they say beside its records.

    Parameters
    ----------
    breach : storage.Breach
        Records, with either, both or none of the two fields of comments.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    list of pathlib.Path, shape (n_partitions,)
        One file per partition, a row per record in the order of the records: ``record_id``,
        ``labels_patient``, ``labels_file`` (``topic:qualifier`` joined by ``;``, empty where
        nothing is said), ``said`` (bit ``k``: topic ``k`` of `schema.list_topics` is true of the
        patient by either comment). Each distinct comment is read once.
    """
    paths = breach.partitions("records")
    present = [name for name in LABELS if name in pq.read_schema(paths[0]).names]
    texts = store.map_partitions(partial(list_comments, present), paths)
    distinct = sorted(set().union(*texts))
    chunks = [distinct[k : k + CHUNK] for k in range(0, len(distinct), CHUNK)]
    read = store.map_partitions(label_chunk, chunks, processes=processes, label="reading comments")
    labels = dict(zip(distinct, (said for part in read for said in part), strict=True))
    with store.replace_folder(breach.folder / FOLDER) as aside:
        hashes = [join_labels(aside, labels, path) for path in paths]
        manifest = {
            "made_from": breach.manifest["content_hash"],
            "made_by": digest_of(),
            "topics": reference.list_topics(),
            "fields": present,
            "n_distinct": len(distinct),
            "content_hash": store.join_hashes(hashes),
        }
        store.write_manifest(aside, manifest)
    return open_comments(breach)


def list_comments(fields: list[str], path: Path) -> set[str]:
    """List the distinct comments of one partition, normalised; a kernel."""
    records = pq.read_table(path, columns=fields)
    texts = [text for name in fields for text in pc.unique(records[name]).to_pylist() if text]
    return {reader.normalise_comment(text) for text in texts}


def label_chunk(texts: list[str]) -> list[str]:
    """Read some comments; the kernel of `read_breach_comments`."""
    return reader.label_comments(texts, reader.build_reader())


def join_labels(folder: Path, labels: dict[str, str], path: Path) -> str:
    """Write the labels of one partition; return the hash of its content."""
    records = pq.read_table(path)
    said = {column: _look_up(records, name, labels) for name, column in LABELS.items()}
    masks = mark_topics([*said.values()])
    table = pa.table(
        {
            "record_id": records["record_id"],
            **{name: pa.array(column, pa.string()) for name, column in said.items()},
            "said": masks,
        }
    )
    return store.write_partition(table, folder / path.name)


def _look_up(records: pa.Table, name: str, labels: dict[str, str]) -> pd.Series:
    if name not in records.column_names:
        return pd.Series("", index=range(records.num_rows), dtype=object)
    codes, distinct = pd.factorize(records[name].to_pandas(), use_na_sentinel=False)
    said = [
        labels.get(reader.normalise_comment(text), "") if isinstance(text, str) else ""
        for text in distinct
    ]
    return pd.Series(np.array(said, dtype=object)[codes])
