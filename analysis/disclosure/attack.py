"""The attacker: what everything published tells about what is hidden."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse.csgraph import connected_components

from analysis.disclosure.system import Bools, Floats, Ints, System

# Programs of at most so many numbers are solved in whole numbers.
WHOLE_UP_TO = 60
SIMPLEX_UP_TO = 5000
STANDARD_OUTPUT = 1
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Needs:
    """
    What an attacker must not be able to rule out.

    Attributes
    ----------
    low, high : numpy.ndarray of float, shape (n,)
        The attacker's interval for a hidden number must reach down to ``low`` and up to
        ``high``; infinite where nothing is asked.
    width : numpy.ndarray of float, shape (n,)
        How wide it must be at least; 1 where the number may not be known to a value.
    """

    low: Floats
    high: Floats
    width: Floats


@dataclass(frozen=True)
class Hidden:
    """
    The system that is left when everything published is filled in.

    Attributes
    ----------
    which : numpy.ndarray of int, shape (k,)
        Positions of the hidden numbers in the whole system.
    relations : scipy.sparse.csr_array, shape (m, k)
        The relations that still say something, over the hidden numbers.
    low, high : numpy.ndarray of float, shape (m,)
        Bounds of these relations.
    lower, upper : numpy.ndarray of float, shape (k,)
        Bounds of the numbers.
    """

    which: Ints
    relations: sparse.csr_array
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats

    @cached_property
    def parts(self) -> Ints:
        """Label of each number's component: numbers of two components tell nothing of another."""
        pattern = abs(self.relations)
        return connected_components(pattern.T @ pattern, directed=False)[1]

    def keep(self, chosen: Bools) -> Hidden:
        """Keep whole components."""
        rows = abs(self.relations[:, chosen]).sum(axis=1) > 0
        return Hidden(
            self.which[chosen],
            self.relations[rows][:, chosen],
            self.low[rows],
            self.high[rows],
            self.lower[chosen],
            self.upper[chosen],
        )

    def find_least(self) -> Floats:
        """
        Find how small each number can be at least, relation by relation.

        Returns
        -------
        numpy.ndarray of float, shape (k,)
            Lower bounds that surely hold; a program may find higher ones.
        """
        matrix = sparse.vstack([self.relations, -self.relations], format="csr")
        more = matrix.maximum(0)
        more.eliminate_zeros()
        floors = np.concatenate([self.low, -self.high])
        useful = (np.diff(more.indptr) == 1) & np.isfinite(floors)
        more, less = more[useful], -matrix.minimum(0)[useful]
        least, before = self.lower.copy(), np.full(len(self.lower), -np.inf)
        while (least > before + TOLERANCE).any():
            before = least.copy()
            np.maximum.at(least, more.indices, (floors[useful] + less @ before) / more.data)
        return least

    def push(self, ends: Floats, sign: int) -> Floats | None:
        """
        Find numbers that everything published allows, as far up or down as asked.

        Parameters
        ----------
        ends : numpy.ndarray of float, shape (k,)
            Where to push each number to; missing where it does not matter.
        sign : {1, -1}
            Up or down.

        Returns
        -------
        numpy.ndarray of float, shape (k,), or None
            Numbers that fall short of the ends by the least in all; None if the published
            contradicts itself.
        """
        wanted = np.flatnonzero(~np.isnan(ends))
        k, extra = len(self.which), len(wanted)
        short = sparse.csr_array(
            (np.full(extra, float(sign)), (np.arange(extra), wanted)), shape=(extra, k)
        )
        matrix = sparse.block_array(
            [[self.relations, None], [short, sparse.eye_array(extra)]], format="csr"
        )
        found = solve(
            np.concatenate([np.zeros(k), np.ones(extra)]),
            matrix,
            (
                np.concatenate([self.low, sign * ends[wanted]]),
                np.concatenate([self.high, np.full(extra, np.inf)]),
            ),
            (
                np.concatenate([self.lower, np.zeros(extra)]),
                np.concatenate([self.upper, np.full(extra, np.inf)]),
            ),
        )
        return None if found is None else found[:k]


