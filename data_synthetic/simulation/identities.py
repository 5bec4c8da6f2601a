"""Give drawn persons names, numbers and addresses that cannot belong to anybody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_synthetic.simulation.households import CHILD, Slot, lowest
from data_synthetic.simulation.phrases import Vocabulary
from data_synthetic.simulation.scenario import Scenario

Ints = npt.NDArray[np.int64]
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


def join_text(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """
    Join columns of text row by row.

    Examples
    --------
    >>> join_text(pa.array(["a", "b"]), "1").to_pylist()
    ['a1', 'b1']
    """
    return pc.binary_join_element_wise(*parts, separator)


def pad_digits(numbers: Ints, width: int) -> pa.Array:
    """
    Write whole numbers with leading zeros.

    Examples
    --------
    >>> pad_digits(np.array([7]), 3).to_pylist()
    ['007']
    """
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def choose(words: list[str], n: int, rng: np.random.Generator) -> pa.Array:
    """Draw `n` words, each as likely."""
    return pa.array(words).take(pa.array(rng.integers(0, len(words), n)))


def draw_phones(ranges: tuple[str, ...], n: int, rng: np.random.Generator) -> pa.Array:
    """Draw `n` phone numbers of ten digits inside ranges of six."""
    return join_text(choose(list(ranges), n, rng), pad_digits(rng.integers(0, 10_000, n), 4))


def draw_surnames(
    scenario: Scenario, vocabulary: Vocabulary, n: int, rng: np.random.Generator
) -> pa.Array:
    """
    Draw surnames: frequent ones, invented ones, a few double ones.

    Parameters
    ----------
    scenario : Scenario
        Shares of invented and of double names.
    vocabulary : Vocabulary
        Frequent surnames with their weights, and the syllables others are composed of.
    n : int
        How many [names].
    rng : numpy.random.Generator
        Source of randomness.

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
    scenario: Scenario,
    vocabulary: Vocabulary,
    is_female: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> pa.Array:
    """Draw first names by sex, independent of age and place; some rows get a second one."""
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
    scenario: Scenario,
    vocabulary: Vocabulary,
    persons: pd.DataFrame,
    slot: Slot,
    rng: np.random.Generator,
) -> pa.Table:
    """
    Write each person's identity, before anything is left out.

    Parameters
    ----------
    scenario : Scenario
        Shares of shared numbers, used names and e-mail addresses.
    vocabulary : Vocabulary
        Names and streets.
    persons : pandas.DataFrame
        As drawn by `draw_persons`.
    slot : Slot
        The partition; it numbers e-mail addresses apart from those of the others.
    rng : numpy.random.Generator
        Source of randomness.

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


def draw_addresses(vocabulary: Vocabulary, n: int, rng: np.random.Generator) -> pa.Array:
    """Draw `n` street addresses: number and street, without a town."""
    number = pa.array(rng.integers(1, 180, n)).cast(pa.string())
    streets = pa.array(vocabulary.streets)
    street = streets.take(pa.array(rng.choice(len(streets), n, p=vocabulary.street_shares)))
    return join_text(number, street, separator=" ")


def _nirs(scenario: Scenario, persons: pd.DataFrame, rng: np.random.Generator) -> pa.Array:
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


def _emails(
    scenario: Scenario, persons: pd.DataFrame, slot: Slot, rng: np.random.Generator
) -> pa.Array:
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


def _lend_addresses(
    scenario: Scenario, household: Ints, serial: Ints, rng: np.random.Generator
) -> None:
    """Let members of an owner's household use the address too (fills `serial` in place)."""
    owner_of = np.full(int(household.max()) + 1, -1)
    owners = np.flatnonzero(serial >= 0)
    owner_of[household[owners]] = serial[owners]
    takers = np.flatnonzero((serial < 0) & (owner_of[household] >= 0))
    wanted = round(scenario["email_shared_share"] * len(owners))
    chosen = rng.permutation(takers)[:wanted]
    serial[chosen] = owner_of[household[chosen]]
