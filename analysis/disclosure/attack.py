"""The attacker: what everything published tells about what is hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from analysis.disclosure.past import ConflictError
from analysis.disclosure.programs import ENDLESS, Program, SolverError
from analysis.disclosure.system import TOLERANCE, Bools, Floats, Hidden, Ints, System, leave_hidden

# Components of at most so many numbers are solved in whole numbers.
WHOLE_UP_TO = 60
GROUP_UP_TO = 100  # numbers pushed by one program
# What reaching an end by one is worth, where every number that moves by one costs one.
GAIN = 1e4
MOST_NODES = 2000  # of a search in whole numbers that may fail


@dataclass(frozen=True)
class Needs:
    """
    What an attacker must not be able to rule out: the protection levels of every number.

    Attributes
    ----------
    lower_protection, upper_protection : numpy.ndarray of float, shape (n,)
        The attacker's interval for a hidden number must reach down to the one and up to the
        other [same unit as the number]; infinite where nothing is asked.
    sliding_protection : numpy.ndarray of float, shape (n,)
        How wide it must be at least; 1 where the number may not be known to a value.
    """

    lower_protection: Floats
    upper_protection: Floats
    sliding_protection: Floats


class Moves:
    """
    Moves of hidden numbers, away from the true ones, that everything published allows.

    No move at all is one of them, so that a program for them starts from it and touches few
    numbers; each of its solutions, added to the true numbers, is a table that an attacker can't
    tell from the true one.

    Parameters
    ----------
    left : Hidden
        What is left to solve; no number of ``left.start`` is missing.
    whole : bool, optional
        Move by whole numbers only; default if there are few numbers, all whole.
    """

    def __init__(self, left: Hidden, *, whole: bool | None = None) -> None:
        size = len(left.which)
        if whole is None:
            whole = size <= WHOLE_UP_TO and bool((left.start == np.round(left.start)).all())
        known = left.relations @ left.start
        self.left = left
        self.most = np.maximum(
            np.concatenate([left.upper - left.start, left.start - left.lower]), 0
        )
        self._program = Program(
            sparse.csr_array(sparse.hstack([left.relations, -left.relations])),
            (np.minimum(left.low - known, 0), np.maximum(left.high - known, 0)),
            whole=whole,
        )

    def find(
        self, aims: Floats, price: Floats, *, gain: float | None = None, nodes: int = ENDLESS
    ) -> Floats | None:
        """
        Find the cheapest move that reaches some aims.

        Parameters
        ----------
        aims : numpy.ndarray of float, shape (2 k,)
            How far each number is to move up, then how far down; missing where it may do
            anything.
        price : numpy.ndarray of float, shape (k,)
            What a number costs for every unit that it moves.
        gain : float, optional
            What every unit moved towards an aim is worth; then none must be reached.
        nodes : int, optional
            As for `Program.solve`.

        Returns
        -------
        numpy.ndarray of float, shape (k,), or None
            The move; None if there is none.
        """
        half = len(price)
        wanted = np.flatnonzero(~np.isnan(aims))
        least, most, cost = np.zeros(2 * half), self.most.copy(), np.tile(price, 2)
        most[(wanted + half) % (2 * half)] = 0
        if gain is not None:
            most[wanted] = np.minimum(aims[wanted], most[wanted])
            cost[wanted] = -gain
        elif (aims[wanted] > most[wanted]).any():
            return None
        else:
            least[wanted] = aims[wanted]
        found = self._program.solve(cost, (least, most), nodes=nodes)
        return None if found is None else found[:half] - found[half:]

    def take_apart(self, waiting: Bools) -> Ints:
        """
        Take ends of numbers that share no relation, so that one program pushes them all.

        Parameters
        ----------
        waiting : numpy.ndarray of bool, shape (2 k,)
            Upper, then lower ends that are to be pushed.

        Returns
        -------
        numpy.ndarray of int
            Positions of some of them.
        """
        half = len(waiting) // 2
        columns = sparse.csc_array(self.left.relations)
        used, seen, taken = np.zeros(columns.shape[0], dtype=bool), set[int](), list[int]()
        for end in np.flatnonzero(waiting).tolist():
            number = end % half
            rows = columns.indices[columns.indptr[number] : columns.indptr[number + 1]]
            if number not in seen and not used[rows].any():
                taken.append(end)
                seen.add(number)
                used[rows] = True
            if len(taken) == GROUP_UP_TO:
                break
        return np.array(taken, dtype=int)


def feasibility_intervals(system: System, hidden: Bools, *, only: Ints | None = None) -> Floats:
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
    SolverError
        If the solver fails.

    Examples
    --------
    >>> from analysis.disclosure.system import cross
    >>> _, system = cross([[6, 14, 1, 7], [3, 2, 3, 13]], [[[0, 1]], [[0, 1, 2, 3]]])
    >>> hidden = np.isin(np.arange(15), [1, 2, 6, 7])
    >>> feasibility_intervals(system, hidden)[[1, 2, 6, 7]].tolist()
    [[11.0, 15.0], [0.0, 4.0], [1.0, 5.0], [0.0, 4.0]]
    """
    found = np.column_stack([system.numbers, system.numbers])
    for part in leave_hidden(system, hidden).split():
        k = len(part.which)
        program = Program(part.relations, (part.low, part.high), whole=k <= WHOLE_UP_TO)
        chosen = range(k) if only is None else np.flatnonzero(np.isin(part.which, only))
        for place in chosen:
            for end, sign in enumerate((-1.0, 1.0)):
                cost = np.where(np.arange(k) == place, -sign, 0.0)
                numbers = program.solve(cost, (part.lower, part.upper))
                if numbers is None:
                    raise ValueError("no numbers fit what is published with what is missing")
                is_open = np.isinf(numbers[place])
                found[part.which[place], end] = sign * np.inf if is_open else numbers[place] + 0.0
    return found


