"""The look that pictures share: colours, patterns of statuses, legends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis import reference
from analysis.reporting.wording import text

STYLE = yaml.safe_load(Path(__file__).with_name("style.yaml").read_text(encoding="utf-8"))
INK, QUIET, PALETTE = STYLE["ink"], STYLE["quiet"], STYLE["palette"]
Looks = Mapping[str, Mapping[str, Any]]
STATUS_STYLES: Looks = STYLE["statuses"]
LOOKS: Looks = STYLE["looks"]
SIZES = SimpleNamespace(**STYLE["sizes"])
NOWHERE = (reference.UNKNOWN, reference.ABROAD)  # places that are no département


def make_handles(looks: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Patch]:
    """
    Make legend entries of areas.

    Parameters
    ----------
    looks : iterable of (str, mapping)
        Label of each, and its look.

    Returns
    -------
    list of matplotlib.patches.Patch
        One each.
    """
    return [Patch(label=label, **look, **LOOKS["edge"]) for label, look in looks]


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
    return make_handles(
        (text(f"status.{s}"), STATUS_STYLES[s]) for s in STATUS_STYLES if s in found
    )


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
        axes.legend(handles=list(handles), ncols=ceil(len(handles) / n_lines), **LOOKS["key"])
