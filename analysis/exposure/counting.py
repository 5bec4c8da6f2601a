"""Count records and persons by place, category and window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from analysis import reference, store
from analysis.exposure import dimensions
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counts import Counts, Source
from analysis.exposure.dimensions import ALL, ANY, list_dimensions
from analysis.exposure.measures import Measure
from analysis.exposure.windows import to_days

Ints = npt.NDArray[np.int64]
KEY_BITS = 63
FATES = ["used", "before", "after", "no date", ALL]
MOST_NUMBERS = 2**26  # of one count of one partition: half a gigabyte


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


def read_keys(grid: Grid, path: Path) -> tuple[Ints, Ints]:
    """
    Read one partition as sorted keys; what every count starts with.

    Person, cell, period and selections are packed into one 64-bit key: ``((person * n_cells +
    cell) * n_periods + period) << n_bits | flags``, where bit ``k`` of ``flags`` is set if the
    record belongs to selection ``k``.

    Parameters
    ----------
    grid : Grid
        Cells, selections, periods, and which records count.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    keys, n_records : numpy.ndarray of int, shape (n,)
        Each key that occurs, smallest first, and how many records have it [records].

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
    key = records["person"].to_numpy()[inside].astype(np.int64)
    largest = (int(key.max(initial=0)) + 1) * grid.n_cells * grid.n_periods
    if largest.bit_length() + grid.n_bits > KEY_BITS:
        raise ValueError("too many cells, periods and categories for one count; ask for fewer")
    for axis in grid.axes:
        key = key * len(axis.labels) + axis.places[records[axis.column].to_numpy()[inside]]
    key = key * grid.n_periods + np.searchsorted(grid.edges, day[inside], side="right") - 1
    filled = records["filled"].to_numpy()[inside]
    for mask in reversed(grid.masks):
        key = key << 1 | ((filled & mask) != 0)
    return np.unique(key, return_counts=True)


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
    keys, n_records = read_keys(grid, path)
    opened = np.searchsorted(first, np.arange(-1, grid.n_periods), side="right")
    closed = np.searchsorted(last, np.arange(grid.n_periods), side="right")
    counts = np.zeros((2, grid.n_cells, grid.n_bits, len(first)), dtype=np.int64)
    for bit in range(grid.n_bits):
        has = (keys >> bit) & 1 == 1
        owner, now = np.divmod(keys[has] >> grid.n_bits, grid.n_periods)
        cell = owner % grid.n_cells
        period = cell * (grid.n_periods + 1) + now + 1
        there = np.bincount(period, n_records[has], grid.n_cells * (grid.n_periods + 1))
        sums = there.reshape(grid.n_cells, -1).cumsum(axis=1)
        counts[0, :, bit] = sums[:, last] - sums[:, first]
        before = np.where(np.diff(owner, prepend=-1) == 0, np.roll(now, 1), -1)
        low = np.maximum(opened[before + 1], closed[now])
        high = np.maximum(opened[now + 1], low)
        slot, width = cell * (len(first) + 1), grid.n_cells * (len(first) + 1)
        steps = np.bincount(slot + low, minlength=width) - np.bincount(slot + high, minlength=width)
        counts[1, :, bit] = np.cumsum(steps.reshape(grid.n_cells, -1), axis=1)[:, :-1]
    return counts


