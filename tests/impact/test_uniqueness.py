"""Who can be singled out, counted by hand and against published figures."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure import gate
from analysis.exposure.coding import CodedRecords
from analysis.exposure.dimensions import ALL
from analysis.impact import uniqueness
from analysis.reference import dictionary
from analysis.reporting.columns import write_value
from analysis.reporting.wording import speaking

COUNTS = ["n_records", "n_persons"]


def counts_by(table: pd.DataFrame, *names: str) -> dict[object, list[int]]:
    """Return records and persons of each crowd that has any."""
    cells = table.loc[table["n_persons"].gt(0) & table["crowd"].ne("all")].set_index([*names])[
        COUNTS
    ]
    return {index: [*row] for index, row in zip(cells.index, cells.to_numpy(), strict=True)}


def test_the_crowds_of_the_hand_made_postal_codes(hand_coded: CodedRecords) -> None:
    """
    Persons by postal code: 22000 1; 27000 3, 4; 56000 1, 2; 56999 7; 99100 6; none 5.

    Person 1 is alone in 22000, with one of three records: that is enough.
    """
    table = uniqueness.count_crowds(hand_coded, [["postal_code"]]).table
    assert counts_by(table, "crowd") == {"1": [6, 3], "2–4": [5, 3], "unknown": [1, 1]}
    assert table["share"].round(3).tolist() == [0.429, 0.429, 0, 0, 0.143, 1]
    assert table["status"].tolist() == ["shown", "shown", "none", "none", "shown", "shown"]
    assert table.iloc[-1][["crowd", *COUNTS]].tolist() == ["all", 12, 7]


def test_a_second_clue_singles_out_more(hand_coded: CodedRecords) -> None:
    """With the sex known, odd persons are women: nobody shares a postal code any more."""
    table = uniqueness.count_crowds(hand_coded, [["sex"], ["sex", "postal_code"]]).table
    assert counts_by(table, "known", "crowd") == {
        ("sex", "2–4"): [12, 7],
        ("sex + postal_code", "1"): [11, 6],
        ("sex + postal_code", "unknown"): [1, 1],
    }


def test_a_person_of_two_departements_counts_in_both(hand_coded: CodedRecords) -> None:
    table = uniqueness.count_crowds(hand_coded, [["postal_code"]], by=["dep_code"]).table
    assert counts_by(table, "dep_code", "crowd") == {
        ("22", "1"): [1, 1],
        ("27", "2–4"): [3, 2],
        ("56", "1"): [4, 2],
        ("56", "2–4"): [2, 1],
        ("abroad", "1"): [1, 1],
        ("unknown", "unknown"): [1, 1],
    }


def test_what_is_known_already_makes_the_crowd_smaller(hand_coded: CodedRecords) -> None:
    table = uniqueness.count_crowds(hand_coded, [["postal_code"]], among={"sex": "F"}).table
    assert counts_by(table, "crowd") == {"1": [6, 3], "unknown": [1, 1]}


def test_the_military_are_as_many_as_published(full_coded: CodedRecords) -> None:
    table = uniqueness.count_crowds(full_coded, [["born_on"]], among={"insurer_id": "CNMSS"}).table
    assert table.iloc[-1]["n_persons"] == int(dictionary.read_facts().loc["military", "value"])


def test_classes_by_hand(hand_coded: CodedRecords) -> None:
    """
    Women 1, 3, 5, 7 on seven records, men 2, 4, 6 on five.

    Latest postal codes: women 22000, 27000, none, 56999; men 56000, 27000, 99100. Of a man three
    codes are possible with 1/3 each, against 1/7, 2/7, 1/7 overall: a distance of 3/7.
    """
    table = uniqueness.measure_classes(hand_coded, [["sex"]], sensitive="postal_code").table
    records, persons = table.iloc[0], table.iloc[1]
    assert [records["k_anonymity"], persons["k_anonymity"]] == [5, 3]
    assert persons["l_diversity"] == 3
    assert persons["t_closeness"] == pytest.approx(3 / 7)
    assert table[COUNTS].to_numpy().tolist() == [[12, 7], [7, 7]]


def test_the_tables_pass_the_gate(hand_coded: CodedRecords) -> None:
    crowds = uniqueness.count_crowds(hand_coded, [["postal_code"]], by=["dep_code", "age_band"])
    shown = gate.release(crowds).table
    assert shown["n_persons"].fillna(0).eq(0).all()
    assert shown.loc[shown["status"].eq("suppressed"), "share"].isna().all()


def test_population_uniqueness_equals_the_printed_value() -> None:
    """9,330 inhabitants in 78 years x 365 days x 2 sexes = 56,940 cells: 0.84888."""
    assert round(uniqueness.unique_share(9_330, 56_940), 5) == 0.84888


@given(st.integers(1, 10**6), st.integers(2, 10**6))
def test_one_more_resident_makes_nobody_more_unique(n_residents: int, n_cells: int) -> None:
    share = uniqueness.unique_share(n_residents, n_cells)
    assert 0 <= uniqueness.unique_share(n_residents + 1, n_cells) <= share <= 1


def test_unknown_clues_and_absent_columns_are_refused(hand_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match=r"unknown clues \['shoe_size'\]"):
        uniqueness.count_crowds(hand_coded, [["shoe_size"]])
    with pytest.raises(ValueError, match=r"no column for \['insurer_id'\]"):
        uniqueness.measure_classes(hand_coded, [["insurer_id"]], sensitive="sex")
    with pytest.raises(ValueError, match="must be positive"):
        uniqueness.unique_share(0, 10)


def test_every_clue_and_crowd_has_a_name_in_both_languages() -> None:
    for language in ("en", "fr"):
        with speaking(language):
            names = {write_value("known", clue) for clue in uniqueness.CLUES.index}
            assert len(names) == len(uniqueness.CLUES)
            for crowd in (*uniqueness.CROWDS.values(), uniqueness.UNKNOWN, ALL):
                assert write_value("crowd", crowd)
    with speaking("fr"):
        assert write_value("known", "born_on + sex") == "date de naissance + sexe"


def test_a_clue_that_the_file_has_no_column_for_is_absent_not_refused(
    hand_coded: CodedRecords,
) -> None:
    assert "insurer_id" in hand_coded.absent
    known = [["sex"], ["sex", "insurer_id"]]
    table = uniqueness.count_crowds(hand_coded, known).table
    lost = table[table["known"].eq("sex + insurer_id")]
    assert lost["status"].tolist() == ["absent"]
    assert lost["n_persons"].isna().all()
    assert table[table["known"].eq("sex")]["n_persons"].notna().all()
    alone = uniqueness.count_crowds(hand_coded, [["sex"]], among={"insurer_id": "CNMSS"}).table
    assert alone["status"].tolist() == ["absent"]


def test_what_is_absent_as_a_whole_passes_the_gate(hand_coded: CodedRecords) -> None:
    counts = uniqueness.count_crowds(hand_coded, [["sex"]], among={"insurer_id": "CNMSS"})
    assert gate.release(counts).table["status"].tolist() == ["absent"]


def test_the_larger_the_place_the_fewer_are_alone() -> None:
    places = uniqueness.expect_unique([2_000, 9_330], n_cells=56_940)
    assert places.index.tolist() == [2_000, 9_330]
    assert places["unique_share"].round(5).tolist() == [0.9655, 0.84888]
    assert places["n_combinations"].tolist() == [56_940, 56_940]
