"""Rates and intervals against printed values."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.windows import one_window
from analysis.impact import rates
from analysis.reference import geography
from tests.counted import make_counts

BOTH = one_window("2018-01-01", "2020-01-01")


def test_wilson_equals_newcombe() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263."""
    bounds = rates.share_interval(pd.Series([81]), pd.Series([263])).round(4)
    assert bounds.to_numpy().tolist() == [[0.2553, 0.3662]]


def test_byar_equals_the_printed_interval() -> None:
    """Byar's interval of 65 events as printed by public-health methods: 50.163 to 82.849."""
    bounds = rates.count_interval(pd.Series([65])).round(3)
    assert bounds.to_numpy().tolist() == [[50.163, 82.849]]


def test_few_events_get_the_exact_poisson_interval() -> None:
    """Garwood, Biometrika 28 (1936): no event 0 to 3.69, five events 1.62 to 11.67."""
    bounds = rates.count_interval(pd.Series([0, 5])).round(2)
    assert bounds.to_numpy().tolist() == [[0.0, 3.69], [1.62, 11.67]]


def test_byar_and_exact_meet_at_ten() -> None:
    """Garwood's exact interval of ten events is 4.80 to 18.39."""
    bounds = rates.count_interval(pd.Series([10])).round(1)
    assert bounds.to_numpy().tolist() == [[4.8, 18.4]]


def test_a_departement_without_population_is_refused() -> None:
    with pytest.raises(KeyError):
        rates.exposure_rate(pd.Series({"99": 3}), pd.Series({"56": 10}))


def test_an_empty_departement_is_refused() -> None:
    with pytest.raises(ValueError, match="residents must be positive"):
        rates.exposure_rate(pd.Series({"56": 3}), pd.Series({"56": 0}))


def test_rates_divide_by_the_year_that_is_named(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, BOTH, by=["dep_code"])
    table = rates.rate_by_departement(counts, population_year=2019).table.set_index("dep_code")
    residents = geography.read_populations(2019)
    assert table.loc["56", "rate_per_1000"] == pytest.approx(3 / residents["56"] * 1000)
    assert table["population_year"].unique().tolist() == [2019]
    assert table.loc["56", "rate_low"] < table.loc["56", "rate_per_1000"]
    assert table.loc["56", "rate_high"] > table.loc["56", "rate_per_1000"]


def test_unknown_and_abroad_have_counts_and_no_rate(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, BOTH, by=["dep_code"])
    table = rates.rate_by_departement(counts, population_year=2019).table.set_index("dep_code")
    for cell in ("unknown", "abroad"):
        assert table.loc[cell, "n_persons"] == 1
        assert pd.isna(table.loc[cell, "rate_per_1000"])


def test_the_ratio_is_one_for_the_country(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, BOTH, by=["dep_code"])
    table = rates.rate_by_departement(counts, population_year=2022).table.dropna()
    weighted = (table["ratio_to_national"] * table["residents"]).sum() / table["residents"].sum()
    assert weighted == pytest.approx(1)


def test_home_rates_are_shares_and_others_are_counts(hand_coded: CodedRecords) -> None:
    residents = geography.read_populations(2019)
    bounds = {}
    for place in ("home", "laboratory"):
        counts = count(hand_coded, BOTH, by=["dep_code"], place=place)
        table = rates.rate_by_departement(counts, population_year=2019).table
        bounds[place] = table.set_index("dep_code").loc["27"]
    share = rates.share_interval(pd.Series([2]), pd.Series([residents["27"]]))
    events = rates.count_interval(pd.Series([3])) / residents["27"]
    assert bounds["home"]["rate_low"] == pytest.approx(share["low"].item() * 1000)
    assert bounds["laboratory"]["rate_high"] == pytest.approx(events["high"].item() * 1000)


def test_counts_without_departements_have_no_rate(hand_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match="rates need counts by dep_code"):
        rates.rate_by_departement(count(hand_coded, BOTH), population_year=2019)


def test_a_year_without_populations_is_refused(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, BOTH, by=["dep_code"])
    with pytest.raises(ValueError, match="2019"):
        rates.rate_by_departement(counts, population_year=1999)


def test_shares_are_of_the_cells_own_persons() -> None:
    """Morbihan: 2 of 8 persons with a NIR; Eure: nobody at all, so no share."""
    counts = pd.DataFrame(
        {
            "place": "home",
            "dep_code": ["56", "56", "27", "27"],
            "category": ["any", "nir", "any", "nir"],
            "window": "2018",
            "n_persons": pd.array([8, 2, 0, 0], dtype="Int64"),
        }
    )
    shares = rates.share_by_category(make_counts(counts)).table["share"]
    assert shares[:2].tolist() == [1.0, 0.25]
    assert shares[2:].isna().all()


def test_shares_need_their_whole() -> None:
    counts = make_counts(pd.DataFrame({"category": ["nir"], "n_persons": [1]}))
    with pytest.raises(ValueError, match="'any' among those counted"):
        rates.share_by_category(counts)
