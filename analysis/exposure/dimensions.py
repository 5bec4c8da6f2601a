"""What makes a cell: the coded column of each dimension, and what its codes stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import reference
from analysis.exposure.coding import CodedRecords

Ints = npt.NDArray[np.integer]
Bools = npt.NDArray[np.bool_]
DIMENSIONS = ("dep_code", "region_code", "laboratory_id", "sex", "age_band")


@dataclass(frozen=True)
class Axis:
    """
    One dimension of a grid of cells.

    Attributes
    ----------
    name : str
        One of `DIMENSIONS`.
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


def choose_axes(coded: CodedRecords, by: Sequence[str], place: str) -> list[Axis]:
    """
    Choose the axes of a count.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    by : sequence of str
        Any of `DIMENSIONS`.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis of ``dep_code`` and ``region_code``.

    Returns
    -------
    list of Axis
        In the order of `by`. A place outside the 101 départements is a region of its own.

    Raises
    ------
    ValueError
        If a dimension or the place basis is unknown.
    """
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise ValueError(f"cannot count by {unknown}; choose among {[*DIMENSIONS]}")
    if place not in reference.PLACES:
        raise ValueError(f"place must be one of {reference.PLACES}, got {place!r}")
    return [_choose_axis(coded, name, place) for name in by]


def count_cells(axes: Sequence[Axis]) -> int:
    """Return the number of cells of a grid."""
    return int(np.prod([len(axis.labels) for axis in axes], dtype=np.int64))


def number_cells(axes: Sequence[Axis], records: pa.Table, rows: Bools) -> npt.NDArray[np.int64]:
    """
    Number the cell that each record falls in.

    Parameters
    ----------
    axes : sequence of Axis
        The grid; the last axis runs fastest.
    records : pyarrow.Table
        Coded records.
    rows : numpy.ndarray of bool, shape (n_records,)
        Records to number.

    Returns
    -------
    numpy.ndarray of int, shape (n_rows,)
        Cell of each of these records.
    """
    cell = np.zeros(int(rows.sum()), dtype=np.int64)
    for axis in axes:
        cell = cell * len(axis.labels) + axis.places[records[axis.column].to_numpy()[rows]]
    return cell


def _choose_axis(coded: CodedRecords, name: str, place: str) -> Axis:
    if name not in ("dep_code", "region_code"):
        labels = coded.meanings[name]
        return Axis(name, name, np.arange(len(labels)), labels)
    codes = coded.meanings["dep_code"]
    if name == "dep_code":
        return Axis(name, place, np.arange(len(codes)), codes)
    regions = reference.read_regions()
    of_each = [regions.get(code, code) for code in codes]
    labels = list(dict.fromkeys(of_each))
    return Axis(name, place, np.array([labels.index(code) for code in of_each]), labels)
