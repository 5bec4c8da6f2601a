"""What a release must hide, worked out over all of its cells and attacked before it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import schema
from analysis.attack import Needs, audit, find_exposed, round_additively
from analysis.cells import Bools, Ints, System
from analysis.exposure import ANY
from analysis.nesting import ALL, LABELS, label_cells
from analysis.primary import (
    PUBLIC,
    Gathered,
    bound_persons,
    find_reasons,
    guard_groups,
    list_counted,
    list_hideable,
    pair_with_any,
)
from analysis.relations import Equations, build_system, hold_order, hold_sums, relate
from analysis.rules import Profile, read_profile
from analysis.suppression import COSTS, find_least, hide, list_needs

COMPLEMENT = "complement"
MOST_NAMED = 5
# What sets the rows apart among which a ratio to the national rate is taken.
RATED_WITHIN = ("place", "category", "window", "sex", "age_band")


class ExposedError(ValueError):
    """A release that would give cells away; its message has their labels, never their counts."""


@dataclass(frozen=True)
class Choice:
    """
    What a release may not show, and what is kept as far as possible.

    Attributes
    ----------
    profile : str, default 'health'
        Rule for small cells; see `analysis.rules`.
    threshold : int, optional
        Smallest number of persons shown, if not the profile's.
    cost : {'persons', 'cells', 'information'}
        What hiding a cell costs.
    sensitive : sequence of str, optional
        Categories that nobody, or everybody, in a place, a laboratory, a sex or an age must not
        be known to have. Default: what comments say about health.
    adding : sequence of str
        Labels (``sex``, …) over which persons add up, because everybody has one value there.
    rounded_to : int, optional
        Round all counts to multiples of this number, so that they still add up, instead of
        hiding small ones. Rates are then missing.

    Raises
    ------
    ValueError
        If the profile or the cost is unknown, or the threshold below 2.
    """

    profile: str = "health"
    threshold: int | None = None
    cost: str = "persons"
    sensitive: Sequence[str] | None = None
    adding: Sequence[str] = ()
    rounded_to: int | None = None

    def __post_init__(self) -> None:
        if self.cost not in COSTS:
            raise ValueError(f"cost must be one of {[*COSTS]}, got {self.cost!r}")
        self.read_rule()

    def list_sensitive(self) -> list[str]:
        """List the sensitive categories."""
        return schema.list_topics() if self.sensitive is None else [*self.sensitive]

    def read_rule(self) -> Profile:
        """Read the rule for small cells."""
        return read_profile(self.profile, threshold=self.threshold)


@dataclass(frozen=True)
class Problem:
    """
    What there is to hide.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell.
    known : Equations
        What anybody knows of their counts.
    system : System
        Both as one linear system.
    why : pandas.Series of str, shape (n_cells,)
        Why a cell is hidden for itself; empty if it is not.
    """

    cells: pd.DataFrame
    known: Equations
    system: System
    why: pd.Series

    @property
    def hidden(self) -> Bools:
        """Cells hidden for themselves, and the numbers that no table shows."""
        hidden = self.why.ne("") & self.cells["before"].ne("shown")
        return np.concatenate([hidden.to_numpy(), _is_secret(self.known)])


@dataclass(frozen=True)
class Verdict:
    """
    What is hidden, and how well.

    Attributes
    ----------
    why : pandas.Series of str, shape (n_cells,)
        Why each cell is hidden (`analysis.primary.REASONS`, or ``complement``); empty if shown.
    narrowest : float
        Width of the attacker's narrowest interval for the persons of a small cell, as far as
        it was proven; missing if there is none.
    """

    why: pd.Series
    narrowest: float


def protect(gathered: Gathered, tables: Mapping[str, pd.DataFrame], choice: Choice) -> Verdict:
    """
    Choose what is hidden, and attack it.

    Parameters
    ----------
    gathered : Gathered
        All cells of the tables, and of those released before.
    tables : mapping of str to pandas.DataFrame
        The tables, for their ratios, shares and order of rows.
    choice : Choice
        Rule and cost.

    Returns
    -------
    Verdict
        Of a hidden cell that is small, the attacker can rule out neither one person (or the
        least that the zeros leave possible) nor ``threshold - 1``; no hidden count is known to
        a value.

    Raises
    ------
    ExposedError
        If this can't be reached, because too much is public already.
    """
    problem, needs = pose(gathered, tables, choice)
    system, why, n = problem.system, problem.why, len(problem.cells)
    price = np.ones(system.n_cells)
    price[:n] = COSTS[choice.cost](np.fmax(system.numbers[:n], 1))
    hidden = hide(system, problem.hidden, needs, price)
    reached = audit(system, hidden, needs)
    _refuse(find_exposed(system, hidden, needs, reached), problem)
    widths = np.ptp(reached[:n][why.eq("small")], axis=1)
    why = why.mask(hidden[:n] & why.eq("").to_numpy(), COMPLEMENT)
    return Verdict(why, float(widths.min()) if len(widths) else np.nan)


def pose(
    gathered: Gathered, tables: Mapping[str, pd.DataFrame], choice: Choice
) -> tuple[Problem, Needs]:
    """
    Say what there is to hide, and what no attacker may know.

    Parameters
    ----------
    gathered, tables, choice
        As for `protect`.

    Returns
    -------
    Problem
        Cells, system, and why cells are hidden for themselves.
    Needs
        How far the attacker's intervals must reach.
    """
    cells = gathered.cells
    why = find_reasons(gathered, choice.read_rule(), sensitive=choice.list_sensitive())
    known, complements = _write_equations(gathered, tables, choice)
    system = build_system(
        known,
        upper=bound_persons(cells),
        can_hide=list_hideable(cells) & ~_hold_shares(gathered, tables),
        zeros=guard_groups(cells, choice.list_sensitive()).to_numpy(),
    )
    problem = Problem(cells, known, system, why)
    return problem, _ask(problem, complements, choice)


def round_cells(gathered: Gathered, *, base: int, adding: Sequence[str]) -> pd.DataFrame:
    """
    Round the counts of all cells so that they still hang together.

    Parameters
    ----------
    gathered : Gathered
        The cells; none may have been released before.
    base : int
        What the rounded counts are multiples of.
    adding : sequence of str
        Labels over which persons add up.

    Returns
    -------
    pandas.DataFrame
        One row per cell: ``n_persons`` and ``n_records``.

    Raises
    ------
    ValueError
        If some cells were released before unrounded: two versions of a table, subtracted, say
        more than either.
    """
    cells, n = gathered.cells, len(gathered.cells)
    if cells["before"].ne("").any():
        raise ValueError(
            "these records were released before with cells hidden; hide cells again, for a "
            "rounded version beside it would give some of them back"
        )
    known = relate(cells, adding=adding)
    rows = [row for row in known.rows if max(row[0]) < 2 * n]
    plain = Equations(n, known.numbers[: 2 * n], rows)
    every = np.ones(n, dtype=bool)
    system = build_system(plain, upper=np.full(n, np.inf), can_hide=every, zeros=every)
    rounded = round_additively(system, base=base).reshape(2, n)
    return pd.DataFrame({"n_persons": rounded[0], "n_records": rounded[1]}).astype("Int64")


def _write_equations(
    gathered: Gathered, tables: Mapping[str, pd.DataFrame], choice: Choice
) -> tuple[Equations, Ints]:
    """Write down what is known; and the numbers of persons *without* a sensitive category."""
    known = relate(gathered.cells, adding=choice.adding)
    threshold = choice.read_rule().threshold
    for name, table in tables.items():
        place = gathered.places[name]
        hold_order(known, place[place >= 0].tolist())
        if "ratio_to_national" in table:
            hold_sums(known, _group_rated(table.assign(place_number=place), threshold))
        if "level" in table and {"share", "score"} & {*table}:
            hold_sums(known, _group_levels(table.assign(place_number=place), threshold))
    first = len(known.numbers)
    guarded = guard_groups(gathered.cells, choice.list_sensitive()).to_numpy()
    for cell, whole in pair_with_any(gathered.cells, guarded):
        known.remain(whole, [cell], cell)
    return known, np.arange(first, len(known.numbers))


def _group_rated(table: pd.DataFrame, threshold: int) -> list[list[int]]:
    """Group the cells with a rate, where one of them can be shown and so gives the sum away."""
    rated = table[table["residents"].notna() & table["n_persons"].notna()]
    groups = rated.groupby([name for name in RATED_WITHIN if name in rated], sort=False)
    return _list_largest(groups, threshold)


def _list_largest(groups: pd.api.typing.DataFrameGroupBy, threshold: int) -> list[list[int]]:
    """List the cells of each group of which one can be shown."""
    return [
        group["place_number"].tolist()
        for _, group in groups
        if group["n_persons"].max() >= threshold
    ]


def _group_levels(table: pd.DataFrame, threshold: int) -> list[list[int]]:
    """
    Group the levels, or the scores, of each cell, of which one can be shown.

    The share of one level gives their sum away; scores, each with its provenance, add up to the
    persons of the whole, whom every page shows.
    """
    counted = table[table["n_persons"].notna()]
    cells = label_cells(counted, counted=[*list_counted(counted), *PUBLIC])
    apart = ("level", "category", "other") if "score" in table else ("level",)
    others = [label for label in LABELS if label not in apart]
    groups = counted.groupby([cells[label] for label in others], sort=False)
    return _list_largest(groups, threshold)


def _hold_shares(gathered: Gathered, tables: Mapping[str, pd.DataFrame]) -> Bools:
    """Find the cells that shares give back: a shown count over its share is the whole."""
    held = np.zeros(len(gathered.cells), dtype=bool)
    for name, table in tables.items():
        if "share" in table and "level" not in table:
            place = gathered.places[name]
            label, whole = ("crowd", ALL) if "crowd" in table else ("category", ANY)
            place = place[table[label].eq(whole)]
            held[place[place >= 0]] = True
    return held


def _is_secret(known: Equations) -> Bools:
    """Find the numbers that no table shows, among those after persons and records."""
    extra = np.arange(2 * known.n_cells, len(known.numbers))
    return ~np.isin(extra, [*known.public])


def _ask(problem: Problem, complements: Ints, choice: Choice) -> Needs:
    """Ask that small numbers, and those that tell of everybody or nobody, stay open."""
    system, known, why = problem.system, problem.known, problem.why
    n = len(problem.cells)
    threshold = choice.read_rule().threshold
    primary = np.zeros(len(system.numbers), dtype=bool)
    primary[:n] = why.eq("small")
    rest = np.array([*known.remainders], dtype=int)
    primary[rest] = (system.numbers[rest] >= 1) & (system.numbers[rest] < threshold)
    primary[complements] = False
    needs = list_needs(system, primary, threshold=threshold)
    needs.sliding_protection[2 * n :] = 0
    needs.upper_protection[:n][why.eq("group")] = threshold - 1
    few = complements[system.numbers[complements] < threshold]
    needs.upper_protection[few] = threshold - 1
    _ask_for_unknown(problem, needs, threshold)
    return needs


def _ask_for_unknown(problem: Problem, needs: Needs, threshold: int) -> None:
    """
    Ask for cells hidden before and not counted now that they are no better known than before.

    Those that were known to be no small ones need only not be known to a value.
    """
    system, cells = problem.system, problem.cells
    unknown = np.flatnonzero(np.isnan(system.numbers[: len(cells)]))
    if not len(unknown):
        return
    size = len(system.numbers)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    low[unknown], high[unknown] = 1, threshold - 1
    hidden = np.concatenate([cells["before"].ne("shown").to_numpy(), _is_secret(problem.known)])
    is_new = np.tile(cells["before"].eq("").to_numpy(), 2)
    lower = system.lower.copy()
    lower[: len(is_new)][is_new] = 0  # nobody knew yet which of them are zero
    past = replace(system, lower=lower)
    before = audit(past, hidden, Needs(low, high, np.zeros(size)))[unknown]
    small = before[:, 0] < threshold
    least = np.maximum(find_least(system)[unknown[small]], 1)
    needs.lower_protection[unknown[small]] = np.maximum(before[small, 0], least)
    needs.upper_protection[unknown[small]] = np.minimum(before[small, 1], threshold - 1)


def find_cells(exposed: Bools, problem: Problem) -> list[int]:
    """Find the cells of numbers: their own, or the one that a remainder is a part of."""
    n, rests = len(problem.cells), problem.known.remainders
    numbers = np.flatnonzero(exposed).tolist()
    return sorted({k % n if k < 2 * n else rests[k] for k in numbers if k < 2 * n or k in rests})


def _refuse(exposed: Bools, problem: Problem) -> None:
    """Refuse a release in which a number is known too well."""
    at, cells = find_cells(exposed, problem), problem.cells
    if not at:
        return
    named = [
        ", ".join(f"{label} {value}" for label, value in cells.loc[cell, [*LABELS]].items()
                  if value != "all")
        for cell in at[:MOST_NAMED]
    ]  # fmt: skip
    more = f", and {len(at) - MOST_NAMED} more" if len(at) > MOST_NAMED else ""
    raise ExposedError(
        f"whatever is hidden, {len(at)} cells could be worked out ({'; '.join(named)}{more}); "
        "count by less, or leave out what was not released before"
    )
