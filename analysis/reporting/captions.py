"""What the words around a picture say: its title, its scope, its alternative text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from analysis import reference
from analysis.disclosure import Release

DIMENSIONS = (
    "dep_code",
    "region_code",
    "category",
    "window",
    "laboratory_id",
    "sex",
    "age_band",
    "known",
    "crowd",
    "headline",
    "doubt",
    "level",
    "outcome",
    "measure",
    "place",
    "population_year",
    "channel",
    "care",
)
FIXED = ("dep_code", "region_code", "sex", "age_band", "laboratory_id")  # told beneath a title
FORMATS: Mapping[str, Callable[[Any, str], str]] = {
    "n_persons": reference.format_count,
    "rate_per_1000": reference.format_rate,
    "share": reference.format_share,
}
JOINED: Mapping[str, str] = {"known": "clue", "measure": "measure"}  # values joined by +
HIGHEST = 3
COUNTED_IN_WORDS = {"suppressed": "alt.hidden", "none": "alt.none", "absent": "alt.absent"}
LONG_AGO = 1900
ANY = "any"


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
        Column drawn: one of `FORMATS`.
    """

    kind: str
    title: str
    across: tuple[str, ...]
    value: str

    def check(self, release: Release, *, needs: tuple[str, ...] = ()) -> None:
        """
        Check that a release can be drawn: it passed the gate, and says one thing per cell.

        Parameters
        ----------
        release : Release
            What is to be drawn.
        needs : tuple of str
            Columns needed besides ``status``, those set apart and the value.

        Raises
        ------
        TypeError
            If it is not a release.
        ValueError
            If a column is missing, the table is empty, or it mixes several values of a
            dimension that the picture does not set apart.
        """
        if not isinstance(release, Release):
            raise TypeError(
                f"only a Release is drawn, got {type(release).__name__}; "
                "pass the table through analysis.disclosure.release first"
            )
        table = release.table
        missing = [n for n in ("status", *self.across, self.value, *needs) if n not in table]
        if missing:
            raise ValueError(
                f"the release has no column {missing}; count by it, or add rates with "
                "analysis.impact.rate_by_departement before the release"
            )
        if table.empty:
            raise ValueError("the release has no rows; nothing can be drawn")
        self._check_one_value_each(table)

    def _check_one_value_each(self, table: pd.DataFrame) -> None:
        others = [name for name in DIMENSIONS if name in table and name not in self.across]
        mixed = [name for name in others if len(table[name].dropna().unique()) > 1]
        if mixed:
            raise ValueError(
                f"the release holds several values of {mixed}; keep one, for example "
                f"release.select(\"{mixed[0]} == '{table[mixed[0]].iloc[0]}'\")"
            )
        if table.duplicated(list(self.across)).any():
            raise ValueError(f"the release has several rows for one {self.across}; keep one each")

    def write_title(self, release: Release, language: str) -> str:
        """Write what the picture shows, with its unit and, if it is of one, its category."""
        title = reference.text(f"title.{self.title}", language)
        if "category" in self.across or "category" not in release.table:
            return title
        category = release.table["category"].iloc[0]
        if category == ANY:
            return title
        subject = name_category(category, language)
        return reference.text("title_subject", language, title=title, subject=subject)

    def write_scope(self, release: Release, language: str) -> str:
        """Write where and when: place basis, period, and what else holds for every cell."""
        table = release.table
        fixed = [name for name in FIXED if name in table]
        parts = [name_value(n, table[n].iloc[0], language) for n in fixed if n not in self.across]
        if "place" in table and {"dep_code", "region_code"} & {*table}:
            parts.append(reference.text(f"place.{table['place'].iloc[0]}", language))
        if "window_start" in table:
            span = write_span(table["window_start"].min(), table["window_end"].max(), language)
            parts.append(reference.text("period", language, span=span))
        return ", ".join(parts)

    def describe(self, release: Release, language: str, **_: Any) -> str:
        """
        Describe the picture for somebody who does not see it.

        Parameters
        ----------
        release : Release
            What is drawn.
        language : {'en', 'fr'}
            Language of the description.

        Returns
        -------
        str
            What it shows, the three highest values, how many cells are hidden or empty, and
            whether the data are synthetic.
        """
        values = {
            "kind": reference.text(f"alt.{self.kind}", language),
            "title": self.write_title(release, language),
            "scope": self.write_scope(release, language),
        }
        opening = "alt.opening" if values["scope"] else "alt.opening_bare"
        sentences = [reference.text(opening, language, **values), self._highest(release, language)]
        for status, key in COUNTED_IN_WORDS.items():
            n = int(release.table["status"].eq(status).sum())
            if n or status != "absent":
                sentences.append(
                    reference.text(key, language, n=reference.format_count(n, language))
                )
        if release.is_synthetic:
            sentences.append(f"{reference.text('synthetic', language)}.")
        return " ".join(sentences)

    def _highest(self, release: Release, language: str) -> str:
        shown = release.table[release.table["status"].eq("shown")]
        highest = shown.nlargest(HIGHEST, self.value)
        if highest.empty:
            return reference.text("alt.no_value", language)
        items = [
            reference.text(
                "alt.item",
                language,
                name=", ".join(name_value(n, row[n], language, row=row) for n in self.across),
                value=FORMATS[self.value](row[self.value], language),
            )
            for _, row in highest.iterrows()
        ]
        return reference.text(
            "alt.highest", language, items=reference.text("alt.join", language).join(items)
        )


