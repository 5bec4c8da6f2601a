"""Try linkage and the person count on breaches drawn for it, whose truth is known."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from pyarrow.dataset import dataset

from analysis import linkage, store
from data_synthetic.simulation.draw import draw_breach
from data_synthetic.simulation.scenario import Scenario, replace_values

# The breach of 2026: 19 million lines, 4 million of them repeats.
REPEATED_SHARE = 4 / 19
NIR_DROPPED_SHARE = 0.30
N_WORLDS, WORLD_FACTOR = 200, 0.01
N_SAMPLED = 200  # lines labelled in each world
MEASURES = """
with both_sides as (
    select l.person_id as found, t.person_id as true_person, count(*) as n
    from linked l join truth_table t using (record_id) group by 1, 2
),
found as (select found, sum(n) as n, count(*) as n_true from both_sides group by 1),
truth as (select true_person, sum(n) as n, count(*) as n_found from both_sides group by 1),
whole as (
    select count(*) as n from both_sides
    join found using (found) join truth using (true_person)
    where n_true = 1 and n_found = 1
)
select
    (select sum(n * (n - 1) / 2) from both_sides) as right_pairs,
    (select sum(n * (n - 1) / 2) from found) as found_pairs,
    (select sum(n * (n - 1) / 2) from truth) as true_pairs,
    (select n from whole) as right_persons,
    (select count(*) from found) as found_persons,
    (select count(*) from truth) as true_persons
"""


def plan_scenarios(scenario: Scenario) -> dict[str, Scenario]:
    """
    Make the scenarios that linkage is judged on.

    Parameters
    ----------
    scenario
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    dict of str to Scenario
        ``standard``; ``many repeats``: 4 lines of 19 are repeats; ``numbers lost``: three
        further lines of ten lack the NIR.
    """
    n_records = round(scenario.parameters["persons"].value / (1 - REPEATED_SHARE))
    errors = {**scenario["error_share"], "nir_dropped": NIR_DROPPED_SHARE}
    return {
        "standard": scenario,
        "many repeats": replace_values(scenario, records=n_records),
        "numbers lost": replace_values(scenario, error_share=errors),
    }


def judge_linkage(breach: store.Breach) -> pd.Series:
    """
    Compare linked persons with the true ones.

    Parameters
    ----------
    breach : Breach
        A drawn breach, linked; the truth is read here and nowhere else.

    Returns
    -------
    pandas.Series
        ``true_pairs``, ``found_pairs``, ``right_pairs`` [pairs of records]; ``pair_precision``
        and ``pair_recall`` [0 to 1]; ``true_persons``, ``found_persons`` [persons];
        ``person_f1`` [0 to 1], the harmonic mean of the shares of found and of true persons
        that are each other, record by record; ``person_count_error`` [share of true persons].
        A share of nothing is missing.
    """
    linked, truth = linkage.open_linked(breach), breach.partitions("truth")
    with duckdb.connect() as connection:
        connection.register("linked", dataset([*map(str, linked)]))
        connection.register("truth_table", dataset([*map(str, truth)]))
        counts = connection.execute(MEASURES).df().iloc[0]
    n_found, n_true = counts["found_persons"], counts["true_persons"]
    shares = {
        "pair_precision": counts["right_pairs"] / counts["found_pairs"],
        "pair_recall": counts["right_pairs"] / counts["true_pairs"],
        "person_f1": 2 * counts["right_persons"] / (n_found + n_true),
        "person_count_error": n_found / n_true - 1,
    }
    return pd.concat([counts, pd.Series(shares)])


def judge_scenarios(scenario: Scenario, vocabulary: Path, *, processes: int = 1) -> dict[str, Any]:
    """
    Draw, link and judge each of the scenarios that `plan_scenarios` makes.

    Parameters
    ----------
    scenario, vocabulary, processes
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    dict
        ``scenarios``: by name, what `judge_linkage` measures.
    """
    judged = {}
    for name, plan in plan_scenarios(scenario).items():
        with TemporaryDirectory() as folder:
            breach = draw_breach(plan, vocabulary, Path(folder) / "breach", processes=processes)
            linkage.link_breach(breach, threads=processes)
            judged[name] = judge_linkage(breach).round(6).to_dict()
    return {"scenarios": judged}


def judge_coverage(scenario: Scenario, vocabulary: Path, *, processes: int = 1) -> dict[str, Any]:
    """
    Measure how often the interval of the person count holds the truth.

    Each world is small, has many repeats, lost numbers and a seed of its own, and is labelled
    without error on a sample of its own.

    Parameters
    ----------
    scenario, vocabulary, processes
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    dict
        ``covered_share`` [of the worlds, 0 to 1] and ``worlds``: of each the true persons, and the
        estimate with its interval [persons].
    """
    plans = plan_scenarios(scenario)
    errors = plans["numbers lost"]["error_share"]
    plan = replace_values(plans["many repeats"], error_share=errors)
    judge = partial(_judge_world, dataclasses.replace(plan, factor=WORLD_FACTOR), vocabulary)
    worlds = store.map_partitions(judge, range(N_WORLDS), processes=processes, label="worlds")
    counts = pd.DataFrame(worlds)
    return {"covered_share": cover(counts), "worlds": counts.to_dict("records")}


def cover(worlds: pd.DataFrame) -> float:
    """
    Measure how many intervals hold the truth.

    Parameters
    ----------
    worlds : pandas.DataFrame
        One row per world, as in the results of `judge_coverage`.

    Returns
    -------
    float
        Share of the worlds, 0 to 1.
    """
    inside = worlds["true_persons"].between(worlds["n_persons_low"], worlds["n_persons_high"])
    return float(inside.mean())


def _judge_world(plan: Scenario, vocabulary: Path, world: int) -> dict[str, int]:
    """Draw, link, sample and estimate one world; the kernel of `judge_coverage`."""
    plan = dataclasses.replace(plan, seed=plan.seed + world)
    with TemporaryDirectory() as folder:
        breach = draw_breach(plan, vocabulary, Path(folder) / "breach")
        linkage.link_breach(breach)
        sheet = linkage.draw_sheet(breach, N_SAMPLED, np.random.default_rng(plan.seed))
        labelled = linkage.label_sheet(sheet, linkage.read_truth(breach))
        estimate = linkage.estimate_from_sheet(linkage.list_lines(breach), labelled)
    counts = {str(name): int(n) for name, n in estimate.drop("basis").items()}
    return {"world": world, "true_persons": breach.manifest["n_persons"], **counts}
