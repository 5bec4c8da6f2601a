"""Judge from the numbers alone whether published statements of size can all be true."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import reference
from analysis.disclosure import Release
from analysis.exposure import ANY, CodedRecords, Counts, Source, complete_cells, count

COMPATIBLE, CONDITIONAL, CONTRADICTORY = "compatible", "conditional", "contradictory"
PERSONS, RECORDS = "persons", "records"
HUNDRED = 100
READ = ["low", "high", "possible_low", "possible_high", "whole"]  # of each basis [persons]


class Interval(NamedTuple):
    """What a number may be, both ends included."""

    low: float
    high: float

    def meets(self, other: Interval) -> bool:
        """
        Tell whether some value lies in both.

        Parameters
        ----------
        other : Interval
            The other one, in the same unit.

        Returns
        -------
        bool
            Whether they overlap, if only in one end.
        """
        return self.low <= other.high and other.low <= self.high


def read_claims() -> pd.DataFrame:
    """
    Read the register of published statements, each checked against its fact.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``claim_id``: ``subject``, ``value`` [in ``unit``] with ``low`` and ``high``
        (`rounding_interval`), ``unit`` (``persons``, ``records``, both joined by ``;`` where the
        statement leaves it open, or ``%``), ``dep_codes``, ``place_basis`` (empty: not stated),
        ``published_on``, ``source``, what it counts and our wording of it, in two languages.

    Raises
    ------
    ValueError
        If a claim's value or date does not stand in the fact it names, or the fact has no source.

    Examples
    --------
    >>> read_claims().loc["rounded_480k", ["low", "high"]].tolist()
    [475000.0, 485000.0]
    """
    facts, claims = reference.read_facts(), reference.read_claims()
    for claim_id, claim in claims.iterrows():
        fact_id = claim["fact_id"]
        if fact_id not in facts.index or not facts.loc[fact_id, "source"]:
            raise ValueError(f"claims.csv: {claim_id} names no fact with a source: {fact_id!r}")
        for column, name, mark in (("value", "value", None), ("published_on", "date", ";")):
            if claim[column] not in facts.loc[fact_id, column].split(mark):
                said = f"the {name} of {claim_id} does not stand in fact {fact_id}"
                raise ValueError(f"claims.csv: {said}")
    claims[["low", "high"]] = [rounding_interval(value) for value in claims["value"]]
    claims["value"] = pd.to_numeric(claims["value"])
    claims["source"] = facts.loc[claims["fact_id"], "source"].to_numpy()
    return claims


def rounding_interval(value: str | int) -> Interval:
    """
    Bound what was rounded to a number, from the number's own digits.

    Parameters
    ----------
    value : str or int
        The number as published, digits only; trailing zeros count as rounded.

    Returns
    -------
    Interval
        Half a unit of the last digit that is not a trailing zero, down and up.

    Examples
    --------
    >>> rounding_interval("480000")
    Interval(low=475000.0, high=485000.0)
    >>> rounding_interval("478882")
    Interval(low=478881.5, high=478882.5)
    """
    number = Decimal(str(value)).normalize()
    half = Decimal(5).scaleb(int(number.as_tuple().exponent) - 1)
    return Interval(float(number - half), float(number + half))


def compare_claims(claims: pd.DataFrame) -> pd.DataFrame:
    """
    Judge every pair of statements about the same thing.

    Parameters
    ----------
    claims : pandas.DataFrame
        Rows of `read_claims` with one ``subject``.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``first``, ``second``, ``difference`` [first minus second, as
        published], ``verdict``, its ``condition`` (``unit`` or empty) and ``units``: for each
        reading in which they agree, value and unit of a statement that leaves its unit open.

    Notes
    -----
    Two statements agree if some pair of values within their rounding does: equal if the unit is
    the same, else no more persons than records. A statement whose unit is open is read in each:
    all readings agree, *compatible*; some, *compatible only if*, naming them; none,
    *contradictory*.

    Examples
    --------
    >>> claims = read_claims().loc[["surnames", "titles"]]
    >>> compare_claims(claims)[["difference", "verdict"]].to_dict("records")
    [{'difference': -97, 'verdict': 'contradictory'}]
    """
    rows = []
    for one, other in combinations(claims.index, 2):
        first, second = claims.loc[one], claims.loc[other]
        readings = list(product(first["unit"].split(";"), second["unit"].split(";")))
        agreed = [units for units in readings if _agree(first, second, *units)]
        verdict = CONDITIONAL if agreed else CONTRADICTORY
        verdict = COMPATIBLE if len(agreed) == len(readings) else verdict
        condition = "unit" if verdict == CONDITIONAL else ""
        read = [pair for units in agreed for pair in zip((first, second), units, strict=True)]
        units = tuple((int(claim["value"]), unit) for claim, unit in read if ";" in claim["unit"])
        rows.append((one, other, first["value"] - second["value"], verdict, condition, units))
    columns = ["first", "second", "difference", "verdict", "condition", "units"]
    return pd.DataFrame(rows, columns=columns)


def count_by_basis(coded: CodedRecords, windows: pd.DataFrame, dep_codes: Sequence[str]) -> Counts:
    """
    Count a region's persons by home and by laboratory, ready for the gate.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    windows : pandas.DataFrame
        One window, as made by `analysis.exposure`.
    dep_codes : sequence of str
        The départements of the region.

    Returns
    -------
    Counts
        One row per (``place``, ``part``): the sum over the départements of the ``region``, over
        all ``cells`` of the file, and the ``whole`` file, each person once.
    """
    whole = count(coded, windows).table
    rows = []
    for place in ("home", "laboratory"):
        cells = count(coded, windows, by=["dep_code"], place=place).table
        inside = cells[cells["dep_code"].isin(list(dep_codes))]
        for part, summed in (("region", inside), ("cells", cells), ("whole", whole)):
            rows.append((place, part, summed["n_records"].sum(), summed["n_persons"].sum()))
    counted = pd.DataFrame(rows, columns=["place", "part", "n_records", "n_persons"])
    return complete_cells(counted.assign(category=ANY), Source.of(coded.breach))


def read_counted(counts: Release, *, slack: float) -> pd.DataFrame:
    """
    Turn a region's counts into what each place basis lets it be.

    Parameters
    ----------
    counts : Release
        `count_by_basis` behind the gate.
    slack : float
        How far the places of the synthetic world are free, by its own ranges [share of the
        count, up and down].

    Returns
    -------
    pandas.DataFrame
        One row per ``reading`` (a place basis): ``low`` and ``high`` [persons], which differ by
        the persons seen in several départements; ``possible_low`` and ``possible_high``; and
        ``whole`` [persons].
    """
    wide = counts.table.pivot_table(index="place", columns="part", values="n_persons").astype(float)
    whole, high = wide["whole"], wide["region"]
    low, possible_high = high - (wide["cells"] - whole), (high * (1 + slack)).clip(upper=whole)
    read = pd.concat([low, high, low * (1 - slack), possible_high, whole], axis=1, keys=READ)
    return read.rename_axis("reading").reset_index()


def read_prescriber_shares(dep_codes: Sequence[str]) -> pd.DataFrame:
    """
    Turn the published shares of prescribers into what they let a region's persons be.

    Parameters
    ----------
    dep_codes : sequence of str
        The départements of the region; one without a published share can hold at most what the
        six that have one leave.

    Returns
    -------
    pandas.DataFrame
        Two rows of the form of `read_counted`: ``published`` takes the shares as shares of
        lines, ``doctors`` as shares of distinct doctors, which bounds persons by nothing but
        the file.

    Examples
    --------
    >>> shares = read_prescriber_shares(["22", "29", "35", "56"]).set_index("reading")
    >>> shares.loc["published", ["low", "high"]].round().tolist()
    [228706.0, 243461.0]
    """
    values = reference.read_facts()["value"]
    whole = float(values["rows"])
    known = [f"presc_share_{code}" for code in dep_codes if f"presc_share_{code}" in values]
    bounds = [rounding_interval(values[name]) for name in known]
    low, high = (sum(ends) / HUNDRED for ends in zip(*bounds, strict=True))
    others = 1 - rounding_interval(values["presc_share_total6"]).low / HUNDRED
    rest = others if len(known) < len(dep_codes) else 0.0
    read = [low * whole, high * whole]
    published = ["published", *read, low * whole, (high + rest) * whole, whole]
    doctors = ["doctors", *read, 0.0, whole, whole]
    return pd.DataFrame([published, doctors], columns=["reading", *READ])


def judge_readings(claims: pd.DataFrame, *readings: pd.DataFrame) -> pd.DataFrame:
    """
    Judge statements about a region on each basis they can be read on.

    Parameters
    ----------
    claims : pandas.DataFrame
        Rows of `read_claims`.
    *readings : pandas.DataFrame
        Rows of `read_counted` and `read_prescriber_shares`.

    Returns
    -------
    pandas.DataFrame
        One row per (``claim_id``, ``reading``): ``low`` and ``high`` [persons] of the reading,
        ``share_needed`` [of the whole, 0 to 1], ``ratio_needed`` [persons of the region for
        each unit of its share, over those elsewhere], ``verdict`` and its ``condition``
        (``doctors``, ``at_least``, ``at_most`` or empty).

    Notes
    -----
    *Compatible* if the statement within its rounding meets the reading; *compatible only if*
    when it meets what is possible under the reading's assumptions, naming how many persons that
    takes; else *contradictory*.
    """
    bases = pd.concat(readings, ignore_index=True)
    stated = claims[["low", "high"]].add_prefix("stated_").rename_axis("claim_id").reset_index()
    judged = stated.merge(bases, how="cross")
    low, high, whole = judged["stated_low"], judged["stated_high"], judged["whole"]
    is_above = low > judged["high"]
    meets = ~is_above & (judged["low"] <= high)
    may_meet = (low <= judged["possible_high"]) & (judged["possible_low"] <= high)
    share, held = low.where(is_above, high) / whole, judged["high"] / whole
    ratio = (share / (1 - share) / (held / (1 - held))).where(share < 1, np.inf)
    verdict = np.select([meets, may_meet], [COMPATIBLE, CONDITIONAL], CONTRADICTORY)
    settled = [verdict != CONDITIONAL, judged["reading"].eq("doctors"), is_above]
    condition = np.select(settled, ["", "doctors", "at_least"], "at_most")
    needed = {"share_needed": share, "ratio_needed": ratio}
    reading = judged[["claim_id", "reading", "low", "high"]]
    return reading.assign(**needed, verdict=verdict, condition=condition)


def read_share(share: str | int, count: str | int, wholes: pd.Series) -> pd.DataFrame:
    """
    Read a share that was stated beside a count, without its base, both ways.

    Parameters
    ----------
    share : str or int
        The share as published [percent].
    count : str or int
        The count beside it, as published [persons].
    wholes : pandas.Series of str or int
        Published sizes of the whole [persons] the share may be of, as published.

    Returns
    -------
    pandas.DataFrame
        One row per way: ``part``, the share is of the count, and one ``whole`` for each size,
        the count is that share of it; with what follows, ``low`` and ``high`` [persons],
        ``verdict``, its ``condition`` (``base`` or empty) and the count, ``value`` [persons].

    Examples
    --------
    >>> read_share("1", "169000", pd.Series({"all": "15000000"}))["low"].tolist()
    [842.5, 11233333.3]
    """
    percent, stated = rounding_interval(share), rounding_interval(count)
    part = Interval(stated.low * percent.low / HUNDRED, stated.high * percent.high / HUNDRED)
    base = Interval(stated.low * HUNDRED / percent.high, stated.high * HUNDRED / percent.low)
    rows = [("part", "", *part, CONDITIONAL, "base")]
    for name, size in wholes.items():
        verdict = COMPATIBLE if base.meets(rounding_interval(size)) else CONTRADICTORY
        rows.append(("whole", str(name), *base, verdict, ""))
    columns = ["way", "of", "low", "high", "verdict", "condition"]
    return pd.DataFrame(rows, columns=columns).round(1).assign(value=int(count))


def _agree(first: pd.Series, second: pd.Series, first_unit: str, second_unit: str) -> bool:
    """Tell whether values within the rounding of both can be true in these units."""
    one, other = Interval(first["low"], first["high"]), Interval(second["low"], second["high"])
    if first_unit == second_unit:
        return one.meets(other)
    persons, records = (one, other) if first_unit == PERSONS else (other, one)
    return persons.low <= records.high
