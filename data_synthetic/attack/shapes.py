"""Small breaches of shapes that nobody drew on purpose, for the gate to pass or refuse in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer

from analysis import store
from analysis.exposure import prepare
from data_synthetic.attack.edition import NOTEBOOKS, gather_edition

SIZES = (2, 5, 40, 300, 2_000)  # persons
Change = Callable[[pa.Table], pa.Table]


def _fill(**values: str | None) -> Change:
    def change(records: pa.Table) -> pa.Table:
        for name, value in values.items():
            kind = records.schema.field(name).type
            column = pa.array([value] * len(records), pa.string()).cast(kind)
            records = records.set_column(records.schema.get_field_index(name), name, column)
        return records

    return change


def _say_on_every_seventh(records: pa.Table) -> pa.Table:
    said = ["diabète" if row % 7 == 0 else None for row in range(len(records))]
    at = records.schema.get_field_index("comment_patient")
    return records.set_column(at, "comment_patient", pa.array(said, pa.string()))


NOWHERE: dict[str, str | None] = {"comment_patient": None, "comment_file": None}
PLACE = {"postal_code": "48000", "prescriber_postal_code": "48000"}
SHAPES: dict[str, Change] = {
    "as drawn": _fill(),
    "one topic for a seventh": _say_on_every_seventh,
    "one département": _fill(**PLACE),
    "nobody with comments": _fill(**NOWHERE),
    "all in one cell": _fill(**PLACE, **NOWHERE, sampled_on="2019-03-01", sex="F"),
    "nobody with a date": _fill(sampled_on=None),
    "no prescriber": _fill(prescriber_postal_code=None),
}


def write_shape(source: store.Breach, folder: Path, seed: int) -> str:
    """
    Write a few persons of a breach, changed to a shape, as a breach of their own.

    Parameters
    ----------
    source : store.Breach
        Drawn records with their truth.
    folder : pathlib.Path
        Folder to write.
    seed : int
        Which of the shapes, sizes and persons.

    Returns
    -------
    str
        Shape and number of persons.
    """
    rng = np.random.default_rng(seed)
    part = store.partition_name(int(rng.integers(source.manifest["n_partitions"])))
    records, truth = (pq.read_table(source.folder / kind / part) for kind in ("records", "truth"))
    shape, size = str(rng.choice([*SHAPES])), int(rng.choice(SIZES))
    persons = rng.choice(pc.unique(truth["person_id"]).to_numpy(), size, replace=False)
    kept = pc.is_in(truth["person_id"], pa.array(persons))
    records, truth = SHAPES[shape](records.filter(kept)), truth.filter(kept)
    with store.replace_folder(folder) as aside:
        name = store.partition_name(0)
        hashed = store.join_hashes([store.write_partition(records, aside / "records" / name)])
        store.write_partition(truth, aside / "truth" / name)
        said = {"n_records": len(records), "n_partitions": 1, "content_hash": hashed}
        store.write_manifest(aside, {**source.manifest, **said, "name": shape})
    return f"{shape}, {size} persons"


def judge_shape(source: store.Breach, seed: int, pages: list[str]) -> dict[str, str]:
    """
    Run pages on a breach of a shape.

    Parameters
    ----------
    source : store.Breach
        Drawn records with their truth.
    seed : int
        Which shape.
    pages : list of str
        Stems of the notebooks.

    Returns
    -------
    dict of str to str
        ``shape``, and why each page stopped that did.
    """
    with TemporaryDirectory() as folder:
        shape = write_shape(source, Path(folder) / "breach", seed)
        prepare(store.open_breach(Path(folder) / "breach"))
        runs = [(page, {"DATA": str(Path(folder) / "breach")}) for page in pages]
        stopped = {one.page: one.refused for one in gather_edition(runs) if one.refused}
    return {"shape": shape, **stopped}


def main(
    first: int = 0, last: int = 10, source: Path = NOTEBOOKS.parent / "data_synthetic" / "generated"
) -> None:
    """
    Run the pages on breaches of many shapes, and print a line of JSON for each.

    Parameters
    ----------
    first, last : int
        First seed, and the one after the last.
    source : pathlib.Path
        Folder of drawn records.

    Returns
    -------
    None
        The lines are printed; nothing is stored.
    """
    pages = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if path.stem < "15")
    for seed in range(first, last):
        judged = judge_shape(store.open_breach(source), seed, pages)
        typer.echo(json.dumps({"seed": seed, **judged}, ensure_ascii=False))


if __name__ == "__main__":
    typer.run(main)