@cache
def _dep_names() -> dict[str, str]:
    departements = reference.read_departements()
    return dict(zip(departements["dep_code"], departements["dep_name"], strict=True))


def name_place(dep_code: str, language: str) -> str:
    """
    Name a département with its code, or one of the two other places.

    Examples
    --------
    >>> name_place("56", "fr"), name_place("abroad", "fr")
    ('Morbihan (56)', 'Étranger')
    """
    if dep_code not in _dep_names():
        return reference.text(f"dep_code.{dep_code}", language)
    return reference.text("place_name", language, name=_dep_names()[dep_code], code=dep_code)


@cache
def _region_names() -> dict[str, str]:
    departements = reference.read_departements()
    return dict(zip(departements["region_code"], departements["region_name"], strict=True))


def name_category(category: str, language: str) -> str:
    """
    Name a category, a group of categories, or several joined by ``+``.

    Raises
    ------
    KeyError
        If it is neither a category nor a group.

    Examples
    --------
    >>> name_category("email", "fr"), name_category("any", "en")
    ('Adresse électronique', 'Any data about the patient')
    """
    if "+" in category:
        first, last = category.rsplit("+", 1)
        names = {"first": name_category(first, language), "last": name_category(last, language)}
        return reference.text("and", language, **names)
    table = reference.read_categories()
    if category in table.index:
        return str(table.loc[category, f"label_{language}"])
    group = table[table["category_group"].eq(category)]
    if len(group):
        return str(group[f"group_label_{language}"].iloc[0])
    return reference.text(f"category.{category}", language)


def name_value(column: str, value: str, language: str, *, row: pd.Series | None = None) -> str:
    """
    Name a value of a dimension; a window by its days, where its row is given.

    Examples
    --------
    >>> name_value("sex", "F", "en"), name_value("laboratory_id", "LAB-A", "fr")
    ('women and girls', 'laboratoire LAB-A')
    """
    if column in ("dep_code", "region_code"):
        names = _region_names() if column == "region_code" else {}
        return names.get(value) or name_place(value, language)
    if column == "category":
        return name_category(value, language)
    if column in JOINED:
        parts = [part.strip() for part in value.split("+")]
        return " + ".join(reference.text(f"{JOINED[column]}.{part}", language) for part in parts)
    if column == "window":
        return (
            write_span(row["window_start"], row["window_end"], language)
            if row is not None
            else value
        )
    if reference.has_text(f"{column}.{value}"):
        return reference.text(f"{column}.{value}", language)
    return reference.text(column, language, label=value)


def write_span(start: pd.Timestamp, end: pd.Timestamp, language: str) -> str:
    """
    Write a half-open window by its first and last day.

    Examples
    --------
    >>> write_span(pd.Timestamp("2018-01-01"), pd.Timestamp("2019-01-01"), "en")
    'from 1 January 2018 to 31 December 2018'
    """
    last = reference.format_date(end - pd.Timedelta(days=1), language)
    if start.year <= LONG_AGO:
        return reference.text("span_open", language, last=last)
    first = reference.format_date(start, language)
    return reference.text("span", language, first=first, last=last)
