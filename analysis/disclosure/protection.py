"""What a release must hide, worked out over all of its cells and attacked before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure import constraints, past, primary
from analysis.disclosure.attack import Needs, audit, find_exposed, round_additively
from analysis.disclosure.constraints import Equations
from analysis.disclosure.hierarchies import WHERE, describe_cell
from analysis.disclosure.past import Gathered
from analysis.disclosure.primary import Rule, guard_groups, pair_with_any
from analysis.disclosure.suppression import COSTS, find_least, hide, list_needs
from analysis.disclosure.system import Bools, Ints, System, find_broken
from analysis.exposure import Counts, Rank, Sum

# Rows that give one sum away: if they are more, one of them is sure to be shown.
MOST_TIED = 20
Given = tuple[int, tuple[int, ...]]  # a cell, and the cells whose sum it gives away


class ExposedError(ValueError):
    """A release that would give cells away; its message has their labels, never their counts."""


@dataclass(frozen=True)
class Choice:
    """
    What a release may not show, and what is kept as far as possible.

    Attributes
    ----------
    rule, threshold, cost, sensitive, rounded_to
        See the glossary of `analysis.disclosure`.

    Raises
    ------
    ValueError
        If the rule or the cost is unknown, or the threshold below 2.
    """

    rule: str = "health"
    threshold: int | None = None
    cost: str = "persons"
    sensitive: Sequence[str] | None = None
    rounded_to: int | None = None

    def __post_init__(self) -> None:
        if self.cost not in COSTS:
            raise ValueError(f"cost must be one of {[*COSTS]}, got {self.cost!r}")
        self.read_rule()

    def list_sensitive(self) -> list[str]:
        """List the sensitive categories."""
        return reference.list_topics() if self.sensitive is None else [*self.sensitive]

    def read_rule(self) -> Rule:
        """Read the rule for small cells."""
        return primary.read_rule(self.rule, threshold=self.threshold)


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


def protect(
    gathered: Gathered, tables: Mapping[str, Counts], choice: Choice
) -> tuple[pd.Series, int | None, list[past.Known]]:
    """
    Choose what is hidden, and attack it.

    Parameters
    ----------
    gathered : Gathered
        All cells of the tables, and of those released before.
    tables : mapping of str to Counts
        The tables, for their measures and the order of their rows.
    choice : Choice
        Rule and cost.

    Returns
    -------
    why : pandas.Series of str, shape (n_cells,)
        Why each cell is hidden (as `find_reasons` says, or ``complement``); empty if shown.
    narrowest : int, optional
        Width of the attacker's narrowest interval for the persons of a small cell, as far as
        it was proven; None if there is none.
    given : list of tuple
        What measures give away of hidden cells, by their positions (`list_given`).

    Raises
    ------
    ExposedError
        If this can't be reached, because too much is public already.
    ConflictError
        If the counts do not fit what was released before.

    Notes
    -----
    Of a hidden cell that is small, the attacker can rule out neither one person (or the
    least that the zeros leave possible) nor ``threshold - 1``; no hidden count is known to
    a value.
    """
    problem, needs = pose(gathered, tables, choice)
    system, why, n = problem.system, problem.why, len(problem.cells)
    price = np.ones(system.n_cells)
    price[:n] = COSTS[choice.cost](np.fmax(system.numbers[:n], 1))
    hidden = hide(system, problem.hidden, needs, price)
    reached = audit(system, hidden, needs)
    _refuse(find_exposed(system, hidden, needs, reached), problem)
    widths = np.ptp(reached[:n][why.eq("small")], axis=1)
    why = why.mask(hidden[:n] & why.eq("").to_numpy(), "complement")
    given = constraints.list_given(problem.known, why.ne("").to_numpy())
    return why, round(widths.min()) if len(widths) else None, given


def pose(gathered: Gathered, tables: Mapping[str, Counts], choice: Choice) -> tuple[Problem, Needs]:
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
    why = primary.find_reasons(gathered, choice.read_rule(), sensitive=choice.list_sensitive())
    known = _write_equations(gathered, tables, choice)
    # Nobody would believe more persons in a cell of people who live there than residents.
    residents = cells["residents"].where(cells[WHERE].str.startswith("home/"))
    is_some = cells["n_persons"].gt(0).fillna(False)  # neither zero, nor missing, nor public
    is_hideable = (is_some & cells["before"].ne("shown")).to_numpy(dtype=bool)
    system = constraints.build_system(
        known,
        upper=residents.fillna(np.inf).to_numpy(dtype=float),
        can_hide=is_hideable,
        zeros=guard_groups(cells, choice.list_sensitive()).to_numpy(),
    )
    problem = Problem(cells, known, system, why)
    _refuse_conflicts(problem)
    return problem, _ask(problem, choice)


def round_cells(gathered: Gathered, *, base: int) -> pd.DataFrame:
    """
    Round the counts of all cells so that they still hang together.

    Parameters
    ----------
    gathered : Gathered
        The cells.
    base : int
        What the rounded counts are multiples of.

    Returns
    -------
    pandas.DataFrame
        One row per cell: ``n_persons`` and ``n_records``.
    """
    cells, n = gathered.cells, len(gathered.cells)
    known = constraints.relate(cells)
    rows = [row for row in known.rows if max(row[0]) < 2 * n]
    plain = Equations(n, known.numbers[: 2 * n], rows)
    every = np.ones(n, dtype=bool)
    system = constraints.build_system(plain, upper=np.full(n, np.inf), can_hide=every, zeros=every)
    rounded = round_additively(system, base=base).reshape(2, n)
    return pd.DataFrame({"n_persons": rounded[0], "n_records": rounded[1]}).astype("Int64")


def _write_equations(gathered: Gathered, tables: Mapping[str, Counts], choice: Choice) -> Equations:
    """Write down what is known, also of who is *without* a sensitive category."""
    threshold = choice.read_rule().threshold
    known = constraints.relate(gathered.cells, threshold=threshold)
    for terms, low, high in gathered.known:
        row = {cell + unit * known.n_cells: by for cell, unit, by in terms}
        ends = (-np.inf if low is None else low, np.inf if high is None else high)
        known.rows.append((row, *ends))
    known.n_general = len(known.rows)
    for name, counts in tables.items():
        place = gathered.places[name]
        constraints.hold_order(known, place[place >= 0].tolist())
        write_measures(known, counts, place, threshold=threshold)
    guarded = guard_groups(gathered.cells, choice.list_sensitive()).to_numpy()
    for cell, whole in pair_with_any(gathered.cells, guarded):
        known.remain(whole, [cell], cell, without=True)
    return known


def write_measures(known: Equations, counts: Counts, place: Ints, *, threshold: int) -> None:
    """
    Write down what the measures of a table tell about its counts.

    Parameters
    ----------
    known : Equations
        What is known of all cells; equations are added to it.
    counts : Counts
        The table.
    place : numpy.ndarray of int, shape (n_rows,)
        Cell of each row; -1 where a file has no such field.
    threshold : int
        Smallest number of persons shown.

    Returns
    -------
    None
        `known` holds them.

    Notes
    -----
    What a row gives away (the whole of its share, a running total, a difference) is a number of
    its cell's own, hidden with it. A sum that very many rows give away (that of a ratio to all) is
    public if one of them can be shown.
    """
    for measure in counts.measures.values():
        if isinstance(measure, Rank) and not measure.is_bound:
            _write_order(known, counts, place, measure)
        if not isinstance(measure, Sum):
            continue
        first = 0 if measure.of == "n_persons" else known.n_cells
        given = [*_list_given(known, counts, place, measure, first)]
        if measure.is_whole:
            _write_wholes(known, given, measure, first, threshold)
        else:
            for cell, cells in given:
                known.tied[known.add({first + one: 1.0 for one in cells})] = cell


def _list_given(
    known: Equations, counts: Counts, place: Ints, measure: Sum, first: int
) -> Iterator[Given]:
    """List the sums that rows give away; a row's own count is shown with it anyway."""
    given = measure.find_given(counts.table, counts.dimensions)
    for row, rows in enumerate(given):
        cell = int(place[row])
        cells = tuple(int(place[one]) for one in rows if place[one] >= 0)
        if cell < 0 or not cells or (not measure.is_whole and cells == (cell,)):
            continue
        if measure.tells_at_zero or len(cells) == 1 or known.numbers[first + cell] > 0:
            yield cell, cells


