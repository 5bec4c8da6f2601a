"""One row per breach, as public registers list them: counted, and one ranked among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pandera.pandas as pa

# Several values in one row: what happened, which data, where they lay, why.
LISTS = ("natures", "contents", "locations", "causes")
PLACEHOLDERS = (500, 501)  # the least size that must be reported, and just above it
NEIGHBOURS = 10  # sizes after the last placeholder that tell how many to expect
YEARS = {"breached_year": "breached_on", "reported_year": "reported_on"}
SIZES = ("size_low", "size_high")
# One row per line of a register. `size_low` and `size_high` bound what the register counts
# [individuals, or records]; both are missing where it says nothing, the upper one alone where a
# band is open. `organisation` is a fingerprint, never a name. Dates are the first day of what the
# register gives: a day, a month or a year.
INCIDENTS = pa.DataFrameSchema(
    {
        "line": pa.Column("int64", pa.Check.ge(1)),
        **{name: pa.Column(object, nullable=True) for name in ("organisation", "place", "sector")},
        **{name: pa.Column("datetime64[us]", nullable=True) for name in YEARS.values()},
        **{name: pa.Column("Int64", pa.Check.ge(0), nullable=True) for name in SIZES},
        **{name: pa.Column(object) for name in LISTS},
    },
    checks=pa.Check(lambda sizes: ~(sizes["size_low"] > sizes["size_high"]).fillna(False)),
    strict=True,
    coerce=True,
)


def count_incidents(incidents: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """
    Count incidents, and bound the sum of their sizes.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident, as read from a register.
    by : sequence of str
        Columns to count by. ``breached_year`` and ``reported_year`` are the years of the dates;
        a column of lists counts an incident once under each of its values.

    Returns
    -------
    pandas.DataFrame
        One row per group, in order, that of unknown value last (a single row without `by`):
        ``n_incidents``, ``n_unsized`` [incidents of unknown size], ``size_low`` and
        ``size_high`` [sums over the others]. ``size_high`` is missing where a band is open:
        nothing bounds the sum.

    Raises
    ------
    ValueError
        If there is no such column.

    Examples
    --------
    >>> sizes = {"size_low": [6, 5001, None], "size_high": [50, None, None]}
    >>> incidents = pd.DataFrame({"place": ["A", "B", "A"], **sizes}, dtype="object")
    >>> count_incidents(incidents, by=["place"])["size_low"].tolist()
    [6, 5001]
    """
    listed = _list_by(incidents, by)
    low, high = (listed[name].astype("Int64") for name in SIZES)
    known = {"n_unsized": low.isna(), "n_open": low.notna() & high.isna()}
    sums = _sum_by(listed, by, n_incidents=1, **known, size_low=low, size_high=high)
    sums["size_high"] = sums["size_high"].mask(sums.pop("n_open") > 0)
    return sums.reset_index(drop=not by)


def find_placeholders(incidents: pd.DataFrame) -> pd.DataFrame:
    """
    Find sizes that stand for "at least the limit" instead of a count.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident.

    Returns
    -------
    pandas.DataFrame
        One row per placeholder (500 and 501): ``size``, ``n_incidents`` [of exactly this size]
        and ``n_expected`` [mean number of incidents at each of the ten sizes above them].

    Notes
    -----
    Breaches of 500 individuals and more must be reported in the United States, so an
    organisation that does not know the number yet gives 500 or 501.
    """
    exact = incidents.loc[incidents["size_low"].eq(incidents["size_high"]).fillna(False)]
    above = exact["size_low"].between(PLACEHOLDERS[-1] + 1, PLACEHOLDERS[-1] + NEIGHBOURS)
    counts = [int(exact["size_low"].eq(size).sum()) for size in PLACEHOLDERS]
    expected = int(above.sum()) / NEIGHBOURS
    return pd.DataFrame({"size": PLACEHOLDERS, "n_incidents": counts, "n_expected": expected})


def find_repeats(incidents: pd.DataFrame) -> pd.DataFrame:
    """
    Find rows that one incident at a processor may have caused at many organisations.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident, of a register that names no organisation.

    Returns
    -------
    pandas.DataFrame
        One row per group of rows alike in month, sector, size and all lists: ``reported_on``,
        ``sector``, ``n_incidents``, most first. Between one and all of them are incidents of
        their own; the register cannot tell.
    """
    alike = incidents.groupby(["reported_on", "sector", *SIZES, *LISTS], dropna=False).size()
    repeated = alike[alike > 1].sort_values(ascending=False, kind="stable")
    return repeated.reset_index(name="n_incidents")[["reported_on", "sector", "n_incidents"]]


def rank_breach(
    incidents: pd.DataFrame, *, low: int, high: int, by: Sequence[str] = ()
) -> pd.DataFrame:
    """
    Rank a breach of known bounds among the incidents of a register, and measure its share.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident of a register that does not list the breach itself.
    low, high : int
        Bounds of the breach's size [unit of the register].
    by : sequence of str
        Columns to rank within, as for `count_incidents`.

    Returns
    -------
    pandas.DataFrame
        One row per group, as of `count_incidents`: ``n_incidents`` [of known size, without the
        breach], ``rank_low`` and ``rank_high`` [1: the largest; best and worst that all bounds
        allow], ``share_low`` and ``share_high`` [of the individuals of the group and the breach
        together, 0 to 1; the lower one is 0 where an open band bounds nothing].

    Raises
    ------
    ValueError
        If the bounds are not positive and in order, or a column is missing.

    Notes
    -----
    A rank says how rare such a size is in the register, not how the breach compares in harm.
    Countries differ in size, and registers in what must be reported.

    Examples
    --------
    >>> sizes = pd.DataFrame({"size_low": [900, 40, 5001], "size_high": [900, 40, None]})
    >>> rank_breach(sizes.astype("Int64"), low=300, high=1000).iloc[0].tolist()[:3]
    [3.0, 2.0, 3.0]
    """
    if not 0 < low <= high:
        raise ValueError(f"the bounds must be positive and in order, got {low} and {high}")
    sized = _list_by(incidents.dropna(subset="size_low"), by)
    least, most = (sized[name].astype("Int64") for name in SIZES)
    is_open = most.isna()
    reached = {"rank_low": least > high, "rank_high": is_open | (most >= low)}
    sizes = {"share_high": least, "share_low": most, "n_open": is_open}
    sums = _sum_by(sized, by, n_incidents=1, **reached, **sizes)
    ranked = (sums[["n_incidents", "rank_low", "rank_high"]] + [0, 1, 1]).astype(int)
    share_low = (low / (low + sums["share_low"])).mask(sums["n_open"] > 0, 0.0)
    shares = pd.DataFrame(
        {"share_low": share_low, "share_high": high / (high + sums["share_high"])}
    )
    return ranked.join(shares.astype(float)).reset_index(drop=not by)


def _list_by(incidents: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add the years of the dates; repeat an incident for each value of a list to count by."""
    present = {name: date for name, date in YEARS.items() if date in incidents}
    years = {name: incidents[date].dt.year.astype("Int64") for name, date in present.items()}
    listed = incidents.assign(**years)
    if missing := [name for name in by if name not in listed]:
        raise ValueError(f"the incidents have no column {missing}; choose among {[*listed]}")
    for name in set(by) & set(LISTS):
        listed = listed.explode(name)
    return listed


def _sum_by(listed: pd.DataFrame, by: Sequence[str], **summed: Any) -> pd.DataFrame:
    """Sum numbers by group; without groups, in a single row."""
    counts = listed[list(by)].assign(**summed)
    return counts.groupby(list(by), dropna=False).sum() if by else counts.agg(["sum"])
