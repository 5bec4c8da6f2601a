"""
Draw editions at random, release them, and attack all that was shown, from what tables are.

``python tests/editions.py 10000`` draws ten thousand, from seed 0 on; ``python tests/editions.py 1
417`` draws one, from seed 417 on. It prints what became of them, names the seeds in which the
attacker wins, the smallest first, and fails if there are any. ``--out FILE`` stores the figures.

An edition is a breach of few persons and several requests that are released one after the other
over one ledger: départements, regions, overlapping windows, sexes, laboratories and categories,
with a measure or not, one table or two at a time, at a threshold from 2 to 20.

The attacker knows nothing of the gate's equations. A record is in one *atom*: a place, a period
between two neighbouring edges of windows, a sex, a laboratory and the categories that it fills. A
person is in a non-empty set of atoms: those of her records. How many persons there are of each of
these sets and how many records of each atom are unknown whole numbers; every count of every table
is a sum of some of them. He knows each count shown, each zero, that a hidden count is no zero, and
each sum that follows from a measure. Of a hidden cell with fewer persons than the threshold he must
not be able to rule out one (or the least that is left when all but the zeros is hidden), nor one
less than the threshold, nor know it exactly. A refused request shows nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.disclosure import Ledger, release_together
from analysis.disclosure.past import ConflictError
from analysis.disclosure.protection import ExposedError
from analysis.disclosure.system import Bools, Floats, Ints
from analysis.exposure import (
    ANY,
    Change,
    Counts,
    Cumulative,
    Measure,
    Rank,
    Residents,
    Share,
    ShareOfSum,
    Source,
    Total,
)

EDGES = ("2018-01-01", "2018-07-01", "2019-01-01", "2020-01-01")
REGIONS = {"2A": "94", "2B": "94", "971": "01", "unknown": "unknown", "75": "11"}
UNDATED = -1
ELSEWHERE = "75"  # no table counts it by itself
# What a record can be, of which one list for each of one to three dimensions makes an edition. Each
# holds all that a reader must reckon with: a whole has parts that no table shows.
VALUES: dict[str, list[list[Any]]] = {
    "place": [
        ["2A", "2B", ELSEWHERE],
        ["2A", "2B", "971", ELSEWHERE],
        ["971", "unknown", ELSEWHERE],
        ["971", ELSEWHERE],
    ],
    "period": [[0, 1, 2, UNDATED]],
    "sex": [["F", "M"]],
    "laboratory": [["LAB-0", "LAB-1"], ["LAB-0", "LAB-1", "LAB-2"]],
    "filled": [[("nir",), ()], [("nir",), (), ("email",), ("nir", "email")]],
}
NOTHING: dict[str, Any] = {
    "place": "unknown",
    "period": UNDATED,
    "sex": "F",
    "laboratory": "LAB-0",
    "filled": (),
}
COLUMN = {"sex": "sex", "laboratory": "laboratory_id"}
MOST_ATOMS = 9
REFUSED = {ExposedError: "exposed", ConflictError: "conflict"}
OTHERWISE = "answered otherwise than before"
TOLERANCE = 1e-6
SOURCE = Source("ab" * 32, True, "drawn")
Form = tuple[Floats, Floats]  # factors of the kinds of persons, and of the records of each atom
Fact = tuple[Form, float, float]


@dataclass(frozen=True)
class World:
    """
    A breach.

    Attributes
    ----------
    choices : dict of str to list
        What each dimension that matters can be.
    atoms : list of dict
        What a record can be.
    kinds : numpy.ndarray of bool, shape (n_kinds, n_atoms)
        What a person can be: in which atoms she has records.
    persons : numpy.ndarray of int, shape (n_kinds,)
        How many are of each kind.
    records : numpy.ndarray of int, shape (n_atoms,)
        How many records there are of each atom.
    residents : dict of str to int
        Residents of each place.
    """

    choices: dict[str, list[Any]]
    atoms: list[dict[str, Any]]
    kinds: Bools
    persons: Ints
    records: Ints
    residents: dict[str, int]

    def write(self, cell: dict[str, Any], unit: str = "n_persons") -> Form:
        """Write the persons or records of a cell as a sum of unknown numbers."""
        inside = np.array([holds(cell, atom) for atom in self.atoms])
        none = np.zeros(len(self.kinds)), np.zeros(len(self.atoms))
        if unit == "n_persons":
            return self.kinds[:, inside].any(axis=1).astype(float), none[1]
        return none[0], inside.astype(float)

    def add_up(self, form: Form) -> int:
        """Return the true value of a sum."""
        return round(float(form[0] @ self.persons + form[1] @ self.records))


@dataclass
class Edition:
    """
    What was asked for and shown.

    Attributes
    ----------
    world : World
        The breach.
    threshold : int
        Smallest number of persons shown.
    facts : list of (Form, float, float)
        All that the attacker knows: sums, and what they lie between.
    zeros : list of (Form, float, float)
        What he would know if all but the zeros were hidden.
    hidden : dict
        Hidden cells, by their labels, and their forms.
    fate : list of str
        What became of each request.
    said : list of str
        What was asked for, in words.
    """

    world: World
    threshold: int
    facts: list[Fact] = field(default_factory=list)
    zeros: list[Fact] = field(default_factory=list)
    hidden: dict[tuple[Any, ...], Form] = field(default_factory=dict)
    fate: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def holds(cell: dict[str, Any], atom: dict[str, Any]) -> bool:
    """Say whether a cell counts the records of an atom."""
    place, window, category = cell.get("place"), cell.get("window"), cell["category"]
    if place and place not in (
        ("dep_code", atom["place"]),
        ("region_code", REGIONS[atom["place"]]),
    ):
        return False
    if window and not window[0] <= atom["period"] < window[1]:
        return False
    if any(cell.get(name) not in (None, atom[name]) for name in COLUMN):
        return False
    return category == ANY or category in atom["filled"]


def draw_world(rng: np.random.Generator, threshold: int) -> World:
    """Draw a breach of few kinds of persons, many of them rare."""
    values = draw_values(rng)
    atoms = [
        {**NOTHING, **dict(zip(values, one, strict=True))} for one in product(*values.values())
    ]
    bits = np.arange(1, 2 ** len(atoms))[:, None] >> np.arange(len(atoms)) & 1
    kinds = bits.astype(bool)
    persons = np.zeros(len(kinds), dtype=int)
    single = kinds.sum(axis=1) == 1
    weight = np.where(single, 6.0, 1.0) / np.where(single, single.sum(), (~single).sum())
    is_rare = rng.random()
    for kind in rng.choice(len(kinds), rng.integers(2, 9), p=weight / weight.sum()):
        few, many = rng.integers(1, threshold), rng.integers(threshold, 6 * threshold)
        persons[kind] += few if rng.random() < is_rare else many
    records = persons @ kinds
    extra = np.where(rng.random(len(atoms)) < 0.5, rng.integers(0, threshold + 1, len(atoms)), 0)
    records = records + np.where(records > 0, extra, 0)
    residents = {}
    for place in REGIONS:
        inside = np.array([atom["place"] == place for atom in atoms])
        there = int(persons @ kinds[:, inside].any(axis=1))
        residents[place] = there + int(rng.choice([rng.integers(1, 2 * threshold), 1000]))
    return World(values, atoms, kinds, persons, records, residents)


def draw_values(rng: np.random.Generator) -> dict[str, list[Any]]:
    """Draw which dimensions matter and what they can be, so that there are few atoms."""
    values: dict[str, list[Any]] = {}
    size = 1
    for name in map(str, rng.permutation([*VALUES])[: rng.integers(1, 4)]):
        choices = [some for some in VALUES[name] if len(some) * size <= MOST_ATOMS]
        if choices:
            values[name] = choices[rng.integers(len(choices))]
            size *= len(values[name])
    return values


def draw_cells(rng: np.random.Generator, world: World) -> list[dict[str, Any]]:
    """Draw what one table counts by: its cells, in order."""
    axes: list[list[dict[str, Any]]] = []
    values = world.choices
    if "place" in values and rng.random() < 0.85:
        kind = str(rng.choice(["dep_code", "dep_code", "region_code"]))
        places = [place for place in values["place"] if place != ELSEWHERE]
        codes = places if kind == "dep_code" else [REGIONS[place] for place in places]
        axes.append([{"place": (kind, code)} for code in take(rng, dict.fromkeys(codes))])
    for name in COLUMN:
        if name in values and rng.random() < 0.8:
            axes.append([{name: value} for value in values[name]])
    if "period" in values and rng.random() < 0.8:
        axes.append([{"window": window} for window in draw_windows(rng)])
    labels = [ANY, *{label for filled in values.get("filled", []) for label in filled}]
    axes.append([{"category": label} for label in take(rng, sorted(labels))])
    return [{key: v for part in parts for key, v in part.items()} for parts in product(*axes)]


def take(rng: np.random.Generator, some: Any) -> list[Any]:
    """Take all of some values, or a few of them in their order."""
    every = [*some]
    if rng.random() < 0.6:
        return every
    kept = sorted(rng.choice(len(every), rng.integers(1, len(every) + 1), replace=False))
    return [every[number] for number in kept]


def draw_windows(rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draw windows that follow upon one another, grow, or overlap as they like."""
    style = rng.integers(3)
    ends = sorted(rng.choice(len(EDGES), rng.integers(2, 4), replace=False).tolist())
    if style == 0:
        return [*pairwise(ends)]
    if style == 1:
        return [(ends[0], end) for end in ends[1:]]
    pairs = [*combinations(range(len(EDGES)), 2)]
    return [pairs[k] for k in sorted(rng.choice(len(pairs), rng.integers(1, 4), replace=False))]


