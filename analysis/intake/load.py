"""Write somebody's file as a stored breach: whole, private, every row accounted for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tqdm import tqdm

from analysis import reference, store
from analysis.intake.account import Account, Quarantine, count_repeats, keep_quarantine
from analysis.intake.chunks import Batch
from analysis.intake.clean import make_records
from analysis.intake.contract import count_breaches
from analysis.intake.mapping import Mapping, check_columns
from analysis.intake.patterns import find_date_format, read_day
from analysis.intake.sources import open_source

FORMAT = 1
ROWS = 60_000  # of a partition
MOST_UNREADABLE = 0.5  # share of the first dates beyond which the format is wrong
QUARANTINE = "quarantine.csv"
HASHED = ("lines", "contents", "record_ids")  # what is looked through for repeats
NOTICE = (
    "This file is personal data. {folder} holds what was derived from it, readable by you alone; "
    "delete it with: breach-impact forget {folder}"
)


def import_file(path: Path, mapping: Mapping, folder: Path, *, label: str | None = None) -> Account:
    """
    Write the records of a file as a stored breach.

    Parameters
    ----------
    path : pathlib.Path
        The file; it is only read.
    mapping : Mapping
        Which column is which field.
    folder : pathlib.Path
        Where ``records/``, ``quarantine.csv`` and the manifest go, all readable by their owner
        alone. An earlier import there is replaced when the new one is whole.
    label : str, optional
        Name of the step; if given, progress is shown on the terminal.

    Returns
    -------
    Account
        Rows used and set aside, and remarks.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    ValueError
        If `folder` holds something that no import wrote, the file cannot be read, lacks a
        column of the mapping, does not have its dates in the format that the mapping gives, or
        gives two lines one ``record_id``.

    Notes
    -----
    Memory is bounded by one partition and one batch, however long the file.
    """
    check_replaceable(folder)
    with store.replace_folder(folder) as aside:
        aside.chmod(0o700)
        (aside / "records").mkdir()
        with (
            open_source(path, mapping.layout) as (columns, batches),
            keep_quarantine(aside / QUARANTINE, path.name) as quarantine,
            ExitStack() as stack,
        ):
            hash_files = [stack.enter_context((aside / name).open("wb")) for name in HASHED]
            check_columns(mapping, columns)
            hashes: list[str] = []
            laboratories: set[str] = set()
            for records in _fill_partitions(
                _convert(batches, mapping, quarantine, label, hash_files)
            ):
                name = store.partition_name(len(hashes))
                laboratories |= set(records["laboratory_id"].unique().to_pylist()) - {None}
                hashes.append(store.write_partition(records, aside / "records" / name))
        repeated = {name: count_repeats(aside / name) for name in HASHED}
        for name in HASHED:
            (aside / name).unlink()
        _check_record_ids(repeated.pop("record_ids"))
        quarantine.account.repeated = repeated
        manifest = _describe(path, mapping, quarantine.account, hashes, sorted(laboratories))
        store.write_manifest(aside, manifest)
        protect(aside)
    return quarantine.account


def check_file(path: Path, mapping: Mapping, *, label: str | None = None) -> Account:
    """
    Read a file as an import would, write nothing, and hold its records to the contract.

    Parameters, returns and errors are those of `import_file`; records that break the contract
    are counted, none is set aside.
    """
    with (
        open_source(path, mapping.layout) as (columns, batches),
        keep_quarantine(None, path.name) as quarantine,
    ):
        check_columns(mapping, columns)
        for records in _convert(batches, mapping, quarantine, label, []):
            quarantine.account.breaches.update(count_breaches(records))
    return quarantine.account


def forget(folder: Path) -> list[Path]:
    """
    Delete what an import derived from somebody's file, and what an interruption left.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the import.

    Returns
    -------
    list of pathlib.Path
        Folders deleted.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If no import wrote the folder.
    """
    check_replaceable(folder)
    names = (folder.name, f"{folder.name}.partial", f"{folder.name}.old")
    found = [folder.with_name(name) for name in names if folder.with_name(name).exists()]
    if not found:
        raise FileNotFoundError(f"nothing to forget at {folder}")
    for path in found:
        shutil.rmtree(path)
    return found


def check_replaceable(folder: Path) -> None:
    """
    Refuse to touch a folder that no import wrote.

    Raises
    ------
    ValueError
        If it exists, is not empty, and its manifest does not say that it was imported.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    is_import = (folder / store.MANIFEST).is_file() and "imported" in store.open_manifest(folder)
    if not is_import:
        raise ValueError(f"{folder} was not written by an import and is left as it is")


