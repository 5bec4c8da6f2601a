"""A table of counts knows what it was counted from, and what each column is."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.disclosure import hierarchies
from analysis.disclosure.gate import release, release_together
from analysis.disclosure.ledger import Ledger
from analysis.exposure import dimensions
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.counts import Counts, join_counts
from analysis.exposure.dimensions import DIMENSIONS, PARTITION, Dimension, list_dimensions
from analysis.exposure.measures import (
    Attribute,
    Change,
    Cumulative,
    Own,
    Public,
    Rank,
    Residents,
    Share,
    ShareOfSum,
    Total,
)
from analysis.exposure.windows import one_window
from tests.counted import OTHER, SOURCE, make_counts

BOTH = one_window("2018-01-01", "2020-01-01")
LEVELS = pd.DataFrame(
    {"level": ["low", "medium", "high"], "n_persons": [10, 30, 60], "n_records": [10, 40, 60]}
)


def test_what_is_counted_says_so(hand_coded: CodedRecords) -> None:
    counts = count(hand_coded, BOTH, by=["dep_code"])
    assert counts.dimensions == ("dep_code", "category", "window", "place")
    assert counts.source.content_hash == hand_coded.breach.manifest["content_hash"]
    assert counts.source.name == "hand-made"


def test_counts_show_no_number_before_the_gate() -> None:
    written = repr(make_counts(LEVELS))
    assert written == "Counts(3 cells by level, of abababababab; not released)"


def test_counts_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_counts(LEVELS).source = OTHER  # type: ignore[misc]


@pytest.mark.parametrize("column", ["share", "extra", "n_more", "comment"])
def test_every_column_is_a_count_a_dimension_or_declared(column: str) -> None:
    with pytest.raises(ValueError, match=f"column '{column}' is neither .* declare"):
        make_counts(LEVELS.assign(**{column: 1}))


def test_a_column_declared_is_no_dimension() -> None:
    counts = make_counts(LEVELS.assign(population_year=2019), {"population_year": Public()})
    assert counts.dimensions == ("level",)


def test_only_public_numbers_and_words_stay_with_a_hidden_cell() -> None:
    measures = {"a": Own(), "b": Public(), "c": Attribute(), "d": Attribute(), "e": Own()}
    table = LEVELS.assign(a=1.5, b=2.5, c="why", d=3.5, e="1 to 2")
    counts = make_counts(table, measures)
    assert sorted(counts.hidden_with_cells) == ["a", "d", "e", "n_persons", "n_records"]
    assert "level" not in counts.hidden_with_cells


class TestDerived:
    """Columns that follow from what they are declared to be."""

    def test_a_share_of_the_sum(self) -> None:
        shares = make_counts(LEVELS).derive("share", ShareOfSum(("level",))).table["share"]
        assert shares.tolist() == [0.1, 0.3, 0.6]

    def test_a_share_of_records(self) -> None:
        of_records = ShareOfSum(("level",), of="n_records")
        shares = make_counts(LEVELS).derive("share", of_records).table["share"]
        assert shares.tolist() == pytest.approx([10 / 110, 40 / 110, 60 / 110])

    def test_a_share_of_nobody_is_missing(self) -> None:
        table = pd.DataFrame({"category": ["any", "nir"], "n_persons": [0, 0]})
        shares = make_counts(table).derive("share", Share("category", "any")).table["share"]
        assert shares.isna().all()

    def test_a_running_sum_starts_anew_for_each_place(self) -> None:
        table = pd.DataFrame({"sex": ["F", "M", "F", "M"], "level": ["low", "low", "high", "high"]})
        counts = make_counts(table.assign(n_persons=[1, 2, 3, 4]))
        assert counts.derive("sum", Cumulative("level")).table["sum"].tolist() == [1, 2, 4, 6]
        changes = counts.derive("change", Change("level")).table["change"]
        assert changes.isna().tolist() == [True, True, False, False]
        assert changes[2:].tolist() == [2, 2]

    def test_a_change_from_a_missing_count_is_missing(self) -> None:
        table = pd.DataFrame({"level": ["low", "medium", "high"], "n_persons": [None, 2, 5]})
        changes = make_counts(table).derive("change", Change("level")).table["change"]
        assert changes.isna().tolist() == [True, True, False]
        assert changes[2] == 3

    def test_a_total_beside_its_parts(self) -> None:
        assert make_counts(LEVELS).derive("n", Total(("level",))).table["n"].tolist() == [100] * 3

    def test_a_ratio_to_the_rate_of_all(self) -> None:
        """Of 400 residents 100 are counted; of the 100 of the first row 10: 0.4 times as many."""
        counts = make_counts(LEVELS.assign(people=[100, 100, 200]), {"people": Residents()})
        ratio = counts.derive("ratio", ShareOfSum(("level",), per="people")).table["ratio"]
        assert ratio.tolist() == pytest.approx([0.4, 1.2, 1.2])

    def test_a_rank_by_rate(self) -> None:
        counts = make_counts(LEVELS.assign(people=[10, 100, 100]), {"people": Residents()})
        assert counts.derive("rank", Rank("people")).table["rank"].tolist() == [1, 3, 2]

    def test_what_is_left_open_is_refused(self) -> None:
        with pytest.raises(ValueError, match="leaves the values of 'cost' open"):
            make_counts(LEVELS).derive("cost", Own())


class TestJoin:
    """Counts of one source and by the same dimensions only."""

    def test_rows_follow_one_another(self) -> None:
        parts = [make_counts(LEVELS).label(measure=name) for name in ("a", "b")]
        joined = join_counts(parts)
        assert joined.table["measure"].tolist() == ["a"] * 3 + ["b"] * 3
        assert joined.dimensions == ("level", "measure")

    def test_counts_of_two_sources_are_refused(self) -> None:
        with pytest.raises(ValueError, match="of cdcdcdcdcdcd can't be joined"):
            join_counts([make_counts(LEVELS), make_counts(LEVELS, source=OTHER)])

    def test_counts_by_other_dimensions_are_refused(self) -> None:
        with pytest.raises(ValueError, match="release_together"):
            join_counts([make_counts(LEVELS), make_counts(LEVELS).label(measure="a")])

    def test_one_column_declared_twice_is_refused(self) -> None:
        parts = [make_counts(LEVELS).with_measure("x", 1.0, kind) for kind in (Own(), Public())]
        with pytest.raises(ValueError, match="declared in two ways"):
            join_counts(parts)

    def test_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no counts"):
            join_counts([])


def test_a_dimension_is_one_row_of_the_table(
    hand_coded: CodedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether somebody is of age: by hand, all seven are; the gate learns that ages add up."""

    def find_majority(bands: list[str]) -> list[str]:
        return ["minor" if band == "0–14" else "adult" for band in bands]

    row = Dimension("majority", PARTITION, "age_band", find_majority, sets_apart=True, adds_up=True)
    monkeypatch.setitem(DIMENSIONS, "majority", row)
    counts = count(hand_coded, BOTH, by=["majority"])
    persons = counts.table.set_index("majority")["n_persons"]
    assert persons.to_dict() == {"minor": 0, "adult": 7}
    assert "majority" in hierarchies.list_labels()
    assert "majority" in list_dimensions(counted=True, sets_apart=True)
    shown = release_together({"parts": counts, "whole": count(hand_coded, BOTH)}, threshold=2)
    assert shown["parts"].dimensions == ("category", "window", "majority")


def released_after(first: Counts, second: Counts) -> int:
    """Count the cells hidden in a second release."""
    ledger = Ledger()
    release(first, ledger=ledger)
    return int(release(second, ledger=ledger).table["status"].eq("suppressed").sum())


def test_persons_add_up_over_a_new_dimension_as_its_row_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = make_counts(pd.DataFrame({"n_persons": [100], "n_records": [110]}))
    small = make_counts(LEVELS.assign(n_persons=[5, 35, 60], n_records=[5, 45, 60]))
    assert release(small).table["status"].eq("suppressed").sum() == 1
    assert released_after(whole, small) == 2
    apart = dataclasses.replace(DIMENSIONS["level"], relation=dimensions.APART, adds_up=False)
    monkeypatch.setitem(DIMENSIONS, "level", apart)
    assert released_after(whole, small) == 1


def test_a_source_is_written_short() -> None:
    assert str(SOURCE) == "ab" * 6
    assert Counts(make_counts(LEVELS).table, SOURCE).source == SOURCE
