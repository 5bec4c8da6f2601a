"""Charts by rows: counts, rates with their intervals, levels, sources of doubt, a shaded grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.disclosure import Release
from analysis.reporting import picture
from analysis.reporting.columns import write_cell, write_value
from analysis.reporting.picture import INK, LOOKS, SIZES, STATUS_STYLES, Caption, Drawing
from analysis.reporting.wording import format_count, format_interval, format_number, text

SHADES = picture.STYLE["levels"]


class Doubts(Caption):
    """What a picture of doubts is about: the estimate, and what each doubt leaves open."""

    def tell(self, release: Release) -> list[str]:
        """
        Tell the estimate, then each doubt, largest first.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        list of str
            One sentence or two.
        """
        whole, parts = release.table.iloc[0], release.table.iloc[1:]
        words = {name: write_cell(name, whole) for name in ("headline", "n_persons")}
        interval, items = _write_ends(whole), self.list_items(parts, _write_ends)
        return [text("alt.tornado", interval=interval, items=items, **words)]


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
    return Drawing(release, Caption("chart", f"bars.{by}", (by,), "n_persons"), _draw_bars)


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
    return Drawing(release, caption, partial(_draw_ranking, top=top))


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
    return Drawing(release, caption, partial(_draw_levels, value=value, top=top))


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
    caption = Doubts("chart", "tornado", ("doubt",), "n_persons", needs)
    return Drawing(release, caption, _draw_tornado)


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
    return Drawing(release, caption, partial(_draw_grid, top=top))


def _open_rows(
    release: Release, caption: Caption, names: Iterable[str], notes: Sequence[str]
) -> tuple[Figure, Axes]:
    """Open the frame of all charts: a row for each name, top first, on one axis."""
    rows = [write_value(caption.across[0], name) for name in names]
    of_row, around = SIZES.inches[caption.title.partition(".")[0]]
    figure = picture.open_chart(release, caption, len(rows) * of_row + around, notes)
    axes = figure.add_subplot()
    axes.set(xticks=[0], ylim=(len(rows) - 0.4, -0.6))
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(text(caption.value), color=picture.QUIET)
    axes.tick_params(left=False)
    return figure, axes


def _add_bars(axes: Axes, lengths: pd.Series, words: pd.Series, **options: Any) -> BarContainer:
    """Draw the bars of all rows, with words behind each."""
    bars = axes.barh(range(len(lengths)), lengths, SIZES.bar, **LOOKS["bar"], **options)
    axes.bar_label(bars, words, padding=5)
    return bars


def _draw_bars(release: Release, caption: Caption) -> Figure:
    cells = release.table
    counts = cells["n_persons"].astype(float)
    longest = counts.fillna(0).max() or 1.0
    figure, axes = _open_rows(release, caption, cells[caption.across[0]], [text("bars_note")])
    axes.set_xlim(0.0, longest * SIZES.room_for_words)
    words = cells.apply(partial(write_cell, "n_persons"), axis=1)
    bars = _add_bars(axes, counts.fillna(longest * SIZES.stub), words)
    for bar, status in zip(bars, cells["status"].where(counts.isna()), strict=True):
        if status in STATUS_STYLES:
            bar.set(gid=status, **STATUS_STYLES[status], **LOOKS["edge"])
    return figure


def _draw_ranking(release: Release, caption: Caption, *, top: int) -> Figure:
    cells = release.table
    ranked = cells[cells["status"].eq("shown")].nlargest(top, "rate_per_1000")
    unranked = cells.loc[~cells["dep_code"].isin(picture.NOWHERE), "status"]
    left_out = {name: format_count(unranked.eq(name).sum()) for name in ("suppressed", "none")}
    notes = [text("interval_note"), text("not_ranked", **left_out)]
    rate, low, high = (ranked[n].astype(float) for n in ("rate_per_1000", "rate_low", "rate_high"))
    figure, axes = _open_rows(release, caption, ranked["dep_code"], notes)
    axes.set_xlim(0.0, high.max() * SIZES.room_for_words)
    words = ranked.apply(partial(write_cell, "rate_per_1000"), axis=1)
    _add_bars(axes, rate, words, xerr=[rate - low, high - rate], error_kw=LOOKS["interval"])
    return figure


def _draw_levels(release: Release, caption: Caption, *, value: str, top: int) -> Figure:
    cells, by = release.table, caption.across[0]
    is_placed, kind = by == "dep_code", "share" if value == "share" else "count"
    chosen = _rank_places(cells, "n_persons", "sum", top) if is_placed else [*cells[by].unique()]
    cells = cells[cells[by].isin(chosen)]
    lengths = cells.pivot_table("n_persons", by, "level", aggfunc="sum").astype(float)
    lengths = lengths.loc[chosen, [*SHADES]]
    if value == "share":
        lengths = lengths.div(lengths.sum(axis=1).clip(lower=1), axis=0)
    ends = lengths.cumsum(axis=1)
    longest = ends.iloc[:, -1].max() or 1.0
    figure, axes = _open_rows(release, caption, chosen, [text(f"levels_note.{value}")])
    label = text("share" if value == "share" else "persons")
    axes.set(xlim=(0.0, longest * (1 + SIZES.stub)), xticks=[], xlabel=label)
    words = lengths.map(format_number, kind=kind)
    words = words.where(lengths > SIZES.character * longest * words.map(len), "")
    for level, start in ends.shift(axis=1, fill_value=0.0).items():
        look = {"gid": level, "facecolor": SHADES[level], **LOOKS["edge"]}
        bars = axes.barh(range(len(chosen)), lengths[level], SIZES.bar, left=start, **look)
        ink = "white" if level == "very high" else INK
        axes.bar_label(bars, words[level], label_type="center", color=ink, fontsize=7)
    for status in ("suppressed", "absent"):
        rows = np.flatnonzero(ends.index.isin(cells.loc[cells["status"].eq(status), by]))
        look = {"gid": status, **STATUS_STYLES[status], **LOOKS["edge"]}
        axes.barh(rows, SIZES.stub * longest, SIZES.bar, left=ends.iloc[rows, -1], **look)
    shades = [(write_value("level", level), {"facecolor": k}) for level, k in SHADES.items()]
    hidden = picture.list_status_handles({*cells["status"]} - {"none"})
    picture.write_key(axes, [*picture.make_handles(shades), *hidden], columns=4)
    return figure


def _rank_places(cells: pd.DataFrame, value: str, summary: str, top: int) -> list[str]:
    """List the départements whose cells sum up to most, highest first."""
    placed = cells[~cells["dep_code"].isin(picture.NOWHERE)]
    totals = placed.groupby("dep_code")[value].agg(summary).astype(float)
    return list(totals.sort_values(ascending=False, kind="stable").index[:top])


def _write_ends(row: pd.Series) -> str:
    return format_interval(row["low"], row["high"], "count")


def _draw_tornado(release: Release, caption: Caption) -> Figure:
    cells = release.table
    low, high = cells["low"].astype(float), cells["high"].astype(float)
    room = pd.Series(SIZES.room_around) * max(high.max() - low.min(), 1.0)
    notes = [write_cell("headline", cells.iloc[0]), text("tornado_note")]
    figure, axes = _open_rows(release, caption, cells["doubt"], notes)
    axes.set_xlim(low.min() - room[0], high.max() + room[1])
    estimate = float(cells["n_persons"].iloc[0])
    axes.set_xticks([estimate], [format_count(round(estimate))])
    words = cells.apply(_write_ends, axis=1)
    _add_bars(axes, high - low, words, left=low)[0].set(**LOOKS["whole"])
    axes.axvline(estimate, color=INK, linewidth=1.0, gid="estimate")
    return figure


def _draw_grid(release: Release, caption: Caption, *, top: int) -> Figure:
    released, value = release.table, caption.value
    ranked = _rank_places(released, value, "max", top)
    nowhere = released.loc[released["dep_code"].isin(picture.NOWHERE), "dep_code"].unique()
    places, categories = [*ranked, *nowhere], [*released["category"].unique()]
    notes = [text("heat_note", top=len(ranked))]
    figure, axes = _open_rows(release, caption, places, notes)
    grid = pd.MultiIndex.from_product([places, categories])
    cells = released.set_index(["dep_code", "category"]).reindex(grid)
    cells["status"] = cells["status"].fillna("missing")
    _fill_cells(axes, cells[value].astype(float), cells["status"], value)
    axes.set(xlim=(-0.5, len(categories) - 0.5), ylim=(len(places) - 0.5, -0.5), xlabel="")
    names = [write_value("category", category) for category in categories]
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(left=True, length=0)
    axes.spines[:].set_visible(False)
    picture.write_key(axes, picture.list_status_handles(cells["status"]))
    return figure


def _fill_cells(axes: Axes, numbers: pd.Series, statuses: pd.Series, value: str) -> None:
    n_columns = len(numbers.index.unique(1))
    positive = numbers[numbers > 0]
    norm, lightest = LogNorm(positive.min(), positive.max()), SIZES.lightest
    for place, (number, status) in enumerate(zip(numbers, statuses, strict=True)):
        y, x = divmod(place, n_columns)
        look, shade = STATUS_STYLES.get(status, {}), 0.0
        if number > 0:
            shade = float(norm(number))
            look = {"facecolor": colormaps[picture.PALETTE](lightest + (1 - lightest) * shade)}
        gid = status if status in STATUS_STYLES else "shown"
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, gid=gid, **LOOKS["edge"], **look))
        if pd.notna(number):
            ink = "white" if shade > SIZES.dark else INK
            axes.text(x, y, write_value(value, number), color=ink, **LOOKS["inside"])
