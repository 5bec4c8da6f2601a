"""Write somebody's file as a stored breach: whole, private, every row accounted for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from analysis import reference, store
from analysis.intake.account import Account, Quarantine, Repeats, keep_quarantine
from analysis.intake.chunks import Chunk
from analysis.intake.clean import make_records
from analysis.intake.mapping import Mapping, check_columns
from analysis.intake.patterns import count_breaches, find_date_format, read_day
from analysis.intake.tables import open_source

FORMAT = 1
ROWS = 60_000  # of a partition
MOST_UNREADABLE = 0.5  # share of the first dates beyond which the format is wrong
QUARANTINE = "quarantine.csv"
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
    Memory is bounded by one partition and one chunk, however long the file.
    """
    _check_replaceable(folder)
    with store.replace_folder(folder) as aside:
        aside.chmod(0o700)
        (aside / "records").mkdir()
        hashes: list[str] = []
        laboratories: set[str] = set()
        with (
            TemporaryDirectory(dir=aside) as scratch,
            open_source(path, mapping.layout) as (columns, chunks),
            keep_quarantine(aside / QUARANTINE, path.name) as quarantine,
        ):
            check_columns(mapping, columns)
            repeats = Repeats(Path(scratch) / "hashes.duckdb")
            converted = _convert(chunks, mapping, quarantine, label, repeats)
            for records in _fill_partitions(converted):
                name = store.partition_name(len(hashes))
                laboratories |= set(records["laboratory_id"].unique().to_pylist()) - {None}
                hashes.append(store.write_partition(records, aside / "records" / name))
            repeated = repeats.count()
        _check_record_ids(repeated.pop("record_ids"))
        quarantine.account.repeated = repeated
        manifest = _describe(path, mapping, quarantine.account, hashes, sorted(laboratories))
        store.write_manifest(aside, manifest)
        protect(aside)
    return quarantine.account


def check_file(path: Path | str, mapping: Mapping, *, label: str | None = None) -> Account:
    """
    Read a file as an import would, write nothing, and hold its records to the contract.

    Parameters
    ----------
    path : pathlib.Path or str
        The file; it is only read.
    mapping, label
        As for `import_file`.

    Returns
    -------
    Account
        As of `import_file`; records that break the contract are counted, none is set aside.

    Raises
    ------
    FileNotFoundError, ValueError
        As `import_file`, of the file and its mapping.
    """
    path = Path(path)
    with (
        open_source(path, mapping.layout) as (columns, chunks),
        keep_quarantine(None, path.name) as quarantine,
    ):
        check_columns(mapping, columns)
        for records in _convert(chunks, mapping, quarantine, label):
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
    _check_replaceable(folder)
    names = (folder.name, f"{folder.name}.partial", f"{folder.name}.old")
    folders = [folder.with_name(name) for name in names if folder.with_name(name).exists()]
    if not folders:
        raise FileNotFoundError(f"nothing to forget at {folder}")
    for path in folders:
        shutil.rmtree(path)
    return folders


def _check_replaceable(folder: Path) -> None:
    """Refuse to touch a folder that exists, is not empty, and that no import wrote."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    is_import = (folder / store.MANIFEST).is_file() and "imported" in store.open_manifest(folder)
    if not is_import:
        raise ValueError(f"{folder} was not written by an import and is left as it is")


def protect(folder: Path) -> Path:
    """
    Let the owner alone read a folder and all in it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    pathlib.Path
        The same.
    """
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def _convert(
    chunks: Iterator[Chunk],
    mapping: Mapping,
    quarantine: Quarantine,
    label: str | None,
    repeats: Repeats | None = None,
) -> Iterator[pa.Table]:
    progress = tqdm(desc=label, disable=label is None, unit=" rows", unit_scale=True)
    is_first = True
    for chunk in chunks:
        if is_first and chunk.rows.num_rows:
            _check_dates(chunk, mapping)
            is_first = False
        records, remarks = make_records(chunk, mapping)
        n_rows = len(chunk.lines) + len(chunk.set_aside)
        quarantine.add(n_rows, records, remarks)
        if repeats:
            repeats.add(chunk.rows, records.rows)
        progress.update(n_rows)
        yield records.rows
    progress.close()


def _check_dates(chunk: Chunk, mapping: Mapping) -> None:
    """Check that the first dates of a file are written as the mapping says, or suggest how."""
    for column, field in mapping.columns.items():
        formats = mapping.dates.get(str(field))
        if formats is None:
            continue
        values = [text.strip() for text in chunk.rows[column][:2000].to_pylist() if text]
        values = [text for text in values if text.strip("0/.-: ")]
        read = [read_day(v, formats, latest=mapping.latest) is not None for v in values]
        if sum(read) >= (1 - MOST_UNREADABLE) * len(values):
            continue
        best, share = find_date_format(values, latest=mapping.latest)
        advice = f"; {best!r} fits {share:.0%}" if share > MOST_UNREADABLE else ""
        raise ValueError(
            f"column {column!r}: {formats} reads {sum(read)} of the first {len(values)} dates of "
            f"{field}{advice}; correct `dates` in the mapping"
        )


def _fill_partitions(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Gather tables into partitions of `ROWS` rows; there is always one, if only an empty one."""
    held: list[pa.Table] = []
    n_given = 0
    for records in tables:
        gathered = pa.concat_tables([*held, records])
        while gathered.num_rows >= ROWS:
            yield gathered[:ROWS].combine_chunks()
            gathered, n_given = gathered[ROWS:], n_given + 1
        held = [gathered]
    if held and (held[0].num_rows or not n_given):
        yield held[0].combine_chunks()


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
