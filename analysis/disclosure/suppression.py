"""Which other cells must be hidden so that the small ones stay hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import sparse

from analysis.disclosure.attack import (
    TOLERANCE,
    Hidden,
    Needs,
    find_exposed,
    leave_hidden,
    list_short,
    reach,
    solve,
    widen,
)
from analysis.disclosure.system import Bools, Floats, Ints, System

Job = tuple[int, int]  # a number, and up (1) or down (-1)
COSTS: Mapping[str, Callable[[Floats], Floats]] = {
    "cells": np.ones_like,
    "persons": np.copy,
    "information": np.log1p,
}
# Largest system, in numbers times ends to be reached, that is solved to the cheapest pattern.
EXACT_UP_TO = 400
# Largest system, in numbers, in which every hidden cell is tried once more.
TRIED_UP_TO = 400
NEAR = 0.1  # keeps the price of a cell that hardly moved finite


def list_needs(system: System, primary: Bools, *, threshold: int) -> Needs:
    """
    Ask that no attacker can rule out 1 or ``threshold - 1`` in a number hidden for itself.

    Parameters
    ----------
    system : System
        The release.
    primary : numpy.ndarray of bool, shape (n,)
        Numbers hidden for themselves.
    threshold : int
        Smallest number shown.

    Returns
    -------
    Needs
        Of these numbers: down to 1, or to the least that the zeros leave possible (the sum of
        two cells that are not zero is 2 or more, whatever is hidden); up to ``threshold - 1``.
        Of others: that they are not known to a value.
    """
    low = np.maximum(np.where(primary, 1.0, np.inf), find_least(system))
    high = np.where(primary, threshold - 1.0, -np.inf)
    return Needs(low, high, np.ones(len(low)))


def find_least(system: System) -> Floats:
    """
    Find how small each number can be at least, if all but the zeros were hidden.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Lower bounds; minus infinity for a zero.
    """
    least = np.full(len(system.numbers), -np.inf)
    everything = np.zeros(system.n_cells, dtype=bool)
    everything[system.cells[system.numbers != 0]] = True
    left = leave_hidden(system, everything)
    least[left.which] = left.find_least()
    return least


def hide(system: System, hidden: Bools, needs: Needs, cost: Floats) -> Bools:
    """
    Hide what must be hidden besides: the cheapest cells if the system is small.

    The cheapest pattern protects what was to be hidden; where one of its own cells is known to
    a value still (its records, say), a few more follow.

    Parameters
    ----------
    system : System
        The release.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells already hidden.
    needs : Needs
        How far the attacker's intervals must reach.
    cost : numpy.ndarray of float, shape (n_cells,)
        What hiding each cell costs, more than zero; see `COSTS`.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        All cells to hide. Needs that no pattern meets are left for the audit to find.
    """
    jobs = list_jobs(system, hidden, needs, reach(system, hidden, needs, rounds_only=True))
    if 0 < len(jobs) * len(system.numbers) <= EXACT_UP_TO:
        hidden = hide_cheapest(system, hidden, needs, cost)
    return hide_greedily(system, hidden, needs, cost)


def hide_greedily(system: System, hidden: Bools, needs: Needs, cost: Floats) -> Bools:
    """
    Hide more cells, some needs at a time, each time the least that meets them.

    A linear program looks for numbers that the published would allow and that are far enough
    from the true ones; a cell that is not hidden yet pays for every unit it moves. The cells
    that moved are hidden. Needs that share no relation are met together.

    Parameters
    ----------
    system, hidden, needs, cost
        As for `hide`.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        All cells to hide. Needs that no pattern meets are left for the audit to find.

    Notes
    -----
    Elimination, the usual method for large tables, finds what can be recovered to a value from
    sums. Here intervals must be wide, too, and persons hang together by inequalities.
    """
    chosen, tried = hidden, set[Job]()
    reached = reach(system, chosen, needs, rounds_only=True)
    while jobs := [job for job in list_jobs(system, chosen, needs, reached) if job not in tried]:
        group = _take_apart(system, jobs)
        moved = _move(system, chosen, group, needs, cost)
        if moved is None:
            group = group[:1]
            moved = _move(system, chosen, group, needs, cost)
        tried |= {*group}
        if moved is not None:
            chosen = chosen | _find_moved(system, moved)
            widen(reached, moved)
        if tried.issuperset(list_jobs(system, chosen, needs, reached)):
            reached = reach(system, chosen, needs)
    return _show_again(system, hidden, chosen, needs, cost)


def hide_cheapest(system: System, hidden: Bools, needs: Needs, cost: Floats) -> Bools:
    """
    Hide the cells that cost least in all, by one mixed-integer program.

    Parameters
    ----------
    system, hidden, needs, cost
        As for `hide`; the system must be small.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        All cells to hide; what `hide_greedily` finds if no pattern meets all needs.

    Notes
    -----
    Each end to be reached has numbers of its own, which the published must allow; one choice of
    cells ties them all (Fischetti and Salazar, *Management Science* 47, 2001).
    """
    left = leave_hidden(system, hidden | system.can_hide)
    choices = np.flatnonzero(system.can_hide & ~hidden)
    jobs = list_jobs(system, hidden, needs, reach(system, hidden, needs))
    jobs = [job for job in jobs if job[1] > 0 or np.isfinite(needs.low[job[0]])]
    ends = [_bound_job(system, left, [job], needs) for job in jobs]
    priced = np.flatnonzero(~hidden[system.cells[left.which]])
    start = system.numbers[left.which][priced]
    up = np.full(len(priced), 3 * max((size for *_, size in ends), default=0.0))
    down = np.minimum(up, start - left.lower[priced])
    of_cell = np.searchsorted(choices, system.cells[left.which][priced])
    n, many = len(priced), len(jobs)
    picked = _pick(priced, len(left.which))
    tied = [
        sparse.csr_array((far, (np.arange(n), of_cell)), shape=(n, len(choices)))
        for far in (-up, down)
    ]
    each, column = sparse.eye_array(many), np.ones((many, 1))
    blocks = [[sparse.kron(each, left.relations), None]]
    blocks += [[sparse.kron(each, picked), sparse.kron(column, tie)] for tie in tied]
    endless = np.full(many * n, np.inf)
    numbers = many * len(left.which)
    found = solve(
        np.concatenate([np.zeros(numbers), cost[choices]]),
        sparse.block_array(blocks, format="csr"),
        (
            np.concatenate([np.tile(left.low, many), -endless, np.tile(start, many)]),
            np.concatenate([np.tile(left.high, many), np.tile(start, many), endless]),
        ),
        (
            np.concatenate([*(low for low, *_ in ends), np.zeros(len(choices))]),
            np.concatenate([*(high for _, high, _ in ends), np.ones(len(choices))]),
        ),
        whole=np.full(numbers + len(choices), True),
    )
    if found is None:
        return hide_greedily(system, hidden, needs, cost)
    chosen = hidden.copy()
    chosen[choices[found[numbers:] > 0.5]] = True
    return chosen


def list_jobs(system: System, hidden: Bools, needs: Needs, reached: Floats) -> list[Job]:
    """
    List the ends that the attacker's intervals do not reach yet, the farthest first.

    Parameters
    ----------
    system, hidden, needs
        As for `hide`.
    reached : numpy.ndarray of float, shape (n, 2)
        How far the intervals reach, as found by `analysis.disclosure.reach`.

    Returns
    -------
    list of (int, int)
        Number and direction.
    """
    which = np.flatnonzero(hidden[system.cells])
    jobs: list[tuple[float, Job]] = []
    for sign in (1, -1):
        ends = list_short(reached[which], needs, which, sign)
        far = np.abs(ends - reached[which, int(sign > 0)])
        short = np.flatnonzero(~np.isnan(ends))
        jobs += [(float(far[k]), (int(which[k]), sign)) for k in short]
    return [job for _, job in sorted(jobs, key=lambda pair: -pair[0])]


def _take_apart(system: System, jobs: Sequence[Job]) -> list[Job]:
    """Take jobs of one direction that share no relation."""
    columns = sparse.csc_array(system.relations)
    used = np.zeros(columns.shape[0], dtype=bool)
    taken = []
    for number, sign in jobs:
        rows = columns.indices[columns.indptr[number] : columns.indptr[number + 1]]
        if sign == jobs[0][1] and not used[rows].any():
            taken.append((number, sign))
            used[rows] = True
    return taken


def _move(
    system: System, hidden: Bools, group: Sequence[Job], needs: Needs, cost: Floats
) -> Floats | None:
    """
    Find numbers that meet some needs and move the cheapest cells; None if there are none.

    Solved twice: a cell pays first for every unit it moves, then for having moved.
    """
    left = leave_hidden(system, hidden | system.can_hide)
    low, high, size = _bound_job(system, left, group, needs)
    cells = system.cells[left.which]
    price = np.where(hidden[cells], 0.0, cost[cells])
    start = system.numbers[left.which]
    found = _pay(left, (low, high), start, price / size)
    if found is None:
        return None
    again = _pay(left, (low, high), start, price / (np.abs(found - start) + NEAR))
    numbers = system.numbers.copy()
    numbers[left.which] = found if again is None else again
    return numbers


def _bound_job(
    system: System, left: Hidden, group: Sequence[Job], needs: Needs
) -> tuple[Floats, Floats, float]:
    """Bound the numbers so that they meet some needs; and say how far they must move."""
    low, high, size = left.lower.copy(), left.upper.copy(), 1.0
    for number, sign in group:
        place = np.searchsorted(left.which, number)
        wanted = (needs.high if sign > 0 else needs.low)[number]
        value = system.numbers[number]
        is_short = np.isfinite(wanted) and not sign * (wanted - value) <= 0
        end = wanted if is_short else value + sign
        size = max(size, abs(np.nan_to_num(end - value)))
        (low if sign > 0 else high)[place] = end
    return low, high, size


def _pay(
    left: Hidden, bounds: tuple[Floats, Floats], start: Floats, price: Floats
) -> Floats | None:
    """Find the numbers nearest to the start, where every unit moved has its price."""
    k, priced = len(start), np.flatnonzero(price > 0)
    n = len(priced)
    eye = sparse.eye_array(n)
    matrix = sparse.block_array(
        [[left.relations, None, None], [_pick(priced, k), -eye, eye]], format="csr"
    )
    found = solve(
        np.concatenate([np.zeros(k), price[priced], price[priced]]),
        matrix,
        (np.concatenate([left.low, start[priced]]), np.concatenate([left.high, start[priced]])),
        (
            np.concatenate([bounds[0], np.zeros(2 * n)]),
            np.concatenate([bounds[1], np.full(2 * n, np.inf)]),
        ),
    )
    return None if found is None else found[:k]


def _pick(places: Ints, size: int) -> sparse.csr_array:
    n = len(places)
    return sparse.csr_array((np.ones(n), (np.arange(n), places)), shape=(n, size))


def _find_moved(system: System, moved: Floats) -> Bools:
    found = np.zeros(system.n_cells, dtype=bool)
    found[system.cells[np.abs(moved - system.numbers) > TOLERANCE]] = True
    return found


def _show_again(system: System, primary: Bools, hidden: Bools, needs: Needs, cost: Floats) -> Bools:
    """Show the dearest cells again that need not be hidden, where the system is small."""
    if len(system.numbers) > TRIED_UP_TO:
        return hidden
    chosen = hidden
    extra = np.flatnonzero(hidden & ~primary)
    for cell in extra[np.argsort(-cost[extra], kind="stable")]:
        fewer = chosen & (np.arange(system.n_cells) != cell)
        if not find_exposed(system, fewer, needs, reach(system, fewer, needs)).any():
            chosen = fewer
    return chosen
