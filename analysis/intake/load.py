"""Write somebody's file as a stored breach: whole, private, every row accounted for."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from analysis import reference, store
from analysis.intake.account import Account, Repeats
from analysis.intake.chunks import Chunk, SetAside
from analysis.intake.clean import make_records
from analysis.intake.mapping import Mapping, check_columns
from analysis.intake.patterns import count_breaches, find_date_format, read_day, read_words, say
from analysis.intake.tables import open_source

ROWS = 60_000  # of a partition
MOST_UNREADABLE = 0.5  # share of the first dates beyond which the format is wrong
QUARANTINE = "quarantine.csv"  # rows set aside, without any value of the file
NOTICE = read_words("message")["notice"]


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
    account, hashes, laboratories = Account(), list[str](), set[str]()
    with store.replace_folder(folder) as aside:
        aside.chmod(0o700)
        (aside / "records").mkdir()
        with (
            TemporaryDirectory(dir=aside) as scratch,
            (aside / QUARANTINE).open("w", encoding="utf-8", newline="") as sheet,
        ):
            repeats = Repeats(Path(scratch) / "hashes.duckdb")
            converted = _convert(path, mapping, account, label)
            tables = _note(converted, repeats, csv.writer(sheet), path.name)
            for records in _fill_partitions(tables):
                name = store.partition_name(len(hashes))
                laboratories |= set(records["laboratory_id"].unique().to_pylist()) - {None}
                hashes.append(store.write_partition(records, aside / "records" / name))
            account.repeated = repeats.count()
        if n_repeated := account.repeated.pop("record_ids"):
            raise ValueError(say("twice", n_repeated))
        manifest = _describe(path, mapping, account, hashes, sorted(laboratories))
        store.write_manifest(aside, manifest)
        if (folder / store.RELEASES).is_file():  # readers have it, whatever is corrected now
            shutil.copyfile(folder / store.RELEASES, aside / store.RELEASES)
        protect(aside)
    return account


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
    account = Account()
    for _, records in _convert(Path(path), mapping, account, label):
        account.breaches.update(count_breaches(records.rows))
    return account


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
    if "imported" not in store.open_manifest(folder):
        raise ValueError(f"{folder} was not written by an import and is left as it is")


def protect(folder: Path) -> None:
    """
    Let the owner alone read a folder and all in it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    None
        Nobody else can.
    """
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _convert(
    path: Path, mapping: Mapping, account: Account, label: str | None
) -> Iterator[tuple[Chunk, Chunk]]:
    """Yield chunks of a file, each with the records made of it, and account for them."""
    with (
        open_source(path, mapping.layout) as (columns, chunks),
        tqdm(desc=label, disable=label is None, unit=" rows", unit_scale=True) as progress,
    ):
        check_columns(mapping, columns)
        for chunk in chunks:
            if account.n_used == 0:
                _check_dates(chunk, mapping)
            records, remarks = make_records(chunk, mapping)
            account.add(chunk, records, remarks)
            progress.update(chunk.n_rows)
            yield chunk, records


def _note(
    converted: Iterator[tuple[Chunk, Chunk]], repeats: Repeats, sheet: Any, name: str
) -> Iterator[pa.Table]:
    """Write down which rows are set aside, and hash all others for repeats."""
    sheet.writerow(("file", *SetAside._fields))
    for chunk, records in converted:
        sheet.writerows((name, *row) for row in sorted(records.set_aside))
        repeats.add(chunk.rows, records.rows)
        yield records.rows


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
        raise ValueError(say("dates", column, formats, sum(read), len(values), field, advice))


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


def _describe(
    path: Path, mapping: Mapping, account: Account, hashes: list[str], laboratories: list[str]
) -> dict[str, Any]:
    listed = [(name, mapping.laboratories.get(name, reference.UNKNOWN)) for name in laboratories]
    accounted = ("n_rows", "n_used", "n_aside", "repeated", "reasons")
    return {
        "format": 1,
        "name": path.name,
        "is_synthetic": mapping.is_synthetic,
        "n_records": account.n_used,
        "n_partitions": len(hashes),
        "content_hash": store.join_hashes(hashes),
        "laboratories": [{"laboratory_id": name, "dep_code": place} for name, place in listed],
        "imported": {
            "file": path.name,
            **{name: getattr(account, name) for name in accounted},
            "remarks": [[*key, n] for key, n in account.remarks.items() if n],
        },
    }
