"""Where records lie: département outlines, populations, postal codes to départements."""

import re
from collections import defaultdict
from difflib import get_close_matches
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.reference.dictionary import REFERENCE

UNKNOWN = "unknown"
ABROAD = "abroad"
PLACE_QUALITIES = ("exact", "straddling", "prefix", "abroad", "missing", "unreadable")
MISSING_PLACE = (UNKNOWN, "missing")
# Starts of postal codes that are not the code of their département: evidence in the README of
# the reference folder. 977 and 978 are CEDEX offices of La Réunion; Saint-Barthélemy and
# Saint-Martin, whose official codes they are, have 97133 and 97150, which stand in the table.
PREFIXES = {
    **dict.fromkeys(["200", "201", "203", "207"], "2A"),
    **dict.fromkeys(["202", "204", "206"], "2B"),
    **dict.fromkeys(["977", "978"], "974"),
    **dict.fromkeys(["975", "98", "99"], ABROAD),
}
NUMBERS = {"population_year": "int64", "residents": "int64", "share": "float64"}


@cache
def _read_table(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / name, dtype=defaultdict(lambda: "str", NUMBERS))


@cache
def list_dep_codes() -> tuple[str, ...]:
    """
    List the codes of the 101 départements.

    Returns
    -------
    tuple of str, length 101
        ``'01'`` to ``'95'`` with ``'2A'`` after ``'29'``, then ``'971'`` to ``'976'``, in the
        order of text; without the cells ``'unknown'`` and ``'abroad'``.

    Examples
    --------
    >>> len(list_dep_codes()), list_dep_codes()[0], list_dep_codes()[-1]
    (101, '01', '976')
    """
    return tuple(_read_table("departements.csv")["dep_code"])


def read_regions() -> dict[str, str]:
    """
    Read which region each département lies in.

    Examples
    --------
    >>> read_regions()["56"]
    '53'
    """
    return dict(_read_table("departements.csv")[["dep_code", "region_code"]].to_numpy())


def check_dep_code(dep_code: str) -> str:
    """
    Check that a code names one of the 101 départements.

    Parameters
    ----------
    dep_code : str
        Code to check, for example ``'56'`` or ``'2A'``.

    Returns
    -------
    str
        The same code.

    Raises
    ------
    ValueError
        If no département has this code; the message names the nearest ones.

    Examples
    --------
    >>> check_dep_code("56")
    '56'
    >>> check_dep_code("2a")
    Traceback (most recent call last):
    ValueError: no département has the code '2a'; did you mean '2A'?
    """
    if dep_code in list_dep_codes():
        return dep_code
    nearest = [repr(code) for code in _find_nearest_codes(str(dep_code))]
    advice = f"did you mean {' or '.join(nearest)}?" if nearest else "codes look like '01' or '2A'"
    raise ValueError(f"no département has the code {dep_code!r}; {advice}")


def _find_nearest_codes(dep_code: str) -> list[str]:
    tidy = dep_code.strip().upper().zfill(2)
    if tidy == "20":
        return ["2A", "2B"]
    if tidy in list_dep_codes():
        return [tidy]
    return sorted(get_close_matches(tidy, list_dep_codes(), n=3))


def read_populations(year: int) -> pd.Series:
    """
    Read the residents of each département.

    Parameters
    ----------
    year : int
        Year the municipal population refers to (1 January). Mayotte, which had no yearly
        census, always has its count of 2017.

    Returns
    -------
    pandas.Series of int, shape (101,)
        ``residents`` [persons], indexed by ``dep_code`` in the order of `list_dep_codes`.

    Raises
    ------
    ValueError
        If the project has no populations of that year.

    Examples
    --------
    >>> int(read_populations(2019)["56"])
    759684
    """
    populations = _read_table("populations.csv")
    years = sorted(populations["population_year"].unique().tolist())
    if year not in years:
        raise ValueError(f"no populations of {year!r}; the years available are {years}")
    return populations[populations["population_year"] == year].set_index("dep_code")["residents"]


def read_postal_codes() -> pd.DataFrame:
    """
    Read where each postal code lies.

    Returns
    -------
    pandas.DataFrame
        One row per (``postal_code``, ``dep_code``), sorted by both. ``share`` (0 to 1) is the
        part of the code's ``residents`` [persons, 2022] who live in that département, and
        ``city`` their most populous commune. Overseas collectivities have the ``dep_code``
        ``'abroad'``; CEDEX codes are absent.

    Examples
    --------
    >>> places = read_postal_codes().set_index("postal_code")
    >>> places.loc["01200", "dep_code"].tolist()
    ['01', '74']
    """
    return _read_table("postal_codes.csv").copy()


