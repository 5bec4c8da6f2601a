"""Charts of releases: rankings, heat maps, bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting.captions import FORMATS, Caption, name_category, name_place, name_value
from analysis.reporting.picture import (
    EDGE,
    INK,
    QUIET,
    STATUS_STYLES,
    Drawing,
    list_status_handles,
    open_figure,
    write_key,
)

RANKING = Caption("chart", "ranking", ("dep_code",), "rate_per_1000")
ROW_HEIGHT = 0.27  # of a bar or a row of cells [inch]
BASE_HEIGHT = 0.75  # for axis and legend [inch]
SLANTED = 1.3  # for slanted names below a heat map [inch]
BAR: Mapping[str, Any] = {"facecolor": "#4a86b8", "edgecolor": "#1f4e79", "linewidth": 0.5}
ROOM_FOR_WORDS = 1.4  # length of the axis, in longest bars
STUB = 0.05  # of a bar without a number, in longest bars
PALETTE, LIGHTEST, DARK = "YlGnBu", 0.08, 0.62
OFF_LIST = (reference.UNKNOWN, reference.ABROAD)


def draw_ranking(release: Release, *, language: str = "en", top: int = 15) -> Drawing:
    """
    Rank the départements with the highest rates, each with its interval.

    Parameters
    ----------
    release : Release
        One row per ``dep_code`` with ``rate_per_1000``, ``rate_low``, ``rate_high``, ``status``
        and ``place``, of one category and one window.
    language : {'en', 'fr'}
        Language of the drawing; it can be rendered in either.
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
    RANKING.check(release, needs=("rate_low", "rate_high", "place"))
    return Drawing(_ranking, RANKING.describe, release, language, {"top": top})


def draw_heat_map(
    release: Release, *, language: str = "en", value: str = "n_persons", top: int = 20
) -> Drawing:
    """
    Shade départements by category, each cell with its number.

    Parameters
    ----------
    release : Release
        One row per (``dep_code``, ``category``) with `value` and ``status``, of one window.
    language : {'en', 'fr'}
        Language of the drawing; it can be rendered in either.
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
        If a column is missing, or several values of a dimension are mixed.
    """
    if value not in FORMATS:
        raise ValueError(f"value must be one of {tuple(FORMATS)}, got {value!r}")
    caption = Caption("chart", f"heat_map.{value}", ("dep_code", "category"), value)
    caption.check(release)
    options = {"caption": caption, "top": top}
    return Drawing(_heat_map, caption.describe, release, language, options)


def draw_bars(release: Release, *, language: str = "en", by: str = "category") -> Drawing:
    """
    Compare persons between categories, or between sexes, ages, laboratories, départements.

    Parameters
    ----------
    release : Release
        One row per value of `by` with ``n_persons`` and ``status``, of one window.
    language : {'en', 'fr'}
        Language of the drawing; it can be rendered in either.
    by : {'category', 'sex', 'age_band', 'laboratory_id', 'dep_code'}
        Column that makes the bars.

    Returns
    -------
    Drawing
        Bars in the order of the table; a hidden or absent count has a patterned stub and its
        status in words.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, or several values of a dimension are mixed.
    """
    if not reference.has_text(f"title.bars.{by}"):
        raise ValueError(f"by cannot be {by!r}; wording.csv has no row 'title.bars.{by}'")
    caption = Caption("chart", f"bars.{by}", (by,), "n_persons")
    caption.check(release)
    return Drawing(_bars, caption.describe, release, language, {"caption": caption})


def _ranking(release: Release, language: str, *, top: int) -> Figure:
    table = release.table
    rows = table[table["status"].eq("shown")].nlargest(top, "rate_per_1000")
    is_place = ~table["dep_code"].isin(OFF_LIST)
    left_out = {
        status: reference.format_count((table["status"].eq(status) & is_place).sum(), language)
        for status in ("suppressed", "none")
    }
    notes = [
        reference.text("interval_note", language),
        reference.text("not_ranked", language, **left_out),
    ]
    figure, axes = _open_bars(release, language, RANKING, len(rows), notes)
    rates = rows["rate_per_1000"].astype(float)
    low, high = rows["rate_low"].astype(float), rows["rate_high"].astype(float)
    axes.barh(range(len(rows)), rates, height=0.62, gid="bars", **BAR)
    axes.hlines(range(len(rows)), low, high, color=INK, linewidth=1.4, gid="intervals")
    for place, (_, row) in enumerate(rows.iterrows()):
        interval = reference.format_interval(row["rate_low"], row["rate_high"], language)
        rate = reference.format_rate(row["rate_per_1000"], language)
        words = reference.text("rate_with_interval", language, rate=rate, interval=interval)
        _write_beside(axes, place, row["rate_high"], words)
    names = [name_place(dep_code, language) for dep_code in rows["dep_code"]]
    _finish_bars(axes, names, high.max(), reference.text("rate_per_1000", language))
    return figure


