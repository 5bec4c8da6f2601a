"""A table of counts that knows what it was counted from and what each of its columns is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from analysis import reference
from analysis.exposure.dimensions import DIMENSIONS
from analysis.exposure.measures import PERSONS, RECORDS, Attribute, Measure, is_as_declared
from analysis.store import Breach

SHORT_HASH = 12
COUNTED_FROM = "counted_from"  # mark on tables that have not passed the gate
# What every table has: its counts, the kind of each cell, and the days of its window.
FRAME = (PERSONS, RECORDS, "status", "window_start", "window_end")


@dataclass(frozen=True)
class Source:
    """
    What was counted.

    Attributes
    ----------
    content_hash : str
        Hash of the records; empty if it is no breach but published numbers.
    is_synthetic : bool
        Whether the records were drawn.
    name : str
        What it is called.
    folder : pathlib.Path, optional
        Where the breach lies, and the ledger of what was released of it.

    Examples
    --------
    >>> str(Source("0123456789abcdef", True, "drawn"))
    '0123456789ab'
    """

    content_hash: str
    is_synthetic: bool
    name: str = ""
    folder: Path | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, breach: Breach) -> Source:
        """
        Take the source from a breach.

        Parameters
        ----------
        breach
            See the glossary of `analysis.exposure`.

        Returns
        -------
        Source
            The hash of its records, whether they were drawn, and its name, empty if it has none.
        """
        said = breach.manifest
        name = said.get("name", "")
        return cls(said["content_hash"], said["is_synthetic"], name, breach.folder)

    def __str__(self) -> str:
        """Write it short, for the line beneath a picture; published numbers have a name only."""
        return self.content_hash[:SHORT_HASH] or self.name


@dataclass(frozen=True, repr=False)
class Counts:
    """
    Counts of one source, before the gate; the only thing that the gate takes.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cell: ``n_persons`` [persons], perhaps ``n_records`` [records], ``status``
        (`reference.STATUSES`), the columns of its dimensions, and declared measures.
    source : Source
        What was counted.
    measures : mapping of str to Measure
        What each other column is. A column of the name of a dimension that is declared here is
        no dimension of this table.

    Raises
    ------
    ValueError
        If a column is neither a count, nor a dimension, nor declared, or is not what it is
        declared to be.
    pandera.errors.SchemaError
        If the table breaks its contract (`reference.counts_schema`).

    Examples
    --------
    >>> table = pd.DataFrame({"sex": ["F", "M"], "n_persons": [8, 25], "status": "shown"})
    >>> counts = Counts(table.astype({"n_persons": "Int64"}), Source("0" * 64, True))
    >>> counts
    Counts(2 cells by sex, of 000000000000; not released)
    >>> Counts(table.assign(times_national=2.0), counts.source)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: column 'times_national' is neither a count nor a dimension; declare what it is...
    """

    table: pd.DataFrame
    source: Source
    measures: Mapping[str, Measure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.table.reset_index(drop=True)
        for name in table:
            if name not in FRAME and name not in self.measures and name not in DIMENSIONS:
                raise ValueError(
                    f"column {name!r} is neither a count nor a dimension; declare what it is in "
                    "`measures` (analysis.exposure: Own, Share, ShareOfSum, Cumulative, …), or "
                    "leave it out"
                )
        table = reference.counts_schema().validate(table)
        table.attrs = {COUNTED_FROM: str(self.source)}
        object.__setattr__(self, "table", table)
        kept = {name: measure for name, measure in self.measures.items() if name in table}
        object.__setattr__(self, "measures", kept)
        for name, measure in kept.items():
            expected = measure.recompute(self.table, self.dimensions)
            if expected is not None and not is_as_declared(self.table[name], expected):
                raise ValueError(
                    f"column {name!r} is not what {measure} says; add it after rows are left out, "
                    "or leave rows out of the release"
                )

    def __repr__(self) -> str:
        """Say what was counted, and no count."""
        by = ", ".join(self.dimensions) or "nothing"
        return f"Counts({len(self.table)} cells by {by}, of {self.source}; not released)"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of its dimensions, in the order in which tables show them."""
        return tuple(n for n in DIMENSIONS if n in self.table and n not in self.measures)

    @property
    def hidden_with_cells(self) -> list[str]:
        """Columns that are hidden with their cell: counts, measures, and numbers of any kind."""
        hidden = [name for name, measure in self.measures.items() if self._is_hidden(name, measure)]
        return [str(name) for name in self.table if name in (PERSONS, RECORDS, *hidden)]

    def _is_hidden(self, name: str, measure: Measure) -> bool:
        column = self.table[name]
        is_number = types.is_numeric_dtype(column) and not types.is_bool_dtype(column)
        return not measure.is_public and (is_number or not isinstance(measure, Attribute))

    def select(self, query: str) -> Counts:
        """
        Keep the rows that a query names.

        Parameters
        ----------
        query : str
            An expression for `pandas.DataFrame.query`.

        Returns
        -------
        Counts
            Measures that are of rows left out are refused: add them afterwards.
        """
        return Counts(self.table.query(query), self.source, self.measures)

    def with_measure(self, name: str, values: Any, measure: Measure) -> Counts:
        """
        Add a declared column.

        Parameters
        ----------
        name : str
            Its name, which means nothing to the gate.
        values : scalar or array_like, shape (n_cells,)
            Its values, in the order of the rows.
        measure : Measure
            What it is.

        Returns
        -------
        Counts
            With one column more.
        """
        table = self.table.assign(**{name: values})
        return Counts(table, self.source, {**self.measures, name: measure})

    def derive(self, name: str, measure: Measure) -> Counts:
        """
        Add a column that follows from its declaration: a share, a ratio, a running sum.

        Parameters
        ----------
        name : str
            Its name.
        measure : Measure
            What it is.

        Returns
        -------
        Counts
            With one column more, missing where it has no meaning (a share of nobody).

        Raises
        ------
        ValueError
            If the declaration leaves its values open, or what it is of is not in the table.

        Examples
        --------
        >>> table = pd.DataFrame({"sex": ["F", "M"], "n_persons": [5, 15], "status": "shown"})
        >>> counts = Counts(table.astype({"n_persons": "Int64"}), Source("0" * 64, True))
        >>> from analysis.exposure.measures import ShareOfSum
        >>> counts.derive("share", ShareOfSum(("sex",))).table["share"].tolist()
        [0.25, 0.75]
        """
        values = measure.recompute(self.table, self.dimensions)
        if values is None:
            raise ValueError(f"{measure} leaves the values of {name!r} open; use with_measure")
        return self.with_measure(name, values.astype("Float64"), measure)

    def label(self, **values: str) -> Counts:
        """
        Add dimensions that have one value in the whole table.

        Parameters
        ----------
        **values : str
            Value of each, by the name of the dimension.

        Returns
        -------
        Counts
            Ready to be joined with counts that have other values there.
        """
        return Counts(self.table.assign(**values), self.source, self.measures)


def join_counts(parts: Sequence[Counts]) -> Counts:
    """
    Put counts of one source in one table, one under the other.

    Parameters
    ----------
    parts : sequence of Counts
        Counts by the same dimensions, one or more.

    Returns
    -------
    Counts
        All their rows.

    Raises
    ------
    ValueError
        If there is none, they are of several sources or by several dimensions, or declare one
        column in several ways.
    """
    if not parts:
        raise ValueError("there are no counts to join")
    first, *others = parts
    measures = dict(first.measures)
    for part in others:
        if part.source != first.source:
            raise ValueError(
                f"counts of {part.source} can't be joined with those of {first.source}"
            )
        if part.dimensions != first.dimensions:
            raise ValueError(
                f"counts by {part.dimensions} can't be joined with those by {first.dimensions}; "
                "pass both to analysis.disclosure.release_together"
            )
        for name, measure in part.measures.items():
            if measures.setdefault(name, measure) != measure:
                raise ValueError(f"column {name!r} is declared in two ways; rename one")
    table = pd.concat([part.table for part in parts], ignore_index=True)
    return Counts(table, first.source, measures)
