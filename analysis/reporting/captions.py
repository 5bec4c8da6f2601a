"""What the words around a picture say: its title, its scope, its alternative text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.disclosure import Release
from analysis.exposure import ANY, list_dimensions
from analysis.reporting import columns
from analysis.reporting.columns import check_release, write_cell, write_value
from analysis.reporting.wording import format_count, has_text, text


@dataclass(frozen=True)
class Caption:
    """
    What a picture is about.

    Attributes
    ----------
    kind : {'map', 'chart'}
        Sort of picture.
    title : str
        Row of the wording table that holds its title, after ``title.``.
    across : tuple of str
        Columns whose values the picture sets apart; every other dimension has one value.
    value : str
        Column drawn.
    needs : tuple of str
        Further columns that are drawn or written.
    """

    kind: str
    title: str
    across: tuple[str, ...]
    value: str
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """
        Check that there is a title.

        Raises
        ------
        ValueError
            If the wording has none: pictures are made for what has a title.
        """
        if not has_text(f"title.{self.title}"):
            raise ValueError(f"no picture is made of this: wording.csv lacks title.{self.title}")

    def check(self, release: Release) -> None:
        """
        Check that a release can be drawn.

        It has passed the gate, and says one thing per cell.

        Parameters
        ----------
        release : Release
            What is to be drawn.

        Returns
        -------
        None
            The release has rows, all columns needed, and one row for each cell of the picture.

        Raises
        ------
        TypeError
            If it is not a release.
        ValueError
            If a column is missing, there are no rows, they mix several values of a dimension that
            the picture does not set apart, or several rows are of one cell.
        """
        cells = check_release(release).table
        needs = ("status", *self.across, self.value, *self.needs)
        if missing := [name for name in needs if name not in cells]:
            raise ValueError(text("error.no_column", missing=missing))
        if cells.empty:
            raise ValueError("the release has no rows; nothing can be drawn")
        if mixed := [name for name in columns.list_varying(release) if name not in self.across]:
            first = f"{mixed[0]} == '{cells[mixed[0]].iloc[0]}'"
            raise ValueError(text("error.mixed", mixed=mixed, first=first))
        if cells.duplicated(list(self.across)).any():
            raise ValueError(f"the release has several rows for one {self.across}; keep one each")

    def write_title(self, release: Release) -> str:
        """
        Write what the picture shows, with its unit and, if it is of one, its category.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            The title.
        """
        title, categories = text(f"title.{self.title}"), release.table.get("category")
        if categories is None or "category" in self.across or categories.iloc[0] == ANY:
            return title
        return text("title_subject", title=title, subject=columns.name_category(categories.iloc[0]))

    def write_scope(self, release: Release) -> str:
        """
        Write where and when: place basis, period, and what else holds for every cell.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            The scope; empty if nothing limits it.
        """
        cells = release.table
        told = [name for name in list_dimensions(sets_apart=True) if name not in self.across]
        told += ["place"] if {"dep_code", "region_code"} & {*cells} else []
        parts = [write_value(name, cells[name].iloc[0]) for name in told if name in cells]
        if "window_start" in cells:
            span = columns.write_span(cells["window_start"].min(), cells["window_end"].max())
            parts.append(text("period", span=span))
        return ", ".join(parts)

    def describe(self, release: Release) -> str:
        """
        Describe the picture for somebody who does not see it.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        str
            What it shows, the three highest values, how many cells are hidden or empty, and
            whether the data are synthetic.
        """
        said = " ".join(self.tell(release))
        return f"{said} {text('synthetic')}." if release.is_synthetic else said

    def tell(self, release: Release) -> list[str]:
        """
        Tell what the picture shows.

        Parameters
        ----------
        release : Release
            What is drawn.

        Returns
        -------
        list of str
            Sentences: what it is, its three highest values, how many cells have none.
        """
        cells, scope = release.table, self.write_scope(release)
        words = {"kind": text(f"alt.{self.kind}"), "title": self.write_title(release)}
        counts = cells["status"].value_counts()
        highest = cells[cells["status"].eq("shown")].nlargest(3, self.value)
        items = self.list_items(highest, lambda row: write_value(self.value, row[self.value]))
        opening = text("alt.opening" if scope else "alt.opening_bare", scope=scope, **words)
        told = ["suppressed", "none", *(["absent"] if "absent" in counts else [])]
        left_out = [text(f"alt.{name}", n=format_count(counts.get(name, 0))) for name in told]
        return [opening, text("alt.highest" if items else "alt.no_value", items=items), *left_out]

    def list_items(self, cells: pd.DataFrame, write: Callable[[pd.Series], str]) -> str:
        """
        List some cells, each with its number.

        Parameters
        ----------
        cells : pandas.DataFrame
            Rows of a release.
        write : callable
            Writes the number of a row.

        Returns
        -------
        str
            Names and numbers, in the order of the rows.
        """
        items = []
        for _, row in cells.iterrows():
            name = ", ".join(write_cell(column, row) for column in self.across)
            items.append(text("alt.item", name=name, value=write(row)))
        return text("alt.join").join(items)
