"""The choices a severity method leaves open, each with its reason and its alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from analysis import reference

CHOICES = reference.REFERENCE / "severity_choices.yaml"
BASE = {"simple": 1, "behavioural": 2, "financial": 3, "sensitive": 4}
IDENTIFICATION = {"negligible": 0.25, "limited": 0.5, "significant": 0.75, "maximum": 1.0}
CIRCUMSTANCES = {
    "confidentiality": (0, 0.25, 0.5),
    "integrity": (0, 0.25, 0.5),
    "availability": (0, 0.25, 0.5),
    "intention": (0, 0.5),
}


@dataclass(frozen=True)
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
    """

    type: str
    adjustment: int
    reason: str

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

    def __post_init__(self) -> None:
        if self.type not in BASE:
            raise ValueError(f"type must be one of {list(BASE)}, got {self.type!r}")
        if isinstance(self.adjustment, bool) or not isinstance(self.adjustment, int):
            raise ValueError(f"adjustment must be a whole number, got {self.adjustment!r}")
        if not 1 <= self.score <= 4:
            low, high = 1 - BASE[self.type], 4 - BASE[self.type]
            raise ValueError(
                f"adjustment of {self.type} data must be {low} to {high}, got {self.adjustment}"
            )
        _check_reason(self.reason)


@dataclass(frozen=True)
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
    """

    all_of: tuple[str, ...]
    level: str
    reason: str

    @property
    def label(self) -> str:
        """Level and its value in one line."""
        return f"{self.level} = {IDENTIFICATION[self.level]}"

    def __post_init__(self) -> None:
        if self.level not in IDENTIFICATION:
            raise ValueError(f"level must be one of {list(IDENTIFICATION)}, got {self.level!r}")
        _check_categories(self.all_of)
        _check_reason(self.reason)


@dataclass(frozen=True)
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
    """

    name: str
    amount: float
    reason: str

    @property
    def label(self) -> str:
        """Amount as text."""
        return f"{self.amount}"

    def __post_init__(self) -> None:
        if self.amount not in CIRCUMSTANCES[self.name]:
            raise ValueError(f"amount must be one of {CIRCUMSTANCES[self.name]}, not {self.amount}")
        _check_reason(self.reason)


Choice = DataChoice | IdentificationChoice | Circumstance


@dataclass(frozen=True)
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
    alternatives : list of (str, str, Choice)
        Part, name in it, and another choice that could be defended there.
    """

    data: Mapping[str, DataChoice]
    identification: Mapping[str, IdentificationChoice]
    circumstances: Mapping[str, Circumstance]
    alternatives: list[tuple[str, str, Choice]] = field(default_factory=list)

    @property
    def added(self) -> float:
        """Sum of the circumstances, 0 to 2."""
        return float(sum(choice.amount for choice in self.circumstances.values()))

    def vary(self) -> Iterator[tuple[str, str, Choice, Choices]]:
        """Yield each alternative (part, name, choice) with the choices it leads to."""
        for part, name, choice in self.alternatives:
            changed: Any = {**getattr(self, part), name: choice}
            yield part, name, choice, replace(self, **{part: changed})


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
    if not path.is_file():
        raise FileNotFoundError(f"no severity choices at {path}; copy {CHOICES.name} and edit it")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = ("data", "identification", "circumstances")
    _check_names(content, parts, f"{path}: parts")
    entries = {
        **content,
        "identification": {"+".join(e["all_of"]): e for e in content["identification"]},
    }
    patient = reference.list_patient_categories()
    _check_names(entries["data"], patient, f"{path}, data: categories")
    _check_names(entries["circumstances"], CIRCUMSTANCES, f"{path}: circumstances")
    read = [(part, *row) for part in parts for row in _read_part(path, part, entries[part])]
    chosen: dict[str, Any] = {part: {} for part in parts}
    for part, name, choice, is_chosen in read:
        if is_chosen:
            chosen[part][name] = choice
    others = [(part, name, choice) for part, name, choice, is_chosen in read if not is_chosen]
    return Choices(**chosen, alternatives=others)


def _read_part(
    path: Path, part: str, entries: Mapping[str, dict[str, Any]]
) -> Iterator[tuple[str, Choice, bool]]:
    """Yield name, choice, and whether it is the one chosen rather than an alternative."""
    for name, entry in entries.items():
        chosen = {key: value for key, value in entry.items() if key != "alternatives"}
        others = [{**chosen, "reason": "", **other} for other in entry.get("alternatives", [])]
        for number, option in enumerate([chosen, *others]):
            try:
                yield name, _make_choice(part, name, option), number == 0
            except (TypeError, ValueError) as error:
                which = f"alternative {number}" if number else "choice"
                raise ValueError(f"{path}, {part}, {name}, {which}: {error}") from error


def _make_choice(part: str, name: str, entry: dict[str, Any]) -> Choice:
    if part == "data":
        return DataChoice(**entry)
    if part == "identification":
        return IdentificationChoice(**{**entry, "all_of": tuple(entry["all_of"])})
    return Circumstance(name, **entry)


def _check_names(found: Any, wanted: Any, what: str) -> None:
    missing, unknown = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing or unknown:
        raise ValueError(f"{what} missing {missing}, unknown {unknown}")


def _check_categories(names: tuple[str, ...]) -> None:
    known = reference.list_patient_categories()
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"unknown category {unknown}; known are {known}")


def _check_reason(reason: object) -> None:
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("a reason is needed")
