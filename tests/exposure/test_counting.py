"""Counting: by hand, by plain SQL, and by what must hold for any file."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.exposure import coding
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counting import account_for_records, count
from analysis.exposure.windows import (
    age_windows,
    calendar_windows,
    check_windows,
    cumulative_windows,
    one_window,
    rolling_windows,
)
from analysis.reference import geography
from analysis.store.breach import Breach
from tests.breaches import HAND_MADE, hand_made_rows, write_breach

YEARS = calendar_windows("2018-01-01", "2020-01-01", unit="year")
BOTH = one_window("2018-01-01", "2020-01-01")
PERIOD = ("2015-01-01", "2020-11-01")


def persons(table: pd.DataFrame, **cell: str) -> int:
    """Return the persons of one cell."""
    for name, value in cell.items():
        table = table[table[name].eq(value)]
    return int(table["n_persons"].item())


@pytest.mark.parametrize(
    ("dep_code", "in_2018", "in_2019", "in_both"),
    [("22", 0, 1, 1), ("27", 2, 1, 2), ("56", 2, 1, 3), ("unknown", 0, 1, 1), ("abroad", 0, 1, 1)],
)
def test_persons_by_home_equal_the_hand_count(
    hand_coded: CodedRecords, dep_code: str, in_2018: int, in_2019: int, in_both: int
) -> None:
    by_year = count(hand_coded, YEARS, by=["dep_code"]).table
    both = count(hand_coded, BOTH, by=["dep_code"]).table
    assert persons(by_year, dep_code=dep_code, window="2018") == in_2018
    assert persons(by_year, dep_code=dep_code, window="2019") == in_2019
    assert persons(both, dep_code=dep_code) == in_both


def test_a_region_counts_a_person_of_two_of_its_departements_once(
    hand_coded: CodedRecords,
) -> None:
    regions = count(hand_coded, BOTH, by=["region_code"]).table
    assert persons(regions, region_code="53") == 3
    assert persons(regions, region_code="28") == 2
    assert persons(regions, region_code="unknown") == 1
    assert regions["place"].eq("home").all()
    assert regions.set_index("region_code").loc["abroad", "status"] == "abroad"


def test_a_person_is_counted_once_in_the_whole_file(hand_coded: CodedRecords) -> None:
    table = count(hand_coded, YEARS).table
    assert table["n_persons"].tolist() == [4, 5]
    assert count(hand_coded, BOTH).table["n_persons"].tolist() == [7]
    assert count(hand_coded, BOTH).table["n_records"].tolist() == [11]


def test_the_place_basis_changes_the_place(hand_coded: CodedRecords) -> None:
    prescriber = count(hand_coded, BOTH, by=["dep_code"], place="prescriber").table
    laboratory = count(hand_coded, BOTH, by=["dep_code"], place="laboratory").table
    assert persons(prescriber, dep_code="35") == 1
    assert persons(prescriber, dep_code="56") == 4
    assert persons(prescriber, dep_code="unknown") == 1
    assert persons(laboratory, dep_code="56") == 4
    assert persons(laboratory, dep_code="27") == 3


def test_categories_and_their_combinations_equal_the_hand_count(hand_coded: CodedRecords) -> None:
    names = ["nir", "email", "contact", "nir+email", "any"]
    table = count(hand_coded, YEARS, categories=names).table
    in_2018 = [persons(table, category=name, window="2018") for name in names]
    assert in_2018 == [3, 2, 4, 2, 4]
    assert persons(table, category="nir+email", window="2019") == 0


def test_all_of_needs_the_person_not_the_line(hand_coded: CodedRecords) -> None:
    table = count(hand_coded, BOTH, by=["dep_code"], categories=["nir+email"]).table
    assert persons(table, dep_code="56") == 2
    assert persons(table, dep_code="27") == 1
    assert table.loc[table["dep_code"].eq("27"), "n_records"].item() == 0


def test_sex_age_and_laboratory_make_cells(hand_coded: CodedRecords) -> None:
    table = count(hand_coded, BOTH, by=["laboratory_id", "sex", "age_band"]).table
    assert persons(table, laboratory_id="LAB-A", sex="F", age_band="30–44") == 2
    assert persons(table, laboratory_id="LAB-A", sex="M", age_band="30–44") == 2
    assert persons(table, laboratory_id="LAB-B", sex="F", age_band="30–44") == 2
    assert table["n_persons"].sum() == 7


def test_a_birthday_makes_a_year(tmp_path: Path) -> None:
    rows = [
        {"record_id": "a", "person_id": 0, "born_on": date(1990, 3, 10)},
        {"record_id": "b", "person_id": 1, "born_on": date(1990, 3, 11)},
    ]
    rows = [{**row, "laboratory_id": "LAB-A", "sampled_on": date(2020, 3, 10)} for row in rows]
    coded = coding.code_breach(write_breach(tmp_path / "b", rows), persons="truth")
    table = count(coded, one_window("2020-01-01", "2021-01-01"), by=["age_band"]).table
    assert persons(table, age_band="30–44") == 1
    assert persons(table, age_band="15–29") == 1


def test_a_category_without_a_column_is_absent_and_not_zero(hand_coded: CodedRecords) -> None:
    table = count(hand_coded, BOTH, categories=["health", "nir", "health+nir"]).table
    assert table["status"].tolist() == ["absent", "shown", "absent"]
    assert table["n_persons"].isna().tolist() == [True, False, True]


def test_every_cell_is_there_with_its_status(hand_coded: CodedRecords) -> None:
    table = count(hand_coded, YEARS, by=["dep_code"]).table
    assert len(table) == 103 * 2
    status = table.set_index(["dep_code", "window"])["status"]
    assert status["56", "2018"] == "shown"
    assert status["75", "2018"] == "none"
    assert status["unknown", "2019"] == "unknown place"
    assert status["abroad", "2019"] == "abroad"


def test_every_record_is_used_or_set_aside(hand_coded: CodedRecords) -> None:
    fates = account_for_records(hand_coded, "2018-02-01", "2019-06-30").table.set_index("fate")
    assert fates["n_records"].to_dict() == {
        "used": 6,
        "before": 3,
        "after": 2,
        "no date": 1,
        "all": 12,
    }
    assert fates["n_persons"].to_dict() == {
        "used": 4,
        "before": 2,
        "after": 2,
        "no date": 1,
        "all": 7,
    }


def test_a_window_above_those_it_holds_is_refused(hand_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match="count a window that holds others in a table of its own"):
        count(hand_coded, pd.concat([YEARS, BOTH], ignore_index=True))


def recount(
    coded: CodedRecords, place_field: str, windows: pd.DataFrame, regions: dict[str, str]
) -> pd.DataFrame:
    """Count place × three categories × windows in plain SQL, from the raw records."""
    folder = coded.breach.folder
    connection = duckdb.connect()
    records = f"read_parquet('{folder}/records/*.parquet', filename=true)"
    places = connection.sql(f"select distinct {place_field} as code from {records}").df()
    places["dep_code"] = geography.place_postal_codes(places["code"])["dep_code"].astype(str)
    places["dep_code"] = [regions.get(code, code) for code in places["dep_code"]]
    connection.register("places", places)
    connection.register("windows", windows)
    return connection.sql(
        f"""
        with facts as (
            select p.dep_code, t.person_id, r.sampled_on,
                   r.nir <> '' as has_nir,
                   r.landline <> '' or r.mobile <> '' as has_phone,
                   r.email <> '' as has_email
            from {records} r
            join read_parquet('{folder}/linked/part-*.parquet') t using (record_id)
            join places p on p.code is not distinct from r.{place_field}
        ),
        long as (
            select dep_code, person_id, sampled_on, 'nir' as category from facts where has_nir
            union all
            select dep_code, person_id, sampled_on, 'phone' from facts where has_phone
            union all
            select dep_code, person_id, sampled_on, 'email' from facts where has_email
        )
        select l.dep_code, l.category, w."window", count(*) as n_records,
               count(distinct l.person_id) as n_persons
        from long l join windows w on l.sampled_on >= w.window_start and l.sampled_on < w.window_end
        group by all
        """
    ).df()


@pytest.mark.parametrize(
    ("place", "field"), [("home", "postal_code"), ("prescriber", "prescriber_postal_code")]
)
@pytest.mark.parametrize(
    "windows",
    [
        calendar_windows(*PERIOD, unit="month"),
        rolling_windows(*PERIOD),
        cumulative_windows(*PERIOD, unit="quarter"),
        age_windows("2021-02-14"),
    ],
    ids=["months", "rolling", "cumulative", "age"],
)
def test_plain_sql_counts_the_same_cell_for_cell(
    full_coded: CodedRecords, place: str, field: str, windows: pd.DataFrame
) -> None:
    ours = count(
        full_coded, windows, by=["dep_code"], categories=["nir", "phone", "email"], place=place
    ).table
    keys = ["dep_code", "category", "window"]
    theirs = recount(full_coded, field, windows, {}).set_index(keys)
    compare(ours.set_index(keys), theirs)


@pytest.mark.parametrize(
    ("place", "field"), [("home", "postal_code"), ("prescriber", "prescriber_postal_code")]
)
def test_plain_sql_counts_the_same_by_region(
    full_coded: CodedRecords, place: str, field: str
) -> None:
    windows, names = calendar_windows(*PERIOD, unit="year"), ["nir", "phone", "email"]
    ours = count(full_coded, windows, by=["region_code"], categories=names, place=place).table
    theirs = recount(full_coded, field, windows, geography.read_regions())
    keys = ["region_code", "category", "window"]
    assert ours["region_code"].nunique() == 20
    compare(
        ours.set_index(keys), theirs.rename(columns={"dep_code": "region_code"}).set_index(keys)
    )


def compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Assert that two counts are equal cell for cell, and not empty."""
    both = ours[["n_records", "n_persons"]].join(theirs.add_suffix("_sql"))
    both = both.fillna(0).astype(int)
    assert both["n_persons"].sum() > 400_000
    assert len(theirs) == (both["n_records"] > 0).sum()
    pd.testing.assert_series_equal(both["n_records"], both["n_records_sql"], check_names=False)
    pd.testing.assert_series_equal(both["n_persons"], both["n_persons_sql"], check_names=False)


