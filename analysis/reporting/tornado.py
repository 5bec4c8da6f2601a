"""Draw where the doubt about a number comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import reference
from analysis.disclosure import Release
from analysis.reporting.captions import Caption
from analysis.reporting.picture import INK, QUIET, Drawing, open_figure

TORNADO = Caption("chart", "tornado", ("doubt",), "n_persons")
BAR: Mapping[str, Any] = {"facecolor": "#4a86b8", "edgecolor": "#1f4e79", "linewidth": 0.5}
WHOLE: Mapping[str, Any] = {"facecolor": "#9fb6c8", "edgecolor": "#1f4e79", "linewidth": 0.5}
ROW_HEIGHT, BASE_HEIGHT = 0.32, 0.75  # [inch]
ROOM = 0.45  # on each side, for words [widths of the interval]


def draw_tornado(release: Release, *, language: str = "en") -> Drawing:
    """
    Draw the interval of a headline, and below it each doubt alone.

    Parameters
    ----------
    release : Release
        Rows of one headline as laid out by `analysis.impact.tabulate_estimates`.
    language : {'en', 'fr'}
        Language of the drawing; it can be rendered in either.

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
    TORNADO.check(release, needs=("low", "high", "headline"))
    return Drawing(_tornado, _describe, release, language)


def _name(doubt: str, language: str) -> str:
    key = f"doubt.{doubt}"
    return reference.text(key, language) if reference.has_text(key) else doubt.replace("_", " ")


def _headline(release: Release, language: str) -> str:
    return reference.text(f"headline.{release.table['headline'].iloc[0]}", language)


def _write_interval(row: Any, language: str) -> str:
    return reference.format_interval(
        row["low"], row["high"], language, format_number=reference.format_count
    )


def _describe(release: Release, language: str) -> str:
    whole = release.table.iloc[0]
    parts = [
        reference.text(
            "alt.item",
            language,
            name=_name(row["doubt"], language),
            value=_write_interval(row, language),
        )
        for _, row in release.table.iloc[1:].iterrows()
    ]
    written = reference.text(
        "alt.tornado",
        language,
        headline=_headline(release, language),
        value=reference.format_count(whole["n_persons"], language),
        interval=_write_interval(whole, language),
        items=reference.text("alt.join", language).join(parts),
    )
    synthetic = f" {reference.text('synthetic', language)}." if release.is_synthetic else ""
    return written + synthetic


def _tornado(release: Release, language: str) -> Figure:
    table = release.table
    notes = [_headline(release, language), reference.text("tornado_note", language)]
    height = len(table) * ROW_HEIGHT + BASE_HEIGHT
    figure, room = open_figure(release, language, TORNADO, height=height, notes=notes)
    figure.set_layout_engine("constrained", rect=room, h_pad=0, w_pad=0)
    axes = figure.add_subplot()
    for place, (_, row) in enumerate(table.iterrows()):
        low, high = float(row["low"]), float(row["high"])
        style = WHOLE if place == 0 else BAR
        axes.barh(place, high - low, left=low, height=0.6, gid="bars", **style)
        words = _write_interval(row, language)
        axes.annotate(words, (high, place), (5, 0), textcoords="offset points", va="center")
    axes.axvline(float(table["n_persons"].iloc[0]), color=INK, linewidth=1.0, gid="estimate")
    _finish(axes, [_name(doubt, language) for doubt in table["doubt"]], release, language)
    return figure


def _finish(axes: Axes, names: list[str], release: Release, language: str) -> None:
    low, high = float(release.table["low"].min()), float(release.table["high"].max())
    width = max(high - low, 1.0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(low - 0.08 * width, high + ROOM * width)
    value = float(release.table["n_persons"].iloc[0])
    axes.set_xticks([value], [reference.format_count(round(value), language)])
    axes.set_xlabel(reference.text("n_persons", language), color=QUIET)
    axes.tick_params(left=False)
