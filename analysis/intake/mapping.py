"""Say which column of somebody's file is which field, in a small YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping as Keyed
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from analysis import reference
from analysis.intake.chunks import Layout

NEEDED = ("laboratory_id", "sampled_on")
SPLIT = ["postal_code", "city"]
PARTS_OF_DATES = re.compile(r"%[dmYybBHMSf]")
PATTERN_LETTERS = {"dd": "%d", "mm": "%m", "yyyy": "%Y", "jj": "%d", "aaaa": "%Y", "yy": "%y"}
INTRODUCTION = """\
# Which column of the file is which field. Correct it by hand; `breach-impact check` tells what
# is wrong with it. Fields are those of analysis/reference/data_dictionary.csv.
"""


@dataclass(frozen=True)
class Mapping:
    """
    How to read one file.

    Attributes
    ----------
    layout : Layout
        Kind, encoding, delimiter, quote, line of the header, table.
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

    layout: Layout
    columns: dict[str, str | list[str]]
    dates: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    lost_zeros: list[str] = field(default_factory=list)
    laboratories: dict[str, str] = field(default_factory=dict)
    latest: date = field(default_factory=date.today)
    is_synthetic: bool = False

    def fields(self) -> list[str]:
        """List the fields that columns and constants fill, in the order of the dictionary."""
        named = [name for target in self.columns.values() for name in list_targets(target)]
        return [n for n in reference.read_dictionary().index if n in {*named, *self.constants}]


def list_targets(target: str | Sequence[str]) -> list[str]:
    """
    List the fields that a column fills.

    Examples
    --------
    >>> list_targets("nir"), list_targets(["postal_code", "city"])
    (['nir'], ['postal_code', 'city'])
    """
    return [target] if isinstance(target, str) else list(target)