def count_sets(grid: Grid, path: Path) -> pd.DataFrame:
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
    pandas.DataFrame
        One row per ``slot`` that occurs, smallest first: cell and set in one number,
        ``cell << n_bits | set``, with ``n_persons`` [persons] and ``n_records`` [records].
    """
    keys, n_records = read_keys(grid, path)
    group = (keys >> grid.n_bits) // grid.n_periods
    first = np.flatnonzero(np.diff(group // grid.n_cells, prepend=-1))
    met = np.bitwise_or.reduceat(keys, first) if len(keys) else keys
    mine = np.repeat(met & ((1 << grid.n_bits) - 1), np.diff(first, append=len(keys)))
    slot = ((group % grid.n_cells) << grid.n_bits) | mine
    is_first = np.diff(group, prepend=-1) != 0
    sets = pd.DataFrame({"slot": slot, "n_persons": is_first, "n_records": n_records})
    return sets.groupby("slot", as_index=False).sum()


def _choose_axis(coded: CodedRecords, name: str, place: str) -> Axis:
    dimension = dimensions.DIMENSIONS[name]
    column = place if dimension.column == dimensions.PLACE else dimension.column
    codes = coded.meanings["dep_code" if column == place else column]
    of_each = dimension.regroup(codes) if dimension.regroup else codes
    places, labels = pd.factorize(pd.Index(of_each))
    return Axis(name, column, places, labels.tolist())


def count(
    coded: CodedRecords,
    windows: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    categories: Sequence[str] = (ANY,),
    place: str = "home",
) -> Counts:
    """
    Count records and distinct persons in every cell, category and window.

    Parameters
    ----------
    coded, by, place
        See the glossary of `analysis.exposure`.
    windows : pandas.DataFrame
        One row per window, as made by `analysis.exposure`; they may overlap, but neither
        starts nor ends may go back.
    categories : sequence of str
        Each as `parse_selection` takes it; of several joined by ``+``, a person counts who has
        all of them in the window.

    Returns
    -------
    Counts
        The complete grid: one row per combination of `by`, category and window, with
        ``n_records`` [records] and ``n_persons`` [persons]. A person is counted once in every
        cell one of her records falls in: summed over cells, persons can exceed the persons of
        the whole, records never do.

    Raises
    ------
    ValueError
        If a dimension, category or place basis is unknown, a window starts or ends before the
        one above it, or the grid is too large.

    Examples
    --------
    >>> from analysis.exposure import one_window
    >>> count(  # doctest: +ELLIPSIS
    ...     None, one_window("2018-01-01", "2019-01-01"), by=["town"]
    ... )
    Traceback (most recent call last):
    ...
    ValueError: cannot count by ['town']; choose among ['dep_code', 'region_code', ...
    """
    axes = choose_axes(coded, by, place)
    parts = [dimensions.parse_selection(name) for name in categories]
    signs = [dimensions.expand_terms(terms) for terms in parts]
    alternatives = list(dict.fromkeys(fields for each in signs for fields in each))
    masks = [coded.field_mask(sorted(fields)) for fields in alternatives]
    start, end = _order_windows(windows)
    grid = Grid(axes, masks, np.unique(np.concatenate([start, end])))
    if grid.n_cells * grid.n_bits * len(grid.edges) > MOST_NUMBERS:
        raise ValueError("too many cells, periods and categories for one count; ask for fewer")
    first, last = np.searchsorted(grid.edges, start), np.searchsorted(grid.edges, end)
    kernel = partial(count_windows, grid, first, last)
    counted = store.map_partitions(kernel, coded.partitions, processes=coded.processes)
    weights = np.array([[each[fields] for fields in alternatives] for each in signs])
    wanted = np.einsum("ca,nkaw->nkcw", weights, np.sum(counted, axis=0))
    absent = [n for n, terms in zip(categories, parts, strict=True) if _is_absent(coded, terms)]
    cells = _lay_out(axes, wanted, windows, categories)
    return complete_cells(cells, Source.of(coded.breach), place=place, absent=absent)


def complete_cells(
    cells: pd.DataFrame,
    source: Source,
    *,
    place: str = "home",
    absent: Sequence[str] = (),
    measures: Mapping[str, Measure] = MappingProxyType({}),
) -> Counts:
    """
    Add to counted cells what every table has: their place basis and what kind each is.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with ``n_persons`` [persons] and ``n_records`` [records]; all other
        columns are dimensions, days of windows, or declared. Where persons are missing, the cell
        was not counted.
    source : Source
        What was counted.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis.
    absent : sequence of str
        Categories without a column: their counts are missing, not zero.
    measures : mapping of str to Measure
        What the other columns are.

    Returns
    -------
    Counts
        With ``place``, if by place, and ``status``: one of `reference.STATUSES`.
    """
    table = cells.astype({"n_records": "Int64", "n_persons": "Int64"})
    places = [name for name in list_dimensions(relation=dimensions.PLACES) if name in table]
    if places:
        table.insert(0, "place", place)
    if "category" in table:
        table.loc[table["category"].isin(list(absent)), ["n_records", "n_persons"]] = pd.NA
    status = pd.Series("shown", index=table.index)
    for name in places:
        status = status.mask(table[name].eq("unknown"), "unknown place")
        status = status.mask(table[name].eq("abroad"), "abroad")
    status = status.mask(table["n_persons"].eq(0).fillna(False), "none")
    status = status.mask(table["n_persons"].isna(), "absent")
    return Counts(table.assign(status=status), source, measures)


def account_for_records(coded: CodedRecords, start: str, end: str) -> Counts:
    """
    Say where every record of the file went.

    Parameters
    ----------
    coded : CodedRecords
        See the glossary of `analysis.exposure`.
    start, end : str
        The period counted, half-open.

    Returns
    -------
    Counts
        One row per ``fate`` (``used``, ``before``, ``after``, ``no date``, ``all``) with
        ``n_records`` [records]; the first four sum to the last. And ``n_persons`` [persons], who
        can have records of several fates.
    """
    first, last = to_days(pd.Series(pd.to_datetime([start, end])))
    parts = []
    for path in coded.partitions:
        records = pq.read_table(path, columns=["person", "sampled_on"]).to_pandas()
        day = records["sampled_on"]
        is_met = [day.eq(store.NO_DATE), day < first, day < last]
        fate = np.select(is_met, [3, 1, 0], 2)  # positions in `FATES`
        by_fate = records["person"].groupby(fate).agg(n_records="size", n_persons="nunique")
        by_fate = by_fate.reindex(range(5), fill_value=0)
        by_fate.loc[4] = len(records), records["person"].nunique()
        parts.append(by_fate)
    cells = sum(parts).set_axis(pd.Index(FATES, name="fate")).reset_index()
    return complete_cells(cells, Source.of(coded.breach))


def _order_windows(windows: pd.DataFrame) -> tuple[Ints, Ints]:
    start, end = to_days(windows["window_start"]), to_days(windows["window_end"])
    if (np.diff(start) < 0).any() or (np.diff(end) < 0).any():
        raise ValueError(
            "windows must follow in time, starts and ends alike; count a window that holds "
            "others in a table of its own, and pass both to analysis.disclosure.release_together"
        )
    return start, end


def _is_absent(coded: CodedRecords, terms: list[dimensions.Fields]) -> bool:
    return any(fields <= set(coded.absent) for fields in terms)


def _lay_out(
    axes: Sequence[Axis], counts: Ints, windows: pd.DataFrame, categories: Sequence[str]
) -> pd.DataFrame:
    values = {axis.name: axis.labels for axis in axes}
    values |= {"category": list(categories), "window": list(windows["window"])}
    grid = pd.MultiIndex.from_product(list(values.values()), names=list(values))
    cells = grid.to_frame(index=False).astype(str)
    days = windows.drop(columns="window").iloc[np.arange(len(cells)) % len(windows)]
    n_records, n_persons = counts.reshape(2, -1)
    return cells.join(days.reset_index(drop=True)).assign(n_records=n_records, n_persons=n_persons)
