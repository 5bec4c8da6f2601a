"""The look that pictures share: colours, patterns of statuses, legends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis import reference
from analysis.reporting.wording import text

INK, QUIET, ALERT = "#1b1b1b", "#4d4d4d", "#7a3b00"
# Each status has a pattern of its own, so that none depends on colour.
STATUS_STYLES: Mapping[str, Mapping[str, Any]] = {
    "none": {"facecolor": "#ffffff", "hatch": "...", "hatchcolor": "#a8a8a8"},
    "suppressed": {"facecolor": "#e9e9e9", "hatch": "/////", "hatchcolor": "#707070"},
    "absent": {"facecolor": "#ffffff", "hatch": "xxxx", "hatchcolor": "#9a9a9a"},
    "missing": {"facecolor": "#ffffff", "hatch": "|||", "hatchcolor": "#b5b5b5"},
}
EDGE: Mapping[str, Any] = {"edgecolor": "#6e6e6e", "linewidth": 0.4}
BAR: Mapping[str, Any] = {"facecolor": "#4a86b8", "edgecolor": "#1f4e79", "linewidth": 0.5}
PALETTE = "YlGnBu"  # safe for colour-blind readers, and darker where there is more
NOWHERE = (reference.UNKNOWN, reference.ABROAD)  # places that are no département


def list_status_handles(statuses: Iterable[str]) -> list[Patch]:
    """
    Make the legend entries of the statuses that occur.

    Parameters
    ----------
    statuses : iterable of str
        Statuses of the cells drawn; those without a pattern are left out.

    Returns
    -------
    list of matplotlib.patches.Patch
        One per status, in the order of `STATUS_STYLES`.
    """
    found = set(statuses)
    return [
        Patch(label=text(f"status.{status}"), **style, **EDGE)
        for status, style in STATUS_STYLES.items()
        if status in found
    ]


def write_key(axes: Axes, handles: Sequence[Artist], *, columns: int = 6) -> None:
    """
    Write a legend above a chart, in lines of like length.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Chart.
    handles : sequence of matplotlib.artist.Artist
        Entries, labelled.
    columns : int, default 6
        Entries that fit on one line.

    Returns
    -------
    None
        The chart has a legend, or none if there are no entries.
    """
    if handles:
        n_lines = ceil(len(handles) / columns)
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
        place |= {"ncols": ceil(len(handles) / n_lines), "borderaxespad": 0.2}
        axes.legend(handles=list(handles), frameon=False, **place)
