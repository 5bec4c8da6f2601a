"""Draw the doctors who prescribe and the persons who take samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_synthetic.simulation.catchment import DECIMALS, Catchment
from data_synthetic.simulation.identities import (
    FICTION_LANDLINES,
    draw_first_names,
    draw_phones,
    draw_surnames,
    join_text,
    pad_digits,
)
from data_synthetic.simulation.phrases import Vocabulary
from data_synthetic.simulation.scenario import Scenario

Ints = npt.NDArray[np.int64]
LEAST_PRESCRIBERS = 3


@dataclass(frozen=True)
class Pool:
    """
    A pool of professionals, sorted by the place they are drawn for.

    Attributes
    ----------
    table : pyarrow.Table
        One row per professional: ``last_name``, ``first_name``, ``postal_code``, ``phone`` and,
        for prescribers, ``email``.
    cumulative : numpy.ndarray of float, shape (n_professionals,)
        Position of the place plus the cumulative weight within it, so that `place + u` finds a
        professional of that place.
    """

    table: pa.Table
    cumulative: npt.NDArray[np.float64]

    def pick(self, place: Ints, rng: np.random.Generator) -> Ints:
        """Draw one professional of each place."""
        found = np.searchsorted(self.cumulative, place + rng.random(len(place)), side="right")
        return np.minimum(found, len(self.cumulative) - 1)


def stack_weights(place: Ints, weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """
    Stack the cumulative weights of places, sorted by place, one unit of length each.

    Examples
    --------
    >>> stack_weights(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0])).tolist()
    [0.25, 1.0, 2.0]
    """
    rows = pd.Series(weight).groupby(place)
    return place + (rows.cumsum() / rows.transform("sum")).to_numpy()


def draw_prescribers(
    scenario: Scenario,
    catchment: Catchment,
    postal_codes: pd.DataFrame,
    vocabulary: Vocabulary,
    rng: np.random.Generator,
) -> Pool:
    """
    Draw the doctors; the busiest carry the published number of e-mail addresses.

    Parameters
    ----------
    scenario : Scenario
        Size of the pool and number of addresses.
    catchment : Catchment
        Share of prescriptions by département.
    postal_codes : pandas.DataFrame
        One row per (``postal_code``, ``dep_code``) with its ``residents``.
    vocabulary : Vocabulary
        Names.
    rng : numpy.random.Generator
        Source of randomness.

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
    table = _draw_professionals(scenario, vocabulary, len(place), rng)
    towns = TownPicker(postal_codes, catchment.dep_codes)
    table = table.append_column("postal_code", towns.code.take(pa.array(towns.pick(place, rng))))
    activity = np.round(weight * share[place] / counts[place], DECIMALS)
    busiest = np.argsort(-activity, kind="stable")
    serial = np.full(len(place), -1)
    serial[busiest[: scenario["doctor_emails"]]] = np.arange(
        min(scenario["doctor_emails"], len(place))
    )
    email = join_text("medecin", pad_digits(np.maximum(serial, 0), 5), "@example.org")
    table = table.append_column("email", pc.if_else(pa.array(serial >= 0), email, None))
    return Pool(table, stack_weights(place, weight))


def draw_samplers(
    scenario: Scenario,
    catchment: Catchment,
    postal_codes: pd.DataFrame,
    vocabulary: Vocabulary,
    rng: np.random.Generator,
) -> Pool:
    """Draw the persons who take samples; places are positions of laboratories."""
    n_each = scenario["samplers_per_laboratory"]
    place = np.repeat(np.arange(len(catchment.laboratories)), n_each)
    table = _draw_professionals(scenario, vocabulary, len(place), rng)
    codes = [catchment.dep_codes.index(code) for code in catchment.laboratories["dep_code"]]
    towns = TownPicker(postal_codes, catchment.dep_codes)
    town = towns.pick(np.array(codes)[place], rng)
    table = table.append_column("postal_code", towns.code.take(pa.array(town)))
    return Pool(table, stack_weights(place, np.ones(len(place))))


class TownPicker:
    """
    Draw towns of a département in proportion to their residents.

    Parameters
    ----------
    postal_codes : pandas.DataFrame
        One row per (``postal_code``, ``dep_code``) with ``residents`` and ``city``.
    dep_codes : list of str
        The départements whose positions are asked for.
    """

    def __init__(self, postal_codes: pd.DataFrame, dep_codes: list[str]) -> None:
        position = {code: k for k, code in enumerate(dep_codes)}
        rows = postal_codes[postal_codes["dep_code"].isin(position)].copy()
        rows["place"] = rows["dep_code"].map(position)
        rows = rows.sort_values(["place", "postal_code"], kind="stable")
        self.code = pa.array(rows["postal_code"].to_numpy(object), type=pa.string())
        self.city = pc.utf8_upper(pa.array(rows["city"].to_numpy(object), type=pa.string()))
        weight = rows["residents"].to_numpy(float)
        self._cumulative = stack_weights(rows["place"].to_numpy(), weight)

    def pick(self, place: Ints, rng: np.random.Generator) -> Ints:
        """Draw one row of `code` and `city` for each position of a département."""
        found = np.searchsorted(self._cumulative, place + rng.random(len(place)), side="right")
        return np.minimum(found, len(self._cumulative) - 1)


def _draw_professionals(
    scenario: Scenario, vocabulary: Vocabulary, n: int, rng: np.random.Generator
) -> pa.Table:
    is_female = rng.random(n) < 0.5
    return pa.table(
        {
            "last_name": draw_surnames(scenario, vocabulary, n, rng),
            "first_name": draw_first_names(scenario, vocabulary, is_female, rng),
            "phone": draw_phones(FICTION_LANDLINES, n, rng),
        }
    )
