"""Write the lines of one partition: what each record of its persons says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from analysis import reference
from data_synthetic.simulation import households
from data_synthetic.simulation.catchment import Catchment, Flags, Ints
from data_synthetic.simulation.grammar import Grammar
from data_synthetic.simulation.identities import Pool, draw_identities, join_text, pad_digits
from data_synthetic.simulation.phrases import Vocabulary, draw_comments
from data_synthetic.simulation.repeats import plant_differences
from data_synthetic.simulation.scenario import Scenario

MILITARY_AGES = (18, 60)
MILITARY_TOWN = ("27000", "EVREUX")
MILITARY_FUND = ("CNMSS", "CNMSS 83000 TOULON")
FOREIGN_POSTAL_CODE = "99100"
CEDEX_SUFFIX = "9"
WOMEN_ONLY = ("pregnancy", "fertility")


@dataclass(frozen=True)
class World:
    """
    What all partitions of a breach share.

    Attributes
    ----------
    scenario : Scenario
        The parameters.
    catchment : Catchment
        Laboratories and where their patients come from.
    vocabulary, grammar : Vocabulary, Grammar
        Names, streets and the French of the comments.
    towns : Pool
        Postal codes by département.
    prescribers, samplers : Pool
        The professionals named beside the patients.
    insurers : pyarrow.Table
        ``insurer_id``, ``insurer_address``, ``insurer_phone``; the last row is the military fund.
    """

    scenario: Scenario
    catchment: Catchment
    vocabulary: Vocabulary
    grammar: Grammar
    towns: Pool
    prescribers: Pool
    samplers: Pool
    insurers: pa.Table


class Layout(NamedTuple):
    """
    Which lines a partition has.

    Attributes
    ----------
    slot : households.Slot
        The partition.
    persons : pandas.DataFrame
        One row per person, as drawn by `draw_persons`.
    who : numpy.ndarray of int, shape (n_records,)
        Row of the person each line is about; first lines come first, in the persons' order.
    copied : numpy.ndarray of int, shape (n_records,)
        The line it copies to the letter, or -1.
    """

    slot: households.Slot
    persons: pd.DataFrame
    who: Ints
    copied: Ints

    @property
    def is_further(self) -> Flags:
        """Mark the lines that are not the first of their person."""
        return np.arange(len(self.who)) >= len(self.persons)


def draw_lines(world: World, slot: households.Slot, rng: Generator) -> tuple[pa.Table, pa.Table]:
    """
    Draw one partition: its records, and the truth about them.

    Parameters
    ----------
    world : World
        What all partitions share.
    slot : households.Slot
        The partition.
    rng : numpy.random.Generator
        Source of randomness, of this partition alone.

    Returns
    -------
    records : pyarrow.Table
        One row per record, columns as in the data dictionary, sorted by ``record_id``.
    truth : pyarrow.Table
        One row per record, same order: ``record_id``, ``person_id``, the true home
        ``dep_code``, ``is_repeat``, and the labels of both comments.
    """
    scenario = world.scenario
    persons = households.draw_persons(scenario, world.catchment, slot, rng)
    described = _describe_persons(world, persons, slot, rng)
    layout = _assign_lines(scenario, persons, slot, rng)
    who, copied, further = layout.who, layout.copied, layout.is_further
    records = _combine(described.take(pa.array(who)), _draw_visits(world, layout, rng))
    records = plant_differences(scenario, world.vocabulary, records, further & (copied < 0), rng)
    records = _leave_blank(scenario, records, layout, rng)
    records = _combine(records, _draw_comments(world, layout, rng))
    source = np.where(copied >= 0, copied, np.arange(len(who)))
    order = rng.permutation(len(who))
    records = records.take(pa.array(source[order]))
    number = scenario["records"] * slot.partition // slot.n_partitions + np.arange(len(who))
    records = records.append_column("record_id", pad_digits(number, 8))
    person = rng.permutation(len(persons))[who[order]] * slot.n_partitions + slot.partition
    dep_codes = np.array(world.catchment.dep_codes)[persons["home"].to_numpy()[who[order]]]
    truth = pa.table(
        {
            "record_id": records["record_id"],
            "person_id": pa.array(person, type=pa.int64()),
            "dep_code": pa.array(dep_codes),
            "is_repeat": pa.array(further[order]),
            "labels_patient": records["labels_patient"],
            "labels_file": records["labels_file"],
        }
    )
    return records.select(reference.read_dictionary().index.tolist()), truth


def _combine(left: pa.Table, right: pa.Table) -> pa.Table:
    for name in right.column_names:
        left = left.append_column(name, right[name])
    return left


def _describe_persons(
    world: World, persons: pd.DataFrame, slot: households.Slot, rng: Generator
) -> pa.Table:
    """Write what stays the same on every line of a person."""
    scenario = world.scenario
    identities = draw_identities(scenario, world.vocabulary, persons, slot, rng)
    is_military, at_evreux = _draw_military(world, persons, slot, rng)
    postal_code, city = _draw_towns(world, persons, rng)
    n, n_insurers = len(persons), world.insurers.num_rows - 1
    insurer = np.where(is_military, n_insurers, rng.integers(0, n_insurers, n))
    has_insurer = is_military | (rng.random(n) < scenario["insurer_share"])
    insurers = world.insurers.take(pa.array(insurer, mask=~has_insurer))
    groups = scenario["blood_groups"]
    shares = np.array(list(groups.values()))
    group = pa.array(list(groups)).take(pa.array(rng.choice(len(groups), n, p=shares)))
    has_group = pa.array(rng.random(n) < scenario["blood_group_share"])
    columns = {
        "title": pa.array(np.array(households.TITLES)[persons["title"]]),
        "sex": pa.array(np.where(persons["is_female"], "F", "M")),
        "born_on": pa.array(persons["born_on"].to_numpy().astype("int32")).cast(pa.date32()),
        "postal_code": pc.if_else(pa.array(at_evreux), MILITARY_TOWN[0], postal_code),
        "city": pc.if_else(pa.array(at_evreux), MILITARY_TOWN[1], city),
        "blood_group": pc.if_else(has_group, group, None),
    }
    return _combine(_combine(identities, pa.table(columns)), insurers)


def _draw_military(
    world: World, persons: pd.DataFrame, slot: households.Slot, rng: Generator
) -> tuple[Flags, Flags]:
    """Mark the published number of military patients, and those of them at Évreux."""
    scenario = world.scenario
    adult = persons["age"].between(*MILITARY_AGES).to_numpy()
    in_eure = persons["home"].eq(world.catchment.dep_codes.index("27")).to_numpy()
    key = rng.random(len(persons)) + np.where(adult, 0, 2)
    at_evreux = households.lowest(
        key + np.where(in_eure, 0, 1), slot.quota(scenario["military_at_evreux"])
    )
    others = slot.quota(scenario["military"]) - int(at_evreux.sum())
    return at_evreux | households.lowest(key + np.where(at_evreux, 9, 0), others), at_evreux


def _draw_towns(world: World, persons: pd.DataFrame, rng: Generator) -> tuple[pa.Array, pa.Array]:
    """Give each household a town; some have a CEDEX code, no code, or live abroad."""
    scenario, household = world.scenario, persons["household"].to_numpy()
    _, first = np.unique(household, return_index=True)
    home = persons["home"].to_numpy()[first]
    abroad = home == len(world.catchment.dep_codes) - 1
    town = world.towns.table.take(pa.array(world.towns.pick(np.where(abroad, 0, home), rng)))
    code, city = (town[name].combine_chunks() for name in ("postal_code", "city"))
    is_cedex = pa.array(rng.random(len(home)) < scenario["postal_code_cedex_share"])
    region, office = pc.utf8_slice_codeunits(code, 0, 2), rng.integers(0, 100, len(home))
    code = pc.if_else(is_cedex, join_text(region, pad_digits(office, 2), CEDEX_SUFFIX), code)
    code = pc.if_else(pa.array(abroad), FOREIGN_POSTAL_CODE, code)
    missing = pa.array(rng.random(len(home)) < scenario["postal_code_missing_share"])
    code, city = pc.if_else(missing, None, code), pc.if_else(pa.array(abroad), "ETRANGER", city)
    return code.take(pa.array(household)), city.take(pa.array(household))


def _assign_lines(
    scenario: Scenario, persons: pd.DataFrame, slot: households.Slot, rng: Generator
) -> Layout:
    """Give every person a first line, and deal the further lines out at random."""
    n_further = slot.quota(scenario["records"]) - len(persons)
    more = rng.integers(0, len(persons), n_further)
    who = np.concatenate([np.arange(len(persons)), more])
    exact = rng.random(len(who)) < scenario["exact_repeat_share"]
    exact[: len(persons)] = False
    return Layout(slot, persons, who, np.where(exact, who, -1))


def _draw_visits(world: World, layout: Layout, rng: Generator) -> pa.Table:
    """Write what belongs to a visit: laboratory, date, prescriber, sampler, portal account."""
    scenario, persons, who, n = world.scenario, layout.persons, layout.who, len(layout.who)
    laboratory = persons["laboratory"].to_numpy()[who]
    again = households.draw_dates(scenario, world.catchment, laboratory, rng)
    day = np.where(layout.is_further, again, persons["sampled_on"].to_numpy()[who]).astype("int32")
    place = households.pick(world.catchment.prescriber.cumsum(axis=1)[laboratory], rng)
    has_prescriber = rng.random(n) < scenario["prescriber_filled_share"]
    prescriber = world.prescribers.pick(place, rng)
    has_sampler = rng.random(n) < scenario["sampler_share"]
    sampler = world.samplers.pick(laboratory, rng)
    names = world.catchment.laboratories["laboratory_id"].to_numpy(object)
    visits = {
        "laboratory_id": pa.array(names[laboratory]),
        "sampled_on": pa.array(day).cast(pa.date32()),
        "portal_login": join_text("portail", pad_digits(rng.integers(0, 10**8, n), 8)),
        "portal_password": join_text("fictif", pad_digits(rng.integers(0, 10**6, n), 6)),
    }
    prescribers = world.prescribers.table.take(pa.array(prescriber, mask=~has_prescriber))
    samplers = world.samplers.table.take(pa.array(sampler, mask=~has_sampler))
    visits |= {f"prescriber_{name}": prescribers[name] for name in prescribers.column_names}
    visits |= {f"sampler_{name}": samplers[name] for name in samplers.column_names}
    return pa.table(visits)


def _leave_blank(scenario: Scenario, records: pa.Table, layout: Layout, rng: Generator) -> pa.Table:
    """Empty fields until each is filled as often as published or assumed."""
    slot, persons, who, _ = layout
    by_household = rng.random(int(persons["household"].max()) + 1)[persons["household"]][who]
    by_person, by_line = rng.random(len(persons))[who], rng.random(len(who))
    has_nir = pc.is_valid(records["nir"]).to_numpy(zero_copy_only=False)
    key = {
        "nir": by_line + np.where(has_nir, 0, 2),
        "landline": by_household + 0.1 * by_line,
        "mobile": rng.random(len(persons))[who] + 0.1 * by_line,
        "passwords": rng.random(len(who)),
    }
    filled = {
        name: households.lowest(k, slot.quota(scenario[f"{name}_filled"]))
        for name, k in key.items()
    }
    columns = {name: filled[name] for name in ("nir", "landline", "mobile")}
    columns |= {"portal_login": filled["passwords"], "portal_password": filled["passwords"]}
    columns |= {
        "birth_name": by_person < scenario["birth_name_share"],
        "born_on": rng.random(len(who)) < scenario["born_on_share"],
        "address": by_household < scenario["address_share"],
    }
    for name, mask in columns.items():
        kept = pc.if_else(pa.array(mask), records[name], None)
        records = records.set_column(records.column_names.index(name), name, kept)
    return records


def _draw_comments(world: World, layout: Layout, rng: Generator) -> pa.Table:
    """Write comments on some lines; those on pregnancy and fertility on women's of that age."""
    scenario, (slot, persons, who, _) = world.scenario, layout
    youngest, oldest = scenario["pregnancy_ages"]
    women = persons["is_female"] & persons["age"].between(youngest, oldest + 1)
    eligible = women.to_numpy()[who]
    columns = {}
    for field, labels in (("comment_patient", "labels_patient"), ("comment_file", "labels_file")):
        total = round(scenario["comment_share"][field] * scenario["records"])
        drawn = draw_comments(slot.quota(total), world.grammar, scenario["comment_grammar"], rng)
        for_women = drawn["labels"].str.contains("|".join(WOMEN_ONLY)).to_numpy(copy=True)
        for_women[np.flatnonzero(for_women)[eligible.sum() :]] = False
        places = np.empty(len(drawn), dtype=int)
        hers = rng.permutation(np.flatnonzero(eligible))[: for_women.sum()]
        places[for_women] = hers
        free = np.setdiff1d(np.arange(len(who)), hers, assume_unique=True)
        places[~for_women] = rng.permutation(free)[: (~for_women).sum()]
        for name, values in ((field, drawn["text"]), (labels, drawn["labels"])):
            column = np.full(len(who), None, dtype=object)
            column[places] = values.to_numpy(object)
            columns[name] = pa.array(column, type=pa.string())
    return pa.table(columns)
