"""Severity: the published method, a dozen persons by hand, and a recount in SQL."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure.gate import release
from analysis.exposure.coding import CodedRecords, code_breach
from analysis.exposure.profiles import count_profiles
from analysis.exposure.windows import one_window
from analysis.impact.choices import IDENTIFICATION, Choices, DataChoice, read_choices
from analysis.impact.severity import (
    LEVELS,
    count_levels,
    list_scores,
    score_profiles,
    severity_level,
    severity_score,
    vary_choices,
)
from analysis.reference import dictionary, geography
from tests.breaches import severe_rows, write_breach

BOTH = one_window("2018-01-01", "2020-01-01")
IN_2018 = one_window("2018-01-01", "2019-01-01")
WHOLE = one_window("2015-01-01", "2020-11-01")
ARGUMENTS = st.tuples(
    st.sampled_from([1.0, 2.0, 3.0, 4.0]),
    st.sampled_from(sorted(IDENTIFICATION.values())),
    st.sampled_from([k / 4 for k in range(9)]),
)


@pytest.fixture(scope="module")
def choices() -> Choices:
    return read_choices()


def score(context: float, identification: float, added: float) -> float:
    """Score one person."""
    return float(severity_score(np.array([context]), np.array([identification]), added)[0])


def level(value: float) -> str:
    """Return the level of one score."""
    return LEVELS[severity_level(np.array([value]))[0]]


@pytest.mark.parametrize(
    ("kind", "adjustment", "expected", "name"),
    [
        ("sensitive", 0, 5.0, "very high"),  # HIV in a comment
        ("simple", 0, 2.0, "medium"),  # an administrative line
        ("simple", 2, 4.0, "very high"),  # the same line, held by a medical laboratory
    ],
)
def test_the_worked_scores_of_this_breach(
    kind: str, adjustment: int, expected: float, name: str
) -> None:
    found = score(DataChoice(kind, adjustment, "worked").score, 1.0, 0.5 + 0.5)
    assert found == expected
    assert level(found) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0.25, "low"),
        (1.75, "low"),
        (2, "medium"),
        (2.75, "medium"),
        (3, "high"),
        (3.75, "high"),
        (4, "very high"),
        (6, "very high"),
    ],
)
def test_thresholds_belong_to_the_level_above(value: float, name: str) -> None:
    assert level(value) == name


def test_scores_reach_both_ends_and_not_beyond() -> None:
    assert score(1, 0.25, 0) == 0.25
    assert score(4, 1, 2) == 6


@given(ARGUMENTS, ARGUMENTS)
def test_a_score_never_falls_when_an_argument_rises(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    low = score(*(min(pair) for pair in zip(one, other, strict=True)))
    high = score(*(max(pair) for pair in zip(one, other, strict=True)))
    assert 0.25 <= low <= high <= 6
    assert LEVELS.index(level(low)) <= LEVELS.index(level(high))


def persons(table: pd.DataFrame, **cell: str) -> dict[str, int]:
    """Return the persons by level of one cell."""
    for name, value in cell.items():
        table = table[table[name].eq(value)]
    return {k: int(v) for k, v in zip(table["level"], table["n_persons"], strict=True) if v}


def test_levels_equal_the_hand_count(severe_coded: CodedRecords, choices: Choices) -> None:
    both = count_levels(count_profiles(severe_coded, BOTH), choices).table
    assert persons(both) == {"low": 2, "medium": 2, "very high": 3}
    assert both["share"].tolist() == pytest.approx([2 / 7, 2 / 7, 0, 3 / 7])
    in_2018 = count_levels(count_profiles(severe_coded, IN_2018), choices).table
    assert persons(in_2018) == {"medium": 3, "very high": 1}


@pytest.mark.parametrize(
    ("dep_code", "expected"),
    [
        ("22", {"very high": 1}),
        ("27", {"very high": 2}),
        ("56", {"medium": 2, "very high": 1}),
        ("unknown", {"low": 1}),
        ("abroad", {"low": 1}),
        ("75", {}),
    ],
)
def test_levels_by_home_equal_the_hand_count(
    severe_coded: CodedRecords, choices: Choices, dep_code: str, expected: dict[str, int]
) -> None:
    table = count_levels(count_profiles(severe_coded, BOTH, by=["dep_code"]), choices).table
    assert len(table) == 103 * 4
    assert persons(table, dep_code=dep_code) == expected


def test_levels_by_category_are_those_of_the_person(
    severe_coded: CodedRecords, choices: Choices
) -> None:
    profiles = count_profiles(severe_coded, BOTH)
    table = count_levels(profiles, choices, categories=["email", "comments", "health"]).table
    assert persons(table, category="email") == {"low": 1, "medium": 1, "very high": 2}
    assert persons(table, category="comments") == {"medium": 1, "very high": 2}
    health = table[table["category"].eq("health")]
    assert set(health["status"]) == {"absent"}
    assert health["n_persons"].isna().all()


def test_every_score_says_where_it_comes_from(severe_coded: CodedRecords, choices: Choices) -> None:
    scores = list_scores(count_profiles(severe_coded, BOTH), choices).table
    first = scores.iloc[0]
    assert (first["type"], first["adjustment"], first["context"]) == ("sensitive", 0, 4)
    assert (first["identification"], first["added"], first["score"]) == (1, 1, 5)
    assert first["reason"] == choices.data[first["category"]].reason
    by_category = scores.groupby("category")["n_persons"].sum().to_dict()
    expected = {"pregnancy": 1, "hiv_test": 1, "credentials": 1, "identity": 3, "address": 1}
    assert by_category == expected
    assert scores.loc[scores["is_on_threshold"], "n_persons"].sum() == 3
    again = severity_score(scores["context"], scores["identification"], choices.added)
    assert (again == scores["score"]).all()


def test_more_data_never_lower_a_score(full_coded: CodedRecords, choices: Choices) -> None:
    profiles = count_profiles(full_coded, WHOLE)
    whole = score_profiles(profiles, choices)["score"]
    for name in profiles.categories:
        mask = ~profiles.mask([name])
        less = score_profiles(profiles.without([name]), choices)["score"]
        smaller = whole.index & mask
        assert (less[smaller[smaller != 0]].to_numpy() <= whole[smaller != 0].to_numpy()).all()


def test_alternatives_move_the_persons_counted_by_hand(
    severe_coded: CodedRecords, choices: Choices
) -> None:
    table = vary_choices(count_profiles(severe_coded, BOTH), choices).table
    wide = table.pivot_table("n_persons", ["name", "choice"], "outcome", aggfunc="sum")
    # A laboratory held the names: 3 x 1 + 1 = 4 for 2 and 7 as for 4, 3 x 0.75 + 1 = 3.25 for 5.
    held = wide.loc["identity", "simple +2 = 3"]
    assert held[["low", "high", "very high", "changed", "on threshold"]].tolist() == [1, 1, 5, 3, 3]
    # Nobody stole it: one half less, so 1.5 for 2 and 7, 3.5 for 4; 4.5 stays very high.
    found = wide.loc["intention", "0"]
    assert found[["low", "medium", "high", "very high", "changed"]].tolist() == [4, 0, 1, 2, 3]
    # Read by nobody, the comment of person 2 counts as a diagnosis.
    unread = wide.loc["comments", "sensitive +0 = 4"]
    assert unread[["medium", "very high", "changed"]].tolist() == [1, 4, 1]
    closed = wide.loc["credentials", "sensitive -3 = 1"]
    assert closed[["medium", "very high", "changed"]].tolist() == [3, 2, 1]


def test_choices_are_varied_for_the_whole_file(
    severe_coded: CodedRecords, choices: Choices
) -> None:
    profiles = count_profiles(severe_coded, BOTH, by=["dep_code"])
    with pytest.raises(ValueError, match=r"not by \['dep_code'\]"):
        vary_choices(profiles, choices)


def test_comments_that_nobody_read_are_not_taken_for_harmless(
    tmp_path: Path, choices: Choices
) -> None:
    profiles = count_profiles(
        code_breach(write_breach(tmp_path / "b", severe_rows()), persons="truth"), BOTH
    )
    with pytest.raises(ValueError, match="the comments were not read"):
        count_levels(profiles, choices)
    unread = replace(choices, data={**choices.data, "comments": DataChoice("sensitive", 0, "why")})
    assert persons(count_levels(profiles, unread).table) == {"low": 2, "medium": 1, "very high": 4}


def test_an_unknown_category_is_named(severe_coded: CodedRecords, choices: Choices) -> None:
    with pytest.raises(ValueError, match=r"unknown category \['dna'\]"):
        count_levels(count_profiles(severe_coded, BOTH), choices, categories=["dna"])


def test_levels_pass_the_gate(severe_coded: CodedRecords, choices: Choices) -> None:
    counts = count_levels(count_profiles(severe_coded, BOTH), choices)
    shown = release(counts, threshold=3).table.set_index("level")["status"]
    assert shown.to_dict() == {
        "low": "suppressed",
        "medium": "suppressed",
        "high": "none",
        "very high": "shown",
    }


DIAGNOSES = (
    "pregnancy|fertility|hiv_status|hepatitis|cancer|diabetes|thyroid|psychiatry|addiction|genetics"
    "|disability"
)
HINTS = "hiv_test|treatment"


def recount(coded: CodedRecords) -> pd.DataFrame:
    """Score every person in plain SQL, from the raw records, and count by home and level."""
    folder = coded.breach.folder
    connection = duckdb.connect()
    records = f"read_parquet('{folder}/records/*.parquet', filename=true)"
    places = connection.sql(f"select distinct postal_code as code from {records}").df()
    places["dep_code"] = geography.place_postal_codes(places["code"])["dep_code"].astype(str)
    connection.register("places", places)
    return connection.sql(
        f"""
        with facts as (
            select p.dep_code, t.person_id, r.*,
                   ';' || s.labels_patient || ';' || s.labels_file || ';' as said
            from {records} r
            join read_parquet('{folder}/commented/*.parquet') s using (record_id)
            join read_parquet('{folder}/linked/part-*.parquet') t using (record_id)
            join places p on p.code is not distinct from r.postal_code
            where r.sampled_on >= date '2015-01-01' and r.sampled_on < date '2020-11-01'
        ),
        scored as (
            select person_id,
                   max(case when coalesce(portal_login, portal_password) is not null then 4
                            when regexp_matches(said, ';({DIAGNOSES})[^:;]*:affirmed;') then 4
                            when regexp_matches(said, ';({HINTS})[^:;]*:affirmed;') then 3
                            else 1 end) as context,
                   case when count(first_names) + count(used_name) + count(born_on) > 0
                             and count(nir) + count(address) + count(postal_code) + count(city) > 0
                        then 1.0 else 0.75 end as identification
            from facts group by person_id
        )
        select dep_code, count(distinct person_id) as n_persons, count(*) as n_records,
               case when context * identification + 1 >= 4 then 'very high'
                    when context * identification + 1 >= 3 then 'high'
                    when context * identification + 1 >= 2 then 'medium' else 'low' end as level
        from facts join scored using (person_id)
        group by all
        """
    ).df()


def test_plain_sql_finds_the_same_levels(full_coded: CodedRecords, choices: Choices) -> None:
    ours = count_levels(count_profiles(full_coded, WHOLE, by=["dep_code"]), choices).table
    keys, counts = ["dep_code", "level"], ["n_persons", "n_records"]
    theirs = recount(full_coded).set_index(keys)[counts]
    found = ours.set_index(keys)[counts].astype("int64")
    pd.testing.assert_frame_equal(theirs.reindex(found.index, fill_value=0), found)
    assert found.groupby("level")["n_persons"].sum()["very high"] > 30_000


def test_levels_of_a_cell_add_up_to_its_persons(full_coded: CodedRecords, choices: Choices) -> None:
    profiles = count_profiles(full_coded, WHOLE, by=["laboratory_id"])
    levels = count_levels(profiles, choices).table.groupby("laboratory_id")["n_persons"].sum()
    persons_there = profiles.table.groupby("laboratory_id")["n_persons"].sum()
    assert (levels[persons_there.index] == persons_there).all()


def test_the_order_of_levels_is_that_of_scores() -> None:
    codes = severity_level(np.array([k / 4 for k in range(1, 25)]))
    assert all(a <= b for a, b in pairwise(codes))
    assert set(codes) == {0, 1, 2, 3}


def test_the_crosswalk_has_every_level_in_order_and_no_score() -> None:
    crosswalk = dictionary.read_crosswalk()
    levels = crosswalk[crosswalk["kind"].eq("level")]
    assert levels["enisa_en"].tolist() == list(LEVELS)
    assert levels["cnil_fr"].tolist() == ["négligeable", "limitée", "importante", "maximale"]
    assert (crosswalk != "").all(axis=None)
    assert set(re.findall(r"\d+", crosswalk.to_csv(index=False))) == {"100"}