def _write_wholes(
    known: Equations, given: list[Given], measure: Sum, first: int, threshold: int
) -> None:
    givers: dict[tuple[int, ...], list[int]] = {}
    for cell, cells in given:
        givers.setdefault(cells, []).append(cell)
    for cells, those in givers.items():
        terms = dict.fromkeys(np.add(cells, first).tolist(), 1.0)
        counts = np.take(known.numbers, those)
        is_many = len(those) > MOST_TIED
        if (is_many and counts.max() >= threshold) or (measure.tells_at_zero and 0 in counts):
            known.public.add(known.add(terms))
        elif not is_many:
            for one in np.array(those)[counts > 0].tolist():
                if cells != (one,):
                    known.tied[known.add(terms)] = one


def _write_order(known: Equations, counts: Counts, place: Ints, measure: Rank) -> None:
    """Say that the rates stand in the order of their ranks."""
    order = counts.table[counts.table["n_persons"].notna()]
    ranks = measure.recompute(order, counts.dimensions)
    if ranks is None:
        return
    rows = ranks.sort_values().index
    divisor = counts.table[measure.per].astype(float)
    for higher, lower in pairwise(rows):
        per = divisor[higher] / divisor[lower]
        known.at_least({int(place[higher]): 1.0, int(place[lower]): -per})


