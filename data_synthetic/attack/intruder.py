"""Work out hidden numbers from statements: what everybody knows of counts, as linear rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis import reference
from data_synthetic.attack import reader
from data_synthetic.attack.reader import ANY, PERSONS, RECORDS, Cell, Statement

Number = tuple[str, Cell]
Row = tuple[dict[Number, float], float, float]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST = 1e7  # more records than any file here has
NEAR = 1e-6
ROUNDS = 60  # of narrowing; each makes intervals smaller, none is needed for them to be right


@dataclass
class Rows:
    """
    Rows of a linear system over numbers that are named when they are first used.

    Attributes
    ----------
    numbers : dict of tuple of str and Cell to int
        Position of each number.
    rows : list
        Factors by number, lowest and highest value of the sum.
    """

    numbers: dict[Number, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(self, terms: Mapping[Number, float], low: float = 0, high: float = inf) -> None:
        """Add one row."""
        for number in terms:
            self.numbers.setdefault(number, len(self.numbers))
        self.rows.append((dict(terms), low, high))


def pose_statements(statements: Sequence[Statement]) -> Rows:
    """
    Write down what everybody knows of the cells that statements are about.

    Records of a cell are the sum of those of its periods, and of its places; persons are at least
    those of any part, at most those of all parts together, and never more than records. Whoever
    stands in a part twice stands in the whole twice, so the records beyond the first of each
    person are at least those of all parts together. A kind of data is within *any*.

    Parameters
    ----------
    statements : sequence of Statement
        As `reader.read_edition` returns them.

    Returns
    -------
    Rows
        The rows without the statements' own numbers.
    """
    found = Rows()
    cells = {cell: None for one in statements for (_, cell), _ in one.terms}
    edges = _list_edges(cells)
    families: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cells:
        families[cell._replace(start="", end="")].append(cell)
    for family, members in families.items():
        _pose_windows(found, members, edges[_axis(family)])
    for cell in cells:
        found.add({(RECORDS, cell): 1, (PERSONS, cell): -1})
        _pose_category(found, cell, cells, edges)
    _pose_places(found, cells, edges)
    _pose_parts(found, cells)
    return found


def _axis(cell: Cell) -> Cell:
    return cell._replace(place="", start="", end="")


def _list_edges(cells: Iterable[Cell]) -> dict[Cell, list[str]]:
    """List the days that cut time, alike for all places; *any* and the whole are cut finest."""
    edges: dict[Cell, set[str]] = defaultdict(set)
    for cell in cells:
        for category in {cell.category, ANY}:
            for basis in {cell.basis, ""}:
                axis = _axis(cell)._replace(category=category, basis=basis)
                edges[axis] |= {cell.start, cell.end}
    return {axis: sorted(days) for axis, days in edges.items()}


def _cut(cell: Cell, days: Sequence[str]) -> list[Cell]:
    """Cut a cell into periods without a day between."""
    inside = [day for day in days if cell.start <= day <= cell.end]
    return [cell._replace(start=a, end=b) for a, b in pairwise(inside)] or [cell]


def _sum(unit: str, cells: Iterable[Cell], factor: float = 1) -> dict[Number, float]:
    return {(unit, cell): factor for cell in cells}


def _excess(cell: Cell, factor: float = 1) -> dict[Number, float]:
    return {(RECORDS, cell): factor, (PERSONS, cell): -factor}


def _pose_windows(found: Rows, members: Sequence[Cell], days: Sequence[str]) -> None:
    for whole in members:
        pieces = _cut(whole, days)
        if pieces != [whole]:
            found.add({(RECORDS, whole): -1, **_sum(RECORDS, pieces)}, 0, 0)
        parts = [c for c in members if c != whole and whole.start <= c.start and c.end <= whole.end]
        for part in parts:
            found.add({(PERSONS, whole): 1, (PERSONS, part): -1})
            found.add({**_excess(whole), **_excess(part, -1)})
        apart = _choose_apart(parts)
        if len(apart) > 1:
            found.add(_excess(whole) | {n: f for c in apart for n, f in _excess(c, -1).items()})
        if cover := _choose_cover(whole, members):
            found.add({(PERSONS, whole): -1, **_sum(PERSONS, cover)})


def _choose_apart(parts: Iterable[Cell]) -> list[Cell]:
    """Choose as many periods as lie side by side."""
    chosen: list[Cell] = []
    for part in sorted(parts, key=lambda cell: (cell.end, cell.start)):
        if not chosen or chosen[-1].end <= part.start:
            chosen.append(part)
    return chosen


def _choose_cover(whole: Cell, members: Iterable[Cell]) -> list[Cell]:
    """Choose short periods that cover one; none if they do not."""
    others = [c for c in members if not (c.start <= whole.start and whole.end <= c.end)]
    chosen, day = [], whole.start
    while day < whole.end:
        here = [c for c in others if c.start <= day < c.end]
        if not here:
            return []
        chosen.append(min(here, key=lambda cell: (cell.end, cell.start)))
        day = chosen[-1].end
    return chosen


def _pose_category(
    found: Rows, cell: Cell, cells: Mapping[Cell, None], edges: Mapping[Cell, list[str]]
) -> None:
    for category in reader.list_wider(cell.category):
        whole = cell._replace(category=category)
        if whole not in cells:
            continue
        found.add({(PERSONS, whole): 1, (PERSONS, cell): -1})
        if "+" in cell.category:
            continue
        found.add({(RECORDS, whole): 1, (RECORDS, cell): -1})
        found.add({**_excess(whole), **_excess(cell, -1)})
        for piece in _cut(cell, edges[_axis(cell)]) if category == ANY else []:
            wider = _cut(piece._replace(category=ANY), edges[_axis(whole)])
            found.add({**_sum(RECORDS, wider), (RECORDS, piece): -1})


def _pose_places(found: Rows, cells: Mapping[Cell, None], edges: Mapping[Cell, list[str]]) -> None:
    """Every record has one place, every person at least one."""
    codes = (*reference.list_dep_codes(), reference.UNKNOWN, reference.ABROAD)
    axes = {_axis(cell): None for cell in cells if cell.place}
    for axis in axes:
        whole = axis._replace(basis="")
        for start, end in pairwise(edges[axis]):
            fine = _cut(whole._replace(start=start, end=end), edges[whole])
            there = [axis._replace(place=code, start=start, end=end) for code in codes]
            found.add({**_sum(RECORDS, fine), **_sum(RECORDS, there, -1)}, 0, 0)
    for whole in [cell for cell in cells if not cell.basis]:
        for basis in {axis.basis for axis in axes}:
            there = [whole._replace(basis=basis, place=code) for code in codes]
            if not any(cell in cells for cell in there):
                continue
            found.add({(PERSONS, whole): -1, **_sum(PERSONS, there)})
            beyond = {n: f for cell in there for n, f in _excess(cell, -1).items()}
            found.add(_excess(whole) | beyond)
            for cell in there:
                found.add({(PERSONS, whole): 1, (PERSONS, cell): -1})
                found.add(_excess(cell))


def _pose_parts(found: Rows, cells: Mapping[Cell, None]) -> None:
    """Every person has one level of severity."""
    levels: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.part.startswith("level=") and "," not in cell.part:
            levels[cell._replace(part="")].append(cell)
    for whole, parts in levels.items():
        if whole in cells and len(parts) == len({"low", "medium", "high", "very high"}):
            found.add({(PERSONS, whole): -1, **_sum(PERSONS, parts)}, 0, 0)


class System:
    """
    Rows and statements as matrices, with an interval for each number.

    Attributes
    ----------
    numbers : dict of tuple of str and Cell to int
        Position of each number.
    low, high : numpy.ndarray of float, shape (n_numbers,)
        Ends of the intervals known so far.
    """

    def __init__(self, posed: Rows, statements: Sequence[Statement]) -> None:
        given = Rows(dict(posed.numbers), [*posed.rows])
        for one in statements:
            given.add(dict(one.terms), one.low, one.high)
        self.numbers = given.numbers
        self.low, self.high = np.zeros(len(self.numbers)), np.full(len(self.numbers), MOST)
        entries = [
            (position, self.numbers[number], float(factor))
            for position, (terms, *_) in enumerate(given.rows)
            for number, factor in terms.items()
        ]
        rows, columns, factors = map(np.array, zip(*entries, strict=True))
        shape = (len(given.rows), len(self.numbers))
        self.matrix = sparse.csr_array((factors, (rows, columns)), shape=shape)
        _, self.row_low, self.row_high = map(np.array, zip(*given.rows, strict=True))

    def interval(self, number: Number) -> tuple[float, float]:
        """Return the interval of a number; of one that no row names, all there is."""
        at = self.numbers.get(number)
        return (0, MOST) if at is None else (float(self.low[at]), float(self.high[at]))

    def narrow(self) -> None:
        """
        Narrow all intervals by each row alone, until nothing moves.

        Raises
        ------
        ValueError
            If no numbers fit: something was misread.
        """
        rows, columns, factors = sparse.find(self.matrix)
        up = factors > 0
        for _ in range(ROUNDS):
            before = self.low.copy(), self.high.copy()
            least = factors * np.where(up, self.low[columns], self.high[columns])
            most = factors * np.where(up, self.high[columns], self.low[columns])
            others = np.bincount(rows, least, len(self.row_low))[rows] - least
            room = (self.row_high[rows] - others) / factors
            others = np.bincount(rows, most, len(self.row_low))[rows] - most
            need = (self.row_low[rows] - others) / factors
            np.minimum.at(self.high, columns, np.floor(np.where(up, room, need) + NEAR))
            np.maximum.at(self.low, columns, np.ceil(np.where(up, need, room) - NEAR))
            if (self.low > self.high).any():
                at = int(np.argmax(self.low - self.high))
                raise ValueError(f"no numbers fit at {[*self.numbers][at]}: something is misread")
            if (before[0] == self.low).all() and (before[1] == self.high).all():
                return

    def solve(self, asked: Iterable[Number], *, enough: float) -> None:
        """
        Narrow the intervals of some numbers by all rows together.

        Parameters
        ----------
        asked : iterable of tuple of str and Cell
            Numbers to work out.
        enough : float
            An upper end is left as it is where a solution reaches this number.

        Returns
        -------
        None
            `low` and `high` hold what the relaxed program allows, rounded inwards.
        """
        wanted = np.array([self.numbers[number] for number in asked], dtype=int)
        up, down = self.matrix.maximum(0), self.matrix.minimum(0)
        least, most = (up @ a + down @ b for a, b in [(self.low, self.high), (self.high, self.low)])
        live = np.flatnonzero((least < self.row_low - NEAR) | (most > self.row_high + NEAR))
        free = np.flatnonzero(self.low < self.high)
        taken = self.matrix[live] @ np.where(self.low < self.high, 0, self.low)
        inner = sparse.csr_array(self.matrix[live][:, free])
        rows, columns, factors = sparse.find(inner)
        shape = (len(live) + len(free),) * 2
        graph = sparse.csr_array((factors, (rows, columns + len(live))), shape=shape)
        _, label = connected_components(graph, directed=False)
        for one in np.unique(label[len(live) :][np.isin(free, wanted)]):
            mine = np.flatnonzero(label[: len(live)] == one)
            own = np.flatnonzero(label[len(live) :] == one)
            names, block = free[own], sparse.csr_array(inner[mine][:, own])
            low, high = (end[live][mine] - taken[mine] for end in (self.row_low, self.row_high))
            solver = _open_solver(self.low[names], self.high[names], block, low, high)
            self._push_ends(solver, names, np.isin(names, wanted), enough)

    def _push_ends(self, solver: highspy.Highs, names: Ints, asked: Bools, enough: float) -> None:
        """Push numbers to both ends, but those that a solution for others has brought there."""
        each = np.arange(len(names), dtype=np.int32)
        together = asked.astype(float)
        seen = np.array([_push(solver, each, cost) for cost in (together, -together)])
        for here in np.flatnonzero(asked):
            at, cost = names[here], np.where(each == here, 1.0, 0.0)
            if seen[:, here].min() > self.low[at] + NEAR:
                seen = np.vstack([seen, _push(solver, each, cost)])
                self.low[at] = np.ceil(seen[-1, here] - NEAR)
            if seen[:, here].max() < min(self.high[at], enough) - NEAR:
                seen = np.vstack([seen, _push(solver, each, -cost)])
                self.high[at] = np.floor(seen[-1, here] + NEAR)
            seen = np.array([seen.min(axis=0), seen.max(axis=0)])


def _open_solver(
    low: Floats, high: Floats, rows: sparse.csr_array, row_low: Floats, row_high: Floats
) -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # as the gate does: a process has one pool
    solver.addVars(len(low), low, high)
    at = (rows.indptr[:-1], rows.indices, rows.data)
    solver.addRows(len(row_low), row_low, row_high, rows.nnz, *at)
    return solver


def _push(solver: highspy.Highs, columns: npt.NDArray[np.int32], cost: Floats) -> Floats:
    """Return the numbers that make a sum smallest."""
    solver.changeColsCost(len(columns), columns, cost)
    solver.run()
    if (status := solver.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
        raise ValueError(f"no numbers fit what is shown ({status}): something is misread")
    return np.array(solver.getSolution().col_value)
