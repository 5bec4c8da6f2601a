"""Which other cells must be hidden so that the small ones stay hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from analysis.disclosure import attack
from analysis.disclosure.attack import WHOLE_UP_TO, Moves, Needs, audit, complete, push_ends
from analysis.disclosure.programs import ENDLESS, Program
from analysis.disclosure.system import TOLERANCE, Bools, Floats, Hidden, Ints, System, leave_hidden

COSTS: Mapping[str, Callable[[Floats], Floats]] = {
    "cells": np.ones_like,
    "persons": np.copy,
    "information": np.log1p,
}
# Largest system, in numbers times ends to be reached, that is solved to the cheapest pattern.
EXACT_UP_TO = 400
# Largest system, in numbers, that is searched in more than one order.
ORDERED_UP_TO = 400
MET_ALONE = 150  # needs met one by one, before it is seen what the cells hidden prove besides
SHOWN_UP_TO = 100  # cells that are tried once more
NEAR = 0.1  # keeps the price of a cell that hardly moved finite
FREE = 1e-3  # what a hidden cell costs for every unit it moves, so that few cells move


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
    lower = np.maximum(np.where(primary, 1.0, np.inf), find_least(system))
    upper = np.where(primary, threshold - 1.0, -np.inf)
    return Needs(lower, upper, np.ones(len(lower)))


def find_least(system: System) -> Floats:
    """
    Find the least that each number can be, were all but the zeros hidden.

    Parameters
    ----------
    system : System
        The release.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Lower bounds; minus infinity for a zero.

    Raises
    ------
    ValueError
        If the true numbers break a relation.
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
    n = len(system.numbers)
    if n <= EXACT_UP_TO and 0 < len(_list_open(system, hidden, needs)) * n <= EXACT_UP_TO:
        hidden = hide_cheapest(system, hidden, needs, cost)
    return hide_greedily(system, hidden, needs, cost)


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
    left = complete(leave_hidden(system, hidden | system.can_hide))
    choices = np.flatnonzero(system.can_hide & ~hidden)
    ends = _list_open(system, hidden, needs)
    lower, upper = (np.tile(bounds, (len(ends), 1)) for bounds in (left.lower, left.upper))
    for row, ((number, sign), far) in enumerate(ends.items()):
        place = np.searchsorted(left.which, number)
        (lower if sign > 0 else upper)[row, place] = left.start[place] + sign * far
    # A number that no table shows stays unseen whatever is chosen, and is tied to no choice.
    is_shown = np.isin(system.cells[left.which], choices) & ~np.isnan(system.numbers[left.which])
    priced = np.flatnonzero(is_shown)
    start = left.start[priced]
    up = np.full(len(priced), 3 * max(ends.values(), default=0.0))
    down = np.minimum(up, start - left.lower[priced])
    of_cell = np.searchsorted(choices, system.cells[left.which][priced])
    n, many = len(priced), len(ends)
    picked = sparse.eye_array(len(left.which), format="csr")[priced]
    tied = [
        sparse.csr_array((far, (np.arange(n), of_cell)), shape=(n, len(choices)))
        for far in (-up, down)
    ]
    each, column = sparse.eye_array(many), np.ones((many, 1))
    blocks = [[sparse.kron(each, left.relations), None]]
    blocks += [[sparse.kron(each, picked), sparse.kron(column, tie)] for tie in tied]
    endless = np.full(many * n, np.inf)
    program = Program(
        sparse.block_array(blocks, format="csr"),
        (
            np.concatenate([np.tile(left.low, many), -endless, np.tile(start, many)]),
            np.concatenate([np.tile(left.high, many), np.tile(start, many), endless]),
        ),
        whole=True,
    )
    columns = (
        np.concatenate([lower.ravel(), np.zeros(len(choices))]),
        np.concatenate([upper.ravel(), np.ones(len(choices))]),
    )
    found = program.solve(np.concatenate([np.zeros(lower.size), cost[choices]]), columns)
    if found is None:
        return hide_greedily(system, hidden, needs, cost)
    chosen = hidden.copy()
    chosen[choices[found[lower.size :] > 0.5]] = True
    return chosen


def _list_open(system: System, hidden: Bools, needs: Needs) -> dict[tuple[int, int], float]:
    """List the ends of hidden numbers, each position with 1 or -1, and how far they must move."""
    left = complete(leave_hidden(system, hidden))
    aims = attack.list_aims(left, audit(system, hidden, needs)[left.which], needs).reshape(2, -1)
    aims[1, ~np.isfinite(needs.lower_protection[left.which])] = np.nan  # known: up will do
    return {
        (int(left.which[place]), 1 - 2 * int(down)): float(aims[down, place])
        for down, place in np.argwhere(~np.isnan(aims))
    }