def test_records_of_all_places_sum_to_the_whole(full_coded: CodedRecords) -> None:
    windows = calendar_windows(*PERIOD, unit="year")
    whole = count(full_coded, windows).table["n_records"].to_numpy()
    for place in ("home", "prescriber", "laboratory"):
        parts = count(full_coded, windows, by=["dep_code"], place=place).table
        assert (parts.groupby("window", sort=False)["n_records"].sum() == whole).all()
    assert whole.sum() == full_coded.breach.manifest["n_records"]


def test_a_wider_window_never_has_fewer_persons(full_coded: CodedRecords) -> None:
    windows = cumulative_windows(*PERIOD)
    table = count(full_coded, windows, by=["dep_code"], categories=["nir", "email"]).table
    grown = table.groupby(["dep_code", "category"])["n_persons"].diff().dropna()
    assert (grown >= 0).all()
    assert (grown > 0).any()


def test_processes_change_nothing(full_coded: CodedRecords) -> None:
    windows = calendar_windows(*PERIOD, unit="year")
    pooled = coding.open_coded(full_coded.breach, processes=2)
    pd.testing.assert_frame_equal(
        count(pooled, windows, by=["dep_code"], categories=["nir", "contact"]).table,
        count(full_coded, windows, by=["dep_code"], categories=["nir", "contact"]).table,
    )


