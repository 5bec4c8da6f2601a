"""A breach of 300 to 1,000 persons among five incidents, ranked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.published.incidents import count_incidents, rank_breach

INCIDENTS = pd.DataFrame(
    {
        "size_low": pd.array([900, 40, 5001, 2000, None], dtype="Int64"),
        "size_high": pd.array([900, 40, None, 2000, None], dtype="Int64"),
        "reported_on": pd.to_datetime(["2019-05-01"] * 2 + ["2020-05-01"] * 3),
        "natures": [("Theft",), ("Loss",), ("Theft",), ("Theft", "Loss"), ("Loss",)],
    }
)


def test_the_rank_is_bounded_by_hand() -> None:
    """5,001 and 2,000 are surely larger, 900 perhaps; one incident has no size."""
    ranked = rank_breach(INCIDENTS, low=300, high=1000).iloc[0]
    assert ranked["n_incidents"] == 4
    assert (ranked["rank_low"], ranked["rank_high"]) == (3, 4)


def test_an_open_band_leaves_only_the_upper_share() -> None:
    """The others have 7,941 persons at least, so the share is at most 1,000 / 8,941."""
    ranked = rank_breach(INCIDENTS, low=300, high=1000).iloc[0]
    assert ranked["share_low"] == 0
    assert ranked["share_high"] == pytest.approx(1000 / 8941)


def test_ranks_by_year_and_by_nature() -> None:
    years = rank_breach(INCIDENTS, low=300, high=1000, by=["reported_year"])
    assert years["reported_year"].tolist() == [2019, 2020]
    assert years["rank_low"].tolist() == [1, 3]
    assert years["rank_high"].tolist() == [2, 3]
    assert years["share_low"].tolist() == pytest.approx([300 / 1240, 0])
    natures = rank_breach(INCIDENTS, low=300, high=1000, by=["natures"]).set_index("natures")
    assert natures["n_incidents"].to_dict() == {"Loss": 2, "Theft": 3}


@pytest.mark.parametrize(("low", "high"), [(0, 5), (9, 3), (-2, -1)])
def test_bounds_out_of_order_are_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="positive and in order"):
        rank_breach(INCIDENTS, low=low, high=high)


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ValueError, match="no column \\['country'\\]"):
        rank_breach(INCIDENTS, low=1, high=2, by=["country"])
    with pytest.raises(ValueError, match="no column \\['country'\\]"):
        count_incidents(INCIDENTS, by=["country"])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6000), st.integers(0, 500), st.integers(1, 500))
def test_a_larger_breach_never_ranks_lower(low: int, width: int, step: int) -> None:
    small = rank_breach(INCIDENTS, low=low, high=low + width).iloc[0]
    large = rank_breach(INCIDENTS, low=low + step, high=low + width + step).iloc[0]
    assert small["rank_low"] <= small["rank_high"]
    assert large["rank_low"] <= small["rank_low"]
    assert large["rank_high"] <= small["rank_high"]
    assert large["share_high"] >= small["share_high"]
