"""Count records, persons and exposures by place, category and window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from analysis import reference, store
from analysis.exposure.coding import CodedRecords
from analysis.exposure.dimensions import Axis, choose_axes, count_cells, number_cells
from analysis.exposure.windows import to_days

Ints = npt.NDArray[np.int64]
ANY = "any"
KEY_BITS = 63
MOST_NUMBERS = 2**26  # of one count of one partition: half a gigabyte


@dataclass(frozen=True)
class Question:
    """
    What one pass over the records counts, in numbers.

    Attributes
    ----------
    axes : list of Axis
        What makes a cell.
    masks : list of int
        Bits of ``filled``; a record belongs to a selection if any of its bits is set.
    edges : numpy.ndarray of int, shape (n_periods + 1,)
        Days that cut time into the periods the windows are made of.
    first, last : numpy.ndarray of int, shape (n_windows,)
        Each window is the periods ``first`` to ``last - 1``; both never go back.
    """

    axes: list[Axis]
    masks: list[int]
    edges: Ints
    first: Ints
    last: Ints

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return count_cells(self.axes)


def count_exposures(
    coded: CodedRecords,
    windows: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    categories: Sequence[str] = (ANY,),
    place: str = "home",
) -> pd.DataFrame:
    """
    Count records and distinct persons in every cell, category and window.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    windows : pandas.DataFrame
        One row per window, as made by `analysis.exposure`; they may overlap, but neither
        starts nor ends may go back.
    by : sequence of str
        What makes a cell: any of `analysis.exposure.DIMENSIONS`; nothing counts the whole file.
    categories : sequence of str
        Each a category (``nir``), a category group (``contact``: any of its categories),
        several joined by ``+`` (a person with all of them in the window), or ``any`` (any field
        about the patient).
    place : {'home', 'prescriber', 'laboratory'}
        The place basis of ``dep_code`` and ``region_code``.

    Returns
    -------
    pandas.DataFrame
        The complete grid: one row per combination of `by`, category and window, with
        ``n_records`` [records], ``n_persons`` [persons] and ``status`` (`schema.STATUSES`). A
        person is counted once in every cell one of her records falls in: summed over cells,
        persons can exceed the persons of the whole, records never do.

    Raises
    ------
    ValueError
        If a dimension, category or place basis is unknown, a window starts or ends before the
        one above it, or the grid is too large.

    Examples
    --------
    >>> from analysis.exposure import one_window
    >>> count_exposures(  # doctest: +ELLIPSIS
    ...     None, one_window("2018-01-01", "2019-01-01"), by=["town"]
    ... )
    Traceback (most recent call last):
    ...
    ValueError: cannot count by ['town']; choose among ['dep_code', 'region_code', ...
    """
    axes = choose_axes(coded, by, place)
    parts = [parse_selection(name) for name in categories]
    expanded = [fields for terms in parts for fields, _ in _expand(terms)]
    alternatives = list(dict.fromkeys(expanded))
    masks = [coded.field_mask(sorted(fields)) for fields in alternatives]
    question = _ask(axes, masks, windows)
    if question.n_cells * len(masks) * len(question.edges) > MOST_NUMBERS:
        raise ValueError("too many cells, periods and categories for one count; ask for fewer")
    kernel = partial(count_partition, question)
    parts_counted = store.map_partitions(kernel, coded.partitions, processes=coded.processes)
    counts = np.sum(parts_counted, axis=0)
    shown = np.stack([_combine(counts, terms, alternatives) for terms in parts], axis=2)
    table = _lay_out(axes, shown, windows, categories)
    if {"dep_code", "region_code"} & {*by}:
        table.insert(0, "place", place)
    absent = [
        name for name, terms in zip(categories, parts, strict=True) if _is_absent(coded, terms)
    ]
    table["status"] = tell_status(table, absent)
    return reference.counts_schema().validate(table)


def count_partition(question: Question, path: Path) -> Ints:
    """
    Count one partition; the kernel of `count_exposures`.

    Person, cell, period and selections are packed into one 64-bit key and sorted once; a run of
    equal keys is a person in a cell in a period. A person counts for a window at the first of
    the window's periods she appears in, so that each run adds one to a contiguous range of
    windows: exact for windows that overlap, without repeating a row.

    Parameters
    ----------
    question : Question
        Cells, selections and windows.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    numpy.ndarray of int, shape (2, n_cells, n_selections, n_windows)
        Records, then persons. The sum over partitions is the count of the whole.

    Raises
    ------
    ValueError
        If the grid does not fit a 64-bit key.
    """
    names = ["person", "sampled_on", "filled", *(axis.column for axis in question.axes)]
    table = pq.read_table(path, columns=list(dict.fromkeys(names)))
    day = table["sampled_on"].to_numpy()
    inside = (day >= question.edges[0]) & (day < question.edges[-1])
    period = np.searchsorted(question.edges, day[inside], side="right") - 1
    cell = number_cells(question.axes, table, inside)
    flags = flag_records(table["filled"].to_numpy()[inside], question.masks)
    person = table["person"].to_numpy()[inside].astype(np.int64)
    records = _count_records(question, cell, period, flags)
    return np.stack([records, _count_persons(question, person, cell, period, flags)])


def account_for_records(coded: CodedRecords, start: str, end: str) -> pd.DataFrame:
    """
    Say where every record of the file went.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    start, end : str
        The period counted, half-open.

    Returns
    -------
    pandas.DataFrame
        One row per fate (``used``, ``before``, ``after``, ``no date``, ``all``) with
        ``n_records`` [records]; the first four sum to the last.
    """
    edges = to_days(pd.Series(pd.to_datetime([start, end])))
    days = np.concatenate(
        [pq.read_table(p, columns=["sampled_on"])[0].to_numpy() for p in coded.partitions]
    )
    undated = days == store.NO_DATE
    fates = {
        "used": (days >= edges[0]) & (days < edges[1]),
        "before": (days < edges[0]) & ~undated,
        "after": days >= edges[1],
        "no date": undated,
        "all": np.ones(len(days), dtype=bool),
    }
    counts = {fate: int(rows.sum()) for fate, rows in fates.items()}
    return pd.DataFrame({"fate": list(counts), "n_records": list(counts.values())})


def find_records(
    coded: CodedRecords, window: pd.DataFrame, *, place: str, dep_code: str, category: str
) -> list[str]:
    """
    Find the records that a published cell counts, for the analyst who holds the file.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    window : pandas.DataFrame
        The cell's window: one row, as made by `analysis.exposure`.
    place : {'home', 'prescriber', 'laboratory'}
        The cell's place basis.
    dep_code, category : str
        The cell's département and category (or group, or ``any``).

    Returns
    -------
    list of str
        ``record_id`` of each record counted, in the order of the files.
    """
    mask = coded.field_mask(sorted(parse_selection(category)[0]))
    code = coded.meanings["dep_code"].index(dep_code)
    start, end = to_days(window["window_start"])[0], to_days(window["window_end"])[0]
    found: list[str] = []
    for path in coded.partitions:
        table = pq.read_table(path, columns=["record_id", "sampled_on", "filled", place])
        day = table["sampled_on"].to_numpy()
        rows = (day >= start) & (day < end) & (table[place].to_numpy() == code)
        rows &= (table["filled"].to_numpy() & mask) != 0
        found += table["record_id"].filter(rows).to_pylist()
    return found


def parse_selection(name: str) -> list[frozenset[str]]:
    """
    Turn ``a+b`` into one set of fields per term; a record has a term by any of its fields.

    Raises
    ------
    ValueError
        If a term is neither a category, nor a group of them, nor ``any``.

    Examples
    --------
    >>> [sorted(fields) for fields in parse_selection("nir+phone")]
    [['nir'], ['landline', 'mobile']]
    """
    table = reference.read_categories()
    terms = []
    for term in name.split("+"):
        if term == ANY:
            members = table.index[table["data_subject"].eq(reference.PATIENT)]
        elif term in table.index:
            members = pd.Index([term])
        else:
            members = table.index[table["category_group"].eq(term)]
        if not len(members):
            known = [ANY, *table.index, *table["category_group"].unique()]
            raise ValueError(f"unknown category {term!r}; known are {known}")
        terms.append(frozenset(reference.select_fields(list(members))))
    return terms


def _expand(terms: list[frozenset[str]]) -> list[tuple[frozenset[str], int]]:
    """Write *all of the terms* as a signed sum of *any of these fields* (inclusion–exclusion)."""
    return [
        (frozenset().union(*some), -((-1) ** size))
        for size in range(1, len(terms) + 1)
        for some in combinations(terms, size)
    ]


def _combine(counts: Ints, terms: list[frozenset[str]], alternatives: list[frozenset[str]]) -> Ints:
    signed = [sign * counts[:, :, alternatives.index(fields)] for fields, sign in _expand(terms)]
    return np.sum(signed, axis=0)


def _ask(axes: list[Axis], masks: list[int], windows: pd.DataFrame) -> Question:
    start, end = to_days(windows["window_start"]), to_days(windows["window_end"])
    edges = np.unique(np.concatenate([start, end]))
    if (np.diff(start) < 0).any() or (np.diff(end) < 0).any():
        raise ValueError(
            "windows must follow in time, starts and ends alike; count a window that holds "
            "others in a table of its own, and pass both to analysis.disclosure.release_together"
        )
    return Question(axes, masks, edges, np.searchsorted(edges, start), np.searchsorted(edges, end))


def flag_records(filled: Ints, masks: list[int]) -> Ints:
    """
    Flag which selections each record belongs to.

    Parameters
    ----------
    filled : numpy.ndarray of int, shape (n,)
        Fields each record fills, a bit each.
    masks : list of int
        Fields of each selection; a record belongs to it by any of them.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Bit ``k`` is set if the record belongs to selection ``k``.
    """
    flags = np.zeros(len(filled), dtype=np.int64)
    for bit, mask in enumerate(masks):
        flags |= ((filled & mask) != 0).astype(np.int64) << bit
    return flags


def _count_records(question: Question, cell: Ints, period: Ints, flags: Ints) -> Ints:
    """Count records by prefix sums over the periods."""
    n_periods = len(question.edges) - 1
    counts = np.zeros((question.n_cells, len(question.masks), n_periods + 1), dtype=np.int64)
    slot = cell * n_periods + period
    for bit in range(len(question.masks)):
        rows = slot[(flags >> bit) & 1 == 1]
        found = np.bincount(rows, minlength=question.n_cells * n_periods)
        np.cumsum(found.reshape(-1, n_periods), axis=1, out=counts[:, bit, 1:])
    return counts[..., question.last] - counts[..., question.first]


def _count_persons(question: Question, person: Ints, cell: Ints, period: Ints, flags: Ints) -> Ints:
    """Count distinct persons by runs of a sorted key and a difference array over windows."""
    n_cells, n_periods, n_bits = question.n_cells, len(question.edges) - 1, len(question.masks)
    n_windows = len(question.first)
    counts = np.zeros((n_cells, n_bits, n_windows), dtype=np.int64)
    if not len(person):
        return counts
    largest = (int(person.max()) + 1) * n_cells * n_periods
    if largest.bit_length() + n_bits > KEY_BITS:
        raise ValueError("too many cells, periods and categories for one count; ask for fewer")
    key = np.sort((((person * n_cells + cell) * n_periods + period) << n_bits) | flags)
    starts = np.flatnonzero(np.diff(key >> n_bits, prepend=-1))
    flags = np.bitwise_or.reduceat(key & ((1 << n_bits) - 1), starts)
    group, period = np.divmod(key[starts] >> n_bits, n_periods)
    opened = np.searchsorted(question.first, np.arange(-1, n_periods), side="right")
    closed = np.searchsorted(question.last, np.arange(n_periods), side="right")
    for bit in range(n_bits):
        rows = (flags >> bit) & 1 == 1
        owner, now = group[rows], period[rows]
        again = np.diff(owner, prepend=-1) == 0
        before = np.where(again, np.roll(now, 1), -1)
        low = np.maximum(opened[before + 1], closed[now])
        high = np.maximum(opened[now + 1], low)
        slot, width = (owner % n_cells) * (n_windows + 1), n_cells * (n_windows + 1)
        steps = np.bincount(slot + low, minlength=width) - np.bincount(slot + high, minlength=width)
        counts[:, bit] = np.cumsum(steps.reshape(n_cells, -1), axis=1)[:, :-1]
    return counts


def _is_absent(coded: CodedRecords, terms: list[frozenset[str]]) -> bool:
    return any(fields <= set(coded.absent) for fields in terms)


def _lay_out(
    axes: Sequence[Axis], counts: Ints, windows: pd.DataFrame, categories: Sequence[str]
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [*(axis.labels for axis in axes), list(categories), list(windows["window"])],
        names=[*(axis.name for axis in axes), "category", "window"],
    )
    table = index.to_frame(index=False).astype(str)
    repeat = len(table) // len(windows)
    for name in ("window_start", "window_end"):
        table[name] = np.tile(windows[name].to_numpy(), repeat)
    for name, values in zip(("n_records", "n_persons"), counts, strict=True):
        table[name] = pd.array(values.reshape(-1), dtype="Int64")
    return table


def tell_status(table: pd.DataFrame, absent: list[str]) -> pd.Series:
    """
    Say of each cell what kind it is.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell, with ``category``, ``n_records`` and ``n_persons``. Counts of a category
        without a column are taken out of it: they are missing, not zero.
    absent : list of str
        Categories without a column.

    Returns
    -------
    pandas.Series of str
        One of `schema.STATUSES` per row.
    """
    status = pd.Series("shown", index=table.index)
    for name in [name for name in ("dep_code", "region_code") if name in table]:
        status = status.mask(table[name].eq("unknown"), "unknown place")
        status = status.mask(table[name].eq("abroad"), "abroad")
    status = status.mask(table["n_persons"].eq(0).fillna(False).astype(bool), "none")
    is_absent = table["category"].isin(absent)
    table.loc[is_absent, ["n_records", "n_persons"]] = pd.NA
    return status.mask(is_absent, "absent")
