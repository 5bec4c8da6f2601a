"""Maps of France by département: rates as shades, counts as circles, with insets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import cos, floor, log10, radians
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting import picture
from analysis.reporting.columns import name_place, write_cell
from analysis.reporting.picture import INK, LOOKS, NOWHERE, PALETTE, SIZES, Box, Caption, Drawing
from analysis.reporting.wording import format_count, format_interval, text

MAPS = picture.STYLE["maps"]
POINTS = 72  # in an inch
RATE_NEEDS = ("n_persons", "place", "population_year")
RATE_MAP = Caption("map", "rate_map", ("dep_code",), "rate_per_1000", RATE_NEEDS)
COUNT_MAP = Caption("map", "count_map", ("dep_code",), "n_persons", ("place",))
Panel = tuple[Axes, gpd.GeoDataFrame]  # a map, and the areas it shows
_read_outlines = cache(reference.read_departements)


def rate_map(release: Release) -> Drawing:
    """
    Map rates by département as shades.

    Parameters
    ----------
    release : Release
        One row per ``dep_code`` with ``rate_per_1000``, ``n_persons``, ``status``, ``place`` and
        ``population_year``, of one category and one window.

    Returns
    -------
    Drawing
        Mainland in Lambert-93, an inset each for Paris and five overseas départements. None,
        suppressed and missing have a pattern each; unknown place and abroad are written beside.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, several values of a dimension are mixed, or a code has no
        outline.

    Notes
    -----
    Classes are natural breaks (Fisher–Jenks, at most six) of the logarithm: rates of a breach
    span four orders of magnitude. On the rates themselves ninety départements would fall into
    one class, and quantiles would put 1 and 200 per 1,000 together. The legend gives the lowest
    and the highest rate found in each class.
    """
    return _make_map(release, RATE_MAP, _draw_rates)


def count_map(release: Release) -> Drawing:
    """
    Map counts by département as circles.

    Parameters
    ----------
    release : Release
        One row per ``dep_code`` with ``n_persons``, ``status`` and ``place``, of one category
        and one window.

    Returns
    -------
    Drawing
        On the maps of `rate_map`, a circle each whose area is in proportion to persons;
        where it would be too small to see, a cross. Paris and its ring have their circles in
        the inset only.

    Raises
    ------
    TypeError
        If the table has not passed the gate.
    ValueError
        If a column is missing, several values of a dimension are mixed, or a code has no
        outline.
    """
    return _make_map(release, COUNT_MAP, _draw_counts)


def break_rates(rates: pd.Series) -> pd.Series:
    """
    Part rates into classes of like magnitude.

    Parameters
    ----------
    rates : pandas.Series of float, shape (n,)
        Positive rates [persons per 1,000 residents].

    Returns
    -------
    pandas.Series of int, shape (n,)
        Class of each rate, from 0, lowest first, same index; at most six, none empty.

    Examples
    --------
    >>> break_rates(pd.Series([0.01, 0.02, 150.0, 230.0, 0.9, 40.0, 1.1])).tolist()
    [0, 1, 4, 5, 2, 3, 2]
    """
    logarithms = np.log10(rates.to_numpy(dtype=float))
    distinct = np.unique(logarithms)
    if len(distinct) <= 1:
        return pd.Series(0, index=rates.index)
    import mapclassify

    # It warns that it would be faster with Numba; a hundred rates take a hundredth second.
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        classified = mapclassify.FisherJenks(logarithms, k=min(SIZES.most_classes, len(distinct)))
    return pd.Series(pd.factorize(classified.yb, sort=True)[0], index=rates.index)


def _make_map(release: Release, caption: Caption, draw: Callable[..., Figure]) -> Drawing:
    """Make the drawing of a map, once every département is known to have an outline."""
    drawing = Drawing(release, caption, draw)
    if lost := {*release.table["dep_code"]} - {*_read_outlines()["dep_code"], *NOWHERE}:
        raise ValueError(f"no outline for dep_code {sorted(lost)}; correct the codes")
    return drawing


def _draw_rates(release: Release, caption: Caption) -> Figure:
    areas = join(release)
    rates = areas.loc[areas["status"].eq("shown"), "rate_per_1000"]
    classes = "class " + break_rates(rates).astype(str)
    shades = colormaps[PALETTE](np.linspace(SIZES.lightest_class, 1, classes.nunique()))
    styles = {name: {"facecolor": k} for name, k in zip(sorted({*classes}), shades, strict=True)}
    areas["look"] = classes.reindex(areas.index).fillna(areas["status"])
    figure, _, corner = _open_maps(release, caption, areas, styles)
    looks = [(_write_class(inside), styles[name]) for name, inside in rates.groupby(classes)]
    title = text("classes", unit=text("rate_per_1000"))
    entries = [*picture.make_handles(looks[::-1]), *picture.list_status_handles(areas["status"])]
    figure.legend(handles=entries, title=title, bbox_to_anchor=corner, **LOOKS["map_legend"])
    return figure


def _write_class(rates: pd.Series) -> str:
    return text("class", interval=format_interval(rates.min(), rates.max(), "rate"), n=len(rates))


def _draw_counts(release: Release, caption: Caption) -> Figure:
    areas = join(release)
    counts = areas["n_persons"].astype(float)
    areas["diameter"] = SIZES.circle * np.sqrt(counts / (counts.fillna(0).max() or 1))
    areas["look"] = areas["status"]
    figure, panels, (x, y) = _open_maps(release, caption, areas, {"shown": LOOKS["ground"]})
    for number, (axes, inside) in enumerate(panels):
        _add_circles(axes, inside[~inside["dep_code"].isin([] if number else MAPS[1]["codes"])])
    corner = x, y - _add_circle_key(figure, (x, y), areas["n_persons"].max())
    entries = [*_cross_handles(areas), *picture.list_status_handles(areas["status"])]
    figure.legend(handles=entries, bbox_to_anchor=corner, **LOOKS["map_legend"])
    return figure


def _add_circles(axes: Axes, areas: gpd.GeoDataFrame) -> None:
    areas = areas[areas["status"].eq("shown")].sort_values("diameter", ascending=False)
    points, seen = areas.geometry.representative_point(), areas["diameter"].ge(SIZES.least_circle)
    circles, crosses, sizes = points[seen], points[~seen], areas.loc[seen, "diameter"] ** 2
    axes.scatter(circles.x, circles.y, sizes, **LOOKS["circles"], **LOOKS["circle"])
    axes.scatter(crosses.x, crosses.y, SIZES.cross**2, **LOOKS["crosses"], **LOOKS["cross"])


def _add_circle_key(figure: Figure, at: tuple[float, float], largest: Any) -> float:
    """Draw circles of round sizes inside each other; return their height [share of the figure]."""
    if pd.isna(largest) or largest == 0:
        return 0.0
    sizes, widest = round_sizes(float(largest)), SIZES.circle
    share = SIZES.key_height / POINTS / figure.get_figheight()
    axes = figure.add_axes((at[0], at[1] - share, 0.2, share))
    axes.set_axis_off()
    axes.set(xlim=(0, 0.2 * figure.get_figwidth() * POINTS), ylim=(0, SIZES.key_height))
    axes.text(0, SIZES.key_height, text("one_circle"), fontsize=8, va="top")
    center, levels = widest / 2 + 1, np.linspace(widest - 4, 4, len(sizes))
    for size, level in zip(sizes, levels, strict=True):
        diameter = widest * (size / largest) ** 0.5
        axes.add_patch(Circle((center, diameter / 2 + 1), diameter / 2, **LOOKS["circle"]))
        axes.plot([center, widest + 10], [diameter + 1, level], color=INK, linewidth=0.4)
        axes.text(widest + 12, level, format_count(size), va="center")
    return share + SIZES.key_gap / figure.get_figheight()


def _cross_handles(areas: gpd.GeoDataFrame) -> list[Line2D]:
    """Make the legend entry of counts too small for a circle, if there are any."""
    shown = areas[areas["status"].eq("shown")]
    if not shown["diameter"].lt(SIZES.least_circle).any():
        return []
    limit = shown["n_persons"].max() * (SIZES.least_circle / SIZES.circle) ** 2
    words = text("too_small", limit=format_count(round(float(limit))))
    return [Line2D([], [], linestyle="", label=words, **LOOKS["cross"])]


def round_sizes(largest: float) -> list[int]:
    """
    Choose round counts for the legend of circles.

    Parameters
    ----------
    largest : float
        Count of the largest circle [persons], 1 or more.

    Returns
    -------
    list of int
        At most three, each a tenth of the one before, none above `largest`.

    Examples
    --------
    >>> round_sizes(184_321), round_sizes(14)
    ([100000, 10000, 1000], [10, 1])
    """
    unit = 10 ** floor(log10(largest))
    first = floor(largest / unit) * unit
    return [size for size in (first, first // 10, first // 100) if size > 0]


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


def _open_maps(
    release: Release, caption: Caption, areas: gpd.GeoDataFrame, styles: picture.Looks
) -> tuple[Figure, list[Panel], tuple[float, float]]:
    """Open a figure with its maps painted by the looks of areas; tell where its legend goes."""
    notes = [text("generalised")] if areas["is_moved"].any() else []
    figure, room = picture.open_figure(release, caption, SIZES.map_height, notes)
    panels = [_add_panel(figure, room, areas, described) for described in MAPS]
    _frame_ring(*panels[:2])
    figure.text(*_place(room, SIZES.overseas_at), text("overseas"), **LOOKS["beside_maps"])
    _write_off_map(figure, _place(room, SIZES.off_map_at), release)
    known = {**picture.STATUS_STYLES, **styles}
    for axes, shown in panels:
        for look, inside in shown.groupby("look"):
            style = {**LOOKS["edge"], **known[look], "aspect": axes.get_aspect()}
            inside.plot(ax=axes, gid=look, **style)
        axes.set(xlabel="", ylabel="")
    return figure, panels, _place(room, SIZES.legend_at)


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
        shown = shown.to_crs("EPSG:2154")  # Lambert-93
    axes = figure.add_axes((*_place(room, box), box[2] * room[2], box[3] * room[3]))
    axes.set_aspect(1 / cos(radians(latitude or 0.0)))
    axes.set_axis_off()
    axes.update_datalim(shown.total_bounds.reshape(2, 2))
    axes.margins(SIZES.edge_room)
    axes.autoscale_view()
    axes.set_autoscale_on(False)
    if codes:
        name = text("paris") if latitude is None else name_place(codes[0])
        axes.set_title(name, **LOOKS["ring_title" if latitude is None else "inset_title"])
    return axes, shown


def _frame_ring(main: Panel, ring: Panel) -> None:
    """Frame the inset, and mark on the mainland what it enlarges."""
    left, bottom, right, top = ring[1].total_bounds
    frame: Mapping[str, Any] = LOOKS["frame"]
    whole = ring[0].transAxes
    ring[0].add_patch(Rectangle((0, 0), 1, 1, transform=whole, clip_on=False, **frame))
    main[0].add_patch(Rectangle((left, bottom), right - left, top - bottom, **frame))


def _write_off_map(figure: Figure, at: tuple[float, float], release: Release) -> None:
    """Write the counts that belong to no département."""
    unplaced = release.table[release.table["dep_code"].isin(NOWHERE)]
    lines = []
    for _, row in unplaced.iterrows():
        persons = write_cell("n_persons", row)
        value = text("off_map_persons", n=persons) if pd.notna(row["n_persons"]) else persons
        lines.append(text("off_map_entry", place=name_place(row["dep_code"]), value=value))
    if lines:
        x, y = at[0] + 0.005, at[1] + 0.01
        words = "\n".join([text("off_map"), *lines])
        figure.text(x, y, words, fontsize=7.5, bbox=dict(LOOKS["beside"]))
