"""From which départements the patients and prescribers of a laboratory come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import reference
from data_synthetic.simulation.scenario import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
POPULATION_YEAR = 2019
LAMBERT_93 = 2154
# Last bits differ between versions of numpy and of its linear algebra; a draw must not.
DECIMALS = 12


@dataclass(frozen=True)
class Catchment:
    """
    Laboratories and the places their patients and prescribers come from.

    Attributes
    ----------
    laboratories : pandas.DataFrame, one row per laboratory
        ``laboratory_id``, ``laboratory_group``, ``dep_code``, ``person_share`` [share of
        persons, sums to 1].
    dep_codes : list of str, shape (102,)
        The départements in order, then ``abroad``.
    home : numpy.ndarray of float, shape (n_laboratories, 102)
        Probability of each home département, given the laboratory; rows sum to 1.
    prescriber : numpy.ndarray of float, shape (n_laboratories, 102)
        Same for the prescriber's département.
    """

    laboratories: pd.DataFrame
    dep_codes: list[str]
    home: Floats
    prescriber: Floats


def build_catchment(scenario: Scenario) -> Catchment:
    """
    Lay the laboratories of a scenario on the map.

    Parameters
    ----------
    scenario : Scenario
        Shares by département and the assumptions about distance.

    Returns
    -------
    Catchment
        The prescribers' départements, summed over laboratories by their share of persons,
        equal the scenario's ``prescriber_share``.
    """
    laboratories = _draw_laboratories(scenario)
    codes = list(reference.list_dep_codes())
    near, far = _near_and_far(scenario, codes)
    row = [codes.index(code) for code in laboratories["dep_code"]]
    home = np.zeros((len(codes), len(codes) + 1))
    share = scenario["home_share"]
    home[:, :-1] = share["same"] * np.eye(len(codes)) + share["near"] * near + share["far"] * far
    home[:, -1] = share["abroad"]
    prescriber = np.zeros_like(home)
    elsewhere = (share["near"] * near + share["far"] * far) / (share["near"] + share["far"])
    prescriber[:, :-1] = _prescriber_matrix(scenario, codes, elsewhere)
    return Catchment(
        laboratories,
        [*codes, reference.ABROAD],
        np.round(_rows_to_one(home)[row], DECIMALS),
        np.round(_rows_to_one(prescriber)[row], DECIMALS),
    )


def _draw_laboratories(scenario: Scenario) -> pd.DataFrame:
    """Size the laboratories: a power law within each département, one group as published."""
    group_dep = scenario["published_group_departement"]
    n_group = scenario["published_group_laboratories"]
    group_share = scenario["published_group_persons"] / scenario["persons"]
    sized: list[tuple[str, str, float]] = []
    for dep_code, n_laboratories in scenario["laboratories_by_departement"].items():
        share = scenario["laboratory_person_share"][dep_code]
        parts = [("others", n_laboratories, share)]
        if dep_code == group_dep:
            rest = n_laboratories - n_group
            parts = [("published", n_group, group_share), ("others", rest, share - group_share)]
        for group, n_members, person_share in parts:
            size = np.arange(1, n_members + 1) ** -float(scenario["laboratory_size_exponent"])
            sized += [(group, dep_code, person_share * s) for s in size / size.sum()]
    laboratories = pd.DataFrame(sized, columns=["laboratory_group", "dep_code", "person_share"])
    if len(laboratories) != scenario["laboratories"] or (laboratories["person_share"] <= 0).any():
        raise ValueError("laboratories_by_departement and its shares do not fit the laboratories")
    laboratories["person_share"] /= laboratories["person_share"].sum()
    laboratories.insert(
        0, "laboratory_id", [f"LAB-{k:02d}" for k in range(1, len(laboratories) + 1)]
    )
    return laboratories


def _near_and_far(scenario: Scenario, codes: list[str]) -> tuple[Floats, Floats]:
    """Weigh the other départements by population, with and without distance; rows sum to 1."""
    residents = reference.read_populations(POPULATION_YEAR).loc[codes].to_numpy(float)
    outlines = reference.read_departements().set_index("dep_code").loc[codes]
    centre = outlines.geometry.to_crs(LAMBERT_93).centroid
    xy = np.column_stack([centre.x, centre.y]) / 1000
    overseas = outlines["is_overseas"].to_numpy()
    km = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    km[overseas] = km[:, overseas] = np.inf
    other = 1 - np.eye(len(codes))
    far = residents * other
    near = far * np.exp(-km / scenario["near_distance_km"])
    near[overseas] = far[overseas]
    return _rows_to_one(near), _rows_to_one(far)


def _prescriber_matrix(scenario: Scenario, codes: list[str], elsewhere: Floats) -> Floats:
    """Fit laboratory × prescriber départements to both margins (iterative fitting)."""
    persons = scenario["laboratory_person_share"]
    inside = list(persons)
    wanted = [scenario["prescriber_share"][code] for code in inside]
    columns = np.array([*wanted, 1 - sum(wanted)])
    rows = np.array(list(persons.values())) / sum(persons.values())
    joint = np.outer(rows, columns)
    joint[:, :-1] += np.diag(joint) * (scenario["prescriber_same_affinity"] - 1) * np.eye(len(rows))
    for _ in range(500):
        joint *= (rows / joint.sum(axis=1))[:, None]
        joint *= columns / joint.sum(axis=0)
    position = [codes.index(code) for code in inside]
    outside = elsewhere[position].copy()
    outside[:, position] = 0
    matrix = np.eye(len(codes))
    matrix[position] = joint[:, -1:] * _rows_to_one(outside)
    matrix[np.ix_(position, position)] = joint[:, :-1]
    return matrix


def _rows_to_one(weights: Floats) -> Floats:
    return weights / weights.sum(axis=1, keepdims=True)
