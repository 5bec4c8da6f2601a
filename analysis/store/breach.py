"""A breach on disk: one folder of Parquet partitions with a manifest, whole or not there."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from joblib import Parallel, delayed
from tqdm import tqdm

Partition = TypeVar("Partition")
Result = TypeVar("Result")
MANIFEST, STAMP = "manifest.json", "stage.json"
RELEASES = "releases.jsonl"  # what was released of it; kept when its records are made anew
NO_DATE = -(2**31)


@dataclass(frozen=True)
class Breach:
    """
    A stored set of records.

    Attributes
    ----------
    folder : pathlib.Path
        Where it lies; ``records/`` holds one Parquet file per partition of persons.
    manifest : dict
        What it is: name, numbers of records and persons, fields, content hash, whether it is
        synthetic.
    """

    folder: Path
    manifest: dict[str, Any]

    def partitions(self, kind: str) -> list[Path]:
        """
        List the files of one kind in order.

        Parameters
        ----------
        kind : str
            ``records``, ``truth``, or the folder of a stage: ``linked``, ``commented``, …

        Returns
        -------
        list of pathlib.Path, shape (n_partitions,)
            In the order of the partitions.

        Raises
        ------
        FileNotFoundError
            If there is none, or not one per partition.
        """
        files = sorted((self.folder / kind).glob("part-*.parquet"))
        if len(files) != self.manifest["n_partitions"]:
            raise FileNotFoundError(
                f"{self.folder / kind} holds {len(files)} of {self.manifest['n_partitions']} "
                f"partitions; the set is not whole: run `{self.heal}` again"
            )
        return files

    @property
    def identity(self) -> dict[str, str]:
        """What results derived from these records are made from, as inputs of a `Stage`."""
        made = read_json(self.folder / STAMP).get("fingerprint", "")
        return {"records": self.manifest["content_hash"], "made": made}

    @property
    def heal(self) -> str:
        """Command that makes derived results again."""
        is_synthetic = self.manifest["is_synthetic"]
        return "make data" if is_synthetic else f"breach-impact prepare {self.folder}"


def partition_name(partition: int) -> str:
    """
    Name the file of a partition.

    Parameters
    ----------
    partition : int
        Its number, from 0.

    Returns
    -------
    str
        Five digits keep the order of names that of numbers.

    Examples
    --------
    >>> partition_name(7)
    'part-00007.parquet'
    """
    return f"part-{partition:05d}.parquet"


def open_breach(folder: Path | str) -> Breach:
    """
    Open a stored breach.

    Parameters
    ----------
    folder : pathlib.Path or str
        The folder that `make data` or an import wrote.

    Returns
    -------
    Breach
        Its files are all there.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, was left half-written, or lacks partitions.
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"no data at {path}; draw the synthetic breach with `make data`")
    if not (path / MANIFEST).is_file():
        raise FileNotFoundError(
            f"{path} has no {MANIFEST}: it was left half-written; run `make data` again"
        )
    breach = Breach(path, open_manifest(path))
    breach.partitions("records")
    return breach


def open_manifest(folder: Path) -> dict[str, Any]:
    """
    Read the manifest of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a breach.

    Returns
    -------
    dict
        What the breach says of itself; empty if there is none.
    """
    return read_json(folder / MANIFEST)


def read_json(path: Path) -> dict[str, Any]:
    """
    Read what a folder says of itself.

    Parameters
    ----------
    path : pathlib.Path
        A manifest or a stamp.

    Returns
    -------
    dict
        Its content; empty if there is no such file.
    """
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """
    Write what a folder says of itself, so that people can read it, too.

    Parameters
    ----------
    content : mapping
        A manifest or a stamp; what JSON has no type for is written as text.
    path : pathlib.Path
        File to write.

    Returns
    -------
    None
        The file is written.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """
    Write a folder aside and put it in place only when it is whole.

    Parameters
    ----------
    folder : pathlib.Path
        The folder to make or replace.

    Yields
    ------
    pathlib.Path
        An empty folder beside it to write into. After an error or an interruption `folder` is
        what it was before; the next run clears what was left aside.
    """
    aside, old = folder.with_name(folder.name + ".partial"), folder.with_name(folder.name + ".old")
    for leftover in (aside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    aside.mkdir(parents=True)
    yield aside
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """
    Write the manifest of a breach.

    Parameters
    ----------
    folder : pathlib.Path
        Where it goes.
    manifest : dict
        What the breach says of itself.

    Returns
    -------
    None
        ``manifest.json`` is written, the last file of a set.
    """
    write_json(manifest, folder / MANIFEST)


def hash_table(table: pa.Table) -> str:
    """
    Hash what a table says, whatever its files look like.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of text, dates or numbers, in an order that means something.

    Returns
    -------
    str
        sha256 over names, values and missing marks; compression, chunks and the version of the
        Parquet writer change nothing.

    Examples
    --------
    >>> table = pa.table({"a": ["x", None]})
    >>> hash_table(table) == hash_table(pa.concat_tables([table[:1], table[1:]]))
    True
    """
    digest = hashlib.sha256()
    for name in table.column_names:
        digest.update(name.encode())
        for part in _plain_bytes(table[name].combine_chunks()):
            digest.update(part)
    return digest.hexdigest()


def _plain_bytes(column: pa.Array) -> Iterator[bytes]:
    if pa.types.is_string(column.type):
        lengths = pc.fill_null(pc.binary_length(column), -1)
        yield lengths.to_numpy(zero_copy_only=False).astype("<i4").tobytes()
        filled = pc.fill_null(column, "")
        offsets = np.frombuffer(filled.buffers()[1], dtype="<i4")
        bounds = offsets[filled.offset : filled.offset + len(filled) + 1]
        data = filled.buffers()[2]
        yield data.slice(int(bounds[0]), int(bounds[-1] - bounds[0])).to_pybytes() if data else b""
        return
    if pa.types.is_date32(column.type):
        column = pc.fill_null(column.cast(pa.int32()), NO_DATE)
    yield np.ascontiguousarray(column.to_numpy(zero_copy_only=False)).tobytes()


def write_partition(table: pa.Table, path: Path) -> str:
    """
    Write one partition.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of one partition.
    path : pathlib.Path
        The file; its folder is made.

    Returns
    -------
    str
        Hash of the content, as `hash_table` computes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", compression_level=1)
    return hash_table(table)


