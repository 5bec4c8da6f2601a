"""Windows are half-open, ordered and labelled."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.exposure import windows
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import count


def spans(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (start, end) of each window as text."""
    return [
        (f"{a:%Y-%m-%d}", f"{b:%Y-%m-%d}")
        for a, b in zip(table["window_start"], table["window_end"], strict=True)
    ]


def test_months_follow_each_other_across_a_leap_february() -> None:
    table = windows.calendar_windows("2020-01-01", "2020-04-01", unit="month")
    assert table["window"].tolist() == ["2020-01", "2020-02", "2020-03"]
    assert spans(table) == [
        ("2020-01-01", "2020-02-01"),
        ("2020-02-01", "2020-03-01"),
        ("2020-03-01", "2020-04-01"),
    ]


def test_a_period_that_cuts_a_year_is_widened_to_it() -> None:
    table = windows.calendar_windows("2018-06-15", "2019-01-02", unit="year")
    assert spans(table) == [("2018-01-01", "2019-01-01"), ("2019-01-01", "2020-01-01")]


def test_rolling_windows_lie_inside_the_period() -> None:
    table = windows.rolling_windows("2015-01-01", "2020-11-01")
    assert len(table) == 70 - 12 + 1
    assert spans(table)[0] == ("2015-01-01", "2016-01-01")
    assert spans(table)[-1] == ("2019-11-01", "2020-11-01")


def test_cumulative_windows_share_their_start() -> None:
    table = windows.cumulative_windows("2018-01-01", "2018-10-01", unit="quarter")
    assert spans(table) == [
        ("2018-01-01", "2018-04-01"),
        ("2018-01-01", "2018-07-01"),
        ("2018-01-01", "2018-10-01"),
    ]


def test_age_windows_count_back_from_the_publication() -> None:
    table = windows.age_windows("2021-02-14", edges=(0, 6, 12))
    assert table["window"].tolist() == ["12+ m", "6–12 m", "0–6 m"]
    assert spans(table)[1:] == [("2020-02-14", "2020-08-14"), ("2020-08-14", "2021-02-14")]


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ends on 2018-01-01, not after its start on 2019-01-01"):
        windows.one_window("2019-01-01", "2018-01-01")


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="the end is the first day outside"):
        windows.one_window("2019-01-01", "2019-01-01")


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        windows.one_window("2019-02-30", "2019-03-01")


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unit must be one of"):
        windows.calendar_windows("2018-01-01", "2019-01-01", unit="week")


def test_a_period_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="has 3 months, a window needs 12"):
        windows.rolling_windows("2018-01-01", "2018-04-01")


def test_windows_that_go_back_are_refused(hand_coded: CodedRecords) -> None:
    back = windows.check_windows(
        [("b", "2019-01-01", "2020-01-01"), ("a", "2018-01-01", "2019-01-01")]
    )
    with pytest.raises(ValueError, match="must follow in time"):
        count(hand_coded, back)
