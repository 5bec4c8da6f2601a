"""Draw many small worlds: what chance and the scenario's assumptions do to a headline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from analysis import exposure, store
from analysis.exposure import age_windows, count, one_window
from data_synthetic.simulation import draw
from data_synthetic.simulation.scenario import Parameter, Scenario, replace_values

FACTOR = 0.02  # size of a small world, of the whole
N_WORLDS = 200
OLD_MONTHS = 36


def measure_worlds(
    scenario: Scenario, vocabulary: Path, *, n_worlds: int = N_WORLDS, processes: int = 1
) -> dict[str, Any]:
    """
    Measure how headlines vary from draw to draw and from assumption to assumption.

    Parameters
    ----------
    scenario : Scenario
        The scenario of the full breach.
    vocabulary : pathlib.Path
        Folder of names, streets and comments.
    n_worlds : int, default 200
        Seeded worlds, a fiftieth of the full size each.
    processes : int, default 1
        Worker processes; they change nothing but the time.

    Returns
    -------
    dict
        ``draws``: for each headline ``mean`` [persons of a full-size world] and
        ``relative_sd`` [of a full-size world]. ``assumptions``: one row per (``parameter``,
        ``headline``) with ``low`` and ``high`` [ratio to the world of the same
        seed as assumed]. Headlines are counts of persons: ``main_place`` (home in the département
        with most laboratories), ``elsewhere`` (home in a département without any, or abroad, or
        unknown), ``comments`` (with a comment) and ``old`` (with data of three years or more on
        the day of publication).
    """
    seeded = [replace(scenario, seed=scenario.seed + k) for k in range(n_worlds)]
    varied = list(vary_assumptions(scenario))
    plans = [*seeded, *(end for _, ends in varied for end in ends)]
    measure = partial(_measure_world, vocabulary=vocabulary)
    measured = store.map_partitions(measure, plans, processes=processes, label="worlds")
    drawn, mean = pd.DataFrame(measured[:n_worlds]), pd.DataFrame(measured[:n_worlds]).mean()
    names = [name for name, ends in varied for _ in ends]
    ratios = pd.DataFrame(measured[n_worlds:], index=names, columns=drawn.columns) / drawn.iloc[0]
    spans = ratios.groupby(level=0, sort=False).agg(["min", "max"]).round(4)
    assumptions = [
        {"parameter": name, "headline": headline, "low": span["min"], "high": span["max"]}
        for name in spans.index
        for headline, span in ((h, spans.loc[name, h]) for h in drawn.columns)
    ]
    spread = (drawn.std() / mean * FACTOR**0.5).round(6)
    draws = {h: {"mean": round(mean[h] / FACTOR), "relative_sd": spread[h]} for h in drawn.columns}
    return {"n_worlds": n_worlds, "factor": FACTOR, "draws": draws, "assumptions": assumptions}


def _measure_world(scenario: Scenario, vocabulary: Path) -> dict[str, int]:
    """Draw one small world and count its headlines by true persons."""
    with TemporaryDirectory() as folder:
        plan = replace(scenario, factor=FACTOR)
        world = draw.draw_breach(plan, vocabulary, Path(folder) / "world")
        coded = exposure.code_breach(world, persons="truth")
        published_on = str(scenario["published_on"])
        whole = one_window("1900-01-01", published_on)
        places = count(coded, whole, by=["dep_code"]).table
        said = count(coded, whole, categories=["comments"]).table
        old = count(coded, age_windows(published_on, edges=(0, OLD_MONTHS)).iloc[[0]]).table
    by_place = places.set_index("dep_code")["n_persons"]
    inside = list(scenario["laboratories_by_departement"])
    return {
        "main_place": int(by_place[inside[0]]),
        "elsewhere": int(by_place.drop(inside).sum()),
        "comments": int(said["n_persons"].item()),
        "old": int(old["n_persons"].item()),
    }


def vary_assumptions(scenario: Scenario) -> Iterator[tuple[str, list[Scenario]]]:
    """
    Set each assumption that has a numeric range to both its ends, one at a time.

    Yields
    ------
    name : str
        Parameter.
    ends : list of Scenario
        The scenario with the parameter at its lowest and at its highest. Of a table of shares
        with a relative range the largest entry moves, and the others keep the sum.
    """
    for name, parameter in scenario.parameters.items():
        values = [] if parameter.assumption is None else _list_ends(parameter)
        if values:
            yield name, [replace_values(scenario, **{name: value}) for value in values]


def _list_ends(parameter: Parameter) -> list[Any]:
    value, span = parameter.value, parameter.span
    if isinstance(value, float) and isinstance(span, list):
        return list(span)
    is_shares = isinstance(value, dict) and all(isinstance(v, float) for v in value.values())
    if is_shares and isinstance(span, dict) and abs(sum(value.values()) - 1) < 1e-6:
        return [_move_largest(value, sign * span["relative"]) for sign in (-1, 1)]
    return []


def _move_largest(shares: dict[Any, float], by: float) -> dict[Any, float]:
    """Move the largest share by a part of itself, or of the rest if that is less; keep the sum."""
    largest = max(shares, key=lambda name: shares[name])
    moved = shares[largest] + by * min(shares[largest], 1 - shares[largest])
    rest = (1 - moved) / (1 - shares[largest])
    return {name: moved if name == largest else share * rest for name, share in shares.items()}
