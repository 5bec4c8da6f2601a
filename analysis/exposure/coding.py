"""Turn records into small numbers: person, place, date and which fields are filled."""

import shutil
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from analysis import comments, linkage, reference, store

AGE_EDGES = (0, 15, 30, 45, 60, 75)
LINKED, TRUTH = "linked", "truth"
PIECES, PARTITION = "pieces", "partition"


@dataclass(frozen=True)
class CodedRecords:
    """
    The records of a breach as numbers, ready to be counted.

    Attributes
    ----------
    breach : storage.Breach
        Where the records lie.
    partitions : list of pathlib.Path
        One Parquet file per partition of persons.
    meanings : dict of str to list of str
        What the codes of ``dep_code``, ``laboratory_id``, ``sex`` and ``age_band`` stand for.
    fields : list of str
        Fields of the data dictionary, then topics of comments; field ``k`` is bit ``k`` of
        ``filled``.
    absent : list of str
        Fields that the file has no column for; the topics if no comment was read.
    persons : {'linked', 'truth'}
        Where the person of a record comes from.
    processes : int, default 1
        Worker processes that count them; they change nothing but the time.
    """

    breach: store.Breach
    partitions: list[Path]
    meanings: dict[str, list[str]]
    fields: list[str]
    absent: list[str]
    persons: str
    processes: int = 1

    def field_mask(self, fields: list[str]) -> int:
        """
        Return the bits of some fields.

        Parameters
        ----------
        fields : list of str
            Fields or topics.

        Returns
        -------
        int
            Their bits.

        Raises
        ------
        ValueError
            If a field is unknown.
        """
        return sum(1 << self.fields.index(name) for name in fields)


def list_age_bands() -> list[str]:
    """
    List the age bands, youngest first, then ``unknown``.

    Examples
    --------
    >>> list_age_bands()
    ['0–14', '15–29', '30–44', '45–59', '60–74', '75+', 'unknown']
    """
    closed = [f"{low}–{high - 1}" for low, high in pairwise(AGE_EDGES)]
    return [*closed, f"{AGE_EDGES[-1]}+", "unknown"]


def coded_stage(breach: store.Breach, *, persons: str = LINKED, processes: int = 1) -> store.Stage:
    """
    Describe the stage that turns the records of a breach into small numbers.

    Parameters
    ----------
    breach : Breach
        The records; where their comments were read, what they say is coded with them.
    persons : {"linked", "truth"}
        Whose numbers tell persons apart: those found by linkage, or those of a drawn breach.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    Stage
        Folder ``coded_linked`` or ``coded_truth``: one file per partition of persons.

    Raises
    ------
    ValueError
        If `persons` is neither.
    """
    if persons not in (LINKED, TRUTH):
        raise ValueError(f"persons must be {LINKED!r} or {TRUTH!r}, got {persons!r}")
    labels = comments.labels_stage(breach)
    needs = [linkage.linked_stage(breach, threads=processes)] if persons == LINKED else []
    return store.Stage(
        "coded records",
        breach.folder / f"coded_{persons}",
        __name__,
        partial(_code_breach, breach, persons, processes),
        needs=(*needs, *([labels] if labels.status() != store.ABSENT else [])),
        inputs=breach.identity,
        heal=breach.heal,
    )


def code_breach(breach: store.Breach, *, persons: str = LINKED, processes: int = 1) -> CodedRecords:
    """
    Code the records of a breach, unless that is done, and open them.

    Parameters
    ----------
    breach : Breach
        The records.
    persons : {"linked", "truth"}
        As in `coded_stage`.
    processes : int, default 1
        Worker processes.

    Returns
    -------
    CodedRecords
        The coded records.

    Raises
    ------
    ValueError
        If a column is unknown, one that every count needs is missing, or a record is lost.
    """
    coded_stage(breach, persons=persons, processes=processes).ensure()
    return open_coded(breach, persons=persons, processes=processes)


def open_coded(
    breach: store.Breach | Path | str, *, persons: str = LINKED, processes: int = 1
) -> CodedRecords:
    """
    Open the coded records of a breach.

    Parameters
    ----------
    breach : Breach or pathlib.Path or str
        A stored breach, or its folder.
    persons : {"linked", "truth"}
        As in `coded_stage`.
    processes : int, default 1
        Worker processes of the counts that follow.

    Returns
    -------
    CodedRecords
        Made from exactly these records, persons and comments, by exactly this code.

    Raises
    ------
    FileNotFoundError
        If they were never coded, or something they are made from has changed since.
    """
    breach = breach if isinstance(breach, store.Breach) else store.open_breach(breach)
    stage = coded_stage(breach, persons=persons)
    stage.open()
    said = stage.read_stamp()
    meant = {name: said[name] for name in ("meanings", "fields", "absent")}
    partitions = breach.partitions(f"coded_{persons}")
    return CodedRecords(breach, partitions, persons=persons, processes=processes, **meant)


