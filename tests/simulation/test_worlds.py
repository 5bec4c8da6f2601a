"""Small worlds: they vary with the seed, and assumptions move what they are about."""

from __future__ import annotations

import pytest

from data_synthetic.simulation.scenario import Scenario
from data_synthetic.simulation.worlds import measure_worlds, vary_assumptions
from tests.breaches import VOCABULARY


@pytest.fixture(scope="module")
def ends(scenario: Scenario) -> dict[str, list[Scenario]]:
    """Return the scenario at both ends of each assumption."""
    return dict(vary_assumptions(scenario))


def test_a_number_goes_to_both_ends_of_its_range(ends: dict[str, list[Scenario]]) -> None:
    assert [end["address_share"] for end in ends["address_share"]] == [0.8, 1.0]


def test_shares_keep_their_sum(ends: dict[str, list[Scenario]]) -> None:
    for end in ends["home_share"]:
        assert sum(end["home_share"].values()) == pytest.approx(1)
    low, high = (end["home_share"]["same"] for end in ends["home_share"])
    assert (low, high) == (pytest.approx(0.935 - 0.0325), pytest.approx(0.935 + 0.0325))


def test_published_facts_are_not_varied(
    ends: dict[str, list[Scenario]], scenario: Scenario
) -> None:
    assert all(scenario.parameters[name].assumption for name in ends)
    assert "records" not in ends


def test_worlds_vary_and_the_place_of_homes_matters_most_for_elsewhere(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"home_share", "address_share"}
    few = [pair for pair in vary_assumptions(scenario) if pair[0] in kept]
    monkeypatch.setattr("data_synthetic.simulation.worlds.vary_assumptions", lambda _: iter(few))
    found = measure_worlds(scenario, VOCABULARY, n_worlds=3)
    assert 0 < found["draws"]["main_place"]["relative_sd"] < 0.01
    moved = {
        row["parameter"]: row["high"] - row["low"]
        for row in found["assumptions"]
        if row["headline"] == "elsewhere"
    }
    assert moved["home_share"] > 10 * moved["address_share"]
