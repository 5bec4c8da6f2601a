"""Charts by rows: counts, rates with their intervals, levels, sources of doubt, a shaded grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.disclosure import Release
from analysis.reporting import style
from analysis.reporting.captions import Caption, say_synthetic
from analysis.reporting.columns import write_cell, write_value
from analysis.reporting.picture import Drawing, make_drawing, open_chart
from analysis.reporting.style import INK, LOOKS, NOWHERE, PALETTE, QUIET, SIZES
from analysis.reporting.wording import format_count, format_interval, format_share, text

SHADES = style.STYLE["levels"]
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
    needs = ("rate_low", "rate_high", "place")
    caption = Caption("chart", "ranking", ("dep_code",), "rate_per_1000", needs)
    return make_drawing(release, caption, _draw_ranking, top=top)


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
    needs = ("low", "high", "headline")
    caption = Caption("chart", "tornado", ("doubt",), "n_persons", needs)
    drawing = make_drawing(release, caption, _draw_tornado)
    return Drawing(release, drawing.draw, partial(_describe_tornado, release, caption))


def heat_map(release: Release, *, value: str = "n_persons", top: int = 20) -> Drawing:
    """
    Shade départements by category, each cell with its number.

    Parameters
    ----------
    release : Release
        One row per (``dep_code``, ``category``) with `value` and ``status``, of one window.
    value : {'n_persons', 'rate_per_1000', 'share'}
        Column drawn.
    top : int, default 20
        Number of départements, those with the highest value in any category. Unknown place and
        abroad follow where the release has them.

    Returns
    -------
    Drawing
        Hidden, empty, absent and missing cells have a pattern each.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, `value` is unknown, or several values of a dimension are mixed.
    """
    caption = Caption("chart", f"heat_map.{value}", ("dep_code", "category"), value)
    return make_drawing(release, caption, _draw_grid, top=top)


def _open_rows(
    release: Release, caption: Caption, names: Iterable[str], notes: Sequence[str]
) -> tuple[Figure, Axes]:
    """Open the frame of all charts: a row for each name, top first, on one axis."""
    rows = [write_value(caption.across[0], name) for name in names]
    of_row, around = SIZES.inches[caption.title.partition(".")[0]]
    height = len(rows) * of_row + around
    figure = open_chart(release, caption, height, notes)
    axes = figure.add_subplot()
    axes.set(xticks=[0], ylim=(len(rows) - 0.4, -0.6))
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(text(caption.value), color=QUIET)
    axes.tick_params(left=False)
    return figure, axes


def _add_stub(axes: Axes, row: int, start: float, length: float, status: str) -> None:
    """Draw the patterned end of a bar that has no number."""
    look: dict[str, Any] = {**style.STATUS_STYLES[status], **LOOKS["edge"]}
    axes.barh(row, length, SIZES.bar, left=start, gid=status, **look)


def _add_words(axes: Axes, ends: pd.Series, cells: pd.DataFrame, write: Callable[..., str]) -> None:
    for row, (end, (_, cell)) in enumerate(zip(ends, cells.iterrows(), strict=True)):
        axes.annotate(write(cell), (end, row), (5, 0), textcoords="offset points", va="center")


def _write_inside(axes: Axes, at: tuple[float, float], words: str, *, is_dark: bool) -> None:
    ink = "white" if is_dark else INK
    axes.text(*at, words, ha="center", va="center", color=ink, fontsize=7)


def _draw_bars(release: Release, caption: Caption) -> Figure:
    cells, notes = release.table, [text("bars_note")]
    counts = cells["n_persons"].astype(float)
    longest = counts.fillna(0).max() or 1.0
    figure, axes = _open_rows(release, caption, cells[caption.across[0]], notes)
    axes.set_xlim(0.0, longest * SIZES.room_for_words)
    axes.barh(range(len(cells)), counts.fillna(0), SIZES.bar, gid="bars", **LOOKS["bar"])
    for row, status in enumerate(cells["status"]):
        if pd.isna(counts.iloc[row]):
            _add_stub(axes, row, 0, longest * SIZES.stub, status)
    ends = counts.fillna(longest * SIZES.stub)
    _add_words(axes, ends, cells, partial(write_cell, "n_persons"))
    return figure


def _draw_ranking(release: Release, caption: Caption, *, top: int) -> Figure:
    cells = release.table
    ranked = cells[cells["status"].eq("shown")].nlargest(top, "rate_per_1000")
    unranked = cells.loc[~cells["dep_code"].isin(NOWHERE), "status"]
    left_out = {name: format_count(unranked.eq(name).sum()) for name in ("suppressed", "none")}
    notes = [text("interval_note"), text("not_ranked", **left_out)]
    rate, low, high = (ranked[n].astype(float) for n in ("rate_per_1000", "rate_low", "rate_high"))
    figure, axes = _open_rows(release, caption, ranked["dep_code"], notes)
    axes.set_xlim(0.0, high.max() * SIZES.room_for_words)
    axes.barh(range(len(ranked)), rate, SIZES.bar, gid="bars", **LOOKS["bar"])
    axes.hlines(range(len(ranked)), low, high, color=INK, linewidth=1.4, gid="intervals")
    _add_words(axes, high, ranked, partial(write_cell, "rate_per_1000"))
    return figure


def _draw_levels(release: Release, caption: Caption, *, value: str, top: int) -> Figure:
    cells, by = release.table, caption.across[0]
    is_placed = by == "dep_code"
    chosen = _rank_places(cells, "n_persons", "sum", top) if is_placed else [*cells[by].unique()]
    parts = cells.set_index([by, "level"]).sort_index().loc[chosen]
    parts["length"] = parts["n_persons"].astype(float).fillna(0)
    if value == "share":
        parts["length"] /= parts["length"].groupby(level=0).transform("sum").clip(lower=1)
    parts["words"] = parts["length"].map(format_share if value == "share" else format_count)
    longest = parts["length"].groupby(level=0).sum().max() or 1.0
    figure, axes = _open_rows(release, caption, chosen, [text(f"levels_note.{value}")])
    label = text("share" if value == "share" else "persons")
    axes.set(xlim=(0.0, longest * (1 + SIZES.stub)), xticks=[], xlabel=label)
    for row, name in enumerate(chosen):
        _stack(axes, row, parts.loc[[(name, level) for level in SHADES]].droplevel(0), longest)
    shades = [(write_value("level", level), {"facecolor": k}) for level, k in SHADES.items()]
    statuses = style.list_status_handles({*parts["status"]} - {"none"})
    style.write_key(axes, [*style.make_handles(shades), *statuses], columns=4)
    return figure


def _rank_places(cells: pd.DataFrame, value: str, summary: str, top: int) -> list[str]:
    """List the départements whose cells sum up to most, highest first."""
    placed = cells[~cells["dep_code"].isin(NOWHERE)]
    totals = placed.groupby("dep_code")[value].agg(summary).astype(float)
    return list(totals.sort_values(ascending=False, kind="stable").index[:top])


def _stack(axes: Axes, row: int, parts: pd.DataFrame, longest: float) -> None:
    """Stack the parts of one bar, each with its number if it fits."""
    end = 0.0
    for (level, part), shade in zip(parts.iterrows(), SHADES.values(), strict=True):
        length, words = part["length"], part["words"]
        axes.barh(row, length, SIZES.bar, left=end, gid=level, facecolor=shade, **LOOKS["edge"])
        if length > SIZES.character * len(words) * longest:
            _write_inside(axes, (end + length / 2, row), words, is_dark=level == "very high")
        end += length
    for status in parts.loc[parts["status"].isin(HIDING), "status"].unique():
        _add_stub(axes, row, end, SIZES.stub * longest, status)


def _write_ends(row: pd.Series) -> str:
    return format_interval(row["low"], row["high"], format_end=format_count)


def _describe_tornado(release: Release, caption: Caption) -> str:
    whole = release.table.iloc[0]
    words = {"headline": write_cell("headline", whole), "value": format_count(whole["n_persons"])}
    items = caption.list_items(release.table.iloc[1:], _write_ends)
    said = text("alt.tornado", interval=_write_ends(whole), items=items, **words)
    return " ".join([said, *say_synthetic(release)])


def _draw_tornado(release: Release, caption: Caption) -> Figure:
    cells = release.table
    low, high = cells["low"].astype(float), cells["high"].astype(float)
    room = pd.Series(SIZES.room_around) * max(high.max() - low.min(), 1.0)
    notes = [write_cell("headline", cells.iloc[0]), text("tornado_note")]
    figure, axes = _open_rows(release, caption, cells["doubt"], notes)
    axes.set_xlim(low.min() - room[0], high.max() + room[1])
    estimate = float(cells["n_persons"].iloc[0])
    axes.set_xticks([estimate], [format_count(round(estimate))])
    rows = range(len(cells))
    bars = axes.barh(rows, high - low, SIZES.bar, left=low, gid="bars", **LOOKS["bar"])
    bars[0].set(**LOOKS["whole"])
    _add_words(axes, high, cells, _write_ends)
    axes.axvline(estimate, color=INK, linewidth=1.0, gid="estimate")
    return figure


def _draw_grid(release: Release, caption: Caption, *, top: int) -> Figure:
    released, value = release.table, caption.value
    nowhere = released.loc[released["dep_code"].isin(NOWHERE), "dep_code"].unique()
    ranked = _rank_places(released, value, "max", top)
    places, categories = [*ranked, *nowhere], [*released["category"].unique()]
    notes = [text("heat_note", top=len(ranked))]
    figure, axes = _open_rows(release, caption, places, notes)
    grid = pd.MultiIndex.from_product([places, categories])
    cells = released.set_index(["dep_code", "category"]).reindex(grid)
    cells["status"] = cells["status"].fillna("missing")
    _fill_cells(axes, cells, value)
    axes.set(xlim=(-0.5, len(categories) - 0.5), ylim=(len(places) - 0.5, -0.5), xlabel="")
    names = [write_value("category", category) for category in categories]
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(left=True, length=0)
    axes.spines[:].set_visible(False)
    style.write_key(axes, style.list_status_handles(cells["status"]))
    return figure


def _fill_cells(axes: Axes, cells: pd.DataFrame, value: str) -> None:
    n_columns = len(cells.index.unique(1))
    numbers = cells[value].astype(float)
    positive = numbers[numbers > 0]
    norm = LogNorm(positive.min(), positive.max()) if len(positive) else None
    for place, (number, status) in enumerate(zip(numbers, cells["status"], strict=True)):
        y, x = divmod(place, n_columns)
        look, shade = {**style.STATUS_STYLES.get(status, {})}, 0.0
        if norm is not None and number > 0:
            shade = float(norm(number))
            look = {"facecolor": colormaps[PALETTE](SIZES.lightest + (1 - SIZES.lightest) * shade)}
        gid = status if status in style.STATUS_STYLES else "shown"
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, gid=gid, **LOOKS["edge"], **look))
        if pd.notna(number):
            _write_inside(axes, (x, y), write_value(value, number), is_dark=shade > SIZES.dark)
