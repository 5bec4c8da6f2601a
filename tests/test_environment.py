"""One list of dependencies, one lock, one conda front."""

from __future__ import annotations

import re
import tomllib

import yaml

from tests.breaches import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
UNLOCKED = {"peers"}  # other programs, in an environment of their own: see benchmarks/gate_peers.py
FIELD_PACKAGES = {"jupyterlab", "pandas", "geopandas", "matplotlib", "nbval"}


def required() -> set[str]:
    """Return the names of all packages that pyproject.toml asks for, to be locked."""
    extras = PROJECT["optional-dependencies"].items()
    groups = [PROJECT["dependencies"], *(some for name, some in extras if name not in UNLOCKED)]
    return {re.split(r"[\[<>=!~;]", name)[0].lower() for group in groups for name in group}


def locked() -> set[str]:
    """Return the names of all packages in the lock."""
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", LOCK, flags=re.M)}


def test_every_dependency_is_locked_with_a_hash() -> None:
    assert required() <= locked()
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.M)[1:]
    assert len(entries) >= len(locked())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_other_programs_are_never_locked() -> None:
    peers = {name.lower() for extra in UNLOCKED for name in PROJECT["optional-dependencies"][extra]}
    assert peers == {"acro", "pytauargus"}
    assert not peers & locked()


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
