"""The numbers of a release as one linear system: what adds up, what bounds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

TOLERANCE = 1e-6
Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
Tree = Sequence[Sequence[int]]


@dataclass(frozen=True)
class System:
    """
    Numbers, and all that anybody knows of how they hang together.

    Attributes
    ----------
    numbers : numpy.ndarray of float, shape (n,)
        The true numbers; missing where only a bound is known.
    relations : scipy.sparse.csr_array, shape (m, n)
        Each row a sum with signs of some numbers.
    low, high : numpy.ndarray of float, shape (m,)
        What each of these sums is known to lie between; equal ends say what adds up.
    lower, upper : numpy.ndarray of float, shape (n,)
        What each number is known to lie between before anything is published.
    cells : numpy.ndarray of int, shape (n,)
        Cell of each number; the numbers of one cell are hidden together.
    can_hide : numpy.ndarray of bool, shape (n_cells,)
        Whether a cell may still be hidden: not if it is zero, or already public.
    """

    numbers: Floats
    relations: sparse.csr_array
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats
    cells: Ints
    can_hide: Bools

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.can_hide)


@dataclass(frozen=True)
class Hidden:
    """
    The system that is left when everything published is filled in.

    Attributes
    ----------
    which : numpy.ndarray of int, shape (k,)
        Positions of the hidden numbers in the whole system.
    start : numpy.ndarray of float, shape (k,)
        The true numbers; missing where only a bound is known.
    relations : scipy.sparse.csr_array, shape (m, k)
        The relations that still tie hidden numbers to one another: two of them at least.
    low, high : numpy.ndarray of float, shape (m,)
        Bounds of these relations.
    lower, upper : numpy.ndarray of float, shape (k,)
        Bounds of the numbers, those of relations of one number among them.
    """

    which: Ints
    start: Floats
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

    def split(self) -> list[Hidden]:
        """Split into components."""
        if not len(self.which):
            return []
        order = np.argsort(self.parts, kind="stable")
        ends = np.cumsum(np.bincount(self.parts))[:-1]
        return [self.keep(places) for places in np.split(order, ends)]

    def keep(self, places: Ints) -> Hidden:
        """
        Keep whole components.

        Parameters
        ----------
        places : numpy.ndarray of int, shape (j,)
            Positions of all their numbers among the hidden ones.

        Returns
        -------
        Hidden
            These numbers, in this order, and the relations that tie them.
        """
        relations = self.relations[:, places]
        rows = np.diff(relations.indptr) > 0
        return Hidden(
            self.which[places],
            self.start[places],
            relations[rows],
            self.low[rows],
            self.high[rows],
            self.lower[places],
            self.upper[places],
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


def leave_hidden(system: System, hidden: Bools) -> Hidden:
    """
    Fill in everything published.

    Parameters
    ----------
    system : System
        The release.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden. A missing number is hidden whatever its cell is.

    Returns
    -------
    Hidden
        What is left to solve. The true numbers fit it: a bound of a hidden number that the true
        one breaks is nobody's knowledge, and moved to it.

    Raises
    ------
    ValueError
        If the true numbers break a relation; the message names it by its position, and the
        numbers in it by theirs, never their values.
    """
    broken = find_broken(system)
    if len(broken):
        row = system.relations[broken[:1]]
        terms = " ".join(f"{sign:+g}·[{k}]" for k, sign in zip(row.indices, row.data, strict=True))
        raise ValueError(
            f"no numbers fit what is published: {len(broken)} relations do not hold, the first is "
            f"relation {broken[0]}, {terms}; a margin is not the sum of its parts"
        )
    unseen = hidden[system.cells] | np.isnan(system.numbers)
    known = system.relations[:, ~unseen] @ system.numbers[~unseen]
    left = system.relations[:, unseen]
    low, high = system.low - known, system.high - known
    start = system.numbers[unseen]
    lower, upper = system.lower[unseen], system.upper[unseen]
    single, tied = np.diff(left.indptr) == 1, np.diff(left.indptr) > 1
    alone = left[single]  # relations of one number are bounds of it
    ends = np.sort([low[single] / alone.data, high[single] / alone.data], axis=0)
    np.maximum.at(lower, alone.indices, ends[0])
    np.minimum.at(upper, alone.indices, ends[1])
    return Hidden(
        np.flatnonzero(unseen),
        start,
        left[tied],
        low[tied],
        high[tied],
        np.fmin(lower, start),
        np.fmax(upper, start),
    )


def find_broken(system: System) -> Ints:
    """
    Find the relations that the true numbers do not fit.

    Parameters
    ----------
    system : System
        The release; relations of missing numbers are not judged.

    Returns
    -------
    numpy.ndarray of int
        Positions of the relations, beyond rounding errors.
    """
    sums = system.relations @ system.numbers
    slack = TOLERANCE * np.maximum(1, np.abs(sums))
    return np.flatnonzero((sums < system.low - slack) | (sums > system.high + slack))


def add_up(numbers: Floats, sums: Sequence[tuple[int, Sequence[int]]]) -> System:
    """
    Build the system of numbers of which some are the sums of others.

    Parameters
    ----------
    numbers : numpy.ndarray of float, shape (n,)
        The numbers, none negative, each a cell of its own.
    sums : sequence of (int, sequence of int)
        Position of a whole, positions of its parts.

    Returns
    -------
    System
        Zeros are public, as everywhere in this project; they are never hidden.

    Raises
    ------
    ValueError
        If a number is negative, or a whole is not the sum of its parts.

    Examples
    --------
    >>> add_up(np.array([2.0, 3.0, 5.0]), [(2, [0, 1])]).relations.toarray().tolist()
    [[1.0, 1.0, -1.0]]
    """
    n = len(numbers)
    matrix = sparse.lil_array((len(sums), n))
    for row, (whole, parts) in enumerate(sums):
        matrix[row, [*parts]] = 1.0
        matrix[row, whole] = -1.0
    relations = sparse.csr_array(matrix)
    if (numbers < 0).any() or not np.allclose(np.asarray(relations @ numbers), 0):
        raise ValueError("numbers must be 0 or more, and each whole the sum of its parts")
    zero, none = np.zeros(len(sums)), np.zeros(n)
    cells = np.arange(n)
    return System(numbers, relations, zero, zero, none, np.full(n, np.inf), cells, numbers > 0)


def cross(inner: npt.ArrayLike, trees: Sequence[Tree]) -> tuple[Floats, System]:
    """
    Add the wholes of every axis to a table, and relate all of its cells.

    Parameters
    ----------
    inner : array_like
        Counts of any number of axes.
    trees : sequence of sequence of sequence of int
        For each axis, the parts of each whole that is appended to it, in turn; a later whole
        may name an earlier one, at its position behind the table.

    Returns
    -------
    table : numpy.ndarray of float
        The table with its wholes.
    system : System
        Its cells in the order of ``table.ravel()``.

    Examples
    --------
    >>> cross([[1, 2], [3, 4]], [[[0, 1]], [[0, 1]]])[0].tolist()
    [[1.0, 2.0, 3.0], [3.0, 4.0, 7.0], [4.0, 6.0, 10.0]]
    """
    table = np.asarray(inner, dtype=float)
    sizes = table.shape
    for axis, tree in enumerate(trees):
        for parts in tree:
            whole = table.take(parts, axis).sum(axis, keepdims=True)
            table = np.concatenate([table, whole], axis)
    position = np.arange(table.size).reshape(table.shape)
    sums: list[tuple[int, list[int]]] = []
    for axis, tree in enumerate(trees):
        lines = np.moveaxis(position, axis, -1).reshape(-1, table.shape[axis])
        for number, parts in enumerate(tree):
            sums += [(int(line[sizes[axis] + number]), line[[*parts]].tolist()) for line in lines]
    return table, add_up(table.ravel(), sums)
