"""Work out hidden numbers from statements: what everybody knows of counts, as linear rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from math import inf

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis import reference
from data_synthetic.simulation.reader import ANY, PERSONS, RECORDS, Cell, Statement

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


@cache
def list_wider(category: str) -> tuple[str, ...]:
    """
    List the kinds of data that hold all of a kind.

    Parameters
    ----------
    category : str
        A kind, a group of kinds, or several joined by ``+``.

    Returns
    -------
    tuple of str
        Its group, what it is read from, each of those joined; always ``any``.

    Examples
    --------
    >>> list_wider("email"), list_wider("nir+email"), list_wider("any")
    (('contact', 'any'), ('nir', 'email', 'any'), ())
    """
    if category == ANY:
        return ()
    if "+" in category:
        return (*category.split("+"), ANY)
    known = reference.read_categories()
    if category not in known.index:
        return ("comments", ANY) if category.startswith("said_") else (ANY,)
    row = known.loc[category]
    said = ("comments",) if row["read_from"] == "comments" else ()
    return (str(row["category_group"]), *said, ANY)


def _pose_category(
    found: Rows, cell: Cell, cells: Mapping[Cell, None], edges: Mapping[Cell, list[str]]
) -> None:
    for category in list_wider(cell.category):
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
        all_rows = Rows(dict(posed.numbers), [*posed.rows])
        alone = [one for one in statements if len(one.terms) == 1]
        for one in statements:
            if len(one.terms) > 1:
                all_rows.add(dict(one.terms), one.low, one.high)
        for one in alone:
            all_rows.numbers.setdefault(one.terms[0][0], len(all_rows.numbers))
        self.numbers = all_rows.numbers
        self.low, self.high = np.zeros(len(self.numbers)), np.full(len(self.numbers), MOST)
        for one in alone:
            at = self.numbers[one.terms[0][0]]
            self.low[at] = max(self.low[at], np.ceil(one.low - NEAR))
            self.high[at] = min(self.high[at], np.floor(one.high + NEAR))
        entries = [
            (position, self.numbers[number], float(factor))
            for position, row in enumerate(all_rows.rows)
            for number, factor in row[0].items()
        ]
        rows, columns, factors = map(np.array, zip(*entries, strict=True))
        shape = (len(all_rows.rows), len(self.numbers))
        self.matrix = sparse.csr_array((factors, (rows, columns)), shape=shape)
        self.row_low = np.array([row[1] for row in all_rows.rows])
        self.row_high = np.array([row[2] for row in all_rows.rows])

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
            names, ends = free[own], (self.row_low[live] - taken, self.row_high[live] - taken)
            program = _pose_program(inner[mine][:, own], self.low[names], self.high[names])
            program.row_lower_, program.row_upper_ = (end[mine] for end in ends)
            self._solve_program(program, names, np.isin(names, wanted), enough)

    def _solve_program(
        self, program: highspy.HighsLp, names: Ints, asked: Bools, enough: float
    ) -> None:
        """Push numbers to both ends, but those that a solution for others has brought there."""
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(program)
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


def _pose_program(block: sparse.csr_array, low: Floats, high: Floats) -> highspy.HighsLp:
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = block.shape
    program.col_cost_ = np.zeros(len(low))
    program.col_lower_, program.col_upper_ = low, high
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = block.indptr
    program.a_matrix_.index_ = block.indices
    program.a_matrix_.value_ = block.data
    return program


def _push(solver: highspy.Highs, columns: npt.NDArray[np.int32], cost: Floats) -> Floats:
    """Return the numbers that make a sum smallest."""
    solver.changeColsCost(len(columns), columns, cost)
    solver.run()
    if (status := solver.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
        raise ValueError(f"no numbers fit what is shown ({status}): something is misread")
    return np.array(solver.getSolution().col_value)
