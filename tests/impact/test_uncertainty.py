"""Intervals from their parts, bounds of places, intervals of ranks: worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exposure.measures import Residents
from analysis.impact.uncertainty import (
    Estimate,
    Part,
    bound_places,
    rank_places,
    tabulate_estimates,
)
from tests.counted import SOURCE, make_counts

WIDTHS = st.floats(0, 1e6, allow_nan=False)


def test_independent_doubts_add_by_squares() -> None:
    """3 and 4 below make 5; only 12 above, since a doubt that lies below adds nothing there."""
    parts = (Part("linkage", 97, 112), Part("place", 96, 99))
    estimate = Estimate("persons", 100, parts)
    assert (estimate.low, estimate.high) == (95.0, 112.0)


def test_no_doubt_leaves_the_value() -> None:
    estimate = Estimate("persons", 100, ())
    assert estimate.low == estimate.high == 100


@given(st.lists(st.tuples(WIDTHS, WIDTHS), max_size=6))
def test_an_interval_holds_each_of_its_parts(widths: list[tuple[float, float]]) -> None:
    parts = tuple(Part(str(k), 1e6 - a, 1e6 + b) for k, (a, b) in enumerate(widths))
    estimate = Estimate("persons", 1e6, parts)
    assert all(estimate.low <= part.low + 1e-3 for part in parts)
    assert all(estimate.high >= part.high - 1e-3 for part in parts)
    total = sum(a for a, _ in widths)
    assert estimate.low >= 1e6 - total - 1e-3


def test_the_table_starts_with_the_whole_and_the_largest_part() -> None:
    parts = (Part("draw", 99, 101), Part("place", 90, 110))
    table = tabulate_estimates([Estimate("persons", 100, parts)], SOURCE).table
    assert table["doubt"].tolist() == ["all", "place", "draw"]
    assert table[["low", "high"]].iloc[1].tolist() == [90, 110]


def test_places_are_bounded_by_what_is_not_known() -> None:
    """
    Ninety persons in Vannes, ten at 01200, ten without a postal code.

    01200 lies in 01 and 74, more of it in 01: there 0 to 10, in 74 0 to 10. Ten without a code
    are shared out as the other hundred: 9 to 56, 1 to 01.
    """
    codes = pd.Series({"56000": 90, "01200": 10, None: 10})
    bounds = bound_places(codes, SOURCE).table.set_index("dep_code")[["n_persons", "low", "high"]]
    assert bounds.loc["56"].tolist() == [90, 90, 99]
    assert bounds.loc["01"].tolist() == [10, 0, 11]
    assert bounds.loc["74"].tolist() == [0, 0, 10]


def test_ranks_that_chance_can_swap_share_an_interval() -> None:
    rates = pd.DataFrame(
        {
            "dep_code": ["56", "22", "41"],
            "n_persons": [100_000, 1_000, 1_001],
            "residents": [100_000, 100_000, 100_000],
        }
    )
    counts = make_counts(rates, {"residents": Residents()})
    ranked = rank_places(counts, np.random.default_rng(1)).table.set_index("dep_code")
    assert ranked.loc["56", ["rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert ranked.loc["41", ["rank", "rank_low", "rank_high"]].tolist() == [2, 2, 3]
    assert ranked.loc["22", ["rank", "rank_low", "rank_high"]].tolist() == [3, 2, 3]


def test_a_missing_count_has_no_rank() -> None:
    rates = pd.DataFrame({"dep_code": ["56"], "n_persons": [pd.NA], "residents": [1]})
    counts = make_counts(rates, {"residents": Residents()})
    with pytest.raises(ValueError, match="leave others out"):
        rank_places(counts, np.random.default_rng(1))
