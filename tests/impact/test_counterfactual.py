"""What measures avoid: a dozen records by hand, what must hold for any, a recount in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count
from analysis.exposure.windows import one_window
from analysis.impact.choices import Choices, read_choices
from analysis.impact.counterfactual import (
    Outcomes,
    apply_measures,
    compare_sets,
    count_avoided,
    find_cheapest,
    order_measures,
    share_fairly,
    share_outcomes,
    vary_parameters,
)
from analysis.impact.measures import Measure, Measures, read_measures
from analysis.impact.severity import count_levels
from analysis.reference import Estimate

BOTH = one_window("2018-01-01", "2020-01-01")
WHOLE = one_window("2015-01-01", "2020-11-01")
VALUES = ("n_persons", "n_exposures", "n_above_medium")
COMMENTS = ["comments", "pregnancy", "hiv_test", "practical"]


def make_measure(
    name: str, effect: str, value: Any, effort: float = 1, span: Any = None
) -> Measure:
    """Return a measure of one effect."""
    return Measure(name, Estimate(effort, (1, 9)), "why", span=span, **{effect: value})


def make_measures(*measures: Measure) -> Measures:
    """Return measures on a file taken on the first day of 2020."""
    return Measures(date(2020, 1, 1), {measure.name: measure for measure in measures})


RETENTION = make_measure("retention", "keeps_months", 12, 2, (6, 24))
LEFT_OUT = make_measure("left out", "removes", COMMENTS)
HASHED = make_measure("hashed", "removes", ["credentials"])
LARGEST = make_measure("largest", "keeps_laboratories", [1], 1, ([1], [-1]))
EARLY = make_measure("early", "keeps_before", date(2019, 1, 1))


@pytest.fixture(scope="module")
def choices() -> Choices:
    return read_choices()


@pytest.fixture(scope="module")
def outcomes(severe_coded: CodedRecords, choices: Choices) -> Outcomes:
    """Compare three measures on the dozen records."""
    return compare_sets(severe_coded, BOTH, make_measures(RETENTION, LEFT_OUT, HASHED), choices)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        # As it was: 7 persons with 7 + 7 + 4 + 7 + 2 + 3 + 4 categories; 1, 3 and 4 above medium.
        (None, [7, 34, 3]),
        # From 2019 on: r03, r08 to r11, that is 1, 4, 5, 6, 7 with 6 + 6 + 2 + 3 + 4.
        (RETENTION, [5, 21, 2]),
        # Comments of 1, 2 and 4, and what each says: 6 exposures less; 3 has a password.
        (LEFT_OUT, [7, 28, 1]),
        (HASHED, [7, 33, 2]),
        # Laboratory A: 1, 2, 6, 7 with 7 + 7 + 3 + 4.
        (LARGEST, [4, 21, 1]),
        # Before 2019: 1 to 4 with 5 + 7 + 4 + 4; their comments but one are later.
        (EARLY, [4, 20, 1]),
    ],
)
def test_each_measure_alone_equals_the_hand_count(
    severe_coded: CodedRecords,
    choices: Choices,
    measure: Measure | None,
    expected: list[int],
) -> None:
    measures = make_measures(*([measure] if measure else []))
    left = compare_sets(severe_coded, BOTH, measures, choices).table.iloc[-1]
    assert left[list(VALUES)].tolist() == expected


def test_a_measure_shared_by_two_is_shared_equally(outcomes: Outcomes) -> None:
    # 1 and 4: only the comments raise them. 3: either the password or the old record is gone.
    shares = share_fairly(outcomes.by_set("n_above_medium"))
    assert shares == {"left out": 2.0, "hashed": 0.5, "retention": 0.5}


def test_shares_of_several_outcomes_are_whole_persons(outcomes: Outcomes) -> None:
    cells = share_outcomes(outcomes, {"persons above medium": "n_above_medium"}).table
    assert cells["measure"].tolist() == ["left out", "hashed", "retention"]
    assert cells["outcome"].unique().tolist() == ["persons above medium"]
    assert cells["n_persons"].tolist() == [2, 0, 0]


def test_the_measure_that_avoids_most_comes_first(outcomes: Outcomes) -> None:
    steps = order_measures(outcomes, "n_above_medium").table
    wide = steps.pivot(index="measure", columns="outcome", values="n_persons")
    assert wide.loc["left out"].to_dict() == {"avoided": 2, "left": 1}
    assert wide.loc["hashed"].to_dict() == {"avoided": 1, "left": 0}


def test_the_cheapest_sets_leave_nobody_above_medium(outcomes: Outcomes) -> None:
    cheapest = find_cheapest(outcomes).table
    assert cheapest["measure"].tolist() == ["hashed + left out", "left out + retention"]
    assert cheapest["effort"].tolist() == [2, 3]
    assert cheapest["effort_high"].tolist() == [18, 18]


def test_no_set_may_be_enough(outcomes: Outcomes) -> None:
    assert find_cheapest(outcomes, value="n_persons").table.empty


def test_two_limits_of_laboratories_keep_what_both_keep(severe_coded: CodedRecords) -> None:
    smallest = make_measure("smallest", "keeps_laboratories", [-1])
    both = apply_measures(severe_coded, BOTH, make_measures(LARGEST, smallest))
    assert both.table.empty
    alone = apply_measures(severe_coded, BOTH, make_measures(smallest))
    assert alone.table["n_persons"].sum() == 3


def test_a_rank_beyond_the_laboratories_is_named(severe_coded: CodedRecords) -> None:
    third = make_measure("third", "keeps_laboratories", [3])
    with pytest.raises(ValueError, match=r"there are 2 laboratories, none of rank \[3\]"):
        apply_measures(severe_coded, BOTH, make_measures(third))


def test_what_is_avoided_by_home_equals_the_hand_count(
    severe_coded: CodedRecords, choices: Choices
) -> None:
    before, after = (
        apply_measures(severe_coded, BOTH, make_measures(*some), by=["dep_code"])
        for some in ([], [RETENTION])
    )
    table = count_avoided(before, after, choices, categories=["any", "comments"]).table
    cells = table.set_index(["dep_code", "category", "outcome"])["n_persons"].sort_index()
    # In 56 only person 7 is left; 1 is still there by her record in 22, 3 is gone from 27.
    assert cells["56", "any"].to_dict() == {"avoided": 2, "left": 1}
    assert cells["22", "any"].to_dict() == {"avoided": 0, "left": 1}
    assert cells["27", "any"].to_dict() == {"avoided": 1, "left": 1}
    assert cells["56", "comments"].to_dict() == {"avoided": 2, "left": 0}
    assert len(table) == 103 * 2 * 2


def test_the_range_of_a_measure_is_that_of_its_parameter(
    severe_coded: CodedRecords, choices: Choices
) -> None:
    measures = make_measures(RETENTION, LARGEST, HASHED)
    table = vary_parameters(severe_coded, BOTH, measures, choices).table
    avoided = table.set_index(["outcome", "measure", "version"])["n_persons"].sort_index()
    # 24 months keep everything; 6 months from 2020 keep r11 alone, that is person 7.
    assert avoided["avoided", "retention"].to_dict() == {"12": 2, "24": 0, "6": 6}
    assert avoided["not above medium", "retention"].to_dict() == {"12": 1, "24": 0, "6": 3}
    assert avoided["avoided", "largest"].to_dict() == {"[-1]": 4, "[1]": 3}
    assert avoided["not above medium", "hashed"].to_dict() == {"": 1}


@pytest.mark.parametrize(("months", "kept"), [(0, 0), (72, 1)])
def test_no_retention_avoids_everything_and_six_years_nothing(
    full_coded: CodedRecords, months: int, kept: int
) -> None:
    shipped = read_measures().select(["short_retention"])
    measure = replace(shipped.by_name["short_retention"], keeps_months=months)
    profiles = apply_measures(full_coded, WHOLE, replace(shipped, by_name={"r": measure}))
    everybody = count(full_coded, WHOLE).table["n_persons"].item()
    assert everybody > 400_000
    assert profiles.table["n_persons"].sum() == kept * everybody
    assert (profiles.count_exposures() > 2_000_000) == bool(kept)


@pytest.fixture(scope="module")
def full_outcomes(full_coded: CodedRecords, choices: Choices) -> Outcomes:
    """Compare the shipped measures on the full breach."""
    return compare_sets(full_coded, WHOLE, read_measures(), choices)


def test_a_combination_never_avoids_less_than_its_parts(full_outcomes: Outcomes) -> None:
    assert len(full_outcomes.table) == 64
    for names, left in full_outcomes.table.iterrows():
        for name in names:
            part = full_outcomes.table.loc[[names - {name}]].iloc[0]
            assert (left[list(VALUES)] <= part[list(VALUES)]).all()


@pytest.mark.parametrize("value", VALUES)
def test_shares_sum_to_what_all_avoid_together(full_outcomes: Outcomes, value: str) -> None:
    shares = share_fairly(full_outcomes.by_set(value))
    whole = full_outcomes.table[value].iloc[0] - full_outcomes.table[value].iloc[-1]
    assert sum(shares.values()) == pytest.approx(whole, rel=1e-12)
    assert min(shares.values()) >= 0
    assert whole > 30_000


def test_each_step_avoids_no_more_than_the_one_before(full_outcomes: Outcomes) -> None:
    for value in VALUES:
        steps = order_measures(full_outcomes, value).table
        avoided = steps[steps["outcome"].eq("avoided")]["n_persons"]
        left = steps[steps["outcome"].eq("left")]["n_persons"]
        assert all(a >= b for a, b in pairwise(avoided))
        assert avoided.sum() + left.iloc[-1] == full_outcomes.table[value].iloc[0]


def test_two_measures_on_fields_leave_nobody_above_medium(full_outcomes: Outcomes) -> None:
    cheapest = find_cheapest(full_outcomes).table
    assert cheapest["measure"].iloc[0] == "comments_left_out + credentials_hashed"
    assert cheapest["n_persons"].iloc[0] == full_outcomes.table["n_persons"].iloc[0]


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=12))
def test_shares_of_a_cover_split_each_person_equally(persons: list[set[str]]) -> None:
    """A person whom each of k measures would avoid gives one k-th to each."""
    sets = [
        frozenset(),
        *(frozenset(c for c in "abcd" if k >> "abcd".index(c) & 1) for k in range(1, 16)),
    ]
    left = [sum(not person & names for person in persons) for names in sets]
    shares = share_fairly(dict(zip(sets, left, strict=True)))
    for name in "abcd":
        expected = sum(1 / len(person) for person in persons if name in person)
        assert shares[name] == pytest.approx(expected)


RECOUNT = {
    "short_retention": "r.sampled_on >= date '2019-11-01'",
    "early_migration": "r.sampled_on < date '2019-01-01'",
    "two_laboratories": (
        "r.laboratory_id in (select laboratory_id from by_laboratory order by n desc limit 2)"
    ),
}
SEVERE = (
    "pregnancy|fertility|hiv_status|hiv_test|hepatitis|cancer|diabetes|thyroid|psychiatry"
    "|addiction|genetics|disability|treatment"
)


def recount(coded: CodedRecords, names: frozenset[str]) -> tuple[int, int]:
    """Count persons left, and those above medium, in plain SQL from the raw records."""
    folder = coded.breach.folder
    kept = " and ".join(["true", *(RECOUNT[name] for name in sorted(names & set(RECOUNT)))])
    password = "credentials_hashed" not in names
    comments = "comments_left_out" not in names
    (row,) = duckdb.sql(
        f"""
        with lines as (
            select t.person_id, r.*, ';' || s.labels_patient || ';' || s.labels_file || ';' as said
            from read_parquet('{folder}/records/*.parquet') r
            join read_parquet('{folder}/linked/part-*.parquet') t using (record_id)
            join read_parquet('{folder}/commented/*.parquet') s using (record_id)
        ),
        by_laboratory as (
            select laboratory_id, count(distinct person_id) as n from lines group by laboratory_id
        ),
        persons as (
            select person_id,
                   bool_or({password} and coalesce(portal_login, portal_password) is not null)
                   or bool_or({comments} and regexp_matches(said, ';({SEVERE})[^:;]*:affirmed;'))
                   as is_severe
            from lines r where {kept} group by person_id
        )
        select count(*), count(*) filter (is_severe) from persons
        """
    ).fetchall()
    return row


@pytest.mark.parametrize(
    "names",
    [
        ["short_retention"],
        ["early_migration"],
        ["two_laboratories"],
        ["comments_left_out"],
        ["credentials_hashed", "early_migration"],
        ["short_retention", "two_laboratories", "comments_left_out"],
    ],
)
def test_plain_sql_finds_the_same_persons_left(
    full_coded: CodedRecords, full_outcomes: Outcomes, names: list[str]
) -> None:
    left = full_outcomes.table.loc[[frozenset(names)]].iloc[0]
    found = recount(full_coded, frozenset(names))
    assert (left["n_persons"], left["n_above_medium"]) == found


def test_avoided_and_left_add_up_to_the_breach_as_it_was(
    full_coded: CodedRecords, choices: Choices
) -> None:
    measures = read_measures().select(["early_migration", "comments_left_out"])
    before = apply_measures(full_coded, WHOLE, measures.select([]), by=["dep_code"])
    after = apply_measures(full_coded, WHOLE, measures, by=["dep_code"])
    table = count_avoided(before, after, choices, categories=["any", "nir", "comments"]).table
    keys = ["dep_code", "category"]
    sums = table.groupby(keys)["n_persons"].sum()
    whole = count_levels(before, choices, categories=["any", "nir", "comments"]).table
    assert (sums == whole.groupby(keys)["n_persons"].sum()).all()
    assert table["n_persons"].min() >= 0
    assert table["n_persons"].sum() > 900_000
