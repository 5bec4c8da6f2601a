"""
Measure the gate on large tables: what is hidden, how long it takes, and what the attacker finds.

Usage::

    python benchmarks/measure_gate.py            # half an hour

Two drawn tables, as skewed as the real ones, with all of their margins published: départements and
regions by category, and the same by year. Then the synthetic breach itself, with persons and
records hidden together and all that `analysis.disclosure` knows of them: départements, regions and
the whole, by category and any of them, by year and all years. Two programs for every hidden cell,
the attack by the book, are solved for the small one and timed against the proof by a few programs
that push all cells at once; for the others their time is estimated from a sample. On 200 random
tables of four small shapes the pattern that large tables get is compared with the cheapest one.
Other programs on the same tables: `gate_peers`. Ratios compare figures of the same run; absolute
seconds depend on the machine.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analysis import disclosure, exposure, reference
from analysis.disclosure import Bools, Choice, Floats, System, cross, gather_cells, pose
from analysis.disclosure.primary import Gathered
from analysis.disclosure.protection import Problem
from analysis.disclosure.suppression import hide_cheapest, hide_greedily
from analysis.disclosure.system import TOLERANCE
from analysis.exposure import count, open_coded
from analysis.store import open_breach

RESULTS = Path(__file__).parent / "gate.json"
SEED, THRESHOLD = 2021, 11
EVERY = 10**6
DATA = Path(__file__).parents[1] / "data_synthetic" / "generated"
PERIOD = ("2015-01-01", "2021-01-01")
CATEGORIES = [
    *("any", "identity", "nir", "address", "phone", "email"),
    *("visit", "health", "comments", "insurer", "credentials"),
]
YEARS = (0.1, 0.2, 0.25, 0.3, 0.15)  # share of each
SHAPES = [(3, 3), (3, 4), (2, 2, 2), (4, 4)]
TABLES = 50  # of each shape, that need something hidden besides


def main() -> None:
    """Measure both tables and store the figures."""
    figures: dict[str, Any] = {"cores": os.cpu_count(), "threshold": THRESHOLD}
    parts = {
        "101 départements × 12 categories": lambda: measure(draw(12, (1.0,)), tried=EVERY),
        "101 départements × 10 categories × 5 years": lambda: measure(draw(10, YEARS), tried=20),
        "the synthetic breach by département × category × year": lambda: measure_breach(tried=2),
        "cost of the greedy pattern / cheapest": compare_with_cheapest,
    }
    for name, part in parts.items():
        figures[name] = part()
        text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        RESULTS.write_text(text, encoding="utf-8")
        print(name, figures[name], flush=True)  # noqa: T201


def compare_with_cheapest() -> dict[str, Any]:
    """Divide the cost of the greedy pattern by that of the cheapest, on small random tables."""
    rng = np.random.default_rng(SEED)
    figures: dict[str, Any] = {}
    for shape in SHAPES:
        ratios: list[float] = []
        while len(ratios) < TABLES:
            inner = rng.poisson(rng.gamma(1, 30, shape))
            _, system = cross(inner, [[[*range(size)]] for size in shape])
            small = (system.numbers > 0) & (system.numbers < THRESHOLD)
            needs = disclosure.list_needs(system, small, threshold=THRESHOLD)
            price = np.maximum(system.numbers, 1)
            greedy, cheapest = (
                price[hide(system, small, needs, price) & ~small].sum()
                for hide in (hide_greedily, hide_cheapest)
            )
            if cheapest:
                ratios.append(float(greedy / cheapest))
        name = " × ".join(map(str, shape))
        figures[name] = {"mean": round(float(np.mean(ratios)), 3), "most": round(max(ratios), 3)}
        figures.setdefault("all", []).extend(ratios)
    everything = figures.pop("all")
    return {"tables": len(everything), "mean": round(float(np.mean(everything)), 3), **figures}


def draw(n_categories: int, years: tuple[float, ...]) -> System:
    """Draw persons by département, category and year, with every margin."""
    rng = np.random.default_rng(SEED)
    regions = reference.read_regions()
    codes = [*regions.values()]
    size = rng.lognormal(5.5, 1.8, len(codes))
    share = np.sort(rng.beta(0.7, 1, n_categories))
    inner = rng.poisson(np.multiply.outer(np.multiply.outer(size, share), years))
    places = [
        [k for k, code in enumerate(codes) if code == region] for region in dict.fromkeys(codes)
    ]
    trees = [[*places, [*range(len(codes))]], [[*range(n_categories)]]]
    if len(years) > 1:
        return cross(inner, [*trees, [[*range(len(years))]]])[1]
    return cross(inner[..., 0], trees)[1]


def measure(system: System, *, tried: int) -> dict[str, Any]:
    """Protect a drawn table and attack it."""
    primary = (system.numbers > 0) & (system.numbers < THRESHOLD)
    needs = disclosure.list_needs(system, primary, threshold=THRESHOLD)
    price = np.maximum(system.numbers, 1)
    return attempt(system, primary, needs, price, tried=tried)


def measure_breach(*, tried: int) -> dict[str, Any]:
    """Protect the tables of the synthetic breach and attack them."""
    _, problem, needs = pose_breach()
    n = len(problem.cells)
    return attempt(problem.system, problem.hidden, needs, price_cells(problem), tried=tried, n=n)


def pose_breach() -> tuple[Gathered, Problem, disclosure.Needs]:
    """Say what there is to hide in the tables of the synthetic breach."""
    coded = open_coded(open_breach(DATA))
    years = exposure.calendar_windows(*PERIOD, unit="year")
    spans = {"year": years, "all": exposure.one_window(*PERIOD)}
    cells = {"place": ["dep_code"], "region": ["region_code"], "whole": []}
    tables = {
        f"{place}, {span}": count(coded, spans[span], by=by, categories=CATEGORIES)
        for place, by in cells.items()
        for span in spans
    }
    gathered = gather_cells(tables)
    return gathered, *pose(gathered, tables, Choice(threshold=THRESHOLD))


def price_cells(problem: Problem) -> Floats:
    """Return the persons that hiding each cell costs; one for what no table shows."""
    n = len(problem.cells)
    price = np.ones(problem.system.n_cells)
    price[:n] = np.fmax(problem.system.numbers[:n], 1)
    return price


def attempt(  # noqa: PLR0913 - all that makes a problem
    system: System,
    hidden: Bools,
    needs: disclosure.Needs,
    price: Floats,
    *,
    tried: int,
    n: int | None = None,
) -> dict[str, Any]:
    """Protect a system, of which the first `n` cells are those of tables, and attack it."""
    n = n or system.n_cells
    first, small = hidden, np.flatnonzero(np.isfinite(needs.lower_protection[:n]))
    hidden, protecting = timed(lambda: disclosure.hide(system, first, needs, price))
    reached, auditing = timed(lambda: disclosure.audit(system, hidden, needs))
    exposed = disclosure.find_exposed(system, hidden, needs, reached)
    targets = np.flatnonzero(hidden[:n])
    is_known = np.ptp(reached, axis=1) < 1 - TOLERANCE
    some = targets[:: max(1, len(targets) // tried)]
    found, singly = timed(lambda: disclosure.feasibility_intervals(system, hidden, only=some))
    by_the_book = disclosure.find_exposed(system, hidden, needs, found)[some]
    return {
        "cells": n,
        "cells of zero": int((~system.can_hide[:n]).sum()),
        "small cells": len(small),
        "hidden besides": int((hidden & ~first).sum()),
        "share of persons hidden": round(float(price[targets].sum() / price[:n].sum()), 5),
        "cells recovered to a value": int(np.isin(targets, system.cells[is_known]).sum()),
        "intervals tighter than the rule": int(exposed.sum()),
        "narrowest interval": round(float(np.ptp(reached[small], axis=1).min()), 3),
        "seconds to protect": round(protecting, 1),
        "seconds to audit": round(auditing, 2),
        "two programs a cell, tried": len(some),
        "two programs a cell, exposed": int(by_the_book.sum()),
        "two programs for each cell / audit": round(
            singly / len(some) * len(targets) / auditing, 1
        ),
    }


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Run something and return its result and its seconds."""
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    main()