def complete(part: Hidden) -> Hidden:
    """
    Find a number for each that is missing, so that all relations hold.

    Parameters
    ----------
    part : Hidden
        A component.

    Returns
    -------
    Hidden
        The same with no number of ``start`` missing; those that were known are kept.

    Raises
    ------
    ValueError
        If there are none: then what was released before does not fit what is counted now.
    SolverError
        If the solver fails.
    """
    missing = np.isnan(part.start)
    if not missing.any():
        return part
    known = part.relations[:, ~missing] @ part.start[~missing]
    bounds = (part.low - known, part.high - known)
    program = Program(part.relations[:, missing], bounds, whole=len(missing) <= WHOLE_UP_TO)
    cost = np.zeros(int(missing.sum()))
    found = program.solve(cost, (part.lower[missing], part.upper[missing]))
    if found is None:
        raise ConflictError("no numbers fit what is published now and what was released before")
    start = part.start.copy()
    start[missing] = found
    return replace(part, start=start)


def audit(system: System, hidden: Bools, needs: Needs, *, whole_only: bool = False) -> Floats:
    """
    Prove for every hidden number how far the attacker's interval reaches at least.

    Every solution of a program is a table that all the published allows, so it counts for all
    numbers at once: numbers that share no relation are pushed together, what is left alone.

    Parameters
    ----------
    system : System
        The release; its true numbers are the first such table.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.
    needs : Needs
        How far the intervals must reach.
    whole_only : bool, default False
        Only the components that are solved in whole numbers; the others' intervals are points.

    Returns
    -------
    numpy.ndarray of float, shape (n, 2)
        An interval inside the attacker's own. Where it falls short of the needs, so does the
        attacker's: then each end was tried alone.

    Raises
    ------
    ValueError
        If the true numbers break a relation, or none fit what was released before.
    SolverError
        If the solver fails.
    """
    reached = np.column_stack([system.numbers, system.numbers])
    for piece in leave_hidden(system, hidden).split():
        if whole_only and len(piece.which) > WHOLE_UP_TO:
            continue
        part = complete(piece)
        inner = np.column_stack([part.start, part.start])
        push_ends(Moves(part), inner, needs)
        reached[part.which] = inner
    return reached


def push_ends(
    moves: Moves,
    inner: Floats,
    needs: Needs,
    *,
    ignored: Bools | None = None,
    until: Literal["all tried", "one fails", "all pushed together"] = "all tried",
) -> list[Floats]:
    """
    Push the ends of intervals as far as they must reach, or can.

    Parameters
    ----------
    moves : Moves
        Of a component, or a whole system.
    inner : numpy.ndarray of float, shape (k, 2)
        The intervals, which are widened.
    needs : Needs
        How far they must reach.
    ignored : numpy.ndarray of bool, shape (k,), optional
        Numbers whose intervals may be narrow; default none.
    until : {'all tried', 'one fails', 'all pushed together'}
        When to end: when each end was tried alone that others did not prove; when one of them
        was tried so and can't be reached; or before any is tried alone.

    Returns
    -------
    list of numpy.ndarray of float, shape (k,)
        The moves found.

    Raises
    ------
    SolverError
        If the solver fails.
    """
    half, found = len(inner), list[Floats]()
    done = np.zeros((2, 2 * half), dtype=bool)  # pushed together, and alone
    skipped = np.zeros(2 * half, dtype=bool) if ignored is None else np.tile(ignored, 2)
    while True:
        aims = np.where(skipped, np.nan, list_aims(moves.left, inner, needs))
        waiting = ~np.isnan(aims) & ~done
        is_alone = not waiting[0].any()
        ends = {"one fails": _is_lost(aims, waiting[1]), "all pushed together": True}
        if not waiting[1].any() or (is_alone and ends.get(until, False)):
            return found
        chosen = np.flatnonzero(waiting[1])[:1] if is_alone else moves.take_apart(waiting[0])
        done[int(is_alone), chosen] = True
        some = np.full(2 * half, np.nan)
        some[chosen] = aims[chosen]
        move = moves.find(some, np.full(half, float(not is_alone)), gain=GAIN)
        if move is None:
            raise SolverError("the solver denies that the true numbers fit; nothing is proved")
        found.append(move)
        widen(inner, moves.left.start + move)


