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
from analysis.reporting import style
from analysis.reporting.captions import Caption
from analysis.reporting.columns import name_place, write_cell
from analysis.reporting.picture import open_figure
from analysis.reporting.style import LOOKS, NOWHERE, QUIET, SIZES, STATUS_STYLES, STYLE
from analysis.reporting.wording import text

LAMBERT_93 = "EPSG:2154"
RING = STYLE["maps"][1]["codes"]
Box = tuple[float, float, float, float]


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


_read_outlines = cache(reference.read_departements)


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
    figure, room = open_figure(release, caption, height=SIZES.map_height, notes=notes)
    main, ring, *overseas = (_add_panel(figure, room, areas, m) for m in STYLE["maps"])
    _frame_ring(main, ring)
    ring.axes.set_title(text("paris"), fontsize=7.5, color=QUIET, pad=4)
    for panel in overseas:
        name = name_place(panel.areas["dep_code"].iloc[0])
        panel.axes.set_title(name, fontsize=7, color=QUIET, pad=3)
    figure.text(*_place(room, SIZES.overseas_at), text("overseas"), fontsize=7.5, color=QUIET)
    _write_off_map(figure, _place(room, SIZES.off_map_at), release)
    return Atlas(figure, [main, ring, *overseas], _place(room, SIZES.legend_at))


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
            areas.plot(ax=panel.axes, aspect=aspect, gid=look, **{**LOOKS["edge"], **known[look]})
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
    entries = [*handles, *style.list_status_handles(statuses)]
    looks: Mapping[str, Any] = LOOKS["map_legend"]
    atlas.figure.legend(handles=entries, title=title, bbox_to_anchor=corner, **looks)


def _place(room: Box, at: Sequence[float]) -> tuple[float, float]:
    left, bottom, width, height = room
    return left + at[0] * width, bottom + at[1] * height


def _add_panel(
    figure: Figure, room: Box, areas: gpd.GeoDataFrame, described: Mapping[str, Any]
) -> Panel:
    """Add an empty map, as ``style.yaml`` describes it."""
    box, codes, latitude = described["box"], described.get("codes"), described.get("latitude")
    shown = areas[areas["dep_code"].isin(codes) if codes else ~areas["is_overseas"]]
    if latitude is None:
        shown = shown.to_crs(LAMBERT_93)
    axes = figure.add_axes((*_place(room, box), box[2] * room[2], box[3] * room[3]))
    axes.set_aspect(1 / cos(radians(latitude or 0.0)))
    axes.set_axis_off()
    left, bottom, right, top = shown.total_bounds
    axes.update_datalim([(left, bottom), (right, top)])
    axes.margins(SIZES.edge_room)
    axes.autoscale_view()
    axes.set_autoscale_on(False)
    return Panel(axes, shown)


def _frame_ring(main: Panel, ring: Panel) -> None:
    """Frame the inset, and mark on the mainland what it enlarges."""
    left, bottom, right, top = ring.areas.total_bounds
    frame: Mapping[str, Any] = LOOKS["frame"]
    whole = ring.axes.transAxes
    ring.axes.add_patch(Rectangle((0, 0), 1, 1, transform=whole, clip_on=False, **frame))
    main.axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **frame))


def _write_off_map(figure: Figure, at: tuple[float, float], release: Release) -> None:
    """Write the counts that belong to no département."""
    unplaced = release.table[release.table["dep_code"].isin(NOWHERE)]
    if unplaced.empty:
        return
    lines = [text("off_map")]
    for _, row in unplaced.iterrows():
        persons = write_cell("n_persons", row)
        value = text("off_map_persons", n=persons) if pd.notna(row["n_persons"]) else persons
        lines.append(text("off_map_entry", place=name_place(row["dep_code"]), value=value))
    x, y = at[0] + 0.005, at[1] + 0.01
    figure.text(x, y, "\n".join(lines), fontsize=7.5, bbox=dict(LOOKS["beside"]))
