"""Charts of bars: counts, rates with their intervals, levels, sources of doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.disclosure import Release
from analysis.impact import LEVELS
from analysis.reporting.captions import Caption, say_synthetic
from analysis.reporting.columns import write_cell, write_value
from analysis.reporting.picture import Drawing, make_drawing, open_chart
from analysis.reporting.style import (
    BAR,
    EDGE,
    INK,
    NOWHERE,
    QUIET,
    STATUS_STYLES,
    list_status_handles,
    write_key,
)
from analysis.reporting.wording import format_count, format_interval, format_share, text

ROW_HEIGHT, BAR_HEIGHT = 0.3, 0.62  # of a row [inch], of its bar [rows]
BASE_HEIGHT = 0.75  # for axis and legend [inch]
WHOLE: Mapping[str, Any] = {**BAR, "facecolor": "#9fb6c8"}
ROOM_FOR_WORDS = 1.4  # length of the axis, in longest bars
STUB = 0.05  # of a bar without a number, in longest bars
ROOM_AROUND = (0.08, 0.45)  # on the left, and for words on the right [widths of the interval]
CHARACTER = 0.0135  # room that a character of a number needs, in lengths of the axis
# From light to dark as from low to very high, so that none depends on colour alone.
SHADES: Mapping[str, str] = dict(
    zip(LEVELS, ("#eef3f7", "#b5cde3", "#e58a3c", "#8c1d18"), strict=True)
)
DARK = "very high"
HIDING = ("suppressed", "absent")


def bars(release: Release, *, by: str = "category") -> Drawing:
    """
    Compare persons between categories, or between sexes, ages, laboratories, départements.

    Parameters
    ----------
    release : Release
        One row per value of `by` with ``n_persons`` and ``status``, of one window.
    by : {'category', 'sex', 'age_band', 'laboratory_id', 'dep_code', 'channel'}
        Column that makes the bars.

    Returns
    -------
    Drawing
        Bars in the order of the release; a hidden or absent count has a patterned stub and its
        status in words.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, `by` is unknown, or several values of a dimension are mixed.
    """
    return make_drawing(release, Caption("chart", f"bars.{by}", (by,), "n_persons"), _draw_bars)


def ranking(release: Release, *, top: int = 15) -> Drawing:
    """
    Rank the départements with the highest rates, each with its interval.

    Parameters
    ----------
    release : Release
        One row per ``dep_code`` with ``rate_per_1000``, ``rate_low``, ``rate_high``, ``status``
        and ``place``, of one category and one window.
    top : int, default 15
        Number of départements.

    Returns
    -------
    Drawing
        Bars on an axis from zero, highest first. How many départements cannot be ranked, being
        hidden or without any person, is written below.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, or several values of a dimension are mixed.
    """
    caption = Caption("chart", "ranking", ("dep_code",), "rate_per_1000")
    needs = ("rate_low", "rate_high", "place")
    return make_drawing(release, caption, _draw_ranking, needs=needs, top=top)


def levels(
    release: Release, *, by: str = "dep_code", value: str = "share", top: int = 15
) -> Drawing:
    """
    Stack the persons of each level of severity.

    Parameters
    ----------
    release : Release
        One row per (`by`, ``level``) with ``n_persons`` and ``status``, as counted by
        `analysis.impact.count_levels`.
    by : {'dep_code', 'category', 'measure'}
        Column that makes the bars.
    value : {'share', 'n_persons'}
        Whether every bar is as long as the others (shares of the persons shown) or as long as its
        persons.
    top : int, default 15
        Number of départements, those with most persons; other bars are all drawn.

    Returns
    -------
    Drawing
        One bar each, from low to very high; a hidden count has a patterned stub at its end.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, `by` or `value` is unknown, or several values of a dimension are
        mixed.
    """
    if value not in ("share", "n_persons"):
        raise ValueError(f"value must be share or n_persons, got {value!r}")
    caption = Caption("chart", f"levels.{by}", (by, "level"), "n_persons")
    return make_drawing(release, caption, _draw_levels, value=value, top=top)


def tornado(release: Release) -> Drawing:
    """
    Draw the interval of a headline, and below it each source of doubt alone.

    Parameters
    ----------
    release : Release
        Rows of one headline as laid out by `analysis.impact.tabulate_estimates`.

    Returns
    -------
    Drawing
        A bar from the lower to the upper end for all doubts together and for each alone,
        largest first, around a line at the estimate.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, or there are several headlines.
    """
    caption = Caption("chart", "tornado", ("doubt",), "n_persons")
    drawing = make_drawing(release, caption, _draw_tornado, needs=("low", "high", "headline"))
    return Drawing(release, drawing.draw, partial(_describe_tornado, release, caption))


def _open_rows(
    release: Release,
    caption: Caption,
    names: Iterable[str],
    *,
    limits: tuple[float, float],
    notes: Sequence[str],
) -> tuple[Figure, Axes]:
    """Open the frame of all bar charts: a row for each name, top first, on one axis."""
    rows = [write_value(caption.across[0], name) for name in names]
    height = len(rows) * ROW_HEIGHT + BASE_HEIGHT
    figure = open_chart(release, caption, height=height, notes=notes)
    axes = figure.add_subplot()
    axes.set(xticks=[0], xlim=limits, ylim=(len(rows) - 0.4, -0.6))  # ticks widen older limits
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(text(caption.value), color=QUIET)
    axes.tick_params(left=False)
    return figure, axes


def _add_stub(axes: Axes, row: int, start: float, length: float, status: str) -> None:
    """Draw the patterned end of a bar that has no number."""
    style: dict[str, Any] = {**STATUS_STYLES[status], **EDGE}
    axes.barh(row, length, BAR_HEIGHT, left=start, gid=status, **style)


def _write_beside(axes: Axes, row: int, end: float, words: str) -> None:
    axes.annotate(words, (float(end), row), (5, 0), textcoords="offset points", va="center")


def _draw_bars(release: Release, caption: Caption) -> Figure:
    cells, by = release.table, caption.across[0]
    counts = cells["n_persons"].astype(float).fillna(0)
    longest = counts.max() or 1.0
    notes, limits = [text("bars_note")], (0.0, longest * ROOM_FOR_WORDS)
    figure, axes = _open_rows(release, caption, cells[by], limits=limits, notes=notes)
    axes.barh(range(len(cells)), counts, BAR_HEIGHT, gid="bars", **BAR)
    for row, (_, cell) in enumerate(cells.iterrows()):
        end = cell["n_persons"]
        if pd.isna(end):
            end = longest * STUB
            _add_stub(axes, row, 0, end, cell["status"])
        _write_beside(axes, row, end, write_cell("n_persons", cell))
    return figure


def _draw_ranking(release: Release, caption: Caption, *, top: int) -> Figure:
    cells = release.table
    ranked = cells[cells["status"].eq("shown")].nlargest(top, "rate_per_1000")
    unranked = cells.loc[~cells["dep_code"].isin(NOWHERE), "status"]
    left_out = {name: format_count(unranked.eq(name).sum()) for name in ("suppressed", "none")}
    notes = [text("interval_note"), text("not_ranked", **left_out)]
    rate, low, high = (ranked[n].astype(float) for n in ("rate_per_1000", "rate_low", "rate_high"))
    limits = (0.0, high.max() * ROOM_FOR_WORDS)
    figure, axes = _open_rows(release, caption, ranked["dep_code"], limits=limits, notes=notes)
    axes.barh(range(len(ranked)), rate, BAR_HEIGHT, gid="bars", **BAR)
    axes.hlines(range(len(ranked)), low, high, color=INK, linewidth=1.4, gid="intervals")
    for row, (_, cell) in enumerate(ranked.iterrows()):
        _write_beside(axes, row, cell["rate_high"], write_cell("rate_per_1000", cell))
    return figure


def _draw_levels(release: Release, caption: Caption, *, value: str, top: int) -> Figure:
    by = caption.across[0]
    chosen = _choose_bars(release.table, by, top)
    parts = release.table.set_index([by, "level"]).sort_index().loc[chosen]
    parts["length"] = parts["n_persons"].astype(float).fillna(0)
    if value == "share":
        parts["length"] /= parts["length"].groupby(level=0).transform("sum").clip(lower=1)
    parts["words"] = parts["length"].map(format_share if value == "share" else format_count)
    longest = parts["length"].groupby(level=0).sum().max() or 1.0
    notes, limits = [text(f"levels_note.{value}")], (0.0, longest * (1 + STUB))
    figure, axes = _open_rows(release, caption, chosen, limits=limits, notes=notes)
    axes.set(xticks=[], xlabel=text("share" if value == "share" else "persons"))
    for row, name in enumerate(chosen):
        _stack(axes, row, parts.loc[parts.index.get_level_values(0) == name].droplevel(0), longest)
    shades = [
        Patch(facecolor=shade, label=write_value("level", level), **EDGE)
        for level, shade in SHADES.items()
    ]
    statuses = list_status_handles({*parts["status"]} - {"none"})
    write_key(axes, [*shades, *statuses], columns=4)
    return figure


def _choose_bars(cells: pd.DataFrame, by: str, top: int) -> list[str]:
    """Choose the départements with most persons, or every bar in the order of the release."""
    if by != "dep_code":
        return list(cells[by].unique())
    placed = cells[~cells[by].isin(NOWHERE)]
    totals = placed.groupby(by)["n_persons"].sum().astype(float)
    return list(totals.sort_values(ascending=False, kind="stable").index[:top])


def _stack(axes: Axes, row: int, parts: pd.DataFrame, longest: float) -> None:
    """Stack the parts of one bar, each with its number if it fits."""
    end, ordered = 0.0, parts.loc[list(LEVELS)]
    columns = ordered["length"].astype(float), ordered["words"].astype(str)
    for (level, shade), length, words in zip(SHADES.items(), *columns, strict=True):
        axes.barh(row, length, BAR_HEIGHT, left=end, gid=level, facecolor=shade, **EDGE)
        if length > CHARACTER * len(words) * longest:
            ink, middle = "white" if level == DARK else INK, end + length / 2
            axes.text(middle, row, words, ha="center", va="center", color=ink, fontsize=7)
        end += length
    for status in parts.loc[parts["status"].isin(HIDING), "status"].unique():
        _add_stub(axes, row, end, STUB * longest, status)


def _write_ends(row: pd.Series) -> str:
    return format_interval(row["low"], row["high"], format_end=format_count)


def _describe_tornado(release: Release, caption: Caption) -> str:
    whole = release.table.iloc[0]
    words = text(
        "alt.tornado",
        headline=write_cell("headline", whole),
        value=format_count(whole["n_persons"]),
        interval=_write_ends(whole),
        items=caption.list_items(release.table.iloc[1:], _write_ends),
    )
    return " ".join([words, *say_synthetic(release)])


def _draw_tornado(release: Release, caption: Caption) -> Figure:
    cells = release.table
    low, high = cells["low"].astype(float), cells["high"].astype(float)
    width = max(high.max() - low.min(), 1.0)
    limits = (low.min() - ROOM_AROUND[0] * width, high.max() + ROOM_AROUND[1] * width)
    notes = [write_cell("headline", cells.iloc[0]), text("tornado_note")]
    figure, axes = _open_rows(release, caption, cells["doubt"], limits=limits, notes=notes)
    estimate = float(cells["n_persons"].iloc[0])
    axes.set_xticks([estimate], [format_count(round(estimate))])
    for row, (_, cell) in enumerate(cells.iterrows()):
        start, end = float(cell["low"]), float(cell["high"])
        style = BAR if row else WHOLE
        axes.barh(row, end - start, BAR_HEIGHT, left=start, gid="bars", **style)
        _write_beside(axes, row, end, _write_ends(cell))
    axes.axvline(estimate, color=INK, linewidth=1.0, gid="estimate")
    return figure
