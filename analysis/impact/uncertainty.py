"""Say how sure a headline is: its interval, and the parts the doubt comes from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import reference
from analysis.comments import Confusion, corrected_prevalence
from analysis.exposure import Attribute, CodedRecords, Counts, Measure, OfWhole, Own, Rank, Source
from analysis.linkage import estimate_persons, list_lines
from analysis.store import Breach

CONFIDENCE = 0.95
Z_95 = 1.96
READ = "comments"  # category of the persons whose comments were read
N_RANKINGS = 2000


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


def tabulate_estimates(estimates: Sequence[Estimate], source: Source) -> Counts:
    """
    Lay estimates out as counts, each with its parts, largest first.

    Parameters
    ----------
    estimates : sequence of Estimate
        Headlines [persons].
    source : Source
        What they were estimated from.

    Returns
    -------
    Counts
        One row per (``headline``, ``doubt``), the doubt ``all`` first: ``n_persons``
        [persons, the estimate], ``low``, ``high`` [persons].
    """
    rows = []
    for estimate in estimates:
        width = {part.source: part.high - part.low for part in estimate.parts}
        ordered = sorted(estimate.parts, key=lambda part: -width[part.source])
        for part in (Part("all", estimate.low, estimate.high), *ordered):
            rows.append((estimate.headline, part.source, estimate.value, part.low, part.high))
    names = ["headline", "doubt", "n_persons", "low", "high"]
    return _mark_shown(pd.DataFrame(rows, columns=names), source, names[2:])


def tabulate_persons(found: Mapping[str, pd.Series], by: str, source: Source) -> Counts:
    """
    Lay out estimated numbers of persons, one group of records a row.

    Parameters
    ----------
    found : mapping of str to pandas.Series
        What `analysis.linkage.estimate_persons` found for each group.
    by : str
        Dimension that the groups are values of.
    source : Source
        What was estimated from.

    Returns
    -------
    Counts
        One row per group with all that was found of it: ``n_persons`` [persons, the estimate],
        its interval, and how many records it rests on; nothing where the sample is too small.
    """
    cells = pd.DataFrame(found).T.rename_axis(by).reset_index()
    numbers = [str(name) for name in cells if str(name).startswith("n_")]
    cells = cells.assign(doubt=cells.get("doubt", "linkage"))  # no other page's number of persons
    counts = _mark_shown(cells.drop(columns="basis", errors="ignore"), source, numbers)
    return counts.with_measure("basis", cells["basis"], Attribute()) if "basis" in cells else counts


def count_persons(coded: CodedRecords) -> Counts:
    """
    Lay out the number of persons of the whole file, the one estimate that every page shows.

    Parameters
    ----------
    coded
        See the glossary of `analysis.exposure`.

    Returns
    -------
    Counts
        One row, ``headline`` ``file``, with the columns of `tabulate_persons`.

    Raises
    ------
    FileNotFoundError
        If the breach has no estimate, or one older than its links.
    """
    estimate = estimate_persons(coded.breach)
    return tabulate_persons({"file": estimate}, "headline", Source.of(coded.breach))


def bound_places(persons_by_code: pd.Series, source: Source) -> Counts:
    """
    Bound each département's persons for postal codes that are missing or shared by two.

    Parameters
    ----------
    persons_by_code : pandas.Series of int
        Persons [persons], indexed by the postal code as written; missing ones by None.
    source : Source
        What was counted.

    Returns
    -------
    Counts
        One row per ``dep_code``: ``n_persons`` as placed, ``low`` (without those whose code is
        shared with a neighbour) and ``high`` (with all those of shared codes, and the
        département's part of those without a code, should they live where the others do).

    Examples
    --------
    >>> codes = pd.Series({"56000": 90, "01200": 10, None: 10})
    >>> bounds = bound_places(codes, Source("0" * 64, True)).table.set_index("dep_code")
    >>> bounds.loc["01", ["n_persons", "low", "high"]].to_dict()
    {'n_persons': 10, 'low': 0, 'high': 11}
    """
    codes_of = reference.read_postal_codes()
    straddles = codes_of[codes_of.duplicated("postal_code", keep=False)]
    codes = pd.Series(persons_by_code.index, dtype=object)
    placed = reference.place_postal_codes(codes)["dep_code"].to_numpy()
    counts = persons_by_code.groupby(placed).sum()
    unknown = int(counts.get(reference.UNKNOWN, 0))
    inside = counts.drop([reference.UNKNOWN, reference.ABROAD], errors="ignore")
    shared = persons_by_code.reindex(straddles["postal_code"].tolist()).fillna(0)
    possible = shared.groupby(straddles["dep_code"].to_numpy()).sum()
    main = straddles.assign(n=shared.to_numpy()).sort_values("share", ascending=False)
    own = main.drop_duplicates("postal_code").groupby("dep_code")["n"].sum()
    places = sorted({*inside.index, *possible.index})
    placed_there = inside.reindex(places).fillna(0)
    low = placed_there - own.reindex(places).fillna(0)
    part = placed_there / max(int(inside.sum()), 1) * unknown
    high = low + possible.reindex(places).fillna(0) + part
    bounds = pd.DataFrame({"n_persons": placed_there, "low": low, "high": high})
    cells = bounds.rename_axis("dep_code").reset_index().assign(doubt="place")
    return _mark_shown(cells, source, ["n_persons", "low", "high"])


def doubt_place(
    counts: Counts, dep_code: str, estimate: pd.Series, bounds: Counts, worlds: dict[str, Any]
) -> Estimate:
    """
    List the doubts about the persons of a département: who is one person, where, and chance.

    Parameters
    ----------
    counts : Counts
        Persons by ``dep_code``.
    dep_code : str
        The département.
    estimate : pandas.Series
        Persons of the whole file, as `analysis.linkage.estimate_persons` returns them; its
        relative width is that of any place.
    bounds : Counts
        As made by `bound_places`.
    worlds : dict
        What chance and the assumptions did to small worlds.

    Returns
    -------
    Estimate
        The linked persons [persons] with their doubts.
    """
    value = float(counts.table.set_index("dep_code")["n_persons"][dep_code])
    ends = [value * estimate[f"n_persons_{end}"] / estimate["n_persons"] for end in ("low", "high")]
    low, high = (bounds.table.set_index("dep_code")[end] for end in ("low", "high"))
    known = [Part("linkage", *ends), Part("place", float(low[dep_code]), float(high[dep_code]))]
    return Estimate("main_place", value, (*known, *list_doubts(worlds, "main_place", value)))


def doubt_topic(topic: str, judged: dict[str, Any], worlds: dict[str, Any]) -> Estimate:
    """
    List the doubts about the persons of whom a comment says something.

    Parameters
    ----------
    topic : str
        Topic of comments.
    judged : dict
        How the reader of comments was judged.
    worlds : dict
        What chance and the assumptions did to small worlds.

    Returns
    -------
    Estimate
        The corrected count [persons] with its doubts.
    """
    row = next(row for row in judged["corrected"] if row["topic"] == topic)
    reader = Part("reader", row["corrected_low"], row["corrected_high"])
    drawn = list_doubts(worlds, "comments", row["corrected"])
    return Estimate(topic, row["corrected"], (reader, *drawn))


def count_strata(breach: Breach) -> Counts:
    """
    Count the lines and persons of a linked breach by how much their linkage is in doubt.

    Parameters
    ----------
    breach : Breach
        A breach that was linked.

    Returns
    -------
    Counts
        One row per ``stratum``: ``n_records`` [records] and ``n_persons`` [persons].
    """
    by_stratum = list_lines(breach).groupby("stratum")
    sizes = {"n_records": by_stratum.size(), "n_persons": by_stratum["person_id"].nunique()}
    return _mark_shown(pd.DataFrame(sizes).reset_index(), Source.of(breach), [*sizes])


def rank_places(rates: Counts, rng: np.random.Generator) -> Counts:
    """
    Give each rank its interval: how far a place could move by chance alone.

    Parameters
    ----------
    rates : Counts
        One row per ``dep_code`` with ``n_persons`` [persons] and ``residents`` [persons].
    rng : numpy.random.Generator
        Source of the counts drawn around those found (Poisson).

    Returns
    -------
    Counts
        One row per place, first rank first: the columns of `rates` and ``rank``, ``rank_low``,
        ``rank_high`` (95 % of 2,000 rankings).

    Raises
    ------
    ValueError
        If a count or a population is missing.
    """
    cells = rates.table
    if cells[["n_persons", "residents"]].isna().any(axis=None):
        raise ValueError("ranks need a count and a population in every row; leave others out")
    persons = cells["n_persons"].to_numpy(float)
    residents = cells["residents"].to_numpy(float)
    drawn = rng.poisson(persons, (N_RANKINGS, len(persons))) / residents
    ranks = len(persons) - drawn.argsort(axis=1).argsort(axis=1)
    low, high = np.quantile(ranks, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2], axis=0)
    order = (-persons / residents).argsort(kind="stable")
    ranked = cells.assign(rank=order.argsort() + 1)
    ranked["rank_low"] = np.floor(low).astype(int)
    ranked["rank_high"] = np.ceil(high).astype(int)
    measures: dict[str, Measure] = {"rank": Rank("residents")}
    measures |= dict.fromkeys(("rank_low", "rank_high"), Rank("residents", is_bound=True))
    ranked = ranked.iloc[order].reset_index(drop=True)
    ranked = ranked.drop(columns="ratio_to_national", errors="ignore")  # so rows can be left out
    return Counts(ranked, rates.source, {**rates.measures, **measures})


def _mark_shown(cells: pd.DataFrame, source: Source, numbers: Sequence[str]) -> Counts:
    """Make counts of estimates: all but the counts themselves is of the cell alone."""
    whole = cells[list(numbers)].astype("Float64").round().astype("Int64")
    unknown = whole["n_persons"].isna()
    whole = whole.mask(unknown)
    table = cells.assign(**whole, status=unknown.map({True: "absent", False: "shown"}))
    own = [name for name in numbers if name not in ("n_persons", "n_records")]
    return Counts(table, source, dict.fromkeys(own, Own()))


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
    list of Part
        ``draw`` (95 %), then the assumptions, furthest first.
    """
    reach = Z_95 * found["draws"][headline]["relative_sd"]
    rows = [row for row in found["assumptions"] if row["headline"] == headline]
    rows.sort(key=lambda row: row["low"] - row["high"])
    moved = [Part(row["parameter"], value * row["low"], value * row["high"]) for row in rows]
    return [Part("draw", value * (1 - reach), value * (1 + reach)), *moved[:most]]


def correct_counts(counts: Counts, confusion: pd.DataFrame) -> Counts:
    """
    Correct the persons of each topic for the errors of the reader of comments.

    Parameters
    ----------
    counts : Counts
        As made by `analysis.exposure.count` for one place and one window: rows of topics, and
        the row ``comments`` of the persons whose comments were read.
    confusion : pandas.DataFrame
        One row per topic, as counted by `analysis.comments.count_confusion`.

    Returns
    -------
    Counts
        With ``corrected``, ``corrected_low``, ``corrected_high`` [persons] for each topic; the
        row ``comments`` has none.

    Raises
    ------
    KeyError
        If a topic was not labelled, or nobody's comments were counted.
    """
    by_category = counts.table.set_index("category")["n_persons"]
    n_read = int(by_category.loc[READ])
    read = confusion[[*Confusion._fields]]
    shares = {
        topic: corrected_prevalence(n_persons / n_read, Confusion(*read.loc[str(topic)]))
        for topic, n_persons in by_category.drop(READ).items()
    }
    columns = ["corrected", "corrected_low", "corrected_high"]
    persons = pd.DataFrame.from_dict(shares, orient="index", columns=columns) * n_read
    for name in columns:
        values = persons[name].round().reindex(by_category.index).astype("Int64")
        counts = counts.with_measure(name, values.to_numpy(), OfWhole("category", READ))
    return counts
