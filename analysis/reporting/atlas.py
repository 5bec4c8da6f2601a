"""The maps that a map of France consists of: mainland, Paris and its ring, overseas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from typing import Any

import geopandas as gpd
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting.captions import Caption
from analysis.reporting.columns import name_place, write_cell
from analysis.reporting.picture import open_figure
from analysis.reporting.style import EDGE, INK, NOWHERE, QUIET, STATUS_STYLES, list_status_handles
from analysis.reporting.wording import text

LAMBERT_93 = "EPSG:2154"
RING = ("75", "92", "93", "94")
# True latitudes [degrees north]: outlines that come moved get their own shape back by them.
OVERSEAS = {"971": 16.2, "972": 14.6, "973": 4.0, "974": -21.1, "976": -12.8}
HEIGHT = 6.6  # of the maps without their words [inch]
EDGE_ROOM = 0.02  # around the areas [share of their extent]
Box = tuple[float, float, float, float]
# Left, bottom, width, height [share of the room].
MAINLAND_BOX: Box = (0.0, 0.2, 0.72, 0.8)
RING_BOX: Box = (0.75, 0.72, 0.25, 0.19)
LEGEND_AT, OFF_MAP_AT, OVERSEAS_AT = (0.75, 0.68), (0.75, 0.0), (0.0, 0.185)
INSET_STEP, INSET_SIZE = 0.144, (0.13, 0.135)


@dataclass(frozen=True)
class Panel:
    """One map, with the areas it shows."""

    axes: Axes
    areas: gpd.GeoDataFrame


@dataclass(frozen=True)
class Atlas:
    """
    A figure with its empty maps.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    panels : list of Panel
        Mainland, then Paris and its ring, in Lambert-93; then overseas, a map each, in longitude
        and latitude stretched to the true shape.
    legend_at : tuple of float
        Where the upper left corner of the legend goes [share of the figure].
    """

    figure: Figure
    panels: list[Panel]
    legend_at: tuple[float, float]


@cache
def _read_outlines() -> gpd.GeoDataFrame:
    return reference.read_departements()


def check_codes(release: Release) -> None:
    """
    Check that every département of a release has an outline.

    Parameters
    ----------
    release : Release
        Cells with their ``dep_code``.

    Returns
    -------
    None
        Every code has an outline, or is that of a place that is no département.

    Raises
    ------
    ValueError
        If a code has no outline.
    """
    lost = {*release.table["dep_code"]} - {*_read_outlines()["dep_code"], *NOWHERE}
    if lost:
        raise ValueError(f"no outline for dep_code {sorted(lost)}; correct the codes")


def join(release: Release) -> gpd.GeoDataFrame:
    """
    Join the outlines of all départements with the cells of a release.

    Parameters
    ----------
    release : Release
        One row per ``dep_code``.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per outline; where the release has no row, the status is ``missing``.
    """
    areas = _read_outlines().merge(release.table, on="dep_code", how="left")
    return areas.assign(status=areas["status"].fillna("missing"))


def open_atlas(release: Release, caption: Caption, areas: gpd.GeoDataFrame) -> Atlas:
    """
    Open a figure with empty maps and all that is written around them.

    Parameters
    ----------
    release : Release
        What is drawn.
    caption : Caption
        Title and scope.
    areas : geopandas.GeoDataFrame
        One row per département, as joined by `join`.

    Returns
    -------
    Atlas
        Figure and maps, nothing painted yet.
    """
    notes = [text("generalised")] if areas["is_moved"].any() else []
    figure, room = open_figure(release, caption, height=HEIGHT, notes=notes)
    mainland = areas[~areas["is_overseas"]].to_crs(LAMBERT_93)
    main = _add_panel(figure, _place(room, MAINLAND_BOX), mainland)
    near_paris = mainland[mainland["dep_code"].isin(RING)]
    ring = _add_panel(figure, _place(room, RING_BOX), near_paris)
    _frame_ring(main, ring)
    overseas = _add_overseas(figure, room, areas)
    _write_off_map(figure, _place(room, (*OFF_MAP_AT, 0.0, 0.0)), release)
    return Atlas(figure, [main, ring, *overseas], _place(room, (*LEGEND_AT, 0.0, 0.0))[:2])


def paint(atlas: Atlas, styles: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Paint the areas of all maps, each by its ``look``.

    Parameters
    ----------
    atlas : Atlas
        Maps to paint on.
    styles : mapping of str to mapping
        Face colour of each look that is no status; a look is found again as the ``gid`` of what
        is drawn.

    Returns
    -------
    None
        Every area of the maps is drawn, and no axis has a label.
    """
    known = {**STATUS_STYLES, **styles}
    for panel in atlas.panels:
        aspect = panel.axes.get_aspect()
        for look, areas in panel.areas.groupby("look"):
            areas.plot(ax=panel.axes, aspect=aspect, gid=look, **{**EDGE, **known[look]})
        panel.axes.set(xlabel="", ylabel="")


