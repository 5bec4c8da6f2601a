"""What anybody can work out about counts of persons and records, as equations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure import hierarchies
from analysis.disclosure.hierarchies import CATEGORY, WHERE, WINDOW, Nesting
from analysis.disclosure.past import Known
from analysis.disclosure.system import Bools, Floats, System
from analysis.exposure import ALL, ANY, DIMENSIONS, OVERLAPPING, PARTITION, list_dimensions

Terms = Mapping[int, float]
FEWEST_IN_ORDER = 3  # different counts; two are always in some order


@dataclass
class Equations:
    """
    Numbers and what is known of their sums.

    Attributes
    ----------
    n_cells : int
        Number of cells; their persons come first, then their records, then other numbers.
    numbers : list of float
        All numbers, missing where unknown.
    rows : list of (mapping of int to float, float, float)
        Signed numbers, and what their sum lies between.
    remainders : dict of int to int
        Differences that anybody can take and that count persons or records themselves, each
        with the cell it is a part of.
    without : set of int
        Those of them that count who is in a whole and not in one of its parts.
    public : set of int
        Other numbers that everybody knows.
    tied : dict of int to int
        Other numbers that a cell shows besides its counts, each with its cell: they are hidden
        with it.
    shown : frozenset of int
        Cells released before: what only these give away is public already.
    n_general : int
        Number of the first rows, which follow from what the cells are, or were said before; the
        others are what measures give away.
    """

    n_cells: int
    numbers: list[float]
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    remainders: dict[int, int] = field(default_factory=dict)
    without: set[int] = field(default_factory=set)
    public: set[int] = field(default_factory=set)
    tied: dict[int, int] = field(default_factory=dict)
    shown: frozenset[int] = frozenset()
    n_general: int = 0

    def at_least(self, terms: Terms) -> None:
        """
        Say that a sum is zero or more.

        Parameters
        ----------
        terms : mapping of int to float
            Factor of each number in the sum, by its position.

        Returns
        -------
        None
            The sum is a row more.
        """
        self.rows.append((terms, 0.0, np.inf))

    def equal(self, terms: Terms) -> None:
        """
        Say that a sum is zero.

        Parameters
        ----------
        terms : mapping of int to float
            Factor of each number in the sum, by its position.

        Returns
        -------
        None
            The sum is a row more.
        """
        self.rows.append((terms, 0.0, 0.0))

    def add(self, terms: Terms | None = None) -> int:
        """
        Add a number that no table shows; return its position.

        Parameters
        ----------
        terms : mapping of int to float, optional
            Factor of each number in the sum that it is, by its position; without them nobody
            knows the number.

        Returns
        -------
        int
            Its position among all numbers: the last.
        """
        total, last = terms or {}, len(self.numbers)
        known = [factor * self.numbers[number] for number, factor in total.items()]
        self.numbers.append(sum(known) if known else np.nan)
        if known:
            self.equal({**total, last: -1.0})
        return last

    def remain(self, whole: int, parts: Sequence[int], cell: int, *, without: bool = False) -> None:
        """
        Say that a whole less its parts counts something, too.

        Parameters
        ----------
        whole : int
            Position of the number of the whole.
        parts : sequence of int
            Positions of the numbers of its parts.
        cell : int
            The cell that the rest is a part of.
        without : bool, default False
            Whether the rest is whoever is *without* something.

        Returns
        -------
        None
            The rest is a number more, tied to whole and parts, and one of the remainders; nothing
            is said of it if all of them are public already.
        """
        if {number % self.n_cells for number in (whole, *parts)} <= self.shown:
            return
        rest = self.add({whole: 1.0, **dict.fromkeys(parts, -1.0)})
        self.remainders[rest] = cell
        self.without |= {rest} if without else set()


def relate(cells: pd.DataFrame, *, threshold: int = 0) -> Equations:
    """
    Write down all that the definition of some cells tells about their counts.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels, ``n_persons`` and ``n_records`` (missing where
        unknown), and ``before``.
    threshold : int, default 0
        Smallest count shown. Fewer persons or records that a whole has besides its part, in a
        group set apart, are a remainder: those *without* an e-mail address are as few as that.

    Returns
    -------
    Equations
        Records of a whole are those of its parts. Persons of a part are some of the whole's;
        those of all parts, added, are no fewer than the whole's, and as many where persons add
        up over the dimension. No cell has more persons than records, but of ``a+b``, which a
        person may carry on two lines.
    """
    counts = cells[["n_persons", "n_records"]].to_numpy(dtype=float, na_value=np.nan)
    shown = frozenset(np.flatnonzero(cells["before"].eq("shown")).tolist())
    known = Equations(len(cells), counts.T.ravel().tolist(), shown=shown)
    apart = hierarchies.find_groups(cells).to_numpy()
    for cell in np.flatnonzero(~cells[CATEGORY].str.contains("+", regex=False)):
        known.at_least({known.n_cells + int(cell): 1.0, int(cell): -1.0})
    for name in (WHERE, *list_dimensions(relation=PARTITION), WINDOW, CATEGORY):
        is_adding = getattr(DIMENSIONS.get(name), "adds_up", False)
        for at, nesting in hierarchies.find_nestings(cells, name):
            _relate_parts(known, at, nesting, is_adding=is_adding)
            if apart[at[nesting.whole]]:
                _relate_rests(known, at, nesting, threshold, is_adding=is_adding)
    for at in hierarchies.group_cells(cells, CATEGORY):
        _relate_joined(known, at)
    for at in hierarchies.group_cells(cells, WINDOW):
        _relate_windows(known, at)
    for name in list_dimensions(relation=OVERLAPPING):
        if classes := DIMENSIONS[name].classes:
            for at in hierarchies.group_cells(cells, name):
                _relate_overlapping(known, at, classes())
    return known


def list_given(known: Equations, hidden: Bools) -> list[Known]:
    """
    List what measures give away of hidden cells, besides the cells shown.

    Parameters
    ----------
    known : Equations
        All that is known.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells hidden.

    Returns
    -------
    list of tuple
        Terms by the positions of cells, lowest and highest value of their sum: what is left of
        each row when all that is shown is filled in.
    """
    n, given = known.n_cells, list[Known]()
    secret = {number for number, cell in known.tied.items() if hidden[cell]}
    open_numbers = set(range(2 * n, len(known.numbers))) - known.public - {*known.tied}
    unseen = {*np.flatnonzero(np.tile(hidden, 2)).tolist()}
    for terms, low, high in known.rows[known.n_general :]:
        if (secret | open_numbers) & terms.keys():
            continue
        left = {k: by for k, by in terms.items() if k in unseen}
        shown = sum(by * known.numbers[k] for k, by in terms.items() if k not in left)
        if left:
            named = [(k % n, k // n, by) for k, by in left.items()]
            least, most = (None if np.isinf(end) else end - shown for end in (low, high))
            given.append((named, least, most))
    return given


def hold_order(known: Equations, cells: Sequence[int]) -> None:
    """
    Say that the rows of a table stand in the order of their persons.

    Only if they seem to: with three different counts or more, all rising or all falling.

    Parameters
    ----------
    known : Equations
        What is known, which is added to.
    cells : sequence of int
        Cell of each row, in the order of the rows.

    Returns
    -------
    None
        If they stand in order, each two neighbours are known to.
    """
    persons = [known.numbers[cell] for cell in cells]
    for sign in (1.0, -1.0) if len({*persons}) >= FEWEST_IN_ORDER else ():
        if all(sign * (b - a) >= 0 for a, b in pairwise(persons)):
            for before, after in pairwise(cells):
                known.at_least({after: sign, before: -sign})


def build_system(known: Equations, *, upper: Floats, can_hide: Bools, zeros: Bools) -> System:
    """
    Build the linear system of some cells.

    Parameters
    ----------
    known : Equations
        What is known of them.
    upper : numpy.ndarray of float, shape (n_cells,)
        Nobody would believe more persons.
    can_hide : numpy.ndarray of bool, shape (n_cells,)
        Which cells may be hidden.
    zeros : numpy.ndarray of bool, shape (n_cells,)
        Which of them may hide a zero; in others hidden means one person at least.

    Returns
    -------
    System
        Each number that no table shows is a cell of its own, which is never to be hidden; those
        that a cell shows besides are hidden with it.
    """
    n, size = known.n_cells, len(known.numbers)
    matrix = sparse.lil_array((len(known.rows), size))
    for row, (terms, _, _) in enumerate(known.rows):
        for column, sign in terms.items():
            matrix[row, column] = sign
    extra = np.zeros(size - 2 * n)
    # Nobody has no record: a cell that shows zero persons holds none, counted or not.
    least = np.where(zeros | (np.array(known.numbers[:n]) == 0), 0.0, 1.0)
    cell_of = np.concatenate([np.arange(n), np.arange(n), np.arange(n, size - n)])
    cell_of[[*known.tied]] = [*known.tied.values()]
    return System(
        np.array(known.numbers),
        sparse.csr_array(matrix),
        np.array([low for _, low, _ in known.rows]),
        np.array([high for _, _, high in known.rows]),
        np.concatenate([least, least, extra]),
        np.concatenate([upper, np.full(size - n, np.inf)]),
        cell_of,
        np.concatenate([can_hide, extra > 0]),
    )


def _relate_parts(
    known: Equations, at: Mapping[str, int], nesting: Nesting, *, is_adding: bool
) -> None:
    n, whole = known.n_cells, at[nesting.whole]
    parts = [at[part] for part in nesting.parts]
    for part in parts:
        known.at_least({whole: 1.0, part: -1.0})
        if not nesting.is_disjoint:
            known.at_least({n + whole: 1.0, n + part: -1.0})
    for first, adds_up in ((0, is_adding and nesting.is_disjoint), (n, nesting.is_disjoint)):
        numbers = [first + part for part in parts]
        if nesting.covers:
            sums = {**dict.fromkeys(numbers, 1.0), first + whole: -1.0}
            (known.equal if adds_up else known.at_least)(sums)
        elif adds_up:
            known.remain(first + whole, numbers, whole)


def _relate_rests(
    known: Equations, at: Mapping[str, int], nesting: Nesting, threshold: int, *, is_adding: bool
) -> None:
    """Name the few persons or records, if they do not add up, that a whole has besides a part."""
    whole = at[nesting.whole]
    firsts = [] if is_adding else [0]
    firsts += [] if nesting.is_disjoint else [known.n_cells]
    for part in [at[part] for part in nesting.parts]:
        for first in firsts:
            rest = known.numbers[first + whole] - known.numbers[first + part]
            if known.numbers[first + part] > 0 and 0 < rest < threshold:
                known.remain(first + whole, [first + part], whole, without=True)


def _relate_joined(known: Equations, at: Mapping[str, int]) -> None:
    """Relate *both* to *each*: those with both are the more, the fewer have either."""
    for label in [label for label in at if label.count("+") == 1]:
        terms = label.split("+")
        for term in [term for term in terms if term in at]:
            known.at_least({at[term]: 1.0, at[label]: -1.0})
        if ANY in at and all(term in at for term in terms):
            either = {at[terms[0]]: -1.0, at[terms[1]]: -1.0}
            known.at_least({at[ANY]: 1.0, at[label]: 1.0, **either})


def _relate_overlapping(
    known: Equations, at: Mapping[str, int], classes: Mapping[str, frozenset[Any]]
) -> None:
    """Write cells that overlap as sums of classes that do not; everybody is in one class."""
    if len(at) == 1 or not at.keys() <= classes.keys():
        return
    for first in (0, known.n_cells):
        count = {one: known.add() for one in frozenset().union(*classes.values())}
        for label, cell in at.items():
            known.equal({first + cell: -1.0, **{count[one]: 1.0 for one in classes[label]}})
        for whole, parts in _list_packings({label: classes[label] for label in at}):
            apart = {first + at[part]: -1.0 for part in parts}
            known.at_least({first + at[whole]: 1.0, **apart})


def _list_packings(sets: Mapping[str, frozenset[Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """List parts of each set of which no two overlap."""
    for whole, members in sets.items():
        inside = [label for label, some in sets.items() if some < members]
        for size in range(1, len(inside) + 1):
            for parts in combinations(inside, size):
                if hierarchies.are_disjoint([sets[part] for part in parts]):
                    yield whole, parts


def _relate_windows(known: Equations, at: Mapping[str, int]) -> None:
    """
    Relate windows that overlap.

    Records are counted from a first day on: those of a window are the count at its end less
    that at its start. Persons of a window are no more than those of windows that follow upon
    one another from its start to its end.
    """
    ends = {label: label.split("/") for label in at if label != ALL}
    if not _overlap([*ends.values()]):
        return
    edges = sorted(frozenset().union(*ends.values()))
    count = {edge: known.add() for edge in edges}
    for before, after in pairwise(edges):
        known.at_least({count[after]: 1.0, count[before]: -1.0})
    if ALL in at:
        apart = {count[edges[0]]: 1.0, count[edges[-1]]: -1.0}
        known.at_least({known.n_cells + at[ALL]: 1.0, **apart})
    for label, (start, end) in ends.items():
        known.equal({known.n_cells + at[label]: 1.0, count[end]: -1.0, count[start]: 1.0})
        for chain in _list_chains(ends, label):
            known.at_least({**{at[part]: 1.0 for part in chain}, at[label]: -1.0})


def _list_chains(ends: Mapping[str, Sequence[str]], whole: str) -> Iterator[list[str]]:
    """List for each window inside another a chain of windows through it, end to end."""
    start, end = ends[whole]
    inside = {
        label: (a, b)
        for label, (a, b) in ends.items()
        if start <= a and b <= end and label != whole
    }
    for label, (a, b) in inside.items():
        before, after = _find_chain(inside, start, a), _find_chain(inside, b, end)
        if before is not None and after is not None:
            yield [*before, label, *after]


def _find_chain(windows: Mapping[str, Sequence[str]], start: str, end: str) -> list[str] | None:
    """Find the fewest windows that follow upon one another from a day to another."""
    chains: dict[str, list[str]] = {start: []}
    reached = [start]
    for day in reached:
        for label, (a, b) in windows.items():
            if a == day and b not in chains:
                chains[b] = [*chains[day], label]
                reached.append(b)
    return chains.get(end)


def _overlap(windows: Sequence[Sequence[str]]) -> bool:
    return any(a[0] < b[0] < a[1] < b[1] for a in windows for b in windows)
