"""Who can be told how: a dozen records by hand, then recounted on the whole file another way."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.exposure.coding import CodedRecords, code_breach
from analysis.impact import channels
from tests.breaches import write_breach

TOLD_ON = date(2021, 3, 1)
FLAGS = ("has_email", "has_own_email", "has_mobile", "has_own_mobile", "has_landline")
FLAGS += ("has_address", "is_sensitive", "is_minor", "has_parent")
ADULT, CHILD, TEENAGER = date(1980, 2, 1), date(2010, 2, 1), date(2003, 3, 2)
COLUMNS = ("record_id", "person_id", "laboratory_id", "sampled_on", "postal_code", "address")
COLUMNS += ("born_on", "nir", "email", "mobile", "landline", "comment_patient")
DOZEN = [
    ("r01", 1, "LAB-A", 2018, "56000", "a1", ADULT, "n1", "e1", None, None, "x"),
    ("r02", 1, "LAB-B", 2019, "27000", "a1", ADULT, "n1", None, "m1", None, None),
    ("r03", 2, "LAB-A", 2018, "56000", "a2", ADULT, "n2", "e2", "m2", None, "x"),
    ("r04", 3, "LAB-A", 2018, "56000", "a2", ADULT, "n3", " E2", "m2", None, None),
    ("r05", 4, "LAB-A", 2018, "56000", "a1", CHILD, "n1", None, None, None, None),
    ("r06", 5, "LAB-A", 2018, "56000", None, TEENAGER, "n5", "e5", None, None, "x"),
    ("r07", 6, "LAB-B", 2018, "27000", None, ADULT, "n6", None, "m6", None, None),
    ("r08", 7, "LAB-B", 2018, "27000", None, None, "n7", None, None, "l7", None),
    ("r09", 8, "LAB-B", 2018, "27000", None, ADULT, "n8", None, None, "l8", "x"),
    ("r10", 9, "LAB-B", 2018, None, None, ADULT, None, None, None, None, None),
    ("r11", 9, "LAB-B", 2019, None, "a9", ADULT, None, " ", None, None, None),
    ("r12", 10, "LAB-A", 2018, "22000", "a10", ADULT, "n10", None, "m2", None, "x"),
]


def code_dozen(folder: Path, n_partitions: int = 3) -> CodedRecords:
    """Store and code the dozen records; persons of one home lie in different partitions."""
    rows: list[dict[str, Any]] = [dict(zip(COLUMNS, row, strict=True)) for row in DOZEN]
    for row in rows:
        row["sampled_on"] = date(row["sampled_on"], 1, 1)
    return code_breach(write_breach(folder / "dozen", rows, n_partitions), persons="truth")


@pytest.fixture(scope="module")
def dozen(tmp_path_factory: pytest.TempPathFactory) -> CodedRecords:
    """
    Return ten persons on a dozen records.

    ======  ======================================================================
    person
    ======  ======================================================================
    1       sensitive; e-mail and mobile of her own; two laboratories; moved to 27
    2       sensitive; shares e-mail and mobile with person 3, at one address
    3       shares them with person 2
    4       child with the NIR of person 1; an address only
    5       sensitive; 17 years old; an e-mail of her own, no address
    6       a mobile only
    7       a landline only; birth date unknown
    8       sensitive; a landline only
    9       nothing usable: an address without postal code, an empty e-mail
    10      sensitive; the mobile of persons 2 and 3, but at another address
    ======  ======================================================================
    """
    return code_dozen(tmp_path_factory.mktemp("reach"))


@pytest.fixture(scope="module")
def whole(dozen: CodedRecords) -> channels.Contacts:
    return channels.find_contacts(dozen, told_on=TOLD_ON)


def persons(counts: pd.DataFrame, name: str) -> dict[str, int]:
    """Return persons by group."""
    return counts.set_index(name)["n_persons"].dropna().to_dict()


class TestDozen:
    """By hand."""

    def test_channels(self, whole):
        assert persons(channels.count_channels(whole).table, "channel") == {
            "all": 10,
            "email": 4,
            "mobile": 5,
            "landline": 2,
            "letter": 5,
            "letter_only": 1,
            "none": 1,
        }

    def test_care(self, whole):
        assert persons(channels.count_care(whole).table, "care") == {
            "minor_parent": 1,
            "minor_other": 1,
            "sensitive": 5,
            "sensitive_shared": 1,
            "sensitive_minor": 1,
        }

    def test_the_file_does_not_say_who_has_died(self, whole):
        deceased = channels.count_care(whole).table.set_index("care").loc["deceased"]
        assert deceased["status"] == "absent"
        assert pd.isna(deceased["n_persons"])

    def test_own_channels(self, whole):
        own_email = whole.table.loc[whole.table["has_own_email"], "n_persons"].sum()
        own_mobile = whole.table.loc[whole.table["has_own_mobile"], "n_persons"].sum()
        assert (own_email, own_mobile) == (2, 3)

    def test_records_are_counted_beside_persons(self, whole):
        assert whole.table[["n_records", "n_persons"]].sum().tolist() == [12, 10]

    def test_a_person_of_two_homes_counts_in_each_as_on_every_page(self, dozen):
        contacts = channels.find_contacts(dozen, told_on=TOLD_ON, by="dep_code")
        counts = (
            channels.count_channels(contacts).table.query("channel == 'all'").set_index("dep_code")
        )
        assert counts["n_persons"].to_dict() == {"22": 1, "27": 4, "56": 5, "unknown": 1}
        assert counts.loc["unknown", "status"] == "unknown place"

    def test_each_laboratory_tells_its_own_patients(self, dozen):
        contacts = channels.find_contacts(dozen, told_on=TOLD_ON, by="laboratory_id")
        counts = (
            channels.count_channels(contacts)
            .table.query("channel == 'all'")
            .set_index("laboratory_id")
        )
        assert counts["n_persons"].to_dict() == {"LAB-A": 6, "LAB-B": 5}
        assert counts["n_records"].to_dict() == {"LAB-A": 6, "LAB-B": 6}

    @pytest.mark.parametrize(
        ("told_on", "n_minors"),
        [(date(2021, 3, 1), 2), (date(2021, 3, 2), 1), ("2021-03-02", 1), (date(2028, 2, 1), 0)],
    )
    def test_the_18th_birthday_is_the_first_day_of_an_adult(self, dozen, told_on, n_minors):
        table = channels.find_contacts(dozen, told_on=told_on).table
        assert table.loc[table["is_minor"], "n_persons"].sum() == n_minors


def test_partitions_change_nothing(tmp_path: Path, whole: channels.Contacts) -> None:
    single = channels.find_contacts(code_dozen(tmp_path, n_partitions=1), told_on=TOLD_ON)
    pd.testing.assert_frame_equal(single.table, whole.table)


def test_a_file_without_contact_details_reaches_nobody(hand_coded: CodedRecords) -> None:
    counts = persons(
        channels.count_channels(channels.find_contacts(hand_coded, told_on=TOLD_ON)).table,
        "channel",
    )
    assert counts == {"all": 7} | {"email": 5, "none": 2} | dict.fromkeys(
        ["mobile", "landline", "letter", "letter_only"], 0
    )


def test_unread_comments_are_not_taken_for_harmless(dozen: CodedRecords) -> None:
    with pytest.raises(ValueError, match="no comment was read"):
        channels.find_contacts(dozen, told_on=TOLD_ON, sensitive=["hiv_status"])


def test_an_unknown_cell_is_refused(dozen: CodedRecords) -> None:
    with pytest.raises(ValueError, match="by must be one of"):
        channels.find_contacts(dozen, told_on=TOLD_ON, by="sex")


def test_a_recount_of_the_whole_file_agrees(full_coded: CodedRecords) -> None:
    lines = read_lines(full_coded)
    for name, home in (("email", []), ("mobile", ["address", "postal_code"])):
        keys = [name, *home]
        holders = lines.groupby(keys, dropna=False)["person_id"].transform("nunique")
        lines[f"own_{name}"] = lines[name].notna() & holders.eq(1)
    lines["letter"] = lines["address"].notna() & lines["postal_code"].notna()
    lines["comment"] = lines["comment_patient"].notna() | lines["comment_file"].notna()
    for name in ("email", "mobile", "landline"):
        lines[name] = lines[name].notna()
    people = lines.groupby("person_id")[
        ["email", "own_email", "mobile", "own_mobile", "landline", "letter", "comment"]
    ].any()
    people["minor"] = lines.groupby("person_id")["born_on"].max() > pd.Timestamp("2003-03-01")
    table = channels.find_contacts(full_coded, told_on=TOLD_ON).table
    names = [*FLAGS[:-1]]
    found = table.groupby(names)["n_persons"].sum()
    expected = people.set_axis(names, axis=1).value_counts(sort=False)
    assert found.to_dict() == expected.to_dict()


def read_lines(coded: CodedRecords) -> pd.DataFrame:
    """Read all raw records with their persons."""
    columns = ["email", "mobile", "landline", "address", "postal_code", "born_on"]
    columns += ["comment_patient", "comment_file"]
    pairs = zip(*map(coded.breach.partitions, ("records", coded.persons)), strict=True)
    parts = [
        pq.read_table(records, columns=columns)
        .to_pandas()
        .assign(person_id=pq.read_table(truth)["person_id"].to_numpy())
        for records, truth in pairs
    ]
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(born_on=pd.to_datetime(lines["born_on"]))
