"""Releases written by hand, as skewed as the real ones, for the tests of pictures."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from analysis.disclosure.gate import Release
from analysis.exposure import DIMENSIONS, Source, windows
from analysis.reporting.picture import Drawing
from analysis.reporting.wording import speaking

SOURCE = "3f9ac01b77d2"
START, END = pd.Timestamp("2015-01-01"), pd.Timestamp("2020-11-01")
# Persons; None is hidden. Every other département but 90 has 12 to 107 persons.
PERSONS: dict[str, int | None] = {
    "56": 120_500,
    "45": 58_000,
    "27": 52_000,
    "35": 33_000,
    "22": 19_500,
    "41": 12_300,
    "75": 2_600,
    "48": None,
    "971": None,
    "15": 0,
    "976": 0,
    "unknown": 2_200,
    "abroad": 640,
}
CATEGORIES = {"identity": 1.0, "nir": 0.98, "health": None, "comments": 0.15}
AUDIT = {
    "profile": "health",
    "threshold": 11,
    "rounded_to": None,
    "n_cells": 4,
    "n_hidden": 1,
    "n_none": 1,
    "narrowest_interval": 9,
    "information_kept": 0.845,
    "n_earlier": 0,
    "hash": "0" * 64,
}
PLACE_STATUS = {"unknown": "unknown place", "abroad": "abroad"}


def make_release(table: pd.DataFrame, *, is_synthetic: bool = True) -> Release:
    """Fill in what every table of a release has."""
    table = table.assign(
        n_persons=pd.array(table["n_persons"], dtype="Int64"),
        n_records=pd.array(table["n_persons"], dtype="Int64"),
        window_start=table.get("window_start", START),
        window_end=table.get("window_end", END),
    )
    dimensions = tuple(name for name in DIMENSIONS if name in table)
    return Release(table, 11, Source(SOURCE, is_synthetic), dimensions, audit=AUDIT)


def status_of(n_persons: int | None, dep_code: str = "") -> str:
    """Return the status of a cell; a missing count is a hidden one."""
    if n_persons is None:
        return "suppressed"
    return "none" if n_persons == 0 else PLACE_STATUS.get(dep_code, "shown")


def rate_release(dep_codes: list[str], *, is_synthetic: bool = True) -> Release:
    """Return persons and rates of one category by home, for 700,000 residents each."""
    persons = {code: PERSONS.get(code, 12 + 5 * (k % 20)) for k, code in enumerate(dep_codes)}
    table = pd.DataFrame(
        {
            "place": "home",
            "dep_code": list(persons),
            "category": "nir",
            "n_persons": list(persons.values()),
            "status": [status_of(n, code) for code, n in persons.items()],
            "population_year": 2019,
        }
    )
    rated = table["n_persons"].astype("Float64") / 700
    rated = rated.mask(table["dep_code"].isin(list(PLACE_STATUS)))
    table = table.assign(rate_per_1000=rated, rate_low=rated * 0.9, rate_high=rated * 1.1)
    return make_release(table, is_synthetic=is_synthetic)


def grid_release() -> Release:
    """Return persons by département and category; nobody's blood group was a field."""
    rows = [
        {
            "place": "home",
            "dep_code": dep_code,
            "category": category,
            "n_persons": None if n is None or part is None else int(n * part),
            "status": "absent" if part is None else status_of(n, dep_code),
        }
        for dep_code, n in PERSONS.items()
        for category, part in CATEGORIES.items()
    ]
    return make_release(pd.DataFrame(rows))


def bar_release() -> Release:
    """Return persons by category: shown, hidden, none, absent."""
    table = pd.DataFrame(
        {
            "category": ["identity", "email", "credentials", "health"],
            "n_persons": [478_882, None, 0, None],
            "status": ["shown", "suppressed", "none", "absent"],
        }
    )
    return make_release(table)


def period_release(periods: pd.DataFrame | None = None) -> Release:
    """Return persons by month: the third hidden, the fourth none."""
    if periods is None:
        periods = windows.calendar_windows("2018-01-01", "2020-11-01", unit="month")
    counts = [1000 + 10 * k for k in range(len(periods))]
    persons: list[int | None] = [*counts[:2], None, 0, *counts[4:]]
    status = [status_of(n) for n in persons]
    return make_release(
        periods.assign(
            category="comments", n_persons=pd.array(persons, dtype="Int64"), status=status
        )
    )


def render(drawing: Drawing, language: str = "en") -> Figure:
    """Draw a picture in a language."""
    with speaking(language):
        return drawing.render()


def find_faults(figure: Figure) -> list[str]:
    """Return words that overlap others or leave the figure; slanted ones are not compared."""
    figure.draw_without_rendering()
    unseen = {id(label) for axes in figure.axes for label in _list_unseen_ticks(axes)}
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and id(t) not in unseen]
    boxes = {f"{k} {t.get_text()}": t.get_window_extent() for k, t in enumerate(texts)}
    faults = [name for name, box in boxes.items() if not _holds(figure.bbox, box)]
    level = {f"{k} {t.get_text()}" for k, t in enumerate(texts) if t.get_rotation() % 90 == 0}
    faults += [
        f"{a} / {b}"
        for a, b in combinations(sorted(level), 2)
        if boxes[a].padded(-1).overlaps(boxes[b].padded(-1))
    ]
    return faults


def _holds(outer: BboxBase, inner: BboxBase) -> bool:
    return outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 <= outer.y1


def _list_unseen_ticks(axes: Axes) -> list[Text]:
    """Return the labels of ticks that matplotlib keeps and does not draw."""
    ticks = [
        (tick, interval)
        for axis, interval in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim()))
        for tick in (*axis.majorTicks, *axis.minorTicks)
    ]
    return [
        label
        for tick, (start, end) in ticks
        for label in (tick.label1, tick.label2)
        if not (axes.axison and label.get_visible())
        or not min(start, end) <= tick.get_loc() <= max(start, end)
    ]
