"""The choices a severity method leaves open, each with its reason and its alternatives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, model_validator
from pydantic.dataclasses import dataclass

from analysis import reference

T = TypeVar("T", bound=Collection[str])
CHOICES = reference.REFERENCE / "severity_choices.yaml"
BASE = {"simple": 1, "behavioural": 2, "financial": 3, "sensitive": 4}
IDENTIFICATION = {"negligible": 0.25, "limited": 0.5, "significant": 0.75, "maximum": 1.0}
CIRCUMSTANCES = {
    "confidentiality": (0, 0.25, 0.5),
    "integrity": (0, 0.25, 0.5),
    "availability": (0, 0.25, 0.5),
    "intention": (0, 0.5),
}
PARTS = ("data", "identification", "circumstances")


def _complete_alternatives(choice: Any) -> Any:
    """Let an alternative take from the choice what it does not say, the reason apart."""
    if not isinstance(choice, dict) or not isinstance(choice.get("alternatives"), list):
        return choice
    said = {key: value for key, value in choice.items() if key not in ("reason", "alternatives")}
    others = [
        said | other if isinstance(other, dict) else other for other in choice["alternatives"]
    ]
    return choice | {"alternatives": others}


@dataclass(frozen=True, config=reference.SETTINGS)
class DataChoice:
    """
    How much a kind of data says about a person.

    Attributes
    ----------
    type : {'simple', 'behavioural', 'financial', 'sensitive'}
        Type of data, which sets the base score.
    adjustment : int
        Steps from the base, so that `score` lies in 1 to 4.
    reason : str
        Why.
    alternatives : tuple of DataChoice
        Other choices that could be defended.
    """

    type: Literal["simple", "behavioural", "financial", "sensitive"]
    adjustment: StrictInt
    reason: reference.Reason
    alternatives: tuple[DataChoice, ...] = ()

    _complete = model_validator(mode="before")(_complete_alternatives)

    @model_validator(mode="after")
    def _check_score(self) -> DataChoice:
        low, high = 1 - BASE[self.type], 4 - BASE[self.type]
        if not low <= self.adjustment <= high:
            raise ValueError(f"adjustment of {self.type} data must be {low} to {high}")
        return self

    @property
    def score(self) -> int:
        """
        Score of the data's context, 1 to 4.

        Examples
        --------
        >>> DataChoice("sensitive", -1, "a test for a specific disease").score
        3
        """
        return BASE[self.type] + self.adjustment

    @property
    def label(self) -> str:
        """Type, adjustment and score in one line."""
        return f"{self.type} {self.adjustment:+d} = {self.score}"


def check_categories(names: T) -> T:
    """
    Check that categories are about patients.

    Parameters
    ----------
    names : collection of str
        Categories.

    Returns
    -------
    collection of str
        The same.

    Raises
    ------
    ValueError
        If one is unknown.
    """
    reference.check_known("category", names, reference.list_patient_categories())
    return names


@dataclass(frozen=True, config=reference.SETTINGS)
class IdentificationChoice:
    """
    How easily some data name a person.

    Attributes
    ----------
    all_of : tuple of str
        Categories; the choice holds for a person who has them all.
    level : {'negligible', 'limited', 'significant', 'maximum'}
        Ease of identification.
    reason : str
        Why.
    alternatives : tuple of IdentificationChoice
        Other choices that could be defended.
    """

    all_of: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(check_categories)]
    level: Literal["negligible", "limited", "significant", "maximum"]
    reason: reference.Reason
    alternatives: tuple[IdentificationChoice, ...] = ()

    _complete = model_validator(mode="before")(_complete_alternatives)

    @property
    def label(self) -> str:
        """Level and its value in one line."""
        return f"{self.level} = {IDENTIFICATION[self.level]}"


@dataclass(frozen=True, config=reference.SETTINGS)
class Circumstance:
    """
    What a circumstance of the incident adds to every score.

    Attributes
    ----------
    name : str
        One of `CIRCUMSTANCES`.
    amount : float
        One of the amounts that the method prints for it.
    reason : str
        Why.
    alternatives : tuple of Circumstance
        Other choices that could be defended.
    """

    name: Literal["confidentiality", "integrity", "availability", "intention"]
    amount: reference.Number
    reason: reference.Reason
    alternatives: tuple[Circumstance, ...] = ()

    _complete = model_validator(mode="before")(_complete_alternatives)

    @model_validator(mode="after")
    def _check_amount(self) -> Circumstance:
        if self.amount not in CIRCUMSTANCES[self.name]:
            raise ValueError(f"amount must be one of {CIRCUMSTANCES[self.name]}, not {self.amount}")
        return self

    @property
    def label(self) -> str:
        """Amount as text."""
        return f"{self.amount}"


Choice = DataChoice | IdentificationChoice | Circumstance


def _check_names(part: str, choices: Collection[str], wanted: Collection[str]) -> None:
    missing, unknown = sorted({*wanted} - {*choices}), sorted({*choices} - {*wanted})
    if missing or unknown:
        raise ValueError(f"{part}: missing {missing}, unknown {unknown}")


def _number(rules: Any) -> Any:
    return dict(enumerate(rules)) if isinstance(rules, list) else rules


def _name_rules(rules: Mapping[Any, IdentificationChoice]) -> Mapping[str, IdentificationChoice]:
    return {"+".join(rule.all_of): rule for rule in rules.values()}


@dataclass(frozen=True, config=reference.SETTINGS)
class Choices:
    """
    All choices of an assessment.

    Attributes
    ----------
    data : mapping of str to DataChoice
        One per category of data about patients.
    identification : mapping of str to IdentificationChoice
        By the categories they need, joined by ``+``.
    circumstances : mapping of str to Circumstance
        One per name in `CIRCUMSTANCES`.
    """

    data: dict[str, DataChoice]
    identification: Annotated[
        dict[Any, IdentificationChoice], BeforeValidator(_number), AfterValidator(_name_rules)
    ]
    circumstances: Annotated[dict[str, Circumstance], BeforeValidator(reference.name_entries)]

    @model_validator(mode="after")
    def _check_parts(self) -> Choices:
        _check_names("data", self.data, reference.list_patient_categories())
        _check_names("circumstances", self.circumstances, CIRCUMSTANCES)
        return self

    @property
    def added(self) -> float:
        """Sum of the circumstances, 0 to 2."""
        return float(sum(choice.amount for choice in self.circumstances.values()))

    def vary(self) -> Iterator[tuple[str, str, Choice, Choices]]:
        """
        Try each alternative alone.

        Yields
        ------
        part, name : str
            What is varied: one of the three parts, and the name in it.
        choice : Choice
            The alternative.
        changed : Choices
            All choices with it.
        """
        for part in PARTS:
            chosen = getattr(self, part)
            for name, choice in chosen.items():
                for other in choice.alternatives:
                    changed: Any = {part: {**chosen, name: other}}
                    yield part, name, other, replace(self, **changed)


def read_choices(path: Path = CHOICES) -> Choices:
    """
    Read the choices of an assessment and check each.

    Parameters
    ----------
    path : pathlib.Path
        A file like ``reference/severity_choices.yaml``.

    Returns
    -------
    Choices
        Every category about patients and every circumstance has its choice and its reason.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a part, category or circumstance is missing or unknown, a score leaves what the method
        prints, or a choice has no reason; the message names the file and the choice.
    """
    return reference.read_yaml(path, Choices, advice=f"copy {CHOICES.name} and edit it")


def tabulate_data(choices: Choices) -> pd.DataFrame:
    """
    List what each kind of data is taken to say about somebody.

    Parameters
    ----------
    choices : Choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    pandas.DataFrame
        One row per ``category``, which is the index: ``type``, ``adjustment`` and ``context``
        [score, 1 to 4].
    """
    rows = {name: (c.type, c.adjustment, c.score) for name, c in choices.data.items()}
    columns = ["type", "adjustment", "context"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("category")


def tabulate_rules(choices: Choices) -> pd.DataFrame:
    """
    List which data identify, and what circumstances add.

    Parameters
    ----------
    choices : Choices
        See the glossary of `analysis.impact`.

    Returns
    -------
    pandas.DataFrame
        One row per combination of categories or circumstance (``name``, which is the index):
        ``ease`` of identification, ``amount`` (0.25 to 1, or what the circumstance adds).
    """
    rules = {n: (c.level, IDENTIFICATION[c.level]) for n, c in choices.identification.items()}
    added = {n: (None, c.amount) for n, c in choices.circumstances.items()}
    table = pd.DataFrame.from_dict({**rules, **added}, orient="index", columns=["ease", "amount"])
    return table.rename_axis("name")