def prepare(breach: store.Breach, *, processes: int = 1) -> None:
    """
    Bring a breach to where it can be counted: persons, comments, codes, the number of persons.

    Parameters
    ----------
    breach : Breach
        The records; what is ready already is left as it is.
    processes : int, default 1
        Worker processes.

    Returns
    -------
    None
        All stages are ready.

    Raises
    ------
    ValueError
        If a stage cannot be made; the message says why.
    """
    comments.read_comments(breach, processes=processes)
    code_breach(breach, processes=processes)
    linkage.estimate_persons(breach)


def _code_breach(
    breach: store.Breach, persons: str, processes: int, folder: Path
) -> dict[str, Any]:
    paths = breach.partitions("records")
    columns = pq.read_schema(paths[0]).names
    reference.check_fields(columns, source=str(paths[0]))
    places = {row["laboratory_id"]: row["dep_code"] for row in breach.manifest["laboratories"]}
    meanings = {
        "dep_code": [*reference.list_dep_codes(), reference.UNKNOWN, reference.ABROAD],
        "laboratory_id": [*places, "unknown"],
        "sex": list(reference.SEXES),
        "age_band": list_age_bands(),
    }
    labels = comments.labels_stage(breach).read_stamp()
    topics = breach.partitions(comments.FOLDER) if labels else [None] * len(paths)
    parts = list(zip(paths, breach.partitions(persons), topics, strict=True))
    code = partial(code_partition, folder / PIECES, meanings, places, len(paths))
    n_rows = store.map_partitions(code, parts, processes=processes, label="coding records")
    if sum(n_rows) != breach.manifest["n_records"]:
        raise ValueError(f"{sum(n_rows)} records coded of {breach.manifest['n_records']}")
    gather = partial(gather_partition, folder)
    store.map_partitions(gather, range(len(paths)), processes=processes)
    shutil.rmtree(folder / PIECES)
    fields = reference.read_dictionary().index.tolist()
    absent = [name for name in fields if name not in columns]
    absent += [] if labels.get("fields") else reference.list_topics()
    return {"meanings": meanings, "fields": fields + reference.list_topics(), "absent": absent}


def mark_lines(
    coded: CodedRecords,
    *,
    dep_code: str | None = None,
    place: str = "home",
    category: str | None = None,
) -> pd.Series:
    """
    Mark the records that lie in a département and carry a category of data.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    dep_code : str, optional
        Without it, every place counts.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis of `dep_code`.
    category : str, optional
        Without it, every record counts.

    Returns
    -------
    pandas.Series of bool
        One value per record, indexed by ``record_id``.
    """
    columns = ["record_id", place, "filled"]
    coded_rows = pq.read_table(coded.partitions, columns=columns, partitioning=None)
    rows = coded_rows.to_pandas().set_index("record_id")
    marked = pd.Series(data=True, index=rows.index)
    if dep_code is not None:
        marked &= rows[place].eq(coded.meanings["dep_code"].index(dep_code))
    if category is not None:
        mask = coded.field_mask(reference.select_fields(category))
        marked &= (rows["filled"] & mask).ne(0)
    return marked


