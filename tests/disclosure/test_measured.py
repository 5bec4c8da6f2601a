"""What measures give away: the same whatever their columns are called."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.gate import Release, release
from analysis.disclosure.ledger import Ledger
from analysis.exposure.counts import Counts
from analysis.exposure.measures import (
    Change,
    Cumulative,
    Measure,
    Rank,
    Residents,
    Share,
    ShareOfSum,
    Total,
)
from analysis.impact.rates import rate_by_departement
from tests.counted import make_counts

# Persons by prescriber: Lozère (48) is the one small cell.
PERSONS = {"22": 9000, "27": 21000, "45": 30000, "48": 4, "56": 60000, "75": 300, "15": 12}
SMALL = "48"


def by_prescriber() -> Counts:
    """Return the counts, in the order of the codes."""
    table = pd.DataFrame({"dep_code": sorted(PERSONS), "place": "prescriber", "category": "any"})
    table["n_persons"] = table["dep_code"].map(PERSONS)
    return make_counts(table.assign(n_records=table["n_persons"] + 3))


def rated() -> Counts:
    return rate_by_departement(by_prescriber(), population_year=2019)


def renamed(name: str) -> Counts:
    """Return the rates with the ratio under another name."""
    counts = rated()
    measures = {("x" if n == "ratio_to_national" else n): m for n, m in counts.measures.items()}
    measures[name] = measures.pop("x")
    table = counts.table.rename(columns={"ratio_to_national": name})
    return Counts(table, counts.source, measures)


def derived(measure: Measure) -> Counts:
    return by_prescriber().derive("anything", measure)


def subtract_from_sum(shown: pd.DataFrame, whole: float) -> float:
    """Take everything shown from what all have together."""
    return whole - shown["n_persons"].astype("Float64").sum()


def solve_ratio(shown: Release, name: str) -> float:
    """Get the sum of all from one shown ratio, and subtract what is shown."""
    rows = shown.table.dropna(subset=[name])
    row = rows.loc[rows["n_persons"].astype(int).idxmax()]
    national = (row["n_persons"] / row["residents"]) / row[name]
    return subtract_from_sum(shown.table, national * shown.table["residents"].sum())


def solve_share(shown: Release, name: str) -> float:
    row = shown.table.loc[shown.table["n_persons"].astype("Float64").fillna(0).idxmax()]
    return subtract_from_sum(shown.table, row["n_persons"] / row[name])


def solve_running(shown: Release, name: str) -> float:
    """Subtract the running sum before the hidden cells from that after them."""
    table = shown.table
    hidden = np.flatnonzero(table["n_persons"].isna())
    before, after = table[name].iloc[hidden[0] - 1], table[name].iloc[hidden[-1] + 1]
    return float(after - before - table["n_persons"].iloc[hidden[-1] + 1])


def solve_total(shown: Release, name: str) -> float:
    return subtract_from_sum(shown.table, shown.table[name].dropna().iloc[0])


def solve_change(shown: Release, name: str) -> float:
    """Take the change after the last hidden cell from the count there."""
    table = shown.table
    row = np.flatnonzero(table["n_persons"].isna())[-1] + 1
    if row == len(table):
        return np.nan  # nothing is shown after the hidden cells
    return float(table["n_persons"].iloc[row] - table[name].iloc[row])


TABLES: dict[str, tuple[Callable[[], Counts], Callable[[Release, str], float], str]] = {
    "ratio": (rated, solve_ratio, "ratio_to_national"),
    "ratio renamed": (lambda: renamed("times_national"), solve_ratio, "times_national"),
    "share of file": (lambda: derived(ShareOfSum(("dep_code",))), solve_share, "anything"),
    "cumulative sum": (lambda: derived(Cumulative("dep_code")), solve_running, "anything"),
    "total": (lambda: derived(Total(("dep_code",))), solve_total, "anything"),
    "difference": (lambda: derived(Change("dep_code")), solve_change, "anything"),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_small_cell_cannot_be_worked_out_from_another_column(name: str) -> None:
    make, work_out, column = TABLES[name]
    shown = release(make())
    rows = shown.table.set_index("dep_code")
    assert rows.loc[SMALL, "status"] == "suppressed"
    assert pd.isna(rows.loc[SMALL, column])
    found = work_out(shown, column)
    assert np.isnan(found) or abs(found - PERSONS[SMALL]) >= 1


@pytest.mark.parametrize("name", ["times_national", "share_of_file", "anything"])
def test_a_number_that_nobody_declared_is_refused(name: str) -> None:
    counts = by_prescriber()
    with pytest.raises(ValueError, match=f"column '{name}' is neither a count nor a dimension"):
        Counts(counts.table.assign(**{name: 1.5}), counts.source)


def test_a_number_in_words_that_nobody_declared_is_refused() -> None:
    counts = by_prescriber()
    told = counts.table["n_persons"].astype(str) + " persons"
    with pytest.raises(ValueError, match="column 'told' is neither"):
        Counts(counts.table.assign(told=told), counts.source)


@pytest.mark.parametrize("measure", [ShareOfSum(("dep_code",)), Cumulative("dep_code")])
def test_a_column_that_is_not_what_it_is_declared_to_be_is_refused(measure: Measure) -> None:
    with pytest.raises(ValueError, match="is not what"):
        by_prescriber().with_measure("anything", 0.5, measure)


def test_a_ratio_does_not_outlive_the_rows_it_is_of() -> None:
    with pytest.raises(ValueError, match="add it after rows are left out"):
        rated().select("dep_code != '56'")


def test_a_share_of_a_cell_that_was_not_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="count them, too"):
        by_prescriber().derive("share", Share("category", "nir"))


def test_a_share_does_not_give_back_a_whole_that_was_hidden_before() -> None:
    """Any data of 48 was hidden beside a total; later its shares would tell it."""
    table = pd.DataFrame({"dep_code": ["48", "48", "56", "56"], "place": "home"})
    table = table.assign(category=["any", "nir"] * 2, n_persons=[40, 30, 900, 800])
    counts = make_counts(table.assign(n_records=[41, 31, 901, 801]))
    everybody = counts.select("category == 'any'")
    ledger = Ledger()
    release(everybody, threshold=50, ledger=ledger)
    shown = release(counts.derive("share", Share("category", "any")), ledger=ledger)
    rows = shown.table.set_index(["dep_code", "category"])
    assert rows.loc[("48", "any"), "status"] == "suppressed"
    assert rows.loc[("48", "nir"), "status"] == "suppressed"
    assert rows.loc[("56", "nir"), "share"] == pytest.approx(800 / 900)


@pytest.mark.parametrize(("is_ranked", "hidden"), [(False, ["48"]), (True, ["48", "75"])])
def test_a_rank_tells_between_which_rates_a_hidden_one_lies(
    is_ranked: bool, hidden: list[str]
) -> None:
    """Beside 75, with 2 persons for 1,000 residents, no lower rank of 48 could hide one person."""
    table = pd.DataFrame({"dep_code": ["75", "56", "48"], "place": "home"})
    table = table.assign(n_persons=[20, 900, 4], n_records=[25, 999, 5])
    table["residents"] = [10_000, 1000, 1000]
    counts = make_counts(table, {"residents": Residents()})
    if is_ranked:
        counts = counts.derive("rank", Rank("residents"))
    shown = release(counts).table
    assert sorted(shown.loc[shown["status"].eq("suppressed"), "dep_code"]) == hidden
