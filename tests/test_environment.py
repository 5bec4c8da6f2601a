"""One list of dependencies, one lock, one conda front; modules import downwards only."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import yaml

from tests.breaches import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
FIELD_PACKAGES = {"jupyterlab", "pandas", "geopandas", "matplotlib", "nbval"}
LAYERS = [
    {
        "anonymity",
        "batches",
        "cells",
        "contract",
        "delays",
        "engine",
        "faults",
        "forms",
        "geography",
        "grammar",
        "incidents",
        "ledger",
        "matching",
        "passages",
        "prevalence",
        "schema",
        "scores",
        "shapes",
        "storage",
        "traits",
        "unpacking",
        "windows",
        "wording",
    },
    {
        "attack",
        "choices",
        "commented",
        "containers",
        "delimited",
        "edition",
        "evaluation",
        "guard",
        "identifiers",
        "linkage",
        "mapping",
        "measures",
        "phrases",
        "quarantine",
        "rates",
        "registers",
        "rules",
        "sample",
        "scenario",
        "small_counts",
        "standing",
        "uncertainty",
        "untidy",
    },
    {
        "accuracy",
        "catchment",
        "cleaning",
        "coding",
        "comments",
        "inventory",
        "persons",
        "rounding",
        "scanner",
        "sniffing",
        "sources",
        "suppression",
        "vintages",
    },
    {"appraisal", "axes", "households", "intake", "labelling", "proposal", "singling"},
    {"exposure"},
    {"identities", "nesting", "profiles", "reach"},
    {"primary", "professionals", "relations", "repeats", "severity"},
    {"counterfactual", "lines", "protection"},
    {"disclosure", "synthesis"},
    {"attempt", "audit", "captions", "claims", "noise", "publication", "trials", "worlds"},
    {"cli", "drawing", "notification", "statements"},
    {"answers", "atlas", "figures", "levels", "timeline", "tornado"},
    {"maps"},
]


def required() -> set[str]:
    """Return the names of all packages that pyproject.toml asks for."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return {re.split(r"[\[<>=!~;]", name)[0].lower() for group in groups for name in group}


def locked() -> set[str]:
    """Return the names of all packages in the lock."""
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", LOCK, flags=re.M)}


def test_every_dependency_is_locked_with_a_hash() -> None:
    assert required() <= locked()
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.M)[1:]
    assert len(entries) >= len(locked())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_field_packages_are_asked_for() -> None:
    assert required() >= FIELD_PACKAGES


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
    assert "find-links" not in LOCK


def test_the_conda_front_installs_the_lock() -> None:
    front = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, packages = front["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    assert packages["pip"] == [
        "--require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation -e .",
    ]
    assert front["name"] == PROJECT["name"]


def imports_of(path: Path) -> set[str]:
    """Return the modules of the package that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "analysis":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("analysis.")}
    return found


def test_modules_import_only_from_layers_below() -> None:
    level = {name: number for number, names in enumerate(LAYERS) for name in names}
    modules = {p.stem: imports_of(p) for p in (ROOT / "analysis").glob("*.py")}
    del modules["__init__"]
    assert set(modules) == set(level)
    wrong = [(a, b) for a, names in modules.items() for b in names if level[b] >= level[a]]
    assert wrong == []
