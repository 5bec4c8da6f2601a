"""Persons by profile: by hand, beside the count of exposures, and when records are left out."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.exposure import coding
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.profiles import Profiles, count_profiles
from analysis.exposure.windows import calendar_windows, one_window
from analysis.reference import dictionary

BOTH = one_window("2018-01-01", "2020-01-01")
IN_2018 = one_window("2018-01-01", "2019-01-01")
WHOLE = one_window("2015-01-01", "2020-11-01")


def persons(profiles: Profiles, names: list[str], **cell: str) -> int:
    """Return the persons with exactly some categories, in one cell or in all."""
    rows = profiles.table[profiles.table["profile"].eq(profiles.mask(names))]
    for name, value in cell.items():
        rows = rows[rows[name].eq(value)]
    return int(rows["n_persons"].sum())


def test_profiles_equal_the_hand_count(severe_coded: CodedRecords) -> None:
    profiles = count_profiles(severe_coded, BOTH)
    basis = ["identity", "address", "visit"]
    said = [*basis, "nir", "email", "comments"]
    assert persons(profiles, [*said, "pregnancy"]) == 1  # person 1
    assert persons(profiles, [*said, "practical"]) == 1  # person 2
    assert persons(profiles, [*said, "hiv_test"]) == 1  # person 4
    assert persons(profiles, [*basis, "credentials"]) == 1  # person 3
    assert persons(profiles, ["identity", "visit"]) == 1  # person 5
    assert persons(profiles, ["address", "visit", "email"]) == 1  # person 6
    assert persons(profiles, [*basis, "nir"]) == 1  # person 7
    assert profiles.table["n_persons"].sum() == 7
    assert profiles.table["n_records"].sum() == 11


def test_a_person_takes_her_profile_into_every_cell(severe_coded: CodedRecords) -> None:
    profiles = count_profiles(severe_coded, BOTH, by=["dep_code"])
    hers = ["identity", "address", "visit", "nir", "email", "comments", "pregnancy"]
    assert persons(profiles, hers, dep_code="56") == 1
    assert persons(profiles, hers, dep_code="22") == 1
    assert persons(profiles, hers) == 2


def test_records_outside_the_window_say_nothing(severe_coded: CodedRecords) -> None:
    profiles = count_profiles(severe_coded, IN_2018)
    seen = ["identity", "address", "visit", "nir"]
    assert persons(profiles, [*seen, "email"]) == 1  # person 1
    assert persons(profiles, [*seen, "email", "comments", "practical"]) == 1  # person 2
    assert profiles.table["n_persons"].sum() == 4


def test_only_the_laboratories_asked_for_count(severe_coded: CodedRecords) -> None:
    profiles = count_profiles(severe_coded, BOTH, laboratories=["LAB-B"])
    assert profiles.table["n_persons"].sum() == 3
    assert count_profiles(severe_coded, BOTH, laboratories=[]).table.empty


def test_a_category_taken_away_is_nobodys(severe_coded: CodedRecords) -> None:
    removed = ["comments", "email", *dictionary.list_topics()]
    profiles = count_profiles(severe_coded, BOTH).without(removed)
    assert persons(profiles, ["identity", "address", "visit", "nir"]) == 4
    assert profiles.without(profiles.categories).table.empty
    assert profiles.without(profiles.categories).count_exposures() == 0


def test_exposures_of_all_profiles_are_those_counted_one_by_one(full_coded: CodedRecords) -> None:
    profiles = count_profiles(full_coded, WHOLE)
    counted = count(full_coded, WHOLE, categories=profiles.categories).table
    for name, n_persons in zip(profiles.categories, counted["n_persons"], strict=True):
        has = profiles.table["profile"] & profiles.mask([name]) != 0
        assert profiles.table.loc[has, "n_persons"].sum() == n_persons
    assert profiles.count_exposures() == counted["n_persons"].sum() > 2_000_000


@pytest.mark.parametrize("by", [["dep_code"], ["laboratory_id", "sex"], ["age_band", "dep_code"]])
def test_persons_of_a_cell_are_those_counted_without_profiles(
    full_coded: CodedRecords, by: list[str]
) -> None:
    profiles = count_profiles(full_coded, WHOLE, by=by, place="laboratory")
    counted = count(full_coded, WHOLE, by=by, place="laboratory").table
    expected = counted.set_index(by)[["n_persons", "n_records"]].astype("int64")
    found = profiles.table.groupby(by)[["n_persons", "n_records"]].sum()
    pd.testing.assert_frame_equal(found.reindex(expected.index, fill_value=0), expected)


def test_processes_change_nothing(small_world: CodedRecords) -> None:
    pooled = coding.open_coded(small_world.breach, persons="truth", processes=2)
    pd.testing.assert_frame_equal(
        count_profiles(pooled, WHOLE, by=["dep_code"]).table,
        count_profiles(small_world, WHOLE, by=["dep_code"]).table,
    )


def test_several_windows_are_refused(severe_coded: CodedRecords) -> None:
    years = calendar_windows("2018-01-01", "2020-01-01", unit="year")
    with pytest.raises(ValueError, match="a profile is of one window, got 2"):
        count_profiles(severe_coded, years)


def test_what_is_unknown_is_named(severe_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match="cannot count by"):
        count_profiles(severe_coded, BOTH, by=["town"])
    with pytest.raises(ValueError, match="place must be one of"):
        count_profiles(severe_coded, BOTH, place="work")
    with pytest.raises(ValueError, match=r"unknown laboratories \['LAB-Z'\]"):
        count_profiles(severe_coded, BOTH, laboratories=["LAB-Z"])
