"""Draw a breach from a scenario, with its truth, onto disk; show a few of its lines."""

from __future__ import annotations

import csv
import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

from analysis import reference, store
from data_synthetic.simulation import identities
from data_synthetic.simulation.catchment import build_catchment
from data_synthetic.simulation.grammar import read_grammar
from data_synthetic.simulation.households import Slot
from data_synthetic.simulation.lines import MILITARY_FUND, World, draw_lines
from data_synthetic.simulation.phrases import Vocabulary, read_vocabulary
from data_synthetic.simulation.scenario import Scenario

FORMAT = 1
SHARED, PARTITIONS = 0, 1
SAMPLED = 30  # lines of the readable sample
SAMPLE, DESCRIPTION = "sample.csv", "datapackage.json"
TYPES = {"text": "string", "date": "date"}


def drawn_stage(
    scenario: Scenario, vocabulary: Path, folder: Path, *, processes: int = 1
) -> store.Stage:
    """
    Describe the stage that draws a synthetic breach.

    Parameters
    ----------
    scenario : Scenario
        What is drawn; its seed decides everything.
    vocabulary : pathlib.Path
        Folder of names, streets and the grammar of comments.
    folder : pathlib.Path
        Where the breach lies: ``records/``, the ``truth/`` beside them, and what is derived.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    Stage
        The breach; a change of its code, scenario or vocabulary draws it anew.
    """
    words = store.hash_files([path for path in vocabulary.iterdir() if path.is_file()])
    return store.Stage(
        "synthetic records",
        folder,
        __name__,
        partial(_draw, scenario, vocabulary, processes),
        inputs={"scenario": scenario.digest(), "vocabulary": words},
    )


def draw_breach(
    scenario: Scenario, vocabulary: Path, folder: Path, *, processes: int = 1
) -> store.Breach:
    """
    Draw a synthetic breach, unless that is done, and open it.

    Parameters
    ----------
    scenario : Scenario
        As in `drawn_stage`, like the others.
    vocabulary : pathlib.Path
        Folder of names, streets and the grammar of comments.
    folder : pathlib.Path
        Where the breach lies.
    processes : int, default 1
        Worker processes.

    Returns
    -------
    Breach
        The stored breach.
    """
    drawn_stage(scenario, vocabulary, folder, processes=processes).ensure()
    return store.open_breach(folder)


def _draw(scenario: Scenario, vocabulary: Path, processes: int, folder: Path) -> None:
    world = build_world(scenario, vocabulary)
    n_partitions = math.ceil(scenario["persons"] / scenario["persons_per_partition"])
    slots = [Slot(k, n_partitions) for k in range(n_partitions)]
    draw = partial(_draw_partition, world, folder)
    label = "drawing synthetic records"
    hashes = store.map_partitions(draw, slots, processes=processes, label=label)
    store.write_manifest(folder, _describe(world, n_partitions, hashes))


def _draw_partition(world: World, folder: Path, slot: Slot) -> str:
    """Draw one partition and write it; return the hash of the content of its records."""
    rng = _spawn(world.scenario, PARTITIONS, slot.partition)
    records, truth = draw_lines(world, slot, rng)
    name = store.partition_name(slot.partition)
    store.write_partition(truth, folder / "truth" / name)
    return store.write_partition(records, folder / "records" / name)


def build_world(scenario: Scenario, vocabulary: Path) -> World:
    """
    Draw what all partitions share: laboratories, professionals, insurers.

    Parameters
    ----------
    scenario : Scenario
        What to draw.
    vocabulary : pathlib.Path
        Folder of names, streets and the grammar of comments.

    Returns
    -------
    World
        The same for the same scenario and seed.
    """
    rng = _spawn(scenario, SHARED, 0)
    words = read_vocabulary(vocabulary)
    catchment = build_catchment(scenario)
    towns = identities.list_towns(reference.read_postal_codes(), catchment.dep_codes)
    return World(
        scenario,
        catchment,
        words,
        read_grammar(vocabulary / "comments.yaml"),
        towns,
        identities.draw_prescribers(scenario, catchment, towns, words, rng),
        identities.draw_samplers(scenario, catchment, towns, words, rng),
        _draw_insurers(scenario, words, rng),
    )


def write_sample(breach: store.Breach, folder: Path, *, lines: int = SAMPLED) -> Path:
    """
    Write the first lines of a synthetic breach as CSV, and the columns as a Data Package.

    Parameters
    ----------
    breach : Breach
        A breach that was drawn.
    folder : pathlib.Path
        Where ``sample.csv`` and ``datapackage.json`` go.
    lines : int, default 30
        How many [records].

    Returns
    -------
    pathlib.Path
        The CSV file.

    Raises
    ------
    ValueError
        If the breach is not synthetic: nobody's real line is ever copied out.
    """
    if not breach.manifest["is_synthetic"]:
        raise ValueError(f"{breach.folder} is not synthetic; a sample of it would name people")
    records = pq.read_table(breach.partitions("records")[0])[:lines].to_pandas()
    records.to_csv(folder / SAMPLE, index=False, quoting=csv.QUOTE_ALL)
    description = json.dumps(_describe_sample(), ensure_ascii=False, indent=2)
    (folder / DESCRIPTION).write_text(description + "\n", encoding="utf-8")
    return folder / SAMPLE


def _describe_sample() -> dict[str, Any]:
    """Describe the columns of a record as a Data Package."""
    fields = [
        {"name": name, "type": TYPES[row["type"]], "description": row["description_en"]}
        for name, row in reference.read_dictionary().iterrows()
    ]
    resource = {
        "name": "sample",
        "title": "Synthetic records: nobody's data",
        "path": SAMPLE,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {"fields": fields, "primaryKey": ["record_id"], "missingValues": [""]},
    }
    return {
        "name": "synthetic-breach",
        "title": "A synthetic breach of laboratory records",
        "profile": "data-package",
        "licenses": [{"name": "CC0-1.0"}],
        "resources": [resource],
    }


def _spawn(scenario: Scenario, kind: int, number: int) -> Generator:
    return np.random.default_rng(np.random.SeedSequence(scenario.seed, spawn_key=(kind, number)))


def _draw_insurers(scenario: Scenario, words: Vocabulary, rng: Generator) -> pa.Table:
    n = scenario["insurers"] + 1
    numbers = [f"MUT-{k:03d}" for k in range(1, n)]
    address = identities.join_text(
        identities.draw_addresses(words, n, rng), "75000 PARIS", separator=" "
    ).to_pylist()
    return pa.table(
        {
            "insurer_id": [*numbers, MILITARY_FUND[0]],
            "insurer_address": [*address[:-1], MILITARY_FUND[1]],
            "insurer_phone": identities.draw_phones(identities.FICTION_LANDLINES, n, rng),
        }
    )


def _describe(world: World, n_partitions: int, hashes: list[str]) -> dict[str, Any]:
    scenario = world.scenario
    laboratories = world.catchment.laboratories[["laboratory_id", "laboratory_group", "dep_code"]]
    return {
        "format": FORMAT,
        "name": scenario.name,
        "is_synthetic": True,
        "seed": scenario.seed,
        "factor": scenario.factor,
        "n_records": scenario["records"],
        "n_persons": scenario["persons"],
        "n_partitions": n_partitions,
        "published_on": scenario["published_on"],
        "content_hash": store.join_hashes(hashes),
        "laboratories": laboratories.to_dict("records"),
    }
