"""Say which column of somebody's file is which field, in a small YAML file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pydantic
import yaml
from pydantic.dataclasses import dataclass

from analysis import reference
from analysis.intake.chunks import Layout
from analysis.intake.patterns import read_words, say

NEEDED = ("laboratory_id", "sampled_on")
SPLIT = ["postal_code", "city"]
INTRODUCTION = """\
# Which column of the file is which field. Correct it by hand; `breach-impact check` tells what
# is wrong with it. Fields are those of analysis/reference/data_dictionary.csv.
"""


def list_targets(target: str | Sequence[str]) -> list[str]:
    """
    List the fields that a column fills.

    Parameters
    ----------
    target : str or sequence of str
        What a mapping says of the column.

    Returns
    -------
    list of str
        One field, or several.

    Examples
    --------
    >>> list_targets("nir"), list_targets(["postal_code", "city"])
    (['nir'], ['postal_code', 'city'])
    """
    return [target] if isinstance(target, str) else list(target)


def _check_field(name: str) -> str:
    known = reference.read_dictionary().index.tolist()
    if name not in known:
        raise ValueError(f"unknown field {name!r}{reference.suggest(name, known)}")
    return name


def _check_date_field(name: str) -> str:
    dictionary = reference.read_dictionary()
    if dictionary.loc[_check_field(name), "type"] != "date":
        dates = dictionary.index[dictionary["type"] == "date"].tolist()
        raise ValueError(f"field {name} is no date; dates are {dates}")
    return name


def _check_target(target: Any) -> str | list[str]:
    if isinstance(target, str):
        return _check_field(target)
    if target != SPLIT:
        raise ValueError(f"must be a field, or {SPLIT} to split the column; got {target!r}")
    return list(target)


def _check_format(pattern: str) -> str:
    """Check that a date format writes day, month and year in a way that is read back."""
    with suppress(ValueError):
        day = date(2018, 12, 31)
        if datetime.strptime(day.strftime(pattern), pattern).date() == day:
            return pattern
    meant = pattern.lower()
    for letters, part in read_words("letters").items():
        meant = re.sub(f"(?<!%){letters}", part, meant)
    parts = set(re.findall("%[a-zA-Z]", meant))
    is_whole = {"%d", "%m"} <= parts and parts & {"%Y", "%y"}
    advice = f"did you mean {meant!r}?" if is_whole else "it looks like '%d/%m/%Y' or '%Y-%m-%d'"
    raise ValueError(f"{pattern!r} is no date format; {advice}")


def _check_place(dep_code: str) -> str:
    if dep_code not in (reference.UNKNOWN, reference.ABROAD):
        reference.check_dep_code(dep_code)
    return dep_code


def _list_formats(formats: Any) -> Any:
    return [formats] if isinstance(formats, str) else formats


FieldName = Annotated[str, pydantic.AfterValidator(_check_field)]
DateField = Annotated[str, pydantic.AfterValidator(_check_date_field)]
Format = Annotated[str, pydantic.AfterValidator(_check_format)]
Target = Annotated[str | list[str], pydantic.PlainValidator(_check_target)]
Place = Annotated[reference.Text, pydantic.AfterValidator(_check_place)]
Formats = Annotated[list[Format], pydantic.BeforeValidator(_list_formats)]


@dataclass(frozen=True, config=reference.SETTINGS)
class Mapping:
    """
    How to read one file.

    Attributes
    ----------
    layout : Layout
        Kind, encoding, delimiter, quote, line of the header, table; ``file`` in YAML.
    columns : dict of str to (str or list of str)
        Field of each column that is used; ``[postal_code, city]`` splits a column that holds
        both.
    dates : dict of str to list of str
        Formats of each date field, tried in order, as Python's ``strptime`` writes them.
    constants : dict of str to str
        Fields that have one value for the whole file.
    values : dict of str to dict of str to str
        For a field, what to write for what stands in the file.
    lost_zeros : list of str
        Postal-code fields whose leading zero was lost.
    laboratories : dict of str to str
        ``dep_code`` of each ``laboratory_id``; those not named have no known place.
    latest : datetime.date
        Last day that a date can be.
    is_synthetic : bool
        Whether the file describes nobody real.
    """

    layout: Annotated[Layout, pydantic.Field(validation_alias="file", serialization_alias="file")]
    columns: dict[reference.Text, Target]
    dates: dict[DateField, Formats] = field(default_factory=dict)
    constants: dict[FieldName, reference.Text] = field(default_factory=dict)
    values: dict[FieldName, dict[reference.Text, reference.Text]] = field(default_factory=dict)
    lost_zeros: list[FieldName] = field(default_factory=list)
    laboratories: dict[reference.Text, Place] = field(default_factory=dict)
    latest: Annotated[date, pydantic.Strict()] = field(default_factory=date.today)
    is_synthetic: pydantic.StrictBool = False

    @pydantic.model_validator(mode="after")
    def _check_fields(self) -> Mapping:
        given: dict[str, str] = dict.fromkeys(self.constants, "`constants`")
        for column, target in self.columns.items():
            for name in list_targets(target):
                if name in given:
                    both = f"{given[name]} and {column!r}"
                    raise ValueError(f"field {name} is given twice, by {both}; remove one of them")
                given[name] = repr(column)
        kinds = reference.read_dictionary().loc[[*given], "type"]
        if undated := [
            name for name in given if kinds[name] == "date" and not self.dates.get(name)
        ]:
            raise ValueError(f"give the format of {undated[0]} under `dates`")
        return self

    def fields(self) -> list[str]:
        """
        List the fields that columns and constants fill.

        Returns
        -------
        list of str
            In the order of the dictionary.
        """
        named = [name for target in self.columns.values() for name in list_targets(target)]
        return [n for n in reference.read_dictionary().index if n in {*named, *self.constants}]


def read_mapping(path: Path) -> Mapping:
    """
    Read a mapping from its file.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file, as written by `write_mapping` and corrected by hand.

    Returns
    -------
    Mapping
        Consistent in itself; whether the file has these columns is for `check_columns`.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is no mapping, names an unknown field, département or setting, gives a field
        twice or a needed one not at all, or has a date format that cannot be one; the message
        suggests what was meant.
    """
    mapping = reference.read_yaml(
        path, Mapping, advice="propose a mapping with `breach-impact map FILE`"
    )
    if missing := [name for name in NEEDED if name not in mapping.fields()]:
        raise ValueError(say("not given", path, missing))
    return mapping


def write_mapping(mapping: Mapping, path: Path, *, remarks: Sequence[str] = ()) -> None:
    """
    Write a mapping as YAML, with remarks as comments above it.

    Parameters
    ----------
    mapping : Mapping
        What to write.
    path : pathlib.Path
        Where; an existing file is replaced.
    remarks : sequence of str
        One comment line each.

    Returns
    -------
    None
        The file says it.
    """
    settings = pydantic.TypeAdapter(Mapping).dump_python(mapping, by_alias=True)
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=1000)
    comments = "".join(f"# {' '.join(remark.split())}\n" for remark in remarks)
    path.write_text(INTRODUCTION + comments + text, encoding="utf-8")


def check_columns(mapping: Mapping, columns: Sequence[str]) -> None:
    """
    Check that a file has the columns that a mapping names.

    Parameters
    ----------
    mapping : Mapping
        A consistent mapping.
    columns : sequence of str
        Columns of the file.

    Returns
    -------
    None
        The file has them all.

    Raises
    ------
    ValueError
        If one is missing; the message suggests the nearest column.

    Examples
    --------
    >>> check_columns(Mapping(Layout("text"), {"Nom": "used_name"}), ["NOM", "Ville"])
    Traceback (most recent call last):
    ValueError: the file has no column 'Nom'; did you mean 'NOM'?
    """
    for name in mapping.columns:
        if name not in columns:
            raise ValueError(f"the file has no column {name!r}{reference.suggest(name, columns)}")


def describe_layout(mapping: Mapping) -> pd.DataFrame:
    """
    Describe how a file is written.

    Parameters
    ----------
    mapping : Mapping
        See the glossary of `analysis.intake`.

    Returns
    -------
    pandas.DataFrame
        One row, with the attributes of its layout that it has.
    """
    return pd.DataFrame([asdict(mapping.layout)]).dropna(axis=1)
