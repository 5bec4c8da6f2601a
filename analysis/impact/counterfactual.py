"""The same breach with something different: what each measure would have avoided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import factorial

import numpy as np
import pandas as pd

from analysis.exposure import ANY, CodedRecords, Counts, Profiles, Public, count, count_profiles
from analysis.impact.choices import Choices
from analysis.impact.measures import Measures
from analysis.impact.severity import count_levels

ABOVE_MEDIUM = ("high", "very high")
EFFORTS = ("effort_low", "effort", "effort_high")
OUTCOMES = {"avoided": "n_persons", "not above medium": "n_above_medium"}


@dataclass(frozen=True, repr=False)
class Outcomes:
    """
    What is left of a breach under every set of measures; not to be shown as it is.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per set, indexed by a frozenset of names: ``n_persons`` [persons left],
        ``n_exposures`` [exposures left], ``n_above_medium`` [persons left whose severity is high or
        very high], ``effort_low``, ``effort``, ``effort_high`` [points].
    before : Profiles
        The breach as it was.
    """

    table: pd.DataFrame
    before: Profiles

    def by_set(self, column: str) -> dict[frozenset[str], float]:
        """
        Return a column by set of measures.

        Parameters
        ----------
        column : str
            A column of `table`.

        Returns
        -------
        dict of frozenset of str to float
            Its value for each set of names of measures, in the column's unit.
        """
        return dict(zip(self.table.index, self.table[column], strict=True))


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
    coded, window, by, place
        See the glossary of `analysis.exposure`.
    measures : Measures
        The measures taken together; none for the breach as it was.

    Returns
    -------
    Profiles
        Persons left, by the categories left to them; its ``window`` is the one asked for.

    Raises
    ------
    ValueError
        If a laboratory's rank is beyond the laboratories there are.
    """
    retained = [pd.DateOffset(months=n) for n in measures.list_values("keeps_months")]
    first_days = [pd.Timestamp(measures.taken_on) - months for months in retained]
    last_days = [pd.Timestamp(day) for day in measures.list_values("keeps_before")]
    start = max([window["window_start"].iloc[0], *first_days])
    end = min([window["window_end"].iloc[0], *last_days])
    laboratories = _keep_laboratories(coded, window, measures.list_values("keeps_laboratories"))
    kept = window.assign(window_start=start, window_end=end)
    if start >= end:
        kept, laboratories = window, []
    profiles = count_profiles(coded, kept, by=by, place=place, laboratories=laboratories)
    removed = [*chain(*measures.list_values("removes"))]
    return replace(profiles.without(removed), window=window)


def _keep_laboratories(
    coded: CodedRecords, window: pd.DataFrame, ranks: Sequence[Sequence[int]]
) -> list[str] | None:
    if not ranks:
        return None
    cells = count(coded, window, by=["laboratory_id"]).table
    there = cells[cells["n_persons"].gt(0)]
    ranked = there.sort_values("n_persons", ascending=False, kind="stable")["laboratory_id"]
    if beyond := [k for rank in ranks for k in rank if abs(k) > len(ranked)]:
        raise ValueError(f"there are {len(ranked)} laboratories, none of rank {beyond}")
    kept = [{ranked.iloc[k - 1 if k > 0 else k] for k in rank} for rank in ranks]
    return sorted(set.intersection(*kept))


