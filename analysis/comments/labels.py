"""What the comments of a breach say, read once for each distinct one."""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import reference, store
from analysis.comments import reader

FOLDER = "commented"
LABELS = {"comment_patient": "labels_patient", "comment_file": "labels_file"}
CHUNK = 4000  # distinct comments that a worker reads at once


def labels_stage(breach: store.Breach, *, processes: int = 1) -> store.Stage:
    """
    Describe the stage that reads the comments of a breach.

    Parameters
    ----------
    breach : Breach
        Records, with either, both or none of the two fields of comments.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    Stage
        Folder ``commented`` beside the records: per partition a row per record in the order of the
        records: ``record_id``, ``labels_patient``, ``labels_file`` (``topic:qualifier`` joined by
        ``;``, empty where nothing is said), ``said`` (bit ``k``: topic ``k`` of
        `analysis.reference.list_topics` is true of the patient by either comment).
    """
    return store.Stage(
        "what comments say",
        breach.folder / FOLDER,
        __name__,
        partial(_read_comments, breach, processes),
        inputs=breach.identity,
        libraries=("edsnlp",),
        heal=breach.heal,
    )


def read_comments(breach: store.Breach, *, processes: int = 1) -> list[Path]:
    """
    Read the comments of a breach, unless that is done, and list the files that say it.

    Parameters
    ----------
    breach : Breach
        Records, with either, both or none of the two fields of comments.
    processes : int, default 1
        Worker processes.

    Returns
    -------
    list of pathlib.Path, shape (n_partitions,)
        As `labels_stage` describes them.
    """
    labels_stage(breach, processes=processes).ensure()
    return breach.partitions(FOLDER)


def open_comments(breach: store.Breach) -> list[Path]:
    """
    List the files that say what the comments of a breach say.

    Parameters
    ----------
    breach : Breach
        A stored breach.

    Returns
    -------
    list of pathlib.Path, shape (n_partitions,)
        As `labels_stage` describes them.

    Raises
    ------
    FileNotFoundError
        If the comments were never read, or they, the rules or the code have changed since.
    """
    labels_stage(breach).open()
    return breach.partitions(FOLDER)


def _read_comments(breach: store.Breach, processes: int, folder: Path) -> dict[str, Any]:
    paths = breach.partitions("records")
    present = [name for name in LABELS if name in pq.read_schema(paths[0]).names]
    texts = set().union(*store.map_partitions(partial(_list_comments, present), paths))
    normalised = {text: reader.normalise_comment(text) for text in texts}
    distinct = sorted(set(normalised.values()))
    chunks = [distinct[k : k + CHUNK] for k in range(0, len(distinct), CHUNK)]
    read = store.map_partitions(_label_chunk, chunks, processes=processes, label="reading comments")
    labels = dict(zip(distinct, chain.from_iterable(read), strict=True))
    said = {text: labels[plain] for text, plain in normalised.items()}
    for path in paths:
        store.write_partition(_join_labels(said, pq.read_table(path)), folder / path.name)
    return {"fields": present, "n_distinct": len(distinct)}


def mark_topics(columns: list[pd.Series]) -> npt.NDArray[np.int64]:
    """
    Mark the topics that labels affirm of the patient.

    Parameters
    ----------
    columns : list of pandas.Series of str, each of shape (n_records,)
        Labels joined by ``;``.

    Returns
    -------
    numpy.ndarray of int, shape (n_records,)
        Bit ``k`` is set if a column affirms topic ``k`` of `schema.list_topics`; a drug is a
        treatment.

    Examples
    --------
    >>> marks = mark_topics([pd.Series(["cancer:family", "treatment.H03:affirmed"])])
    >>> [bin(mark).count("1") for mark in marks]
    [0, 1]
    """
    topics = reference.list_topics()
    masks = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, distinct = pd.factorize(column)
        masks |= np.array([_mask(text, topics) for text in distinct], dtype=np.int64)[codes]
    return masks


def _mask(labels: str, topics: list[str]) -> int:
    pairs = [label.split(":") for label in labels.split(";") if label]
    affirmed = {topic.partition(".")[0] for topic, qualifier in pairs if qualifier == "affirmed"}
    return sum(1 << topics.index(topic) for topic in affirmed)


def _list_comments(fields: list[str], path: Path) -> set[str]:
    """List the distinct comments of one partition."""
    records = pq.read_table(path, columns=fields)
    return {text for name in fields for text in pc.unique(records[name]).to_pylist() if text}


def _label_chunk(texts: list[str]) -> list[str]:
    """Read some comments."""
    return reader.label_comments(texts, reader.build_reader())


def _join_labels(said: dict[str, str], records: pa.Table) -> pa.Table:
    """Give each record what is said by its comments."""
    columns = {"record_id": records["record_id"]}
    for name, label in LABELS.items():
        texts = records[name].to_pylist() if name in records.column_names else [""] * len(records)
        columns[label] = pa.array([said.get(text, "") for text in texts], pa.string())
    marks = mark_topics([columns[label].to_pandas() for label in LABELS.values()])
    return pa.table({**columns, "said": marks})
