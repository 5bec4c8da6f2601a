"""The drawn breach: calibrated, harmless, the same on every machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import stats
from stdnum.fr import nir as nir_standard

from analysis.exposure.coding import CodedRecords
from analysis.exposure.inventory import count_filled, count_third_persons
from analysis.reference import dictionary
from analysis.store.breach import Breach, hash_content
from data_synthetic.simulation import draw
from data_synthetic.simulation.calibration import compare_with_facts
from data_synthetic.simulation.households import Slot, lowest
from data_synthetic.simulation.scenario import Scenario, replace_values
from tests.breaches import VOCABULARY, small_plan

FICTION = ("019900", "026191", "035301", "046571", "053649", "063998")
PHONES = ("landline", "mobile", "insurer_phone", "prescriber_phone", "sampler_phone")
NOT_COUNTED = {"published_on", "published_group_window"}

CONTENT = "924879c58131c31d773bbbbbbab90874f2aac66945914dfed72e070031312e12"


def read_all(breach: Breach, kind: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Read all partitions of a kind."""
    tables = [pq.read_table(path, columns=columns) for path in breach.partitions(kind)]
    return pa.concat_tables(tables).to_pandas()


# ---- calibrated --------------------------------------------------------------------------


def test_every_calibrated_number_is_as_published(full_breach: Breach, scenario: Scenario) -> None:
    """Counts within 0.5 %, shares within 0.5 points."""
    table = compare_with_facts(full_breach, scenario).table
    off = table[table["difference"].abs() > 0.5]
    assert off.empty, off.to_string()


def test_no_calibrated_number_is_left_out(full_breach: Breach, scenario: Scenario) -> None:
    table = compare_with_facts(full_breach, scenario).table
    shown = set(table["parameter"].str.partition(":")[0])
    facts = {name for name, p in scenario.parameters.items() if p.fact is not None}
    assert shown == facts - NOT_COUNTED


def test_the_published_group_lies_in_its_window(full_breach: Breach) -> None:
    group = {
        row["laboratory_id"]
        for row in full_breach.manifest["laboratories"]
        if row["laboratory_group"] == "published"
    }
    rows = read_all(full_breach, "records", ["laboratory_id", "sampled_on"])
    days = rows.loc[rows["laboratory_id"].isin(group), "sampled_on"].astype(str)
    assert (days.min(), days.max()) >= ("2018-06-01", "2019-02-03")
    assert days.max() <= "2019-02-05"


def test_samples_run_from_2015_to_october_2020_mostly_in_2018_and_2019(
    full_breach: Breach,
) -> None:
    year = read_all(full_breach, "records", ["sampled_on"])["sampled_on"].astype(str)
    assert year.min() >= "2015-01-01"
    assert year.max() <= "2020-10-31"
    assert year.str[:4].isin(["2018", "2019"]).mean() > 0.6


def test_third_persons_are_counted_apart(full_breach: Breach) -> None:
    table = count_third_persons(full_breach).table.set_index("category")
    assert table.loc["prescriber", "n_emails"] == 337
    assert 1_000 < table.loc["prescriber", "n_persons"] < 5_000
    assert 500 <= table.loc["sampler", "n_persons"] <= 700


def test_every_field_is_filled_somewhere(full_coded: CodedRecords, full_breach: Breach) -> None:
    table = count_filled(full_coded).table.set_index("field")
    assert list(table.index) == dictionary.read_dictionary().index.tolist()
    assert (table["n_records"] > 0).all()
    assert table.loc["record_id", "n_distinct"] == full_breach.manifest["n_records"]


# ---- plausible ---------------------------------------------------------------------------


def test_people_cross_borders_and_some_live_far_away(full_breach: Breach) -> None:
    records = read_all(full_breach, "records", ["laboratory_id"])
    truth = read_all(full_breach, "truth", ["dep_code"])
    where = {r["laboratory_id"]: r["dep_code"] for r in full_breach.manifest["laboratories"]}
    same = (records["laboratory_id"].map(where).to_numpy() == truth["dep_code"].to_numpy()).mean()
    assert 0.90 < same < 0.96
    assert truth["dep_code"].nunique() > 90
    assert 0.001 < truth["dep_code"].eq("abroad").mean() < 0.006