def compare_sets(
    coded: CodedRecords, window: pd.DataFrame, measures: Measures, choices: Choices
) -> Outcomes:
    """
    Count what is left of the breach under every set of measures.

    Parameters
    ----------
    coded, window
        See the glossary of `analysis.exposure`.
    measures : Measures
        What could have been different; with `n` measures there are 2**n sets.
    choices : Choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    Outcomes
        One row per set.

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
            removed = [*chain(*measures.select(fields).list_values("removes"))]
            rows[records | fields] = _measure_left(left.without(removed), choices)
    sets = pd.Index([*rows], tupleize_cols=False, name="measures")
    table = pd.DataFrame([*rows.values()], index=sets)
    for position, column in enumerate(EFFORTS):
        table[column] = [
            sum(measures.by_name[name].effort.bounds[position] for name in names) for names in rows
        ]
    return Outcomes(table, apply_measures(coded, window, measures.select([])))


def _list_sets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(s) for size in range(len(names) + 1) for s in combinations(names, size)]


def _measure_left(profiles: Profiles, choices: Choices) -> dict[str, int]:
    levels = count_levels(profiles, choices).table.set_index("level")["n_persons"]
    return {
        "n_persons": int(profiles.table["n_persons"].sum()),
        "n_exposures": profiles.count_exposures(),
        "n_above_medium": int(levels[list(ABOVE_MEDIUM)].sum()),
    }


def share_fairly(left: Mapping[frozenset[str], float]) -> dict[str, float]:
    """
    Share what all measures together avoid between them (Shapley).

    Parameters
    ----------
    left : mapping of frozenset of str to float
        What is left under every set of measures.

    Returns
    -------
    dict of str to float
        What each measure avoids on average over all orders in which they could be taken, highest
        first; they sum to what all avoid together. Two measures that avoid the same share it.

    References
    ----------
    L. S. Shapley, *A value for n-person games*, 1953.

    Examples
    --------
    >>> sets = [frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")]
    >>> share_fairly(dict(zip(sets, [10, 4, 8, 4])))
    {'a': 5.0, 'b': 1.0}
    """
    names = sorted(frozenset[str]().union(*left))
    n = len(names)
    shares = {}
    for name in names:
        without = [others for others in left if name not in others]
        orders = [factorial(len(others)) * factorial(n - len(others) - 1) for others in without]
        gains = [left[others] - left[others | {name}] for others in without]
        shares[name] = sum(a * b for a, b in zip(orders, gains, strict=True)) / factorial(n)
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def share_outcomes(outcomes: Outcomes, values: Mapping[str, str]) -> Counts:
    """
    Share what all measures together avoid between them, for several things to be avoided.

    Parameters
    ----------
    outcomes : Outcomes
        As made by `compare_sets`.
    values : mapping of str to str
        Column of the outcomes (``n_persons``, ``n_above_medium``) by the name it gets.

    Returns
    -------
    Counts
        One row per (``outcome``, ``measure``) with ``n_persons`` [persons, rounded].
    """
    rows = [
        (measure, name, round(share))
        for name, column in values.items()
        for measure, share in share_fairly(outcomes.by_set(column)).items()
    ]
    cells = pd.DataFrame(rows, columns=["measure", "outcome", "n_persons"])
    return outcomes.before.complete(cells)


def order_measures(outcomes: Outcomes, value: str) -> Counts:
    """
    Take measures one by one, each time the one that avoids most of what is left.

    Parameters
    ----------
    outcomes : Outcomes
        As made by `compare_sets`.
    value : {'n_persons', 'n_above_medium'}
        What is to be avoided.

    Returns
    -------
    Counts
        One row per (``outcome``, ``measure``), a measure per step until none avoids anything
        more: ``avoided`` (by this step), ``left``. Of equals the one with the smaller effort comes
        first.
    """
    left, effort = outcomes.by_set(value), outcomes.by_set("effort")
    taken, everything = frozenset[str](), frozenset[str]().union(*left)
    rows = []
    while left[taken] > left[everything]:
        nexts = [taken | {name} for name in sorted(everything - taken)]
        best = min(nexts, key=lambda names: (left[names], effort[names]))
        (measure,) = best - taken
        rows.append((measure, int(left[taken] - left[best]), int(left[best])))
        taken = best
    steps = pd.DataFrame(rows, columns=["measure", "avoided", "left"])
    return outcomes.before.complete(
        steps.melt(["measure"], var_name="outcome", value_name="n_persons")
    )


def find_cheapest(outcomes: Outcomes, *, value: str = "n_above_medium") -> Counts:
    """
    Find the sets of measures that leave nobody, cheapest first.

    Parameters
    ----------
    outcomes : Outcomes
        As made by `compare_sets`.
    value : {'n_persons', 'n_exposures', 'n_above_medium'}
        What must be zero; by default persons above medium severity.

    Returns
    -------
    Counts
        One row per set (``measure``, joined by `` + ``) that leaves nobody and needs each of its
        measures, by effort, then by exposures left: ``n_persons`` [persons left] and the efforts
        [points]; no row if no set is enough.
    """
    enough = outcomes.table[outcomes.table[value].eq(0)]
    spare = [any(other < names for other in enough.index) for names in enough.index]
    needed = enough[~np.array(spare, dtype=bool)]
    needed = needed.sort_values(["effort", "n_exposures"], kind="stable")
    named = [" + ".join(sorted(names)) for names in needed.index]
    cells = pd.DataFrame({"measure": named, "n_persons": needed["n_persons"].to_numpy()})
    counts = outcomes.before.complete(cells)
    for name in EFFORTS:
        counts = counts.with_measure(name, needed[name].to_numpy(), Public())
    return counts


def vary_parameters(
    coded: CodedRecords, window: pd.DataFrame, measures: Measures, choices: Choices
) -> Counts:
    """
    Bound what each measure avoids alone by the range of its parameter.

    Parameters
    ----------
    coded, window
        See the glossary of `analysis.exposure`.
    measures : Measures
        What could have been different, with ranges.
    choices : Choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    Counts
        One row per (``measure``, ``version``, ``outcome``): as given, with the lowest and with the
        highest value of its range; ``n_persons`` [persons] who are ``avoided`` (not exposed any
        more) or ``not above medium`` any more. The range is one of assumptions, not of chance.
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
    cells = pd.DataFrame(rows, columns=["measure", "version", "outcome", "n_persons"])
    return before.complete(cells)


def count_avoided(
    before: Profiles, after: Profiles, choices: Choices, *, categories: Sequence[str] = (ANY,)
) -> Counts:
    """
    Count the persons and exposures a change avoids, cell by cell.

    Parameters
    ----------
    before, after : Profiles
        The breach as it was and as it would have been, counted by the same cells.
    choices : Choices
        See the glossary of `analysis.impact`.
    categories : sequence of str
        ``any`` for persons; a category for exposures with it.

    Returns
    -------
    Counts
        One row per (`by`, category, ``outcome``): ``avoided`` (not exposed any more) and ``left``,
        with ``n_persons`` [persons] and ``n_records`` [records of theirs; missing for a
        category]; the two add up to the cell of the breach as it was.
    """
    keys = [*before.dimensions, "category"]
    first, then = (count_levels(p, choices, categories=categories).table for p in (before, after))
    counted = ["n_persons", "n_records"]
    sums = [t.groupby(keys, sort=False)[counted].sum(min_count=1) for t in (first, then)]
    outcomes = {"avoided": sums[0] - sums[1], "left": sums[1]}
    return before.complete(pd.concat(outcomes, names=["outcome"]).reset_index())