def lay_out(world: World, cells: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Count the cells, and label them as tables do."""
    table = pd.DataFrame({"category": [cell["category"] for cell in cells]})
    first = cells[0]
    if "place" in first:
        kind = first["place"][0]
        table["place"] = "home"
        table[kind] = [cell["place"][1] for cell in cells]
    for name, column in COLUMN.items():
        if name in first:
            table[column] = [cell[name] for cell in cells]
    if "window" in first:
        for end, column in enumerate(("window_start", "window_end")):
            table[column] = pd.to_datetime([EDGES[cell["window"][end]] for cell in cells])
        table["window"] = [f"{EDGES[a]} {EDGES[b]}" for a, b in (cell["window"] for cell in cells)]
    for unit in ("n_persons", "n_records"):
        table[unit] = [world.add_up(world.write(cell, unit)) for cell in cells]
    table = table.astype({"n_persons": "Int64", "n_records": "Int64"})
    return table.assign(status=np.where(table["n_persons"] == 0, "none", "shown"))


def draw_request(
    rng: np.random.Generator, world: World
) -> tuple[Counts, list[dict[str, Any]], str]:
    """Draw one table, with a measure or not, and say what it is."""
    cells = draw_cells(rng, world)
    table = lay_out(world, cells)
    is_sorted = rng.random() < 0.15
    if is_sorted:
        table = table.sort_values("n_persons", ascending=bool(rng.random() < 0.5), kind="stable")
        cells = [cells[row] for row in table.index]
        table = table.reset_index(drop=True)
    measures: dict[str, Measure] = {}
    if "dep_code" in table and rng.random() < 0.4:
        table["residents"] = table["dep_code"].map(world.residents)
        measures["residents"] = Residents()
    counts = Counts(table, SOURCE, measures)
    measure = draw_measure(rng, counts)
    if measure is not None:
        counts = counts.derive("told", measure)
    return counts, cells, f"{', '.join(counts.dimensions)}: {measure}{' sorted' * is_sorted}"


def draw_measure(rng: np.random.Generator, counts: Counts) -> Measure | None:
    """Draw what else a table tells; often nothing."""
    if rng.random() < 0.5:
        return None
    table, unit = counts.table, str(rng.choice(["n_persons", "n_persons", "n_records"]))
    over = [name for name in counts.dimensions if name != "place"]
    name = str(rng.choice(over))
    found: list[Measure] = [
        ShareOfSum((name,), of=unit),
        Total((name,), of=unit),
        Cumulative(name, of=unit),
        Change(name, of=unit),
    ]
    if ANY in set(table["category"]):
        found.append(Share("category", ANY, of=unit))
    if "residents" in table:
        found += [Rank("residents"), ShareOfSum((name,), "residents", of=unit)]
    return found[rng.integers(len(found))]


def learn(
    edition: Edition, counts: Counts, cells: Sequence[dict[str, Any]], shown: pd.DataFrame
) -> None:
    """Learn what a table shows, by the definition of its columns."""
    world, facts = edition.world, edition.facts
    for cell, row in zip(cells, shown.to_dict("records"), strict=True):
        form = world.write(cell)
        is_zero = world.add_up(form) == 0
        for unit in ("n_persons", "n_records") if row["status"] != "suppressed" else ():
            facts.append(know(world, world.write(cell, unit)))
        if row["status"] == "suppressed":
            edition.hidden[tuple(sorted((k, str(v)) for k, v in cell.items()))] = form
            facts.append((form, 1.0, np.inf))
        edition.zeros.append((form, 0.0, 0.0) if is_zero else (form, 1.0, np.inf))
        if "residents" in row:
            facts.append((form, -np.inf, float(row["residents"])))
    facts += learn_measures(world, counts, cells, shown)


def know(world: World, form: Form) -> Fact:
    """Know a sum exactly."""
    value = float(world.add_up(form))
    return form, value, value


def learn_measures(
    world: World, counts: Counts, cells: Sequence[dict[str, Any]], shown: pd.DataFrame
) -> Iterator[Fact]:
    """Learn the sums that follow from what is told of each row that is shown."""
    measure = counts.measures.get("told")
    if isinstance(measure, Rank):
        yield from learn_order(world, counts, cells, shown)
    if measure is None or isinstance(measure, Rank):
        return
    table, unit = counts.table, measure.of  # type: ignore[attr-defined]
    kept = (
        measure.over
        if isinstance(measure, ShareOfSum)
        # Total is one, too
        else (
            (measure.dimension,) if isinstance(measure, Share) else (measure.over,)  # type: ignore[attr-defined]
        )
    )
    keys = [name for name in counts.dimensions if name not in kept]
    for row in np.flatnonzero(shown["told"].notna()).tolist():
        same = np.flatnonzero((table[keys] == table.loc[row, keys]).all(axis=1)).tolist()
        if isinstance(measure, Share):
            some = [one for one in same if table.loc[one, "category"] == ANY]
        elif isinstance(measure, ShareOfSum):
            some = same
        else:
            before = [one for one in same if one < row]
            some = before[-1:] if isinstance(measure, Change) else [*before, row]
        is_share = isinstance(measure, (Share, ShareOfSum)) and not isinstance(measure, Total)
        if some and not (is_share and table.loc[row, unit] == 0):
            yield know(world, join([world.write(cells[one], unit) for one in some]))


def join(forms: Sequence[Form], signs: Sequence[float] | None = None) -> Form:
    """Add sums up."""
    by = signs or [1.0] * len(forms)
    return tuple(sum(s * form[k] for s, form in zip(by, forms, strict=True)) for k in (0, 1))  # type: ignore[return-value]


def learn_order(
    world: World, counts: Counts, cells: Sequence[dict[str, Any]], shown: pd.DataFrame
) -> Iterator[Fact]:
    """Learn the order of rates; the rank of a row that is hidden alone is the one that lacks."""
    if shown["told"].isna().sum() > 1:
        return
    rows = counts.table["told"].dropna().sort_values().index.tolist()
    for higher, lower in pairwise(rows):
        per = counts.table["residents"].astype(float)
        forms = [world.write(cells[row]) for row in (higher, lower)]
        yield join(forms, [1.0, -per[higher] / per[lower]]), 0.0, np.inf


def draw_edition(seed: int) -> Edition:
    """Draw an edition and release it; in the end ask for one request once more."""
    rng = np.random.default_rng([2021, seed])
    threshold = int(rng.integers(2, 21))
    edition, ledger = Edition(draw_world(rng, threshold), threshold), Ledger()
    released = []
    for _ in range(rng.integers(1, 4)):
        requests = [draw_request(rng, edition.world) for _ in range(rng.integers(1, 3))]
        tables = {str(number): counts for number, (counts, *_) in enumerate(requests)}
        edition.said.append(" | ".join(said for *_, said in requests))
        try:
            shown = release_together(tables, ledger=ledger, threshold=threshold, sensitive=())
        except (ExposedError, ConflictError) as error:
            edition.fate.append(REFUSED[type(error)])
            continue
        edition.fate.append("released")
        released.append((tables, shown))
        for (counts, cells, _), one in zip(requests, shown.values(), strict=True):
            learn(edition, counts, cells, one.table)
    if released:
        tables, shown = released[rng.integers(len(released))]
        again = release_together(tables, ledger=ledger, threshold=threshold, sensitive=())
        if any(not again[name].table.equals(shown[name].table) for name in tables):
            edition.fate.append(OTHERWISE)
            edition.said.append("one of these once more")
    return edition


class Attacker:
    """
    Who solves for the unknown numbers.

    Parameters
    ----------
    world : World
        Which numbers there are; not how large they are.
    facts : sequence of (Form, float, float)
        What is known.
    """

    def __init__(self, world: World, facts: Sequence[Fact]) -> None:
        n, m = world.kinds.shape
        seen = np.array([[*form[0], *form[1]] for form, *_ in facts]).reshape(-1, n + m)
        each = np.hstack([-world.kinds.T.astype(float), np.eye(m)])  # a record at least of each
        low = np.concatenate([[low for _, low, _ in facts], np.zeros(m)])
        high = np.concatenate([[high for *_, high in facts], np.full(m, np.inf)])
        rows = np.vstack([seen, each])
        _, first = np.unique(np.column_stack([rows, low, high]), axis=0, return_index=True)
        self.rows, self.low, self.high = rows[first], low[first], high[first]

    def bound(self, form: Form, *, whole: bool = True) -> tuple[float, float]:
        """Return the least and the most that a sum can be."""
        cost = np.concatenate(form)
        return self._solve(cost, whole=whole), -self._solve(-cost, whole=whole)

    def _solve(self, cost: Floats, *, whole: bool) -> float:
        found = milp(
            cost,
            constraints=LinearConstraint(sparse.csr_array(self.rows), self.low, self.high),
            bounds=Bounds(0, np.inf),
            integrality=np.full(len(cost), int(whole)),
            options={"mip_rel_gap": 0.0},
        )
        if found.status == 3 or (found.status == 4 and "unbounded" in found.message.lower()):
            return -np.inf
        if found.status != 0:
            raise RuntimeError(f"the attack was not solved: {found.message}")
        return float(found.fun)


def find_wins(edition: Edition) -> list[str]:
    """Find the small cells that the attacker knows better than the rule allows."""
    world, most = edition.world, edition.threshold - 1
    attacker = Attacker(world, edition.facts)
    humble = Attacker(world, edition.zeros)
    wins = []
    for labels, form in edition.hidden.items():
        persons = world.add_up(form)
        if not 1 <= persons <= most:
            continue
        kinds = []
        for whole in (False, True):
            low, high = attacker.bound(form, whole=whole)
            least = max(1.0, humble.bound(form, whole=whole)[0])
            kinds = [
                *["exact"] * (high - low < 1 - TOLERANCE and most > least),
                *["rules out the least"] * (low > min(least, persons) + TOLERANCE),
                *["rules out the most"] * (high < most - TOLERANCE),
            ]
            if kinds:
                break
        if kinds:
            name = ", ".join(f"{key} {value}" for key, value in labels)
            by = "whole numbers" if whole else "fractions"
            wins.append(f"{name} ({persons}): {low:g} to {high:g} by {by}, {', '.join(kinds)}")
    return wins


def try_editions(seeds: Sequence[int]) -> tuple[Counter[str], dict[int, list[str]]]:
    """Draw editions and attack them; count what became of requests, and list what was won."""
    fates, won = Counter[str](), dict[int, list[str]]()
    for seed in seeds:
        edition = draw_edition(seed)
        wins = find_wins(edition)
        fates.update([f"requests {fate}" for fate in edition.fate])
        fates["hidden cells"] += len(edition.hidden)
        fates["editions"] += 1
        if wins or OTHERWISE in edition.fate:
            won[seed] = wins
    return fates, won


def describe(seed: int) -> str:
    """Describe an edition in words."""
    edition = draw_edition(seed)
    world = edition.world
    names = [" ".join(str(atom[name]) for name in world.choices) for atom in world.atoms]
    kinds = [
        f"  {world.persons[k]} with {'; '.join(names[a] for a in np.flatnonzero(world.kinds[k]))}"
        for k in np.flatnonzero(world.persons)
    ]
    requests = [f"  {fate}: {said}" for fate, said in zip(edition.fate, edition.said, strict=True)]
    return "\n".join([f"seed {seed}, threshold {edition.threshold}", *kinds, *requests])


def main() -> int:
    """Draw as many editions as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("number", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    fates, won = try_editions(range(asked.first, asked.first + asked.number))
    for seed in sorted(won, key=lambda seed: len(describe(seed))):
        print(describe(seed), *(f"  won: {win}" for win in won[seed]), sep="\n")  # noqa: T201
    print(json.dumps({**fates, "editions won by the attacker": len(won)}, indent=2))  # noqa: T201
    if asked.out:
        figures = {**fates, "editions won by the attacker": sorted(won)}
        asked.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(bool(won))


if __name__ == "__main__":
    sys.exit(main())
