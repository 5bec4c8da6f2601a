"""Rates per 1,000 residents, their intervals, and their ratio to the national rate."""

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from analysis import reference
from analysis.exposure import ANY, Counts, Own, Public, Residents, Share, ShareOfSum

PER = 1000
CONFIDENCE = 0.95
EXACT_BELOW = 10


def exposure_rate(n_persons: pd.Series, residents: pd.Series, *, per: int = PER) -> pd.Series:
    """
    Divide exposed persons by residents, département by département.

    Parameters
    ----------
    n_persons : pandas.Series of int, shape (n_departements,)
        Persons exposed [persons], indexed by ``dep_code``.
    residents : pandas.Series of int, shape (n_departements,)
        Residents [persons], same index labels, in any order.
    per : int, default 1000
        Size of the group the rate is quoted for [persons].

    Returns
    -------
    pandas.Series of float, shape (n_departements,)
        Exposed persons per `per` residents, in the order of `n_persons`.

    Raises
    ------
    KeyError
        If a ``dep_code`` of `n_persons` has no population.
    ValueError
        If a population is zero or negative.

    Examples
    --------
    >>> persons = pd.Series({"2A": 30, "75": 600})
    >>> residents = pd.Series({"75": 20_000, "2A": 1_500})
    >>> exposure_rate(persons, residents).to_dict()
    {'2A': 20.0, '75': 30.0}
    """
    population = residents.loc[n_persons.index]
    if (population <= 0).any():
        empty = population.index[population <= 0].tolist()
        raise ValueError(f"residents must be positive; they are not for {empty}")
    return n_persons / population * per


def count_interval(counts: pd.Series, *, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """
    Bound counts of events that need not be residents (Byar; exact Poisson below 10).

    Parameters
    ----------
    counts : pandas.Series of int, shape (n,)
        Counts [events].
    confidence : float, default 0.95
        Share of repetitions the interval is to cover.

    Returns
    -------
    pandas.DataFrame, shape (n, 2)
        Columns ``low`` and ``high`` [events], same index.

    Notes
    -----
    Byar's approximation to the exact Poisson interval, as printed in Breslow and Day,
    *Statistical Methods in Cancer Research*, vol. II (1987), p. 69.

    Examples
    --------
    >>> count_interval(pd.Series([65])).round(3).to_numpy().tolist()
    [[50.163, 82.849]]
    """
    n = counts.to_numpy(dtype=float)
    z = stats.norm.ppf((1 + confidence) / 2)
    exact_low, exact_high = confint_poisson(n, 1, method="exact-c", alpha=1 - confidence)
    lower = np.maximum(n, 1)
    low = n * (1 - 1 / (9 * lower) - z / (3 * np.sqrt(lower))) ** 3
    high = (n + 1) * (1 - 1 / (9 * (n + 1)) + z / (3 * np.sqrt(n + 1))) ** 3
    few = n < EXACT_BELOW
    low, high = np.where(few, exact_low, low), np.where(few, exact_high, high)
    return pd.DataFrame({"low": np.nan_to_num(low), "high": high}, index=counts.index)


def share_interval(
    counts: pd.Series, totals: pd.Series, *, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """
    Bound shares of a population (Wilson score interval).

    Parameters
    ----------
    counts, totals : pandas.Series of int, shape (n,)
        Members with the property, and all members [persons].
    confidence : float, default 0.95
        Share of repetitions the interval is to cover.

    Returns
    -------
    pandas.DataFrame, shape (n, 2)
        Columns ``low`` and ``high`` [share, 0 to 1], same index.

    Examples
    --------
    >>> share_interval(pd.Series([81]), pd.Series([263])).round(4).to_numpy().tolist()
    [[0.2553, 0.3662]]
    """
    low, high = proportion_confint(
        counts.to_numpy(dtype=float), totals.to_numpy(dtype=float), 1 - confidence, "wilson"
    )
    return pd.DataFrame({"low": low, "high": high}, index=counts.index)


def rate_by_departement(counts: Counts, *, population_year: int) -> Counts:
    """
    Add rates, intervals and ratios to counts by département.

    Parameters
    ----------
    counts : Counts
        One row per (``dep_code``, …) as made by `analysis.exposure.count`, with one place basis.
    population_year : int
        Year of the municipal populations that divide the counts.

    Returns
    -------
    Counts
        With ``residents`` [persons], ``rate_per_1000``, ``rate_low``, ``rate_high``
        (95 %; Wilson where persons are residents, that is on the home basis, Byar otherwise),
        ``ratio_to_national`` and ``population_year``. Rows of unknown place or abroad have
        counts and no rate.

    Raises
    ------
    ValueError
        If the year has no populations, or the counts have no départements or several bases.

    Notes
    -----
    The file is counted whole, so the interval is not about sampling: it tells how far a rate
    of this size moves by chance alone, which matters when small départements are ranked. The
    national rate is the persons of all départements over all residents.
    """
    cells = counts.table
    if "dep_code" not in cells or len(cells["place"].unique()) != 1:
        raise ValueError("rates need counts by dep_code with one place basis")
    of_each = reference.read_populations(population_year)
    residents = cells["dep_code"].map(of_each).astype("Int64")
    rows = cells.index[residents.notna() & cells["n_persons"].notna()]
    persons, population = cells.loc[rows, "n_persons"], residents.loc[rows]
    if cells["place"].iloc[0] == "home":
        bounds = share_interval(persons, population) * PER
    else:
        bounds = count_interval(persons).div(population.astype(float), axis=0) * PER
    rates = bounds.add_prefix("rate_")
    rates.insert(0, "rate_per_1000", exposure_rate(persons, population))
    counts = counts.with_measure("residents", residents, Residents())
    for name, values in rates.astype("Float64").reindex(cells.index).items():
        counts = counts.with_measure(str(name), values, Own())
    counts = counts.derive("ratio_to_national", ShareOfSum(("dep_code",), per="residents"))
    return counts.with_measure("population_year", population_year, Public())


def share_by_category(counts: Counts) -> Counts:
    """
    Divide the persons of each category by the persons with any data, cell by cell.

    Parameters
    ----------
    counts : Counts
        One row per (…, ``category``, ``window``) as made by `analysis.exposure.count`, the
        category ``any`` among them.

    Returns
    -------
    Counts
        With ``share`` [share of the cell's persons, 0 to 1]; missing where the cell has nobody or
        the file has no such field.

    Raises
    ------
    ValueError
        If the category ``any`` was not counted.

    Examples
    --------
    >>> from analysis.exposure import Source
    >>> cells = pd.DataFrame({
    ...     "category": ["any", "nir"], "window": "2018",
    ...     "n_persons": pd.array([40, 10], dtype="Int64"), "status": "shown",
    ... })
    >>> share_by_category(Counts(cells, Source("0" * 64, True))).table["share"].tolist()
    [1.0, 0.25]
    """
    if not counts.table["category"].eq(ANY).any():
        raise ValueError("shares need the category 'any' among those counted")
    return counts.derive("share", Share("category", ANY))