def test_row_order_and_names_of_persons_change_nothing(tmp_path: Path) -> None:
    rows = hand_made_rows()
    renamed = [{**row, "person_id": 1000 - 3 * row["person_id"]} for row in reversed(rows)]
    first = coding.code_breach(write_breach(tmp_path / "a", rows), persons="truth")
    breach = write_breach(tmp_path / "b", renamed, n_partitions=3)
    second = coding.code_breach(breach, persons="truth")
    for windows in (YEARS, rolling_windows("2018-01-01", "2020-01-01", months=6)):
        pd.testing.assert_frame_equal(
            count(first, windows, by=["dep_code"], categories=["nir", "email"]).table,
            count(second, windows, by=["dep_code"], categories=["nir", "email"]).table,
        )


def test_an_unknown_category_is_named(hand_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match="unknown category 'dna'; known are"):
        count(hand_coded, BOTH, categories=["nir+dna"])


def test_an_unknown_place_basis_is_named(hand_coded: CodedRecords) -> None:
    with pytest.raises(ValueError, match="place must be one of"):
        count(hand_coded, BOTH, by=["dep_code"], place="work")


def test_a_grid_too_large_for_a_key_is_refused(full_coded: CodedRecords) -> None:
    days = pd.date_range("2015-01-01", "2020-11-01")
    rows = [(f"{a:%F}", a, b) for a, b in pairwise(days)]
    many = ["identity+nir+address+phone", "email+visit+health+comments+insurer"]
    with pytest.raises(ValueError, match="too many cells"):
        count(
            full_coded,
            check_windows(rows),
            by=["dep_code", "laboratory_id", "sex", "age_band"],
            categories=many,
        )