def write_legend(
    atlas: Atlas, handles: Sequence[Artist], *, title: str = "", lower: float = 0.0
) -> None:
    """
    Write the legend: what is given, then the statuses on the maps.

    Parameters
    ----------
    atlas : Atlas
        Maps the legend belongs to.
    handles : sequence of matplotlib.artist.Artist
        Entries, labelled.
    title : str
        Line above the entries.
    lower : float, default 0
        How far below its usual place the legend goes [inch].

    Returns
    -------
    None
        The figure has one legend more.
    """
    statuses = [status for panel in atlas.panels for status in panel.areas["status"]]
    x, y = atlas.legend_at
    corner = (x, y - lower / atlas.figure.get_figheight())
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": corner, "borderaxespad": 0}
    looks: dict[str, Any] = {"fontsize": 8, "title_fontsize": 8, "alignment": "left"}
    looks |= {"frameon": False, "borderpad": 0, "handleheight": 1.1}
    entries = [*handles, *list_status_handles(statuses)]
    atlas.figure.legend(handles=entries, title=title, **place, **looks)


def _place(room: Box, box: Box) -> Box:
    left, bottom, width, height = room
    return (left + box[0] * width, bottom + box[1] * height, box[2] * width, box[3] * height)


def _add_panel(figure: Figure, box: Box, areas: gpd.GeoDataFrame, *, aspect: float = 1.0) -> Panel:
    axes = figure.add_axes(box)
    axes.set_aspect(aspect)
    axes.set_axis_off()
    left, bottom, right, top = areas.total_bounds
    axes.update_datalim([(left, bottom), (right, top)])
    axes.margins(EDGE_ROOM)
    axes.autoscale_view()
    axes.set_autoscale_on(False)
    return Panel(axes, areas)


def _frame_ring(main: Panel, ring: Panel) -> None:
    """Frame the inset, and mark on the mainland what it enlarges."""
    left, bottom, right, top = ring.areas.total_bounds
    frame: dict[str, Any] = {"fill": False, "edgecolor": INK, "linewidth": 0.7, "zorder": 4}
    whole = ring.axes.transAxes
    ring.axes.add_patch(Rectangle((0, 0), 1, 1, transform=whole, clip_on=False, **frame))
    main.axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **frame))
    ring.axes.set_title(text("paris"), fontsize=7.5, color=QUIET, pad=4)


def _add_overseas(figure: Figure, room: Box, areas: gpd.GeoDataFrame) -> list[Panel]:
    x, y, *_ = _place(room, (*OVERSEAS_AT, 0.0, 0.0))
    figure.text(x, y, text("overseas"), fontsize=7.5, color=QUIET)
    panels = []
    for number, (dep_code, latitude) in enumerate(OVERSEAS.items()):
        box = _place(room, (number * INSET_STEP, 0.0, *INSET_SIZE))
        area = areas[areas["dep_code"].eq(dep_code)]
        panel = _add_panel(figure, box, area, aspect=1 / cos(radians(latitude)))
        panel.axes.set_title(name_place(dep_code), fontsize=7, color=QUIET, pad=3)
        panels.append(panel)
    return panels


def _write_off_map(figure: Figure, box: Box, release: Release) -> None:
    """Write the counts that belong to no département."""
    unplaced = release.table[release.table["dep_code"].isin(NOWHERE)]
    if unplaced.empty:
        return
    lines = [text("off_map")]
    for _, row in unplaced.iterrows():
        persons = write_cell("n_persons", row)
        is_shown = pd.notna(row["n_persons"])
        value = text("off_map_persons", n=persons) if is_shown else persons
        lines.append(text("off_map_entry", place=name_place(row["dep_code"]), value=value))
    style = {"facecolor": "white", "edgecolor": "#9a9a9a", "linewidth": 0.6, "pad": 4}
    figure.text(box[0] + 0.005, box[1] + 0.01, "\n".join(lines), fontsize=7.5, bbox=style)
