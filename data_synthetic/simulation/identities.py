"""Draw names, numbers and addresses that cannot belong to anybody, of patients and doctors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from data_synthetic.simulation.catchment import DECIMALS, Catchment, Flags, Floats, Ints
from data_synthetic.simulation.households import CHILD, Slot, lowest
from data_synthetic.simulation.phrases import Vocabulary
from data_synthetic.simulation.scenario import Scenario

# Ranges that the French regulator (Arcep) keeps for works of fiction: none is ever attributed.
FICTION_LANDLINES = ("019900", "026191", "035301", "046571", "053649")
FICTION_MOBILES = ("063998",)
# A NIR's key is 97 - (N mod 97), so 01 to 97: these two can never be right.
IMPOSSIBLE_KEYS = ("98", "99")
# No commune bears a number from 990 on within its département.
FIRST_UNUSED_COMMUNE = 990
BORN_ABROAD = "99"
BIRTH_PLACES = (*(f"{k:02d}" for k in range(1, 96) if k != 20), "2A", "2B")
EMAIL_DOMAINS = ("example.org", "boite.invalid")
NIR_CHILD_AGE = 16
LEAST_PRESCRIBERS = 3


def join_text(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """
    Join columns of text row by row.

    Parameters
    ----------
    *parts : pyarrow.Array of text, shape (n,), or str
        Columns, or what is the same in every row.
    separator : str
        What stands between them.

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        Missing where a part is.

    Examples
    --------
    >>> join_text(pa.array(["a", "b"]), "1").to_pylist()
    ['a1', 'b1']
    """
    return pc.binary_join_element_wise(*parts, separator)


def pad_digits(numbers: Ints, width: int) -> pa.Array:
    """
    Write whole numbers with leading zeros.

    Parameters
    ----------
    numbers : numpy.ndarray of int, shape (n,)
        Zero or more.
    width : int
        Length of the text [digits].

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        The numbers.

    Examples
    --------
    >>> pad_digits(np.array([7]), 3).to_pylist()
    ['007']
    """
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def choose(words: list[str], n: int, rng: Generator) -> pa.Array:
    """
    Draw words, each as likely.

    Parameters
    ----------
    words : list of str
        What to draw from.
    n, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        The words drawn.
    """
    return pa.array(words).take(pa.array(rng.integers(0, len(words), n)))


def draw_phones(ranges: tuple[str, ...], n: int, rng: Generator) -> pa.Array:
    """
    Draw phone numbers.

    Parameters
    ----------
    ranges : tuple of str
        First six digits.
    n, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        Ten digits each.
    """
    return join_text(choose(list(ranges), n, rng), pad_digits(rng.integers(0, 10_000, n), 4))


def draw_surnames(scenario: Scenario, vocabulary: Vocabulary, n: int, rng: Generator) -> pa.Array:
    """
    Draw surnames: frequent ones, invented ones, a few double ones.

    Parameters
    ----------
    scenario, vocabulary, n, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pyarrow.Array of string, shape (n,)
        Capitals without accents.
    """
    frequent = pa.array(vocabulary.surnames).take(
        pa.array(rng.choice(len(vocabulary.surnames), n, p=vocabulary.surname_shares))
    )
    invented = join_text(*(choose(list(part), n, rng) for part in vocabulary.surname_parts))
    is_invented = pa.array(rng.random(n) < scenario["invented_surname_share"])
    names = pc.if_else(is_invented, invented, frequent)
    is_double = pa.array(rng.random(n) < scenario["double_name_share"]["surname"])
    return pc.if_else(is_double, join_text(names, "-", pc.take(names, rng.permutation(n))), names)


def draw_first_names(
    scenario: Scenario, vocabulary: Vocabulary, is_female: Flags, rng: Generator
) -> pa.Array:
    """
    Draw first names by sex, independent of age and place; some rows get a second one.

    Parameters
    ----------
    is_female : numpy.ndarray of bool, shape (n,)
        Sex of each person.
    scenario, vocabulary, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        One name, or two with a space between.
    """
    n = len(is_female)
    drawn = {
        sex: pa.array(names).take(pa.array(rng.choice(len(names), n, p=shares)))
        for sex, (names, shares) in vocabulary.first_names.items()
    }
    names = pc.if_else(pa.array(is_female), drawn["F"], drawn["M"])
    others = {sex: pc.take(column, rng.permutation(n)) for sex, column in drawn.items()}
    second = pc.if_else(pa.array(is_female), others["F"], others["M"])
    has_second = pa.array(rng.random(n) < scenario["double_name_share"]["first_name"])
    return pc.if_else(has_second, join_text(names, " ", second), names)


def draw_identities(
    scenario: Scenario, vocabulary: Vocabulary, persons: pd.DataFrame, slot: Slot, rng: Generator
) -> pa.Table:
    """
    Write each person's identity, before anything is left out.

    Parameters
    ----------
    persons : pandas.DataFrame
        As drawn by `draw_persons`.
    scenario, vocabulary, slot, rng
        As in the glossary of `data_synthetic.simulation`; the slot numbers e-mail addresses apart
        from those of the others.

    Returns
    -------
    pyarrow.Table
        One row per person: ``birth_name``, ``used_name``, ``first_names``, ``nir``, ``address``,
        ``landline``, ``mobile``, ``email`` (missing where the person has none).
    """
    household = persons["household"].to_numpy()
    n, n_households = len(persons), int(household.max()) + 1
    shared = draw_surnames(scenario, vocabulary, n_households, rng).take(pa.array(household))
    own = draw_surnames(scenario, vocabulary, n, rng)
    grown = persons["title"].lt(CHILD).to_numpy() & persons["is_female"].to_numpy()
    share = scenario["used_name_share"]
    chance = np.where(persons["is_couple"], share["couple"], share["alone"])
    birth_name = pc.if_else(pa.array(grown), own, shared)
    used_name = pc.if_else(pa.array(grown & (rng.random(n) >= chance)), own, shared)
    first_names = draw_first_names(scenario, vocabulary, persons["is_female"].to_numpy(), rng)
    owner = np.where(persons["parent"] >= 0, persons["parent"], np.arange(n))
    young = persons["age"].to_numpy() < NIR_CHILD_AGE
    mobile = draw_phones(FICTION_MOBILES, n, rng).take(pa.array(np.where(young, owner, range(n))))
    return pa.table(
        {
            "birth_name": birth_name,
            "used_name": used_name,
            "first_names": first_names,
            "nir": _nirs(scenario, persons, rng),
            "address": draw_addresses(vocabulary, n_households, rng).take(pa.array(household)),
            "landline": draw_phones(FICTION_LANDLINES, n_households, rng).take(pa.array(household)),
            "mobile": mobile,
            "email": _emails(scenario, persons, slot, rng),
        }
    )


def draw_addresses(vocabulary: Vocabulary, n: int, rng: Generator) -> pa.Array:
    """
    Draw street addresses.

    Parameters
    ----------
    vocabulary, n, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    pyarrow.Array of text, shape (n,)
        Number and street, without a town.
    """
    number = pa.array(rng.integers(1, 180, n)).cast(pa.string())
    streets = pa.array(vocabulary.streets)
    street = streets.take(pa.array(rng.choice(len(streets), n, p=vocabulary.street_shares)))
    return join_text(number, street, separator=" ")


@dataclass(frozen=True)
class Pool:
    """
    Professionals, or towns, sorted by the place they are drawn for.

    Attributes
    ----------
    table : pyarrow.Table
        One row each: ``last_name``, ``first_name``, ``phone``, ``postal_code`` and, of prescribers,
        ``email``; of towns, ``postal_code`` and ``city``.
    cumulative : numpy.ndarray of float, shape (n_rows,)
        Position of the place plus the cumulative weight within it, so that `place + u` finds a
        row of that place.
    """

    table: pa.Table
    cumulative: Floats

    def pick(self, place: Ints, rng: Generator) -> Ints:
        """
        Draw one row of each place, in proportion to the weights.

        Parameters
        ----------
        place : numpy.ndarray of int, shape (n,)
            Positions of places.
        rng : numpy.random.Generator
            As in the glossary of `data_synthetic.simulation`.

        Returns
        -------
        numpy.ndarray of int, shape (n,)
            Rows of `table`.
        """
        drawn = np.searchsorted(self.cumulative, place + rng.random(len(place)), side="right")
        return np.minimum(drawn, len(self.cumulative) - 1)


def list_towns(postal_codes: pd.DataFrame, dep_codes: list[str]) -> Pool:
    """
    List the towns of each département, to be drawn in proportion to their residents.

    Parameters
    ----------
    postal_codes : pandas.DataFrame
        One row per (``postal_code``, ``dep_code``) with ``residents`` [persons] and ``city``.
    dep_codes : list of str
        The départements whose positions are places.

    Returns
    -------
    Pool
        The towns.
    """
    position = {code: k for k, code in enumerate(dep_codes)}
    inside = postal_codes[postal_codes["dep_code"].isin(position)]
    placed = inside.assign(place=inside["dep_code"].map(position))
    placed = placed.sort_values(["place", "postal_code"], kind="stable")
    cities = pc.utf8_upper(pa.array(placed["city"].to_numpy(object), type=pa.string()))
    codes = pa.array(placed["postal_code"].to_numpy(object), type=pa.string())
    weights = _stack_weights(placed["place"].to_numpy(), placed["residents"].to_numpy(float))
    return Pool(pa.table({"postal_code": codes, "city": cities}), weights)


def draw_prescribers(
    scenario: Scenario, catchment: Catchment, towns: Pool, vocabulary: Vocabulary, rng: Generator
) -> Pool:
    """
    Draw the doctors; the busiest carry the published number of e-mail addresses.

    Parameters
    ----------
    towns : Pool
        As made by `list_towns` for the départements of the catchment.
    scenario, catchment, vocabulary, rng
        As in the glossary of `data_synthetic.simulation`.

    Returns
    -------
    Pool
        Places are positions in ``catchment.dep_codes``.
    """
    share = catchment.laboratories["person_share"].to_numpy() @ catchment.prescriber
    total = scenario["persons"] * scenario["prescribers_per_1000_persons"] / 1000
    counts = np.maximum(LEAST_PRESCRIBERS, np.round(share[:-1] * total)).astype(int)
    place = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    weight = (1.0 + rank) ** -0.5
    prescribers = _draw_professionals(scenario, vocabulary, towns, place, rng)
    activity = np.round(weight * share[place] / counts[place], DECIMALS)
    busiest = np.argsort(-activity, kind="stable")[: scenario["doctor_emails"]]
    serial = np.full(len(place), -1)
    serial[busiest] = np.arange(len(busiest))
    email = join_text("medecin", pad_digits(np.maximum(serial, 0), 5), "@example.org")
    prescribers = prescribers.append_column("email", pc.if_else(pa.array(serial >= 0), email, None))
    return Pool(prescribers, _stack_weights(place, weight))


def draw_samplers(
    scenario: Scenario, catchment: Catchment, towns: Pool, vocabulary: Vocabulary, rng: Generator
) -> Pool:
    """
    Draw the persons who take samples.

    Parameters
    ----------
    scenario, catchment, towns, vocabulary, rng
        As for `draw_prescribers`.

    Returns
    -------
    Pool
        Places are positions of laboratories.
    """
    laboratory = np.repeat(
        np.arange(len(catchment.laboratories)), scenario["samplers_per_laboratory"]
    )
    codes = [catchment.dep_codes.index(code) for code in catchment.laboratories["dep_code"]]
    samplers = _draw_professionals(scenario, vocabulary, towns, np.array(codes)[laboratory], rng)
    return Pool(samplers, _stack_weights(laboratory, np.ones(len(laboratory))))


def _draw_professionals(
    scenario: Scenario, vocabulary: Vocabulary, towns: Pool, place: Ints, rng: Generator
) -> pa.Table:
    n = len(place)
    is_female = rng.random(n) < 0.5
    columns = {
        "last_name": draw_surnames(scenario, vocabulary, n, rng),
        "first_name": draw_first_names(scenario, vocabulary, is_female, rng),
        "phone": draw_phones(FICTION_LANDLINES, n, rng),
    }
    town = pa.array(towns.pick(place, rng))
    return pa.table({**columns, "postal_code": towns.table["postal_code"].take(town)})


def _stack_weights(place: Ints, weight: Floats) -> Floats:
    """Stack the cumulative weights of places, sorted by place, one unit of length each."""
    by_place = pd.Series(weight).groupby(place)
    return place + (by_place.cumsum() / by_place.transform("sum")).to_numpy()


def _nirs(scenario: Scenario, persons: pd.DataFrame, rng: Generator) -> pa.Array:
    """Number everybody; the young carry the number of a parent, in the file or not."""
    n = len(persons)
    young = persons["age"].to_numpy() < NIR_CHILD_AGE
    borrows = young & (rng.random(n) < scenario["parent_nir_share"])
    orphan = borrows & (persons["parent"].to_numpy() < 0)
    older = np.where(orphan, rng.integers(20 * 365, 42 * 365, n), 0)
    born = (persons["born_on"].to_numpy() - older).astype("datetime64[D]")
    month = born.astype("datetime64[M]").astype(int)
    is_female = np.where(orphan, rng.random(n) < 0.5, persons["is_female"].to_numpy())
    abroad = pa.array(rng.random(n) < scenario["born_abroad_share"])
    numbers = join_text(
        pa.array(np.where(is_female, "2", "1")),
        pad_digits((month // 12 + 1970) % 100, 2),
        pad_digits(month % 12 + 1, 2),
        pc.if_else(abroad, BORN_ABROAD, choose(list(BIRTH_PLACES), n, rng)),
        pad_digits(rng.integers(FIRST_UNUSED_COMMUNE, 1000, n), 3),
        pad_digits(rng.integers(1, 1000, n), 3),
        choose(list(IMPOSSIBLE_KEYS), n, rng),
    )
    owner = np.where(borrows & ~orphan, persons["parent"].to_numpy(), np.arange(n))
    return numbers.take(pa.array(owner))


def _emails(scenario: Scenario, persons: pd.DataFrame, slot: Slot, rng: Generator) -> pa.Array:
    """Give the exact number of distinct addresses; some are shared inside a household."""
    n, quota = len(persons), slot.quota(scenario["emails_distinct"])
    age = persons["age"].to_numpy()
    reluctance = np.where(age < 18, 1.0, np.where(age > 70, 0.6, 0.0))
    owners = np.flatnonzero(lowest(rng.random(n) + reluctance, quota))
    first = scenario["emails_distinct"] * slot.partition // slot.n_partitions
    serial = np.full(n, -1)
    serial[owners] = first + rng.permutation(len(owners))
    _lend_addresses(scenario, persons["household"].to_numpy(), serial, rng)
    domain = pa.array(np.array(EMAIL_DOMAINS)[np.maximum(serial, 0) % len(EMAIL_DOMAINS)])
    address = join_text("patient", pad_digits(np.maximum(serial, 0), 6), "@", domain)
    return pc.if_else(pa.array(serial >= 0), address, None)


def _lend_addresses(scenario: Scenario, household: Ints, serial: Ints, rng: Generator) -> None:
    """Let members of an owner's household use the address too (fills `serial` in place)."""
    owner_of = np.full(int(household.max()) + 1, -1)
    owners = np.flatnonzero(serial >= 0)
    owner_of[household[owners]] = serial[owners]
    takers = np.flatnonzero((serial < 0) & (owner_of[household] >= 0))
    wanted = round(scenario["email_shared_share"] * len(owners))
    chosen = rng.permutation(takers)[:wanted]
    serial[chosen] = owner_of[household[chosen]]
