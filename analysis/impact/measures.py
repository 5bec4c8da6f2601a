"""What could have been different in a breach: measures, as a table that can be edited."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from analysis import reference

MEASURES = reference.REFERENCE / "measures.yaml"
EFFECTS = ("removes", "keeps_months", "keeps_before", "keeps_laboratories")
WORDS = ("reason", "effort")


@dataclass(frozen=True)
class Measure:
    """
    One thing that could have been different.

    Attributes
    ----------
    name : str
        Short name; its texts are the row ``measure.NAME`` of the wording.
    effect : str
        One of `EFFECTS`.
    value : object
        Categories, months [months], a day, or ranks of laboratories.
    span : tuple or None
        Lowest and highest value as defensible as `value`.
    effort : tuple of float, shape (3,)
        Lowest, chosen and highest effort [points], an assumption.
    reason : str
        Why it could have been so.
    fact : str or None
        Id of the published fact it answers to.
    """

    name: str
    effect: str
    value: Any
    span: tuple[Any, Any] | None
    effort: tuple[float, float, float]
    reason: str
    fact: str | None = None

    def __post_init__(self) -> None:
        for value in (self.value, *(self.span or ())):
            _check_effect(self.effect, value)
        low, chosen, high = self.effort
        if not 0 < low <= chosen <= high:
            raise ValueError("effort must be above zero and within its range")
        if self.fact is not None and self.fact not in reference.read_facts().index:
            raise ValueError(f"unknown fact {self.fact!r}")

    def vary(self) -> Iterator[Measure]:
        """Yield the measure with the ends of its range, where they differ from its value."""
        for value in self.span or ():
            if value != self.value:
                yield replace(self, value=value)


@dataclass(frozen=True)
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

    taken_on: date
    by_name: dict[str, Measure]

    def select(self, names: Collection[str]) -> Measures:
        """
        Keep some of the measures.

        Raises
        ------
        KeyError
            If there is none of a name.
        """
        if unknown := sorted(set(names) - set(self.by_name)):
            raise KeyError(f"unknown measures {unknown}; known are {[*self.by_name]}")
        return replace(self, by_name={n: m for n, m in self.by_name.items() if n in names})


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
    if not path.is_file():
        raise FileNotFoundError(f"no measures at {path}; copy {MEASURES.name} and edit it")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    measures: dict[str, Measure] = {}
    for name, entry in content["measures"].items():
        try:
            measures[name] = _make_measure(name, entry)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, {name}: {error}") from error
    return Measures(content["taken_on"], measures)


def _make_measure(name: str, entry: dict[str, Any]) -> Measure:
    known = {*EFFECTS, *WORDS, "range", "fact"}
    if unknown := sorted(set(entry) - known):
        raise ValueError(f"unknown keys {unknown}")
    if missing := [word for word in WORDS if not entry.get(word)]:
        raise ValueError(f"{missing} missing")
    effects = [effect for effect in EFFECTS if effect in entry]
    if len(effects) != 1:
        raise ValueError(f"one effect is needed, of {EFFECTS}; got {effects}")
    if len(entry.get("range", "ab")) != 2:
        raise ValueError("range must be the lowest and the highest value")
    low, high = entry["effort"]["range"]
    return Measure(
        name,
        effects[0],
        entry[effects[0]],
        tuple(entry["range"]) if "range" in entry else None,
        (low, entry["effort"]["value"], high),
        entry["reason"],
        entry.get("fact"),
    )


def _check_effect(effect: str, value: Any) -> None:
    if effect == "removes":
        known = reference.list_patient_categories()
        if not value or not set(value) <= set(known):
            raise ValueError(f"removes must name categories among {known}, got {value}")
    elif effect == "keeps_months":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"keeps_months must be 0 or more whole months, got {value!r}")
    elif effect == "keeps_before":
        if not isinstance(value, date):
            raise ValueError(f"keeps_before must be a day such as 2019-01-01, got {value!r}")
    elif not value or any(isinstance(rank, bool) or not rank for rank in value):
        raise ValueError(f"keeps_laboratories must be ranks other than 0, got {value!r}")
