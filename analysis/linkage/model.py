"""How much it speaks for one person that two records agree: learnt once, then applied."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

if TYPE_CHECKING:
    from splink import DuckDBAPI, Linker

WEIGHTS = Path(__file__).parent / "linkage_weights.json"
# Pairs below this probability are not kept.
CANDIDATE = 0.01
# What was never met is rare, not impossible.
LOWEST_M = 1e-4
RANDOM_PAIRS = 5e6
FIRST_PRIOR, EXPECTED_RECALL = 1e-6, 0.9
SAME, ELSE, MISSING = "same", "neither", "missing"

_CLOSE = "(damerau_levenshtein({0}, {1}) <= 1 or jaro_winkler_similarity({0}, {1}) >= 0.9)"
_SLIP = "damerau_levenshtein({0}_l, {0}_r) <= 1"
_SAME_SURNAME = "list_has_any(surnames_l, surnames_r)"
_NEAR_SURNAME = (
    "list_bool_or(list_transform(surnames_l, lambda a: "
    f"list_bool_or(list_transform(surnames_r, lambda b: {_CLOSE.format('a', 'b')}))))"
)
_NO_SURNAME = "coalesce(len(surnames_l), 0) = 0 or coalesce(len(surnames_r), 0) = 0"
_OWN_CONTACT = "(mobile_l = mobile_r or email_l = email_r)"
_HOME = "(address_l = address_r or landline_l = landline_r)"
_CONTACT = f"({_OWN_CONTACT} or {_HOME})"
_SWAPPED = "born_on_l = left(born_on_r, 4) || right(born_on_r, 2) || substr(born_on_r, 5, 2)"
NEAR_FIRST_NAME = _CLOSE.format("first_name_l", "first_name_r")
NEAR_BIRTH = f"({_SLIP.format('born_on')} or {_SWAPPED})"

# Comparison: level: condition, closest first. What a household shares (surname, home, phones,
# e-mail) is one comparison: a second agreement of relatives says the first one again.
LEVELS: dict[str, dict[str, str]] = {
    "first_name": {
        "same": "first_name_l = first_name_r",
        "near": NEAR_FIRST_NAME,
        "one in common": "list_has_any(first_names_l, first_names_r)",
    },
    "born_on": {
        "same": "born_on_l = born_on_r",
        "near": NEAR_BIRTH,
        "same year": "left(born_on_l, 4) = left(born_on_r, 4)",
    },
    "sex": {"same": "sex_l = sex_r"},
    "nir": {"same": "nir_l = nir_r", "near": _SLIP.format("nir")},
    "household": {
        "surname and own contact": f"{_SAME_SURNAME} and {_OWN_CONTACT}",
        "surname and home": f"{_SAME_SURNAME} and {_HOME}",
        "near surname and contact": f"{_NEAR_SURNAME} and {_CONTACT}",
        "contact": _CONTACT,
        "surname": _SAME_SURNAME,
        "near surname": _NEAR_SURNAME,
    },
}
# A rare first name in common says more than a frequent one.
ADJUSTED = ("first_name",)
# A file's own frequencies count as far as it is larger than this many lines of usual ones.
USUAL_LINES = 1000
_FREQUENCIES = f"""
create or replace table {{name}}_frequencies as
select {{name}},
    (count(*) + {USUAL_LINES} * {{usual}}) / (sum(count(*)) over () + {USUAL_LINES}) as tf_{{name}}
