"""Charts of severity: persons by level, stacked, one bar per place, category or measure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from analysis import reference
from analysis.disclosure import Release
from analysis.impact import LEVELS
from analysis.reporting.captions import FORMATS, Caption, name_value
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

# From light to dark as from low to very high, so that none depends on colour alone.
SHADES: Mapping[str, str] = dict(
    zip(LEVELS, ("#eef3f7", "#b5cde3", "#e58a3c", "#8c1d18"), strict=True)
)
DARK = "very high"
HIDING = ("suppressed", "absent")
ROW_HEIGHT, BAR_HEIGHT = 0.3, 0.62  # [inch], [rows]
BASE_HEIGHT = 0.75  # for axis and legend [inch]
STUB = 0.04  # of a hidden count, in lengths of the axis
CHARACTER = 0.0135  # room that a character of a number needs, in lengths of the axis
OFF_LIST = (reference.UNKNOWN, reference.ABROAD)


def draw_levels(
    release: Release,
    *,
    language: str = "en",
    by: str = "dep_code",
    value: str = "share",
    top: int = 15,
) -> Drawing:
    """
    Stack the persons of each level of severity.

    Parameters
    ----------
    release : Release
        One row per (`by`, ``level``) with ``n_persons`` and ``status``, as counted by
        `analysis.impact.count_levels`.
    language : {'en', 'fr'}
        Language of the drawing; it can be rendered in either.
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
    if not reference.has_text(f"title.levels.{by}"):
        raise ValueError(f"by cannot be {by!r}; wording.csv has no row 'title.levels.{by}'")
    if value not in ("share", "n_persons"):
        raise ValueError(f"value must be share or n_persons, got {value!r}")
    caption = Caption("chart", f"levels.{by}", (by, "level"), "n_persons")
    caption.check(release)
    options = {"caption": caption, "value": value, "top": top}
    return Drawing(_levels, caption.describe, release, language, options)


def _levels(release: Release, language: str, *, caption: Caption, value: str, top: int) -> Figure:
    by = caption.across[0]
    bars = _choose_bars(release.table, by, top)
    cells = release.table.set_index([by, "level"]).sort_index().loc[bars]
    totals = cells["n_persons"].groupby(level=0).sum().astype(float)
    cells["length"] = cells["n_persons"].astype(float).fillna(0)
    if value == "share":
        cells["length"] /= totals.clip(lower=1).reindex(cells.index, level=0)
    cells["words"] = [FORMATS[value](length, language) for length in cells["length"]]
    height = len(bars) * ROW_HEIGHT + BASE_HEIGHT
    notes = [reference.text(f"levels_note.{value}", language)]
    figure, room = open_figure(release, language, caption, height=height, notes=notes)
    figure.set_layout_engine("constrained", rect=room, h_pad=0, w_pad=0)
    axes = figure.add_subplot()
    longest = cells["length"].groupby(level=0).sum().max() or 1.0
    for place, bar in enumerate(bars):
        _stack(axes, place, cells[cells.index.get_level_values(0) == bar].droplevel(0), longest)
    _finish(axes, [name_value(by, bar, language) for bar in bars], longest)
    axes.set_xlabel(reference.text("persons" if value == "n_persons" else value, language))
    shades = [
        Patch(facecolor=shade, label=reference.text(f"level.{level}", language), **EDGE)
        for level, shade in SHADES.items()
    ]
    others = [status for status in cells["status"] if status != "none"]
    write_key(axes, [*shades, *list_status_handles(others, language)], columns=4)
    return figure


def _choose_bars(table: pd.DataFrame, by: str, top: int) -> list[str]:
    """Choose the départements with most persons, or every bar in the order of the table."""
    if by != "dep_code":
        return list(table[by].unique())
    known = table[~table[by].isin(OFF_LIST)]
    totals = known.groupby(by)["n_persons"].sum().astype(float)
    return list(totals.sort_values(ascending=False, kind="stable").index[:top])


def _stack(axes: Axes, place: int, bar: pd.DataFrame, longest: float) -> None:
    end, bottom = 0.0, place - BAR_HEIGHT / 2
    for level, shade in SHADES.items():
        length, words = bar["length"][level], bar["words"][level]
        style = {"facecolor": shade, "gid": level, **EDGE}
        axes.add_patch(Rectangle((end, bottom), length, BAR_HEIGHT, **style))
        if length > CHARACTER * len(words) * longest:
            ink, middle = "white" if level == DARK else INK, end + length / 2
            axes.text(middle, place, words, ha="center", va="center", color=ink, fontsize=7)
        end += length
    for status in bar.loc[bar["status"].isin(HIDING), "status"].unique():
        style = {**STATUS_STYLES[status], **EDGE, "gid": status}
        axes.add_patch(Rectangle((end, bottom), STUB * longest, BAR_HEIGHT, **style))


def _finish(axes: Axes, names: list[str], longest: float) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, longest * (1 + STUB))
    axes.set_xticks([])
    axes.xaxis.label.set_color(QUIET)
    axes.tick_params(left=False)
