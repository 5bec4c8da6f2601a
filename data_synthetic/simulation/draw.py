"""Draw a breach from a scenario, with its truth, onto disk."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis import reference, store
from data_synthetic.simulation.catchment import build_catchment
from data_synthetic.simulation.households import Slot
from data_synthetic.simulation.identities import (
    FICTION_LANDLINES,
    draw_addresses,
    draw_phones,
    join_text,
)
from data_synthetic.simulation.lines import MILITARY_FUND, World, draw_lines
from data_synthetic.simulation.phrases import Vocabulary, read_grammar, read_vocabulary
from data_synthetic.simulation.professionals import TownPicker, draw_prescribers, draw_samplers
from data_synthetic.simulation.scenario import Scenario

FORMAT = 1
DRAWN_BY = (
    "catchment",
    "geography",
    "households",
    "identities",
    "lines",
    "phrases",
    "professionals",
    "repeats",
    "synthesis",
)
DRAWN_FROM = ("data_dictionary", "populations", "postal_codes")
SHARED, PARTITIONS = 0, 1


def draw_breach(
    scenario: Scenario, vocabulary: Path, folder: Path, *, processes: int = 1
) -> store.Breach:
    """
    Draw a synthetic breach and store it.

    Parameters
    ----------
    scenario : Scenario
        What to draw, with its seed.
    vocabulary : pathlib.Path
        Folder of names, streets and the grammar of comments.
    folder : pathlib.Path
        Where the breach is put; replaced only when the new one is whole.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    storage.Breach
        ``records/`` and ``truth/``, one Parquet file per partition; person ``k`` lies in
        partition ``k % n_partitions``.

    Raises
    ------
    ValueError
        If the scenario contradicts itself.

    Notes
    -----
    Each partition has random numbers of its own, derived from the seed and its number, so that
    the content does not depend on how many processes drew it. Memory grows with the size of a
    partition and the number of processes, not with the number of records.
    """
    world = build_world(scenario, vocabulary)
    n_partitions = math.ceil(scenario["persons"] / scenario["persons_per_partition"])
    slots = [Slot(k, n_partitions) for k in range(n_partitions)]
    with store.replace_folder(folder) as aside:
        draw = partial(draw_partition, world, aside)
        hashes = store.map_partitions(
            draw, slots, processes=processes, label="drawing synthetic records"
        )
        store.write_manifest(aside, _describe(world, vocabulary, n_partitions, hashes))
    return store.open_breach(folder)


def draw_partition(world: World, folder: Path, slot: Slot) -> str:
    """
    Draw one partition and write it; the kernel of `draw_breach`.

    Returns
    -------
    str
        Hash of the content of its records.
    """
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
    towns = reference.read_postal_codes()
    return World(
        scenario,
        catchment,
        words,
        read_grammar(vocabulary / "comments.yaml"),
        TownPicker(towns, catchment.dep_codes),
        draw_prescribers(scenario, catchment, towns, words, rng),
        draw_samplers(scenario, catchment, towns, words, rng),
        _draw_insurers(scenario, words, rng),
    )


def digest_of(scenario: Scenario, vocabulary: Path) -> str:
    """Hash all that steers a draw: parameters, vocabulary, reference data and code."""
    package = Path(__file__).parent
    code = [package / f"{name}.py" for name in DRAWN_BY]
    tables = [package / "reference" / f"{name}.csv" for name in DRAWN_FROM]
    files = [*code, *tables, *vocabulary.glob("*")]
    return store.join_hashes([scenario.digest(), store.hash_files(files)])


def _spawn(scenario: Scenario, kind: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(scenario.seed, spawn_key=(kind, number)))


def _draw_insurers(scenario: Scenario, words: Vocabulary, rng: np.random.Generator) -> pa.Table:
    n = scenario["insurers"] + 1
    numbers = [f"MUT-{k:03d}" for k in range(1, n)]
    address = join_text(draw_addresses(words, n, rng), "75000 PARIS", separator=" ").to_pylist()
    return pa.table(
        {
            "insurer_id": [*numbers, MILITARY_FUND[0]],
            "insurer_address": [*address[:-1], MILITARY_FUND[1]],
            "insurer_phone": draw_phones(FICTION_LANDLINES, n, rng),
        }
    )


def _describe(
    world: World, vocabulary: Path, n_partitions: int, hashes: list[str]
) -> dict[str, Any]:
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
        "drawn_by": digest_of(scenario, vocabulary),
        "laboratories": laboratories.to_dict("records"),
    }
