"""The numbers of a release as one linear system: what adds up, what bounds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

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