def _bars(release: Release, language: str, *, caption: Caption) -> Figure:
    table, by = release.table, caption.across[0]
    notes = [reference.text("bars_note", language)]
    figure, axes = _open_bars(release, language, caption, len(table), notes)
    counts = table["n_persons"].astype(float).fillna(0)
    longest = counts.max() or 1.0
    axes.barh(range(len(table)), counts, height=0.62, gid="bars", **BAR)
    for place, (_, row) in enumerate(table.iterrows()):
        if pd.notna(row["n_persons"]):
            words = reference.format_count(row["n_persons"], language)
            _write_beside(axes, place, row["n_persons"], words)
        else:
            style = {**STATUS_STYLES[row["status"]], **EDGE, "gid": row["status"]}
            axes.add_patch(Rectangle((0, place - 0.31), longest * STUB, 0.62, **style))
            words = reference.text(f"status.{row['status']}", language)
            _write_beside(axes, place, longest * STUB, words)
    names = [name_value(by, value, language) for value in table[by]]
    _finish_bars(axes, names, longest, reference.text("n_persons", language))
    return figure


def _open_bars(
    release: Release, language: str, caption: Caption, n_bars: int, notes: list[str]
) -> tuple[Figure, Axes]:
    height = n_bars * ROW_HEIGHT + BASE_HEIGHT
    figure, room = open_figure(release, language, caption, height=height, notes=notes)
    figure.set_layout_engine("constrained", rect=room, h_pad=0, w_pad=0)
    return figure, figure.add_subplot()


def _write_beside(axes: Axes, place: int, end: float, words: str) -> None:
    shift = (5, 0)
    axes.annotate(words, (float(end), place), shift, textcoords="offset points", va="center")


def _finish_bars(axes: Axes, names: list[str], longest: float, unit: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, longest * ROOM_FOR_WORDS)
    axes.set_xlabel(unit, color=QUIET)
    axes.set_xticks([0])
    axes.tick_params(left=False)


def _heat_map(release: Release, language: str, *, caption: Caption, top: int) -> Figure:
    table = release.table
    rows, columns = _order(table, caption.value, top), list(table["category"].unique())
    height = len(rows) * ROW_HEIGHT + BASE_HEIGHT + SLANTED
    notes = [reference.text("heat_note", language, top=min(top, len(rows)))]
    figure, room = open_figure(release, language, caption, height=height, notes=notes)
    figure.set_layout_engine("constrained", rect=room, h_pad=0, w_pad=0)
    axes = figure.add_subplot()
    cells = table.set_index(["dep_code", "category"])
    grid = pd.MultiIndex.from_product([rows, columns])
    cells = cells.reindex(grid).assign(status=lambda t: t["status"].fillna("missing"))
    _fill_cells(axes, cells, caption.value, language)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [name_place(dep_code, language) for dep_code in rows])
    names = [name_category(category, language) for category in columns]
    axes.set_xticks(range(len(columns)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    write_key(axes, list_status_handles(list(cells["status"]), language))
    return figure


def _order(table: pd.DataFrame, value: str, top: int) -> list[str]:
    is_off = table["dep_code"].isin(OFF_LIST)
    highest = table[~is_off].groupby("dep_code")[value].max().astype(float)
    first = highest.sort_values(ascending=False, kind="stable").index[:top]
    return [*first, *table.loc[is_off, "dep_code"].unique()]


def _fill_cells(axes: Axes, cells: pd.DataFrame, value: str, language: str) -> None:
    n_columns = len(cells.index.unique(1))
    numbers = cells[value].astype(float)
    positive = numbers[numbers > 0]
    norm = LogNorm(positive.min(), positive.max()) if len(positive) else None
    for place, (_, cell) in enumerate(cells.iterrows()):
        y, x = divmod(place, n_columns)
        number, status = cell[value], cell["status"]
        style, ink = dict(STATUS_STYLES.get(status, {})), INK
        if norm is not None and pd.notna(number) and number > 0:
            shade = float(norm(float(number)))
            style = {"facecolor": colormaps[PALETTE](LIGHTEST + (1 - LIGHTEST) * shade)}
            ink = "white" if shade > DARK else INK
        gid = status if status in STATUS_STYLES else "shown"
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, gid=gid, **EDGE, **style))
        if pd.notna(number):
            words = FORMATS[value](number, language)
            axes.text(x, y, words, ha="center", va="center", color=ink, fontsize=7)