def solve(
    cost: Floats,
    matrix: sparse.csr_array,
    rows: tuple[Floats, Floats],
    columns: tuple[Floats, Floats],
    *,
    whole: Bools | None = None,
) -> Floats | None:
    """
    Solve a linear program, in whole numbers where it is small.

    Parameters
    ----------
    cost : numpy.ndarray of float, shape (k,)
        What is made least.
    matrix : scipy.sparse.csr_array, shape (m, k)
        Relations.
    rows, columns : pair of numpy.ndarray of float
        Bounds of the relations, and of the numbers.
    whole : numpy.ndarray of bool, shape (k,), optional
        Numbers that must be whole; default all if there are few, else none.

    Returns
    -------
    numpy.ndarray of float, shape (k,), or None
        A cheapest solution; None if there is none, or none that is bounded.
    """
    if not len(cost):
        return cost
    if whole is None:
        whole = np.full(len(cost), len(cost) <= WHOLE_UP_TO)
    if len(cost) > SIMPLEX_UP_TO and not whole.any():
        return _solve_large(cost, matrix, rows, columns)
    constraints = LinearConstraint(matrix, *rows) if matrix.shape[0] else ()
    with _quiet():
        found = milp(
            cost, integrality=whole.astype(int), bounds=Bounds(*columns), constraints=constraints
        )
    return found.x


def _solve_large(
    cost: Floats,
    matrix: sparse.csr_array,
    rows: tuple[Floats, Floats],
    columns: tuple[Floats, Floats],
) -> Floats | None:
    """
    Solve a large program by dual simplex.

    Interior points need fewer seconds for most programs and do not end for some.
    """
    low, high = rows
    equal = low == high
    most, least = np.isfinite(high) & ~equal, np.isfinite(low) & ~equal
    found = linprog(
        cost,
        A_ub=sparse.vstack([matrix[most], -matrix[least]], format="csr"),
        b_ub=np.concatenate([high[most], -low[least]]),
        A_eq=matrix[equal],
        b_eq=low[equal],
        bounds=[*zip(columns[0].tolist(), columns[1].tolist(), strict=True)],
        method="highs-ds",
    )
    return found.x if found.success else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what the solver's library writes to the terminal, which no option of it turns off."""
    sys.stdout.flush()
    kept, nowhere = os.dup(STANDARD_OUTPUT), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_OUTPUT)
    try:
        yield
    finally:
        os.dup2(kept, STANDARD_OUTPUT)
        os.close(kept)
        os.close(nowhere)


def leave_hidden(system: System, hidden: Bools) -> Hidden:
    """
    Fill in everything published.

    Parameters
    ----------
    system : System
        The release.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.

    Returns
    -------
    Hidden
        What is left to solve.
    """
    unseen = hidden[system.cells]
    known = system.relations[:, ~unseen] @ system.numbers[~unseen]
    left = system.relations[:, unseen]
    rows = np.diff(left.indptr) > 0
    return Hidden(
        np.flatnonzero(unseen),
        left[rows],
        (system.low - known)[rows],
        (system.high - known)[rows],
        system.lower[unseen],
        system.upper[unseen],
    )


def bound(system: System, hidden: Bools, *, only: Ints | None = None) -> Floats:
    """
    Bound every number, given everything published: two programs for each hidden one.

    Parameters
    ----------
    system : System
        The release.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.
    only : numpy.ndarray of int, optional
        Positions of the numbers to bound; default all.

    Returns
    -------
    numpy.ndarray of float, shape (n, 2)
        Lowest and highest possible number; both the number itself where it is published, or is
        not to be bounded.

    Raises
    ------
    ValueError
        If no numbers fit what is published.

    Examples
    --------
    >>> from analysis.disclosure import cross
    >>> _, system = cross([[6, 14, 1, 7], [3, 2, 3, 13]], [[[0, 1]], [[0, 1, 2, 3]]])
    >>> hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    >>> bound(system, hidden)[[1, 2, 6, 7]].tolist()
    [[11.0, 15.0], [0.0, 4.0], [1.0, 5.0], [0.0, 4.0]]
    """
    found = np.column_stack([system.numbers, system.numbers])
    left = leave_hidden(system, hidden)
    for label in np.unique(left.parts):
        part = left.keep(left.parts == label)
        for place, number in enumerate(part.which):
            if only is not None and number not in only:
                continue
            found[number] = [_reach_end(part, place, sign) for sign in (-1, 1)]
    return found


