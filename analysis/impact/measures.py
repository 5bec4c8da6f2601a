"""What could have been different in a breach: measures, as a table that can be edited."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    StrictInt,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from analysis import reference
from analysis.impact.choices import check_categories

MEASURES = reference.REFERENCE / "measures.yaml"
EFFECTS = ("removes", "keeps_months", "keeps_before", "keeps_laboratories")


def _check_ranks(ranks: list[int]) -> list[int]:
    if not ranks or not all(ranks):
        raise ValueError(f"must be ranks other than 0, got {ranks}")
    return ranks


def _check_fact(fact: str) -> str:
    if fact not in reference.read_facts().index:
        raise ValueError(f"unknown fact {fact!r}")
    return fact


Categories = Annotated[list[str], Field(min_length=1), AfterValidator(check_categories)]
Day = Annotated[date, Strict()]


@dataclass(frozen=True, config=reference.SETTINGS)
class Measure:
    """
    One thing that could have been different, with exactly one effect.

    Attributes
    ----------
    name : str
        Short name; its texts are the row ``measure.NAME`` of the wording.
    effort : reference.Estimate
        What it asks of those who take it [points].
    reason : str
        Why it could have been so.
    fact : str or None
        Id of the published fact it answers to.
    removes : list of str or None
        Categories that nobody is exposed with any more.
    keeps_months : int or None
        Only records sampled within so long before the file was taken [months].
    keeps_before : datetime.date or None
        Only records sampled before this day.
    keeps_laboratories : list of int or None
        Only these laboratories, by their rank in persons: 1 the largest, -1 the smallest.
    span : tuple or None
        Lowest and highest value as defensible as `value`.
    """

    name: str
    effort: reference.Estimate
    reason: reference.Reason
    fact: Annotated[str, AfterValidator(_check_fact)] | None = None
    removes: Categories | None = None
    keeps_months: Annotated[StrictInt, Field(ge=0)] | None = None
    keeps_before: Day | None = None
    keeps_laboratories: Annotated[list[StrictInt], AfterValidator(_check_ranks)] | None = None
    span: tuple[Any, Any] | None = Field(default=None, validation_alias="range")

    @model_validator(mode="after")
    def _check_effect(self) -> Measure:
        effects = [effect for effect in EFFECTS if getattr(self, effect) is not None]
        if len(effects) != 1:
            raise ValueError(f"one effect is needed, of {EFFECTS}; got {effects}")
        try:
            list(self.vary())
        except ValidationError as error:
            raise ValueError(f"range must hold values such as {self.value!r}") from error
        return self

    @property
    def effect(self) -> str:
        """One of `EFFECTS`."""
        return next(effect for effect in EFFECTS if getattr(self, effect) is not None)

    @property
    def value(self) -> Any:
        """Categories, months [months], a day, or ranks of laboratories."""
        return getattr(self, self.effect)

    def vary(self) -> Iterator[Measure]:
        """
        Take the ends of the range, where they differ from the value.

        Yields
        ------
        Measure
            The measure with the lowest, then with the highest value.
        """
        for value in self.span or ():
            if value != self.value:
                yield replace(self, span=None, **{self.effect: value})


@dataclass(frozen=True, config=reference.SETTINGS)
class Measures:
    """
    The measures to compare.

    Attributes
    ----------
    taken_on : datetime.date
        Day the file was taken: first day that cannot be in it.
    by_name : dict of str to Measure
        The measures, in their order.
    """

    taken_on: Day
    by_name: Annotated[
        dict[str, Measure],
        BeforeValidator(reference.name_entries),
        Field(validation_alias="measures"),
    ]

    def select(self, names: Collection[str]) -> Measures:
        """
        Keep some of the measures.

        Parameters
        ----------
        names : collection of str
            Those to keep.

        Returns
        -------
        Measures
            In the order of all.

        Raises
        ------
        KeyError
            If there is none of a name.
        """
        if unknown := sorted(set(names) - set(self.by_name)):
            raise KeyError(f"unknown measures {unknown}; known are {[*self.by_name]}")
        return replace(self, by_name={n: m for n, m in self.by_name.items() if n in names})

    def list_values(self, effect: str) -> list[Any]:
        """
        List the values of the measures that have an effect.

        Parameters
        ----------
        effect : str
            One of `EFFECTS`.

        Returns
        -------
        list
            A value for each such measure, in their order.
        """
        return [measure.value for measure in self.by_name.values() if measure.effect == effect]


def read_measures(path: Path = MEASURES) -> Measures:
    """
    Read measures and check each.

    Parameters
    ----------
    path : pathlib.Path
        A file like ``reference/measures.yaml``.

    Returns
    -------
    Measures
        In the order of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a measure has no effect or several, an effect has a value that means nothing, or a word
        is missing; the message names file and measure.
    """
    return reference.read_yaml(path, Measures, advice=f"copy {MEASURES.name} and edit it")


def tabulate_measures(measures: Measures) -> pd.DataFrame:
    """
    List measures with their effect, their range and what they ask.

    Parameters
    ----------
    measures : Measures
        As read by `read_measures`.

    Returns
    -------
    pandas.DataFrame
        One row per ``measure``, which is the index: ``effect``; ``span`` (value, lowest and highest
        of its range; missing without one); ``effort`` with ``effort_low`` and ``effort_high``
        [points]; ``fact`` that it answers to.
    """
    rows = {
        name: (m.effect, (m.value, *m.span) if m.span else None, *m.effort.bounds, m.fact)
        for name, m in measures.by_name.items()
    }
    columns = ["effect", "span", "effort_low", "effort", "effort_high", "fact"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("measure")
