"""A grid of départements by category, shaded."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.disclosure import Release
from analysis.reporting.captions import Caption
from analysis.reporting.columns import write_value
from analysis.reporting.picture import Drawing, make_drawing, open_chart
from analysis.reporting.style import (
    EDGE,
    INK,
    NOWHERE,
    PALETTE,
    STATUS_STYLES,
    list_status_handles,
    write_key,
)
from analysis.reporting.wording import text

ROW_HEIGHT = 0.27  # of a row of cells [inch]
BASE_HEIGHT = 2.05  # for the legend, and for slanted names below [inch]
LIGHTEST, DARK = 0.08, 0.62  # shades of the palette


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


def _draw_grid(release: Release, caption: Caption, *, top: int) -> Figure:
    places = _order(release.table, caption.value, top)
    categories = list(release.table["category"].unique())
    height = len(places) * ROW_HEIGHT + BASE_HEIGHT
    notes = [text("heat_note", top=len({*places} - {*NOWHERE}))]
    figure = open_chart(release, caption, height=height, notes=notes)
    axes = figure.add_subplot()
    grid = pd.MultiIndex.from_product([places, categories])
    cells = release.table.set_index(["dep_code", "category"]).reindex(grid)
    cells["status"] = cells["status"].fillna("missing")
    _fill_cells(axes, cells, caption.value)
    axes.set_xlim(-0.5, len(categories) - 0.5)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_yticks(range(len(places)), [write_value("dep_code", code) for code in places])
    names = [write_value("category", category) for category in categories]
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    write_key(axes, list_status_handles(cells["status"]))
    return figure


def _order(cells: pd.DataFrame, value: str, top: int) -> list[str]:
    is_off = cells["dep_code"].isin(NOWHERE)
    highest = cells[~is_off].groupby("dep_code")[value].max().astype(float)
    first = highest.sort_values(ascending=False, kind="stable").index[:top]
    return [*first, *cells.loc[is_off, "dep_code"].unique()]


def _fill_cells(axes: Axes, cells: pd.DataFrame, value: str) -> None:
    n_columns = len(cells.index.unique(1))
    numbers = cells[value].astype(float)
    positive = numbers[numbers > 0]
    norm = LogNorm(positive.min(), positive.max()) if len(positive) else None
    for place, (number, status) in enumerate(zip(numbers, cells["status"], strict=True)):
        y, x = divmod(place, n_columns)
        style: dict[str, Any] = {**STATUS_STYLES.get(status, {})}
        ink = INK
        if norm is not None and number > 0:
            shade = float(norm(number))
            style = {"facecolor": colormaps[PALETTE](LIGHTEST + (1 - LIGHTEST) * shade)}
            ink = "white" if shade > DARK else INK
        gid = status if status in STATUS_STYLES else "shown"
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, gid=gid, **EDGE, **style))
        if pd.notna(number):
            words = write_value(value, number)
            axes.text(x, y, words, ha="center", va="center", color=ink, fontsize=7)
