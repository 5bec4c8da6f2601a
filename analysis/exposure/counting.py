"""Count records and persons by place, category and window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from analysis import store
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counts import Counts, Source
from analysis.exposure.dimensions import ALL, ANY, PLACES, list_dimensions
from analysis.exposure.kernel import Axis, Grid, Ints, choose_axes, count_windows
from analysis.exposure.measures import Measure
from analysis.exposure.selections import Fields, expand_terms, parse_selection
from analysis.exposure.windows import to_days

FATES = ["used", "before", "after", "no date", ALL]
MOST_NUMBERS = 2**26  # of one count of one partition: half a gigabyte


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
    parts = [parse_selection(name) for name in categories]
    signs = [expand_terms(terms) for terms in parts]
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
    places = [name for name in list_dimensions(relation=PLACES) if name in table]
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


def _is_absent(coded: CodedRecords, terms: list[Fields]) -> bool:
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
