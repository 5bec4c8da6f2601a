"""Counts of a register are published already, and leave as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.disclosure.gate import Release
from analysis.published.incidents import rank_breach
from analysis.published.register import Register, release_register
from analysis.reporting.picture import render_report
from tests.published.test_incidents import INCIDENTS

REGISTER = Register("portal", pd.Timestamp("2021-03-02"), "individuals", INCIDENTS, INCIDENTS, 5)


def test_counts_of_a_register_are_released_as_they_are() -> None:
    released = release_register(rank_breach(INCIDENTS, low=300, high=1000), REGISTER)
    assert "Nothing is hidden" in render_report(released)
    assert released.audit["n_cells"] == len(released.table)
    assert isinstance(released, Release)
    assert not released.is_synthetic
    assert str(released.source) == "portal, 2021-03-02"
    assert len(released.table) == 1


@pytest.mark.parametrize("column", ["organisation", "line"])
def test_single_incidents_are_not_released(column: str) -> None:
    with pytest.raises(ValueError, match="count the incidents first"):
        release_register(INCIDENTS.assign(**{column: "x"}), REGISTER)


@pytest.mark.parametrize("column", ["organisation", "line"])
def test_single_incidents_are_not_released_by_their_index(column: str) -> None:
    single = INCIDENTS.assign(**{column: "x"}).set_index(column)
    with pytest.raises(ValueError, match="count the incidents first"):
        release_register(single, REGISTER)


def test_a_triangle_is_released_with_its_periods() -> None:
    periods = pd.period_range("2019", periods=2, freq="Y", name="breached_on")
    released = release_register(pd.DataFrame({"n_incidents": [1, 2]}, index=periods), REGISTER)
    assert released.dimensions == ("breached_on",)
    assert released.table["breached_on"].astype(str).tolist() == ["2019", "2020"]
