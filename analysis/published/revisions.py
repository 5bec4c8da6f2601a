"""The same register on several days: what overlaps, what was revised."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.published.incidents import LISTS, PLACEHOLDERS, count_incidents
from analysis.published.register import Register

# Keys of each rule, in the order in which they are tried, on what no earlier rule has linked.
RULES = {
    "same": ("organisation", "place", "size_low"),
    "revised": ("organisation", "place", "reported_on"),
    "renamed": ("place", "size_low", "natures"),
}
UNIQUE_ONLY = ("renamed",)  # linked only where the key names one incident on either side


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
    found, left, right = [], older, newer
    for rule, keys in RULES.items():
        pairs = _pair(left, right, list(keys), unique=rule in UNIQUE_ONLY)
        found.append(pairs.assign(rule=rule))
        left, right = left.drop(pairs["older"]), right.drop(pairs["newer"])
    return pd.concat(found, ignore_index=True)


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
    known = older.incidents.loc[links["older"]].set_axis(links["newer"], axis=0)
    known = known.drop(columns=[*LISTS, "size_low", "size_high"])
    both = newer.incidents.combine_first(known).loc[newer.incidents.index, newer.incidents.columns]
    alone = older.incidents.drop(links["older"])
    set_aside = pd.concat([newer.set_aside, older.set_aside], ignore_index=True)
    incidents = pd.concat([both, alone], ignore_index=True)
    n_rows = len(incidents) + len(set_aside)
    name = f"{newer.name} + {older.name}"
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
        One row per rule of `link_incidents`, then ``only in`` each register: ``n_incidents``
        [of the union]. They add up to it. It is the most there can be: an incident only in one
        may be one only in the other, written so differently that no rule links them.
    """
    links = link_incidents(older.incidents, newer.incidents)
    counts = {rule: int(links["rule"].eq(rule).sum()) for rule in RULES}
    for register in (older, newer):
        counts[f"only in {register.name}"] = len(register.incidents) - len(links)
    return pd.Series(counts, name="n_incidents").rename_axis("overlap").reset_index()


def tabulate_vintages(
    vintages: Sequence[Register], *, value: str = "size_low", by: str = "reported_year"
) -> pd.DataFrame:
    """
    Lay vintages out as a triangle: each year as it was counted at each age.

    Parameters
    ----------
    vintages : sequence of Register
        One per year of extraction, in any order.
    value : {'size_low', 'size_high', 'n_incidents'}
        What to follow.
    by : {'reported_year', 'breached_year'}
        Which year makes a row.

    Returns
    -------
    pandas.DataFrame of float
        One row per year, one column per age [years from the year to the extraction], missing
        where no vintage shows a year at that age. `analysis.published.project` completes it.

    Raises
    ------
    ValueError
        If two vintages are of the same year.

    Notes
    -----
    An age is a difference of years, so vintages should be of the same time of the year; the
    first age is an unfinished year unless they are of its end.
    """
    years = [vintage.vintage_on.year for vintage in vintages]
    if len(set(years)) < len(years):
        raise ValueError(f"there are several vintages of a year in {sorted(years)}; keep one each")
    counted = [
        count_incidents(vintage.incidents, by=[by]).assign(vintage=year)
        for vintage, year in zip(vintages, years, strict=True)
    ]
    table = pd.concat(counted, ignore_index=True)
    table["age"] = (table["vintage"] - table[by]).astype(int)
    table[value] = table[value].astype(float)
    triangle = table.pivot_table(index=by, columns="age", values=value)
    return triangle.reindex(columns=pd.RangeIndex(table["age"].max() + 1, name="age"))


def _pair(
    left: pd.DataFrame, right: pd.DataFrame, keys: list[str], *, unique: bool
) -> pd.DataFrame:
    """Pair the rows that agree on all keys, the first with the first, the second with …"""
    sides = [_number(side, keys, unique=unique) for side in (left, right)]
    sides[0], sides[1] = sides[0].rename("older"), sides[1].rename("newer")
    return pd.concat(sides, axis=1, join="inner").reset_index(drop=True)


def _number(side: pd.DataFrame, keys: list[str], *, unique: bool) -> pd.Series:
    """Index labels of the rows whose keys are all known, under the keys and a running number."""
    rows = side.dropna(subset=keys)
    if unique:
        rows = rows[~rows["size_low"].isin(PLACEHOLDERS) & ~rows.duplicated(keys, keep=False)]
    number = rows.groupby(keys).cumcount().rename("number")
    index = pd.MultiIndex.from_frame(rows[keys].astype(str).assign(number=number))
    return pd.Series(rows.index, index=index)
