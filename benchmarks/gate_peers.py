"""
Hide small cells of the same tables by other programs, and attack what they publish by our rule.

Usage, in an environment of its own (acro holds pandas below 3, pytauargus is EUPL)::

    python -m venv /tmp/peers
    grep -oE '^(duckdb|edsnlp|splink)==[^ ]+' requirements.lock > /tmp/peers/pins
    /tmp/peers/bin/pip install -c /tmp/peers/pins '.[peers]'
    /tmp/peers/bin/python benchmarks/gate_peers.py            # an hour

The pins are those that linkage rests on, so that the drawn data need not be made again. Without
acro and pytauargus it says so and leaves the stored figures alone. The tables are those of
`measure_gate`.

The rules differ. Ours is absolute: an attacker who knows that hidden means few can rule out neither
1 nor 10. The frequency rule of pytauargus asks for an interval as wide as a share of the count; it
is run so, and once more with our rule written as protection levels, cell by cell. Both methods that
it has are tried, modular (MOD) and optimal (OPT). It takes sums only: of the breach, where persons
do not add up, it is given the records, category by category, with persons as contributors and as
cost. acro hides the small cells and no other. Of GaussSuppression, which is in R, a table stands
here that its vignette prints with its choice.

Failing and recovered cells are found by our own audit of each pattern, with all margins published.
Seconds are those of the processor; a figure is missing where it was not there in time.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from multiprocessing import Pipe, get_context
from pathlib import Path
from typing import Any

import measure_gate
import numpy as np
import pandas as pd
from measure_gate import THRESHOLD, YEARS

from analysis import disclosure, reference
from analysis.disclosure import Bools, Floats, Needs, System, cross
from analysis.disclosure.system import TOLERANCE, Ints

RESULTS = Path(__file__).with_suffix(".json")
PACKAGES = ("acro", "pytauargus")
RANGE = 30  # percent of a count, of the frequency rule
SEARCH = 3  # minutes that pytauargus may search for the cheapest pattern
LIMIT = 10  # minutes that a program has for one table, and as many its audit
TOTAL, REGION = "Total", "region-"


@dataclass(frozen=True)
class Sheet:
    """
    A table of sums that one call protects.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell: its code on each axis (``axis 0``, …; the last is ``Total`` for a whole),
        ``amount`` (what adds up), ``persons``, and ``cell`` (its position in the system).
    hierarchies : tuple of str
        For each axis the tree of its codes as pytauargus reads it; empty if it has one level.
    """

    cells: pd.DataFrame
    hierarchies: tuple[str, ...]

    @property
    def axes(self) -> list[str]:
        """Columns of the codes."""
        return [f"axis {number}" for number in range(len(self.hierarchies))]


@dataclass(frozen=True)
class Task:
    """
    What each program is given, and how its pattern is judged.

    Attributes
    ----------
    sheets : list of Sheet
        The tables.
    system : System
        All that an attacker knows.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        What is hidden whatever a program chooses: the small cells, and numbers of no table.
    needs : Needs
        How far the attacker's intervals must reach.
    persons : numpy.ndarray of float, shape (n,)
        Persons of each cell of a table, at the start of the system.
    threshold : int
        Smallest number of persons shown.
    """

    sheets: list[Sheet]
    system: System
    hidden: Bools
    needs: Needs
    persons: Floats
    threshold: int = THRESHOLD

    @property
    def small(self) -> Bools:
        """Cells that are small."""
        return (self.persons > 0) & (self.persons < self.threshold)


def main() -> int:
    """Run all programs on all tables and store the figures."""
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if lacking:
        print(  # noqa: T201
            f"{' and '.join(lacking)} not installed: {RESULTS.name} stays as it is; "
            "to measure other programs again, see the first lines of benchmarks/gate_peers.py"
        )
        return 0
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore", pd.errors.SettingWithCopyWarning)  # acro's own
    figures: dict[str, Any] = {
        "machine": f"{os.cpu_count()} shared cores, {platform.system()} {platform.machine()}",
        "threshold": THRESHOLD,
        "versions": {name: version(name) for name in PACKAGES},
    }
    tasks = {
        "101 départements × 12 categories": lambda: draw(12, (1.0,)),
        "101 départements × 10 categories × 5 years": lambda: draw(10, YEARS),
        "the synthetic breach by département × category × year": pose_breach,
    }
    for name, pose in tasks.items():
        figures[name] = {}
        task = pose()
        for program, run in list_programs(task):
            figures[name][program] = measure(task, run)
            print(name, program, figures[name][program], flush=True)  # noqa: T201
            write(figures)
    figures["GaussSuppression's vignette"] = judge_vignette()
    write(figures)
    return 0


def draw(n_categories: int, years: Sequence[float]) -> Task:
    """Pose a drawn table."""
    system = measure_gate.draw(n_categories, tuple(years))
    codes = [*reference.read_regions()]
    axes = [
        [*codes, *(f"{REGION}{code}" for code in dict.fromkeys(reference.read_regions().values()))],
        [f"category-{number:02}" for number in range(n_categories)],
        *([[f"year-{number}" for number in range(len(years))]] if len(years) > 1 else []),
    ]
    grid = pd.MultiIndex.from_product([[*axis, TOTAL] for axis in axes]).to_frame(index=False)
    cells = grid.set_axis([f"axis {number}" for number in range(len(axes))], axis=1)
    cells = cells.assign(amount=system.numbers, persons=system.numbers, cell=grid.index)
    small = (system.numbers > 0) & (system.numbers < THRESHOLD)
    needs = disclosure.list_needs(system, small, threshold=THRESHOLD)
    sheet = Sheet(cells, (write_tree(reference.read_regions()), *[""] * (len(axes) - 1)))
    return Task([sheet], system, small, needs, system.numbers)


def pose_breach() -> Task:
    """Pose the tables of the breach: persons in the system, records category by category."""
    gathered, problem, needs = measure_gate.pose_breach()
    cells, n = gathered.cells, len(gathered.cells)
    place = (
        cells["where"].str.replace("home/dep_code/", "").str.replace("home/region_code/", REGION)
    )
    window = cells["window"].mask(cells["window"].eq("/".join(measure_gate.PERIOD)), TOTAL)
    labelled = pd.DataFrame(
        {
            "axis 0": place.mask(place.eq("all"), TOTAL),
            "axis 1": window,
            "amount": problem.system.numbers[n : 2 * n],
            "persons": problem.system.numbers[:n],
            "cell": range(n),
        }
    )
    outside = {code: code for code in (reference.UNKNOWN, reference.ABROAD)}
    tree = write_tree({**reference.read_regions(), **outside})
    sheets = [Sheet(some, (tree, "")) for _, some in labelled.groupby(cells["category"])]
    return Task(sheets, problem.system, problem.hidden, needs, problem.system.numbers[:n])


def write_tree(regions: dict[str, str]) -> str:
    """Write regions and their départements as pytauargus reads a tree."""
    lines = []
    for region in dict.fromkeys(regions.values()):
        lines += [f"{REGION}{region}", *(f"@{dep}" for dep in regions if regions[dep] == region)]
    return "".join(f"{line}\n" for line in lines)


def list_programs(task: Task) -> Iterator[tuple[str, Callable[[], Bools]]]:
    """List the programs, each with what it hides of the cells of tables."""
    price = np.ones(task.system.n_cells)
    price[: len(task.persons)] = np.fmax(task.persons, 1)
    n = len(task.persons)
    yield "ours", lambda: disclosure.hide(task.system, task.hidden, task.needs, price)[:n]
    for method in ("MOD(1,5,1,1,1)", f"OPT(1,{SEARCH})"):
        for rule in (f"its rule, {RANGE} %", "our rule"):
            is_ours = rule == "our rule"
            yield f"pytauargus {method[:3]}, {rule}", partial(call_argus, task, method, is_ours)
    yield "acro", partial(call_acro, task)


def measure(task: Task, run: Callable[[], Bools]) -> dict[str, Any]:
    """Run a program and attack its pattern by our rule."""
    found = limit(lambda: clock(run))
    if found is None:
        return {"seconds": None}
    (chosen, seconds), there, total = found, task.persons > 0, np.nansum(task.persons)
    failing, recovered = limit(lambda: attack(task, chosen)) or (None, None)
    return {
        "small cells": int(task.small.sum()),
        "small cells shown": int((task.small & ~chosen).sum()),
        "hidden besides": int((chosen & ~task.small & there).sum()),
        "share of persons hidden": round(float(task.persons[chosen].sum() / total), 5),
        "small cells failing our rule": failing,
        "cells recovered": recovered,
        "seconds": round(seconds, 1),
    }


def attack(task: Task, chosen: Bools) -> tuple[int, int]:
    """Count the small cells that are known better than our rule allows, and those known exactly."""
    n, hidden = len(chosen), task.hidden.copy()
    hidden[:n] = chosen
    reached = disclosure.audit(task.system, hidden, task.needs)
    exposed = disclosure.find_exposed(task.system, hidden, task.needs, reached)
    known = task.system.cells[np.ptp(reached, axis=1) < 1 - TOLERANCE]
    recovered = np.isin(np.arange(n), known) & chosen & (task.persons > 0)
    return int((exposed[:n] & task.small).sum()), int(recovered.sum())


def clock(run: Callable[[], Any]) -> tuple[Any, float]:
    """Run something and return its result and its seconds of the processor."""
    start = time.process_time()
    found = run()
    return found, time.process_time() - start


def limit(run: Callable[[], Any]) -> Any:
    """Run something in a process of its own; None if it is not done in time."""
    receiver, sender = Pipe(duplex=False)
    process = get_context("fork").Process(target=lambda: sender.send(run()))
    process.start()
    found = receiver.recv() if receiver.poll(60 * LIMIT) else None
    process.kill()
    process.join()
    return found


def call_argus(task: Task, method: str, is_ours: bool) -> Bools:
    """Hide cells by pytauargus, sheet by sheet."""
    hidden = np.zeros(len(task.persons), dtype=bool)
    for sheet in task.sheets:
        with tempfile.TemporaryDirectory() as folder:
            hidden[run_argus(sheet, method, is_ours, Path(folder))] = True
    return hidden


def run_argus(sheet: Sheet, method: str, is_ours: bool, folder: Path) -> Ints:
    """Write a sheet and its description, call pytauargus, and read which cells it hides."""
    from pytauargus.engine import run_batch
    from pytauargus.result import parse_simple_tab

    is_there = sheet.cells["persons"] > 0
    columns = [*sheet.axes, "amount", "persons", "cost"]
    cells = sheet.cells[is_there].assign(cost=sheet.cells["persons"])
    if is_ours:
        is_small = cells["persons"] < THRESHOLD
        cells["status"] = np.where(is_small, "U", "S")
        cells["lower"] = (cells["amount"] - 1).where(is_small, 0)
        cells["upper"] = (THRESHOLD - 1 - cells["amount"]).clip(lower=0).where(is_small, 0)
        columns += ["status", "lower", "upper"]
    numbers = cells.select_dtypes("number").columns
    cells = cells.astype(dict.fromkeys(numbers, int))
    cells[columns].to_csv(folder / "table.tab", sep=";", header=False, index=False)
    (folder / "table.rda").write_text(describe_sheet(sheet, folder, is_ours=is_ours))
    names = "".join(f'"{axis}"' for axis in sheet.axes)
    batch = [
        f'<OPENTABLEDATA> "{folder}/table.tab"',
        f'<OPENMETADATA> "{folder}/table.rda"',
        f'<SPECIFYTABLE> {names}|"amount"||"cost"',
        "<SAFETYRULE>" if is_ours else f"<SAFETYRULE> FREQ({THRESHOLD},{RANGE})",
        "<READTABLE> 0",
        f"<SUPPRESS> {method}",
        f'<WRITETABLE> (1,5,SO+,"{folder}/shown.tab")',
    ]
    (folder / "batch.arb").write_text("\n".join(batch) + "\n")
    with chdir(folder):  # where it leaves its logs
        run_batch(str(folder / "batch.arb"))
    shown = pd.DataFrame(parse_simple_tab(folder / "shown.tab", sheet.axes, "amount"))
    hidden = shown.loc[shown["status"].isin(["U", "M"]), sheet.axes]
    for axis in sheet.axes:  # a whole has no code of its own there
        hidden[axis] = hidden[axis].where(hidden[axis].isin(sheet.cells[axis]), TOTAL)
    return hidden.merge(sheet.cells, on=sheet.axes)["cell"].to_numpy()


def describe_sheet(sheet: Sheet, folder: Path, *, is_ours: bool) -> str:
    """Describe the columns of a sheet as pytauargus reads it."""
    lines = ['<SEPARATOR> ";"', "<SAFE> S", "<UNSAFE> U", "<PROTECT> P"]
    for axis, tree in zip(sheet.axes, sheet.hierarchies, strict=True):
        lines += [f'"{axis}"', "<RECODEABLE>", f'<TOTCODE> "{TOTAL}"']
        if tree:
            (folder / f"{axis}.hrc").write_text(tree)
            lines += [
                "<HIERARCHICAL>",
                f'<HIERCODELIST> "{folder}/{axis}.hrc"',
                '<HIERLEADSTRING> "@"',
            ]
    lines += ["amount", "<NUMERIC>", "<DECIMALS> 0", "persons", "<FREQUENCY>"]
    lines += ["cost", "<NUMERIC> <COST>"]
    if is_ours:
        lines += ["status", "<STATUS>", "lower", "<NUMERIC> <LOWERPL>", "upper"]
        lines += ["<NUMERIC> <UPPERPL>"]
    return "\n".join(lines) + "\n"


def call_acro(task: Task) -> Bools:
    """Hide cells by acro, which counts persons, one row each: one table for each margin."""
    import acro

    hidden = np.zeros(len(task.persons), dtype=bool)
    with redirect_stdout(StringIO()):
        session = acro.ACRO(suppress=True)
    session.config["safe_threshold"] = THRESHOLD
    for sheet in task.sheets:
        levels = [
            sheet.cells[axis].str.startswith(REGION).map({True: "region", False: "one"})
            for axis in sheet.axes
        ]
        is_total = [sheet.cells[axis].eq(TOTAL) for axis in sheet.axes]
        levels = [level.mask(some, TOTAL) for level, some in zip(levels, is_total, strict=True)]
        for _, block in sheet.cells.groupby(levels):
            hidden[mask_block(session, block, sheet.axes)] = True
    return hidden


def mask_block(session: Any, block: pd.DataFrame, axes: list[str]) -> Ints:
    """Cross one margin of a table with acro, and read which cells it hides."""
    rows = block[axes[0]].astype("category")
    columns = block[axes[1:]].agg(" × ".join, axis=1).astype("category")
    times = block["persons"].astype(int)
    with redirect_stdout(StringIO()):
        shown = session.crosstab(
            *(codes.repeat(times).reset_index(drop=True) for codes in (rows, columns))
        )
    seen = shown.reindex(index=rows.cat.categories, columns=columns.cat.categories)
    masked = seen.isna().to_numpy()[rows.cat.codes, columns.cat.codes]
    return block.loc[masked, "cell"].to_numpy()


def judge_vignette() -> dict[str, Any]:
    """
    Attack a table that GaussSuppression's vignette prints, and hide it ourselves.

    Table 4 of "Small count frequency table suppression": ``maxN = 4, protectZeros = FALSE``, of
    the young and the old in Iceland, Portugal and Spain; inside and outside the EU.
    """
    inner = [[2, 0, 5], [3, 4, 6]]  # young, old: Iceland, Portugal, Spain
    printed = [  # columns: Iceland, Portugal, Spain, outside, EU, total
        [1, 0, 1, 1, 1, 0],
        [1, 1, 0, 1, 1, 0],
        [0, 1, 1, 0, 0, 0],
    ]
    table, system = cross(inner, [[[0, 1]], [[0], [1, 2], [3, 4]]])
    threshold, numbers = 5, table.ravel()
    small = (numbers > 0) & (numbers < threshold)
    needs = disclosure.list_needs(system, small, threshold=threshold)
    task = Task([], system, small, needs, numbers, threshold)
    ours = lambda: disclosure.hide(system, small, needs, np.maximum(numbers, 1))  # noqa: E731
    return {
        "ours": measure(task, ours),
        "GaussSuppression": {
            **measure(task, lambda: np.array(printed, dtype=bool).ravel()),
            "seconds": None,
        },
    }


def write(figures: dict[str, Any]) -> None:
    """Store the figures."""
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
