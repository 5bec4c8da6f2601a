"""Windows of time: half-open periods over the sampling date."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

UNITS = {"year": "%Y", "quarter": "%Y-Q%q", "month": "%Y-%m"}  # how each is written
AGE_EDGES = (0, 6, 12, 24, 36, 48, 60)


def one_window(start: str, end: str) -> pd.DataFrame:
    """
    Make a table of one window.

    Parameters
    ----------
    start, end : str
        First day inside and first day outside, as ``YYYY-MM-DD``.

    Returns
    -------
    pandas.DataFrame
        One row: ``window`` (label), ``window_start``, ``window_end``.

    Raises
    ------
    ValueError
        If a date cannot be read, or the window ends before it starts.

    Examples
    --------
    >>> one_window("2018-06-01", "2019-02-06")["window"].item()
    '[2018-06-01, 2019-02-06)'
    """
    return check_windows([(f"[{start}, {end})", start, end)])


def calendar_windows(start: str, end: str, *, unit: str) -> pd.DataFrame:
    """
    Cut a period into calendar years, quarters or months.

    Parameters
    ----------
    start, end : str
        The period, half-open, as ``YYYY-MM-DD``; it is widened to whole units.
    unit : {'year', 'quarter', 'month'}
        Length of each window.

    Returns
    -------
    pandas.DataFrame
        One row per unit, in order, without gaps.

    Raises
    ------
    ValueError
        If the unit is unknown or the period ends before it starts.

    Examples
    --------
    >>> calendar_windows("2019-02-01", "2019-07-01", unit="quarter")["window"].tolist()
    ['2019-Q1', '2019-Q2']
    """
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {list(UNITS)}, got {unit!r}")
    one_window(start, end)
    last_day = pd.Timestamp(end) - pd.Timedelta(days=1)
    periods = pd.period_range(start, last_day, freq=unit[0].upper())
    labels = periods.strftime(UNITS[unit])
    return check_windows([*zip(labels, periods.start_time, (periods + 1).start_time, strict=True)])


def rolling_windows(start: str, end: str, *, months: int = 12) -> pd.DataFrame:
    """
    Slide a window of some months over a period, month by month.

    Parameters
    ----------
    start, end : str
        The period, half-open; only windows that lie wholly inside are made.
    months : int, default 12
        Length of each window [months].

    Returns
    -------
    pandas.DataFrame
        One row per window, labelled by its first and last month.

    Raises
    ------
    ValueError
        If the period is shorter than one window.

    Examples
    --------
    >>> rolling_windows("2018-01-01", "2019-03-01")["window"].tolist()
    ['2018-01/2018-12', '2018-02/2019-01', '2018-03/2019-02']
    """
    month = calendar_windows(start, end, unit="month")
    last = month.shift(1 - months).dropna()
    if last.empty:
        raise ValueError(f"[{start}, {end}) has {len(month)} months, a window needs {months}")
    first = month.loc[last.index]
    labels = first["window"] + "/" + last["window"]
    return first.assign(window=labels, window_end=last["window_end"])


def cumulative_windows(start: str, end: str, *, unit: str = "month") -> pd.DataFrame:
    """
    Grow a window from a fixed start, unit by unit.

    Parameters
    ----------
    start, end : str
        The period, half-open, as ``YYYY-MM-DD``.
    unit : {'year', 'quarter', 'month'}, default 'month'
        What each window adds.

    Returns
    -------
    pandas.DataFrame
        One row per window, all with the same start.

    Examples
    --------
    >>> cumulative_windows("2018-01-01", "2020-01-01", unit="year")["window"].tolist()
    ['to 2018', 'to 2019']
    """
    added = calendar_windows(start, end, unit=unit)
    first = added["window_start"].iloc[0]
    return added.assign(window="to " + added["window"], window_start=first)


def age_windows(published_on: str, *, edges: Sequence[int] = AGE_EDGES) -> pd.DataFrame:
    """
    Cut the past into ages of the data on the day they became public.

    Parameters
    ----------
    published_on : str
        Day of publication, as ``YYYY-MM-DD``.
    edges : sequence of int
        Ages that part the windows [months], increasing from 0; the last one is open upwards.

    Returns
    -------
    pandas.DataFrame
        One row per band of age, oldest data first, labelled in months (``m``).

    Examples
    --------
    >>> age_windows("2021-02-14", edges=(0, 12))["window"].tolist()
    ['12+ m', '0–12 m']
    """
    day = pd.Timestamp(published_on)
    cuts = {months: day - pd.DateOffset(months=months) for months in edges}
    oldest = (f"{edges[-1]}+ m", pd.Timestamp("1900-01-01"), cuts[edges[-1]])
    bands = [(f"{young}–{old} m", cuts[old], cuts[young]) for young, old in pairwise(edges)]
    return check_windows([oldest, *reversed(bands)])


def check_windows(rows: Sequence[tuple[str, object, object]]) -> pd.DataFrame:
    """
    Check windows and lay them out as a table.

    Parameters
    ----------
    rows : sequence of (label, start, end)
        Half-open windows.

    Returns
    -------
    pandas.DataFrame
        One row per window: ``window``, ``window_start``, ``window_end``.

    Raises
    ------
    ValueError
        If a date cannot be read, or a window ends before it starts.
    """
    table = pd.DataFrame(list(rows), columns=["window", "window_start", "window_end"])
    for column in ("window_start", "window_end"):
        try:
            table[column] = pd.to_datetime(table[column]).astype("datetime64[s]")
        except (ValueError, TypeError) as error:
            raise ValueError(f"{column}: dates are written YYYY-MM-DD ({error})") from error
    wrong = table[table["window_end"] <= table["window_start"]]
    if len(wrong):
        first = wrong.iloc[0]
        raise ValueError(
            f"window {first['window']} ends on {first['window_end']:%Y-%m-%d}, not after its "
            f"start on {first['window_start']:%Y-%m-%d}; the end is the first day outside"
        )
    return table


def to_days(dates: pd.Series) -> np.ndarray:
    """
    Turn dates into days since 1970.

    Parameters
    ----------
    dates : pandas.Series of datetime64, shape (n,)
        The dates, none missing.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Whole days since 1 January 1970 [days], negative before it.

    Examples
    --------
    >>> to_days(pd.Series(pd.to_datetime(["1970-01-02"]))).tolist()
    [1]
    """
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