def hide_greedily(system: System, hidden: Bools, needs: Needs, cost: Floats) -> Bools:
    """
    Hide more cells, need by need, each time the least that meets it; then show what is not needed.

    A linear program looks for numbers that the published would allow and that are far enough
    from the true ones; a cell that is not hidden yet pays for every unit it moves. The cells
    that moved are hidden. Such a move proves every interval that it widens, whatever else is
    hidden later, so that few programs are solved. In the end, the dearest cells first, each is
    shown again if other moves of those still hidden prove the same.

    Parameters
    ----------
    system, hidden, needs, cost
        As for `hide`.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        All cells to hide. Needs that no pattern meets are left for the audit to find.

    Raises
    ------
    ValueError
        If the true numbers break a relation, or none fit what was released before.
    SolverError
        If the solver fails.

    Notes
    -----
    Elimination, the usual method for large tables, finds what can be recovered to a value from
    sums. Here intervals must be wide, too, and persons hang together by inequalities.
    """
    orders = (1, -1) if len(system.numbers) <= ORDERED_UP_TO else (1,)
    found = [Search(system, hidden, needs, cost).run(order=order) for order in orders]
    if len(found) == 1:
        return found[0]
    return min(found, key=lambda one: (len(_list_open(system, one, needs)), cost[one].sum()))