def place_postal_codes(postal_codes: pd.Series) -> pd.DataFrame:
    """
    Find the département of each postal code, telling how sure that is.

    Parameters
    ----------
    postal_codes : pandas.Series of str, shape (n,)
        Five digits each; null and blank are allowed. Spaces around the digits are ignored,
        anything else is not repaired.

    Returns
    -------
    pandas.DataFrame, shape (n, 2)
        Same index. ``dep_code``: one of the 101 codes, ``'unknown'`` or ``'abroad'``.
        ``place_quality``, from sure to not known:

        - ``'exact'``: the code lies in one département;
        - ``'straddling'``: it lies in several, the one with most residents is given;
        - ``'prefix'``: not in the table (a CEDEX), placed by its first two or three digits;
        - ``'abroad'``: another country, Monaco or an overseas collectivity;
        - ``'missing'``: null or blank, so ``'unknown'``;
        - ``'unreadable'``: anything else, so ``'unknown'``.

        Both columns are categorical.

    Raises
    ------
    ValueError
        If a value is not text: as a number, ``'01200'`` has lost its zero.

    Examples
    --------
    >>> place_postal_codes(pd.Series(["56000", "01200", "56019", None])).astype(str)
      dep_code place_quality
    0       56         exact
    1       01    straddling
    2       56        prefix
    3  unknown       missing
    """
    positions, distinct = pd.factorize(postal_codes)
    if not all(isinstance(code, str) for code in distinct):
        raise ValueError(
            f"postal codes must be text, not {postal_codes.dtype}: "
            "read the column as text, or 01200 becomes 1200"
        )
    # A null has position -1: the last place.
    places = pd.DataFrame([*map(_place_postal_code, distinct), MISSING_PLACE])
    kinds = {"dep_code": [*list_dep_codes(), UNKNOWN, ABROAD], "place_quality": [*PLACE_QUALITIES]}
    places = places.set_axis([*kinds], axis=1)
    places = places.astype({name: pd.CategoricalDtype(kind) for name, kind in kinds.items()})
    return places.take(positions).set_axis(postal_codes.index)


@cache
def _list_places() -> dict[str, tuple[str, str]]:
    places = _read_table("postal_codes.csv").sort_values("share", ascending=False, kind="stable")
    is_straddling = places["postal_code"].duplicated(keep=False)
    qualities = np.where(is_straddling, "straddling", "exact")
    places["place_quality"] = np.where(places["dep_code"] == ABROAD, ABROAD, qualities)
    largest = places.drop_duplicates("postal_code")
    pairs = zip(largest["dep_code"], largest["place_quality"], strict=True)
    return dict(zip(largest["postal_code"], pairs, strict=True))


def _place_postal_code(text: str) -> tuple[str, str]:
    code = text.strip()
    if not code:
        return MISSING_PLACE
    if not re.fullmatch("[0-9]{5}", code):
        return UNKNOWN, "unreadable"
    return _list_places().get(code) or _place_prefix(code)


def _place_prefix(code: str) -> tuple[str, str]:
    for prefix in (code[:3], code[:2]):
        dep_code = PREFIXES.get(prefix, prefix)
        if dep_code == ABROAD:
            return ABROAD, "abroad"
        if dep_code in list_dep_codes():
            return dep_code, "prefix"
    return UNKNOWN, "unreadable"


def read_departements() -> gpd.GeoDataFrame:
    """
    Read the outlines of the 101 départements.

    Returns
    -------
    geopandas.GeoDataFrame, shape (101, 7)
        One row per ``dep_code``, sorted by it, with ``dep_name``, ``region_code``,
        ``region_name``, ``is_overseas``, ``is_moved`` (the outline is drawn beside the
        mainland, in another size) and ``geometry`` in EPSG:4326 [degrees].

    Examples
    --------
    >>> departements = read_departements()
    >>> departements.loc[departements["dep_code"] == "56", "dep_name"].item()
    'Morbihan'
    """
    outlines = gpd.read_file(REFERENCE / "departements.geojson")
    departements = _read_table("departements.csv").sort_values("dep_code")
    departements["is_overseas"] = departements["dep_code"].str.len() == 3
    drawn = outlines[["dep_code", "is_moved", "geometry"]]
    return gpd.GeoDataFrame(departements.merge(drawn, on="dep_code"))