def test_most_children_carry_the_number_of_an_adult(full_breach: Breach) -> None:
    rows = read_all(full_breach, "records", ["title", "nir"]).dropna()
    adults = set(rows.loc[rows["title"].isin(["Mme", "M."]), "nir"])
    children = rows.loc[rows["title"].isin(["Enfant", "Bébé"]), "nir"]
    assert 0.5 < children.isin(adults).mean() < 0.9


def test_lines_of_one_person_differ(full_breach: Breach) -> None:
    truth = read_all(full_breach, "truth", ["person_id", "is_repeat"])
    records = read_all(full_breach, "records", ["used_name", "born_on", "sampled_on"])
    rows = pd.concat([truth, records], axis=1)
    repeated = rows[rows["person_id"].isin(rows.loc[rows["is_repeat"], "person_id"])]
    variants = repeated.groupby("person_id")[["used_name", "born_on", "sampled_on"]].nunique()
    assert variants["used_name"].gt(1).mean() > 0.05
    assert variants["born_on"].gt(1).mean() > 0.005
    assert variants["sampled_on"].gt(1).mean() > 0.5


def test_twins_share_a_household_and_a_birth_date(full_breach: Breach) -> None:
    rows = read_all(
        full_breach, "records", ["title", "nir", "born_on", "address", "first_names"]
    ).dropna()
    children = rows[rows["title"].eq("Enfant")]
    twins = children.groupby(["nir", "born_on", "address"])["first_names"].nunique()
    assert (twins == 2).sum() > 50


# ---- harmless ----------------------------------------------------------------------------


def test_no_nir_can_be_valid(full_breach: Breach) -> None:
    numbers = read_all(full_breach, "records", ["nir"])["nir"].dropna()
    assert numbers.str.fullmatch(r"[12]\d{4}(\d\d|2A|2B)99\d\d{3}9[89]").all()
    body = numbers.str[:13].str.replace("2A", "19").str.replace("2B", "18").astype("int64")
    key = 97 - body % 97
    assert (key != numbers.str[13:].astype(int)).all()
    assert not any(nir_standard.is_valid(number) for number in numbers.iloc[:2_000])


def test_every_phone_lies_in_a_range_kept_for_fiction(full_breach: Breach) -> None:
    for name in PHONES:
        numbers = read_all(full_breach, "records", [name])[name].dropna()
        assert numbers.str.fullmatch(r"0\d{9}").all(), name
        assert numbers.str.startswith(FICTION).all(), name


def test_every_address_for_mail_ends_where_nobody_reads(full_breach: Breach) -> None:
    for name in ("email", "prescriber_email"):
        addresses = read_all(full_breach, "records", [name])[name].dropna()
        assert addresses.str.endswith(("@example.org", ".invalid")).all()


def test_first_names_tell_nothing_of_age_or_place(full_breach: Breach) -> None:
    rows = read_all(full_breach, "records", ["title", "first_names", "born_on", "postal_code"])
    women = rows[rows["title"].eq("Mme")].dropna()
    frequent = women["first_names"].isin(women["first_names"].value_counts().index[:20])
    women = women[frequent]
    decade = women["born_on"].astype(str).str[:3]
    for other in (decade, women["postal_code"].str[:2].where(lambda d: d.isin(["56", "45", "27"]))):
        result = stats.chi2_contingency(pd.crosstab(women["first_names"], other))
        assert result.pvalue > 1e-4


def test_comments_hold_no_number_that_could_identify(full_breach: Breach) -> None:
    for name in ("comment_patient", "comment_file"):
        comments = read_all(full_breach, "records", [name])[name].dropna()
        assert not comments.str.contains(r"\d{6}|@").any()


