"""The same breach with something different: what each measure would have avoided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from analysis.exposure import (
    ANY,
    CodedRecords,
    Profiles,
    count_exposures,
    count_profiles,
    finish_counts,
)
from analysis.impact.choices import Choices
from analysis.impact.measures import Measure, Measures
from analysis.impact.severity import count_levels

ABOVE_MEDIUM = ("high", "very high")
OUTCOMES = {"avoided": "n_persons", "not above medium": "n_above_medium"}
VALUES = ("n_persons", "n_exposures", "n_above_medium")


def apply_measures(
    coded: CodedRecords,
    window: pd.DataFrame,
    measures: Measures,
    *,
    by: Sequence[str] = (),
    place: str = "home",
) -> Profiles:
    """
    Count who would have been exposed, and with what, had some measures been taken.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    window : pandas.DataFrame
        One window, as made by `analysis.exposure`.
    measures : Measures
        The measures taken together; none for the breach as it was.
    by : sequence of str
        What makes a cell, as in `count_profiles`.
    place : {'home', 'prescriber', 'laboratory'}
        The place basis of ``dep_code``.

    Returns
    -------
    Profiles
        Persons left, by the categories left to them; its ``window`` is the one asked for.

    Raises
    ------
    ValueError
        If a laboratory's rank is beyond the laboratories there are.
    """
    taken = list(measures.by_name.values())
    laboratories = _keep_laboratories(coded, window, taken)
    start, end = _keep_days(window, measures)
    if start >= end:
        kept, laboratories = window, []
    else:
        kept = window.assign(window_start=start, window_end=end)
    profiles = count_profiles(coded, kept, by=by, place=place, laboratories=laboratories)
    removed = [n for measure in taken if measure.effect == "removes" for n in measure.value]
    return replace(profiles.without(removed), window=window)


def _keep_days(window: pd.DataFrame, measures: Measures) -> tuple[pd.Timestamp, pd.Timestamp]:
    start, end = window["window_start"].iloc[0], window["window_end"].iloc[0]
    for measure in measures.by_name.values():
        if measure.effect == "keeps_months":
            months = pd.DateOffset(months=measure.value)
            start = max(start, pd.Timestamp(measures.taken_on) - months)
        elif measure.effect == "keeps_before":
            end = min(end, pd.Timestamp(measure.value))
    return start, end


def _keep_laboratories(
    coded: CodedRecords, window: pd.DataFrame, taken: Sequence[Measure]
) -> list[str] | None:
    ranks = [measure.value for measure in taken if measure.effect == "keeps_laboratories"]
    if not ranks:
        return None
    counts = count_exposures(coded, window, by=["laboratory_id"])
    there = counts[counts["n_persons"].gt(0)]
    ranked = there.sort_values("n_persons", ascending=False, kind="stable")["laboratory_id"]
    if beyond := [k for rank in ranks for k in rank if abs(k) > len(ranked)]:
        raise ValueError(f"there are {len(ranked)} laboratories, none of rank {beyond}")
    kept = [{ranked.iloc[k - 1 if k > 0 else k] for k in rank} for rank in ranks]
    return sorted(set.intersection(*kept))


def compare_sets(
    coded: CodedRecords, window: pd.DataFrame, measures: Measures, choices: Choices
) -> pd.DataFrame:
    """
    Count what is left of the breach under every set of measures.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    window : pandas.DataFrame
        One window, as made by `analysis.exposure`.
    measures : Measures
        What could have been different; with `n` measures there are 2**n sets.
    choices : Choices
        What the severity method leaves open.

    Returns
    -------
    pandas.DataFrame
        One row per set, indexed by a frozenset of names: ``n_persons`` [persons left],
        ``n_exposures`` [exposures left], ``n_above_medium`` [persons left whose severity is high or
        very high], ``effort_low``, ``effort``, ``effort_high`` [points].

    Notes
    -----
    Sets that keep the same records share one pass over them.
    """
    on_fields = [name for name, m in measures.by_name.items() if m.effect == "removes"]
    on_records = [name for name in measures.by_name if name not in on_fields]
    rows = {}
    for records in _list_sets(on_records):
        left = apply_measures(coded, window, measures.select(records))
        for fields in _list_sets(on_fields):
            removed = [category for name in fields for category in measures.by_name[name].value]
            rows[records | fields] = _measure_left(left.without(removed), choices)
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.Index(list(rows), tupleize_cols=False, name="measures")
    for position, column in enumerate(("effort_low", "effort", "effort_high")):
        table[column] = [
            sum(measures.by_name[name].effort.bounds[position] for name in names) for names in rows
        ]
    return table


def _list_sets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(s) for size in range(len(names) + 1) for s in combinations(names, size)]


def _measure_left(profiles: Profiles, choices: Choices) -> dict[str, int]:
    levels = count_levels(profiles, choices).set_index("level")["n_persons"]
    return {
        "n_persons": int(profiles.table["n_persons"].sum()),
        "n_exposures": profiles.count_exposures(),
        "n_above_medium": int(levels[list(ABOVE_MEDIUM)].sum()),
    }


def share_fairly(outcomes: pd.DataFrame, value: str) -> pd.Series:
    """
    Share what all measures together avoid between them (Shapley).

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Every set of measures, as made by `compare_sets`.
    value : {'n_persons', 'n_exposures', 'n_above_medium'}
        What is to be avoided.

    Returns
    -------
    pandas.Series of float, shape (n_measures,)
        What each measure avoids on average over all orders in which they could be taken, highest
        first; they sum to what all avoid together. Two measures that avoid the same share it.

    References
    ----------
    L. S. Shapley, *A value for n-person games*, 1953.

    Examples
    --------
    >>> sets = [frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")]
    >>> left = pd.Index(sets, tupleize_cols=False)
    >>> share_fairly(pd.DataFrame({"n_persons": [10, 4, 8, 4]}, index=left), "n_persons").to_dict()
    {'a': 5.0, 'b': 1.0}
    """
    left = _by_set(outcomes, value)
    names = sorted(_everything(left))
    n = len(names)
    shares = {}
    for name in names:
        without = [others for others in left if name not in others]
        orders = [factorial(len(others)) * factorial(n - len(others) - 1) for others in without]
        gains = [left[others] - left[others | {name}] for others in without]
        shares[name] = sum(a * b for a, b in zip(orders, gains, strict=True)) / factorial(n)
    return pd.Series(shares, name="avoided").sort_values(ascending=False, kind="stable")


def order_measures(outcomes: pd.DataFrame, value: str) -> pd.DataFrame:
    """
    Take measures one by one, each time the one that avoids most of what is left.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Every set of measures, as made by `compare_sets`.
    value : {'n_persons', 'n_exposures', 'n_above_medium'}
        What is to be avoided.

    Returns
    -------
    pandas.DataFrame
        One row per step, until no measure avoids anything more: ``measure``, ``avoided`` (by this
        step), ``left``. Of equals the one with the smaller effort comes first.
    """
    left, effort = _by_set(outcomes, value), _by_set(outcomes, "effort")
    taken, everything = frozenset[str](), _everything(left)
    rows = []
    while left[taken] > left[everything]:
        nexts = [taken | {name} for name in sorted(everything - taken)]
        best = min(nexts, key=lambda names: (left[names], effort[names]))
        (measure,) = best - taken
        rows.append((measure, int(left[taken] - left[best]), int(left[best])))
        taken = best
    return pd.DataFrame(rows, columns=["measure", "avoided", "left"])


def _by_set(outcomes: pd.DataFrame, column: str) -> dict[frozenset[str], float]:
    return dict(zip(outcomes.index, outcomes[column], strict=True))


def _everything(left: Mapping[frozenset[str], float]) -> frozenset[str]:
    return frozenset().union(*left)


def find_cheapest(outcomes: pd.DataFrame, *, value: str = "n_above_medium") -> pd.DataFrame:
    """
    Find the sets of measures that leave nobody, cheapest first.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Every set of measures, as made by `compare_sets`.
    value : {'n_persons', 'n_exposures', 'n_above_medium'}
        What must be zero; by default persons above medium severity.

    Returns
    -------
    pandas.DataFrame
        The rows of `outcomes` whose value is zero and that need each of their measures, by effort,
        then by exposures left; no row if no set is enough.
    """
    enough = outcomes[outcomes[value].eq(0)]
    spare = [any(other < names for other in enough.index) for names in enough.index]
    needed = enough[~np.array(spare, dtype=bool)]
    return needed.sort_values(["effort", "n_exposures"], kind="stable")


def vary_parameters(
    coded: CodedRecords, window: pd.DataFrame, measures: Measures, choices: Choices
) -> pd.DataFrame:
    """
    Bound what each measure avoids alone by the range of its parameter.

    Parameters
    ----------
    coded : CodedRecords
        The records of a breach.
    window : pandas.DataFrame
        One window, as made by `analysis.exposure`.
    measures : Measures
        What could have been different, with ranges.
    choices : Choices
        What the severity method leaves open.

    Returns
    -------
    pandas.DataFrame
        One row per (``measure``, ``version``, ``outcome``): as given, with the lowest and with the
        highest value of its range; ``n_persons`` [persons] who are ``avoided`` (not exposed any
        more) or ``not above medium`` any more, with ``status``. The range is one of assumptions,
        not of chance.
    """
    before = apply_measures(coded, window, measures.select([]))
    whole = _measure_left(before, choices)
    rows = []
    for name, measure in measures.by_name.items():
        for version in (measure, *measure.vary()):
            alone = Measures(measures.taken_on, {name: version})
            left = _measure_left(apply_measures(coded, window, alone), choices)
            value = version.value if measure.span else ""
            for outcome, column in OUTCOMES.items():
                rows.append((name, str(value), outcome, whole[column] - left[column]))
    table = pd.DataFrame(rows, columns=["measure", "version", "outcome", "n_persons"])
    return finish_counts(table, before)


def count_avoided(
    before: Profiles, after: Profiles, choices: Choices, *, categories: Sequence[str] = (ANY,)
) -> pd.DataFrame:
    """
    Count the persons and exposures a change avoids, cell by cell.

    Parameters
    ----------
    before, after : Profiles
        The breach as it was and as it would have been, counted by the same cells.
    choices : Choices
        What the severity method leaves open.
    categories : sequence of str
        ``any`` for persons; a category for exposures with it.

    Returns
    -------
    pandas.DataFrame
        One row per (`by`, category, ``outcome``): ``avoided`` (not exposed any more) and ``left``,
        with ``n_persons`` [persons], ``n_records`` [records of theirs; missing for a category]
        and ``status``; the two add up to the cell of the breach as it was.
    """
    keys = [*before.axes, "category"]
    first, then = (count_levels(p, choices, categories=categories) for p in (before, after))
    counts = ["n_persons", "n_records"]
    sums = [t.groupby(keys, sort=False)[counts].sum(min_count=1) for t in (first, then)]
    outcomes = {"avoided": sums[0] - sums[1], "left": sums[1]}
    return finish_counts(pd.concat(outcomes, names=["outcome"]).reset_index(), before)
