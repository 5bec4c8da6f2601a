"""What a column of numbers is, and which other counts it gives away with its cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

PERSONS, RECORDS = "n_persons", "n_records"
Rows = tuple[int, ...]  # positions in a table


@dataclass(frozen=True)
class Measure:
    """
    Something declared of a column; this base class is never used itself.

    Attributes
    ----------
    is_public : bool
        Whether everybody knows the column anyway; any other number is hidden with its cell.
    """

    is_public: ClassVar[bool] = False

    def find_given(self, table: pd.DataFrame, dimensions: Sequence[str]) -> list[Rows]:
        """
        Find for each row the rows whose counts, added, it gives away when it is shown.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        list of tuple of int
            One per row; empty where the column tells of the row's own counts only.
        """
        return [()] * len(table)

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series | None:
        """
        Compute what the column must be; None if it can be anything.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,), or None
            None, but for columns that follow from the counts; those have one value per row.
        """
        return None


@dataclass(frozen=True)
class Public(Measure):
    """A number that everybody knows: residents, a year, an effort in points."""

    is_public: ClassVar[bool] = True


@dataclass(frozen=True)
class Residents(Public):
    """The residents of the cell [persons], of whom those who live there can't be more."""


@dataclass(frozen=True)
class Attribute(Measure):
    """Text or a number that tells nothing of the counts: a score, a reason, a label."""


@dataclass(frozen=True)
class Own(Measure):
    """
    A number of the cell alone: no count of another cell enters it, and none can be got from it.

    A function of the cell's own counts and of public numbers (a rate, an interval, a corrected
    count, a cost), or a further count of the same records (distinct addresses).
    """


@dataclass(frozen=True)
class LargestShare(Own):
    """The share of the cell's total that its largest contributor has, 0 to 1."""


@dataclass(frozen=True)
class Sum(Measure):
    """
    A number from which a sum of counts of several cells follows.

    Attributes
    ----------
    of : {'n_persons', 'n_records'}
        Which counts are summed.
    is_whole : bool
        Whether many rows give the same sum away, so that it is public as soon as one is shown.
        Otherwise each row gives a sum of its own, which is hidden with it.
    tells_at_zero : bool
        Whether a row without anybody gives its sum away, too; no share of nothing does.
    """

    of: str = field(default=PERSONS, kw_only=True)
    is_whole: ClassVar[bool] = True
    tells_at_zero: ClassVar[bool] = True

    def _add_up(self, table: pd.DataFrame, given: Sequence[Rows]) -> pd.Series:
        counts = table[self.of].to_numpy(dtype=float, na_value=np.nan)
        sums: dict[Rows, float] = {rows: float(np.nansum(counts[[*rows]])) for rows in {*given}}
        found = [sums[rows] if rows else np.nan for rows in given]
        return pd.Series(found, index=table.index, dtype=float)

    def _own(self, table: pd.DataFrame) -> pd.Series:
        return table[self.of].astype("Float64").astype(float)


@dataclass(frozen=True)
class OfWhole(Sum):
    """
    A number computed from the cell's own counts and those of a whole cell.

    Attributes
    ----------
    dimension, value : str
        The whole is the cell that has this value of the dimension, and else the same.

    Examples
    --------
    >>> table = pd.DataFrame({"category": ["any", "nir"], "n_persons": [40, 10]})
    >>> Share("category", "any").find_given(table, ["category"])
    [(0,), (0,)]
    """

    dimension: str
    value: str
    tells_at_zero: ClassVar[bool] = False

    def find_given(self, table: pd.DataFrame, dimensions: Sequence[str]) -> list[Rows]:
        """
        Find the whole cell of each row.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        list of tuple of int
            One per row: the position of its whole.

        Raises
        ------
        ValueError
            If the table lacks the whole of a row.
        """
        keys = _list_keys(table, [name for name in dimensions if name != self.dimension])
        wholes = np.flatnonzero(table[self.dimension].eq(self.value)).tolist()
        whole = {keys[row]: row for row in wholes}
        if lacking := {*keys} - {*whole}:
            raise ValueError(
                f"a share of the cells with {self.dimension} {self.value!r} needs them in the "
                f"table; they are missing for {len(lacking)} cells: count them, too"
            )
        return [(whole[key],) for key in keys]


@dataclass(frozen=True)
class Share(OfWhole):
    """The share of the counts of a whole cell, 0 to 1."""

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series:
        """
        Divide each count by that of its whole.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,)
            Shares, 0 to 1; missing where the count is, and where nobody is in the whole.

        Raises
        ------
        ValueError
            If the table lacks the whole of a row.
        """
        return _divide(self._own(table), self._add_up(table, self.find_given(table, dimensions)))


