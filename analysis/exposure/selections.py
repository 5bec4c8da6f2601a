"""What a category, a group of categories or several together stand for, in fields."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pandas as pd

from analysis import reference
from analysis.exposure.dimensions import ANY

Fields = frozenset[str]


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
            members = categories.index[categories["data_subject"].eq(reference.PATIENT)]
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
