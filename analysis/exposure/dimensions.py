"""What makes a cell: the one table of dimensions, each with how its values hang together."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import reference

Atoms = frozenset[Any]
Fields = frozenset[str]
ALL = "all"  # the value that stands for the whole of a dimension
ANY = "any"  # the category that any data about the patient belong to
PLACE = "place"  # stands for the coded column of the place basis
# How the values of a dimension hang together.
PLACES, WINDOWS, CATEGORIES = "places", "windows", "categories"
OVERLAPPING, PARTITION, APART = "overlapping", "partition", "apart"
WAYS = ("email", "mobile", "landline", "letter")


@dataclass(frozen=True)
class Dimension:
    """
    One row of the table of dimensions.

    Attributes
    ----------
    name : str
        Column of a table of counts.
    relation : str
        How its values hang together: ``places`` (départements in regions), ``windows`` (periods in
        periods), ``categories`` (in their groups), ``overlapping`` (values made of `classes`),
        ``partition`` (``all`` is the sum of the others, record by record) or ``apart`` (no value
        says anything of another: what-ifs, headlines, fields).
    column : str
        Coded column it is counted by, ``place`` for that of the place basis; empty if it can't be
        counted by.
    regroup : callable, optional
        Takes what the codes of the column stand for, and returns the value of each.
    sets_apart : bool, default False
        Whether a value tells a group of people from others: where they live, who they are.
    adds_up : bool, default False
        Whether persons add up over its values, because everybody has one.
    is_judged : bool, default False
        Whether its values are somebody's judgement or a what-if, so that *nobody* or *everybody*
        in a cell tells nothing of a person.
    defines : str
        Dimension whose parts it defines, though not their whole; empty if there is none.
    classes : callable, optional
        Returns the classes that each overlapping value is made of; everybody is in one class.
    """

    name: str
    relation: str = APART
    column: str = ""
    regroup: Callable[[Sequence[str]], list[str]] | None = None
    sets_apart: bool = False
    adds_up: bool = False
    is_judged: bool = False
    defines: str = ""
    classes: Callable[[], Mapping[str, Atoms]] | None = None


def find_regions(dep_codes: Sequence[str]) -> list[str]:
    """
    Find the region of each département; any other place is its own.

    Parameters
    ----------
    dep_codes : sequence of str
        Codes of départements, or of places that are none (``abroad``).

    Returns
    -------
    list of str
        The code of the region of each, in their order.

    Examples
    --------
    >>> find_regions(["56", "abroad"])
    ['53', 'abroad']
    """
    regions = reference.read_regions()
    return [regions.get(code, code) for code in dep_codes]


def list_channel_classes() -> Mapping[str, Atoms]:
    """
    List for each way to tell somebody the sets of ways that hold it.

    Returns
    -------
    mapping of str to frozenset
        Everybody can be told by exactly one set of ways.

    Examples
    --------
    >>> len(list_channel_classes()["all"]), list_channel_classes()["letter_only"]
    (16, frozenset({frozenset({'letter'})}))
    """
    sets = [frozenset(some) for n in range(len(WAYS) + 1) for some in combinations(WAYS, n)]
    told = {way: frozenset(some for some in sets if way in some) for way in WAYS}
    only = frozenset({frozenset({"letter"})})
    return {ALL: frozenset(sets), **told, "letter_only": only, "none": frozenset({frozenset()})}


REGROUPED = {"region_code": find_regions}
CLASSES = {"channel": list_channel_classes}


def _read_dimension(row: Any) -> Dimension:
    name = row["name"]
    return Dimension(**row, regroup=REGROUPED.get(name), classes=CLASSES.get(name))


# In the order in which tables show them.
TABLE = pd.read_csv(Path(__file__).with_name("dimensions.csv"), keep_default_na=False)
DIMENSIONS = {row["name"]: _read_dimension(row) for row in TABLE.to_dict("records")}


def list_dimensions(
    *, relation: str | None = None, counted: bool | None = None, sets_apart: bool | None = None
) -> list[str]:
    """
    List the dimensions that are as asked.

    Parameters
    ----------
    relation : str, optional
        How their values hang together (`Dimension`).
    counted : bool, optional
        Whether records can be counted by them.
    sets_apart : bool, optional
        Whether they tell a group of people from others.

    Returns
    -------
    list of str
        Their names, in the order in which tables show them.

    Examples
    --------
    >>> list_dimensions(counted=True)
    ['dep_code', 'region_code', 'laboratory_id', 'sex', 'age_band']
    """
    return [
        name
        for name, dimension in DIMENSIONS.items()
        if relation in (None, dimension.relation)
        and counted in (None, bool(dimension.column))
        and sets_apart in (None, dimension.sets_apart)
    ]


def parse_selection(name: str) -> list[Fields]:
    """
    Turn ``a+b`` into one set of fields per term; a record has a term by any of its fields.

    Parameters
    ----------
    name : str
        A category (``nir``), a category group (``contact``: any of its categories), ``any`` (any
        field about the patient), or several of them joined by ``+``.

    Returns
    -------
    list of frozenset of str
        Fields of each term, in their order.

    Raises
    ------
    ValueError
        If a term is neither a category, nor a group of them, nor ``any``.

    Examples
    --------
    >>> [sorted(fields) for fields in parse_selection("nir+phone")]
    [['nir'], ['landline', 'mobile']]
    """
    categories = reference.read_categories()
    terms = []
    for term in name.split("+"):
        if term == ANY:
            members = pd.Index(reference.list_patient_categories())
        elif term in categories.index:
            members = pd.Index([term])
        else:
            members = categories.index[categories["category_group"].eq(term)]
        if not len(members):
            known = [ANY, *categories.index, *categories["category_group"].unique()]
            raise ValueError(f"unknown category {term!r}; known are {known}")
        terms.append(frozenset(reference.select_fields(list(members))))
    return terms


def is_selection(name: str) -> bool:
    """
    Say whether a category is one that can be counted.

    Parameters
    ----------
    name : str
        A category, a group of them, ``any``, or several joined by ``+``.

    Returns
    -------
    bool
        Whether each of its terms is known, so that `parse_selection` takes it.
    """
    categories = reference.read_categories()
    return {*name.split("+")} <= {ANY, *categories.index, *categories["category_group"]}


def expand_terms(terms: list[Fields]) -> Counter[Fields]:
    """
    Write *all of the terms* as a signed sum of *any of these fields*.

    By inclusion and exclusion: `n` terms make 2**n - 1 summands.

    Parameters
    ----------
    terms : list of frozenset of str
        Fields of each term, as parsed by `parse_selection`.

    Returns
    -------
    collections.Counter of frozenset of str
        Fields, of which a record has any, and how often its count is added, or taken away.

    Examples
    --------
    >>> signs = expand_terms([frozenset("a"), frozenset("b")])
    >>> [(sorted(some), sign) for some, sign in signs.items()]
    [(['a'], 1), (['b'], 1), (['a', 'b'], -1)]
    """
    signs = Counter[Fields]()
    for size in range(1, len(terms) + 1):
        for some in combinations(terms, size):
            signs[frozenset[str]().union(*some)] -= (-1) ** size
    return signs
