"""Chain ladder on a triangle done by hand, on published ones, and on random ones."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.published.revisions import count_by_delay, project
from tests.breaches import ROOT

ORACLE = json.loads((ROOT / "tests" / "oracles" / "chain_ladder.json").read_text("utf-8"))
# Three years, by hand. Steps: (18 + 33) / (10 + 20) = 1.7 and 27 / 18 = 1.5.
SMALL = pd.DataFrame(
    [[10, 18, 27], [20, 33, np.nan], [30, np.nan, np.nan]], index=[2018, 2019, 2020], dtype=float
)


def triangle_of(name: str) -> pd.DataFrame:
    """Return a published triangle."""
    return pd.DataFrame(ORACLE[name]["cells"], dtype=float)


def test_the_small_triangle_is_completed_by_hand() -> None:
    projected = project(SMALL)
    assert projected["latest"].tolist() == [27, 33, 30, 90]
    assert projected["expected"].tolist() == pytest.approx([27, 49.5, 76.5, 153])
    assert projected.index.tolist() == ["2018", "2019", "2020", "all"]


def test_a_step_taken_once_has_no_spread_without_two_before_it() -> None:
    errors = project(SMALL)["standard_error"]
    assert errors.iloc[0] == 0
    assert errors.iloc[1:].isna().all()


def test_the_published_example_has_its_published_errors() -> None:
    """Mack (1993), table of section 6, in thousands."""
    projected = project(triangle_of("genins"))
    reserves = (projected["expected"] - projected["latest"]).div(1000).round()
    errors = projected["standard_error"].div(1000).round()
    assert reserves.tolist()[1:] == [95, 470, 710, 985, 1419, 2178, 3920, 4279, 4626, 18681]
    assert errors.tolist()[1:] == [76, 122, 134, 261, 411, 558, 875, 971, 1363, 2447]


def test_the_second_published_example_has_its_published_total() -> None:
    """Mack (1994): reserve 52,135 and standard error 26,909."""
    total = project(triangle_of("raa")).loc["all"]
    assert round(total["expected"] - total["latest"]) == 52135
    assert round(total["standard_error"]) == 26909


@pytest.mark.parametrize("name", ["raa", "genins"])
def test_every_row_is_as_the_package_chainladder_has_it(name: str) -> None:
    oracle: dict[str, Any] = ORACLE[name]
    projected = project(triangle_of(name))
    assert projected["expected"].tolist()[:-1] == pytest.approx(oracle["expected"], rel=1e-9)
    assert projected["standard_error"].tolist() == pytest.approx(
        [*oracle["standard_error"], oracle["total_standard_error"]], rel=1e-9
    )


def test_the_interval_holds_the_expected_count() -> None:
    projected = project(triangle_of("genins")).iloc[1:]
    assert (projected["low"] < projected["expected"]).all()
    assert (projected["expected"] < projected["high"]).all()


def test_two_vintages_make_a_triangle_without_spread() -> None:
    """2012 is known at ages 1 and 2, 2013 at 0 and 1: each step is taken once."""
    cells = [[np.nan, 100, 110], [80, 120, np.nan], [50, np.nan, np.nan]]
    projected = project(pd.DataFrame(cells, index=[2012, 2013, 2014]))
    assert projected["expected"].tolist() == pytest.approx([110, 132, 82.5, 324.5])
    assert projected["standard_error"].iloc[1:].isna().all()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[1, np.nan, 3], [1, 2, np.nan]], "have gaps"),
        ([[np.nan, np.nan], [1, 2]], "are empty"),
        ([[1, np.nan], [np.nan, 2]], "no row has counts at both ages"),
        ([[0, 2], [0, np.nan]], "must be positive"),
        ([[0, 2], [1, np.nan]], "no row has counts at both ages"),
    ],
)
def test_a_broken_triangle_is_refused(cells: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        project(pd.DataFrame(cells, dtype=float))


def test_incidents_are_counted_by_delay() -> None:
    """Two breaches of 2018 (reported at once, and after two years), one of 2019, one too late."""
    days = {
        "breached_on": ["2018-03-01", "2018-04-01", "2019-12-31", "2020-05-01", "2019-01-01"],
        "reported_on": ["2018-05-01", "2020-01-01", "2020-01-01", "2021-01-01", "2018-01-01"],
    }
    incidents = pd.DataFrame(days, dtype="datetime64[us]")
    counted = count_by_delay(incidents, until="2020-12-31")
    assert counted.fillna(-1).to_numpy().tolist() == [[1, 1, 2], [0, 1, -1], [0, -1, -1]]


def test_incidents_without_both_dates_make_no_triangle() -> None:
    incidents = pd.DataFrame({"breached_on": [pd.NaT], "reported_on": [pd.NaT]}, dtype="M8[us]")
    with pytest.raises(ValueError, match="no incident has both dates"):
        count_by_delay(incidents, until="2020-12-31")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(1.0, 2.0), min_size=3, max_size=3),
    st.lists(st.integers(10, 10**6), min_size=4, max_size=4),
)
def test_exact_growth_is_found_again_without_error(factors: list[float], first: list[int]) -> None:
    growth = np.cumprod([1, *factors])
    cells = np.outer(first, growth)
    age = np.arange(4)
    triangle = pd.DataFrame(np.where(age + age[:, None] < 4, cells, np.nan))
    projected = project(triangle).iloc[:-1]
    assert projected["expected"].to_numpy() == pytest.approx(cells[:, -1])
    assert (projected["standard_error"] <= 1e-6 * projected["expected"]).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1000))
def test_the_unit_of_the_counts_changes_nothing_but_the_unit(scale: float) -> None:
    plain, scaled = project(triangle_of("raa")), project(triangle_of("raa") * scale)
    assert (plain * scale).to_numpy() == pytest.approx(scaled.to_numpy())
