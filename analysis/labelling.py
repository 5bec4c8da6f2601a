"""Read the comments of a breach, each distinct one once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import commented, comments, engine, schema, storage

CHUNK = 4000  # distinct comments that a worker reads at once


def read_breach_comments(breach: storage.Breach, *, processes: int = 1) -> list[Path]:
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
    present = [name for name in commented.LABELS if name in pq.read_schema(paths[0]).names]
    texts = engine.map_partitions(partial(list_comments, present), paths)
    distinct = sorted(set().union(*texts))
    chunks = [distinct[k : k + CHUNK] for k in range(0, len(distinct), CHUNK)]
    read = engine.map_partitions(label_chunk, chunks, processes=processes, label="reading comments")
    labels = dict(zip(distinct, (said for part in read for said in part), strict=True))
    with storage.replace_folder(breach.folder / commented.FOLDER) as aside:
        hashes = [join_labels(aside, labels, path) for path in paths]
        manifest = {
            "made_from": breach.manifest["content_hash"],
            "made_by": commented.digest_of(),
            "topics": schema.list_topics(),
            "fields": present,
            "n_distinct": len(distinct),
            "content_hash": storage.join_hashes(hashes),
        }
        storage.write_manifest(aside, manifest)
    return commented.open_comments(breach)


def list_comments(fields: list[str], path: Path) -> set[str]:
    """List the distinct comments of one partition, normalised; a kernel."""
    records = pq.read_table(path, columns=fields)
    texts = [text for name in fields for text in pc.unique(records[name]).to_pylist() if text]
    return {comments.normalise_comment(text) for text in texts}


def label_chunk(texts: list[str]) -> list[str]:
    """Read some comments; the kernel of `read_breach_comments`."""
    return comments.label_comments(texts, comments.build_reader())


def join_labels(folder: Path, labels: dict[str, str], path: Path) -> str:
    """Write the labels of one partition; return the hash of its content."""
    records = pq.read_table(path)
    said = {column: _look_up(records, name, labels) for name, column in commented.LABELS.items()}
    masks = commented.mark_topics([*said.values()])
    table = pa.table(
        {
            "record_id": records["record_id"],
            **{name: pa.array(column, pa.string()) for name, column in said.items()},
            "said": masks,
        }
    )
    return storage.write_partition(table, folder / path.name)


def _look_up(records: pa.Table, name: str, labels: dict[str, str]) -> pd.Series:
    if name not in records.column_names:
        return pd.Series("", index=range(records.num_rows), dtype=object)
    codes, distinct = pd.factorize(records[name].to_pandas(), use_na_sentinel=False)
    said = [
        labels.get(comments.normalise_comment(text), "") if isinstance(text, str) else ""
        for text in distinct
    ]
    return pd.Series(np.array(said, dtype=object)[codes])