def read_mapping(path: Path) -> Mapping:
    """
    Read a mapping from its file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is no mapping, names an unknown field, département or setting, gives a field
        twice, or has a date format that cannot be one; the message suggests what was meant.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no mapping at {path}; propose one with `breach-impact map FILE`")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(f"{path.name} is not YAML: {getattr(error, 'problem', error)}") from error
    return build_mapping(found, name=path.name)


def build_mapping(found: Any, *, name: str = "the mapping") -> Mapping:
    """
    Build a mapping from what its file holds, and check it.

    Parameters
    ----------
    found : dict
        Settings as in the YAML file.
    name : str
        Name of the file, for messages.

    Returns
    -------
    Mapping
        Consistent in itself; whether the file has these columns is for `check_columns`.

    Raises
    ------
    ValueError
        As `read_mapping`.
    """
    if not isinstance(found, dict):
        raise ValueError(f"{name}: a mapping has settings such as `columns:`; this has none")
    known = [f.name for f in fields(Mapping)]
    _check_names(found, ["file" if n == "layout" else n for n in known], name, "setting")
    layout = found.get("file") or {}
    _check_names(layout, [f.name for f in fields(Layout)], name, "setting of `file`")
    settings = {key: value for key, value in found.items() if key != "file" and value is not None}
    try:
        mapping = Mapping(Layout(**layout), **_tidy(settings))
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{name}: a setting is missing or of the wrong kind ({error})") from error
    _check(mapping, name)
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
    """
    settings: dict[str, Any] = {"file": {}}
    for part in fields(Layout):
        settings["file"][part.name] = getattr(mapping.layout, part.name)
    for part in fields(Mapping):
        if part.name != "layout":
            settings[part.name] = getattr(mapping, part.name)
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

    Raises
    ------
    ValueError
        If one is missing; the message suggests the nearest column.

    Examples
    --------
    >>> mapping = Mapping(Layout("text"), {"Nom": "used_name"})
    >>> check_columns(mapping, ["NOM", "Ville"])
    Traceback (most recent call last):
    ValueError: the file has no column 'Nom'; did you mean 'NOM'?
    """
    for name in mapping.columns:
        if name not in columns:
            raise ValueError(f"the file has no column {name!r}{_suggest(name, columns)}")


def check_format(pattern: str, name: str) -> None:
    """
    Check that a date format can be one.

    Raises
    ------
    ValueError
        If it does not write day, month and year in a way that is read back.

    Examples
    --------
    >>> check_format("dd/mm/yyyy", "born_on")
    Traceback (most recent call last):
    ValueError: date format 'dd/mm/yyyy' of born_on is not one; did you mean '%d/%m/%Y'?
    """
    try:
        day = date(2018, 12, 31)
        if datetime.strptime(day.strftime(pattern), pattern).date() == day:
            return
    except ValueError:
        pass
    meant = pattern.lower()
    for letters, part in PATTERN_LETTERS.items():
        meant = re.sub(f"(?<!%){letters}", part, meant)
    found = set(PARTS_OF_DATES.findall(meant))
    is_whole = {"%d", "%m"} <= found and found & {"%Y", "%y"}
    advice = f"did you mean {meant!r}?" if is_whole else "it looks like '%d/%m/%Y' or '%Y-%m-%d'"
    raise ValueError(f"date format {pattern!r} of {name} is not one; {advice}")


def _tidy(settings: dict[str, Any]) -> dict[str, Any]:
    """Write a lone date format as a list, and all keys and values of tables as text."""
    tidy = dict(settings)
    dates = settings.get("dates", {})
    tidy["dates"] = {key: list_targets(value) for key, value in dates.items()}
    for name in ("constants", "laboratories"):
        tidy[name] = {str(key): str(value) for key, value in settings.get(name, {}).items()}
    tidy["values"] = {
        key: {str(old): str(new) for old, new in table.items()}
        for key, table in settings.get("values", {}).items()
    }
    if not isinstance(settings.get("columns"), dict):
        raise TypeError("`columns` names no column")
    tidy["columns"] = {str(key): value for key, value in settings["columns"].items()}
    if any(not isinstance(value, str | list) for value in tidy["columns"].values()):
        raise TypeError("each of `columns` is a field, or a list of two")
    if not isinstance(tidy.get("latest", date.today()), date):
        raise TypeError("`latest` is no date such as 2021-02-23")
    if not isinstance(tidy.get("is_synthetic", False), bool):
        raise TypeError("`is_synthetic` is true or false")
    return tidy


def _check(mapping: Mapping, name: str) -> None:
    dictionary = reference.read_dictionary()
    known = dictionary.index.tolist()
    places: dict[str, str] = {}
    for column, target in mapping.columns.items():
        targets = list_targets(target)
        if len(targets) > 1 and targets != SPLIT:
            raise ValueError(f"{name}: column {column!r} can only be split into {SPLIT}")
        for wanted in targets:
            _check_names([wanted], known, name, "field")
            if wanted in places:
                raise ValueError(
                    f"{name}: field {wanted} is given twice, by {places[wanted]!r} and {column!r}; "
                    "remove one of the two columns"
                )
            places[wanted] = column
    for table in ("dates", "constants", "values", "lost_zeros"):
        _check_names(getattr(mapping, table), known, name, f"field in `{table}`")
    _check_constants(mapping, places, name)
    _check_dates(mapping, dictionary.index[dictionary["type"] == "date"].tolist(), places, name)
    for dep_code in mapping.laboratories.values():
        if dep_code not in (reference.UNKNOWN, reference.ABROAD):
            reference.check_dep_code(dep_code)


def _check_constants(mapping: Mapping, places: Keyed[str, str], name: str) -> None:
    for wanted in mapping.constants:
        if wanted in places:
            raise ValueError(
                f"{name}: field {wanted} is given twice, by column {places[wanted]!r} and as a "
                "constant; remove one of the two"
            )
    missing = [n for n in NEEDED if n not in places and n not in mapping.constants]
    if missing:
        raise ValueError(
            f"{name}: no column gives {missing}, which every count needs; map a column or give "
            "a value under `constants`"
        )


def _check_dates(
    mapping: Mapping, date_fields: Sequence[str], places: Keyed[str, str], name: str
) -> None:
    for wanted in mapping.dates:
        if wanted not in date_fields:
            raise ValueError(f"{name}: field {wanted} is no date; dates are {[*date_fields]}")
    for wanted in date_fields:
        if (wanted in places or wanted in mapping.constants) and not mapping.dates.get(wanted):
            raise ValueError(f"{name}: give the format of {wanted} under `dates`")
        for pattern in mapping.dates.get(wanted, []):
            check_format(str(pattern), wanted)


def _check_names(found: Any, known: Sequence[str], name: str, kind: str) -> None:
    for wanted in found:
        if wanted not in known:
            raise ValueError(f"{name}: unknown {kind} {wanted!r}{_suggest(str(wanted), known)}")


def _suggest(wanted: str, known: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(wanted.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else f"; there are {[*known]}"