def protect(folder: Path) -> None:
    """Let the owner alone read a folder and all in it."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _convert(
    batches: Iterator[Batch],
    mapping: Mapping,
    quarantine: Quarantine,
    label: str | None,
    hash_files: Sequence[IO[bytes]],
) -> Iterator[pa.Table]:
    progress = tqdm(desc=label, disable=label is None, unit=" rows", unit_scale=True)
    is_first = True
    for batch in batches:
        if is_first and batch.rows.num_rows:
            check_dates(batch, mapping)
            is_first = False
        records, aside, remarks = make_records(batch, mapping)
        n_rows = len(batch.lines) + len(batch.set_aside)
        quarantine.add(n_rows, records.num_rows, [*batch.set_aside, *aside], remarks)
        if hash_files and batch.rows.num_rows:
            record_ids, content = records.select(["record_id"]), records.drop_columns("record_id")
            for rows, file in zip((batch.rows, content, record_ids), hash_files, strict=True):
                hash_rows(rows).tofile(file)
        progress.update(n_rows)
        yield records
    progress.close()


def check_dates(batch: Batch, mapping: Mapping) -> None:
    """
    Check that the first dates of a file are written as the mapping says.

    Raises
    ------
    ValueError
        If most are not; the message suggests the format that fits best.
    """
    for column, field in mapping.columns.items():
        patterns = mapping.dates.get(str(field))
        if patterns is None:
            continue
        values = [text.strip() for text in batch.rows[column][:2000].to_pylist() if text]
        values = [text for text in values if text.strip("0/.-: ")]
        read = [read_day(v, patterns, latest=mapping.latest) is not None for v in values]
        if sum(read) >= (1 - MOST_UNREADABLE) * len(values):
            continue
        best, share = find_date_format(values, latest=mapping.latest)
        advice = f"; {best!r} fits {share:.0%}" if share > MOST_UNREADABLE else ""
        raise ValueError(
            f"column {column!r}: {patterns} reads {sum(read)} of the first {len(values)} dates of "
            f"{field}{advice}; correct `dates` in the mapping"
        )


def hash_rows(rows: pa.Table) -> npt.NDArray[np.uint64]:
    """
    Hash each row of a table.

    Returns
    -------
    numpy.ndarray of uint64, shape (n_rows,)
        Equal for equal rows; different ones collide once in 10^19 pairs.
    """
    with duckdb.connect() as connection:
        connection.register("batch", rows)
        found = connection.execute("select hash(*columns(*)) as row_hash from batch")
        return np.asarray(found.fetchnumpy()["row_hash"], dtype=np.uint64)


def _fill_partitions(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Gather tables into partitions of `ROWS` rows; there is always one, if only an empty one."""
    held: list[pa.Table] = []
    n_held = n_given = 0
    for table in tables:
        held.append(table)
        n_held += table.num_rows
        if n_held < ROWS:
            continue
        whole = pa.concat_tables(held).combine_chunks()
        for start in range(0, n_held - n_held % ROWS, ROWS):
            yield whole[start : start + ROWS]
            n_given += 1
        held = [whole[n_held - n_held % ROWS :]]
        n_held %= ROWS
    if held and (n_held or not n_given):
        yield pa.concat_tables(held).combine_chunks()


def _check_record_ids(n_repeated: int) -> None:
    if n_repeated:
        raise ValueError(
            f"{n_repeated} record_id stand on an earlier line too: the column numbers no line; "
            "leave it out of the mapping, and lines number themselves"
        )


def _describe(
    path: Path, mapping: Mapping, account: Account, hashes: list[str], laboratories: list[str]
) -> dict[str, Any]:
    places = mapping.laboratories
    return {
        "format": FORMAT,
        "name": path.name,
        "is_synthetic": mapping.is_synthetic,
        "n_records": account.n_used,
        "n_partitions": len(hashes),
        "content_hash": store.join_hashes(hashes),
        "laboratories": [
            {"laboratory_id": name, "dep_code": places.get(name, reference.UNKNOWN)}
            for name in laboratories
        ],
        "imported": {
            "file": path.name,
            "n_rows": account.n_rows,
            "n_used": account.n_used,
            "n_aside": account.n_aside,
            "repeated": account.repeated,
            "reasons": dict(account.reasons),
            "remarks": [[*key, n] for key, n in account.remarks.items() if n],
        },
    }
