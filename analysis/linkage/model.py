"""How much it speaks for one person that two records agree: learnt once, then applied."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

if TYPE_CHECKING:
    from splink import DuckDBAPI, Linker

# A model of Splink and what it was learnt from. What a household shares (surname, home, phones,
# e-mail) is one comparison in it: a second agreement of relatives says the first one again. A
# rare first name in common says more than a frequent one.
WEIGHTS = Path(__file__).parent / "linkage_weights.json"
# Pairs below this probability are not kept.
CANDIDATE = 0.01
# What was never met is rare, not impossible.
LOWEST_M = 1e-4
RANDOM_PAIRS = 5e6
PRIOR, FIRST_PRIOR, EXPECTED_RECALL = "probability_two_random_records_match", 1e-6, 0.9
# A file's own frequencies count as far as it is larger than this many lines of usual ones.
USUAL_LINES = 1000
_FREQUENCIES = f"""
create or replace table frequencies as
select first_name, (count(*) + {USUAL_LINES} * {{usual}})
    / (sum(count(*)) over () + {USUAL_LINES}) as tf_first_name
from traits where first_name is not null group by 1
"""
_SURE = (("nir", "first_name"), ("born_on", "first_name", "address"))
TRAINING_BLOCKS = (("born_on", "first_name"), ("nir",))


def read_weights(path: Path = WEIGHTS) -> dict[str, Any]:
    """
    Read the weights that the repository keeps.

    Parameters
    ----------
    path : pathlib.Path, optional
        Where they lie.

    Returns
    -------
    dict
        ``trained_on`` (which data), ``made_with`` (versions, seed) and ``model``, the settings of
        Splink: which records are compared, the prior (probability that two lines drawn at random
        are one person's), and for each level of each comparison, closest first, its condition and
        how often it is met among pairs of one person (``m_probability``) and of two
        (``u_probability``).
    """
    return json.loads(path.read_text(encoding="utf-8"))


def list_levels(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """
    List the levels that have weights.

    Parameters
    ----------
    model : dict
        Settings of Splink.

    Yields
    ------
    dict
        A level, to be read or changed: comparison by comparison, closest first.
    """
    for comparison in model["comparisons"]:
        yield from (lv for lv in comparison["comparison_levels"] if not lv.get("is_null_level"))


def train_weights(
    connection: duckdb.DuckDBPyConnection,
    *,
    seed: int,
    blocks: Sequence[tuple[str, ...]] = TRAINING_BLOCKS,
) -> dict[str, Any]:
    """
    Learn the weights from unlabelled records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds ``traits``, as `analysis.linkage.prepare_traits` makes it.
    seed : int
        Seed of the pairs drawn at random.
    blocks : sequence of tuple of str
        Each gives pairs that agree in some columns, to learn about the others; between them
        they must leave every comparison free once.

    Returns
    -------
    dict
        As `read_weights`, without ``trained_on``.

    Notes
    -----
    ``u`` comes from random pairs, ``m`` from expectation maximisation on pairs that agree in
    something else. Levels never met get a floor: rare, not impossible.
    """
    from splink import DuckDBAPI, block_on

    model = read_weights()["model"] | {PRIOR: FIRST_PRIOR}
    for level in list_levels(model):
        del level["m_probability"], level["u_probability"]
    linker = _open_linker(DuckDBAPI(connection), model)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in _SURE], recall=EXPECTED_RECALL
    )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=RANDOM_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
    )
    for columns in blocks:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    learnt = linker.misc.save_model_to_json()
    for level, found in zip(list_levels(model), list_levels(learnt), strict=True):
        for name, lowest in (("m_probability", LOWEST_M), ("u_probability", 1 / RANDOM_PAIRS)):
            probability = max(found.get(name) or 0, lowest)
            written = np.format_float_positional(probability, precision=4, fractional=False)
            level[name] = float(written)
    made_with = {"splink": version("splink"), "duckdb": version("duckdb"), "seed": seed}
    return {"made_with": made_with, "model": model | {PRIOR: learnt[PRIOR]}}


def score_pairs(connection: duckdb.DuckDBPyConnection, weights: dict[str, Any]) -> None:
    """
    Write the table ``pairs``: candidates for one person, with their weights.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds ``traits``, as `analysis.linkage.prepare_traits` makes it.
    weights : dict
        As `read_weights` returns them.

    Returns
    -------
    None
        The connection holds ``pairs``.

    Notes
    -----
    One row per pair of ``traits`` that a blocking rule brings together and whose
    ``match_probability`` is at least `CANDIDATE`; ``gamma_*`` counts levels from the last (0),
    -1 is missing; ``mw_*`` are weights [bits], and ``match_weight`` is their sum and the prior's.
    """
    from splink import DuckDBAPI

    database = DuckDBAPI(connection)
    linker = _open_linker(database, weights["model"])
    adjusted = next(lv for lv in list_levels(weights["model"]) if "tf_adjustment_column" in lv)
    connection.execute(_FREQUENCIES.format(usual=adjusted["u_probability"]))
    frequencies = database.register("frequencies")
    linker.table_management.register_term_frequency_lookup(frequencies, "first_name")
    scored = linker.inference.predict(threshold_match_probability=CANDIDATE)
    connection.execute(f"create or replace table pairs as from {scored.physical_name}")


def name_levels() -> dict[str, list[str]]:
    """
    Name the levels of each comparison.

    Returns
    -------
    dict of str to list of str
        At the number of a level its name: 0 is the last level, -1 missing.

    Examples
    --------
    >>> levels = name_levels()["nir"]
    >>> levels[2], levels[0], levels[-1]
    ('same', 'neither', 'missing')
    """
    return {
        comparison["output_column_name"]: [
            level["label_for_charts"] for level in reversed(comparison["comparison_levels"])
        ]
        for comparison in read_weights()["model"]["comparisons"]
    }


def _open_linker(database: DuckDBAPI, model: dict[str, Any]) -> Linker:
    from splink import Linker

    return Linker(database.register("traits"), model, log_level=logging.ERROR)
