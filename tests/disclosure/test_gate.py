"""What the gate lets through."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pandera.errors
import pytest

from analysis.disclosure import gate
from analysis.disclosure.ledger import Ledger
from analysis.disclosure.past import ConflictError
from analysis.disclosure.primary import read_rule
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.counts import Counts, join_counts
from analysis.exposure.measures import ShareOfSum
from analysis.exposure.windows import one_window
from analysis.impact import rates
from tests.counted import OTHER, SOURCE, make_counts

YEARS = one_window("2018-01-01", "2020-01-01")


def counts_of(*n_persons: int) -> Counts:
    """Return counts of cells with these persons."""
    return make_counts(table_of(*n_persons))


def table_of(*n_persons: int) -> pd.DataFrame:
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
    table = gate.release(counts_of(0, 1, 10, 11)).table
    assert table["status"].tolist() == ["none", "suppressed", "suppressed", "shown"]
    assert table["n_persons"].fillna(-1).tolist() == [0, -1, -1, 11]


def test_raising_the_threshold_hides_more() -> None:
    table = gate.release(counts_of(11, 19, 20), threshold=20).table
    assert table["status"].tolist() == ["suppressed", "suppressed", "shown"]


def test_a_hidden_count_takes_its_rate_along(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, YEARS, by=["dep_code"])
    rated = rates.rate_by_departement(counts, population_year=2019)
    shown = gate.release(rated, threshold=3).table.set_index("dep_code")
    assert shown.loc["27", ["n_persons", "n_records", "rate_per_1000", "rate_low"]].isna().all()
    assert shown.loc["27", ["rate_high", "ratio_to_national"]].isna().all()
    assert shown.loc["56", "n_persons"] == 3
    assert shown.loc["56", "rate_per_1000"] > 0


def test_no_column_of_a_hidden_cell_still_counts(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, YEARS, by=["dep_code"])
    rated = rates.rate_by_departement(counts, population_year=2019)
    hidden = gate.release(rated).table.query("status == 'suppressed'")
    kept = set(hidden.columns[hidden.notna().any()])
    public = {"place", "dep_code", "category", "window", "window_start", "window_end"}
    assert kept <= public | {"status", "residents", "population_year"}


def test_the_counts_are_not_changed() -> None:
    counts = counts_of(3, 30)
    gate.release(counts)
    assert counts.table["n_persons"].tolist() == [3, 30]


def test_a_release_cannot_be_changed() -> None:
    shown = gate.release(counts_of(30))
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.threshold = 1  # type: ignore[misc]


def test_selecting_rows_keeps_what_is_hidden_hidden() -> None:
    shown = gate.release(counts_of(3, 30)).select("status == 'suppressed'")
    assert shown.table["n_persons"].isna().all()
    assert shown.threshold == read_rule("health").threshold


def test_a_threshold_that_hides_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold must be 2 or more"):
        gate.release(counts_of(3), threshold=1)


def test_a_table_without_status_is_refused() -> None:
    with pytest.raises(pandera.errors.SchemaError, match="status"):
        Counts(table_of(3).drop(columns="status"), SOURCE)


def test_more_persons_than_records_is_refused() -> None:
    table = table_of(30)
    table["n_records"] = pd.array([29], dtype="Int64")
    with pytest.raises(pandera.errors.SchemaError, match="more persons than records"):
        make_counts(table)


def levels_of(medium: int, very_high: int, laboratory_id: str = "LAB-0") -> Counts:
    """Return two levels of the persons of one laboratory."""
    table = table_of(medium, very_high).assign(laboratory_id=laboratory_id)
    return make_counts(table.assign(level=["medium", "very high"]))


def test_what_the_reader_has_already_is_taken_into_account() -> None:
    ledger = Ledger()
    gate.release(counts_of(90), ledger=ledger)
    alone = gate.release(levels_of(83, 7)).table
    after = gate.release(levels_of(83, 7), ledger=ledger).table
    assert alone["status"].tolist() == ["shown", "suppressed"]
    assert after["status"].tolist() == ["suppressed", "suppressed"]


def test_a_zero_and_a_hidden_count_of_an_earlier_release_fit_the_new_ones() -> None:
    ledger = Ledger()
    gate.release(counts_of(0, 5, 40, 6), ledger=ledger)
    split = [(0, 0), (5, 0), (40, 0), (4, 2)]
    levels = join_counts([levels_of(*pair, f"LAB-{k}") for k, pair in enumerate(split)])
    shown = gate.release(levels, ledger=ledger).table
    assert shown["n_persons"].fillna(-1).tolist() == [0, 0, -1, 0, 40, 0, -1, -1]


def test_the_share_of_one_level_gives_the_whole_away() -> None:
    levels = levels_of(83, 7).derive("share", ShareOfSum(("level",)))
    shown = gate.release(levels).table
    assert shown["status"].tolist() == ["suppressed", "suppressed"]


def test_scores_add_up_to_the_whole_that_every_page_shows() -> None:
    table = table_of(83, 20, 7).assign(laboratory_id="LAB-0", score=[2.0, 3.0, 5.0])
    table["level"], table["category"] = ["medium", "high", "very high"], ["nir", "email", "any"]
    scores = make_counts(table).derive("share", ShareOfSum(("category", "level", "score")))
    shown = gate.release(scores).table
    assert shown["status"].tolist() == ["shown", "suppressed", "suppressed"]


def test_another_count_than_an_earlier_release_showed_is_refused() -> None:
    ledger = Ledger()
    gate.release(make_counts(table_of(90), source=OTHER), ledger=ledger)
    with pytest.raises(
        ConflictError, match="release 1 of the ledger is this table with 1 other counts"
    ):
        gate.release(counts_of(91), ledger=ledger)
    with pytest.raises(ConflictError, match=r"release 1 of the ledger .* another n_persons"):
        gate.release(counts_of(91, 20), ledger=ledger)
    with pytest.raises(ConflictError, match=r"release 1 of the ledger .* does not fit"):
        gate.release(levels_of(83, 8), ledger=ledger)


def test_counts_of_two_breaches_are_not_released_together() -> None:
    other = make_counts(table_of(90), source=OTHER)
    with pytest.raises(ValueError, match="not of 2"):
        gate.release_together({"ours": counts_of(90), "theirs": other})


def test_a_release_carries_what_it_was_counted_from(hand_coded: CodedRecords) -> None:
    shown = gate.release(count(hand_coded, YEARS, by=["dep_code"]))
    assert shown.source.content_hash == hand_coded.breach.manifest["content_hash"]
    assert shown.is_synthetic
    assert shown.dimensions == ("dep_code", "category", "window", "place")


@pytest.mark.parametrize("name", ["n_persons", "n_records"])
def test_counts_of_a_breach_are_not_published_past_the_gate(name: str) -> None:
    table = pd.DataFrame({"dep_code": ["48"], name: [3]})
    with pytest.raises(ValueError, match=r"goes through analysis\.disclosure\.release"):
        gate.publish(table, source="a register")
    shown = gate.publish(table, source="a register", holds_published_counts=True)
    assert str(shown.source) == "a register"
    assert shown.table[name].tolist() == [3]


def test_a_counted_table_stays_marked_when_its_columns_are_renamed() -> None:
    table = counts_of(3).table.rename(columns={"n_persons": "people", "n_records": "lines"})
    with pytest.raises(ValueError, match=r"goes through analysis\.disclosure\.release"):
        gate.publish(table, source="renamed")
    assert not gate.release(counts_of(30)).table.attrs


def test_the_named_index_of_what_is_published_names_its_rows() -> None:
    costs = pd.DataFrame({"value": [1, 2]}, index=pd.Index(["letter", "email"], name="channel"))
    released = gate.publish(costs, source="assumptions")
    assert released.dimensions == ("channel",)
    assert released.table.to_dict("list") == {"channel": ["letter", "email"], "value": [1, 2]}


def test_a_count_is_no_published_number_though_it_is_an_index() -> None:
    persons = pd.DataFrame({"value": [1]}, index=pd.Index([12], name="n_persons"))
    with pytest.raises(ValueError, match="n_persons"):
        gate.publish(persons, source="nobody")
