"""The readable sample: it is the one that would be written, and it is described."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from frictionless import validate

from analysis.reference.dictionary import read_dictionary
from analysis.store import breach
from data_synthetic.simulation.draw import write_sample
from tests.breaches import ROOT

FOLDER = ROOT / "data_synthetic"


@pytest.mark.parametrize("name", ["sample.csv", "datapackage.json"])
def test_the_committed_files_are_those_that_would_be_written(
    full_breach: breach.Breach, tmp_path: Path, name: str
) -> None:
    write_sample(full_breach, tmp_path)
    assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_the_sample_is_as_described() -> None:
    report = validate(FOLDER / "datapackage.json")
    assert report.valid, report.flatten(["message"])


def test_a_value_of_the_wrong_type_is_noticed(tmp_path: Path) -> None:
    for name in ("sample.csv", "datapackage.json"):
        (tmp_path / name).write_text((FOLDER / name).read_text("utf-8"), "utf-8")
    text = (tmp_path / "sample.csv").read_text("utf-8")
    (tmp_path / "sample.csv").write_text(re.sub(r"20\d\d-\d\d-\d\d", "soon", text), "utf-8")
    assert not validate(tmp_path / "datapackage.json").valid


def test_the_readme_explains_every_column_and_no_other() -> None:
    text = (FOLDER / "README.md").read_text("utf-8").split("## The columns")[1]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", text, re.M)
    dictionary = read_dictionary()
    assert [name for name, _, _ in rows] == dictionary.index.tolist()
    assert [category for _, category, _ in rows] == dictionary["category"].tolist()
    assert [meaning for _, _, meaning in rows] == dictionary["description_en"].tolist()


def test_nobodys_real_lines_are_copied_out(full_breach: breach.Breach, tmp_path: Path) -> None:
    real = replace(full_breach, manifest=full_breach.manifest | {"is_synthetic": False})
    with pytest.raises(ValueError, match="is not synthetic"):
        write_sample(real, tmp_path)
    assert list(tmp_path.iterdir()) == []