def test_the_truth_is_not_in_the_file(full_breach: Breach) -> None:
    for path in full_breach.partitions("records"):
        assert pq.read_schema(path).names == dictionary.read_dictionary().index.tolist()


# ---- the same everywhere -----------------------------------------------------------------


def test_processes_change_nothing(
    small_world: CodedRecords, scenario: Scenario, tmp_path: Path
) -> None:
    again = draw.draw_breach(small_plan(scenario), VOCABULARY, tmp_path / "b", processes=2)
    assert again.manifest["n_partitions"] > 1
    assert again.manifest["content_hash"] == small_world.breach.manifest["content_hash"]
    assert hash_content(again) == again.manifest["content_hash"]


def test_another_seed_is_another_breach(
    small_world: CodedRecords, scenario: Scenario, tmp_path: Path
) -> None:
    other = dataclasses.replace(small_plan(scenario), seed=1)
    drawn = draw.draw_breach(other, VOCABULARY, tmp_path / "b")
    assert drawn.manifest["content_hash"] != small_world.breach.manifest["content_hash"]
    assert drawn.manifest["n_records"] == small_world.breach.manifest["n_records"]


def test_each_person_lies_in_the_partition_of_the_number(small_world: CodedRecords) -> None:
    n = small_world.breach.manifest["n_partitions"]
    for partition, path in enumerate(small_world.breach.partitions("truth")):
        person = pq.read_table(path)["person_id"].to_numpy()
        assert (person % n == partition).all()


def test_records_are_numbered_without_gaps(small_world: CodedRecords) -> None:
    numbers = read_all(small_world.breach, "records", ["record_id"])["record_id"].astype(int)
    assert numbers.tolist() == list(range(small_world.breach.manifest["n_records"]))


def test_more_duplicate_lines_keep_the_persons(scenario: Scenario, tmp_path: Path) -> None:
    plan = small_plan(scenario, records=607_000)
    drawn = draw.draw_breach(plan, VOCABULARY, tmp_path / "b")
    truth = read_all(drawn, "truth", ["person_id", "is_repeat"])
    assert len(truth) == 12_140
    assert truth["person_id"].nunique() == plan["persons"] == 9578
    assert truth["is_repeat"].sum() == 12_140 - 9578


def test_a_dropped_nir_stays_empty(scenario: Scenario, tmp_path: Path) -> None:
    dirty = {**scenario["error_share"], "nir_dropped": 1.0}
    plan = small_plan(scenario, error_share=dirty, exact_repeat_share=0.0)
    drawn = draw.draw_breach(plan, VOCABULARY, tmp_path / "b")
    further = read_all(drawn, "truth", ["is_repeat"])["is_repeat"].to_numpy()
    nirs = read_all(drawn, "records", ["nir"])["nir"]
    assert nirs[further].isna().all()


def test_quotas_of_partitions_sum_to_the_count() -> None:
    assert sum(Slot(k, 7).quota(491_840) for k in range(7)) == 491_840


def test_a_quota_is_exact() -> None:
    rng = np.random.default_rng(0)
    for count in (0, 1, 50, 100, 500):
        assert lowest(rng.random(100), count).sum() == min(count, 100)


def test_a_scenario_whose_laboratories_do_not_add_up_is_refused(
    scenario: Scenario, tmp_path: Path
) -> None:
    plan = replace_values(scenario, laboratories_by_departement={"56": 9, "45": 6})
    with pytest.raises(ValueError, match="do not fit the laboratories"):
        draw.draw_breach(plan, VOCABULARY, tmp_path / "b")


def test_postal_codes_have_five_digits(full_breach: Breach) -> None:
    codes = pq.read_table(full_breach.partitions("records")[0], columns=["postal_code"])[0]
    lengths = pc.utf8_length(codes.drop_null()).to_numpy()
    assert (lengths == 5).all()


def test_the_content_is_the_same_on_every_machine(full_breach: Breach) -> None:
    """Drawn alike by Python 3.11 with numpy 2.4 and by 3.12 and 3.13 with numpy 2.5."""
    assert full_breach.manifest["content_hash"] == CONTENT
