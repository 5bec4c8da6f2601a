"""The parameters of a synthetic breach, each a published fact or a named assumption."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from analysis import reference


@dataclass(frozen=True)
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
    """

    value: Any
    unit: str
    fact: Any = None
    assumption: str | None = None
    span: Any = None
    scales: bool = False


@dataclass(frozen=True)
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
    seed: int
    factor: float
    parameters: dict[str, Parameter]

    def __getitem__(self, name: str) -> Any:
        """Return a parameter's value; counts that scale are multiplied by the factor."""
        parameter = self.parameters[name]
        return round(parameter.value * self.factor) if parameter.scales else parameter.value

    def digest(self) -> str:
        """Return the sha256 of everything that steers the draw."""
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
    TypeError
        If the seed is not a whole number.
    ValueError
        If a parameter has no source or two, differs from its fact, or the factor is not
        positive.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no scenario at {path}; give the path of a scenario.yaml")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = content["parameters"]
    parameters = {name: _read_parameter(path, name, entry) for name, entry in entries.items()}
    scenario = Scenario(
        name=content["name"],
        seed=check_seed(content["seed"] if seed is None else seed),
        factor=content["factor"] if factor is None else factor,
        parameters=parameters,
    )
    if not scenario.factor > 0:
        raise ValueError(f"{path}: factor must be above zero, got {scenario.factor}")
    if scenario["records"] < scenario["persons"]:
        raise ValueError(f"{path}: records must be at least as many as persons")
    return scenario


def check_seed(seed: object) -> int:
    """
    Return the seed if it is one.

    Parameters
    ----------
    seed : object
        What should be a whole number, zero or more.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    TypeError
        If it is anything but an int (``True`` is no seed either).
    ValueError
        If it is negative.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be a whole number such as 20210214, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must be zero or more, got {seed}")
    return seed


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
        changed[name] = replace(changed[name], value=value, fact=None, assumption="what-if")
    return replace(scenario, parameters=changed)


def _read_parameter(path: Path, name: str, entry: dict[str, Any]) -> Parameter:
    known = {"value", "unit", "fact", "assumption", "range", "scales", "scale", "note"}
    if unknown := set(entry) - known:
        raise ValueError(f"{path}: parameter {name} has unknown keys {sorted(unknown)}")
    if ("fact" in entry) == ("assumption" in entry):
        raise ValueError(f"{path}: parameter {name} needs a fact or an assumption, and not both")
    if "assumption" in entry and "range" not in entry:
        raise ValueError(f"{path}: parameter {name} is an assumption and needs a range")
    if "fact" in entry:
        _check_fact(path, name, entry)
    return Parameter(
        entry["value"],
        entry["unit"],
        entry.get("fact"),
        entry.get("assumption"),
        entry.get("range"),
        entry.get("scales", False),
    )


def _check_fact(path: Path, name: str, entry: dict[str, Any]) -> None:
    facts = reference.read_facts()["value"]
    ids = entry["fact"] if isinstance(entry["fact"], dict) else {None: entry["fact"]}
    for key, fact_id in ids.items():
        if fact_id not in facts.index:
            raise ValueError(f"{path}: parameter {name} names an unknown fact {fact_id!r}")
        value = entry["value"] if key is None else entry["value"][key]
        if not _agrees(value, facts[fact_id], entry.get("scale", 1)):
            raise ValueError(
                f"{path}: parameter {name} is {value}, but fact {fact_id} says "
                f"{facts[fact_id]!r}; keep the published value or make it an assumption"
            )


def _agrees(value: object, published: str, scale: float) -> bool:
    """Tell whether each number or date of a value stands in the published text."""
    if isinstance(value, dict):
        return all(_agrees(v, _entries(published)[str(k)], scale) for k, v in value.items())
    if isinstance(value, list):
        return all(_agrees(v, published, scale) for v in value)
    if isinstance(value, date):
        return value.isoformat() in published
    first = published.split(" / ", maxsplit=1)[0].lstrip("<>~ ")
    return isinstance(value, int | float) and abs(value - float(first) * scale) < 1e-9


def _entries(published: str) -> dict[str, str]:
    return dict(entry.strip().split("=") for entry in published.split(";"))
