"""Write synthetic records as the messy export of a stranger, for practice."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml
from numpy.random import Generator

from analysis import intake, store

LINES = 20_000
FILE = "export.csv"
ENCODING = "windows-1252"
MESSY = yaml.safe_load(Path(__file__).with_name("messy.yaml").read_text(encoding="utf-8"))
HEADERS: dict[str, str] = MESSY["headers"]
ODD_CELLS: list[tuple[str, str, int]] = MESSY["odd_cells"]
REPEATED, RAGGED, BLANK = 250, 12, 3


def write_messy(breach: store.Breach, folder: Path, *, rng: Generator) -> Path:
    """
    Write the first records of a synthetic breach as a messy CSV file.

    Parameters
    ----------
    breach : storage.Breach
        A breach that was drawn.
    folder : pathlib.Path
        Where ``export.csv`` goes.
    rng : numpy.random.Generator
        Chooses the lines that something is wrong with.

    Returns
    -------
    pathlib.Path
        A file in Windows-1252 with semicolons, a title above the header, French headers,
        dates as DD/MM/YYYY, sexes as 1 and 2, postal code and town in one column, and the
        faults of `ODD_CELLS`, with repeated, ragged and blank lines.

    Raises
    ------
    ValueError
        If the breach is not synthetic: nobody's real line is ever copied out.
    """
    if not breach.manifest["is_synthetic"]:
        raise ValueError(f"{breach.folder} is not synthetic; a copy of it would name people")
    records = pq.read_table(breach.partitions("records")[0])[:LINES].to_pandas()
    cells = _write_french(records)
    for column, value, n in ODD_CELLS:
        chosen = rng.choice(len(cells), n, replace=False)
        cells.loc[chosen, column] = cells.loc[chosen, column].map(value.format)
    text = cells.rename(columns=HEADERS).to_csv(sep=";", index=False, lineterminator="\n")
    header, *lines = text.rstrip("\n").split("\n")
    folder.mkdir(parents=True, exist_ok=True)
    told = ["Extraction générée le 01/03/2021", header, *_spoil(lines, rng)]
    (folder / FILE).write_bytes(("\r\n".join(told) + "\r\n").encode(ENCODING))
    return folder / FILE


def messy_stage(breach: store.Breach, folder: Path) -> store.Stage:
    """
    Describe the stage that writes a messy file and imports it.

    Parameters
    ----------
    breach : Breach
        A breach that was drawn.
    folder : pathlib.Path
        Where ``export.csv``, the ``mapping.yaml`` proposed for it and the import ``imported`` go.

    Returns
    -------
    Stage
        The folder.
    """
    return store.Stage(
        "messy file", folder, __name__, partial(_make, breach), inputs=breach.identity
    )


def _make(breach: store.Breach, folder: Path) -> None:
    file = write_messy(breach, folder, rng=np.random.default_rng(breach.manifest["seed"]))
    latest = date.fromisoformat(breach.manifest["published_on"])
    proposed, _ = intake.propose_mapping(file, latest=latest, is_synthetic=True)
    intake.write_mapping(proposed, folder / "mapping.yaml")
    intake.import_file(file, proposed, folder / "imported", label=file.name)


def _write_french(records: pd.DataFrame) -> pd.DataFrame:
    cells = records.fillna("").astype(str)
    for name in ("sampled_on", "born_on"):
        cells[name] = pd.to_datetime(records[name]).dt.strftime("%d/%m/%Y").fillna("")
    cells["sex"] = cells["sex"].map({"M": "1", "F": "2"})
    cells["place"] = (cells["postal_code"] + " " + cells["city"]).str.strip()
    cells["mobile"] = cells["mobile"].str.replace(r"(\d\d)(?=\d)", r"\1 ", regex=True)
    cells["exported_by"] = "OP7"
    return cells[[*HEADERS]]


def _spoil(lines: list[str], rng: Generator) -> list[str]:
    """Repeat some lines, cut some short, and leave blank ones between."""
    whole = [line for line in lines if '"' not in line]
    extra = [whole[k] for k in rng.choice(len(whole), REPEATED, replace=False)]
    extra += [whole[k][:40] for k in rng.choice(len(whole), RAGGED, replace=False)]
    spoilt = [*lines, *extra, *[""] * BLANK]
    return [spoilt[k] for k in rng.permutation(len(spoilt))]
