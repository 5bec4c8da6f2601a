"""Try linkage and the person count on breaches drawn for it, whose truth is known."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from analysis import linkage, store
from data_synthetic.simulation import accuracy, draw
from data_synthetic.simulation.scenario import Scenario, replace_values

# The breach of 2026: 19 million lines, 4 million of them repeats.
REPEATED_SHARE = 4 / 19
NIR_DROPPED_SHARE = 0.30
N_WORLDS, WORLD_FACTOR = 200, 0.01
N_SAMPLED = 200  # lines labelled in each world


def plan_scenarios(scenario: Scenario) -> dict[str, Scenario]:
    """
    Make the scenarios that linkage is judged on.

    Parameters
    ----------
    scenario : Scenario
        The one the repository ships.

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


def judge_scenarios(scenario: Scenario, vocabulary: Path, *, processes: int = 1) -> dict[str, Any]:
    """Draw, link and judge each scenario."""
    found = {}
    for name, plan in plan_scenarios(scenario).items():
        with TemporaryDirectory() as folder:
            breach = draw.draw_breach(
                plan, vocabulary, Path(folder) / "breach", processes=processes
            )
            linkage.link_breach(breach, threads=processes)
            found[name] = accuracy.judge_linkage(breach).round(6).to_dict()
    return {"scenarios": found}


def judge_coverage(scenario: Scenario, vocabulary: Path, *, processes: int = 1) -> dict[str, Any]:
    """
    Measure how often the interval of the person count holds the truth.

    Each world is small, has many repeats, lost numbers and a seed of its own, and is labelled
    without error on a sample of its own.
    """
    plans = plan_scenarios(scenario)
    errors = plans["numbers lost"]["error_share"]
    plan = replace_values(plans["many repeats"], error_share=errors)
    judge = partial(judge_world, dataclasses.replace(plan, factor=WORLD_FACTOR), vocabulary)
    worlds = store.map_partitions(judge, range(N_WORLDS), processes=processes, label="worlds")
    table = pd.DataFrame(worlds)
    return {"covered_share": cover(table), "worlds": table.to_dict("records")}


def judge_world(plan: Scenario, vocabulary: Path, world: int) -> dict[str, int]:
    """Draw, link, sample and estimate one world; the kernel of `judge_coverage`."""
    plan = dataclasses.replace(plan, seed=plan.seed + world)
    with TemporaryDirectory() as folder:
        breach = draw.draw_breach(plan, vocabulary, Path(folder) / "breach")
        linkage.link_breach(breach)
        sheet = linkage.draw_sheet(breach, N_SAMPLED, np.random.default_rng(plan.seed))
        labelled = linkage.label_sheet(sheet, linkage.read_truth(breach))
        estimate = linkage.estimate_from_sheet(linkage.list_lines(breach), labelled)
    counts = {str(name): int(n) for name, n in estimate.drop("basis").items()}
    return {"world": world, "true_persons": breach.manifest["n_persons"], **counts}


def cover(worlds: pd.DataFrame) -> float:
    """Return the share of worlds whose interval holds the true count."""
    inside = worlds["true_persons"].between(worlds["n_persons_low"], worlds["n_persons_high"])
    return float(inside.mean())