def _is_secret(known: Equations) -> Bools:
    """Find the numbers that no table shows, among those after persons and records."""
    extra = np.arange(2 * known.n_cells, len(known.numbers))
    return ~np.isin(extra, [*known.public])


def _ask(problem: Problem, choice: Choice) -> Needs:
    """
    Ask that small numbers, and those that tell of everybody or nobody, stay open.

    Of those in a whole and not in its part nobody may know that they are few.
    """
    system, known, why = problem.system, problem.known, problem.why
    n = len(problem.cells)
    threshold = choice.read_rule().threshold
    primary = np.zeros(len(system.numbers), dtype=bool)
    primary[:n] = why.eq("small")
    rest = np.array(sorted(known.remainders.keys() - known.without), dtype=int)
    primary[rest] = (system.numbers[rest] >= 1) & (system.numbers[rest] < threshold)
    without = np.array([*known.without], dtype=int)
    needs = list_needs(system, primary, threshold=threshold)
    needs.sliding_protection[2 * n :] = 0
    is_new = problem.cells["before"].eq("").to_numpy()
    uncounted = np.isnan(system.numbers[n : 2 * n]) & is_new  # nobody asks for their records
    needs.sliding_protection[n : 2 * n][uncounted] = 0
    needs.upper_protection[:n][why.eq("group")] = threshold - 1
    needs.upper_protection[without[system.numbers[without] < threshold]] = threshold
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
    earlier = replace(system, lower=lower)
    before = audit(earlier, hidden, Needs(low, high, np.zeros(size)))[unknown]
    small = before[:, 0] < threshold
    least = np.maximum(find_least(system)[unknown[small]], 1)
    needs.lower_protection[unknown[small]] = np.maximum(before[small, 0], least)
    needs.upper_protection[unknown[small]] = np.minimum(before[small, 1], threshold - 1)


def find_cells(exposed: Bools, problem: Problem) -> list[int]:
    """
    Find the cells of numbers: their own, or that of a remainder.

    Parameters
    ----------
    exposed : numpy.ndarray of bool, shape (n,)
        The numbers.
    problem : Problem
        The release that they are of.

    Returns
    -------
    list of int
        Positions of the cells, sorted, each once. A remainder has the cell that it is a part of;
        other numbers that no table shows have none.
    """
    n, rests = len(problem.cells), problem.known.remainders
    numbers = np.flatnonzero(exposed).tolist()
    return sorted({k % n if k < 2 * n else rests[k] for k in numbers if k < 2 * n or k in rests})


def _refuse_conflicts(problem: Problem) -> None:
    """Refuse counts that are not of the records that were counted before."""
    system, n = problem.system, len(problem.cells)
    broken = find_broken(system)
    numbers = system.relations[broken].indices
    those = problem.cells.iloc[np.unique(numbers[numbers < 2 * n] % n)]
    released = those[those["release"].notna()]
    if len(released):
        raise past.ConflictError(
            f"{past.describe_releases(released)} does not fit what is counted "
            "now: the difference would tell of single persons; restore the records that were "
            "counted then, or leave these cells out"
        )


def _refuse(exposed: Bools, problem: Problem) -> None:
    """Refuse a release in which a number is known too well."""
    at, cells = find_cells(exposed, problem), problem.cells
    if not at:
        return
    named = "; ".join(describe_cell(cells.iloc[cell]) for cell in at[: past.MOST_NAMED])
    more = f", and {len(at) - past.MOST_NAMED} more" if len(at) > past.MOST_NAMED else ""
    raise ExposedError(
        f"whatever is hidden, {len(at)} cells could be worked out ({named}{more}); "
        "count by less, or leave out what was not released before"
    )
