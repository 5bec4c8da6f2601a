"""What the gate lets through."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pandera.errors
import pytest

from analysis.disclosure import gate
from analysis.disclosure.rules import read_profile
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.windows import one_window
from analysis.impact import rates
from analysis.store.breach import Breach

BREACH = Breach(None, {"is_synthetic": True, "content_hash": "ab" * 32})  # type: ignore[arg-type]


def counts_of(*n_persons: int) -> pd.DataFrame:
    """Return a table of cells with these persons."""
    return pd.DataFrame(
        {
            "laboratory_id": [f"LAB-{number}" for number in range(len(n_persons))],
            "category": "nir",
            "n_records": pd.array(n_persons, dtype="Int64"),
            "n_persons": pd.array(n_persons, dtype="Int64"),
            "status": ["none" if n == 0 else "shown" for n in n_persons],
        }
    )


def test_one_to_ten_are_hidden_zero_and_eleven_are_shown() -> None:
    table = gate.release(counts_of(0, 1, 10, 11), BREACH).table
    assert table["status"].tolist() == ["none", "suppressed", "suppressed", "shown"]
    assert table["n_persons"].fillna(-1).tolist() == [0, -1, -1, 11]


def test_raising_the_threshold_hides_more() -> None:
    table = gate.release(counts_of(11, 19, 20), BREACH, threshold=20).table
    assert table["status"].tolist() == ["suppressed", "suppressed", "shown"]


def test_a_hidden_count_takes_its_rate_along(hand_coded: CodedRecords) -> None:
    counts = count_exposures(hand_coded, one_window("2018-01-01", "2020-01-01"), by=["dep_code"])
    table = rates.rate_by_departement(counts, population_year=2019)
    shown = gate.release(table, hand_coded.breach, threshold=3).table.set_index("dep_code")
    assert shown.loc["27", ["n_persons", "n_records", "rate_per_1000", "rate_low"]].isna().all()
    assert shown.loc["27", ["rate_high", "ratio_to_national"]].isna().all()
    assert shown.loc["56", "n_persons"] == 3
    assert shown.loc["56", "rate_per_1000"] > 0


def test_no_column_of_a_hidden_cell_still_counts(hand_coded: CodedRecords) -> None:
    counts = count_exposures(hand_coded, one_window("2018-01-01", "2020-01-01"), by=["dep_code"])
    table = rates.rate_by_departement(counts, population_year=2019)
    hidden = gate.release(table, hand_coded.breach).table.query("status == 'suppressed'")
    kept = set(hidden.columns[hidden.notna().any()])
    public = {"place", "dep_code", "category", "window", "window_start", "window_end"}
    assert kept <= public | {"status", "residents", "population_year"}


def test_the_counts_are_not_changed() -> None:
    counts = counts_of(3, 30)
    gate.release(counts, BREACH)
    assert counts["n_persons"].tolist() == [3, 30]


def test_a_release_cannot_be_changed() -> None:
    shown = gate.release(counts_of(30), BREACH)
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.threshold = 1  # type: ignore[misc]


def test_selecting_rows_keeps_what_is_hidden_hidden() -> None:
    shown = gate.release(counts_of(3, 30), BREACH).select("status == 'suppressed'")
    assert shown.table["n_persons"].isna().all()
    assert shown.threshold == read_profile("health").threshold


def test_a_threshold_that_hides_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold must be 2 or more"):
        gate.release(counts_of(3), BREACH, threshold=1)


def test_a_table_without_status_is_refused() -> None:
    with pytest.raises(pandera.errors.SchemaError, match="status"):
        gate.release(counts_of(3).drop(columns="status"), BREACH)


def test_more_persons_than_records_is_refused() -> None:
    counts = counts_of(30)
    counts["n_records"] = pd.array([29], dtype="Int64")
    with pytest.raises(pandera.errors.SchemaError, match="more persons than records"):
        gate.release(counts, BREACH)


def levels_of(medium: int, very_high: int) -> pd.DataFrame:
    """Return two levels of the persons of one laboratory."""
    counts = counts_of(medium, very_high).assign(laboratory_id="LAB-0")
    return counts.assign(level=["medium", "very high"])


def test_what_the_reader_has_already_is_taken_into_account() -> None:
    whole = gate.release(counts_of(90), BREACH)
    alone = gate.release(levels_of(83, 7), BREACH, adding=["level"]).table
    after = gate.release(levels_of(83, 7), BREACH, after=[whole], adding=["level"]).table
    assert alone["status"].tolist() == ["shown", "suppressed"]
    assert after["status"].tolist() == ["suppressed", "suppressed"]


def test_a_zero_and_a_hidden_count_of_an_earlier_release_fit_the_new_ones() -> None:
    before = gate.release(counts_of(0, 5, 40, 6), BREACH)
    split = [(0, 0), (5, 0), (40, 0), (4, 2)]
    levels = [levels_of(*pair).assign(laboratory_id=f"LAB-{k}") for k, pair in enumerate(split)]
    table = pd.concat(levels, ignore_index=True)
    table["status"] = table["n_persons"].eq(0).map({True: "none", False: "shown"})
    shown = gate.release(table, BREACH, after=[before], adding=["level"]).table
    assert shown["n_persons"].fillna(-1).tolist() == [0, 0, -1, 0, 40, 0, -1, -1]


def test_the_share_of_one_level_gives_the_whole_away() -> None:
    levels = levels_of(83, 7).assign(share=pd.array([83 / 90, 7 / 90], dtype="Float64"))
    shown = gate.release(levels, BREACH, adding=["level"]).table
    assert shown["status"].tolist() == ["suppressed", "suppressed"]


def test_scores_add_up_to_the_whole_that_every_page_shows() -> None:
    scores = counts_of(83, 20, 7).assign(laboratory_id="LAB-0", score=[2.0, 3.0, 5.0])
    scores["level"], scores["category"] = ["medium", "high", "very high"], ["nir", "email", "any"]
    shown = gate.release(scores, BREACH).table
    assert shown["status"].tolist() == ["shown", "suppressed", "suppressed"]


def test_an_earlier_release_of_other_records_is_refused() -> None:
    other = Breach(None, {"is_synthetic": True, "content_hash": "cd" * 32})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not of the records abab"):
        gate.release(counts_of(90), BREACH, after=[gate.release(counts_of(90), other)])