def code_partition(
    folder: Path,
    meanings: dict[str, list[str]],
    laboratory_places: dict[str, str],
    n_partitions: int,
    paths: tuple[Path, Path, Path | None],
) -> int:
    """
    Code one partition of records; the first kernel of `code_breach`.

    Parameters
    ----------
    folder : pathlib.Path
        Where the coded records are written, one folder per partition of persons.
    meanings : dict of str to list of str
        Meaning of the codes.
    laboratory_places : dict of str to str
        ``dep_code`` of each ``laboratory_id``.
    n_partitions : int
        Person ``k`` belongs to partition ``k % n_partitions``.
    paths : tuple of pathlib.Path
        Records, and the person of each record in the same order; what the comments say, or None
        if they were not read.

    Returns
    -------
    int
        Number of rows [records].

    Raises
    ------
    ValueError
        If the files do not list the same records.
    """
    records = ds.dataset(paths[0], schema=reference.record_schema()).to_table()
    persons = pq.read_table(paths[1])
    if not records["record_id"].equals(persons["record_id"]):
        raise ValueError(f"{paths[1]} does not list the records of {paths[0]} in their order")
    person = persons["person_id"].to_numpy()
    laboratory = records["laboratory_id"].to_pandas()
    departements = meanings["dep_code"]
    coded = {
        "record_id": records["record_id"],
        "person": person,
        "sampled_on": pc.fill_null(records["sampled_on"].cast(pa.int32()), store.NO_DATE),
        "laboratory_id": _codes(laboratory, meanings["laboratory_id"]),
        "sex": _codes(records["sex"].to_pandas(), meanings["sex"]),
        "age_band": _age_bands(records),
        "home": _places(records["postal_code"], departements),
        "prescriber": _places(records["prescriber_postal_code"], departements),
        "laboratory": _codes(laboratory.map(laboratory_places), departements),
        "filled": _filled(records) | _topics(records, paths[2]),
        PARTITION: (person % n_partitions).astype(np.int32),
    }
    ds.write_dataset(
        pa.table(coded),
        folder,
        format="parquet",
        partitioning=[PARTITION],
        basename_template=f"{paths[0].stem}-{{i}}.parquet",
        existing_data_behavior="overwrite_or_ignore",
        use_threads=False,
    )
    return records.num_rows


def _topics(records: pa.Table, path: Path | None) -> npt.NDArray[np.int64]:
    """Return the bits of the topics, above those of the fields."""
    if path is None:
        return np.zeros(records.num_rows, dtype=np.int64)
    said = pq.read_table(path, columns=["record_id", "said"])
    if not records["record_id"].equals(said["record_id"]):
        raise ValueError(f"{path} does not list the records in their order; run `make data`")
    return said["said"].to_numpy() << len(records.column_names)


def gather_partition(folder: Path, partition: int) -> None:
    """
    Gather the records of one partition of persons; the second kernel of `code_breach`.

    Parameters
    ----------
    folder : pathlib.Path
        Where the coded partition is written, beside the pieces.
    partition : int
        Number of the partition.

    Returns
    -------
    None
        The partition is written.

    Notes
    -----
    Persons are numbered anew within the partition, so that a number needs few bits.
    """
    pieces = ds.dataset(folder / PIECES, partitioning=[PARTITION])
    coded = pieces.to_table(filter=ds.field(PARTITION) == partition).drop_columns(PARTITION)
    _, person = np.unique(coded["person"].to_numpy(), return_inverse=True)
    position = coded.column_names.index("person")
    coded = coded.set_column(position, "person", pa.array(person.astype(np.int32)))
    store.write_partition(coded, folder / store.partition_name(partition))


def _codes(column: pd.Series, known: list[str]) -> npt.NDArray[np.int16]:
    """Code each value by its position; what is missing or new gets the position of unknown."""
    codes = pd.Categorical(column, categories=known).codes.astype(np.int16)
    codes[codes < 0] = known.index("unknown")
    return codes


def _places(postal_codes: pa.ChunkedArray, known: list[str]) -> npt.NDArray[np.int16]:
    return _codes(reference.place_postal_codes(postal_codes.to_pandas())["dep_code"], known)


def _age_bands(records: pa.Table) -> npt.NDArray[np.int8]:
    """Band the age on the day of sampling; dates missing or the wrong way round are unknown."""
    sampled, born = (_write_date(records[name]) for name in ("sampled_on", "born_on"))
    elapsed = pc.fill_null(pc.subtract(sampled, born), -1).to_numpy()
    band = np.searchsorted(AGE_EDGES, elapsed // 10_000, side="right") - 1
    return np.where(elapsed < 0, len(AGE_EDGES), band).astype(np.int8)


def _write_date(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write dates as numbers, 20180131: between two, ten thousands are whole years."""
    year, month = pc.multiply(pc.year(dates), 10_000), pc.multiply(pc.month(dates), 100)
    return pc.add(pc.add(year, month), pc.day(dates))


def _filled(records: pa.Table) -> npt.NDArray[np.int64]:
    filled = np.zeros(records.num_rows, dtype=np.int64)
    for bit, column in enumerate(records.columns):
        is_text = pa.types.is_string(column.type)
        has = pc.greater(pc.binary_length(column), 0) if is_text else pc.is_valid(column)
        filled |= pc.fill_null(has, fill_value=False).to_numpy().astype(np.int64) << bit
    return filled
