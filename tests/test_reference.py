"""The committed reference files: whole, described, unchanged, and extracted as pinned."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import shutil
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from frictionless import validate

from analysis.reference.geography import ABROAD, REFERENCE, list_dep_codes, read_populations
from tests.breaches import ROOT

STRADDLING = [
    "01200",
    "01410",
    "01590",
    "05110",
    "05130",
    "05160",
    "05700",
    "06260",
    "13780",
    "21340",
    "33220",
    "37160",
    "42620",
    "43450",
    "48250",
    "52100",
]


@pytest.fixture(scope="module")
def extraction() -> ModuleType:
    """Load the extraction script, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(
        "extract", ROOT / "data_synthetic" / "reference_extract.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["extract"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def postal_codes() -> pd.DataFrame:
    """Read the table of postal codes as it is stored."""
    return pd.read_csv(REFERENCE / "postal_codes.csv", dtype={"postal_code": str, "dep_code": str})


def list_resources() -> list[dict]:
    """List the resources that datapackage.json describes."""
    return json.loads((REFERENCE / "datapackage.json").read_text("utf-8"))["resources"]


class TestDescription:
    """datapackage.json says what the files are, and they are that."""

    def test_package_is_valid(self):
        report = validate(REFERENCE / "datapackage.json")
        assert report.valid, report.flatten(["name", "type", "message"])

    def test_validation_notices_a_changed_file(self, tmp_path):
        shutil.copytree(REFERENCE, tmp_path / "reference")
        table = tmp_path / "reference" / "populations.csv"
        table.write_text(table.read_text("utf-8").replace("759684", "759685"), "utf-8")
        assert not validate(tmp_path / "reference" / "datapackage.json").valid

    @pytest.mark.parametrize("resource", list_resources(), ids=lambda resource: resource["path"])
    def test_file_is_the_described_one(self, resource):
        content = (REFERENCE / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)

    def test_every_file_is_described(self):
        files = {path.name for path in REFERENCE.iterdir() if path.suffix in {".csv", ".geojson"}}
        assert {resource["path"] for resource in list_resources()} == files

    def test_every_file_has_a_licence(self):
        assert all(resource["licenses"][0]["path"] for resource in list_resources())

    def test_description_is_the_one_that_would_be_written(self, extraction, tmp_path):
        shutil.copytree(REFERENCE, tmp_path / "reference")
        extraction.describe(tmp_path / "reference")
        written = (tmp_path / "reference" / "datapackage.json").read_bytes()
        assert written == (REFERENCE / "datapackage.json").read_bytes()


class TestPostalCodes:
    """Facts known from elsewhere about postal codes."""

    def test_sixteen_codes_straddle_two_departements(self, postal_codes):
        counts = postal_codes["postal_code"].value_counts()
        assert sorted(counts.index[counts > 1]) == STRADDLING

    def test_shares_sum_to_one(self, postal_codes):
        sums = postal_codes.groupby("postal_code")["share"].sum()
        assert sums.to_numpy() == pytest.approx(1, abs=1e-6)

    def test_one_row_per_code_and_departement(self, postal_codes):
        assert not postal_codes.duplicated(["postal_code", "dep_code"]).any()

    def test_five_digits(self, postal_codes):
        assert postal_codes["postal_code"].str.fullmatch("[0-9]{5}").all()

    def test_places_are_departements_or_abroad(self, postal_codes):
        assert set(postal_codes["dep_code"]) == {*list_dep_codes(), ABROAD}

    def test_residents_sum_to_the_departement(self, postal_codes):
        sums = postal_codes.groupby("dep_code")["residents"].sum().drop(ABROAD)
        assert sums.to_dict() == read_populations(2022).to_dict()

    @pytest.mark.parametrize(
        ("first", "n_codes", "city"),
        [(75001, 20, "Paris"), (69001, 9, "Lyon"), (13001, 16, "Marseille")],
    )
    def test_arrondissements_have_residents(self, postal_codes, first, n_codes, city):
        codes = [str(first + number) for number in range(n_codes)]
        rows = postal_codes.set_index("postal_code").loc[codes]
        assert set(rows["city"]) == {city}
        assert rows["residents"].between(15_000, 230_000).all()
        assert rows["residents"].nunique() == n_codes

    def test_city_is_the_most_populous_commune(self, postal_codes):
        cities = postal_codes.set_index(["postal_code", "dep_code"])["city"]
        assert cities["56000", "56"] == "Vannes"
        assert cities["01200", "74"] == "Éloise"


def pack(folder: Path, package, members: dict[str, object]):
    """Write a tarball of JSON files as npm pack would; return the package pinned to it."""
    path = folder / package.file_name
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            text = json.dumps(content).encode()
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return replace(package, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


class TestExtraction:
    """The script that wrote the files."""

    def test_missing_tarball(self, extraction, tmp_path):
        with pytest.raises(ValueError, match=r"4\.1\.0\.tgz is missing; .*npm pack @etalab"):
            extraction.extract(tmp_path, tmp_path)

    def test_wrong_tarball(self, extraction, tmp_path):
        package = extraction.NEWEST
        (tmp_path / package.file_name).write_bytes(b"something else")
        with pytest.raises(ValueError, match=rf"not the pinned tarball: .*not {package.sha256}"):
            extraction.read_member(tmp_path, package, "package/data/communes.json")

    def test_pinned_tarball_is_read(self, extraction, tmp_path):
        package = pack(tmp_path, extraction.NEWEST, {"package/data/regions.json": [1, 2]})
        assert extraction.read_member(tmp_path, package, "package/data/regions.json") == [1, 2]

    def test_hand_worked_postal_codes(self, extraction):
        """
        Five communes, one of them divided.

        Big (91 residents) has the codes 01100 and 01200, so 46 and 45; Tiny (1) and Small (4)
        share 01200 from the next département; City is the sum of its arrondissements, 30 and
        70; Island lies outside the départements.
        """
        communes = pd.DataFrame(
            [
                ("01001", "Big", "01", "commune-actuelle", ["01200", "01100"], 91, None),
                ("02001", "Tiny", "02", "commune-actuelle", ["01200"], 1, None),
                ("02002", "Small", "02", "commune-actuelle", ["01200"], 4, None),
                ("03001", "City", "03", "commune-actuelle", ["03001", "03002"], 100, None),
                ("03101", "City 1", "03", "arrondissement-municipal", ["03001"], 30, "03001"),
                ("03102", "City 2", "03", "arrondissement-municipal", ["03002"], 70, "03001"),
                ("97801", "Island", "978", "commune-actuelle", ["97150"], 0, None),
            ],
            columns=["code", "nom", "departement", "type", "codesPostaux", "population", "commune"],
        ).set_index("code", drop=False)
        communes.index.name = None
        places = extraction.list_postal_codes(communes, pd.Series(["01", "02", "03"]))
        assert places.to_numpy().tolist() == [
            ["01100", "01", 1.0, 46, "Big"],
            ["01200", "01", 0.9, 45, "Big"],
            ["01200", "02", 0.1, 5, "Small"],
            ["03001", "03", 1.0, 30, "City"],
            ["03002", "03", 1.0, 70, "City"],
            ["97150", "abroad", 1.0, 0, "Island"],
        ]