def test_a_column_the_dictionary_does_not_know_is_named(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "breach", hand_made_rows())
    for path in breach.partitions("records"):
        table = pq.read_table(path)
        pq.write_table(
            table.rename_columns([n.replace("email", "mel") for n in table.column_names]), path
        )
    with pytest.raises(ValueError, match=r"columns \['mel'\] are not in the data dictionary"):
        coding.code_breach(breach, persons="truth")


def test_a_missing_column_that_counts_need_is_named(tmp_path: Path) -> None:
    rows = [{k: v for k, v in row.items() if k != "sampled_on"} for row in hand_made_rows()]
    with pytest.raises(ValueError, match=r"columns \['sampled_on'\] are missing"):
        coding.code_breach(write_breach(tmp_path / "breach", rows), persons="truth")


def test_coded_records_of_other_records_are_stale(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "breach", hand_made_rows())
    coding.code_breach(breach, persons="truth")
    changed = Breach(breach.folder, {**breach.manifest, "content_hash": "other"})
    with pytest.raises(FileNotFoundError, match="stale"):
        coding.open_coded(changed, persons="truth")


def test_lines_are_marked_by_place_and_by_field(hand_coded: CodedRecords) -> None:
    """By home in Morbihan: r01, r02, r04, r05, r11, r12; of them r02, r04, r05, r12 have e-mail."""
    marked = coding.mark_lines(hand_coded, dep_code="56", category="email")
    assert sorted(marked.index[marked]) == ["r02", "r04", "r05", "r12"]
    assert coding.mark_lines(hand_coded, dep_code="56", place="prescriber").sum() == 6
    assert coding.mark_lines(hand_coded).sum() == len(HAND_MADE)


def test_records_of_a_person_meet_in_one_partition_wherever_they_lay(tmp_path: Path) -> None:
    """Lines of person 3 lie in both partitions of records, as linkage may find them."""
    rows = hand_made_rows()
    breach = write_breach(tmp_path / "b", rows)
    for path in breach.partitions("truth"):
        table = pq.read_table(path)
        same = pa.array([3 if k in (1, 6) else k for k in table["person_id"].to_pylist()])
        pq.write_table(table.set_column(1, "person_id", same), path)
    coded = coding.code_breach(breach, persons="truth", processes=1)
    parts = [pq.read_table(path).to_pandas() for path in coded.partitions]
    assert [sorted(part["record_id"]) for part in parts] == [
        ["r04", "r05", "r07", "r08"],
        ["r01", "r02", "r03", "r06", "r09", "r10", "r11", "r12"],
    ]
    whole = count(coded, one_window("2018-01-01", "2020-01-01")).table
    assert whole["n_persons"].tolist() == [5]
