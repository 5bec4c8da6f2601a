"""Which cells of tables are parts of which: places, windows, categories and the like."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from analysis import exposure, reference
from analysis.exposure import ALL, list_dimensions

WHERE, WINDOW, CATEGORY, OTHER = "where", "window", "category", "other"
Atoms = frozenset[Any]


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


def list_labels() -> list[str]:
    """
    List the labels that tell a cell from all others.

    Returns
    -------
    list of str
        ``where`` (all dimensions of place), each dimension whose values are parts of a whole,
        ``window``, ``category``, and ``other`` (all dimensions whose values stand apart).
    """
    parts = [
        *list_dimensions(relation=exposure.PARTITION),
        *list_dimensions(relation=exposure.OVERLAPPING),
    ]
    return [WHERE, *parts, WINDOW, CATEGORY, OTHER]


def label_cells(table: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """
    Say of each row of a table which cell it is.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell.
    dimensions : sequence of str
        Its dimensions.

    Returns
    -------
    pandas.DataFrame
        A column per label (`list_labels`), as text, same index; ``all`` where the table sets
        nothing apart.

    Examples
    --------
    >>> table = pd.DataFrame({"place": ["home"], "dep_code": ["56"], "n_persons": [12]})
    >>> label_cells(table, ["place", "dep_code"])["where"].item()
    'home/dep_code/56'
    """
    names = list_labels()
    cells = pd.DataFrame(ALL, index=table.index, columns=names, dtype=object)
    told: set[str] = set()
    for kind in [name for name in list_dimensions(relation=exposure.PLACES) if name in dimensions]:
        basis = table.get("place", pd.Series("home", index=table.index))
        cells[WHERE] = basis.astype(str) + f"/{kind}/" + table[kind].astype(str)
        told |= {kind, "place"}
    if "window_start" in table:
        start, end = (table[f"window_{end}"].dt.strftime("%Y-%m-%d") for end in ("start", "end"))
        cells[WINDOW] = start + "/" + end
        told |= {*list_dimensions(relation=exposure.WINDOWS)}
    for name in [name for name in names if name in dimensions and name not in {WINDOW, *told}]:
        cells[name] = table[name].astype(str)
        told.add(name)
    if others := [name for name in dimensions if name not in told]:
        cells[OTHER] = _describe_others(table, others, dimensions)
    return cells


def _describe_others(
    table: pd.DataFrame, others: Sequence[str], dimensions: Sequence[str]
) -> list[str]:
    """Write dimensions that stand apart as one label; what defines parts is no whole's."""
    said = table[list(others)].astype(str)
    for name in others:
        if exposure.DIMENSIONS[name].defines in dimensions:
            said[name] = said[name].where(table[exposure.DIMENSIONS[name].defines].ne(ALL))
    rows = [{k: v for k, v in row.items() if isinstance(v, str)} for row in said.to_dict("records")]
    return [json.dumps(row, sort_keys=True) if row else ALL for row in rows]


def describe_cell(cell: pd.Series) -> str:
    """
    Name a cell by what sets it apart.

    Parameters
    ----------
    cell : pandas.Series
        Its labels, and more.

    Returns
    -------
    str
        Its labels but those that are ``all``, each with its name; empty if all of them are.
    """
    return ", ".join(f"{name} {cell[name]}" for name in list_labels() if cell[name] != ALL)


def find_groups(cells: pd.DataFrame) -> pd.Series:
    """
    Find the cells of groups of people set apart: by a place, a laboratory, a sex or an age.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels.

    Returns
    -------
    pandas.Series of bool, shape (n_cells,)
        Whether a cell is one of these, same index.
    """
    places = list_dimensions(relation=exposure.PLACES)
    apart = [name for name in list_dimensions(sets_apart=True) if name not in places]
    return (cells[[WHERE, *apart]] != ALL).any(axis=1)


def find_nestings(cells: pd.DataFrame, name: str) -> Iterator[tuple[dict[str, int], Nesting]]:
    """
    Find wholes and parts among cells that differ in one label only.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels.
    name : str
        The label.

    Yields
    ------
    cells : dict of str to int
        Position of each cell, by this label.
    nesting : Nesting
        One whole among them.
    """
    among = frozenset(cells[name])
    for group in group_cells(cells, name):
        for nesting in _nest_labels(name, frozenset(group), among):
            yield group, nesting


def group_cells(cells: pd.DataFrame, name: str) -> Iterator[dict[str, int]]:
    """
    Group the cells that differ in one label only.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell, with its labels.
    name : str
        The label.

    Yields
    ------
    dict of str to int
        Positions of the cells of a group, by this label.
    """
    others = [label for label in list_labels() if label != name]
    groups: dict[tuple[str, ...], dict[str, int]] = {}
    keys = zip(*(cells[label] for label in others), strict=True)
    for position, (key, label) in enumerate(zip(keys, cells[name], strict=True)):
        groups.setdefault(key, {})[label] = position
    yield from groups.values()


def nest(atoms: Mapping[str, Atoms]) -> tuple[Nesting, ...]:
    """
    Find for each set the largest of the others inside it.

    A set that is there twice is whole and part of itself.

    Parameters
    ----------
    atoms : mapping of str to frozenset
        What each set is made of, by its label.

    Returns
    -------
    tuple of Nesting
        First the sets that are there twice, then those that have others inside.

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
    """
    Say whether no two sets overlap.

    Parameters
    ----------
    sets : sequence of frozenset
        The sets; none at all do not overlap.

    Returns
    -------
    bool
        Whether nothing is in two of them.
    """
    return sum(map(len, sets)) == len(frozenset().union(*sets))


@cache
def _nest_labels(name: str, some: frozenset[str], among: frozenset[str]) -> tuple[Nesting, ...]:
    """Nest some of the values that a label has in all cells."""
    if name == WHERE:
        return _order_places(some)
    if name == CATEGORY:
        return _order_categories(some)
    atoms = {label: among - {ALL} if label == ALL else frozenset({label}) for label in among}
    atoms = _cut_windows(among) if name == WINDOW else atoms
    return nest({label: atoms[label] for label in sorted(some)})


def _cut_windows(labels: frozenset[str]) -> dict[str, Atoms]:
    """Cut windows at all their ends; dates written YYYY-MM-DD sort as text."""
    ends = {label: label.split("/") for label in labels if label != ALL}
    edges = sorted({edge for pair in ends.values() for edge in pair})
    place = {edge: number for number, edge in enumerate(edges)}
    atoms = {label: frozenset(range(place[a], place[b])) for label, (a, b) in ends.items()}
    return {**atoms, ALL: frozenset({*range(len(edges)), ALL})}  # also what has no date


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


def _order_categories(labels: frozenset[str]) -> tuple[Nesting, ...]:
    """Nest categories in their groups, all of them in any data about the patient."""
    single = sorted(one for one in labels if "+" not in one and exposure.is_selection(one))
    found = nest({label: exposure.parse_selection(label)[0] for label in single})
    return tuple(Nesting(n.whole, n.parts, n.covers, False) for n in found)