from traits where {{name}} is not null group by 1
"""
_SURE = (("nir", "first_name"), ("born_on", "first_name", "address"))
TRAINING_BLOCKS = (("born_on", "first_name"), ("nir",))
_BLOCKS = (
    ("nir",),
    ("born_on", "first_name"),
    ("surnames", "first_name"),
    ("surnames", "born_on"),
    ("mobile", "sex"),
    ("email",),
    ("address",),
)


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
        ``trained_on`` (which data), ``made_with`` (versions, seed), ``prior`` (probability that
        two lines drawn at random are one person's) and ``comparisons``: comparison, level, and
        how often it is met among pairs of one person (``m``) and of two (``u``).
    """
    return json.loads(path.read_text(encoding="utf-8"))


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

    linker = _open_linker(DuckDBAPI(connection), None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in _SURE], recall=EXPECTED_RECALL
    )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=RANDOM_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
    )
    for columns in blocks:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    model = linker.misc.save_model_to_json()
    return {
        "made_with": {"splink": version("splink"), "duckdb": version("duckdb"), "seed": seed},
        "prior": model["probability_two_random_records_match"],
        "comparisons": {
            comparison["output_column_name"]: _round_levels(comparison["comparison_levels"])
            for comparison in model["comparisons"]
        },
    }


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
    linker = _open_linker(database, weights)
    for name in ADJUSTED:
        usual = weights["comparisons"][name][SAME]["u"]
        connection.execute(_FREQUENCIES.format(name=name, usual=usual))
        linker.table_management.register_term_frequency_lookup(
            database.register(f"{name}_frequencies"), name
        )
    scored = linker.inference.predict(threshold_match_probability=CANDIDATE)
    connection.execute(f"create or replace table pairs as from {scored.physical_name}")


def name_level(comparison: str, gamma: int) -> str:
    """
    Name a level by its number.

    Parameters
    ----------
    comparison : str
        One of `LEVELS`.
    gamma : int
        Number of the level: 0 is the last, -1 missing.

    Returns
    -------
    str
        Its name.

    Examples
    --------
    >>> name_level("nir", 2), name_level("nir", 0), name_level("nir", -1)
    ('same', 'neither', 'missing')
    """
    return [ELSE, *reversed(LEVELS[comparison]), MISSING][gamma]


def _open_linker(database: DuckDBAPI, weights: dict[str, Any] | None) -> Linker:
    from splink import Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        comparisons=[_build_comparison(name, weights) for name in LEVELS],
        blocking_rules_to_generate_predictions=[_block(columns) for columns in _BLOCKS],
        probability_two_random_records_match=weights["prior"] if weights else FIRST_PRIOR,
        retain_intermediate_calculation_columns=True,
    )
    return Linker(database.register("traits"), settings, log_level=logging.ERROR)


def _block(columns: tuple[str, ...]) -> Any:
    from splink import block_on

    lists = [name for name in columns if name == "surnames"]
    return block_on(*columns, arrays_to_explode=lists or None)


def _build_comparison(name: str, weights: dict[str, Any] | None) -> dict[str, Any]:
    missing = f"{name}_l is null or {name}_r is null"
    if name == "household":
        missing = f"({_NO_SURNAME}) and not coalesce({_CONTACT}, false)"
    levels: list[dict[str, Any]] = [
        {"sql_condition": missing, "label_for_charts": MISSING, "is_null_level": True}
    ]
    for label, condition in [*LEVELS[name].items(), (ELSE, "ELSE")]:
        level = {"sql_condition": condition, "label_for_charts": label}
        if weights:
            known = weights["comparisons"][name][label]
            level |= {"m_probability": known["m"], "u_probability": known["u"]}
        if name in ADJUSTED and label == SAME:
            level["tf_adjustment_column"] = name
        levels.append(level)
    return {"output_column_name": name, "comparison_levels": levels}


def _round_levels(levels: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Keep four digits of what was learnt, and the floor of what was never met."""
    return {
        level["label_for_charts"]: {
            "m": _round(max(level.get("m_probability") or 0, LOWEST_M)),
            "u": _round(max(level.get("u_probability") or 0, 1 / RANDOM_PAIRS)),
        }
        for level in levels
        if not level.get("is_null_level")
    }


def _round(probability: float) -> float:
    return float(np.format_float_positional(probability, precision=4, fractional=False))