def _is_lost(aims: Floats, waiting: Bools) -> bool:
    """Say whether a number falls short and neither of its ends is left to try."""
    open_ends = (~np.isnan(aims)).reshape(2, -1)
    return bool((open_ends.any(axis=0) & ~waiting.reshape(2, -1).any(axis=0)).any())


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
    low, high = reached.T
    short = (low > needs.lower_protection + TOLERANCE) | (high < needs.upper_protection - TOLERANCE)
    known = high - low < needs.sliding_protection - TOLERANCE
    return short | (unseen & known)


def list_aims(left: Hidden, inner: Floats, needs: Needs) -> Floats:
    """
    List how far numbers must still move from the true ones.

    Parameters
    ----------
    left : Hidden
        What is left to solve, complete.
    inner : numpy.ndarray of float, shape (k, 2)
        How far intervals reach already.
    needs : Needs
        How far they must.

    Returns
    -------
    numpy.ndarray of float, shape (2 k,)
        How far each number must be pushed up, then down; missing where all is well. One known
        to a value is to move by one, up or down.
    """
    known = np.ptp(inner, axis=1) < needs.sliding_protection[left.which] - TOLERANCE
    ends = ((1, 1, needs.upper_protection), (0, -1, needs.lower_protection))
    aims = []
    for column, sign, protection in ends:
        wanted, end = protection[left.which], inner[:, column]
        behind = sign * (wanted - end) > TOLERANCE
        aim = np.where(behind, wanted, np.where(known, end + sign, np.nan))
        aims.append(sign * (aim - left.start))
    return np.concatenate(aims)


def widen(inner: Floats, found: Floats) -> None:
    """
    Widen intervals so that they hold some numbers.

    Parameters
    ----------
    inner : numpy.ndarray of float, shape (k, 2)
        The intervals, which are changed.
    found : numpy.ndarray of float, shape (k,)
        A number for each interval; a missing one leaves its interval alone.

    Returns
    -------
    None
        Each interval then holds its number.
    """
    inner[:, 0] = np.fmin(inner[:, 0], found)
    inner[:, 1] = np.fmax(inner[:, 1], found)


def round_additively(system: System, *, base: int) -> Floats:
    """
    Round every number to a neighbouring multiple of a base, so that all relations still hold.

    Parameters
    ----------
    system : System
        The numbers and how they hang together.
    base : int
        What the rounded numbers are multiples of, 2 or more: 5 and 10 are usual.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Multiples of the base, each less than the base away from the true number, nearest to
        them in all; a multiple stays as it is.

    Raises
    ------
    ValueError
        If the base is below 2, or no such numbers exist.
    SolverError
        If the solver fails.

    Examples
    --------
    >>> from analysis.disclosure.system import cross
    >>> table, system = cross([[6, 1], [1, 2]], [[[0, 1]], [[0, 1]]])
    >>> round_additively(system, base=5).reshape(3, 3).tolist()
    [[5.0, 0.0, 5.0], [0.0, 5.0, 5.0], [5.0, 5.0, 10.0]]

    References
    ----------
    Cox, L. H. (1987), A constructive procedure for unbiased controlled rounding, *Journal of
    the American Statistical Association* 82, 520–524.
    """
    if base < 2:
        raise ValueError(f"base must be 2 or more, got {base}")
    below = np.floor(system.numbers / base) * base
    over = system.numbers - below
    known = system.relations @ below
    bounds = (system.low - known, system.high - known)
    program = Program(system.relations * base, bounds, whole=True)
    most = np.where(over > 0, 1.0, 0.0)
    found = program.solve((base - 2 * over) / base, (np.zeros(len(over)), most))
    if found is None:
        raise ValueError(f"no rounding to base {base} adds up; hide small cells instead")
    return below + base * found
