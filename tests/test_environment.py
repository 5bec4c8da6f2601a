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
# The story of the package, from what it rests on to its command line.
LAYERS = {
    "what everything rests on": "schema storage wording windows engine geography",
    "a breach drawn from a scenario": "scenario grammar phrases catchment households identities "
    "professionals repeats lines synthesis sample untidy",
    "somebody's file": "unpacking batches faults shapes delimited containers sniffing sources "
    "mapping cleaning contract quarantine proposal intake guard",
    "public registers": "forms incidents registers vintages delays standing",
    "who is one person": "traits matching linkage accuracy persons evaluation trials answers",
    "what comments say": "comments commented scores prevalence labelling appraisal",
    "counts": "coding axes exposure profiles inventory",
    "what follows from counts": "rates uncertainty worlds choices severity measures counterfactual "
    "reach anonymity singling",
    "the gate": "rules cells programs attack suppression nesting relations primary protection "
    "ledger disclosure attempt noise publication",
    "what is shown": "captions audit drawing figures timeline tornado atlas maps levels statements "
    "claims notification",
    "before it leaves": "passages small_counts identifiers scanner edition",
    "the command line": "cli",
}


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


def test_modules_import_only_from_those_before_them() -> None:
    order = [name for names in LAYERS.values() for name in names.split()]
    level = {name: number for number, name in enumerate(order)}
    assert len(level) == len(order)
    modules = {p.stem: imports_of(p) for p in (ROOT / "analysis").glob("*.py")}
    del modules["__init__"]
    assert set(modules) == set(level)
    wrong = [(a, b) for a, names in modules.items() for b in names if level[b] >= level[a]]
    assert wrong == []
