"""Say how sure a headline is: its interval, and the parts the doubt comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import reference

CONFIDENCE = 0.95
Z_95 = 1.96
N_RANKINGS = 2000
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """
    One source of doubt about a headline.

    Attributes
    ----------
    source : str
        Where the doubt comes from: ``linkage``, ``place``, ``reader``, ``draw`` or the name of
        a parameter of the scenario.
    low, high : float
        What the headline would be at both ends of this doubt alone, all else equal.
    """

    source: str
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """
    A headline with its interval and the parts the interval comes from.

    Attributes
    ----------
    headline : str
        What is estimated.
    value : float
        Estimate [persons].
    parts : tuple of Part
        Independent sources of doubt.

    Examples
    --------
    >>> doubts = (Part("linkage", 97.0, 103.0), Part("place", 100.0, 104.0))
    >>> estimate = Estimate("persons", 100.0, doubts)
    >>> estimate.low, estimate.high
    (97.0, 105.0)
    """

    headline: str
    value: float
    parts: tuple[Part, ...]

    @property
    def low(self) -> float:
        """Lower end: the downward doubts, added as independent ones are (root of squares)."""
        return self.value - math.hypot(*(max(self.value - p.low, 0.0) for p in self.parts))

    @property
    def high(self) -> float:
        """Upper end, likewise."""
        return self.value + math.hypot(*(max(p.high - self.value, 0.0) for p in self.parts))


def tabulate_estimates(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """
    Lay estimates out as a table, each with its parts, largest first.

    Parameters
    ----------
    estimates : sequence of Estimate
        Headlines [persons].

    Returns
    -------
    pandas.DataFrame
        One row per (``headline``, ``doubt``), the doubt ``all`` first: ``n_persons``
        [persons, the estimate], ``low``, ``high`` [persons], ``status``.
    """
    rows = []
    for estimate in estimates:
        width = {part.source: part.high - part.low for part in estimate.parts}
        ordered = sorted(estimate.parts, key=lambda part: -width[part.source])
        for part in (Part("all", estimate.low, estimate.high), *ordered):
            rows.append((estimate.headline, part.source, estimate.value, part.low, part.high))
    names = ["headline", "doubt", "n_persons", "low", "high"]
    table = pd.DataFrame(rows, columns=names)
    numbers = table[["n_persons", "low", "high"]].round().astype("Int64")
    return table.assign(**numbers).assign(status="shown")


def bound_places(persons_by_code: pd.Series) -> pd.DataFrame:
    """
    Bound each département's persons for postal codes that are missing or shared by two.

    Parameters
    ----------
    persons_by_code : pandas.Series of int
        Persons [persons], indexed by the postal code as written; missing ones by None.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``dep_code``: ``n_persons`` as placed, ``low`` (without those whose code is
        shared with a neighbour) and ``high`` (with all those of shared codes, and the
        département's part of those without a code, should they live where the others do).

    Examples
    --------
    >>> codes = pd.Series({"56000": 90, "01200": 10, None: 10})
    >>> bound_places(codes).loc[["01", "56", "74"]].to_dict("index")["01"]
    {'n_persons': 10, 'low': 0, 'high': 11}
    """
    table = reference.read_postal_codes()
    straddles = table[table.duplicated("postal_code", keep=False)]
    codes = pd.Series(persons_by_code.index, dtype=object)
    placed = reference.place_postal_codes(codes)["dep_code"].to_numpy()
    counts = persons_by_code.groupby(placed).sum()
    unknown = int(counts.get(reference.UNKNOWN, 0))
    known = counts.drop([reference.UNKNOWN, reference.ABROAD], errors="ignore")
    shared = persons_by_code.reindex(straddles["postal_code"].tolist()).fillna(0)
    possible = shared.groupby(straddles["dep_code"].to_numpy()).sum()
    main = straddles.assign(n=shared.to_numpy()).sort_values("share", ascending=False)
    own = main.drop_duplicates("postal_code").groupby("dep_code")["n"].sum()
    places = sorted({*known.index, *possible.index})
    placed_there = known.reindex(places).fillna(0)
    low = placed_there - own.reindex(places).fillna(0)
    part = placed_there / max(int(known.sum()), 1) * unknown
    high = low + possible.reindex(places).fillna(0) + part
    bounds = pd.DataFrame({"n_persons": placed_there, "low": low, "high": high})
    return bounds.round().astype(int)


def rank_places(rates: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """
    Give each rank its interval: how far a place could move by chance alone.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row per ``dep_code`` with ``n_persons`` [persons] and ``residents`` [persons].
    rng : numpy.random.Generator
        Source of the counts drawn around those found (Poisson).

    Returns
    -------
    pandas.DataFrame
        One row per place, first rank first: ``dep_code``, ``rank``, ``rank_low``,
        ``rank_high`` (95 % of 2,000 rankings) and the columns of `rates`.

    Raises
    ------
    ValueError
        If a count or a population is missing.
    """
    if rates[["n_persons", "residents"]].isna().any(axis=None):
        raise ValueError("ranks need a count and a population in every row; leave others out")
    counts = rates["n_persons"].to_numpy(float)
    residents = rates["residents"].to_numpy(float)
    drawn = rng.poisson(counts, (N_RANKINGS, len(counts))) / residents
    ranks = len(counts) - drawn.argsort(axis=1).argsort(axis=1)
    low, high = np.quantile(ranks, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2], axis=0)
    table = rates.assign(
        rank=(counts / residents * -1).argsort().argsort() + 1,
        rank_low=np.floor(low).astype(int),
        rank_high=np.ceil(high).astype(int),
    )
    return table.sort_values("rank").reset_index(drop=True)


def list_doubts(found: dict[str, Any], headline: str, value: float, *, most: int = 5) -> list[Part]:
    """
    List what chance and the assumptions do to a headline.

    Parameters
    ----------
    found : dict
        As read by `read_worlds`.
    headline : str
        One of the headlines measured.
    value : float
        The headline as counted [persons].
    most : int, default 5
        How many assumptions to keep, those that move the headline furthest.

    Returns
    -------
    list of analysis.impact.Part
        ``draw`` (95 %), then the assumptions, furthest first.
    """
    reach = Z_95 * found["draws"][headline]["relative_sd"]
    rows = [row for row in found["assumptions"] if row["headline"] == headline]
    rows.sort(key=lambda row: row["low"] - row["high"])
    moved = [Part(row["parameter"], value * row["low"], value * row["high"]) for row in rows]
    return [Part("draw", value * (1 - reach), value * (1 + reach)), *moved[:most]]
