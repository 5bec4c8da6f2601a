"""Draw the persons of a partition: households, ages, laboratories, dates and homes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator

from data_synthetic.simulation.catchment import Catchment, Flags, Floats, Ints
from data_synthetic.simulation.scenario import Scenario

TITLES = ("Mme", "M.", "Sœur", "Enfant", "Bébé")
WOMAN, MAN, SISTER, CHILD, BABY = range(5)
OLDEST = 97
DAYS_PER_YEAR = 365.2425


class Slot(NamedTuple):
    """Which partition of how many."""

    partition: int
    n_partitions: int

    def quota(self, total: int) -> int:
        """
        Divide a count among the partitions.

        Parameters
        ----------
        total : int
            The count.

        Returns
        -------
        int
            This partition's part; the parts of all sum to the count.

        Examples
        --------
        >>> [Slot(k, 3).quota(10) for k in range(3)]
        [3, 3, 4]
        """
        before = total * self.partition // self.n_partitions
        return total * (self.partition + 1) // self.n_partitions - before


def pick(cumulative: Floats, rng: Generator) -> Ints:
    """
    Draw one column per row from rows of cumulative probabilities.

    Parameters
    ----------
    cumulative : numpy.ndarray of float, shape (n, n_choices)
        Cumulative probabilities, last column 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Chosen columns.
    """
    drawn = (cumulative < rng.random(len(cumulative))[:, None]).sum(axis=1)
    return np.minimum(drawn, cumulative.shape[1] - 1)


def lowest(key: Floats, count: int) -> Flags:
    """
    Mark the rows with the lowest keys: an exact quota, drawn by a random key.

    Parameters
    ----------
    key : numpy.ndarray of float, shape (n,)
        One a row.
    count : int
        How many to mark [rows].

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        True for the lowest; for all, if there are fewer.

    Examples
    --------
    >>> lowest(np.array([0.3, 0.1, 0.2]), 2).tolist()
    [False, True, True]
    """
    chosen = np.zeros(len(key), dtype=bool)
    count = min(count, len(key))
    if count:
        chosen[np.argpartition(key, count - 1)[:count]] = True
    return chosen


def draw_persons(
    scenario: Scenario, catchment: Catchment, slot: Slot, rng: Generator
) -> pd.DataFrame:
    """
    Draw the persons of one partition.

    Parameters
    ----------
    scenario, catchment, slot, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pandas.DataFrame
        One row per person, all columns numbers: ``title`` (position in `TITLES`), ``is_female``,
        ``age`` [years on the day of sampling], ``household``, ``parent`` (row of the parent in
        the file, or -1), ``is_couple``, ``laboratory`` and ``home`` (positions in the
        catchment), ``sampled_on`` and ``born_on`` [days since 1970].
    """
    counts = [slot.quota(scenario[name]) for name in ("men", "sisters", "children", "babies")]
    n_women = slot.quota(scenario["persons"]) - sum(counts)
    title = np.repeat([WOMAN, MAN, SISTER, CHILD, BABY], [n_women, *counts])
    persons = pd.DataFrame({"title": title})
    coin = rng.random(len(title)) < 0.5
    persons["is_female"] = np.where(title >= CHILD, coin, title != MAN)
    persons["age"] = _ages(scenario, title, rng)
    twin_of = _form_households(scenario, persons, rng)
    persons["laboratory"] = _laboratories(scenario, catchment, slot, persons["household"], rng)
    persons["sampled_on"] = draw_dates(scenario, catchment, persons["laboratory"].to_numpy(), rng)
    _, first = np.unique(persons["household"], return_index=True)
    home = pick(catchment.home.cumsum(axis=1)[persons["laboratory"].to_numpy()[first]], rng)
    persons["home"] = home[persons["household"]]
    born = persons["sampled_on"] - np.round(persons["age"] * DAYS_PER_YEAR).astype(int)
    persons["born_on"] = np.where(twin_of >= 0, born.to_numpy()[twin_of], born)
    return persons


def draw_dates(scenario: Scenario, catchment: Catchment, laboratory: Ints, rng: Generator) -> Ints:
    """
    Draw sampling dates: within the published window for its group, by year for the others.

    Parameters
    ----------
    scenario : Scenario
        The window, and the assumed share of each year.
    catchment : Catchment
        Says which laboratories belong to the published group.
    laboratory : numpy.ndarray of int, shape (n,)
        Laboratory of each person or record.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Days since 1970; no Sundays.
    """
    share = scenario["year_share"]
    first = np.array([f"{year}-01-01" for year in share], dtype="datetime64[D]").astype(int)
    last = np.array([f"{year}-12-31" for year in share], dtype="datetime64[D]").astype(int)
    last = np.minimum(last, np.datetime64(scenario["last_sampled_on"]).astype(int))
    weights = np.cumsum(list(share.values())) / sum(share.values())
    year = np.searchsorted(weights, rng.random(len(laboratory)), side="right")
    window = np.array(scenario["published_group_window"], dtype="datetime64[D]").astype(int)
    published = catchment.laboratories["laboratory_group"].eq("published").to_numpy()[laboratory]
    start = np.where(published, window[0], first[year])
    stop = np.where(published, window[1], last[year])
    day = start + np.floor(rng.random(len(laboratory)) * (stop - start + 1)).astype(int)
    sunday = (day + 3) % 7 == 6
    return np.where(sunday & (day > start), day - 1, day + (sunday & (day <= start)))


def _ages(scenario: Scenario, title: Ints, rng: Generator) -> Floats:
    """Draw ages: bands for women and men, 1 to 12 for children, under 1 for babies."""
    age = np.empty(len(title))
    for kind, sexed in ((WOMAN, "women"), (MAN, "men"), (SISTER, "women")):
        rows = np.flatnonzero(title == kind)
        bands = scenario["age_band_share"][sexed]
        edges = np.array([*(int(lower) for lower in bands), OLDEST], dtype=float)
        weights = np.cumsum(list(bands.values())) / sum(bands.values())
        if kind == SISTER:
            weights = np.where(edges[1:] <= 30, 0.0, weights)
        band = np.searchsorted(weights, rng.random(len(rows)), side="right")
        width = edges[band + 1] - edges[band]
        skew = np.where(band == len(weights) - 1, 1.7, 1.0)
        age[rows] = edges[band] + width * rng.random(len(rows)) ** skew
    children = title == CHILD
    age[children] = 1 + 12 * rng.random(children.sum())
    babies = title == BABY
    age[babies] = rng.random(babies.sum())
    return age


def _form_households(scenario: Scenario, persons: pd.DataFrame, rng: Generator) -> Ints:
    """Add ``household``, ``parent`` and ``is_couple``; return each row's twin, or -1."""
    age, title = persons["age"].to_numpy(), persons["title"].to_numpy()
    household = np.arange(len(persons))
    men = np.flatnonzero((title == MAN) & (age >= 20))
    women = np.flatnonzero((title == WOMAN) & (age >= 20))
    n_couples = min(round(scenario["couple_share"] * len(men)), len(women))
    his = rng.choice(men, n_couples, replace=False)
    hers = rng.choice(women, n_couples, replace=False)
    his = his[np.argsort(age[his] + rng.normal(0, 3, n_couples), kind="stable")]
    hers = hers[np.argsort(age[hers] + rng.normal(0, 3, n_couples), kind="stable")]
    household[his] = hers
    parent = np.full(len(persons), -1)
    minors = np.flatnonzero(age < 18)
    placed = minors[rng.random(len(minors)) < scenario["minor_with_parent_share"]]
    mothers = women[(age[women] >= 20) & (age[women] <= 62)]
    if len(mothers):
        mothers = mothers[np.argsort(age[mothers], kind="stable")]
        wanted = age[placed] + np.clip(rng.normal(30, 5, len(placed)), 18, 44)
        nearest = np.searchsorted(age[mothers], wanted) + rng.integers(-5, 6, len(placed))
        parent[placed] = mothers[np.clip(nearest, 0, len(mothers) - 1)]
        household[placed] = parent[placed]
    twin_of = np.full(len(persons), -1)
    children = placed[title[placed] >= CHILD]
    n_pairs = round(scenario["twin_share"] * len(children) / 2)
    pairs = rng.permutation(children)[: 2 * n_pairs].reshape(-1, 2)
    twin_of[pairs[:, 1]] = pairs[:, 0]
    twins = np.flatnonzero(twin_of >= 0)
    household[twins], parent[twins] = household[twin_of[twins]], parent[twin_of[twins]]
    persons["is_couple"] = np.isin(np.arange(len(persons)), np.concatenate([his, hers]))
    _, persons["household"] = np.unique(household, return_inverse=True)
    persons["parent"] = parent
    persons.loc[twins, "age"] = age[twin_of[twins]]
    return twin_of


def _laboratories(
    scenario: Scenario, catchment: Catchment, slot: Slot, household: pd.Series, rng: Generator
) -> Ints:
    """Give each household a laboratory; the published group gets its exact number of persons."""
    laboratories = catchment.laboratories
    published = laboratories["laboratory_group"].eq("published").to_numpy()
    n_households = int(household.max()) + 1
    key = rng.random(n_households)[household] + 1e-6 * rng.random(len(household))
    inside = lowest(key, slot.quota(scenario["published_group_persons"]))
    laboratory = np.empty(len(household), dtype=int)
    where = rng.random(n_households)[household]
    for rows, members in ((inside, published), (~inside, ~published)):
        choices = np.flatnonzero(members)
        share = laboratories["person_share"].to_numpy()[choices]
        position = np.searchsorted(np.cumsum(share) / share.sum(), where[rows], side="right")
        laboratory[rows] = choices[np.minimum(position, len(choices) - 1)]
    return laboratory
