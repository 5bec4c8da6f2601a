"""The parameters of a synthetic breach, each a published fact or a named assumption."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictInt, model_validator
from pydantic.dataclasses import dataclass

from analysis import reference

SCENARIO = Path(__file__).parents[1] / "scenario.yaml"
WHAT_IF = "what-if"


@dataclass(frozen=True, config=reference.SETTINGS)
class Parameter:
    """
    One parameter of a scenario.

    Attributes
    ----------
    value : object
        Number, date, text, list or mapping, as written in the scenario.
    unit : str
        Unit of the value.
    fact : str, mapping or None
        Id of the published fact the value equals; a mapping for one fact per entry.
    assumption : str or None
        Why the value stands in for a figure nobody published.
    span : object
        Lowest and highest value as defensible as `value`; None for a fact.
    scales : bool
        Whether the value is a count that grows with the scenario's factor.
    scale : float
        What the published number is multiplied by to give the value.
    note : str
        What else is to be known.
    """

    value: Any
    unit: str
    fact: Any = None
    assumption: str | None = None
    span: Any = Field(default=None, validation_alias="range")
    scales: bool = False
    scale: reference.Number = 1
    note: str = ""

    @model_validator(mode="after")
    def _check_source(self) -> Parameter:
        if (self.fact is None) == (self.assumption is None):
            raise ValueError("needs a fact or an assumption, and not both")
        if self.fact is None and self.span is None and self.assumption != WHAT_IF:
            raise ValueError("is an assumption and needs a range")
        if isinstance(self.fact, dict):
            values = self.value if isinstance(self.value, dict) else {}
            for key, fact_id in self.fact.items():
                _check_fact(values.get(key), fact_id, self.scale)
        elif self.fact is not None:
            _check_fact(self.value, self.fact, self.scale)
        return self


@dataclass(frozen=True, config=reference.SETTINGS)
class Scenario:
    """
    A synthetic breach before it is drawn.

    Attributes
    ----------
    name : str
        Name of the scenario.
    seed : int
        Seed of every random number.
    factor : float
        What the counts that scale are multiplied by.
    parameters : dict of str to Parameter
        All parameters by name.
    """

    name: str
    seed: Annotated[StrictInt, Field(ge=0)]
    factor: Annotated[reference.Number, Field(gt=0)]
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _check_size(self) -> Scenario:
        if self["records"] < self["persons"]:
            raise ValueError("records must be at least as many as persons")
        return self

    def __getitem__(self, name: str) -> Any:
        """Return a parameter's value; counts that scale are multiplied by the factor."""
        parameter = self.parameters[name]
        return round(parameter.value * self.factor) if parameter.scales else parameter.value

    def digest(self) -> str:
        """
        Hash everything that steers the draw.

        Returns
        -------
        str
            A sha256 in hexadecimal.
        """
        values = {name: self[name] for name in sorted(self.parameters)}
        text = json.dumps([self.name, self.seed, self.factor, values], default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_scenario(path: Path, *, seed: int | None = None, factor: float | None = None) -> Scenario:
    """
    Read a scenario and check each parameter against its source.

    Parameters
    ----------
    path : pathlib.Path
        A scenario file (YAML).
    seed : int, optional
        Another seed than the file's; zero or more.
    factor : float, optional
        Another factor than the file's; above zero.

    Returns
    -------
    Scenario
        All parameters checked: a fact's value equals the published one, an assumption has a
        reason and a range.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a parameter has no source or two, differs from its fact, the seed is no whole number
        of zero or more, or the factor is not positive.
    """
    return reference.read_yaml(
        path, Scenario, advice="give the path of a scenario.yaml", seed=seed, factor=factor
    )


def replace_values(scenario: Scenario, **values: Any) -> Scenario:
    """
    Return the scenario with other values: a what-if, no longer tied to facts.

    Parameters
    ----------
    scenario : Scenario
        The scenario to start from; it is not changed.
    **values
        New values by parameter name.

    Returns
    -------
    Scenario
        The same scenario with these values, each marked as an assumption.

    Raises
    ------
    KeyError
        If a name is not a parameter of the scenario.
    """
    changed = dict(scenario.parameters)
    for name, value in values.items():
        if name not in changed:
            raise KeyError(f"{name} is not a parameter of scenario {scenario.name}")
        changed[name] = replace(changed[name], value=value, fact=None, assumption=WHAT_IF)
    return replace(scenario, parameters=changed)


def _check_fact(value: Any, fact_id: str, scale: float) -> None:
    facts = reference.read_facts()["value"]
    if fact_id not in facts.index:
        raise ValueError(f"unknown fact {fact_id!r}")
    if not _agrees(value, facts[fact_id], scale):
        raise ValueError(
            f"{value} is not what fact {fact_id} says, {facts[fact_id]!r}; keep the published "
            "value or make it an assumption"
        )


def _agrees(value: object, published: str, scale: float) -> bool:
    """Tell whether each number or date of a value stands in the published text."""
    if isinstance(value, dict):
        entries = dict(entry.strip().split("=") for entry in published.split(";"))
        return all(_agrees(v, entries.get(str(k), ""), scale) for k, v in value.items())
    if isinstance(value, list):
        return all(_agrees(v, published, scale) for v in value)
    if isinstance(value, date):
        return value.isoformat() in published
    first = published.split(" / ", maxsplit=1)[0].lstrip("<>~ ")
    if not isinstance(value, int | float) or not re.fullmatch(r"[\d.]+", first):
        return False
    return abs(value - float(first) * scale) < 1e-9
