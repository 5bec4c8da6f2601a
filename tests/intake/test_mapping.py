"""A mapping says what is wrong with it, and what was meant."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.intake.chunks import Layout
from analysis.intake.mapping import (
    Mapping,
    check_columns,
    describe_layout,
    read_mapping,
    write_mapping,
)

GOOD: dict[str, Any] = {
    "file": {"kind": "text", "encoding": "windows-1252", "delimiter": ";"},
    "columns": {"Labo": "laboratory_id", "Le": "sampled_on", "CP Ville": ["postal_code", "city"]},
    "dates": {"sampled_on": "%d/%m/%Y"},
}


def change(**settings: Any) -> dict[str, Any]:
    """Return a good mapping with some settings replaced."""
    return {**GOOD, **settings}


def read_settings(settings: object, folder: Path) -> Mapping:
    """Read settings as the file of a mapping."""
    (folder / "m.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return read_mapping(folder / "m.yaml")


def test_a_mapping_comes_back_from_its_file(tmp_path: Path) -> None:
    mapping = Mapping(
        Layout("text", "utf-8", ";"),
        {"Labo": "laboratory_id", "Né le": "born_on", "CP Ville": ["postal_code", "city"]},
        dates={"born_on": ["%d/%m/%y", "%Y-%m-%d"], "sampled_on": ["%Y-%m-%d"]},
        constants={"sampled_on": "2018-01-31"},
        values={"sex": {"1": "M", "2": "F"}},
        lost_zeros=["postal_code"],
        laboratories={"LAB-A": "01"},
        latest=date(2021, 2, 23),
        is_synthetic=True,
    )
    write_mapping(mapping, tmp_path / "m.yaml", remarks=["two\nlines"])
    assert read_mapping(tmp_path / "m.yaml") == mapping
    assert "# two lines\n" in (tmp_path / "m.yaml").read_text(encoding="utf-8")


def test_fields_stand_in_the_order_of_the_dictionary(tmp_path: Path) -> None:
    mapping = read_settings(change(constants={"sex": "F"}), tmp_path)
    assert mapping.fields() == ["laboratory_id", "sampled_on", "sex", "postal_code", "city"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            change(columns={**GOOD["columns"], "N": "NIR"}),
            r"m.yaml, line \d+: columns.N: unknown field 'NIR'; did you mean 'nir'",
        ),
        (change(columns={**GOOD["columns"], "N": "birthname"}), "did you mean 'birth_name'"),
        (
            change(columns={**GOOD["columns"], "V": "city"}),
            "city is given twice, by 'CP Ville' and 'V'; remove one",
        ),
        (change(constants={"sampled_on": "x"}), "twice, by `constants` and 'Le'"),
        (change(columns={**GOOD["columns"], "N": ["city", "nir"]}), "columns.N: must be a field"),
        (change(columns={"Le": "sampled_on"}), "no column gives .'laboratory_id'.*`constants`"),
        (change(columns={}), "laboratory_id', 'sampled_on'"),
        (change(columns=["a"]), "columns: must hold settings such as"),
        (change(columns={**GOOD["columns"], "N": None}), "columns.N: must be a field"),
        (change(dates={}), "give the format of sampled_on under `dates`"),
        (
            change(dates={"sampled_on": "dd/mm/yyyy"}),
            "dates.sampled_on.*no date format; did you mean '%d/%m/%Y'",
        ),
        (change(dates={"sampled_on": "JJ-MM-AAAA"}), "did you mean '%d-%m-%Y'"),
        (change(dates={"sampled_on": "%d/%m"}), "looks like '%d/%m/%Y' or '%Y-%m-%d'"),
        (change(dates={"sampled_on": None}), "dates.sampled_on: must be a list"),
        (change(dates={**GOOD["dates"], "nir": "%Y"}), "dates.nir: field nir is no date"),
        (change(laboratories={"A": 1}), "laboratories.A: .*did you mean '01'"),
        (change(laboratories={"A": "20"}), "did you mean '2A' or '2B'"),
        (change(colums={}), "colums: not known; did you mean 'columns'"),
        (change(file={"kind": "text", "delimeter": ","}), "file.delimeter: .*mean 'delimiter'"),
        (change(file={"encoding": "utf-8"}), "file.kind: missing; add it"),
        (change(file={"kind": "txt"}), "file.kind: must be 'text', 'workbook'"),
        (change(file=None), "file: missing; add it"),
        (change(latest="soon"), "latest: must be a day such as 2021-02-23, got 'soon'"),
        (change(is_synthetic="yes"), "is_synthetic: must be true or false"),
        (change(values={"sexe": {}}), "values.sexe: unknown field 'sexe'; did you mean 'sex'"),
        (change(values={"sex": "F"}), "values.sex: must hold settings"),
        (change(values={"sex": {"F": None}}), "values.sex.F: must be a text"),
        (change(lost_zeros="postal_code"), "lost_zeros: must be a list"),
        (["columns"], "m.yaml: must hold settings such as"),
        (None, "m.yaml: must hold settings such as"),
    ],
)
def test_a_wrong_mapping_says_what_was_meant(
    settings: object, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        read_settings(settings, tmp_path)


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    mapping = read_settings(GOOD, tmp_path)
    with pytest.raises(ValueError, match="no column 'Labo'; did you mean 'LABO'"):
        check_columns(mapping, ["LABO", "Le", "CP Ville"])


def test_a_missing_mapping_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="breach-impact map FILE"):
        read_mapping(tmp_path / "none.yaml")


def test_numbers_and_dates_count_as_they_are_written(tmp_path: Path) -> None:
    columns = {"Labo": "laboratory_id", 7: "sex"}
    constants, dates = {"sampled_on": date(2018, 1, 31)}, {"sampled_on": "%Y-%m-%d"}
    settings = change(columns=columns, constants=constants, dates=dates, values={"sex": {1: "M"}})
    mapping = read_settings(settings, tmp_path)
    assert mapping.constants == {"sampled_on": "2018-01-31"}
    assert mapping.values == {"sex": {"1": "M"}}
    assert [*mapping.columns] == ["Labo", "7"]


def test_what_a_person_writes_by_hand_is_enough(tmp_path: Path) -> None:
    mapping = read_settings(GOOD, tmp_path)
    assert mapping.layout.header_line == 1
    assert mapping.dates == {"sampled_on": ["%d/%m/%Y"]}
    assert not mapping.is_synthetic


def test_a_layout_is_described_by_what_it_has(tmp_path: Path) -> None:
    described = describe_layout(read_settings(GOOD, tmp_path))
    assert described["kind"].tolist() == ["text"]
    assert "table" not in described
