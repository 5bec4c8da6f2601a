"""Count persons by profile: the set of categories that a person's records carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analysis import reference, store
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import Grid, choose_axes, complete_cells, count_sets
from analysis.exposure.counts import Counts, Source
from analysis.exposure.dimensions import ANY
from analysis.exposure.windows import to_days


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
    dimensions : dict of str to list of str
        Every value of each dimension of `by`, in order.
    window : pandas.DataFrame
        The window counted: one row.
    place : str
        The place basis.
    source : Source
        What was counted.
    """

    table: pd.DataFrame
    categories: list[str]
    absent: list[str]
    dimensions: dict[str, list[str]]
    window: pd.DataFrame
    place: str
    source: Source

    def mask(self, categories: Sequence[str]) -> int:
        """
        Return the bits of some categories.

        Parameters
        ----------
        categories : sequence of str
            Some of the categories of these profiles.

        Returns
        -------
        int
            A profile of all of them: bit ``k`` is set if category ``k`` is one.

        Raises
        ------
        ValueError
            If one is not a category of these profiles.
        """
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
        table = kept.groupby([*self.dimensions, "profile"], as_index=False).sum()
        return replace(self, table=table)

    def count_exposures(self) -> int:
        """Count pairs of a person and a category she is exposed with [exposures]."""
        sizes = np.bitwise_count(self.table["profile"].to_numpy(dtype=np.int64))
        return int((sizes * self.table["n_persons"].to_numpy(dtype=np.int64)).sum())

    def complete(self, cells: pd.DataFrame) -> Counts:
        """
        Make counts of cells that were counted from these profiles.

        Parameters
        ----------
        cells : pandas.DataFrame
            One row per cell, with its dimensions and ``n_persons`` [persons]; perhaps ``category``
            (otherwise ``any``) and ``n_records`` [records] (otherwise missing: not counted).

        Returns
        -------
        Counts
            With their window, their place basis (if by place) and ``status``.
        """
        frame = pd.DataFrame({"category": ANY, "n_records": pd.NA}, index=cells.index)
        said = {str(name): self.window[name].iloc[0] for name in self.window}
        cells = frame.assign(**cells, **said)
        return complete_cells(cells, self.source, place=self.place, absent=self.absent)


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
    coded, window, by, place
        See the glossary of `analysis.exposure`.
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
    axes = choose_axes(coded, by, place)
    if len(window) != 1:
        raise ValueError(f"a profile is of one window, got {len(window)}")
    categories = reference.list_patient_categories()
    fields = [reference.select_fields(name) for name in categories]
    days = pd.concat([window["window_start"], window["window_end"]])
    masks = [coded.field_mask(names) for names in fields]
    grid = Grid(axes, masks, to_days(days), _code_laboratories(coded, laboratories))
    kernel = partial(count_sets, grid)
    parts = store.map_partitions(kernel, coded.partitions, processes=coded.processes)
    dimensions = {axis.name: axis.labels for axis in axes}
    table = _lay_out(pd.concat(parts), dimensions, len(categories))
    absent = [n for n, f in zip(categories, fields, strict=True) if set(f) <= set(coded.absent)]
    source = Source.of(coded.breach)
    return Profiles(table, categories, absent, dimensions, window, place, source)


def _lay_out(sets: pd.DataFrame, dimensions: dict[str, list[str]], n_bits: int) -> pd.DataFrame:
    sets = sets.groupby("slot", as_index=False).sum()
    cell, profile = np.divmod(sets.pop("slot").to_numpy(), 1 << n_bits)
    shape = (1, *(len(labels) for labels in dimensions.values()))  # the whole is one cell
    _, *codes = np.unravel_index(cell, shape)
    values = zip(dimensions.items(), codes, strict=True)
    columns = {name: np.array(labels)[code] for (name, labels), code in values}
    return pd.DataFrame({**columns, "profile": profile}).join(sets)


def _code_laboratories(coded: CodedRecords, laboratories: Sequence[str] | None) -> list[int] | None:
    if laboratories is None:
        return None
    known = coded.meanings["laboratory_id"]
    reference.check_known("laboratories", laboratories, known)
    return [known.index(name) for name in laboratories]
