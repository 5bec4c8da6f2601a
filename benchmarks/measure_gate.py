"""
Measure the gate on large tables: what is hidden, how long it takes, and what the attacker finds.

Usage::

    python benchmarks/measure_gate.py            # half an hour

Two drawn tables, as skewed as the real ones, with all of their margins published: départements and
regions by category, and the same by year. Then the synthetic breach itself, with persons and
records hidden together and all that `analysis.disclosure` knows of them: départements, regions and
the whole, by category and any of them, by year and all years. Two programs for every hidden cell,
the attack by the book, are solved for the small one and timed against the proof by a few programs
that push all cells at once; for the others their time is estimated from a sample. Ratios compare
figures of the same run; absolute seconds depend on the machine.
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


def main() -> None:
    """Measure both tables and store the figures."""
    figures: dict[str, Any] = {"cores": os.cpu_count(), "threshold": THRESHOLD}
    parts = {
        "101 départements × 12 categories": lambda: measure(draw(12, (1.0,)), tried=EVERY),
        "101 départements × 10 categories × 5 years": lambda: measure(draw(10, YEARS), tried=20),
        "the synthetic breach by département × category × year": lambda: measure_breach(tried=4),
    }
    for name, part in parts.items():
        figures[name] = part()
        text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        RESULTS.write_text(text, encoding="utf-8")
        print(name, figures[name], flush=True)  # noqa: T201


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
    problem, needs = pose(gathered, tables, Choice(threshold=THRESHOLD))
    system, n = problem.system, len(problem.cells)
    price = np.ones(system.n_cells)
    price[:n] = np.fmax(system.numbers[:n], 1)
    return attempt(system, problem.hidden, needs, price, tried=tried)


def attempt(
    system: System, hidden: Bools, needs: disclosure.Needs, price: Floats, *, tried: int
) -> dict[str, Any]:
    """Protect a system and attack it."""
    first, small = hidden, np.flatnonzero(np.isfinite(needs.low[: system.n_cells]))
    hidden, protecting = timed(lambda: disclosure.hide(system, first, needs, price))
    reached, auditing = timed(lambda: disclosure.audit(system, hidden, needs))
    exposed = disclosure.find_exposed(system, hidden, needs, reached)
    targets = np.flatnonzero(hidden)
    some = targets[:: max(1, len(targets) // tried)]
    found, singly = timed(lambda: disclosure.feasibility_intervals(system, hidden, only=some))
    by_the_book = disclosure.find_exposed(system, hidden, needs, found)[some]
    return {
        "cells": system.n_cells,
        "cells of zero": int((~system.can_hide).sum()),
        "small cells": len(small),
        "hidden besides": int((hidden & ~first).sum()),
        "share of persons hidden": round(float(price[hidden].sum() / price.sum()), 5),
        "cells recovered to a value": int((np.ptp(reached[targets], axis=1) < 1).sum()),
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
