"""What can be worked out about persons and records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import attack, constraints
from analysis.disclosure.system import Floats
from tests.disclosure.test_hierarchies import cells


def attack_persons(table: pd.DataFrame, hidden: list[int]) -> Floats:
    """Bound the persons of all cells when some cells are hidden."""
    known = constraints.relate(table)
    n = len(table)
    system = constraints.build_system(
        known, upper=np.full(n, np.inf), can_hide=np.ones(n, bool), zeros=np.zeros(n, bool)
    )
    unseen = np.concatenate([np.isin(np.arange(n), hidden), np.ones(system.n_cells - n, bool)])
    return attack.feasibility_intervals(system, unseen)[:n]


def counted(persons: list[int], records: list[int], **labels: list[str]) -> pd.DataFrame:
    """Return cells with counts."""
    return cells(**labels).assign(n_persons=persons, n_records=records, before="")


SEXES = {"sex": ["F", "M", "unknown", "all"]}


def test_records_give_back_what_persons_do_not() -> None:
    table = counted([30, 5, 20, 50], [40, 6, 24, 70], **SEXES)
    assert attack_persons(table, [1])[1].tolist() == [1, 6]


def test_persons_add_up_where_everybody_has_one_value() -> None:
    levels = ["low", "medium", "high", "all"]
    table = counted([25, 5, 20, 50], [40, 6, 24, 70], level=levels)
    assert attack_persons(table, [1])[1].tolist() == [5, 5]
    by_sex = table.rename(columns={"level": "sex", "sex": "level"})
    assert attack_persons(by_sex, [1])[1].tolist() == [5, 6]


def test_a_part_has_no_more_persons_than_its_whole() -> None:
    table = counted([8, 12], [9, 30], category=["nir", "any"])
    assert attack_persons(table, [0])[0].tolist() == [1, 12]


def test_those_with_either_are_no_fewer_than_those_of_one_less_those_of_the_other() -> None:
    table = counted(
        [20, 12, 9, 3], [20, 12, 9, 3], category=["contact", "email", "phone", "address"]
    )
    assert attack_persons(table, [1])[1].tolist() == [8, 20]


def test_those_with_both_follow_from_each_and_any() -> None:
    table = counted(
        [100, 95, 10, 6], [100, 95, 10, 6], category=["any", "nir", "email", "email+nir"]
    )
    assert attack_persons(table, [3])[3].tolist() == [5, 10]


def test_persons_of_years_can_outnumber_those_of_a_period_that_holds_more_than_they() -> None:
    windows = ["2017-01-01/2018-01-01", "2018-01-01/2019-01-01", "2017-01-01/2020-01-01"]
    # Three persons came in both years, nobody in 2019.
    table = counted([6, 5, 8], [7, 6, 13], window=windows)
    assert attack_persons(table, [0])[0].tolist() == [1, 7]


def test_overlapping_windows_give_one_another_back() -> None:
    windows = ["2018-01-01/2018-03-01", "2018-02-01/2018-04-01", "2018-03-01/2018-05-01"]
    windows += ["2018-01-01/2018-02-01", "2018-04-01/2018-05-01", "2018-01-01/2018-05-01"]
    # Months of 10, 4, 7 and 9 records of as many persons; January and April are shown.
    records = [14, 11, 16, 10, 9, 30]
    table = counted(records, records, window=windows)
    assert attack_persons(table, [1])[1].tolist() == [11, 11]


def test_a_ratio_to_the_national_rate_gives_the_sum_away() -> None:
    table = counted(
        [500, 300, 7], [600, 400, 9], where=[f"home/dep_code/{c}" for c in ("22", "27", "48")]
    )
    known = constraints.relate(table)
    known.public.add(known.add({0: 1.0, 1: 1.0, 2: 1.0}))
    system = constraints.build_system(
        known, upper=np.full(3, np.inf), can_hide=np.ones(3, bool), zeros=np.zeros(3, bool)
    )
    hidden = np.array([False, False, True, False])
    assert attack.feasibility_intervals(system, hidden)[2].tolist() == [7, 7]


@pytest.mark.parametrize(("order", "low"), [([0, 1, 2], 3), ([1, 0, 2], 1)])
def test_a_hidden_row_lies_between_its_neighbours(order: list[int], low: float) -> None:
    table = counted([500, 300, 3], [600, 400, 9], sex=["F", "M", "unknown"])
    known = constraints.relate(table)
    constraints.hold_order(known, order)
    system = constraints.build_system(
        known, upper=np.full(3, np.inf), can_hide=np.ones(3, bool), zeros=np.zeros(3, bool)
    )
    found = attack.feasibility_intervals(system, np.array([False, True, False]))
    assert found[1].tolist() == [low, 500 if low == 3 else np.inf]


def test_channels_that_overlap_bound_those_whom_none_reaches() -> None:
    names = ["all", "email", "letter", "letter_only", "none"]
    # Everybody less those with a letter is 6: nobody believes more than 6 without any channel.
    table = counted([455, 20, 449, 415, 4], [455, 20, 449, 415, 4], channel=names)
    assert attack_persons(table, [4])[4].tolist() == [1, 6]
    # Of 20 with an e-mail, 2 at most have no letter: 18 of the 449 have more than a letter.
    assert attack_persons(table, [3])[3].tolist() == [1, 431]


def test_a_plan_of_messages_is_not_read_as_ways_to_reach_somebody() -> None:
    table = counted([30, 50, 5], [30, 50, 5], channel=["email", "letter", "search"])
    assert attack_persons(table, [2])[2].tolist() == [1, np.inf]
