"""The kernel: records of a partition become counts by one sorted 64-bit key and its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from analysis import reference
from analysis.exposure.coding import CodedRecords
from analysis.exposure.dimensions import DIMENSIONS, PLACE, list_dimensions

Ints = npt.NDArray[np.int64]
KEY_BITS = 63


@dataclass(frozen=True)
class Axis:
    """
    One dimension of a grid of cells.

    Attributes
    ----------
    name : str
        Name of the dimension.
    column : str
        Coded column it is read from.
    places : numpy.ndarray of int, shape (n_codes,)
        Position along the axis of each code of the column.
    labels : list of str
        What the positions stand for.
    """

    name: str
    column: str
    places: Ints
    labels: list[str]


@dataclass(frozen=True)
class Grid:
    """
    What one pass over the records looks at, in numbers.

    Attributes
    ----------
    axes : list of Axis
        What makes a cell; the last axis runs fastest.
    masks : list of int
        Bits of ``filled``; a record belongs to a selection if any of its bits is set.
    edges : numpy.ndarray of int, shape (n_periods + 1,)
        Days that cut time into periods; records outside all of them do not count.
    laboratories : list of int, optional
        Codes of the laboratories whose records count; all by default.
    """

    axes: list[Axis]
    masks: list[int]
    edges: Ints
    laboratories: list[int] | None = None

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(np.prod([len(axis.labels) for axis in self.axes], dtype=np.int64))

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.edges) - 1

    @property
    def n_bits(self) -> int:
        """Number of selections, a bit of the key each."""
        return len(self.masks)


@dataclass(frozen=True)
class Runs:
    """
    The persons of a partition, each once in every cell and period.

    Attributes
    ----------
    group : numpy.ndarray of int, shape (n_runs,)
        Person and cell in one number, ``person * n_cells + cell``, never going back.
    period : numpy.ndarray of int, shape (n_runs,)
        Period, never going back within a group.
    flags : numpy.ndarray of int, shape (n_runs,)
        Bit ``k`` is set if one of the person's records there belongs to selection ``k``.
    n_records : numpy.ndarray of int, shape (n_runs,)
        Records [records].
    slot, record_flags : numpy.ndarray of int, shape (n_records,)
        Cell and period in one number, and the selections, of each record.
    """

    group: Ints
    period: Ints
    flags: Ints
    n_records: Ints
    slot: Ints
    record_flags: Ints


def choose_axes(coded: CodedRecords, by: Sequence[str], place: str) -> list[Axis]:
    """
    Choose the axes of a count.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    by : sequence of str
        Dimensions with a coded column.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis.

    Returns
    -------
    list of Axis
        In the order of `by`.

    Raises
    ------
    ValueError
        If a dimension or the place basis is unknown.
    """
    countable = list_dimensions(counted=True)
    if unknown := [name for name in by if name not in countable]:
        raise ValueError(f"cannot count by {unknown}; choose among {countable}")
    if place not in reference.PLACES:
        raise ValueError(f"place must be one of {reference.PLACES}, got {place!r}")
    return [_choose_axis(coded, name, place) for name in by]


def read_runs(grid: Grid, path: Path) -> Runs:
    """
    Read one partition as runs; what every count starts with.

    Person, cell, period and selections are packed into one 64-bit key and sorted once; a run of
    equal keys is a person in a cell in a period.

    Parameters
    ----------
    grid : Grid
        Cells, selections, periods, and which records count.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    Runs
        In the order of persons, cells and periods.

    Raises
    ------
    ValueError
        If the grid does not fit the key.
    """
    names = ["person", "sampled_on", "filled", *(axis.column for axis in grid.axes)]
    if grid.laboratories is not None:
        names.append("laboratory_id")
    records = pq.read_table(path, columns=list(dict.fromkeys(names)))
    day = records["sampled_on"].to_numpy()
    inside = (day >= grid.edges[0]) & (day < grid.edges[-1])
    if grid.laboratories is not None:
        inside &= np.isin(records["laboratory_id"].to_numpy(), grid.laboratories)
    cell = np.zeros(int(inside.sum()), dtype=np.int64)
    for axis in grid.axes:
        codes = records[axis.column].to_numpy()[inside]
        cell = cell * len(axis.labels) + axis.places[codes]
    period = np.searchsorted(grid.edges, day[inside], side="right") - 1
    flags = _flag_records(records["filled"].to_numpy()[inside], grid.masks)
    person = records["person"].to_numpy()[inside].astype(np.int64)
    return _sort_runs(grid, person, cell * grid.n_periods + period, flags)


def count_windows(grid: Grid, first: Ints, last: Ints, path: Path) -> Ints:
    """
    Count one partition by cell, selection and window; a kernel of `analysis.store`.

    A person counts for a window at the first of the window's periods she appears in, so that each
    run adds one to a contiguous range of windows: exact for windows that overlap, without
    repeating a row.

    Parameters
    ----------
    grid : Grid
        Cells, selections and periods.
    first, last : numpy.ndarray of int, shape (n_windows,)
        Each window is the periods ``first`` to ``last - 1``; both never go back.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    numpy.ndarray of int, shape (2, n_cells, n_selections, n_windows)
        Records, then persons. The sum over partitions is the count of the whole.
    """
    runs = read_runs(grid, path)
    opened = np.searchsorted(first, np.arange(-1, grid.n_periods), side="right")
    closed = np.searchsorted(last, np.arange(grid.n_periods), side="right")
    counts = np.zeros((2, grid.n_cells, grid.n_bits, len(first)), dtype=np.int64)
    for bit in range(grid.n_bits):
        counts[0, :, bit] = _count_records(grid, runs, bit, first, last)
        has = (runs.flags >> bit) & 1 == 1
        owner, now = runs.group[has], runs.period[has]
        again = np.diff(owner, prepend=-1) == 0
        before = np.where(again, np.roll(now, 1), -1)
        low = np.maximum(opened[before + 1], closed[now])
        high = np.maximum(opened[now + 1], low)
        slot, width = (owner % grid.n_cells) * (len(first) + 1), grid.n_cells * (len(first) + 1)
        steps = np.bincount(slot + low, minlength=width) - np.bincount(slot + high, minlength=width)
        counts[1, :, bit] = np.cumsum(steps.reshape(grid.n_cells, -1), axis=1)[:, :-1]
    return counts


def count_sets(grid: Grid, path: Path) -> Ints:
    """
    Count one partition by cell and set of selections; a kernel of `analysis.store`.

    A person has one set, from all her records in the only period, and takes it into every cell
    one of them falls in.

    Parameters
    ----------
    grid : Grid
        Cells, selections, one period, and which records count.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    numpy.ndarray of int, shape (3, n)
        Cell and set in one number, ``cell << n_bits | set``; persons; records.
    """
    runs = read_runs(grid, path)
    if not len(runs.group):
        return np.zeros((3, 0), dtype=np.int64)
    persons = np.flatnonzero(np.diff(runs.group // grid.n_cells, prepend=-1))
    sets = np.bitwise_or.reduceat(runs.flags, persons)
    mine = np.repeat(sets, np.diff(persons, append=len(runs.group)))
    slot = ((runs.group % grid.n_cells) << grid.n_bits) | mine
    return add_up(np.stack([slot, np.ones_like(slot), runs.n_records]))


def add_up(counts: Ints) -> Ints:
    """
    Add the counts of equal numbers in the first row.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (m, n)
        Numbers in the first row, their counts in the others.

    Returns
    -------
    numpy.ndarray of int, shape (m, k)
        The same with each number once, smallest first.
    """
    slots, which = np.unique(counts[0], return_inverse=True)
    sums = [np.bincount(which, row, len(slots)).astype(np.int64) for row in counts[1:]]
    return np.stack([slots, *sums])


def _choose_axis(coded: CodedRecords, name: str, place: str) -> Axis:
    dimension = DIMENSIONS[name]
    is_place = dimension.column == PLACE
    codes = coded.meanings["dep_code" if is_place else str(dimension.column)]
    of_each = dimension.regroup(codes) if dimension.regroup else codes
    labels = list(dict.fromkeys(of_each))
    position = {label: number for number, label in enumerate(labels)}
    places = np.array([position[label] for label in of_each])
    return Axis(name, place if is_place else str(dimension.column), places, labels)


def _flag_records(filled: Ints, masks: list[int]) -> Ints:
    flags = np.zeros(len(filled), dtype=np.int64)
    for bit, mask in enumerate(masks):
        flags |= ((filled & mask) != 0).astype(np.int64) << bit
    return flags


def _sort_runs(grid: Grid, person: Ints, slot: Ints, flags: Ints) -> Runs:
    n_slots, n_bits = grid.n_cells * grid.n_periods, grid.n_bits
    largest = (int(person.max(initial=0)) + 1) * n_slots
    if largest.bit_length() + n_bits > KEY_BITS:
        raise ValueError("too many cells, periods and categories for one count; ask for fewer")
    key = np.sort(((person * n_slots + slot) << n_bits) | flags)
    starts = np.flatnonzero(np.diff(key >> n_bits, prepend=-1))
    met = key & ((1 << n_bits) - 1)
    together = np.bitwise_or.reduceat(met, starts) if len(key) else met
    group, period = np.divmod(key[starts] >> n_bits, grid.n_periods)
    return Runs(group, period, together, np.diff(starts, append=len(key)), slot, flags)


def _count_records(grid: Grid, runs: Runs, bit: int, first: Ints, last: Ints) -> Ints:
    """Count records by prefix sums over the periods."""
    slots = runs.slot[(runs.record_flags >> bit) & 1 == 1]
    there = np.bincount(slots, minlength=grid.n_cells * grid.n_periods)
    sums = np.zeros((grid.n_cells, grid.n_periods + 1), dtype=np.int64)
    np.cumsum(there.reshape(-1, grid.n_periods), axis=1, out=sums[:, 1:])
    return sums[:, last] - sums[:, first]
