"""Rooms import downwards only, and take names of other rooms from their faces."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.breaches import ROOT

# The story of the package, from what it rests on to what is shown.
ROOMS = [
    "reference",
    "store",
    "intake",
    "linkage",
    "comments",
    "exposure",
    "impact",
    "disclosure",
    "published",
    "reporting",
]
MODULES = sorted((ROOT / "analysis").rglob("*.py"))


def list_imports(path: Path) -> Iterator[list[str]]:
    """List the imports of a module from the package, each as the parts of its dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis"):
            yield from ([*str(node.module).split("."), alias.name] for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".") for a in node.names if a.name.startswith("analysis"))


def room_of(path: Path) -> str:
    """Return the room a module lies in; a module of no room is above all."""
    parts = path.relative_to(ROOT / "analysis").parts
    return parts[0] if len(parts) > 1 else ""


def test_every_folder_is_a_room_with_a_face() -> None:
    folders = {
        path.name for path in (ROOT / "analysis").iterdir() if (path / "__init__.py").exists()
    }
    assert folders == set(ROOMS)
    for room in ROOMS:
        face = ast.parse((ROOT / "analysis" / room / "__init__.py").read_text(encoding="utf-8"))
        assert len((ast.get_docstring(face) or "").split()) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_the_faces_of_rooms_before_it(path: Path) -> None:
    own = room_of(path)
    allowed = ROOMS[: ROOMS.index(own)] if own else ROOMS
    for _, room, *inner in list_imports(path):
        if room != own:
            assert room in allowed, f"{path.name} imports upwards, from {room}"
            module = ROOT / "analysis" / room / f"{(inner or [''])[0]}.py"
            assert not module.is_file(), f"{path.name} goes past the face of {room}"


def test_the_package_knows_nothing_of_the_synthetic_world() -> None:
    assert not [path for path in MODULES if "data_synthetic." in path.read_text(encoding="utf-8")]
