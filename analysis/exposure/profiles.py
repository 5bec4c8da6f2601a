"""Count persons by profile: the set of categories that a person's records carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from analysis import reference, store
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counts import ANY, KEY_BITS, flag_records, tell_status
from analysis.exposure.dimensions import Axis, choose_axes, count_cells, number_cells
from analysis.exposure.windows import to_days

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Profiles:
    """
    Persons of a window by profile.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per (`by`, ``profile``) that occurs, with ``n_persons`` [persons] and
        ``n_records`` [records]; category ``k`` is bit ``k`` of ``profile``.
    categories : list of str
        Categories of data about patients.
    absent : list of str
        Those that the file has no column for.
    axes : dict of str to list of str
        Every value of each dimension of `by`, in order.
    window : pandas.DataFrame
        The window counted: one row.
    place : str
        The place basis of ``dep_code`` and ``region_code``.
    """

    table: pd.DataFrame
    categories: list[str]
    absent: list[str]
    axes: dict[str, list[str]]
    window: pd.DataFrame
    place: str

    def mask(self, categories: Sequence[str]) -> int:
        """Return the bits of some categories."""
        return sum(1 << self.categories.index(name) for name in set(categories))

    def without(self, categories: Sequence[str]) -> Profiles:
        """
        Take categories away from everybody, as if the file had no such fields.

        Parameters
        ----------
        categories : sequence of str
            Categories to take away.

        Returns
        -------
        Profiles
            Persons left without any data are not there any more.
        """
        kept = self.table.assign(profile=self.table["profile"] & ~self.mask(categories))
        kept = kept[kept["profile"].ne(0)]
        table = kept.groupby([*self.axes, "profile"], as_index=False).sum()
        return replace(self, table=table)

    def count_exposures(self) -> int:
        """Count pairs of a person and a category she is exposed with [exposures]."""
        sizes = np.bitwise_count(self.table["profile"].to_numpy(dtype=np.int64))
        return int((sizes * self.table["n_persons"].to_numpy(dtype=np.int64)).sum())


@dataclass(frozen=True)
class Question:
    """
    What one pass over the records looks at, in numbers.

    Attributes
    ----------
    axes : list of Axis
        What makes a cell.
    masks : list of int
        Bits of ``filled`` of each category.
    start, end : int
        Days of the window, half-open.
    laboratories : list of int, optional
        Codes of the laboratories whose records count; all by default.
    """

    axes: list[Axis]
    masks: list[int]
    start: int
    end: int
    laboratories: list[int] | None = None


def count_profiles(
    coded: CodedRecords,
    window: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    place: str = "home",
    laboratories: Sequence[str] | None = None,
) -> Profiles:
    """
    Count distinct persons by the set of categories they are exposed with.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    window : pandas.DataFrame
        One window, as made by `analysis.exposure`.
    by : sequence of str
        What makes a cell: any of `analysis.exposure.DIMENSIONS`.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis of ``dep_code`` and ``region_code``.
    laboratories : sequence of str, optional
        Laboratories whose records count; all by default.

    Returns
    -------
    Profiles
        A person has one profile, from all her records in the window, and takes it into every
        cell one of them falls in.

    Raises
    ------
    ValueError
        If a dimension, place basis or laboratory is unknown, there are several windows, or the
        grid is too large.
    """
    grid = choose_axes(coded, by, place)
    if len(window) != 1:
        raise ValueError(f"a profile is of one window, got {len(window)}")
    categories = reference.list_patient_categories()
    fields = [reference.select_fields(name) for name in categories]
    question = Question(
        grid,
        [coded.field_mask(names) for names in fields],
        int(to_days(window["window_start"])[0]),
        int(to_days(window["window_end"])[0]),
        _code_laboratories(coded, laboratories),
    )
    kernel = partial(profile_partition, question)
    parts = store.map_partitions(kernel, coded.partitions, processes=coded.processes)
    axes = {axis.name: axis.labels for axis in grid}
    table = _lay_out(np.concatenate(parts, axis=1), axes, len(categories))
    absent = [n for n, f in zip(categories, fields, strict=True) if set(f) <= set(coded.absent)]
    return Profiles(table, categories, absent, axes, window, place)


def profile_partition(question: Question, path: Path) -> Ints:
    """
    Count the profiles of one partition; the kernel of `count_profiles`.

    Person, cell and categories are packed into one 64-bit key and sorted once; a run of equal
    persons gives the profile, a run of equal persons and cells one person in one cell.

    Parameters
    ----------
    question : Question
        Cells, categories and which records count.
    path : pathlib.Path
        A coded partition: all records of its persons.

    Returns
    -------
    numpy.ndarray of int, shape (3, n)
        Cell and profile in one number, persons, records.

    Raises
    ------
    ValueError
        If the grid does not fit a 64-bit key.
    """
    names = [
        "person",
        "sampled_on",
        "filled",
        "laboratory_id",
        *(axis.column for axis in question.axes),
    ]
    table = pq.read_table(path, columns=list(dict.fromkeys(names)))
    day = table["sampled_on"].to_numpy()
    kept = (day >= question.start) & (day < question.end)
    if question.laboratories is not None:
        kept &= np.isin(table["laboratory_id"].to_numpy(), question.laboratories)
    owner = table["person"].to_numpy()[kept].astype(np.int64)
    n_cells = count_cells(question.axes)
    cell = number_cells(question.axes, table, kept)
    flags = flag_records(table["filled"].to_numpy()[kept], question.masks)
    return _count_runs(owner, cell, flags, n_cells, len(question.masks))


def finish_counts(table: pd.DataFrame, profiles: Profiles) -> pd.DataFrame:
    """
    Add to a table of counts what every one of them has.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell, with ``n_persons`` [persons]; perhaps ``category`` (otherwise ``any``) and
        ``n_records`` [records] (otherwise missing: not counted).
    profiles : Profiles
        What was counted.

    Returns
    -------
    pandas.DataFrame
        The table with its window, its place basis (if by place) and ``status``.
    """
    table = pd.DataFrame({"category": ANY, "n_records": pd.NA}, index=table.index).assign(**table)
    table = table.astype({"n_persons": "Int64", "n_records": "Int64"})
    for name in profiles.window:
        table[name] = profiles.window[name].iloc[0]
    if {"dep_code", "region_code"} & {*table}:
        table.insert(0, "place", profiles.place)
    table["status"] = tell_status(table, profiles.absent)
    return reference.counts_schema().validate(table)


def _count_runs(owner: Ints, cell: Ints, flags: Ints, n_cells: int, n_bits: int) -> Ints:
    if not len(owner):
        return np.zeros((3, 0), dtype=np.int64)
    if ((int(owner.max()) + 1) * n_cells).bit_length() + n_bits > KEY_BITS:
        raise ValueError("too many cells and categories for one count; ask for fewer")
    key = np.sort(((owner * n_cells + cell) << n_bits) | flags)
    place, flags = key >> n_bits, key & ((1 << n_bits) - 1)
    persons = np.flatnonzero(np.diff(place // n_cells, prepend=-1))
    profile = np.bitwise_or.reduceat(flags, persons)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    mine = profile[np.searchsorted(persons, starts, side="right") - 1]
    slot = ((place[starts] % n_cells) << n_bits) | mine
    return _add_up(np.stack([slot, np.ones_like(slot), np.diff(starts, append=len(key))]))


def _add_up(counts: Ints) -> Ints:
    """Add persons and records of equal cells and profiles."""
    slots, which = np.unique(counts[0], return_inverse=True)
    sums = [np.bincount(which, row, len(slots)).astype(np.int64) for row in counts[1:]]
    return np.stack([slots, *sums])


def _lay_out(counts: Ints, axes: dict[str, list[str]], n_bits: int) -> pd.DataFrame:
    slot, persons, records = _add_up(counts)
    columns: dict[str, npt.NDArray[Any]] = {}
    cell = slot >> n_bits
    for name in reversed(axes):
        cell, code = np.divmod(cell, len(axes[name]))
        columns = {name: np.array(axes[name])[code], **columns}
    counted = {"n_persons": persons, "n_records": records}
    return pd.DataFrame({**columns, "profile": slot & ((1 << n_bits) - 1), **counted})


def _code_laboratories(coded: CodedRecords, laboratories: Sequence[str] | None) -> list[int] | None:
    if laboratories is None:
        return None
    known = coded.meanings["laboratory_id"]
    if unknown := [name for name in laboratories if name not in known]:
        raise ValueError(f"unknown laboratories {unknown}; known are {known}")
    return [known.index(name) for name in laboratories]
