"""What the comments of a breach say, as stored beside its records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import reference, store

FOLDER = "commented"
LABELS = {"comment_patient": "labels_patient", "comment_file": "labels_file"}
MADE_BY = ("comments.py", "commented.py", "labelling.py", "phrases.py")
MADE_FROM = ("comment_rules.csv", "categories.csv")


def open_comments(breach: store.Breach) -> list[Path]:
    """
    List the files that say what the comments of a breach say.

    Parameters
    ----------
    breach : storage.Breach
        A stored breach.

    Returns
    -------
    list of pathlib.Path, shape (n_partitions,)
        Made from exactly these records by exactly these rules.

    Raises
    ------
    FileNotFoundError
        If the comments were never read, or records or rules have changed since.
    """
    manifest = read_comments_manifest(breach)
    if manifest.get("made_from") != breach.manifest["content_hash"]:
        raise FileNotFoundError(f"{breach.folder / FOLDER} is missing or stale; run `make data`")
    if manifest["made_by"] != digest_of():
        raise FileNotFoundError(
            f"{breach.folder / FOLDER} is older than its rules; run `make data`"
        )
    return breach.partitions(FOLDER)


def read_comments_manifest(breach: store.Breach) -> dict[str, Any]:
    """Read what the comments' labels say of themselves; empty if there are none."""
    path = breach.folder / FOLDER
    return store.open_manifest(path) if (path / store.MANIFEST).is_file() else {}


def digest_of() -> str:
    """Hash the code and the tables that reading depends on."""
    package = Path(__file__).parent
    tables = [package / "reference" / name for name in MADE_FROM]
    return store.hash_files([*(package / name for name in MADE_BY), *tables])


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