def _reach_end(part: Hidden, place: int, sign: int) -> float:
    cost = np.zeros(len(part.which))
    cost[place] = -sign
    found = solve(cost, part.relations, (part.low, part.high), (part.lower, part.upper))
    if found is not None:
        return float(found[place])
    if part.push(np.full(len(cost), np.nan), 1) is None:
        raise ValueError("no numbers fit what is published; a margin is not the sum of its parts")
    return sign * np.inf


def reach(system: System, hidden: Bools, needs: Needs, *, rounds_only: bool = False) -> Floats:
    """
    Prove for every hidden number how far the attacker's interval reaches at least.

    Every solution of a program is a table that all the published allows, so it counts for all
    numbers at once. A few programs that push all numbers together leave few to be pushed alone.

    Parameters
    ----------
    system : System
        The release; its true numbers are the first such table.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.
    needs : Needs
        How far the intervals must reach.
    rounds_only : bool, default False
        Leave out what must be pushed alone; then an interval may be wider than found.

    Returns
    -------
    numpy.ndarray of float, shape (n, 2)
        An interval inside the attacker's own. Where it falls short of the needs, so does the
        attacker's: then each end was tried alone.

    Raises
    ------
    ValueError
        If no numbers fit what is published.
    """
    left = leave_hidden(system, hidden)
    reached = np.column_stack([system.numbers, system.numbers])
    if not len(left.which):
        return reached
    inner = reached[left.which]
    if np.isnan(inner).any():
        widen(inner, _solution(left, np.full(len(inner), np.nan), 1))
    for sign in (1, -1):
        _push_together(left, inner, needs, sign)
    for sign in (1, -1) if not rounds_only else ():
        _push_alone(left, inner, needs, sign)
    reached[left.which] = inner
    return reached


def find_exposed(system: System, hidden: Bools, needs: Needs, reached: Floats) -> Bools:
    """
    Find the numbers that the attacker knows better than allowed.

    Parameters
    ----------
    system : System
        The release.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.
    needs : Needs
        How far the intervals must reach.
    reached : numpy.ndarray of float, shape (n, 2)
        How far they do.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Hidden numbers known to a value, or that fall short; and published ones that should
        not be.
    """
    unseen = hidden[system.cells]
    short = (reached[:, 0] > needs.low + TOLERANCE) | (reached[:, 1] < needs.high - TOLERANCE)
    known = np.ptp(reached, axis=1) < needs.width - TOLERANCE
    return short | (unseen & known)


def list_short(inner: Floats, needs: Needs, which: Ints, sign: int) -> Floats:
    """
    List the ends that are still to be reached.

    Returns
    -------
    numpy.ndarray of float, shape (k,)
        Where each hidden number must still be pushed to; missing where all is well. A number
        known to a value is to move by one, up if it can.
    """
    wanted = (needs.high if sign > 0 else needs.low)[which]
    end = inner[:, 1 if sign > 0 else 0]
    behind = sign * (wanted - end) > TOLERANCE
    known = ~behind & (np.ptp(inner, axis=1) < needs.width[which] - TOLERANCE)
    return np.where(behind, wanted, np.where(known, end + sign, np.nan))


def _push_together(left: Hidden, inner: Floats, needs: Needs, sign: int) -> None:
    """Push all numbers at once, as long as this proves something new."""
    before = len(inner) + 1
    ends = list_short(inner, needs, left.which, sign)
    while 0 < (n := int(np.count_nonzero(~np.isnan(ends)))) < before:
        before = n
        widen(inner, _solution(left, ends, sign))
        ends = list_short(inner, needs, left.which, sign)


def _push_alone(left: Hidden, inner: Floats, needs: Needs, sign: int) -> None:
    """Push what is left one by one, each in its component."""
    for place in range(len(left.which)):
        end = list_short(inner, needs, left.which, sign)[place]
        if not np.isnan(end):
            members = left.parts == left.parts[place]
            ends = np.where(np.arange(len(members)) == place, end, np.nan)[members]
            piece = inner[members]
            widen(piece, _solution(left.keep(members), ends, sign))
            inner[members] = piece


def _solution(left: Hidden, ends: Floats, sign: int) -> Floats:
    found = left.push(ends, sign)
    if found is None:
        raise ValueError("no numbers fit what is published; a margin is not the sum of its parts")
    return found


def widen(inner: Floats, found: Floats) -> None:
    """Widen intervals so that they hold some numbers."""
    inner[:, 0] = np.fmin(inner[:, 0], found)
    inner[:, 1] = np.fmax(inner[:, 1], found)
