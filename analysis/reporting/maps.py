"""Maps of France by département: rates as shades, counts as circles."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import floor, log10

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch

from analysis.disclosure import Release
from analysis.reporting import atlas
from analysis.reporting.atlas import Atlas, Panel
from analysis.reporting.captions import Caption
from analysis.reporting.picture import Drawing, make_drawing
from analysis.reporting.style import INK, LOOKS, PALETTE, SIZES
from analysis.reporting.wording import format_count, format_interval, text

RATE_MAP = Caption("map", "rate_map", ("dep_code",), "rate_per_1000")
POINTS = 72  # in an inch
COUNT_MAP = Caption("map", "count_map", ("dep_code",), "n_persons")


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
    needs = ("n_persons", "place", "population_year")
    drawing = make_drawing(release, RATE_MAP, _draw_rates, needs=needs)
    atlas.check_codes(release)
    return drawing


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
    drawing = make_drawing(release, COUNT_MAP, _draw_counts, needs=("place",))
    atlas.check_codes(release)
    return drawing


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

    with warnings.catch_warnings():
        # Says only that it would be faster with Numba; a hundred rates take a hundredth second.
        warnings.filterwarnings("ignore", message="Numba not installed")
        classified = mapclassify.FisherJenks(logarithms, k=min(SIZES.most_classes, len(distinct)))
    return pd.Series(pd.factorize(classified.yb, sort=True)[0], index=rates.index)


def _draw_rates(release: Release, caption: Caption) -> Figure:
    areas = atlas.join(release)
    rates = areas.loc[areas["status"].eq("shown"), "rate_per_1000"]
    classes = "class " + break_rates(rates).astype(str)
    shades = colormaps[PALETTE](np.linspace(SIZES.lightest_class, 1, max(classes.nunique(), 1)))
    styles = {name: {"facecolor": k} for name, k in zip(sorted({*classes}), shades, strict=False)}
    areas["look"] = classes.reindex(areas.index).fillna(areas["status"])
    maps = atlas.open_atlas(release, caption, areas)
    atlas.paint(maps, styles)
    handles = [
        Patch(**styles[name], label=_write_class(inside), **LOOKS["edge"])
        for name, inside in rates.groupby(classes)
    ]
    atlas.write_legend(maps, handles[::-1], title=text("classes", unit=text("rate_per_1000")))
    return maps.figure


def _write_class(rates: pd.Series) -> str:
    return text("class", interval=format_interval(rates.min(), rates.max()), n=len(rates))


def _draw_counts(release: Release, caption: Caption) -> Figure:
    areas = atlas.join(release)
    counts = areas["n_persons"].astype(float)
    areas["diameter"] = SIZES.circle * np.sqrt(counts / (counts.fillna(0).max() or 1))
    areas["look"] = areas["status"]
    maps = atlas.open_atlas(release, caption, areas)
    atlas.paint(maps, {"shown": LOOKS["ground"]})
    for number, panel in enumerate(maps.panels):
        _add_circles(panel, hidden=() if number else atlas.RING)
    key_height = _add_circle_key(maps, areas)
    atlas.write_legend(maps, _cross_handles(areas), lower=key_height)
    return maps.figure


def _add_circles(panel: Panel, *, hidden: Sequence[str] = ()) -> None:
    areas = panel.areas[panel.areas["status"].eq("shown") & ~panel.areas["dep_code"].isin(hidden)]
    areas = areas.sort_values("diameter", ascending=False)
    points, seen = areas.geometry.representative_point(), areas["diameter"].ge(SIZES.least_circle)
    circles, crosses, sizes = points[seen], points[~seen], areas.loc[seen, "diameter"] ** 2
    add, looks = panel.axes.scatter, LOOKS["circle"]
    add(circles.x, circles.y, sizes, gid="circles", clip_on=False, zorder=3, **looks)
    add(crosses.x, crosses.y, SIZES.cross**2, gid="crosses", linewidth=0.7, **LOOKS["cross"])


def _add_circle_key(maps: Atlas, areas: gpd.GeoDataFrame) -> float:
    """Draw circles of round sizes inside each other; return the height they take [inch]."""
    largest, widest = areas["n_persons"].max(), SIZES.circle
    if pd.isna(largest) or largest == 0:
        return 0.0
    sizes = round_sizes(float(largest))
    figure, height = maps.figure, SIZES.key_height / POINTS
    x, y = maps.legend_at
    share = height / figure.get_figheight()
    axes = figure.add_axes((x, y - share, 0.2, share))
    axes.set_axis_off()
    axes.set(xlim=(0, 0.2 * figure.get_figwidth() * POINTS), ylim=(0, SIZES.key_height))
    axes.text(0, SIZES.key_height, text("one_circle"), fontsize=8, va="top")
    center, levels = widest / 2 + 1, np.linspace(widest - 4, 4, len(sizes))
    for size, level in zip(sizes, levels, strict=True):
        diameter = widest * (size / largest) ** 0.5
        axes.add_patch(Circle((center, diameter / 2 + 1), diameter / 2, **LOOKS["circle"]))
        axes.plot([center, widest + 10], [diameter + 1, level], color=INK, linewidth=0.4)
        axes.text(widest + 12, level, format_count(size), va="center")
    return height + SIZES.key_gap


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
