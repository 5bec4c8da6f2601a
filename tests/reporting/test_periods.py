"""Persons over time."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.exposure import windows
from analysis.reporting import periods, wording
from analysis.reporting.picture import STATUS_STYLES
from tests.releases import bar_release, find_faults, period_release, render

EVENTS = pd.DataFrame(
    {
        "event_on": ["2021-03-04", "2020-11-04", "2021-02-14"],
        "label_en": ["Blocked", "For sale", "First article"],
        "label_fr": ["Blocage", "En vente", "Premier article"],
    }
)


@pytest.fixture(scope="module")
def long() -> Figure:
    """Draw almost three years of months, up to the first event."""
    return periods.timeline(period_release(), events=EVENTS).render()


@pytest.fixture(scope="module")
def short() -> Figure:
    """Draw eight months that end two years before the events, in French."""
    months = windows.calendar_windows("2018-06-01", "2019-02-01", unit="month")
    return render(periods.timeline(period_release(months), events=EVENTS), "fr")


def words_of(figure: Figure) -> str:
    """Return all text of a figure."""
    return "\n".join(artist.get_text() for artist in figure.findobj(Text))


def test_bars_stand_on_their_months(long: Figure) -> None:
    first = long.axes[0].containers[0][0]  # type: ignore[index]
    assert first.get_x() == pytest.approx(date2num(pd.Timestamp("2018-01-01")))
    assert (first.get_width(), first.get_height()) == (31, 1000)


def test_events_are_numbered_by_date_and_listed(long: Figure) -> None:
    words = words_of(long)
    assert "1  4 November 2020: For sale" in words
    assert "3  4 March 2021: Blocked" in words
    lines = [line.get_xdata()[0] for line in long.axes[0].lines if line.get_gid() == "event"]
    assert lines == [date2num(pd.Timestamp(day)) for day in sorted(EVENTS["event_on"])]


def test_numbers_of_events_eighteen_days_apart_stand_at_two_heights(long: Figure) -> None:
    heights = {t.get_text(): t.get_position()[1] for t in long.axes[0].texts}
    assert abs(heights["2"] - heights["3"]) > 0.05


def test_the_axis_runs_to_the_last_event(long: Figure) -> None:
    assert len(long.axes) == 1
    assert long.axes[0].get_xlim()[1] > date2num(pd.Timestamp("2021-03-04"))


def test_far_events_cut_the_axis_and_the_cut_is_said(short: Figure) -> None:
    assert len(short.axes) == 2
    with wording.speaking("fr"):
        assert wording.text("axis_break") in words_of(short)


def test_the_cut_leaves_out_no_period_and_no_event(short: Figure) -> None:
    before, after = (axes.get_xlim() for axes in short.axes)
    assert before[0] < date2num(pd.Timestamp("2018-06-01"))
    assert before[1] > date2num(pd.Timestamp("2019-02-01"))
    assert after[0] < date2num(pd.Timestamp("2020-11-04"))
    assert after[1] > date2num(pd.Timestamp("2021-03-04"))


def test_hidden_and_empty_periods_do_not_look_alike(long: Figure) -> None:
    axes = long.axes[0]
    hidden = [patch for patch in axes.patches if patch.get_gid() == "suppressed"]
    rings = [line for line in axes.lines if line.get_gid() == "none"]
    assert [patch.get_hatch() for patch in hidden] == [STATUS_STYLES["suppressed"]["hatch"]]
    assert [line.get_marker() for line in rings] == ["o"]
    assert len(axes.containers[0]) == 32  # type: ignore[arg-type]


def test_the_legend_names_hidden_periods_only_where_there_are_any() -> None:
    release = period_release().select("status == 'shown'")
    figure = periods.timeline(release, events=EVENTS).render()
    assert figure.axes[0].get_legend() is None


def test_rolling_windows_stand_where_they_end() -> None:
    rolling = windows.rolling_windows("2018-01-01", "2019-07-01")
    slots = periods.place_slots(rolling)
    assert slots["end"].tolist() == rolling["window_end"].tolist()
    assert slots["start"].iloc[1:].tolist() == rolling["window_end"].iloc[:-1].tolist()
    assert slots["start"].iloc[0] == pd.Timestamp("2018-12-01")


def test_overlap_is_said() -> None:
    rolling = windows.rolling_windows("2018-01-01", "2019-07-01")
    figure = periods.timeline(period_release(rolling), events=EVENTS).render()
    assert wording.text("overlap_note") in words_of(figure)


def test_no_events_draw_all_the_same() -> None:
    figure = periods.timeline(period_release(), events=EVENTS.iloc[:0]).render()
    assert len(figure.axes) == 1


def test_the_alternative_text_names_the_highest_months() -> None:
    words = periods.timeline(period_release(), events=EVENTS).alt_text()
    assert "Highest: from 1 October 2020 to 31 October 2020: 1,330;" in words


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_no_words_overlap_or_leave_the_picture(language: str) -> None:
    months = windows.calendar_windows("2018-06-01", "2019-02-01", unit="month")
    for release in (period_release(), period_release(months)):
        figure = render(periods.timeline(release, events=EVENTS), language)
        assert find_faults(figure) == []


def test_ticks_keep_the_language_of_the_picture(short: Figure) -> None:
    short.draw_without_rendering()
    ticks = [label.get_text() for axes in short.axes for label in axes.get_xticklabels()]
    assert "juil. 2018" in ticks


def test_events_without_dates_are_refused() -> None:
    with pytest.raises(ValueError, match="event_on"):
        periods.timeline(period_release(), events=EVENTS.drop(columns="event_on"))


def test_a_release_without_windows_is_refused() -> None:
    with pytest.raises(ValueError, match="window"):
        periods.timeline(bar_release(), events=EVENTS)


def test_a_bare_table_is_refused() -> None:
    with pytest.raises(TypeError, match=r"analysis\.disclosure\.release first"):
        periods.timeline(period_release().table, events=EVENTS)  # type: ignore[arg-type]