@dataclass(frozen=True)
class ShareOfSum(Sum):
    """
    The share of the sum of some cells, perhaps per resident: a ratio to the rate of them all.

    Attributes
    ----------
    over : tuple of str
        The sum is over all values of these dimensions.
    per : str, optional
        Public column that divides both, for example ``residents``.
    """

    over: tuple[str, ...]
    per: str | None = None

    tells_at_zero: ClassVar[bool] = False

    def find_given(self, table: pd.DataFrame, dimensions: Sequence[str]) -> list[Rows]:
        """
        Find the rows summed, for each row that is among them.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        list of tuple of int
            One per row: positions of all rows summed; empty where the count or the public number is
            missing, so that the row is not among them.
        """
        there = table[self.of].notna()
        if self.per:
            there &= table[self.per].notna()
        keys = _list_keys(table, [name for name in dimensions if name not in self.over])
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in np.flatnonzero(there).tolist():
            groups.setdefault(keys[row], []).append(row)
        summed = {key: tuple(rows) for key, rows in groups.items()}
        return [summed[key] if here else () for key, here in zip(keys, there, strict=True)]

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series:
        """
        Divide each count, or rate, by that of all rows summed.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,)
            Shares, 0 to 1, or ratios of rates [times]; missing for rows that are not summed, and
            where the divisor is 0.
        """
        given = self.find_given(table, dimensions)
        share = _divide(self._own(table), self._add_up(table, given))
        if not self.per:
            return share
        public = table.assign(**{self.of: table[self.per]})
        return share * _divide(self._add_up(public, given), self._own(public))


@dataclass(frozen=True)
class Total(ShareOfSum):
    """The sum over all values of some dimensions, beside each of its parts."""

    tells_at_zero: ClassVar[bool] = True

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series:
        """
        Add up the counts that each row gives away.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,)
            Sums [persons or records], to which a missing count adds nothing; missing for rows
            that give nothing away.
        """
        return self._add_up(table, self.find_given(table, dimensions))


@dataclass(frozen=True)
class Cumulative(Sum):
    """
    The sum of a cell and of those before it, in the order of the rows.

    Attributes
    ----------
    over : str
        Dimension along which it is summed; all others stay the same.
    """

    over: str
    is_whole: ClassVar[bool] = False

    def find_given(self, table: pd.DataFrame, dimensions: Sequence[str]) -> list[Rows]:
        """
        Find each row with those before it.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        list of tuple of int
            One per row: positions of those before it, from the first on, then its own.
        """
        so_far: dict[tuple[str, ...], Rows] = {}
        given: list[Rows] = []
        others = [name for name in dimensions if name != self.over]
        for row, key in enumerate(_list_keys(table, others)):
            so_far[key] = (*so_far.get(key, ()), row)
            given.append(so_far[key])
        return given

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series:
        """
        Add up the counts that each row gives away.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,)
            Sums [persons or records], to which a missing count adds nothing; missing for rows
            that give nothing away.
        """
        return self._add_up(table, self.find_given(table, dimensions))


@dataclass(frozen=True)
class Change(Cumulative):
    """The difference of a cell from the one before it; missing for the first."""

    def find_given(self, table: pd.DataFrame, dimensions: Sequence[str]) -> list[Rows]:
        """
        Find the row before each row.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        list of tuple of int
            One per row: the position of the one before it; empty for the first.
        """
        return [rows[-2:-1] for rows in super().find_given(table, dimensions)]

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series:
        """
        Subtract the count before from each count.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,)
            Differences [persons or records]; missing for the first row, and where the row's own
            count or the one before it is.
        """
        own, given = self._own(table), self.find_given(table, dimensions)
        return own - [own[rows[0]] if rows else np.nan for rows in given]


@dataclass(frozen=True)
class Rank(Measure):
    """
    The place of a cell among all rows, 1 for the highest rate, or a bound of it.

    Attributes
    ----------
    per : str
        Public column that divides the persons.
    is_bound : bool, default False
        Whether it is a bound, which tells no more than the places do.
    """

    per: str
    is_bound: bool = False

    def recompute(self, table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Series | None:
        """
        Rank the rates; equal ones in the order of the rows.

        Parameters
        ----------
        table : pandas.DataFrame
            A table of counts, indexed from 0.
        dimensions : sequence of str
            Its dimensions.

        Returns
        -------
        pandas.Series of float, shape (n_cells,), or None
            Places, 1 for the highest rate, missing where the rate is; None for a bound.
        """
        if self.is_bound:
            return None
        rates = table[PERSONS].astype("Float64") / table[self.per].astype("Float64")
        return rates.rank(ascending=False, method="first").astype(float)


def is_as_declared(column: pd.Series, expected: pd.Series) -> bool:
    """
    Say whether a column shows nothing but what its declaration gives.

    Parameters
    ----------
    column : pandas.Series, shape (n_cells,)
        The numbers shown; a missing one shows nothing.
    expected : pandas.Series of float, shape (n_cells,)
        What they must be, as `Measure.recompute` returns it.

    Returns
    -------
    bool
        Whether each number that is there is the one expected, but for rounding errors.
    """
    shown = column.astype("Float64").astype(float)
    return bool((shown.isna() | np.isclose(shown, expected, rtol=1e-6, atol=1e-9)).all())


def _list_keys(table: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    if not names:
        return [()] * len(table)
    return list(zip(*(table[name].astype(str) for name in names), strict=True))


def _divide(counts: pd.Series, wholes: pd.Series) -> pd.Series:
    return counts.div(wholes.mask(wholes.eq(0)))
