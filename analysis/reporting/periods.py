"""Persons over time, with the events that everybody knows."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from analysis.disclosure import Release
from analysis.reporting import picture, wording
from analysis.reporting.picture import LOOKS, QUIET, SIZES, STATUS_STYLES, Drawing
from analysis.reporting.wording import current_language, format_count, text

NEEDS = ("window_start", "window_end")
TIMELINE = picture.Caption("chart", "timeline", ("window",), "n_persons", NEEDS)
EVENT_COLUMNS = ("event_on", "label_en", "label_fr")
Span = tuple[pd.Timestamp, pd.Timestamp]


def timeline(release: Release, *, events: pd.DataFrame) -> Drawing:
    """
    Draw persons by period, with the known events as numbered lines.

    Parameters
    ----------
    release : Release
        One row per ``window`` with ``window_start``, ``window_end``, ``n_persons`` and
        ``status``, in order of time, of one category and, if any, one département.
    events : pandas.DataFrame
        One row per event: ``event_on`` (date, or text ``YYYY-MM-DD``), ``label_en``,
        ``label_fr``.

    Returns
    -------
    Drawing
        A bar per period. Windows that overlap (rolling, cumulative) have their bar where they
        end. Hidden and absent periods are patterned over the whole height, which says nothing
        about their size; empty ones have a ring on the axis. Where the events would squeeze the
        periods below six tenths of the axis, it is cut, visibly.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column of either table is missing, or several values of a dimension are mixed.
    """
    if missing := [name for name in EVENT_COLUMNS if name not in events]:
        raise ValueError(f"events lack the columns {missing}; they need {EVENT_COLUMNS}")
    dated = events.assign(event_on=pd.to_datetime(events["event_on"])).sort_values("event_on")
    drawn = partial(_draw_timeline, events=dated.reset_index(drop=True))
    return Drawing(release, TIMELINE, drawn)


def place_slots(windows: pd.DataFrame) -> pd.DataFrame:
    """
    Give every window a place of its own on the axis.

    Parameters
    ----------
    windows : pandas.DataFrame
        ``window_start`` and ``window_end``, half-open, in order.

    Returns
    -------
    pandas.DataFrame
        ``start`` and ``end``, same index: the windows themselves, or, where they overlap, what
        each adds at its end.

    Examples
    --------
    >>> windows = pd.DataFrame({
    ...     "window_start": pd.to_datetime(["2018-01-01", "2018-02-01"]),
    ...     "window_end": pd.to_datetime(["2019-01-01", "2019-02-01"]),
    ... })
    >>> place_slots(windows)["start"].dt.strftime("%Y-%m-%d").tolist()
    ['2018-12-01', '2019-01-01']
    """
    start, end = windows["window_start"], windows["window_end"]
    if (start < end.shift()).any():
        step = end.iloc[1] - end.iloc[0]
        start = end.shift().fillna(end.iloc[0] - step)
    return pd.DataFrame({"start": start, "end": end})


def split_axis(slots: pd.DataFrame, events: pd.DataFrame) -> list[Span]:
    """
    Decide which spans of time the axis shows: one, or two with a cut between.

    Parameters
    ----------
    slots : pandas.DataFrame
        As placed by `place_slots`.
    events : pandas.DataFrame
        ``event_on`` (datetime), sorted.

    Returns
    -------
    list of (start, end)
        One span if the slots keep six tenths of it; otherwise that of the slots and that of the
        events after them.
    """
    first, last = slots["start"].min(), slots["end"].max()
    days = events["event_on"]
    first = min([first, *days])
    later = days[days > last]
    if later.empty or (last - first) >= SIZES.least_share * (later.max() - first):
        return [_widen(first, max([last, *later]))]
    return [_widen(first, last), _widen(later.min(), later.max())]


def _widen(start: pd.Timestamp, end: pd.Timestamp) -> Span:
    room = max((end - start) * SIZES.time_margin, pd.Timedelta(days=SIZES.least_room))
    return start - room, end + room


def _draw_timeline(release: Release, caption: picture.Caption, *, events: pd.DataFrame) -> Figure:
    cells, slots = release.table, place_slots(release.table)
    spans = split_axis(slots, events)
    notes = _write_notes(cells, slots, events) + [text("axis_break")] * (len(spans) - 1)
    figure = picture.open_chart(release, caption, SIZES.timeline_height, notes)
    ratios = [1.0, SIZES.strip][: len(spans)]
    panels = figure.subplots(1, len(spans), squeeze=False, width_ratios=ratios)[0]
    top = (float(cells["n_persons"].fillna(0).max()) or 1) * SIZES.headroom
    for axes, span, n_ticks in zip(panels, spans, (8, 2), strict=False):
        _set_ticks(axes, n_ticks, span, top)
    _add_periods(panels[0], cells, slots)
    for number, day in enumerate(events["event_on"]):
        _mark_event(panels[0] if day <= spans[0][1] else panels[-1], number, day)
    panels[0].set_ylabel(text("n_persons"), color=QUIET)
    if len(panels) > 1:
        _cut(panels[0], panels[1])
    ring = Line2D([], [], linestyle="", label=text("status.none"), **LOOKS["ring"])
    hidden = picture.list_status_handles({*cells["status"]} - {"none"})
    rings = [ring] if cells["status"].eq("none").any() else []
    picture.write_key(panels[0], [*hidden, *rings])
    return figure


def _write_notes(cells: pd.DataFrame, slots: pd.DataFrame, events: pd.DataFrame) -> list[str]:
    told = zip(events["event_on"], events[f"label_{current_language()}"], strict=True)
    notes = []
    for number, (day, label) in enumerate(told, start=1):
        notes.append(text("event", number=number, date=wording.format_date(day), label=label))
    overlap = (slots["start"] != cells["window_start"]).any()
    return [*notes, text("overlap_note" if overlap else "distinct_note")]


def _set_ticks(axes: Axes, n_ticks: int, span: Span, top: float) -> None:
    """Write the ticks now, in the language spoken, and not when the figure is saved."""
    days = AutoDateLocator(minticks=1, maxticks=n_ticks).tick_values(*span)
    axes.set_xticks(days, [_write_day(day) for day in days])
    counts = MaxNLocator(5, integer=True).tick_values(0, top)
    axes.set_yticks(counts, [format_count(n) for n in counts])
    axes.set(xlim=date2num(span), ylim=(0, top), axisbelow=True)
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.5)


def _write_day(day: float) -> str:
    moment = num2date(day)
    is_new_year = (moment.month, moment.day) == (1, 1)
    return str(moment.year) if is_new_year else wording.format_month(moment)


def _add_periods(axes: Axes, cells: pd.DataFrame, slots: pd.DataFrame) -> None:
    left, right = date2num(slots["start"]), date2num(slots["end"])
    is_shown = cells["status"].eq("shown").to_numpy()
    counts = cells["n_persons"].astype(float).to_numpy()
    width = (right - left)[is_shown]
    axes.bar(left[is_shown], counts[is_shown], width, align="edge", **LOOKS["bar"])
    top = axes.get_ylim()[1]
    for status, x, end in zip(cells["status"], left, right, strict=True):
        look = {**STATUS_STYLES.get(status, {}), **LOOKS["stub"], "gid": status}
        if status == "none":
            axes.plot((x + end) / 2, 0, gid=status, **LOOKS["ring"])
        elif status != "shown":
            axes.add_patch(Rectangle((x, 0), end - x, top, zorder=0.6, **look))


def _mark_event(axes: Axes, number: int, day: pd.Timestamp) -> None:
    height = 0.95 - number % SIZES.event_heights * SIZES.event_step
    x = date2num(day)
    axes.axvline(x, ymax=height, gid="event", **LOOKS["event"])
    place = axes.get_xaxis_transform()
    axes.text(x, height, str(number + 1), transform=place, **LOOKS["number"])


def _cut(before: Axes, after: Axes) -> None:
    """Show that time is left out between two panels."""
    after.spines["left"].set_visible(False)
    after.tick_params(left=False, labelleft=False)
    for axes, end in ((before, 1), (after, 0)):
        axes.plot(end, 0, transform=axes.transAxes, **LOOKS["cut"])