class Search:
    """
    A pattern in the making, and the moves that prove it.

    Parameters
    ----------
    system, hidden, needs, cost
        As for `hide`.

    Attributes
    ----------
    chosen : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden so far.
    proofs : list of numpy.ndarray of float, shape (k,)
        Moves of hidden numbers that everything published allows.
    """

    def __init__(self, system: System, hidden: Bools, needs: Needs, cost: Floats) -> None:
        self.system, self.hidden, self.needs, self.cost = system, hidden, needs, cost
        self.left = complete(leave_hidden(system, hidden | system.can_hide))
        self.moves = Moves(self.left)
        self.cells = system.cells[self.left.which]
        self.chosen = hidden.copy()
        self.proofs: list[sparse.coo_array] = []
        self.inner = np.column_stack([self.left.start, self.left.start])

    def run(self, *, order: int) -> Bools:
        """
        Search once; the farthest needs first, or the nearest.

        Parameters
        ----------
        order : {1, -1}
            The farthest first, or the nearest.

        Returns
        -------
        numpy.ndarray of bool, shape (n_cells,)
            All cells to hide.

        Raises
        ------
        ValueError
            If no numbers fit what was released before.
        SolverError
            If the solver fails.
        """
        self.meet_all(order=order)
        self.show_again()
        self.meet_whole()
        return self.chosen

    def list_aims(self) -> Floats:
        """List how far hidden numbers must still move; see `analysis.attack.list_aims`."""
        aims = attack.list_aims(self.left, self.inner, self.needs)
        return np.where(np.tile(self.chosen[self.cells], 2), aims, np.nan)

    def prove_hidden(self) -> None:
        """Prove what the cells hidden so far prove, many needs by one program."""
        part, at = self._narrow()
        moves, inner = Moves(part), self.inner[at]
        found = push_ends(moves, inner, self.needs, until="all pushed together")
        self.inner[at] = inner
        for move in found:
            full = np.zeros(len(self.cells))
            full[at] = move
            self.proofs.append(sparse.coo_array(full))

    def _narrow(self) -> tuple[Hidden, Ints]:
        """Leave hidden what is chosen; and say where that is among all that can be hidden."""
        part = leave_hidden(self.system, self.chosen)
        at = np.searchsorted(self.left.which, part.which)
        return replace(part, start=self.left.start[at]), at

    def meet_all(self, *, order: int = 1) -> None:
        """
        Meet all needs, the farthest first, or the nearest.

        Parameters
        ----------
        order : {1, -1}
            The farthest first, or the nearest.

        Returns
        -------
        None
            Each end that fell short was tried, or is proved; `chosen` has the cells hidden for it.

        Raises
        ------
        SolverError
            If the solver fails.
        """
        tried = np.zeros(2 * len(self.cells), dtype=bool)
        while True:
            self.prove_hidden()
            aims = self.list_aims()
            waiting = np.flatnonzero(~np.isnan(aims) & ~tried)
            if not len(waiting):
                return
            for end in waiting[np.argsort(-order * aims[waiting], kind="stable")][:MET_ALONE]:
                if not np.isnan(aims[end]):
                    tried[end] = True
                    self.meet(self.moves, int(end), aims)
                    aims = self.list_aims()

    def meet(self, moves: Moves, end: int, aims: Floats, *, nodes: int = ENDLESS) -> None:
        """
        Meet one need, if it can be, and hide the cells that must move for it.

        Solved twice: a cell pays first for every unit it moves, then for having moved.

        Parameters
        ----------
        moves : Moves
            Of all numbers that can be hidden.
        end : int
            Position of the need in `aims`.
        aims : numpy.ndarray of float, shape (2 k,)
            How far each number must still move up, then down.
        nodes : int, optional
            As for `Program.solve`.

        Returns
        -------
        None
            If a move meets the need, its cells are in `chosen`, and it is one of `proofs`.

        Raises
        ------
        SolverError
            If the solver fails.
        """
        aim = np.where(np.arange(len(aims)) == end, aims, np.nan)
        price = np.where(self.chosen[self.cells], FREE, self.cost[self.cells])
        move = moves.find(aim, price, nodes=nodes)
        if move is None:
            return
        if not self.chosen[self._find_moved(move)].all():
            again = moves.find(aim, price / (np.abs(move) + NEAR), nodes=nodes)
            move = move if again is None else again
        self.chosen[self._find_moved(move)] = True
        self.proofs.append(sparse.coo_array(move))
        attack.widen(self.inner, self.left.start + move)

    def _find_moved(self, move: Floats) -> Ints:
        return self.cells[np.abs(move) > TOLERANCE]

    def meet_whole(self) -> None:
        """
        Meet needs of small components in whole numbers, which the audit asks of them.

        Where a move by fractions of a large system left a small component, others follow.
        """
        if len(self.cells) <= WHOLE_UP_TO:
            return
        before = None
        while before is None or (before != self.chosen).any():
            before = self.chosen.copy()
            reached = audit(self.system, self.chosen, self.needs, whole_only=True)
            left = leave_hidden(self.system, self.chosen)
            whole = left.which[np.bincount(left.parts)[left.parts] <= WHOLE_UP_TO]
            small = np.isin(self.left.which, whole)
            self.inner[small] = reached[self.left.which][small]
            aims = np.where(np.tile(small, 2), self.list_aims(), np.nan)
            moves = Moves(self.left, whole=True) if (~np.isnan(aims)).any() else self.moves
            for end in np.flatnonzero(~np.isnan(aims)).tolist():
                if not np.isnan(self.list_aims()[end]):
                    self.meet(moves, end, self.list_aims(), nodes=attack.MOST_NODES)
            self.meet_all()

    def show_again(self) -> None:
        """Show the dearest cells again that need not be hidden."""
        extra = np.flatnonzero(self.chosen & ~self.hidden)
        if not len(extra):
            return
        part, at = self._narrow()
        moves, proofs = Moves(part), sparse.csr_array(sparse.vstack(self.proofs))[:, at]
        shown = np.zeros(len(at), dtype=bool)
        for cell in extra[np.argsort(-self.cost[extra], kind="stable")][:SHOWN_UP_TO]:
            own = self.cells[at] == cell
            most = moves.most.copy()
            moves.most[np.tile(own, 2)] = 0
            valid = proofs[abs(proofs[:, own]).sum(axis=1) == 0]
            inner = _span(part, valid)
            more = push_ends(moves, inner, self.needs, ignored=shown | own, until="one fails")
            is_open = ~np.isnan(attack.list_aims(part, inner, self.needs))
            if not is_open[np.tile(~(shown | own), 2)].any():
                self.chosen[cell], shown = False, shown | own
                rows = sparse.csr_array(np.reshape(more, (-1, len(at))))
                proofs = sparse.csr_array(sparse.vstack([valid, rows]))
            else:
                moves.most = most
        self.inner = np.column_stack([self.left.start, self.left.start])
        self.inner[at] = _span(part, proofs)


def _span(part: Hidden, proofs: sparse.csr_array) -> Floats:
    """Return the intervals that moves prove, no move among them."""
    if not proofs.shape[0]:
        return np.column_stack([part.start, part.start])
    ends = [
        np.minimum(proofs.min(axis=0).toarray(), 0),
        np.maximum(proofs.max(axis=0).toarray(), 0),
    ]
    return part.start[:, None] + np.column_stack(ends)
