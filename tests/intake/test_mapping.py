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
    build_mapping,
    check_columns,
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


def test_fields_stand_in_the_order_of_the_dictionary() -> None:
    mapping = build_mapping(change(constants={"sex": "F"}))
    assert mapping.fields() == ["laboratory_id", "sampled_on", "sex", "postal_code", "city"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            change(columns={**GOOD["columns"], "N": "NIR"}),
            "unknown field 'NIR'; did you mean 'nir'",
        ),
        (change(columns={**GOOD["columns"], "N": "birthname"}), "did you mean 'birth_name'"),
        (
            change(columns={**GOOD["columns"], "V": "city"}),
            "city is given twice, by 'CP Ville' and",
        ),
        (change(constants={"sampled_on": "x"}), "twice, by column 'Le' and as a constant"),
        (change(columns={**GOOD["columns"], "N": ["city", "nir"]}), "can only be split into"),
        (change(columns={"Le": "sampled_on"}), "no column gives .'laboratory_id'.*`constants`"),
        (change(columns={}), "laboratory_id', 'sampled_on'"),
        (change(columns=["a"]), "names no column"),
        (change(columns={**GOOD["columns"], "N": None}), "wrong kind"),
        (change(dates={}), "give the format of sampled_on under `dates`"),
        (change(dates={"sampled_on": "dd/mm/yyyy"}), "did you mean '%d/%m/%Y'"),
        (change(dates={"sampled_on": "JJ-MM-AAAA"}), "did you mean '%d-%m-%Y'"),
        (change(dates={"sampled_on": "%d/%m"}), "looks like '%d/%m/%Y' or '%Y-%m-%d'"),
        (change(dates={**GOOD["dates"], "nir": "%Y"}), "nir is no date"),
        (change(laboratories={"A": 1}), "did you mean '01'"),
        (change(laboratories={"A": "20"}), "did you mean '2A' or '2B'"),
        (change(colums={}), "unknown setting 'colums'; did you mean 'columns'"),
        (change(file={"kind": "text", "delimeter": ","}), "did you mean 'delimiter'"),
        (change(file={"encoding": "utf-8"}), "wrong kind .*'kind'"),
        (change(latest="soon"), "no date such as 2021-02-23"),
        (change(is_synthetic="yes"), "true or false"),
        (change(values={"sexe": {}}), "unknown field in `values` 'sexe'; did you mean 'sex'"),
        (change(values={"sex": "F"}), "wrong kind"),
        (["columns"], "has settings such as `columns:`"),
        (None, "has settings such as `columns:`"),
    ],
)
def test_a_wrong_mapping_says_what_was_meant(settings: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_mapping(settings)


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no column 'Labo'; did you mean 'LABO'"):
        check_columns(build_mapping(GOOD), ["LABO", "Le", "CP Ville"])


def test_a_missing_mapping_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="breach-impact map FILE"):
        read_mapping(tmp_path / "none.yaml")


@pytest.mark.parametrize("data", [b"a: [", b"\xff\xfe", b"a: !!python/object:x.Y {}"])
def test_what_is_no_yaml_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.yaml").write_bytes(data)
    with pytest.raises(ValueError, match="is not YAML"):
        read_mapping(tmp_path / "m.yaml")


def test_what_a_person_writes_by_hand_is_enough(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(GOOD), encoding="utf-8")
    mapping = read_mapping(tmp_path / "m.yaml")
    assert mapping.layout.header_line == 1
    assert mapping.dates == {"sampled_on": ["%d/%m/%Y"]}
    assert not mapping.is_synthetic
