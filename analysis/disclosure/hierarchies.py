"""Which cells of tables are parts of which: places, windows, categories and the like."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import pandas as pd

from analysis import reference
from analysis.exposure import ANY, parse_selection

ALL = "all"
WHERE = ("place", "dep_code", "region_code")
FREE = ("laboratory_id", "sex", "age_band", "crowd", "level", "outcome")
LABELS = ("where", *FREE, "channel", "window", "category", "other")
Atoms = frozenset[Any]
WAYS = ("email", "mobile", "landline", "letter")


@dataclass(frozen=True)
class Nesting:
    """
    A whole and the largest of its parts that are there, too.

    Attributes
    ----------
    whole : str
        Its label.
    parts : tuple of str
        Labels of the parts.
    covers : bool
        Whether the parts together are the whole.
    is_disjoint : bool
        Whether no two parts overlap.
    """

    whole: str
    parts: tuple[str, ...]
    covers: bool
    is_disjoint: bool


Order = Callable[[frozenset[str]], tuple[Nesting, ...]]


def label_cells(counts: pd.DataFrame, *, counted: Sequence[str]) -> pd.DataFrame:
    """
    Say of each row of a table which cell it is.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per cell.
    counted : sequence of str
        Columns that do not tell which cell it is.

    Returns
    -------
    pandas.DataFrame
        Columns `LABELS`, as text, same index; ``all`` where the table sets nothing apart.

    Examples
    --------
    >>> counts = pd.DataFrame({"place": ["home"], "dep_code": ["56"], "n_persons": [12]})
    >>> label_cells(counts, counted=["n_persons"])["where"].item()
    'home/dep_code/56'
    """
    table = pd.DataFrame(ALL, index=counts.index, columns=[*LABELS], dtype=object)
    for kind in ("dep_code", "region_code"):
        if kind in counts:
            basis = counts["place"].astype(str) if "place" in counts else "home"
            table["where"] = basis + f"/{kind}/" + counts[kind].astype(str)
    for name in (*FREE, "channel", "category"):
        if name in counts:
            table[name] = counts[name].astype(str)
    if "window_start" in counts:
        start, end = (counts[f"window_{end}"].dt.strftime("%Y-%m-%d") for end in ("start", "end"))
        table["window"] = start + "/" + end
    known = {*FREE, "channel", "category", "window", "window_start", "window_end", *counted}
    if {"dep_code", "region_code"} & {*counts}:
        known |= {*WHERE}  # without either, a place basis alone is a label like any other
    others = [name for name in counts if name not in known]
    if others:
        rows = counts[others].astype(str).to_dict("records")
        table["other"] = [json.dumps(row, sort_keys=True) for row in rows]
    return table


def find_nestings(cells: pd.DataFrame, name: str) -> Iterator[tuple[dict[str, int], Nesting]]:
    """
    Find wholes and parts among cells that differ in one label only.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with `LABELS`.
    name : str
        The label.

    Yields
    ------
    cells : dict of str to int
        Position of each cell, by this label.
    nesting : Nesting
        One whole among them.
    """
    order = _find_order(cells, name)
    for group in group_cells(cells, name):
        for nesting in order(frozenset(group)):
            yield group, nesting


def group_cells(cells: pd.DataFrame, name: str) -> Iterator[dict[str, int]]:
    """Group the cells that differ in one label only; give their positions by this label."""
    others = [label for label in LABELS if label != name]
    groups: dict[tuple[str, ...], dict[str, int]] = {}
    keys = zip(*(cells[label] for label in others), strict=True)
    for position, (key, label) in enumerate(zip(keys, cells[name], strict=True)):
        groups.setdefault(key, {})[label] = position
    yield from groups.values()


def nest(atoms: Mapping[str, Atoms]) -> tuple[Nesting, ...]:
    """
    Find for each set the largest of the others inside it.

    A set that is there twice is whole and part of itself.

    Examples
    --------
    >>> year, *_ = nest({"2019": frozenset("ab"), "H1": frozenset("a"), "H2": frozenset("b")})
    >>> year.parts, year.covers, year.is_disjoint
    (('H1', 'H2'), True, True)
    """
    found, first = [], dict[Atoms, str]()
    for label, some in atoms.items():
        if first.setdefault(some, label) != label:
            found.append(Nesting(first[some], (label,), covers=True, is_disjoint=True))
    single = {label: some for some, label in first.items()}
    for whole, members in single.items():
        inside = {label: some for label, some in single.items() if some < members}
        parts = [a for a, some in inside.items() if not any(some < b for b in inside.values())]
        if parts:
            inner = [atoms[part] for part in parts]
            covers = frozenset().union(*inner) == members
            found.append(Nesting(whole, tuple(parts), covers, are_disjoint(inner)))
    return tuple(found)


def are_disjoint(sets: Sequence[Atoms]) -> bool:
    """Say whether no two sets overlap."""
    return sum(map(len, sets)) == len(frozenset().union(*sets))


@cache
def list_classes(name: str) -> Mapping[str, Atoms]:
    """
    List the classes that each value of a label is made of, where values overlap.

    Parameters
    ----------
    name : {'channel'}
        The label.

    Returns
    -------
    mapping of str to frozenset
        For a way to reach somebody, the sets of ways that hold it: everybody has one such set.

    Examples
    --------
    >>> len(list_classes("channel")["all"]), list_classes("channel")["letter_only"]
    (16, frozenset({frozenset({'letter'})}))
    """
    if name != "channel":
        raise ValueError(f"values overlap in a known way for 'channel' only, got {name!r}")
    sets = [frozenset(some) for n in range(len(WAYS) + 1) for some in combinations(WAYS, n)]
    reached = {way: frozenset(some for some in sets if way in some) for way in WAYS}
    only = frozenset({frozenset({"letter"})})
    return {ALL: frozenset(sets), **reached, "letter_only": only, "none": frozenset({frozenset()})}


def is_selection(category: str) -> bool:
    """Say whether a category is one that `analysis.exposure` counts."""
    names = reference.read_categories()
    known = {ANY, *names.index, *names["category_group"]}
    return {*category.split("+")} <= known


def _find_order(cells: pd.DataFrame, name: str) -> Order:
    labels = frozenset(cells[name])
    if name == "where":
        return _order_places
    if name == "category":
        return _order_categories
    atoms = _cut_windows(labels) if name == "window" else _part_values(labels)

    @cache
    def order(some: frozenset[str]) -> tuple[Nesting, ...]:
        return nest({label: atoms[label] for label in sorted(some)})

    return order


def _part_values(labels: frozenset[str]) -> dict[str, Atoms]:
    return {label: labels - {ALL} if label == ALL else frozenset({label}) for label in labels}


def _cut_windows(labels: frozenset[str]) -> dict[str, Atoms]:
    """Cut windows at all their ends; dates written YYYY-MM-DD sort as text."""
    ends = {label: label.split("/") for label in labels if label != ALL}
    edges = sorted({edge for pair in ends.values() for edge in pair})
    place = {edge: number for number, edge in enumerate(edges)}
    atoms = {label: frozenset(range(place[a], place[b])) for label, (a, b) in ends.items()}
    return {**atoms, ALL: frozenset({ALL})}


@cache
def _order_places(labels: frozenset[str]) -> tuple[Nesting, ...]:
    """Nest départements in regions, all of them in the whole file; one place basis at a time."""
    regions = reference.read_regions()
    everywhere = frozenset({*regions, reference.UNKNOWN, reference.ABROAD})
    found: tuple[Nesting, ...] = ()
    for basis in sorted({label.split("/")[0] for label in labels} - {ALL}):
        atoms: dict[str, Atoms] = {ALL: everywhere} if ALL in labels else {}
        for label in sorted(labels - {ALL}):
            of, kind, code = label.split("/")
            inside = frozenset(dep for dep, region in regions.items() if region == code)
            if of == basis:
                atoms[label] = frozenset({code}) if kind == "dep_code" or not inside else inside
        found += nest(atoms)
    return found


@cache
def _order_categories(labels: frozenset[str]) -> tuple[Nesting, ...]:
    """Nest categories in their groups, all of them in any data about the patient."""
    single = sorted(label for label in labels if "+" not in label and is_selection(label))
    found = nest({label: parse_selection(label)[0] for label in single})
    return tuple(Nesting(n.whole, n.parts, n.covers, False) for n in found)
