"""What a register tells of a period as time goes by: revisions, and what is still to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.published.incidents import LISTS, PLACEHOLDERS
from analysis.published.register import Register

# Keys of each rule, in the order in which they are tried, on what no earlier rule has linked.
RULES = {
    "same": ["organisation", "place", "size_low"],
    "revised": ["organisation", "place", "reported_on"],
    "renamed": ["place", "size_low", "natures"],
}


def link_incidents(older: pd.DataFrame, newer: pd.DataFrame) -> pd.DataFrame:
    """
    Find the incidents that two vintages have in common.

    Parameters
    ----------
    older, newer : pandas.DataFrame
        One row per incident.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``older`` and ``newer`` [index labels], ``rule``. *same*: organisation,
        place and size agree (as many pairs as the poorer side has such rows). *revised*:
        organisation, place and day of the report agree, the size does not. *renamed*: place,
        size and natures agree, occur once on either side, and the size is no placeholder; the
        organisation was written otherwise, or it is a chance hit. An incident is in at most one
        pair.
    """
    linked, sides = [], {"older": older, "newer": newer}
    for rule, keys in RULES.items():
        numbered = {name: _number(side, rule, keys) for name, side in sides.items()}
        pairs = pd.concat(numbered, axis=1, join="inner")
        linked.append(pairs.assign(rule=rule))
        sides = {name: side.drop(pairs[name]) for name, side in sides.items()}
    return pd.concat(linked, ignore_index=True)


def unite(older: Register, newer: Register) -> Register:
    """
    Put two vintages, or overlapping files, together and count each incident once.

    Parameters
    ----------
    older, newer : Register
        Of the same unit; `unite` of two can be united with a third.

    Returns
    -------
    Register
        All incidents of `newer`, with what only `older` knows of them (the date of the breach,
        say), then those of `older` that no rule of `link_incidents` finds in it.

    Raises
    ------
    ValueError
        If they count different units.
    """
    if older.unit != newer.unit:
        raise ValueError(f"{older.name} counts {older.unit}, {newer.name} counts {newer.unit}")
    links = link_incidents(older.incidents, newer.incidents)
    told = older.incidents.loc[links["older"]].set_axis(links["newer"], axis=0)
    told = told.drop(columns=[*LISTS, "size_low", "size_high"])
    both = newer.incidents.combine_first(told).loc[newer.incidents.index, newer.incidents.columns]
    alone = older.incidents.drop(links["older"])
    set_aside = pd.concat([newer.set_aside, older.set_aside], ignore_index=True)
    incidents = pd.concat([both, alone], ignore_index=True)
    name, n_rows = f"{newer.name} + {older.name}", len(incidents) + len(set_aside)
    return Register(name, newer.vintage_on, newer.unit, incidents, set_aside, n_rows)


def count_overlap(older: Register, newer: Register) -> pd.DataFrame:
    """
    Report what `unite` does with each incident of two vintages.

    Parameters
    ----------
    older, newer : Register
        As for `unite`.

    Returns
    -------
    pandas.DataFrame
        One row per ``overlap``: the rules of `link_incidents`, then what is in the ``older`` or
        the ``newer`` only; ``n_incidents`` [of the union]. They add up to it. It is the most there
        can be: an incident only in one may be one only in the other, written so differently that
        no rule links them.
    """
    links = link_incidents(older.incidents, newer.incidents)
    counts = {rule: int(links["rule"].eq(rule).sum()) for rule in RULES}
    for name, register in (("older", older), ("newer", newer)):
        counts[name] = len(register.incidents) - len(links)
    return pd.Series(counts, name="n_incidents").rename_axis("overlap").reset_index()


def count_by_delay(incidents: pd.DataFrame, *, until: str, frequency: str = "Y") -> pd.DataFrame:
    """
    Count incidents by period of the breach and by delay until the report.

    Parameters
    ----------
    incidents : pandas.DataFrame
        One row per incident, with ``breached_on`` and ``reported_on``; rows that lack one, or
        reported before the breach, are left out.
    until : str
        Last day of what is known, ``YYYY-MM-DD``: the end of a period.
    frequency : str, default 'Y'
        Length of a period, as pandas writes it: ``'Y'`` or ``'Q'``.

    Returns
    -------
    pandas.DataFrame of float
        One row per period of the breach, one column per delay [periods, from 0]: incidents
        reported within it, cumulated; missing where the delay reaches beyond `until`.

    Raises
    ------
    ValueError
        If no incident has both dates up to `until`.

    Examples
    --------
    >>> days = {"breached_on": ["2019-05-01", "2019-06-01", "2020-02-01"],
    ...         "reported_on": ["2019-08-01", "2020-01-01", "2020-03-01"]}
    >>> incidents = pd.DataFrame(days, dtype="datetime64[us]")
    >>> count_by_delay(incidents, until="2020-12-31").to_numpy().tolist()
    [[1.0, 2.0], [1.0, nan]]
    """
    dated = incidents.dropna(subset=["breached_on", "reported_on"])
    dated = dated[dated["reported_on"].between(dated["breached_on"], pd.Timestamp(until))]
    if dated.empty:
        raise ValueError(f"no incident has both dates up to {until}; unite two vintages first")
    breached = dated["breached_on"].dt.to_period(frequency)
    reported = dated["reported_on"].dt.to_period(frequency)
    delay = (reported.astype("int64") - breached.astype("int64")).rename("delay")
    last = pd.Period(until, frequency)
    origins = pd.period_range(breached.min(), last, freq=frequency, name="breached_on")
    counts = pd.crosstab(breached, delay).reindex(
        index=origins, columns=pd.RangeIndex(len(origins), name="delay"), fill_value=0
    )
    age = np.arange(len(origins))
    return counts.cumsum(axis=1).astype(float).where(age + age[:, None] < len(origins))


def project(triangle: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """
    Expect the final count of every row of a triangle (chain ladder, Mack's standard error).

    Parameters
    ----------
    triangle : pandas.DataFrame of float, shape (n_origins, n_ages)
        Cumulated counts, one row per period of origin, one column per age, in order; missing
        above the latest age of a row, and perhaps below the first at which it was seen.
    confidence : float, default 0.95
        Share of repetitions the interval is to cover.

    Returns
    -------
    pandas.DataFrame
        One row per origin, then ``all`` together: ``latest``, ``expected``,
        ``standard_error``, ``low`` and ``high`` (log-normal around the expected count). A row
        at its last age is as expected. An age step that only one origin has taken has no spread
        of its own: its variance follows the two steps before it, and where they have none
        either, the standard error is missing.

    Raises
    ------
    ValueError
        If a row is empty, has gaps or ends at zero, or no row has counts at both ages of a step.

    References
    ----------
    Mack, T. (1993). Distribution-free calculation of the standard error of chain ladder
    reserve estimates. *ASTIN Bulletin* 23(2), 213–225.
    """
    latest = _find_latest(triangle)
    cells = triangle.to_numpy(dtype=float)
    factors, sums, variances = _fit(cells)
    filled = cells.copy()
    for before, after, factor in zip(filled.T, filled.T[1:], factors, strict=False):
        after[:] = np.where(np.isnan(after), before * factor, after)
    # Steps still to come for each row: those whose later age is unknown and earlier one is not.
    ahead = np.isnan(cells[:, 1:]) & ~np.isnan(filled[:, :-1])
    start = np.where(ahead, filled[:, :-1], np.inf)
    errors = _measure_errors(start, filled[:, -1], sums, variances / factors**2)
    counts = pd.DataFrame({"latest": latest.to_numpy(), "expected": filled[:, -1]})
    projected = pd.concat([counts, counts.sum().to_frame().T]).assign(standard_error=errors)
    projected.index = pd.Index([*triangle.index.astype(str), "all"], name=triangle.index.name)
    spread = np.sqrt(np.log1p((projected["standard_error"] / projected["expected"]) ** 2))
    middle = np.log(projected["expected"]) - spread**2 / 2
    reach = stats.norm.ppf((1 + confidence) / 2) * spread
    return projected.assign(low=np.exp(middle - reach), high=np.exp(middle + reach))


def _find_latest(triangle: pd.DataFrame) -> pd.Series:
    """Find the latest count of every row, once none is found empty, with gaps or at zero."""
    carried, to_come = triangle.ffill(axis=1), triangle.bfill(axis=1)
    latest, is_gap = carried.iloc[:, -1], triangle.isna() & carried.notna() & to_come.notna()
    if broken := np.flatnonzero(is_gap.any(axis=1) | latest.isna()).tolist():
        raise ValueError(f"rows {broken} of the triangle are empty or have gaps between known ages")
    if (latest <= 0).any():
        raise ValueError("the latest count of every row must be positive; use longer periods")
    return latest


def _fit(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factor, sum of its denominators and variance of each step from one age to the next."""
    before, after = cells[:, :-1], cells[:, 1:]
    is_pair = ~np.isnan(before) & ~np.isnan(after)
    before, after = np.where(is_pair, before, 0), np.where(is_pair, after, 0)
    sums = before.sum(axis=0)
    if ages := np.flatnonzero(sums <= 0).tolist():
        raise ValueError(f"no row has counts at both ages of the steps {ages}; use longer periods")
    factors = after.sum(axis=0) / sums
    gaps = (after - factors * before) ** 2
    scaled = np.divide(gaps, before, out=np.zeros_like(gaps), where=before > 0)
    freedom = is_pair.sum(axis=0) - 1
    variances = np.full(len(factors), np.nan)
    np.divide(scaled.sum(axis=0), freedom, out=variances, where=freedom > 0)
    for step in np.flatnonzero(freedom == 0):
        if step >= 2:
            older, newer = variances[step - 2], variances[step - 1]
            variances[step] = min(newer**2 / older if older > 0 else 0, older, newer)
    return factors, sums, variances


def _measure_errors(
    start: np.ndarray, final: np.ndarray, sums: np.ndarray, relative: np.ndarray
) -> np.ndarray:
    """Standard error of each row's final count, then of their sum (Mack 1993, theorem 3)."""
    ahead = np.isfinite(start)
    squares = np.where(ahead, relative * (1 / start + 1 / sums), 0).sum(axis=1)
    shared = np.where(ahead, relative / sums, 0).sum(axis=1)
    n_ahead = ahead.sum(axis=1)
    # Two rows share the steps that the older one has still to take.
    older = np.minimum(n_ahead[:, None], n_ahead[None, :])
    pairs = np.where(n_ahead[:, None] == older, shared[:, None], shared[None, :])
    np.fill_diagonal(pairs, 0)
    total = (final**2 * squares).sum() + (np.outer(final, final) * pairs).sum()
    return np.array([*(final * np.sqrt(squares)), np.sqrt(total)])


def _number(side: pd.DataFrame, rule: str, keys: list[str]) -> pd.Series:
    """Index labels of the rows whose keys are all known, under the keys and a running number."""
    keyed = side.dropna(subset=keys)
    if rule == "renamed":  # linked only where the key names one incident on either side
        keyed = keyed[~keyed["size_low"].isin(PLACEHOLDERS) & ~keyed.duplicated(keys, keep=False)]
    number = keyed.groupby(keys).cumcount().rename("number")
    index = pd.MultiIndex.from_frame(keyed[keys].astype(str).assign(number=number))
    return pd.Series(keyed.index, index=index)