def join_hashes(hashes: list[str]) -> str:
    """
    Join the hashes of partitions into one.

    Parameters
    ----------
    hashes : list of str
        In the order of the partitions.

    Returns
    -------
    str
        A sha256 in hexadecimal.
    """
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def hash_content(breach: Breach) -> str:
    """
    Hash the records of a breach again, from its files.

    Parameters
    ----------
    breach : Breach
        A stored breach.

    Returns
    -------
    str
        Equal to the manifest's ``content_hash`` unless a file was changed.
    """
    return join_hashes([hash_table(pq.read_table(path)) for path in breach.partitions("records")])


def hash_files(paths: list[Path]) -> str:
    """
    Hash files by name and content.

    Parameters
    ----------
    paths : list of pathlib.Path
        In any order.

    Returns
    -------
    str
        A sha256 in hexadecimal of names and bytes.
    """
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def map_partitions(
    kernel: Callable[[Partition], Result],
    partitions: Sequence[Partition],
    *,
    processes: int = 1,
    label: str | None = None,
) -> list[Result]:
    """
    Apply a kernel to every partition, results in the order of the partitions.

    Parameters
    ----------
    kernel : callable
        Takes one partition and returns a small result; with several processes it must be
        importable (a function of a module, or a partial of one).
    partitions : sequence, shape (n_partitions,)
        What the kernel takes: usually paths, so that a worker reads its own data.
    processes : int, default 1
        Worker processes. The number changes nothing but the time: no result depends on it.
    label : str, optional
        Name of the step; if given, progress is shown on the terminal.

    Returns
    -------
    list, shape (n_partitions,)
        One result per partition.

    Raises
    ------
    ValueError
        If `processes` is smaller than 1.

    Notes
    -----
    At most two partitions a worker are under way, so that memory stays bounded by the number
    of workers and not by the number of partitions.

    Examples
    --------
    >>> map_partitions(len, ["one", "three"])
    [3, 5]
    """
    if processes < 1:
        raise ValueError(f"processes must be 1 or more, got {processes}")
    pool = Parallel(n_jobs=max(1, min(processes, len(partitions))), return_as="generator")
    results = pool(delayed(kernel)(partition) for partition in partitions)
    is_quiet = label is None
    return list(tqdm(results, total=len(partitions), desc=label, disable=is_quiet, unit="part"))


def open_views(
    views: Mapping[str, Sequence[Path]], *, schemas: Mapping[str, pa.Schema] | None = None
) -> duckdb.DuckDBPyConnection:
    """
    Open a database in memory with a view for each kind of partition.

    Parameters
    ----------
    views : mapping of str to sequence of pathlib.Path
        Files of each kind, by the name of its view; they are read when they are asked for.
    schemas : mapping of str to pyarrow.Schema, optional
        All fields that a view is to have, where files may lack some: these are missing then, and
        of the type given here.

    Returns
    -------
    duckdb.DuckDBPyConnection
        To be closed by whoever asked.

    Raises
    ------
    FileNotFoundError
        If a file is not there.

    Examples
    --------
    >>> import pyarrow.parquet as pq, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "it's [one].parquet"
    >>> pq.write_table(pa.table({"a": [1, 2]}), path)
    >>> full = pa.schema([("a", pa.int64()), ("b", pa.string())])
    >>> views = open_views({"t": [path]}, schemas={"t": full})
    >>> views.sql("select sum(a), max(b) from t").fetchall()
    [(3, None)]
    """
    connection = duckdb.connect()
    for name, paths in views.items():
        schema = (schemas or {}).get(name)
        connection.register(name, ds.dataset([str(path) for path in paths], schema=schema))
    return connection
